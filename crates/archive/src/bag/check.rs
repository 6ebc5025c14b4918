//! Checking a bag: every rule of RFC 8493, and what the older versions said otherwise.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

use data_encoding::HEXLOWER;
use unicode_normalization::UnicodeNormalization;

use super::BagFault;
use super::manifest::{self, Algorithm, Line};
use super::tag_text;

/// No tag file is read that has more bytes.
const LARGEST_TAG: u64 = 1 << 30;
/// Files that systems drop into folders of their own accord; their loss is no loss.
const DROPPED_BY_SYSTEMS: &[&str] = &[".DS_Store", "Thumbs.db", "desktop.ini", ".Spotlight-V100"];

/// What a bag is, and what is wrong with it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BagReport {
    /// Its version, such as (1, 0); none where it does not say.
    pub version: Option<(u32, u32)>,
    /// Labels and values of `bag-info.txt`.
    pub info: Vec<(String, String)>,
    /// The payload: each file by its path below `data/`.
    pub payload: BTreeMap<String, BaggedFile>,
    /// What breaks a rule. A bag is valid if this is empty.
    pub errors: Vec<BagFault>,
    /// What a careful reader wants to know.
    pub warnings: Vec<BagFault>,
}

/// A payload file as it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BaggedFile {
    /// Its length.
    pub bytes: u64,
    /// SHA-256 of its bytes, in hex.
    pub sha256: String,
}

impl BagReport {
    fn error(&mut self, file: &str, line: Option<usize>, detail: impl Into<String>) {
        self.errors.push(BagFault { file: file.to_owned(), line, detail: detail.into() });
    }

    fn warn(&mut self, file: &str, line: Option<usize>, detail: impl Into<String>) {
        self.warnings.push(BagFault { file: file.to_owned(), line, detail: detail.into() });
    }

    fn since_1_0(&self) -> bool {
        self.version >= Some((1, 0))
    }
}

/// Checks the bag in `folder`: reads every file of it once. `on_bytes` is told how many bytes passed; if it answers `false`,
/// the check ends with an error. What is wrong with the bag is in the report; an error is the machine's.
pub fn check_bag(folder: &Path, on_bytes: &mut dyn FnMut(u64) -> bool) -> io::Result<BagReport> {
    let mut report = BagReport::default();
    let mut files = BTreeMap::new();
    walk(folder, "", &mut files, &mut report)?;
    let bag = Bag { folder, files };
    let Some(encoding) = bag.declaration(&mut report)? else { return Ok(report) };
    if !folder.join("data").is_dir() {
        report.error("data", None, "the folder of the payload is missing");
    }
    let payload = bag.manifests("manifest-", &encoding, &mut report)?;
    let tags = bag.manifests("tagmanifest-", &encoding, &mut report)?;
    if payload.is_empty() {
        report.error("manifest", None, "there is no list of the payload that can be read here");
    }
    let missing_drops = bag.compare_names(&payload, &tags, &mut report);
    bag.fetch(&payload, &encoding, &mut report)?;
    bag.compare_digests(&payload, &tags, on_bytes, &mut report)?;
    bag.info(&encoding, missing_drops, &mut report)?;
    Ok(report)
}

/// A list of files with their digests: the manifest's name, its algorithm, its lines by file.
struct Manifest {
    name: String,
    algorithm: Algorithm,
    /// By name in the bag: the line's number and digest.
    lines: BTreeMap<String, (usize, String)>,
}

struct Bag<'b> {
    folder: &'b Path,
    /// Ordinary files by name, with their lengths.
    files: BTreeMap<String, u64>,
}

fn walk(
    folder: &Path,
    below: &str,
    files: &mut BTreeMap<String, u64>,
    report: &mut BagReport,
) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let own = entry.file_name();
        let shown = own.to_string_lossy();
        let name = if below.is_empty() { shown.to_string() } else { format!("{below}/{shown}") };
        let metadata = entry.metadata()?;
        if metadata.is_dir() {
            walk(&entry.path(), &name, files, report)?;
        } else if own.to_str().is_none() {
            report.error(&name, None, "its name is not UTF-8");
        } else if !metadata.is_file() {
            report.error(&name, None, "it is a link or a device, and no file of a bag");
        } else {
            files.insert(name, metadata.len());
        }
    }
    Ok(())
}

