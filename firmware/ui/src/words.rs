//! What is said, in both languages: the string tables of `assets/strings` as constants.
//! Promises: every reason, advice, hint and fault has a text in Chinese and in English, or this does not compile.
//! Must not know: sizes, places on the screen.

use gate_core::attendant::{Act, Cause, Key};
use gate_core::manifest::Dataset;
use gate_core::screen::{Band, Fault, Hint, OutOfService, Part, UpdateRefused};
use gate_core::verdict::{Advice, Reason, Verdict};
use gate_wire::document::DocumentKind;

/// One text in both languages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Text {
    /// Chinese.
    pub zh: &'static str,
    /// English.
    pub en: &'static str,
}

include!(concat!(env!("OUT_DIR"), "/strings.rs"));

/// The heading of a verdict (DOMAIN, "What the screen says").
pub fn verdict(verdict: Verdict) -> Text {
    match verdict {
        Verdict::Pass => HEADING_SHORT_PASS,
        Verdict::Limit => HEADING_LIMIT,
        Verdict::Stop => HEADING_SHORT_STOP,
        Verdict::Assist => HEADING_ASSIST,
    }
}

/// The one thing to do.
pub fn advice(advice: Advice) -> Text {
    match advice {
        Advice::WalkThrough => ADVICE_WALK_THROUGH,
        Advice::RegisterAtStaffLane => ADVICE_REGISTER_AT_STAFF_LANE,
        Advice::StaffIsComing => ADVICE_STAFF_IS_COMING,
        Advice::FeverClinicLane => ADVICE_FEVER_CLINIC_LANE,
        Advice::RefreshOrTapCard => ADVICE_REFRESH_OR_TAP_CARD,
        Advice::TapCard => ADVICE_TAP_CARD,
        Advice::ShowPhoneToStaff => ADVICE_SHOW_PHONE_TO_STAFF,
        Advice::StaffRegisters => ADVICE_STAFF_REGISTERS,
        Advice::MeasureAgain => ADVICE_MEASURE_AGAIN,
        Advice::StaffLane => ADVICE_STAFF_LANE,
    }
}

/// A fault, as much as a person at the gate needs of it.
pub fn fault(fault: Fault) -> Text {
    match fault {
        Fault::Camera => FAULT_CAMERA,
        Fault::Reader => FAULT_READER,
        Fault::DiskFull => FAULT_DISK_FULL,
        Fault::Journal => FAULT_JOURNAL,
        Fault::Clock => FAULT_CLOCK,
        Fault::ListMissing => FAULT_LIST_MISSING,
        Fault::ListStale => FAULT_LIST_STALE,
        Fault::ListDamaged => FAULT_LIST_DAMAGED,
        Fault::KeySetMissing => FAULT_KEY_SET_MISSING,
        Fault::PolicyMissing => FAULT_POLICY_MISSING,
        Fault::Fire => FAULT_FIRE,
        Fault::CaseOpen => FAULT_CASE_OPEN,
        Fault::Sounder => FAULT_SOUNDER,
        Fault::Inputs => FAULT_INPUTS,
        Fault::Latch => FAULT_LATCH,
        Fault::Thermometer => FAULT_THERMOMETER,
        Fault::Keys => FAULT_KEYS,
    }
}

/// What to do differently.
pub fn hint(hint: Hint) -> Text {
    match hint {
        Hint::OneCodeAtATime => HINT_ONE_CODE,
        Hint::PlaceCardAgain => HINT_CARD_AGAIN,
        Hint::ComeCloser => HINT_CLOSER,
        Hint::BrightenScreen => HINT_BRIGHTEN,
        Hint::HoldStill => HINT_STILL,
        Hint::ShowAgain => HINT_AGAIN,
    }
}

/// What a key of the panel is called; digits, letters, 确认 and 返回 are called by what is printed on them.
pub fn key(key: Key) -> Text {
    match key {
        Key::Accept => MENU_ACCEPT,
        Key::Companion => MENU_COMPANION,
        Key::Emergency => MENU_EMERGENCY,
        Key::Document => MENU_DOCUMENT,
        Key::Temperature => MENU_TEMPERATURE,
        Key::Clock => MENU_CLOCK,
        Key::SayAgain => MENU_SAY_AGAIN,
        Key::Logout => MENU_LOGOUT,
        Key::Digit(_) | Key::Letter(_) | Key::Ok | Key::Back => Text { zh: "", en: "" },
    }
}

