//! Half codes that are whole together, and codes that must never be mixed.

use qrcodegen::{QrCode, QrCodeEcc, Version};

use super::*;

/// How a code's modules are seen: a value for the colour it has at a place.
fn glimpse(code: &QrCode, see: impl Fn(usize, usize, f32) -> f32) -> Glimpse {
    let side = code.size() as usize;
    let value = |n: usize| {
        let (x, y) = (n % side, n / side);
        see(x, y, if code.get_module(x as i32, y as i32) { 0.9 } else { -0.9 })
    };
    let soft = Soft { side, values: (0..side * side).map(value).collect() };
    Glimpse { version: (side - 17) / 4, fit: 0.8, soft, corners: [Spot::new(0.0, 0.0); 4] }
}

/// A version 8 code, all of one mask so that nothing but the data tells two of them apart.
fn code(payload: &[u8]) -> QrCode {
    let text = [qrcodegen::QrSegment::make_bytes(payload)];
    let (v, mask) = (Version::new(8), Some(qrcodegen::Mask::new(2)));
    QrCode::encode_segments_advanced(&text, QrCodeEcc::Medium, v, v, mask, false).unwrap()
}

/// Two fifths of the code burnt out: all light, and sure of it.
fn burnt(code: &QrCode, left: usize) -> Glimpse {
    glimpse(code, |x, y, v| if (left..left + 20).contains(&x) && y > 9 { -0.3 } else { v })
}

#[test]
fn what_glare_hides_in_turns_is_read_together_and_in_neither_alone() {
    let code = code(&[7; 100]);
    let mut together = Together::default();
    assert_eq!(together.add(burnt(&code, 9)), None, "one glimpse is not two");
    let joint = together.add(burnt(&code, 28)).unwrap();
    assert_eq!((joint.bytes, joint.hand), (vec![7; 100], Hand::Straight));
    let mut twice = Together::default();
    assert_eq!(twice.add(burnt(&code, 9)), None);
    assert_eq!(twice.add(burnt(&code, 9)), None, "the same hidden twice is no more than once");
}

#[test]
fn a_mirrored_code_is_read_together_too() {
    let code = code(&[9; 100]);
    let turned = |left: usize| {
        let mut glimpse = burnt(&code, left);
        let side = glimpse.soft.side;
        glimpse.soft.values =
            (0..side * side).map(|n| glimpse.soft.values[n % side * side + n / side]).collect();
        glimpse
    };
    let mut together = Together::default();
    assert_eq!(together.add(turned(9)), None);
    assert_eq!(together.add(turned(28)).map(|j| j.hand), Some(Hand::Mirrored));
}

#[test]
fn two_codes_are_never_mixed() {
    for shared in [0, 20, 60, 90, 110, 120] {
        let payload =
            |tail: u8| -> Vec<u8> { (0..140).map(|n| if n < shared { n } else { n ^ tail }).collect() };
        let (one, other) = (code(&payload(0x5A)), code(&payload(0xC3)));
        for (a, b) in [(9, 28), (28, 9), (20, 20), (12, 25)] {
            let mut together = Together::default();
            together.add(burnt(&one, a));
            for glimpse in [burnt(&other, b), burnt(&one, b), burnt(&other, a)] {
                let bytes = together.add(glimpse).map(|j| j.bytes);
                let whole = [payload(0x5A), payload(0xC3)];
                assert!(bytes.as_ref().is_none_or(|b| whole.contains(b)), "{shared} shared: a mixture");
            }
        }
    }
}

#[test]
fn a_block_that_one_frame_does_not_speak_for_refuses_the_whole() {
    // The second glimpse is sure of another code in the lower half, and weaker than the first everywhere.
    let (one, other) = (code(&[1; 100]), code(&[2; 100]));
    let mut foreign = glimpse(&other, |_, _, v| v / 3.0);
    let own = glimpse(&one, |_, _, v| v);
    let half = own.soft.values.len() / 2;
    foreign.soft.values[..half].iter_mut().zip(&own.soft.values).for_each(|(f, v)| *f = v / 3.0);
    let layout = Layout::of(8);
    assert!(likeness(&own, &foreign, &layout) > LEAST_ALIKE, "alike enough to be added up");
    assert_eq!(read(&[&own, &foreign], &layout), None);
    assert!(read(&[&own, &own], &layout).is_some());
}

#[test]
fn glimpses_are_few_and_are_forgotten() {
    let code = code(&[7; 100]);
    let mut together = Together::default();
    for _ in 0..9 {
        together.add(burnt(&code, 9));
    }
    assert_eq!(together.kept.len(), MOST);
    for _ in 0..FRAMES {
        together.grow_older();
    }
    assert!(together.kept.is_empty());
    together.add(burnt(&code, 9));
    together.forget();
    assert_eq!(together.add(burnt(&code, 28)), None, "forgotten is not added");
}
