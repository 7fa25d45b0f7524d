//! The status list in its present, plain form: the only place here that knows how one is written and opened.
//! Promises: whole under its name or not there; each with a version of its own.
//! Must not know: where people come from.

use std::path::Path;

use gate_core::keyset::Region;
use gate_proof::subject::Subject;
use gate_status::{
    BuildFault, BuildReport, Head, ListFault, Person, RegionRefused, Scope, StatusList, StatusTable,
};
use gate_wire::credential::Colour;
use gate_wire::time::Timestamp;

use crate::province::Province;

/// One person in a list: every number of theirs, as subjects, and their colour.
#[derive(Clone, Debug)]
pub struct Listed {
    /// One, or two for people with two numbers (DOMAIN §13).
    pub subjects: Vec<Subject>,
    /// The colour as of the list's time.
    pub colour: Colour,
}

/// Why there is no list.
#[derive(Debug, thiserror::Error)]
pub enum ListNotBuilt {
    /// Refused by the list's form.
    #[error(transparent)]
    Build(#[from] BuildFault),
    /// The region is none.
    #[error(transparent)]
    NameRegion(#[from] RegionRefused),
}

impl Province {
    /// Builds the next list at `path` (which must not exist) from people whose subjects are known.
    ///
    /// # Errors
    /// [`ListNotBuilt`]; then there is no list at `path`.
    pub fn build_list(
        &mut self,
        path: &Path,
        scope: Scope,
        as_of: Timestamp,
        people: impl Iterator<Item = Listed>,
    ) -> Result<BuildReport, ListNotBuilt> {
        let people: Vec<Listed> = people.collect();
        self.state.list_version = self.state.list_version.saturating_add(1);
        let (version, province) = (self.state.list_version, digits(self.region)?);
        let head = Head { scope, as_of, version, province, people: people.len() as u64 };
        let existed = path.exists();
        let persons = people.iter().map(|one| Person { subjects: &one.subjects, colour: one.colour });
        let built = gate_status::build(path, head, persons);
        if built.is_err() && !existed {
            // What a failed build leaves is no list; if it cannot be removed, nothing can open it either.
            let _ = std::fs::remove_file(path);
        }
        Ok(built?)
    }
}

/// The head of the list in this file.
pub(crate) fn head(path: &Path) -> Result<Head, ListFault> {
    Ok(StatusTable::open(path)?.head())
}

/// Whether the list is of the province of `region`.
pub(crate) fn is_of(head: &Head, region: Region) -> bool {
    digits(region) == Ok(head.province)
}

fn digits(region: Region) -> Result<gate_status::Region, RegionRefused> {
    gate_status::Region::new(region.as_str().as_bytes().try_into().map_err(|_| RegionRefused)?)
}