/// Why new data were not taken.
pub fn update_refused(why: UpdateRefused) -> Text {
    match why {
        UpdateRefused::Unreadable => UPDATE_UNREADABLE,
        UpdateRefused::NoData => UPDATE_NO_DATA,
        UpdateRefused::NotForHere => UPDATE_NOT_FOR_HERE,
        UpdateRefused::Unproven => UPDATE_UNPROVEN,
        UpdateRefused::Older => UPDATE_OLDER,
        UpdateRefused::NoRoom => UPDATE_NO_ROOM,
        UpdateRefused::NotChecked => UPDATE_NOT_CHECKED,
        UpdateRefused::NotAnswered => UPDATE_NOT_ANSWERED,
        UpdateRefused::OutOfTime => UPDATE_OUT_OF_TIME,
        UpdateRefused::NotEnrolled => UPDATE_NOT_ENROLLED,
    }
}

/// A part that the self-test looks at.
pub fn part(part: Part) -> Text {
    match part {
        Part::Keys => FACTS_KEYS,
        Part::KeySet => FACTS_KEY_SET,
        Part::Policy => FACTS_POLICY,
        Part::Places => FACTS_PLACES,
        Part::StaffList => FACTS_STAFF_LIST,
        Part::DayKeys => FACTS_DAY_KEYS,
        Part::List => FACTS_LIST,
        Part::Journal => FACTS_JOURNAL,
        Part::Clock => FACTS_CLOCK,
        Part::Camera => FACTS_CAMERA,
        Part::Reader => FACTS_READER,
        Part::Speaker => FACTS_SPEAKER,
    }
}

/// A dataset.
pub fn dataset(dataset: Dataset) -> Text {
    match dataset {
        Dataset::KeySet => FACTS_KEY_SET,
        Dataset::PolicyStation | Dataset::PolicyHospital => FACTS_POLICY,
        Dataset::Places => FACTS_PLACES,
        Dataset::RiskLevels => FACTS_RISK_LEVELS,
        Dataset::StaffList => FACTS_STAFF_LIST,
        Dataset::Revocations => FACTS_REVOCATIONS,
        Dataset::StatusList | Dataset::StatusDelta => FACTS_LIST,
        Dataset::DayKeys => FACTS_DAY_KEYS,
    }
}

/// How old data are by the policy's limits.
pub fn band(band: Band) -> Text {
    match band {
        Band::Missing => FACTS_NONE,
        Band::Fresh => FACTS_BAND_FRESH,
        Band::Ageing => FACTS_BAND_AGEING,
        Band::Stale => FACTS_BAND_STALE,
        Band::Expired => FACTS_BAND_EXPIRED,
    }
}

/// Why nobody is served.
pub fn out_of_service(why: OutOfService) -> Text {
    match why {
        OutOfService::Maintenance => SERVICE_MAINTENANCE,
        OutOfService::Starting => SERVICE_STARTING,
        OutOfService::NotEnrolled => SERVICE_NOT_ENROLLED,
        OutOfService::NoData => SERVICE_NO_DATA,
    }
}

/// What an attendant accepted or did.
pub fn act(act: Act) -> Text {
    match act {
        Act::PaperCertificate => ACT_PAPER_CERTIFICATE,
        Act::TestReport => ACT_TEST_REPORT,
        Act::TravelCardSeen => ACT_TRAVEL_CARD,
        Act::PhonePageSeen => ACT_PHONE_PAGE,
        Act::DocumentRegistered => ACT_DOCUMENT,
        Act::HealthDeclaration => ACT_DECLARATION,
        Act::Companion => ACT_COMPANION,
        Act::Override(cause) => self::cause(cause),
    }
}

/// Why an attendant opens against a proven yellow or red (DOMAIN §19).
pub fn cause(cause: Cause) -> Text {
    match cause {
        Cause::MedicalVisit => CAUSE_CARE,
        Cause::Emergency => CAUSE_EMERGENCY,
        Cause::PoliceOrDiseaseControl => CAUSE_AUTHORITY,
        Cause::MisjudgedVerified => CAUSE_MISTAKE,
        Cause::Evacuation => CAUSE_EVACUATION,
    }
}

