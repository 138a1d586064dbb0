//! The checkpoint's bytes: what goes in comes out, and nothing else does.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt as _;
use std::path::PathBuf;
use std::sync::Arc;

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use sha2::{Digest as _, Sha256};

use crate::alert::Firing;
use crate::clock::Timestamp;
use crate::event::{Account, Condition, Quarantine, Severity};
use crate::state::{
    ALERT_BYTES_MAX, ALERTS_MAX, CHECKPOINT_BYTES_MAX, FILES_MAX, FormatError, KEPT_ALL_BYTES_MAX,
    KEPT_BYTES_MAX, Kept, MonitorState, RejectsState, Snapshot, SourceState, decode, encode,
};
use crate::tail::{
    BEGINNINGS_MAX, Beginnings, FINGERPRINT_BYTES_MAX, FileIdentity, FileMark, Fingerprint,
    Position, ResumeFile,
};

fn timestamps() -> impl Strategy<Value = Timestamp> {
    any::<i64>().prop_map(Timestamp::from_nanos)
}

/// Paths of any bytes, most of which are no text.
fn paths() -> impl Strategy<Value = PathBuf> {
    prop_oneof![
        "[a-z/é\"\\\\]{0,12}".prop_map(PathBuf::from),
        vec(1_u8.., 0..12).prop_map(|bytes| OsString::from_vec(bytes).into()),
    ]
}

fn accounts() -> impl Strategy<Value = Account> {
    (".{0,12}", any::<[u64; 9]>()).prop_map(|(source, counters)| {
        let [read, parsed, rejected, too_long, late, future, lost, lost_bytes, partial] = counters;
        let lines = Account { source, read, parsed, rejected, too_long, ..Account::default() };
        Account { late, future, lost, lost_bytes, partial, ..lines }
    })
}

fn files() -> impl Strategy<Value = ResumeFile> {
    let fingerprint = (0..=u16::try_from(FINGERPRINT_BYTES_MAX).unwrap(), any::<[u8; 32]>())
        .prop_map(|(bytes, sha256)| Fingerprint { bytes, sha256 });
    let beginnings = vec(any::<[u8; 8]>(), 0..=BEGINNINGS_MAX)
        .prop_map(|digests| Beginnings::from_digests(digests).unwrap());
    let known = (fingerprint, beginnings);
    (paths(), any::<[u64; 5]>(), any::<i64>(), known, any::<bool>()).prop_map(
        |(path, numbers, modified_ns, (fingerprint, beginnings), closed)| {
            let [device, inode, offset, size_bytes, warm_from] = numbers;
            let identity = FileIdentity { device, inode };
            let mark = FileMark { identity, fingerprint, beginnings, path };
            let position = Position { file: Arc::new(mark), offset, size_bytes, modified_ns };
            ResumeFile { position, warm_from, closed }
        },
    )
}

fn alerts() -> impl Strategy<Value = Firing> {
    let severity =
        prop::sample::select(vec![Severity::Info, Severity::Warning, Severity::Critical]);
    // A NaN is not equal to itself; it has a test of its own.
    let number = any::<f64>().prop_map(|number| if number.is_nan() { -0.0 } else { number });
    let value = option::of((number, ".{0,4}"));
    (".{0,8}", ".{0,8}", severity, value, vec((".{0,4}", ".{0,4}"), 0..3), timestamps()).prop_map(
        |(key, name, severity, value, labels, started_at)| {
            let condition = Condition { key, name, severity, value, labels };
            Firing { condition, started_at }
        },
    )
}

fn snapshots() -> impl Strategy<Value = Snapshot> {
    let source = (paths(), any::<bool>(), accounts(), vec(files(), 0..4)).prop_map(
        |(path, shown, account, files)| {
            let path = if shown { PathBuf::from(&account.source) } else { path };
            SourceState { path, account, files }
        },
    );
    let kept = (".{0,8}", vec(any::<u8>(), 0..40))
        .prop_map(|(plugin, state)| Kept { plugin, state: state.into() });
    let quarantine = (".{0,8}", ".{0,8}", timestamps(), any::<u32>(), ".{0,8}").prop_map(
        |(sha256, settings_sha256, since, failures, message)| Quarantine {
            sha256,
            settings_sha256,
            since,
            failures,
            message,
        },
    );
    let rest = (option::of(kept), option::of(quarantine));
    let monitor = (".{0,8}", option::of(timestamps()), vec(alerts(), 0..4), rest).prop_map(
        |(name, ticked, alerts, (kept, quarantine))| MonitorState {
            name,
            ticked,
            alerts,
            kept,
            quarantine,
        },
    );
    let rejects = (paths(), any::<[u64; 2]>()).prop_map(|(path, [inode, bytes])| RejectsState {
        path,
        inode,
        bytes,
    });
    (timestamps(), vec(source, 0..4), vec(monitor, 0..4), option::of(rejects)).prop_map(
        |(taken_at, sources, monitors, rejects)| Snapshot { taken_at, sources, monitors, rejects },
    )
}

