//! The kernel's video interface, as far as a camera needs it: the structures of `linux/videodev2.h` and their ioctls.
//!
//! Promises: every structure has the size that its ioctl's number carries, on 32 and 64 bits (tests, and the kernel itself:
//! a wrong size is an unknown number). Times are 64 bits wide everywhere; kernels since 5.6 know those numbers on 32 bits, too.
//! Must not know: what a frame is for. All of our processors are little-endian.

#![expect(unsafe_code, reason = "ioctl(2): the one door to a camera")]

use rustix::fd::BorrowedFd;
use rustix::io::{Errno, retry_on_intr};
use rustix::ioctl::{Opcode, Updater, ioctl, opcode};

/// `v4l2_buf_type`: frames whose planes lie in one buffer, and frames of a buffer a plane.
pub(super) const CAPTURE: u32 = 1;
pub(super) const CAPTURE_PLANES: u32 = 9;
/// `V4L2_MEMORY_MMAP`.
pub(super) const MEMORY_MMAP: u32 = 1;
/// `V4L2_CAP_*`.
pub(super) const CAP_CAPTURE: u32 = 0x1;
pub(super) const CAP_CAPTURE_PLANES: u32 = 0x1000;
pub(super) const CAP_STREAMING: u32 = 0x0400_0000;
pub(super) const CAP_DEVICE_CAPS: u32 = 0x8000_0000;
/// `V4L2_BUF_FLAG_*`.
pub(super) const FLAG_ERROR: u32 = 0x40;
pub(super) const FLAG_TIME_MASK: u32 = 0xE000;
pub(super) const FLAG_TIME_MONOTONIC: u32 = 0x2000;
/// Planes that the interface has room for.
pub(super) const PLANES_MOST: usize = 8;

/// `v4l2_capability`.
#[repr(C)]
#[derive(Default)]
pub(super) struct Capability {
    pub(super) driver: [u8; 16],
    pub(super) card: [u8; 32],
    bus: [u8; 32],
    version: u32,
    pub(super) of_device: u32,
    pub(super) of_node: u32,
    reserved: [u32; 3],
}

/// `v4l2_format` with a `v4l2_pix_format` in its union.
#[repr(C)]
pub(super) struct Format {
    pub(super) kind: u32,
    /// The union holds pointers in other uses, and is aligned like one.
    aligned: [usize; 0],
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) fourcc: [u8; 4],
    pub(super) field: u32,
    pub(super) stride: u32,
    pub(super) image: u32,
    rest: [u8; 176],
}

/// `v4l2_format` with a `v4l2_pix_format_mplane` in its union.
#[repr(C)]
pub(super) struct FormatPlanes {
    pub(super) kind: u32,
    aligned: [usize; 0],
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) fourcc: [u8; 4],
    pub(super) field: u32,
    colours: u32,
    pub(super) planes: [PlaneFormat; PLANES_MOST],
    pub(super) count: u8,
    rest: [u8; 19],
}

/// `v4l2_plane_pix_format`.
#[repr(C)]
#[derive(Clone, Copy, Default)]
pub(super) struct PlaneFormat {
    pub(super) image: u32,
    pub(super) stride: u32,
    reserved: [u16; 6],
}

/// `v4l2_requestbuffers`.
#[repr(C)]
#[derive(Default)]
pub(super) struct RequestBuffers {
    pub(super) count: u32,
    pub(super) kind: u32,
    pub(super) memory: u32,
    capabilities: u32,
    flags: u32,
}

/// `v4l2_buffer`.
#[repr(C)]
pub(super) struct Buffer {
    pub(super) index: u32,
    pub(super) kind: u32,
    pub(super) used: u32,
    pub(super) flags: u32,
    field: u32,
    pub(super) seconds: i64,
    pub(super) microseconds: i64,
    timecode: [u32; 4],
    sequence: u32,
    pub(super) memory: u32,
    /// The place in the device's memory, in its lower 32 bits; or where the array of [`Plane`]s is.
    pub(super) place: usize,
    pub(super) length: u32,
    reserved: u32,
    request: i32,
}

