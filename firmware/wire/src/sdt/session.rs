//! The conversation with one reader: find → select → read, is it still there, is the reader well.
//!
//! Promises: a card left on the pad is one [`Event::Read`]; an answer is only taken for the command that is
//! outstanding; noise, damaged frames and time-outs are matters of the reader, never of a person.
//! It must not know: ports, clocks, lists. The caller says what time it is and carries the bytes.
//!
//! Answers carry no name of their command, and a reader that is late answers in order. So after a time-out or a damaged frame two
//! questions are asked whose answers are never alike, the one only when the other was answered: a *status*, again and again, then a
//! *look*, again and again. What is older than the status has come before its answer, and what is older than the look, the other
//! statuses among it, before that one's. Without it the late answer to a read of one person could be taken for the read of the next
//! (ADR 36). Only a look that was answered at once ends it.

mod judge;

use super::answer::card_text;
use super::{Baud, Command, Receiver, Status};
use crate::card::{CardError, CardRead};
use crate::document::Document;
use crate::time::Millis;
use judge::{Answer, judge};

/// Milliseconds from an empty field to the next look: a person waits for it.
const EMPTY_GAP: u64 = 60;
/// Milliseconds to the next look where a card lay: nobody waits, and two looks so far apart tell a card that is gone from one that was missed.
const LOOK_GAP: u64 = 200;
/// Milliseconds between questions whether the card is still there.
const PROBE_GAP: u64 = 500;
/// Milliseconds before an unwell or a lost reader is asked again.
const UNWELL_GAP: u64 = 3_000;
const REOPEN_GAP: u64 = 1_000;
/// Milliseconds without an answer after which none is on its way any more: what a reader owes that is asked in no order.
const QUIET: u64 = 10_000;
/// Milliseconds past its patience that an answer may lie unheard: a loop that was busy; of what lay for longer nobody knows whose it is.
const UNHEARD_MOST: u64 = 1_000;
/// Looks without an answer of a reader that has just told its status, before it is left alone.
const LOOKS_BEFORE_QUIET: u8 = 5;
/// Damaged frames and time-outs in a row before the reader is reset.
const FAULTS_BEFORE_RESET: u8 = 3;
/// Resets in a row without one good exchange after which the next trouble gives the port up.
const RESETS_BEFORE_REOPEN: u8 = 2;
/// Empty looks in a row before a card counts as gone: readers miss a card now and then that lies still.
const MISSES_BEFORE_REMOVED: u8 = 2;
/// Failed reads that are told of one card on the pad: a broken card lying there must not fill the screen for ever.
const FAILURES_TOLD: u8 = 3;

/// What one call of [`Session::step`] wants and tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// To be written to the port now.
    pub send: Option<Command>,
    /// What happened.
    pub event: Event,
}

/// What happened at the reader.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// Nothing to tell.
    Nothing,
    /// The reader answers in time and is well: after the start and after every trouble.
    Ready,
    /// A card came into the field and is being read. Ends in `Read`, `Refused`, `ReadFailed`, `Removed` or trouble.
    CardFound,
    /// A card was read: the one event of its presentation.
    Read(CardRead),
    /// A card was read whole and what it says is no document: the one event of its presentation.
    Refused(CardError),
    /// Pulled away mid-read, or no identity card. At most three times for one card on the pad.
    ReadFailed,
    /// The card read before is still there.
    StillThere,
    /// The field is empty again.
    Removed,
    /// The security module cannot work; asked again every 3 s. Never a person's matter.
    ReaderUnwell(Status),
    /// The reader does not answer even a reset, or what it answers cannot be told apart: reopen the port; the session tries again after
    /// a second, or after ten without an answer.
    NeedsReopen,
}

/// How the reader is, for the health state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReaderHealth {
    /// Never heard of yet.
    Starting,
    /// Answers.
    Well,
    /// Says that it cannot work.
    Unwell(Status),
    /// Does not answer in time, or has not yet on a new port.
    Lost,
}

/// The state of the conversation with one reader.
#[derive(Debug)]
pub struct Session {
    baud: Baud,
    receiver: Receiver,
    state: State,
    health: ReaderHealth,
    faults: u8,
    resets: u8,
    /// Looks sent since the reader told its status.
    looks: u8,
    presence: Presence,
}

