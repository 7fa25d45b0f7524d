use std::collections::{BTreeMap, BTreeSet};
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::FileExt;
use std::path::Path;

use super::*;

/// xorshift64*: the same entries in every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    fn below(&mut self, end: usize) -> usize {
        (self.roll() % end as u64) as usize
    }
}

struct World {
    credentials: BTreeSet<RevokedCredential>,
    people: BTreeMap<[u8; 12], u64>,
}

const KIDS: [Kid; 3] = [Kid(*b"cn01"), Kid(*b"sc01"), Kid(*b"sc02")];

impl World {
    fn new(dice: &mut Dice, credentials: usize, people: usize) -> World {
        let mut world = World { credentials: BTreeSet::new(), people: BTreeMap::new() };
        while world.credentials.len() < credentials {
            let kid = KIDS[dice.below(KIDS.len())];
            world.credentials.insert(RevokedCredential { kid, id: CredentialId(dice.roll().to_be_bytes()) });
        }
        while world.people.len() < people {
            let before = 1_700_000_000 + dice.roll() % 1_000_000;
            world.people.insert(person(dice.roll()), before);
        }
        world
    }

    fn bytes(&self) -> Vec<u8> {
        let credentials: Vec<_> = self.credentials.iter().copied().collect();
        let void = |(subject, before): (&[u8; 12], &u64)| VoidBefore {
            subject: Subject::from_bytes(*subject),
            before: Timestamp::from_unix(*before).unwrap(),
        };
        let people: Vec<_> = self.people.iter().map(void).collect();
        let mut bytes = Vec::new();
        write_revocations(&mut bytes, &head(), &credentials, &people).unwrap();
        bytes
    }
}

fn person(number: u64) -> [u8; 12] {
    let mut subject = [0x5A; 12];
    subject[..8].copy_from_slice(&number.to_be_bytes());
    subject
}

fn head() -> RevocationsHead {
    let as_of = Timestamp::from_unix(1_795_104_000).unwrap();
    RevocationsHead { version: 7, as_of, credentials: 0, subjects: 0 }
}

fn kept(directory: &Path, bytes: &[u8]) -> (std::path::PathBuf, Result<Revocations, RevocationsFault>) {
    let path = directory.join("revocations");
    File::create(&path).unwrap().write_all(bytes).unwrap();
    let opened = Revocations::open(File::open(&path).unwrap(), |_| {});
    (path, opened)
}

fn ask(
    revocations: &Revocations,
    of: RevokedCredential,
    issued: u64,
    subject: Option<[u8; 12]>,
) -> Result<Standing, RevocationsFault> {
    let subject = subject.map(Subject::from_bytes);
    revocations.standing((of.kid, of.id), Timestamp::from_unix(issued).unwrap(), subject.as_ref())
}

/// A credential that nobody revoked.
const OTHER: RevokedCredential = RevokedCredential { kid: Kid(*b"sc02"), id: CredentialId([0x77; 8]) };

#[test]
fn answers_are_those_of_a_set_and_a_map_at_every_size_around_a_page() {
    let directory = tempfile::tempdir().unwrap();
    for (credentials, people) in [(0, 0), (1, 0), (0, 1), (3, 255), (600, 256), (511, 1), (2_000, 3_000)] {
        let mut dice = Dice(credentials as u64 * 31 + people as u64 + 1);
        let world = World::new(&mut dice, credentials, people);
        let revocations = kept(directory.path(), &world.bytes()).1.unwrap();
        assert_eq!(
            (revocations.head().credentials, revocations.head().subjects, revocations.head().version),
            (credentials as u32, people as u32, 7)
        );
        for of in &world.credentials {
            assert_eq!(ask(&revocations, *of, 0, None).unwrap(), Standing::Void);
            for near in neighbours(*of) {
                let expected =
                    if world.credentials.contains(&near) { Standing::Void } else { Standing::NotRevoked };
                assert_eq!(ask(&revocations, near, 0, None).unwrap(), expected);
            }
        }
        for (subject, before) in &world.people {
            assert_eq!(ask(&revocations, OTHER, before - 1, Some(*subject)).unwrap(), Standing::Void);
            assert_eq!(ask(&revocations, OTHER, *before, Some(*subject)).unwrap(), Standing::NotRevoked);
            let stranger = person(dice.roll());
            assert_eq!(ask(&revocations, OTHER, 0, Some(stranger)).unwrap(), Standing::NotRevoked);
        }
    }
}

