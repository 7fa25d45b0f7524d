//! A terminal from its first light to its first turn: what people see while it cannot serve yet.
//! Promises: the human path stands on the screen within a look, with the cause; what is missing is looked for again and
//! again, and service begins by itself once it is there; nothing is read of people and nothing opens until then. No look waits for
//! journal or data, which may be large, or on a slow disk. A journal is waited for for a minute; then the lane serves as one that can record nothing, and begins anew with the
//! journal once that is open and nobody stands there (ADR 34).
//! Must not know: what keys and data are for.

use std::sync::Arc;

use anyhow::anyhow;
use gate_core::screen::{Fault, FaultScreen, OutOfService, Screen, Serving, Signal};
use gate_hal::display::Pixels;
use gate_hal::inputs::{Input, Level};
use gate_ui::Canvas;
use gate_wire::time::Millis;

use crate::believed::Believed;
use crate::book::{Book, NoBook};
use crate::config::Config;
use crate::devices::Devices;
use crate::errand::Errand;
use crate::gate::{CODES_A_TURN, Gate, Visiting, is_first_of_turns, seen_kept};
use crate::journal_start::{Found, JournalStart};
use crate::renewal::SeenThen;
use crate::wiring::{self, Obstacle, Ready};

/// Keys pressed in vain that are taken away in a look, at most: a key that sticks holds nobody up.
const KEYS_A_LOOK: usize = 64;
/// A journal that is still being opened after this long leaves people waiting before a lane that does nothing.
const JOURNAL_MS: u64 = 60_000;
/// Data that are still being read after this long are as good as none, until they are there.
const DATA_MS: u64 = 60_000;

/// A terminal that does not serve yet.
pub struct Startup {
    config: Arc<Config>,
    devices: Devices,
    canvas: Canvas,
    /// What the fire input said last.
    fire: Level,
    /// The screen that the display has taken.
    shown: Option<Screen>,
    /// The cause said last, so that the log has it once.
    said: String,
    visiting: Visiting,
    journal: JournalStart,
    /// What it was ready with when it first looked for the journal, or began to read its data, and since when that is.
    ready: Option<(Ready, Millis)>,
    reading: Errand<Believed>,
    /// Records of this run that were kept nowhere.
    unsaved: Option<u64>,
}

/// What a look found.
pub enum Looked {
    /// Nothing is missing any more, or only the journal.
    Serves(Box<Lane>),
    /// Something is, and the screen says what.
    Waits(Box<Startup>, Obstacle),
}

/// A terminal that serves.
pub struct Lane {
    /// It.
    pub gate: Gate,
    config: Arc<Config>,
    /// The journal that it does without.
    missing: Option<JournalStart>,
}

impl Lane {
    /// A turn of the gate. A journal that was missing is looked for; once it is open and nobody is in front of the lane, it begins anew.
    ///
    /// # Errors
    /// If the display's size cannot be drawn on.
    pub fn turn(mut self: Box<Self>) -> anyhow::Result<Turned> {
        self.gate.turn();
        let Some(missing) = &mut self.missing else { return Ok(Turned::Serves(self)) };
        match missing.look(self.gate.now()) {
            Found::Opened if self.gate.is_at_rest() => {}
            Found::Failed(cause) => {
                crate::say!("gate: nothing can be recorded: {cause:#}");
                return Ok(Turned::Serves(self));
            }
            Found::Nothing | Found::Opened => return Ok(Turned::Serves(self)),
        }
        let Lane { gate, config, missing } = *self;
        let (devices, unsaved) = gate.put_down();
        let mut startup = Startup::over(config, devices)?;
        startup.unsaved = Some(unsaved);
        if let Some(journal) = missing {
            startup.journal = journal;
        }
        Ok(Turned::BeginsAnew(Box::new(startup)))
    }
}

/// What a turn of a lane came to.
pub enum Turned {
    /// It goes on.
    Serves(Box<Lane>),
    /// It begins anew, with a journal.
    BeginsAnew(Box<Startup>),
}

impl Startup {
    /// A terminal that was just switched on, and says so.
    ///
    /// # Errors
    /// If the display's size cannot be drawn on.
    pub fn new(config: Config, devices: Devices) -> anyhow::Result<Startup> {
        Startup::over(Arc::new(config), devices)
    }

    fn over(config: Arc<Config>, devices: Devices) -> anyhow::Result<Startup> {
        let (width, height) = devices.display.size();
        let canvas = Canvas::new(u32::try_from(width)?, u32::try_from(height)?)?;
        let mut startup = Startup {
            journal: wiring::journal_start(Arc::clone(&config)),
            config,
            devices,
            canvas,
            fire: Level::Inactive,
            shown: None,
            said: String::new(),
            visiting: Visiting::default(),
            ready: None,
            reading: Errand::default(),
            unsaved: None,
        };
        startup.tell(Screen::OutOfService(OutOfService::Starting));
        startup.drop_answers();
        startup.heed_fire();
        Ok(startup)
    }

