//! What an administrator does to one terminal: its keys taken away, or those of its lines alone, or its counters of a day struck out.
//! Promises: what will be stands on the page before it is done; where there is nothing to do there is no form.
//! Must not know: how a person proves who they are.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Form, Path, State};
use axum::http::{HeaderMap, Response, StatusCode};
use gate_core::query::TerminalNumber;
use serde::Deserialize;

use crate::Hub;
use crate::pages::counters::{by_day, date, passages};
use crate::pages::deed::{Plan, Refused, administrator, asked, carry_out, nothing};
use crate::pages::fleet::row::Row;
use crate::pages::fleet::{View, row_of};
use crate::pages::sessions::Who;
use crate::pages::words::Words;
use crate::pages::{see_other, unavailable};
use crate::store::counters::of_terminal;
use crate::store::log::By;
use crate::store::terminals::{KeyUse, Standing, keys, open_codes, revoke, revoke_lines, standing};
use crate::store::{Db, StoreFault, accounts};

/// A terminal as a form names it, and what is said of it.
#[derive(Deserialize)]
pub(in crate::pages) struct Said {
    number: u32,
    /// Days since 1970, where counters are struck out.
    #[serde(default)]
    day: u32,
    #[serde(default)]
    because: String,
    #[serde(default)]
    code: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Deed {
    /// All its keys and open codes.
    Revoke,
    /// The keys of its lines.
    Lines,
    /// Its counters of a day.
    Strike(u32),
}

impl Deed {
    /// By its name in an address.
    fn of(name: &str, said: &Said) -> Option<Deed> {
        match name {
            "revoke" => Some(Deed::Revoke),
            "lines" => Some(Deed::Lines),
            "strike" => Some(Deed::Strike(said.day)),
            _ => None,
        }
    }

    fn action(self) -> &'static str {
        match self {
            Deed::Revoke => "/terminal/revoke",
            Deed::Lines => "/terminal/lines",
            Deed::Strike(_) => "/terminal/strike",
        }
    }

    fn title(self) -> Words {
        match self {
            Deed::Revoke => Words::of("吊销终端", "Revoke a terminal"),
            Deed::Lines => Words::of("吊销线路密钥", "Revoke the keys of a terminal's lines"),
            Deed::Strike(_) => Words::of("划去一天的计数", "Strike a day's counters out"),
        }
    }

    fn button(self) -> Words {
        match self {
            Deed::Revoke => Words::of("确认吊销", "Revoke it"),
            Deed::Lines => Words::of("确认吊销线路密钥", "Revoke its lines"),
            Deed::Strike(_) => Words::of("确认划去", "Strike them out"),
        }
    }

    fn is_done(self, db: &Db, number: TerminalNumber, by: By<'_>) -> Result<bool, StoreFault> {
        match self {
            Deed::Revoke => revoke(db, number, by),
            Deed::Lines => revoke_lines(db, number, by),
            Deed::Strike(day) => Ok(accounts::strike(db, (number, day), by)? > 0),
        }
    }
}

pub(in crate::pages) async fn ask(
    State(hub): State<Arc<Hub>>,
    Path(deed): Path<String>,
    headers: HeaderMap,
    Form(said): Form<Said>,
) -> Response<Body> {
    match administrator(&hub, &headers).await {
        Ok(who) => confirm(&hub, &who, (&said, &deed), None).await,
        Err(answer) => answer,
    }
}

pub(in crate::pages) async fn say(
    State(hub): State<Arc<Hub>>,
    Path(deed): Path<String>,
    headers: HeaderMap,
    Form(said): Form<Said>,
) -> Response<Body> {
    let who = match administrator(&hub, &headers).await {
        Ok(who) => who,
        Err(answer) => return answer,
    };
    let (Some(of), Some(number)) = (Deed::of(&deed, &said), TerminalNumber::new(said.number)) else {
        return nothing();
    };
    let work = move |db: &Db, by: By<'_>| of.is_done(db, number, by);
    match carry_out(&hub, &who, (&said.because, &said.code), work).await {
        Ok(()) => after(&hub, number).await,
        Err(Refused::Told(status, words)) => confirm(&hub, &who, (&said, &deed), Some((status, words))).await,
        Err(Refused::Later) => unavailable(),
    }
}

/// Where it is seen what became of it.
async fn after(hub: &Arc<Hub>, number: TerminalNumber) -> Response<Body> {
    match hub.read(move |db| standing(db, number)).await {
        Ok(Standing::Unknown) | Err(_) => see_other("/"),
        Ok(_) => see_other(&format!("/terminal?number={}", number.value())),
    }
}

async fn confirm(
    hub: &Arc<Hub>,
    who: &Who,
    (said, deed): (&Said, &str),
    refused: Option<(StatusCode, String)>,
) -> Response<Body> {
    let (Some(of), Some(number)) = (Deed::of(deed, said), TerminalNumber::new(said.number)) else {
        return nothing();
    };
    let view = View::now(hub).await;
    match hub.read(move |db| plan(db, number, (of, &view))).await {
        Ok(Some(plan)) => asked(who, plan, &said.because, refused),
        Ok(None) => nothing(),
        Err(_) => unavailable(),
    }
}

