//! What must come of a passage: one word of the table, and whatever more the table says.
//! Promises: written from the table, DOMAIN and DESIGN; what a word implies stands in `tour::verify`.
//! Must not know: how it is found out.

use gate_core::verdict::{Advice, Verdict};
use serde::Deserialize;

/// A word of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Word {
    /// 请通行.
    Pass,
    /// 限制.
    Limit,
    /// 禁止.
    Stop,
    /// 请走人工通道.
    Assist,
    /// A hint and no verdict.
    Hint,
    /// The attendant opens.
    Opens,
    /// Staff is refused, and that is recorded.
    Refused,
    /// Shown twice, one passage.
    OnePassage,
    /// Shown twice, two passages.
    NewPassage,
    /// Nobody is checked.
    LaneOpen,
    /// The latch is released by hardware.
    Released,
}

impl Word {
    /// As `tour.json` and the table spell it.
    pub fn as_str(self) -> &'static str {
        match self {
            Word::Pass => "pass",
            Word::Limit => "limit",
            Word::Stop => "stop",
            Word::Assist => "assist",
            Word::Hint => "hint",
            Word::Opens => "opens",
            Word::Refused => "refused",
            Word::OnePassage => "one-passage",
            Word::NewPassage => "new-passage",
            Word::LaneOpen => "lane-open",
            Word::Released => "released",
        }
    }

    /// The word of a verdict.
    pub fn of(verdict: Verdict) -> Word {
        match verdict {
            Verdict::Pass => Word::Pass,
            Verdict::Limit => Word::Limit,
            Verdict::Stop => Word::Stop,
            Verdict::Assist => Word::Assist,
        }
    }
}

/// What must be so. Counts are from the beginning of the passage; what is left out follows from the word.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Outcome {
    /// The verdict last shown.
    pub verdict: Option<Verdict>,
    /// Its reason code.
    pub reason: Option<String>,
    /// What the person is told to do.
    pub advice: Option<Advice>,
    /// Times that the latch was opened.
    pub pulses: Option<usize>,
    /// Records of passages, wherever they are kept.
    pub passages: Option<usize>,
    /// Records of attendants' openings.
    pub openings: Option<usize>,
    /// What the last opening was for, by its code: 1 to 6 proofs, 7 companion, 11 to 15 causes.
    pub act: Option<u8>,
    /// 第 n 次.
    pub times: Option<u16>,
    /// Where the last record is.
    pub kept: Option<Kept>,
    /// Why staff was refused.
    pub refused: Option<Refusal>,
    /// Records of refusals of staff.
    pub refusals: Option<usize>,
    /// A record of a device's or clock's event, by its code.
    pub event: Option<u8>,
}

/// Where a record is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kept {
    /// In the journal.
    Journal,
    /// In the reserve, synced.
    Reserve,
    /// In memory, marked 未保存.
    Memory,
    /// Nowhere.
    Nowhere,
}

/// Why staff was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    /// The badge is retired.
    Retired,
    /// Not this PIN.
    WrongPin,
    /// Too many wrong PINs.
    Paused,
    /// Nobody is logged in.
    NobodyLoggedIn,
    /// This role may not.
    RoleForbids,
    /// Too many documents typed.
    TooManyTyped,
}

impl Refusal {
    /// The code of the event in the record.
    pub fn event(self) -> u8 {
        match self {
            Refusal::Retired => 35,
            Refusal::WrongPin => 36,
            Refusal::Paused => 37,
            Refusal::NobodyLoggedIn => 39,
            Refusal::RoleForbids => 40,
            Refusal::TooManyTyped => 41,
        }
    }
}