    /// Looks for keys, data and journal, and serves if they are there.
    ///
    /// # Errors
    /// If the terminal cannot be put together.
    pub fn look(mut self) -> anyhow::Result<Looked> {
        let now = self.devices.clock.monotonic();
        let (ready, since) = match self.ready.take() {
            Some(ready) => ready,
            None => match wiring::ready(&self.config) {
                Ok(ready) => (ready, now),
                Err(obstacle) => return Ok(self.waits(obstacle)),
            },
        };
        if self.reading.is_out() {
            return self.read(ready, since, now);
        }
        match self.journal.look(now) {
            Found::Opened => {}
            Found::Failed(cause) => {
                // The lane stays shut, says so, and the attendant opens (DOMAIN §2): a terminal that is dark says nothing.
                crate::say!("gate: nothing can be recorded: {cause:#}");
            }
            Found::Nothing if now.since(since).0 >= JOURNAL_MS => {
                crate::say!(
                    "gate: nothing can be recorded: the journal is being opened for longer than a minute"
                );
            }
            Found::Nothing => {
                self.ready = Some((ready, since));
                let cause = anyhow!("the journal is being opened");
                return Ok(self.waits(Obstacle { why: OutOfService::Starting, cause }));
            }
        }
        Ok(self.begin_to_read(ready, now))
    }

    /// Has the data read beside the looks: a list of millions takes its time.
    fn begin_to_read(mut self, ready: Ready, now: Millis) -> Looked {
        let seen = self
            .journal
            .book()
            .map_or_else(|| SeenThen::of(|_| 0), |book| SeenThen::of(|dataset| seen_kept(book, dataset)));
        let config = Arc::clone(&self.config);
        self.ready = Some((ready, now));
        let (why, cause) = match self.reading.send("data", move || wiring::believed(&config, &seen)) {
            Ok(_) => (OutOfService::Starting, anyhow!("the data are being read")),
            Err(cause) => (OutOfService::NoData, anyhow!(cause).context("reading the data")),
        };
        self.waits(Obstacle { why, cause })
    }

    /// Serves once the data are read.
    fn read(mut self, ready: Ready, since: Millis, now: Millis) -> anyhow::Result<Looked> {
        if let Some(believed) = self.reading.back() {
            return self.serve(ready, believed);
        }
        let (why, cause) = match self.reading.is_out() {
            true if now.since(since).0 < DATA_MS => {
                (OutOfService::Starting, anyhow!("the data are being read"))
            }
            true => (OutOfService::NoData, anyhow!("the data are being read for longer than a minute")),
            false => (OutOfService::NoData, anyhow!("reading the data panicked")),
        };
        self.ready = Some((ready, since));
        Ok(self.waits(Obstacle { why, cause }))
    }

    fn waits(mut self, obstacle: Obstacle) -> Looked {
        self.wait(&obstacle);
        Looked::Waits(Box::new(self), obstacle)
    }

    fn serve(self, ready: Ready, believed: Believed) -> anyhow::Result<Looked> {
        let Startup { config, devices, journal, unsaved, .. } = self;
        let (book, missing): (Box<dyn Book>, _) = match journal.take() {
            Ok(book) => (book, None),
            Err(journal) => (Box::new(NoBook::default()), Some(journal)),
        };
        let mut gate = wiring::terminal(&config, ready.with(believed), devices, book)?;
        if let Some(unsaved) = unsaved {
            gate.note_unsaved(unsaved);
        }
        Ok(Looked::Serves(Box::new(Lane { gate, config, missing })))
    }

    fn wait(&mut self, obstacle: &Obstacle) {
        self.drop_answers();
        let screen = match self.heed_fire() {
            Level::Active => fire_screen(),
            Level::Inactive => self.waiting_screen(obstacle),
        };
        self.tell(screen);
        let dark = if self.shown.is_none() { "; the display takes no picture" } else { "" };
        let cause = format!("{:#}{dark}", obstacle.cause);
        if self.said != cause {
            crate::say!("gate: out of service: {cause}");
            self.said = cause;
        }
    }

    /// What nobody could answer must not be answered later, before somebody else; and what a scanner types must reach no console:
    /// its first reading takes it.
    fn drop_answers(&mut self) {
        (0..KEYS_A_LOOK).take_while(|_| self.devices.keys.pressed().is_some()).for_each(drop);
        if let Some(scanner) = &mut self.devices.scanner {
            (0..CODES_A_TURN).take_while(|_| matches!(scanner.read(), Ok(Some(_)))).for_each(drop);
        }
    }

    /// What the fire input says, or said before it could not be read any more. The latch follows.
    fn heed_fire(&mut self) -> Level {
        self.fire = self.devices.inputs.levels().of(Input::Fire).unwrap_or(self.fire);
        self.fire
    }

    /// The human path; while a carrier brings what is missing, that in turns.
    fn waiting_screen(&mut self, obstacle: &Obstacle) -> Screen {
        let now = self.devices.clock.monotonic();
        if let Some(path) = &self.config.visit {
            self.visiting.look(path, now);
        }
        match self.visiting.in_front(now) {
            Some(visit) if !is_first_of_turns(now) => visit.screen(Serving::Staff),
            Some(_) | None => Screen::OutOfService(obstacle.why),
        }
    }

    /// Shows a screen until the display has taken it.
    fn tell(&mut self, screen: Screen) {
        if self.shown.as_ref() == Some(&screen) {
            return;
        }
        gate_ui::draw_in(&screen, self.config.manner(), 0, &mut self.canvas);
        let (width, height) = self.canvas.size();
        let (rgb565, width, height) = (self.canvas.pixels(), width as usize, height as usize);
        let pixels = Pixels { rgb565, width, height, changed: &[] };
        let everywhere = [pixels.everywhere()];
        let taken = self.devices.display.present(&screen, Pixels { changed: &everywhere, ..pixels });
        // The screen tells more than a lamp that cannot be reached.
        let _ = self.devices.lamps.show(Signal::Idle);
        self.shown = taken.is_ok().then_some(screen);
    }
}

/// Nobody is told to stay, or to go to the desk, while there is a fire.
fn fire_screen() -> Screen {
    Screen::Fault(FaultScreen { fault: Fault::Fire, serving: Serving::Staff })
}
