//! What another policy would change, for which kind of place, in words.
//! Promises: every case of the places of both is compared; the sentences together tell each changed case and no other.
//! Must not know: which of the two is better.

use gate_core::age::{Bands, Limits};
use gate_core::case::{Case, Dimension};
use gate_core::manifest::Dataset;
use gate_core::policy::{Outcome, Policy, each_case};
use gate_core::screen::Publicity;
use gate_core::verdict::PlaceKind;

use super::boxes::{Cell, Cuboid, Grid};
use super::words::{self, VALUES, Word};

/// One change in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// In Chinese.
    pub zh: String,
    /// In English.
    pub en: String,
    /// How many cases; 0 for a setting.
    pub cases: usize,
}

/// From what to what. Reasons count only where neither verdict nor advice changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Turn {
    old: Outcome,
    new: Outcome,
}

impl Turn {
    fn is_told_as(&self, other: &Turn) -> bool {
        let told = |outcome: &Outcome| (outcome.verdict, outcome.advice);
        let alike = (told(&self.old), told(&self.new)) == (told(&other.old), told(&other.new));
        alike && (told(&self.old) != told(&self.new) || self == other)
    }
}

/// What changes from `old` to `new`: settings first, then verdicts, the changes with most cases first.
pub fn changes(old: &Policy, new: &Policy) -> Vec<Change> {
    let mut changes = settings(old, new);
    let mut grid = Grid::new();
    let turns = turns(old, new, &mut grid);
    let mut told: Vec<Change> = Vec::new();
    for (class, turn) in turns.iter().enumerate() {
        // There are fewer turns than pairs of rows, 48 × 48.
        let boxes = grid.boxes(class as u16);
        told.extend(boxes.iter().map(|one| sentence(one, turn)));
    }
    told.sort_by_key(|change| core::cmp::Reverse(change.cases));
    changes.extend(told);
    changes
}

/// Fills the grid with the cases of the places that both are for; gives back what the classes stand for.
fn turns(old: &Policy, new: &Policy, grid: &mut Grid) -> Vec<Turn> {
    let mut turns: Vec<Turn> = Vec::new();
    let mut look = |case: &Case| {
        let (Some((_, old)), Some((_, new))) = (old.decide(case), new.decide(case)) else { return };
        let turn = Turn { old, new };
        let class = turns.iter().position(|known| known.is_told_as(&turn));
        let cell = match class {
            _ if old == new => Cell::Other,
            Some(class) => Cell::Of(class as u16),
            None => {
                turns.push(turn);
                Cell::Of(turns.len() as u16 - 1)
            }
        };
        grid.put(case, cell);
    };
    for place in PlaceKind::ALL {
        each_case(*place, &mut look);
    }
    turns
}

fn sentence(one: &Cuboid, turn: &Turn) -> Change {
    let (old, new) = (outcome(turn, &turn.old), outcome(turn, &turn.new));
    let cases = one.cases;
    Change {
        zh: format!("{}: {} → {}（{cases} 种情形）", when(one, |word| word.0, "所有情形"), old.0, new.0),
        en: format!("{}: {} → {} ({cases} cases)", when(one, |word| word.1, "every case"), old.1, new.1),
        cases,
    }
}

fn outcome(turn: &Turn, one: &Outcome) -> (String, String) {
    let (verdict, advice) = (words::verdict(one.verdict), words::advice(one.advice));
    let same_verdict = turn.old.verdict == turn.new.verdict;
    let same_advice = turn.old.advice == turn.new.advice;
    match (same_verdict, same_advice) {
        (true, true) => {
            let code = one.reason.code();
            (format!("{}，原因 {code}", verdict.0), format!("{}, reason {code}", verdict.1))
        }
        // Assist is itself an advice in Chinese.
        (false, true) => (verdict.0.into(), verdict.1.into()),
        _ => (format!("{}「{}」", verdict.0, advice.0), format!("{} \"{}\"", verdict.1, advice.1)),
    }
}

