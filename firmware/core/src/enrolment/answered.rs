//! What the carrier answers to an asking (docs/formats/enrolment.md).
//! Promises: an answer is to one asking, told by its nonce; whatever stands in the file is a screen or nothing.
//! Must not know: what was asked.

use heapless::String;
use serde::{Deserialize, Serialize};

use super::{Asked, LARGEST};
use crate::json;
use crate::screen::LineStep;

/// What the carrier answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Answered {
    format: u8,
    id: String<32>,
    /// How far it is.
    pub step: Came,
}

/// How far an enrolment is, as the carrier knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Came {
    /// The hub does not answer; it is asked again.
    NoLine,
    /// The hub knows this terminal now.
    Enrolled,
    /// The hub does not know the code, or not for this terminal.
    Unknown,
    /// The code's time is over.
    Ended,
    /// The code was used by another.
    Used,
    /// The hub will not have it for another reason: a revoked key, another version.
    Refused,
}

impl Came {
    /// Whether nothing follows.
    #[must_use]
    pub fn is_last(self) -> bool {
        self != Came::NoLine
    }
}

impl Answered {
    /// To what was asked.
    #[must_use]
    pub fn new(asked: &Asked, step: Came) -> Answered {
        Answered { format: 2, id: asked.nonce.clone(), step }
    }

    /// Reads the document: the step, if it answers the asking of this name.
    #[must_use]
    pub fn load(bytes: &[u8], id: &str) -> Option<Came> {
        let answered: Answered = json::read(bytes).ok()?;
        (answered.format == 2 && answered.id == id).then_some(answered.step)
    }

    /// The document.
    #[must_use]
    pub fn document(&self) -> String<LARGEST> {
        // At most 80 bytes: fits.
        serde_json_core::to_string(self).unwrap_or_default()
    }
}

impl From<Came> for LineStep {
    fn from(came: Came) -> LineStep {
        match came {
            Came::NoLine => LineStep::NoLine,
            Came::Enrolled => LineStep::Enrolled,
            Came::Unknown => LineStep::Unknown,
            Came::Ended => LineStep::Ended,
            Came::Used => LineStep::Used,
            Came::Refused => LineStep::Refused,
        }
    }
}
