//! COSE_Sign1 (RFC 9052 §4.2) as bytes: the envelope of everything that is signed.
//! Promises: one byte form per envelope, EdDSA only; the received protected bytes are kept for verification.
//! Must not know: keys, or whether a signature is good (`gate_proof::cose` does).
//!
//! Layout: `D2 84` (tag 18, array of 4), protected bstr `A2 01 27 04 44 kid4` (alg -8 EdDSA, kid),
//! unprotected `A0`, payload bstr, signature bstr of 64 bytes.

use heapless::Vec;
use minicbor::Encoder;
use minicbor::encode::write::{Cursor, EndOfSlice};

use crate::strict::{Strict, StrictError};

const TAG_SIGN1: u64 = 18;
const HEADER_ALG: i64 = 1;
const HEADER_KID: i64 = 4;
const ALG_EDDSA: i64 = -8;
/// Bytes of an Ed25519 signature.
pub const SIGNATURE_BYTES: usize = 64;

/// A key id: four bytes that root assigns and the key set keeps unique (DESIGN §5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Kid(pub [u8; 4]);

/// Why bytes are not a COSE_Sign1 of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CoseError {
    /// Not deterministic CBOR of this shape.
    #[error("not a COSE_Sign1 in deterministic CBOR")]
    Encoding(#[from] StrictError),
    /// The array does not have four elements.
    #[error("a COSE_Sign1 has 4 elements, this has {count}")]
    WrongCount {
        /// Elements found.
        count: u64,
    },
    /// Protected headers other than alg and kid, in this order.
    #[error("protected headers must be alg (1) and kid (4), in this order")]
    ForeignHeader,
    /// An algorithm other than EdDSA.
    #[error("algorithm {found}, only EdDSA (-8) is used here")]
    ForeignAlgorithm {
        /// The COSE algorithm id found.
        found: i64,
    },
    /// A key id that is not four bytes.
    #[error("the key id must be 4 bytes")]
    BadKid,
    /// Headers in the unprotected map, which nobody signs.
    #[error("the unprotected header must be empty")]
    UnprotectedHeader,
    /// A signature that is not 64 bytes.
    #[error("the signature must be 64 bytes")]
    BadSignature,
}

/// A COSE_Sign1, taken apart. Having one does **not** say that anybody signed it.
#[derive(Clone, Copy, Debug)]
pub struct Sign1<'a> {
    /// Content of the protected bstr, as received.
    pub protected: &'a [u8],
    /// Key id from the protected header.
    pub kid: Kid,
    /// Content of the payload bstr, as received: not to be read before it is proven.
    pub payload: &'a [u8],
    /// The signature.
    pub signature: &'a [u8; SIGNATURE_BYTES],
}

impl<'a> Sign1<'a> {
    /// Takes `bytes` apart.
    ///
    /// # Errors
    /// Each departure from the layout in the module's words.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, CoseError> {
        let mut reader = Strict::new(bytes);
        reader.tag(TAG_SIGN1)?;
        let count = reader.array()?;
        if count != 4 {
            return Err(CoseError::WrongCount { count });
        }
        let protected = reader.bytes()?;
        let kid = protected_kid(protected)?;
        if reader.map()? != 0 {
            return Err(CoseError::UnprotectedHeader);
        }
        let payload = reader.bytes()?;
        let signature = reader.bytes()?.try_into().map_err(|_| CoseError::BadSignature)?;
        reader.end()?;
        Ok(Sign1 { protected, kid, payload, signature })
    }
}

fn protected_kid(protected: &[u8]) -> Result<Kid, CoseError> {
    let mut reader = Strict::new(protected);
    let count = reader.map()?;
    if count == 0 || reader.label()? != HEADER_ALG {
        return Err(CoseError::ForeignHeader);
    }
    let found = reader.label()?;
    if found != ALG_EDDSA {
        return Err(CoseError::ForeignAlgorithm { found });
    }
    if count != 2 || reader.label()? != HEADER_KID {
        return Err(CoseError::ForeignHeader);
    }
    let kid = reader.bytes()?.try_into().map_err(|_| CoseError::BadKid)?;
    reader.end()?;
    Ok(Kid(kid))
}

/// More bytes than the caller has room for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("more bytes than fit")]
pub struct TooLong;

