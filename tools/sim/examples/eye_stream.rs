//! How soon a code that is brought before the camera is read: seeded sequences, thirty frames a second.
//!
//! usage: eye_stream [SEQUENCES OF EACH KIND] [--frames DIR] [--speed SAMPLES A MILLISECOND]. From the first frame in
//! which the code is wholly visible to the read; a scanner that is kept against one made anew for every frame. Two
//! clocks: every frame is looked at; or a look takes as long as its counted work takes on a board, and frames that
//! come meanwhile are lost. With `--frames` the frames are written as PGM for other decoders.

#![expect(clippy::unwrap_used, reason = "a measurement ends at its first surprise")]

use std::io::Write;
use std::path::Path;

use gate_hal_linux::picture::GreyPicture;
use gate_scan::{Frame, Scanner, Symbols};
use gate_sim::optics::{Kind, Motion, RATE};

/// Frames of a sequence: two seconds.
const FRAMES: u32 = 60;

/// Frames looked at after the read: what holding on costs.
const HELD: u32 = 12;

/// Samples a millisecond, when nothing else is said: 60 instructions a sample (counted on aarch64), a thousand
/// million a second.
const SPEED: f64 = 16_700.0;

#[derive(Clone, Copy, PartialEq)]
enum Clock {
    EveryFrame,
    Board(f64),
}

#[derive(Clone, Copy, PartialEq)]
enum State {
    Kept,
    Anew,
}

/// One sequence; frames are rendered when they are looked at.
struct Film {
    motion: Motion,
    text: String,
    /// The first frame in which the code is wholly visible.
    visible: u32,
    pictures: Vec<Option<GreyPicture>>,
    anew: Vec<Option<Symbols>>,
}

impl Film {
    fn new(kind: Kind, seed: u64) -> Self {
        let text = text(seed * 16 + kind as u64);
        let motion = Motion::new(kind, &text, seed).unwrap();
        let visible = (0..FRAMES).find(|n| motion.is_wholly_visible(*n)).unwrap_or(0);
        let (pictures, anew) = (vec![None; FRAMES as usize], vec![None; FRAMES as usize]);
        Self { motion, text, visible, pictures, anew }
    }

    fn picture(&mut self, n: usize) -> &GreyPicture {
        self.pictures[n].get_or_insert_with(|| self.motion.frame(n as u32))
    }

    /// What a scanner sees in the frame that has seen no other.
    fn seen_anew(&mut self, n: usize) -> Symbols {
        if self.anew[n].is_none() {
            self.anew[n] = Some(look(&mut Scanner::new(), self.picture(n)));
        }
        self.anew[n].clone().unwrap()
    }

    fn write(&mut self, dir: &Path) {
        std::fs::create_dir_all(dir).unwrap();
        std::fs::write(dir.join("truth.txt"), format!("{}\n{}\n", self.visible, self.text)).unwrap();
        for n in 0..FRAMES as usize {
            let mut file = std::fs::File::create(dir.join(format!("{n:03}.pgm"))).unwrap();
            let picture = self.picture(n);
            writeln!(file, "P5 {} {} 255", picture.width, picture.height).unwrap();
            file.write_all(&picture.pixels).unwrap();
        }
    }
}

/// One way of looking at all sequences of a kind.
struct Arm {
    name: &'static str,
    state: State,
    clock: Clock,
    /// Milliseconds from wholly visible to read.
    waits: Vec<f64>,
    unread: u32,
    wrong: u32,
    looks: u64,
    work: u64,
    most: u64,
    held_looks: u64,
    held_work: u64,
}

impl Arm {
    fn new(name: &'static str, state: State, clock: Clock) -> Self {
        let (waits, zero) = (Vec::new(), 0);
        let (looks, work, most, held_looks, held_work) = (0, 0, 0, 0, 0);
        Self {
            name,
            state,
            clock,
            waits,
            unread: zero,
            wrong: zero,
            looks,
            work,
            most,
            held_looks,
            held_work,
        }
    }

