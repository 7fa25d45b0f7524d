//! What people see and hear, before it is pixels and tones.
//! Promises: every state of the terminal is one `Screen`; personal data is only in a verdict, and only masked.
//! Must not know: fonts, layouts, languages (`gate_ui`).

use gate_wire::name::MaskedName;
use gate_wire::time::Timestamp;
use heapless::String;

use crate::manifest::Dataset;
use crate::query::QueryNumber;
use crate::time::ClockTrust;
use crate::verdict::{Advice, Reason, Verdict};

mod service;
mod ways;

pub use service::{
    Band, Carrier, DataShown, DatasetShown, Enrolment, LineStep, LogsOut, LogsStep, LogsStopped, Notice,
    OutOfService, Part, PartState, Percent, SelfTest, Technician, Traffic, UpdateRefused, UpdateStep,
    Updating, Volume,
};
pub use ways::{Fitted, Serving, Way};

/// One state of the public screen.
#[expect(clippy::large_enum_variant, reason = "no heap here, and there is one screen at a time")]
#[derive(Clone, Debug, PartialEq)]
pub enum Screen {
    /// Waiting for a person.
    Idle(Idle),
    /// A card or code is being read.
    Reading,
    /// Something to do differently; not a verdict, not recorded.
    Hint(Hint),
    /// A verdict.
    Verdict(Told),
    /// A staff badge was shown: its PIN is asked for.
    PinEntry {
        /// Digits typed so far; only their number is known here.
        typed: u8,
        /// A wrong PIN was just typed, or a pause is running.
        refused: Option<PinRefusal>,
    },
    /// An attendant is choosing; the public sees that staff is busy.
    Staff(StaffStep),
    /// The attendant let a person pass.
    Opened(Opened),
    /// "No check" is in force: the lane is open.
    LaneOpen,
    /// Part of the terminal is unwell; what still works is said.
    Fault(FaultScreen),
    /// New data are being taken over from a carrier; people read what serves them meanwhile.
    Updating(Updating, Serving),
    /// A technician looks at the terminal; people read what serves them meanwhile.
    Technician(Technician, Serving),
    /// Nobody is served here just now; the human path is named.
    OutOfService(OutOfService),
}

/// The idle screen (DOMAIN §4, §10).
#[derive(Clone, Debug, PartialEq)]
pub struct Idle {
    /// The place's name as in the signed `places` data.
    pub place: String<48>,
    /// Wall time if the clock is known well enough to show.
    pub time: Option<Timestamp>,
    /// Small, for staff.
    pub clock: ClockTrust,
    /// Whole days since the list's as-of time; `None` without a list.
    pub list_age_days: Option<u32>,
    /// Which data are near their limit or past it by the policy's bands, small, for staff.
    pub aged: Option<Aged>,
    /// What is unwell, small, for staff.
    pub faults: Faults,
    /// What people are invited to.
    pub serving: Serving,
    /// The attendant is logged in.
    pub attendant: AttendantPresence,
    /// The platform's 场所码 payload, shown byte for byte; empty where there is none.
    pub place_code: String<256>,
}

/// The oldest data by the policy's bands, and how many more are near their limits or past them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Aged {
    /// Which.
    pub dataset: Dataset,
    /// Ageing or worse.
    pub band: Band,
    /// Others.
    pub more: u8,
}

/// Whether an attendant's session is open at this lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AttendantPresence {
    /// Logged in.
    Present,
    /// Nobody is logged in.
    Absent,
}

/// A verdict as it is told.
#[derive(Clone, Debug, PartialEq)]
pub struct Told {
    /// The verdict.
    pub verdict: Verdict,
    /// Its reason; the code is shown with every verdict but Pass.
    pub reason: Reason,
    /// The one thing to do.
    pub advice: Advice,
    /// What may be shown of the person; gone after the display time.
    pub person: Option<PersonShown>,
    /// To read to 12345; `None` when nothing could be recorded.
    pub query: Option<QueryNumber>,
    /// Whether the record is safe.
    pub saved: Saved,
    /// Attendant's side: how many times this credential or document was used here; 1 is the first.
    pub times: u16,
    /// Whether the public screen says Stop or stays neutral (DOMAIN §15).
    pub publicity: Publicity,
    /// An exit lane opens whatever the verdict (DOMAIN §20).
    pub opens: Opens,
}

