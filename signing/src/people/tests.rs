//! Tables as they come: good lines, bad lines, and lines that never end.

use gate_status::{Answer, SealedList, StatusList};

use super::*;
use crate::demo::DemoProvince;

const AS_OF: u64 = 1_795_100_000;

struct Built {
    demo: DemoProvince,
    result: Result<ListBuilt, ListError>,
    rejects: String,
    table: Option<SealedList>,
}

fn build(scope: Scope, table: impl Read) -> Built {
    let as_of = Timestamp::from_unix(AS_OF).unwrap();
    let mut demo = DemoProvince::from_seed([3; 32], as_of).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("list.db");
    let mut rejects = Vec::new();
    let place = (path.as_path(), scope, as_of);
    let result = demo.province_mut().build_list_from_table(place, table, &mut rejects);
    let table = path.exists().then(|| demo.province().open_list(&path).unwrap());
    Built { demo, result, rejects: String::from_utf8(rejects).unwrap(), table }
}

impl Built {
    fn answer(&self, kind: DocumentKind, number: &str) -> Answer {
        let subject = self.demo.subject(&Document::parse(kind, number).unwrap()).unwrap();
        self.table.as_ref().unwrap().find(&subject).unwrap()
    }
}

const GOOD: &str = "document_kind,number,second_number,colour
resident-id,510100194001010010,,red
pr-2023,951840195003030038,USA510050030307,yellow
passport, E12345678 ,,green
";

#[test]
fn every_number_of_a_person_leads_to_one_colour() {
    let built = build(Scope::Population, GOOD.as_bytes());
    assert_eq!(built.result.as_ref().unwrap(), &ListBuilt { people: 3, subjects: 4, rejected: 0 });
    for (kind, number, colour) in [
        (DocumentKind::ResidentId, "510100194001010010", Colour::Red),
        (DocumentKind::HouseholdRegister, "510100194001010010", Colour::Red),
        (DocumentKind::PermanentResident2023, "951840195003030038", Colour::Yellow),
        (DocumentKind::PermanentResident2017, "USA510050030307", Colour::Yellow),
        (DocumentKind::Passport, "E12345678", Colour::Green),
    ] {
        assert_eq!(built.answer(kind, number), Answer::Listed(colour), "{kind:?}");
    }
    assert_eq!(built.answer(DocumentKind::Passport, "E12345679"), Answer::NotListed);
    let head = built.table.unwrap().head();
    assert_eq!((head.as_of.unix(), head.version, head.province.digits()), (AS_OF, 1, *b"510000"));
}

#[test]
fn each_bad_line_is_rejected_with_its_number_and_reason_and_no_number_of_a_person() {
    let bad: [(&[u8], &str); 9] = [
        (b"resident-id,510100194001010011,,green", "number: the check digit is wrong"),
        (b"resident,510100194001010010,,green", "no such kind of document"),
        (b"passport,E7654321,,blue", "the colour must be green, yellow or red"),
        (b"passport,E7654321,,", "the colour must be green, yellow or red"),
        (b"passport,E7654321,E7654322,red", "holders of this kind of document have no second number"),
        (b"pr-2023,911124198108030024,USA510050030308,red", "second number: the check digit is wrong"),
        (b"passport,E7654321,red", "3 values; a line has 4"),
        (b"passport,\xFF\xFE,,red", "not UTF-8"),
        (
            b"household,510100194001010010,,green",
            "CONTRADICTS line 2 about the same person: the stricter colour is in the list",
        ),
    ];
    let mut table = GOOD.as_bytes().to_vec();
    for (line, _) in bad {
        table.extend_from_slice(line);
        table.push(b'\n');
    }
    let built = build(Scope::Population, &table[..]);
    assert_eq!(built.result.as_ref().unwrap(), &ListBuilt { people: 3, subjects: 4, rejected: 9 });
    let expected: Vec<String> =
        bad.iter().zip(5..).map(|((_, reason), line): (_, u32)| format!("{line},\"{reason}\"")).collect();
    assert_eq!(built.rejects.lines().skip(1).collect::<Vec<_>>(), expected);
    assert!(!built.rejects.contains("5101") && !built.rejects.contains("E76"));
    assert_eq!(built.answer(DocumentKind::ResidentId, "510100194001010010"), Answer::Listed(Colour::Red));
}

