//! `weir.toml`, and what is said where it is wrong.

use serde_json::Value;

use crate::support::{Finished, Line, Log, NOON, Weir};

fn check(config: &str) -> Weir {
    Weir::new(["check"]).config(config)
}

/// What is said about a wrong configuration, behind the program's name.
fn complaint(config: &str) -> String {
    let found = check(config).run().exits_with(78);
    assert_eq!(found.stdout, "");
    found.stderr.strip_prefix("weir: error: ").expect(&found.stderr).to_owned()
}

/// Half a minute of two requests a second, replayed with this configuration.
fn replay(config: &str) -> Weir {
    let log = (0..30).fold(Log::new(), |log, second| log.lines(2, &Line::at(NOON + second)));
    Weir::replay(&log).json().config(config)
}

fn monitors(found: &Finished) -> Vec<String> {
    let names = found.events().into_iter().filter_map(|e| Some(e["monitor"].as_str()?.to_owned()));
    let mut names: Vec<String> = names.collect();
    names.sort();
    names.dedup();
    names
}

#[test]
fn a_file_may_say_everything() {
    let config = r#"
        [[source]]
        path = "logs/one.log"
        from = "start"

        [[source]]
        path = "logs/two-*.log"

        [output]
        format = "text"
        color = "never"

        [plugins]
        dir = "monitors"
        cache = true
        cache_dir = "compiled"
        watch_interval = "2s"

        [limits]
        memory = "8MiB"
        deadline = "250ms"
        fuel = 50_000_000
        events = 100
        text_bytes = "64KiB"
        log_lines = 10
        queries = 8
        kept_bytes = "16KiB"
        restart_backoff_min = "2s"
        restart_backoff_max = "30s"

        [tail]
        poll_interval = "100ms"
        rotate_wait = "1s"
        max_line_bytes = "16KiB"
        glob_interval = "2s"
        files_max = 10
        inotify = false

        [store]
        future_tolerance = "10s"
        groups_max = 1_000
        key_bytes_max = 100

        [monitor.alerting]
        config = { threshold = 2.5, interval = "90s" }
        grants = { fields = ["status"], keep = false }

        [monitor.peaks]
        plugin = "alerting"
        enabled = true
        config.threshold = 100
        limits.memory = "4MiB"

        [monitor.reporting]
        enabled = false
    "#;
    let found = Weir::new(["check", "--config", "etc/weir.toml"])
        .file("etc/weir.toml", config)
        .guests_in("etc/monitors", &["rows"])
        .run()
        .succeeds();
    assert_eq!(
        found.stdout,
        "configuration is valid: alerting, peaks, rows over etc/logs/one.log, etc/logs/two-*.log\n"
    );
}

#[test]
fn one_plugin_runs_as_several_monitors_each_with_its_settings() {
    let config = r#"
        [monitor.alerting]
        config = { threshold = 1000 }
        [monitor.low]
        plugin = "alerting"
        config = { threshold = 1.5, interval = "5s" }
        [monitor.middle]
        plugin = "alerting"
        config = { threshold = 1.5, interval = "10s" }
        [monitor.quick]
        plugin = "reporting"
        config = { interval = "5s" }
    "#;
    let found = replay(config).run().succeeds();
    let alerts: Vec<(Value, Value)> = found
        .events_of("alert")
        .into_iter()
        .map(|alert| (alert["monitor"].clone(), alert["time"].clone()))
        .collect();
    let expected = [
        ("low", "2018-09-11T12:00:03.000Z"),
        ("middle", "2018-09-11T12:00:07.000Z"),
        ("low", "2018-09-11T12:00:32.000Z"),
        ("middle", "2018-09-11T12:00:33.000Z"),
    ];
    let expected = expected.map(|(monitor, time)| (Value::from(monitor), Value::from(time)));
    assert_eq!(alerts, expected);
    assert_eq!(found.events_by("reporting").len(), 4);
    assert_eq!(found.events_by("quick").len(), 7);
}

