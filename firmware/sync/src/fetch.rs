//! One file of known length and digest, from the hub into the spool, however often the line breaks.
//! Promises: goes on from the byte where it was cut off; no byte more than was announced is written; what lies under the
//! file's name is what was announced, or nothing lies there; a lie about ranges or lengths costs one beginning anew.
//! Must not know: what the file is.

use std::time::Instant;

pub use gate_carry::Wanted;
use gate_carry::{Part, Spool, SpoolFault};

use crate::line::{Answer, Ask, Bytes, Line, LineFault};

/// Bytes taken at once.
const PIECE: usize = 16 << 10;

/// Why a file did not come.
#[derive(Debug, thiserror::Error)]
pub enum FetchFault {
    /// The line.
    #[error(transparent)]
    Line(#[from] LineFault),
    /// The spool.
    #[error(transparent)]
    Spool(#[from] SpoolFault),
    /// The hub has none.
    #[error("the hub does not have it")]
    Absent,
    /// Longer than such a file can be, or without a digest.
    #[error("it can be no such file: longer than any, or without a digest")]
    Unfit,
    /// More names than a repository has.
    #[error("it names more targets than a repository has")]
    BoundTargets,
    /// Other bytes than were announced came, of the right length.
    #[error("other bytes came than were announced: fetched anew in the next round")]
    Change,
}

/// How far a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Brought {
    /// It is there; so many bytes came over the line, 0 when it was there before.
    Whole(u64),
    /// Its time is over for now: so many bytes came, the rest is asked for the next time.
    Begun(u64),
}

impl Brought {
    /// Bytes that came.
    #[must_use]
    pub fn bytes(self) -> u64 {
        let (Brought::Whole(bytes) | Brought::Begun(bytes)) = self;
        bytes
    }
}

/// Brings a file of `repository`, for as long as `until`.
///
/// # Errors
/// [`FetchFault`]; what came so far stays for the next time.
pub fn bring(
    line: &Line,
    spool: &Spool,
    repository: &str,
    wanted: &Wanted,
    until: Instant,
) -> Result<Brought, FetchFault> {
    let mut part = spool.part(repository, &wanted.sha256, wanted.length)?;
    let had = part.have();
    if part.left() > 0 {
        let pulled = pull(line, &mut part, &format!("{repository}/{}", wanted.path), until);
        if let Err(fault) = pulled {
            if is_lie(&fault) {
                part.discard()?
            } else {
                part.keep()?
            }
            return Err(fault);
        }
    }
    let came = part.have().saturating_sub(had);
    if part.left() > 0 {
        part.keep()?;
        return Ok(Brought::Begun(came));
    }
    match part.settle(&format!("{repository}/{}", wanted.path))? {
        true => Ok(Brought::Whole(came)),
        false => Err(FetchFault::Change),
    }
}

/// Whether the other side is wrong about the file rather than the line broken: then what came is worth nothing.
fn is_lie(fault: &FetchFault) -> bool {
    matches!(
        fault,
        FetchFault::Line(
            LineFault::MatchRange(_)
                | LineFault::MatchLength { .. }
                | LineFault::Bound { .. }
                | LineFault::Refuse { status: 416, .. }
        )
    )
}

fn pull(line: &Line, part: &mut Part, path: &str, until: Instant) -> Result<(), FetchFault> {
    let ask = Ask { path, from: part.have(), unless: None, most: part.left() };
    let mut until = Some(until);
    let bytes = match line.get(&ask)? {
        Answer::Absent => return Err(FetchFault::Absent),
        Answer::Same => return Err(LineFault::MatchRange("nothing, unasked".into()).into()),
        Answer::Whole(bytes) => {
            part.restart()?;
            // It knows no ranges: what is cut short now would be begun anew for ever.
            until = None;
            bytes
        }
        Answer::Bytes(bytes) => {
            if let Some(whole) = bytes.whole.filter(|whole| *whole != part.length()) {
                return Err(LineFault::MatchRange(format!("a file of {whole} bytes")).into());
            }
            bytes
        }
    };
    if let Some(said) = bytes.said.filter(|said| *said != part.left()) {
        return Err(LineFault::MatchLength { said, wanted: part.left() }.into());
    }
    copy(bytes, part, until)
}

/// To the file's end, or to the end of its time.
fn copy(mut bytes: Bytes, part: &mut Part, until: Option<Instant>) -> Result<(), FetchFault> {
    let mut room = [0; PIECE];
    loop {
        let count = bytes.read(&mut room)?;
        if count == 0 {
            break;
        }
        if count as u64 > part.left() {
            return Err(LineFault::Bound { most: part.length() }.into());
        }
        part.append(room.get(..count).unwrap_or_default())?;
        if until.is_some_and(|until| Instant::now() >= until) {
            return Ok(());
        }
    }
    match part.left() {
        0 => Ok(()),
        left => Err(LineFault::Cut(format!("{left} bytes before its end")).into()),
    }
}
