//! A camera of the kernel (V4L2) on a thread of its own, so that no driver can hold up the latch, the keys or the card reader.
//!
//! Promises: [`Camera::frame`] never waits; a camera that is not there, stalls, vanishes or grants another format than was
//! asked for is a fault, said once in words that tell what to set, and opened again for as long as it takes; a driver that
//! hangs in the kernel is a fault, too, and holds up nobody.
//! It must not know: what is in a picture.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::thread;
use std::time::Duration;

use gate_hal::DeviceFault;
use gate_hal::camera::{Camera, CameraFrame};
use gate_wire::time::Millis;
use rustix::io::Errno;
use rustix::time::{ClockId, clock_gettime};

use crate::pixels::PixelFormat;

mod feeder;
mod node;
mod torch;
mod uapi;
mod video;

pub use torch::FlashTorch;
pub use video::{Agreed, CameraRefusal};

use feeder::{Feeder, Turn};
use node::Node;
use video::Video;

/// The driver's thread is believed dead after this much more than a stall: opening a slow camera takes a second.
const HUNG_MS: u64 = 5_000;
/// A thread that ended is begun again after this long.
const RESPAWN_MS: u64 = 2_000;

/// What is wanted of a camera.
#[derive(Clone, Debug)]
pub struct CameraSettings {
    /// The device's node, best one of `/dev/v4l/by-path`: numbers change when a plug is pulled.
    pub device: PathBuf,
    /// Pixels a row.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// How frames are laid out; `None` takes the first that the camera has of GREY, NV12, YUYV, MJPEG.
    pub format: Option<PixelFormat>,
    /// Frames a second, if not the camera's own choice.
    pub frames_a_second: Option<u8>,
    /// How it exposes.
    pub exposure: Exposure,
    /// A camera that gave no whole frame for this long is closed and opened again.
    pub stall_ms: u64,
}

/// How a camera exposes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exposure {
    /// As it likes.
    Automatic,
    /// For so many units of 100 µs: screens that flicker want a multiple of 100 (10 ms, half a period of 50 Hz).
    Fixed(u16),
}

/// A camera on its thread.
pub struct V4l2Camera {
    settings: CameraSettings,
    tell: Tell,
    mailbox: Arc<Mailbox>,
    thread: Option<thread::JoinHandle<()>>,
    begun: Millis,
    held: Grey,
}

/// Who hears what is the matter with a camera, each matter once.
pub type Tell = Arc<dyn Fn(&dyn std::fmt::Display) + Send + Sync>;

/// A grey frame of its own.
#[derive(Default)]
struct Grey {
    pixels: Vec<u8>,
    width: usize,
    height: usize,
    stride: usize,
}

/// Between the driver's thread and the loop.
struct Mailbox(Mutex<Post>);

struct Post {
    frame: Grey,
    fresh: Fresh,
    fault: Option<DeviceFault>,
    heard: Millis,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Fresh {
    New,
    Taken,
}

impl Mailbox {
    fn open(&self) -> MutexGuard<'_, Post> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl V4l2Camera {
    /// The camera of these settings; it may be plugged in later.
    #[must_use]
    pub fn new(settings: CameraSettings, tell: Tell) -> V4l2Camera {
        let now = monotonic();
        let post = Post { frame: Grey::default(), fresh: Fresh::Taken, fault: None, heard: now };
        let mailbox = Arc::new(Mailbox(Mutex::new(post)));
        let thread = spawn(settings.clone(), Arc::downgrade(&mailbox), tell.clone());
        V4l2Camera { settings, tell, mailbox, thread, begun: now, held: Grey::default() }
    }

    /// A thread that panicked in a decoder is begun again.
    fn tend(&mut self, now: Millis) {
        let ended = self.thread.as_ref().is_none_or(thread::JoinHandle::is_finished);
        if ended && now.since(self.begun).0 >= RESPAWN_MS {
            self.begun = now;
            self.thread = spawn(self.settings.clone(), Arc::downgrade(&self.mailbox), self.tell.clone());
        }
    }
}

impl Camera for V4l2Camera {
    /// [`DeviceFault::NotConnected`] where the device is not there, [`DeviceFault::Refusing`] where it does not agree or
    /// another has it, [`DeviceFault::NotAnswering`] where it stalls.
    fn frame(&mut self) -> Result<Option<CameraFrame<'_>>, DeviceFault> {
        let now = monotonic();
        self.tend(now);
        let mut post = self.mailbox.open();
        if let Some(fault) = post.fault {
            return Err(fault);
        }
        if now.since(post.heard).0 > self.settings.stall_ms + HUNG_MS {
            return Err(DeviceFault::NotAnswering);
        }
        if post.fresh == Fresh::Taken {
            return Ok(None);
        }
        post.fresh = Fresh::Taken;
        std::mem::swap(&mut post.frame, &mut self.held);
        drop(post);
        let Grey { pixels, width, height, stride } = &self.held;
        Ok(Some(CameraFrame { pixels, width: *width, height: *height, stride: *stride }))
    }
}

