//! The scanner on small codes drawn here, and on pixels that are no code.

use proptest::prelude::*;
use qrcodegen::{QrCode, QrCodeEcc, QrSegment, Version};

use super::*;
use crate::Point;
use crate::eye::triples::tests::finder;

/// A sheet of grey that codes are drawn on.
#[derive(Debug)]
struct Sheet {
    width: usize,
    height: usize,
    pixels: Vec<u8>,
}

impl Sheet {
    fn new(width: usize, height: usize, paper: u8) -> Self {
        Self { width, height, pixels: vec![paper; width * height] }
    }

    /// Draws the ink of `code` with modules of `module` pixels, its top left module at (`left`, `top`).
    fn draw(mut self, code: &QrCode, (left, top): (usize, usize), module: usize, ink: u8) -> Self {
        let side = code.size() as usize * module;
        for (x, y) in (0..side * side).map(|n| (n % side, n / side)) {
            if code.get_module((x / module) as i32, (y / module) as i32) {
                self.pixels[(top + y) * self.width + left + x] = ink;
            }
        }
        self
    }

    /// As paper that is not flat: each column moved down or up, by at most so many pixels.
    fn waved(self, most: f32) -> Self {
        let (width, height) = (self.width, self.height);
        let from = |n: usize| {
            let shift = ((n % width) as f32 * 0.025).sin() * most;
            let y = (n / width) as f32 + shift;
            self.pixels[(y.max(0.0) as usize).min(height - 1) * width + n % width]
        };
        Self { width, height, pixels: (0..width * height).map(from).collect() }
    }

    fn look(&self) -> Symbols {
        Scanner::new().look(&Frame::new(&self.pixels, self.width, self.height, self.width).unwrap())
    }
}

fn code(payload: &[u8]) -> QrCode {
    QrCode::encode_binary(payload, QrCodeEcc::Medium).unwrap()
}

fn payloads(symbols: &Symbols) -> Vec<&[u8]> {
    let mut all: Vec<&[u8]> = symbols.iter().map(crate::Symbol::bytes).collect();
    all.sort_unstable();
    all
}

/// Pixels that look random and are the same every time.
fn noise(count: usize) -> Vec<u8> {
    let mut state = 0x2545_F491_4F6C_DD1Du64;
    let next = |_| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 32) as u8
    };
    (0..count).map(next).collect()
}

#[test]
fn a_place_that_is_more_of_a_square_replaces_the_place_of_a_coarser_level_and_no_other_does() {
    let seen = |x: f32, hits: u32, fit: f32| Finder { centre: Spot::new(x, 50.0), module: 2.0, hits, fit };
    let added = |finer: Finder| {
        let mut list = Vec::new();
        [(seen(25.0, 1, 0.3), 2.0), (finer, 1.0)].into_iter().for_each(|(f, scale)| {
            add(
                &mut list,
                Finder { centre: Spot::new(f.centre.x, 50.0 / scale), module: 3.0 / scale, ..f },
                scale,
            );
        });
        (list[0].centre.x, list[0].hits, list[0].fit, list.len())
    };
    assert_eq!(added(seen(52.0, 1, 0.9)), (52.0, 2, 0.9, 1));
    assert_eq!(added(seen(52.0, 1, 0.2)), (50.0, 2, 0.3, 1), "seen in one row and less of a square");
    assert_eq!(added(seen(52.0, 3, 0.2)), (52.0, 4, 0.3, 1), "seen often");
}

#[test]
fn every_byte_value_comes_back_exactly() {
    let all: Vec<u8> = (0..=255).collect();
    let symbols = Sheet::new(400, 400, 230).draw(&code(&all), (40, 40), 4, 20).look();
    assert_eq!(payloads(&symbols), [&all[..]]);
    assert_eq!((symbols.panics(), symbols.why_nothing()), (0, None));
}

#[test]
fn corners_and_version_are_those_of_the_code() {
    let small = QrCode::encode_text("TF1:ABC", QrCodeEcc::Medium).unwrap();
    let symbols = Sheet::new(300, 240, 230).draw(&small, (60, 40), 6, 20).look();
    let symbol = &symbols.as_slice()[0];
    assert_eq!((symbol.version(), symbol.bytes()), (1, &b"TF1:ABC"[..]));
    let side = 21 * 6;
    let expected = [(60, 40), (60 + side, 40), (60 + side, 40 + side), (60, 40 + side)];
    for (corner, (x, y)) in symbol.corners().iter().zip(expected) {
        assert!((corner.x - x).abs() <= 9 && (corner.y - y).abs() <= 9, "{corner:?} is not near {x}, {y}");
    }
}

