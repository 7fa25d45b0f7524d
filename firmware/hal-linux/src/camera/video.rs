//! What is asked of a video device, and the agreement on what it gives.
//!
//! Promises: a device that grants another format or size than was asked is refused in words that say what to set.
//! Must not know: ioctls, threads.

use std::time::Duration;

use rustix::io::Errno;
use thiserror::Error;

use super::{CameraSettings, Exposure};
use crate::pixels::{MAX_PIXELS, PixelFormat};

/// `V4L2_CID_EXPOSURE_AUTO` and its values; `V4L2_CID_EXPOSURE_ABSOLUTE`, in 100 µs.
const EXPOSURE_AUTO: u32 = 0x009A_0901;
const AUTO: i32 = 0;
/// What cameras on USB call automatic: the aperture stays.
const AUTO_APERTURE_FIXED: i32 = 3;
const MANUAL: i32 = 1;
const EXPOSURE_ABSOLUTE: u32 = 0x009A_0902;

/// An open video device: the kernel's, or one of a test.
pub(super) trait Video {
    /// What it is. Asked first: the rest depends on it.
    fn about(&mut self) -> Result<About, Errno>;
    /// Asks for a format; the driver grants what it likes.
    fn set_format(&mut self, wish: Wish) -> Result<Granted, Errno>;
    /// Asks for so many frames a second.
    fn set_rate(&mut self, frames_a_second: u32) -> Result<(), Errno>;
    /// Sets a control by its number.
    fn set_control(&mut self, id: u32, value: i32) -> Result<(), Errno>;
    /// Begins to stream.
    fn start(&mut self) -> Result<(), Errno>;
    /// Waits for a frame, at most so long.
    fn wait(&mut self, at_most: Duration) -> Result<(), Errno>;
    /// The newest frame; older ones that wait are given back.
    fn newest(&mut self) -> Result<Option<Filled<'_>>, Errno>;
}

/// What a device says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct About {
    /// Its own name.
    pub(super) name: String,
    /// Its driver's.
    pub(super) driver: String,
    /// Whether it captures frames into mapped buffers.
    pub(super) streams: bool,
}

/// A format that is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Wish {
    pub(super) fourcc: [u8; 4],
    pub(super) width: u32,
    pub(super) height: u32,
}

/// The format that the driver will give.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Granted {
    pub(super) fourcc: [u8; 4],
    pub(super) width: u32,
    pub(super) height: u32,
    /// Bytes from row to row.
    pub(super) stride: u32,
    /// Buffers a frame.
    pub(super) planes: u8,
}

/// A buffer that the driver filled.
pub(super) struct Filled<'a> {
    /// As far as it is filled.
    pub(super) bytes: &'a [u8],
    /// The driver's word on them.
    pub(super) state: State,
    /// When it was taken, on the monotonic clock, if the driver uses that one.
    pub(super) taken_us: Option<i64>,
}

/// What the driver says of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// All of it arrived.
    Whole,
    /// Some did not.
    Torn,
}

/// What was agreed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Agreed {
    /// How frames are laid out.
    pub format: PixelFormat,
    /// Pixels a row.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// Bytes from row to row; of no meaning for MJPEG.
    pub stride: usize,
}

/// Why a camera gives no frames.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum CameraRefusal {
    /// The device cannot be opened.
    #[error(
        "cannot be opened ({0}): plug it in, check `camera.device` and that this user is in the group `video`"
    )]
    OpenDevice(Errno),
    /// Another program streams from it.
    #[error("is in use by another program")]
    TakeDevice,
    /// It is no camera.
    #[error("{name} gives no frames to mapped buffers: set `camera.device` to another node")]
    Stream {
        /// Its name.
        name: String,
    },
    /// It grants nothing that was asked for.
    #[error(
        "gives {granted} where {wanted} was asked for: set `camera.width`, `camera.height` and `camera.format`"
    )]
    AgreeOnFormat {
        /// What was asked for last.
        wanted: String,
        /// What it gives instead.
        granted: String,
    },
    /// An exposure was asked for that it does not take.
    #[error("takes no exposure of {units} x 100 µs ({errno}): leave out `camera.exposure` or choose another")]
    SetExposure {
        /// What was asked for.
        units: u16,
        /// The kernel's word.
        errno: Errno,
    },
    /// It does not do what it said.
    #[error("does not answer as it should ({0})")]
    Answer(Errno),
    /// No good frame came.
    #[error("gave no whole frame for {ms} ms: {why}")]
    GiveFrames {
        /// For so long.
        ms: u64,
        /// Why the last one was not good.
        why: String,
    },
}

