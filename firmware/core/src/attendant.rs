//! The attendant's panel: key presses in, acts out.
//! Promises: at most three presses from Assist to open (DOMAIN §3); against yellow or red a cause and a second step
//! (DOMAIN §19); in a hospital 急诊 is one press (DOMAIN §1). Opens nothing by itself.
//! Must not know: sessions' secrets, the latch, pixels.

mod typed_number;

use gate_wire::document::{Date, Document, DocumentKind};
use gate_wire::time::Timestamp;
use heapless::{String, Vec};
use zeroize::Zeroize;

use crate::screen::StaffStep;
use crate::verdict::{PlaceKind, Reason, Verdict};
use typed_number::TypedNumber;

/// A key of the panel, or of a touch screen that shows the same keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Key {
    /// 0 to 9.
    Digit(u8),
    /// A to Z, for document numbers.
    Letter(u8),
    /// 确认.
    Ok,
    /// 返回.
    Back,
    /// 接受证明: a paper proof, page or document was seen.
    Accept,
    /// 同行人: a companion without evidence.
    Companion,
    /// 就医 · 急诊.
    Emergency,
    /// 录入证件: type a document.
    Document,
    /// 复测体温: type the second reading.
    Temperature,
    /// 确认时间: type the time now, where the clock is not confirmed.
    Clock,
    /// 再说一遍: say the last verdict once more, for those who did not hear.
    SayAgain,
    /// 退出.
    Logout,
}

/// The keys with a meaning of their own, in the order of their digits 1 to 8 in the menu.
pub const MENU: [Key; 8] = [
    Key::Accept,
    Key::Companion,
    Key::Emergency,
    Key::Document,
    Key::Temperature,
    Key::Clock,
    Key::SayAgain,
    Key::Logout,
];

/// What an attendant accepted or did. The code is recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Act {
    /// Unsigned paper certificate of a community or medical institution.
    PaperCertificate,
    /// Unsigned printed test report.
    TestReport,
    /// 通信行程卡 seen.
    TravelCardSeen,
    /// Phone page seen.
    PhonePageSeen,
    /// Valid ID document seen and registered.
    DocumentRegistered,
    /// Health declaration on paper.
    HealthDeclaration,
    /// A companion without evidence.
    Companion,
    /// Against a proven yellow or red, with a cause.
    Override(Cause),
}

/// The closed list of causes (DOMAIN §19).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Cause {
    /// 就医.
    MedicalVisit,
    /// 急诊.
    Emergency,
    /// 公安 / 疾控处置.
    PoliceOrDiseaseControl,
    /// 误判已核实.
    MisjudgedVerified,
    /// 疏散.
    Evacuation,
}

impl Act {
    /// The proofs, in the order of their digits 1 to 6.
    pub const PROOFS: [Act; 6] = [
        Act::PaperCertificate,
        Act::TestReport,
        Act::TravelCardSeen,
        Act::PhonePageSeen,
        Act::DocumentRegistered,
        Act::HealthDeclaration,
    ];

    /// The code in a record.
    pub fn code(self) -> u8 {
        match self {
            Act::PaperCertificate => 1,
            Act::TestReport => 2,
            Act::TravelCardSeen => 3,
            Act::PhonePageSeen => 4,
            Act::DocumentRegistered => 5,
            Act::HealthDeclaration => 6,
            Act::Companion => 7,
            Act::Override(Cause::MedicalVisit) => 11,
            Act::Override(Cause::Emergency) => 12,
            Act::Override(Cause::PoliceOrDiseaseControl) => 13,
            Act::Override(Cause::MisjudgedVerified) => 14,
            Act::Override(Cause::Evacuation) => 15,
        }
    }
}

impl Cause {
    /// The causes, in the order of their digits 1 to 5.
    pub const ALL: [Cause; 5] = [
        Cause::MedicalVisit,
        Cause::Emergency,
        Cause::PoliceOrDiseaseControl,
        Cause::MisjudgedVerified,
        Cause::Evacuation,
    ];
}

/// What the panel stands before.
#[derive(Clone, Copy, Debug)]
pub struct Situation {
    /// The verdict of the person who stands here now, if one was just given.
    pub verdict: Option<Verdict>,
    /// Its reason.
    pub reason: Option<Reason>,
    /// Kind of place.
    pub place: PlaceKind,
}

impl Situation {
    fn is_coloured(self) -> bool {
        matches!(self.verdict, Some(Verdict::Stop | Verdict::Limit))
    }

