//! What was written, and what became of it.

/// What was written to a file from its creation, or from a truncation, to the next truncation. It
/// may lie in several files, as copies and compressed.
#[derive(Debug, Default)]
pub(super) struct Content {
    pub(super) bytes: Vec<u8>,
    /// The complete lines, in order.
    pub(super) lines: Vec<Line>,
    /// Where the line begins that has no newline yet.
    pub(super) unfinished_from: usize,
    /// The moment it was begun.
    pub(super) begun: u64,
    /// How many lines of it may be passed over, as the reader begins at the file's end; and how many
    /// must be.
    pub(super) passable: usize,
    pub(super) passed: usize,
    /// How many bytes the reader certainly has read.
    pub(super) seen_bytes: usize,
    /// Whether it was truncated away, so that only copies may have it.
    pub(super) truncated: bool,
    /// How it was begun.
    pub(super) origin: Origin,
    /// Whether the reader ever read any of it in the file, before it was truncated away.
    pub(super) was_seen: bool,
    /// What the names begin with of the files that it is written to.
    pub(super) log: String,
}

/// How a content was begun.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Origin {
    #[default]
    NewFile,
    /// In place of another, which was truncated away. It is not read before copies of that were looked
    /// for.
    Truncation,
    /// The same, and so soon after the last change that the file's time does not tell.
    HiddenTruncation,
}

/// A complete line of a content.
#[derive(Clone, Copy, Debug)]
pub(super) struct Line {
    pub(super) from: usize,
    /// The offset behind its newline.
    pub(super) to: usize,
    /// The moment it was ended.
    pub(super) written: u64,
    pub(super) fate: Fate,
}

/// What is known of a line apart from whether it was delivered.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Fate {
    pub(super) presence: Presence,
    /// The reader had said that it read everything while this line was in front of it.
    pub(super) due: bool,
    /// Nobody can ask for it: it was rotated away before the log was ever opened.
    pub(super) optional: bool,
}

/// Whether a line can still be read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Presence {
    #[default]
    Present,
    /// No file has it any more that could be found or is held open by the reader.
    Destroyed,
    /// The same, and it was the reader that closed the last file that had it.
    LetGo,
}

/// Which content a file has, from its first byte.
#[derive(Clone, Copy, Debug)]
pub(super) struct Held {
    pub(super) content: usize,
    pub(super) bytes: usize,
}

impl Content {
    /// Whether the reader may be without the line.
    pub(super) fn is_excused(&self, line: &Line) -> bool {
        line.fate.optional
            || (!line.is_present() && !line.fate.due)
            || (self.truncated && !self.was_seen)
    }
}

impl Line {
    pub(super) fn is_present(&self) -> bool {
        self.fate.presence == Presence::Present
    }
}
