//! Who has how much of the traffic.

/// A client and its part of the traffic.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Talker<'answer> {
    /// Its address or host name.
    pub client: &'answer str,
    /// Its requests within the interval.
    pub requests: f64,
    /// Its share of all requests, in percent.
    pub share_pct: f64,
}

/// The clients of the answer's rows with their shares of `requests`, in the answer's order: those
/// with the most requests first.
pub fn talkers<'answer>(
    rows: impl Iterator<Item = (&'answer str, f64)>,
    requests: f64,
) -> Vec<Talker<'answer>> {
    let talker = |(client, of_client)| {
        // Multiplying first leaves one rounding.
        let share_pct = if requests > 0.0 { 100.0 * of_client / requests } else { 0.0 };
        Talker { client, requests: of_client, share_pct }
    };
    rows.map(talker).collect()
}

/// What one client may have.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Allowance {
    /// The largest share that is still normal, in percent.
    pub share_max: f64,
    /// The fewest requests of which a share means something.
    pub requests_min: f64,
}

impl Allowance {
    /// Whether a client with that share of so many requests has too much.
    pub fn is_exceeded(&self, share_pct: f64, requests: f64) -> bool {
        requests >= self.requests_min && share_pct > self.share_max
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_in_percent_of_all_requests() {
        let rows = [("::1", 30.0), ("::2", 15.0)];
        let expected = [
            Talker { client: "::1", requests: 30.0, share_pct: 50.0 },
            Talker { client: "::2", requests: 15.0, share_pct: 25.0 },
        ];
        assert_eq!(talkers(rows.into_iter(), 60.0), expected);
        assert!(talkers(std::iter::empty(), 0.0).is_empty());
    }

    #[test]
    fn a_share_must_be_over_the_largest_and_of_enough_requests() {
        let allowance = Allowance { share_max: 25.0, requests_min: 1_000.0 };
        assert!(allowance.is_exceeded(25.1, 1_000.0));
        assert!(!allowance.is_exceeded(25.0, 1_000.0));
        assert!(!allowance.is_exceeded(100.0, 999.0));
    }
}