/// A checkpoint with this content, whatever it says.
fn sealed(content: &[u8]) -> Vec<u8> {
    let checksum = Sha256::digest(content);
    [format!("weir-checkpoint 1 {checksum:x}\n").as_bytes(), content].concat()
}

fn firing(key: &str, value: Option<f64>) -> Firing {
    let condition = Condition {
        key: key.into(),
        name: "High traffic".into(),
        severity: Severity::Critical,
        value: value.map(|number| (number, "hits/s".into())),
        labels: vec![("path".into(), "/api".into())],
    };
    Firing { condition, started_at: Timestamp::from_secs(90) }
}

fn monitor(name: &str, alerts: Vec<Firing>) -> MonitorState {
    let kept = Kept { plugin: name.into(), state: [0x01, 0xfe].into() };
    let ticked = Some(Timestamp::from_secs(99));
    MonitorState { name: name.into(), ticked, alerts, kept: Some(kept), quarantine: None }
}

/// A small snapshot with something of everything.
fn snapshot() -> Snapshot {
    let mark = FileMark {
        identity: FileIdentity { device: 1, inode: 7 },
        fingerprint: Fingerprint { bytes: 9, sha256: [0xab; 32] },
        beginnings: Beginnings::of(b"a line\nand another\n"),
        path: "/var/log/access.log".into(),
    };
    let file = Arc::new(mark);
    let position = Position { file, offset: 1_000, size_bytes: 1_200, modified_ns: -5 };
    let account = Account { source: "access.log".into(), read: 9, parsed: 9, ..Account::default() };
    let files = vec![ResumeFile { position, warm_from: 500, closed: false }];
    Snapshot {
        taken_at: Timestamp::from_secs(100),
        sources: vec![SourceState { path: "access.log".into(), account, files }],
        monitors: vec![monitor("alerting", vec![firing("high", Some(12.4))])],
        rejects: Some(RejectsState { path: "rejects".into(), inode: 8, bytes: 77 }),
    }
}

proptest! {
    #[test]
    fn what_was_kept_comes_back(snapshot in snapshots()) {
        prop_assert_eq!(decode(&encode(&snapshot).unwrap()).unwrap(), snapshot);
    }

    #[test]
    fn any_bytes_are_refused(bytes in vec(any::<u8>(), 0..300)) {
        prop_assert!(decode(&bytes).is_err());
    }

    #[test]
    fn a_right_checksum_over_any_text_is_not_yet_a_checkpoint(content in ".{0,200}") {
        let refused = decode(&sealed(content.as_bytes())).unwrap_err();
        prop_assert!(matches!(refused, FormatError::Content { .. }), "{}", refused);
    }
}

#[test]
fn a_number_that_is_none_comes_back_as_that() {
    let nan = monitor("a", vec![firing("nan", Some(f64::NAN))]);
    let kept = Snapshot { monitors: vec![nan], ..snapshot() };
    let back = decode(&encode(&kept).unwrap()).unwrap();
    let (number, unit) = back.monitors[0].alerts[0].condition.value.clone().unwrap();
    assert!(number.is_nan());
    assert_eq!(unit, "hits/s");
}

#[test]
fn a_checkpoint_that_was_cut_short_is_refused_wherever_it_was_cut() {
    let whole = encode(&snapshot()).unwrap();
    for len in 0..whole.len() {
        assert!(decode(&whole[..len]).is_err(), "the first {len} bytes");
    }
    assert!(decode(&[&*whole, b" "].concat()).is_err(), "one byte more");
}

#[test]
fn a_flipped_bit_is_refused_wherever_it_is() {
    let mut bytes = encode(&snapshot()).unwrap();
    for at in 0..bytes.len() {
        for bit in 0..8 {
            bytes[at] ^= 1 << bit;
            assert!(decode(&bytes).is_err(), "bit {bit} of byte {at}");
            bytes[at] ^= 1 << bit;
        }
    }
    assert_eq!(decode(&bytes).unwrap(), snapshot());
}

#[test]
fn another_version_is_named() {
    let bytes = encode(&snapshot()).unwrap();
    let later = String::from_utf8(bytes).unwrap().replacen(" 1 ", " 12 ", 1);
    assert_eq!(
        decode(later.as_bytes()).unwrap_err().to_string(),
        "it has version 12 of the format, where 1 is known"
    );
}

