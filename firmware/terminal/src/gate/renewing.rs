//! What is believed, while the loop runs: taken over when it is new, looked through for damage while nobody is there.
//! Promises: data change between passages only; no more than a few leaves of the list are read in a turn; a damaged leaf
//! is a fault that asks for repair, and costs only its own people an answer (DESIGN §6).
//! Must not know: how data are loaded.

use gate_core::event::Event;
use gate_core::facts::{Facts, ListAnswer};
use gate_core::manifest::Dataset;
use gate_wire::time::{Millis, Timestamp};

use super::Gate;
use super::upkeep::{is_thinkable, seen_kept};
use crate::dispatch::{Condition, Dispatch, Progress, Told};
use crate::judge::Judge;
use crate::renewal::{Renewal, SeenThen};

/// The list is looked through so often, so many leaves each time: a province of 100 million in two hours.
const PATROL_MS: u64 = 1_000;
const PATROL_LEAVES: u32 = 16;

/// The round through the list.
#[derive(Debug, Default)]
pub(super) struct Patrol {
    cursor: u64,
    went: Option<Millis>,
    damaged: bool,
    met: bool,
}

impl Patrol {
    /// Whether the list was found unable to answer for somebody, by the round or by a person.
    pub(super) fn found_damage(&self) -> bool {
        self.damaged || self.met
    }
}

impl Gate {
    /// From now on new data are taken over as they come.
    pub fn renew_from(&mut self, renewal: Renewal) {
        self.renewal = Some(renewal);
    }

    /// From now on records leave by this way.
    pub fn send_by(&mut self, dispatch: Dispatch) {
        self.dispatch = Some(dispatch);
    }

    /// How the records' way stands; `None` where there is none.
    #[must_use]
    pub fn records_way(&self) -> Option<Progress> {
        self.dispatch.as_ref().map(Dispatch::progress)
    }

    /// A technician waits for records: what there is leaves now.
    pub fn hurry_records(&mut self) {
        if let Some(dispatch) = &mut self.dispatch {
            dispatch.hurry();
        }
    }

    /// What waits for a turn without a person.
    pub(super) fn idle(&mut self, now: Millis) {
        // Who was asked for a second reading is judged by the same data.
        if self.warm.is_none() {
            let newer = self.renewal.as_mut().and_then(|renewal| {
                renewal.poll(now, || SeenThen::of(|dataset| seen_kept(self.book.as_ref(), dataset)))
            });
            if let Some(newer) = newer {
                self.take_over(newer, now);
            }
        }
        self.patrol(now);
        self.send_records(now);
    }

    fn send_records(&mut self, now: Millis) {
        let Some(dispatch) = &mut self.dispatch else { return };
        let believed = self.judge.believed();
        let held = || believed.held().collect();
        let condition = Condition { faults: self.upkeep.faults, held: &held };
        let told = Told { now, time: self.time.now(now), keys: believed.key_set.as_ref(), condition };
        dispatch.step(&told, self.book.as_mut());
    }

    fn take_over(&mut self, newer: crate::believed::Believed, now: Millis) {
        for problem in &newer.problems {
            crate::say!("gate: new data: {problem}");
        }
        self.judge.renew(newer);
        self.upkeep.patrol = Patrol::default();
        if let Some(keys) = self.judge.believed().day_keys.clone() {
            self.book.take_day_keys(keys);
        }
        self.raise_floor(now);
        self.keep_believed();
        self.record_device(Event::DataTaken, now);
    }

    /// Data from the future of a confirmed clock move nothing (DESIGN §8).
    fn raise_floor(&mut self, now: Millis) {
        let issued: Vec<Timestamp> = self.judge.believed().issued.clone();
        for issued in issued.into_iter().filter(|issued| is_thinkable(*issued, None)) {
            if let Err(refused) = self.time.raise_floor(issued, issued, now) {
                crate::say!("clock: {refused}");
            }
        }
    }

    fn patrol(&mut self, now: Millis) {
        let patrol = &mut self.upkeep.patrol;
        let Some(list) = &self.judge.believed().list else { return };
        if patrol.damaged || patrol.went.is_some_and(|last| now.since(last).0 < PATROL_MS) {
            return;
        }
        patrol.went = Some(now);
        match list.patrol(patrol.cursor, PATROL_LEAVES) {
            Ok(cursor) => patrol.cursor = cursor,
            Err(fault) => {
                crate::say!("status list: {fault}");
                patrol.damaged = true;
            }
        }
    }

    /// A person met a place where the list cannot answer: the fault shows at once. The round goes on: what the person met may be
    /// two deltas that contradict each other, and not the leaf that is damaged.
    pub(super) fn note_list(&mut self, facts: &Facts) {
        self.upkeep.patrol.met |= [facts.of_code, facts.of_document].contains(&ListAnswer::Damaged);
    }
}

/// Whether the list in force is less than the manifest says: a leaf is damaged, or a delta was not good.
pub(super) fn list_is_damaged(judge: &Judge, patrol: &Patrol) -> bool {
    let believed = judge.believed();
    let ended_early = believed
        .problems
        .iter()
        .any(|problem| matches!(problem.dataset, Some(Dataset::StatusList | Dataset::StatusDelta)));
    believed.list.is_some() && (patrol.found_damage() || ended_early)
}
