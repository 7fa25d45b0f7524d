//! The machine-readable zone of a passport: ICAO 9303-4, TD3, two lines of 44 characters.
//!
//! Promises: all check digits are verified and the first that fails is named; nothing is repaired: O for 0 can be put
//! right by whoever reads the page again, a guessed person cannot. Birth date and sex are checked and not kept.
//! The 7-3-1 digit does not notice a letter read as the digit of the same value modulo 10 (B for 1, L for 1, S for 8):
//! the attendant compares the number.
//! It must not know: cameras, optical reading, today's date. The 3 × 30 zone of the travel permits (GA/T 704.14) is
//! not read: no text of it is at hand that could be checked against.

use core::fmt;

use crate::document::{Date, Document, DocumentError, DocumentKind, Expiry, mod_7_3_1};
use crate::name::MaskedName;

/// Characters in a line.
pub const LINE_LEN: usize = 44;
/// What stands for "nothing here".
const FILLER: u8 = b'<';

/// What was read from the zone of one passport. Well formed; nobody has seen whether the passport is genuine.
#[derive(Clone, PartialEq, Eq)]
pub struct PassportZone {
    document: Document,
    issuer: StateCode,
    nationality: StateCode,
    name: MaskedName,
    expiry: Expiry,
}

impl PassportZone {
    /// Reads the two lines as they stand on the page: capitals, digits and `<`.
    ///
    /// # Errors
    /// The first thing that is wrong, check digits after everything that is visible without them.
    pub fn parse(first: &[u8], second: &[u8]) -> Result<Self, MrzError> {
        let first = line(first, MrzLine::First)?;
        let second = line(second, MrzLine::Second)?;
        if first.first() != Some(&b'P') {
            return Err(MrzError::ReadDocumentType);
        }
        check_digits(second)?;
        let (expiry, birth) = (slice(second, 21..27), slice(second, 13..19));
        // An unknown birth date is written with fillers; the century is not written at all.
        if !birth.contains(&FILLER) {
            short_date(birth, MrzField::BirthDate)?;
        }
        Ok(Self {
            document: passport(slice(second, 0..9))?,
            issuer: StateCode::parse(slice(first, 2..5))?,
            nationality: StateCode::parse(slice(second, 10..13))?,
            name: masked_name(slice(first, 5..LINE_LEN)),
            expiry: Expiry::Until(short_date(expiry, MrzField::Expiry)?),
        })
    }

    /// The passport's number.
    #[must_use]
    pub fn document(&self) -> &Document {
        &self.document
    }

    /// The state that issued it.
    #[must_use]
    pub fn issuer(&self) -> StateCode {
        self.issuer
    }

    /// The holder's nationality.
    #[must_use]
    pub fn nationality(&self) -> StateCode {
        self.nationality
    }

    /// For the screen, for the display time (DOMAIN §15).
    #[must_use]
    pub fn name(&self) -> &MaskedName {
        &self.name
    }

    /// Until when it is good; the two digits of the year are of this century.
    #[must_use]
    pub fn expiry(&self) -> Expiry {
        self.expiry
    }
}

impl fmt::Debug for PassportZone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PassportZone(hidden)")
    }
}

/// A state or organisation: 1 to 3 capitals (ICAO 9303-3 §5; `D` is Germany).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StateCode([u8; 3]);

impl StateCode {
    /// The capitals.
    #[must_use]
    pub fn as_str(&self) -> &str {
        let len = self.0.iter().take_while(|byte| **byte != FILLER).count();
        self.0.get(..len).and_then(|bytes| core::str::from_utf8(bytes).ok()).unwrap_or("")
    }

    fn parse(field: &[u8]) -> Result<Self, MrzError> {
        let code = Self(<[u8; 3]>::try_from(field).map_err(|_| MrzError::ReadState)?);
        let mut rest = field.iter().skip_while(|byte| byte.is_ascii_uppercase());
        let capitals_then_fillers = rest.all(|byte| *byte == FILLER);
        if capitals_then_fillers && code.0.first() != Some(&FILLER) {
            Ok(code)
        } else {
            Err(MrzError::ReadState)
        }
    }
}

/// One of the two lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MrzLine {
    /// Type, issuer, name.
    First,
    /// Number, nationality, dates, check digits.
    Second,
}

