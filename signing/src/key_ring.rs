//! The keys of a province while a command runs: which custody holds which, and the log that every use is told to.
//! Promises: a line is in the log before a signature, a secret or an opening key comes out; a key is never replaced by
//! another of its name; a key whose public half is not the recorded one is not used, nor any before custody said that the
//! state in force is the desk's own word.
//! Must not know: what is signed; how a custody keeps its keys.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use gate_proof::digest::{Digest, sha256};
use gate_proof::ed25519::PublicKey;
use gate_proof::seal::OpeningKey;
use rand_core::CryptoRng;

use crate::custody::plain::PlainKeys;
use crate::custody::voucher::Voucher;
use crate::custody::{Backend, Custody, CustodyFault, Look, PUBLIC_BYTES, Signer, VaultState};
use crate::key_name::{KeyName, Purpose};
use crate::log::entry::{CaseNumber, Entry, Line, Operation};
use crate::log::{Head, Log};
use crate::officers::TwoOfficers;
use crate::seed::Seed;

/// What is known of a key without asking its custody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Held {
    /// Where it lives.
    pub backend: Backend,
    /// Its public half, where it was recorded.
    pub public: Option<[u8; PUBLIC_BYTES]>,
}

/// Where new keys are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Those that sign and never leave: root and issuers.
    pub signing: Backend,
    /// All others.
    pub others: Backend,
}

impl Plan {
    fn backend(self, name: KeyName) -> Backend {
        if name.purpose() == Purpose::Sign { self.signing } else { self.others }
    }
}

/// What a key is about to be used for, as the log will tell it.
#[derive(Clone, Copy, Debug)]
pub struct Work<'a> {
    /// The kind of work: [`Operation::BatchBegin`] and its like.
    pub operation: Operation,
    /// At most so many signatures.
    pub most: u64,
    /// The case, for what needs one.
    pub case: Option<&'a CaseNumber>,
}

/// The keys.
pub(crate) struct KeyRing {
    plan: Plan,
    held: BTreeMap<KeyName, Held>,
    plain: Option<Arc<PlainKeys>>,
    others: Vec<Box<dyn Custody>>,
    /// Secrets that this command has taken out already; each is one line of the log.
    released: Mutex<BTreeMap<KeyName, Arc<Seed>>>,
    log: Option<Arc<Log>>,
    belief: Mutex<Belief>,
}

/// Whether the log of a desk has any seal on a state: a version before seals wrote none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Seals {
    /// It has.
    Seen,
    /// It has not.
    #[default]
    Never,
}

/// Whether custody said that the state this ring is of is its own.
enum Belief {
    /// It was made here, or custody said so, or its keys are everybody's.
    Held,
    /// Not yet: the line of the log that put it in force.
    Doubted(Option<Box<Line>>, Seals),
}

/// A key that may sign as often as the log was told, and no more.
///
/// Having one tells you: the log holds a line, on disk, that speaks of these signatures. It stops a use that nobody can
/// find afterwards. May be shared between threads.
pub struct KeyUse {
    name: KeyName,
    signer: Box<dyn Signer>,
    most: u64,
    used: AtomicU64,
    log: Option<Arc<Log>>,
}

impl KeyUse {
    /// The key's public half.
    pub fn public_key(&self) -> PublicKey {
        self.signer.public_key()
    }

    /// Signs once.
    ///
    /// # Errors
    /// [`CustodyFault::SpendUse`] when the log knows of no more; what the custody can meet.
    pub fn sign(&self, message: &[u8]) -> Result<[u8; 64], CustodyFault> {
        if self.used.fetch_add(1, Ordering::Relaxed) >= self.most {
            self.used.fetch_sub(1, Ordering::Relaxed);
            return Err(CustodyFault::SpendUse { most: self.most });
        }
        self.signer.sign(message)
    }

    /// Signatures given out so far, or tried.
    pub fn used(&self) -> u64 {
        self.used.load(Ordering::Relaxed)
    }

    /// Ends the batch with a line that says how many there were and what came of them.
    ///
    /// # Errors
    /// [`CustodyFault::Log`].
    pub fn finish(self, operation: Operation, digest: Option<Digest>) -> Result<Option<Head>, CustodyFault> {
        let Some(log) = &self.log else { return Ok(None) };
        let (key, count) = (Some(self.name), self.used());
        let entry = Entry { key, count, digest, ..Entry::of(operation) };
        Ok(Some(log.note(&entry)?))
    }
}

