//! An officer's own key, in a file that the officer's passphrase opens. It is kept by the officer, never at the desk.
//! Promises: made here, encrypted before it is written; a file is never overwritten.
//! Must not know: desks.

use std::path::Path;

use gate_core::manifest::Demo;
use gate_proof::ed25519::{PublicKey, SigningKey};
use rand_core::CryptoRng;
use zeroize::Zeroizing;

use crate::custody::age_files::{
    PassphraseCost, new_passphrase, open_with_passphrase, read, seal_with_passphrase,
};
use crate::custody::{Asked, CustodyFault, Prompt, at};
use crate::seed::Seed;
use crate::staging::{self, Readers};

const FIRST_LINE: &str = "tianfu-gate officer 1";

/// Makes a key in a new file; gives the public half.
///
/// # Errors
/// [`CustodyFault`]; a file that is there stays.
pub fn create(path: &Path, prompt: &dyn Prompt, rng: &mut impl CryptoRng) -> Result<PublicKey, CustodyFault> {
    if path.exists() {
        let reason = "there is a file already: it stays".into();
        return Err(CustodyFault::File { path: path.to_path_buf(), reason });
    }
    let passphrase = new_passphrase(prompt, Demo::No)?;
    let seed = Seed::random(rng);
    let text = Zeroizing::new(format!("{FIRST_LINE}\n{}\n", *seed.to_hex()));
    let cost = PassphraseCost::of(Demo::No);
    let sealed = seal_with_passphrase(text.as_bytes(), &passphrase, cost).map_err(at(path))?;
    staging::replace(path, &sealed, Readers::Owner).map_err(at(path))?;
    Ok(SigningKey::from_seed(seed.as_bytes()).public_key())
}

/// Opens a key file.
///
/// # Errors
/// [`CustodyFault`].
pub fn open(path: &Path, prompt: &dyn Prompt) -> Result<SigningKey, CustodyFault> {
    let sealed = read(path)?;
    let passphrase = prompt.ask(Asked::Passphrase)?;
    let text = open_with_passphrase(path, &sealed, &passphrase)?;
    let seed = text.strip_prefix(FIRST_LINE).and_then(Seed::from_hex);
    let refused = || CustodyFault::File { path: path.to_path_buf(), reason: "no officer's key file".into() };
    Ok(SigningKey::from_seed(seed.ok_or_else(refused)?.as_bytes()))
}
