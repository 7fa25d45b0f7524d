//! Places, lanes and risk levels: what no authority means to publish, and what a new text changes, in words.
//! Promises: what decides at a gate (which policy, which direction, which risk) is told when it changes, each change once;
//! what contradicts itself, and a real province's leftovers of the demo, are refused.
//! Must not know: files, what a terminal does with them otherwise.

use gate_core::believed::{Places, RiskLevels};
use gate_core::keyset::Region;
use gate_core::verdict::{Direction, PlaceKind, RiskLevel};

use super::{InputRefused, Inputs, read};
use crate::forms::{LaneForm, PlaceForm, PlacesForm, RegionForm, RiskForm};
use crate::policy::value_in_words;
use crate::register::Told;

/// Why places or risk levels are not what anybody means.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlacingRefused {
    /// No place at all: every terminal would lose its own.
    #[error(
        "no place is in it: write each place with its number, name, kind, region, 场所码 and lanes (the manual of gate-sign shows one)"
    )]
    WritePlace,
    /// Two places with one number.
    #[error("two places have the number {0}: a terminal takes the first")]
    RepeatPlace(u32),
    /// A place without lanes.
    #[error("place {0} has no lanes: no terminal could stand there")]
    WriteLane(u32),
    /// Two lanes with one number.
    #[error("place {place} has lane {lane} twice: a terminal takes the first")]
    RepeatLane {
        /// The place.
        place: u32,
        /// The lane.
        lane: u16,
    },
    /// A place code that a gate would read as a credential.
    #[error(
        "the place_code of place {0} begins with TF1:, as a person's code does: put the platform's own 场所码 there, or nothing (DOMAIN §10)"
    )]
    KeepPrefix(u32),
    /// A region with two risk levels.
    #[error("the region {0} stands there twice: a terminal takes the first")]
    RepeatRegion(String),
    /// A place of another province.
    #[error("place {place} lies in {region}, and this desk is of {}", province.as_str())]
    LieOutside {
        /// The place.
        place: u32,
        /// Its region.
        region: String,
        /// The desk's.
        province: Region,
    },
    /// What the demo has is nobody's.
    #[error("{found} is the demo's and nobody's: a real province writes its own before it publishes")]
    LeaveDemo {
        /// What was found.
        found: &'static str,
    },
}

/// Refuses places that contradict themselves.
pub(super) fn admit_places(form: &PlacesForm) -> Result<(), PlacingRefused> {
    if form.places.is_empty() {
        return Err(PlacingRefused::WritePlace);
    }
    if let Some(place) = repeated(&form.places, |place| place.number) {
        return Err(PlacingRefused::RepeatPlace(place.number));
    }
    form.places.iter().try_for_each(|place| {
        let number = place.number;
        if place.lanes.is_empty() {
            return Err(PlacingRefused::WriteLane(number));
        }
        if let Some(lane) = repeated(&place.lanes, |lane| lane.lane) {
            return Err(PlacingRefused::RepeatLane { place: number, lane: lane.lane });
        }
        // In either case of letters: a person who copies it by hand must not make a credential of it.
        match place.place_code.trim_start().get(..4).is_some_and(|begin| begin.eq_ignore_ascii_case("TF1:")) {
            true => Err(PlacingRefused::KeepPrefix(number)),
            false => Ok(()),
        }
    })
}

/// Refuses risk levels that contradict themselves.
pub(super) fn admit_risk(form: &RiskForm) -> Result<(), PlacingRefused> {
    match repeated(&form.regions, |row| row.region.clone()) {
        Some(row) => Err(PlacingRefused::RepeatRegion(row.region.clone())),
        None => Ok(()),
    }
}

fn repeated<T, K: PartialEq>(all: &[T], key: impl Fn(&T) -> K) -> Option<&T> {
    all.iter()
        .enumerate()
        .find(|(at, one)| all[..*at].iter().any(|other| key(other) == key(one)))
        .map(|(_, one)| one)
}

