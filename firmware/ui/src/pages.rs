//! Each [`Screen`] laid out.
//! Promises: exhaustive: a new state does not compile until it has a page.
//! Must not know: pixels, fonts.

mod bars;
mod idle;
mod notice;
mod pen;
mod service;
mod staff;
mod technician;
mod told;

use gate_core::screen::Screen;

use crate::frame::Frame;
use crate::manner::View;

/// `screen` laid out.
pub(crate) fn page(screen: &Screen, view: View) -> Frame {
    match screen {
        Screen::Idle(idle) => idle::page(idle, view),
        Screen::Reading => notice::reading(view),
        Screen::Hint(hint) => notice::hint(*hint, view),
        Screen::Verdict(told) => told::page(told, view),
        Screen::PinEntry { typed, refused } => staff::pin(*typed, *refused, view),
        Screen::Staff(step) => staff::step(*step, view),
        Screen::Opened(opened) => notice::opened(*opened, view),
        Screen::LaneOpen => notice::lane_open(view),
        Screen::Fault(fault) => notice::fault(*fault, view),
        Screen::Updating(updating, serving) => service::updating(*updating, *serving, view),
        Screen::Technician(page, serving) => technician::page(*page, *serving, view),
        Screen::OutOfService(why) => service::out(*why, view),
    }
}

/// Whether the screen has something that moves.
pub(crate) fn moves(screen: &Screen) -> bool {
    match screen {
        Screen::Idle(_) | Screen::Hint(_) => true,
        Screen::Reading
        | Screen::Verdict(_)
        | Screen::PinEntry { .. }
        | Screen::Staff(_)
        | Screen::Opened(_)
        | Screen::LaneOpen
        | Screen::Fault(_)
        | Screen::Updating(..)
        | Screen::Technician(..)
        | Screen::OutOfService(_) => false,
    }
}
