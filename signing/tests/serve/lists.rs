//! The colour comes from the list that lies there now; where the list says nothing, nothing is stated.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use gate_core::query::TerminalNumber;
use gate_signing::desk::{Desk, Order, STATUS_FILE};
use gate_signing::publish::Device;
use gate_status::Scope;
use gate_wire::credential::Colour;
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

use crate::world::{Answer, GREEN, RED, UNLISTED, World, YELLOW, body, post};

fn code(answer: &Answer) -> String {
    answer.refusal().1
}

#[test]
fn the_list_says_the_colour_and_the_newest_list_at_once() {
    let mut world = World::open();
    for (n, (number, colour)) in [(GREEN, "green"), (YELLOW, "yellow"), (RED, "red")].into_iter().enumerate()
    {
        assert_eq!(world.code(&format!("request-{n}"), number).field("colour"), colour);
    }
    world.build_list(Scope::Population, 0, &[(GREEN, Colour::Red)]);
    assert_eq!(
        world.code("request-7", GREEN).field("colour"),
        "red",
        "no old green is stated after a new red"
    );
}

#[test]
fn who_is_in_no_list_of_everybody_gets_no_code_and_no_page() {
    let mut world = World::open();
    assert_eq!(world.code("request-1", UNLISTED).refusal(), (422, "not_listed".to_owned()));
    let page = world.post("/v1/sessions", &world.token, &body("request-2", UNLISTED));
    assert_eq!(code(&page), "not_listed");
    world.build_list(Scope::Exceptions, 0, &[(RED, Colour::Red)]);
    assert_eq!(world.code("request-3", UNLISTED).field("colour"), "green", "not among the exceptions");
}

#[test]
fn a_list_too_old_ahead_of_the_clock_damaged_or_gone_gives_no_code() {
    let mut world = World::open();
    world.clock.pass(86_400);
    assert_eq!(code(&world.code("request-1", GREEN)), "list_too_old");
    assert_eq!(code(&world.get("/healthz")), "list_too_old");
    world.build_list(Scope::Population, 0, &[(GREEN, Colour::Green)]);
    assert_eq!(world.code("request-2", GREEN).status, 200);
    let list = world.desk().join("status-list.db");
    let mut bytes = std::fs::read(&list).unwrap();
    bytes.truncate(4096);
    std::fs::write(&list, bytes).unwrap();
    assert_eq!(code(&world.code("request-3", GREEN)), "list_not_readable");
    std::fs::remove_file(&list).unwrap();
    assert_eq!(code(&world.code("request-4", GREEN)), "list_not_readable");
}

#[test]
fn a_colour_is_stated_with_every_delta_published_or_not_at_all() {
    let world = World::open();
    let mut desk = Desk::open(&world.desk()).unwrap();
    let mut list = desk.province.open_list(&desk.status_file()).unwrap();
    let table = format!("document_kind,number,second_number,colour\nresident-id,{GREEN},,red\n");
    let now = world.clock.time();
    let built = desk.province.build_delta(&list, now, table.as_bytes(), &mut Vec::new()).unwrap();
    desk.save().unwrap();
    assert_eq!(world.code("request-1", GREEN).field("colour"), "green", "it is not in its file yet");
    list.apply(&built.file).unwrap();
    desk.keep_changes(&list).unwrap();
    assert_eq!(world.code("request-2", GREEN).field("colour"), "red", "before any gate has it");
    let kept = world.desk().join("status-list.tfd");
    fs::remove_file(&kept).unwrap();
    assert_eq!(world.code("request-3", GREEN).field("colour"), "green", "as every gate says still");
    let delta = world.dir.path().join("red.tfd");
    fs::write(&delta, &built.file).unwrap();
    drop(desk);
    publish(&world, &[delta]);
    assert_eq!(code(&world.code("request-4", GREEN)), "list_not_readable");
    fs::write(kept, &built.file).unwrap();
    assert_eq!(world.code("request-5", GREEN).field("colour"), "red");
}

#[test]
fn no_colour_is_stated_from_a_list_before_the_one_published() {
    let mut world = World::open();
    let (here, aside) = (world.desk().join(STATUS_FILE), world.dir.path().join("old.db"));
    fs::copy(&here, &aside).unwrap();
    world.build_list(Scope::Population, 0, &[(GREEN, Colour::Red)]);
    let newest = fs::read(&here).unwrap();
    fs::copy(&aside, &here).unwrap();
    assert_eq!(world.code("request-1", GREEN).field("colour"), "green", "as every gate says still");
    fs::write(&here, &newest).unwrap();
    publish(&world, &[]);
    assert_eq!(world.code("request-2", GREEN).field("colour"), "red");
    fs::copy(&aside, &here).unwrap();
    assert_eq!(code(&world.code("request-3", GREEN)), "list_not_readable");
    fs::write(&here, &newest).unwrap();
    assert_eq!(world.code("request-4", GREEN).field("colour"), "red");
}

