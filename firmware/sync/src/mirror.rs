//! One repository, from the hub into the spool: roots, timestamp, snapshot, targets, then the files that are wanted.
//! Promises: what is small comes first, and the timestamp is put in place before what is large: a base that takes hours holds
//! back no delta, and a file that does not come holds back no other; files that nobody needs any more go.
//! Must not know: whether any of it may be believed.

use std::time::Duration;

use gate_carry::{Held, Look, Spool, SpoolFault, Wanted, Wants, of_status, of_trust};
use gate_tuf::{Body, Claimed, MetaFile, Repository, Root, Snapshot, Targets, Timestamp};

use crate::fetch::{FetchFault, bring};
use crate::line::{Answer, Ask, Line, LineFault};

/// Roots fetched in one round at most.
const ROOTS_MOST: u64 = 1024;
/// What is fetched before the timestamp is put in place.
const SMALL: u64 = 32 << 20;
/// Faults of the line after which a round ends.
const FAULTS_MOST: usize = 3;

/// What a round came to.
#[derive(Debug, Default)]
pub struct Round {
    /// Files that came.
    pub files: u32,
    /// Bytes that came.
    pub bytes: u64,
    /// What did not come, and why.
    pub faults: Vec<(String, FetchFault)>,
}

impl Round {
    /// Whether everything that is wanted is there.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.faults.is_empty()
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

    fn is_broken(&self) -> bool {
        let broken = |(_, fault): &&(String, FetchFault)| matches!(fault, FetchFault::Line(_));
        self.faults.iter().filter(broken).count() >= FAULTS_MOST
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
    let mut walk = Walk { line, place, repository, round: Round::default() };
    if let Err((name, fault)) = walk.run() {
        walk.round.faults.push((name, fault));
    }
    walk.round
}

type Named = (String, FetchFault);

struct Walk<'a> {
    line: &'a Line,
    place: Place<'a>,
    repository: Repository,
    round: Round,
}

/// The newest timestamp, not in place yet.
struct Stamp {
    body: Timestamp,
    /// Its text and tag, where they are new.
    new: Option<(Vec<u8>, Option<String>)>,
}

