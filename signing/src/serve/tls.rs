//! TLS 1.2 and 1.3 with a certificate and key from files.
//! Promises: a key that others may read is refused; HTTP/1.1 is the only protocol offered.
//! Must not know: what goes through.
//!
//! The cryptography is graviola: no C and no assembler of a build's own, no second `ring`; it needs a processor of this decade
//! (x86-64 with AVX2, BMI2 and ADX, or aarch64 with NEON and AES).

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::TlsAcceptor;

const MAX_PEM_BYTES: u64 = 1 << 16;

/// A certificate and its key, ready.
pub struct Tls(Arc<ServerConfig>);

/// Why they are not.
#[derive(Debug, thiserror::Error)]
pub enum TlsRefused {
    /// A file cannot be read.
    #[error("{}", .path.display())]
    ReadFile {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Larger than any such file.
    #[error("{}: larger than {MAX_PEM_BYTES} bytes", .0.display())]
    FitFile(PathBuf),
    /// Others may read the key.
    #[error("{} can be read by others: `chmod 600` it, and make a new key if they might have", .0.display())]
    HideKey(PathBuf),
    /// Not PEM, or nothing in it.
    #[error("{}: no PEM of a certificate, or of a private key", .path.display())]
    ReadPem {
        /// Which.
        path: PathBuf,
        /// Why.
        source: pem::Error,
    },
    /// The two do not fit, or are of a kind that is not known.
    #[error("certificate and key")]
    Fit(#[from] rustls::Error),
}

impl Tls {
    /// A PEM chain, the server's own certificate first, and its PEM key.
    ///
    /// # Errors
    /// [`TlsRefused`].
    pub fn load(certificates: &Path, key: &Path) -> Result<Tls, TlsRefused> {
        let chain = CertificateDer::pem_slice_iter(&read(certificates)?)
            .collect::<Result<Vec<_>, _>>()
            .map_err(|source| TlsRefused::ReadPem { path: certificates.into(), source })?;
        let mode = fs::metadata(key).map_err(at(key))?.permissions().mode();
        if mode & 0o077 != 0 {
            return Err(TlsRefused::HideKey(key.into()));
        }
        let key_read = PrivateKeyDer::from_pem_slice(&zeroize::Zeroizing::new(read(key)?))
            .map_err(|source| TlsRefused::ReadPem { path: key.into(), source })?;
        let mut config = ServerConfig::builder_with_provider(Arc::new(rustls_graviola::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(chain, key_read)?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Tls(Arc::new(config)))
    }

    pub(crate) fn acceptor(self) -> TlsAcceptor {
        TlsAcceptor::from(self.0)
    }
}

fn read(path: &Path) -> Result<Vec<u8>, TlsRefused> {
    if fs::metadata(path).map_err(at(path))?.len() > MAX_PEM_BYTES {
        return Err(TlsRefused::FitFile(path.into()));
    }
    fs::read(path).map_err(at(path))
}

fn at(path: &Path) -> impl FnOnce(io::Error) -> TlsRefused {
    let path = path.to_path_buf();
    |source| TlsRefused::ReadFile { path, source }
}
