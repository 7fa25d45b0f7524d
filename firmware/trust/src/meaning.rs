//! What each dataset must be in itself, by the loaders that `gate` uses.
//! Promises: nothing is put in force that `gate` would refuse; a signature says who, never that it makes sense.
//! Must not know: where the bytes come from.

use std::fs::File;

use gate_core::believed::{Places, RiskLevels};
use gate_core::day_keys::DayKeyList;
use gate_core::keyset::{KeySet, Region};
use gate_core::manifest::Dataset;
use gate_core::policy::Policy;
use gate_core::staff::StaffList;
use gate_core::verdict::PlaceKind;
use gate_status::Revocations;
use gate_wire::time::Timestamp;

use crate::refusal::{Cause, Refusal};

/// What a dataset says of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Said {
    /// Its version.
    pub version: u32,
    /// When it was issued, where it says so.
    pub issued: Option<Timestamp>,
}

/// The small documents. Revocations and the list are files of their own.
///
/// # Errors
/// [`Refusal`].
pub fn document(dataset: Dataset, bytes: &[u8], province: Region) -> Result<Said, Refusal> {
    let said = |version, issued| Ok(Said { version, issued });
    match dataset {
        Dataset::KeySet => {
            let set = KeySet::load(bytes).map_err(Refusal::unfit)?;
            if !set.province().same_province(province) {
                return Err(Refusal::new(Cause::Foreign, format!("a key set of {:?}", set.province())));
            }
            said(set.version(), Some(set.issued()))
        }
        Dataset::PolicyStation => policy(bytes, PlaceKind::Station),
        Dataset::PolicyHospital => policy(bytes, PlaceKind::Hospital),
        Dataset::Places => said(Places::load(bytes).map_err(Refusal::unfit)?.version(), None),
        Dataset::RiskLevels => said(RiskLevels::load(bytes).map_err(Refusal::unfit)?.version(), None),
        Dataset::StaffList => {
            let staff = StaffList::load(bytes).map_err(Refusal::unfit)?;
            said(staff.version(), Some(staff.issued()))
        }
        Dataset::DayKeys => {
            let keys = DayKeyList::load(bytes).map_err(Refusal::unfit)?;
            said(keys.version, Some(keys.issued))
        }
        Dataset::Revocations | Dataset::StatusList | Dataset::StatusDelta => {
            Err(Refusal::new(Cause::Unfit, "this is no document"))
        }
    }
}

/// A whole file of revocations.
///
/// # Errors
/// [`Refusal`].
pub fn revocations(file: File) -> Result<Said, Refusal> {
    let revocations = Revocations::open(file, |_| {}).map_err(Refusal::unfit)?;
    let head = revocations.head();
    Ok(Said { version: head.version, issued: Some(head.as_of) })
}

/// A policy for stations serves no hospital.
fn policy(bytes: &[u8], place: PlaceKind) -> Result<Said, Refusal> {
    let policy = Policy::load(bytes).map_err(Refusal::unfit)?;
    if !policy.settings().places.contains(&place) {
        return Err(Refusal::new(Cause::Unfit, format!("the policy covers no {place:?}")));
    }
    Ok(Said { version: policy.version(), issued: Some(policy.issued()) })
}
