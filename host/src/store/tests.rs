//! What the store promises: the same answers as keeping every record and counting again.

mod oracle;
mod withholding;

use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::record::{Field, to_text};
use Absorbed::{Counted, Future, Late};
use oracle::{Line, Oracle};

/// A second to count from in examples.
const START: i64 = 1_700_000_000;

fn line(second: i64, target: &str, status: u16) -> Line {
    Line { second: START + second, target: target.into(), status: Some(status), ..Line::default() }
}

/// A store with one question, and its digest.
struct Fixture {
    store: Store,
    digest: Digest,
    question: QuestionId,
}

impl Fixture {
    fn asking(question: &str, window: Duration) -> Self {
        Self::limited(question, window, Limits::default())
    }

    fn limited(question: &str, window: Duration, limits: Limits) -> Self {
        let mut builder = PlanBuilder::new();
        let question = builder.ask(&Query::parse(question).expect(question), window);
        let plan = Arc::new(builder.build());
        Self { store: Store::new(Arc::clone(&plan), limits), digest: Digest::new(plan), question }
    }

    /// Absorbs lines at a time of the pipeline.
    fn absorb(&mut self, lines: &[Line], now: i64) -> Vec<Absorbed> {
        self.digest.clear();
        self.digest.extend(lines.iter().map(Line::record));
        self.digest.finish();
        let runs = 0..self.digest.runs().len();
        runs.map(|run| self.store.absorb(&self.digest, run, START + now)).collect()
    }

    fn answer(&mut self, now: i64) -> (Vec<String>, Vec<f64>, bool) {
        let answer = self.store.answer(self.question, Timestamp::from_secs(START + now));
        (answer.keys.iter().map(str::to_owned).collect(), answer.values, answer.exact)
    }
}

const TEN_SECONDS: Duration = Duration::from_secs(10);

#[test]
fn lines_are_counted_across_blocks_and_where_a_second_ends_within_one() {
    let question = "where status >= 500 | by section | count";
    let mut fixture = Fixture::asking(question, TEN_SECONDS);
    let lines: Vec<_> = (0..200)
        .map(|at| line(i64::from(at >= 70), ["/a", "/b"][at % 2], [200, 500, 503][at % 3]))
        .collect();
    assert_eq!(fixture.absorb(&lines, 1), [Counted, Counted]);
    let expected = |section: usize| {
        f64::from(
            u32::try_from((0..200).filter(|at| at % 2 == section && at % 3 > 0).count())
                .expect("few"),
        )
    };
    let (keys, counts, exact) = fixture.answer(1);
    assert_eq!((keys, exact), (vec!["b".to_owned(), "a".to_owned()], true));
    assert_eq!(counts, [expected(1), expected(0)]);
}

#[test]
fn a_window_holds_its_end_and_not_its_beginning() {
    let mut fixture = Fixture::asking("count", TEN_SECONDS);
    fixture.absorb(&[line(0, "/", 200), line(1, "/", 200), line(10, "/", 200)], 9);
    assert_eq!(fixture.answer(9).1, [2.0]);
    assert_eq!(fixture.answer(10).1, [2.0]);
    assert_eq!(fixture.answer(11).1, [1.0]);
}

#[test]
fn without_lines_there_is_one_row_of_zeros_or_no_row() {
    let all =
        "count, rate, sum(bytes), avg(bytes), min(bytes), max(bytes), p50(bytes), distinct(client)";
    let mut fixture = Fixture::asking(all, TEN_SECONDS);
    assert_eq!(fixture.answer(0).1, [0.0; 8]);
    let mut fixture = Fixture::asking(&format!("by section | {all}"), TEN_SECONDS);
    assert_eq!(fixture.answer(0), (vec![], vec![], false));
    let mut fixture = Fixture::asking("by section | count", TEN_SECONDS);
    assert_eq!(fixture.answer(0), (vec![], vec![], true));
}

#[test]
fn ties_go_to_the_group_seen_first_in_the_window() {
    let mut fixture = Fixture::asking("by section | top 2 | count", TEN_SECONDS);
    fixture.absorb(&[line(1, "/a", 200), line(2, "/b", 200), line(2, "/c", 200)], 3);
    // A late line is the first of its window all the same.
    fixture.absorb(&[line(0, "/c", 200), line(3, "/a", 200), line(3, "/b", 200)], 3);
    assert_eq!(fixture.answer(3).0, ["c", "a"]);
    assert_eq!(fixture.answer(10).0, ["a", "b"]);
    assert_eq!(fixture.answer(11).0, ["b", "c"]);
    assert_eq!(fixture.answer(12).0, ["a", "b"]);
}