#[test]
fn a_code_in_dark_mode_is_read() {
    let symbols = Sheet::new(300, 300, 15).draw(&code(b"dark"), (50, 50), 5, 220).look();
    assert_eq!(payloads(&symbols), [b"dark"]);
}

#[test]
fn a_code_behind_the_pixel_grid_of_a_screen_is_read_at_half_size() {
    let mut sheet = Sheet::new(480, 480, 235).draw(&code(b"grid"), (60, 60), 12, 20);
    for n in (0..sheet.pixels.len()).filter(|n| (n % 480 + n / 480) % 2 == 0) {
        sheet.pixels[n] = if sheet.pixels[n] > 128 { 110 } else { 128 };
    }
    let symbols = sheet.look();
    assert_eq!(payloads(&symbols), [b"grid"]);
    let right = symbols.as_slice()[0].corners()[1];
    assert!(
        (right.x - (60 + 21 * 12)).abs() <= 24,
        "corners are in pixels of the frame, not of a pass: {right:?}"
    );
}

#[test]
fn two_different_codes_in_one_frame_are_both_read() {
    let sheet = Sheet::new(640, 300, 230);
    let sheet = sheet.draw(&code(b"first"), (40, 60), 6, 20).draw(&code(b"second"), (400, 90), 5, 20);
    assert_eq!(payloads(&sheet.look()), [&b"first"[..], b"second"]);
}

#[test]
fn two_squares_beside_a_code_read_are_a_reason_to_search_the_finest_level_in_however_few_rows_they_are() {
    let sheet = Sheet::new(640, 480, 230);
    let more = |hits: u32, fit: f32, count: u8| {
        let mut look = Look::at(&frame(&sheet));
        let one = |n: u8| Finder { hits, fit, ..finder(300.0 + 40.0 * f32::from(n), 100.0, 2.0) };
        look.finders = (0..count).map(one).collect();
        look.more_to_see()
    };
    assert!(more(1, 0.95, 2) && more(SURE_HITS, 0.2, 2));
    assert!(!more(1, 0.5, 2), "likenesses are none");
    assert!(!more(1, 0.95, 1), "one square is no code");
}

#[test]
fn two_prints_of_one_payload_are_one_symbol() {
    let sheet = Sheet::new(640, 300, 230);
    let sheet = sheet.draw(&code(b"same"), (40, 60), 6, 20).draw(&code(b"same"), (400, 90), 5, 20);
    assert_eq!(payloads(&sheet.look()), [b"same"]);
}

#[test]
fn one_part_of_a_structured_append_is_not_a_payload() {
    let mut bits = Vec::new();
    // ISO/IEC 18004 §8: mode 0011, position 0 of 2, parity; then an ordinary byte segment.
    let header = [(0b0011, 4), (0x01, 8), (0x5A, 8), (0b0100, 4), (4, 8)];
    header.iter().for_each(|(value, length)| push(&mut bits, *value, *length));
    b"part".iter().for_each(|byte| push(&mut bits, u32::from(*byte), 8));
    bits.resize(16 * 8, false);
    let words: Vec<u8> = bits.chunks(8).map(|b| b.iter().fold(0, |n, bit| n << 1 | u8::from(*bit))).collect();
    let part = QrCode::encode_codewords(Version::new(1), QrCodeEcc::Medium, &words, None);
    let refused = Sheet::new(200, 200, 230).draw(&part, (40, 40), 5, 20).look();
    assert!(refused.is_empty());
    assert_eq!(refused.why_nothing(), Some(WhyNothing::PartOfSeveral), "refused by name");
    let plain = QrCode::encode_codewords(Version::new(1), QrCodeEcc::Medium, &without_header(&bits), None);
    assert_eq!(payloads(&Sheet::new(200, 200, 230).draw(&plain, (40, 40), 5, 20).look()), [b"part"]);
}

/// A Micro QR code (M3-M, `TF1 MICRO`, ISO/IEC 18004:2015 §5.3.2): one finder pattern, another format.
const MICRO: [&str; 15] = [
    "#######.#.#.#.#",
    "#.....#..#.#.#.",
    "#.###.#.#....##",
    "#.###.#.#.####.",
    "#.###.#.####..#",
    "#.....#.#.#....",
    "#######..#.####",
    "........###.#..",
    "#....##.#..##.#",
    ".#...##.#..###.",
    "##.#.##..##.##.",
    "...#.##....##.#",
    "#.#..#..###.#.#",
    "....#.##....#.#",
    "##.#..#######.#",
];

