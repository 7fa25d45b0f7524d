//! A stage: one demo province, one terminal of it over simulated devices, one real loop.
//! Promises: what is played here goes through `gate_terminal::gate::Gate` as in `gate run`; time is virtual, files are
//! in a directory of its own.
//! Must not know: which verdict is expected.

mod depot;
mod disk;
mod ledger;
mod office;
mod setting;
mod stopwatch;

use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context, Result};
use gate_core::manifest::{Dataset, FILE_NAME, Manifest};
use gate_core::query::{Sequence, TerminalNumber};
use gate_core::screen::{Screen, Told};
use gate_hal_linux::picture::GreyPicture;
use gate_proof::stretch::MemoryKib;
use gate_signing::demo::DemoProvince;
use gate_signing::demo_issuers::DemoIssuer;
use gate_signing::issue::{Claim, IssueRequest, IssuedCredential};
use gate_store::Backlog;
use gate_terminal::backroom::Backroom;
use gate_terminal::believed::Believed;
use gate_terminal::book::Book;
use gate_terminal::devices::Devices;
use gate_terminal::dispatch::Dispatch;
use gate_terminal::gate::{Gate, KeptVersions, RTC_SET};
use gate_terminal::judge::{Judge, Station};
use gate_terminal::renewal::Renewal;
use gate_terminal::secrets::Secrets;
use gate_wire::record::Record;
use gate_wire::time::Timestamp;

use crate::devices::{Pulse, World};
use crate::optics::Scene;
use crate::people::Person;
use crate::sam::{SamSimulator, SyntheticCard};

pub use depot::{Depot, Owner};
pub use disk::{DiskState, SimDisk};
pub use ledger::{LedgerRow, passes, rows_of_batch};
pub use setting::{Disk, Fitted, RtcAtStart, Setting};
pub use stopwatch::{Answered, Decided, Means, Stopwatch};

use ledger::{Boot, Ledger};
use stopwatch::Signs;

/// 2026-11-20T20:15:00+08:00: when every story begins.
pub const BEGINNING: u64 = 1_795_176_900;
/// Anybody may know it.
pub const SEED: [u8; 32] = *b"tianfu gate demo keys for anyone";
/// Milliseconds of virtual time from one turn to the next.
pub const STEP_MS: u64 = 20;
/// Bytes that the reader's line carries in a turn: 115200 bit/s, ten bits a byte.
pub const LINE: usize = 115_200 / 10 * STEP_MS as usize / 1_000;
/// Batches that wait to be carried, at most.
const OUTBOX_BYTES: u64 = 16 << 20;
/// The list as the desk built it.
const LIST: &str = "status.db";
/// What the reader needs to greet the terminal before the first person comes.
const SETTLING_MS: u64 = 400;

/// The province of the demo, as it is at the beginning of every story.
///
/// # Errors
/// Never, for these times.
pub fn province() -> Result<DemoProvince> {
    province_with_tags(MemoryKib::LEAST)
}

/// The same, whose person tags cost that.
///
/// # Errors
/// Never, for these times.
pub fn province_with_tags(tag_memory: MemoryKib) -> Result<DemoProvince> {
    let founded = beginning().minus(2 * 86_400);
    Ok(DemoProvince::with_tags(SEED, founded, tag_memory)?)
}

/// What the journal in this directory holds that another program wrote, in order, proven and opened: a terminal of the demo's province whose
/// data lie beside it. Its chain is whole.
///
/// # Errors
/// If a file is gone or not the terminal's, or the chain is broken.
pub fn rows_of(directory: &Path, setting: &Setting, province: &DemoProvince) -> Result<Vec<LedgerRow>> {
    let station = Station { place: setting.place, lane: setting.lane };
    let judge =
        Judge::new(Believed::load_day_keys(&data(directory)), Secrets::load(&data(directory))?, station);
    let ledger = Ledger::open(directory, &judge, Boot { at: beginning(), number: u64::MAX }, None)?;
    anyhow::ensure!(ledger.chain_is_whole()?, "the chain of the journal's rows is broken");
    ledger.rows(province, Sequence(0))
}

/// When every story begins.
pub fn beginning() -> Timestamp {
    Timestamp::from_unix(BEGINNING).unwrap_or(Timestamp::EPOCH)
}

/// One terminal and its world.
pub struct Stage {
    gate: Gate,
    ledger: Ledger,
    disk: Option<SimDisk>,
    directory: tempfile::TempDir,
    setting: Setting,
    /// The desk that issues what people show.
    pub province: DemoProvince,
    /// The world.
    pub world: World,
    /// The card reader.
    pub reader: SamSimulator,
    /// Real times of this terminal since its start.
    pub stopwatch: Stopwatch,
    scenes: u64,
    boots: u64,
    /// The world's time at monotonic 0.
    epoch: Timestamp,
    /// The list's as-of time.
    as_of: Timestamp,
}

