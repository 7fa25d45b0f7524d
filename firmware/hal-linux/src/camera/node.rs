//! One open video device of the kernel (V4L2), streaming from buffers mapped from it.
//!
//! Promises: a frame borrows the node, so that its buffer is neither filled again nor unmapped while somebody looks at it; a
//! driver that fills more than a buffer holds is not believed; no call but [`Node::wait`] waits, and that one for as long as
//! it is told.
//! Must not know: which format is wanted.

#![expect(unsafe_code, reason = "mmap(2): frames lie in the driver's memory")]

use std::path::Path;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fd::{AsFd, OwnedFd};
use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use rustix::mm::{MapFlags, ProtFlags, mmap, munmap};

use super::uapi::{self, Ask, Buffer, PLANES_MOST, Plane};
use super::video::{About, Filled, Granted, State, Video, Wish};

/// Buffers asked for: one in hand, one waiting, two being filled. Drivers may give others.
const BUFFERS: u32 = 4;
/// Buffers that are mapped at most, whatever the driver says.
const BUFFERS_MOST: u32 = 32;

/// A video device. Fields are dropped in this order: the mappings before the device.
pub(super) struct Node {
    buffers: Vec<Mapping>,
    /// The buffer in somebody's hands.
    held: Option<u32>,
    kind: u32,
    file: OwnedFd,
}

/// A buffer of the driver in our memory.
struct Mapping {
    at: *mut std::ffi::c_void,
    length: usize,
}

// SAFETY: the mapping belongs to this process, not to a thread of it, and nothing else holds its address.
unsafe impl Send for Mapping {}

impl Drop for Mapping {
    fn drop(&mut self) {
        // SAFETY: `at` and `length` are those of a mapping that `map` made, and slices of it borrow `self`.
        let _ = unsafe { munmap(self.at, self.length) };
    }
}

impl Mapping {
    /// The bytes of a buffer that the driver has handed over.
    fn bytes(&self) -> &[u8] {
        // SAFETY: `length` bytes are mapped for reading until `self` is dropped. The driver writes them only while the buffer
        // is queued: `Node` gives them out of a dequeued one alone, and queues it again only when that borrow is over.
        unsafe { std::slice::from_raw_parts(self.at.cast::<u8>().cast_const(), self.length) }
    }
}

impl Node {
    /// Opens the device, and asks what it is.
    pub(super) fn open(path: &Path) -> Result<Node, Errno> {
        let flags = OFlags::RDWR | OFlags::NONBLOCK | OFlags::CLOEXEC | OFlags::NOCTTY;
        let file = rustix::fs::open(path, flags, Mode::empty())?;
        Ok(Node { buffers: Vec::new(), held: None, kind: uapi::CAPTURE, file })
    }

    fn map(&self, index: u32) -> Result<Mapping, Errno> {
        let (mut buffer, mut planes) = (Buffer::new(self.kind, index), [Plane::default(); PLANES_MOST]);
        uapi::ask(self.file.as_fd(), Ask::Query, &mut buffer, &mut planes)?;
        let (length, place) = match self.kind {
            uapi::CAPTURE_PLANES => (planes[0].length, planes[0].place),
            _ => (buffer.length, buffer.place),
        };
        let length = length as usize;
        if length == 0 {
            return Err(Errno::PROTO);
        }
        // The upper half of the word belongs to other uses of the union.
        let place = place as u32;
        // SAFETY: a new mapping at an address of the kernel's choice: nothing of ours lies there.
        let at = unsafe {
            mmap(
                std::ptr::null_mut(),
                length,
                ProtFlags::READ,
                MapFlags::SHARED,
                &self.file,
                u64::from(place),
            )?
        };
        Ok(Mapping { at, length })
    }

    fn queue(&self, index: u32) -> Result<(), Errno> {
        let (mut buffer, mut planes) = (Buffer::new(self.kind, index), [Plane::default(); PLANES_MOST]);
        uapi::ask(self.file.as_fd(), Ask::Queue, &mut buffer, &mut planes)
    }

    fn give_back(&mut self) -> Result<(), Errno> {
        self.held.take().map_or(Ok(()), |index| self.queue(index))
    }
}

impl Video for Node {
    fn about(&mut self) -> Result<About, Errno> {
        let mut said = uapi::Capability::default();
        uapi::query_capability(self.file.as_fd(), &mut said)?;
        let able = if said.of_device & uapi::CAP_DEVICE_CAPS != 0 { said.of_node } else { said.of_device };
        let captures = able & (uapi::CAP_CAPTURE | uapi::CAP_CAPTURE_PLANES) != 0;
        self.kind = match able & uapi::CAP_CAPTURE {
            0 => uapi::CAPTURE_PLANES,
            _ => uapi::CAPTURE,
        };
        Ok(About {
            name: words(&said.card),
            driver: words(&said.driver),
            streams: captures && able & uapi::CAP_STREAMING != 0,
        })
    }

