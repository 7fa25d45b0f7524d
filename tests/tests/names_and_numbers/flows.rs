//! What desk and terminal do with the people: lists, codes one by one and from tables, sheets, staff, revocation,
//! publishing; cards, screen codes, paper codes, typed numbers, a member of staff.

use std::fs::{self, File};
use std::num::NonZeroUsize;
use std::path::Path;

use gate_core::attendant::Key;
use gate_core::keyset::Region;
use gate_core::manifest::Demo;
use gate_core::query::TerminalNumber;
use gate_core::screen::{Screen, Told};
use gate_core::verdict::Verdict;
use gate_proof::stretch::MemoryKib;
use gate_signing::bulk::{BulkOptions, CsvCodes, HEADER, HeldTo, Kinds, MAX_ROWS, Target};
use gate_signing::demo_issuers::DemoIssuer;
use gate_signing::desk::{Desk, Order};
use gate_signing::issue::{Claim, IssueRequest};
use gate_signing::province::{Founding, Province};
use gate_signing::publish::Device;
use gate_signing::revocation::{CheckDigit, Revocation};
use gate_signing::sheets::{DEFAULT_FONT, SheetFont, Sheets};
use gate_sim::people::VALID;
use gate_sim::stage::{Issue, Setting, Stage, beginning, province};
use gate_status::Scope;
use gate_wire::credential::{Certifier, Colour, Condition, Role, TestResult};
use gate_wire::record::Record;
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use tempfile::TempDir;

use crate::people::Invented;

const GREEN: Condition = Condition::Colour(Colour::Green);
const PIN: &str = "482913";

/// A desk's folder, and a terminal that is still running.
pub(crate) struct World {
    folder: TempDir,
    pub(crate) stage: Stage,
}