/// Opens nothing; asks, agrees, sets controls and starts.
pub(super) fn begin(
    video: &mut impl Video,
    settings: &CameraSettings,
) -> Result<(About, Agreed), CameraRefusal> {
    let about = video.about().map_err(refused)?;
    if !about.streams {
        return Err(CameraRefusal::Stream { name: about.name });
    }
    let agreed = agree(video, settings)?;
    if let Some(rate) = settings.frames_a_second {
        // Some cameras have one speed, and say so by an error: it is theirs.
        let _ = video.set_rate(rate.into());
    }
    expose(video, settings.exposure)?;
    video.start().map_err(refused)?;
    Ok((about, agreed))
}

fn agree(video: &mut impl Video, settings: &CameraSettings) -> Result<Agreed, CameraRefusal> {
    let only;
    let formats = match settings.format {
        Some(format) => {
            only = [format];
            &only[..]
        }
        None => PixelFormat::ALL,
    };
    let mut refusal = CameraRefusal::Answer(Errno::INVAL);
    for format in formats {
        let wish = Wish { fourcc: format.fourcc(), width: settings.width, height: settings.height };
        match video.set_format(wish) {
            Ok(granted) if is_kept(wish, granted) => return Ok(agreed(*format, granted)),
            Ok(granted) => refusal = other(wish, granted),
            Err(Errno::BUSY) => return Err(CameraRefusal::TakeDevice),
            // Some drivers refuse what others change.
            Err(Errno::INVAL) => {}
            Err(errno) => return Err(CameraRefusal::Answer(errno)),
        }
    }
    Err(refusal)
}

fn is_kept(wish: Wish, granted: Granted) -> bool {
    let size = u64::from(granted.width) * u64::from(granted.height);
    let same = (granted.fourcc, granted.width, granted.height) == (wish.fourcc, wish.width, wish.height);
    same && granted.planes == 1 && size <= MAX_PIXELS as u64
}

fn agreed(format: PixelFormat, granted: Granted) -> Agreed {
    let (width, height, stride) = (granted.width as usize, granted.height as usize, granted.stride as usize);
    // Drivers of formats whose rows are never padded may leave it out.
    let tight = if format == PixelFormat::Yuyv { 2 * width } else { width };
    Agreed { format, width, height, stride: if stride == 0 { tight } else { stride } }
}

fn other(wish: Wish, granted: Granted) -> CameraRefusal {
    let said = |fourcc: [u8; 4], width, height| {
        let name: String =
            fourcc.iter().map(|byte| char::from(*byte)).filter(char::is_ascii_graphic).collect();
        format!("{name} {width} x {height}")
    };
    let planes = if granted.planes == 1 { String::new() } else { format!(" in {} buffers", granted.planes) };
    CameraRefusal::AgreeOnFormat {
        wanted: said(wish.fourcc, wish.width, wish.height),
        granted: said(granted.fourcc, granted.width, granted.height) + &planes,
    }
}

fn expose(video: &mut impl Video, exposure: Exposure) -> Result<(), CameraRefusal> {
    let Exposure::Fixed(units) = exposure else {
        // A camera without the control exposes as it likes.
        if video.set_control(EXPOSURE_AUTO, AUTO).is_err() {
            let _ = video.set_control(EXPOSURE_AUTO, AUTO_APERTURE_FIXED);
        }
        return Ok(());
    };
    let manual = video.set_control(EXPOSURE_AUTO, MANUAL);
    let set = video.set_control(EXPOSURE_ABSOLUTE, units.into());
    // A camera that is manual only has no switch for it.
    set.map_err(|errno| CameraRefusal::SetExposure { units, errno: manual.err().unwrap_or(errno) })
}

fn refused(errno: Errno) -> CameraRefusal {
    match errno {
        Errno::BUSY => CameraRefusal::TakeDevice,
        errno => CameraRefusal::Answer(errno),
    }
}
