//! What one signer signed for and has not seen published: of one version of the targets one draft, of one step of the list one history.
//! Two would be two valid lists, of which whoever holds the online keys shows some terminals the one and some the other.
//! Promises: other bytes for a place that was signed for are refused; what is published, by whomever, is promised no more.
//! Must not know: caps, who signs.

use std::collections::BTreeMap;

use gate_proof::digest::{Hasher, sha256};
use gate_status::{Epoch, KeyChange, SealedList, State, Tie, place};
use serde::{Deserialize, Serialize};

use super::NotAutomatic;
use crate::spelling;

/// Steps that are signed for and not published, at most: three days of a step in five minutes.
pub(crate) const STEPS_MOST: usize = 1_024;

/// Where a draft leads terminals.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// Of the targets.
    pub(crate) version: u64,
    /// SHA-256 of what is signed.
    pub(crate) draft: [u8; 32],
    /// Of the list.
    pub(crate) epoch: Epoch,
    /// Every step behind the published end.
    pub(crate) steps: Steps,
}

/// What is said of each step.
pub(crate) type Steps = BTreeMap<u32, Told>;

/// What is said of a step: its tie, and what the list says there, where a delta ends. The link of a delta over more than one step binds nothing
/// that it says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Told {
    tie: String,
    list: Option<String>,
}

/// What was signed for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Promised {
    /// Of the targets; 0 before the first.
    version: u64,
    draft: String,
    epoch: u32,
    steps: Steps,
}

impl Place {
    /// Of a draft of which no step is known.
    pub(crate) fn bare(version: u64, message: &[u8], epoch: Epoch) -> Place {
        Place { version, draft: *sha256(&[message]).as_bytes(), epoch, steps: Steps::new() }
    }
}

impl Told {
    pub(crate) fn of(tie: Tie) -> Told {
        Told { tie: spelling::hex(&tie.0), list: None }
    }

    pub(crate) fn is_tied(&self, tie: Tie) -> bool {
        self.tie == spelling::hex(&tie.0)
    }

    /// A delta ends here, and this is the list then.
    pub(crate) fn ends(&mut self, list: &SealedList) {
        self.list = Some(said(list));
    }

    fn contradicts(&self, other: &Told) -> bool {
        let both = self.list.as_ref().zip(other.list.as_ref());
        self.tie != other.tie || both.is_some_and(|(one, other)| one != other)
    }
}

impl Promised {
    /// Whether exactly this was signed for.
    pub(crate) fn is(&self, place: &Place) -> bool {
        (self.version, &self.draft) == (place.version, &spelling::hex(&place.draft))
    }

    /// Whether this may be signed for, too.
    ///
    /// # Errors
    /// [`NotAutomatic::Repeat`], [`NotAutomatic::Retell`], [`NotAutomatic::Hoard`].
    pub(crate) fn admit(&self, place: &Place) -> Result<(), NotAutomatic> {
        if place.version <= self.version && !self.is(place) {
            return Err(NotAutomatic::Repeat { version: place.version });
        }
        let known = |step: &u32| self.steps.get(step).filter(|_| self.epoch == place.epoch.0);
        let told = |(step, told): (&u32, &Told)| known(step).is_some_and(|known| known.contradicts(told));
        if let Some((step, _)) = place.steps.iter().find(|(step, of)| told((step, of))) {
            return Err(NotAutomatic::Retell { epoch: place.epoch.0, step: *step });
        }
        let new = place.steps.keys().filter(|step| known(step).is_none()).count();
        match self.steps.len() + new > STEPS_MOST {
            true => Err(NotAutomatic::Hoard { most: STEPS_MOST }),
            false => Ok(()),
        }
    }

    /// The epoch of the steps that are signed for.
    pub(crate) fn epoch(&self) -> Epoch {
        Epoch(self.epoch)
    }

    /// From here on this is signed for.
    pub(crate) fn keep(&mut self, place: &Place) {
        self.enter(place.epoch);
        (self.version, self.draft) = (place.version, spelling::hex(&place.draft));
        for (step, told) in &place.steps {
            let known = self.steps.entry(*step).or_insert_with(|| told.clone());
            known.list = known.list.take().or_else(|| told.list.clone());
        }
    }

    /// The list is published as far as this: nobody signs for that any more.
    pub(crate) fn is_published(&mut self, to: &State) {
        self.enter(to.epoch);
        self.steps.retain(|step, _| *step > to.step);
    }

