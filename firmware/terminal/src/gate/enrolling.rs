//! Enrolment with the hub: its code is held before the camera while a technician looks at that page, the carrier does the rest
//! (docs/formats/enrolment.md).
//! Promises: behind badge and PIN alone a code of the hub's is anything but a foreign code; no private key leaves, nor is one made
//! anew; the loop waits for no disk; what the carrier answers is a line on that page and no more.
//! Must not know: networks, what a hub does with a code.

use std::path::{Path, PathBuf};

use gate_core::enrolment::{Answered, Asked, Came, FILE_NAME, Invitation, LARGEST};
use gate_core::event::Event;
use gate_core::records::names::{ACKS, OUT};
use gate_core::screen::LineStep;
use gate_files::{FileFault, Folder};
use gate_wire::time::Millis;

use super::Gate;
use crate::errand::Messenger;
use crate::files;

/// The carrier's answer is looked for this often.
const LOOK_MS: u64 = 500;

/// What is under way.
#[derive(Default)]
pub(crate) struct Enrolling {
    messenger: Messenger<Option<Came>>,
    asked: Option<Asked>,
    /// The name of the last code.
    last: Option<String>,
    written: bool,
    looked: Option<Millis>,
    step: Option<LineStep>,
}

impl Enrolling {
    /// What the page says.
    pub(super) fn step(&self) -> LineStep {
        self.step.unwrap_or(LineStep::ShowCode)
    }

    /// The page is opened: what ended before is not said again, so that the next code may be held up.
    pub(super) fn look_again(&mut self) {
        if self.asked.is_none() && self.step != Some(LineStep::Enrolled) {
            self.step = None;
        }
    }

    /// Sends for what is to be done next.
    fn go_on(&mut self, spool: &Path, now: Millis) {
        if let Some(came) = self.messenger.back() {
            self.hear(came);
        }
        let Some(asked) = &self.asked else { return };
        if self.written && self.looked.is_some_and(|last| now.since(last).0 < LOOK_MS) {
            return;
        }
        self.looked = Some(now);
        let (spool, asked, is_new) = (spool.to_owned(), asked.clone(), !self.written);
        let fetch = move || {
            if is_new && let Err(cause) = ask(&spool, &asked) {
                crate::say!("enrolment: {cause}");
                return Some(Came::Refused);
            }
            answer(&spool, &asked)
        };
        match self.messenger.send("enrolment", fetch) {
            Ok(()) => self.written = true,
            Err(cause) => crate::say!("enrolment: {cause}"),
        }
    }

    fn hear(&mut self, came: Option<Came>) {
        if let Some(came) = came {
            self.step = Some(came.into());
            if came.is_last() {
                self.asked = None;
            }
        }
    }
}

impl Gate {
    /// Whether this symbol is the hub's code and its place is here: it is no passage then.
    pub(super) fn takes_invitation(&mut self, symbol: &[u8], now: Millis) -> bool {
        let has_spool = self.service.backroom.as_ref().is_some_and(|backroom| backroom.spool.is_some());
        if !self.service.is_enrolling() || !has_spool {
            return false;
        }
        let Some(invitation) = Invitation::parse(symbol) else { return false };
        self.enrol(&invitation, now);
        self.rest(now);
        true
    }

    fn enrol(&mut self, invitation: &Invitation, now: Millis) {
        self.service.touch(now);
        let secrets = self.judge.secrets();
        if invitation.terminal != secrets.terminal {
            self.service.enrolling.step = Some(LineStep::OtherTerminal);
            return;
        }
        let asked = Asked::new(invitation, &secrets.device_key, secrets.record_key().public_key().as_bytes());
        // Held on, it is the same code: nothing is asked twice.
        if self.service.enrolling.last.as_deref() == Some(&*asked.id()) {
            return;
        }
        let enrolling = &mut self.service.enrolling;
        enrolling.last = Some(asked.id().as_str().to_owned());
        (enrolling.asked, enrolling.written) = (Some(asked), false);
        enrolling.step = Some(LineStep::Asking);
        self.log_service(Event::EnrolmentAsked, now);
    }

    /// What goes on without anybody.
    pub(super) fn keep_enrolling(&mut self, now: Millis) {
        let spool = self.service.backroom.as_ref().and_then(|backroom| backroom.spool.clone());
        if let Some(spool) = spool {
            self.service.enrolling.go_on(&spool, now);
        }
    }
}

/// Puts what is asked where the carrier, who is another user, finds it and can read it.
fn ask(spool: &Path, asked: &Asked) -> Result<(), FileFault> {
    let out = Folder::make(spool)?.make_below(OUT)?;
    let mut draft = out.draft(FILE_NAME)?;
    draft.write(asked.document().as_bytes())?;
    draft.share()?;
    draft.settle(&out, FILE_NAME)
}

/// What the carrier has answered to it; what was asked is taken back when nothing follows.
fn answer(spool: &Path, asked: &Asked) -> Option<Came> {
    let path: PathBuf = spool.join(ACKS).join(FILE_NAME);
    let bytes = files::read_most(&path, LARGEST as u64).ok()?;
    let came = Answered::load(&bytes, &asked.id())?;
    if came.is_last() {
        let _ = std::fs::remove_file(spool.join(OUT).join(FILE_NAME)); // the carrier answers no code twice
    }
    Some(came)
}