    fn set_format(&mut self, wish: Wish) -> Result<Granted, Errno> {
        if self.kind == uapi::CAPTURE_PLANES {
            let mut format = uapi::FormatPlanes::new(self.kind);
            (format.width, format.height, format.fourcc) = (wish.width, wish.height, wish.fourcc);
            format.count = 1;
            uapi::set_format_planes(self.file.as_fd(), &mut format)?;
            let (stride, planes) = (format.planes[0].stride, format.count);
            let (fourcc, width, height) = (format.fourcc, format.width, format.height);
            return Ok(Granted { fourcc, width, height, stride, planes });
        }
        let mut format = uapi::Format::new(self.kind);
        (format.width, format.height, format.fourcc) = (wish.width, wish.height, wish.fourcc);
        uapi::set_format(self.file.as_fd(), &mut format)?;
        let (fourcc, width, height, stride) = (format.fourcc, format.width, format.height, format.stride);
        Ok(Granted { fourcc, width, height, stride, planes: 1 })
    }

    fn set_rate(&mut self, frames_a_second: u32) -> Result<(), Errno> {
        let mut parameters = uapi::StreamParameters::new(self.kind);
        (parameters.numerator, parameters.denominator) = (1, frames_a_second);
        uapi::set_parameters(self.file.as_fd(), &mut parameters)
    }

    fn set_control(&mut self, id: u32, value: i32) -> Result<(), Errno> {
        uapi::set_control(self.file.as_fd(), &mut uapi::Control { id, value })
    }

    fn start(&mut self) -> Result<(), Errno> {
        let mut request = uapi::RequestBuffers::default();
        (request.count, request.kind, request.memory) = (BUFFERS, self.kind, uapi::MEMORY_MMAP);
        uapi::request_buffers(self.file.as_fd(), &mut request)?;
        for index in 0..request.count.min(BUFFERS_MOST) {
            let mapping = self.map(index)?;
            self.buffers.push(mapping);
            self.queue(index)?;
        }
        let mut kind = self.kind;
        uapi::stream_on(self.file.as_fd(), &mut kind)
    }

    fn wait(&mut self, at_most: Duration) -> Result<(), Errno> {
        self.give_back()?;
        let mut asked = [PollFd::new(&self.file, PollFlags::IN)];
        // Slices of a second: fits.
        let time =
            Timespec { tv_sec: at_most.as_secs().cast_signed(), tv_nsec: at_most.subsec_nanos().into() };
        match poll(&mut asked, Some(&time)) {
            Ok(0) | Err(Errno::INTR) => Ok(()),
            Ok(_) if asked[0].revents().intersects(PollFlags::ERR | PollFlags::HUP | PollFlags::NVAL) => {
                Err(Errno::NODEV)
            }
            Ok(_) => Ok(()),
            Err(errno) => Err(errno),
        }
    }

    fn newest(&mut self) -> Result<Option<Filled<'_>>, Errno> {
        self.give_back()?;
        let mut newest: Option<(Buffer, Plane)> = None;
        // As many as there are: a driver that never runs dry would keep us for ever.
        for _ in 0..self.buffers.len() {
            let (mut buffer, mut planes) = (Buffer::new(self.kind, 0), [Plane::default(); PLANES_MOST]);
            match uapi::ask(self.file.as_fd(), Ask::Dequeue, &mut buffer, &mut planes) {
                Ok(()) => {}
                Err(Errno::AGAIN) => break,
                Err(errno) => return Err(errno),
            }
            self.give_back()?;
            self.held = Some(buffer.index);
            newest = Some((buffer, planes[0]));
        }
        let Some((buffer, plane)) = newest else { return Ok(None) };
        let (begins, ends) = match self.kind {
            uapi::CAPTURE_PLANES => (plane.begins, plane.used),
            _ => (0, buffer.used),
        };
        let bytes = self.buffers.get(buffer.index as usize).ok_or(Errno::PROTO)?.bytes();
        let monotonic = buffer.flags & uapi::FLAG_TIME_MASK == uapi::FLAG_TIME_MONOTONIC;
        let micros = buffer.seconds.saturating_mul(1_000_000).saturating_add(buffer.microseconds);
        Ok(Some(Filled {
            bytes: bytes.get(begins as usize..ends as usize).ok_or(Errno::PROTO)?,
            state: if buffer.flags & uapi::FLAG_ERROR == 0 { State::Whole } else { State::Torn },
            taken_us: monotonic.then_some(micros),
        }))
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        // Closing the device would do the same; a driver is told first, so that it does not write what is being unmapped.
        let mut kind = self.kind;
        let _ = uapi::stream_off(self.file.as_fd(), &mut kind);
    }
}

/// The words of a fixed field, as far as they are plain.
fn words(field: &[u8]) -> String {
    let end = field.iter().position(|byte| *byte == 0).unwrap_or(field.len());
    let text =
        field.iter().take(end).map(|byte| if byte.is_ascii_graphic() { char::from(*byte) } else { ' ' });
    text.collect::<String>().trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_a_driver_are_plain_whatever_it_says() {
        assert_eq!(words(b"vivid\0\0garbage"), "vivid");
        assert_eq!(words(b"\x1B[2J\xFFcam "), "[2J cam");
    }

    #[test]
    fn what_is_no_camera_is_told_and_no_harm() {
        let mut node = Node::open(Path::new("/dev/null")).unwrap();
        assert!(node.about().is_err());
        assert!(node.set_format(Wish { fourcc: *b"GREY", width: 640, height: 480 }).is_err());
        assert!(node.start().is_err());
        assert!(Node::open(Path::new("/dev/gate-no-such-camera")).is_err());
    }
}
