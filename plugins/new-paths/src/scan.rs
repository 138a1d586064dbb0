//! Who looks for what is not there.

/// A client that asks for too many paths that are not there.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scan<'answer> {
    /// Its address or host name.
    pub client: &'answer str,
    /// The different paths that it missed within the window.
    pub paths: f64,
    /// The requests that it missed them with.
    pub requests: f64,
}

/// The clients that missed more than `paths_max` different paths, out of the answer's rows:
/// client, paths, requests. A client that asks for the same missing path again and again is not
/// searching but follows a broken link.
pub fn scans<'answer>(
    rows: impl Iterator<Item = (&'answer str, f64, f64)>,
    paths_max: f64,
) -> impl Iterator<Item = Scan<'answer>> {
    rows.filter(move |&(_, paths, _)| paths > paths_max).map(|(client, paths, requests)| Scan {
        client,
        paths,
        requests,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_paths_are_a_scan_and_many_requests_for_one_are_not() {
        let rows = [("::1", 51.0, 60.0), ("::2", 50.0, 50.0), ("::3", 1.0, 9_000.0)];
        let found: Vec<Scan> = scans(rows.into_iter(), 50.0).collect();
        assert_eq!(found, [Scan { client: "::1", paths: 51.0, requests: 60.0 }]);
    }
}
