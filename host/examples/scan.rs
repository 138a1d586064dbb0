//! Reads logs as `weir replay` does and counts their lines: the least that any of Weir's work can
//! cost, which the comparison in `tests/peers` measures the rest by.

use std::io::Write as _;
use std::path::Path;

use weir::tail::{ArchiveReader, LineBatch, Settings, SourceId};

fn main() -> anyhow::Result<()> {
    let settings = Settings::default();
    let mut batch = LineBatch::new(SourceId::default(), settings.batch_bytes_max);
    for log in std::env::args_os().skip(1) {
        let mut reader = ArchiveReader::open(Path::new(&log), &settings)?;
        let mut lines = 0;
        while reader.next_batch(&mut batch)? {
            lines += batch.lines().count();
        }
        writeln!(std::io::stdout(), "{lines}")?;
    }
    Ok(())
}
