//! What a carrier's visit has come to, as whoever serves the carrier tells the passage process: one small JSON document
//! (docs/formats/visit.md), written anew at every step.
//! Promises: whatever stands in the file is a screen or an error; nothing in it decides anything about a person or about data.
//! Must not know: files, sticks, who writes and who reads.

use heapless::String;
use serde::{Deserialize, Serialize};

use crate::json::{self, JsonError};
use crate::screen::{
    Carrier, LogsOut, LogsStep, LogsStopped, Percent, Screen, Serving, Technician, UpdateRefused, UpdateStep,
    Updating,
};

/// The file's name.
pub const FILE_NAME: &str = "visit.json";
/// Bytes of the longest document.
pub const LARGEST: usize = 256;

/// A visit, as far as it has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Visit {
    /// Data come in.
    Data(Updating),
    /// Records go out.
    Records(LogsOut),
}

/// Why a document is none of a visit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VisitError {
    /// It cannot be read.
    #[error("the visit cannot be read")]
    Json(#[from] JsonError),
    /// Written for another version.
    #[error("the visit has format {format}: this program knows format 1")]
    KnowFormat {
        /// Its format.
        format: u8,
    },
    /// A step without its cause, or with one that is not its own.
    #[error("the step {step:?} does not go with what else is said")]
    FitStep {
        /// The step.
        step: StepWord,
    },
}

/// A step, as the document spells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepWord {
    /// Data are being copied: the carrier must stay.
    Copying,
    /// What was copied is being verified: the carrier must stay, records follow.
    Checking,
    /// The new data are in force.
    InForce,
    /// They are not; `why` says why.
    Refused,
    /// Records are being written: the stick must stay.
    Writing,
    /// Records are written and synced: the stick may go.
    Written,
    /// Writing has ended early; `why` says why, and the records are still here.
    Stopped,
}

/// A cause, as the document spells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum WhyWord {
    Unreadable,
    NoData,
    NotForHere,
    Unproven,
    Older,
    NoRoom,
    PulledOut,
    NotChecked,
    NotAnswered,
    OutOfTime,
    NotEnrolled,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct VisitDocument {
    format: u8,
    beat: u64,
    carrier: Carrier,
    step: StepWord,
    percent: u8,
    why: Option<WhyWord>,
    waiting: u32,
}

impl Visit {
    /// Reads a document.
    ///
    /// # Errors
    /// [`VisitError`].
    pub fn load(bytes: &[u8]) -> Result<Visit, VisitError> {
        let document: VisitDocument = json::read(bytes)?;
        if document.format != 1 {
            return Err(VisitError::KnowFormat { format: document.format });
        }
        document.visit().ok_or(VisitError::FitStep { step: document.step })
    }

    /// The document. `beat` is to differ from the last one's: a visit whose file stays the same for long has died.
    #[must_use]
    pub fn document(&self, beat: u64) -> String<LARGEST> {
        let (step, percent, why) = match self {
            Visit::Data(updating) => update_words(updating.step),
            Visit::Records(logs) => records_words(logs.step),
        };
        let (carrier, waiting) = match self {
            Visit::Data(updating) => (updating.carrier, 0),
            Visit::Records(logs) => (Carrier::Stick, logs.waiting),
        };
        let document =
            VisitDocument { format: 1, beat, carrier, step, percent: percent.value(), why, waiting };
        // At most 160 bytes: fits.
        serde_json_core::to_string(&document).unwrap_or_default()
    }

    /// What the terminal shows of it while nobody passes, and what it serves meanwhile.
    #[must_use]
    pub fn screen(&self, serving: Serving) -> Screen {
        match self {
            Visit::Data(updating) => Screen::Updating(*updating, serving),
            Visit::Records(logs) => Screen::Technician(Technician::Logs(*logs), serving),
        }
    }

    /// Whether it goes on: what has ended may stand on the screen for longer than what has stopped telling.
    #[must_use]
    pub fn goes_on(&self) -> bool {
        match self {
            Visit::Data(updating) => {
                matches!(updating.step, UpdateStep::Copying(_) | UpdateStep::Checking(_))
            }
            Visit::Records(logs) => matches!(logs.step, LogsStep::Writing(_)),
        }
    }
}

impl VisitDocument {
    fn visit(&self) -> Option<Visit> {
        let percent = Percent::of(self.percent.into(), 100);
        let update = match (self.step, self.why) {
            (StepWord::Copying, None) => Some(UpdateStep::Copying(percent)),
            (StepWord::Checking, None) => Some(UpdateStep::Checking(percent)),
            (StepWord::InForce, None) => Some(UpdateStep::InForce),
            (StepWord::Refused, Some(why)) => Some(UpdateStep::Refused(why.refused()?)),
            _ => None,
        };
        if let Some(step) = update {
            return Some(Visit::Data(Updating { carrier: self.carrier, step }));
        }
        let step = match (self.step, self.why) {
            (StepWord::Writing, None) => LogsStep::Writing(percent),
            (StepWord::Written, None) => LogsStep::Written,
            (StepWord::Stopped, Some(WhyWord::NoRoom)) => LogsStep::Stopped(LogsStopped::NoRoom),
            (StepWord::Stopped, Some(WhyWord::PulledOut)) => LogsStep::Stopped(LogsStopped::PulledOut),
            _ => return None,
        };
        Some(Visit::Records(LogsOut { waiting: self.waiting, step }))
    }
}

