//! A time-stamp authority made by `openssl` for one test run. It proves nothing.

use std::cell::Cell;
use std::path::PathBuf;
use std::process::Command;

use tempfile::TempDir;
use witnessmark_timestamp::{Certificate, token_of};

/// Extensions of certificates, by name.
const EXTENSIONS: &str = "
[root]
basicConstraints=critical,CA:true
keyUsage=critical,keyCertSign,cRLSign
subjectKeyIdentifier=hash
[intermediate]
basicConstraints=critical,CA:true,pathlen:0
keyUsage=critical,keyCertSign,cRLSign
subjectKeyIdentifier=hash
authorityKeyIdentifier=keyid
[web-intermediate]
basicConstraints=critical,CA:true
extendedKeyUsage=serverAuth
[no-authority]
basicConstraints=critical,CA:false
[signs-no-certificates]
basicConstraints=critical,CA:true
keyUsage=critical,cRLSign
[stamps]
basicConstraints=CA:false
keyUsage=critical,digitalSignature
extendedKeyUsage=critical,timeStamping
subjectKeyIdentifier=hash
[stamps-without-usage]
extendedKeyUsage=critical,timeStamping
[not-critical]
extendedKeyUsage=timeStamping
[no-purpose]
basicConstraints=CA:false
[code]
extendedKeyUsage=critical,codeSigning
[stamps-and-code]
extendedKeyUsage=critical,timeStamping,codeSigning
[enciphers]
keyUsage=critical,digitalSignature,keyEncipherment
extendedKeyUsage=critical,timeStamping
[unknown-critical]
extendedKeyUsage=critical,timeStamping
1.2.3.4=critical,ASN1:NULL
";

const CONFIGURATION: &str = "
[tsa]
default_tsa=tsa_config
[tsa_config]
serial=FOLDER/serial
crypto_device=builtin
signer_digest=sha256
default_policy=1.3.6.1.4.1.99999.1
other_policies=1.3.6.1.4.1.99999.2
digests=sha256,sha384,sha512
accuracy=secs:1,millisecs:500,microsecs:100
ordering=no
tsa_name=yes
ess_cert_id_chain=ESS_CHAIN
ess_cert_id_alg=ESS_HASH
[ca]
default_ca=ca_config
[ca_config]
database=FOLDER/index.txt
crlnumber=FOLDER/crlnumber
default_md=sha256
default_crl_days=30
[req]
distinguished_name=nobody
[nobody]
";

/// A folder of keys and certificates, each by its name.
pub(crate) struct Authority {
    folder: TempDir,
    next_serial: Cell<u32>,
}

impl Authority {
    /// `None`, with a line that says so, where there is no `openssl`.
    pub(crate) fn new() -> Option<Self> {
        if Command::new("openssl").arg("version").output().is_err() {
            println!("skipped: needs openssl (Debian: openssl)");
            return None;
        }
        let made = Self { folder: tempfile::tempdir().unwrap(), next_serial: Cell::new(1000) };
        made.write("extensions", EXTENSIONS.as_bytes());
        made.write("serial", b"01\n");
        made.write("crlnumber", b"01\n");
        Some(made)
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, bytes: &[u8]) -> PathBuf {
        std::fs::write(self.path(name), bytes).unwrap();
        self.path(name)
    }

