//! The attendant's side: badge, PIN, panel, acts.
//! Promises: nothing opens without an attendant's session and a record handed to the journal first; every refusal is
//! recorded; a PIN is wiped when it was tried.
//! Must not know: how a screen looks.

use std::collections::VecDeque;

use gate_core::alleged::Verified;
use gate_core::attendant::{self, Key, Panel, Pressed, Situation};
use gate_core::decide::Decision;
use gate_core::event::Event;
use gate_core::query::QueryNumber;
use gate_core::record::{OpeningRecorded, Permit};
use gate_core::screen::{Opened, PinRefusal, Saved, Screen, StaffStep, Told};
use gate_core::staff::{KnownBadge, PIN_DIGITS_MOST, PinTries, StaffRefused, StaffSession};
use gate_core::verdict::{Reason, Verdict};
use gate_proof::digest::Digest;
use gate_proof::subject::Subject;
use gate_wire::credential::{Credential, Role};
use gate_wire::document::Document;
use gate_wire::time::{Millis, Timestamp};
use zeroize::Zeroizing;

use super::opening::{Act, Given, OPEN_CARD_MS, not_opened};
use super::recent::{Known, Recent};
use super::{Attempt, Gate, STANDS_HERE_MS, entries, unrecorded};
use crate::judge::Shown;

/// Documents that may be typed within a minute (DOMAIN §13).
const TYPED_A_MINUTE: usize = 6;
/// Keys taken in one turn; the rest waits for the next.
const KEYS_A_TURN: usize = 16;
/// Half a PIN or an open question is dropped when no key follows for this long.
const HALF_DONE_MS: u64 = 30_000;

/// The desk between turns.
#[derive(Default)]
pub(super) struct Desk {
    session: Option<StaffSession>,
    /// Wrong PINs, by whose badge it was: one member's luck does not clear another's.
    tries: Vec<(Subject, PinTries)>,
    badge: Option<KnownBadge>,
    pin: Zeroizing<Vec<u8>>,
    panel: Panel,
    /// The last key or badge: what is half done is dropped when nothing follows for a while.
    touched: Option<Millis>,
    typed: VecDeque<Millis>,
    /// Badges in sight: one showing is taken, or refused and recorded, once.
    badges: Recent,
}

impl Desk {
    /// The tries of one member. The staff list bounds how many there can be.
    fn tries(&mut self, of: Subject) -> &mut PinTries {
        let known = self.tries.iter().position(|(subject, _)| *subject == of);
        let at = known.unwrap_or_else(|| {
            self.tries.push((of, PinTries::default()));
            self.tries.len() - 1
        });
        &mut self.tries[at].1
    }

    /// Asks for no PIN any more.
    fn ask_nothing(&mut self) {
        self.badge = None;
        self.pin = Zeroizing::default();
    }

    /// Drops a badge that waits for its PIN and whatever the panel was asking.
    fn drop_half_done(&mut self) {
        self.ask_nothing();
        self.panel = Panel::default();
        self.touched = None;
    }

    /// Whether somebody is at its keys.
    pub(super) fn is_touched(&self) -> bool {
        self.touched.is_some()
    }

    pub(super) fn session(&self) -> Option<&StaffSession> {
        self.session.as_ref()
    }
}

impl Gate {
    /// Takes the keys pressed since the last turn.
    pub(super) fn heed_attendant(&mut self, now: Millis) {
        if self.desk.session.as_ref().is_some_and(|session| session.is_over(now)) {
            self.log_out(now);
        }
        if self.desk.touched.is_some_and(|at| now.since(at).0 >= HALF_DONE_MS) {
            self.desk.drop_half_done();
        }
        for _ in 0..KEYS_A_TURN {
            let Some(key) = self.devices.keys.pressed() else { return };
            self.desk.touched = Some(now);
            // A key that acts is never taken for a part of a PIN by an attendant who is logged in.
            if self.desk.session.is_some() && acts(key) {
                self.desk.ask_nothing();
            }
            match self.whose(key) {
                Whose::Pin => self.press_pin(key, now),
                // It may write to the journal: one in a turn, so that a disk that hangs holds no passage up for long.
                Whose::Technician => return self.press_service(key, now),
                Whose::Attendant => self.press_panel(key, now),
            }
        }
    }

    /// Who a key is for: a PIN that is asked for, the attendant's panel when it is asking, the key acts at the lane or opens its own
    /// menu, and the technician's menu otherwise, while it is open.
    fn whose(&self, key: Key) -> Whose {
        let own_menu = key == Key::Ok && self.desk.session.is_some() && !self.service.heeds_ok();
        let attendants = acts(key) || key == Key::SayAgain || self.desk.panel.asks() || own_menu;
        match (&self.desk.badge, self.service.session()) {
            (Some(_), _) => Whose::Pin,
            (None, Some(_)) if !attendants => Whose::Technician,
            (None, _) => Whose::Attendant,
        }
    }

    /// Whoever is logged in: an attendant and a technician do not push each other out.
    fn logged_in(&self) -> impl Iterator<Item = &StaffSession> {
        self.desk.session.iter().chain(self.service.session())
    }

