//! What is said in JSON: a code, a session, a refusal.
//! Promises: closed forms; a refusal has a code, what to do in two languages, and nothing of the request.
//! Must not know: sockets, how a code is made.

use gate_wire::credential::Colour;
use serde::Serialize;

use super::refusal::Refusal;
use super::service::{Given, Opened};
use crate::code::{Code, QUIET_ZONE};
use crate::spelling;

/// `POST /v1/screen-codes`.
#[derive(Serialize)]
struct CodeForm<'a> {
    code: &'a str,
    id: String,
    issuer: String,
    kind: &'static str,
    colour: &'static str,
    name: &'a str,
    issued: u64,
    expires: u64,
    seconds_left: u64,
}

/// `POST /v1/sessions`.
#[derive(Serialize)]
struct SessionForm<'a> {
    session: &'a str,
    /// The token stands behind `#`: no server, proxy or log ever sees it.
    page: String,
    seconds_left: u64,
}

/// `POST /code/next`.
#[derive(Serialize)]
struct PageForm<'a> {
    /// An SVG path in units of modules, within a square of `side`, quiet zone included.
    path: String,
    side: u32,
    colour: &'static str,
    name: &'a str,
    seconds_left: u64,
    /// Seconds since midnight, UTC+8.
    time_of_day: u32,
}

#[derive(Serialize)]
struct RefusalForm {
    error: ErrorForm,
}

#[derive(Serialize)]
struct ErrorForm {
    code: &'static str,
    zh: &'static str,
    en: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_after_s: Option<u64>,
}

/// A code for a platform.
pub(crate) fn code(given: &Given) -> Vec<u8> {
    let made = &given.made;
    json(&CodeForm {
        code: &made.text,
        id: spelling::hex(&made.id.0),
        issuer: spelling::hex(&made.issuer.0),
        kind: "screen_code",
        colour: colour(made.colour),
        name: made.name.as_str(),
        issued: made.issued.unix(),
        expires: made.expires.unix(),
        seconds_left: given.seconds_left,
    })
}

/// A session for a platform.
pub(crate) fn session(opened: &Opened) -> Vec<u8> {
    let session = opened.token.as_str();
    json(&SessionForm { session, page: format!("/code/#{session}"), seconds_left: opened.seconds_left })
}

/// A code for a phone page.
///
/// # Errors
/// [`Refusal::Sign`]: never, for a text within the budget.
pub(crate) fn page(given: &Given, time_of_day: u32) -> Result<Vec<u8>, Refusal> {
    let drawn = Code::of(&given.made.text).map_err(|_| Refusal::Sign)?;
    Ok(json(&PageForm {
        path: path(&drawn),
        side: drawn.modules() + 2 * QUIET_ZONE,
        colour: colour(given.made.colour),
        name: given.made.name.as_str(),
        seconds_left: given.seconds_left,
        time_of_day,
    }))
}

/// A refusal.
pub(crate) fn refusal(refusal: Refusal) -> Vec<u8> {
    let told = refusal.told();
    let retry_after_s = refusal.retry_after_s();
    json(&RefusalForm { error: ErrorForm { code: told.code, zh: told.zh, en: told.en, retry_after_s } })
}

fn json(form: &impl Serialize) -> Vec<u8> {
    // Plain data to memory: it does not fail; the type cannot say so.
    serde_json::to_vec(form).unwrap_or_default()
}

fn colour(colour: Colour) -> &'static str {
    match colour {
        Colour::Green => "green",
        Colour::Yellow => "yellow",
        Colour::Red => "red",
    }
}

/// The dark modules as runs in a row: a third of the length of single squares.
fn path(code: &Code) -> String {
    let mut path = String::new();
    for y in 0..code.modules() {
        let mut x = 0;
        while x < code.modules() {
            let run = (x..code.modules()).take_while(|x| code.is_dark(*x, y)).count() as u32;
            if run > 0 {
                path.push_str(&format!("M{} {}h{run}v1h-{run}z", x + QUIET_ZONE, y + QUIET_ZONE));
            }
            x += run.max(1);
        }
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_draws_every_dark_module_and_no_other() {
        let code = Code::of("TF1:ABCDEFGHIJKLMNOP").unwrap();
        let path = path(&code);
        let mut drawn = vec![];
        for run in path.split('M').filter(|run| !run.is_empty()) {
            let (x, rest) = run.split_once(' ').unwrap();
            let (y, rest) = rest.split_once('h').unwrap();
            let (length, _) = rest.split_once('v').unwrap();
            let [x, y, length] = [x, y, length].map(|text| text.parse::<u32>().unwrap());
            drawn.extend((x..x + length).map(|x| (x - QUIET_ZONE, y - QUIET_ZONE)));
        }
        let side = code.modules();
        let dark =
            (0..side).flat_map(|y| (0..side).map(move |x| (x, y))).filter(|(x, y)| code.is_dark(*x, *y));
        assert_eq!(drawn, dark.collect::<Vec<_>>());
    }

    #[test]
    fn a_refusal_says_what_to_do_and_nothing_else() {
        let said = String::from_utf8(refusal(Refusal::Wait(3))).unwrap();
        assert!(
            said.starts_with(r#"{"error":{"code":"over_the_cap","zh":""#)
                && said.ends_with(r#""retry_after_s":3}}"#)
        );
    }
}
