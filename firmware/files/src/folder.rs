//! One folder, and what lies below it.
//! Promises: see the crate; the names in a folder are read up to a bound.
//! Must not know: drafts' names, but to leave them out.

use std::fs::{DirBuilder, File};
use std::io::Read;
use std::os::fd::OwnedFd;
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;

use rustix::fs::{
    AtFlags, Dir, DirEntry, FileType, Mode, OFlags, fsync, mkdirat, open, openat, renameat, statat, unlinkat,
};
use rustix::io::Errno;

use crate::{Draft, FileFault};

/// Access to a folder: nothing is opened by its path again.
const FOLDER: OFlags = OFlags::DIRECTORY.union(OFlags::CLOEXEC);
/// A file: without waiting, a pipe with nobody at its other end would hold the process for ever.
const PLAIN: OFlags = OFlags::NOFOLLOW.union(OFlags::NONBLOCK).union(OFlags::NOCTTY).union(OFlags::CLOEXEC);

/// Modes of what is made: the umask says whether a group shares it, as two carriers of one spool do.
pub(crate) const FILE_MODE: Mode = Mode::from_raw_mode(0o666);
const FOLDER_MODE: Mode = Mode::from_raw_mode(0o777);

/// For what a file is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum For {
    /// To be read.
    Reading,
    /// To be read, and written within its length.
    Writing,
    /// To be read and added to; made if it is not there.
    Adding,
}

/// What lies in a folder under a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The name.
    pub name: String,
    /// What it is.
    pub kind: Kind,
}

/// What a name stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A regular file of so many bytes.
    File(u64),
    /// A folder.
    Folder,
    /// A link, a pipe, a device.
    Other,
}

/// A folder that is open.
#[derive(Debug)]
pub struct Folder {
    pub(crate) fd: OwnedFd,
}

impl Folder {
    /// The folder at `path`, over whatever links; `None` if there is none.
    ///
    /// # Errors
    /// [`FileFault`].
    pub fn open(path: &Path) -> Result<Option<Folder>, FileFault> {
        match open(path, FOLDER, Mode::empty()) {
            Ok(fd) => Ok(Some(Folder { fd })),
            Err(Errno::NOENT) => Ok(None),
            Err(error) => Err(FileFault::errno(&path.display().to_string())(error)),
        }
    }

    /// [`Folder::open`], made if it is not there.
    ///
    /// # Errors
    /// [`FileFault`].
    pub fn make(path: &Path) -> Result<Folder, FileFault> {
        let shown = path.display().to_string();
        let made = DirBuilder::new().recursive(true).mode(0o777).create(path);
        made.map_err(FileFault::system(&shown))?;
        let fd = open(path, FOLDER, Mode::empty()).map_err(FileFault::errno(&shown))?;
        Ok(Folder { fd })
    }

    /// A folder below this one, by a path of plain names parted by `/`; `None` if it is not there.
    ///
    /// # Errors
    /// [`FileFault::FollowLink`] if it is none, or lies behind a link.
    pub fn below(&self, path: &str) -> Result<Option<Folder>, FileFault> {
        let mut at = self.again()?;
        for name in plain(path)? {
            at = match openat(&at.fd, name, FOLDER | OFlags::NOFOLLOW, Mode::empty()) {
                Ok(fd) => Folder { fd },
                Err(Errno::NOENT) => return Ok(None),
                Err(error) => return Err(FileFault::errno(path)(error)),
            };
        }
        Ok(Some(at))
    }

    /// [`Folder::below`], made if it is not there.
    ///
    /// # Errors
    /// [`FileFault`].
    pub fn make_below(&self, path: &str) -> Result<Folder, FileFault> {
        let mut at = self.again()?;
        for name in plain(path)? {
            at = match at.below(name)? {
                Some(folder) => folder,
                None => at.made(name).map_err(FileFault::errno(path))?,
            };
        }
        Ok(at)
    }

    fn made(&self, name: &str) -> Result<Folder, Errno> {
        match mkdirat(&self.fd, name, FOLDER_MODE) {
            Ok(()) | Err(Errno::EXIST) => {}
            Err(error) => return Err(error),
        }
        Ok(Folder { fd: openat(&self.fd, name, FOLDER | OFlags::NOFOLLOW, Mode::empty())? })
    }

    /// A regular file below this folder; `None` if it is not there.
    ///
    /// # Errors
    /// [`FileFault`].
    pub fn regular(&self, path: &str, purpose: For) -> Result<Option<File>, FileFault> {
        let (folder, name) = self.parted(path)?;
        let Some(folder) = folder else { return Ok(None) };
        let access = match purpose {
            For::Reading => OFlags::RDONLY,
            For::Writing => OFlags::RDWR,
            For::Adding => OFlags::RDWR | OFlags::APPEND | OFlags::CREATE,
        };
        let file = match openat(&folder.fd, name, access | PLAIN, FILE_MODE) {
            Ok(fd) => File::from(fd),
            Err(Errno::NOENT) => return Ok(None),
            Err(error) => return Err(FileFault::errno(path)(error)),
        };
        match file.metadata().map_err(FileFault::system(path))?.is_file() {
            true => Ok(Some(file)),
            false => Err(FileFault::OpenRegular(path.into())),
        }
    }

    /// A whole small file; `None` if it is not there, or is longer than `most`.
    ///
    /// # Errors
    /// [`FileFault`].
    pub fn small(&self, path: &str, most: u64) -> Result<Option<Vec<u8>>, FileFault> {
        let Some(file) = self.regular(path, For::Reading)? else { return Ok(None) };
        let length = file.metadata().map_err(FileFault::system(path))?.len();
        if length > most {
            return Ok(None);
        }
        let mut bytes = Vec::new();
        // It may have grown since.
        file.take(most.saturating_add(1)).read_to_end(&mut bytes).map_err(FileFault::system(path))?;
        Ok((bytes.len() as u64 <= most).then_some(bytes))
    }

