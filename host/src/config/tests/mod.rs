use std::path::{Path, PathBuf};
use std::time::Duration;

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::record::Field;

mod refusals;

/// What resolving a file named `weir.toml` with this text comes to.
fn settings(text: &str) -> Settings {
    settings_with(text, &Flags::default())
}

fn settings_with(text: &str, flags: &Flags) -> Settings {
    let file = FileConfig::parse(Path::new("weir.toml"), text).unwrap();
    resolve(Some(file), flags).unwrap()
}

/// The error that a file named `weir.toml` with this text gives, as it is shown.
fn refusal(text: &str) -> String {
    FileConfig::parse(Path::new("weir.toml"), text)
        .and_then(|file| resolve(Some(file), &Flags::default()))
        .unwrap_err()
        .to_string()
}

fn monitor<'s>(settings: &'s Settings, name: &str) -> &'s MonitorSettings {
    settings.monitors.iter().find(|monitor| monitor.name == name).unwrap()
}

#[test]
fn without_flags_and_file_everything_has_its_default() {
    let settings = resolve(None, &Flags::default()).unwrap();
    let built_in = |name: &str| MonitorSettings {
        name: name.to_owned(),
        plugin: name.to_owned(),
        enabled: true,
        config: serde_json::Map::new(),
        limits: MonitorLimits::default(),
        grants: GrantSettings::default(),
    };
    assert_eq!(
        settings,
        Settings {
            sources: vec![Source { path: DEFAULT_LOG.into(), from: StartAt::End }],
            output: OutputSettings::default(),
            plugins: PluginSettings {
                dir: None,
                cache: true,
                cache_dir: None,
                watch_interval: Duration::from_secs(1),
            },
            monitors: vec![built_in("reporting"), built_in("alerting")],
            limits: MonitorLimits::default(),
            tail: TailSettings::default(),
            store: StoreSettings::default(),
            state_dir: None,
            rejects: None,
        }
    );
    assert_eq!(self::settings(""), settings);
}

#[test]
fn a_file_can_set_everything() {
    let settings = settings(
        r#"
        limits = { memory = "32MiB", fuel = 5_000_000, log_lines = 0 }

        [[source]]
        path = "/var/log/nginx/*.log"
        from = "start"
        [[source]]
        path = "-"

        [output]
        format = "json"
        color = "never"

        [plugins]
        dir = "/srv/monitors"
        cache = false
        cache_dir = "/var/cache/weir"
        watch_interval = "0s"

        [monitor.reporting]
        enabled = false

        [monitor.slow-pages]
        plugin = "latency"
        config = { threshold = 0.5, since = 1979-05-27T07:32:00Z, paths = ["/a", "/b"], n = 0xff }
        [monitor.slow-pages.limits]
        deadline = "1s"
        events = 7
        text_bytes = 4096
        queries = 3
        kept_bytes = "1MiB"
        restart_backoff_min = "2s"
        restart_backoff_max = "2s"
        [monitor.slow-pages.grants]
        fields = ["status", "client"]
        keep = false

        [tail]
        poll_interval = "1s"
        rotate_wait = "0s"
        partial_line_timeout = "9s"
        max_line_bytes = "1MiB"
        glob_interval = "1m"
        files_max = 3
        inotify = false

        [store]
        future_tolerance = "5m"
        groups_max = 1
        key_bytes_max = 16

        [state]
        dir = "/var/lib/weir"

        [rejects]
        file = "/var/log/weir/rejected.jsonl"
        bytes_max = "1MiB"
        "#,
    );
    let source = |path: &str, from| Source { path: path.into(), from };
    assert_eq!(
        settings.sources,
        [source("/var/log/nginx/*.log", StartAt::Start), source("-", StartAt::End)]
    );
    assert_eq!(settings.output.format, OutputFormat::Json);
    assert_eq!(settings.output.color, ColorChoice::Never);
    assert_eq!(
        settings.plugins,
        PluginSettings {
            dir: Some("/srv/monitors".into()),
            cache: false,
            cache_dir: Some("/var/cache/weir".into()),
            watch_interval: Duration::ZERO,
        }
    );
    let names: Vec<_> = settings.monitors.iter().map(|m| (m.name.as_str(), m.enabled)).collect();
    assert_eq!(names, [("reporting", false), ("alerting", true), ("slow-pages", true)]);
    let inherited = MonitorLimits {
        memory_bytes: 32 << 20,
        fuel: 5_000_000,
        log_lines_max: 0,
        ..MonitorLimits::default()
    };
    assert_eq!(settings.limits, inherited);
    assert_eq!(monitor(&settings, "alerting").limits, inherited);
    let slow = monitor(&settings, "slow-pages");
    assert_eq!(slow.plugin, "latency");
    assert_eq!(
        serde_json::Value::Object(slow.config.clone()),
        json!({ "threshold": 0.5, "since": "1979-05-27T07:32:00Z", "paths": ["/a", "/b"], "n": 255 })
    );
    assert_eq!(
        slow.limits,
        MonitorLimits {
            deadline: Duration::from_secs(1),
            events_max: 7,
            text_bytes_max: 4_096,
            queries_max: 3,
            kept_bytes_max: 1 << 20,
            restart_backoff_min: Duration::from_secs(2),
            restart_backoff_max: Duration::from_secs(2),
            ..inherited
        }
    );
    let granted = Some(vec![Field::Client, Field::Status]);
    assert_eq!(slow.grants, GrantSettings { fields: granted, keep: Some(false) });
    assert_eq!(
        settings.tail,
        TailSettings {
            poll_interval: Duration::from_secs(1),
            rotate_wait: Duration::ZERO,
            partial_line_timeout: Duration::from_secs(9),
            max_line_bytes: 1 << 20,
            glob_interval: Duration::from_mins(1),
            files_max: 3,
            inotify: false,
        }
    );
    assert_eq!(
        settings.store,
        StoreSettings {
            future_tolerance: Duration::from_mins(5),
            groups_max: 1,
            key_bytes_max: 16,
        }
    );
    assert_eq!(settings.state_dir, Some("/var/lib/weir".into()));
    let file = "/var/log/weir/rejected.jsonl".into();
    assert_eq!(settings.rejects, Some(RejectsSettings { file, bytes_max: 1 << 20 }));
}

