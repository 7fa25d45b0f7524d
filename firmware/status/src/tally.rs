//! How many people a list states each colour of: for the desk, which has to see what a new list changes.
//! Promises: every leaf is opened in its place and read; changes by deltas count; memory for a few hundred leaves.
//! Must not know: which list is compared with which.

use gate_wire::credential::Colour;

use crate::delta::KeyChange;
use crate::entry::{Entry, Key, Rank};
use crate::list::{ListFault, Scope};
use crate::sealed::SealedList;

/// People by colour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// 绿.
    pub green: u64,
    /// 黄.
    pub yellow: u64,
    /// 红.
    pub red: u64,
}

impl Tally {
    /// All of them.
    #[must_use]
    pub fn people(&self) -> u64 {
        self.green.saturating_add(self.yellow).saturating_add(self.red)
    }

    fn count(&mut self, colour: Colour) {
        match colour {
            Colour::Green => self.green += 1,
            Colour::Yellow => self.yellow += 1,
            Colour::Red => self.red += 1,
        }
    }
}

impl SealedList {
    /// Counts the people of each colour as the list is now, by reading the whole base. In a list of exceptions nobody is
    /// green: who turned green since the base is no exception any more.
    ///
    /// # Errors
    /// [`ListFault`].
    pub fn tally(&self) -> Result<Tally, ListFault> {
        let mut tally = Tally::default();
        self.base().walk(|rank, key, entry| {
            self.now(rank, key, entry).into_iter().for_each(|colour| tally.count(colour));
        })?;
        for (key, change) in self.overlay().keyed() {
            if let KeyChange::Colour(colour) = change
                && self.base().find(*key)?.is_none()
            {
                tally.count(*colour);
            }
        }
        if self.base_head().scope == Scope::Exceptions {
            tally.green = 0;
        }
        Ok(tally)
    }

    /// What an entry of the base says now, where it is a person's first number.
    fn now(&self, rank: Rank, key: Key, entry: Entry) -> Option<Colour> {
        let Entry::Colour(colour) = entry else { return None };
        match self.overlay().change(key) {
            Some(KeyChange::Removed | KeyChange::SecondOf(_)) => None,
            Some(KeyChange::Colour(colour)) => Some(colour),
            None => Some(self.overlay().colour(rank).unwrap_or(colour)),
        }
    }
}
