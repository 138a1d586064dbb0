//! Lines cost no allocation. Once a batch's texts have been seen, the same work on further lines
//! allocates nothing at all; what a second and a tick allocate does not grow with their lines.
//!
//! Counted are this thread's allocations, and a growing buffer counts as one.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that is surprised has failed")]

use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use allocation_counter::measure;
use weir::clock::Timestamp;
use weir::config::{Flags, resolve};
use weir::diagnostics::{Diagnostics, Verbosity};
use weir::generate::Traffic;
use weir::monitor::{Metering, Rows};
use weir::parse::Parser;
use weir::pipeline::{Outlets, ReplayLog, ReplaySettings, assemble, replay};
use weir::record::Field;
use weir::sink::{Json, Sink};
use weir::store::{Digest, Limits, Plan, PlanBuilder, Query, Store};
use weir::tail::{self, LineBatch, SourceId};

/// 2018-09-11 12:00:00 UTC.
const NOON: i64 = 1_536_667_200;
const SECONDS: i64 = 20;
/// How many different requests there are.
const REQUESTS: usize = 200;

/// What the two built-in monitors ask, with the windows in seconds.
const BUILT_INS: [(&str, u64); 3] =
    [("by section | top 1 | count", 10), ("by class | count", 10), ("count", 120)];

fn plan(questions: &[(&str, u64)]) -> Arc<Plan> {
    let mut builder = PlanBuilder::new();
    for (text, window_s) in questions {
        builder.ask(&Query::parse(text).unwrap(), Duration::from_secs(*window_s));
    }
    Arc::new(builder.build())
}

/// A log of [`SECONDS`] seconds from `start` on: the same few requests again and again, so that a
/// longer log says nothing new.
fn log(start: i64, lines_per_second: usize) -> Vec<u8> {
    let (requests, mut log) = (Traffic::new(1), Vec::new());
    for second in start..start + SECONDS {
        let mut traffic = requests.clone();
        for line in 0..lines_per_second {
            if line % REQUESTS == 0 {
                traffic = requests.clone();
            }
            traffic.append_line(&mut log, Timestamp::from_secs(second));
        }
    }
    log
}

fn batch(log: &[u8]) -> LineBatch {
    LineBatch::from_lines(SourceId::default(), log)
}

/// What the pipeline does with a batch before it takes it into the store.
fn digest_into(digest: &mut Digest, parser: &mut Parser, batch: &LineBatch) {
    digest.clear();
    digest.extend(batch.lines().map(|line| parser.parse(line).unwrap()));
    digest.finish();
}

/// The allocations of a batch's work, done for the third time.
fn allocations_of_a_batch(plan: Arc<Plan>) -> u64 {
    let (mut digest, mut parser, batch) =
        (Digest::new(plan), Parser::new(), batch(&log(NOON, 400)));
    digest_into(&mut digest, &mut parser, &batch);
    digest_into(&mut digest, &mut parser, &batch);
    measure(|| digest_into(&mut digest, &mut parser, &batch)).count_total
}

#[test]
fn a_batch_is_parsed_and_digested_without_an_allocation() {
    assert_eq!(allocations_of_a_batch(plan(&BUILT_INS)), 0);
}

#[test]
fn so_it_is_for_filters_percentiles_and_distinct_values() {
    let plan = plan(&[
        ("where status >= 500 and path ~ \"^/api\" | by section | top 10 | count", 60),
        ("by method, class | count, avg(bytes), max(bytes)", 60),
        ("p50(bytes), p99(bytes)", 60),
        ("by section | distinct(client)", 60),
    ]);
    assert_eq!(allocations_of_a_batch(plan), 0);
}

#[test]
fn so_it_is_for_rows_in_columns() {
    let mut builder = PlanBuilder::new();
    let fields =
        [Field::Client, Field::Method, Field::Path, Field::Status, Field::Bytes, Field::Agent];
    builder.subscribe(&fields, None);
    assert_eq!(allocations_of_a_batch(Arc::new(builder.build())), 0);
}

