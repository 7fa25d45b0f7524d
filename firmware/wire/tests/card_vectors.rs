//! The committed card vectors (`tests/vectors/id-cards`, made by an independent generator), byte for byte, and what
//! damage may and may not do to them.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests may fail a test")]

use std::collections::BTreeMap;
use std::path::PathBuf;

use gate_wire::card::{CardError, CardField, CardRead, TEXT_LEN};
use gate_wire::document::{Date, Document, DocumentKind, Expiry};
use gate_wire::sdt::{AnswerError, FrameFault, Receiver, Status, read_answer, read_answer_hex};
use proptest::prelude::*;
use serde_json::Value;
use sha2::{Digest, Sha256};

fn folder() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/vectors/id-cards"))
}

fn hex(name: &str) -> String {
    std::fs::read_to_string(folder().join(name).with_extension("hex")).unwrap()
}

fn answer(name: &str) -> Vec<u8> {
    unhex(&hex(name))
}

fn unhex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text.chars().filter_map(|c| c.to_digit(16)).map(|digit| digit as u8).collect();
    digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect()
}

fn expected() -> BTreeMap<String, Value> {
    serde_json::from_str(&std::fs::read_to_string(folder().join("expected.json")).unwrap()).unwrap()
}

/// The answer with `change` made to its text and the checksum made good again.
fn edited(name: &str, change: impl FnOnce(&mut [u8])) -> Vec<u8> {
    let mut bytes = answer(name);
    change(&mut bytes[14..14 + TEXT_LEN]);
    seal(&mut bytes);
    bytes
}

fn seal(bytes: &mut [u8]) {
    let (last, rest) = bytes.split_last_mut().unwrap();
    *last = rest[5..].iter().fold(0, |check, byte| check ^ byte);
}

fn write(text: &mut [u8], offset: usize, field: usize, value: &str) {
    let mut units: Vec<u8> = value.encode_utf16().flat_map(u16::to_le_bytes).collect();
    while units.len() < field {
        units.extend([0x20, 0]);
    }
    text[offset..offset + field].copy_from_slice(&units);
}

fn refused(name: &str, offset: usize, field: usize, value: &str) -> CardError {
    match read_answer(&edited(name, |text| write(text, offset, field, value))) {
        Err(AnswerError::AcceptCard(error)) => error,
        other => panic!("{other:?}"),
    }
}

fn document(read: &Value, kind: &str, number: &str) -> Option<Document> {
    let kind = DocumentKind::parse(read[kind].as_str()?).unwrap();
    Some(Document::parse(kind, read[number].as_str()?).unwrap())
}

fn date(value: &Value) -> Option<Date> {
    let digits: String = value.as_str()?.chars().filter(|c| *c != '-').collect();
    Some(Date::parse_yyyymmdd(digits.as_bytes()).unwrap())
}

#[test]
fn every_committed_card_is_read_as_its_expectation_says() {
    let expected = expected();
    assert_eq!(expected.len(), 8);
    for (name, entry) in expected.iter().filter(|(_, entry)| !entry["read"].is_null()) {
        let read = &entry["read"];
        let card = read_answer(&answer(name)).unwrap_or_else(|error| panic!("{name}: {error:?}"));
        assert_eq!(Some(card.document().clone()), document(read, "kind", "number"), "{name}");
        assert_eq!(card.other().cloned(), document(read, "other_kind", "other_number"), "{name}");
        assert_eq!(card.name().as_str(), read["masked_name"].as_str().unwrap(), "{name}");
        assert_eq!(Some(card.birth()), date(&read["birth"]), "{name}");
        assert_eq!(card.expiry(), date(&read["expiry"]).map_or(Expiry::LongTerm, Expiry::Until), "{name}");
        assert_eq!(read_answer_hex(&hex(name)).as_ref(), Ok(&card), "{name}");
    }
}

#[test]
fn the_four_reference_answers_have_their_published_digests() {
    for (name, check, digest) in [
        ("citizen", 0x11, "f4504274778926323ccaedee95a1453a9d4db15f0479247baa1e246773d65d91"),
        ("hmt", 0xd9, "72573ecfaf505b05e8adf377585e081cec0fdbc953aff1c6f64caaa887a0b369"),
        ("pr2017", 0x94, "b4c219d8e1eb8e06c82d0d5ea623686d55bb4131c8b9329e54594bcca2f04020"),
        ("pr2023", 0xf6, "77faf6816990c15a807e79fdf72fe94a1f1bdddda72bd50ac6610df0f496ccc7"),
    ] {
        let bytes = answer(name);
        assert_eq!((bytes.len(), bytes.last()), (1295, Some(&check)), "{name}");
        assert_eq!(Sha256::digest(&bytes)[..], unhex(digest)[..], "{name}");
    }
}

