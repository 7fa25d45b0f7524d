//! Arguments that several commands take, and what they open.
//! Promises: times are RFC 3339 with an offset; numbers and names of people are taken from a file or standard input
//! if the caller wants them out of the process list.
//! Must not know: what a command does with them.

use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, anyhow, bail, ensure};
use clap::Args;
use gate_core::manifest::Demo;
use gate_signing::desk::{DEMO_WARNING, Desk};
use gate_signing::repo::automatic::NotAutomatic;
use gate_wire::cose::Kid;
use gate_wire::document::{Document, DocumentKind};
use gate_wire::time::Timestamp;
use getrandom::SysRng;
use rand_core::{CryptoRng, UnwrapErr};
use zeroize::Zeroizing;

use crate::access::AccessArguments;

/// The longest line read from a file of secrets or of a person.
const MAX_LINE_BYTES: u64 = 1024;

/// Where the desk is and what time it is.
#[derive(Args)]
pub(crate) struct DeskArguments {
    /// The desk's directory
    #[arg(long, value_name = "DIR")]
    pub(crate) dir: PathBuf,
    /// Demos only: the time to work at instead of the system's, RFC 3339: 2026-11-20T08:00:00+08:00. The log has the system's
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub(crate) now: Option<Timestamp>,
    #[command(flatten)]
    pub(crate) access: AccessArguments,
}

impl DeskArguments {
    /// Opens the desk, and says loudly when its keys are everybody's.
    pub(crate) fn open(&self) -> anyhow::Result<Desk> {
        let desk = Desk::open_as(&self.dir, &self.access.access()?)?;
        admit_told_time(desk.province.nature(), self.now)?;
        if desk.is_plain() {
            eprint!("{DEMO_WARNING}");
        }
        Ok(desk)
    }

    /// The time handed in, else the system's.
    pub(crate) fn now(&self) -> anyhow::Result<Timestamp> {
        self.now.map_or_else(system_time, Ok)
    }
}

/// At a real desk nobody works at another time than the clock's: an approval would outlive its days, a code be of tomorrow.
pub(crate) fn admit_told_time(nature: Demo, told: Option<Timestamp>) -> anyhow::Result<()> {
    ensure!(
        nature == Demo::Yes || told.is_none(),
        "--now is for demos: at a real desk the time is the system's clock's"
    );
    Ok(())
}

/// One person.
#[derive(Args)]
pub(crate) struct PersonArguments {
    /// Kind of document: resident-id, hmt-permit, pr-2017, pr-2023, passport, hmt-travel, taiwan-travel,
    /// temporary-id, household
    #[arg(long = "type", value_name = "KIND", value_parser = document_kind, default_value = "resident-id")]
    kind: DocumentKind,
    /// Its number: used to find the subject, never stored. Seen by others of this machine in the process list: see
    /// --person
    #[arg(long, value_name = "NUMBER", required_unless_present = "person")]
    number: Option<String>,
    /// The person's full name, masked before it is signed
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// A file (or - for standard input) with one line KIND,NUMBER,NAME instead of the three options above
    #[arg(long, value_name = "FILE", conflicts_with_all = ["number", "name"])]
    person: Option<PathBuf>,
}

/// A document, and the full name where one was given.
pub(crate) struct Someone {
    pub(crate) document: Document,
    pub(crate) full_name: Zeroizing<String>,
}

impl PersonArguments {
    /// Reads and checks the document.
    pub(crate) fn read(&self) -> anyhow::Result<Someone> {
        if let Some(file) = &self.person {
            return first_line_person(file);
        }
        let document = document(self.kind, self.number.as_deref().unwrap_or(""))?;
        Ok(Someone { document, full_name: Zeroizing::new(self.name.clone().unwrap_or_default()) })
    }
}

/// The person of a line `KIND,NUMBER,NAME`; the name may be missing.
pub(crate) fn first_line_person(file: &Path) -> anyhow::Result<Someone> {
    let line = first_line(file)?;
    let mut parts = line.trim().splitn(3, ',');
    let (Some(kind), Some(number)) = (parts.next(), parts.next()) else {
        bail!("{}: the line must be KIND,NUMBER,NAME", file.display());
    };
    let kind = document_kind(kind).map_err(|error| anyhow!(error))?;
    let full_name = Zeroizing::new(parts.next().unwrap_or("").to_owned());
    Ok(Someone { document: document(kind, number)?, full_name })
}

fn document(kind: DocumentKind, number: &str) -> anyhow::Result<Document> {
    Document::parse(kind, number).with_context(|| format!("the {} number is not valid", kind.token()))
}

