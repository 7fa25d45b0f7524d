//! The thread that owns the terminal: takes commands, turns the loop in real time, shows what came of it.
//! Promises: a command that cannot be done is said on the page and changes nothing; the terminal goes on whatever
//! happens; a turn of virtual time is a turn of real time, unless a turn takes longer.
//! Must not know: pages.

mod look;

pub(super) use look::SIGNALS;

use std::sync::mpsc::{Receiver, TryRecvError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use gate_core::time::RtcHealth;
use gate_hal::inputs::Level;
use gate_terminal::voice::Hours;
use gate_trust::Now;
use gate_ui::Manner;
use gate_wire::time::Timestamp;

use super::command::{Command, Device, DiskWord, Switch};
use super::guest::Visit;
use super::slot::Slot;
use super::view::{Stagehand, Wires};
use crate::guests::Guests;
use crate::script::{Lane, Place};
use crate::stage::{Disk, DiskState, Fitted, STEP_MS, Setting, Stage, province};
use crate::surroundings;
use look::Looker;

const MOST_DAYS: u16 = 60;
const POWER_CUT_S: u64 = 10;
const DAY_MS: u64 = 86_400_000;
const NORMAL_TENTHS: i16 = 365;

/// Plays until the other end of `orders` is gone.
///
/// # Errors
/// If the terminal does not start.
pub(super) fn run(
    orders: &Receiver<Command>,
    stagehand: &Stagehand,
    hours: Hours,
    manner: Manner,
) -> Result<()> {
    let mut theatre = Theatre::open(Place::Station, Lane::In, manner)?;
    let mut looker = Looker::default();
    loop {
        let began = Instant::now();
        loop {
            match orders.try_recv() {
                Ok(command) => theatre.obey(command)?,
                Err(TryRecvError::Empty) => break,
                Err(TryRecvError::Disconnected) => return Ok(()),
            }
        }
        theatre.turn()?;
        if let Some(view) = looker.look(&theatre, hours)? {
            stagehand.show(view);
        }
        thread::sleep(Duration::from_millis(STEP_MS).saturating_sub(began.elapsed()));
    }
}

/// The terminal, its visitors and the switches on the page.
pub(super) struct Theatre {
    stage: Stage,
    guests: Guests,
    visit: Visit,
    wires: Wires,
    slot: Slot,
    place: Place,
    lane: Lane,
    refused: Option<String>,
}

impl Theatre {
    fn open(place: Place, lane: Lane, manner: Manner) -> Result<Theatre> {
        let guests = Guests::demo()?;
        let setting = Setting { manner, ..setting(&guests, place, lane)? };
        let stage = Stage::new(setting, staffed()?)?;
        stage.world.thermometer().set(Some(NORMAL_TENTHS));
        Ok(Theatre {
            stage,
            guests,
            visit: Visit::default(),
            wires: wires(),
            slot: Slot::default(),
            place,
            lane,
            refused: None,
        })
    }

    /// Does it, or says why not.
    fn obey(&mut self, command: Command) -> Result<()> {
        self.refused = None;
        let done = match command {
            Command::World { place, lane } => {
                *self = Theatre::open(place, lane, self.stage.setting().manner)?;
                Ok(())
            }
            Command::PowerCut => self.restart(|stage| stage.reboot(POWER_CUT_S)),
            Command::Days { count } => self.days(count),
            other => self.act(other),
        };
        if let Err(error) = done {
            self.refused = Some(format!("{error:#}"));
        }
        Ok(())
    }

    fn act(&mut self, command: Command) -> Result<()> {
        let now = self.keepers_now();
        let Theatre { stage, visit, guests, wires, slot, .. } = self;
        match command {
            Command::Guest { id } => {
                let guest = guests.find(&id).with_context(|| format!("no guest is called `{id}`"))?;
                visit.receive(stage, guest)?;
            }
            Command::Text { text } => {
                ensure!(text.len() <= 2_000, "a code has at most 2,000 characters, this has {}", text.len());
                visit.hold_text(stage, text)?;
            }
            Command::Picture(picture) => visit.hold_picture(stage, picture),
            Command::Stick { sample } => slot.take_sample(stage, sample, now)?,
            Command::Folder(folder) => slot.take_folder(stage, folder, now)?,
            Command::Leave => visit.leave(stage),
            Command::Key { key } => stage.world.keys().press(surroundings::panel_key(key)),
            Command::Type { text } => stage.world.keys().type_text(&text)?,
            Command::Walk => stage.world.inputs().person_walks_through(0, 900),
            Command::Walking { by_itself } => wires.walking = by_itself,
            Command::Device { device, state } => plug(stage, wires, device, state)?,
            Command::Disk { state } => {
                stage.set_disk(disk(state))?;
                wires.disk = state;
            }
            Command::Fire { state } => {
                stage.world.inputs().set_fire(level(state));
                wires.fire = state;
            }
            Command::Case { state } => {
                stage.world.inputs().set_case_open(level(state));
                wires.case = state;
            }
            Command::Clock { minutes } => self.put_clock(minutes),
            Command::ClockRight => self.put_clock(0),
            Command::ClockDead => {
                stage.world.clock().go_dead();
                wires.clock_minutes = None;
            }
            Command::Warm { tenths } => {
                stage.world.thermometer().set(tenths);
                wires.tenths = tenths;
            }
            Command::Network { state } => wires.network = state,
            Command::World { .. } | Command::PowerCut | Command::Days { .. } => {}
        }
        Ok(())
    }

    /// What the keeper is told of the time: confirmed while the terminal's clock is right.
    fn keepers_now(&self) -> Now {
        let right = self.stage.time();
        let away = |minutes: i32| u64::from(minutes.unsigned_abs()) * 60;
        match self.wires.clock_minutes {
            Some(0) => Now { wall: right, confirmed: Some(right) },
            Some(behind @ ..0) => Now { wall: right.minus(away(behind)), confirmed: None },
            Some(ahead) => Now { wall: right.plus(away(ahead)), confirmed: None },
            None => Now { wall: Timestamp::EPOCH, confirmed: None },
        }
    }

    fn put_clock(&mut self, minutes: i32) {
        let clock = self.stage.world.clock();
        let (right, away) = (self.stage.time(), u64::from(minutes.unsigned_abs()) * 60);
        clock.set_health(RtcHealth::Healthy);
        clock.put(if minutes < 0 { right.minus(away) } else { right.plus(away) });
        self.wires.clock_minutes = Some(minutes);
    }

    fn days(&mut self, count: u16) -> Result<()> {
        ensure!((1..=MOST_DAYS).contains(&count), "1 to {MOST_DAYS} days pass at once");
        self.visit.leave(&mut self.stage);
        self.stage.world.advance(u64::from(count) * DAY_MS);
        match self.wires.network {
            Switch::On => self.stage.refresh(),
            Switch::Off => Ok(()),
        }
    }

    /// The world goes on under a new process. Whatever fails here leaves no terminal: a new one is put up.
    fn restart(&mut self, how: impl FnOnce(Stage) -> Result<Stage>) -> Result<()> {
        self.visit = Visit::default();
        let spare = Stage::new(setting(&self.guests, self.place, self.lane)?, staffed()?)?;
        let stage = std::mem::replace(&mut self.stage, spare);
        self.stage = how(stage)?;
        self.stage.world.thermometer().set(self.wires.tenths);
        self.wires = Wires { disk: DiskWord::Well, ..self.wires };
        Ok(())
    }

    fn turn(&mut self) -> Result<()> {
        if let Err(error) = self.visit.turn(&mut self.stage) {
            self.visit.leave(&mut self.stage);
            self.refused = Some(format!("{error:#}"));
        }
        self.slot.turn(&mut self.stage);
        if self.wires.walking == Switch::On {
            self.visit.walk(&self.stage);
        }
        self.stage.turn()
    }
}

fn setting(guests: &Guests, place: Place, lane: Lane) -> Result<Setting> {
    let mut world = guests.world.clone();
    (world.place, world.lane) = (place, lane);
    let mut setting = surroundings::setting(&world, &province()?)?;
    (setting.disk, setting.thermometer) = (Disk::CanFail, Fitted::Yes);
    Ok(setting)
}

fn staffed() -> Result<gate_signing::demo::DemoProvince> {
    let mut province = province()?;
    surroundings::hire(&mut province)?;
    Ok(province)
}

fn plug(stage: &mut Stage, wires: &mut Wires, device: Device, state: Switch) -> Result<()> {
    let on = state == Switch::On;
    let world = &stage.world;
    match device {
        Device::Camera if on => world.camera().plug(),
        Device::Camera => world.camera().unplug(),
        Device::Reader if on => stage.reader.plug()?,
        Device::Reader => stage.reader.unplug(),
        Device::Sounder if on => world.sounder().plug(),
        Device::Sounder => world.sounder().unplug(),
        Device::Lamps if on => world.lamps().plug(),
        Device::Lamps => world.lamps().unplug(),
        Device::Latch if on => world.latch().plug(),
        Device::Latch => world.latch().unplug(),
    }
    *match device {
        Device::Camera => &mut wires.camera,
        Device::Reader => &mut wires.reader,
        Device::Sounder => &mut wires.sounder,
        Device::Lamps => &mut wires.lamps,
        Device::Latch => &mut wires.latch,
    } = state;
    Ok(())
}

fn disk(state: DiskWord) -> DiskState {
    match state {
        DiskWord::Well => DiskState::Well,
        DiskWord::Full => DiskState::Full,
        DiskWord::Broken => DiskState::Broken,
    }
}

fn level(state: Switch) -> Level {
    if state == Switch::On { Level::Active } else { Level::Inactive }
}

fn wires() -> Wires {
    Wires {
        camera: Switch::On,
        reader: Switch::On,
        sounder: Switch::On,
        lamps: Switch::On,
        latch: Switch::On,
        disk: DiskWord::Well,
        fire: Switch::Off,
        case: Switch::Off,
        network: Switch::Off,
        walking: Switch::On,
        clock_minutes: Some(0),
        tenths: Some(NORMAL_TENTHS),
        list_age_h: 1,
    }
}
