//! A hub that keeps what comes, and says so: the other end of the records' way.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use base64ct::{Base64UrlUnpadded, Encoding};
use gate_core::keyset::KeySet;
use gate_core::query::Sequence;
use gate_core::records::acknowledgement::{Acknowledgement, Proven};
use gate_core::records::names::{BatchName, acknowledgement_name};
use gate_core::records::{JournalId, NOTHING_BEFORE, Row};
use gate_proof::ed25519::SigningKey;
use gate_store::verify_batch;
use gate_wire::cose::Kid;

use super::world::{now, record_key, terminal};

const KID: Kid = Kid(*b"hub1");
/// The key that stands in for a stolen one.
pub(crate) const NEXT_KID: Kid = Kid(*b"hub2");

fn hub_key(kid: Kid) -> SigningKey {
    SigningKey::from_seed(&[kid.0[3]; 32])
}

/// A key set with two keys of hubs, the second in place of one that was stolen.
pub(crate) fn key_set() -> KeySet {
    let keys = [KID, NEXT_KID].map(|kid| {
        let x = Base64UrlUnpadded::encode_string(hub_key(kid).public_key().as_bytes());
        let kid = u32::from_be_bytes(kid.0);
        format!(
            r#"{{"kty":"OKP","crv":"Ed25519","use":"acknowledgement","kid":"{kid:08x}","x":"{x}","region":"510000","holder":"hub","kinds":[],"from":0}}"#
        )
    });
    let key = keys.join(",");
    let text = format!(r#"{{"format":1,"version":1,"issued":0,"province":"510000","keys":[{key}]}}"#);
    KeySet::load(text.as_bytes()).unwrap()
}

/// Rows by journal and place.
#[derive(Default)]
pub(crate) struct Hub {
    pub(crate) rows: BTreeMap<([u8; 16], u64), Row>,
    pub(crate) epoch: u32,
}

impl Hub {
    /// Takes every batch of a folder; how many rows were new. The same row twice must be the same row.
    pub(crate) fn take(&mut self, out: &Path) -> usize {
        let before = self.rows.len();
        for entry in fs::read_dir(out).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap();
            if BatchName::parse(name).is_some() {
                self.take_batch(&fs::read(&path).unwrap());
            }
        }
        self.rows.len() - before
    }

    pub(crate) fn take_batch(&mut self, bytes: &[u8]) {
        let batch = verify_batch(bytes, &record_key().public_key()).unwrap();
        for row in batch.rows() {
            let place = (batch.header().journal.0, row.sequence.0);
            let known = self.rows.entry(place).or_insert_with(|| row.clone());
            assert!(*known == row, "two rows of one place");
        }
    }

    /// What it says of a journal: up to where it holds every row.
    pub(crate) fn says(&self, journal: JournalId) -> Acknowledgement {
        let mut through = None;
        for (_, row) in self.rows.range((journal.0, 0)..=(journal.0, u64::MAX)) {
            match through {
                Some((at, _)) if row.sequence.0 != at + 1 => break,
                _ => through = Some((row.sequence.0, row.hash(&journal))),
            }
        }
        let (watermark, hash) = through.unwrap_or((0, NOTHING_BEFORE));
        let watermark = Sequence(watermark);
        Acknowledgement { terminal: terminal(), journal, watermark, hash, epoch: self.epoch, issued: now() }
    }

    /// Puts its word where the terminal looks.
    pub(crate) fn put(&self, acks: &Path, journal: JournalId) {
        fs::create_dir_all(acks).unwrap();
        let bytes = self.says(journal).sign(&hub_key(KID), KID).unwrap();
        let name = acknowledgement_name(terminal(), &journal);
        let part = acks.join("part");
        fs::write(&part, &bytes).unwrap();
        fs::rename(part, acks.join(name.as_str())).unwrap();
    }
}

/// A word as the terminal has it, proven.
pub(crate) fn proven(word: &Acknowledgement) -> Proven {
    proven_by(KID, word)
}

pub(crate) fn proven_by(kid: Kid, word: &Acknowledgement) -> Proven {
    Proven::read(&word.sign(&hub_key(kid), kid).unwrap(), &key_set(), terminal()).unwrap()
}