/// The same id of another key, and the ids beside it.
fn neighbours(of: RevokedCredential) -> Vec<RevokedCredential> {
    let number = u64::from_be_bytes(of.id.0);
    let beside = [number.wrapping_sub(1), number.wrapping_add(1)];
    let beside = beside.map(|n| RevokedCredential { kid: of.kid, id: CredentialId(n.to_be_bytes()) });
    let elsewhere = KIDS.into_iter().chain([Kid([0; 4]), Kid([255; 4])]);
    elsewhere.map(|kid| RevokedCredential { kid, ..of }).filter(|other| *other != of).chain(beside).collect()
}

#[test]
fn a_byte_that_changes_on_the_disk_never_makes_a_revoked_code_good() {
    let directory = tempfile::tempdir().unwrap();
    let mut dice = Dice(99);
    let world = World::new(&mut dice, 5_000, 1_500);
    let bytes = world.bytes();
    let (path, opened) = kept(directory.path(), &bytes);
    let (revocations, disk) = (opened.unwrap(), OpenOptions::new().write(true).open(&path).unwrap());
    let (mut void, mut faults) = (0_u32, 0_u32);
    for _ in 0..2_000 {
        let at = dice.below(bytes.len());
        let wrong = bytes[at] ^ (1 << dice.below(8));
        disk.write_all_at(&[wrong], at as u64).unwrap();
        for of in world.credentials.iter().step_by(97) {
            count(ask(&revocations, *of, 0, None), &mut void, &mut faults);
        }
        for (subject, before) in world.people.iter().step_by(31) {
            count(ask(&revocations, OTHER, before - 1, Some(*subject)), &mut void, &mut faults);
        }
        disk.write_all_at(&bytes[at..=at], at as u64).unwrap();
    }
    assert!(void > 100_000 && faults > 1_000, "{void} answers, {faults} faults");
}

fn count(answer: Result<Standing, RevocationsFault>, void: &mut u32, faults: &mut u32) {
    match answer {
        Ok(Standing::Void) => *void += 1,
        Ok(Standing::NotRevoked) => panic!("a revoked credential was called good"),
        Err(_) => *faults += 1,
    }
}

#[test]
fn every_entry_of_a_damaged_page_is_a_fault_and_of_every_other_page_an_answer() {
    let directory = tempfile::tempdir().unwrap();
    let world = World::new(&mut Dice(5), 2_000, 600);
    let bytes = world.bytes();
    for page in 1..bytes.len() / PAGE_BYTES {
        let (path, opened) = kept(directory.path(), &bytes);
        let disk = OpenOptions::new().write(true).open(&path).unwrap();
        // The last byte: filling, which no search would ever look at.
        let at = (page + 1) * PAGE_BYTES - 1;
        disk.write_all_at(&[bytes[at] ^ 1], at as u64).unwrap();
        let revocations = opened.unwrap();
        let credentials = world.credentials.iter().map(|of| ask(&revocations, *of, 0, None));
        let people = world.people.keys().map(|subject| ask(&revocations, OTHER, 0, Some(*subject)));
        let faults = credentials.chain(people).filter(Result::is_err).count();
        let of_page = u16::from_be_bytes([bytes[page * PAGE_BYTES + 4], bytes[page * PAGE_BYTES + 5]]);
        // OTHER itself is asked for with each person, and may lie in the damaged page.
        assert!(faults == usize::from(of_page) || faults == usize::from(of_page) + world.people.len());
    }
}

