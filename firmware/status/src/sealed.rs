//! The sealed list: a base, and on top of it what deltas changed (DESIGN §6).
//! Promises: an answer was read from a leaf that opened in its place and covers the person, or there is none; both
//! numbers of a person end at one entry; deltas are taken in order, whole, for this list only.
//! Must not know: directories; what a colour means.

use std::path::Path;
use std::sync::Arc;

use gate_proof::leaf_seal::EpochKey;
use gate_proof::subject::Subject;
use gate_wire::credential::Colour;
use gate_wire::time::Timestamp;

use crate::base::Base;
use crate::delta::{Changes, DeltaDamaged, KeyChange, Proven, prove};
use crate::entry::{Entry, Epoch, Key, Rank};
use crate::head::{BaseHead, DeltaHead, NOBODY, Tie};
use crate::keys::{Authorities, KeyFault, KeyStore};
use crate::list::{Answer, Head, ListFault, OpenFault, Region, Scope, StatusList};
use crate::overlay::{Overlay, PersonSplit};
use crate::pages::Pages;

/// How far a list is within its epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct State {
    /// The epoch.
    pub epoch: Epoch,
    /// Steps since the base.
    pub step: u32,
    /// What the steps so far add up to.
    pub link: [u8; 32],
    /// Every colour holds as of this time.
    pub as_of: Timestamp,
}

/// Why a delta was not taken. The list is as it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DeltaRefused {
    /// No delta, or not signed by both.
    #[error(transparent)]
    Damaged(#[from] DeltaDamaged),
    /// Another province's.
    #[error("the delta is for province {theirs:?}, the list here is of {ours:?}")]
    Province {
        /// In the delta.
        theirs: Region,
        /// Here.
        ours: Region,
    },
    /// For a list of another scope.
    #[error("the delta is for a list of another scope")]
    Scope,
    /// For another epoch's base.
    #[error("the delta is for epoch {}, the list here is of epoch {}", .theirs.0, .ours.0)]
    Epoch {
        /// In the delta.
        theirs: Epoch,
        /// Here.
        ours: Epoch,
    },
    /// For another base of this epoch.
    #[error("the delta is for another base")]
    Base,
    /// Steps are missing before it.
    #[error("the delta begins at step {from}, the list is at {ours}: fetch what lies between")]
    Skips {
        /// Where it begins.
        from: u32,
        /// Here.
        ours: u32,
    },
    /// It was taken before, or something later was.
    #[error("the delta leads to step {to}, the list is at {ours} already")]
    Replays {
        /// Where it leads.
        to: u32,
        /// Here.
        ours: u32,
    },
    /// It follows another history.
    #[error("the delta does not follow the steps taken here: two histories were signed, tell the authority")]
    Link,
    /// It says that its colours are older than those here.
    #[error("the delta is as of an earlier time than the list")]
    Earlier,
    /// It names people beyond the base.
    #[error("the delta names rank {}, the base has fewer", .rank.0)]
    Rank {
        /// Which.
        rank: Rank,
    },
    /// It would take a person's numbers apart.
    #[error(transparent)]
    Split(#[from] PersonSplit),
}

/// What the file at `path` says of itself, proven by nobody: to find the keys to open it with.
///
/// # Errors
/// [`OpenFault`].
pub fn alleged_head(path: &Path) -> Result<BaseHead, OpenFault> {
    Ok(BaseHead::decode(&Pages::open(path)?.beside()?.head)?)
}

/// A list that can be asked and that takes deltas.
pub struct SealedList {
    base: Arc<Base>,
    overlay: Arc<Overlay>,
    epoch_key: EpochKey,
    authorities: Authorities,
    state: State,
}

/// A delta that was proven to follow the list, with what the list is then.
pub(crate) struct Ready {
    pub(crate) head: DeltaHead,
    overlay: Arc<Overlay>,
}

impl Ready {
    /// What changed since the base, this delta's with it.
    pub(crate) fn overlay(&self) -> &Overlay {
        &self.overlay
    }
}

/// What stands at a key now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// A person's first number; by rank where the base has it.
    Colour(Colour, Option<Rank>),
    /// Another number of the person there.
    SecondOf(Key),
    /// Nobody any more.
    Removed,
    /// Nobody ever in this epoch.
    Nobody,
}

impl SealedList {
    /// Opens the base at `path`, whose content must not change any more. Its head is proven; the leaves are proven as they
    /// are read, all of them by [`SealedList::check`].
    ///
    /// # Errors
    /// [`OpenFault`].
    pub fn open(path: &Path, keys: &dyn KeyStore) -> Result<SealedList, OpenFault> {
        let base = Base::open(path, keys)?;
        let head = base.head();
        let (epoch, epoch_key) = (head.epoch, keys.epoch_key(head.epoch)?);
        if epoch_key.place_of(&NOBODY) != head.key_check {
            return Err(KeyFault::MatchEpoch { epoch }.into());
        }
        let (step, link, as_of) =
            base.local().map_or((0, head.root, head.as_of), |local| (local.folded, local.link, local.as_of));
        let overlay = Arc::new(Overlay::of_keyed(base.folded_keyed()?));
        let state = State { epoch, step, link, as_of };
        let authorities = keys.authorities()?;
        Ok(SealedList { base: Arc::new(base), overlay, epoch_key, authorities, state })
    }

