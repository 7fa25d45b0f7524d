//! Enrolment: the terminal's public keys, once, with the code that the hub showed (DOMAIN §16).
//! Promises: no private key leaves; a code is used up by the hub.
//! Must not know: how the device's keys were made (`gate enrol`).

use serde::Serialize;

use crate::identity::Identity;
use crate::line::{Line, LineFault};
use gate_carry::wants::hex;

const PATH: &str = "/v1/enrol";
const ANSWER_MOST: u64 = 4096;

/// What the hub is told.
#[derive(Clone, Copy, Debug)]
pub struct Invitation<'a> {
    /// The code that it showed.
    pub code: &'a str,
    /// The public device key, 64 hexadecimal digits.
    pub device: &'a str,
    /// The public record key, 64 hexadecimal digits.
    pub record: &'a str,
}

#[derive(Serialize)]
struct Body<'a> {
    code: &'a str,
    terminal: u32,
    device: &'a str,
    record: &'a str,
    line: String,
}

/// Makes a terminal's keys known. May be said twice: with the same keys the hub says yes again.
///
/// # Errors
/// [`LineFault`]: the code is used up, too old or another terminal's, where the hub refuses.
pub fn enrol(hub: &Line, identity: &Identity, invitation: &Invitation<'_>) -> Result<(), LineFault> {
    let line = hex(identity.public_key().as_bytes());
    let Invitation { code, device, record } = *invitation;
    let body = Body { code, terminal: identity.terminal().value(), device, record, line };
    // Texts and a number alone: it always is JSON.
    let body = serde_json::to_vec(&body).unwrap_or_default();
    hub.post(PATH.trim_start_matches('/'), &identity.headers("POST", PATH, &body), &body, ANSWER_MOST)
        .map(drop)
}
