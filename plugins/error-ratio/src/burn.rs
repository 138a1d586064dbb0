//! How fast an error budget burns.
//!
//! After the SRE workbook (Beyer, Murphy, Rensin, Kawahara, Thorne, O'Reilly 2018), chapter 5,
//! section 6, "Multiwindow, Multi-Burn-Rate Alerts": the burn rate is how many times faster than
//! the objective grants errors come. An alert needs it over a long window, which a blip cannot
//! fill, and over a short one, which empties soon after the errors have stopped.

/// How many of the requests may fail.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Budget {
    percent: f64,
}

impl Budget {
    /// What an `objective` in percent leaves.
    pub fn of_objective(objective: f64) -> Self {
        // 100 - 99.9 is a little less than 0.1, and a ratio that is just at the limit would be over
        // it. What is left is rounded far below what anybody writes.
        Self { percent: ((100.0 - objective) * 1e9).round() / 1e9 }
    }

    /// The burn rate at which every request fails.
    pub fn burn_max(self) -> f64 {
        100.0 / self.percent
    }

    /// The burn rate of what was seen; 0 where there were no requests.
    pub fn burn(self, Seen { errors, requests }: Seen) -> f64 {
        if requests > 0.0 { 100.0 * errors / (requests * self.percent) } else { 0.0 }
    }
}

/// The requests of a window, and how many of them failed.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Seen {
    /// Those that failed.
    pub errors: f64,
    /// All of them.
    pub requests: f64,
}

impl Seen {
    /// The failed share, in percent; 0 where there were no requests.
    pub fn error_pct(self) -> f64 {
        if self.requests > 0.0 { 100.0 * self.errors / self.requests } else { 0.0 }
    }
}

/// When a budget burns too fast.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BurnLimit {
    /// What may fail.
    pub budget: Budget,
    /// The fastest burn that is still borne.
    pub burn_max: f64,
    /// The fewest requests of the long window of which a ratio means something.
    pub requests_min: f64,
}

impl BurnLimit {
    /// The burn rate over the long window, where it and that over the short one are both too fast.
    pub fn exceeded_by(&self, long: Seen, short: Seen) -> Option<f64> {
        let burn = self.budget.burn(long);
        let is_too_fast = long.requests >= self.requests_min
            && burn > self.burn_max
            && self.budget.burn(short) > self.burn_max;
        is_too_fast.then_some(burn)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limit() -> BurnLimit {
        BurnLimit { budget: Budget::of_objective(99.9), burn_max: 14.4, requests_min: 100.0 }
    }

    fn seen(errors: f64, requests: f64) -> Seen {
        Seen { errors, requests }
    }

    #[test]
    fn a_burn_rate_of_one_spends_the_budget_exactly() {
        let budget = Budget::of_objective(99.9);
        assert_eq!(budget.burn(seen(1.0, 1_000.0)).to_bits(), 1.0_f64.to_bits());
        assert_eq!(budget.burn(seen(1_000.0, 1_000.0)).to_bits(), 1_000.0_f64.to_bits());
        assert_eq!(budget.burn_max().to_bits(), 1_000.0_f64.to_bits());
        assert_eq!(budget.burn(seen(0.0, 0.0)).to_bits(), 0.0_f64.to_bits());
    }

    #[test]
    fn both_windows_must_burn() {
        let (burning, calm) = (seen(15.0, 1_000.0), seen(14.0, 1_000.0));
        assert_eq!(limit().exceeded_by(burning, burning), Some(15.0));
        assert_eq!(limit().exceeded_by(burning, calm), None, "it has stopped");
        assert_eq!(limit().exceeded_by(calm, burning), None, "it is a blip");
    }

    #[test]
    fn a_burn_rate_must_be_over_the_limit_and_not_only_reach_it() {
        let at_limit = seen(144.0, 10_000.0);
        assert_eq!(limit().exceeded_by(at_limit, at_limit), None);
        let over = seen(145.0, 10_000.0);
        assert_eq!(limit().exceeded_by(over, over), Some(14.5));
    }

    #[test]
    fn a_ratio_of_few_requests_means_nothing() {
        let all_of = |requests| seen(requests, requests);
        assert_eq!(limit().exceeded_by(all_of(99.0), all_of(99.0)), None);
        assert!(limit().exceeded_by(all_of(100.0), all_of(3.0)).is_some());
    }

    #[test]
    fn nothing_in_the_short_window_is_no_error() {
        let burning = seen(100.0, 1_000.0);
        assert_eq!(limit().exceeded_by(burning, Seen::default()), None);
        assert_eq!(Seen::default().error_pct().to_bits(), 0.0_f64.to_bits());
    }
}