/// `v4l2_plane`.
#[repr(C)]
#[derive(Clone, Copy, Default)]
pub(super) struct Plane {
    pub(super) used: u32,
    pub(super) length: u32,
    /// The place in the device's memory, in its lower 32 bits.
    pub(super) place: usize,
    /// Where the picture begins in the plane.
    pub(super) begins: u32,
    reserved: [u32; 11],
}

/// `v4l2_control`.
#[repr(C)]
pub(super) struct Control {
    pub(super) id: u32,
    pub(super) value: i32,
}

/// `v4l2_streamparm` with a `v4l2_captureparm` in its union.
#[repr(C)]
pub(super) struct StreamParameters {
    pub(super) kind: u32,
    capability: u32,
    mode: u32,
    /// Seconds a frame, as a fraction.
    pub(super) numerator: u32,
    pub(super) denominator: u32,
    rest: [u8; 184],
}

impl Format {
    pub(super) fn new(kind: u32) -> Format {
        let (width, height, fourcc, field, stride, image) = (0, 0, [0; 4], 0, 0, 0);
        Format { kind, aligned: [], width, height, fourcc, field, stride, image, rest: [0; 176] }
    }
}

impl FormatPlanes {
    pub(super) fn new(kind: u32) -> FormatPlanes {
        let planes = [PlaneFormat::default(); PLANES_MOST];
        let (width, height, fourcc, field, colours) = (0, 0, [0; 4], 0, 0);
        FormatPlanes {
            kind,
            aligned: [],
            width,
            height,
            fourcc,
            field,
            colours,
            planes,
            count: 0,
            rest: [0; 19],
        }
    }
}

impl Buffer {
    pub(super) fn new(kind: u32, index: u32) -> Buffer {
        Buffer {
            index,
            kind,
            used: 0,
            flags: 0,
            field: 0,
            seconds: 0,
            microseconds: 0,
            timecode: [0; 4],
            sequence: 0,
            memory: MEMORY_MMAP,
            place: 0,
            length: 0,
            reserved: 0,
            request: 0,
        }
    }
}

impl StreamParameters {
    pub(super) fn new(kind: u32) -> StreamParameters {
        let (capability, mode, numerator, denominator) = (0, 0, 0, 0);
        StreamParameters { kind, capability, mode, numerator, denominator, rest: [0; 184] }
    }
}

