//! The folder, on a real file system.

use std::fs::{self, File};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use crate::clock::Timestamp;
use crate::state::{
    CHECKPOINT_BYTES_MAX, FormatError, Loaded, MONITORS_MAX, MonitorState, Snapshot, StateDir,
    StateError, TAKEN_AHEAD_MAX, Unusable, UnusableReason,
};

const NOW: Timestamp = Timestamp::from_secs(1_000);

fn snapshot(seconds: i64) -> Snapshot {
    Snapshot { taken_at: Timestamp::from_secs(seconds), ..Snapshot::default() }
}

fn loaded(dir: &StateDir) -> Snapshot {
    match dir.load(NOW) {
        Loaded::Snapshot(snapshot) => snapshot,
        other => panic!("{other:?}"),
    }
}

fn unusable(dir: &StateDir) -> Unusable {
    match dir.load(NOW) {
        Loaded::Unusable(unusable) => unusable,
        other => panic!("{other:?}"),
    }
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

fn names(path: &Path) -> Vec<String> {
    let names = fs::read_dir(path).unwrap().map(|entry| entry.unwrap().file_name());
    let mut names: Vec<String> = names.map(|name| name.into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn what_was_saved_last_is_loaded_from_a_folder_that_is_made_for_its_owner_only() {
    let parent = tempfile::tempdir().unwrap();
    let path = parent.path().join("a/b");
    let mut dir = StateDir::open(&path).unwrap();
    assert!(matches!(dir.load(NOW), Loaded::Nothing));
    dir.save(&snapshot(1)).unwrap();
    dir.save(&snapshot(2)).unwrap();
    assert_eq!(loaded(&dir), snapshot(2));
    assert_eq!(names(&path), ["checkpoint", "lock"]);
    assert_eq!((mode(&path), mode(&dir.checkpoint())), (0o700, 0o600));
}

#[test]
fn a_folder_has_one_process_and_is_free_when_that_lets_go() {
    let parent = tempfile::tempdir().unwrap();
    let first = StateDir::open(parent.path()).unwrap();
    let refused = StateDir::open(parent.path()).unwrap_err();
    assert!(matches!(refused, StateError::Locked { .. }));
    assert!(refused.to_string().contains("--state-dir"), "{refused}");
    drop(first);
    StateDir::open(parent.path()).unwrap();
}

#[test]
fn a_folder_that_was_removed_is_made_and_taken_again() {
    let parent = tempfile::tempdir().unwrap();
    let path = parent.path().join("state");
    let mut dir = StateDir::open(&path).unwrap();
    fs::remove_dir_all(&path).unwrap();
    dir.save(&snapshot(1)).unwrap();
    assert_eq!(loaded(&dir), snapshot(1));
    assert!(matches!(StateDir::open(&path), Err(StateError::Locked { .. })));
}

#[test]
fn a_folder_that_cannot_be_made_is_an_error_of_saving_until_it_can() {
    let parent = tempfile::tempdir().unwrap();
    let path = parent.path().join("state");
    fs::write(&path, "a file in the folder's place").unwrap();
    let mut dir = StateDir::open(&path).unwrap();
    assert!(matches!(dir.load(NOW), Loaded::Nothing));
    for _ in 0..2 {
        let error = dir.save(&snapshot(1)).unwrap_err();
        assert_eq!(error.to_string(), format!("{}: cannot be made", path.display()));
    }
    fs::remove_file(&path).unwrap();
    dir.save(&snapshot(1)).unwrap();
    assert_eq!(loaded(&dir), snapshot(1));
    assert!(matches!(StateDir::open(&path), Err(StateError::Locked { .. })));
}

#[test]
fn another_process_that_took_the_folder_meanwhile_is_not_written_over() {
    let parent = tempfile::tempdir().unwrap();
    let path = parent.path().join("state");
    fs::write(&path, "a file in the folder's place").unwrap();
    let mut late = StateDir::open(&path).unwrap();
    fs::remove_file(&path).unwrap();
    let mut other = StateDir::open(&path).unwrap();
    other.save(&snapshot(1)).unwrap();
    assert!(matches!(late.save(&snapshot(2)), Err(StateError::Locked { .. })));
    assert_eq!(loaded(&other), snapshot(1));
}

#[test]
fn what_a_crash_left_half_written_is_neither_loaded_nor_in_the_way() {
    let parent = tempfile::tempdir().unwrap();
    let mut dir = StateDir::open(parent.path()).unwrap();
    dir.save(&snapshot(1)).unwrap();
    fs::write(parent.path().join("checkpoint.tmp"), "weir-checkpoint 1 ab").unwrap();
    assert_eq!(loaded(&dir), snapshot(1));
    dir.save(&snapshot(2)).unwrap();
    assert_eq!(loaded(&dir), snapshot(2));
    assert_eq!(names(parent.path()), ["checkpoint", "lock"]);
}

#[test]
fn a_checkpoint_that_cannot_be_written_leaves_the_one_before() {
    let parent = tempfile::tempdir().unwrap();
    let mut dir = StateDir::open(parent.path()).unwrap();
    dir.save(&snapshot(1)).unwrap();
    // A folder in the temporary file's place, which cannot be removed as a file.
    let temporary = parent.path().join("checkpoint.tmp");
    fs::create_dir(&temporary).unwrap();
    assert!(matches!(dir.save(&snapshot(2)), Err(StateError::Write { .. })));
    assert_eq!(loaded(&dir), snapshot(1));
    fs::remove_dir(&temporary).unwrap();
    let monitor = MonitorState::default();
    let monitors = vec![monitor; MONITORS_MAX + 1];
    let over = dir.save(&Snapshot { monitors, ..snapshot(2) });
    assert!(matches!(over, Err(StateError::Format { .. })));
    assert_eq!(loaded(&dir), snapshot(1));
}

#[test]
fn a_damaged_checkpoint_is_kept_aside_in_place_of_an_older_one_and_said_once() {
    let parent = tempfile::tempdir().unwrap();
    let mut dir = StateDir::open(parent.path()).unwrap();
    let aside = parent.path().join("checkpoint.bad");
    for damaged in ["", "weir-checkpoint 1 00\n{}"] {
        dir.save(&snapshot(1)).unwrap();
        fs::write(dir.checkpoint(), damaged).unwrap();
        let said = unusable(&dir).to_string();
        assert!(said.starts_with(&format!("{}: ", dir.checkpoint().display())), "{said}");
        assert!(said.contains(&format!("kept as {}", aside.display())), "{said}");
        assert_eq!(fs::read_to_string(&aside).unwrap(), damaged);
        assert!(matches!(dir.load(NOW), Loaded::Nothing));
    }
}

#[test]
fn a_checkpoint_of_another_version_is_named_as_one() {
    let parent = tempfile::tempdir().unwrap();
    let dir = StateDir::open(parent.path()).unwrap();
    fs::write(dir.checkpoint(), "weir-checkpoint 2 blake3:00\n").unwrap();
    let said = unusable(&dir).to_string();
    assert!(said.contains("version 2 of the format, where 1 is known"), "{said}");
}

#[test]
fn a_checkpoint_from_the_future_is_not_gone_on_from() {
    let parent = tempfile::tempdir().unwrap();
    let mut dir = StateDir::open(parent.path()).unwrap();
    let ahead = snapshot(NOW.plus(TAKEN_AHEAD_MAX).secs());
    dir.save(&ahead).unwrap();
    assert_eq!(loaded(&dir), ahead);
    dir.save(&snapshot(ahead.taken_at.secs() + 1)).unwrap();
    let unusable = unusable(&dir);
    assert!(matches!(unusable.reason, UnusableReason::FromTheFuture { .. }), "{unusable}");
    assert!(matches!(dir.load(NOW), Loaded::Nothing));
}

#[test]
fn a_file_over_the_bound_is_not_read_whole() {
    let parent = tempfile::tempdir().unwrap();
    let dir = StateDir::open(parent.path()).unwrap();
    // Holes take no room on the disk.
    let file = File::create(dir.checkpoint()).unwrap();
    file.set_len(CHECKPOINT_BYTES_MAX as u64 * 1_000).unwrap();
    let reason = unusable(&dir).reason;
    let UnusableReason::Format(FormatError::TooMany { count, .. }) = reason else {
        panic!("{reason:?}");
    };
    assert_eq!(count, CHECKPOINT_BYTES_MAX + 1);
}

#[test]
fn what_is_no_file_is_said_also_where_it_cannot_be_put_aside() {
    let parent = tempfile::tempdir().unwrap();
    let dir = StateDir::open(parent.path()).unwrap();
    fs::create_dir(dir.checkpoint()).unwrap();
    fs::write(parent.path().join("checkpoint.bad"), "older").unwrap();
    let unusable = unusable(&dir);
    assert!(matches!(unusable.reason, UnusableReason::NotAFile), "{unusable}");
    assert!(unusable.kept.is_err() && unusable.to_string().contains("could not be put aside"));
}
