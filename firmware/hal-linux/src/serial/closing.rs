//! How long closing a line waits for bytes that were not sent: two ioctls of `linux/serial.h`. The kernel's own choice is 30 s.
//!
//! Promises: changes nothing else of the line. Setting it wants CAP_SYS_ADMIN where it is not so already, and a pseudo-terminal has no
//! such setting: that the thread behind the port waits, and not the lane, is what holds.
//! Must not know: what is sent.

#![expect(unsafe_code, reason = "ioctl(2): the one door to a line's closing time")]

use rustix::fd::BorrowedFd;
use rustix::io::Errno;
use rustix::ioctl::{Opcode, Setter, Updater, ioctl};

/// `TIOCGSERIAL` and `TIOCSSERIAL`: numbers from before they had a size.
const ASK: Opcode = 0x541E;
const SET: Opcode = 0x541F;
/// `ASYNC_CLOSING_WAIT_NONE`.
const NONE: u16 = 65_535;

/// `struct serial_struct`; all but one field is given back as it was.
#[repr(C)]
#[derive(Clone, Copy, Default)]
struct Serial {
    /// Type, line, port, interrupt, flags, queue, divisor, base.
    numbers: [i32; 8],
    close_delay: u16,
    io: [u8; 2],
    hub6: i32,
    closing_wait: u16,
    closing_wait2: u16,
    memory_base: usize,
    memory_shift: u16,
    port_high: u32,
    map_base: usize,
}

/// Closing this line waits for nothing from now on.
pub(super) fn wait_for_nothing(line: BorrowedFd<'_>) -> Result<(), Errno> {
    let mut serial = Serial::default();
    // SAFETY: the kernel writes a `serial_struct`, as long as `Serial`; every bit pattern is a value of its integers.
    unsafe { ioctl(line, Updater::<ASK, Serial>::new(&mut serial)) }?;
    if serial.closing_wait == NONE {
        return Ok(());
    }
    serial.closing_wait = NONE;
    // SAFETY: the kernel reads a `serial_struct`, as long as `Serial`; addresses in it are numbers to it, and come from itself.
    unsafe { ioctl(line, Setter::<SET, Serial>::new(serial)) }
}

#[cfg(test)]
mod tests {
    use std::mem::offset_of;

    use super::*;

    #[test]
    fn the_structure_is_the_kernels() {
        let wide = size_of::<usize>() == 8;
        assert_eq!(size_of::<Serial>(), if wide { 72 } else { 60 });
        assert_eq!(offset_of!(Serial, close_delay), 32);
        assert_eq!(offset_of!(Serial, closing_wait), 40);
        assert_eq!(offset_of!(Serial, memory_base), if wide { 48 } else { 44 });
        assert_eq!(offset_of!(Serial, map_base), if wide { 64 } else { 56 });
    }
}
