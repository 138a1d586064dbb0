//! What state promises: its bytes, and its folder.

mod dir;
mod format;
