//! A passphrase, and what it costs to try one.

use argon2::{Algorithm, Argon2, Block, Params, Version};
use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization as _;
use witnessmark_model::leaf::Seed;
use zeroize::{Zeroize as _, Zeroizing};

use crate::SealError;

/// A passphrase as it was typed, wiped when dropped.
///
/// It is brought to Unicode's form NFC, as RFC 8265 (OpaqueString) asks: keyboards of two systems write one and the
/// same letter differently. Nothing else about it is changed.
#[derive(Clone, PartialEq, Eq)]
pub struct Passphrase(Zeroizing<String>);

impl Passphrase {
    /// A passphrase from the text typed, without the line's end. An empty one is refused.
    pub fn new(typed: &str) -> Result<Self, SealError> {
        if typed.is_empty() {
            return Err(SealError::EmptyPassphrase);
        }
        // Long enough that the string never grows, which would leave a copy behind: no letter grows threefold in NFC.
        let mut text = Zeroizing::new(String::with_capacity(typed.len().saturating_mul(3)));
        text.extend(typed.nfc());
        Ok(Self(text))
    }

    /// How many characters (Unicode code points) it has.
    pub fn characters(&self) -> usize {
        self.0.chars().count()
    }

    /// The seed that locks: argon2id (RFC 9106, version 0x13) of the passphrase, 32 bytes.
    pub(crate) fn stretch(&self, salt: &[u8; 16], cost: Cost) -> Result<Seed, SealError> {
        let params = cost.params()?;
        let mut blocks = Zeroizing::new(Vec::<Block>::new());
        blocks
            .try_reserve_exact(params.block_count())
            .map_err(|_| SealError::Memory(cost.memory_kib))?;
        blocks.resize(params.block_count(), Block::default());
        let mut seed = [0; 32];
        let done = Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
            .hash_password_into_with_memory(
                self.0.as_bytes(),
                salt,
                &mut seed,
                blocks.as_mut_slice(),
            );
        let stretched = Seed::new(seed);
        seed.zeroize();
        done.map(|()| stretched).map_err(|_| cost.out_of_bounds())
    }
}

impl std::fmt::Debug for Passphrase {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Passphrase(…)")
    }
}

/// What one try of a passphrase costs: the parameters of argon2id (RFC 9106).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cost {
    /// Memory in KiB; at least 8 for each lane, at most 2,097,152 (2 GiB).
    pub memory_kib: u32,
    /// Passes over the memory; 1 to 32.
    pub passes: u32,
    /// Lanes, which may run side by side; 1 to 16.
    pub lanes: u32,
}

impl Cost {
    /// For cases that matter: 256 MiB, 3 passes, 4 lanes. Four times the memory of the second choice of RFC 9106,
    /// section 4, at the same number of passes and lanes.
    pub const STANDARD: Self = Self { memory_kib: 256 << 10, passes: 3, lanes: 4 };

    /// The parameters, if within the bounds: a file from outside must not be able to ask for a terabyte or a year.
    fn params(self) -> Result<Params, SealError> {
        let bounded = self.memory_kib <= 2 << 20
            && (1..=32).contains(&self.passes)
            && (1..=16).contains(&self.lanes);
        Params::new(self.memory_kib, self.passes, self.lanes, Some(32))
            .ok()
            .filter(|_| bounded)
            .ok_or_else(|| self.out_of_bounds())
    }

    pub(crate) fn check(self) -> Result<(), SealError> {
        self.params().map(|_| ())
    }

    fn out_of_bounds(self) -> SealError {
        let Self { memory_kib, passes, lanes } = self;
        SealError::Cost { memory_kib, passes, lanes }
    }
}
