//! Identity cards of invented people, byte for byte as a reader delivers them.
//!
//! Promises: the four layouts of `reference/identity-documents.md` §1.5, written from that table and not from the
//! terminal's codec. Any number and any date is taken, wrong ones too: that is what a simulator is for.
//! It must not know: real people. The photo is a pattern, no picture.

use std::fmt;

use anyhow::{Context, Result, ensure};

use super::frame::answer;

const TEXT: usize = 256;
const PHOTO: usize = 1024;
/// Preamble, length, SW1 to SW3, two lengths.
const HEAD: usize = 14;
const AUTHORITY: &str = "成都市公安局测试分局";
const ADDRESS: &str = "四川省成都市测试路1号";
/// Bytes of hex in a line of a file.
const HEX_LINE: usize = 48;

/// One card: its text and its photo.
#[derive(Clone, PartialEq, Eq)]
pub struct SyntheticCard {
    text: [u8; TEXT],
    photo: [u8; PHOTO],
}

impl SyntheticCard {
    /// 居民身份证. `valid`: first and last day as YYYYMMDD, the last also 长期.
    ///
    /// # Errors
    /// When something is longer than its field; so with all cards.
    pub fn resident(name: &str, number: &str, valid: (&str, &str)) -> Result<Self> {
        Self::of(&[
            (name, 30),
            (sex(number), 2),
            ("01", 4),
            (number.get(6..14).unwrap_or(""), 16),
            (ADDRESS, 70),
            (number, 36),
            (AUTHORITY, 30),
            (valid.0, 16),
            (valid.1, 16),
            ("", 36),
        ])
    }

    /// 港澳台居民居住证 with the number of the travel permit, which may be empty.
    ///
    /// # Errors
    /// As [`SyntheticCard::resident`].
    pub fn residence_permit(name: &str, number: &str, travel: &str, valid: (&str, &str)) -> Result<Self> {
        Self::of(&[
            (name, 30),
            (sex(number), 2),
            ("", 4),
            (number.get(6..14).unwrap_or(""), 16),
            (ADDRESS, 70),
            (number, 36),
            (AUTHORITY, 30),
            (valid.0, 16),
            (valid.1, 16),
            (travel, 18),
            ("01", 4),
            ("", 6),
            ("J", 2),
            ("", 6),
        ])
    }

    /// Permanent-resident card of 2017. `names`: English and Chinese; `birth`: YYYYMMDD.
    ///
    /// # Errors
    /// As [`SyntheticCard::resident`].
    pub fn permanent_2017(
        names: (&str, &str),
        number: &str,
        birth: &str,
        valid: (&str, &str),
    ) -> Result<Self> {
        Self::of(&[
            (names.0, 120),
            ("1", 2),
            (number, 30),
            (number.get(..3).unwrap_or(""), 6),
            (names.1, 30),
            (valid.0, 16),
            (valid.1, 16),
            (birth, 16),
            ("01", 4),
            ("5100", 8),
            ("I", 2),
            ("", 6),
        ])
    }

    /// Permanent-resident card of 2023. `names`: English (at most 46 characters) and Chinese; `old`: nationality
    /// (alpha-3) and the three characters that lead to the number of 2017, empty when there was none.
    ///
    /// # Errors
    /// As [`SyntheticCard::resident`].
    pub fn permanent_2023(
        names: (&str, &str),
        number: &str,
        old: (&str, &str),
        valid: (&str, &str),
    ) -> Result<Self> {
        let (english, more) = names.0.split_at_checked(35).unwrap_or((names.0, ""));
        Self::of(&[
            (names.1, 30),
            (sex(number), 2),
            ("01", 4),
            (number.get(6..14).unwrap_or(""), 16),
            (english, 70),
            (number, 36),
            ("", 30),
            (valid.0, 16),
            (valid.1, 16),
            (more, 22),
            (old.0, 6),
            ("Y", 2),
            (old.1, 6),
        ])
    }

    /// The card with another address; only cards for residents have one.
    ///
    /// # Errors
    /// When it is longer than 35 characters.
    pub fn with_address(mut self, address: &str) -> Result<Self> {
        let units = field(address, 70)?;
        self.text.get_mut(52..122).context("the address field")?.copy_from_slice(&units);
        Ok(self)
    }

