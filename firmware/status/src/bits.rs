//! Bits in a row, most significant first, and Rice codes among them.
//! Promises: reading past the end is an error, never a zero; whatever is written reads back; no input panics.
//! Must not know: what the numbers mean.

/// Quotients from here on are escaped: this many ones, then the value itself in [`ESCAPED_BITS`].
const ESCAPE: u32 = 48;
/// Bits of an escaped value; every value fits.
const ESCAPED_BITS: u32 = 57;
/// The longest field read or written at once.
const FIELD_MOST: u32 = 57;

/// The end came too early, or the bits cannot be of this code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the bits are not of this code")]
pub struct BitsRefused;

/// Bits of the Rice code with parameter `k` for `value` (under 2^57).
pub(crate) fn rice_bits(value: u64, k: u32) -> u32 {
    match u32::try_from(value >> k) {
        Ok(quotient) if quotient < ESCAPE => quotient + 1 + k,
        _ => ESCAPE + ESCAPED_BITS,
    }
}

/// The parameter that codes geometric distances of this mean best: the least k with 2^k ≥ mean · ln φ, because k + 1 beats
/// k exactly while e^(2^k / mean) is below the golden ratio φ.
pub(crate) fn rice_parameter(mean: u64) -> u8 {
    let bound = (u128::from(mean) * 31_537) >> 16;
    u8::try_from(u128::BITS - bound.saturating_sub(1).leading_zeros()).unwrap_or(56).min(56)
}

/// Collects bits.
#[derive(Default)]
pub(crate) struct BitWriter {
    bytes: Vec<u8>,
    /// Bits not yet in `bytes`, at the bottom; always fewer than eight.
    open: u64,
    open_bits: u32,
}

impl BitWriter {
    /// Bits written.
    pub(crate) fn len(&self) -> usize {
        8 * self.bytes.len() + self.open_bits as usize
    }

    /// The lowest `count` bits of `value`, at most 57.
    pub(crate) fn field(&mut self, value: u64, count: u32) {
        let mask = (1 << count.min(FIELD_MOST)) - 1;
        self.open = self.open << count | value & mask;
        self.open_bits += count;
        while self.open_bits >= 8 {
            self.open_bits -= 8;
            self.bytes.push((self.open >> self.open_bits & 0xFF) as u8);
        }
        self.open &= (1 << self.open_bits) - 1;
    }

    /// The Rice code of `value`, which is under 2^57.
    pub(crate) fn rice(&mut self, value: u64, k: u32) {
        match u32::try_from(value >> k) {
            Ok(quotient) if quotient < ESCAPE => {
                self.field((1 << (quotient + 1)) - 2, quotient + 1);
                self.field(value, k);
            }
            _ => {
                self.field(u64::MAX, ESCAPE);
                self.field(value, ESCAPED_BITS);
            }
        }
    }

    /// The bytes, the last one filled with zeros.
    pub(crate) fn into_bytes(mut self) -> Vec<u8> {
        if self.open_bits > 0 {
            self.field(0, 8 - self.open_bits);
        }
        self.bytes
    }
}

/// Reads bits.
#[derive(Clone)]
pub(crate) struct BitReader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> BitReader<'a> {
    /// From bit `at` of `bytes` on.
    pub(crate) fn new(bytes: &'a [u8], at: usize) -> Self {
        BitReader { bytes, at }
    }

    /// A field of `count` bits, at most 57.
    pub(crate) fn field(&mut self, count: u32) -> Result<u64, BitsRefused> {
        if count == 0 {
            return Ok(0);
        }
        if count > FIELD_MOST || self.left() < count as usize {
            return Err(BitsRefused);
        }
        let value = self.window() >> (u64::BITS - count);
        self.at += count as usize;
        Ok(value)
    }

    /// A Rice code.
    pub(crate) fn rice(&mut self, k: u32) -> Result<u64, BitsRefused> {
        let window = self.window();
        let quotient = window.leading_ones().min(ESCAPE);
        let (taken, left) = (quotient + 1 + k, self.left());
        if quotient < ESCAPE && k > 0 && taken <= FIELD_MOST && left >= taken as usize {
            // The whole code is in the window: nearly always.
            self.at += taken as usize;
            return Ok(u64::from(quotient) << k | window << (quotient + 1) >> (u64::BITS - k));
        }
        let taken = if quotient == ESCAPE { ESCAPE } else { quotient + 1 };
        if left < taken as usize {
            return Err(BitsRefused);
        }
        self.at += taken as usize;
        if quotient == ESCAPE {
            return self.field(ESCAPED_BITS);
        }
        let high = u64::from(quotient).checked_shl(k).ok_or(BitsRefused)?;
        Ok(high | self.field(k)?)
    }

    /// Whether nothing is left but the zeros that fill the last byte.
    pub(crate) fn is_at_end(&self) -> bool {
        let left = self.left();
        left < 8 && self.clone().field(left as u32) == Ok(0)
    }

    fn left(&self) -> usize {
        (8 * self.bytes.len()).saturating_sub(self.at)
    }

    /// The next 57 bits or more, at the top; zeros behind the end.
    fn window(&self) -> u64 {
        let from = self.bytes.get(self.at / 8..).unwrap_or_default();
        let word = match from.first_chunk::<8>() {
            Some(bytes) => *bytes,
            None => core::array::from_fn(|i| from.get(i).copied().unwrap_or(0)),
        };
        u64::from_be_bytes(word) << (self.at % 8)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_reads_back_and_costs_what_was_said() {
        let values = [0, 1, 5, 1 << 20, (1 << 57) - 1, 47 << 3, 48 << 3, 12_345];
        for k in [0, 3, 20, 56] {
            let mut writer = BitWriter::default();
            let mut cost = 0;
            for value in values {
                writer.rice(value, k);
                cost += rice_bits(value, k) as usize;
            }
            assert_eq!(writer.len(), cost);
            let bytes = writer.into_bytes();
            let mut reader = BitReader::new(&bytes, 0);
            for value in values {
                assert_eq!(reader.rice(k), Ok(value), "k {k}");
            }
            assert!(reader.left() < 8);
        }
    }

    #[test]
    fn the_end_is_an_error_never_a_zero() {
        assert_eq!(BitReader::new(&[0xFF; 5], 0).rice(3), Err(BitsRefused));
        assert_eq!(BitReader::new(&[0], 3).field(6), Err(BitsRefused));
        assert_eq!(BitReader::new(&[], 9).rice(0), Err(BitsRefused));
        assert_eq!(BitReader::new(&[0; 9], 0).field(58), Err(BitsRefused));
    }

    #[test]
    fn the_parameter_is_near_the_best_one() {
        for mean in [1_u64, 2, 100, 28_571, 1 << 30] {
            let cost = |k: u32| -> f64 {
                // Geometric gaps of this mean, summed over quantiles.
                let gap = |q: f64| (-(1.0 - q).ln() * mean as f64) as u64;
                (0..1000).map(|i| f64::from(rice_bits(gap((f64::from(i) + 0.5) / 1000.0), k))).sum()
            };
            let best = (0..40).map(cost).fold(f64::MAX, f64::min);
            assert!(cost(rice_parameter(mean).into()) < best * 1.003, "mean {mean}");
        }
    }
}