impl WhyWord {
    fn refused(self) -> Option<UpdateRefused> {
        Some(match self {
            WhyWord::Unreadable => UpdateRefused::Unreadable,
            WhyWord::NoData => UpdateRefused::NoData,
            WhyWord::NotForHere => UpdateRefused::NotForHere,
            WhyWord::Unproven => UpdateRefused::Unproven,
            WhyWord::Older => UpdateRefused::Older,
            WhyWord::NoRoom => UpdateRefused::NoRoom,
            WhyWord::NotChecked => UpdateRefused::NotChecked,
            WhyWord::NotAnswered => UpdateRefused::NotAnswered,
            WhyWord::OutOfTime => UpdateRefused::OutOfTime,
            WhyWord::NotEnrolled => UpdateRefused::NotEnrolled,
            WhyWord::PulledOut => return None,
        })
    }
}

fn update_words(step: UpdateStep) -> (StepWord, Percent, Option<WhyWord>) {
    let done = Percent::of(1, 1);
    match step {
        UpdateStep::Copying(percent) => (StepWord::Copying, percent, None),
        UpdateStep::Checking(percent) => (StepWord::Checking, percent, None),
        UpdateStep::InForce => (StepWord::InForce, done, None),
        UpdateStep::Refused(why) => {
            let why = match why {
                UpdateRefused::Unreadable => WhyWord::Unreadable,
                UpdateRefused::NoData => WhyWord::NoData,
                UpdateRefused::NotForHere => WhyWord::NotForHere,
                UpdateRefused::Unproven => WhyWord::Unproven,
                UpdateRefused::Older => WhyWord::Older,
                UpdateRefused::NoRoom => WhyWord::NoRoom,
                UpdateRefused::NotChecked => WhyWord::NotChecked,
                UpdateRefused::NotAnswered => WhyWord::NotAnswered,
                UpdateRefused::OutOfTime => WhyWord::OutOfTime,
                UpdateRefused::NotEnrolled => WhyWord::NotEnrolled,
            };
            (StepWord::Refused, done, Some(why))
        }
    }
}

/// Without a stick there is no visit: it is told as written, and the stick may go.
fn records_words(step: LogsStep) -> (StepWord, Percent, Option<WhyWord>) {
    let done = Percent::of(1, 1);
    match step {
        LogsStep::Writing(percent) => (StepWord::Writing, percent, None),
        LogsStep::NoStick | LogsStep::Written => (StepWord::Written, done, None),
        LogsStep::Stopped(LogsStopped::NoRoom) => (StepWord::Stopped, done, Some(WhyWord::NoRoom)),
        LogsStep::Stopped(LogsStopped::PulledOut) => (StepWord::Stopped, done, Some(WhyWord::PulledOut)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn data(step: UpdateStep) -> Visit {
        Visit::Data(Updating { carrier: Carrier::Laptop, step })
    }

    fn records(step: LogsStep) -> Visit {
        Visit::Records(LogsOut { waiting: 4_213, step })
    }

    #[test]
    fn every_step_is_read_as_it_was_written() {
        let steps = [UpdateStep::Copying(Percent::of(42, 100)), UpdateStep::Checking(Percent::of(0, 1))];
        let refused = UpdateRefused::ALL.map(UpdateStep::Refused);
        let logs = [
            LogsStep::Writing(Percent::of(63, 100)),
            LogsStep::Written,
            LogsStep::Stopped(LogsStopped::NoRoom),
            LogsStep::Stopped(LogsStopped::PulledOut),
        ];
        let updates = steps.into_iter().chain([UpdateStep::InForce]).chain(refused).map(data);
        for visit in updates.chain(logs.map(records)) {
            let document = visit.document(u64::MAX);
            assert!(!document.is_empty(), "{visit:?} has room");
            assert_eq!(Visit::load(document.as_bytes()), Ok(visit));
        }
    }

    #[test]
    fn the_document_is_what_the_page_of_formats_says() {
        let text = r#"{"format":1,"beat":17,"carrier":"laptop","step":"copying","percent":42,"why":null,"waiting":0}"#;
        assert_eq!(data(UpdateStep::Copying(Percent::of(42, 100))).document(17), text);
    }

    #[test]
    fn what_does_not_fit_together_is_an_error_and_more_than_all_is_all() {
        let good = records(LogsStep::Writing(Percent::of(63, 100))).document(1);
        let load = |from: &str, to: &str| {
            extern crate std;
            let text = good.as_str();
            assert!(text.contains(from), "{text} has no {from}");
            Visit::load(std::string::ToString::to_string(&text).replace(from, to).as_bytes())
        };
        assert!(matches!(load("writing", "refused"), Err(VisitError::FitStep { step: StepWord::Refused })));
        assert!(matches!(load("null", "\"older\""), Err(VisitError::FitStep { .. })));
        assert!(matches!(load("\"format\":1", "\"format\":2"), Err(VisitError::KnowFormat { format: 2 })));
        assert!(matches!(load("writing", "burning"), Err(VisitError::Json(_))));
        assert_eq!(load(":63", ":255"), Ok(records(LogsStep::Writing(Percent::of(1, 1)))));
    }

    #[test]
    fn what_has_ended_does_not_go_on() {
        assert!(data(UpdateStep::Checking(Percent::of(1, 2))).goes_on());
        assert!(!data(UpdateStep::InForce).goes_on());
        assert!(records(LogsStep::Writing(Percent::of(1, 2))).goes_on());
        assert!(!records(LogsStep::Written).goes_on());
    }
}
