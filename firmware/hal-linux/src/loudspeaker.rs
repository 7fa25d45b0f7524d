//! A loudspeaker behind a player: a child process that takes samples on its standard input, `aplay` of alsa-utils by default.
//!
//! Why a child and not ALSA's library: the program builds and starts without it, the terminal links nothing that talks to a
//! sound server, and a driver that hangs hangs in another process, which is ended.
//! Promises: no call waits: a thread starts the player and watches over it; what is new ends what was playing; a player that
//! cannot be started, fails, or does not come to its end in time is a fault until one plays well again.
//! It must not know: what is said, how loud.

use std::ffi::OsString;
use std::io::{ErrorKind, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use gate_hal::DeviceFault;
use gate_hal::loudspeaker::Loudspeaker;
use rustix::fs::{OFlags, fcntl_setfl};

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

    /// Starts it over these samples.
    fn start(&self, samples: Vec<u8>) -> Result<Playing, DeviceFault> {
        let mut command = Command::new(&self.program);
        command.args(&self.arguments).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = command.spawn().map_err(|_| DeviceFault::NotConnected)?;
        let until = Instant::now() + lasts(&samples) + LATE;
        let pipe = child.stdin.take();
        // Without this the thread would wait with a player that hangs, and nobody would end it.
        let pipe = pipe.filter(|pipe| fcntl_setfl(pipe, OFlags::NONBLOCK).is_ok());
        let mut playing = Playing { child, pipe, samples, fed: 0, until };
        playing.feed();
        Ok(playing)
    }
}

/// A loudspeaker behind a player.
#[derive(Debug)]
pub struct PipedLoudspeaker {
    desk: Arc<Desk>,
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

/// A player at work.
struct Playing {
    child: Child,
    /// Closed when all is fed: the player ends with its input.
    pipe: Option<ChildStdin>,
    samples: Vec<u8>,
    fed: usize,
    until: Instant,
}

impl Playing {
    /// Gives the player as much as its pipe takes.
    fn feed(&mut self) {
        while let (Some(pipe), Some(rest @ [_, ..])) = (&mut self.pipe, self.samples.get(self.fed..)) {
            match pipe.write(rest) {
                Ok(taken @ 1..) => self.fed += taken,
                Err(cause) if cause.kind() == ErrorKind::WouldBlock => return,
                Err(cause) if cause.kind() == ErrorKind::Interrupted => {}
                // A player that is gone tells it by its end.
                Ok(0) | Err(_) => self.fed = self.samples.len(),
            }
        }
        self.pipe = None;
    }
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
        thread.spawn(move || serve(&theirs, &player)).map_err(|_| DeviceFault::Refusing)?;
        let mut speaker = PipedLoudspeaker { desk };
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
    }
}

impl Desk {
    fn slip(&self) -> MutexGuard<'_, Slip> {
        self.slip.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next samples; `None` when there are none within a look. While nothing plays nobody looks.
    fn next(&self, playing: Option<&Playing>) -> Option<Vec<u8>> {
        let idle = |slip: &mut Slip| slip.wanted.is_none() && slip.state == State::Open;
        let slip = self.slip();
        let mut slip = match playing {
            Some(_) => {
                let waited = self.news.wait_timeout_while(slip, LOOK, idle);
                waited.unwrap_or_else(PoisonError::into_inner).0
            }
            None => self.news.wait_while(slip, idle).unwrap_or_else(PoisonError::into_inner),
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

fn serve(desk: &Desk, player: &Player) {
    let mut playing: Option<Playing> = None;
    loop {
        if let Some(samples) = desk.next(playing.as_ref()) {
            end(playing.take());
            playing = match player.start(samples) {
                Ok(started) => Some(started),
                Err(fault) => {
                    desk.slip().fault = Some(fault);
                    None
                }
            };
        } else if desk.slip().state == State::Closed {
            return end(playing);
        } else {
            playing = tend(playing, desk);
        }
    }
}

/// Looks after a player: what became of it is the loudspeaker's health.
fn tend(playing: Option<Playing>, desk: &Desk) -> Option<Playing> {
    let mut playing = playing?;
    playing.feed();
    let fault = match playing.child.try_wait() {
        Ok(Some(ended)) if ended.success() => None,
        Ok(None) if Instant::now() < playing.until => return Some(playing),
        Ok(_) | Err(_) => Some(DeviceFault::NotAnswering),
    };
    end(Some(playing));
    desk.slip().fault = fault;
    None
}

/// Ends a player that may still be at work: no child is left behind.
fn end(playing: Option<Playing>) {
    if let Some(mut playing) = playing {
        let _ = playing.child.kill(); // it may have ended
        let _ = playing.child.wait();
    }
}

fn lasts(samples: &[u8]) -> Duration {
    Duration::from_millis(samples.len() as u64 * 1_000 / (2 * RATE as u64))
}

#[cfg(test)]
mod tests;
