//! Day keys under a wrapping key that is exchanged whenever one of them is destroyed.
//! Promises: what destroys a day key is the destruction of 32 bytes in one place, kept apart (`wrap/`); every older copy of
//! the vault, in a backup or on worn flash, is worthless afterwards; a power cut leaves the old vault or the new one; a file
//! that is damaged or another desk's is never written over: it is told of, and given up by a renewal alone.
//! Must not know: records, retention.
//!
//! | file | holds |
//! |---|---|
//! | `day-keys.vault` | every day key, each sealed (HPKE) to the wrapping key of this number; may be backed up |
//! | `wrap/wrap-N.age` | the wrapping key: never backed up; on a medium of its own, which can be destroyed |
//!
//! Associated data of a sealed day key: wrapping key's number u32 · day key's id u32, big-endian.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use gate_proof::seal::{KEY_BYTES, OpeningKey, SealInfo, Sealed, TAG_BYTES, open_record, seal_record};
use getrandom::SysRng;
use rand_chacha::ChaCha20Rng;
use rand_core::{CryptoRng, SeedableRng, TryRng};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::voucher::Voucher;
use super::{Backend, Custody, CustodyFault, Look, PUBLIC_BYTES, Signer, VaultState, at};
use crate::key_name::KeyName;
use crate::seed::Seed;
use crate::spelling;
use crate::staging::{self, Readers};

/// The vault's file in the desk's directory.
pub const VAULT_FILE: &str = "day-keys.vault";
/// The directory of the wrapping key.
pub const WRAP_DIRECTORY: &str = "wrap";
const SEALED_BYTES: usize = KEY_BYTES + 32 + TAG_BYTES;
/// Ten years of days.
const MAX_FILE_BYTES: u64 = 1 << 20;

/// A custody whose day keys lie in a vault; all others where `inner` keeps them.
pub struct DayVault {
    inner: Box<dyn Custody>,
    wraps: Box<dyn Custody>,
    path: PathBuf,
    before: Before,
    /// One change at a time.
    turn: Mutex<()>,
}

/// What the desk knows of a vault before it looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Before {
    /// There was none yet: the first day key begins it.
    None,
    /// Day keys lie in it: if it is gone, they are.
    Kept,
}

/// Wrapping keys that a lost vault may have had: each destruction counts one.
const WRAPS_MOST: u32 = 4096;
/// What a vault is called whose wrapping key is another's.
const NOT_TOGETHER: &str = "no key in it opens under the wrapping key that is here";

/// The file.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    format: u8,
    wrap: u32,
    keys: Vec<KeptKey>,
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct KeptKey {
    id: u32,
    sealed: String,
}

impl DayVault {
    /// A vault at `directory`, with its wrapping keys in `wraps`.
    pub fn new(
        directory: &Path,
        inner: Box<dyn Custody>,
        wraps: Box<dyn Custody>,
        before: Before,
    ) -> DayVault {
        DayVault { inner, wraps, path: directory.join(VAULT_FILE), before, turn: Mutex::new(()) }
    }

    /// The wrapping key of this number, or what became of it.
    fn wrap(&self, number: u32) -> Result<OpeningKey, CustodyFault> {
        let wrap = KeyName::Wrap(number);
        let place = self.wrap_directory();
        let damaged = |path, reason: &str| CustodyFault::AdmitWrap { path, wrap, reason: reason.into() };
        self.wraps.opening_key(wrap).map_err(|fault| match fault {
            CustodyFault::FindKey(_) => CustodyFault::FindWrap { place, wrap },
            CustodyFault::AdmitFile { path, .. } => damaged(path, "damaged, or another desk's"),
            CustodyFault::File { path, reason } if path.starts_with(&place) => damaged(path, &reason),
            other => other,
        })
    }

    /// The wrapping key of a vault, if some key in it opens under it: no key is added under another's.
    fn fitting_wrap(&self, kept: &Kept) -> Result<OpeningKey, CustodyFault> {
        let key = self.wrap(kept.wrap)?;
        let opens = |one: &KeptKey| self.unwrapped(one, kept.wrap, &key).is_ok();
        match kept.keys.is_empty() || kept.keys.iter().rev().any(opens) {
            true => Ok(key),
            false => Err(self.damaged(NOT_TOGETHER)),
        }
    }

