//! How old is old: the bands of the published policies (docs/formats/policy-bands.md), over what terminals say they hold.
//! Promises: no limit of the hub's own; where a policy cannot be read, or has no bands, that is said, and an age stands there without a
//! band; no age is younger than what reached the hub.
//! Must not know: how it is shown; whether the policy is signed: terminals know, and nothing is decided here.

use gate_core::case::DataAge;
use gate_core::facts::AHEAD_MOST_S;
use gate_core::manifest::Dataset;
use gate_core::policy::{Policy, Settings};
use gate_core::time::{ClockTrust, TimeReading};
use gate_wire::time::Timestamp;

use crate::published::{Publication, Unread};
use crate::store::accounts::Summary;

/// Longer than a policy may be, in bytes.
const POLICY_MOST: u64 = 16 << 10;
/// Each kind of place has a policy of its own.
const POLICIES: [Dataset; 2] = [Dataset::PolicyStation, Dataset::PolicyHospital];

/// The published policies.
#[derive(Debug)]
pub struct Bands([(Dataset, Result<Measure, Unmeasured>); 2]);

/// A policy by which ages are measured.
#[derive(Clone, Debug)]
pub struct Measure {
    version: u32,
    settings: Settings,
}

/// Why there are no limits by a policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unmeasured {
    /// None of this kind is published.
    Unpublished,
    /// The repository.
    Unread(Unread),
    /// This program does not understand it, or it breaks a rule: terminals refuse it as well.
    Refused,
}

/// What is said of one policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    /// This version has bands.
    Bands(Dataset, u32),
    /// This version has none: the list alone has a limit.
    ListAlone(Dataset, u32),
    /// It is published, and cannot be taken.
    Refused(Dataset),
    /// None is published.
    Nothing,
    /// What is published is damaged.
    Damaged,
    /// What is published cannot be reached.
    Away,
}

/// A dataset of a terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Aged {
    /// Which. The list stands for its deltas, too.
    pub dataset: Dataset,
    /// Seconds since it was issued, or came; `None`: it never came.
    pub seconds: Option<u64>,
    /// Its band; `None` where the policy sets no limit for it, or cannot be read.
    pub band: Option<DataAge>,
}

impl Aged {
    /// How much it wants a person's look: a band first, then an age.
    #[must_use]
    pub fn weight(&self) -> (u8, u64) {
        (severity(self.band), self.seconds.unwrap_or(0))
    }
}

/// The dataset that wants a look first; `None` where there is nothing but what never came and has no limit.
#[must_use]
pub fn worst(all: impl Iterator<Item = Aged>) -> Option<Aged> {
    all.filter(|one| one.seconds.is_some() || one.band.is_some()).max_by_key(Aged::weight)
}

/// The worst band of all; `None` where nothing has a limit.
#[must_use]
pub fn worst_band(all: &[Aged]) -> Option<DataAge> {
    all.iter().filter_map(|one| one.band).max_by_key(|band| severity(Some(*band)))
}

/// What never came is worse than what is old. Without a limit nothing is.
fn severity(band: Option<DataAge>) -> u8 {
    match band {
        None | Some(DataAge::Fresh) => 0,
        Some(DataAge::Ageing) => 1,
        Some(DataAge::Stale) => 2,
        Some(DataAge::Expired) => 3,
        Some(DataAge::Missing) => 4,
    }
}

impl Bands {
    /// As they are published.
    #[must_use]
    pub fn of(publication: &Publication<'_>) -> Bands {
        Bands(POLICIES.map(|kind| (kind, policy(publication, kind))))
    }

    /// Of a publication that cannot be read.
    #[must_use]
    pub fn unread(why: Unread) -> Bands {
        Bands(POLICIES.map(|kind| (kind, Err(Unmeasured::Unread(why)))))
    }

    /// What is said of them, without what goes without saying.
    #[must_use]
    pub fn told(&self) -> Vec<Told> {
        let told = |(kind, read): &(Dataset, Result<Measure, Unmeasured>)| match read {
            Ok(one) if one.settings.bands.is_empty() => Some(Told::ListAlone(*kind, one.version)),
            Ok(one) => Some(Told::Bands(*kind, one.version)),
            Err(Unmeasured::Refused) => Some(Told::Refused(*kind)),
            Err(Unmeasured::Unread(Unread::Damaged)) => Some(Told::Damaged),
            Err(Unmeasured::Unread(Unread::Away)) => Some(Told::Away),
            Err(Unmeasured::Unread(Unread::Nothing) | Unmeasured::Unpublished) => None,
        };
        let mut all: Vec<Told> = self.0.iter().filter_map(told).collect();
        all.dedup();
        if all.is_empty() {
            all.push(Told::Nothing);
        }
        all
    }

