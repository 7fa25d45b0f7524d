//! How loud the terminal is now: by the hour, and by what a technician set.
//! Promises: what was set is kept over a restart; a lost clock is noon: nobody is to miss a verdict for it.
//! Must not know: tones, loudspeakers.

use gate_core::screen::Volume;
use gate_core::time::{ClockTrust, TimeReading};

use crate::book::Book;
use crate::voice::Hours;

/// The volume of the loudest hour, as kept over a restart.
pub const VOLUME: &str = "volume";

/// How loud, and when.
#[derive(Clone, Copy, Debug)]
pub(super) struct Loudness {
    hours: Hours,
    /// What a technician set for the loudest hour.
    set: Option<Volume>,
}

impl Loudness {
    /// As the configuration says, and as it was set before.
    pub(super) fn kept(hours: Hours, book: &dyn Book) -> Loudness {
        let set = book.kept(VOLUME).and_then(|level| u8::try_from(level).ok()).and_then(Volume::new);
        Loudness { hours, set }
    }

    /// The volume of the loudest hour.
    pub(super) fn loudest(&self) -> Volume {
        self.set.unwrap_or(self.hours.loudest())
    }

    /// Sets and keeps it.
    pub(super) fn set(&mut self, volume: Volume, book: &mut dyn Book) {
        self.set = Some(volume);
        book.keep(VOLUME, volume.level().into());
    }

    /// The volume now.
    pub(super) fn now(&self, reading: TimeReading) -> Volume {
        let time = Some(reading.time).filter(|_| reading.trust == ClockTrust::Confirmed);
        self.hours.at(time).scaled(self.hours.loudest(), self.loudest())
    }
}