impl Inputs {
    /// What a real province begins with: the default policies without the demo's platforms, no places, and every region
    /// at the level of what the table does not name (medium).
    pub fn blank() -> Inputs {
        let demo = Inputs::demo();
        let own = |policy: &str| -> String {
            let line = |line: &str| match line.trim_start().starts_with("\"platform_prefixes\"") {
                true => "  \"platform_prefixes\": [],\n".to_owned(),
                false => format!("{line}\n"),
            };
            policy.lines().map(line).collect()
        };
        Inputs {
            policy_station: own(&demo.policy_station),
            policy_hospital: own(&demo.policy_hospital),
            places: "{\n  \"format\": 1,\n  \"version\": 1,\n  \"places\": [\n  ]\n}\n".into(),
            risk_levels: "{\n  \"format\": 1,\n  \"version\": 1,\n  \"regions\": [\n  ]\n}\n".into(),
        }
    }

    /// Refuses what a real province must not publish: the demo's places and addresses, places elsewhere.
    ///
    /// # Errors
    /// [`InputRefused`].
    pub fn admit_real(&self, province: Region) -> Result<(), InputRefused> {
        let refused = |what| move |source| InputRefused::Place { what, source };
        for (what, text) in [
            ("policy-station", &self.policy_station),
            ("policy-hospital", &self.policy_hospital),
            ("places", &self.places),
        ] {
            // RFC 2606: nobody will ever have such a name.
            if text.contains(".invalid") {
                return Err(refused(what)(PlacingRefused::LeaveDemo { found: "an address in .invalid" }));
            }
        }
        let form: PlacesForm = read("places", &self.places)?;
        admit_places(&form).map_err(refused("places"))?;
        form.places.iter().try_for_each(|place| {
            let within = Region::parse(&place.region).is_some_and(|region| region.same_province(province));
            let (region, place) = (place.region.clone(), place.number);
            if within {
                Ok(())
            } else {
                Err(refused("places")(PlacingRefused::LieOutside { place, region, province }))
            }
        })
    }
}

/// What new places change of the old ones; without old ones everything is new.
///
/// # Errors
/// [`InputRefused`].
pub fn place_changes(old: Option<&str>, new: &str) -> Result<Vec<Told>, InputRefused> {
    let old = old
        .map(|text| read::<PlacesForm>("places", text))
        .transpose()?
        .map_or(Vec::new(), |form| form.places);
    let form: PlacesForm = read("places", new)?;
    admit_places(&form).map_err(|source| InputRefused::Place { what: "places", source })?;
    Places::load(new.as_bytes()).map_err(|source| InputRefused::Believe { what: "places", source })?;
    let mut told = Vec::new();
    for place in &form.places {
        match old.iter().find(|known| known.number == place.number) {
            Some(known) => place.changes(known, &mut told),
            None => told.push(place.says(place.added())),
        }
    }
    let gone = old.iter().filter(|known| form.places.iter().all(|place| place.number != known.number));
    told.extend(gone.map(|place| {
        place.says((
            "删除；设在此处的终端将不知身在何处".into(),
            "taken out; terminals that stand there will not know where they are".into(),
        ))
    }));
    Ok(told)
}

/// What new risk levels change of the old ones.
///
/// # Errors
/// [`InputRefused`].
pub fn risk_changes(old: Option<&str>, new: &str) -> Result<Vec<Told>, InputRefused> {
    let old = old
        .map(|text| read::<RiskForm>("risk-levels", text))
        .transpose()?
        .map_or(Vec::new(), |form| form.regions);
    let form: RiskForm = read("risk-levels", new)?;
    admit_risk(&form).map_err(|source| InputRefused::Place { what: "risk-levels", source })?;
    RiskLevels::load(new.as_bytes())
        .map_err(|source| InputRefused::Believe { what: "risk-levels", source })?;
    let level =
        |rows: &[RegionForm], region: &str| rows.iter().find(|row| row.region == region).map(|row| row.risk);
    let gone = old.iter().filter(|row| level(&form.regions, &row.region).is_none());
    let changed = form.regions.iter().chain(gone).filter_map(|row| {
        let (before, after) = (level(&old, &row.region), level(&form.regions, &row.region));
        let (from, to) = (risk(before), risk(after));
        (before != after).then(|| Told {
            zh: format!("{} 风险等级: {} → {}", row.region, from.0, to.0),
            en: format!("risk level of {}: {} → {}", row.region, from.1, to.1),
        })
    });
    Ok(changed.collect())
}

fn risk(level: Option<RiskLevel>) -> (&'static str, &'static str) {
    level.map_or(("未列明（按中风险）", "not named (medium)"), |level| value_in_words(1, level))
}

type Words = (String, String);

