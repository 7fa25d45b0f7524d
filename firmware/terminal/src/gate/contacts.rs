//! The inputs as the lane takes them: what each said last, and which cannot be read.
//! Promises: every input by itself: a broken one hides no other; what was said last stands until the input says otherwise: a fire whose
//! contact is lost is not over; a lost input is a fault that is shown, recorded and said, once, and not again for a loose plug;
//! so is a gate that they hold open without an end, and a contact that chatters, which fills no journal.
//! Must not know: what a chip is.

use gate_core::event::Event;
use gate_core::screen::Fault;
use gate_hal::DeviceFault;
use gate_hal::inputs::{Input, InputLevels, Level};
use gate_wire::time::Millis;

use super::chatter::{Change, Changes};
use super::doorway::LONG_MS;
use super::upkeep::unwell_if;
use super::{Gate, entries};

/// An input, or the latch, is well again when it could be reached for so long: a loose plug fills no journal.
const STEADY_MS: u64 = 10_000;

/// What the inputs said last.
#[derive(Debug, Default)]
pub(super) struct Contacts {
    levels: [Level; Input::ALL.len()],
    faults: [Option<DeviceFault>; Input::ALL.len()],
    fire: Reach,
    others: Reach,
    /// Whether one of them, or more, has held the gate open for long.
    held_long: bool,
    changes: [Changes; Input::ALL.len()],
    /// Which chatter, as the log was told.
    restless: [bool; Input::ALL.len()],
}

/// Whether some inputs can be read, or the latch be reached.
#[derive(Debug, Default)]
pub(super) struct Reach {
    lost: Option<Millis>,
}

/// What became of that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Turned {
    Lost,
    Back,
}

impl Reach {
    pub(super) fn see(&mut self, broken: bool, now: Millis) -> Option<Turned> {
        match (self.lost, broken) {
            (before, true) => {
                self.lost = Some(now);
                before.is_none().then_some(Turned::Lost)
            }
            (Some(lost), false) if now.since(lost).0 >= STEADY_MS => {
                self.lost = None;
                Some(Turned::Back)
            }
            (_, false) => None,
        }
    }

    pub(super) fn is_lost(&self) -> bool {
        self.lost.is_some()
    }
}

impl Contacts {
    pub(super) fn level(&self, input: Input) -> Level {
        self.levels[input as usize]
    }

    /// Takes what each says; which are active now that were not, and the other way round.
    fn take(&mut self, levels: &InputLevels) -> Vec<(Input, Level)> {
        let mut changed = Vec::new();
        for (input, last) in Input::ALL.into_iter().zip(&mut self.levels) {
            let new = levels.of(input).unwrap_or(*last);
            if std::mem::replace(last, new) != new {
                changed.push((input, new));
            }
        }
        changed
    }

    /// Says which cannot be read, each once.
    fn say(&mut self, levels: &InputLevels) {
        for (input, said) in Input::ALL.into_iter().zip(&mut self.faults) {
            let fault = levels.of(input).err();
            if std::mem::replace(said, fault) == fault {
                continue;
            }
            let last = self.levels[input as usize];
            match (fault, input, last) {
                (Some(fault), Input::Fire, Level::Active) => {
                    crate::say!("{}: {fault}; it said fire last, and the gate stays open", input.key());
                }
                (Some(fault), ..) => crate::say!("{}: {fault}", input.key()),
                (None, ..) => crate::say!("{}: can be read again", input.key()),
            }
        }
    }
}

impl Gate {
    /// Every input once a turn: fire first of all, whatever else is broken.
    pub(super) fn heed_inputs(&mut self, levels: &InputLevels, now: Millis) {
        for (input, level) in self.upkeep.contacts.take(levels) {
            let change = self.upkeep.contacts.changes[input as usize].note(input, level, now);
            if let (Change::Recorded, Some(event)) = (change, event(input, level)) {
                self.record_device(event, now);
            }
        }
        self.note_chatter(now);
        for (fault, input) in [(Fault::Fire, Input::Fire), (Fault::CaseOpen, Input::CaseOpen)] {
            let active = self.upkeep.contacts.level(input) == Level::Active;
            self.upkeep.faults.set(fault, unwell_if(active));
        }
        self.upkeep.contacts.say(levels);
        self.note_lost(levels, now);
    }

