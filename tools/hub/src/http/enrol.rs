//! A terminal makes itself known, once, with a code.
//! Promises: the line's key has signed the request itself; keys are admitted before they are kept; who has no code reaches no
//! thread that writes.
//! Must not know: who gave the terminal the code.

use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, Response, StatusCode};
use gate_core::json;
use gate_core::line::LineRequest;
use gate_core::query::TerminalNumber;
use gate_proof::ed25519::PublicKey;
use serde::Deserialize;

use super::{Answer, Refused, blocking, said, tell};
use crate::line::alleged;
use crate::store::terminals::{self, Keys, Uninvited};
use crate::{Hub, now};

/// Bytes of a request at most.
pub(super) const BODY_MOST: usize = 4096;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    code: String,
    terminal: u32,
    device: String,
    record: String,
    line: String,
}

pub(super) async fn enrol(State(hub): State<Arc<Hub>>, headers: HeaderMap, body: Bytes) -> Response<Body> {
    let answer = known(&hub, &headers, &body).await;
    tell(&hub, answer)
}

async fn known(hub: &Arc<Hub>, headers: &HeaderMap, body: &[u8]) -> Answer {
    let unfit = |what: &str| Refused::Unfit(what.into());
    let asked: Asked = serde_json::from_slice(body).map_err(|_| unfit("not of the documented form"))?;
    let terminal = TerminalNumber::new(asked.terminal).ok_or_else(|| unfit("no terminal's number"))?;
    let keys = keys(&asked).ok_or_else(|| unfit("a key is none"))?;
    let (said_by, signature) = alleged(headers).ok_or(Refused::Stranger)?;
    let request = LineRequest { terminal, method: "POST", path: "/v1/enrol", body };
    if said_by != terminal || request.verify(&keys.line, &signature).is_err() {
        return Err(Refused::Stranger);
    }
    let (reader, code) = (Arc::clone(hub), asked.code.clone());
    let look = move || Ok(reader.readers.read(|db| terminals::is_invited(db, terminal, &code))?);
    if !blocking(look).await? {
        return Err(Refused::Forbidden("no such code for this terminal"));
    }
    let done =
        hub.writer.change(move |db| terminals::enrol(db, (terminal, &asked.code), &keys, now())).await?;
    match done {
        Ok(()) => Ok(said(StatusCode::OK, "enrolled\n")),
        Err(Uninvited::Unknown) => Err(Refused::Forbidden("no such code for this terminal")),
        Err(Uninvited::Ended) => Err(Refused::Gone("the code's time is over: ask for another")),
        Err(Uninvited::Used) => Err(Refused::Used("the code was used: ask for another")),
        Err(Uninvited::Stolen) => Err(Refused::Forbidden("a key of these was revoked: make new ones")),
    }
}

fn keys(asked: &Asked) -> Option<Keys> {
    let admitted = |text: &str| PublicKey::admit(&json::hex(text)?).ok();
    let device = json::hex::<32>(&asked.device).filter(|key| *key != [0; 32])?;
    Some(Keys { device, record: admitted(&asked.record)?, line: admitted(&asked.line)? })
}
