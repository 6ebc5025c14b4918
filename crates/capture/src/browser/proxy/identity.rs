//! The key by which Chromium knows the recording proxy behind TLS.

use std::sync::Arc;

use data_encoding::BASE64;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;
use witnessmark_model::Digest;

/// A key pair made for one Chromium, in memory only, with one certificate for all hosts.
///
/// Chromium checks no name and no issuer for this one public key (`--ignore-certificate-errors-spki-list`), and trusts
/// nothing else that the proxy could show. Servers' certificates are checked by the proxy itself, at the door.
pub(super) struct Identity {
    /// SHA-256 of the public key (SubjectPublicKeyInfo) in base64: what Chromium is started with.
    pub(super) public_key_sum: String,
    /// What Chromium must say to be served: nobody else on this computer knows it.
    pub(super) password: String,
    pub(super) acceptor: TlsAcceptor,
}

impl Identity {
    pub(super) fn generate() -> Result<Self, String> {
        let key = rcgen::KeyPair::generate().map_err(|error| error.to_string())?;
        let certificate = rcgen::CertificateParams::new(vec!["recording-proxy.invalid".to_owned()])
            .and_then(|params| params.self_signed(&key))
            .map_err(|error| error.to_string())?;
        let sum = Digest::of(&rcgen::PublicKeyData::subject_public_key_info(&key));
        // The private key is the launch's only secret; the password is drawn from it by a one-way function.
        let mut secret = b"witnessmark recording proxy password".to_vec();
        secret.extend_from_slice(key.serialized_der());
        let password = Digest::of(&secret).hex();
        let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|error| error.to_string())?
            .with_no_client_auth()
            .with_single_cert(
                vec![certificate.der().clone()],
                PrivateKeyDer::Pkcs8(key.serialized_der().to_vec().into()),
            )
            .map_err(|error| error.to_string())?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self {
            public_key_sum: BASE64.encode(&sum.0),
            password,
            acceptor: TlsAcceptor::from(Arc::new(config)),
        })
    }
}
