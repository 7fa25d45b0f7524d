//! The query number: eight characters that a person can read to 12345 (DOMAIN §17).
//! Promises: one number per terminal and sequence, no letters that sound or look alike.
//! Must not know: what was recorded under it.
//!
//! 40 bits: terminal number (17 bits), then the journal sequence modulo 2^23 (8,388,608 passages, four years at
//! 5,000 a day); five bits a character in Crockford's base 32, most significant first.

const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const SEQUENCE_BITS: u32 = 23;

/// A terminal's number within its province: 0 to 131,071.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TerminalNumber(u32);

impl TerminalNumber {
    /// `None` above 131,071.
    pub fn new(number: u32) -> Option<TerminalNumber> {
        (number < 1 << 17).then_some(TerminalNumber(number))
    }

    /// The number.
    pub fn value(self) -> u32 {
        self.0
    }
}

/// A record's place in its journal, from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sequence(pub u64);

/// Eight characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct QueryNumber([u8; 8]);

impl QueryNumber {
    /// The number of record `sequence` of `terminal`.
    pub fn new(terminal: TerminalNumber, sequence: Sequence) -> QueryNumber {
        let low = sequence.0 & ((1 << SEQUENCE_BITS) - 1);
        let bits = u64::from(terminal.0) << SEQUENCE_BITS | low;
        QueryNumber(core::array::from_fn(|i| ALPHABET[(bits >> (35 - 5 * i) & 31) as usize]))
    }

    /// Reads a number as a person says it: small letters, O for 0, I and L for 1, spaces and hyphens left out.
    pub fn parse(text: &str) -> Option<(TerminalNumber, Sequence)> {
        let mut bits = 0_u64;
        let mut count = 0;
        for c in text.bytes().filter(|c| !b" -".contains(c)) {
            let c = match c.to_ascii_uppercase() {
                b'O' => b'0',
                b'I' | b'L' => b'1',
                other => other,
            };
            bits = bits << 5 | ALPHABET.iter().position(|&known| known == c)? as u64;
            count += 1;
            if count > 8 {
                return None;
            }
        }
        let terminal = TerminalNumber::new((bits >> SEQUENCE_BITS) as u32)?;
        (count == 8).then_some((terminal, Sequence(bits & ((1 << SEQUENCE_BITS) - 1))))
    }

    /// The characters.
    pub fn as_str(&self) -> &str {
        // Every character is from the alphabet, which is ASCII.
        core::str::from_utf8(&self.0).unwrap_or("????????")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn people_may_say_o_for_zero_and_leave_gaps() {
        let number = QueryNumber::new(TerminalNumber::new(3).unwrap(), Sequence(1));
        assert_eq!(number.as_str(), "000R0001");
        assert_eq!(QueryNumber::parse("ooor-000l"), Some((TerminalNumber(3), Sequence(1))));
        assert_eq!(QueryNumber::parse("000R001"), None);
        assert_eq!(QueryNumber::parse("000R00001"), None);
        assert_eq!(QueryNumber::parse("000R000U"), None);
    }

    proptest! {
        #[test]
        fn parsing_undoes_printing(terminal in 0_u32..1 << 17, sequence in 0_u64..1 << 23) {
            let number = QueryNumber::new(TerminalNumber(terminal), Sequence(sequence));
            prop_assert_eq!(QueryNumber::parse(number.as_str()), Some((TerminalNumber(terminal), Sequence(sequence))));
        }
    }
}
