//! What the authority says of a person, and in whose name: the desk's register, issuers' keys and status list, as they are now.
//! Promises: before each code the files are looked at, and what changed is read anew; a list that cannot be read, is of
//! another province, older than its limit or ahead of the clock gives no code; keys stay in their custody, and no signature is
//! made without a line in the desk's log.
//! Must not know: who asks, HTTP.
//!
//! Why each time: a screen code is a colour statement of *now*, and beats every older list entry of the same issuer (DOMAIN
//! §8). A service that went on with yesterday's list would turn a red person green at every gate. So the service never
//! states from a list when a newer one lies in its place, and the place is the one that lists are published from.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use gate_core::keyset::KeySet;
use gate_proof::stretch::{Block, TagMemory};
use gate_proof::subject::{LinkKey, Subject};
use gate_status::{Answer, DELTA_MOST_BYTES, DeltaRefused, Scope, SealedList, StatusList};
use gate_wire::cose::Kid;
use gate_wire::credential::Colour;
use gate_wire::document::Document;
use gate_wire::time::Timestamp;

use super::causes::{Causes, Fault};
use super::operators::OperatorId;
use super::refusal::Refusal;
use crate::desk::access::Access;
use crate::desk::against_list::CHANGES_FILE;
use crate::desk::{Desk, STATE_FILE};
use crate::key_name::KeyName;
use crate::key_ring::{KeyUse, Work};
use crate::list::is_of;
use crate::log::Start;
use crate::log::entry::{Operation, Operator};
use crate::province::TagMaker;

/// How far a list's as-of time may lie ahead of this machine's clock.
const AHEAD_MOST_S: u64 = 120;
/// Deltas in the directory at most; the ladder of 13 weeks takes 16.
const DELTAS_MOST: usize = 24;

/// Where the authority's data lie.
#[derive(Clone, Debug)]
pub struct Sources {
    /// The desk's directory.
    pub desk: PathBuf,
    /// The status list; the desk's own unless said otherwise.
    pub list: PathBuf,
    /// A directory of deltas to it, taken in the order of their names.
    pub deltas: Option<PathBuf>,
    /// The oldest list that a code is stated from, in seconds.
    pub list_age_most_s: u64,
}

/// The authority's data, read when they change.
pub(crate) struct Authority {
    sources: Sources,
    access: Access,
    held: Mutex<Option<Arc<Held>>>,
    causes: Arc<Causes>,
}

/// What was read, and from which files.
pub(crate) struct Held {
    marks: Marks,
    desk: Desk,
    access: Access,
    causes: Arc<Causes>,
    pub(crate) keys: KeySet,
    pub(crate) link: LinkKey,
    tags: TagMaker,
    list: SealedList,
    list_age_most_s: u64,
}

/// Of the desk's state, what its deltas changed, the list, the directory of deltas.
type Marks = [Mark; 4];

/// Tells one file from the next of its name: device, inode, length, time of change.
type Mark = Option<(u64, u64, u64, i64, i64)>;

impl Authority {
    pub(crate) fn new(sources: Sources, access: Access, say: fn(&str)) -> Authority {
        Authority { sources, access, held: Mutex::new(None), causes: Arc::new(Causes::said_by(say)) }
    }

    /// What holds now.
    ///
    /// # Errors
    /// [`Refusal`]: then nothing may be stated.
    pub(crate) fn current(&self) -> Result<Arc<Held>, Refusal> {
        let mut held = self.lock();
        let Sources { desk, list, deltas, .. } = &self.sources;
        let at_desk = |name| mark(&desk.join(name));
        let deltas = deltas.as_deref().and_then(mark);
        let marks = [at_desk(STATE_FILE), at_desk(CHANGES_FILE), mark(list), deltas];
        match held.as_ref().filter(|held| held.marks == marks) {
            Some(same) => Ok(Arc::clone(same)),
            None => Ok(Arc::clone(held.insert(Arc::new(self.causes.of(self.read(marks))?)))),
        }
    }

    fn read(&self, marks: Marks) -> Result<Held, Fault> {
        let desk = Desk::open_beside(&self.sources.desk, &self.access)?;
        let province = &desk.province;
        Ok(Held {
            marks,
            list: self.list(&desk)?,
            keys: province.key_set().map_err(|error| Fault::new(Refusal::OpenDesk, &error))?,
            link: province.link_key()?,
            tags: province.tag_maker()?,
            list_age_most_s: self.sources.list_age_most_s,
            access: self.access.clone(),
            causes: Arc::clone(&self.causes),
            desk,
        })
    }

