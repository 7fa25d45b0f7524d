//! What commands print: `print!`, `println!` and `eprintln!` of this program.
//! Promises: a reader who goes away (`| head`) ends the command as it ends coreutils, with status 141 and without a panic;
//! any other fault of the output is told and ends it with 1. Destructors run: what is to be wiped is wiped.
//! Must not know: what is said.

use std::any::Any;
use std::fmt::Arguments;
use std::io::{self, ErrorKind, Write};
use std::panic::{self, AssertUnwindSafe};
use std::process::ExitCode;

/// What a shell shows of a process that SIGPIPE ended: 128 + 13.
const READER_GONE: u8 = 141;
const NOT_WRITTEN: u8 = 1;

/// The end of a command that nobody hears, with its exit code.
struct Unheard(u8);

macro_rules! print {
    ($($words:tt)*) => { $crate::say::out(format_args!($($words)*)) };
}

macro_rules! println {
    () => { $crate::say::out(format_args!("\n")) };
    ($($words:tt)*) => { $crate::say::out(format_args!("{}\n", format_args!($($words)*))) };
}

macro_rules! eprint {
    ($($words:tt)*) => { $crate::say::aside(format_args!($($words)*)) };
}

macro_rules! eprintln {
    () => { $crate::say::aside(format_args!("\n")) };
    ($($words:tt)*) => { $crate::say::aside(format_args!("{}\n", format_args!($($words)*))) };
}

/// To standard output.
pub(crate) fn out(words: Arguments<'_>) {
    if let Err(error) = io::stdout().write_fmt(words) {
        if error.kind() == ErrorKind::BrokenPipe {
            panic::resume_unwind(Box::new(Unheard(READER_GONE)));
        }
        aside(format_args!("gate-sign: standard output: {error}\n"));
        panic::resume_unwind(Box::new(Unheard(NOT_WRITTEN)));
    }
}

/// To standard error. Where that is gone there is nobody to tell, and the exit code still says it.
pub(crate) fn aside(words: Arguments<'_>) {
    let _ = io::stderr().write_fmt(words);
}

/// Runs the command until it ends, or until nobody hears it. A bug's panic goes on.
pub(crate) fn until_unheard(command: impl FnOnce() -> ExitCode) -> ExitCode {
    match panic::catch_unwind(AssertUnwindSafe(|| {
        let code = command();
        // What has no end of line yet.
        let _ = io::stdout().flush();
        code
    })) {
        Ok(code) => code,
        Err(ended) => exit_code(ended),
    }
}

fn exit_code(ended: Box<dyn Any + Send>) -> ExitCode {
    match ended.downcast::<Unheard>() {
        Ok(unheard) => ExitCode::from(unheard.0),
        Err(bug) => panic::resume_unwind(bug),
    }
}
