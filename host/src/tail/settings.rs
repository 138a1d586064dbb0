//! What can be set about reading logs, and within which bounds.

use std::fmt::Display;
use std::ops::RangeInclusive;
use std::time::Duration;

use super::error::TailError;

const POLL_INTERVAL: RangeInclusive<Duration> = Duration::from_millis(10)..=Duration::from_mins(1);
const GLOB_INTERVAL: RangeInclusive<Duration> =
    Duration::from_millis(100)..=Duration::from_hours(1);
const ROTATE_WAIT: RangeInclusive<Duration> = Duration::ZERO..=Duration::from_hours(1);
const PARTIAL_LINE_TIMEOUT: RangeInclusive<Duration> = Duration::ZERO..=Duration::from_hours(1);
const LINE_BYTES: RangeInclusive<usize> = 256..=(16 << 20);
const BATCH_BYTES: RangeInclusive<usize> = 4096..=(64 << 20);
const FILES: RangeInclusive<usize> = 1..=65_536;

/// How logs are read. The defaults suit a busy web server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// How often every followed path is looked at, inotify or not: 10 ms to 1 min.
    pub poll_interval: Duration,
    /// How long a rotated file must have been quiet before it is let go: 0 to 1 h.
    pub rotate_wait: Duration,
    /// How long a rotated file must have been quiet before its unfinished last line is told as a
    /// line: 0 to 1 h. The file is let go with it, so [`Self::rotate_wait`] has to pass as well.
    pub partial_line_timeout: Duration,
    /// The longest line that is read, in bytes without its newline: 256 B to 16 MiB.
    pub max_line_bytes: usize,
    /// The size of a batch of lines, in bytes: 4 KiB to 64 MiB and at least twice the longest line.
    pub batch_bytes_max: usize,
    /// The most paths followed at once, globs' matches included: 1 to 65,536.
    pub files_max: usize,
    /// How often globs are evaluated, at most: 100 ms to 1 h. A glob that takes long to evaluate
    /// is evaluated less often.
    pub glob_interval: Duration,
    /// Whether to be woken by inotify, too; polling alone loses nothing but takes longer to see it.
    pub inotify: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            poll_interval: Duration::from_millis(250),
            rotate_wait: Duration::from_secs(5),
            partial_line_timeout: Duration::from_secs(5),
            max_line_bytes: 64 << 10,
            batch_bytes_max: 1 << 20,
            files_max: 1_024,
            glob_interval: Duration::from_secs(1),
            inotify: true,
        }
    }
}

impl Settings {
    /// Whether every value is within its range.
    ///
    /// # Errors
    /// [`TailError::Setting`] names the first that is not.
    pub fn check(&self) -> Result<(), TailError> {
        in_range("poll interval in ms", &POLL_INTERVAL, self.poll_interval, as_millis)?;
        in_range("glob interval in ms", &GLOB_INTERVAL, self.glob_interval, as_millis)?;
        in_range("rotate wait in ms", &ROTATE_WAIT, self.rotate_wait, as_millis)?;
        in_range(
            "partial line timeout in ms",
            &PARTIAL_LINE_TIMEOUT,
            self.partial_line_timeout,
            as_millis,
        )?;
        in_range("longest line in bytes", &LINE_BYTES, self.max_line_bytes, |bytes| bytes)?;
        in_range("batch size in bytes", &BATCH_BYTES, self.batch_bytes_max, |bytes| bytes)?;
        in_range("number of files", &FILES, self.files_max, |files| files)?;
        // A held part of a line must leave as much room again to read into.
        let two_lines = 2 * self.max_line_bytes..=*BATCH_BYTES.end();
        in_range("batch size in bytes", &two_lines, self.batch_bytes_max, |bytes| bytes)
    }
}

fn as_millis(span: Duration) -> u128 {
    span.as_millis()
}

fn in_range<T: PartialOrd + Copy, D: Display>(
    name: &'static str,
    range: &RangeInclusive<T>,
    value: T,
    shown: impl Fn(T) -> D,
) -> Result<(), TailError> {
    if range.contains(&value) {
        return Ok(());
    }
    Err(TailError::Setting {
        name,
        value: shown(value).to_string(),
        allowed: format!("{} to {}", shown(*range.start()), shown(*range.end())),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_within_their_ranges() {
        Settings::default().check().unwrap();
    }

    #[test]
    fn a_value_out_of_range_is_named_with_what_is_allowed() {
        let error = Settings { poll_interval: Duration::ZERO, ..Settings::default() }.check();
        assert_eq!(
            error.unwrap_err().to_string(),
            "poll interval in ms is 0, which is not in 10 to 60000"
        );
    }

    #[test]
    fn a_batch_must_hold_two_of_the_longest_lines() {
        let error = Settings { batch_bytes_max: 100_000, ..Settings::default() }.check();
        assert_eq!(
            error.unwrap_err().to_string(),
            "batch size in bytes is 100000, which is not in 131072 to 67108864"
        );
    }
}
