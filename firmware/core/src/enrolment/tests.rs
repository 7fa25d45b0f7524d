//! Codes, askings and answers; what a carrier may not do with them.

extern crate std;

use std::format;
use std::string::ToString;

use super::*;

const A5: [u8; 32] = [0xA5; 32];
const SEVENS: [u8; 32] = [7; 32];

fn invitation() -> Invitation {
    Invitation::parse(b"TFE1:131071:0123456789ABCDEF").unwrap()
}

fn asked() -> Asked {
    Asked::new(&invitation(), [&A5, &SEVENS], &[0xC; NONCE_BYTES]).unwrap()
}

#[test]
fn a_code_says_a_terminal_and_sixteen_letters_and_nothing_else_is_one() {
    let read = invitation();
    assert_eq!(read.terminal.value(), 131_071);
    for wrong in [
        "TFE1:131072:0123456789ABCDEF",
        "TFE1:+7:0123456789ABCDEF",
        "TFE1::0123456789ABCDEF",
        "TFE1:0000007:0123456789ABCDEF",
        "TFE1:7:0123456789ABCDE",
        "TFE1:7:0123456789ABCDEFG",
        "TFE1:7:0123456789abcdef",
        "TFE1:7:0123456789ABCD:F",
        "TFE2:7:0123456789ABCDEF",
        "TFE1:7",
        "",
    ] {
        assert!(Invitation::parse(wrong.as_bytes()).is_none(), "{wrong}");
    }
    let typed = ["0123456789abcdef", "0123456789ABCDEF"].map(|text| Invitation::of(read.terminal, text));
    assert!(typed.iter().all(|typed| typed.as_ref() == Some(&read)), "typed in large or small letters");
    assert!(Invitation::of(read.terminal, "0123456789abcde ").is_none());
    assert!(!format!("{read:?}").contains("0123"));
}

#[test]
fn what_is_asked_is_read_as_it_was_written_and_the_code_is_not_in_it() {
    let asked = asked();
    let document = asked.document();
    assert!(document.len() > 400, "it fits: {document}");
    assert_eq!(Asked::load(document.as_bytes()).unwrap().unwrap(), asked);
    let vouched = asked.vouched().unwrap();
    assert_eq!(
        (vouched.terminal(), vouched.device(), vouched.record()),
        (invitation().terminal, &A5, &SEVENS)
    );
    assert_eq!(vouched.invitation(), &invitation().key().public_key());
    assert!(!document.to_ascii_lowercase().contains("0123456789abcdef"));
}

#[test]
fn whoever_carries_it_can_put_nothing_else_into_it() {
    let text = asked().document();
    let (other, nine) = (digits::<64>(&[9; 32]), digits::<32>(&[9; NONCE_BYTES]));
    let own = SigningKey::from_seed(&[3; 32]).public_key();
    for (part, with) in [
        (digits::<64>(&A5).to_string(), other.as_str()),
        (digits::<64>(&SEVENS).to_string(), other.as_str()),
        (asked().id().to_string(), nine.as_str()),
        ("131071".to_string(), "131070"),
        (digits::<64>(invitation().key().public_key().as_bytes()).to_string(), &digits::<64>(own.as_bytes())),
    ] {
        assert!(text.contains(&part), "{part}");
        let changed = text.replace(&part, with);
        assert_eq!(Asked::load(changed.as_bytes()).unwrap().unwrap().vouched(), None, "{part}");
    }
}

#[test]
fn another_code_makes_another_key_and_another_nonce_another_asking() {
    let other = Invitation::parse(b"TFE1:131071:0123456789ABCDEG").unwrap();
    assert_ne!(other.key().public_key(), invitation().key().public_key());
    let again = Asked::new(&invitation(), [&A5, &SEVENS], &[0xD; NONCE_BYTES]).unwrap();
    let answer = Answered::new(&asked(), Came::Refused).document();
    assert_eq!(Answered::load(answer.as_bytes(), asked().id()), Some(Came::Refused));
    assert_eq!(Answered::load(answer.as_bytes(), again.id()), None, "what was said to the first asking");
}

#[test]
fn what_is_answered_is_read_as_it_was_written() {
    for step in [Came::NoLine, Came::Enrolled, Came::Unknown, Came::Ended, Came::Used, Came::Refused] {
        let document = Answered::new(&asked(), step).document();
        assert_eq!(Answered::load(document.as_bytes(), asked().id()), Some(step));
        assert_eq!(Answered::load(document.as_bytes(), "another"), None);
    }
}

#[test]
fn nonsense_is_nothing() {
    assert_eq!(Answered::load(b"{}", "x"), None);
    assert!(Asked::load(b"{\"format\":2}").is_err());
    let other = Asked { format: 1, ..asked() };
    assert_eq!(Asked::load(other.document().as_bytes()), Ok(None));
    let short = Asked { signature: digits(&[1; 63]), ..asked() };
    assert_eq!(short.vouched(), None);
}
