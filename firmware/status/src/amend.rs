//! What a delta must say so that people have the colours wanted: at the desk, against the list as it stands.
//! Promises: all numbers of a person change together; a person is changed once, and of two lines that contradict each other
//! the stricter one counts and it is told; no number becomes the second one of a person while others lead to it; what an
//! epoch cannot say is refused.
//! Must not know: tables, signatures.

use std::collections::{BTreeMap, HashMap, HashSet};

use gate_proof::subject::Subject;
use gate_wire::credential::Colour;

use crate::delta::{Changes, KeyChange};
use crate::entry::{Entry, Key, Rank};
use crate::list::{ListFault, Scope};
use crate::sealed::{SealedList, Standing};

/// Leaves read at a time when the whole base is looked through.
const SCAN: u32 = 256;

/// What is to become of a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// This colour; a person new to the list is added.
    Colour(Colour),
    /// Off the list.
    Removed,
}

impl Wanted {
    fn strictness(self) -> u8 {
        match self {
            Wanted::Colour(Colour::Green) => 0,
            Wanted::Removed => 1,
            Wanted::Colour(Colour::Yellow) => 2,
            Wanted::Colour(Colour::Red) => 3,
        }
    }
}

/// Why a person's change is not in the delta.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AmendRefused {
    /// No number.
    #[error("a person needs at least one number")]
    NameNobody,
    /// Nobody to take off.
    #[error("not in the list: nobody was taken off it")]
    FindPerson,
    /// The numbers stand for more than one person in the list.
    #[error(
        "the numbers are those of two people in the list: take one of them off in this delta (removed), and give both numbers on one line in the next"
    )]
    JoinPeople,
    /// The person was changed already.
    #[error("the same person was changed before in this delta")]
    ChangeTwice,
    /// The person was changed already, to something else.
    #[error("CONTRADICTS an earlier line about the same person: the stricter of the two is in the delta")]
    Contradict,
    /// The number was another's in this epoch and was removed.
    #[error("the number was taken from a person in this epoch: it can be given anew with the next base")]
    AwaitNextEpoch,
    /// The list cannot tell.
    #[error("the list cannot tell where this person stands: {0}")]
    Ask(#[from] ListFault),
}

/// A delta's changes, as they are gathered.
pub struct Amendments<'a> {
    list: &'a SealedList,
    plans: Vec<Plan>,
    planned: HashMap<Key, usize>,
    /// Removed numbers that second numbers still lead to; found out when it is needed first.
    led_to: Option<HashSet<Key>>,
}

/// What becomes of one person.
struct Plan {
    first: Option<First>,
    named: Key,
    keys: Vec<Key>,
    /// Those of `keys` that are not in the list yet.
    new: Vec<Key>,
    wanted: Wanted,
}

/// Where a person's first number stands.
#[derive(Clone, Copy)]
struct First {
    key: Key,
    rank: Option<Rank>,
}

impl<'a> Amendments<'a> {
    /// Nothing changed yet.
    #[must_use]
    pub fn of(list: &'a SealedList) -> Self {
        Amendments { list, plans: Vec::new(), planned: HashMap::new(), led_to: None }
    }

    /// The person with these numbers gets what is wanted.
    ///
    /// # Errors
    /// [`AmendRefused`]; then nothing of this person changed, but for [`AmendRefused::Contradict`].
    pub fn set(&mut self, subjects: &[Subject], wanted: Wanted) -> Result<(), AmendRefused> {
        let keys: Vec<Key> = subjects.iter().map(|subject| self.list.key_of(subject)).collect();
        let own = *keys.first().ok_or(AmendRefused::NameNobody)?;
        let (first, new) = self.person(&keys)?;
        let named = first.map_or(own, |first| first.key);
        self.changed_before(named, &keys, wanted)?;
        if wanted == Wanted::Removed && first.is_none() {
            return Err(AmendRefused::FindPerson);
        }
        for key in new.iter().filter(|key| **key != named) {
            if self.list.standing(*key)? == Standing::Removed && self.is_led_to(*key)? {
                return Err(AmendRefused::AwaitNextEpoch);
            }
        }
        for key in keys.iter().chain([&named]) {
            self.planned.insert(*key, self.plans.len());
        }
        self.plans.push(Plan { first, named, keys, new, wanted });
        Ok(())
    }

