//! Checks a WACZ (WACZ 1.1.1): its ZIP, its package, its pages, its index against its records.

mod index;
mod package;
mod pages;
mod signature;
mod write;
mod write_index;
mod write_package;

use std::collections::BTreeMap;
use std::io::{self, BufRead, BufReader, Read, Seek};

use sha2::{Digest as _, Sha256};
use zip::ZipArchive;
use zip::read::read_zipfile_from_stream;
use zip::result::ZipError;

use crate::check::{Kind, Report};
use crate::digest_check::Wanted;
use crate::feed::{Container, container_of};
use crate::problem::{Code, Problem};
use crate::reader::Reader;
use crate::survey::{SurveyedRecord, survey_records};
use index::Records;

pub use signature::SignatureRoots;
pub use write::{AddedArchive, NewPage, NewWacz, TimeStamper, WaczKey, WaczWriteError, WaczWriter};

/// `datapackage.json` and `datapackage-digest.json` may be this long.
const JSON_LIMIT: u64 = 16 << 20;
/// A line of a page list or an index may be this long: pages carry a page's whole text.
const LINE_LIMIT: u64 = 16 << 20;

/// One file of the ZIP.
struct Part {
    number: usize,
    stored: bool,
    bytes: u64,
    sha256: String,
    /// Whether its content is gzip.
    gzip: bool,
}

type Parts = BTreeMap<String, Part>;

/// What went wrong while a part was read: the content, or the machine.
enum PartError {
    Content(String),
    Machine(io::Error),
}

impl From<io::Error> for PartError {
    fn from(error: io::Error) -> Self {
        // What the operating system says has a number; what a decoder says has none.
        match error.raw_os_error() {
            Some(_) => Self::Machine(error),
            None => Self::Content(error.to_string()),
        }
    }
}

impl From<ZipError> for PartError {
    fn from(error: ZipError) -> Self {
        match error {
            ZipError::Io(error) => error.into(),
            other => Self::Content(other.to_string()),
        }
    }
}

/// Checks a ZIP file as a WACZ. Stricter than py-wacz 0.6.0: missing parts, a wrong index and a
/// missing digest are problems here.
pub(crate) fn check_wacz<F: Read + Seek>(
    file: &str,
    input: F,
    progress: &mut dyn FnMut(u64),
) -> io::Result<Report> {
    check_wacz_by(file, input, &SignatureRoots::default(), progress)
}

/// Checks a WACZ as [`check_file`](crate::check_file) does, and its signature and time tokens by
/// roots that the reader chose: a chain of certificates that leads to none of them is a problem.
pub fn check_wacz_by<F: Read + Seek>(
    file: &str,
    input: F,
    roots: &SignatureRoots,
    progress: &mut dyn FnMut(u64),
) -> io::Result<Report> {
    let mut report = Report::new(file);
    let mut input = input;
    let checked = match ZipArchive::new(&mut input) {
        Ok(mut zip) => check_archive(&mut report, &mut zip, roots, progress),
        Err(error) => Err(error.into()),
    };
    match checked {
        Ok(()) => {}
        Err(PartError::Machine(error)) => return Err(error),
        Err(PartError::Content(detail)) => {
            report.kind = Kind::Wacz;
            let detail = format!("the ZIP cannot be read: {detail}");
            report.add(Problem::new(Code::ZipInvalid, 0, None, detail));
            if report.records == 0 {
                input.rewind()?;
                recover(&mut report, &mut input, progress)?;
            }
        }
    }
    report.conclude();
    Ok(report)
}

/// Without a directory, as when the file was cut: the files one after another by their local
/// headers, and the records in them.
fn recover<F: Read>(
    report: &mut Report,
    input: &mut F,
    progress: &mut dyn FnMut(u64),
) -> io::Result<()> {
    loop {
        let entry = match read_zipfile_from_stream(input).map_err(PartError::from) {
            Ok(Some(entry)) => entry,
            Ok(None) | Err(PartError::Content(_)) => return Ok(()),
            Err(PartError::Machine(error)) => return Err(error),
        };
        let Ok(name) = entry.name().map(|name| name.into_owned()) else { return Ok(()) };
        let mut input = Hashed::new(entry);
        if name.starts_with("archive/") {
            check_part(report, &mut input, &name, progress, &mut |_| {})?;
        }
        // What is left is read away, so that the next local header is found.
        io::copy(&mut input, &mut io::sink())?;
        if input.fault.is_some() {
            return Ok(());
        }
    }
}

