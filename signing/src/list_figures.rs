//! What a list says in figures: for whom it is, how many people of each colour. Kept with each publication.
//! Promises: counted from the sealed leaves and the deltas on them, not taken from a table.
//! Must not know: who compares them, what is asked.

use gate_status::{ListFault, Scope, SealedList, State, Tally};
use serde::{Deserialize, Serialize};

use crate::spelling;

/// A list's figures.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListFigures {
    /// Its epoch.
    pub epoch: u32,
    /// Steps since the base.
    pub step: u32,
    /// The link there, hexadecimal.
    link: String,
    /// Whether everybody is in it.
    population: bool,
    /// Green people.
    pub green: u64,
    /// Yellow people.
    pub yellow: u64,
    /// Red people.
    pub red: u64,
}

impl ListFigures {
    /// Counts a list as it is with its deltas; the same list as `known` is not counted again.
    ///
    /// # Errors
    /// [`ListFault`].
    pub fn of(list: &SealedList, known: Option<&ListFigures>) -> Result<ListFigures, ListFault> {
        if let Some(known) = known.filter(|known| known.is_of(&list.state())) {
            return Ok(known.clone());
        }
        let (State { epoch, step, link, .. }, Tally { green, yellow, red }) = (list.state(), list.tally()?);
        let population = list.base_head().scope == Scope::Population;
        Ok(ListFigures { epoch: epoch.0, step, link: spelling::hex(&link), population, green, yellow, red })
    }

    /// For whom it is.
    pub fn scope(&self) -> Scope {
        if self.population { Scope::Population } else { Scope::Exceptions }
    }

    fn is_of(&self, state: &State) -> bool {
        (self.epoch, self.step) == (state.epoch.0, state.step) && self.link == spelling::hex(&state.link)
    }
}
