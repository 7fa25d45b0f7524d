//! Where the desk's keys live, behind one trait: plain files (demos only), passphrase-encrypted files, a PKCS#11 token.
//! Promises: a key is made where it lives; a key that signs for others or opens records never leaves the desk; what may
//! leave, and to whom, is a property of its name ([`Purpose`]) and not of the backend or the caller.
//! Must not know: what is signed, who asks, the log.
//!
//! | purpose | keys | what custody does with them |
//! |---|---|---|
//! | [`Purpose::Sign`] | root, issuers | signs inside; there is no way to read them out. In a token: not extractable |
//! | [`Purpose::Open`] | day keys | one command may hold the opening half in memory; destroyed at retention's end |
//! | [`Purpose::Derive`] | the list's master | one command may hold it; what follows from it goes to terminals, it does not |
//! | [`Purpose::Deliver`] | subject, link; a terminal's record and use key | terminals need them to work, and issuing needs the first two a million times an hour: kept wrapped, given out by name |

pub mod age_files;
pub mod day_vault;
pub mod plain;
#[cfg(feature = "pkcs11")]
pub mod token;
pub mod voucher;

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use gate_proof::ed25519::{PublicKey, SigningFault, SigningKey};
use gate_proof::seal::OpeningKey;
use rand_core::CryptoRng;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::key_name::{KeyName, Purpose};
use crate::log::LogFault;
use crate::seed::Seed;
use voucher::Voucher;

/// Bytes of every public half.
pub const PUBLIC_BYTES: usize = 32;

/// A kind of custody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Backend {
    /// Plain files; or the memory of a simulation. Demos only.
    Plain,
    /// Files that a passphrase opens.
    Age,
    /// A token behind a PKCS#11 module.
    Pkcs11,
}

impl fmt::Display for Backend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Backend::Plain => "plain",
            Backend::Age => "age",
            Backend::Pkcs11 => "pkcs11",
        })
    }
}

/// One place where keys live.
///
/// A key that is there already under its name, because a command was cut off between making it and keeping the
/// province's state, is taken as made: nothing ever spoke of it.
pub trait Custody: Send + Sync {
    /// Which kind.
    fn backend(&self) -> Backend;

    /// Whether something lies under this name, without opening it. A custody that cannot tell says yes.
    fn is_there(&self, _name: KeyName) -> bool {
        true
    }

    /// Makes a key and keeps it, synced. Gives its public half if its purpose has one.
    ///
    /// # Errors
    /// [`CustodyFault`].
    fn make(
        &self,
        name: KeyName,
        rng: &mut dyn CryptoRng,
    ) -> Result<Option<[u8; PUBLIC_BYTES]>, CustodyFault>;

    /// What signs with this key, for this command. For [`Purpose::Sign`] and a terminal's record key.
    ///
    /// # Errors
    /// [`CustodyFault`].
    fn signer(&self, name: KeyName) -> Result<Box<dyn Signer>, CustodyFault>;

    /// What opens records sealed to this key, for this command. For [`Purpose::Open`].
    ///
    /// # Errors
    /// [`CustodyFault`].
    fn opening_key(&self, name: KeyName) -> Result<OpeningKey, CustodyFault>;

    /// The secret itself. For [`Purpose::Derive`] and [`Purpose::Deliver`]; refused for the others.
    ///
    /// # Errors
    /// [`CustodyFault::KeepInside`], and what reading can meet.
    fn release(&self, name: KeyName) -> Result<Seed, CustodyFault>;

    /// Destroys a key; one that is not there counts as destroyed. What backups hold is not reached.
    ///
    /// # Errors
    /// [`CustodyFault`]; then it may still be there.
    fn destroy(&self, name: KeyName) -> Result<(), CustodyFault>;

    /// Takes a damaged key out of use and keeps what is left of it. Where no file could be kept, destroys it.
    ///
    /// # Errors
    /// [`CustodyFault`]; then it may still be in use.
    fn set_aside(&self, name: KeyName) -> Result<(), CustodyFault> {
        self.destroy(name)
    }

    /// Destroys several at once, where that costs less than one by one.
    ///
    /// # Errors
    /// [`CustodyFault`]; then some may still be there.
    fn destroy_all(&self, names: &[KeyName]) -> Result<(), CustodyFault> {
        names.iter().try_for_each(|name| self.destroy(*name))
    }

    /// What the desk seals its own words with, and knows them by. None where keys are everybody's.
    ///
    /// # Errors
    /// [`CustodyFault`].
    fn voucher(&self) -> Result<Option<Voucher>, CustodyFault> {
        Ok(None)
    }

    /// Whether what day keys lie under is at hand. Where each lies by itself nothing can be missing.
    ///
    /// # Errors
    /// [`CustodyFault`].
    fn vault(&self, _look: Look) -> Result<VaultState, CustodyFault> {
        Ok(VaultState::AtHand { shut: Vec::new() })
    }

    /// The ids of the day keys that lie in the vault, opened or not. `None` where there is no vault, or none that can be read.
    fn day_keys(&self) -> Option<Vec<u32>> {
        None
    }