/// Checks the records of one archive.
fn check_part<R: Read>(
    report: &mut Report,
    input: R,
    name: &str,
    progress: &mut dyn FnMut(u64),
    observe: &mut dyn FnMut(&SurveyedRecord<'_>),
) -> io::Result<()> {
    let mut part = Report::new(name);
    let mut reader = Reader::new(input)?.without_record_digests();
    let wanted = Wanted { http: true, payload_sha256: false };
    survey_records(&mut reader, &mut part, wanted, progress, &mut |record| {
        observe(record);
        Ok::<_, io::Error>(())
    })?;
    report.merge(name, part);
    Ok(())
}

fn check_archive<F: Read + Seek>(
    report: &mut Report,
    zip: &mut ZipArchive<F>,
    roots: &SignatureRoots,
    progress: &mut dyn FnMut(u64),
) -> Result<(), PartError> {
    let names: Vec<String> =
        zip.file_names_raw().map(|name| String::from_utf8_lossy(name).into_owned()).collect();
    let is_wacz = |name: &String| {
        name == "datapackage.json" || name.starts_with("archive/") || name.starts_with("indexes/")
    };
    if !names.iter().any(is_wacz) {
        let detail = "a ZIP file without any part of a WACZ";
        report.add(Problem::new(Code::NotAnArchive, 0, None, detail));
        return Ok(());
    }
    report.kind = Kind::Wacz;
    check_structure(report, zip, &names)?;
    let mut records = Records::default();
    let mut parts = Parts::new();
    let mut done = 0;
    for (number, name) in names.iter().enumerate() {
        if name.ends_with('/') {
            continue;
        }
        use ZipError::{CompressionMethodNotSupported, UnsupportedArchive};
        let opened = zip.by_index(number).map(drop);
        if let Err(error @ (UnsupportedArchive(_) | CompressionMethodNotSupported(_))) = opened {
            report.add(Problem::inside(name, Code::ZipEncrypted, 0, error.to_string()));
            continue;
        }
        let mut advance = |count: u64| progress(done + count);
        match read_part(report, zip, number, name, &mut records, &mut advance) {
            Ok(part) => {
                done += part.bytes;
                parts.insert(name.clone(), part);
            }
            Err(PartError::Content(detail)) => {
                report.add(Problem::inside(name, Code::ZipInvalid, 0, detail));
            }
            Err(error) => return Err(error),
        }
    }
    check_needed(report, &parts);
    check_storage(report, &parts);
    let package = read_json(report, zip, &parts, "datapackage.json")?;
    let package = package.and_then(|json| package::check(report, &json, &parts));
    for (name, part) in parts.iter().filter(|(name, _)| is_page_list(name)) {
        pages::check(report, name, &mut lines(zip, part.number)?)?;
    }
    index::check(report, zip, &parts, &mut records)?;
    if let Some(json) = read_json(report, zip, &parts, signature::FILE)? {
        let sha256 = parts.get("datapackage.json").map(|part| part.sha256.as_str());
        signature::check(report, &json, sha256, package.as_ref(), roots);
    }
    if let (Some(list), Some(token)) =
        (read_bytes(zip, &parts, signature::LIST)?, read_bytes(zip, &parts, signature::LIST_TOKEN)?)
    {
        signature::check_list(report, &parts, &list, &token, roots);
    }
    Ok(())
}

/// Gives a [`Reader`] over each archive in a file to `work`: over the file itself, without a name,
/// when it is a WARC or an ARC; over each file in `archive/`, with its path, when it is a WACZ.
///
/// Fails with [`io::ErrorKind::InvalidData`] and a [`Problem`] inside when a ZIP cannot be opened.
pub fn read_archives<F: Read + Seek>(
    mut input: F,
    mut work: impl FnMut(Option<&str>, Reader<'_>) -> io::Result<()>,
) -> io::Result<()> {
    let mut first = Vec::new();
    (&mut input).take(8).read_to_end(&mut first)?;
    input.rewind()?;
    if container_of(&first) != Container::Zip {
        return work(None, Reader::new(input)?);
    }
    let invalid = |error: ZipError| match PartError::from(error) {
        PartError::Machine(error) => error,
        PartError::Content(detail) => {
            let problem = Problem::new(Code::ZipInvalid, 0, None, detail);
            io::Error::new(io::ErrorKind::InvalidData, problem)
        }
    };
    let mut zip = ZipArchive::new(input).map_err(invalid)?;
    for number in 0..zip.len() {
        let entry = zip.by_index(number).map_err(invalid)?;
        let name = String::from_utf8_lossy(entry.name_raw()).into_owned();
        if name.starts_with("archive/") && !name.ends_with('/') {
            work(Some(&name), Reader::new(Hashed::new(entry))?)?;
        }
    }
    Ok(())
}

fn is_page_list(name: &str) -> bool {
    name.starts_with("pages/") && name.ends_with(".jsonl")
}

/// The rules of the ZIP itself: no unsafe, repeated or colliding names, no shared bytes, local
/// headers as the directory says.
fn check_structure<F: Read + Seek>(
    report: &mut Report,
    zip: &mut ZipArchive<F>,
    names: &[String],
) -> Result<(), PartError> {
    let mut seen = BTreeMap::new();
    for name in names {
        if is_unsafe(name) {
            let detail = format!("the name {name:?} leaves the folder or has no meaning there");
            report.add(Problem::inside(name, Code::ZipNameUnsafe, 0, detail));
        }
        if let Some(other) = seen.insert(name.to_lowercase(), name) {
            let detail = format!("the names {other:?} and {name:?} collide");
            report.add(Problem::inside(name, Code::ZipNameUnsafe, 0, detail));
        }
    }
    if zip.has_duplicate_names() {
        let detail = "a name occurs twice in the directory";
        report.add(Problem::new(Code::ZipNameUnsafe, 0, None, detail));
    }
    match zip.has_overlapping_files() {
        Ok(false) => {}
        Ok(true) => report.add(Problem::new(Code::ZipOverlap, 0, None, "files share bytes")),
        Err(error) => content(report, error.into(), "the files' places")?,
    }
    match zip.validate_header_consistency() {
        Ok(()) => Ok(()),
        Err(error) => content(report, error.into(), "the local headers"),
    }
}

/// Reports what the content did wrong, and passes on what the machine did.
fn content(report: &mut Report, error: PartError, what: &str) -> Result<(), PartError> {
    match error {
        PartError::Content(detail) => {
            let detail = format!("{what}: {detail}");
            report.add(Problem::new(Code::ZipInvalid, 0, None, detail));
            Ok(())
        }
        machine => Err(machine),
    }
}

fn is_unsafe(name: &str) -> bool {
    name.is_empty()
        || name.starts_with('/')
        || name.contains(['\\', '\0'])
        || name.split('/').any(|part| part == ".." || part == ".")
        || name.as_bytes().get(1) == Some(&b':')
}

/// Reads a part once: hashed, and its records checked when it is an archive.
fn read_part<F: Read + Seek>(
    report: &mut Report,
    zip: &mut ZipArchive<F>,
    number: usize,
    name: &str,
    records: &mut Records,
    progress: &mut dyn FnMut(u64),
) -> Result<Part, PartError> {
    let entry = zip.by_index(number)?;
    let stored = entry.compression() == zip::CompressionMethod::Stored;
    let said = entry.size();
    let mut input = Hashed::new(entry);
    if name.starts_with("archive/") {
        let mut observe = |record: &SurveyedRecord<'_>| records.add(name, record);
        check_part(report, &mut input, name, progress, &mut observe)?;
    }
    io::copy(&mut input, &mut io::sink())?;
    if let Some(fault) = &input.fault {
        let detail = fault.clone();
        report.add(Problem::inside(name, Code::ZipInvalid, input.bytes, detail));
    } else if input.bytes != said {
        let detail = format!("{} bytes come out where the ZIP says {said}", input.bytes);
        report.add(Problem::inside(name, Code::ZipInvalid, 0, detail));
    }
    Ok(Part {
        number,
        stored,
        bytes: input.bytes,
        sha256: data_encoding::HEXLOWER.encode(&input.sha256.finalize()),
        gzip: container_of(&input.first) == Container::Gzip,
    })
}

/// Hashes and counts what is read. Where the ZIP is damaged it ends, and keeps the fault, so that
/// what came before is still judged.
struct Hashed<R> {
    input: R,
    sha256: Sha256,
    bytes: u64,
    first: Vec<u8>,
    fault: Option<String>,
}

impl<R: Read> Hashed<R> {
    fn new(input: R) -> Self {
        Self { input, sha256: Sha256::new(), bytes: 0, first: Vec::new(), fault: None }
    }
}

impl<R: Read> Read for Hashed<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.fault.is_some() {
            return Ok(0);
        }
        let count = match self.input.read(out).map_err(PartError::from) {
            Ok(count) => count,
            Err(PartError::Machine(error)) => return Err(error),
            Err(PartError::Content(fault)) => {
                self.fault = Some(fault);
                return Ok(0);
            }
        };
        let read = out.get(..count).unwrap_or_default();
        self.sha256.update(read);
        self.bytes += count as u64;
        if self.first.len() < 4 {
            self.first.extend(read.iter().take(4 - self.first.len()));
        }
        Ok(count)
    }
}

