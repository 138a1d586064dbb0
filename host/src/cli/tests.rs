use std::path::PathBuf;
use std::time::Duration;

use clap_complete::Shell;

use super::*;
use crate::config::{ColorChoice, OutputFormat, StartAt};
use crate::record::Field;

/// What `weir` with these words means.
fn cli(words: &str) -> Cli {
    typed(words).unwrap_or_else(|error| panic!("{words}: {error}"))
}

fn typed(words: &str) -> Result<Cli, clap::Error> {
    parse(std::iter::once("weir").chain(words.split_whitespace()))
}

/// The first line of what is said about these words, which must be a usage error.
fn refusal(words: &str) -> String {
    let error = typed(words).unwrap_err();
    assert_eq!(usage_exit_code(&error), 64, "of {words}");
    error.to_string().lines().next().unwrap_or_default().to_owned()
}

fn paths(names: &[&str]) -> Vec<PathBuf> {
    names.iter().map(PathBuf::from).collect()
}

#[test]
fn the_description_of_the_command_line_is_sound() {
    command().debug_assert();
}

#[test]
fn weir_alone_is_weir_run() {
    assert_eq!(cli(""), cli("run"));
    assert_eq!(cli("").command, Command::Run(RunArgs::default()));
    assert_eq!(cli("").flags(), Flags::default());
}

#[test]
fn the_flags_of_run_stand_before_behind_or_without_the_subcommand() {
    let flags = "--logfile a --alerting-threshold 5 --from start -v";
    assert_eq!(cli(flags), cli(&format!("run {flags}")));
    assert_eq!(cli(&format!("{flags} run")), cli(&format!("run {flags}")));
    let both = cli("--logfile a --alerting-threshold 5 run --logfile b --alerting-threshold 6");
    assert_eq!(both, cli("run --logfile a --logfile b --alerting-threshold 6"));
}

#[test]
fn every_flag_of_run_is_read() {
    let cli = cli("run --logfile - --logfile /var/log/*.log --from end --alerting-threshold 2.5 \
                   --alerting-interval 90s --reporting-interval 1.5 --plugins-dir p \
                   --output json --provenance --color never --config weir.toml -vv --state-dir s --rejects r");
    assert_eq!(
        cli.flags(),
        Flags {
            logfiles: paths(&["-", "/var/log/*.log"]),
            from: Some(StartAt::End),
            alerting_threshold: Some(2.5),
            alerting_interval: Some(Duration::from_secs(90)),
            reporting_interval: Some(Duration::from_millis(1_500)),
            plugins_dir: Some("p".into()),
            output: Some(OutputFormat::Json),
            provenance: true,
            color: Some(ColorChoice::Never),
            state_dir: Some("s".into()),
            rejects: Some("r".into()),
        }
    );
    assert_eq!(cli.global.config, Some("weir.toml".into()));
    assert_eq!((cli.global.quiet, cli.global.verbose), (false, 2));
}

#[test]
fn the_underscore_spellings_are_accepted() {
    assert_eq!(
        cli("--alerting_threshold 5 --alerting_interval 2 --reporting_interval 10 --plugins_dir p"),
        cli("--alerting-threshold 5 --alerting-interval 2 --reporting-interval 10 --plugins-dir p")
    );
}

#[test]
fn bare_intervals_are_minutes_for_alerts_and_seconds_for_reports() {
    let flags = cli("--alerting-interval 2 --reporting-interval 10").flags();
    assert_eq!(flags.alerting_interval, Some(Duration::from_mins(2)));
    assert_eq!(flags.reporting_interval, Some(Duration::from_secs(10)));
}