impl Bag<'_> {
    fn read(&self, name: &str) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        File::open(self.folder.join(name))?.take(LARGEST_TAG).read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    fn text(
        &self,
        name: &str,
        encoding: &str,
        report: &mut BagReport,
    ) -> io::Result<Option<String>> {
        match tag_text::decode(&self.read(name)?, encoding) {
            Ok(text) => Ok(Some(text)),
            Err(detail) => {
                report.error(name, None, detail);
                Ok(None)
            }
        }
    }

    /// `bagit.txt`: version and encoding. None where it cannot be gone on from there.
    fn declaration(&self, report: &mut BagReport) -> io::Result<Option<String>> {
        const NAME: &str = "bagit.txt";
        if !self.files.contains_key(NAME) {
            report.error(NAME, None, "it is missing, so this is no bag");
            return Ok(None);
        }
        let bytes = self.read(NAME)?;
        if bytes.starts_with(&[0xef, 0xbb, 0xbf]) {
            report.error(NAME, Some(1), "it begins with a byte order mark, which it must not");
            return Ok(None);
        }
        let Some(text) = self.text(NAME, "UTF-8", report)? else { return Ok(None) };
        let lines: Vec<(usize, &str)> = tag_text::lines(&text).collect();
        let wanted = ["BagIt-Version", "Tag-File-Character-Encoding"];
        let mut values = Vec::new();
        for (index, label) in wanted.into_iter().enumerate() {
            let line = lines.get(index).map_or("", |(_, line)| *line);
            let value = line.split_once(':').filter(|(found, _)| found.trim() == label);
            let Some((_, value)) = value else {
                report.error(NAME, Some(index + 1), format!("it is not `{label}: …`"));
                return Ok(None);
            };
            values.push((line, label, value.trim()));
        }
        let [(_, _, version), (_, _, encoding)] = values.as_slice() else { return Ok(None) };
        let Some(parsed) = parse_version(version) else {
            report.error(NAME, Some(1), format!("`{version}` is no version of BagIt known here"));
            return Ok(None);
        };
        report.version = Some(parsed);
        if parsed >= (1, 0) {
            // Since 1.0 every letter of these lines is fixed (RFC 8493, section 2.1.1).
            for (index, (line, label, value)) in values.iter().enumerate() {
                if *line != format!("{label}: {value}") {
                    report.error(
                        NAME,
                        Some(index + 1),
                        format!("it is not exactly `{label}: {value}`"),
                    );
                }
            }
            if lines.len() > 2 {
                report.error(NAME, Some(3), "there are more than two lines");
            }
        }
        Ok(Some((*encoding).to_owned()))
    }

    /// The manifests of one sort, read.
    fn manifests(
        &self,
        prefix: &str,
        encoding: &str,
        report: &mut BagReport,
    ) -> io::Result<Vec<Manifest>> {
        let mut found = Vec::new();
        for name in self.files.keys() {
            let Some(algorithm) =
                name.strip_prefix(prefix).and_then(|rest| rest.strip_suffix(".txt"))
            else {
                continue;
            };
            let Some(algorithm) = Algorithm::named(algorithm) else {
                report.warn(name, None, "its algorithm is not known here, so it was not checked");
                continue;
            };
            let Some(text) = self.text(name, encoding, report)? else { continue };
            let mut manifest = Manifest { name: name.clone(), algorithm, lines: BTreeMap::new() };
            for (number, line) in tag_text::lines(&text) {
                if line.trim().is_empty() {
                    continue;
                }
                match manifest::parse(line, algorithm, report.since_1_0()) {
                    Ok(line) => manifest.take(number, line, prefix == "manifest-", report),
                    Err(detail) => report.error(name, Some(number), detail),
                }
            }
            found.push(manifest);
        }
        Ok(found)
    }

    /// Every listed file is there, every payload file is listed. Gives how many files that systems drop are missing.
    fn compare_names(
        &self,
        payload: &[Manifest],
        tags: &[Manifest],
        report: &mut BagReport,
    ) -> usize {
        let mut by_form: BTreeMap<String, &str> = BTreeMap::new();
        for name in self.files.keys() {
            by_form.insert(plain_form(name), name);
        }
        let mut dropped = BTreeSet::new();
        for manifest in payload.iter().chain(tags) {
            let mut forms: BTreeMap<String, &str> = BTreeMap::new();
            for (name, (number, _)) in &manifest.lines {
                if let Some(other) = forms.insert(plain_form(name), name) {
                    let detail = format!(
                        "`{name}` and `{other}` differ only in letter case or Unicode form: on some systems they are one file"
                    );
                    report.warn(&manifest.name, Some(*number), detail);
                }
                if self.files.contains_key(name) {
                    continue;
                }
                let own = name.rsplit('/').next().unwrap_or(name);
                if let Some(other) = by_form.get(&plain_form(name)) {
                    let detail = format!(
                        "`{name}` is not there, but `{other}` is, whose name differs only in letter case or Unicode form"
                    );
                    report.warn(&manifest.name, Some(*number), detail);
                } else if DROPPED_BY_SYSTEMS.contains(&own) {
                    let detail =
                        format!("`{name}` is not there: a file that a system made for itself");
                    report.warn(&manifest.name, Some(*number), detail);
                    dropped.insert(name.clone());
                } else {
                    let detail = format!("`{name}` is not there");
                    report.error(&manifest.name, Some(*number), detail);
                }
            }
        }
        let data = || self.files.keys().filter(|name| name.starts_with("data/"));
        for name in data() {
            let listed = |manifest: &&Manifest| manifest.lists(name, &by_form);
            let lists = payload.iter().filter(listed).count();
            // Until 1.0 one list was enough.
            if lists == 0 || (report.since_1_0() && lists < payload.len()) {
                report.error(name, None, "not every list of the payload names it");
            }
        }
        for name in data() {
            let own = name.rsplit('/').next().unwrap_or(name);
            if DROPPED_BY_SYSTEMS.contains(&own) {
                report.warn(name, None, "a system made this file for itself");
            }
        }
        if report.since_1_0() {
            for tags in tags {
                for manifest in payload.iter().filter(|one| !tags.lines.contains_key(&one.name)) {
                    let detail = format!("it does not list `{}`", manifest.name);
                    report.error(&tags.name, None, detail);
                }
            }
        }
        dropped.len()
    }

    /// `fetch.txt`: its names stay within the payload, and what it names is here already.
    fn fetch(
        &self,
        payload: &[Manifest],
        encoding: &str,
        report: &mut BagReport,
    ) -> io::Result<()> {
        const NAME: &str = "fetch.txt";
        if !self.files.contains_key(NAME) {
            return Ok(());
        }
        let Some(text) = self.text(NAME, encoding, report)? else { return Ok(()) };
        for (number, line) in tag_text::lines(&text) {
            if line.trim().is_empty() {
                continue;
            }
            let mut parts = line.trim_start().splitn(3, [' ', '\t']);
            let (Some(_), Some(length), Some(name)) = (parts.next(), parts.next(), parts.next())
            else {
                report.error(NAME, Some(number), "it is not an address, a length and a name");
                continue;
            };
            if length != "-" && length.parse::<u64>().is_err() {
                report.error(NAME, Some(number), format!("`{length}` is no length"));
            }
            let name = manifest::decode(name.trim_start(), report.since_1_0());
            let within = manifest::is_safe(&name).and_then(|()| {
                name.starts_with("data/")
                    .then_some(())
                    .ok_or_else(|| format!("`{name}` is no name in the payload"))
            });
            if let Err(detail) = within {
                report.error(NAME, Some(number), detail);
            } else if !self.files.contains_key(&name) {
                let detail = format!("`{name}` lies elsewhere; nothing is fetched here");
                report.error(NAME, Some(number), detail);
            } else if !payload.iter().any(|manifest| manifest.lines.contains_key(&name)) {
                report.error(NAME, Some(number), format!("no list of the payload names `{name}`"));
            }
        }
        Ok(())
    }

    /// Reads every file that a manifest lists, once, by all algorithms that are asked of it.
    fn compare_digests(
        &self,
        payload: &[Manifest],
        tags: &[Manifest],
        on_bytes: &mut dyn FnMut(u64) -> bool,
        report: &mut BagReport,
    ) -> io::Result<()> {
        for name in self.files.keys() {
            let is_payload = name.starts_with("data/");
            let manifests = if is_payload { payload } else { tags };
            let mut algorithms: BTreeSet<Algorithm> =
                manifests.iter().map(|manifest| manifest.algorithm).collect();
            algorithms.insert(Algorithm::Sha256);
            let listed = manifests.iter().any(|manifest| manifest.lines.contains_key(name));
            if !listed && !is_payload {
                continue;
            }
            let (digests, bytes) = hash(&self.folder.join(name), &algorithms, on_bytes)?;
            for manifest in manifests {
                let Some((number, expected)) = manifest.lines.get(name) else { continue };
                if digests.get(&manifest.algorithm) != Some(expected) {
                    let detail = format!("`{name}` does not have this digest");
                    report.error(&manifest.name, Some(*number), detail);
                }
            }
            if let Some(name) = name.strip_prefix("data/") {
                let sha256 = digests.get(&Algorithm::Sha256).cloned().unwrap_or_default();
                report.payload.insert(name.to_owned(), BaggedFile { bytes, sha256 });
            }
        }
        Ok(())
    }

    /// `bag-info.txt`, and the sum of lengths and number of files that it declares.
    fn info(&self, encoding: &str, missing_drops: usize, report: &mut BagReport) -> io::Result<()> {
        const NAME: &str = "bag-info.txt";
        if !self.files.contains_key(NAME) {
            return Ok(());
        }
        let Some(text) = self.text(NAME, encoding, report)? else { return Ok(()) };
        match tag_text::fields(&text) {
            Ok(fields) => report.info = fields,
            Err((line, detail)) => {
                report.error(NAME, Some(line), detail);
                return Ok(());
            }
        }
        let declared = report
            .info
            .iter()
            .find(|(label, _)| label.eq_ignore_ascii_case("Payload-Oxum"))
            .map(|(_, value)| value.clone());
        let Some(declared) = declared else { return Ok(()) };
        let bytes: u64 = report.payload.values().map(|file| file.bytes).sum();
        let found = format!("{bytes}.{}", report.payload.len());
        if found != declared {
            let detail = format!("Payload-Oxum is {declared}, and what is here has {found}");
            if missing_drops > 0 {
                report.warn(NAME, None, detail);
            } else {
                report.error(NAME, None, detail);
            }
        }
        Ok(())
    }
}

