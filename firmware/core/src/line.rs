//! How a terminal's carrier says to a hub whose line it is: a signature over each request, by a key of the line's own (ADR 16).
//! Promises: a request that verifies was made by the holder of that key, for this method, path and body; nothing in it ages,
//! since a terminal's clock may be wrong and every request to a hub may be made twice.
//! Must not know: HTTP, what is asked for. Batches and accounts are believed for their own signatures alone.

use gate_proof::digest::sha256;
use gate_proof::ed25519::{PublicKey, SigningFault, SigningKey};

use crate::query::TerminalNumber;
use crate::records::join;

/// The header with the terminal's number.
pub const TERMINAL_HEADER: &str = "gate-terminal";
/// The header with the signature, 128 lower-case hexadecimal digits.
pub const SIGNATURE_HEADER: &str = "gate-signature";

const TAG: &[u8] = b"tianfu-gate/line/1";

/// A request as both ends see it.
#[derive(Clone, Copy, Debug)]
pub struct LineRequest<'a> {
    /// Whose line it says it is.
    pub terminal: TerminalNumber,
    /// `GET` or `POST`.
    pub method: &'a str,
    /// Below the hub's address, with the slash before it.
    pub path: &'a str,
    /// What is sent; nothing with `GET`.
    pub body: &'a [u8],
}

/// The key did not sign this request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the request is not signed by this line's key")]
pub struct LineRefused;

impl LineRequest<'_> {
    /// Tag · terminal u32 · SHA-256 of method, of path, of body: no part can pose as another.
    fn message(&self) -> [u8; TAG.len() + 4 + 3 * 32] {
        let [method, path, body] =
            [self.method.as_bytes(), self.path.as_bytes(), self.body].map(|part| sha256(&[part]).0);
        join(&[TAG, &self.terminal.value().to_be_bytes(), &method, &path, &body])
    }

    /// Signs it.
    ///
    /// # Errors
    /// [`SigningFault`].
    pub fn sign(&self, key: &SigningKey) -> Result<[u8; 64], SigningFault> {
        key.sign(&self.message())
    }

    /// Whether this line's key signed it.
    ///
    /// # Errors
    /// [`LineRefused`].
    pub fn verify(&self, key: &PublicKey, signature: &[u8; 64]) -> Result<(), LineRefused> {
        key.verify(&self.message(), signature).map_err(|_| LineRefused)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_for_one_terminal_method_path_and_body() {
        let key = SigningKey::from_seed(&[3; 32]);
        let terminal = |number| TerminalNumber::new(number).unwrap();
        let good = LineRequest { terminal: terminal(7), method: "POST", path: "/v1/records", body: b"rows" };
        let signature = good.sign(&key).unwrap();
        assert_eq!(good.verify(&key.public_key(), &signature), Ok(()));
        let others = [
            LineRequest { terminal: terminal(8), ..good },
            LineRequest { method: "GET", ..good },
            LineRequest { path: "/v1/account", ..good },
            LineRequest { body: b"row", ..good },
            LineRequest { method: "POST/", path: "v1/records", ..good },
        ];
        for other in others {
            assert_eq!(other.verify(&key.public_key(), &signature), Err(LineRefused));
        }
        assert_eq!(good.verify(&SigningKey::from_seed(&[4; 32]).public_key(), &signature), Err(LineRefused));
    }
}
