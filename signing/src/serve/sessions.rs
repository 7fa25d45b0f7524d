//! Phone pages that may refresh their code: an opaque token for each, in memory alone.
//! Promises: a token has 256 random bits and stands in no file, log or URL path; no number is kept, only the subject and the
//! masked name, wiped when the session is over; the count is bounded, and a full house refuses rather than throws out.
//! Must not know: HTTP, how a code is made.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use gate_proof::digest::sha256;
use gate_wire::cose::Kid;
use gate_wire::time::Millis;
use rand_core::CryptoRng;
use zeroize::Zeroizing;

use super::cap::{Bucket, Cap};
use super::operators::OperatorId;
use super::refusal::Refusal;
use super::sign::Person;
use crate::spelling;

/// Characters of a session's token.
const TOKEN_CHARS: usize = 43;
const DOMAIN: &[u8] = b"tianfu-gate/session-token/1";

/// A session.
#[derive(Clone)]
pub(crate) struct Session {
    /// Who asked for it: a revoked operator's sessions are over.
    pub(crate) operator: OperatorId,
    pub(crate) issuer: Kid,
    pub(crate) person: Person,
    until: Millis,
    bucket: Bucket,
}

impl Session {
    pub(crate) fn new(operator: OperatorId, issuer: Kid, person: Person, until: Millis) -> Session {
        Session { operator, issuer, person, until, bucket: Bucket::default() }
    }
}

/// Those that run.
pub(crate) struct Sessions {
    most: usize,
    cap: Cap,
    running: Mutex<Running>,
}

/// By digest: the time that a lookup takes says nothing of a token.
type Running = HashMap<[u8; 32], Session>;

impl Sessions {
    pub(crate) fn new(most: usize, cap: Cap) -> Sessions {
        Sessions { most, cap, running: Mutex::new(HashMap::new()) }
    }

    /// Keeps a session and gives its token, which is nowhere else.
    ///
    /// # Errors
    /// [`Refusal::HoldSession`].
    pub(crate) fn open(
        &self,
        session: Session,
        now: Millis,
        rng: &mut impl CryptoRng,
    ) -> Result<Zeroizing<String>, Refusal> {
        let mut bytes = Zeroizing::new([0; 32]);
        rng.fill_bytes(&mut *bytes);
        let token = Zeroizing::new(spelling::base64url(&bytes));
        let mut running = self.lock();
        if running.len() >= self.most {
            running.retain(|_, session| now < session.until);
        }
        if running.len() >= self.most {
            return Err(Refusal::HoldSession);
        }
        running.insert(key(&token), session);
        Ok(token)
    }

    /// The session of this token, and counts one code.
    ///
    /// # Errors
    /// [`Refusal::FindSession`], [`Refusal::Wait`].
    pub(crate) fn next(&self, token: &str, now: Millis) -> Result<Session, Refusal> {
        if token.len() != TOKEN_CHARS {
            return Err(Refusal::FindSession);
        }
        let (mut running, key) = (self.lock(), key(token));
        let session = running.get_mut(&key).filter(|session| now < session.until);
        let session = session.ok_or(Refusal::FindSession)?;
        session.bucket.take(self.cap, now).map_err(|wait| Refusal::Wait(wait.0))?;
        Ok(session.clone())
    }

    /// Forgets who is over.
    pub(crate) fn sweep(&self, now: Millis) {
        self.lock().retain(|_, session| now < session.until);
    }

    pub(crate) fn count(&self) -> usize {
        self.lock().len()
    }

    fn lock(&self) -> MutexGuard<'_, Running> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn key(token: &str) -> [u8; 32] {
    sha256(&[DOMAIN, token.as_bytes()]).0
}