impl From<minicbor::encode::Error<EndOfSlice>> for TooLong {
    fn from(_: minicbor::encode::Error<EndOfSlice>) -> Self {
        TooLong
    }
}

/// The protected header's bytes for `kid`: what goes into the bstr.
pub fn protected_header(kid: Kid) -> [u8; 9] {
    let [a, b, c, d] = kid.0;
    [0xA2, 0x01, 0x27, 0x04, 0x44, a, b, c, d]
}

/// The Sig_structure that is signed (RFC 9052 §4.4): `["Signature1", protected, external_aad, payload]`.
///
/// # Errors
/// [`TooLong`] when it does not fit into `N` bytes.
pub fn to_be_signed<const N: usize>(
    protected: &[u8],
    external_aad: &[u8],
    payload: &[u8],
) -> Result<Vec<u8, N>, TooLong> {
    written(|encoder| {
        encoder.array(4)?.str("Signature1")?.bytes(protected)?.bytes(external_aad)?.bytes(payload)?;
        Ok(())
    })
}

/// The envelope's bytes.
///
/// # Errors
/// [`TooLong`] when it does not fit into `N` bytes.
pub fn encode_sign1<const N: usize>(
    kid: Kid,
    payload: &[u8],
    signature: &[u8; SIGNATURE_BYTES],
) -> Result<Vec<u8, N>, TooLong> {
    written(|encoder| {
        encoder.tag(minicbor::data::Tag::new(TAG_SIGN1))?.array(4)?.bytes(&protected_header(kid))?;
        encoder.map(0)?.bytes(payload)?.bytes(signature)?;
        Ok(())
    })
}

/// What `minicbor` writes, in a bounded vector.
pub(crate) fn written<const N: usize>(
    write: impl FnOnce(&mut Encoder<Cursor<&mut [u8]>>) -> Result<(), minicbor::encode::Error<EndOfSlice>>,
) -> Result<Vec<u8, N>, TooLong> {
    let mut out = Vec::new();
    out.resize_default(N).map_err(|_| TooLong)?;
    let mut encoder = Encoder::new(Cursor::new(&mut out[..]));
    write(&mut encoder)?;
    let length = encoder.into_writer().position();
    out.truncate(length);
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    const KID: Kid = Kid(*b"sc01");

    fn sample() -> Vec<u8, 128> {
        encode_sign1(KID, b"payload", &[7; 64]).unwrap()
    }

    #[test]
    fn what_is_encoded_parses_to_itself() {
        let bytes = sample();
        let sign1 = Sign1::parse(&bytes).unwrap();
        assert_eq!((sign1.kid, sign1.payload, sign1.signature), (KID, &b"payload"[..], &[7; 64]));
        assert_eq!(sign1.protected, protected_header(KID));
    }

    #[test]
    fn the_signed_structure_is_that_of_rfc_9052() {
        let signed = to_be_signed::<64>(&[0xA0], b"x", b"y").unwrap();
        assert_eq!(signed, b"\x84\x6ASignature1\x41\xA0\x41x\x41y");
    }

    #[test]
    fn each_departure_has_its_own_error() {
        let good = sample();
        let with = |at: usize, byte: u8| {
            let mut bytes = good.clone();
            bytes[at] = byte;
            Sign1::parse(&bytes).err()
        };
        assert_eq!(with(1, 0x85), Some(CoseError::WrongCount { count: 5 }));
        assert_eq!(with(5, 0x26), Some(CoseError::ForeignAlgorithm { found: -7 }));
        assert_eq!(with(6, 0x05), Some(CoseError::ForeignHeader));
        assert_eq!(with(12, 0xA1), Some(CoseError::UnprotectedHeader));
        assert_eq!(with(0, 0xD1), Some(CoseError::Encoding(StrictError::WrongType { at: 0 })));
        let mut longer = good.clone();
        longer.push(0).unwrap();
        assert_eq!(
            Sign1::parse(&longer).err(),
            Some(CoseError::Encoding(StrictError::Trailing { count: 1 }))
        );
        assert_eq!(
            Sign1::parse(&good[..good.len() - 1]).err(),
            Some(CoseError::Encoding(StrictError::CutOff))
        );
        assert_eq!(to_be_signed::<8>(&[], &[], &[]), Err(TooLong));
    }
}
