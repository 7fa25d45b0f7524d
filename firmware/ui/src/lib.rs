//! [`Screen`] to pixels: words in Chinese and English at once, signs, layout, drawing.
//! Promises: every state has a picture; text is measured by the same code that draws it, so nothing is cut and nothing
//! overlaps; a character without a glyph is a visible box; the four verdicts differ in shape and words, not only in
//! colour (DOMAIN §1). The build refuses a text whose glyphs are not all in the tables.
//! Must not know: panels, frame buffers' devices, how a verdict came about.

mod blend;
mod canvas;
mod frame;
mod glyphs;
mod icon;
mod layout;
mod outline;
mod pages;
mod palette;
mod text;
pub mod words;

use gate_core::screen::Screen;

pub use canvas::{Canvas, CanvasError};
pub use outline::{Outline, OutlineBox, Shown};

/// Draws `screen` over the whole canvas; nothing of an earlier screen stays.
pub fn draw(screen: &Screen, canvas: &mut Canvas) {
    pages::page(screen, canvas.area().size).paint(canvas);
}

/// What [`draw`] puts on a canvas of this size, measured: for tests and for the accessibility note.
pub fn outline(screen: &Screen, width: u32, height: u32) -> Outline {
    pages::page(screen, embedded_graphics::geometry::Size::new(width, height)).outline()
}

#[cfg(test)]
mod tests;