    /// A contact that chatters has one record of that a minute, and one of how it stands then.
    fn note_chatter(&mut self, now: Millis) {
        for input in Input::ALL {
            let contacts = &mut self.upkeep.contacts;
            let (level, changes) = (contacts.level(input), &mut contacts.changes[input as usize]);
            let summary = changes.end(input, level, now);
            let restless = changes.is_restless(input);
            if std::mem::replace(&mut contacts.restless[input as usize], restless) != restless {
                let what =
                    if restless { "chatters: check the contact and its wire" } else { "chatters no more" };
                crate::say!("{}: {what}", input.key());
            }
            let Some(summary) = summary else { continue };
            let moment = (self.time.now(now), now);
            let entry = entries::chatter(&self.judge, (input as u8, summary.changes), moment);
            let _ = self.book.append(&entry); // best effort: it is in memory at the least
            if let Some(event) = summary.untold.and_then(|level| event(input, level)) {
                self.record_device(event, now);
            }
        }
    }

    fn note_lost(&mut self, levels: &InputLevels, now: Millis) {
        let fire = levels.of(Input::Fire).is_err();
        let others = Input::ALL.into_iter().any(|input| input != Input::Fire && levels.of(input).is_err());
        let contacts = &mut self.upkeep.contacts;
        let turned = [
            (contacts.fire.see(fire, now), Event::FireInputLost, Event::FireInputBack),
            (contacts.others.see(others, now), Event::InputLost, Event::InputBack),
        ];
        for (turned, gone, back) in turned {
            match turned {
                Some(Turned::Lost) => self.record_device(gone, now),
                Some(Turned::Back) => self.record_device(back, now),
                None => {}
            }
        }
    }

    /// A gate that is held open without an end is nobody's passage: it is a fault, recorded and said. It is never shut for that.
    pub(super) fn note_held(&mut self, levels: &InputLevels, now: Millis) {
        let long = self.doorway.is_held_long(now);
        let contacts = &mut self.upkeep.contacts;
        let lost = contacts.fire.is_lost() || contacts.others.is_lost();
        let restless = contacts.restless.contains(&true);
        self.upkeep.faults.set(Fault::Inputs, unwell_if(lost || long || restless));
        if std::mem::replace(&mut contacts.held_long, long) == long {
            return;
        }
        if long {
            crate::say!("latch: held open for {} s without a gap by {}", LONG_MS / 1_000, holding(levels));
        } else {
            crate::say!("latch: held open no more");
        }
        self.record_device(if long { Event::HeldOpen } else { Event::HeldOpenOver }, now);
    }
}

/// The inputs that say that somebody is in the gate.
fn holding(levels: &InputLevels) -> String {
    let active =
        [Input::Passage, Input::Door].into_iter().filter(|input| levels.of(*input) == Ok(Level::Active));
    active.map(Input::key).collect::<Vec<_>>().join(", ")
}

/// What is recorded of an input that has changed.
fn event(input: Input, level: Level) -> Option<Event> {
    match (input, level) {
        (Input::Fire, Level::Active) => Some(Event::Fire),
        (Input::Fire, Level::Inactive) => Some(Event::FireOver),
        (Input::CaseOpen, Level::Active) => Some(Event::CaseOpened),
        (Input::CaseOpen, Level::Inactive) => Some(Event::CaseClosed),
        (Input::Release, Level::Active) => Some(Event::ReleasePulled),
        (Input::Release, Level::Inactive) | (Input::Passage | Input::Door, _) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_loose_plug_is_lost_once_and_back_when_it_has_held_for_ten_seconds() {
        let mut reach = Reach::default();
        let turned =
            [(0, true), (20, false), (1_000, true), (10_999, false), (11_000, false), (11_020, false)]
                .map(|(at, broken)| reach.see(broken, Millis(at)));
        assert_eq!(turned, [Some(Turned::Lost), None, None, None, Some(Turned::Back), None]);
    }

    #[test]
    fn what_was_said_last_stands_while_an_input_cannot_be_read() {
        let (mut contacts, lost) = (Contacts::default(), Err(DeviceFault::NotConnected));
        let fire = InputLevels::default().with(Input::Fire, Ok(Level::Active));
        assert_eq!(contacts.take(&fire), [(Input::Fire, Level::Active)]);
        assert_eq!(contacts.take(&fire.with(Input::Fire, lost)), []);
        assert_eq!(contacts.level(Input::Fire), Level::Active);
        assert_eq!(contacts.take(&InputLevels::default()), [(Input::Fire, Level::Inactive)]);
    }
}
