//! What an operator configures beside the folder: which database, which object store, by an argument or a file in the folder.
//! Promises: a hub has one database: a folder that holds another is refused; an address with a password is read from a file that
//! its owner alone reads, or was said on the command line.
//! Must not know: what is kept where.

use std::path::Path;

use anyhow::{Context, bail};
use gate_hub::files::{Folder, read_secret};
use gate_hub::objects::Objects;
use gate_hub::repository::Repositories;
use gate_hub::store::Store;

use crate::cli::Data;

/// The address of a database server, if there is one.
const STORE: &str = "store";
/// The authority of its certificate.
const AUTHORITY: &str = "store.pem";
/// The object store, as JSON, if there is one, and its authority.
const OBJECTS: &str = "objects";
const OBJECTS_AUTHORITY: &str = "objects.pem";

impl Data {
    pub(crate) fn folder(&self) -> anyhow::Result<Folder> {
        Ok(Folder::open(&self.data)?)
    }

    /// The hub's database.
    pub(crate) fn store(&self, folder: &Folder) -> anyhow::Result<Store> {
        let file = folder.path("hub.db");
        let Some(address) = self.address(folder)? else { return Ok(Store::file(&file)) };
        if file.exists() {
            bail!("{} is this hub's database: it has one", file.display());
        }
        Ok(Store::server(&address, authority(&folder.path(AUTHORITY))?.as_deref())?)
    }

    /// Where the repositories are served from.
    pub(crate) fn repositories(&self, folder: &Folder) -> anyhow::Result<Repositories> {
        Ok(match self.objects(folder)? {
            Some(objects) => Repositories::Objects(Box::new(objects)),
            None => Repositories::Folder(folder.repository()),
        })
    }

    /// The province's object store, if there is one.
    pub(crate) fn objects(&self, folder: &Folder) -> anyhow::Result<Option<Objects>> {
        let path = folder.path(OBJECTS);
        if !path.exists() {
            return Ok(None);
        }
        let authority = authority(&folder.path(OBJECTS_AUTHORITY))?;
        Ok(Some(Objects::open(&read_secret(&path)?, authority.as_deref())?))
    }

    fn address(&self, folder: &Folder) -> anyhow::Result<Option<String>> {
        let path = folder.path(STORE);
        if self.store.is_some() || !path.exists() {
            return Ok(self.store.clone());
        }
        let text = String::from_utf8(read_secret(&path)?.to_vec()).context("HUB/store is one line")?;
        Ok(Some(text.trim_end().to_owned()))
    }
}

/// An authority's certificate, if its file is there.
fn authority(path: &Path) -> anyhow::Result<Option<Vec<u8>>> {
    Ok(match path.exists() {
        true => Some(std::fs::read(path).with_context(|| path.display().to_string())?),
        false => None,
    })
}
