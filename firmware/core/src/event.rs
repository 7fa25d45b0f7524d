//! What happens besides passages and is recorded all the same: devices, clock, staff.
//! Promises: stable codes, 1 to 20 and 51 up for devices and clock, 21 to 50 for staff.
//! Must not know: how it is recorded.

use crate::staff::StaffRefused;

/// An event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// The terminal started.
    Started,
    /// The fire input became active; the hardware released the latch.
    Fire,
    /// The fire input went quiet.
    FireOver,
    /// The case was opened.
    CaseOpened,
    /// The case was closed.
    CaseClosed,
    /// The mechanical release was pulled.
    ReleasePulled,
    /// The record whose sequence stands in the detail was written too late to be acted on: the gate stayed shut, and the person was
    /// told Assist.
    CommittedLate,
    /// The clock is no longer confirmed.
    ClockDoubted,
    /// The clock was confirmed.
    ClockConfirmed,
    /// New data are in force: the record names their versions.
    DataTaken,
    /// The fire input cannot be read: a fire would be told by the latch's own wire alone.
    FireInputLost,
    /// The fire input can be read again.
    FireInputBack,
    /// Another input cannot be read: passage, door, case or mechanical release.
    InputLost,
    /// All of those can be read again.
    InputBack,
    /// A person, or what the sensors take for one, has held the gate open for long without a gap.
    HeldOpen,
    /// The gate is held open no more.
    HeldOpenOver,
    /// The latch does not take what it is told.
    LatchLost,
    /// It has taken everything for a while.
    LatchBack,
    /// The latch did not take the permit of the record whose sequence stands in the detail: nobody went through by it.
    NotOpened,
    /// The journal could not be opened when the terminal started, and is open now. As many records as the detail says were kept
    /// nowhere meanwhile.
    JournalBack,
    /// An input chatters: it changed so often that not every change has a record of its own. The detail's first eight bytes are the number
    /// of changes since the last such record, the ninth is the input's number from 1: passage, door, fire, case, release.
    Chatter,
    /// A member of staff logged in.
    LoggedIn,
    /// A session ended.
    LoggedOut,
    /// An attendant typed a document.
    DocumentTyped,
    /// An attendant typed a second temperature reading.
    SecondReading,
    /// A technician had the terminal look at itself.
    SelfTested,
    /// A technician looked at a page of facts.
    PageSeen,
    /// A technician set the volume.
    VolumeSet,
    /// A technician put up "under maintenance".
    NoticeUp,
    /// It was taken down, by hand or when its time was over.
    NoticeDown,
    /// A technician held up the hub's code: the carrier is asked to enrol this terminal.
    EnrolmentAsked,
    /// A member of staff was refused.
    Refused(StaffRefused),
}

impl Event {
    /// The code in a record.
    pub fn code(self) -> u8 {
        match self {
            Event::Started => 1,
            Event::Fire => 2,
            Event::FireOver => 3,
            Event::CaseOpened => 4,
            Event::CaseClosed => 5,
            Event::ReleasePulled => 6,
            Event::CommittedLate => 7,
            Event::ClockDoubted => 8,
            Event::ClockConfirmed => 9,
            Event::DataTaken => 10,
            Event::FireInputLost => 11,
            Event::FireInputBack => 12,
            Event::InputLost => 13,
            Event::InputBack => 14,
            Event::HeldOpen => 15,
            Event::HeldOpenOver => 16,
            Event::LatchLost => 17,
            Event::LatchBack => 18,
            Event::NotOpened => 19,
            Event::JournalBack => 20,
            Event::Chatter => 51,
            Event::LoggedIn => 21,
            Event::LoggedOut => 22,
            Event::DocumentTyped => 23,
            Event::SecondReading => 24,
            Event::SelfTested => 25,
            Event::PageSeen => 26,
            Event::VolumeSet => 27,
            Event::NoticeUp => 28,
            Event::NoticeDown => 29,
            Event::EnrolmentAsked => 30,
            Event::Refused(refused) => refused_code(refused),
        }
    }
}

fn refused_code(refused: StaffRefused) -> u8 {
    match refused {
        StaffRefused::NoList => 31,
        StaffRefused::NotABadge => 32,
        StaffRefused::BadgeOver => 33,
        StaffRefused::NotOnList => 34,
        StaffRefused::Retired => 35,
        StaffRefused::WrongPin => 36,
        StaffRefused::Paused { .. } => 37,
        StaffRefused::Unchecked(_) => 38,
        StaffRefused::NobodyLoggedIn => 39,
        StaffRefused::RoleForbids => 40,
        StaffRefused::TooManyTyped => 41,
    }
}
