//! A terminal makes itself known, once, with a code (docs/formats/enrolment.md, ADR 24).
//! Promises: the device and the record key are those that the code's own key signed for, whoever brings them; the line's key has
//! signed the request itself; keys are admitted before they are kept; who has no code reaches no thread that writes.
//! Must not know: who gave the terminal the code.

use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, Response, StatusCode};
use gate_core::enrolment::{Asked, Vouched};
use gate_core::json;
use gate_core::line::LineRequest;
use gate_proof::ed25519::PublicKey;
use serde::Deserialize;

use super::{Answer, Refused, blocking, said, tell};
use crate::line::alleged;
use crate::store::terminals::{self, Keys, Uninvited};
use crate::{Hub, now};

/// Bytes of a request at most.
pub(super) const BODY_MOST: usize = 4096;

const NO_SUCH: &str = "no such code for this terminal";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Brought {
    /// What the terminal asked, as it wrote it.
    asked: String,
    /// The public half of the carrier's own key.
    line: String,
}

pub(super) async fn enrol(State(hub): State<Arc<Hub>>, headers: HeaderMap, body: Bytes) -> Response<Body> {
    let answer = known(&hub, &headers, &body).await;
    tell(&hub, answer)
}

async fn known(hub: &Arc<Hub>, headers: &HeaderMap, body: &[u8]) -> Answer {
    let unfit = |what: &str| Refused::Unfit(what.into());
    let unasked = || unfit("not of the documented form");
    let brought: Brought = serde_json::from_slice(body).map_err(|_| unasked())?;
    let asked = Asked::load(brought.asked.as_bytes()).ok().flatten().ok_or_else(unasked)?;
    // Not who the code was shown to, or not what they asked: a carrier that puts in other keys is answered as a wrong code is.
    let vouched = asked.vouched().ok_or(Refused::Forbidden(NO_SUCH))?;
    let (terminal, invitation) = (vouched.terminal(), *vouched.invitation());
    let keys = keys(&vouched, &brought.line).ok_or_else(|| unfit("a key is none"))?;
    let (said_by, signature) = alleged(headers).ok_or(Refused::Stranger)?;
    let request = LineRequest { terminal, method: "POST", path: "/v1/enrol", body };
    if said_by != terminal || request.verify(&keys.line, &signature).is_err() {
        return Err(Refused::Stranger);
    }
    let reader = Arc::clone(hub);
    let look = move || Ok(reader.readers.read(|db| terminals::is_invited(db, terminal, &invitation))?);
    if !blocking(look).await? {
        return Err(Refused::Forbidden(NO_SUCH));
    }
    let change = move |db: &_| terminals::enrol(db, (terminal, &invitation), &keys, now());
    let done = hub.writer.change(change).await?;
    match done {
        Ok(()) => Ok(said(StatusCode::OK, "enrolled\n")),
        Err(Uninvited::Unknown) => Err(Refused::Forbidden(NO_SUCH)),
        Err(Uninvited::Ended) => Err(Refused::Gone("the code's time is over: ask for another")),
        Err(Uninvited::Used) => Err(Refused::Used("the code was used: ask for another")),
        Err(Uninvited::Stolen) => Err(Refused::Forbidden("a key of these was revoked: make new ones")),
        Err(Uninvited::Anothers) => {
            Err(Refused::Forbidden("a key of these is another terminal's: check both numbers"))
        }
    }
}

fn keys(vouched: &Vouched, line: &str) -> Option<Keys> {
    let device = Some(*vouched.device()).filter(|key| *key != [0; 32])?;
    let record = PublicKey::admit(vouched.record()).ok()?;
    Some(Keys { device, record, line: PublicKey::admit(&json::hex(line)?).ok()? })
}
