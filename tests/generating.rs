//! `weir generate`: a log to try things on.

use std::fs;

use crate::support::{Running, Weir};

fn generate(args: &[&str]) -> Weir {
    Weir::new(["generate"]).args(args)
}

/// The lines without their times.
fn requests(log: &str) -> Vec<String> {
    let time = regex::Regex::new(r"\[[^\]]*\]").unwrap();
    log.lines().map(|line| time.replace(line, "[]").into_owned()).collect()
}

#[test]
fn as_many_lines_as_the_rate_and_the_duration_make() {
    let args = ["--logfile", "-", "--rate", "1000", "--duration", "500ms"];
    let found = generate(&args).run().succeeds();
    assert_eq!(found.stdout.lines().count(), 500);
    let args = ["--logfile", "-", "--rate", "2.5", "--duration", "2"];
    assert_eq!(generate(&args).run().succeeds().stdout.lines().count(), 5);
}

#[test]
fn every_line_is_a_request_in_the_combined_format() {
    let args = ["--logfile", "-", "--rate", "5000", "--duration", "200ms"];
    let log = generate(&args).run().succeeds().stdout;
    let account = Weir::replay(&log).json().run().succeeds().only("account");
    assert_eq!([&account["read"], &account["parsed"]], [1_000, 1_000]);
    let combined = regex::Regex::new(
        r#"^\S+ - \S+ \[[^\]]{26}\] "[A-Z]+ \S+ HTTP/[0-9.]+" \d{3} (\d+|-) "[^"]*" "[^"]+"$"#,
    );
    let combined = combined.unwrap();
    let odd = log.lines().find(|line| !combined.is_match(line));
    assert_eq!(odd, None);
}

#[test]
fn a_seed_repeats_the_requests() {
    let of = |seed: &str| {
        let args = ["--logfile", "-", "--rate", "5000", "--duration", "100ms", "--seed", seed];
        requests(&generate(&args).run().succeeds().stdout)
    };
    let first = of("7");
    assert_eq!(first.len(), 500);
    assert_eq!(of("7"), first);
    assert_ne!(of("8"), first);
}

#[test]
fn a_log_is_made_where_there_is_none_and_appended_to_where_there_is_one() {
    let folder = tempfile::TempDir::new().unwrap();
    let log = folder.path().join("access.log");
    let more = || {
        let args = ["--rate", "1000", "--duration", "20ms", "--logfile"];
        generate(&args).arg(&log).run().succeeds();
        fs::read_to_string(&log).unwrap()
    };
    let first = more();
    assert_eq!(first.lines().count(), 20);
    let both = more();
    assert!(both.starts_with(&first), "{both}");
    assert_eq!(both.lines().count(), 40);
}

#[test]
fn two_generators_on_one_log_never_tear_a_line() {
    let shared = tempfile::TempDir::new().unwrap();
    let log = shared.path().join("access.log");
    let args = ["--rate", "20000", "--duration", "500ms", "--logfile"];
    let start = || generate(&args).arg(&log).start();
    let both: [Running; 2] = [start(), start()];
    for running in both {
        running.finish().succeeds();
    }
    let text = fs::read_to_string(&log).unwrap();
    let account = Weir::replay(&text).json().run().succeeds().only("account");
    assert_eq!([&account["read"], &account["parsed"]], [20_000, 20_000]);
}

#[test]
fn a_signal_ends_it_with_whole_lines_and_no_error() {
    for signal in ["INT", "TERM"] {
        let mut running = generate(&["--logfile", "-", "--rate", "100"]).start();
        running.wait_for(crate::support::Stream::Out, "HTTP/");
        running.signal(signal);
        let found = running.finish().succeeds();
        assert!(found.stdout.lines().all(|line| line.ends_with('"')), "{}", found.stdout);
    }
}

#[test]
fn a_folder_that_is_not_there_is_an_error_that_names_the_log() {
    let found = generate(&["--logfile", "no/such/access.log"]).run().exits_with(1);
    found.complains("no/such/access.log").complains("No such file or directory");
}

#[test]
fn a_reader_that_has_enough_ends_it_quietly() {
    let running = generate(&["--logfile", "-", "--rate", "1000"]).start();
    running.close_stdout();
    assert_eq!(running.finish().succeeds().stderr, "");
}