    /// What lies directly in this folder, of which at most `most` names are looked at.
    ///
    /// # Errors
    /// [`FileFault`].
    pub fn entries(&self, most: usize) -> Result<Vec<Entry>, FileFault> {
        let names = Dir::read_from(&self.fd).map_err(FileFault::errno("."))?;
        self.kinds(names.take(most))
    }

    /// What lies directly in this folder under a name that is asked for, at most `most` of them, among however many others: for
    /// folders of our own, where junk must hide nothing.
    ///
    /// # Errors
    /// [`FileFault`].
    pub fn named(&self, most: usize, wanted: impl Fn(&str) -> bool) -> Result<Vec<Entry>, FileFault> {
        let names = Dir::read_from(&self.fd).map_err(FileFault::errno("."))?;
        let is_wanted = |name: &Result<DirEntry, Errno>| {
            name.as_ref().map_or(true, |name| name.file_name().to_str().is_ok_and(&wanted))
        };
        self.kinds(names.filter(is_wanted).take(most))
    }

    fn kinds(&self, names: impl Iterator<Item = Result<DirEntry, Errno>>) -> Result<Vec<Entry>, FileFault> {
        let mut entries = Vec::new();
        for name in names {
            let name = name.map_err(FileFault::errno("."))?;
            let Ok(name) = name.file_name().to_str() else { continue };
            // What went away meanwhile is not there.
            let Ok(about) = statat(&self.fd, name, AtFlags::SYMLINK_NOFOLLOW) else { continue };
            let kind = match FileType::from_raw_mode(about.st_mode) {
                FileType::RegularFile => Kind::File(u64::try_from(about.st_size).unwrap_or(0)),
                FileType::Directory => Kind::Folder,
                _ => Kind::Other,
            };
            if !matches!(name, "." | "..") {
                entries.push(Entry { name: name.to_owned(), kind });
            }
        }
        Ok(entries)
    }

    /// Names of the regular files directly in this folder, of which at most `most` are looked at.
    ///
    /// # Errors
    /// [`FileFault`].
    pub fn files(&self, most: usize) -> Result<Vec<String>, FileFault> {
        let is_file = |entry: &Entry| matches!(entry.kind, Kind::File(_));
        Ok(self.entries(most)?.into_iter().filter(is_file).map(|entry| entry.name).collect())
    }

    /// Whether an open file is the one that lies under this name now.
    #[must_use]
    pub fn is_still(&self, name: &str, file: &File) -> bool {
        use std::os::unix::fs::MetadataExt;
        let (Ok(here), Ok(ours)) = (statat(&self.fd, name, AtFlags::SYMLINK_NOFOLLOW), file.metadata())
        else {
            return false;
        };
        (here.st_dev, here.st_ino) == (ours.dev(), ours.ino())
    }

    /// Gives a file of this folder another name in another one, synced, in place of what was there.
    ///
    /// # Errors
    /// [`FileFault`].
    pub fn rename(&self, name: &str, into: &Folder, to: &str) -> Result<(), FileFault> {
        renameat(&self.fd, name, &into.fd, to).map_err(FileFault::errno(to))?;
        into.sync()
    }

    /// Removes what is no folder, if it is there: a link itself, not what it leads to.
    ///
    /// # Errors
    /// [`FileFault`].
    pub fn remove(&self, path: &str) -> Result<(), FileFault> {
        let (folder, name) = self.parted(path)?;
        let Some(folder) = folder else { return Ok(()) };
        match unlinkat(&folder.fd, name, AtFlags::empty()) {
            Ok(()) | Err(Errno::NOENT) => Ok(()),
            Err(error) => Err(FileFault::errno(path)(error)),
        }
    }

    /// Puts a file under `path`, whole and synced; the folders on the way are made.
    ///
    /// # Errors
    /// [`FileFault`].
    pub fn place(&self, path: &str, bytes: &[u8]) -> Result<(), FileFault> {
        let (folders, name) = path.rsplit_once('/').unwrap_or(("", path));
        let folder = self.make_below(folders)?;
        let mut draft = folder.draft(name)?;
        draft.write(bytes)?;
        draft.settle(&folder, name)
    }

    /// A new file of no settled name in this folder: nobody else has it open.
    ///
    /// # Errors
    /// [`FileFault`].
    pub fn draft(&self, stem: &str) -> Result<Draft<'_>, FileFault> {
        Draft::new(self, stem)
    }

    /// Lets what was renamed or removed survive a cut of the power.
    ///
    /// # Errors
    /// [`FileFault`].
    pub fn sync(&self) -> Result<(), FileFault> {
        fsync(&self.fd).map_err(FileFault::errno("."))
    }

    fn parted<'p>(&self, path: &'p str) -> Result<(Option<Folder>, &'p str), FileFault> {
        let (folders, name) = path.rsplit_once('/').unwrap_or(("", path));
        if plain(name)?.next().is_none() {
            return Err(FileFault::OpenRegular(path.into()));
        }
        Ok((self.below(folders)?, name))
    }

    fn again(&self) -> Result<Folder, FileFault> {
        let fd = self.fd.try_clone().map_err(FileFault::system("."))?;
        Ok(Folder { fd })
    }
}

/// The names of a path, none of which leads up.
fn plain(path: &str) -> Result<impl Iterator<Item = &str>, FileFault> {
    match path.split('/').any(|name| name == "..") {
        true => Err(FileFault::FollowLink(path.into())),
        false => Ok(path.split('/').filter(|name| !name.is_empty())),
    }
}
