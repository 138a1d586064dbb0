//! `weir plugin approve`: pins plugins as they are, after showing what has changed.

use std::io::Write as _;
use std::path::Path;

use super::describe::{Block, Standing, in_words, names, plugin_json};
use super::examine::Examined;
use super::{CommandError, PluginCommandError, directory};
use crate::cli::{ApproveArgs, GrantArgs};
use crate::commands::to_output;
use crate::config::{OutputFormat, Settings};
use crate::diagnostics::Diagnostics;
use crate::monitor::{Grants, Identity, Lock, LockEditor, MonitorError, Pin, Plugin, Plugins};
use crate::record::Field;

pub(super) fn approve(
    settings: &Settings,
    args: &ApproveArgs,
    diagnostics: &Diagnostics,
) -> Result<(), CommandError> {
    let dir = directory(settings)?;
    for name in &args.names {
        let path = dir.join(format!("{name}.wasm"));
        let unusable = |source| PluginCommandError::Unusable { name: name.clone(), source };
        if !path.exists() {
            return Err(no_such(dir, name)?.into());
        }
        let plugin = Plugin::read(name, &path).map_err(unusable)?;
        let examined = Examined::new(settings, plugin, &Grants::default(), diagnostics)?;
        let approval = pin(dir, &examined, &args.grants, None)?;
        tell(settings, "approved", &examined, &approval)?;
    }
    Ok(tell_unknown(dir, diagnostics)?)
}

/// No file of that name; the lock may know one.
fn no_such(dir: &Path, name: &str) -> Result<PluginCommandError, PluginCommandError> {
    let pinned = Lock::load(dir)?.is_some_and(|lock| lock.get(name).is_some());
    let hint = pinned.then(|| {
        format!("the lock has it, the folder does not: put it back, or `weir plugin remove {name}`")
    });
    Ok(PluginCommandError::NoSuchPlugin { name: name.to_owned(), dir: dir.to_path_buf(), hint })
}

/// What was pinned.
pub(super) struct Approval {
    pin: Pin,
    /// What was pinned before.
    before: Option<Pin>,
    /// The fields that it asks for and that are not granted.
    withheld: Vec<Field>,
    /// Whether it could keep a state and may not.
    keep_withheld: bool,
    /// Whether nobody has said which fields to grant, so that withholding some may be no wish.
    is_fields_unsaid: bool,
    /// The same of keeping a state.
    is_keep_unsaid: bool,
}

/// Pins a plugin; `bytes`, where there are any, are put into the directory first.
pub(super) fn pin(
    dir: &Path,
    examined: &Examined,
    flags: &GrantArgs,
    bytes: Option<&[u8]>,
) -> Result<Approval, PluginCommandError> {
    let Examined { plugin, interface, .. } = examined;
    let editor = LockEditor::hold(dir)?;
    let mut lock = editor.lock()?.unwrap_or_default();
    let before = lock.get(&plugin.name).cloned();
    let asked = examined.fields();
    let grants = decide(flags, &asked, interface.keeps(), before.as_ref().map(|pin| &pin.grants));
    let pin = Pin {
        name: plugin.name.clone(),
        version: plugin.version(),
        sha256: plugin.sha256(),
        interface: interface.name.clone(),
        grants,
    };
    lock.pin(pin.clone());
    editor.write(&lock, bytes.map(|bytes| (plugin.name.as_str(), bytes)))?;
    Ok(Approval {
        withheld: pin.grants.withheld(&asked),
        keep_withheld: interface.keeps() && !pin.grants.keep,
        is_fields_unsaid: flags.grant.is_none() && flags.withhold.is_none(),
        is_keep_unsaid: !flags.keep && !flags.no_keep,
        pin,
        before,
    })
}

