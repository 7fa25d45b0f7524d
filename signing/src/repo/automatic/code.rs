//! Stable names of what an automatic signer rejects by, for whoever watches it.
//! Promises: every rejection has one; a name keeps its meaning.
//! Must not know: who watches.

use super::NotAutomatic;

impl NotAutomatic {
    /// The name of this kind of rejection.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            NotAutomatic::Repo(_) => "repository",
            NotAutomatic::Believe(_)
            | NotAutomatic::Pin
            | NotAutomatic::Unpinned
            | NotAutomatic::Emptied(_)
            | NotAutomatic::First
            | NotAutomatic::Vanish { .. } => "published",
            NotAutomatic::Rotate | NotAutomatic::Threshold { .. } => "root",
            NotAutomatic::Draft(_) | NotAutomatic::Replay { .. } => "draft",
            NotAutomatic::Life { .. } | NotAutomatic::Outlive { .. } => "life",
            NotAutomatic::Offer(_) | NotAutomatic::Lie(_) | NotAutomatic::File(..) => "files",
            NotAutomatic::Open(..) | NotAutomatic::Count(_) | NotAutomatic::Keys { .. } => "list",
            NotAutomatic::OtherBase => "base",
            NotAutomatic::Take(_)
            | NotAutomatic::Fork { .. }
            | NotAutomatic::Omit { .. }
            | NotAutomatic::Untold { .. }
            | NotAutomatic::Strand { .. }
            | NotAutomatic::Scatter { .. } => "deltas",
            NotAutomatic::Foretell { .. } => "future",
            NotAutomatic::Repeat { .. } | NotAutomatic::Retell { .. } | NotAutomatic::Hoard { .. } => {
                "promised"
            }
            NotAutomatic::RedAtOnce { .. } => "red-at-once",
            NotAutomatic::Cap(_) => "cap",
            NotAutomatic::Ledger(_) => "ledger",
        }
    }
}
