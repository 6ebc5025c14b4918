//! One file: looked at, its text read.

use std::fs::File;
use std::io::Read;

use witnessmark_document::process::Readers;
use witnessmark_model::Digest;
use witnessmark_model::payload::Evidence;
use witnessmark_text::Hints;
use witnessmark_vault::{Store, VaultError};

use super::Item;
use crate::reading::{self, Circumstances, LARGEST_TEXT, TextRow};
use crate::{CaseError, Progress};

/// A file as it was found.
pub(super) enum Looked {
    /// A document in memory, with what could be read in it.
    Document {
        /// Its bytes: the ones that are kept are the ones whose text is read, though the file may change meanwhile.
        bytes: Vec<u8>,
        /// SHA-256 of them.
        digest: Digest,
        text: Box<TextRow>,
    },
    /// A document too large to be read; its bytes are kept already.
    Large { kept: Evidence, text: Box<TextRow> },
    /// A web archive; its bytes are kept already.
    Archive(Evidence),
}

/// Looks at a file: reads a document's text, keeps what is too large for memory. None if it was asked to stop.
pub(super) fn look_at(
    store: &Store,
    readers: &Readers,
    item: &Item,
    progress: &Progress,
) -> Result<Option<Looked>, CaseError> {
    let path = &item.path;
    let fail = |cause: std::io::Error| CaseError::file("read", path, &cause);
    let mut file = File::open(path).map_err(fail)?;
    let length = file.metadata().map_err(fail)?.len();
    let head = reading::first_bytes(&mut file, 4096).map_err(fail)?;
    if head.is_empty() {
        let fact = format!("{} is empty: it holds no bytes", path.display());
        return Err(CaseError::input(fact, "look at where it came from, and fetch it again"));
    }
    let archive = super::warc::is_archive(&head);
    if archive || length > LARGEST_TEXT as u64 {
        let mut on_bytes = |bytes| {
            progress.advance(0, bytes);
            !progress.stopped()
        };
        let kept = store.put(&mut file, &mut on_bytes).map_err(|error| match error {
            VaultError::Input(cause) => CaseError::file("read", path, &cause),
            other => other.into(),
        })?;
        if archive {
            return Ok(kept.map(Looked::Archive));
        }
        progress.advance(1, 0);
        let text = TextRow::unread("application/octet-stream", reading::too_large());
        return Ok(kept.map(|kept| Looked::Large { kept, text: Box::new(text) }));
    }
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes).map_err(fail)?;
    let hints = Hints {
        media_type: None,
        charset: None,
        url: item.url.clone(),
        file_name: Some(item.name.clone()),
    };
    let (known, stop) = (Circumstances::default(), progress.stop_wish());
    let text = Box::new(reading::read_text(readers, &bytes, &hints, &known, stop).text);
    if progress.stopped() {
        return Ok(None);
    }
    let digest = Digest::of(&bytes);
    Ok(Some(Looked::Document { bytes, digest, text }))
}
