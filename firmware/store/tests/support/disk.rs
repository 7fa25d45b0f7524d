//! A disk in memory, under SQLite and under the reserve alike, that loses power, tears writes, fails and hangs.
//! Promises: after a power cut a file holds what was synced, and of what was written since any mix of 512-byte
//! sectors; the mix follows from the seed.
//! Must not know: the journal.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::{self, ErrorKind};
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::Duration;

use gate_store::{BlockFile, Disk};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use sqlite_vfs::{DatabaseHandle, LockKind, OpenAccess, OpenOptions, Vfs, WalDisabled};

const SECTOR: usize = 512;

/// What an operation is told when it fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// EIO.
    Broken,
    /// ENOSPC, for writes; syncs and truncations get EIO.
    Full,
}

/// Whether a sync does what it says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sync {
    /// It does.
    Honest,
    /// It returns at once and nothing is synced: what `synchronous=OFF` amounts to.
    Off,
}

#[derive(Clone)]
pub(crate) struct TestDisk {
    shared: Arc<Shared>,
}

struct Shared {
    name: String,
    state: Mutex<State>,
    released: Condvar,
}

struct State {
    files: BTreeMap<String, Stored>,
    sync: Sync,
    /// Writes, syncs and truncations so far.
    operations: u64,
    /// From this operation on nothing happens any more.
    power_ends: Option<u64>,
    fails: Option<(u64, Failure)>,
    /// SQLite's files cannot grow; the reserve is allocated.
    full: bool,
    held: bool,
    written: u64,
    syncs: u64,
}

/// The files of a disk at one moment.
#[derive(Default)]
pub(crate) struct Image(BTreeMap<String, Stored>);

#[derive(Clone, Default)]
struct Stored {
    seen: Vec<u8>,
    durable: Vec<u8>,
    unsynced: Vec<Change>,
    /// Its name was made durable by a sync.
    named: bool,
}

#[derive(Clone)]
enum Change {
    Write { offset: usize, bytes: Vec<u8> },
    Length(usize),
}

static COUNT: AtomicU32 = AtomicU32::new(0);

impl TestDisk {
    /// An empty disk, known to SQLite under a name of its own.
    pub(crate) fn new() -> TestDisk {
        let name = format!("test-disk-{}", COUNT.fetch_add(1, Ordering::Relaxed));
        let shared = Shared { name, state: Mutex::new(State::new()), released: Condvar::new() };
        let disk = TestDisk { shared: Arc::new(shared) };
        sqlite_vfs::register(&disk.shared.name, disk.clone(), false).unwrap();
        disk
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.shared.state.lock().unwrap()
    }

    /// An empty disk again: SQLite keeps every disk it was told of, so a test of many runs uses one.
    pub(crate) fn wipe(&self) {
        self.restore(&Image::default());
    }

    /// What is on the disk now.
    pub(crate) fn image(&self) -> Image {
        Image(self.state().files.clone())
    }

    /// The disk as it was, everything synced that was, nothing counted.
    pub(crate) fn restore(&self, image: &Image) {
        *self.state() = State { files: image.0.clone(), ..State::new() };
    }

    pub(crate) fn set_sync(&self, sync: Sync) {
        self.state().sync = sync;
    }

    /// The power goes before operation `at`, counted from now.
    pub(crate) fn cut_power_at(&self, at: u64) {
        let mut state = self.state();
        state.power_ends = Some(state.operations + at);
    }

    /// Operation `at`, counted from now, fails once.
    pub(crate) fn fail_at(&self, at: u64, failure: Failure) {
        let mut state = self.state();
        state.fails = Some((state.operations + at, failure));
    }

    pub(crate) fn set_full(&self, full: bool) {
        self.state().full = full;
    }

    /// Operations hang from now on.
    pub(crate) fn hold(&self) {
        self.state().held = true;
    }

    /// Hanging operations go on.
    pub(crate) fn release(&self) {
        self.state().held = false;
        self.shared.released.notify_all();
    }

    /// Operations, bytes written and syncs so far.
    pub(crate) fn counts(&self) -> (u64, u64, u64) {
        let state = self.state();
        (state.operations, state.written, state.syncs)
    }

