//! Enrolment with the hub: its code is held before the camera while a technician looks at that page, the carrier does the rest
//! (docs/formats/enrolment.md, ADR 24).
//! Promises: behind badge and PIN alone a code of the hub's is anything but a foreign code; neither the code nor a private key leaves,
//! nor is a key made anew; one asking at a time, taken back when the page is left; the loop waits for no disk; what the carrier
//! answers is a line on that page and no more.
//! Must not know: networks, what a hub does with a code.

use std::path::Path;

use gate_core::enrolment::{Asked, Came, Invitation};
use gate_core::event::Event;
use gate_core::screen::LineStep;
use gate_proof::digest::{Digest, sha256};
use gate_wire::time::Millis;

use super::Gate;
use super::service::{Again, may_again};
use crate::asking::{answer, nonce, put, take_back};
use crate::errand::{Errand, Sent};

/// The carrier's answer is looked for this often.
const LOOK_MS: u64 = 500;
/// A carrier that has said nothing for this long is none.
const SILENT_MS: u64 = 30_000;
/// A code that was not seen for this long was taken away: the next time it is held up anew.
const HELD_MS: u64 = 3_000;
/// Codes that are asked with while the page is open: whoever stands before the camera makes up as many as they like, and each keeps it open.
const ASKS_MOST: u8 = 5;

/// What is under way.
#[derive(Default)]
pub(crate) struct Enrolling {
    errand: Errand<Fetched>,
    asking: Option<Asking>,
    outbox: Outbox,
    /// The hub's code that was seen last on this page.
    seen: Option<(Digest, Millis)>,
    /// The one that was asked with last, while it stays in sight.
    asked_with: Option<Digest>,
    /// When one was asked with last.
    last: Option<Millis>,
    /// How many were, since the page was opened.
    asks: u8,
    step: Option<LineStep>,
}

/// An asking, and what was said to it.
type Fetched = (String, Option<Came>);

struct Asking {
    asked: Asked,
    since: Millis,
    looked: Option<Millis>,
}

/// What lies in the carriers' folder by this page's doing.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
enum Outbox {
    /// What an earlier run left, or an asking that is over.
    #[default]
    Stale,
    /// The asking that is under way.
    Asked,
    /// Nothing.
    Clear,
}

impl Enrolling {
    /// What the page says; `None` where nothing was held up.
    pub(super) fn step(&self) -> Option<LineStep> {
        self.step
    }

    /// The page is opened or left: what was asked is taken back, what ended before is not said again, and every code is a new one.
    pub(super) fn start_over(&mut self) {
        self.asking = None;
        self.asked_with = None;
        self.asks = 0;
        self.step = self.step.filter(|step| *step == LineStep::Enrolled);
    }

    /// Notes that a code is seen: held on, it is the one that was asked with.
    fn see(&mut self, sight: Digest, now: Millis) {
        if !self.is_held(sight, now) {
            self.asked_with = None;
        }
        self.seen = Some((sight, now));
    }

    fn is_held(&self, sight: Digest, now: Millis) -> bool {
        self.seen.is_some_and(|(seen, at)| seen == sight && now.since(at).0 < HELD_MS)
    }

    /// Sends for what is to be done next.
    fn go_on(&mut self, spool: &Path, now: Millis) {
        if let Some(fetched) = self.errand.back() {
            self.hear(fetched);
        }
        if let Some(asking) = &self.asking
            && self.step == Some(LineStep::Asking)
            && now.since(asking.since).0 >= SILENT_MS
        {
            // It may still come: what was asked lies there as long as the page is open.
            self.step = Some(LineStep::NoLine);
        }
        match (&self.asking, self.outbox) {
            (Some(_), Outbox::Stale | Outbox::Clear) => self.put(spool),
            (Some(_), Outbox::Asked) => self.look(spool, now),
            (None, Outbox::Stale | Outbox::Asked) => self.take_back(spool),
            (None, Outbox::Clear) => {}
        }
    }

    fn put(&mut self, spool: &Path) {
        let Some(asked) = self.asking.as_ref().map(|asking| asking.asked.clone()) else { return };
        let spool = spool.to_owned();
        let sent = self.send(move || {
            let put = put(&spool, &asked).inspect_err(|cause| crate::say!("enrolment: {cause}"));
            (asked.id().to_owned(), put.err().map(|_| Came::Refused))
        });
        if sent == Sent::Yes {
            self.outbox = Outbox::Asked;
        }
    }

