//! The terminal's secrets: its own in `terminal.keys.json`, mode 0600; the province's in envelopes to its device key.
//! Promises: wiped when dropped, never printed; the province's keys lie on disk sealed to this device, for this terminal. A
//! file of a terminal's own keys is for provinces marked demo and for development: on a board they stay in the device.
//! Must not know: what they are used for.
//!
//! The file: [`gate_core::own_keys`]. The envelopes: [`gate_core::envelope`].

use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use anyhow::{Context, ensure};
use gate_core::envelope::{self, Envelopes, KeyPurpose};
use gate_core::json::MAX_DOCUMENT_BYTES;
use gate_core::own_keys::OwnKeys;
use gate_core::query::TerminalNumber;
use gate_proof::ed25519::SigningKey;
use gate_proof::subject::{LinkKey, SubjectKey};
use gate_status::{Authorities, Epoch, ListKeys};
use zeroize::{Zeroize, Zeroizing};

use crate::files;

pub use gate_core::own_keys::FILE_NAME;

/// What one terminal holds and nobody else may see.
pub struct Secrets {
    /// Its number.
    pub terminal: TerminalNumber,
    /// Makes subjects of person tags.
    pub subject_key: SubjectKey,
    /// Takes the blinding off a code's subject.
    pub link_key: LinkKey,
    /// The public half of its device key.
    pub device_key: [u8; 32],
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

impl Secrets {
    /// Reads the terminal's own keys, and opens the province's beside them.
    ///
    /// # Errors
    /// If a file is missing, the terminal's own can be read by others, one is not of the documented form, or an envelope
    /// does not open here.
    pub fn load(directory: &Path) -> anyhow::Result<Secrets> {
        let own = own_keys(directory)?;
        let envelopes = envelopes(directory, &own)?;
        let key = |purpose| envelopes.open(&own.device, (purpose, 0));
        Ok(Secrets {
            terminal: own.terminal,
            subject_key: SubjectKey::from_bytes(key(KeyPurpose::SubjectKey)?.as_bytes()),
            link_key: LinkKey::from_bytes(key(KeyPurpose::LinkKey)?.as_bytes()),
            device_key: *own.device.sealing_key().as_bytes(),
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
    let own = own_keys(directory)?;
    let secrets = envelopes(directory, &own)?.open_list_keys(&own.device)?;
    let authorities = Authorities::new(secrets.authorities);
    let authorities =
        authorities.context("the province's keys do not name two different authorities of the list")?;
    let epochs = secrets.epochs.into_iter().map(|(epoch, key)| (Epoch(epoch), key)).collect();
    Ok(ListKeys::new(*secrets.store, authorities, epochs))
}

/// Whether the terminal has keys of its own that can be read.
pub(crate) fn is_enrolled(directory: &Path) -> bool {
    own_keys(directory).is_ok()
}

/// The terminal's own keys alone: all that it has before a province's were sealed to it.
///
/// # Errors
/// If the file is missing, others can read it, or it is not of the documented form.
pub(crate) fn own_keys(directory: &Path) -> anyhow::Result<OwnKeys> {
    let path = directory.join(FILE_NAME);
    let file = files::open(&path)?;
    let mode = file.metadata()?.mode();
    let text = files::read_all(&file, &path)?;
    OwnKeys::load(&text, mode).with_context(|| path.display().to_string())
}

fn envelopes(directory: &Path, own: &OwnKeys) -> anyhow::Result<Envelopes> {
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
