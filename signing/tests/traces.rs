//! What a desk leaves of the people it worked for: nothing that names them (DOMAIN §15).
//! A masked name is in a code by design; it is in no file of the desk and of a terminal's data.
#![expect(clippy::unwrap_used, reason = "a test's helpers: a failure here is the test's failure")]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use gate_core::keyset::Region;
use gate_core::manifest::Demo;
use gate_core::query::TerminalNumber;
use gate_proof::stretch::MemoryKib;
use gate_signing::desk::{Desk, Order};
use gate_signing::issue::{Claim, IssueRequest};
use gate_signing::province::{Founding, Province};
use gate_signing::publish::Device;
use gate_signing::revocation::Revocation;
use gate_status::Scope;
use gate_wire::credential::{Certifier, Colour, Condition, Role, TestResult};
use gate_wire::document::{Document, DocumentKind};
use gate_wire::time::Timestamp;
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

const PEOPLE: usize = 50;

/// A folder that is nobody else's: a desk lies in no other.
fn private_folder() -> tempfile::TempDir {
    tempfile::Builder::new().permissions(fs::Permissions::from_mode(0o700)).tempdir().unwrap()
}

fn now() -> Timestamp {
    Timestamp::from_unix(1_795_104_000).unwrap()
}

/// An invented resident of 510100 with a right check digit (GB 11643).
fn number(index: usize) -> String {
    let body = format!("51010019400101{index:03}");
    let weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let sum: u32 = body.bytes().zip(weights).map(|(digit, weight)| u32::from(digit - b'0') * weight).sum();
    let check = char::from(b"10X98765432"[sum as usize % 11]);
    format!("{body}{check}")
}

fn name(index: usize) -> String {
    let one = |n: usize| char::from_u32(0x4E00 + n as u32 * 7).unwrap();
    format!("测试{}{}", one(index), one(index + 100))
}

fn claims() -> [Claim; 5] {
    [
        Claim::Screen(Condition::Colour(Colour::Yellow)),
        Claim::Paper(Condition::Colour(Colour::Green)),
        Claim::Test { sampled: now().minus(3600), result: TestResult::Negative },
        Claim::Certificate(Certifier::Community),
        Claim::Badge(Role::Attendant),
    ]
}

/// Every flow of the desk for each person; gives back the codes, which the desk does not keep.
fn work(desk: &mut Desk, rng: &mut ChaCha20Rng) -> Vec<String> {
    let mut codes = Vec::new();
    for index in 0..PEOPLE {
        let document = Document::parse(DocumentKind::ResidentId, &number(index)).unwrap();
        for claim in claims() {
            let full_name = &name(index);
            let request = IssueRequest { document: &document, full_name, claim, issued: now(), life_s: 900 };
            let kid = desk.province.issuer_for(claim, now()).unwrap();
            let issued = desk.province.issue(kid, &request, now(), rng).unwrap();
            desk.province.revoke(&[Revocation::Credential(kid, issued.id)], now()).unwrap();
            codes.push(issued.text);
        }
        desk.province.add_staff(&document, Role::Attendant, b"482913", rng).unwrap();
        let subject = desk.province.subject(&document).unwrap();
        desk.province.revoke(&[Revocation::Person(subject, now())], now()).unwrap();
    }
    codes
}

fn files(directory: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { files(&path, found) } else { found.push(path) }
    }
}

fn holds(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

/// The forms in which a person could be found again: number, birth date and sequence, name, each character pair of
/// it, and the codes themselves.
fn forms(index: usize) -> Vec<Vec<u8>> {
    let (number, name) = (number(index), name(index));
    let given: String = name.chars().skip(2).collect();
    let utf16: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let hex: String = number.bytes().map(|byte| format!("{byte:02x}")).collect();
    let inner = number[6..].to_owned();
    [number, inner, name, given, hex].into_iter().map(String::into_bytes).chain([utf16]).collect()
}

#[test]
fn no_name_and_no_number_stays_in_any_file_of_the_desk_or_the_terminal() {
    let (dir, mut rng) = (private_folder(), ChaCha20Rng::from_seed([5; 32]));
    let founding = Founding {
        region: Region::parse("510000").unwrap(),
        nature: Demo::Yes,
        tag_memory: MemoryKib::LEAST,
        founded: now(),
        days: 3,
    };
    let province = Province::found(&founding, &mut rng).unwrap();
    let mut desk = Desk::create(&dir.path().join("desk"), province).unwrap();
    let codes = work(&mut desk, &mut rng);
    let rows = (0..PEOPLE)
        .map(|index| format!("resident-id,{},,green\nresident-id,{},,red\n", number(index), number(index)));
    let table: String =
        std::iter::once("document_kind,number,second_number,colour\n".into()).chain(rows).collect();
    let (list, mut rejects) = (desk.status_file(), Vec::new());
    let place = (list.as_path(), Scope::Population, now());
    let built = desk.province.build_list_from_table(place, table.as_bytes(), &mut rejects).unwrap();
    assert_eq!((built.people, built.rejected), (PEOPLE as u64, PEOPLE as u64));
    let terminal = TerminalNumber::new(3).unwrap();
    let order = Order {
        now: now(),
        terminal,
        device: Device::MadeHere,
        status: Some(&list),
        deltas: &[],
        without: &[],
    };
    desk.publish(&dir.path().join("data"), &order, &mut rng).unwrap();
    fs::write(dir.path().join("rejects"), rejects).unwrap();

    let mut found = Vec::new();
    files(dir.path(), &mut found);
    assert!(found.len() > 30, "desk, keys and data are looked at: {}", found.len());
    for path in found {
        let bytes = fs::read(&path).unwrap();
        for index in 0..PEOPLE {
            assert!(
                !forms(index).iter().any(|form| holds(&bytes, form)),
                "person {index} in {}",
                path.display()
            );
        }
        assert!(!codes.iter().any(|code| holds(&bytes, code.as_bytes())), "a code in {}", path.display());
    }
    assert!(forms(7).iter().any(|form| holds(table.as_bytes(), form)), "the search finds what is there");
}

#[test]
fn a_desk_opened_again_is_the_same_province() {
    let (dir, mut rng) = (private_folder(), ChaCha20Rng::from_seed([6; 32]));
    let founding = Founding {
        region: Region::parse("510000").unwrap(),
        nature: Demo::Yes,
        tag_memory: MemoryKib::LEAST,
        founded: now(),
        days: 3,
    };
    let mut desk = Desk::create(dir.path(), Province::found(&founding, &mut rng).unwrap()).unwrap();
    work(&mut desk, &mut rng);
    desk.save().unwrap();
    let document = Document::parse(DocumentKind::Passport, "E12345678").unwrap();
    let subject = desk.province.subject(&document).unwrap();
    let locked = Desk::open(dir.path());
    assert!(matches!(locked, Err(gate_signing::desk::DeskError::Lock(_))), "one command at a time");
    let (staff, keys) = (desk.province.staff_count(), desk.province.key_set().unwrap().keys().len());
    drop(desk);
    let again = Desk::open(dir.path()).unwrap();
    assert!(again.province.subject(&document).unwrap() == subject);
    assert_eq!((again.province.staff_count(), again.province.key_set().unwrap().keys().len()), (staff, keys));
}
