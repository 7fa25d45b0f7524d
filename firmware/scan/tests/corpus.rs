//! The fuzzers' corpora, run again: what once reached a new place in the code, or was a surprise, stays harmless.

#![expect(clippy::expect_used, reason = "a test ends at its first surprise")]

use std::path::Path;

mod targets;

/// Runs a target on every case kept for it.
fn replay(name: &str, target: fn(&[u8])) {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus").join(name);
    let entries = std::fs::read_dir(&dir).expect("the corpus is part of the repository");
    let cases: Vec<_> = entries.map(|entry| entry.expect("readable").path()).collect();
    assert!(cases.len() >= 8, "{name}: {} cases", cases.len());
    for case in cases {
        target(&std::fs::read(&case).expect("readable"));
    }
}

#[test]
fn raw_frames_of_the_corpus_do_no_harm() {
    replay("raw", targets::raw);
}

#[test]
fn warped_and_damaged_codes_of_the_corpus_are_read_right_or_not_at_all() {
    replay("matrix", targets::matrix);
}

#[test]
fn sequences_of_the_corpus_are_read_right_or_not_at_all() {
    replay("sequence", targets::sequence);
}

#[test]
fn camera_buffers_of_the_corpus_do_no_harm() {
    replay("mjpeg", targets::mjpeg);
}