impl Manifest {
    fn take(&mut self, number: usize, line: Line, of_payload: bool, report: &mut BagReport) {
        let Line { digest, name, odd } = line;
        for odd in odd {
            report.warn(&self.name, Some(number), odd);
        }
        if of_payload && !name.starts_with("data/") {
            let detail = format!("`{name}` is no name in the payload");
            return report.error(&self.name, Some(number), detail);
        }
        if !of_payload && (name.starts_with("data/") || name.starts_with("tagmanifest-")) {
            let detail = format!("`{name}` does not belong into a list of tag files");
            if report.since_1_0() {
                return report.error(&self.name, Some(number), detail);
            }
            report.warn(&self.name, Some(number), detail);
        }
        match self.lines.get(&name) {
            None => {
                self.lines.insert(name, (number, digest));
            }
            Some((before, other)) if *other != digest => {
                let detail = format!("`{name}` stands in line {before} with another digest");
                report.error(&self.name, Some(number), detail);
            }
            Some((before, _)) => {
                let detail = format!("`{name}` stands in line {before} already");
                if report.since_1_0() {
                    report.error(&self.name, Some(number), detail);
                } else {
                    report.warn(&self.name, Some(number), detail);
                }
            }
        }
    }

    /// Whether it lists a file that is there, by its name or by one that other systems take for the same.
    fn lists(&self, name: &str, by_form: &BTreeMap<String, &str>) -> bool {
        self.lines.contains_key(name)
            || self.lines.keys().any(|listed| {
                by_form.get(&plain_form(listed)) == Some(&name)
                    && plain_form(listed) == plain_form(name)
            })
    }
}

