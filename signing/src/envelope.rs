//! COSE_Sign1 around a signature that is made elsewhere: in a file's key or in a token.
//! Promises: the bytes are those of `gate_proof::cose::sign`; too long is refused before anything is signed.
//! Must not know: custody, the log.

use gate_proof::cose::{Aad, SHORT};
use gate_wire::cose::{Kid, SIGNATURE_BYTES, encode_sign1, protected_header, to_be_signed};

use crate::custody::CustodyFault;

/// Why there is no envelope.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EnvelopeRefused {
    /// The payload does not fit.
    #[error("what is to be signed is too long")]
    FitRoom,
    /// Nothing signed it.
    #[error(transparent)]
    Sign(#[from] CustodyFault),
}

/// `payload` for the purpose `aad`, in an envelope of at most `N` bytes (RFC 9052 §4.4).
///
/// # Errors
/// [`EnvelopeRefused`].
pub fn sign1<const N: usize>(
    kid: Kid,
    aad: Aad,
    payload: &[u8],
    sign: impl FnOnce(&[u8]) -> Result<[u8; SIGNATURE_BYTES], CustodyFault>,
) -> Result<Vec<u8>, EnvelopeRefused> {
    sign1_within::<SHORT, N>(kid, aad, payload, sign)
}

/// [`sign1`] with room for a Sig_structure of `M` bytes.
///
/// # Errors
/// [`EnvelopeRefused`].
pub fn sign1_within<const M: usize, const N: usize>(
    kid: Kid,
    aad: Aad,
    payload: &[u8],
    sign: impl FnOnce(&[u8]) -> Result<[u8; SIGNATURE_BYTES], CustodyFault>,
) -> Result<Vec<u8>, EnvelopeRefused> {
    let message = to_be_signed::<M>(&protected_header(kid), aad.as_bytes(), payload)
        .map_err(|_| EnvelopeRefused::FitRoom)?;
    // Tried with an empty signature first: a token's signature that fits nowhere would still be one made.
    encode_sign1::<N>(kid, payload, &[0; SIGNATURE_BYTES]).map_err(|_| EnvelopeRefused::FitRoom)?;
    let signature = sign(&message)?;
    let envelope = encode_sign1::<N>(kid, payload, &signature).map_err(|_| EnvelopeRefused::FitRoom)?;
    Ok(envelope.to_vec())
}

#[cfg(test)]
mod tests {
    use gate_proof::ed25519::SigningKey;

    use super::*;

    #[test]
    fn an_envelope_is_the_one_that_proof_makes() {
        let (key, kid) = (SigningKey::from_seed(&[3; 32]), Kid(*b"sc01"));
        let ours = sign1::<128>(kid, Aad::Credential, b"payload", |message| Ok(key.sign(message)?)).unwrap();
        let theirs = gate_proof::cose::sign::<128>(&key, kid, Aad::Credential, b"payload").unwrap();
        assert_eq!(ours, theirs.to_vec());
        let long = sign1::<64>(kid, Aad::Credential, &[0; 60], |_| unreachable!("nothing is signed"));
        assert_eq!(long, Err(EnvelopeRefused::FitRoom));
    }
}