#[test]
fn flags_win_over_the_file() {
    let flags = Flags {
        logfiles: vec!["a.log".into(), "b.log".into(), "a.log".into()],
        from: Some(StartAt::Start),
        alerting_threshold: Some(2.5),
        alerting_interval: Some(Duration::from_mins(2)),
        reporting_interval: Some(Duration::from_millis(1_500)),
        plugins_dir: Some("mine".into()),
        output: Some(OutputFormat::Json),
        provenance: true,
        color: Some(ColorChoice::Always),
        state_dir: Some("mine".into()),
        rejects: Some("r.jsonl".into()),
    };
    let text = r#"
        source = [{ path = "/c.log" }]
        output = { format = "text", color = "never" }
        plugins.dir = "theirs"
        state.dir = "theirs"
        rejects.file = "theirs"
        [monitor.alerting]
        config = { threshold = 9, interval = "1h", other = true }
        [monitor.quiet]
        plugin = "alerting"
        config.threshold = 1
        "#;
    let settings = settings_with(text, &flags);
    let source = |path: &str| Source { path: path.into(), from: StartAt::Start };
    assert_eq!(settings.sources, [source("a.log"), source("b.log")], "the repeated one once");
    assert_eq!(settings.output.format, OutputFormat::Json);
    assert_eq!(settings.output.color, ColorChoice::Always);
    assert_eq!(settings.plugins.dir, Some("mine".into()));
    assert_eq!(settings.state_dir, Some("mine".into()));
    let bytes_max = RejectsSettings::BYTES_MAX;
    assert_eq!(settings.rejects, Some(RejectsSettings { file: "r.jsonl".into(), bytes_max }));
    let config = |name| serde_json::Value::Object(monitor(&settings, name).config.clone());
    assert_eq!(config("reporting"), json!({ "interval": "1500ms" }));
    assert_eq!(config("alerting"), json!({ "threshold": 2.5, "interval": "2m", "other": true }));
    assert_eq!(config("quiet"), json!({ "threshold": 1 }), "the same plugin as another monitor");
}

#[test]
fn from_alone_speaks_to_the_logs_of_the_file() {
    let flags = Flags { from: Some(StartAt::Start), ..Flags::default() };
    let settings = settings_with("source = [{ path = '/c.log', from = 'end' }]", &flags);
    assert_eq!(settings.sources, [Source { path: "/c.log".into(), from: StartAt::Start }]);
}

#[test]
fn paths_of_the_file_are_relative_to_its_folder() {
    let text = "source = [{ path = 'logs/*.log' }, { path = '-' }]\n\
                plugins = { dir = 'plugins', cache_dir = '/abs' }";
    let file = FileConfig::parse(Path::new("/etc/weir/weir.toml"), text).unwrap();
    let settings = resolve(Some(file), &Flags::default()).unwrap();
    let paths: Vec<_> = settings.sources.iter().map(|source| source.path.as_path()).collect();
    assert_eq!(paths, [Path::new("/etc/weir/logs/*.log"), Path::new("-")]);
    assert_eq!(settings.plugins.dir, Some(PathBuf::from("/etc/weir/plugins")));
    assert_eq!(settings.plugins.cache_dir, Some(PathBuf::from("/abs")));
}

#[test]
fn more_logs_than_can_be_followed_are_refused() {
    let logfiles = (0..1_025).map(|n| PathBuf::from(format!("{n}.log"))).collect();
    let error = resolve(None, &Flags { logfiles, ..Flags::default() }).unwrap_err();
    assert_eq!(error.to_string(), "1025 logs are given, at most 1024 can be followed");
}

#[test]
fn a_file_that_cannot_be_read_is_named_with_the_cause_as_source() {
    let folder = tempfile::tempdir().unwrap();
    let absent = folder.path().join("absent.toml");
    let error = FileConfig::load(&absent).unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("cannot read the configuration file {}", absent.display())
    );
    assert!(std::error::Error::source(&error).is_some());

    let large = folder.path().join("large.toml");
    std::fs::write(&large, "#".repeat((1 << 20) + 1)).unwrap();
    assert_eq!(
        FileConfig::load(&large).unwrap_err().to_string(),
        format!("the configuration file {} is larger than 1048576 bytes", large.display())
    );

    let fine = folder.path().join("weir.toml");
    std::fs::write(&fine, "[tail]\ninotify = false").unwrap();
    let settings = resolve(Some(FileConfig::load(&fine).unwrap()), &Flags::default()).unwrap();
    assert!(!settings.tail.inotify);
}

proptest! {
    #[test]
    fn no_text_makes_the_reader_panic(
        text in "(\\[?\\[?(tail|store|source|monitor|limits)(\\.[a-z]|\\.limits)?\\]?\\]?\n|[a-z_]{1,8} ?= ?(1|-1|'x'|\\{\\}|\\[1\\]|inf|1979-05-27)\n|.{0,8}\n){0,8}",
    ) {
        if let Ok(file) = FileConfig::parse(Path::new("weir.toml"), &text) {
            let _ = resolve(Some(file), &Flags::default());
        }
    }
}
