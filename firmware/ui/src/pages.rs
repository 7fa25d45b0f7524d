//! Each [`Screen`] laid out.
//! Promises: exhaustive: a new state does not compile until it has a page.
//! Must not know: pixels, fonts.

mod bars;
mod idle;
mod notice;
mod staff;
mod told;
mod ways;

use embedded_graphics::geometry::Size;
use gate_core::screen::Screen;

use crate::frame::Frame;

/// Room at the left and right edges, in pixels.
const MARGIN: u32 = 24;

/// `screen` laid out for a screen of `size`.
pub(crate) fn page(screen: &Screen, size: Size) -> Frame {
    match screen {
        Screen::Idle(idle) => idle::page(idle, size),
        Screen::Reading => notice::reading(size),
        Screen::Hint(hint) => notice::hint(*hint, size),
        Screen::Verdict(told) => told::page(told, size),
        Screen::PinEntry { typed, refused } => staff::pin(*typed, *refused, size),
        Screen::Staff(step) => staff::step(*step, size),
        Screen::Opened(opened) => notice::opened(*opened, size),
        Screen::LaneOpen => notice::lane_open(size),
        Screen::Fault(fault) => notice::fault(*fault, size),
    }
}

/// Width that text may take.
fn text_width(size: Size) -> u32 {
    size.width.saturating_sub(2 * MARGIN)
}
