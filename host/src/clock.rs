//! Time: instants as the log and the monitors see them, and the only reader of the wall clock.

use std::fmt;
use std::sync::Mutex;
use std::time::Duration;

use chrono::{DateTime, SecondsFormat};

/// Nanoseconds in a second.
const NANOS_PER_SECOND: i64 = 1_000_000_000;

/// An instant in UTC, in nanoseconds since 1970-01-01T00:00:00Z: the years 1677 to 2262.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    /// The instant `seconds` after the epoch, held to what the type can say.
    pub const fn from_secs(seconds: i64) -> Self {
        Self(seconds.saturating_mul(NANOS_PER_SECOND))
    }

    /// The last nanosecond before a second begins.
    pub const fn last_before(second: i64) -> Self {
        Self(Self::from_secs(second).0.saturating_sub(1))
    }

    /// The instant `nanos` nanoseconds after the epoch.
    pub const fn from_nanos(nanos: i64) -> Self {
        Self(nanos)
    }

    /// Whole seconds since the epoch, rounded towards the past.
    pub const fn secs(self) -> i64 {
        self.0.div_euclid(NANOS_PER_SECOND)
    }

    /// Nanoseconds since the epoch.
    pub const fn nanos(self) -> i64 {
        self.0
    }

    /// This instant and `span` more.
    #[must_use]
    pub fn plus(self, span: Duration) -> Self {
        Self(self.0.saturating_add(nanos_of(span)))
    }

    /// This instant and `span` less.
    #[must_use]
    pub fn minus(self, span: Duration) -> Self {
        Self(self.0.saturating_sub(nanos_of(span)))
    }

    /// How long after `earlier` this is; zero where it is not after it.
    pub fn since(self, earlier: Self) -> Duration {
        u64::try_from(self.0.saturating_sub(earlier.0)).map_or(Duration::ZERO, Duration::from_nanos)
    }

    /// RFC 3339 in UTC with milliseconds, as in `2018-09-11T16:19:34.000Z`.
    pub fn rfc3339_millis(self) -> String {
        DateTime::from_timestamp_nanos(self.0).to_rfc3339_opts(SecondsFormat::Millis, true)
    }
}

/// For people, in UTC to the second, as in `2018-09-11 16:19:34+00:00`.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        DateTime::from_timestamp_nanos(self.0).format("%Y-%m-%d %H:%M:%S+00:00").fmt(f)
    }
}

/// The nanoseconds of `span`, held to what an `i64` can say (292 years).
fn nanos_of(span: Duration) -> i64 {
    i64::try_from(span.as_nanos()).unwrap_or(i64::MAX)
}

/// Where a stage gets its time from.
pub trait Clock: Send + Sync {
    /// The time of day.
    fn now(&self) -> Timestamp;
    /// Time since some fixed moment, which never goes back: for measuring waits.
    fn elapsed(&self) -> Duration;
}

/// The machine's own clock.
#[derive(Debug)]
pub struct SystemClock {
    started: std::time::Instant,
}

impl SystemClock {
    /// A clock whose [`Clock::elapsed`] counts from now.
    #[expect(clippy::disallowed_methods, reason = "this is the one reader of the machine's clock")]
    pub fn new() -> Self {
        Self { started: std::time::Instant::now() }
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the one reader of the machine's clock")]
    fn now(&self) -> Timestamp {
        Timestamp(chrono::Utc::now().timestamp_nanos_opt().unwrap_or(i64::MAX))
    }

    fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }
}

/// A clock that stands still until it is told to move: for tests and for replay.
#[derive(Debug, Default)]
pub struct ManualClock {
    now: Mutex<(Timestamp, Duration)>,
}

impl ManualClock {
    /// A clock that stands at `start`.
    pub fn new(start: Timestamp) -> Self {
        Self { now: Mutex::new((start, Duration::ZERO)) }
    }

    /// Moves on by `span`.
    pub fn advance(&self, span: Duration) {
        let mut now = self.now.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        *now = (now.0.plus(span), now.1.saturating_add(span));
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        self.now.lock().unwrap_or_else(std::sync::PoisonError::into_inner).0
    }

    fn elapsed(&self) -> Duration {
        self.now.lock().unwrap_or_else(std::sync::PoisonError::into_inner).1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_is_written_for_people_and_for_machines() {
        let at = Timestamp::from_nanos(1_536_682_774_250_000_000);
        assert_eq!(at.to_string(), "2018-09-11 16:19:34+00:00");
        assert_eq!(at.rfc3339_millis(), "2018-09-11T16:19:34.250Z");
    }

    #[test]
    fn seconds_round_towards_the_past_on_both_sides_of_the_epoch() {
        assert_eq!(Timestamp::from_nanos(1_999_999_999).secs(), 1);
        assert_eq!(Timestamp::from_nanos(-1).secs(), -1);
    }

    #[test]
    fn the_manual_clock_moves_both_its_readings_together() {
        let clock = ManualClock::new(Timestamp::from_secs(100));
        clock.advance(Duration::from_millis(1_500));
        assert_eq!(clock.now(), Timestamp::from_nanos(101_500_000_000));
        assert_eq!(clock.elapsed(), Duration::from_millis(1_500));
    }
}