/// A field of the second line that has a check digit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MrzField {
    /// Positions 1 to 9, digit at 10.
    Number,
    /// Positions 14 to 19, digit at 20.
    BirthDate,
    /// Positions 22 to 27, digit at 28.
    Expiry,
    /// Positions 29 to 42, digit at 43; `<` where the field is empty.
    Optional,
    /// Positions 1 to 10, 14 to 20 and 22 to 43, digit at 44.
    Composite,
}

/// Why two lines are no passport's zone. Carries positions, never characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MrzError {
    /// Not 44 characters.
    #[error("line {line:?} has {found} characters instead of 44")]
    FitLength {
        /// Which line.
        line: MrzLine,
        /// Characters found.
        found: usize,
    },
    /// A character other than A-Z, 0-9 and `<`.
    #[error("line {line:?} has another character at position {position}")]
    AcceptCharacter {
        /// Which line.
        line: MrzLine,
        /// Position, from 1 as the standard counts.
        position: usize,
    },
    /// The first line does not begin with `P`.
    #[error("the zone is not that of a passport")]
    ReadDocumentType,
    /// A check digit is wrong: read that part of the page again.
    #[error("the check digit of {field:?} is wrong")]
    MatchCheckDigit {
        /// Which.
        field: MrzField,
    },
    /// A date that is none.
    #[error("the date {field:?} is none")]
    ReadDate {
        /// Which.
        field: MrzField,
    },
    /// A state that is none.
    #[error("the state code is none")]
    ReadState,
    /// The number is no passport number.
    #[error("the passport number is refused")]
    AcceptNumber(#[from] DocumentError),
}

fn line(bytes: &[u8], line: MrzLine) -> Result<&[u8; LINE_LEN], MrzError> {
    let found = bytes.len();
    let exact = bytes.try_into().map_err(|_| MrzError::FitLength { line, found })?;
    let strange = |byte: &u8| !(byte.is_ascii_uppercase() || byte.is_ascii_digit() || *byte == FILLER);
    match bytes.iter().position(strange) {
        Some(index) => Err(MrzError::AcceptCharacter { line, position: index + 1 }),
        None => Ok(exact),
    }
}

fn check_digits(second: &[u8; LINE_LEN]) -> Result<(), MrzError> {
    for (field, body, check) in
        [(MrzField::Number, 0..9, 9), (MrzField::BirthDate, 13..19, 19), (MrzField::Expiry, 21..27, 27)]
    {
        match_digit(field, slice(second, body), second.get(check))?;
    }
    let optional = slice(second, 28..42);
    if second.get(42) != Some(&FILLER) || optional.iter().any(|byte| *byte != FILLER) {
        match_digit(MrzField::Optional, optional, second.get(42))?;
    }
    let mut composite = [0; 39];
    let parts = [0..10, 13..20, 21..43].into_iter().flat_map(|part| slice(second, part));
    composite.iter_mut().zip(parts).for_each(|(place, byte)| *place = *byte);
    match_digit(MrzField::Composite, &composite, second.get(43))
}

fn match_digit(field: MrzField, body: &[u8], check: Option<&u8>) -> Result<(), MrzError> {
    if mod_7_3_1(body).as_ref() == check { Ok(()) } else { Err(MrzError::MatchCheckDigit { field }) }
}

/// Fillers may only stand behind the number.
fn passport(field: &[u8]) -> Result<Document, MrzError> {
    let len = field.iter().rposition(|byte| *byte != FILLER).map_or(0, |last| last + 1);
    let text = field.get(..len).and_then(|bytes| core::str::from_utf8(bytes).ok()).unwrap_or("");
    Ok(Document::parse(DocumentKind::Passport, text)?)
}

/// YYMMDD of this century. For a birth date only the day matters: 29 February is good in every fourth year.
fn short_date(digits: &[u8], field: MrzField) -> Result<Date, MrzError> {
    let mut full = *b"20000000";
    let room = full.last_chunk_mut::<6>().filter(|_| digits.len() == 6);
    room.ok_or(MrzError::ReadDate { field })?.copy_from_slice(digits);
    Date::parse_yyyymmdd(&full).map_err(|_| MrzError::ReadDate { field })
}

fn masked_name(field: &[u8]) -> MaskedName {
    MaskedName::from_chars(field.iter().filter(|byte| **byte != FILLER).map(|byte| char::from(*byte)))
}

fn slice(line: &[u8; LINE_LEN], range: core::ops::Range<usize>) -> &[u8] {
    line.get(range).unwrap_or(&[])
}

#[cfg(test)]
mod tests {
    extern crate std;
    use std::format;

