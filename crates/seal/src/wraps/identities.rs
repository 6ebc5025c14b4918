//! The identities that a person brings to unlock a case.

use age::{Callbacks, Identity, IdentityFile};

use crate::SealError;

/// Identities out of an `age` identity file: `AGE-SECRET-KEY-1…`, or `AGE-PLUGIN-NAME-1…` of a hardware token.
pub struct Identities(Vec<Box<dyn Identity + Send + Sync>>);

impl Identities {
    /// Reads an identity file: an identity a line, comments after `#`. What a plugin wants to say or ask goes through
    /// `callbacks`, when a case is unlocked.
    pub fn parse(file: &[u8], callbacks: impl Callbacks) -> Result<Self, SealError> {
        let unusable = |detail: String| SealError::Identities(detail);
        let identities = IdentityFile::from_buffer(file)
            .map_err(|error| unusable(error.to_string()))?
            .with_callbacks(callbacks)
            .into_identities()
            .map_err(|error| unusable(error.to_string()))?;
        if identities.is_empty() {
            return Err(unusable("the file holds none".to_owned()));
        }
        Ok(Self(identities))
    }

    pub(super) fn as_list(&self) -> Vec<&dyn Identity> {
        self.0.iter().map(|identity| &**identity as &dyn Identity).collect()
    }
}

impl std::fmt::Debug for Identities {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Identities({})", self.0.len())
    }
}
