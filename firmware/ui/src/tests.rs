//! Every screen there can be, measured: nothing overlaps, nothing is cut, every glyph is there, all of it can be read.
//! Must not know: pixels (golden pictures are in the workspace's tests).

mod matrix;
mod measured;
mod moving;
mod rules;
mod screens;
#[path = "../specimens/mod.rs"]
mod specimens;
