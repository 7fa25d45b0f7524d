//! Who can come in a scenario, and what can be said of them.
//! Promises: nobody here exists.
//! Must not know: numbers and cards (`people`).

use serde::Deserialize;

/// Who. `A` to `J` are 测试甲 to 测试癸, with resident ID cards.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub enum Who {
    /// 测试甲.
    #[default]
    A,
    /// 测试乙.
    B,
    /// 测试丙.
    C,
    /// 测试丁.
    D,
    /// 测试戊.
    E,
    /// 测试己.
    F,
    /// 测试庚.
    G,
    /// 测试辛.
    H,
    /// 测试壬.
    I,
    /// 测试癸.
    J,
    /// A foreigner with permanent residence, by both numbers: of the card of 2023 and of that of 2017.
    #[serde(rename = "foreigner")]
    Foreigner,
    /// The same, by the number of the card of 2017 alone.
    #[serde(rename = "foreigner_by_old_number")]
    ForeignerByOldNumber,
    /// A resident of Hong Kong, by both numbers: of the residence permit and of the travel permit.
    #[serde(rename = "hongkonger")]
    Hongkonger,
    /// The same, by the number of the travel permit alone.
    #[serde(rename = "hongkonger_by_travel_permit")]
    HongkongerByTravelPermit,
    /// A traveller with the passport E12345678.
    #[serde(rename = "traveller")]
    Traveller,
}

/// What a credential can state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Says {
    /// 绿.
    Green,
    /// 黄.
    Yellow,
    /// 红.
    Red,
    /// 未见异常: the national page.
    NoAbnormality,
    /// The national page's "abnormal".
    Abnormal,
    /// 阴性: a test.
    Negative,
    /// 阳性: a test.
    Positive,
    /// By a community: a certificate.
    Community,
    /// By a medical institution: a certificate.
    Medical,
}

/// Members of staff at the lane. PINs: 135790, 246801, 975310.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Member {
    /// 工作人员.
    Attendant,
    /// 维护人员.
    Technician,
    /// An attendant whose badge the staff list holds as retired.
    Retired,
}

impl Member {
    /// Every one.
    pub const ALL: [Member; 3] = [Member::Attendant, Member::Technician, Member::Retired];

    /// The PIN, which in a demo everybody may know.
    pub fn pin(self) -> &'static str {
        match self {
            Member::Attendant => "135790",
            Member::Technician => "246801",
            Member::Retired => "975310",
        }
    }
}
