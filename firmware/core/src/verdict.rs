//! The words of a decision: verdict, reason, advice, and the place it is made in.
//! Promises: closed sets; every reason has one stable code; nothing here can be a sentence of free text.
//! Must not know: how a decision comes about (`decide`), nor in which language it is told (`gate_ui`).

/// The four verdicts (DOMAIN §1). All but `Pass` keep the latch shut and call the attendant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// 请通行.
    Pass,
    /// 限制.
    Limit,
    /// 禁止: a newest proven, current red only (DOMAIN §2).
    Stop,
    /// 请走人工通道.
    Assist,
}

/// Kinds of place that policy tells apart (DOMAIN §9).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PlaceKind {
    /// Railway and coach stations, airports, ports.
    Station,
    /// Hospitals and clinics: nothing may read as refusal of care.
    Hospital,
    /// Schools.
    School,
    /// Government service halls.
    Government,
    /// Markets and shops.
    Market,
    /// Residential communities.
    Community,
    /// Any other place.
    Other,
}

/// Risk level of the region, from signed data (DOMAIN §9).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RiskLevel {
    /// 低风险.
    Low,
    /// 中风险.
    Medium,
    /// 高风险.
    High,
}

/// Which way a lane leads (DOMAIN §20).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// Into the place.
    In,
    /// Out of it: always opens, and records.
    Out,
}

/// The one thing a person is asked to do, chosen by policy (DOMAIN §1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Advice {
    /// Walk through.
    WalkThrough,
    /// 请到人工通道登记.
    RegisterAtStaffLane,
    /// 请稍候，工作人员马上来.
    StaffIsComing,
    /// 请走发热门诊专用通道.
    FeverClinicLane,
    /// 请刷新，或直接刷身份证.
    RefreshOrTapCard,
    /// 请刷身份证.
    TapCard,
    /// 请出示手机页面给工作人员看.
    ShowPhoneToStaff,
    /// 请工作人员登记.
    StaffRegisters,
    /// 请复测体温.
    MeasureAgain,
    /// 请走人工通道.
    StaffLane,
}

