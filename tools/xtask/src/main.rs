//! Project tasks: `cargo xtask --help`.
//! Promises: a thin table of commands; the work is in the modules.
//! Must not know: how a task does it.

mod fonts;

use clap::Parser;

/// Tasks of the project.
#[derive(Parser)]
enum Task {
    /// Make the glyph and icon tables of the screen.
    Fonts(fonts::Fonts),
}

fn main() -> anyhow::Result<()> {
    match Task::parse() {
        Task::Fonts(options) => fonts::run(&options),
    }
}
