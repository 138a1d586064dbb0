//! A stand-in for the host, so that a monitor can be tested natively, call by call.
//!
//! It hands the monitor the settings, answers and rows that a test makes up, and gives back what the
//! monitor said. It reads no questions, keeps no windows and sets no bounds: for all of that there
//! is `weir plugin test`, which runs the component over a recorded log in the real host.
//! [`examples`](crate::examples) has monitors with their tests.

pub(crate) mod imports;
mod state;

use std::fmt;

pub use state::{Alerted, Measure, Reported, Said};

use state::{State, block, with};

use crate::bindings::weir::monitor::types::{Columns, Table};
use crate::{Instant, Monitor, Problems, Slot, Span};

/// A column of rows, as a test makes it up.
#[derive(Clone, Copy, Debug)]
pub enum Column<'a> {
    /// Of `status` or `bytes`; -1 where the log has none.
    Integers(&'a [i64]),
    /// Of any other field; `-` where the log has none.
    Texts(&'a [&'a str]),
}

/// A monitor, and what it is told. One a thread at a time: a second one takes the first one's place.
pub struct Host<M> {
    monitor: Slot<M>,
}

/// Without the monitor, which need not have it.
impl<M> fmt::Debug for Host<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Host").finish_non_exhaustive()
    }
}

impl<M: Monitor> Host<M> {
    /// Makes a monitor of `settings`, one JSON object, as the host would.
    ///
    /// # Errors
    /// What the monitor, or the ranges of its settings, find wrong.
    pub fn start(settings: &str) -> Result<Self, Problems> {
        Self::restart(settings, None)
    }

    /// The same, after an earlier instance that kept something.
    ///
    /// # Errors
    /// As [`Host::start`].
    pub fn restart(settings: &str, kept: Option<Vec<u8>>) -> Result<Self, Problems> {
        with(|host| *host = State { settings: settings.to_owned(), kept, ..State::default() });
        let monitor = Slot::empty();
        monitor.start(&imports::Setup)?;
        Ok(Self { monitor })
    }

    /// How often the monitor wants to be ticked; `None` where it did not say.
    pub fn period(&self) -> Option<Span> {
        with(|host| host.period).map(Span::from_nanos)
    }

    /// The questions that it asks, each with its window.
    pub fn questions(&self) -> Vec<(String, Span)> {
        let questions = with(|host| host.questions.clone());
        questions.into_iter().map(|(text, window)| (text, Span::from_nanos(window))).collect()
    }

    /// The fields of the rows that it reads, and their filter.
    pub fn subscription(&self) -> Option<(Vec<String>, String)> {
        with(|host| host.subscription.clone())
    }

    /// The JSON Schema of its settings.
    pub fn schema(&self) -> String {
        with(|host| host.schema.clone())
    }

    /// What it has kept last.
    pub fn kept(&self) -> Option<Vec<u8>> {
        with(|host| host.kept.clone())
    }

    /// From now on the answer to question `index`, counted from 0 in the order of
    /// [`Host::questions`]: rows of keys and values.
    pub fn answer(&mut self, index: usize, rows: &[(&[&str], &[f64])]) {
        let keys = block(rows.iter().flat_map(|(keys, _)| keys.iter().copied()));
        let values = rows.iter().flat_map(|(_, values)| values.iter().copied()).collect();
        with(|host| host.answers.insert(index, Table { keys, values, exact: true }));
    }

    /// Ticks the monitor, and gives back what it said.
    pub fn tick(&mut self, now: Instant) -> Said {
        with(|host| host.now = now.nanos());
        self.monitor.on_tick(now.nanos());
        with(|host| std::mem::take(&mut host.said))
    }

    /// Hands over rows: the time of each, and the columns in the order of the subscription, each with
    /// as many values. Gives back what the monitor said.
    pub fn rows(&mut self, times: &[Instant], columns: &[Column<'_>]) -> Said {
        let (mut integers, mut texts) = (Vec::new(), Vec::new());
        for column in columns {
            match column {
                Column::Integers(values) => integers.extend_from_slice(values),
                Column::Texts(values) => texts.extend_from_slice(values),
            }
        }
        with(|host| host.row_times = times.iter().map(|time| time.nanos()).collect());
        let rows = u32::try_from(times.len()).unwrap_or(u32::MAX);
        self.monitor.on_batch(Columns { rows, integers, texts: block(texts.into_iter()) });
        with(|host| {
            host.row_times.clear();
            std::mem::take(&mut host.said)
        })
    }
}
