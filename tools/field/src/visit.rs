//! What the terminal's screen is told of a visit: one small file, written anew at every step (docs/formats/visit.md).
//! Promises: renamed into place; a screen that cannot be told holds nothing up.
//! Must not know: screens.

use std::path::{Path, PathBuf};

use gate_core::screen::{LogsOut, LogsStep, UpdateStep, Updating};
use gate_core::visit::Visit;

pub use gate_core::screen::Carrier;

/// The file.
#[derive(Debug)]
pub struct Board {
    path: Option<PathBuf>,
    carrier: Carrier,
    beat: u64,
    told: Option<Visit>,
}

impl Board {
    /// The file at `path`; none where there is no screen to tell.
    #[must_use]
    pub fn at(path: Option<&Path>, carrier: Carrier) -> Board {
        Board { path: path.map(Path::to_path_buf), carrier, beat: 0, told: None }
    }

    /// Tells how far data are; of a step that goes on, each percent once.
    pub fn data(&mut self, step: UpdateStep) {
        self.tell(Visit::Data(Updating { carrier: self.carrier, step }));
    }

    /// Tells how far records are.
    pub fn records(&mut self, step: LogsStep, waiting: u32) {
        self.tell(Visit::Records(LogsOut { waiting, step }));
    }

    fn tell(&mut self, visit: Visit) {
        let Some(path) = self.path.as_ref().filter(|_| self.told != Some(visit)) else { return };
        self.told = Some(visit);
        self.beat += 1;
        let part = path.with_extension("part");
        if std::fs::write(&part, visit.document(self.beat).as_bytes()).is_ok() {
            // A screen that says nothing new does no harm.
            let _ = std::fs::rename(&part, path);
        }
    }
}
