//! Which fields a question reads, and the same question to somebody from whom some are withheld.

use super::filter::Condition;
use super::{Aggregate, Filter, Query};
use crate::record::Field;

impl Query {
    /// Every field that it reads, each once, in the fields' own order.
    pub fn fields(&self) -> Vec<Field> {
        collected(|visit| self.clone().each_field(visit))
    }

    /// The same question where these fields are absent in every record: a text is `-`, an integer
    /// is none. The answer has the shape that was asked for.
    #[must_use]
    pub fn withholding(&self, is_withheld: impl Fn(Field) -> bool) -> Self {
        let mut query = self.clone();
        query.each_field(&mut |field| withhold(field, &is_withheld));
        query
    }

    fn each_field(&mut self, visit: &mut dyn FnMut(&mut Field)) {
        if let Some(filter) = &mut self.filter {
            filter.condition.each_field(visit);
        }
        self.by.iter_mut().for_each(&mut *visit);
        for aggregate in &mut self.aggregates {
            match aggregate {
                Aggregate::Count | Aggregate::Rate => {}
                Aggregate::Sum(field)
                | Aggregate::Average(field)
                | Aggregate::Min(field)
                | Aggregate::Max(field)
                | Aggregate::Quantile(field, _)
                | Aggregate::Distinct(field) => visit(field),
            }
        }
    }
}

impl Filter {
    /// Every field that it reads, each once, in the fields' own order.
    pub fn fields(&self) -> Vec<Field> {
        collected(|visit| self.clone().condition.each_field(visit))
    }

    /// The same condition where these fields are absent in every record.
    #[must_use]
    pub fn withholding(&self, is_withheld: impl Fn(Field) -> bool) -> Self {
        let mut filter = self.clone();
        filter.condition.each_field(&mut |field| withhold(field, &is_withheld));
        filter
    }
}

impl Condition {
    /// Recursion goes no deeper than the parser let it.
    fn each_field(&mut self, visit: &mut dyn FnMut(&mut Field)) {
        match self {
            Self::Any(parts) | Self::All(parts) => {
                for part in parts {
                    part.each_field(visit);
                }
            }
            Self::Not(part) => part.each_field(visit),
            Self::Compare(field, ..) | Self::OneOf(field, _) => visit(field),
            Self::Text(condition) => visit(&mut condition.field),
        }
    }
}

fn withhold(field: &mut Field, is_withheld: &impl Fn(Field) -> bool) {
    if is_withheld(*field) {
        *field = field.withheld();
    }
}

fn collected(visit_all: impl FnOnce(&mut dyn FnMut(&mut Field))) -> Vec<Field> {
    let mut fields = Vec::new();
    visit_all(&mut |field| fields.push(*field));
    fields.sort_unstable();
    fields.dedup();
    fields
}
