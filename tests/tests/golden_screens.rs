//! The screens as pictures: pixel for pixel what `tests/golden/screens` shows, and in every other size, theme and leading
//! language what `tests/golden/screens.txt` has the hash of; told apart without colour.
//! `BLESS=1 cargo test -p gate-tests --test golden_screens` rewrites pictures and hashes; look at them before committing.
//! Must not know: how a screen is laid out.

#![expect(clippy::unwrap_used, reason = "a test ends at its first surprise")]

#[path = "golden_screens/picture.rs"]
mod picture;
#[path = "golden_screens/sight.rs"]
mod sight;
#[path = "../../firmware/ui/specimens/mod.rs"]
mod specimens;

use std::collections::BTreeSet;
use std::path::PathBuf;

use gate_core::screen::{Idle, Screen};
use gate_scan::{Frame, Scanner};
use gate_ui::{Canvas, Language, Manner, Theme};

const SIZE: (u32, u32) = (800, 480);

/// An SPI panel, the reference board's and a large one, lying and upright.
const PANELS: [(u32, u32); 6] = [(480, 320), SIZE, (1280, 800), (320, 480), (480, 800), (800, 1280)];

fn drawn(screen: &Screen) -> Canvas {
    drawn_in(screen, Manner::HOUSE, SIZE)
}

fn drawn_in(screen: &Screen, manner: Manner, (width, height): (u32, u32)) -> Canvas {
    let mut canvas = Canvas::new(width, height).unwrap();
    gate_ui::draw_in(screen, manner, 0, &mut canvas);
    canvas
}

fn golden(file: &str) -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "golden", file].iter().collect()
}

fn path(name: &str) -> PathBuf {
    golden("screens").join(format!("{name}.png"))
}

fn blesses() -> bool {
    std::env::var_os("BLESS").is_some()
}

#[test]
fn every_screen_is_as_blessed() {
    let mut changed = Vec::new();
    for (name, screen) in specimens::all() {
        let canvas = drawn(&screen);
        if blesses() {
            picture::save(&path(name), &canvas);
        } else if picture::load(&path(name)).as_deref() != Some(&canvas.rgb888()[..]) {
            changed.push(name);
        }
    }
    assert!(changed.is_empty(), "changed: {changed:?}; look, then bless");
}

/// What a combination is called in the list of hashes.
fn called(name: &str, (width, height): (u32, u32), manner: Manner) -> String {
    let theme = match manner.theme {
        Theme::Dark => "dark",
        Theme::Light => "light",
    };
    let language = match manner.language {
        Language::Chinese => "zh",
        Language::English => "en",
    };
    format!("{name} {width}x{height} {theme} {language}")
}

/// FNV-1a over the pixels: it has to notice a change, not to withstand anybody.
fn hash(canvas: &Canvas) -> u64 {
    let step = |hash: u64, pixel: &u16| (hash ^ u64::from(*pixel)).wrapping_mul(0x100_0000_01b3);
    canvas.pixels().iter().fold(0xcbf2_9ce4_8422_2325, step)
}

#[test]
fn every_screen_is_as_blessed_on_every_panel_in_both_themes_and_languages() {
    let mut lines = Vec::new();
    for (name, screen) in specimens::all() {
        for (panel, manner) in PANELS.iter().flat_map(|panel| Manner::ALL.map(|manner| (*panel, manner))) {
            let hash = hash(&drawn_in(&screen, manner, panel));
            lines.push(format!("{} {hash:016x}", called(name, panel, manner)));
        }
    }
    let list = golden("screens.txt");
    if blesses() {
        std::fs::write(&list, lines.join("\n") + "\n").unwrap();
    }
    let blessed = std::fs::read_to_string(&list).unwrap();
    let blessed: BTreeSet<&str> = blessed.lines().collect();
    let changed: Vec<&String> = lines.iter().filter(|line| !blessed.contains(line.as_str())).collect();
    assert!(changed.is_empty(), "{} changed: {changed:#?}; look, then bless", changed.len());
    assert_eq!(blessed.len(), lines.len(), "hashes of combinations that there are not");
    println!("{} combinations of {} screens", lines.len(), specimens::all().len());
}

#[test]
fn there_is_no_picture_without_its_screen() {
    let names: Vec<&str> = specimens::all().into_iter().map(|(name, _)| name).collect();
    for file in std::fs::read_dir(golden("screens")).unwrap() {
        let file = file.unwrap().path();
        let name = file.file_stem().unwrap().to_str().unwrap();
        assert!(names.contains(&name), "{name}.png belongs to no screen");
    }
    assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len(), "two screens of one name");
}

#[test]
fn a_screen_leaves_nothing_of_the_one_before() {
    let screens = specimens::all();
    let mut canvas = drawn(&screens[0].1);
    for (name, screen) in &screens {
        gate_ui::draw(screen, &mut canvas);
        assert!(canvas == drawn(screen), "{name}");
    }
}

#[test]
fn a_phone_reads_the_place_code_byte_for_byte() {
    for payload in ["https://example.invalid/place?id=510100-0042&c=7Q2M", &"场所W9".repeat(25)] {
        for (panel, manner) in
            PANELS[1..3].iter().flat_map(|panel| Manner::ALL.map(|manner| (*panel, manner)))
        {
            let idle = Idle { place_code: payload.try_into().unwrap(), ..specimens::idle() };
            let pixels = drawn_in(&Screen::Idle(idle), manner, panel).rgb888();
            let grey: Vec<u8> = pixels.chunks_exact(3).map(|pixel| pixel[1]).collect();
            let (width, height) = (panel.0 as usize, panel.1 as usize);
            let symbols = Scanner::new().look(&Frame::new(&grey, width, height, width).unwrap());
            assert!(
                symbols.iter().map(|symbol| symbol.bytes()).eq([payload.as_bytes()]),
                "{panel:?} {manner:?}"
            );
        }
    }
}
