//! What a report says, from the host's answers.

use weir_monitor::Span;

/// The classes of status codes that a report tells apart.
const CLASSES: [&str; 4] = ["2xx", "3xx", "4xx", "5xx"];

/// The traffic of one interval. Counts are `f64`, as answers are; they stay whole.
#[derive(Clone, Debug, PartialEq)]
pub struct Summary {
    /// The section with the most requests; `-` with no traffic.
    pub section: String,
    /// That section's requests.
    pub section_requests: f64,
    /// All requests.
    pub requests: f64,
    /// Requests a second, over the whole interval.
    pub requests_per_second: f64,
    /// Responses 2xx, 3xx, 4xx and 5xx, in percent of all requests; 0 with no traffic.
    pub class_pcts: [f64; 4],
}

impl Summary {
    /// The summary of an `interval` with that `busiest` section and that many requests of each
    /// class. The classes make up all requests: those with another status, or none, have a class
    /// too, which counts in the whole.
    pub fn new<'a>(
        busiest: Option<(&str, f64)>,
        classes: impl Iterator<Item = (&'a str, f64)>,
        interval: Span,
    ) -> Self {
        let mut requests = 0.0;
        let mut by_class = [0.0; CLASSES.len()];
        for (class, count) in classes {
            requests += count;
            for (sum, name) in by_class.iter_mut().zip(CLASSES) {
                if name == class {
                    *sum += count;
                }
            }
        }
        let (section, section_requests) = busiest.unwrap_or(("-", 0.0));
        Self {
            section: section.to_owned(),
            section_requests,
            requests,
            requests_per_second: interval.per_second(requests),
            class_pcts: by_class.map(|count| percent(count, requests)),
        }
    }
}

/// `part` in percent of `whole`, 0 where there is nothing. Multiplying first leaves one rounding.
fn percent(part: f64, whole: f64) -> f64 {
    if whole > 0.0 { 100.0 * part / whole } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    const INTERVAL: Span = Span::from_secs(10);

    #[test]
    fn an_interval_is_summed_up() {
        let classes = [("2xx", 31.0), ("3xx", 18.0), ("5xx", 13.0), ("4xx", 9.0)];
        let summary = Summary::new(Some(("pages", 21.0)), classes.into_iter(), INTERVAL);
        let expected = Summary {
            section: "pages".to_owned(),
            section_requests: 21.0,
            requests: 71.0,
            requests_per_second: 7.1,
            class_pcts: [31.0, 18.0, 9.0, 13.0].map(|count: f64| 100.0 * count / 71.0),
        };
        assert_eq!(summary, expected);
    }

    #[test]
    fn without_traffic_everything_is_nought() {
        let summary = Summary::new(None, std::iter::empty(), INTERVAL);
        let expected = Summary {
            section: "-".to_owned(),
            section_requests: 0.0,
            requests: 0.0,
            requests_per_second: 0.0,
            class_pcts: [0.0; 4],
        };
        assert_eq!(summary, expected);
    }

    #[test]
    fn requests_of_other_classes_count_in_the_whole() {
        let classes = [("1xx", 1.0), ("2xx", 1.0), ("-", 2.0)];
        let summary = Summary::new(Some(("/", 4.0)), classes.into_iter(), INTERVAL);
        let expected = Summary {
            section: "/".to_owned(),
            section_requests: 4.0,
            requests: 4.0,
            requests_per_second: 0.4,
            class_pcts: [25.0, 0.0, 0.0, 0.0],
        };
        assert_eq!(summary, expected);
    }
}
