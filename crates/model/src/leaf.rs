//! Leaves of the log: seven salted commitments that tell nothing by themselves.
//!
//! Each field of an entry is committed to as SHA-256(salt ‖ canonical JSON of the value). Opening a field means to
//! show its salt and value; destroying the seed that the salts come from closes it for good.

use std::collections::BTreeMap;

use data_encoding::{BASE64, HEXLOWER};
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use hkdf::Hkdf;
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use zeroize::Zeroize;

use crate::canonical::{self, CanonicalError};
use crate::id::ActorId;
use crate::merkle::{self, Frontier};
use crate::{Digest, Moment};

/// The fields of a leaf.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Field {
    /// Who wrote the entry.
    Actor,
    /// When, to the millisecond, by the writer's clock.
    At,
    /// The root over the salted digests of the entry's parts.
    Commit,
    /// When, to the day.
    Day,
    /// What kind of payload it is.
    Kind,
    /// The digest of the payload's stored bytes.
    Object,
    /// The author's signature over the other values.
    Sig,
}

impl Field {
    /// All fields, in the order of the leaf's keys.
    pub const ALL: [Self; 7] =
        [Self::Actor, Self::At, Self::Commit, Self::Day, Self::Kind, Self::Object, Self::Sig];

    /// The key in the leaf.
    pub fn name(self) -> &'static str {
        match self {
            Self::Actor => "actor",
            Self::At => "at",
            Self::Commit => "commit",
            Self::Day => "day",
            Self::Kind => "kind",
            Self::Object => "object",
            Self::Sig => "sig",
        }
    }
}

/// A 32-byte secret from which salts are derived; wiped when dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct Seed([u8; 32]);

impl Seed {
    /// A seed from its bytes.
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The seed's bytes, for the keystore alone.
    pub fn expose(&self) -> &[u8; 32] {
        &self.0
    }

    /// The salt for one field of a leaf.
    pub fn field_salt(&self, field: Field) -> Salt {
        self.salt(&format!("leaf/{}", field.name()))
    }

    /// The salt for part `index` of an entry.
    pub fn part_salt(&self, index: u64) -> Salt {
        self.salt(&format!("part/{index}"))
    }

    /// HKDF-SHA-256 (RFC 5869) with an empty salt and `label` as info.
    fn salt(&self, label: &str) -> Salt {
        let mut salt = [0; 32];
        Hkdf::<Sha256>::new(None, &self.0)
            .expand(label.as_bytes(), &mut salt)
            .expect("32 bytes are fewer than HKDF-SHA-256's limit of 8,160");
        Salt(salt)
    }
}

impl Drop for Seed {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl std::fmt::Debug for Seed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Seed(…)")
    }
}

/// The salt of one commitment, as 64 hex digits in JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Salt([u8; 32]);

impl Salt {
    /// The commitment to `value`: SHA-256(salt ‖ value).
    pub fn commit(&self, value: &[u8]) -> Digest {
        Digest::of_all(&[&self.0, value])
    }
}

impl Serialize for Salt {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&HEXLOWER.encode(&self.0))
    }
}

impl<'de> Deserialize<'de> for Salt {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Digest::deserialize(deserializer).map(|digest| Self(digest.0))
    }
}

/// The root over the parts of one entry, built while they stream by.
#[derive(Clone, Debug, Default)]
pub struct PartsRoot(Frontier);

impl PartsRoot {
    /// No parts yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a part by its digest, salted.
    pub fn push(&mut self, salt: &Salt, part: &Digest) {
        self.0.push(part_leaf(salt, part));
    }

    /// The root: the value of the leaf's `commit`.
    pub fn finish(&self) -> Digest {
        self.0.root()
    }
}

/// The hash of a part as a leaf of the tree of parts: the RFC 6962 leaf hash of SHA-256(salt ‖ digest of the part).
pub fn part_leaf(salt: &Salt, part: &Digest) -> Digest {
    merkle::leaf_hash(&salt.commit(&part.0).0)
}

