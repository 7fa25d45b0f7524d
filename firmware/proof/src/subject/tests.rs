//! The chain from a number to a blinded subject, against values computed outside and by properties.

extern crate std;

use proptest::prelude::*;

use super::*;
use crate::stretch::Block;

/// A number of the invented region 510100 with an invented person's digits.
const NUMBER: &[u8] = b"510100199001010018";
const KID: Kid = Kid(*b"sc01");
const CTI: CredentialId = CredentialId([0, 1, 2, 3, 4, 5, 6, 7]);

fn province(salt: u8) -> ProvinceSalt {
    ProvinceSalt::new(core::array::from_fn(|i| salt + u8::try_from(i).unwrap()), MemoryKib::LEAST)
}

fn tag(kind: u8, number: &[u8], province: &ProvinceSalt) -> Result<PersonTag, TagRefused> {
    let mut blocks = std::vec![Block::new(); province.memory().blocks()];
    PersonTag::derive(kind, number, province, &mut TagMemory::over(&mut blocks))
}

fn subject_under(salt: &ProvinceSalt, key: u8) -> Subject {
    SubjectKey::from_bytes(&[key; 32]).subject(&tag(1, NUMBER, salt).unwrap())
}

/// Expected values: argon2-cffi (the reference C implementation) and Python's hmac, for the input 01 ‖ number,
/// salt 00..0f, subject key 32 × 11, link key 32 × 22, kid "sc01", cti 00..07.
#[test]
fn the_chain_gives_what_another_implementation_gives() {
    let expected = [
        (
            MemoryKib::LEAST,
            "c198692861610a6fc1b1629c3a38b731d15d359cea85ab85b7eade3f36c00cd1",
            "df7a7fb9fbfd2dcaf2ba26c7",
            "55ff0653b305129e76b4e286",
        ),
        (
            MemoryKib::DEFAULT,
            "60600db44132c3f3f8a6bb082e1c2c53c8f89446aae913efaa8eaae8b833fa06",
            "b52fc9f408976f181f343d90",
            "3faab01e406f504c9b3af9d1",
        ),
    ];
    for (memory, tag_hex, subject_hex, blinded_hex) in expected {
        let province = ProvinceSalt { memory, ..province(0) };
        let tag = tag(1, NUMBER, &province).unwrap();
        assert_eq!(hex(&tag.0.0), tag_hex);
        let subject = SubjectKey::from_bytes(&[0x11; 32]).subject(&tag);
        assert_eq!(hex(subject.as_bytes()), subject_hex);
        let blinded = blind(&subject, &LinkKey::from_bytes(&[0x22; 32]), KID, CTI);
        assert_eq!(hex(&blinded.0), blinded_hex);
    }
}

#[test]
fn kind_number_salt_cost_and_key_each_make_another_person() {
    let same = subject_under(&province(0), 1);
    assert_eq!(same, subject_under(&province(0), 1));
    assert_ne!(same, subject_under(&province(1), 1), "salt");
    assert_ne!(same, subject_under(&province(0), 2), "subject key");
    let dearer = ProvinceSalt { memory: MemoryKib::new(16).unwrap(), ..province(0) };
    assert_ne!(same, subject_under(&dearer, 1), "memory cost");
    let key = SubjectKey::from_bytes(&[1; 32]);
    let of = |kind, number| key.subject(&tag(kind, number, &province(0)).unwrap());
    assert_ne!(same, of(2, NUMBER), "kind");
    assert_ne!(same, of(1, b"510100199001010019"), "number");
    assert_ne!(of(1, b"23"), of(1, b"23\0"), "padding");
}

#[test]
fn an_empty_or_endless_number_is_refused_before_any_work() {
    assert_eq!(tag(1, b"", &province(0)).err(), Some(TagRefused::TakeNumber { length: 0 }));
    assert_eq!(tag(1, &[b'1'; 33], &province(0)).err(), Some(TagRefused::TakeNumber { length: 33 }));
    assert!(tag(1, &[b'1'; 32], &province(0)).is_ok());
}

#[test]
fn too_little_memory_is_an_error_not_a_weaker_tag() {
    let mut blocks = [Block::new(); 7];
    let refused = PersonTag::derive(1, NUMBER, &province(0), &mut TagMemory::over(&mut blocks)).err();
    assert_eq!(refused, Some(TagRefused::Stretch(StretchRefused::FitMemory { needed: 8, given: 7 })));
}

#[test]
fn nothing_about_a_person_prints() {
    let subject = Subject::from_bytes([0xAB; 12]);
    let link = LinkKey::from_bytes(&[0xAB; 32]);
    let printed = std::format!(
        "{:?} {:?} {:?} {:?}",
        tag(1, NUMBER, &province(0)).unwrap(),
        subject,
        SubjectKey::from_bytes(&[0xAB; 32]),
        link,
    );
    assert_eq!(printed, "PersonTag(<secret>) Subject(<person>) SubjectKey(<secret>) LinkKey(<secret>)");
}

proptest! {
    #[test]
    fn unblinding_undoes_blinding(subject: [u8; 12], key: [u8; 32], kid: [u8; 4], cti: [u8; 8]) {
        let (subject, key) = (Subject::from_bytes(subject), LinkKey::from_bytes(&key));
        let blinded = blind(&subject, &key, Kid(kid), CredentialId(cti));
        prop_assert_eq!(unblind(&blinded, &key, Kid(kid), CredentialId(cti)), subject);
    }

    /// 96 random bits agree in about half: fewer than 6 whole equal bytes of 12, whatever the person.
    #[test]
    fn two_codes_of_one_person_do_not_show_it(subject: [u8; 12], key: [u8; 32], cti: [u8; 8], bit in 0..64_usize) {
        let (subject, key) = (Subject::from_bytes(subject), LinkKey::from_bytes(&key));
        let mut other = cti;
        other[bit / 8] ^= 1 << (bit % 8);
        let (a, b) = (blind(&subject, &key, KID, CredentialId(cti)), blind(&subject, &key, KID, CredentialId(other)));
        let equal = a.0.iter().zip(b.0).filter(|(a, b)| **a == *b).count();
        prop_assert!(equal < 6, "{} bytes equal", equal);
        prop_assert_ne!(unblind(&a, &key, KID, CredentialId(other)), subject);
    }

    #[test]
    fn another_issuer_or_link_key_unblinds_to_nobody(subject: [u8; 12], key: [u8; 32], cti: [u8; 8]) {
        let subject = Subject::from_bytes(subject);
        let mut other = key;
        other[0] ^= 1;
        let blinded = blind(&subject, &LinkKey::from_bytes(&key), KID, CredentialId(cti));
        prop_assert_ne!(unblind(&blinded, &LinkKey::from_bytes(&key), Kid(*b"sc02"), CredentialId(cti)), subject);
        prop_assert_ne!(unblind(&blinded, &LinkKey::from_bytes(&other), KID, CredentialId(cti)), subject);
    }
}

fn hex(bytes: &[u8]) -> std::string::String {
    bytes.iter().map(|byte| std::format!("{byte:02x}")).collect()
}