    fn wrap_directory(&self) -> PathBuf {
        self.path.with_file_name(WRAP_DIRECTORY)
    }

    fn damaged(&self, reason: &str) -> CustodyFault {
        CustodyFault::AdmitVault { path: self.path.clone(), reason: reason.into() }
    }

    fn turn(&self) -> MutexGuard<'_, ()> {
        self.turn.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The vault as it lies there; `None` before the first day key.
    fn kept(&self) -> Result<Option<Kept>, CustodyFault> {
        let length = match fs::metadata(&self.path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return match self.before {
                    Before::None => Ok(None),
                    Before::Kept => Err(CustodyFault::FindVault(self.path.clone())),
                };
            }
            other => other.map_err(at(&self.path))?.len(),
        };
        if length > MAX_FILE_BYTES {
            return Err(self.damaged("larger than any vault"));
        }
        let text = fs::read_to_string(&self.path).map_err(|error| self.damaged(&error.to_string()))?;
        let kept: Kept = serde_json::from_str(&text).map_err(|error| self.damaged(&error.to_string()))?;
        if kept.format == 1 { Ok(Some(kept)) } else { Err(self.damaged("not of format 1")) }
    }

    fn keep(&self, kept: &Kept) -> Result<(), CustodyFault> {
        let text = serde_json::to_string(kept).map_err(|error| at(&self.path)(error.into()))?;
        staging::replace(&self.path, text.as_bytes(), Readers::Owner).map_err(at(&self.path))
    }

    fn make_day(&self, id: u32, rng: &mut dyn CryptoRng) -> Result<[u8; PUBLIC_BYTES], CustodyFault> {
        let _turn = self.turn();
        let mut kept = match self.kept()? {
            Some(kept) => kept,
            None => {
                self.wraps.make(KeyName::Wrap(1), rng)?;
                Kept { format: 1, wrap: 1, keys: Vec::new() }
            }
        };
        let wrap = self.fitting_wrap(&kept)?;
        let there = kept.keys.iter().find(|key| key.id == id);
        let seed = match there.and_then(|there| self.unwrapped(there, kept.wrap, &wrap).ok()) {
            Some(there) => there,
            // Nothing ever spoke of what may lie there under this id and does not open.
            None => {
                let seed = Seed::random(rng);
                kept.keys.retain(|key| key.id != id);
                kept.keys.push(self.wrapped((id, &seed), kept.wrap, &wrap, &mut seeded(rng))?);
                self.keep(&kept)?;
                seed
            }
        };
        Ok(*OpeningKey::from_seed(seed.as_bytes()).sealing_key().as_bytes())
    }

    /// Everything but `gone` under a new wrapping key; then the old one is destroyed, and with it every copy of `gone`.
    fn rotate(&self, gone: &[u32]) -> Result<(), CustodyFault> {
        let _turn = self.turn();
        let Some(kept) = self.kept()? else { return Ok(()) };
        // A power cut between keeping the new vault and destroying the old wrapping key left it behind.
        let older = KeyName::Wrap(kept.wrap.saturating_sub(1));
        self.wraps.destroy(older)?;
        if !kept.keys.iter().any(|key| gone.contains(&key.id)) {
            return Ok(());
        }
        let (old, next) = (KeyName::Wrap(kept.wrap), kept.wrap.saturating_add(1));
        let mut rng = self.randomness()?;
        let key = self.wrap(kept.wrap)?;
        self.wraps.make(KeyName::Wrap(next), &mut rng)?;
        let new = self.wraps.opening_key(KeyName::Wrap(next))?;
        let mut keys = Vec::new();
        for survivor in kept.keys.iter().filter(|key| !gone.contains(&key.id)) {
            let seed = self.unwrapped(survivor, kept.wrap, &key)?;
            keys.push(self.wrapped((survivor.id, &seed), next, &new, &mut rng)?);
        }
        self.keep(&Kept { format: 1, wrap: next, keys })?;
        self.wraps.destroy(old)
    }

    fn wrapped(
        &self,
        (id, seed): (u32, &Seed),
        wrap: u32,
        key: &OpeningKey,
        rng: &mut ChaCha20Rng,
    ) -> Result<KeptKey, CustodyFault> {
        let to = key.sealing_key();
        let sealed = seal_record(&to, SealInfo::DAY_KEY, &bound(wrap, id), seed.as_bytes(), rng)
            .map_err(|fault| self.refused(&fault))?;
        let bytes: Vec<u8> = [&sealed.enc[..], &sealed.body, &sealed.tag].concat();
        Ok(KeptKey { id, sealed: spelling::hex(&bytes) })
    }

    fn unwrapped(&self, kept: &KeptKey, wrap: u32, key: &OpeningKey) -> Result<Seed, CustodyFault> {
        let name = KeyName::Day(kept.id);
        let refused = || self.damaged(&format!("{name} in it does not open"));
        let bytes: [u8; SEALED_BYTES] = gate_core::json::hex(&kept.sealed).ok_or_else(refused)?;
        let mut sealed = Sealed { enc: [0; KEY_BYTES], body: [0; 32], tag: [0; TAG_BYTES] };
        sealed.enc.copy_from_slice(&bytes[..KEY_BYTES]);
        sealed.body.copy_from_slice(&bytes[KEY_BYTES..KEY_BYTES + 32]);
        sealed.tag.copy_from_slice(&bytes[KEY_BYTES + 32..]);
        let opened = open_record(key, SealInfo::DAY_KEY, &bound(wrap, kept.id), &sealed);
        let opened = opened.map_err(|_| refused())?;
        Ok(Seed::from_bytes(opened.as_bytes()))
    }

    fn randomness(&self) -> Result<ChaCha20Rng, CustodyFault> {
        let mut seed = Zeroizing::new([0; 32]);
        SysRng.try_fill_bytes(&mut *seed).map_err(|error| self.refused(&error))?;
        Ok(ChaCha20Rng::from_seed(*seed))
    }

    fn refused(&self, error: &dyn core::fmt::Display) -> CustodyFault {
        CustodyFault::File { path: self.path.clone(), reason: error.to_string() }
    }

    /// The day key's place in the vault, if it is there.
    fn find(&self, id: u32) -> Result<Option<(KeptKey, u32)>, CustodyFault> {
        let kept = self.kept()?;
        Ok(kept.and_then(|kept| Some((kept.keys.iter().find(|key| key.id == id)?.clone(), kept.wrap))))
    }
}

