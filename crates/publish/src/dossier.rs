//! All files of a dossier, and the signed list of them.

use std::collections::BTreeMap;
use std::io::Read;

use witnessmark_model::Digest;
use witnessmark_model::digest::Hasher;

use crate::entry::{self, entry_path, part_path, payload_path, proof_path};
use crate::error::{PublishError, SignError};
use crate::input::{DossierInput, OpenedPart, PartBytes, PartStream};
use crate::resolve::Edition;
use crate::{manifest, pages, timestamps};

const CHECKER: &str = include_str!("../assets/check.py");
/// The checker of timestamps, which goes with them.
const TIMES_CHECKER: &str = include_str!("../assets/times.py");
const STYLE: &str = include_str!("../assets/dossier.css");
const SUMS: &str = "SHA256SUMS";
const SUMS_NOTE: &str = "SHA256SUMS.note";

/// A dossier that is ready to be written: every file by its path, and the digest of the list of them.
#[derive(Debug)]
pub struct Dossier {
    files: BTreeMap<String, Content>,
    sums_sha256: Digest,
}

/// What a file of a dossier holds.
#[derive(Debug)]
pub(crate) enum Content {
    /// These bytes.
    Bytes(Vec<u8>),
    /// What is streamed from another file, with the digest it must have.
    Copy { from: PartStream, bytes: u64, sha256: Digest },
}

/// Builds a dossier: checks every entry as a verifier would, writes the pages, and has the list of files signed.
///
/// `sign` is given the text of the note and returns the signed note by the log's key (C2SP signed-note). The same
/// input and signature give the same bytes. A part that comes from a file is read through once here, for its digest.
///
/// # Errors
/// Whatever would make a verifier refuse the dossier, with its place in the input; whatever a public dossier may not
/// hold; and what the signer or the disk say.
pub fn build(
    input: &DossierInput,
    sign: &dyn Fn(&str) -> Result<Vec<u8>, SignError>,
) -> Result<Dossier, PublishError> {
    let edition = Edition::resolve(input)?;
    let mut files = BTreeMap::new();
    let mut put = |path: String, bytes: Vec<u8>| {
        files.insert(path, Content::Bytes(bytes));
    };
    for (path, page) in pages::all(&edition)? {
        put(path, page.into_bytes());
    }
    put("assets/dossier.css".into(), style(input.notice.as_deref()).into_bytes());
    put("check/check.py".into(), CHECKER.into());
    put("data/checkpoint".into(), input.log.checkpoint.clone());
    put("data/log.vkey".into(), format!("{}\n", edition.key).into_bytes());
    put("data/dossier.json".into(), manifest::file(&edition)?);
    for given in &input.entries {
        put(entry_path(given.index), entry::file(given, entry::version(input))?);
        put(proof_path(given.index), given.proof.to_bytes());
        if let Some(payload) = &given.payload {
            put(payload_path(given.index), payload.clone());
        }
    }
    if !edition.timestamps.is_empty() {
        put("check/times.py".into(), TIMES_CHECKER.into());
    }
    for stamped in &edition.timestamps {
        for (name, bytes) in &stamped.given.files {
            put(timestamps::path(&stamped.says, name), bytes.clone());
        }
    }
    for part in input.entries.iter().flat_map(|entry| &entry.parts) {
        if let Some(bytes) = &part.bytes {
            files.insert(part_path(&part.sha256), part_content(part, bytes)?);
        }
    }
    let mut sums = String::new();
    for (path, content) in &files {
        sums.push_str(&format!("{}  {path}\n", content.sha256()));
    }
    let sums_sha256 = Digest::of(sums.as_bytes());
    let text = format!("witnessmark dossier 1\n{sums_sha256}\n");
    let note = sign(&text).map_err(PublishError::Sign)?;
    if edition.verifier.open(&note)? != text {
        return Err(PublishError::Sign("the signer signed another text".into()));
    }
    files.insert(SUMS.into(), Content::Bytes(sums.into_bytes()));
    files.insert(SUMS_NOTE.into(), Content::Bytes(note));
    Ok(Dossier { files, sums_sha256 })
}

impl Dossier {
    /// SHA-256 of `SHA256SUMS`: it names the whole dossier, and is what a `publication` entry records.
    pub fn sums_sha256(&self) -> Digest {
        self.sums_sha256
    }

    /// The paths of all files, sorted.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.files.keys().map(String::as_str)
    }

    /// The bytes of one file, unless it is streamed from another or is not there.
    pub fn bytes(&self, path: &str) -> Option<&[u8]> {
        match self.files.get(path)? {
            Content::Bytes(bytes) => Some(bytes),
            Content::Copy { .. } => None,
        }
    }

    /// The one folder inside a zip: `dossier-` and the first eight digits of [`Dossier::sums_sha256`].
    pub fn folder_name(&self) -> String {
        format!("dossier-{}", self.sums_sha256.hex().chars().take(8).collect::<String>())
    }

    pub(crate) fn files(&self) -> &BTreeMap<String, Content> {
        &self.files
    }
}

impl Content {
    fn sha256(&self) -> Digest {
        match self {
            Self::Bytes(bytes) => Digest::of(bytes),
            Self::Copy { sha256, .. } => *sha256,
        }
    }
}

/// The style sheet; a notice stands at the foot of every printed sheet too.
fn style(notice: Option<&str>) -> String {
    let Some(notice) = notice else { return STYLE.to_owned() };
    let mut rule = String::from(STYLE);
    rule.push_str("\n@page { @bottom-left { content: \"");
    for character in notice.chars() {
        match character {
            ' ' | '.' | ',' | ':' => rule.push(character),
            plain if plain.is_ascii_alphanumeric() => rule.push(plain),
            // CSS Syntax Level 3, section 4.3.7: an escaped code point, ended by a space.
            other => rule.push_str(&format!("\\{:x} ", u32::from(other))),
        }
    }
    rule.push_str("\"; font: 7pt sans-serif; } }\n");
    rule
}

fn part_content(part: &OpenedPart, bytes: &PartBytes) -> Result<Content, PublishError> {
    let (content, found) = match bytes {
        PartBytes::Memory(bytes) => (Content::Bytes(bytes.clone()), Digest::of(bytes)),
        PartBytes::Stream(from) => {
            let (bytes, found) = digest_of(from)
                .map_err(|error| PublishError::Disk { path: from.name.clone(), error })?;
            (Content::Copy { from: from.clone(), bytes, sha256: found }, found)
        }
    };
    if found != part.sha256 {
        let place = format!("part {} ({})", part.index, part.sha256);
        return Err(PublishError::input(place, format!("its bytes have the digest {found}")));
    }
    Ok(content)
}

fn digest_of(from: &PartStream) -> std::io::Result<(u64, Digest)> {
    let mut stream = (from.open)()?;
    let (mut hasher, mut bytes) = (Hasher::new(), 0);
    let mut buffer = vec![0; 1 << 16];
    loop {
        let read = stream.read(&mut buffer)?;
        bytes += read as u64;
        match buffer.get(..read) {
            Some(chunk) if read > 0 => hasher.update(chunk),
            _ => return Ok((bytes, hasher.finish())),
        }
    }
}
