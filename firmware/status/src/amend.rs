//! What a delta must say so that people have the colours wanted: at the desk, against the list as it stands.
//! Promises: all numbers of a person change together; a person is changed once; what an epoch cannot say is refused.
//! Must not know: tables, signatures.

use std::collections::{BTreeMap, HashSet};

use gate_proof::subject::Subject;
use gate_wire::credential::Colour;

use crate::delta::{Changes, KeyChange};
use crate::entry::{Key, Rank};
use crate::list::{ListFault, Scope};
use crate::sealed::{SealedList, Standing};

/// What is to become of a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// This colour; a person new to the list is added.
    Colour(Colour),
    /// Off the list.
    Removed,
}

/// Why a person's change is not in the delta.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AmendRefused {
    /// No number.
    #[error("a person needs at least one number")]
    NameNobody,
    /// The numbers stand for more than one person in the list.
    #[error("the numbers are those of two people in the list")]
    JoinPeople,
    /// The person was changed already.
    #[error("the same person was changed before in this delta")]
    ChangeTwice,
    /// The number was another's in this epoch and was removed.
    #[error("the number was taken from a person in this epoch: it can be given anew with the next base")]
    AwaitNextEpoch,
    /// The list cannot tell.
    #[error(transparent)]
    Ask(#[from] ListFault),
}

/// A delta's changes, as they are gathered.
pub struct Amendments<'a> {
    list: &'a SealedList,
    changed: HashSet<Key>,
    ranked: BTreeMap<Rank, Colour>,
    keyed: BTreeMap<Key, KeyChange>,
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
        Amendments { list, changed: HashSet::new(), ranked: BTreeMap::new(), keyed: BTreeMap::new() }
    }

    /// The person with these numbers gets what is wanted.
    ///
    /// # Errors
    /// [`AmendRefused`]; then nothing of this person changed.
    pub fn set(&mut self, subjects: &[Subject], wanted: Wanted) -> Result<(), AmendRefused> {
        let keys: Vec<Key> = subjects.iter().map(|subject| self.list.key_of(subject)).collect();
        let own = *keys.first().ok_or(AmendRefused::NameNobody)?;
        let (first, new) = self.person(&keys)?;
        let named = first.map_or(own, |first| first.key);
        if self.changed.contains(&named) || keys.iter().any(|key| self.changed.contains(key)) {
            return Err(AmendRefused::ChangeTwice);
        }
        self.changed.insert(named);
        self.changed.extend(keys.iter().copied());
        match wanted {
            Wanted::Removed => self.remove(first, &keys, &new),
            Wanted::Colour(colour) => self.colour(first, named, &new, colour),
        }
        Ok(())
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
                    Standing::SecondOf(_) | Standing::Nobody => return Err(ListFault::Damaged.into()),
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

    fn remove(&mut self, first: Option<First>, keys: &[Key], new: &[Key]) {
        let known = keys.iter().filter(|key| !new.contains(key)).copied();
        for key in known.chain(first.map(|first| first.key)) {
            self.keyed.insert(key, KeyChange::Removed);
        }
    }

    fn colour(&mut self, first: Option<First>, named: Key, new: &[Key], colour: Colour) {
        let no_exception = self.list.base_head().scope == Scope::Exceptions && colour == Colour::Green;
        match first {
            Some(First { rank: Some(rank), .. }) => {
                self.ranked.insert(rank, colour);
            }
            // Who is no exception and was none needs no entry.
            None if no_exception => return,
            _ => {
                self.keyed.insert(named, KeyChange::Colour(colour));
            }
        }
        for key in new.iter().filter(|key| **key != named) {
            self.keyed.insert(*key, KeyChange::SecondOf(named));
        }
    }

    /// The changes of a delta.
    #[must_use]
    pub fn finish(self) -> Changes {
        Changes { ranked: self.ranked.into_iter().collect(), keyed: self.keyed.into_iter().collect() }
    }
}