    /// What `Accept` alone means, where the reason leaves one thing only: an expired document seen (DOMAIN §4), the
    /// page of a platform that does not sign yet (DOMAIN §6).
    fn one_press(self) -> Option<Act> {
        match self.reason? {
            Reason::DocumentExpired => Some(Act::DocumentRegistered),
            Reason::PlatformUnsigned => Some(Act::PhonePageSeen),
            _ => None,
        }
    }
}

/// What a press came to.
#[derive(Clone, Debug, PartialEq)]
pub enum Pressed {
    /// Nothing: the key has no meaning here.
    Nothing,
    /// The panel shows this.
    Step(StaffStep),
    /// The panel is closed again.
    Closed,
    /// Open, for this act.
    Open(Act),
    /// Look this document up.
    LookUp(Document),
    /// The second temperature reading, tenths of a degree.
    SecondReading(i16),
    /// The time now, as the attendant's own watch says.
    ConfirmTime(Timestamp),
    /// Say the last verdict once more.
    SayAgain,
    /// End the session.
    Logout,
}

/// The state of the panel between presses.
#[derive(Debug, Default)]
pub struct Panel {
    state: State,
}

#[derive(Debug, Default)]
enum State {
    #[default]
    Closed,
    Menu,
    Proof,
    Cause,
    Confirm(Cause),
    DocumentKind,
    Number(DocumentKind, TypedNumber),
    Temperature(Vec<u8, 3>),
    Time(String<TIME_DIGITS>),
}

/// Readings that a living person can have, in tenths of a degree.
const LIVING_TENTHS: core::ops::RangeInclusive<i16> = 300..=450;
/// YYYYMMDDhhmm.
const TIME_DIGITS: usize = 12;

/// Documents that are typed (DOMAIN §13), in the order of their digits 1 to 5.
pub const TYPED_DOCUMENTS: [DocumentKind; 5] = [
    DocumentKind::Passport,
    DocumentKind::HmtTravelPermit,
    DocumentKind::TaiwanTravelPermit,
    DocumentKind::TemporaryId,
    DocumentKind::HouseholdRegister,
];

impl Panel {
    /// What `key` means just now: a digit of the menu is the key that it stands for. Ask this before asking who may.
    pub fn meaning(&self, key: Key) -> Key {
        match self.state {
            State::Menu => chosen(key, &MENU).unwrap_or(key),
            _ => key,
        }
    }

    /// Whether it is open: what is pressed now answers it.
    pub fn asks(&self) -> bool {
        !matches!(self.state, State::Closed)
    }

    /// Takes a key.
    pub fn press(&mut self, key: Key, situation: Situation) -> Pressed {
        let key = self.meaning(key);
        if key == Key::Back {
            return self.close(Pressed::Closed);
        }
        // Nothing that is open on the panel delays care in a hospital (DOMAIN §1).
        if key == Key::Emergency && situation.place == PlaceKind::Hospital {
            return self.close(Pressed::Open(Act::Override(Cause::Emergency)));
        }
        // A number is not moved: each move would leave a copy of it behind.
        if let State::Number(kind, number) = &mut self.state {
            let pressed = type_number(key, *kind, number);
            return if let Pressed::LookUp(_) = pressed { self.close(pressed) } else { pressed };
        }
        match core::mem::take(&mut self.state) {
            State::Closed | State::Menu => self.begin(key, situation),
            // A verdict that came while the proofs were shown: no proof opens against yellow or red (DOMAIN §19).
            State::Proof if situation.is_coloured() => self.show(State::Cause, StaffStep::ChooseCause),
            State::Proof => match chosen(key, &Act::PROOFS) {
                Some(act) => Pressed::Open(act),
                None => self.show(State::Proof, StaffStep::ChooseProof),
            },
            State::Cause => match chosen(key, &Cause::ALL) {
                Some(cause) => self.show(State::Confirm(cause), StaffStep::ConfirmOpening),
                None => self.show(State::Cause, StaffStep::ChooseCause),
            },
            State::Confirm(cause) if key == Key::Ok => self.close(Pressed::Open(Act::Override(cause))),
            State::Confirm(cause) => self.show(State::Confirm(cause), StaffStep::ConfirmOpening),
            State::DocumentKind => match chosen(key, &TYPED_DOCUMENTS) {
                Some(kind) => {
                    self.show(State::Number(kind, TypedNumber::default()), StaffStep::TypeNumber { typed: 0 })
                }
                None => self.show(State::DocumentKind, StaffStep::ChooseDocument),
            },
            // Answered above.
            State::Number(..) => Pressed::Nothing,
            State::Temperature(digits) => self.type_temperature(key, digits),
            State::Time(digits) => self.type_time(key, digits),
        }
    }

    /// Another person stands here: a question about opening for the one before is closed. Half a number stays.
    pub fn new_person(&mut self) {
        if matches!(self.state, State::Proof | State::Cause | State::Confirm(_)) {
            self.state = State::Closed;
        }
    }

