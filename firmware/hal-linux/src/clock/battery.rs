//! Setting a battery-backed clock: one ioctl of `linux/rtc.h`.
//!
//! Promises: the clock gets UTC, as the kernel reads it at boot. Must not know: whether the time is right.

#![expect(unsafe_code, reason = "ioctl(2): the one door to a battery-backed clock")]

use std::fs::File;
use std::os::fd::AsFd;
use std::path::Path;

use gate_wire::time::{Day, Timestamp};
use rustix::fs::{Mode, OFlags, open};
use rustix::io::Errno;
use rustix::ioctl::{Opcode, Setter, ioctl, opcode};

/// `struct rtc_time`: a calendar's fields, as `struct tm`.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct RtcTime {
    second: i32,
    minute: i32,
    hour: i32,
    /// 1 to 31.
    day: i32,
    /// 0 to 11.
    month: i32,
    /// Since 1900.
    year: i32,
    /// Not read by the kernel.
    weekday: i32,
    year_day: i32,
    daylight_saving: i32,
}

/// `RTC_SET_TIME`.
const SET_TIME: Opcode = opcode::write::<RtcTime>(b'p', 0x0A);

/// Sets the clock behind this node. `EBUSY` while another program has it open.
pub(super) fn set(node: &Path, time: Timestamp) -> Result<(), Errno> {
    let node = File::from(open(node, OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK, Mode::empty())?);
    // SAFETY: the kernel reads as many bytes as the number says, which are those of an `RtcTime`.
    unsafe { ioctl(node.as_fd(), Setter::<SET_TIME, RtcTime>::new(fields(time))) }
}

/// The calendar's fields of a time in UTC.
fn fields(time: Timestamp) -> RtcTime {
    let (days, seconds) = (time.unix() / 86_400, time.unix() % 86_400);
    // A timestamp is at most the year 9999, 2,932,896 days: all of these fit.
    let (year, month, day) = Day(days as u32).ymd();
    let field = |number: u64| number as i32;
    RtcTime {
        second: field(seconds % 60),
        minute: field(seconds / 60 % 60),
        hour: field(seconds / 3_600),
        day: day.cast_signed(),
        month: month.cast_signed() - 1,
        year: year.cast_signed() - 1_900,
        weekday: 0,
        year_day: 0,
        daylight_saving: 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_battery_clock_gets_utc() {
        // 2026-11-20T15:59:58Z, which is a minute before midnight here.
        let time = fields(Timestamp::from_unix(1_795_190_398).unwrap());
        let day = (time.year, time.month, time.day);
        assert_eq!((day, (time.hour, time.minute, time.second)), ((126, 10, 20), (15, 59, 58)));
    }

    // linux/rtc.h: RTC_SET_TIME is _IOW('p', 0x0a, struct rtc_time), nine ints.
    #[test]
    fn the_number_is_that_of_the_header() {
        assert_eq!(size_of::<RtcTime>(), 36);
        assert_eq!(u64::from(SET_TIME), 0x4024_700A);
    }

    #[test]
    fn what_is_no_clock_is_not_set() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let now = Timestamp::from_unix(1_795_000_000).unwrap();
        assert_eq!(set(file.path(), now), Err(Errno::NOTTY));
        assert_eq!(set(&file.path().join("none"), now), Err(Errno::NOTDIR));
    }
}
