//! A run over a table, a few thousand rows at a time: read in order, made on several threads, written in order.
//! Promises: memory for one such batch and for telling people and ids apart; nothing is signed for a row that is
//! rejected; the first fault ends the run.
//! Must not know: files other than the cache of subjects.

use std::collections::{HashMap, HashSet};
use std::io::Read;
use std::thread;

use gate_proof::digest::Hasher;
use gate_proof::subject::Subject;
use gate_status::{ListFault, Person};
use gate_wire::cose::Kid;
use gate_wire::credential::{Colour, Condition, CredentialId, Kind};
use gate_wire::name::MaskedName;
use rand_core::CryptoRng;

use super::row::{self, Row, RowRejected};
use super::{
    BulkCode, BulkDone, BulkError, BulkOptions, HeldTo, Kinds, MAX_ROWS, Progress, Target, absorb,
    usual_life_s,
};
use crate::desk::against_list::{Contradiction, contradiction};
use crate::issue::{Claim, IssueRefused, IssueRequest, IssuedCredential, statement_kind};
use crate::issuing::{Issuer, Issuing, Naming, Salt};
use crate::key_name::KeyName;
use crate::key_ring::Work;
use crate::lines::{Line, Lines};
use crate::log::entry::{Entry, Operation};
use crate::people::RowKeys;
use crate::province::Province;
use crate::row_cache::{Check, RowCache};

/// Rows that one thread gets at a time: enough that starting it costs nothing.
const ROWS_A_THREAD: usize = 512;

/// A run.
pub(super) struct Run<'a> {
    province: &'a Province,
    issuing: Issuing<'a>,
    options: &'a BulkOptions<'a>,
    issuers: Vec<(Kid, Issuer<'a>)>,
    digests: Vec<Hasher>,
    workers: Vec<RowKeys>,
    cache: RowCache,
    seen: HashMap<Check, u64>,
    ids: HashSet<[u8; 8]>,
    batch: Vec<Slot>,
    done: BulkDone,
}

/// A row on its way.
struct Slot {
    line: u64,
    state: Result<Job, Refused>,
}

/// A good row.
struct Job {
    row: Row,
    life_s: u32,
    issuer: usize,
    id: CredentialId,
    check: Check,
    subject: Option<Subject>,
    against: Against,
    made: Option<Result<IssuedCredential, Refused>>,
}

/// What a row contradicts.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Against {
    Nothing,
    List,
}

/// Why a row is no code: its own fault, or the run's.
enum Refused {
    Row(RowRejected),
    Run(BulkError),
}

impl From<RowRejected> for Refused {
    fn from(reason: RowRejected) -> Refused {
        Refused::Row(reason)
    }
}

impl From<IssueRefused> for Refused {
    fn from(refused: IssueRefused) -> Refused {
        match refused {
            IssueRefused::AllowKind(_)
            | IssueRefused::AllowClaim(_)
            | IssueRefused::AllowLife { .. }
            | IssueRefused::FindIssuerFor(_)
            | IssueRefused::PlaceSampling
            | IssueRefused::MaskName
            | IssueRefused::FitBudget => Refused::Row(RowRejected::Issue(refused)),
            IssueRefused::FindIssuer(_)
            | IssueRefused::HoldKey(_)
            | IssueRefused::UseKey(_)
            | IssueRefused::WaitForIssue { .. }
            | IssueRefused::OutliveIssue
            | IssueRefused::Subject(_)
            | IssueRefused::Custody(_)
            | IssueRefused::LoadRegister(_)
            | IssueRefused::PassOwnCheck(_)
            | IssueRefused::ReadBackSame => Refused::Run(refused.into()),
        }
    }
}

impl From<std::io::Error> for Refused {
    fn from(error: std::io::Error) -> Refused {
        Refused::Run(error.into())
    }
}

impl From<ListFault> for Refused {
    fn from(fault: ListFault) -> Refused {
        Refused::Run(fault.into())
    }
}

impl<'a> Run<'a> {
    pub(super) fn begin(province: &'a Province, options: &'a BulkOptions<'a>) -> Result<Self, BulkError> {
        let issuing = province.issuing()?;
        if let Some(kid) = options.kid
            && issuing.speaks_of_ours(kid)? == Salt::Foreign
        {
            return Err(BulkError::BeOurs);
        }
        let workers = (0..options.threads.get()).map(|_| RowKeys::of(province));
        Ok(Run {
            province,
            issuing,
            options,
            issuers: Vec::new(),
            digests: Vec::new(),
            workers: workers.collect::<Result<_, _>>()?,
            cache: RowCache::open(options.tags, province.list_desk()?.record_key())?,
            seen: HashMap::new(),
            ids: HashSet::new(),
            batch: Vec::new(),
            done: BulkDone::default(),
        })
    }

