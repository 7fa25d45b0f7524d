//! A thousand verdicts of real passages, decided again from their records and the policies they name (DOMAIN §17).
//! A walk over places, lanes, lists, clocks, people and what they show; the same every time.

#![expect(clippy::unwrap_used, clippy::panic, reason = "what goes wrong here must fail the test")]

use std::collections::BTreeMap;
use std::fs;

use gate_core::manifest::Dataset;
use gate_core::query::Sequence;
use gate_signing::archive::{ArchiveFault, PolicyFiles};
use gate_signing::demo_issuers::DemoIssuer;
use gate_signing::inputs::Inputs;
use gate_signing::issue::Claim;
use gate_signing::records::replay::{Part, Replayed, replay};
use gate_sim::people::{EXPIRED, Person, VALID};
use gate_sim::stage::{Fitted, Issue, RtcAtStart, Setting, Stage, province};
use gate_status::Scope;
use gate_wire::credential::{Certifier, Colour, Condition, TestResult};
use gate_wire::record::{Record, RecordKind};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

const WANTED: usize = 1_000;
const COLOURS: [Colour; 3] = [Colour::Green, Colour::Yellow, Colour::Red];

struct Walk {
    rng: ChaCha8Rng,
}

impl Walk {
    fn of<T: Copy>(&mut self, values: &[T]) -> T {
        values[self.rng.next_u32() as usize % values.len()]
    }

    /// A terminal somewhere, on some day.
    fn stage(&mut self, inputs: Inputs) -> Stage {
        let province = province().unwrap();
        let listed = (0..12).map(|serial| {
            let subject = province.subject(&Person::new(serial).unwrap().document).unwrap();
            (vec![subject], COLOURS[usize::from(serial) % 3])
        });
        let scope = self.of(&[Scope::Population, Scope::Population, Scope::Exceptions]);
        let listed =
            listed.filter(|(_, colour)| scope == Scope::Population || *colour != Colour::Green).collect();
        let without = self.of(&[&[][..], &[], &[], &[], &[Dataset::StatusList], &[Dataset::KeySet]]).to_vec();
        let setting = Setting {
            place: self.of(&[1, 1, 2]),
            lane: self.of(&[1, 1, 1, 9]),
            list_age_s: self.of(&[3_600, 3_600, 3 * 86_400, 9 * 86_400]),
            rtc: self.of(&[RtcAtStart::Healthy, RtcAtStart::Healthy, RtcAtStart::Healthy, RtcAtStart::Dead]),
            thermometer: self.of(&[Fitted::No, Fitted::Yes]),
            scope,
            listed,
            without,
            inputs,
            ..Setting::default()
        };
        Stage::new(setting, province).unwrap()
    }

    /// Somebody comes and shows something.
    fn somebody(&mut self, stage: &mut Stage) {
        let person = Person::new(self.of(&[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 30, 31])).unwrap();
        let warmth = self.of(&[365, 366, 371, 385]);
        stage.world.thermometer().set(Some(warmth));
        let shows = self.rng.next_u32() % 20;
        if shows < 15 || shows == 19 {
            let valid = self.of(&[VALID, VALID, VALID, EXPIRED]);
            stage.reader.pad.insert(person.card(valid).unwrap());
        }
        if shows >= 15 {
            let code = self.code(stage, &person);
            stage.hold_phone(&code).unwrap();
        }
        stage.run(700).unwrap();
        stage.reader.pad.remove();
        stage.hold_nothing();
        stage.run(1_400).unwrap();
    }

    fn code(&mut self, stage: &mut Stage, person: &Person) -> String {
        let colour = self.of(&COLOURS);
        let result = self.of(&[TestResult::Negative, TestResult::Negative, TestResult::Positive]);
        let by = self.of(&[DemoIssuer::Province, DemoIssuer::Province, DemoIssuer::OtherProvince]);
        let (by, claim, age_s, life_s) = match self.rng.next_u32() % 8 {
            0..=2 => (by, Claim::Screen(Condition::Colour(colour)), self.of(&[60, 300, 1_200]), 900),
            3 => (by, Claim::Paper(Condition::Colour(colour)), self.of(&[7_200, 200_000]), 30 * 86_400),
            4 => {
                let claim = Claim::Screen(self.of(&[Condition::NoAbnormality, Condition::Abnormal]));
                (DemoIssuer::National, claim, 60, 900)
            }
            5 => {
                let sampled = stage.time().minus(self.of(&[1, 3, 7, 9]) * 86_400);
                (DemoIssuer::Laboratory, Claim::Test { sampled, result }, 3_600, 86_400 * 8)
            }
            6 => (DemoIssuer::Community, Claim::Certificate(Certifier::Community), 3_600, 86_400 * 3),
            _ => return "https://poster.example.invalid/".into(),
        };
        stage.issue(by, person, Issue { claim, age_s, life_s }).unwrap().text
    }
}

fn passages(stage: &Stage) -> Vec<(Sequence, Record)> {
    let records = stage.records().unwrap();
    records.into_iter().filter(|(_, record)| record.kind == RecordKind::Passage).collect()
}

fn policies(stage: &Stage) -> PolicyFiles {
    PolicyFiles(stage.directory().join("believed"))
}

