//! Instants and days as they cross boundaries.
//! Promises: seconds and milliseconds cannot be mixed up, arithmetic never wraps.
//! Must not know: where the time came from, nor whether it can be trusted (`gate_core::time` does).

/// Monotonic milliseconds since an arbitrary start; for intervals only, never for a calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Millis(pub u64);

impl Millis {
    /// Time passed since `earlier`; zero when `earlier` is later.
    pub fn since(self, earlier: Millis) -> Millis {
        Millis(self.0.saturating_sub(earlier.0))
    }

    /// This instant plus `millis`.
    pub fn plus(self, millis: u64) -> Millis {
        Millis(self.0.saturating_add(millis))
    }
}

/// Seconds since 1970-01-01T00:00:00Z (RFC 8392 NumericDate, integers only), at most the year 9999.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(u64);

/// Seconds that the civil time of the rules is ahead of UTC: UTC+8 (DOMAIN §3).
const CIVIL_OFFSET_S: u64 = 8 * 3600;

impl Timestamp {
    /// The epoch, which is also what a dead clock shows.
    pub const EPOCH: Timestamp = Timestamp(0);
    /// 9999-12-31T23:59:59Z.
    pub const MAX: Timestamp = Timestamp(253_402_300_799);

    /// `None` beyond the year 9999, which no statement of ours can mean.
    pub fn from_unix(seconds: u64) -> Option<Timestamp> {
        (seconds <= Self::MAX.0).then_some(Timestamp(seconds))
    }

    /// Seconds since the epoch.
    pub fn unix(self) -> u64 {
        self.0
    }

    /// Later by `seconds`, at most [`Timestamp::MAX`].
    pub fn plus(self, seconds: u64) -> Timestamp {
        Timestamp(self.0.saturating_add(seconds).min(Self::MAX.0))
    }

    /// Earlier by `seconds`, at least the epoch.
    pub fn minus(self, seconds: u64) -> Timestamp {
        Timestamp(self.0.saturating_sub(seconds))
    }

    /// Seconds from `earlier` to this; zero when `earlier` is later.
    pub fn since(self, earlier: Timestamp) -> u64 {
        self.0.saturating_sub(earlier.0)
    }

    /// Distance in seconds, whichever is later.
    pub fn distance(self, other: Timestamp) -> u64 {
        self.0.abs_diff(other.0)
    }

    /// The calendar day in UTC+8 (DOMAIN §3).
    pub fn civil_day(self) -> Day {
        // At most 2_932_896 days: fits.
        Day(((self.0 + CIVIL_OFFSET_S) / 86_400) as u32)
    }

    /// Seconds into the calendar day in UTC+8, 0 to 86399.
    pub fn civil_second(self) -> u32 {
        ((self.0 + CIVIL_OFFSET_S) % 86_400) as u32
    }
}

/// A calendar day in UTC+8, counted from 1970-01-01.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(pub u32);

impl Day {
    /// Whole days from `earlier` to this; `None` when `earlier` is later.
    pub fn since(self, earlier: Day) -> Option<u32> {
        self.0.checked_sub(earlier.0)
    }

    /// Year, month 1 to 12, day 1 to 31, by the civil calendar (proleptic Gregorian).
    pub fn ymd(self) -> (u32, u32, u32) {
        // Days are shifted to start on 1 March of year 0, so that the leap day ends the year.
        let z = self.0 + 719_468;
        let era = z / 146_097;
        let day_of_era = z % 146_097;
        let year_of_era =
            (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted_month = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
        let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
        (year_of_era + era * 400 + u32::from(month <= 2), month, day)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_begins_at_midnight_in_utc_plus_8() {
        let last_second = Timestamp::from_unix(1_795_190_399).unwrap(); // 2026-11-20T15:59:59Z
        assert_eq!(last_second.civil_day().ymd(), (2026, 11, 20));
        assert_eq!(last_second.plus(1).civil_day().ymd(), (2026, 11, 21));
        assert_eq!(last_second.plus(1).civil_second(), 0);
    }

    #[test]
    fn leap_days_and_centuries_are_right() {
        for (day, expected) in
            [(0, (1970, 1, 1)), (11_016, (2000, 2, 29)), (19_782, (2024, 2, 29)), (47_541, (2100, 3, 1))]
        {
            assert_eq!(Day(day).ymd(), expected);
        }
    }

    #[test]
    fn arithmetic_stops_at_the_ends() {
        assert_eq!(Timestamp::EPOCH.minus(1), Timestamp::EPOCH);
        assert_eq!(Timestamp::MAX.plus(1), Timestamp::MAX);
        assert_eq!(Timestamp::from_unix(253_402_300_800), None);
    }
}
