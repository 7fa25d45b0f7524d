//! A reader that is late, deaf, double or reset, and people who come one after the other: whose text is read, and for whom.
//!
//! The reader answers in the order it was asked; that is all it promises. It looks at its pad when it hears a command, so that a late
//! answer is as old as it can be.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests may fail a test")]

use std::collections::VecDeque;

use gate_wire::card::CardRead;
use gate_wire::sdt::{Baud, Command, Event, ReaderHealth, Session, Step, read_answer};
use gate_wire::time::Millis;
use proptest::prelude::*;

const CARDS: [&str; 4] = [
    include_str!("../../../tests/vectors/id-cards/citizen.hex"),
    include_str!("../../../tests/vectors/id-cards/hmt.hex"),
    include_str!("../../../tests/vectors/id-cards/pr2017.hex"),
    include_str!("../../../tests/vectors/id-cards/pr2023.hex"),
];
/// Milliseconds between two calls of the session, and of one run; people come and go until the last part of it.
const TURN: u64 = 10;
const RUN: u64 = 120_000;
const CALM: u64 = 70_000;
/// The last card of a run lies there from here on.
const LAST: u64 = 100_000;
/// Milliseconds that an answer takes at most.
const LATEST: u64 = 10_000;

fn unhex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text.chars().filter_map(|c| c.to_digit(16)).map(|digit| digit as u8).collect();
    digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect()
}

fn answer(data: &[u8]) -> Vec<u8> {
    let len = u16::try_from(data.len() + 1).unwrap().to_be_bytes();
    let check = len.iter().chain(data).fold(0, |check, byte| check ^ byte);
    [&[0xAA, 0xAA, 0xAA, 0x96, 0x69], &len[..], data, &[check]].concat()
}

/// A generator whose numbers are the same in every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, most: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % most
    }

    fn one_in(&mut self, many: u64) -> bool {
        self.below(many) == 0
    }
}

/// How the reader is for a while.
#[derive(Clone, Copy, Debug)]
enum Mood {
    Prompt,
    /// Every answer is late by so much.
    Late(u64),
    /// Each as it likes.
    Any,
    /// What is asked about cards is late, what is asked about itself is not.
    SlowAtCards,
}

/// What becomes of answers and ports beside being late.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Line {
    /// Every answer comes once.
    Whole,
    /// Some are lost, cut, damaged or doubled; now and then the port is opened anew.
    Bad,
}

struct Reader {
    dice: Dice,
    line: Line,
    mood: Mood,
    card: Option<usize>,
    found: bool,
    taken: Option<usize>,
    coming: VecDeque<(u64, Vec<u8>)>,
    /// Whose card lay there when a text was last asked for.
    asked: Option<usize>,
}

impl Reader {
    fn new(seed: u64, line: Line) -> Self {
        let dice = Dice(seed);
        let coming = VecDeque::new();
        Self { dice, line, mood: Mood::Prompt, card: None, found: false, taken: None, coming, asked: None }
    }

    fn change_mood(&mut self, now: u64) {
        self.mood = match self.dice.below(6) {
            _ if now >= CALM => Mood::Prompt,
            0 => Mood::Prompt,
            1 => Mood::Any,
            2 => Mood::SlowAtCards,
            3 => Mood::Late(self.dice.below(LATEST)),
            _ => Mood::Late(self.dice.below(2_000)),
        };
    }

    fn lay(&mut self, card: Option<usize>) {
        (self.card, self.found, self.taken) = (card, false, None);
    }

    fn hear(&mut self, now: u64, command: Command) {
        let told = match command {
            Command::ResetSam => {
                self.lay(self.card);
                if self.dice.one_in(2) {
                    self.coming.clear();
                }
                answer(&[0, 0, 0x90])
            }
            Command::FindCard if self.card.is_some() => {
                self.found = true;
                answer(&[0, 0, 0x9F, 0, 0, 0, 0])
            }
            Command::FindCard => answer(&[0, 0, 0x80]),
            Command::SelectCard if self.found => {
                self.taken = self.card;
                answer(&[0, 0, 0x90, 0, 0, 0, 0, 0, 0, 0, 0])
            }
            Command::SelectCard => answer(&[0, 0, 0x81]),
            Command::ReadCard => {
                self.asked = self.taken;
                self.taken.map_or_else(|| answer(&[0, 0, 0x41]), |card| unhex(CARDS[card]))
            }
            Command::ProbeCard => answer(&[0, 0, if self.taken.is_some() { 0x91 } else { 0x41 }]),
            _ => answer(&[0, 0, 0x90]),
        };
        let of_cards = !matches!(command, Command::SamStatus | Command::ResetSam);
        let lag = match self.mood {
            Mood::Late(millis) => millis,
            Mood::Any => self.dice.below(LATEST),
            Mood::SlowAtCards if of_cards && self.dice.one_in(4) => self.dice.below(4_000),
            Mood::Prompt | Mood::SlowAtCards => 5 + self.dice.below(40),
        };
        self.say(now, lag, told);
    }

    fn say(&mut self, now: u64, lag: u64, mut told: Vec<u8>) {
        let bad = self.line == Line::Bad && now < CALM;
        let due = self.coming.back().map_or(0, |(due, _)| *due).max(now + lag);
        match self.dice.below(24) {
            0 if bad => return,
            1 if bad => told.truncate(self.dice.below(told.len() as u64) as usize),
            2 if bad => *told.last_mut().unwrap() ^= 0x55,
            3 if bad => {
                let again = due + self.dice.below(500);
                self.coming.extend([(due, told.clone()), (again, told)]);
                return;
            }
            _ => {}
        }
        self.coming.push_back((due, told));
    }

