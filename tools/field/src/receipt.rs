//! What a visit came to, as it stands on the stick and in the technician's log.
//! Promises: nothing about a person who passed; read within bounds.
//! Must not know: signatures: a receipt is the carrier's word, the account beside it the terminal's.

use serde::{Deserialize, Serialize};

/// Bytes of a receipt, at most.
pub const RECEIPT_MOST: usize = 4096;

/// One visit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Receipt {
    /// 1.
    pub format: u8,
    /// The stick's id in hexadecimal digits.
    pub stick: String,
    /// Which terminal.
    pub terminal: u32,
    /// When, by the terminal's clock, in seconds since 1970.
    pub at: u64,
    /// Files and bytes that came.
    pub files: u32,
    /// Bytes that came.
    pub bytes: u64,
    /// What did not come, and why.
    pub missing: Vec<String>,
    /// The generation in force after the visit; 0 if the keeper said nothing.
    pub generation: u32,
    /// What the keeper did not take, and why.
    pub refused: Vec<String>,
    /// Batches that were written.
    pub batches: u32,
    /// Batches that had no room.
    pub left: u32,
}

impl Receipt {
    /// As a line.
    #[must_use]
    pub fn to_line(&self) -> String {
        // Of these types nothing fails.
        let mut line = serde_json::to_string(self).unwrap_or_default();
        if line.len() > RECEIPT_MOST {
            let short = Receipt { missing: Vec::new(), refused: Vec::new(), ..self.clone() };
            line = serde_json::to_string(&short).unwrap_or_default();
        }
        line
    }

    /// From a line.
    #[must_use]
    pub fn read(bytes: &[u8]) -> Option<Receipt> {
        let receipt: Receipt = serde_json::from_slice(bytes.get(..RECEIPT_MOST).unwrap_or(bytes)).ok()?;
        (receipt.format == 1).then_some(receipt)
    }
}
