//! A desk with two officers, a terminal of it that recorded passages, and its journal as it comes from the field.
#![allow(dead_code, reason = "each test program uses a part")]

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use gate_core::case::{
    Case, DataAge, EvidenceKind, Finding, IssuerClass, Source, Temperature, TestAge, UseClass,
};
use gate_core::decide;
use gate_core::journal::{Durability, Entry as JournalEntry, Journal, Tally};
use gate_core::keyset::Region;
use gate_core::manifest::Demo;
use gate_core::policy::Policy;
use gate_core::query::TerminalNumber;
use gate_core::time::ClockTrust;
use gate_core::verdict::{Direction, PlaceKind, RiskLevel, Verdict};
use gate_proof::digest::sha256;
use gate_proof::ed25519::SigningKey;
use gate_proof::seal::SealingKey;
use gate_proof::stretch::MemoryKib;
use gate_signing::custody::{Asked, CustodyFault, Prompt};
use gate_signing::desk::access::{Access, CustodyChoice};
use gate_signing::desk::{Desk, Order};
use gate_signing::log::Clock;
use gate_signing::log::entry::{CaseNumber, Operator};
use gate_signing::officers::TwoOfficers;
use gate_signing::officers::approval::{Approval, Statement};
use gate_signing::province::Founding;
use gate_signing::publish::Device;
use gate_store::{DayKey, DayKeyId, DayKeys, JournalConfig, JournalKeys, SqliteJournal};
use gate_wire::record::{DataVersions, Record, RecordKind};
use gate_wire::time::{Day, Millis, Timestamp};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use tempfile::TempDir;
use zeroize::Zeroizing;

pub(crate) type TestJournal = SqliteJournal<ChaCha20Rng>;

struct Answer;

impl Prompt for Answer {
    fn ask(&self, _asked: Asked) -> Result<Zeroizing<String>, CustodyFault> {
        Ok(Zeroizing::new("a passphrase for tests only".into()))
    }
}

/// The day on which the desk was founded and passages were made: 2026-11-20, 08:00.
pub(crate) fn founded() -> Timestamp {
    Timestamp::from_unix(1_795_132_800).unwrap()
}

pub(crate) fn terminal() -> TerminalNumber {
    TerminalNumber::new(3).unwrap()
}

pub(crate) fn case() -> CaseNumber {
    CaseNumber::parse("CG-2026/0017").unwrap()
}

pub(crate) fn access(now: Timestamp) -> Access {
    Access { operator: Operator::parse("tester"), clock: Clock::Fixed(now), prompt: Arc::new(Answer) }
}

pub(crate) fn officer_key(seed: u8) -> SigningKey {
    SigningKey::from_seed(&[seed; 32])
}

/// A desk whose keys lie in encrypted files, with the officers chen (1) and li (2), published once.
pub(crate) struct World {
    pub(crate) dir: TempDir,
    pub(crate) policy: Policy,
    digest: [u8; 8],
    /// How often officers were asked.
    asked: AtomicU64,
}

impl World {
    pub(crate) fn new(region: &str) -> World {
        let world = World::unattended(region);
        let mut desk = world.desk(founded());
        for (name, seed) in [("chen", 1), ("li", 2)] {
            desk.add_officer(&Operator::parse(name).unwrap(), &officer_key(seed).public_key(), None).unwrap();
        }
        drop(desk);
        world
    }

