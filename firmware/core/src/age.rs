//! How old data may grow: bands of age for each dataset, from policy (DOMAIN §14, DESIGN §2).
//! Promises: pure; told before it bites: ageing, then stale, then expired; "never came" is a state of its own and no date; a policy that
//! says nothing of bands means what it meant before there were any.
//! Must not know: what a band does to a verdict (the policy's rows), how it is shown.
//!
//! In a policy, each dataset at will, days in whole numbers:
//! `"bands": {"key-set": {"ageing_after_days": 20, "stale_after_days": 30, "expired_after_days": 90, "assist_from": "stale"}}`

use gate_wire::time::Timestamp;
use serde::{Deserialize, Deserializer, Serialize};

use crate::case::DataAge;
use crate::facts::AHEAD_MOST_S;
use crate::manifest::Dataset;
use crate::time::{ClockTrust, TimeReading};

const DAY_S: u64 = 86_400;
/// Ten years.
const DAYS_MOST: u32 = 3_650;

/// From which age on a dataset is what; each holds for ages above it, in days.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Still good, and soon not any more; `None` where the policy does not say.
    pub ageing: Option<u32>,
    /// Past its limit.
    pub stale: u32,
    /// Far past it; `None` where the policy does not say.
    pub expired: Option<u32>,
}

/// The bands of a policy: of each dataset, or of none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct Bands {
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "given")]
    key_set: Option<Written>,
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "given")]
    policy: Option<Written>,
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "given")]
    places: Option<Written>,
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "given")]
    risk_levels: Option<Written>,
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "given")]
    staff_list: Option<Written>,
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "given")]
    revocations: Option<Written>,
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "given")]
    status_list: Option<Written>,
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "given")]
    day_keys: Option<Written>,
}

/// What is named is given: `null` is no way to say that there are none, for whoever wrote it meant something.
fn given<'de, T: Deserialize<'de>, D: Deserializer<'de>>(form: D) -> Result<Option<T>, D::Error> {
    T::deserialize(form).map(Some)
}

/// One dataset's, as it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(
    deny_unknown_fields,
    expecting = "ageing_after_days, stale_after_days and expired_after_days; leave the dataset out where it has no bands"
)]
struct Written {
    ageing_after_days: u32,
    stale_after_days: u32,
    expired_after_days: u32,
    /// From which band on whose verdict rests on it is sent to the staff.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "given")]
    assist_from: Option<AssistFrom>,
}

/// A band that people are sent to the staff from; what never came is past both.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum AssistFrom {
    /// What is past its limit.
    Stale,
    /// What is far past it.
    Expired,
}

impl AssistFrom {
    /// As it is written.
    pub fn name(self) -> &'static str {
        match self {
            AssistFrom::Stale => "stale",
            AssistFrom::Expired => "expired",
        }
    }
}

/// Whose verdicts rest on a dataset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rests {
    /// Passages at which a code was shown.
    Codes,
    /// Every passage.
    All,
    /// None; or the list, whose bands are the rows' to answer.
    Nothing,
}

fn rests(dataset: Dataset) -> Rests {
    match dataset {
        Dataset::KeySet | Dataset::Revocations => Rests::Codes,
        Dataset::PolicyStation | Dataset::PolicyHospital | Dataset::Places | Dataset::RiskLevels => {
            Rests::All
        }
        Dataset::StaffList | Dataset::DayKeys | Dataset::StatusList | Dataset::StatusDelta => Rests::Nothing,
    }
}

/// Why bands are refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BandsRefused {
    /// Not in this order.
    #[error(
        "bands of {}: ageing_after_days, stale_after_days and expired_after_days must rise, from 1 to {DAYS_MOST}", .dataset.name()
    )]
    Order {
        /// Of which dataset.
        dataset: Dataset,
    },
    /// A verdict that rests on something else.
    #[error("bands of {}: no verdict rests on its age but by the policy's rows: leave assist_from out", .dataset.name())]
    AssistFrom {
        /// Of which dataset.
        dataset: Dataset,
    },
    /// Two limits for the list.
    #[error("bands of status-list: stale_after_days must be list_stale_after_days, {wanted}")]
    TwoLimits {
        /// What the policy says above.
        wanted: u32,
    },
}

impl Limits {
    /// Of a list by its stale limit alone.
    pub const fn until_stale(days: u32) -> Limits {
        Limits { ageing: None, stale: days, expired: None }
    }

    /// The same for people who look: where nobody says when ageing begins, it is half of the way.
    #[must_use]
    pub fn shown(self) -> Limits {
        Limits { ageing: self.ageing.or((self.stale > 1).then_some(self.stale / 2)), ..self }
    }

