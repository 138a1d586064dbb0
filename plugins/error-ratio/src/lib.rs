//! The monitor `error-ratio`: an alert while requests fail so fast that the error budget of an
//! objective would be spent long before its time.

mod burn;
mod config;
mod counts;

use weir_monitor::{Alert, Instant, Monitor, Problem, Problems, Setup, Severity, Span, to_count};

pub use burn::{Budget, BurnLimit, Seen};
pub use config::Config;
use counts::Counts;

/// How often the budget is looked at: the log's own resolution.
const TICK: Span = Span::from_secs(1);

/// The monitor: a fast burn that is to wake somebody up, and a slow one that can wait.
#[derive(Debug)]
pub struct ErrorRatio {
    alarms: [Alarm; 2],
}

impl Monitor for ErrorRatio {
    type Config = Config;

    fn configure(setup: &mut Setup, config: Config) -> Result<Self, Problems> {
        setup.tick_every(TICK)?;
        Ok(Self { alarms: [Alarm::fast(setup, &config)?, Alarm::slow(setup, &config)?] })
    }

    fn on_tick(&mut self, _now: Instant) {
        for alarm in &self.alarms {
            alarm.judge();
        }
    }
}

/// A burn rate over two windows, and what to say where it is too fast.
#[derive(Debug)]
struct Alarm {
    speed: &'static str,
    severity: Severity,
    limit: BurnLimit,
    long: Counts,
    short: Counts,
}

impl Alarm {
    fn fast(setup: &mut Setup, config: &Config) -> Result<Self, Problem> {
        Ok(Self {
            speed: "fast",
            severity: Severity::Critical,
            limit: limit(config, config.fast_burn),
            long: Counts::declare(setup, config, config.fast_long)?,
            short: Counts::declare(setup, config, config.fast_short)?,
        })
    }

    fn slow(setup: &mut Setup, config: &Config) -> Result<Self, Problem> {
        Ok(Self {
            speed: "slow",
            severity: Severity::Warning,
            limit: limit(config, config.slow_burn),
            long: Counts::declare(setup, config, config.slow_long)?,
            short: Counts::declare(setup, config, config.slow_short)?,
        })
    }

    fn judge(&self) {
        let short = self.short.seen();
        for (section, long) in self.long.seen() {
            let of_late = short.get(&section).copied().unwrap_or_default();
            if let Some(burn) = self.limit.exceeded_by(long, of_late) {
                self.raise(&section, burn, long);
            }
        }
    }

    /// Raises the alert of a section, or of the whole log where `section` is empty.
    fn raise(&self, section: &str, burn: f64, seen: Seen) {
        let speed = self.speed;
        let name = format!("Error budget burns {speed}");
        let alert = if section.is_empty() {
            Alert::new(speed, &name)
        } else {
            let key = format!("{speed} in {section}");
            Alert::new(&key, &format!("{name} in {section}")).label("section", section)
        };
        alert
            .severity(self.severity)
            .value(burn, "times the budget")
            .label("errors", &to_count(seen.errors).to_string())
            .label("requests", &to_count(seen.requests).to_string())
            .label("error_pct", &format!("{:.2}", seen.error_pct()))
            .raise();
    }
}

#[expect(clippy::cast_precision_loss, reason = "the range that was checked is exact")]
fn limit(config: &Config, burn_max: f64) -> BurnLimit {
    BurnLimit {
        budget: Budget::of_objective(config.objective),
        burn_max,
        requests_min: config.requests_min as f64,
    }
}

weir_monitor::export!(ErrorRatio);