impl Custody for DayVault {
    fn backend(&self) -> Backend {
        self.inner.backend()
    }

    fn is_there(&self, name: KeyName) -> bool {
        match name {
            KeyName::Day(id) => self.find(id).is_ok_and(|found| found.is_some()),
            _ => self.inner.is_there(name),
        }
    }

    fn make(
        &self,
        name: KeyName,
        rng: &mut dyn CryptoRng,
    ) -> Result<Option<[u8; PUBLIC_BYTES]>, CustodyFault> {
        match name {
            KeyName::Day(id) => self.make_day(id, rng).map(Some),
            _ => self.inner.make(name, rng),
        }
    }

    fn signer(&self, name: KeyName) -> Result<Box<dyn Signer>, CustodyFault> {
        self.inner.signer(name)
    }

    fn opening_key(&self, name: KeyName) -> Result<OpeningKey, CustodyFault> {
        let KeyName::Day(id) = name else { return self.inner.opening_key(name) };
        let (kept, wrap) = self.find(id)?.ok_or(CustodyFault::FindKey(name))?;
        let key = self.wrap(wrap)?;
        Ok(OpeningKey::from_seed(self.unwrapped(&kept, wrap, &key)?.as_bytes()))
    }

    fn release(&self, name: KeyName) -> Result<Seed, CustodyFault> {
        self.inner.release(name)
    }

    fn destroy(&self, name: KeyName) -> Result<(), CustodyFault> {
        self.destroy_all(&[name])
    }

    fn destroy_all(&self, names: &[KeyName]) -> Result<(), CustodyFault> {
        let day = |name: &KeyName| if let KeyName::Day(id) = name { Some(*id) } else { None };
        let days: Vec<u32> = names.iter().filter_map(day).collect();
        if !days.is_empty() {
            self.rotate(&days)?;
        }
        names.iter().filter(|name| day(name).is_none()).try_for_each(|name| self.inner.destroy(*name))
    }

    fn voucher(&self) -> Result<Option<Voucher>, CustodyFault> {
        self.inner.voucher()
    }