    /// Age class of something with this as-of time. Against an unconfirmed clock the age is the least that it can be. What is ahead of a
    /// confirmed clock is stale: nobody knows how old it is, and it would stay fresh for as long as it is ahead.
    pub fn age(self, as_of: Option<Timestamp>, now: TimeReading) -> DataAge {
        let Some(as_of) = as_of else { return DataAge::Missing };
        let ahead = now.trust == ClockTrust::Confirmed && as_of.since(now.time) > AHEAD_MOST_S;
        let over = |days: u32| now.time.since(as_of) > u64::from(days) * DAY_S;
        match () {
            () if self.expired.is_some_and(over) => DataAge::Expired,
            () if ahead || over(self.stale) => DataAge::Stale,
            () if self.ageing.is_some_and(over) => DataAge::Ageing,
            () => DataAge::Fresh,
        }
    }
}

impl Bands {
    /// A dataset's limits, where the policy has bands for it.
    pub fn limits(&self, dataset: Dataset) -> Option<Limits> {
        let written = self.written(dataset)?;
        let Written { ageing_after_days, stale_after_days, expired_after_days, .. } = written;
        Some(Limits {
            ageing: Some(ageing_after_days),
            stale: stale_after_days,
            expired: Some(expired_after_days),
        })
    }

    fn written(&self, dataset: Dataset) -> Option<Written> {
        match dataset {
            Dataset::KeySet => self.key_set,
            Dataset::PolicyStation | Dataset::PolicyHospital => self.policy,
            Dataset::Places => self.places,
            Dataset::RiskLevels => self.risk_levels,
            Dataset::StaffList => self.staff_list,
            Dataset::Revocations => self.revocations,
            Dataset::StatusList | Dataset::StatusDelta => self.status_list,
            Dataset::DayKeys => self.day_keys,
        }
    }

    /// From which band on this dataset sends people to the staff, if from any.
    pub fn assist_from(&self, dataset: Dataset) -> Option<AssistFrom> {
        self.written(dataset)?.assist_from
    }

    fn assisting(&self) -> impl Iterator<Item = (Dataset, AssistFrom)> {
        let all = Dataset::ALL.into_iter();
        all.filter_map(|dataset| Some((dataset, self.assist_from(dataset)?)))
    }

    /// Whether something that a passage rests on, with a code or without, is older than this policy lets decide. `issued` gives a
    /// dataset's issue time where it is here.
    pub fn too_old(
        &self,
        with_code: bool,
        issued: impl Fn(Dataset) -> Option<Timestamp>,
        now: TimeReading,
    ) -> bool {
        let concerned = |dataset| match rests(dataset) {
            Rests::All => true,
            Rests::Codes => with_code,
            Rests::Nothing => false,
        };
        self.assisting().filter(|(dataset, _)| concerned(*dataset)).any(|(dataset, from)| {
            let age = self.limits(dataset).map(|limits| limits.age(issued(dataset), now));
            match from {
                AssistFrom::Stale => age.is_some_and(|age| !age.is_current()),
                AssistFrom::Expired => matches!(age, Some(DataAge::Expired | DataAge::Missing)),
            }
        })
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        *self == Bands::default()
    }

    /// Each dataset that has bands, a policy's two names once.
    pub fn each(&self) -> impl Iterator<Item = (Dataset, Limits)> {
        let all = Dataset::ALL.into_iter();
        let once = all.filter(|one| !matches!(one, Dataset::PolicyHospital | Dataset::StatusDelta));
        once.filter_map(|dataset| Some((dataset, self.limits(dataset)?)))
    }

    /// Refuses nonsense.
    pub(crate) fn admit(&self, list_stale_after_days: u32) -> Result<(), BandsRefused> {
        for dataset in Dataset::ALL {
            let Some(Limits { ageing, stale, expired }) = self.limits(dataset) else { continue };
            let rises = ageing.is_some_and(|ageing| (1..stale).contains(&ageing));
            if !rises || !expired.is_some_and(|expired| stale < expired && expired <= DAYS_MOST) {
                return Err(BandsRefused::Order { dataset });
            }
        }
        if let Some((dataset, _)) = self.assisting().find(|(dataset, _)| rests(*dataset) == Rests::Nothing) {
            return Err(BandsRefused::AssistFrom { dataset });
        }
        match self.status_list.filter(|list| list.stale_after_days != list_stale_after_days) {
            Some(_) => Err(BandsRefused::TwoLimits { wanted: list_stale_after_days }),
            None => Ok(()),
        }
    }
}