impl Walk<'_> {
    fn run(&mut self) -> Result<(), Named> {
        let root = self.roots()?;
        let stamp = self.timestamp()?;
        let limits = self.repository.limits();
        let snapshot = self.announced::<Snapshot>(stamp.body.snapshot(), limits.snapshot)?;
        let (snapshot_file, snapshot) = snapshot;
        let (targets_file, targets) = self.announced::<Targets>(snapshot.targets(), limits.targets)?;
        let wants = match self.repository {
            Repository::Trust => of_trust(&targets, self.place.terminal),
            Repository::Status => of_status(&targets, self.place.held.list),
        };
        self.unfit(&wants);
        let (small, large): (Vec<&Wanted>, Vec<&Wanted>) =
            wants.files.iter().partition(|wanted| wanted.length <= SMALL);
        small.iter().for_each(|wanted| self.bring(wanted));
        self.put_timestamp(stamp)?;
        large.iter().for_each(|wanted| self.bring(wanted));
        let mut kept: Vec<&Wanted> = wants.files.iter().collect();
        kept.extend([&snapshot_file, &targets_file]);
        self.prune(root, &kept)
    }

    /// Every root after the trusted one, until there is none. Gives the trusted one's version.
    fn roots(&mut self) -> Result<u64, Named> {
        let trusted = self.place.held.root(self.repository);
        for version in (trusted + 1..).take(usize::try_from(ROOTS_MOST).unwrap_or(0)) {
            let path = format!("metadata/{version}.root.json");
            let name = self.name(&path);
            let Some(bytes) = self.get(&path, self.repository.limits().root)? else {
                // One that lies here and is not the hub's would end the keeper's way.
                self.place.spool.remove(&name).map_err(|fault| (name, fault.into()))?;
                break;
            };
            let read = Claimed::<Root>::read(&bytes).map(Claimed::into_body);
            if !read.is_ok_and(|root| root.version == version) {
                return Err((name, FetchFault::Change));
            }
            if self.place.spool.read(&name, bytes.len() as u64).as_ref() != Some(&bytes) {
                self.put(&path, &bytes)?;
                self.count(bytes.len() as u64);
            }
        }
        Ok(trusted)
    }

    /// The newest timestamp: asked for anew, or as it lies here if the hub says that it is the same.
    fn timestamp(&mut self) -> Result<Stamp, Named> {
        let path = "metadata/timestamp.json";
        let most = self.repository.limits().timestamp;
        let here = self.place.spool.read(&self.name(path), most);
        let tag = here.as_ref().and_then(|_| self.tag());
        let read = |bytes: &[u8]| Claimed::<Timestamp>::read(bytes).map(Claimed::into_body);
        let wrong = |walk: &Self| (walk.name(path), FetchFault::Change);
        match self.ask(path, most, tag.as_deref())? {
            Answer::Same => match here.as_deref().map(read) {
                Some(Ok(body)) => Ok(Stamp { body, new: None }),
                // What lies here is damaged: without its tag the next round asks anew.
                _ => {
                    let _ = self.place.spool.remove(&self.tag_name());
                    Err(wrong(self))
                }
            },
            Answer::Absent => Err((self.name(path), FetchFault::Absent)),
            Answer::Bytes(bytes) | Answer::Whole(bytes) => {
                let tag = bytes.tag.clone();
                let bytes = bytes.all().map_err(|fault| (self.name(path), fault.into()))?;
                let body = read(&bytes).map_err(|_| wrong(self))?;
                Ok(Stamp { body, new: Some((bytes, tag)) })
            }
        }
    }

    fn put_timestamp(&mut self, stamp: Stamp) -> Result<(), Named> {
        let Some((bytes, tag)) = stamp.new else { return Ok(()) };
        // The tag goes first and comes last: it never stands beside another text than its own.
        let name = self.tag_name();
        self.place.spool.remove(&name).map_err(|fault| (name.clone(), fault.into()))?;
        self.put("metadata/timestamp.json", &bytes)?;
        self.count(bytes.len() as u64);
        match tag {
            Some(tag) => self.place.spool.place(&name, tag.as_bytes()).map_err(|fault| (name, fault.into())),
            None => Ok(()),
        }
    }

    /// A role's file as another one announces it.
    fn announced<B: Body>(&mut self, meta: Option<&MetaFile>, most: u64) -> Result<(Wanted, B), Named> {
        let file = |version| format!("metadata/{version}.{}.json", B::ROLE.name());
        let unfit = |walk: &Self, version| (walk.name(&file(version)), FetchFault::Change);
        let meta = meta.ok_or_else(|| unfit(self, 0))?;
        let (Some(length), Some(sha256)) = (meta.length.filter(|length| *length <= most), meta.sha256())
        else {
            return Err(unfit(self, meta.version));
        };
        let wanted = Wanted { path: file(meta.version), length, sha256 };
        let name = self.name(&wanted.path);
        self.fetch(&wanted).map_err(|fault| (name.clone(), fault))?;
        let bytes = self.place.spool.read(&name, most).unwrap_or_default();
        let body = Claimed::<B>::read(&bytes).map(Claimed::into_body);
        body.map(|body| (wanted, body)).map_err(|_| unfit(self, meta.version))
    }

    fn bring(&mut self, wanted: &Wanted) {
        if self.round.is_broken() {
            return;
        }
        if let Err(fault) = self.fetch(wanted) {
            self.round.faults.push((self.name(&wanted.path), fault));
        }
    }

    fn fetch(&mut self, wanted: &Wanted) -> Result<(), FetchFault> {
        let name = self.name(&wanted.path);
        // What is small costs nothing to look at; what is large is hashed where the keeper has doubts.
        let look = match wanted.length <= 1 << 20 || self.place.held.doubts {
            true => Look::Bytes,
            false => Look::Length,
        };
        if self.place.spool.has(&name, (wanted.length, &wanted.sha256), look) {
            return Ok(());
        }
        let came = bring(self.line, self.place.spool, self.repository.name(), wanted)?;
        self.count(came);
        Ok(())
    }

    fn unfit(&mut self, wants: &Wants) {
        let fault = |name: &String| (name.clone(), FetchFault::Line(LineFault::Bound { most: SMALL }));
        self.round.faults.extend(wants.unfit.iter().map(fault));
    }

    /// What is neither current nor wanted goes, once everything came.
    fn prune(&mut self, root: u64, kept: &[&Wanted]) -> Result<(), Named> {
        if !self.round.is_whole() {
            return Ok(());
        }
        let kept: Vec<String> = kept.iter().map(|wanted| self.name(&wanted.path)).collect();
        let pruned = self.place.spool.prune(self.repository.name(), root, &kept);
        pruned.map_err(|fault| (self.repository.name().to_owned(), fault.into()))
    }

    fn get(&self, path: &str, most: u64) -> Result<Option<Vec<u8>>, Named> {
        match self.ask(path, most, None)? {
            Answer::Bytes(bytes) | Answer::Whole(bytes) => {
                bytes.all().map(Some).map_err(|fault| (self.name(path), fault.into()))
            }
            Answer::Same | Answer::Absent => Ok(None),
        }
    }

    fn ask(&self, path: &str, most: u64, unless: Option<&str>) -> Result<Answer, Named> {
        let name = self.name(path);
        let ask = Ask { path: &name, from: 0, unless, most };
        self.line.get(&ask).map_err(|fault| (name.clone(), fault.into()))
    }

    fn put(&self, path: &str, bytes: &[u8]) -> Result<(), Named> {
        let name = self.name(path);
        self.place.spool.place(&name, bytes).map_err(|fault: SpoolFault| (name, fault.into()))
    }

    fn tag(&self) -> Option<String> {
        let bytes = self.place.spool.read(&self.tag_name(), 128)?;
        // It goes into a header: printable ASCII alone.
        let text = String::from_utf8(bytes).ok()?;
        text.bytes().all(|byte| byte.is_ascii_graphic()).then_some(text)
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