#[test]
fn answers_with_a_fingerprint_are_whole_frames_and_no_card_of_ours() {
    for (name, entry) in expected() {
        for (frame, fingerprint) in [("30 10", vec![]), ("30 10 fp", (0..=255).cycle().take(1024).collect())]
        {
            let bytes = with_fingerprint(&answer(&name), &fingerprint);
            assert_eq!(
                Sha256::digest(&bytes)[..],
                unhex(entry["frames"][frame]["sha256"].as_str().unwrap())[..]
            );
            let mut receiver = Receiver::new();
            assert_eq!(receiver.feed(&bytes), (&[][..], Some(Ok(()))));
            let data_len = bytes.len() - 11;
            assert_eq!(receiver.frame().map(|frame| frame.data_len), Some(data_len));
            assert_eq!(read_answer(&bytes), Err(AnswerError::MatchLayout { data_len }));
        }
    }
}

/// The `30 10` answer of the same card.
fn with_fingerprint(answer: &[u8], fingerprint: &[u8]) -> Vec<u8> {
    let mut bytes = answer[..14].to_vec();
    bytes.extend((fingerprint.len() as u16).to_be_bytes());
    bytes.extend(&answer[14..answer.len() - 1]);
    bytes.extend(fingerprint);
    bytes.push(0);
    let len = (bytes.len() - 7) as u16;
    bytes[5..7].copy_from_slice(&len.to_be_bytes());
    seal(&mut bytes);
    bytes
}

#[test]
fn a_wrong_check_digit_is_its_own_error() {
    let refused = read_answer(&answer("citizen-wrong-check-digit"));
    assert_eq!(refused, Err(AnswerError::AcceptCard(CardError::CheckDigit)));
    assert_eq!(self::refused("pr2017", 122, 30, "USA510050030308"), CardError::CheckDigit);
}

#[test]
fn a_foreign_name_is_masked_from_the_whole_field() {
    let spaced = edited("pr2017", |text| {
        write(text, 158, 30, "");
        write(text, 0, 120, "A B C D");
    });
    assert_eq!(read_answer(&spaced).unwrap().name().as_str(), "A**D");
    let nameless = edited("citizen", |text| write(text, 0, 30, ""));
    assert!(read_answer(&nameless).unwrap().name().is_none());
    let broken = edited("citizen", |text| text[..2].copy_from_slice(&[0, 0xD8]));
    let error = CardError::ReadField { field: CardField::Name };
    assert_eq!(read_answer(&broken), Err(AnswerError::AcceptCard(error)));
}

#[test]
fn a_card_without_a_second_number_has_none_and_a_broken_one_is_refused() {
    for (name, offset, field) in [("hmt", 220, 18), ("pr2023", 250, 6)] {
        let blank = edited(name, |text| write(text, offset, field, ""));
        assert_eq!(read_answer(&blank).unwrap().other(), None, "{name}");
    }
    let unreadable = CardError::ReadField { field: CardField::OtherNumber };
    assert_eq!(refused("hmt", 220, 18, "M12345678"), unreadable, "a Macao permit on a Hong Kong card");
    assert_eq!(refused("pr2023", 250, 6, "00"), unreadable);
    assert_eq!(refused("pr2023", 242, 6, "U"), unreadable);
    assert!(matches!(refused("hmt-taiwan", 220, 18, "1234567"), CardError::AcceptNumber { .. }));
}

#[test]
fn dates_that_do_not_fit_are_refused() {
    assert_eq!(refused("citizen", 36, 16, "19400102"), CardError::MatchBirth);
    assert_eq!(refused("pr2017", 220, 16, "19500304"), CardError::MatchBirth);
    assert_eq!(refused("hmt", 204, 16, "20181231"), CardError::OrderValidity);
    assert_eq!(refused("hmt", 204, 16, "长期"), CardError::ReadField { field: CardField::ValidUntil });
    assert_eq!(refused("citizen", 204, 16, "长期x"), CardError::ReadField { field: CardField::ValidUntil });
    assert_eq!(refused("citizen", 204, 16, "2030023"), CardError::ReadField { field: CardField::ValidUntil });
    assert_eq!(refused("citizen", 188, 16, "20230229"), CardError::ReadField { field: CardField::ValidFrom });
    assert_eq!(refused("citizen", 36, 16, ""), CardError::ReadField { field: CardField::Birth });
}

#[test]
fn a_number_is_read_whole_or_not_at_all() {
    assert_eq!(
        refused("citizen", 122, 36, "5101001940 0101001"),
        CardError::ReadField { field: CardField::Number }
    );
    assert_eq!(
        refused("citizen", 122, 36, "５10100194001010010"),
        CardError::ReadField { field: CardField::Number }
    );
    assert!(matches!(refused("citizen", 122, 36, "51010019400101001"), CardError::AcceptNumber { .. }));
    assert!(matches!(refused("citizen", 122, 36, "810000195002020026"), CardError::AcceptNumber { .. }));
}

#[test]
fn a_card_type_nobody_published_is_refused() {
    assert_eq!(refused("citizen", 248, 2, "K"), CardError::KnowType { flag: 0x4B });
    assert!(matches!(refused("citizen", 248, 2, "Y"), CardError::AcceptNumber { .. }));
}