    /// What has come by now.
    fn due(&mut self, now: u64) -> Vec<u8> {
        let mut bytes = Vec::new();
        while self.coming.front().is_some_and(|(due, _)| *due <= now) {
            let Some((_, told)) = self.coming.pop_front() else { break };
            bytes.extend(told);
        }
        bytes
    }
}

/// What a run came to: texts read, and whether the card that lies there at its end was.
struct Outcome {
    read: usize,
    last_was_read: bool,
}

/// One run. `begins`: every so many milliseconds the lane's program ends, and begins again.
fn run(seed: u64, line: Line, begins: Option<u64>) -> Outcome {
    let mut reader = Reader::new(seed, line);
    let (mut session, mut read, mut last_was_read) = (Session::new(Baud::B115200), 0, false);
    let (mut next_card, mut next_mood) = (0, 0);

    let texts: Vec<CardRead> = CARDS.iter().map(|card| read_answer(&unhex(card)).unwrap()).collect();
    for now in (0..RUN).step_by(TURN as usize) {
        if now >= next_mood || now == CALM {
            reader.change_mood(now);
            next_mood = now + 1_000 + reader.dice.below(15_000);
        }
        if now >= next_card && now < LAST {
            let next = (reader.card.unwrap_or(3) + 1 + reader.dice.below(2) as usize) % 4;
            let lies = !reader.dice.one_in(4);
            reader.lay(lies.then_some(next));
            next_card = now + 200 + reader.dice.below(4_000);
        } else if now == LAST {
            reader.lay(None);
        } else if now == LAST + 2_000 {
            reader.lay(Some(0));
        }
        if line == Line::Bad && now < CALM && reader.dice.one_in(800) {
            session.restart();
        }
        if begins.is_some_and(|apart| now < CALM && now % apart == 0) {
            session = Session::new(Baud::B115200);
        }
        let Step { send, event } = session.step(Millis(now), &reader.due(now));
        if let Some(command) = send {
            reader.hear(now, command);
        }
        match event {
            Event::Read(card) => {
                read += 1;
                last_was_read = now > LAST + 2_000;
                let asked = reader.asked.map(|asked| &texts[asked]);
                assert_eq!(Some(&card), asked, "seed {seed} at {now}: another person's text");
            }
            Event::NeedsReopen => {
                let _ = reader.due(now);
                session.restart();
            }
            _ => {}
        }
    }
    Outcome { read, last_was_read }
}

proptest! {
    #[test]
    fn a_text_is_read_for_nobody_but_whose_card_lay_there_when_it_was_asked_for(seed in any::<u64>()) {
        prop_assert!(run(seed, Line::Bad, None).last_was_read, "a reader that is well again is read");
    }

    #[test]
    fn a_lane_that_begins_anew_reads_nobodys_text_that_was_asked_for_before(seed in any::<u64>(), apart in 0..700_u64) {
        let outcome = run(seed, Line::Whole, Some(LATEST + 2_000 + apart * TURN));
        prop_assert!(outcome.last_was_read, "a reader that is well again is read");
    }
}

#[test]
fn late_readers_still_read() {
    let read: usize = (0..100).map(|seed| run(seed, Line::Bad, None).read).sum();
    assert!(read > 500, "{read} texts in 100 runs");
}

/// What is told in so many milliseconds of a reader whose every answer is late by `late` from `from` on, with a card on its pad.
fn told_of(late: u64, from: u64, millis: u64) -> (Vec<(u64, Event)>, ReaderHealth) {
    let mut reader = Reader::new(7, Line::Whole);
    let (mut session, mut told) = (Session::new(Baud::B115200), Vec::new());
    for now in (0..millis).step_by(TURN as usize) {
        if now == from {
            reader.mood = Mood::Late(late);
        }
        if now == 5_000 {
            reader.lay(Some(0));
        }
        let Step { send, event } = session.step(Millis(now), &reader.due(now));
        if let Some(command) = send {
            reader.hear(now, command);
        }
        if event == Event::NeedsReopen {
            session.restart();
        }
        if !matches!(event, Event::Nothing | Event::StillThere) {
            told.push((now, event));
        }
    }
    (told, session.health())
}

#[test]
fn a_reader_that_is_late_with_everything_is_a_fault_and_reads_nobody() {
    for late in (310..LATEST).step_by(130) {
        let (told, health) = told_of(late, 0, 60_000);
        assert!(told.iter().all(|(_, event)| *event == Event::NeedsReopen), "{late}: {told:?}");
        assert!(told.first().is_some_and(|(at, _)| *at < 8_000), "{late}: {told:?}");
        assert_ne!(health, ReaderHealth::Well);
    }
}

#[test]
fn a_reader_that_begins_to_be_late_with_everything_is_a_fault_within_eight_seconds() {
    for late in (310..LATEST).step_by(130) {
        let (told, health) = told_of(late, 4_000, 60_000);
        let fault = told.iter().find(|(_, event)| *event == Event::NeedsReopen);
        assert!(fault.is_some_and(|(at, _)| *at < 12_000), "{late}: {told:?}");
        assert!(!told.iter().any(|(_, event)| matches!(event, Event::Read(_))), "{late}: {told:?}");
        assert_eq!(health, ReaderHealth::Lost);
    }
}

#[test]
fn a_reader_that_is_a_little_late_reads() {
    for late in (0..280).step_by(40) {
        let (told, _) = told_of(late, 0, 8_000);
        let told: Vec<_> = told.into_iter().map(|(_, event)| event).collect();
        let card = Event::Read(read_answer(&unhex(CARDS[0])).unwrap());
        assert_eq!(told, [Event::Ready, Event::CardFound, card], "{late}");
    }
}