    /// Reads the whole base: every leaf opens in its place and the whole is what the authorities signed. For an import,
    /// and after a fault.
    ///
    /// # Errors
    /// [`ListFault`].
    pub fn check(&self) -> Result<(), ListFault> {
        self.base.check()
    }

    /// Reads up to `leaves` leaves from `cursor` on, 0 at first, and gives where to go on: a round through the whole base
    /// while nobody asks, so that damage is found before a person meets it.
    ///
    /// # Errors
    /// [`ListFault`]: a leaf does not open in its place.
    pub fn patrol(&self, cursor: u64, leaves: u32) -> Result<u64, ListFault> {
        self.base.patrol(cursor, leaves)
    }

    /// Takes a delta file, whole or not at all, and says what it was.
    ///
    /// # Errors
    /// [`DeltaRefused`].
    pub fn apply(&mut self, file: &[u8]) -> Result<DeltaHead, DeltaRefused> {
        let ready = self.prepare(file)?;
        let head = ready.head;
        self.commit(ready);
        Ok(head)
    }

    /// Everything of a delta but its taking effect: a caller puts the file on disk in between.
    pub(crate) fn prepare(&self, file: &[u8]) -> Result<Ready, DeltaRefused> {
        let proven = prove(file, &self.authorities)?;
        self.admit(&proven)?;
        let changes = proven.changes()?;
        self.within_base(changes.ranked.last().map(|(rank, _)| *rank))?;
        Ok(Ready { head: proven.head, overlay: Arc::new(self.overlay.with(&changes)?) })
    }

    /// What was prepared takes effect.
    pub(crate) fn commit(&mut self, ready: Ready) {
        let head = ready.head;
        self.overlay = ready.overlay;
        self.state = State { epoch: head.epoch, step: head.to, link: head.link_to, as_of: head.as_of };
    }

    /// Whether a delta is for this province's list and this epoch's base at all, wherever the list is.
    ///
    /// # Errors
    /// [`DeltaRefused`].
    pub fn is_for(&self, head: &DeltaHead) -> Result<(), DeltaRefused> {
        let base = self.base.head();
        if head.province != base.province {
            return Err(DeltaRefused::Province { theirs: head.province, ours: base.province });
        }
        if head.scope != base.scope {
            return Err(DeltaRefused::Scope);
        }
        if head.epoch != base.epoch {
            return Err(DeltaRefused::Epoch { theirs: head.epoch, ours: base.epoch });
        }
        if head.base_root == base.root { Ok(()) } else { Err(DeltaRefused::Base) }
    }

    fn admit(&self, delta: &Proven<'_>) -> Result<(), DeltaRefused> {
        let (state, head) = (&self.state, &delta.head);
        self.is_for(head)?;
        if head.from > state.step {
            return Err(DeltaRefused::Skips { from: head.from, ours: state.step });
        }
        if head.to <= state.step {
            return Err(DeltaRefused::Replays { to: head.to, ours: state.step });
        }
        if !self.is_tied(delta) {
            return Err(DeltaRefused::Link);
        }
        if head.as_of < state.as_of {
            return Err(DeltaRefused::Earlier);
        }
        // Ranks rise strictly: as many as this need a highest one of that.
        self.within_base(head.ranked.checked_sub(1).map(Rank))
    }

    /// Whether a delta is of the history that the steps taken here are of.
    fn is_tied(&self, delta: &Proven<'_>) -> bool {
        let (state, head) = (&self.state, &delta.head);
        let single = head.to - head.from == 1;
        let counted = !single || DeltaHead::step_link(&head.link_from, head.to, &head.body) == head.link_to;
        let here = if head.from == state.step {
            head.link_from == state.link
        } else {
            delta.tie_at(state.step) == Some(Tie::of(&state.link))
        };
        counted && here
    }

    fn within_base(&self, rank: Option<Rank>) -> Result<(), DeltaRefused> {
        match rank.filter(|rank| rank.0 >= self.base.head().keys) {
            Some(rank) => Err(DeltaRefused::Rank { rank }),
            None => Ok(()),
        }
    }

    /// The steps that a delta of this list leads over or ends at, each with its link: for the desk, which must never
    /// publish two histories. Proven as [`SealedList::apply`] does, wherever the list is.
    ///
    /// # Errors
    /// [`DeltaRefused`].
    pub fn ties_of(&self, file: &[u8]) -> Result<Vec<(u32, Tie)>, DeltaRefused> {
        let proven = prove(file, &self.authorities)?;
        let head = &proven.head;
        self.is_for(head)?;
        let ends = [(head.from, Tie::of(&head.link_from)), (head.to, Tie::of(&head.link_to))];
        Ok((head.from + 1..).zip(proven.via()).chain(ends).collect())
    }

    /// Where the list is.
    pub fn state(&self) -> State {
        self.state
    }

