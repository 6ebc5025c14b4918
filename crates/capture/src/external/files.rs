//! The files that an external capturer brought.

use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

use serde::Serialize;
use witnessmark_model::Digest;
use witnessmark_model::digest::Hasher;

use super::{ExternalError, disk};

/// A file that was brought.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ExternalFile {
    /// Where it is now.
    #[serde(skip)]
    pub path: PathBuf,
    /// Its name: `item.mp4`, `item.info.json`.
    pub name: String,
    /// What it is.
    pub role: FileRole,
    /// Bytes.
    pub length: u64,
    /// SHA-256 of its bytes.
    pub digest: Digest,
}

/// What a file is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum FileRole {
    /// Pictures, sound, or both.
    Media,
    /// What the site says of the item, as the capturer wrote it down.
    Metadata,
    /// A still picture.
    Thumbnail,
    /// Subtitles.
    Subtitles,
    /// A file that was not brought to its end.
    Unfinished,
}

impl FileRole {
    fn of(name: &str) -> Self {
        let end = name.rsplit('.').next().unwrap_or_default().to_ascii_lowercase();
        match end.as_str() {
            "part" | "ytdl" | "temp" | "tmp" => Self::Unfinished,
            _ if name.contains(".part-") => Self::Unfinished,
            "json" | "description" => Self::Metadata,
            "jpg" | "jpeg" | "png" | "webp" | "gif" | "avif" | "image" => Self::Thumbnail,
            "vtt" | "srt" | "ass" | "ssa" | "ttml" | "srv1" | "srv2" | "srv3" | "json3" | "lrc"
            | "dfxp" => Self::Subtitles,
            _ => Self::Media,
        }
    }
}

/// Digests every plain file of a folder, by name. Links are not followed.
pub(super) fn collect(folder: &Path) -> Result<Vec<ExternalFile>, ExternalError> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).map_err(disk(folder))? {
        let entry = entry.map_err(disk(folder))?;
        let path = entry.path();
        if !entry.file_type().map_err(disk(&path))?.is_file() {
            continue;
        }
        let name = entry.file_name().to_string_lossy().into_owned();
        let (digest, length) = digest_of(&path)?;
        let role = FileRole::of(&name);
        files.push(ExternalFile { path, name, role, length, digest });
    }
    files.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(files)
}

fn digest_of(path: &Path) -> Result<(Digest, u64), ExternalError> {
    let mut file = File::open(path).map_err(disk(path))?;
    let mut hasher = Hasher::new();
    let mut buffer = vec![0; 1 << 16];
    let mut length = 0;
    loop {
        let count = file.read(&mut buffer).map_err(disk(path))?;
        if count == 0 {
            return Ok((hasher.finish(), length));
        }
        hasher.update(buffer.get(..count).unwrap_or_default());
        length += count as u64;
    }
}
