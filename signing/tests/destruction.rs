//! Day keys at the end of retention: 10,000 records that opened, and then open for nobody, with everything else in hand.
#![expect(clippy::unwrap_used, reason = "a test's helpers: a failure here is the test's failure")]

mod support;

use std::fs;
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;

use gate_core::query::Sequence;
use gate_proof::digest::Digest;
use gate_proof::seal::{OpeningKey, SealInfo, Sealed, seal_record};
use gate_signing::custody::CustodyFault;
use gate_signing::day_keys::{DayKeysRefused, KeyState, request_to_destroy};
use gate_signing::desk::Desk;
use gate_signing::destruction::{Certificate, CertificateRefused};
use gate_signing::key_ring::Work;
use gate_signing::log::entry::Operation;
use gate_signing::officers::approval::Approved;
use gate_signing::officers::{TwoOfficers, statement};
use gate_signing::records::desk_keys::DeskKeys;
use gate_signing::records::opening::{Opening, open};
use gate_signing::records::selection::Selection;
use gate_signing::records::sources::{Candidate, Gathered, Rival};
use gate_signing::records::terminals::Terminals;
use gate_store::{DayKeyId, JournalId, Row, RowState};
use gate_wire::time::{Day, Timestamp};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use support::{World, access, case, founded, terminal};

const RECORDS: u64 = 10_000;
const JOURNAL: JournalId = JournalId([9; 16]);

/// Records sealed to the first day's key, as a terminal seals them.
fn sealed(world: &World) -> Gathered {
    let key = world.day_keys().remove(0);
    let (mut rng, mut previous) = (ChaCha20Rng::seed_from_u64(8), Digest([0; 32]));
    let mut gathered = Gathered::default();
    for number in 1..=RECORDS {
        let record = world.passage(number, 1, founded().plus(number));
        let empty = Sealed { enc: [0; 32], body: [0; 192], tag: [0; 16] };
        let mut row = Row { sequence: Sequence(number), previous, day_key: key.id, sealed: empty };
        let bound = row.associated_data(terminal(), &JOURNAL);
        row.sealed = seal_record(&key.key, SealInfo::RECORD, &bound, &record.encode(), &mut rng).unwrap();
        previous = row.hash(&JOURNAL);
        let (state, rival, signed_by) = (RowState::Whole, Rival::None, Some(terminal()));
        gathered.candidates.push(Candidate {
            journal: JOURNAL,
            row,
            state,
            signed_by,
            sources: Vec::new(),
            rival,
        });
    }
    gathered
}

fn opened(desk: &Desk, gathered: &Gathered) -> Opening {
    let everything = Selection::place(1, None, founded(), founded().plus(86_400)).unwrap();
    open(gathered, &everything, &mut DeskKeys::new((desk, &Terminals::default()), &case(), gathered))
}

fn approved(world: &World, desk: &Desk, before: Day, now: Timestamp) -> TwoOfficers {
    let wanted = statement(desk, Approved::DestroyDayKeys, &case(), &request_to_destroy(before, 30));
    world.approved(&wanted.unwrap(), now)
}

/// Everything of the desk but the wrapping key, which is never backed up.
fn backup(from: &Path, to: &Path) {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(to).unwrap();
    for entry in fs::read_dir(from).unwrap().flatten() {
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_file() {
            fs::copy(entry.path(), target).unwrap();
        } else if entry.file_name() != "wrap" {
            backup(&entry.path(), &target);
        }
    }
}

fn any_key_opens(key: &OpeningKey, rows: &[Candidate]) -> usize {
    rows.iter().filter(|one| one.row.open(terminal(), &JOURNAL, key).is_ok()).count()
}

#[test]
fn of_ten_thousand_records_none_opens_once_their_day_key_is_destroyed() {
    let world = World::new("510000");
    let gathered = sealed(&world);
    let end = founded().plus(40 * 86_400);
    let mut desk = world.desk(end);
    let before = opened(&desk, &gathered);
    assert_eq!((before.opened, before.records.len()), (RECORDS, RECORDS as usize), "the control: all open");
    backup(&world.path("desk"), &world.path("backup"));

    let until = Day(founded().civil_day().0 + 5);
    let officers = approved(&world, &desk, until, end);
    let done = desk.destroy_day_keys(until, &officers, end).unwrap();
    assert_eq!(done.certificates[0].certificate.count, 5);

    let after = opened(&desk, &gathered);
    assert_eq!((after.opened, after.shut.len()), (0, 0));
    assert_eq!((after.destroyed[0].rows, after.destroyed[0].at), (RECORDS, end));
    // Every other day key there is: on the first hundred rows, and the next day's on all.
    let work = Work { operation: Operation::OpenRecords, most: RECORDS, case: None };
    let others: Vec<OpeningKey> =
        world.day_keys().iter().filter_map(|key| desk.province.opening_key(key.id.0, &work).ok()).collect();
    assert_eq!(others.len(), 85, "90 keys less five");
    assert_eq!(others.iter().map(|key| any_key_opens(key, &gathered.candidates[..100])).sum::<usize>(), 0);
    assert_eq!(any_key_opens(&others[0], &gathered.candidates), 0);
    drop(desk);
    // The desk of before, out of a backup; alone, and with the wrapping key of today.
    for with_wrap in [None, Some(())] {
        if with_wrap.is_some() {
            backup(&world.path("desk").join("wrap"), &world.path("backup").join("wrap"));
        }
        let restored = Desk::open_as(&world.path("backup"), &access(end)).unwrap();
        let again = opened(&restored, &gathered);
        assert_eq!((again.opened, again.shut.len()), (0, RECORDS as usize));
    }
    println!(
        "{RECORDS} records: {} opened before, {} after, 0 from a backup of the desk",
        before.opened, after.opened
    );
}

