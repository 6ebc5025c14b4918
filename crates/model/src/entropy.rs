//! Randomness as a parameter.

/// A source of random bytes, given by the caller so that tests can repeat a run byte for byte.
pub trait Entropy {
    /// Fills `bytes` with randomness fit for keys.
    fn fill(&mut self, bytes: &mut [u8]);

    /// Thirty-two fresh bytes: a seed or a key.
    fn seed(&mut self) -> [u8; 32] {
        let mut seed = [0; 32];
        self.fill(&mut seed);
        seed
    }
}
