//! The code that the terminal's camera read: asked by the passage process in `out/`, answered in `acks/` (docs/formats/enrolment.md).
//! Promises: each code is brought to the hub until it says yes or no, and not again after that; a line that is away is told and tried again.
//! Must not know: cameras, screens.

use gate_carry::Spool;
use gate_core::enrolment::{Answered, Asked, Came, FILE_NAME, LARGEST};
use gate_core::records::names::OUT;

use crate::enrol::{Invitation, enrol};
use crate::identity::Identity;
use crate::line::{Line, LineFault};

/// What was answered last.
#[derive(Debug, Default)]
pub struct Invited {
    last: Option<(String, Came)>,
}

impl Invited {
    /// Brings a code to the hub, if one is asked for. What came of it, if anything was done.
    pub fn round(&mut self, hub: &Line, identity: &Identity, spool: &Spool) -> Option<Came> {
        let bytes = spool.read(&format!("{OUT}/{FILE_NAME}"), LARGEST as u64)?;
        let asked = Asked::load(&bytes).ok().flatten()?;
        let id = asked.id().as_str().to_owned();
        if self.last.as_ref().is_some_and(|(known, came)| *known == id && came.is_last()) {
            return None;
        }
        let came = if asked.terminal == identity.terminal().value() {
            bring(hub, identity, &asked)
        } else {
            Came::Unknown
        };
        // A spool that takes no answer is asked again: the hub says the same to the same keys.
        if spool.acknowledge(FILE_NAME, Answered::new(&asked, came).document().as_bytes()).is_ok() {
            self.last = Some((id, came));
        }
        Some(came)
    }
}

fn bring(hub: &Line, identity: &Identity, asked: &Asked) -> Came {
    let invitation = Invitation { code: asked.code(), device: asked.device(), record: asked.record() };
    match enrol(hub, identity, &invitation) {
        Ok(()) => Came::Enrolled,
        Err(LineFault::Refuse { status: 403, .. }) => Came::Unknown,
        Err(LineFault::Refuse { status: 409, .. }) => Came::Used,
        Err(LineFault::Refuse { status: 410, .. }) => Came::Ended,
        Err(LineFault::Refuse { status: 400..429, .. }) => Came::Refused,
        Err(_) => Came::NoLine,
    }
}
