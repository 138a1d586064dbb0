//! How far the lines of each file have been taken in, and from where the windows could be filled
//! again: what a checkpoint says of a log.

use std::collections::{BTreeMap, VecDeque};

use crate::tail::{FileMark, LineBatch, Position, ResumeFile, SourceId};

/// The most stretches that are remembered of a file; of more, the oldest are forgotten.
const STRETCHES_MAX: usize = 1_024;
/// How many stretches there are to the longest window: the more there are, the less a restart reads
/// beyond what it needs.
const STRETCHES_PER_WINDOW: i64 = 256;
/// Files that were read to their end and are remembered though no window needs them, so that they
/// are known again when the log's directory is searched.
const CLOSED_FILES_KEPT: usize = 8;
/// The most files of one log that are remembered.
const FILES_MAX: usize = 64;

/// The positions of all logs.
#[derive(Debug)]
pub(super) struct Progress {
    /// How many seconds of lines are one stretch.
    stretch_s: i64,
    sources: BTreeMap<SourceId, Vec<FileProgress>>,
}

/// How far one file has been taken in.
#[derive(Debug)]
struct FileProgress {
    position: Position,
    /// Whether it was let go.
    closed: bool,
    /// Whether an earlier run read it and this one has not found it yet.
    unseen: bool,
    /// What lies before the position, oldest first.
    stretches: VecDeque<Stretch>,
}

/// Lines that were taken in together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stretch {
    /// Where they begin in their file; they end where the next stretch begins.
    from: u64,
    /// The latest second that one of the first of them is stamped with.
    begun: i64,
    /// The latest second that one of them is stamped with.
    latest: i64,
}

impl Progress {
    /// Nothing yet, for windows of at most so many seconds.
    pub(super) fn new(window_s: i64) -> Self {
        Self { stretch_s: (window_s / STRETCHES_PER_WINDOW).max(1), sources: BTreeMap::new() }
    }

    /// Goes on where an earlier run was at this second. What it had read again from its own windows
    /// is one stretch here, as the lines of it come again without a word of where they begin.
    pub(super) fn resume_from(&mut self, source: SourceId, files: Vec<ResumeFile>, second: i64) {
        let resumed = files.into_iter().map(|file| {
            let ResumeFile { position, warm_from, closed } = file;
            let again = Stretch { from: warm_from, begun: second, latest: second };
            let stretches = (warm_from < position.offset).then_some(again).into_iter().collect();
            FileProgress { position, closed, unseen: !closed, stretches }
        });
        self.sources.entry(source).or_default().extend(resumed);
    }

    /// A file of a log is read from this position on.
    pub(super) fn reading(&mut self, source: SourceId, position: Position) {
        let files = self.sources.entry(source).or_default();
        let known = files.iter_mut().find(|file| !file.closed && file.is(&position.file));
        if let Some(file) = known
            && file.unseen
            && file.position.offset == position.offset
        {
            file.position = position;
            file.unseen = false;
            return;
        }
        // What was read of a file that was truncated is there no longer.
        files.retain(|file| file.closed || !file.is(&position.file));
        let stretches = VecDeque::new();
        files.push(FileProgress { position, closed: false, unseen: false, stretches });
        let spare = files.len().saturating_sub(FILES_MAX);
        files.drain(..spare);
    }

    /// Everything of the earlier run that can be found was: what was not is gone, or goes on under
    /// another identity.
    pub(super) fn caught_up(&mut self) {
        for file in self.sources.values_mut().flatten() {
            file.closed |= std::mem::take(&mut file.unseen);
        }
    }

    /// A batch was taken in, whose latest line is stamped with that second; `None` where no line is
    /// a record.
    pub(super) fn taken_in(&mut self, batch: &LineBatch, latest: Option<i64>) {
        let Some(position) = &batch.position else {
            return;
        };
        let files = self.sources.entry(batch.source).or_default();
        let Some(file) = files.iter_mut().find(|file| !file.closed && file.is(&position.file))
        else {
            return;
        };
        if let Some(latest) = latest {
            file.add(latest, self.stretch_s);
        }
        file.position = position.clone();
    }

