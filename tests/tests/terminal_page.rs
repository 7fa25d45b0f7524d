//! The virtual terminal's page in a real browser, used as people use it: by mouse, by keyboard alone, through the tour.
//! `TERMINAL_SCREENS=DIR` keeps what was seen.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "what goes wrong here must fail the test"
)]

#[path = "support/browser.rs"]
mod browser;
#[path = "support/keeper.rs"]
mod keeper;
#[path = "terminal_page/keyboard.rs"]
mod keyboard;
#[path = "support/manuals.rs"]
mod manual;
#[path = "terminal_page/night.rs"]
mod night;
#[path = "terminal_page/office.rs"]
mod office;
#[path = "support/programs.rs"]
mod programs;
#[path = "terminal_page/sticks.rs"]
mod sticks;
#[path = "terminal_page/tasks.rs"]
mod tasks;
#[path = "terminal_page/visitor.rs"]
mod visitor;

use serde_json::json;
use visitor::Visitor;

/// What was done to each control of the page.
const WITNESS: &str = "window.used = new Set(); window.nameOf = (e) => e.id || e.dataset.guest || e.dataset.key || e.dataset.digit || \
    e.closest('label')?.textContent || e.textContent; for (const kind of ['click', 'change', 'input']) \
    document.addEventListener(kind, (event) => { const e = event.target.closest('button, input, select, textarea'); \
    if (e) window.used.add(window.nameOf(e)); }, true);";
const CONTROLS: &str = "Array.from(document.querySelectorAll('button, input, select, textarea'))";

#[test]
fn every_control_of_the_page_does_what_it_says() {
    let Some(mut visitor) = Visitor::comes("every_control_of_the_page_does_what_it_says", WITNESS) else {
        return;
    };
    speak(&mut visitor);
    meet_everybody(&mut visitor);
    work_as_attendant(&mut visitor);
    change_the_world(&mut visitor);
    show_to_the_camera(&mut visitor);
    sticks::come(&mut visitor);
    visitor.click("#tour-start");
    visitor.wait("!document.getElementById('guide').hidden");
    visitor.click("#guide-next");
    visitor.wait("document.getElementById('guide-step').textContent.startsWith('2')");
    visitor.click("#guide-end");
    visitor.wait("document.getElementById('guide').hidden");
    let unused = visitor.read(&format!("{CONTROLS}.map(nameOf).filter((name) => !used.has(name))"));
    assert_eq!(unused, json!([]), "controls that no step here has used");
}

/// Seconds are printed, never asserted: `TERMINAL_ADDRESS=URL` comes to a program that runs already.
#[test]
fn a_new_user_clicks_a_person_and_sees_a_verdict() {
    let began = std::time::Instant::now();
    let Some(mut visitor) = Visitor::comes("a_new_user_clicks_a_person_and_sees_a_verdict", "") else {
        return;
    };
    let shown = began.elapsed().as_secs_f64();
    visitor.is_judged("[data-guest='card-green']", "P");
    let judged = began.elapsed().as_secs_f64();
    println!("browser started and page ready: {shown:.1} s; verdict after that: {:.1} s", judged - shown);
    visitor.keep("first-verdict");
}

#[test]
fn the_panels_keys_stand_above_the_fold_of_a_laptop() {
    let test = "the_panels_keys_stand_above_the_fold_of_a_laptop";
    let Some(mut visitor) = Visitor::comes(test, "") else { return };
    for _ in 0..2 {
        visitor.click("#language");
        let below = "Array.from(document.querySelectorAll('#keys button')).map((key) => [key.textContent, \
            key.getBoundingClientRect().bottom]).filter(([, bottom]) => bottom > Math.min(900, innerHeight))";
        assert_eq!(visitor.read(below), json!([]));
    }
    visitor.keep("panel");
}

fn speak(visitor: &mut Visitor) {
    for (language, title) in [("zh", "虚拟终端"), ("en", "virtual terminal"), ("zh", "虚拟终端")] {
        visitor.click("#language");
        visitor.wait(&format!(
            "document.documentElement.lang === '{language}' && document.title.includes('{title}')"
        ));
        let nameless = "Array.from(document.querySelectorAll('button')).filter((b) => /^(undefined)?$/.test(b.textContent.trim())).length";
        assert_eq!(visitor.read(nameless), 0, "{language}");
    }
    for on in ["false", "true"] {
        visitor.click("#mute");
        visitor.wait(&format!("document.getElementById('mute').getAttribute('aria-pressed') === '{on}'"));
    }
}

