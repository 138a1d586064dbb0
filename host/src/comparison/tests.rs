//! Comparisons in a shorthand: `F` fires, `R` is over, each with its side and its second.

use std::time::Duration;

use super::*;
use crate::event::{AlertChange, Condition, Measure, Report, ResolvedCause, Severity};

fn alert(key: &str, at: i64, edge: Edge, value: f64) -> Event {
    let condition = Condition {
        key: key.to_owned(),
        name: "High traffic".to_owned(),
        severity: Severity::Warning,
        value: Some((value, "hits/sec".to_owned())),
        labels: Vec::new(),
    };
    let time = Timestamp::from_secs(at);
    Event::Alert(AlertChange { monitor: "m".to_owned(), condition, time, edge, provenance: None })
}

fn firing(at: i64) -> Event {
    alert("k", at, Edge::Firing, 12.0)
}

fn resolved(at: i64) -> Event {
    let (started_at, duration) = (Timestamp::from_secs(0), Duration::from_secs(1));
    alert("k", at, Edge::Resolved { started_at, duration, cause: ResolvedCause::Over }, 12.0)
}

fn report(at: i64, count: u64) -> Event {
    Event::Report(Report {
        monitor: "m".to_owned(),
        time: Timestamp::from_secs(at),
        title: "Traffic".to_owned(),
        measures: vec![("hits".to_owned(), Measure::Count(count))],
    })
}

/// Compares what the sides say in this order; the differences as `-HEADING`, `+HEADING` and
/// `~HEADING: FIELD, ...`, seconds only.
fn compared(said: impl IntoIterator<Item = (Side, Event)>) -> (Vec<String>, Totals) {
    let mut comparison = Comparison::new();
    let mut told = Vec::new();
    for (side, event) in said {
        comparison.push(side, event);
        told.extend(comparison.take_settled());
    }
    comparison.finish();
    told.extend(comparison.take_settled());
    let short = |event: &Event| {
        let heading = heading(event);
        let (time, rest) = heading.split_once(' ').unwrap();
        format!("{rest} {}", time.get(17..19).unwrap())
    };
    let told = told.iter().map(|difference| match difference {
        Difference::Only(Side::Old, event) => format!("-{}", short(event)),
        Difference::Only(Side::New, event) => format!("+{}", short(event)),
        Difference::Changed { old, fields, .. } => {
            let names: Vec<&str> = fields.iter().map(|change| change.field.as_str()).collect();
            format!("~{}: {}", short(old), names.join(", "))
        }
    });
    (told.collect(), comparison.totals())
}

use Side::{New, Old};

#[test]
fn the_same_events_are_equal_whichever_side_comes_first() {
    let (told, totals) = compared([
        (New, report(1, 5)),
        (Old, report(1, 5)),
        (Old, firing(2)),
        (New, firing(2)),
        (New, resolved(3)),
        (Old, resolved(3)),
    ]);
    assert_eq!(told, [""; 0]);
    assert_eq!(totals, Totals { equal: 3, ..Totals::default() });
    assert!(totals.are_equal());
}

#[test]
fn a_report_that_says_another_number_is_changed_and_one_of_another_time_is_another() {
    let (told, totals) = compared([
        (Old, report(1, 5)),
        (New, report(1, 6)),
        (Old, report(2, 5)),
        (New, report(3, 5)),
    ]);
    let expected =
        ["~report Traffic 01: measures.hits", "-report Traffic 02", "+report Traffic 03"];
    assert_eq!(told, expected);
    assert_eq!(totals, Totals { more: 1, less: 1, changed: 1, equal: 0 });
}

#[test]
fn an_alert_that_fires_later_while_the_other_still_fires_is_the_same_one() {
    let said = [(Old, firing(1)), (New, firing(4)), (Old, resolved(9)), (New, resolved(9))];
    let (told, totals) = compared(said);
    assert_eq!(told, ["~alert k firing 01: time"]);
    assert_eq!(totals, Totals { changed: 1, equal: 1, ..Totals::default() });
}

#[test]
fn an_alert_that_is_over_before_the_other_fires_is_another_one() {
    let said = [(Old, firing(1)), (Old, resolved(2)), (New, firing(3)), (New, resolved(4))];
    let (told, totals) = compared(said);
    let expected = [
        "-alert k firing 01",
        "-alert k resolved 02",
        "+alert k firing 03",
        "+alert k resolved 04",
    ];
    assert_eq!(told, expected);
    assert_eq!(totals, Totals { more: 2, less: 2, ..Totals::default() });
}

#[test]
fn a_second_firing_within_the_others_first_has_no_counterpart() {
    let (told, _) = compared([
        (Old, firing(1)),
        (New, firing(1)),
        (New, resolved(2)),
        (New, firing(3)),
        (New, resolved(4)),
        (Old, resolved(5)),
    ]);
    let expected = ["~alert k resolved 05: time", "+alert k firing 03", "+alert k resolved 04"];
    assert_eq!(told, expected, "what is changed stands where the earlier of the two happened");
}

#[test]
fn what_still_waits_at_the_end_is_on_one_side_only() {
    let (told, totals) = compared([(Old, firing(1)), (New, firing(1)), (New, resolved(5))]);
    assert_eq!(told, ["+alert k resolved 05"]);
    assert_eq!(totals, Totals { more: 1, equal: 1, ..Totals::default() });
}

#[test]
fn differences_are_told_in_the_order_of_time() {
    let (told, _) = compared([
        (Old, firing(1)),
        (New, report(2, 1)),
        (New, alert("other", 3, Edge::Firing, 1.0)),
        (Old, alert("other", 4, Edge::Firing, 1.0)),
        (Old, resolved(6)),
    ]);
    let expected = [
        "-alert k firing 01",
        "+report Traffic 02",
        "~alert other firing 04: time",
        "-alert k resolved 06",
    ];
    assert_eq!(told, expected);
}

#[test]
fn no_more_is_held_back_than_the_bound_allows() {
    let mut comparison = Comparison::new();
    comparison.push(Old, firing(0));
    let mut told = 0;
    for second in 1..=i64::try_from(HELD_MAX).unwrap() + 10 {
        comparison.push(New, report(second, 1));
        told += comparison.take_settled().len();
    }
    assert_eq!(told, 9, "the last report waits for its instant to end");
}
