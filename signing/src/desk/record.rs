//! `custody.json`: which custody holds which key of this desk, and the public halves.
//! Promises: every key that the desk may use is in it; a key whose public half is another is not used.
//! Must not know: secrets.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use gate_core::manifest::Demo;
use rand_core::CryptoRng;
use serde::{Deserialize, Serialize};

use super::access::{Access, CustodyChoice, TokenAddress};
use super::{DeskError, MAX_STATE_BYTES};
use crate::custody::age_files::AgeKeys;
use crate::custody::day_vault::{Before, DayVault, WRAP_DIRECTORY};
use crate::custody::{Backend, Custody, CustodyFault, at};
use crate::key_name::KeyName;
use crate::key_ring::{Held, KeyRing, Plan};
use crate::spelling;
use crate::staging::{Readers, make_directory};

/// Its file in the desk's directory.
pub(super) const RECORD_FILE: &str = "custody.json";

/// The record as it stands in its file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CustodyRecord {
    format: u8,
    signing: Backend,
    others: Backend,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    token: Option<TokenAddress>,
    keys: BTreeMap<String, Entry>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    custody: Backend,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    public: Option<String>,
}

/// Why a record is refused.
#[derive(Debug, thiserror::Error)]
pub enum RecordRefused {
    /// No JSON of ours.
    #[error(transparent)]
    ReadJson(#[from] serde_json::Error),
    /// A format, backend, name or public half that is none.
    #[error("{0} is not valid")]
    ReadField(String),
}

/// The record in `directory`; none in a desk of plain files.
pub(super) fn read(directory: &Path) -> Result<Option<CustodyRecord>, DeskError> {
    let path = directory.join(RECORD_FILE);
    if !path.exists() {
        return Ok(None);
    }
    let text = super::files::read(&path, MAX_STATE_BYTES)?;
    let parsed = CustodyRecord::parse(&text);
    parsed.map(Some).map_err(|source| DeskError::AdmitRecord { path, source })
}

impl CustodyRecord {
    /// The record of a new desk.
    pub(crate) fn new(choice: &CustodyChoice) -> CustodyRecord {
        let (signing, token) = match choice {
            CustodyChoice::Plain => (Backend::Plain, None),
            CustodyChoice::Age => (Backend::Age, None),
            CustodyChoice::Token(address) => (Backend::Pkcs11, Some(address.clone())),
        };
        let others = if signing == Backend::Plain { Backend::Plain } else { Backend::Age };
        CustodyRecord { format: 1, signing, others, token, keys: BTreeMap::new() }
    }

    pub(crate) fn parse(text: &str) -> Result<CustodyRecord, RecordRefused> {
        let record: CustodyRecord = serde_json::from_str(text)?;
        let wrong = |what: &str| Err(RecordRefused::ReadField(what.to_owned()));
        if record.format != 1 {
            return wrong("format (1)");
        }
        if record.signing == Backend::Plain || record.others != Backend::Age {
            return wrong("signing (age, pkcs11) or others (age)");
        }
        for (token, entry) in &record.keys {
            if KeyName::from_token(token).is_none()
                || entry.custody == Backend::Plain
                || entry.held().is_none()
            {
                return wrong(token);
            }
        }
        Ok(record)
    }

    /// Refuses what this program was not built for, before anything is asked or made.
    pub(crate) fn admit_build(&self) -> Result<(), CustodyFault> {
        match self.signing {
            Backend::Pkcs11 if cfg!(not(feature = "pkcs11")) => Err(CustodyFault::BuildWithTokens),
            _ => Ok(()),
        }
    }

    /// Where new keys are made.
    pub(crate) fn plan(&self) -> Plan {
        Plan { signing: self.signing, others: self.others }
    }

    /// The custodies of a new desk: its passphrase is asked for, and the token's PIN.
    pub(crate) fn create(
        &self,
        places: (&Path, &Path),
        nature: Demo,
        access: &Access,
        rng: &mut impl CryptoRng,
    ) -> Result<Vec<Box<dyn Custody>>, CustodyFault> {
        let age = AgeKeys::create(places, nature, Arc::clone(&access.prompt), rng)?;
        let wraps = places.0.join(WRAP_DIRECTORY);
        make_directory(&wraps, Readers::Owner).map_err(at(&wraps))?;
        let mut custodies: Vec<Box<dyn Custody>> = vec![Box::new(with_vault(places.0, age, Before::None))];
        if let Some(address) = &self.token {
            custodies.push(token(address, access)?);
        }
        Ok(custodies)
    }

    /// The ring of a kept desk. Nothing is asked before a key is needed.
    pub(crate) fn open(
        &self,
        places: (&Path, &Path),
        access: &Access,
        before: Before,
    ) -> Result<KeyRing, CustodyFault> {
        let age = AgeKeys::open(places, Arc::clone(&access.prompt));
        let mut custodies: Vec<Box<dyn Custody>> = vec![Box::new(with_vault(places.0, age, before))];
        if let Some(address) = &self.token {
            custodies.push(token(address, access)?);
        }
        let known = |(token, entry): (&String, &Entry)| Some((KeyName::from_token(token)?, entry.held()?));
        let held = self.keys.iter().filter_map(known).collect();
        Ok(KeyRing::new(self.plan(), None, custodies).recorded(held))
    }

    /// The same record with these keys.
    pub(crate) fn with(&self, held: &BTreeMap<KeyName, Held>) -> CustodyRecord {
        let entry = |held: &Held| Entry {
            custody: held.backend,
            public: held.public.as_ref().map(spelling::base64url),
        };
        let keys = held.iter().map(|(name, held)| (name.token(), entry(held))).collect();
        CustodyRecord { keys, ..self.clone() }
    }
}

/// Encrypted files, with the day keys in a vault whose wrapping key lies apart.
fn with_vault(directory: &Path, age: AgeKeys, before: Before) -> DayVault {
    let wraps = age.beside(directory.join(WRAP_DIRECTORY));
    DayVault::new(directory, Box::new(age), Box::new(wraps), before)
}

impl Entry {
    fn held(&self) -> Option<Held> {
        let public = match &self.public {
            Some(text) => Some(spelling::from_base64url(text)?),
            None => None,
        };
        Some(Held { backend: self.custody, public })
    }
}

#[cfg(feature = "pkcs11")]
fn token(address: &TokenAddress, access: &Access) -> Result<Box<dyn Custody>, CustodyFault> {
    let token = crate::custody::token::TokenKeys::new(address.clone(), Arc::clone(&access.prompt));
    Ok(Box::new(token))
}

#[cfg(not(feature = "pkcs11"))]
fn token(_address: &TokenAddress, _access: &Access) -> Result<Box<dyn Custody>, CustodyFault> {
    Err(CustodyFault::BuildWithTokens)
}
