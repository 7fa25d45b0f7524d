//! The data directory that `gate` reads: immutable files, and one manifest that is renamed into its place.
//! Promises: files first, each synced before it has its name; the manifest last; a cut at any point leaves one whole
//! generation; a file that a manifest names is never written again, and stays while the manifest before is still in reach.
//! Must not know: what is in the files.

use std::fs::{self, File};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use gate_core::manifest::{Dataset, FILE_NAME, Manifest, ManifestEntry, Province};
use gate_core::{json, manifest};
use gate_proof::digest::Hasher;
use serde::Serialize;

use crate::keeper::Look;
use crate::refusal::{Cause, Refusal};

/// The manifest of before, for the files that a reader may still have to open.
const BEFORE: &str = "manifest.before.json";
const PART: &str = ".part";

/// The directory.
#[derive(Debug)]
pub struct Data {
    path: PathBuf,
}

/// Why the directory was not changed.
#[derive(Debug, thiserror::Error)]
pub enum DataFault {
    /// The system refuses.
    #[error("{}", .path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The manifest would be refused by `gate`.
    #[error("the new manifest would be refused")]
    Manifest(#[from] manifest::ManifestError),
}

#[derive(Serialize)]
struct Document<'a> {
    format: u8,
    generation: u32,
    province: ProvinceDocument<'a>,
    datasets: Vec<EntryDocument<'a>>,
}

#[derive(Serialize)]
struct ProvinceDocument<'a> {
    region: &'a str,
    demo: bool,
    salt: String,
    tag_memory_kib: u32,
}

#[derive(Serialize)]
struct EntryDocument<'a> {
    dataset: Dataset,
    file: &'a str,
    version: u32,
    as_of: u64,
    length: u64,
    sha256: String,
}

impl From<DataFault> for Refusal {
    fn from(fault: DataFault) -> Refusal {
        Refusal::of(Cause::Terminal, &fault)
    }
}

impl Data {
    /// The directory at `path`, made if it is not there; what a cut left half written is removed.
    ///
    /// # Errors
    /// [`DataFault`].
    pub fn open(path: &Path) -> Result<Data, DataFault> {
        fs::DirBuilder::new().recursive(true).mode(0o755).create(path).map_err(at(path))?;
        let data = Data { path: path.to_path_buf() };
        for (name, file) in data.names()? {
            if name.ends_with(PART) {
                fs::remove_file(&file).map_err(at(&file))?;
            }
        }
        Ok(data)
    }

    /// Where a file of it is.
    #[must_use]
    pub fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// Its path.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The manifest in force. One that cannot be read is none: it is written anew.
    #[must_use]
    pub fn manifest(&self) -> Option<Manifest> {
        self.read_manifest(FILE_NAME)
    }

    /// Whether the file of an entry is still the one that was put in force.
    #[must_use]
    pub fn is_whole(&self, entry: &ManifestEntry, look: Look) -> bool {
        let Ok(mut file) = File::open(self.file(&entry.file)) else { return false };
        let length = file.metadata().map_or(0, |about| about.len());
        if length != entry.length || (look == Look::Usual && entry.dataset == Dataset::StatusList) {
            return length == entry.length;
        }
        digest(&mut file).is_ok_and(|digest| digest == entry.sha256)
    }

    /// Length and SHA-256 of a file.
    ///
    /// # Errors
    /// [`DataFault`].
    pub fn digest(&self, path: &Path) -> Result<(u64, [u8; 32]), DataFault> {
        let mut file = File::open(path).map_err(at(path))?;
        let length = file.metadata().map_err(at(path))?.len();
        Ok((length, digest(&mut file).map_err(at(path))?))
    }

    /// A whole, synced file of this directory becomes the immutable file `name`.
    ///
    /// # Errors
    /// [`DataFault`].
    pub fn adopt(&self, whole: &Path, name: &str) -> Result<(), DataFault> {
        fs::set_permissions(whole, fs::Permissions::from_mode(0o444)).map_err(at(whole))?;
        File::open(whole).and_then(|file| file.sync_all()).map_err(at(whole))?;
        fs::rename(whole, self.file(name)).map_err(at(whole))?;
        self.sync()
    }

    /// A new immutable file: what `write` puts into it, under `name` when it is whole.
    ///
    /// # Errors
    /// What `write` says, or the system; then there is no such file.
    pub fn keep<E: From<DataFault>>(
        &self,
        name: &str,
        write: impl FnOnce(&mut File) -> Result<(), E>,
    ) -> Result<PathBuf, E> {
        let part = self.file(&format!("{name}{PART}"));
        let options = || File::options().write(true).create_new(true).mode(0o444).open(&part);
        let mut file = options().map_err(at(&part))?;
        let done = write(&mut file).and_then(|()| Ok(file.sync_all().map_err(at(&part))?));
        if done.is_err() {
            // What is left of it goes at the next start if it does not go now.
            let _ = fs::remove_file(&part);
        }
        done?;
        let path = self.file(name);
        fs::rename(&part, &path).map_err(at(&path))?;
        self.sync()?;
        Ok(path)
    }

