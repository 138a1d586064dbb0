//! What the store has been asked to know: questions and subscriptions, with equal work merged.

use std::time::Duration;

use super::query::{Aggregate, Filter, Query, TextTest};
use crate::record::Field;

/// A question that has been asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct QuestionId(pub(crate) usize);

/// A subscription to rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SubscriptionId(pub(crate) usize);

/// Everything that has been asked, settled: read by every thread that digests lines.
#[derive(Debug, Default)]
pub struct Plan {
    pub(crate) questions: Vec<Question>,
    pub(crate) lanes: Vec<Lane>,
    /// The conditions that differ; each is tried at most once for a record.
    pub(crate) filters: Vec<Filter>,
    /// The fields whose values are numbered.
    pub(crate) dictionaries: Vec<Field>,
    /// The numbers that are paired to number groups by several fields.
    pub(crate) pairs: Vec<(Source, Source)>,
    /// The dictionary behind each remembered condition: what it says is kept for each text.
    pub(crate) memos: Vec<usize>,
    pub(crate) subscriptions: Vec<Subscription>,
}

/// A question, and where its answer comes from.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Question {
    pub(crate) lane: usize,
    /// Which of the lane's windows.
    pub(crate) window: usize,
    pub(crate) aggregates: Vec<Aggregate>,
    pub(crate) top: Option<usize>,
}

/// What equal questions share, whatever their windows, tops and the order of their aggregates.
#[derive(Debug)]
pub(crate) struct Lane {
    pub(crate) filter: Option<usize>,
    pub(crate) by: Vec<Field>,
    pub(crate) group: Source,
    /// Fields whose number, sum, least and greatest value are kept.
    pub(crate) measured: Vec<Field>,
    /// Fields whose distribution is kept.
    pub(crate) sketched: Vec<Field>,
    /// Fields whose different values are kept.
    pub(crate) distinct: Vec<(Field, Source)>,
    pub(crate) windows: Vec<Duration>,
}

impl Lane {
    /// The longest of its windows.
    pub(crate) fn horizon(&self) -> Duration {
        self.windows.iter().copied().max().unwrap_or_default()
    }

    /// Whether all there is to know of a run is how many lines it has.
    pub(crate) fn only_counts_lines(&self) -> bool {
        self.filter.is_none()
            && self.group == Source::Whole
            && self.measured.is_empty()
            && self.sketched.is_empty()
            && self.distinct.is_empty()
    }
}

/// Where a record's number for a field, or for the fields of a group, comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// There is one group.
    Whole,
    /// The status code's class: there are six.
    Class,
    /// A dictionary of the plan.
    Dictionary(usize),
    /// A table of pairs of the plan.
    Pair(usize),
}

/// Rows that somebody reads.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Subscription {
    pub(crate) fields: Vec<Field>,
    pub(crate) filter: Option<usize>,
}

impl Plan {
    /// The longest window of any question; zero where there is none.
    pub fn horizon(&self) -> Duration {
        self.lanes.iter().map(Lane::horizon).max().unwrap_or_default()
    }

    /// The fields of a subscription, in the order of its columns.
    pub fn fields(&self, subscription: SubscriptionId) -> &[Field] {
        self.subscriptions.get(subscription.0).map_or(&[], |found| &found.fields)
    }
}

/// Collects questions and subscriptions.
#[derive(Debug, Default)]
pub struct PlanBuilder {
    plan: Plan,
}

impl PlanBuilder {
    /// A builder to which nothing has been said.
    pub fn new() -> Self {
        Self::default()
    }

    /// Asks a question over the lines stamped in `(now - window, now]`. Equal questions get equal
    /// ids; questions that differ in their windows or tops alone share nearly all their work.
    pub fn ask(&mut self, query: &Query, window: Duration) -> QuestionId {
        let lane = self.lane(query);
        let window =
            self.plan.lanes.get_mut(lane).map_or(0, |lane| place(&mut lane.windows, window));
        let question =
            Question { lane, window, aggregates: query.aggregates.clone(), top: query.top };
        QuestionId(place(&mut self.plan.questions, question))
    }

