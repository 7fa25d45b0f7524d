//! `gate selftest`, and what the technician's menu shows of it: every part of the terminal, what was found, and what to do
//! about what is missing.
//! Promises: changes nothing but the journal's own upkeep, and makes none; opens nothing; beside a running gate it says that the journal is
//! in use, and speaks to no device.
//! Must not know: how the parts work.

mod devices;

use std::io::Write;
use std::path::Path;

use gate_core::manifest::Dataset;

use crate::believed::{Believed, NothingSeen};
use crate::config::Config;
use crate::gate::RTC_SET;
use crate::judge::{Judge, Station};
use crate::moment;
use crate::secrets::Secrets;
use crate::wiring;

/// Who writes there is `gate-trust` alone.
const BRING_DATA: &str =
    "bring data: put a loaded stick in, or let the line do it (`gate-trust status` says what came of it)";

/// Whether all is well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Health {
    /// It is.
    Well,
    /// Something is missing.
    Unwell,
}

/// One line.
#[derive(Clone, Debug)]
pub struct Finding {
    /// What was looked at, by the name that the line begins with.
    pub part: &'static str,
    /// What was found, or what is missing.
    pub outcome: Result<String, Missing>,
}

/// What is missing.
#[derive(Clone, Debug)]
pub struct Missing {
    /// What.
    pub what: String,
    /// What to do about it.
    pub remedy: &'static str,
}

/// Whether a lane may be serving with these devices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lane {
    /// No program has its journal.
    Rests,
    /// One has, or nobody knows.
    MayServe,
}

/// Who hears the findings, one by one.
type Tell<'a> = &'a mut dyn FnMut(Finding) -> anyhow::Result<()>;

fn good(part: &'static str, found: impl Into<String>) -> Finding {
    Finding { part, outcome: Ok(found.into()) }
}

fn bad(part: &'static str, what: impl Into<String>, remedy: &'static str) -> Finding {
    Finding { part, outcome: Err(Missing { what: what.into(), remedy }) }
}

/// Walks the parts.
///
/// # Errors
/// If the configuration cannot be read or the report cannot be written.
pub fn run(path: &Path, out: &mut impl Write) -> anyhow::Result<Health> {
    let config = Config::load(path)?;
    let mut health = Health::Well;
    let mut tell = |finding: Finding| {
        match finding.outcome {
            Ok(found) => writeln!(out, "ok    {}: {found}", finding.part)?,
            Err(missing) => {
                health = Health::Unwell;
                writeln!(out, "FAIL  {}: {}\n      -> {}", finding.part, missing.what, missing.remedy)?;
            }
        }
        Ok(())
    };
    let lane = match examine(&config.data, config.station(), &mut tell)? {
        Some(judge) => journal(&config, &judge, &mut tell)?,
        None => Lane::MayServe,
    };
    devices::look(&config, lane, &mut tell)?;
    Ok(health)
}

/// Walks what the disk holds, without the journal; what it makes a judge of, if it does.
///
/// # Errors
/// If a finding cannot be told.
pub fn examine(directory: &Path, station: Station, tell: Tell<'_>) -> anyhow::Result<Option<Judge>> {
    let believed = Believed::load(directory, &NothingSeen);
    data(&believed, tell)?;
    list(&believed, tell)?;
    match Secrets::load(directory) {
        Ok(secrets) => {
            tell(good("keys", format!("terminal {}", secrets.terminal.value())))?;
            let judge = Judge::new(believed, secrets, station);
            place(&judge, tell)?;
            Ok(Some(judge))
        }
        Err(cause) => {
            tell(bad(
                "keys",
                format!("{cause:#}"),
                "enrol the terminal (`gate enrol`), or restore the file",
            ))?;
            Ok(None)
        }
    }
}

