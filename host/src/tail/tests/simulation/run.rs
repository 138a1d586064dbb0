//! One run: a reader that is stepped, killed and started again while everybody else acts.

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, bounded};

use super::super::super::{Follower, ReadFrom, Tail};
use super::checker;
use super::consumer::{Consumer, Fault};
use super::disk::Directory;
use super::files::SimFiles;
use super::random::Random;
use super::scenario::{Hazard, Scenario};
use super::world::World;
use crate::clock::{Clock, ManualClock, Timestamp};

/// More than is told between two times that messages are taken.
const MESSAGES_MAX: usize = 4_096;

/// More steps in a row than all the bytes of a run can take.
const STEPS_MAX: usize = 10_000;

/// How many times in a row a reader is killed before it has begun.
const KILLED_AT_START_MAX: usize = 3;

/// A run that showed something wrong.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) message: String,
    pub(super) trace: Vec<String>,
}

/// A reader between two kills.
struct Life {
    follower: Follower,
    out: Sender<Tail>,
    received: Receiver<Tail>,
    resumed: bool,
}

struct Run {
    scenario: Scenario,
    clock: Arc<ManualClock>,
    files: SimFiles,
    consumer: Consumer,
    random: Random,
    life: Option<Life>,
    /// How many times it was started again.
    lives: usize,
    /// Whether nothing more is written.
    ending: bool,
}

/// Does one run from its seed.
///
/// # Errors
/// What is wrong, with what happened where `traced`.
pub(super) fn run(hazard: Hazard, seed: u64, fault: Fault, traced: bool) -> Result<(), Failure> {
    let mut random = Random::new(seed);
    let scenario = Scenario::new(hazard, &mut random);
    let clock = Arc::new(ManualClock::new(Timestamp::from_secs(1_536_000_000)));
    let world = World::new(random.next(), scenario.clone(), Arc::clone(&clock), traced);
    let files = SimFiles::new(world);
    files.lock().note(|| format!("{scenario:?}"));
    for _ in 0..random.within(0..=10) {
        files.lock().act();
    }
    let mut consumer = Consumer::new(fault, random.pick(&[0, 2, 10, 50]));
    let life = Life::begin(&scenario, &clock, &files, &mut consumer, &mut random, true);
    let mut run = Run {
        scenario,
        clock,
        files: files.clone(),
        consumer,
        random,
        life: Some(life),
        lives: 0,
        ending: false,
    };
    let result = run.go();
    result.map_err(|message| Failure { message, trace: files.lock().take_trace() })
}

/// The logs that reading begins behind: those that no earlier life knew, where that is asked for.
fn passed_over(scenario: &Scenario, world: &World) -> Vec<PathBuf> {
    let from_end = scenario.patterns.iter().filter(|pattern| pattern.from == ReadFrom::End);
    let logs = from_end.map(|pattern| pattern.path.clone());
    logs.filter(|log| !world.resumed.contains(log)).collect()
}

impl Life {
    fn begin(
        scenario: &Scenario,
        clock: &Arc<ManualClock>,
        files: &SimFiles,
        consumer: &mut Consumer,
        random: &mut Random,
        mortal: bool,
    ) -> Self {
        let resume = consumer.restart(random);
        {
            let mut world = files.lock();
            let mortal = mortal && scenario.crashes && !world.still;
            let killed_in = mortal.then(|| random.within(1..=800) as u64);
            world.begin_life(killed_in);
            world.known = consumer.known();
            world.resumed = consumer.known();
            for log in passed_over(scenario, &world) {
                world.disk.pass_over(&log);
            }
            world.note(|| format!("reader begins with {resume:?}"));
        }
        let resumed = !resume.sources.is_empty();
        let follower = Follower::new(
            scenario.patterns.clone(),
            scenario.settings.clone(),
            clock.clone(),
            Arc::new(files.clone()),
            resume,
        );
        let mut world = files.lock();
        for log in passed_over(scenario, &world) {
            world.disk.passed_over(&log);
        }
        drop(world);
        let (out, received) = bounded(MESSAGES_MAX);
        Self { follower: follower.unwrap(), out, received, resumed }
    }

    fn step(&mut self) -> bool {
        self.follower.step(&self.out)
    }

