//! Running the tools of a language.

use std::ffi::{OsStr, OsString};
use std::fmt::Write as _;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::super::ProjectError;

/// How much of what a tool says is kept, in bytes: some screens full. The rest is read, so that the
/// tool does not wait for somebody to read it, and dropped.
const SAID_BYTES_MAX: u64 = 64 << 10;

/// A program that building needs.
pub(super) struct Tool {
    /// What it is, for people.
    pub(super) name: &'static str,
    /// The variable of the environment that names another.
    pub(super) variable: &'static str,
    /// The command that installs it.
    pub(super) install: &'static str,
}

impl Tool {
    /// What the environment names, or else what was found in the project, or else what the search
    /// path has under this name.
    pub(super) fn program(&self, found: Option<PathBuf>, name: &str) -> PathBuf {
        let named = std::env::var_os(self.variable).filter(|named| !named.is_empty());
        named.map(|named| from_here(named.into())).or(found).unwrap_or_else(|| name.into())
    }

    /// Runs `command` to its end; what it wrote to standard output.
    ///
    /// # Errors
    /// [`ProjectError::MissingTool`] where there is no such program, and
    /// [`ProjectError::ToolFailed`], with what it said, where it fails.
    pub(super) fn run(&self, command: &mut Command) -> Result<String, ProjectError> {
        let program = PathBuf::from(command.get_program());
        let failed = |source| ProjectError::Run { program: program.clone(), source };
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = match command.spawn() {
            Ok(child) => child,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                let hint = format!("{}, or name another in {}", self.install, self.variable);
                return Err(ProjectError::MissingTool { tool: self.name, program, hint });
            }
            Err(source) => return Err(failed(source)),
        };
        let (out, err) = (child.stdout.take(), child.stderr.take());
        let (out, err) = std::thread::scope(|scope| {
            let out = scope.spawn(|| beginning(out));
            let err = beginning(err);
            (out.join().unwrap_or_default(), err)
        });
        let status = child.wait().map_err(failed)?;
        if status.success() {
            return Ok(out);
        }
        let said = format!("{err}{out}").trim_end().to_owned();
        Err(ProjectError::ToolFailed { program, status, said })
    }
}

/// A program as the caller means it, who is in another folder than the project's; a mere name is
/// looked for in the search path, wherever that is done.
fn from_here(program: PathBuf) -> PathBuf {
    let is_name = program.components().count() == 1;
    let absolute = (!is_name).then(|| std::path::absolute(&program).ok()).flatten();
    absolute.unwrap_or(program)
}

/// The beginning of what a tool says; the rest is passed over.
fn beginning(said: Option<impl Read>) -> String {
    let Some(mut said) = said else { return String::new() };
    let mut kept = Vec::new();
    // A pipe that breaks has said what it had to say.
    let _ = said.by_ref().take(SAID_BYTES_MAX).read_to_end(&mut kept);
    let dropped = std::io::copy(&mut said, &mut std::io::sink()).unwrap_or(0);
    let mut text = String::from_utf8_lossy(&kept).into_owned();
    if dropped > 0 {
        // Writing to a String cannot fail.
        let _ = write!(text, "\n[{dropped} more bytes]\n");
    }
    text
}

/// A command that runs in the project's folder.
pub(super) fn in_folder<S: AsRef<OsStr>>(
    program: &Path,
    dir: &Path,
    args: impl IntoIterator<Item = S>,
) -> Command {
    let mut command = Command::new(program);
    command.current_dir(dir).args(args);
    command
}

/// `prefix` and a path in one argument.
pub(super) fn with_prefix(prefix: &str, path: &Path) -> OsString {
    let mut argument = OsString::from(prefix);
    argument.push(path);
    argument
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOOL: Tool =
        Tool { name: "a tool", variable: "WEIR_TEST_NO_SUCH_TOOL", install: "make one" };

    fn shell(script: &str) -> Command {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", script]);
        command
    }

    #[test]
    fn a_tool_that_is_not_there_is_named_with_what_installs_it() {
        let program = TOOL.program(None, "no-such-tool-anywhere");
        let error = TOOL.run(&mut Command::new(program)).unwrap_err().to_string();
        let expected = "cannot find a tool, tried `no-such-tool-anywhere`; hint: make one, or name \
                        another in WEIR_TEST_NO_SUCH_TOOL";
        assert_eq!(error, expected);
    }

    #[test]
    fn what_is_in_the_project_comes_before_the_search_path() {
        assert_eq!(TOOL.program(Some("here/tool".into()), "tool"), Path::new("here/tool"));
        assert_eq!(TOOL.program(None, "tool"), Path::new("tool"));
    }

    #[test]
    fn a_tool_that_fails_is_quoted() {
        let error = TOOL.run(&mut shell("echo seen; echo wrong >&2; exit 3")).unwrap_err();
        let expected = "`/bin/sh` failed, exit status: 3:\nwrong\nseen";
        assert_eq!(error.to_string(), expected);
    }

    #[test]
    fn a_tool_that_floods_is_read_to_its_end_and_cut() {
        let said = TOOL.run(&mut shell("yes flood | head -c 1000000")).unwrap();
        assert!(said.ends_with("\n[934464 more bytes]\n"), "{} bytes", said.len());
    }
}
