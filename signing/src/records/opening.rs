//! Opening the rows that can be meant: the only place at the desk where a record leaves its seal.
//! Promises: a row is opened once, under the day key it names and the terminal it is bound to; whatever does not open says
//! which of the four it is: no such row, another's row or a changed one, a destroyed key, an unknown key.
//! Must not know: approvals and the log (its caller has checked the first and written the second).

use std::collections::HashMap;

use gate_core::query::{QueryNumber, Sequence, TerminalNumber};
use gate_proof::seal::OpeningKey;
use gate_store::{DayKeyId, JournalId, RowState};
use gate_wire::record::Record;
use gate_wire::time::Timestamp;

use super::selection::{Chance, Selection};
use super::sources::{Candidate, Gathered, Rival};

/// Rows of one journal on which every terminal is tried before it counts as nobody's.
const TRIALS: u32 = 4;

/// A day key, or why there is none.
pub enum KeyAnswer {
    /// Here.
    Key(OpeningKey),
    /// Destroyed at its retention's end, or lost.
    Destroyed {
        /// Which of the two.
        end: KeyEnd,
        /// When.
        at: Timestamp,
        /// The certificate's file name.
        certificate: String,
    },
    /// This desk never had a key of this number.
    Unknown,
    /// Custody did not give it.
    Refused(String),
}

/// Whoever holds the day keys.
pub trait DayKeyOpener {
    /// The opening half of a day key, for this command.
    fn key(&mut self, id: DayKeyId) -> KeyAnswer;

    /// The terminals of this province: which of them wrote a journal, its rows do not say.
    fn terminals(&self) -> Vec<TerminalNumber>;
}

/// How a day key ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyEnd {
    /// Destroyed when its retention was over.
    Destroyed,
    /// Lost before, and given up by two officers.
    Lost,
}

/// What was opened and what was not.
#[derive(Debug, Default)]
pub struct Opening {
    /// The records asked for.
    pub records: Vec<OpenedRecord>,
    /// Rows opened, those that turned out not to be asked for too.
    pub opened: u64,
    /// Rows of a destroyed day key.
    pub destroyed: Vec<Destroyed>,
    /// Rows that did not open.
    pub shut: Vec<Shut>,
}

/// One record asked for.
#[derive(Debug)]
pub struct OpenedRecord {
    /// What it says.
    pub record: Record,
    /// Who wrote it.
    pub terminal: TerminalNumber,
    /// Its place.
    pub sequence: Sequence,
    /// The number people have for it.
    pub query: QueryNumber,
    /// Where it was found.
    pub candidate: Candidate,
}

/// Rows whose day key is gone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Destroyed {
    /// The key.
    pub key: DayKeyId,
    /// How it ended.
    pub end: KeyEnd,
    /// When it was destroyed, or given up.
    pub at: Timestamp,
    /// The certificate that says so.
    pub certificate: String,
    /// How many rows.
    pub rows: u64,
}

/// One row that did not open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shut {
    /// Its place.
    pub sequence: Sequence,
    /// Its journal.
    pub journal: JournalId,
    /// The key it names.
    pub key: DayKeyId,
    /// Why.
    pub why: WhyShut,
}

/// Why a row did not open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WhyShut {
    /// The seal does not hold and the hash beside it says the same: it was changed after it was written.
    Changed,
    /// The seal does not hold for any terminal it could be of: another province's or terminal's, or changed with its hash.
    Foreign,
    /// No key of this number was ever made here.
    UnknownKey,
    /// Custody did not give the key.
    Custody(String),
}

/// Opens the candidates of `gathered` and keeps what `selection` selects.
pub fn open(gathered: &Gathered, selection: &Selection, keys: &mut dyn DayKeyOpener) -> Opening {
    let terminals = match selection.terminal() {
        Some(terminal) => vec![terminal],
        None => keys.terminals(),
    };
    let mut work = Work {
        selection,
        terminals,
        keys,
        held: HashMap::new(),
        of_journal: HashMap::new(),
        done: Opening::default(),
    };
    for candidate in &gathered.candidates {
        if let Some(terminal) = candidate.signed_by {
            work.of_journal.insert(candidate.journal, Of::Terminal(terminal));
        }
    }
    gathered.candidates.iter().for_each(|candidate| work.candidate(candidate));
    work.done
}