    fn drain(&mut self) {
        self.follower.drain(&self.out);
    }
}

impl Run {
    fn go(&mut self) -> Result<(), String> {
        for _ in 0..self.scenario.rounds {
            for _ in 0..self.random.within(0..=8) {
                self.files.lock().act();
            }
            self.let_time_pass()?;
            if self.scenario.crashes && self.random.chance(3) {
                self.stop()?;
                continue;
            }
            self.step();
            let most = self.life().received.len();
            let all = most > MESSAGES_MAX / 4 || self.random.chance(70);
            let count = if all { most } else { self.random.below(most + 1) };
            self.take(count)?;
        }
        self.end()
    }

    fn let_time_pass(&mut self) -> Result<(), String> {
        let millis = match self.random.below(100) {
            0..60 => self.random.within(0..=300),
            60..70 => self.random.within(300..=2_000),
            70..74 => return self.quiet(),
            _ => return Ok(()),
        };
        self.files.lock().advance(Duration::from_millis(millis as u64));
        Ok(())
    }

    fn life(&mut self) -> &mut Life {
        self.life.as_mut().expect("a reader is there between restarts")
    }

    /// A step of the reader, and another reader where it is killed. Where it says that it read everything and nobody disturbed it, what
    /// was in front of it before is due.
    fn step(&mut self) -> bool {
        let before = self.files.lock().in_front_of_reader();
        let more = self.life().step();
        let mut world = self.files.lock();
        world.note(|| format!("step ends, more: {more}"));
        if world.is_killed() {
            drop(world);
            self.restart();
            return true;
        }
        if !more {
            world.make_due(&before);
        }
        more
    }

    /// The consumer takes messages.
    fn take(&mut self, count: usize) -> Result<(), String> {
        for _ in 0..count {
            let Ok(tail) = self.life().received.try_recv() else {
                break;
            };
            self.files.lock().note(|| format!("told {}", shown(&tail)));
            let caught_up = matches!(tail, Tail::CaughtUp);
            self.consumer.take(tail, &mut self.random)?;
            if caught_up {
                self.check_warm()?;
            }
        }
        if self.consumer.caught_up > 1 {
            return Err("told more than once that everything was caught up with".to_owned());
        }
        Ok(())
    }

    /// The reader is told to stop and started again.
    fn stop(&mut self) -> Result<(), String> {
        self.life().drain();
        if !self.files.lock().is_killed() {
            self.take(usize::MAX)?;
            self.consumer.keep_checkpoint();
            self.files.lock().note(|| "reader stops".to_owned());
        }
        self.restart();
        Ok(())
    }

    /// The reader is gone, and what it said last with it; time passes, and another one begins.
    fn restart(&mut self) {
        let down = self.random.within(0..=40);
        self.lives += 1;
        self.files.lock().end_life();
        self.life = None;
        for attempt in 0..=KILLED_AT_START_MAX {
            {
                let mut world = self.files.lock();
                let down = if world.still { 0 } else { down };
                for _ in 0..down {
                    world.act();
                }
                if self.random.chance(50) {
                    world.advance(Duration::from_millis(self.random.within(0..=10_000) as u64));
                }
            }
            self.replace_life(attempt < KILLED_AT_START_MAX);
            if !self.files.lock().is_killed() {
                break;
            }
        }
    }

    fn replace_life(&mut self, mortal: bool) {
        self.files.lock().end_life();
        // The old reader goes first, as a process does.
        self.life = None;
        let Self { scenario, clock, files, consumer, random, .. } = self;
        self.life = Some(Life::begin(scenario, clock, files, consumer, random, mortal));
    }

    /// Everything that was begun is ended, read, and let go of.
    fn quiet(&mut self) -> Result<(), String> {
        {
            let mut world = self.files.lock();
            world.note(|| "everything becomes quiet".to_owned());
            world.still = true;
            world.settle();
        }
        let wait = 2 * self.scenario.long();
        let mut since = self.clock.elapsed();
        let mut lives = self.lives;
        loop {
            // Another reader needs the time anew.
            if std::mem::replace(&mut lives, self.lives) != self.lives {
                since = self.clock.elapsed();
            }
            if self.clock.elapsed() > since + wait {
                break;
            }
            let mut steps = 0;
            while self.step() {
                self.take(usize::MAX)?;
                steps += 1;
                if steps > STEPS_MAX {
                    return Err("reading does not come to an end".to_owned());
                }
            }
            self.take(usize::MAX)?;
            self.files.lock().advance(Duration::from_secs(1));
        }
        let mut world = self.files.lock();
        world.still = self.ending;
        world.settled();
        Ok(())
    }

