//! The checkpoint's content as it is written: structs of the format's own, so that what the stages
//! speak of can change without a file on somebody's disk changing its meaning.
//!
//! A field that is not known is skipped. Counters that are missing are zero; anything else that is
//! missing makes the checkpoint unusable, since a position that is half known is not known.

mod alerts;
mod any_path;
mod quarantine;

use std::fmt;
use std::marker::PhantomData;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use serde::de::{self, Deserializer, SeqAccess, Visitor};
use serde::{Deserialize, Serialize};

use self::alerts::Alert;
pub use self::alerts::{ALERT_BYTES_MAX, ALERTS_MAX};
use self::any_path::AnyPath;
use self::quarantine::Quarantine;
use super::{self as state, FormatError};
use crate::alert::Firing;
use crate::clock::Timestamp;
use crate::event;
use crate::hex;
use crate::tail::{
    Beginnings, FINGERPRINT_BYTES_MAX, FileIdentity, FileMark, Fingerprint, Position, ResumeFile,
};

/// The most logs of one checkpoint: as many as can be followed.
pub const SOURCES_MAX: usize = 65_536;
/// The most files of one log: the one that is written and rotated ones.
pub const FILES_MAX: usize = 64;
/// The most monitors of one checkpoint: those of the configuration, of a full plugins directory,
/// and some to spare.
pub const MONITORS_MAX: usize = 1_024;
/// The most bytes that one monitor keeps.
pub const KEPT_BYTES_MAX: usize = 1 << 20;
/// The most bytes that all monitors keep together. Written with two digits a byte they take a quarter
/// of a checkpoint, beside the half that as many logs as can be followed take.
pub const KEPT_ALL_BYTES_MAX: usize = 16 << 20;

#[derive(Serialize, Deserialize)]
pub(super) struct Snapshot {
    /// Nanoseconds since the epoch, as every time here.
    taken_at: i64,
    #[serde(deserialize_with = "at_most::<_, _, SOURCES_MAX>")]
    sources: Vec<Source>,
    #[serde(deserialize_with = "at_most::<_, _, MONITORS_MAX>")]
    monitors: Vec<Monitor>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    rejects: Option<Rejects>,
}

#[derive(Serialize, Deserialize)]
struct Source {
    /// Where the name in the account is not the path: that is a text, and a path need not be one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    path: Option<AnyPath>,
    account: Account,
    #[serde(deserialize_with = "at_most::<_, _, FILES_MAX>")]
    files: Vec<File>,
}

#[derive(Serialize, Deserialize)]
struct Account {
    source: String,
    #[serde(default)]
    read: u64,
    #[serde(default)]
    parsed: u64,
    #[serde(default)]
    rejected: u64,
    #[serde(default)]
    too_long: u64,
    #[serde(default)]
    late: u64,
    #[serde(default)]
    future: u64,
    #[serde(default)]
    lost: u64,
    #[serde(default)]
    lost_bytes: u64,
    #[serde(default)]
    partial: u64,
}

#[derive(Serialize, Deserialize)]
struct File {
    path: AnyPath,
    device: u64,
    inode: u64,
    fingerprint_bytes: u16,
    fingerprint_sha256: String,
    /// Eight bytes for each; missing in what older programs wrote.
    #[serde(default)]
    beginnings: String,
    offset: u64,
    size_bytes: u64,
    modified_ns: i64,
    warm_from: u64,
    closed: bool,
}

#[derive(Serialize, Deserialize)]
struct Monitor {
    name: String,
    ticked: Option<i64>,
    #[serde(deserialize_with = "at_most::<_, _, ALERTS_MAX>")]
    alerts: Vec<Alert>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    kept: Option<Kept>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    quarantine: Option<Quarantine>,
}

#[derive(Serialize, Deserialize)]
struct Kept {
    plugin: String,
    state_hex: String,
}

#[derive(Serialize, Deserialize)]
struct Rejects {
    path: AnyPath,
    inode: u64,
    bytes: u64,
}

