//! `weir plugin new`: the project of a monitor that builds as it is.

mod templates;

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use super::super::{CommandError, to_output};
use super::ProjectError;
use crate::cli::NewArgs;
use templates::{NAME, files};

pub(super) fn new(args: &NewArgs) -> Result<(), CommandError> {
    let dir = args.dir.clone().unwrap_or_else(|| PathBuf::from(&args.name));
    make_empty(&dir)?;
    for (path, content) in files(args.lang) {
        write(&dir.join(path), &content.replace(NAME, &args.name))?;
    }
    writeln!(
        std::io::stdout(),
        "made the project of the monitor `{}` in {}\nnext: read {}, then weir plugin build {}",
        args.name,
        dir.display(),
        dir.join("README.md").display(),
        dir.display(),
    )
    .map_err(to_output)
}

/// Makes the folder, or finds it empty: what somebody has written is never written over.
fn make_empty(dir: &Path) -> Result<(), ProjectError> {
    let unwritable = |source| ProjectError::Write { path: dir.to_owned(), source };
    fs::create_dir_all(dir).map_err(unwritable)?;
    let unreadable = |source| ProjectError::Read { path: dir.to_owned(), source };
    match fs::read_dir(dir).map_err(unreadable)?.next() {
        None => Ok(()),
        Some(_) => Err(ProjectError::NotEmpty { dir: dir.to_owned() }),
    }
}

fn write(path: &Path, content: &str) -> Result<(), ProjectError> {
    let parent = path.parent().map_or(Ok(()), fs::create_dir_all);
    let failed = |source| ProjectError::Write { path: path.to_owned(), source };
    parent.and_then(|()| fs::write(path, content)).map_err(failed)
}
