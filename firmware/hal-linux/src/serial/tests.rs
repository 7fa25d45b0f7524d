//! The line on a real pseudo-terminal: bytes pass unchanged, nothing blocks, a hang-up is told.

use std::time::{Duration, Instant};

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

use super::*;

/// The far end of a line, and the line opened on it.
fn pair() -> (OwnedFd, SerialTty) {
    let far = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC).unwrap();
    grantpt(&far).unwrap();
    unlockpt(&far).unwrap();
    let path = PathBuf::from(ptsname(&far, Vec::new()).unwrap().into_string().unwrap());
    let mut tty = SerialTty::new(&path, Baud::B115200);
    tty.reopen().unwrap();
    (far, tty)
}

/// Reads until `count` bytes came; the kernel may hand them over a moment later.
fn read(tty: &mut SerialTty, count: usize) -> Vec<u8> {
    let (mut all, mut buf) = (Vec::new(), [0; 512]);
    let patience = Instant::now() + Duration::from_secs(10);
    while all.len() < count && Instant::now() < patience {
        let taken = tty.read_available(&mut buf).unwrap();
        all.extend(&buf[..taken]);
    }
    all
}

#[test]
fn every_byte_value_passes_both_ways_unchanged() {
    let (far, mut tty) = pair();
    let all: Vec<u8> = (0..=255).collect();
    rustix::io::write(&far, &all).unwrap();
    assert_eq!(read(&mut tty, 256), all);
    tty.write(&all).unwrap();
    let mut heard = Vec::new();
    while heard.len() < all.len() {
        let mut buf = [0; 512];
        let count = rustix::io::read(&far, &mut buf).unwrap();
        heard.extend_from_slice(&buf[..count]);
    }
    assert_eq!(heard, all);
}

#[test]
fn an_idle_line_gives_nothing_and_keeps_nobody_waiting() {
    let (_far, mut tty) = pair();
    assert_eq!(tty.read_available(&mut [0; 16]), Ok(0));
    assert_eq!(tty.read_available(&mut []), Ok(0));
}

#[test]
fn a_line_whose_other_end_is_gone_hangs_up() {
    let (far, mut tty) = pair();
    drop(far);
    assert_eq!(tty.read_available(&mut [0; 16]), Err(PortFault::HoldLine));
    assert_eq!(tty.write(b"x"), Err(PortFault::HoldLine));
    assert!(matches!(tty.reopen(), Err(PortFault::OpenPort { .. } | PortFault::SetUpLine { .. })));
    assert_eq!(tty.write(b"x"), Err(PortFault::HavePort));
}

#[test]
fn opening_anew_drops_what_waited_in_the_line() {
    let (far, mut tty) = pair();
    rustix::io::write(&far, b"stale").unwrap();
    tty.reopen().unwrap();
    rustix::io::write(&far, b"fresh").unwrap();
    assert_eq!(read(&mut tty, 5), b"fresh");
}

#[test]
fn a_line_nobody_reads_fills_up_and_says_so() {
    let (_far, mut tty) = pair();
    let told = (0..10_000).map(|_| tty.write(&[0x55; 256])).find(Result::is_err);
    assert_eq!(told, Some(Err(PortFault::FillLine)));
}

#[test]
fn a_path_that_is_no_terminal_is_refused() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let mut tty = SerialTty::new(file.path(), Baud::B9600);
    assert_eq!(tty.read_available(&mut [0; 4]), Err(PortFault::HavePort));
    assert!(matches!(tty.reopen(), Err(PortFault::SetUpLine { .. })));
    let mut nowhere = SerialTty::new(Path::new("/dev/no-such-line"), Baud::B9600);
    assert_eq!(nowhere.reopen(), Err(PortFault::OpenPort { errno: 2 }));
}

#[test]
fn the_line_has_the_speed_that_was_asked_for() {
    for baud in Baud::ALL {
        let (_far, mut tty) = pair();
        tty.baud = baud;
        tty.reopen().unwrap();
        let modes = termios::tcgetattr(tty.line().unwrap()).unwrap();
        assert_eq!(
            (modes.input_speed(), modes.output_speed()),
            (baud.bits_per_second(), baud.bits_per_second())
        );
        assert!(modes.control_modes.contains(ControlModes::CS8));
        assert!(
            !modes
                .control_modes
                .intersects(ControlModes::PARENB | ControlModes::CSTOPB | ControlModes::CRTSCTS)
        );
    }
}

#[test]
fn behind_its_thread_a_line_carries_every_byte_once_tells_a_hang_up_and_comes_back() {
    let (far, tty) = pair();
    let path = tty.path().to_owned();
    drop(tty);
    let mut port = threaded("line", &path, Baud::B115200);
    assert_eq!(port.read_available(&mut [0; 4]), Err(PortFault::HavePort));
    port.reopen().unwrap();
    while port.opened() == gate_hal::serial_port::Opened::NotYet {
        assert_eq!(port.read_available(&mut [0; 4]), Ok(0));
        std::thread::yield_now();
    }
    let all: Vec<u8> = (0..=255).cycle().take(3_000).collect();
    rustix::io::write(&far, &all).unwrap();
    let mut came = Vec::new();
    while came.len() < all.len() {
        let mut buf = [0; 100];
        let count = port.read_available(&mut buf).unwrap();
        came.extend_from_slice(&buf[..count]);
    }
    assert_eq!(came, all);
    port.write(b"command").unwrap();
    let mut heard = [0; 7];
    let mut count = 0;
    while count < heard.len() {
        count += rustix::io::read(&far, &mut heard[count..]).unwrap();
    }
    assert_eq!(&heard, b"command");
    drop(far);
    let told = std::iter::repeat_with(|| port.read_available(&mut [0; 4])).find(Result::is_err);
    assert_eq!(told, Some(Err(PortFault::HoldLine)));
}