    /// Replaces a small file that has one name for ever.
    ///
    /// # Errors
    /// [`DataFault`].
    pub fn replace(&self, name: &str, bytes: &[u8]) -> Result<(), DataFault> {
        let path = self.file(name);
        self.keep(name, |file| file.write_all(bytes).map_err(at(&path))).map(|_| ())
    }

    /// Puts these files in force as the generation after the one that is, and after `known`.
    ///
    /// # Errors
    /// [`DataFault`]; the manifest in force stays.
    pub fn swap(&self, province: &Province, entries: &[ManifestEntry], known: u64) -> Result<u32, DataFault> {
        let before = fs::read(self.file(FILE_NAME)).ok();
        let last = self.manifest().map_or(0, |manifest| manifest.generation);
        let generation = last.max(u32::try_from(known).unwrap_or(u32::MAX)).saturating_add(1);
        let text = document(generation, province, entries);
        Manifest::load(text.as_bytes())?;
        if let Some(before) = before {
            self.replace(BEFORE, &before)?;
        }
        self.replace(FILE_NAME, text.as_bytes())?;
        self.clear();
        Ok(generation)
    }

    /// Removes files of datasets that neither this manifest nor the one before names. What cannot be removed now goes later.
    pub(crate) fn clear(&self) {
        let named: Vec<String> = [FILE_NAME, BEFORE]
            .iter()
            .filter_map(|name| self.read_manifest(name))
            .flat_map(|manifest| {
                manifest.entries().iter().map(|entry| entry.file.as_str().to_owned()).collect::<Vec<_>>()
            })
            .collect();
        for (name, path) in self.names().unwrap_or_default() {
            let ours = Dataset::ALL.iter().any(|dataset| name.starts_with(&format!("{}.", dataset.name())));
            if ours && !named.contains(&name) {
                let _ = fs::remove_file(path);
            }
        }
    }

    fn read_manifest(&self, name: &str) -> Option<Manifest> {
        let path = self.file(name);
        let length = fs::metadata(&path).ok()?.len();
        let bytes = (length <= json::MAX_DOCUMENT_BYTES as u64).then(|| fs::read(&path).ok()).flatten()?;
        Manifest::load(&bytes).ok()
    }

    fn names(&self) -> Result<Vec<(String, PathBuf)>, DataFault> {
        let mut names = Vec::new();
        for entry in fs::read_dir(&self.path).map_err(at(&self.path))? {
            let entry = entry.map_err(at(&self.path))?;
            if let Ok(name) = entry.file_name().into_string() {
                names.push((name, entry.path()));
            }
        }
        Ok(names)
    }

    fn sync(&self) -> Result<(), DataFault> {
        File::open(&self.path).and_then(|folder| folder.sync_all()).map_err(at(&self.path))
    }
}

fn digest(file: &mut File) -> io::Result<[u8; 32]> {
    let mut hasher = Hashing(Hasher::new());
    io::copy(file, &mut hasher)?;
    Ok(*hasher.0.finish().as_bytes())
}

/// Hashes what is written to it.
struct Hashing(Hasher);

impl Write for Hashing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn document(generation: u32, province: &Province, entries: &[ManifestEntry]) -> String {
    let entry = |one: &ManifestEntry| -> (Dataset, String, u32, u64, u64, String) {
        let file = one.file.as_str().to_owned();
        (one.dataset, file, one.version, one.as_of.unix(), one.length, hex(&one.sha256))
    };
    let rows: Vec<_> = entries.iter().map(entry).collect();
    let datasets = rows.iter().map(|(dataset, file, version, as_of, length, sha256)| EntryDocument {
        dataset: *dataset,
        file,
        version: *version,
        as_of: *as_of,
        length: *length,
        sha256: sha256.clone(),
    });
    let document = Document {
        format: 1,
        generation,
        province: ProvinceDocument {
            region: province.region.as_str(),
            demo: province.demo == manifest::Demo::Yes,
            salt: hex(&province.salt),
            tag_memory_kib: province.tag_memory_kib,
        },
        datasets: datasets.collect(),
    };
    // Texts and numbers alone: it always is JSON.
    serde_json::to_string(&document).unwrap_or_default()
}

/// Lower-case hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub(crate) fn at(path: &Path) -> impl FnOnce(io::Error) -> DataFault {
    let path = path.to_path_buf();
    |source| DataFault::File { path, source }
}
