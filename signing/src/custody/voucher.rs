//! A secret of custody's with which the desk knows its own words again.
//! Promises: nobody without custody's passphrase makes a seal that is taken; the secret it follows from does not come out.
//! Must not know: what is sealed.

use gate_proof::digest::hmac_sha256;
use zeroize::Zeroizing;

use crate::spelling;

/// What seals, out of custody for one command.
pub struct Voucher(Zeroizing<[u8; 32]>);

impl Voucher {
    /// The one that follows from custody's secret.
    pub(crate) fn of(secret: &[u8; 32]) -> Voucher {
        Voucher(Zeroizing::new(hmac_sha256(secret, &[b"tianfu-gate/voucher/1"]).0))
    }

    /// The seal of a text: HMAC-SHA-256, hexadecimal.
    pub(crate) fn seal(&self, text: &[u8]) -> String {
        spelling::hex(&hmac_sha256(&self.0, &[b"seal", text]).0)
    }

    /// Whether this is the seal of this text.
    pub(crate) fn admits(&self, text: &[u8], seal: &str) -> bool {
        // Both sides are hashed first: how far they agree shows in no time.
        let digest = |seal: &str| hmac_sha256(&self.0, &[b"compare", seal.as_bytes()]);
        digest(&self.seal(text)) == digest(seal)
    }
}
