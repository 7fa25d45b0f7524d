//! Must show 4: other people's Ed25519 cases through our admission and our verification, and every single bit of
//! 200 signed envelopes flipped.
//!
//! Data: `GATE_DATA/ed25519` (Wycheproof, CCTV, speccheck). A set that is absent is skipped by name.
#![expect(clippy::unwrap_used, reason = "test helpers: a set of another shape must fail the test")]

use std::path::PathBuf;

use ed25519_dalek::{Signature, VerifyingKey};
use gate_proof::cose::{Aad, sign, verify};
use gate_proof::ed25519::{KeyRefused, PublicKey, SigningKey};
use gate_wire::cose::{Kid, Sign1};
use serde_json::Value;

/// Where a case ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    Accepted,
    Key(KeyRefused),
    Signature,
}

/// One case through admission and verification: the only way in there is.
fn outcome(key: &[u8], message: &[u8], signature: &[u8]) -> Outcome {
    let key = match PublicKey::admit(key.try_into().unwrap()) {
        Ok(key) => key,
        Err(refused) => return Outcome::Key(refused),
    };
    // A signature of another length has no way into `verify`: the type refuses it.
    let Ok(signature) = signature.try_into() else { return Outcome::Signature };
    match key.verify(message, signature) {
        Ok(()) => Outcome::Accepted,
        Err(_) => Outcome::Signature,
    }
}

#[test]
fn wycheproof_ends_as_labelled_in_151_of_151() {
    let Some(set) = data("wycheproof_ends_as_labelled_in_151_of_151", "wycheproof-ed25519_test.json") else {
        return;
    };
    let mut as_labelled = 0;
    for group in set["testGroups"].as_array().unwrap() {
        let key = hex(&group["publicKey"]["pk"]);
        for case in group["tests"].as_array().unwrap() {
            let accepted = outcome(&key, &hex(&case["msg"]), &hex(&case["sig"])) == Outcome::Accepted;
            assert_eq!(accepted, case["result"] == "valid", "case {}", case["tcId"]);
            as_labelled += 1;
        }
    }
    println!("Wycheproof: {as_labelled} of 151 as labelled");
    assert_eq!(as_labelled, 151);
}

#[test]
fn of_the_914_cctv_cases_only_the_ordinary_one_is_accepted() {
    let name = "of_the_914_cctv_cases_only_the_ordinary_one_is_accepted";
    let Some(set) = data(name, "cctv-ed25519vectors.json") else { return };
    let cases = set.as_array().unwrap();
    let accepted: Vec<u64> = cases
        .iter()
        .filter(|case| {
            let message = case["msg"].as_str().unwrap().as_bytes();
            outcome(&hex(&case["key"]), message, &hex(&case["sig"])) == Outcome::Accepted
        })
        .map(|case| case["number"].as_u64().unwrap())
        .collect();
    println!("CCTV: {} of {} accepted: {accepted:?}", accepted.len(), cases.len());
    assert_eq!((cases.len(), accepted), (914, vec![305]));
}

/// "Taming the many EdDSAs" (Chalkias, Garillot, Nikolaenko 2020), Table 2: A of 0 and 1 small, of 2 to 5 and of
/// 8 and 9 mixed, of 10 and 11 small in a second spelling; 6 and 7 have a good A and s ≥ ℓ.
#[test]
fn all_twelve_of_speccheck_are_refused_each_for_its_reason() {
    let name = "all_twelve_of_speccheck_are_refused_each_for_its_reason";
    let Some(set) = data(name, "speccheck-cases.json") else { return };
    let outcomes: Vec<Outcome> = set
        .as_array()
        .unwrap()
        .iter()
        .map(|case| outcome(&hex(&case["pub_key"]), &hex(&case["message"]), &hex(&case["signature"])))
        .collect();
    println!("speccheck: 0 of {} accepted: {outcomes:?}", outcomes.len());
    let (small, mixed, spelling) = (
        Outcome::Key(KeyRefused::AcceptSmallOrder),
        Outcome::Key(KeyRefused::AcceptTorsion),
        Outcome::Key(KeyRefused::AcceptSpelling),
    );
    let bad = Outcome::Signature;
    assert_eq!(
        outcomes,
        [small, small, mixed, mixed, mixed, mixed, bad, bad, mixed, mixed, spelling, spelling]
    );
}

/// The control: without admission, `verify_strict` alone lets 43 of CCTV's 914 through, and case 3 of speccheck.
#[test]
fn without_admission_strict_verification_would_let_mixed_keys_through() {
    let name = "without_admission_strict_verification_would_let_mixed_keys_through";
    let Some(cctv) = data(name, "cctv-ed25519vectors.json") else { return };
    let Some(speccheck) = data(name, "speccheck-cases.json") else { return };
    let strict_alone = |key: &Value, message: &[u8], signature: &Value| {
        let key = VerifyingKey::from_bytes(hex(key)[..].try_into().unwrap());
        key.and_then(|key| key.verify_strict(message, &Signature::from_slice(&hex(signature))?)).is_ok()
    };
    let let_through =
        |case: &&Value| strict_alone(&case["key"], case["msg"].as_str().unwrap().as_bytes(), &case["sig"]);
    assert_eq!(cctv.as_array().unwrap().iter().filter(let_through).count(), 43);
    let case = &speccheck[3];
    assert!(strict_alone(&case["pub_key"], &hex(&case["message"]), &case["signature"]));
}

