//! What leaves a terminal and what comes back: each signature for one purpose, one layout, and nothing else believed.
#![allow(clippy::unwrap_used, reason = "a test program: an error is a failed test")]

use gate_core::journal::Tally;
use gate_core::keyset::KeySet;
use gate_core::manifest::Dataset;
use gate_core::query::{Sequence, TerminalNumber};
use gate_core::records::account::{ACCOUNT_MOST, Account, AccountRefused, Count, Held};
use gate_core::records::acknowledgement::{Acknowledgement, AcknowledgementRefused, Proven};
use gate_core::records::batch::{Header, alleged_terminal, record_kid, verify_batch};
use gate_core::records::{JournalId, NOTHING_BEFORE};
use gate_core::screen::{Fault, Faults, Wellness};
use gate_core::time::ClockTrust;
use gate_proof::cose::{Aad, sign};
use gate_proof::digest::Digest;
use gate_proof::ed25519::SigningKey;
use gate_wire::cose::Kid;
use gate_wire::time::{Day, Timestamp};

const HUB: Kid = Kid(*b"hub1");

fn terminal(number: u32) -> TerminalNumber {
    TerminalNumber::new(number).unwrap()
}

fn key(seed: u8) -> SigningKey {
    SigningKey::from_seed(&[seed; 32])
}

fn at(seconds: u64) -> Timestamp {
    Timestamp::from_unix(seconds).unwrap()
}

