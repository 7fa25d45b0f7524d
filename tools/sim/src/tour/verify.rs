//! Compares what happened with what the table says.
//! Promises: a word of the table implies pulses, records and screens, and each of them is looked at; records are read
//! back from the journal's own file.
//! Must not know: how anything was played.

use anyhow::Result;
use gate_core::screen::{Opened, Opens, Saved, Screen, Told};
use gate_core::verdict::{Advice, Verdict};
use gate_ui::words;
use gate_wire::record::{Record, RecordKind};

use super::player::Player;
use crate::devices::{HEIGHT, Opening, Pulse, WIDTH};
use crate::script::{Kept, Lane, Outcome, Passage, Word};

/// Codes of events in which staff was refused.
const REFUSALS: std::ops::RangeInclusive<u8> = 31..=41;

/// Everything that is looked at, gathered once.
pub(super) struct Evidence {
    screens: Vec<Screen>,
    pulses: Vec<Pulse>,
    records: Vec<Record>,
    reserve: usize,
    memory: usize,
    latch_open: bool,
}

impl Evidence {
    /// What is to be seen by now.
    pub(super) fn gather(player: &Player) -> Result<Evidence> {
        let stage = &player.stage;
        let mut pulses = player.before.pulses.clone();
        pulses.extend(stage.pulses());
        let backlog = stage.backlog();
        Ok(Evidence {
            screens: player.screens().into_iter().map(|shown| shown.screen).collect(),
            pulses,
            records: stage.records()?.into_iter().map(|(_, record)| record).collect(),
            reserve: backlog.reserve,
            memory: backlog.memory,
            latch_open: stage.world.latch().is_open(),
        })
    }

    /// The verdict last shown.
    pub(super) fn told(&self) -> Option<&Told> {
        self.screens.iter().rev().find_map(|screen| match screen {
            Screen::Verdict(told) => Some(told),
            _ => None,
        })
    }

    fn opened(&self) -> Option<Opened> {
        self.screens.iter().rev().find_map(|screen| match screen {
            Screen::Opened(opened) => Some(*opened),
            _ => None,
        })
    }

    fn hints(&self) -> usize {
        self.screens.iter().filter(|screen| matches!(screen, Screen::Hint(_))).count()
    }

    fn of(&self, kind: RecordKind) -> impl Iterator<Item = &Record> {
        self.records.iter().filter(move |record| record.kind == kind)
    }

    /// What came of it, in the table's words, for the reader of the report.
    pub(super) fn word(&self, expected: Word) -> Option<Word> {
        let told = self.told().map(|told| Word::of(told.verdict));
        let passages = self.of(RecordKind::Passage).count();
        match expected {
            Word::Pass | Word::Limit | Word::Stop | Word::Assist => told,
            Word::Hint => told.or((self.hints() > 0).then_some(Word::Hint)),
            Word::Opens => self.opened().map(|_| Word::Opens).or(told),
            Word::Refused => {
                let refused = self.of(RecordKind::Staff).any(|record| REFUSALS.contains(&record.event));
                if refused { Some(Word::Refused) } else { told }
            }
            Word::OnePassage | Word::NewPassage => {
                [Word::OnePassage, Word::NewPassage].get(passages.wrapping_sub(1)).copied().or(told)
            }
            Word::LaneOpen => self.screens.contains(&Screen::LaneOpen).then_some(Word::LaneOpen).or(told),
            Word::Released => {
                self.pulses.iter().any(|pulse| pulse.by == Opening::Fire).then_some(Word::Released).or(told)
            }
        }
    }
}

/// What is not as the passage says, at its end.
pub(super) fn at_the_end(passage: &Passage, evidence: &Evidence) -> Vec<String> {
    let expected = implied(passage);
    let mut missed = Missed::default();
    missed.compare(&expected, evidence);
    missed.of_the_word(passage.expected, evidence);
    if passage.and.kept.is_none() {
        missed
            .unless(evidence.reserve + evidence.memory == 0, || "records wait that should be written".into());
    }
    missed.0
}