    pub(crate) fn read(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.path(name)).unwrap()
    }

    /// Runs `openssl` in the folder; its words when it fails.
    pub(crate) fn run(&self, command: &str) -> Result<String, String> {
        let output = Command::new("openssl")
            .args(command.split_whitespace())
            .current_dir(self.folder.path())
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        if output.status.success() { Ok(said) } else { Err(said) }
    }

    pub(crate) fn must(&self, command: &str) {
        let ran = self.run(command);
        assert!(ran.is_ok(), "openssl {command}: {ran:?}");
    }

    /// A key: `rsa:2048`, `P-256`, `ed25519` and so on.
    pub(crate) fn key(&self, name: &str, kind: &str) {
        let options = match kind.split_once(':') {
            Some((_, bits)) => format!("-algorithm RSA -pkeyopt rsa_keygen_bits:{bits}"),
            None if kind == "ed25519" => "-algorithm ed25519".to_owned(),
            None => format!("-algorithm EC -pkeyopt ec_paramgen_curve:{kind}"),
        };
        self.must(&format!("genpkey {options} -out {name}.key"));
    }

    /// A root that signs itself.
    pub(crate) fn root(&self, name: &str, kind: &str) {
        self.key(name, kind);
        self.write("configuration", CONFIGURATION.as_bytes());
        self.must(&format!(
            "req -x509 -new -key {name}.key -subj /O=test/CN=test-proves-nothing-{name} -days 30 \
             -config configuration -out {name}.bare"
        ));
        self.request(name);
        self.must(&format!(
            "x509 -req -in {name}.csr -key {name}.key -days 30 -extfile extensions -extensions root \
             -out {name}.pem"
        ));
    }

    fn request(&self, name: &str) {
        self.write("configuration", CONFIGURATION.as_bytes());
        self.must(&format!(
            "req -new -key {name}.key -subj /O=test/CN=test-proves-nothing-{name} \
             -config configuration -out {name}.csr"
        ));
    }

    /// A certificate of `issuer`'s for the key `name`, with a number of its own; `more` are further
    /// options.
    pub(crate) fn issue(&self, name: &str, issuer: &str, extensions: &str, more: &str) {
        let serial = self.next_serial.replace(self.next_serial.get() + 1);
        self.issue_numbered(serial, name, issuer, extensions, more);
    }

    pub(crate) fn issue_numbered(
        &self,
        serial: u32,
        name: &str,
        issuer: &str,
        extensions: &str,
        more: &str,
    ) {
        self.request(name);
        self.must(&format!(
            "x509 -req -in {name}.csr -CA {issuer}.pem -CAkey {issuer}.key -set_serial {serial} -days 30 \
             -extfile extensions -extensions {extensions} -out {name}.pem {more}"
        ));
    }

    pub(crate) fn certificate(&self, name: &str) -> Certificate {
        Certificate::read_all(&self.read(&format!("{name}.pem"))).unwrap().remove(0)
    }

    /// Answers a request as `openssl ts -reply` does.
    pub(crate) fn reply(
        &self,
        request: &[u8],
        signer: &str,
        options: &str,
        chain: bool,
        hash: &str,
    ) -> Vec<u8> {
        let folder = self.folder.path().to_str().unwrap();
        let configuration = CONFIGURATION
            .replace("FOLDER", folder)
            .replace("ESS_CHAIN", if chain { "yes" } else { "no" })
            .replace("ESS_HASH", hash);
        self.write("configuration", configuration.as_bytes());
        self.write("request.tsq", request);
        self.must(&format!(
            "ts -reply -config configuration -queryfile request.tsq -signer {signer}.pem \
             -inkey {signer}.key -out response.tsr {options}"
        ));
        self.read("response.tsr")
    }

    /// Signs any content as a token, which `openssl ts` would refuse to do.
    pub(crate) fn sign(&self, content: &[u8], signer: &str, options: &str) -> Vec<u8> {
        self.write("content", content);
        self.must(&format!(
            "cms -sign -in content -binary -nodetach -outform DER -econtent_type 1.2.840.113549.1.9.16.1.4 \
             -signer {signer}.pem -inkey {signer}.key -out token.der {options}"
        ));
        self.read("token.der")
    }

    /// A revocation list of `issuer`'s; `lines` of OpenSSL's database.
    pub(crate) fn revocation_list(&self, name: &str, issuer: &str, lines: &str) -> Vec<u8> {
        let folder = self.folder.path().to_str().unwrap();
        self.write("configuration", CONFIGURATION.replace("FOLDER", folder).as_bytes());
        self.write("index.txt", lines.as_bytes());
        self.must(&format!(
            "ca -config configuration -gencrl -cert {issuer}.pem -keyfile {issuer}.key -out {name}.crl"
        ));
        self.read(&format!("{name}.crl"))
    }

    /// What `openssl ts -verify` thinks of a token for this SHA-256 digest.
    pub(crate) fn openssl_accepts(
        &self,
        token: &[u8],
        digest: &[u8],
        root: &str,
        others: &[&str],
    ) -> bool {
        let is_token = token_of(token).is_ok_and(|inside| inside.len() == token.len());
        self.write("verify.der", token);
        let others: Vec<u8> =
            others.iter().flat_map(|name| self.read(&format!("{name}.pem"))).collect();
        self.write("others.pem", &others);
        let digest: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        let token_in = if is_token { "-token_in" } else { "" };
        let untrusted = if others.is_empty() { "" } else { "-untrusted others.pem" };
        self.run(&format!(
            "ts -verify -in verify.der {token_in} -digest {digest} -CAfile {root}.pem {untrusted}"
        ))
        .is_ok()
    }
}
