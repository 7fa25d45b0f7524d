//! The clocks of the kernel.
//!
//! Promises: monotonic time goes on while the machine sleeps; a battery-backed clock is healthy only when whoever set
//! the terminal up vouches for its battery, the kernel can read it, and the system's clock agrees with it. The flag of
//! a lost voltage is not asked for itself: most drivers refuse to tell the time of a clock that raised it. A time that is
//! set lasts without power only once the battery-backed clock, asked again, tells it.
//! It must not know: what is made of an unconfirmed clock (`gate_core::time`).

mod battery;

use std::path::Path;

use gate_core::time::{AGREEMENT_S, RtcHealth};
use gate_hal::DeviceFault;
use gate_hal::clock::{Clock, Lasts, WallReading};
use gate_wire::time::{Millis, Timestamp};
use rustix::io::Errno;
use rustix::time::{ClockId, Timespec, clock_gettime, clock_settime};

/// Where the kernel tells about the first battery-backed clock, and where it is set.
const FIRST_RTC: &str = "/sys/class/rtc/rtc0";
const FIRST_RTC_DEVICE: &str = "/dev/rtc0";

/// What whoever set the terminal up knows about its battery-backed clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RtcTrust {
    /// It is there and has a battery.
    Battery,
    /// Nothing: it counts as suspect.
    Unknown,
}

/// The clocks of the system.
#[derive(Debug, Clone, Copy)]
pub struct SystemClock {
    health: RtcHealth,
}

impl SystemClock {
    /// The system's clocks; the battery-backed one behind them is asked now and not again, since it tells about
    /// the time without power only.
    #[must_use]
    pub fn new(trust: RtcTrust) -> Self {
        Self::with_rtc(trust, Path::new(FIRST_RTC))
    }

    /// As [`SystemClock::new`], with the directory in which the kernel tells about the battery-backed clock.
    #[must_use]
    pub fn with_rtc(trust: RtcTrust, rtc: &Path) -> Self {
        Self { health: health(trust, rtc_time(rtc), wall_time()) }
    }
}

impl Clock for SystemClock {
    fn monotonic(&self) -> Millis {
        let now = clock_gettime(ClockId::Boottime);
        // Boot was not before boot: neither number is negative.
        let seconds = now.tv_sec.unsigned_abs();
        Millis(seconds.saturating_mul(1_000).saturating_add(now.tv_nsec.unsigned_abs() / 1_000_000))
    }

    fn wall(&self) -> Option<WallReading> {
        wall_time().map(|time| WallReading { time, health: self.health })
    }

    /// Sets the system's clock, and the battery-backed one, whose time is UTC. [`DeviceFault::Refusing`] without the right to.
    /// The kernel itself would carry the time over only while it believes a network's.
    fn set_wall(&mut self, time: Timestamp) -> Result<Lasts, DeviceFault> {
        // A timestamp is at most the year 9999: fits.
        let system = Timespec { tv_sec: time.unix().cast_signed(), tv_nsec: 0 };
        clock_settime(ClockId::Realtime, system).map_err(fault_of)?;
        Ok(lasts(battery::set(Path::new(FIRST_RTC_DEVICE), time), rtc_time(Path::new(FIRST_RTC)), time))
    }
}

/// What is believed is what the battery-backed clock says afterwards: some take a time and keep none.
fn lasts(set: Result<(), Errno>, says: Option<Timestamp>, time: Timestamp) -> Lasts {
    match (set, says) {
        (Ok(()), Some(says)) if says.distance(time) <= AGREEMENT_S => Lasts::WithoutPower,
        _ => Lasts::WhilePowered,
    }
}

/// The system's clock; `None` before 1970 and after 9999.
fn wall_time() -> Option<Timestamp> {
    u64::try_from(clock_gettime(ClockId::Realtime).tv_sec).ok().and_then(Timestamp::from_unix)
}

