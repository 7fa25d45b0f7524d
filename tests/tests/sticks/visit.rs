//! A terminal, a desk and a stick between them.

use std::fs;
use std::path::{Path, PathBuf};

use gate_carry::{Held, Spool};
use gate_field::bring::Bring;
use gate_field::copying::Copied;
use gate_field::load::Load;
use gate_field::visit::{Board, Carrier};
use gate_trust::report::Report;

use super::land::{Land, terminal};

/// Bytes that carriers may fill of the spool.
pub(crate) const SPOOL: u64 = 64 << 20;

pub(crate) struct Desk {
    pub(crate) land: Land,
    pub(crate) stick: PathBuf,
}

impl Desk {
    /// A terminal that nothing was brought to yet, and an empty stick.
    pub(crate) fn new() -> Desk {
        let land = Land::new();
        let stick = land.folder.path().join("stick");
        Desk { land, stick }
    }

    /// What the desk serves.
    pub(crate) fn served(&self) -> PathBuf {
        let served = self.land.folder.path().join("served");
        self.land.trust.carry(&served);
        served
    }

    pub(crate) fn load(&self) -> Copied {
        let served = self.served();
        let load = Load { from: &served, to: &self.stick, outbox: 1 << 20, speed: 10 };
        load.run(&mut drop).unwrap()
    }

    /// The next generation, published and loaded.
    pub(crate) fn publish(&mut self) {
        self.land.bring_out();
        assert_eq!(self.load().missing, Vec::<String>::new());
    }

    pub(crate) fn bring(&self) -> Copied {
        bring(&self.stick, &self.land)
    }

    /// A visit: from the stick into the spool, then the keeper.
    pub(crate) fn visit(&self) -> (Copied, Report) {
        (self.bring(), self.land.keep())
    }

    /// What the stick holds, by paths.
    pub(crate) fn file(&self, path: &str) -> PathBuf {
        self.stick.join(path)
    }

    /// The newest generation is in force after an honest visit.
    pub(crate) fn honest(mut self) {
        let _ = fs::remove_dir_all(&self.stick);
        let before = self.land.manifest();
        self.publish();
        let (copied, report) = self.visit();
        assert_eq!(report.repository("trust").unwrap().refused, None, "{copied:?}: {}", report.in_words());
        assert!(self.land.manifest() != before);
    }
}

pub(crate) fn bring(stick: &Path, land: &Land) -> Copied {
    let spool = Spool::open(&land.to.spool, SPOOL).unwrap();
    let held = Held::read(&land.to.state.join("report.json"));
    let bring = Bring { stick, spool: &spool, held: &held, terminal: terminal() };
    bring.run(&mut Board::at(None, Carrier::Stick))
}

/// Bytes of all files below a folder.
pub(crate) fn bytes(folder: &Path) -> u64 {
    let Ok(entries) = fs::read_dir(folder) else { return 0 };
    entries
        .map(|entry| entry.unwrap())
        .map(|entry| match entry.file_type().unwrap().is_dir() {
            true => bytes(&entry.path()),
            false => entry.metadata().unwrap().len(),
        })
        .sum()
}
