//! Only what changed on the screen crosses the wire to the panel, and nothing that changed is forgotten.

use gate_sim::people::Person;
use gate_sim::stage::{Setting, Stage, province};
use gate_ui::{Canvas, Manner};
use gate_wire::credential::Colour;

use super::{listed_green, show_code, stage_for, tap_card};

/// Whether the glass shows exactly what is drawn for the screen, at one phase of what moves on it.
fn glass_is_true(stage: &Stage) -> bool {
    let Some(shown) = stage.world.display().last() else { return false };
    let mut canvas = Canvas::new(800, 480).unwrap();
    let glass = shown.drawing.rgb565();
    (0..gate_ui::PHASES).any(|phase| {
        gate_ui::draw_in(&shown.screen, stage.setting().manner, phase, &mut canvas);
        glass == canvas.pixels()
    })
}

#[test]
fn the_glass_shows_every_screen_whole_though_only_changes_are_sent() {
    let person = Person::new(1).unwrap();
    let mut stage = stage_for(&person);
    stage.run(200).unwrap();
    assert!(glass_is_true(&stage));
    for colour in [Colour::Green, Colour::Red, Colour::Yellow] {
        show_code(&mut stage, &person, colour);
        assert!(glass_is_true(&stage), "{colour:?}");
        stage.run(20_000).unwrap();
        assert!(glass_is_true(&stage), "after {colour:?}");
    }
    tap_card(&mut stage, &person);
    assert!(glass_is_true(&stage));
    let display = stage.world.display();
    let whole = display.presented() * 800 * 480 * 2;
    assert!(display.pushed() < whole, "{} of {whole}", display.pushed());
}

#[test]
fn every_theme_and_leading_language_reaches_the_glass_and_outlives_a_power_cut() {
    let person = Person::new(1).unwrap();
    for manner in Manner::ALL {
        let province = province().unwrap();
        let setting = Setting { manner, ..listed_green(&province, &person) };
        let mut stage = Stage::new(setting, province).unwrap();
        stage.run(200).unwrap();
        assert!(glass_is_true(&stage), "{manner:?}");
        show_code(&mut stage, &person, Colour::Green);
        assert!(glass_is_true(&stage), "{manner:?}");
        assert!(glass_is_true(&stage.reboot(10).unwrap()), "{manner:?}");
    }
}

#[test]
fn a_display_that_was_pulled_out_is_sent_everything_again() {
    let person = Person::new(1).unwrap();
    let mut stage = stage_for(&person);
    stage.run(200).unwrap();
    stage.world.display().unplug();
    // The minute of the clock changes, and nobody sees it.
    stage.run(61_000).unwrap();
    stage.world.display().plug();
    show_code(&mut stage, &person, Colour::Red);
    assert!(glass_is_true(&stage));
}
