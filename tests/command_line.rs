//! Flags, subcommands, help, and what is refused.

use crate::support::{Line, Log, NOON, Stream, Weir};

/// The flags of every subcommand, as the issue that asked for them has them.
const RUN_FLAGS: [&str; 12] = [
    "--logfile",
    "--from",
    "--alerting-threshold",
    "--alerting-interval",
    "--reporting-interval",
    "--plugins-dir",
    "--output",
    "--config",
    "--color",
    "--quiet",
    "--verbose",
    "--help",
];

#[test]
fn help_and_version_are_no_errors() {
    for flag in ["--help", "-h", "help"] {
        let found = Weir::new([flag]).run().succeeds();
        assert!(found.stdout.contains("Usage: weir"), "{}", found.stdout);
        assert_eq!(found.stderr, "");
    }
    let version = format!("weir {}\n", env!("CARGO_PKG_VERSION"));
    for flag in ["--version", "-V"] {
        assert_eq!(Weir::new([flag]).run().succeeds().stdout, version);
    }
}

#[test]
fn help_names_every_subcommand_and_every_flag() {
    let help = Weir::new(["--help"]).run().succeeds().stdout;
    for name in ["run", "replay", "generate", "demo", "plugin", "check", "completions", "man"] {
        let line = format!("\n  {name} ");
        assert!(help.contains(&line), "{name} in {help}");
    }
    let run = Weir::new(["run", "--help"]).run().succeeds().stdout;
    for flag in RUN_FLAGS {
        assert!(help.contains(flag), "{flag} in {help}");
        assert!(run.contains(flag), "{flag} in {run}");
    }
    assert!(Weir::new(["replay", "--help"]).run().succeeds().stdout.contains("--threads"));
    let generate = Weir::new(["generate", "--help"]).run().succeeds().stdout;
    for flag in ["--logfile", "--rate", "--duration", "--seed"] {
        assert!(generate.contains(flag), "{flag} in {generate}");
    }
    for section in ["Exit status:", "Environment:", "Files:", "Examples:"] {
        assert!(help.contains(section), "{section} in {help}");
    }
}

#[test]
fn the_manual_and_the_completions_are_generated() {
    let man = Weir::new(["man"]).run().succeeds().stdout;
    for part in [".TH weir 1", "SYNOPSIS", "weir replay", "alerting\\-threshold", "EXIT STATUS"] {
        assert!(man.contains(part), "{part:?} in the manual");
    }
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = Weir::new(["completions", shell]).run().succeeds().stdout;
        assert!(script.contains("alerting-threshold"), "{shell}");
    }
}

#[test]
fn weir_alone_is_weir_run() {
    for command in [&["run"][..], &[]] {
        let weir = Weir::new(command).args(["--logfile", "access.log"]).file("access.log", "");
        let mut running = weir.start();
        running.wait_for(Stream::Out, "[INFO] Monitoring access log at access.log");
        running.stop().succeeds();
    }
}

#[test]
fn without_a_log_it_is_the_usual_one() {
    let found = Weir::new(["check"]).run().succeeds();
    assert_eq!(
        found.stdout,
        "configuration is valid: reporting, alerting over /var/log/access.log\n"
    );
}

#[test]
fn flags_with_underscores_are_the_same_flags() {
    let log = Log::every_second(NOON, 61);
    let hyphens =
        ["--alerting-threshold", "1", "--alerting-interval", "60s", "--reporting-interval", "7"];
    let underscores = hyphens.map(|flag| match flag.strip_prefix("--") {
        Some(name) => format!("--{}", name.replace('-', "_")),
        None => flag.to_owned(),
    });
    let found = Weir::replay(&log).args(&underscores).run().succeeds();
    assert_eq!(found.stdout.matches("[ALERT]").count(), 2);
    assert_eq!(found, Weir::replay(&log).args(hyphens).run().succeeds());
    let joined = ["--alerting_threshold=1", "--alerting_interval=1", "--reporting_interval=7s"];
    assert_eq!(found, Weir::replay(&log).args(joined).run().succeeds());
}

#[test]
fn flags_may_stand_before_the_subcommand() {
    let log = Log::every_second(NOON, 61);
    let before = ["--alerting-threshold", "1", "--alerting-interval", "1", "--output", "json"];
    let before = Weir::new(before).args(["replay", "access.log"]).file("access.log", &log);
    let behind = Weir::replay(&log).args(["--alerting-threshold", "1", "--alerting-interval", "1"]);
    assert_eq!(before.run().succeeds(), behind.json().run().succeeds());
}

