//! What is made of the command line's description: the sections behind the options in `--help`,
//! the manual page, and completion scripts.

use std::io::{self, Write};

use clap_complete::Shell;
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};

use super::command;

/// A section of terms and what they mean.
struct Section {
    title: &'static str,
    entries: &'static [(&'static str, &'static str)],
}

/// What follows the options, in the help and in the manual page alike.
const SECTIONS: [Section; 5] = [
    Section {
        title: "Exit status",
        entries: &[
            ("0", "all is well, also after SIGINT, SIGTERM or a closed standard output"),
            ("1", "something failed while running, or two plugins do not say the same"),
            ("64", "the command line makes no sense"),
            ("78", "the configuration is wrong"),
        ],
    },
    Section {
        title: "Environment",
        entries: &[
            ("WEIR_CONFIG", "the configuration file, where --config does not name one"),
            ("WEIR_PLUGINS_DIR", "the plugins' folder, where --plugins-dir does not name one"),
            ("WEIR_STATE_DIR", "the state's folder, where --state-dir does not name one"),
            ("STATE_DIRECTORY", "the same, from a service manager, where nothing else names one"),
            ("NOTIFY_SOCKET", "where a service manager is told of readiness, reloads and the end"),
            ("WATCHDOG_USEC", "how often it wants a sign of life"),
            ("NO_COLOR", "set and not empty: no colours, where --color does not say otherwise"),
        ],
    },
    Section {
        title: "Signals",
        entries: &[
            ("SIGINT, SIGTERM", "handle what was written, publish the books, end; twice: end now"),
            ("SIGUSR1", "publish the books, and what each monitor uses, as they are"),
            ("SIGHUP", "read the configuration again, all of it or nothing"),
        ],
    },
    Section {
        title: "Files",
        entries: &[
            ("/var/log/access.log", "the log that is followed where none is named"),
            ("weir.toml", "the usual name of a configuration file, for --config"),
            ("DIR/weir.lock", "which plugins may load, and their grants, below --plugins-dir"),
            ("DIR/checkpoint", "how far the logs were read, below --state-dir"),
        ],
    },
    Section {
        title: "Examples",
        entries: &[
            ("weir demo", "see what it does"),
            (
                "weir --logfile /var/log/nginx/access.log --alerting-threshold 50",
                "alert above 50 requests a second over the last two minutes",
            ),
            (
                "weir --logfile '/var/log/nginx/*.log' --output json",
                "follow several logs and write JSON",
            ),
            (
                "weir replay access.log.2.gz access.log.1 access.log",
                "what would have been said about finished logs",
            ),
            (
                "weir replay access.log.1 --monitor mine --diff mine-1.0.wasm",
                "what a new version of a monitor would have said differently",
            ),
            ("weir generate --logfile - --rate 1000 --duration 5m", "write a log to try things on"),
            (
                "weir plugin add top-talkers.wasm --withhold client --plugins-dir plugins",
                "add a monitor, pin it, and keep the clients' addresses from it",
            ),
            ("weir check --config weir.toml", "find every mistake in a configuration"),
        ],
    },
];

/// The sections as text, for the end of the long help.
pub(super) fn after_help() -> String {
    let sections = SECTIONS.iter().map(|section| {
        let is_table = section.entries.iter().all(|(term, _)| term.len() <= 20);
        let width = section.entries.iter().map(|(term, _)| term.len()).max().unwrap_or(0);
        let lines = section.entries.iter().map(|(term, meaning)| {
            if is_table {
                format!("  {term:width$}  {meaning}\n")
            } else {
                format!("  {term}\n      {meaning}\n")
            }
        });
        format!("{}:\n{}", section.title, lines.collect::<String>())
    });
    sections.collect::<Vec<_>>().join("\n").trim_end().to_owned()
}

/// Writes a completion script for `shell`.
pub fn write_completions(shell: Shell, out: &mut impl Write) -> io::Result<()> {
    // The generator panics where writing fails, as on a closed pipe; memory does not fail.
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut command(), "weir", &mut script);
    out.write_all(&script)
}

/// Writes the manual page, one page for the program and its subcommands, in roff.
pub fn write_man_page(out: &mut impl Write) -> io::Result<()> {
    let mut whole = command();
    // Gives every subcommand its full name (`weir run`) and the flags that all of them know.
    whole.build();
    let page = Man::new(whole.clone()).manual("User Commands");
    page.render_title(out)?;
    page.render_name_section(out)?;
    page.render_synopsis_section(out)?;
    page.render_description_section(out)?;
    page.render_options_section(out)?;
    let mut roff = Roff::new();
    roff.control("SH", ["COMMANDS"]);
    roff.to_writer(out)?;
    for subcommand in whole.get_subcommands() {
        write_subcommand(subcommand, out)?;
    }
    let mut roff = Roff::new();
    for section in &SECTIONS {
        roff.control("SH", [section.title.to_uppercase().as_str()]);
        for (term, meaning) in section.entries {
            roff.control("TP", []).text([bold(*term)]).text([roman(*meaning)]);
        }
    }
    roff.to_writer(out)
}

/// Writes what one subcommand, and every one below it, does and takes. The flags that all of them
/// know stand once, with the program's own.
fn write_subcommand(subcommand: &clap::Command, out: &mut impl Write) -> io::Result<()> {
    let is_help = |command: &&clap::Command| command.get_name() == "help";
    if is_help(&subcommand) {
        return Ok(());
    }
    let below: Vec<_> = subcommand.get_subcommands().filter(|below| !is_help(below)).collect();
    if !below.is_empty() {
        return below.into_iter().try_for_each(|below| write_subcommand(below, out));
    }
    let own = subcommand.clone().mut_args(|arg| {
        let is_common = arg.is_global_set() || arg.get_id() == "help";
        arg.hide(is_common)
    });
    let name = own.get_bin_name().unwrap_or_else(|| own.get_name()).to_owned();
    let mut roff = Roff::new();
    roff.control("SS", [name.as_str()]);
    if let Some(about) = own.get_long_about().or_else(|| own.get_about()) {
        for paragraph in about.to_string().split("\n\n") {
            roff.control("PP", []).text([roman(paragraph.replace('\n', " "))]);
        }
    }
    roff.to_writer(out)?;
    let mut options = Vec::new();
    Man::new(own).render_options_section(&mut options)?;
    // The generator knows only sections of the first level; these belong under the subcommand.
    let options: Vec<&[u8]> = options
        .split_inclusive(|&byte| byte == b'\n')
        .filter(|line| !line.starts_with(b".SH "))
        .collect();
    out.write_all(&options.concat())
}
