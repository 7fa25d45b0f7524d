//! The terminal's secrets: its own in `terminal.keys.json`, mode 0600; the province's in envelopes to its device key.
//! Promises: wiped when dropped, never printed; the province's keys lie on disk sealed to this device, for this terminal. A
//! file of a terminal's own keys is for provinces marked demo and for development: on a board they stay in the device.
//! Must not know: what they are used for.
//!
//! The file: `{"format":2,"terminal":N,"device_key_seed":hex,"record_key_seed":hex,"use_key":hex}`, 64 lower-case
//! hexadecimal digits a key. The envelopes: [`gate_core::envelope`].

use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use anyhow::{Context, bail, ensure};
use gate_core::envelope::{self, Envelopes, KeyPurpose};
use gate_core::json::{MAX_DOCUMENT_BYTES, hex};
use gate_core::query::TerminalNumber;
use gate_proof::ed25519::{PublicKey, SigningKey};
use gate_proof::seal::OpeningKey;
use gate_proof::subject::{LinkKey, SubjectKey};
use gate_status::{Authorities, Epoch, ListKeys};
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
struct OwnDocument<'a> {
    format: u8,
    terminal: u32,
    device_key_seed: &'a str,
    record_key_seed: &'a str,
    use_key: &'a str,
}

/// What no desk needs to know.
struct Own {
    terminal: TerminalNumber,
    device: OpeningKey,
    record_seed: Zeroizing<[u8; 32]>,
    use_key: Zeroizing<[u8; 32]>,
}

impl Secrets {
    /// Reads the terminal's own keys, and opens the province's beside them.
    ///
    /// # Errors
    /// If a file is missing, the terminal's own can be read by others, one is not of the documented form, or an envelope
    /// does not open here.
    pub fn load(directory: &Path) -> anyhow::Result<Secrets> {
        let own = Own::load(&directory.join(FILE_NAME))?;
        let envelopes = envelopes(directory, &own)?;
        let key = |purpose| envelopes.open(&own.device, (purpose, 0));
        Ok(Secrets {
            terminal: own.terminal,
            subject_key: SubjectKey::from_bytes(key(KeyPurpose::SubjectKey)?.as_bytes()),
            link_key: LinkKey::from_bytes(key(KeyPurpose::LinkKey)?.as_bytes()),
            record_seed: own.record_seed,
            use_key: *own.use_key,
        })
    }

    /// The key that signs batches of records.
    pub fn record_key(&self) -> SigningKey {
        SigningKey::from_seed(&self.record_seed)
    }
}

/// The keys of the status list, opened anew each time a list is: the epoch's comes with its base.
///
/// # Errors
/// As [`Secrets::load`], or if the document does not name both authorities.
pub fn list_keys(directory: &Path) -> anyhow::Result<ListKeys> {
    let own = Own::load(&directory.join(FILE_NAME))?;
    let envelopes = envelopes(directory, &own)?;
    let admit = |(kid, x): &_| Ok::<_, anyhow::Error>((*kid, PublicKey::admit(x)?));
    let both = envelopes.authorities.iter().map(admit).collect::<anyhow::Result<Vec<_>>>()?;
    let both = both.try_into().ok().and_then(Authorities::new);
    let authorities =
        both.context("the province's keys do not name two different authorities of the list")?;
    let store = envelopes.open(&own.device, (KeyPurpose::StoreKey, 0))?;
    let mut epochs = Vec::new();
    for epoch in envelopes.epochs() {
        let key = envelopes.open(&own.device, (KeyPurpose::EpochKey, epoch))?;
        epochs.push((Epoch(epoch), Zeroizing::new(*key.as_bytes())));
    }
    Ok(ListKeys::new(*store.as_bytes(), authorities, epochs))
}

impl Own {
    fn load(path: &Path) -> anyhow::Result<Own> {
        let file = files::open(path)?;
        let mode = file.metadata()?.mode();
        if mode & 0o077 != 0 {
            bail!("{} can be read by others (mode {:o}): chmod 600 it", path.display(), mode & 0o777);
        }
        let text = files::read_all(&file, path)?;
        let document: OwnDocument<'_> = serde_json::from_slice(&text)
            .with_context(|| format!("{} is not of the documented form (format 2)", path.display()))?;
        ensure!(document.format == 2, "terminal keys of format {}, this version reads 2", document.format);
        let key = |what, text: &str| -> anyhow::Result<Zeroizing<[u8; 32]>> {
            hex(text)
                .map(Zeroizing::new)
                .with_context(|| format!("{what} is not 64 lower-case hexadecimal digits"))
        };
        Ok(Own {
            terminal: TerminalNumber::new(document.terminal).context("the terminal number is over 131071")?,
            device: OpeningKey::from_seed(&*key("device_key_seed", document.device_key_seed)?),
            record_seed: key("record_key_seed", document.record_key_seed)?,
            use_key: key("use_key", document.use_key)?,
        })
    }
}

fn envelopes(directory: &Path, own: &Own) -> anyhow::Result<Envelopes> {
    let path = directory.join(envelope::FILE_NAME);
    let mut bytes = Vec::new();
    files::open_no_link(&path)?.take(MAX_DOCUMENT_BYTES as u64 + 1).read_to_end(&mut bytes)?;
    let envelopes = Envelopes::load(&bytes).with_context(|| format!("reading {}", path.display()))?;
    let to = envelopes.to.terminal.value();
    ensure!(
        envelopes.to.terminal == own.terminal,
        "the province's keys are for terminal {to}, this is terminal {}",
        own.terminal.value()
    );
    Ok(envelopes)
}
