//! Calendar dates on documents, and how long a document is good.
//!
//! Promises: every [`Date`] exists in the Gregorian calendar; arithmetic is in whole days and cannot overflow.
//! It must not know: the clock, time zones, leap seconds. Whoever asks says which day it is (UTC+8, DOMAIN §3).

use core::fmt;

/// A day of the Gregorian calendar in the years 1 to 9999. Ordered by time.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date {
    year: u16,
    month: u8,
    day: u8,
}

impl Date {
    /// The day with this year (1 to 9999), month (1 to 12) and day of the month (from 1).
    ///
    /// # Errors
    /// [`DateError::ExistInCalendar`] when there is no such day.
    pub fn new(year: u16, month: u8, day: u8) -> Result<Self, DateError> {
        let exists = (1..=9999).contains(&year) && (1..=days_in(year, month)).contains(&day);
        if exists { Ok(Self { year, month, day }) } else { Err(DateError::ExistInCalendar) }
    }

    /// Eight ASCII digits, `20261120`.
    ///
    /// # Errors
    /// [`DateError::ReadDigits`] when they are not eight digits, [`DateError::ExistInCalendar`] when no such day is.
    pub fn parse_yyyymmdd(digits: &[u8]) -> Result<Self, DateError> {
        if digits.len() != 8 || !digits.iter().all(u8::is_ascii_digit) {
            return Err(DateError::ReadDigits);
        }
        let number = digits.iter().fold(0_u32, |number, digit| number * 10 + u32::from(digit - b'0'));
        Self::new((number / 10_000) as u16, (number / 100 % 100) as u8, (number % 100) as u8)
    }

    /// Year, 1 to 9999.
    #[must_use]
    pub fn year(self) -> u16 {
        self.year
    }

    /// Month, 1 to 12.
    #[must_use]
    pub fn month(self) -> u8 {
        self.month
    }

    /// Day of the month, from 1.
    #[must_use]
    pub fn day(self) -> u8 {
        self.day
    }

    /// Days since 1970-01-01; negative before.
    #[must_use]
    pub fn days_since_1970(self) -> i32 {
        // Years run from March, so that the leap day is the last of its year; 719 468 days lie before 1970.
        let month = i32::from(self.month);
        let year = i32::from(self.year) - i32::from(month <= 2);
        let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
        let of_year = (153 * ((month + 9) % 12) + 2) / 5 + i32::from(self.day) - 1;
        era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
    }

    /// The day that many days after 1970-01-01.
    ///
    /// # Errors
    /// [`DateError::ExistInCalendar`] outside the years 1 to 9999.
    pub fn from_days_since_1970(days: i32) -> Result<Self, DateError> {
        let days = i64::from(days) + 719_468;
        let (era, of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
        let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let march_month = (5 * of_year + 2) / 153;
        let day = of_year - (153 * march_month + 2) / 5 + 1;
        let month = (march_month + 2) % 12 + 1;
        let year = year_of_era + era * 400 + i64::from(month <= 2);
        let year = u16::try_from(year).map_err(|_| DateError::ExistInCalendar)?;
        Self::new(year, month as u8, day as u8)
    }

    /// Whether this day lies before `today`: a document is good on its last day.
    #[must_use]
    pub fn is_past(self, today: Self) -> bool {
        self < today
    }
}

impl fmt::Debug for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

/// Until when a document is good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expiry {
    /// 长期: it does not expire (DOMAIN §4).
    LongTerm,
    /// Good up to and including this day.
    Until(Date),
}

impl Expiry {
    /// Whether the document had expired before `today`.
    #[must_use]
    pub fn is_past(self, today: Date) -> bool {
        match self {
            Self::LongTerm => false,
            Self::Until(last_day) => last_day.is_past(today),
        }
    }
}

/// Why something is no date.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DateError {
    /// Not eight ASCII digits.
    #[error("a date has eight digits")]
    ReadDigits,
    /// The calendar has no such day.
    #[error("the calendar has no such day")]
    ExistInCalendar,
}

fn days_in(year: u16, month: u8) -> u8 {
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_dates_agree_on_every_day_of_four_centuries() {
        let mut yesterday = None;
        for days in -100_000..50_000 {
            let date = Date::from_days_since_1970(days).unwrap();
            assert_eq!(date.days_since_1970(), days);
            assert!(yesterday < Some(date), "{date:?}");
            yesterday = Some(date);
        }
    }

    #[test]
    fn known_days_have_their_numbers() {
        for (digits, days) in
            [(b"19700101", 0), (b"19691231", -1), (b"20000229", 11_016), (b"20261120", 20_777)]
        {
            assert_eq!(Date::parse_yyyymmdd(digits).unwrap().days_since_1970(), days);
        }
        assert!(Date::from_days_since_1970(i32::MAX).is_err());
        assert!(Date::from_days_since_1970(i32::MIN).is_err());
    }

    #[test]
    fn a_day_the_calendar_does_not_have_is_refused() {
        for digits in
            [b"20230229", b"19000229", b"20231301", b"20230001", b"20230100", b"00000101", b"20230431"]
        {
            assert_eq!(Date::parse_yyyymmdd(digits), Err(DateError::ExistInCalendar));
        }
        for digits in [&b"2023022"[..], b"202302290", b"2023 229", b""] {
            assert_eq!(Date::parse_yyyymmdd(digits), Err(DateError::ReadDigits));
        }
    }

    #[test]
    fn a_document_is_good_on_its_last_day_and_expired_on_the_next() {
        let (last, next) = (Date::new(2024, 2, 29).unwrap(), Date::new(2024, 3, 1).unwrap());
        assert!(!Expiry::Until(last).is_past(last));
        assert!(Expiry::Until(last).is_past(next));
        assert!(!Expiry::LongTerm.is_past(next));
    }
}
