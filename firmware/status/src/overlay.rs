//! What deltas changed since the base, in memory.
//! Promises: five bytes a changed colour; a delta is in it whole or not at all; a number that belongs to a person never
//! gets a colour of its own.
//! Must not know: files, signatures.

use gate_wire::credential::Colour;

use crate::delta::{Changes, KeyChange};
use crate::entry::{Key, Rank, colour_code, colour_of};

/// All changes since the base.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct Overlay {
    ranks: Vec<u32>,
    colours: Vec<u8>,
    keyed: Vec<(Key, KeyChange)>,
}

/// A second number would get a colour of its own: two numbers of one person would come apart (DOMAIN §13).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the delta gives a person's second number a colour of its own")]
pub struct PersonSplit;

impl Overlay {
    /// With people new or removed, as kept beside a folded base.
    pub(crate) fn of_keyed(keyed: Vec<(Key, KeyChange)>) -> Overlay {
        Overlay { keyed, ..Overlay::default() }
    }

    /// This and `changes` on top.
    pub(crate) fn with(&self, changes: &Changes) -> Result<Overlay, PersonSplit> {
        let mut next = Overlay {
            ranks: Vec::with_capacity(self.ranks.len() + changes.ranked.len()),
            colours: Vec::with_capacity(self.ranks.len() + changes.ranked.len()),
            keyed: Vec::with_capacity(self.keyed.len() + changes.keyed.len()),
        };
        let mut old = self.ranks.iter().copied().zip(self.colours.iter().copied()).peekable();
        for (rank, colour) in &changes.ranked {
            while let Some(kept) = old.next_if(|kept| kept.0 < rank.0) {
                next.put(kept);
            }
            old.next_if(|kept| kept.0 == rank.0);
            next.put((rank.0, colour_code(*colour) as u8));
        }
        old.for_each(|kept| next.put(kept));
        self.key_changes(changes, &mut next.keyed)?;
        Ok(next)
    }

    fn put(&mut self, (rank, colour): (u32, u8)) {
        self.ranks.push(rank);
        self.colours.push(colour);
    }

    fn key_changes(&self, changes: &Changes, into: &mut Vec<(Key, KeyChange)>) -> Result<(), PersonSplit> {
        let mut old = self.keyed.iter().copied().peekable();
        for (key, change) in &changes.keyed {
            while let Some(kept) = old.next_if(|kept| kept.0 < *key) {
                into.push(kept);
            }
            let before = old.next_if(|kept| kept.0 == *key);
            if let (Some((_, KeyChange::SecondOf(_))), KeyChange::Colour(_)) = (before, change) {
                return Err(PersonSplit);
            }
            into.push((*key, *change));
        }
        into.extend(old);
        Ok(())
    }

    /// The colour now at this rank, if it changed.
    pub(crate) fn colour(&self, rank: Rank) -> Option<Colour> {
        let at = self.ranks.binary_search(&rank.0).ok()?;
        colour_of(self.colours.get(at).copied()?.into())
    }

    /// What changed at this key.
    pub(crate) fn change(&self, key: Key) -> Option<KeyChange> {
        let at = self.keyed.binary_search_by_key(&key, |(key, _)| *key).ok()?;
        self.keyed.get(at).map(|(_, change)| *change)
    }

    /// People new or removed.
    pub(crate) fn keyed(&self) -> &[(Key, KeyChange)] {
        &self.keyed
    }

    /// All of it as one delta would say it.
    pub(crate) fn changes(&self) -> Changes {
        let ranked = self.ranks.iter().zip(&self.colours);
        let ranked = ranked.filter_map(|(rank, code)| Some((Rank(*rank), colour_of((*code).into())?)));
        Changes { ranked: ranked.collect(), keyed: self.keyed.clone() }
    }

    /// Bytes held.
    pub(crate) fn bytes(&self) -> usize {
        5 * self.ranks.len() + size_of::<(Key, KeyChange)>() * self.keyed.len()
    }
}
