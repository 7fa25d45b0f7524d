//! The service without its network: who asks, may they, what does the list say, sign, remember.
//! Promises: the order of the checks is the order of the functions here; a refusal leaves nothing behind but a count; nothing
//! of a person is in an error or a log.
//! Must not know: HTTP, sockets, pages.

use std::collections::HashMap;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use gate_wire::cose::Kid;
use gate_wire::credential::Kind;
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use zeroize::Zeroizing;

use super::authority::{Authority, Sources};
use super::cap::{Bucket, Cap};
use super::clock::Clock;
use super::leases::Leases;
use super::operators::{Operator, OperatorId, Operators};
use super::refusal::Refusal;
use super::repeats::{Repeats, Seen};
use super::request::Request;
use super::sessions::{Session, Sessions};
use super::sign::{Made, Person};
use super::tally::{Done, Tally};
use crate::desk::access::Access;

/// How a service is set.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where the authority's data lie.
    pub sources: Sources,
    /// The file of operators.
    pub operators: PathBuf,
    /// How long a phone page may refresh itself, in seconds.
    pub session_s: u64,
    /// Sessions at once.
    pub sessions_most: usize,
    /// Where it is said why no codes are given, a line each time that this changes: no person is in it.
    pub say: fn(&str),
}

/// The screen-code service.
pub struct Service {
    settings: Settings,
    clock: Box<dyn Clock>,
    authority: Authority,
    operators: Mutex<Option<(OperatorsMark, Arc<Operators>)>>,
    buckets: Mutex<HashMap<OperatorId, Bucket>>,
    repeats: Repeats<Made>,
    sessions: Sessions,
    leases: Leases,
    rng: Mutex<ChaCha20Rng>,
    fingerprint_key: Zeroizing<[u8; 32]>,
    pub(crate) tally: Tally,
}

type OperatorsMark = (u64, u64, i64, i64);

/// A code, and the seconds that are left of it.
pub(crate) struct Given {
    pub(crate) made: Made,
    pub(crate) seconds_left: u64,
}

/// A session's token, and its life.
pub(crate) struct Opened {
    pub(crate) token: Zeroizing<String>,
    pub(crate) seconds_left: u64,
}

impl Service {
    /// A service over these clocks and this randomness; nothing is read before the first request. `access` opens the desk,
    /// each time that its state changed.
    #[must_use]
    pub fn new(settings: Settings, access: Access, clock: Box<dyn Clock>, seed: [u8; 32]) -> Service {
        let mut rng = ChaCha20Rng::from_seed(seed);
        let mut fingerprint_key = Zeroizing::new([0; 32]);
        rand_core::Rng::fill_bytes(&mut rng, &mut *fingerprint_key);
        Service {
            authority: Authority::new(settings.sources.clone(), access, settings.say),
            operators: Mutex::new(None),
            buckets: Mutex::new(HashMap::new()),
            repeats: Repeats::new(),
            sessions: Sessions::new(settings.sessions_most, page_cap()),
            leases: Leases::default(),
            rng: Mutex::new(rng),
            fingerprint_key,
            tally: Tally::new(),
            settings,
            clock,
        }
    }

    /// Whether a code could be given now: for a start that fails early, and for `/healthz`.
    ///
    /// # Errors
    /// Why not.
    pub fn health(&self) -> Result<(), Refusal> {
        self.operators()?;
        self.authority.current()?.fresh(self.clock.now())
    }

    /// A code for an operator's request.
    pub(crate) fn code(&self, token: Option<&str>, body: &[u8]) -> Result<Given, Refusal> {
        let (operator, request, kid) = self.asked(token, body)?;
        let name = (operator.id.clone(), request.id.clone());
        match self.repeats.begin(&name, request.fingerprint, self.clock.monotonic())? {
            Seen::Before(made) => {
                self.tally.done(Done::Repeat);
                Ok(self.given(made))
            }
            Seen::New => {
                let made = self.first_code(&operator, kid, &request);
                match &made {
                    Ok(made) => self.repeats.answered(&name, made.clone()),
                    Err(_) => self.repeats.refused(&name),
                }
                made.map(|made| self.given(made))
            }
        }
    }

    /// A session for a phone page. The person must be in the list now: a page that can show nothing is not opened.
    pub(crate) fn session(&self, token: Option<&str>, body: &[u8]) -> Result<Opened, Refusal> {
        let (operator, request, kid) = self.asked(token, body)?;
        self.spend(&operator)?;
        let (person, now) = (self.person(&request)?, self.clock.monotonic());
        self.authority.current()?.ready(kid, &person, self.clock.now())?;
        let until = now.plus(self.settings.session_s.saturating_mul(1000));
        let session = Session::new(operator.id, kid, person, until);
        let token = self.sessions.open(session, now, &mut *self.rng())?;
        self.tally.done(Done::Session);
        Ok(Opened { token, seconds_left: self.settings.session_s })
    }

