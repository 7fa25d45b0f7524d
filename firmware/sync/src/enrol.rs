//! Enrolment: what the terminal asked with the hub's code, and this line's public key (DOMAIN §16, ADR 24).
//! Promises: what was asked goes on as it was written; this side has no code, and can put no other keys into it.
//! Must not know: how the device's keys were made (`gate enrol`).

use gate_carry::wants::hex;
use gate_core::enrolment::Asked;
use serde::Serialize;

use crate::identity::Identity;
use crate::line::{Line, LineFault};

const PATH: &str = "/v1/enrol";
const ANSWER_MOST: u64 = 4096;

#[derive(Serialize)]
struct Body<'a> {
    asked: &'a str,
    line: String,
}

/// Makes a terminal's keys known, and this line's. May be said twice: with the same keys the hub says yes again.
///
/// # Errors
/// [`LineFault`]: the code is used up, too old or another terminal's, where the hub refuses.
pub fn enrol(hub: &Line, identity: &Identity, asked: &Asked) -> Result<(), LineFault> {
    let line = hex(identity.public_key().as_bytes());
    // Texts alone: it always is JSON.
    let body = serde_json::to_vec(&Body { asked: &asked.document(), line }).unwrap_or_default();
    hub.post(PATH.trim_start_matches('/'), &identity.headers("POST", PATH, &body), &body, ANSWER_MOST)
        .map(drop)
}
