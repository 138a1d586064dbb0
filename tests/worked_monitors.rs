//! The worked monitors of `plugins/`, as components: each fires when it should, ends when it
//! should, is silent on normal traffic, and says which setting is wrong.

mod brute_force;
mod error_ratio;
mod heavy_paths;
mod new_paths;
mod silence;
mod top_talkers;

use std::fmt::Display;

use serde_json::{Value, json};

use crate::support::{Finished, Line, Log, NOON, Weir};

/// The page that tells people how to use them.
const README: &str = include_str!("../plugins/README.md");
const WORKED: [&str; 6] =
    ["error-ratio", "top-talkers", "brute-force", "heavy-paths", "silence", "new-paths"];

/// As much as the same monitors in JavaScript and Python need, which bring an engine of their own.
const LIMITS: &str = "[limits]\nmemory = \"64MiB\"\ndeadline = \"10s\"\n";

/// Replays a log with one worked monitor; `settings` is an inline table's inside.
fn replay(monitor: &str, settings: &str, log: &Log) -> Finished {
    run(monitor, settings, log).succeeds()
}

fn run(monitor: &str, settings: &str, log: &Log) -> Finished {
    let config = format!(
        "{LIMITS}[monitor.alerting]\nenabled = false\n[monitor.reporting]\nenabled = false\n\
         [monitor.{monitor}]\nconfig = {{ {settings} }}\n"
    );
    Weir::replay(log).json().worked(monitor).config(&config).run()
}

/// Holds that settings are refused as wrong configuration, with this in what is said.
#[track_caller]
fn refuses(monitor: &str, settings: &str, complaint: &str) {
    let found = run(monitor, settings, &Log::every_second(NOON, 1)).exits_with(78);
    assert_eq!(found.stdout, "");
    found.complains(&format!("monitor `{monitor}`: {complaint}"));
}

/// Alerts as `KEY firing@SECOND` and `KEY resolved@SECOND`, seconds after noon.
#[track_caller]
fn edges(found: &Finished) -> Vec<String> {
    let alerts = found.events_of("alert");
    let keys = alerts.iter().map(|alert| alert["key"].as_str().unwrap());
    keys.zip(found.edges(NOON)).map(|(key, edge)| format!("{key} {edge}")).collect()
}

/// Ordinary traffic: `seconds` of `a_second` requests by twenty clients for ten paths, one in fifty
/// not found, none refused, none failed.
fn normal(start: i64, seconds: i64, a_second: i64) -> Log {
    let requests = (0..seconds * a_second).map(|n| {
        let status = if n % 50 == 49 { 404 } else { 200 };
        Line::at(start + n / a_second)
            .client(&format!("192.0.2.{}", n % 20))
            .target(&format!("/pages/{}", n % 10))
            .status(status)
    });
    lines(requests)
}

fn lines(lines: impl IntoIterator<Item = impl Display>) -> Log {
    lines.into_iter().fold(Log::new(), |log, line| log.line(&line))
}

#[test]
fn normal_traffic_raises_no_alert_with_any_monitors_defaults() {
    let log = normal(NOON, 900, 3);
    for monitor in WORKED {
        let found = replay(monitor, "", &log);
        assert_eq!(edges(&found), [""; 0], "{monitor}");
        assert_eq!(found.events_of("fault"), [""; 0], "{monitor}");
    }
}

#[test]
fn a_setting_that_a_monitor_does_not_have_is_refused_with_those_that_the_readme_names() {
    for monitor in WORKED {
        let found = run(monitor, "colour = 1", &Log::every_second(NOON, 1)).exits_with(78);
        let complaint = "colour: unknown field `colour`, expected one of ";
        let found = found.complains(&format!("monitor `{monitor}`: {complaint}"));
        let (_, known) = found.stderr.split_once(complaint).unwrap();
        let known = known.lines().next().unwrap().split(", ").map(|name| name.trim_matches('`'));
        // What they all have is told once for all of them.
        let mut known: Vec<&str> = known.filter(|name| *name != "where").collect();
        let documented = documented_defaults(monitor).into_iter().map(|(name, _)| name);
        let mut documented: Vec<&str> = documented.filter(|name| *name != "where").collect();
        known.sort_unstable();
        documented.sort_unstable();
        assert_eq!(documented, known, "{monitor}");
    }
}

