//! A dossier on disk: as a folder, or as one zip file.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use witnessmark_model::digest::Hasher;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

use crate::dossier::{Content, Dossier};
use crate::error::PublishError;

impl Dossier {
    /// Writes the dossier as a folder: into a sibling of `target` first, made durable, then renamed, so that a folder
    /// of that name is always whole. Nothing is written over; on an error the sibling is removed again.
    pub fn write_folder(&self, target: &Path) -> Result<(), PublishError> {
        let partial = partial_beside(target)?;
        fs::create_dir(&partial).map_err(disk(&partial))?;
        let written = self.fill(&partial).and_then(|()| publish(&partial, target));
        if written.is_err() {
            // The first error is the one to tell; a folder that cannot be removed keeps its telling name.
            let _ = fs::remove_dir_all(&partial);
        }
        written
    }

    fn fill(&self, folder: &Path) -> Result<(), PublishError> {
        for (name, content) in self.files() {
            let path = folder.join(name);
            if let Some(parent) = path.parent() {
                fs::create_dir_all(parent).map_err(disk(parent))?;
            }
            let mut file = File::create_new(&path).map_err(disk(&path))?;
            content.copy_to(&mut file, &path)?;
            file.sync_all().map_err(disk(&path))?;
        }
        Ok(())
    }

    /// Writes the dossier as a zip file, all names below [`Dossier::folder_name`], sorted, deflated, every time stamp
    /// that of the zip format's first moment, so that the same dossier gives the same file. Written like a folder.
    pub fn write_zip(&self, target: &Path) -> Result<(), PublishError> {
        let partial = partial_beside(target)?;
        let file = OpenOptions::new().write(true).create_new(true).open(&partial);
        let file = file.map_err(disk(&partial))?;
        let written = self.pack(file, &partial).and_then(|()| publish(&partial, target));
        if written.is_err() {
            // As above: the first error is the one to tell.
            let _ = fs::remove_file(&partial);
        }
        written
    }

    fn pack(&self, file: File, path: &Path) -> Result<(), PublishError> {
        let zipped = |error| PublishError::Zip { path: path.to_owned(), error };
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Deflated)
            .last_modified_time(DateTime::default())
            .unix_permissions(0o644);
        let mut archive = ZipWriter::new(BufWriter::new(file));
        for (name, content) in self.files() {
            let large = content.may_pass_4_gib().map_err(disk(path))?;
            let inside = format!("{}/{name}", self.folder_name());
            archive.start_file(inside, options.large_file(large)).map_err(zipped)?;
            content.copy_to(&mut archive, path)?;
        }
        let writer = archive.finish().map_err(zipped)?;
        let file = writer.into_inner().map_err(|error| disk(path)(error.into_error()))?;
        file.sync_all().map_err(disk(path))
    }
}

impl Content {
    fn may_pass_4_gib(&self) -> io::Result<bool> {
        let length = match self {
            Self::Bytes(bytes) => bytes.len() as u64,
            Self::Copy { bytes, .. } => *bytes,
        };
        Ok(length > u64::from(u32::MAX) / 2)
    }

    /// Writes the content; a file that changed since the dossier was built is an error.
    fn copy_to(&self, writer: &mut dyn Write, path: &Path) -> Result<(), PublishError> {
        let (from, sha256) = match self {
            Self::Bytes(bytes) => return writer.write_all(bytes).map_err(disk(path)),
            Self::Copy { from, sha256, .. } => (from, sha256),
        };
        let mut file = (from.open)().map_err(disk(&from.name))?;
        let mut hasher = Hasher::new();
        let mut buffer = vec![0; 1 << 16];
        loop {
            let read = file.read(&mut buffer).map_err(disk(&from.name))?;
            match buffer.get(..read) {
                Some(chunk) if read > 0 => {
                    hasher.update(chunk);
                    writer.write_all(chunk).map_err(disk(path))?;
                }
                _ => break,
            }
        }
        if hasher.finish() != *sha256 {
            let place = from.name.display().to_string();
            return Err(PublishError::input(place, "it changed since the dossier was built"));
        }
        Ok(())
    }
}

fn disk(path: &Path) -> impl Fn(io::Error) -> PublishError + '_ {
    move |error| PublishError::Disk { path: path.to_owned(), error }
}

/// The sibling that is written to first; refuses a target that exists, or that a dossier is being written to.
fn partial_beside(target: &Path) -> Result<PathBuf, PublishError> {
    let name = target.file_name().ok_or_else(|| PublishError::NoName(target.to_owned()))?;
    let mut hidden = OsString::from(".");
    hidden.push(name);
    hidden.push(".partial");
    let partial = target.with_file_name(hidden);
    for path in [target, &partial] {
        if fs::symlink_metadata(path).is_ok() {
            return Err(PublishError::Exists(path.to_owned()));
        }
    }
    Ok(partial)
}

/// Gives what was written its name, and makes the name durable.
fn publish(partial: &Path, target: &Path) -> Result<(), PublishError> {
    if fs::symlink_metadata(target).is_ok() {
        return Err(PublishError::Exists(target.to_owned()));
    }
    fs::rename(partial, target).map_err(disk(target))?;
    let parent = match target.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    File::open(parent).and_then(|folder| folder.sync_all()).map_err(disk(parent))
}
