//! Who is logged in, and who tried too often. In memory: a restart logs everybody out.
//! Promises: a token is 32 random bytes and only its digest is kept; a session ends after half an hour without a look and
//! after twelve hours in any case; wrong codes make a pause that grows, by name, and only who has that name's passphrase can
//! make it; a try counts before anybody knows how it ends.
//! Must not know: passphrases.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Mutex, MutexGuard};

use gate_proof::digest::{Digest, sha256};
use gate_wire::time::Timestamp;

use crate::store::people::Stamp;

const IDLE_S: u64 = 30 * 60;
const LONGEST_S: u64 = 12 * 3600;
/// Sessions at once at most.
const MOST: usize = 1024;
/// Wrong codes before there is a pause.
const FREE_TRIES: u32 = 5;
const LONGEST_PAUSE_S: u64 = 300;
/// Refused logins are written down together, so often.
const TOGETHER_S: u64 = 60;

/// Whose session it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Who {
    /// Their name.
    pub name: String,
    /// Of the secrets that opened it.
    pub stamp: Stamp,
}

struct Session {
    who: Who,
    begun: Timestamp,
    seen: Timestamp,
}

#[derive(Default)]
struct Inside {
    sessions: HashMap<[u8; 32], Session>,
    /// Names of people whose passphrase was right: no more than there are people.
    tries: HashMap<String, (u32, Timestamp)>,
    refused: (u32, Option<Timestamp>),
}

/// Who is logged in.
#[derive(Default)]
pub struct Sessions(Mutex<Inside>);

impl fmt::Debug for Sessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sessions")
    }
}

fn digest(token: &str) -> [u8; 32] {
    let Digest(bytes) = sha256(&[token.as_bytes()]);
    bytes
}

impl Sessions {
    fn inside(&self) -> MutexGuard<'_, Inside> {
        // Nothing in here can be half done.
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// Whether who has this name's passphrase may try a code now. It counts as a wrong one until a session is opened: of
    /// many at one moment, each counts.
    pub fn may_try(&self, name: &str, now: Timestamp) -> bool {
        let mut inside = self.inside();
        let pause = |tries: u32| match tries.checked_sub(FREE_TRIES) {
            None => 0,
            Some(more) => 2_u64.saturating_pow(more).min(LONGEST_PAUSE_S),
        };
        let (tries, last) = inside.tries.get(name).copied().unwrap_or((0, now));
        if now.since(last) < pause(tries) {
            return false;
        }
        inside.tries.insert(name.into(), (tries.saturating_add(1), now));
        true
    }

    /// A login was refused. Now and then, how many were since the last time it said so.
    pub fn refused(&self, now: Timestamp) -> Option<u32> {
        let mut inside = self.inside();
        let (count, last) = inside.refused;
        let count = count.saturating_add(1);
        let is_due = last.is_none_or(|last| now.since(last) >= TOGETHER_S);
        inside.refused = if is_due { (0, Some(now)) } else { (count, last) };
        is_due.then_some(count)
    }

    /// A session for who has just proven who they are. Gives its token.
    pub fn open(&self, who: Who, now: Timestamp) -> String {
        let mut bytes = [0; 32];
        if getrandom::fill(&mut bytes).is_err() {
            // No randomness, no session: this token is nobody's.
            return String::new();
        }
        let token = crate::hex(&bytes);
        let mut inside = self.inside();
        inside.tries.remove(&who.name);
        inside.sessions.retain(|_, session| session.is_good(now));
        if inside.sessions.len() < MOST {
            inside.sessions.insert(digest(&token), Session { who, begun: now, seen: now });
        }
        token
    }

    /// A code of this name's was right: its tries are forgotten.
    pub fn proven(&self, name: &str) {
        self.inside().tries.remove(name);
    }

    /// Whose session this is, if it is one.
    pub fn who(&self, token: &str, now: Timestamp) -> Option<Who> {
        let inside = self.inside();
        let session = inside.sessions.get(&digest(token)).filter(|session| session.is_good(now))?;
        Some(session.who.clone())
    }

    /// Somebody looked: it goes on for as long again.
    pub fn used(&self, token: &str, now: Timestamp) {
        let mut inside = self.inside();
        let session = inside.sessions.get_mut(&digest(token)).filter(|session| session.is_good(now));
        session.into_iter().for_each(|session| session.seen = now);
    }

    /// Ends a session.
    pub fn close(&self, token: &str) {
        self.inside().sessions.remove(&digest(token));
    }
}

impl Session {
    fn is_good(&self, now: Timestamp) -> bool {
        now.since(self.seen) < IDLE_S && now.since(self.begun) < LONGEST_S
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Timestamp {
        Timestamp::from_unix(1_000_000 + seconds).unwrap()
    }

    fn tester() -> Who {
        Who { name: "测试员".into(), stamp: [1; 32] }
    }

    #[test]
    fn a_session_ends_when_nobody_looks_and_after_a_day_of_looking() {
        let sessions = Sessions::default();
        let token = sessions.open(tester(), at(0));
        sessions.used(&token, at(1799));
        assert_eq!(sessions.who(&token, at(1799 + 1799)), Some(tester()));
        assert_eq!(sessions.who(&token, at(1799 + 1800)), None, "asking who it is was no look");
        sessions.used(&token, at(1799 + 1800));
        assert_eq!(sessions.who(&token, at(1799 + 1800)), None, "nor does a look bring it back");
        let token = sessions.open(tester(), at(0));
        let looks = (1..).map(|look| look * 1000).find(|second| {
            sessions.used(&token, at(*second));
            sessions.who(&token, at(*second)).is_none()
        });
        assert_eq!(looks, Some(44_000));
        let token = sessions.open(tester(), at(0));
        sessions.close(&token);
        assert_eq!((sessions.who(&token, at(1)), sessions.who("", at(1))), (None, None));
    }

    #[test]
    fn wrong_codes_make_a_pause_that_grows_and_ends_by_name() {
        let sessions = Sessions::default();
        let tries = (0..40).filter(|_| sessions.may_try("甲", at(0))).count();
        assert_eq!(tries, 5, "however many at one moment");
        assert!(sessions.may_try("甲", at(1)) && sessions.may_try("乙", at(0)));
        let tries = (2..100_000).filter(|second| sessions.may_try("甲", at(*second))).count();
        assert!((300..400).contains(&tries), "{tries} in a day: a million codes take ten years");
        assert!(!sessions.may_try("甲", at(100_000)) && sessions.may_try("甲", at(100_300)));
        sessions.open(Who { name: "甲".into(), ..tester() }, at(100_300));
        assert!(sessions.may_try("甲", at(100_300)));
    }

    #[test]
    fn refused_logins_are_told_at_once_and_then_together() {
        let sessions = Sessions::default();
        let told: Vec<Option<u32>> = [0, 1, 2, 60, 61, 500].map(|second| sessions.refused(at(second))).into();
        assert_eq!(told, [Some(1), None, None, Some(3), None, Some(2)]);
    }
}
