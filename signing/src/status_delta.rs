//! Deltas of the status list: a step from a table of people whose colour changed, and the ladder's files from steps.
//! Promises: no step is signed twice, none goes back in time; every line is either in the delta or in the reject file with its number and reason; all numbers of a person
//! change together; memory for the changes alone.
//! Must not know: files.
//!
//! The table is that of `people`, and the colour may be `removed` too.

use std::io::{Read, Write};

use gate_proof::cose::SignRefused;
use gate_status::{
    AmendRefused, Amendments, Changes, ClimbRefused, DeltaDamaged, DeltaHead, DeltaNotMade, DeltaOrder,
    DeltaRefused, DeskKeys, NotSignedByBoth, RUNGS, SealedList, Span, State, Wanted, alleged_delta_head,
    climb, make_delta, read_delta,
};
use gate_wire::time::Timestamp;

use crate::custody::CustodyFault;
use crate::lines::Line;
use crate::list_standing::ListNotAdmitted;
use crate::list_steps::StepSigned;
use crate::people::{ListError, RowKeys, RowRejected, people_lines, read_documents};
use crate::province::Province;

/// What became of a table's lines.
#[derive(Clone, Debug)]
pub struct DeltaBuilt {
    /// The delta file.
    pub file: Vec<u8>,
    /// Colours changed by rank.
    pub ranked: usize,
    /// People new or removed, by key.
    pub keyed: usize,
    /// Lines in the reject file.
    pub rejected: u64,
}

