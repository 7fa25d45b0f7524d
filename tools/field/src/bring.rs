//! At the terminal: from the stick into the spool, what this terminal needs and nothing else; then `gate-trust` judges.
//! Promises: lengths are bounded by kind before anything is read; the spool's bound holds; acknowledgements of this terminal alone.
//! Must not know: whether any of it is true; the terminal's keys.

use std::path::Path;

use gate_carry::{Held, Spool, of_status, of_trust};
use gate_core::query::TerminalNumber;
use gate_core::records::acknowledgement::ACKNOWLEDGEMENT_MOST;
use gate_core::records::names::{ACKS, parse_acknowledgement};
use gate_core::screen::{Percent, UpdateStep};
use gate_tuf::{Repository, Targets};

use crate::copying::{Copied, Copying};
use crate::files;
use crate::visit::Board;

/// Acknowledgements of one terminal, at most.
const ACKNOWLEDGEMENTS_MOST: usize = 16;

/// Where everything is.
pub struct Bring<'a> {
    /// The stick, or the laptop's folder.
    pub stick: &'a Path,
    /// The terminal's spool.
    pub spool: &'a Spool,
    /// What the keeper says is in force.
    pub held: &'a Held,
    /// Which terminal.
    pub terminal: TerminalNumber,
}

impl Bring<'_> {
    /// Copies what is needed. What does not come is told and holds back nothing else.
    pub fn run(&self, board: &mut Board) -> Copied {
        let mut copied = Copied::default();
        let mut plans = Vec::new();
        // A spool that is looked at byte by byte takes its time.
        board.data(UpdateStep::Copying(Percent::of(0, 1)));
        for repository in Repository::ALL {
            let copying = self.copying(repository);
            match copying.plan(&|targets| self.wants(repository, targets)) {
                Ok(Some(plan)) => plans.push((copying, plan)),
                Ok(None) => copied.missing.push(format!("{}: not on the stick", repository.name())),
                Err(error) => copied.miss(repository.name(), &error.to_string()),
            }
        }
        let whole = plans.iter().fold(0_u64, |sum, (_, plan)| sum.saturating_add(plan.bytes()));
        let mut done = 0;
        board.data(UpdateStep::Copying(Percent::of(done, whole)));
        for (copying, plan) in &plans {
            let one = copying.run(plan, &mut |bytes| {
                done += bytes;
                board.data(UpdateStep::Copying(Percent::of(done, whole)));
            });
            copied.add(one);
        }
        self.acknowledgements(&mut copied);
        copied
    }

    fn copying(&self, repository: Repository) -> Copying<'_> {
        let (root, look) = (self.held.root(repository), self.held.look());
        Copying { from: self.stick, to: self.spool, repository, root, look }
    }

    fn wants(&self, repository: Repository, targets: &Targets) -> gate_carry::Wants {
        match repository {
            Repository::Trust => of_trust(targets, self.terminal.value()),
            Repository::Status => of_status(targets, self.held.list),
        }
    }

    fn acknowledgements(&self, copied: &mut Copied) {
        let ours = |name: &String| {
            parse_acknowledgement(name).is_some_and(|(terminal, _)| terminal == self.terminal)
        };
        let names = files::names(&self.stick.join(ACKS));
        for name in names.into_iter().filter(ours).take(ACKNOWLEDGEMENTS_MOST) {
            let path = format!("{ACKS}/{name}");
            match files::small(self.stick, &path, ACKNOWLEDGEMENT_MOST as u64) {
                Ok(Some(bytes))
                    if self.spool.read(&path, ACKNOWLEDGEMENT_MOST as u64).as_ref() != Some(&bytes) =>
                {
                    match self.spool.acknowledge(&name, &bytes) {
                        Ok(()) => copied.files += 1,
                        Err(fault) => copied.missing.push(format!("{path}: {fault}")),
                    }
                }
                Ok(Some(_)) => {}
                Ok(None) => copied.missing.push(format!("{path}: no regular file of a few bytes")),
                Err(error) => copied.missing.push(format!("{path}: {error}")),
            }
        }
    }
}
