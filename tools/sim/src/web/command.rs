//! What the page can ask of the theatre: a closed set of words.
//! Promises: whatever is not in it is refused with what is wrong.
//! Must not know: how it is done.

use gate_hal_linux::picture::GreyPicture;
use serde::Deserialize;

use super::slot::{Folder, Sample};
use crate::script::{Key, Lane, Place};

/// One thing to do.
#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case", deny_unknown_fields)]
pub enum Command {
    /// A guest comes and does the first thing.
    Guest {
        /// Which.
        id: String,
    },
    /// Holds a phone with this text to the camera.
    Text {
        /// At most 2,000 characters.
        text: String,
    },
    /// Holds a picture to the camera: a photograph, or a frame of the webcam.
    #[serde(skip)]
    Picture(GreyPicture),
    /// Puts a stick into the slot.
    Stick {
        /// Which.
        sample: Sample,
    },
    /// Puts a stick with this folder into the slot.
    #[serde(skip)]
    Folder(Folder),
    /// Takes away whatever is held or laid.
    Leave,
    /// Presses a key of the attendant's panel.
    Key {
        /// Which.
        key: Key,
    },
    /// Types on the attendant's panel.
    Type {
        /// Digits and capital letters.
        text: String,
    },
    /// Somebody walks through the gate.
    Walk,
    /// Whether people walk through by themselves when it opens.
    Walking {
        /// So.
        by_itself: Switch,
    },
    /// Pulls or plugs a device.
    Device {
        /// Which.
        device: Device,
        /// To this state.
        state: Switch,
    },
    /// The disk under the journal.
    Disk {
        /// Its state.
        state: DiskWord,
    },
    /// The fire alarm.
    Fire {
        /// On or off.
        state: Switch,
    },
    /// The case's lid.
    Case {
        /// On is open.
        state: Switch,
    },
    /// Puts the battery-backed clock so many minutes from the right time.
    Clock {
        /// Ahead of it; negative behind.
        minutes: i32,
    },
    /// The clock's battery is empty: 1970.
    ClockDead,
    /// The clock is right and healthy again.
    ClockRight,
    /// What the thermometer reads, in tenths of a degree.
    Warm {
        /// `None` for a person too far away.
        tenths: Option<i16>,
    },
    /// Days pass. With the network plugged in, the terminal's data is refreshed every night.
    Days {
        /// At most 60.
        count: u16,
    },
    /// The network's plug.
    Network {
        /// On is plugged in.
        state: Switch,
    },
    /// Ten seconds without power.
    PowerCut,
    /// A terminal of another place.
    World {
        /// Where.
        place: Place,
        /// Which way the lane leads.
        lane: Lane,
    },
}

/// On or off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Switch {
    /// On, plugged in, open.
    On,
    /// Off, pulled, shut.
    Off,
}

/// A device with a plug.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Device {
    /// The camera.
    Camera,
    /// The card reader.
    Reader,
    /// The loudspeaker.
    Sounder,
    /// The lamps.
    Lamps,
    /// The latch's line to the process.
    Latch,
}

/// States of a disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DiskWord {
    /// Works.
    Well,
    /// No room.
    Full,
    /// No write succeeds.
    Broken,
}
