//! Approximations of what would be too much to keep: distributions and sets.

pub(crate) mod distinct;
pub(crate) mod quantile;
