//! Identity documents: which kinds there are, and the numbers that name a person (DOMAIN §5, §13).
//!
//! Promises: a [`Document`] has the shape of its kind and a correct check digit where the kind has one; it is wiped
//! when dropped, and neither `Debug` nor anything else here writes the number.
//! It must not know: who the person is, any list, any clock.

mod check;
mod date;
mod kind;
mod number;
#[cfg(test)]
mod tests;

pub use date::{Date, DateError, Expiry};
pub use kind::{DocumentKind, KindError};
pub use number::DocumentNumber;

pub(crate) use check::mod_7_3_1;

use core::fmt;

/// One identity document: its kind and its number.
///
/// Having one tells that the number is well formed; not that the document exists, is valid, or is in anyone's hand.
/// It cannot be printed by accident, nor the number inside it:
///
/// ```compile_fail,E0277
/// # use gate_wire::document::{Document, DocumentKind};
/// let document = Document::parse(DocumentKind::Passport, "E12345678").unwrap();
/// println!("{document}");
/// ```
/// ```compile_fail,E0277
/// # use gate_wire::document::{Document, DocumentKind};
/// let document = Document::parse(DocumentKind::Passport, "E12345678").unwrap();
/// println!("{}", document.number());
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Document {
    kind: DocumentKind,
    number: DocumentNumber,
}

impl Document {
    /// Takes a number of a known kind, as typed or as read: spaces and hyphens are dropped, letters become capitals.
    /// The two renewal digits of the older home-return permits (`H1234567800`) are dropped: they change, the
    /// person does not.
    ///
    /// # Errors
    /// The first thing that is wrong with it; a wrong check digit only where everything else is right.
    pub fn parse(kind: DocumentKind, text: &str) -> Result<Self, DocumentError> {
        let mut number = DocumentNumber::normalise(text)?;
        match kind {
            DocumentKind::ResidentId | DocumentKind::TemporaryId | DocumentKind::HouseholdRegister => {
                check::resident(number.as_bytes())?;
            }
            DocumentKind::HmtResidencePermit => check::residence_permit(number.as_bytes())?,
            DocumentKind::PermanentResident2017 => check::permanent_2017(number.as_bytes())?,
            DocumentKind::PermanentResident2023 => check::permanent_2023(number.as_bytes())?,
            DocumentKind::Passport => check::passport(number.as_bytes())?,
            DocumentKind::HmtTravelPermit => {
                check::travel_permit(number.as_bytes())?;
                number.truncate(check::TRAVEL_PERMIT_LEN);
            }
            DocumentKind::TaiwanTravelPermit => check::taiwan_permit(number.as_bytes())?,
        }
        Ok(Self { kind, number })
    }

    /// What kind of document it is.
    #[must_use]
    pub fn kind(&self) -> DocumentKind {
        self.kind
    }

    /// Its normalised number.
    #[must_use]
    pub fn number(&self) -> &DocumentNumber {
        &self.number
    }

    /// What a person tag is made of: kind and number, the same for every document that carries the same number of
    /// the same person. A temporary card and a household register name the resident.
    #[must_use]
    pub fn person_key(&self) -> (DocumentKind, &[u8]) {
        let kind = match self.kind {
            DocumentKind::TemporaryId | DocumentKind::HouseholdRegister => DocumentKind::ResidentId,
            DocumentKind::ResidentId
            | DocumentKind::HmtResidencePermit
            | DocumentKind::PermanentResident2017
            | DocumentKind::PermanentResident2023
            | DocumentKind::Passport
            | DocumentKind::HmtTravelPermit
            | DocumentKind::TaiwanTravelPermit => self.kind,
        };
        (kind, self.number.as_bytes())
    }

    /// The last four characters, for the screen and for the display time only (DOMAIN §15).
    #[must_use]
    pub fn last_four(&self) -> &str {
        let bytes = self.number.as_bytes();
        let tail = bytes.get(bytes.len().saturating_sub(4)..).unwrap_or(&[]);
        // A normalised number is ASCII.
        core::str::from_utf8(tail).unwrap_or("")
    }

    /// The birth date a number of 18 digits carries in its digits 7 to 14; `None` for every other kind.
    #[must_use]
    pub fn birth_date(&self) -> Option<Date> {
        match self.kind {
            DocumentKind::ResidentId
            | DocumentKind::TemporaryId
            | DocumentKind::HouseholdRegister
            | DocumentKind::HmtResidencePermit
            | DocumentKind::PermanentResident2023 => {
                Date::parse_yyyymmdd(self.number.as_bytes().get(6..14)?).ok()
            }
            DocumentKind::PermanentResident2017
            | DocumentKind::Passport
            | DocumentKind::HmtTravelPermit
            | DocumentKind::TaiwanTravelPermit => None,
        }
    }

    /// The 2017 number of the holder of a 2023 permanent-resident card:
    /// nationality + digits 2 and 3 + `link[0..2]` + YYMMDD + `link[2]` + check digit.
    /// `nationality` is the card's alpha-3 code (text offset 242), `link` its 旧证号关联项 (offset 250).
    ///
    /// # Errors
    /// [`DocumentError::DeriveOldNumber`] for every other kind of document; else what the result lacks.
    pub fn old_number(&self, nationality: [u8; 3], link: [u8; 3]) -> Result<Self, DocumentError> {
        let bytes = self.number.as_bytes();
        let (Some([high, low]), Some(birth), DocumentKind::PermanentResident2023) =
            (bytes.get(1..3), bytes.get(8..14), self.kind)
        else {
            return Err(DocumentError::DeriveOldNumber { kind: self.kind });
        };
        let [city_high, city_low, sequence] = link;
        let mut number = DocumentNumber::EMPTY;
        number.extend(&nationality)?;
        number.extend(&[*high, *low, city_high, city_low])?;
        number.extend(birth)?;
        number.extend(&[sequence])?;
        let check = mod_7_3_1(number.as_bytes()).ok_or(DocumentError::MatchShape)?;
        number.extend(&[check])?;
        check::permanent_2017(number.as_bytes())?;
        Ok(Self { kind: DocumentKind::PermanentResident2017, number })
    }
}

impl fmt::Debug for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Document({}, hidden)", self.kind.token())
    }
}

/// Why a text is no document number of its kind. Carries nothing of the number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DocumentError {
    /// Too short or too long for its kind.
    #[error("a number of this kind cannot have {found} characters")]
    FitLength {
        /// Characters found, without spaces and hyphens; at most 19.
        found: usize,
    },
    /// A character other than A-Z and 0-9.
    #[error("the number has a character that no document has")]
    AcceptCharacter,
    /// Letters and digits stand where this kind does not have them.
    #[error("the number does not have the shape of its kind")]
    MatchShape,
    /// The leading digits belong to another kind of document.
    #[error("the number's region belongs to another kind of document")]
    MatchRegion,
    /// The birth date in the number is no date.
    #[error("the birth date in the number is no date")]
    ReadBirthDate,
    /// Everything else fits and the check digit is another.
    #[error("the check digit is wrong")]
    MatchCheckDigit,
    /// Only a 2023 permanent-resident card has an older number.
    #[error("a {} has no older number", kind.token())]
    DeriveOldNumber {
        /// The kind that was asked.
        kind: DocumentKind,
    },
}
