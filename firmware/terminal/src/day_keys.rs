//! The authority's day keys, to which records are sealed (DESIGN §5).
//! Promises: only keys that HPKE admits.
//! Must not know: how a record is sealed.
//!
//! Form: `{"format":1,"version":n,"issued":t,"keys":[{"id":n,"day":days since 1970 in UTC+8,"x":base64url}]}`.

use anyhow::{Context, ensure};
use base64ct::{Base64UrlUnpadded, Encoding};
use gate_proof::seal::SealingKey;
use gate_store::{DayKey, DayKeyId, DayKeys};
use gate_wire::time::Day;

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct DayKeysDocument {
    format: u8,
    #[serde(rename = "version")]
    _version: u32,
    #[serde(rename = "issued")]
    _issued: u64,
    keys: Vec<DayKeyDocument>,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct DayKeyDocument {
    id: u32,
    day: u32,
    x: String,
}

/// Reads the document.
///
/// # Errors
/// If it is not of the form above or a key is refused.
pub fn load(bytes: &[u8]) -> anyhow::Result<DayKeys> {
    let document: DayKeysDocument =
        serde_json::from_slice(bytes).context("the day keys are not of the documented form")?;
    ensure!(document.format == 1, "day keys of format {}, this version reads 1", document.format);
    ensure!(!document.keys.is_empty(), "there is no day key");
    let mut keys = Vec::new();
    for key in &document.keys {
        let mut x = [0; 32];
        let decoded = Base64UrlUnpadded::decode(&key.x, &mut x).map(<[u8]>::len);
        ensure!(decoded == Ok(x.len()), "day key {}: x is not 32 bytes in base64url", key.id);
        let sealing = SealingKey::admit(&x).with_context(|| format!("day key {}", key.id))?;
        keys.push(DayKey { id: DayKeyId(key.id), day: Day(key.day), key: sealing });
    }
    DayKeys::new(keys).context("day keys")
}
