//! The scenes, read by the scanner they are made for.

use gate_scan::{Frame, Scanner, Symbols};

use super::*;

/// A credential's text at its budget: 213 characters of the alphanumeric set, version 8-M.
fn text(seed: u64) -> String {
    let characters = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";
    let mut dice = Dice::new(seed, Purpose::Preset);
    let body = (0..209).map(|_| char::from(characters[dice.between(0.0, 44.9) as usize]));
    "TF1:".chars().chain(body).collect()
}

fn look(scene: &Scene) -> Symbols {
    let picture = scene.render();
    let frame = Frame::new(&picture.pixels, picture.width, picture.height, picture.width).unwrap();
    Scanner::new().look(&frame)
}

fn reads(scene: &Scene, text: &str) -> bool {
    let symbols = look(scene);
    assert!(symbols.iter().all(|s| s.bytes() == text.as_bytes()), "a misread");
    symbols.len() == 1
}

#[test]
fn a_phone_held_well_is_read_each_of_fifty_times() {
    let missed: Vec<u64> =
        (0..50).filter(|seed| !reads(&Scene::phone(&text(*seed), *seed).unwrap(), &text(*seed))).collect();
    assert_eq!(missed, [0u64; 0]);
}

#[test]
fn a_printed_sheet_is_read_each_of_fifty_times() {
    let missed: Vec<u64> =
        (0..50).filter(|seed| !reads(&Scene::paper(&text(*seed), *seed).unwrap(), &text(*seed))).collect();
    assert_eq!(missed, [0u64; 0]);
}

#[test]
fn harsh_scenes_are_misread_never_and_read_sometimes() {
    let read =
        (0..50).filter(|seed| reads(&Scene::harsh(&text(*seed), *seed).unwrap(), &text(*seed))).count();
    println!("harsh scenes read: {read} of 50");
    assert!((1..50).contains(&read), "harsh is neither hopeless nor easy: {read} of 50");
}

#[test]
fn a_credential_at_its_budget_is_a_version_8_code() {
    let scene = Scene::phone(&text(1), 1).unwrap();
    assert!((scene.views[0].modules() - 49.0).abs() < f32::EPSILON);
    assert_eq!(look(&scene).as_slice()[0].version(), 8);
}

#[test]
fn dark_mode_and_bytes_are_read() {
    let scene = Scene::phone(&text(3), 3).unwrap().themed(Theme::Dark);
    assert!(reads(&scene, &text(3)));
    let bytes: Vec<u8> = (0..=255).rev().step_by(3).collect();
    let mut view = CodeView::of_bytes(&bytes).unwrap();
    view.pose = Pose::facing(6.0);
    assert_eq!(look(&Scene::empty(4).with(view)).as_slice()[0].bytes(), bytes);
}

/// Measured: both in 274 of 300; the floor leaves room for the few seeds here.
#[test]
fn two_phones_are_mostly_two_symbols_and_never_a_third() {
    let both = |seed: &u64| {
        let texts = [text(*seed), text(*seed + 100)];
        let symbols = look(&Scene::two_phones(&texts[0], &texts[1], *seed).unwrap());
        assert!(symbols.iter().all(|s| texts.iter().any(|t| t.as_bytes() == s.bytes())), "a misread");
        symbols.len() == 2
    };
    let read = (0..20).filter(both).count();
    assert!(read >= 16, "{read} of 20");
}

#[test]
fn nothing_is_read_where_nobody_is() {
    assert!((0..10).all(|seed| look(&Scene::empty(seed)).is_empty()));
}

#[test]
fn the_scanner_finds_the_corners_where_the_scene_put_them() {
    let scene = Scene::phone(&text(5), 5).unwrap();
    let symbols = look(&scene);
    let module = scene.views[0].pose.module;
    for (found, (x, y)) in symbols.as_slice()[0].corners().iter().zip(scene.corners()[0]) {
        let away = (found.x as f32 - x).hypot(found.y as f32 - y);
        assert!(away < 4.0 * module, "{found:?} is {away} pixels from {x}, {y}");
    }
}

#[test]
fn a_seed_is_a_picture_and_another_seed_is_another() {
    let picture = |seed| Scene::harsh("TF1:SAME", seed).unwrap().render().pixels;
    assert_eq!(picture(9), picture(9));
    assert_ne!(picture(9), picture(10));
}

#[test]
fn a_scene_with_absurd_numbers_is_a_picture_all_the_same() {
    let absurd = [0.0, -1.0, 1e30, f32::NAN, f32::INFINITY, f32::NEG_INFINITY];
    for n in absurd {
        let pose = Pose { module: n, offset: (n, -n), turn: n, tilt: n, axis: n };
        let glare = Glare { strength: n, centre: (n, n), radius: n };
        let mut view = CodeView::of_text("TF1:X").unwrap();
        (view.pose, view.glare, view.moire) = (pose, glare, n);
        let lens = Lens { blur: n, vignette: n, slope: n, gain: n, noise: n };
        let backdrop = Backdrop { darkest: n, lightest: -n };
        let scene = Scene { width: 32, height: 0, lens, backdrop, ..Scene::empty(1) }.with(view);
        let picture = scene.render();
        assert_eq!((picture.width, picture.height, picture.pixels.len()), (32, 1, 32));
    }
}

#[test]
fn a_text_that_fits_no_code_is_refused() {
    let bytes = 3392;
    assert_eq!(Scene::phone(&"A".repeat(bytes), 1).unwrap_err(), DrawCodeError { bytes });
    assert!(Scene::phone(&"A".repeat(bytes - 1), 1).is_ok());
}

#[test]
fn a_print_without_a_camera_is_black_on_white_with_its_quiet_zone() {
    let picture = CodeView::of_text("TF1:X").unwrap().print(2);
    assert_eq!((picture.width, picture.height), (58, 58));
    assert!(picture.pixels[..58 * 8].iter().all(|p| *p == 255));
    assert_eq!(picture.pixels[8 * 58 + 8], 0);
}
