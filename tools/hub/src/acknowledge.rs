//! The hub's word up to where it holds a journal, signed after the commit.
//! Promises: names only what the database held when it was asked; the key is the hub's own and signs nothing else.
//! Must not know: how rows came here.

use std::fmt;

use gate_core::query::TerminalNumber;
use gate_core::records::acknowledgement::Acknowledgement;
use gate_proof::ed25519::{PublicKey, SigningKey};
use gate_wire::cose::Kid;
use gate_wire::time::Timestamp;

use crate::store::records::Held;

/// Signs acknowledgements.
pub struct Acknowledger {
    key: SigningKey,
    kid: Kid,
}

impl fmt::Debug for Acknowledger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Acknowledger({:?})", self.kid)
    }
}

impl Acknowledger {
    /// With the hub's key, under the number that the key set gives it.
    #[must_use]
    pub fn new(seed: &[u8; 32], kid: Kid) -> Acknowledger {
        Acknowledger { key: SigningKey::from_seed(seed), kid }
    }

    /// What the key set names.
    #[must_use]
    pub fn public_key(&self) -> PublicKey {
        self.key.public_key()
    }

    /// Acknowledgements of what is held, each with its length in two bytes before it.
    #[must_use]
    pub fn say(&self, terminal: TerminalNumber, held: &[Held], as_of: (u32, Timestamp)) -> Vec<u8> {
        let mut answer = Vec::new();
        for bytes in held.iter().filter_map(|one| self.word(terminal, one, as_of)) {
            answer.extend_from_slice(&u16::try_from(bytes.len()).unwrap_or(0).to_be_bytes());
            answer.extend_from_slice(&bytes);
        }
        answer
    }

    /// One of them. Without a signature there is no acknowledgement: the terminal keeps its rows.
    #[must_use]
    pub fn word(
        &self,
        terminal: TerminalNumber,
        held: &Held,
        (epoch, issued): (u32, Timestamp),
    ) -> Option<Vec<u8>> {
        let (journal, watermark, hash) = (held.journal, held.watermark, held.hash);
        let said = Acknowledgement { terminal, journal, watermark, hash, epoch, issued };
        said.sign(&self.key, self.kid).ok().map(|bytes| bytes.to_vec())
    }
}
