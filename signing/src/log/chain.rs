//! The chain of the desk's log: each line names the hash of the one before.
//! Promises: streaming; the first line that is changed, missing, moved or half there is named by its number.
//! Must not know: files, what a line means.
//!
//! What it shows: a line changed, removed, inserted or moved anywhere before the last; with a head, also at the end.
//! What it cannot show: a log rewritten as a whole by somebody who can write the desk's directory, head file and all. That
//! is shown by a head kept elsewhere: printed, signed by the root, handed to an auditor (`gate-sign log head`).

use std::io::{BufRead, BufReader, Read};

use gate_proof::digest::{Digest, sha256};

use super::entry::Line;
use super::head::Head;
use crate::spelling;

/// The longest line, in bytes: two approvals of the longest fit.
pub const MAX_LINE_BYTES: usize = 4096;

/// Where a log is not what it was.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChainBroken {
    /// The log could not be read.
    #[error("it cannot be read: {0}")]
    Read(String),
    /// The head file is damaged.
    #[error("the head file is damaged")]
    ReadHead,
    /// A line is none of ours.
    #[error("line {0} is no line of a desk's log")]
    ReadLine(u64),
    /// A line has another number than its place.
    #[error("line {line} says that it is line {says}: lines were removed, added or moved before it")]
    CountLine {
        /// Its place.
        line: u64,
        /// Its number.
        says: u64,
    },
    /// A line does not follow from the one before.
    #[error("line {0} does not follow from the one before: one of the two was changed")]
    FollowLine(u64),
    /// The first line does not follow from the province.
    #[error(
        "line 1 does not follow from the province: region, salt, tag memory or the mark of a demo in province.json is not what this desk was founded with"
    )]
    FollowOrigin,
    /// A line changes the officers, and two officers did not say so.
    #[error("line {0} is of two officers, without the approval of two officers")]
    ApproveLine(u64),
    /// The last line is half there.
    #[error("line {} is half there ({bytes} bytes): a power cut; the next use of a key cuts it off and says so", .whole.lines + 1)]
    EndLine {
        /// Up to where it is whole.
        whole: Head,
        /// What follows, in bytes.
        bytes: u64,
    },
    /// Shorter than the head says.
    #[error("it had {lines} lines ({bytes} bytes) and has {found} bytes: its end was removed")]
    Shorten {
        /// Lines there were.
        lines: u64,
        /// Bytes there were.
        bytes: u64,
        /// Bytes there are.
        found: u64,
    },
    /// Line `lines` is not the one whose hash was written down.
    #[error(
        "line {lines} is not the line that was written down as the head: it was changed, or the log rewritten"
    )]
    MatchHead {
        /// Its number.
        lines: u64,
    },
}

/// The hash of a line without its line end.
pub(crate) fn line_hash(line: &[u8]) -> Digest {
    sha256(&[b"tianfu-gate/desk-log-line/1 ", line])
}

/// A walk along a log.
pub(crate) struct Walk {
    head: Head,
    watched: u64,
    seen: Option<Head>,
}

/// What a walk saw.
pub(crate) struct Walked {
    head: Head,
    seen: Option<Head>,
}

impl Walked {
    pub(crate) fn head(&self) -> Head {
        self.head.clone()
    }
}

/// Whether a walk passed `earlier`, or ended there.
pub(crate) fn contains(walked: &Walked, earlier: &Head) -> Result<(), ChainBroken> {
    passes(&walked.head, walked.seen.as_ref(), earlier)
}

/// The same of where a walk ended and what it saw.
pub(crate) fn passes(end: &Head, seen: Option<&Head>, earlier: &Head) -> Result<(), ChainBroken> {
    let lines = earlier.lines;
    if end.lines < lines {
        return Err(ChainBroken::Shorten { lines, bytes: earlier.bytes, found: end.bytes });
    }
    match if end.lines == lines { Some(end) } else { seen } {
        Some(head) if head == earlier => Ok(()),
        _ => Err(ChainBroken::MatchHead { lines }),
    }
}

impl Walk {
    /// From before the first line on.
    pub(crate) fn begin(origin: Digest) -> Walk {
        Walk::from(Head::before_all(origin))
    }

    /// From after the line of `head` on.
    pub(crate) fn from(head: Head) -> Walk {
        Walk { head, watched: 0, seen: None }
    }

    /// Remembers the head at this line.
    pub(crate) fn watching(mut self, line: u64) -> Walk {
        self.watched = line;
        self.seen = (line == self.head.lines).then(|| self.head.clone());
        self
    }

    /// Follows what `log` gives.
    pub(crate) fn follow(mut self, log: impl Read, see: impl FnMut(&Line)) -> Result<Walked, ChainBroken> {
        self.go(log, see)?;
        Ok(Walked { head: self.head, seen: self.seen })
    }

    /// The same, up to the last line that is whole: where that is, and the head watched for.
    pub(crate) fn follow_whole(
        mut self,
        log: impl Read,
        see: impl FnMut(&Line),
    ) -> Result<(Head, Option<Head>), ChainBroken> {
        match self.go(log, see) {
            Ok(()) | Err(ChainBroken::EndLine { .. }) => Ok((self.head, self.seen)),
            Err(broken) => Err(broken),
        }
    }

    fn go(&mut self, log: impl Read, mut see: impl FnMut(&Line)) -> Result<(), ChainBroken> {
        let mut reader = BufReader::new(log);
        let mut bytes = Vec::new();
        loop {
            bytes.clear();
            let mut bounded = Read::by_ref(&mut reader).take(MAX_LINE_BYTES as u64 + 1);
            let read = bounded.read_until(b'\n', &mut bytes);
            match read.map_err(|error| ChainBroken::Read(error.to_string()))? {
                0 => return Ok(()),
                _ => see(&self.step(&bytes)?),
            }
        }
    }

    fn step(&mut self, bytes: &[u8]) -> Result<Line, ChainBroken> {
        let number = self.head.lines + 1;
        let Some(text) = bytes.strip_suffix(b"\n") else {
            if bytes.len() > MAX_LINE_BYTES {
                return Err(ChainBroken::ReadLine(number));
            }
            return Err(ChainBroken::EndLine { whole: self.head.clone(), bytes: bytes.len() as u64 });
        };
        let line: Line = serde_json::from_slice(text).map_err(|_| ChainBroken::ReadLine(number))?;
        if line.line != number {
            return Err(ChainBroken::CountLine { line: number, says: line.line });
        }
        if line.previous != spelling::hex(&self.head.hash.0) {
            return Err(if number == 1 {
                ChainBroken::FollowOrigin
            } else {
                ChainBroken::FollowLine(number)
            });
        }
        let bytes = self.head.bytes + bytes.len() as u64;
        self.head = Head { lines: number, bytes, hash: line_hash(text) };
        if number == self.watched {
            self.seen = Some(self.head.clone());
        }
        Ok(line)
    }
}
