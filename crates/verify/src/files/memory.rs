//! Files in memory: for tests, and for a browser that has read a chosen folder.

use std::collections::BTreeMap;
use std::io::{self, Read};

use super::{Files, FilesError, Listed, Nature, bad_name};

/// Files in memory, by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Memory(pub BTreeMap<String, Vec<u8>>);

impl Files for Memory {
    fn list(&self) -> Result<Vec<Listed>, FilesError> {
        let listed = self.0.iter().map(|(name, bytes)| Listed {
            name: name.clone(),
            nature: bad_name(name).map_or(Nature::File, Nature::BadName),
            bytes: bytes.len() as u64,
        });
        Ok(listed.collect())
    }

    fn read(
        &self,
        name: &str,
        visit: &mut dyn FnMut(&mut dyn Read) -> io::Result<()>,
    ) -> Result<(), FilesError> {
        let mut bytes = self.0.get(name).ok_or(FilesError::NotThere)?.as_slice();
        Ok(visit(&mut bytes)?)
    }
}
