//! One person's attempt is one passage, whatever they go on holding: exactly one verdict, one record (DOMAIN, "passage").

use super::assert_scenario;

#[test]
fn a_code_that_is_held_on_beside_a_card_is_no_second_passage() {
    assert_scenario(
        r#"
row = "card, and a code that stays before the camera"
verdicts = "one passage"

[[passage]]
id = "own-code-held-on-beside-the-card"
shows = "a card and the own green code, held on for 8 s"
world = { green = ["A"] }
steps = [{ tap_with_code = [{ card = "resident" }, { code = "screen", says = "green" }] }, { wait_ms = 8000 }]
expected = "one_passage"

[[passage]]
id = "bad-code-held-on-beside-the-card"
shows = "a card and a forged code, held on for 3 s"
world = { green = ["A"] }
steps = [
    { tap_with_code = [{ card = "resident" }, { code = "screen", says = "green", fault = "forged" }] },
    { wait_ms = 3000 },
]
expected = "one_passage"
"#,
    );
}

#[test]
fn a_card_laid_down_after_an_expired_code_is_answered_though_the_code_is_held_on() {
    assert_scenario(
        r#"
row = "an expired code, then the card, the phone still up"
verdicts = "Assist, then Pass"

[[passage]]
id = "card-after-expired-code"
shows = "an expired code held on, then the card as the screen advised"
world = { green = ["A"] }
steps = [
    { hold = { code = "screen", says = "green", age = "20:00" } },
    { check = { verdict = "assist", reason = "A01", passages = 1 } },
    { wait_ms = 1000 },
    { tap = { card = "resident" } },
]
expected = "pass"
and = { passages = 2 }
"#,
    );
}

#[test]
fn a_red_code_that_is_held_on_while_the_attendant_opens_is_no_second_stop() {
    assert_scenario(
        r#"
row = "Stop, then 急诊, the phone still up"
verdicts = "opens, one passage"

[[passage]]
id = "red-held-on-while-opened"
shows = "a red code held on through 急诊"
steps = [
    { login = "attendant" },
    { hold = { code = "screen", says = "red" } },
    { press = ["emergency", "ok"] },
    { wait_ms = 3000 },
]
expected = "opens"
and = { act = 12 }

[[passage]]
id = "assist-held-on-while-opened"
shows = "a code that cannot be read, held on while the attendant accepts a proof"
steps = [
    { login = "attendant" },
    { hold = { code = "screen", says = "green", fault = "truncated" } },
    { press = ["accept", "1"] },
    { wait_ms = 3000 },
]
expected = "opens"
and = { act = 1 }
"#,
    );
}

#[test]
fn a_badge_that_is_held_on_does_not_ask_for_its_pin_again() {
    assert_scenario(
        r#"
row = "a badge held on after the PIN"
verdicts = "the panel works"

[[passage]]
id = "badge-held-on"
shows = "a badge held on for 3 s after the PIN, then a proof is accepted"
steps = [
    { badge = "attendant" },
    { type = "135790" },
    { wait_ms = 3000 },
    { press = ["accept", "1"] },
]
expected = "opens"
and = { act = 1, passages = 0 }
"#,
    );
}

#[test]
fn a_refused_badge_that_is_held_on_is_refused_and_recorded_once() {
    assert_scenario(
        r#"
row = "a retired badge held on"
verdicts = "refused and logged, once"

[[passage]]
id = "retired-badge-held-on"
shows = "a retired badge held on for 3 s"
steps = [{ badge = "retired" }, { wait_ms = 3000 }]
expected = "refused"
and = { refused = "retired", refusals = 1 }
"#,
    );
}
