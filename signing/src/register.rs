//! The register of issuers: which key may sign what, for how long; published as the key set (DESIGN §5).
//! Promises: every change is loaded back by the terminal's own loader before it holds, so that a change DOMAIN §5
//! forbids (a place that gives colours) or a weak or doubled key leaves the register as it was.
//! Must not know: private keys, files.

mod admission;
mod diff;

use std::collections::BTreeMap;

use gate_core::keyset::{Holder, IssuerKey, KeySet, KeySetError, MAX_KEYS, Purpose, Region};
use gate_proof::ed25519::PublicKey;
use gate_wire::cose::Kid;
use gate_wire::credential::Kind;
use gate_wire::time::Timestamp;
use serde::{Deserialize, Serialize};

use crate::kinds::kind_token;
use crate::spelling;

pub use admission::RegisterRefused;
pub(crate) use diff::duration as life_in_words;
pub use diff::{Told, changes};

/// So long a key stays published after the last of what it signed expired, in seconds: who shows that late is told that it expired.
const TOLD_S: u64 = 7 * 86_400;
/// So long a hub's key stays published after its end: what it acknowledged comes by a carrier, who may be months late.
const BROUGHT_S: u64 = 366 * 86_400;

/// One entry of the key set, as it is published (RFC 7517, RFC 8037).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    kty: String,
    crv: String,
    #[serde(rename = "use")]
    purpose: String,
    kid: String,
    x: String,
    region: String,
    holder: Holder,
    kinds: Vec<KindLife>,
    from: u64,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    until: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    void_from: Option<u64>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct KindLife {
    kind: String,
    longest_s: u32,
}

/// What an issuer is admitted for.
#[derive(Clone, Debug)]
pub struct Terms {
    /// The id that root assigns.
    pub kid: Kid,
    /// Where it is responsible; `000000` is the national platform.
    pub region: Region,
    /// Who holds the key.
    pub holder: Holder,
    /// What it may sign, with the longest life of each in seconds.
    pub kinds: Vec<(Kind, u32)>,
    /// From when on.
    pub from: Timestamp,
    /// Until when; `None` is open.
    pub until: Option<Timestamp>,
}

/// When a key is in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Life {
    /// From when on.
    pub from: Timestamp,
    /// Until when; `None` is open.
    pub until: Option<Timestamp>,
    /// What was issued from then on is void.
    pub void_from: Option<Timestamp>,
}

/// The register.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Register {
    province: String,
    keys: Vec<Entry>,
    /// What people call the issuers, by key id; not published.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    names: BTreeMap<String, String>,
    /// Keys that were put away: not published, and never given again.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    past: Vec<Entry>,
}

#[derive(Serialize)]
struct Document<'a> {
    format: u8,
    version: u32,
    issued: u64,
    province: &'a str,
    keys: &'a [Entry],
}

impl Register {
    /// An empty register of `province`.
    pub fn new(province: Region) -> Register {
        Register {
            province: province.as_str().into(),
            keys: Vec::new(),
            names: BTreeMap::new(),
            past: Vec::new(),
        }
    }

    /// Admits an issuer.
    ///
    /// # Errors
    /// What DOMAIN §5 forbids, and [`RegisterRefused::LoadBack`]; the register is as before.
    pub fn add(&mut self, key: &PublicKey, terms: &Terms) -> Result<(), RegisterRefused> {
        self.admit(key, terms)?;
        let mut changed = self.clone();
        changed.keys.push(entry(key, terms));
        if changed.keys.len() > MAX_KEYS {
            return Err(RegisterRefused::Crowd);
        }
        self.replace(changed)
    }

    /// Ends a key: what it signed before `until` stays good.
    ///
    /// # Errors
    /// [`RegisterRefused`]; the register is as before.
    pub fn retire(&mut self, kid: Kid, until: Timestamp) -> Result<(), RegisterRefused> {
        self.change(kid, |entry| match entry.until {
            Some(end) if end < until.unix() => {
                Err(RegisterRefused::PutOffEnd { end: Timestamp::from_unix(end).unwrap_or(Timestamp::EPOCH) })
            }
            _ => {
                entry.until = Some(until.unix());
                Ok(())
            }
        })
    }

