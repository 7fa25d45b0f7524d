//! The devices of one terminal, as the loop holds them.
//! Promises: nothing of its own.
//! Must not know: which implementation stands behind a trait.

use gate_hal::camera::Camera;
use gate_hal::card_reader::CardReader;
use gate_hal::clock::Clock;
use gate_hal::code_reader::CodeReader;
use gate_hal::display::Display;
use gate_hal::inputs::Inputs;
use gate_hal::keys::Keys;
use gate_hal::latch::Latch;
use gate_hal::signals::{Lamps, Sounder};
use gate_hal::thermometer::Thermometer;
use gate_hal::torch::Torch;

/// One of each.
pub struct Devices {
    /// Gives frames.
    pub camera: Box<dyn Camera>,
    /// Reads cards; optional.
    pub reader: Option<Box<dyn CardReader>>,
    /// Reads codes beside the camera; optional.
    pub scanner: Option<Box<dyn CodeReader>>,
    /// Shows screens.
    pub display: Box<dyn Display>,
    /// Shows signals.
    pub lamps: Box<dyn Lamps>,
    /// Makes signals heard.
    pub sounder: Box<dyn Sounder>,
    /// Opens.
    pub latch: Box<dyn Latch>,
    /// Passage sensor, fire, case, release.
    pub inputs: Box<dyn Inputs>,
    /// The attendant's keys.
    pub keys: Box<dyn Keys>,
    /// The light beside the camera; optional.
    pub torch: Option<Box<dyn Torch>>,
    /// Optional.
    pub thermometer: Option<Box<dyn Thermometer>>,
    /// The clocks.
    pub clock: Box<dyn Clock>,
}
