//! The authority's day keys, to which records are sealed (DESIGN §5), as signed data.
//! Promises: only keys that HPKE admits; at least one.
//! Must not know: how a record is sealed, which key fits which day.
//!
//! `{"format":1,"version":n,"issued":t,"keys":[{"id":n,"day":days since 1970 in UTC+8,"x":base64url}]}`.

use base64ct::{Base64UrlUnpadded, Encoding};
use gate_proof::seal::SealingKey;
use gate_wire::time::{Day, Timestamp};
use heapless::Vec;
use serde::Deserialize;

use crate::json::{self, JsonError};

/// Day keys of a document at most: 90 days ahead, and room.
pub const DAY_KEYS_MOST: usize = 128;

/// The document.
#[derive(Debug)]
pub struct DayKeyList {
    /// Its version.
    pub version: u32,
    /// When it was issued.
    pub issued: Timestamp,
    /// Id, day, key.
    pub keys: Vec<(u32, Day, SealingKey), DAY_KEYS_MOST>,
}

/// Why day keys are refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DayKeysRefused {
    /// The document cannot be read.
    #[error("the day keys cannot be read")]
    Json(#[from] JsonError),
    /// A header field is not valid.
    #[error("the day keys' {what} is not valid")]
    ReadHeader {
        /// Which.
        what: &'static str,
    },
    /// One of them cannot be sealed to.
    #[error("day key {id}: x is no key in base64url that can be sealed to")]
    AdmitKey {
        /// Its id.
        id: u32,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document<'a> {
    format: u8,
    version: u32,
    issued: u64,
    #[serde(borrow)]
    keys: Vec<KeyDocument<'a>, DAY_KEYS_MOST>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct KeyDocument<'a> {
    id: u32,
    day: u32,
    x: &'a str,
}

impl DayKeyList {
    /// Reads the document.
    ///
    /// # Errors
    /// [`DayKeysRefused`].
    pub fn load(bytes: &[u8]) -> Result<DayKeyList, DayKeysRefused> {
        let document: Document<'_> = json::read(bytes)?;
        let bad = |what| DayKeysRefused::ReadHeader { what };
        if document.format != 1 {
            return Err(bad("format"));
        }
        if document.keys.is_empty() {
            return Err(bad("number of keys"));
        }
        let issued = Timestamp::from_unix(document.issued).ok_or(bad("issued"))?;
        let keys = document.keys.iter().map(KeyDocument::read).collect::<Result<_, _>>()?;
        Ok(DayKeyList { version: document.version, issued, keys })
    }
}

impl KeyDocument<'_> {
    fn read(&self) -> Result<(u32, Day, SealingKey), DayKeysRefused> {
        let refused = DayKeysRefused::AdmitKey { id: self.id };
        let mut x = [0; 32];
        let decoded = Base64UrlUnpadded::decode(self.x, &mut x).map(<[u8]>::len);
        if decoded != Ok(x.len()) {
            return Err(refused);
        }
        let key = SealingKey::admit(&x).map_err(|_| refused)?;
        Ok((self.id, Day(self.day), key))
    }
}