#[derive(Debug, Clone, Copy)]
enum State {
    /// Nothing is outstanding; bytes that arrive are noise.
    Pause { until: Millis, then: Task },
    /// The answer to this is outstanding.
    Waiting { task: Task, deadline: Millis },
    /// Nothing is sent: no order tells whose answer would come. Time does, if none has come until then.
    Quiet { until: Millis },
}

/// Why a command is sent: some of them share one frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Task {
    Greet,
    Find,
    Select,
    Read,
    Probe,
    Fence,
    Reset,
    AfterReset,
    /// The first look behind a status, and the ones that repeat it.
    Look,
    LookAgain,
}

#[derive(Debug)]
enum Presence {
    Empty,
    Card { misses: u8, failures: u8, told: Told },
}

/// What was told of the card on the pad. The document is kept only as long as the card lies there.
#[derive(Debug, PartialEq, Eq)]
enum Told {
    Nothing,
    Document(Document),
    Refusal,
}

impl Session {
    /// A session that has not said anything yet, on a line of this speed.
    #[must_use]
    pub const fn new(baud: Baud) -> Self {
        Self {
            baud,
            receiver: Receiver::new(),
            state: State::Pause { until: Millis(0), then: Task::Greet },
            health: ReaderHealth::Starting,
            faults: 0,
            resets: 0,
            looks: 0,
            presence: Presence::Empty,
        }
    }

    /// How the reader is.
    #[must_use]
    pub const fn health(&self) -> ReaderHealth {
        self.health
    }

    /// Begins again on a port that was opened anew. A card that lay on the pad is still the same presentation, and what the reader owed
    /// may still come.
    pub fn restart(&mut self) {
        self.receiver.clear();
        (self.faults, self.resets) = (0, 0);
        if self.health != ReaderHealth::Starting {
            self.health = ReaderHealth::Lost;
        }
        if let State::Pause { then: task, .. } | State::Waiting { task, .. } = self.state {
            self.state = State::Pause { until: Millis(0), then: task.resumed() };
        }
    }

    /// Takes the bytes that arrived (none is fine) and the time; call it at least every 50 ms. After a pause of longer than an answer
    /// may take and a second, what arrived in it is dropped.
    /// Bytes behind the awaited answer arrived before the next command was sent: they are dropped.
    pub fn step(&mut self, now: Millis, received: &[u8]) -> Step {
        match self.state {
            State::Pause { until, then } if now >= until => self.begin(now, then, Event::Nothing),
            State::Pause { .. } => quiet(Event::Nothing),
            // In a fire, and while nobody is checked, nobody listens: what lay in the line meanwhile was somebody else's.
            State::Waiting { task, deadline } if now >= deadline.plus(UNHEARD_MOST) => {
                self.trouble(now, task)
            }
            State::Waiting { task, deadline } => {
                if let Some(step) = self.hear(now, task, received) {
                    return step;
                }
                if now >= deadline { self.trouble(now, task) } else { quiet(Event::Nothing) }
            }
            State::Quiet { until } if now >= until && received.is_empty() => {
                self.begin(now, Task::Reset, Event::Nothing)
            }
            State::Quiet { .. } => {
                self.listen(now, received);
                quiet(Event::Nothing)
            }
        }
    }

    /// Begins a quiet anew behind every answer, whole or damaged. Noise is none.
    fn listen(&mut self, now: Millis, received: &[u8]) {
        let mut rest = received;
        while let (more, Some(_)) = self.receiver.feed(rest) {
            self.receiver.clear();
            (rest, self.state) = (more, State::Quiet { until: now.plus(QUIET) });
        }
    }

    /// Looks for the answer to `task` in the bytes, past all that is no answer to it.
    fn hear(&mut self, now: Millis, task: Task, received: &[u8]) -> Option<Step> {
        let mut rest = received;
        loop {
            let (more, outcome) = self.receiver.feed(rest);
            rest = more;
            let answer = match outcome? {
                Ok(()) => self.receiver.frame().map_or(Answer::Stray, |frame| judge(task, &frame)),
                Err(_) => Answer::Damaged,
            };
            let step = self.take(now, task, answer);
            self.receiver.clear();
            if step.is_some() {
                return step;
            }
        }
    }

