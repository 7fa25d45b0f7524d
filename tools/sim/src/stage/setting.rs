//! How a stage is set: place, lane, data, clock, devices.
//! Promises: plain values with the ordinary day as their default.
//! Must not know: how a terminal is put together.

use std::path::{Path, PathBuf};

use gate_core::manifest::Dataset;
use gate_core::query::TerminalNumber;
use gate_core::time::RtcHealth;
use gate_hal::card_reader::{CardReader, SdtCardReader};
use gate_hal_linux::serial::SerialTty;
use gate_proof::subject::Subject;
use gate_signing::inputs::Inputs;
use gate_signing::revocation::Revocation;
use gate_status::Scope;
use gate_ui::Manner;
use gate_wire::credential::Colour;
use gate_wire::sdt::Baud;

use super::terminal_number;
use crate::devices::World;

/// How a stage is set.
#[derive(Clone, Debug)]
pub struct Setting {
    /// The terminal's number in its province.
    pub terminal: TerminalNumber,
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
    /// Datasets whose files lost their last byte before the first start.
    pub spoilt: Vec<Dataset>,
    /// Policies, places, risk levels.
    pub inputs: Inputs,
    /// What is revoked: credentials, and all of a person before a time.
    pub revoked: Vec<Revocation>,
    /// The battery-backed clock at the terminal's start.
    pub rtc: RtcAtStart,
    /// Whether the disk can fail.
    pub disk: Disk,
    /// The driver on the line under this path, where the simulated reader is.
    pub reader: fn(&Path) -> Box<dyn CardReader>,
    /// Whether a thermometer is fitted.
    pub thermometer: Fitted,
    /// How the screens look.
    pub manner: Manner,
    /// The carriers' folder, where records leave.
    pub spool: Option<PathBuf>,
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

impl RtcAtStart {
    /// Puts the world's clock so.
    pub(super) fn put(self, world: &World) {
        let clock = world.clock();
        match self {
            RtcAtStart::Healthy => {}
            RtcAtStart::HealthyAhead(seconds) => clock.put_ahead(seconds),
            RtcAtStart::Dead => clock.go_dead(),
            RtcAtStart::SuspectAhead(seconds) => {
                clock.put_ahead(seconds);
                clock.set_health(RtcHealth::Suspect);
            }
            RtcAtStart::SuspectBack(seconds) => {
                clock.put_back(seconds);
                clock.set_health(RtcHealth::Suspect);
            }
        }
    }
}

/// The disk under the journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Disk {
    /// The operating system's.
    System,
    /// The operating system's, through [`super::SimDisk`]: it can be said to be full, or broken.
    CanFail,
}

impl Default for Setting {
    fn default() -> Setting {
        Setting {
            terminal: terminal_number(),
            place: 1,
            lane: 1,
            scope: Scope::Population,
            list_age_s: 3_600,
            listed: Vec::new(),
            without: Vec::new(),
            spoilt: Vec::new(),
            inputs: Inputs::demo(),
            revoked: Vec::new(),
            rtc: RtcAtStart::Healthy,
            disk: Disk::System,
            reader: on_the_line,
            thermometer: Fitted::No,
            manner: Manner::HOUSE,
            spool: None,
        }
    }
}

/// The lane's own driver, but that it waits for its line itself: time is virtual here, and a thread's would not be.
fn on_the_line(path: &Path) -> Box<dyn CardReader> {
    Box::new(SdtCardReader::new(SerialTty::new(path, Baud::B115200), Baud::B115200))
}