/// A kind of document (DOMAIN §13).
pub fn document(kind: DocumentKind) -> Text {
    match kind {
        DocumentKind::ResidentId => DOCUMENT_RESIDENT,
        DocumentKind::HmtResidencePermit => DOCUMENT_HMT_RESIDENCE,
        DocumentKind::PermanentResident2017 | DocumentKind::PermanentResident2023 => DOCUMENT_PERMANENT,
        DocumentKind::Passport => DOCUMENT_PASSPORT,
        DocumentKind::HmtTravelPermit => DOCUMENT_HK_MACAU,
        DocumentKind::TaiwanTravelPermit => DOCUMENT_TAIWAN,
        DocumentKind::TemporaryId => DOCUMENT_TEMPORARY,
        DocumentKind::HouseholdRegister => DOCUMENT_HOUSEHOLD,
    }
}

macro_rules! reasons {
    ($($reason:ident => $text:ident,)+) => {
        /// The cause in a few words, without its code.
        pub fn reason(reason: Reason) -> Text {
            match reason { $(Reason::$reason => $text,)+ }
        }
    };
}

reasons! {
    GreenCode => REASON_GREEN_CODE,
    NoAbnormality => REASON_NO_ABNORMALITY,
    GreenListed => REASON_GREEN_LISTED,
    NotAnException => REASON_NOT_AN_EXCEPTION,
    NegativeTest => REASON_NEGATIVE_TEST,
    Certified => REASON_CERTIFIED,
    NewerGreenEntry => REASON_NEWER_GREEN_ENTRY,
    YellowCode => REASON_YELLOW_CODE,
    YellowListed => REASON_YELLOW_LISTED,
    PositiveTest => REASON_POSITIVE_TEST,
    RedCode => REASON_RED_CODE,
    RedListed => REASON_RED_LISTED,
    CodeExpired => REASON_CODE_EXPIRED,
    CodeAhead => REASON_CODE_AHEAD,
    ClockUnconfirmed => REASON_CLOCK_UNCONFIRMED,
    IssuerUnknown => REASON_ISSUER_UNKNOWN,
    IssuerRetired => REASON_ISSUER_RETIRED,
    IssuerRevoked => REASON_ISSUER_REVOKED,
    KindNotAllowed => REASON_KIND_NOT_ALLOWED,
    LifeTooLong => REASON_LIFE_TOO_LONG,
    CredentialRevoked => REASON_CREDENTIAL_REVOKED,
    SignatureWrong => REASON_SIGNATURE_WRONG,
    AlgorithmForeign => REASON_ALGORITHM_FOREIGN,
    TextDamaged => REASON_TEXT_DAMAGED,
    CodeCutOff => REASON_CODE_CUT_OFF,
    CodeMalformed => REASON_CODE_MALFORMED,
    CodeEmpty => REASON_CODE_EMPTY,
    CodeOversize => REASON_CODE_OVERSIZE,
    PlaceCode => REASON_PLACE_CODE,
    PlatformUnsigned => REASON_PLATFORM_UNSIGNED,
    WebLink => REASON_WEB_LINK,
    WifiCode => REASON_WIFI_CODE,
    OtherCode => REASON_OTHER_CODE,
    BadgeIsNoCode => REASON_BADGE_IS_NO_CODE,
    NationalAbnormal => REASON_NATIONAL_ABNORMAL,
    TestTooOld => REASON_TEST_TOO_OLD,
    NotListed => REASON_NOT_LISTED,
    SourcesDisagree => REASON_SOURCES_DISAGREE,
    CodeAndCardDiffer => REASON_CODE_AND_CARD_DIFFER,
    ListMissing => REASON_LIST_MISSING,
    ListStale => REASON_LIST_STALE,
    ListDamaged => REASON_LIST_DAMAGED,
    DocumentExpired => REASON_DOCUMENT_EXPIRED,
    CheckDigitWrong => REASON_CHECK_DIGIT_WRONG,
    CardUnreadable => REASON_CARD_UNREADABLE,
    ReaderUnwell => REASON_READER_UNWELL,
    KeySetMissing => REASON_KEY_SET_MISSING,
    PolicyMissing => REASON_POLICY_MISSING,
    TemperatureHigh => REASON_TEMPERATURE_HIGH,
    TemperatureHighAgain => REASON_TEMPERATURE_HIGH_AGAIN,
    NotRecorded => REASON_NOT_RECORDED,
    UsedBefore => REASON_USED_BEFORE,
    HintsExhausted => REASON_HINTS_EXHAUSTED,
    PolicyAsksForLook => REASON_POLICY_ASKS_FOR_LOOK,
    InternalFault => REASON_INTERNAL_FAULT,
    LatchUnwell => REASON_LATCH_UNWELL,
}
