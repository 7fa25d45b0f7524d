//! No input of any kind is taken for a person, or opens the gate, unless it is one (issue, "What bad input gets").

use gate_sim::optics::{Lens, Scene};
use gate_sim::people::Person;
use gate_sim::stage::Stage;
use gate_wire::credential::Colour;
use gate_wire::record::RecordKind;

use super::{show_code, stage_for, tap_card};

fn passages(stage: &Stage) -> usize {
    stage.records().unwrap().iter().filter(|(_, record)| record.kind == RecordKind::Passage).count()
}

/// Bytes without rhyme, the same every time.
fn noise(count: usize, seed: u32) -> Vec<u8> {
    let mut state = seed;
    let next = |_| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    };
    (0..count).map(next).collect()
}

#[test]
fn noise_on_the_readers_line_is_no_attempt_and_the_next_card_is_read() {
    let person = Person::new(1).unwrap();
    let mut stage = stage_for(&person);
    let before = stage.screens_shown();
    for seed in 0..20 {
        let now = stage.world.now();
        stage.reader.babble(now, &noise(257, seed));
        stage.run(250).unwrap();
    }
    assert_eq!((stage.told_since(before), passages(&stage), stage.pulses().len()), (None, 0, 0));
    stage.run(5_000).unwrap();
    tap_card(&mut stage, &person);
    assert_eq!((passages(&stage), stage.pulses().len()), (1, 1));
}

#[test]
fn frames_without_a_code_are_no_attempt() {
    let person = Person::new(1).unwrap();
    let mut stage = stage_for(&person);
    let before = stage.screens_shown();
    let snow = Lens { blur: 0.0, vignette: 0.0, slope: 0.0, gain: 1.0, noise: 200.0 };
    stage.hold(Scene { lens: snow, ..Scene::empty(7) }.render());
    stage.run(1_000).unwrap();
    for seed in 0..5 {
        stage.hold(Scene::empty(seed).render());
        stage.run(200).unwrap();
    }
    stage.hold(Scene { width: 1, height: 1, ..Scene::empty(8) }.render());
    stage.run(200).unwrap();
    assert_eq!((stage.told_since(before), passages(&stage), stage.pulses().len()), (None, 0, 0));
    show_code(&mut stage, &person, Colour::Green);
    assert_eq!((passages(&stage), stage.pulses().len()), (1, 1));
}
