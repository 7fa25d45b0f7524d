//! What the vocabulary takes and refuses.

use gate_wire::time::Timestamp;

use super::*;

const GOOD: &str = r#"
row = "green"
verdicts = "Pass"

[[passage]]
id = "station-green"
shows = "green"
steps = [{ hold = { code = "screen", says = "green" } }, "away"]
expected = "pass"
"#;

#[test]
fn whatever_is_not_in_the_vocabulary_is_refused_with_its_line() {
    Scenario::read(GOOD).unwrap();
    for (from, to, line, word) in [
        ("says = \"green\"", "says = \"blue\"", "line 8", "blue"),
        ("\"away\"", "\"run\"", "line 8", "run"),
        ("expected = \"pass\"", "expected = \"maybe\"", "line 9", "maybe"),
        ("shows", "show", "line 7", "show"),
        ("station-green", "Station", "line 6", "small letters"),
        ("code = \"screen\"", "code = \"screen\", age = \"soon\"", "line 8", "soon"),
        ("row = \"green\"", "row = \"green\"\nown_reasons = [\"x\"]", "line 3", "no passage"),
    ] {
        let error = format!("{:#}", Scenario::read(&GOOD.replacen(from, to, 1)).unwrap_err());
        assert!(error.contains(line) && error.contains(word), "{from} -> {to}: {error}");
    }
}

#[test]
fn lengths_of_time_have_one_spelling_each() {
    let read = |text: &str| Span::try_from(text.to_owned()).map(|span| span.seconds).ok();
    for (text, seconds) in [
        ("14:59", Some(899)),
        ("-60s", Some(-60)),
        ("2min", Some(120)),
        ("1h", Some(3_600)),
        ("3d", Some(259_200)),
    ] {
        assert_eq!(read(text), seconds, "{text}");
    }
    for text in ["", "5", "s", "1 h", "1w", "1:2:3", "99999999999s", "-1:00"] {
        assert_eq!(read(text), None, "{text}");
    }
}

#[test]
fn a_sampling_day_is_a_calendar_day_of_utc_plus_8() {
    // 2026-11-20T20:15:00+08:00.
    let now = Timestamp::from_unix(1_795_176_900).unwrap();
    let sampled = Sampling::try_from("7d 00:01".to_owned()).unwrap().before(now);
    assert_eq!(now.civil_day().since(sampled.civil_day()), Some(7));
    assert_eq!(sampled.civil_second(), 60);
    for text in ["7d", "7d 24:00", "7d 12:60", "d 1:00", "61d 00:00"] {
        assert!(Sampling::try_from(text.to_owned()).is_err(), "{text}");
    }
}
