//! `gate decode` by way of the library: its lines, its order, its exit code.

#![expect(clippy::unwrap_used, reason = "a test ends at its first surprise")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use base64ct::{Base64, Encoding};
use gate_terminal::decode::{DecodeArgs, DecodeOutcome, run};
use qrcodegen::{QrCode, QrCodeEcc};
use serde_json::Value;

/// A PGM file with one code, modules of 5 pixels.
fn code_file(dir: &Path, name: &str, payload: &[u8]) -> PathBuf {
    let code = QrCode::encode_binary(payload, QrCodeEcc::Medium).unwrap();
    let side = (code.size() + 8) * 5;
    let dark = |n: i32| code.get_module(n % side / 5 - 4, n / side / 5 - 4);
    let mut bytes = format!("P5 {side} {side} 255\n").into_bytes();
    bytes.extend((0..side * side).map(|n| if dark(n) { 20 } else { 230 }));
    write(dir, name, &bytes)
}

fn write(dir: &Path, name: &str, bytes: &[u8]) -> PathBuf {
    let path = dir.join(name);
    fs::write(&path, bytes).unwrap();
    path
}

fn decode(json: bool, files: &[PathBuf]) -> (DecodeOutcome, String) {
    let mut out = Vec::new();
    let outcome = run(&DecodeArgs { json, files: files.to_vec() }, &mut out).unwrap();
    (outcome, String::from_utf8(out).unwrap())
}

fn lines(out: &str) -> Vec<Value> {
    out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn json_gives_the_exact_bytes_and_four_corners_of_each_code() {
    let dir = tempfile::tempdir().unwrap();
    let payload: Vec<u8> = (0..=255).collect();
    let file = code_file(dir.path(), "all bytes.png", &payload);
    let (outcome, out) = decode(true, std::slice::from_ref(&file));
    assert_eq!(outcome, DecodeOutcome::EveryFileRead);
    let line = &lines(&out)[0];
    assert_eq!(line["file"], file.to_str().unwrap());
    assert!(line["cpu_us"].is_u64() && line.get("error").is_none());
    let symbols = line["symbols"].as_array().unwrap();
    assert_eq!(symbols.len(), 1);
    assert_eq!(Base64::decode_vec(symbols[0]["payload"].as_str().unwrap()).unwrap(), payload);
    let corners: [[i32; 2]; 4] = serde_json::from_value(symbols[0]["corners"].clone()).unwrap();
    assert!(corners[1][0] > corners[0][0] + 100 && corners[3][1] > corners[0][1] + 100, "{corners:?}");
}

#[test]
fn an_unreadable_file_is_an_error_in_its_line_and_not_a_stop() {
    let dir = tempfile::tempdir().unwrap();
    let files = [
        code_file(dir.path(), "a.pgm", b"before"),
        dir.path().join("missing.png"),
        write(dir.path(), "broken.png", b"\x89PNG\r\n\x1a\nbroken"),
        write(dir.path(), "blank.pgm", &[b"P5 40 40 255\n".to_vec(), vec![200; 1600]].concat()),
        code_file(dir.path(), "b.pgm", b"after"),
    ];
    let (outcome, out) = decode(true, &files);
    assert_eq!(outcome, DecodeOutcome::SomeFileUnreadable);
    let lines = lines(&out);
    let named: Vec<&str> = lines.iter().map(|line| line["file"].as_str().unwrap()).collect();
    assert_eq!(named, files.each_ref().map(|f| f.to_str().unwrap()));
    let failed: Vec<bool> = lines.iter().map(|line| line["error"].is_string()).collect();
    assert_eq!(failed, [false, true, true, false, false]);
    assert!(lines[1].get("symbols").is_none());
    assert_eq!(lines[3]["symbols"], serde_json::json!([]));
    assert_eq!(lines[4]["symbols"][0]["payload"], Base64::encode_string(b"after"));
}

#[test]
fn the_exit_code_is_one_only_when_a_file_was_unreadable() {
    let shown = |outcome| format!("{:?}", ExitCode::from(outcome));
    assert_eq!(shown(DecodeOutcome::EveryFileRead), format!("{:?}", ExitCode::SUCCESS));
    assert_eq!(shown(DecodeOutcome::SomeFileUnreadable), format!("{:?}", ExitCode::from(1)));
}

#[test]
fn what_a_code_or_a_file_name_says_never_steers_the_terminal() {
    let dir = tempfile::tempdir().unwrap();
    let hostile = "\x1b]0;pwned\x07\u{202e}测试甲\r\n";
    let files =
        [code_file(dir.path(), "evil\x1b[2J.pgm", hostile.as_bytes()), dir.path().join("no\u{202e}\nsuch")];
    let (_, out) = decode(false, &files);
    assert!(!out.chars().any(|c| c != '\n' && (c.is_control() || c == '\u{202e}')), "{out:?}");
    assert!(out.contains("\\u{1b}]0;pwned\\u{7}\\u{202e}测试甲\\u{d}\\u{a}"), "{out:?}");
    assert_eq!(out.lines().count(), 4, "{out:?}");
}