/// The band of a dataset as it is shown: `None` where the policy sets no limit for it. The list always has one.
pub fn band(
    (bands, list_stale_after_days): (&Bands, u32),
    dataset: Dataset,
    issued: Option<Timestamp>,
    now: TimeReading,
) -> Option<DataAge> {
    let limits = match dataset {
        Dataset::StatusList | Dataset::StatusDelta => {
            Some(bands.limits(dataset).unwrap_or(Limits::until_stale(list_stale_after_days)).shown())
        }
        _ => bands.limits(dataset),
    };
    limits.map(|limits| limits.age(issued, now))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64, trust: ClockTrust) -> TimeReading {
        TimeReading { time: Timestamp::from_unix(1_795_190_400 + seconds).unwrap(), trust }
    }

    fn issued() -> Timestamp {
        Timestamp::from_unix(1_795_190_400).unwrap()
    }

    fn bands(text: &str) -> Bands {
        crate::json::read(text.as_bytes()).unwrap()
    }

    #[test]
    fn each_band_begins_one_second_past_its_days() {
        let bands = bands(
            r#"{"key-set":{"ageing_after_days":20,"stale_after_days":30,"expired_after_days":90},"status-list":{"ageing_after_days":3,"stale_after_days":7,"expired_after_days":30}}"#,
        );
        let of = |dataset, seconds| {
            band((&bands, 7), dataset, Some(issued()), at(seconds, ClockTrust::Confirmed)).unwrap()
        };
        for (dataset, [ageing, stale, expired]) in
            [(Dataset::KeySet, [20, 30, 90]), (Dataset::StatusList, [3, 7, 30])]
        {
            let edges = [
                (ageing, DataAge::Fresh, DataAge::Ageing),
                (stale, DataAge::Ageing, DataAge::Stale),
                (expired, DataAge::Stale, DataAge::Expired),
            ];
            assert_eq!(of(dataset, 0), DataAge::Fresh);
            for (days, until, after) in edges {
                let edge = days * DAY_S;
                assert_eq!((of(dataset, edge), of(dataset, edge + 1)), (until, after), "{dataset:?} {days}");
            }
        }
    }

    #[test]
    fn without_bands_the_list_is_near_its_limit_at_half_and_nothing_else_has_a_band() {
        let none = Bands::default();
        let now = at(4 * DAY_S, ClockTrust::Confirmed);
        let of = |dataset, days| band((&none, days), dataset, Some(issued()), now);
        assert_eq!(of(Dataset::StatusList, 7), Some(DataAge::Ageing));
        assert_eq!(of(Dataset::StatusList, 8), Some(DataAge::Fresh), "four days are not past four");
        assert_eq!(of(Dataset::StatusList, 3), Some(DataAge::Stale));
        assert_eq!(of(Dataset::StatusList, 1), Some(DataAge::Stale), "and one day has no half");
        assert_eq!(of(Dataset::KeySet, 7), None);
        // What decides is as it was: fresh until stale.
        assert_eq!(Limits::until_stale(7).age(Some(issued()), now), DataAge::Fresh);
    }

    #[test]
    fn from_the_band_that_policy_names_nothing_that_a_passage_rests_on_decides_any_more() {
        let bands = bands(
            r#"{"key-set":{"ageing_after_days":1,"stale_after_days":2,"expired_after_days":3,"assist_from":"stale"},
            "risk-levels":{"ageing_after_days":2,"stale_after_days":3,"expired_after_days":6,"assist_from":"expired"},
            "revocations":{"ageing_after_days":1,"stale_after_days":2,"expired_after_days":3}}"#,
        );
        let of = |with_code, days: u64| {
            bands.too_old(with_code, |_| Some(issued()), at(days * DAY_S, ClockTrust::Confirmed))
        };
        let past = |with_code, days: u64| {
            bands.too_old(with_code, |_| Some(issued()), at(days * DAY_S + 1, ClockTrust::Confirmed))
        };
        // The key set from two days on, for codes; the risk levels from six, for everybody; revocations never.
        assert_eq!([of(true, 2), past(true, 2)], [false, true]);
        assert_eq!(
            [past(false, 2), past(false, 5), of(false, 6), past(false, 6)],
            [false, false, false, true]
        );
        let now = at(0, ClockTrust::Confirmed);
        let but = |missing| move |dataset: Dataset| (dataset != missing).then(issued);
        assert_eq!([true, false].map(|code| bands.too_old(code, but(Dataset::KeySet), now)), [true, false]);
        assert_eq!(
            [true, false].map(|code| bands.too_old(code, but(Dataset::RiskLevels), now)),
            [true, true]
        );
        assert!(!bands.too_old(true, but(Dataset::Revocations), now));
        assert!(!Bands::default().too_old(true, |_| None, now));
    }

    #[test]
    fn what_never_came_has_no_date_and_what_is_ahead_is_stale() {
        let bands =
            bands(r#"{"places":{"ageing_after_days":1,"stale_after_days":2,"expired_after_days":3}}"#);
        let now = at(0, ClockTrust::Confirmed);
        assert_eq!(band((&bands, 7), Dataset::Places, None, now), Some(DataAge::Missing));
        let ahead = Some(issued().plus(AHEAD_MOST_S + 1));
        assert_eq!(band((&bands, 7), Dataset::Places, ahead, now), Some(DataAge::Stale));
        let unsure = at(0, ClockTrust::Unconfirmed);
        assert_eq!(band((&bands, 7), Dataset::Places, ahead, unsure), Some(DataAge::Fresh));
    }
}
