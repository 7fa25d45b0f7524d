//! Screens of service: new data from a carrier, the technician's pages, out of service.
//! Promises: what a technician is shown are facts of the terminal; nothing about a person.
//! Must not know: how an update is verified, how a page is laid out.

use super::Faults;

/// A share of a whole, 0 to 100.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Percent(u8);

impl Percent {
    /// `done` of `whole`; nothing of nothing is all of it, and more than the whole is the whole.
    pub fn of(done: u64, whole: u64) -> Percent {
        let share = if whole == 0 { 100 } else { u128::from(done) * 100 / u128::from(whole) };
        Percent(share.min(100) as u8)
    }

    /// 0 to 100.
    pub fn value(self) -> u8 {
        self.0
    }
}

/// What brings data (DOMAIN, "carrier").
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Carrier {
    /// A USB stick.
    Stick,
    /// A technician's laptop.
    Laptop,
}

/// New data are being taken over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Updating {
    /// From what.
    pub carrier: Carrier,
    /// How far.
    pub step: UpdateStep,
}

/// How far an update is. Verification reads a copy: the carrier may go as soon as the copy is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UpdateStep {
    /// Copying: the carrier must stay.
    Copying(Percent),
    /// Verifying what was copied: the carrier may go.
    Checking(Percent),
    /// The new data are in force.
    InForce,
    /// They are not, and the old ones stay.
    Refused(UpdateRefused),
}

/// Why new data were not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum UpdateRefused {
    /// The carrier cannot be read.
    Unreadable,
    /// Nothing on it is for this terminal.
    NotForHere,
    /// Signatures do not hold.
    Unproven,
    /// Older than what is in force.
    Older,
    /// The spool is full.
    NoRoom,
}

impl UpdateRefused {
    /// Every cause.
    pub const ALL: [UpdateRefused; 5] = [
        UpdateRefused::Unreadable,
        UpdateRefused::NotForHere,
        UpdateRefused::Unproven,
        UpdateRefused::Older,
        UpdateRefused::NoRoom,
    ];
}

/// Why the terminal serves nobody just now; the human path is always named (DOMAIN §2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OutOfService {
    /// A technician works on it.
    Maintenance,
    /// It has just been switched on.
    Starting,
    /// It holds no keys of its own.
    NotEnrolled,
    /// It holds no data.
    NoData,
}

impl OutOfService {
    /// Every cause.
    pub const ALL: [OutOfService; 4] =
        [OutOfService::Maintenance, OutOfService::Starting, OutOfService::NotEnrolled, OutOfService::NoData];
}

/// One page of the technician's menu, opened by a signed badge and its PIN.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Technician {
    /// The menu: 1 to 6.
    Menu,
    /// Which parts are well.
    SelfTest(Faults),
    /// Which data are in force.
    Data(DataShown),
    /// Whether data come by network, and what waits to go.
    Network(Traffic),
    /// Records leave on a stick.
    Logs(LogsOut),
    /// Who this terminal is.
    Enrolment(Enrolment),
    /// How loud it speaks.
    Volume(Volume),
}

/// Versions in force; 0 is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct DataShown {
    /// The issuers' keys.
    pub key_set: u64,
    /// The policy of this kind of place.
    pub policy: u64,
    /// The places.
    pub places: u64,
    /// Who is staff.
    pub staff_list: u64,
    /// Whole days since the list's as-of time; `None` without a list.
    pub list_age_days: Option<u32>,
    /// What is declared void.
    pub revocations: u64,
    /// Keys that records are sealed to.
    pub day_keys: u64,
}

/// Data in, records out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Traffic {
    /// Whether there is a link. The lane decides the same with and without.
    pub link: Link,
    /// Whole hours since data last came, if they ever did.
    pub carried_hours: Option<u32>,
    /// Records that wait.
    pub waiting: u32,
}

/// A network link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Link {
    /// There is one.
    Up,
    /// There is none.
    Down,
}

/// Records leaving on a stick.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogsOut {
    /// Records that wait.
    pub waiting: u32,
    /// How far.
    pub step: LogsStep,
}

/// How far records have left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogsStep {
    /// There is no stick.
    NoStick,
    /// Writing: the stick must stay.
    Writing(Percent),
    /// Written and synced: the stick may go.
    Written,
}

/// Who this terminal is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Enrolment {
    /// The terminal's number; `None` before it is enrolled.
    pub terminal: Option<u32>,
    /// The place's number.
    pub place: u32,
    /// The lane's number there.
    pub lane: u16,
}

/// How loud, 0 (silent) to 9.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Volume(u8);

impl Volume {
    /// As a terminal comes.
    pub const USUAL: Volume = Volume(6);
    /// The loudest.
    pub const MOST: Volume = Volume(9);

    /// The volume of this number, if there is one.
    pub fn new(level: u8) -> Option<Volume> {
        (level <= Volume::MOST.0).then_some(Volume(level))
    }

    /// 0 to 9.
    pub fn level(self) -> u8 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_never_more_than_the_whole() {
        assert_eq!(Percent::of(0, 0).value(), 100);
        assert_eq!(Percent::of(1, 3).value(), 33);
        assert_eq!(Percent::of(u64::MAX, 1).value(), 100);
        assert_eq!(Percent::of(u64::MAX - 1, u64::MAX).value(), 99);
    }

    #[test]
    fn there_are_ten_volumes() {
        assert_eq!(Volume::new(9), Some(Volume::MOST));
        assert_eq!(Volume::new(10), None);
    }
}