/// What may be shown of a person (DOMAIN §15).
#[derive(Clone, PartialEq)]
pub struct PersonShown {
    /// Masked name.
    pub name: MaskedName,
    /// Last four of a document number, from a card only.
    pub last_four: Option<[u8; 4]>,
}

impl core::fmt::Debug for PersonShown {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("PersonShown(..)")
    }
}

/// Whether a record is on disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Saved {
    /// In the journal or its reserve, synced.
    Yes,
    /// In memory only: 未保存.
    No,
}

/// How much of a Stop the public screen shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Publicity {
    /// 禁止通行.
    Shown,
    /// Neutral words; only the attendant is told.
    Neutral,
}

/// Whether the latch opens with this verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opens {
    /// It opens.
    Yes,
    /// It stays shut.
    No,
}

/// An attendant's opening, as told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Opened {
    /// To read to 12345.
    pub query: Option<QueryNumber>,
    /// Whether the record is safe; 未保存 is shown otherwise.
    pub saved: Saved,
}

/// What to do differently, before any verdict (DOMAIN, "What the screen says").
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Hint {
    /// 请一次出示一个码.
    OneCodeAtATime,
    /// 请重新放卡.
    PlaceCardAgain,
    /// 靠近一点.
    ComeCloser,
    /// 调亮屏幕.
    BrightenScreen,
    /// 拿稳.
    HoldStill,
    /// 请重新扫码.
    ShowAgain,
}

impl Hint {
    /// Every hint.
    pub const ALL: [Hint; 6] = [
        Hint::OneCodeAtATime,
        Hint::PlaceCardAgain,
        Hint::ComeCloser,
        Hint::BrightenScreen,
        Hint::HoldStill,
        Hint::ShowAgain,
    ];
}

/// Why a PIN entry is not accepted just now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PinRefusal {
    /// The PIN was wrong.
    Wrong,
    /// Too many wrong tries: wait this many seconds.
    Paused {
        /// Seconds left.
        seconds: u32,
    },
}

/// What the attendant is being asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StaffStep {
    /// 1 to 8: what the keys of the panel do.
    Menu,
    /// 1 to 5: which paper proof or page was seen.
    ChooseProof,
    /// 1 to 5: which cause for opening against yellow or red (DOMAIN §19).
    ChooseCause,
    /// Confirm the opening.
    ConfirmOpening,
    /// 1 to 5: which document is typed.
    ChooseDocument,
    /// Characters typed so far.
    TypeNumber {
        /// How many.
        typed: u8,
    },
    /// Digits of the second temperature reading, in tenths of a degree.
    TypeTemperature {
        /// How many.
        typed: u8,
    },
    /// Digits of the time now, YYYYMMDDhhmm in UTC+8.
    TypeTime {
        /// How many.
        typed: u8,
    },
    /// The time typed is the terminal's time now.
    TimeConfirmed,
    /// Too many documents were typed within a minute.
    TooManyTyped,
    /// What was typed is no time, or lies before what is surely past.
    TimeWrong,
    /// What was typed is no valid number of its kind.
    NumberWrong,
    /// Nobody is logged in: show a badge first.
    LoginFirst,
    /// This role may not do that.
    RoleForbids,
    /// A badge that the staff list does not hold, or holds as retired.
    BadgeRefused,
    /// Logged in.
    Welcome,
}

/// Parts that can be unwell, as a set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Faults(u32);