impl Stage {
    /// Publishes the data and starts the terminal.
    ///
    /// # Errors
    /// If files cannot be made, or the terminal does not start.
    pub fn new(setting: Setting, mut province: DemoProvince) -> Result<Stage> {
        let directory = tempfile::tempdir().context("making a directory for the stage")?;
        publish(directory.path(), &setting, &mut province)?;
        let world = World::new(beginning());
        setting.rtc.put(&world);
        let disk = match setting.disk {
            Disk::System => None,
            Disk::CanFail => Some(SimDisk::new()?),
        };
        let (epoch, as_of) = (beginning(), beginning().minus(setting.list_age_s));
        Stage::start(Parts { directory, setting, province, world, disk, boots: 0, epoch, as_of })
    }

    /// Cuts the power for `seconds` and starts the terminal again from its files.
    ///
    /// # Errors
    /// As [`Stage::new`].
    pub fn reboot(self, seconds: u64) -> Result<Stage> {
        let epoch = self.time().plus(seconds);
        let Stage { directory, setting, province, world, reader, gate, ledger, disk, boots, as_of, .. } =
            self;
        drop((gate, ledger, reader));
        let world = world.after_power_cut(seconds);
        Stage::start(Parts { directory, setting, province, world, disk, boots: boots + 1, epoch, as_of })
    }

    fn start(parts: Parts) -> Result<Stage> {
        let Parts { directory, setting, province, world, disk, boots, epoch, as_of } = parts;
        let mut reader = SamSimulator::new(&directory.path().join("reader"))?;
        reader.set_fragment(LINE);
        let mut stopwatch = Stopwatch::default();
        let began = Instant::now();
        let boot = Boot { at: beginning(), number: boots };
        let (gate, ledger) = terminal(directory.path(), &setting, &world, (boot, disk.as_ref()))?;
        stopwatch.started(began.elapsed());
        let scenes = boots * 100;
        let mut stage = Stage {
            gate,
            ledger,
            disk,
            directory,
            setting,
            province,
            world,
            reader,
            stopwatch,
            scenes,
            boots,
            epoch,
            as_of,
        };
        stage.run(SETTLING_MS)?;
        Ok(stage)
    }

    /// The terminal, for what a technician does at it.
    pub fn gate(&mut self) -> &mut Gate {
        &mut self.gate
    }

    /// Lets virtual time pass, a turn of the loop every 20 ms.
    ///
    /// # Errors
    /// If the simulated reader's line breaks.
    pub fn run(&mut self, millis: u64) -> Result<()> {
        for _ in 0..millis.div_ceil(STEP_MS) {
            self.turn()?;
        }
        Ok(())
    }

    /// One turn.
    ///
    /// # Errors
    /// As [`Stage::run`].
    pub fn turn(&mut self) -> Result<()> {
        self.world.advance(STEP_MS);
        self.reader.pump(self.world.now())?;
        let shown = self.screens_shown();
        let began = Instant::now();
        self.gate.turn();
        let took = began.elapsed();
        let since = |told: Option<Instant>| told.and_then(|told| told.checked_duration_since(began));
        let tone = since(self.world.sounder().really_told());
        let picture = since(self.world.display().really_presented());
        // A module begins to think when it is asked, not a turn later.
        self.reader.listen(self.world.now())?;
        self.stopwatch.turned(took, Signs { tone, picture }, self.told_since(shown).as_ref());
        Ok(())
    }

    /// Runs until a screen that `wanted` takes is shown, at most `millis`.
    ///
    /// # Errors
    /// As [`Stage::run`], or if it is not shown in time.
    pub fn run_until(&mut self, millis: u64, wanted: impl Fn(&Screen) -> bool) -> Result<Screen> {
        match self.run_towards(millis, wanted)? {
            Some(screen) => Ok(screen),
            None => anyhow::bail!("not shown within {millis} ms; the screen is {:?}", self.screen()),
        }
    }

