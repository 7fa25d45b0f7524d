//! A run over a table, a few thousand rows at a time: read in order, made on several threads, written in order.
//! Promises: memory for one such batch and for telling people and ids apart; nothing is signed for a row that is
//! rejected; the first fault ends the run.
//! Must not know: files other than the cache of subjects.

use std::collections::{HashMap, HashSet};
use std::io::Read;
use std::thread;

use gate_proof::digest::Hasher;
use gate_proof::subject::Subject;
use gate_status::Person;
use gate_wire::cose::Kid;
use gate_wire::credential::{Colour, CredentialId, Kind};
use gate_wire::name::MaskedName;
use rand_core::CryptoRng;

use super::row::{self, Row, RowRejected};
use super::{
    BulkCode, BulkDone, BulkError, BulkOptions, Kinds, MAX_ROWS, Progress, Target, absorb, usual_life_s,
};
use crate::issue::{IssueRefused, IssueRequest, IssuedCredential, statement_kind};
use crate::issuing::{Issuer, Issuing, Naming, Salt};
use crate::key_ring::Work;
use crate::lines::{Line, Lines};
use crate::log::entry::Operation;
use crate::people::RowKeys;
use crate::province::Province;
use crate::row_cache::{Check, RowCache};

/// Rows that one thread gets at a time: enough that starting it costs nothing.
const ROWS_A_THREAD: usize = 512;

/// A run.
pub(super) struct Run<'a> {
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
    state: Result<Job, RowRejected>,
}

/// A good row.
struct Job {
    row: Row,
    life_s: u32,
    issuer: usize,
    id: CredentialId,
    check: Check,
    subject: Option<Subject>,
    made: Option<Result<IssuedCredential, Failure>>,
}

/// Why a row is no code: its own fault, or the run's.
enum Failure {
    Row(RowRejected),
    Run(IssueRefused),
}

impl From<RowRejected> for Failure {
    fn from(reason: RowRejected) -> Failure {
        Failure::Row(reason)
    }
}

impl From<IssueRefused> for Failure {
    fn from(refused: IssueRefused) -> Failure {
        match refused {
            IssueRefused::AllowKind(_)
            | IssueRefused::AllowClaim(_)
            | IssueRefused::AllowLife { .. }
            | IssueRefused::FindIssuerFor(_)
            | IssueRefused::PlaceSampling
            | IssueRefused::MaskName
            | IssueRefused::FitBudget => Failure::Row(RowRejected::Issue(refused)),
            IssueRefused::FindIssuer(_)
            | IssueRefused::HoldKey(_)
            | IssueRefused::UseKey(_)
            | IssueRefused::WaitForIssue { .. }
            | IssueRefused::OutliveIssue
            | IssueRefused::Subject(_)
            | IssueRefused::Custody(_)
            | IssueRefused::LoadRegister(_)
            | IssueRefused::PassOwnCheck(_)
            | IssueRefused::ReadBackSame => Failure::Run(refused),
        }
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
                Ok(job) => Ok(job),
                Err(Refused::Row(reason)) => Err(reason),
                Err(Refused::Run(error)) => return Err(error),
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
        Ok(Job { row, life_s, issuer, id: self.new_id(rng), check, subject, made: None })
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

    /// Makes what is in the batch, on every thread.
    pub(super) fn work(&mut self) {
        let Run { issuing, options, issuers, workers, batch, .. } = self;
        let (issuing, issuers, options) = (&*issuing, issuers.as_slice(), *options);
        let share = batch.len().div_ceil(workers.len().max(1)).max(1);
        thread::scope(|scope| {
            for (slots, keys) in batch.chunks_mut(share).zip(workers) {
                scope.spawn(move || {
                    for job in slots.iter_mut().filter_map(|slot| slot.state.as_mut().ok()) {
                        job.made = Some(make(job, (issuing, issuers), keys, options));
                    }
                });
            }
        });
    }

    /// Hands the batch out, in the order of lines.
    pub(super) fn write(&mut self, target: &mut dyn Target) -> Result<(), BulkError> {
        for Slot { line, state } in core::mem::take(&mut self.batch) {
            match state.map_err(Failure::Row).and_then(settle) {
                Ok((job, code)) => {
                    if let Some(digest) = self.digests.get_mut(job.issuer) {
                        absorb(digest, &code);
                    }
                    let name = MaskedName::from_full(&job.row.full_name);
                    target.code(&BulkCode { line, code: &code, name: &name, issued: self.options.issued })?;
                    self.keep(line, &job)?;
                    self.done.codes += 1;
                }
                Err(Failure::Row(reason)) => {
                    target.rejected(line, &reason)?;
                    self.done.rejected += 1;
                }
                Err(Failure::Run(refused)) => return Err(refused.into()),
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

/// As [`Failure`], before anything was signed.
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
        match Failure::from(refused) {
            Failure::Row(reason) => Refused::Row(reason),
            Failure::Run(refused) => Refused::Run(refused.into()),
        }
    }
}

impl From<std::io::Error> for Refused {
    fn from(error: std::io::Error) -> Refused {
        Refused::Run(error.into())
    }
}

fn settle(mut job: Job) -> Result<(Job, IssuedCredential), Failure> {
    // A job that no thread took would be a mistake here: the run ends.
    let made = job.made.take().unwrap_or(Err(Failure::Run(IssueRefused::ReadBackSame)));
    made.map(|code| (job, code))
}

fn make(
    job: &mut Job,
    (issuing, issuers): (&Issuing<'_>, &[(Kid, Issuer<'_>)]),
    keys: &mut RowKeys,
    options: &BulkOptions<'_>,
) -> Result<IssuedCredential, Failure> {
    let subject = match job.subject {
        Some(known) => known,
        None => {
            let made = keys.subjects(core::slice::from_ref(&job.row.document)).map_err(RowRejected::Tag)?;
            *made.first().ok_or(RowRejected::FitRun)?
        }
    };
    job.subject = Some(subject);
    let (_, issuer) = issuers.get(job.issuer).ok_or(Failure::Run(IssueRefused::ReadBackSame))?;
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
