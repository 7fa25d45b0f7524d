//! `gate-sign status inspect`: what a list or a delta says of itself.
//! Promises: what is told was proven with this desk's keys; a file that is neither is called so, not damaged.
//! Must not know: people.

use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use clap::Args;
use gate_signing::desk::Desk;

use crate::args::{DeskArguments, shown};
use crate::list_words::scope;
use crate::status::{delta_bytes, opened};

/// See the help texts.
#[derive(Args)]
pub(crate) struct Inspect {
    #[command(flatten)]
    desk: DeskArguments,
    /// A list; with deltas after it, what they make of it. Or one delta alone
    file: PathBuf,
    /// Deltas, in their order
    deltas: Vec<PathBuf>,
}

impl Inspect {
    pub(crate) fn run(self) -> anyhow::Result<u64> {
        let desk = self.desk.open()?;
        match (&beginning(&self.file)?, self.deltas.is_empty()) {
            (b"SQLite format 3\0", _) => of_list(&desk, &self.file, &self.deltas)?,
            ([b'T', b'F', b'S', b'D', ..], true) => of_delta(&desk, &self.file)?,
            ([b'T', b'F', b'S', b'D', ..], false) => {
                bail!("{} is a delta: name the list first, then its deltas", self.file.display())
            }
            _ => bail!("{} is neither a status list nor a delta of one", self.file.display()),
        }
        Ok(0)
    }
}

fn beginning(path: &Path) -> anyhow::Result<[u8; 16]> {
    let about = std::fs::metadata(path).with_context(|| path.display().to_string())?;
    anyhow::ensure!(about.is_file(), "{} is no file", path.display());
    let mut bytes = Vec::new();
    let read = std::fs::File::open(path).and_then(|file| file.take(16).read_to_end(&mut bytes));
    read.with_context(|| path.display().to_string())?;
    bytes.resize(16, 0);
    Ok(core::array::from_fn(|at| bytes.get(at).copied().unwrap_or(0)))
}

fn of_list(desk: &Desk, file: &Path, deltas: &[PathBuf]) -> anyhow::Result<()> {
    let list = opened(desk, file, deltas)?;
    list.check().with_context(|| file.display().to_string())?;
    let (head, state, (people, numbers)) = (list.base_head(), list.state(), list.counted()?);
    println!("province {:?}, {:?}, epoch {}, step {}", head.province, head.scope, head.epoch.0, state.step);
    println!("people {people}, numbers {numbers}, leaves {}", head.leaves);
    if !deltas.is_empty() {
        println!("without the deltas: people {}, numbers {}", head.people, head.keys);
    }
    println!(
        "base as of {}, issued {}, re-keyed {} times",
        shown(head.as_of),
        shown(head.issued),
        head.rekeyed
    );
    println!("list as of {}; {} KiB of changes in memory", shown(state.as_of), list.overlay_bytes() >> 10);
    println!("both signatures hold, every leaf opens in its place, the whole is what was signed");
    Ok(())
}

fn of_delta(desk: &Desk, file: &Path) -> anyhow::Result<()> {
    let read = desk.province.read_delta(&delta_bytes(file)?);
    let (head, changes) = read.with_context(|| file.display().to_string())?;
    println!(
        "delta of province {:?}, scope {}, epoch {}: from step {} to step {}, as of {}",
        head.province,
        scope(head.scope),
        head.epoch.0,
        head.from,
        head.to,
        shown(head.as_of)
    );
    println!("{} colours changed, {} numbers new or removed", changes.ranked.len(), changes.keyed.len());
    println!("both signatures hold, the body is the one that was signed");
    Ok(())
}
