//! One terminal, for everybody who is logged in: all that it said, what it counted on the last days, and what an administrator may do to it.
//! Promises: changes nothing itself: each deed is a page of its own.
//! Must not know: how accounts came, what a record says.

pub mod deeds;

use std::sync::Arc;

use askama::Template;
use axum::body::Body;
use axum::extract::{Form, State};
use axum::http::{HeaderMap, Response, StatusCode};
use gate_core::query::TerminalNumber;
use gate_wire::time::Timestamp;
use serde::Deserialize;

use super::counters::{Sums, by_day, date, passages};
use super::deed::nothing;
use super::fleet::row::Row;
use super::fleet::{View, row_of, shown};
use super::words::Words;
use super::{Login, Top, page, person, unavailable};
use crate::store::counters::of_terminal;
use crate::store::log::alarms_of;
use crate::store::people::Role;
use crate::store::terminals::{KeyUse, Listed, Standing, keys, listed, open_codes};
use crate::store::{Db, StoreFault};
use crate::{Hub, hex};

/// Days of counters that are shown.
const DAYS: u32 = 14;

#[derive(Deserialize)]
pub(super) struct Asked {
    number: u32,
}

/// What it counted on a day.
struct Day {
    day: u32,
    date: String,
    sums: Sums,
    passages: u64,
}

/// What is read of the store.
struct Read {
    row: Row,
    listed: Listed,
    codes: u64,
    has_line: bool,
    alarms: u64,
    days: Vec<Day>,
}

#[derive(Template)]
#[template(path = "terminal.html")]
struct Page {
    top: Top,
    row: Row,
    standing: Words,
    since: String,
    device: Option<String>,
    codes: u64,
    has_line: bool,
    alarms: u64,
    days: Vec<Day>,
}

pub(super) async fn show(
    State(hub): State<Arc<Hub>>,
    headers: HeaderMap,
    Form(asked): Form<Asked>,
) -> Response<Body> {
    let person = match person(&hub, &headers).await {
        Ok(Some(person)) => person,
        Ok(None) => return page(StatusCode::FORBIDDEN, &Login { refused: None }),
        Err(_) => return unavailable(),
    };
    let Some(number) = TerminalNumber::new(asked.number) else { return nothing() };
    let view = View::now(&hub).await;
    match hub.read(move |db| read(db, number, &view)).await {
        Ok(Some(read)) => page(StatusCode::OK, &Page::of(person, read)),
        Ok(None) => nothing(),
        Err(_) => unavailable(),
    }
}

fn read(db: &Db, number: TerminalNumber, view: &View) -> Result<Option<Read>, StoreFault> {
    let (Some(row), Some(listed)) = (row_of(db, number.value(), view)?, listed(db, number.value())?) else {
        return Ok(None);
    };
    let today = view.now.civil_day().0;
    let counted = by_day(&of_terminal(db, number, (today.saturating_sub(DAYS - 1), today))?);
    let day = |(day, sums): (u32, Sums)| Day { day, date: date(day), passages: passages(&sums), sums };
    Ok(Some(Read {
        row,
        listed,
        codes: open_codes(db, number, view.now)?,
        has_line: !keys(db, number, KeyUse::Line)?.is_empty(),
        alarms: alarms_of(db, number)?,
        days: counted.into_iter().rev().map(day).collect(),
    }))
}

impl Page {
    fn of(person: (String, Role), read: Read) -> Page {
        let Read { row, listed, codes, has_line, alarms, days } = read;
        Page {
            top: Top::of(person),
            row,
            standing: match listed.standing {
                Standing::Enrolled => Words::of("已登记", "enrolled"),
                Standing::Revoked | Standing::Unknown => Words::of("■ 已吊销", "revoked"),
            },
            since: shown(Timestamp::from_unix(listed.since).unwrap_or(Timestamp::MAX)),
            device: listed.device.map(|key| hex(&key)),
            codes,
            has_line,
            alarms,
            days,
        }
    }
}