#[test]
fn micro_codes_are_ignored_alone_in_threes_and_beside_a_code() {
    let stamp = |mut sheet: Sheet, left: usize, top: usize| {
        for (x, y) in (0..90 * 90).map(|n| (n % 90, n / 90)) {
            if MICRO[y / 6].as_bytes()[x / 6] == b'#' {
                sheet.pixels[(top + y) * sheet.width + left + x] = 20;
            }
        }
        sheet
    };
    let one = stamp(Sheet::new(640, 300, 230), 30, 30);
    assert!(one.look().is_empty());
    // Their finder patterns lie as those of a code would.
    let three = stamp(stamp(one, 150, 30), 30, 150);
    assert!(three.look().is_empty());
    assert_eq!(payloads(&three.draw(&code(b"ours"), (400, 90), 5, 20).look()), [b"ours"]);
}

fn push(bits: &mut Vec<bool>, value: u32, length: u32) {
    bits.extend((0..length).rev().map(|n| value >> n & 1 == 1));
}

fn without_header(bits: &[bool]) -> Vec<u8> {
    let mut bits = bits[20..].to_vec();
    bits.resize(16 * 8, false);
    bits.chunks(8).map(|b| b.iter().fold(0, |n, bit| n << 1 | u8::from(*bit))).collect()
}

#[test]
fn a_code_longer_than_any_byte_payload_is_not_cut_to_one() {
    let numeric = |count: usize| {
        let digits = QrSegment::make_numeric(&"7".repeat(count));
        let code = QrCode::encode_segments(&[digits], QrCodeEcc::Low).unwrap();
        Sheet::new(700, 700, 230).draw(&code, (40, 40), 4, 20).look()
    };
    assert_eq!(payloads(&numeric(crate::Symbol::MAX_BYTES)), [&[b'7'; crate::Symbol::MAX_BYTES][..]]);
    assert!(numeric(crate::Symbol::MAX_BYTES + 1).is_empty());
}

#[test]
fn an_empty_frame_gives_nothing_and_says_when_it_is_dark() {
    assert_eq!(Sheet::new(320, 240, 200).look().why_nothing(), None);
    assert_eq!(Sheet::new(320, 240, 5).look().why_nothing(), Some(WhyNothing::TooDark));
    let sheet = Sheet { width: 320, height: 240, pixels: noise(320 * 240) };
    assert!(sheet.look().is_empty());
}

#[test]
fn frames_of_every_awkward_shape_are_looked_at() {
    for (width, height) in [(1, 1), (1, 5000), (5000, 1), (20, 20), (21, 21), (3, 700), (22, 4000)] {
        let sheet = Sheet { width, height, pixels: noise(width * height) };
        assert!(sheet.look().is_empty(), "{width} x {height}");
    }
}

#[test]
fn the_largest_frame_is_shrunk_and_read() {
    let sheet = Sheet::new(4096, 4096, 230).draw(&code(b"huge"), (600, 900), 96, 20);
    let symbols = sheet.look();
    assert_eq!(payloads(&symbols), [b"huge"]);
    let Point { x, y } = symbols.as_slice()[0].corners()[0];
    assert!((x - 600).abs() < 150 && (y - 900).abs() < 150, "{x}, {y}");
}

#[test]
fn a_wall_of_finder_patterns_is_left_unread_and_sixteen_codes_are_read() {
    let wall = |n: usize| {
        let (u, v) = (n % 640 % 9, n / 640 % 9);
        let ring = u.abs_diff(3).max(v.abs_diff(3));
        if ring <= 1 || ring == 3 { 20 } else { 230 }
    };
    let sheet = Sheet { width: 640, height: 480, pixels: (0..640 * 480).map(wall).collect() };
    assert!(sheet.look().is_empty());
    let mut sheet = Sheet::new(640, 640, 230);
    for n in 0..16u8 {
        let place = (usize::from(n % 4) * 155 + 20, usize::from(n / 4) * 155 + 20);
        sheet = sheet.draw(&code(&[n]), place, 5, 20);
    }
    assert_eq!(payloads(&sheet.look()).len(), Symbols::MAX);
}

fn frame(sheet: &Sheet) -> Frame<'_> {
    Frame::new(&sheet.pixels, sheet.width, sheet.height, sheet.width).unwrap()
}

#[test]
fn what_has_left_the_frame_is_not_read_again() {
    let mut scanner = Scanner::new();
    let sheet = Sheet::new(300, 300, 230).draw(&code(b"once"), (50, 50), 5, 20);
    assert_eq!(payloads(&scanner.look(&frame(&sheet))), [b"once"]);
    for _ in 0..6 {
        assert!(scanner.look(&frame(&Sheet::new(300, 300, 230))).is_empty());
    }
    assert_eq!(payloads(&scanner.look(&frame(&sheet))), [b"once"]);
}