/// Words, and the first line of what is said about them.
const NONSENSE: &[(&str, &str)] = &[
    (
        "--alerting-threshold 0",
        "error: invalid value '0' for '--alerting-threshold <RATE>': must be greater than 0",
    ),
    (
        "--alerting_threshold -3",
        "error: invalid value '-3' for '--alerting-threshold <RATE>': must be greater than 0",
    ),
    (
        "--alerting-threshold NaN",
        "error: invalid value 'NaN' for '--alerting-threshold <RATE>': must be a finite number",
    ),
    (
        "--alerting-threshold inf",
        "error: invalid value 'inf' for '--alerting-threshold <RATE>': must be a finite number",
    ),
    (
        "--alerting-interval 0",
        "error: invalid value '0' for '--alerting-interval <DURATION>': \
         must be from 100ms to 24h (a number without a unit is in minutes)",
    ),
    (
        "--alerting-interval 25h",
        "error: invalid value '25h' for '--alerting-interval <DURATION>': \
         must be from 100ms to 24h",
    ),
    (
        "--reporting-interval -5s",
        "error: invalid value '-5s' for '--reporting-interval <DURATION>': \
         must be from 100ms to 24h",
    ),
    (
        "--reporting-interval 10parsecs",
        "error: invalid value '10parsecs' for '--reporting-interval <DURATION>': \
         unknown unit `parsecs`, expected one of ms, s, m, h",
    ),
    (
        "replay --threads 0 a.log",
        "error: invalid value '0' for '--threads <N>': must be from 1 to 256",
    ),
    (
        "replay --threads many a.log",
        "error: invalid value 'many' for '--threads <N>': \
         must be a whole number from 1 to 256",
    ),
    ("generate --rate -1", "error: invalid value '-1' for '--rate <N>': must be greater than 0"),
    (
        "generate --seed -1",
        "error: invalid value '-1' for '--seed <N>': \
         must be a whole number from 0 to 18446744073709551615",
    ),
    ("--output xml", "error: invalid value 'xml' for '--output <FORMAT>'"),
    (
        "plugin add a.wasm --withhold clint",
        "error: invalid value 'clint' for '--withhold <FIELD,…>': no such field: \"clint\"; there \
         are client, ident, user, method, target, path, section, protocol, status, class, bytes, \
         referer, agent",
    ),
    (
        "plugin approve a --grant user --withhold client",
        "error: the argument '--grant <FIELD,…>' cannot be used with '--withhold <FIELD,…>'",
    ),
    ("--from middle", "error: invalid value 'middle' for '--from <WHERE>'"),
    ("--logfiles a", "error: unexpected argument '--logfiles' found"),
    ("rum", "error: unrecognized subcommand 'rum'"),
    ("replay", "error: the following required arguments were not provided:"),
    ("-q -v", "error: the flags '--quiet' and '--verbose' contradict each other"),
    (
        "--from start replay a.log",
        "error: the flag '--from' of 'run' cannot stand before the subcommand 'replay'",
    ),
    (
        "--logfile a generate",
        "error: the flag '--logfile' of 'run' cannot stand before the subcommand 'generate'",
    ),
    (
        "--alerting-threshold 1 demo",
        "error: the flag '--alerting-threshold' of 'run' cannot stand before the \
         subcommand 'demo'",
    ),
];

#[test]
fn nonsense_is_refused_saying_which_flag_and_why() {
    for (words, message) in NONSENSE {
        assert_eq!(refusal(words), *message, "of {words}");
    }
}

#[test]
fn a_subcommand_that_needs_another_is_a_usage_error() {
    assert_eq!(usage_exit_code(&typed("plugin").unwrap_err()), 64);
}

#[test]
fn help_and_version_are_no_errors() {
    for words in ["--help", "-h", "run --help", "help replay", "--version"] {
        assert_eq!(usage_exit_code(&typed(words).unwrap_err()), 0, "of {words}");
    }
}

#[test]
fn replay_takes_its_logs_and_the_monitors_flags() {
    let cli = cli("--alerting-threshold 7 replay a.log b.log.gz - --threads 3 --output json");
    assert_eq!(cli.flags().alerting_threshold, Some(7.0));
    assert_eq!(cli.flags().output, Some(OutputFormat::Json));
    assert_eq!(cli.flags().logfiles, paths(&[]), "they are no logs to follow");
    let Command::Replay(replay) = cli.command else { panic!("{cli:?}") };
    assert_eq!(replay.logs, paths(&["a.log", "b.log.gz", "-"]));
    assert_eq!(replay.threads, Some(3));
}

