//! Digests as archives write them: `algorithm:value` in one of several encodings.

use data_encoding::{BASE32_NOPAD, BASE64_NOPAD, BASE64URL_NOPAD, HEXLOWER_PERMISSIVE};
use md5::Md5;
use sha1::Sha1;
use sha2::{Digest as _, Sha256, Sha384, Sha512};

/// The algorithms this program computes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Algorithm {
    /// MD5, 16 bytes. Proves nothing against an adversary.
    Md5,
    /// SHA-1, 20 bytes: what most web archives carry. Collisions can be made.
    Sha1,
    /// SHA-256, 32 bytes.
    Sha256,
    /// SHA-384, 48 bytes.
    Sha384,
    /// SHA-512, 64 bytes.
    Sha512,
}

impl Algorithm {
    /// Reads a label without regard to case, hyphens and underscores: `sha-256`, `SHA1`.
    pub fn from_label(label: &str) -> Option<Self> {
        let is = |name: &str| {
            let mut letters = label.bytes().filter(|byte| !b"-_ \t".contains(byte));
            let same = name.bytes().all(|byte| {
                letters.next().is_some_and(|letter| letter.eq_ignore_ascii_case(&byte))
            });
            same && letters.next().is_none()
        };
        [Self::Sha1, Self::Sha256, Self::Md5, Self::Sha512, Self::Sha384]
            .into_iter()
            .find(|algorithm| is(algorithm.label()))
    }

    /// Bytes in a digest.
    pub fn length(self) -> usize {
        match self {
            Self::Md5 => 16,
            Self::Sha1 => 20,
            Self::Sha256 => 32,
            Self::Sha384 => 48,
            Self::Sha512 => 64,
        }
    }

    /// The label to write.
    pub fn label(self) -> &'static str {
        match self {
            Self::Md5 => "md5",
            Self::Sha1 => "sha1",
            Self::Sha256 => "sha256",
            Self::Sha384 => "sha384",
            Self::Sha512 => "sha512",
        }
    }
}

/// A digest field that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DigestField {
    /// An algorithm this program computes, and the digest's bytes.
    Known(Algorithm, Vec<u8>),
    /// An algorithm it does not compute.
    UnknownAlgorithm(String),
    /// No label, or a value that is no digest of its algorithm in any encoding.
    Malformed,
}

impl DigestField {
    /// Reads `algorithm:value`, the value in hexadecimal, base32, base64 or base64url, with or
    /// without padding. The lengths of the encodings differ, so one value has one reading.
    pub fn parse(text: &str) -> Self {
        let Some((label, value)) = text.trim().split_once(':') else { return Self::Malformed };
        let Some(algorithm) = Algorithm::from_label(label) else {
            return Self::UnknownAlgorithm(label.trim().to_owned());
        };
        let value = value.trim();
        let unpadded = value.trim_end_matches('=');
        let length = algorithm.length();
        let decoded = if unpadded.len() == 2 * length {
            HEXLOWER_PERMISSIVE.decode(unpadded.as_bytes())
        } else if unpadded.len() == (8 * length).div_ceil(5) {
            BASE32_NOPAD.decode(unpadded.to_ascii_uppercase().as_bytes())
        } else if unpadded.contains(['-', '_']) {
            BASE64URL_NOPAD.decode(unpadded.as_bytes())
        } else {
            BASE64_NOPAD.decode(unpadded.as_bytes())
        };
        match decoded {
            Ok(bytes) if bytes.len() == length => Self::Known(algorithm, bytes),
            _ => Self::Malformed,
        }
    }
}

/// Computes one digest.
pub(crate) enum Hasher {
    Md5(Md5),
    Sha1(Sha1),
    Sha256(Sha256),
    Sha384(Sha384),
    Sha512(Sha512),
}

impl Hasher {
    pub(crate) fn new(algorithm: Algorithm) -> Self {
        match algorithm {
            Algorithm::Md5 => Self::Md5(Md5::new()),
            Algorithm::Sha1 => Self::Sha1(Sha1::new()),
            Algorithm::Sha256 => Self::Sha256(Sha256::new()),
            Algorithm::Sha384 => Self::Sha384(Sha384::new()),
            Algorithm::Sha512 => Self::Sha512(Sha512::new()),
        }
    }

    pub(crate) fn update(&mut self, data: &[u8]) {
        match self {
            Self::Md5(hasher) => hasher.update(data),
            Self::Sha1(hasher) => hasher.update(data),
            Self::Sha256(hasher) => hasher.update(data),
            Self::Sha384(hasher) => hasher.update(data),
            Self::Sha512(hasher) => hasher.update(data),
        }
    }

    pub(crate) fn finish(self) -> Vec<u8> {
        match self {
            Self::Md5(hasher) => hasher.finalize().to_vec(),
            Self::Sha1(hasher) => hasher.finalize().to_vec(),
            Self::Sha256(hasher) => hasher.finalize().to_vec(),
            Self::Sha384(hasher) => hasher.finalize().to_vec(),
            Self::Sha512(hasher) => hasher.finalize().to_vec(),
        }
    }
}

/// `sha1:` and upper-case base32, `sha256:` and lower-case hexadecimal, as archives write them.
pub fn write_digest(algorithm: Algorithm, bytes: &[u8]) -> String {
    let value = match algorithm {
        Algorithm::Sha1 => data_encoding::BASE32.encode(bytes),
        _ => data_encoding::HEXLOWER.encode(bytes),
    };
    format!("{}:{value}", algorithm.label())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_digest_in_every_encoding() {
        let mut hasher = Hasher::new(Algorithm::Sha1);
        hasher.update(b"12345678");
        let bytes = hasher.finish();
        let known = DigestField::Known(Algorithm::Sha1, bytes.clone());
        for text in [
            // jwarc's WarcReaderTest.testCalculateBlockDigest
            "sha1:PQRC7MUSPWBIV4RPLEQTJ2ETESAGG7AN",
            "SHA-1:pqrc7muspwbiv4rpleqtj2etesagg7an",
            " sha_1 : 7c222fb2927d828af22f592134e8932480637c0d ",
            "sha1:7C222FB2927D828AF22F592134E8932480637C0D",
            "sha1:fCIvspJ9goryL1khNOiTJIBjfA0=",
            "sha1:fCIvspJ9goryL1khNOiTJIBjfA0",
        ] {
            assert_eq!(DigestField::parse(text), known, "{text}");
        }
        assert_eq!(write_digest(Algorithm::Sha1, &bytes), "sha1:PQRC7MUSPWBIV4RPLEQTJ2ETESAGG7AN");
    }

    #[test]
    fn what_is_no_digest() {
        for text in
            ["", "sha1", "sha1:", "sha1:abc", "sha256:PQRC7MUSPWBIV4RPLEQTJ2ETESAGG7AN", "sha1:é"]
        {
            assert_eq!(DigestField::parse(text), DigestField::Malformed, "{text}");
        }
        let blake = DigestField::UnknownAlgorithm("blake3".to_owned());
        assert_eq!(DigestField::parse("blake3:00"), blake);
    }
}