/// Everybody comes to the camera or the reader; one of each kind is waited for until the verdict that the page foretells.
fn meet_everybody(visitor: &mut Visitor) {
    let guests = visitor.read("fetch('guests.json').then((answer) => answer.json())");
    let waited_for =
        ["phone-green", "phone-yellow", "phone-red", "phone-forged", "paper-green", "card-unlisted"];
    assert!(guests.as_array().unwrap().len() >= 20);
    for guest in guests.as_array().unwrap() {
        let (id, expected) = (guest["id"].as_str().unwrap(), guest["expected"].as_str().unwrap());
        let button = format!("[data-guest='{id}']");
        if waited_for.contains(&id) {
            visitor.is_judged(&button, &expected[..1].to_uppercase());
            visitor.keep(id);
        } else if expected != "opens" && id != "passport" {
            visitor.click(&button);
            visitor.wait(&format!("document.querySelector(\"{button}\").hasAttribute('data-here')"));
        }
    }
    let tabs = ["journal", "world", "camera", "why"];
    for tab in tabs {
        visitor.click(&format!("#to-{tab}"));
        visitor.wait(&format!("!document.getElementById('tab-{tab}').hidden"));
        assert_eq!(visitor.read("document.querySelectorAll('[role=tabpanel]:not([hidden])').length"), 1);
        visitor.keep(tab);
    }
}

fn work_as_attendant(visitor: &mut Visitor) {
    visitor.has_badge_and_pin("attendant");
    visitor.opens_by("acts 1", &["[data-key='accept']", "[data-digit='1']"]);
    visitor.opens_by("an emergency", &["[data-key='emergency']", "[data-key='ok']"]);
    visitor.opens_by("a companion", &["[data-key='companion']"]);
    let heard = visitor.read("view.sounds[view.sounds.length - 1].number");
    visitor.click("[data-key='say_again']");
    visitor.wait(&format!("view.sounds[view.sounds.length - 1].number > {heard}"));
    visitor.wait("document.body.dataset.sounded === 'opened'");
    for (key, digits) in [("document", "1"), ("temperature", "365"), ("clock", "2026")] {
        visitor.click(&format!("[data-key='{key}']"));
        visitor.wait("view.screen === 'staff'");
        visitor.types(digits);
        visitor.keep(key);
        visitor.click("[data-key='back']");
        visitor.wait("view.screen !== 'staff'");
    }
    visitor.types("2468");
    let staff = visitor.read("view.journal[view.journal.length - 1].sequence");
    visitor.click("[data-key='logout']");
    visitor.wait(&format!("view.journal.some((row) => row.sequence > {staff} && row.kind === 'staff')"));
    // A passport is typed by staff, with the keyboard.
    visitor.has_badge_and_pin("passport");
    visitor.click("[data-key='document']");
    visitor.wait("view.screen === 'staff'");
    visitor.types("1");
    let before = visitor.read("view.journal[view.journal.length - 1].sequence");
    for key in "E12345678".chars() {
        visitor.press(&key.to_string());
    }
    visitor.press("Enter");
    visitor.wait(&format!("view.journal.some((row) => row.sequence > {before} && row.verdict === 'P')"));
}