    /// What an answer leads to; `None` when the wait goes on.
    fn take(&mut self, now: Millis, task: Task, answer: Answer) -> Option<Step> {
        if task.is_in_order() && answer.is_good() {
            (self.faults, self.resets) = (0, 0);
        }
        Some(match answer {
            Answer::Stray => return None,
            Answer::Owed => self.fall_quiet(now),
            Answer::Damaged => self.trouble(now, task),
            Answer::Unwell(status) => {
                self.health = ReaderHealth::Unwell(status);
                self.pause(now.plus(UNWELL_GAP), task.resumed(), Event::ReaderUnwell(status))
            }
            Answer::Found | Answer::NoCard | Answer::Failed if task == Task::LookAgain => self.fence(now),
            Answer::Found | Answer::NoCard | Answer::Failed
                if task == Task::Look && self.health != ReaderHealth::Well =>
            {
                self.health = ReaderHealth::Well;
                self.begin(now, Task::Find, Event::Ready)
            }
            Answer::Done => self.done(now, task),
            Answer::Found => self.found(now),
            Answer::NoCard => self.missed(now),
            Answer::Selected => self.begin(now, Task::Read, Event::Nothing),
            Answer::Card => return self.read(now),
            Answer::Failed => self.failed(now),
            Answer::StillThere => self.pause(now.plus(PROBE_GAP), Task::Probe, Event::StillThere),
            Answer::Gone => self.begin(now, Task::Find, Event::Nothing),
        })
    }

    /// The status is told: what was asked before it has been answered, or never will be.
    fn done(&mut self, now: Millis, task: Task) -> Step {
        match task {
            Task::Reset => return self.begin(now, Task::AfterReset, Event::Nothing),
            Task::AfterReset => self.faults = 0,
            Task::Greet
            | Task::Fence
            | Task::Look
            | Task::LookAgain
            | Task::Find
            | Task::Select
            | Task::Read
            | Task::Probe => {}
        }
        self.looks = 1;
        self.begin(now, Task::Look, Event::Nothing)
    }

    fn found(&mut self, now: Millis) -> Step {
        let event = match &mut self.presence {
            Presence::Card { misses, .. } => {
                *misses = 0;
                Event::Nothing
            }
            Presence::Empty => {
                self.presence = Presence::Card { misses: 0, failures: 0, told: Told::Nothing };
                Event::CardFound
            }
        };
        self.begin(now, Task::Select, event)
    }

    fn missed(&mut self, now: Millis) -> Step {
        let gone = match &mut self.presence {
            Presence::Empty => false,
            Presence::Card { misses, .. } => {
                *misses = misses.saturating_add(1);
                *misses >= MISSES_BEFORE_REMOVED
            }
        };
        if gone {
            self.presence = Presence::Empty;
        }
        let gap = if matches!(self.presence, Presence::Empty) { EMPTY_GAP } else { LOOK_GAP };
        self.pause(now.plus(gap), Task::Find, if gone { Event::Removed } else { Event::Nothing })
    }

    /// The text of the completed answer; the receiver is wiped right after.
    fn read(&mut self, now: Millis) -> Option<Step> {
        let text = self.receiver.frame().as_ref().and_then(card_text)?;
        let (now_told, event) = match CardRead::parse(text) {
            Ok(card) => (Told::Document(card.document().clone()), Event::Read(card)),
            Err(error) => (Told::Refusal, Event::Refused(error)),
        };
        let event = match &self.presence {
            Presence::Card { told, .. } if *told == now_told => Event::StillThere,
            Presence::Card { .. } | Presence::Empty => event,
        };
        self.presence = Presence::Card { misses: 0, failures: 0, told: now_told };
        Some(self.pause(now.plus(PROBE_GAP), Task::Probe, event))
    }

    /// Told only while nothing else was told of the card: who has the verdict and takes the card away pulled nothing.
    fn failed(&mut self, now: Millis) -> Step {
        if matches!(self.presence, Presence::Empty) {
            self.presence = Presence::Card { misses: 0, failures: 0, told: Told::Nothing };
        }
        let event = match &mut self.presence {
            Presence::Card { failures, told: Told::Nothing, .. } if *failures < FAILURES_TOLD => {
                *failures += 1;
                Event::ReadFailed
            }
            Presence::Card { .. } | Presence::Empty => Event::Nothing,
        };
        self.pause(now.plus(LOOK_GAP), Task::Find, event)
    }