#[test]
fn a_known_code_is_confirmed_for_less_with_its_corners_where_they_are_now() {
    let mut scanner = Scanner::new();
    let at = |left: usize| Sheet::new(640, 480, 230).draw(&code(b"held"), (left, 150), 5, 20);
    let whole = scanner.look(&frame(&at(200)));
    let again = scanner.look(&frame(&at(206)));
    assert_eq!(payloads(&again), [b"held"]);
    assert!(again.work() * 3 < whole.work(), "{} of {}", again.work(), whole.work());
    let [before, after] = [&whole, &again].map(|s| s.as_slice()[0].corners()[0]);
    assert!((after.x - before.x - 6).abs() <= 2 && (after.y - before.y).abs() <= 2, "{before:?} {after:?}");
}

#[test]
fn another_code_in_the_place_of_the_known_one_is_read_and_a_second_one_within_five_frames() {
    let mut scanner = Scanner::new();
    let sheet = |payload: &[u8]| Sheet::new(640, 480, 230).draw(&code(payload), (100, 150), 5, 20);
    scanner.look(&frame(&sheet(b"one")));
    assert_eq!(payloads(&scanner.look(&frame(&sheet(b"two")))), [b"two"], "at once");
    let both = sheet(b"two").draw(&code(b"three"), (400, 150), 5, 20);
    let seen: Vec<usize> = (0..5).map(|_| scanner.look(&frame(&both)).len()).collect();
    assert_eq!(seen.last(), Some(&2), "{seen:?}");
    assert_eq!(scanner.look(&frame(&both)).len(), 2, "two codes are never looked for in parts");
}

#[test]
fn a_lamp_that_wanders_over_a_code_hides_no_frame_from_the_others() {
    let code = QrCode::encode_binary(&[0xA5; 100], QrCodeEcc::Medium).unwrap();
    let burnt = |left: usize| {
        let mut sheet = Sheet::new(400, 400, 230).draw(&code, (60, 60), 5, 20);
        (120..330).for_each(|y| sheet.pixels[y * 400 + left..][..90].fill(255));
        sheet
    };
    let alone = |left: usize| Scanner::new().look(&frame(&burnt(left)));
    assert!(alone(105).is_empty() && alone(190).is_empty(), "neither frame is enough");
    let mut scanner = Scanner::new();
    assert!(scanner.look(&frame(&burnt(105))).is_empty());
    assert_eq!(payloads(&scanner.look(&frame(&burnt(190)))), [&[0xA5; 100]]);
}

#[test]
fn a_scanner_that_read_nothing_reads_a_hard_frame_as_soon_as_a_new_one() {
    let mut hidden = Sheet::new(400, 400, 230).draw(&code(&[0xA5; 100]), (60, 60), 5, 20);
    (120..250).for_each(|y| hidden.pixels[y * 400 + 110..][..130].fill(20));
    let hard = Sheet::new(400, 400, 230).draw(&code(&[0x5A; 100]), (60, 60), 5, 20).waved(5.0);
    let alone = hard.look();
    assert!(!alone.is_empty() && alone.work() > 5 * u64::from(QUICK_WORK), "only thorough work reads it");
    for before in 1..6 {
        let mut scanner = Scanner::new();
        (0..before).for_each(|_| assert!(scanner.look(&frame(&hidden)).is_empty()));
        assert_eq!(payloads(&scanner.look(&frame(&hard))), payloads(&alone), "after {before} frames");
    }
}

/// Rows of runs in finder proportions: more likely to reach the inner parts of a decoder than plain noise.
fn runs() -> impl Strategy<Value = Sheet> {
    let run = (1usize..9, any::<u8>());
    (22usize..120, 22usize..120, proptest::collection::vec(run, 1..60)).prop_map(|(width, height, runs)| {
        let row: Vec<u8> = runs.iter().flat_map(|(n, v)| std::iter::repeat_n(*v, *n)).collect();
        let pixels = (0..width * height).map(|n| row[(n % width * 3 + n / width / 4) % row.len()]).collect();
        Sheet { width, height, pixels }
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_pixels_whatever_make_a_look_panic(
        width in 1usize..90,
        pixels in proptest::collection::vec(any::<u8>(), 90..6000),
    ) {
        let height = pixels.len() / width;
        let symbols = Sheet { width, height, pixels }.look();
        prop_assert!(symbols.len() <= Symbols::MAX);
    }

    #[test]
    fn striped_pixels_make_no_look_panic(sheet in runs()) {
        prop_assert!(sheet.look().len() <= Symbols::MAX);
    }

    #[test]
    fn what_is_drawn_is_what_is_read(payload in proptest::collection::vec(any::<u8>(), 1..120)) {
        let symbols = Sheet::new(420, 420, 220).draw(&code(&payload), (60, 60), 5, 30).look();
        prop_assert_eq!(payloads(&symbols), [&payload[..]]);
    }
}