#[test]
fn a_list_of_exceptions_takes_nobody_who_is_green() {
    let built = build(Scope::Exceptions, GOOD.as_bytes());
    assert_eq!(built.result.unwrap(), ListBuilt { people: 2, subjects: 3, rejected: 1 });
    assert!(built.rejects.ends_with("4,\"green: a list of exceptions holds people who are not green\"\n"));
}

#[test]
fn another_header_is_refused_before_a_line_is_read() {
    for header in ["", "number,colour\n", "document_kind,number,second_number,colour,name\n"] {
        let built = build(Scope::Population, header.as_bytes());
        assert!(matches!(built.result, Err(ListError::FindHeader { .. })), "{header:?}");
        assert!(built.table.is_none());
    }
}

#[test]
fn a_table_that_is_saved_as_something_else_is_told_what_it_is() {
    let utf16: Vec<u8> = GOOD.encode_utf16().flat_map(u16::to_le_bytes).collect();
    for (table, expected) in [
        (utf16.clone(), Found::Utf16),
        ([&[0xFF, 0xFE], &utf16[..]].concat(), Found::Utf16),
        (GOOD.replace(',', ";").into_bytes(), Found::Separator(';')),
        (GOOD.replace(',', "\t").into_bytes(), Found::Separator('\t')),
        (GOOD.replace('\n', "\r").into_bytes(), Found::CarriageReturns),
        (Vec::new(), Found::Nothing),
        (b"kind,number\n".to_vec(), Found::Others),
    ] {
        let built = build(Scope::Population, &table[..]);
        let Err(ListError::FindHeader { found }) = built.result else { panic!("{:?}", built.result) };
        assert_eq!(found, expected);
    }
}

#[test]
fn a_line_that_never_ends_is_given_up_and_no_half_list_stays() {
    let endless = GOOD.as_bytes().chain(io::repeat(b'7'));
    let built = build(Scope::Population, endless);
    assert!(matches!(built.result, Err(ListError::ReadTable(_))), "{:?}", built.result);
    assert!(built.table.is_none());
}

#[test]
fn whatever_ends_its_lines_nobody_of_a_table_is_lost_and_a_reject_names_the_line_an_editor_shows() {
    let lines = [
        "resident-id,510100194001010010,,green",
        "resident-id,510100194001010029,,red",
        "resident-id,510100194001010010,,green",
        "",
        "resident-id,510100194001010037,,green",
        "resident-id,510100194001010045,,blue",
    ];
    // Each line feed with or without a carriage return before it, in every mixture.
    for mixture in 0..1_u32 << lines.len() {
        let mut table = HEADER.join(",") + "\r\n";
        for (at, line) in lines.iter().enumerate() {
            table += line;
            table += if mixture >> at & 1 == 1 { "\r\n" } else { "\n" };
        }
        let built = build(Scope::Population, table.as_bytes());
        let expected = ListBuilt { people: 3, subjects: 3, rejected: 2 };
        assert_eq!(built.result.as_ref().unwrap(), &expected, "{mixture:b}");
        assert_eq!(built.answer(DocumentKind::ResidentId, "510100194001010029"), Answer::Listed(Colour::Red));
        let mut rejects: Vec<&str> = built.rejects.lines().skip(1).collect();
        rejects.sort_unstable();
        let expected =
            ["4,\"the same person as on line 2\"", "7,\"the colour must be green, yellow or red\""];
        assert_eq!(rejects, expected, "{mixture:b}");
    }
}

#[test]
fn carriage_returns_alone_end_no_line_and_that_is_told() {
    let built = build(Scope::Population, GOOD.replace('\n', "\r").as_bytes());
    assert!(matches!(built.result, Err(ListError::FindHeader { .. })), "{:?}", built.result);
    let joined = GOOD.replacen("red\n", "red\r", 1);
    let built = build(Scope::Population, joined.as_bytes());
    assert_eq!(built.result.as_ref().unwrap(), &ListBuilt { people: 1, subjects: 1, rejected: 1 });
    assert!(built.rejects.contains("2,\"7 values; a line has 4\""), "{}", built.rejects);
}

#[test]
fn a_line_too_long_is_rejected_and_the_next_one_read() {
    let long = format!("{GOOD}passport,{},,red\npassport,E7654321,,yellow\n", "7".repeat(5_000));
    let built = build(Scope::Population, long.as_bytes());
    assert_eq!(built.result.as_ref().unwrap(), &ListBuilt { people: 4, subjects: 5, rejected: 1 });
    assert!(built.rejects.contains("5,\"longer than 1024 bytes\""), "{}", built.rejects);
}