#[test]
fn nothing_of_a_card_can_be_printed() {
    for (name, entry) in expected().iter().filter(|(_, entry)| !entry["read"].is_null()) {
        let card = read_answer(&answer(name)).unwrap();
        let kind = entry["read"]["kind"].as_str().unwrap();
        assert_eq!(format!("{card:?}"), format!("CardRead({kind}, hidden)"));
    }
}

#[test]
fn an_answer_is_one_whole_frame_and_nothing_else() {
    let whole = answer("citizen");
    for cut in 0..whole.len() {
        assert_eq!(read_answer(&whole[..cut]), Err(AnswerError::CompleteFrame), "cut at {cut}");
    }
    let longer = [&whole[..], &[0]].concat();
    assert_eq!(read_answer(&longer), Err(AnswerError::EndAfterFrame { rest: 1 }));
    let failed = [0xAA, 0xAA, 0xAA, 0x96, 0x69, 0, 4, 0, 0, 0x41, 0x45];
    assert_eq!(read_answer(&failed), Err(AnswerError::ReadCard { status: Status::ReadFailed }));
    assert_eq!(read_answer_hex("aa 9"), Err(AnswerError::ReadHex { position: 4 }));
    assert_eq!(read_answer_hex("aa zz"), Err(AnswerError::ReadHex { position: 3 }));
    assert_eq!(read_answer_hex(&(hex("citizen") + "00")), Err(AnswerError::EndAfterFrame { rest: 1 }));
}

#[test]
fn every_single_flipped_bit_is_noticed_or_leaves_the_person_alone() {
    for name in ["citizen", "hmt", "pr2017", "pr2023"] {
        let good = answer(name);
        for bit in 0..good.len() * 8 {
            let mut bytes = good.clone();
            bytes[bit / 8] ^= 1 << (bit % 8);
            assert!(read_answer(&bytes).is_err(), "{name}: bit {bit} was not noticed");
        }
    }
}

#[test]
fn a_checksum_that_was_made_good_again_never_makes_another_person_of_one_flipped_bit() {
    // What a flipped bit inside the reader would do: only the check digit and the birth date stand in its way.
    for name in ["citizen", "hmt", "pr2023"] {
        let person = read_answer(&answer(name)).unwrap();
        for bit in 122 * 8..158 * 8 {
            let bytes = edited(name, |text| text[bit / 8] ^= 1 << (bit % 8));
            if let Ok(read) = read_answer(&bytes) {
                assert_eq!(read.document(), person.document(), "{name}: bit {bit}");
            }
        }
    }
}

#[test]
fn a_frame_too_long_is_refused_before_it_is_read() {
    let mut receiver = Receiver::new();
    for len in [0, 1, 3, 4097, 0xFFFF_u16] {
        let [high, low] = len.to_be_bytes();
        let header = [0xAA, 0xAA, 0xAA, 0x96, 0x69, high, low];
        assert_eq!(receiver.feed(&header).1, Some(Err(FrameFault::AcceptLength { len })));
        let next = answer("citizen");
        assert_eq!(receiver.feed(&next), (&[][..], Some(Ok(()))), "the next frame is found");
    }
}

#[test]
fn the_photo_is_never_kept() {
    let mut bytes = answer("citizen");
    bytes[270..1294].fill(0x5A);
    seal(&mut bytes);
    let mut receiver = Receiver::new();
    assert_eq!(receiver.feed(&bytes).1, Some(Ok(())));
    let frame = receiver.frame().unwrap();
    assert_eq!((frame.data.len(), frame.data_len), (260, 1284));
    assert!(!frame.data.contains(&0x5A));
    // The whole receiver is smaller than the photo.
    assert!(size_of::<Receiver>() < 300);
}

proptest! {
    #[test]
    fn any_text_is_answered_without_a_panic(mut text in proptest::collection::vec(any::<u8>(), TEXT_LEN), flag in 0_usize..4) {
        text[248..250].copy_from_slice(&[b" JIY"[flag], 0]);
        let _ = CardRead::parse(&text.try_into().unwrap());
    }

    #[test]
    fn any_bytes_and_any_text_are_answered_without_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..3000), text in "[0-9a-fA-F \\n]{0,300}") {
        prop_assert!(read_answer(&bytes).is_err());
        prop_assert!(read_answer_hex(&text).is_err());
    }

    #[test]
    fn a_changed_byte_anywhere_is_never_another_person(place in 0_usize..1295, byte: u8) {
        let good = answer("pr2023");
        let mut bytes = good.clone();
        bytes[place] = byte;
        prop_assert_eq!(read_answer(&bytes).is_ok(), bytes == good);
    }

    #[test]
    fn one_character_misread_in_a_number_is_never_another_person(place in 0_usize..18, digit in b'0'..=b'9') {
        for name in ["citizen", "hmt", "pr2023"] {
            let person = read_answer(&answer(name)).unwrap();
            let bytes = edited(name, |text| text[122 + 2 * place] = digit);
            if let Ok(read) = read_answer(&bytes) {
                prop_assert_eq!(read, person.clone());
            }
        }
    }
}