/// What is not as a check in the middle says.
pub(super) fn by_now(check: &Outcome, evidence: &Evidence) -> Vec<String> {
    let mut missed = Missed::default();
    missed.compare(check, evidence);
    missed.0
}

/// What the word alone implies, overruled by what the passage says besides.
fn implied(passage: &Passage) -> Outcome {
    let exit = usize::from(passage.world.lane == Lane::Out);
    let verdict = |verdict, pulses| Outcome {
        verdict: Some(verdict),
        pulses: Some(pulses),
        passages: Some(1),
        ..Outcome::default()
    };
    let nothing = |pulses| Outcome { pulses: Some(pulses), passages: Some(0), ..Outcome::default() };
    let word = match passage.expected {
        Word::Pass | Word::OnePassage => verdict(Verdict::Pass, 1),
        Word::Limit => verdict(Verdict::Limit, exit),
        Word::Stop => verdict(Verdict::Stop, exit),
        Word::Assist => verdict(Verdict::Assist, exit),
        Word::NewPassage => Outcome { passages: Some(2), times: Some(2), ..verdict(Verdict::Pass, 2) },
        Word::Hint | Word::Refused => nothing(0),
        Word::Opens => Outcome { openings: Some(1), passages: Some(1), ..nothing(1) },
        Word::LaneOpen => nothing(1),
        Word::Released => Outcome { event: Some(2), ..nothing(1) },
    };
    let and = passage.and.clone();
    Outcome {
        verdict: and.verdict.or(word.verdict),
        reason: and.reason,
        advice: and.advice,
        pulses: and.pulses.or(word.pulses),
        passages: and.passages.or(word.passages),
        openings: and.openings.or(word.openings).or(Some(0)),
        act: and.act,
        times: and.times.or(word.times),
        kept: and.kept.or(Some(Kept::Journal)),
        refused: and.refused,
        refusals: and.refusals,
        event: and.event.or(word.event),
    }
}

#[derive(Default)]
struct Missed(Vec<String>);

impl Missed {
    fn unless(&mut self, holds: bool, what: impl FnOnce() -> String) {
        if !holds {
            self.0.push(what());
        }
    }

    /// One that was said is not as it is.
    fn differs<T: PartialEq + std::fmt::Debug>(&mut self, what: &str, said: Option<T>, found: Option<T>) {
        if said.is_some() && said != found {
            self.0.push(format!("{what}: expected {}, found {}", shown(&said), shown(&found)));
        }
    }

    fn compare(&mut self, said: &Outcome, evidence: &Evidence) {
        let told = evidence.told();
        self.differs("verdict", said.verdict, told.map(|told| told.verdict));
        self.differs("reason", said.reason.as_deref(), told.map(|told| told.reason.code()));
        self.differs("advice", said.advice, told.map(|told| told.advice));
        self.differs("times", said.times, told.map(|told| told.times));
        self.differs("pulses", said.pulses, Some(evidence.pulses.len()));
        self.differs("records of passages", said.passages, Some(evidence.of(RecordKind::Passage).count()));
        let openings: Vec<&Record> = evidence.of(RecordKind::Opening).collect();
        self.differs("records of openings", said.openings, Some(openings.len()));
        self.differs("act", said.act, openings.last().map(|record| record.act));
        let events: Vec<u8> = evidence.of(RecordKind::Device).map(|record| record.event).collect();
        self.unless(said.event.is_none_or(|event| events.contains(&event)), || {
            format!("event {:?} is not recorded; there are {events:?}", said.event)
        });
        let refused: Vec<u8> = evidence.of(RecordKind::Staff).map(|record| record.event).collect();
        self.unless(said.refused.is_none_or(|why| refused.contains(&why.event())), || {
            format!("{:?} is not recorded; there are {refused:?}", said.refused)
        });
        let refusals = refused.iter().filter(|event| REFUSALS.contains(event)).count();
        self.differs("records of refusals", said.refusals, Some(refusals));
        if let Some(kept) = said.kept {
            self.where_kept(kept, evidence);
        }
    }

