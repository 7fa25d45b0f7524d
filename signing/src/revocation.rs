//! Revoked credentials, and "void all before" by person (DOMAIN §17), as the desk keeps them.
//! Promises: sorted, no entry twice, never more than a terminal reads; an entry stays until every terminal that has the
//! list calls what it speaks of expired; only subjects, no numbers.
//! Must not know: whose they are, files.

mod kept;
mod orders;
mod void_number;

use gate_proof::subject::Subject;
use gate_status::{
    CREDENTIALS_MOST, RevocationsFault, RevocationsHead, RevokedCredential, SUBJECTS_MOST, VoidBefore,
    write_revocations,
};
use gate_wire::cose::Kid;
use gate_wire::credential::{CredentialId, Kind};
use gate_wire::time::Timestamp;

use crate::province::Province;
use crate::register::kid_in_words;

pub use kept::KeptRefused;
pub use void_number::{CheckDigit, VoidNumberRefused, from_void_number, void_number};

pub use orders::{LineRefused, Orders, OrdersRefused, Rejected, kid_of};

/// An issuer's clock may be ahead by two minutes (DOMAIN §7), and nobody's calendar should matter: a day.
const SLACK_S: u64 = 2 * 60 + 86_400;

/// A revoked credential, and when it is expired everywhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Credential {
    of: RevokedCredential,
    over: Timestamp,
}

/// A person's "void all before", and when everything that it speaks of is expired everywhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Person {
    void: VoidBefore,
    over: Timestamp,
}

/// One thing to be revoked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Revocation {
    /// One credential by its issuer's key and its id.
    Credential(Kid, CredentialId),
    /// Everything of a person issued before a time.
    Person(Subject, Timestamp),
}

/// What came of an order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Revoked {
    /// Credentials that were not revoked before.
    pub credentials: u32,
    /// People whose time is a new or a later one.
    pub people: u32,
    /// What the list said already.
    pub known: u32,
    /// Entries that fell out because what they speak of is expired everywhere.
    pub expired: u32,
}

/// Why nothing was revoked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RevokeRefused {
    /// No key of the register has this id.
    #[error("the register has no issuer {}; `gate-sign keyset show` lists them", kid_in_words(*.0))]
    FindIssuer(Kid),
    /// It would void what is not issued yet.
    #[error(
        "a time that is still ahead would void codes that are not issued yet: give now or an earlier time"
    )]
    VoidFuture,
    /// More than a terminal reads.
    #[error(
        "{count} {what} would be revoked at a time, a terminal reads at most {most}; retire or revoke the issuer's key instead (`gate-sign keyset revoke`)"
    )]
    Fit {
        /// Of what.
        what: &'static str,
        /// How many.
        count: usize,
        /// The limit.
        most: u32,
    },
}

/// The list of revocations.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RevocationList {
    version: u32,
    changed: Timestamp,
    credentials: Vec<Credential>,
    people: Vec<Person>,
}

impl RevocationList {
    /// Nothing revoked.
    pub fn new(founded: Timestamp) -> RevocationList {
        RevocationList { version: 1, changed: founded, credentials: Vec::new(), people: Vec::new() }
    }

    /// What it says of itself: version, time of the last change, counts.
    pub fn head(&self) -> RevocationsHead {
        RevocationsHead {
            version: self.version,
            as_of: self.changed,
            credentials: self.credentials.len() as u32,
            subjects: self.people.len() as u32,
        }
    }

    /// How many credentials of a key are revoked.
    pub fn of_key(&self, kid: Kid) -> usize {
        let from = self.credentials.partition_point(|entry| entry.of.kid < kid);
        self.credentials[from..].partition_point(|entry| entry.of.kid <= kid)
    }

    /// The file that terminals read.
    ///
    /// # Errors
    /// [`RevocationsFault`]: never, for a list made by this type.
    pub fn file(&self) -> Result<Vec<u8>, RevocationsFault> {
        let credentials: Vec<RevokedCredential> = self.credentials.iter().map(|entry| entry.of).collect();
        let people: Vec<VoidBefore> = self.people.iter().map(|entry| entry.void).collect();
        let mut bytes = Vec::new();
        write_revocations(&mut bytes, &self.head(), &credentials, &people)?;
        Ok(bytes)
    }