/// A part of the terminal that can be unwell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fault {
    /// No frames.
    Camera,
    /// The card reader is silent or unwell.
    Reader,
    /// The disk is full: records go to the reserve.
    DiskFull,
    /// Nothing can be recorded.
    Journal,
    /// The clock is not confirmed.
    Clock,
    /// No list.
    ListMissing,
    /// The list is past its stale limit.
    ListStale,
    /// The list is damaged.
    ListDamaged,
    /// No key set.
    KeySetMissing,
    /// No policy.
    PolicyMissing,
    /// The fire input is active.
    Fire,
    /// The case is open.
    CaseOpen,
    /// The loudspeaker is silent.
    Sounder,
    /// A sensor or contact cannot be read.
    Inputs,
    /// The latch does not take what it is told.
    Latch,
    /// The policy asks for temperatures, and the thermometer gives none.
    Thermometer,
    /// The attendant's keys cannot be read.
    Keys,
}

impl Fault {
    /// Every fault.
    pub const ALL: [Fault; 17] = [
        Fault::Camera,
        Fault::Reader,
        Fault::DiskFull,
        Fault::Journal,
        Fault::Clock,
        Fault::ListMissing,
        Fault::ListStale,
        Fault::ListDamaged,
        Fault::KeySetMissing,
        Fault::PolicyMissing,
        Fault::Fire,
        Fault::CaseOpen,
        Fault::Sounder,
        Fault::Inputs,
        Fault::Latch,
        Fault::Thermometer,
        Fault::Keys,
    ];

    /// The stable code shown to staff, `F01` to `F17`.
    pub fn code(self) -> &'static str {
        match self {
            Fault::Camera => "F01",
            Fault::Reader => "F02",
            Fault::DiskFull => "F03",
            Fault::Journal => "F04",
            Fault::Clock => "F05",
            Fault::ListMissing => "F06",
            Fault::ListStale => "F07",
            Fault::ListDamaged => "F08",
            Fault::KeySetMissing => "F09",
            Fault::PolicyMissing => "F10",
            Fault::Fire => "F11",
            Fault::CaseOpen => "F12",
            Fault::Sounder => "F13",
            Fault::Inputs => "F14",
            Fault::Latch => "F15",
            Fault::Thermometer => "F16",
            Fault::Keys => "F17",
        }
    }
}

impl Faults {
    /// Adds or removes one.
    pub fn set(&mut self, fault: Fault, state: Wellness) {
        match state {
            Wellness::Unwell => self.0 |= 1 << fault as u32,
            Wellness::Well => self.0 &= !(1 << fault as u32),
        }
    }

    /// Whether `fault` is among them.
    pub fn has(self, fault: Fault) -> bool {
        self.0 & 1 << fault as u32 != 0
    }

    /// All of them, in the order of [`Fault::ALL`].
    pub fn iter(self) -> impl Iterator<Item = Fault> {
        Fault::ALL.into_iter().filter(move |fault| self.has(*fault))
    }
}

/// Whether a part works.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wellness {
    /// It works.
    Well,
    /// It does not.
    Unwell,
}

/// The screen of a fault: the human path, what is unwell, and what still works.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FaultScreen {
    /// The fault that matters most to the person.
    pub fault: Fault,
    /// What still works.
    pub serving: Serving,
}

/// Lamp and tone of one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Signal {
    /// Waiting.
    Idle,
    /// Reading has begun.
    Reading,
    /// A hint.
    Hint,
    /// A verdict.
    Verdict(Verdict),
    /// Stop, told to the attendant only.
    SilentStop,
    /// The attendant opened.
    Opened,
    /// A key was pressed on the attendant's panel.
    Key,
    /// A staff act was refused.
    StaffRefused,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_are_a_set() {
        let mut faults = Faults::default();
        faults.set(Fault::Reader, Wellness::Unwell);
        faults.set(Fault::CaseOpen, Wellness::Unwell);
        faults.set(Fault::Reader, Wellness::Well);
        assert!(faults.iter().eq([Fault::CaseOpen]));
    }
}
