//! `gate` and `gate-sign` as processes: after people passed and were served, the memory of both is searched for their names
//! and numbers (DOMAIN §15), and neither leaves a core dump.
//!
//! The people live in this process only: cards come over a pseudo-terminal, requests over a socket, typed numbers over a
//! pipe. Memory is read from `/proc/PID/mem`, which both programs refuse to other accounts: as root, or it is skipped.
#![expect(clippy::unwrap_used, reason = "test helpers: what goes wrong here must fail the test")]

#[path = "memory/gate.rs"]
mod gate;
#[path = "names_and_numbers/people.rs"]
#[expect(dead_code, reason = "typed documents are a matter of the test of that name")]
mod people;
#[path = "memory/process.rs"]
mod process;
#[path = "support/programs.rs"]
mod programs;
#[path = "names_and_numbers/search.rs"]
#[expect(dead_code, reason = "what a search counts is told by the test of that name")]
mod search;
#[path = "memory/sign.rs"]
mod sign;
#[path = "memory/world.rs"]
mod world;

use std::os::unix::process::ExitStatusExt;

use people::Invented;
use search::Search;
use world::World;

const PEOPLE: usize = 12;
/// Asked for by the service.
const SERVED: usize = 300;
/// Asked for by the service, and refused.
const UNLISTED: usize = 60;

fn crowd(many: usize) -> Vec<Invented> {
    (0..many).map(Invented::new).collect()
}

#[test]
fn after_a_passage_nobodys_name_or_number_is_in_the_memory_of_the_gate() {
    let (crowd, world) = (crowd(PEOPLE), World::new(&crowd(PEOPLE)));
    let search = Search::of(&crowd);
    let mut gate = gate::Gate::start(&world);
    for one in &crowd[..6] {
        gate.card(one);
    }
    gate.show(&world.code(&crowd[6]));
    gate.log_in(&world.badge(&crowd[7]));
    for one in &crowd[8..10] {
        gate.type_passport(one);
    }
    gate.settle();
    let Some(found) = gate.process.memory(&search) else {
        println!("SKIPPED the gate's memory: it may not be read here (not root?)");
        return;
    };
    println!("gate: {} bytes in {} mappings: {} hits", found.bytes, found.mappings, found.hits.len());
    assert!(found.bytes > 1 << 20, "{found:?}");
    assert_eq!(found.hits, []);
}

#[test]
fn between_requests_nobodys_name_or_number_is_in_the_memory_of_the_service() {
    let (crowd, world) = (crowd(SERVED + UNLISTED), World::new(&crowd(SERVED)));
    let search = Search::of(&crowd);
    let service = sign::Service::start(&world);
    for (at, one) in crowd.iter().enumerate() {
        if at < SERVED { service.screen_code(one, at) } else { service.refused(one, at) }
    }
    service.settle();
    let Some(found) = service.process.memory(&search) else {
        println!("SKIPPED the service's memory: it may not be read here (not root?)");
        return;
    };
    println!("service: {} bytes in {} mappings: {} hits", found.bytes, found.mappings, found.hits.len());
    assert!(found.bytes > 1 << 20, "{found:?}");
    assert_eq!(found.hits, []);
}

#[test]
fn what_the_programs_leave_behind_after_codes_were_made_names_nobody() {
    let (crowd, world) = (crowd(PEOPLE), World::new(&crowd(PEOPLE)));
    let service = sign::Service::start(&world);
    for (at, one) in crowd.iter().enumerate() {
        service.screen_code(one, at);
        sign::issue(&world, one, at);
    }
    drop(service);
    let found = Search::of(&crowd).folder(&world.path(""));
    assert!(found.files > 2 * PEOPLE, "desk, data and codes are looked at: {found:?}");
    assert_eq!(found.hits, []);
}

#[test]
fn what_is_planted_in_a_process_is_found_in_its_memory() {
    let crowd = crowd(PEOPLE);
    let name = crowd[3].person.name;
    let sleeping =
        process::Process::spawn(std::process::Command::new("sleep").args(["30"]).env("PLANTED", name));
    std::thread::sleep(std::time::Duration::from_millis(200));
    let Some(found) = sleeping.memory(&Search::of(&crowd)) else {
        println!("SKIPPED what_is_planted: no memory may be read here");
        return;
    };
    assert!(!found.hits.is_empty());
}

#[test]
fn neither_program_leaves_a_core_dump_even_where_everything_else_may() {
    let folder = tempfile::tempdir().unwrap();
    let dumps = |program: &str, arguments: &[&str], ready: &str| {
        let mut process = process::Process::spawn(&mut process::dumping(program, arguments, folder.path()));
        if !ready.is_empty() {
            process.wait_for(ready, || ());
        }
        process.abort().core_dumped()
    };
    if !dumps("sleep", &["30"], "") {
        println!("SKIPPED neither_program_leaves_a_core_dump: this machine dumps nothing of anybody");
        return;
    }
    let world = World::new(&crowd(PEOPLE));
    gate::configure(&world);
    let (gate, sign) =
        (programs::program("gate", "gate-terminal"), programs::program("gate-sign", "gate-signing"));
    let (configuration, desk, operators) =
        (world.path("gate.toml"), world.path("desk"), world.path("operators.json"));
    let text = |path: &'_ std::path::Path| path.to_str().unwrap().to_owned();
    let run = ["run", "--config", &text(&configuration)].map(str::to_owned);
    let serve = ["serve", "--listen", "127.0.0.1:0", "--dir", &text(&desk), "--operators", &text(&operators)];
    assert!(!dumps(&text(&gate), &run.each_ref().map(String::as_str), "Idle"));
    assert!(!dumps(&text(&sign), &serve, "listening on "));
}
