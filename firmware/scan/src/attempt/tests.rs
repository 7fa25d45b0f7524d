//! One attempt on a code drawn here, at patterns that are given: what it reads, and what it refuses without reading.

use qrcodegen::{QrCode, QrCodeEcc};

use super::*;
use crate::Frame;
use crate::eye::triples::tests::finder;

const SIDE: usize = 320;

/// Pixels a module, and of paper to the left and above.
const MODULE: usize = 5;
const PAPER: usize = 30;

fn code() -> QrCode {
    QrCode::encode_binary(&[0xA7; 100], QrCodeEcc::Medium).unwrap()
}

/// The code with `ink` on `paper`, straight or as a mirror shows it.
fn drawn(hand: Hand, ink: u8, paper: u8) -> Vec<u8> {
    let code = code();
    let module = |v: usize| (v as i32 - PAPER as i32).div_euclid(MODULE as i32);
    let dark = |n: usize| match hand {
        Hand::Straight => code.get_module(module(n % SIDE), module(n / SIDE)),
        Hand::Mirrored => code.get_module(module(n / SIDE), module(n % SIDE)),
    };
    (0..SIDE * SIDE).map(|n| if dark(n) { ink } else { paper }).collect()
}

/// Where its patterns are, the whole of it moved by so many pixels.
fn triple(off: f32) -> Triple {
    let near = (PAPER as f32) + 3.5 * MODULE as f32 + off;
    let far = (PAPER as f32) + (code().size() as f32 - 3.5) * MODULE as f32 + off;
    let module = MODULE as f32;
    Triple {
        corner: finder(near, near, module),
        right: finder(far, near, module),
        down: finder(near, far, module),
    }
}

fn tried(pixels: &[u8], triple: &Triple, ink: Ink, samples: u32) -> (Answer, Budget) {
    let views = Views::of(&Frame::new(pixels, SIDE, SIDE, SIDE).unwrap());
    let mut budget = Budget::new(samples);
    let answer = attempt(&views, triple, ink, Effort::Quick, &mut budget);
    (answer, budget)
}

#[test]
fn a_code_at_given_patterns_is_read_with_its_corners_straight_and_mirrored() {
    let far = (PAPER + code().size() as usize * MODULE) as f32;
    let near = PAPER as f32;
    for (hand, second) in [(Hand::Straight, Spot::new(far, near)), (Hand::Mirrored, Spot::new(near, far))] {
        let (answer, _) = tried(&drawn(hand, 20, 230), &triple(0.0), Ink::Dark, 100_000);
        let Answer::Read(reading) = answer else { panic!("{hand:?}: {answer:?}") };
        assert_eq!((reading.bytes, reading.version * 4 + 17), (vec![0xA7; 100], code().size() as usize));
        assert!(reading.corners[1].to(second) < 3.0, "{hand:?}: {:?}", reading.corners);
    }
}

#[test]
fn light_ink_is_read_as_light_ink_only() {
    let pixels = drawn(Hand::Straight, 230, 20);
    assert!(matches!(tried(&pixels, &triple(0.0), Ink::Light, 100_000).0, Answer::Read(_)));
    assert!(matches!(tried(&pixels, &triple(0.0), Ink::Dark, 100_000).0, Answer::Nothing(_)));
}

#[test]
fn where_no_patterns_are_hardly_any_work_is_done() {
    let (answer, budget) = tried(&drawn(Hand::Straight, 20, 230), &triple(22.0), Ink::Dark, 100_000);
    let Answer::Nothing(miss) = answer else { panic!("{answer:?}") };
    assert!(miss.glimpse.is_none() && miss.fit < LEAST_FIT && budget.spent() < 3000, "{miss:?} {budget:?}");
}

#[test]
fn an_attempt_ends_when_its_budget_does() {
    let pixels = drawn(Hand::Straight, 20, 230);
    let (_, all) = tried(&pixels, &triple(0.0), Ink::Dark, 100_000);
    for share in [0, 100, all.spent() as u32 / 2, all.spent() as u32 - 1] {
        let (answer, budget) = tried(&pixels, &triple(0.0), Ink::Dark, share);
        assert!(matches!(answer, Answer::Nothing(_)), "{share} of {}", all.spent());
        assert!(budget.spent() <= u64::from(share) && budget.is_spent());
    }
}

#[test]
fn a_code_with_too_much_gone_leaves_the_modules_it_saw() {
    let mut pixels = drawn(Hand::Straight, 20, 230);
    (0..SIDE * SIDE)
        .filter(|n| n % SIDE > 90 && n % SIDE < 170 && n / SIDE > 90)
        .for_each(|n| pixels[n] = 230);
    let (answer, _) = tried(&pixels, &triple(0.0), Ink::Dark, 1_000_000);
    let Answer::Nothing(Miss { fit, glimpse: Some(glimpse) }) = answer else { panic!("{answer:?}") };
    assert!(fit > 0.5 && glimpse.version * 4 + 17 == code().size() as usize);
}
