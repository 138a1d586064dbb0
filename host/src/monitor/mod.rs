//! Monitors: WebAssembly components that get their questions' answers and their rows from the
//! host, and can do nothing but report, raise and log.
//!
//! ```text
//! Plugins (files) -> Loaded (compiled, checked) -> Instance (one store) -> Monitor (replaced when it fails)
//! ```
//!
//! This is the only home of the wasm engine.

mod aligned;
mod anatomy;
mod bindings;
mod compatibility;
mod declared;
mod drafts;
mod engine;
mod frames;
mod grants;
mod handles;
mod host;
mod instance;
mod interface;
mod limits;
mod loaded;
mod lock;
mod origin;
mod plugin;
mod quarantine;
mod rows;
mod said;
mod setup;
mod supervise;
mod usage;

use std::path::PathBuf;
use std::sync::Arc;

pub use declared::{Declared, Subscription};
pub use engine::{Metering, Sandbox, default_cache_dir};
pub use grants::Grants;
pub use instance::{CallFailure, Configured, Instance, Problem};
pub use interface::Interface;
pub use limits::{INSTANCES_MAX, Limits, MEMORIES_MAX, TABLE_ELEMENTS_MAX, TABLES_MAX};
pub use loaded::{Loaded, as_component};
pub use lock::{Identity, LOCK_FILE, Lock, LockEditor, LockError, LockState, Pin};
pub use plugin::{Origin, PLUGIN_BYTES_MAX, PLUGINS_MAX, Plugin, Plugins, is_monitor_name};
pub use rows::{ROWS_MAX, Rows};
pub use said::{LogLevel, Said};
pub use supervise::{Monitor, MonitorSettings, Outcome, StartError, load_fault};
pub use usage::Gauge;

