//! Who is logged in, and who tried too often. In memory: a restart logs everybody out.
//! Promises: a token is 32 random bytes and only its digest is kept; a session ends after half an hour without a look and
//! after twelve hours in any case; wrong tries make a pause that grows, by name.
//! Must not know: passphrases.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Mutex, MutexGuard};

use gate_proof::digest::{Digest, sha256};
use gate_wire::time::Timestamp;

const IDLE_S: u64 = 30 * 60;
const LONGEST_S: u64 = 12 * 3600;
/// Sessions, and names with wrong tries, at once at most.
const MOST: usize = 1024;
/// Wrong tries before there is a pause.
const FREE_TRIES: u32 = 5;
const LONGEST_PAUSE_S: u64 = 300;

struct Session {
    name: String,
    begun: Timestamp,
    seen: Timestamp,
}

#[derive(Default)]
struct Inside {
    sessions: HashMap<[u8; 32], Session>,
    tries: HashMap<String, (u32, Timestamp)>,
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

    /// Whether somebody may try this name now.
    pub fn may_try(&self, name: &str, now: Timestamp) -> bool {
        let inside = self.inside();
        let pause = |tries: u32| match tries.checked_sub(FREE_TRIES) {
            None => 0,
            Some(more) => 2_u64.saturating_pow(more).min(LONGEST_PAUSE_S),
        };
        inside.tries.get(name).is_none_or(|(tries, last)| now.since(*last) >= pause(*tries))
    }

    /// A wrong try.
    pub fn failed(&self, name: &str, now: Timestamp) {
        let mut inside = self.inside();
        if inside.tries.len() >= MOST {
            inside.tries.retain(|_, (_, last)| now.since(*last) < LONGEST_PAUSE_S);
        }
        if inside.tries.len() < MOST || inside.tries.contains_key(name) {
            let tries = inside.tries.entry(name.into()).or_insert((0, now));
            *tries = (tries.0.saturating_add(1), now);
        }
    }

    /// A session for who has just proven who they are. Gives its token.
    pub fn open(&self, name: &str, now: Timestamp) -> String {
        let mut bytes = [0; 32];
        if getrandom::fill(&mut bytes).is_err() {
            // No randomness, no session: this token is nobody's.
            return String::new();
        }
        let token: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        let mut inside = self.inside();
        inside.tries.remove(name);
        inside.sessions.retain(|_, session| session.is_good(now));
        if inside.sessions.len() < MOST {
            inside.sessions.insert(digest(&token), Session { name: name.into(), begun: now, seen: now });
        }
        token
    }

    /// Whose session this is, if it is one.
    pub fn who(&self, token: &str, now: Timestamp) -> Option<String> {
        let mut inside = self.inside();
        let session = inside.sessions.get_mut(&digest(token)).filter(|session| session.is_good(now))?;
        session.seen = now;
        Some(session.name.clone())
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

    #[test]
    fn a_session_ends_when_nobody_looks_and_after_a_day_of_looking() {
        let sessions = Sessions::default();
        let token = sessions.open("测试员", at(0));
        assert_eq!(sessions.who(&token, at(1799)), Some("测试员".to_owned()));
        assert_eq!(sessions.who(&token, at(1799 + 1800)), None);
        let token = sessions.open("测试员", at(0));
        let looks = (1..).map(|look| look * 1000).find(|second| sessions.who(&token, at(*second)).is_none());
        assert_eq!(looks, Some(44_000));
        let token = sessions.open("测试员", at(0));
        sessions.close(&token);
        assert_eq!((sessions.who(&token, at(1)), sessions.who("", at(1))), (None, None));
    }

    #[test]
    fn wrong_tries_make_a_pause_that_grows_and_ends_by_name() {
        let sessions = Sessions::default();
        (0..5).for_each(|_| sessions.failed("甲", at(0)));
        assert!(
            !sessions.may_try("甲", at(0)) && sessions.may_try("甲", at(1)) && sessions.may_try("乙", at(0))
        );
        (0..40).for_each(|_| sessions.failed("甲", at(10)));
        assert!(!sessions.may_try("甲", at(309)) && sessions.may_try("甲", at(310)));
        sessions.open("甲", at(310));
        assert!(sessions.may_try("甲", at(310)));
        (0..5000).for_each(|number| sessions.failed(&number.to_string(), at(400)));
        assert!(sessions.inside().tries.len() <= MOST);
    }
}
