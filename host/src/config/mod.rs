//! What was written in `weir.toml` and typed as flags, checked and resolved into [`Settings`].
//!
//! There are two stages. [`FileConfig`] is the file as written: every key optional, every value
//! checked on its own, every mistake reported with its line and column. [`resolve`] then lays the
//! flags over the file over the defaults, without reading anything, and checks what only the whole
//! can show.
//!
//! The file is walked over its parsed tree and not through serde's derived structures, because
//! those stop at the first mistake and know neither where a key stands nor what table it is in.

mod error;
mod file;
mod grants;
mod json;
mod limits;
mod manifest;
mod reader;
mod resolve;
mod settings;

pub use error::{ConfigError, Position, Problem};
pub use file::{FileConfig, check_monitor_name};
pub use grants::GrantSettings;
pub use json::load_monitor_config;
pub use limits::MonitorLimits;
pub use manifest::{Language, PluginManifest};
pub use resolve::{Flags, resolve};
pub use settings::{
    BUILT_IN_MONITORS, ColorChoice, DEFAULT_LOG, MonitorSettings, OutputFormat, OutputSettings,
    PluginSettings, RejectsSettings, STDIN, Settings, Source, StartAt, StoreSettings, TailSettings,
};

#[cfg(test)]
mod tests;
