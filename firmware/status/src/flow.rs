//! Whom a delta moves from which colour to which, counted against the list that it is put on: for whoever signs it.
//! Promises: every number is counted by what the list answers for it before and after, whichever change made the difference: its own
//! entry, its person's, or that it became another person's; nothing is taken from the delta's head or the base's; a change that changes nothing
//! is counted as such, but where it was said in this epoch before: so nothing that a list has to remember is free; every leaf read
//! opened in its place.
//! Must not know: whom it is about, what is usual, who asks.

use gate_wire::credential::Colour;

use crate::delta::{Changes, KeyChange, prove};
use crate::entry::{Entry, Key};
use crate::list::{ListFault, Scope};
use crate::overlay::Overlay;
use crate::sealed::{DeltaRefused, SealedList, Standing};

/// Numbers by what happens to them: a person with two counts twice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flow {
    /// From a colour to another: green, yellow, red. Who comes back after a removal in this epoch is moved from the colour farthest
    /// from the new one: a list keeps no colour of whom it removed, and a removal must not be a way around this count.
    pub moved: [[u64; 3]; 3],
    /// Not in the list in this epoch before, with this colour now.
    pub new: [u64; 3],
    /// Not in the list any more, by the colour before. In a list of exceptions that is turning green, and counted so.
    pub removed: [u64; 3],
    /// Numbers that became another person's second number, or were one and are named by rank. Those whose colour changes by it are
    /// counted above, too.
    pub joined: u64,
    /// Named without any of the above, by key or rank: a removal of nobody, a colour that was there already. What was said in this epoch
    /// before is not counted, since a delta over several steps must say it again. Each is remembered by every terminal until the next
    /// base, and a removal of nobody would turn one who is new later into one who comes back.
    pub unchanged: u64,
}

/// Why it cannot be counted.
#[derive(Debug, thiserror::Error)]
pub enum FlowFault {
    /// The list does not take this delta.
    #[error(transparent)]
    Take(#[from] DeltaRefused),
    /// The list cannot be read.
    #[error(transparent)]
    Read(#[from] ListFault),
    /// A second number of nobody, or of another second number.
    #[error(
        "the delta makes a number the second one of somebody who is not there: terminals would answer nothing for it"
    )]
    Tangle,
}

/// What a list answers for a number.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Answered {
    Colour(Colour),
    /// Removed in this epoch, or with a person who was.
    Removed,
    Nobody,
    /// A second number that leads nowhere.
    Nowhere,
}

impl Flow {
    /// Of both, one after the other.
    #[must_use]
    pub fn and(mut self, then: Flow) -> Flow {
        let add = |sum: &mut u64, more: u64| *sum = sum.saturating_add(more);
        let (moved, news) = (then.moved.iter().flatten(), then.new.iter().chain(&then.removed));
        self.moved.iter_mut().flatten().zip(moved).for_each(|(sum, more)| add(sum, *more));
        let both = self.new.iter_mut().chain(&mut self.removed);
        both.zip(news).for_each(|(sum, more)| add(sum, *more));
        add(&mut self.joined, then.joined);
        add(&mut self.unchanged, then.unchanged);
        self
    }

    fn count(&mut self, scope: Scope, before: Answered, after: Answered) -> Result<(), FlowFault> {
        use Answered::{Colour as Has, Nobody, Nowhere, Removed};
        let gone_is_green = scope == Scope::Exceptions;
        match (before, after) {
            (_, Nowhere) => return Err(FlowFault::Tangle),
            (Has(from), Has(to)) => self.moves(from, to),
            (Removed, Has(to)) if gone_is_green => self.moves(Colour::Green, to),
            (Removed | Nowhere, Has(to)) => self.moves(farthest(to), to),
            (Nobody, Has(to)) => one_more(self.new.get_mut(place(to))),
            (Has(from), Removed | Nobody) if gone_is_green => self.moves(from, Colour::Green),
            (Has(from), Removed | Nobody) => one_more(self.removed.get_mut(place(from))),
            (Removed | Nobody | Nowhere, Removed | Nobody) => {}
        }
        Ok(())
    }

    /// A name that the list has to remember from now on, where it changed nothing since `was`.
    fn remembers(&mut self, was: Flow) {
        if *self == was {
            one_more(Some(&mut self.unchanged));
        }
    }

    fn moves(&mut self, from: Colour, to: Colour) {
        let count = self.moved.get_mut(place(from)).and_then(|of| of.get_mut(place(to)));
        one_more(count.filter(|_| from != to));
    }
}

fn one_more(count: Option<&mut u64>) {
    count.into_iter().for_each(|count| *count = count.saturating_add(1));
}

/// Worst taken: who comes back green may have been red.
fn farthest(to: Colour) -> Colour {
    if to == Colour::Red { Colour::Green } else { Colour::Red }
}

/// A colour's place in [`Flow`].
#[must_use]
pub fn place(colour: Colour) -> usize {
    match colour {
        Colour::Green => 0,
        Colour::Yellow => 1,
        Colour::Red => 2,
    }
}

