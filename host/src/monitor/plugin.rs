//! The plugins that can be loaded: the built-in ones and the `*.wasm` files of a directory.

use std::borrow::Cow;
use std::fs::File;
use std::io::Read as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use sha2::{Digest as _, Sha256};
use wasmparser::{Parser, Payload};

use super::MonitorError;
use super::grants::Grants;
use super::lock::{LOCK_FILE, LockState};
use crate::event::PluginIdentity;
use crate::hex;

/// The largest plugin file that is read: well over what a bundled script engine weighs.
pub const PLUGIN_BYTES_MAX: u64 = 64 << 20;
/// The most plugins of one directory.
pub const PLUGINS_MAX: usize = 256;
/// The most bytes of all plugins of one directory, which are in memory at once while the monitors
/// are started.
const DIRECTORY_BYTES_MAX: u64 = 512 << 20;
/// The longest version text that is shown.
pub(super) const VERSION_BYTES_MAX: usize = 64;

/// The monitors that come with Weir. They are components like any other: the host has no reporting
/// or alerting logic of its own.
const BUILT_INS: [(&str, &[u8]); 2] = [
    ("reporting", include_bytes!("../../../plugins/prebuilt/reporting.wasm")),
    ("alerting", include_bytes!("../../../plugins/prebuilt/alerting.wasm")),
];

/// What `sha256sum` says of the components that are embedded.
const BUILT_INS_SHA256: &str = include_str!("../../../plugins/prebuilt/SHA256SUMS");

/// The digest of a built-in plugin, as its build left it.
fn built_in_sha256(name: &str) -> Option<&'static str> {
    BUILT_INS_SHA256.lines().find_map(|line| {
        let (digest, file) = line.split_once("  ")?;
        (file.strip_suffix(".wasm") == Some(name)).then_some(digest)
    })
}

/// Where a plugin comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Part of the program.
    BuiltIn,
    /// A file of the plugins directory.
    File(PathBuf),
}

/// A plugin's bytes and what identifies them; nothing is compiled yet.
#[derive(Clone, Debug)]
pub struct Plugin {
    /// The file's name without `.wasm`.
    pub name: String,
    /// Where it comes from.
    pub origin: Origin,
    /// The component, or the core module.
    pub bytes: Cow<'static, [u8]>,
}

impl Plugin {
    /// Reads a plugin's file, under this name whatever the file's own name is.
    ///
    /// # Errors
    /// A [`MonitorError`] where the name cannot be a monitor's, or the file is none that is read.
    pub fn read(name: &str, path: &Path) -> Result<Self, MonitorError> {
        read(name, path, PLUGIN_BYTES_MAX)
    }

    /// SHA-256 of the bytes, in lower-case hex. Computed anew at each call; that of a built-in one is
    /// known from its build, since every start asks for it.
    pub fn sha256(&self) -> String {
        let known = match self.origin {
            Origin::BuiltIn => built_in_sha256(&self.name),
            Origin::File(_) => None,
        };
        known.map_or_else(|| hex::encode(&Sha256::digest(&self.bytes)), str::to_owned)
    }

    /// Which file of the plugin it is. Computed anew at each call.
    pub fn identity(&self) -> PluginIdentity {
        PluginIdentity { sha256: self.sha256(), version: self.version() }
    }

    /// What the plugin says its version is.
    pub fn version(&self) -> Option<String> {
        version_of(&self.bytes)
    }

    /// Where it comes from, for people.
    pub fn origin_text(&self) -> String {
        match &self.origin {
            Origin::BuiltIn => "built-in".to_owned(),
            Origin::File(path) => path.display().to_string(),
        }
    }
}

/// Everything that can be loaded, and what could not be read.
#[derive(Debug, Default)]
pub struct Plugins {
    /// Built-ins first, then the directory's by name; a file named like a built-in replaces it.
    pub found: Vec<Plugin>,
    /// Files that cannot be plugins or may not be loaded, each with the name that it would have.
    pub unreadable: Vec<(String, MonitorError)>,
    /// What the directory's lock says.
    pub lock: LockState,
}