#[test]
fn what_is_outside_every_window_or_too_far_ahead_is_told_and_not_counted() {
    let mut fixture = Fixture::asking("count", Duration::from_millis(9_500));
    let lines = [line(0, "/", 200), line(1, "/", 200), line(70, "/", 200), line(71, "/", 200)];
    assert_eq!(fixture.absorb(&lines, 10), [Late, Counted, Counted, Future]);
    let plan = Arc::new(PlanBuilder::new().build());
    assert_eq!(plan.horizon(), Duration::ZERO);
    let mut fixture = Fixture {
        store: Store::new(Arc::clone(&plan), Limits::default()),
        digest: Digest::new(plan),
        ..fixture
    };
    assert_eq!(fixture.absorb(&[line(0, "/", 200)], 86_400), [Counted]);
    assert_eq!(fixture.absorb(&[line(0, "/", 200)], 86_401), [Late]);
}

#[test]
fn an_idle_day_is_skipped_and_its_lines_are_gone() {
    let mut fixture = Fixture::asking("by path | count, max(bytes)", TEN_SECONDS);
    fixture.absorb(&[line(0, "/a", 200), line(0, "/b", 200)], 0);
    assert_eq!(fixture.answer(0).0, ["/a", "/b"]);
    fixture.store.evict(Timestamp::from_secs(START + 100_000));
    assert_eq!(fixture.answer(100_000).0, [""; 0]);
    fixture.absorb(&[line(100_001, "/c", 200)], 100_001);
    assert_eq!(fixture.answer(100_001).0, ["/c"]);
}

#[test]
fn keys_are_valid_utf8_and_cut_at_a_character() {
    let limits = Limits { key_bytes_max: 4, ..Limits::default() };
    let mut fixture = Fixture::limited("by path, method | count", TEN_SECONDS, limits);
    let bad = Line { target: b"/\xFF".to_vec(), ..line(0, "/", 200) };
    fixture.absorb(&[bad], 0);
    assert_eq!(fixture.answer(0), (vec!["/\u{FFFD}".into(), "GET".into()], vec![1.0], true));
    fixture.absorb(&[line(1, "/aé-1", 200), line(1, "/aé-2", 200), line(1, "/aéé", 200)], 1);
    let (keys, values, exact) = fixture.answer(1);
    assert_eq!((&*keys[0], &*keys[2], exact), ("/aé", "/\u{FFFD}", false));
    assert_eq!(values, [3.0, 1.0]);
}

#[test]
fn groups_beyond_the_limit_are_left_out_until_others_are_gone() {
    let limits = Limits { groups_max: 2, ..Limits::default() };
    let mut fixture = Fixture::limited("by path | count", TEN_SECONDS, limits);
    fixture.absorb(&[line(0, "/a", 200), line(1, "/b", 200), line(2, "/c", 200)], 2);
    assert_eq!(fixture.answer(2), (vec!["/a".into(), "/b".into()], vec![1.0, 1.0], false));
    fixture.store.evict(Timestamp::from_secs(START + 10));
    fixture.absorb(&[line(10, "/c", 200), line(10, "/b", 200)], 10);
    assert_eq!(fixture.answer(10), (vec!["/b".into(), "/c".into()], vec![2.0, 1.0], false));
    fixture.store.evict(Timestamp::from_secs(START + 12));
    assert_eq!(fixture.answer(12), (vec!["/c".into(), "/b".into()], vec![1.0, 1.0], true));
}

#[test]
fn bytes_beyond_the_limit_leave_lines_out_for_as_long_as_they_are_in_the_window() {
    let limits = Limits { cell_bytes_max: 64, ..Limits::default() };
    let mut fixture = Fixture::limited("by path | count", TEN_SECONDS, limits);
    let lines: Vec<Line> = (0..20).map(|path| line(0, &format!("/{path}"), 200)).collect();
    fixture.absorb(&lines, 0);
    let (keys, _, exact) = fixture.answer(0);
    assert_eq!((keys.len(), exact), (8, false));
    fixture.store.evict(Timestamp::from_secs(START + 10));
    fixture.absorb(&lines[..4], 0);
    fixture.absorb(&[line(10, "/a", 200)], 10);
    assert_eq!(fixture.answer(10), (vec!["/a".into()], vec![1.0], true));
}

