//! TLS: the chain of the very connection, verified or not.

use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio_rustls::rustls::{ServerConfig, version};
use witnessmark_capture::{Ending, FailureKind};

use crate::server::{Server, TestProxy, ok};
use crate::{settings, visit, visit_all};

pub(crate) struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
}

impl Authority {
    pub(crate) fn new(name: &str) -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        Self { issuer }
    }

    pub(crate) fn der(&self) -> Vec<u8> {
        self.issuer.der().to_vec()
    }

    /// A server's settings with a certificate for `names`, and the chain that it presents.
    pub(crate) fn server(
        &self,
        names: &[&str],
        past: bool,
        tls12: bool,
    ) -> (ServerConfig, Vec<Vec<u8>>) {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let mut params = CertificateParams::new(names).unwrap();
        if past {
            params.not_after = rcgen::date_time_ymd(2020, 1, 1);
        }
        let key = KeyPair::generate().unwrap();
        let leaf = params.signed_by(&key, &self.issuer).unwrap();
        let chain = vec![leaf.der().clone(), self.issuer.der().clone()];
        let versions = if tls12 { &[&version::TLS12] } else { &[&version::TLS13] };
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_protocol_versions(versions)
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(chain.clone(), key)
            .unwrap();
        // It would rather speak HTTP/2, and resume sessions.
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        (config, chain.iter().map(|certificate| certificate.to_vec()).collect())
    }
}

#[test]
fn the_chain_is_that_of_the_connection() {
    let authority = Authority::new("ours");
    let folder = tempfile::tempdir().unwrap();
    for tls12 in [false, true] {
        let (config, chain) = authority.server(&["127.0.0.1"], false, tls12);
        // Each answer closes its connection: none may come without a chain because a session is resumed.
        let server = Server::start_tls(config, |_| {
            crate::server::send(
                "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nhi",
            )
        });
        let mut settings = settings(folder.path());
        settings.door.extra_authorities = vec![authority.der()];
        let urls: Vec<String> =
            (0..3).map(|number| format!("https://127.0.0.1:{}/{number}", server.port)).collect();
        for done in visit_all(settings, &urls) {
            assert_eq!(done.ending, Ending::Answered { status: 200 });
            let tls = done.page().unwrap().connection.tls.clone().unwrap();
            assert_eq!(tls.chain, chain);
            assert_eq!(tls.verified, Ok(()));
            assert_eq!(tls.version, if tls12 { "1.2" } else { "1.3" });
            assert!(tls.cipher.starts_with("TLS_"), "{}", tls.cipher);
            assert_eq!(tls.server_name, "127.0.0.1");
        }
        let requests: Vec<String> = server.seen().iter().map(crate::server::Seen::text).collect();
        assert!(requests.iter().all(|text| text.contains(" HTTP/1.1\r\n")), "{requests:?}");
    }
}

#[test]
fn a_certificate_that_does_not_verify_is_kept_and_told() {
    let (ours, theirs) = (Authority::new("ours"), Authority::new("theirs"));
    let folder = tempfile::tempdir().unwrap();
    let cases = [
        ("another authority", theirs.server(&["127.0.0.1"], false, false), "UnknownIssuer"),
        ("another name", ours.server(&["other.example"], false, false), "not valid for name"),
        ("out of date", ours.server(&["127.0.0.1"], true, false), "expired"),
    ];
    for (name, (config, chain), why) in cases {
        let server = Server::start_tls(config, |_| ok("hello"));
        let url = format!("https://127.0.0.1:{}/", server.port);
        let mut settings = settings(folder.path());
        settings.door.extra_authorities = vec![ours.der()];
        let refused = visit(settings.clone(), &url);
        let Ending::Failed(failure) = &refused.ending else {
            panic!("{name}: {:?}", refused.ending)
        };
        assert_eq!(failure.kind, FailureKind::Tls, "{name}: {failure}");
        assert!(failure.detail.contains(why), "{name}: {failure}");
        let exchange = refused.page().unwrap();
        assert_eq!(exchange.connection.tls.as_ref().unwrap().chain, chain, "{name}");
        assert!(
            exchange.request.is_empty() && server.seen().is_empty(),
            "{name}: nothing was asked"
        );

        settings.door.allow_unverified_tls = true;
        let taken = visit(settings, &url);
        assert_eq!(taken.ending, Ending::Answered { status: 200 }, "{name}");
        let tls = taken.page().unwrap().connection.tls.clone().unwrap();
        assert!(tls.verified.is_err_and(|reason| reason.contains(why)), "{name}");
    }
}

#[test]
fn tls_goes_through_the_proxy_to_the_server_itself() {
    let authority = Authority::new("ours");
    let (config, chain) = authority.server(&["site.example"], false, false);
    let server = Server::start_tls(config, |_| ok("hello"));
    let folder = tempfile::tempdir().unwrap();
    let names = [("site.example", server.port)];
    for (scheme, proxy) in
        [("socks5", TestProxy::socks5(&names)), ("http", TestProxy::http(&names))]
    {
        let mut settings = settings(folder.path());
        settings.door.extra_authorities = vec![authority.der()];
        settings.door.egress = format!("{scheme}://127.0.0.1:{}", proxy.port).parse().unwrap();
        let done = visit(settings, "https://site.example/");
        assert_eq!(done.ending, Ending::Answered { status: 200 }, "{scheme}");
        assert_eq!(done.page().unwrap().connection.tls.as_ref().unwrap().chain, chain);
        assert_eq!(proxy.asked()[0].place, "site.example:443");
    }
}

#[test]
fn a_server_without_tls_is_a_failure_of_tls() {
    let server = Server::start(|_| ok("hello"));
    let folder = tempfile::tempdir().unwrap();
    let mut settings = settings(folder.path());
    settings.door.time_limit = std::time::Duration::from_secs(2);
    let done = visit(settings, &format!("https://127.0.0.1:{}/", server.port));
    let Ending::Failed(failure) = done.ending else { panic!("{:?}", done.ending) };
    assert!(matches!(failure.kind, FailureKind::Tls | FailureKind::Timeout), "{failure}");
}
