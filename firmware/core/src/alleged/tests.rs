use super::*;
use gate_proof::cose::sign;
use gate_proof::ed25519::SigningKey;
use gate_wire::credential::{
    BlindedSubject, Certifier, Colour, Condition, CredentialId, MAX_SIGNED_BYTES, Role, Statement, TestResult,
};
use gate_wire::name::MaskedName;
use gate_wire::time::Timestamp;
use proptest::prelude::*;

extern crate std;

type Text = Vec<u8, MAX_SYMBOL_BYTES>;

/// The text of a code signed by the key of seed `seed`.
fn text(statement: Statement, seed: u8) -> Text {
    let credential = Credential {
        id: CredentialId([seed; 8]),
        issued: Timestamp::from_unix(1_795_233_600).unwrap(),
        expires: Timestamp::from_unix(1_795_234_500).unwrap(),
        subject: BlindedSubject([7; 12]),
        statement,
        name: MaskedName::from_full("测试甲"),
    };
    let key = SigningKey::from_seed(&[seed; 32]);
    let signed: Vec<u8, MAX_SIGNED_BYTES> =
        sign(&key, Kid([0, 0, 0, seed]), Aad::Credential, &credential.encode().unwrap()).unwrap();
    let mut text = Text::from_slice(PREFIX).unwrap();
    base45::encode(&signed, &mut text).unwrap();
    text
}

fn every_kind() -> [Text; 5] {
    [
        Statement::Screen(Condition::Colour(Colour::Green)),
        Statement::Paper(Condition::Abnormal),
        Statement::Test { minutes_since_sampling: u16::MAX, result: TestResult::Positive },
        Statement::Certificate(Certifier::Medical),
        Statement::Badge(Role::Auditor),
    ]
    .map(|statement| text(statement, 1))
}

fn refused(text: &[u8]) -> Reason {
    Alleged::parse(text, &mut Room::new()).unwrap_err().reason()
}

#[test]
fn every_kind_of_credential_fits_and_is_taken_apart() {
    for text in every_kind() {
        let mut room = Room::new();
        assert_eq!(Alleged::parse(&text, &mut room).unwrap().envelope.kid, Kid([0, 0, 0, 1]));
    }
}

#[test]
fn a_text_that_ends_early_is_cut_off_wherever_it_ends() {
    for text in every_kind() {
        for end in PREFIX.len()..text.len() {
            assert_eq!(refused(&text[..end]), Reason::CodeCutOff, "{end} of {} characters", text.len());
        }
    }
}

#[test]
fn a_character_that_no_code_has_is_damage() {
    let text = &every_kind()[0];
    for at in PREFIX.len()..text.len() {
        for foreign in [b'a', b'_', b'\n', 0, 0xFF] {
            let mut damaged = text.clone();
            damaged[at] = foreign;
            assert_eq!(refused(&damaged), Reason::TextDamaged, "{foreign:#x} at {at}");
        }
    }
}

#[test]
fn three_characters_above_two_bytes_are_damage_in_the_middle_and_at_the_end() {
    let text = &every_kind()[0];
    for at in [PREFIX.len(), text.len() / 6 * 3 + 1] {
        let mut damaged = text.clone();
        damaged[at..at + 3].copy_from_slice(b":::");
        assert_eq!(refused(&damaged), Reason::TextDamaged);
    }
}

#[test]
fn more_bytes_than_any_credential_has_are_refused_before_they_are_looked_into() {
    let mut long = Text::from_slice(PREFIX).unwrap();
    while long.push(b'0').is_ok() {}
    assert!(Alleged::parse(&long, &mut Room::new()).is_err());
    assert_eq!(refused(&std::vec![b'0'; 100_000]), Reason::CodeOversize);
    assert_eq!(refused(b"BB8"), Reason::OtherCode, "without its prefix it is no credential of ours");
}

#[test]
fn each_refusal_of_a_code_has_its_own_reason() {
    let life = CredentialRefusal::LifeTooLong { life_s: 901, longest_s: 900 };
    let foreign = CredentialRefusal::Envelope(CoseError::ForeignAlgorithm { found: -7 });
    let refusals = [
        (CredentialRefusal::Text(Base45Error::CutOff), "A13"),
        (CredentialRefusal::Text(Base45Error::UnknownCharacter { at: 0, byte: b'a' }), "A12"),
        (CredentialRefusal::Envelope(CoseError::Encoding(StrictError::CutOff)), "A13"),
        (CredentialRefusal::Envelope(CoseError::BadKid), "A14"),
        (foreign, "A11"),
        (CredentialRefusal::NoKeySet, "A35"),
        (CredentialRefusal::IssuerUnknown(Kid([0; 4])), "A04"),
        (CredentialRefusal::Signature, "A10"),
        (CredentialRefusal::Claims(CredentialError::BadName), "A14"),
        (CredentialRefusal::KindNotAllowed(Kind::PaperCode), "A07"),
        (life, "A08"),
        (CredentialRefusal::KeyOver, "A05"),
        (CredentialRefusal::KeyRevoked, "A06"),
    ];
    for (refusal, code) in refusals {
        assert_eq!(refusal.reason().code(), code, "{refusal}");
        assert_eq!(refusal.reason().verdict(), crate::verdict::Verdict::Assist, "no refusal is a no");
    }
}

proptest! {
    #[test]
    fn no_text_of_any_kind_panics(text in proptest::collection::vec(any::<u8>(), 0..600)) {
        let _ = Alleged::parse(&text, &mut Room::new());
    }

    #[test]
    fn no_text_of_the_alphabet_panics(text in "TF1:[0-9A-Z $%*+./:-]{0,600}") {
        let _ = Alleged::parse(text.as_bytes(), &mut Room::new());
    }

    #[test]
    fn no_envelope_around_arbitrary_bytes_panics(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let mut text = Text::from_slice(PREFIX).unwrap();
        if base45::encode(&bytes, &mut text).is_ok() {
            let _ = Alleged::parse(&text, &mut Room::new());
        }
    }
}
