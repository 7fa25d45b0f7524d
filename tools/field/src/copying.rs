//! One repository from one folder into another: oldest root to newest target.
//! Promises: what the source holds is bounded before it is read and is copied once; a file counts when its bytes are those
//! announced; small ones and the timestamp come before what is large, and what does not come holds back no other.
//! Must not know: whether any of it may be believed.

use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

use gate_carry::{Look, Part, SMALL, Spool, SpoolFault, Wanted, Wants};
use gate_tuf::{Body, Claimed, MetaFile, Repository, Root, Snapshot, TIMESTAMP, Targets, Timestamp};

use crate::files::{self, For};

/// Roots copied at once, at most.
const ROOTS_MOST: u64 = 1024;
/// Bytes copied at once.
const PIECE: usize = 256 << 10;
const NOT_WHOLE: &str = "metadata/timestamp.json is not there: the copy is not whole";

/// What copying came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Copied {
    /// Files that came.
    pub files: u32,
    /// Bytes that came.
    pub bytes: u64,
    /// Repositories that lie on the source, whole or not.
    pub repositories: u8,
    /// What did not come, and why.
    pub missing: Vec<String>,
    /// Whether some of that lies on the source, and cannot be had or is not what it should be.
    pub broken: bool,
}

impl Copied {
    /// Something lies there, and does not come.
    pub(crate) fn miss(&mut self, what: &str, why: &str) {
        self.missing.push(format!("{what}: {why}"));
        self.broken = true;
    }

    /// Adds another repository's.
    pub fn add(&mut self, other: Copied) {
        (self.files, self.bytes) = (self.files + other.files, self.bytes + other.bytes);
        self.repositories += other.repositories;
        self.missing.extend(other.missing);
        self.broken |= other.broken;
    }
}

/// From where, into what, of which repository.
pub struct Copying<'a> {
    /// The source's folder, which holds `trust/` and `status/`.
    pub from: &'a Path,
    /// The folder that is filled.
    pub to: &'a Spool,
    /// Which repository.
    pub repository: Repository,
    /// Roots after this one are copied.
    pub root: u64,
    /// How closely a file that is in the target folder already is looked at.
    pub look: Look,
}