    /// A file was read to its end and let go.
    pub(super) fn closed(&mut self, source: SourceId, mark: &FileMark) {
        let files = self.sources.entry(source).or_default();
        if let Some(file) = files.iter_mut().find(|file| !file.closed && file.is(mark)) {
            file.closed = true;
        }
        let closed = files.iter().filter(|file| file.closed).count();
        let mut spare = closed.saturating_sub(FILES_MAX / 2);
        files.retain(|file| {
            let goes = file.closed && spare > 0;
            spare -= usize::from(goes);
            !goes
        });
    }

    /// Forgets what only seconds before this one need.
    pub(super) fn forget_before(&mut self, second: i64) {
        for files in self.sources.values_mut() {
            for file in &mut *files {
                while file.stretches.front().is_some_and(|stretch| stretch.latest < second) {
                    file.stretches.pop_front();
                }
            }
            let unneeded = |file: &FileProgress| file.closed && file.stretches.is_empty();
            let mut spare = files
                .iter()
                .filter(|file| unneeded(file))
                .count()
                .saturating_sub(CLOSED_FILES_KEPT);
            files.retain(|file| {
                let goes = unneeded(file) && spare > 0;
                spare -= usize::from(goes);
                !goes
            });
        }
    }

    /// Where to go on in a log, oldest file first, with what is needed from `second` on read again.
    pub(super) fn resume(&self, source: SourceId, second: i64) -> Vec<ResumeFile> {
        let files = self.sources.get(&source).map(Vec::as_slice).unwrap_or_default();
        let resume = |file: &FileProgress| ResumeFile {
            position: file.position.clone(),
            warm_from: file
                .stretches
                .iter()
                .find(|stretch| stretch.latest >= second)
                .map_or(file.position.offset, |stretch| stretch.from),
            closed: file.closed,
        };
        files.iter().map(resume).collect()
    }
}

impl FileProgress {
    fn is(&self, mark: &FileMark) -> bool {
        self.position.file.identity == mark.identity
    }

