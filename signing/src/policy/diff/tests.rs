use gate_core::verdict::Verdict;

use super::*;
use crate::inputs::Inputs;

fn hospital(from: &str, to: &str) -> (Policy, Policy) {
    let text = Inputs::demo().policy_hospital;
    assert!(from.is_empty() || text.contains(from), "{from}");
    let changed = text.replacen(from, to, 1);
    (Policy::load(text.as_bytes()).unwrap(), Policy::load(changed.as_bytes()).unwrap())
}

fn station(from: &str, to: &str) -> (Policy, Policy) {
    let text = Inputs::demo().policy_station;
    assert!(text.contains(from), "{from}");
    let changed = text.replacen(from, to, 1);
    (Policy::load(text.as_bytes()).unwrap(), Policy::load(changed.as_bytes()).unwrap())
}

fn zh(changes: &[Change]) -> Vec<&str> {
    changes.iter().map(|change| change.zh.as_str()).collect()
}

#[test]
fn the_same_policy_changes_nothing() {
    let (old, new) = hospital("\"version\": 1", "\"version\": 2");
    assert!(changes(&old, &new).is_empty());
}

#[test]
fn a_changed_row_is_told_in_few_sentences() {
    let (old, new) = station(
        r#"{"finding": ["yellow"], "source": ["code"], "verdict": "limit", "reason": "L01", "advice": "register_at_staff_lane"}"#,
        r#"{"finding": ["yellow"], "source": ["code"], "verdict": "limit", "reason": "L01", "advice": "staff_lane"}"#,
    );
    assert_eq!(
        zh(&changes(&old, &new)),
        [
            "车站 · 黄 · 据所出示 · 时钟已确认: 限制「请到人工通道登记」 → 限制「请走人工通道」（1440 种情形）",
            "车站 · 离线码 · 黄 · 据所出示: 限制「请到人工通道登记」 → 限制「请走人工通道」（720 种情形）",
        ],
        "an earlier row speaks of screen codes under an unconfirmed clock"
    );
    assert_eq!(
        changes(&old, &new)[1].en,
        "station · paper code · yellow · said by the code: Limit \"register at the staff lane\" → Limit \"staff lane\" (720 cases)"
    );
}

#[test]
fn a_setting_is_told_by_its_name() {
    let (old, new) = station("\"test_days\": 7", "\"test_days\": 14");
    let changes = changes(&old, &new);
    assert_eq!(zh(&changes), ["核酸有效天数: 7 → 14"]);
    assert_eq!(changes[0].en, "days that a negative test counts: 7 → 14");
    let bands = |from: &str| {
        format!(
            "\"bands\": {{\"key-set\": {{\"ageing_after_days\": 1, \"stale_after_days\": 2, \"expired_after_days\": 3{from}}}}}, \"test_days\""
        )
    };
    let (_, plain) = station("\"test_days\"", &bands(""));
    let (_, assisting) = station("\"test_days\"", &bands(", \"assist_from\": \"expired\""));
    assert_eq!(
        super::changes(&plain, &assisting)[0].en,
        "bands of age (ageing/stale/expired, days): key-set 1/2/3 → key-set 1/2/3 expired -> assist"
    );
    let (old, new) = station("\"unchecked_at\": []", "\"unchecked_at\": [\"low\"]");
    assert_eq!(zh(&super::changes(&old, &new)), ["不查验的风险等级: - → 低风险"]);
}

/// Each changed case is told, and told right, whatever rows are taken out or changed.
#[test]
fn the_sentences_tell_each_changed_case_and_no_other() {
    let text = Inputs::demo().policy_station;
    let rows: Vec<&str> = text.lines().filter(|line| line.trim_start().starts_with("{\"")).collect();
    let mut compared = 0;
    for row in rows.iter().step_by(2) {
        for changed in [
            String::new(),
            row.replacen("staff_lane", "staff_registers", 1),
            row.replacen("\"finding\"", "\"risk\": [\"high\"], \"finding\"", 1),
        ] {
            let other = text.replacen(row, &changed, 1);
            let (Ok(old), Ok(new)) = (Policy::load(text.as_bytes()), Policy::load(other.as_bytes())) else {
                continue;
            };
            compared += 1;
            check(&old, &new);
        }
    }
    assert!(compared > 10, "{compared}");
}

fn check(old: &Policy, new: &Policy) {
    let mut grid = Grid::new();
    let turns = turns(old, new, &mut grid);
    let cuboids: Vec<Vec<Cuboid>> = (0..turns.len()).map(|class| grid.boxes(class as u16)).collect();
    let mut changed = 0;
    each_case(PlaceKind::Station, |case| {
        let (old, new) = (old.decide(case).unwrap().1, new.decide(case).unwrap().1);
        changed += usize::from(old != new);
        for (turn, cuboids) in turns.iter().zip(&cuboids) {
            let holds = cuboids
                .iter()
                .any(|one| case.indices().iter().zip(one.sets).all(|(index, set)| set & 1 << index != 0));
            assert_eq!(holds, old != new && turn.is_told_as(&Turn { old, new }), "{case:?}");
        }
    });
    let told: usize = cuboids.iter().flatten().map(|one| one.cases).sum();
    assert_eq!(told, changed);
    assert!(cuboids.iter().flatten().count() <= 40, "{}", cuboids.iter().flatten().count());
    assert!(turns.iter().all(|turn| turn.old.verdict != Verdict::Stop || turn.new != turn.old));
}
