//! Keys in files that one passphrase opens: the crate `age`, whose format other tools read too.
//! Promises: the passphrase is stretched (scrypt) once a command, then each key is its own file, sealed to the desk's age
//! identity; a file is taken only as the key it is named for and only as this desk wrote it; nothing is asked before a
//! secret is needed; no secret is ever on disk in the clear.
//! Must not know: what a key is used for.
//!
//! | file | sealed to | holds |
//! |---|---|---|
//! | `custody.age` | the passphrase | the age identity, and 32 bytes that key files and the desk's state are authenticated with |
//! | `keys/NAME.age` | the identity | the key's name, its seed, HMAC over both: an age file alone does not say who made it |

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use age::secrecy::{ExposeSecret, SecretString};
use age::{DecryptError, scrypt, x25519};
use gate_core::manifest::Demo;
use gate_proof::digest::hmac_sha256;
use gate_proof::seal::OpeningKey;
use rand_core::CryptoRng;
use zeroize::Zeroizing;

use super::voucher::Voucher;
use super::{
    Asked, Backend, Custody, CustodyFault, PUBLIC_BYTES, Prompt, SeedCustody, Signer, at, public_half,
};
use crate::key_name::KeyName;
use crate::seed::Seed;
use crate::spelling;
use crate::staging::{self, Readers};

/// The file that the passphrase opens.
pub const CUSTODY_FILE: &str = "custody.age";
/// The shortest passphrase of a real desk, in characters.
pub const PASSPHRASE_LEAST: usize = 16;
const FIRST_LINE: &str = "tianfu-gate key 1";
/// Far more than such a file takes.
const MAX_FILE_BYTES: u64 = 4096;
/// A file that asks for more was not made here; it would take minutes and gigabytes to refuse.
const MAX_WORK: u8 = 20;

/// What a passphrase costs to try: scrypt with N = 2^this, r = 8, p = 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PassphraseCost(u8);

impl PassphraseCost {
    /// 256 MiB and about a second a try; a demo's passphrase protects nothing, so it costs 1 MiB.
    #[must_use]
    pub const fn of(nature: Demo) -> PassphraseCost {
        match nature {
            Demo::No => PassphraseCost(18),
            Demo::Yes => PassphraseCost(10),
        }
    }
}

/// Keys in encrypted files.
pub struct AgeKeys {
    directory: PathBuf,
    keys: PathBuf,
    prompt: Arc<dyn Prompt>,
    opened: Arc<Mutex<Option<Arc<Opened>>>>,
}

/// What the passphrase opens.
struct Opened {
    identity: x25519::Identity,
    check: Zeroizing<[u8; 32]>,
}

