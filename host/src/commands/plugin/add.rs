//! `weir plugin add`: into the plugins directory, and into its lock.

use std::path::Path;

use super::approve::{pin, tell, tell_unknown};
use super::examine::Examined;
use super::{CommandError, PluginCommandError, directory, project};
use crate::cli::AddArgs;
use crate::config::Settings;
use crate::diagnostics::Diagnostics;
use crate::monitor::{Grants, Plugin};

pub(super) fn add(
    settings: &Settings,
    args: &AddArgs,
    diagnostics: &Diagnostics,
) -> Result<(), CommandError> {
    let dir = directory(settings)?;
    let (name, file) = project::component(&args.from)?;
    let name = args.name.clone().unwrap_or(name);
    let plugin = Plugin::read(&name, &file)
        .map_err(|source| PluginCommandError::Unusable { name: name.clone(), source })?;
    let examined = Examined::new(settings, plugin, &Grants::default(), diagnostics)?;
    make(dir)?;
    let approval = pin(dir, &examined, &args.grants, Some(&examined.plugin.bytes))?;
    tell(settings, "added", &examined, &approval)?;
    Ok(tell_unknown(dir, diagnostics)?)
}

/// Makes the directory where it is not there. Its parent must be: a slip in a long path is no wish.
fn make(dir: &Path) -> Result<(), PluginCommandError> {
    match std::fs::create_dir(dir) {
        Err(source) if source.kind() != std::io::ErrorKind::AlreadyExists => {
            Err(PluginCommandError::MakeDirectory { dir: dir.to_path_buf(), source })
        }
        _ => Ok(()),
    }
}
