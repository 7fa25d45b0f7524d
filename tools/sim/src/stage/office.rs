//! The desk of a stage while the terminal runs: deltas of its list, the next generation of its data.
//! Promises: what reaches the terminal went through the desk's own publication, into the directory that it reads.
//! Must not know: what the terminal makes of it.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use gate_core::event::Event;
use gate_core::manifest::Dataset;
use gate_proof::digest::sha256;
use gate_proof::subject::Subject;
use gate_signing::demo::DemoProvince;
use gate_signing::list::Listed;
use gate_signing::publish::{Device, Publication};
use gate_status::{Clash, Person, SealedList, Step, Watch};
use gate_wire::credential::Colour;
use gate_wire::time::Timestamp;

use super::{LIST, Setting, Stage, data};

const HEADER: &str = "document_kind,number,second_number,colour\n";
/// Five minutes, as a desk's steps are apart (DESIGN §6).
pub(super) const STEP_S: u64 = 300;
/// Tries of a second of the stage each, with a little real time in between for the thread that loads.
const TRIES: u32 = 1_000;

impl Stage {
    /// The next step of the list: `rows` as in a table of changes, on all steps before. Nothing is published yet.
    ///
    /// # Errors
    /// If the desk refuses a row.
    pub fn step(&mut self, rows: &str) -> Result<PathBuf> {
        let list = self.list_now()?;
        let (state, table) = (list.state(), format!("{HEADER}{rows}"));
        let as_of = state.as_of.plus(STEP_S);
        let mut rejects = Vec::new();
        let built = self.province.province_mut().build_delta(&list, as_of, table.as_bytes(), &mut rejects)?;
        if built.rejected > 0 {
            bail!("{}", String::from_utf8_lossy(&rejects));
        }
        let path = step_path(self.directory(), state.step + 1);
        fs::write(&path, built.file)?;
        Ok(path)
    }

    /// The desk's list with every step made so far.
    ///
    /// # Errors
    /// If files are gone.
    pub fn list_now(&self) -> Result<SealedList> {
        let mut list = self.province.province().open_list(&self.directory().join(LIST))?;
        loop {
            let path = step_path(self.directory(), list.state().step + 1);
            if !path.exists() {
                return Ok(list);
            }
            list.apply(&fs::read(path)?)?;
        }
    }

    /// Publishes the next generation with these deltas.
    ///
    /// # Errors
    /// If the desk refuses.
    pub fn publish(&mut self, deltas: &[PathBuf]) -> Result<()> {
        let (directory, now) = (self.directory().to_path_buf(), self.time());
        let setting = self.setting.clone();
        generation(&directory, &setting, &mut self.province, (now, deltas))
    }

    /// Publishes a list and everything else as of now: what a night's visit brings. The terminal takes it over when
    /// nobody is there.
    ///
    /// # Errors
    /// If the desk refuses.
    pub fn refresh(&mut self) -> Result<()> {
        let as_of = self.time().minus(STEP_S);
        let (directory, setting) = (self.directory().to_path_buf(), self.setting.clone());
        fs::remove_file(directory.join(LIST)).context("removing the list of before")?;
        list(&directory, &setting, &mut self.province, as_of)?;
        self.publish(&[])?;
        self.as_of = as_of;
        Ok(())
    }

    /// Lets time pass until the terminal has taken over new data.
    ///
    /// # Errors
    /// If it does not.
    pub fn run_until_renewed(&mut self) -> Result<()> {
        let taken = |stage: &Stage| -> Result<usize> {
            let records = stage.records()?;
            Ok(records.iter().filter(|(_, record)| record.event == Event::DataTaken.code()).count())
        };
        let before = taken(self)?;
        for _ in 0..TRIES {
            self.run(1_000)?;
            if taken(self)? > before {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        bail!("the terminal did not take over what was published")
    }
}

fn step_path(directory: &Path, step: u32) -> PathBuf {
    directory.join(format!("step-{step}.tfd"))
}

/// Builds the list of the setting's people.
pub(super) fn list(
    directory: &Path,
    setting: &Setting,
    province: &mut DemoProvince,
    as_of: Timestamp,
) -> Result<()> {
    let people = setting.listed.iter();
    let people = people.map(|(subjects, colour)| Listed { subjects: subjects.clone(), colour: *colour });
    province.province_mut().build_list(&directory.join(LIST), setting.scope, as_of, people)?;
    Ok(())
}

/// The same among strangers, one after another: more than memory holds.
pub(super) fn list_among(
    path: &Path,
    setting: &Setting,
    province: &mut DemoProvince,
    (as_of, more): (Timestamp, u64),
) -> Result<u64> {
    let known = setting.listed.len() as u64;
    let people = || {
        let listed = setting.listed.iter().zip(0..);
        let listed = listed.map(|((subjects, colour), line)| Person {
            line,
            subjects: subjects.clone(),
            colour: *colour,
        });
        listed.chain((0..more).map(move |nth| stranger(known + nth)))
    };
    let built =
        province.province_mut().build_list_streaming((path, setting.scope, as_of), &mut Unwatched, people)?;
    Ok(built.bytes)
}

fn stranger(line: u64) -> Person {
    let digest = sha256(&[&line.to_be_bytes()]);
    let mut subject = [0; 12];
    subject.copy_from_slice(&digest.as_bytes()[..12]);
    Person { line, subjects: vec![Subject::from_bytes(subject)], colour: Colour::Green }
}

/// Two strangers do not share a number.
struct Unwatched;

impl Watch for Unwatched {
    fn step(&mut self, _step: Step, _count: u64) {}

    fn reject(&mut self, _line: u64, _because: Clash) {}
}

/// Writes a generation of everything, with the stage's list.
pub(super) fn generation(
    directory: &Path,
    setting: &Setting,
    province: &mut DemoProvince,
    (now, deltas): (Timestamp, &[PathBuf]),
) -> Result<()> {
    let list = directory.join(LIST);
    let publication = Publication {
        now,
        terminal: setting.terminal,
        device: Device::MadeHere,
        inputs: &setting.inputs,
        status: Some(list.as_path()).filter(|_| !setting.without.contains(&Dataset::StatusList)),
        deltas,
        without: &setting.without,
    };
    province.publish(&data(directory), &publication).context("publishing a generation")?;
    Ok(())
}
