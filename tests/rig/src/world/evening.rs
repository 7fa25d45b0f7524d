//! A technician's evening: the desk has published a newer list, and at the terminal records wait that were cut into batches.
//! Promises: published, signed and cut by the programs' own code.
//! Must not know: sticks, the emulator.

use std::fs;
use std::path::Path;
use std::thread;
use std::time::Duration;

use anyhow::{Result, ensure};
use gate_sim::people::{Person, VALID};
use gate_sim::stage::{Depot, Owner, Stage, beginning};
use gate_wire::credential::Colour;

use super::{EVENING_DISK, PUBLISHED, PUBLISHED_LATER, copy, disk_of};

/// Who is new in the list.
const NEWCOMER: u16 = 11;
/// Whose colours a night changes in a province, and the first of them.
const CHANGED: usize = 1_000;
const FIRST_CHANGED: u16 = 100;
/// Batches that wait.
const BATCHES: usize = 4;
/// Seconds for which what was published is good.
const FRESH_S: u64 = 7 * 86_400;
/// Turns of a second in which a batch is cut.
const TRIES: u32 = 600;

/// A person whom the newer list alone names.
pub(super) fn newcomer() -> Result<Person> {
    Person::new(NEWCOMER)
}

/// The terminal's image gets the first roots; people come, and what is recorded of them waits in `home/pictures/out`, with the journal's
/// disk beside it; then the desk publishes, a list of so many strangers too.
pub(super) fn prepare(stage: &mut Stage, folder: &Path, home: &Path, strangers: u64) -> Result<()> {
    let depot = Depot::new(Owner::Province, beginning())?;
    depot.seed(&home.join("keeper"))?;
    let out = folder.join("spool/out");
    for batch in 1..=BATCHES {
        stage.lay(Person::new(2)?.card(VALID)?);
        stage.run(3_000)?;
        stage.take_card();
        stage.run(11_000)?;
        cut(stage, &out, batch)?;
    }
    disk_of(stage.directory(), &folder.join(EVENING_DISK))?;
    copy(&out, &home.join("pictures/out"))?;
    let newcomer = stage.province.subject(&newcomer()?.document)?;
    if strangers > 0 {
        return province(stage, &depot, folder, strangers);
    }
    stage.renew_list_with(newcomer, Colour::Green)?;
    depot.bring_out(stage, stage.time(), FRESH_S)?;
    depot.copy_to(&folder.join(PUBLISHED))?;
    copy(&folder.join(PUBLISHED), &home.join("pictures/published"))
}

/// A base of a province's size, and a night later a step that turns some of its people red.
fn province(stage: &mut Stage, depot: &Depot, folder: &Path, strangers: u64) -> Result<()> {
    let people: Vec<Person> = (FIRST_CHANGED..).take(CHANGED).map(Person::new).collect::<Result<_>>()?;
    let subjects: Vec<_> =
        people.iter().map(|person| stage.province.subject(&person.document)).collect::<Result<_, _>>()?;
    stage.renew_list_among(subjects, strangers)?;
    depot.bring_out(stage, stage.time(), FRESH_S)?;
    depot.copy_to(&folder.join(PUBLISHED))?;
    let rows: String = people.iter().map(|person| format!("resident-id,{},,red\n", person.number)).collect();
    let step = stage.step(&rows)?;
    depot.bring_out_with(stage, &[step], (stage.time(), FRESH_S))?;
    depot.copy_to(&folder.join(PUBLISHED_LATER))
}

fn cut(stage: &mut Stage, out: &Path, batches: usize) -> Result<()> {
    let cut = || -> usize {
        let names = fs::read_dir(out).into_iter().flatten().flatten();
        names.filter(|entry| entry.path().extension().is_some_and(|kind| kind == "tfb")).count()
    };
    stage.gate().hurry_records();
    for _ in 0..TRIES {
        if cut() >= batches {
            return Ok(());
        }
        stage.run(1_000)?;
        thread::sleep(Duration::from_millis(2));
    }
    ensure!(cut() >= batches, "{batches} batches were not cut");
    Ok(())
}
