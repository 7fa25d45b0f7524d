//! A camera's life: opened, streaming, lost, opened again.
//!
//! Promises: a device that cannot be opened, agrees on nothing, stalls, vanishes or gives torn frames only is closed and
//! opened again, after pauses that double from 250 ms to 2 s: a camera that is plugged in again is seen within 3 s.
//! Must not know: threads, clocks: time is handed in.

use std::time::Duration;

use gate_hal::camera::CameraFrame;
use gate_wire::time::Millis;

use super::CameraSettings;
use super::video::{Agreed, CameraRefusal, Filled, State, Video, begin};
use crate::pixels::{Luma, RawFrame};

/// The first and the longest pause before a camera is opened again.
const GAP_MS: u64 = 250;
const GAP_MOST_MS: u64 = 2_000;
/// How long a frame is waited for at once.
pub(super) const SLICE: Duration = Duration::from_millis(100);

/// The life of one camera; `open` opens its device.
pub(super) struct Feeder<V, O> {
    settings: CameraSettings,
    open: O,
    luma: Luma,
    gap: u64,
    line: Line<V>,
}

enum Line<V> {
    Down { retry_at: Millis },
    Up { video: V, agreed: Agreed, good_at: Millis, taken_us: Option<i64>, why: String },
}

/// What a turn came to.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Turn {
    /// A frame was delivered.
    Frame,
    /// None yet; the device has been asked.
    Nothing,
    /// The camera is lost: why, and nothing for a while.
    Lost(CameraRefusal),
    /// It is lost, and not opened before so many milliseconds.
    Waits(u64),
}

impl<V: Video, O: FnMut() -> Result<V, CameraRefusal>> Feeder<V, O> {
    pub(super) fn new(settings: CameraSettings, open: O) -> Self {
        let line = Line::Down { retry_at: Millis(0) };
        Feeder { settings, open, luma: Luma::default(), gap: GAP_MS, line }
    }

    /// One turn: opens the camera if it is time, waits [`SLICE`] for a frame at most, and hands it to `deliver`.
    pub(super) fn turn(&mut self, now: impl Fn() -> Millis, deliver: impl FnOnce(CameraFrame<'_>)) -> Turn {
        if let Line::Down { retry_at } = self.line {
            let at = now();
            if at < retry_at {
                return Turn::Waits(retry_at.since(at).0);
            }
            if let Err(refusal) = self.bring_up(&now) {
                return self.lose(refusal, now());
            }
        }
        self.look(&now, deliver).unwrap_or_else(|refusal| self.lose(refusal, now()))
    }

    fn bring_up(&mut self, now: &impl Fn() -> Millis) -> Result<(), CameraRefusal> {
        let mut video = (self.open)()?;
        let (_, agreed) = begin(&mut video, &self.settings)?;
        let why = "none came".to_owned();
        self.line = Line::Up { video, agreed, good_at: now(), taken_us: None, why };
        Ok(())
    }

    fn lose(&mut self, refusal: CameraRefusal, now: Millis) -> Turn {
        self.line = Line::Down { retry_at: now.plus(self.gap) };
        self.gap = (self.gap * 2).min(GAP_MOST_MS);
        Turn::Lost(refusal)
    }

    fn look(
        &mut self,
        now: &impl Fn() -> Millis,
        deliver: impl FnOnce(CameraFrame<'_>),
    ) -> Result<Turn, CameraRefusal> {
        let Line::Up { video, agreed, good_at, taken_us, why } = &mut self.line else {
            return Ok(Turn::Nothing);
        };
        video.wait(SLICE).map_err(CameraRefusal::Answer)?;
        if let Some(filled) = video.newest().map_err(CameraRefusal::Answer)? {
            match grey(&mut self.luma, *agreed, &filled, *taken_us) {
                Ok(frame) => {
                    deliver(frame);
                    (*good_at, *taken_us, self.gap) = (now(), filled.taken_us.or(*taken_us), GAP_MS);
                    return Ok(Turn::Frame);
                }
                Err(reason) => *why = reason,
            }
        }
        let ms = now().since(*good_at).0;
        if ms >= self.settings.stall_ms {
            return Err(CameraRefusal::GiveFrames { ms, why: std::mem::take(why) });
        }
        Ok(Turn::Nothing)
    }
}

/// The grey pixels of a buffer that holds a whole frame, newer than the one before.
fn grey<'a>(
    luma: &'a mut Luma,
    agreed: Agreed,
    filled: &Filled<'a>,
    before_us: Option<i64>,
) -> Result<CameraFrame<'a>, String> {
    if filled.state == State::Torn {
        return Err("the driver calls it torn".to_owned());
    }
    if let (Some(taken), Some(before)) = (filled.taken_us, before_us)
        && taken < before
    {
        return Err("it is older than the one before".to_owned());
    }
    let Agreed { format, width, height, stride } = agreed;
    let raw = RawFrame { bytes: filled.bytes, width, height, stride, format };
    luma.of(&raw).map_err(|refusal| refusal.to_string())
}

#[cfg(test)]
mod tests;
