use proptest::prelude::*;

use super::*;

const ANY: RangeInclusive<Duration> = Duration::ZERO..=Duration::MAX;
const WINDOW: RangeInclusive<Duration> = Duration::from_millis(100)..=WINDOW_MAX;

fn minutes(text: &str) -> Result<Duration, String> {
    parse_duration(text, Some(TimeUnit::Minutes), &WINDOW).map_err(|error| error.to_string())
}

#[test]
fn durations_are_read_in_every_unit_and_in_fractions() {
    for (text, millis) in [
        ("2", 120_000),
        ("0.5", 30_000),
        ("90s", 90_000),
        ("5m", 300_000),
        ("1.5h", 5_400_000),
        ("250ms", 250),
        (".25s", 250),
        (" 10 s ", 10_000),
        ("24h", 86_400_000),
        ("0.3333333333333333333333333333h", 1_200_000),
    ] {
        assert_eq!(minutes(text), Ok(Duration::from_millis(millis)), "of {text:?}");
    }
}

#[test]
fn a_nonsensical_duration_is_refused_with_the_reason() {
    let range = "must be from 100ms to 24h";
    let bare = "must be from 100ms to 24h (a number without a unit is in minutes)";
    let malformed = "expected a duration such as 90s, 5m, 1.5h or 250ms";
    for (text, message) in [
        ("0", bare),
        ("-1", bare),
        ("2000", bare),
        ("0s", range),
        ("-5m", range),
        ("99ms", range),
        ("24.0001h", range),
        ("99999999999999999999999999999999999999999h", range),
        ("NaN", "must be a finite number"),
        ("inf", "must be a finite number"),
        ("-Infinity", "must be a finite number"),
        ("", malformed),
        ("s", malformed),
        ("5.", malformed),
        ("1e3", malformed),
        ("1h30m", malformed),
        ("--1s", malformed),
        ("5d", "unknown unit `d`, expected one of ms, s, m, h"),
        ("5µs", "unknown unit `µs`, expected one of ms, s, m, h"),
    ] {
        assert_eq!(minutes(text), Err(message.to_owned()), "of {text:?}");
    }
    assert_eq!(
        parse_duration("250", None, &ANY).unwrap_err().to_string(),
        "the unit is missing, write 250s",
    );
}

#[test]
fn sizes_are_read_in_binary_and_decimal_units() {
    for (text, bytes) in [
        ("4096", 4_096),
        ("1B", 1),
        ("64KiB", 65_536),
        ("16 MiB", 16_777_216),
        ("1MB", 1_000_000),
        ("2kB", 2_000),
        ("0.5KiB", 512),
        ("1GiB", 1_073_741_824),
    ] {
        assert_eq!(parse_size(text, &(0..=u64::MAX)), Ok(bytes), "of {text:?}");
    }
}

#[test]
fn a_nonsensical_size_is_refused_with_the_reason() {
    for (text, message) in [
        ("2GiB", "must be from 64KiB to 1GiB"),
        ("1", "must be from 64KiB to 1GiB"),
        ("-1MiB", "must be from 64KiB to 1GiB"),
        ("1mb", "unknown unit `mb`, expected one of B, kB, MB, GB, KiB, MiB, GiB"),
        ("big", "expected a size such as 64KiB, 16MiB, 1MB or 4096"),
    ] {
        let error = parse_size(text, &(65_536..=1_073_741_824)).unwrap_err();
        assert_eq!(error.to_string(), message, "of {text:?}");
    }
}

#[test]
fn rates_are_numbers_above_zero() {
    assert_eq!(parse_rate("10"), Ok(10.0));
    assert_eq!(parse_rate(" 0.25 "), Ok(0.25));
    for (text, message) in [
        ("0", "must be greater than 0"),
        ("-0.0", "must be greater than 0"),
        ("-3", "must be greater than 0"),
        ("NaN", "must be a finite number"),
        ("inf", "must be a finite number"),
        ("1e300", "must be at most 1000000000"),
        ("ten", "expected a number such as 10 or 2.5"),
        ("", "expected a number such as 10 or 2.5"),
    ] {
        assert_eq!(parse_rate(text).unwrap_err().to_string(), message, "of {text:?}");
    }
}

#[test]
fn values_are_shown_in_the_largest_unit_that_holds_them_whole() {
    for (millis, shown) in
        [(0, "0s"), (250, "250ms"), (10_000, "10s"), (120_000, "2m"), (5_400_000, "90m")]
    {
        assert_eq!(show_duration(Duration::from_millis(millis)).to_string(), shown);
    }
    assert_eq!(show_duration(Duration::from_micros(1_500_500)).to_string(), "1.5005s");
    for (bytes, shown) in [(0, "0"), (1_000, "1000"), (65_536, "64KiB"), (1 << 30, "1GiB")] {
        assert_eq!(show_size(bytes).to_string(), shown);
    }
}

proptest! {
    #[test]
    fn what_is_shown_reads_back_the_same(nanos: u64, bytes: u64, whole in 0..100_000_u64) {
        for duration in [Duration::from_nanos(nanos), Duration::from_secs(whole)] {
            let shown = show_duration(duration).to_string();
            prop_assert_eq!(parse_duration(&shown, None, &ANY), Ok(duration));
        }
        for size in [bytes, whole << 10] {
            let shown = show_size(size).to_string();
            prop_assert_eq!(parse_size(&shown, &(0..=u64::MAX)), Ok(size));
        }
    }

    #[test]
    fn no_text_makes_the_parsers_panic(text in ".*", digits in "-?[0-9]*[.]?[0-9]*(ms|s|h|KiB|GB)?") {
        for text in [&text, &digits] {
            let _ = parse_duration(text, Some(TimeUnit::Hours), &ANY);
            let _ = parse_size(text, &(0..=u64::MAX));
            let _ = parse_rate(text);
        }
    }
}