    /// The same before it has officers.
    pub(crate) fn unattended(region: &str) -> World {
        let dir = tempfile::tempdir().unwrap();
        let founding = Founding {
            region: Region::parse(region).unwrap(),
            nature: Demo::Yes,
            tag_memory: MemoryKib::LEAST,
            founded: founded(),
            days: 90,
        };
        let mut rng = ChaCha20Rng::seed_from_u64(u64::from(region.as_bytes()[0]));
        let desk_dir = dir.path().join("desk");
        let mut desk =
            Desk::found(&desk_dir, &founding, &CustodyChoice::Age, &access(founded()), &mut rng).unwrap();
        let order = Order {
            now: founded(),
            terminal: terminal(),
            device: Device::MadeHere,
            status: None,
            deltas: &[],
            without: &[],
        };
        desk.publish(&dir.path().join("data"), &order, &mut rng).unwrap();
        let text = fs::read(dir.path().join("data").join("policy-station.1.json")).unwrap();
        let digest = *sha256(&[&text]).as_bytes().first_chunk().unwrap();
        let asked = AtomicU64::new(0);
        World { policy: Policy::load(&text).unwrap(), dir, digest, asked }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub(crate) fn desk(&self, now: Timestamp) -> Desk {
        Desk::open_as(&self.path("desk"), &access(now)).unwrap()
    }

    /// The approval of one officer.
    pub(crate) fn approval(&self, statement: &Statement, seed: u8, at: Timestamp) -> Vec<u8> {
        Approval::sign(statement, at, &officer_key(seed)).unwrap()
    }

    /// Both officers' approval, given anew each time: one second before the last one asked for.
    pub(crate) fn approved(&self, statement: &Statement, at: Timestamp) -> TwoOfficers {
        let desk = Desk::open_beside(&self.path("desk"), &access(at)).unwrap();
        let given = at.minus(self.asked.fetch_add(1, Ordering::Relaxed));
        let [one, other] = [1, 2].map(|seed| self.approval(statement, seed, given));
        desk.officers().admit([&one, &other], statement, at).unwrap()
    }

    /// A passage of lane `lane` at `at`: green, or red for every fifth; decided by the policy in force.
    pub(crate) fn passage(&self, number: u64, lane: u16, at: Timestamp) -> Record {
        let case = Case {
            place: PlaceKind::Station,
            risk: RiskLevel::Low,
            direction: Direction::In,
            evidence: EvidenceKind::Card,
            finding: if number.is_multiple_of(5) { Finding::Red } else { Finding::Green },
            source: Source::List,
            test: TestAge::NoTest,
            data: DataAge::Fresh,
            clock: ClockTrust::Confirmed,
            temperature: Temperature::NotMeasured,
            issuer: IssuerClass::Ours,
            uses: UseClass::First,
        };
        let decision = decide::replay(&case, &self.policy);
        let mut record = Record::blank(RecordKind::Passage, at, Millis(number));
        (record.clock, record.place, record.lane, record.direction) = (1, 1, lane, 1);
        record.reason.copy_from_slice(decision.reason().code().as_bytes());
        record.verdict = if decision.verdict() == Verdict::Pass { b'P' } else { b'S' };
        record.advice = decision.advice() as u8 + 1;
        record.publicity = decision.publicity() as u8 + 1;
        record.case = case.indices().map(|index| index + 1);
        record.row = decision.basis().unwrap().1.0;
        (record.document, record.subject) = (1, [7; 12]);
        record.list_answer = if case.finding == Finding::Red { 7 } else { 5 };
        record.list_as_of = at.minus(3_600);
        record.versions =
            DataVersions { key_set: 1, policy: 1, list: 1, revocations: 1, places: 1, staff: 1 };
        record.policy_digest = self.digest;
        record
    }

    pub(crate) fn day_keys(&self) -> Vec<DayKey> {
        let published: serde_json::Value =
            serde_json::from_slice(&fs::read(self.path("data").join("day-keys.1.json")).unwrap()).unwrap();
        let key = |entry: &serde_json::Value| {
            let number = |name: &str| u32::try_from(entry[name].as_u64().unwrap()).unwrap();
            let x = bytes_of(entry["x"].as_str().unwrap());
            let key = SealingKey::admit(&x).unwrap();
            DayKey { day: Day(number("day")), id: DayKeyId(number("id")), key }
        };
        published["keys"].as_array().unwrap().iter().map(key).collect()
    }

    pub(crate) fn journal(&self, folder: &Path) -> TestJournal {
        fs::create_dir_all(folder).unwrap();
        let secrets: serde_json::Value =
            serde_json::from_slice(&fs::read(self.path("data").join("terminal.keys.json")).unwrap()).unwrap();
        let seed = gate_core::json::hex(secrets["record_key_seed"].as_str().unwrap()).unwrap();
        let (database, reserve) = (folder.join("journal.db"), folder.join("reserve.bin"));
        let keys = JournalKeys {
            day_keys: DayKeys::new(self.day_keys()).unwrap(),
            record_key: SigningKey::from_seed(&seed),
        };
        let config = JournalConfig::new(database, reserve, terminal(), founded(), 7);
        SqliteJournal::open(config, keys, ChaCha20Rng::seed_from_u64(5)).unwrap()
    }

    /// A terminal in the field: a passage a minute from the founding on, by turns in lanes 1 and 2.
    pub(crate) fn field(&self, name: &str, count: u64) -> PathBuf {
        let folder = self.path(name);
        let mut journal = self.journal(&folder);
        for number in 1..=count {
            let (lane, at) = (1 + (number % 2) as u16, founded().plus(60 * number));
            append(&mut journal, self.passage(number, lane, at));
        }
        folder
    }
}

pub(crate) fn append(journal: &mut TestJournal, record: Record) {
    let (day, place, lane, letter) = (record.at.civil_day(), record.place, record.lane, record.verdict);
    let tally = Some(Tally { day, place, lane, letter });
    journal.append(&JournalEntry { record, use_key: None, tally, durability: Durability::Required }).unwrap();
}

/// 43 characters of base64url.
fn bytes_of(text: &str) -> [u8; 32] {
    let digit = |c: u8| match c {
        b'A'..=b'Z' => c - b'A',
        b'a'..=b'z' => c - b'a' + 26,
        b'0'..=b'9' => c - b'0' + 52,
        b'-' => 62,
        _ => 63,
    };
    let mut bits = text.bytes().flat_map(|c| (0..6).rev().map(move |bit| digit(c) >> bit & 1));
    core::array::from_fn(|_| (0..8).fold(0, |byte, _| byte << 1 | bits.next().unwrap_or(0)))
}
