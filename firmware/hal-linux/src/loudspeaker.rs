//! A loudspeaker behind a player: a child process that takes samples on its standard input, `aplay` of alsa-utils by default.
//!
//! Why a child and not ALSA's library: the program builds and starts without it, the terminal links nothing that talks to a
//! sound server, and a driver that hangs hangs in another process, which is ended.
//! Promises: no call waits: a thread starts the player and watches over it; what is new ends what was playing, also where that
//! does not end when it is killed; a player that cannot be started, fails, takes nothing, or does not come to its end in time is a
//! fault until one plays well again, however often it is replaced meanwhile. Dropping it ends the player.
//! It must not know: what is said, how loud.

use std::ffi::OsString;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use gate_hal::DeviceFault;
use gate_hal::loudspeaker::Loudspeaker;

mod booth;

use booth::{Booth, Busy};

/// Samples a second.
const RATE: usize = 16_000;
/// How often a player is fed and looked after: a pipe holds two seconds of samples.
const LOOK: Duration = Duration::from_millis(50);
/// A player may take this much longer than the samples last.
const LATE: Duration = Duration::from_secs(3);

/// The program that plays: samples of 16 bits, little endian, one channel, on its standard input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Player {
    program: OsString,
    arguments: Vec<OsString>,
}

impl Player {
    /// `aplay` on an ALSA device, such as `default` or `plughw:1,0`.
    #[must_use]
    pub fn aplay(device: &str) -> Player {
        let rate = RATE.to_string();
        let words = ["-q", "-t", "raw", "-f", "S16_LE", "-c", "1", "-r", &rate, "-D", device, "-"];
        Player::new("aplay", &words)
    }

    /// Any program.
    #[must_use]
    pub fn new(program: &str, arguments: &[&str]) -> Player {
        Player { program: program.into(), arguments: arguments.iter().map(OsString::from).collect() }
    }
}

/// A loudspeaker behind a player.
#[derive(Debug)]
pub struct PipedLoudspeaker {
    desk: Arc<Desk>,
    thread: Option<JoinHandle<()>>,
}

/// What passes between the loop and the thread.
#[derive(Debug, Default)]
struct Desk {
    slip: Mutex<Slip>,
    news: Condvar,
}

#[derive(Debug, Default)]
struct Slip {
    /// Samples that the thread has not taken yet, and since when they wait.
    wanted: Option<(Vec<u8>, Instant)>,
    fault: Option<DeviceFault>,
    state: State,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Open,
    Closed,
}

impl PipedLoudspeaker {
    /// A loudspeaker behind this player. It is tried at once with a moment of silence, so that a fault is known before the first
    /// person comes.
    ///
    /// # Errors
    /// [`DeviceFault::Refusing`] if the system gives no thread.
    pub fn new(player: Player) -> Result<PipedLoudspeaker, DeviceFault> {
        let desk = Arc::new(Desk::default());
        let theirs = Arc::clone(&desk);
        let thread = thread::Builder::new().name("loudspeaker".into());
        let thread = thread.spawn(move || serve(&theirs, &player)).map_err(|_| DeviceFault::Refusing)?;
        let mut speaker = PipedLoudspeaker { desk, thread: Some(thread) };
        speaker.play(&[0; RATE / 100])?;
        Ok(speaker)
    }
}

impl Loudspeaker for PipedLoudspeaker {
    fn play(&mut self, samples: &[i16]) -> Result<(), DeviceFault> {
        let bytes = samples.iter().flat_map(|sample| sample.to_le_bytes()).collect();
        let mut slip = self.desk.slip();
        let since = slip.wanted.take().map_or_else(Instant::now, |(_, since)| since);
        slip.wanted = Some((bytes, since));
        self.desk.news.notify_one();
        slip.health()
    }

    fn health(&mut self) -> Result<(), DeviceFault> {
        self.desk.slip().health()
    }
}

impl Drop for PipedLoudspeaker {
    fn drop(&mut self) {
        self.desk.slip().state = State::Closed;
        self.desk.news.notify_one();
        // Its own waits are bounded, so is this one: no player outlives the terminal and keeps the device.
        if let Some(thread) = self.thread.take() {
            let _ = thread.join(); // a thread that panicked has no player any more
        }
    }
}

impl Desk {
    fn slip(&self) -> MutexGuard<'_, Slip> {
        self.slip.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next samples; `None` when there are none within a look. While nothing plays nobody looks.
    fn next(&self, busy: Busy) -> Option<Vec<u8>> {
        let idle = |slip: &mut Slip| slip.wanted.is_none() && slip.state == State::Open;
        let slip = self.slip();
        let mut slip = match busy {
            Busy::Yes => {
                let waited = self.news.wait_timeout_while(slip, LOOK, idle);
                waited.unwrap_or_else(PoisonError::into_inner).0
            }
            Busy::No => self.news.wait_while(slip, idle).unwrap_or_else(PoisonError::into_inner),
        };
        slip.wanted.take().map(|(samples, _)| samples)
    }
}

impl Slip {
    /// Samples that nobody takes are as silent as a player that fails.
    fn health(&self) -> Result<(), DeviceFault> {
        let ignored = self.wanted.as_ref().is_some_and(|(_, since)| since.elapsed() > LATE);
        let fault = self.fault.or_else(|| ignored.then_some(DeviceFault::NotAnswering));
        fault.map_or(Ok(()), Err)
    }
}

/// The thread: one player at a time, and what was lost to those that did not play.
fn serve(desk: &Desk, player: &Player) {
    let mut booth = Booth::default();
    loop {
        booth.bury();
        if let Some(samples) = desk.next(booth.is_busy()) {
            booth.replace(player, samples, desk);
        } else if desk.slip().state == State::Closed {
            return booth.close();
        } else {
            booth.tend(desk);
        }
    }
}

#[cfg(test)]
mod tests;