#[test]
fn under_an_admitted_key_a_second_spelling_of_a_signature_is_refused() {
    let key = SigningKey::from_seed(&[3; 32]);
    let good = key.sign(b"message").unwrap();
    let public = key.public_key();
    assert_eq!(public.verify(b"message", &good), Ok(()));
    let mut s_plus_order = good;
    add_group_order(&mut s_plus_order[32..]);
    assert!(public.verify(b"message", &s_plus_order).is_err());
}

/// Adds ℓ = 2^252 + 27742317777372353535851937790883648493 to a little-endian scalar (RFC 8032 §5.1).
fn add_group_order(scalar: &mut [u8]) {
    let mut order = [0_u8; 32];
    order[..16].copy_from_slice(&27_742_317_777_372_353_535_851_937_790_883_648_493_u128.to_le_bytes());
    order[31] = 0x10;
    let mut carry = 0_u16;
    for (digit, add) in scalar.iter_mut().zip(order) {
        let sum = u16::from(*digit) + u16::from(add) + carry;
        *digit = sum.to_le_bytes()[0];
        carry = sum >> 8;
    }
    assert_eq!(carry, 0, "s < ℓ leaves room for another ℓ");
}

/// One issuer a credential, and a payload of 60 bytes with a `cti` of its own.
fn envelope(number: u8) -> (SigningKey, Vec<u8>) {
    let key = SigningKey::from_seed(&[number; 32]);
    let payload: [u8; 60] = std::array::from_fn(|i| number.wrapping_mul(31).wrapping_add(i.to_le_bytes()[0]));
    let bytes = sign::<160>(&key, kid(number), Aad::Credential, &payload).unwrap();
    (key, bytes.to_vec())
}

fn kid(number: u8) -> Kid {
    Kid([b's', b'c', 0, number])
}

/// What a terminal does with bytes: parse, find the key of the kid, prove.
fn is_proven(bytes: &[u8], keys: &[PublicKey]) -> bool {
    let Ok(message) = Sign1::parse(bytes) else { return false };
    let issuer = (0..200).find(|number| kid(*number) == message.kid);
    issuer.is_some_and(|number| verify(&message, Aad::Credential, &keys[usize::from(number)]).is_ok())
}

#[test]
fn no_flipped_bit_of_200_credentials_is_accepted() {
    let envelopes: Vec<_> = (0..200).map(envelope).collect();
    let keys: Vec<_> = envelopes.iter().map(|(key, _)| key.public_key()).collect();
    let halves = std::thread::scope(|scope| {
        let keys = &keys;
        let of = |half| scope.spawn(move || flip_every_bit(half, keys));
        let (first, second) = envelopes.split_at(100);
        [of(first), of(second)].map(|half| half.join().unwrap())
    });
    let flipped: usize = halves.iter().map(|half| half.flipped).sum();
    let verified: usize = halves.iter().map(|half| half.verified).sum();
    println!("bit flips: 0 of {flipped} accepted; {verified} of them still had the shape of an envelope");
    assert_eq!(flipped, 200 * 8 * envelopes[0].1.len());
    assert!(
        verified > 200 * 8 * (60 + 64),
        "every bit of payload and signature must have reached the verifier"
    );
}

struct Flips {
    flipped: usize,
    verified: usize,
}

fn flip_every_bit(envelopes: &[(SigningKey, Vec<u8>)], keys: &[PublicKey]) -> Flips {
    let mut flips = Flips { flipped: 0, verified: 0 };
    for (_, bytes) in envelopes {
        assert!(is_proven(bytes, keys), "the untouched one must hold");
        let mut changed = bytes.clone();
        for bit in 0..8 * bytes.len() {
            changed[bit / 8] ^= 1 << (bit % 8);
            assert!(!is_proven(&changed, keys), "bit {bit} of {bytes:02x?}");
            flips.verified += usize::from(Sign1::parse(&changed).is_ok());
            changed[bit / 8] ^= 1 << (bit % 8);
            flips.flipped += 1;
        }
    }
    flips
}

/// The parsed set, or `None` after saying by name what is skipped.
fn data(test: &str, file: &str) -> Option<Value> {
    let root = std::env::var_os("GATE_DATA").map_or_else(
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data")),
        PathBuf::from,
    );
    let Ok(text) = std::fs::read_to_string(root.join("ed25519").join(file)) else {
        println!("SKIPPED {test}: GATE_DATA not found");
        return None;
    };
    Some(serde_json::from_str(&text).unwrap())
}

fn hex(value: &Value) -> Vec<u8> {
    let text = value.as_str().unwrap();
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
}
