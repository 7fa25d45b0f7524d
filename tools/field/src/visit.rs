//! What the terminal's screen is told of a visit: one small file, written anew at every step (docs/formats/visit.md).
//! Promises: renamed into place; a visit that goes on gives a sign of life every few seconds, also while a disk or a program is
//! slow; a screen that cannot be told holds nothing up, and a link that lies ready under the file's name leads nowhere.
//! Must not know: screens.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use gate_core::screen::{LogsOut, LogsStep, LogsStopped, UpdateRefused, UpdateStep, Updating};
use gate_core::visit::Visit;
use signal_hook::consts::SIGTERM;
use signal_hook::iterator::Signals;

pub use gate_core::screen::Carrier;

/// A sign of life comes this often; a terminal takes a visit for dead after six of them.
const BEAT: Duration = Duration::from_secs(5);

/// The file. It gives signs of life until this is dropped.
#[derive(Debug)]
pub struct Board {
    told: Option<Arc<Mutex<Told>>>,
    carrier: Carrier,
    beats: Option<(Sender<()>, JoinHandle<()>)>,
}

impl Board {
    /// The file at `path`; none where there is no screen to tell.
    #[must_use]
    pub fn at(path: Option<&Path>, carrier: Carrier) -> Board {
        Board::beating(path, carrier, BEAT)
    }

    fn beating(path: Option<&Path>, carrier: Carrier, every: Duration) -> Board {
        let told =
            path.map(|path| Arc::new(Mutex::new(Told { path: path.to_path_buf(), beat: 0, visit: None })));
        // Without a thread the file is still written at every step.
        let beats = told.as_ref().and_then(|told| beats(Arc::clone(told), every).ok());
        Board { told, carrier, beats }
    }

    /// From now on an order to end (SIGTERM) says on the screen what was not done: the visit's unit ends with its stick. Then `end` is called, and
    /// nothing is told after it. Without a screen it stays an order like any other.
    ///
    /// # Errors
    /// There is no handler, or no thread for it.
    pub fn ends_with_its_carrier(&self, end: impl FnOnce() + Send + 'static) -> io::Result<()> {
        let Some(told) = self.told.clone() else { return Ok(()) };
        let mut signals = Signals::new([SIGTERM])?;
        let waiting = move || {
            if signals.forever().next().is_some() {
                let mut told = told.lock().unwrap_or_else(PoisonError::into_inner);
                told.visit = told.visit.map(pulled_out);
                told.write();
                end();
            }
        };
        thread::Builder::new().name("ended".into()).spawn(waiting).map(drop)
    }

    /// Tells how far data are; of a step that goes on, each percent once.
    pub fn data(&mut self, step: UpdateStep) {
        self.tell(Visit::Data(Updating { carrier: self.carrier, step }));
    }

    /// Tells how far records are; `waiting` is how many are not on the stick.
    pub fn records(&mut self, step: LogsStep, waiting: u32) {
        self.tell(Visit::Records(LogsOut { waiting, step }));
    }

    /// There is nothing to tell any more: the screen rests.
    pub fn clear(&mut self) {
        if let Some(told) = &self.told {
            let mut told = told.lock().unwrap_or_else(PoisonError::into_inner);
            told.visit = None;
            let _ = fs::remove_file(&told.path); // A minute later it is not shown either.
        }
    }

    fn tell(&mut self, visit: Visit) {
        if let Some(told) = &self.told {
            let mut told = told.lock().unwrap_or_else(PoisonError::into_inner);
            if told.visit != Some(visit) {
                told.visit = Some(visit);
                told.write();
            }
        }
    }
}

impl Drop for Board {
    /// After the last word no sign of life follows it.
    fn drop(&mut self) {
        if let Some((stop, beats)) = self.beats.take() {
            drop(stop);
            let _ = beats.join(); // One that panicked beats no more.
        }
    }
}

fn beats(told: Arc<Mutex<Told>>, every: Duration) -> io::Result<(Sender<()>, JoinHandle<()>)> {
    let (stop, stopped) = channel();
    let going = move || {
        while stopped.recv_timeout(every) == Err(RecvTimeoutError::Timeout) {
            let mut told = told.lock().unwrap_or_else(PoisonError::into_inner);
            if told.visit.is_some_and(|visit| visit.goes_on()) {
                told.write();
            }
        }
    };
    Ok((stop, thread::Builder::new().name("beats".into()).spawn(going)?))
}