#[test]
fn a_monitor_can_be_turned_off() {
    let found = replay("monitor.reporting.enabled = false").run().succeeds();
    assert_eq!(monitors(&found), [""; 0]);
    let config = "plugins.dir = 'mine'\nmonitor.says-it-once.enabled = false";
    let found = replay(config).guests_in("mine", &["says-it-once", "rows"]).run().succeeds();
    assert_eq!(monitors(&found), ["reporting", "rows"]);
}

#[test]
fn a_plugin_that_runs_under_another_name_does_not_run_under_its_own_too() {
    let config = "plugins.dir = 'mine'\nmonitor.pulse.plugin = 'says-it-once'";
    let found = replay(config).guests_in("mine", &["says-it-once"]).run().succeeds();
    assert_eq!(monitors(&found), ["pulse", "reporting"]);
}

#[test]
fn flags_win_over_the_file() {
    let config = r#"
        [output]
        format = "text"
        [monitor.alerting.config]
        threshold = 1000
        interval = "5s"
        [monitor.reporting.config]
        interval = "15s"
    "#;
    let found = replay(config).run().succeeds();
    assert_eq!(found.events_of("alert"), [0; 0]);
    assert_eq!(found.events_of("report").len(), 3);
    let flags = ["--alerting-threshold", "1.9", "--reporting-interval", "30"];
    let found = replay(config).args(flags).run().succeeds();
    assert_eq!(found.edges(NOON), ["firing@4", "resolved@31"], "the interval is the file's");
    assert_eq!(found.events_of("report").len(), 2);
}

#[test]
fn the_file_chooses_the_output_and_can_be_named_in_the_environment() {
    let log = Log::every_second(NOON, 3);
    let run = || Weir::replay(&log).file("weir.toml", "output.format = 'json'");
    assert!(run().run().succeeds().stdout.starts_with("[INFO]"), "it is not read by itself");
    let found = run().env("WEIR_CONFIG", "weir.toml").run().succeeds();
    assert_eq!(found.only("account")["read"], 3);
    let found = run().env("WEIR_CONFIG", "weir.toml").args(["--output", "text"]).run().succeeds();
    assert!(found.stdout.starts_with("[INFO]"), "{}", found.stdout);
}

#[test]
fn logs_of_the_file_are_followed_as_it_says() {
    let config = "source = [{ path = 'old.log', from = 'start' }, { path = 'new.log' }]";
    let log = Log::new().lines(5, &Line::at(crate::support::now()));
    let weir = Weir::new(["run"]).config(config).file("old.log", &log).file("new.log", &log);
    let mut running = weir.guests(&["rows"]).start();
    running.wait_for_logs(&["old.log", "new.log"]);
    running.wait_for_rows(5);
    let found = running.stop().succeeds();
    assert!(found.stdout.contains("Account of old.log: 5 lines read"), "{}", found.stdout);
    assert!(found.stdout.contains("Account of new.log: 0 lines read"), "{}", found.stdout);
}

#[test]
fn logs_on_the_command_line_replace_those_of_the_file() {
    let found = check("[[source]]\npath = 'a.log'").args(["--logfile", "b.log"]).run().succeeds();
    assert!(found.stdout.ends_with(" over b.log\n"), "{}", found.stdout);
}

#[test]
fn how_lines_are_read_can_be_set() {
    let long = Line::at(NOON).target(&format!("/{}", "x".repeat(400)));
    let run = |config: &str| {
        let both = Log::new().line(&long).line(&Line::at(NOON + 1));
        Weir::replay(&both).json().config(config).run().succeeds().only("account")
    };
    assert_eq!(run("")["parsed"], 2);
    let account = run("tail.max_line_bytes = 300");
    assert_eq!([&account["parsed"], &account["too_long"]], [1, 1]);
}

#[test]
fn an_unknown_key_is_told_with_its_place_and_a_hint() {
    assert_eq!(
        complaint("[tail]\npoll_intervall = '1s'\n"),
        "weir.toml:2:1: unknown key `poll_intervall` in [tail]\n\
         hint: did you mean `poll_interval`?\n"
    );
    assert_eq!(
        complaint("[monitor.alerting]\n  threshold = 5\n"),
        "weir.toml:2:3: unknown key `threshold` in [monitor.alerting]\n\
         hint: a monitor's own settings belong in [monitor.alerting.config]; \
         beside it there are `plugin`, `enabled`, `limits`, `grants`\n"
    );
}

