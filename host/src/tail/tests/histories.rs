//! Any history of writing and rotating: every line comes exactly once.

use std::fs::File;
use std::time::Duration;

use proptest::prelude::*;

use super::super::ReadFrom::Start;
use super::*;

/// What happens to a log, or to its follower.
#[derive(Clone, Copy, Debug)]
enum Happening {
    /// The writer writes lines, the last one only in part.
    Write {
        lines: usize,
    },
    /// The log gets a new name; the writer keeps writing to it.
    Rename,
    /// The writer begins a new file under the log's name.
    Reopen,
    Step,
    /// Less than a rotated file is waited for.
    Pass {
        millis: u64,
    },
}

fn happening() -> impl Strategy<Value = Happening> {
    prop_oneof![
        4 => (1_usize..300).prop_map(|lines| Happening::Write { lines }),
        1 => Just(Happening::Rename),
        1 => Just(Happening::Reopen),
        4 => Just(Happening::Step),
        2 => (0_u64..2_000).prop_map(|millis| Happening::Pass { millis }),
    ]
}

/// A log's writer and rotator.
struct Writer<'logs> {
    logs: &'logs Logs,
    file: File,
    renamed: usize,
    written: usize,
}

impl<'logs> Writer<'logs> {
    fn new(logs: &'logs Logs) -> Self {
        Self { logs, file: File::create(logs.path("log")).unwrap(), renamed: 0, written: 0 }
    }

    /// In two parts, with a step in between.
    fn write(&mut self, lines: usize, step: impl FnOnce()) {
        let numbers = self.written..self.written + lines;
        let text: Vec<_> = numbers.map(|number| format!("line {number}\n")).collect();
        let text = text.concat();
        let (now, later) = text.split_at(text.len() * 2 / 3);
        self.file.write_all(now.as_bytes()).unwrap();
        step();
        self.file.write_all(later.as_bytes()).unwrap();
        self.written += lines;
    }

    fn rename(&mut self) {
        if self.logs.path("log").exists() {
            self.renamed += 1;
            self.logs.rename("log", &format!("log.{}", self.renamed));
        }
    }

    fn reopen(&mut self) {
        if !self.logs.path("log").exists() {
            self.file = File::create(self.logs.path("log")).unwrap();
        }
    }
}

/// The lines that come out of a history, in order of their numbers, and how many were written.
fn lines_of(pattern: &str, history: &[Happening]) -> (Vec<usize>, usize) {
    let logs = Logs::new();
    let mut writer = Writer::new(&logs);
    let mut following = logs.follow(&[pattern], Start);
    let mut told = Vec::new();
    let mut step = |following: &mut Following<'_>| {
        following.follower.step(&following.out);
        told.extend(following.received());
    };
    for happening in history {
        match *happening {
            Happening::Write { lines } => writer.write(lines, || step(&mut following)),
            Happening::Rename => writer.rename(),
            Happening::Reopen => {
                // A file that comes and goes between two looks is found by a glob only.
                step(&mut following);
                writer.reopen();
                step(&mut following);
            }
            Happening::Step => step(&mut following),
            Happening::Pass { millis } => following.clock.advance(Duration::from_millis(millis)),
        }
    }
    writer.reopen();
    told.extend(following.told());
    told.extend(following.drained());
    let number = |told: &String| told.split_once(": line ")?.1.parse().ok();
    let mut numbers: Vec<usize> = told.iter().filter_map(number).collect();
    numbers.sort_unstable();
    (numbers, writer.written)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_line_of_a_path_comes_exactly_once(
        history in proptest::collection::vec(happening(), 1..60)
    ) {
        let (lines, written) = lines_of("log", &history);
        prop_assert_eq!(lines, (0..written).collect::<Vec<_>>());
    }

    #[test]
    fn every_line_of_a_glob_that_matches_rotated_names_comes_exactly_once(
        history in proptest::collection::vec(happening(), 1..60)
    ) {
        let (lines, written) = lines_of("log*", &history);
        prop_assert_eq!(lines, (0..written).collect::<Vec<_>>());
    }
}
