//! C2SP's vectors for `age` (CCTV): the library that our sealed objects rest on agrees with each that it can read.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

use std::collections::BTreeMap;
use std::io::Read;
use std::path::PathBuf;

use age::armor::{ArmoredReadError, ArmoredReader};
use age::{DecryptError, Decryptor, Identity};
use witnessmark_model::Digest;
use witnessmark_model::leaf::Seed;
use witnessmark_seal::SealError;
use witnessmark_seal::stream::open_bytes;

/// The folder of the vectors, or `None` after saying that it is absent.
fn vectors() -> Option<PathBuf> {
    let shared = std::env::var_os("WITNESSMARK_SHARED").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared"),
        PathBuf::from,
    );
    let folder = shared.join("data/integrity/C2SP-CCTV/age/testdata");
    if folder.is_dir() {
        return Some(folder);
    }
    println!("skipped: needs ../shared (set WITNESSMARK_SHARED)");
    None
}

/// A vector: the lines before the first empty one, then the file.
struct Vector {
    said: BTreeMap<String, Vec<String>>,
    file: Vec<u8>,
}

impl Vector {
    fn parse(bytes: &[u8]) -> Self {
        let end = bytes.windows(2).position(|pair| pair == b"\n\n").unwrap();
        let mut said: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for line in str::from_utf8(&bytes[..end]).unwrap().lines() {
            let (key, value) = line.split_once(": ").unwrap();
            said.entry(key.to_owned()).or_default().push(value.to_owned());
        }
        let mut file = bytes[end + 2..].to_vec();
        if said.contains_key("compressed") {
            let mut inflated = Vec::new();
            flate2::read::ZlibDecoder::new(file.as_slice()).read_to_end(&mut inflated).unwrap();
            file = inflated;
        }
        Self { said, file }
    }

    fn one(&self, key: &str) -> Option<&str> {
        self.said.get(key)?.first().map(String::as_str)
    }

    /// The identities and passphrases that the vector gives; `None` where the library has no such kind.
    fn identities(&self) -> Option<Vec<Box<dyn Identity>>> {
        let mut identities: Vec<Box<dyn Identity>> = Vec::new();
        for text in self.said.get("identity").into_iter().flatten() {
            identities.push(Box::new(text.parse::<age::x25519::Identity>().ok()?));
        }
        for text in self.said.get("passphrase").into_iter().flatten() {
            identities.push(Box::new(age::scrypt::Identity::new(text.clone().into())));
        }
        Some(identities)
    }

    /// What the library makes of the file, in the words of the vectors, and the plain bytes that it gave before.
    fn run(&self, identities: &[Box<dyn Identity>]) -> (&'static str, Vec<u8>) {
        let mut plain = Vec::new();
        let list = || identities.iter().map(|one| &**one as &dyn Identity);
        let outcome = if self.one("armored").is_some() {
            Decryptor::new_buffered(ArmoredReader::new(self.file.as_slice()))
                .and_then(|opened| opened.decrypt(list()))
                .and_then(|mut reader| Ok(reader.read_to_end(&mut plain)?))
        } else {
            Decryptor::new_buffered(self.file.as_slice())
                .and_then(|opened| opened.decrypt(list()))
                .map_err(|error| match error {
                    // The file ends within its header.
                    DecryptError::Io(_) => DecryptError::InvalidHeader,
                    other => other,
                })
                .and_then(|mut reader| Ok(reader.read_to_end(&mut plain)?))
        };
        let outcome = match outcome {
            Ok(_) => "success",
            Err(DecryptError::NoMatchingKeys) => "no match",
            Err(DecryptError::InvalidMac) => "HMAC failure",
            Err(DecryptError::Io(error)) => {
                let armor = error.get_ref().is_some_and(|inner| inner.is::<ArmoredReadError>());
                if armor { "armor failure" } else { "payload failure" }
            }
            Err(_) => "header failure",
        };
        (outcome, plain)
    }
}

/// Vectors of which the library says something else, as its own tests know.
const SAID_OTHERWISE: &[(&str, &str)] = &[
    // It takes for a binary file what has no armor at its very start, and refuses it there. We use no armor.
    ("armor_empty", "payload failure"),
    ("armor_garbage_leading", "header failure"),
    ("armor_lowercase", "header failure"),
    ("armor_whitespace_begin", "header failure"),
    ("armor_whitespace_outside", "header failure"),
    ("armor_wrong_type", "header failure"),
    // Of a passphrase that does not fit it says that decryption failed.
    ("scrypt_bad_tag", "header failure"),
    ("scrypt_no_match", "header failure"),
    ("scrypt_work_factor_wrong", "header failure"),
    // It reads headers as early versions of itself wrote them. Their MAC is checked like any other's.
    ("stanza_missing_body", "success"),
    ("stanza_missing_final_line", "success"),
];

#[test]
fn the_library_agrees_with_the_vectors() {
    let Some(folder) = vectors() else { return };
    let (mut agreed, mut unusable, mut wrong) = (0, Vec::new(), Vec::new());
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let vector = Vector::parse(&std::fs::read(&path).unwrap());
        let Some(identities) = vector.identities() else {
            unusable.push(name);
            continue;
        };
        let expected = vector.one("expect").unwrap();
        let (outcome, plain) = vector.run(&identities);
        let payload = vector.one("payload").unwrap_or_default();
        let same =
            outcome == expected && (payload.is_empty() || Digest::of(&plain).hex() == payload);
        if same {
            agreed += 1;
        } else if !SAID_OTHERWISE.contains(&(&name, outcome)) {
            wrong.push(format!("{name}: {outcome}, not {expected}"));
        }
    }
    unusable.sort();
    println!("{agreed} agree; not for this library: {unusable:?}");
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(agreed >= 113, "{agreed}");
    assert!(unusable.iter().all(|name| name.contains("hybrid")), "{unusable:?}");
}

/// A file that asks for 2^63 rounds of scrypt: it must be refused, not computed. Our own opening never computes scrypt.
#[test]
fn a_work_factor_without_measure_is_refused_at_once() {
    let file = "age-encryption.org/v1\n-> scrypt rF0/NwblUHHTpgQgRpe5CQ 63\n\
        qW9eVsT0NVb/Vswtw8kPIxUnaYmm9Px1dYmq2+4+qZA\n\
        --- 38TpQMxQRRNMfmYYpBX6DDrPx4/QY5UmJnhPyVoX/cw\n0123456789abcdef0123456789abcdef";
    let identity = age::scrypt::Identity::new("password".to_owned().into());
    let refused = Decryptor::new_buffered(file.as_bytes())
        .unwrap()
        .decrypt(std::iter::once(&identity as &dyn Identity));
    assert!(matches!(refused, Err(DecryptError::ExcessiveWork { required: 63, .. })));
    assert!(matches!(open_bytes(&Seed::new([1; 32]), file.as_bytes()), Err(SealError::OtherKey)));
}
