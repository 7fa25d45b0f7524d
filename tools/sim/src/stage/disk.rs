//! Real files on which the disk can be said to be full, or broken, while the terminal runs.
//! Promises: while it is well everything goes straight to the operating system, syncs too; a full disk refuses SQLite
//! only (the reserve is allocated already); a broken one refuses every write, the reserve's too.
//! Must not know: the journal.

use std::fs::{File, OpenOptions as FileOptions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU32, Ordering};
use std::time::Duration;

use anyhow::{Context, Result};
use gate_store::{BlockFile, Disk, SystemDisk};
use sqlite_vfs::{DatabaseHandle, LockKind, OpenAccess, OpenOptions, Vfs, WalDisabled};

/// How the disk is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum DiskState {
    /// It takes what it is given.
    Well,
    /// No room for SQLite's files: SQLITE_FULL.
    Full,
    /// Every write fails: EIO.
    Broken,
    /// Every sync of SQLite's takes 600 ms of the machine's time, none of the stage's.
    Slow,
}

/// Longer than a terminal waits for a commit (DESIGN §4: 500 ms).
const SLOW: Duration = Duration::from_millis(600);

impl DiskState {
    fn of(number: u8) -> DiskState {
        let known = [DiskState::Well, DiskState::Full, DiskState::Broken, DiskState::Slow];
        known.get(usize::from(number)).copied().unwrap_or(DiskState::Broken)
    }
}

/// The disk; a handle.
#[derive(Clone)]
pub struct SimDisk {
    name: Arc<str>,
    state: Arc<AtomicU8>,
}

/// SQLite knows a disk by its name for as long as the process lives: each has its own.
static MADE: AtomicU32 = AtomicU32::new(0);

impl SimDisk {
    /// A disk that is well.
    ///
    /// # Errors
    /// If SQLite takes no more disks.
    pub fn new() -> Result<SimDisk> {
        let name = format!("sim-disk-{}", MADE.fetch_add(1, Ordering::Relaxed));
        let disk = SimDisk { name: name.as_str().into(), state: Arc::default() };
        sqlite_vfs::register(&name, disk.clone(), false).context("naming a disk to SQLite")?;
        Ok(disk)
    }

    /// From now on it is so.
    pub fn set(&self, state: DiskState) {
        self.state.store(state as u8, Ordering::Relaxed);
    }

    fn state(&self) -> DiskState {
        DiskState::of(self.state.load(Ordering::Relaxed))
    }
}

impl Disk for SimDisk {
    fn vfs(&self) -> Option<&str> {
        Some(&self.name)
    }

    fn exists(&self, path: &Path) -> io::Result<bool> {
        SystemDisk.exists(path)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        SystemDisk.rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        SystemDisk.remove(path)
    }

    fn block_file(&self, path: &Path) -> io::Result<Box<dyn BlockFile>> {
        Ok(Box::new(Blocks { file: SystemDisk.block_file(path)?, disk: self.clone() }))
    }
}

/// A file outside SQLite: the reserve.
struct Blocks {
    file: Box<dyn BlockFile>,
    disk: SimDisk,
}

impl BlockFile for Blocks {
    fn size(&self) -> io::Result<u64> {
        self.file.size()
    }

    fn read_at(&self, offset: u64, bytes: &mut [u8]) -> io::Result<()> {
        self.file.read_at(offset, bytes)
    }

    fn write_at(&mut self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        match self.disk.state() {
            DiskState::Well | DiskState::Full | DiskState::Slow => self.file.write_at(offset, bytes),
            DiskState::Broken => Err(ErrorKind::Other.into()),
        }
    }

    fn sync(&mut self) -> io::Result<()> {
        self.file.sync()
    }
}

/// A file under SQLite.
pub struct Handle {
    file: File,
    disk: SimDisk,
}

impl Vfs for SimDisk {
    type Handle = Handle;

    fn open(&self, name: &str, options: OpenOptions) -> io::Result<Handle> {
        let create = matches!(options.access, OpenAccess::Create | OpenAccess::CreateNew);
        let write = options.access != OpenAccess::Read;
        let file = FileOptions::new().read(true).write(write).create(create).truncate(false).open(name)?;
        Ok(Handle { file, disk: self.clone() })
    }

    fn delete(&self, name: &str) -> io::Result<()> {
        SystemDisk.remove(Path::new(name))
    }

    fn exists(&self, name: &str) -> io::Result<bool> {
        SystemDisk.exists(Path::new(name))
    }

    fn temporary_name(&self) -> String {
        "temporary".to_owned()
    }

    fn random(&self, buffer: &mut [i8]) {
        buffer.fill(7);
    }

    fn sleep(&self, duration: Duration) -> Duration {
        duration
    }
}

impl DatabaseHandle for Handle {
    type WalIndex = WalDisabled;

    fn size(&self) -> io::Result<u64> {
        Ok(self.file.metadata()?.len())
    }

    /// What lies past the end reads as zeros, and is said to be missing.
    fn read_exact_at(&mut self, bytes: &mut [u8], offset: u64) -> io::Result<()> {
        let there = self.file.metadata()?.len().saturating_sub(offset);
        let there = usize::try_from(there).unwrap_or(usize::MAX).min(bytes.len());
        let (have, missing) = bytes.split_at_mut(there);
        self.file.read_exact_at(have, offset)?;
        missing.fill(0);
        if missing.is_empty() { Ok(()) } else { Err(ErrorKind::UnexpectedEof.into()) }
    }

    fn write_all_at(&mut self, bytes: &[u8], offset: u64) -> io::Result<()> {
        match self.disk.state() {
            DiskState::Well | DiskState::Slow => FileExt::write_all_at(&self.file, bytes, offset),
            // What `sqlite-vfs` hands on as SQLITE_FULL.
            DiskState::Full => Err(ErrorKind::WriteZero.into()),
            DiskState::Broken => Err(ErrorKind::Other.into()),
        }
    }

    fn sync(&mut self, _data_only: bool) -> io::Result<()> {
        if self.disk.state() == DiskState::Slow {
            std::thread::sleep(SLOW);
        }
        self.file.sync_all()
    }

    fn set_len(&mut self, size: u64) -> io::Result<()> {
        self.file.set_len(size)
    }

    fn lock(&mut self, _lock: LockKind) -> io::Result<bool> {
        Ok(true)
    }

    fn reserved(&mut self) -> io::Result<bool> {
        Ok(false)
    }

    fn current_lock(&self) -> io::Result<LockKind> {
        Ok(LockKind::None)
    }

    fn wal_index(&self, _readonly: bool) -> io::Result<WalDisabled> {
        Err(ErrorKind::Unsupported.into())
    }
}
