//! One whole `30 01` answer as bytes or as hex: what `gate check --card` and the vectors hold.
//!
//! Promises: the same receiver and the same card codec as on the line; no byte more and none less than one answer.

use super::receiver::Frame;
use super::{FrameFault, Receiver, Status};
use crate::card::{CardError, CardRead, TEXT_LEN};

/// Data bytes of a `30 01` answer: two lengths, 256 of text, 1024 of photo.
const CARD_DATA_LEN: usize = 4 + 256 + 1024;
const CARD_LENGTHS: [u8; 4] = [0x01, 0x00, 0x04, 0x00];

/// Reads one whole answer, preamble to CHK.
///
/// # Errors
/// Whatever is not exactly one successful `30 01` answer with a good card in it.
pub fn read_answer(bytes: &[u8]) -> Result<CardRead, AnswerError> {
    let mut receiver = Receiver::new();
    let (rest, outcome) = receiver.feed(bytes);
    outcome.ok_or(AnswerError::CompleteFrame)??;
    if !rest.is_empty() {
        return Err(AnswerError::EndAfterFrame { rest: rest.len() });
    }
    finish(&receiver)
}

/// [`read_answer`] from hexadecimal digits; white space anywhere between the bytes is skipped.
///
/// # Errors
/// As [`read_answer`]; [`AnswerError::ReadHex`] for any other character or half a byte.
pub fn read_answer_hex(text: &str) -> Result<CardRead, AnswerError> {
    let mut receiver = Receiver::new();
    let (mut high, mut outcome, mut rest) = (None, None, 0_usize);
    for (position, character) in text.char_indices().filter(|(_, character)| !character.is_whitespace()) {
        let digit = character.to_digit(16).ok_or(AnswerError::ReadHex { position })? as u8;
        let Some(first) = high.take() else {
            high = Some(digit);
            continue;
        };
        if outcome.is_some() {
            rest += 1;
        } else {
            outcome = receiver.feed(&[first << 4 | digit]).1;
        }
    }
    if high.is_some() {
        return Err(AnswerError::ReadHex { position: text.len() });
    }
    outcome.ok_or(AnswerError::CompleteFrame)??;
    if rest > 0 { Err(AnswerError::EndAfterFrame { rest }) } else { finish(&receiver) }
}

/// The 256 bytes of text of an answer that has exactly the lengths of `30 01`.
pub(super) fn card_text<'r>(frame: &Frame<'r>) -> Option<&'r [u8; TEXT_LEN]> {
    let (lengths, text) = frame.data.split_first_chunk()?;
    let fits = frame.data_len == CARD_DATA_LEN && *lengths == CARD_LENGTHS;
    text.first_chunk().filter(|_| fits)
}

fn finish(receiver: &Receiver) -> Result<CardRead, AnswerError> {
    let frame = receiver.frame().ok_or(AnswerError::CompleteFrame)?;
    if frame.status != Status::Done {
        return Err(AnswerError::ReadCard { status: frame.status });
    }
    let text = card_text(&frame).ok_or(AnswerError::MatchLayout { data_len: frame.data_len })?;
    Ok(CardRead::parse(text)?)
}

/// Why bytes are no card answer. Carries nothing of the card.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AnswerError {
    /// Not a hexadecimal digit, or half a byte at the end.
    #[error("no hexadecimal byte at character {position}")]
    ReadHex {
        /// Byte position in the text.
        position: usize,
    },
    /// The bytes end before the answer does, or there is none.
    #[error("the answer is not complete")]
    CompleteFrame,
    /// Bytes after the answer.
    #[error("{rest} bytes after the answer")]
    EndAfterFrame {
        /// How many.
        rest: usize,
    },
    /// The frame is damaged.
    #[error("the frame is damaged")]
    TakeFrame(#[from] FrameFault),
    /// The reader answered, but with no card.
    #[error("the reader says {}", status.meaning())]
    ReadCard {
        /// What it says.
        status: Status,
    },
    /// Not the lengths of a `30 01` answer.
    #[error("an answer with {data_len} data bytes is no card answer")]
    MatchLayout {
        /// Data bytes found.
        data_len: usize,
    },
    /// The card's text is not that of a document.
    #[error("the card's text is refused")]
    AcceptCard(#[from] CardError),
}
