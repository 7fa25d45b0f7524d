use super::*;
use crate::inputs::Inputs;

fn station() -> String {
    Inputs::demo().policy_station
}

/// The station's policy with one thing changed; `from` must be there.
fn with(from: &str, to: &str) -> Vec<u8> {
    let text = station();
    assert!(text.contains(from), "the policy has no {from}");
    text.replacen(from, to, 1).into_bytes()
}

fn told(bytes: &[u8]) -> String {
    let complaints = check(bytes).unwrap_err();
    complaints.iter().map(|one| format!("{one}\n")).collect()
}

const YELLOW: &str = r#"{"finding": ["yellow"], "source": ["code"], "verdict": "limit", "reason": "L01", "advice": "register_at_staff_lane"}"#;
const RED: &str = r#"{"finding": ["red"], "source": ["code"], "verdict": "stop", "reason": "S01", "advice": "staff_is_coming"}"#;
const LAST: &str = r#"{"verdict": "assist", "reason": "A42", "advice": "staff_lane"}"#;
const POSITIVE: &str =
    r#"{"finding": ["positive"], "verdict": "limit", "reason": "L03", "advice": "register_at_staff_lane"}"#;
const ABNORMAL: &str =
    r#"{"finding": ["abnormal"], "verdict": "assist", "reason": "A23", "advice": "staff_lane"}"#;

#[test]
fn the_default_policies_are_fit() {
    for text in [Inputs::demo().policy_station, Inputs::demo().policy_hospital] {
        let checked = check(text.as_bytes()).unwrap_or_else(|wrong| panic!("{wrong:#?}"));
        assert!(checked.cases > 20_000 && checked.words.len() > 20);
    }
}

/// What a complaint leaves out.
fn missed((what, bytes, parts): &(&str, Vec<u8>, &[&str])) -> Vec<String> {
    let told = told(bytes);
    let missed = parts.iter().filter(|part| !told.contains(**part));
    missed.map(|part| format!("{what}: {part:?} is not in {told}")).collect()
}

fn all_are_told(cases: &[(&str, Vec<u8>, &[&str])]) {
    let missed: Vec<String> = cases.iter().flat_map(missed).collect();
    assert!(missed.is_empty(), "{}", missed.join("\n"));
}