    use proptest::prelude::*;

    use super::*;

    // The specimen of ICAO 9303-4.
    const FIRST: &[u8; 44] = b"P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<";
    const SECOND: &[u8; 44] = b"L898902C36UTO7408122F1204159ZE184226B<<<<<10";

    fn with(position: usize, byte: u8) -> [u8; 44] {
        let mut second = *SECOND;
        second[position - 1] = byte;
        second
    }

    #[test]
    fn the_specimen_of_the_standard_is_read() {
        let zone = PassportZone::parse(FIRST, SECOND).unwrap();
        assert_eq!(zone.document(), &Document::parse(DocumentKind::Passport, "L898902C3").unwrap());
        assert_eq!((zone.issuer().as_str(), zone.nationality().as_str()), ("UTO", "UTO"));
        assert_eq!(zone.name().as_str(), "E**A");
        assert_eq!(zone.expiry(), Expiry::Until(Date::new(2012, 4, 15).unwrap()));
    }

    #[test]
    fn the_check_digit_that_fails_is_named() {
        for (position, field) in [
            (1, MrzField::Number),
            (10, MrzField::Number),
            (16, MrzField::BirthDate),
            (27, MrzField::Expiry),
            (30, MrzField::Optional),
            (44, MrzField::Composite),
        ] {
            let error = Err(MrzError::MatchCheckDigit { field });
            assert_eq!(PassportZone::parse(FIRST, &with(position, b'7')).map(|_| ()), error, "{position}");
        }
    }

    #[test]
    fn an_o_in_place_of_a_zero_is_not_repaired() {
        assert_eq!(
            PassportZone::parse(FIRST, &with(23, b'O')),
            Err(MrzError::MatchCheckDigit { field: MrzField::Expiry })
        );
    }

    #[test]
    fn an_empty_optional_field_may_have_a_filler_or_a_zero_as_its_digit() {
        // Chinese passports are seen with `PO` and no optional data; an invented person.
        let first = b"POCHNCESHI<<JIA<<<<<<<<<<<<<<<<<<<<<<<<<<<<<";
        for digit in [b'<', b'0'] {
            let mut second = *b"E123456784CHN4001017M3001019<<<<<<<<<<<<<<<0";
            second[42] = digit;
            second[9] = mod_7_3_1(&second[..9]).unwrap();
            second[19] = mod_7_3_1(&second[13..19]).unwrap();
            second[27] = mod_7_3_1(&second[21..27]).unwrap();
            let composite = [&second[..10], &second[13..20], &second[21..43]].concat();
            second[43] = mod_7_3_1(&composite).unwrap();
            let zone = PassportZone::parse(first, &second).unwrap();
            assert_eq!((zone.nationality().as_str(), zone.name().as_str()), ("CHN", "C**A"));
        }
    }

    #[test]
    fn what_is_no_zone_is_refused_with_its_place() {
        let lower = MrzError::AcceptCharacter { line: MrzLine::Second, position: 9 };
        assert_eq!(PassportZone::parse(FIRST, &with(9, b'c')), Err(lower));
        let short = MrzError::FitLength { line: MrzLine::First, found: 43 };
        assert_eq!(PassportZone::parse(&FIRST[..43], SECOND), Err(short));
        let mut permit = *FIRST;
        permit[0] = b'C';
        assert_eq!(PassportZone::parse(&permit, SECOND), Err(MrzError::ReadDocumentType));
        assert_eq!(PassportZone::parse(FIRST, &with(11, b'<')), Err(MrzError::ReadState));
    }

    #[test]
    fn nothing_of_the_holder_can_be_printed() {
        assert_eq!(format!("{:?}", PassportZone::parse(FIRST, SECOND)), "Ok(PassportZone(hidden))");
    }

    proptest! {
        #[test]
        fn no_lines_panic(first in proptest::collection::vec(any::<u8>(), 0..50), second in "[A-Z0-9<]{44}") {
            let _ = PassportZone::parse(&first, second.as_bytes());
            let _ = PassportZone::parse(FIRST, second.as_bytes());
        }

        #[test]
        fn one_digit_misread_as_another_is_never_another_passport(place in 0_usize..44, digit in b'0'..=b'9') {
            let misread = with(place + 1, digit);
            if SECOND[place].is_ascii_digit() && misread != *SECOND {
                prop_assert!(PassportZone::parse(FIRST, &misread).is_err());
            }
        }
    }
}