impl From<&state::Snapshot> for Snapshot {
    fn from(snapshot: &state::Snapshot) -> Self {
        let alert_bytes = ALERT_BYTES_MAX.checked_div(snapshot.monitors.len()).unwrap_or(0);
        let monitor = |state: &state::MonitorState| Monitor {
            name: state.name.clone(),
            ticked: state.ticked.map(Timestamp::nanos),
            alerts: alerts::within(alert_bytes, &state.alerts),
            kept: state.kept.as_ref().map(Kept::from),
            quarantine: state.quarantine.as_ref().map(Quarantine::from),
        };
        let source = |state: &state::SourceState| Source {
            path: (state.path != Path::new(&state.account.source))
                .then(|| AnyPath::from(&*state.path)),
            account: Account::from(&state.account),
            files: state.files.iter().map(File::from).collect(),
        };
        let rejects = |state: &state::RejectsState| Rejects {
            path: AnyPath::from(&*state.path),
            inode: state.inode,
            bytes: state.bytes,
        };
        Self {
            taken_at: snapshot.taken_at.nanos(),
            sources: snapshot.sources.iter().map(source).collect(),
            monitors: snapshot.monitors.iter().map(monitor).collect(),
            rejects: snapshot.rejects.as_ref().map(rejects),
        }
    }
}

impl TryFrom<Snapshot> for state::Snapshot {
    type Error = FormatError;

    fn try_from(wire: Snapshot) -> Result<Self, FormatError> {
        let source = |source: Source| {
            let files = source.files.into_iter().map(ResumeFile::try_from);
            let path = match source.path {
                Some(path) => path.try_into()?,
                None => PathBuf::from(&source.account.source),
            };
            Ok(state::SourceState {
                path,
                account: source.account.into(),
                files: files.collect::<Result<_, FormatError>>()?,
            })
        };
        let monitor = |monitor: Monitor| {
            let alerts = monitor.alerts.into_iter().map(Firing::try_from);
            Ok(state::MonitorState {
                name: monitor.name,
                ticked: monitor.ticked.map(Timestamp::from_nanos),
                alerts: alerts.collect::<Result<_, FormatError>>()?,
                kept: monitor.kept.map(state::Kept::try_from).transpose()?,
                quarantine: monitor.quarantine.map(Into::into),
            })
        };
        let rejects = |Rejects { path, inode, bytes }| {
            Ok::<_, FormatError>(state::RejectsState { path: path.try_into()?, inode, bytes })
        };
        Ok(Self {
            taken_at: Timestamp::from_nanos(wire.taken_at),
            sources: wire.sources.into_iter().map(source).collect::<Result<_, FormatError>>()?,
            monitors: wire.monitors.into_iter().map(monitor).collect::<Result<_, FormatError>>()?,
            rejects: wire.rejects.map(rejects).transpose()?,
        })
    }
}

impl From<&state::Kept> for Kept {
    fn from(kept: &state::Kept) -> Self {
        Self { plugin: kept.plugin.clone(), state_hex: hex::encode(&kept.state) }
    }
}

impl TryFrom<Kept> for state::Kept {
    type Error = FormatError;

    fn try_from(Kept { plugin, state_hex }: Kept) -> Result<Self, FormatError> {
        let state = hex::decode(&state_hex).filter(|state| state.len() <= KEPT_BYTES_MAX);
        let wrong = || {
            let value = format!("{} characters", state_hex.len());
            FormatError::Value { field: "state_hex", value }
        };
        Ok(Self { plugin, state: state.ok_or_else(wrong)?.into() })
    }
}

