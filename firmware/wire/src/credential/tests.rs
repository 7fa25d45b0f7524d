use super::*;
use proptest::prelude::*;

fn sample(statement: Statement) -> Credential {
    Credential {
        id: CredentialId(*b"01234567"),
        issued: Timestamp::from_unix(1_795_190_400).unwrap(),
        expires: Timestamp::from_unix(1_795_191_300).unwrap(),
        subject: BlindedSubject(*b"subject-0012"),
        statement,
        name: MaskedName::from_full("测试甲"),
    }
}

fn green() -> Vec<u8, MAX_CLAIMS_BYTES> {
    sample(Statement::Screen(Condition::Colour(Colour::Green))).encode().unwrap()
}

/// Offsets in `green()`: map, exp, iat, cti, private claim.
const EXP: usize = 1;
const IAT: usize = 7;
const CTI: usize = 13;
const PRIVATE: usize = 23;

#[test]
fn the_bytes_of_a_green_screen_code_are_these() {
    let claims = green();
    assert_eq!(&claims[..EXP], [0xA4]);
    assert_eq!(&claims[EXP..IAT], [0x04, 0x1A, 0x6B, 0x00, 0x72, 0x04]);
    assert_eq!(&claims[CTI..PRIVATE], b"\x07\x4801234567");
    assert_eq!(&claims[PRIVATE..PRIVATE + 8], [0x3A, 0x00, 0x01, 0x00, 0x00, 0x84, 0x01, 0x4C]);
    assert_eq!(&claims[PRIVATE + 8..], "subject-0012\x00\x67测*甲".as_bytes());
}

#[test]
fn each_departure_has_its_own_error() {
    let claims = green();
    let with = |at: usize, byte: u8| {
        let mut bytes = claims.clone();
        bytes[at] = byte;
        Credential::parse(&bytes).err()
    };
    use CredentialError as E;
    assert_eq!(with(EXP, 0x05), Some(E::UnknownClaim { label: 5 }));
    assert_eq!(with(IAT, 0x04), Some(E::DuplicateClaim { label: 4 }));
    assert_eq!(with(EXP, 0x06), Some(E::WrongOrder { label: 6 }));
    assert_eq!(with(0, 0xA3), Some(E::MissingClaim { label: -65537 }));
    assert_eq!(with(PRIVATE + 6, 0x09), Some(E::UnknownKind { code: 9 }));
    assert_eq!(with(PRIVATE + 5, 0x85), Some(E::WrongCount { expected: 4, found: 5 }));
    assert_eq!(with(PRIVATE + 20, 0x05), Some(E::OutOfRange { what: "condition" }));
    assert_eq!(with(PRIVATE + 7, 0x4B), Some(E::OutOfRange { what: "subject" }));
    assert_eq!(with(EXP + 2, 0x6A), Some(E::EndsBeforeIssue));
    assert_eq!(with(PRIVATE + 25, b'x'), Some(E::BadName));
}

#[test]
fn a_fifth_claim_is_named() {
    let mut claims = green();
    claims[0] = 0xA5;
    claims.extend_from_slice(&[0x3A, 0x00, 0x01, 0x00, 0x01, 0x00]).unwrap();
    assert_eq!(Credential::parse(&claims), Err(CredentialError::UnknownClaim { label: -65538 }));
}

#[test]
fn trailing_bytes_and_longer_heads_are_refused() {
    let mut claims = green();
    claims.push(0).unwrap();
    assert_eq!(Credential::parse(&claims), Err(StrictError::Trailing { count: 1 }.into()));
    let longer = [&[0xB8, 0x04], &green()[1..]].concat_bytes();
    assert_eq!(Credential::parse(&longer), Err(StrictError::NotShortest { at: 0 }.into()));
}

trait ConcatBytes {
    fn concat_bytes(&self) -> Vec<u8, 128>;
}

impl ConcatBytes for [&[u8]; 2] {
    fn concat_bytes(&self) -> Vec<u8, 128> {
        let mut out = Vec::new();
        self.iter().for_each(|part| out.extend_from_slice(part).unwrap());
        out
    }
}

#[test]
fn the_longest_kind_with_the_longest_name_keeps_the_budget() {
    let mut longest =
        sample(Statement::Test { minutes_since_sampling: u16::MAX, result: TestResult::Positive });
    longest.name = MaskedName::from_full("𠮷测试𠮷");
    let claims = longest.encode().unwrap();
    let envelope =
        crate::cose::encode_sign1::<MAX_SIGNED_BYTES>(crate::cose::Kid(*b"nat1"), &claims, &[0; 64]).unwrap();
    assert_eq!((claims.len(), envelope.len()), (58, 139));
}

fn statements() -> impl Strategy<Value = Statement> {
    let conditions = (0_u64..5).prop_map(|code| Condition::from_code(code).unwrap());
    prop_oneof![
        conditions.clone().prop_map(Statement::Screen),
        conditions.prop_map(Statement::Paper),
        (any::<u16>(), any::<bool>()).prop_map(|(minutes_since_sampling, positive)| Statement::Test {
            minutes_since_sampling,
            result: if positive { TestResult::Positive } else { TestResult::Negative },
        }),
        any::<bool>().prop_map(|c| Statement::Certificate(if c {
            Certifier::Community
        } else {
            Certifier::Medical
        })),
        prop::sample::select(&[Role::Attendant, Role::Technician, Role::Auditor][..])
            .prop_map(Statement::Badge),
    ]
}

proptest! {
    #[test]
    fn parsing_undoes_encoding(statement in statements(), id: [u8; 8], subject: [u8; 12], issued in 0_u64..Timestamp::MAX.unix(), life in 1_u64..99_999) {
        let mut credential = sample(statement);
        credential.id = CredentialId(id);
        credential.subject = BlindedSubject(subject);
        credential.issued = Timestamp::from_unix(issued).unwrap();
        credential.expires = credential.issued.plus(life);
        prop_assert_eq!(Credential::parse(&credential.encode().unwrap()), Ok(credential));
    }

    #[test]
    fn whatever_parses_encodes_to_itself(statement in statements(), at in 0_usize..58, byte: u8) {
        let mut claims = sample(statement).encode().unwrap();
        let at = at % claims.len();
        claims[at] = byte;
        if let Ok(credential) = Credential::parse(&claims) {
            prop_assert_eq!(credential.encode().unwrap(), claims);
        }
    }

    #[test]
    fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
        let _ = Credential::parse(&bytes);
    }
}