impl World {
    pub(crate) fn root(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn records(&self) -> usize {
        self.stage.records().unwrap().len()
    }
}

pub(crate) fn play(crowd: &[Invented]) -> World {
    let folder = tempfile::tempdir().unwrap();
    desk(crowd, folder.path());
    World { stage: passages(crowd), folder }
}

fn desk(crowd: &[Invented], root: &Path) {
    let mut rng = ChaCha20Rng::from_seed([11; 32]);
    let founding = Founding {
        region: Region::parse("510000").unwrap(),
        nature: Demo::Yes,
        tag_memory: MemoryKib::LEAST,
        founded: beginning(),
        days: 3,
    };
    let mut desk = Desk::create(&root.join("desk"), Province::found(&founding, &mut rng).unwrap()).unwrap();
    list(&mut desk, crowd, root);
    one_by_one(&mut desk, crowd, &mut rng);
    orders(&mut desk, crowd, root);
    tables(&desk, crowd, root);
    let list = desk.status_file();
    let order = Order {
        now: beginning(),
        terminal: TerminalNumber::new(3).unwrap(),
        device: Device::MadeHere,
        status: Some(&list),
        deltas: &[],
        without: &[],
    };
    desk.publish(&root.join("data"), &order, &mut rng).unwrap();
    desk.save().unwrap();
}

/// A list of everybody, everybody twice so that half is rejected; then a delta.
fn list(desk: &mut Desk, crowd: &[Invented], root: &Path) {
    let header = "document_kind,number,second_number,colour\n";
    let row = |one: &Invented, colour| format!("resident-id,{},,{colour}\n", one.person.number);
    let rows: String = crowd.iter().map(|one| row(one, "green") + &row(one, "red")).collect();
    let (path, mut rejects) = (desk.status_file(), File::create(root.join("list.rejects")).unwrap());
    let place = (path.as_path(), Scope::Population, beginning());
    let built =
        desk.province.build_list_from_table(place, format!("{header}{rows}").as_bytes(), &mut rejects);
    assert_eq!(built.unwrap().rejected, crowd.len() as u64);
    let mut list = desk.province.open_list(&path).unwrap();
    let changes: String = crowd.iter().map(|one| row(one, "yellow")).collect();
    let table = format!("{header}{changes}resident-id,510100194001010011,,red\n");
    let mut rejects = File::create(root.join("delta.rejects")).unwrap();
    let delta =
        desk.province.build_delta(&list, beginning().plus(300), table.as_bytes(), &mut rejects).unwrap();
    list.apply(&delta.file).unwrap();
    desk.keep_changes(&list).unwrap();
    fs::write(root.join("delta"), delta.file).unwrap();
}

fn one_by_one(desk: &mut Desk, crowd: &[Invented], rng: &mut ChaCha20Rng) {
    for one in crowd.iter().take(30) {
        for claim in [
            Claim::Screen(GREEN),
            Claim::Paper(GREEN),
            Claim::Test { sampled: beginning().minus(3_600), result: TestResult::Negative },
            Claim::Certificate(Certifier::Community),
            Claim::Badge(Role::Attendant),
        ] {
            let (document, full_name) = (&one.person.document, one.person.name);
            let request = IssueRequest { document, full_name, claim, issued: beginning(), life_s: 900 };
            let kid = desk.province.issuer_for(claim, beginning()).unwrap();
            let code = desk.province.issue(kid, &request, beginning(), rng).unwrap();
            desk.province.revoke(&[Revocation::Credential(kid, code.id)], beginning()).unwrap();
        }
        let subject =
            desk.province.add_staff(&one.person.document, Role::Attendant, PIN.as_bytes(), rng).unwrap();
        desk.province.revoke(&[Revocation::Person(subject, beginning())], beginning()).unwrap();
        desk.province.retire_staff(&one.person.document).unwrap();
    }
}

/// Everybody voided out of a table, with a wrong number beside each.
fn orders(desk: &mut Desk, crowd: &[Invented], root: &Path) {
    let row = |one: &Invented| {
        let (number, before) = (&one.person.number, "2026-01-01T00:00:00+08:00");
        format!("person,resident-id,{number},{before}\nperson,resident-id,{number}7,{before}\n")
    };
    let table: String = crowd.iter().map(row).collect();
    let read = desk.province.read_orders(table.as_bytes(), beginning(), CheckDigit::Needed).unwrap();
    assert_eq!((read.orders.len(), read.rejected.len()), (crowd.len(), crowd.len()));
    let told: String = read.rejected.iter().map(|one| format!("{},\"{}\"\n", one.line, one.why)).collect();
    fs::write(root.join("orders.rejects"), told).unwrap();
    desk.province.revoke(&read.orders, beginning()).unwrap();
    desk.save().unwrap();
}

/// Codes and sheets of everybody, with a row for each that is rejected.
fn tables(desk: &Desk, crowd: &[Invented], root: &Path) {
    let row = |one: &Invented| {
        let (number, name) = (&one.person.number, one.person.name);
        format!(
            "resident-id,{number},{name},paper_code,green,\nresident-id,{number},{name},paper_code,blue,\n"
        )
    };
    let table = HEADER.join(",") + "\n" + &crowd.iter().map(row).collect::<String>();
    let file = |name: &str| File::create(root.join(name)).unwrap();
    let (mut told, mut told_too) = (|_| (), |_| ());
    let mut codes = CsvCodes::begin(file("codes.csv"), file("codes.rejects"), &mut told).unwrap();
    run(desk, &table, &mut codes, &root.join("tags"), crowd.len() as u64);
    if let Ok(font) = SheetFont::open(DEFAULT_FONT.as_ref()) {
        let files = (file("sheets.pdf"), file("sheets.rejects"));
        let mut sheets = Sheets::begin(files, font, "成都市测试街道办事处", &mut told_too).unwrap();
        run(desk, &table, &mut sheets, &root.join("sheet-tags"), crowd.len() as u64);
        sheets.finish().unwrap();
    } else {
        gate_tests::skip("the sheets", DEFAULT_FONT);
    }
}

fn run(desk: &Desk, table: &str, target: &mut dyn Target, tags: &Path, people: u64) {
    let list = desk.held_list(None).unwrap();
    let options = BulkOptions {
        now: beginning(),
        issued: beginning(),
        kid: None,
        life_s: None,
        kinds: Kinds::Paper,
        most: MAX_ROWS,
        threads: NonZeroUsize::new(2).unwrap(),
        tags,
        held_to: list.as_ref().map_or(HeldTo::Nothing, |list| HeldTo::Insisted(Some(list))),
    };
    let mut rng = ChaCha20Rng::from_seed([12; 32]);
    let done = desk.province.issue_table(table.as_bytes(), target, &options, &mut rng).unwrap();
    assert_eq!((done.rows, done.codes + done.rejected), (2 * people, 2 * people));
    assert!(done.codes > people * 9 / 10, "{done:?}");
}

/// Everybody comes with a card; some show codes; some have their passport typed.
fn passages(crowd: &[Invented]) -> Stage {
    let mut province = province().unwrap();
    let listed = |one: &Invented| (vec![province.subject(&one.person.document).unwrap()], Colour::Green);
    let setting = Setting { listed: crowd.iter().map(listed).collect(), ..Setting::default() };
    let staff = &crowd[0].person;
    province.add_staff(&staff.document, Role::Attendant, PIN.as_bytes()).unwrap();
    let mut stage = Stage::new(setting, province).unwrap();
    for (at, one) in crowd.iter().enumerate() {
        stage.reader.pad.insert(one.person.card(VALID).unwrap());
        let told = verdict(&mut stage);
        expect(&stage, (at, "card"), &told, Verdict::Pass);
        stage.reader.pad.remove();
        stage.run(300).unwrap();
    }
    for (at, one) in crowd.iter().enumerate().filter(|(at, _)| at % 10 == 0) {
        let claim = if at % 20 == 0 { Claim::Paper(GREEN) } else { Claim::Screen(GREEN) };
        let what = Issue { claim, age_s: 60, life_s: 900 };
        let code = stage.issue(DemoIssuer::Province, &one.person, what).unwrap();
        stage.hold_phone(&code.text).unwrap();
        let told = verdict(&mut stage);
        expect(&stage, (at, "code"), &told, Verdict::Pass);
        stage.hold_nothing();
        stage.run(300).unwrap();
    }
    typed(&mut stage, crowd);
    stage
}

/// A member of staff logs in and types passports, a few: typing has its own pace.
fn typed(stage: &mut Stage, crowd: &[Invented]) {
    let what = Issue { claim: Claim::Badge(Role::Attendant), age_s: 60, life_s: 86_400 };
    let badge = stage.issue(DemoIssuer::StaffOffice, &crowd[0].person, what).unwrap();
    stage.hold_phone(&badge.text).unwrap();
    stage.run(600).unwrap();
    stage.hold_nothing();
    stage.world.keys().type_then_ok(PIN).unwrap();
    stage.run(300).unwrap();
    for (at, one) in crowd.iter().take(5).enumerate() {
        assert_eq!(one.passport_document().number().as_bytes(), one.passport.as_bytes());
        stage.world.keys().press_all([Key::Document, Key::Digit(1)]);
        stage.run(100).unwrap();
        stage.world.keys().type_then_ok(&one.passport).unwrap();
        let told = verdict(stage);
        expect(stage, (at, "passport that nobody listed"), &told, Verdict::Assist);
        stage.run(300).unwrap();
    }
}

fn verdict(stage: &mut Stage) -> Told {
    match stage.run_until(2_000, |screen| matches!(screen, Screen::Verdict(_))).unwrap() {
        Screen::Verdict(told) => told,
        other => unreachable!("only a verdict was waited for, not {other:?}"),
    }
}

/// Says who it was, what the terminal said and what it wrote down last: enough to find the cause of what comes once in an hour.
fn expect(stage: &Stage, (at, by): (usize, &str), told: &Told, wanted: Verdict) {
    if told.verdict == wanted {
        return;
    }
    let records = stage.records().unwrap();
    let words = |record: &Record| {
        let reason = String::from_utf8_lossy(&record.reason).into_owned();
        (record.kind, char::from(record.verdict), reason, record.event)
    };
    let last: Vec<_> = records.iter().rev().take(4).map(|(at, record)| (at.0, words(record))).collect();
    let asked: Vec<_> = stage.reader.heard().iter().rev().take(24).rev().collect();
    let (reason, time, count) = (told.reason.code(), stage.time(), records.len());
    assert_eq!(
        told.verdict, wanted,
        "person {at} by {by}: {reason} at {time:?}, {:?}; the reader was asked {asked:?}; {count} records, the last {last:?}",
        told.saved
    );
}
