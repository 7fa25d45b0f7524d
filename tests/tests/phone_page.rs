//! The phone page in a real browser, photographed by the gate's camera and judged by the gate's own loop, from minute 0 to 16.
//! `PHONE_SCREENS=DIR` keeps what was seen.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "what goes wrong here must fail the test"
)]

#[path = "support/browser.rs"]
mod browser;
#[path = "phone_page/desk.rs"]
mod desk;
#[path = "phone_page/phone.rs"]
mod phone;

use browser::{Browser, Window};
use desk::Platform;
use gate_core::verdict::Verdict;
use gate_hal_linux::picture::GreyPicture;
use gate_sim::optics::{HeldScreen, Pose, Scene};
use gate_sim::people::Person;
use gate_sim::stage::{Setting, Stage, province};
use gate_wire::credential::Colour;
use gate_wire::time::Timestamp;
use phone::CLOCK;
use serde_json::json;

const PHONE: Window = Window { width: 390, height: 844, scale: 2.0, theme: "light", script: CLOCK };

/// The gate's lane by the clock on the wall: a wait is a power cut of that length.
struct Lane {
    stage: Stage,
}

impl Lane {
    fn time(&self) -> Timestamp {
        self.stage.time()
    }

    fn at(self, time: Timestamp) -> Lane {
        match time.since(self.time()) {
            0 => self,
            wait => Lane { stage: self.stage.reboot(wait).unwrap() },
        }
    }
}

/// What the gate says of a frame: verdict and reason, or nothing.
fn judged(lane: &mut Lane, frame: GreyPicture) -> Option<(Verdict, String)> {
    let stage = &mut lane.stage;
    let since = stage.screens_shown();
    stage.hold(frame);
    stage.run(1_000).unwrap();
    stage.hold_nothing();
    stage.run(7_000).unwrap();
    stage.told_since(since).map(|told| (told.verdict, told.reason.code().to_owned()))
}

fn said(verdict: Verdict, reason: &str) -> Option<(Verdict, String)> {
    Some((verdict, reason.to_owned()))
}

/// A camera before a hand: blurred, noisy, tilted, not in the middle.
fn photographed(picture: &GreyPicture, browser: &mut Browser, seed: u64) -> GreyPicture {
    let place = browser.read(
        "(function () { var r = document.getElementById('code').getBoundingClientRect(), d = window.devicePixelRatio; \
         return [(r.left + r.right) / 2 * d, (r.top + r.bottom) / 2 * d, r.width * d]; }())",
    );
    let [x, y, width] = [0, 1, 2].map(|n| place[n].as_f64().unwrap() as f32);
    let scene = Scene::empty(seed);
    let turn = [-7.0, 4.0, 9.0, -3.0][seed as usize % 4];
    let pose = Pose { turn, tilt: 12.0, axis: 40.0, offset: (14.0, -9.0), ..Pose::facing(330.0 / width) };
    scene.with_screen(&HeldScreen { picture, middle: (x, y), pose })
}

/// The screen as it is, before the camera.
fn shot(browser: &mut Browser, minute: u64, what: &str) -> GreyPicture {
    let (png, picture) = browser.screenshot();
    keep(&format!("minute-{minute}-{what}"), &png);
    let frame = photographed(&picture, browser, minute);
    keep_frame(&format!("minute-{minute}-{what}-frame"), &frame);
    frame
}

fn keep(name: &str, png: &[u8]) {
    if let Some(directory) = std::env::var_os("PHONE_SCREENS") {
        std::fs::create_dir_all(&directory).unwrap();
        std::fs::write(std::path::Path::new(&directory).join(format!("{name}.png")), png).unwrap();
    }
}

fn keep_frame(name: &str, frame: &GreyPicture) {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, frame.width as u32, frame.height as u32);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.write_header().unwrap().write_image_data(&frame.pixels).unwrap();
    keep(name, &bytes);
}

