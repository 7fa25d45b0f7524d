//! Screens of service: new data from a carrier, the technician's pages, out of service.
//! Promises: what a technician is shown are facts of the terminal; nothing about a person.
//! Must not know: how an update is verified, how a page is laid out.

use serde::{Deserialize, Serialize};

use super::Fault;
use crate::case::DataAge;
use crate::fingerprint::Fingerprint;
use crate::manifest::Dataset;

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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
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

/// How far an update is. Verification reads a copy; the carrier stays until the visit is over, as records follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UpdateStep {
    /// Copying: the carrier must stay.
    Copying(Percent),
    /// Verifying what was copied: the carrier must stay.
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
    /// There are no published data on it.
    NoData,
    /// Nothing on it is for this terminal.
    NotForHere,
    /// Signatures do not hold.
    Unproven,
    /// Older than what is in force.
    Older,
    /// The spool is full.
    NoRoom,
    /// What verifies did not run to its end.
    NotChecked,
    /// What verifies gave no answer in time: it looks later.
    NotAnswered,
    /// Past its time, or before it.
    OutOfTime,
    /// This terminal is not enrolled.
    NotEnrolled,
}

impl UpdateRefused {
    /// Every cause.
    pub const ALL: [UpdateRefused; 10] = [
        UpdateRefused::Unreadable,
        UpdateRefused::NoData,
        UpdateRefused::NotForHere,
        UpdateRefused::Unproven,
        UpdateRefused::Older,
        UpdateRefused::NoRoom,
        UpdateRefused::NotChecked,
        UpdateRefused::NotAnswered,
        UpdateRefused::OutOfTime,
        UpdateRefused::NotEnrolled,
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
    /// The menu: 1 to 7.
    Menu(Notice),
    /// What the self-test found so far.
    SelfTest(SelfTest),
    /// Which data are in force.
    Data(DataShown),
    /// What the keeper of the data did last, and what waits to go.
    Network(Traffic),
    /// Records leave on a stick.
    Logs(LogsOut),
    /// Who this terminal is.
    Enrolment(Enrolment),
    /// How loud it speaks.
    Volume(Volume),
}

/// Whether "under maintenance" is put up for people; codes and cards are answered behind it all the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Notice {
    /// It is.
    Up,
    /// It is not.
    #[default]
    Down,
}

/// A part that the self-test looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Part {
    /// The terminal's own keys and the province's for it.
    Keys,
    /// The issuers' keys.
    KeySet,
    /// The policy of this kind of place.
    Policy,
    /// This place and lane in the signed data.
    Places,
    /// Staff.
    StaffList,
    /// What records are sealed to.
    DayKeys,
    /// The status list, every leaf of it.
    List,
    /// Records.
    Journal,
    /// The clock.
    Clock,
    /// The camera.
    Camera,
    /// The card reader.
    Reader,
    /// The loudspeaker.
    Speaker,
}

impl Part {
    /// Every one, in the order in which they are shown.
    pub const ALL: [Part; 12] = [
        Part::Keys,
        Part::KeySet,
        Part::Policy,
        Part::Places,
        Part::StaffList,
        Part::DayKeys,
        Part::List,
        Part::Journal,
        Part::Clock,
        Part::Camera,
        Part::Reader,
        Part::Speaker,
    ];
}

/// How a part was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum PartState {
    /// The self-test is still looking.
    #[default]
    Looking,
    /// Well.
    Well,
    /// The terminal was built or configured without it.
    NotFitted,
    /// Not well, with the fault's code where it has one.
    Unwell(Option<Fault>),
}

/// What the self-test found so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct SelfTest([PartState; Part::ALL.len()]);

impl SelfTest {
    /// Notes how a part was found.
    pub fn set(&mut self, part: Part, state: PartState) {
        if let Some(known) = self.0.get_mut(part as usize) {
            *known = state;
        }
    }

    /// How a part was found.
    pub fn state(&self, part: Part) -> PartState {
        self.0.get(part as usize).copied().unwrap_or_default()
    }
}

/// Data in force, the list first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DataShown {
    /// How old the list is by the policy's limit.
    pub list: Band,
    /// What is in force.
    pub rows: [DatasetShown; 8],
}

/// One dataset as a technician reads it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DatasetShown {
    /// Which.
    pub dataset: Dataset,
    /// Its version in force, of the list its step; 0 is none.
    pub version: u32,
    /// Whole days since its as-of time; `None` without one.
    pub age_days: Option<u32>,
    /// By the policy's limits; `None` where it sets none for it.
    pub band: Option<Band>,
}