#[test]
fn every_mistake_is_told_at_once_with_its_place() {
    assert_eq!(
        complaint("[limits]\nmemory = '2GiB'\n[output]\nformat = 'xml'\ncolour = 'never'\n"),
        "weir.toml:2:10: invalid value \"2GiB\" for `memory`: must be from 64KiB to 1GiB\n\
         weir.toml:4:10: invalid value \"xml\" for `format`: expected \"text\" or \"json\"\n\
         weir.toml:5:1: unknown key `colour` in [output]\nhint: did you mean `color`?\n"
    );
    assert!(complaint("[tail").starts_with("weir.toml:1:"));
}

#[test]
fn what_is_wrong_for_check_is_wrong_for_every_command() {
    let log = Log::every_second(NOON, 1);
    for args in [&["run"][..], &["replay", "access.log"], &["plugin", "list"], &["demo"], &[]] {
        let run = Weir::new(args).file("access.log", &log).config("[tial]");
        let found = run.run().exits_with(78);
        assert_eq!(found.stdout, "");
        found.complains("weir.toml:1:2: unknown key `tial`").complains("did you mean `tail`?");
    }
}

#[test]
fn a_file_that_cannot_be_read_is_a_configuration_error() {
    let found = Weir::new(["check", "--config", "nowhere.toml"]).run().exits_with(78);
    found.complains("cannot read the configuration file nowhere.toml: No such file or directory");
    let found = Weir::new(["check"]).env("WEIR_CONFIG", ".").run().exits_with(78);
    found.complains("cannot read the configuration file .: ");
}

#[test]
fn a_monitor_that_refuses_its_settings_is_a_configuration_error() {
    let refusals = [
        ("alerting.config.threshold = 0", "`alerting`: threshold: must be a number above 0, not 0"),
        ("alerting.config.threshold = -1.5", "`alerting`: threshold: must be a number above 0"),
        ("alerting.config.threshold = 'ten'", "`alerting`: threshold: invalid type"),
        ("alerting.config.interval = '25h'", "`alerting`: interval: must be between 100ms and 24h"),
        ("alerting.config.interval = 120", "`alerting`: interval: "),
        ("alerting.config.intervall = '2m'", "`alerting`: intervall: unknown field"),
        ("reporting.config.interval = '1ms'", "`reporting`: interval: must be between 100ms"),
    ];
    for (setting, message) in refusals {
        let said = complaint(&format!("monitor.{setting}"));
        assert!(said.starts_with(&format!("monitor {message}")), "{setting}: {said}");
    }
    let both = complaint(
        "monitor.alerting.config = { threshold = 0, interval = '25h' }\n\
         monitor.reporting.config.interval = '1ms'",
    );
    assert_eq!(both.lines().count(), 3, "every problem of every monitor: {both}");
    let log = Log::every_second(NOON, 1);
    let run = Weir::replay(&log).config("monitor.alerting.config.threshold = 0").run();
    assert_eq!(run.exits_with(78).stdout, "");
}

#[test]
fn a_plugin_that_is_not_there_is_a_configuration_error() {
    let said = complaint("monitor.mine.plugin = 'alertign'");
    assert!(said.starts_with("monitor `mine`: no plugin `alertign` among the built-ins"), "{said}");
    let found = check("plugins.dir = 'mine'\n[monitor.other]").guests_in("mine", &["rows"]).run();
    let found = found.exits_with(78);
    let found =
        found.complains("monitor `other`: no plugin `other` among the built-ins and in mine");
    found.complains("hint: there are reporting, alerting, rows");
}

#[test]
fn check_tells_of_plugins_that_cannot_run() {
    let found = check("plugins.dir = 'mine'").guests_in("mine", &["rows", "reads-the-environment"]);
    let found = found.run().exits_with(78);
    assert_eq!(found.stdout, "");
    found.complains("monitor `reads-the-environment`: load: ").complains("wasi:cli/environment");
}

#[test]
fn check_finds_globs_that_make_no_sense() {
    let found = Weir::new(["check", "--logfile", "logs/[a-"]).run().exits_with(78);
    found.complains("logs/[a-: not a valid glob");
}