    /// The power is back: files hold what was synced and, by `seed`, some sectors of what was not.
    pub(crate) fn power_on(&self, seed: u64) {
        let mut state = self.state();
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        // 0: nothing of it got through; 1: all; else some changes, some of them torn.
        let mode = seed % 4;
        let mut lost = Vec::new();
        for (name, file) in &mut state.files {
            if !file.named && (mode == 0 || mode > 1 && rng.next_u32().is_multiple_of(2)) {
                lost.push(name.clone());
                continue;
            }
            for change in std::mem::take(&mut file.unsynced) {
                match (mode, rng.next_u32() % 4) {
                    (0, _) | (2.., 0) => {}
                    (1, _) | (2.., 1) => change.arrive(&mut file.durable),
                    (2.., _) => change.arrive_torn(&mut file.durable, &mut rng),
                }
            }
            (file.seen, file.named) = (file.durable.clone(), true);
        }
        for name in lost {
            state.files.remove(&name);
        }
        (state.power_ends, state.fails, state.full, state.held) = (None, None, false, false);
    }

    /// Every byte on the disk, file by file.
    pub(crate) fn contents(&self) -> Vec<(String, Vec<u8>)> {
        self.state().files.iter().map(|(name, file)| (name.clone(), file.seen.clone())).collect()
    }

    pub(crate) fn change(&self, name: &str, change: impl FnOnce(&mut Vec<u8>)) {
        let mut state = self.state();
        let file = state.files.get_mut(name).unwrap();
        change(&mut file.seen);
        (file.durable, file.unsynced) = (file.seen.clone(), Vec::new());
    }

    pub(crate) fn delete_file(&self, name: &str) {
        self.state().files.remove(name);
    }

    /// Counts one operation on `name`; fails it when that is its turn.
    fn operate(&self, name: &str, growing: bool) -> io::Result<MutexGuard<'_, State>> {
        let state = self.state();
        let mut state = self.shared.released.wait_while(state, |state| state.held).unwrap();
        let at = state.operations;
        state.operations += 1;
        if state.power_ends.is_some_and(|end| at >= end) {
            return Err(ErrorKind::Other.into());
        }
        match state.fails {
            Some((due, failure)) if due == at => return Err(failure.error(growing)),
            _ => {}
        }
        if state.full && growing && !name.contains("reserve") {
            return Err(Failure::Full.error(growing));
        }
        Ok(state)
    }

    fn write(&self, name: &str, offset: u64, bytes: &[u8]) -> io::Result<()> {
        let mut state = self.operate(name, true)?;
        state.written += bytes.len() as u64;
        let file = state.files.get_mut(name).ok_or(ErrorKind::NotFound)?;
        let offset = usize::try_from(offset).unwrap();
        put(&mut file.seen, offset, bytes);
        file.unsynced.push(Change::Write { offset, bytes: bytes.to_vec() });
        Ok(())
    }

    fn sync_file(&self, name: &str) -> io::Result<()> {
        let mut state = self.operate(name, false)?;
        state.syncs += 1;
        if state.sync == Sync::Honest {
            let file = state.files.get_mut(name).ok_or(ErrorKind::NotFound)?;
            file.named = true;
            for change in std::mem::take(&mut file.unsynced) {
                change.arrive(&mut file.durable);
            }
        }
        Ok(())
    }

    fn read(&self, name: &str, offset: u64, bytes: &mut [u8]) -> io::Result<()> {
        let state = self.state();
        let file = state.files.get(name).ok_or(ErrorKind::NotFound)?;
        let offset = usize::try_from(offset).unwrap().min(file.seen.len());
        let there = (file.seen.len() - offset).min(bytes.len());
        bytes.fill(0);
        bytes[..there].copy_from_slice(&file.seen[offset..offset + there]);
        if there < bytes.len() { Err(ErrorKind::UnexpectedEof.into()) } else { Ok(()) }
    }

    fn length(&self, name: &str) -> io::Result<u64> {
        Ok(self.state().files.get(name).ok_or(ErrorKind::NotFound)?.seen.len() as u64)
    }
}

impl State {
    fn new() -> State {
        State {
            files: BTreeMap::new(),
            sync: Sync::Honest,
            operations: 0,
            power_ends: None,
            fails: None,
            full: false,
            held: false,
            written: 0,
            syncs: 0,
        }
    }
}

impl Failure {
    fn error(self, growing: bool) -> io::Error {
        match self {
            // What sqlite-vfs hands on as SQLITE_FULL.
            Failure::Full if growing => ErrorKind::WriteZero.into(),
            Failure::Full | Failure::Broken => ErrorKind::Other.into(),
        }
    }
}