    fn run(&mut self, film: &mut Film) {
        let mut scanner = Scanner::new();
        let (mut free_at, mut read_at) = (0.0, None);
        for n in 0..FRAMES as usize {
            let time = n as f64 * 1000.0 / f64::from(RATE);
            if time < free_at || read_at.is_some_and(|at| n as u32 > at + HELD) {
                continue;
            }
            let symbols = match self.state {
                State::Anew => film.seen_anew(n),
                State::Kept => look(&mut scanner, film.picture(n)),
            };
            let takes =
                if let Clock::Board(speed) = self.clock { symbols.work() as f64 / speed } else { 0.0 };
            free_at = time + takes;
            self.wrong += symbols.iter().filter(|s| s.bytes() != film.text.as_bytes()).count() as u32;
            if read_at.is_some() {
                (self.held_looks, self.held_work) = (self.held_looks + 1, self.held_work + symbols.work());
                continue;
            }
            (self.looks, self.work) = (self.looks + 1, self.work + symbols.work());
            self.most = self.most.max(symbols.work());
            if !symbols.is_empty() {
                read_at = Some(n as u32);
                let seen = f64::from(film.visible) * 1000.0 / f64::from(RATE);
                self.waits.push((time + takes - seen).max(0.0));
            }
        }
        self.unread += u32::from(read_at.is_none());
    }

    fn print(&mut self) {
        self.waits.sort_by(f64::total_cmp);
        let all = self.waits.len() + self.unread as usize;
        let at = |share: usize| match self.waits.get((all * share / 100).min(all.saturating_sub(1))) {
            Some(wait) => format!("{wait:6.0}"),
            None => "  never".to_owned(),
        };
        println!(
            "    {:22} read {:3}/{all} wrong {} | median {} p95 {} ms | a look {:7} most {:8} | held {:7}",
            self.name,
            self.waits.len(),
            self.wrong,
            at(50),
            at(95),
            self.work / self.looks.max(1),
            self.most,
            self.held_work / self.held_looks.max(1)
        );
    }
}

fn look(scanner: &mut Scanner, picture: &GreyPicture) -> Symbols {
    scanner.look(&Frame::new(&picture.pixels, picture.width, picture.height, picture.width).unwrap())
}

fn arms(speed: f64) -> Vec<Arm> {
    vec![
        Arm::new("kept, every frame", State::Kept, Clock::EveryFrame),
        Arm::new("anew, every frame", State::Anew, Clock::EveryFrame),
        Arm::new("kept, on a board", State::Kept, Clock::Board(speed)),
        Arm::new("anew, on a board", State::Anew, Clock::Board(speed)),
    ]
}

/// 213 characters as of a credential at its budget.
fn text(seed: u64) -> String {
    let characters = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let body = (0..209).map(|_| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        char::from(characters[(state >> 20) as usize % characters.len()])
    });
    "TF1:".chars().chain(body).collect()
}

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let after = |name: &str| args.iter().position(|a| a == name).and_then(|n| args.get(n + 1));
    let count: u64 = args.first().and_then(|a| a.parse().ok()).unwrap_or(12);
    let speed = after("--speed").and_then(|s| s.parse().ok()).unwrap_or(SPEED);
    let mut all = arms(speed);
    for kind in Kind::ALL {
        let mut arms = arms(speed);
        for seed in 0..count {
            let mut film = Film::new(kind, seed);
            if let Some(dir) = after("--frames") {
                film.write(&Path::new(dir).join(format!("{kind:?}-{seed}")));
            }
            arms.iter_mut().chain(&mut all).for_each(|arm| arm.run(&mut film));
        }
        println!("{kind:?}");
        arms.iter_mut().for_each(Arm::print);
    }
    println!("all");
    all.iter_mut().for_each(Arm::print);
}
