//! Rows in doubt, for people who choose: both side by side, a word and its reason, and the word taken back.
//! Promises: everybody who is logged in looks, an administrator alone settles, each time with a one-time code of their own; what is
//! settled was shown on the page before, beside the others; who said it and why is written down.
//! Must not know: what a row says, which of them is true.

use std::sync::Arc;

use askama::Template;
use axum::body::Body;
use axum::extract::{Form, State};
use axum::http::{HeaderMap, Response, StatusCode};
use gate_core::json;
use gate_core::query::TerminalNumber;
use gate_core::records::JournalId;
use gate_proof::digest::Digest;
use gate_wire::time::Timestamp;
use serde::Deserialize;

use super::fleet::shown;
use super::{Login, known, one_time, page, see_other, unavailable};
use crate::pages::sessions::Who;
use crate::store::log::{self, audit};
use crate::store::people::{Role, spend, totp};
use crate::store::records::choose::{Choice, REASON_MOST, reason, settle_doubt};
use crate::store::records::doubts;
use crate::store::records::reopen::reopen;
use crate::store::records::sides::{Side, sides};
use crate::store::{Db, StoreFault};
use crate::{Hub, hex, now};

/// A place of a journal as a form names it, and what is said of it.
#[derive(Deserialize)]
pub(super) struct Asked {
    terminal: u32,
    journal: String,
    row: u64,
    /// The row that is meant; nothing where a word is taken back.
    #[serde(default)]
    hash: String,
    #[serde(default)]
    because: String,
    #[serde(default)]
    code: String,
}

/// What a person does with a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Deed {
    /// Says which row is the journal's.
    Settle,
    /// Takes such a word back.
    Reopen,
}

/// The place that is meant.
#[derive(Clone, Copy)]
struct Place {
    terminal: TerminalNumber,
    journal: JournalId,
    row: u64,
    hash: Option<Digest>,
}

/// A row as people see it.
struct Shown {
    letter: char,
    /// In groups that are compared by eye.
    hash: String,
    hex: String,
    received: String,
    follows: &'static str,
    may_be: bool,
    reaches: u64,
    acknowledged: bool,
    /// It is the one that is meant.
    is_meant: bool,
}

/// A place of which there is more than one row.
struct Open {
    terminal: u32,
    journal: String,
    row: u64,
    sides: Vec<Shown>,
}

/// A word of a person's, as long as it stood.
struct Word {
    terminal: u32,
    journal: String,
    row: u64,
    hash: String,
    at: String,
    who: String,
    why: String,
    /// When it was taken back, by whom and why.
    back: Option<(String, String, String)>,
}

#[derive(Template)]
#[template(path = "doubts.html")]
struct Doubts {
    name: String,
    now: String,
    settles: bool,
    open: Vec<Open>,
    words: Vec<Word>,
}

#[derive(Template)]
#[template(path = "settle.html")]
struct Settle {
    name: String,
    now: String,
    is_settling: bool,
    place: Open,
    hash: String,
    /// Later places whose words fall with this one.
    falls: Vec<u64>,
    because: String,
    refused: Option<String>,
}

/// Why nothing was said.
enum Refused {
    /// Told beside the form.
    Told(StatusCode, String),
    /// The store, or too much waits.
    Later,
}

pub(super) async fn show(State(hub): State<Arc<Hub>>, headers: HeaderMap) -> Response<Body> {
    let (who, role) = match known(&hub, &headers).await {
        Ok(Some(known)) => known,
        Ok(None) => return page(StatusCode::FORBIDDEN, &Login { refused: None }),
        Err(_) => return unavailable(),
    };
    let settles = role == Role::Administrator;
    match hub.read(|db| Ok((open(db)?, doubts::words(db)?))).await {
        Ok((open, words)) => {
            let words = words.into_iter().map(Word::of).collect();
            page(StatusCode::OK, &Doubts { name: who.name, now: shown(now()), settles, open, words })
        }
        Err(_) => unavailable(),
    }
}

pub(super) async fn ask_settle(
    State(hub): State<Arc<Hub>>,
    headers: HeaderMap,
    Form(asked): Form<Asked>,
) -> Response<Body> {
    ask(&hub, &headers, (&asked, Deed::Settle)).await
}

pub(super) async fn ask_reopen(
    State(hub): State<Arc<Hub>>,
    headers: HeaderMap,
    Form(asked): Form<Asked>,
) -> Response<Body> {
    ask(&hub, &headers, (&asked, Deed::Reopen)).await
}

pub(super) async fn settle(
    State(hub): State<Arc<Hub>>,
    headers: HeaderMap,
    Form(asked): Form<Asked>,
) -> Response<Body> {
    say(&hub, &headers, (&asked, Deed::Settle)).await
}

