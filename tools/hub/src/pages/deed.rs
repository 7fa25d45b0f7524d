//! What a person changes for good on a page: shown before it is done, with a reason, and a new one-time code each time.
//! Promises: an administrator alone; a code serves once; code, deed and its line in the audit log are one change.
//! Must not know: what is done.

use std::sync::Arc;

use askama::Template;
use axum::body::Body;
use axum::http::{HeaderMap, Response, StatusCode};

use super::sessions::Who;
use super::words::Words;
use super::{Login, Top, known, one_time, page, unavailable};
use crate::store::log::{By, Deed, audit};
use crate::store::people::{Role, spend, totp};
use crate::store::records::choose::{REASON_MOST, reason};
use crate::store::{Db, StoreFault};
use crate::{Hub, now};

/// Why nothing was done.
pub(super) enum Refused {
    /// Told beside the form.
    Told(StatusCode, String),
    /// The store, or too much waits.
    Later,
}

/// What will be done, and a form for the reason and a code.
pub(super) struct Plan {
    pub(super) title: Words,
    /// What it is done to: what is known of it now.
    pub(super) facts: Vec<(Words, String)>,
    /// What will be.
    pub(super) then: Vec<Words>,
    /// Where the form goes, with what, and what its button says.
    pub(super) action: &'static str,
    pub(super) hidden: Vec<(&'static str, String)>,
    pub(super) button: Words,
    /// Where nothing is changed.
    pub(super) back: String,
}

#[derive(Template)]
#[template(path = "deed.html")]
struct Page {
    top: Top,
    plan: Plan,
    because: String,
    refused: Option<String>,
}

/// Who asks, if they may change something.
pub(super) async fn administrator(hub: &Arc<Hub>, headers: &HeaderMap) -> Result<Who, Response<Body>> {
    match known(hub, headers).await {
        Ok(Some((who, Role::Administrator))) => Ok(who),
        Ok(_) => {
            let refused = Some("请由管理员办理 Only an administrator may.");
            Err(page(StatusCode::FORBIDDEN, &Login { refused }))
        }
        Err(_) => Err(unavailable()),
    }
}

/// The plan as a page: what was written stays, why it was refused stands above.
pub(super) fn asked(
    who: &Who,
    plan: Plan,
    because: &str,
    refused: Option<(StatusCode, String)>,
) -> Response<Body> {
    let (status, refused) = refused.map_or((StatusCode::OK, None), |(status, told)| (status, Some(told)));
    page(status, &Page { top: top(who), plan, because: because.to_owned(), refused })
}

/// Above a page of an administrator's.
pub(super) fn top(who: &Who) -> Top {
    Top::of((who.name.clone(), Role::Administrator))
}

/// There is nothing to do.
pub(super) fn nothing() -> Response<Body> {
    let refused = Some("没有这一处，或情况已变，请重看 There is no such place, or it changed: look again.");
    page(StatusCode::NOT_FOUND, &Login { refused })
}

/// It is not as it was shown.
pub(super) fn changed() -> Refused {
    let words = "情况已变，请返回重看 It changed meanwhile: go back and look again.";
    Refused::Told(StatusCode::CONFLICT, words.into())
}

/// Uses a one-time code of theirs up, and does it: both, or neither. `work` says whether it could be done.
pub(super) async fn carry_out(
    hub: &Arc<Hub>,
    who: &Who,
    (because, code): (&str, &str),
    work: impl FnOnce(&Db, By<'_>) -> Result<bool, StoreFault> + Send + 'static,
) -> Result<(), Refused> {
    let why = reason(because).ok_or_else(unsaid)?.to_owned();
    let (step, name) = (step(hub, who, code).await?, who.name.clone());
    let done = hub.writer.change(move |db| {
        if !spend(db, &name, step)? {
            return Ok(None);
        }
        work(db, By { who: &name, at: now(), why: Some(&why) }).map(Some)
    });
    match done.await.map_err(|_| Refused::Later)? {
        None => Err(wrong_code()),
        Some(is_done) => {
            hub.sessions.proven(&who.name);
            is_done.then_some(()).ok_or_else(changed)
        }
    }
}

fn unsaid() -> Refused {
    let words = format!("理由为 1 至 {REASON_MOST} 字 A reason has 1 to {REASON_MOST} letters.");
    Refused::Told(StatusCode::UNPROCESSABLE_ENTITY, words)
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
        let noted = hub.writer.change(move |db| audit(db, (&name, now()), Deed::WrongCode, &[])).await;
        noted.map_err(|_| Refused::Later)?;
    }
    step.ok_or_else(wrong_code)
}