/// What will be; `None` where there is nothing to do.
fn plan(db: &Db, number: TerminalNumber, (deed, view): (Deed, &View)) -> Result<Option<Plan>, StoreFault> {
    let (row, codes) = (row_of(db, number.value(), view)?, open_codes(db, number, view.now)?);
    let then = match deed {
        Deed::Revoke => revoking(standing(db, number)?, row.as_ref(), codes),
        Deed::Lines => (!keys(db, number, KeyUse::Line)?.is_empty()).then(without_lines),
        Deed::Strike(day) => striking(db, number, day)?,
    };
    let hidden = [("number", number.value().to_string())];
    let day = if let Deed::Strike(day) = deed { Some(("day", day.to_string())) } else { None };
    Ok(then.map(|then| Plan {
        title: deed.title(),
        facts: facts(number, row.as_ref()),
        then,
        action: deed.action(),
        hidden: hidden.into_iter().chain(day).collect(),
        button: deed.button(),
        back: row.map_or("/".into(), |row| format!("/terminal?number={}", row.number)),
    }))
}

fn facts(number: TerminalNumber, row: Option<&Row>) -> Vec<(Words, String)> {
    let never = || String::from("从未报告 never reported");
    let mut facts = vec![(Words::of("终端", "Terminal"), number.value().to_string())];
    let Some(row) = row else { return facts };
    facts.extend(row.place.clone().map(|place| (Words::of("场所", "Place"), place)));
    facts.extend(row.check.map(|check| (Words::of("核对号", "Check number"), check.to_string())));
    let age = row.said.as_ref().map_or_else(never, |said| said.age.clone());
    facts.push((Words::of("上次报告", "Reported"), age));
    facts
}

fn revoking(standing: Standing, row: Option<&Row>, codes: u64) -> Option<Vec<Words>> {
    let ended = (codes > 0).then(|| {
        Words::with(format!("未用的登记码作废：{codes} 个。"), format!("Codes that are open end: {codes}."))
    });
    if standing != Standing::Enrolled {
        return ended.map(|ended| vec![ended]);
    }
    let waiting = row.and_then(|row| row.said.as_ref()).map(|said| said.queue.as_str());
    let lost = waiting.filter(|queue| *queue != "0").map(|queue| {
        Words::with(
            format!("它还有记录没有送到（{queue} 条），今后也不再接收。"),
            format!("Rows of it that the hub lacks ({queue}) are not taken any more."),
        )
    });
    let mut then = vec![
        Words::of(
            "从此不再接收它的任何内容，网络和 U 盘都一样。",
            "Nothing is taken from it any more, by line or by stick.",
        ),
        Words::of(
            "它的密钥永不恢复，换任何编号也不行；要再登记，须先在终端生成新密钥。",
            "Its keys never come back, under no number: it makes new ones before it is enrolled again.",
        ),
        Words::of(
            "闸机照常判断，直到签发台不再发给它：把它从 terminals.csv 中去掉。",
            "Its lane decides on by what it holds, until the desk leaves it out: take it from terminals.csv.",
        ),
        Words::of(
            "终端显示“登记码已用过”时先核对核对号：只有终端被拆开过才吊销。",
            "Where it says 登记码已用过, compare check numbers first: revoke only if the terminal was opened.",
        ),
    ];
    then.extend(lost.into_iter().chain(ended));
    Some(then)
}

fn without_lines() -> Vec<Words> {
    vec![
        Words::of(
            "用它的线路密钥的请求一律拒绝，永不恢复。",
            "Requests with the keys of its lines are refused, for ever.",
        ),
        Words::of(
            "设备密钥和记录密钥不变：U 盘照常，数据不必重新封装。",
            "Its device and record keys stay good: sticks go on, and nothing is sealed anew.",
        ),
        Words::of(
            "在终端删除 line.key 并重启 gate-sync，再用新的登记码登记。",
            "There: remove line.key and start gate-sync, then show a new code.",
        ),
    ]
}

fn striking(db: &Db, number: TerminalNumber, day: u32) -> Result<Option<Vec<Words>>, StoreFault> {
    let counted = by_day(&of_terminal(db, number, (day, day))?);
    Ok(counted.get(&day).map(|sums| {
        let (date, passages) = (date(day), passages(sums));
        vec![
            Words::with(
                format!("{date} 的计数（{passages} 人次）从报表中去掉，不能恢复。"),
                format!("Its counters of {date} ({passages} passages) leave the tables, for good."),
            ),
            Words::of(
                "终端若再次报告同一天，会重新计入：伪造的先吊销终端。",
                "What it says again of that day counts again: of invented ones revoke the terminal first.",
            ),
        ]
    }))
}
