//! A terminal that has no line, made known by the keys that it printed: first the check number that they make, then a reason and a code.
//! Promises: nothing is known by these keys before an administrator saw the check number of them.
//! Must not know: whether they are the terminal's: two people compare.

use std::sync::Arc;

use askama::Template;
use axum::body::Body;
use axum::extract::{Form, State};
use axum::http::{HeaderMap, Response, StatusCode};
use gate_core::fingerprint::Fingerprint;
use gate_core::json;
use gate_core::query::TerminalNumber;
use gate_proof::ed25519::PublicKey;
use serde::Deserialize;

use super::deed::{Plan, Refused, administrator, asked, carry_out, top};
use super::sessions::Who;
use super::words::Words;
use super::{Top, page, see_other, unavailable};
use crate::store::log::By;
use crate::store::terminals::{Standing, enrol_by_hand, standing};
use crate::store::{Db, StoreFault};
use crate::{Hub, hex};

/// As a form says it. Fields that are not filled in yet are empty.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Said {
    terminal: String,
    device: String,
    record: String,
    because: String,
    code: String,
}

/// A number and the keys that are said to be its.
#[derive(Clone, Copy)]
struct Keys {
    number: TerminalNumber,
    device: [u8; 32],
    record: PublicKey,
}

#[derive(Template)]
#[template(path = "enrol.html")]
struct Page {
    top: Top,
    said: Said,
    refused: Option<&'static str>,
}

pub(super) async fn ask(
    State(hub): State<Arc<Hub>>,
    headers: HeaderMap,
    Form(said): Form<Said>,
) -> Response<Body> {
    let who = match administrator(&hub, &headers).await {
        Ok(who) => who,
        Err(answer) => return answer,
    };
    match Keys::of(&said) {
        Ok(keys) => confirm(&hub, &who, (&said, keys), None).await,
        Err(_) if said.terminal.is_empty() => form(&who, said, (StatusCode::OK, None)),
        Err(words) => form(&who, said, (StatusCode::UNPROCESSABLE_ENTITY, Some(words))),
    }
}

pub(super) async fn say(
    State(hub): State<Arc<Hub>>,
    headers: HeaderMap,
    Form(said): Form<Said>,
) -> Response<Body> {
    let who = match administrator(&hub, &headers).await {
        Ok(who) => who,
        Err(answer) => return answer,
    };
    let keys = match Keys::of(&said) {
        Ok(keys) => keys,
        Err(words) => return form(&who, said, (StatusCode::UNPROCESSABLE_ENTITY, Some(words))),
    };
    let work = move |db: &Db, by: By<'_>| enrol_by_hand(db, keys.number, (&keys.device, &keys.record), by);
    match carry_out(&hub, &who, (&said.because, &said.code), work).await {
        Ok(()) => see_other(&format!("/terminal?number={}", keys.number.value())),
        // Nothing else stands in the way of keys that are some.
        Err(Refused::Told(StatusCode::CONFLICT, _)) => form(&who, said, (StatusCode::CONFLICT, Some(STOLEN))),
        Err(Refused::Told(status, words)) => confirm(&hub, &who, (&said, keys), Some((status, words))).await,
        Err(Refused::Later) => unavailable(),
    }
}

const STOLEN: &str = "其中有已吊销的密钥，终端须生成新密钥；或是另一台终端的密钥，请核对编号 A key of these was revoked, and the terminal must make new ones; or it is another terminal's: check the number.";

fn form(who: &Who, said: Said, (status, refused): (StatusCode, Option<&'static str>)) -> Response<Body> {
    page(status, &Page { top: top(who), said, refused })
}

async fn confirm(
    hub: &Arc<Hub>,
    who: &Who,
    (said, keys): (&Said, Keys),
    refused: Option<(StatusCode, String)>,
) -> Response<Body> {
    match hub.read(move |db| plan(db, &keys)).await {
        Ok(plan) => asked(who, plan, &said.because, refused),
        Err(_) => unavailable(),
    }
}

fn plan(db: &Db, keys: &Keys) -> Result<Plan, StoreFault> {
    let number = keys.number.value();
    let check = Fingerprint::of(&keys.device, keys.record.as_bytes());
    let mut then = vec![Words::of(
        "核对号须与终端第 5 页（或 gate enrol 所印）一致，由两人核对。",
        "The check number is that of page 5 of the terminal's menu, or what gate enrol printed: two people compare.",
    )];
    then.push(match standing(db, keys.number)? {
        Standing::Unknown => {
            Words::of("新的编号；记录只由 U 盘带回。", "A new number; its records come by stick alone.")
        }
        Standing::Enrolled | Standing::Revoked => Words::of(
            "该编号原有的密钥（设备、记录、线路）随之终止；记录只由 U 盘带回。",
            "The keys that this number had end, device, record and line; its records come by stick alone.",
        ),
    });
    Ok(Plan {
        title: Words::of("登记没有网络的终端", "Enrol a terminal without a line"),
        facts: vec![
            (Words::of("终端", "Terminal"), number.to_string()),
            (Words::of("核对号", "Check number"), check.to_string()),
        ],
        then,
        action: "/enrol",
        hidden: vec![
            ("terminal", number.to_string()),
            ("device", hex(&keys.device)),
            ("record", hex(keys.record.as_bytes())),
        ],
        button: Words::of("核对一致，登记", "They are the same: enrol it"),
        back: "/enrol".into(),
    })
}

impl Keys {
    fn of(said: &Said) -> Result<Keys, &'static str> {
        let number = said.terminal.trim().parse().ok().and_then(TerminalNumber::new);
        let number = number.ok_or("终端编号为 0 至 131071 A terminal's number is 0 to 131071.")?;
        let device = json::hex::<32>(said.device.trim()).filter(|key| *key != [0; 32]);
        let device =
            device.ok_or("设备公钥应为 64 位小写十六进制 The device key has 64 small hexadecimal digits.")?;
        let record = json::hex(said.record.trim()).and_then(|key| PublicKey::admit(&key).ok());
        let record = record.ok_or("记录公钥不是有效的密钥 The record key is no key.")?;
        Ok(Keys { number, device, record })
    }
}
