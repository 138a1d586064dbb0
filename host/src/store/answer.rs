//! What a question's answer is, out of a lane's totals.

use super::intern::{UNSET, index};
use super::lane::LaneState;
use super::plan::{Lane, Question};
use super::query::{Aggregate, Percentile};
use super::rows::TextBlock;
use super::sketch::quantile;
use super::tally::BUCKET_BITS;
use super::window::{View, within};
use crate::clock::Timestamp;
use crate::record::Field;

/// The most rows of an answer to a question without `top`.
pub const ANSWER_ROWS_MAX: usize = 1_000;

/// An answer.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Answer {
    /// Row after row, the texts of the fields that the question groups by; none where it does not.
    pub keys: TextBlock,
    /// Row after row, one value for each aggregate of the question.
    ///
    /// The least, the greatest, the mean and the percentiles of nothing are 0.
    pub values: Vec<f64>,
    /// Whether the values are what the lines say. They are approximate where a percentile or too
    /// many distinct values had to be estimated, and incomplete where a limit left out groups, rows
    /// or lines, or cut a key.
    pub exact: bool,
}

/// Answers a question over the window that ends at `now`.
pub(crate) fn answer(
    state: &mut LaneState,
    lane: &Lane,
    question: &Question,
    now: Timestamp,
) -> Answer {
    let extremes = question
        .aggregates
        .iter()
        .any(|aggregate| matches!(aggregate, Aggregate::Min(_) | Aggregate::Max(_)));
    let Some(span) = state.views.get(question.window).map(|view| view.span_at(now)) else {
        return Answer::default();
    };
    let sampled = state.is_sampled_after(span.0);
    let LaneState { cells, views, .. } = &mut *state;
    let Some(view) = views.get_mut(question.window) else {
        return Answer::default();
    };
    view.advance(cells, sampled, span);
    if extremes {
        view.refresh(cells);
    }
    let (groups, complete) = ranked(state, lane, question, span);

    let Some(view) = state.views.get(question.window) else {
        return Answer::default();
    };
    let approximate = question.aggregates.iter().any(|aggregate| match aggregate {
        Aggregate::Quantile(..) => true,
        Aggregate::Distinct(_) => view.level > 0,
        _ => false,
    });
    let lossy = state.is_lossy_within(span.0, span.1);
    let cut = groups.iter().any(|&group| state.groups.is_cut(group));
    let mut keys = TextBlock::default();
    if !lane.by.is_empty() {
        for &group in &groups {
            state.groups.write(group, &mut keys);
        }
    }
    let columns: Vec<Vec<f64>> = question
        .aggregates
        .iter()
        .map(|&aggregate| column(view, lane, aggregate, &groups))
        .collect();
    let values = (0..groups.len())
        .flat_map(|row| columns.iter().filter_map(move |column| column.get(row).copied()))
        .collect();
    Answer { keys, values, exact: complete && !approximate && !lossy && !cut }
}

/// The groups that the answer has rows for, in order, and whether they are all that it should have.
///
/// They are ordered by the first aggregate, most first, and where that ties, by which was seen first
/// in the window.
fn ranked(
    state: &mut LaneState,
    lane: &Lane,
    question: &Question,
    (after, up_to): (i64, i64),
) -> (Vec<u32>, bool) {
    let Some(view) = state.views.get(question.window) else {
        return (Vec::new(), false);
    };
    if lane.by.is_empty() {
        return (vec![0], true);
    }
    let live = (0..).zip(&view.counts).filter(|&(_, &count)| count > 0);
    let groups: Vec<u32> = live.map(|(group, _)| group).collect();
    let first = question.aggregates.first().copied().unwrap_or(Aggregate::Count);
    let values = column(view, lane, first, &groups);
    let mut rows: Vec<(f64, u32)> = values.into_iter().zip(groups).collect();
    let most_first = |one: &(f64, u32), other: &(f64, u32)| other.0.total_cmp(&one.0);

    let limit = question.top.unwrap_or(ANSWER_ROWS_MAX);
    let complete = question.top.is_some() || rows.len() <= limit;
    if rows.len() > limit {
        let (_, &mut (least, _), _) = rows.select_nth_unstable_by(limit - 1, most_first);
        rows.retain(|&(value, _)| value >= least);
    }
    rows.sort_unstable_by(most_first);
    if rows.windows(2).any(|pair| matches!(pair, [one, other] if one.0.total_cmp(&other.0).is_eq()))
    {
        let mut order = std::mem::take(state.places());
        let mut unseen = rows.len();
        for &(_, group) in &rows {
            if let Some(place) = order.get_mut(index(group)) {
                *place = WANTED;
            }
        }
        let mut next = 0;
        'window: for cell in within(&state.cells, after, up_to) {
            for &(group, _) in &cell.groups {
                if let Some(place) = order.get_mut(index(group)).filter(|place| **place == WANTED) {
                    *place = next;
                    next += 1;
                    unseen -= 1;
                    if unseen == 0 {
                        break 'window;
                    }
                }
            }
        }
        let place = |group: u32| order.get(index(group)).copied().unwrap_or(UNSET);
        rows.sort_unstable_by(|one, other| {
            most_first(one, other).then(place(one.1).cmp(&place(other.1)))
        });
        for &(_, group) in &rows {
            if let Some(place) = order.get_mut(index(group)) {
                *place = UNSET;
            }
        }
        *state.places() = order;
    }
    rows.truncate(limit);
    (rows.into_iter().map(|(_, group)| group).collect(), complete)
}

