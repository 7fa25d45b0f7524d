//! A CBOR reader that accepts deterministic encodings only (RFC 8949 §4.2.1), over `minicbor`.
//! Promises: definite lengths, shortest heads, nothing skipped: what it accepts has exactly one byte form.
//! Must not know: credentials. `minicbor` alone also accepts indefinite lengths and longer heads (DESIGN §5).

use minicbor::Decoder;
use minicbor::data::Type;

/// Why bytes are not the deterministic CBOR expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StrictError {
    /// The bytes end inside an item.
    #[error("the bytes end inside an item")]
    CutOff,
    /// An item of another type than the format has here.
    #[error("an item of another type at {at}")]
    WrongType {
        /// Offset of the item.
        at: usize,
    },
    /// A head or an integer longer than it need be.
    #[error("a head at {at} is longer than it need be")]
    NotShortest {
        /// Offset of the item.
        at: usize,
    },
    /// An indefinite-length item.
    #[error("an indefinite length at {at}")]
    Indefinite {
        /// Offset of the item.
        at: usize,
    },
    /// Bytes follow after the end.
    #[error("{count} bytes follow after the end")]
    Trailing {
        /// How many.
        count: usize,
    },
}

/// Reads one item after the other.
pub(crate) struct Strict<'a> {
    decoder: Decoder<'a>,
}

/// The head of an item: where it begins, how long its head was, what it must be.
impl<'a> Strict<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Strict { decoder: Decoder::new(bytes) }
    }

    pub(crate) fn position(&self) -> usize {
        self.decoder.position()
    }

    pub(crate) fn tag(&mut self, expected: u64) -> Result<(), StrictError> {
        let at = self.position();
        self.definite(at, &[Type::Tag])?;
        let tag = self.decoder.tag().map_err(|e| cause(&e, at))?.as_u64();
        self.shortest(at, tag, 0)?;
        if tag == expected { Ok(()) } else { Err(StrictError::WrongType { at }) }
    }

    pub(crate) fn array(&mut self) -> Result<u64, StrictError> {
        let at = self.position();
        self.definite(at, &[Type::Array])?;
        let length =
            self.decoder.array().map_err(|e| cause(&e, at))?.ok_or(StrictError::Indefinite { at })?;
        self.shortest(at, length, 0)?;
        Ok(length)
    }

    pub(crate) fn map(&mut self) -> Result<u64, StrictError> {
        let at = self.position();
        self.definite(at, &[Type::Map])?;
        let length = self.decoder.map().map_err(|e| cause(&e, at))?.ok_or(StrictError::Indefinite { at })?;
        self.shortest(at, length, 0)?;
        Ok(length)
    }

    pub(crate) fn bytes(&mut self) -> Result<&'a [u8], StrictError> {
        let at = self.position();
        self.definite(at, &[Type::Bytes])?;
        let bytes = self.decoder.bytes().map_err(|e| cause(&e, at))?;
        self.shortest(at, bytes.len() as u64, bytes.len())?;
        Ok(bytes)
    }

    /// The bytes of a text string; they are UTF-8.
    pub(crate) fn text(&mut self) -> Result<&'a [u8], StrictError> {
        let at = self.position();
        self.definite(at, &[Type::String])?;
        let text = self.decoder.str().map_err(|e| cause(&e, at))?;
        self.shortest(at, text.len() as u64, text.len())?;
        Ok(text.as_bytes())
    }

    pub(crate) fn unsigned(&mut self) -> Result<u64, StrictError> {
        let at = self.position();
        self.definite(at, &[Type::U8, Type::U16, Type::U32, Type::U64])?;
        let value = self.decoder.u64().map_err(|e| cause(&e, at))?;
        self.shortest(at, value, 0)?;
        Ok(value)
    }

    /// An integer of either sign, as used for labels.
    pub(crate) fn label(&mut self) -> Result<i64, StrictError> {
        let at = self.position();
        self.definite(at, &INTEGERS)?;
        let value = self.decoder.i64().map_err(|e| cause(&e, at))?;
        let argument = if value < 0 { !value } else { value };
        self.shortest(at, argument.unsigned_abs(), 0)?;
        Ok(value)
    }

    pub(crate) fn end(self) -> Result<(), StrictError> {
        match self.decoder.input().len() - self.position() {
            0 => Ok(()),
            count => Err(StrictError::Trailing { count }),
        }
    }

    fn definite(&mut self, at: usize, expected: &[Type]) -> Result<(), StrictError> {
        let found = self.decoder.datatype().map_err(|e| cause(&e, at))?;
        if expected.contains(&found) {
            return Ok(());
        }
        match found {
            Type::ArrayIndef | Type::MapIndef | Type::BytesIndef | Type::StringIndef => {
                Err(StrictError::Indefinite { at })
            }
            _ => Err(StrictError::WrongType { at }),
        }
    }

    /// The item that began at `at` with `argument` in its head and `body` bytes behind it used the shortest head.
    fn shortest(&self, at: usize, argument: u64, body: usize) -> Result<(), StrictError> {
        let head = match argument {
            0..=23 => 1,
            24..=0xFF => 2,
            0x100..=0xFFFF => 3,
            0x1_0000..=0xFFFF_FFFF => 5,
            _ => 9,
        };
        if self.position() - at == head + body { Ok(()) } else { Err(StrictError::NotShortest { at }) }
    }
}

