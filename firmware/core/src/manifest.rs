//! The manifest: which files `gate` may open, and what each must be (DESIGN §2).
//! Promises: plain names without paths, each file with its length and SHA-256; each dataset once, and deltas of the status
//! list as many as bounded, in the order in which they are taken.
//! Must not know: how the files are read or who wrote them (`gate-trust`).

use gate_wire::time::Timestamp;
use heapless::{String, Vec};
use serde::Deserialize;

use crate::json::{self, JsonError};
use crate::keyset::Region;

/// The name of the manifest's file within the data directory.
pub const FILE_NAME: &str = "manifest.json";
/// Deltas of the status list that a manifest names at most. The ladder of 13 weeks takes 16 (DESIGN §6).
pub const DELTAS_MOST: usize = 24;
/// Files that a manifest names at most: they fit into 16 KiB.
pub const ENTRIES_MOST: usize = 48;

/// The datasets that a terminal believes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Dataset {
    /// The issuers' keys.
    KeySet,
    /// The policy for stations and their like.
    PolicyStation,
    /// The policy for hospitals.
    PolicyHospital,
    /// Places and lanes.
    Places,
    /// Risk levels by region.
    RiskLevels,
    /// Staff.
    StaffList,
    /// Revoked credentials.
    Revocations,
    /// The status list.
    StatusList,
    /// The authority's day keys.
    DayKeys,
    /// A delta of the status list: its version is the step that it leads to. As many as [`DELTAS_MOST`].
    StatusDelta,
}

impl Dataset {
    /// Every one, in the order of their numbers.
    pub const ALL: [Dataset; 10] = [
        Dataset::KeySet,
        Dataset::PolicyStation,
        Dataset::PolicyHospital,
        Dataset::Places,
        Dataset::RiskLevels,
        Dataset::StaffList,
        Dataset::Revocations,
        Dataset::StatusList,
        Dataset::DayKeys,
        Dataset::StatusDelta,
    ];

    /// The name in the manifest.
    pub fn name(self) -> &'static str {
        match self {
            Dataset::KeySet => "key-set",
            Dataset::PolicyStation => "policy-station",
            Dataset::PolicyHospital => "policy-hospital",
            Dataset::Places => "places",
            Dataset::RiskLevels => "risk-levels",
            Dataset::StaffList => "staff-list",
            Dataset::Revocations => "revocations",
            Dataset::StatusList => "status-list",
            Dataset::DayKeys => "day-keys",
            Dataset::StatusDelta => "status-delta",
        }
    }
}

/// One generation of what is believed.
#[derive(Clone, Debug)]
pub struct Manifest {
    /// Rises with each one.
    pub generation: u32,
    /// Whose terminal this is.
    pub province: Province,
    entries: Vec<ManifestEntry, ENTRIES_MOST>,
}

/// What every terminal of a province knows.
#[derive(Clone, Debug)]
pub struct Province {
    /// Its region.
    pub region: Region,
    /// Marked as a demo: lookups by typed number need no badge, and keys may lie in plain files.
    pub demo: Demo,
    /// Salt of the person tag.
    pub salt: [u8; 16],
    /// Memory cost of the person tag in KiB.
    pub tag_memory_kib: u32,
}

impl Province {
    /// Reads the signed document `{"format":1,"version":n,"issued":t,"province":{…}}`, whose `province` is as in a manifest.
    /// Gives its version and issue time too.
    ///
    /// # Errors
    /// [`ManifestError`].
    pub fn load(bytes: &[u8]) -> Result<(u32, Timestamp, Province), ManifestError> {
        let document: SignedProvince<'_> = json::read(bytes)?;
        let bad = |what| ManifestError::BadHeader { what };
        if document.format != 1 {
            return Err(bad("format"));
        }
        let issued = Timestamp::from_unix(document.issued).ok_or(bad("issued"))?;
        Ok((document.version, issued, document.province.read().map_err(bad)?))
    }
}

