//! Project tasks: `cargo xtask --help`.
//! Promises: a thin table of commands; the work is in the modules.
//! Must not know: how a task does it.

mod edges;
mod fonts;
mod programs;
mod vectors;

use clap::Parser;

/// Tasks of the project.
#[derive(Parser)]
enum Task {
    /// Check the crate edges against the table of ARCHITECTURE.md, and that no program of the terminal links network code.
    Deps,
    /// Make the glyph and icon tables of the screen.
    Fonts(fonts::Fonts),
    /// Make the committed vectors, or check them.
    Vectors(vectors::Vectors),
}

fn main() -> anyhow::Result<()> {
    match Task::parse() {
        Task::Deps => edges::check().and_then(|()| programs::check()),
        Task::Fonts(options) => fonts::run(&options),
        Task::Vectors(options) => vectors::run(&options),
    }
}