/// How old data are by the policy's limits (DOMAIN §14): told before it bites.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Band {
    /// There are none: they never came.
    Missing,
    /// Good.
    Fresh,
    /// Near their limit, and still deciding.
    Ageing,
    /// Past the limit: a list's results go to the attendant.
    Stale,
    /// Far past it.
    Expired,
}

impl From<DataAge> for Band {
    fn from(age: DataAge) -> Band {
        match age {
            DataAge::Missing => Band::Missing,
            DataAge::Fresh => Band::Fresh,
            DataAge::Ageing => Band::Ageing,
            DataAge::Stale => Band::Stale,
            DataAge::Expired => Band::Expired,
        }
    }
}

/// What the keeper of the data did last (`gate-trust`), and what waits to go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Traffic {
    /// Whole hours since data were last looked through, if they ever were.
    pub checked_hours: Option<u32>,
    /// Whole hours since anything new was taken, if it ever was.
    pub taken_hours: Option<u32>,
    /// The generation in force; 0 before the first.
    pub generation: u32,
    /// Datasets and repositories that were brought and not taken.
    pub refused: u32,
    /// Records that wait.
    pub waiting: u32,
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
    /// Writing has ended early; every record is still here.
    Stopped(LogsStopped),
}

/// Why writing records has ended early.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LogsStopped {
    /// The stick is full.
    NoRoom,
    /// The stick was pulled out.
    PulledOut,
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
    /// Its device and its record key, to be compared with the hub's list; `None` before it is enrolled.
    pub keys: Option<Fingerprint>,
    /// How far it is known to the hub.
    pub line: LineStep,
}

/// How far a terminal's enrolment with its hub is, by the code that the hub shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum LineStep {
    /// There is no network carrier: records and data travel by stick.
    #[default]
    NotFitted,
    /// The hub's code may be held up.
    ShowCode,
    /// The code was read; the carrier is asked.
    Asking,
    /// The hub does not answer; it is asked again.
    NoLine,
    /// The hub knows this terminal.
    Enrolled,
    /// The code is another terminal's.
    OtherTerminal,
    /// The hub does not know the code.
    Unknown,
    /// The code's time is over.
    Ended,
    /// The code was used.
    Used,
    /// The hub will not have this terminal.
    Refused,
    /// Nothing that is held up is read just now: fire, or a lane that stands open.
    NotReading,
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

    /// This volume where the loudest hour is to be `loudest` instead of `usual`: quiet hours stay quieter in proportion,
    /// and nothing that is heard at all becomes silent but by a `loudest` of 0.
    pub fn scaled(self, usual: Volume, loudest: Volume) -> Volume {
        let (level, usual, loudest) = (u16::from(self.0), u16::from(usual.0), u16::from(loudest.0));
        let scaled = (level * loudest + usual / 2).checked_div(usual).unwrap_or(0);
        let least = level.min(loudest).min(1);
        Volume(scaled.clamp(least, loudest) as u8) // at most 9
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
    fn a_part_is_looked_at_until_it_was_found_one_way_or_the_other() {
        let mut test = SelfTest::default();
        assert!(Part::ALL.iter().all(|part| test.state(*part) == PartState::Looking));
        test.set(Part::Speaker, PartState::Well);
        assert_eq!(test.state(Part::Speaker), PartState::Well);
        assert_eq!(test.state(Part::Reader), PartState::Looking);
    }

    #[test]
    fn there_are_ten_volumes() {
        assert_eq!(Volume::new(9), Some(Volume::MOST));
        assert_eq!(Volume::new(10), None);
    }

    #[test]
    fn a_louder_day_keeps_the_night_quieter_in_proportion() {
        let volume = |level| Volume::new(level).unwrap();
        let (day, night) = (volume(6), volume(3));
        assert_eq!(night.scaled(day, volume(6)), night, "as it was");
        assert_eq!((day.scaled(day, volume(9)), night.scaled(day, volume(9))), (volume(9), volume(5)));
        assert_eq!((day.scaled(day, volume(1)), night.scaled(day, volume(1))), (volume(1), volume(1)));
        assert_eq!(volume(0).scaled(day, volume(9)), volume(0), "a silent hour stays silent");
        assert_eq!(day.scaled(day, volume(0)), volume(0));
        assert_eq!(volume(0).scaled(volume(0), volume(9)), volume(0), "as no hour is heard");
    }
}