/// A name as systems see it that know neither letter case nor Unicode forms.
fn plain_form(name: &str) -> String {
    name.nfc().collect::<String>().to_lowercase()
}

fn parse_version(text: &str) -> Option<(u32, u32)> {
    let (major, minor) = text.split_once('.')?;
    let number = |text: &str| {
        let plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        if plain { text.parse().ok() } else { None }
    };
    let version = (number(major)?, number(minor)?);
    (version == (1, 0) || (version.0 == 0 && (93..=97).contains(&version.1))).then_some(version)
}

type Digests = BTreeMap<Algorithm, String>;

fn hash(
    path: &Path,
    algorithms: &BTreeSet<Algorithm>,
    on_bytes: &mut dyn FnMut(u64) -> bool,
) -> io::Result<(Digests, u64)> {
    let mut hashers: Vec<_> = algorithms.iter().map(|one| (*one, one.hasher())).collect();
    let mut file = File::open(path)?;
    let (mut chunk, mut bytes) = (vec![0; 256 * 1024], 0);
    loop {
        let read = match file.read(&mut chunk) {
            Ok(0) => break,
            Ok(read) => chunk.get(..read).unwrap_or_default(),
            Err(cause) if cause.kind() == io::ErrorKind::Interrupted => continue,
            Err(cause) => return Err(cause),
        };
        for (_, hasher) in &mut hashers {
            hasher.update(read);
        }
        bytes += read.len() as u64;
        if !on_bytes(read.len() as u64) {
            return Err(io::Error::new(io::ErrorKind::ConnectionAborted, "stopped"));
        }
    }
    let finish = |(one, hasher): (Algorithm, Box<dyn sha2::digest::DynDigest>)| {
        (one, HEXLOWER.encode(&hasher.finalize()))
    };
    Ok((hashers.into_iter().map(finish).collect(), bytes))
}
