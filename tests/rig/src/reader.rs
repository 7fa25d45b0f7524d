//! The card reader on the guest's serial line: the virtual terminal's simulator, in real time.
//! Promises: speaks until it is dropped; a card lies there until it is taken.
//! Must not know: which line of the guest it is.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender, TryRecvError, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use gate_sim::sam::{SamSimulator, SyntheticCard};
use gate_wire::time::Millis;

/// As a module of a reader listens.
const PUMP: Duration = Duration::from_millis(2);

enum Hand {
    Lay(Box<SyntheticCard>),
    Take,
}

/// The reader and the hand before it.
pub(crate) struct Reader {
    path: PathBuf,
    hand: Option<Sender<Hand>>,
    module: Option<JoinHandle<()>>,
}

impl Reader {
    /// A reader whose line is found at `path`.
    ///
    /// # Errors
    /// When there are no pseudo-terminals.
    pub(crate) fn plugged(path: &Path) -> Result<Reader> {
        let sam = SamSimulator::new(path)?;
        let (hand, hands) = channel();
        let module = std::thread::Builder::new().name("reader".into()).spawn(move || speak(sam, &hands))?;
        Ok(Reader { path: path.to_owned(), hand: Some(hand), module: Some(module) })
    }

    /// The line, as the emulator opens it.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Lays a card on it.
    ///
    /// # Errors
    /// When its thread has ended.
    pub(crate) fn lay(&self, card: SyntheticCard) -> Result<()> {
        self.moved(Hand::Lay(Box::new(card)))
    }

    /// Takes the card away.
    ///
    /// # Errors
    /// When its thread has ended.
    pub(crate) fn take(&self) -> Result<()> {
        self.moved(Hand::Take)
    }

    fn moved(&self, hand: Hand) -> Result<()> {
        self.hand.as_ref().and_then(|to| to.send(hand).ok()).context("the simulated reader has ended")
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        self.hand = None;
        if let Some(module) = self.module.take() {
            // A reader that panicked has already said so.
            let _ = module.join();
        }
    }
}

fn speak(mut sam: SamSimulator, hands: &Receiver<Hand>) {
    let began = Instant::now();
    loop {
        match hands.try_recv() {
            Ok(Hand::Lay(card)) => sam.pad.insert(*card),
            Ok(Hand::Take) => drop(sam.pad.remove()),
            Err(TryRecvError::Empty) => {}
            Err(TryRecvError::Disconnected) => return,
        }
        // The milliseconds of a run fit.
        let now = Millis(u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX));
        if let Err(cause) = sam.pump(now) {
            eprintln!("rig: the simulated reader: {cause:#}");
            return;
        }
        std::thread::sleep(PUMP);
    }
}
