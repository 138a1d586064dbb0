//! What the store may keep, and for how long.

/// Bounds on the store's memory and on the times that it takes.
///
/// A lane is what equal questions share: a filter, the fields to group by, and what is kept of each
/// group. It keeps at most, for `b` fields to group by, `m` measured integer fields, `d` distinct
/// fields and `w` different windows (and, as vectors do, up to twice that while it grows):
///
/// - keys: `groups_max * b * (key_bytes_max + 4)` and `groups_max * 32` bytes,
/// - cells: `cell_bytes_max` bytes and 128 more for each second that has lines,
/// - running totals: `groups_max * w * (8 + 64 * m + 4 * d)` bytes, and `6 * cell_bytes_max * w`
///   where percentiles are asked for by group,
/// - distinct values: `distinct_max * (16 + 64 * w)` bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// How far ahead of the pipeline's time a line may be stamped, in seconds. Beyond, it counts as
    /// future and is in no window.
    pub future_tolerance_s: u32,
    /// The most groups a lane tells apart at a time. Lines of further groups are left out until
    /// older groups leave every window, and the answers over such a time are inexact.
    pub groups_max: usize,
    /// The most bytes of a group's key, for each field; what is longer is cut at a character, and
    /// the answers that hold it are inexact.
    pub key_bytes_max: usize,
    /// The most bytes that a lane's groups and sketches take over all the seconds that it keeps.
    /// Beyond, lines are left out and the answers over such a time are inexact.
    pub cell_bytes_max: usize,
    /// The most distinct values that a lane remembers over all the seconds that it keeps; a value
    /// counts once for every second and group that it is seen in. Beyond, values are sampled and
    /// their number is estimated.
    pub distinct_max: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            future_tolerance_s: 60,
            groups_max: 65_536,
            key_bytes_max: 256,
            cell_bytes_max: 16 << 20,
            distinct_max: 131_072,
        }
    }
}
