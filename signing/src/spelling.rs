//! Bytes as text, in the only spellings that the terminal reads.
//! Promises: lower-case hexadecimal, two digits a byte; base64url without padding (RFC 7515).
//! Must not know: what the bytes are.

use base64ct::{Base64UrlUnpadded, Encoding};

/// The hexadecimal digits of `bytes`.
pub(crate) fn hex(bytes: &[u8]) -> String {
    let digit = |nibble: u8| char::from(if nibble < 10 { b'0' + nibble } else { b'a' + nibble - 10 });
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

/// A key's 32 bytes in base64url: 43 characters.
pub(crate) fn base64url(key: &[u8; 32]) -> String {
    let mut room = [0; 43];
    // 32 bytes are 43 characters: the room always fits.
    Base64UrlUnpadded::encode(key, &mut room).unwrap_or_default().into()
}

/// Any bytes in base64url.
pub(crate) fn base64url_of(bytes: &[u8]) -> String {
    Base64UrlUnpadded::encode_string(bytes)
}

/// The bytes of such a text, at most `most` of them.
pub(crate) fn bytes_of_base64url(text: &str, most: usize) -> Option<Vec<u8>> {
    (text.len() <= most.saturating_mul(2)).then(|| Base64UrlUnpadded::decode_vec(text).ok())?
}

/// The 32 bytes of 43 characters of base64url.
pub(crate) fn from_base64url(text: &str) -> Option<[u8; 32]> {
    let mut key = [0; 32];
    let length = Base64UrlUnpadded::decode(text, &mut key).map(<[u8]>::len);
    (length == Ok(key.len())).then_some(key)
}

/// What somebody else wrote, to be read on a line: line ends, control characters and marks that hide or turn letters as `\u{…}`, and at most
/// `most` characters. Without it a name in a draft could write lines of its own among those that a signer reads.
pub(crate) fn harmless(text: &str, most: usize) -> String {
    let plain = |letter: char| match letter {
        '\'' | '"' | '\\' => vec![letter],
        other => other.escape_debug().collect(),
    };
    let mut told: Vec<char> = text.chars().take(most + 1).flat_map(plain).take(most + 1).collect();
    if told.len() > most {
        told.truncate(most);
        told.push('…');
    }
    told.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_somebody_wrote_stays_on_its_line_and_is_short() {
        let told = harmless("名单 a\u{202e}b\nc\u{200b}\u{1b}[2J'\"", 60);
        assert_eq!(told, "名单 a\\u{202e}b\\nc\\u{200b}\\u{1b}[2J'\"");
        assert_eq!(harmless(&"长".repeat(1_000), 300).chars().count(), 301);
        assert!(harmless(&"\n".repeat(1_000), 300).chars().count() <= 301);
    }

    #[test]
    fn what_is_written_is_what_the_terminal_reads() {
        let bytes: Vec<u8> = (0..=255).collect();
        assert_eq!(gate_core::json::hex::<256>(&hex(&bytes)).unwrap()[..], bytes[..]);
        let key = core::array::from_fn(|i| i as u8 ^ 0xFB);
        assert_eq!((base64url(&key).len(), from_base64url(&base64url(&key))), (43, Some(key)));
        assert_eq!((from_base64url("AA"), from_base64url(&"=".repeat(43))), (None, None));
    }
}