impl std::fmt::Debug for V4l2Camera {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // A frame may show a person.
        write!(f, "V4l2Camera({})", self.settings.device.display())
    }
}

/// What a look at a camera found.
#[derive(Clone, Debug)]
pub struct Found {
    /// Its name and driver.
    pub name: String,
    /// What it gives.
    pub agreed: Agreed,
}

/// Opens the camera, agrees, and takes one whole frame, for at most `stall_ms`; for a self-test, which may wait.
///
/// # Errors
/// [`CameraRefusal`].
pub fn try_once(settings: &CameraSettings) -> Result<Found, CameraRefusal> {
    let mut video = open(&settings.device)?;
    let (about, agreed) = video::begin(&mut video, settings)?;
    drop(video);
    let mut feeder = Feeder::new(settings.clone(), || open(&settings.device));
    loop {
        match feeder.turn(monotonic, |_| {}) {
            Turn::Frame => return Ok(Found { name: format!("{} ({})", about.name, about.driver), agreed }),
            Turn::Lost(refusal) => return Err(refusal),
            Turn::Nothing | Turn::Waits(_) => {}
        }
    }
}

/// The name of the video device at `path`, if frames come from it.
#[must_use]
pub fn name_of(path: &Path) -> Option<String> {
    let about = open(path).ok()?.about().ok()?;
    about.streams.then_some(about.name)
}

fn open(path: &Path) -> Result<Node, CameraRefusal> {
    Node::open(path).map_err(|errno| match errno {
        Errno::BUSY => CameraRefusal::TakeDevice,
        errno => CameraRefusal::OpenDevice(errno),
    })
}

fn spawn(settings: CameraSettings, mailbox: Weak<Mailbox>, tell: Tell) -> Option<thread::JoinHandle<()>> {
    let feed = move || {
        let device = settings.device.clone();
        let mut feeder = Feeder::new(settings, || open(&device));
        let mut told: Option<CameraRefusal> = None;
        // As long as somebody wants frames.
        while let Some(mailbox) = mailbox.upgrade() {
            let turn = feeder.turn(monotonic, |frame| mailbox.put(&frame));
            mailbox.heard(&turn);
            drop(mailbox);
            match turn {
                Turn::Frame if told.take().is_some() => tell(&"is well again"),
                Turn::Lost(refusal)
                    if told.as_ref().map(std::mem::discriminant)
                        != Some(std::mem::discriminant(&refusal)) =>
                {
                    tell(&refusal);
                    told = Some(refusal);
                }
                Turn::Waits(ms) => thread::sleep(Duration::from_millis(ms).min(feeder::SLICE)),
                Turn::Frame | Turn::Lost(_) | Turn::Nothing => {}
            }
        }
    };
    thread::Builder::new().name("camera".to_owned()).spawn(feed).ok()
}

impl Mailbox {
    /// Leaves a frame for the loop, instead of one that it did not take.
    fn put(&self, frame: &CameraFrame<'_>) {
        let mut post = self.open();
        let CameraFrame { pixels, width, height, stride } = *frame;
        post.frame.pixels.clear();
        post.frame.pixels.extend_from_slice(pixels);
        (post.frame.width, post.frame.height, post.frame.stride) = (width, height, stride);
        post.fresh = Fresh::New;
    }

    fn heard(&self, turn: &Turn) {
        let mut post = self.open();
        post.heard = monotonic();
        match turn {
            Turn::Frame => post.fault = None,
            Turn::Lost(refusal) => (post.fault, post.fresh) = (Some(fault_of(refusal)), Fresh::Taken),
            Turn::Nothing | Turn::Waits(_) => {}
        }
    }
}

fn fault_of(refusal: &CameraRefusal) -> DeviceFault {
    match refusal {
        CameraRefusal::OpenDevice(Errno::ACCESS | Errno::PERM) => DeviceFault::Refusing,
        CameraRefusal::OpenDevice(_) | CameraRefusal::Answer(Errno::NODEV | Errno::NXIO) => {
            DeviceFault::NotConnected
        }
        CameraRefusal::TakeDevice
        | CameraRefusal::Stream { .. }
        | CameraRefusal::AgreeOnFormat { .. }
        | CameraRefusal::SetExposure { .. } => DeviceFault::Refusing,
        CameraRefusal::Answer(_) | CameraRefusal::GiveFrames { .. } => DeviceFault::NotAnswering,
    }
}

/// The clock that drivers stamp frames with.
fn monotonic() -> Millis {
    let now = clock_gettime(ClockId::Monotonic);
    Millis(
        now.tv_sec
            .unsigned_abs()
            .saturating_mul(1_000)
            .saturating_add(now.tv_nsec.unsigned_abs() / 1_000_000),
    )
}

#[cfg(test)]
mod tests;
