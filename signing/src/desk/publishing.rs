//! Publishing from a desk: planned and proven first, then kept, told to the log and written.
//! Promises: what is refused leaves nothing behind: no generation, no line, no archive; what is in force is marked in the
//! archive, and what is not in force is told again next time; of two histories of a list one alone leaves this desk.
//! Must not know: who says yes.

use std::path::{Path, PathBuf};

use gate_core::keyset::KeySetError;
use gate_core::manifest::{Dataset, Manifest};
use gate_core::query::TerminalNumber;
use gate_status::SealedList;
use gate_wire::cose::Kid;
use gate_wire::time::Timestamp;
use rand_core::CryptoRng;

use super::{ARCHIVE_DIRECTORY, Desk, DeskError};
use crate::archive::Archive;
use crate::custody::CustodyFault;
use crate::inputs::Inputs;
use crate::key_name::KeyName;
use crate::list_figures::ListFigures;
use crate::list_standing::{ListDoubt, ListNotAdmitted, Reached};
use crate::list_steps::History;
use crate::log::entry::{Entry, Operation};
use crate::publish::{
    Device, ListGiven, ListNotPublished, ListPlan, Publication, PublishError, Published, Ready,
};
use crate::register::changes;

/// What a desk is asked to publish.
#[derive(Clone, Copy, Debug)]
pub struct Order<'a> {
    /// The desk's clock.
    pub now: Timestamp,
    /// For which terminal.
    pub terminal: TerminalNumber,
    /// To which device its keys go.
    pub device: Device<'a>,
    /// The list, if there is one.
    pub status: Option<&'a Path>,
    /// Deltas that may be put on the list, in any order.
    pub deltas: &'a [PathBuf],
    /// Datasets to leave out.
    pub without: &'a [Dataset],
}

/// What would be published, proven. Nothing was made or written for it.
pub struct Planned<'a> {
    order: Order<'a>,
    out: &'a Path,
    inputs: Inputs,
    there: Option<Manifest>,
    list: Option<ListPlan<'a>>,
    figures: Option<ListFigures>,
    doubts: Vec<ListDoubt>,
}

impl Planned<'_> {
    /// What of the list is to be looked at first.
    pub fn doubts(&self) -> &[ListDoubt] {
        &self.doubts
    }

    /// What the list says in figures, with its deltas.
    pub fn list(&self) -> Option<&ListFigures> {
        self.figures.as_ref()
    }
}

impl Desk {
    /// What leaves the key set with a publication at `now`, since nothing valid can be of it any more: in words, to be asked.
    ///
    /// # Errors
    /// [`KeySetError`]: never, for a register of this desk.
    pub fn leaving(&self, now: Timestamp) -> Result<Vec<String>, KeySetError> {
        let (old, mut register) = (self.province.key_set()?, self.province.register().clone());
        register.put_away(now);
        let told = changes(&old, &register.load(old.version(), now)?, &register);
        Ok(told.into_iter().map(|told| format!("{}（{}）", told.zh, told.en)).collect())
    }

    /// The log has a line of each key that was put away.
    pub(super) fn note_put_away(&self, put_away: &[Kid]) -> Result<(), DeskError> {
        for kid in put_away {
            let key = Some(KeyName::Issuer(*kid));
            self.log.note(&Entry { key, ..Entry::of(Operation::KeySetChange) })?;
        }
        Ok(())
    }

    /// Publishes the next generation, with day keys for [`DAYS_AHEAD`](crate::province::DAYS_AHEAD) days from now on.
    ///
    /// # Errors
    /// [`DeskError`]; the manifest in force stays.
    pub fn publish(
        &mut self,
        out: &Path,
        order: &Order<'_>,
        rng: &mut impl CryptoRng,
    ) -> Result<Published, DeskError> {
        let planned = self.plan(out, order)?;
        self.publish_planned(planned, rng)
    }

    /// What would be published, with everything proven that can be before keys are made for it.
    ///
    /// # Errors
    /// [`DeskError`]; nothing changed.
    pub fn plan<'a>(&self, out: &'a Path, order: &Order<'a>) -> Result<Planned<'a>, DeskError> {
        let inputs = self.fit_inputs()?;
        let there = self.province.admit_publication(out, (order.terminal, order.device))?;
        let given = ListGiven::of(order.status, order.deltas, order.without);
        let list = self.province.plan_list(given, (out, there.as_ref()))?;
        let (figures, doubts) = match &list {
            Some(plan) => {
                let doubts = self.admit_plan(plan).map_err(PublishError::List)?;
                (Some(self.figures(plan, order.status)?), doubts)
            }
            None => {
                self.admit_none(order).map_err(PublishError::List)?;
                (None, Vec::new())
            }
        };
        Ok(Planned { order: *order, out, inputs, there, list, figures, doubts })
    }

