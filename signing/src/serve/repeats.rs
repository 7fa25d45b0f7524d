//! A request that comes twice is one request: the first answer again, for two minutes.
//! Promises: one name of a request stands for one body of one operator; the count is bounded by the operators' caps.
//! Must not know: what an answer is.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use gate_proof::digest::Digest;
use gate_wire::time::Millis;

use super::operators::OperatorId;
use super::refusal::Refusal;
use super::request::RequestId;

/// How long an answer is remembered: a retry after a broken connection, not a way to keep a code.
const REMEMBERED_MS: u64 = 120_000;
/// Beyond it the oldest are forgotten: then a repeat is a new request, which harms nobody.
const REMEMBERED_MOST: usize = 100_000;

pub(crate) type Name = (OperatorId, RequestId);

/// What was asked and answered of late.
pub(crate) struct Repeats<A> {
    kept: Mutex<Kept<A>>,
}

struct Kept<A> {
    by_name: HashMap<Name, Entry<A>>,
    by_age: VecDeque<(Millis, Name)>,
}

struct Entry<A> {
    fingerprint: Digest,
    answer: Option<A>,
}

/// Whether a request is new.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Seen<A> {
    /// Answer it, then [`Repeats::answered`] or [`Repeats::refused`].
    New,
    /// This was the answer.
    Before(A),
}

impl<A: Clone> Repeats<A> {
    pub(crate) fn new() -> Repeats<A> {
        Repeats { kept: Mutex::new(Kept { by_name: HashMap::new(), by_age: VecDeque::new() }) }
    }

    /// Takes note of a request.
    ///
    /// # Errors
    /// [`Refusal::RepeatRequest`] for another body under the same name, [`Refusal::AwaitFirst`].
    pub(crate) fn begin(&self, name: &Name, fingerprint: Digest, now: Millis) -> Result<Seen<A>, Refusal> {
        let mut kept = self.lock();
        kept.forget(now);
        match kept.by_name.get(name) {
            Some(entry) if entry.fingerprint != fingerprint => Err(Refusal::RepeatRequest),
            Some(Entry { answer: Some(answer), .. }) => Ok(Seen::Before(answer.clone())),
            Some(_) => Err(Refusal::AwaitFirst),
            None => {
                kept.by_name.insert(name.clone(), Entry { fingerprint, answer: None });
                kept.by_age.push_back((now, name.clone()));
                Ok(Seen::New)
            }
        }
    }

    /// The answer that a repeat gets.
    pub(crate) fn answered(&self, name: &Name, answer: A) {
        if let Some(entry) = self.lock().by_name.get_mut(name) {
            entry.answer = Some(answer);
        }
    }

    /// A refusal is not kept: the same request may succeed a second later.
    pub(crate) fn refused(&self, name: &Name) {
        self.lock().by_name.remove(name);
    }

    /// Forgets what is old.
    pub(crate) fn sweep(&self, now: Millis) {
        self.lock().forget(now);
    }

    fn lock(&self) -> MutexGuard<'_, Kept<A>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<A> Kept<A> {
    fn forget(&mut self, now: Millis) {
        let old = |at: Millis| now.since(at).0 >= REMEMBERED_MS;
        while let Some((at, name)) = self.by_age.front() {
            if !old(*at) && self.by_age.len() <= REMEMBERED_MOST {
                break;
            }
            self.by_name.remove(name);
            self.by_age.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use gate_proof::digest::sha256;

    use super::*;

    fn name(text: &str) -> Name {
        (OperatorId::new("app").unwrap(), RequestId::for_test(text))
    }

    #[test]
    fn the_second_time_gets_the_first_answer_for_two_minutes() {
        let (repeats, body, other) = (Repeats::new(), sha256(&[b"a"]), sha256(&[b"b"]));
        assert_eq!(repeats.begin(&name("one"), body, Millis(0)), Ok(Seen::New));
        assert_eq!(repeats.begin(&name("one"), body, Millis(0)), Err(Refusal::AwaitFirst));
        repeats.answered(&name("one"), 7);
        assert_eq!(repeats.begin(&name("one"), body, Millis(REMEMBERED_MS - 1)), Ok(Seen::Before(7)));
        assert_eq!(repeats.begin(&name("one"), other, Millis(1)), Err(Refusal::RepeatRequest));
        let of_another = (OperatorId::new("other").unwrap(), RequestId::for_test("one"));
        assert_eq!(
            repeats.begin(&of_another, other, Millis(1)),
            Ok(Seen::New),
            "names are an operator's own"
        );
        assert_eq!(repeats.begin(&name("one"), body, Millis(REMEMBERED_MS)), Ok(Seen::New));
    }

    #[test]
    fn a_refused_request_may_be_sent_again() {
        let (repeats, body) = (Repeats::<u8>::new(), sha256(&[b"a"]));
        repeats.begin(&name("one"), body, Millis(0)).unwrap();
        repeats.refused(&name("one"));
        assert_eq!(repeats.begin(&name("one"), body, Millis(1)), Ok(Seen::New));
    }

    #[test]
    fn what_is_remembered_has_an_end() {
        let repeats = Repeats::<u8>::new();
        for n in 0..REMEMBERED_MOST + 10 {
            repeats.begin(&name(&n.to_string()), sha256(&[b"a"]), Millis(0)).unwrap();
        }
        let kept = repeats.lock();
        assert!(kept.by_name.len() <= REMEMBERED_MOST + 1 && kept.by_age.len() <= REMEMBERED_MOST + 1);
    }
}