    fn vault(&self, look: Look) -> Result<VaultState, CustodyFault> {
        match self.shut(look) {
            Ok(shut) => Ok(VaultState::AtHand { shut }),
            Err(fault) if fault.is_of_vault() => Ok(VaultState::Missing(fault)),
            Err(fault) => Err(fault),
        }
    }

    fn day_keys(&self) -> Option<Vec<u32>> {
        Some(self.kept().ok()??.keys.iter().map(|key| key.id).collect())
    }

    fn begin_vault(&self) -> Result<(), CustodyFault> {
        let state = self.vault(Look::Opens)?;
        let _turn = self.turn();
        match state {
            VaultState::AtHand { shut } if shut.is_empty() => Err(CustodyFault::KeepVault),
            VaultState::AtHand { shut } => self.take_out(&shut),
            VaultState::Missing(fault) => {
                if let CustodyFault::AdmitVault { path, .. } = &fault {
                    staging::link_aside(path).map_err(at(path))?;
                }
                self.begin_anew()
            }
        }
    }
}

/// What a renewal does.
impl DayVault {
    /// The keys that do not open, if the vault is at hand.
    fn shut(&self, look: Look) -> Result<Vec<u32>, CustodyFault> {
        let Some(kept) = self.kept()? else { return Ok(Vec::new()) };
        let wrap = KeyName::Wrap(kept.wrap);
        if !self.wraps.is_there(wrap) {
            let place = self.wrap_directory();
            return Err(match self.wraps_there().find(|number| *number > kept.wrap) {
                Some(newer) => {
                    self.damaged(&format!("an older copy: it lies under {wrap}, here is wrap-{newer}"))
                }
                None => CustodyFault::FindWrap { place, wrap },
            });
        }
        if look == Look::Lies {
            return Ok(Vec::new());
        }
        let key = self.fitting_wrap(&kept)?;
        let shut = kept.keys.iter().filter(|one| self.unwrapped(one, kept.wrap, &key).is_err());
        Ok(shut.map(|one| one.id).collect())
    }

    fn wraps_there(&self) -> impl Iterator<Item = u32> {
        (1..=WRAPS_MOST).filter(|number| self.wraps.is_there(KeyName::Wrap(*number)))
    }

    /// The vault without these keys; the one with them is kept beside.
    fn take_out(&self, shut: &[u32]) -> Result<(), CustodyFault> {
        let Some(mut kept) = self.kept()? else { return Ok(()) };
        staging::link_aside(&self.path).map_err(at(&self.path))?;
        kept.keys.retain(|key| !shut.contains(&key.id));
        self.keep(&kept)
    }

    /// An empty vault under a wrapping key that no vault before had. Cut off anywhere, the old one still counts as lost.
    fn begin_anew(&self) -> Result<(), CustodyFault> {
        let place = self.wrap_directory();
        staging::make_directory(&place, Readers::Owner).map_err(at(&place))?;
        let there: Vec<u32> = self.wraps_there().collect();
        let kept = self.kept().ok().flatten().map_or(0, |kept| kept.wrap.min(WRAPS_MOST));
        let next = there.last().map_or(kept, |last| kept.max(*last)).saturating_add(1);
        for number in there {
            // What opens what is given up must not be found again; what is damaged tells what happened.
            match self.wrap(number) {
                Ok(_) => self.wraps.destroy(KeyName::Wrap(number))?,
                Err(CustodyFault::AdmitWrap { wrap, .. }) => self.wraps.set_aside(wrap)?,
                Err(fault) => return Err(fault),
            }
        }
        self.wraps.make(KeyName::Wrap(next), &mut self.randomness()?)?;
        self.keep(&Kept { format: 1, wrap: next, keys: Vec::new() })
    }
}

fn bound(wrap: u32, id: u32) -> [u8; 8] {
    let ([a, b, c, d], [e, f, g, h]) = (wrap.to_be_bytes(), id.to_be_bytes());
    [a, b, c, d, e, f, g, h]
}

/// A generator out of the caller's randomness: sealing takes a sized one.
fn seeded(rng: &mut dyn CryptoRng) -> ChaCha20Rng {
    let mut seed = Zeroizing::new([0; 32]);
    rng.fill_bytes(&mut *seed);
    ChaCha20Rng::from_seed(*seed)
}

#[cfg(test)]
mod tests;
