//! `datapackage.json` and `datapackage-digest.json` of a WACZ that is being written.

use std::collections::BTreeSet;
use std::io;

use data_encoding::{BASE64, HEXLOWER};
use ecdsa::hazmat::sign_prehashed_rfc6979;
use p384::NistP384;
use p384::ecdsa::{Signature, SigningKey};
use p384::pkcs8::EncodePublicKey;
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use super::write::NewWacz;

/// A key that signs packages in WACZ-auth's anonymous form: ECDSA on P-384.
///
/// All that a signature says is that two packages were signed by one key. Who reads two of them
/// knows that they come from one place; a fresh key for each export avoids that.
pub struct WaczKey(SigningKey);

impl WaczKey {
    /// Takes 48 secret random bytes, a number in big-endian order. `None` when it is zero or not
    /// below the order of P-384, which random bytes never are in practice.
    pub fn from_secret(secret: &[u8; 48]) -> Option<Self> {
        SigningKey::from_slice(secret).ok().map(Self)
    }

    /// The public key as a SubjectPublicKeyInfo in DER (RFC 5480).
    pub fn public_key(&self) -> Vec<u8> {
        let der = self.0.verifying_key().to_public_key_der();
        der.expect("a point of P-384 has a DER form").into_vec()
    }

    /// Signs as WebCrypto verifies: SHA-256 of the message, then r and s, 48 bytes each. The same
    /// message gives the same signature (RFC 6979 with SHA-256).
    pub fn sign(&self, message: &[u8]) -> Vec<u8> {
        let secret = self.0.as_nonzero_scalar();
        let (signature, _): (Signature, _) =
            sign_prehashed_rfc6979::<NistP384, Sha256>(secret, &Sha256::digest(message), &[]);
        signature.to_vec()
    }
}

/// The files of a package in the order in which they were written.
#[derive(Default)]
pub(super) struct Contents {
    resources: Vec<Resource>,
    /// Paths in lower case, because some disks do not tell letters' cases apart.
    paths: BTreeSet<String>,
    names: BTreeSet<String>,
}

#[derive(Serialize)]
struct Resource {
    name: String,
    path: String,
    hash: String,
    bytes: u64,
}

impl Contents {
    pub(super) fn has(&self, path: &str) -> bool {
        self.paths.contains(&path.to_lowercase())
    }

    pub(super) fn add(&mut self, path: String, sha256: [u8; 32], bytes: u64) {
        let name = self.free_name(path.rsplit('/').next().unwrap_or_default());
        self.paths.insert(path.to_lowercase());
        self.names.insert(name.clone());
        let hash = format!("sha256:{}", HEXLOWER.encode(&sha256));
        self.resources.push(Resource { name, path, hash, bytes });
    }

    /// A name that no other resource has, in the letters that Frictionless Data allows.
    fn free_name(&self, file: &str) -> String {
        let letter = |letter: char| match letter.to_ascii_lowercase() {
            letter @ ('a'..='z' | '0'..='9' | '-' | '.' | '_') => letter,
            _ => '-',
        };
        let name: String = file.chars().map(letter).collect();
        if !self.names.contains(&name) {
            return name;
        }
        (2u64..)
            .map(|number| format!("{number}-{name}"))
            .find(|name| !self.names.contains(name))
            .unwrap_or(name)
    }

    /// All files and their digests in the form that `sha256sum -c` reads.
    pub(super) fn sha256_list(&self) -> String {
        let line = |resource: &Resource| {
            let digest = resource.hash.trim_start_matches("sha256:");
            format!("{digest}  {}\n", resource.path)
        };
        self.resources.iter().map(line).collect()
    }

