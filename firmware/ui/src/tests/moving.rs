//! What moves, drawn alone, is what the whole screen would be.

use gate_core::screen::{Hint, Screen};

use super::specimens;
use crate::{Canvas, Manner, PHASES, changes, draw_in, draw_moving, moves};

const PANELS: [(u32, u32); 4] = [(480, 320), (320, 480), (800, 480), (480, 800)];

fn moving() -> impl Iterator<Item = (&'static str, Screen)> {
    specimens::all().into_iter().filter(|(_, screen)| moves(screen))
}

#[test]
fn each_phase_drawn_alone_makes_the_screen_that_it_makes_when_all_is_drawn() {
    for (name, screen) in moving() {
        for ((width, height), manner) in PANELS.into_iter().zip(Manner::ALL) {
            let (mut whole, mut alone) =
                (Canvas::new(width, height).unwrap(), Canvas::new(width, height).unwrap());
            draw_in(&screen, manner, 0, &mut alone);
            for phase in (0..=PHASES).chain([3, 0]) {
                draw_in(&screen, manner, phase, &mut whole);
                let areas = draw_moving(&screen, manner, phase, &mut alone);
                assert_eq!(changes(&whole, &alone), [], "{name} {width} x {height}, phase {phase}");
                let within = areas.iter().all(|it| it.x + it.width <= width && it.y + it.height <= height);
                assert!(within, "{name}");
            }
        }
    }
}

#[test]
fn where_it_drew_holds_every_change() {
    let outside = |screen: &Screen| {
        let (mut before, mut after) = (Canvas::new(800, 480).unwrap(), Canvas::new(800, 480).unwrap());
        draw_in(screen, Manner::HOUSE, 0, &mut before);
        draw_in(screen, Manner::HOUSE, 0, &mut after);
        let areas = draw_moving(screen, Manner::HOUSE, 3, &mut after);
        let told = |at: usize| {
            let (x, y) = (at as u32 % 800, at as u32 / 800);
            let holds = |it: &&crate::Area| {
                (it.x..it.x + it.width).contains(&x) && (it.y..it.y + it.height).contains(&y)
            };
            areas.iter().any(|it| holds(&it))
        };
        let pairs = before.pixels().iter().zip(after.pixels());
        let moved = pairs.enumerate().filter(|(_, (old, new))| old != new);
        (moved.clone().count(), moved.filter(|(at, _)| !told(*at)).count())
    };
    let (moved, missed) = outside(&Screen::Hint(Hint::ComeCloser));
    assert!(moved > 500 && missed == 0, "{moved} {missed}");
    let (moved, missed) = outside(&Screen::Idle(specimens::idle()));
    assert!(moved > 200 && missed == 0, "{moved} {missed}");
}
