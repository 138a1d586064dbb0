//! Whether it is too quiet.

/// What is known of the silence between two ticks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Vigil {
    requests_min: f64,
    /// A silence that lasts outlives the baseline, which by then has no requests to show any more.
    silent: bool,
}

impl Vigil {
    /// Goes on from what was known last, which at first is that nothing is wrong; `requests_min` in the
    /// baseline are traffic that can be missed.
    pub const fn new(requests_min: f64, silent: bool) -> Self {
        Self { requests_min, silent }
    }

    /// Whether it was too quiet when that was asked last.
    pub const fn is_silent(&self) -> bool {
        self.silent
    }

    /// Whether it is too quiet, with so many requests of late and so many within the baseline,
    /// which reaches up to now.
    pub fn is_too_quiet(&mut self, recent: f64, baseline: f64) -> bool {
        let is_quiet = recent <= 0.0;
        self.silent = is_quiet && (self.silent || baseline >= self.requests_min);
        self.silent
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_silence_is_one_where_there_was_traffic() {
        assert!(!Vigil::new(60.0, false).is_too_quiet(0.0, 0.0));
        assert!(!Vigil::new(60.0, false).is_too_quiet(0.0, 59.0));
        assert!(Vigil::new(60.0, false).is_too_quiet(0.0, 60.0));
        assert!(!Vigil::new(60.0, false).is_too_quiet(1.0, 60.0));
    }

    #[test]
    fn a_silence_lasts_until_there_is_a_request_however_long_that_takes() {
        let mut vigil = Vigil::new(60.0, false);
        assert!(vigil.is_too_quiet(0.0, 60.0));
        assert!(vigil.is_too_quiet(0.0, 3.0));
        assert!(vigil.is_too_quiet(0.0, 0.0));
        assert!(!vigil.is_too_quiet(1.0, 1.0));
        assert!(!vigil.is_too_quiet(0.0, 1.0), "one request is no traffic that is missed");
    }
    #[test]
    fn a_silence_that_is_known_of_goes_on_without_a_baseline() {
        assert!(Vigil::new(60.0, true).is_too_quiet(0.0, 0.0));
        assert!(!Vigil::new(60.0, true).is_too_quiet(1.0, 1.0));
    }
}
