//! Which answers can belong to which command.
//!
//! Promises: an answer in the shape of another command's is [`Answer::Stray`] and changes nothing.
//! It must not know: what the session does with it.

use super::super::Status;
use super::super::answer::card_text;
use super::super::receiver::Frame;
use super::Task;

/// The kind of answer a frame is to an outstanding task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answer {
    /// Belongs to no or to another command.
    Stray,
    /// A status that was asked for before: no order holds, and nobody knows what else is on its way.
    Owed,
    /// Belongs to it and is damaged, or says that the command arrived damaged.
    Damaged,
    /// The module cannot work.
    Unwell(Status),
    /// Success without data.
    Done,
    /// A card is in the field.
    Found,
    /// None is.
    NoCard,
    /// The card is taken.
    Selected,
    /// The receiver holds a card's text.
    Card,
    /// The card is gone, is no identity card, or did not prove itself.
    Failed,
    /// The card taken is still there.
    StillThere,
    /// It is not, or the reader cannot say: look for one.
    Gone,
}

impl Answer {
    /// Whether it shows that reader and line work.
    pub(super) const fn is_good(self) -> bool {
        !matches!(self, Self::Stray | Self::Owed | Self::Damaged | Self::Unwell(_))
    }
}

/// Length of the card's identification in the answer to a find.
const FOUND_DATA: usize = 4;
/// Length of the card's serial number in the answer to a select.
const SELECTED_DATA: usize = 8;
/// Longest data of an answer to any other command than a read.
const SHORT_DATA: usize = 16;

pub(super) fn judge(task: Task, frame: &Frame<'_>) -> Answer {
    match (frame.status, frame.data_len) {
        (Status::SelfTestFailed | Status::NotAuthorised, 0) => Answer::Unwell(frame.status),
        (
            Status::RequestChecksum | Status::RequestLength | Status::RequestUnknown | Status::UnknownError,
            0,
        ) if task != Task::Probe => Answer::Damaged,
        (Status::Done, 0) if matches!(task, Task::Find | Task::Select | Task::Read) => Answer::Owed,
        _ => match task {
            Task::Greet | Task::Fence | Task::Reset | Task::AfterReset => status(frame),
            Task::Find | Task::Look | Task::LookAgain => find(frame),
            Task::Select => select(frame),
            Task::Read => read(frame),
            Task::Probe => probe(frame),
        },
    }
}

fn status(frame: &Frame<'_>) -> Answer {
    if (frame.status, frame.data_len) == (Status::Done, 0) { Answer::Done } else { Answer::Stray }
}

fn find(frame: &Frame<'_>) -> Answer {
    match (frame.status, frame.data_len) {
        (Status::CardFound, FOUND_DATA) => Answer::Found,
        (Status::NoCard, 0) => Answer::NoCard,
        (Status::CardTypeUnknown, 0) => Answer::Failed,
        _ => Answer::Stray,
    }
}

fn select(frame: &Frame<'_>) -> Answer {
    match (frame.status, frame.data_len) {
        (Status::Done, SELECTED_DATA) => Answer::Selected,
        _ => failure(frame),
    }
}

fn read(frame: &Frame<'_>) -> Answer {
    match (frame.status, frame.data_len) {
        (Status::Done, _) if card_text(frame).is_some() => Answer::Card,
        (Status::Done, len) if len > SHORT_DATA => Answer::Damaged,
        _ => failure(frame),
    }
}

fn probe(frame: &Frame<'_>) -> Answer {
    if matches!(frame.status, Status::Done | Status::NoContent) { Answer::StillThere } else { Answer::Gone }
}

fn failure(frame: &Frame<'_>) -> Answer {
    let failed = matches!(
        frame.status,
        Status::SelectFailed
            | Status::ReadFailed
            | Status::CardRejectsModule
            | Status::ModuleRejectsCard
            | Status::DataNotVerified
            | Status::CardTypeUnknown
            | Status::NoRandomNumber
            | Status::NoContent
            | Status::NotPermitted
    );
    if failed && frame.data_len == 0 { Answer::Failed } else { Answer::Stray }
}
