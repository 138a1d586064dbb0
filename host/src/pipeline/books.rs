//! Every line read is accounted for, by source; and a clock that is wrong is noticed.

use std::time::Duration;

use crate::event::Account;
use crate::store::Absorbed;
use crate::units::show_duration;

/// Before so many lines of a source have been counted, nothing is said about its clock.
const LINES_BEFORE_WARNING: u64 = 20;

/// The books of one source.
#[derive(Debug)]
pub(super) struct Books {
    account: Account,
    /// How far off the last line was that was stamped outside what is kept, in seconds; over 0 is
    /// the past.
    last_off_s: i64,
    warned: bool,
}

impl Books {
    pub(super) fn new(source: String) -> Self {
        let account = Account { source, ..Account::default() };
        Self { account, last_off_s: 0, warned: false }
    }

    pub(super) fn account(&self) -> &Account {
        &self.account
    }

    /// Lines that never became records.
    pub(super) fn not_parsed(&mut self, rejected: u64, too_long: u64) {
        self.account.read += rejected + too_long;
        self.account.rejected += rejected;
        self.account.too_long += too_long;
    }

    /// Lines of one second, and what the store did with them at `now_second`.
    pub(super) fn parsed(&mut self, lines: u32, absorbed: Absorbed, off_s: i64) {
        let lines = u64::from(lines);
        self.account.read += lines;
        match absorbed {
            Absorbed::Counted => self.account.parsed += lines,
            Absorbed::Late => self.account.late += lines,
            Absorbed::Future => self.account.future += lines,
        }
        if absorbed != Absorbed::Counted {
            self.last_off_s = off_s;
        }
    }

    pub(super) fn lost(&mut self, lines: u64) {
        self.account.lost += lines;
    }

    /// The warning that most lines are stamped outside what is kept: once, with by how much.
    pub(super) fn clock_warning(&mut self) -> Option<String> {
        let Account { source, read, late, future, .. } = &self.account;
        let off = late + future;
        if self.warned || *read < LINES_BEFORE_WARNING || off * 2 <= *read {
            return None;
        }
        self.warned = true;
        let way = if self.last_off_s > 0 { "in the past" } else { "in the future" };
        let by = show_duration(Duration::from_secs(self.last_off_s.unsigned_abs()));
        Some(format!(
            "{source}: {off} of {read} lines do not count, since they are stamped outside what is \
             kept, the last one {by} {way}; hint: is the clock or the time zone of its writer right?"
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_read_is_the_sum_of_what_became_of_it() {
        let mut books = Books::new("a.log".into());
        books.not_parsed(2, 1);
        books.parsed(10, Absorbed::Counted, 0);
        books.parsed(3, Absorbed::Late, 500);
        books.parsed(4, Absorbed::Future, -500);
        let Account { read, parsed, rejected, too_long, late, future, .. } = *books.account();
        assert_eq!((parsed, rejected, too_long, late, future), (10, 2, 1, 3, 4));
        assert_eq!(read, parsed + rejected + too_long + late + future);
    }

    #[test]
    fn a_wrong_clock_is_told_once_and_with_how_wrong_it_is() {
        let mut books = Books::new("a.log".into());
        books.parsed(9, Absorbed::Counted, 0);
        assert_eq!(books.clock_warning(), None);
        books.parsed(11, Absorbed::Late, 7_200);
        let warning = books.clock_warning().unwrap();
        assert!(warning.contains("11 of 20 lines"), "{warning}");
        assert!(warning.contains("2h in the past"), "{warning}");
        assert_eq!(books.clock_warning(), None);
    }
}
