//! A buzzer on a line, for lanes without a loudspeaker.
//!
//! Promises: each signal has its own rhythm, so that verdicts are told apart without words; what is new ends what was
//! sounding; nothing waits but a thread of its own; at volume 0 nothing sounds. A buzzer has one loudness.
//! It must not know: what a signal means.

use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use gate_core::screen::{Signal, Volume};
use gate_core::verdict::Verdict;
use gate_hal::DeviceFault;
use gate_hal::inputs::Level;
use gate_hal::signals::Sounder;

use super::Output;

/// Milliseconds of sound and silence in turns.
type Rhythm = &'static [u64];

/// A buzzer and its thread.
pub struct Buzzer {
    rhythms: Sender<Rhythm>,
    fault: Arc<Mutex<Option<DeviceFault>>>,
}

impl Buzzer {
    /// The buzzer on this line.
    ///
    /// # Errors
    /// If there is no thread for it.
    pub fn start(line: impl Output + 'static) -> std::io::Result<Buzzer> {
        let (rhythms, to_play) = channel();
        let fault = Arc::new(Mutex::new(None));
        let told = fault.clone();
        thread::Builder::new().name("buzzer".to_owned()).spawn(move || buzz(line, &to_play, &told))?;
        Ok(Buzzer { rhythms, fault })
    }
}

impl Sounder for Buzzer {
    fn play(&mut self, signal: Signal, volume: Volume) -> Result<(), DeviceFault> {
        if volume.level() == 0 {
            return Ok(());
        }
        self.rhythms.send(rhythm(signal)).map_err(|_| DeviceFault::NotAnswering)
    }

    fn health(&mut self) -> Result<(), DeviceFault> {
        self.fault.lock().unwrap_or_else(PoisonError::into_inner).map_or(Ok(()), Err)
    }
}

/// Plays what is handed over until nobody hands over any more.
fn buzz(mut line: impl Output, to_play: &Receiver<Rhythm>, told: &Mutex<Option<DeviceFault>>) {
    let mut next = to_play.recv().ok();
    while let Some(rhythm) = next.take() {
        let (played, following) = play(&mut line, rhythm, to_play);
        // Whatever ended it, it is silent.
        let silent = line.set(Level::Inactive);
        *told.lock().unwrap_or_else(PoisonError::into_inner) = played.and(silent).err();
        next = match following {
            Following::Rhythm(rhythm) => Some(rhythm),
            Following::Nothing => to_play.recv().ok(),
            Following::End => None,
        };
    }
}

enum Following {
    Rhythm(Rhythm),
    Nothing,
    End,
}

fn play(
    line: &mut impl Output,
    rhythm: Rhythm,
    to_play: &Receiver<Rhythm>,
) -> (Result<(), DeviceFault>, Following) {
    let mut level = Level::Active;
    for ms in rhythm {
        if let Err(fault) = line.set(level) {
            return (Err(fault), Following::Nothing);
        }
        level = if level == Level::Active { Level::Inactive } else { Level::Active };
        match to_play.recv_timeout(Duration::from_millis(*ms)) {
            Ok(rhythm) => return (Ok(()), Following::Rhythm(rhythm)),
            Err(RecvTimeoutError::Disconnected) => return (Ok(()), Following::End),
            Err(RecvTimeoutError::Timeout) => {}
        }
    }
    (Ok(()), Following::Nothing)
}

/// One long for Pass, two for Limit and Assist, three for Stop; a silent Stop sounds like Assist (DOMAIN §15).
fn rhythm(signal: Signal) -> Rhythm {
    match signal {
        Signal::Verdict(Verdict::Pass) | Signal::Opened => &[300],
        Signal::Verdict(Verdict::Limit | Verdict::Assist) | Signal::SilentStop => &[150, 100, 150],
        Signal::Verdict(Verdict::Stop) => &[150, 100, 150, 100, 150],
        Signal::Reading | Signal::Key => &[30],
        Signal::Hint => &[60, 60, 60],
        Signal::StaffRefused => &[400, 100, 400],
        Signal::Idle => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Taped(Sender<Level>, Result<(), DeviceFault>);

    impl Output for Taped {
        fn set(&mut self, level: Level) -> Result<(), DeviceFault> {
            self.1?;
            self.0.send(level).map_err(|_| DeviceFault::NotConnected)
        }
    }

    /// How often it sounded until it was silent for good.
    fn beeps(signal: Signal, volume: Volume) -> usize {
        let (tape, played) = channel();
        let mut buzzer = Buzzer::start(Taped(tape, Ok(()))).unwrap();
        buzzer.play(signal, volume).unwrap();
        // One ends when the next begins, and the thread when the buzzer is dropped: nothing is left sounding.
        let rests = rhythm(signal).len() + 1;
        let told: Vec<Level> = played.iter().take(if volume.level() == 0 { 0 } else { rests }).collect();
        drop(buzzer);
        let all: Vec<Level> = told.into_iter().chain(played.iter()).collect();
        assert_ne!(all.last(), Some(&Level::Active));
        all.iter().filter(|level| **level == Level::Active).count()
    }

    #[test]
    fn verdicts_are_told_apart_by_their_rhythm() {
        let heard = |signal| beeps(signal, Volume::USUAL);
        assert_eq!(heard(Signal::Verdict(Verdict::Pass)), 1);
        assert_eq!(heard(Signal::Verdict(Verdict::Assist)), 2);
        assert_eq!(heard(Signal::Verdict(Verdict::Stop)), 3);
    }

    #[test]
    fn a_silent_stop_sounds_like_assist() {
        assert_eq!(rhythm(Signal::SilentStop), rhythm(Signal::Verdict(Verdict::Assist)));
    }

    #[test]
    fn a_buzzer_that_cannot_be_reached_is_a_fault() {
        let (tape, _played) = channel();
        let mut buzzer = Buzzer::start(Taped(tape, Err(DeviceFault::NotConnected))).unwrap();
        buzzer.play(Signal::Key, Volume::USUAL).unwrap();
        while buzzer.health().is_ok() {
            thread::yield_now();
        }
        assert_eq!(buzzer.health(), Err(DeviceFault::NotConnected));
    }
}
