//! The built-in monitor `reporting`: at the end of every interval, a summary of its traffic.

mod config;
mod summary;

use weir_monitor::{Instant, Monitor, Problems, Query, Report, Setup, Span, to_count};

pub use config::Config;
pub use summary::Summary;

/// The monitor: two questions over the interval, asked at its end.
#[derive(Debug)]
pub struct Reporting {
    interval: Span,
    busiest_section: Query,
    by_class: Query,
}

impl Monitor for Reporting {
    type Config = Config;

    fn configure(setup: &mut Setup, config: Config) -> Result<Self, Problems> {
        setup.tick_every(config.interval)?;
        Ok(Self {
            interval: config.interval,
            busiest_section: setup.query("by section | top 1 | count", config.interval)?,
            by_class: setup.query("by class | count", config.interval)?,
        })
    }

    fn on_tick(&mut self, _now: Instant) {
        let busiest = self.busiest_section.answer();
        let by_class = self.by_class.answer();
        let busiest = busiest.rows().next().map(|([section], [count])| (section, count));
        let classes = by_class.rows().map(|([class], [count])| (class, count));
        publish(&Summary::new(busiest, classes, self.interval));
    }
}

/// Reports `summary`; the order and the names of the measures are what users know.
fn publish(summary: &Summary) {
    let [pct_2xx, pct_3xx, pct_4xx, pct_5xx] = summary.class_pcts;
    Report::new("Traffic Summary")
        .text("most_popular_section", &summary.section)
        .count("most_popular_count", to_count(summary.section_requests))
        .count("requests_processed", to_count(summary.requests))
        .number("requests_per_second", summary.requests_per_second, "")
        .number("response_2xx_pct", pct_2xx, "")
        .number("response_3xx_pct", pct_3xx, "")
        .number("response_4xx_pct", pct_4xx, "")
        .number("response_5xx_pct", pct_5xx, "")
        .emit();
}

weir_monitor::export!(Reporting);