impl PlaceForm {
    fn says(&self, (zh, en): Words) -> Told {
        Told {
            zh: format!("场所 {}「{}」: {zh}", self.number, self.name),
            en: format!("place {} ({}): {en}", self.number, self.name),
        }
    }

    fn added(&self) -> Words {
        let (kind, lanes) = (kind(self.kind), self.lanes.iter().map(LaneForm::in_words));
        let (zh, en): (Vec<String>, Vec<String>) = lanes.unzip();
        let code =
            if self.place_code.is_empty() { ("无".into(), "none".into()) } else { twice(&self.place_code) };
        (
            format!("新增，{}，{}，通道 {}，场所码 {}", kind.0, self.region, zh.join("、"), code.0),
            format!("new, {}, {}, {}, place code {}", kind.1, self.region, en.join(", "), code.1),
        )
    }

    fn changes(&self, old: &PlaceForm, told: &mut Vec<Told>) {
        let mut turn = |what: (&str, &str), from: Words, to: Words| {
            if from != to {
                let words = (
                    format!("{} {} → {}", what.0, from.0, to.0),
                    format!("{} {} → {}", what.1, from.1, to.1),
                );
                told.push(self.says(words));
            }
        };
        let kinds = |place: &PlaceForm| (kind(place.kind).0.to_owned(), kind(place.kind).1.to_owned());
        turn(("名称", "name"), twice(&old.name), twice(&self.name));
        turn(("（适用另一政策）类别", "another policy decides: kind"), kinds(old), kinds(self));
        turn(("地区", "region"), twice(&old.region), twice(&self.region));
        turn(("场所码", "place code"), twice(&old.place_code), twice(&self.place_code));
        for lane in self.lanes.iter().chain(&old.lanes) {
            let of = |place: &PlaceForm| {
                place.lanes.iter().find(|known| known.lane == lane.lane).map(|lane| lane.direction)
            };
            let (before, after) = (of(old), of(self));
            let new_here = self.lanes.iter().any(|known| core::ptr::eq(known, lane)) || after.is_none();
            if before != after && new_here {
                told.push(self.says(lane_turn(lane.lane, before, after)));
            }
        }
    }
}

impl LaneForm {
    fn in_words(&self) -> Words {
        let way = value_in_words(2, self.direction);
        (format!("{} {}", self.lane, way.0), format!("lane {} {}", self.lane, way.1))
    }
}

fn lane_turn(lane: u16, before: Option<Direction>, after: Option<Direction>) -> Words {
    let way = |direction: Option<Direction>| {
        direction.map_or(("无", "none"), |direction| value_in_words(2, direction))
    };
    let (from, to) = (way(before), way(after));
    let note = match after {
        Some(Direction::Out) => {
            ("：出口通道一律开启，不论结论", ": an exit lane always opens, whatever the verdict (DOMAIN §20)")
        }
        Some(Direction::In) | None => ("", ""),
    };
    (
        format!("{lane} 号通道 {} → {}{}", from.0, to.0, note.0),
        format!("lane {lane} {} → {}{}", from.1, to.1, note.1),
    )
}

fn kind(kind: PlaceKind) -> (&'static str, &'static str) {
    value_in_words(0, kind)
}

