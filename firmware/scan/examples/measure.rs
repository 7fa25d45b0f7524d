//! What the eye reads of a folder with `truth.jsonl` (photographs) or `params.csv` (generated frames), by set.
//!
//! usage: measure FOLDER [--list] [--only SET] [--repeat N]. Times are the least of N looks (N is 1 if not given): on a
//! busy machine the least of several is nearest to the CPU time.

#![expect(clippy::unwrap_used, reason = "a measurement ends at its first surprise")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Instant;

use gate_hal_linux::picture::GreyPicture;
use gate_scan::{Frame, Scanner, Symbols};
use serde::Deserialize;

#[derive(Deserialize)]
struct Photograph {
    file: String,
    set: String,
    symbols: Vec<Vec<String>>,
}

struct Item {
    set: String,
    path: PathBuf,
    name: String,
    want: Vec<Want>,
}

enum Want {
    Text(Vec<String>),
    Bytes(Vec<u8>),
}

impl Want {
    fn is(&self, bytes: &[u8]) -> bool {
        let trimmed = |s: &str| s.trim_matches('\u{feff}').trim_end_matches('\0').trim_end().to_owned();
        match self {
            Self::Bytes(want) => want == bytes,
            Self::Text(spellings) => {
                let latin: String = bytes.iter().map(|b| char::from(*b)).collect();
                let ours = [trimmed(&latin), trimmed(&String::from_utf8_lossy(bytes))];
                spellings.iter().any(|s| ours.contains(&trimmed(s)))
            }
        }
    }
}

#[derive(Default)]
struct Tally {
    photographs: usize,
    want: usize,
    images: usize,
    any: usize,
    codes: usize,
    other: usize,
    us: Vec<u128>,
}

fn photographs(dir: &Path) -> Vec<Item> {
    let truth = std::fs::read_to_string(dir.join("truth.jsonl")).unwrap();
    let item = |line: &str| {
        let p: Photograph = serde_json::from_str(line).unwrap();
        let want = p.symbols.into_iter().map(Want::Text).collect();
        Item { set: p.set, path: dir.join(&p.file), name: p.file, want }
    };
    truth.lines().map(item).collect()
}

fn frames(dir: &Path) -> Vec<Item> {
    let table = std::fs::read_to_string(dir.join("params.csv")).unwrap();
    let mut lines = table.lines().map(|l| l.split(',').collect::<Vec<_>>());
    let head: Vec<&str> = lines.next().unwrap();
    let column = |name: &str| head.iter().position(|h| *h == name).unwrap();
    let (set, file, payload) = (column("cat"), column("file"), column("payload_hex"));
    // The quad's commas are quoted: count the columns after it from the end.
    let rest = head.len();
    let item = |line: Vec<&str>| {
        let from_end = |n: usize| line[line.len() - (rest - n)];
        let hex = from_end(payload);
        let bytes: Vec<u8> =
            (0..hex.len() / 2).map(|n| u8::from_str_radix(&hex[2 * n..2 * n + 2], 16).unwrap()).collect();
        let name = from_end(file).to_owned();
        let want = if bytes.is_empty() { vec![] } else { vec![Want::Bytes(bytes)] };
        Item { set: line[set].to_owned(), path: dir.join(&name), name, want }
    };
    lines.map(item).collect()
}

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let dir = Path::new(&args[0]);
    let list = args.iter().any(|a| a == "--list");
    let only = args.iter().position(|a| a == "--only").and_then(|n| args.get(n + 1));
    let repeat = args.iter().position(|a| a == "--repeat").and_then(|n| args.get(n + 1));
    let repeat = repeat.map_or(1, |n| n.parse().unwrap());
    let items = if dir.join("truth.jsonl").is_file() { photographs(dir) } else { frames(dir) };
    let mut sets: BTreeMap<String, Tally> = BTreeMap::new();
    for item in
        items.iter().filter(|i| only.is_none_or(|o| i.path.to_string_lossy().contains(o) || i.set == *o))
    {
        let picture = GreyPicture::load(&item.path).unwrap();
        let frame = Frame::new(&picture.pixels, picture.width, picture.height, picture.width).unwrap();
        let (symbols, us) = look(&frame, repeat);
        let set = sets.entry(item.set.clone()).or_default();
        let read: Vec<bool> = item.want.iter().map(|w| symbols.iter().any(|s| w.is(s.bytes()))).collect();
        let codes = read.iter().filter(|r| **r).count();
        let other = symbols.iter().filter(|s| !item.want.iter().any(|w| w.is(s.bytes()))).count();
        set.photographs += 1;
        set.want += item.want.len();
        set.codes += codes;
        set.images += usize::from(codes > 0);
        set.any += usize::from(!symbols.is_empty());
        set.other += other;
        set.us.push(us);
        if list {
            println!(
                "{} {codes}/{} other {other} {us} us {:?}",
                item.name,
                item.want.len(),
                symbols.why_nothing()
            );
        }
    }
    print_table(sets);
}

/// What a new scanner sees in a frame, and the least time of `repeat` looks, in microseconds.
fn look(frame: &Frame<'_>, repeat: usize) -> (Symbols, u128) {
    let once = || {
        let start = Instant::now();
        (Scanner::new().look(frame), start.elapsed().as_micros())
    };
    (1..repeat).map(|_| once()).fold(once(), |best, now| if now.1 < best.1 { now } else { best })
}

fn print_table(mut sets: BTreeMap<String, Tally>) {
    let mut all = Tally::default();
    println!("set: n, labelled | images any codes other | median p95 max us, total ms");
    for (name, t) in &mut sets {
        print_row(name, t);
        all.photographs += t.photographs;
        all.want += t.want;
        all.images += t.images;
        all.any += t.any;
        all.codes += t.codes;
        all.other += t.other;
        all.us.extend(&t.us);
    }
    print_row("ALL", &mut all);
}

fn print_row(name: &str, t: &mut Tally) {
    t.us.sort_unstable();
    let at = |share: usize| t.us[(t.us.len() * share / 100).min(t.us.len() - 1)];
    println!(
        "{name:22} {:4} {:4} | {:4} {:4} {:4} {:3} | {:6} {:6} {:6} | {:5}",
        t.photographs,
        t.want,
        t.images,
        t.any,
        t.codes,
        t.other,
        at(50),
        at(95),
        at(100),
        t.us.iter().sum::<u128>() / 1000
    );
}