    /// Whether anything has a limit.
    #[must_use]
    pub fn measure(&self) -> bool {
        self.0.iter().any(|(_, read)| read.is_ok())
    }

    /// Each dataset of a terminal, as it said and as the hub heard it at `received`, seconds since 1970. Of the two policies it holds one,
    /// whose kind is the lane's; of who holds none, the worst that either says.
    #[must_use]
    pub fn aged(&self, (summary, received): (&Summary, u64), now: Timestamp) -> Vec<Aged> {
        let holds = |dataset: Dataset| as_of(summary, dataset).is_some();
        let has_policy = POLICIES.into_iter().any(holds);
        let kept = self.0.iter().filter(|(kind, _)| !has_policy || holds(*kind));
        let measures: Vec<&Settings> =
            kept.filter_map(|(_, read)| Some(&read.as_ref().ok()?.settings)).collect();
        let shown = Dataset::ALL.into_iter().filter(|one| match one {
            Dataset::StatusDelta => false,
            Dataset::PolicyStation | Dataset::PolicyHospital => {
                holds(*one) || !has_policy && *one == Dataset::PolicyStation
            }
            _ => true,
        });
        shown.map(|dataset| aged((dataset, held(summary, dataset)), &measures, (received, now))).collect()
    }
}

fn policy(publication: &Publication<'_>, kind: Dataset) -> Result<Measure, Unmeasured> {
    let bytes =
        publication.target(&format!("{}.json", kind.name()), POLICY_MOST).map_err(Unmeasured::Unread)?;
    let policy = Policy::load(&bytes.ok_or(Unmeasured::Unpublished)?).map_err(|_| Unmeasured::Refused)?;
    Ok(Measure { version: policy.version(), settings: policy.settings().clone() })
}

fn aged(
    (dataset, as_of): (Dataset, Option<u64>),
    measures: &[&Settings],
    (received, now): (u64, Timestamp),
) -> Aged {
    // What nobody can know before it came is not younger than its coming. What is ahead of the hub's clock stays ahead: it is stale.
    let known = |then: u64| if then > now.plus(AHEAD_MOST_S).unix() { then } else { then.min(received) };
    let issued = as_of.map(|then| Timestamp::from_unix(known(then)).unwrap_or(Timestamp::MAX));
    let reading = TimeReading { time: now, trust: ClockTrust::Confirmed };
    let bands = measures.iter().filter_map(|settings| settings.band(dataset, issued, reading));
    let band = bands.max_by_key(|band| severity(Some(*band)));
    let seconds = as_of.map(|then| now.unix().saturating_sub(then.min(received)));
    Aged { dataset, seconds, band }
}

/// As of when a terminal holds a dataset: the list as of its newest delta, where it has one.
fn held(summary: &Summary, dataset: Dataset) -> Option<u64> {
    let delta = as_of(summary, Dataset::StatusDelta).filter(|_| dataset == Dataset::StatusList);
    delta.or_else(|| as_of(summary, dataset))
}

