//! Which paths send how much.

use weir_monitor::Span;

/// Bytes in a MiB.
const MIB: f64 = 1_048_576.0;

/// What so many bytes over an interval are in MiB a second.
pub fn mib_per_second(bytes: f64, interval: Span) -> f64 {
    interval.per_second(bytes) / MIB
}

/// A path and what it sent within an interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Load<'answer> {
    /// The path, without its query.
    pub path: &'answer str,
    /// The bytes of all its responses.
    pub bytes: f64,
    /// Its requests, those whose size the log leaves out among them.
    pub requests: f64,
    /// The bytes of its largest response.
    pub largest: f64,
}

impl Load<'_> {
    /// Its share of `all` bytes, in percent; 0 where nothing was sent.
    pub fn share_pct(&self, all: f64) -> f64 {
        // Multiplying first leaves one rounding.
        if all > 0.0 { 100.0 * self.bytes / all } else { 0.0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(bytes: f64) -> Load<'static> {
        Load { path: "/video", bytes, requests: 2.0, largest: bytes }
    }

    #[test]
    fn a_rate_is_over_the_whole_interval() {
        let rate = mib_per_second(600.0 * MIB, Span::from_secs(60));
        assert_eq!(rate.to_bits(), 10.0_f64.to_bits());
    }

    #[test]
    fn a_share_of_nothing_is_nothing() {
        assert_eq!(load(25.0).share_pct(100.0).to_bits(), 25.0_f64.to_bits());
        assert_eq!(load(0.0).share_pct(0.0).to_bits(), 0.0_f64.to_bits());
    }
}
