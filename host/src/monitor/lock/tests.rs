//! The lock as a file: read strictly, written alike, changed whole.

use proptest::prelude::*;

use super::text::{read, write};
use super::*;
use crate::record::Field;

const SHA: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

fn pin(name: &str) -> Pin {
    Pin {
        name: name.to_owned(),
        version: Some("1.2.3".to_owned()),
        sha256: SHA.to_owned(),
        interface: "weir:monitor@0.1.0".to_owned(),
        grants: Grants { fields: Some(vec![Field::Client, Field::Status]), keep: true },
    }
}

fn table(name: &str) -> String {
    format!(
        "[[plugin]]\nname = {name:?}\nsha256 = \"{SHA}\"\ninterface = \"weir:monitor@0.1.0\"\n\
         fields = []\nkeep = false\n"
    )
}

fn refusal(text: impl AsRef<[u8]>) -> String {
    let error = read(Path::new("weir.lock"), text.as_ref()).unwrap_err().to_string();
    let (message, hint) = error.split_once("; hint: ").unwrap();
    assert!(hint.starts_with("put the file back"), "{hint}");
    message.to_owned()
}

#[test]
fn a_lock_is_written_by_name_a_key_a_line() {
    let mut lock = Lock::default();
    lock.pin(Pin { version: None, ..pin("b") });
    lock.pin(pin("c"));
    lock.pin(Pin { grants: Grants { fields: Some(vec![]), keep: false }, ..pin("a") });
    assert!(lock.unpin("c") && !lock.unpin("c"));
    let (text, expected) = (
        write(&lock),
        format!(
            "version = 1\n\n[[plugin]]\nname = \"a\"\nversion = \"1.2.3\"\nsha256 = \"{SHA}\"\n\
             interface = \"weir:monitor@0.1.0\"\nfields = []\nkeep = false\n\n[[plugin]]\n\
             name = \"b\"\nsha256 = \"{SHA}\"\ninterface = \"weir:monitor@0.1.0\"\n\
             fields = [\"client\", \"status\"]\nkeep = true\n"
        ),
    );
    let (comments, rest) = text.split_at(text.find("version").unwrap());
    assert!(comments.lines().all(|line| line.starts_with('#')), "{comments}");
    assert_eq!(rest, expected);
}

#[test]
fn what_is_no_lock_is_told_with_its_place() {
    let wrong = [
        ("", "1:1: missing field `version`".to_owned()),
        ("version = 2", "1:11: version 2 of the lock; this weir knows version 1".to_owned()),
        (
            "version = 1\nplugins = 3",
            "2:1: unknown field `plugins`, expected `version` or `plugin`".to_owned(),
        ),
        (
            "version = 1\n[[plugin]]\nname = 3",
            "3:8: invalid type: integer `3`, expected a string".to_owned(),
        ),
    ];
    for (text, expected) in wrong {
        assert_eq!(refusal(text), format!("weir.lock:{expected}"));
    }
    let body = table("a");
    let with = |from: &str, to: &str| format!("version = 1\n{}", body.replacen(from, to, 1));
    for (from, to, expected) in [
        ("\"a\"", "\"A\"", "3:8: \"A\" is not a monitor's name"),
        ("\"a\"", "\"../a\"", "3:8: \"../a\" is not a monitor's name"),
        ("name", "version = \"\"\nname", "3:11: \"\" is not a version"),
        ("0123", "012", &format!("4:10: \"012{}\" is not a SHA-256 in lower-case hex", &SHA[4..])),
        ("weir:monitor", "weir monitor", "5:13: \"weir monitor@0.1.0\" is not an interface's name"),
        ("[]", "[\"clint\"]", "6:11: no such field: \"clint\""),
        ("[]", "[\"user\", \"user\"]", "6:19: the field `user` is there twice"),
        ("keep = false\n", "", "2:1: missing field `keep`"),
    ] {
        assert_eq!(refusal(with(from, to)), format!("weir.lock:{expected}"), "{to}");
    }
    let twice = format!("version = 1\n{body}{body}");
    assert_eq!(refusal(twice), "weir.lock:8:1: the plugin `a` is there twice");
    assert_eq!(refusal(b"version = 1 # \xFF"), "weir.lock:1:15: not UTF-8");
    let many: String = (0..257).map(|n| table(&format!("p{n}"))).collect();
    let expected = format!("weir.lock:{}:1: more than 256 plugins", 2 + 256 * 6);
    assert_eq!(refusal(format!("version = 1\n{many}")), expected);
}