#[test]
fn many_distinct_values_are_estimated_and_few_are_exact_again_afterwards() {
    let limits = Limits { distinct_max: 4_096, ..Limits::default() };
    let mut fixture = Fixture::limited("distinct(target)", TEN_SECONDS, limits);
    for second in 0..20 {
        let lines: Vec<Line> =
            (0..5_000).map(|path| line(second, &format!("/{second}/{path}"), 200)).collect();
        fixture.absorb(&lines, second);
        fixture.store.evict(Timestamp::from_secs(START + second));
        let (_, values, exact) = fixture.answer(second);
        let truth = f64::from(i32::try_from((second + 1).min(10)).expect("few")) * 5_000.0;
        assert!(!exact);
        assert!((values[0] / truth - 1.0).abs() < 0.15, "{} of {truth}", values[0]);
    }
    for second in 20..60 {
        fixture.absorb(&[line(second, "/x", 200)], second);
        fixture.store.evict(Timestamp::from_secs(START + second));
    }
    assert_eq!(fixture.answer(59), (vec![], vec![1.0], true));
}

#[test]
fn equal_questions_share_their_lane_and_equal_ones_their_id() {
    let mut builder = PlanBuilder::new();
    let mut ask =
        |text, window| builder.ask(&Query::parse(text).expect(text), Duration::from_secs(window));
    let first = ask("by section | top 1 | count", 10);
    assert_eq!(ask("by  section|top 1|count", 10), first);
    assert_ne!(ask("by section | top 2 | rate, sum(bytes)", 60), first);
    assert_ne!(ask("where status = 200 | by section | count", 10), first);
    let rows = builder.subscribe(&[Field::Path], None);
    assert_eq!(builder.subscribe(&[Field::Path], None), rows);
    let plan = builder.build();
    assert_eq!((plan.questions.len(), plan.lanes.len(), plan.filters.len()), (3, 2, 1));
    assert_eq!(plan.horizon(), Duration::from_mins(1));
}

#[test]
fn rows_are_columns_in_the_order_of_the_log() {
    let mut builder = PlanBuilder::new();
    let filter = Filter::parse("status >= 400").expect("a condition");
    let fields = [Field::Path, Field::Status, Field::Bytes];
    let rows = builder.subscribe(&fields, Some(filter));
    let plan = Arc::new(builder.build());
    assert_eq!(plan.fields(rows), fields);
    let mut digest = Digest::new(plan);
    for _ in 0..2 {
        let bad = Line { target: b"/\xFF?x".to_vec(), bytes: None, ..line(2, "", 500) };
        let lines = [line(1, "/a", 404), line(1, "/b", 200), bad, line(3, "/é", 400)];
        digest.extend(lines.iter().map(Line::record));
        digest.finish();
        assert_eq!(digest.runs().len(), 3);
        let texts = |runs| match digest.rows(rows, runs).column(0) {
            Some(ColumnView::Texts(texts)) => {
                let ends: Vec<u32> = texts.ends().collect();
                (texts.iter().map(|text| to_text(text).into_owned()).collect::<Vec<_>>(), ends)
            }
            other => panic!("{other:?}"),
        };
        assert_eq!(
            texts(0..3),
            (vec!["/a".into(), "/\u{FFFD}".into(), "/é".into()], vec![2, 6, 9])
        );
        assert_eq!(texts(1..3), (vec!["/\u{FFFD}".into(), "/é".into()], vec![4, 7]));
        assert_eq!(texts(1..1), (vec![], vec![]));
        let view = digest.rows(rows, 1..2);
        assert_eq!(view.times(), [(START + 2) * 1_000_000_000]);
        assert_eq!(view.column(1), Some(ColumnView::Integers(&[500])));
        assert_eq!(view.column(2), Some(ColumnView::Integers(&[-1])));
        assert_eq!(view.column(3), None);
        digest.clear();
    }
}

