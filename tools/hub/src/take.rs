//! What sticks brought: batches and accounts from the folder that `gate-field return` fills into the database, the hub's word
//! into its `acks/` for the next sticks.
//! Promises: verifies as a line's are verified; a file goes only after its commit was synced; what was not taken stays, or is put
//! aside; run again, or beside a hub that serves, it doubles nothing.
//! Must not know: which stick brought what.

use std::collections::BTreeSet;
use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use gate_core::query::TerminalNumber;
use gate_core::records::account::ACCOUNT_MOST;
use gate_core::records::batch::{BATCH_MOST, alleged_terminal};
use gate_core::records::names::{ACKS, BatchName, OUT, acknowledgement_name, parse_acknowledgement};
use gate_proof::digest::sha256;
use gate_wire::time::Timestamp;

use crate::acknowledge::Acknowledger;
use crate::files::{FileFault, Readers, place, small, sync_folder};
use crate::store::intake::{self, Left, Purpose, Quota};
use crate::store::log::{Deed, audit};
use crate::store::records::{JOURNALS_TOLD, Taken, all_held, epoch};
use crate::store::{Db, StoreFault};

/// Where `gate-field return` keeps what has the name of another.
const CONFLICTS: &str = "conflicts";
/// Where files go that no hub will ever take.
const ASIDE: &str = "refused";
/// Files of one commit.
const TOGETHER: usize = 64;

/// What it came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Brought {
    /// Batches that were new.
    pub kept: u32,
    /// Batches that were here.
    pub known: u32,
    /// Batches that disagree with what was here.
    pub doubted: u32,
    /// Accounts.
    pub accounts: u32,
    /// Acknowledgements that lie in the folder now.
    pub acknowledgements: u32,
    /// Files that were not taken, and why: they are where they were, or aside.
    pub left: Vec<(String, Left)>,
    /// Files that are none `gate-field return` writes (a link, a pipe, a giant), or that cannot be read: where they were.
    pub unread: Vec<String>,
}

/// Why it does not go on. What was committed is committed; the files are still there.
#[derive(Debug, thiserror::Error)]
pub enum TakeFault {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreFault),
    /// A folder or file.
    #[error("{}: {reason}", .path.display())]
    Reach {
        /// Which.
        path: PathBuf,
        /// What the system said.
        reason: io::Error,
    },
    /// A file of ours.
    #[error(transparent)]
    File(#[from] FileFault),
    /// Somebody else fills or empties this folder.
    #[error("{}: somebody else is at work here: again in a minute", .0.display())]
    Busy(PathBuf),
}

fn at(path: &Path) -> impl Fn(io::Error) -> TakeFault {
    let path = path.to_path_buf();
    move |reason| TakeFault::Reach { path: path.clone(), reason }
}

/// The folder, and how it is taken from.
#[derive(Debug)]
pub struct Take<'a> {
    /// What `gate-field return` filled.
    pub folder: &'a Path,
    /// Signs what is held; without one nothing is acknowledged.
    pub acknowledger: Option<&'a Acknowledger>,
    /// What a terminal may bring in a day.
    pub quota: Quota,
    /// Who does this: for the audit log.
    pub by: &'a str,
}

/// What became of a file.
enum Done {
    /// It is in the database.
    Taken,
    /// It may be taken another time.
    Stays,
    /// It never will.
    Aside([u8; 32]),
}