#[test]
fn as_many_plugins_as_there_may_be_fit_with_room_to_spare() {
    let mut lock = Lock::default();
    for n in 0..256 {
        lock.pin(Pin {
            version: Some("\\".repeat(64)),
            interface: "\\".repeat(64),
            grants: Grants::default(),
            ..pin(&format!("{n:x>64}"))
        });
    }
    let text = write(&lock);
    assert!(u64::try_from(text.len()).unwrap() < LOCK_BYTES_MAX / 2, "{}", text.len());
    assert_eq!(read(Path::new("weir.lock"), text.as_bytes()).unwrap().pins().len(), 256);
}

#[test]
fn what_is_no_plain_file_of_a_sensible_size_is_no_lock() {
    let dir = tempfile::tempdir().unwrap();
    assert!(Lock::load(dir.path()).unwrap().is_none());
    let path = dir.path().join(LOCK_FILE);
    std::fs::create_dir(&path).unwrap();
    assert!(matches!(Lock::load(dir.path()), Err(LockError::NotAFile { .. })));
    std::fs::remove_dir(&path).unwrap();
    std::os::unix::fs::symlink("/nowhere", &path).unwrap();
    assert!(matches!(Lock::load(dir.path()), Err(LockError::Read { .. })));
    std::fs::remove_file(&path).unwrap();
    std::fs::write(&path, "#".repeat(usize::try_from(LOCK_BYTES_MAX).unwrap() + 1)).unwrap();
    assert!(matches!(Lock::load(dir.path()), Err(LockError::TooLarge { .. })));
}

#[test]
fn a_lock_that_could_not_be_read_again_is_not_written() {
    let dir = tempfile::tempdir().unwrap();
    let editor = LockEditor::hold(dir.path()).unwrap();
    let mut lock = Lock::default();
    lock.pin(Pin { interface: "x".repeat(65), ..pin("a") });
    let refused = editor.write(&lock, Some(("a", b"\0asm"))).unwrap_err().to_string();
    assert!(refused.ends_with("is not an interface's name"), "{refused}");
    let mut full = Lock::default();
    (0..257).for_each(|n| full.pin(pin(&format!("p{n}"))));
    let refused = editor.write(&full, None).unwrap_err().to_string();
    assert!(refused.ends_with("more than 256 plugins"), "{refused}");
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
}

#[test]
fn changes_of_several_at_once_are_all_made() {
    let dir = tempfile::tempdir().unwrap();
    std::thread::scope(|scope| {
        for n in 0..8 {
            let dir = dir.path();
            scope.spawn(move || {
                let editor = LockEditor::hold(dir).unwrap();
                let mut lock = editor.lock().unwrap().unwrap_or_default();
                lock.pin(pin(&format!("p{n}")));
                editor.write(&lock, Some((&format!("p{n}"), b"\0asm"))).unwrap();
            });
        }
    });
    assert_eq!(Lock::load(dir.path()).unwrap().unwrap().pins().len(), 8);
    let names = std::fs::read_dir(dir.path()).unwrap();
    assert_eq!(names.count(), 9, "nothing unfinished is left");
    let editor = LockEditor::hold(dir.path()).unwrap();
    assert!(editor.remove_plugin("p0").unwrap() && !editor.remove_plugin("p0").unwrap());
}

fn any_pin() -> impl Strategy<Value = Pin> {
    let fields = prop::sample::subsequence(Field::ALL.to_vec(), 0..=13);
    (
        "[a-z0-9][a-z0-9_-]{0,8}",
        prop::option::of("[!-~]{1,64}"),
        "[0-9a-f]{64}",
        "[!-~]{1,64}",
        fields,
        any::<bool>(),
    )
        .prop_map(|(name, version, sha256, interface, fields, keep)| {
            let grants = Grants { fields: Some(fields), keep };
            Pin { name, version, sha256, interface, grants }
        })
}

proptest! {
    #[test]
    fn a_lock_that_is_written_reads_back_as_it_was(pins in prop::collection::vec(any_pin(), 0..8)) {
        let mut lock = Lock::default();
        for pin in pins {
            lock.pin(pin);
        }
        let text = write(&lock);
        let again = read(Path::new("weir.lock"), text.as_bytes()).unwrap();
        prop_assert_eq!(write(&again), text);
        prop_assert_eq!(again, lock);
    }

    #[test]
    fn no_bytes_make_reading_a_lock_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = read(Path::new("weir.lock"), &bytes);
    }
}