fn as_of(summary: &Summary, dataset: Dataset) -> Option<u64> {
    summary.held.iter().find(|(held, ..)| held == dataset.name()).map(|(_, _, as_of)| *as_of)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    const DAY_S: u64 = 86_400;
    const NOW: u64 = 20_000 * DAY_S;
    const STATION: &str = include_str!("../../../assets/policies/station.json");
    const HOSPITAL: &str = include_str!("../../../assets/policies/hospital.json");
    /// The format's example.
    const WRITTEN: &str = r#""bands": {
        "status-list": {"ageing_after_days": 3, "stale_after_days": 7, "expired_after_days": 30},
        "key-set": {"ageing_after_days": 20, "stale_after_days": 30, "expired_after_days": 90}}, "test_days""#;

    fn loaded(text: &str) -> Result<Measure, Unmeasured> {
        let policy = Policy::load(text.as_bytes()).map_err(|_| Unmeasured::Refused)?;
        Ok(Measure { version: policy.version(), settings: policy.settings().clone() })
    }

    /// The format's example for stations, no bands for hospitals.
    pub(crate) fn bands() -> Bands {
        let with = STATION.replacen("\"test_days\"", WRITTEN, 1);
        Bands([(Dataset::PolicyStation, loaded(&with)), (Dataset::PolicyHospital, loaded(HOSPITAL))])
    }

    pub(crate) fn summary(at: u64, held: &[(Dataset, u64)]) -> Summary {
        let held = held.iter().map(|(dataset, as_of)| (dataset.name().to_owned(), 1, *as_of)).collect();
        Summary {
            at,
            confirmed: true,
            journal: String::new(),
            first: 1,
            next: 5,
            acknowledged: 0,
            faults: Vec::new(),
            software: "gate 0.1".into(),
            held,
        }
    }

    fn band(bands: &Bands, dataset: Dataset, (held, received): (&[(Dataset, u64)], u64)) -> Option<DataAge> {
        let now = Timestamp::from_unix(NOW).unwrap();
        let all = bands.aged((&summary(received, held), received), now);
        all.iter().find(|one| one.dataset == dataset).unwrap().band
    }

    #[test]
    fn a_band_begins_one_second_past_its_days_by_the_policy_of_the_terminals_kind_of_place() {
        let (bands, station) = (bands(), (Dataset::PolicyStation, NOW));
        // docs/formats/policy-bands.md, by its example.
        for (dataset, days, until, after) in [
            (Dataset::StatusList, 3, DataAge::Fresh, DataAge::Ageing),
            (Dataset::StatusList, 7, DataAge::Ageing, DataAge::Stale),
            (Dataset::StatusList, 30, DataAge::Stale, DataAge::Expired),
            (Dataset::KeySet, 20, DataAge::Fresh, DataAge::Ageing),
            (Dataset::KeySet, 30, DataAge::Ageing, DataAge::Stale),
            (Dataset::KeySet, 90, DataAge::Stale, DataAge::Expired),
        ] {
            let of = |seconds: u64| band(&bands, dataset, (&[station, (dataset, NOW - seconds)], NOW));
            let edge = days * DAY_S;
            assert_eq!((of(edge), of(edge + 1)), (Some(until), Some(after)), "{dataset:?} {days}");
        }
        assert_eq!(band(&bands, Dataset::KeySet, (&[station], NOW)), Some(DataAge::Missing));
        assert_eq!(band(&bands, Dataset::Places, (&[station], NOW)), None, "no limit, no band");
        // The hospitals' policy has no bands: the list is ageing from half of its 7 days on, and nothing else has one.
        let hospital = (Dataset::PolicyHospital, NOW);
        let list = |days: u64| {
            band(&bands, Dataset::StatusList, (&[hospital, (Dataset::StatusList, NOW - days * DAY_S)], NOW))
        };
        assert_eq!([3, 4, 8].map(list), [Some(DataAge::Fresh), Some(DataAge::Ageing), Some(DataAge::Stale)]);
        let keys = (Dataset::KeySet, NOW - 400 * DAY_S);
        assert_eq!(band(&bands, Dataset::KeySet, (&[hospital, keys], NOW)), None);
        // Who holds no policy is nobody's better: the worst that either says.
        assert_eq!(band(&bands, Dataset::KeySet, (&[keys], NOW)), Some(DataAge::Expired));
    }

    #[test]
    fn the_list_is_as_new_as_its_newest_delta_and_nothing_is_younger_than_its_coming() {
        let (bands, station) = (bands(), (Dataset::PolicyStation, NOW));
        let (base, delta) = (Dataset::StatusList, Dataset::StatusDelta);
        let held = [station, (base, NOW - 60 * DAY_S), (delta, NOW - 4 * DAY_S)];
        assert_eq!(band(&bands, base, (&held, NOW)), Some(DataAge::Ageing));
        // It named tomorrow, forty days ago, and is silent since.
        let (told, heard) = (NOW - 39 * DAY_S, NOW - 40 * DAY_S);
        assert_eq!(band(&bands, base, (&[station, (base, told)], heard)), Some(DataAge::Expired));
        // What is ahead of the hub's clock, by more than the format's 600 s.
        let ahead = |seconds: u64| band(&bands, base, (&[station, (base, NOW + seconds)], NOW));
        assert_eq!([600, 601].map(ahead), [Some(DataAge::Fresh), Some(DataAge::Stale)]);
    }

    #[test]
    fn a_policy_that_cannot_be_read_gives_no_band_and_is_told() {
        let held = [(Dataset::KeySet, NOW - 400 * DAY_S)];
        for (why, told) in
            [(Unread::Nothing, Told::Nothing), (Unread::Damaged, Told::Damaged), (Unread::Away, Told::Away)]
        {
            let bands = Bands::unread(why);
            assert_eq!((bands.told(), bands.measure()), (vec![told], false));
            assert_eq!(band(&bands, Dataset::KeySet, (&held, NOW)), None);
            assert_eq!(band(&bands, Dataset::Revocations, (&held, NOW)), None);
        }
        let (station, hospital) = (Dataset::PolicyStation, Dataset::PolicyHospital);
        assert_eq!(bands().told(), [Told::Bands(station, 1), Told::ListAlone(hospital, 1)]);
        let one = Bands([(station, loaded("{}")), (hospital, Err(Unmeasured::Unpublished))]);
        assert_eq!((one.told(), one.measure()), (vec![Told::Refused(station)], false));
    }
}
