//! The issuers of a demo province: one for each thing the rules tell apart.
//! Promises: fixed key ids, regions and longest lives, so that a demo is the same everywhere.
//! Must not know: private keys.

use gate_core::keyset::{Holder, Region};
use gate_core::manifest::Demo;
use gate_wire::cose::Kid;
use gate_wire::credential::Kind;
use gate_wire::time::Timestamp;

use crate::register::Terms;

const MINUTE_S: u32 = 60;
const DAY_S: u32 = 86_400;
/// Keys of the demo are in force from a year before its founding to a year after.
const LIFE_S: u64 = 365 * 86_400;

/// An issuer of a demo province, whose private key the desk holds. A real desk holds its own only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DemoIssuer {
    /// The province's platform: screen codes of 15 min, paper codes of 30 days.
    Province,
    /// Its former key, ended a day before the founding: older paper codes stay good.
    ProvinceRetired,
    /// The national platform: screen codes of 15 min.
    National,
    /// Another province, 110000: screen codes of 15 min, paper codes of 30 days.
    OtherProvince,
    /// A laboratory: test certificates of 30 days (how many days count is policy).
    Laboratory,
    /// A community office: certificates of 14 days.
    Community,
    /// A medical institution: certificates of 14 days, test certificates of 30.
    Medical,
    /// The authority's staff office: badges of 30 days (DESIGN §5).
    StaffOffice,
}

impl DemoIssuer {
    /// Every one.
    pub const ALL: [DemoIssuer; 8] = [
        DemoIssuer::Province,
        DemoIssuer::ProvinceRetired,
        DemoIssuer::National,
        DemoIssuer::OtherProvince,
        DemoIssuer::Laboratory,
        DemoIssuer::Community,
        DemoIssuer::Medical,
        DemoIssuer::StaffOffice,
    ];

    /// Those that a new province begins with: a real one with its own platform and its staff office alone; it admits the
    /// others by their public keys.
    pub(crate) fn founding(nature: Demo) -> &'static [DemoIssuer] {
        match nature {
            Demo::Yes => &Self::ALL,
            Demo::No => &[DemoIssuer::Province, DemoIssuer::StaffOffice],
        }
    }

    /// Its key id.
    pub fn kid(self) -> Kid {
        Kid(*match self {
            DemoIssuer::Province => b"sc02",
            DemoIssuer::ProvinceRetired => b"sc01",
            DemoIssuer::National => b"cn01",
            DemoIssuer::OtherProvince => b"bj01",
            DemoIssuer::Laboratory => b"lab1",
            DemoIssuer::Community => b"com1",
            DemoIssuer::Medical => b"med1",
            DemoIssuer::StaffOffice => b"stf1",
        })
    }

    fn holder(self) -> Holder {
        match self {
            DemoIssuer::Province | DemoIssuer::ProvinceRetired | DemoIssuer::OtherProvince => {
                Holder::Province
            }
            DemoIssuer::National => Holder::National,
            DemoIssuer::Laboratory => Holder::Laboratory,
            DemoIssuer::Community => Holder::Community,
            DemoIssuer::Medical => Holder::Medical,
            DemoIssuer::StaffOffice => Holder::StaffOffice,
        }
    }

    fn kinds(self) -> Vec<(Kind, u32)> {
        let screen = (Kind::ScreenCode, 15 * MINUTE_S);
        let test = (Kind::NucleicAcidTest, 30 * DAY_S);
        let certificate = (Kind::Certificate, 14 * DAY_S);
        match self {
            DemoIssuer::Province | DemoIssuer::ProvinceRetired | DemoIssuer::OtherProvince => {
                vec![screen, (Kind::PaperCode, 30 * DAY_S)]
            }
            DemoIssuer::National => vec![screen],
            DemoIssuer::Laboratory => vec![test],
            DemoIssuer::Community => vec![certificate],
            DemoIssuer::Medical => vec![certificate, test],
            DemoIssuer::StaffOffice => vec![(Kind::StaffBadge, 30 * DAY_S)],
        }
    }

    fn region(self, province: Region) -> Region {
        let elsewhere = match self {
            DemoIssuer::National => Region::parse("000000"),
            DemoIssuer::OtherProvince => Region::parse("110000"),
            _ => None,
        };
        elsewhere.unwrap_or(province)
    }

    /// What it is admitted for, in a province founded then.
    pub(crate) fn terms(self, province: Region, founded: Timestamp) -> Terms {
        let end = match self {
            DemoIssuer::ProvinceRetired => founded.minus(u64::from(DAY_S)),
            _ => founded.plus(LIFE_S),
        };
        Terms {
            kid: self.kid(),
            region: self.region(province),
            holder: self.holder(),
            kinds: self.kinds(),
            from: founded.minus(LIFE_S),
            until: Some(end),
        }
    }
}
