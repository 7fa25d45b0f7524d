//! The seeds of a province's keys while a command runs.
//! Promises: root, subject and link key are always there; a key is never replaced by another of its name.
//! Must not know: where they are kept.

use std::collections::BTreeMap;

use rand_core::CryptoRng;

use crate::key_name::KeyName;
use crate::seed::Seed;

/// The seeds by name.
pub(crate) struct KeyRing {
    root: Seed,
    subject: Seed,
    link: Seed,
    others: BTreeMap<KeyName, Seed>,
}

impl KeyRing {
    /// A new province's ring: root, subject and link key.
    pub(crate) fn random(rng: &mut impl CryptoRng) -> KeyRing {
        let [root, subject, link] = core::array::from_fn(|_| Seed::random(rng));
        KeyRing { root, subject, link, others: BTreeMap::new() }
    }

    /// The ring of what was kept; the name of the key that is missing otherwise.
    pub(crate) fn from_kept(mut kept: BTreeMap<KeyName, Seed>) -> Result<KeyRing, KeyName> {
        let mut take = |name| kept.remove(&name).ok_or(name);
        let (root, subject, link) = (take(KeyName::Root)?, take(KeyName::Subject)?, take(KeyName::Link)?);
        Ok(KeyRing { root, subject, link, others: kept })
    }

    /// The seed of this key.
    pub(crate) fn find(&self, name: KeyName) -> Option<&Seed> {
        match name {
            KeyName::Root => Some(&self.root),
            KeyName::Subject => Some(&self.subject),
            KeyName::Link => Some(&self.link),
            KeyName::Issuer(_) | KeyName::Day(_) | KeyName::TerminalRecord(_) | KeyName::TerminalUse(_) => {
                self.others.get(&name)
            }
        }
    }

    /// Signs what says who may sign.
    pub(crate) fn root(&self) -> &Seed {
        &self.root
    }

    /// From person tags to subjects.
    pub(crate) fn subject(&self) -> &Seed {
        &self.subject
    }

    /// Hides subjects in codes.
    pub(crate) fn link(&self) -> &Seed {
        &self.link
    }

    /// Makes the key if there is none of this name.
    pub(crate) fn ensure(&mut self, name: KeyName, rng: &mut impl CryptoRng) {
        if self.find(name).is_none() {
            self.add(name, Seed::random(rng));
        }
    }

    /// Adds a key under a new name.
    pub(crate) fn add(&mut self, name: KeyName, seed: Seed) {
        if self.find(name).is_none() {
            self.others.insert(name, seed);
        }
    }

    /// Every key.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (KeyName, &Seed)> {
        let always =
            [(KeyName::Root, &self.root), (KeyName::Subject, &self.subject), (KeyName::Link, &self.link)];
        always.into_iter().chain(self.others.iter().map(|(name, seed)| (*name, seed)))
    }
}
