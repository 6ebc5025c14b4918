//! Writing a bag: payload first, hashed as it passes; the lists of digests last.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use data_encoding::HEXLOWER;
use sha2::{Digest as _, Sha256, Sha512};

use super::manifest::encode;

/// The two digests of a file, in hex.
type Digests = [String; 2];

/// The algorithms, as file names call them.
const ALGORITHMS: [&str; 2] = ["sha256", "sha512"];

/// A bag in the making. It lies beside its destination under another name until it is finished, so that no half of one
/// is ever taken for a bag; what was begun and not finished is removed.
#[derive(Debug)]
pub struct BagWriter {
    making: PathBuf,
    out: PathBuf,
    payload: BTreeMap<String, Digests>,
    bytes: u64,
    finished: bool,
}

impl BagWriter {
    /// Begins a bag that will lie at `out`, which must not exist.
    pub fn create(out: &Path) -> io::Result<Self> {
        if fs::symlink_metadata(out).is_ok() {
            return Err(io::Error::new(io::ErrorKind::AlreadyExists, "it exists already"));
        }
        let name = out.file_name().unwrap_or_default().to_string_lossy();
        let making = out.with_file_name(format!(".{name}.making-{}", std::process::id()));
        match fs::remove_dir_all(&making) {
            Err(cause) if cause.kind() != io::ErrorKind::NotFound => return Err(cause),
            _ => {}
        }
        make_folder(&making.join("data"))?;
        let out = out.to_owned();
        Ok(Self { making, out, payload: BTreeMap::new(), bytes: 0, finished: false })
    }

    /// Adds a payload file: `name` is its path below `data/`, with `/` between folders; gives its SHA-256 in hex. `on_bytes`
    /// is told how many bytes passed; if it answers `false`, the bag is given up with an error.
    pub fn add(
        &mut self,
        name: &str,
        input: &mut dyn Read,
        on_bytes: &mut dyn FnMut(u64) -> bool,
    ) -> io::Result<&str> {
        let bad = |part: &str| matches!(part, "" | "." | "..");
        if name.split('/').any(bad) {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "no file has such a name"));
        }
        let path = self.making.join("data").join(name);
        let (digests, bytes) = copy(&path, input, on_bytes)?;
        self.bytes = self.bytes.saturating_add(bytes);
        self.payload.insert(format!("data/{name}"), digests);
        let digests = self.payload.get(&format!("data/{name}"));
        Ok(digests.map_or("", |[sha256, _]| sha256))
    }

    /// Writes the tag files and gives the bag its name. `info` are the lines of `bag-info.txt`, to which `Payload-Oxum` is
    /// added; `others` are further tag files beside it. Gives the SHA-256 of `tagmanifest-sha256.txt`, which stands for all.
    pub fn finish(
        mut self,
        info: &[(&str, &str)],
        others: &[(&str, &str)],
    ) -> io::Result<[u8; 32]> {
        let mut tags: BTreeMap<String, Digests> = BTreeMap::new();
        let oxum = format!("{}.{}", self.bytes, self.payload.len());
        let lines = info.iter().copied().chain([("Payload-Oxum", oxum.as_str())]);
        let info: String = lines.map(|(label, value)| format!("{label}: {value}\n")).collect();
        let declaration = "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n";
        let fixed = [("bagit.txt", declaration), ("bag-info.txt", info.as_str())];
        for (name, text) in fixed.into_iter().chain(others.iter().copied()) {
            self.write_tag(name, text, Some(&mut tags))?;
        }
        for (index, algorithm) in ALGORITHMS.into_iter().enumerate() {
            let text = listed(&self.payload, index);
            self.write_tag(&format!("manifest-{algorithm}.txt"), &text, Some(&mut tags))?;
        }
        let mut sealed = [0; 32];
        for (index, algorithm) in ALGORITHMS.into_iter().enumerate() {
            let text = listed(&tags, index);
            self.write_tag(&format!("tagmanifest-{algorithm}.txt"), &text, None)?;
            if index == 0 {
                sealed = Sha256::digest(&text).into();
            }
        }
        sync_folders(&self.making)?;
        fs::rename(&self.making, &self.out)?;
        self.finished = true;
        let beside = self.out.parent().filter(|folder| !folder.as_os_str().is_empty());
        File::open(beside.unwrap_or(Path::new("."))).and_then(|folder| folder.sync_all())?;
        Ok(sealed)
    }

    fn write_tag(
        &self,
        name: &str,
        text: &str,
        tags: Option<&mut BTreeMap<String, Digests>>,
    ) -> io::Result<()> {
        let (digests, _) = copy(&self.making.join(name), &mut text.as_bytes(), &mut |_| true)?;
        if let Some(tags) = tags {
            tags.insert(name.to_owned(), digests);
        }
        Ok(())
    }
}

impl Drop for BagWriter {
    fn drop(&mut self) {
        if !self.finished {
            // What cannot be removed now is removed when the same bag is begun again.
            let _ = fs::remove_dir_all(&self.making);
        }
    }
}

fn listed(files: &BTreeMap<String, Digests>, index: usize) -> String {
    let line = |(name, digests): (&String, &Digests)| {
        let digest = digests.get(index).map_or("", String::as_str);
        format!("{digest}  {}\n", encode(name))
    };
    files.iter().map(line).collect()
}

fn make_folder(folder: &Path) -> io::Result<()> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

/// Writes a new file, durably, for its owner alone; gives its digests and length.
fn copy(
    path: &Path,
    input: &mut dyn Read,
    on_bytes: &mut dyn FnMut(u64) -> bool,
) -> io::Result<(Digests, u64)> {
    if let Some(folder) = path.parent() {
        make_folder(folder)?;
    }
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    let (mut sha256, mut sha512) = (Sha256::new(), Sha512::new());
    let (mut chunk, mut bytes) = (vec![0; 256 * 1024], 0);
    loop {
        let read = match input.read(&mut chunk) {
            Ok(0) => break,
            Ok(read) => chunk.get(..read).unwrap_or_default(),
            Err(cause) if cause.kind() == io::ErrorKind::Interrupted => continue,
            Err(cause) => return Err(cause),
        };
        sha256.update(read);
        sha512.update(read);
        file.write_all(read)?;
        bytes += read.len() as u64;
        if !on_bytes(read.len() as u64) {
            // Not `Interrupted`, which the standard library takes as a wish to be called again.
            return Err(io::Error::new(io::ErrorKind::ConnectionAborted, "stopped"));
        }
    }
    file.sync_all()?;
    Ok(([HEXLOWER.encode(&sha256.finalize()), HEXLOWER.encode(&sha512.finalize())], bytes))
}

/// Makes the names in a folder and those below it durable.
fn sync_folders(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            sync_folders(&entry.path())?;
        }
    }
    File::open(folder)?.sync_all()
}
