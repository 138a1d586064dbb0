//! Standard output as a sink, and the stages' own settings.

use std::io::{self, IsTerminal as _, Write};
use std::os::unix::fs::FileTypeExt as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use crate::config::{
    ColorChoice, OutputFormat, OutputSettings, RejectsSettings, STDIN, Settings, StartAt,
};
use crate::diagnostics::Diagnostics;
use crate::pipeline::{LiveSettings, Outlets, Watch};
use crate::sink::{
    Encode, Json, JsonWithProvenance, Rejects, RejectsError, RejectsMark, Sink, Text,
};
use crate::state::Snapshot;
use crate::{store, tail};

/// Events on standard output, in the format and the colours that the settings ask for.
pub(super) fn sink(settings: OutputSettings, diagnostics: &Diagnostics) -> Sink {
    let encoder: Box<dyn Encode + Send> = match settings.format {
        OutputFormat::Text => Box::new(Text::new(colored(settings.color))),
        OutputFormat::Json if settings.provenance => Box::new(JsonWithProvenance),
        OutputFormat::Json => Box::new(Json),
    };
    Sink::new(encoder, Box::new(Stdout(diagnostics.clone())), "standard output")
}

/// See <https://no-color.org>: set and not empty means no colour.
pub(super) fn colored(choice: ColorChoice) -> bool {
    match choice {
        ColorChoice::Always => true,
        ColorChoice::Never => false,
        ColorChoice::Auto => {
            let refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
            io::stdout().is_terminal() && !refused
        }
    }
}

/// Standard output, which shares the terminal with a progress bar on standard error.
pub(super) struct Stdout(pub(super) Diagnostics);

impl Write for Stdout {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.step_aside();
        io::stdout().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stdout().flush()
    }
}

/// Where everything goes: events to standard output, rejected lines to their file. The file goes on
/// where the snapshot says.
pub(super) fn outlets(
    settings: &Settings,
    snapshot: Option<&Snapshot>,
    diagnostics: &Diagnostics,
) -> Result<Outlets, RejectsError> {
    let rejects = settings.rejects.as_ref();
    let rejects = rejects.map(|rejects| open_rejects(rejects, snapshot)).transpose()?;
    Ok(Outlets { sink: sink(settings.output, diagnostics), rejects })
}

/// Opens the file of rejected lines; what it holds of lines that the snapshot does not count comes
/// again, and so is cut off.
pub(super) fn open_rejects(
    settings: &RejectsSettings,
    snapshot: Option<&Snapshot>,
) -> Result<Rejects, RejectsError> {
    let state = snapshot.and_then(|snapshot| snapshot.rejects.as_ref());
    let state = state.filter(|state| state.path == settings.file);
    let mark = state.map(|state| RejectsMark { inode: state.inode, bytes: state.bytes });
    Rejects::open(&settings.file, settings.bytes_max, mark)
}

/// How many threads parse unless somebody says otherwise.
pub(super) fn processors() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

/// How logs are read.
pub(super) fn tail_settings(settings: &Settings) -> tail::Settings {
    let tail = &settings.tail;
    let defaults = tail::Settings::default();
    tail::Settings {
        poll_interval: tail.poll_interval,
        rotate_wait: tail.rotate_wait,
        partial_line_timeout: tail.partial_line_timeout,
        max_line_bytes: tail.max_line_bytes,
        // A batch must hold two of the longest lines.
        batch_bytes_max: defaults.batch_bytes_max.max(2 * tail.max_line_bytes),
        files_max: tail.files_max,
        glob_interval: tail.glob_interval,
        inotify: tail.inotify,
    }
}

/// What the store may keep.
pub(super) fn store_limits(settings: &Settings) -> store::Limits {
    store::Limits {
        future_tolerance_s: u32::try_from(settings.store.future_tolerance.as_secs())
            .unwrap_or(u32::MAX),
        groups_max: settings.store.groups_max,
        key_bytes_max: settings.store.key_bytes_max,
        ..store::Limits::default()
    }
}

/// The least time between two looks at the plugins directory: more often would only cost.
const WATCH_INTERVAL_MIN: Duration = Duration::from_millis(10);

/// How the plugins directory is watched, where it is.
fn watch(settings: &Settings) -> Option<Watch> {
    let wanted = settings.plugins.watch_interval;
    let dir = settings.plugins.dir.clone().filter(|_| !wanted.is_zero())?;
    let interval = wanted.max(WATCH_INTERVAL_MIN);
    let hands_over = !settings.sources.iter().any(|source| is_stream(&source.path));
    Some(Watch { dir, interval, settings: Arc::new(settings.clone()), hands_over })
}

/// Whether this is standard input or a FIFO. What a thread has read of it and what still waits there
/// cannot be told apart from outside.
pub(super) fn is_stream(path: &Path) -> bool {
    let is_fifo = |metadata: std::fs::Metadata| metadata.file_type().is_fifo();
    path == Path::new(STDIN) || std::fs::metadata(path).is_ok_and(is_fifo)
}

/// What to follow, and how.
pub(super) fn live_settings(settings: &Settings) -> LiveSettings {
    let pattern = |source: &crate::config::Source| tail::Pattern {
        path: source.path.clone(),
        from: match source.from {
            StartAt::Start => tail::ReadFrom::Start,
            StartAt::End => tail::ReadFrom::End,
        },
    };
    LiveSettings {
        patterns: settings.sources.iter().map(pattern).collect(),
        tail: tail_settings(settings),
        store: store_limits(settings),
        watch: watch(settings),
    }
}
