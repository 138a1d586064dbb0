//! Where a guest was when it trapped, for its author: functions by the names that its compiler left
//! in it, or by their numbers where it was stripped.

use std::fmt::{self, Write};

/// The most frames of a guest's stack that are told.
const FRAMES_MAX: usize = 8;
/// The most of them that a message names.
const FRAMES_IN_WORDS_MAX: usize = 4;
/// The longest name that is told, in bytes; of a longer one the beginning.
const NAME_BYTES_MAX: usize = 256;

/// The innermost functions of the guest when it trapped, the innermost first.
pub(super) fn of(error: &wasmtime::Error) -> Vec<String> {
    let Some(backtrace) = error.downcast_ref::<wasmtime::WasmBacktrace>() else {
        return Vec::new();
    };
    let name = |frame: &wasmtime::FrameInfo| match frame.func_name() {
        Some(name) => demangled(name),
        None => format!("function {}", frame.func_index()),
    };
    backtrace.frames().iter().take(FRAMES_MAX).map(name).collect()
}

/// Some of them, to stand behind what happened.
pub(super) fn in_words(frames: &[String]) -> String {
    let shown = frames.get(..FRAMES_IN_WORDS_MAX).unwrap_or(frames);
    if shown.is_empty() { String::new() } else { format!(" in {}", shown.join(" < ")) }
}

/// A name as its author wrote it, without the hash that Rust adds; as it is where Rust did not make it.
fn demangled(name: &str) -> String {
    let mut short = Bounded(String::new());
    // A name may unfold to any length; writing ends at the bound.
    if write!(short, "{:#}", rustc_demangle::demangle(name)).is_err() {
        short.0.push_str("...");
    }
    short.0
}

/// Takes as much as fits.
struct Bounded(String);

impl Write for Bounded {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let room = NAME_BYTES_MAX.saturating_sub(self.0.len());
        let end = text.floor_char_boundary(room);
        self.0.push_str(text.get(..end).unwrap_or_default());
        if end < text.len() { Err(fmt::Error) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_as_their_author_wrote_them() {
        let mangled = "_ZN4core9panicking5panic17h0123456789abcdefE";
        assert_eq!(demangled(mangled), "core::panicking::panic");
        assert_eq!(demangled("on_tick"), "on_tick");
    }

    #[test]
    fn a_name_without_end_is_cut_between_characters() {
        let long = demangled(&"\u{e9}".repeat(1_000));
        assert_eq!(long, format!("{}...", "\u{e9}".repeat(NAME_BYTES_MAX / 2)));
    }
}