    fn enter(&mut self, epoch: Epoch) {
        if self.epoch != epoch.0 {
            self.steps.clear();
        }
        self.epoch = epoch.0;
    }
}

/// SHA-256 of all that the list says otherwise than its base.
fn said(list: &SealedList) -> String {
    let (changes, mut hasher) = (list.changes(), Hasher::new());
    hasher.update(&changes.ranked.len().to_be_bytes());
    for (rank, colour) in &changes.ranked {
        hasher.update(&rank.0.to_be_bytes());
        hasher.update(&place(*colour).to_be_bytes());
    }
    for (key, change) in &changes.keyed {
        let (kind, more) = match change {
            KeyChange::Colour(colour) => (0_u8, place(*colour) as u64),
            KeyChange::Removed => (1, 0),
            KeyChange::SecondOf(first) => (2, first.value()),
        };
        hasher.update(&key.value().to_be_bytes());
        hasher.update(&[kind]);
        hasher.update(&more.to_be_bytes());
    }
    spelling::hex(hasher.finish().as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draft(version: u64, draft: u8, steps: &[(u32, u8)]) -> Place {
        let told = |(step, tie): &(u32, u8)| (*step, Told::of(Tie([*tie; 16])));
        Place { version, draft: [draft; 32], epoch: Epoch(1), steps: steps.iter().map(told).collect() }
    }

    fn published(epoch: u32, step: u32) -> State {
        let as_of = gate_wire::time::Timestamp::EPOCH;
        State { epoch: Epoch(epoch), step, link: [0; 32], as_of }
    }

    fn promised(place: &Place) -> Promised {
        let mut promised = Promised::default();
        promised.admit(place).unwrap();
        promised.keep(place);
        promised
    }

    #[test]
    fn of_one_version_one_draft_is_signed_and_the_same_again() {
        let first = draft(2, 7, &[(1, 1)]);
        let promised = promised(&first);
        assert!(promised.is(&first) && promised.admit(&first).is_ok());
        for other in [draft(2, 8, &[(1, 1)]), draft(2, 8, &[]), draft(1, 7, &[(1, 1)])] {
            assert!(matches!(promised.admit(&other), Err(NotAutomatic::Repeat { .. })), "{other:?}");
        }
    }

    /// The version was published without the step, by people: whoever holds the first draft can still show it.
    #[test]
    fn of_one_step_one_history_is_signed_whatever_the_version() {
        let promised = promised(&draft(2, 7, &[(1, 1), (2, 2)]));
        let other = promised.admit(&draft(3, 8, &[(1, 1), (2, 9)]));
        assert!(matches!(other, Err(NotAutomatic::Retell { epoch: 1, step: 2 })));
        assert!(promised.admit(&draft(3, 8, &[(1, 1), (2, 2), (3, 3)])).is_ok());
    }

    #[test]
    fn two_lists_at_one_step_are_two_histories_though_the_links_are_the_same() {
        let of = |list: &str| {
            let mut place = draft(2, 7, &[(2, 2)]);
            place.steps.get_mut(&2).unwrap().list = Some(list.into());
            place
        };
        let promised = promised(&of("one"));
        let next = |list| promised.admit(&Place { version: 3, ..of(list) });
        assert!(next("one").is_ok());
        assert!(matches!(next("other"), Err(NotAutomatic::Retell { step: 2, .. })));
    }

    #[test]
    fn what_was_published_is_promised_no_more_and_what_lies_behind_it_is() {
        let mut promised = promised(&draft(2, 7, &[(1, 1), (2, 2)]));
        promised.is_published(&published(1, 1));
        assert!(promised.admit(&draft(3, 8, &[(2, 9)])).is_err());
        promised.is_published(&published(1, 2));
        assert!(promised.admit(&draft(3, 8, &[(3, 9)])).is_ok());
        promised.keep(&draft(3, 8, &[(3, 9)]));
        promised.is_published(&published(2, 0));
        let next = Place { epoch: Epoch(2), ..draft(4, 9, &[(3, 1)]) };
        assert!(promised.admit(&next).is_ok(), "another epoch, other steps");
    }

    #[test]
    fn more_steps_than_are_remembered_are_for_people() {
        let many: Vec<(u32, u8)> = (1..=STEPS_MOST as u32).map(|step| (step, 1)).collect();
        let promised = promised(&draft(2, 7, &many));
        let next = [many, vec![(STEPS_MOST as u32 + 1, 1)]].concat();
        assert!(matches!(promised.admit(&draft(3, 8, &next)), Err(NotAutomatic::Hoard { .. })));
    }
}