#[test]
fn the_certificate_says_what_was_destroyed_and_no_byte_of_it_can_be_changed() {
    let world = World::new("510000");
    let end = founded().plus(40 * 86_400);
    let mut desk = world.desk(end);
    let until = Day(founded().civil_day().0 + 2);
    let officers = approved(&world, &desk, until, end);
    let done = desk.destroy_day_keys(until, &officers, end).unwrap();
    let root = desk.province.root_key().unwrap();
    let bytes = fs::read(&done.certificates[0].path).unwrap();
    let read = Certificate::verify(&bytes, &root).unwrap();
    assert_eq!(read, done.certificates[0].certificate);
    assert_eq!((read.count, read.retention_days, read.at()), (2, 30, end));
    assert_eq!(read.officers, ["chen", "li"]);
    assert_eq!(read.keys[..], desk.province.day_keys()[..2]);
    assert!(read.is_of(desk.province.region(), &desk.origin()));
    for at in 0..bytes.len() {
        let mut changed = bytes.clone();
        changed[at] ^= 1;
        assert!(Certificate::verify(&changed, &root).is_err(), "byte {at}");
    }
    let other = World::new("110000").desk(end).province.root_key().unwrap();
    assert!(matches!(Certificate::verify(&bytes, &other), Err(CertificateRefused::VerifySignature(_))));
    let states: Vec<KeyState> = desk.day_keys(end).unwrap().iter().map(|key| key.state).collect();
    assert_eq!(states[..2], [KeyState::Destroyed; 2]);
    assert_eq!(states.iter().filter(|state| **state == KeyState::Due).count(), 8);
    assert_eq!(states.iter().filter(|state| **state == KeyState::InRetention).count(), 30);
    assert_eq!((states[40], states[41]), (KeyState::Current, KeyState::Future));
    let log = fs::read_to_string(world.path("desk").join("desk-log.jsonl")).unwrap();
    assert!(log.contains("certify-destruction") && log.contains(&read.log_hash));
}

#[test]
fn nothing_is_destroyed_early_or_for_another_date_or_twice() {
    let world = World::new("510000");
    let end = founded().plus(40 * 86_400);
    let mut desk = world.desk(end);
    let day = |days: u32| Day(founded().civil_day().0 + days);
    let early = approved(&world, &desk, day(11), end);
    let refused = desk.destroy_day_keys(day(11), &early, end).unwrap_err();
    assert!(matches!(refused, DayKeysRefused::AwaitRetention { .. }), "{refused}");
    let officers = approved(&world, &desk, day(2), end);
    let refused = desk.destroy_day_keys(day(3), &officers, end).unwrap_err();
    assert!(matches!(refused, DayKeysRefused::MatchApproved(_)), "{refused}");
    assert_eq!(desk.day_keys(end).unwrap().iter().filter(|key| key.state == KeyState::Destroyed).count(), 0);
    desk.destroy_day_keys(day(2), &officers, end).unwrap();
    let refused = desk.destroy_day_keys(day(2), &officers, end).unwrap_err();
    assert!(matches!(refused, DayKeysRefused::FindKeys(_)), "{refused}");
    // The last day that may go today: retention counts from the end of the day.
    let last = approved(&world, &desk, day(10), end);
    assert_eq!(desk.destroy_day_keys(day(10), &last, end).unwrap().certificates[0].certificate.count, 8);
}

#[test]
fn a_destruction_cut_off_before_its_certificate_is_certified_by_the_next() {
    let world = World::new("510000");
    let end = founded().plus(40 * 86_400);
    let mut desk = world.desk(end);
    let first = desk.province.day_keys()[0].id;
    desk.province.destroy_day_keys(&[first]).unwrap();
    desk.save().unwrap();
    assert_eq!(desk.day_keys(end).unwrap()[0].state, KeyState::DestroyedUncertified);
    let work = Work { operation: Operation::OpenRecords, most: 1, case: None };
    let gone = desk.province.opening_key(first, &work).unwrap_err();
    assert!(matches!(gone, CustodyFault::FindKey(_)), "{gone}");
    let until = Day(founded().civil_day().0 + 2);
    let officers = approved(&world, &desk, until, end);
    let done = desk.destroy_day_keys(until, &officers, end).unwrap();
    assert!(done.certificates[0].certificate.names(first) && done.certificates[0].certificate.count == 2);
    assert_eq!(desk.day_keys(end).unwrap()[0].state, KeyState::Destroyed);
    let keys = world.day_keys();
    assert_eq!(keys[0].id, DayKeyId(first));
}