    /// Runs until a screen that `wanted` takes is shown, or `millis` have passed.
    ///
    /// # Errors
    /// As [`Stage::run`].
    pub fn run_towards(&mut self, millis: u64, wanted: impl Fn(&Screen) -> bool) -> Result<Option<Screen>> {
        let mut seen = self.screens_shown();
        for _ in 0..millis.div_ceil(STEP_MS) {
            self.turn()?;
            let new = self.world.display().screens_since(seen);
            seen += new.len();
            if let Some(found) = new.into_iter().find(|screen| wanted(screen)) {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    /// Holds a code on a phone before the camera.
    ///
    /// # Errors
    /// If the text is too long for a QR code.
    pub fn hold_phone(&mut self, text: &str) -> Result<()> {
        let seed = self.next_scene();
        self.hold(Scene::phone(text, seed)?.render());
        Ok(())
    }

    /// A number for the next scene: no two hands are alike.
    pub fn next_scene(&mut self) -> u64 {
        self.scenes += 1;
        self.scenes
    }

    /// Holds a picture before the camera.
    pub fn hold(&mut self, picture: GreyPicture) {
        self.world.camera().show(picture);
        self.stopwatch.shown();
    }

    /// Takes away what is before the camera.
    pub fn hold_nothing(&mut self) {
        self.world.camera().clear();
        self.stopwatch.gone();
    }

    /// Lays a card on the reader.
    pub fn lay(&mut self, card: SyntheticCard) {
        self.reader.pad.insert(card);
        self.stopwatch.shown();
    }

    /// Takes the card from the reader.
    pub fn take_card(&mut self) {
        self.reader.pad.remove();
        self.stopwatch.gone();
    }

    /// The verdict last shown, if a verdict was shown since the count of screens was `since`.
    pub fn told_since(&self, since: usize) -> Option<Told> {
        self.world.display().screens_since(since).into_iter().rev().find_map(|screen| match screen {
            Screen::Verdict(told) => Some(told),
            _ => None,
        })
    }

    /// Screens shown so far.
    pub fn screens_shown(&self) -> usize {
        self.world.display().count()
    }

    /// The screen in front of people.
    pub fn screen(&self) -> Option<Screen> {
        self.world.display().last().map(|shown| shown.screen)
    }

    /// Times that the latch was opened.
    pub fn pulses(&self) -> Vec<Pulse> {
        self.world.latch().pulses()
    }

    /// Every record in the journal's own file, in order, opened with the authority's keys.
    ///
    /// # Errors
    /// If the journal cannot be read, or holds a row that the authority cannot prove or open.
    pub fn records(&self) -> Result<Vec<(Sequence, Record)>> {
        self.ledger.records(&self.province)
    }

    /// The rows of the journal's own file from this one on, sealed as they are, each beside what the authority opens.
    ///
    /// # Errors
    /// As [`Stage::records`].
    pub fn rows(&self, from: Sequence) -> Result<Vec<LedgerRow>> {
        self.ledger.rows(&self.province, from)
    }

    /// The last row of the journal's own file, from 1; 0 while it is empty.
    pub fn last_row(&self) -> u64 {
        self.ledger.last_row()
    }

    /// Records that are in the reserve or in memory.
    pub fn backlog(&self) -> Backlog {
        self.ledger.backlog()
    }

    /// How many were counted today under this letter (DOMAIN §18).
    ///
    /// # Errors
    /// If the journal cannot be read.
    pub fn counted(&self, letter: u8) -> Result<u64> {
        let counters = self.ledger.tallies(self.time().civil_day())?;
        Ok(counters.iter().filter(|(of, _)| of.letter == letter).map(|(_, count)| count).sum())
    }

    /// Whether every record fits the one before.
    ///
    /// # Errors
    /// If the journal cannot be read.
    pub fn chain_is_whole(&self) -> Result<bool> {
        self.ledger.chain_is_whole()
    }

    /// From now on the disk is so.
    ///
    /// # Errors
    /// On a stage that was not set with [`Disk::CanFail`].
    pub fn set_disk(&self, state: DiskState) -> Result<()> {
        self.disk.as_ref().context("this stage's disk cannot fail: set `Disk::CanFail`")?.set(state);
        Ok(())
    }

    /// The terminal's directory.
    pub fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// Its configuration names another lane from the next start on: it was put there.
    pub fn stand_at(&mut self, lane: u16) {
        self.setting.lane = lane;
    }

    /// How it was set.
    pub fn setting(&self) -> &Setting {
        &self.setting
    }

    /// The time of the world, as everybody but a wrong clock knows it.
    pub fn time(&self) -> Timestamp {
        self.epoch.plus(self.world.now().0 / 1000)
    }

    /// Seconds since the list's as-of time.
    pub fn list_age_s(&self) -> u64 {
        self.time().since(self.as_of)
    }

    /// Issues a credential about `person`, as the desk did at the time of issue.
    ///
    /// # Errors
    /// If the desk refuses.
    pub fn issue(&mut self, by: DemoIssuer, person: &Person, what: Issue) -> Result<IssuedCredential> {
        let issued = self.time();
        let request = IssueRequest {
            document: &person.document,
            full_name: person.name,
            claim: what.claim,
            issued: match what.age_s {
                ahead @ ..0 => issued.plus(ahead.unsigned_abs()),
                past => issued.minus(past.unsigned_abs()),
            },
            life_s: what.life_s,
        };
        Ok(self.province.issue(by, &request)?)
    }
}

/// What is issued, how long ago, for how long.
#[derive(Clone, Copy, Debug)]
pub struct Issue {
    /// What is stated.
    pub claim: Claim,
    /// Seconds since its issue; negative for an issuer whose clock is ahead.
    pub age_s: i64,
    /// Seconds from issue to expiry.
    pub life_s: u32,
}

/// What a stage is put together from.
struct Parts {
    directory: tempfile::TempDir,
    setting: Setting,
    province: DemoProvince,
    world: World,
    disk: Option<SimDisk>,
    boots: u64,
    epoch: Timestamp,
    as_of: Timestamp,
}

fn publish(directory: &Path, setting: &Setting, province: &mut DemoProvince) -> Result<()> {
    office::list(directory, setting, province, beginning().minus(setting.list_age_s))?;
    // What was published lies before what happens now: a floor of the clock.
    let now = beginning().minus(setting.list_age_s.max(3_600));
    province.province_mut().revoke(&setting.revoked, beginning())?;
    office::generation(directory, setting, province, (now, &[]))?;
    setting.spoilt.iter().try_for_each(|dataset| spoil(&data(directory), *dataset))
}

/// Takes the last byte of a published file.
fn spoil(data: &Path, dataset: Dataset) -> Result<()> {
    let manifest = std::fs::read(data.join(FILE_NAME))?;
    let manifest = Manifest::load(&manifest)?;
    let entry = manifest.find(dataset).context("what is spoilt was published")?;
    let file = std::fs::OpenOptions::new().write(true).open(data.join(entry.file.as_str()))?;
    Ok(file.set_len(entry.length.saturating_sub(1))?)
}

/// As `gate run` puts a terminal together, over simulated devices.
fn terminal(
    directory: &Path,
    setting: &Setting,
    world: &World,
    (boot, disk): (Boot, Option<&SimDisk>),
) -> Result<(Gate, Ledger)> {
    let secrets = Secrets::load(&data(directory))?;
    let station = Station { place: setting.place, lane: setting.lane };
    let renewal = Renewal::of(&data(directory));
    let judge = Judge::new(Believed::load_day_keys(&data(directory)), secrets, station);
    let mut ledger = Ledger::open(directory, &judge, boot, disk)?;
    let (number, record_key) = (judge.secrets().terminal, judge.secrets().record_key());
    if ledger.kept(RTC_SET).is_none() {
        // The terminal of the demo was enrolled with a right clock.
        ledger.keep(RTC_SET, 1);
    }
    let believed = Believed::load(&data(directory), &KeptVersions(&ledger));
    let book = Box::new(ledger.clone());
    let mut gate = Gate::new(devices(directory, setting, world), judge.with(believed), book, setting.manner)?;
    gate.renew_from(renewal);
    if let Some(spool) = &setting.spool {
        gate.send_by(Dispatch::start(spool, number, record_key, OUTBOX_BYTES)?);
    }
    gate.tell_staff_from(backroom(directory, station, setting));
    Ok((gate, ledger))
}

fn devices(directory: &Path, setting: &Setting, world: &World) -> Devices {
    Devices {
        camera: Box::new(world.camera()),
        reader: Some((setting.reader)(&directory.join("reader"))),
        scanner: Some(Box::new(world.scanner())),
        display: Box::new(world.display()),
        lamps: Box::new(world.lamps()),
        sounder: Box::new(world.sounder()),
        latch: Box::new(world.latch()),
        inputs: Box::new(world.inputs()),
        keys: Box::new(world.keys()),
        torch: Some(Box::new(world.torch())),
        thermometer: match setting.thermometer {
            Fitted::Yes => Some(Box::new(world.thermometer())),
            Fitted::No => None,
        },
        clock: Box::new(world.clock()),
    }
}

fn backroom(directory: &Path, station: Station, setting: &Setting) -> Backroom {
    let (keeper, visit) = (directory.join("keeper"), directory.join(gate_core::visit::FILE_NAME));
    Backroom {
        data: data(directory),
        station,
        keeper: Some(keeper),
        spool: setting.spool.clone(),
        visit: Some(visit),
        speaker: gate_core::screen::Fitted::Fitted,
    }
}

fn data(directory: &Path) -> PathBuf {
    directory.join("believed")
}

/// The number of the demo's terminal, where nothing else is set.
pub fn terminal_number() -> TerminalNumber {
    const NUMBER: u32 = 42;
    TerminalNumber::new(NUMBER).unwrap_or_else(|| unreachable!("{NUMBER} is below 131072"))
}