impl AgeKeys {
    /// Makes the identity of a new desk, under a passphrase that is asked for.
    ///
    /// # Errors
    /// [`CustodyFault`]; one that is there stays.
    pub fn create(
        (directory, keys): (&Path, &Path),
        nature: Demo,
        prompt: Arc<dyn Prompt>,
        rng: &mut dyn CryptoRng,
    ) -> Result<AgeKeys, CustodyFault> {
        let passphrase = new_passphrase(prompt.as_ref(), nature)?;
        let check = Seed::random(rng);
        let opened =
            Opened { identity: x25519::Identity::generate(), check: Zeroizing::new(*check.as_bytes()) };
        let custody = AgeKeys::open((directory, keys), prompt);
        custody.write_identity(&opened, &passphrase, PassphraseCost::of(nature))?;
        *custody.opened.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(opened));
        Ok(custody)
    }

    /// Those of a desk. Nothing is asked yet.
    pub fn open((directory, keys): (&Path, &Path), prompt: Arc<dyn Prompt>) -> AgeKeys {
        let (directory, keys) = (directory.to_path_buf(), keys.to_path_buf());
        AgeKeys { directory, keys, prompt, opened: Arc::default() }
    }

    /// The same identity for keys in another directory: one passphrase opens both.
    #[must_use]
    pub fn beside(&self, keys: PathBuf) -> AgeKeys {
        let (directory, prompt, opened) =
            (self.directory.clone(), Arc::clone(&self.prompt), Arc::clone(&self.opened));
        AgeKeys { directory, keys, prompt, opened }
    }

    /// Puts the identity under a new passphrase; key files stay as they are. Old copies of `custody.age` still open to the
    /// old one.
    ///
    /// # Errors
    /// [`CustodyFault`]; then the old passphrase holds.
    pub fn change_passphrase(&self, nature: Demo) -> Result<(), CustodyFault> {
        let opened = self.opened()?;
        let passphrase = new_passphrase(self.prompt.as_ref(), nature)?;
        self.write_identity(&opened, &passphrase, PassphraseCost::of(nature))
    }

    fn write_identity(
        &self,
        opened: &Opened,
        passphrase: &str,
        cost: PassphraseCost,
    ) -> Result<(), CustodyFault> {
        let path = self.directory.join(CUSTODY_FILE);
        let secret = opened.identity.to_string();
        let text = Zeroizing::new(format!("{}\n{}\n", secret.expose_secret(), spelling::hex(&*opened.check)));
        let sealed = seal_with_passphrase(text.as_bytes(), passphrase, cost).map_err(at(&path))?;
        staging::replace(&path, &sealed, Readers::Owner).map_err(at(&path))
    }

    /// Asks once a command.
    fn opened(&self) -> Result<Arc<Opened>, CustodyFault> {
        let mut opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(opened) = &*opened {
            return Ok(Arc::clone(opened));
        }
        let path = self.directory.join(CUSTODY_FILE);
        let sealed = read(&path)?;
        let passphrase = self.prompt.ask(Asked::Passphrase)?;
        let text = open_with_passphrase(&path, &sealed, &passphrase)?;
        let damaged = || CustodyFault::File { path: path.clone(), reason: "not a custody file".into() };
        let found = Arc::new(parse_identity(&text).ok_or_else(damaged)?);
        *opened = Some(Arc::clone(&found));
        Ok(found)
    }

    fn path(&self, name: KeyName) -> PathBuf {
        self.keys.join(format!("{name}.age"))
    }
}

impl SeedCustody for AgeKeys {
    fn seed(&self, name: KeyName) -> Result<Seed, CustodyFault> {
        let path = self.path(name);
        if !path.exists() {
            return Err(CustodyFault::FindKey(name));
        }
        let opened = self.opened()?;
        let sealed = read(&path)?;
        let refused = || CustodyFault::AdmitFile { path: path.clone(), name };
        let text = Zeroizing::new(age::decrypt(&opened.identity, &sealed).map_err(|_| refused())?);
        parse_key(&text, name, &opened.check).ok_or_else(refused)
    }
}

impl Custody for AgeKeys {
    fn backend(&self) -> Backend {
        Backend::Age
    }

    fn is_there(&self, name: KeyName) -> bool {
        self.path(name).exists()
    }

    fn make(
        &self,
        name: KeyName,
        rng: &mut dyn CryptoRng,
    ) -> Result<Option<[u8; PUBLIC_BYTES]>, CustodyFault> {
        match self.seed(name) {
            Ok(there) => return Ok(public_half(name, &there)),
            Err(CustodyFault::FindKey(_)) => {}
            Err(fault) => return Err(fault),
        }
        let (opened, seed, path) = (self.opened()?, Seed::random(rng), self.path(name));
        let text = written_key(name, &seed, &opened.check);
        let sealed = age::encrypt(&opened.identity.to_public(), text.as_bytes())
            .map_err(|error| CustodyFault::File { path: path.clone(), reason: error.to_string() })?;
        staging::replace(&path, &sealed, Readers::Owner).map_err(at(&path))?;
        Ok(public_half(name, &seed))
    }

    fn signer(&self, name: KeyName) -> Result<Box<dyn Signer>, CustodyFault> {
        self.seed_signer(name)
    }

    fn opening_key(&self, name: KeyName) -> Result<OpeningKey, CustodyFault> {
        self.seed_opening_key(name)
    }

    fn release(&self, name: KeyName) -> Result<Seed, CustodyFault> {
        self.seed_release(name)
    }