    /// Gives up what in the vault is lost: keys that do not open are taken out of it; in the place of a vault that is lost as
    /// a whole a new one begins. What is damaged is kept beside, what could open the lost vault is destroyed.
    ///
    /// # Errors
    /// [`CustodyFault::KeepVault`] if nothing is lost; what writing can meet.
    fn begin_vault(&self) -> Result<(), CustodyFault> {
        Err(CustodyFault::KeepVault)
    }
}

/// What a custody's day keys lie under.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum VaultState {
    /// It is there.
    AtHand {
        /// Keys in it that do not open, by id. Empty for [`Look::Lies`].
        shut: Vec<u32>,
    },
    /// It is not: lost, damaged, another desk's, or on a medium that is not mounted.
    Missing(CustodyFault),
}

/// How closely a vault is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// Whether its files lie there: nobody is asked for a passphrase in order to be told that a medium is missing.
    Lies,
    /// Whether every key in it opens.
    Opens,
}

/// A key that signs, wherever it lives.
pub trait Signer: Send + Sync {
    /// The public half.
    fn public_key(&self) -> PublicKey;

    /// Signs `message`; what is given out was verified first.
    ///
    /// # Errors
    /// [`CustodyFault`].
    fn sign(&self, message: &[u8]) -> Result<[u8; 64], CustodyFault>;
}

impl Signer for SigningKey {
    fn public_key(&self) -> PublicKey {
        SigningKey::public_key(self)
    }

    fn sign(&self, message: &[u8]) -> Result<[u8; 64], CustodyFault> {
        Ok(SigningKey::sign(self, message)?)
    }
}

/// What is asked of a person, or of the file that stands for one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// The passphrase of the desk's encrypted keys.
    Passphrase,
    /// A new one, for a new desk or officer: asked twice where a person types it.
    NewPassphrase,
    /// The PIN of the token's user.
    TokenPin,
}

/// Where passphrases and PINs come from.
pub trait Prompt: Send + Sync {
    /// The secret asked for, without its line end.
    ///
    /// # Errors
    /// [`CustodyFault::Ask`].
    fn ask(&self, asked: Asked) -> Result<Zeroizing<String>, CustodyFault>;
}

/// Nobody to ask: for desks whose keys lie in plain files.
pub struct NobodyToAsk;

impl Prompt for NobodyToAsk {
    fn ask(&self, asked: Asked) -> Result<Zeroizing<String>, CustodyFault> {
        Err(CustodyFault::Ask { asked, reason: "there is nobody to ask".into() })
    }
}