#[test]
fn the_page_held_to_the_gate_passes_until_its_code_is_over_and_again_when_it_is_refreshed() {
    let Some(mut browser) = Browser::start(PHONE) else {
        println!("SKIPPED the_page_held_to_the_gate: no chromium");
        return;
    };
    let person = Person::new(1).unwrap();
    let demo = province().unwrap();
    let listed = vec![(vec![demo.subject(&person.document).unwrap()], Colour::Green)];
    let stage = Stage::new(Setting { listed, ..Setting::default() }, demo).unwrap();
    let mut lane = Lane { stage };
    let platform = Platform::open(&[(&person, Colour::Green)]);
    let started = lane.time();
    platform.set(started);
    browser.open(&platform.page(&person));
    browser.wait_for("document.body.className === 'green'");
    // From now on the phone has no network: the page must live on what it has.
    browser.network(&json!(true));
    let mut saved = None;
    for minute in [0, 5, 14] {
        lane = lane.at(started.plus(minute * 60));
        browser.clock(lane.time().since(started));
        let frame = shot(&mut browser, minute, "held");
        assert_eq!(judged(&mut lane, frame.clone()), said(Verdict::Pass, "P01"), "minute {minute}");
        saved = Some(frame);
    }
    for minute in [15, 16] {
        lane = lane.at(started.plus(minute * 60));
        browser.clock(lane.time().since(started));
        browser.wait_for("document.body.innerText.indexOf('此码已过期，请点刷新') >= 0");
        let frame = shot(&mut browser, minute, "over");
        assert_eq!(judged(&mut lane, frame), None, "the page hides what is over");
        let picture = saved.clone().unwrap();
        assert_eq!(judged(&mut lane, picture), said(Verdict::Assist, "A01"), "saved at 14, minute {minute}");
    }
    // The network is back, and the person finds the button with the keyboard alone.
    platform.set(lane.time());
    browser.network(&json!(false));
    browser.wait_for("!document.getElementById('again').disabled");
    browser.press("Tab", 9, "");
    assert_eq!(browser.read("document.activeElement.id"), "again");
    browser.press("Enter", 13, "\r");
    browser.wait_for("document.body.className === 'green'");
    let frame = shot(&mut browser, 17, "refreshed");
    assert_eq!(judged(&mut lane, frame), said(Verdict::Pass, "P01"));
}

#[test]
fn the_page_refreshes_itself_in_time_and_never_shows_nothing_meanwhile() {
    let Some(mut browser) = Browser::start(PHONE) else {
        println!("SKIPPED the_page_refreshes_itself: no chromium");
        return;
    };
    let person = Person::new(2).unwrap();
    let platform = Platform::open(&[(&person, Colour::Yellow)]);
    browser.open(&platform.page(&person));
    browser.wait_for("document.body.className === 'yellow'");
    let path = "document.getElementById('modules').getAttribute('d')";
    let first = browser.read(path);
    browser.clock(470);
    assert_eq!(browser.read(path), first, "not before its time");
    platform.pass(601);
    browser.clock(601);
    browser.wait_for(&format!("{path} !== '' && {path} !== {first}"));
    assert_eq!(browser.read("document.body.className"), "yellow");
    let left = browser.read("document.getElementById('left').textContent");
    assert!(left.as_str().unwrap().contains("14:5"), "{left}");
    assert!(
        browser
            .read("window.location.href + document.cookie")
            .as_str()
            .unwrap()
            .find(&person.number)
            .is_none()
    );
}

#[test]
fn every_size_and_theme_keeps_the_code_dark_on_white_within_its_quiet_zone_and_readable() {
    let sizes = [(320, 480, 1.0), (390, 844, 3.0), (844, 390, 2.0), (768, 1024, 1.0)];
    let people: Vec<Person> = (3..6).map(|serial| Person::new(serial).unwrap()).collect();
    let colours = [Colour::Green, Colour::Yellow, Colour::Red];
    let listed: Vec<(&Person, Colour)> = people.iter().zip(colours).collect();
    let platform = Platform::open(&listed);
    for (at, (width, height, scale)) in sizes.into_iter().enumerate() {
        for theme in ["light", "dark"] {
            let Some(mut browser) = Browser::start(Window { width, height, scale, theme, script: CLOCK })
            else {
                println!("SKIPPED every_size_and_theme: no chromium");
                return;
            };
            browser.open(&platform.page(&people[at % 3]));
            browser.wait_for("document.body.className !== 'none'");
            browser.read("document.getElementById('paper').scrollIntoView()");
            let (png, picture) = browser.screenshot();
            keep(&format!("{width}x{height}-{theme}"), &png);
            let wide = browser.read("document.documentElement.scrollWidth <= window.innerWidth");
            assert_eq!(wide, true, "{width} x {height}: nothing is cut at the side");
            let mut scanner = gate_scan::Scanner::new();
            let frame =
                gate_scan::Frame::new(&picture.pixels, picture.width, picture.height, picture.width).unwrap();
            let found = (0..8).any(|_| !scanner.look(&frame).is_empty());
            assert!(found, "{width} x {height} {theme}: the code is read from the screen itself");
        }
    }
}