    /// Refuses a person who was changed before; the stricter of the two counts.
    fn changed_before(&mut self, named: Key, keys: &[Key], wanted: Wanted) -> Result<(), AmendRefused> {
        let at: HashSet<usize> =
            keys.iter().chain([&named]).filter_map(|key| self.planned.get(key)).copied().collect();
        let mut refused = Ok(());
        for at in at {
            let Some(plan) = self.plans.get_mut(at) else { continue };
            if plan.wanted != wanted {
                refused = Err(AmendRefused::Contradict);
            } else if refused.is_ok() {
                refused = Err(AmendRefused::ChangeTwice);
            }
            if wanted.strictness() > plan.wanted.strictness() {
                plan.wanted = wanted;
            }
        }
        refused
    }

    /// The person that the numbers stand for, and the numbers that are not in the list yet.
    fn person(&self, keys: &[Key]) -> Result<(Option<First>, Vec<Key>), AmendRefused> {
        let (mut first, mut new): (Option<First>, Vec<Key>) = (None, Vec::new());
        for key in keys {
            let found = match self.list.standing(*key)? {
                Standing::Colour(_, rank) => First { key: *key, rank },
                Standing::SecondOf(other) => match self.list.standing(other)? {
                    Standing::Colour(_, rank) => First { key: other, rank },
                    Standing::Removed => return Err(AmendRefused::AwaitNextEpoch),
                    Standing::SecondOf(_) | Standing::Nobody => return Err(ListFault::Contradictory.into()),
                },
                Standing::Removed if self.list.is_second_in_base(*key)? => {
                    return Err(AmendRefused::AwaitNextEpoch);
                }
                Standing::Removed | Standing::Nobody => {
                    new.push(*key);
                    continue;
                }
            };
            if first.is_some_and(|known| known.key != found.key) {
                return Err(AmendRefused::JoinPeople);
            }
            first = Some(found);
        }
        Ok((first, new))
    }

    /// Whether second numbers lead to this removed number: made a second number itself, it would take them along to another
    /// person's first one, and no list follows two steps.
    fn is_led_to(&mut self, key: Key) -> Result<bool, ListFault> {
        let led_to = match self.led_to.take() {
            Some(known) => known,
            None => self.look_through()?,
        };
        Ok(self.led_to.insert(led_to).contains(&key))
    }

    fn look_through(&self) -> Result<HashSet<Key>, ListFault> {
        let overlay = self.list.overlay();
        let gone = |key: Key| overlay.change(key) == Some(KeyChange::Removed);
        let added = overlay.keyed().iter().filter_map(|(_, change)| match change {
            KeyChange::SecondOf(first) => Some(*first),
            KeyChange::Colour(_) | KeyChange::Removed => None,
        });
        let (mut led_to, mut cursor): (HashSet<Key>, u64) = (added.filter(|first| gone(*first)).collect(), 0);
        while cursor < Key::MAX.value() {
            let leaves = self.list.base().after(cursor, SCAN)?;
            cursor = leaves.last().ok_or(ListFault::Damaged)?.place.last;
            for leaf in &leaves {
                for (key, entry) in leaf.leaf()?.entries().map_err(|_| ListFault::Damaged)? {
                    if let Entry::SecondOf(first) = entry
                        && gone(first)
                        && !gone(key)
                    {
                        led_to.insert(first);
                    }
                }
            }
        }
        Ok(led_to)
    }

    /// The changes of a delta.
    #[must_use]
    pub fn finish(self) -> Changes {
        let scope = self.list.base_head().scope;
        let (mut ranked, mut keyed) = (BTreeMap::new(), BTreeMap::new());
        for plan in &self.plans {
            match plan.wanted {
                Wanted::Removed => keyed.extend(plan.gone().map(|key| (key, KeyChange::Removed))),
                // Who is no exception and was none needs no entry.
                Wanted::Colour(Colour::Green) if scope == Scope::Exceptions && plan.first.is_none() => {}
                Wanted::Colour(colour) => {
                    match plan.first.and_then(|first| first.rank) {
                        Some(rank) => drop(ranked.insert(rank, colour)),
                        None => drop(keyed.insert(plan.named, KeyChange::Colour(colour))),
                    }
                    let seconds = plan.new.iter().filter(|key| **key != plan.named);
                    keyed.extend(seconds.map(|key| (*key, KeyChange::SecondOf(plan.named))));
                }
            }
        }
        Changes { ranked: ranked.into_iter().collect(), keyed: keyed.into_iter().collect() }
    }
}

impl Plan {
    /// The numbers that go when the person goes.
    fn gone(&self) -> impl Iterator<Item = Key> {
        let known = self.keys.iter().filter(|key| !self.new.contains(key)).copied();
        known.chain(self.first.map(|first| first.key))
    }
}