/// In the scratch that puts ties in order: a group whose place is not known yet.
const WANTED: u32 = UNSET - 1;

/// An aggregate's values for these groups.
#[expect(clippy::cast_precision_loss, reason = "an answer's values are floating point numbers")]
fn column(view: &View, lane: &Lane, aggregate: Aggregate, groups: &[u32]) -> Vec<f64> {
    let each = |value: &dyn Fn(u32) -> f64| groups.iter().map(|&group| value(group)).collect();
    let total = |group, field| {
        let at = place(&lane.measured, field)?;
        view.total(group, at).filter(|total| total.present > 0)
    };
    let seconds = view.window().as_secs_f64();
    match aggregate {
        Aggregate::Count => each(&|group| view.count(group) as f64),
        Aggregate::Rate => each(&|group| view.count(group) as f64 / seconds),
        Aggregate::Sum(field) => each(&|group| total(group, field).map_or(0.0, |t| t.sum as f64)),
        Aggregate::Average(field) => {
            each(&|group| total(group, field).map_or(0.0, |t| t.sum as f64 / t.present as f64))
        }
        Aggregate::Min(field) => each(&|group| total(group, field).map_or(0.0, |t| t.min as f64)),
        Aggregate::Max(field) => each(&|group| total(group, field).map_or(0.0, |t| t.max as f64)),
        Aggregate::Distinct(field) => {
            let at = lane.distinct.iter().position(|&(known, _)| known == field).unwrap_or(0);
            each(&|group| view.different(group, at))
        }
        Aggregate::Quantile(field, percentile) => match place(&lane.sketched, field) {
            Some(sketch) => quantiles(view, sketch, percentile, groups),
            None => vec![0.0; groups.len()],
        },
    }
}

/// A percentile of each of these groups.
fn quantiles(view: &View, sketch: usize, percentile: Percentile, groups: &[u32]) -> Vec<f64> {
    let mut rows = vec![UNSET; view.counts.len().max(1)];
    for (row, &group) in (0..).zip(groups) {
        if let Some(of_group) = rows.get_mut(index(group)) {
            *of_group = row;
        }
    }
    // (row, bucket, count), so that a group's buckets come together and in order.
    let mut buckets: Vec<(u32, u32, u64)> = Vec::new();
    view.buckets(|group, code, count| {
        let row = rows.get(index(group)).copied().unwrap_or(UNSET);
        if row != UNSET && index(code >> BUCKET_BITS) == sketch {
            buckets.push((row, code & ((1 << BUCKET_BITS) - 1), count));
        }
    });
    if !buckets.is_sorted() {
        buckets.sort_unstable();
    }
    let mut values = vec![0.0; groups.len()];
    for of_group in buckets.chunk_by(|one, other| one.0 == other.0) {
        let count = of_group.iter().map(|&(_, _, count)| count).sum();
        let rank = percentile.rank(count);
        let mut reached = 0;
        for &(row, bucket, count) in of_group {
            reached += count;
            if reached >= rank {
                if let Some(value) = values.get_mut(index(row)) {
                    *value = quantile::middle(bucket);
                }
                break;
            }
        }
    }
    values
}

fn place(fields: &[Field], field: Field) -> Option<usize> {
    fields.iter().position(|&known| known == field)
}