proptest! {
    /// Blocks that are full and not, of one second and of several, with rows that do not pass.
    #[test]
    fn columns_hold_what_each_record_that_passes_says(
        lines in prop::collection::vec(oracle::any_line(), 0..200),
        fields in prop::sample::subsequence(Field::ALL.to_vec(), 1..=Field::ALL.len()),
        filter in prop::option::of(Just("status >= 300")),
    ) {
        let mut builder = PlanBuilder::new();
        let passing = lines.iter().map(Line::record).filter(|record| {
            filter.is_none() || record.status.is_some_and(|status| status >= 300)
        });
        let passing: Vec<_> = passing.collect();
        let filter = filter.map(|text| Filter::parse(text).expect(text));
        let rows = builder.subscribe(&fields, filter);
        let mut digest = Digest::new(Arc::new(builder.build()));
        digest.extend(lines.iter().map(Line::record));
        digest.finish();
        let view = digest.rows(rows, 0..digest.runs().len());
        let times = passing.iter().map(|record| record.second * 1_000_000_000);
        prop_assert_eq!(view.times(), times.collect::<Vec<_>>());
        for (field, column) in fields.iter().zip(view.columns()) {
            match column {
                ColumnView::Integers(values) => {
                    let said = passing.iter().map(|record| record.integer(*field));
                    let said = said.map(|value| {
                        value.map_or(-1, |value| value.try_into().unwrap_or(i64::MAX))
                    });
                    prop_assert_eq!(values, said.collect::<Vec<_>>());
                }
                ColumnView::Texts(texts) => {
                    let said = passing.iter().map(|record| to_text(record.text(*field)));
                    let held = texts.iter().map(to_text);
                    prop_assert!(held.eq(said), "{:?}: {:?}", field, column);
                }
            }
        }
    }
}

/// One step of a simulated pipeline.
#[derive(Clone, Debug)]
enum Step {
    /// Lines arrive, cut into batches of so many.
    Lines(Vec<Line>, usize),
    /// So many milliseconds pass, and every question is answered.
    Tick(i64),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => (prop::collection::vec(oracle::any_line(), 0..40), 1..50_usize)
            .prop_map(|(lines, batch)| Step::Lines(lines, batch)),
        2 => prop_oneof![Just(1_000), Just(500), 0..3_000_i64, 0..40_000_i64].prop_map(Step::Tick),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// Lines at random times, random questions, random ticks; cut into batches, digested in turn
    /// by two digests.
    #[test]
    fn answers_are_what_counting_every_record_again_says(
        questions in prop::collection::vec((oracle::any_question(), 200..25_000_u64), 1..5),
        steps in prop::collection::vec(step(), 1..25),
    ) {
        let mut builder = PlanBuilder::new();
        let questions: Vec<_> = questions
            .into_iter()
            .map(|(text, window)| {
                let query = Query::parse(&text).expect(&text);
                let window = Duration::from_millis(window);
                (builder.ask(&query, window), query, window)
            })
            .collect();
        let plan = Arc::new(builder.build());
        let mut store = Store::new(Arc::clone(&plan), Limits::default());
        let mut digests = [Digest::new(Arc::clone(&plan)), Digest::new(plan)];
        let mut oracle = Oracle::default();
        let mut now = Timestamp::from_secs(START);
        for step in steps {
            match step {
                Step::Lines(lines, batch) => {
                    let lines: Vec<Line> = lines
                        .into_iter()
                        .map(|line| Line { second: now.secs() + line.second, ..line })
                        .collect();
                    for batch in lines.chunks(batch) {
                        digests.reverse();
                        let [digest, _] = &mut digests;
                        digest.clear();
                        digest.extend(batch.iter().map(Line::record));
                        digest.finish();
                        let mut absorbed = Vec::new();
                        for (index, run) in digest.runs().iter().enumerate() {
                            let became = store.absorb(digest, index, now.secs());
                            absorbed.extend((0..run.lines).map(|_| became));
                        }
                        prop_assert_eq!(absorbed.len(), batch.len());
                        for (line, became) in batch.iter().zip(absorbed) {
                            if became == Counted {
                                oracle.push(line.clone());
                            }
                        }
                    }
                }
                Step::Tick(millis) => {
                    now = Timestamp::from_nanos(now.nanos() + millis * 1_000_000);
                    for (id, query, window) in &questions {
                        let answer = store.answer(*id, now);
                        prop_assert_eq!(answer, oracle.answer(query, *window, now), "{}", query);
                    }
                    store.evict(now);
                }
            }
        }
    }
}
