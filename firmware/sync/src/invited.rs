//! The code that the terminal read: asked by the passage process in `out/`, answered in `acks/` (docs/formats/enrolment.md).
//! Promises: each asking is brought to the hub until it says yes or no, and not again after that; a line that is away is told and
//! tried again, at a pace that the hub may slow down; while nothing is asked it looks every second, whatever came before.
//! Must not know: cameras, screens, codes.

use std::time::Duration;

use gate_carry::Spool;
use gate_core::enrolment::{Answered, Asked, Came, FILE_NAME, LARGEST};
use gate_core::records::names::OUT;

use crate::enrol::enrol;
use crate::identity::Identity;
use crate::line::{Line, LineFault};
use crate::rhythm::Rhythm;

/// Somebody stands before the terminal and waits for it.
const RHYTHM: Rhythm =
    Rhythm { every: Duration::from_secs(1), first: Duration::from_secs(5), longest: Duration::from_secs(60) };

/// What was answered last, and how often in a row nothing could be.
#[derive(Debug, Default)]
pub struct Invited {
    last: Option<(String, Came)>,
    failures: u32,
    /// Why the last one was not taken.
    fault: Option<LineFault>,
}

impl Invited {
    /// Brings what is asked to the hub, if anything is. What came of it, if anything was done.
    pub fn round(&mut self, hub: &Line, identity: &Identity, spool: &Spool) -> Option<Came> {
        let Some(asked) = asked(spool) else {
            // Nobody waits for that failure any more: the next code is looked for every second.
            (self.failures, self.fault) = (0, None);
            return None;
        };
        let known = self.last.as_ref().filter(|(known, _)| known == asked.id()).map(|(_, came)| *came);
        match known {
            Some(came) if came.is_last() => return None,
            Some(_) => {}
            // Another asking: somebody has just held a code up.
            None => self.failures = 0,
        }
        self.fault = None;
        let came = if asked.terminal == identity.terminal().value() {
            self.fault = enrol(hub, identity, &asked).err();
            self.fault.as_ref().map_or(Came::Enrolled, came)
        } else {
            Came::Unknown
        };
        let told = spool.acknowledge(FILE_NAME, Answered::new(&asked, came).document().as_bytes()).is_ok();
        // A spool that takes no answer is asked again: the hub says the same to the same keys.
        let kept = if told { came } else { Came::NoLine };
        self.failures = if kept.is_last() { 0 } else { self.failures.saturating_add(1) };
        self.last = Some((asked.id().to_owned(), kept));
        Some(came)
    }

    /// How long until the next round; `draw` is even over all of `u64`.
    #[must_use]
    pub fn pause(&self, draw: u64) -> Duration {
        RHYTHM.pause(self.failures, self.fault.as_ref().and_then(LineFault::asked), draw)
    }

    /// Why the last one was not taken, where the line says so.
    #[must_use]
    pub fn fault(&self) -> Option<&LineFault> {
        self.fault.as_ref()
    }
}

fn asked(spool: &Spool) -> Option<Asked> {
    let bytes = spool.read(&format!("{OUT}/{FILE_NAME}"), LARGEST as u64)?;
    Asked::load(&bytes).ok().flatten()
}

fn came(fault: &LineFault) -> Came {
    let LineFault::Refuse { status, .. } = fault else { return Came::NoLine };
    match status {
        403 => Came::Unknown,
        409 => Came::Used,
        410 => Came::Ended,
        // Too much at once, or too slow: it may be otherwise the next time.
        408 | 429 => Came::NoLine,
        400..500 => Came::Refused,
        _ => Came::NoLine,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::patience::Patience;

    fn said(status: u16) -> Came {
        came(&LineFault::Refuse { status, after: None })
    }

    #[test]
    fn a_hub_that_has_no_time_is_asked_again_and_one_that_refuses_is_not() {
        for status in [408, 429, 500, 502, 503, 504] {
            assert_eq!(said(status), Came::NoLine, "{status}");
        }
        for status in [400, 401, 404, 413, 422] {
            assert_eq!(said(status), Came::Refused, "{status}");
        }
        assert_eq!([403, 409, 410].map(said), [Came::Unknown, Came::Used, Came::Ended]);
        assert_eq!(came(&LineFault::Redirect(302)), Came::NoLine, "a portal");
    }

    #[test]
    fn an_outage_that_is_asked_about_no_more_delays_the_next_code_by_a_second_at_most() {
        let folder = tempfile::tempdir().unwrap();
        let authority = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap().cert.pem();
        let line = Line::open("https://localhost:1", authority.as_bytes(), Patience::USUAL).unwrap();
        let identity = Identity::open(&folder.path().join("own"), 7).unwrap();
        let spool = Spool::open(&folder.path().join("spool"), 1 << 20).unwrap();
        let fault = Some(LineFault::Refuse { status: 429, after: Some(Duration::from_secs(60)) });
        let mut invited = Invited { last: Some(("of before".to_owned(), Came::NoLine)), failures: 9, fault };
        assert_eq!(invited.pause(1 << 63), Duration::from_secs(90));
        assert_eq!(invited.round(&line, &identity, &spool), None);
        assert_eq!(invited.pause(1 << 63), Duration::from_secs(1));
    }

    #[test]
    fn a_hub_that_asks_for_a_pause_is_given_one_of_a_minute_at_most_and_a_second_is_usual() {
        let paused = |failures, after| {
            let after = Some(Duration::from_secs(after));
            let fault = Some(LineFault::Refuse { status: 429, after });
            Invited { failures, fault, last: None }.pause(1 << 63)
        };
        assert_eq!(paused(0, 0), Duration::from_secs(1));
        assert_eq!(paused(1, 20), Duration::from_millis(22_500));
        assert_eq!(paused(40, 86_400), Duration::from_secs(90), "and half of a minute, as jitter");
    }
}
