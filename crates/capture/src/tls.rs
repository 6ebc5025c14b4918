//! TLS to a server: the chain as it was presented, and whether it verifies.

use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::client::danger::{
    HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier,
};
use tokio_rustls::rustls::client::{Resumption, WebPkiServerVerifier};
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use tokio_rustls::rustls::{
    self, ClientConfig, DigitallySignedStruct, ProtocolVersion, RootCertStore, SignatureScheme,
};
use witnessmark_model::Moment;

use crate::exchange::{Failure, FailureKind, Tls};

/// Makes TLS connections that speak HTTP/1.1 and hold nothing back.
///
/// No session is resumed, because a resumed one presents no certificates.
pub(crate) struct TlsClient {
    config: Arc<ClientConfig>,
    judge: Arc<WebPkiServerVerifier>,
}

impl TlsClient {
    /// Trusts Mozilla's authorities and those in `extra` (X.509 in DER).
    pub(crate) fn new(extra: &[Vec<u8>]) -> Result<Self, rustls::Error> {
        let provider = Arc::new(ring::default_provider());
        let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
        for der in extra {
            roots.add(CertificateDer::from_slice(der))?;
        }
        let judge = WebPkiServerVerifier::builder_with_provider(roots.into(), provider.clone())
            .build()
            .map_err(|error| rustls::Error::General(error.to_string()))?;
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(JudgedLater(judge.clone())))
            .with_no_client_auth();
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        config.resumption = Resumption::disabled();
        Ok(Self { config: Arc::new(config), judge })
    }

    /// Shakes hands over `stream`. Whether the chain verifies at `now` is told, not acted upon.
    pub(crate) async fn connect(
        &self,
        stream: TcpStream,
        host: &str,
        now: Moment,
    ) -> Result<(TlsStream<TcpStream>, Tls), Failure> {
        let name =
            ServerName::try_from(host.trim_matches(['[', ']']).to_owned()).map_err(|_| {
                Failure::new(
                    FailureKind::Tls,
                    format!("{host} is no name that a certificate can hold"),
                )
            })?;
        let stream =
            TlsConnector::from(self.config.clone()).connect(name.clone(), stream).await.map_err(
                |error| Failure::new(FailureKind::Tls, format!("TLS with {host} failed: {error}")),
            )?;
        let (_, session) = stream.get_ref();
        let chain = session.peer_certificates().unwrap_or_default();
        let seconds = u64::try_from(now.unix_millis() / 1000).unwrap_or_default();
        let at = UnixTime::since_unix_epoch(Duration::from_secs(seconds));
        let verified = match chain.split_first() {
            None => Err("the server presented no certificate".to_owned()),
            Some((own, others)) => self
                .judge
                .verify_server_cert(own, others, &name, &[], at)
                .map(|_| ())
                .map_err(|error| error.to_string()),
        };
        let tls = Tls {
            version: version_name(session.protocol_version()),
            cipher: session.negotiated_cipher_suite().map(cipher_name).unwrap_or_default(),
            server_name: name.to_str().into_owned(),
            chain: chain.iter().map(|certificate| certificate.to_vec()).collect(),
            verified,
        };
        Ok((stream, tls))
    }
}

fn version_name(version: Option<ProtocolVersion>) -> String {
    match version {
        Some(ProtocolVersion::TLSv1_2) => "1.2".to_owned(),
        Some(ProtocolVersion::TLSv1_3) => "1.3".to_owned(),
        other => format!("{other:?}"),
    }
}

/// The name in IANA's registry of TLS cipher suites; rustls says `TLS13_` for `TLS_`.
fn cipher_name(suite: rustls::SupportedCipherSuite) -> String {
    format!("{:?}", suite.suite()).replacen("TLS13_", "TLS_", 1)
}

/// Lets every chain pass, so that it can be kept and judged after the handshake. The handshake's signature is checked:
/// whoever answered has the key of the certificate.
#[derive(Debug)]
struct JudgedLater(Arc<WebPkiServerVerifier>);

impl ServerCertVerifier for JudgedLater {
    fn verify_server_cert(
        &self,
        _own: &CertificateDer<'_>,
        _others: &[CertificateDer<'_>],
        _name: &ServerName<'_>,
        _ocsp: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.0.verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.0.verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.supported_verify_schemes()
    }
}