/// Each broken policy, and what must stand in the complaint: place, what was found, what to do.
#[test]
fn a_broken_policy_is_told_with_its_place_and_a_remedy() {
    let before = |row: &str, new: &str| with(row, &format!("{new},\n    {row}"));
    let after = |row: &str, new: &str| with(row, &format!("{row},\n    {new}"));
    let changed = |row: &str, from: &str, to: &str| with(row, &row.replacen(from, to, 1));
    let many = vec![ABNORMAL; 30].join(",\n    ");
    let cases: Vec<(&str, Vec<u8>, &[&str])> = vec![
        // Bytes.
        ("nothing", Vec::new(), &["line 1, column 0", "EOF"]),
        ("no text", vec![b'{', 0xFF], &["line 1, column 2", "not UTF-8", "save the file as UTF-8"]),
        ("a byte order mark", [b"\xEF\xBB\xBF".as_slice(), station().as_bytes()].concat(), &["byte order mark"]),
        ("too large", vec![b' '; 20_000], &["20000 bytes", "16384", "merge rows"]),
        ("an escape", with("\"JKM1:\"", "\"\\u004aKM1:\""), &["line 12", "backslash", "write the character"]),
        ("a bomb", vec![b'['; 15_000], &["line 1, column 7", "nested deeper than 6"]),
        ("a bomb inside", with("\"places\": [\"station\"]", &format!("\"places\": {}", "[".repeat(3000))), &["line 5", "nested deeper"]),
        // JSON.
        ("a comma too many", with("\"again_after\": 65535,", "\"again_after\": 65535,,"), &["line 10", "comma"]),
        ("a comma too few", with("\"test_days\": 7,", "\"test_days\": 7"), &["line 9", "comma, quote or bracket is missing"]),
        ("cut off", station().as_bytes()[..900].to_vec(), &["EOF"]),
        ("more after the end", [station().as_bytes(), b"{}"].concat(), &["trailing characters"]),
        // Words and types.
        ("an unknown colour", changed(YELLOW, "yellow", "yelow"), &["line 19", "yelow", "did you mean \"yellow\"?"]),
        ("an unknown verdict", changed(RED, "\"stop\"", "\"stopp\""), &["line 17", "did you mean \"stop\"?"]),
        ("an unknown advice", changed(RED, "staff_is_coming", "staff_comes"), &["line 17", "staff_is_coming"]),
        ("an unknown column", changed(YELLOW, "\"source\"", "\"sauce\""), &["line 19", "sauce", "did you mean \"source\"?"]),
        ("an unknown setting", with("\"test_days\"", "\"test_day\""), &["line 8", "did you mean \"test_days\"?"]),
        ("an unknown place", with("[\"station\"]", "[\"statoin\"]"), &["line 5", "did you mean \"station\"?"]),
        ("a setting too few", with("  \"test_days\": 7,\n", ""), &["missing field", "add \"test_days\""]),
        ("a column too few", changed(YELLOW, ", \"advice\": \"register_at_staff_lane\"", ""), &["line 19", "add \"advice\""]),
        ("a setting twice", with("\"test_days\": 7,", "\"test_days\": 7, \"test_days\": 14,"), &["line 8", "keep one \"test_days\""]),
        ("a column twice", changed(YELLOW, "\"source\"", "\"finding\": [\"red\"], \"source\""), &["line 19", "keep one \"finding\""]),
        ("a number as text", with("\"test_days\": 7", "\"test_days\": \"7\""), &["line 8", "invalid type", "kind that is expected"]),
        ("a word where a list is", changed(YELLOW, "[\"yellow\"]", "\"yellow\""), &["line 19", "invalid type"]),
        ("a negative number", with("\"again_after\": 65535", "\"again_after\": -1"), &["line 10", "invalid value"]),
        ("another format", with("\"format\": 1", "\"format\": 2"), &["line 2", "format 2", "format 1"]),
        // Settings.
        ("a day too many", with("\"test_days\": 7", "\"test_days\": 31"), &["line 8", "test_days is out of range", "1 to 30"]),
        ("whole degrees", with("\"high_temperature_tenths\": 373", "\"high_temperature_tenths\": 37"), &["line 9", "373 is 37.3"]),
        ("no place", with("[\"station\"]", "[]"), &["line 5", "at least one kind of place"]),
        ("our own prefix", with("\"JKM1:\"", "\"TF1:\""), &["line 12", "none begins with TF1:"]),
        ("never stale", with("\"list_stale_after_days\": 7", "\"list_stale_after_days\": 0"), &["line 7", "1 to 60 days"]),
        ("bands out of order", with("\"test_days\": 7,", "\"bands\": {\"places\": {\"ageing_after_days\": 9, \"stale_after_days\": 3, \"expired_after_days\": 30}},\n  \"test_days\": 7,"), &["line 8", "bands of places", "must rise"]),
        ("bands that are null", with("\"test_days\": 7,", "\"bands\": {\"key-set\": null},\n  \"test_days\": 7,"), &["line 8", "null", "leave the dataset out"]),
        ("two limits of the list", with("\"test_days\": 7,", "\"bands\": {\"status-list\": {\"ageing_after_days\": 1, \"stale_after_days\": 3, \"expired_after_days\": 30}},\n  \"test_days\": 7,"), &["line 8", "must be list_stale_after_days, 7"]),
        ("an age on which nothing rests", with("\"test_days\": 7,", "\"bands\": {\"day-keys\": {\"ageing_after_days\": 1, \"stale_after_days\": 3, \"expired_after_days\": 30, \"assist_from\": \"stale\"}},\n  \"test_days\": 7,"), &["line 8", "bands of day-keys", "leave assist_from out"]),
        ("a band that never is", before(ABNORMAL, r#"{"data": ["ageing"], "finding": ["certified"], "verdict": "assist", "reason": "A42", "advice": "staff_lane"}"#), &["row 3", "without bands of status-list"]),
        // Rows.
        ("no rows", br#"{"format":1,"version":1,"issued":0,"places":["station"],"list_stale_after_days":7,"test_days":7,"high_temperature_tenths":373,"again_after":9,"public_stop":"shown","rows":[]}"#.to_vec(), &["no rows", "last one has no columns"]),
        ("too many rows", before(ABNORMAL, &many), &["the 49th row", "merge rows"]),
        ("an unknown reason", changed(YELLOW, "L01", "L09"), &["line 19", "row 6", "\"L09\"", "L0"]),
        ("another verdict's reason", changed(YELLOW, "L01", "S01"), &["line 19", "S01 belongs to Stop", "L01, L02, L03"]),
        ("an empty column", changed(YELLOW, "[\"yellow\"]", "[]"), &["line 19", "holds for every value", "take \"finding\" out"]),
        ("a value twice", changed(YELLOW, "[\"yellow\"]", "[\"yellow\", \"yellow\"]"), &["line 19", "\"yellow\" stands twice"]),
        ("no default", with(&format!(",\n    {LAST}"), ""), &["line 34", "the last row has columns", "end with a row without columns"]),
        ("a shadowed row", after(ABNORMAL, r#"{"finding": ["abnormal"], "evidence": ["paper_code"], "verdict": "assist", "reason": "A42", "advice": "staff_lane"}"#), &["line 17", "row 4: is never reached", "row 3", "move it before"]),
        ("a row after the default", after(LAST, YELLOW), &["the last row has columns", "row 22"]),
        ("a contradiction", after(ABNORMAL, &ABNORMAL.replacen("staff_lane", "staff_registers", 1)), &["row 4: contradicts row 3", "keep the one that is meant"]),
        ("a repetition", after(ABNORMAL, ABNORMAL), &["row 4: repeats row 3", "take one of the two out"]),
        ("columns that cannot be", before(ABNORMAL, r#"{"evidence": ["card"], "source": ["code"], "verdict": "assist", "reason": "A42", "advice": "staff_lane"}"#), &["row 3: no case can have these columns"]),
        ("a place it is not for", before(ABNORMAL, r#"{"place": ["hospital"], "verdict": "assist", "reason": "A42", "advice": "staff_lane"}"#), &["row 3: no case can have these columns", "\"places\""]),
    ];
    assert!(cases.len() > 30);
    all_are_told(&cases);
}

/// What the rules forbid every policy, with their clause.
#[test]
fn a_policy_that_breaks_a_clause_is_refused_with_the_clause() {
    let before = |row: &str, new: &str| with(row, &format!("{new},\n    {row}"));
    let changed = |row: &str, from: &str, to: &str| with(row, &row.replacen(from, to, 1));
    let cases: Vec<(&str, Vec<u8>, &[&str])> = vec![
        ("red passes", changed(RED, r#""stop", "reason": "S01", "advice": "staff_is_coming""#, r#""pass", "reason": "P01", "advice": "walk_through""#), &["line 17", "row 4: red and yellow keep the latch shut", "first case: station"]),
        ("a stop without red", changed(YELLOW, r#""limit", "reason": "L01""#, r#""stop", "reason": "S01""#), &["row 6: only a proven, current red is stopped"]),
        ("green is held up", with(r#""verdict": "pass", "reason": "P01", "advice": "walk_through""#, r#""verdict": "limit", "reason": "L01", "advice": "staff_lane""#), &["without any further condition"]),
        ("an issuer is favoured", before(r#"{"finding": ["certified"], "verdict": "pass""#, r#"{"finding": ["certified"], "issuer": ["mutual"], "verdict": "assist", "reason": "A42", "advice": "staff_lane"}"#), &["for another issuer alone (DOMAIN §6)", "take \"issuer\" out"]),
        ("a positive test passes", with(POSITIVE, r#"{"finding": ["positive"], "verdict": "pass", "reason": "P05", "advice": "walk_through"}"#), &["row 8: a positive test never opens a gate", "DOMAIN §3", "first case: station"]),
        ("abnormal passes", with(ABNORMAL, r#"{"finding": ["abnormal"], "verdict": "pass", "reason": "P02", "advice": "walk_through"}"#), &["row 3: the national \"abnormal\"", "DOMAIN §6"]),
        ("abnormal is limited", changed(ABNORMAL, r#""assist", "reason": "A23""#, r#""limit", "reason": "L01""#), &["row 3: the national \"abnormal\"", "DOMAIN §6"]),
        ("green paper is limited", before(YELLOW, r#"{"evidence": ["paper_code"], "finding": ["green"], "verdict": "limit", "reason": "L01", "advice": "register_at_staff_lane"}"#), &["row 6: a current green", "on paper (离线码)", "DOMAIN §1, §2, §3"]),
        ("green paper is sent to the attendant", before(YELLOW, r#"{"evidence": ["paper_code"], "finding": ["green"], "verdict": "assist", "reason": "A42", "advice": "staff_lane"}"#), &["row 6: a current green"]),
        ("an old test passes", [("    {\"test\": [\"past\"], \"verdict\": \"assist\", \"reason\": \"A24\", \"advice\": \"tap_card\"},\n", ""), (", \"test\": [\"within\"]", "")].into_iter().fold(station(), |text, (from, to)| text.replacen(from, to, 1)).into_bytes(), &["a test past its days", "DOMAIN §3"]),
        ("a fever passes", with("    {\"temperature\": [\"high\"], \"verdict\": \"assist\", \"reason\": \"A37\", \"advice\": \"measure_again\"},\n", ""), &["a high temperature", "DOMAIN §12"]),
        ("a second fever passes", with("    {\"temperature\": [\"high_again\"], \"verdict\": \"assist\", \"reason\": \"A38\", \"advice\": \"staff_lane\"},\n", ""), &["a high temperature", "DOMAIN §12"]),
        ("the fallback stops", with(LAST, r#"{"verdict": "stop", "reason": "S01", "advice": "staff_is_coming"}"#), &["line 35", "row 22: a row without columns that is not Assist", "DOMAIN §2", "reason A42"]),
        ("the fallback passes", with(LAST, r#"{"verdict": "pass", "reason": "P01", "advice": "walk_through"}"#), &["row 22: a row without columns", "DOMAIN §2"]),
        ("the fallback limits", with(LAST, r#"{"verdict": "limit", "reason": "L01", "advice": "staff_lane"}"#), &["row 22: a row without columns", "DOMAIN §2"]),
        ("red is one press", with(RED, r#"{"finding": ["red"], "source": ["code"], "verdict": "assist", "reason": "A42", "advice": "staff_lane"}"#), &["row 4: a proven, current red is Stop", "DOMAIN §1, §19"]),
        ("yellow is one press", with(YELLOW, r#"{"finding": ["yellow"], "source": ["code"], "verdict": "assist", "reason": "A42", "advice": "staff_lane"}"#), &["row 6: a proven, current red is Stop and a yellow is Limit", "DOMAIN §1, §19"]),
        ("a reason of another finding", changed(RED, "S01", "S02"), &["line 17", "row 4: the reason does not belong to what was found", "DOMAIN §17", "change its verdict, reason or advice"]),
        ("a reason of the terminal's own", with("\"reason\": \"A25\"", "\"reason\": \"A10\""), &["row 12: the reason does not belong"]),
        ("a dead end", changed(YELLOW, "register_at_staff_lane", "walk_through"), &["row 6: the advice leads nowhere"]),
    ];
    all_are_told(&cases);
}

#[test]
fn every_wrong_row_is_told_and_not_only_the_first() {
    let text = station().replacen("L01", "L09", 1).replacen("S02", "P01", 1);
    assert_eq!(check(text.as_bytes()).unwrap_err().len(), 2);
}

/// Whatever the bytes: an answer, no panic, no recursion; and what passes, the terminal takes.
#[test]
fn nothing_that_is_fed_in_panics() {
    let text = station().into_bytes();
    for cut in (0..text.len()).step_by(13) {
        let _ = check(&text[..cut]);
        let mut wrong = text.clone();
        wrong[cut] = b"[{\"\\,0x\xFF"[cut % 8];
        if check(&wrong).is_ok() {
            Policy::load(&wrong).unwrap();
        }
    }
}
