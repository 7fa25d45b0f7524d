//! One file of known length and digest, from the hub into the spool, however often the line breaks.
//! Promises: goes on from the byte where it was cut off; no byte more than was announced is written; what lies under the
//! file's name is what was announced, or nothing lies there; a lie about ranges or lengths costs one beginning anew.
//! Must not know: what the file is.

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
    /// Other bytes than were announced came, of the right length.
    #[error("other bytes came than were announced: fetched anew in the next round")]
    Change,
}

/// Brings a file of `repository`. Gives how many bytes came over the line; 0 when it was there.
///
/// # Errors
/// [`FetchFault`]; what came so far stays for the next time.
pub fn bring(line: &Line, spool: &Spool, repository: &str, wanted: &Wanted) -> Result<u64, FetchFault> {
    let mut part = spool.part(&wanted.sha256, wanted.length)?;
    let had = part.have();
    if part.left() > 0 {
        let pulled = pull(line, &mut part, &format!("{repository}/{}", wanted.path));
        if let Err(fault) = pulled {
            part.keep_or_discard(is_lie(&fault))?;
            return Err(fault);
        }
    }
    let came = wanted.length.saturating_sub(had);
    match part.settle(&format!("{repository}/{}", wanted.path))? {
        true => Ok(came),
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

fn pull(line: &Line, part: &mut Part, path: &str) -> Result<(), FetchFault> {
    let ask = Ask { path, from: part.have(), unless: None, most: part.left() };
    let bytes = match line.get(&ask)? {
        Answer::Absent => return Err(FetchFault::Absent),
        Answer::Same => return Err(LineFault::MatchRange("nothing, unasked".into()).into()),
        Answer::Whole(bytes) => {
            part.restart()?;
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
    copy(bytes, part)
}

fn copy(mut bytes: Bytes, part: &mut Part) -> Result<(), FetchFault> {
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
    }
    match part.left() {
        0 => Ok(()),
        left => Err(LineFault::Cut(format!("{left} bytes before its end")).into()),
    }
}
