//! The keys that a terminal gets: the province's in envelopes to its device key; in a demo also those of its own.
//! Promises: a province's key is on no terminal's disk in plain; a real province's leave the desk only to a device that was
//! enrolled; keys of a terminal that this desk did not make are never written over.
//! Must not know: which files a terminal reads besides.

use std::path::{Path, PathBuf};
use std::{fs, io};

use gate_core::envelope::{Addressee, Envelope, Envelopes, KeyPurpose};
use gate_core::manifest::{Dataset, Manifest};
use gate_core::query::TerminalNumber;
use gate_proof::ed25519::{PublicKey, SigningKey};
use gate_proof::seal::{OpeningKey, SealFault, SealingKey};
use gate_status::{Authorities, KeyStore, ListKeys, OpenFault};
use gate_wire::cose::Kid;
use rand_core::CryptoRng;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::{Publication, PublishError, TERMINAL_KEYS_FILE, at};
use crate::custody::CustodyFault;
use crate::key_name::KeyName;
use crate::list::ListNotOpened;
use crate::province::Province;
use crate::seed::Seed;
use crate::spelling;

/// To which device a terminal's keys go.
#[derive(Clone, Copy, Debug)]
pub enum Device<'a> {
    /// None was enrolled: the desk of a demo makes the terminal's own keys too, and writes them in plain.
    MadeHere,
    /// The device with this public key, as `gate enrol` printed it: its own keys never leave it.
    Enrolled(&'a SealingKey),
}

/// Why a terminal gets no keys.
#[derive(Debug, thiserror::Error)]
pub enum KeysNotPublished {
    /// A real province, and no device.
    #[error(
        "a real province's keys go only to a device: `gate enrol` at the terminal prints its key, then --device HEX here"
    )]
    Enrol,
    /// The terminal has keys of its own.
    #[error("{} holds keys that this desk did not make: give the device's key (--device HEX)", .0.display())]
    KeepOwn(PathBuf),
    /// HPKE did not seal.
    #[error(transparent)]
    Seal(#[from] SealFault),
}

/// What is to be written beside a manifest.
pub(super) struct KeysPlan {
    /// `terminal.keys.json`, where the desk makes it.
    pub(super) own: Option<Zeroizing<String>>,
    /// `province.keys.json`.
    pub(super) envelopes: String,
}

impl KeysPlan {
    /// Seals everything that the terminal needs for what is published, and for the base that is in force there now.
    pub(super) fn new(
        province: &Province,
        publication: &Publication<'_>,
        (out, there): (&Path, Option<&Manifest>),
        rng: &mut impl CryptoRng,
    ) -> Result<KeysPlan, PublishError> {
        let (own, device) = match publication.device {
            Device::Enrolled(key) => (None, key.clone()),
            Device::MadeHere if !province.state.demo => return Err(KeysNotPublished::Enrol.into()),
            Device::MadeHere => {
                let (text, key) = province.own_keys(publication, out, rng)?;
                (Some(text), key)
            }
        };
        let now = there.and_then(|manifest| manifest.find(Dataset::StatusList));
        let now = now.map(|entry| out.join(entry.file.as_str()));
        let mut lists = Vec::new();
        for list in publication.status.into_iter().chain(now.as_deref().filter(|path| path.exists())) {
            lists.push(province.keys_of_list(list)?);
        }
        let to = Addressee { terminal: publication.terminal, province: province.region };
        let envelopes = province.envelopes((&device, &to), &lists, rng)?;
        let text = document(&to, &lists, &envelopes)?;
        Envelopes::load(text.as_bytes()).map_err(PublishError::Envelopes)?;
        Ok(KeysPlan { own, envelopes: text })
    }
}

impl Province {
    /// The province's keys sealed to one terminal's device, for these lists: what a repository carries to it.
    ///
    /// # Errors
    /// [`PublishError`].
    pub fn keys_document(
        &self,
        (terminal, device): (TerminalNumber, &SealingKey),
        lists: &[&Path],
        rng: &mut impl CryptoRng,
    ) -> Result<String, PublishError> {
        let lists = lists.iter().map(|list| self.keys_of_list(list)).collect::<Result<Vec<_>, _>>()?;
        let to = Addressee { terminal, province: self.region };
        let envelopes = self.envelopes((device, &to), &lists, rng)?;
        let text = document(&to, &lists, &envelopes)?;
        Envelopes::load(text.as_bytes()).map_err(PublishError::Envelopes)?;
        Ok(text)
    }

    /// Refuses to make a terminal's own keys where there are others. Held to the public half: no key is used for it.
    pub(super) fn admit_own_keys(&self, terminal: TerminalNumber, out: &Path) -> Result<(), PublishError> {
        if !self.state.demo {
            return Err(KeysNotPublished::Enrol.into());
        }
        let Some((path, text)) = own_document(out)? else { return Ok(()) };
        let record = serde_json::from_str::<OwnDocument<'_>>(&text)
            .ok()
            .filter(|own| own.terminal == terminal.value())
            .and_then(|own| Seed::from_hex(own.record_key_seed))
            .map(|seed| SigningKey::from_seed(seed.as_bytes()).public_key());
        match record.is_some() && record == self.record_key(terminal) {
            true => Ok(()),
            false => Err(KeysNotPublished::KeepOwn(path).into()),
        }
    }

