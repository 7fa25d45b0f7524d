//! What an operator configures beside the folder: which database, by an argument or a file in the folder.
//! Promises: a hub has one database: a folder that holds another is refused; an address with a password is read from a file that
//! its owner alone reads, or was said on the command line.
//! Must not know: what is kept where.

use anyhow::{Context, bail};
use gate_hub::files::{Folder, read_secret};
use gate_hub::store::Store;

use crate::cli::Data;

/// The address of a database server, if there is one.
const STORE: &str = "store";
/// The authority of its certificate.
const AUTHORITY: &str = "store.pem";

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
        let authority = folder.path(AUTHORITY);
        let authority = match authority.exists() {
            true => Some(std::fs::read(&authority).with_context(|| authority.display().to_string())?),
            false => None,
        };
        Ok(Store::server(&address, authority.as_deref())?)
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