    /// Reads the next batch. Whether there may be more.
    pub(super) fn fill(
        &mut self,
        lines: &mut Lines<impl Read>,
        target: &dyn Target,
        rng: &mut impl CryptoRng,
    ) -> Result<bool, BulkError> {
        while self.batch.len() < ROWS_A_THREAD * self.workers.len() {
            let Some((line, text)) = lines.next().map_err(BulkError::ReadTable)? else { return Ok(false) };
            if text == Line::Text(b"") {
                self.done.empty_lines += 1;
                continue;
            }
            self.done.rows += 1;
            let state = match self.admit(line, text, target, rng) {
                Err(Refused::Run(error)) => return Err(error),
                other => other,
            };
            self.batch.push(Slot { line, state });
        }
        Ok(true)
    }

    fn admit(
        &mut self,
        line: u64,
        text: Line<'_>,
        target: &dyn Target,
        rng: &mut impl CryptoRng,
    ) -> Result<Job, Refused> {
        let Line::Text(text) = text else { return Err(RowRejected::FitLine.into()) };
        let row = row::read(text)?;
        let kind = statement_kind(row.claim);
        if self.options.kinds == Kinds::Paper && kind != Kind::PaperCode {
            return Err(RowRejected::WantPaper.into());
        }
        if !target.draws(&MaskedName::from_full(&row.full_name)) {
            return Err(RowRejected::DrawName.into());
        }
        let life_s = self.options.life_s.unwrap_or(usual_life_s(kind));
        let kid = self.kid(&row)?;
        self.issuing.admit(kid, &request(self.options, &row, life_s), self.options.now)?;
        let check = self.new_person(line, &row)?;
        let issuer = self.issuer(kid)?;
        let subject = self.cache.find(line, &check)?.and_then(|known| known.first().copied());
        self.done.remembered += u64::from(subject.is_some());
        let (id, against) = (self.new_id(rng), Against::Nothing);
        Ok(Job { row, life_s, issuer, id, check, subject, against, made: None })
    }

    fn kid(&self, row: &Row) -> Result<Kid, IssueRefused> {
        self.options.kid.map_or_else(|| self.issuing.issuer_for(row.claim, self.options.issued), Ok)
    }

    fn new_person(&mut self, line: u64, row: &Row) -> Result<Check, RowRejected> {
        let keys = self.workers.first().ok_or(RowRejected::FitRun)?;
        let check = keys.check(core::slice::from_ref(&row.document));
        if let Some(earlier) = self.seen.get(&check) {
            return Err(RowRejected::BeNew { line: *earlier });
        }
        if self.seen.len() as u64 >= self.options.most.min(MAX_ROWS) {
            return Err(RowRejected::FitRun);
        }
        self.seen.insert(check, line);
        Ok(check)
    }

    /// The issuer's place; its batch is in the log before its first signature.
    fn issuer(&mut self, kid: Kid) -> Result<usize, IssueRefused> {
        if let Some(known) = self.issuers.iter().position(|(have, _)| *have == kid) {
            return Ok(known);
        }
        let most = self.options.most.min(MAX_ROWS);
        let work = Work { operation: Operation::BatchBegin, most, case: None };
        self.issuers.push((kid, self.issuing.issuer_of_batch(kid, &work)?));
        self.digests.push(Hasher::new());
        Ok(self.issuers.len() - 1)
    }

    /// An id that no code of this run has: one id twice under one key would give the XOR of two subjects away.
    fn new_id(&mut self, rng: &mut impl CryptoRng) -> CredentialId {
        let mut id = [0; 8];
        loop {
            rng.fill_bytes(&mut id);
            if self.ids.insert(id) {
                return CredentialId(id);
            }
        }
    }

    /// Makes what is in the batch, on every thread: first who everybody is and what the list says of them; then, once the log
    /// has how many it contradicts, the codes.
    pub(super) fn work(&mut self) -> Result<(), BulkError> {
        let held_to = self.options.held_to;
        self.on_threads(|slot, _, keys| {
            let looked = slot.state.as_mut().ok().map(|job| look(job, keys, held_to));
            if let Some(Err(refused)) = looked {
                slot.state = Err(refused);
            }
        });
        self.tell_against()?;
        let options = self.options;
        self.on_threads(|slot, (issuing, issuers), _| {
            if let Ok(job) = &mut slot.state {
                job.made = Some(make(job, (issuing, issuers), options));
            }
        });
        Ok(())
    }

