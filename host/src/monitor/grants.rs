//! What a monitor may read and keep, of what it asks for.

use crate::record::Field;

/// What the operator grants a monitor. Limits bound what it costs; grants say what it gets to know.
///
/// A withheld field reads as absent (`-`, or no number) wherever the monitor asks for it, and the
/// monitor is not told. Each field stands for itself: `target` has the query, `path` is the target
/// without it, `section` the path's first segment and `class` the status in hundreds; withholding
/// one leaves the others as they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grants {
    /// The fields that it may read, in the fields' own order; `None`: every one.
    pub fields: Option<Vec<Field>>,
    /// Whether it may keep a state for the instance after this one.
    pub keep: bool,
}

impl Default for Grants {
    /// Everything.
    fn default() -> Self {
        Self { fields: None, keep: true }
    }
}

impl Grants {
    /// Whether a field may be read.
    pub fn allows(&self, field: Field) -> bool {
        self.fields.as_ref().is_none_or(|granted| granted.contains(&field))
    }

    /// Those of `fields` that may not be read.
    pub fn withheld(&self, fields: &[Field]) -> Vec<Field> {
        fields.iter().copied().filter(|field| !self.allows(*field)).collect()
    }
}