    /// Adds entries; the later order for a person holds. The version rises if anything changed.
    fn add(
        &mut self,
        credentials: Vec<Credential>,
        people: Vec<Person>,
        now: Timestamp,
    ) -> Result<Revoked, RevokeRefused> {
        let mut changed = self.clone();
        let orders = credentials.len() + people.len();
        changed.credentials.retain(|entry| entry.over > now);
        changed.people.retain(|entry| entry.over > now);
        let expired = self.len() - changed.len();
        let before = (changed.credentials.len(), changed.people.clone());
        changed.credentials.extend(credentials);
        changed.credentials.sort_by_key(|entry| entry.of);
        changed.credentials.dedup_by_key(|entry| entry.of);
        changed.people.extend(people);
        changed
            .people
            .sort_by_key(|entry| (*entry.void.subject.as_bytes(), u64::MAX - entry.void.before.unix()));
        changed.people.dedup_by_key(|entry| *entry.void.subject.as_bytes());
        fits("credentials", changed.credentials.len(), CREDENTIALS_MOST)?;
        fits("people", changed.people.len(), SUBJECTS_MOST)?;
        let new = (changed.credentials.len() - before.0, later_times(&before.1, &changed.people));
        let done = Revoked {
            credentials: new.0 as u32,
            people: new.1 as u32,
            known: orders.saturating_sub(new.0 + new.1) as u32,
            expired: expired as u32,
        };
        if new != (0, 0) {
            (changed.version, changed.changed) = (self.version.saturating_add(1), now);
            *self = changed;
        }
        Ok(done)
    }

    fn len(&self) -> usize {
        self.credentials.len() + self.people.len()
    }
}

/// How many of `after` are not in `before`, which is sorted by subject, or have a later time there.
fn later_times(before: &[Person], after: &[Person]) -> usize {
    let is_new = |entry: &&Person| {
        let subject = entry.void.subject.as_bytes();
        let old = before.binary_search_by(|old| old.void.subject.as_bytes().cmp(subject));
        old.is_err() || old.is_ok_and(|at| before[at].void.before < entry.void.before)
    };
    after.iter().filter(is_new).count()
}

fn fits(what: &'static str, count: usize, most: u32) -> Result<(), RevokeRefused> {
    if count <= most as usize { Ok(()) } else { Err(RevokeRefused::Fit { what, count, most }) }
}

impl Province {
    /// Revokes, all or nothing. Terminals hear of it with the next publication.
    ///
    /// # Errors
    /// [`RevokeRefused`]; the list is as before.
    pub fn revoke(&mut self, orders: &[Revocation], now: Timestamp) -> Result<Revoked, RevokeRefused> {
        let (mut credentials, mut people) = (Vec::new(), Vec::new());
        let of_ours = self.longest_of_ours().unwrap_or(0);
        for order in orders {
            match *order {
                Revocation::Credential(kid, id) => {
                    let longest = self.longest_life(kid).ok_or(RevokeRefused::FindIssuer(kid))?;
                    let over = now.plus(u64::from(longest) + SLACK_S);
                    credentials.push(Credential { of: RevokedCredential { kid, id }, over });
                }
                Revocation::Person(..) if order.is_ahead_of(now) => return Err(RevokeRefused::VoidFuture),
                Revocation::Person(subject, before) => {
                    let over = before.plus(u64::from(of_ours) + SLACK_S);
                    people.push(Person { void: VoidBefore { subject, before }, over });
                }
            }
        }
        self.revocations.add(credentials, people, now)
    }

    /// The revocations.
    pub fn revocations(&self) -> &RevocationList {
        &self.revocations
    }

    /// The longest life of anything that a key may sign.
    fn longest_life(&self, kid: Kid) -> Option<u32> {
        self.state.register.longest_life(kid)
    }

    /// The longest life of anything that is about subjects of ours.
    fn longest_of_ours(&self) -> Option<u32> {
        let keys = self.key_set().ok()?;
        let lives = keys
            .keys()
            .iter()
            .flat_map(|key| Kind::ALL.into_iter().filter_map(|kind| key.longest_life(kind)));
        lives.max()
    }
}

impl Revocation {
    /// Whether it would void what is not issued yet.
    pub fn is_ahead_of(&self, now: Timestamp) -> bool {
        matches!(self, Revocation::Person(_, before) if *before > now)
    }
}

#[cfg(test)]
mod tests;