    /// Lines behind the position were taken in, the latest of this second. They belong to the last
    /// stretch if that is not much older, and begin another one otherwise.
    fn add(&mut self, latest: i64, stretch_s: i64) {
        match self.stretches.back_mut() {
            Some(last) if latest < last.begun.saturating_add(stretch_s) => {
                last.latest = last.latest.max(latest);
            }
            _ => {
                let from = self.position.offset;
                self.stretches.push_back(Stretch { from, begun: latest, latest });
            }
        }
        if self.stretches.len() > STRETCHES_MAX {
            self.stretches.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::tail::FileIdentity;

    const LOG: SourceId = SourceId(0);

    fn at(inode: u64, offset: u64) -> Position {
        let identity = FileIdentity { device: 1, inode };
        let file = Arc::new(FileMark::of(identity, &[], "access.log".into()));
        Position { file, offset, size_bytes: offset, modified_ns: 0 }
    }

    fn batch(position: Position) -> LineBatch {
        let mut batch = LineBatch::from_lines(LOG, b"line\n");
        batch.position = Some(position);
        batch
    }

    /// For each file: its inode, from where it is read again, where new lines begin, whether closed.
    fn resumed(progress: &Progress, second: i64) -> Vec<(u64, u64, u64, bool)> {
        let files = progress.resume(LOG, second).into_iter();
        files
            .map(|file| {
                let Position { file: mark, offset, .. } = file.position;
                (mark.identity.inode, file.warm_from, offset, file.closed)
            })
            .collect()
    }

    #[test]
    fn what_a_window_needs_is_read_again_and_nothing_before() {
        let mut progress = Progress::new(10);
        progress.reading(LOG, at(7, 0));
        for (end, second) in [(100, 10), (200, 11), (300, 11), (400, 12)] {
            progress.taken_in(&batch(at(7, end)), Some(second));
        }
        assert_eq!(resumed(&progress, 10), [(7, 0, 400, false)]);
        assert_eq!(resumed(&progress, 11), [(7, 100, 400, false)]);
        assert_eq!(resumed(&progress, 12), [(7, 300, 400, false)]);
        assert_eq!(resumed(&progress, 13), [(7, 400, 400, false)]);
    }

    #[test]
    fn a_late_line_does_not_hide_what_was_read_before_it() {
        let mut progress = Progress::new(10);
        progress.reading(LOG, at(7, 0));
        for (end, second) in [(100, 20), (200, 5), (300, 21)] {
            progress.taken_in(&batch(at(7, end)), Some(second));
        }
        assert_eq!(resumed(&progress, 20), [(7, 0, 300, false)]);
    }

    #[test]
    fn a_rotated_file_is_read_again_for_as_long_as_a_window_needs_it() {
        let mut progress = Progress::new(10);
        progress.reading(LOG, at(7, 0));
        progress.taken_in(&batch(at(7, 100)), Some(10));
        progress.reading(LOG, at(8, 0));
        progress.closed(LOG, &at(7, 100).file);
        progress.taken_in(&batch(at(8, 50)), Some(12));
        assert_eq!(resumed(&progress, 10), [(7, 0, 100, true), (8, 0, 50, false)]);
        progress.forget_before(12);
        assert_eq!(resumed(&progress, 10), [(7, 100, 100, true), (8, 0, 50, false)]);
    }

    #[test]
    fn a_later_run_still_knows_what_the_windows_need() {
        let mut before = Progress::new(10);
        for inode in [6, 7] {
            before.reading(LOG, at(inode, 0));
            before.taken_in(&batch(at(inode, 100)), Some(10));
        }
        before.closed(LOG, &at(6, 100).file);
        let mut progress = Progress::new(10);
        progress.resume_from(LOG, before.resume(LOG, 5), 12);
        progress.reading(LOG, at(7, 100));
        progress.caught_up();
        progress.taken_in(&batch(at(7, 200)), Some(30));
        assert_eq!(resumed(&progress, 12), [(6, 0, 100, true), (7, 0, 200, false)]);
        assert_eq!(resumed(&progress, 30), [(6, 100, 100, true), (7, 100, 200, false)]);
    }

    #[test]
    fn a_file_that_a_later_run_does_not_find_is_not_waited_for() {
        let mut progress = Progress::new(10);
        let file = ResumeFile { position: at(7, 100), warm_from: 100, closed: false };
        progress.resume_from(LOG, vec![file], 12);
        progress.reading(LOG, at(8, 0));
        progress.caught_up();
        assert_eq!(resumed(&progress, 12), [(7, 100, 100, true), (8, 0, 0, false)]);
    }

    #[test]
    fn a_truncated_file_begins_anew() {
        let mut progress = Progress::new(10);
        progress.reading(LOG, at(7, 0));
        progress.taken_in(&batch(at(7, 100)), Some(10));
        progress.reading(LOG, at(7, 0));
        assert_eq!(resumed(&progress, 10), [(7, 0, 0, false)]);
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let mut progress = Progress::new(2_560);
        progress.reading(LOG, at(0, 0));
        for second in 0..20_000_u32 {
            progress.taken_in(&batch(at(0, u64::from(second) + 1)), Some(i64::from(second)));
        }
        assert_eq!(resumed(&progress, 15_005), [(0, 15_000, 20_000, false)]);
        assert_eq!(resumed(&progress, 0), [(0, 20_000 - 10_240, 20_000, false)]);
        for inode in 1..1_000 {
            progress.closed(LOG, &at(inode - 1, 0).file);
            progress.reading(LOG, at(inode, 0));
        }
        progress.forget_before(20_000);
        assert_eq!(resumed(&progress, 0).len(), CLOSED_FILES_KEPT + 1);
    }
}