    /// `datapackage.json` (WACZ 1.1.1, section 5.2).
    pub(super) fn package(&self, about: &NewWacz) -> io::Result<Vec<u8>> {
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Package<'p> {
            profile: &'p str,
            #[serde(rename = "wacz_version")]
            wacz_version: &'p str,
            #[serde(skip_serializing_if = "Option::is_none")]
            title: Option<&'p String>,
            #[serde(skip_serializing_if = "Option::is_none")]
            description: Option<&'p String>,
            created: &'p str,
            software: &'p str,
            #[serde(skip_serializing_if = "Option::is_none")]
            main_page_url: Option<&'p String>,
            #[serde(skip_serializing_if = "Option::is_none")]
            main_page_date: Option<&'p String>,
            resources: &'p [Resource],
        }
        let package = Package {
            profile: "data-package",
            wacz_version: "1.1.1",
            title: about.title.as_ref(),
            description: about.description.as_ref(),
            created: &about.created,
            software: &about.software,
            main_page_url: about.main_page.as_ref().map(|(url, _)| url),
            main_page_date: about.main_page.as_ref().map(|(_, date)| date),
            resources: &self.resources,
        };
        Ok(serde_json::to_vec_pretty(&package)?)
    }
}

/// `datapackage-digest.json` (WACZ-auth 0.1.0); signed in the anonymous form when there is a key.
pub(super) fn digest_file(
    package: &[u8],
    about: &NewWacz,
    key: Option<&WaczKey>,
) -> io::Result<Vec<u8>> {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct SignedData<'d> {
        hash: &'d str,
        created: &'d str,
        software: &'d str,
        version: &'d str,
        signature: String,
        public_key: String,
    }
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Digest<'d> {
        path: &'d str,
        hash: &'d str,
        #[serde(skip_serializing_if = "Option::is_none")]
        signed_data: Option<SignedData<'d>>,
    }
    let hash = format!("sha256:{}", HEXLOWER.encode(&Sha256::digest(package)));
    let signed_data = key.map(|key| SignedData {
        hash: &hash,
        created: &about.created,
        software: &about.software,
        version: "0.1.0",
        signature: BASE64.encode(&key.sign(hash.as_bytes())),
        public_key: BASE64.encode(&key.public_key()),
    });
    let digest = Digest { path: "datapackage.json", hash: &hash, signed_data };
    Ok(serde_json::to_vec_pretty(&digest)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 6979, A.2.6: P-384, SHA-256, the message "sample".
    #[test]
    fn signs_as_rfc_6979_says() {
        let secret = "6B9D3DAD2E1B8C1C05B19875B6659F4DE23C3B667BF297BA9AA47740787137D8\
                      96D5724E4C70A825F872C9EA60D2EDF5";
        let secret = data_encoding::HEXUPPER.decode(secret.as_bytes()).unwrap();
        let key = WaczKey::from_secret(&secret.try_into().unwrap()).unwrap();
        let signature = data_encoding::HEXUPPER.encode(&key.sign(b"sample"));
        let r = "21B13D1E013C7FA1392D03C5F99AF8B30C570C6F98D4EA8E354B63A21D3DAA33\
                 BDE1E888E63355D92FA2B3C36D8FB2CD";
        let s = "F3AA443FB107745BF4BD77CB3891674632068A10CA67E3D45DB2266FA7D1FEEB\
                 EFDC63ECCD1AC42EC0CB8668A4FA0AB0";
        assert_eq!(signature, format!("{r}{s}"));
    }

    #[test]
    fn names_are_in_the_allowed_letters_and_distinct() {
        let mut contents = Contents::default();
        for path in ["archive/Ä b.warc.gz", "archive/É b.warc.gz", "logs/x.jsonl", "pages/x.jsonl"]
        {
            contents.add(path.to_owned(), [0; 32], 0);
        }
        let names: Vec<&str> = contents.resources.iter().map(|one| one.name.as_str()).collect();
        assert_eq!(names, ["--b.warc.gz", "2---b.warc.gz", "x.jsonl", "2-x.jsonl"]);
        assert!(contents.has("ARCHIVE/ä b.warc.gz"));
    }
}
