//! Identifiers: 128 random bits with a prefix that says what they name.

use std::fmt;
use std::str::FromStr;
use std::sync::LazyLock;

use data_encoding::{BASE32_NOPAD, Encoding, Specification};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::Entropy;

static BASE32: LazyLock<Encoding> = LazyLock::new(|| {
    let mut specification: Specification = BASE32_NOPAD.specification();
    specification.symbols = specification.symbols.to_lowercase();
    specification.encoding().expect("RFC 4648 base32 with lower-case symbols is a valid encoding")
});

/// The text is not an identifier of the expected kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{found}` is not a {noun} id (they look like {prefix}-… with 26 letters and digits)")]
pub struct NotAnId {
    /// What was given, cut to 80 characters.
    pub found: String,
    /// What kind of id was expected, in words.
    pub noun: &'static str,
    /// The prefix that was expected.
    pub prefix: &'static str,
}

macro_rules! id_type {
    ($(#[$doc:meta])* $name:ident, $prefix:literal, $noun:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name([u8; 16]);

        impl $name {
            /// The prefix before the hyphen.
            pub const PREFIX: &'static str = $prefix;

            /// A fresh id.
            pub fn random(entropy: &mut dyn Entropy) -> Self {
                let mut bytes = [0; 16];
                entropy.fill(&mut bytes);
                Self(bytes)
            }

            /// The 128 bits.
            pub fn bytes(&self) -> [u8; 16] {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}-{}", $prefix, BASE32.encode(&self.0))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl FromStr for $name {
            type Err = NotAnId;

            fn from_str(text: &str) -> Result<Self, NotAnId> {
                text.strip_prefix($prefix)
                    .and_then(|rest| rest.strip_prefix('-'))
                    .and_then(|digits| BASE32.decode(digits.as_bytes()).ok())
                    .and_then(|bytes| bytes.try_into().ok())
                    .map(Self)
                    .ok_or_else(|| NotAnId {
                        found: text.chars().take(80).collect(),
                        noun: $noun,
                        prefix: $prefix,
                    })
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

id_type!(
    /// A case: one inquiry, one folder, one log.
    CaseId, "case", "case");
id_type!(
    /// A person or program that writes to a case; fresh for each case, so that cases cannot be joined by it.
    ActorId, "act", "actor");
id_type!(
    /// A seed in the keystore, from which the salts of one payload or one piece of evidence are derived.
    KeyId, "key", "key");
id_type!(
    /// What the world published: an address that captures are copies of.
    SourceId, "src", "source");
id_type!(
    /// Our dated copy of a source.
    CaptureId, "cap", "capture");
id_type!(
    /// An archive brought in whole, with all its records.
    ImportId, "imp", "import");
id_type!(
    /// The text of a capture as one extractor read it.
    ExtractionId, "ext", "extraction");
id_type!(
    /// An exact quoted range of an extraction.
    PassageId, "psg", "passage");
id_type!(
    /// The statement that a passage says so.
    ClaimId, "clm", "claim");
id_type!(
    /// What others rest on: the first to say it, or the evidence under it.
    OriginId, "org", "origin");
id_type!(
    /// A decision on whether one document rests on another.
    LineageId, "lin", "lineage decision");
id_type!(
    /// An answer computed from claims, or a refusal.
    EstimateId, "est", "estimate");
id_type!(
    /// A dossier that was written.
    PublicationId, "pub", "publication");
id_type!(
    /// A configuration, a codebook or a gazetteer.
    ConfigurationId, "cfg", "configuration");
id_type!(
    /// A request for an erasure, and the erasure that follows.
    ErasureId, "era", "erasure");
id_type!(
    /// What a service outside said about when the log existed.
    TimestampId, "tst", "timestamp");
id_type!(
    /// A copy of the case somewhere else.
    CopyId, "cpy", "copy");
id_type!(
    /// A declared search of the outside world.
    SearchId, "sea", "search");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_and_parses() {
        let id = CaptureId([0xff; 16]);
        assert_eq!(id.to_string(), "cap-77777777777777777777777774");
        assert_eq!(id.to_string().parse(), Ok(id));
        for bad in [
            "",
            "cap-",
            "src-77777777777777777777777774",
            "cap-77777777777777777777777775",
            "cap-7777777777777777777777777",
            "cap-77777777777777777777777774x",
            "CAP-77777777777777777777777774",
        ] {
            assert!(bad.parse::<CaptureId>().is_err(), "{bad}");
        }
    }
}
