//! Plugins directories with something else in them than files that stay as they are.

use std::fs;
use std::os::unix::fs::symlink;
use std::process::Command;

use crate::support::core_module;

use super::*;

/// What is said of each file that does not load.
fn load_faults(found: &Finished) -> Vec<(String, String)> {
    let text = |fault: &Value, name: &str| fault[name].as_str().unwrap().to_owned();
    let of = |fault: &Value| (text(fault, "monitor"), text(fault, "message"));
    let mut faults: Vec<_> = found.events_of("fault").iter().map(of).collect();
    faults.sort();
    faults
}

fn make_fifo(path: &std::path::Path) {
    assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
}

#[test]
fn what_is_no_file_is_said_to_be_none_and_waited_for_by_nobody() {
    let with = replay().guests(&["says-it-once"]);
    let dir = with.path("plugins");
    make_fifo(&dir.join("fifo.wasm"));
    symlink("fifo.wasm", dir.join("linked-fifo.wasm")).unwrap();
    symlink("/dev/zero", dir.join("zero.wasm")).unwrap();
    symlink("loop.wasm", dir.join("loop.wasm")).unwrap();
    symlink("/nowhere", dir.join("dangling.wasm")).unwrap();
    symlink("..", dir.join("folder.wasm")).unwrap();
    symlink("says-it-once.wasm", dir.join("linked.wasm")).unwrap();
    let socket = std::os::unix::net::UnixListener::bind(dir.join("socket.wasm")).unwrap();
    let found = beside(with);
    drop(socket);
    let faults = load_faults(&found);
    let expected = [
        ("dangling", "No such file or directory"),
        ("fifo", "is not a plain file"),
        ("folder", "is not a plain file"),
        ("linked-fifo", "is not a plain file"),
        ("loop", "symbolic links"),
        ("socket", "is not a plain file"),
        ("zero", "is not a plain file"),
    ];
    assert_eq!(faults.len(), expected.len(), "{faults:?}");
    for ((monitor, message), (name, part)) in faults.iter().zip(expected) {
        assert!(monitor == name && message.contains(part), "{monitor}: {message}, not {part}");
    }
    assert_eq!(found.events_by("linked").len(), found.events_by("says-it-once").len());
}

#[test]
fn a_file_beyond_the_largest_is_not_read_to_its_end() {
    let with = replay().guests(&["says-it-once"]);
    let large = fs::File::create(with.path("plugins/large.wasm")).unwrap();
    large.set_len(1 << 40).unwrap();
    let faults = load_faults(&beside(with));
    assert_eq!(faults.len(), 1);
    assert!(faults[0].1.contains("has more than 67108864 bytes"), "{faults:?}");
}

#[test]
fn files_beyond_what_a_directory_may_hold_are_not_read() {
    let with = replay().guests(&["says-it-once"]);
    for n in 0..10 {
        let large = fs::File::create(with.path(&format!("plugins/large-{n}.wasm"))).unwrap();
        large.set_len(60 << 20).unwrap();
    }
    let faults = load_faults(&beside(with));
    let beyond = |fault: &&(String, String)| fault.1.contains("more than 536870912 bytes");
    assert_eq!(faults.iter().filter(beyond).count(), 2, "{faults:?}");
}

#[test]
fn more_files_than_a_directory_may_hold_are_a_configuration_error() {
    let with = replay().guests(&[]);
    for n in 0..300 {
        fs::write(with.path(&format!("plugins/p{n}.wasm")), "").unwrap();
    }
    let found = with.run();
    assert_ne!(found.code, Some(0));
    found.complains("300 plugins in ");
}

/// Something takes a file's place again and again while the program is started again and again:
/// whichever it finds, it comes back, and what it runs is one of the two as a whole.
#[test]
fn a_file_that_is_replaced_while_it_is_read_is_one_or_the_other() {
    let with = replay().guests(&[]);
    let dir = with.path("plugins");
    let (one, other) = (dir.join("one"), dir.join("other"));
    fs::write(&one, core_module("says-it-once")).unwrap();
    make_fifo(&other);
    let shared = dir.join("shared.wasm");
    fs::copy(&one, &shared).unwrap();
    let swap = |from: &std::path::Path| {
        let link = dir.join("next");
        fs::hard_link(from, &link).unwrap();
        fs::rename(&link, &shared).unwrap();
    };
    let done = std::sync::atomic::AtomicBool::new(false);
    let runs = std::thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(std::sync::atomic::Ordering::Acquire) {
                swap(&other);
                swap(&one);
            }
        });
        let list = |_| Weir::new(["plugin", "list"]).args(["--plugins-dir", dir.to_str().unwrap()]);
        let runs: Vec<_> = (0..20).map(list).map(Weir::run).collect();
        done.store(true, std::sync::atomic::Ordering::Release);
        runs
    });
    for found in runs {
        let said = format!("{}{}", found.stdout, found.stderr);
        assert!(said.contains("is not a plain file") || said.contains("shared"), "{said}");
    }
}

#[test]
fn a_file_that_is_cut_short_while_it_is_read_is_no_monitor_and_no_more() {
    let with = replay().guests(&[]);
    let path = with.path("plugins/changing.wasm");
    let whole = core_module("says-it-once");
    fs::write(&path, &whole).unwrap();
    let done = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let file = fs::File::options().write(true).open(&path).unwrap();
            while !done.load(std::sync::atomic::Ordering::Acquire) {
                file.set_len(100).unwrap();
                std::os::unix::fs::FileExt::write_all_at(&file, &whole, 0).unwrap();
            }
        });
        let found = beside(with);
        done.store(true, std::sync::atomic::Ordering::Release);
        for fault in found.events_of("fault") {
            assert_eq!([&fault["monitor"], &fault["kind"]], ["changing", "load"], "{fault}");
        }
    });
}