/// Every WACZ has these parts (WACZ 1.1.1, section 5).
fn check_needed(report: &mut Report, parts: &Parts) {
    let has = |name: &str| parts.contains_key(name);
    let mut missing = Vec::new();
    if !parts.keys().any(|name| name.starts_with("archive/")) {
        missing.push("a WARC in archive/".to_owned());
    }
    for name in ["datapackage.json", "datapackage-digest.json", "pages/pages.jsonl"] {
        if !has(name) {
            missing.push(name.to_owned());
        }
    }
    let table = parts.keys().any(|name| name.starts_with("indexes/") && name.ends_with(".idx"));
    let zipped = parts.keys().any(|name| name.starts_with("indexes/") && name.ends_with(".cdx.gz"));
    let plain = parts.keys().any(|name| {
        name.starts_with("indexes/") && (name.ends_with(".cdxj") || name.ends_with(".cdx"))
    });
    match (plain, zipped, table) {
        (true, ..) | (_, true, true) => {}
        (_, true, false) => missing.push("the table (.idx) of the compressed index".to_owned()),
        _ => missing.push("an index in indexes/".to_owned()),
    }
    for what in missing {
        report.add(Problem::new(Code::WaczPartMissing, 0, None, format!("{what} is missing")));
    }
}

fn check_storage(report: &mut Report, parts: &Parts) {
    for (name, part) in parts {
        let archive = name.starts_with("archive/");
        if !part.stored && (archive || name.ends_with(".cdx.gz")) {
            let detail = "the ZIP compresses it";
            report.add(Problem::inside(name, Code::WaczCompressedPart, 0, detail));
        }
        if archive && part.gzip && !name.ends_with(".gz") {
            let detail = "gzip content without .gz in the name";
            report.add(Problem::inside(name, Code::WaczNaming, 0, detail));
        }
        if name.matches('/').count() > 1 {
            let detail = "it does not lie exactly one folder deep";
            report.add(Problem::inside(name, Code::WaczNaming, 0, detail));
        }
    }
}

