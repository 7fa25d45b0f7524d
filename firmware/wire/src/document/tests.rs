//! The numbers of `reference/identity-documents.md` §2, and what must not pass for a number.

extern crate std;
use std::format;
use std::string::String;

use proptest::prelude::*;

use super::*;
use DocumentKind::*;

fn parse(kind: DocumentKind, text: &str) -> Result<Document, DocumentError> {
    Document::parse(kind, text)
}

const GOOD: [(DocumentKind, &str); 16] = [
    (ResidentId, "11010519491231002X"),
    (ResidentId, "510100194001010010"),
    (TemporaryId, "510100194001010010"),
    (HouseholdRegister, "510100194001010010"),
    (HmtResidencePermit, "810000195002020026"),
    (PermanentResident2017, "PAK310080010103"),
    (PermanentResident2017, "USA510050030307"),
    (PermanentResident2023, "932682198501010017"),
    (PermanentResident2023, "911124198108030024"),
    (PermanentResident2023, "931586198001010028"),
    (PermanentResident2023, "951840195003030038"),
    (Passport, "L898902C3"),
    (Passport, "E12345678"),
    (HmtTravelPermit, "H12345678"),
    (HmtTravelPermit, "M12345678"),
    (TaiwanTravelPermit, "12345678"),
];

#[test]
fn the_published_sample_numbers_are_numbers_of_their_kind() {
    for (kind, number) in GOOD {
        let document = parse(kind, number).unwrap_or_else(|error| panic!("{number}: {error}"));
        assert_eq!((document.kind(), document.number().as_bytes()), (kind, number.as_bytes()));
        assert_eq!(document.last_four(), &number[number.len() - 4..]);
    }
}

#[test]
fn one_wrong_digit_in_a_checked_number_is_its_own_error() {
    for (kind, number) in GOOD.into_iter().filter(|(_, number)| number.len() > 9) {
        // The sequence digits: a change there leaves the shape and the dates good.
        for index in number.len() - 4..number.len() - 1 {
            let digit = number.as_bytes()[index];
            for other in (b'0'..=b'9').filter(|other| *other != digit) {
                let mut wrong = String::from(number);
                wrong.replace_range(index..=index, format!("{}", char::from(other)).as_str());
                let found = parse(kind, &wrong).map(|_| ());
                let dates_moved = matches!(found, Err(DocumentError::ReadBirthDate));
                assert!(found == Err(DocumentError::MatchCheckDigit) || dates_moved, "{wrong}: {found:?}");
            }
        }
    }
}

#[test]
fn a_number_of_one_kind_is_not_a_number_of_another() {
    for (kind, number, error) in [
        (ResidentId, "810000195002020026", DocumentError::MatchRegion),
        (ResidentId, "951840195003030038", DocumentError::MatchRegion),
        (HmtResidencePermit, "510100194001010010", DocumentError::MatchRegion),
        (PermanentResident2023, "510100194001010010", DocumentError::MatchRegion),
        (ResidentId, "510100400101001", DocumentError::FitLength { found: 15 }),
        (ResidentId, "5101001940010100100", DocumentError::FitLength { found: 19 }),
        (ResidentId, "51010019401301001X", DocumentError::ReadBirthDate),
        (ResidentId, "51010019230229001X", DocumentError::ReadBirthDate),
        (PermanentResident2017, "US1510050030307", DocumentError::MatchShape),
        (PermanentResident2017, "USA510050133307", DocumentError::ReadBirthDate),
        (Passport, "E123", DocumentError::FitLength { found: 4 }),
        (Passport, "ABCDEF", DocumentError::MatchShape),
        (Passport, "E1234567/", DocumentError::AcceptCharacter),
        (Passport, "Ｅ12345678", DocumentError::AcceptCharacter),
        (HmtTravelPermit, "T12345678", DocumentError::MatchShape),
        (HmtTravelPermit, "H1234567", DocumentError::FitLength { found: 8 }),
        (TaiwanTravelPermit, "1234567A", DocumentError::MatchShape),
        (TaiwanTravelPermit, "", DocumentError::FitLength { found: 0 }),
    ] {
        assert_eq!(parse(kind, number), Err(error), "{number}");
    }
}