fn change_the_world(visitor: &mut Visitor) {
    visitor.click("#to-world");
    for place in ["hospital in", "station out", "hospital out", "station in"] {
        visitor.chooses("#tab-world select", 0, place);
        visitor.wait(&format!("view.place + ' ' + view.lane === '{place}' && view.screen !== 'off'"));
    }
    visitor.wait("view.screen === 'idle'");
    for disk in ["full", "broken", "well"] {
        visitor.chooses("#tab-world select", 1, disk);
        visitor.wait(&format!("view.world.disk === '{disk}'"));
    }
    let switches = ["network", "camera", "reader", "sounder", "lamps", "latch", "fire", "case", "walking"];
    for (at, switch) in switches.into_iter().enumerate() {
        for _ in 0..2 {
            let before = visitor.read(&format!("view.world.{switch}"));
            visitor.click_nth("#tab-world input[type=checkbox]", at);
            visitor.wait(&format!("view.world.{switch} !== {before}"));
        }
    }
    for (days, hours) in [(1, 24), (3, 72), (7, 168)] {
        let before = visitor.read("view.time").as_u64().unwrap();
        visitor.click(&format!("#days-{days}"));
        visitor.wait(&format!("view.time >= {before} + {hours} * 3600 && view.screen === 'idle'"));
    }
    let minutes = visitor.slides("#clock", 300);
    assert!((200..=400).contains(&minutes), "{minutes}");
    visitor.wait(&format!("view.world.clock_minutes === {minutes}"));
    visitor.click("#clock-dead");
    visitor.wait("view.world.clock_minutes === null");
    visitor.click("#clock-right");
    visitor.wait("view.world.clock_minutes === 0");
    let tenths = visitor.slides("#warm", 385);
    assert!((380..=390).contains(&tenths), "{tenths}");
    visitor.wait(&format!("view.world.tenths === {tenths}"));
    visitor.keep("world-changed");
    visitor.slides("#warm", 365);
    visitor.click("#power");
    visitor.wait("view.screen === 'idle'");
    visitor.click("#walk");
    visitor.wait("view.latch.occupied");
    visitor.wait("!view.latch.occupied");
    visitor.click("[data-guest='phone-expired']");
    visitor.wait("view.held === 'phone-expired'");
    visitor.click("#leave");
    visitor.wait("view.held === null");
}

fn show_to_the_camera(visitor: &mut Visitor) {
    visitor.click("#to-camera");
    visitor.click("#code-text");
    visitor.read("document.getElementById('code-text').value = 'https://pay.example/43'");
    visitor.is_judged("#show-text", "A");
    visitor.read("document.getElementById('code-text').dispatchEvent(new Event('input', { bubbles: true }))");
    visitor.keep("text");
    // A picture chosen, and one dropped: what the camera saw a moment ago, held up again.
    for way in ["choose", "drop"] {
        visitor.click("#leave");
        visitor.wait("view.held === null && view.screen === 'idle'");
        visitor.read(&format!("({HOLD_UP})('{way}')"));
        visitor.wait("view.held === 'picture'");
        visitor.wait("view.refused === null");
    }
    visitor.read("window.dropped = view.camera.number + 1");
    visitor.click("#webcam");
    visitor.wait("view.held === 'picture' && view.camera && view.camera.number > window.dropped");
    visitor.click("#webcam");
    visitor.wait("view.held === null");
}

/// Draws a picture and hands it to the page as a person's file, by the file field or by dropping.
const HOLD_UP: &str = "async (way) => { const canvas = new OffscreenCanvas(640, 480); canvas.getContext('2d').fillRect(40, 40, 300, 200); \
    const held = new DataTransfer(); held.items.add(new File([await canvas.convertToBlob()], 'a.png', { type: 'image/png' })); \
    if (way === 'choose') { const field = document.getElementById('code-file'); field.files = held.files; \
    field.dispatchEvent(new Event('change', { bubbles: true })); } \
    else document.getElementById('drop').dispatchEvent(new DragEvent('drop', { dataTransfer: held, bubbles: true, cancelable: true })); }";

