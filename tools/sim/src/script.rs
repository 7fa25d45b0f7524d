//! The vocabulary of scenarios: what people, staff and devices do, and what must come of it.
//! Promises: a scenario is TOML; whatever is not in the vocabulary is refused with its line; nothing here knows which
//! verdict is right, the scenario says so.
//! Must not know: how a step is played (`tour::player`).
//!
//! `assets/demo/scenario.toml` is the example; `assets/demo/tour/` holds the tour.

mod expected;
mod measures;
mod people;

use anyhow::{Context, Result, ensure};
use serde::{Deserialize, Serialize};

pub use expected::{Kept, Outcome, Refusal, Word};
pub use measures::{Sampling, Span};
pub use people::{Member, Says, Who};

/// Largest scenario file in bytes.
const LARGEST: usize = 256 * 1024;

/// A file of passages: one row of the tour's table.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// What is shown, in the words of the table.
    pub row: String,
    /// What must come of it, in the words of the table.
    pub verdicts: String,
    /// Passages whose reasons must all be different, by id.
    #[serde(default)]
    pub own_reasons: Vec<String>,
    /// The passages, each on a terminal of its own.
    pub passage: Vec<Passage>,
}

/// One passage, or one short story of a few.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Passage {
    /// Its name: small letters, digits and hyphens.
    pub id: String,
    /// Who comes.
    #[serde(default = "somebody")]
    pub who: String,
    /// What they show.
    pub shows: String,
    /// The world it happens in.
    #[serde(default)]
    pub world: Surroundings,
    /// What happens.
    pub steps: Vec<Step>,
    /// What must come of it, in one word of the table.
    pub expected: Word,
    /// What more must come of it, or other than the word alone says.
    #[serde(default)]
    pub and: Outcome,
}

fn somebody() -> String {
    "测试甲".into()
}

/// The world of a passage. What is left out is an ordinary day at the station.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Surroundings {
    /// Where.
    pub place: Place,
    /// Which way the lane leads.
    pub lane: Lane,
    /// Whom the list names.
    pub scope: Scope,
    /// How old the list is; an hour if not said.
    pub list_age: Option<Span>,
    /// Who is listed as green, yellow and red.
    pub green: Vec<Who>,
    /// Listed as yellow.
    pub yellow: Vec<Who>,
    /// Listed as red.
    pub red: Vec<Who>,
    /// Data that the terminal never got.
    pub without: Vec<Missing>,
    /// The battery-backed clock at the start.
    pub clock: Clock,
    /// What policy says of checks in a region of low risk.
    pub checks: Checks,
}

/// A kind of place.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// 测试车站.
    #[default]
    Station,
    /// 测试医院.
    Hospital,
}

/// A lane's direction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Lane {
    /// Into the place.
    #[default]
    In,
    /// Out of it.
    Out,
}

/// Whom a list names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// Everybody.
    #[default]
    Population,
    /// Only who is not green.
    Exceptions,
}

/// Data that a terminal can lack.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Missing {
    /// The status list.
    List,
    /// The key set.
    KeySet,
    /// The staff list.
    StaffList,
    /// The policies.
    Policy,
}

/// The battery-backed clock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Clock {
    /// Healthy and right.
    #[default]
    Healthy,
    /// Healthy, set from a confirmed clock, and a day ahead.
    HealthyDayAhead,
    /// Its battery was empty: 1970.
    #[serde(rename = "1970")]
    Dead,
    /// Suspect and a day ahead.
    SuspectDayAhead,
    /// Suspect and a day back.
    SuspectDayBack,
}

/// Whether people are checked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Checks {
    /// They are.
    #[default]
    On,
    /// Nobody is checked at low risk (DOMAIN §9).
    OffAtLowRisk,
}

/// One thing that happens.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Step {
    /// Holds a credential to the camera until a screen answers; it stays there.
    Hold(Code),
    /// Holds two phones to the camera at once.
    HoldBoth(Code, Code),
    /// Holds a code with any text to the camera.
    HoldText(String),
    /// Holds a code with so many bytes to the camera; 0 is an empty code.
    HoldBytes(usize),
    /// Takes what is before the camera away.
    Away,
    /// Lays a card on the reader, and takes it away when a screen has answered.
    Tap(Card),
    /// Lays a card on the reader, and leaves it there.
    Lay(Card),
    /// Lays a card on the reader and pulls it away while it is being read.
    PullAway(Card),
    /// Lays a card on the reader and holds a code to the camera while it is being read; the code stays there.
    TapWithCode(Card, Code),
    /// Takes the card from the reader.
    TakeCard,
    /// A member of staff holds the badge to the camera; it stays there.
    Badge(Member),
    /// Badge, PIN, 确认, and the badge away.
    Login(Member),
    /// Keys of the attendant's panel, in order.
    Press(Vec<Key>),
    /// Types digits and letters, then 确认.
    Type(String),
    /// Milliseconds pass.
    WaitMs(u64),
    /// The power is cut for so many seconds.
    RestartAfterS(u64),
    /// A person walks through: steps in after so many milliseconds, is through so many later.
    WalkMs(u64, u64),
    /// The thermometer reads tenths of a degree from now on.
    Warm(i16),
    /// Something happens to the terminal.
    Event(Happening),
    /// So it must be by now.
    Check(Box<Outcome>),
}

