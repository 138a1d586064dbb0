//! `heavy-paths`: the paths that send the most bytes.

use serde_json::{Value, json};

use super::{edges, lines, refuses, replay};
use crate::support::{Line, Log, NOON};

const SETTINGS: &str = "interval = '10s', paths = 2, mib_per_second_max = 1";

#[test]
fn an_interval_is_reported_with_its_heaviest_paths() {
    let sized = |target: &str, size: &str| Line::at(NOON + 1).target(target).size(size);
    let log = Log::new()
        .lines(4, &sized("/small", "65536"))
        .line(&sized("/video?t=1", "262144"))
        .line(&sized("/video?t=2", "524288"))
        .line(&sized("/none", "-"));
    let found = replay("heavy-paths", SETTINGS, &log);
    let expected = json!({
        "type": "report", "monitor": "heavy-paths", "time": "2018-09-11T12:00:10.000Z",
        "title": "Heavy Paths",
        "measures": {
            "bytes": 1_048_576, "mib_per_second": 0.1, "exact": "yes",
            "path_1": "/video", "path_1_bytes": 786_432, "path_1_requests": 2,
            "path_1_largest": 524_288, "path_1_pct": 75.0,
            "path_2": "/small", "path_2_bytes": 262_144, "path_2_requests": 4,
            "path_2_largest": 65_536, "path_2_pct": 25.0,
        },
    });
    assert_eq!(found.only("report"), expected);
}

#[test]
fn a_path_that_sends_too_much_is_an_alert_until_it_sends_less() {
    let ten_mib = |at| Log::new().line(&Line::at(at).target("/iso").size("10485760"));
    let one_byte = |at| Log::new().line(&Line::at(at).target("/iso").size("1"));
    let log = ten_mib(NOON + 1).then(&one_byte(NOON + 1)).then(&ten_mib(NOON + 11));
    let found = replay("heavy-paths", SETTINGS, &log);
    assert_eq!(edges(&found), ["/iso firing@10", "/iso resolved@20"]);
    let alert = &found.events_of("alert")[0];
    assert_eq!((&alert["name"], &alert["unit"]), (&json!("Heavy path /iso"), &json!("MiB/sec")));
    assert_eq!(alert["labels"], json!({ "requests": "2", "largest_bytes": "10485760" }));
}

#[test]
fn as_many_paths_as_are_looked_at_with_names_as_long_as_are_kept_are_not_too_much_to_say() {
    let paths = (0..150).map(|n| format!("/{n}/{}", "x".repeat(300)));
    let log = lines(paths.map(|path| Line::at(NOON + 1).target(&path).size("104857600")));
    let settings = "interval = '10s', paths = 50, mib_per_second_max = 1";
    let found = replay("heavy-paths", settings, &log);
    assert_eq!(found.events_of("fault"), [Value::Null; 0]);
    assert_eq!(edges(&found).iter().filter(|edge| edge.ends_with("firing@10")).count(), 100);
    let measures = found.only("report")["measures"].clone();
    assert_eq!(measures["exact"], "no", "the paths were cut");
    assert_eq!(measures["path_50"].as_str().unwrap().len(), 256);
}

#[test]
fn an_interval_in_which_nothing_was_sent_is_not_reported() {
    let log = Log::new().line(&Line::at(NOON + 1).size("-"));
    assert_eq!(replay("heavy-paths", SETTINGS, &log).events_of("report"), [Value::Null; 0]);
}

#[test]
fn settings_out_of_range_are_refused_by_name() {
    refuses("heavy-paths", "paths = 0", "paths: must be between 1 and 50, not 0");
    refuses(
        "heavy-paths",
        "mib_per_second_max = 0",
        "mib_per_second_max: must be between 0.001 and 1000000, not 0",
    );
}