impl Copying<'_> {
    /// What is wanted and is not in the target folder yet, with the bytes it takes; `None` if the source has nothing of this
    /// repository.
    ///
    /// # Errors
    /// Why the source cannot be read.
    pub fn plan(&self, want: &dyn Fn(&Targets) -> Wants) -> io::Result<Option<Plan>> {
        let limits = self.repository.limits();
        let Some(stamp) = self.small(TIMESTAMP, limits.timestamp)? else {
            return if self.is_begun() { Err(io::Error::other(NOT_WHOLE)) } else { Ok(None) };
        };
        let body: Timestamp = claimed(TIMESTAMP, &stamp)?;
        let (snapshot, snapshot_text) = self.announced::<Snapshot>(body.snapshot(), limits.snapshot)?;
        let body: Snapshot = claimed(&snapshot, &snapshot_text)?;
        let (targets, targets_text) = self.announced::<Targets>(body.targets(), limits.targets)?;
        let targets_body: Targets = claimed(&targets, &targets_text)?;
        if targets_body.targets.len() > limits.count {
            return Err(io::Error::other("it names more targets than a repository has"));
        }
        let wants = want(&targets_body);
        let metadata = vec![(snapshot, snapshot_text), (targets, targets_text)];
        let is_here = |wanted: &&Wanted| !self.is_there(wanted);
        let open: Vec<Wanted> = wants.files.iter().filter(is_here).cloned().collect();
        Ok(Some(Plan { stamp, metadata, wants, open }))
    }

    /// Copies what is planned. `tell` hears of every piece, and of what had come before of a file that was cut off.
    pub fn run(&self, plan: &Plan, tell: &mut dyn FnMut(u64)) -> Copied {
        let mut copied = Copied::default();
        for name in &plan.wants.unfit {
            copied.miss(name, "longer than such a file can be");
        }
        if let Err(error) = self.begin(plan, &mut copied) {
            copied.miss(self.repository.name(), &error);
            return copied;
        }
        let (small, large): (Vec<&Wanted>, Vec<&Wanted>) =
            plan.open.iter().partition(|wanted| wanted.length <= SMALL);
        small.iter().for_each(|wanted| self.file((plan, wanted), tell, &mut copied));
        if let Err(fault) = self.to.place(&self.path(TIMESTAMP), &plan.stamp) {
            copied.miss("timestamp", &fault.to_string());
            return copied;
        }
        large.iter().for_each(|wanted| self.file((plan, wanted), tell, &mut copied));
        let stamp = self.to.read(&self.path(TIMESTAMP), plan.stamp.len() as u64);
        // Not if another carrier put a newer one there meanwhile.
        let is_ours = copied.missing.is_empty() && stamp.as_ref() == Some(&plan.stamp);
        if is_ours && let Err(fault) = self.prune(plan) {
            copied.miss("what is not needed any more stays", &fault.to_string());
        }
        copied
    }

    /// Roots and the two metadata files.
    fn begin(&self, plan: &Plan, copied: &mut Copied) -> Result<(), String> {
        for version in (self.root + 1..).take(usize::try_from(ROOTS_MOST).unwrap_or(0)) {
            let path = format!("metadata/{version}.root.json");
            let bytes =
                self.small(&path, self.repository.limits().root).map_err(|error| error.to_string())?;
            let Some(bytes) = bytes else {
                // One that lies in the spool and not here may be a thief's or another province's: it would end the keeper's way.
                let gone = self.to.forget_roots_after(self.repository.name(), version - 1);
                gone.map_err(|fault| fault.to_string())?;
                break;
            };
            let root: Root = claimed(&path, &bytes).map_err(|error| error.to_string())?;
            if root.version != version {
                return Err(format!("{path}: it says that it is root {}", root.version));
            }
            self.put(&path, &bytes, copied)?;
        }
        plan.metadata.iter().try_for_each(|(path, bytes)| self.put(path, bytes, copied))
    }

    fn put(&self, path: &str, bytes: &[u8], copied: &mut Copied) -> Result<(), String> {
        let name = self.path(path);
        if self.to.read(&name, bytes.len() as u64).as_deref() == Some(bytes) {
            return Ok(());
        }
        (copied.files, copied.bytes) = (copied.files + 1, copied.bytes + bytes.len() as u64);
        self.to.place(&name, bytes).map_err(|fault| fault.to_string())
    }

    fn file(&self, (plan, wanted): (&Plan, &Wanted), tell: &mut dyn FnMut(u64), copied: &mut Copied) {
        match self.copy(plan, wanted, tell) {
            Ok(bytes) => (copied.files, copied.bytes) = (copied.files + 1, copied.bytes + bytes),
            Err(why) => copied.miss(&wanted.path, &why),
        }
    }

    /// From the byte where it was cut off the last time.
    fn copy(&self, plan: &Plan, wanted: &Wanted, tell: &mut dyn FnMut(u64)) -> Result<u64, String> {
        let said = |error: io::Error| error.to_string();
        let file = files::regular(self.from, &self.path(&wanted.path), For::Reading).map_err(said)?;
        let mut file = file.ok_or("it is not there, or is no regular file")?;
        if file.metadata().map_err(said)?.len() != wanted.length {
            return Err("it has another length than was announced".into());
        }
        let mut part = self.part(plan, wanted).map_err(|fault| fault.to_string())?;
        let begun = part.have();
        tell(begun);
        file.seek(SeekFrom::Start(begun)).map_err(said)?;
        if let Err(error) = pour(&mut file.take(wanted.length - begun), &mut part, tell) {
            part.keep().map_err(|fault| fault.to_string())?;
            return Err(error);
        }
        match part.settle(&self.path(&wanted.path)) {
            Ok(true) => Ok(wanted.length - begun),
            Ok(false) => Err("it is not what was announced: damaged, or swapped".into()),
            Err(fault) => Err(fault.to_string()),
        }
    }

    /// A full spool is tidied before a file is refused: what was begun of others, and what nobody needs as of this stick.
    fn part(&self, plan: &Plan, wanted: &Wanted) -> Result<Part, SpoolFault> {
        let (repository, digests) = (self.repository.name(), plan.wants.files.iter().map(|file| file.sha256));
        let part = || self.to.part(repository, &wanted.sha256, wanted.length);
        match part() {
            Err(SpoolFault::Bound { .. }) => {
                self.to.keep_parts(repository, &digests.collect::<Vec<_>>())?;
                self.prune(plan)?;
                part()
            }
            other => other,
        }
    }

    fn prune(&self, plan: &Plan) -> Result<(), SpoolFault> {
        self.to.prune(self.repository.name(), self.root, &self.kept(plan))
    }

    fn kept(&self, plan: &Plan) -> Vec<String> {
        let metadata = plan.metadata.iter().map(|(path, _)| self.path(path));
        metadata.chain(plan.wants.files.iter().map(|wanted| self.path(&wanted.path))).collect()
    }

    fn is_there(&self, wanted: &Wanted) -> bool {
        self.to.has(&self.path(&wanted.path), (wanted.length, &wanted.sha256), self.look)
    }

    fn announced<B: Body>(&self, meta: Option<&MetaFile>, most: u64) -> io::Result<(String, Vec<u8>)> {
        let meta = meta.ok_or_else(|| io::Error::other("its metadata do not name one another"))?;
        let path = format!("metadata/{}.{}.json", meta.version, B::ROLE.name());
        match self.small(&path, most)? {
            Some(bytes) => Ok((path, bytes)),
            None => Err(io::Error::other(format!("{path} is not there"))),
        }
    }

    /// Whether more than roots lie here: those are there before anything is published.
    fn is_begun(&self) -> bool {
        let names = files::names(&self.from.join(self.path("metadata")));
        names.iter().any(|name| !name.ends_with(".root.json"))
    }

    /// `None` where nothing lies there. What lies there and cannot be read is not taken for nothing: it would hide a rotation.
    fn small(&self, path: &str, most: u64) -> io::Result<Option<Vec<u8>>> {
        let name = self.path(path);
        match files::small(self.from, &name, most)? {
            None if files::lies(self.from, &name) => {
                Err(io::Error::other(format!("{path} is no regular file of at most {most} bytes")))
            }
            other => Ok(other),
        }
    }

    fn path(&self, path: &str) -> String {
        format!("{}/{path}", self.repository.name())
    }
}

fn pour(file: &mut dyn Read, part: &mut Part, tell: &mut dyn FnMut(u64)) -> Result<(), String> {
    let mut room = vec![0; PIECE];
    loop {
        let count = file.read(&mut room).map_err(|error| error.to_string())?;
        if count == 0 {
            return Ok(());
        }
        part.append(room.get(..count).unwrap_or_default()).map_err(|fault| fault.to_string())?;
        tell(count as u64);
    }
}

fn claimed<B: Body>(path: &str, bytes: &[u8]) -> io::Result<B> {
    let read = Claimed::<B>::read(bytes).map(Claimed::into_body);
    read.map_err(|error| io::Error::other(format!("{path}: {error}")))
}

/// What is to be copied of a repository.
pub struct Plan {
    stamp: Vec<u8>,
    metadata: Vec<(String, Vec<u8>)>,
    wants: Wants,
    open: Vec<Wanted>,
}

impl Plan {
    /// Bytes that are to be copied.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.open.iter().fold(0, |sum, wanted| sum.saturating_add(wanted.length))
    }
}