    /// Voids what a stolen key signed from `cutoff` on: the thief can backdate, so the cut-off lies before the theft, and is
    /// never ahead of `now`. An earlier cut-off that is there stays.
    ///
    /// # Errors
    /// [`RegisterRefused`]; the register is as before.
    pub fn revoke(&mut self, kid: Kid, cutoff: Timestamp, now: Timestamp) -> Result<(), RegisterRefused> {
        if cutoff > now {
            return Err(RegisterRefused::RevokeAhead { cutoff });
        }
        self.change(kid, |entry| {
            let earlier = entry.void_from.unwrap_or(u64::MAX).min(cutoff.unix());
            entry.void_from = Some(earlier);
            Ok(())
        })
    }

    /// Takes out of the key set every key that nothing valid can be of any more at `now`, and gives their ids: past its end or its cut-off by
    /// more than the longest life of what it signed, and a week. Terminals hold a limited number of keys; a key set of that time proves to
    /// each that it is so late, so what they now call an unknown issuer's was expired, and opens as little. Ids and keys are never given again.
    pub fn put_away(&mut self, now: Timestamp) -> Vec<Kid> {
        let (past, keys): (Vec<Entry>, Vec<Entry>) =
            std::mem::take(&mut self.keys).into_iter().partition(|entry| entry.is_past(now));
        self.keys = keys;
        let gone = past.iter().filter_map(|entry| gate_core::json::hex(&entry.kid).map(Kid)).collect();
        self.past.extend(past);
        gone
    }

    /// Whether this key was put away.
    pub fn is_put_away(&self, kid: Kid) -> bool {
        let name = spelling::hex(&kid.0);
        self.past.iter().any(|entry| entry.kid == name)
    }

    /// Every key that ever was here.
    fn ever(&self) -> impl Iterator<Item = &Entry> {
        self.keys.iter().chain(&self.past)
    }

    /// Makes the longest life of a kind shorter. What was issued for longer goes to the attendant from then on.
    ///
    /// # Errors
    /// [`RegisterRefused`]; the register is as before.
    pub fn shorten(&mut self, kid: Kid, kind: Kind, longest_s: u32) -> Result<(), RegisterRefused> {
        self.change(kid, |entry| {
            if longest_s == 0 {
                return Err(RegisterRefused::ShortenToNothing { kind });
            }
            let life = entry.kinds.iter_mut().find(|life| life.kind == kind_token(kind));
            let life = life.ok_or(RegisterRefused::FindKind { kind })?;
            if longest_s > life.longest_s {
                return Err(RegisterRefused::LengthenLife { kind, longest_s: life.longest_s });
            }
            life.longest_s = longest_s;
            Ok(())
        })
    }

    /// Names an issuer for people at the desk: an office, never a person.
    ///
    /// # Errors
    /// [`RegisterRefused`]; the register is as before.
    pub fn name(&mut self, kid: Kid, name: &str) -> Result<(), RegisterRefused> {
        let digits = name.split(|c: char| !c.is_numeric()).map(|row| row.chars().count()).max().unwrap_or(0);
        let fits =
            (1..=30).contains(&name.chars().count()) && !name.chars().any(char::is_control) && digits < 7;
        if !fits {
            return Err(RegisterRefused::NameIssuer);
        }
        self.change(kid, |_| Ok(()))?;
        self.names.insert(spelling::hex(&kid.0), name.to_owned());
        Ok(())
    }

    /// What people call an issuer.
    pub fn name_of(&self, kid: Kid) -> Option<&str> {
        self.names.get(&spelling::hex(&kid.0)).map(String::as_str)
    }

    /// When a key is in force.
    pub fn life(&self, kid: Kid) -> Option<Life> {
        let name = spelling::hex(&kid.0);
        let entry = self.keys.iter().find(|entry| entry.kid == name)?;
        Some(Life {
            from: Timestamp::from_unix(entry.from)?,
            until: entry.until.and_then(Timestamp::from_unix),
            void_from: entry.void_from.and_then(Timestamp::from_unix),
        })
    }

    /// The longest life in seconds of anything that a key may sign; `None` for a key that is not here.
    pub fn longest_life(&self, kid: Kid) -> Option<u32> {
        let name = spelling::hex(&kid.0);
        let entry = self.ever().find(|entry| entry.kid == name)?;
        Some(entry.kinds.iter().map(|life| life.longest_s).max().unwrap_or(0))
    }

    /// The document that terminals read.
    ///
    /// # Errors
    /// Serialising plain data to memory does not fail; the type cannot say so.
    pub fn document(&self, version: u32, issued: Timestamp) -> Result<String, serde_json::Error> {
        let (province, keys) = (&self.province, &self.keys);
        serde_json::to_string(&Document { format: 1, version, issued: issued.unix(), province, keys })
    }

