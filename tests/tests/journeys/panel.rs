//! What the panel was asking belongs to one person and to one moment (DOMAIN §19).

use super::assert_scenario;

#[test]
fn a_question_about_one_person_does_not_open_for_the_next() {
    assert_scenario(
        r#"
row = "half-done openings"
verdicts = "stop, and it stays shut"

[[passage]]
id = "emergency-asked-then-red-shown"
shows = "急诊 asked for somebody else, then a red code, then one press of 确认"
steps = [
    { login = "attendant" },
    { press = ["emergency"] },
    { hold = { code = "screen", says = "red", about = "C" } },
    "away",
    { press = ["ok"] },
]
expected = "stop"

[[passage]]
id = "emergency-asked-and-forgotten"
shows = "急诊 asked, nothing for 31 s, then 确认"
steps = [
    { login = "attendant" },
    { hold = { code = "screen", says = "red", about = "C" } },
    "away",
    { press = ["emergency"] },
    { wait_ms = 31000 },
    { press = ["ok"] },
]
expected = "stop"
"#,
    );
}

#[test]
fn a_web_link_shown_after_a_red_code_needs_a_cause_all_the_same() {
    assert_scenario(
        r#"
row = "a stop stays a stop"
verdicts = "assist, and it stays shut"

[[passage]]
id = "red-then-web-link"
shows = "a red code, then a web link; the attendant presses accept and 1, which is a cause now"
steps = [
    { login = "attendant" },
    { hold = { code = "screen", says = "red", about = "C" } },
    "away",
    { wait_ms = 2000 },
    { hold_text = "https://example.invalid/" },
    "away",
    { press = ["accept", "1"] },
]
expected = "assist"
and = { passages = 2 }
"#,
    );
}
