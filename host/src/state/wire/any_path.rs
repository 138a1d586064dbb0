//! Paths in JSON, which knows texts only, while a path is any bytes without a NUL.

use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::super::FormatError;
use crate::hex;

/// A path: a text where it is one.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
pub(super) enum AnyPath {
    Text(String),
    Bytes { hex: String },
}

impl From<&Path> for AnyPath {
    fn from(path: &Path) -> Self {
        match path.to_str() {
            Some(text) => Self::Text(text.to_owned()),
            None => Self::Bytes { hex: hex::encode(path.as_os_str().as_bytes()) },
        }
    }
}

impl TryFrom<AnyPath> for PathBuf {
    type Error = FormatError;

    fn try_from(path: AnyPath) -> Result<Self, FormatError> {
        match path {
            AnyPath::Text(text) => Ok(text.into()),
            AnyPath::Bytes { hex } => match hex::decode(&hex) {
                Some(bytes) => Ok(OsString::from_vec(bytes).into()),
                None => Err(FormatError::Value { field: "path", value: hex }),
            },
        }
    }
}
