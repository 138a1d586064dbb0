//! What stands behind the resources that a guest holds handles of.
#![expect(unreachable_pub, reason = "the generated bindings re-export these types")]

/// What a monitor configures itself through.
pub struct SetupHandle;

/// A declared question.
pub struct QueryHandle {
    pub(super) index: usize,
}

/// A report that is being built up.
pub struct ReportDraft(pub(super) Draft);

/// An alert that is being built up.
pub struct AlertDraft(pub(super) Draft);

/// Where a draft is kept. It lives no longer than the call that began it: a guest that hoards
/// handles must not make the host hoard texts.
#[derive(Clone, Copy)]
pub(super) struct Draft {
    pub(super) call: u64,
    pub(super) index: usize,
}