/// Why there is no delta.
#[derive(Debug, thiserror::Error)]
pub enum DeltaError {
    /// The table.
    #[error(transparent)]
    Table(#[from] ListError),
    /// The file could not be made.
    #[error(transparent)]
    Make(#[from] DeltaNotMade),
    /// The head could not be signed.
    #[error(transparent)]
    Sign(#[from] SignRefused),
    /// Its step was signed before.
    #[error(transparent)]
    SignTwice(#[from] StepSigned),
    /// The list is not this desk's.
    #[error(transparent)]
    Admit(#[from] ListNotAdmitted),
    /// Every terminal would refuse it.
    #[error("the delta would be as of an earlier time ({}) than the list it is for ({}): no terminal takes that", .ours.unix(), .list.unix())]
    MoveBack {
        /// Asked for.
        ours: Timestamp,
        /// Of the list.
        list: Timestamp,
    },
}

impl Province {
    /// The delta that takes `list` one step on: everyone in `table` has their new colour as of `as_of`. Keep the desk before
    /// it leaves: the step is signed.
    ///
    /// # Errors
    /// [`DeltaError`].
    pub fn build_delta(
        &mut self,
        list: &SealedList,
        as_of: Timestamp,
        table: impl Read,
        rejects: &mut impl Write,
    ) -> Result<DeltaBuilt, DeltaError> {
        self.admit_own(list.base_head())?;
        self.admit_step(&list.state())?;
        if as_of < list.state().as_of {
            return Err(DeltaError::MoveBack { ours: as_of, list: list.state().as_of });
        }
        let mut lines = people_lines(table)?;
        let (mut keys, mut amendments, mut rejected) =
            (RowKeys::of(self).map_err(ListError::from)?, Amendments::of(list), 0);
        writeln!(rejects, "line,reason").map_err(ListError::from)?;
        while let Some((line, text)) = lines.next().map_err(ListError::ReadTable)? {
            let text = match text {
                Line::Text(b"") => continue,
                Line::Text(text) => text,
                Line::TooLong => b"",
            };
            if let Err(reason) = amend(text, &mut keys, &mut amendments) {
                rejected += 1;
                writeln!(rejects, "{line},\"{reason}\"").map_err(ListError::from)?;
            }
        }
        rejects.flush().map_err(ListError::from)?;
        let (changes, state) = (amendments.finish(), list.state());
        let file =
            make_delta(&next(list, as_of), &changes, self.list_desk().map_err(ListError::from)?.signers())?;
        let link = alleged_delta_head(&file).map_or(state.link, |head| head.link_to);
        self.note_step(&State { step: state.step.saturating_add(1), link, as_of, ..state }, &file);
        Ok(DeltaBuilt { file, ranked: changes.ranked.len(), keyed: changes.keyed.len(), rejected })
    }
}

/// One step on from where `list` is.
fn next(list: &SealedList, as_of: Timestamp) -> DeltaOrder {
    let (state, head) = (list.state(), list.base_head());
    DeltaOrder {
        scope: head.scope,
        province: head.province,
        epoch: head.epoch,
        generation: state.step.saturating_add(1),
        base_root: head.root,
        from: (state.step, state.link),
        to: (state.step.saturating_add(1), None),
        via: Vec::new(),
        as_of,
    }
}

/// Why a delta of this desk is not read.
#[derive(Debug, thiserror::Error)]
pub enum DeltaNotRead {
    /// The keys for it are not at hand.
    #[error(transparent)]
    Custody(#[from] CustodyFault),
    /// No delta, or not signed by this desk's authorities.
    #[error(transparent)]
    Damaged(#[from] DeltaDamaged),
}

impl Province {
    /// What a delta of this desk says, both signatures proven.
    ///
    /// # Errors
    /// [`DeltaNotRead`].
    pub fn read_delta(&self, file: &[u8]) -> Result<(DeltaHead, Changes), DeltaNotRead> {
        let both = self.list_desk()?.authorities();
        Ok(read_delta(file, &both.ok_or(DeltaDamaged::Signature(NotSignedByBoth))?)?)
    }
}

/// A file of the ladder.
#[derive(Clone, Debug)]
pub struct LadderFile {
    /// What it leads over.
    pub span: Span,
    /// The delta file.
    pub file: Vec<u8>,
}

/// Why there are no files of the ladder.
#[derive(Debug, thiserror::Error)]
pub enum LadderError {
    /// The keys for it are not at hand.
    #[error(transparent)]
    Custody(#[from] CustodyFault),
    /// A terminal would refuse one of the deltas.
    #[error("delta {} of those given", .nth)]
    Take {
        /// Which, counted from 1.
        nth: usize,
        /// Why.
        source: DeltaRefused,
    },
    /// A file could not be made.
    #[error(transparent)]
    Make(#[from] DeltaNotMade),
}

impl Province {
    /// The files of an hour, a day and a week that the ladder offers where `deltas`, in their order, lead `list` to.
    ///
    /// # Errors
    /// [`LadderError`].
    pub fn build_ladder(
        &self,
        list: &mut SealedList,
        deltas: &[Vec<u8>],
    ) -> Result<Vec<LadderFile>, LadderError> {
        let refused =
            |refused: ClimbRefused| LadderError::Take { nth: refused.nth + 1, source: refused.source };
        let (rungs, desk) = (climb(list, deltas, &RUNGS).map_err(refused)?, self.list_desk()?);
        let made = rungs.iter().map(|rung| {
            let file = make_delta(&rung.order, &rung.changes, desk.signers())?;
            Ok(LadderFile { span: rung.span, file })
        });
        made.collect()
    }
}

/// Why a line is not in the delta.
#[derive(Debug, thiserror::Error)]
enum LineRejected {
    #[error(transparent)]
    Row(#[from] RowRejected),
    #[error(transparent)]
    Amend(#[from] AmendRefused),
}

fn amend(line: &[u8], keys: &mut RowKeys, amendments: &mut Amendments<'_>) -> Result<(), LineRejected> {
    let (documents, word) = read_documents(line)?;
    let wanted = match word {
        "removed" => Wanted::Removed,
        colour => Wanted::Colour(crate::people::colour(colour)?),
    };
    let subjects = keys.subjects(&documents).map_err(RowRejected::from)?;
    Ok(amendments.set(&subjects, wanted)?)
}

#[cfg(test)]
mod tests {
    use gate_status::{Answer, Scope, StatusList};
    use gate_wire::credential::Colour;
    use gate_wire::document::{Document, DocumentKind};

    use super::*;
    use crate::demo::DemoProvince;

    const HEADER: &str = "document_kind,number,second_number,colour\n";

    #[test]
    fn a_delta_from_a_table_changes_adds_and_removes_and_rejects_with_line_and_reason() {
        let as_of = Timestamp::from_unix(1_795_100_000).unwrap();
        let mut demo = DemoProvince::from_seed([3; 32], as_of).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("list");
        let table = format!(
            "{HEADER}resident-id,510100194001010010,,red\npr-2023,951840195003030038,USA510050030307,yellow\npassport,E12345678,,green\n"
        );
        let place = (path.as_path(), Scope::Population, as_of);
        demo.province_mut().build_list_from_table(place, table.as_bytes(), &mut Vec::new()).unwrap();
        let mut list = demo.province().open_list(&path).unwrap();
        let changes = format!(
            "{HEADER}resident-id,510100194001010010,,green\npr-2017,USA510050030307,,red\npassport,E12345678,,removed\npassport,E7654321,,yellow\npassport,E7654321,,red\npassport,E12345679,,blue\n"
        );
        let mut rejects = Vec::new();
        let built = demo
            .province_mut()
            .build_delta(&list, as_of.plus(300), changes.as_bytes(), &mut rejects)
            .unwrap();
        assert_eq!((built.ranked, built.keyed, built.rejected), (2, 2, 2));
        let rejects = String::from_utf8(rejects).unwrap();
        assert_eq!(
            rejects.lines().skip(1).collect::<Vec<_>>(),
            [
                "6,\"CONTRADICTS an earlier line about the same person: the stricter of the two is in the delta\"",
                "7,\"the colour must be green, yellow or red\""
            ]
        );
        list.apply(&built.file).unwrap();
        let answer = |kind, number| {
            list.find(&demo.subject(&Document::parse(kind, number).unwrap()).unwrap()).unwrap()
        };
        assert_eq!(answer(DocumentKind::ResidentId, "510100194001010010"), Answer::Listed(Colour::Green));
        assert_eq!(
            answer(DocumentKind::PermanentResident2023, "951840195003030038"),
            Answer::Listed(Colour::Red)
        );
        assert_eq!(answer(DocumentKind::Passport, "E12345678"), Answer::NotListed);
        assert_eq!(answer(DocumentKind::Passport, "E7654321"), Answer::Listed(Colour::Red), "the stricter");
        assert_eq!(list.head().as_of, as_of.plus(300));
    }

    /// A desk, its list of one person, and a table with this colour of theirs.
    fn desk(folder: &std::path::Path) -> (DemoProvince, SealedList, impl Fn(&str) -> String) {
        let as_of = Timestamp::from_unix(1_795_100_000).unwrap();
        let mut demo = DemoProvince::from_seed([3; 32], as_of).unwrap();
        let table = |colour: &str| format!("{HEADER}resident-id,510100194001010010,,{colour}\n");
        let (path, first) = (folder.join("list"), table("green"));
        let place = (path.as_path(), Scope::Population, as_of);
        demo.province_mut().build_list_from_table(place, first.as_bytes(), &mut Vec::new()).unwrap();
        let list = demo.province().open_list(&path).unwrap();
        (demo, list, table)
    }

    #[test]
    fn no_step_is_signed_twice_unless_the_first_is_said_to_be_thrown_away() {
        let folder = tempfile::tempdir().unwrap();
        let (mut demo, mut list, table) = desk(folder.path());
        let begin = list.state();
        let delta = |demo: &mut DemoProvince, list: &SealedList, colour: &str| {
            let (as_of, table) = (list.state().as_of.plus(300), table(colour));
            demo.province_mut().build_delta(list, as_of, table.as_bytes(), &mut Vec::new())
        };
        let first = delta(&mut demo, &list, "red").unwrap();
        let again = delta(&mut demo, &list, "yellow");
        let expected = StepSigned { epoch: 1, step: 1, last: 1 };
        assert!(matches!(again, Err(DeltaError::SignTwice(signed)) if signed == expected), "{again:?}");
        list.apply(&first.file).unwrap();
        let second = delta(&mut demo, &list, "yellow").unwrap();
        // Another first step, and on it another second one.
        let mut other = demo.province().open_list(&folder.path().join("list")).unwrap();
        demo.province_mut().sign_step_again(&begin).unwrap();
        let forked = delta(&mut demo, &other, "yellow").unwrap();
        other.apply(&forked.file).unwrap();
        delta(&mut demo, &other, "red").unwrap();
        list.apply(&second.file).unwrap();
        assert!(matches!(delta(&mut demo, &list, "red"), Err(DeltaError::SignTwice(_))), "another history");
    }

    #[test]
    fn no_delta_is_signed_that_every_terminal_refuses_as_of_an_earlier_time() {
        let folder = tempfile::tempdir().unwrap();
        let (mut demo, list, table) = desk(folder.path());
        let before = list.state().as_of.minus(1);
        let refused =
            demo.province_mut().build_delta(&list, before, table("red").as_bytes(), &mut Vec::new());
        assert!(matches!(refused, Err(DeltaError::MoveBack { .. })), "{refused:?}");
    }

    #[test]
    fn who_is_to_be_taken_off_and_is_not_in_the_list_is_in_the_reject_file() {
        let folder = tempfile::tempdir().unwrap();
        let (mut demo, list, _) = desk(folder.path());
        let table = format!("{HEADER}passport,E12345678,,removed\n");
        let (mut rejects, as_of) = (Vec::new(), list.state().as_of);
        let built = demo.province_mut().build_delta(&list, as_of, table.as_bytes(), &mut rejects).unwrap();
        assert_eq!((built.keyed, built.rejected), (0, 1));
        let rejects = String::from_utf8(rejects).unwrap();
        assert!(rejects.ends_with("2,\"not in the list: nobody was taken off it\"\n"), "{rejects}");
    }
}
