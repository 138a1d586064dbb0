//! Rust: cargo, for wasm32-unknown-unknown, with whatever toolchain there is.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::super::ProjectError;
use super::tool::{Tool, in_folder, with_prefix};

const TARGET: &str = "wasm32-unknown-unknown";

const CARGO: Tool =
    Tool { name: "cargo", variable: "CARGO", install: "install Rust from https://rustup.rs" };
const RUSTC: Tool = Tool {
    name: "Rust's compiler",
    variable: "RUSTC",
    install: "install Rust from https://rustup.rs",
};

/// Builds the core module; where it is.
pub(super) fn build(dir: &Path) -> Result<PathBuf, ProjectError> {
    let compiler = Compiler::ask(dir)?;
    let cargo = CARGO.program(None, "cargo");
    let mut command = in_folder(&cargo, dir, ["build", "--release", "--target", TARGET]);
    // Wherever the caller's cargo leaves what it builds, this is looked for here.
    command.args(["--target-dir", "target"]);
    compiler.add_to(&mut command, dir);
    CARGO.run(&mut command)?;
    Ok(dir.join("target").join(TARGET).join("release/monitor.wasm"))
}

/// What the compiler says of itself.
struct Compiler {
    sysroot: PathBuf,
    has_target: bool,
}

impl Compiler {
    fn ask(dir: &Path) -> Result<Self, ProjectError> {
        let rustc = RUSTC.program(None, "rustc");
        let print = |what: &[&str]| {
            let said = RUSTC.run(&mut in_folder(&rustc, dir, what))?;
            Ok(PathBuf::from(said.trim_end()))
        };
        let sysroot = print(&["--print", "sysroot"])?;
        let library = print(&["--print", "target-libdir", "--target", TARGET])?;
        // The folder may be there without the library, as Debian's is.
        let is_std = |name: &OsString| name.to_string_lossy().starts_with("libstd-");
        let entries = std::fs::read_dir(library).into_iter().flatten().flatten();
        let has_target = entries.map(|entry| entry.file_name()).any(|name| is_std(&name));
        if !has_target && !sysroot.join("lib/rustlib/src/rust/library/std").is_dir() {
            return Err(ProjectError::MissingTarget { rustc });
        }
        Ok(Self { sysroot, has_target })
    }

    fn add_to(&self, command: &mut Command, dir: &Path) {
        if !self.has_target {
            // The sources of the standard library make up for its target; a stable compiler must be
            // told to let cargo do that.
            command.arg("-Zbuild-std=std,panic_abort").env("RUSTC_BOOTSTRAP", "1");
        }
        let set = |name: &str| std::env::var_os(name);
        if set("RUSTFLAGS").is_some() || set("CARGO_ENCODED_RUSTFLAGS").is_some() {
            return;
        }
        // The places of panics are in the component: without where the sources happen to be, the
        // same sources give the same bytes in any folder.
        let registry = set("CARGO_HOME").map(PathBuf::from);
        let registry = registry.or_else(|| Some(PathBuf::from(set("HOME")?).join(".cargo")));
        let here = std::path::absolute(dir).ok();
        let folders = [(here, "="), (registry, "=/cargo"), (Some(self.sysroot.clone()), "=/rust")];
        let mut flags = OsString::new();
        for (folder, stand_in) in folders {
            let Some(folder) = folder else { continue };
            if !flags.is_empty() {
                flags.push("\u{1f}");
            }
            flags.push(with_prefix("--remap-path-prefix=", &folder));
            flags.push(stand_in);
        }
        command.env("CARGO_ENCODED_RUSTFLAGS", flags);
    }
}
