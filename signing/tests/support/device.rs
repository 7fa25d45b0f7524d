//! The device's side of a publication: what a terminal opens with its own key.
#![allow(
    dead_code,
    clippy::unwrap_used,
    reason = "support of several test programs; an error is a failed test"
)]

use std::fs;
use std::path::Path;

use gate_core::envelope::{self, Envelopes, KeyPurpose};
use gate_proof::ed25519::PublicKey;
use gate_proof::seal::OpeningKey;
use gate_signing::publish::TERMINAL_KEYS_FILE;
use gate_status::{Authorities, Epoch, ListKeys};

/// The device key that a demo's desk made, and the envelopes beside it.
pub(crate) fn device_and_envelopes(out: &Path) -> (OpeningKey, Envelopes) {
    let own = fs::read(out.join(TERMINAL_KEYS_FILE)).unwrap();
    let own: serde_json::Value = serde_json::from_slice(&own).unwrap();
    let seed = gate_core::json::hex(own["device_key_seed"].as_str().unwrap()).unwrap();
    let envelopes = Envelopes::load(&fs::read(out.join(envelope::FILE_NAME)).unwrap()).unwrap();
    (OpeningKey::from_seed(&seed), envelopes)
}

/// The keys of the list as a terminal has them.
pub(crate) fn list_keys(out: &Path) -> ListKeys {
    let (device, envelopes) = device_and_envelopes(out);
    let both: Vec<_> =
        envelopes.authorities.iter().map(|(kid, x)| (*kid, PublicKey::admit(x).unwrap())).collect();
    let open = |what| *envelopes.open(&device, what).unwrap().as_bytes();
    let epochs = envelopes.epochs().map(|epoch| (Epoch(epoch), open((KeyPurpose::EpochKey, epoch)).into()));
    let authorities = Authorities::new(both.try_into().unwrap()).unwrap();
    ListKeys::new(open((KeyPurpose::StoreKey, 0)), authorities, epochs.collect())
}
