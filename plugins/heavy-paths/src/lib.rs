//! The monitor `heavy-paths`: at the end of every interval a report of the paths that sent the most
//! bytes, and an alert for each that sends too many.

mod config;
mod load;

use weir_monitor::{
    Alert, Answer, Instant, Monitor, Problems, Query, Report, Setup, Severity, Span, to_count,
};

pub use config::Config;
pub use load::{Load, mib_per_second};

/// What is asked of the whole traffic.
const TRAFFIC: &str = "sum(bytes)";

/// What is asked of the paths. A hundred are what somebody can look at, and as many alerts fit
/// into what a monitor may say at a tick.
const HEAVIEST: &str = "by path | top 100 | sum(bytes), count, max(bytes)";

/// The monitor: two questions over the interval, asked at its end.
#[derive(Debug)]
pub struct HeavyPaths {
    interval: Span,
    paths: usize,
    mib_per_second_max: f64,
    traffic: Query,
    heaviest: Query,
}

impl Monitor for HeavyPaths {
    type Config = Config;

    fn configure(setup: &mut Setup, config: Config) -> Result<Self, Problems> {
        setup.tick_every(config.interval)?;
        Ok(Self {
            interval: config.interval,
            paths: usize::try_from(config.paths).unwrap_or(usize::MAX),
            mib_per_second_max: config.mib_per_second_max,
            traffic: setup.query_where("where", &config.counted, TRAFFIC, config.interval)?,
            heaviest: setup.query_where("where", &config.counted, HEAVIEST, config.interval)?,
        })
    }

    fn on_tick(&mut self, _now: Instant) {
        let (traffic, heaviest) = (self.traffic.answer(), self.heaviest.answer());
        let rows = heaviest.rows();
        let loads: Vec<Load<'_>> = rows
            .map(|([path], [bytes, requests, largest])| Load { path, bytes, requests, largest })
            .collect();
        // An interval in which nothing was sent has nothing to tell of any path.
        if traffic.value() <= 0.0 {
            return;
        }
        self.report(&traffic, &heaviest, loads.get(..self.paths).unwrap_or(&loads));
        for load in &loads {
            let rate = mib_per_second(load.bytes, self.interval);
            if rate > self.mib_per_second_max {
                raise(load, rate);
            }
        }
    }
}

impl HeavyPaths {
    /// Reports the heaviest paths. The measures are numbered and not named after the paths, so that
    /// what reads them need not know any path.
    fn report(&self, traffic: &Answer, heaviest: &Answer, loads: &[Load<'_>]) {
        let bytes = traffic.value();
        let exact = traffic.is_exact() && heaviest.is_exact();
        let mut report = Report::new("Heavy Paths")
            .count("bytes", to_count(bytes))
            .number("mib_per_second", mib_per_second(bytes, self.interval), "")
            .text("exact", if exact { "yes" } else { "no" });
        for (rank, load) in (1..).zip(loads) {
            report = report
                .text(&format!("path_{rank}"), load.path)
                .count(&format!("path_{rank}_bytes"), to_count(load.bytes))
                .count(&format!("path_{rank}_requests"), to_count(load.requests))
                .count(&format!("path_{rank}_largest"), to_count(load.largest))
                .number(&format!("path_{rank}_pct"), load.share_pct(bytes), "");
        }
        report.emit();
    }
}

fn raise(load: &Load<'_>, rate: f64) {
    Alert::new(load.path, &format!("Heavy path {}", load.path))
        .severity(Severity::Warning)
        .value(rate, "MiB/sec")
        .label("requests", &to_count(load.requests).to_string())
        .label("largest_bytes", &to_count(load.largest).to_string())
        .raise();
}

weir_monitor::export!(HeavyPaths);
