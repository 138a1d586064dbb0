//! What can go wrong with a plugin's project.

use std::io;
use std::path::PathBuf;

/// Why a project cannot be made or built.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProjectError {
    /// There is something in the folder already.
    #[error("the folder {} is not empty; hint: choose another with --dir", dir.display())]
    NotEmpty {
        /// The folder.
        dir: PathBuf,
    },
    /// A file of the project cannot be read, or a folder listed.
    #[error("cannot read {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
    /// A file of the project cannot be written, or a folder made.
    #[error("cannot write {}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
    /// A tool is not there.
    #[error("cannot find {tool}, tried `{}`; hint: {hint}", program.display())]
    MissingTool {
        /// What it is.
        tool: &'static str,
        /// What was to be run.
        program: PathBuf,
        /// What installs it, and which variable of the environment names another.
        hint: String,
    },
    /// Rust's compiler has no target for guests, and no sources to build one from.
    #[error(
        "`{}` cannot build for wasm32-unknown-unknown; hint: rustup target add \
         wasm32-unknown-unknown, or on Debian: apt-get install rust-web-src lld-22",
        rustc.display()
    )]
    MissingTarget {
        /// The compiler that was asked.
        rustc: PathBuf,
    },
    /// A tool cannot be started.
    #[error("cannot run `{}`", program.display())]
    Run {
        /// What was to be run.
        program: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
    /// A tool has found something wrong.
    #[error("`{}` failed, {status}:\n{said}", program.display())]
    ToolFailed {
        /// What was run.
        program: PathBuf,
        /// How it ended.
        status: std::process::ExitStatus,
        /// What it said, as far as that is kept.
        said: String,
    },
    /// What was built is larger than any plugin may be.
    #[error("{} has more than {limit} bytes", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// The most bytes.
        limit: u64,
    },
    /// What was built is no monitor.
    #[error("what was built in {} cannot be used", dir.display())]
    Unusable {
        /// The project's folder.
        dir: PathBuf,
        /// What is wrong with it.
        source: Box<crate::monitor::MonitorError>,
    },
}
