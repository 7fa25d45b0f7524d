//! One repository, from the hub into the spool: roots, timestamp, snapshot, targets, then the files that are wanted.
//! Promises: what is small comes first, and the timestamp is put in place before what is large: a base that takes hours holds
//! back no delta, and a file that does not come holds back no other; a round ends after its slice of time, and the next one asks
//! for the timestamp anew; files that nobody needs any more go, and what was begun of them.
//! Must not know: whether any of it may be believed.

use std::fmt::Write;
use std::time::{Duration, Instant};

use gate_carry::wants::hex;
use gate_carry::{Held, SMALL, Spool, SpoolFault, Wanted, Wants, of_everything, of_status, of_trust};
use gate_proof::digest::sha256;
use gate_tuf::{Body, Claimed, MetaFile, Repository, Root, Snapshot, TIMESTAMP, Targets, Timestamp};

use crate::fetch::{Brought, FetchFault, bring};
use crate::line::{Answer, Ask, Line, LineFault};

/// Roots fetched in one round at most.
const ROOTS_MOST: u64 = 1024;
/// Faults of the line, one after another, after which a round ends.
const FAULTS_MOST: u32 = 3;
/// A kept tag: a digest, a blank, what the hub said.
const TAG_MOST: u64 = 256;

/// What a round came to.
#[derive(Debug, Default)]
pub struct Round {
    /// Files that came.
    pub files: u32,
    /// Bytes that came.
    pub bytes: u64,
    /// What did not come, and why.
    pub faults: Vec<(String, FetchFault)>,
    /// Whether its time was over before everything was asked for: the next round is due at once.
    pub more: bool,
}

impl Round {
    /// Whether everything that is wanted is there.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.faults.is_empty() && !self.more
    }

    /// How long the hub asked to wait.
    #[must_use]
    pub fn asked(&self) -> Option<Duration> {
        let asked = |(_, fault): &(String, FetchFault)| match fault {
            FetchFault::Line(fault) => fault.asked(),
            _ => None,
        };
        self.faults.iter().filter_map(asked).max()
    }

    /// As a technician reads it in the carrier's log.
    #[must_use]
    pub fn in_words(&self, repository: Repository) -> String {
        let (name, files, bytes) = (repository.name(), self.files, self.bytes);
        let mut text = format!("{name}: 收到 {files} 个文件 files, {bytes} 字节 bytes\n");
        for (name, fault) in &self.faults {
            // Writing to a string does not fail.
            let _ = writeln!(text, "    未收到 not fetched: {name}: {fault}");
        }
        text
    }
}

/// Whose spool is filled.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// The spool.
    pub spool: &'a Spool,
    /// What the keeper says of this terminal.
    pub held: &'a Held,
    /// Its number.
    pub terminal: u32,
}

/// Fetches what this terminal needs of `repository`. What did not come stands in the round; what came stays.
#[must_use]
pub fn mirror(line: &Line, place: Place<'_>, repository: Repository) -> Round {
    round(line, (place, Whose::Terminals), repository)
}

/// Fetches everything that `repository` names, for terminals that nobody has asked yet. What lies in the folder already is read whole.
#[must_use]
pub fn mirror_everything(line: &Line, spool: &Spool, repository: Repository) -> Round {
    let held = Held::doubting();
    round(line, (Place { spool, held: &held, terminal: 0 }, Whose::Everybodys), repository)
}

/// Whose files are fetched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Whose {
    /// The terminal's of the place.
    Terminals,
    /// All.
    Everybodys,
}

fn round(line: &Line, (place, whose): (Place<'_>, Whose), repository: Repository) -> Round {
    let until = Instant::now() + line.slice();
    let round = Round::default();
    let mut walk = Walk { line, place, whose, repository, round, until, failed: 0, kept: None };
    match walk.run() {
        Ok(()) => {}
        Err(Ended::Slice) => walk.round.more = true,
        Err(Ended::Fault(name, fault)) => walk.round.faults.push((name, fault)),
    }
    walk.round
}

/// Why a round ended before its end.
enum Ended {
    /// Its time is over.
    Slice,
    /// At this file.
    Fault(String, FetchFault),
}

impl<F: Into<FetchFault>> From<(String, F)> for Ended {
    fn from((name, fault): (String, F)) -> Ended {
        Ended::Fault(name, fault.into())
    }
}

struct Walk<'a> {
    line: &'a Line,
    place: Place<'a>,
    whose: Whose,
    repository: Repository,
    round: Round,
    until: Instant,
    /// Faults of the line since something came.
    failed: u32,
    /// What a terminal needs as of this round, once that is known.
    kept: Option<Kept>,
}

