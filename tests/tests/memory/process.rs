//! A program of ours as a process, and what its memory holds.

use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use crate::search::{Hit, Search};

/// Bytes of a mapping looked at in one piece; the next piece begins a little before its end.
const PIECE: u64 = 4 << 20;
const OVERLAP: u64 = 256;

/// A running program; killed when dropped.
pub(crate) struct Process {
    pub(crate) child: Child,
    lines: Receiver<String>,
}

/// What a process's memory holds.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    pub(crate) mappings: usize,
    pub(crate) bytes: u64,
    pub(crate) hits: Vec<Hit>,
}

/// A program in a shell that lets it dump everything into `folder`.
pub(crate) fn dumping(program: &str, arguments: &[&str], folder: &Path) -> Command {
    let mut command = Command::new("bash");
    command.args(["-c", "ulimit -c unlimited; exec \"$@\"", "bash", program]).args(arguments);
    command.current_dir(folder).stdin(Stdio::piped());
    command
}

impl Process {
    pub(crate) fn spawn(command: &mut Command) -> Process {
        let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
        let (said, (sender, lines)) = (BufReader::new(child.stderr.take().unwrap()), channel());
        std::thread::spawn(move || {
            // A test that ended does not listen any more.
            said.lines().map_while(Result::ok).try_for_each(|line| sender.send(line))
        });
        Process { child, lines }
    }

    /// Ends it as a bug would.
    pub(crate) fn abort(&mut self) -> ExitStatus {
        // `sleep` needs a moment to be there.
        std::thread::sleep(Duration::from_millis(300));
        let told = Command::new("kill").args(["-ABRT", &self.child.id().to_string()]).status().unwrap();
        assert!(told.success());
        self.child.wait().unwrap()
    }

    /// Waits for a line on the error output, while `work` is done again and again.
    #[expect(clippy::panic, reason = "a line that never comes must fail the test")]
    pub(crate) fn wait_for(&self, text: &str, mut work: impl FnMut()) -> String {
        let (end, mut heard) = (Instant::now() + Duration::from_secs(60), Vec::new());
        while Instant::now() < end {
            work();
            match self.lines.recv_timeout(Duration::from_millis(2)) {
                Ok(line) if line.contains(text) => return line,
                Ok(line) => heard.push(line),
                Err(_) => {}
            }
        }
        panic!("it never said {text:?}, but {heard:#?}");
    }

    /// What is heard meanwhile is dropped.
    pub(crate) fn pass(&self, time: Duration, mut work: impl FnMut()) {
        let end = Instant::now() + time;
        while Instant::now() < end {
            work();
            let _ = self.lines.recv_timeout(Duration::from_millis(2));
        }
    }

    /// Searches every readable mapping; `None` where that is forbidden.
    pub(crate) fn memory(&self, search: &Search) -> Option<Memory> {
        let folder = PathBuf::from(format!("/proc/{}", self.child.id()));
        let memory = File::open(folder.join("mem")).ok()?;
        let mut found = Memory::default();
        for mapping in fs::read_to_string(folder.join("maps")).ok()?.lines() {
            let mut words = mapping.split_whitespace();
            let (range, access) = (words.next().unwrap(), words.next().unwrap());
            let name = words.nth(3).unwrap_or("[anonymous]");
            if !access.starts_with('r') || name.starts_with("[v") {
                continue;
            }
            let (from, to) = range.split_once('-').unwrap();
            let address = |text| u64::from_str_radix(text, 16).unwrap();
            let place = Path::new(name).join(format!("{from}{access}"));
            found.mappings += 1;
            found.look(search, &memory, (address(from), address(to)), &place);
        }
        Some(found)
    }
}

impl Memory {
    fn look(&mut self, search: &Search, memory: &File, (mut from, to): (u64, u64), place: &Path) {
        while from < to {
            let length = (to - from).min(PIECE);
            let mut piece = vec![0; usize::try_from(length).unwrap()];
            // A guard page, or one that went meanwhile.
            let Ok(read @ 1..) = memory.read_at(&mut piece, from) else { return };
            piece.truncate(read);
            self.bytes += read as u64;
            self.hits.extend(search.hits(&piece, place));
            let next = from + read as u64;
            from = if next < to { next - OVERLAP.min(read as u64 - 1) } else { next };
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
