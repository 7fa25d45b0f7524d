//! At the terminal: from the stick into the spool, what this terminal needs and nothing else; then `gate-trust` judges.
//! Promises: lengths are bounded by kind before anything is read; the spool's bound holds; acknowledgements of this terminal alone.
//! Must not know: whether any of it is true; the terminal's keys.

use std::collections::BTreeSet;
use std::path::Path;

use gate_carry::{Held, Spool, of_status, of_trust};
use gate_core::query::TerminalNumber;
use gate_core::records::JournalId;
use gate_core::records::acknowledgement::ACKNOWLEDGEMENT_MOST;
use gate_core::records::names::{ACKS, BatchName, OUT, acknowledgement_name, parse_acknowledgement};
use gate_core::screen::{Percent, UpdateStep};
use gate_tuf::{Repository, Targets};

use crate::copying::{Copied, Copying};
use crate::files;
use crate::visit::Board;

/// Acknowledgements of journals that nothing is known of here, at most.
const STRANGE_MOST: usize = 16;

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
            let plan = copying.plan(&|targets| self.wants(repository, targets));
            copied.repositories += u8::from(!matches!(plan, Ok(None)));
            match plan {
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

    /// The words on this terminal's journals. Those that it knows are asked for by name: no name that was planted beside them is in the way.
    fn acknowledgements(&self, copied: &mut Copied) {
        let known = self.journals();
        let strange = |name: &String| {
            let whose = parse_acknowledgement(name).filter(|(terminal, _)| *terminal == self.terminal);
            whose.is_some_and(|(_, journal)| !known.contains(&journal.0))
        };
        let strange = files::names(&self.stick.join(ACKS)).into_iter().filter(strange).take(STRANGE_MOST);
        let names =
            known.iter().map(|id| acknowledgement_name(self.terminal, &JournalId(*id)).as_str().to_owned());
        names.chain(strange).for_each(|name| self.acknowledgement(&name, copied));
    }

    /// Journals of which something waits here, or was acknowledged before.
    fn journals(&self) -> BTreeSet<[u8; 16]> {
        let of = |folder| files::names(&self.spool.path().join(folder)).into_iter();
        let waiting =
            of(OUT).filter_map(|name| BatchName::parse(&name)).map(|name| (name.terminal, name.journal));
        let acknowledged = of(ACKS).filter_map(|name| parse_acknowledgement(&name));
        let ours = waiting.chain(acknowledged).filter(|(terminal, _)| *terminal == self.terminal);
        ours.map(|(_, journal)| journal.0).collect()
    }

    fn acknowledgement(&self, name: &str, copied: &mut Copied) {
        let path = format!("{ACKS}/{name}");
        match files::small(self.stick, &path, ACKNOWLEDGEMENT_MOST as u64) {
            Ok(Some(bytes))
                if self.spool.read(&path, ACKNOWLEDGEMENT_MOST as u64).as_ref() != Some(&bytes) =>
            {
                match self.spool.acknowledge(name, &bytes) {
                    Ok(()) => copied.files += 1,
                    Err(fault) => copied.missing.push(format!("{path}: {fault}")),
                }
            }
            Ok(None) if files::lies(self.stick, &path) => {
                copied.missing.push(format!("{path}: no regular file of a few bytes"));
            }
            Ok(_) => {}
            Err(error) => copied.missing.push(format!("{path}: {error}")),
        }
    }
}
