//! The master key of one epoch of the keystore.

use hkdf::Hkdf;
use sha2::Sha256;
use witnessmark_model::Entropy;
use zeroize::Zeroizing;

/// The master key of one epoch of the keystore: 32 random bytes, wiped when dropped.
///
/// It encrypts nothing itself. Each use has its own key, derived under a label of its own.
#[derive(Clone, PartialEq, Eq)]
pub struct CaseKey(Zeroizing<[u8; 32]>);

impl CaseKey {
    /// A key from its bytes.
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// A fresh key.
    pub fn random(entropy: &mut dyn Entropy) -> Self {
        let mut bytes = Zeroizing::new([0; 32]);
        entropy.fill(bytes.as_mut_slice());
        Self(bytes)
    }

    /// The key's bytes, for handing it from one process to another.
    pub fn expose(&self) -> &[u8; 32] {
        &self.0
    }

    /// The key for one use, such as `casebook` or `keystore/objects`: HKDF-SHA-256 (RFC 5869) of this key with an
    /// empty salt and `label` as info.
    pub fn derive(&self, label: &str) -> Zeroizing<[u8; 32]> {
        derive(&self.0, label)
    }
}

impl std::fmt::Debug for CaseKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CaseKey(…)")
    }
}

/// HKDF-SHA-256 (RFC 5869) of `secret` with an empty salt and `label` as info.
pub(crate) fn derive(secret: &[u8; 32], label: &str) -> Zeroizing<[u8; 32]> {
    let mut key = Zeroizing::new([0; 32]);
    Hkdf::<Sha256>::new(None, secret)
        .expand(label.as_bytes(), key.as_mut_slice())
        .expect("32 bytes are fewer than HKDF-SHA-256's limit of 8,160");
    key
}