enum Of {
    Terminal(TerminalNumber),
    Nobody { tried: u32 },
}

struct Work<'a> {
    selection: &'a Selection,
    terminals: Vec<TerminalNumber>,
    keys: &'a mut dyn DayKeyOpener,
    held: HashMap<DayKeyId, KeyAnswer>,
    of_journal: HashMap<JournalId, Of>,
    done: Opening,
}

impl Work<'_> {
    fn candidate(&mut self, candidate: &Candidate) {
        let id = candidate.row.day_key;
        if !self.held.contains_key(&id) {
            let answer = self.keys.key(id);
            self.held.insert(id, answer);
        }
        let opened = match self.held.get(&id) {
            Some(KeyAnswer::Key(key)) => tried(candidate, &self.who(candidate), key),
            Some(KeyAnswer::Destroyed { end, at, certificate }) => {
                let gone =
                    Destroyed { key: id, end: *end, at: *at, certificate: certificate.clone(), rows: 1 };
                return self.destroyed(gone);
            }
            Some(KeyAnswer::Refused(why)) => {
                let why = WhyShut::Custody(why.clone());
                return self.shut(candidate, why);
            }
            Some(KeyAnswer::Unknown) | None => return self.shut(candidate, WhyShut::UnknownKey),
        };
        match opened {
            Some((terminal, record)) => self.opened(candidate, terminal, record),
            None => self.did_not_open(candidate),
        }
    }

    /// The terminals that this row can be of.
    fn who(&self, candidate: &Candidate) -> Vec<TerminalNumber> {
        match self.of_journal.get(&candidate.journal) {
            // The number of another terminal was asked for.
            Some(Of::Terminal(one)) if self.selection.terminal().is_some_and(|asked| asked != *one) => {
                Vec::new()
            }
            Some(Of::Terminal(one)) => vec![*one],
            Some(Of::Nobody { tried }) if *tried >= TRIALS => Vec::new(),
            Some(Of::Nobody { .. }) | None => self.terminals.clone(),
        }
    }

    fn opened(&mut self, candidate: &Candidate, terminal: TerminalNumber, record: Record) {
        self.of_journal.insert(candidate.journal, Of::Terminal(terminal));
        self.done.opened += 1;
        if self.selection.selects(&record) == Chance::None {
            return;
        }
        let sequence = candidate.row.sequence;
        let query = QueryNumber::new(terminal, sequence);
        let candidate = candidate.clone();
        self.done.records.push(OpenedRecord { record, terminal, sequence, query, candidate });
    }

    fn did_not_open(&mut self, candidate: &Candidate) {
        if let Of::Nobody { tried } =
            self.of_journal.entry(candidate.journal).or_insert(Of::Nobody { tried: 0 })
        {
            *tried += 1;
        }
        let why = match candidate.state {
            RowState::Changed => WhyShut::Changed,
            RowState::Whole => WhyShut::Foreign,
        };
        self.shut(candidate, why);
    }

    fn destroyed(&mut self, gone: Destroyed) {
        match self.done.destroyed.iter_mut().find(|known| known.key == gone.key) {
            Some(known) => known.rows += 1,
            None => self.done.destroyed.push(gone),
        }
    }

    fn shut(&mut self, candidate: &Candidate, why: WhyShut) {
        let (sequence, journal, key) = (candidate.row.sequence, candidate.journal, candidate.row.day_key);
        self.done.shut.push(Shut { sequence, journal, key, why });
    }
}

fn tried(
    candidate: &Candidate,
    who: &[TerminalNumber],
    key: &OpeningKey,
) -> Option<(TerminalNumber, Record)> {
    who.iter().find_map(|terminal| {
        let record = candidate.row.open(*terminal, &candidate.journal, key).ok()?;
        Some((*terminal, record))
    })
}

impl OpenedRecord {
    /// Whether another row claims the same place.
    pub fn rival(&self) -> Rival {
        self.candidate.rival
    }
}