    /// The step that the base itself holds: 0 as the authorities made it.
    pub(crate) fn folded(&self) -> u32 {
        self.base.local().map_or(0, |local| local.folded)
    }

    /// The root of the epoch's base, by which deltas name it.
    pub fn base_root(&self) -> [u8; 32] {
        self.base.head().root
    }

    /// What both authorities signed of the base.
    pub fn base_head(&self) -> &BaseHead {
        self.base.head()
    }

    /// People and numbers as the list is now, changes counted. A second number whose person was taken off by the first one
    /// counts until it is taken off itself.
    ///
    /// # Errors
    /// [`ListFault`].
    pub fn counted(&self) -> Result<(u64, u64), ListFault> {
        let head = self.base.head();
        let (mut people, mut numbers) = (head.people, u64::from(head.keys));
        for (key, change) in self.overlay.keyed() {
            match (self.base.find(*key)?.map(|(_, entry)| entry), change) {
                (None, KeyChange::Colour(_)) => (people, numbers) = (people + 1, numbers + 1),
                (None, KeyChange::SecondOf(_)) => numbers += 1,
                (Some(Entry::Colour(_)), KeyChange::Removed) => {
                    (people, numbers) = (people.saturating_sub(1), numbers.saturating_sub(1));
                }
                (Some(Entry::SecondOf(_)), KeyChange::Removed) => numbers = numbers.saturating_sub(1),
                (Some(Entry::Colour(_)), KeyChange::SecondOf(_)) => people = people.saturating_sub(1),
                (None, KeyChange::Removed)
                | (Some(Entry::Colour(_)), KeyChange::Colour(_))
                | (Some(Entry::SecondOf(_)), KeyChange::Colour(_) | KeyChange::SecondOf(_)) => {}
            }
        }
        Ok((people, numbers))
    }

    /// Everything that changed since the base, as one delta would say it.
    pub fn changes(&self) -> Changes {
        self.overlay.changes()
    }

    /// Bytes of memory that deltas take.
    pub fn overlay_bytes(&self) -> usize {
        self.overlay.bytes()
    }

    pub(crate) fn authorities(&self) -> &Authorities {
        &self.authorities
    }

    pub(crate) fn base(&self) -> &Arc<Base> {
        &self.base
    }

    pub(crate) fn overlay(&self) -> &Arc<Overlay> {
        &self.overlay
    }

    pub(crate) fn key_of(&self, subject: &Subject) -> Key {
        Key::of(subject, &self.epoch_key)
    }

    /// What stands at a key. A second number of the base can be removed but never gets a colour of its own: a delta that
    /// tried would change nothing (DOMAIN §13).
    pub(crate) fn standing(&self, key: Key) -> Result<Standing, ListFault> {
        self.standing_with(&self.overlay, key)
    }

    /// The same with these changes on the base.
    pub(crate) fn standing_with(&self, overlay: &Overlay, key: Key) -> Result<Standing, ListFault> {
        let (base, change) = (self.base.find(key)?, overlay.change(key));
        Ok(match (base, change) {
            (_, Some(KeyChange::Removed)) => Standing::Removed,
            (Some((_, Entry::SecondOf(first))), _) | (_, Some(KeyChange::SecondOf(first))) => {
                Standing::SecondOf(first)
            }
            (_, Some(KeyChange::Colour(colour))) => Standing::Colour(colour, None),
            (Some((rank, Entry::Colour(colour))), None) => {
                Standing::Colour(overlay.colour(rank).unwrap_or(colour), Some(rank))
            }
            (None, None) => Standing::Nobody,
        })
    }

    /// Whether the base has a second number here, removed or not.
    pub(crate) fn is_second_in_base(&self, key: Key) -> Result<bool, ListFault> {
        Ok(matches!(self.base.find(key)?, Some((_, Entry::SecondOf(_)))))
    }

    fn answer(&self, colour: Colour) -> Answer {
        match (self.base.head().scope, colour) {
            // Who turned green since the base is no exception any more.
            (Scope::Exceptions, Colour::Green) => Answer::NotListed,
            _ => Answer::Listed(colour),
        }
    }
}

impl StatusList for SealedList {
    fn find(&self, subject: &Subject) -> Result<Answer, ListFault> {
        let first = match self.standing(self.key_of(subject))? {
            Standing::Colour(colour, _) => return Ok(self.answer(colour)),
            Standing::Removed | Standing::Nobody => return Ok(Answer::NotListed),
            Standing::SecondOf(first) => first,
        };
        match self.standing(first)? {
            Standing::Colour(colour, _) => Ok(self.answer(colour)),
            Standing::Removed => Ok(Answer::NotListed),
            // Every second number was made beside its first one. No damage does this: a seal would have broken.
            Standing::SecondOf(_) | Standing::Nobody => Err(ListFault::Contradictory),
        }
    }

    fn head(&self) -> Head {
        let head = self.base.head();
        Head {
            scope: head.scope,
            as_of: self.state.as_of,
            version: head.epoch.0,
            province: head.province,
            people: head.people,
        }
    }
}