#[test]
fn a_field_that_is_not_known_is_skipped_and_a_missing_counter_is_zero() {
    let content = br#"{"taken_at":5,"later":[1,{}],"monitors":[],"sources":[
        {"account":{"source":"a.log","read":3,"shed":1},"files":[]}]}"#;
    let account = Account { source: "a.log".into(), read: 3, ..Account::default() };
    let sources = vec![SourceState { path: "a.log".into(), account, files: Vec::new() }];
    let taken_at = Timestamp::from_nanos(5);
    let wanted = Snapshot { taken_at, sources, ..Snapshot::default() };
    assert_eq!(decode(&sealed(content)).unwrap(), wanted);
}

#[test]
fn how_far_a_file_was_read_is_never_guessed() {
    let whole = String::from_utf8(encode(&snapshot()).unwrap()).unwrap();
    let (_, content) = whole.split_once('\n').unwrap();
    for field in ["inode", "offset", "size_bytes", "warm_from", "closed", "fingerprint_sha256"] {
        let without = content.replacen(&format!("\"{field}\""), "\"renamed\"", 1);
        assert!(decode(&sealed(without.as_bytes())).is_err(), "without {field}");
    }
    assert!(decode(&sealed(content.as_bytes())).is_ok());
}

#[test]
fn values_that_cannot_be_are_refused_by_name() {
    let whole = String::from_utf8(encode(&snapshot()).unwrap()).unwrap();
    let (_, content) = whole.split_once('\n').unwrap();
    let cases = [
        (
            "\"fingerprint_bytes\":9",
            "\"fingerprint_bytes\":1025",
            "its fingerprint_bytes is `1025`",
        ),
        ("\"abab", "\"ABab", "its fingerprint_sha256 is `ABab"),
        ("\"12.4\"", "\"twelve\"", "its number is `twelve`"),
        ("\"01fe\"", "\"01f\"", "its state_hex is `3 characters`"),
        ("\"/var/log/access.log\"", "{\"hex\":\"zz\"}", "its path is `zz`"),
    ];
    for (written, instead, told) in cases {
        let changed = content.replacen(written, instead, 1);
        let error = decode(&sealed(changed.as_bytes())).unwrap_err().to_string();
        assert!(error.starts_with(told), "{instead}: {error}");
    }
}

#[test]
fn more_files_than_a_log_may_have_are_neither_written_nor_read() {
    let mut many = snapshot();
    let file = many.sources[0].files[0].clone();
    many.sources[0].files = vec![file; FILES_MAX];
    let whole = String::from_utf8(encode(&many).unwrap()).unwrap();
    many.sources[0].files.extend_from_within(..1);
    assert_eq!(
        encode(&many).unwrap_err().to_string(),
        "65 files of one source are more than the 64 of a checkpoint"
    );
    let (_, content) = whole.split_once('\n').unwrap();
    let (before, files) = content.split_once("\"files\":[").unwrap();
    let (file, _) = files.split_once('}').unwrap();
    let one_more = format!("{before}\"files\":[{file}}},{files}");
    assert!(matches!(decode(&sealed(one_more.as_bytes())), Err(FormatError::Content { .. })));
}

#[test]
fn alerts_that_one_monitor_hoards_cost_neither_the_logs_nor_the_other_monitors_anything() {
    let mut huge = firing("huge", None);
    huge.condition.labels = vec![("text".into(), "x".repeat(ALERT_BYTES_MAX))];
    let many = (0..ALERTS_MAX + 5).map(|n| firing(&n.to_string(), None));
    let hoarding = monitor("hoarding", std::iter::once(huge).chain(many).collect());
    let kept = Snapshot { monitors: vec![hoarding, snapshot().monitors[0].clone()], ..snapshot() };
    let back = decode(&encode(&kept).unwrap()).unwrap();
    assert_eq!(back.sources, kept.sources);
    assert_eq!(back.monitors[1], kept.monitors[1]);
    assert_eq!(back.monitors[0].alerts, kept.monitors[0].alerts[1..=ALERTS_MAX]);
}

#[test]
fn what_monitors_keep_leaves_the_logs_their_room_and_more_of_one_than_it_may_is_refused() {
    let keeping = |bytes: usize| {
        let kept = Kept { plugin: "keeps".into(), state: vec![7; bytes].into() };
        MonitorState { kept: Some(kept), ..monitor("keeps", Vec::new()) }
    };
    let most = KEPT_ALL_BYTES_MAX / KEPT_BYTES_MAX;
    let full = Snapshot { monitors: vec![keeping(KEPT_BYTES_MAX); most], ..snapshot() };
    let bytes = encode(&full).unwrap();
    assert!(bytes.len() < CHECKPOINT_BYTES_MAX / 2 - ALERT_BYTES_MAX, "{}", bytes.len());
    assert_eq!(decode(&bytes).unwrap(), full);
    let over = Snapshot { monitors: vec![keeping(KEPT_BYTES_MAX + 1)], ..snapshot() };
    assert!(decode(&encode(&over).unwrap()).is_err());
}
