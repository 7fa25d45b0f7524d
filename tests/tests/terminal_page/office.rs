//! The authority's office: a person has read a query number from the screen to 12345.

use std::path::Path;

use gate_core::keyset::Region;
use gate_core::manifest::Demo;
use gate_core::screen::Screen;
use gate_core::verdict::Verdict;
use gate_proof::stretch::MemoryKib;
use gate_signing::desk::Desk;
use gate_signing::province::{Founding, Province};
use gate_sim::people::{Person, VALID};
use gate_sim::stage::{SEED, Setting, Stage, beginning, province};
use gate_wire::credential::Colour;
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

use crate::manual::{commands, typed};

/// The morning after.
const NOW: &str = "2026-11-21T09:00:00+08:00";
/// Two officers with keys of their own, known to the desk long before.
const OFFICERS: &str = "for name in wang zhao; do key=$(gate-sign officer new --out $name.key)
    gate-sign officer add --dir desk --now 2026-11-21T08:00:00+08:00 --name $name --public-key=$key; done
";
/// Days that the demo has keys for.
const DAYS: u32 = 90;

/// A red card at the gate; its query number, opened and decided again by two officers, by the commands of the authority's
/// manual. Says how many commands that took.
pub(crate) fn replays_one_record() -> u64 {
    let folder = tempfile::tempdir().unwrap();
    let (stage, query) = somebody_is_stopped();
    desk(folder.path());
    let (copies, policies) = (stage.directory().join("journal.db"), stage.directory().join("believed"));
    let commands = commands("authority.en.md", "Opening records");
    // The demo's evening is over; its own number, its own files.
    let now = format!("--now {NOW} ");
    let asked = commands
        .replace("000R-000M", &query)
        .replace("--dir desk ", &format!("--dir desk {now}"))
        .replace("approve ", &format!("approve {now}"))
        .replace("copies/", &format!("{} --policy {}", copies.display(), policies.display()));
    let report = typed(folder.path(), &format!("{OFFICERS}{asked}"));
    assert!(report.contains("its verdict comes out the same again"), "{report}");
    assert!(report.contains("STOP"), "{report}");
    commands.lines().filter(|line| line.starts_with("gate-sign")).count() as u64
}

fn somebody_is_stopped() -> (Stage, String) {
    let (person, province) = (Person::new(2).unwrap(), province().unwrap());
    let listed = vec![(vec![province.subject(&person.document).unwrap()], Colour::Red)];
    let mut stage = Stage::new(Setting { listed, ..Setting::default() }, province).unwrap();
    stage.lay(person.card(VALID).unwrap());
    let screen = stage.run_until(3_000, |screen| matches!(screen, Screen::Verdict(_))).unwrap();
    let Screen::Verdict(told) = screen else { unreachable!("a verdict was waited for") };
    assert_eq!(told.verdict, Verdict::Stop);
    stage.take_card();
    stage.run(1_000).unwrap();
    (stage, told.query.unwrap().as_str().to_owned())
}

/// The desk that the demo's terminal belongs to, as a folder.
fn desk(folder: &Path) {
    let founding = Founding {
        region: Region::parse("510000").unwrap(),
        nature: Demo::Yes,
        tag_memory: MemoryKib::LEAST,
        founded: beginning().minus(2 * 86_400),
        days: DAYS,
    };
    let mut rng = ChaCha20Rng::from_seed(SEED);
    Desk::create(&folder.join("desk"), Province::found(&founding, &mut rng).unwrap()).unwrap();
}