macro_rules! reasons {
    ($($(#[$doc:meta])+ $name:ident = $code:literal,)+) => {
        /// Why a verdict was given. The code is a stable letter and two digits (DOMAIN §17): letter by verdict.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Reason { $($(#[$doc])+ $name,)+ }

        impl Reason {
            /// Every reason, in the order of the codes.
            pub const ALL: &'static [Reason] = &[$(Reason::$name,)+];

            /// The stable code, e.g. `A07`.
            pub fn code(self) -> &'static str {
                match self { $(Reason::$name => $code,)+ }
            }
        }
    };
}

reasons! {
    /// A green code.
    GreenCode = "P01",
    /// 未见异常 of the national page.
    NoAbnormality = "P02",
    /// Green in our list, found by document.
    GreenListed = "P03",
    /// Not among the exceptions of an exception-scope list.
    NotAnException = "P04",
    /// A negative test within the days of policy.
    NegativeTest = "P05",
    /// A community's or medical certificate.
    Certified = "P06",
    /// Our newer list entry is green, the code older.
    NewerGreenEntry = "P07",
    /// A yellow code.
    YellowCode = "L01",
    /// Yellow in our list.
    YellowListed = "L02",
    /// A positive test.
    PositiveTest = "L03",
    /// A red code.
    RedCode = "S01",
    /// Red in our list.
    RedListed = "S02",
    /// The code's time is over.
    CodeExpired = "A01",
    /// The code's issue time lies ahead of the clock.
    CodeAhead = "A02",
    /// The clock is not confirmed.
    ClockUnconfirmed = "A03",
    /// No key of the key set has this id.
    IssuerUnknown = "A04",
    /// Issued after the key's end.
    IssuerRetired = "A05",
    /// Issued after the key was declared stolen.
    IssuerRevoked = "A06",
    /// The issuer may not give this kind.
    KindNotAllowed = "A07",
    /// Longer-lived than the issuer may give.
    LifeTooLong = "A08",
    /// This credential was revoked, or all of its subject before a time.
    CredentialRevoked = "A09",
    /// The signature does not fit.
    SignatureWrong = "A10",
    /// Another signature algorithm.
    AlgorithmForeign = "A11",
    /// The text has characters that are no part of a code.
    TextDamaged = "A12",
    /// The code ends early.
    CodeCutOff = "A13",
    /// Not in the form that issuers use.
    CodeMalformed = "A14",
    /// Nothing in it.
    CodeEmpty = "A15",
    /// Larger than any credential.
    CodeOversize = "A16",
    /// A place code: people scan it with their phones.
    PlaceCode = "A17",
    /// A code of a platform that does not sign yet.
    PlatformUnsigned = "A18",
    /// A web link.
    WebLink = "A19",
    /// A Wi-Fi code.
    WifiCode = "A20",
    /// Some other code.
    OtherCode = "A21",
    /// A staff badge where a person's code is asked for.
    BadgeIsNoCode = "A22",
    /// The national page's "abnormal".
    NationalAbnormal = "A23",
    /// The negative test is older than policy takes.
    TestTooOld = "A24",
    /// Not on the list of the whole population.
    NotListed = "A25",
    /// Our list and another issuer's code disagree.
    SourcesDisagree = "A26",
    /// Code and card are of two people.
    CodeAndCardDiffer = "A27",
    /// There is no list on this terminal.
    ListMissing = "A28",
    /// The list is past its stale limit, or other data past the band that policy names.
    ListStale = "A29",
    /// The list is damaged where this person would be.
    ListDamaged = "A30",
    /// The document is past its validity.
    DocumentExpired = "A31",
    /// The document number's check digit is wrong.
    CheckDigitWrong = "A32",
    /// The card could not be read.
    CardUnreadable = "A33",
    /// The card reader does not work.
    ReaderUnwell = "A34",
    /// There is no key set on this terminal.
    KeySetMissing = "A35",
    /// There is no policy on this terminal.
    PolicyMissing = "A36",
    /// The temperature is high.
    TemperatureHigh = "A37",
    /// The second reading is high too.
    TemperatureHighAgain = "A38",
    /// The passage could not be recorded.
    NotRecorded = "A39",
    /// This code was used here before and policy asks for a look.
    UsedBefore = "A40",
    /// Three hints did not help.
    HintsExhausted = "A41",
    /// No row of the policy is more precise: its last row asks for a look.
    PolicyAsksForLook = "A42",
    /// An invariant broke.
    InternalFault = "A43",
    /// The latch does not take what it is told.
    LatchUnwell = "A44",
}

impl Reason {
    /// The verdict that this reason belongs to: its letter.
    pub fn verdict(self) -> Verdict {
        match self.code().as_bytes()[0] {
            b'P' => Verdict::Pass,
            b'L' => Verdict::Limit,
            b'S' => Verdict::Stop,
            _ => Verdict::Assist,
        }
    }

    /// The reason with this code.
    pub fn from_code(code: &str) -> Option<Reason> {
        Reason::ALL.iter().copied().find(|reason| reason.code() == code)
    }

    /// The advice that goes with a refusal, where no policy row decides.
    pub fn own_advice(self) -> Advice {
        match self {
            Reason::CodeExpired => Advice::RefreshOrTapCard,
            Reason::PlatformUnsigned => Advice::ShowPhoneToStaff,
            Reason::NotListed => Advice::StaffRegisters,
            Reason::TemperatureHigh => Advice::MeasureAgain,
            Reason::ClockUnconfirmed
            | Reason::TestTooOld
            | Reason::PlaceCode
            | Reason::WebLink
            | Reason::WifiCode
            | Reason::OtherCode
            | Reason::CodeEmpty => Advice::TapCard,
            _ => Advice::StaffLane,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_unique_a_letter_and_two_digits() {
        for (i, reason) in Reason::ALL.iter().enumerate() {
            let code = reason.code().as_bytes();
            assert!(
                code.len() == 3 && b"PLSA".contains(&code[0]) && code[1..].iter().all(u8::is_ascii_digit)
            );
            assert_eq!(Reason::from_code(reason.code()), Some(*reason));
            assert!(Reason::ALL[..i].iter().all(|other| other.code() != reason.code()));
        }
    }
}
