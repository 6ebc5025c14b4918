//! One file: its bytes kept, its text read.

use std::fs::File;
use std::io::Read;

use witnessmark_text::Hints;
use witnessmark_vault::{Blobs, Stored, VaultError};

use super::Item;
use crate::reading::{self, Circumstances, LARGEST_TEXT, TextRow};
use crate::{CaseError, Progress};

/// A file whose bytes are durable.
pub(super) struct Kept {
    pub(super) stored: Stored,
    /// What could be read in it; not looked for in an archive.
    pub(super) text: TextRow,
    /// Whether it is a web archive.
    pub(super) archive: bool,
}

/// Keeps the bytes of a file, and reads its text. None if it was asked to stop.
pub(super) fn keep(
    blobs: &Blobs,
    item: &Item,
    progress: &Progress,
) -> Result<Option<Kept>, CaseError> {
    let path = &item.path;
    let fail = |cause: std::io::Error| CaseError::file("read", path, &cause);
    let mut file = File::open(path).map_err(fail)?;
    let length = file.metadata().map_err(fail)?.len();
    let head = reading::first_bytes(&mut file, 4096).map_err(fail)?;
    if head.is_empty() {
        let fact = format!("{} is empty: it holds no bytes", path.display());
        return Err(CaseError::input(fact, "look at where it came from, and fetch it again"));
    }
    let stored_error = |error: VaultError| match error {
        VaultError::Input(cause) => CaseError::file("read", path, &cause),
        other => other.into(),
    };
    let archive = super::warc::is_archive(&head);
    if archive || length > LARGEST_TEXT as u64 {
        let mut on_bytes = |bytes| {
            progress.advance(0, bytes);
            !progress.stopped()
        };
        let stored = blobs.put(&mut file, &mut on_bytes).map_err(stored_error)?;
        if !archive {
            progress.advance(1, 0);
        }
        let text = TextRow::unread("application/octet-stream", reading::too_large());
        return Ok(stored.map(|stored| Kept { stored, text, archive }));
    }
    // Read once: the bytes that are kept are the bytes whose text is read, though the file may change meanwhile.
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes).map_err(fail)?;
    let stored = blobs.put_bytes(&bytes).map_err(stored_error)?;
    let hints = Hints {
        media_type: None,
        charset: None,
        url: item.url.clone(),
        file_name: Some(item.name.clone()),
    };
    let text = reading::read_text(&bytes, &hints, &Circumstances::default()).text;
    progress.advance(1, stored.bytes);
    Ok(Some(Kept { stored, text, archive: false }))
}
