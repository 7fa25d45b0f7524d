//! What a symbol in front of the camera is, before anything is proven.
//! Promises: a length check first, no parser but the credential's ever sees foreign bytes, each kind its own reason.
//! Must not know: keys.

use crate::alleged::{Alleged, MAX_SYMBOL_BYTES, PREFIX, Room};
use crate::policy::Policy;
use crate::verdict::Reason;

/// Sorts a symbol: something alleged, or the reason why it is no credential.
///
/// # Errors
/// The [`Reason`] for which it is Assist.
pub fn sort<'a>(
    symbol: &[u8],
    place_code: &str,
    policy: Option<&Policy>,
    room: &'a mut Room,
) -> Result<Alleged<'a>, Reason> {
    if symbol.is_empty() {
        return Err(Reason::CodeEmpty);
    }
    if symbol.len() > MAX_SYMBOL_BYTES {
        return Err(Reason::CodeOversize);
    }
    if symbol.starts_with(PREFIX) {
        return Alleged::parse(symbol, room).map_err(|refusal| refusal.reason());
    }
    Err(foreign(symbol, place_code, policy))
}

/// Whether a symbol claims to be a credential: two of these in one frame get a hint, posters beside one do not.
pub fn claims_to_be_a_credential(symbol: &[u8]) -> Claims {
    if symbol.starts_with(PREFIX) { Claims::Yes } else { Claims::No }
}

/// See [`claims_to_be_a_credential`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Claims {
    /// It begins like one.
    Yes,
    /// It does not.
    No,
}

fn foreign(symbol: &[u8], place_code: &str, policy: Option<&Policy>) -> Reason {
    if !place_code.is_empty() && symbol == place_code.as_bytes() {
        return Reason::PlaceCode;
    }
    let prefixes = policy.map(|policy| policy.settings().platform_prefixes.as_slice()).unwrap_or_default();
    if prefixes.iter().any(|prefix| symbol.starts_with(prefix.as_bytes())) {
        return Reason::PlatformUnsigned;
    }
    let begins = |start: &str| {
        symbol.get(..start.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(start.as_bytes()))
    };
    if begins("http://") || begins("https://") {
        Reason::WebLink
    } else if begins("WIFI:") {
        Reason::WifiCode
    } else {
        Reason::OtherCode
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_foreign_code_has_its_own_reason() {
        let station = include_bytes!("../../../assets/policies/station.json");
        let policy = Policy::load(station).unwrap();
        let place = "https://place.example.invalid/51";
        let reason = |symbol: &[u8]| sort(symbol, place, Some(&policy), &mut Room::new()).unwrap_err();
        for (symbol, expected) in [
            (&b""[..], Reason::CodeEmpty),
            (&[b'9'; 513], Reason::CodeOversize),
            (place.as_bytes(), Reason::PlaceCode),
            (b"JKM1:ABC", Reason::PlatformUnsigned),
            (b"https://jkt.example.invalid/c/1", Reason::PlatformUnsigned),
            (b"HTTPS://EXAMPLE.INVALID", Reason::WebLink),
            (b"WIFI:S:x;;", Reason::WifiCode),
            (b"hello", Reason::OtherCode),
            (b"tf1:ABC", Reason::OtherCode),
            (b"TF1:abc", Reason::TextDamaged),
            (b"TF1:", Reason::CodeCutOff),
            (b"TF1:BB8B", Reason::CodeCutOff),
            (b"TF1:BB8", Reason::CodeMalformed),
        ] {
            assert_eq!(reason(symbol), expected, "{}", symbol.escape_ascii());
        }
    }
}
