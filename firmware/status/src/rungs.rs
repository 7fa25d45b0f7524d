//! The desk's side of the ladder: single steps merged into the files of an hour, a day and a week (DESIGN §6).
//! Promises: a merged file says what its steps said one after the other, and every terminal within its span takes it.
//! Must not know: who signs, where files lie.

use std::collections::{BTreeMap, HashMap};

use crate::delta::{Changes, DeltaOrder, KEYED_MOST, KeyChange, RANKED_MOST, prove};
use crate::entry::Key;
use crate::head::Tie;
use crate::ladder::{Span, offered};
use crate::overlay::Overlay;
use crate::sealed::{DeltaRefused, SealedList, State};

/// A file of the ladder, before it is signed.
pub struct Rung {
    /// What it leads over.
    pub span: Span,
    /// Its head's fields.
    pub order: DeltaOrder,
    /// What it says.
    pub changes: Changes,
}

/// A delta that a terminal would refuse.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("delta {nth} of those given")]
pub struct ClimbRefused {
    /// Which of the files, from 0.
    pub nth: usize,
    /// Why.
    #[source]
    pub source: DeltaRefused,
}

/// Takes the deltas in `files` on `list`, which is at the first one's beginning, and gives the files of the ladder at the
/// last one's end that are more than one of these. A span is left out where one number was first another person's second
/// number and then a person of its own: some terminals within would refuse it, and take the finer files.
///
/// # Errors
/// [`ClimbRefused`], for the first file that a terminal would refuse.
pub fn climb(list: &mut SealedList, files: &[Vec<u8>], rungs: &[u32]) -> Result<Vec<Rung>, ClimbRefused> {
    let (mut steps, mut states, mut parted) = (Vec::new(), vec![list.state()], HashMap::new());
    let mut ties = BTreeMap::from([(list.state().step, Tie::of(&list.state().link))]);
    for (nth, file) in files.iter().enumerate() {
        let refused = |source| ClimbRefused { nth, source };
        let proven = prove(file, list.authorities()).map_err(|damaged| refused(damaged.into()))?;
        let changes = proven.changes().map_err(|damaged| refused(damaged.into()))?;
        let before = list.overlay().clone();
        list.apply(file).map_err(refused)?;
        ties.extend((proven.head.from + 1..).zip(proven.via()));
        ties.insert(proven.head.to, Tie::of(&proven.head.link_to));
        for (key, change) in &changes.keyed {
            if matches!(before.change(*key), Some(KeyChange::SecondOf(_)))
                && !matches!(change, KeyChange::SecondOf(_))
            {
                parted.insert(*key, steps.len());
            }
        }
        steps.push(changes);
        states.push(list.state());
    }
    let climbed = Climbed { list, steps, states, ties, parted };
    Ok(offered(list.state().step, rungs).into_iter().filter_map(|span| climbed.rung(span)).collect())
}

struct Climbed<'a> {
    list: &'a SealedList,
    steps: Vec<Changes>,
    /// Before the first step and after each.
    states: Vec<State>,
    /// The link at every step.
    ties: BTreeMap<u32, Tie>,
    /// By which of the steps a key stopped to be a second number.
    parted: HashMap<Key, usize>,
}

impl Climbed<'_> {
    fn rung(&self, span: Span) -> Option<Rung> {
        let at = |step| self.states.iter().position(|state| state.step == step);
        let (begin, end) = (at(span.from)?, at(span.to)?);
        let steps = self.steps.get(begin..end).filter(|steps| steps.len() > 1)?;
        let merged = steps.iter().try_fold(Overlay::default(), |sum, step| sum.with(step)).ok()?;
        let alone = |(key, change): &(Key, KeyChange)| {
            matches!(change, KeyChange::Colour(_)) && self.parted.get(key).is_some_and(|by| *by >= begin)
        };
        let changes = merged.changes();
        let fits = changes.ranked.len() <= RANKED_MOST && changes.keyed.len() <= KEYED_MOST;
        if !fits || merged.keyed().iter().any(alone) {
            return None;
        }
        let via = (span.from + 1..span.to).map(|step| self.ties.get(&step).copied());
        let (from, to, head) = (self.states.get(begin)?, self.states.get(end)?, self.list.base_head());
        let order = DeltaOrder {
            scope: head.scope,
            province: head.province,
            epoch: head.epoch,
            generation: span.to,
            base_root: head.root,
            from: (span.from, from.link),
            to: (span.to, Some(to.link)),
            via: via.collect::<Option<_>>()?,
            as_of: to.as_of,
        };
        Some(Rung { span, order, changes })
    }
}
