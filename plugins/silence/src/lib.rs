//! The monitor `silence`: an alert while there are no requests where there were some, as when a
//! load balancer sends them elsewhere or the server has stopped writing its log.

mod config;
mod vigil;

use weir_monitor::{Alert, Instant, Monitor, Problems, Query, Setup, Severity, Span};

pub use config::Config;
pub use vigil::Vigil;

/// How often the log is listened to: its own resolution.
const TICK: Span = Span::from_secs(1);

/// The monitor: the same question over two windows.
#[derive(Debug)]
pub struct Silence {
    after: Span,
    recent: Query,
    baseline: Query,
    vigil: Vigil,
}

impl Monitor for Silence {
    type Config = Config;

    #[expect(clippy::cast_precision_loss, reason = "the range that was checked is exact")]
    fn configure(setup: &mut Setup, config: Config) -> Result<Self, Problems> {
        setup.tick_every(TICK)?;
        Ok(Self {
            after: config.after,
            recent: setup.query_where("where", &config.heard, "count", config.after)?,
            baseline: setup.query_where("where", &config.heard, "count", config.baseline)?,
            vigil: Vigil::new(config.requests_min as f64),
        })
    }

    fn on_tick(&mut self, _now: Instant) {
        let (recent, baseline) = (self.recent.answer().value(), self.baseline.answer().value());
        if self.vigil.is_too_quiet(recent, baseline) {
            Alert::new("silence", "Silence")
                .severity(Severity::Critical)
                .value(self.after.as_secs(), "seconds without a request")
                .raise();
        }
    }
}

weir_monitor::export!(Silence);
