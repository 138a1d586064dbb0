//! `weir demo`: the whole job in about a minute, on a log that is written while it is watched.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use crossbeam_channel::{bounded, select};
use serde_json::json;

use super::{CommandError, log_generator, output, signals};
use crate::clock::{Clock as _, SystemClock};
use crate::config::{Settings, Source, StartAt};
use crate::diagnostics::Diagnostics;
use crate::generate::{LineWriter, Pace, Step, Traffic, run};
use crate::monitor::Metering;
use crate::pipeline::{Control, Legacy, PipelineError, Surroundings, assemble, run_live};
use crate::service::Service;

/// The traffic: quiet, busy, quiet again, until the alert is over and a last report is out.
const STEPS: [(u64, f64); 3] = [(12, 5.0), (16, 40.0), (27, 4.0)];
/// What the alerting monitor is told: over 10 requests a second on average over 10 s.
const THRESHOLD: f64 = 10.0;
const INTERVAL: &str = "10s";
/// The same requests every time.
const SEED: u64 = 2018;

pub(super) fn demo(settings: &Settings, diagnostics: &Diagnostics) -> Result<(), CommandError> {
    let stop = signals::stop()?;
    let clock = Arc::new(SystemClock::new());
    let folder = Folder::make(&clock)?;
    let log = folder.0.join("access.log");
    let settings = demo_settings(settings, &log);
    let assembly = assemble(&settings, Metering::Deadline, diagnostics)?;
    let outlets = output::outlets(&settings, None, diagnostics)?;
    diagnostics.notice(format_args!(
        "a log is written to {} at 5, then 40, then 4 requests a second; an alert is raised over \
         {THRESHOLD} a second on average over {INTERVAL}; this takes about a minute",
        log.display()
    ));
    let (end_writer, writer_told) = bounded::<()>(1);
    let (writer_ended, end_run) = bounded::<()>(1);
    let mut out = LineWriter::open(&log)?;
    let writer_clock = Arc::clone(&clock);
    let writer = std::thread::Builder::new()
        .name("weir-generate".to_owned())
        .spawn(move || {
            let steps =
                STEPS.map(|(seconds, rate)| Step { lasts: Duration::from_secs(seconds), rate });
            let pace = Pace::swinging(steps.to_vec());
            let mut traffic = Traffic::new(SEED);
            let wait = |wait| log_generator::told(&writer_told, wait);
            let written = run(&mut traffic, &pace, &mut out, &*writer_clock, wait);
            drop(writer_ended);
            written
        })
        .map_err(|source| PipelineError::Thread { name: "generator", source })?;
    let (stop_run, told) = bounded::<Control>(1);
    let ran = std::thread::scope(|scope| {
        scope.spawn(|| {
            // Whichever comes first ends both the writer and the run.
            select! {
                recv(stop) -> _ => {}
                recv(end_run) -> _ => {}
            }
            drop((end_writer, stop_run));
        });
        let legacy = Legacy { snapshot: None, saver: None, outlets };
        let mut around = Surroundings {
            clock,
            diagnostics,
            service: &Service::default(),
            controls: &told,
            prepare: &mut || false,
        };
        run_live(assembly, &output::live_settings(&settings), legacy, &mut around)
    });
    let written = writer
        .join()
        .map_err(|_panic| PipelineError::ThreadEnded { name: "generator" })?
        .map_err(CommandError::from);
    ran?;
    diagnostics.detail(format_args!("wrote {} lines", written?.lines));
    Ok(())
}

/// Embedded defaults, but for how events are written.
fn demo_settings(settings: &Settings, log: &Path) -> Settings {
    let mut settings = settings.clone();
    settings.sources = vec![Source { path: log.to_path_buf(), from: StartAt::Start }];
    for monitor in &mut settings.monitors {
        if monitor.name == "alerting" {
            monitor.config.insert("threshold".to_owned(), json!(THRESHOLD));
            monitor.config.insert("interval".to_owned(), json!(INTERVAL));
        }
    }
    settings
}

/// A folder of the demonstration's own, removed at its end.
struct Folder(PathBuf);

impl Folder {
    fn make(clock: &SystemClock) -> Result<Self, CommandError> {
        use std::os::unix::fs::DirBuilderExt as _;
        let name = format!("weir-demo-{}-{}", std::process::id(), clock.now().nanos());
        let dir = std::env::temp_dir().join(name);
        // Not recursive: a folder that is there already is somebody else's.
        match std::fs::DirBuilder::new().mode(0o700).create(&dir) {
            Ok(()) => Ok(Self(dir)),
            Err(source) => Err(CommandError::DemoFolder { dir, source }),
        }
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What cannot be removed is left to whoever empties the temporary folder.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
