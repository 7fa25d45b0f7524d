//! A code that is held there and cannot be read: what may help, after a moment's patience.
//! Promises: a code that is only on its way gets no hint; what stays unread for good, such as a poster behind the lane, is
//! told once and not again before it has left; darkness alone is nobody's fault and no hint.
//! Must not know: how hints are counted or shown.

use gate_core::screen::Hint;
use gate_scan::WhyNothing;
use gate_wire::time::Millis;

/// A code that is unread for less than this may still be on its way.
const PATIENCE_MS: u64 = 700;
/// Whoever holds a code does so for this long at most.
const NEW_MS: u64 = 10_000;
/// After this long without it, the next one is another.
const GONE_MS: u64 = 1_500;

/// The code that is not read just now.
#[derive(Debug, Default)]
pub(super) struct Unread {
    held: Option<Held>,
}

#[derive(Debug)]
struct Held {
    since: Millis,
    last: Millis,
    /// Hints given for it.
    given: u8,
    told: Told,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Told {
    NotYet,
    Assist,
}

impl Unread {
    /// A frame in which nothing was read, and why. The hint that may be shown now.
    pub(super) fn seen(&mut self, why: Option<WhyNothing>, now: Millis) -> Option<Hint> {
        let hints = hints(why?)?;
        let held = match self.held.take() {
            Some(held) if now.since(held.last).0 < GONE_MS => Held { last: now, ..held },
            _ => Held { since: now, last: now, given: 0, told: Told::NotYet },
        };
        let held = self.held.insert(held);
        if held.told == Told::Assist || now.since(held.since).0 < PATIENCE_MS {
            return None;
        }
        // What helps most first; whom it did not help hears the other.
        let [first, other] = hints;
        Some(if held.given.is_multiple_of(2) { first } else { other })
    }

    /// Whether a code that cannot be read came a moment ago: somebody holds it. A poster behind the lane is nobody.
    pub(super) fn is_new(&self, now: Millis) -> bool {
        let recent = |held: &Held| now.since(held.last).0 < GONE_MS && now.since(held.since).0 < NEW_MS;
        self.held.as_ref().is_some_and(recent)
    }

    /// A hint was shown.
    pub(super) fn shown(&mut self) {
        if let Some(held) = &mut self.held {
            held.given = held.given.saturating_add(1);
        }
    }

    /// It has become Assist.
    pub(super) fn tell(&mut self) {
        if let Some(held) = &mut self.held {
            held.told = Told::Assist;
        }
    }
}

/// What helps, the likelier first. A dim screen makes exposures long, and so codes blurred.
fn hints(why: WhyNothing) -> Option<[Hint; 2]> {
    match why {
        WhyNothing::TooSmall => Some([Hint::ComeCloser, Hint::BrightenScreen]),
        WhyNothing::TooBlurred => Some([Hint::HoldStill, Hint::BrightenScreen]),
        WhyNothing::CutByEdge | WhyNothing::Glare => Some([Hint::ShowAgain, Hint::HoldStill]),
        WhyNothing::TooDark | WhyNothing::PartOfSeveral => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMALL: Option<WhyNothing> = Some(WhyNothing::TooSmall);

    #[test]
    fn somebody_holds_a_code_that_came_a_moment_ago_and_nobody_a_poster() {
        let mut unread = Unread::default();
        assert!(!unread.is_new(Millis(0)));
        for at in (0..=20_000).step_by(40) {
            let _ = unread.seen(SMALL, Millis(at));
        }
        assert!(!unread.is_new(Millis(20_000)), "it has hung there for long");
        unread.seen(SMALL, Millis(30_000));
        assert!(unread.is_new(Millis(30_000)) && !unread.is_new(Millis(31_500)));
    }

    #[test]
    fn a_code_on_its_way_gets_no_hint_and_one_that_stays_does() {
        let mut unread = Unread::default();
        assert_eq!(unread.seen(SMALL, Millis(0)), None);
        assert_eq!(unread.seen(SMALL, Millis(600)), None);
        assert_eq!(unread.seen(SMALL, Millis(700)), Some(Hint::ComeCloser));
        unread.shown();
        assert_eq!(unread.seen(SMALL, Millis(1_000)), Some(Hint::BrightenScreen), "the other one next");
    }

    #[test]
    fn a_poster_is_told_once() {
        let mut unread = Unread::default();
        assert_eq!(unread.seen(SMALL, Millis(0)), None);
        assert_eq!(unread.seen(SMALL, Millis(800)), Some(Hint::ComeCloser));
        unread.tell();
        assert!((9..600).all(|tick| unread.seen(SMALL, Millis(tick * 100)).is_none()));
        assert_eq!(unread.seen(SMALL, Millis(62_000)), None, "it had left: patience anew");
        assert_eq!(unread.seen(SMALL, Millis(62_700)), Some(Hint::ComeCloser));
    }

    #[test]
    fn darkness_and_empty_frames_are_no_hint() {
        let mut unread = Unread::default();
        for why in [None, Some(WhyNothing::TooDark), Some(WhyNothing::PartOfSeveral)] {
            assert!((0..50).all(|tick| unread.seen(why, Millis(tick * 100)).is_none()), "{why:?}");
        }
    }

    #[test]
    fn each_trouble_has_its_own_first_hint() {
        let first = |why| hints(why).map(|[first, _]| first);
        assert_eq!(first(WhyNothing::TooSmall), Some(Hint::ComeCloser));
        assert_eq!(first(WhyNothing::TooBlurred), Some(Hint::HoldStill));
        assert_eq!(first(WhyNothing::Glare), Some(Hint::ShowAgain));
    }
}
