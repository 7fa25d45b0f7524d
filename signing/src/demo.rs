//! A demo province out of one seed: for the simulator and for tests.
//! Promises: the same seed and times give the same keys and the same codes; it issues only what any desk would.
//! Whoever needs a bad code makes it outside, from the seeds given out here: the desk itself never signs one.
//! Must not know: real provinces.

use std::path::Path;

use gate_core::keyset::Region;
use gate_core::manifest::Demo;
use gate_proof::stretch::MemoryKib;
use gate_proof::subject::{LinkKey, Subject, blind};
use gate_status::{BuildReport, Scope};
use gate_wire::cose::Kid;
use gate_wire::credential::{BlindedSubject, CredentialId, Role};
use gate_wire::document::Document;
use gate_wire::time::Timestamp;
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

use crate::demo_issuers::DemoIssuer;
use crate::issue::{IssueRefused, IssueRequest, IssuedCredential};
use crate::key_name::KeyName;
use crate::list::{ListNotBuilt, Listed};
use crate::province::{Founding, FoundingRefused, Province, SubjectNotMade};
use crate::publish::{Publication, PublishError, Published};
use crate::staff::StaffChangeRefused;

/// Days that a demo has day keys for.
const DAYS: u32 = 90;

/// A province whose keys everybody may know.
pub struct DemoProvince {
    province: Province,
    rng: ChaCha20Rng,
}

impl DemoProvince {
    /// The demo province 510000 of this seed, founded then, with person tags of 8 KiB.
    ///
    /// # Errors
    /// [`FoundingRefused`]: never, for a founding time before the year 9998.
    pub fn from_seed(seed: [u8; 32], founded: Timestamp) -> Result<DemoProvince, FoundingRefused> {
        DemoProvince::with_tags(seed, founded, MemoryKib::LEAST)
    }

    /// The same, with person tags of that cost.
    ///
    /// # Errors
    /// As [`DemoProvince::from_seed`].
    pub fn with_tags(
        seed: [u8; 32],
        founded: Timestamp,
        tag_memory: MemoryKib,
    ) -> Result<DemoProvince, FoundingRefused> {
        let mut rng = ChaCha20Rng::from_seed(seed);
        let founding = Founding {
            region: Region::parse("510000").ok_or(FoundingRefused::KeepRealKeys)?,
            nature: Demo::Yes,
            tag_memory,
            founded,
            days: DAYS,
        };
        Ok(DemoProvince { province: Province::found(&founding, &mut rng)?, rng })
    }

    /// The same province, whose chance draws other numbers from here on: what is made for one terminal differs from what a copy of the
    /// province makes for another.
    #[must_use]
    pub fn drawing(mut self, stream: u64) -> DemoProvince {
        self.rng.set_stream(stream);
        self
    }

    /// Issues what `request` says, with the clock standing at its time of issue.
    ///
    /// # Errors
    /// [`IssueRefused`].
    pub fn issue(
        &mut self,
        by: DemoIssuer,
        request: &IssueRequest<'_>,
    ) -> Result<IssuedCredential, IssueRefused> {
        self.province.issue(by.kid(), request, request.issued, &mut self.rng)
    }

    /// The seed of a key: Ed25519 for issuers, the root and record keys, X25519 for day keys, else the key itself.
    /// `None` for a key that was not made.
    pub fn key_seed(&self, name: KeyName) -> Option<[u8; 32]> {
        self.province.keys.plain().and_then(|plain| plain.demo_seed(name))
    }

    /// The subject of a document's holder.
    ///
    /// # Errors
    /// [`SubjectNotMade`].
    pub fn subject(&self, document: &Document) -> Result<Subject, SubjectNotMade> {
        self.province.subject(document)
    }

    /// The subject hidden for one credential.
    pub fn blinded(&self, subject: &Subject, kid: Kid, id: CredentialId) -> BlindedSubject {
        blind(subject, &self.link_key(), kid, id)
    }

    /// The key that hides subjects.
    #[expect(
        clippy::expect_used,
        reason = "a demo in memory is founded with this key and has no log that could fail"
    )]
    pub fn link_key(&self) -> LinkKey {
        self.province.link_key().expect("in memory")
    }

    /// Adds a member of staff.
    ///
    /// # Errors
    /// [`StaffChangeRefused`].
    pub fn add_staff(
        &mut self,
        document: &Document,
        role: Role,
        pin: &[u8],
    ) -> Result<Subject, StaffChangeRefused> {
        self.province.add_staff(document, role, pin, &mut self.rng)
    }

    /// Builds the next status list at `path`, which must not exist.
    ///
    /// # Errors
    /// [`ListNotBuilt`].
    pub fn build_list(
        &mut self,
        path: &Path,
        scope: Scope,
        as_of: Timestamp,
        people: impl Iterator<Item = Listed>,
    ) -> Result<BuildReport, ListNotBuilt> {
        self.province.build_list(path, scope, as_of, people)
    }

    /// Publishes the next generation to `out`.
    ///
    /// # Errors
    /// [`PublishError`].
    pub fn publish(&mut self, out: &Path, publication: &Publication<'_>) -> Result<Published, PublishError> {
        self.province.prepare((publication.terminal, publication.device), &mut self.rng)?;
        self.province.publish(out, publication, &mut self.rng)
    }

    /// The province itself.
    pub fn province(&self) -> &Province {
        &self.province
    }

    /// The province itself, for a desk that keeps it in a directory.
    pub fn into_province(self) -> Province {
        self.province
    }

    /// The province itself, to be changed: register, revocations, staff.
    pub fn province_mut(&mut self) -> &mut Province {
        &mut self.province
    }
}
