//! The kinds of identity document the terminal knows (DOMAIN §13).
//!
//! Promises: codes and tokens never change their meaning: records, lists and commands hold them.

/// A kind of identity document. Four are read from a card; the rest are typed by an attendant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DocumentKind {
    /// 居民身份证, GB 11643.
    ResidentId,
    /// 港澳台居民居住证, card type `J`.
    HmtResidencePermit,
    /// 外国人永久居留身份证 of 2017, card type `I`.
    PermanentResident2017,
    /// 外国人永久居留身份证 of 2023, card type `Y`.
    PermanentResident2023,
    /// 护照 of any state.
    Passport,
    /// 港澳居民来往内地通行证.
    HmtTravelPermit,
    /// 台湾居民来往大陆通行证.
    TaiwanTravelPermit,
    /// 临时居民身份证; carries the resident's number.
    TemporaryId,
    /// 户口簿; carries the resident's number.
    HouseholdRegister,
}

impl DocumentKind {
    /// Every kind, in the order of the codes.
    pub const ALL: [Self; 9] = [
        Self::ResidentId,
        Self::HmtResidencePermit,
        Self::PermanentResident2017,
        Self::PermanentResident2023,
        Self::Passport,
        Self::HmtTravelPermit,
        Self::TaiwanTravelPermit,
        Self::TemporaryId,
        Self::HouseholdRegister,
    ];

    /// Its stable number, 1 to 9; 0 is never a kind.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::ResidentId => 1,
            Self::HmtResidencePermit => 2,
            Self::PermanentResident2017 => 3,
            Self::PermanentResident2023 => 4,
            Self::Passport => 5,
            Self::HmtTravelPermit => 6,
            Self::TaiwanTravelPermit => 7,
            Self::TemporaryId => 8,
            Self::HouseholdRegister => 9,
        }
    }

    /// Its stable name in commands and files.
    #[must_use]
    pub const fn token(self) -> &'static str {
        match self {
            Self::ResidentId => "resident-id",
            Self::HmtResidencePermit => "hmt-permit",
            Self::PermanentResident2017 => "pr-2017",
            Self::PermanentResident2023 => "pr-2023",
            Self::Passport => "passport",
            Self::HmtTravelPermit => "hmt-travel",
            Self::TaiwanTravelPermit => "taiwan-travel",
            Self::TemporaryId => "temporary-id",
            Self::HouseholdRegister => "household",
        }
    }

    /// The kind with this [`DocumentKind::code`].
    ///
    /// # Errors
    /// [`KindError::KnowCode`] for every other number.
    pub fn from_code(code: u8) -> Result<Self, KindError> {
        Self::ALL.into_iter().find(|kind| kind.code() == code).ok_or(KindError::KnowCode { code })
    }

    /// The kind with this [`DocumentKind::token`], exactly.
    ///
    /// # Errors
    /// [`KindError::KnowToken`] for every other text.
    pub fn parse(token: &str) -> Result<Self, KindError> {
        Self::ALL.into_iter().find(|kind| kind.token() == token).ok_or(KindError::KnowToken)
    }
}

/// Why something names no kind of document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KindError {
    /// No kind has this number.
    #[error("no kind of document has the code {code}")]
    KnowCode {
        /// The number found.
        code: u8,
    },
    /// No kind has this name.
    #[error("no kind of document has this name")]
    KnowToken,
}
