//! Calls into guests, and batches handed to them, next to the same logic in the host.

use std::borrow::Cow;
use std::hint::black_box;
use std::sync::Arc;

use divan::Bencher;
use divan::counter::ItemsCount;
use weir::clock::Timestamp;
use weir::monitor::{
    Configured, Instance, Limits, Loaded, Metering, Origin, Plugin, ROWS_MAX, Rows, Sandbox,
};
use weir::store::{ColumnView, Digest, PlanBuilder, RowsView};

use super::guest::core_module;
use super::questions::SIX_COLUMNS;
use super::traffic::Seconds;

/// How many rows are handed over at once: as many as in a busy pipeline.
const ROWS: usize = ROWS_MAX;
/// How calls are bounded when live and in replay.
const METERINGS: [Metering; 2] = [Metering::Deadline, Metering::Fuel];

fn instance(name: &str, metering: Metering) -> Box<Instance> {
    let plugin = Plugin {
        name: name.to_owned(),
        origin: Origin::BuiltIn,
        bytes: Cow::Owned(core_module(name).unwrap()),
    };
    let sandbox = Arc::new(Sandbox::new(metering, None).unwrap());
    let loaded = Loaded::new(&sandbox, &plugin).unwrap();
    let config = "{}".to_owned();
    match Instance::start(&sandbox, &loaded, &name.into(), &Limits::default(), config, None) {
        Ok(Configured::Running(instance, ..)) => instance,
        Ok(Configured::Refused(problems)) => panic!("{name}: {problems:?}"),
        Err(failure) => panic!("{name}: {failure:?}"),
    }
}

/// A batch of rows as the store hands it out, digested.
fn digest() -> (Digest, weir::store::SubscriptionId) {
    let mut builder = PlanBuilder::new();
    let subscription = builder.subscribe(&SIX_COLUMNS, None);
    let mut digest = Digest::new(Arc::new(builder.build()));
    Seconds::new().next_into(&mut digest, ROWS);
    (digest, subscription)
}

fn rows() -> Arc<Rows> {
    let (digest, subscription) = digest();
    let mut portions = Rows::split(&digest.rows(subscription, 0..1));
    Arc::new(portions.remove(0))
}

/// An export that does nothing: the call, its limits and what it said.
#[divan::bench(args = METERINGS)]
fn empty_tick(bencher: Bencher<'_, '_>, metering: Metering) {
    let mut idle = instance("idle", metering);
    bencher.bench_local(|| idle.on_tick(Timestamp::default(), Vec::new()).unwrap());
}

/// The copy that every subscriber of the same columns shares.
#[divan::bench]
fn copy_columns(bencher: Bencher<'_, '_>) {
    let (digest, subscription) = digest();
    bencher
        .counter(ItemsCount::new(ROWS))
        .bench_local(|| Rows::split(&digest.rows(subscription, 0..1)));
}

fn hand_over(bencher: Bencher<'_, '_>, guest: &str, metering: Metering) {
    let (mut guest, rows) = (instance(guest, metering), rows());
    bencher
        .counter(ItemsCount::new(ROWS))
        .bench_local(|| guest.on_batch(Timestamp::default(), &rows).unwrap());
}

/// A guest that only counts the rows: the hand-over itself.
#[divan::bench(args = METERINGS)]
fn guest_counts_rows(bencher: Bencher<'_, '_>, metering: Metering) {
    hand_over(bencher, "counts-rows", metering);
}

/// A guest that reads all six columns; to be compared with `native_reads_six_columns`.
#[divan::bench(args = METERINGS)]
fn guest_reads_six_columns(bencher: Bencher<'_, '_>, metering: Metering) {
    hand_over(bencher, "reads-columns", metering);
}

/// The logic of `guests/reads-columns.wat` in the host, on the columns as the store has them.
#[divan::bench]
fn native_reads_six_columns(bencher: Bencher<'_, '_>) {
    let (mut native, (digest, subscription)) = (Native::new(), digest());
    bencher.counter(ItemsCount::new(ROWS)).bench_local(|| {
        native.on_batch(&black_box(&digest).rows(subscription, 0..1));
        black_box(native.bytes)
    });
}

/// What `guests/reads-columns.wat` counts.
struct Native {
    by_status: [u64; 1_024],
    by_client: [u64; 256],
    by_method: [u64; 256],
    by_path: [u64; 256],
    by_agent: [u64; 256],
    rows: usize,
    bytes: i64,
}

impl Native {
    fn new() -> Self {
        Self {
            by_status: [0; 1_024],
            by_client: [0; 256],
            by_method: [0; 256],
            by_path: [0; 256],
            by_agent: [0; 256],
            rows: 0,
            bytes: 0,
        }
    }

    fn on_batch(&mut self, rows: &RowsView<'_>) {
        self.rows += rows.len();
        count_by_byte(rows, 0, 0, &mut self.by_client);
        count_by_byte(rows, 1, 0, &mut self.by_method);
        count_by_byte(rows, 2, 1, &mut self.by_path);
        for status in integers(rows, 3) {
            let count = usize::try_from(*status).ok().and_then(|at| self.by_status.get_mut(at));
            if let Some(count) = count {
                *count += 1;
            }
        }
        self.bytes += integers(rows, 4).iter().filter(|bytes| **bytes > 0).sum::<i64>();
        count_by_byte(rows, 5, 0, &mut self.by_agent);
    }
}

fn integers<'digest>(rows: &RowsView<'digest>, column: usize) -> &'digest [i64] {
    match rows.column(column) {
        Some(ColumnView::Integers(values)) => values,
        _ => panic!("column {column} has no integers"),
    }
}

/// Counts a column's texts by the byte `skip` bytes behind their beginning.
fn count_by_byte(rows: &RowsView<'_>, column: usize, skip: u32, counts: &mut [u64; 256]) {
    let Some(ColumnView::Texts(texts)) = rows.column(column) else {
        panic!("column {column} has no texts")
    };
    let (mut start, bytes) = (0, texts.utf8());
    for end in texts.ends() {
        if start + skip < end
            && let Some(&byte) = bytes.get(usize::try_from(start + skip).unwrap_or(usize::MAX))
            && let Some(count) = counts.get_mut(usize::from(byte))
        {
            *count += 1;
        }
        start = end;
    }
}
