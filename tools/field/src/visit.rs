//! What the terminal's screen is told of a visit: one small file, written anew at every step (docs/formats/visit.md).
//! Promises: renamed into place; a screen that cannot be told holds nothing up.
//! Must not know: screens.

use std::path::{Path, PathBuf};

use serde::Serialize;

/// What brings and takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum Carrier {
    /// A USB stick.
    Stick,
    /// A technician's laptop.
    Laptop,
}

/// A step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// Data come: the carrier must stay.
    Copying,
    /// They are verified: the carrier may go.
    Checking,
    /// They are in force.
    InForce,
    /// They are not.
    Refused,
    /// Records go: the carrier must stay.
    Writing,
    /// They are written: the carrier may go.
    Written,
    /// Writing has ended early.
    Stopped,
}

/// A cause.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// The carrier cannot be read.
    Unreadable,
    /// Nothing on it is for this terminal.
    NotForHere,
    /// Signatures do not hold.
    Unproven,
    /// Older than what is in force.
    Older,
    /// No room.
    NoRoom,
    /// Pulled out.
    PulledOut,
}

#[derive(Serialize)]
struct Document {
    format: u8,
    beat: u64,
    carrier: Carrier,
    step: Step,
    percent: u8,
    why: Option<Why>,
    waiting: u32,
}

/// The file.
#[derive(Debug)]
pub struct Board {
    path: Option<PathBuf>,
    carrier: Carrier,
    beat: u64,
    told: Option<(Step, u8)>,
}

/// How far a step is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// Done of the whole, in bytes.
    pub done: u64,
    /// The whole.
    pub whole: u64,
    /// The cause.
    pub why: Option<Why>,
    /// Records that wait.
    pub waiting: u32,
}

impl Board {
    /// The file at `path`; none where there is no screen to tell.
    #[must_use]
    pub fn at(path: Option<&Path>, carrier: Carrier) -> Board {
        Board { path: path.map(Path::to_path_buf), carrier, beat: 0, told: None }
    }

    /// Tells a step; of one that goes on, each percent once.
    pub fn tell(&mut self, step: Step, facts: Facts) {
        let Some(path) = &self.path else { return };
        let percent = match step {
            Step::Copying | Step::Checking | Step::Writing => percent(facts.done, facts.whole),
            Step::InForce | Step::Refused | Step::Written | Step::Stopped => 0,
        };
        if self.told == Some((step, percent)) {
            return;
        }
        self.told = Some((step, percent));
        self.beat += 1;
        let Facts { why, waiting, .. } = facts;
        let document =
            Document { format: 1, beat: self.beat, carrier: self.carrier, step, percent, why, waiting };
        let part = path.with_extension("part");
        if let Ok(bytes) = serde_json::to_vec(&document)
            && std::fs::write(&part, bytes).is_ok()
        {
            // A screen that says nothing new does no harm.
            let _ = std::fs::rename(&part, path);
        }
    }
}

fn percent(done: u64, whole: u64) -> u8 {
    let share = if whole == 0 { 100 } else { u128::from(done) * 100 / u128::from(whole) };
    u8::try_from(share.min(100)).unwrap_or(100)
}