fn publish(world: &World, deltas: &[PathBuf]) {
    let mut desk = Desk::open(&world.desk()).unwrap();
    let status = desk.status_file();
    let order = Order {
        now: world.clock.time(),
        terminal: TerminalNumber::new(1).unwrap(),
        device: Device::MadeHere,
        status: Some(&status),
        deltas,
        without: &[],
    };
    desk.publish(&world.dir.path().join("data"), &order, &mut ChaCha20Rng::from_seed([7; 32])).unwrap();
}

#[test]
fn no_colour_is_stated_from_a_list_that_a_copy_of_the_desk_built() {
    let mut world = World::open();
    let (desk, copy) = (world.desk(), world.dir.path().join("copy"));
    let copied = Command::new("cp").arg("-a").args([&desk, &copy]).status().unwrap();
    assert!(copied.success());
    let own = fs::read(desk.join(STATUS_FILE)).unwrap();
    world.build_list(Scope::Population, 0, &[(RED, Colour::Green)]);
    let theirs = fs::read(desk.join(STATUS_FILE)).unwrap();
    // The copy is the desk, and what was the desk is the copy: it never built that list.
    fs::remove_dir_all(&desk).unwrap();
    fs::rename(&copy, &desk).unwrap();
    for (n, list, said) in [(1, &own, "red"), (2, &theirs, "list_not_readable"), (3, &own, "red")] {
        fs::write(desk.join(STATUS_FILE), list).unwrap();
        let answer = world.code(&format!("request-{n}"), RED);
        let told = if answer.status == 200 { answer.field("colour") } else { code(&answer) };
        assert_eq!(told, said, "{n}");
    }
}

#[test]
fn a_clock_behind_the_list_is_not_trusted() {
    let mut world = World::open();
    world.clock.pass(3_600);
    world.build_list(Scope::Population, 0, &[(GREEN, Colour::Green)]);
    // As if the machine had been set back by an hour.
    let mut behind = World::closed();
    std::fs::copy(world.desk().join("status-list.db"), behind.desk().join("status-list.db")).unwrap();
    behind.serve(crate::world::limits());
    let said = code(&behind.code("request-1", GREEN));
    assert!(["clock_unsure", "list_not_readable"].contains(&said.as_str()), "{said}");
}

#[test]
fn a_page_is_the_same_for_all_and_its_session_shows_the_colour_of_the_hour() {
    let mut world = World::open();
    let opened = world.post("/v1/sessions", &world.token, &body("request-1", GREEN));
    assert_eq!(opened.status, 200, "{opened:?}");
    let session = opened.field("session");
    assert_eq!((session.len(), opened.field("page")), (43, format!("/code/#{session}")));
    let next = |token: &str| world.send(&post("/code/next", token, ""));
    let shown = next(&session);
    assert_eq!(
        (shown.field("colour"), shown.field("name"), shown.field("seconds_left")),
        ("green".into(), "测*甲".into(), "900".into())
    );
    assert!(!shown.text.contains(GREEN) && !shown.text.contains("TF1:"));
    for (path, kind) in
        [("/code/", "text/html"), ("/code/page.css", "text/css"), ("/code/page.js", "text/javascript")]
    {
        let page = world.get(path);
        assert!(
            page.status == 200
                && page.head.contains(kind)
                && page.head.contains("content-security-policy: default-src 'none'")
        );
        for outside in ["http:", "https:", "<script>", "style=", "onclick=\"", "eval("] {
            assert!(!page.text.contains(outside), "{path}: {outside}");
        }
    }
    for wrong in ["", "x", &world.token, &"A".repeat(43)] {
        assert_eq!(code(&next(wrong)), "session_over");
    }
    world.build_list(Scope::Population, 0, &[(GREEN, Colour::Yellow)]);
    let next = |world: &World, token: &str| world.send(&post("/code/next", token, ""));
    assert_eq!(next(&world, &session).field("colour"), "yellow");
    let taps = (0..9).map(|_| next(&world, &session).status).filter(|status| *status == 429).count();
    assert!(taps >= 3, "a phone that hammers waits");
    world.operators.revoke(&crate::world::id("app"), world.clock.time()).unwrap();
    world.operators.save(&world.operators_file()).unwrap();
    world.clock.pass(120);
    assert_eq!(code(&next(&world, &session)), "session_over", "sessions end with their operator");
    world.clock.pass(7_200);
    assert_eq!(code(&next(&world, &session)), "session_over");
}

#[test]
fn a_full_house_refuses_and_has_room_when_sessions_are_over() {
    let world = World::open();
    let open =
        |n: u32| world.post("/v1/sessions", &world.token, &body(&format!("request-{n}"), GREEN)).refusal();
    for n in 0..10 {
        assert_eq!(open(n).0, 200);
    }
    assert_eq!(open(10), (503, "sessions_full".to_owned()));
    world.clock.pass(7_200);
    assert_eq!(open(11).0, 200);
}
