//! The terminal's own secrets: `terminal.keys.json`, mode 0600.
//! Promises: wiped when dropped, never printed. On a board they arrive sealed to the device key; a file is for
//! provinces marked demo and for development.
//! Must not know: what they are used for.

use std::os::unix::fs::MetadataExt;
use std::path::Path;

use anyhow::{Context, bail, ensure};
use gate_core::json::hex;
use gate_core::query::TerminalNumber;
use gate_proof::ed25519::SigningKey;
use gate_proof::subject::{LinkKey, SubjectKey};
use zeroize::{Zeroize, Zeroizing};

use crate::files;

/// The file's name within the data directory.
pub const FILE_NAME: &str = "terminal.keys.json";

/// What one terminal holds and nobody else may see.
pub struct Secrets {
    /// Its number.
    pub terminal: TerminalNumber,
    /// Makes subjects of person tags.
    pub subject_key: SubjectKey,
    /// Takes the blinding off a code's subject.
    pub link_key: LinkKey,
    record_seed: Zeroizing<[u8; 32]>,
    /// Fingerprints uses.
    pub use_key: [u8; 32],
}

impl Drop for Secrets {
    fn drop(&mut self) {
        self.use_key.zeroize();
    }
}

impl std::fmt::Debug for Secrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Secrets(terminal {})", self.terminal.value())
    }
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
/// The strings borrow from the file's bytes, which are wiped.
struct SecretsDocument<'a> {
    format: u8,
    terminal: u32,
    subject_key: &'a str,
    link_key: &'a str,
    record_key_seed: &'a str,
    use_key: &'a str,
}

impl Secrets {
    /// Reads the file.
    ///
    /// # Errors
    /// If it is missing, readable by others, or not of the documented form.
    pub fn load(path: &Path) -> anyhow::Result<Secrets> {
        let file = files::open(path)?;
        let mode = file.metadata()?.mode();
        if mode & 0o077 != 0 {
            bail!("{} can be read by others (mode {:o}): chmod 600 it", path.display(), mode & 0o777);
        }
        let text = files::read_all(&file, path)?;
        let document: SecretsDocument<'_> = serde_json::from_slice(&text)
            .with_context(|| format!("{} is not of the documented form", path.display()))?;
        ensure!(document.format == 1, "terminal keys of format {}, this version reads 1", document.format);
        let key = |what, text: &str| -> anyhow::Result<Zeroizing<[u8; 32]>> {
            hex(text)
                .map(Zeroizing::new)
                .with_context(|| format!("{what} is not 64 lower-case hexadecimal digits"))
        };
        Ok(Secrets {
            terminal: TerminalNumber::new(document.terminal).context("the terminal number is over 131071")?,
            subject_key: SubjectKey::from_bytes(&*key("subject_key", document.subject_key)?),
            link_key: LinkKey::from_bytes(&*key("link_key", document.link_key)?),
            record_seed: key("record_key_seed", document.record_key_seed)?,
            use_key: *key("use_key", document.use_key)?,
        })
    }

    /// The key that signs batches of records.
    pub fn record_key(&self) -> SigningKey {
        SigningKey::from_seed(&self.record_seed)
    }
}