    /// Told and true: 未保存 is shown exactly when a power cut would lose the record.
    fn where_kept(&mut self, kept: Kept, evidence: &Evidence) {
        let saved = evidence.opened().map(|opened| opened.saved).or(evidence.told().map(|told| told.saved));
        let said = match kept {
            Kept::Journal | Kept::Reserve => Saved::Yes,
            Kept::Memory | Kept::Nowhere => Saved::No,
        };
        self.differs("saved", saved.map(|_| said), saved);
        let waits = match kept {
            Kept::Journal | Kept::Nowhere => true,
            Kept::Reserve => evidence.reserve > 0 && evidence.memory == 0,
            Kept::Memory => evidence.memory > 0,
        };
        self.unless(waits, || {
            format!("{kept:?}: {} wait in the reserve, {} in memory", evidence.reserve, evidence.memory)
        });
    }

    fn of_the_word(&mut self, word: Word, evidence: &Evidence) {
        match word {
            Word::Hint => {
                self.unless(evidence.told().is_none(), || "a verdict was shown".into());
                self.unless(evidence.hints() > 0, || "no hint was shown".into());
            }
            Word::Opens => self.unless(evidence.opened().is_some(), || "放行 was not shown".into()),
            Word::LaneOpen => {
                let free =
                    evidence.latch_open && evidence.pulses.iter().all(|pulse| pulse.by == Opening::NoCheck);
                self.unless(free, || "the lane is not left open by policy".into());
            }
            Word::Released => {
                let by_fire = evidence.pulses.iter().any(|pulse| pulse.by == Opening::Fire);
                self.unless(by_fire, || "the hardware did not release the latch".into());
            }
            Word::Pass | Word::Limit | Word::Stop | Word::Assist | Word::OnePassage | Word::NewPassage => {
                if let Some(told) = evidence.told() {
                    self.screen_of(told, evidence);
                }
            }
            Word::Refused => {}
        }
    }

    /// A verdict's screen says what it must (DOMAIN §17), and its record says the same.
    fn screen_of(&mut self, told: &Told, evidence: &Evidence) {
        let screen = Screen::Verdict(told.clone());
        // A text may run over two lines.
        let text = gate_ui::outline(&screen, WIDTH as u32, HEIGHT as u32).all_text().replace('\n', "");
        let not_pass = told.verdict != Verdict::Pass;
        let number = told.query.map(|query| query.as_str().to_owned());
        let mut says = |what: &str, must: bool| {
            self.unless(text.contains(what) == must, || {
                format!("the screen {} `{what}`", if must { "does not say" } else { "says" })
            });
        };
        // Whoever leaves is told to walk (DOMAIN §20); whoever is sent to the fever clinic reads no refusal (DOMAIN §1).
        match (told.opens, told.advice) {
            (Opens::Yes, _) => says(words::verdict(Verdict::Pass).zh, true),
            (Opens::No, Advice::FeverClinicLane) => says("禁止", false),
            (Opens::No, _) => says(words::verdict(told.verdict).zh, true),
        }
        if told.opens == Opens::No {
            says(words::advice(told.advice).zh, true);
        }
        says(told.reason.code(), not_pass);
        if let Some(number) = &number {
            says(number, not_pass);
        }
        says("未保存", told.saved == Saved::No);
        if told.times > 1 {
            says(&format!("第 {} 次", told.times), true);
        }
        self.unless(number.is_some() == (told.saved == Saved::Yes), || {
            "a query number is given exactly for what is saved".into()
        });
        let last = evidence.of(RecordKind::Passage).last();
        if told.saved == Saved::Yes {
            let code = last.and_then(|record| std::str::from_utf8(&record.reason).ok());
            self.differs("reason in the record", Some(told.reason.code()), code);
        }
    }
}

fn shown<T: std::fmt::Debug>(value: &Option<T>) -> String {
    value.as_ref().map_or("nothing".into(), |value| format!("{value:?}"))
}
