//! The number that voids a paper code, as it is printed, told by telephone and typed.
//! Promises: 17 hexadecimal digits, the last a check digit over the key's id and the 16 of the credential
//! (ISO/IEC 7064, MOD 17,16): one wrong digit anywhere, in the key's id too, is always found.
//! Must not know: who asks.

use gate_wire::cose::Kid;
use gate_wire::credential::CredentialId;

use crate::spelling;

const ID_DIGITS: usize = 16;
const GROUP: usize = 4;

/// Why it is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VoidNumberRefused {
    /// Not digits, or not as many.
    #[error("a void number is 17 hexadecimal digits, 0 to 9 and a to f; blanks do not count")]
    Form,
    /// The check digit is another.
    #[error(
        "the check digit does not fit: one of the digits, or the key's id before them, was misheard or mistyped. Ask again; nothing was revoked（校验位不符：有一位听错或打错，请再核对，未作废任何码）"
    )]
    Check,
    /// The number of a sheet printed before there were check digits.
    #[error(
        "16 digits: the check digit, the 17th, is missing. A sheet printed without one, or an id from codes.csv, is taken with --no-check-digit: read it back first, a wrong one voids nothing that exists"
    )]
    Unchecked,
}

/// What a number without its check digit is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CheckDigit {
    /// Refused.
    Needed,
    /// Taken as it is: it was printed before there were check digits, or comes from a table.
    MayLack,
}

/// As it is printed: `sc02 0123 4567 89ab cdef 1`, without the key's id in front.
pub fn void_number(kid: Kid, id: CredentialId) -> String {
    let id = spelling::hex(&id.0);
    let groups: Vec<&str> =
        id.as_bytes().chunks(GROUP).filter_map(|group| core::str::from_utf8(group).ok()).collect();
    format!("{} {}", groups.join(" "), char::from_digit(check_digit(kid, &id), 16).unwrap_or('0'))
}

/// The credential of this key that a typed number names.
///
/// # Errors
/// [`VoidNumberRefused`].
pub fn from_void_number(kid: Kid, text: &str, check: CheckDigit) -> Result<CredentialId, VoidNumberRefused> {
    let digits: String =
        text.chars().filter(|c| !c.is_whitespace()).map(|c| c.to_ascii_lowercase()).collect();
    let (id, last) = match digits.len() {
        ID_DIGITS if check == CheckDigit::MayLack => (digits.as_str(), None),
        ID_DIGITS => return Err(VoidNumberRefused::Unchecked),
        _ => digits
            .split_at_checked(ID_DIGITS)
            .map(|(id, last)| (id, Some(last)))
            .ok_or(VoidNumberRefused::Form)?,
    };
    let bytes = gate_core::json::hex(id).ok_or(VoidNumberRefused::Form)?;
    match last.map(|last| u32::from_str_radix(last, 16)) {
        _ if last.is_some_and(|last| last.len() != 1) => Err(VoidNumberRefused::Form),
        Some(Err(_)) => Err(VoidNumberRefused::Form),
        Some(Ok(found)) if found != check_digit(kid, id) => Err(VoidNumberRefused::Check),
        Some(Ok(_)) | None => Ok(CredentialId(bytes)),
    }
}

/// ISO/IEC 7064, hybrid system MOD 17,16.
fn check_digit(kid: Kid, id: &str) -> u32 {
    let mut product = 16;
    for digit in spelling::hex(&kid.0).chars().chain(id.chars()).filter_map(|c| c.to_digit(16)) {
        let sum = match (product + digit) % 16 {
            0 => 16,
            sum => sum,
        };
        product = sum * 2 % 17;
    }
    (17 - product) % 16
}

#[cfg(test)]
mod tests {
    use super::*;

    const KID: Kid = Kid(*b"sc02");
    const ID: CredentialId = CredentialId([0x01, 0x23, 0x45, 0x67, 0x89, 0xAB, 0xCD, 0xEF]);

    fn read(text: &str) -> Result<CredentialId, VoidNumberRefused> {
        from_void_number(KID, text, CheckDigit::Needed)
    }

    #[test]
    fn a_printed_number_is_taken_however_it_is_spaced() {
        let printed = void_number(KID, ID);
        assert_eq!(read(&printed), Ok(ID));
        assert_eq!(read(&printed.replace(' ', "").to_uppercase()), Ok(ID));
    }

    #[test]
    fn one_wrong_digit_is_found_wherever_it_is() {
        let printed = void_number(KID, ID).replace(' ', "");
        for (at, right) in printed.char_indices() {
            for wrong in "0123456789abcdef".chars().filter(|wrong| *wrong != right) {
                let mut typed = printed.clone();
                typed.replace_range(at..=at, &wrong.to_string());
                assert_eq!(read(&typed), Err(VoidNumberRefused::Check), "{typed}");
            }
        }
        for other in [b"sc01", b"sc03", b"tc02"] {
            let read = from_void_number(Kid(*other), &printed, CheckDigit::MayLack);
            assert_eq!(read, Err(VoidNumberRefused::Check), "the key's id is checked too");
        }
    }

    #[test]
    fn two_digits_exchanged_are_found_nearly_always() {
        let (mut tried, mut missed) = (0, 0);
        for seed in 0..64_u64 {
            let id = CredentialId((seed.wrapping_mul(0x9E37_79B9_7F4A_7C15)).to_be_bytes());
            let printed: Vec<char> = void_number(KID, id).replace(' ', "").chars().collect();
            for at in 0..16 {
                let mut typed = printed.clone();
                typed.swap(at, at + 1);
                tried += usize::from(typed != printed);
                missed += usize::from(typed != printed && read(&typed.iter().collect::<String>()).is_ok());
            }
        }
        assert!(tried > 800 && missed * 100 < tried, "{missed} of {tried}");
    }

    #[test]
    fn a_number_without_check_digit_is_taken_only_when_that_is_said() {
        assert_eq!(read("0123 4567 89ab cdef"), Err(VoidNumberRefused::Unchecked));
        assert_eq!(from_void_number(KID, "0123456789abcdef", CheckDigit::MayLack), Ok(ID));
        for wrong in
            ["", "0123", "0123456789abcdeg", "0123456789abcdef55", "é123456789abcdef", "0123456789abcdefz"]
        {
            for check in [CheckDigit::Needed, CheckDigit::MayLack] {
                assert_eq!(
                    from_void_number(KID, wrong, check),
                    if wrong.len() == 16 && check == CheckDigit::Needed {
                        Err(VoidNumberRefused::Unchecked)
                    } else {
                        Err(VoidNumberRefused::Form)
                    },
                    "{wrong}"
                );
            }
        }
    }
}
