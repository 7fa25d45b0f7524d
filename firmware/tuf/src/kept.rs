//! What a client remembers of a repository: the root it trusts, and the newest of each role that it took.
//! Promises: one text, whole or not there; a changed byte is found; what is read back is verified again.
//! Must not know: where it is kept.

use gate_proof::digest::sha256;
use serde::{Deserialize, Serialize};

use crate::document::{Claimed, Document};
use crate::role::{Body, Root, Snapshot, Targets, Timestamp};

/// A repository as it was last believed. The versions in it are the floors under which nothing is taken.
#[derive(Clone, Debug)]
pub struct Trusted {
    pub(crate) root: Document<Root>,
    pub(crate) timestamp: Option<Document<Timestamp>>,
    pub(crate) snapshot: Option<Document<Snapshot>>,
    pub(crate) targets: Option<Document<Targets>>,
}

/// The memory is damaged: to begin again from the root in the image would forget the floors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("what was remembered of the repository is damaged: put the terminal's image on it again")]
pub struct KeptRefused;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Text {
    format: u8,
    root: String,
    timestamp: Option<String>,
    snapshot: Option<String>,
    targets: Option<String>,
}

impl Trusted {
    /// From the root that was put into the terminal's image.
    #[must_use]
    pub fn first(root: Document<Root>) -> Trusted {
        Trusted { root, timestamp: None, snapshot: None, targets: None }
    }

    /// The root that is trusted.
    #[must_use]
    pub fn root(&self) -> &Document<Root> {
        &self.root
    }

    /// The targets that were taken last.
    #[must_use]
    pub fn targets(&self) -> Option<&Document<Targets>> {
        self.targets.as_ref()
    }

    /// The timestamp that was taken last.
    #[must_use]
    pub fn timestamp(&self) -> Option<&Document<Timestamp>> {
        self.timestamp.as_ref()
    }

    /// The snapshot that was taken last.
    #[must_use]
    pub fn snapshot(&self) -> Option<&Document<Snapshot>> {
        self.snapshot.as_ref()
    }

    /// As text: JSON, and its SHA-256 on a second line.
    #[must_use]
    pub fn to_text(&self) -> String {
        fn text<B>(document: &Document<B>) -> String {
            String::from_utf8_lossy(document.text()).into_owned()
        }
        let text = Text {
            format: 1,
            root: text(&self.root),
            timestamp: self.timestamp.as_ref().map(text),
            snapshot: self.snapshot.as_ref().map(text),
            targets: self.targets.as_ref().map(text),
        };
        // Texts alone: it always is JSON.
        let json = serde_json::to_string(&text).unwrap_or_default();
        let digest: String =
            sha256(&[json.as_bytes()]).as_bytes().iter().map(|b| format!("{b:02x}")).collect();
        format!("{json}\n{digest}\n")
    }

    /// What [`Trusted::to_text`] wrote.
    ///
    /// # Errors
    /// [`KeptRefused`].
    pub fn from_text(text: &str) -> Result<Trusted, KeptRefused> {
        let (json, digest) = text.trim_end().split_once('\n').ok_or(KeptRefused)?;
        let found: String =
            sha256(&[json.as_bytes()]).as_bytes().iter().map(|b| format!("{b:02x}")).collect();
        let read: Text = serde_json::from_str(json).map_err(|_| KeptRefused)?;
        if found != digest || read.format != 1 {
            return Err(KeptRefused);
        }
        let claimed = Claimed::<Root>::read(read.root.as_bytes()).map_err(|_| KeptRefused)?;
        let root = claimed.trust_first().map_err(|_| KeptRefused)?;
        Ok(Trusted {
            timestamp: again(read.timestamp, root.body())?,
            snapshot: again(read.snapshot, root.body())?,
            targets: again(read.targets, root.body())?,
            root,
        })
    }
}

fn again<B: Body>(text: Option<String>, root: &Root) -> Result<Option<Document<B>>, KeptRefused> {
    let verify = |text: String| Claimed::<B>::read(text.as_bytes()).and_then(|claimed| claimed.verify(root));
    text.map(verify).transpose().map_err(|_| KeptRefused)
}