    /// A damaged frame or no answer in time.
    fn trouble(&mut self, now: Millis, task: Task) -> Step {
        self.faults = self.faults.saturating_add(1);
        match task {
            Task::Reset => self.begin(now, Task::AfterReset, Event::Nothing),
            Task::AfterReset => self.give_up(now),
            Task::Look | Task::LookAgain if self.looks < LOOKS_BEFORE_QUIET => {
                self.looks += 1;
                self.begin(now, Task::LookAgain, Event::Nothing)
            }
            Task::Look | Task::LookAgain => self.fall_quiet(now),
            Task::Greet | Task::Fence | Task::Find | Task::Select | Task::Read | Task::Probe => {
                self.fence(now)
            }
        }
    }

    /// Asks for the status, or has the reader begin anew, whose answer to that is alike.
    fn fence(&mut self, now: Millis) -> Step {
        if self.resets >= RESETS_BEFORE_REOPEN {
            return self.give_up(now);
        }
        if self.faults < FAULTS_BEFORE_RESET {
            return self.begin(now, Task::Fence, Event::Nothing);
        }
        self.resets += 1;
        self.begin(now, Task::Reset, Event::Nothing)
    }

    fn give_up(&mut self, now: Millis) -> Step {
        (self.faults, self.resets, self.health) = (0, 0, ReaderHealth::Lost);
        self.pause(now.plus(REOPEN_GAP), Task::Greet, Event::NeedsReopen)
    }

    fn fall_quiet(&mut self, now: Millis) -> Step {
        (self.faults, self.resets, self.health) = (0, 0, ReaderHealth::Lost);
        self.receiver.clear();
        self.state = State::Quiet { until: now.plus(QUIET) };
        quiet(Event::NeedsReopen)
    }

    fn begin(&mut self, now: Millis, task: Task, event: Event) -> Step {
        self.receiver.clear();
        self.state = State::Waiting { task, deadline: now.plus(task.patience(self.baud)) };
        Step { send: Some(task.command()), event }
    }

    fn pause(&mut self, until: Millis, then: Task, event: Event) -> Step {
        self.state = State::Pause { until, then };
        quiet(event)
    }
}

impl Task {
    const fn command(self) -> Command {
        match self {
            Self::Greet | Self::Fence | Self::AfterReset => Command::SamStatus,
            Self::Find | Self::Look | Self::LookAgain => Command::FindCard,
            Self::Select => Command::SelectCard,
            Self::Read => Command::ReadCard,
            Self::Probe => Command::ProbeCard,
            Self::Reset => Command::ResetSam,
        }
    }

    /// Whether nothing but the answer to it can come that looks like one.
    const fn is_in_order(self) -> bool {
        match self {
            Self::Find | Self::Select | Self::Read | Self::Probe | Self::Look => true,
            Self::Greet | Self::Fence | Self::Reset | Self::AfterReset | Self::LookAgain => false,
        }
    }

    /// What is asked first after a break in it. A look that is owed stays owed: until it is answered, statuses may be on their way.
    const fn resumed(self) -> Self {
        match self {
            Self::Look | Self::LookAgain => Self::LookAgain,
            Self::Greet
            | Self::Find
            | Self::Select
            | Self::Read
            | Self::Probe
            | Self::Fence
            | Self::Reset
            | Self::AfterReset => Self::Greet,
        }
    }

    /// Milliseconds until an answer is late: 1.5 s for a read and 300 ms for the rest at 115200 bit/s, and what a slower
    /// line takes longer for the answer's bytes.
    const fn patience(self, baud: Baud) -> u64 {
        let (millis, answer_bytes) = match self {
            Self::Read => (1_500, 1_295),
            Self::Greet
            | Self::Find
            | Self::Select
            | Self::Probe
            | Self::Fence
            | Self::Reset
            | Self::AfterReset
            | Self::Look
            | Self::LookAgain => (300, 90),
        };
        millis + answer_bytes * 10_000 / baud.bits_per_second() as u64
            - answer_bytes * 10_000 / Baud::B115200.bits_per_second() as u64
    }
}

const fn quiet(event: Event) -> Step {
    Step { send: None, event }
}
