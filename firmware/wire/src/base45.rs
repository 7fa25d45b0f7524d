//! Base45 (RFC 9285): bytes as the alphanumeric characters of a QR code.
//! Promises: exactly one text for a byte string; anything else is refused. No allocation.
//! Must not know: what the bytes mean.

use heapless::Vec;

const ALPHABET: &[u8; 45] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";

/// Why a text is not Base45.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Base45Error {
    /// A character outside the alphabet of RFC 9285 table 1.
    #[error("character {byte:#04x} at {at} is not in the Base45 alphabet")]
    UnknownCharacter {
        /// Offset in the text.
        at: usize,
        /// The byte found.
        byte: u8,
    },
    /// Three characters above 0xFFFF, or two above 0xFF (RFC 9285 §6).
    #[error("the group at {at} is larger than the bytes it stands for")]
    GroupTooLarge {
        /// Offset of the group.
        at: usize,
    },
    /// A text of length 3n + 1: its end is missing.
    #[error("the text ends inside a group")]
    CutOff,
    /// More bytes than the caller has room for.
    #[error("the text stands for more bytes than fit")]
    TooLong,
}

/// Decodes `text`.
///
/// # Errors
/// Each way in which `text` is not the one Base45 text of at most `N` bytes.
pub fn decode<const N: usize>(text: &[u8]) -> Result<Vec<u8, N>, Base45Error> {
    let mut out = Vec::new();
    for (group, chunk) in text.chunks(3).enumerate() {
        let at = group * 3;
        let value = group_value(chunk, at)?;
        let bytes = match chunk.len() {
            3 => u16::try_from(value).map(u16::to_be_bytes).map_err(|_| Base45Error::GroupTooLarge { at })?,
            2 => [0, u8::try_from(value).map_err(|_| Base45Error::GroupTooLarge { at })?],
            _ => return Err(Base45Error::CutOff),
        };
        out.extend_from_slice(&bytes[3 - chunk.len()..]).map_err(|_| Base45Error::TooLong)?;
    }
    Ok(out)
}

fn group_value(chunk: &[u8], at: usize) -> Result<u32, Base45Error> {
    let mut value = 0;
    for (i, &byte) in chunk.iter().enumerate().rev() {
        let digit = ALPHABET.iter().position(|&c| c == byte);
        let digit = digit.ok_or(Base45Error::UnknownCharacter { at: at + i, byte })?;
        value = value * 45 + digit as u32; // a digit is below 45
    }
    Ok(value)
}

/// Encodes `bytes`, appending to `out`.
///
/// # Errors
/// [`Base45Error::TooLong`] when `out` is full; `out` then holds a part and is to be thrown away.
pub fn encode<const N: usize>(bytes: &[u8], out: &mut Vec<u8, N>) -> Result<(), Base45Error> {
    for chunk in bytes.chunks(2) {
        let mut value = chunk.iter().fold(0_u32, |value, &byte| value << 8 | u32::from(byte));
        for _ in 0..=chunk.len() {
            out.push(ALPHABET[(value % 45) as usize]).map_err(|_| Base45Error::TooLong)?;
            value /= 45;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_examples_of_rfc_9285_section_4_3_and_4_4() {
        for (bytes, text) in [
            (&b"AB"[..], "BB8"),
            (b"Hello!!", "%69 VD92EX0"),
            (b"base-45", "UJCLQE7W581"),
            (b"ietf!", "QED8WEX0"),
        ] {
            let mut out = Vec::<u8, 16>::new();
            encode(bytes, &mut out).unwrap();
            assert_eq!(out, text.as_bytes());
            assert_eq!(decode::<16>(text.as_bytes()).unwrap(), bytes);
        }
    }

    #[test]
    fn each_way_to_be_wrong_has_its_own_error() {
        assert_eq!(decode::<9>(b"BB8a"), Err(Base45Error::UnknownCharacter { at: 3, byte: b'a' }));
        assert_eq!(decode::<9>(b":::"), Err(Base45Error::GroupTooLarge { at: 0 }));
        assert_eq!(decode::<9>(b"::"), Err(Base45Error::GroupTooLarge { at: 0 }));
        assert_eq!(decode::<9>(b"BB8B"), Err(Base45Error::CutOff));
        assert_eq!(decode::<1>(b"BB8"), Err(Base45Error::TooLong));
    }

    proptest! {
        #[test]
        fn decoding_undoes_encoding(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
            let mut text = Vec::<u8, 96>::new();
            encode(&bytes, &mut text).unwrap();
            prop_assert_eq!(&decode::<64>(&text).unwrap()[..], &bytes[..]);
        }

        #[test]
        fn what_decodes_encodes_to_itself(text in "[0-9A-Z $%*+./:-]{0,90}") {
            if let Ok(bytes) = decode::<64>(text.as_bytes()) {
                let mut again = Vec::<u8, 96>::new();
                encode(&bytes, &mut again).unwrap();
                prop_assert_eq!(&again[..], text.as_bytes());
            }
        }
    }
}