/// What a visit that goes on has come to when its carrier is gone; one that is over stays so.
fn pulled_out(visit: Visit) -> Visit {
    match visit {
        Visit::Data(updating) => Visit::Data(Updating {
            step: match updating.step {
                UpdateStep::Copying(_) => UpdateStep::Refused(UpdateRefused::Unreadable),
                UpdateStep::Checking(_) => UpdateStep::Refused(UpdateRefused::NotChecked),
                over @ (UpdateStep::InForce | UpdateStep::Refused(_)) => over,
            },
            ..updating
        }),
        Visit::Records(LogsOut { waiting, step: LogsStep::Writing(_) }) => {
            Visit::Records(LogsOut { waiting, step: LogsStep::Stopped(LogsStopped::PulledOut) })
        }
        Visit::Records(over) => Visit::Records(over),
    }
}

#[derive(Debug)]
struct Told {
    path: PathBuf,
    beat: u64,
    visit: Option<Visit>,
}

impl Told {
    fn write(&mut self) {
        let Some(visit) = self.visit else { return };
        self.beat += 1;
        // A screen that says nothing new does no harm.
        let _ = place(&self.path, visit.document(self.beat).as_bytes());
    }
}

/// The folder may be another's who is not to choose what we write over: the part is made anew, never followed.
fn place(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let part = path.with_extension("part");
    let _ = fs::remove_file(&part);
    File::options().write(true).create_new(true).open(&part)?.write_all(bytes)?;
    fs::rename(&part, path)
}

#[cfg(test)]
mod tests {
    use gate_core::screen::Percent;

    use super::*;

    #[test]
    fn a_carrier_that_is_gone_leaves_no_visit_that_goes_on_and_none_that_is_over_otherwise() {
        let half = Percent::of(1, 2);
        let data = |step| Visit::Data(Updating { carrier: Carrier::Stick, step });
        let records = |step| Visit::Records(LogsOut { waiting: 3, step });
        let refused = |cause| data(UpdateStep::Refused(cause));
        for (visit, told) in [
            (data(UpdateStep::Copying(half)), refused(UpdateRefused::Unreadable)),
            (data(UpdateStep::Checking(half)), refused(UpdateRefused::NotChecked)),
            (records(LogsStep::Writing(half)), records(LogsStep::Stopped(LogsStopped::PulledOut))),
        ] {
            assert!(visit.goes_on());
            assert_eq!(pulled_out(visit), told);
            assert!(!told.goes_on());
            assert_eq!(pulled_out(told), told);
        }
        for over in [data(UpdateStep::InForce), records(LogsStep::Written), records(LogsStep::NoStick)] {
            assert_eq!(pulled_out(over), over);
        }
    }

    fn read(path: &Path) -> (u64, Visit) {
        let bytes = fs::read(path).unwrap();
        let document: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
        (document["beat"].as_u64().unwrap(), Visit::load(&bytes).unwrap())
    }

    /// The first beat after `after`.
    fn next(path: &Path, after: u64) -> u64 {
        for _ in 0..2_000 {
            let (beat, _) = read(path);
            if beat > after {
                return beat;
            }
            thread::sleep(Duration::from_millis(1));
        }
        after
    }

    #[test]
    fn a_visit_that_goes_on_beats_though_nothing_new_is_told_and_one_that_has_ended_does_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("visit.json");
        let mut board = Board::beating(Some(&path), Carrier::Stick, Duration::from_millis(2));
        board.data(UpdateStep::Copying(Percent::of(1, 2)));
        let (first, visit) = read(&path);
        assert!(next(&path, first) > first && next(&path, first + 1) > first + 1);
        assert_eq!(read(&path).1, visit, "the same, with another beat");
        board.data(UpdateStep::InForce);
        let (last, visit) = read(&path);
        thread::sleep(Duration::from_millis(20));
        assert_eq!(read(&path), (last, visit), "its minute is not made longer");
        drop(board);
        assert_eq!(read(&path), (last, visit));
    }

    #[test]
    fn a_link_under_the_parts_name_is_not_followed() {
        let folder = tempfile::tempdir().unwrap();
        let (path, other) = (folder.path().join("visit.json"), folder.path().join("other"));
        fs::write(&other, "another's").unwrap();
        std::os::unix::fs::symlink(&other, folder.path().join("visit.part")).unwrap();
        Board::at(Some(&path), Carrier::Stick).data(UpdateStep::InForce);
        assert_eq!(fs::read_to_string(&other).unwrap(), "another's");
        assert!(matches!(read(&path), (1, Visit::Data(_))));
    }

    #[test]
    fn what_is_cleared_is_gone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("visit.json");
        let mut board = Board::at(Some(&path), Carrier::Laptop);
        board.data(UpdateStep::Copying(Percent::of(0, 1)));
        board.clear();
        assert!(!path.exists());
    }
}
