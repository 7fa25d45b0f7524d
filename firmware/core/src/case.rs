//! The case that policy decides: every dimension has few values, so that a policy can be proven over all of them.
//! Promises: closed sets with stable codes (a record holds them, and replays the verdict by them).
//! Must not know: how a case is found (`facts`), nor which verdict it gets (`policy`).

use crate::time::ClockTrust;
use crate::verdict::{Direction, PlaceKind, RiskLevel};

/// A set of values that policy rows choose from.
pub trait Dimension: Copy + PartialEq + 'static {
    /// Every value; at most 16.
    const ALL: &'static [Self];

    /// Its place in [`Dimension::ALL`].
    fn index(self) -> u8 {
        // At most 16 values: fits. A value outside ALL cannot exist: the macro below lists them all.
        Self::ALL.iter().position(|value| *value == self).unwrap_or(0) as u8
    }
}

macro_rules! dimension {
    ($(#[$doc:meta])* $name:ident { $($(#[$value_doc:meta])* $value:ident,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Deserialize, serde::Serialize)]
        #[serde(rename_all = "snake_case")]
        pub enum $name { $($(#[$value_doc])* $value,)+ }

        impl Dimension for $name {
            const ALL: &'static [Self] = &[$($name::$value,)+];
        }
    };
}

dimension! {
    /// What a person showed.
    EvidenceKind {
        /// A phone's code.
        ScreenCode,
        /// 离线码.
        PaperCode,
        /// A nucleic-acid test certificate.
        NucleicAcidTest,
        /// A community's or medical certificate.
        Certificate,
        /// A document read by the card reader.
        Card,
        /// A document typed by an attendant.
        TypedDocument,
    }
}

dimension! {
    /// What is proven of the person, after statements of one issuer competed by time (DOMAIN §8).
    Finding {
        /// Green.
        Green,
        /// Yellow.
        Yellow,
        /// Red.
        Red,
        /// 未见异常.
        NoAbnormality,
        /// The national "abnormal".
        Abnormal,
        /// A negative test.
        Negative,
        /// A positive test.
        Positive,
        /// A community's or medical certificate.
        Certified,
        /// Not on the list of the whole population.
        NotListed,
        /// Not among the listed exceptions.
        NotAnException,
    }
}

dimension! {
    /// Where the finding is from.
    Source {
        /// The code or certificate shown.
        Code,
        /// Our list.
        List,
    }
}

dimension! {
    /// Age of a test in calendar days, UTC+8, sampling day 0 (DOMAIN §3).
    TestAge {
        /// No test.
        NoTest,
        /// Within the days of policy.
        Within,
        /// Past them.
        Past,
    }
}

dimension! {
    /// Age of the list (DOMAIN §2), and of any data by the bands of policy ([`crate::age`]). Only a policy with bands for the list knows
    /// ageing and expired cases; in a row, `fresh` speaks of the ageing, too, and `stale` of the expired.
    DataAge {
        /// Within the stale limit of policy.
        Fresh,
        /// Past it.
        Stale,
        /// There is none, or it cannot tell.
        Missing,
        /// Within it, and near.
        Ageing,
        /// Far past it.
        Expired,
    }
}

impl DataAge {
    /// Within the stale limit.
    pub fn is_current(self) -> bool {
        matches!(self, DataAge::Fresh | DataAge::Ageing)
    }

    /// Past it.
    pub fn is_past(self) -> bool {
        matches!(self, DataAge::Stale | DataAge::Expired)
    }
}

dimension! {
    /// The thermometer's word (DOMAIN §12).
    Temperature {
        /// No sensor, or no reading.
        NotMeasured,
        /// Below the limit of policy.
        Normal,
        /// At or above it.
        High,
        /// The second reading too.
        HighAgain,
    }
}

dimension! {
    /// Whose statement it is. Verdicts never differ by this alone (DOMAIN §6).
    IssuerClass {
        /// Our province's.
        Ours,
        /// The national platform's.
        National,
        /// Another province's, mutually recognised.
        Mutual,
    }
}

dimension! {
    /// Whether this credential or document was used here before.
    UseClass {
        /// Less often than policy minds.
        First,
        /// As often as policy minds, or more.
        Again,
    }
}

impl Dimension for PlaceKind {
    const ALL: &'static [Self] = &[
        PlaceKind::Station,
        PlaceKind::Hospital,
        PlaceKind::School,
        PlaceKind::Government,
        PlaceKind::Market,
        PlaceKind::Community,
        PlaceKind::Other,
    ];
}

impl Dimension for RiskLevel {
    const ALL: &'static [Self] = &[RiskLevel::Low, RiskLevel::Medium, RiskLevel::High];
}

impl Dimension for Direction {
    const ALL: &'static [Self] = &[Direction::In, Direction::Out];
}

impl Dimension for ClockTrust {
    const ALL: &'static [Self] = &[ClockTrust::Confirmed, ClockTrust::Unconfirmed];
}

/// Number of dimensions.
pub const DIMENSIONS: usize = 12;

/// One case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Case {
    /// Kind of place.
    pub place: PlaceKind,
    /// Risk level of the region.
    pub risk: RiskLevel,
    /// Direction of the lane.
    pub direction: Direction,
    /// What was shown.
    pub evidence: EvidenceKind,
    /// What is proven.
    pub finding: Finding,
    /// Where that is from.
    pub source: Source,
    /// Age of the test.
    pub test: TestAge,
    /// Age of the list.
    pub data: DataAge,
    /// Trust in the clock.
    pub clock: ClockTrust,
    /// Temperature.
    pub temperature: Temperature,
    /// Whose statement.
    pub issuer: IssuerClass,
    /// Used before.
    pub uses: UseClass,
}

impl Case {
    /// Each dimension's index, in the order of the fields: what policy rows match, and what a record holds (plus one).
    pub fn indices(&self) -> [u8; DIMENSIONS] {
        [
            self.place.index(),
            self.risk.index(),
            self.direction.index(),
            self.evidence.index(),
            self.finding.index(),
            self.source.index(),
            self.test.index(),
            self.data.index(),
            self.clock.index(),
            self.temperature.index(),
            self.issuer.index(),
            self.uses.index(),
        ]
    }

    /// The case of these indices, as a record holds them less one; `None` if one is out of range.
    pub fn from_indices(indices: [u8; DIMENSIONS]) -> Option<Case> {
        let [place, risk, direction, evidence, finding, source, test, data, clock, temperature, issuer, uses] =
            indices;
        Some(Case {
            place: value(place)?,
            risk: value(risk)?,
            direction: value(direction)?,
            evidence: value(evidence)?,
            finding: value(finding)?,
            source: value(source)?,
            test: value(test)?,
            data: value(data)?,
            clock: value(clock)?,
            temperature: value(temperature)?,
            issuer: value(issuer)?,
            uses: value(uses)?,
        })
    }
}

fn value<D: Dimension>(index: u8) -> Option<D> {
    D::ALL.get(usize::from(index)).copied()
}