#[test]
fn thresholds_and_intervals_may_be_fractional() {
    let log = Log::new().lines(4, &Line::at(NOON));
    let flags = ["--alerting-threshold", "0.15", "--alerting-interval", "0.5"];
    let found = Weir::replay(&log).args(flags).json().run().succeeds();
    assert_eq!(found.edges(NOON), [""; 0], "4 requests in 30 s are not over 0.15 a second");
    let flags = ["--alerting-threshold", ".13", "--alerting-interval", "0.5m"];
    let found = Weir::replay(&log).args(flags).json().run().succeeds();
    assert_eq!(found.edges(NOON), ["firing@0", "resolved@31"]);
}

/// A flag, a value that makes no sense for it, and why.
const NONSENSE: &[(&str, &str, &str)] = &[
    ("--alerting-threshold", "0", "must be greater than 0"),
    ("--alerting-threshold", "-1", "must be greater than 0"),
    ("--alerting-threshold", "NaN", "must be a finite number"),
    ("--alerting-threshold", "inf", "must be a finite number"),
    ("--alerting-threshold", "-inf", "must be a finite number"),
    ("--alerting-threshold", "ten", "expected"),
    ("--alerting-threshold", "1e300", "must be at most"),
    ("--alerting_threshold", "0", "must be greater than 0"),
    ("--alerting-interval", "0", "must be from 100ms to 24h"),
    ("--alerting-interval", "-2", "must be from 100ms to 24h"),
    ("--alerting-interval", "NaN", "must be a finite number"),
    ("--alerting-interval", "inf", "must be a finite number"),
    ("--alerting-interval", "25h", "must be from 100ms to 24h"),
    ("--alerting-interval", "1441", "must be from 100ms to 24h"),
    ("--alerting-interval", "99ms", "must be from 100ms to 24h"),
    ("--alerting-interval", "2 fortnights", "unknown unit"),
    ("--reporting-interval", "0", "must be from 100ms to 24h"),
    ("--reporting-interval", "-10", "must be from 100ms to 24h"),
    ("--reporting-interval", "NaN", "must be a finite number"),
    ("--reporting-interval", "infinity", "must be a finite number"),
    ("--reporting-interval", "86401", "must be from 100ms to 24h"),
    ("--reporting-interval", "", "expected"),
    ("--output", "xml", "[possible values: text, json]"),
    ("--color", "blue", "[possible values: auto, always, never]"),
    ("--from", "middle", "[possible values: start, end]"),
];

#[test]
fn nonsense_is_refused_at_once_saying_which_flag_and_why() {
    for (flag, value, why) in NONSENSE {
        let found = Weir::follow().args([flag, value]).run().exits_with(64);
        let flag = flag.replace('_', "-");
        assert_eq!(found.stdout, "", "{flag} {value}");
        let complaint = &found.stderr;
        assert!(complaint.starts_with("error: "), "{flag} {value}: {complaint}");
        assert!(complaint.contains(&flag), "{flag} is not named: {complaint}");
        assert!(value.is_empty() || complaint.contains(value), "{value} is not named: {complaint}");
        assert!(complaint.contains(why), "{flag} {value}: {why:?} is not in {complaint}");
    }
}

#[test]
fn nonsense_is_refused_by_the_other_subcommands_too() {
    let cases: [(&[&str], &str, &str); 8] = [
        (&["replay", "a.log", "--threads", "0"], "--threads", "must be from 1 to 256"),
        (&["replay", "a.log", "--threads", "few"], "--threads", "must be a whole number"),
        (&["generate", "--rate", "0"], "--rate", "must be greater than 0"),
        (&["generate", "--rate", "NaN"], "--rate", "must be a finite number"),
        (&["generate", "--duration", "-1"], "--duration", "must be from 1ms to 8760h"),
        (&["generate", "--seed", "1.5"], "--seed", "must be a whole number"),
        (&["completions", "tcsh"], "<SHELL>", "possible values"),
        (&["replay"], "<LOG>", "required"),
    ];
    for (args, flag, why) in cases {
        let found = Weir::new(args).run().exits_with(64);
        found.complains(flag).complains(why);
    }
}

#[test]
fn what_is_unknown_is_refused_with_a_hint() {
    Weir::new(["--alerting-treshold", "1"]).run().exits_with(64).complains("--alerting-threshold");
    Weir::new(["reply", "a.log"]).run().exits_with(64).complains("replay");
    Weir::new(["run", "stray"]).run().exits_with(64).complains("stray");
    Weir::new(["demo", "--rate", "1"]).run().exits_with(64).complains("--rate");
}

#[test]
fn flags_that_contradict_each_other_or_mean_nothing_are_refused() {
    Weir::new(["-q", "-v"]).run().exits_with(64).complains("--quiet").complains("--verbose");
    let misplaced = Weir::new(["--logfile", "a.log", "replay", "b.log"]).run().exits_with(64);
    misplaced.complains("--logfile").complains("replay");
    Weir::new(["--alerting-threshold", "1", "demo"]).run().exits_with(64).complains("demo");
    Weir::new(["replay", "a.log", "--from", "start"]).run().exits_with(64).complains("--from");
}