/// Why custody did not do what it was asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CustodyFault {
    /// No such key.
    #[error("the key {0} is in no custody of this desk")]
    FindKey(KeyName),
    /// The wrapping key is not there.
    #[error("{} does not hold {wrap}, under which every day key lies: mount its medium. If it is lost, so are the records not yet opened: `gate-sign day-keys renew` begins anew, with two officers", .place.display())]
    FindWrap {
        /// Where it should be.
        place: PathBuf,
        /// Its name.
        wrap: KeyName,
    },
    /// The vault is not there.
    #[error("{} is missing, with every day key in it: bring it back from a backup. If it is lost: `gate-sign day-keys renew`, with two officers", .0.display())]
    FindVault(PathBuf),
    /// The wrapping key is none of this desk's.
    #[error("{} is not the wrapping key {wrap} of this desk ({reason}): put the right medium in its place. If it is lost, so are the records not yet opened: `gate-sign day-keys renew` begins anew, with two officers, and keeps this file beside", .path.display())]
    AdmitWrap {
        /// The file.
        path: PathBuf,
        /// Its name.
        wrap: KeyName,
        /// What is wrong with it.
        reason: String,
    },
    /// The vault is none of this desk's.
    #[error("{} is damaged, or another desk's ({reason}): bring it back from the newest backup. If there is none: `gate-sign day-keys renew` gives up what does not open, with two officers, and keeps this file beside", .path.display())]
    AdmitVault {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The state in force is not this desk's word.
    #[error(
        "the log's line that put province.json in force was not written by this desk (its seal is not custody's), so no key is used: bring province.json, log and head back together from the newest backup of all three, and find out who can write here"
    )]
    BelieveState,
    /// No state of this desk was ever sealed: it was founded before seals were, or its log is not what it was.
    #[error(
        "no line of this desk's log has a seal: it was founded by a version before seals (CHANGELOG, \"The desk's own safety\"), and this version uses none of its keys. Found a new desk (`gate-sign province new`), copy policies and places into it, and publish to empty directories; what the old desk holds is opened with the version that made it. If this desk ever worked with this version, its log was replaced: bring province.json, log and head back together from the newest backup, and find out who can write here（该工作台建于启用封印之前，须重建；若曾用本版本，则其日志被替换）"
    )]
    FindSeals,
    /// Nothing is lost.
    #[error("the wrapping key is here, and the vault: nothing is lost, nothing was renewed")]
    KeepVault,
    /// Its purpose forbids it.
    #[error("the key {0} does not leave its custody")]
    KeepInside(KeyName),
    /// Its purpose is another.
    #[error("the key {0} is not for this")]
    FitPurpose(KeyName),
    /// This backend does not hold such keys.
    #[error("{backend} custody does not hold {name}")]
    HoldKind {
        /// Which backend.
        backend: Backend,
        /// Which key.
        name: KeyName,
    },
    /// A file could not be read or written.
    #[error("{}: {reason}", .path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// What the system said.
        reason: String,
    },
    /// Nobody answered.
    #[error("{}: {reason}", asked_in_words(*.asked))]
    Ask {
        /// What was asked.
        asked: Asked,
        /// Why there is no answer.
        reason: String,
    },
    /// The passphrase does not open the desk's keys.
    #[error("the passphrase is wrong")]
    MatchPassphrase,
    /// Too short to protect anything.
    #[error("the passphrase is shorter than {least} characters")]
    LengthenPassphrase {
        /// The least taken.
        least: usize,
    },
    /// The file is not this key as this desk wrote it.
    #[error(
        "{}: damaged, or not the key {name} as this desk wrote it: swapped, or put there by somebody else", .path.display()
    )]
    AdmitFile {
        /// Which file.
        path: PathBuf,
        /// Which key was looked for.
        name: KeyName,
    },
    /// Its public half is not the one the desk's record names.
    #[error("the key {0} has another public half than this desk's record says: it was exchanged")]
    MatchPublic(KeyName),
    /// The signature made does not verify.
    #[error(transparent)]
    Sign(#[from] SigningFault),
    /// More signatures than the log was told of.
    #[error("the log says that this key may sign {most} times here: it has")]
    SpendUse {
        /// How many.
        most: u64,
    },
    /// The token did not do it.
    #[error("the token did not {what}: {answer}")]
    UseToken {
        /// What it was asked.
        what: &'static str,
        /// The module's answer.
        answer: String,
    },
    /// This program was built without PKCS#11.
    #[error("keys of this desk are in a token, and this gate-sign was built without the feature pkcs11")]
    BuildWithTokens,
    /// Nothing is done that the log does not tell.
    #[error(transparent)]
    Log(#[from] LogFault),
}

impl CustodyFault {
    /// Whether the vault of the day keys is not at hand: everything else goes on without it, and two officers may give it up.
    pub fn is_of_vault(&self) -> bool {
        matches!(
            self,
            CustodyFault::FindWrap { .. }
                | CustodyFault::FindVault(_)
                | CustodyFault::AdmitWrap { .. }
                | CustodyFault::AdmitVault { .. }
        )
    }
}

/// A public half as people compare it: 43 characters of base64url.
pub fn public_in_words(public: &[u8; PUBLIC_BYTES]) -> String {
    crate::spelling::base64url(public)
}

/// The public half that goes with a seed, if its purpose has one.
pub(crate) fn public_half(name: KeyName, seed: &Seed) -> Option<[u8; PUBLIC_BYTES]> {
    match (name, name.purpose()) {
        (_, Purpose::Sign) | (KeyName::TerminalRecord(_), _) => {
            Some(*SigningKey::from_seed(seed.as_bytes()).public_key().as_bytes())
        }
        (_, Purpose::Open) => Some(*OpeningKey::from_seed(seed.as_bytes()).sealing_key().as_bytes()),
        (_, Purpose::Derive | Purpose::Deliver) => None,
    }
}

/// What custody of seeds in files has in common: purposes are kept although the seed is at hand.
pub(crate) trait SeedCustody: Send + Sync {
    /// The seed of a key.
    fn seed(&self, name: KeyName) -> Result<Seed, CustodyFault>;

    /// Something that signs.
    fn seed_signer(&self, name: KeyName) -> Result<Box<dyn Signer>, CustodyFault> {
        if name.purpose() != Purpose::Sign && !matches!(name, KeyName::TerminalRecord(_)) {
            return Err(CustodyFault::FitPurpose(name));
        }
        Ok(Box::new(SigningKey::from_seed(self.seed(name)?.as_bytes())))
    }

    /// Something that opens.
    fn seed_opening_key(&self, name: KeyName) -> Result<OpeningKey, CustodyFault> {
        if name.purpose() != Purpose::Open {
            return Err(CustodyFault::FitPurpose(name));
        }
        Ok(OpeningKey::from_seed(self.seed(name)?.as_bytes()))
    }

    /// The seed, where its purpose lets it go.
    fn seed_release(&self, name: KeyName) -> Result<Seed, CustodyFault> {
        match name.purpose() {
            Purpose::Sign | Purpose::Open => Err(CustodyFault::KeepInside(name)),
            Purpose::Derive | Purpose::Deliver => self.seed(name),
        }
    }
}

pub(crate) fn at(path: &Path) -> impl FnOnce(io::Error) -> CustodyFault {
    let path = path.to_path_buf();
    |error| CustodyFault::File { path, reason: error.to_string() }
}

fn asked_in_words(asked: Asked) -> &'static str {
    match asked {
        Asked::Passphrase => "the desk's passphrase",
        Asked::NewPassphrase => "a new passphrase",
        Asked::TokenPin => "the token's PIN",
    }
}
