//! Shapes and check digits of the document numbers (GB 11643; ICAO 9303-3 §4.9; DOMAIN §13).
//!
//! Promises: the check digit is judged last, so that `MatchCheckDigit` means "one character misread".
//! It must not know: cards, machine-readable zones, who typed it.

use super::{Date, DocumentError};

/// Characters of a home-return permit number that name the person.
pub(super) const TRAVEL_PERMIT_LEN: usize = 9;

/// 居民身份证: region of the mainland, birth date, sequence, check digit.
pub(super) fn resident(number: &[u8]) -> Result<(), DocumentError> {
    shape_of_18(number)?;
    // 81, 82 and 83 are the numbers of residence permits: taken for a resident they would look up someone else.
    match number {
        [b'8', b'1'..=b'3', ..] | [b'0' | b'9', ..] => Err(DocumentError::MatchRegion),
        _ => mod_11_2(number),
    }
}

/// 港澳台居民居住证: the same rule under 810000, 820000 or 830000.
pub(super) fn residence_permit(number: &[u8]) -> Result<(), DocumentError> {
    shape_of_18(number)?;
    match number {
        [b'8', b'1'..=b'3', b'0', b'0', b'0', b'0', ..] => mod_11_2(number),
        _ => Err(DocumentError::MatchRegion),
    }
}

/// Permanent-resident card of 2023: `9`, province, ISO 3166 number, birth date, sequence, check digit.
pub(super) fn permanent_2023(number: &[u8]) -> Result<(), DocumentError> {
    shape_of_18(number)?;
    if number.first() == Some(&b'9') { mod_11_2(number) } else { Err(DocumentError::MatchRegion) }
}

/// Permanent-resident card of 2017: alpha-3, province and city, YYMMDD, sequence, check digit.
pub(super) fn permanent_2017(number: &[u8]) -> Result<(), DocumentError> {
    let (body, check) = split_last(number, 15)?;
    let (country, digits) = body.split_at_checked(3).ok_or(DocumentError::MatchShape)?;
    if !country.iter().all(u8::is_ascii_uppercase) || !digits.iter().all(u8::is_ascii_digit) {
        return Err(DocumentError::MatchShape);
    }
    short_date(digits.get(4..10).unwrap_or(&[]))?;
    if mod_7_3_1(body) == Some(check) { Ok(()) } else { Err(DocumentError::MatchCheckDigit) }
}

/// A passport number of any state: 5 to 9 characters (the width of the field in ICAO 9303-4), one of them a digit.
pub(super) fn passport(number: &[u8]) -> Result<(), DocumentError> {
    if !(5..=9).contains(&number.len()) {
        return Err(DocumentError::FitLength { found: number.len() });
    }
    if number.iter().any(u8::is_ascii_digit) { Ok(()) } else { Err(DocumentError::MatchShape) }
}

/// 港澳居民来往内地通行证: H or M and 8 digits; on the older ones 2 renewal digits follow.
pub(super) fn travel_permit(number: &[u8]) -> Result<(), DocumentError> {
    if number.len() != TRAVEL_PERMIT_LEN && number.len() != TRAVEL_PERMIT_LEN + 2 {
        return Err(DocumentError::FitLength { found: number.len() });
    }
    match number {
        [b'H' | b'M', digits @ ..] if digits.iter().all(u8::is_ascii_digit) => Ok(()),
        _ => Err(DocumentError::MatchShape),
    }
}

/// 台湾居民来往大陆通行证: 8 digits.
pub(super) fn taiwan_permit(number: &[u8]) -> Result<(), DocumentError> {
    if number.len() != 8 {
        return Err(DocumentError::FitLength { found: number.len() });
    }
    if number.iter().all(u8::is_ascii_digit) { Ok(()) } else { Err(DocumentError::MatchShape) }
}

/// The 7-3-1 check digit of ICAO 9303-3 as an ASCII digit: 0-9 are themselves, A = 10 … Z = 35, `<` = 0.
/// `None` when another character occurs.
pub(crate) fn mod_7_3_1(body: &[u8]) -> Option<u8> {
    let mut sum = 0_u32;
    for (byte, weight) in body.iter().zip([7, 3, 1].into_iter().cycle()) {
        let value = match byte {
            b'0'..=b'9' => byte - b'0',
            b'A'..=b'Z' => byte - b'A' + 10,
            b'<' => 0,
            _ => return None,
        };
        sum = sum.wrapping_add(u32::from(value) * weight);
    }
    Some(b'0' + (sum % 10) as u8)
}

/// 17 digits, a digit or X, and a birth date at digits 7 to 14.
fn shape_of_18(number: &[u8]) -> Result<(), DocumentError> {
    let (body, check) = split_last(number, 18)?;
    if !body.iter().all(u8::is_ascii_digit) || !(check.is_ascii_digit() || check == b'X') {
        return Err(DocumentError::MatchShape);
    }
    let birth = Date::parse_yyyymmdd(body.get(6..14).unwrap_or(&[]));
    birth.map(|_| ()).map_err(|_| DocumentError::ReadBirthDate)
}

/// ISO 7064 MOD 11-2 over the first 17 digits, as GB 11643 writes it.
fn mod_11_2(number: &[u8]) -> Result<(), DocumentError> {
    const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    const CHECKS: &[u8; 11] = b"10X98765432";
    let sum: u32 =
        number.iter().zip(WEIGHTS).map(|(digit, weight)| u32::from(digit.wrapping_sub(b'0')) * weight).sum();
    if CHECKS.get((sum % 11) as usize) == number.last() {
        Ok(())
    } else {
        Err(DocumentError::MatchCheckDigit)
    }
}

/// YYMMDD: 29 February is good in every fourth year, for the century is not written (2000 was a leap year; nobody
/// born in 1900 holds a card of 2017).
fn short_date(digits: &[u8]) -> Result<(), DocumentError> {
    let mut full = [b'2', b'0', b'0', b'0', b'0', b'0', b'0', b'0'];
    let room = full.get_mut(2..).filter(|room| room.len() == digits.len());
    room.ok_or(DocumentError::ReadBirthDate)?.copy_from_slice(digits);
    Date::parse_yyyymmdd(&full).map(|_| ()).map_err(|_| DocumentError::ReadBirthDate)
}

fn split_last(number: &[u8], len: usize) -> Result<(&[u8], u8), DocumentError> {
    match number.split_last() {
        Some((check, body)) if number.len() == len => Ok((body, *check)),
        _ => Err(DocumentError::FitLength { found: number.len() }),
    }
}
