//! The tour: the table of what people show and what must come of it, played through the real loop.
//! Promises: expectations are those of the table, DOMAIN and DESIGN; every passage has a terminal of its own, so that
//! they can be played in any order and at once.
//! Must not know: how results are printed (`report`).

mod picture;
mod player;
mod rows;
mod verify;
mod watch;

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};

use crate::script::{Passage, Scenario, Step, Word};
use crate::stage::Decided;

pub use picture::Redraw;

use player::Player;
use verify::Evidence;

/// What came of one passage.
#[derive(Clone, Debug)]
pub struct Played {
    /// Its id.
    pub id: String,
    /// Who came.
    pub who: String,
    /// What they showed.
    pub shows: String,
    /// What the table says.
    pub expected: Word,
    /// What came of it, in the table's words; `None` when nothing did.
    pub verdict: Option<Word>,
    /// Reason code of the verdict last shown.
    pub reason: Option<&'static str>,
    /// The turns that ended in a verdict, with their real times.
    pub decided: Vec<Decided>,
    /// From the start of the terminal to its first verdict, work only; of the last one, if there was a restart.
    pub first_decision: Option<Duration>,
    /// Whether that start was a restart.
    pub start: Start,
    /// What was not as the table says; empty when all was.
    pub missed: Vec<String>,
    /// Real time of drawing each screen again, where pictures were asked for.
    pub redraws: Vec<Redraw>,
    /// The screens, as PNG, where they were asked for.
    pub screens: Vec<Vec<u8>>,
}

/// A start of a terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// The first one: the journal is made.
    First,
    /// After a power cut: the journal is read back.
    Again,
}

/// Whether screens are kept as pictures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pictures {
    /// They are.
    Kept,
    /// They are not.
    Dropped,
}

/// The tour's table.
///
/// # Errors
/// With file and line, if a row is not in the vocabulary.
pub fn table() -> Result<Vec<Scenario>> {
    rows::ROWS.iter().map(|(name, text)| Scenario::read(text).with_context(|| format!("in {name}"))).collect()
}

/// Plays every passage of these rows, on as many threads as there are processors, and hands the results back in order.
pub fn play(rows: &[Scenario], pictures: Pictures) -> Vec<Played> {
    let passages: Vec<&Passage> = rows.iter().flat_map(|row| &row.passage).collect();
    let next = AtomicUsize::new(0);
    let played = Mutex::new(Vec::new());
    let threads = thread::available_parallelism().map_or(1, |count| count.get().min(8));
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some((index, passage)) = take(&passages, &next) {
                    let result = play_one(passage, pictures);
                    if let Ok(mut played) = played.lock() {
                        played.push((index, result));
                    }
                }
            });
        }
    });
    let mut played = played.into_inner().unwrap_or_default();
    played.sort_by_key(|(index, _)| *index);
    let mut played: Vec<Played> = played.into_iter().map(|(_, played)| played).collect();
    rows.iter().for_each(|row| own_reasons(row, &mut played));
    played
}

/// Plays one passage.
pub fn play_one(passage: &Passage, pictures: Pictures) -> Played {
    let mut played = Played {
        id: passage.id.clone(),
        who: passage.who.clone(),
        shows: passage.shows.clone(),
        expected: passage.expected,
        verdict: None,
        reason: None,
        decided: Vec::new(),
        first_decision: None,
        start: Start::First,
        missed: Vec::new(),
        redraws: Vec::new(),
        screens: Vec::new(),
    };
    if let Err(error) = perform(passage, pictures, &mut played) {
        played.missed.push(format!("could not be played: {error:#}"));
    }
    played
}

fn take<'a>(passages: &[&'a Passage], next: &AtomicUsize) -> Option<(usize, &'a Passage)> {
    let index = next.fetch_add(1, Ordering::Relaxed);
    passages.get(index).map(|passage| (index, *passage))
}

fn perform(passage: &Passage, pictures: Pictures, played: &mut Played) -> Result<()> {
    let mut player = Player::new(passage)?;
    for (index, step) in passage.steps.iter().enumerate() {
        if let Step::Check(outcome) = step {
            let missed = verify::by_now(outcome, &Evidence::gather(&player)?);
            played.missed.extend(missed.into_iter().map(|missed| format!("step {}: {missed}", index + 1)));
        }
        player = player.play(step).with_context(|| format!("step {}", index + 1))?;
    }
    player.stage.run(100)?;
    let evidence = Evidence::gather(&player)?;
    played.missed.extend(verify::at_the_end(passage, &evidence));
    if !player.stage.chain_is_whole()? {
        played.missed.push("the journal's chain is broken".into());
    }
    played.verdict = evidence.word(passage.expected);
    played.reason = evidence.told().map(|told| told.reason.code());
    played.first_decision = player.stage.stopwatch.first_decision();
    if !player.before.screens.is_empty() {
        played.start = Start::Again;
    }
    player.before.add(&player.stage);
    played.decided = std::mem::take(&mut player.before.decided);
    if pictures == Pictures::Kept {
        picture::keep(&player.before.screens, played)?;
    }
    Ok(())
}

/// "Each with its own reason": no two of these share one.
fn own_reasons(row: &Scenario, played: &mut [Played]) {
    let mut seen: Vec<(&'static str, &str)> = Vec::new();
    for id in &row.own_reasons {
        let Some(one) = played.iter_mut().find(|one| one.id == *id) else { continue };
        let Some(reason) = one.reason else { continue };
        match seen.iter().find(|(known, _)| *known == reason) {
            Some((_, other)) => one.missed.push(format!("the same reason {reason} as {other}")),
            None => seen.push((reason, id)),
        }
    }
}
