//! The `weir` program: errors to standard error, and an exit code.

use std::io::Write as _;
use std::process::ExitCode;

use anyhow::Context as _;
use weir::cli;
use weir::commands::{self, EXIT_FAILURE};

fn main() -> ExitCode {
    match try_main() {
        Ok(code) => code,
        Err(error) => {
            let mut err = std::io::stderr().lock();
            // Where standard error is closed there is nobody left to tell.
            let _ = writeln!(err, "weir: error: {error:#}");
            ExitCode::from(EXIT_FAILURE)
        }
    }
}

fn try_main() -> anyhow::Result<ExitCode> {
    let parsed = match cli::parse(std::env::args_os()) {
        Ok(parsed) => parsed,
        Err(usage) => {
            let code = cli::usage_exit_code(&usage);
            let printed = usage.print();
            let closed = |error: &std::io::Error| error.kind() == std::io::ErrorKind::BrokenPipe;
            if let Err(error) = printed.as_ref()
                && !closed(error)
            {
                printed.context("cannot write to the terminal")?;
            }
            return Ok(ExitCode::from(u8::try_from(code).unwrap_or(EXIT_FAILURE)));
        }
    };
    let Err(error) = commands::execute(&parsed) else {
        return Ok(ExitCode::SUCCESS);
    };
    let Some(code) = error.exit_code() else {
        return Ok(ExitCode::SUCCESS);
    };
    let mut err = std::io::stderr().lock();
    let _ = writeln!(err, "weir: error: {:#}", anyhow::Error::from(error));
    Ok(ExitCode::from(code))
}
