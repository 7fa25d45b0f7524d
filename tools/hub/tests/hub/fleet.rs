//! Ten thousand carriers and one hub in virtual time: after an outage all come back, and no storm of their own making.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Duration;

use gate_sync::config::Pace;

const TERMINALS: usize = 10_000;
const SECOND: u64 = 1_000_000;
/// Requests a second of a slow hub, handshakes included.
const SERVED: u64 = 200;
/// Connections at once: the hub's own limit.
const CONNECTIONS: usize = 1024;
/// What a hub that is full asks for.
const AGAIN: Duration = Duration::from_secs(5);
/// Even numbers, the same in every run (splitmix64).
struct Draws(u64);

impl Draws {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }
}

/// What is tried.
struct Outage {
    /// When the hub is back, in seconds; terminals come from the first moment on.
    back_s: u64,
    /// Over how many seconds their first rounds lie: 0 if all start at once.
    spread_s: u64,
}

#[derive(Debug, Default)]
struct Course {
    /// The last terminal's first round that went well, in seconds after the hub came back.
    all_back_s: u64,
    /// Attempts of each second after the hub came back.
    attempts: Vec<u32>,
    /// Those that found it full.
    refused: u32,
}

fn micros(pause: Duration) -> u64 {
    u64::try_from(pause.as_micros()).unwrap()
}

/// Until everybody was served, and half an hour on.
fn run(outage: &Outage) -> Course {
    let (mut draws, mut course) = (Draws(7), Course::default());
    // As `gate-sync` has it where its configuration says nothing.
    let rhythm = Pace::default().rhythm();
    let (back, mut failures) = (outage.back_s * SECOND, vec![0_u32; TERMINALS]);
    let mut served = vec![false; TERMINALS];
    let mut next: BinaryHeap<Reverse<(u64, usize)>> = (0..TERMINALS)
        .map(|terminal| Reverse((draws.next() % (outage.spread_s * SECOND).max(1), terminal)))
        .collect();
    // When the hub is done with each connection that it has.
    let mut ends: std::collections::VecDeque<u64> = Default::default();
    let mut left = TERMINALS;
    while let Some(Reverse((now, terminal))) = next.pop() {
        if left == 0 && now > back + (course.all_back_s + 1800) * SECOND {
            break;
        }
        while ends.front().is_some_and(|end| *end <= now) {
            ends.pop_front();
        }
        let (is_up, is_full) = (now >= back, ends.len() >= CONNECTIONS);
        if is_up {
            let second = usize::try_from((now - back) / SECOND).unwrap();
            course.attempts.resize(course.attempts.len().max(second + 1), 0);
            course.attempts[second] += 1;
        }
        let asked = (is_up && is_full).then_some(AGAIN);
        failures[terminal] = if is_up && !is_full { 0 } else { failures[terminal].saturating_add(1) };
        if is_up && !is_full {
            ends.push_back(ends.back().copied().unwrap_or(now).max(now) + SECOND / SERVED);
            left -= usize::from(!std::mem::replace(&mut served[terminal], true));
            course.all_back_s = if left > 0 { (now - back) / SECOND } else { course.all_back_s };
        }
        course.refused += u32::from(is_up && is_full);
        let pause = micros(rhythm.pause(failures[terminal], asked, draws.next()));
        next.push(Reverse((now + pause.max(1), terminal)));
    }
    course
}

fn told(words: &str, course: &Course) {
    let peak = course.attempts.iter().max().unwrap();
    println!(
        "{words}: all back after {} s, at most {peak} a second, {} refused",
        course.all_back_s, course.refused
    );
}

#[test]
fn ten_thousand_terminals_come_back_after_hours_spread_over_the_longest_pause() {
    let course = run(&Outage { back_s: 6 * 3600, spread_s: 300 });
    told("six hours", &course);
    assert!(course.all_back_s <= 900, "the longest pause, and no more");
    assert_eq!(course.refused, 0);
    // Even over 900 s they are 11 a second at first and 33 in their usual rounds.
    assert!(course.attempts.iter().all(|attempts| *attempts < 90), "{:?}", course.attempts.iter().max());
}

#[test]
fn ten_thousand_terminals_come_back_after_minutes_and_no_second_is_a_storm() {
    for back_s in [10, 60, 600] {
        let course = run(&Outage { back_s, spread_s: 300 });
        told(&format!("{back_s} s"), &course);
        assert!(course.all_back_s <= 900 && course.refused == 0, "{back_s}");
        // Not a thirtieth of them in any second: the connections that the hub has are never all taken.
        assert!(course.attempts.iter().all(|attempts| *attempts as usize * 30 < TERMINALS), "{back_s}");
    }
}

#[test]
fn ten_thousand_terminals_that_get_their_power_back_in_one_second_are_all_served() {
    let course = run(&Outage { back_s: 0, spread_s: 1 });
    told("power", &course);
    assert!(course.all_back_s <= 600);
    // The first second is what it is; afterwards the jitter has spread who was turned away.
    let later = course.attempts.iter().skip(120).map(|attempts| u64::from(*attempts));
    assert!(later.max().unwrap() < SERVED);
}
