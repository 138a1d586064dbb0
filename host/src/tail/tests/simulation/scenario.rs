//! What a run is about: which hazards, how often, and how the reader is set up.

use std::path::PathBuf;
use std::time::Duration;

use super::super::super::{Pattern, ReadFrom, Settings};
use super::actors::Rotation;
use super::random::Random;

/// Where the simulated logs are.
pub(super) const DIRECTORY: &str = "/logs";

/// A set of runs that share what may happen in them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hazard {
    Writing,
    RenameCreate,
    RenameOnly,
    Dateext,
    DateextWithExtension,
    Copytruncate,
    TruncateLeavingHoles,
    Truncate,
    RefillToSameSize,
    RefillToLargerSize,
    Delete,
    LinkSwitch,
    Permission,
    Directory,
    CompressionAtOnce,
    CompressionDelayed,
    Globs,
    FromEnd,
    CrashWhileWriting,
    CrashAcrossRenames,
    CrashAcrossCopies,
    CrashAcrossDates,
    CrashAcrossLinks,
    CrashAcrossGlobs,
    CrashFromEnd,
    Mixed,
}

/// When rotated files are compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Compression {
    Never,
    AtOnce,
    /// At the next rotation.
    Delayed,
}

/// Everything about a run that does not change during it.
#[derive(Clone, Debug)]
pub(super) struct Scenario {
    pub(super) logs: Vec<PathBuf>,
    pub(super) patterns: Vec<Pattern>,
    pub(super) settings: Settings,
    pub(super) rotations: Vec<Rotation>,
    pub(super) compression: Compression,
    /// How many rotated files are kept.
    pub(super) keep: usize,
    /// Whether nothing keeps the reader from reading the files in the order in which they were begun.
    pub(super) in_order: bool,
    pub(super) crashes: bool,
    /// How often the others act before a call of the reader, in percent, and how many times then at
    /// most.
    pub(super) interference_percent: usize,
    pub(super) interference_ops: usize,
    pub(super) short_read_percent: usize,
    /// Whether writers write to the end of a file whatever they wrote before, and so leave no hole when
    /// it was truncated.
    pub(super) appends: bool,
    /// How often half a line is written, in percent, and how often its rest never comes.
    pub(super) half_line_percent: usize,
    pub(super) abandon_percent: usize,
    /// How many rounds the reader makes.
    pub(super) rounds: usize,
}

impl Scenario {
    pub(super) fn new(hazard: Hazard, random: &mut Random) -> Self {
        use Hazard as H;
        let globs = matches!(hazard, H::Globs | H::CrashAcrossGlobs)
            || (hazard == H::Mixed && random.chance(15));
        let linked = matches!(hazard, H::LinkSwitch | H::CrashAcrossLinks)
            || (hazard == H::Mixed && !globs && random.chance(15));
        let compression = match hazard {
            H::CompressionAtOnce => Compression::AtOnce,
            H::CompressionDelayed => Compression::Delayed,
            H::CrashAcrossRenames | H::CrashAcrossDates | H::CrashAcrossCopies | H::Mixed
                if !globs =>
            {
                random.pick(&[Compression::Never, Compression::AtOnce, Compression::Delayed])
            }
            _ => Compression::Never,
        };
        let crashes = matches!(
            hazard,
            H::CrashWhileWriting
                | H::CrashAcrossRenames
                | H::CrashAcrossCopies
                | H::CrashAcrossDates
                | H::CrashAcrossLinks
                | H::CrashAcrossGlobs
                | H::CrashFromEnd
        ) || (hazard == H::Mixed && random.chance(70));
        let logs: Vec<PathBuf> = ["access.log", "other.log"]
            .iter()
            .map(|name| PathBuf::from(DIRECTORY).join(name))
            .collect();
        let logs = logs[..random.within(1..=2)].to_vec();
        let named = if globs { vec![PathBuf::from(DIRECTORY).join("*")] } else { logs.clone() };
        // Files that come and go during one round of the reader may be found in any order.
        let interference_percent = random.pick(&[0, 5, 20, 60]);
        let from_end = matches!(hazard, H::FromEnd | H::CrashFromEnd);
        let from = if from_end { ReadFrom::End } else { ReadFrom::Start };
        Self {
            logs,
            patterns: named.into_iter().map(|path| Pattern { path, from }).collect(),
            settings: Settings {
                max_line_bytes: 256,
                batch_bytes_max: 4_096,
                inotify: false,
                ..Settings::default()
            },
            rotations: rotations(hazard, globs, linked, random),
            compression,
            keep: random.within(1..=5),
            in_order: interference_percent == 0
                && compression == Compression::Never
                && !globs
                && hazard != H::Mixed,
            crashes,
            interference_percent,
            interference_ops: random.pick(&[1, 3, 10]),
            short_read_percent: random.pick(&[0, 0, 30]),
            appends: hazard != H::TruncateLeavingHoles,
            half_line_percent: random.pick(&[0, 10, 30]),
            abandon_percent: random.pick(&[0, 0, 10]),
            rounds: random.within(10..=60),
        }
    }

