//! Full redraw of each screen at 800 x 480: medians, and as a ratio to filling the canvas with one colour, which says
//! more about another board than microseconds do. `cargo bench -p gate-ui`.

use std::hint::black_box;
use std::time::Instant;

use embedded_graphics::draw_target::DrawTarget;
use embedded_graphics::geometry::Dimensions;
use embedded_graphics::pixelcolor::{Rgb565, RgbColor};
use gate_core::query::{QueryNumber, Sequence, TerminalNumber};
use gate_core::screen::{
    AttendantPresence, Faults, Hint, Idle, Opened, Opens, PersonShown, Publicity, Saved, Screen, StaffStep,
    Told,
};
use gate_core::time::ClockTrust;
use gate_core::verdict::{Advice, Reason};
use gate_ui::Canvas;
use gate_wire::name::MaskedName;
use gate_wire::time::Timestamp;

const ROUNDS: usize = 301;

fn main() {
    let Ok(mut canvas) = Canvas::new(800, 480) else { return };
    let fill = median_us(|| {
        let area = canvas.bounding_box();
        let Ok(()) = black_box(&mut canvas).fill_solid(&area, Rgb565::BLUE);
    });
    println!("{:<16} {fill:>8.1} us", "fill");
    for (name, screen) in screens() {
        let us = median_us(|| gate_ui::draw(black_box(&screen), black_box(&mut canvas)));
        println!("{name:<16} {us:>8.1} us  {:>5.1} x fill", us / fill);
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

fn screens() -> Vec<(&'static str, Screen)> {
    let query = TerminalNumber::new(3).map(|terminal| QueryNumber::new(terminal, Sequence(17)));
    let told = |reason: Reason, advice| {
        Screen::Verdict(Told {
            verdict: reason.verdict(),
            reason,
            advice,
            person: Some(PersonShown { name: MaskedName::from_full("测试甲"), last_four: Some(*b"002X") }),
            query,
            saved: Saved::Yes,
            times: 1,
            publicity: Publicity::Shown,
            opens: if reason.code().starts_with('P') { Opens::Yes } else { Opens::No },
        })
    };
    let idle = Idle {
        place: "测试高铁站 东进站口".try_into().unwrap_or_default(),
        time: Timestamp::from_unix(1_795_154_832),
        clock: ClockTrust::Confirmed,
        list_age_days: Some(0),
        faults: Faults::default(),
        attendant: AttendantPresence::Present,
        place_code: "https://example.invalid/place?id=510100-0042".try_into().unwrap_or_default(),
    };
    vec![
        ("pass", told(Reason::GreenListed, Advice::WalkThrough)),
        ("limit", told(Reason::YellowListed, Advice::RegisterAtStaffLane)),
        ("stop", told(Reason::RedListed, Advice::StaffIsComing)),
        ("assist", told(Reason::CodeExpired, Advice::RefreshOrTapCard)),
        ("idle", Screen::Idle(idle)),
        ("reading", Screen::Reading),
        ("hint", Screen::Hint(Hint::ComeCloser)),
        ("opened", Screen::Opened(Opened { query, saved: Saved::Yes })),
        ("staff choice", Screen::Staff(StaffStep::ChooseDocument)),
    ]
}
