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

use super::deed::{Refused, administrator, carry_out, changed, nothing, top};
use super::fleet::shown;
use super::{Login, Top, page, person, see_other, unavailable};
use crate::pages::sessions::Who;
use crate::store::log::By;
use crate::store::records::choose::{Choice, settle_doubt};
use crate::store::records::doubts;
use crate::store::records::reopen::reopen;
use crate::store::records::sides::{Side, sides};
use crate::store::{Db, StoreFault};
use crate::{Hub, hex};

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
    top: Top,
    open: Vec<Open>,
    words: Vec<Word>,
}

#[derive(Template)]
#[template(path = "settle.html")]
struct Settle {
    top: Top,
    is_settling: bool,
    place: Open,
    hash: String,
    /// Later places whose words fall with this one.
    falls: Vec<u64>,
    because: String,
    refused: Option<String>,
}

pub(super) async fn show(State(hub): State<Arc<Hub>>, headers: HeaderMap) -> Response<Body> {
    let top = match person(&hub, &headers).await {
        Ok(Some(person)) => Top::of(person),
        Ok(None) => return page(StatusCode::FORBIDDEN, &Login { refused: None }),
        Err(_) => return unavailable(),
    };
    match hub.read(|db| Ok((open(db)?, doubts::words(db)?))).await {
        Ok((open, words)) => {
            let words = words.into_iter().map(Word::of).collect();
            page(StatusCode::OK, &Doubts { top, open, words })
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
            let (top, because) = (top(who), asked.because.clone());
            let is_settling = deed == Deed::Settle;
            page(status, &Settle { top, is_settling, place, hash, falls, because, refused })
        }
        Ok(None) => nothing(),
        Err(_) => unavailable(),
    }
}

async fn done(hub: &Arc<Hub>, who: &Who, (asked, deed): (&Asked, Deed)) -> Result<(), Refused> {
    let place = Place::of(asked).ok_or_else(changed)?;
    let work = move |db: &Db, by: By<'_>| {
        let (why, said) = (by.why.unwrap_or_default(), (by.who, by.at));
        match (deed, place.hash) {
            (Deed::Settle, Some(hash)) => {
                let (terminal, journal) = (place.terminal, &place.journal);
                let choice = Choice { terminal, journal, place: place.row, hash };
                Ok(settle_doubt(db, &choice, why, said)?.is_ok())
            }
            (Deed::Settle, None) => Ok(false),
            (Deed::Reopen, _) => {
                Ok(reopen(db, (place.terminal, &place.journal, place.row), why, said)?.is_ok())
            }
        }
    };
    carry_out(hub, who, (&asked.because, &asked.code), work).await
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