#[test]
fn rows_are_handed_over_in_a_few_allocations_whatever_their_number() {
    let mut builder = PlanBuilder::new();
    let fields = [Field::Client, Field::Status, Field::Path];
    let rows = builder.subscribe(&fields, None);
    let plan = Arc::new(builder.build());
    let handed_over = |lines_per_second| {
        let mut digest = Digest::new(Arc::clone(&plan));
        digest_into(&mut digest, &mut Parser::new(), &batch(&log(NOON, lines_per_second)));
        let view = digest.rows(rows, 0..digest.runs().len());
        measure(|| drop(Rows::split(&view))).count_total
    };
    let (few, many) = (handed_over(10), handed_over(100));
    assert_eq!(few, many, "for 200 rows and for 2,000");
    assert!(few <= 5, "{few} allocations for three columns");
}

/// The allocations of taking in, answering and forgetting a log's seconds, once the windows are
/// full and the texts known.
fn allocations_of_seconds(lines_per_second: usize) -> u64 {
    let mut builder = PlanBuilder::new();
    let asked: Vec<_> = BUILT_INS
        .iter()
        .map(|(text, window_s)| {
            builder.ask(&Query::parse(text).unwrap(), Duration::from_secs(*window_s))
        })
        .collect();
    let plan = Arc::new(builder.build());
    let mut store = Store::new(Arc::clone(&plan), Limits::default());
    let (mut digest, mut parser) = (Digest::new(plan), Parser::new());
    let mut allocations = 0;
    for round in 0..10 {
        let batch = batch(&log(NOON + round * SECONDS, lines_per_second));
        digest_into(&mut digest, &mut parser, &batch);
        allocations = measure(|| {
            for (run, second) in (NOON + round * SECONDS..).take(digest.runs().len()).enumerate() {
                store.absorb(&digest, run, second);
                for question in &asked {
                    drop(store.answer(*question, Timestamp::from_secs(second)));
                }
                store.evict(Timestamp::from_secs(second));
            }
        })
        .count_total;
    }
    allocations
}

#[test]
fn a_second_allocates_as_much_with_many_lines_as_with_few() {
    let (few, many) = (allocations_of_seconds(400), allocations_of_seconds(4_000));
    assert!(many <= few + 2, "{many} for 4,000 lines a second, {few} for 400");
    // Three answers with their texts and values, each a list or two.
    let a_second = many / u64::try_from(SECONDS).unwrap();
    assert!(a_second <= 40, "{a_second} allocations a second");
}

/// The allocations of a whole replay on one thread, all the monitors' calls and their events
/// included.
fn allocations_of_a_replay(folder: &Path, lines_per_second: usize) -> u64 {
    let path = folder.join(format!("{lines_per_second}.log"));
    std::fs::File::create(&path).unwrap().write_all(&log(NOON, lines_per_second)).unwrap();
    let diagnostics = Diagnostics::new(Verbosity::Quiet);
    let mut settings = resolve(None, &Flags::default()).unwrap();
    settings.plugins.cache_dir = Some(folder.join("cache"));
    let assembly = assemble(&settings, Metering::Fuel, &diagnostics).unwrap();
    let settings = ReplaySettings {
        logs: vec![ReplayLog { path, until: None }],
        until: None,
        threads: 1,
        tail: tail::Settings::default(),
        store: Limits::default(),
    };
    let sink = Sink::new(Box::new(Json), Box::new(std::io::sink()), "nowhere");
    let outlets = Outlets { sink, rejects: None };
    measure(|| replay(assembly, &settings, outlets, &diagnostics, &mut |_, _| ()).unwrap())
        .count_total
}

#[test]
fn a_replay_of_more_lines_allocates_no_more() {
    let folder = tempfile::tempdir().unwrap();
    // Both logs fill several batches, so that all that is allocated once has been.
    let (few, many) = (
        allocations_of_a_replay(folder.path(), 2_000),
        allocations_of_a_replay(folder.path(), 4_000),
    );
    // A buffer may have to grow once or twice more, and a batch more may be opened.
    assert!(many <= few + 50, "{many} for 80,000 lines, {few} for 40,000");
}