    /// Writes last lines, reads everything, and looks at the books.
    fn end(&mut self) -> Result<(), String> {
        self.take(usize::MAX)?;
        {
            let mut world = self.files.lock();
            world.settle();
            world.write_last();
        }
        self.ending = true;
        self.quiet()?;
        if self.random.chance(30) {
            // An orderly restart finds nothing new.
            self.life().drain();
            self.take(usize::MAX)?;
            self.check_caught_up()?;
            self.consumer.keep_checkpoint();
            self.files.lock().note(|| "orderly restart".to_owned());
            self.replace_life(false);
            self.quiet()?;
        }
        self.life().drain();
        self.take(usize::MAX)?;
        self.check_caught_up()?;
        let world = self.files.lock();
        checker::check(&world.disk, &self.consumer.books, &self.scenario)
    }

    fn check_caught_up(&self) -> Result<(), String> {
        if self.life.as_ref().is_some_and(|life| life.resumed) && self.consumer.caught_up != 1 {
            return Err("never told that everything was caught up with".to_owned());
        }
        Ok(())
    }

    /// Once caught up with, each line that was to come once more has come, in the order of its file.
    /// What happened to files meanwhile, or that they cannot be looked at, is an excuse.
    fn check_warm(&self) -> Result<(), String> {
        // What globs match moves from one path to another.
        if self.scenario.has_globs() {
            return Ok(());
        }
        let world = self.files.lock();
        let excused = world.upheavals_of_life() > 0
            || world.disk.directory != Directory::There
            || world.disk.files.iter().any(|file| !file.readable);
        let present = world.disk.present_lines();
        let nothing = Vec::new();
        for path in &self.scenario.logs {
            let expected = self.consumer.warm_expected.get(path).map_or(&[][..], Vec::as_slice);
            let mut waiting: Vec<_> = expected.iter().map(|file| file.lines.iter()).collect();
            let of_files = expected.iter().enumerate();
            let file_of: HashMap<_, _> = of_files
                .flat_map(|(file, warm)| warm.lines.iter().map(move |line| (line, file)))
                .collect();
            let mut came = HashSet::new();
            for line in self.consumer.warm.get(path).unwrap_or(&nothing) {
                let shown = line.escape_ascii();
                let Some(file) = file_of.get(line) else {
                    return Err(format!("{}: not a line to warm with: {shown}", path.display()));
                };
                if !waiting[*file].any(|wanted| wanted == line) {
                    return Err(format!("{}: warmed out of order with: {shown}", path.display()));
                }
                came.insert(line);
            }
            let whole = expected.iter().filter(|file| {
                let reach = |line: &Vec<u8>| present.get(line.as_slice()).copied().unwrap_or(0);
                file.lines.iter().all(|line| reach(line) as u64 >= file.until)
            });
            let missing = whole.flat_map(|file| &file.lines).find(|line| !came.contains(line));
            if let Some(line) = missing.filter(|_| !excused) {
                let line = line.escape_ascii();
                return Err(format!("{}: did not come to warm with: {line}", path.display()));
            }
        }
        Ok(())
    }
}

fn shown(tail: &Tail) -> String {
    match tail {
        Tail::Batch(batch) => {
            let lines: Vec<_> = batch
                .lines()
                .map(|line| line[..line.len().min(12)].escape_ascii().to_string())
                .collect();
            let shown = match lines.as_slice() {
                [first, .., last] => format!("{first} to {last}"),
                few => few.concat(),
            };
            let position = batch.position.as_ref();
            format!(
                "{} lines {shown}, {} too long, {} partial, warm: {}, of inode {:?} to {:?}",
                lines.len(),
                batch.too_long,
                batch.partial,
                batch.warm,
                position.map(|position| position.file.identity.inode),
                position.map(|position| position.offset),
            )
        }
        other => format!("{other:?}"),
    }
}
