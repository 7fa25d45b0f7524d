//! A publication, made and proven, before a byte of it is written: what is refused is refused here.
//! Promises: every name that is to be written is free, or holds these very bytes; files first, then the manifest by rename.
//! Must not know: how its parts are made.

use std::path::Path;

use gate_core::envelope;
use gate_core::manifest::{FILE_NAME, Manifest};
use rand_core::CryptoRng;

use super::keys::KeysPlan;
use super::status::ListPlan;
use super::{
    Made, Publication, PublishError, Published, TERMINAL_KEYS_FILE, admit_once, at, entry, write_once,
};
use crate::province::Province;
use crate::staging::{self, Readers};

/// Everything of a publication.
pub(crate) struct Ready<'a> {
    generation: u32,
    made: Vec<Made>,
    list: Option<ListPlan<'a>>,
    keys: KeysPlan,
    manifest: String,
}

impl Province {
    /// Makes everything of the generation that is open; `there` is the manifest that `out` has.
    pub(crate) fn ready<'a>(
        &self,
        (out, there): (&Path, Option<&Manifest>),
        publication: &Publication<'_>,
        list: Option<ListPlan<'a>>,
        rng: &mut impl CryptoRng,
    ) -> Result<Ready<'a>, PublishError> {
        let made = self.documents(publication)?;
        let keys = KeysPlan::new(self, publication, (out, there), rng)?;
        for document in &made {
            admit_once(&out.join(&document.name), &document.bytes)?;
        }
        let mut entries: Vec<_> = made.iter().map(entry).collect();
        if let Some(list) = &list {
            entries.extend(list.admit(out)?);
        }
        let manifest = self.manifest(entries)?;
        Ok(Ready { generation: self.state.generation, made, list, keys, manifest })
    }
}

impl Ready<'_> {
    /// Writes it all: the manifest last.
    pub(crate) fn write(self, out: &Path) -> Result<Published, PublishError> {
        let state = self.list.as_ref().map(ListPlan::state);
        let unused = self.list.as_ref().map(|list| list.unused.clone()).unwrap_or_default();
        staging::make_directory(out, Readers::All).map_err(at(out))?;
        let mut files = Vec::new();
        for document in &self.made {
            let path = out.join(&document.name);
            write_once(&path, &document.bytes, Readers::All)?;
            files.push(path);
        }
        for (name, text, readers) in [
            (TERMINAL_KEYS_FILE, self.keys.own.as_ref().map(|own| own.as_str()), Readers::Owner),
            (envelope::FILE_NAME, Some(self.keys.envelopes.as_str()), Readers::All),
        ] {
            if let Some(text) = text {
                let path = out.join(name);
                staging::replace(&path, text.as_bytes(), readers).map_err(at(&path))?;
                files.push(path);
            }
        }
        if let Some(list) = self.list {
            files.extend(list.write(out)?);
        }
        let path = out.join(FILE_NAME);
        staging::replace(&path, self.manifest.as_bytes(), Readers::All).map_err(at(&path))?;
        files.push(path);
        let generation = self.generation;
        Ok(Published { generation, files, list: state, day_keys_missing: None, unused })
    }
}
