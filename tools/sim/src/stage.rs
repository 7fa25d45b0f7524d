//! A stage: one demo province, one terminal of it over simulated devices, one real loop.
//! Promises: what is played here goes through `gate_terminal::gate::Gate` as in `gate run`; time is virtual, files are
//! in a directory of its own.
//! Must not know: which verdict is expected.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use gate_core::event::Event;
use gate_core::manifest::Dataset;
use gate_core::query::TerminalNumber;
use gate_core::screen::{Screen, Told};
use gate_hal_linux::card_reader::sdt_reader;
use gate_hal_linux::picture::GreyPicture;
use gate_proof::subject::Subject;
use gate_signing::demo::DemoProvince;
use gate_signing::demo_issuers::DemoIssuer;
use gate_signing::inputs::Inputs;
use gate_signing::issue::{Claim, IssueRequest, IssuedCredential};
use gate_signing::publish::Publication;
use gate_status::Scope;
use gate_store::{JournalConfig, JournalKeys, SqliteJournal};
use gate_terminal::believed::{Believed, NothingSeen};
use gate_terminal::book::{Book, NoBook};
use gate_terminal::devices::Devices;
use gate_terminal::gate::{Gate, KeptVersions, RTC_SET};
use gate_terminal::judge::{Judge, Station};
use gate_terminal::secrets::{self, Secrets};
use gate_wire::cose::Kid;
use gate_wire::credential::{Colour, CredentialId};
use gate_wire::sdt::Baud;
use gate_wire::time::Timestamp;
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

use crate::devices::{Pulse, World};
use crate::optics::Scene;
use crate::people::Person;
use crate::sam::SamSimulator;

/// 2026-11-20T20:15:00+08:00: when every story begins.
pub const BEGINNING: u64 = 1_795_176_900;
const SEED: [u8; 32] = *b"tianfu gate demo keys for anyone";
const STEP_MS: u64 = 20;

/// How a stage is set.
#[derive(Clone, Debug)]
pub struct Setting {
    /// Place number: 1 is a station, 2 a hospital.
    pub place: u32,
    /// Lane: 1 leads in, 9 out.
    pub lane: u16,
    /// Whom the list names.
    pub scope: Scope,
    /// Age of the list in seconds at the beginning.
    pub list_age_s: u64,
    /// Who is listed, by every number of theirs.
    pub listed: Vec<(Vec<Subject>, Colour)>,
    /// Datasets that the terminal never got.
    pub without: Vec<Dataset>,
    /// Policies, places, risk levels.
    pub inputs: Inputs,
    /// Revoked credential ids.
    pub revoked: Vec<CredentialId>,
    /// The battery-backed clock at the terminal's start.
    pub rtc: RtcAtStart,
    /// How the journal is.
    pub journal: JournalState,
    /// Whether a thermometer is fitted.
    pub thermometer: Fitted,
}

/// Whether a device is fitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fitted {
    /// It is.
    Yes,
    /// It is not.
    No,
}

/// The battery-backed clock at the terminal's start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RtcAtStart {
    /// Healthy, right, last set from a confirmed clock.
    Healthy,
    /// Healthy and set from a confirmed clock, but this many seconds ahead.
    HealthyAhead(u64),
    /// Lost its voltage: 1970.
    Dead,
    /// Suspect and this many seconds ahead.
    SuspectAhead(u64),
    /// Suspect and this many seconds back.
    SuspectBack(u64),
}

/// How the journal is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JournalState {
    /// It works.
    Well,
    /// The disk is full: the reserve has to do.
    DiskFull,
    /// Nothing can be committed, not even to the reserve.
    Dead,
}

impl Default for Setting {
    fn default() -> Setting {
        Setting {
            place: 1,
            lane: 1,
            scope: Scope::Population,
            list_age_s: 3_600,
            listed: Vec::new(),
            without: Vec::new(),
            inputs: Inputs::demo(),
            revoked: Vec::new(),
            rtc: RtcAtStart::Healthy,
            journal: JournalState::Well,
            thermometer: Fitted::No,
        }
    }
}

/// The province of the demo, as it is at the beginning of every story.
///
/// # Errors
/// Never, for these times.
pub fn province() -> Result<DemoProvince> {
    let founded = beginning().minus(2 * 86_400);
    Ok(DemoProvince::from_seed(SEED, founded)?)
}

/// When every story begins.
pub fn beginning() -> Timestamp {
    Timestamp::from_unix(BEGINNING).unwrap_or(Timestamp::EPOCH)
}

