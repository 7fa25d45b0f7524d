//! TLS for the hub: a certificate of the province's, or one of an authority that the hub makes for itself at its first start.
//! Promises: private keys are mode 0600; HTTP/1.1 is the only protocol offered.
//! Must not know: what goes through.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose};
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::TlsAcceptor;

use crate::files::{FileFault, Folder, Readers, place, read_secret};

/// Why there is no TLS.
#[derive(Debug, thiserror::Error)]
pub enum TlsFault {
    /// A file.
    #[error(transparent)]
    File(#[from] FileFault),
    /// Names for a certificate.
    #[error("a certificate for these names")]
    Make(#[from] rcgen::Error),
    /// Certificate and key do not fit, or are none.
    #[error("certificate and key: {0}")]
    Fit(String),
}

/// The files in use.
#[derive(Clone, Debug)]
pub struct Pair {
    /// PEM chain, the hub's own first.
    pub certificate: PathBuf,
    /// PEM key.
    pub key: PathBuf,
}

/// A certificate for `names` by an authority of the hub's own, both made where there are none. Gives the authority's file
/// too: what terminals are given.
///
/// # Errors
/// [`TlsFault`].
pub fn own(folder: &Folder, names: &[String]) -> Result<(Pair, PathBuf), TlsFault> {
    let authority = folder.path("tls/authority.pem");
    let pair = Pair { certificate: folder.path("tls/hub.pem"), key: folder.path("tls/hub.key") };
    if !pair.certificate.exists() {
        make(names, &pair, &authority)?;
    }
    Ok((pair, authority))
}

fn make(names: &[String], pair: &Pair, authority: &Path) -> Result<(), TlsFault> {
    let key = KeyPair::generate()?;
    let mut params = CertificateParams::new(Vec::new())?;
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    params.distinguished_name.push(DnType::CommonName, "Tianfu Gate hub authority");
    let own = params.self_signed(&key)?;
    let issuer = Issuer::new(params, key);
    let hub_key = KeyPair::generate()?;
    let mut params = CertificateParams::new(names.to_vec())?;
    params.use_authority_key_identifier_extension = true;
    params.distinguished_name.push(DnType::CommonName, "Tianfu Gate hub");
    let certificate = params.signed_by(&hub_key, &issuer)?;
    // The authority's own key is kept nowhere: another name needs another authority, or the province's. The certificate is
    // last: where it is, the others are; where a cut came before, all three are made anew.
    place(&pair.key, hub_key.serialize_pem().as_bytes(), Readers::Owner)?;
    place(authority, own.pem().as_bytes(), Readers::All)?;
    place(&pair.certificate, certificate.pem().as_bytes(), Readers::All)?;
    Ok(())
}

/// What accepts connections.
///
/// # Errors
/// [`TlsFault`].
pub fn acceptor(pair: &Pair) -> Result<TlsAcceptor, TlsFault> {
    let fit = |error: String| TlsFault::Fit(error);
    let chain = CertificateDer::pem_file_iter(&pair.certificate).map_err(|error| fit(error.to_string()))?;
    let chain = chain.collect::<Result<Vec<_>, _>>().map_err(|error| fit(error.to_string()))?;
    let key =
        PrivateKeyDer::from_pem_slice(&read_secret(&pair.key)?).map_err(|error| fit(error.to_string()))?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let config = config.map_err(|error| fit(error.to_string()))?.with_no_client_auth();
    let mut config = config.with_single_cert(chain, key).map_err(|error| fit(error.to_string()))?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_start_that_was_cut_between_key_and_certificate_is_done_again() {
        let folder = tempfile::tempdir().unwrap();
        let hub = Folder::open(folder.path()).unwrap();
        let names = ["localhost".to_owned()];
        let (pair, authority) = own(&hub, &names).unwrap();
        for cut in [&pair.certificate, &authority] {
            // Only what is written before the certificate is there, one of them half.
            std::fs::remove_file(&pair.certificate).unwrap();
            std::fs::write(cut, "-----BEGIN CERT").unwrap();
            let _ = std::fs::remove_file(&pair.certificate);
            let (pair, _) = own(&hub, &names).unwrap();
            acceptor(&pair).unwrap();
        }
    }
}
