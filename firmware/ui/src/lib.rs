//! [`Screen`] to pixels and signals to tones: words in Chinese and English at once, signs, layout, drawing.
//! Promises: every state has a picture on every panel from 320 x 480 up, upright or not, dark or light, whichever language
//! leads; text is measured by the same code that draws it, so nothing is cut and nothing overlaps; a character without a
//! glyph is a visible box; the four verdicts differ in shape and words, not only in colour (DOMAIN §1). The build refuses
//! a text whose glyphs are not all in the tables.
//! Must not know: panels, frame buffers' devices, how a verdict came about.

mod blend;
mod canvas;
mod changes;
mod code;
mod frame;
mod glyphs;
mod guide;
mod icon;
mod layout;
mod manner;
mod outline;
mod pages;
mod palette;
mod round;
pub mod sound;
mod text;
pub mod words;

use embedded_graphics::geometry::Size;
use gate_core::screen::Screen;

pub use canvas::{Canvas, CanvasError};
pub use changes::{Area, changes};
pub use guide::PHASES;
pub use manner::{Language, Manner, Theme};
pub use outline::{Outline, OutlineBox, Shown};

use manner::View;

/// Draws `screen` over the whole canvas in the manner of the house; nothing of an earlier screen stays.
pub fn draw(screen: &Screen, canvas: &mut Canvas) {
    draw_in(screen, Manner::HOUSE, 0, canvas);
}

/// The same in any manner, and at any phase of what moves on it (0 to [`PHASES`] - 1, and round again).
pub fn draw_in(screen: &Screen, manner: Manner, phase: u8, canvas: &mut Canvas) {
    pages::page(screen, View { size: canvas.area().size, manner, phase }).paint(canvas);
}

/// Draws what moves on `screen` at another phase over a canvas that holds the same screen; where it drew. The rest of the
/// canvas stays as it is, and the whole is what [`draw_in`] draws at that phase.
pub fn draw_moving(screen: &Screen, manner: Manner, phase: u8, canvas: &mut Canvas) -> Vec<Area> {
    pages::page(screen, View { size: canvas.area().size, manner, phase }).paint_moving(canvas)
}

/// Whether the phases of this screen differ.
pub fn moves(screen: &Screen) -> bool {
    pages::moves(screen)
}

/// What [`draw`] puts on a canvas of this size, measured: for tests and for the accessibility note.
pub fn outline(screen: &Screen, width: u32, height: u32) -> Outline {
    outline_in(screen, Manner::HOUSE, (width, height))
}

/// What [`draw_in`] puts on a canvas of this size.
pub fn outline_in(screen: &Screen, manner: Manner, (width, height): (u32, u32)) -> Outline {
    pages::page(screen, View { size: Size::new(width, height), manner, phase: 0 }).outline()
}

#[cfg(test)]
mod tests;
