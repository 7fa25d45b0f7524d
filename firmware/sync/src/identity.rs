//! The line's own key: made by the carrier where it stays, known to the hub since enrolment (ADR 16).
//! Promises: mode 0600, refused when others can read it, never printed, never replaced by itself.
//! Must not know: the terminal's other keys. This one opens and signs nothing but requests to the hub.

use std::fmt;
use std::fs::{self, DirBuilder, File};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use gate_core::json;
use gate_core::line::{LineRequest, SIGNATURE_HEADER, TERMINAL_HEADER};
use gate_core::query::TerminalNumber;
use gate_proof::ed25519::{PublicKey, SigningKey};
use zeroize::Zeroizing;

use gate_carry::wants::hex;

const FILE: &str = "line.key";

/// Whose line this is, and its key.
pub struct Identity {
    terminal: TerminalNumber,
    key: SigningKey,
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Identity(terminal {})", self.terminal.value())
    }
}

/// Why there is no key.
#[derive(Debug, thiserror::Error)]
pub enum IdentityFault {
    /// The system refuses.
    #[error("{}: {reason}", .path.display())]
    Reach {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        reason: io::Error,
    },
    /// Others can read it.
    #[error("{} can be read by others: chmod 600 it, and enrol anew if they might have", .0.display())]
    KeepSecret(PathBuf),
    /// Not 64 hexadecimal digits.
    #[error("{} is damaged: remove it and enrol anew", .0.display())]
    Read(PathBuf),
    /// A number over 131,071.
    #[error("a terminal's number is 0 to 131071")]
    Number,
}

impl Identity {
    /// The key in `folder`, made there if there is none.
    ///
    /// # Errors
    /// [`IdentityFault`].
    pub fn open(folder: &Path, terminal: u32) -> Result<Identity, IdentityFault> {
        let terminal = TerminalNumber::new(terminal).ok_or(IdentityFault::Number)?;
        let path = folder.join(FILE);
        let at = |reason| IdentityFault::Reach { path: path.clone(), reason };
        DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(at)?;
        let about = match fs::symlink_metadata(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => make(&path).map_err(at)?,
            other => other.map_err(at)?,
        };
        if !about.is_file() || about.len() != 65 {
            return Err(IdentityFault::Read(path));
        }
        if about.mode() & 0o077 != 0 {
            return Err(IdentityFault::KeepSecret(path));
        }
        let text = Zeroizing::new(fs::read(&path).map_err(at)?);
        let digits = std::str::from_utf8(&text).ok().and_then(|text| json::hex::<32>(text.trim_end()));
        let seed = Zeroizing::new(digits.ok_or(IdentityFault::Read(path))?);
        Ok(Identity { terminal, key: SigningKey::from_seed(&seed) })
    }

    /// Whose line.
    #[must_use]
    pub fn terminal(&self) -> TerminalNumber {
        self.terminal
    }

    /// What the hub knows of the key.
    #[must_use]
    pub fn public_key(&self) -> PublicKey {
        self.key.public_key()
    }

    /// The headers of a request.
    #[must_use]
    pub fn headers(&self, method: &str, path: &str, body: &[u8]) -> Vec<(&'static str, String)> {
        let request = LineRequest { terminal: self.terminal, method, path, body };
        // A key that cannot sign sends a signature of nobody's, which the hub refuses.
        let signature = request.sign(&self.key).unwrap_or([0; 64]);
        vec![(TERMINAL_HEADER, self.terminal.value().to_string()), (SIGNATURE_HEADER, hex(&signature))]
    }
}

fn make(path: &Path) -> io::Result<fs::Metadata> {
    let mut seed = Zeroizing::new([0; 32]);
    getrandom::fill(&mut *seed).map_err(|_| io::Error::other("the system gives no randomness"))?;
    let mut text = Zeroizing::new(String::with_capacity(65));
    for byte in seed.iter() {
        for nibble in [byte >> 4, byte & 15] {
            text.push(char::from(b"0123456789abcdef"[usize::from(nibble)]));
        }
    }
    text.push('\n');
    let mut file = File::options().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    if let Some(folder) = path.parent() {
        File::open(folder)?.sync_all()?;
    }
    file.metadata()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_key_is_made_once_and_refused_when_others_can_read_it() {
        let folder = tempfile::tempdir().unwrap();
        let first = Identity::open(folder.path(), 7).unwrap().public_key();
        assert_eq!(Identity::open(folder.path(), 7).unwrap().public_key(), first);
        let path = folder.path().join(FILE);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        assert!(matches!(Identity::open(folder.path(), 7), Err(IdentityFault::KeepSecret(_))));
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        fs::write(&path, "x".repeat(65)).unwrap();
        assert!(matches!(Identity::open(folder.path(), 7), Err(IdentityFault::Read(_))));
        assert!(matches!(Identity::open(folder.path(), 1 << 17), Err(IdentityFault::Number)));
    }
}
