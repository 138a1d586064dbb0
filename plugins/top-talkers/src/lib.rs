//! The monitor `top-talkers`: at the end of every interval a report of the busiest clients, and an
//! alert for each whose share of the requests is too large.

mod config;
mod talkers;

use weir_monitor::{
    Alert, Answer, Instant, Monitor, Problems, Query, Report, Setup, Severity, to_count,
};

pub use config::Config;
pub use talkers::{Allowance, Talker, talkers};

/// What is asked of the whole traffic.
const TRAFFIC: &str = "count, distinct(client)";

/// What is asked of the clients: as many as can have more than a share of 1 % each, which is the
/// smallest that can be set.
const BUSIEST: &str = "by client | top 100 | count";

/// The monitor: two questions over the interval, asked at its end.
#[derive(Debug)]
pub struct TopTalkers {
    clients: usize,
    allowance: Allowance,
    traffic: Query,
    busiest: Query,
}

impl Monitor for TopTalkers {
    type Config = Config;

    #[expect(clippy::cast_precision_loss, reason = "the range that was checked is exact")]
    fn configure(setup: &mut Setup, config: Config) -> Result<Self, Problems> {
        setup.tick_every(config.interval)?;
        Ok(Self {
            clients: usize::try_from(config.clients).unwrap_or(usize::MAX),
            allowance: Allowance {
                share_max: config.share_max,
                requests_min: config.requests_min as f64,
            },
            traffic: setup.query_where("where", &config.counted, TRAFFIC, config.interval)?,
            busiest: setup.query_where("where", &config.counted, BUSIEST, config.interval)?,
        })
    }

    fn on_tick(&mut self, _now: Instant) {
        let (traffic, busiest) = (self.traffic.answer(), self.busiest.answer());
        let Some(([], [requests, clients])) = traffic.rows().next() else {
            return;
        };
        // An interval without requests has nothing to tell of anybody.
        if requests <= 0.0 {
            return;
        }
        let talkers = talkers(busiest.rows().map(|([client], [count])| (client, count)), requests);
        let named = talkers.get(..self.clients).unwrap_or(&talkers);
        report(requests, clients, named, &[&traffic, &busiest]);
        for talker in &talkers {
            if self.allowance.is_exceeded(talker.share_pct, requests) {
                raise(talker);
            }
        }
    }
}

/// Reports the busiest clients. The measures are numbered and not named after the clients, so that
/// what reads them need not know any client.
fn report(requests: f64, clients: f64, talkers: &[Talker<'_>], answers: &[&Answer]) {
    let exact = answers.iter().all(|answer| answer.is_exact());
    let mut report = Report::new("Top Talkers")
        .count("requests", to_count(requests))
        .count("clients", to_count(clients))
        .text("exact", if exact { "yes" } else { "no" });
    for (rank, talker) in (1..).zip(talkers) {
        report = report
            .text(&format!("client_{rank}"), talker.client)
            .count(&format!("client_{rank}_requests"), to_count(talker.requests))
            .number(&format!("client_{rank}_pct"), talker.share_pct, "");
    }
    report.emit();
}

fn raise(talker: &Talker<'_>) {
    Alert::new(talker.client, &format!("Too much traffic from {}", talker.client))
        .severity(Severity::Warning)
        .value(talker.share_pct, "% of the requests")
        .label("requests", &to_count(talker.requests).to_string())
        .raise();
}

weir_monitor::export!(TopTalkers);