impl KeyRing {
    /// A simulation's ring, in memory: root, subject and link key.
    pub(crate) fn random(rng: &mut impl CryptoRng) -> Result<KeyRing, CustodyFault> {
        let plan = Plan { signing: Backend::Plain, others: Backend::Plain };
        let mut ring = KeyRing::new(plan, Some(Arc::new(PlainKeys::in_memory())), Vec::new());
        for name in [KeyName::Root, KeyName::Subject, KeyName::Link] {
            ring.make(name, rng)?;
        }
        Ok(ring)
    }

    /// The ring of a demo's kept keys; the name of the key that is missing otherwise.
    pub(crate) fn of_plain(keys: PlainKeys) -> Result<KeyRing, KeyName> {
        let plan = Plan { signing: Backend::Plain, others: Backend::Plain };
        let names = keys.names();
        let mut ring = KeyRing::new(plan, Some(Arc::new(keys)), Vec::new());
        let known = Held { backend: Backend::Plain, public: None };
        ring.held = names.into_iter().map(|name| (name, known)).collect();
        let always = [KeyName::Root, KeyName::Subject, KeyName::Link];
        match always.into_iter().find(|name| !ring.holds(*name)) {
            Some(missing) => Err(missing),
            None => Ok(ring),
        }
    }

    /// An empty ring over these custodies.
    pub(crate) fn new(plan: Plan, plain: Option<Arc<PlainKeys>>, others: Vec<Box<dyn Custody>>) -> KeyRing {
        KeyRing {
            plan,
            held: BTreeMap::new(),
            plain,
            others,
            released: Mutex::default(),
            log: None,
            belief: Mutex::new(Belief::Held),
        }
    }

    /// Takes over what a custody record says.
    pub(crate) fn recorded(mut self, held: BTreeMap<KeyName, Held>) -> KeyRing {
        self.held = held;
        self
    }

    /// From now on every use is told to this log.
    pub(crate) fn tell(&mut self, log: Arc<Log>) {
        self.log = Some(log);
    }

    /// Uses no key before custody said that it sealed this line, which put the state in force.
    pub(crate) fn doubt(&mut self, line: Option<Line>, seals: Seals) {
        self.belief = Mutex::new(Belief::Doubted(line.map(Box::new), seals));
    }

    /// Asks custody, once a command, whether the state in force is the desk's own word.
    pub(crate) fn admit_state(&self) -> Result<(), CustodyFault> {
        let mut belief = self.belief.lock().unwrap_or_else(PoisonError::into_inner);
        let Belief::Doubted(line, seals) = &*belief else { return Ok(()) };
        if let Some(voucher) = self.custody(self.plan.others)?.voucher()?
            && !line.as_ref().is_some_and(|line| line.is_sealed_by(&voucher))
        {
            return Err(match (line, seals) {
                (Some(_), Seals::Never) => CustodyFault::FindSeals,
                _ => CustodyFault::BelieveState,
            });
        }
        *belief = Belief::Held;
        Ok(())
    }

    /// What the desk seals its next state with.
    pub(crate) fn voucher(&self) -> Result<Option<Voucher>, CustodyFault> {
        self.admit_state()?;
        self.custody(self.plan.others)?.voucher()
    }

    /// A demo's keys.
    pub(crate) fn plain(&self) -> Option<&PlainKeys> {
        self.plain.as_deref()
    }

    /// Where each key lives.
    pub(crate) fn held(&self) -> &BTreeMap<KeyName, Held> {
        &self.held
    }

    /// Where new keys are made.
    pub(crate) fn plan(&self) -> Plan {
        self.plan
    }

    /// Whether there is such a key.
    pub(crate) fn holds(&self, name: KeyName) -> bool {
        self.held.contains_key(&name)
    }

    /// Makes the key if there is none of this name. Gives the public half, if there is one.
    pub(crate) fn make(
        &mut self,
        name: KeyName,
        rng: &mut impl CryptoRng,
    ) -> Result<Option<[u8; PUBLIC_BYTES]>, CustodyFault> {
        Ok(self.make_all(&[name], rng)?.pop().flatten())
    }

