//! Each kind has its words in both languages, and no line is taken for another's.

use super::*;

/// A value for each slot, another one each.
fn sample(phrase: Phrase) -> Vec<String> {
    let slots = phrase.english.split('{').skip(1).map(|part| part.split_once('}').unwrap().0);
    let value = |(at, slot): (usize, &str)| match slot {
        "#" => format!("{}", 100 + at),
        "x" => format!("{at}a").repeat(16),
        "*" => format!("测试{at} was 7"),
        other => unreachable!("no slot: {other}"),
    };
    slots.enumerate().map(value).collect()
}

fn filled(phrase: Phrase, values: &[String]) -> String {
    let values: Vec<&dyn Display> = values.iter().map(|value| value as &dyn Display).collect();
    phrase.filled(&values)
}

#[test]
fn every_kind_has_words_in_both_languages_and_its_values_are_in_both() {
    let alarms = Alarm::ALL.map(Alarm::phrase);
    let deeds = Deed::ALL.map(Deed::phrase);
    for (at, phrase) in deeds.iter().enumerate() {
        assert!(!deeds[..at].contains(phrase), "{at}: two kinds of one word");
    }
    for phrase in deeds.into_iter().chain(alarms) {
        let values = sample(phrase);
        let english = filled(phrase, &values);
        let read = if alarms.contains(&phrase) { Alarm::in_chinese } else { Deed::in_chinese };
        let chinese = read(&english).unwrap_or_else(|| unreachable!("{english}"));
        assert!(!english.contains(['{', '}']) && !chinese.contains(['{', '}']), "{english} {chinese}");
        assert!(chinese.chars().any(|letter| letter > '\u{4e00}'), "{chinese}");
        assert!(values.iter().all(|value| english.contains(value) && chinese.contains(value)), "{chinese}");
        // It is its own kind's Chinese, not that of one that comes before it.
        assert_eq!(phrase.in_chinese(&english), Some(chinese));
    }
}

#[test]
fn somebodys_own_words_make_no_line_another_kinds() {
    let reason = "rows 1 to 2: x was taken away";
    let journal = "ab".repeat(16);
    let line = Deed::Settle.phrase().filled(&[&7, &5, &journal, &"cd".repeat(32), &reason]);
    let said = Deed::in_chinese(&line).unwrap();
    assert!(said.starts_with("终端 7：认定日志") && said.ends_with(reason), "{said}");
    let name = "terminal 7 revoked";
    assert_eq!(
        Deed::in_chinese(&Deed::TakeAway.phrase().filled(&[&name])).unwrap(),
        format!("撤销人员 {name}")
    );
}

#[test]
fn a_reason_stands_behind_what_was_done_in_both_languages() {
    let reason = "row: x was taken away";
    for deed in [Deed::Enrol, Deed::Withdraw, Deed::Revoke, Deed::RevokeLines, Deed::Strike] {
        let values = sample(deed.phrase());
        let values: Vec<&dyn Display> = values.iter().map(|value| value as &dyn Display).collect();
        let chinese = Deed::in_chinese(&deed.told(&values, None)).unwrap();
        let line = deed.told(&values, Some(reason));
        assert_eq!(Deed::in_chinese(&line).unwrap(), format!("{chinese}，理由：{reason}"), "{line}");
    }
}

#[test]
fn what_no_kind_of_this_version_wrote_has_no_words_here() {
    for line in ["", "terminal 7 invited twice", "terminal x invited", "terminal  invited", "测试"] {
        assert_eq!((Deed::in_chinese(line), Alarm::in_chinese(line)), (None, None), "{line}");
    }
}
