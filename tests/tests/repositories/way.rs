//! The network between an authority's folder and a terminal's spool: a hub that serves the folder, `gate-sync` that mirrors it.

use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use gate_core::query::TerminalNumber;
use gate_sync::fetch::FetchFault;
use gate_sync::held::Held;
use gate_sync::mirror::Place;
use gate_sync::patience::Patience;
use gate_sync::{Line, LineFault, Spool, mirror};
use gate_trust::{Directories, Repository};

use super::toxic::{Asked, Hub};

/// A pipe at the hub never answers; everything else does at once, but on a busy machine.
const PATIENCE: Patience = Patience {
    connect: Duration::from_secs(60),
    answer: Duration::from_secs(3),
    window: Duration::from_secs(3),
    least_rate: 1,
    slice: Duration::from_secs(600),
};
const ROUNDS: usize = 3;
/// As slow as a terminal takes it, and told sooner: rounds are short, whoever plays with such a hub does not wait for one.
const HASTE: Patience = Patience {
    connect: Duration::from_secs(60),
    answer: Duration::from_secs(60),
    window: Duration::from_millis(1_500),
    least_rate: Patience::USUAL.least_rate,
    slice: Duration::from_secs(3),
};
const SPOOL_MOST: u64 = 64 << 20;

/// A network: a hub that serves a folder, and what the carrier said last.
pub(crate) struct Way {
    pub(crate) folder: PathBuf,
    hub: Hub,
    patience: Patience,
    /// So often at most, one after another.
    rounds: usize,
    said: RefCell<String>,
}

impl Way {
    pub(crate) fn new(folder: &Path) -> Way {
        Way { patience: PATIENCE, rounds: ROUNDS, ..Way::to(folder, Hub::honest(folder)) }
    }

    /// To a hub that may do otherwise: what is too slow is given up, and said.
    pub(crate) fn to(folder: &Path, hub: Hub) -> Way {
        Way { folder: folder.into(), hub, patience: HASTE, rounds: 1, said: RefCell::default() }
    }

    /// What the hub is asked, as it is asked.
    pub(crate) fn asked(&self) -> Arc<Mutex<Vec<Asked>>> {
        self.hub.log()
    }

    /// What stands in the carrier's log of the last round.
    pub(crate) fn said(&self) -> String {
        self.said.borrow().clone()
    }

    pub(crate) fn mirror(&self, to: &Directories, terminal: TerminalNumber) {
        self.mirror_of(Repository::Trust, to, terminal);
    }

    /// A round; from an honest hub another one where it was cut short by a machine that is busy.
    pub(crate) fn mirror_of(&self, repository: Repository, to: &Directories, terminal: TerminalNumber) {
        let line = Line::open(&self.hub.address, self.hub.authority.pem.as_bytes(), self.patience).unwrap();
        let spool = Spool::open(&to.spool, SPOOL_MOST).unwrap();
        for _ in 0..self.rounds {
            let held = Held::read(&to.state.join("report.json"));
            let place = Place { spool: &spool, held: &held, terminal: terminal.value() };
            let round = mirror(&line, place, repository);
            assert!(spool.used().unwrap() <= SPOOL_MOST);
            *self.said.borrow_mut() = round.in_words(repository);
            let waited =
                |(_, fault): &(String, FetchFault)| matches!(fault, FetchFault::Line(LineFault::Wait(_)));
            if !round.faults.iter().any(waited) {
                break;
            }
        }
    }
}