impl Change {
    /// The whole change.
    fn arrive(&self, durable: &mut Vec<u8>) {
        match self {
            Change::Length(length) => durable.resize(*length, 0),
            Change::Write { offset, bytes } => put(durable, *offset, bytes),
        }
    }

    /// Some of its sectors.
    fn arrive_torn(&self, durable: &mut Vec<u8>, rng: &mut ChaCha8Rng) {
        match self {
            Change::Length(length) => durable.resize(*length, 0),
            Change::Write { offset, bytes } => {
                let mut at = 0;
                while at < bytes.len() {
                    let end = (((offset + at) / SECTOR + 1) * SECTOR - offset).min(bytes.len());
                    if rng.next_u32().is_multiple_of(2) {
                        put(durable, offset + at, &bytes[at..end]);
                    }
                    at = end;
                }
            }
        }
    }
}

fn put(content: &mut Vec<u8>, offset: usize, bytes: &[u8]) {
    let end = offset + bytes.len();
    if content.len() < end {
        content.resize(end, 0);
    }
    content[offset..end].copy_from_slice(bytes);
}

fn named(path: &Path) -> String {
    path.to_str().unwrap().to_owned()
}

impl Disk for TestDisk {
    fn vfs(&self) -> Option<&str> {
        Some(&self.shared.name)
    }

    fn exists(&self, path: &Path) -> io::Result<bool> {
        Ok(self.state().files.contains_key(&named(path)))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let mut state = self.operate(&named(from), false)?;
        let file = state.files.remove(&named(from)).ok_or(ErrorKind::NotFound)?;
        state.files.insert(named(to), file);
        Ok(())
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.operate(&named(path), false)?.files.remove(&named(path));
        Ok(())
    }

    fn block_file(&self, path: &Path) -> io::Result<Box<dyn BlockFile>> {
        self.state().files.entry(named(path)).or_default().named = true;
        Ok(Box::new(Handle { disk: self.clone(), name: named(path) }))
    }
}

pub(crate) struct Handle {
    disk: TestDisk,
    name: String,
}

impl BlockFile for Handle {
    fn size(&self) -> io::Result<u64> {
        self.disk.length(&self.name)
    }

    fn read_at(&self, offset: u64, bytes: &mut [u8]) -> io::Result<()> {
        self.disk.read(&self.name, offset, bytes)
    }

    fn write_at(&mut self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        self.disk.write(&self.name, offset, bytes)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.disk.sync_file(&self.name)
    }
}

impl Vfs for TestDisk {
    type Handle = Handle;

    fn open(&self, name: &str, options: OpenOptions) -> io::Result<Handle> {
        let mut state = self.state();
        if options.access == OpenAccess::Read && !state.files.contains_key(name) {
            return Err(ErrorKind::NotFound.into());
        }
        state.files.entry(name.to_owned()).or_default();
        Ok(Handle { disk: self.clone(), name: name.to_owned() })
    }

    fn delete(&self, name: &str) -> io::Result<()> {
        let mut state = self.operate(name, false)?;
        state.files.remove(name).map(|_| ()).ok_or(ErrorKind::NotFound.into())
    }

    fn exists(&self, name: &str) -> io::Result<bool> {
        Ok(self.state().files.contains_key(name))
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

    fn full_pathname<'a>(&self, name: &'a str) -> io::Result<Cow<'a, str>> {
        Ok(name.into())
    }
}

impl DatabaseHandle for Handle {
    type WalIndex = WalDisabled;

    fn size(&self) -> io::Result<u64> {
        self.disk.length(&self.name)
    }

    fn read_exact_at(&mut self, bytes: &mut [u8], offset: u64) -> io::Result<()> {
        self.disk.read(&self.name, offset, bytes)
    }

    fn write_all_at(&mut self, bytes: &[u8], offset: u64) -> io::Result<()> {
        self.disk.write(&self.name, offset, bytes)
    }

    fn sync(&mut self, _data_only: bool) -> io::Result<()> {
        self.disk.sync_file(&self.name)
    }

    fn set_len(&mut self, size: u64) -> io::Result<()> {
        let mut state = self.disk.operate(&self.name, true)?;
        let file = state.files.get_mut(&self.name).ok_or(ErrorKind::NotFound)?;
        let length = usize::try_from(size).unwrap();
        file.seen.resize(length, 0);
        file.unsynced.push(Change::Length(length));
        Ok(())
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
