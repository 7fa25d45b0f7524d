//! Ten thousand carriers and one hub in virtual time: after an outage all come back, and no storm of their own making.
//! A carrier has three loops, as `gate-sync run` has: two repositories and the records, each with its own draws.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::time::Duration;

use gate_sync::config::Pace;
use gate_sync::rhythm::Past;

const TERMINALS: usize = 10_000;
/// What each of a carrier's loops asks in a round that finds nothing new: a root and a timestamp twice, acknowledgements.
const LOOPS: [u32; 3] = [2, 2, 1];
const SECOND: u64 = 1_000_000;
/// Rounds a second of a slow hub, a handshake each.
const SERVED: u64 = 300;
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

/// What is tried: every carrier's program starts at the first moment, the hub is back some seconds later.
struct Outage {
    back_s: u64,
    past: Past,
}

#[derive(Debug, Default)]
struct Course {
    /// The last loop's first round that went well, in seconds after the hub came back.
    all_back_s: u64,
    /// Rounds and requests of each second after the hub came back.
    seconds: Vec<(u32, u32)>,
    /// Rounds that found it full.
    refused: u32,
}

impl Course {
    fn count(&mut self, second: u64, requests: u32) {
        let second = usize::try_from(second).unwrap();
        self.seconds.resize(self.seconds.len().max(second + 1), (0, 0));
        self.seconds[second].0 += 1;
        self.seconds[second].1 += requests;
    }

    fn most_rounds(&self) -> u32 {
        self.seconds.iter().map(|second| second.0).max().unwrap()
    }

    fn most_requests(&self) -> u32 {
        self.seconds.iter().map(|second| second.1).max().unwrap()
    }

    fn told(&self, words: &str) {
        let (rounds, requests) = (self.most_rounds(), self.most_requests());
        println!(
            "{words}: all back after {} s, at most {rounds} rounds and {requests} requests in a second, {} refused",
            self.all_back_s, self.refused
        );
    }
}

fn micros(pause: Duration) -> u64 {
    u64::try_from(pause.as_micros()).unwrap()
}

/// Until everybody was served, and half an hour on.
fn run(outage: &Outage) -> Course {
    let (mut draws, mut course) = (Draws(7), Course::default());
    // As `gate-sync` has it where its configuration says nothing.
    let rhythm = Pace::default().rhythm();
    let loops = TERMINALS * LOOPS.len();
    let (back, mut failures) = (outage.back_s * SECOND, vec![0_u32; loops]);
    let (mut served, mut left) = (vec![false; loops], loops);
    let mut next: BinaryHeap<Reverse<(u64, usize)>> =
        (0..loops).map(|one| Reverse((micros(rhythm.beginning(outage.past, draws.next())), one))).collect();
    // When the hub is done with each connection that it has.
    let mut ends: VecDeque<u64> = VecDeque::new();
    while let Some(Reverse((now, one))) = next.pop() {
        if left == 0 && now > back + (course.all_back_s + 1800) * SECOND {
            break;
        }
        while ends.front().is_some_and(|end| *end <= now) {
            ends.pop_front();
        }
        let (is_up, is_full) = (now >= back, ends.len() >= CONNECTIONS);
        let asked = (is_up && is_full).then_some(AGAIN);
        failures[one] = if is_up && !is_full { 0 } else { failures[one].saturating_add(1) };
        if is_up {
            course.count((now - back) / SECOND, if is_full { 1 } else { LOOPS[one % LOOPS.len()] });
        }
        if is_up && !is_full {
            ends.push_back(ends.back().copied().unwrap_or(now).max(now) + SECOND / SERVED);
            left -= usize::from(!std::mem::replace(&mut served[one], true));
            course.all_back_s = if left > 0 { (now - back) / SECOND } else { course.all_back_s };
        }
        course.refused += u32::from(is_up && is_full);
        let pause = micros(rhythm.pause(failures[one], asked, draws.next()));
        next.push(Reverse((now + pause.max(1), one)));
    }
    course
}

#[test]
fn ten_thousand_terminals_come_back_after_hours_spread_over_the_longest_pause() {
    let course = run(&Outage { back_s: 6 * 3600, past: Past::Fetched });
    course.told("six hours");
    assert!(course.all_back_s <= 900, "the longest pause, and no more");
    assert_eq!(course.refused, 0);
    // In their usual rounds they are a hundred a second.
    assert!(course.most_rounds() < 200, "{}", course.most_rounds());
}

#[test]
fn ten_thousand_terminals_come_back_after_minutes_and_no_second_is_a_storm() {
    for back_s in [10, 60, 600] {
        let course = run(&Outage { back_s, past: Past::Fetched });
        course.told(&format!("{back_s} s"));
        assert!(course.all_back_s <= 900 && course.refused == 0, "{back_s}");
        // Not a fifteenth of them in any second: the connections that the hub has are never all taken.
        assert!(course.most_rounds() as usize * 15 < TERMINALS, "{back_s}: {}", course.most_rounds());
    }
}

#[test]
fn ten_thousand_terminals_that_get_their_power_back_in_one_second_come_as_on_any_other_day() {
    let course = run(&Outage { back_s: 0, past: Past::Fetched });
    course.told("power");
    assert!(course.all_back_s <= 300, "a usual round");
    assert_eq!(course.refused, 0);
    assert!(course.most_rounds() < 200 && course.most_requests() < 300, "{}", course.most_requests());
}

#[test]
fn ten_thousand_terminals_that_never_fetched_anything_come_at_once_and_are_all_served() {
    let course = run(&Outage { back_s: 0, past: Past::None });
    course.told("new");
    assert!(course.all_back_s <= 600);
    // The first seconds are what they are; afterwards the jitter has spread who was turned away.
    assert!(course.seconds.iter().skip(120).all(|second| u64::from(second.0) < SERVED));
}