    /// Makes those keys of `names` that are not there, with one line in the log. Gives every public half.
    pub(crate) fn make_all(
        &mut self,
        names: &[KeyName],
        rng: &mut impl CryptoRng,
    ) -> Result<Vec<Option<[u8; PUBLIC_BYTES]>>, CustodyFault> {
        let missing: Vec<KeyName> = names.iter().copied().filter(|name| !self.holds(*name)).collect();
        if let Some(first) = missing.first() {
            self.admit_state()?;
            let (key, count) = (Some(*first), missing.len() as u64);
            self.note(&Entry { key, count, ..Entry::of(Operation::MakeKey) })?;
        }
        for name in missing {
            let backend = self.plan.backend(name);
            let public = self.custody(backend)?.make(name, rng)?;
            self.held.insert(name, Held { backend, public });
        }
        names.iter().map(|name| self.public(*name)).collect()
    }

    /// The public half of a key, if its purpose has one: as recorded, else as its custody says.
    pub(crate) fn public(&self, name: KeyName) -> Result<Option<[u8; PUBLIC_BYTES]>, CustodyFault> {
        let held = self.held.get(&name).ok_or(CustodyFault::FindKey(name))?;
        if held.public.is_some() {
            return Ok(held.public);
        }
        let custody = self.custody(held.backend)?;
        Ok(match name.purpose() {
            Purpose::Sign => Some(*custody.signer(name)?.public_key().as_bytes()),
            Purpose::Deliver if matches!(name, KeyName::TerminalRecord(_)) => {
                Some(*custody.signer(name)?.public_key().as_bytes())
            }
            Purpose::Open => Some(*custody.opening_key(name)?.sealing_key().as_bytes()),
            Purpose::Derive | Purpose::Deliver => None,
        })
    }

    /// A key that may sign `work.most` times, after the log was told so.
    pub(crate) fn begin(&self, name: KeyName, work: &Work<'_>) -> Result<KeyUse, CustodyFault> {
        self.begin_in(self.log.clone(), name, work)
    }

    /// The same, told to a log with another operator's name on it: a service works for several.
    pub(crate) fn begin_in(
        &self,
        log: Option<Arc<Log>>,
        name: KeyName,
        work: &Work<'_>,
    ) -> Result<KeyUse, CustodyFault> {
        let Work { operation, most, case } = *work;
        self.begin_told(log, name, &Entry { count: most, case, ..Entry::of(operation) })
    }

    /// A key that may sign `count` times, for what two officers approved: the log has both approvals.
    pub(crate) fn begin_approved(
        &self,
        name: KeyName,
        (operation, count): (Operation, u64),
        officers: &TwoOfficers,
    ) -> Result<KeyUse, CustodyFault> {
        let (case, approved) = (Some(officers.statement().case()), &officers.approved()[..]);
        let digest = Some(officers.digest());
        let entry = Entry { count, case, digest, approved, ..Entry::of(operation) };
        self.begin_told(self.log.clone(), name, &entry)
    }

    fn begin_told(
        &self,
        log: Option<Arc<Log>>,
        name: KeyName,
        entry: &Entry<'_>,
    ) -> Result<KeyUse, CustodyFault> {
        let signer = self.signer(name)?;
        if let Some(log) = &log {
            log.note(&Entry { key: Some(name), ..*entry })?;
        }
        Ok(KeyUse { name, signer, most: entry.count, used: AtomicU64::new(0), log })
    }

    /// Signs one message, after the log was told so with the message's digest.
    pub(crate) fn sign_once(
        &self,
        name: KeyName,
        operation: Operation,
        message: &[u8],
    ) -> Result<[u8; 64], CustodyFault> {
        let signer = self.signer(name)?;
        let digest = Some(sha256(&[message]));
        self.note(&Entry { key: Some(name), digest, ..Entry::of(operation) })?;
        signer.sign(message)
    }

    /// A secret that may leave its custody: told to the log the first time in a command.
    pub(crate) fn release(&self, name: KeyName) -> Result<Arc<Seed>, CustodyFault> {
        self.admit_state()?;
        let mut released = self.released.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(seed) = released.get(&name) {
            return Ok(Arc::clone(seed));
        }
        let seed = self.custody_of(name)?.release(name)?;
        self.note(&Entry { key: Some(name), ..Entry::of(Operation::ReleaseKey) })?;
        let seed = Arc::new(seed);
        released.insert(name, Arc::clone(&seed));
        Ok(seed)
    }

    /// What opens records sealed to a day key, after the log was told so.
    pub(crate) fn opening_key(&self, name: KeyName, work: &Work<'_>) -> Result<OpeningKey, CustodyFault> {
        self.admit_state()?;
        let key = self.custody_of(name)?.opening_key(name)?;
        let Work { operation, most, case } = *work;
        self.note(&Entry { key: Some(name), count: most, case, ..Entry::of(operation) })?;
        self.admit_public(name, key.sealing_key().as_bytes())?;
        Ok(key)
    }