const INTEGERS: [Type; 8] =
    [Type::U8, Type::U16, Type::U32, Type::U64, Type::I8, Type::I16, Type::I32, Type::I64];

fn cause(error: &minicbor::decode::Error, at: usize) -> StrictError {
    if error.is_end_of_input() { StrictError::CutOff } else { StrictError::WrongType { at } }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn longer_heads_are_refused_for_every_type() {
        assert_eq!(Strict::new(&[0x18, 0x17]).unsigned(), Err(StrictError::NotShortest { at: 0 }));
        assert_eq!(Strict::new(&[0x38, 0x17]).label(), Err(StrictError::NotShortest { at: 0 }));
        assert_eq!(Strict::new(&[0x58, 0x01, 0xAA]).bytes(), Err(StrictError::NotShortest { at: 0 }));
        assert_eq!(Strict::new(&[0x98, 0x04]).array(), Err(StrictError::NotShortest { at: 0 }));
        assert_eq!(Strict::new(&[0xB8, 0x04]).map(), Err(StrictError::NotShortest { at: 0 }));
        assert_eq!(Strict::new(&[0xD8, 0x12]).tag(18), Err(StrictError::NotShortest { at: 0 }));
        assert_eq!(
            Strict::new(&[0x1B, 0, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF]).unsigned(),
            Err(StrictError::NotShortest { at: 0 })
        );
    }

    #[test]
    fn indefinite_lengths_are_refused() {
        assert_eq!(Strict::new(&[0x9F, 0xFF]).array(), Err(StrictError::Indefinite { at: 0 }));
        assert_eq!(Strict::new(&[0xBF, 0xFF]).map(), Err(StrictError::Indefinite { at: 0 }));
        assert_eq!(Strict::new(&[0x5F, 0x41, 0xAA, 0xFF]).bytes(), Err(StrictError::Indefinite { at: 0 }));
    }

    #[test]
    fn cut_off_wrong_and_trailing_are_told_apart() {
        assert_eq!(Strict::new(&[]).unsigned(), Err(StrictError::CutOff));
        assert_eq!(Strict::new(&[0x42, 0xAA]).bytes(), Err(StrictError::CutOff));
        assert_eq!(Strict::new(&[0x61, 0x61]).bytes(), Err(StrictError::WrongType { at: 0 }));
        let mut reader = Strict::new(&[0x01, 0x02]);
        assert_eq!(reader.unsigned(), Ok(1));
        assert_eq!(reader.end(), Err(StrictError::Trailing { count: 1 }));
    }
}
