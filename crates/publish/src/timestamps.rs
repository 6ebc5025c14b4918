//! Timestamps from outside that a dossier hands over: checked against the log before they are.

use witnessmark_model::checkpoint::Checkpoint;
use witnessmark_model::payload::{Payload, Timestamp};
use witnessmark_model::{Digest, merkle};

use crate::error::PublishError;
use crate::input::OutsideTimestamp;
use crate::resolve::Edition;

/// A timestamp with what its entry says of it.
pub(crate) struct Stamped<'i> {
    pub(crate) given: &'i OutsideTimestamp,
    pub(crate) says: Timestamp,
}

/// The path of a file beside a checkpoint, in a dossier.
pub(crate) fn path(timestamp: &Timestamp, name: &str) -> String {
    format!("timestamps/{}/{name}", timestamp.size)
}

impl<'i> Edition<'i> {
    /// A timestamp, once its files are those that its entry names and its checkpoint is one of this log. Whether its
    /// authority is to be believed is for the reader.
    pub(crate) fn stamped(&self, given: &'i OutsideTimestamp) -> Result<Stamped<'i>, PublishError> {
        let place = format!("the timestamp of entry {}", given.entry);
        let bad = |what: &str| PublishError::input(place.clone(), what);
        let payload = self.entry(given.entry, &place)?.payload.as_ref();
        let Some(Payload::Timestamp(says)) = payload else {
            return Err(bad("that entry is none, or its payload is not shown"));
        };
        let mut note = None;
        for file in &says.files {
            let found = given.files.iter().find(|(name, _)| *name == file.name);
            let Some((_, bytes)) = found.filter(|(_, bytes)| Digest::of(bytes) == file.sha256)
            else {
                return Err(bad(&format!("`{}` is not the file that its entry names", file.name)));
            };
            if file.name == Timestamp::CHECKPOINT {
                note = Some(bytes);
            }
        }
        let note = note.ok_or_else(|| bad("its entry does not name the checkpoint"))?;
        let old = Checkpoint::open(note, &self.verifier)?;
        let (now, path) = (&self.checkpoint, &given.consistency);
        if old.size != says.size
            || !merkle::is_consistent(old.size, old.root, now.size, now.root, path)
        {
            return Err(bad("its checkpoint is not shown to be the beginning of this log"));
        }
        Ok(Stamped { given, says: says.clone() })
    }
}
