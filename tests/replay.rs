//! `weir replay`: finished logs on their own time, the same output every time.

use std::io::Write as _;

use crate::support::{Finished, Line, Log, NOON, Weir};

/// How many lines: enough for several batches on several threads.
const LINES: u32 = 20_000;

/// Lines that come nearly in order, as several servers write them: some a few seconds late, some
/// far too late, some that are no requests at all.
fn jumbled() -> Log {
    let mut state = 2018;
    let mut random = |below: u32| {
        // The constants of Numerical Recipes' linear congruential generator.
        state = u32::wrapping_add(u32::wrapping_mul(state, 1_664_525), 1_013_904_223);
        (state >> 8) % below
    };
    let mut log = Log::new();
    for n in 0..LINES {
        let late = match random(100) {
            0 => 5_000,
            1..20 => i64::from(random(8)),
            _ => 0,
        };
        let second = NOON + i64::from(n / 20) - late;
        log = match random(50) {
            0 => log.line(&"not a request"),
            _ => log.line(
                &Line::at(second)
                    .target(&format!("/section-{}/{}", random(30), random(1_000)))
                    .status([200, 200, 200, 304, 404, 503][random(6) as usize])
                    .size(&random(100_000).to_string()),
            ),
        };
    }
    log
}

fn replayed(weir: Weir) -> Finished {
    let flags = ["--alerting-threshold", "19.5", "--alerting-interval", "10s"];
    let found = weir.args(flags).json().guests(&["rows"]).run().succeeds();
    assert!(found.edges(NOON).len() > 2, "the log has alerts");
    found
}

#[test]
fn the_same_log_gives_the_same_bytes_every_time() {
    let log = jumbled();
    let first = replayed(Weir::replay(&log));
    assert_eq!(first.only("account")["read"], LINES);
    assert!(first.only("account")["late"].as_u64() > Some(0));
    assert_eq!(replayed(Weir::replay(&log)), first);
}

#[test]
fn the_number_of_threads_does_not_show() {
    let log = jumbled();
    let alone = replayed(Weir::replay(&log).args(["--threads", "1"]));
    for threads in ["2", "4", "7"] {
        assert_eq!(replayed(Weir::replay(&log).args(["--threads", threads])), alone);
    }
}

#[test]
fn neither_time_zone_nor_locale_shows() {
    let log = jumbled();
    let elsewhere = Weir::replay(&log).env("TZ", "Asia/Kathmandu").env("LC_ALL", "de_DE.UTF-8");
    assert_eq!(replayed(elsewhere), replayed(Weir::replay(&log)));
}

#[test]
fn a_log_that_is_compressed_or_piped_gives_the_same() {
    let log = jumbled();
    let plain = replayed(Weir::replay(&log)).stdout;
    let forms = [("access.log.gz", gzip(log.text())), ("access.log.zst", zstd(log.text()))];
    for (name, bytes) in forms {
        let found = replayed(Weir::new(["replay", name]).file(name, bytes));
        assert_eq!(found.stdout.replace(name, "access.log"), plain, "{name}");
    }
    let piped = replayed(Weir::new(["replay", "-"]).stdin(&log));
    assert_eq!(piped.stdout.replace("\"source\":\"-\"", "\"source\":\"access.log\""), plain);
    let piped = replayed(Weir::new(["replay", "-"]).stdin(gzip(log.text())));
    assert_eq!(piped.stdout.replace("\"source\":\"-\"", "\"source\":\"access.log\""), plain);
}

#[test]
fn how_a_log_is_compressed_is_told_by_its_bytes_and_not_by_its_name() {
    let log = Log::every_second(NOON, 30);
    let plain = Weir::replay(&log).run().succeeds();
    assert_eq!(Weir::replay(&gzip(log.text())).run().succeeds(), plain);
}

#[test]
fn two_logs_are_merged_by_time() {
    let of = |wanted: fn(i64) -> bool| {
        (0..90).filter(|second| wanted(*second)).fold(Log::new(), |log, second| {
            log.line(&Line::at(NOON + second).target(&format!("/{}", second % 7)))
        })
    };
    let whole = Weir::replay(&of(|_| true)).json().run().succeeds();
    let split = Weir::new(["replay", "even.log", "odd.log"])
        .file("even.log", of(|second| second % 2 == 0))
        .file("odd.log", of(|second| second % 2 == 1))
        .json()
        .run()
        .succeeds();
    assert_eq!(split.events_of("report"), whole.events_of("report"));
    let accounts = split.events_of("account");
    let of = |name: &str| accounts.iter().map(|account| account[name].clone()).collect::<Vec<_>>();
    assert_eq!(of("source"), ["even.log", "odd.log"]);
    assert_eq!(of("parsed"), [45, 45]);
}

