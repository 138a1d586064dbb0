use std::cell::RefCell;
use std::collections::HashMap;
use std::io::Write;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use regex::Regex;

use super::*;
use crate::clock::{ManualClock, Timestamp};

/// Combined, as strictly as the generator writes it.
const COMBINED: &str = r#"^(\S+) - (\S+) \[\d{2}/[A-Z][a-z]{2}/\d{4}:\d{2}:\d{2}:\d{2} \+0000\] "([A-Z]+) (\S+) HTTP/\d\.\d" (\d{3}) (\d+) "([^"]*)" "([^"]*)"$"#;

const EPOCH: Timestamp = Timestamp::from_secs(1_536_682_774);

/// An output that tests can look into: one entry a `write`.
#[derive(Clone, Default)]
struct Written(Arc<Mutex<Vec<Vec<u8>>>>);

impl Written {
    fn writer(&self) -> LineWriter {
        LineWriter::onto("test.log".as_ref(), self.clone())
    }

    fn writes(&self) -> Vec<Vec<u8>> {
        self.0.lock().unwrap().clone()
    }

    fn text(&self) -> String {
        String::from_utf8(self.writes().concat()).unwrap()
    }
}

impl Write for Written {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().push(bytes.to_vec());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Runs at `pace` on a clock that only waiting moves; what was written, and every wait.
fn run_at(pace: &Pace, seed: u64, out: &Written) -> (Generated, Vec<Duration>) {
    let clock = ManualClock::new(EPOCH);
    let waits = RefCell::new(Vec::new());
    let wait = |span| {
        clock.advance(span);
        waits.borrow_mut().push(span);
        false
    };
    let generated = run(&mut Traffic::new(seed), pace, &mut out.writer(), &clock, wait).unwrap();
    (generated, waits.into_inner())
}

fn sample(lines: usize) -> String {
    let mut traffic = Traffic::new(7);
    let mut text = Vec::new();
    for _ in 0..lines {
        traffic.append_line(&mut text, EPOCH);
    }
    String::from_utf8(text).unwrap()
}

#[test]
fn every_line_is_in_the_combined_format_and_short() {
    let combined = Regex::new(COMBINED).unwrap();
    for line in sample(20_000).lines() {
        assert!(combined.is_match(line), "{line}");
        assert!(line.len() < 512, "{line}");
    }
}

#[test]
fn the_mix_looks_like_a_site() {
    let combined = Regex::new(COMBINED).unwrap();
    let text = sample(20_000);
    let mut classes: HashMap<&str, u32> = HashMap::new();
    let mut paths: HashMap<&str, u32> = HashMap::new();
    let mut clients: HashMap<&str, u32> = HashMap::new();
    for line in text.lines() {
        let fields = combined.captures(line).unwrap();
        let field = |index| fields.get(index).unwrap().as_str();
        *classes.entry(&field(5)[..1]).or_default() += 1;
        *paths.entry(field(4)).or_default() += 1;
        *clients.entry(field(1)).or_default() += 1;
    }
    let per_mille = |class| classes.get(class).copied().unwrap_or(0) / 20;
    assert!((790..830).contains(&per_mille("2")), "{classes:?}");
    assert!((75..105).contains(&per_mille("3")), "{classes:?}");
    assert!((60..90).contains(&per_mille("4")), "{classes:?}");
    assert!((15..35).contains(&per_mille("5")), "{classes:?}");
    assert!(paths.len() > 500, "{}", paths.len());
    assert!(clients.len() > 700, "{}", clients.len());
    assert!(
        clients.keys().all(|client| {
            ["192.0.2.", "198.51.100.", "203.0.113.", "2001:db8:"]
                .iter()
                .any(|network| client.starts_with(network))
        }),
        "only addresses for documentation"
    );
}

#[test]
fn the_same_seed_gives_the_same_requests_at_other_times() {
    let requests = |seed, second| {
        let mut traffic = Traffic::new(seed);
        let mut text = Vec::new();
        for nth in 0..1_000_i64 {
            traffic.append_line(&mut text, Timestamp::from_secs(second + nth / 10));
        }
        let text = String::from_utf8(text).unwrap();
        Regex::new(r"\[.*?\]").unwrap().replace_all(&text, "").into_owned()
    };
    assert_eq!(requests(1, 0), requests(1, 1_000_000_000));
    assert_ne!(requests(1, 0), requests(2, 0));
}

#[test]
fn lines_are_stamped_with_the_time_of_writing() {
    let out = Written::default();
    run_at(&Pace::constant(1.0, Some(Duration::from_secs(3))), 1, &out);
    let text = out.text();
    let stamps: Vec<_> =
        text.lines().map(|line| &line[line.find('[').unwrap()..=line.find(']').unwrap()]).collect();
    assert_eq!(
        stamps,
        [
            "[11/Sep/2018:16:19:35 +0000]",
            "[11/Sep/2018:16:19:36 +0000]",
            "[11/Sep/2018:16:19:37 +0000]",
        ]
    );
}

#[test]
fn the_rate_is_exact_on_average() {
    for (rate, seconds, lines) in
        [(10.0, 60, 600), (0.1, 30, 3), (2.5, 10, 25), (150.0, 10, 1_500), (12_345.6, 5, 61_728)]
    {
        let out = Written::default();
        let pace = Pace::constant(rate, Some(Duration::from_secs(seconds)));
        let (generated, _) = run_at(&pace, 1, &out);
        assert_eq!(generated.lines, lines, "at {rate} for {seconds} s");
        let text = out.text();
        assert_eq!(u64::try_from(text.lines().count()).unwrap(), lines);
        assert_eq!(u64::try_from(text.len()).unwrap(), generated.bytes);
    }
}

#[test]
fn slow_paces_wait_for_each_line_and_fast_ones_ten_milliseconds() {
    let slow = Pace::constant(4.0, Some(Duration::from_secs(2)));
    let (_, waits) = run_at(&slow, 1, &Written::default());
    assert_eq!(waits.len(), 8, "one wait a line: {waits:?}");
    let fast = Pace::constant(5_000.0, Some(Duration::from_secs(1)));
    let out = Written::default();
    let (_, waits) = run_at(&fast, 1, &out);
    assert_eq!(waits, [Duration::from_millis(10); 100]);
    assert!(out.writes().iter().all(|write| write.split(|&byte| byte == b'\n').count() == 51));
}

#[test]
fn a_swinging_pace_writes_as_much_as_its_steps_say() {
    let steps = [(5, 2.0), (5, 0.0), (5, 40.0)];
    let steps = steps.map(|(s, rate)| Step { lasts: Duration::from_secs(s), rate });
    let (generated, _) = run_at(&Pace::swinging(steps.to_vec()), 1, &Written::default());
    assert_eq!(generated.lines, 210);
}

#[test]
fn it_stops_when_it_is_told_to() {
    let clock = ManualClock::new(EPOCH);
    let mut waits = 0;
    let wait = |span| {
        clock.advance(span);
        waits += 1;
        waits > 3
    };
    let out = Written::default();
    let pace = Pace::constant(1.0, None);
    let generated = run(&mut Traffic::new(1), &pace, &mut out.writer(), &clock, wait).unwrap();
    assert_eq!(generated.lines, 3);
}

#[test]
fn what_is_long_overdue_goes_out_in_pieces_between_which_it_can_be_stopped() {
    let clock = ManualClock::new(EPOCH);
    let mut waits = Vec::new();
    let wait = |span| {
        waits.push(span);
        clock.advance(Duration::from_hours(1));
        waits.len() == 4
    };
    let out = Written::default();
    let pace = Pace::constant(1_000.0, None);
    run(&mut Traffic::new(1), &pace, &mut out.writer(), &clock, wait).unwrap();
    assert_eq!(waits, [BATCH_INTERVAL, Duration::ZERO, Duration::ZERO, Duration::ZERO]);
    let writes = out.writes();
    assert_eq!(writes.len(), 3);
    assert!(
        writes.iter().all(|write| write.len() < BATCH_BYTES_MAX + 512 && write.ends_with(b"\n"))
    );
}

#[test]
fn several_writers_of_one_file_never_tear_a_line() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("access.log");
    std::fs::write(&path, "what was there before\n").unwrap();
    let total: u64 = std::thread::scope(|scope| {
        let writers: Vec<_> = (0..4)
            .map(|seed| {
                let path = &path;
                scope.spawn(move || {
                    let clock = ManualClock::new(EPOCH);
                    let wait = |span| {
                        clock.advance(span);
                        false
                    };
                    let pace = Pace::constant(20_000.0, Some(Duration::from_secs(1)));
                    let mut out = LineWriter::open(path).unwrap();
                    run(&mut Traffic::new(seed), &pace, &mut out, &clock, wait).unwrap().lines
                })
            })
            .collect();
        writers.into_iter().map(|writer| writer.join().unwrap()).sum()
    });
    assert_eq!(total, 80_000);
    let text = std::fs::read_to_string(&path).unwrap();
    let mut lines = text.lines();
    assert_eq!(lines.next(), Some("what was there before"));
    let combined = Regex::new(COMBINED).unwrap();
    let torn: Vec<_> = lines.clone().filter(|line| !combined.is_match(line)).collect();
    assert_eq!(torn, [""; 0]);
    assert_eq!(lines.count(), 80_000);
}

#[test]
fn a_file_is_created_but_not_its_folder() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("access.log");
    LineWriter::open(&path).unwrap();
    assert!(path.exists());
    let below = folder.path().join("absent/access.log");
    let error = LineWriter::open(&below).err().unwrap();
    assert_eq!(error.to_string(), format!("cannot open {} for writing", below.display()));
    assert!(std::error::Error::source(&error).is_some());
}

/// An output that fails the same way every time.
struct Failing(io::ErrorKind);

impl Write for Failing {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(self.0.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_reader_that_is_gone_ends_it_quietly_and_a_full_disk_does_not() {
    let run_onto = |kind| {
        let clock = ManualClock::new(EPOCH);
        let wait = |span| {
            clock.advance(span);
            false
        };
        let mut out = LineWriter::onto("x.log".as_ref(), Failing(kind));
        run(&mut Traffic::new(1), &Pace::constant(1.0, None), &mut out, &clock, wait)
    };
    assert!(run_onto(io::ErrorKind::BrokenPipe).is_ok());
    let error = run_onto(io::ErrorKind::StorageFull).unwrap_err();
    assert_eq!(error.to_string(), "cannot write to x.log");
}
