//! How far a replay goes: the flags with which an alert is reproduced from its provenance.

use std::path::{Path, PathBuf};

use clap::Args;

/// How far to replay.
#[derive(Args, Clone, Debug, Default, PartialEq)]
pub struct UntilArgs {
    /// Read LOG up to the byte OFFSET, after decompression, and no further
    ///
    /// As an alert's provenance has it. LOG may be left out where there is one log only; can be given
    /// once for each log. A log that is shorter than that is an error.
    #[arg(
        long,
        value_name = "[LOG:]OFFSET",
        value_parser = parse_position,
        help_heading = "Logs"
    )]
    pub to: Vec<ReplayPosition>,

    /// End with the tick at TIME, as RFC 3339 has it
    ///
    /// Ticks go on behind the last line until then, for at most an hour and the longest window, and
    /// no line moves the clock beyond. With an alert's position and time, that alert is the last
    /// thing said.
    #[arg(
        long,
        value_name = "TIME",
        value_parser = parse_time,
        help_heading = "Logs"
    )]
    pub until: Option<i64>,
}

/// A place in a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReplayPosition {
    /// The log, where it was named.
    pub log: Option<PathBuf>,
    /// Bytes before it.
    pub offset: u64,
}

impl UntilArgs {
    /// Where this log ends, one of `logs`, if that was said.
    pub fn end_of(&self, log: &Path, logs: &[PathBuf]) -> Option<u64> {
        let mut said = self.to.iter().filter(|position| position.is_in(log, logs));
        said.next().map(|position| position.offset)
    }

    /// Says what cannot be meant of these logs.
    pub(super) fn check(&self, logs: &[PathBuf]) -> Result<(), String> {
        for (index, position) in self.to.iter().enumerate() {
            let ReplayPosition { log, offset } = position;
            let offset = offset.to_string();
            let Some(log) = logs.iter().find(|log| position.is_in(log, logs)) else {
                return Err(match log {
                    Some(log) => {
                        format!("'--to': {} is not one of the logs to replay", log.display())
                    }
                    None => format!("'--to {offset}' must name one of the logs: LOG:{offset}"),
                });
            };
            if self.to.iter().take(index).any(|earlier| earlier.is_in(log, logs)) {
                return Err(format!("'--to' is given twice for {}", log.display()));
            }
        }
        Ok(())
    }
}

impl ReplayPosition {
    fn is_in(&self, log: &Path, logs: &[PathBuf]) -> bool {
        match &self.log {
            Some(named) => named == log,
            None => logs.len() == 1,
        }
    }
}

fn parse_position(text: &str) -> Result<ReplayPosition, String> {
    let (log, offset) = match text.rsplit_once(':') {
        Some(("", _)) | None => (None, text.trim_start_matches(':')),
        Some((log, offset)) => (Some(PathBuf::from(log)), offset),
    };
    let offset = offset
        .parse::<u64>()
        .map_err(|_not_whole| "must be a log and a whole number of bytes: access.log:1024")?;
    Ok(ReplayPosition { log, offset })
}

/// Nanoseconds since the epoch.
fn parse_time(text: &str) -> Result<i64, String> {
    let time = chrono::DateTime::parse_from_rfc3339(text.trim())
        .map_err(|error| format!("must be a time such as 2018-09-11T12:00:00Z: {error}"))?;
    time.timestamp_nanos_opt().ok_or_else(|| "must be between the years 1677 and 2262".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ends(to: &[&str], logs: &[&str]) -> Result<Vec<Option<u64>>, String> {
        let to = to.iter().map(|text| parse_position(text).unwrap()).collect();
        let logs: Vec<PathBuf> = logs.iter().map(PathBuf::from).collect();
        let args = UntilArgs { to, until: None };
        args.check(&logs)?;
        Ok(logs.iter().map(|log| args.end_of(log, &logs)).collect())
    }

    #[test]
    fn a_position_names_its_log_unless_there_is_only_one() {
        assert_eq!(ends(&["7"], &["a"]), Ok(vec![Some(7)]));
        assert_eq!(ends(&["b:c:7"], &["a", "b:c"]), Ok(vec![None, Some(7)]));
        for (to, logs) in [(&["7"][..], &["a", "b"][..]), (&["c:7"], &["a"]), (&["1", "2"], &["a"])]
        {
            assert!(ends(to, logs).is_err(), "{to:?} of {logs:?}");
        }
    }

    #[test]
    fn a_time_is_one_with_its_zone() {
        assert_eq!(parse_time("1970-01-01T00:00:01.500Z"), Ok(1_500_000_000));
        assert_eq!(parse_time("1970-01-01T01:00:00+01:00"), Ok(0));
        assert!(parse_time("1970-01-01").is_err());
        assert!(parse_time("9999-01-01T00:00:00Z").is_err());
    }
}