/// The first line of a file, or of standard input for `-`; wiped when dropped.
pub(crate) fn first_line(file: &Path) -> anyhow::Result<Zeroizing<String>> {
    let mut line = Zeroizing::new(String::new());
    let source: Box<dyn Read> = if file == Path::new("-") {
        Box::new(std::io::stdin())
    } else {
        Box::new(std::fs::File::open(file).with_context(|| file.display().to_string())?)
    };
    let read = BufReader::new(source.take(MAX_LINE_BYTES)).read_line(&mut line);
    let length = read.with_context(|| file.display().to_string())?;
    ensure!(
        (length as u64) < MAX_LINE_BYTES,
        "{}: the line is longer than {MAX_LINE_BYTES} bytes",
        file.display()
    );
    Ok(line)
}

/// The operating system's randomness.
pub(crate) fn randomness() -> impl CryptoRng {
    // Without it nothing can be signed safely: to stop at once is right.
    UnwrapErr(SysRng)
}

/// RFC 3339 to whole seconds.
pub(crate) fn time(text: &str) -> Result<Timestamp, String> {
    let parsed: jiff::Timestamp =
        text.parse().map_err(|error| format!("{error}; write 2026-11-20T08:00:00+08:00"))?;
    let seconds = u64::try_from(parsed.as_second()).ok().and_then(Timestamp::from_unix);
    seconds.ok_or_else(|| "before 1970".into())
}

/// A time for people, in the civil time of the rules: UTC+8.
pub(crate) fn shown(time: Timestamp) -> String {
    let ((year, month, day), second) = (time.civil_day().ymd(), time.civil_second());
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}+08:00")
}

/// `90s`, `15m`, `12h`, `30d`.
pub(crate) fn life(text: &str) -> Result<u32, String> {
    let wrong = || "write a number and s, m, h or d: 15m, 30d".to_owned();
    let unit = text.chars().last().ok_or_else(wrong)?;
    let seconds: u32 = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3600,
        'd' => 86_400,
        _ => return Err(wrong()),
    };
    let count: u32 = text[..text.len() - 1].parse().map_err(|_| wrong())?;
    count.checked_mul(seconds).ok_or_else(|| "longer than 136 years".into())
}

/// Eight hexadecimal digits, or four letters or digits.
pub(crate) fn kid(text: &str) -> Result<Kid, String> {
    gate_signing::revocation::kid_of(text)
        .ok_or_else(|| "a key id is 8 lower-case hexadecimal digits, or 4 letters or digits".into())
}

fn document_kind(token: &str) -> Result<DocumentKind, String> {
    DocumentKind::parse(token).map_err(|error| {
        let known: Vec<&str> = DocumentKind::ALL.iter().map(|kind| kind.token()).collect();
        format!("{error}; there are {}", known.join(", "))
    })
}

pub(crate) fn system_time() -> anyhow::Result<Timestamp> {
    let seconds = u64::try_from(jiff::Timestamp::now().as_second()).ok();
    seconds.and_then(Timestamp::from_unix).context("the system's clock is before 1970: give --now")
}

/// Prints an error with its causes.
pub(crate) fn tell(error: &anyhow::Error) -> ExitCode {
    eprintln!("gate-sign: {error:#}");
    match error.downcast_ref::<NotAutomatic>() {
        Some(_) => ExitCode::from(crate::automatic::REJECTED),
        None => ExitCode::FAILURE,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_shown_as_it_is_written() {
        for text in ["2026-11-20T08:00:00+08:00", "2000-02-29T23:59:59+08:00"] {
            assert_eq!(shown(time(text).unwrap()), text);
        }
        assert_eq!(time("2026-11-20T00:00:00Z").unwrap(), time("2026-11-20T08:00:00+08:00").unwrap());
        assert!(time("1969-12-31T00:00:00Z").is_err() && time("2026-11-20").is_err());
    }

    #[test]
    fn lives_and_key_ids_have_one_reading() {
        assert_eq!(["90s", "15m", "2h", "30d"].map(|text| life(text).unwrap()), [90, 900, 7200, 2_592_000]);
        for wrong in ["", "m", "15", "-1m", "15分", "99999999999d", "99999d"] {
            assert!(life(wrong).is_err(), "{wrong}");
        }
        assert_eq!((kid("sc02"), kid("73633032")), (Ok(Kid(*b"sc02")), Ok(Kid(*b"sc02"))));
        assert!(kid("sc2").is_err() && kid("sc 2").is_err() && kid("7363303G").is_err());
    }
}
