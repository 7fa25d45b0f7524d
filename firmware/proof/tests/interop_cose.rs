//! Must show 3, in Rust: a COSE library of someone else (`coset`) reads what we sign and makes what we accept; and a
//! code made by yet another (`pycose`, in `firmware/proof/interop/cose_check.py`) is, byte for byte, the one we make.
#![expect(clippy::unwrap_used, reason = "test helpers: a key that is none must fail the test")]

use coset::{CborSerializable, CoseSign1, CoseSign1Builder, HeaderBuilder, TaggedCborSerializable, iana};
use ed25519_dalek::{Signature, Signer, VerifyingKey};
use gate_proof::cose::{Aad, SignatureRefused, sign, verify};
use gate_proof::ed25519::SigningKey;
use gate_wire::base45;
use gate_wire::cose::{CoseError, Kid, Sign1};
use gate_wire::credential::{Credential, CredentialId};

const SEED: [u8; 32] = [0x5E; 32];
const KID: Kid = Kid(*b"sc01");
const PAYLOAD: &[u8] = b"any payload: this is the COSE level";

/// From `cose_check.py --make --seed 5e5e… --now 1648540800 --cti 0001020304050607
/// --subject 0c0d0e0f1011121314151617` with pycose 1.1.0: a green screen code of 15 minutes.
const BY_PYCOSE: &str = "TF1:RRQ+D9P60CO0JQE7468CKIC6FN0:ICGCOWY0:ICG$NJ-0100KB0*M0DY0/E7V50.20H70PN1:Y1I12$C2\
    BO2UZ2A20L7TVQH27B6/EBGP61L%FT%+GJ-PBAUF9HZ760SSK45MMO-3FQLP**7+EW%56MFK05LJ.9TTAU.K$VNLA1DR7L-5*1W0RE6KNKA\
    VR.A4G9";

/// The foreign verifier: parses with coset, verifies with dalek under the external_aad it is told.
fn foreign_verdict(bytes: &[u8], aad: &[u8]) -> Result<Vec<u8>, String> {
    let message = CoseSign1::from_tagged_slice(bytes).map_err(|error| error.to_string())?;
    let key = VerifyingKey::from_bytes(SigningKey::from_seed(&SEED).public_key().as_bytes()).unwrap();
    message.verify_signature(aad, |signature, signed| {
        let signature = Signature::from_slice(signature).map_err(|error| error.to_string())?;
        key.verify_strict(signed, &signature).map_err(|error| error.to_string())
    })?;
    message.payload.ok_or_else(|| "detached".to_owned())
}

/// The foreign signer.
fn foreign_message(algorithm: iana::Algorithm, aad: &[u8]) -> CoseSign1 {
    let protected = HeaderBuilder::new().algorithm(algorithm).key_id(KID.0.to_vec()).build();
    let key = ed25519_dalek::SigningKey::from_bytes(&SEED);
    CoseSign1Builder::new()
        .protected(protected)
        .payload(PAYLOAD.to_vec())
        .create_signature(aad, |signed| key.sign(signed).to_bytes().to_vec())
        .build()
}

#[test]
fn a_foreign_library_verifies_what_we_sign_external_aad_included() {
    let bytes = sign::<192>(&SigningKey::from_seed(&SEED), KID, Aad::Credential, PAYLOAD).unwrap();
    assert_eq!(foreign_verdict(&bytes, b"tianfu-gate/credential/1").as_deref(), Ok(PAYLOAD));
    assert!(foreign_verdict(&bytes, b"").is_err(), "the external_aad must count");
    assert!(foreign_verdict(&bytes, Aad::StatusHead.as_bytes()).is_err(), "another purpose must not hold");
}

#[test]
fn a_foreign_library_reads_the_headers_we_write() {
    let bytes = sign::<192>(&SigningKey::from_seed(&SEED), KID, Aad::Credential, PAYLOAD).unwrap();
    let message = CoseSign1::from_tagged_slice(&bytes).unwrap();
    let header = &message.protected.header;
    assert_eq!(header.alg, Some(coset::Algorithm::Assigned(iana::Algorithm::EdDSA)));
    assert_eq!(header.key_id, KID.0);
    assert!(message.unprotected.is_empty());
    assert_eq!(message.to_tagged_vec().unwrap(), bytes.as_slice(), "byte for byte what coset would write");
}

#[test]
fn we_accept_what_a_foreign_library_signs() {
    let bytes = foreign_message(iana::Algorithm::EdDSA, Aad::CREDENTIAL).to_tagged_vec().unwrap();
    let message = Sign1::parse(&bytes).unwrap();
    let key = SigningKey::from_seed(&SEED).public_key();
    assert_eq!(verify(&message, Aad::Credential, &key).map(|proven| proven.payload()), Ok(PAYLOAD));
    assert_eq!(verify(&message, Aad::StaffList, &key), Err(SignatureRefused::VerifySignature));
}

#[test]
fn a_foreign_message_without_the_tag_or_with_another_algorithm_is_refused_by_shape() {
    let untagged = foreign_message(iana::Algorithm::EdDSA, Aad::CREDENTIAL).to_vec().unwrap();
    assert!(matches!(Sign1::parse(&untagged), Err(CoseError::Encoding(_))));
    let other = foreign_message(iana::Algorithm::ES256, Aad::CREDENTIAL).to_tagged_vec().unwrap();
    assert_eq!(Sign1::parse(&other).err(), Some(CoseError::ForeignAlgorithm { found: -7 }));
}

#[test]
fn a_code_made_by_pycose_verifies_here_and_is_the_one_we_make() {
    let text = BY_PYCOSE.strip_prefix("TF1:").unwrap();
    let bytes = base45::decode::<144>(text.as_bytes()).unwrap();
    let message = Sign1::parse(&bytes).unwrap();
    let key = SigningKey::from_seed(&SEED);
    let proven = verify(&message, Aad::Credential, &key.public_key()).unwrap();
    let credential = Credential::parse(proven.payload()).unwrap();
    assert_eq!(credential.id, CredentialId([0, 1, 2, 3, 4, 5, 6, 7]));
    let ours = sign::<144>(&key, KID, Aad::Credential, &credential.encode().unwrap()).unwrap();
    assert_eq!(ours, bytes, "Ed25519 and deterministic CBOR leave one spelling");
}