    fn admit_plan(&self, plan: &ListPlan<'_>) -> Result<Vec<ListDoubt>, ListNotPublished> {
        self.province.admit_history(&plan.history).map_err(ListNotPublished::OtherHistory)?;
        Ok(self.admit_list(&plan.list, &plan.history)?)
    }

    /// What is to be looked at before this list leaves, into a directory or into a draft: this desk's own memory speaks, and
    /// the archive's for publications from before it was kept.
    pub(super) fn admit_list(
        &self,
        list: &SealedList,
        history: &History,
    ) -> Result<Vec<ListDoubt>, ListNotAdmitted> {
        let told = self.published_list().map(|list| Reached { epoch: list.epoch, step: list.step });
        let mut doubts = self.province.admit_list((list.base_head(), &list.state()), told)?;
        doubts.extend(self.province.signed_elsewhere(history));
        Ok(doubts)
    }

    /// A list that was built is left out by name, never because a file is not where it was.
    fn admit_none(&self, order: &Order<'_>) -> Result<(), ListNotPublished> {
        let epoch = self.province.state.list_version;
        let left_out = order.without.contains(&Dataset::StatusList);
        if epoch == 0 || left_out { Ok(()) } else { Err(ListNotPublished::NameList { epoch }) }
    }

    fn figures(&self, plan: &ListPlan<'_>, status: Option<&Path>) -> Result<ListFigures, DeskError> {
        let known = self.archive().in_force().and_then(|force| force.list);
        ListFigures::of(&plan.list, known.as_ref()).map_err(|source| {
            let path = status.unwrap_or(Path::new("")).to_path_buf();
            PublishError::List(ListNotPublished::ReadList { path, source }).into()
        })
    }

    /// Publishes what was planned.
    ///
    /// # Errors
    /// [`DeskError`]; the manifest in force stays.
    pub fn publish_planned(
        &mut self,
        planned: Planned<'_>,
        rng: &mut impl CryptoRng,
    ) -> Result<Published, DeskError> {
        let Planned { order, out, inputs, there, list, figures, doubts: _ } = planned;
        let (before, history) = (self.province.generation(), list.as_ref().map(|list| list.history.clone()));
        let publication = publication(&order, &inputs);
        let register = self.province.register().clone();
        let put_away = self.province.register_mut().put_away(order.now);
        let made = self.ready(&publication, (out, there.as_ref(), list), rng);
        let (ready, day_keys_missing) = made.inspect_err(|_| {
            self.province.close_generation(before);
            *self.province.register_mut() = register;
        })?;
        self.note_put_away(&put_away)?;
        history.iter().for_each(|history| self.province.note_published(history));
        self.save()?;
        let archive = self.archive();
        self.province.archive(&self.directory.join(ARCHIVE_DIRECTORY), &publication)?;
        self.log.note(&Entry::of(Operation::Publish))?;
        let published = ready.write(out)?;
        // It is in force. What could not be marked is told again next time.
        let _ = archive.keep_in_force(published.generation, figures);
        Ok(Published { day_keys_missing, ..published })
    }

    fn ready<'a>(
        &mut self,
        publication: &Publication<'_>,
        (out, there, list): (&Path, Option<&Manifest>, Option<ListPlan<'a>>),
        rng: &mut impl CryptoRng,
    ) -> Result<(Ready<'a>, Option<CustodyFault>), DeskError> {
        let day_keys_missing = self.day_keys_ahead(publication.now, rng)?;
        self.province.prepare((publication.terminal, publication.device), rng)?;
        Ok((self.province.ready((out, there), publication, list, rng)?, day_keys_missing))
    }

    /// The figures of the list that this desk published last, whatever a terminal has.
    pub fn published_list(&self) -> Option<ListFigures> {
        self.archive().in_force().and_then(|force| force.list)
    }

    /// What was published.
    pub(super) fn archive(&self) -> Archive {
        Archive::at(self.directory.join(ARCHIVE_DIRECTORY))
    }
}

fn publication<'a>(order: &Order<'a>, inputs: &'a Inputs) -> Publication<'a> {
    let Order { now, terminal, device, status, deltas, without } = *order;
    Publication { now, terminal, device, inputs, status, deltas, without }
}