#[test]
fn the_keyboard_alone_is_enough_and_its_place_is_always_seen() {
    let Some(mut visitor) = Visitor::comes("the_keyboard_alone_is_enough", WITNESS) else {
        return;
    };
    let seen = visitor.walks_by_tab();
    let wanted = visitor.read(&format!(
        "{CONTROLS}.filter((e) => !e.disabled && e.getClientRects().length && e.type !== 'file').map(nameOf)"
    ));
    for name in wanted.as_array().unwrap() {
        assert!(seen.contains(name), "{name} is not reached by Tab");
    }
    // Somebody's card, by Enter.
    visitor.focuses("[data-guest='card-green']");
    visitor.press("Enter");
    visitor.wait("view.journal.some((row) => row.verdict === 'P')");
    // The attendant's badge, PIN and an opening, typed.
    visitor.focuses("[data-guest='attendant']");
    visitor.press("Enter");
    visitor.wait("view.screen === 'pin'");
    visitor.focuses("[data-digit='1']");
    for key in ["1", "3", "5", "7", "9", "0"] {
        visitor.press(key);
    }
    visitor.press("Enter");
    visitor.wait("view.journal.some((row) => row.kind === 'staff')");
    // Tabs by the arrows, a switch by the space bar, a slider by the arrows.
    visitor.focuses("#to-why");
    visitor.press("ArrowRight");
    visitor.press("ArrowRight");
    visitor.wait("!document.getElementById('tab-world').hidden && document.activeElement.id === 'to-world'");
    visitor.focuses("#tab-world input[type=checkbox]");
    visitor.press(" ");
    visitor.wait("view.world.network === 'off'");
    visitor.focuses("#clock");
    visitor.press("ArrowRight");
    visitor.wait("view.world.clock_minutes === 5");
    // And the tour: Enter goes on to its end.
    visitor.focuses("#tour-start");
    visitor.press("Enter");
    visitor.wait("document.activeElement.id === 'guide-next'");
    visitor.keep("keyboard");
}

/// Keys that the guide lies over while it speaks of them; for anything else that it points at, whether it hides most of it.
const HIDDEN: &str = "(() => { const g = document.getElementById('guide').getBoundingClientRect(); \
    const under = (r) => Math.max(0, Math.min(r.right, g.right) - Math.max(r.left, g.left)) * \
    Math.max(0, Math.min(r.bottom, g.bottom) - Math.max(r.top, g.top)); const shown = document.querySelector('.shown'); \
    const r = shown.getBoundingClientRect(); const hidden = Array.from(shown.querySelectorAll('button')).filter((e) => under(e.getBoundingClientRect()) > 0); \
    return [...hidden.map((e) => e.textContent), ...(under(r) * 4 > r.width * r.height ? ['a quarter of it'] : [])]; })()";

#[test]
fn the_tour_shows_what_it_says() {
    let Some(mut visitor) = Visitor::comes("the_tour_shows_what_it_says", WITNESS) else {
        return;
    };
    visitor.click("#tour-start");
    let (mut judged, mut stop) = (Vec::new(), 1);
    while visitor.read("document.getElementById('guide').hidden") == false {
        visitor.wait(&format!("document.getElementById('guide-step').textContent.startsWith('{stop} /')"));
        assert_eq!(
            visitor.read("document.querySelectorAll('.shown').length"),
            1,
            "stop {stop} points at one thing"
        );
        visitor.wait(
            "(() => { const r = document.querySelector('.shown').getBoundingClientRect(); \
             return r.width > 0 && r.bottom > 0 && r.top < innerHeight; })()",
        );
        assert_eq!(visitor.read(HIDDEN), json!([]), "stop {stop}: the guide hides what it speaks of");
        // Whoever comes at this stop, and what the list of guests says they get.
        let guest = visitor
            .read(&format!("import('./tour.js').then((tour) => tour.stops[{stop} - 1].guest ?? null)"));
        if let Some(id) = guest.as_str() {
            let foretold = "fetch('guests.json').then((answer) => answer.json())";
            let expected = visitor
                .read(&format!("{foretold}.then((all) => all.find((one) => one.id === '{id}').expected)"));
            let expected = expected.as_str().unwrap().to_owned();
            visitor.wait(match expected.as_str() {
                "opens" => "view.screen === 'pin'".to_owned(),
                verdict => format!(
                    "view.screen === 'verdict' && view.why.verdict === '{}' && [view.held, view.laid].includes('{id}')",
                    verdict[..1].to_uppercase()
                ),
            }.as_str());
            judged.push(expected);
        }
        visitor.keep(&format!("tour-{stop:02}"));
        // Nobody stands at the gate with the last one's still open.
        visitor.wait("!view.latch.open && !view.latch.occupied");
        visitor.click("#guide-next");
        stop += 1;
        assert!(stop < 30, "the tour has no end");
    }
    assert_eq!(judged, ["pass", "pass", "limit", "stop", "assist", "opens"]);
}