fn twice(text: &str) -> Words {
    (text.to_owned(), text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn changed(from: &str, to: &str) -> String {
        let text = Inputs::demo().places;
        assert!(text.contains(from), "{from}");
        text.replacen(from, to, 1)
    }

    fn refused(text: &str) -> String {
        format!("{:#}", anyhow::Error::from(super::super::places(text, 1).unwrap_err()))
    }

    fn told(from: &str, to: &str) -> Vec<Told> {
        place_changes(Some(&Inputs::demo().places), &changed(from, to)).unwrap()
    }

    #[test]
    fn places_that_contradict_themselves_are_not_published() {
        for (from, to, part) in [
            ("\"number\": 2", "\"number\": 1", "number 1"),
            ("{\"lane\": 2, ", "{\"lane\": 1, ", "place 1 has lane 1 twice"),
            ("\"https://place.example.invalid/c?p=510100-0001\"", "\"TF1:ABC\"", "place 1 begins with TF1:"),
            ("\"https://place.example.invalid/c?p=510100-0001\"", "\" tf1:abc\"", "place 1 begins with TF1:"),
        ] {
            let told = refused(&changed(from, to));
            assert!(told.contains(part) && told.starts_with("places: "), "{told}");
        }
        let empty = Inputs::blank().places;
        assert!(refused(&empty).contains("no place is in it"));
        let lanes = "[\n        {\"lane\": 1, \"direction\": \"in\"},\n        {\"lane\": 2, \"direction\": \"in\"},\n        {\"lane\": 9, \"direction\": \"out\"}\n      ]";
        assert!(refused(&changed(lanes, "[]")).contains("place 1 has no lanes"));
        let twice = "{\"region\": \"510100\", \"risk\": \"low\"}";
        let twice = Inputs::demo().risk_levels.replacen(twice, &format!("{twice}, {twice}"), 1);
        assert!(matches!(super::super::risk_levels(&twice, 1), Err(InputRefused::Place { .. })));
    }

    #[test]
    fn a_lane_turned_round_is_told_with_what_it_means() {
        let told = told("{\"lane\": 1, \"direction\": \"in\"}", "{\"lane\": 1, \"direction\": \"out\"}");
        assert_eq!(told.len(), 1);
        assert_eq!(told[0].zh, "场所 1「测试车站」: 1 号通道 进 → 出：出口通道一律开启，不论结论");
        assert_eq!(
            told[0].en,
            "place 1 (测试车站): lane 1 in → out: an exit lane always opens, whatever the verdict (DOMAIN §20)"
        );
    }

    #[test]
    fn every_change_of_a_place_is_told_once() {
        let one = |from: &str, to: &str, part: &str| {
            let told = told(from, to);
            assert!(told.len() == 1 && told[0].en.contains(part), "{told:?}");
        };
        one("\"station\"", "\"hospital\"", "another policy decides: kind station → hospital");
        one("测试车站", "测试南站", "name 测试车站 → 测试南站");
        one("\"510100\"", "\"510700\"", "region 510100 → 510700");
        one("0001\"", "0003\"", "place code https");
        one("{\"lane\": 2, \"direction\": \"in\"},\n", "", "lane 2 in → none");
        one(
            "{\"lane\": 9, \"dir",
            "{\"lane\": 8, \"direction\": \"in\"}, {\"lane\": 9, \"dir",
            "lane 8 none → in",
        );
        let moved = told("\"number\": 2", "\"number\": 3");
        assert!(
            moved.len() == 2
                && moved[0]
                    .en
                    .contains("place 3 (测试医院): new, hospital, 510100, lane 1 in, lane 2 in, lane 9 out")
        );
        assert!(moved[1].en.contains("place 2 (测试医院): taken out"), "{moved:?}");
        assert!(place_changes(Some(&Inputs::demo().places), &Inputs::demo().places).unwrap().is_empty());
        assert_eq!(place_changes(None, &Inputs::demo().places).unwrap().len(), 2);
    }

    #[test]
    fn a_risk_level_is_told_by_region() {
        let (old, blank) = (Inputs::demo().risk_levels, Inputs::blank().risk_levels);
        let told = risk_changes(Some(&old), &old.replacen("low", "high", 1)).unwrap();
        assert_eq!(told[0].zh, "510100 风险等级: 低风险 → 高风险");
        let gone = risk_changes(Some(&old), &blank).unwrap();
        assert_eq!(gone[0].en, "risk level of 510100: low risk → not named (medium)");
        assert!(risk_changes(Some(&old), &old).unwrap().is_empty());
    }

    #[test]
    fn a_real_province_publishes_nothing_of_the_demo() {
        let ours = Region::parse("510000").unwrap();
        let own = Inputs {
            places: Inputs::demo()
                .places
                .replace("https://place.example.invalid/", "https://place.example.cn/"),
            ..Inputs::blank()
        };
        own.admit_real(ours).unwrap();
        for inputs in [
            Inputs::demo(),
            Inputs::blank(),
            Inputs { places: Inputs::demo().places, ..own.clone() },
            Inputs { policy_station: Inputs::demo().policy_station, ..own.clone() },
        ] {
            assert!(matches!(inputs.admit_real(ours), Err(InputRefused::Place { .. })));
        }
        let elsewhere = own.admit_real(Region::parse("110000").unwrap()).unwrap_err();
        assert!(format!("{:#}", anyhow::Error::from(elsewhere)).contains("place 1 lies in 510100"));
    }
}
