use super::*;

#[test]
fn an_unknown_key_is_told_with_its_place_and_a_hint() {
    for (text, message) in [
        (
            "\n\n[tail]\n  poll_intervall = \"1s\"\n",
            "weir.toml:4:3: unknown key `poll_intervall` in [tail]\n\
             hint: did you mean `poll_interval`?",
        ),
        (
            "[monitor.alerting]\nintervall = \"2m\"\n",
            "weir.toml:2:1: unknown key `intervall` in [monitor.alerting]\n\
             hint: a monitor's own settings belong in [monitor.alerting.config]; \
             beside it there are `plugin`, `enabled`, `limits`, `grants`",
        ),
        (
            "[monitor.alerting]\nconfigg = {}\n",
            "weir.toml:2:1: unknown key `configg` in [monitor.alerting]\n\
             hint: did you mean `config`?",
        ),
        (
            "monitor.a.limits.memry = 1",
            "weir.toml:1:18: unknown key `memry` in [monitor.a.limits]\n\
             hint: did you mean `memory`?",
        ),
        (
            "[output]\nzzz = 1",
            "weir.toml:2:1: unknown key `zzz` in [output]\nhint: expected `format`, `color`, `provenance`",
        ),
        (
            "[sources]",
            "weir.toml:1:2: unknown key `sources` in weir.toml\nhint: did you mean `source`?",
        ),
        (
            "[[source]]\npath = '-'\nform = 'end'",
            "weir.toml:3:1: unknown key `form` in [[source]]\nhint: did you mean `from`?",
        ),
        (
            "\"a\\nb\" = 1",
            "weir.toml:1:1: unknown key `a\\nb` in weir.toml\n\
             hint: expected `source`, `output`, `plugins`, `monitor`, `limits`, `tail`, `store`, `state`, `rejects`",
        ),
    ] {
        assert_eq!(refusal(text), message);
    }
}

