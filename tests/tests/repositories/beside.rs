//! What the gate decides while its carrier is at work, whoever is at the line's other end.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use gate_core::screen::Told;
use gate_core::verdict::Verdict;
use gate_signing::demo_issuers::DemoIssuer;
use gate_signing::issue::Claim;
use gate_sim::people::{Person, VALID};
use gate_sim::stage::{Issue, Setting, Stage, province, terminal_number};
use gate_wire::credential::{Colour, Condition};

use super::hostile::Server;
use super::journey::Round;
use super::way::Way;

/// A terminal whose list has a person of each colour, and what its authorities publish.
fn round() -> Round {
    let province = province().unwrap();
    let listed = [(1, Colour::Green), (2, Colour::Yellow), (3, Colour::Red)].map(|(serial, colour)| {
        (vec![province.subject(&Person::new(serial).unwrap().document).unwrap()], colour)
    });
    Round::of(Setting { listed: listed.into(), ..Setting::default() }, province)
}

/// What a person gets, a while after the one before, and how often the gate was opened by then.
fn passage(stage: &mut Stage, present: impl FnOnce(&mut Stage)) -> (Told, usize) {
    stage.run(11_000).unwrap();
    let since = stage.screens_shown();
    present(stage);
    stage.run(3_000).unwrap();
    stage.reader.pad.remove();
    stage.hold_nothing();
    stage.run(11_000).unwrap();
    (stage.told_since(since).unwrap(), stage.pulses().len())
}

/// Cards and codes of every colour, a code that is too old, a card of somebody whom nobody listed.
fn sequence(stage: &mut Stage) -> Vec<(Told, usize)> {
    let mut all = Vec::new();
    for serial in [1, 2, 3, 4] {
        let card = Person::new(serial).unwrap().card(VALID).unwrap();
        stage.gate().hurry_records();
        all.push(passage(stage, |stage| stage.reader.pad.insert(card)));
    }
    for (colour, age_s) in
        [(Colour::Green, 60), (Colour::Yellow, 60), (Colour::Red, 60), (Colour::Green, 3_600)]
    {
        let claim = Claim::Screen(Condition::Colour(colour));
        let person = Person::new(5).unwrap();
        let code = stage.issue(DemoIssuer::Province, &person, Issue { claim, age_s, life_s: 900 }).unwrap();
        stage.gate().hurry_records();
        all.push(passage(stage, |stage| stage.hold_phone(&code.text).unwrap()));
    }
    all
}

/// The same sequence while a carrier asks this server again and again; what stands in the carrier's log afterwards.
fn beside(server: Server) -> (Vec<(Told, usize)>, String) {
    let mut round = round();
    round.bring_out();
    let served = tempfile::tempdir().unwrap();
    round.carry_to(served.path());
    let way = Way::to(served.path(), server.hub(served.path()));
    let (asked, to, over) = (way.asked(), round.terminal.to.clone(), AtomicBool::new(false));
    thread::scope(|scope| {
        let over = &over;
        let carrier = scope.spawn(move || {
            loop {
                way.mirror(&to, terminal_number());
                if over.load(Ordering::Relaxed) {
                    return way.said();
                }
                // Everything anew in each round: a carrier that is never done.
                let _ = std::fs::remove_dir_all(to.spool.join("trust"));
            }
        });
        while asked.lock().unwrap().is_empty() {
            thread::sleep(Duration::from_millis(1));
        }
        let told = sequence(&mut round.terminal.stage);
        over.store(true, Ordering::Relaxed);
        (told, carrier.join().unwrap())
    })
}

#[test]
fn the_gate_decides_beside_a_hostile_server_as_it_does_alone() {
    let alone = sequence(&mut round().terminal.stage);
    let verdicts: Vec<Verdict> = alone.iter().map(|(told, _)| told.verdict).collect();
    for verdict in [Verdict::Pass, Verdict::Limit, Verdict::Stop, Verdict::Assist] {
        assert!(verdicts.contains(&verdict), "the sequence has every verdict: {verdicts:?}");
    }
    for (server, words) in Server::HOSTILE {
        let (told, said) = beside(server);
        assert_eq!(told, alone, "{server:?}");
        assert!(said.contains(words), "{server:?}: {said}");
    }
}
