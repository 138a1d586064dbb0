//! Every line read is accounted for, by source; and a clock that is wrong is noticed.

use std::time::Duration;

use super::digesting::Digested;
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
    /// The latest second that a line was stamped with and counted.
    latest: Option<i64>,
    /// Whether it was told that the books do not balance.
    unbalanced_told: bool,
}

impl Books {
    pub(super) fn new(source: String) -> Self {
        Self::resume(Account { source, ..Account::default() })
    }

    /// Goes on with the books of an earlier run.
    pub(super) fn resume(account: Account) -> Self {
        Self { account, last_off_s: 0, warned: false, latest: None, unbalanced_told: false }
    }

    pub(super) fn account(&self) -> &Account {
        &self.account
    }

    /// The lines of a batch, all of them, and those that never became records. What becomes of the
    /// others follows by [`Self::parsed`].
    pub(super) fn read(&mut self, digested: &Digested) {
        self.account.read += digested.lines + digested.too_long;
        self.account.rejected += digested.rejected;
        self.account.too_long += digested.too_long;
        self.account.partial += digested.partial;
    }

    /// Lines of one second, and what the store did with them at `now`, in seconds.
    pub(super) fn parsed(&mut self, lines: u32, second: i64, absorbed: Absorbed, now: i64) {
        let lines = u64::from(lines);
        match absorbed {
            Absorbed::Counted => self.account.parsed += lines,
            Absorbed::Late => self.account.late += lines,
            Absorbed::Future => self.account.future += lines,
        }
        if absorbed == Absorbed::Counted {
            self.latest = self.latest.max(Some(second));
        } else {
            self.last_off_s = now.saturating_sub(second);
        }
    }

    /// Bytes that can no longer be read, and the lines among them that are known of.
    pub(super) fn lost(&mut self, bytes: u64, lines: u64) {
        self.account.lost += lines;
        self.account.lost_bytes += bytes;
    }

    /// So many bytes are known to wait.
    pub(super) fn behind(&mut self, bytes: u64) {
        self.account.lag_bytes = bytes;
    }

    /// The account as it is at `now`, in seconds.
    pub(super) fn account_at(&self, now: i64) -> Account {
        let behind = self.latest.map_or(0, |latest| now.saturating_sub(latest).max(0));
        let lag = if self.account.lag_bytes > 0 { behind.unsigned_abs() } else { 0 };
        Account { lag: Duration::from_secs(lag), ..self.account.clone() }
    }

    /// Whether lines are missing from the books that were not when this was last asked: a fault of
    /// Weir's own. To be asked when everything that was read has been taken in.
    pub(super) fn check(&mut self) -> Result<(), String> {
        if self.account.balances() || std::mem::replace(&mut self.unbalanced_told, true) {
            return Ok(());
        }
        Err(format!("the books do not balance, this is a fault of weir: {:?}", self.account))
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
    use std::sync::Arc;

    use super::*;
    use crate::store::PlanBuilder;

    /// A batch of so many lines, none of them special.
    fn batch(lines: u64) -> Digested {
        let mut batch = Digested::new(Arc::new(PlanBuilder::new().build()), false);
        batch.lines = lines;
        batch
    }

    #[test]
    fn what_was_read_is_the_sum_of_what_became_of_it() {
        let mut books = Books::new("a.log".into());
        let mut lines = batch(19);
        (lines.rejected, lines.too_long) = (2, 1);
        books.read(&lines);
        books.parsed(10, 100, Absorbed::Counted, 100);
        books.parsed(3, 50, Absorbed::Late, 100);
        assert!(books.check().unwrap_err().contains("do not balance"));
        books.parsed(4, 200, Absorbed::Future, 100);
        let Account { read, parsed, rejected, too_long, late, future, .. } = *books.account();
        assert_eq!((parsed, rejected, too_long, late, future), (10, 2, 1, 3, 4));
        assert_eq!(read, parsed + rejected + too_long + late + future);
        assert_eq!(books.check(), Ok(()));
    }

    #[test]
    fn a_log_lags_only_where_bytes_wait() {
        let mut books = Books::new("a.log".into());
        books.parsed(1, 90, Absorbed::Counted, 90);
        assert_eq!(books.account_at(100).lag, Duration::ZERO);
        books.behind(7);
        let behind = books.account_at(100);
        assert_eq!((behind.lag_bytes, behind.lag), (7, Duration::from_secs(10)));
    }

    #[test]
    fn a_wrong_clock_is_told_once_and_with_how_wrong_it_is() {
        let mut books = Books::new("a.log".into());
        books.read(&batch(9));
        books.parsed(9, 100, Absorbed::Counted, 100);
        assert_eq!(books.clock_warning(), None);
        books.read(&batch(11));
        books.parsed(11, 100, Absorbed::Late, 7_300);
        let warning = books.clock_warning().unwrap();
        assert!(warning.contains("11 of 20 lines"), "{warning}");
        assert!(warning.contains("2h in the past"), "{warning}");
        assert_eq!(books.clock_warning(), None);
    }
}
