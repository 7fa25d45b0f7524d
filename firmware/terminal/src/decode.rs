//! `gate decode`: what the camera side reads in picture files.
//!
//! Promises: one answer a file, in the order given; an unreadable file is an answer too and not a stop; what a
//! code says never reaches a terminal as it is, since control characters in it could rewrite the screen of
//! whoever looks.
//! Must not know: what a credential is.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use base64ct::{Base64, Encoding};
use gate_hal_linux::picture::GreyPicture;
use gate_scan::{Frame, Scanner, Symbol, Symbols, WhyNothing};
use rustix::time::{ClockId, clock_gettime};
use serde::Serialize;

mod escape;

use escape::Escaped;

/// Arguments of `gate decode`.
#[derive(Debug, clap::Args)]
pub struct DecodeArgs {
    /// One JSON object a line: file, cpu_us, symbols (payload in Base64, corners)
    #[arg(long)]
    pub json: bool,
    /// Pictures: PNG, JPEG or binary PGM
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
}

/// How the files went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DecodeOutcome {
    /// Every file was a picture, with or without a code in it.
    EveryFileRead,
    /// At least one file was not.
    SomeFileUnreadable,
}

impl From<DecodeOutcome> for ExitCode {
    fn from(outcome: DecodeOutcome) -> Self {
        match outcome {
            DecodeOutcome::EveryFileRead => Self::SUCCESS,
            DecodeOutcome::SomeFileUnreadable => Self::from(1),
        }
    }
}

/// Decodes `args.files` one after the other and writes the answers to `out`.
///
/// # Errors
///
/// Only when `out` cannot be written.
pub fn run(args: &DecodeArgs, out: &mut impl Write) -> anyhow::Result<DecodeOutcome> {
    let mut outcome = DecodeOutcome::EveryFileRead;
    for file in &args.files {
        let seen = see(file);
        if seen.is_err() {
            outcome = DecodeOutcome::SomeFileUnreadable;
        }
        if args.json { write_json(out, file, &seen) } else { write_text(out, file, &seen) }
            .context("cannot write the answers")?;
    }
    out.flush().context("cannot write the answers")?;
    Ok(outcome)
}

/// What one picture gave.
struct Seen {
    symbols: Symbols,
    /// CPU time of this thread for the grey pixels, loading left out, in microseconds.
    cpu_us: u64,
}

/// By a scanner of its own: files are no sequence of frames.
fn see(file: &Path) -> anyhow::Result<Seen> {
    let picture = GreyPicture::load(file)?;
    let frame = Frame::new(&picture.pixels, picture.width, picture.height, picture.width)?;
    let mut scanner = Scanner::new();
    let before = thread_cpu_us();
    let symbols = scanner.look(&frame);
    Ok(Seen { symbols, cpu_us: thread_cpu_us().saturating_sub(before) })
}

/// CPU time, not wall time: figures must not depend on what else the machine does.
fn thread_cpu_us() -> u64 {
    let now = clock_gettime(ClockId::ThreadCPUTime);
    let us = now.tv_sec.saturating_mul(1_000_000).saturating_add(now.tv_nsec / 1000);
    u64::try_from(us).unwrap_or(0)
}

/// One line of `--json`.
#[derive(Serialize)]
#[serde(untagged)]
enum Line<'a> {
    Read { file: &'a str, cpu_us: u64, symbols: Vec<JsonSymbol> },
    Unreadable { file: &'a str, error: String },
}

#[derive(Serialize)]
struct JsonSymbol {
    /// The exact bytes in Base64 (RFC 4648 §4, padded).
    payload: String,
    corners: [[i32; 2]; 4],
}

impl From<&Symbol> for JsonSymbol {
    fn from(symbol: &Symbol) -> Self {
        let payload = Base64::encode_string(symbol.bytes());
        Self { payload, corners: symbol.corners().map(|p| [p.x, p.y]) }
    }
}

fn write_json(out: &mut impl Write, file: &Path, seen: &anyhow::Result<Seen>) -> std::io::Result<()> {
    let file = &file.to_string_lossy();
    let line = match seen {
        Ok(seen) => {
            let symbols = seen.symbols.iter().map(JsonSymbol::from).collect();
            Line::Read { file, cpu_us: seen.cpu_us, symbols }
        }
        Err(error) => Line::Unreadable { file, error: format!("{error:#}") },
    };
    serde_json::to_writer(&mut *out, &line)?;
    writeln!(out)
}

fn write_text(out: &mut impl Write, file: &Path, seen: &anyhow::Result<Seen>) -> std::io::Result<()> {
    let name = file.to_string_lossy();
    let name = Escaped(name.as_bytes());
    match seen {
        Ok(seen) => {
            let (count, ms, hint) = (seen.symbols.len(), seen.cpu_us / 1000, hint(&seen.symbols));
            writeln!(out, "{name}: {count} read in {ms} ms{hint}")?;
            seen.symbols.iter().try_for_each(|symbol| write_symbol(out, symbol))
        }
        Err(error) => writeln!(out, "{name}: error: {}", Escaped(format!("{error:#}").as_bytes())),
    }
}

fn hint(symbols: &Symbols) -> &'static str {
    match symbols.why_nothing() {
        Some(WhyNothing::TooDark) => " (too dark)",
        Some(WhyNothing::TooSmall) => " (too small)",
        Some(WhyNothing::TooBlurred) => " (too blurred)",
        Some(WhyNothing::CutByEdge) => " (cut by the edge)",
        Some(WhyNothing::Glare) => " (glare)",
        Some(WhyNothing::PartOfSeveral) => " (one part of several codes)",
        None => "",
    }
}

fn write_symbol(out: &mut impl Write, symbol: &Symbol) -> std::io::Result<()> {
    let (version, length) = (symbol.version(), symbol.bytes().len());
    let corners = symbol.corners().map(|p| format!("{},{}", p.x, p.y)).join(" ");
    writeln!(out, "  version {version}, {length} bytes, corners {corners}")?;
    writeln!(out, "  {}", Escaped(symbol.bytes()))
}