/// A key set whose one key is `key(1)`, with these words in its entry.
fn keys(entry: &str) -> Result<KeySet, gate_core::keyset::KeySetError> {
    use base64ct::{Base64UrlUnpadded, Encoding};
    let x = Base64UrlUnpadded::encode_string(key(1).public_key().as_bytes());
    let fixed =
        format!(r#""kty":"OKP","crv":"Ed25519","kid":"68756231","x":"{x}","region":"510000","from":1000"#);
    let text =
        format!(r#"{{"format":1,"version":1,"issued":0,"province":"510000","keys":[{{{fixed},{entry}}}]}}"#);
    KeySet::load(text.as_bytes())
}

const FOR_ACKNOWLEDGEMENTS: &str = r#""use":"acknowledgement","holder":"hub","kinds":[]"#;

fn word() -> Acknowledgement {
    Acknowledgement {
        terminal: terminal(7),
        journal: JournalId([3; 16]),
        watermark: Sequence(40),
        hash: Digest([9; 32]),
        epoch: 2,
        issued: at(2_000),
    }
}

#[test]
fn an_acknowledgement_comes_back_as_it_was_said_and_no_changed_bit_of_it_is_believed() {
    let keys = keys(FOR_ACKNOWLEDGEMENTS).unwrap();
    let bytes = word().sign(&key(1), HUB).unwrap();
    assert_eq!(Proven::read(&bytes, &keys, terminal(7)).unwrap().get(), &word());
    for bit in 0..bytes.len() * 8 {
        let mut changed = bytes.to_vec();
        changed[bit / 8] ^= 1 << (bit % 8);
        assert!(Proven::read(&changed, &keys, terminal(7)).is_err(), "bit {bit}");
    }
}

#[test]
fn another_terminals_acknowledgement_proves_nothing_here() {
    let bytes = word().sign(&key(1), HUB).unwrap();
    let refused = Proven::read(&bytes, &keys(FOR_ACKNOWLEDGEMENTS).unwrap(), terminal(8)).unwrap_err();
    assert_eq!(refused, AcknowledgementRefused::MatchTerminal { found: 7 });
}

#[test]
fn only_a_key_named_for_it_and_in_force_acknowledges() {
    let bytes = word().sign(&key(1), HUB).unwrap();
    let read = |entry: &str| Proven::read(&bytes, &keys(entry).unwrap(), terminal(7)).map(|_| ());
    let province =
        r#""use":"credential","holder":"province","kinds":[{"kind":"screen_code","longest_s":900}]"#;
    assert_eq!(read(province), Err(AcknowledgementRefused::FindKey));
    for ended in [r#","until":1900"#, r#","void_from":5000"#] {
        assert_eq!(read(&format!("{FOR_ACKNOWLEDGEMENTS}{ended}")), Err(AcknowledgementRefused::TrustKey));
    }
    assert_eq!(read(&format!(r#"{FOR_ACKNOWLEDGEMENTS},"until":2001"#)), Ok(()));
}

#[test]
fn a_key_for_acknowledgements_is_a_hubs_and_signs_no_credential() {
    for wrong in [
        r#""use":"acknowledgement","holder":"province","kinds":[]"#,
        r#""use":"acknowledgement","holder":"terminal","kinds":[]"#,
        r#""use":"acknowledgement","holder":"hub","kinds":[{"kind":"screen_code","longest_s":900}]"#,
        r#""use":"acknowledge","holder":"hub","kinds":[]"#,
    ] {
        assert!(keys(wrong).is_err(), "{wrong}");
    }
    let set = keys(FOR_ACKNOWLEDGEMENTS).unwrap();
    let kinds = gate_wire::credential::Kind::ALL;
    assert!(kinds.into_iter().all(|kind| set.find(HUB).unwrap().longest_life(kind).is_none()));
}

#[test]
fn watermark_none_names_no_hash() {
    let nothing = Acknowledgement { watermark: Sequence(0), hash: NOTHING_BEFORE, ..word() };
    let keys = keys(FOR_ACKNOWLEDGEMENTS).unwrap();
    let read = |word: Acknowledgement| Proven::read(&word.sign(&key(1), HUB).unwrap(), &keys, terminal(7));
    assert_eq!(read(nothing).unwrap().get(), &nothing);
    let odd = Acknowledgement { hash: Digest([1; 32]), ..nothing };
    assert_eq!(read(odd), Err(AcknowledgementRefused::ParsePayload));
}

fn account() -> Account {
    let mut faults = Faults::default();
    faults.set(Fault::Clock, Wellness::Unwell);
    faults.set(Fault::CaseOpen, Wellness::Unwell);
    let held = Held { dataset: Dataset::StatusDelta, version: 5, as_of: at(900) };
    let of = Tally { day: Day(20_000), place: 3, lane: 2, letter: b'P' };
    Account {
        terminal: terminal(7),
        revision: 12,
        at: at(1_000),
        clock: ClockTrust::Confirmed,
        journal: JournalId([3; 16]),
        first: Sequence(1),
        next: Sequence(500),
        acknowledged: Sequence(400),
        waiting: 2,
        faults,
        software: "gate 0.1.0".try_into().unwrap(),
        held: [held].into_iter().collect(),
        counts: [Count { of, count: 77 }].into_iter().collect(),
    }
}

#[test]
fn an_account_comes_back_as_it_was_given_and_no_changed_byte_of_it_is_believed() {
    let bytes = account().sign(&key(5)).unwrap();
    let public = key(5).public_key();
    assert_eq!(Account::verify(&bytes, &public).unwrap(), account());
    assert_eq!(alleged_terminal(&bytes), Ok(terminal(7)));
    for at in 0..bytes.len() {
        let mut changed = bytes.to_vec();
        changed[at] ^= 1 << (at % 8);
        assert!(Account::verify(&changed, &public).is_err(), "byte {at}");
    }
    let long = vec![0; ACCOUNT_MOST + 1];
    let refused = Account::verify(&long, &public);
    assert_eq!(refused.unwrap_err(), AccountRefused::HoldBytes { length: ACCOUNT_MOST + 1 });
}

#[test]
fn every_fault_has_a_bit_of_its_own_and_format_1_with_sixteen_of_them_is_read() {
    for fault in Fault::ALL {
        let mut one = Faults::default();
        one.set(fault, Wellness::Unwell);
        let bytes = Account { faults: one, ..account() }.sign(&key(5)).unwrap();
        assert_eq!(Account::verify(&bytes, &key(5).public_key()).unwrap().faults, one, "{fault:?}");
    }
    // As a terminal of before signs it: two bytes of faults, from byte 66 on.
    let now = account().sign(&key(5)).unwrap();
    let now = gate_wire::cose::Sign1::parse(&now).unwrap().payload;
    let before = [&[1], &now[1..66], &now[68..]].concat();
    let sign =
        |payload: &[u8]| sign::<1024>(&key(5), record_kid(terminal(7)), Aad::Account, payload).unwrap();
    assert_eq!(Account::verify(&sign(&before), &key(5).public_key()).unwrap(), account());
    let next = [&[3], &now[1..]].concat();
    assert_eq!(
        Account::verify(&sign(&next), &key(5).public_key()).unwrap_err(),
        AccountRefused::ParsePayload
    );
}

#[test]
fn the_fullest_account_fits_and_a_short_one_is_refused_at_every_length() {
    let mut full = account();
    full.software = "x".repeat(32).as_str().try_into().unwrap();
    full.held = Dataset::ALL.map(|dataset| Held { dataset, ..account().held[0] }).into_iter().collect();
    while full.counts.push(account().counts[0]).is_ok() {}
    let bytes = full.sign(&key(5)).unwrap();
    assert_eq!(Account::verify(&bytes, &key(5).public_key()).unwrap(), full);
    // What was signed is refused by its layout, too: each shorter payload, signed again.
    let short = account().sign(&key(5)).unwrap();
    let payload = gate_wire::cose::Sign1::parse(&short).unwrap().payload;
    for length in 0..payload.len() {
        let kid = record_kid(terminal(7));
        let cut = sign::<1024>(&key(5), kid, Aad::Account, &payload[..length]).unwrap();
        let refused = Account::verify(&cut, &key(5).public_key());
        assert_eq!(refused.unwrap_err(), AccountRefused::ParsePayload, "length {length}");
    }
}

#[test]
fn nobody_signs_in_another_terminals_name() {
    let header = Header {
        terminal: terminal(8),
        journal: JournalId([3; 16]),
        first: Sequence(1),
        count: 1,
        previous: NOTHING_BEFORE,
    };
    let payload = [&header.encode()[..], &[0; 244]].concat();
    let sign =
        |number| sign::<1024>(&key(5), record_kid(terminal(number)), Aad::RecordBatch, &payload).unwrap();
    assert!(verify_batch(&sign(8), &key(5).public_key()).is_ok());
    assert!(verify_batch(&sign(7), &key(5).public_key()).is_err());
}