/// What happens to a terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Happening {
    /// The camera's plug is pulled.
    CameraUnplugged,
    /// The card reader's plug is pulled.
    ReaderUnplugged,
    /// The card reader answers nothing any more.
    ReaderSilent,
    /// No room on the disk.
    DiskFull,
    /// No write to the disk succeeds.
    DiskBroken,
    /// The disk works again.
    DiskWell,
    /// The fire input becomes active.
    Fire,
    /// The fire is over.
    FireOver,
}

/// A credential to be shown. The same words in one passage are the same credential.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Code {
    /// Its kind.
    pub code: Kind,
    /// What it states.
    pub says: Says,
    /// About whom.
    #[serde(default)]
    pub about: Who,
    /// By whom; the kind's own issuer if not said.
    pub by: Option<Issuer>,
    /// Time since its issue; a minute if not said.
    pub age: Option<Span>,
    /// From issue to expiry; the longest that its issuer may give if not said.
    pub life: Option<Span>,
    /// A test's sampling: how many calendar days ago, and at what time.
    pub sampled: Option<Sampling>,
    /// What is wrong with it.
    #[serde(default)]
    pub fault: Fault,
}

/// Kinds of credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A phone's code.
    Screen,
    /// 离线码, on paper.
    Paper,
    /// A nucleic-acid test certificate, on paper.
    Test,
    /// A community's or medical certificate, on paper.
    Certificate,
}

/// Issuers of the demo.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Issuer {
    /// Our province.
    Ours,
    /// Our province's former key, ended three days ago.
    OursRetired,
    /// The national platform.
    National,
    /// Another province.
    OtherProvince,
    /// A laboratory.
    Laboratory,
    /// A key that is not in the key set.
    Unknown,
}

/// What is wrong with a credential.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// Nothing.
    #[default]
    None,
    /// Its issuer's key signed what no desk would sign.
    SignedOffDesk,
    /// Another key signed it under its issuer's key id.
    Forged,
    /// The code ends early.
    Truncated,
    /// A bit of one character is flipped: it is no character of a code any more.
    BitOfTextFlipped,
    /// A bit within the signed bytes is flipped.
    SignedBitFlipped,
    /// It names another signature algorithm.
    ForeignAlgorithm,
    /// It was revoked by its id.
    Revoked,
}

/// A card to be laid on the reader.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Card {
    /// Its kind.
    pub card: CardKind,
    /// Whose; only resident ID cards are anybody's.
    #[serde(default)]
    pub of: Who,
    /// Whether it is past its last day.
    #[serde(default)]
    pub validity: Validity,
    /// Whether its check digit is right.
    #[serde(default)]
    pub check_digit: CheckDigit,
}

/// The four card types (DOMAIN §13).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CardKind {
    /// 居民身份证.
    Resident,
    /// 外国人永久居留身份证 of 2017.
    #[serde(rename = "permanent_2017")]
    Permanent2017,
    /// 外国人永久居留身份证 of 2023.
    #[serde(rename = "permanent_2023")]
    Permanent2023,
    /// 港澳台居民居住证.
    ResidencePermit,
}

/// A card's validity.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Validity {
    /// Until 2035.
    #[default]
    Valid,
    /// Until 2024.
    Expired,
}

/// A number's check digit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckDigit {
    /// Fits.
    #[default]
    Right,
    /// Does not.
    Wrong,
}

/// Keys of the attendant's panel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Key {
    /// 接受证明.
    Accept,
    /// 同行人.
    Companion,
    /// 就医 · 急诊.
    Emergency,
    /// 录入证件.
    Document,
    /// 复测体温.
    Temperature,
    /// 确认时间.
    Clock,
    /// 确认.
    Ok,
    /// 返回.
    Back,
    /// 再说一遍.
    SayAgain,
    /// 退出.
    Logout,
    /// 1, and so on: the choices of a menu.
    #[serde(rename = "1")]
    One,
    /// 2.
    #[serde(rename = "2")]
    Two,
    /// 3.
    #[serde(rename = "3")]
    Three,
    /// 4.
    #[serde(rename = "4")]
    Four,
    /// 5.
    #[serde(rename = "5")]
    Five,
    /// 6.
    #[serde(rename = "6")]
    Six,
}

impl Scenario {
    /// Reads a scenario.
    ///
    /// # Errors
    /// With the line, and what is wrong there.
    pub fn read(text: &str) -> Result<Scenario> {
        ensure!(text.len() <= LARGEST, "a scenario has at most {LARGEST} bytes, this has {}", text.len());
        let scenario: Scenario = toml::from_str(text)?;
        for passage in &scenario.passage {
            passage
                .check()
                .with_context(|| format!("passage `{}`, line {}", passage.id, line(text, &passage.id)))?;
        }
        for id in &scenario.own_reasons {
            let known = scenario.passage.iter().any(|passage| passage.id == *id);
            ensure!(known, "line {}: `own_reasons` names `{id}`, which is no passage here", line(text, id));
        }
        Ok(scenario)
    }
}

impl Passage {
    fn check(&self) -> Result<()> {
        let small = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        let named = (1..=60).contains(&self.id.len()) && self.id.chars().all(small);
        ensure!(named, "an id has 1 to 60 small letters, digits and hyphens");
        ensure!(!self.steps.is_empty(), "nothing happens: `steps` is empty");
        Ok(())
    }
}

/// The line, from 1, where a quoted word stands first.
fn line(text: &str, word: &str) -> usize {
    let quoted = format!("\"{word}\"");
    text.lines().position(|line| line.contains(&quoted)).map_or(0, |before| before + 1)
}

#[cfg(test)]
mod tests;
