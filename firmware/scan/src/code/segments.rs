//! The payload in a symbol's data codewords: segments of digits, characters, bytes and kanji (ISO/IEC 18004:2015 §7.4).
//!
//! Our own because asking rqrr means correcting again: its 64 squarings for each power cost as much as the whole search
//! of the frame. It is asked where there is doubt (`payload`), and a test compares the two on everything.
//! Promises: a payload is whole or not there; total on any bytes. Bounds: [`Symbol::MAX_BYTES`] of output, one pass.
//! Must not know: how the codewords were corrected.

use crate::code::payload::PayloadError;
use crate::symbol::Symbol;

/// The characters of alphanumeric mode, by value (table 5).
const CHARACTERS: &[u8; 45] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";

/// Shift JIS: where kanji mode starts, where its upper half starts, and the length of a row (§7.4.6).
const KANJI: [u16; 3] = [0x8140, 0xC140, 0xC0];

/// The last character of kanji mode's lower half.
const KANJI_LOWER_END: u16 = 0x9FFC;

/// The payload of the data codewords of a symbol of this version.
///
/// # Errors
///
/// [`PayloadError`] for modes that are not ours, and for what ends early, is too long or no value of its mode.
pub(crate) fn payload(version: usize, data: &[u8]) -> Result<Vec<u8>, PayloadError> {
    let mut reader = Reader { data, next: 0, out: Vec::new() };
    // Fewer than four bits at the end are no mode (§7.4.9).
    while reader.left() >= 4 {
        match reader.take(4)? {
            0b0000 => break,
            0b0001 => reader.digits(pick(version, [10, 12, 14]))?,
            0b0010 => reader.characters(pick(version, [9, 11, 13]))?,
            0b0100 => reader.bytes(pick(version, [8, 16, 16]))?,
            0b1000 => reader.kanji(pick(version, [8, 10, 12]))?,
            0b0111 => reader.skip_designator()?,
            0b0011 => return Err(PayloadError::RefusePart),
            _ => return Err(PayloadError::RefuseMode),
        }
    }
    Ok(reader.out)
}

/// The bits of a count: versions 1 to 9, 10 to 26, 27 and up (table 3).
fn pick(version: usize, bits: [usize; 3]) -> usize {
    bits[usize::from(version > 9) + usize::from(version > 26)]
}

struct Reader<'a> {
    data: &'a [u8],
    /// In bits.
    next: usize,
    out: Vec<u8>,
}

