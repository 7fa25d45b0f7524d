//! Requests and status answers exactly as published, and the receiver against a hostile line.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests may fail a test")]

use gate_wire::sdt::{Baud, Command, FrameFault, Receiver, Status};
use proptest::prelude::*;

const CITIZEN: &str = include_str!("../../../tests/vectors/id-cards/citizen.hex");

fn unhex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text.chars().filter_map(|c| c.to_digit(16)).map(|digit| digit as u8).collect();
    digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect()
}

/// Everything a receiver finds in the bytes: status and data length, or the fault.
fn found(receiver: &mut Receiver, mut bytes: &[u8]) -> Vec<Result<(Status, usize), FrameFault>> {
    let mut found = Vec::new();
    while let (rest, Some(outcome)) = receiver.feed(bytes) {
        bytes = rest;
        found.push(outcome.map(|()| receiver.frame().map(|frame| (frame.status, frame.data_len)).unwrap()));
    }
    found
}

#[test]
fn requests_are_the_published_frames() {
    for (command, frame) in [
        (Command::ResetSam, "AAAAAA9669 0003 10FF EC"),
        (Command::SamStatus, "AAAAAA9669 0003 11FF ED"),
        (Command::ReadSamNumber, "AAAAAA9669 0003 12FF EE"),
        (Command::FindCard, "AAAAAA9669 0003 2001 22"),
        (Command::SelectCard, "AAAAAA9669 0003 2002 21"),
        (Command::ReadCard, "AAAAAA9669 0003 3001 32"),
        (Command::ProbeCard, "AAAAAA9669 0003 3003 30"),
        (Command::SetBaud(Baud::B115200), "AAAAAA9669 0003 6000 63"),
        (Command::SetBaud(Baud::B57600), "AAAAAA9669 0003 6001 62"),
        (Command::SetBaud(Baud::B38400), "AAAAAA9669 0003 6002 61"),
        (Command::SetBaud(Baud::B19200), "AAAAAA9669 0003 6003 60"),
        (Command::SetBaud(Baud::B9600), "AAAAAA9669 0003 6004 67"),
        (Command::SetRadioBytes(0x50), "AAAAAA9669 0004 61FF50 CA"),
    ] {
        assert_eq!(command.frame().as_bytes(), unhex(frame), "{command:?}");
    }
}

#[test]
fn status_answers_are_the_published_frames() {
    for (code, check) in [
        (0x90, 0x94),
        (0x91, 0x95),
        (0x10, 0x14),
        (0x11, 0x15),
        (0x21, 0x25),
        (0x23, 0x27),
        (0x24, 0x20),
        (0x33, 0x37),
        (0x40, 0x44),
        (0x41, 0x45),
        (0x47, 0x43),
        (0x60, 0x64),
        (0x66, 0x62),
        (0x80, 0x84),
        (0x81, 0x85),
        (0x31, 0x35),
        (0x32, 0x36),
    ] {
        let frame = [0xAA, 0xAA, 0xAA, 0x96, 0x69, 0, 4, 0, 0, code, check];
        assert_eq!(found(&mut Receiver::new(), &frame), [Ok((Status::from_code(code), 0))]);
        assert!(!matches!(Status::from_code(code), Status::Other(_)), "{code:#x}");
    }
    for code in 0..=u8::MAX {
        assert_eq!(Status::from_code(code).code(), code);
        assert_eq!(
            matches!(Status::from_code(code), Status::Other(_)),
            Status::from_code(code).meaning() == "未知状态"
        );
    }
}

#[test]
fn answers_with_data_are_told_apart_by_their_length() {
    for (frame, status, data_len) in [
        ("AAAAAA9669 0008 00009F 00000000 97", Status::CardFound, 4),
        ("AAAAAA9669 000C 000090 0000000000000000 9C", Status::Done, 8),
        ("AAAAAA9669 0014 000090 05000300 05253501 4E61BC00 B168DE3A 38", Status::Done, 16),
    ] {
        assert_eq!(found(&mut Receiver::new(), &unhex(frame)), [Ok((status, data_len))], "{frame}");
    }
}

#[test]
fn words_of_the_card_decide_nothing() {
    let frame = [0xAA, 0xAA, 0xAA, 0x96, 0x69, 0, 4, 0x6A, 0x82, 0x41, 4 ^ 0x6A ^ 0x82 ^ 0x41];
    assert_eq!(found(&mut Receiver::new(), &frame), [Ok((Status::ReadFailed, 0))]);
}

#[test]
fn noise_before_a_frame_is_skipped_even_where_it_looks_like_a_preamble() {
    let answer = unhex(CITIZEN);
    for noise in [
        &[][..],
        b"\xAA",
        b"\xAA\xAA",
        b"\xAA\xAA\xAA\xAA\xAA",
        b"\xAA\xAA\xAA\x96",
        b"\xAA\x96\x69",
        b"\0\xFF\x69",
    ] {
        let line = [noise, &answer].concat();
        assert_eq!(found(&mut Receiver::new(), &line), [Ok((Status::Done, 1284))], "{noise:x?}");
    }
}

#[test]
fn a_preamble_inside_the_photo_is_photo() {
    let mut answer = unhex(CITIZEN);
    answer[400..411].copy_from_slice(&[0xAA, 0xAA, 0xAA, 0x96, 0x69, 0, 4, 0, 0, 0x41, 0x45]);
    let check = answer[5..1294].iter().fold(0, |check, byte| check ^ byte);
    answer[1294] = check;
    assert_eq!(found(&mut Receiver::new(), &answer), [Ok((Status::Done, 1284))]);
    answer[1294] ^= 1;
    assert_eq!(
        found(&mut Receiver::new(), &answer),
        [Err(FrameFault::MatchChecksum)],
        "nor when the frame is bad"
    );
}

#[test]
fn a_wrong_length_never_yields_a_frame() {
    for len in [0x0507_u16, 0x0509] {
        let mut answer = unhex(CITIZEN);
        answer[5..7].copy_from_slice(&len.to_be_bytes());
        answer.push(0);
        assert!(found(&mut Receiver::new(), &answer).iter().all(Result::is_err), "{len:#x}");
    }
}

proptest! {
    #[test]
    fn every_way_to_cut_an_answer_gives_the_same_answer(sizes in proptest::collection::vec(1_usize..40, 1..50)) {
        let answer = unhex(CITIZEN);
        let mut receiver = Receiver::new();
        let (mut rest, mut all) = (&answer[..], Vec::new());
        for size in sizes.iter().cycle() {
            let (piece, more) = rest.split_at((*size).min(rest.len()));
            all.extend(found(&mut receiver, piece));
            rest = more;
            if rest.is_empty() {
                break;
            }
        }
        prop_assert_eq!(all, [Ok((Status::Done, 1284))]);
    }

    #[test]
    fn any_bytes_are_taken_and_the_line_recovers(noise in proptest::collection::vec(prop_oneof![Just(0xAA), Just(0x96), Just(0x69), Just(0), any::<u8>()], 0..6000)) {
        let mut receiver = Receiver::new();
        found(&mut receiver, &noise);
        receiver.clear();
        let answer = unhex(CITIZEN);
        prop_assert_eq!(found(&mut receiver, &answer), [Ok((Status::Done, 1284))]);
    }
}