    /// Why a day key does not open, if it does not: nothing is told, nothing comes out.
    pub(crate) fn admit_opening(&self, name: KeyName) -> Result<(), CustodyFault> {
        self.custody_of(name)?.opening_key(name).map(|_| ())
    }

    /// Destroys a key, after the log was told so.
    pub(crate) fn destroy(&mut self, name: KeyName) -> Result<(), CustodyFault> {
        self.admit_state()?;
        let custody = self.custody_of(name)?;
        self.note(&Entry { key: Some(name), ..Entry::of(Operation::DestroyKey) })?;
        custody.destroy(name)?;
        self.released.lock().unwrap_or_else(PoisonError::into_inner).remove(&name);
        self.held.remove(&name);
        Ok(())
    }

    /// Destroys several keys, after the log was told so of each.
    pub(crate) fn destroy_all(&mut self, names: &[KeyName]) -> Result<(), CustodyFault> {
        self.admit_state()?;
        for name in names {
            self.note(&Entry { key: Some(*name), ..Entry::of(Operation::DestroyKey) })?;
        }
        let mut by_custody: BTreeMap<Backend, Vec<KeyName>> = BTreeMap::new();
        for name in names {
            let held = self.held.get(name).ok_or(CustodyFault::FindKey(*name))?;
            by_custody.entry(held.backend).or_default().push(*name);
        }
        for (backend, names) in by_custody {
            self.custody(backend)?.destroy_all(&names)?;
            self.held.retain(|name, _| !names.contains(name));
        }
        Ok(())
    }

    /// Whether what the day keys lie under is at hand.
    pub(crate) fn vault(&self, look: Look) -> Result<VaultState, CustodyFault> {
        if look == Look::Opens {
            self.admit_state()?;
        }
        self.custody(self.plan.others)?.vault(look)
    }

    /// Speaks of those day keys that lie in the vault, and of no others: a command that was cut off changed the vault before
    /// the record. `known` are those of the state, with their public halves. A vault that is not at hand says nothing.
    pub(crate) fn meet_vault(&mut self, known: &[(u32, [u8; PUBLIC_BYTES])]) {
        let backend = self.plan.others;
        let there = match self.vault(Look::Lies) {
            Ok(VaultState::AtHand { .. }) => self.custody(backend).ok().and_then(Custody::day_keys),
            _ => None,
        };
        let Some(there) = there else { return };
        let lies = |id: u32| there.contains(&id);
        self.held.retain(|name, _| !matches!(name, KeyName::Day(id) if !lies(*id)));
        for (id, public) in known.iter().filter(|(id, _)| lies(*id)) {
            let held = Held { backend, public: Some(*public) };
            self.held.entry(KeyName::Day(*id)).or_insert(held);
        }
    }

    /// Gives up what is lost of the vault, or all of it.
    pub(crate) fn begin_vault(&self) -> Result<(), CustodyFault> {
        self.admit_state()?;
        self.custody(self.plan.others)?.begin_vault()
    }

    /// Tells the log, if there is one.
    pub(crate) fn note(&self, entry: &Entry<'_>) -> Result<(), CustodyFault> {
        if let Some(log) = &self.log {
            log.note(entry)?;
        }
        Ok(())
    }

    fn signer(&self, name: KeyName) -> Result<Box<dyn Signer>, CustodyFault> {
        self.admit_state()?;
        let signer = self.custody_of(name)?.signer(name)?;
        self.admit_public(name, signer.public_key().as_bytes())?;
        Ok(signer)
    }

    fn admit_public(&self, name: KeyName, found: &[u8; PUBLIC_BYTES]) -> Result<(), CustodyFault> {
        match self.held.get(&name).and_then(|held| held.public) {
            Some(recorded) if recorded != *found => Err(CustodyFault::MatchPublic(name)),
            _ => Ok(()),
        }
    }

    fn custody_of(&self, name: KeyName) -> Result<&dyn Custody, CustodyFault> {
        self.custody(self.held.get(&name).ok_or(CustodyFault::FindKey(name))?.backend)
    }

    fn custody(&self, backend: Backend) -> Result<&dyn Custody, CustodyFault> {
        if backend == Backend::Plain
            && let Some(plain) = &self.plain
        {
            return Ok(plain.as_ref());
        }
        let found = self.others.iter().find(|custody| custody.backend() == backend);
        found.map(AsRef::as_ref).ok_or(CustodyFault::BuildWithTokens)
    }
}
