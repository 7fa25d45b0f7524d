//! A simulated ID-card reader: a SAM module with a pad, on a real pseudo-terminal.
//!
//! Promises: speaks the byte protocol of `reference/identity-documents.md` §1 through the kernel, written without the
//! terminal's codec, so that the two check each other; no thread, no clock: [`SamSimulator::pump`] is told the time;
//! answers in the order it was asked, as readers do.
//! It must not know: sessions, verdicts, real people.

mod card;
mod fault;
mod frame;
mod pad;
mod pty;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::path::Path;

use anyhow::Result;
use gate_wire::time::Millis;

pub use card::{SyntheticCard, checked_15, checked_18};
pub use fault::LineFault;
pub use frame::Request;
pub use pad::{Module, Pad, Probing};

use fault::disturbed;
use frame::RequestReader;
use pty::PtyLine;

/// Milliseconds the module thinks before it answers.
const THINKING: u64 = 5;

/// A reader under a path, as a udev link would show it.
#[derive(Debug)]
pub struct SamSimulator {
    line: PtyLine,
    requests: RequestReader,
    /// What lies on the pad, and how the module is.
    pub pad: Pad,
    faults: VecDeque<(Request, LineFault)>,
    outgoing: VecDeque<Outgoing>,
    fragment: usize,
    lag: u64,
    heard: Vec<Request>,
}

/// An answer that is due at a time; what is left of it.
#[derive(Debug)]
struct Outgoing {
    due: Millis,
    bytes: VecDeque<u8>,
}

impl SamSimulator {
    /// Plugs a reader in: a pseudo-terminal with a symbolic link to it at `link`. A link that is already there is
    /// replaced, any other file is not.
    ///
    /// # Errors
    /// When there are no pseudo-terminals or the link cannot be made.
    pub fn new(link: &Path) -> Result<Self> {
        Ok(Self {
            line: PtyLine::plugged(link)?,
            requests: RequestReader::default(),
            pad: Pad::default(),
            faults: VecDeque::new(),
            outgoing: VecDeque::new(),
            fragment: usize::MAX,
            lag: 0,
            heard: Vec::new(),
        })
    }

    /// Where the terminal finds it.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.line.link()
    }

    /// At most this many bytes leave at one pump (at least 1): how a slow line cuts answers.
    pub fn set_fragment(&mut self, bytes: usize) {
        self.fragment = bytes.max(1);
    }

    /// Every answer comes so many milliseconds later from now on.
    pub fn set_lag(&mut self, millis: u64) {
        self.lag = millis;
    }

    /// Spoils the next answer to a request of this kind; faults for the same kind wait for their turn.
    pub fn disturb(&mut self, request: Request, fault: LineFault) {
        self.faults.push_back((request, fault));
    }

    /// Sends bytes that nobody asked for, at the next pump.
    pub fn babble(&mut self, now: Millis, bytes: &[u8]) {
        self.send(now, bytes.to_vec());
    }

    /// Pulls the plug: the line hangs up and the path is gone; what was under way is lost.
    pub fn unplug(&mut self) {
        self.line.unplug();
        self.outgoing.clear();
        self.requests = RequestReader::default();
        self.pad.lose_card_state();
    }

    /// Plugs it in again, under the same path and as another device.
    ///
    /// # Errors
    /// As [`SamSimulator::new`].
    pub fn plug(&mut self) -> Result<()> {
        self.line.plug()
    }

    /// Requests heard since it was made.
    #[must_use]
    pub fn heard(&self) -> &[Request] {
        &self.heard
    }

    /// Takes the requests that arrived, answers them, and sends what is due. Call it as often as the terminal polls.
    ///
    /// # Errors
    /// When the kernel refuses the line; a terminal that does not listen is no error.
    pub fn pump(&mut self, now: Millis) -> Result<()> {
        self.listen(now)?;
        self.deliver(now)
    }

    /// Takes the requests that arrived and answers them later, in a [`SamSimulator::pump`].
    ///
    /// # Errors
    /// As [`SamSimulator::pump`].
    pub fn listen(&mut self, now: Millis) -> Result<()> {
        let arrived = self.line.read()?;
        for request in self.requests.take(&arrived) {
            self.answer(now, request);
        }
        Ok(())
    }

    fn answer(&mut self, now: Millis, request: Request) {
        self.heard.push(request);
        let good = self.pad.answer(request);
        let place = self.faults.iter().position(|(kind, _)| *kind == request);
        let fault = place.and_then(|place| self.faults.remove(place)).map(|(_, fault)| fault);
        let late = match &fault {
            Some(LineFault::Late { millis }) => *millis,
            _ => 0,
        };
        if let Some(LineFault::PulledAfter { .. }) = fault {
            self.pad.remove();
        }
        let bytes = fault.map_or_else(|| good.clone(), |fault| disturbed(good.clone(), fault));
        self.send(now.plus(THINKING + self.lag + late), bytes);
    }

    /// In order: nothing overtakes what was asked before.
    fn send(&mut self, due: Millis, bytes: Vec<u8>) {
        let due = self.outgoing.back().map_or(due, |before| before.due.max(due));
        self.outgoing.push_back(Outgoing { due, bytes: bytes.into() });
    }

    fn deliver(&mut self, now: Millis) -> Result<()> {
        let mut room = self.fragment;
        while let Some(next) = self.outgoing.front_mut().filter(|next| next.due <= now && room > 0) {
            let piece: Vec<u8> = next.bytes.iter().copied().take(room).collect();
            let sent = self.line.write(&piece)?;
            next.bytes.drain(..sent);
            room -= sent;
            if !next.bytes.is_empty() {
                break;
            }
            self.outgoing.pop_front();
        }
        Ok(())
    }
}
