//! COSE_Sign1 signatures (RFC 9052 §4.4): made and verified, each for one purpose.
//!
//! Promises: what is verified is the bytes as received; the payload comes out only after its signature held, and
//! only for the purpose asked for. The algorithm is the key's: nothing in the message chooses it.
//! Must not know: what a payload says, or which key may serve which purpose (`gate_core` keeps the key set).

use gate_wire::cose::{Kid, Sign1, encode_sign1, protected_header, to_be_signed};
use heapless::Vec;

use crate::ed25519::{PublicKey, SigningFault, SigningKey};

/// Bytes of the Sig_structure that [`verify`] and [`sign`] have room for: everything a code, a status head or an
/// acknowledgement can hold. Longer ones say their bound: [`verify_within`], [`sign_within`].
pub const SHORT: usize = 1024;

/// What a signature is for: the `external_aad` of its Sig_structure (RFC 9052 §4.3).
///
/// It stops a signature made for one purpose from being shown for another. The list is closed on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Aad {
    /// A credential, of any kind (DESIGN §5).
    Credential,
    /// A batch of sealed records, by a terminal's record key (DESIGN §5).
    RecordBatch,
    /// The hub's word up to where it holds a journal (DESIGN §5).
    Acknowledgement,
    /// The certificate that day keys were destroyed, by the province's root (DOMAIN §15).
    Destruction,
    /// The head of a base or a delta of the status list (DESIGN §6).
    StatusHead,
    /// The staff list: badges and PIN verifiers (DESIGN §5).
    StaffList,
    /// An officer's approval of one operation of the desk.
    OfficerApproval,
    /// The head of the desk's log, by the province's root.
    DeskLogHead,
    /// What a terminal says of itself, by its record key (DOMAIN §18).
    Account,
}

impl Aad {
    /// [`Aad::Credential`] as bytes.
    pub const CREDENTIAL: &'static [u8] = b"tianfu-gate/credential/1";
    /// [`Aad::RecordBatch`] as bytes.
    pub const RECORD_BATCH: &'static [u8] = b"tianfu-gate/record-batch/1";
    /// [`Aad::Acknowledgement`] as bytes.
    pub const ACKNOWLEDGEMENT: &'static [u8] = b"tianfu-gate/acknowledgement/1";
    /// [`Aad::Destruction`] as bytes.
    pub const DESTRUCTION: &'static [u8] = b"tianfu-gate/destruction/1";
    /// [`Aad::StatusHead`] as bytes.
    pub const STATUS_HEAD: &'static [u8] = b"tianfu-gate/status-head/1";
    /// [`Aad::StaffList`] as bytes.
    pub const STAFF_LIST: &'static [u8] = b"tianfu-gate/staff-list/1";
    /// [`Aad::OfficerApproval`] as bytes.
    pub const OFFICER_APPROVAL: &'static [u8] = b"tianfu-gate/officer-approval/1";
    /// [`Aad::DeskLogHead`] as bytes.
    pub const DESK_LOG_HEAD: &'static [u8] = b"tianfu-gate/desk-log-head/1";
    /// [`Aad::Account`] as bytes.
    pub const ACCOUNT: &'static [u8] = b"tianfu-gate/account/1";

    /// The `external_aad` bytes: ASCII, no terminator.
    #[must_use]
    pub const fn as_bytes(self) -> &'static [u8] {
        match self {
            Aad::Credential => Self::CREDENTIAL,
            Aad::RecordBatch => Self::RECORD_BATCH,
            Aad::Acknowledgement => Self::ACKNOWLEDGEMENT,
            Aad::Destruction => Self::DESTRUCTION,
            Aad::StatusHead => Self::STATUS_HEAD,
            Aad::StaffList => Self::STAFF_LIST,
            Aad::OfficerApproval => Self::OFFICER_APPROVAL,
            Aad::DeskLogHead => Self::DESK_LOG_HEAD,
            Aad::Account => Self::ACCOUNT,
        }
    }
}

/// Payload bytes that an admitted key signed.
///
/// Having one tells you: the holder of the private half of the key handed to [`verify`] signed exactly these bytes
/// for exactly this [`Aad`]. It stops reading a payload before its proof, and proving one copy while reading
/// another. It does **not** tell you that the key was allowed to say so, nor that it is still true.
///
/// ```compile_fail,E0451
/// // A payload nobody verified cannot pose as one: the fields are private.
/// let forged = gate_proof::cose::Authentic { payload: b"", aad: gate_proof::cose::Aad::Credential };
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Authentic<'a> {
    payload: &'a [u8],
    aad: Aad,
}

impl<'a> Authentic<'a> {
    /// The signed payload, as received.
    #[must_use]
    pub const fn payload(&self) -> &'a [u8] {
        self.payload
    }

    /// What it was signed for.
    #[must_use]
    pub const fn aad(&self) -> Aad {
        self.aad
    }
}

/// The payload may be about a person: only its length is printed.
impl core::fmt::Debug for Authentic<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Authentic({:?}, {} bytes)", self.aad, self.payload.len())
    }
}

/// Why a message proves nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignatureRefused {
    /// The key did not sign these bytes for this purpose: forged, damaged, or signed for something else.
    #[error("the signature does not verify")]
    VerifySignature,
    /// The Sig_structure is longer than there is room for.
    #[error("the signed bytes do not fit into {capacity}")]
    HoldMessage {
        /// Bytes there was room for.
        capacity: usize,
    },
}

/// Proves `message` under `key` for the purpose `aad`; up to [`SHORT`] bytes.
///
/// # Errors
/// [`SignatureRefused`].
pub fn verify<'a>(message: &Sign1<'a>, aad: Aad, key: &PublicKey) -> Result<Authentic<'a>, SignatureRefused> {
    verify_within::<SHORT>(message, aad, key)
}

