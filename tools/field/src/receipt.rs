//! What a visit came to, as it stands on the stick and in the technician's log.
//! Promises: nothing about a person who passed, and on a stick nothing about who carried it; read within bounds.
//! Must not know: signatures: a receipt is the carrier's word, the account beside it the terminal's.

use gate_wire::time::Timestamp;
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
    /// Who handed the stick in, as the desk was told: in its log alone. A stick says nothing of who carried it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// Whom the stick was loaded for, as the desk was told then: in its log alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub technician: Option<String>,
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

    /// As a person reads it: when by the terminal's clock, which terminal, which stick, what came and went.
    #[must_use]
    pub fn in_words(&self) -> String {
        let Receipt { terminal, files, bytes, generation, batches, left, .. } = self;
        let (when, stick) = (when(self.at), printable(&self.stick));
        let mut line = format!(
            "{when} 终端 terminal {terminal}, U盘 stick {stick}: 带入 in {files} 个文件 files, {bytes} 字节 bytes, 第 {generation} 代 generation; 带出 out {batches} 批 batches"
        );
        if *left > 0 {
            line.push_str(&format!(", 未带出 left behind {left}"));
        }
        if let Some(technician) = &self.technician {
            line.push_str(&format!("; 维护人员 technician {}", printable(technician)));
        }
        if let Some(by) = &self.by {
            line.push_str(&format!("; 交回人 handed in by {}", printable(by)));
        }
        for what in self.missing.iter().chain(&self.refused) {
            line.push_str(&format!("\n    未采用 not taken: {}", printable(what)));
        }
        line
    }
}

/// A day and a minute in China (UTC+8).
pub(crate) fn when(seconds: u64) -> String {
    let Some(time) = Timestamp::from_unix(seconds) else { return "时间不明 no time".into() };
    let ((year, month, day), second) = (time.civil_day().ymd(), time.civil_second());
    format!("{year:04}-{month:02}-{day:02} {:02}:{:02}", second / 3_600, second / 60 % 60)
}

/// What a stranger may have written, without what moves a cursor.
pub(crate) fn printable(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).collect()
}
