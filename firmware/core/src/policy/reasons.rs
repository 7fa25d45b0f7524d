//! Which reason a policy may give for which case (DOMAIN §17: the person is told it, the record keeps it).
//! Promises: a reason of a policy's row says what was found; the terminal's own reasons are no policy's to give.
//! Must not know: verdicts, rows.

use crate::case::{Case, DataAge, EvidenceKind, Finding, Source, Temperature, TestAge, UseClass};
use crate::time::ClockTrust;
use crate::verdict::Reason;

/// Whether `reason` is true of `case`.
pub(super) fn fits(reason: Reason, case: &Case) -> bool {
    let says = |finding, source| case.finding == finding && case.source == source;
    let has_document = matches!(case.evidence, EvidenceKind::Card | EvidenceKind::TypedDocument);
    match reason {
        Reason::GreenCode => says(Finding::Green, Source::Code),
        Reason::GreenListed => says(Finding::Green, Source::List) && has_document,
        Reason::NewerGreenEntry => says(Finding::Green, Source::List) && !has_document,
        Reason::NoAbnormality => case.finding == Finding::NoAbnormality,
        Reason::NotAnException => case.finding == Finding::NotAnException,
        Reason::NegativeTest => case.finding == Finding::Negative && case.test == TestAge::Within,
        Reason::Certified => case.finding == Finding::Certified,
        Reason::YellowCode => says(Finding::Yellow, Source::Code),
        Reason::YellowListed => says(Finding::Yellow, Source::List),
        Reason::RedCode => says(Finding::Red, Source::Code),
        Reason::RedListed => says(Finding::Red, Source::List),
        Reason::PositiveTest => case.finding == Finding::Positive,
        Reason::NationalAbnormal => case.finding == Finding::Abnormal,
        Reason::NotListed => case.finding == Finding::NotListed,
        Reason::TestTooOld => case.test == TestAge::Past,
        Reason::ClockUnconfirmed => case.clock == ClockTrust::Unconfirmed,
        Reason::ListMissing => case.data == DataAge::Missing,
        Reason::ListStale => case.data.is_past(),
        Reason::TemperatureHigh => case.temperature == Temperature::High,
        Reason::TemperatureHighAgain => case.temperature == Temperature::HighAgain,
        Reason::UsedBefore => case.uses == UseClass::Again,
        // Of these a policy knows nothing: they are found before it is asked.
        Reason::CodeExpired
        | Reason::CodeAhead
        | Reason::IssuerUnknown
        | Reason::IssuerRetired
        | Reason::IssuerRevoked
        | Reason::KindNotAllowed
        | Reason::LifeTooLong
        | Reason::CredentialRevoked
        | Reason::SignatureWrong
        | Reason::AlgorithmForeign
        | Reason::TextDamaged
        | Reason::CodeCutOff
        | Reason::CodeMalformed
        | Reason::CodeEmpty
        | Reason::CodeOversize
        | Reason::PlaceCode
        | Reason::PlatformUnsigned
        | Reason::WebLink
        | Reason::WifiCode
        | Reason::OtherCode
        | Reason::BadgeIsNoCode
        | Reason::SourcesDisagree
        | Reason::CodeAndCardDiffer
        | Reason::ListDamaged
        | Reason::DocumentExpired
        | Reason::CheckDigitWrong
        | Reason::CardUnreadable
        | Reason::ReaderUnwell
        | Reason::KeySetMissing
        | Reason::PolicyMissing
        | Reason::NotRecorded
        | Reason::HintsExhausted
        | Reason::InternalFault
        | Reason::LatchUnwell => false,
        Reason::PolicyAsksForLook => true,
    }
}