/// The dimensions that say something, with their values.
fn when(one: &Cuboid, language: impl Fn(&Word) -> &'static str, all: &str) -> String {
    let speaking = (0..VALUES.len()).filter(|dimension| one.silent & 1 << dimension == 0);
    let parts: Vec<String> = speaking
        .map(|dimension| {
            let set = one.sets[dimension];
            let values = VALUES[dimension].iter().enumerate().filter(|(value, _)| set & 1 << value != 0);
            values.map(|(_, word)| language(word)).collect::<Vec<_>>().join("/")
        })
        .collect();
    if parts.is_empty() { all.into() } else { parts.join(" · ") }
}

/// A setting, said in both languages.
type Said = (String, String);

fn settings(old: &Policy, new: &Policy) -> Vec<Change> {
    let names: [Word; 9] = [
        ("适用场所", "places"),
        ("不查验的风险等级", "risk levels without checks"),
        ("名单过旧天数", "days until the list is stale"),
        ("数据时效分档（临近/过旧/过期，天）", "bands of age (ageing/stale/expired, days)"),
        ("核酸有效天数", "days that a negative test counts"),
        ("体温偏高界限", "temperature that is high"),
        ("算作再次使用的次数", "uses that count as again"),
        ("禁止时公共屏", "public screen on Stop"),
        ("未签名平台码前缀", "prefixes of platforms that do not sign"),
    ];
    let said = said(old).into_iter().zip(said(new));
    let changed = names.into_iter().zip(said).filter(|(_, (old, new))| old != new);
    changed
        .map(|((zh, en), (old, new))| Change {
            zh: format!("{zh}: {} → {}", old.0, new.0),
            en: format!("{en}: {} → {}", old.1, new.1),
            cases: 0,
        })
        .collect()
}

fn said(policy: &Policy) -> [Said; 9] {
    let settings = policy.settings();
    let alike = |text: String| (text.clone(), text);
    let high = settings.high_temperature_tenths;
    let public = match settings.public_stop {
        Publicity::Shown => ("公开", "shown"),
        Publicity::Neutral => ("中性", "neutral"),
    };
    [
        listed(0, &settings.places),
        listed(1, &settings.unchecked_at),
        alike(settings.list_stale_after_days.to_string()),
        alike(bands(&settings.bands)),
        alike(settings.test_days.to_string()),
        alike(format!("{}.{} °C", high / 10, high % 10)),
        alike(settings.again_after.to_string()),
        (public.0.into(), public.1.into()),
        alike(settings.platform_prefixes.join(" ")),
    ]
}

fn bands(bands: &Bands) -> String {
    let one = |(dataset, limits): (Dataset, Limits)| {
        let days = |days: Option<u32>| days.unwrap_or_default();
        let days = format!("{}/{}/{}", days(limits.ageing), limits.stale, days(limits.expired));
        match bands.assist_from(dataset) {
            Some(from) => format!("{} {days} {} -> assist", dataset.name(), from.name()),
            None => format!("{} {days}", dataset.name()),
        }
    };
    let all: Vec<String> = bands.each().map(one).collect();
    if all.is_empty() { "-".into() } else { all.join(", ") }
}

/// Values of a dimension in the order of its words.
fn listed<D: Dimension>(dimension: usize, values: &[D]) -> Said {
    let set = values.iter().fold(0_u16, |set, value| set | 1 << value.index());
    let words: Vec<&Word> = VALUES[dimension]
        .iter()
        .enumerate()
        .filter(|(at, _)| set & 1 << at != 0)
        .map(|(_, word)| word)
        .collect();
    let join = |language: fn(&Word) -> &'static str| match words.as_slice() {
        [] => "-".to_owned(),
        words => words.iter().copied().map(language).collect::<Vec<_>>().join("/"),
    };
    (join(|word| word.0), join(|word| word.1))
}

#[cfg(test)]
mod tests;
