//! This terminal's own keys, and the province's keys that are sealed to it.
//! Promises: keys of another terminal or province are not taken; the list in force stays readable while new keys arrive.
//! Must not know: what the keys are used for.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;

use gate_core::envelope::{Envelope, Envelopes, KeyPurpose};
use gate_core::json::MAX_DOCUMENT_BYTES;
use gate_core::keyset::Region;
use gate_core::own_keys::{self, OwnKeys};
use gate_status::{Authorities, Epoch, ListKeys};
use serde::Serialize;
use zeroize::Zeroizing;

use crate::data::hex;
use crate::refusal::{Cause, Refusal};

/// Reads the terminal's own keys.
///
/// # Errors
/// [`Refusal`]: the terminal is not enrolled, or its keys lie open.
pub fn load(data: &Path) -> Result<OwnKeys, Refusal> {
    let path = data.join(own_keys::FILE_NAME);
    let terminal = |reason: String| Refusal::new(Cause::Terminal, format!("{}: {reason}", path.display()));
    let flags = rustix::fs::OFlags::NONBLOCK.bits().cast_signed();
    let file = File::options().read(true).custom_flags(flags).open(&path);
    let file = file.map_err(|error| match error.kind() {
        ErrorKind::NotFound => {
            Refusal::new(Cause::NotEnrolled, format!("{}: gate enrol makes them", path.display()))
        }
        _ => terminal(error.to_string()),
    })?;
    let about = file.metadata().map_err(|error| terminal(error.to_string()))?;
    if !about.is_file() {
        return Err(terminal("no regular file".into()));
    }
    // Room for the whole from the start: a buffer that grows leaves copies behind that nobody wipes.
    let mut bytes = Zeroizing::new(Vec::with_capacity(MAX_DOCUMENT_BYTES + 1));
    let read = file.take(MAX_DOCUMENT_BYTES as u64 + 1).read_to_end(&mut bytes);
    read.map_err(|error| terminal(error.to_string()))?;
    OwnKeys::load(&bytes, about.mode()).map_err(|refused| terminal(refused.to_string()))
}

/// The province's keys for this terminal, if every one of them opens here.
///
/// # Errors
/// [`Refusal`].
pub fn admit(bytes: &[u8], own: &OwnKeys, province: Region) -> Result<Envelopes, Refusal> {
    let envelopes = Envelopes::load(bytes).map_err(Refusal::unfit)?;
    if envelopes.to.terminal != own.terminal || envelopes.to.province != province {
        let facts =
            format!("keys for terminal {} of {:?}", envelopes.to.terminal.value(), envelopes.to.province);
        return Err(Refusal::new(Cause::Foreign, facts));
    }
    for one in &envelopes.envelopes {
        let opened = envelopes.open(&own.device, (one.purpose, one.epoch));
        opened.map_err(|refused| Refusal::new(Cause::Foreign, refused.to_string()))?;
    }
    for purpose in [KeyPurpose::SubjectKey, KeyPurpose::LinkKey] {
        envelopes.open(&own.device, (purpose, 0)).map_err(Refusal::unfit)?;
    }
    Ok(envelopes)
}

/// What opens status lists.
///
/// # Errors
/// [`Refusal`].
pub fn list_keys(envelopes: &Envelopes, own: &OwnKeys) -> Result<ListKeys, Refusal> {
    let secrets = envelopes.open_list_keys(&own.device).map_err(Refusal::unfit)?;
    let authorities = Authorities::new(secrets.authorities).ok_or_else(|| {
        Refusal::new(Cause::Unfit, "the keys do not name two different authorities of the list")
    })?;
    let epochs = secrets.epochs.into_iter().map(|(epoch, key)| (Epoch(epoch), key)).collect();
    Ok(ListKeys::new(*secrets.store, authorities, epochs))
}

/// Takes over from `before` the key of the epoch in force, where the new document lacks it: a cut before the next manifest
/// would otherwise leave a list that nobody here can read.
pub fn keep_epoch(envelopes: &mut Envelopes, before: &Envelopes, epoch: u32) {
    let is_it = |one: &&Envelope| one.purpose == KeyPurpose::EpochKey && one.epoch == epoch;
    if envelopes.envelopes.iter().find(is_it).is_none()
        && let Some(kept) = before.envelopes.iter().find(is_it)
    {
        // A full document has no room for it; then the next run has the new base in force.
        let _ = envelopes.envelopes.push(kept.clone());
    }
}

#[derive(Serialize)]
struct Document<'a> {
    format: u8,
    terminal: u32,
    province: &'a str,
    authorities: Vec<AuthorityDocument>,
    envelopes: Vec<EnvelopeDocument>,
}

#[derive(Serialize)]
struct AuthorityDocument {
    kid: String,
    x: String,
}

#[derive(Serialize)]
struct EnvelopeDocument {
    purpose: KeyPurpose,
    epoch: u32,
    enc: String,
    body: String,
    tag: String,
}

/// The document as `gate` reads it.
#[must_use]
pub fn render(envelopes: &Envelopes) -> Vec<u8> {
    let authority =
        |(kid, x): &(gate_wire::cose::Kid, [u8; 32])| AuthorityDocument { kid: hex(&kid.0), x: hex(x) };
    let envelope = |one: &Envelope| EnvelopeDocument {
        purpose: one.purpose,
        epoch: one.epoch,
        enc: hex(&one.sealed.enc),
        body: hex(&one.sealed.body),
        tag: hex(&one.sealed.tag),
    };
    let document = Document {
        format: 1,
        terminal: envelopes.to.terminal.value(),
        province: envelopes.to.province.as_str(),
        authorities: envelopes.authorities.iter().map(authority).collect(),
        envelopes: envelopes.envelopes.iter().map(envelope).collect(),
    };
    // Texts and numbers alone: it always is JSON.
    serde_json::to_vec(&document).unwrap_or_default()
}
