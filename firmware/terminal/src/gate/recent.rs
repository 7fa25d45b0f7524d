//! What was told lately, by the sight it was told of: the same evidence gets no second record and no second pulse,
//! whatever was seen in between.
//! Promises: a few entries at most; what a screen says of a person is gone when it is no longer shown again.
//! Must not know: what a sight is of.

use gate_core::screen::Screen;
use gate_proof::digest::Digest;
use gate_wire::time::Millis;

/// The same evidence within this long of its verdict shows the same screen.
const SAME_MS: u64 = 5_000;
/// Evidence that never left the camera's sight stays the same for as long as gaps are below this.
const UNBROKEN_MS: u64 = 1_000;
/// More sights than people can hold before one camera within [`SAME_MS`].
const MOST: usize = 8;

/// Sights and what was told of them.
#[derive(Default)]
pub(super) struct Recent {
    told: Vec<Told>,
}

struct Told {
    sight: Digest,
    /// `None` when it is not shown again.
    screen: Option<Screen>,
    given: Millis,
    seen: Millis,
}

/// What is known of a sight.
#[derive(Debug, PartialEq)]
pub(super) enum Known {
    /// Nothing: it is new.
    New,
    /// It was told of, and nothing is shown again.
    Told,
    /// It was told of, and this is shown again.
    Again(Box<Screen>),
}

impl Recent {
    /// Something was told of a sight.
    pub(super) fn tell(&mut self, sight: Digest, screen: Option<Screen>, now: Millis) {
        self.told.retain(|told| told.sight != sight);
        if self.told.len() == MOST {
            self.told.remove(0);
        }
        self.told.push(Told { sight, screen, given: now, seen: now });
    }

    /// A sight is seen: is it one that was told of within five seconds, or that never left?
    pub(super) fn see(&mut self, sight: Digest, now: Millis) -> Known {
        self.fade(now);
        match self.told.iter_mut().find(|told| told.sight == sight) {
            Some(told) => {
                told.seen = now;
                told.screen.clone().map_or(Known::Told, |screen| Known::Again(Box::new(screen)))
            }
            None => Known::New,
        }
    }

    /// A sight is seen that counts as the same only for as long as it never leaves.
    pub(super) fn see_unbroken(&mut self, sight: Digest, now: Millis) -> Known {
        self.told.retain(|told| now.since(told.seen).0 <= UNBROKEN_MS);
        self.see(sight, now)
    }

    /// Forgets what is over: screens after their five seconds, sights that were away.
    pub(super) fn fade(&mut self, now: Millis) {
        for told in &mut self.told {
            if now.since(told.given).0 > SAME_MS {
                told.screen = None;
            }
        }
        self.told.retain(|told| now.since(told.given).0 <= SAME_MS || now.since(told.seen).0 <= UNBROKEN_MS);
    }

    /// What was told is over (an attendant opened): no screen comes again, and no sight becomes new by that.
    pub(super) fn hush(&mut self) {
        for told in &mut self.told {
            told.screen = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use gate_core::screen::Hint;
    use gate_proof::digest::sha256;

    use super::*;

    fn sight(name: &str) -> Digest {
        sha256(&[name.as_bytes()])
    }

    #[test]
    fn a_sight_is_the_same_for_five_seconds_and_for_as_long_as_it_never_leaves() {
        let mut recent = Recent::default();
        let screen = Screen::Hint(Hint::OneCodeAtATime);
        recent.tell(sight("a"), Some(screen.clone()), Millis(0));
        recent.tell(sight("b"), None, Millis(100));
        assert_eq!(recent.see(sight("a"), Millis(4_000)), Known::Again(Box::new(screen)));
        assert_eq!(recent.see(sight("b"), Millis(4_000)), Known::Told);
        for at in [4_900, 5_800, 6_700] {
            assert_ne!(recent.see(sight("a"), Millis(at)), Known::New, "{at}");
        }
        assert_eq!(recent.see(sight("a"), Millis(7_000)), Known::Told, "its screen is gone");
        assert_eq!(recent.see(sight("b"), Millis(7_000)), Known::New);
        assert_eq!(recent.see(sight("a"), Millis(8_001)), Known::New);
    }

    #[test]
    fn more_sights_than_people_forget_the_oldest() {
        let mut recent = Recent::default();
        for name in 0..1_000 {
            recent.tell(sight(&name.to_string()), None, Millis(name));
        }
        assert_eq!(recent.told.len(), MOST);
        assert_eq!(recent.see(sight("999"), Millis(1_000)), Known::Told);
    }
}