macro_rules! requests {
    ($($(#[$doc:meta])* $name:ident: $direction:ident $number:literal $value:ty;)*) => {$(
        $(#[$doc])*
        pub(super) fn $name(node: BorrowedFd<'_>, value: &mut $value) -> Result<(), Errno> {
            const CODE: Opcode = opcode::$direction::<$value>(b'V', $number);
            // SAFETY: the kernel reads and writes as many bytes as the number says, which are those of `value`; every bit
            // pattern is a value of its integers. The planes a buffer may point to are borrowed for the call: see `ask`.
            retry_on_intr(|| unsafe { ioctl(node, Updater::<CODE, $value>::new(value)) })
        }
    )*};
}

requests! {
    /// `VIDIOC_QUERYCAP`.
    query_capability: read 0 Capability;
    /// `VIDIOC_S_FMT`.
    set_format: read_write 5 Format;
    /// `VIDIOC_S_FMT`.
    set_format_planes: read_write 5 FormatPlanes;
    /// `VIDIOC_REQBUFS`.
    request_buffers: read_write 8 RequestBuffers;
    /// `VIDIOC_S_PARM`.
    set_parameters: read_write 22 StreamParameters;
    /// `VIDIOC_S_CTRL`.
    set_control: read_write 28 Control;
    /// `VIDIOC_STREAMON`.
    stream_on: write 18 u32;
    /// `VIDIOC_STREAMOFF`.
    stream_off: write 19 u32;
}

/// The ioctls on buffers. Private: a buffer of [`CAPTURE_PLANES`] points to memory that the kernel writes.
mod buffers {
    use super::*;
    requests! {
        /// `VIDIOC_QUERYBUF`.
        query_buffer: read_write 9 Buffer;
        /// `VIDIOC_QBUF`.
        queue_buffer: read_write 15 Buffer;
        /// `VIDIOC_DQBUF`.
        dequeue_buffer: read_write 17 Buffer;
    }
}

/// What is asked of a buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ask {
    /// Where it is.
    Query,
    /// That it be filled.
    Queue,
    /// Which is filled.
    Dequeue,
}

/// One request about `buffer`; `planes` are its planes where it has some, and are filled in.
pub(super) fn ask(
    node: BorrowedFd<'_>,
    ask: Ask,
    buffer: &mut Buffer,
    planes: &mut [Plane; PLANES_MOST],
) -> Result<(), Errno> {
    let request = match ask {
        Ask::Query => buffers::query_buffer,
        Ask::Queue => buffers::queue_buffer,
        Ask::Dequeue => buffers::dequeue_buffer,
    };
    if buffer.kind == CAPTURE_PLANES {
        // The address is read by this one call, during which `planes` is borrowed; the kernel writes `length` planes at most.
        buffer.place = planes.as_mut_ptr().expose_provenance();
        buffer.length = PLANES_MOST as u32;
    }
    let answer = request(node, buffer);
    if buffer.kind == CAPTURE_PLANES {
        buffer.place = 0;
    }
    answer
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn structures_are_as_long_as_the_kernels() {
        let wide = size_of::<usize>() == 8;
        assert_eq!(size_of::<Capability>(), 104);
        assert_eq!(size_of::<Format>(), if wide { 208 } else { 204 });
        assert_eq!(size_of::<FormatPlanes>(), size_of::<Format>());
        assert_eq!(size_of::<RequestBuffers>(), 20);
        assert_eq!(size_of::<Buffer>(), if wide { 88 } else { 80 });
        assert_eq!(size_of::<Plane>(), if wide { 64 } else { 60 });
        assert_eq!(size_of::<StreamParameters>(), 204);
        assert_eq!(size_of::<Control>(), 8);
    }

    #[test]
    fn fields_lie_where_the_kernel_looks_for_them() {
        let wide = size_of::<usize>() == 8;
        let union = if wide { 8 } else { 4 };
        assert_eq!(std::mem::offset_of!(Format, fourcc), union + 8);
        assert_eq!(std::mem::offset_of!(FormatPlanes, planes), union + 20);
        assert_eq!(std::mem::offset_of!(FormatPlanes, count), union + 180);
        assert_eq!(std::mem::offset_of!(Buffer, seconds), 24);
        assert_eq!(std::mem::offset_of!(Buffer, memory), 60);
        assert_eq!(std::mem::offset_of!(Buffer, place), 64);
        assert_eq!(std::mem::offset_of!(Buffer, length), if wide { 72 } else { 68 });
        assert_eq!(std::mem::offset_of!(Plane, begins), if wide { 16 } else { 12 });
        assert_eq!(std::mem::offset_of!(StreamParameters, numerator), 12);
    }

    // videodev2.h on x86-64 and aarch64: VIDIOC_S_FMT, VIDIOC_QBUF, VIDIOC_DQBUF, VIDIOC_STREAMON.
    #[cfg(target_pointer_width = "64")]
    #[test]
    fn numbers_are_those_of_the_header() {
        let numbers = [
            opcode::read::<Capability>(b'V', 0),
            opcode::read_write::<Format>(b'V', 5),
            opcode::read_write::<Buffer>(b'V', 15),
            opcode::read_write::<Buffer>(b'V', 17),
            opcode::write::<u32>(b'V', 18),
        ];
        let header = [0x8068_5600_u64, 0xC0D0_5605, 0xC058_560F, 0xC058_5611, 0x4004_5612];
        assert_eq!(numbers.map(u64::from), header);
    }
}