    /// The card with these bytes somewhere in its photo: a photo can hold anything, a preamble too.
    #[must_use]
    pub fn with_photo_bytes(mut self, bytes: &[u8]) -> Self {
        self.photo.iter_mut().skip(100).zip(bytes).for_each(|(place, byte)| *place = *byte);
        self
    }

    /// The whole `30 01` answer, 1295 bytes.
    #[must_use]
    pub fn answer(&self) -> Vec<u8> {
        answer(0x90, &[&[0x01, 0x00, 0x04, 0x00], &self.text[..], &self.photo[..]].concat())
    }

    /// The answer as hex, in lines: what `gate check --card` reads.
    #[must_use]
    pub fn hex(&self) -> String {
        let line =
            |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).chain(["\n".into()]).collect();
        self.answer().chunks(HEX_LINE).map(line).collect::<Vec<String>>().concat()
    }

    /// The card in such a text.
    ///
    /// # Errors
    /// When it is not exactly one good `30 01` answer.
    pub fn from_hex(text: &str) -> Result<Self> {
        let digits: Vec<u8> = text.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
        let digit = |byte: u8| char::from(byte).to_digit(16).context("no hexadecimal digit");
        let mut bytes = Vec::new();
        for pair in digits.chunks(2) {
            let &[high, low] = pair else { anyhow::bail!("half a byte") };
            bytes.push((digit(high)? * 16 + digit(low)?) as u8);
        }
        let parts =
            bytes.get(HEAD..).and_then(|rest| Some((rest.first_chunk()?, rest.get(TEXT..)?.first_chunk()?)));
        let (text, photo) = parts.context("too short for a card")?;
        let card = Self { text: *text, photo: *photo };
        ensure!(card.answer() == bytes, "not the answer of a card");
        Ok(card)
    }

    fn of(fields: &[(&str, usize)]) -> Result<Self> {
        let mut text = Vec::new();
        for (value, len) in fields {
            text.extend(field(value, *len)?);
        }
        let text = text.try_into().ok().context("the fields of a card fill 256 bytes")?;
        Ok(Self { text, photo: std::array::from_fn(|index| (index * 7 + 3) as u8) })
    }
}

impl fmt::Debug for SyntheticCard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SyntheticCard(hidden)")
    }
}

/// A number of 18 characters from its first 17 digits (GB 11643); `None` when they are not 17 digits.
#[must_use]
pub fn checked_18(body: &str) -> Option<String> {
    let digits: Vec<u32> = body.chars().map(|digit| digit.to_digit(10)).collect::<Option<_>>()?;
    // 2^(17 - i) mod 11 are the weights of the standard.
    let sum = digits.iter().fold(0, |sum, digit| (sum + digit) * 2 % 11);
    let check = char::from_digit((12 - sum) % 11, 10).unwrap_or('X');
    (digits.len() == 17).then(|| format!("{body}{check}"))
}

/// A number of 15 characters from its first 14 (weights 7-3-1, A = 10); `None` for any other shape.
#[must_use]
pub fn checked_15(body: &str) -> Option<String> {
    let capital = |c: char| c.is_ascii_digit() || c.is_ascii_uppercase();
    let values: Vec<u32> =
        body.chars().map(|c| c.to_digit(36).filter(|_| capital(c))).collect::<Option<_>>()?;
    let sum: u32 =
        values.iter().zip([7, 3, 1].into_iter().cycle()).map(|(value, weight)| value * weight).sum();
    (values.len() == 14).then(|| format!("{body}{}", sum % 10))
}

/// UTF-16LE, left-justified, padded with spaces.
fn field(value: &str, len: usize) -> Result<Vec<u8>> {
    let mut units: Vec<u8> = value.encode_utf16().flat_map(u16::to_le_bytes).collect();
    ensure!(units.len() <= len, "a field of {len} bytes is too short for {} bytes", units.len());
    units.extend([0x20, 0x00].iter().cycle().take(len - units.len()));
    Ok(units)
}

/// Odd sequence numbers are men's.
fn sex(number: &str) -> &'static str {
    let odd = number.as_bytes().get(16).is_some_and(|digit| digit % 2 == 1);
    if odd { "1" } else { "2" }
}