/// What an entry says about itself; lies beside the payload in its pack.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Values {
    /// Who wrote the entry.
    pub actor: ActorId,
    /// When, `YYYY-MM-DDThh:mm:ss.mmmZ`.
    pub at: String,
    /// The root over the salted digests of the parts.
    pub commit: Digest,
    /// When, `YYYY-MM-DD`.
    pub day: String,
    /// The kind of the payload.
    pub kind: String,
    /// SHA-256 of the payload's stored bytes.
    pub object: Digest,
    /// Base64 of the author's Ed25519 signature.
    pub sig: String,
}

/// What the author signs: everything but the signature.
#[derive(Serialize)]
struct Signed<'v> {
    v: u8,
    actor: &'v ActorId,
    at: &'v str,
    commit: &'v Digest,
    day: &'v str,
    kind: &'v str,
    object: &'v Digest,
}

const SIGNING_CONTEXT: &[u8] = b"witnessmark leaf 1\n";

/// An actor's signing key; wiped when dropped.
#[derive(Clone)]
pub struct ActorKey {
    /// Whose key it is.
    pub actor: ActorId,
    key: SigningKey,
}

impl ActorKey {
    /// A key from its Ed25519 seed.
    pub fn new(actor: ActorId, seed: &[u8; 32]) -> Self {
        Self { actor, key: SigningKey::from_bytes(seed) }
    }

    /// Base64 of the 32-byte public key.
    pub fn public_key(&self) -> String {
        BASE64.encode(self.key.verifying_key().as_bytes())
    }
}

impl std::fmt::Debug for ActorKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ActorKey({})", self.actor)
    }
}

impl Values {
    /// The values of a new entry, signed by its author.
    pub fn sign(
        author: &ActorKey,
        at: Moment,
        kind: &str,
        object: Digest,
        commit: Digest,
    ) -> Result<Self, CanonicalError> {
        let mut values = Self {
            actor: author.actor,
            at: at.to_string(),
            commit,
            day: at.day(),
            kind: kind.to_owned(),
            object,
            sig: String::new(),
        };
        values.sig = BASE64.encode(&author.key.sign(&values.signed_bytes()?).to_bytes());
        Ok(values)
    }

    fn signed_bytes(&self) -> Result<Vec<u8>, CanonicalError> {
        let Self { actor, at, commit, day, kind, object, .. } = self;
        let mut bytes = SIGNING_CONTEXT.to_vec();
        bytes.extend(canonical::to_bytes(&Signed { v: 1, actor, at, commit, day, kind, object })?);
        Ok(bytes)
    }

    /// Whether `sig` is the signature of the key whose base64 is `public_key`.
    pub fn is_signed_by(&self, public_key: &str) -> bool {
        let key: Option<[u8; 32]> =
            BASE64.decode(public_key.as_bytes()).ok().and_then(|bytes| bytes.try_into().ok());
        let signature: Option<[u8; 64]> =
            BASE64.decode(self.sig.as_bytes()).ok().and_then(|bytes| bytes.try_into().ok());
        let (Some(key), Some(signature), Ok(bytes)) = (key, signature, self.signed_bytes()) else {
            return false;
        };
        VerifyingKey::from_bytes(&key)
            .is_ok_and(|key| key.verify_strict(&bytes, &Signature::from_bytes(&signature)).is_ok())
    }

    /// The value of one field, as text.
    pub fn get(&self, field: Field) -> String {
        match field {
            Field::Actor => self.actor.to_string(),
            Field::At => self.at.clone(),
            Field::Commit => self.commit.hex(),
            Field::Day => self.day.clone(),
            Field::Kind => self.kind.clone(),
            Field::Object => self.object.hex(),
            Field::Sig => self.sig.clone(),
        }
    }

    /// The leaf that commits to these values with salts from `seed`.
    pub fn leaf(&self, seed: &Seed) -> Result<Leaf, CanonicalError> {
        let mut commitments = BTreeMap::new();
        for field in Field::ALL {
            commitments.insert(field, commitment(&seed.field_salt(field), &self.get(field))?);
        }
        Ok(Leaf(commitments))
    }

    /// The opening of one field.
    pub fn open(&self, field: Field, seed: &Seed) -> Opening {
        Opening { salt: seed.field_salt(field), value: self.get(field) }
    }
}

fn commitment(salt: &Salt, value: &str) -> Result<Digest, CanonicalError> {
    Ok(salt.commit(&canonical::to_bytes(value)?))
}

/// The salt and value of one field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Opening {
    /// The salt.
    pub salt: Salt,
    /// The value; all values are strings.
    pub value: String,
}