#[test]
fn generate_has_the_log_of_run_and_ten_lines_a_second_as_defaults() {
    let generate = |words| match cli(words).command {
        Command::Generate(generate) => generate,
        other => panic!("{other:?}"),
    };
    assert_eq!(
        generate("generate"),
        GenerateArgs {
            logfile: "/var/log/access.log".into(),
            rate: 10.0,
            duration: None,
            seed: None,
        }
    );
    assert_eq!(
        generate("generate --logfile - --rate 0.5 --duration 90 --seed 18446744073709551615"),
        GenerateArgs {
            logfile: "-".into(),
            rate: 0.5,
            duration: Some(Duration::from_secs(90)),
            seed: Some(u64::MAX),
        }
    );
}

#[test]
fn the_other_subcommands_are_read() {
    assert_eq!(cli("demo -q").command, Command::Demo);
    assert_eq!(
        cli("plugin list --plugins-dir p").command,
        Command::Plugin { command: PluginCommand::List }
    );
    let add = cli("plugin add a.wasm --name b --grant user,client --no-keep").command;
    let Command::Plugin { command: PluginCommand::Add(add) } = add else { panic!() };
    let grant = Some(Fields(vec![Field::Client, Field::User]));
    let grants = GrantArgs { grant, withhold: None, keep: false, no_keep: true };
    assert_eq!(add, AddArgs { from: "a.wasm".into(), name: Some("b".into()), grants });
    let Command::Check(run) = cli("--logfile a check --logfile b").command else { panic!() };
    assert_eq!(run.logfile, paths(&["a", "b"]));
    assert_eq!(cli("completions zsh").command, Command::Completions { shell: Shell::Zsh });
    assert_eq!(cli("man").command, Command::Man);
}

#[test]
fn the_long_help_ends_with_exit_codes_environment_files_and_examples() {
    let help = typed("--help").unwrap_err().to_string();
    for part in [
        "Exit status:\n  0   all is well",
        "\n  64  the command line makes no sense\n",
        "Environment:\n  WEIR_CONFIG       the configuration file",
        "Files:\n  /var/log/access.log  the log",
        "Examples:\n  weir demo\n      see what it does\n",
    ] {
        assert!(help.contains(part), "{part:?} in {help}");
    }
    assert!(!help.contains("alerting_threshold"), "the other spellings are not advertised");
}

#[test]
fn the_manual_page_covers_every_subcommand_and_section() {
    let mut page = Vec::new();
    write_man_page(&mut page).unwrap();
    let page = String::from_utf8(page).unwrap();
    for part in [
        ".TH weir 1",
        ".SH SYNOPSIS",
        ".SH \"GENERAL OPTIONS\"",
        ".SH COMMANDS",
        ".SS \"weir run\"",
        ".SS \"weir replay\"",
        ".SS \"weir generate\"",
        ".SS \"weir demo\"",
        ".SS \"weir plugin list\"",
        ".SS \"weir plugin inspect\"",
        ".SS \"weir plugin add\"",
        ".SS \"weir plugin approve\"",
        ".SS \"weir plugin remove\"",
        ".SS \"weir check\"",
        ".SS \"weir completions\"",
        ".SS \"weir man\"",
        ".SH \"EXIT STATUS\"",
        ".SH ENVIRONMENT",
        ".SH FILES",
        ".SH EXAMPLES",
        "\\fB\\-\\-threads\\fR",
    ] {
        assert!(page.contains(part), "{part:?} in {page}");
    }
    let commons = page.matches("\\fB\\-\\-plugins\\-dir\\fR \\fI<DIR>\\fR").count();
    assert_eq!(commons, 1, "what every subcommand knows is told once: {page}");
}

#[test]
fn completions_are_written_for_every_shell() {
    for shell in [Shell::Bash, Shell::Elvish, Shell::Fish, Shell::PowerShell, Shell::Zsh] {
        let mut script = Vec::new();
        write_completions(shell, &mut script).unwrap();
        let script = String::from_utf8(script).unwrap();
        assert!(script.contains("alerting-threshold"), "{shell}: {script}");
    }
}

#[test]
fn a_closed_output_is_an_error_and_no_panic() {
    struct Closed;
    impl std::io::Write for Closed {
        fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
            Err(std::io::ErrorKind::BrokenPipe.into())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    for result in [write_completions(Shell::Bash, &mut Closed), write_man_page(&mut Closed)] {
        assert_eq!(result.unwrap_err().kind(), std::io::ErrorKind::BrokenPipe);
    }
}