/// One terminal and its world.
pub struct Stage {
    directory: tempfile::TempDir,
    setting: Setting,
    /// The desk that issues what people show.
    pub province: DemoProvince,
    /// The world.
    pub world: World,
    /// The card reader.
    pub reader: SamSimulator,
    gate: Gate,
    scenes: u64,
    slowest_turn: Duration,
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
        set_clock(&world, setting.rtc);
        let reader = SamSimulator::new(&directory.path().join("reader"))?;
        let gate = start(directory.path(), &setting, &world)?;
        let (scenes, slowest_turn) = (0, Duration::ZERO);
        let mut stage = Stage { directory, setting, province, world, reader, gate, scenes, slowest_turn };
        stage.run(400)?;
        Ok(stage)
    }

    /// Cuts the power for `seconds` and starts the terminal again from its files.
    ///
    /// # Errors
    /// As [`Stage::new`].
    pub fn reboot(self, seconds: u64) -> Result<Stage> {
        let Stage { directory, setting, province, world, reader, gate, .. } = self;
        drop((gate, reader));
        let world = world.after_power_cut(seconds);
        let reader = SamSimulator::new(&directory.path().join("reader"))?;
        let gate = start(directory.path(), &setting, &world)?;
        let (scenes, slowest_turn) = (0, Duration::ZERO);
        let mut stage = Stage { directory, setting, province, world, reader, gate, scenes, slowest_turn };
        stage.run(400)?;
        Ok(stage)
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
        let began = Instant::now();
        self.gate.turn();
        self.slowest_turn = self.slowest_turn.max(began.elapsed());
        Ok(())
    }

    /// Runs until a screen that `wanted` takes is shown, at most `millis`.
    ///
    /// # Errors
    /// As [`Stage::run`], or if it is not shown in time.
    pub fn run_until(&mut self, millis: u64, wanted: impl Fn(&Screen) -> bool) -> Result<Screen> {
        let before = self.world.display().shown().len();
        for _ in 0..millis.div_ceil(STEP_MS) {
            self.turn()?;
            let shown = self.world.display().shown();
            if let Some(found) =
                shown.get(before..).unwrap_or_default().iter().find(|shown| wanted(&shown.screen))
            {
                return Ok(found.screen.clone());
            }
        }
        anyhow::bail!("not shown within {millis} ms; the screen is {:?}", self.screen())
    }

    /// Holds a code on a phone before the camera.
    ///
    /// # Errors
    /// If the text is too long for a QR code.
    pub fn hold_phone(&mut self, text: &str) -> Result<()> {
        self.scenes += 1;
        self.hold(Scene::phone(text, self.scenes)?.render());
        Ok(())
    }

    /// Holds a picture before the camera.
    pub fn hold(&mut self, picture: GreyPicture) {
        self.world.camera().show(picture);
    }

    /// Takes away what is before the camera.
    pub fn hold_nothing(&mut self) {
        self.world.camera().clear();
    }

    /// The verdict last shown, if a verdict was shown since the count of screens was `since`.
    pub fn told_since(&self, since: usize) -> Option<Told> {
        let shown = self.world.display().screens();
        shown.iter().skip(since).rev().find_map(|screen| match screen {
            Screen::Verdict(told) => Some(told.clone()),
            _ => None,
        })
    }

    /// Screens shown so far.
    pub fn screens_shown(&self) -> usize {
        self.world.display().screens().len()
    }

    /// The screen in front of people.
    pub fn screen(&self) -> Option<Screen> {
        self.world.display().last().map(|shown| shown.screen)
    }

    /// Times that the latch was opened.
    pub fn pulses(&self) -> Vec<Pulse> {
        self.world.latch().pulses()
    }

    /// Real time of the slowest turn since this was last asked.
    pub fn take_slowest_turn(&mut self) -> Duration {
        std::mem::take(&mut self.slowest_turn)
    }

    /// The terminal's directory.
    pub fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// The time of the world, as everybody but a wrong clock knows it.
    pub fn time(&self) -> Timestamp {
        beginning().plus(self.world.now().0 / 1000)
    }

    /// Issues a credential of `age_s` seconds about `person`.
    ///
    /// # Errors
    /// If the desk refuses.
    pub fn issue(&mut self, by: DemoIssuer, person: &Person, what: Issue) -> Result<IssuedCredential> {
        let request = IssueRequest {
            document: &person.document,
            full_name: person.name,
            claim: what.claim,
            issued: self.time().minus(what.age_s),
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
    /// Seconds since its issue.
    pub age_s: u64,
    /// Seconds from issue to expiry.
    pub life_s: u32,
}

fn publish(directory: &Path, setting: &Setting, province: &mut DemoProvince) -> Result<()> {
    let list = directory.join("status.db");
    let as_of = beginning().minus(setting.list_age_s);
    let people = setting.listed.iter();
    let people =
        people.map(|(subjects, colour)| gate_status::Person { subjects: subjects.clone(), colour: *colour });
    province.province_mut().build_list(&list, setting.scope, as_of, people)?;
    for id in &setting.revoked {
        province.province_mut().revocations_mut().revoke(*id)?;
    }
    // What was published lies before what happens now: a floor of the clock.
    let now = beginning().minus(setting.list_age_s.max(3_600));
    let publication = Publication {
        now,
        terminal: terminal_number(),
        inputs: &setting.inputs,
        status: Some(list.as_path())
            .filter(|_| !setting.without.contains(&Dataset::StatusList)),
        without: &setting.without,
    };
    province.publish(&data(directory), &publication)?;
    Ok(())
}

fn set_clock(world: &World, rtc: RtcAtStart) {
    let clock = world.clock();
    match rtc {
        RtcAtStart::Healthy => {}
        RtcAtStart::HealthyAhead(seconds) => clock.put_ahead(seconds),
        RtcAtStart::Dead => clock.go_dead(),
        RtcAtStart::SuspectAhead(seconds) => {
            clock.put_ahead(seconds);
            clock.set_health(gate_core::time::RtcHealth::Suspect);
        }
        RtcAtStart::SuspectBack(seconds) => {
            clock.put_back(seconds);
            clock.set_health(gate_core::time::RtcHealth::Suspect);
        }
    }
}

/// As `gate run` puts a terminal together, over simulated devices.
fn start(directory: &Path, setting: &Setting, world: &World) -> Result<Gate> {
    let secrets = Secrets::load(&data(directory).join(secrets::FILE_NAME))?;
    let station = Station { place: setting.place, lane: setting.lane };
    let judge = Judge::new(Believed::load(&data(directory), &NothingSeen), secrets, station);
    let mut book = book(directory, setting, &judge)?;
    if book.kept(RTC_SET).is_none() {
        // The terminal of the demo was enrolled with a right clock.
        book.keep(RTC_SET, 1);
    }
    let believed = Believed::load(&data(directory), &KeptVersions(book.as_ref()));
    Gate::new(devices(directory, setting, world), judge.with(believed), book)
}

fn devices(directory: &Path, setting: &Setting, world: &World) -> Devices {
    Devices {
        camera: Box::new(world.camera()),
        reader: Some(Box::new(sdt_reader(&directory.join("reader"), Baud::B115200))),
        display: Box::new(world.display()),
        lamps: Box::new(world.lamps()),
        sounder: Box::new(world.sounder()),
        latch: Box::new(world.latch()),
        inputs: Box::new(world.inputs()),
        keys: Box::new(world.keys()),
        thermometer: match setting.thermometer {
            Fitted::Yes => Some(Box::new(world.thermometer())),
            Fitted::No => None,
        },
        clock: Box::new(world.clock()),
    }
}

fn book(directory: &Path, setting: &Setting, judge: &Judge) -> Result<Box<dyn Book>> {
    if setting.journal == JournalState::Dead {
        return Ok(Box::new(NoBook::default()));
    }
    let day_keys = judge.believed().day_keys.clone().context("the demo has day keys")?;
    let secrets = judge.secrets();
    let config = JournalConfig::new(
        directory.join("journal.db"),
        directory.join("reserve.bin"),
        secrets.terminal,
        beginning(),
        Event::CommittedLate.code(),
    );
    let record_kid = Kid(secrets.terminal.value().to_be_bytes());
    let keys = JournalKeys { day_keys, record_key: secrets.record_key(), record_kid };
    Ok(Box::new(SqliteJournal::open(config, keys, ChaCha20Rng::from_seed(SEED))?))
}

fn data(directory: &Path) -> PathBuf {
    directory.join("believed")
}

fn terminal_number() -> TerminalNumber {
    const NUMBER: u32 = 42;
    TerminalNumber::new(NUMBER).unwrap_or_else(|| unreachable!("{NUMBER} is below 131072"))
}