#[test]
fn a_thousand_verdicts_are_the_same_when_they_are_decided_again() {
    let mut walk = Walk { rng: ChaCha8Rng::seed_from_u64(17) };
    let (mut identical, mut stages, mut reasons) = (0, 0, BTreeMap::new());
    while identical < WANTED {
        let mut stage = walk.stage(Inputs::demo());
        (0..40).for_each(|_| walk.somebody(&mut stage));
        let shelf = policies(&stage);
        for (sequence, record) in passages(&stage) {
            let replayed = replay(&record, &shelf);
            assert!(matches!(replayed, Replayed::Identical(_)), "stage {stages}, {sequence:?}: {replayed:?}");
            *reasons.entry(String::from_utf8_lossy(&record.reason).into_owned()).or_insert(0) += 1;
            identical += 1;
        }
        stages += 1;
    }
    println!("{identical} verdicts of {stages} terminals replayed, all identical, by reason: {reasons:?}");
    assert!(reasons.len() >= 15, "a walk that sees little proves little: {reasons:?}");
}

/// Records of one terminal that each decide by a row of their own.
fn samples() -> (Stage, Vec<Record>) {
    let mut walk = Walk { rng: ChaCha8Rng::seed_from_u64(5) };
    let mut stage = walk.stage(Inputs::demo());
    (0..60).for_each(|_| walk.somebody(&mut stage));
    let mut records: Vec<Record> = passages(&stage).into_iter().map(|(_, record)| record).collect();
    records.sort_by_key(|record| (record.row, record.reason));
    records.dedup_by_key(|record| (record.row, record.reason));
    (stage, records)
}

fn parts(record: &Record, stage: &Stage) -> Vec<Part> {
    match replay(record, &policies(stage)) {
        Replayed::Differs(_, differences) => {
            differences.into_iter().map(|difference| difference.what).collect()
        }
        Replayed::Identical(_) => Vec::new(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_record_changed_in_one_thing_that_was_decided_is_not_the_same() {
    let (stage, records) = samples();
    assert!(records.len() >= 6, "{}", records.len());
    for good in &records {
        let changed = |change: &dyn Fn(&mut Record)| {
            let mut record = good.clone();
            change(&mut record);
            parts(&record, &stage)
        };
        let other = if good.verdict == b'P' { b'S' } else { b'P' };
        assert_eq!(changed(&|record| record.verdict = other), [Part::Verdict]);
        assert_eq!(changed(&|record| record.advice ^= 1), [Part::Advice]);
        assert_eq!(changed(&|record| record.publicity ^= 3), [Part::Publicity]);
        assert_eq!(changed(&|record| record.row += 1), [Part::Row]);
        let reason = if &good.reason == b"A30" { *b"A33" } else { *b"A30" };
        assert!(changed(&|record| record.reason = reason).contains(&Part::Reason) || good.row == 0);
        assert!(changed(&|record| record.direction ^= 3).contains(&Part::Direction) || good.row == 0);
        if good.row == 0 {
            continue;
        }
        assert_eq!(changed(&|record| record.clock ^= 1), [Part::Clock]);
        assert!(changed(&|record| record.case[8] = 3 - record.case[8]).contains(&Part::Clock));
        assert!(changed(&|record| record.case[11] = 3 - record.case[11]).contains(&Part::Uses));
        let uses = if good.case[11] == 1 { u16::MAX } else { 0 };
        assert_eq!(changed(&|record| record.uses = uses), [Part::Uses]);
        assert!(changed(&|record| record.case[4] = record.case[4] % 3 + 1).contains(&Part::Finding));
    }
}

#[test]
fn another_policy_under_the_same_version_is_refused() {
    let (stage, records) = samples();
    let decided: Vec<&Record> = records.iter().filter(|record| record.row > 0).collect();
    let folder = tempfile::tempdir().unwrap();
    let hospital = decided[0].case[0] == 2;
    let name = if hospital { "policy-hospital.1.json" } else { "policy-station.1.json" };
    let text = fs::read_to_string(stage.directory().join("believed").join(name)).unwrap();
    fs::write(
        folder.path().join("swapped.json"),
        text.replace("fever_clinic_lane", "staff_lane").replace("staff_is_coming", "register_at_staff_lane"),
    )
    .unwrap();
    let swapped = PolicyFiles(folder.path().to_path_buf());
    for record in &decided {
        let replayed = replay(record, &swapped);
        let refused =
            matches!(replayed, Replayed::WithoutPolicy(ArchiveFault::MatchRecord { version: 1, .. }));
        assert!(refused, "{replayed:?}");
        let nothing = PolicyFiles(folder.path().join("swapped.json"));
        let older = Record { versions: Default::default(), ..(*record).clone() };
        let replayed = replay(&older, &nothing);
        assert!(matches!(replayed, Replayed::WithoutPolicy(ArchiveFault::FindVersion { version: 0, .. })));
    }
    // A record of before digests: the swapped text is taken, and what it changes shows.
    let nameless = |record: &Record| Record { policy_digest: [0; 8], ..record.clone() };
    let differ = decided.iter().filter(|record| {
        matches!(replay(&nameless(record), &swapped), Replayed::Differs(_, found) if found[0].what == Part::Advice)
    });
    assert!(differ.count() >= 1);
}
