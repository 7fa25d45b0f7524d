//! A carrier's visit, as far as it is told: what people with a stick or a laptop see of it while nobody passes.
//! Promises: the loop waits for no disk; a visit that goes on and is silent for long is no longer shown, nor one that has
//! ended long ago, also where it ended before this program began; whoever writes nonsense fills no log; nothing of it touches a passage.
//! Must not know: how data are taken over, how records leave.

use std::path::Path;

use gate_core::visit::Visit;
use gate_wire::time::Millis;

use crate::backroom::{self, VisitFile};
use crate::errand::Errand;

/// The file is looked at this often.
const LOOK_MS: u64 = 500;
/// A visit that goes on tells at least so often, or it has died.
const SILENT_MS: u64 = 30_000;
/// What cannot be read is said this often.
const SAID_MS: u64 = 60_000;
/// What has ended stands on the screen for this long, unless its file is taken away.
const ENDED_MS: u64 = 60_000;

/// What is known of visits.
#[derive(Debug, Default)]
pub(crate) struct Visiting {
    looking: Errand<Option<VisitFile>>,
    looked: Option<Millis>,
    told: Option<Told>,
    said: Option<Millis>,
}

#[derive(Debug)]
struct Told {
    bytes: Vec<u8>,
    /// `None` where the bytes tell of none.
    visit: Option<Visit>,
    since: Millis,
    /// How old it was then.
    age: Millis,
}

impl Visiting {
    /// Looks at the file now and then.
    pub(crate) fn look(&mut self, path: &Path, now: Millis) {
        if let Some(file) = self.looking.back() {
            self.hear(file, now);
        }
        if self.looked.is_some_and(|last| now.since(last).0 < LOOK_MS) {
            return;
        }
        self.looked = Some(now);
        let path = path.to_owned();
        if let Err(cause) = self.looking.send("visit", move || backroom::visit_told(&path)) {
            crate::say!("visit: {cause}");
        }
    }

    /// The visit to show.
    pub(crate) fn in_front(&self, now: Millis) -> Option<Visit> {
        let told = self.told.as_ref()?;
        let visit = told.visit?;
        (now.since(told.since).0.saturating_add(told.age.0) < silent_most(visit)).then_some(visit)
    }

    fn hear(&mut self, file: Option<VisitFile>, now: Millis) {
        let Some(VisitFile { bytes, age }) = file else {
            self.told = None;
            return;
        };
        // What changes under our eyes is new, whatever the clock of the file says.
        let age = if self.told.is_some() { Millis(0) } else { age };
        if self.told.as_ref().is_some_and(|told| told.bytes == bytes) {
            return;
        }
        let visit = match Visit::load(&bytes) {
            Ok(visit) => Some(visit),
            Err(error) => {
                if self.said.is_none_or(|said| now.since(said).0 >= SAID_MS) {
                    self.said = Some(now);
                    crate::say!("visit: {error}");
                }
                None
            }
        };
        self.told = Some(Told { bytes, visit, since: now, age });
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

    fn told(step: UpdateStep, beat: u64) -> (Visit, Option<VisitFile>) {
        let visit = Visit::Data(Updating { carrier: Carrier::Stick, step });
        (visit, file(visit.document(beat).as_bytes(), 0))
    }

    fn file(bytes: &[u8], age: u64) -> Option<VisitFile> {
        Some(VisitFile { bytes: bytes.to_vec(), age: Millis(age) })
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
        visiting.hear(file(b"{\"format\":9}", 0), Millis(0));
        assert_eq!(visiting.in_front(Millis(0)), None);
    }

    #[test]
    fn nonsense_that_changes_all_the_time_is_said_once_a_minute() {
        let mut visiting = Visiting::default();
        let mut said = Vec::new();
        for at in 0..200_u64 {
            let before = visiting.said;
            visiting.hear(file(format!("nonsense {at}").as_bytes(), 0), Millis(at * LOOK_MS));
            said.extend((visiting.said != before).then_some(at * LOOK_MS));
        }
        assert_eq!(said, [0, 60_000]);
    }

    #[test]
    fn what_ended_before_this_program_began_is_not_told_anew() {
        let old = |step, age| {
            let mut visiting = Visiting::default();
            let (visit, file) = told(step, 1);
            visiting.hear(file.map(|file| VisitFile { age: Millis(age), ..file }), Millis(0));
            visiting.in_front(Millis(0)) == Some(visit)
        };
        assert!(old(UpdateStep::InForce, 59_999) && !old(UpdateStep::InForce, 60_000));
        assert!(!old(UpdateStep::Checking(Percent::of(0, 1)), 30_000), "it died with whoever wrote it");
        // The next beat of one that lives is a sign of life at once.
        let mut visiting = Visiting::default();
        let copying = UpdateStep::Copying(Percent::of(1, 2));
        visiting.hear(told(copying, 1).1.map(|file| VisitFile { age: Millis(90_000), ..file }), Millis(0));
        assert_eq!(visiting.in_front(Millis(500)), None);
        let (visit, next) = told(copying, 2);
        visiting.hear(next.map(|file| VisitFile { age: Millis(90_000), ..file }), Millis(1_000));
        assert_eq!(visiting.in_front(Millis(1_000)), Some(visit));
    }
}