/// [`verify`] for a Sig_structure of up to `N` bytes, which stand on the stack meanwhile.
///
/// # Errors
/// [`SignatureRefused`].
pub fn verify_within<'a, const N: usize>(
    message: &Sign1<'a>,
    aad: Aad,
    key: &PublicKey,
) -> Result<Authentic<'a>, SignatureRefused> {
    let signed = to_be_signed::<N>(message.protected, aad.as_bytes(), message.payload)
        .map_err(|_| SignatureRefused::HoldMessage { capacity: N })?;
    key.verify(&signed, message.signature).map_err(|_| SignatureRefused::VerifySignature)?;
    Ok(Authentic { payload: message.payload, aad })
}

/// Why nothing was signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignRefused {
    /// The envelope, or its Sig_structure, is longer than there is room for.
    #[error("the message does not fit into {capacity} bytes")]
    HoldMessage {
        /// Bytes there was room for.
        capacity: usize,
    },
    /// The signature made does not verify.
    #[error(transparent)]
    Sign(#[from] SigningFault),
}

/// Signs `payload` for the purpose `aad` and gives the whole COSE_Sign1, at most `N` bytes; the Sig_structure up
/// to [`SHORT`].
///
/// # Errors
/// [`SignRefused`]; a message too long is refused, never cut.
pub fn sign<const N: usize>(
    key: &SigningKey,
    kid: Kid,
    aad: Aad,
    payload: &[u8],
) -> Result<Vec<u8, N>, SignRefused> {
    sign_within::<SHORT, N>(key, kid, aad, payload)
}

/// [`sign`] with room for a Sig_structure of `M` bytes.
///
/// # Errors
/// [`SignRefused`].
pub fn sign_within<const M: usize, const N: usize>(
    key: &SigningKey,
    kid: Kid,
    aad: Aad,
    payload: &[u8],
) -> Result<Vec<u8, N>, SignRefused> {
    let signed = to_be_signed::<M>(&protected_header(kid), aad.as_bytes(), payload)
        .map_err(|_| SignRefused::HoldMessage { capacity: M })?;
    let signature = key.sign(&signed)?;
    encode_sign1(kid, payload, &signature).map_err(|_| SignRefused::HoldMessage { capacity: N })
}

#[cfg(test)]
mod tests {
    extern crate std;

    use super::*;

    const KID: Kid = Kid(*b"sc01");
    const EVERY_AAD: [Aad; 9] = [
        Aad::Credential,
        Aad::Destruction,
        Aad::RecordBatch,
        Aad::Acknowledgement,
        Aad::StatusHead,
        Aad::StaffList,
        Aad::OfficerApproval,
        Aad::DeskLogHead,
        Aad::Account,
    ];

    fn key(seed: u8) -> SigningKey {
        SigningKey::from_seed(&[seed; 32])
    }

    #[test]
    fn what_is_signed_verifies_and_gives_its_payload_out() {
        let bytes = sign::<128>(&key(1), KID, Aad::Credential, b"payload").unwrap();
        let message = Sign1::parse(&bytes).unwrap();
        let proven = verify(&message, Aad::Credential, &key(1).public_key()).unwrap();
        assert_eq!((message.kid, proven.payload(), proven.aad()), (KID, &b"payload"[..], Aad::Credential));
    }

    #[test]
    fn a_signature_for_one_purpose_is_worth_nothing_for_another() {
        for made in EVERY_AAD {
            let bytes = sign::<128>(&key(1), KID, made, b"payload").unwrap();
            let message = Sign1::parse(&bytes).unwrap();
            for asked in EVERY_AAD {
                let proven = verify(&message, asked, &key(1).public_key()).is_ok();
                assert_eq!(proven, made == asked, "{made:?} shown as {asked:?}");
            }
        }
    }

    #[test]
    fn another_key_proves_nothing() {
        let bytes = sign::<128>(&key(1), KID, Aad::Credential, b"payload").unwrap();
        let refused = verify(&Sign1::parse(&bytes).unwrap(), Aad::Credential, &key(2).public_key());
        assert_eq!(refused, Err(SignatureRefused::VerifySignature));
    }

    #[test]
    fn a_message_too_long_is_refused_never_cut() {
        let long = [0; SHORT];
        assert_eq!(
            sign::<2048>(&key(1), KID, Aad::StaffList, &long),
            Err(SignRefused::HoldMessage { capacity: SHORT })
        );
        assert_eq!(
            sign::<64>(&key(1), KID, Aad::Credential, b"payload"),
            Err(SignRefused::HoldMessage { capacity: 64 })
        );
        let bytes = sign_within::<2048, 2048>(&key(1), KID, Aad::StaffList, &long).unwrap();
        let message = Sign1::parse(&bytes).unwrap();
        assert_eq!(
            verify(&message, Aad::StaffList, &key(1).public_key()),
            Err(SignatureRefused::HoldMessage { capacity: SHORT })
        );
        assert!(verify_within::<2048>(&message, Aad::StaffList, &key(1).public_key()).is_ok());
    }

    #[test]
    fn a_proven_payload_is_not_printed() {
        let bytes = sign::<128>(&key(1), KID, Aad::Credential, b"payload").unwrap();
        let message = Sign1::parse(&bytes).unwrap();
        let proven = verify(&message, Aad::Credential, &key(1).public_key()).unwrap();
        assert_eq!(std::format!("{proven:?}"), "Authentic(Credential, 7 bytes)");
    }
}