    fn on_threads(
        &mut self,
        each: impl Fn(&mut Slot, (&Issuing<'_>, &[(Kid, Issuer<'_>)]), &mut RowKeys) + Sync,
    ) {
        let Run { issuing, issuers, workers, batch, .. } = self;
        let (by, each) = ((&*issuing, issuers.as_slice()), &each);
        let share = batch.len().div_ceil(workers.len().max(1)).max(1);
        thread::scope(|scope| {
            for (slots, keys) in batch.chunks_mut(share).zip(workers) {
                scope.spawn(move || slots.iter_mut().for_each(|slot| each(slot, by, keys)));
            }
        });
    }

    /// A line for each issuer whose codes of this batch contradict the list, before the first of them is signed.
    fn tell_against(&mut self) -> Result<(), BulkError> {
        for (at, (kid, _)) in self.issuers.iter().enumerate() {
            let jobs = self.batch.iter().filter_map(|slot| slot.state.as_ref().ok());
            let count = jobs.filter(|job| job.issuer == at && job.against == Against::List).count() as u64;
            if count > 0 {
                let key = Some(KeyName::Issuer(*kid));
                self.province.note(&Entry { key, count, ..Entry::of(Operation::IssueAgainstList) })?;
                self.done.against_list += count;
            }
        }
        Ok(())
    }

    /// Hands the batch out, in the order of lines.
    pub(super) fn write(&mut self, target: &mut dyn Target) -> Result<(), BulkError> {
        for Slot { line, state } in core::mem::take(&mut self.batch) {
            match state.and_then(settle) {
                Ok((job, code)) => {
                    if let Some(digest) = self.digests.get_mut(job.issuer) {
                        absorb(digest, &code);
                    }
                    let name = MaskedName::from_full(&job.row.full_name);
                    target.code(&BulkCode { line, code: &code, name: &name, issued: self.options.issued })?;
                    self.keep(line, &job)?;
                    self.done.codes += 1;
                }
                Err(Refused::Row(reason)) => {
                    target.rejected(line, &reason)?;
                    self.done.rejected += 1;
                }
                Err(Refused::Run(refused)) => return Err(refused),
            }
        }
        Ok(())
    }

    fn keep(&mut self, line: u64, job: &Job) -> Result<(), BulkError> {
        let Some(subject) = job.subject else { return Ok(()) };
        let person = Person { line, subjects: vec![subject], colour: Colour::Green };
        Ok(self.cache.put(&job.check, &person)?)
    }

    pub(super) fn progress(&self, bytes: u64) -> Progress {
        Progress { bytes, codes: self.done.codes, rejected: self.done.rejected }
    }

    /// Ends the batch in the log and gives the cache its name.
    pub(super) fn finish(mut self) -> Result<BulkDone, BulkError> {
        let BulkDone { rows, codes, rejected, .. } = self.done;
        if rows != codes + rejected {
            return Err(BulkError::Balance { rows, codes, rejected });
        }
        for ((_, issuer), digest) in self.issuers.into_iter().zip(self.digests) {
            issuer.finish(digest.finish())?;
        }
        self.cache.finish()?;
        Ok(self.done)
    }
}

fn settle(mut job: Job) -> Result<(Job, IssuedCredential), Refused> {
    // A job that no thread took would be a mistake here: the run ends.
    let made = job.made.take().unwrap_or(Err(Refused::Run(IssueRefused::ReadBackSame.into())));
    made.map(|code| (job, code))
}

/// Who a row is about, and what the list says of that.
fn look(job: &mut Job, keys: &mut RowKeys, held_to: HeldTo<'_>) -> Result<(), Refused> {
    let subject = match job.subject {
        Some(known) => known,
        None => {
            let made = keys.subjects(core::slice::from_ref(&job.row.document)).map_err(RowRejected::Tag)?;
            *made.first().ok_or(RowRejected::FitRun)?
        }
    };
    job.subject = Some(subject);
    let states_colour = matches!(job.row.claim, Claim::Paper(Condition::Colour(_)));
    let found = |list| contradiction(list, job.row.claim, &subject);
    job.against = match held_to {
        HeldTo::Unknown if states_colour => return Err(RowRejected::AskList.into()),
        HeldTo::Insisted(None) if states_colour => Against::List,
        HeldTo::Nothing | HeldTo::Unknown | HeldTo::Insisted(None) => Against::Nothing,
        HeldTo::Insisted(Some(list)) => found(list)?.map_or(Against::Nothing, |_| Against::List),
        HeldTo::List(list) => match found(list)? {
            Some(Contradiction::Other(_)) => return Err(RowRejected::AgreeWithList.into()),
            Some(Contradiction::Unlisted) => return Err(RowRejected::BeListed.into()),
            None => Against::Nothing,
        },
    };
    Ok(())
}

fn make(
    job: &Job,
    (issuing, issuers): (&Issuing<'_>, &[(Kid, Issuer<'_>)]),
    options: &BulkOptions<'_>,
) -> Result<IssuedCredential, Refused> {
    let missing = || IssueRefused::ReadBackSame;
    let (subject, (_, issuer)) =
        (job.subject.ok_or_else(missing)?, issuers.get(job.issuer).ok_or_else(missing)?);
    let request = request(options, &job.row, job.life_s);
    Ok(issuing.sign(issuer, &request, Naming { subject, id: job.id })?)
}

fn request<'a>(options: &BulkOptions<'_>, row: &'a Row, life_s: u32) -> IssueRequest<'a> {
    IssueRequest {
        document: &row.document,
        full_name: &row.full_name,
        claim: row.claim,
        issued: options.issued,
        life_s,
    }
}