    fn look(&mut self, spool: &Path, now: Millis) {
        let Some(asking) = &mut self.asking else { return };
        if asking.looked.is_some_and(|last| now.since(last).0 < LOOK_MS) {
            return;
        }
        asking.looked = Some(now);
        let (spool, id) = (spool.to_owned(), asking.asked.id().to_owned());
        self.send(move || {
            let came = answer(&spool, &id);
            (id, came)
        });
    }

    fn take_back(&mut self, spool: &Path) {
        let spool = spool.to_owned();
        let sent = self.send(move || {
            if let Err(cause) = take_back(&spool) {
                crate::say!("enrolment: {cause}");
            }
            (String::new(), None)
        });
        if sent == Sent::Yes {
            self.outbox = Outbox::Clear;
        }
    }

    fn send(&mut self, fetch: impl FnOnce() -> Fetched + Send + 'static) -> Sent {
        self.errand.send("enrolment", fetch).unwrap_or_else(|cause| {
            crate::say!("enrolment: {cause}");
            Sent::Busy
        })
    }

    /// What was said to another asking says nothing.
    fn hear(&mut self, (id, came): Fetched) {
        let is_ours = self.asking.as_ref().is_some_and(|asking| asking.asked.id() == id);
        if let Some(came) = came.filter(|_| is_ours) {
            self.step = Some(came.into());
            if came.is_last() {
                self.asking = None;
                self.outbox = Outbox::Stale;
            }
        }
    }
}

impl Gate {
    /// Whether this symbol is the hub's code and its place is here: it is no passage then, nor when the page was left with it still in sight.
    pub(super) fn takes_invitation(&mut self, symbol: &[u8], now: Millis) -> bool {
        let Some(invitation) = Invitation::parse(symbol).filter(|_| self.has_spool()) else { return false };
        let sight = sha256(&[symbol]);
        let is_enrolling = self.service.is_enrolling();
        if !is_enrolling && !self.service.enrolling.is_held(sight, now) {
            return false;
        }
        self.service.enrolling.see(sight, now);
        if is_enrolling {
            self.enrol(&invitation, sight, now);
        }
        self.rest(now);
        true
    }

    fn enrol(&mut self, invitation: &Invitation, sight: Digest, now: Millis) {
        let is_ours = invitation.terminal == self.judge.secrets().terminal;
        let enrolling = &mut self.service.enrolling;
        // Where no carrier answers, a code that comes after it may be the true one.
        let waits = enrolling.asking.is_some() && enrolling.step != Some(LineStep::NoLine);
        if waits || enrolling.asked_with == Some(sight) || enrolling.asks == ASKS_MOST {
            return;
        }
        if !is_ours {
            // A stranger's code neither keeps the page open nor takes away what it says.
            enrolling.step.get_or_insert(LineStep::OtherTerminal);
            return;
        }
        if may_again(&mut enrolling.last, now) == Again::TooSoon {
            return;
        }
        enrolling.asked_with = Some(sight);
        enrolling.asks += 1;
        match self.asked(invitation) {
            Ok(asked) => {
                let enrolling = &mut self.service.enrolling;
                enrolling.asking = Some(Asking { asked, since: now, looked: None });
                (enrolling.step, enrolling.outbox) = (Some(LineStep::Asking), Outbox::Stale);
            }
            Err(cause) => {
                crate::say!("enrolment: {cause}");
                self.service.enrolling.step = Some(LineStep::Refused);
            }
        }
        self.service.touch(now);
        self.log_service(Event::EnrolmentAsked, now);
    }

    fn asked(&self, invitation: &Invitation) -> anyhow::Result<Asked> {
        let secrets = self.judge.secrets();
        let record = secrets.record_key().public_key();
        Ok(Asked::new(invitation, [&secrets.device_key, record.as_bytes()], &nonce()?)?)
    }

    pub(super) fn has_spool(&self) -> bool {
        self.service.backroom.as_ref().is_some_and(|backroom| backroom.spool.is_some())
    }

    /// What goes on without anybody.
    pub(super) fn keep_enrolling(&mut self, now: Millis) {
        let spool = self.service.backroom.as_ref().and_then(|backroom| backroom.spool.clone());
        if !self.service.is_enrolling() {
            self.service.enrolling.start_over();
        }
        if let Some(spool) = spool {
            self.service.enrolling.go_on(&spool, now);
        }
    }
}