/// A part's bytes, as far as a JSON file may be long.
fn read_bytes<F: Read + Seek>(
    zip: &mut ZipArchive<F>,
    parts: &Parts,
    name: &str,
) -> Result<Option<Vec<u8>>, PartError> {
    let Some(part) = parts.get(name) else { return Ok(None) };
    let mut bytes = Vec::new();
    zip.by_index(part.number)?.take(JSON_LIMIT).read_to_end(&mut bytes)?;
    Ok(Some(bytes))
}

/// A part as JSON; `None`, with a problem, when it is none.
fn read_json<F: Read + Seek>(
    report: &mut Report,
    zip: &mut ZipArchive<F>,
    parts: &Parts,
    name: &str,
) -> Result<Option<serde_json::Value>, PartError> {
    let Some(bytes) = read_bytes(zip, parts, name)? else { return Ok(None) };
    match serde_json::from_slice(&bytes) {
        Ok(json) => Ok(Some(json)),
        Err(error) => {
            let code = match name {
                "datapackage.json" => Code::WaczPackageInvalid,
                _ => Code::WaczDigestInvalid,
            };
            report.add(Problem::inside(name, code, 0, format!("it is no JSON: {error}")));
            Ok(None)
        }
    }
}

/// The lines of a text, each at most [`LINE_LIMIT`] long.
struct Lines<R> {
    input: BufReader<R>,
    line: Vec<u8>,
    /// Offset of the current line in the text.
    offset: u64,
    next: u64,
}

impl<R: Read> Lines<R> {
    fn new(input: R) -> Self {
        Self { input: BufReader::new(input), line: Vec::new(), offset: 0, next: 0 }
    }

    /// The next line without its line end, and its offset.
    fn next(&mut self) -> Result<Option<(u64, &[u8])>, PartError> {
        self.line.clear();
        self.offset = self.next;
        let count = (&mut self.input).take(LINE_LIMIT).read_until(b'\n', &mut self.line)?;
        self.next += count as u64;
        Ok((count > 0).then(|| (self.offset, self.line.trim_ascii_end())))
    }
}

fn lines<F: Read + Seek>(
    zip: &mut ZipArchive<F>,
    number: usize,
) -> Result<Lines<zip::read::ZipFile<'_, F>>, PartError> {
    Ok(Lines::new(zip.by_index(number)?))
}