    /// The register as the terminal will see it.
    ///
    /// # Errors
    /// [`KeySetError`]: never, for a register made by this type's methods.
    pub fn load(&self, version: u32, issued: Timestamp) -> Result<KeySet, KeySetError> {
        // A document that cannot be written is refused like one that cannot be read.
        KeySet::load(self.document(version, issued).unwrap_or_default().as_bytes())
    }

    fn change(
        &mut self,
        kid: Kid,
        edit: impl FnOnce(&mut Entry) -> Result<(), RegisterRefused>,
    ) -> Result<(), RegisterRefused> {
        let mut changed = self.clone();
        let name = spelling::hex(&kid.0);
        let entry = changed.keys.iter_mut().find(|entry| entry.kid == name);
        edit(entry.ok_or(RegisterRefused::FindIssuer(kid))?)?;
        self.replace(changed)
    }

    fn replace(&mut self, changed: Register) -> Result<(), RegisterRefused> {
        changed.load(1, Timestamp::EPOCH)?;
        *self = changed;
        Ok(())
    }
}

impl Entry {
    fn is_past(&self, now: Timestamp) -> bool {
        let longest = match self.kinds.iter().map(|life| u64::from(life.longest_s)).max() {
            Some(longest) => longest.saturating_add(TOLD_S),
            None => BROUGHT_S,
        };
        let end = self.until.into_iter().chain(self.void_from).min();
        end.is_some_and(|end| end.saturating_add(longest) < now.unix())
    }
}

fn entry(key: &PublicKey, terms: &Terms) -> Entry {
    let life = |&(kind, longest_s): &(Kind, u32)| KindLife { kind: kind_token(kind).into(), longest_s };
    Entry {
        kty: "OKP".into(),
        crv: "Ed25519".into(),
        purpose: purpose(terms.holder).name().into(),
        kid: spelling::hex(&terms.kid.0),
        x: spelling::base64url(key.as_bytes()),
        region: terms.region.as_str().into(),
        holder: terms.holder,
        kinds: terms.kinds.iter().map(life).collect(),
        from: terms.from.unix(),
        until: terms.until.map(Timestamp::unix),
        void_from: None,
    }
}

/// What a holder's key is for: a hub acknowledges records and gives no codes.
fn purpose(holder: Holder) -> Purpose {
    match holder {
        Holder::Hub => Purpose::Acknowledgements,
        Holder::Province
        | Holder::National
        | Holder::Laboratory
        | Holder::Community
        | Holder::Medical
        | Holder::StaffOffice
        | Holder::Place
        | Holder::Terminal => Purpose::Credentials,
    }
}

/// An issuer's public key from base64url; `None` for anything that is not admitted.
pub fn public_key(text: &str) -> Option<PublicKey> {
    PublicKey::admit(&spelling::from_base64url(text)?).ok()
}

/// An entry in words, one line: for `keyset show`.
pub fn in_words(key: &IssuerKey) -> String {
    let lives: Vec<String> = Kind::ALL
        .into_iter()
        .filter_map(|kind| Some(format!("{} {}", kind_token(kind), duration(key.longest_life(kind)?))))
        .collect();
    let (id, region) = (kid_in_words(key.kid()), key.region());
    format!("{id} {:?} of {} ({:?}): {}", key.holder(), region.as_str(), key.class(), lives.join(", "))
}

/// A key id as commands take it: its four letters or digits if it has such, else eight hexadecimal digits.
pub fn short_kid(kid: Kid) -> String {
    match core::str::from_utf8(&kid.0) {
        Ok(letters) if kid.0.iter().all(u8::is_ascii_alphanumeric) => letters.to_owned(),
        _ => spelling::hex(&kid.0),
    }
}

/// A key id as people know it: its four letters if it has such, and the hexadecimal digits.
pub fn kid_in_words(kid: Kid) -> String {
    let hex = spelling::hex(&kid.0);
    match core::str::from_utf8(&kid.0) {
        Ok(letters) if kid.0.iter().all(u8::is_ascii_alphanumeric) => format!("{letters} ({hex})"),
        _ => hex,
    }
}

fn duration(seconds: u32) -> String {
    match seconds {
        s if s % 86_400 == 0 => format!("{} d", s / 86_400),
        s if s % 60 == 0 => format!("{} min", s / 60),
        s => format!("{s} s"),
    }
}

#[cfg(test)]
mod tests;
