//! The built-in monitor `alerting`: an alert while the rate of requests is above a threshold.

mod condition;
mod config;

use weir_monitor::{Alert, Instant, Monitor, Problems, Query, Setup, Severity, Span};

pub use condition::Condition;
pub use config::Config;

/// How often the condition is tested: the log's own resolution.
const TICK: Span = Span::from_secs(1);

/// The monitor: one question, one condition on its answer.
#[derive(Debug)]
pub struct Alerting {
    condition: Condition,
    requests: Query,
}

impl Monitor for Alerting {
    type Config = Config;

    fn configure(setup: &mut Setup, config: Config) -> Result<Self, Problems> {
        setup.tick_every(TICK)?;
        let condition = Condition::new(config);
        let requests = setup.query("count", condition.window())?;
        Ok(Self { condition, requests })
    }

    fn on_tick(&mut self, _now: Instant) {
        if let Some(rate) = self.condition.exceeded_by(self.requests.answer().value()) {
            Alert::new("high-traffic", "High traffic")
                .severity(Severity::Warning)
                .value(rate, "hits/sec")
                .raise();
        }
    }
}

weir_monitor::export!(Alerting);