    /// The next code of a phone page.
    pub(crate) fn next(&self, token: Option<&str>) -> Result<Given, Refusal> {
        let session = self.sessions.next(token.ok_or(Refusal::FindSession)?, self.clock.monotonic())?;
        let operators = self.operators()?;
        let operator = operators.active(&session.operator).map_err(|_| Refusal::FindSession)?;
        may(operator, session.issuer)?;
        self.spend(operator)?;
        Ok(self.given(self.issue(operator, session.issuer, &session.person)?))
    }

    /// Ends leases, sessions and answers whose time is over.
    pub(crate) fn sweep(&self) {
        let now = self.clock.monotonic();
        self.leases.settle(Some(now));
        self.sessions.sweep(now);
        self.repeats.sweep(now);
    }

    /// The last line of every lease.
    pub fn end(&self) {
        self.leases.settle(None);
    }

    /// The counts.
    pub(crate) fn metrics(&self) -> String {
        self.tally.text(self.sessions.count())
    }

    /// Seconds since midnight in UTC+8: what the page's clock begins at.
    pub(crate) fn time_of_day(&self) -> u32 {
        self.clock.now().civil_second()
    }

    /// 1. Who asks? 2. What? 3. May they?
    fn asked(&self, token: Option<&str>, body: &[u8]) -> Result<(Operator, Request, Kid), Refusal> {
        let operators = self.operators()?;
        let operator = operators.prove(token.ok_or(Refusal::KnowToken)?, self.clock.now())?;
        let request = Request::read(body, &self.fingerprint_key)?;
        if request.kind != Kind::ScreenCode {
            return Err(Refusal::AllowKind);
        }
        let first = operator.allowance.issuers.first().copied();
        let kid = request.issuer.or(first).ok_or(Refusal::AllowIssuer)?;
        may(operator, kid)?;
        Ok((operator.clone(), request, kid))
    }

    /// The cap comes before the number is stretched: who is over it costs nothing.
    fn first_code(&self, operator: &Operator, kid: Kid, request: &Request) -> Result<Made, Refusal> {
        self.spend(operator)?;
        self.issue(operator, kid, &self.person(request)?)
    }

    fn person(&self, request: &Request) -> Result<Person, Refusal> {
        let held = self.authority.current()?;
        Ok(Person { subject: held.subject(&request.document)?, name: request.name.clone() })
    }

    /// 5. What does the list say? 6. Is it in the log? 7. Sign.
    fn issue(&self, operator: &Operator, kid: Kid, person: &Person) -> Result<Made, Refusal> {
        let (monotonic, now) = (self.clock.monotonic(), self.clock.now());
        let held = self.authority.current()?;
        let ready = held.ready(kid, person, now)?;
        let most = operator.allowance.cap.most_a_minute();
        let begin = |most| held.lease(&operator.id, kid, most);
        let key = self.leases.take(&(operator.id.clone(), kid), most, monotonic, begin)?;
        // One generator for all, but never held while a signature is made.
        let mut seed = Zeroizing::new([0; 32]);
        rand_core::Rng::fill_bytes(&mut *self.rng(), &mut *seed);
        let made = ready.sign(&key, &mut ChaCha20Rng::from_seed(*seed))?;
        self.tally.done(Done::Code);
        Ok(made)
    }

    /// 4. Within the cap?
    fn spend(&self, operator: &Operator) -> Result<(), Refusal> {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let bucket = buckets.entry(operator.id.clone()).or_default();
        bucket.take(operator.allowance.cap, self.clock.monotonic()).map_err(|wait| Refusal::Wait(wait.0))
    }

    fn given(&self, made: Made) -> Given {
        let seconds_left = made.expires.since(self.clock.now());
        Given { made, seconds_left }
    }

    /// The file as it is now: a revoked operator is out with the next request.
    fn operators(&self) -> Result<Arc<Operators>, Refusal> {
        let mut held = self.operators.lock().unwrap_or_else(PoisonError::into_inner);
        let about = fs::metadata(&self.settings.operators).map_err(|_| Refusal::ReadOperators)?;
        let mark = (about.ino(), about.len(), about.mtime(), about.mtime_nsec());
        if let Some((_, same)) = held.as_ref().filter(|(old, _)| *old == mark) {
            return Ok(Arc::clone(same));
        }
        let new = Operators::load(&self.settings.operators).map_err(|_| Refusal::ReadOperators)?;
        let new = Arc::new(new);
        *held = Some((mark, Arc::clone(&new)));
        Ok(new)
    }

    fn rng(&self) -> MutexGuard<'_, ChaCha20Rng> {
        self.rng.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether an operator may have screen codes of this issuer.
fn may(operator: &Operator, kid: Kid) -> Result<(), Refusal> {
    if !operator.allowance.kinds.contains(&Kind::ScreenCode) {
        return Err(Refusal::AllowKind);
    }
    if operator.allowance.issuers.contains(&kid) { Ok(()) } else { Err(Refusal::AllowIssuer) }
}

/// A phone page: one code a minute is far more than it needs; six at once for a person who taps in anger.
fn page_cap() -> Cap {
    Cap::new(2, 6).unwrap_or_else(|| unreachable!("both lie between 1 and the most"))
}