/// Whether a province is a demo.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Demo {
    /// It is; it says so loudly.
    Yes,
    /// It is real.
    No,
}

/// One dataset's file.
#[derive(Clone, Debug)]
pub struct ManifestEntry {
    /// Which dataset.
    pub dataset: Dataset,
    /// File name within the data directory.
    pub file: String<64>,
    /// Version.
    pub version: u32,
    /// As-of or issue time.
    pub as_of: Timestamp,
    /// Length in bytes.
    pub length: u64,
    /// SHA-256 of the whole file.
    pub sha256: [u8; 32],
}

/// Why a manifest is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ManifestError {
    /// The document cannot be read.
    #[error("the manifest cannot be read")]
    Json(#[from] JsonError),
    /// A header field is not valid.
    #[error("the manifest's {what} is not valid")]
    BadHeader {
        /// Which field.
        what: &'static str,
    },
    /// An entry's field is not valid.
    #[error("manifest entry {entry}: {what} is not valid")]
    OutOfRange {
        /// Which entry, from 0.
        entry: usize,
        /// Which field.
        what: &'static str,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ManifestDocument<'a> {
    format: u8,
    generation: u32,
    #[serde(borrow)]
    province: ProvinceDocument<'a>,
    #[serde(borrow)]
    datasets: Vec<EntryDocument<'a>, ENTRIES_MOST>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SignedProvince<'a> {
    format: u8,
    version: u32,
    issued: u64,
    #[serde(borrow)]
    province: ProvinceDocument<'a>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ProvinceDocument<'a> {
    region: &'a str,
    demo: bool,
    salt: &'a str,
    tag_memory_kib: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EntryDocument<'a> {
    dataset: Dataset,
    file: &'a str,
    version: u32,
    as_of: u64,
    length: u64,
    sha256: &'a str,
}

impl Manifest {
    /// Reads a manifest.
    ///
    /// # Errors
    /// [`ManifestError`].
    pub fn load(bytes: &[u8]) -> Result<Manifest, ManifestError> {
        let document: ManifestDocument<'_> = json::read(bytes)?;
        if document.format != 1 {
            return Err(ManifestError::BadHeader { what: "format" });
        }
        let province = document.province.read().map_err(|what| ManifestError::BadHeader { what })?;
        let mut manifest = Manifest { generation: document.generation, province, entries: Vec::new() };
        for (entry, row) in document.datasets.iter().enumerate() {
            let bad = |what| ManifestError::OutOfRange { entry, what };
            let read = row.read().map_err(bad)?;
            manifest.admit(&read).map_err(bad)?;
            manifest.entries.push(read).map_err(|_| bad("count"))?;
        }
        Ok(manifest)
    }

    /// A dataset stands once; deltas follow each other, each leading further than the one before.
    fn admit(&self, entry: &ManifestEntry) -> Result<(), &'static str> {
        match (entry.dataset, self.deltas().last()) {
            (Dataset::StatusDelta, None) => Ok(()),
            (Dataset::StatusDelta, Some(before)) if entry.version <= before.version => {
                Err("version, a delta that leads no further than the one before")
            }
            (Dataset::StatusDelta, Some(_)) if self.deltas().count() >= DELTAS_MOST => Err("count of deltas"),
            (Dataset::StatusDelta, Some(_)) => Ok(()),
            (dataset, _) if self.find(dataset).is_some() => Err("dataset, named twice"),
            _ => Ok(()),
        }
    }

    /// The deltas of the status list, in the order in which they are taken.
    pub fn deltas(&self) -> impl Iterator<Item = &ManifestEntry> {
        self.entries.iter().filter(|entry| entry.dataset == Dataset::StatusDelta)
    }

    /// The entry of a dataset; of deltas the first.
    pub fn find(&self, dataset: Dataset) -> Option<&ManifestEntry> {
        self.entries.iter().find(|entry| entry.dataset == dataset)
    }

    /// Every entry.
    pub fn entries(&self) -> &[ManifestEntry] {
        &self.entries
    }
}

impl ProvinceDocument<'_> {
    fn read(&self) -> Result<Province, &'static str> {
        Ok(Province {
            region: Region::parse(self.region).ok_or("region")?,
            demo: if self.demo { Demo::Yes } else { Demo::No },
            salt: json::hex(self.salt).ok_or("salt")?,
            tag_memory_kib: self.tag_memory_kib,
        })
    }
}

impl EntryDocument<'_> {
    fn read(&self) -> Result<ManifestEntry, &'static str> {
        // A name with a separator or a leading dot could leave the directory.
        let plain = self.file.bytes().all(|c| c.is_ascii_alphanumeric() || b".-_".contains(&c));
        if !plain || self.file.is_empty() || self.file.starts_with('.') {
            return Err("file");
        }
        Ok(ManifestEntry {
            dataset: self.dataset,
            file: String::try_from(self.file).map_err(|_| "file")?,
            version: self.version,
            as_of: Timestamp::from_unix(self.as_of).ok_or("as_of")?,
            length: self.length,
            sha256: json::hex(self.sha256).ok_or("sha256")?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    extern crate std;
    use std::string::String as Text;

    fn text() -> Text {
        let digest = "00".repeat(32);
        std::format!(
            r#"{{"format":1,"generation":1,"province":{{"region":"510000","demo":true,"salt":"{}","tag_memory_kib":8}},"datasets":[{{"dataset":"key-set","file":"key-set.1.json","version":1,"as_of":5,"length":10,"sha256":"{digest}"}}]}}"#,
            "11".repeat(16)
        )
    }

    #[test]
    fn a_manifest_names_each_dataset_once_with_its_file() {
        let manifest = Manifest::load(text().as_bytes()).unwrap();
        assert_eq!(manifest.find(Dataset::KeySet).unwrap().file, "key-set.1.json");
        assert!(manifest.find(Dataset::Places).is_none());
        let entry = text();
        let entry = &entry[entry.find(r#"{"dataset""#).unwrap()..entry.len() - 2];
        let twice = text().replace(entry, &std::format!("{entry},{entry}"));
        assert!(matches!(Manifest::load(twice.as_bytes()), Err(ManifestError::OutOfRange { entry: 1, .. })));
    }

    #[test]
    fn deltas_follow_each_other_and_their_count_is_bounded() {
        let digest = "00".repeat(32);
        let delta = |step: usize| {
            std::format!(
                r#",{{"dataset":"status-delta","file":"delta.{step}.tfd","version":{step},"as_of":5,"length":10,"sha256":"{digest}"}}"#
            )
        };
        let with = |steps: &[usize]| {
            let deltas: Text = steps.iter().map(|step| delta(*step)).collect();
            Manifest::load(text().replace("}]}", &std::format!("}}{deltas}]}}")).as_bytes())
        };
        let steps: std::vec::Vec<usize> = (1..=DELTAS_MOST).collect();
        let manifest = with(&steps).unwrap();
        assert!(manifest.deltas().map(|delta| delta.version as usize).eq(steps.iter().copied()));
        for (steps, entry) in [(&[2, 1][..], 2), (&[1, 1], 2), (&[steps, std::vec![99]].concat(), 25)] {
            let refused = with(steps).unwrap_err();
            assert!(matches!(refused, ManifestError::OutOfRange { entry: found, .. } if found == entry));
        }
    }

    #[test]
    fn a_file_name_cannot_leave_the_directory() {
        for name in ["../key", "/etc/passwd", ".hidden", "", "a/b", "a b"] {
            let refused = Manifest::load(text().replace("key-set.1.json", name).as_bytes()).unwrap_err();
            assert_eq!(refused, ManifestError::OutOfRange { entry: 0, what: "file" }, "{name}");
        }
    }
}