/// What stays in the spool.
#[derive(Clone)]
struct Kept {
    root: u64,
    files: Vec<Wanted>,
}

/// The newest timestamp, not in place yet.
struct Stamp {
    body: Timestamp,
    text: Vec<u8>,
    /// Where it is not the one that lies here.
    new: Option<Tag>,
}

/// How far a file is.
enum Here {
    Whole,
    Begun,
}

/// What the hub calls this state of a file, if it says.
type Tag = Option<String>;

impl Walk<'_> {
    fn run(&mut self) -> Result<(), Ended> {
        let root = self.roots()?;
        let stamp = self.timestamp()?;
        let limits = self.repository.limits();
        let snapshot = self.announced::<Snapshot>(stamp.body.snapshot(), limits.snapshot)?;
        let (snapshot_file, snapshot) = snapshot;
        let (targets_file, targets) = self.announced::<Targets>(snapshot.targets(), limits.targets)?;
        if self.whose == Whose::Everybodys && targets.targets.len() > limits.count {
            return Err((self.name(&targets_file.path), FetchFault::BoundTargets).into());
        }
        let wants = self.wants(&targets);
        self.unfit(&wants);
        let mut files = wants.files.clone();
        files.extend([snapshot_file, targets_file]);
        self.keep_parts(&files)?;
        self.kept = Some(Kept { root, files });
        let (mut small, large): (Vec<&Wanted>, Vec<&Wanted>) =
            wants.files.iter().partition(|wanted| wanted.length <= SMALL);
        small.sort_by_key(|wanted| wanted.length);
        small.iter().for_each(|wanted| self.bring(wanted));
        let text = stamp.text.clone();
        self.put_timestamp(stamp)?;
        large.iter().for_each(|wanted| self.bring(wanted));
        self.prune(&text)
    }

    fn wants(&self, targets: &Targets) -> Wants {
        match self.repository {
            _ if self.whose == Whose::Everybodys => of_everything(targets),
            Repository::Trust => of_trust(targets, self.place.terminal),
            Repository::Status => of_status(targets, self.place.held.list),
        }
    }

    /// Every root after the trusted one, until there is none. Gives the trusted one's version.
    fn roots(&mut self) -> Result<u64, Ended> {
        let trusted = self.place.held.root(self.repository);
        for version in (trusted + 1..).take(usize::try_from(ROOTS_MOST).unwrap_or(0)) {
            let path = format!("metadata/{version}.root.json");
            let name = self.name(&path);
            let Some(bytes) = self.root(&path)? else {
                // One that lies here and is not the hub's would end the keeper's way.
                let gone = self.place.spool.forget_roots_after(self.repository.name(), version - 1);
                gone.map_err(|fault| (name, fault))?;
                break;
            };
            let read = Claimed::<Root>::read(&bytes).map(Claimed::into_body);
            if !read.is_ok_and(|root| root.version == version) {
                return Err((name, FetchFault::Change).into());
            }
            if self.place.spool.read(&name, bytes.len() as u64).as_ref() != Some(&bytes) {
                self.put(&path, &bytes)?;
                self.count(bytes.len() as u64);
            }
        }
        Ok(trusted)
    }

    /// The newest timestamp: asked for anew, or as it lies here if the hub says that it is the same.
    fn timestamp(&mut self) -> Result<Stamp, Ended> {
        let path = TIMESTAMP;
        let most = self.repository.limits().timestamp;
        let here = self.place.spool.read(&self.name(path), most);
        let tag = here.as_ref().and_then(|here| self.tag(here));
        let read = |bytes: &[u8]| Claimed::<Timestamp>::read(bytes).map(Claimed::into_body);
        let wrong = |walk: &Self| (walk.name(path), FetchFault::Change);
        match self.ask(path, most, tag.as_deref())? {
            Answer::Same => match here.as_deref().map(read) {
                Some(Ok(body)) => Ok(Stamp { body, text: here.unwrap_or_default(), new: None }),
                // What lies here is damaged: without its tag the next round asks anew.
                _ => {
                    let _ = self.place.spool.remove(&self.tag_name());
                    Err(wrong(self).into())
                }
            },
            Answer::Absent => Err((self.name(path), FetchFault::Absent).into()),
            Answer::Bytes(bytes) | Answer::Whole(bytes) => {
                let tag = bytes.tag.clone();
                let text = bytes.all().map_err(|fault| (self.name(path), fault))?;
                let body = read(&text).map_err(|_| wrong(self))?;
                Ok(Stamp { body, text, new: Some(tag) })
            }
        }
    }

    fn put_timestamp(&mut self, stamp: Stamp) -> Result<(), Ended> {
        let Some(tag) = stamp.new else { return Ok(()) };
        self.put(TIMESTAMP, &stamp.text)?;
        self.count(stamp.text.len() as u64);
        // With the digest of its timestamp: another carrier may put another one there, and this tag is none of that one's.
        let Some(tag) = tag else { return Ok(()) };
        let (name, line) = (self.tag_name(), format!("{} {tag}", text_digest(&stamp.text)));
        Ok(self.place.spool.place(&name, line.as_bytes()).map_err(|fault| (name, fault))?)
    }

    /// A role's file as another one announces it.
    fn announced<B: Body>(&mut self, meta: Option<&MetaFile>, most: u64) -> Result<(Wanted, B), Ended> {
        let file = |version| format!("metadata/{version}.{}.json", B::ROLE.name());
        let unfit = |walk: &Self, version| (walk.name(&file(version)), FetchFault::Change);
        let meta = meta.ok_or_else(|| unfit(self, 0))?;
        let (Some(length), Some(sha256)) = (meta.length.filter(|length| *length <= most), meta.sha256())
        else {
            return Err(unfit(self, meta.version).into());
        };
        let wanted = Wanted { path: file(meta.version), length, sha256 };
        let name = self.name(&wanted.path);
        if let Here::Begun = self.fetch(&wanted).map_err(|fault| (name.clone(), fault))? {
            return Err(Ended::Slice);
        }
        let bytes = self.place.spool.read(&name, most).unwrap_or_default();
        let body = Claimed::<B>::read(&bytes).map(Claimed::into_body);
        Ok(body.map(|body| (wanted, body)).map_err(|_| unfit(self, meta.version))?)
    }

    fn bring(&mut self, wanted: &Wanted) {
        if self.failed >= FAULTS_MOST {
            return;
        }
        match self.fetch(wanted) {
            Ok(Here::Whole) => self.failed = 0,
            Ok(Here::Begun) => self.round.more = true,
            Err(fault) => {
                self.failed += u32::from(matches!(&fault, FetchFault::Line(fault) if fault.is_away()));
                self.round.faults.push((self.name(&wanted.path), fault));
            }
        }
    }

    fn fetch(&mut self, wanted: &Wanted) -> Result<Here, FetchFault> {
        let name = self.name(&wanted.path);
        if self.place.spool.has(&name, (wanted.length, &wanted.sha256), self.place.held.look()) {
            return Ok(Here::Whole);
        }
        // A little comes in every round, however slow the line is.
        if self.round.bytes > 0 && Instant::now() >= self.until {
            return Ok(Here::Begun);
        }
        let brought = match self.ask_for(wanted) {
            Err(FetchFault::Spool(SpoolFault::Bound { .. })) => {
                self.make_room(wanted)?;
                self.ask_for(wanted)?
            }
            other => other?,
        };
        self.count(brought.bytes());
        Ok(if matches!(brought, Brought::Whole(_)) { Here::Whole } else { Here::Begun })
    }

    fn ask_for(&self, wanted: &Wanted) -> Result<Brought, FetchFault> {
        bring(self.line, self.place.spool, self.repository.name(), wanted, self.until)
    }

    /// A full spool is tidied before its round is whole: it never would be.
    fn make_room(&self, wanted: &Wanted) -> Result<(), SpoolFault> {
        let (spool, repository) = (self.place.spool, self.repository.name());
        match &self.kept {
            Some(kept) => spool.prune(repository, kept.root, &self.names(&kept.files)),
            None => spool.keep_parts(repository, &[wanted.sha256]),
        }
    }

    /// What was begun and is wanted no more, or was announced by a forger, goes: it would fill the spool.
    fn keep_parts(&self, files: &[Wanted]) -> Result<(), Ended> {
        let (repository, digests) = (self.repository.name(), files.iter().map(|file| file.sha256));
        let kept = self.place.spool.keep_parts(repository, &digests.collect::<Vec<_>>());
        Ok(kept.map_err(|fault| (repository.to_owned(), fault))?)
    }

    fn unfit(&mut self, wants: &Wants) {
        let fault = |name: &String| (name.clone(), FetchFault::Unfit);
        self.round.faults.extend(wants.unfit.iter().map(fault));
    }

    /// What is neither current nor wanted goes, once everything came; not if another carrier was here meanwhile.
    fn prune(&mut self, stamp: &[u8]) -> Result<(), Ended> {
        let here = self.place.spool.read(&self.name(TIMESTAMP), stamp.len() as u64);
        let Some(kept) = self.kept.as_ref().filter(|_| self.round.is_whole()) else { return Ok(()) };
        if here.as_deref() != Some(stamp) {
            return Ok(());
        }
        let repository = self.repository.name();
        let pruned = self.place.spool.prune(repository, kept.root, &self.names(&kept.files));
        Ok(pruned.map_err(|fault| (repository.to_owned(), fault))?)
    }

    /// A root. An object store that may not be listed says of what is not there that it is forbidden: whoever may say that could as well
    /// say that it is not there.
    fn root(&self, path: &str) -> Result<Option<Vec<u8>>, Ended> {
        match self.get(path, self.repository.limits().root) {
            Err(Ended::Fault(_, FetchFault::Line(LineFault::Refuse { status: 403, .. }))) => Ok(None),
            other => other,
        }
    }

    fn get(&self, path: &str, most: u64) -> Result<Option<Vec<u8>>, Ended> {
        match self.ask(path, most, None)? {
            Answer::Bytes(bytes) | Answer::Whole(bytes) => {
                Ok(bytes.all().map(Some).map_err(|fault| (self.name(path), fault))?)
            }
            Answer::Same | Answer::Absent => Ok(None),
        }
    }

    fn ask(&self, path: &str, most: u64, unless: Option<&str>) -> Result<Answer, Ended> {
        let name = self.name(path);
        let ask = Ask { path: &name, from: 0, unless, most };
        Ok(self.line.get(&ask).map_err(|fault| (name.clone(), fault))?)
    }

    fn put(&self, path: &str, bytes: &[u8]) -> Result<(), Ended> {
        let name = self.name(path);
        Ok(self.place.spool.place(&name, bytes).map_err(|fault| (name, fault))?)
    }

    /// What the hub called the timestamp that lies here, if it is the hub's.
    fn tag(&self, here: &[u8]) -> Option<String> {
        let line = String::from_utf8(self.place.spool.read(&self.tag_name(), TAG_MOST)?).ok()?;
        let (digest, tag) = line.split_once(' ')?;
        // It goes into a header: printable ASCII alone.
        let fits = digest == text_digest(here) && tag.bytes().all(|byte| byte.is_ascii_graphic());
        fits.then(|| tag.to_owned())
    }

    fn names(&self, files: &[Wanted]) -> Vec<String> {
        files.iter().map(|file| self.name(&file.path)).collect()
    }

    fn tag_name(&self) -> String {
        format!("part/{}.tag", self.repository.name())
    }

    fn name(&self, path: &str) -> String {
        format!("{}/{path}", self.repository.name())
    }

    fn count(&mut self, bytes: u64) {
        self.round.files += u32::from(bytes > 0);
        self.round.bytes += bytes;
    }
}

fn text_digest(text: &[u8]) -> String {
    hex(sha256(&[text]).as_bytes())
}
