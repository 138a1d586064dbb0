//! The monitor `silence`: an alert while there are no requests where there were some, as when a
//! load balancer sends them elsewhere or the server has stopped writing its log.

mod config;
mod vigil;

use serde::{Deserialize, Serialize};
use weir_monitor::{
    Alert, Instant, Level, Monitor, Problems, Query, Setup, Severity, Span, keep, log,
};

pub use config::Config;
pub use vigil::Vigil;

/// How often the log is listened to: its own resolution.
const TICK: Span = Span::from_secs(1);

/// What outlives an instance: a silence that is longer than the baseline has no requests left to show
/// that there were any.
#[derive(Debug, Deserialize, Serialize)]
struct Known {
    /// What was listened for: of something else, nothing is known.
    heard: String,
    silent: bool,
}

/// The monitor: the same question over two windows.
#[derive(Debug)]
pub struct Silence {
    heard: String,
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
        let heard = config.heard.to_string();
        let known = setup.kept().filter(|known: &Known| known.heard == heard);
        Ok(Self {
            heard,
            after: config.after,
            recent: setup.query_where("where", &config.heard, "count", config.after)?,
            baseline: setup.query_where("where", &config.heard, "count", config.baseline)?,
            vigil: Vigil::new(config.requests_min as f64, known.is_some_and(|known| known.silent)),
        })
    }

    fn on_tick(&mut self, _now: Instant) {
        let (recent, baseline) = (self.recent.answer().value(), self.baseline.answer().value());
        let was_silent = self.vigil.is_silent();
        let is_silent = self.vigil.is_too_quiet(recent, baseline);
        if is_silent != was_silent {
            self.keep(is_silent);
        }
        if is_silent {
            Alert::new("silence", "Silence")
                .severity(Severity::Critical)
                .value(self.after.as_secs(), "seconds without a request")
                .raise();
        }
    }
}

impl Silence {
    /// Where keeping is not granted, the monitor does without: only a replaced instance knows less.
    fn keep(&self, silent: bool) {
        if let Err(problem) = keep(&Known { heard: self.heard.clone(), silent }) {
            log(Level::Debug, &format!("the silence is not kept: {problem}"));
        }
    }
}

weir_monitor::export!(Silence);
