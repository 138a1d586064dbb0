//! What goes where: events to standard output as text or JSON, diagnostics to standard error.

use crate::support::{Line, Log, NOON, Weir};

fn busy() -> Weir {
    let log = Log::new().lines(30, &Line::at(NOON + 1)).line(&"no request").line(&"neither");
    Weir::replay(&log).args(["--alerting-threshold", "1", "--alerting-interval", "10s"])
}

#[test]
fn json_is_exactly_one_object_a_line() {
    let found = busy().json().run().succeeds();
    let expected = concat!(
        r#"{"type":"alert","monitor":"alerting","key":"high-traffic","state":"firing","#,
        r#""time":"2018-09-11T12:00:01.000Z","name":"High traffic","value":3.0,"#,
        r#""unit":"hits/sec","severity":"warning"}"#,
        "\n",
        r#"{"type":"report","monitor":"reporting","time":"2018-09-11T12:00:10.000Z","#,
        r#""title":"Traffic Summary","measures":{"most_popular_section":"pages","#,
        r#""most_popular_count":30,"requests_processed":30,"requests_per_second":3.0,"#,
        r#""response_2xx_pct":100.0,"response_3xx_pct":0.0,"response_4xx_pct":0.0,"#,
        r#""response_5xx_pct":0.0}}"#,
        "\n",
        r#"{"type":"alert","monitor":"alerting","key":"high-traffic","state":"resolved","#,
        r#""time":"2018-09-11T12:00:12.000Z","name":"High traffic","value":3.0,"#,
        r#""unit":"hits/sec","severity":"warning","#,
        r#""started_at":"2018-09-11T12:00:01.000Z","duration_s":11.0}"#,
        "\n",
        r#"{"type":"account","source":"access.log","read":32,"parsed":30,"rejected":2,"#,
        r#""too_long":0,"late":0,"future":0,"lost":0,"lost_bytes":0,"partial":0,"#,
        r#""lag_bytes":0,"lag_s":0.0}"#,
        "\n",
    );
    assert_eq!(found.stdout, expected);
}

#[test]
fn json_is_valid_whatever_the_log_has_in_it() {
    let section = "a\"b\\c\u{1}\u{e9}\u{1f980}\u{202e}";
    let target = format!("/{}", section.replace('"', "\\\"").replace("\\c", "\\\\c"));
    let found = Weir::replay(&Log::new().line(&Line::at(NOON).target(&target))).json();
    let found = found.run().succeeds();
    let shown = found.only("report")["measures"]["most_popular_section"].clone();
    let shown = shown.as_str().unwrap();
    assert!(shown.contains('"') && shown.contains("\u{e9}\u{1f980}"), "{shown:?}");
    let bytes = [b"192.0.2.7 - - [11/Sep/2018:12:00:00 +0000] \"GET /", &b"\xff\xfe"[..]];
    let line = [&bytes.concat(), &b"/x HTTP/1.1\" 200 1\n"[..]].concat();
    let found = Weir::replay(&line).json().run().succeeds();
    let shown = found.only("report")["measures"]["most_popular_section"].clone();
    assert_eq!(shown, "\u{fffd}\u{fffd}");
}

#[test]
fn a_log_cannot_drive_the_terminal() {
    let target = "/\u{1b}]0;owned\u{7}\u{202e}x";
    let found = Weir::replay(&Log::new().line(&Line::at(NOON).target(target))).run().succeeds();
    assert!(found.stdout.contains("most_popular_section: \u{fffd}]0;owned"), "{}", found.stdout);
    let of_terminals = ['\u{1b}', '\u{7}', '\u{202e}'];
    assert!(!found.stdout.contains(of_terminals), "{:?}", found.stdout);
}

#[test]
fn colour_is_for_terminals_unless_it_is_asked_for() {
    let plain = busy().run().succeeds().stdout;
    assert!(!plain.contains('\u{1b}'));
    for flags in [["--color", "auto"], ["--color", "never"]] {
        assert_eq!(busy().args(flags).run().succeeds().stdout, plain, "{flags:?}");
    }
    let colored = busy().args(["--color", "always"]).run().succeeds().stdout;
    assert!(colored.contains("\u{1b}[1;31m[ALERT]\u{1b}[0m High traffic"), "{colored:?}");
    let without =
        regex::Regex::new("\u{1b}\\[[0-9;]*m").unwrap().replace_all(&colored, "").into_owned();
    assert_eq!(without, plain, "colour changes nothing else");
}

#[test]
fn no_color_is_heard_but_the_flag_wins() {
    let auto = busy().env("NO_COLOR", "1").run().succeeds().stdout;
    assert!(!auto.contains('\u{1b}'));
    let asked = busy().env("NO_COLOR", "1").args(["--color", "always"]).run().succeeds().stdout;
    assert!(asked.contains('\u{1b}'));
}

#[test]
fn json_is_never_coloured() {
    let plain = busy().json().run().succeeds();
    assert_eq!(busy().json().args(["--color", "always"]).run().succeeds(), plain);
}

#[test]
fn of_rejected_lines_the_first_is_told_with_the_reason() {
    let found = busy().run().succeeds();
    assert_eq!(found.stderr.lines().count(), 1, "{}", found.stderr);
    found.complains("weir: warning: access.log: a line was rejected: column ");
}

#[test]
fn verbose_tells_more_and_quiet_tells_nothing() {
    let rejections = |flag: &str| {
        busy().arg(flag).run().succeeds().stderr.matches("a line was rejected").count()
    };
    assert_eq!(rejections("-v"), 2);
    assert_eq!(rejections("--verbose"), 2);
    assert_eq!(rejections("-vv"), 2);
    let loud = busy().run().succeeds();
    for flag in ["-q", "--quiet"] {
        let quiet = busy().arg(flag).run().succeeds();
        assert_eq!((quiet.stdout, quiet.stderr.as_str()), (loud.stdout.clone(), ""), "{flag}");
    }
}

#[test]
fn what_monitors_log_is_told_by_its_level() {
    // The guest logs warnings; those are notices.
    let of = |flags: &[&str]| {
        let run = Weir::replay(&Log::every_second(NOON, 1)).guests(&["floods-log"]).args(flags);
        run.run().succeeds().stderr
    };
    assert!(of(&[]).contains("weir: notice: monitor `floods-log`: Spam\n"));
    assert_eq!(of(&["-q"]), "");
}
