//! From runs of lines to answers: the work that is done for every second and every tick.

use std::cell::RefCell;
use std::sync::Arc;

use divan::Bencher;
use divan::counter::ItemsCount;
use weir::clock::Timestamp;
use weir::store::{Digest, Limits, PlanBuilder, Query, QuestionId, Store};

use std::time::Duration;

use super::traffic::{LINES_PER_SECOND, Seconds};

/// Questions of which the work for a second and for a tick differs, with their windows in seconds.
const QUESTIONS: [(&str, u64); 4] = [
    ("count", 121),
    ("by section | top 1 | count", 10),
    ("p99(bytes)", 60),
    ("distinct(client)", 60),
];

/// A store that answers one question about a log that goes on.
struct Running {
    log: Seconds,
    digest: Digest,
    store: Store,
    question: QuestionId,
}

impl Running {
    /// The store as it is once its window is full.
    fn new(question: &str, window_s: u64) -> Self {
        let mut builder = PlanBuilder::new();
        let query = Query::parse(question).unwrap();
        let question = builder.ask(&query, Duration::from_secs(window_s));
        let plan = Arc::new(builder.build());
        let digest = Digest::new(Arc::clone(&plan));
        let store = Store::new(plan, Limits::default());
        let mut running = Self { log: Seconds::new(), digest, store, question };
        for _ in 0..=window_s {
            running.next_second();
            running.absorb();
            running.tick();
        }
        running
    }

    fn next_second(&mut self) {
        self.log.next_into(&mut self.digest, LINES_PER_SECOND);
    }

    fn absorb(&mut self) {
        self.store.absorb(&self.digest, 0, self.log.second);
    }

    /// What a tick does: the answer, and what has left the window goes.
    fn tick(&mut self) -> f64 {
        let now = Timestamp::from_secs(self.log.second);
        let answer = self.store.answer(self.question, now);
        self.store.evict(now);
        answer.values.iter().sum()
    }
}

#[divan::bench(args = QUESTIONS, sample_size = 1, sample_count = 500)]
fn absorb_a_second(bencher: Bencher<'_, '_>, (question, window_s): (&str, u64)) {
    let running = RefCell::new(Running::new(question, window_s));
    bencher
        .counter(ItemsCount::new(LINES_PER_SECOND))
        .with_inputs(|| {
            running.borrow_mut().tick();
            running.borrow_mut().next_second();
        })
        .bench_local_values(|()| running.borrow_mut().absorb());
}

#[divan::bench(args = QUESTIONS, sample_size = 1, sample_count = 500)]
fn answer_at_a_tick(bencher: Bencher<'_, '_>, (question, window_s): (&str, u64)) {
    let running = RefCell::new(Running::new(question, window_s));
    bencher
        .with_inputs(|| {
            running.borrow_mut().next_second();
            running.borrow_mut().absorb();
        })
        .bench_local_values(|()| running.borrow_mut().tick());
}