/// A leaf: the seven commitments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leaf(BTreeMap<Field, Digest>);

/// The bytes are not a leaf.
#[derive(Debug, thiserror::Error)]
#[error("not a leaf of version 1: {0}")]
pub struct NotALeaf(String);

impl Leaf {
    /// The canonical bytes that go into the log.
    pub fn to_bytes(&self) -> Result<Vec<u8>, CanonicalError> {
        let mut object: BTreeMap<&str, serde_json::Value> = BTreeMap::new();
        object.insert("v", 1.into());
        for (field, digest) in &self.0 {
            object.insert(field.name(), digest.hex().into());
        }
        canonical::to_bytes(&object)
    }

    /// Parses a leaf's bytes, which must be canonical.
    pub fn parse(bytes: &[u8]) -> Result<Self, NotALeaf> {
        let mut object: BTreeMap<String, serde_json::Value> =
            canonical::from_bytes(bytes).map_err(|error| NotALeaf(error.to_string()))?;
        if object.remove("v") != Some(1.into()) || object.len() != Field::ALL.len() {
            return Err(NotALeaf("it does not have `v` 1 and seven commitments".into()));
        }
        let mut commitments = BTreeMap::new();
        for field in Field::ALL {
            let digest = object
                .get(field.name())
                .and_then(|value| value.as_str())
                .and_then(|text| text.parse().ok())
                .ok_or_else(|| NotALeaf(format!("no commitment `{}`", field.name())))?;
            commitments.insert(field, digest);
        }
        Ok(Self(commitments))
    }

    /// Whether `opening` opens `field` of this leaf.
    pub fn opens(&self, field: Field, opening: &Opening) -> bool {
        commitment(&opening.salt, &opening.value)
            .is_ok_and(|digest| self.0.get(&field) == Some(&digest))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn actor() -> ActorKey {
        let id = "act-aaaaaaaaaaaaaaaaaaaaaaaaaa".parse().unwrap();
        ActorKey::new(id, &[3; 32])
    }

    fn values() -> Values {
        let at = Moment::from_unix_millis(1_795_385_461_007);
        Values::sign(&actor(), at, "claim", Digest::of(b"payload"), Digest::of(b"root")).unwrap()
    }

    #[test]
    fn every_field_opens_with_its_own_salt_only() {
        let (seed, values) = (Seed::new([5; 32]), values());
        let leaf = Leaf::parse(&values.leaf(&seed).unwrap().to_bytes().unwrap()).unwrap();
        for field in Field::ALL {
            let opening = values.open(field, &seed);
            for other in Field::ALL {
                assert_eq!(leaf.opens(other, &opening), other == field);
            }
            assert!(!leaf.opens(field, &Opening { value: "x".into(), ..opening }));
            assert!(!leaf.opens(field, &values.open(field, &Seed::new([6; 32]))));
        }
    }

    #[test]
    fn the_signature_covers_every_value() {
        let values = values();
        let public = actor().public_key();
        assert!(values.is_signed_by(&public));
        let changed = [
            Values { at: "2026-11-22T22:11:01.008Z".into(), ..values.clone() },
            Values { day: "2026-11-23".into(), ..values.clone() },
            Values { kind: "origin".into(), ..values.clone() },
            Values { object: Digest::of(b"other"), ..values.clone() },
            Values { commit: Digest::of(b"other"), ..values.clone() },
            Values { actor: "act-baaaaaaaaaaaaaaaaaaaaaaaaa".parse().unwrap(), ..values.clone() },
            Values { sig: String::new(), ..values.clone() },
        ];
        for value in changed {
            assert!(!value.is_signed_by(&public), "{value:?}");
        }
        assert!(!values.is_signed_by(""));
    }

    /// The bytes of this leaf are frozen: a change here breaks every case ever made.
    #[test]
    fn golden_leaf() {
        let leaf = values().leaf(&Seed::new([5; 32])).unwrap().to_bytes().unwrap();
        assert_eq!(
            String::from_utf8(leaf).unwrap(),
            include_str!("../tests/golden/leaf.json").trim_end()
        );
    }

    proptest! {
        #[test]
        fn no_bytes_make_the_parser_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = Leaf::parse(&bytes);
        }
    }
}