    /// Asks for the rows themselves: these fields, of the records that the filter holds for. Equal
    /// subscriptions get equal ids and share their rows.
    pub fn subscribe(&mut self, fields: &[Field], filter: Option<Filter>) -> SubscriptionId {
        let filter = filter.map(|filter| self.filter(filter));
        let subscription = Subscription { fields: fields.to_vec(), filter };
        SubscriptionId(place(&mut self.plan.subscriptions, subscription))
    }

    /// Settles it: a condition on a text is remembered for each different text where that text is
    /// numbered anyway, or the condition is a regular expression, which costs more than to number
    /// the text does.
    pub fn build(mut self) -> Plan {
        let Plan { dictionaries, memos, filters, .. } = &mut self.plan;
        for filter in filters {
            filter.condition.texts(&mut |condition| {
                let field = condition.field;
                let is_pattern =
                    matches!(condition.test, TextTest::Matches(_) | TextTest::MatchesNot(_));
                if is_pattern || dictionaries.contains(&field) {
                    condition.memo = Some(memos.len());
                    memos.push(place(dictionaries, field));
                }
            });
        }
        self.plan
    }

    /// The lane that can answer a query.
    ///
    /// Sums and extremes are small, so a lane takes on whichever its questions ask for; sketches
    /// and distinct values are not, so a question that needs others gets a lane of its own rather
    /// than have them kept for the longest window of its neighbours.
    fn lane(&mut self, query: &Query) -> usize {
        let filter = query.filter.clone().map(|filter| self.filter(filter));
        let group = query.by.iter().fold(Source::Whole, |outer, &field| {
            let inner = self.source(field);
            if outer == Source::Whole {
                inner
            } else {
                Source::Pair(place(&mut self.plan.pairs, (outer, inner)))
            }
        });
        let (mut measured, mut sketched, mut distinct) = (Vec::new(), Vec::new(), Vec::new());
        for aggregate in &query.aggregates {
            match *aggregate {
                Aggregate::Count | Aggregate::Rate => {}
                Aggregate::Sum(field)
                | Aggregate::Average(field)
                | Aggregate::Min(field)
                | Aggregate::Max(field) => _ = place(&mut measured, field),
                Aggregate::Quantile(field, _) => _ = place(&mut sketched, field),
                Aggregate::Distinct(field) => _ = place(&mut distinct, (field, self.source(field))),
            }
        }
        sketched.sort_unstable();
        distinct.sort_unstable_by_key(|&(field, _)| field);
        let same = self.plan.lanes.iter().position(|lane| {
            lane.filter == filter
                && lane.by == query.by
                && lane.sketched == sketched
                && lane.distinct == distinct
        });
        if let Some((index, lane)) = same.and_then(|at| Some((at, self.plan.lanes.get_mut(at)?))) {
            for field in measured {
                place(&mut lane.measured, field);
            }
            return index;
        }
        let by = query.by.clone();
        let windows = Vec::new();
        self.plan.lanes.push(Lane { filter, by, group, measured, sketched, distinct, windows });
        self.plan.lanes.len() - 1
    }

    fn source(&mut self, field: Field) -> Source {
        match field {
            Field::Class => Source::Class,
            _ => Source::Dictionary(place(&mut self.plan.dictionaries, field)),
        }
    }

    fn filter(&mut self, filter: Filter) -> usize {
        place(&mut self.plan.filters, filter)
    }
}

/// The place of `item` in `items`, which gets it if it lacks it.
fn place<T: PartialEq>(items: &mut Vec<T>, item: T) -> usize {
    items.iter().position(|known| *known == item).unwrap_or_else(|| {
        items.push(item);
        items.len() - 1
    })
}