    /// Whether logs are links to dated files.
    pub(super) fn is_linked(&self) -> bool {
        self.rotations.contains(&Rotation::LinkSwitch)
    }

    /// Whether rotated names are found by a glob.
    pub(super) fn has_globs(&self) -> bool {
        self.patterns.iter().any(|pattern| pattern.path.ends_with("*"))
    }

    /// Longer than a rotated file is waited for.
    pub(super) fn long(&self) -> Duration {
        self.settings.rotate_wait.max(self.settings.partial_line_timeout) + Duration::from_secs(1)
    }
}

fn rotations(hazard: Hazard, globs: bool, linked: bool, random: &mut Random) -> Vec<Rotation> {
    use Hazard as H;
    use Rotation as R;
    match hazard {
        H::Writing | H::CrashWhileWriting => Vec::new(),
        H::FromEnd | H::CrashFromEnd => vec![R::RenameCreate, R::Truncate],
        H::RenameCreate | H::CompressionAtOnce | H::CompressionDelayed => vec![R::RenameCreate],
        H::RenameOnly => vec![R::RenameOnly],
        H::Dateext => vec![R::Dateext],
        H::DateextWithExtension => vec![R::DateextWithExtension],
        H::Copytruncate | H::CrashAcrossCopies => {
            vec![R::Copytruncate]
        }
        H::Truncate | H::TruncateLeavingHoles => vec![R::Truncate],
        H::RefillToSameSize => vec![R::TruncateRefillSame],
        H::RefillToLargerSize => vec![R::TruncateRefillMore],
        H::Delete => vec![R::Delete],
        H::LinkSwitch | H::CrashAcrossLinks => vec![R::LinkSwitch],
        H::Permission => vec![R::Permission],
        H::Directory => vec![R::Directory],
        H::CrashAcrossRenames => vec![random.pick(&[R::RenameCreate, R::RenameOnly])],
        H::CrashAcrossDates => vec![random.pick(&[R::Dateext, R::DateextWithExtension])],
        H::Globs | H::CrashAcrossGlobs => vec![random.pick(&[R::RenameCreate, R::Dateext])],
        H::Mixed => {
            let renaming = if linked {
                &[R::LinkSwitch][..]
            } else if globs {
                &[R::RenameCreate, R::RenameOnly, R::Dateext][..]
            } else {
                &[
                    R::RenameCreate,
                    R::RenameOnly,
                    R::Dateext,
                    R::DateextWithExtension,
                    R::Copytruncate,
                ][..]
            };
            let mut rotations = vec![random.pick(renaming); 4];
            let others = [
                R::Truncate,
                R::TruncateRefillSame,
                R::TruncateRefillMore,
                R::Permission,
                R::Directory,
            ];
            rotations.extend(others.into_iter().filter(|_| random.chance(40)));
            if !linked && random.chance(40) {
                rotations.push(R::Delete);
            }
            rotations
        }
    }
}
