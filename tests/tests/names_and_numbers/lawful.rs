//! What the authority does with what a terminal wrote: a lawful request for everybody who passed, the report, the
//! destruction of a day's key with its certificate, the log's signed head. All of it is left in the searched folder.

use std::fs;
use std::path::Path;

use gate_proof::ed25519::SigningKey;
use gate_signing::day_keys::{RETENTION_DAYS, request_to_destroy};
use gate_signing::desk::Desk;
use gate_signing::log::entry::{CaseNumber, Operator};
use gate_signing::officers::approval::{Approval, Approved, Statement};
use gate_signing::officers::{TwoOfficers, statement};
use gate_signing::records::desk_keys::KeysSought;
use gate_signing::records::lawful::{Carried, Order, ReportPlace, carry_out, request};
use gate_signing::records::selection::Selection;
use gate_signing::records::terminals::Terminals;
use gate_sim::stage::{Stage, beginning, province, terminal_number};
use gate_wire::time::{Day, Timestamp};

/// Days from the passages until their day's key is destroyed.
const UNTIL_DUE: u32 = RETENTION_DAYS + 2;

fn case() -> CaseNumber {
    CaseNumber::parse("CG-2026/0017").unwrap()
}

fn officer(seed: u8) -> SigningKey {
    SigningKey::from_seed(&[seed; 32])
}

/// Opens every record that the terminal kept at its place, then destroys the key that opened them.
pub(crate) fn open_and_destroy(stage: &Stage, root: &Path) -> Carried {
    let place = root.join("authority");
    let mut desk = Desk::create(&place, province().unwrap().into_province()).unwrap();
    for (name, seed) in [("chen", 1), ("li", 2)] {
        desk.add_officer(&Operator::parse(name).unwrap(), &officer(seed).public_key(), None).unwrap();
    }
    let mut terminals = Terminals::default();
    let record_key = stage.province.province().record_key(terminal_number()).unwrap();
    terminals.add(terminal_number(), record_key).unwrap();
    terminals.save(&place).unwrap();
    let carried = opened(&desk, stage, root);
    let (now, before) = (beginning().plus(u64::from(UNTIL_DUE) * 86_400), Day(beginning().civil_day().0 + 1));
    let wanted = request_to_destroy(before, RETENTION_DAYS);
    let wanted = statement(&desk, Approved::DestroyDayKeys, &case(), &wanted).unwrap();
    let officers = approved((&desk, root), &wanted, now);
    desk.destroy_day_keys(before, &officers, now).unwrap();
    fs::write(root.join("head.cose"), desk.sign_log_head().unwrap().1).unwrap();
    carried
}

/// Whoever passed the terminal's place since the beginning.
fn opened(desk: &Desk, stage: &Stage, root: &Path) -> Carried {
    let now = stage.time().plus(3_600);
    let selection = Selection::place(stage.setting().place, None, beginning(), stage.time()).unwrap();
    let wanted = request(desk, &case(), &selection).unwrap();
    let officers = approved((desk, root), &wanted, now);
    let (records, policies) = ([stage.directory().to_path_buf()], stage.directory().join("believed"));
    let order = Order {
        selection: &selection,
        records: &records,
        policies: Some(&policies),
        sought: KeysSought::OfTheDays,
        now,
    };
    let carried = carry_out(desk, &officers, &order).unwrap();
    carried.report.save(&ReportPlace::make(&root.join("report")).unwrap()).unwrap();
    carried
}

/// Both officers' consent; request and approvals stay as files, as at a desk.
fn approved((desk, root): (&Desk, &Path), wanted: &Statement, now: Timestamp) -> TwoOfficers {
    let name = |what: &str| root.join(format!("{}.{what}", now.unix()));
    fs::write(name("request"), wanted.to_text()).unwrap();
    let given = [1_u8, 2].map(|seed| {
        let approval = Approval::sign(wanted, now, &officer(seed)).unwrap();
        fs::write(name(&format!("{seed}.approval")), &approval).unwrap();
        approval
    });
    desk.officers().admit([&given[0], &given[1]], wanted, now).unwrap()
}