impl Plugins {
    /// The built-ins, and the plugins of `dir` where one is given.
    ///
    /// # Errors
    /// [`MonitorError::Directory`] where the directory itself cannot be read; single files that
    /// cannot are listed in [`Plugins::unreadable`].
    pub fn discover(dir: Option<&Path>) -> Result<Self, MonitorError> {
        let mut plugins = Self::default();
        for (name, bytes) in BUILT_INS {
            let plugin = Plugin {
                name: name.to_owned(),
                origin: Origin::BuiltIn,
                bytes: Cow::Borrowed(bytes),
            };
            plugins.found.push(plugin);
        }
        plugins.lock = dir.map(LockState::of).unwrap_or_default();
        let mut room = DIRECTORY_BYTES_MAX;
        for path in dir.map(wasm_files).transpose()?.unwrap_or_default() {
            let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            let read = read(&name, &path, room)
                .and_then(|plugin| plugins.lock.admit(&plugin).map(|()| plugin));
            let taken = read.as_ref().map_or(0, |plugin| plugin.bytes.len());
            room = room.saturating_sub(u64::try_from(taken).unwrap_or(u64::MAX));
            match read {
                Ok(plugin) => match plugins.found.iter_mut().find(|known| known.name == name) {
                    Some(built_in) => *built_in = plugin,
                    None => plugins.found.push(plugin),
                },
                Err(error) => plugins.unreadable.push((name, error)),
            }
        }
        plugins.look_for_missing(dir);
        Ok(plugins)
    }

    /// Tells of what the lock has and the directory has not, and of a lock that is worth nothing.
    fn look_for_missing(&mut self, dir: Option<&Path>) {
        let is_there = |name: &str| {
            let files = self.found.iter().filter(|plugin| plugin.origin != Origin::BuiltIn);
            files.map(|plugin| plugin.name.as_str()).any(|known| known == name)
                || self.unreadable.iter().any(|(known, _)| known == name)
        };
        let is_unverified =
            |(_, error): &(String, MonitorError)| matches!(error, MonitorError::Unverified { .. });
        let mut told: Vec<(String, MonitorError)> = Vec::new();
        match (&self.lock, dir) {
            (LockState::Present(lock), Some(dir)) => {
                for pin in lock.pins().iter().filter(|pin| !is_there(&pin.name)) {
                    let path = dir.join(format!("{}.wasm", pin.name));
                    let (name, pinned) = (pin.name.clone(), Box::new(pin.identity()));
                    told.push((pin.name.clone(), MonitorError::Missing { path, name, pinned }));
                }
            }
            // Every file of the directory has told it already.
            (LockState::Damaged(error), _) if !self.unreadable.iter().any(is_unverified) => {
                let source = Arc::clone(error);
                told.push((LOCK_FILE.to_owned(), MonitorError::Lock { source }));
            }
            _ => {}
        }
        self.unreadable.extend(told);
    }

    /// What a plugin is granted where `weir.toml` does not say: what the lock says, or everything.
    pub fn grants(&self, plugin: &Plugin) -> Grants {
        let pin = self.lock.pin(&plugin.name).filter(|_| plugin.origin != Origin::BuiltIn);
        pin.map(|pin| pin.grants.clone()).unwrap_or_default()
    }

    /// The plugin of that name.
    pub fn get(&self, name: &str) -> Option<&Plugin> {
        self.found.iter().find(|plugin| plugin.name == name)
    }
}

/// The directory's `*.wasm` entries by name.
fn wasm_files(dir: &Path) -> Result<Vec<PathBuf>, MonitorError> {
    let failed = |source| MonitorError::Directory { dir: dir.to_path_buf(), source };
    let (mut paths, mut found) = (Vec::new(), 0);
    for entry in std::fs::read_dir(dir).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if path.extension().is_some_and(|extension| extension == "wasm") {
            found += 1;
            if found <= PLUGINS_MAX {
                paths.push(path);
            }
        }
    }
    if found > PLUGINS_MAX {
        let dir = dir.to_path_buf();
        return Err(MonitorError::TooManyPlugins { dir, found, limit: PLUGINS_MAX });
    }
    paths.sort();
    Ok(paths)
}