    fn destroy(&self, name: KeyName) -> Result<(), CustodyFault> {
        let path = self.path(name);
        staging::destroy(&path).map_err(at(&path))
    }

    fn voucher(&self) -> Result<Option<Voucher>, CustodyFault> {
        Ok(Some(Voucher::of(&self.opened()?.check)))
    }

    fn set_aside(&self, name: KeyName) -> Result<(), CustodyFault> {
        let path = self.path(name);
        staging::set_aside(&path).map_err(at(&path))
    }
}

/// A new passphrase, long enough where it protects something.
pub(crate) fn new_passphrase(prompt: &dyn Prompt, nature: Demo) -> Result<Zeroizing<String>, CustodyFault> {
    let least = if nature == Demo::Yes { 1 } else { PASSPHRASE_LEAST };
    let passphrase = prompt.ask(Asked::NewPassphrase)?;
    if passphrase.chars().count() < least {
        return Err(CustodyFault::LengthenPassphrase { least });
    }
    Ok(passphrase)
}

/// `text` under a passphrase.
pub(crate) fn seal_with_passphrase(
    text: &[u8],
    passphrase: &str,
    cost: PassphraseCost,
) -> Result<Vec<u8>, io::Error> {
    let mut recipient = scrypt::Recipient::new(SecretString::from(passphrase.to_owned()));
    recipient.set_work_factor(cost.0);
    age::encrypt(&recipient, text).map_err(io::Error::other)
}

/// What is under a passphrase.
pub(crate) fn open_with_passphrase(
    path: &Path,
    sealed: &[u8],
    passphrase: &str,
) -> Result<Zeroizing<String>, CustodyFault> {
    let mut identity = scrypt::Identity::new(SecretString::from(passphrase.to_owned()));
    identity.set_max_work_factor(MAX_WORK);
    let opened = age::decrypt(&identity, sealed).map_err(|error| match error {
        DecryptError::DecryptionFailed | DecryptError::KeyDecryptionFailed => CustodyFault::MatchPassphrase,
        damaged => CustodyFault::File { path: path.to_path_buf(), reason: damaged.to_string() },
    })?;
    let damaged = |_| CustodyFault::File { path: path.to_path_buf(), reason: "not UTF-8".into() };
    String::from_utf8(opened).map(Zeroizing::new).map_err(damaged)
}

fn parse_identity(text: &str) -> Option<Opened> {
    let (identity, check) = text.trim_end().split_once('\n')?;
    let check = Zeroizing::new(gate_core::json::hex(check)?);
    Some(Opened { identity: identity.parse().ok()?, check })
}

fn written_key(name: KeyName, seed: &Seed, check: &[u8; 32]) -> Zeroizing<String> {
    let (seed_hex, token) = (seed.to_hex(), name.token());
    let tag = spelling::hex(&hmac_sha256(check, &[token.as_bytes(), b"\n", seed.as_bytes()]).0);
    Zeroizing::new(format!("{FIRST_LINE}\n{token}\n{}\n{tag}\n", *seed_hex))
}

/// The key, if the text is exactly what this desk wrote for this name.
fn parse_key(text: &[u8], name: KeyName, check: &[u8; 32]) -> Option<Seed> {
    let text = core::str::from_utf8(text).ok()?;
    let seed = Seed::from_hex(text.lines().nth(2)?)?;
    // All of it is compared, and in constant time as far as a digest of secrets goes: both sides are hashed first.
    let (ours, theirs) = (written_key(name, &seed, check), text);
    let digest = |text: &str| hmac_sha256(check, &[b"compare", text.as_bytes()]);
    (digest(&ours) == digest(theirs)).then_some(seed)
}

/// Reads a small file.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>, CustodyFault> {
    let length = fs::metadata(path).map_err(at(path))?.len();
    if length > MAX_FILE_BYTES {
        let reason = format!("larger than {MAX_FILE_BYTES} bytes");
        return Err(CustodyFault::File { path: path.to_path_buf(), reason });
    }
    fs::read(path).map_err(at(path))
}
