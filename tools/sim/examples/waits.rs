//! How long people wait: COUNT codes held up and COUNT cards laid down, to the tone and to the picture.
//!
//! usage: waits [COUNT, 1 to 499]. One terminal, everybody once, at seeded moments between two looks of the loop and of the
//! reader. Counted: turns of the loop, 20 ms or what they really took; the reader's line at 115200 bit/s and 5 ms that the
//! module thinks. Not counted: the card's own radio, exposure of the camera, the way from the sounder's driver to the air.

#![expect(clippy::unwrap_used, reason = "a measurement ends at its first surprise")]

use gate_core::screen::Screen;
use gate_signing::demo_issuers::DemoIssuer;
use gate_signing::issue::Claim;
use gate_sim::people::{Person, VALID};
use gate_sim::report;
use gate_sim::stage::{Issue, Setting, Stage, province};
use gate_wire::credential::{Colour, Condition};

/// A card that lies longer without a verdict is a fault.
const PATIENCE_MS: u64 = 5_000;
/// A hand is held still for this long before it moves, so many times.
const STILL_MS: u64 = 400;
const HANDS: u32 = 8;
/// From one person to the next: the gate is closed again.
const APART_MS: u64 = 6_000;
/// Seeded moments within this.
const MOMENTS_MS: u64 = 600;
/// A code is this old.
const CODE_AGE_S: i64 = 5;
/// And good for this long.
const CODE_LIFE_S: u32 = 60;

/// A small generator, so that a run can be repeated.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }
}

fn main() {
    let count: u16 = std::env::args().nth(1).map_or(200, |count| count.parse().unwrap());
    let people: Vec<Person> = (0..count * 2).map(|serial| Person::new(serial).unwrap()).collect();
    let province = province().unwrap();
    let listed =
        people.iter().map(|one| (vec![province.subject(&one.document).unwrap()], Colour::Green)).collect();
    let mut stage = Stage::new(Setting { listed, ..Setting::default() }, province).unwrap();
    let mut dice = Dice(0x7F4A_7C15_9E37_79B9);
    let (codes, cards) = people.split_at(usize::from(count));
    for (with_code, with_card) in codes.iter().zip(cards) {
        come(&mut stage, &mut dice);
        hold(&mut stage, with_code);
        come(&mut stage, &mut dice);
        tap(&mut stage, with_card);
    }
    let decided = stage.stopwatch.decided();
    println!("{count} codes and {count} cards (ms)\n{}", report::waits(decided));
    assert_eq!(decided.iter().filter(|one| one.answered.is_some()).count(), people.len());
}

/// Nobody comes in step with the terminal.
fn come(stage: &mut Stage, dice: &mut Dice) {
    stage.run(APART_MS + dice.below(MOMENTS_MS)).unwrap();
}

fn hold(stage: &mut Stage, person: &Person) {
    let claim = Claim::Screen(Condition::Colour(Colour::Green));
    let what = Issue { claim, age_s: CODE_AGE_S, life_s: CODE_LIFE_S };
    let code = stage.issue(DemoIssuer::Province, person, what).unwrap();
    // Whoever sees nothing happen moves the hand, and has waited since it first came.
    let answered = (0..HANDS).any(|_| {
        stage.hold_phone(&code.text).unwrap();
        stage.run_towards(STILL_MS, is_verdict).unwrap().is_some()
    });
    assert!(answered, "{HANDS} hands and no verdict");
    stage.hold_nothing();
}

fn tap(stage: &mut Stage, person: &Person) {
    stage.lay(person.card(VALID).unwrap());
    stage.run_until(PATIENCE_MS, is_verdict).unwrap();
    stage.take_card();
}

fn is_verdict(screen: &Screen) -> bool {
    matches!(screen, Screen::Verdict(_))
}