#[test]
fn a_condition_that_cannot_be_read_is_shown_with_its_place_and_its_setting() {
    for (monitor, setting) in [
        ("top-talkers", "where"),
        ("brute-force", "where"),
        ("heavy-paths", "where"),
        ("silence", "where"),
        ("new-paths", "where"),
        ("error-ratio", "where"),
        ("error-ratio", "errors"),
    ] {
        let found = run(monitor, &format!("{setting} = 'statsu = 1'"), &Log::every_second(NOON, 1));
        let found = found.exits_with(78);
        let complaint = "unknown field `statsu` at byte 6 (did you mean `status`?)\n  \
                         where statsu = 1 | ";
        let found = found.complains(&format!("monitor `{monitor}`: {setting}: {complaint}"));
        assert!(found.stderr.contains("\n        ^"), "{}", found.stderr);
    }
}

/// The settings of a monitor's table in the README, each with its default, as they are written in
/// TOML. Where several share a row, they have a default each.
fn documented_defaults(monitor: &str) -> Vec<(&'static str, &'static str)> {
    let heading = format!("\n### `{monitor}`\n");
    let (_, section) = README.split_once(&heading).unwrap();
    let section = section.split("\n##").next().unwrap();
    let rows = section.lines().filter_map(|line| line.strip_prefix("| `"));
    let pairs = rows.flat_map(|row| {
        let cells: Vec<&str> = row.split(" | ").collect();
        let names = cells[0].split(": ").next().unwrap();
        let names = names.split(", ").map(|name| name.trim_matches('`'));
        let default = cells[1].split("`, `").map(|value| value.trim_matches('`'));
        names.zip(default).collect::<Vec<_>>()
    });
    pairs.collect()
}

#[test]
fn the_readmes_settings_exist_and_their_defaults_are_the_monitors() {
    let listed = |monitor: &str, settings: &str| {
        let config = format!("{LIMITS}[monitor.{monitor}]\nconfig = {{ {settings} }}\n");
        let list = Weir::new(["plugin", "list", "--output", "json"]).worked(monitor);
        let found = list.config(&config).run().succeeds();
        let entries = found.stdout.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        entries.into_iter().find(|entry| entry["monitor"] == monitor).unwrap()
    };
    for monitor in WORKED {
        let defaults = documented_defaults(monitor);
        assert!(defaults.len() >= 3, "{monitor}: {defaults:?}");
        let written: Vec<String> =
            defaults.iter().map(|(name, value)| format!("{name} = {value}")).collect();
        assert_eq!(listed(monitor, &written.join(", ")), listed(monitor, ""), "{monitor}");
    }
}

#[test]
fn the_readmes_configuration_runs_one_plugin_twice() {
    let (_, config) = README.split_once("```toml\n[monitor.brute-force.config]").unwrap();
    let config = format!("[monitor.brute-force.config]{}", config.split("```").next().unwrap());
    let refused = Line::at(NOON).client("::1").status(401);
    let posted = Line::at(NOON).client("::2").method("POST").target("/login");
    let log = Log::new().lines(11, &refused).lines(21, &posted);
    let run = Weir::replay(&log).json().worked("brute-force").config(&config);
    let found = run.args(["--alerting-threshold", "1000"]).run().succeeds();
    let fired = |monitor: &str| found.events_by(monitor)[0]["key"].clone();
    assert_eq!((fired("brute-force"), fired("login-form")), (json!("::1"), json!("::2")));
}