#[test]
fn a_rotated_log_is_replayed_in_the_order_of_its_parts() {
    let (old, new) = (Log::every_second(NOON, 50), Log::every_second(NOON + 50, 50));
    let whole = Weir::replay(&old.clone().then(&new)).json().run().succeeds();
    let parts = Weir::new(["replay", "access.log.1.gz", "access.log"])
        .file("access.log.1.gz", gzip(old.text()))
        .file("access.log", &new);
    assert_eq!(parts.json().run().succeeds().events_of("report"), whole.events_of("report"));
}

#[test]
fn of_a_log_that_breaks_off_the_lines_before_are_counted() {
    let log = jumbled();
    let whole = gzip(log.text());
    let run =
        Weir::new(["replay", "access.log.gz"]).file("access.log.gz", &whole[..whole.len() / 2]);
    let found = run.json().run().exits_with(1);
    let read = found.only("account")["read"].as_u64().unwrap();
    assert!(read > 1_000 && read < u64::from(LINES), "{read} lines");
    assert!(!found.events_of("report").is_empty());
    found.complains("weir: error: access.log.gz: the gzip data ends too early, after ");
}

#[test]
fn a_log_that_is_damaged_is_an_error_that_names_it() {
    let mut bytes = gzip(Log::every_second(NOON, 1_000).text());
    let middle = bytes.len() / 2;
    bytes[middle..middle + 16].fill(0xff);
    let found = Weir::replay(&bytes).run().exits_with(1);
    found.complains("weir: error: access.log: not valid gzip data");
}

#[test]
fn a_log_that_is_not_there_is_an_error_that_names_it() {
    let found = Weir::new(["replay", "missing.log"]).run().exits_with(1);
    assert_eq!(found.stdout, "");
    found.complains("weir: error: missing.log: cannot be opened: No such file or directory");
}

#[test]
fn a_folder_is_no_log() {
    let found = Weir::new(["replay", "."]).run().exits_with(1);
    found.complains("weir: error: .: is a directory, not a log");
}

#[test]
fn an_empty_log_is_accounted_for() {
    let found = Weir::replay("").json().run().succeeds();
    assert_eq!(found.only("account")["read"], 0);
    assert_eq!(found.events().len(), 1);
}

#[test]
fn a_last_line_without_its_newline_is_a_line() {
    let log = Log::every_second(NOON, 3);
    let found = Weir::replay(log.text().trim_end()).json().run().succeeds();
    assert_eq!(found.only("account")["parsed"], 3);
}

#[test]
fn every_line_is_accounted_for() {
    let log = Log::every_second(NOON, 300)
        .line(&Line::at(NOON))
        .lines(2, &"no request")
        .line(&"")
        .line(&"x".repeat(70_000))
        .line(&Line::stamped("31/Feb/2018:12:00:00 +0000"))
        .line(&Line::at(NOON + 299));
    let account = Weir::replay(&log).json().run().succeeds().only("account");
    let expected = serde_json::json!({
        "type": "account", "source": "access.log", "read": 307, "parsed": 301, "rejected": 4,
        "too_long": 1, "late": 1, "future": 0, "lost": 0, "lost_bytes": 0, "partial": 0,
        "lag_bytes": 0, "lag_s": 0.0,
    });
    assert_eq!(account, expected);
}

#[test]
fn stamps_of_other_time_zones_are_the_same_instants() {
    let stamps =
        ["11/Sep/2018:12:00:01 +0000", "11/Sep/2018:14:00:02 +0200", "11/Sep/2018:03:30:03 -0830"];
    let log = stamps.iter().fold(Log::new(), |log, stamp| log.line(&Line::stamped(stamp)));
    let found = Weir::replay(&log).json().run().succeeds();
    assert_eq!(found.only("report")["measures"]["requests_processed"], 3);
    assert_eq!(found.only("report")["time"], "2018-09-11T12:00:10.000Z");
}

#[test]
fn a_pause_of_a_year_does_not_cost_a_year_of_reports() {
    let year = 365 * 86_400;
    let log = Log::every_second(NOON, 5).then(&Log::every_second(NOON + year, 5));
    let found = Weir::replay(&log).json().run().succeeds();
    let reports = found.events_of("report");
    assert!(reports.len() < 1_000, "{} reports", reports.len());
    assert_eq!(reports.last().unwrap()["time"], "2019-09-11T12:00:10.000Z");
    found.complains("the clock jumps there");
}

fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

fn zstd(text: &str) -> Vec<u8> {
    zstd::encode_all(text.as_bytes(), 1).unwrap()
}