    /// A verdict was given: what the panel was asking was about the person before.
    pub(super) fn panel_meets_a_new_verdict(&mut self) {
        self.desk.panel.new_person();
    }

    /// A badge is in sight. It is taken once for as long as it stays there.
    pub(super) fn see_badge(
        &mut self,
        (badge, subject): (&Verified<Credential>, Option<Subject>),
        sight: Digest,
        now: Millis,
    ) {
        if self.desk.badges.see_unbroken(sight, now) != Known::New {
            return self.rest(now);
        }
        self.desk.badges.tell(sight, None, now);
        self.take_badge(badge, subject, now);
    }

    /// A badge was shown: ask for its PIN, or say why not.
    fn take_badge(&mut self, badge: &Verified<Credential>, subject: Option<Subject>, now: Millis) {
        let known = match subject {
            Some(subject) if self.judge.is_revoked(badge, &subject) => Err(StaffRefused::BadgeOver),
            Some(subject) => KnownBadge::find(self.judge.believed().staff.as_ref(), badge, subject),
            None => Err(StaffRefused::NotOnList),
        };
        match known {
            Ok(known) if self.logged_in().any(|session| session.subject() == known.subject()) => {}
            Ok(known) => {
                let refused = self
                    .desk
                    .tries(known.subject())
                    .pause_left(now)
                    .map(|seconds| PinRefusal::Paused { seconds });
                self.desk.badge = Some(known);
                self.desk.touched = Some(now);
                self.desk.pin = Zeroizing::new(Vec::with_capacity(PIN_DIGITS_MOST));
                self.tell(Screen::PinEntry { typed: 0, refused }, now);
            }
            Err(refused) => {
                let who = subject.map(|subject| (subject, role_of(badge)));
                self.refuse_staff(refused, who, now);
            }
        }
    }

    fn press_pin(&mut self, key: Key, now: Millis) {
        match key {
            Key::Digit(digit) if digit < 10 && self.desk.pin.len() < PIN_DIGITS_MOST => {
                self.desk.pin.push(b'0' + digit)
            }
            Key::Back => {
                self.desk.ask_nothing();
                return self.face_rest(now);
            }
            Key::Ok if !self.desk.pin.is_empty() => return self.log_in(now),
            _ => {}
        }
        let typed = self.desk.pin.len() as u8; // at most 12
        self.tell(Screen::PinEntry { typed, refused: None }, now);
    }

    fn log_in(&mut self, now: Millis) {
        let Some(badge) = self.desk.badge.clone() else { return };
        let pin = std::mem::take(&mut self.desk.pin);
        match self.judge.log_in(&badge, &pin, self.desk.tries(badge.subject()), now) {
            Ok(session) => {
                self.log(Event::LoggedIn, Some((session.subject(), session.role())), now);
                self.desk.badge = None;
                if session.role() == Role::Technician {
                    return self.open_service(session, now);
                }
                self.desk.session = Some(session);
                self.tell(Screen::Staff(StaffStep::Welcome), now);
            }
            Err(refused) => {
                self.log(Event::Refused(refused), Some((badge.subject(), badge.role())), now);
                let told = match refused {
                    StaffRefused::Paused { seconds } => PinRefusal::Paused { seconds },
                    _ => PinRefusal::Wrong,
                };
                self.tell(Screen::PinEntry { typed: 0, refused: Some(told) }, now);
            }
        }
    }

    fn press_panel(&mut self, key: Key, now: Millis) {
        // A digit of the menu is the key that it stands for, also where it is asked who may.
        let key = self.desk.panel.meaning(key);
        if key == Key::Ok && self.desk.session.is_none() {
            return;
        }
        let session = self.logged_in().next();
        let may = match session {
            Some(session) => session.as_attendant().map(|_| ()),
            None => Err(StaffRefused::NobodyLoggedIn),
        };
        if let (true, Err(refused)) = (acts(key), may) {
            let who = session.map(|session| (session.subject(), session.role()));
            return self.refuse_staff(refused, who, now);
        }
        let (verdict, reason) = self.verdict_here(now).unzip();
        let situation = Situation { verdict, reason, place: self.judge.place_kind() };
        match self.desk.panel.press(key, situation) {
            Pressed::Nothing => {}
            Pressed::Step(step) => self.tell(Screen::Staff(step), now),
            Pressed::Closed => self.face_rest(now),
            Pressed::Open(act) => self.open_by_hand(act, now),
            Pressed::LookUp(document) => self.look_up_typed(&document, now),
            Pressed::SecondReading(tenths) => self.read_again(tenths, now),
            Pressed::ConfirmTime(time) => self.confirm_time(time, now),
            Pressed::SayAgain => self.face.say_again(&mut self.devices, now),
            Pressed::Logout => self.log_out(now),
        }
    }

    /// The verdict of the person who stands here now.
    fn verdict_here(&self, now: Millis) -> Option<(Verdict, Reason)> {
        let here = self.last.as_ref().filter(|last| now.since(last.given).0 <= STANDS_HERE_MS)?;
        Some(here.standing)
    }

