//! A terminal whose things are in another's hands: what each can still do.

use std::fs;
use std::process::Command;

use gate_carry::wants::hex;
use gate_core::verdict::Verdict;

use super::drills::Drill;
use super::hub;
use super::journey::CHANGED;
use super::night::names;
use super::programs::program;
use super::whole_round::Province;

/// What `gate-hub take` ends with.
fn taken(land: &Province) -> (Option<i32>, String) {
    let mut hub = Command::new(program("gate-hub", "gate-hub"));
    hub.args(["take", "--acknowledges-as", &hex(&hub::KID.0), "--by", "测试员", "--from"]);
    let output = hub.arg(land.path("records")).arg("--data").arg(&land.hub.data).output().unwrap();
    let told = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8(told).unwrap())
}

#[test]
fn swapped_terminals_records_go_over_their_own_ways_alone_and_arrive_once() {
    let mut land = Province::new();
    land.night();
    land.renewed();
    land.decide(&[(3, Verdict::Pass)]);
    // What one wrote lies where the other's line takes from: boxes, disks or lines were exchanged.
    let [(b, _), _] = &mut land.others;
    b.everything_is_out();
    let (own, foreign) = (land.round.terminal.to.spool.join("out"), b.to.spool.join("out"));
    let strangers: Vec<String> =
        names(&foreign).iter().map(|name| name.print().as_str().to_owned()).collect();
    for name in &strangers {
        fs::copy(foreign.join(name), own.join(name)).unwrap();
    }
    let of =
        |land: &Province, number: u32| land.hub.places().iter().filter(|place| place.0 == number).count();
    let before = [of(&land, 42), of(&land, 43)];
    land.line.carrier(&["once"]);
    let after = [of(&land, 42), of(&land, 43)];
    assert_eq!(after[1], before[1], "a line brings its own terminal's");
    assert!(after[0] > before[0] && strangers.iter().all(|name| own.join(name).exists()));
    // Whoever finds them takes them away.
    strangers.iter().for_each(|name| fs::remove_file(own.join(name)).unwrap());
    // The same rows by their own way: there once.
    land.night();
    let places = land.hub.places();
    let distinct: std::collections::BTreeSet<_> = places.iter().collect();
    assert_eq!(distinct.len(), places.len());
    assert!(of(&land, 43) > before[1]);
    land.round.step_of(1..=CHANGED, "red");
    land.night();
    land.renewed();
    land.decide(&[(3, Verdict::Stop), (CHANGED + 1, Verdict::Pass)]);
}

#[test]
fn a_revoked_terminals_line_and_sticks_bring_nothing_and_its_lane_goes_on() {
    let mut land = Province::new();
    land.night();
    land.renewed();
    for number in ["42", "43"] {
        land.hub.say(&["revoke", "--terminal", number]);
    }
    land.decide(&[(3, Verdict::Pass)]);
    let before = land.hub.places();
    land.round.terminal.everything_is_out();
    let output = land.line.carrier(&["once"]);
    assert!(
        !output.status.success() && String::from_utf8_lossy(&output.stdout).contains("403"),
        "{output:?}"
    );
    let records = land.path("records");
    let (b, bag) = &mut land.others[0];
    bag.load(&land.hub.data.join("repository"));
    bag.visit(b);
    bag.give_back(&records);
    let (code, told) = taken(&land);
    assert_eq!(code, Some(1), "{told}");
    assert_eq!(land.hub.places(), before, "nothing of either came in");
    // Its rows are where they were: a person decides what becomes of them.
    assert!(!names(&land.others[0].0.to.spool.join("out")).is_empty());
}

#[test]
fn a_stolen_terminal_reads_its_epoch_to_the_end_and_nothing_after_it() {
    let mut land = Province::new();
    land.night();
    // Each night's data are taken over before the next: or the first are what it was waited for.
    land.renewed();
    land.round.step_of(1..=CHANGED, "red");
    land.night();
    land.renewed();
    land.decide(&[(3, Verdict::Stop)]);
    // From here on nothing is sealed to it. It finds a stick, and its keys still open the list of this epoch.
    let mut drill = Drill::begin("an opened terminal");
    land.round.others.retain(|(number, _)| number.value() != 43);
    drill.step("operator", "revoke", || land.hub.say(&["revoke", "--terminal", "43"]));
    land.meet();
    land.round.step_of(1..=10, "yellow");
    land.round.bring_out();
    let thief = |land: &Province| {
        let (b, _) = &land.others[0];
        land.round.carry_to(&b.to.spool);
        b.keep()
    };
    let report = thief(&land);
    assert!(!report.has_refusals(), "{}", report.in_words());
    land.others[0].0.stage.run_until_renewed().unwrap();
    assert_eq!(land.others[0].0.verdict(3), Verdict::Limit, "the same epoch: it reads on");
    drill.believes("it reads the deltas of its epoch on, from a stick that somebody found");
    // The next epoch: another key, which nobody sealed to it.
    land.meet();
    land.round.steps.clear();
    let renewed = || land.round.terminal.stage.renew_list().unwrap();
    drill.step("desk", "a new epoch, sealed to the others alone", renewed);
    drill.step("desk and authorities", "draft, sign, publish", || land.round.bring_out());
    let report = thief(&land);
    assert!(report.has_refusals(), "{}", report.in_words());
    let b = &mut land.others[0].0;
    assert_eq!(b.verdict(3), Verdict::Limit, "the old list is all that it has");
    drill.believes("it is sealed out of the new epoch, and keeps the list that it has");
    // The others go on.
    land.round.carry_to(&land.hub.data.join("repository"));
    drill.step("a terminal with a line", "fetch it and take it into force", || {
        land.line.sync(&land.round.terminal);
        land.round.terminal.stage.run_until_renewed().unwrap();
    });
    assert_eq!(land.round.terminal.verdict(3), Verdict::Pass);
    // And what it has grows old like anybody's.
    let mut next = land.next_day();
    for _ in 0..7 {
        next = next.next_day();
    }
    assert_eq!(next.others[0].0.verdict(3), Verdict::Assist);
}
