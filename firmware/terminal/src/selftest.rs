//! `gate selftest`: every part of the terminal, what was found, and what to do about what is missing.
//! Promises: changes nothing but the journal's own upkeep; opens nothing.
//! Must not know: how the parts work.

use std::io::Write;
use std::path::Path;

use gate_core::manifest::Dataset;
use gate_core::time::RtcHealth;
use gate_hal::clock::{Clock, WallReading};
use gate_hal_linux::clock::{RtcTrust, SystemClock};

use crate::believed::{Believed, NothingSeen};
use crate::config::{Config, RtcFitted};
use crate::gate::RTC_SET;
use crate::judge::Judge;
use crate::moment;
use crate::secrets::Secrets;
use crate::wiring;

/// Until syncing exists, data come from the desk.
const BRING_DATA: &str = "publish to this directory with `gate-sign province publish`";

/// Whether all is well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Health {
    /// It is.
    Well,
    /// Something is missing.
    Unwell,
}

struct Report<'a, W> {
    out: &'a mut W,
    health: Health,
}

impl<W: Write> Report<'_, W> {
    fn good(&mut self, part: &str, found: &str) -> std::io::Result<()> {
        writeln!(self.out, "ok    {part}: {found}")
    }

    fn bad(&mut self, part: &str, missing: &str, remedy: &str) -> std::io::Result<()> {
        self.health = Health::Unwell;
        writeln!(self.out, "FAIL  {part}: {missing}\n      -> {remedy}")
    }
}

/// Walks the parts.
///
/// # Errors
/// If the configuration cannot be read or the report cannot be written.
pub fn run(path: &Path, out: &mut impl Write) -> anyhow::Result<Health> {
    let config = Config::load(path)?;
    let mut report = Report { out, health: Health::Well };
    let believed = Believed::load(&config.data, &NothingSeen);
    data(&believed, &mut report)?;
    list(&believed, &mut report)?;
    match Secrets::load(&config.data) {
        Ok(secrets) => {
            report.good("keys", &format!("terminal {}", secrets.terminal.value()))?;
            let judge = Judge::new(believed, secrets, config.station());
            place(&judge, &mut report)?;
            journal(&config, &judge, &mut report)?;
        }
        Err(cause) => {
            report.bad("keys", &format!("{cause:#}"), "enrol the terminal again, or restore the file")?
        }
    }
    devices(&config, &mut report)?;
    Ok(report.health)
}

fn data<W: Write>(believed: &Believed, report: &mut Report<'_, W>) -> anyhow::Result<()> {
    for (dataset, version) in believed.versions() {
        report.good(dataset.name(), &format!("version {version}"))?;
    }
    for problem in &believed.problems {
        let part = problem.dataset.map_or("manifest", Dataset::name);
        report.bad(part, &format!("{:#}", problem.cause), BRING_DATA)?;
    }
    for dataset in
        [Dataset::KeySet, Dataset::Places, Dataset::StaffList, Dataset::StatusList, Dataset::DayKeys]
    {
        let failed = believed.problems.iter().any(|problem| problem.dataset == Some(dataset));
        if believed.version(dataset) == 0 && !failed {
            report.bad(dataset.name(), "not in the manifest", BRING_DATA)?;
        }
    }
    Ok(())
}

/// Reads the whole list: a province of 100 million takes a minute on a board.
fn list<W: Write>(believed: &Believed, report: &mut Report<'_, W>) -> anyhow::Result<()> {
    let Some(list) = &believed.list else { return Ok(()) };
    let state = list.state();
    let whole = "every leaf opens in its place, and the whole is what both authorities signed";
    match list.check() {
        Ok(()) => report.good(
            "list",
            &format!(
                "epoch {}, step {}, as of {}: {whole}",
                state.epoch.0,
                state.step,
                moment::print(state.as_of)
            ),
        )?,
        Err(fault) => report.bad("list", &fault.to_string(), "bring the epoch's base again")?,
    }
    Ok(())
}

fn place<W: Write>(judge: &Judge, report: &mut Report<'_, W>) -> anyhow::Result<()> {
    match (judge.place(), judge.policy()) {
        (Some(place), Some(policy)) => {
            let found = format!(
                "{} ({:?}), lane leads {:?}, policy version {}",
                place.name,
                place.kind,
                judge.direction(),
                policy.version()
            );
            report.good("place", &found)?;
        }
        (None, _) => report.bad(
            "place",
            "the signed places data does not know this place number",
            "check `place` in the configuration",
        )?,
        (_, None) => report.bad("policy", "there is none for this kind of place", BRING_DATA)?,
    }
    Ok(())
}

fn journal<W: Write>(config: &Config, judge: &Judge, report: &mut Report<'_, W>) -> anyhow::Result<()> {
    match wiring::open_book(config, judge) {
        Ok(mut book) => {
            let waiting = book.tend();
            let found =
                format!("{} records wait in the reserve, {} in memory", waiting.reserve, waiting.memory);
            report.good("journal", &found)?;
            match book.kept(RTC_SET) {
                Some(1) => report.good("clock trust", "a healthy battery-backed clock is trusted at the next start")?,
                _ => report.bad(
                    "clock trust",
                    "the clock was never confirmed here, so screen codes go to the attendant",
                    "an attendant confirms the time at the terminal (badge, PIN, clock key), or wait for signed time",
                )?,
            }
        }
        Err(cause) => {
            let remedy = "if `gate run` is using it, stop that first; otherwise check the disk and its mount";
            report.bad("journal", &format!("{cause:#}"), remedy)?
        }
    }
    Ok(())
}

fn devices<W: Write>(config: &Config, report: &mut Report<'_, W>) -> anyhow::Result<()> {
    let frames = &config.camera.frames;
    match std::fs::read_dir(frames) {
        Ok(entries) => {
            report.good("camera", &format!("{} files in {}", entries.count(), frames.display()))?
        }
        Err(cause) => {
            report.bad("camera", &format!("{}: {cause}", frames.display()), "check `camera.frames`")?
        }
    }
    match &config.reader {
        Some(reader) if reader.serial.exists() => {
            report.good("card reader", &reader.serial.display().to_string())?
        }
        Some(reader) => report.bad(
            "card reader",
            &format!("{} is not there", reader.serial.display()),
            "plug it in, or check `reader.serial`",
        )?,
        None => report.good("card reader", "none fitted")?,
    }
    let rtc = if config.clock.rtc == RtcFitted::Battery { RtcTrust::Battery } else { RtcTrust::Unknown };
    match SystemClock::new(rtc).wall() {
        Some(reading) => clock(&reading, report)?,
        None => report.bad("clock", "cannot be read", "an attendant confirms the time at the terminal")?,
    }
    Ok(())
}

fn clock<W: Write>(reading: &WallReading, report: &mut Report<'_, W>) -> anyhow::Result<()> {
    let time = moment::print(reading.time);
    match reading.health {
        RtcHealth::Healthy => report.good("clock", &format!("{time}, battery-backed and healthy"))?,
        RtcHealth::Suspect => report.bad(
            "clock",
            &format!("{time}, without a healthy battery-backed clock behind it"),
            "fit one and set `clock.rtc`; until then an attendant confirms the time after every start",
        )?,
    }
    Ok(())
}