#[test]
fn typing_habits_do_not_make_another_person() {
    let card = parse(ResidentId, "11010519491231002X").unwrap();
    assert_eq!(parse(ResidentId, " 110105 19491231-002x "), Ok(card));
    let permit = parse(HmtTravelPermit, "H12345678").unwrap();
    assert_eq!(
        parse(HmtTravelPermit, "h1234567801"),
        Ok(permit),
        "the renewal digits change, the person does not"
    );
}

#[test]
fn a_temporary_card_and_a_household_register_name_the_resident() {
    let number = "510100194001010010";
    for kind in [ResidentId, TemporaryId, HouseholdRegister] {
        let document = parse(kind, number).unwrap();
        assert_eq!(document.person_key(), (ResidentId, number.as_bytes()));
    }
    let document = parse(PermanentResident2023, "951840195003030038").unwrap();
    assert_eq!(document.person_key().0, PermanentResident2023);
}

#[test]
fn the_new_permanent_resident_number_leads_to_the_old_one() {
    let new = parse(PermanentResident2023, "951840195003030038").unwrap();
    let old = new.old_number(*b"USA", *b"000").unwrap();
    assert_eq!(old, parse(PermanentResident2017, "USA510050030307").unwrap());
    assert_eq!(new.old_number(*b"USA", *b"0-0"), Err(DocumentError::AcceptCharacter));
    assert_eq!(new.old_number(*b"US1", *b"000"), Err(DocumentError::MatchShape));
    assert_eq!(
        old.old_number(*b"USA", *b"000"),
        Err(DocumentError::DeriveOldNumber { kind: PermanentResident2017 })
    );
}

#[test]
fn codes_and_tokens_are_stable_and_lead_back_to_the_kind() {
    let tokens = DocumentKind::ALL.map(DocumentKind::token);
    let expected = [
        "resident-id",
        "hmt-permit",
        "pr-2017",
        "pr-2023",
        "passport",
        "hmt-travel",
        "taiwan-travel",
        "temporary-id",
        "household",
    ];
    assert_eq!(tokens, expected);
    assert_eq!(DocumentKind::ALL.map(DocumentKind::code), [1, 2, 3, 4, 5, 6, 7, 8, 9]);
    for kind in DocumentKind::ALL {
        assert_eq!(DocumentKind::parse(kind.token()), Ok(kind));
        assert_eq!(DocumentKind::from_code(kind.code()), Ok(kind));
    }
    assert!(DocumentKind::parse("Passport").is_err());
    assert!(DocumentKind::from_code(0).is_err() && DocumentKind::from_code(10).is_err());
}

#[test]
fn debug_shows_no_digit_of_the_number() {
    let document = parse(ResidentId, "510100194001010010").unwrap();
    assert_eq!(
        format!("{document:?} {:?}", document.number()),
        "Document(resident-id, hidden) DocumentNumber(hidden)"
    );
}

#[test]
fn wiping_a_number_leaves_no_digit() {
    use zeroize::Zeroize;
    let mut number = parse(ResidentId, "510100194001010010").unwrap().number().clone();
    number.zeroize();
    assert_eq!(number, DocumentNumber::EMPTY);
}

proptest! {
    #[test]
    fn no_text_panics_and_what_parses_is_normal(text in ".{0,24}", kind in 0_usize..9) {
        if let Ok(document) = parse(DocumentKind::ALL[kind], &text) {
            let normal = std::str::from_utf8(document.number().as_bytes()).unwrap();
            prop_assert_eq!(parse(document.kind(), normal), Ok(document.clone()));
        }
    }

    #[test]
    fn a_digit_misread_or_two_swapped_never_name_another_resident(place in 0_usize..17, digit in 0_u8..10) {
        let good = *b"510100194001010010";
        let mut misread = good;
        misread[place] = b'0' + digit;
        let mut swapped = good;
        swapped.swap(place, place + 1);
        for wrong in [misread, swapped].into_iter().filter(|wrong| *wrong != good) {
            prop_assert!(parse(ResidentId, std::str::from_utf8(&wrong).unwrap()).is_err());
        }
    }
}
