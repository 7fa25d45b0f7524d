//! Where a log stands: what is written down elsewhere so that a cut log is found.
//! Promises: one spelling, read back strictly.
//! Must not know: lines.

use gate_proof::digest::Digest;
use serde::{Deserialize, Serialize};

use crate::spelling;

/// The end of a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// Lines so far.
    pub lines: u64,
    /// Bytes so far.
    pub bytes: u64,
    /// Hash of the last line; of the log's origin before the first.
    pub hash: Digest,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Text {
    lines: u64,
    bytes: u64,
    hash: String,
}

impl Head {
    /// The head of a log without lines.
    pub(crate) fn before_all(origin: Digest) -> Head {
        Head { lines: 0, bytes: 0, hash: origin }
    }

    /// One line of JSON: what `gate-sign log head` prints and `--head` reads.
    pub fn to_text(&self) -> String {
        let text = Text { lines: self.lines, bytes: self.bytes, hash: spelling::hex(&self.hash.0) };
        // Two numbers and a text always are JSON.
        serde_json::to_string(&text).unwrap_or_default()
    }

    /// What [`Head::to_text`] wrote.
    pub fn from_text(text: &str) -> Option<Head> {
        let read: Text = serde_json::from_str(text.trim()).ok()?;
        let hash = Digest(gate_core::json::hex(&read.hash)?);
        Some(Head { lines: read.lines, bytes: read.bytes, hash })
    }
}
