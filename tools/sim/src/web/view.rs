//! What the page shows: one value, replaced whole whenever something changed.
//! Promises: a page that joins late or loses a message still has everything; pictures are fetched by number.
//! Must not know: how it is laid out.

use std::sync::Arc;

use serde::Serialize;
use tokio::sync::watch;

use super::command::{DiskWord, Switch};
use super::slot::SlotView;
use super::why::Why;
use crate::script::{Lane, Place};

/// Everything that the page shows.
#[derive(Clone, Debug, Serialize)]
pub(super) struct View {
    /// The time of the world, seconds since 1970, UTC.
    pub(super) time: u64,
    /// Where the terminal stands.
    pub(super) place: Place,
    /// Which way its lane leads.
    pub(super) lane: Lane,
    /// What the terminal's screen says, for people who hear the page.
    pub(super) says: Vec<String>,
    /// The screen's kind, in one word.
    pub(super) screen: &'static str,
    /// The lamp that is lit.
    pub(super) lamp: &'static str,
    /// The sounds played last, numbered from the beginning.
    pub(super) sounds: Vec<Sound>,
    /// How loud this hour is, 0 to 9.
    pub(super) volume: u8,
    /// The latch.
    pub(super) latch: LatchView,
    /// What is held to the camera.
    pub(super) held: Option<String>,
    /// What lies on the reader.
    pub(super) laid: Option<String>,
    /// Switches of the world.
    pub(super) world: Wires,
    /// The newest rows of the journal, oldest first.
    pub(super) journal: Vec<JournalRow>,
    /// Records that wait in the reserve or in memory.
    pub(super) waiting: usize,
    /// Why the last verdict.
    pub(super) why: Option<Arc<Why>>,
    /// The stick in the slot.
    pub(super) slot: Option<SlotView>,
    /// What the last command could not do.
    pub(super) refused: Option<String>,
    /// The terminal's screen.
    pub(super) display: Picture,
    /// What the camera sees.
    pub(super) camera: Option<Picture>,
}

/// A picture by number.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Picture {
    /// Another number, another picture.
    pub(super) number: u64,
    /// PNG.
    #[serde(skip)]
    pub(super) png: Arc<[u8]>,
}

/// A sound.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Sound {
    /// From the beginning, 1 and on.
    pub(super) number: usize,
    /// Which.
    pub(super) signal: &'static str,
}

/// The latch as a person sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(super) struct LatchView {
    /// Whether it is open.
    pub(super) open: bool,
    /// What opened it last.
    pub(super) by: Option<&'static str>,
    /// Whether somebody stands in the gate.
    pub(super) occupied: bool,
}

/// Switches of the world.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Wires {
    pub(super) camera: Switch,
    pub(super) reader: Switch,
    pub(super) sounder: Switch,
    pub(super) lamps: Switch,
    pub(super) latch: Switch,
    pub(super) disk: DiskWord,
    pub(super) fire: Switch,
    pub(super) case: Switch,
    pub(super) network: Switch,
    pub(super) walking: Switch,
    /// Minutes that the battery-backed clock is ahead; `None` for 1970.
    pub(super) clock_minutes: Option<i32>,
    /// What the thermometer reads.
    pub(super) tenths: Option<i16>,
    /// Hours since the list's as-of time.
    pub(super) list_age_h: u64,
}

/// A row of the journal: as it lies on the disk, and as the authority opens it.
#[derive(Clone, Debug, Serialize)]
pub(super) struct JournalRow {
    /// Its place.
    pub(super) sequence: u64,
    /// To read to 12345.
    pub(super) query: String,
    /// The beginning of the sealed bytes, in hexadecimal.
    pub(super) sealed: String,
    /// Their length.
    pub(super) bytes: usize,
    /// The day key that it is sealed to.
    pub(super) day_key: u32,
    /// What it is about.
    pub(super) kind: &'static str,
    /// When, seconds since 1970.
    pub(super) at: u64,
    /// Verdict letter, if there is one.
    pub(super) verdict: Option<char>,
    /// Its reason code.
    pub(super) reason: Option<String>,
    /// What an attendant did.
    pub(super) act: u8,
    /// What happened to the terminal or its staff.
    pub(super) event: u8,
    /// The subject, in hexadecimal: no name, no number.
    pub(super) subject: Option<String>,
}

/// The theatre's end: shows.
pub(super) struct Stagehand {
    newest: watch::Sender<Option<Arc<View>>>,
}

/// The page's end: looks.
#[derive(Clone)]
pub(super) struct Audience {
    newest: watch::Receiver<Option<Arc<View>>>,
}

/// Both ends.
pub(super) fn pair() -> (Stagehand, Audience) {
    let (sender, receiver) = watch::channel(None);
    (Stagehand { newest: sender }, Audience { newest: receiver })
}

impl Stagehand {
    /// Shows this from now on.
    pub(super) fn show(&self, view: View) {
        self.newest.send_replace(Some(Arc::new(view)));
    }
}

impl Audience {
    /// The newest view, once the terminal has started.
    pub(super) fn now(&self) -> Option<Arc<View>> {
        self.newest.borrow().clone()
    }

    /// The next view that this audience has not seen; `None` when the theatre has closed.
    pub(super) async fn next(&mut self) -> Option<Arc<View>> {
        loop {
            self.newest.changed().await.ok()?;
            if let Some(view) = self.newest.borrow_and_update().clone() {
                return Some(view);
            }
        }
    }

    /// Takes what is there now for unseen.
    pub(super) fn sit_down(&mut self) {
        self.newest.mark_changed();
    }
}