    fn begin(&mut self, key: Key, situation: Situation) -> Pressed {
        match key {
            Key::Accept | Key::Companion if situation.is_coloured() => {
                self.show(State::Cause, StaffStep::ChooseCause)
            }
            Key::Accept => match situation.one_press() {
                Some(act) => Pressed::Open(act),
                None => self.show(State::Proof, StaffStep::ChooseProof),
            },
            Key::Companion => Pressed::Open(Act::Companion),
            Key::Emergency => self.show(State::Confirm(Cause::Emergency), StaffStep::ConfirmOpening),
            Key::Document => self.show(State::DocumentKind, StaffStep::ChooseDocument),
            Key::Temperature => {
                self.show(State::Temperature(Vec::new()), StaffStep::TypeTemperature { typed: 0 })
            }
            Key::Clock => self.show(State::Time(String::new()), StaffStep::TypeTime { typed: 0 }),
            Key::SayAgain => Pressed::SayAgain,
            Key::Logout => Pressed::Logout,
            Key::Ok => self.show(State::Menu, StaffStep::Menu),
            Key::Digit(_) | Key::Letter(_) | Key::Back => Pressed::Nothing,
        }
    }

    fn type_temperature(&mut self, key: Key, mut digits: Vec<u8, 3>) -> Pressed {
        match key {
            Key::Digit(digit) if digit < 10 => {
                let _ = digits.push(digit); // a fourth digit is not taken
            }
            Key::Ok if digits.is_full() => {
                let tenths = digits.iter().fold(0, |value, digit| value * 10 + i16::from(*digit));
                if LIVING_TENTHS.contains(&tenths) {
                    return Pressed::SecondReading(tenths);
                }
                return self.show(State::Temperature(Vec::new()), StaffStep::NumberWrong);
            }
            _ => {}
        }
        let typed = digits.len() as u8; // at most 3
        self.show(State::Temperature(digits), StaffStep::TypeTemperature { typed })
    }

    fn type_time(&mut self, key: Key, mut digits: String<TIME_DIGITS>) -> Pressed {
        match key {
            Key::Digit(digit) if digit < 10 => {
                let _ = digits.push(char::from(b'0' + digit)); // a thirteenth digit is not taken
            }
            Key::Ok => {
                return match civil_time(digits.as_bytes()) {
                    Some(time) => Pressed::ConfirmTime(time),
                    None => self.show(State::Time(String::new()), StaffStep::TimeWrong),
                };
            }
            _ => {}
        }
        let typed = digits.len() as u8; // at most 12
        self.show(State::Time(digits), StaffStep::TypeTime { typed })
    }

    fn show(&mut self, state: State, step: StaffStep) -> Pressed {
        self.state = state;
        Pressed::Step(step)
    }

    fn close(&mut self, pressed: Pressed) -> Pressed {
        self.state = State::Closed;
        pressed
    }
}

fn type_number(key: Key, kind: DocumentKind, number: &mut TypedNumber) -> Pressed {
    match key {
        Key::Digit(digit) if digit < 10 => number.push(b'0' + digit),
        Key::Letter(letter) if letter.is_ascii_uppercase() => number.push(letter),
        Key::Ok => {
            return match Document::parse(kind, number.text()) {
                Ok(document) => Pressed::LookUp(document),
                Err(_) => {
                    number.zeroize();
                    Pressed::Step(StaffStep::NumberWrong)
                }
            };
        }
        _ => {}
    }
    Pressed::Step(StaffStep::TypeNumber { typed: number.len() })
}

/// The instant of `YYYYMMDDhhmm` in UTC+8.
fn civil_time(digits: &[u8]) -> Option<Timestamp> {
    let (date, clock) = digits.split_at_checked(8)?;
    let days = u64::try_from(Date::parse_yyyymmdd(date).ok()?.days_since_1970()).ok()?;
    let two = |at: usize| Some(u64::from(clock.get(at)? - b'0') * 10 + u64::from(clock.get(at + 1)? - b'0'));
    let (hour, minute) = (two(0)?, two(2)?);
    if hour > 23 || minute > 59 {
        return None;
    }
    Timestamp::from_unix((days * 86_400 + hour * 3_600 + minute * 60).checked_sub(8 * 3_600)?)
}

/// Digit 1 is the first of `choices`; any other key chooses nothing.
fn chosen<T: Copy>(key: Key, choices: &[T]) -> Option<T> {
    let Key::Digit(digit) = key else { return None };
    choices.get(usize::from(digit).checked_sub(1)?).copied()
}

#[cfg(test)]
mod tests;