impl Take<'_> {
    /// Takes everything.
    ///
    /// # Errors
    /// [`TakeFault`].
    pub fn run(&self, db: &mut Db, now: Timestamp) -> Result<Brought, TakeFault> {
        let _lock = self.lock()?;
        let (mut brought, mut terminals) = (Brought::default(), BTreeSet::new());
        for files in self.waiting()?.chunks(TOGETHER) {
            let done = self.commit(db, files, (&mut brought, &mut terminals), now)?;
            for (file, done) in files.iter().zip(done) {
                self.let_go(file, &done)?;
            }
        }
        self.acknowledge(db, terminals, (&mut brought, now))?;
        Ok(brought)
    }

    /// Until it is closed nobody else empties the folder, and `gate-field return` does not fill it: an account is
    /// replaced by the next one, and must not go unread.
    fn lock(&self) -> Result<File, TakeFault> {
        let folder = File::open(self.folder).map_err(at(self.folder))?;
        match folder.try_lock() {
            Ok(()) => Ok(folder),
            Err(TryLockError::WouldBlock) => Err(TakeFault::Busy(self.folder.into())),
            Err(TryLockError::Error(reason)) => Err(at(self.folder)(reason)),
        }
    }

    /// Everything that lies there, batches of a terminal by their places.
    fn waiting(&self) -> Result<Vec<PathBuf>, TakeFault> {
        let mut files = Vec::new();
        for folder in [OUT, CONFLICTS] {
            let folder = self.folder.join(folder);
            let mut names = names(&folder)?;
            names.retain(|name| purpose(name).is_some());
            names.sort_by_key(|name| BatchName::parse(name).map(|name| (name.terminal, name.first)));
            files.extend(names.into_iter().map(|name| folder.join(name)));
        }
        Ok(files)
    }

    /// One commit, with a line in the audit log.
    fn commit(
        &self,
        db: &mut Db,
        files: &[PathBuf],
        (brought, terminals): (&mut Brought, &mut BTreeSet<TerminalNumber>),
        now: Timestamp,
    ) -> Result<Vec<Done>, TakeFault> {
        db.change(|db| {
            let (mut done, before) = (Vec::new(), brought.clone());
            for file in files {
                done.push(self.one(db, file, (brought, terminals), now)?);
            }
            if done.iter().any(|done| !matches!(done, Done::Stays)) {
                brought.note_since(db, &before, (self.by, now))?;
            }
            Ok(done)
        })
    }

    fn one(
        &self,
        db: &Db,
        file: &Path,
        (brought, terminals): (&mut Brought, &mut BTreeSet<TerminalNumber>),
        now: Timestamp,
    ) -> Result<Done, TakeFault> {
        let name = file.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let Some((purpose, most)) = purpose(name) else { return Ok(Done::Stays) };
        let Ok(Some(bytes)) = small(file, most) else {
            brought.unread.push(name.into());
            return Ok(Done::Stays);
        };
        let left = match taken(db, (&bytes, purpose), self.quota, now)? {
            Ok((terminal, what)) => {
                terminals.insert(terminal);
                match what {
                    Some(Taken::Kept) => brought.kept += 1,
                    Some(Taken::Known) => brought.known += 1,
                    Some(Taken::Doubted) => brought.doubted += 1,
                    None => brought.accounts += 1,
                }
                return Ok(Done::Taken);
            }
            Err(left) => left,
        };
        brought.left.push((name.into(), left));
        Ok(match left {
            // Enrolled tomorrow, or a day on, it is taken.
            Left::Out | Left::Quota | Left::Replaced => Done::Stays,
            Left::Revoked | Left::Unsigned | Left::Places => Done::Aside(sha256(&[&bytes]).0),
        })
    }

    fn let_go(&self, file: &Path, done: &Done) -> Result<(), TakeFault> {
        match done {
            Done::Stays => Ok(()),
            Done::Taken => fs::remove_file(file).map_err(at(file)),
            Done::Aside(digest) => {
                let aside = self.folder.join(ASIDE);
                fs::create_dir_all(&aside).map_err(at(&aside))?;
                fs::rename(file, aside.join(crate::hex(digest))).map_err(at(file))?;
                Ok(sync_folder(&aside)?)
            }
        }
    }

    /// The hub's word on every journal of these terminals, and of those whose words lie here already.
    fn acknowledge(
        &self,
        db: &Db,
        mut terminals: BTreeSet<TerminalNumber>,
        (brought, now): (&mut Brought, Timestamp),
    ) -> Result<(), TakeFault> {
        let Some(acknowledger) = self.acknowledger else { return Ok(()) };
        let acks = self.folder.join(ACKS);
        fs::create_dir_all(&acks).map_err(at(&acks))?;
        let here = names(&acks)?;
        terminals.extend(here.iter().filter_map(|name| parse_acknowledgement(name)).map(|(of, _)| of));
        let epoch = epoch(db)?;
        for terminal in terminals {
            for held in all_held(db, terminal, JOURNALS_TOLD)? {
                let Some(word) = acknowledger.word(terminal, &held, (epoch, now)) else { continue };
                let name = acknowledgement_name(terminal, &held.journal);
                place(&acks.join(name.as_str()), &word, Readers::All)?;
                brought.acknowledgements += 1;
            }
        }
        Ok(())
    }
}

impl Brought {
    /// All batches that were taken.
    #[must_use]
    pub fn batches(&self) -> u32 {
        self.kept + self.known + self.doubted
    }

    fn note_since(&self, db: &Db, before: &Brought, by: (&str, Timestamp)) -> Result<(), StoreFault> {
        let new = (self.kept + self.doubted) - (before.kept + before.doubted);
        let (all, accounts) = (self.batches() - before.batches(), self.accounts - before.accounts);
        let left = self.left.len() - before.left.len();
        audit(db, by, Deed::Take, &[&all, &new, &accounts, &left])
    }
}

/// What a name says a file is, and how long that may be.
fn purpose(name: &str) -> Option<(Purpose, u64)> {
    match name.rsplit_once('.')?.1 {
        "tfb" => Some((Purpose::Batch, BATCH_MOST as u64)),
        "tfc" => Some((Purpose::Account, ACCOUNT_MOST as u64)),
        _ => None,
    }
}

/// As over a line.
fn taken(
    db: &Db,
    (bytes, purpose): (&[u8], Purpose),
    quota: Quota,
    now: Timestamp,
) -> Result<Result<(TerminalNumber, Option<Taken>), Left>, StoreFault> {
    let Ok(terminal) = alleged_terminal(bytes) else { return Ok(Err(Left::Unsigned)) };
    let key = match intake::signer(db, terminal, (bytes, purpose))? {
        Ok(key) => key,
        Err(left) => return Ok(Err(left)),
    };
    Ok(match purpose {
        Purpose::Batch => {
            intake::batch(db, (bytes, &key), quota, now)?.map(|(what, _)| (terminal, Some(what)))
        }
        Purpose::Account => intake::account(db, (bytes, &key), now)?.map(|terminal| (terminal, None)),
    })
}

/// The names in a folder, sorted; none where there is no folder.
fn names(folder: &Path) -> Result<Vec<String>, TakeFault> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        other => other.map_err(at(folder))?,
    };
    let mut names: Vec<String> =
        entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok()).collect();
    names.sort();
    Ok(names)
}

#[cfg(test)]
mod tests;