pub(super) async fn take_back(
    State(hub): State<Arc<Hub>>,
    headers: HeaderMap,
    Form(asked): Form<Asked>,
) -> Response<Body> {
    say(&hub, &headers, (&asked, Deed::Reopen)).await
}

/// Both rows once more, with the one that is meant, and a form for the reason and a code.
async fn ask(hub: &Arc<Hub>, headers: &HeaderMap, (asked, deed): (&Asked, Deed)) -> Response<Body> {
    match administrator(hub, headers).await {
        Ok(who) => confirm(hub, &who, (asked, deed), (StatusCode::OK, None)).await,
        Err(answer) => answer,
    }
}

async fn say(hub: &Arc<Hub>, headers: &HeaderMap, (asked, deed): (&Asked, Deed)) -> Response<Body> {
    let who = match administrator(hub, headers).await {
        Ok(who) => who,
        Err(answer) => return answer,
    };
    match done(hub, &who, (asked, deed)).await {
        Ok(()) => see_other("/doubts"),
        Err(Refused::Told(status, words)) => confirm(hub, &who, (asked, deed), (status, Some(words))).await,
        Err(Refused::Later) => unavailable(),
    }
}

/// Who asks, if they may settle.
async fn administrator(hub: &Arc<Hub>, headers: &HeaderMap) -> Result<Who, Response<Body>> {
    match known(hub, headers).await {
        Ok(Some((who, Role::Administrator))) => Ok(who),
        Ok(_) => {
            let refused = Some("请由管理员办理 Only an administrator may.");
            Err(page(StatusCode::FORBIDDEN, &Login { refused }))
        }
        Err(_) => Err(unavailable()),
    }
}

async fn confirm(
    hub: &Arc<Hub>,
    who: &Who,
    (asked, deed): (&Asked, Deed),
    (status, refused): (StatusCode, Option<String>),
) -> Response<Body> {
    let read = match Place::of(asked) {
        Some(place) => hub.read(move |db| meant(db, place, deed)).await,
        None => Ok(None),
    };
    match read {
        Ok(Some((place, hash, falls))) => {
            let (name, now, because) = (who.name.clone(), shown(now()), asked.because.clone());
            let is_settling = deed == Deed::Settle;
            page(status, &Settle { name, now, is_settling, place, hash, falls, because, refused })
        }
        Ok(None) => {
            let refused =
                Some("没有这一处，或情况已变，请重看 There is no such place, or it changed: look again.");
            page(StatusCode::NOT_FOUND, &Login { refused })
        }
        Err(_) => unavailable(),
    }
}

/// Uses a one-time code of theirs up, and does it: both, or neither.
async fn done(hub: &Arc<Hub>, who: &Who, (asked, deed): (&Asked, Deed)) -> Result<(), Refused> {
    let told = |status, words: &str| Refused::Told(status, words.into());
    let changed =
        || told(StatusCode::CONFLICT, "情况已变，请返回重看 It changed meanwhile: go back and look again.");
    let unsaid = || {
        let words = format!("理由为 1 至 {REASON_MOST} 字 A reason has 1 to {REASON_MOST} letters.");
        Refused::Told(StatusCode::UNPROCESSABLE_ENTITY, words)
    };
    let why = reason(&asked.because).ok_or_else(unsaid)?.to_owned();
    let place = Place::of(asked).ok_or_else(changed)?;
    let step = step(hub, who, &asked.code).await?;
    let name = who.name.clone();
    let done = hub.writer.change(move |db| {
        if !spend(db, &name, step)? {
            return Ok(None);
        }
        let by = (name.as_str(), now());
        let done = match (deed, place.hash) {
            (Deed::Settle, Some(hash)) => {
                let (terminal, journal) = (place.terminal, &place.journal);
                settle_doubt(db, &Choice { terminal, journal, place: place.row, hash }, &why, by)?.is_ok()
            }
            (Deed::Settle, None) => false,
            (Deed::Reopen, _) => reopen(db, (place.terminal, &place.journal, place.row), &why, by)?.is_ok(),
        };
        Ok(Some(done))
    });
    match done.await.map_err(|_| Refused::Later)? {
        None => Err(wrong_code()),
        Some(is_done) => {
            hub.sessions.proven(&who.name);
            is_done.then_some(()).ok_or_else(changed)
        }
    }
}

fn wrong_code() -> Refused {
    let words = "验证码不对，或已用过：请等下一个 The code is wrong, or was used: wait for the next.";
    Refused::Told(StatusCode::FORBIDDEN, words.into())
}

