//! One generation after another while a terminal runs.
//! Promises: what is not good in the new one stays as it was and is told; a list never goes back; what the new one does not
//! name any more is gone.
//! Must not know: threads, files.

use gate_core::manifest::Dataset;

use super::{Believed, list};

impl Believed {
    /// What is in force when this follows on `before`.
    #[must_use]
    pub fn after(mut self, mut before: Believed) -> Believed {
        if self.province.is_none() {
            // The manifest itself is not good.
            return Believed { problems: self.problems, ..before };
        }
        let failed: Vec<Dataset> = self.problems.iter().filter_map(|problem| problem.dataset).collect();
        for dataset in failed {
            self.keep(dataset, &mut before);
        }
        self
    }

    fn keep(&mut self, dataset: Dataset, before: &mut Believed) {
        match dataset {
            Dataset::KeySet => self.key_set = before.key_set.take(),
            Dataset::PolicyStation => self.policies.station = before.policies.station.take(),
            Dataset::PolicyHospital => self.policies.hospital = before.policies.hospital.take(),
            Dataset::Places => self.places = before.places.take(),
            Dataset::RiskLevels => self.risk_levels = before.risk_levels.take(),
            Dataset::StaffList => self.staff = before.staff.take(),
            Dataset::Revocations => self.revocations = before.revocations.take(),
            Dataset::DayKeys => self.day_keys = before.day_keys.take(),
            Dataset::StatusList | Dataset::StatusDelta => return self.keep_list(before),
        }
        self.keep_version(dataset, before);
    }

    /// The list that is further stays: the one in memory, when the new one ended on a bad delta before it.
    fn keep_list(&mut self, before: &mut Believed) {
        let further = |list: &Believed| list.list.as_ref().map(|list| list::mark(list.state()));
        if further(before) > further(self) {
            self.list = before.list.take();
            self.keep_version(Dataset::StatusList, before);
            self.keep_version(Dataset::StatusDelta, before);
        }
    }

    fn keep_version(&mut self, dataset: Dataset, before: &Believed) {
        self.versions.retain(|(known, _)| *known != dataset);
        self.digests.retain(|(known, _)| *known != dataset);
        self.versions.extend(before.versions.iter().filter(|(known, _)| *known == dataset));
        self.digests.extend(before.digests.iter().filter(|(known, _)| *known == dataset));
    }
}
