//! Full redraw of each screen on each panel: medians, and as a ratio to filling the canvas with one colour, which says more
//! about another board than microseconds do; finding what changed; and the bytes that cross the wire to the panel when the
//! screen follows the idle one, and the idle one follows it; a phase of what moves: drawn alone, beside drawing all of it, and the
//! bytes of the areas that it changes. `cargo bench -p gate-ui`. With `--one NAME COUNT` a screen is drawn so often at 800 x 480, and
//! nothing is timed: for callgrind (`just redraw-instructions`).

#[path = "../specimens/mod.rs"]
mod specimens;

use std::hint::black_box;
use std::time::Instant;

use embedded_graphics::draw_target::DrawTarget;
use embedded_graphics::geometry::Dimensions;
use embedded_graphics::pixelcolor::{Rgb565, RgbColor};
use gate_core::screen::{Hint, Screen, StaffStep};
use gate_ui::{Canvas, Manner, PHASES, changes, draw, draw_moving, moves};

const ROUNDS: usize = 31;
const PANELS: [(u32, u32); 6] = [(480, 320), (320, 480), (800, 480), (480, 800), (1280, 800), (800, 1280)];

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if let Some(at) = arguments.iter().position(|argument| argument == "--one") {
        return draw_one(arguments.get(at + 1..).unwrap_or_default());
    }
    for (width, height) in PANELS {
        let (Ok(mut canvas), Ok(mut before)) = (Canvas::new(width, height), Canvas::new(width, height))
        else {
            return;
        };
        let fill = median_us(|| {
            let area = canvas.bounding_box();
            let Ok(()) = black_box(&mut canvas).fill_solid(&area, Rgb565::BLUE);
        });
        let whole = width as usize * height as usize * 2;
        println!("{width} x {height}: fill {fill:.0} us, {whole} bytes");
        let all = specimens::all();
        let redrawn = all.iter().map(|(name, screen)| (median_us(|| draw(screen, &mut canvas)), *name));
        if let Some((us, name)) = redrawn.max_by(|(a, _), (b, _)| a.total_cmp(b)) {
            println!("  slowest of {}: {name} {us:.0} us {:.1} x fill", all.len(), us / fill);
        }
        movements(&mut canvas, fill);
        draw(&Screen::Idle(specimens::idle()), &mut before);
        for (name, screen) in screens() {
            let us = median_us(|| draw(black_box(&screen), black_box(&mut canvas)));
            let found = median_us(|| drop(black_box(changes(black_box(&before), black_box(&canvas)))));
            let areas = changes(&before, &canvas);
            let bytes: usize = areas.iter().map(|area| area.bytes()).sum();
            let share = bytes * 100 / whole;
            let times = us / fill;
            println!(
                "  {name:<13} {us:>7.0} us {times:>5.1} x fill   changes {found:>6.0} us {:>4} areas {bytes:>8} bytes {share:>3} %",
                areas.len()
            );
        }
    }
}

fn draw_one(arguments: &[String]) {
    let [name, count] = arguments else { return };
    let all = specimens::all();
    let found = all.iter().find(|(known, _)| known == name);
    let (Some((_, screen)), Ok(mut canvas)) = (found, Canvas::new(800, 480)) else { return };
    for _ in 0..count.parse().unwrap_or(1) {
        draw(black_box(screen), black_box(&mut canvas));
    }
}

/// Every screen with something that moves: what five turns a second without a person cost.
fn movements(canvas: &mut Canvas, fill: f64) {
    for (name, screen) in specimens::all().into_iter().filter(|(_, screen)| moves(screen)) {
        let all = median_us(|| draw(&screen, canvas));
        let mut phase = 0;
        let us = median_us(|| {
            phase = (phase + 1) % PHASES;
            drop(black_box(draw_moving(&screen, Manner::HOUSE, phase, canvas)));
        });
        let areas = draw_moving(&screen, Manner::HOUSE, 3, canvas);
        let bytes: usize = areas.iter().map(|area| area.bytes()).sum();
        let (times, share) = (us / fill, us / all);
        println!(
            "  moves: {name:<22} {us:>6.0} us {times:>5.1} x fill {share:>5.2} x all of it   {bytes:>6} bytes"
        );
    }
}

fn median_us(mut work: impl FnMut()) -> f64 {
    let mut times: Vec<f64> = (0..ROUNDS)
        .map(|_| {
            let start = Instant::now();
            work();
            start.elapsed().as_secs_f64() * 1e6
        })
        .collect();
    times.sort_by(f64::total_cmp);
    times.get(ROUNDS / 2).copied().unwrap_or(f64::NAN)
}

/// After the idle screen: the same a minute later, each verdict, and what comes between.
fn screens() -> Vec<(&'static str, Screen)> {
    let [pass, limit, stop, assist] = specimens::four_verdicts();
    let idle = specimens::idle();
    let later = idle.time.and_then(|time| gate_wire::time::Timestamp::from_unix(time.unix() + 60));
    let minute = gate_core::screen::Idle { time: later, ..idle };
    vec![
        ("next minute", Screen::Idle(minute)),
        ("pass", pass),
        ("limit", limit),
        ("stop", stop),
        ("assist", assist),
        ("reading", Screen::Reading),
        ("hint", Screen::Hint(Hint::ComeCloser)),
        ("staff menu", Screen::Staff(StaffStep::Menu)),
    ]
}
