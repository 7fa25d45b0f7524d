//! A carrier's visit, as far as it is told: what people with a stick or a laptop see of it while nobody passes.
//! Promises: the loop waits for no disk; a visit that goes on and is silent for long is no longer shown, nor one that has
//! ended long ago; nothing of it touches a passage.
//! Must not know: how data are taken over, how records leave.

use std::path::Path;

use gate_core::visit::Visit;
use gate_wire::time::Millis;

use crate::backroom;
use crate::errand::Errand;

/// The file is looked at this often.
const LOOK_MS: u64 = 500;
/// A visit that goes on tells at least so often, or it has died.
const SILENT_MS: u64 = 30_000;
/// What has ended stands on the screen for this long, unless its file is taken away.
const ENDED_MS: u64 = 60_000;

/// What is known of visits.
#[derive(Debug, Default)]
pub(crate) struct Visiting {
    errand: Errand<Option<Vec<u8>>>,
    looked: Option<Millis>,
    told: Option<Told>,
}

#[derive(Debug)]
struct Told {
    bytes: Vec<u8>,
    /// `None` where the bytes tell of none.
    visit: Option<Visit>,
    since: Millis,
}

impl Visiting {
    /// Looks at the file now and then.
    pub(crate) fn look(&mut self, path: &Path, now: Millis) {
        if let Some(bytes) = self.errand.back() {
            self.hear(bytes, now);
        }
        if self.looked.is_some_and(|last| now.since(last).0 < LOOK_MS) {
            return;
        }
        self.looked = Some(now);
        let path = path.to_owned();
        if let Err(cause) = self.errand.send("visit", move || backroom::visit_told(&path)) {
            crate::say!("visit: {cause}");
        }
    }

    /// The visit to show.
    pub(crate) fn in_front(&self, now: Millis) -> Option<Visit> {
        let told = self.told.as_ref()?;
        let visit = told.visit?;
        (now.since(told.since).0 < silent_most(visit)).then_some(visit)
    }

    fn hear(&mut self, bytes: Option<Vec<u8>>, now: Millis) {
        let Some(bytes) = bytes else {
            self.told = None;
            return;
        };
        if self.told.as_ref().is_some_and(|told| told.bytes == bytes) {
            return;
        }
        let visit = match Visit::load(&bytes) {
            Ok(visit) => Some(visit),
            Err(error) => {
                crate::say!("visit: {error}");
                None
            }
        };
        self.told = Some(Told { bytes, visit, since: now });
    }
}

/// A visit whose file has not changed for this long is not shown any more.
fn silent_most(visit: Visit) -> u64 {
    match visit {
        visit if visit.goes_on() => SILENT_MS,
        _ => ENDED_MS,
    }
}

#[cfg(test)]
mod tests {
    use gate_core::screen::{Carrier, Percent, UpdateStep, Updating};

    use super::*;

    fn told(step: UpdateStep, beat: u64) -> (Visit, Option<Vec<u8>>) {
        let visit = Visit::Data(Updating { carrier: Carrier::Stick, step });
        (visit, Some(visit.document(beat).as_bytes().to_vec()))
    }

    #[test]
    fn a_visit_is_shown_while_it_tells_and_not_when_it_has_died() {
        let mut visiting = Visiting::default();
        assert_eq!(visiting.in_front(Millis(0)), None);
        let copying = UpdateStep::Copying(Percent::of(1, 2));
        let (visit, bytes) = told(copying, 1);
        visiting.hear(bytes.clone(), Millis(1_000));
        visiting.hear(bytes, Millis(30_000));
        assert_eq!(visiting.in_front(Millis(30_999)), Some(visit));
        assert_eq!(visiting.in_front(Millis(31_000)), None, "the same file for 30 s");
        visiting.hear(told(copying, 2).1, Millis(40_000));
        assert_eq!(visiting.in_front(Millis(69_999)), Some(visit), "a beat is a sign of life");
        let (visit, bytes) = told(UpdateStep::Checking(Percent::of(0, 1)), 3);
        visiting.hear(bytes, Millis(100_000));
        assert_eq!(visiting.in_front(Millis(129_999)), Some(visit));
        assert_eq!(visiting.in_front(Millis(130_000)), None, "who verifies is alive as long as it tells");
    }

    #[test]
    fn what_has_ended_is_shown_for_a_minute_or_until_its_file_is_gone() {
        let mut visiting = Visiting::default();
        let (visit, bytes) = told(UpdateStep::InForce, 1);
        visiting.hear(bytes, Millis(0));
        assert_eq!(visiting.in_front(Millis(59_999)), Some(visit));
        assert_eq!(visiting.in_front(Millis(60_000)), None);
        visiting.hear(told(UpdateStep::InForce, 2).1, Millis(70_000));
        visiting.hear(None, Millis(70_500));
        assert_eq!(visiting.in_front(Millis(70_500)), None);
    }

    #[test]
    fn what_is_no_visit_is_shown_as_nothing() {
        let mut visiting = Visiting::default();
        visiting.hear(Some(b"{\"format\":9}".to_vec()), Millis(0));
        assert_eq!(visiting.in_front(Millis(0)), None);
    }
}