impl SealedList {
    /// What a delta would change here, by reading the base once, or twice where people have second numbers. The list is as before.
    ///
    /// # Errors
    /// [`FlowFault`].
    pub fn flow(&self, file: &[u8]) -> Result<Flow, FlowFault> {
        // All that taking it asks: signatures, history, ranks.
        let ready = self.prepare(file)?;
        let changes = prove(file, self.authorities()).and_then(|proven| proven.changes());
        let changes = changes.map_err(DeltaRefused::from)?;
        let (before, after) = (self.overlay().as_ref(), ready.overlay());
        let mut counting = Counting {
            list: self,
            before,
            after,
            changes: &changes,
            ranked: Vec::new(),
            has_seconds: false,
            flow: Flow::default(),
        };
        counting.by_rank()?;
        counting.by_key()?;
        counting.seconds_of_the_base()?;
        counting.seconds_since()?;
        Ok(counting.flow)
    }
}

/// One delta's count: each number in exactly one of the four passes.
struct Counting<'a> {
    list: &'a SealedList,
    before: &'a Overlay,
    after: &'a Overlay,
    changes: &'a Changes,
    /// Whose colour a rank changes, rising.
    ranked: Vec<Key>,
    /// Whether anybody has a second number in the base, as its leaves say: its head may say anything.
    has_seconds: bool,
    flow: Flow,
}

impl Counting<'_> {
    /// Who is named by rank. A change by key is above one by rank, whenever it came.
    fn by_rank(&mut self) -> Result<(), FlowFault> {
        let mut changes = self.changes.ranked.iter().peekable();
        let (mut people, mut seconds, mut hidden) = (Vec::new(), 0_u64, 0_u64);
        let mut has_seconds = false;
        if changes.peek().is_some() || !self.changes.keyed.is_empty() {
            self.list.base().walk(|rank, key, entry| {
                has_seconds |= matches!(entry, Entry::SecondOf(_));
                if let Some((_, to)) = changes.next_if(|change| change.0 == rank) {
                    let before = self.before.colour(rank);
                    match entry {
                        Entry::Colour(base) if self.after.change(key).is_none() => {
                            people.push((key, before, (before.unwrap_or(base), *to)));
                        }
                        // Hidden by a change of the key.
                        Entry::Colour(_) => hidden += u64::from(before != Some(*to)),
                        Entry::SecondOf(_) => seconds += 1,
                    }
                }
            })?;
        }
        self.has_seconds = has_seconds;
        // A rank that no leaf has: refused before, unless the base is damaged.
        if changes.next().is_some() {
            return Err(ListFault::Damaged.into());
        }
        self.flow.joined = self.flow.joined.saturating_add(seconds);
        self.flow.unchanged = self.flow.unchanged.saturating_add(hidden);
        for (_, before, (from, to)) in &people {
            let was = self.flow;
            self.flow.moves(*from, *to);
            if *before != Some(*to) {
                self.flow.remembers(was);
            }
        }
        self.ranked = people.into_iter().map(|(key, ..)| key).collect();
        Ok(())
    }

    /// Who is named by key.
    fn by_key(&mut self) -> Result<(), FlowFault> {
        for (key, change) in &self.changes.keyed {
            let (before, was) = (self.list.standing_with(self.before, *key)?, self.flow);
            if matches!(change, KeyChange::SecondOf(to) if before != Standing::SecondOf(*to)) {
                self.flow.joined = self.flow.joined.saturating_add(1);
            }
            self.compare(*key)?;
            if self.before.change(*key) != Some(*change) {
                self.flow.remembers(was);
            }
        }
        Ok(())
    }

    /// Second numbers that the base has, of people who changed.
    fn seconds_of_the_base(&mut self) -> Result<(), FlowFault> {
        let mut led = Vec::new();
        if self.has_seconds {
            self.list.base().walk(|_, key, entry| {
                if let Entry::SecondOf(first) = entry
                    && self.changed(first)
                    && !self.is_named(key)
                {
                    led.push(key);
                }
            })?;
        }
        led.into_iter().try_for_each(|key| self.compare(key))
    }

    /// Second numbers that came since, of people who changed.
    fn seconds_since(&mut self) -> Result<(), FlowFault> {
        for (key, change) in self.before.keyed() {
            if let KeyChange::SecondOf(first) = change
                && self.changed(*first)
                && !self.is_named(*key)
                && !self.list.is_second_in_base(*key)?
            {
                self.compare(*key)?;
            }
        }
        Ok(())
    }

    fn changed(&self, first: Key) -> bool {
        self.ranked.binary_search(&first).is_ok() || self.is_named(first)
    }

    fn is_named(&self, key: Key) -> bool {
        self.changes.keyed.binary_search_by_key(&key, |(key, _)| *key).is_ok()
    }

    fn compare(&mut self, key: Key) -> Result<(), FlowFault> {
        let (before, after) = (self.answered(self.before, key)?, self.answered(self.after, key)?);
        self.flow.count(self.list.base_head().scope, before, after)
    }

    fn answered(&self, by: &Overlay, key: Key) -> Result<Answered, ListFault> {
        let first = match self.list.standing_with(by, key)? {
            Standing::SecondOf(first) => first,
            Standing::Colour(colour, _) => return Ok(Answered::Colour(colour)),
            Standing::Removed => return Ok(Answered::Removed),
            Standing::Nobody => return Ok(Answered::Nobody),
        };
        Ok(match self.list.standing_with(by, first)? {
            Standing::Colour(colour, _) => Answered::Colour(colour),
            Standing::Removed => Answered::Removed,
            Standing::SecondOf(_) | Standing::Nobody => Answered::Nowhere,
        })
    }
}