    /// Record first, then open; the permit works even if the record is unsaved (DESIGN §4).
    fn open_by_hand(&mut self, act: attendant::Act, now: Millis) {
        let Some(session) = self.desk.session.clone() else { return };
        let Ok(attendant) = session.as_attendant() else { return };
        let of = self.last.as_ref().and_then(|last| last.sequence);
        let entry = entries::opening(&self.judge, &session, act, of, (self.time.now(now), now));
        let recorded = OpeningRecorded::hand(self.book.as_mut(), &entry);
        let permit = Permit::by_attendant(&attendant, &recorded);
        let given =
            Given { sequence: recorded.receipt().map(|receipt| receipt.sequence), tally: entry.tally };
        let act = self.open(permit, Millis(OPEN_CARD_MS), given, now);
        let terminal = self.judge.secrets().terminal;
        let saved = recorded.saved();
        let sequence = given.sequence.filter(|_| saved == Saved::Yes);
        let query = sequence.map(|sequence| QueryNumber::new(terminal, sequence));
        if act == Act::NotOpened {
            // Whoever stands here still does, for the next try.
            let assist = Decision::assist(Reason::LatchUnwell, self.judge.direction());
            let told = Told { query, saved, ..not_opened(unrecorded(&assist)) };
            return self.tell(Screen::Verdict(told), now);
        }
        self.last = None;
        self.warm = None;
        self.recent.hush();
        self.tell(Screen::Opened(Opened { query, saved }), now);
    }

    fn look_up_typed(&mut self, document: &Document, now: Millis) {
        let Some(session) = &self.desk.session else { return };
        let who = Some((session.subject(), session.role()));
        self.desk.typed.retain(|at| now.since(*at).0 < 60_000);
        if self.desk.typed.len() >= TYPED_A_MINUTE {
            return self.refuse_staff(StaffRefused::TooManyTyped, who, now);
        }
        self.desk.typed.push_back(now);
        self.log(Event::DocumentTyped, who, now);
        let shown = match self.judge.typed(document) {
            Ok(document) => Shown::Document(document),
            Err(_) => Shown::Refused(Reason::ListMissing),
        };
        self.pass(Attempt { shown, person: None, sight: None }, None, now);
    }

    fn read_again(&mut self, tenths: i16, now: Millis) {
        let who = self.desk.session.as_ref().map(|session| (session.subject(), session.role()));
        self.log(Event::SecondReading, who, now);
        // A reading is of the person who stands here, not of one who went away.
        let here = self.verdict_here(now).is_some();
        match self.warm.take().filter(|_| here) {
            Some(attempt) => self.pass(attempt, Some(tenths), now),
            None => self.face_rest(now),
        }
    }

    /// An attendant's watch confirms a clock that nothing else did (DESIGN §8); the next turn records it.
    fn confirm_time(&mut self, time: Timestamp, now: Millis) {
        let Some(attendant) = self.desk.session.as_ref().and_then(|session| session.as_attendant().ok())
        else {
            return;
        };
        let step = match self.time.confirm_by_attendant(&attendant, time, now) {
            Ok(()) => StaffStep::TimeConfirmed,
            Err(_) => StaffStep::TimeWrong,
        };
        self.tell(Screen::Staff(step), now);
    }

    fn log_out(&mut self, now: Millis) {
        if let Some(session) = self.desk.session.take() {
            self.log(Event::LoggedOut, Some((session.subject(), session.role())), now);
        }
        self.desk.drop_half_done();
        self.face_rest(now);
    }

    /// Says no to staff, and records it.
    fn refuse_staff(&mut self, refused: StaffRefused, who: Option<(Subject, Role)>, now: Millis) {
        self.log(Event::Refused(refused), who, now);
        let step = match refused {
            StaffRefused::NobodyLoggedIn => StaffStep::LoginFirst,
            StaffRefused::RoleForbids => StaffStep::RoleForbids,
            StaffRefused::TooManyTyped => StaffStep::TooManyTyped,
            _ => StaffStep::BadgeRefused,
        };
        self.tell(Screen::Staff(step), now);
    }

    pub(super) fn log(&mut self, event: Event, who: Option<(Subject, Role)>, now: Millis) {
        let entry = entries::staff(&self.judge, event, who, (self.time.now(now), now));
        let _ = self.book.append(&entry); // best effort: it is in memory at the least
    }
}

/// See [`Gate::whose`].
enum Whose {
    Pin,
    Technician,
    Attendant,
}

/// Keys that do something at the lane, and need an attendant.
fn acts(key: Key) -> bool {
    matches!(
        key,
        Key::Accept | Key::Companion | Key::Emergency | Key::Document | Key::Temperature | Key::Clock
    )
}

fn role_of(badge: &Verified<Credential>) -> Role {
    match badge.get().statement {
        gate_wire::credential::Statement::Badge(role) => role,
        _ => Role::Attendant,
    }
}
