//! Staff: badge and PIN, the pause after wrong PINs, typed documents, one-press openings (DOMAIN §4, §6, §13, §16).

use super::assert_scenario;

#[test]
fn five_wrong_pins_earn_a_pause_that_the_right_pin_does_not_cut_short_but_outlives() {
    assert_scenario(
        r#"
row = "PIN pause"
verdicts = "refused, then logged in"

[[passage]]
id = "pin-pause"
shows = "a badge, five wrong PINs, the right one at once"
steps = [
    { badge = "attendant" },
    { type = "000001" },
    { type = "000002" },
    { type = "000003" },
    { type = "000004" },
    { type = "000005" },
    { check = { refused = "wrong_pin" } },
    { type = "135790" },
    "away",
    { press = ["back", "accept", "1"] },
]
expected = "refused"
and = { refused = "paused" }

[[passage]]
id = "pin-pause-is-no-lock"
shows = "a badge, five wrong PINs, the right one after half a minute"
steps = [
    { badge = "attendant" },
    { type = "000001" },
    { type = "000002" },
    { type = "000003" },
    { type = "000004" },
    { type = "000005" },
    "away",
    { press = ["back"] },
    { wait_ms = 31000 },
    { login = "attendant" },
    { press = ["accept", "1"] },
]
expected = "opens"
and = { passages = 0, act = 1 }
"#,
    );
}

#[test]
fn documents_are_typed_at_most_so_many_times_a_minute_and_then_again() {
    let typed = r#"{ press = ["document", "1"] }, { type = "E12345678" },"#.repeat(7);
    assert_scenario(&format!(
        r#"
row = "typed documents"
verdicts = "refused and logged after six in a minute"

[[passage]]
id = "seventh-document-in-a-minute"
shows = "seven documents within a minute"
world = {{ yellow = ["traveller"] }}
steps = [{{ login = "attendant" }}, {typed}]
expected = "refused"
and = {{ refused = "too_many_typed", passages = 6 }}

[[passage]]
id = "a-minute-later"
shows = "seven documents within a minute, and one a minute later"
world = {{ yellow = ["traveller"] }}
steps = [
    {{ login = "attendant" }}, {typed}
    {{ wait_ms = 61000 }},
    {{ press = ["document", "1"] }}, {{ type = "E12345678" }},
]
expected = "limit"
and = {{ refused = "too_many_typed", passages = 7 }}
"#
    ));
}

#[test]
fn against_yellow_or_red_no_proof_opens_without_a_cause() {
    assert_scenario(
        r#"
row = "Limit and Stop"
verdicts = "two steps and a cause"

[[passage]]
id = "yellow-needs-a-cause"
shows = "a yellow code, and a paper proof"
steps = [
    { login = "attendant" },
    { hold = { code = "screen", says = "yellow" } },
    "away",
    { press = ["accept", "4"] },
    { check = { pulses = 0, openings = 0 } },
    { press = ["ok"] },
]
expected = "opens"
and = { act = 14 }

[[passage]]
id = "back-leaves-it-shut"
shows = "a red code, and the attendant goes back"
steps = [
    { login = "attendant" },
    { hold = { code = "screen", says = "red" } },
    "away",
    { press = ["accept", "2", "back", "ok"] },
]
expected = "stop"
"#,
    );
}

#[test]
fn nobody_opens_after_logging_out() {
    assert_scenario(
        r#"
row = "log out"
verdicts = "refused"

[[passage]]
id = "logged-out"
shows = "a proof after the attendant has logged out"
steps = [{ login = "attendant" }, { press = ["logout", "accept", "1"] }]
expected = "refused"
and = { refused = "nobody_logged_in" }

[[passage]]
id = "no-session-over-a-restart"
shows = "a proof after the power was cut"
steps = [{ login = "attendant" }, { restart_after_s = 5 }, { press = ["accept", "1"] }]
expected = "refused"
and = { refused = "nobody_logged_in" }
"#,
    );
}

#[test]
fn where_one_thing_only_can_be_meant_one_press_opens() {
    assert_scenario(
        r#"
row = "expired card (DOMAIN §4) · a platform that does not sign yet (DOMAIN §6)"
verdicts = "one-press opening"

[[passage]]
id = "expired-card-one-press"
shows = "an expired card, listed green, accepted"
world = { green = ["A"] }
steps = [
    { login = "attendant" },
    { tap = { card = "resident", validity = "expired" } },
    { check = { verdict = "assist", reason = "A31", pulses = 0 } },
    { press = ["accept"] },
]
expected = "opens"
and = { act = 5 }

[[passage]]
id = "platform-code-one-press"
shows = "a platform's unsigned code, seen on the phone"
steps = [
    { login = "attendant" },
    { hold_text = "JKM1:5F2A90C1-3E77-4B0D" },
    { check = { verdict = "assist", reason = "A18", pulses = 0 } },
    { press = ["accept"] },
]
expected = "opens"
and = { act = 4 }
"#,
    );
}
