//! Where the player works: one at a time, fed, looked after and ended.
//! Promises: no wait is longer than [`END`]; what a player did not take or did not finish counts up over all that follow it, until
//! one plays well; a child that does not end is kept in mind until it does, and there are at most [`UNDEAD`] of them.
//! Must not know: whose samples these are.

use std::io::{ErrorKind, PipeReader, PipeWriter, Write, pipe};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use gate_hal::DeviceFault;
use rustix::fs::{OFlags, fcntl_setfl};
use rustix::io::ioctl_fionread;

use super::{Desk, LATE, Player, RATE};

/// A player may take nothing for so long, or play on for so long, without being under suspicion: it starts, and it has a buffer.
const GRACE: Duration = Duration::from_millis(500);
/// A player that is killed is waited for so long.
const END: Duration = Duration::from_millis(100);
const END_LOOK: Duration = Duration::from_millis(2);
/// Killed players that have not ended, at most: they hang in the device's driver, and another one would, too.
const UNDEAD: usize = 4;

/// Whether a player is at work or on its way out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Busy {
    Yes,
    No,
}

#[derive(Debug, Default)]
pub(super) struct Booth {
    playing: Option<Playing>,
    /// What was not heard of the players since the last one that played well.
    lost: Duration,
    undead: Vec<Child>,
}

/// A player at work.
#[derive(Debug)]
struct Playing {
    child: Child,
    /// Closed when all is fed: the player ends with its input.
    pipe: Option<PipeWriter>,
    /// The player's own end: says what it has not taken yet.
    theirs: PipeReader,
    samples: Vec<u8>,
    fed: usize,
    /// Bytes that it took, and when it was last seen to have taken some.
    taken: usize,
    took: Instant,
    began: Instant,
}

impl Booth {
    pub(super) fn is_busy(&self) -> Busy {
        match self.playing.is_some() || !self.undead.is_empty() {
            true => Busy::Yes,
            false => Busy::No,
        }
    }

    /// Plays this in place of what is playing.
    pub(super) fn replace(&mut self, player: &Player, samples: Vec<u8>, desk: &Desk) {
        self.end();
        let fault = match self.undead.len() {
            ..UNDEAD => match Playing::start(player, samples) {
                Ok(started) => {
                    self.playing = Some(started);
                    (self.lost > LATE).then_some(DeviceFault::NotAnswering)
                }
                Err(fault) => Some(fault),
            },
            _ => Some(DeviceFault::NotAnswering),
        };
        if fault.is_some() {
            desk.slip().fault = fault;
        }
    }

    /// Looks after a player: what became of it is the loudspeaker's health.
    pub(super) fn tend(&mut self, desk: &Desk) {
        let Some(playing) = &mut self.playing else { return };
        playing.feed();
        let fault = match playing.child.try_wait() {
            Ok(Some(ended)) if ended.success() => None,
            Ok(None) if !playing.is_late() => return,
            Ok(_) | Err(_) => Some(DeviceFault::NotAnswering),
        };
        self.end();
        if fault.is_none() {
            self.lost = Duration::ZERO;
        }
        desk.slip().fault = fault;
    }

    /// Ends a player that may still be at work.
    fn end(&mut self) {
        let Some(mut playing) = self.playing.take() else { return };
        playing.feed();
        self.lost += playing.lost();
        let mut child = playing.child;
        let _ = child.kill(); // it may have ended
        let began = Instant::now();
        while matches!(child.try_wait(), Ok(None)) {
            if began.elapsed() > END {
                return self.undead.push(child);
            }
            thread::sleep(END_LOOK);
        }
    }

    /// Takes leave of killed players that have ended by now.
    pub(super) fn bury(&mut self) {
        self.undead.retain_mut(|child| matches!(child.try_wait(), Ok(None)));
    }

    /// Ends what plays: no child is left behind that can be ended.
    pub(super) fn close(&mut self) {
        self.end();
    }
}

impl Playing {
    /// Starts a player over these samples.
    fn start(player: &Player, samples: Vec<u8>) -> Result<Playing, DeviceFault> {
        let (theirs, ours) = pipe().map_err(|_| DeviceFault::Refusing)?;
        let input = theirs.try_clone().map_err(|_| DeviceFault::Refusing)?;
        // Without this the thread would wait with a player that hangs, and nobody would end it.
        fcntl_setfl(&ours, OFlags::NONBLOCK).map_err(|_| DeviceFault::Refusing)?;
        let mut command = Command::new(&player.program);
        command.args(&player.arguments).stdin(input).stdout(Stdio::null()).stderr(Stdio::null());
        let child = command.spawn().map_err(|_| DeviceFault::NotConnected)?;
        let began = Instant::now();
        let mut playing =
            Playing { child, pipe: Some(ours), theirs, samples, fed: 0, taken: 0, took: began, began };
        playing.feed();
        Ok(playing)
    }

    /// Gives the player as much as its pipe takes, and sees what it took.
    fn feed(&mut self) {
        while let (Some(pipe), Some(rest @ [_, ..])) = (&mut self.pipe, self.samples.get(self.fed..)) {
            match pipe.write(rest) {
                Ok(taken @ 1..) => self.fed += taken,
                Err(cause) if cause.kind() == ErrorKind::WouldBlock => break,
                Err(cause) if cause.kind() == ErrorKind::Interrupted => {}
                // A player that is gone tells it by its end.
                Ok(0) | Err(_) => self.fed = self.samples.len(),
            }
        }
        if self.fed == self.samples.len() {
            self.pipe = None;
        }
        let left = ioctl_fionread(&self.theirs).map_or(self.fed, |left| left as usize);
        let taken = self.fed.saturating_sub(left);
        if taken > self.taken {
            (self.taken, self.took) = (taken, Instant::now());
        }
    }

    fn lasts(&self) -> Duration {
        Duration::from_millis(self.samples.len() as u64 * 1_000 / (2 * RATE as u64))
    }

    fn is_late(&self) -> bool {
        self.began.elapsed() > self.lasts() + LATE
    }

    /// How long it surely was not heard: it took nothing, or it ought to have ended.
    fn lost(&self) -> Duration {
        let silent = match self.taken < self.samples.len() {
            true => self.took.elapsed(),
            false => self.began.elapsed().saturating_sub(self.lasts()),
        };
        silent.saturating_sub(GRACE)
    }
}
