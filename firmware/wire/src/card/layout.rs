//! The four layouts of a card's text (byte offset, byte length).
//!
//! Promises: every layout is written once, as a table; what all cards have in common is checked in one place.

use super::text::{Ascii, Text};
use super::{CardError, CardField, CardRead, TEXT_LEN};
use crate::document::{Date, Document, DocumentError, DocumentKind, Expiry};
use crate::name::MaskedName;

type Field = (usize, usize);

/// Where a card type keeps what we read.
struct Layout {
    kind: DocumentKind,
    /// The name to show: the first of these that is not blank; the parts of one name follow each other.
    names: [&'static [Field]; 2],
    number: Field,
    birth: usize,
    valid_from: usize,
    valid_until: usize,
}

const TYPE_FLAG: usize = 248;

const RESIDENT: Layout = Layout {
    kind: DocumentKind::ResidentId,
    names: [&[(0, 30)], &[]],
    number: (122, 36),
    birth: 36,
    valid_from: 188,
    valid_until: 204,
};
const RESIDENCE_PERMIT: Layout = Layout { kind: DocumentKind::HmtResidencePermit, ..RESIDENT };
const PERMANENT_2023: Layout = Layout {
    kind: DocumentKind::PermanentResident2023,
    names: [&[(0, 30)], &[(52, 70), (220, 22)]],
    ..RESIDENT
};
const PERMANENT_2017: Layout = Layout {
    kind: DocumentKind::PermanentResident2017,
    names: [&[(158, 30)], &[(0, 120)]],
    number: (122, 30),
    birth: 220,
    valid_from: 188,
    valid_until: 204,
};

const TRAVEL_PERMIT: Field = (220, 18);
const NATIONALITY: Field = (242, 6);
const OLD_NUMBER_LINK: Field = (250, 6);

pub(super) fn parse(bytes: &[u8; TEXT_LEN]) -> Result<CardRead, CardError> {
    let text = Text(bytes);
    let layout = match text.unit(TYPE_FLAG) {
        0x20 => RESIDENT,
        0x4A => RESIDENCE_PERMIT,
        0x49 => PERMANENT_2017,
        0x59 => PERMANENT_2023,
        flag => return Err(CardError::KnowType { flag }),
    };
    let number = ascii(text, layout.number, CardField::Number)?;
    let document = parse_number(layout.kind, &number, CardField::Number)?;
    let birth = text.date(layout.birth, CardField::Birth)?;
    match_birth(&document, birth)?;
    let expiry = expiry(text, &layout)?;
    let other = other_number(text, &document)?;
    Ok(CardRead { name: name(text, &layout)?, other, birth, expiry, document })
}

fn parse_number(kind: DocumentKind, number: &Ascii, field: CardField) -> Result<Document, CardError> {
    Document::parse(kind, number.as_str()).map_err(|source| refuse(field, source))
}

fn refuse(field: CardField, source: DocumentError) -> CardError {
    if source == DocumentError::MatchCheckDigit {
        CardError::CheckDigit
    } else {
        CardError::AcceptNumber { field, source }
    }
}

/// The 2017 number carries YYMMDD, the others the whole date.
fn match_birth(document: &Document, birth: Date) -> Result<(), CardError> {
    let matches = match (document.birth_date(), document.number().as_bytes().get(7..13)) {
        (Some(date), _) => date == birth,
        (None, Some(digits)) => {
            let short = [birth.year() % 100, u16::from(birth.month()), u16::from(birth.day())];
            let digit_pairs = digits.chunks_exact(2).map(|pair| match pair {
                [tens, ones] => u16::from(tens.wrapping_sub(b'0')) * 10 + u16::from(ones.wrapping_sub(b'0')),
                _ => u16::MAX,
            });
            digit_pairs.eq(short)
        }
        (None, None) => false,
    };
    if matches { Ok(()) } else { Err(CardError::MatchBirth) }
}

/// 长期 occurs on resident cards only.
fn expiry(text: Text<'_>, layout: &Layout) -> Result<Expiry, CardError> {
    let from = text.date(layout.valid_from, CardField::ValidFrom)?;
    let long_term = "长期".chars().chain(core::iter::repeat_n(' ', 6)).map(Some);
    if layout.kind == DocumentKind::ResidentId && text.characters(layout.valid_until, 16).eq(long_term) {
        return Ok(Expiry::LongTerm);
    }
    let until = text.date(layout.valid_until, CardField::ValidUntil)?;
    if from <= until { Ok(Expiry::Until(until)) } else { Err(CardError::OrderValidity) }
}

fn other_number(text: Text<'_>, document: &Document) -> Result<Option<Document>, CardError> {
    match document.kind() {
        DocumentKind::HmtResidencePermit => travel_permit(text, document),
        DocumentKind::PermanentResident2023 => old_number(text, document),
        DocumentKind::ResidentId
        | DocumentKind::PermanentResident2017
        | DocumentKind::Passport
        | DocumentKind::HmtTravelPermit
        | DocumentKind::TaiwanTravelPermit
        | DocumentKind::TemporaryId
        | DocumentKind::HouseholdRegister => Ok(None),
    }
}

/// 83 is Taiwan; Hong Kong's permits begin with H (81), Macao's with M (82).
fn travel_permit(text: Text<'_>, document: &Document) -> Result<Option<Document>, CardError> {
    if text.is_blank(TRAVEL_PERMIT.0, TRAVEL_PERMIT.1) {
        return Ok(None);
    }
    let number = ascii(text, TRAVEL_PERMIT, CardField::OtherNumber)?;
    let (kind, initial) = match document.number().as_bytes() {
        [_, b'1', ..] => (DocumentKind::HmtTravelPermit, Some(&b'H')),
        [_, b'2', ..] => (DocumentKind::HmtTravelPermit, Some(&b'M')),
        _ => (DocumentKind::TaiwanTravelPermit, None),
    };
    if initial.is_some() && number.as_bytes().first() != initial {
        return Err(CardError::ReadField { field: CardField::OtherNumber });
    }
    parse_number(kind, &number, CardField::OtherNumber).map(Some)
}

/// No link, no older card.
fn old_number(text: Text<'_>, document: &Document) -> Result<Option<Document>, CardError> {
    if text.is_blank(OLD_NUMBER_LINK.0, OLD_NUMBER_LINK.1) {
        return Ok(None);
    }
    let field = CardField::OtherNumber;
    let nationality = ascii(text, NATIONALITY, field)?.three().ok_or(CardError::ReadField { field })?;
    let link = ascii(text, OLD_NUMBER_LINK, field)?.three().ok_or(CardError::ReadField { field })?;
    document.old_number(nationality, link).map(Some).map_err(|source| refuse(field, source))
}

fn name(text: Text<'_>, layout: &Layout) -> Result<MaskedName, CardError> {
    let written = |fields: &&&[Field]| fields.iter().any(|(offset, len)| !text.is_blank(*offset, *len));
    let fields = layout.names.iter().find(written).copied().unwrap_or(&[]);
    let characters = fields.iter().flat_map(|(offset, len)| text.characters(*offset, *len));
    if characters.clone().any(|character| character.is_none()) {
        return Err(CardError::ReadField { field: CardField::Name });
    }
    Ok(MaskedName::from_chars(characters.flatten()))
}

fn ascii(text: Text<'_>, (offset, len): Field, field: CardField) -> Result<Ascii, CardError> {
    text.ascii(offset, len).ok_or(CardError::ReadField { field })
}