/// A file, and what is said about it behind its name.
const WRONG_VALUES: &[(&str, &str)] = &[
    (
        "tail.poll_interval = \"1ms\"",
        "1:22: invalid value \"1ms\" for `poll_interval`: must be from 10ms to 1m",
    ),
    (
        "tail.poll_interval = 250",
        "1:22: `poll_interval` needs a unit, in quotes: \"90s\", \"5m\", \"250ms\"",
    ),
    (
        "tail.poll_interval = \"250\"",
        "1:22: invalid value \"250\" for `poll_interval`: the unit is missing, write 250s",
    ),
    (
        "tail.poll_interval = []",
        "1:22: `poll_interval` must be a duration such as \"90s\" or \"250ms\", not an array",
    ),
    ("tail.inotify = 1", "1:16: `inotify` must be true or false, not a whole number"),
    (
        "[limits]\n\"memory\" = \"2GiB\"",
        "2:12: invalid value \"2GiB\" for `memory`: must be from 64KiB to 1GiB",
    ),
    ("limits.memory = -1", "1:17: invalid value \"-1\" for `memory`: must be from 64KiB to 1GiB"),
    (
        "limits.memory = 1.5",
        "1:17: `memory` must be a size such as \"16MiB\", not a number with a fraction",
    ),
    ("limits.events = 0", "1:17: invalid value 0 for `events`: must be from 1 to 65536"),
    (
        "limits.fuel = 0xffffffffffffffffffff",
        "1:15: invalid value 1208925819614629174706175 for `fuel`: must be from 100000 to 1000000000000",
    ),
    ("limits.events = '9'", "1:17: `events` must be a whole number, not a text"),
    (
        "output.format = 'xml'",
        "1:17: invalid value \"xml\" for `format`: expected \"text\" or \"json\"",
    ),
    (
        "output.color = true",
        "1:16: `color` must be \"auto\" or \"always\" or \"never\", not a boolean",
    ),
    ("output = 1", "1:10: `output` must be a table, not a whole number"),
    ("plugins.dir = ''", "1:15: `dir` must not be empty"),
    (
        "plugins.watch_interval = '2h'",
        "1:26: invalid value \"2h\" for `watch_interval`: must be from 0s to 1h",
    ),
    ("plugins.dir = \"a\\u0000\"", "1:15: `dir` must not contain a NUL character"),
    ("source = []", "1:10: `source` must not be empty"),
    ("source = [1]", "1:11: `source` must be a table, not a whole number"),
    ("[source]\npath='a'", "1:1: `source` must be [[source]] tables, not a table"),
    ("[[source]]\nfrom = 'end'", "1:1: `path` is missing in [[source]]"),
    ("source = [{path='a'},\n{path='a'}]", "2:7: the log \"a\" is given twice, first at 1:17"),
    (
        "[monitor.Alerting]",
        "1:10: invalid monitor name \"Alerting\": must be 1 to 64 of a-z, 0-9, _ and -, \
         beginning with a letter or digit",
    ),
    ("monitor.a = 1", "1:13: `monitor.a` must be a table, not a whole number"),
    (
        "monitor.a.plugin = 'x/y.wasm'",
        "1:20: invalid value \"x/y.wasm\" for `plugin`: must be a plugin's name\n\
         hint: a file's name without its folder and `.wasm`",
    ),
    (
        "monitor.a.config.x = [1, inf]",
        "1:26: a monitor's settings cannot hold this number\n\
         hint: neither infinite numbers nor those beyond 64 bits",
    ),
    (
        "limits.restart_backoff_min = '2m'",
        "1:30: `restart_backoff_min` (2m) is longer than `restart_backoff_max` (1m)",
    ),
    (
        "[monitor.a.limits]\nrestart_backoff_max = '10ms'",
        "2:23: `restart_backoff_min` (1s) is longer than `restart_backoff_max` (10ms)",
    ),
    (
        "[monitor.a.grants]\nfields = ['clint']",
        "2:11: invalid value \"clint\" in `fields`\nhint: did you mean \"client\"?",
    ),
    ("[monitor.a.grants]\nfields = ['user', 'user']", "2:19: \"user\" is in `fields` twice"),
    (
        "[monitor.a.grants]\nfields = [1]",
        "2:11: `fields` must be a list of texts, not a whole number",
    ),
    (
        "[monitor.a.grants]\nkept = true",
        "2:1: unknown key `kept` in [monitor.a.grants]\nhint: did you mean `keep`?",
    ),
];

#[test]
fn a_wrong_value_is_told_with_its_place_and_the_reason() {
    for (text, message) in WRONG_VALUES {
        assert_eq!(refusal(text), format!("weir.toml:{message}"), "of {text}");
    }
}

#[test]
fn every_problem_is_told_in_the_order_of_the_file() {
    assert_eq!(
        refusal("[store]\ngroups_max = 0\n[tail]\ninotify = 'no'\nx = 1\n[output]\nformat = 1"),
        "weir.toml:2:14: invalid value 0 for `groups_max`: must be from 1 to 16777216\n\
         weir.toml:4:11: `inotify` must be true or false, not a text\n\
         weir.toml:5:1: unknown key `x` in [tail]\n\
         hint: expected `poll_interval`, `rotate_wait`, `partial_line_timeout`, `max_line_bytes`, `glob_interval`, \
         `files_max`, `inotify`\n\
         weir.toml:7:10: `format` must be \"text\" or \"json\", not a whole number"
    );
}

#[test]
fn what_is_not_toml_is_told_with_its_place() {
    assert!(refusal("a = ").starts_with("weir.toml:1:"), "{}", refusal("a = "));
    assert!(refusal("[tail\n").starts_with("weir.toml:1:"), "{}", refusal("[tail\n"));
    let repeated = refusal("[tail]\ninotify = true\ninotify = true");
    assert!(repeated.starts_with("weir.toml:3:1: duplicate key"), "{repeated}");
}

#[test]
fn columns_count_characters_and_not_bytes() {
    assert_eq!(
        refusal("tail = { \"é\" = 1, inotify = 2 }").lines().last(),
        Some("weir.toml:1:29: `inotify` must be true or false, not a whole number")
    );
}