impl Reader<'_> {
    fn left(&self) -> usize {
        self.data.len() * 8 - self.next
    }

    /// The next `bits`, at most 16.
    fn take(&mut self, bits: usize) -> Result<u16, PayloadError> {
        if self.left() < bits {
            return Err(PayloadError::ReadIncomplete);
        }
        let byte = |n: usize| self.data.get(self.next / 8 + n).map_or(0, |b| u32::from(*b));
        let three = byte(0) << 16 | byte(1) << 8 | byte(2);
        let value = three >> (24 - self.next % 8 - bits) & ((1 << bits) - 1);
        self.next += bits;
        Ok(value as u16)
    }

    fn put(&mut self, byte: u8) -> Result<(), PayloadError> {
        if self.out.len() == Symbol::MAX_BYTES {
            return Err(PayloadError::ReadIncomplete);
        }
        self.out.push(byte);
        Ok(())
    }

    /// Writes a number of `places` digits in base `base`.
    fn spell(&mut self, value: u16, base: u16, places: u32) -> Result<(), PayloadError> {
        if value >= base.pow(places) {
            return Err(PayloadError::ReadIncomplete);
        }
        (0..places)
            .rev()
            .try_for_each(|place| self.put(CHARACTERS[usize::from(value / base.pow(place) % base)]))
    }

    /// Three digits in ten bits, two in seven, one in four.
    fn digits(&mut self, count_bits: usize) -> Result<(), PayloadError> {
        let count = self.take(count_bits)?;
        for _ in 0..count / 3 {
            let three = self.take(10)?;
            self.spell(three, 10, 3)?;
        }
        let (places, bits) = [(0, 0), (1, 4), (2, 7)][usize::from(count % 3)];
        let rest = self.take(bits)?;
        self.spell(rest, 10, places)
    }

    /// Two characters in eleven bits, one in six.
    fn characters(&mut self, count_bits: usize) -> Result<(), PayloadError> {
        let count = self.take(count_bits)?;
        for _ in 0..count / 2 {
            let two = self.take(11)?;
            self.spell(two, 45, 2)?;
        }
        let (places, bits) = [(0, 0), (1, 6)][usize::from(count % 2)];
        let rest = self.take(bits)?;
        self.spell(rest, 45, places)
    }

    fn bytes(&mut self, count_bits: usize) -> Result<(), PayloadError> {
        for _ in 0..self.take(count_bits)? {
            let byte = self.take(8)?;
            self.put(byte as u8)?;
        }
        Ok(())
    }

    fn kanji(&mut self, count_bits: usize) -> Result<(), PayloadError> {
        let [lower, upper, row] = KANJI;
        for _ in 0..self.take(count_bits)? {
            let value = self.take(13)?;
            let offset = ((value / row) << 8) | (value % row);
            let word = if offset <= KANJI_LOWER_END - lower { lower + offset } else { upper + offset };
            word.to_be_bytes().into_iter().try_for_each(|byte| self.put(byte))?;
        }
        Ok(())
    }

    /// An ECI designator of one, two or three bytes (§7.4.2.2): what the bytes after it mean is not ours to know.
    fn skip_designator(&mut self) -> Result<(), PayloadError> {
        let first = self.take(8)?;
        let more = match first {
            0x80..0xC0 => 8,
            0xC0..0xE0 => 16,
            _ => 0,
        };
        self.take(more).map(|_| ())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use qrcodegen::{QrCode, QrCodeEcc, QrSegment, Version};

    use super::*;
    use crate::code::payload;

    /// What rqrr reads of a symbol with these data codewords.
    fn theirs(version: u8, data: &[u8]) -> Result<Vec<u8>, PayloadError> {
        let code = QrCode::encode_codewords(Version::new(version), QrCodeEcc::Low, data, None);
        let side = code.size() as usize;
        let dark: Vec<bool> =
            (0..side * side).map(|n| code.get_module((n % side) as i32, (n / side) as i32)).collect();
        payload::read_again(side, &dark)
    }

    /// Data codewords of a version at level L.
    fn room(version: u8) -> usize {
        [0, 19, 34, 55, 80, 108, 136, 156, 194, 232, 274][usize::from(version)]
    }

    /// Bits from the high end of each number, padded with zeros.
    fn packed(parts: &[(u32, u32)], bytes: usize) -> Vec<u8> {
        let bits: Vec<u8> =
            parts.iter().flat_map(|(value, n)| (0..*n).rev().map(move |k| (value >> k & 1) as u8)).collect();
        let mut data: Vec<u8> =
            bits.chunks(8).map(|c| c.iter().enumerate().map(|(k, b)| b << (7 - k)).sum()).collect();
        data.resize(bytes, 0);
        data
    }

    #[test]
    fn the_examples_of_the_standard_are_read() {
        // §7.4.3 and §7.4.4, with their own examples.
        let digits = packed(&[(1, 4), (8, 10), (12, 10), (345, 10), (67, 7)], 19);
        assert_eq!(payload(1, &digits).unwrap(), b"01234567");
        let characters = packed(&[(2, 4), (5, 9), (462, 11), (1849, 11), (2, 6)], 19);
        assert_eq!(payload(1, &characters).unwrap(), b"AC-42");
        // §7.4.6: 点 and 茗.
        let kanji = packed(&[(8, 4), (2, 8), (0x0D9F, 13), (0x1AAA, 13)], 19);
        assert_eq!(payload(1, &kanji).unwrap(), [0x93, 0x5F, 0xE4, 0xAA]);
    }

    #[test]
    fn what_is_no_value_of_its_mode_ends_early_or_is_of_another_mode_is_refused() {
        let refused = |parts: &[(u32, u32)]| payload(1, &packed(parts, 19)).unwrap_err();
        assert_eq!(refused(&[(1, 4), (3, 10), (1000, 10)]), PayloadError::ReadIncomplete);
        assert_eq!(refused(&[(2, 4), (2, 9), (2025, 11)]), PayloadError::ReadIncomplete);
        assert_eq!(refused(&[(4, 4), (18, 8)]), PayloadError::ReadIncomplete, "18 bytes and a header are 20");
        assert_eq!(refused(&[(5, 4)]), PayloadError::RefuseMode);
        assert_eq!(refused(&[(3, 4)]), PayloadError::RefusePart);
        assert_eq!(
            refused(&[(4, 4), (1, 8), (65, 8), (3, 4)]),
            PayloadError::RefusePart,
            "after a segment too"
        );
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn any_codewords_are_read_as_rqrr_reads_them_or_refused(
            version in 1u8..=10,
            parts in proptest::collection::vec(
                (proptest::sample::select(vec![1u32, 2, 4, 7, 8, 0]), 0u32..12, any::<u64>()), 1..5),
        ) {
            let count = |mode: u32| match (mode, version > 9) {
                (1, late) => if late { 12 } else { 10 },
                (2, late) => if late { 11 } else { 9 },
                (4, true) => 16,
                (8, true) => 10,
                (7, _) => 0,
                _ => 8,
            };
            let bits: Vec<(u32, u32)> = parts.iter().flat_map(|(mode, n, noise)| {
                [(*mode, 4), (*n, count(*mode)), ((noise >> 32) as u32, 32), (*noise as u32, 32)]
            }).collect();
            let mut data = packed(&bits, room(version));
            data.truncate(room(version));
            if let Ok(ours) = payload(version.into(), &data) {
                prop_assert_eq!(theirs(version, &data), Ok(ours));
            }
        }

        #[test]
        fn mixed_segments_are_read_as_written(
            version in 1u8..=40,
            digits in "[0-9]{0,7}",
            characters in "[A-Z $%*+./:-]{0,5}",
            bytes in proptest::collection::vec(any::<u8>(), 0..3),
        ) {
            let segments = [
                QrSegment::make_numeric(&digits),
                QrSegment::make_alphanumeric(&characters),
                QrSegment::make_bytes(&bytes),
            ];
            let v = Version::new(version);
            let code = QrCode::encode_segments_advanced(&segments, QrCodeEcc::Low, v, v, None, false);
            let Ok(code) = code else { return Ok(()) };
            let side = code.size() as usize;
            let values = (0..side * side)
                .map(|n| if code.get_module((n % side) as i32, (n / side) as i32) { 1.0 } else { -1.0 })
                .collect();
            let soft = crate::eye::soften::Soft { side, values };
            let layout = crate::code::layout::Layout::of(version.into());
            let whole = [digits.as_bytes(), characters.as_bytes(), &bytes].concat();
            let straight = crate::code::read::Hand::Straight;
            prop_assert_eq!(
                crate::code::read::read(&soft, &layout),
                crate::code::read::Outcome::Read(whole, straight)
            );
        }

        #[test]
        fn any_bytes_whatever_are_read_or_refused(
            version in 1usize..=40,
            data in proptest::collection::vec(any::<u8>(), 0..3000),
        ) {
            prop_assert!(payload(version, &data).map_or(0, |p| p.len()) <= Symbol::MAX_BYTES);
        }
    }
}