/// Why a plugin, or the sandbox itself, cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MonitorError {
    /// The engine does not work on this machine, or refused its settings.
    #[error("the wasm engine cannot be started: {source}")]
    Engine {
        /// The engine's own words.
        source: wasmtime::Error,
    },
    /// A thread could not be started.
    #[error("cannot start a thread for the monitors")]
    Thread {
        /// The system's answer.
        source: std::io::Error,
    },
    /// The compile cache's folder cannot be made or read.
    #[error("cannot use the compile cache folder {}", dir.display())]
    CacheDir {
        /// The folder.
        dir: PathBuf,
        /// The system's answer.
        source: std::io::Error,
    },
    /// Others can write to the compile cache's folder.
    #[error(
        "others can write to the compile cache folder {}: compiled code there would be trusted; \
         hint: chmod 700 it, or set [plugins] cache_dir",
        dir.display()
    )]
    CacheShared {
        /// The folder.
        dir: PathBuf,
    },
    /// The compile cache cannot be opened.
    #[error("cannot open the compile cache in {}: {source}", dir.display())]
    Cache {
        /// The folder.
        dir: PathBuf,
        /// The cache's own words.
        source: wasmtime::Error,
    },
    /// The plugins directory cannot be read.
    #[error("cannot read the plugins directory {}", dir.display())]
    Directory {
        /// The directory.
        dir: PathBuf,
        /// The system's answer.
        source: std::io::Error,
    },
    /// More plugins than one directory may hold.
    #[error("{found} plugins in {}, over the limit of {limit}", dir.display())]
    TooManyPlugins {
        /// The directory.
        dir: PathBuf,
        /// How many there are.
        found: usize,
        /// How many there may be.
        limit: usize,
    },
    /// The file's name cannot be a monitor's.
    #[error(
        "{}: `{name}` cannot be a monitor's name; hint: use a-z, 0-9, _ and -, at most 64, \
         the first a letter or a digit",
        path.display()
    )]
    Name {
        /// The name.
        name: String,
        /// The file.
        path: PathBuf,
    },
    /// The file cannot be read.
    #[error("cannot read {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The system's answer.
        source: std::io::Error,
    },
    /// A folder, a FIFO or a device.
    #[error("{} is not a plain file", path.display())]
    NotAFile {
        /// What was found.
        path: PathBuf,
    },
    /// The file is larger than any plugin may be.
    #[error("{} has more than {limit} bytes", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// The most bytes.
        limit: u64,
    },
    /// The plugins before it have taken what one directory may take.
    #[error("{} and the plugins before it have more than {limit} bytes", path.display())]
    DirectoryTooLarge {
        /// The file.
        path: PathBuf,
        /// The most bytes of all together.
        limit: u64,
    },
    /// The lock of the plugins directory cannot be used, and there is no file that it could be about.
    #[error("no plugin is loaded from this directory")]
    Lock {
        /// What is wrong with the lock.
        source: Arc<LockError>,
    },
    /// The lock of the plugins directory cannot be used, so nobody can tell whether to load this.
    #[error("{} is not loaded, since nothing says whether it may be", path.display())]
    Unverified {
        /// The file.
        path: PathBuf,
        /// What is wrong with the lock.
        source: Arc<LockError>,
    },
    /// The lock of the plugins directory does not know the file.
    #[error(
        "{} is not in {LOCK_FILE}: {found}; hint: `weir plugin inspect {name}`, then `weir plugin \
         approve {name}`",
        path.display()
    )]
    Unknown {
        /// The file.
        path: PathBuf,
        /// Its name without `.wasm`.
        name: String,
        /// What it is.
        found: Box<Identity>,
    },
    /// The file is not what the lock of the plugins directory says that it was.
    #[error(
        "{} has changed since it was approved: {pinned} -> {found}; hint: `weir plugin inspect \
         {name}`, then `weir plugin approve {name}`",
        path.display()
    )]
    Changed {
        /// The file.
        path: PathBuf,
        /// Its name without `.wasm`.
        name: String,
        /// What it was.
        pinned: Box<Identity>,
        /// What it is.
        found: Box<Identity>,
    },
    /// The lock of the plugins directory knows a file that is not there.
    #[error(
        "{} is in {LOCK_FILE} and not there: {pinned}; hint: put it back, or `weir plugin remove \
         {name}`",
        path.display()
    )]
    Missing {
        /// Where the file would be.
        path: PathBuf,
        /// Its name without `.wasm`.
        name: String,
        /// What it was.
        pinned: Box<Identity>,
    },
    /// Not wasm at all.
    #[error(
        "not a WebAssembly file; hint: a plugin is a component or a core module, never \
         precompiled machine code"
    )]
    NotWasm,
    /// More of something than any plugin needs, and than can be compiled safely.
    #[error("has more than {limit} {what}, which no monitor needs")]
    TooMuch {
        /// What there is too much of.
        what: &'static str,
        /// How much there may be.
        limit: usize,
    },
    /// Wasm that does not validate.
    #[error("not a valid component: {message}")]
    Invalid {
        /// The engine's own words.
        message: String,
    },
    /// Valid wasm that is not a monitor.
    #[error("not a monitor: {message}; hint: a monitor exports weir:monitor/guest")]
    NotAMonitor {
        /// What is missing or different.
        message: String,
    },
    /// An import that no monitor may have.
    #[error("imports `{import}`; hint: a monitor may import the weir:monitor interfaces only")]
    Import {
        /// The import.
        import: String,
    },
    /// Another version of the interface.
    #[error("is made for {wanted}; this host offers {offered}, {difference}")]
    InterfaceVersion {
        /// What the plugin wants.
        wanted: String,
        /// What there is.
        offered: String,
        /// What of it differs.
        difference: String,
    },
    /// The host lacks a function that a later version of the interface has.
    #[error("needs {function}, which this host ({offered}) does not have")]
    MissingFunction {
        /// The function, with its interface.
        function: String,
        /// The version of the interface that there is.
        offered: String,
    },
    /// The plugin lacks a function that every monitor has.
    #[error("not a monitor: does not export {name}; hint: a monitor exports weir:monitor/guest")]
    MissingExport {
        /// The function, with its interface.
        name: String,
    },
}