    fn list(&self, desk: &Desk) -> Result<SealedList, Fault> {
        let path = &self.sources.list;
        let mut list = desk.served_list(path)?;
        for path in self.sources.deltas.as_deref().map(deltas).transpose()?.unwrap_or_default() {
            let read = |error| Fault::new(Refusal::ReadList, &error);
            let length = fs::metadata(&path).map_err(read)?.len();
            if length > DELTA_MOST_BYTES as u64 {
                return Err(Fault::plain(Refusal::ReadList));
            }
            match list.apply(&fs::read(&path).map_err(read)?) {
                // Of an earlier step: the base, or a longer delta, has it already.
                Ok(_) | Err(DeltaRefused::Replays { .. }) => {}
                Err(refused) => return Err(Fault::new(Refusal::ReadList, &refused)),
            }
        }
        desk.admit_served(path, &list)?;
        let ours = is_of(&list.head(), desk.province.region());
        if ours { Ok(list) } else { Err(Fault::plain(Refusal::ReadList)) }
    }

    fn lock(&self) -> MutexGuard<'_, Option<Arc<Held>>> {
        // What is inside is replaced whole: a panic elsewhere leaves it as good as before.
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Held {
    /// The subject of a document's holder.
    ///
    /// # Errors
    /// [`Refusal::ReadNumber`].
    pub(crate) fn subject(&self, document: &Document) -> Result<Subject, Refusal> {
        let mut blocks = vec![Block::new(); self.desk.province.tag_memory().blocks()];
        let subject = self.tags.subject_in(document, &mut TagMemory::over(&mut blocks));
        subject.map_err(|_| Refusal::ReadNumber)
    }

    /// The colour that may be stated of a person now. A list of exceptions says green of who is not in it; a list of
    /// everybody says nothing of them, and nothing is stated (DESIGN §6).
    ///
    /// # Errors
    /// [`Refusal::TrustClock`], [`Refusal::TrustListAge`], [`Refusal::ReadList`], [`Refusal::FindPerson`].
    pub(crate) fn colour(&self, subject: &Subject, now: Timestamp) -> Result<Colour, Refusal> {
        self.fresh(now)?;
        match self.list.find(subject).map_err(|_| Refusal::ReadList)? {
            Answer::Listed(colour) => Ok(colour),
            Answer::NotListed if self.list.head().scope == Scope::Exceptions => Ok(Colour::Green),
            Answer::NotListed => Err(Refusal::FindPerson),
        }
    }

    /// Whether the list is of an age from which a colour may be stated.
    pub(crate) fn fresh(&self, now: Timestamp) -> Result<(), Refusal> {
        let as_of = self.list.head().as_of;
        if as_of.since(now) > AHEAD_MOST_S {
            return Err(Refusal::TrustClock);
        }
        if now.since(as_of) > self.list_age_most_s { Err(Refusal::TrustListAge) } else { Ok(()) }
    }

    /// Whether the private half of this issuer of this province is here. Nobody states a colour from our list in another
    /// authority's name.
    pub(crate) fn speaks_as(&self, kid: Kid) -> bool {
        let province = &self.desk.province;
        let ours = self.keys.find(kid).is_some_and(|key| key.region().same_province(province.region()));
        ours && province.holds(KeyName::Issuer(kid))
    }

    /// The issuer's key for at most `most` signatures that `operator` asks for: the desk's log has the line.
    ///
    /// # Errors
    /// [`Refusal::LogUse`].
    pub(crate) fn lease(&self, operator: &OperatorId, kid: Kid, most: u64) -> Result<KeyUse, Refusal> {
        let province = &self.desk.province;
        let start = if self.desk.is_plain() { Start::May } else { Start::MustBeThere };
        let named = Access { operator: Operator::parse(operator.as_str()), ..self.access.clone() };
        let log = named.log(self.desk.directory(), self.desk.origin(), province.nature(), start);
        let begun = log.map_err(Fault::from).and_then(|log| {
            let work = Work { operation: Operation::ServeLease, most, case: None };
            let key = province.keys.begin_in(Some(Arc::new(log)), KeyName::Issuer(kid), &work);
            key.map_err(|fault| Fault::new(Refusal::LogUse, &fault))
        });
        self.causes.of(begun)
    }
}

fn mark(path: &Path) -> Mark {
    let about = fs::metadata(path).ok()?;
    Some((about.dev(), about.ino(), about.len(), about.mtime(), about.mtime_nsec()))
}

/// The deltas in a directory, in the order of their names.
fn deltas(directory: &Path) -> Result<Vec<PathBuf>, Fault> {
    let read = |error| Fault::new(Refusal::ReadList, &error);
    let entries = fs::read_dir(directory).map_err(read)?;
    let paths = entries.take(DELTAS_MOST * 2).map(|entry| entry.map(|entry| entry.path()));
    let mut paths: Vec<PathBuf> = paths.collect::<Result<_, _>>().map_err(read)?;
    // What is being written there has no name yet.
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "tfd"));
    paths.sort();
    if paths.len() > DELTAS_MOST { Err(Fault::plain(Refusal::ReadList)) } else { Ok(paths) }
}