/// The battery-backed clock, if the kernel can read it.
fn rtc_time(rtc: &Path) -> Option<Timestamp> {
    let text = std::fs::read_to_string(rtc.join("since_epoch")).ok()?;
    text.trim().parse().ok().and_then(Timestamp::from_unix)
}

fn health(trust: RtcTrust, rtc: Option<Timestamp>, wall: Option<Timestamp>) -> RtcHealth {
    match (trust, rtc, wall) {
        (RtcTrust::Battery, Some(rtc), Some(wall)) if rtc.distance(wall) <= AGREEMENT_S => RtcHealth::Healthy,
        _ => RtcHealth::Suspect,
    }
}

fn fault_of(errno: Errno) -> DeviceFault {
    match errno {
        Errno::PERM | Errno::ACCESS | Errno::INVAL => DeviceFault::Refusing,
        _ => DeviceFault::NotAnswering,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Option<Timestamp> {
        Timestamp::from_unix(seconds)
    }

    #[test]
    fn monotonic_time_never_goes_back() {
        let clock = SystemClock::new(RtcTrust::Unknown);
        let first = clock.monotonic();
        assert!(first > Millis(0));
        assert!(clock.monotonic() >= first);
    }

    #[test]
    fn a_battery_clock_is_healthy_only_where_it_can_be_read_and_agrees() {
        let now = 1_795_000_000;
        for (trust, rtc, wall, expected) in [
            (RtcTrust::Battery, at(now), at(now + 120), RtcHealth::Healthy),
            (RtcTrust::Battery, at(now), at(now + 121), RtcHealth::Suspect),
            (RtcTrust::Battery, at(now), at(now - 121), RtcHealth::Suspect),
            (RtcTrust::Battery, None, at(now), RtcHealth::Suspect),
            (RtcTrust::Battery, at(now), None, RtcHealth::Suspect),
            (RtcTrust::Unknown, at(now), at(now), RtcHealth::Suspect),
        ] {
            assert_eq!(health(trust, rtc, wall), expected, "{trust:?} {rtc:?} {wall:?}");
        }
    }

    #[test]
    fn a_time_lasts_without_power_only_where_the_battery_clock_tells_it_afterwards() {
        let now = Timestamp::from_unix(1_795_000_000).unwrap();
        for (set, says, expected) in [
            (Ok(()), Some(now), Lasts::WithoutPower),
            (Ok(()), Some(now.plus(8 * 3_600)), Lasts::WhilePowered),
            (Ok(()), None, Lasts::WhilePowered),
            (Err(Errno::ACCESS), Some(now), Lasts::WhilePowered),
        ] {
            assert_eq!(lasts(set, says, now), expected, "{set:?} {says:?}");
        }
    }

    #[test]
    fn the_battery_clock_is_read_where_the_kernel_tells_it() {
        let rtc = tempfile::tempdir().unwrap();
        assert_eq!(rtc_time(rtc.path()), None);
        for (text, time) in
            [("1795000000\n", at(1_795_000_000)), ("-1\n", None), ("", None), ("99999999999999999999", None)]
        {
            std::fs::write(rtc.path().join("since_epoch"), text).unwrap();
            assert_eq!(rtc_time(rtc.path()), time, "{text:?}");
        }
        let now = wall_time().unwrap().unix();
        std::fs::write(rtc.path().join("since_epoch"), now.to_string()).unwrap();
        let reading = SystemClock::with_rtc(RtcTrust::Battery, rtc.path()).wall().unwrap();
        assert_eq!(reading.health, RtcHealth::Healthy);
        assert!(reading.time.unix() >= now);
    }

    // The clock of the machine that runs the tests is left alone: only the answer to a refusal is asserted.
    #[test]
    fn without_the_right_to_set_it_the_clock_refuses() {
        assert_eq!(fault_of(Errno::PERM), DeviceFault::Refusing);
        assert_eq!(fault_of(Errno::IO), DeviceFault::NotAnswering);
    }
}
