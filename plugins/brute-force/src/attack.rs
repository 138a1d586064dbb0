//! Who fails too often.

/// A client that fails too often.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Attack<'answer> {
    /// Its address or host name.
    pub client: &'answer str,
    /// Its failures within the window.
    pub failures: f64,
    /// How many user names it tried; 0 where the log has none. One is a guess at a password, many
    /// are one password tried on everybody.
    pub users: f64,
}

/// The clients with more failures than `failures_max`, out of the answer's rows: client, failures,
/// user names.
pub fn attacks<'answer>(
    rows: impl Iterator<Item = (&'answer str, f64, f64)>,
    failures_max: f64,
) -> impl Iterator<Item = Attack<'answer>> {
    rows.filter(move |&(_, failures, _)| failures > failures_max)
        .map(|(client, failures, users)| Attack { client, failures, users })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_more_failures_than_are_normal_are_an_attack() {
        let rows = [("::1", 21.0, 3.0), ("::2", 20.0, 1.0), ("::3", 1.0, 0.0)];
        let found: Vec<Attack> = attacks(rows.into_iter(), 20.0).collect();
        assert_eq!(found, [Attack { client: "::1", failures: 21.0, users: 3.0 }]);
    }
}