    fn envelopes(
        &self,
        to: (&SealingKey, &Addressee),
        lists: &[ListKeys],
        rng: &mut impl CryptoRng,
    ) -> Result<Vec<Envelope>, PublishError> {
        let mut sealed: Vec<Envelope> = Vec::new();
        let mut seal = |what: (KeyPurpose, u32), key: &[u8; 32]| -> Result<(), PublishError> {
            if !sealed.iter().any(|one| (one.purpose, one.epoch) == what) {
                sealed.push(Envelope::seal(to, what, key, rng).map_err(KeysNotPublished::from)?);
            }
            Ok(())
        };
        seal((KeyPurpose::SubjectKey, 0), self.keys.release(KeyName::Subject)?.as_bytes())?;
        seal((KeyPurpose::LinkKey, 0), self.keys.release(KeyName::Link)?.as_bytes())?;
        for (epoch, key) in lists.iter().flat_map(ListKeys::bytes) {
            let what = epoch.map_or((KeyPurpose::StoreKey, 0), |epoch| (KeyPurpose::EpochKey, epoch.0));
            seal(what, key)?;
        }
        Ok(sealed)
    }

    /// The terminal's own keys as a demo's desk makes them. Its device key stays what it was: envelopes written before a
    /// power cut must open after it.
    fn own_keys(
        &self,
        publication: &Publication<'_>,
        out: &Path,
        rng: &mut impl CryptoRng,
    ) -> Result<(Zeroizing<String>, SealingKey), PublishError> {
        let terminal = publication.terminal;
        let hex = |name| match self.keys.release(name) {
            Ok(seed) => Ok(seed.to_hex()),
            Err(CustodyFault::FindKey(_)) => Err(PublishError::Prepare { terminal: terminal.value() }),
            Err(fault) => Err(fault.into()),
        };
        let (record, uses) = (hex(KeyName::TerminalRecord(terminal))?, hex(KeyName::TerminalUse(terminal))?);
        let device = match kept_device(out, terminal.value(), &record)? {
            Some(seed) => seed,
            None => Seed::random(rng),
        };
        let device_hex = device.to_hex();
        let text = serde_json::to_string(&OwnDocument {
            format: 2,
            terminal: terminal.value(),
            device_key_seed: &device_hex,
            record_key_seed: &record,
            use_key: &uses,
        })?;
        Ok((text.into(), OpeningKey::from_seed(device.as_bytes()).sealing_key()))
    }
}

/// `terminal.keys.json`: 64 lower-case hexadecimal digits a key.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct OwnDocument<'a> {
    format: u8,
    terminal: u32,
    device_key_seed: &'a str,
    record_key_seed: &'a str,
    use_key: &'a str,
}

/// What `terminal.keys.json` in `out` says, if it is there, and where it is.
fn own_document(out: &Path) -> Result<Option<(PathBuf, Zeroizing<String>)>, PublishError> {
    let path = out.join(TERMINAL_KEYS_FILE);
    match fs::read_to_string(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        other => {
            let text = Zeroizing::new(other.map_err(at(&path))?);
            Ok(Some((path, text)))
        }
    }
}

/// The device key that this desk made for the terminal before.
fn kept_device(out: &Path, terminal: u32, record: &str) -> Result<Option<Seed>, PublishError> {
    let Some((path, text)) = own_document(out)? else { return Ok(None) };
    let kept = serde_json::from_str::<OwnDocument<'_>>(&text).ok();
    let ours = kept.filter(|own| own.terminal == terminal && own.record_key_seed == record);
    let seed = ours.and_then(|own| Seed::from_hex(own.device_key_seed));
    seed.map(Some).ok_or_else(|| KeysNotPublished::KeepOwn(path).into())
}

#[derive(Serialize)]
struct EnvelopesDocument<'a> {
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

fn document(to: &Addressee, lists: &[ListKeys], envelopes: &[Envelope]) -> Result<String, PublishError> {
    let both = lists.first().map(ListKeys::authorities).transpose();
    let both = both.map_err(|fault| ListNotOpened::from(OpenFault::from(fault)))?;
    let authorities = both.iter().flat_map(Authorities::both);
    let authority = |(kid, key): &(Kid, PublicKey)| AuthorityDocument {
        kid: spelling::hex(&kid.0),
        x: spelling::hex(key.as_bytes()),
    };
    let envelope = |one: &Envelope| EnvelopeDocument {
        purpose: one.purpose,
        epoch: one.epoch,
        enc: spelling::hex(&one.sealed.enc),
        body: spelling::hex(&one.sealed.body),
        tag: spelling::hex(&one.sealed.tag),
    };
    Ok(serde_json::to_string(&EnvelopesDocument {
        format: 1,
        terminal: to.terminal.value(),
        province: to.province.as_str(),
        authorities: authorities.map(authority).collect(),
        envelopes: envelopes.iter().map(envelope).collect(),
    })?)
}
