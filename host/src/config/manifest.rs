//! `weir-plugin.toml`: what the project of a plugin says of itself.

use std::path::{Path, PathBuf};

use clap::ValueEnum;

use super::error::ConfigError;
use super::file::{check_monitor_name, parse_document, read_text};
use super::limits::{LimitsTable, MonitorLimits};
use super::reader::Section;

/// What a plugin is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Language {
    /// Through cargo, with the crate `weir-monitor`.
    Rust,
    /// Through `componentize-js`.
    Javascript,
    /// Through `componentize-py`.
    Python,
    /// Through `wit-bindgen` and clang.
    C,
}

/// A plugin's project, as its manifest describes it.
#[derive(Clone, Debug, PartialEq)]
pub struct PluginManifest {
    /// The monitor's name; the component is `NAME.wasm` in the project's folder.
    pub name: String,
    /// What it is written in.
    pub language: Language,
    /// The folder with the interface, relative to the project's; `wit` unless it says otherwise.
    pub wit: PathBuf,
    /// The monitor's settings while it is built and tested.
    pub config: serde_json::Map<String, serde_json::Value>,
    /// What it may use meanwhile.
    pub limits: MonitorLimits,
}

impl PluginManifest {
    /// The manifest's name in the project's folder.
    pub const FILE: &str = "weir-plugin.toml";

    /// Reads and checks the manifest of the project in `dir`.
    ///
    /// # Errors
    /// [`ConfigError`], with every mistake in the file.
    pub fn load(dir: &Path) -> Result<Self, ConfigError> {
        let path = dir.join(Self::FILE);
        Self::parse(&path, &read_text(&path)?)
    }

    /// Checks `text`, which was read from `path`.
    ///
    /// # Errors
    /// [`ConfigError`], with every mistake in the text.
    pub fn parse(path: &Path, text: &str) -> Result<Self, ConfigError> {
        let manifest = parse_document(path, text, Self::FILE, read_manifest)?;
        // Without a problem told there is nothing missing.
        manifest.ok_or_else(|| ConfigError::Invalid { path: path.to_owned(), problems: Vec::new() })
    }
}

fn read_manifest(mut top: Section<'_, '_>) -> Option<PluginManifest> {
    let name = top.required_text("name", 0);
    if let Some(name) = &name
        && let Err(message) = check_monitor_name(&name.value)
    {
        top.problems.add_at(name.at, message, None);
    }
    let language = top.required_text("language", 0).and_then(|_| top.choice("language"));
    let wit = top.text("wit").map_or_else(|| PathBuf::from("wit"), |wit| wit.value.into());
    let config = top.json("config").unwrap_or_default();
    let limits = top.section("limits", "[limits]".to_owned()).map(LimitsTable::read);
    let limits = match limits.unwrap_or_default().over(&MonitorLimits::default()) {
        Ok(limits) => limits,
        Err(problem) => {
            top.problems.add_at(problem.at, problem.message, problem.hint);
            MonitorLimits::default()
        }
    };
    top.close(None);
    Some(PluginManifest { name: name?.value, language: language?, wit, config, limits })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<PluginManifest, String> {
        PluginManifest::parse(Path::new("weir-plugin.toml"), text)
            .map_err(|error| error.to_string())
    }

    #[test]
    fn a_name_and_a_language_are_enough() {
        let manifest = parse("name = \"mine\"\nlanguage = \"c\"\n").unwrap();
        assert_eq!((manifest.name.as_str(), manifest.language), ("mine", Language::C));
        assert_eq!(manifest.wit, Path::new("wit"));
        assert!(manifest.config.is_empty());
        assert_eq!(manifest.limits, MonitorLimits::default());
    }

    #[test]
    fn settings_and_limits_are_those_of_weir_toml() {
        let text = "name = \"mine\"\nlanguage = \"python\"\nwit = \"../wit\"\n\
                    [config]\nwindow = \"5m\"\n[limits]\nmemory = \"64MiB\"\n";
        let manifest = parse(text).unwrap();
        assert_eq!(manifest.wit, Path::new("../wit"));
        assert_eq!(manifest.config.get("window"), Some(&"5m".into()));
        assert_eq!(manifest.limits.memory_bytes, 64 << 20);
    }

    #[test]
    fn everything_that_is_wrong_is_told_with_its_place() {
        let found = parse("name = \"Mine\"\nlanguage = \"cobol\"\ncolour = 1\n").unwrap_err();
        for expected in [
            "weir-plugin.toml:1:8: invalid monitor name \"Mine\"",
            "weir-plugin.toml:2:12: invalid value \"cobol\" for `language`",
            "weir-plugin.toml:3:1: unknown key `colour` in weir-plugin.toml",
        ] {
            assert!(found.contains(expected), "{found}");
        }
        let found = parse("").unwrap_err();
        assert!(found.contains("`name` is missing") && found.contains("`language` is missing"));
    }
}