impl From<&event::Account> for Account {
    fn from(account: &event::Account) -> Self {
        // How far reading is behind is measured anew; every other field has to be kept.
        let event::Account {
            source,
            read,
            parsed,
            rejected,
            too_long,
            late,
            future,
            lost,
            lost_bytes,
            partial,
            lag_bytes: _,
            lag: _,
        } = account;
        Self {
            source: source.clone(),
            read: *read,
            parsed: *parsed,
            rejected: *rejected,
            too_long: *too_long,
            late: *late,
            future: *future,
            lost: *lost,
            lost_bytes: *lost_bytes,
            partial: *partial,
        }
    }
}

impl From<Account> for event::Account {
    fn from(account: Account) -> Self {
        Self {
            source: account.source,
            read: account.read,
            parsed: account.parsed,
            rejected: account.rejected,
            too_long: account.too_long,
            late: account.late,
            future: account.future,
            lost: account.lost,
            lost_bytes: account.lost_bytes,
            partial: account.partial,
            lag_bytes: 0,
            lag: Duration::ZERO,
        }
    }
}

impl From<&ResumeFile> for File {
    fn from(file: &ResumeFile) -> Self {
        let Position { file: mark, offset, size_bytes, modified_ns } = &file.position;
        let FileMark { identity, fingerprint, beginnings, path } = &**mark;
        Self {
            path: AnyPath::from(&**path),
            device: identity.device,
            inode: identity.inode,
            fingerprint_bytes: fingerprint.bytes,
            fingerprint_sha256: hex::encode(&fingerprint.sha256),
            beginnings: hex::encode(beginnings.digests().as_flattened()),
            offset: *offset,
            size_bytes: *size_bytes,
            modified_ns: *modified_ns,
            warm_from: file.warm_from,
            closed: file.closed,
        }
    }
}

impl TryFrom<File> for ResumeFile {
    type Error = FormatError;

    fn try_from(file: File) -> Result<Self, FormatError> {
        if usize::from(file.fingerprint_bytes) > FINGERPRINT_BYTES_MAX {
            let value = file.fingerprint_bytes.to_string();
            return Err(FormatError::Value { field: "fingerprint_bytes", value });
        }
        let sha256 = hex::decode(&file.fingerprint_sha256).and_then(|bytes| bytes.try_into().ok());
        let Some(sha256) = sha256 else {
            let value = file.fingerprint_sha256;
            return Err(FormatError::Value { field: "fingerprint_sha256", value });
        };
        let Some(beginnings) = beginnings(&file.beginnings) else {
            return Err(FormatError::Value { field: "beginnings", value: file.beginnings });
        };
        let mark = FileMark {
            identity: FileIdentity { device: file.device, inode: file.inode },
            fingerprint: Fingerprint { bytes: file.fingerprint_bytes, sha256 },
            beginnings,
            path: file.path.try_into()?,
        };
        let position = Position {
            file: Arc::new(mark),
            offset: file.offset,
            size_bytes: file.size_bytes,
            modified_ns: file.modified_ns,
        };
        Ok(Self { position, warm_from: file.warm_from, closed: file.closed })
    }
}

fn beginnings(kept: &str) -> Option<Beginnings> {
    let bytes = hex::decode(kept)?;
    let (digests, rest) = bytes.as_chunks();
    rest.is_empty().then(|| Beginnings::from_digests(digests.to_vec())).flatten()
}

/// A list of at most `MAX` elements. The bound holds while it is read, so that a short file cannot
/// ask for much memory.
fn at_most<'de, D, T, const MAX: usize>(from: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    struct AtMost<T, const MAX: usize>(PhantomData<T>);

    impl<'de, T: Deserialize<'de>, const MAX: usize> Visitor<'de> for AtMost<T, MAX> {
        type Value = Vec<T>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(f, "a list of at most {MAX} elements")
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Vec<T>, A::Error> {
            let mut elements = Vec::new();
            while let Some(element) = list.next_element()? {
                if elements.len() == MAX {
                    return Err(de::Error::invalid_length(MAX + 1, &self));
                }
                elements.push(element);
            }
            Ok(elements)
        }
    }

    from.deserialize_seq(AtMost::<T, MAX>(PhantomData))
}