#[test]
fn a_file_that_grows_shorter_under_us_is_a_fault() {
    let directory = tempfile::tempdir().unwrap();
    let world = World::new(&mut Dice(6), 1_000, 300);
    let (path, opened) = kept(directory.path(), &world.bytes());
    let revocations = opened.unwrap();
    OpenOptions::new().write(true).open(path).unwrap().set_len(PAGE_BYTES as u64 + 100).unwrap();
    for of in &world.credentials {
        ask(&revocations, *of, 0, None).unwrap_err();
    }
}

#[test]
fn a_file_that_is_not_in_the_form_is_refused_when_it_is_opened() {
    let directory = tempfile::tempdir().unwrap();
    let good = World::new(&mut Dice(7), 600, 300).bytes();
    kept(directory.path(), &good).1.unwrap();
    let changed = |at: usize, byte: u8| {
        let mut bytes = good.clone();
        bytes[at] = byte;
        bytes
    };
    let swapped = {
        let mut bytes = good.clone();
        let (a, b) = bytes.split_at_mut(PAGE_BYTES + 16);
        a[PAGE_BYTES + 8..].swap_with_slice(&mut b[..8]);
        bytes
    };
    let people = good.len() - 2 * PAGE_BYTES;
    for (what, bytes) in [
        ("nothing", Vec::new()),
        ("half a head", good[..100].to_vec()),
        ("a page too few", good[..good.len() - PAGE_BYTES].to_vec()),
        ("a byte too many", [good.as_slice(), &[0]].concat()),
        ("another form", changed(7, b'2')),
        ("a head with a tail", changed(4095, 1)),
        ("counts that no file has", changed(20, 0xFF)),
        ("a count that the rows are not", changed(23, good[23].wrapping_add(1))),
        ("pages that the file has not", changed(31, good[31].wrapping_add(1))),
        ("an as-of time that is none", changed(12, 0xFF)),
        ("a page without rows", changed(PAGE_BYTES + 5, 0)),
        ("a page with too many rows", changed(PAGE_BYTES + 4, 0xFF)),
        ("bytes that are to be zero", changed(PAGE_BYTES + 7, 1)),
        ("a name on a page of people", changed(people, 1)),
        ("rows out of order", swapped),
        ("a row twice", {
            let mut bytes = good.clone();
            bytes.copy_within(PAGE_BYTES + 8..PAGE_BYTES + 16, PAGE_BYTES + 16);
            bytes
        }),
    ] {
        assert!(kept(directory.path(), &bytes).1.is_err(), "{what}");
    }
}

#[test]
fn every_byte_is_handed_over_once_and_in_order() {
    let directory = tempfile::tempdir().unwrap();
    let bytes = World::new(&mut Dice(8), 700, 300).bytes();
    let path = kept(directory.path(), &bytes).0;
    let mut seen = Vec::new();
    let revocations =
        Revocations::open(File::open(path).unwrap(), |part| seen.extend_from_slice(part)).unwrap();
    assert!(seen == bytes);
    assert_eq!(revocations.index_bytes(), 44 * (bytes.len() / PAGE_BYTES - 1));
}

#[test]
fn what_a_reader_would_refuse_is_not_written() {
    let of = |n: u8| RevokedCredential { kid: KIDS[0], id: CredentialId([n; 8]) };
    let void = |n: u8, before| VoidBefore {
        subject: Subject::from_bytes([n; 12]),
        before: Timestamp::from_unix(before).unwrap(),
    };
    let write = |credentials: &[_], people: &[_]| {
        write_revocations(&mut Vec::new(), &head(), credentials, people).unwrap_err()
    };
    assert!(matches!(write(&[of(1), of(1)], &[]), RevocationsFault::Order { at: 1 }));
    assert!(matches!(write(&[of(1), of(3), of(2)], &[]), RevocationsFault::Order { at: 2 }));
    assert!(matches!(write(&[], &[void(2, 5), void(1, 5)]), RevocationsFault::Order { at: 1 }));
    assert!(matches!(write(&[], &[void(1, 1 << 32)]), RevocationsFault::FitTime { at: 0 }));
    let many = vec![of(1); CREDENTIALS_MOST as usize + 1];
    assert!(matches!(write(&many, &[]), RevocationsFault::Fit { what: "credentials", .. }));
}