/// Reads a plugin of at most [`PLUGIN_BYTES_MAX`], and of what `room` the directory's others left.
fn read(name: &str, path: &Path, room: u64) -> Result<Plugin, MonitorError> {
    if !is_monitor_name(name) {
        return Err(MonitorError::Name { name: name.to_owned(), path: path.to_path_buf() });
    }
    let failed = |source| MonitorError::Read { path: path.to_path_buf(), source };
    // Asked before opening, since to open a device may do something, and once more of what was
    // opened, since the name may stand for something else by then. Opening must not wait: a FIFO
    // would, for its writer.
    let plain = |found: std::fs::Metadata| {
        let refused = || MonitorError::NotAFile { path: path.to_path_buf() };
        found.is_file().then_some(()).ok_or_else(refused)
    };
    plain(std::fs::metadata(path).map_err(failed)?)?;
    let mut options = File::options();
    let file = options.read(true).custom_flags(libc::O_NONBLOCK).open(path).map_err(failed)?;
    plain(file.metadata().map_err(failed)?)?;
    let mut bytes = Vec::new();
    file.take(PLUGIN_BYTES_MAX.min(room) + 1).read_to_end(&mut bytes).map_err(failed)?;
    let found = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    if found > PLUGIN_BYTES_MAX {
        return Err(MonitorError::TooLarge { path: path.to_path_buf(), limit: PLUGIN_BYTES_MAX });
    }
    if found > room {
        let (path, limit) = (path.to_path_buf(), DIRECTORY_BYTES_MAX);
        return Err(MonitorError::DirectoryTooLarge { path, limit });
    }
    let origin = Origin::File(path.to_path_buf());
    Ok(Plugin { name: name.to_owned(), origin, bytes: Cow::Owned(bytes) })
}

/// Whether a name can stand in configuration keys, events and file names alike: `a-z`, `0-9`, `_`
/// and `-`, at most 64, the first a letter or a digit.
pub fn is_monitor_name(name: &str) -> bool {
    let word = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    name.len() <= 64
        && name.bytes().next().is_some_and(word)
        && name.bytes().all(|byte| word(byte) || byte == b'_' || byte == b'-')
}

/// The `version` section that the plugin's build left in it, as the component model's tool
/// conventions name it.
fn version_of(bytes: &[u8]) -> Option<String> {
    for payload in Parser::new(0).parse_all(bytes) {
        if let Payload::CustomSection(section) = payload.ok()?
            && section.name() == "version"
        {
            let text = std::str::from_utf8(section.data()).ok()?.trim();
            let short = !text.is_empty() && text.len() <= VERSION_BYTES_MAX;
            return (short && text.chars().all(|c| c.is_ascii_graphic())).then(|| text.to_owned());
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_ins_are_there_without_a_directory() {
        let plugins = Plugins::discover(None).unwrap();
        let names: Vec<&str> = plugins.found.iter().map(|plugin| plugin.name.as_str()).collect();
        assert_eq!(names, ["reporting", "alerting"]);
        for plugin in &plugins.found {
            assert_eq!(plugin.version().as_deref(), Some(env!("CARGO_PKG_VERSION")));
            assert_eq!(plugin.sha256(), hex::encode(&Sha256::digest(&plugin.bytes)));
        }
    }

    #[test]
    fn a_file_named_like_a_built_in_replaces_it() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("alerting.wasm"), b"\0asm").unwrap();
        std::fs::write(dir.path().join("mine.wasm"), b"\0asm").unwrap();
        std::fs::write(dir.path().join("notes.txt"), b"not a plugin").unwrap();
        let plugins = Plugins::discover(Some(dir.path())).unwrap();
        let names: Vec<&str> = plugins.found.iter().map(|plugin| plugin.name.as_str()).collect();
        assert_eq!(names, ["reporting", "alerting", "mine"]);
        assert_ne!(plugins.get("alerting").unwrap().origin, Origin::BuiltIn);
    }

    #[test]
    fn what_is_not_a_plain_well_named_file_is_listed_and_skipped() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join("folder.wasm")).unwrap();
        std::fs::write(dir.path().join("Über.wasm"), b"\0asm").unwrap();
        std::os::unix::fs::symlink("/nowhere", dir.path().join("dangling.wasm")).unwrap();
        let plugins = Plugins::discover(Some(dir.path())).unwrap();
        assert_eq!(plugins.found.len(), 2);
        let names: Vec<&str> = plugins.unreadable.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["dangling", "folder", "Über"]);
    }
}
