//! Real files on which SQLite can be told that the disk is full.
//! Promises: everything else goes straight to the operating system, syncs too; the reserve is never refused.
//! Must not know: the journal.

use std::fs::{File, OpenOptions as FileOptions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use gate_store::{BlockFile, Disk, SystemDisk};
use sqlite_vfs::{DatabaseHandle, LockKind, OpenAccess, OpenOptions, Vfs, WalDisabled};

const NAME: &str = "fillable";

/// One in a process: SQLite knows it by name.
#[derive(Clone)]
pub(crate) struct FillableDisk {
    full: Arc<AtomicBool>,
}

impl FillableDisk {
    pub(crate) fn new() -> FillableDisk {
        let disk = FillableDisk { full: Arc::default() };
        sqlite_vfs::register(NAME, disk.clone(), false).unwrap();
        disk
    }

    pub(crate) fn set_full(&self, full: bool) {
        self.full.store(full, Ordering::Relaxed);
    }
}

impl Disk for FillableDisk {
    fn vfs(&self) -> Option<&str> {
        Some(NAME)
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
        SystemDisk.block_file(path)
    }
}

pub(crate) struct Handle {
    file: File,
    full: Arc<AtomicBool>,
}

impl Vfs for FillableDisk {
    type Handle = Handle;

    fn open(&self, name: &str, options: OpenOptions) -> io::Result<Handle> {
        let create = matches!(options.access, OpenAccess::Create | OpenAccess::CreateNew);
        let write = options.access != OpenAccess::Read;
        let file = FileOptions::new().read(true).write(write).create(create).truncate(false).open(name)?;
        Ok(Handle { file, full: Arc::clone(&self.full) })
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

    fn read_exact_at(&mut self, bytes: &mut [u8], offset: u64) -> io::Result<()> {
        let mut done = 0;
        while done < bytes.len() {
            match FileExt::read_at(&self.file, &mut bytes[done..], offset + done as u64)? {
                0 => break,
                count => done += count,
            }
        }
        bytes[done..].fill(0);
        if done < bytes.len() { Err(ErrorKind::UnexpectedEof.into()) } else { Ok(()) }
    }

    fn write_all_at(&mut self, bytes: &[u8], offset: u64) -> io::Result<()> {
        if self.full.load(Ordering::Relaxed) {
            return Err(ErrorKind::WriteZero.into());
        }
        FileExt::write_all_at(&self.file, bytes, offset)
    }

    fn sync(&mut self, _data_only: bool) -> io::Result<()> {
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
