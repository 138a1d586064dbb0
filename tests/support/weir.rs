//! One run of the program: what it is given, before it starts.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

use super::guest;
use super::run::{Finished, Running};

/// Where compiled monitors are kept: one folder for all tests, so that each is compiled once.
const CACHE: &str = concat!(env!("CARGO_TARGET_TMPDIR"), "/cache");

/// Components to run in the built-ins' place, in all tests.
pub(super) const PREBUILT: &str = "WEIR_TEST_PREBUILT";

/// A run of `weir` in a folder of its own, with nothing from the environment that could change it.
pub(crate) struct Weir {
    command: Command,
    folder: TempDir,
    stdin: Option<Vec<u8>>,
}

impl Weir {
    /// `weir ARGS...`
    pub(crate) fn new<S: AsRef<OsStr>>(args: impl IntoIterator<Item = S>) -> Self {
        let folder = TempDir::new().unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_weir"));
        command
            .args(args)
            .current_dir(folder.path())
            .env("HOME", folder.path())
            .env("XDG_CACHE_HOME", CACHE);
        for name in [
            "TZ",
            "NO_COLOR",
            "WEIR_CONFIG",
            "WEIR_PLUGINS_DIR",
            "WEIR_STATE_DIR",
            "STATE_DIRECTORY",
            "NOTIFY_SOCKET",
            "WATCHDOG_USEC",
            "RUST_BACKTRACE",
        ] {
            command.env_remove(name);
        }
        if let Some(dir) = std::env::var_os(PREBUILT) {
            command.env("WEIR_PLUGINS_DIR", std::path::absolute(dir).unwrap());
        }
        Self { command, folder, stdin: None }
    }

    /// `weir ARGS...` in the folder that an earlier run left.
    pub(crate) fn again<S: AsRef<OsStr>>(
        folder: TempDir,
        args: impl IntoIterator<Item = S>,
    ) -> Self {
        let mut weir = Self::new(args);
        weir.command.current_dir(folder.path()).env("HOME", folder.path());
        Self { folder, ..weir }
    }

    /// `weir replay access.log` over these lines.
    pub(crate) fn replay(log: &(impl AsRef<[u8]> + ?Sized)) -> Self {
        Self::new(["replay", "access.log"]).file("access.log", log)
    }

    /// `weir run --logfile access.log`, a log that is there and empty.
    pub(crate) fn follow() -> Self {
        Self::new(["run", "--logfile", "access.log"]).file("access.log", "")
    }

    /// `weir run` over these logs, with a monitor that reports the number of rows as soon as they
    /// are read, for [`Running::wait_for_rows`].
    pub(crate) fn follow_counting(logs: &[&str]) -> Self {
        let logs = logs.iter().flat_map(|log| ["--logfile", log]);
        Self::new(["run"]).args(logs).guests(&["rows"])
    }

    /// Runs in a folder that outlives it.
    pub(crate) fn dir(mut self, folder: &Path) -> Self {
        self.command.current_dir(folder);
        self
    }

    pub(crate) fn arg(mut self, arg: impl AsRef<OsStr>) -> Self {
        self.command.arg(arg);
        self
    }

    pub(crate) fn args<S: AsRef<OsStr>>(mut self, args: impl IntoIterator<Item = S>) -> Self {
        self.command.args(args);
        self
    }

    pub(crate) fn json(self) -> Self {
        self.args(["--output", "json"])
    }

    pub(crate) fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    /// A file in the run's folder.
    pub(crate) fn file(self, name: &str, bytes: impl AsRef<[u8]>) -> Self {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
        self
    }

    /// `--config weir.toml` with this text in it.
    pub(crate) fn config(self, text: &str) -> Self {
        self.file("weir.toml", text).args(["--config", "weir.toml"])
    }

    /// `--plugins-dir plugins`, with these guests of `tests/guests` in it.
    pub(crate) fn guests(self, names: &[&str]) -> Self {
        let made = self.guests_in("plugins", names);
        made.args(["--plugins-dir", "plugins"])
    }

    /// These guests in a folder that the configuration names.
    pub(crate) fn guests_in(mut self, folder: &str, names: &[&str]) -> Self {
        let dir = self.path(folder);
        self.command.env_remove("WEIR_PLUGINS_DIR");
        guest::plugins_dir(&dir, std::env::var_os(PREBUILT).map(PathBuf::from).as_deref());
        for name in names {
            guest::write_guest(&dir, name);
        }
        self
    }

    /// `--plugins-dir plugins`, with this worked monitor in it, as `.ci/guests` built it.
    pub(crate) fn worked(self, name: &str) -> Self {
        self.guests(&[]).worked_in("plugins", name)
    }

    /// This worked monitor in a folder that is there.
    pub(crate) fn worked_in(self, folder: &str, name: &str) -> Self {
        let file = guest::worked(name);
        std::fs::copy(&file, self.path(folder).join(file.file_name().unwrap())).unwrap();
        self
    }

    pub(crate) fn stdin(mut self, bytes: impl AsRef<[u8]>) -> Self {
        self.stdin = Some(bytes.as_ref().to_vec());
        self
    }

    /// The path of a file in the run's folder.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Whether the built-in monitors are really those in the binary.
    pub(crate) fn has_own_built_ins() -> bool {
        std::env::var_os(PREBUILT).is_none()
    }

    /// Runs to the end.
    pub(crate) fn run(self) -> Finished {
        self.start().finish()
    }

    /// Starts, and lets it run.
    pub(crate) fn start(mut self) -> Running {
        let stdin = if self.stdin.is_some() { Stdio::piped() } else { Stdio::null() };
        self.command.stdin(stdin).stdout(Stdio::piped()).stderr(Stdio::piped());
        Running::new(self.command.spawn().unwrap(), self.folder, self.stdin)
    }

    /// Starts with standard input left open, for [`Running::write`].
    pub(crate) fn start_with_open_stdin(mut self) -> Running {
        self.command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        Running::new(self.command.spawn().unwrap(), self.folder, None)
    }
}