fn data(believed: &Believed, tell: Tell<'_>) -> anyhow::Result<()> {
    for (dataset, version) in believed.versions() {
        tell(good(dataset.name(), format!("version {version}")))?;
    }
    for problem in &believed.problems {
        let part = problem.dataset.map_or("manifest", Dataset::name);
        tell(bad(part, format!("{:#}", problem.cause), BRING_DATA))?;
    }
    for dataset in
        [Dataset::KeySet, Dataset::Places, Dataset::StaffList, Dataset::StatusList, Dataset::DayKeys]
    {
        let failed = believed.problems.iter().any(|problem| problem.dataset == Some(dataset));
        if believed.version(dataset) == 0 && !failed {
            tell(bad(dataset.name(), "not in the manifest", BRING_DATA))?;
        }
    }
    Ok(())
}

/// Reads the whole list: a province of 100 million takes a minute on a board.
fn list(believed: &Believed, tell: Tell<'_>) -> anyhow::Result<()> {
    let Some(list) = &believed.list else { return Ok(()) };
    let state = list.state();
    let whole = "every leaf opens in its place, and the whole is what both authorities signed";
    match list.check() {
        Ok(()) => tell(good(
            "list",
            format!(
                "epoch {}, step {}, as of {}: {whole}",
                state.epoch.0,
                state.step,
                moment::print(state.as_of)
            ),
        ))?,
        Err(fault) => tell(bad("list", fault.to_string(), "bring the epoch's base again"))?,
    }
    Ok(())
}

fn place(judge: &Judge, tell: Tell<'_>) -> anyhow::Result<()> {
    match (judge.place(), judge.policy()) {
        (Some(place), Some(policy)) => {
            let found = format!(
                "{} ({:?}), lane leads {:?}, policy version {}",
                place.name,
                place.kind,
                judge.direction(),
                policy.version()
            );
            tell(good("place", found))?;
        }
        (None, _) => tell(bad(
            "place",
            "the signed places data does not know this place number",
            "check `place` in the configuration",
        ))?,
        (_, None) => tell(bad("policy", "there is none for this kind of place", BRING_DATA))?,
    }
    Ok(())
}

/// Made by this user it would be this user's, and the lane could write no record.
fn journal(config: &Config, judge: &Judge, tell: Tell<'_>) -> anyhow::Result<Lane> {
    if !config.journal.exists() {
        tell(not_begun(&config.journal))?;
        return Ok(Lane::Rests);
    }
    match wiring::open_book(config, judge) {
        Ok(mut book) => {
            let waiting = book.tend();
            let found =
                format!("{} records wait in the reserve, {} in memory", waiting.reserve, waiting.memory);
            tell(good("journal", found))?;
            match book.kept(RTC_SET) {
                Some(1) => {
                    tell(good("clock trust", "a healthy battery-backed clock is trusted at the next start"))?
                }
                _ => tell(bad(
                    "clock trust",
                    "the clock was never confirmed here, so screen codes go to the attendant",
                    "an attendant confirms the time at the terminal (badge, PIN, clock key), or wait for signed time",
                ))?,
            }
            Ok(Lane::Rests)
        }
        // One process owns the journal, and at a gate that serves it is another than this.
        Err(cause) if wiring::is_held(&cause) => {
            tell(good(
                "journal",
                "in use by `gate run`, which shows F04 or F03 on the screen if it cannot write to it",
            ))?;
            Ok(Lane::MayServe)
        }
        Err(cause) => {
            let remedy = "check the disk and its mount, and that the files are the lane's user's (`ls -l`)";
            tell(bad("journal", format!("{cause:#}"), remedy))?;
            Ok(Lane::MayServe)
        }
    }
}

/// The lane makes the journal and the folder it lies in, but nothing above that: a disk that is not mounted must not be mistaken for one.
fn not_begun(journal: &Path) -> Finding {
    let above = journal.parent().and_then(Path::parent).unwrap_or(Path::new("/"));
    if above.is_dir() {
        return good(
            "journal",
            format!("{} is not begun; the lane's first start makes it", journal.display()),
        );
    }
    bad("journal", format!("{} is not there", above.display()), "mount the data's disk, or check `journal`")
}
