//! The language of questions, without the store that answers them.

#[path = "../../../host/src/store/block.rs"]
pub mod block;
#[path = "../../../host/src/store/query/mod.rs"]
pub mod query;
