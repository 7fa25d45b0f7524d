//! The gate before every JSON document of signed data: key set, policy, staff list, places.
//! Promises: at most 16 KiB, bounded nesting, no escapes, no unknown fields, nothing after the end; no allocation.
//! Must not know: what the documents say.
//!
//! `serde-json-core` leaves escapes undecoded, so two spellings of one string would differ: a backslash is refused.
//! It skips unknown values by recursion, so nesting is bounded before it sees a byte (DESIGN §5).

use serde::Deserialize;

/// Largest document.
pub const MAX_DOCUMENT_BYTES: usize = 16 * 1024;
/// Deepest nesting of objects and arrays.
pub const MAX_NESTING: usize = 6;

/// Why a document cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JsonError {
    /// Over the limit.
    #[error("{bytes} bytes, at most {MAX_DOCUMENT_BYTES} are read")]
    TooLarge {
        /// Its size.
        bytes: usize,
    },
    /// Not UTF-8.
    #[error("not UTF-8 at byte {at}")]
    NotUtf8 {
        /// First wrong byte.
        at: usize,
    },
    /// A backslash: escapes are not used in signed data.
    #[error("a backslash at byte {at}: escapes are not used in these documents")]
    Backslash {
        /// Where.
        at: usize,
    },
    /// Nested too deeply.
    #[error("nested deeper than {MAX_NESTING} at byte {at}")]
    TooDeep {
        /// Where.
        at: usize,
    },
    /// Not of the document's form: unknown or missing field, wrong type, too many entries.
    #[error("not in the document's form ({0}); `gate-sign` checks the same file with line and column")]
    Form(serde_json_core::de::Error),
}

/// Reads `bytes` as a `T`, which borrows its strings from them.
///
/// # Errors
/// [`JsonError`].
pub fn read<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Result<T, JsonError> {
    let text = admit(bytes)?;
    // The reader itself refuses anything but white space after the end.
    serde_json_core::from_str(text).map(|(document, _)| document).map_err(JsonError::Form)
}

fn admit(bytes: &[u8]) -> Result<&str, JsonError> {
    if bytes.len() > MAX_DOCUMENT_BYTES {
        return Err(JsonError::TooLarge { bytes: bytes.len() });
    }
    let text = core::str::from_utf8(bytes).map_err(|e| JsonError::NotUtf8 { at: e.valid_up_to() })?;
    let (mut depth, mut in_string) = (0_usize, false);
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'\\' => return Err(JsonError::Backslash { at }),
            b'"' => in_string = !in_string,
            b'{' | b'[' if !in_string => depth += 1,
            b'}' | b']' if !in_string => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > MAX_NESTING {
            return Err(JsonError::TooDeep { at });
        }
    }
    Ok(text)
}

/// Bytes from exactly `2 N` lower-case hexadecimal digits.
pub fn hex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let digits = text.as_bytes();
    if digits.len() != 2 * N {
        return None;
    }
    let mut out = [0; N];
    for (byte, pair) in out.iter_mut().zip(digits.chunks_exact(2)) {
        *byte = nibble(pair[0])? << 4 | nibble(pair[1])?;
    }
    Some(out)
}

fn nibble(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Doc<'a> {
        name: &'a str,
    }

    #[test]
    fn each_bad_document_has_its_own_error() {
        assert_eq!(read::<Doc>(b" {\"name\":\"x\"} \n"), Ok(Doc { name: "x" }));
        assert_eq!(read::<Doc>(br#"{"name":"\u0041"}"#), Err(JsonError::Backslash { at: 9 }));
        assert!(matches!(read::<Doc>(b"{\"name\":\"x\"} {}"), Err(JsonError::Form(_))));
        assert_eq!(read::<Doc>(b"{\"name\":\"\xFF\"}"), Err(JsonError::NotUtf8 { at: 9 }));
        assert_eq!(read::<Doc>(&[b'['; 100]), Err(JsonError::TooDeep { at: MAX_NESTING }));
        static LONG: [u8; MAX_DOCUMENT_BYTES + 1] = [b' '; MAX_DOCUMENT_BYTES + 1];
        assert_eq!(read::<Doc>(&LONG), Err(JsonError::TooLarge { bytes: MAX_DOCUMENT_BYTES + 1 }));
        assert!(matches!(read::<Doc>(br#"{"name":"x","more":1}"#), Err(JsonError::Form(_))));
        assert!(matches!(read::<Doc>(br#"{"name":"x","name":"y"}"#), Err(JsonError::Form(_))));
    }

    #[test]
    fn hex_is_lower_case_and_of_exact_length() {
        assert_eq!(hex::<2>("0aff"), Some([0x0A, 0xFF]));
        assert_eq!((hex::<2>("0AFF"), hex::<2>("0af"), hex::<1>("+1")), (None, None, None));
    }
}
