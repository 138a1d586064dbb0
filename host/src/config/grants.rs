//! What a monitor is granted, as the file says it.

use super::reader::Section;
use crate::record::Field;

/// What the file says of a monitor's grants. `None`: the file says nothing of it, and the lock of the
/// plugins directory decides; everything is granted where that says nothing either.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GrantSettings {
    /// The fields that it may read, in the fields' own order.
    pub fields: Option<Vec<Field>>,
    /// Whether it may keep a state for the instance after this one.
    pub keep: Option<bool>,
}

impl GrantSettings {
    /// Reads a `grants` table.
    pub(super) fn read(mut section: Section<'_, '_>) -> Self {
        let known = Field::ALL.map(Field::name);
        let names = section.words("fields", &known);
        let fields = names.map(|names| {
            let mut fields: Vec<Field> =
                names.iter().filter_map(|name| Field::from_name(name)).collect();
            fields.sort_unstable();
            fields
        });
        let keep = section.boolean("keep");
        section.close(None);
        Self { fields, keep }
    }
}