/// What the flags grant; where they are silent what was granted before; where nothing was, all that
/// is asked for.
fn decide(flags: &GrantArgs, asked: &[Field], keeps: bool, before: Option<&Grants>) -> Grants {
    let fields = match (&flags.grant, &flags.withhold, before) {
        (Some(granted), ..) => granted.0.clone(),
        (None, Some(withheld), _) => {
            asked.iter().copied().filter(|field| !withheld.0.contains(field)).collect()
        }
        (None, None, Some(before)) => before.fields.clone().unwrap_or_else(|| asked.to_vec()),
        (None, None, None) => asked.to_vec(),
    };
    let keep = match (flags.keep, flags.no_keep) {
        (true, _) => true,
        (_, true) => false,
        _ => before.map_or(keeps, |before| before.keep),
    };
    Grants { fields: Some(fields), keep }
}

/// Shows what was pinned, what it was before, and what it asks for and does not get.
pub(super) fn tell(
    settings: &Settings,
    done: &str,
    examined: &Examined,
    approval: &Approval,
) -> Result<(), CommandError> {
    let Approval { pin, before, withheld, keep_withheld, .. } = approval;
    let before = before.as_ref().filter(|before| before.sha256 != pin.sha256).map(Pin::identity);
    let text = match settings.output.format {
        OutputFormat::Text => told(done, examined, approval, before.as_ref()).text().to_owned(),
        OutputFormat::Json => {
            let mut entry = plugin_json(done, examined, Standing::Pinned);
            if let Some(entry) = entry.as_object_mut() {
                let fields = pin.grants.fields.as_deref().unwrap_or_default();
                entry.insert("granted".to_owned(), names(fields).into());
                entry.insert("keep_granted".to_owned(), pin.grants.keep.into());
                entry.insert("withheld".to_owned(), names(withheld).into());
                entry.insert("keep_withheld".to_owned(), (*keep_withheld).into());
                let before = before.map(|before| before.sha256);
                entry.insert("sha256_before".to_owned(), before.into());
            }
            format!("{entry}\n")
        }
    };
    std::io::stdout().write_all(text.as_bytes()).map_err(to_output)
}

fn told(done: &str, examined: &Examined, approval: &Approval, before: Option<&Identity>) -> Block {
    let Approval { pin, withheld, keep_withheld, .. } = approval;
    let mut block = Block::titled(&format!("{done} {}", pin.name));
    if let Some(before) = before {
        block.line("was", before);
        block.line("is", pin.identity());
    } else {
        block.line("pinned", pin.identity());
    }
    block.line("made for", &pin.interface);
    for monitor in &examined.monitors {
        block.lines("asks for", &super::describe::asks(&monitor.declared));
    }
    block.line("granted", in_words(pin.grants.fields.as_deref().unwrap_or_default()));
    if !withheld.is_empty() {
        block.line("withheld", names(withheld).join(", "));
    }
    if !withheld.is_empty() && approval.is_fields_unsaid {
        let mut all = pin.grants.fields.clone().unwrap_or_default();
        all.extend(withheld);
        all.sort_unstable();
        let all = names(&all).join(",");
        block.line("", format_args!("hint: weir plugin approve {} --grant {all}", pin.name));
    }
    let keeps = match (examined.interface.keeps(), keep_withheld) {
        (false, _) => "nothing",
        (true, false) => "a state",
        (true, true) if approval.is_keep_unsaid => "nothing: not granted; hint: --keep",
        (true, true) => "nothing: not granted",
    };
    block.line("keeps", keeps);
    block
}

/// Tells of the files of the directory that its lock does not let load.
pub(super) fn tell_unknown(
    dir: &Path,
    diagnostics: &Diagnostics,
) -> Result<(), PluginCommandError> {
    let found = Plugins::discover(Some(dir)).map_err(|source| PluginCommandError::Unusable {
        name: dir.display().to_string(),
        source,
    })?;
    let unknown: Vec<&str> = found
        .unreadable
        .iter()
        .filter(|(_, error)| matches!(error, MonitorError::Unknown { .. }))
        .map(|(name, _)| name.as_str())
        .collect();
    if !unknown.is_empty() {
        diagnostics.notice(format_args!(
            "in {} and not in its lock, so not loaded: {}; hint: weir plugin approve {}",
            dir.display(),
            unknown.join(", "),
            unknown.join(" ")
        ));
    }
    Ok(())
}