/// Which code of theirs this is. Who is logged in has given a passphrase; this is the other half, again.
async fn step(hub: &Arc<Hub>, who: &Who, code: &str) -> Result<u64, Refused> {
    if !hub.sessions.may_try(&who.name, now()) {
        let words = "尝试过多，请稍候 Too many tries: wait a little.";
        return Err(Refused::Told(StatusCode::TOO_MANY_REQUESTS, words.into()));
    }
    let (name, stamp) = (who.name.clone(), who.stamp);
    let secret = hub.read(move |db| totp(db, &name, &stamp)).await.map_err(|_| Refused::Later)?;
    let step = secret.and_then(|secret| one_time(&secret)?.check(code, now().unix()));
    if step.is_none() {
        let name = who.name.clone();
        let noted = hub.writer.change(move |db| audit(db, (&name, now()), log::Deed::WrongCode, &[])).await;
        noted.map_err(|_| Refused::Later)?;
    }
    step.ok_or_else(wrong_code)
}

impl Place {
    fn of(asked: &Asked) -> Option<Place> {
        let hash = match asked.hash.as_str() {
            "" => None,
            hash => Some(Digest(json::hex(hash)?)),
        };
        let journal = JournalId(json::hex(&asked.journal)?);
        Some(Place { terminal: TerminalNumber::new(asked.terminal)?, journal, row: asked.row, hash })
    }
}

/// A place with the row that is meant, and later places whose words fall with its own; `None` if there is nothing to do there.
fn meant(db: &Db, place: Place, deed: Deed) -> Result<Option<(Open, String, Vec<u64>)>, StoreFault> {
    let is_here = |terminal, journal| (terminal, journal) == (place.terminal, place.journal);
    let settled = doubts::settled(db)?.into_iter().filter(|one| is_here(one.terminal, one.journal));
    let words: Vec<(u64, Digest)> = settled.map(|one| (one.place, one.hash)).collect();
    let word = words.iter().find(|(row, _)| *row == place.row).map(|(_, hash)| *hash);
    let meant = match deed {
        Deed::Settle => place.hash.filter(|_| word.is_none()),
        Deed::Reopen => word,
    };
    let rows = sides(db, (place.terminal, &place.journal, place.row))?;
    let Some(meant) = meant.filter(|meant| rows.iter().any(|row| row.hash == *meant)) else {
        return Ok(None);
    };
    let falls = words.iter().map(|(row, _)| *row).filter(|row| deed == Deed::Reopen && *row > place.row);
    let open = open_of((place.terminal, place.journal, place.row), &rows, Some(meant));
    Ok(Some((open, hex(&meant.0), falls.collect())))
}

fn open(db: &Db) -> Result<Vec<Open>, StoreFault> {
    let mut all = Vec::new();
    for one in doubts::doubts(db)? {
        let rows = sides(db, (one.terminal, &one.journal, one.place))?;
        all.push(open_of((one.terminal, one.journal, one.place), &rows, None));
    }
    Ok(all)
}

fn open_of(
    (terminal, journal, row): (TerminalNumber, JournalId, u64),
    rows: &[Side],
    meant: Option<Digest>,
) -> Open {
    let sides = ('A'..='Z').zip(rows).map(|(letter, side)| Shown::of((letter, side), meant)).collect();
    Open { terminal: terminal.value(), journal: hex(&journal.0), row, sides }
}

impl Shown {
    fn of((letter, side): (char, &Side), meant: Option<Digest>) -> Shown {
        let hex = hex(&side.hash.0);
        let groups: Vec<&str> = (0..8).filter_map(|at| hex.get(at * 8..at * 8 + 8)).collect();
        let follows = match side.follows {
            Some(true) => "是 yes",
            Some(false) => "否，不能认定 no: it cannot be chosen",
            None => "前一条不在 the row before is not here",
        };
        Shown {
            letter,
            hash: groups.join(" "),
            received: at(side.received),
            follows,
            may_be: side.follows != Some(false),
            reaches: side.reaches,
            acknowledged: side.is_acknowledged,
            is_meant: meant == Some(side.hash),
            hex,
        }
    }
}

impl Word {
    fn of(word: doubts::Word) -> Word {
        let ((terminal, journal, row, hash), (who, why, when)) = (word.of, word.by);
        let back = word.back.map(|(who, why, when)| (at(when), who, why));
        let (journal, hash) = (hex(&journal.0), hex(&hash.0));
        Word { terminal: terminal.value(), journal, row, hash, at: at(when), who, why, back }
    }
}

fn at(seconds: u64) -> String {
    shown(Timestamp::from_unix(seconds).unwrap_or(Timestamp::MAX))
}
