//! The text of an identity card: 256 bytes in four layouts → a [`CardRead`] (DOMAIN §13).
//!
//! Promises: a `CardRead` has a correct check digit, a birth date equal to the number's digits and dates that exist;
//! of the name only the masked form leaves; address, sex, people and authority are never looked at.
//! It must not know: the photo, lists, the clock: an expired card reads like any other (DOMAIN §4).

mod layout;
mod text;

use core::fmt;

use crate::document::{Date, Document, DocumentError, DocumentKind, Expiry};
use crate::name::MaskedName;

/// Bytes of text in an answer.
pub const TEXT_LEN: usize = 256;

/// What was read from one card.
///
/// Having one tells that the card's text is well formed and its check digit is right; not that the card is genuine,
/// current, or held by the person it names: the reader's security module looks at the first, nobody here at the last.
/// Nobody makes one but the codec:
///
/// ```compile_fail,E0451
/// # fn forge(read: gate_wire::card::CardRead) -> gate_wire::card::CardRead {
/// gate_wire::card::CardRead { other: None, ..read }
/// # }
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct CardRead {
    document: Document,
    other: Option<Document>,
    name: MaskedName,
    birth: Date,
    expiry: Expiry,
}

impl CardRead {
    /// Takes the text of a card. The layout follows from the two bytes at offset 248: space resident card, `J`
    /// residence permit, `I` and `Y` permanent-resident cards of 2017 and 2023.
    ///
    /// # Errors
    /// The first thing that is wrong; [`CardError::CheckDigit`] only where the rest of the number is right.
    pub fn parse(text: &[u8; TEXT_LEN]) -> Result<Self, CardError> {
        layout::parse(text)
    }

    /// The kind of card.
    #[must_use]
    pub fn kind(&self) -> DocumentKind {
        self.document.kind()
    }

    /// The card's own number.
    #[must_use]
    pub fn document(&self) -> &Document {
        &self.document
    }

    /// The person's second number where the card tells it: the travel permit of a residence permit, the 2017 number of
    /// a 2023 permanent-resident card. Both lead to the same entry (DOMAIN §13): look up both.
    #[must_use]
    pub fn other(&self) -> Option<&Document> {
        self.other.as_ref()
    }

    /// For the screen, for the display time (DOMAIN §15).
    #[must_use]
    pub fn name(&self) -> &MaskedName {
        &self.name
    }

    /// The birth date, equal to the one in the number.
    #[must_use]
    pub fn birth(&self) -> Date {
        self.birth
    }

    /// Until when the card is good.
    #[must_use]
    pub fn expiry(&self) -> Expiry {
        self.expiry
    }
}

impl fmt::Debug for CardRead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CardRead({}, hidden)", self.kind().token())
    }
}

/// A field of a card that was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CardField {
    /// 姓名 / 中文姓名 / 英文姓名.
    Name,
    /// 证件号.
    Number,
    /// 通行证号 of a residence permit, or what leads to the 2017 number.
    OtherNumber,
    /// 出生日期.
    Birth,
    /// 签发日期.
    ValidFrom,
    /// 有效期止.
    ValidUntil,
}

/// Why the text of a card was refused. Carries nothing of the card but the field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CardError {
    /// No card type has this flag at offset 248.
    #[error("no card type has the flag {flag:#06x}")]
    KnowType {
        /// The UTF-16 unit found.
        flag: u16,
    },
    /// The field holds something that it cannot hold.
    #[error("the field {field:?} cannot be read")]
    ReadField {
        /// Which.
        field: CardField,
    },
    /// A number is no number of its kind.
    #[error("the number in {field:?} is refused")]
    AcceptNumber {
        /// Which number.
        field: CardField,
        /// Why.
        source: DocumentError,
    },
    /// Everything in the number fits but its check digit: a damaged or a doctored card.
    #[error("the check digit of the card's number is wrong")]
    CheckDigit,
    /// The birth date is not the one in the number.
    #[error("the birth date is not the one in the number")]
    MatchBirth,
    /// The card ends before it begins.
    #[error("the card's validity ends before it begins")]
    OrderValidity,
}
