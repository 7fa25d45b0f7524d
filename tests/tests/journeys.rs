//! Journeys deeper than a row of the tour: the latch and people in it, fire, staff, noise, faults. Written from DOMAIN,
//! DESIGN and the issue, not from what the code answers.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test ends at its first surprise")]

#[path = "journeys/chatter.rs"]
mod chatter;
#[path = "journeys/crowd.rs"]
mod crowd;
#[path = "journeys/enrolling.rs"]
mod enrolling;
#[path = "journeys/faults.rs"]
mod faults;
#[path = "journeys/fire.rs"]
mod fire;
#[path = "journeys/guidance.rs"]
mod guidance;
#[path = "journeys/hanging_port.rs"]
mod hanging_port;
#[path = "journeys/held.rs"]
mod held;
#[path = "journeys/journal_start.rs"]
mod journal_start;
#[path = "journeys/latch.rs"]
mod latch;
#[path = "journeys/latch_unwell.rs"]
mod latch_unwell;
#[path = "journeys/lists.rs"]
mod lists;
#[path = "journeys/noise.rs"]
mod noise;
#[path = "journeys/out_of_service.rs"]
mod out_of_service;
#[path = "journeys/panel.rs"]
mod panel;
#[path = "journeys/panel_wire.rs"]
mod panel_wire;
#[path = "journeys/revocations.rs"]
mod revocations;
#[path = "journeys/scanner.rs"]
mod scanner;
#[path = "journeys/shown.rs"]
mod shown;
#[path = "journeys/staff.rs"]
mod staff;
#[path = "journeys/swapped.rs"]
mod swapped;
#[path = "journeys/technician.rs"]
mod technician;
#[path = "journeys/two_at_the_keys.rs"]
mod two_at_the_keys;
#[path = "journeys/untold_devices.rs"]
mod untold_devices;
#[path = "journeys/visits.rs"]
mod visits;

use gate_core::screen::{Screen, Told};
use gate_signing::demo::DemoProvince;
use gate_signing::demo_issuers::DemoIssuer;
use gate_signing::issue::Claim;
use gate_sim::people::{Person, VALID};
use gate_sim::script::Scenario;
use gate_sim::stage::{Issue, Setting, Stage, province};
use gate_sim::tour::{Pictures, play_one};
use gate_wire::credential::{Colour, Condition};

/// A person who is listed as green at the station.
fn listed_green(province: &DemoProvince, person: &Person) -> Setting {
    let subject = province.subject(&person.document).unwrap();
    Setting { listed: vec![(vec![subject], Colour::Green)], ..Setting::default() }
}

/// A stage where that person comes.
fn stage_for(person: &Person) -> Stage {
    let province = province().unwrap();
    let setting = listed_green(&province, person);
    Stage::new(setting, province).unwrap()
}

/// Holds a fresh screen code of this colour until its verdict.
fn show_code(stage: &mut Stage, person: &Person, colour: Colour) -> Told {
    let claim = Claim::Screen(Condition::Colour(colour));
    let code = stage.issue(DemoIssuer::Province, person, Issue { claim, age_s: 60, life_s: 900 }).unwrap();
    stage.hold_phone(&code.text).unwrap();
    let told = verdict_within(stage, 1_000);
    stage.hold_nothing();
    told
}

/// Lays the person's card on the reader until its verdict, and takes it away.
fn tap_card(stage: &mut Stage, person: &Person) -> Told {
    stage.reader.pad.insert(person.card(VALID).unwrap());
    let told = verdict_within(stage, 1_000);
    stage.reader.pad.remove();
    told
}

fn verdict_within(stage: &mut Stage, millis: u64) -> Told {
    match stage.run_until(millis, |screen| matches!(screen, Screen::Verdict(_))).unwrap() {
        Screen::Verdict(told) => told,
        other => unreachable!("only a verdict was waited for, not {other:?}"),
    }
}

/// Lets turns pass until it is so: what a thread fetches comes in the machine's own time.
fn until_true(stage: &mut Stage, is: impl Fn(&Stage) -> bool) {
    for _ in 0..2_000 {
        if is(stage) {
            return;
        }
        stage.run(40).unwrap();
        std::thread::sleep(std::time::Duration::from_millis(2));
    }
    unreachable!("never so; the screen is {:?}", stage.screen());
}

/// Plays a scenario of one row and says what was missed.
fn assert_scenario(text: &str) {
    for passage in &Scenario::read(text).unwrap().passage {
        let played = play_one(passage, Pictures::Dropped);
        assert!(played.missed.is_empty(), "{}: {}", passage.id, played.missed.join("; "));
    }
}
