//! What an operator grants: a field that is withheld reads as absent, and nothing else changes.

use serde_json::{Value, json};

use crate::support::{Line, Log, NOON, Weir};

/// Ten seconds of two clients, one with three times the requests of the other.
fn two_clients() -> Log {
    (0..10).fold(Log::new(), |log, second| {
        let line = Line::at(NOON + 1 + second);
        log.lines(3, &line.clone().client("192.0.2.1")).line(&line.client("192.0.2.2"))
    })
}

fn top_talkers(grants: &str) -> Weir {
    let config =
        format!("monitor.top-talkers.config = {{ interval = '5s', requests_min = 1 }}\n{grants}");
    Weir::replay(&two_clients()).json().worked("top-talkers").config(&config)
}

#[test]
fn clients_that_are_withheld_are_one_group_without_a_name() {
    let found = top_talkers("[monitor.top-talkers.grants]\nfields = []").run().succeeds();
    let found = found.complains("monitor `top-talkers`: not granted, and absent to it: client");
    let measures = found.events_by("top-talkers")[0]["measures"].clone();
    let expected = json!({
        "requests": 20, "clients": 0, "exact": "yes",
        "client_1": "-", "client_1_requests": 20, "client_1_pct": 100.0,
    });
    assert_eq!(measures, expected);
    assert!(!found.stdout.contains("192.0.2."), "{}", found.stdout);
    let alert = &found.events_of("alert")[0];
    assert_eq!(alert["name"], "Too much traffic from -");
}

#[test]
fn what_is_granted_is_as_without_grants() {
    let granted = "[monitor.top-talkers.grants]\nfields = ['client']\nkeep = false";
    let (granted, without) = (top_talkers(granted).run(), top_talkers("").run().succeeds());
    assert_eq!(granted, without);
    assert!(without.stdout.contains("\"client_1\":\"192.0.2.1\""), "{}", without.stdout);
}

#[test]
fn withheld_columns_are_absent_and_the_others_are_not() {
    let log = Log::new().line(&Line::at(NOON).target("/secret").status(404).size("100"));
    let echo = |fields: &str| {
        let config = format!("monitor.echoes-columns.grants.fields = {fields}");
        let run = Weir::replay(&log).json().guests(&["echoes-columns"]).config(&config);
        run.run().succeeds().events_by("echoes-columns")[0]["measures"].clone()
    };
    let measures = |integers: i64, ends: usize, texts: &str| json!({ "rows": 1, "integers": integers, "ends": ends, "texts": texts, "time": NOON });
    assert_eq!(echo("['status', 'target', 'bytes']"), measures(504, 7, "/secret"));
    assert_eq!(echo("['status', 'target']"), measures(403, 7, "/secret"));
    assert_eq!(echo("['status', 'path']"), measures(403, 1, "-"));
}

#[test]
fn a_condition_on_a_withheld_field_sees_it_absent() {
    let run = |condition: &str| {
        let config = format!(
            "[monitor.top-talkers]\nconfig = {{ interval = '5s', where = '{condition}' }}\n\
             grants.fields = ['client']"
        );
        let run = Weir::replay(&two_clients()).json().worked("top-talkers").config(&config);
        let found = run.run().succeeds().complains("absent to it: status");
        found.events_by("top-talkers").first().map(|report| report["measures"]["requests"].clone())
    };
    assert_eq!(run("status = 200"), None);
    assert_eq!(run("status != 200"), Some(Value::from(20)));
    assert_eq!(run("status >= 100 or client = \"192.0.2.2\""), Some(Value::from(5)));
}

#[test]
fn a_field_stands_for_itself_and_not_for_those_made_of_the_same_bytes() {
    let sections = |fields: &str| {
        let config = format!("monitor.reporting.grants.fields = {fields}");
        let found = Weir::replay(&two_clients()).json().config(&config).run().succeeds();
        found.events_by("reporting")[0]["measures"].clone()
    };
    let all = sections("['section', 'class']");
    assert_eq!(all["most_popular_section"], "pages");
    assert_eq!(all["response_2xx_pct"], 100.0);
    let neither = sections("['target', 'path', 'status']");
    assert_eq!(neither["most_popular_section"], "-");
    assert_eq!(neither["most_popular_count"], all["most_popular_count"]);
    assert_eq!(neither["response_2xx_pct"], 0.0);
}

#[test]
fn a_state_is_kept_for_the_next_instance_where_that_is_granted_alone() {
    let reports = |config: &str| {
        let log = Log::every_second(NOON, 8);
        let run = Weir::replay(&log).json().guests(&["keeps-if-granted"]).config(config);
        let found = run.run().succeeds();
        let faults = found.events_of("fault");
        assert!(faults.iter().all(|fault| fault["kind"] == "trap"), "{faults:?}");
        let reports = found.events_by("keeps-if-granted").into_iter();
        reports
            .filter(|event| event["type"] == "report")
            .map(|report| report["measures"].clone())
            .take(3)
            .collect::<Vec<_>>()
    };
    let (first, next) = (json!({ "inherited": 0 }), json!({ "inherited": 1 }));
    assert_eq!(reports(""), [first.clone(), first, next]);
    let refused = json!({ "inherited": 0, "problem": "keeping is not granted" });
    let withheld = "monitor.keeps-if-granted.grants.keep = false";
    assert_eq!(reports(withheld), [refused.clone(), refused.clone(), refused]);
}

#[test]
fn the_list_and_the_inspection_show_what_is_withheld() {
    let config = "monitor.echoes-columns.grants = { fields = ['status'], keep = false }";
    let weir = |args: [&str; 3]| {
        let args = args.into_iter().filter(|arg| !arg.is_empty());
        let made = Weir::new(["plugin"]).args(args).json();
        let found = made.guests(&["echoes-columns"]).config(config).run().succeeds();
        let mut entries =
            found.stdout.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        entries.next_back().unwrap()
    };
    let listed = weir(["list", "", ""]);
    assert_eq!(listed["reads"], json!(["target", "status", "bytes"]));
    assert_eq!(listed["withheld"], json!(["target", "bytes"]));
    let inspected = weir(["inspect", "echoes-columns", ""]);
    let monitor = &inspected["monitors"][0];
    assert_eq!(monitor["granted"], json!(["status"]));
    assert_eq!(monitor["withheld"], json!(["target", "bytes"]));
    assert_eq!((&monitor["keep_granted"], &inspected["keeps"]), (&json!(false), &json!(false)));
}
