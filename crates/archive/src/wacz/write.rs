//! Writes WACZ 1.1.1, the same bytes for the same input and the same moment.
//!
//! Archives and the compressed index are stored, everything else is deflated; large files get
//! ZIP64 fields. Times in the ZIP are that of `created`.

use std::io::{self, Cursor, Read, Seek, Write};

use flate2::{Compression, GzBuilder};
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, System, ZipWriter};

use super::is_unsafe;
use super::write_index::{IndexLines, line_of};
use super::write_package::{Contents, digest_file};
use crate::feed::{Container, container_of};
use crate::head::Format;
use crate::problem::Problem;
use crate::reader::{Layout, Reader};
use crate::rules::is_warc_date;

pub use super::write_package::WaczKey;

/// A file of this size or more needs ZIP64 fields. A ZIP says sizes up to one byte less without.
const LARGE: u64 = u32::MAX as u64;

/// What `datapackage.json` says of a WACZ as a whole.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewWacz {
    /// When it is made: RFC 3339 in UTC with whole seconds, `2026-11-22T22:12:00Z`. It is also the
    /// time of every file in the ZIP, as far as a ZIP can say it (from 1980 on, even seconds).
    pub created: String,
    /// The program that makes it, and its version. No name of a person or a computer.
    pub software: String,
    /// What it is called.
    pub title: Option<String>,
    /// What is in it.
    pub description: Option<String>,
    /// The page that a viewer opens first, and its time in RFC 3339.
    pub main_page: Option<(String, String)>,
}

/// One line of the list of pages.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct NewPage {
    /// Names the page within the list. Without it, it is made from URL and time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The page's address.
    pub url: String,
    /// Moment of its capture in RFC 3339; a viewer finds the record by it.
    pub ts: String,
    /// The page's title.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The page's text, for searching.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Bytes of everything the page loaded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
}

/// What became of an archive that was added.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddedArchive {
    /// Where it lies in the WACZ.
    pub path: String,
    /// Its whole records.
    pub records: u64,
    /// What is wrong with it. The bytes are in the WACZ as they are; records that are not whole are
    /// not in the index.
    pub problems: Vec<Problem>,
}

/// Why a WACZ was not written. What is in the output then is none.
#[derive(Debug, thiserror::Error)]
pub enum WaczWriteError {
    /// The input cannot be put into a WACZ.
    #[error("{path} cannot go into a WACZ: {detail}")]
    Rule {
        /// The file inside the WACZ.
        path: String,
        /// The rule it breaks.
        detail: String,
    },
    /// The input could not be read or the output not written.
    #[error(transparent)]
    Machine(#[from] io::Error),
}

impl From<zip::result::ZipError> for WaczWriteError {
    fn from(error: zip::result::ZipError) -> Self {
        Self::Machine(error.into())
    }
}

/// Asks a time-stamp authority about a SHA-256 digest and gives its response in DER (RFC 3161).
pub type TimeStamper<'t> = dyn FnMut(&[u8; 32]) -> io::Result<Vec<u8>> + 't;

/// Writes one WACZ: first archives, pages and further files in any order, then
/// [`WaczWriter::finish`]. Files lie in the ZIP in the order in which they were added.
///
/// Nothing that is added is held in memory, except the index, compressed: about 80 bytes a record.
pub struct WaczWriter<W: Write + Seek> {
    zip: Zip<W>,
    about: NewWacz,
    contents: Contents,
    index: IndexLines,
    has_pages: bool,
}

impl<W: Write + Seek> WaczWriter<W> {
    /// Begins a WACZ at the start of `output`.
    pub fn new(output: W, about: NewWacz) -> Result<Self, WaczWriteError> {
        if about.created.len() != 20 || !is_warc_date(&about.created) {
            let detail = format!("created {:?} is not like 2026-11-22T22:12:00Z", about.created);
            return Err(rule("datapackage.json", detail));
        }
        let time = zip_time(&about.created);
        Ok(Self {
            zip: Zip { writer: ZipWriter::new(output), time },
            about,
            contents: Contents::default(),
            index: IndexLines::default(),
            has_pages: false,
        })
    }

    /// Adds a WARC file byte for byte, and its records to the index. `length` is its size; another
    /// number of bytes is an error.
    ///
    /// The name gets the ending that the content asks for, `.warc.gz` or `.warc`. A file that is
    /// compressed as a whole is refused, because no viewer could find its records; so are ARC,
    /// zstd and LZ4. [`WaczWriter::add_records`] takes the records of all but ARC.
    pub fn add_archive(
        &mut self,
        name: &str,
        length: u64,
        mut input: impl Read,
    ) -> Result<AddedArchive, WaczWriteError> {
        let mut first = Vec::new();
        (&mut input).take(8).read_to_end(&mut first)?;
        let ending = match container_of(&first) {
            Container::Gzip => ".warc.gz",
            Container::Plain => ".warc",
            other => {
                let detail = format!("its content is {other:?}, a WACZ holds plain or gzip WARC");
                return Err(rule(name, detail));
            }
        };
        let (path, file) = archive_path(name, ending);
        let mut entry =
            self.zip.begin(&self.contents, &path, CompressionMethod::Stored, length >= LARGE)?;
        let mut copied = Copied { input: Cursor::new(first).chain(input), output: &mut entry };
        let mut added = AddedArchive { path: path.clone(), records: 0, problems: Vec::new() };
        {
            let mut reader = Reader::new(&mut copied)?.without_record_digests();
            while let Some(mut record) = reader.next_record()? {
                let offset = record.offset();
                if record.head().format() == Format::Arc {
                    return Err(rule(&path, "it is an ARC file, not a WARC".to_owned()));
                }
                let line = match line_of(&mut record, &mut io::sink()) {
                    Ok(line) => line,
                    // The record's end says what is wrong with it.
                    Err(error) if is_broken_record(&error) => None,
                    Err(error) => return Err(error.into()),
                };
                let end = record.finish()?;
                if end.layout == Layout::SharedMember {
                    let detail = format!(
                        "the record at byte {offset} shares its compressed member with others, so \
                         that it cannot be read at random"
                    );
                    return Err(rule(&path, detail));
                }
                added.problems.append(&mut reader.take_problems());
                if end.whole {
                    added.records += 1;
                    if let (Some(line), Some(length)) = (line, end.length) {
                        self.index.push(&line.at(&file, end.offset, length))?;
                    }
                }
            }
            added.problems.append(&mut reader.take_problems());
        }
        io::copy(&mut copied, &mut io::sink())?;
        let written = entry.end(&mut self.contents);
        if written != length {
            let detail = format!("{written} bytes were read where {length} were said");
            return Err(rule(&path, detail));
        }
        Ok(added)
    }

    /// Adds a new WARC that holds every record of `readers` in their order, each in a gzip member
    /// of its own: header and block as they are, whatever they were compressed with.
    ///
    /// For single records out of a large archive give a
    /// [`read_record_at`](crate::read_record_at) for each. A record whose block breaks off, and one
    /// of an ARC, is an error. Other damage around the records is in [`AddedArchive::problems`].
    pub fn add_records<'r>(
        &mut self,
        name: &str,
        readers: impl IntoIterator<Item = io::Result<Reader<'r>>>,
    ) -> Result<AddedArchive, WaczWriteError> {
        let (path, file) = archive_path(name, ".warc.gz");
        // How long the archive gets is not known yet.
        let mut entry = self.zip.begin(&self.contents, &path, CompressionMethod::Stored, true)?;
        let mut added = AddedArchive { path: path.clone(), records: 0, problems: Vec::new() };
        for reader in readers {
            let mut reader = reader?.without_record_digests();
            while let Some(mut record) = reader.next_record()? {
                let offset = record.offset();
                let refused =
                    |what: &str| rule(&path, format!("the record at byte {offset} {what}"));
                if record.head().format() == Format::Arc {
                    return Err(refused("is one of an ARC file"));
                }
                let start = entry.bytes;
                // No name and no time in the member: they would change the bytes.
                let mut member = GzBuilder::new().write(&mut entry, Compression::default());
                let line = match line_of(&mut record, &mut member) {
                    Ok(line) => line,
                    Err(error) if is_broken_record(&error) => return Err(refused("is not whole")),
                    Err(error) => return Err(error.into()),
                };
                member.write_all(b"\r\n\r\n")?;
                member.finish()?;
                if !record.finish()?.whole {
                    return Err(refused("is not whole"));
                }
                added.records += 1;
                if let Some(line) = line {
                    self.index.push(&line.at(&file, start, entry.bytes - start))?;
                }
            }
            added.problems.append(&mut reader.take_problems());
        }
        entry.end(&mut self.contents);
        Ok(added)
    }

    /// Adds the list of pages, which there is once. Without it the WACZ gets an empty one.
    pub fn add_pages(
        &mut self,
        title: &str,
        pages: impl IntoIterator<Item = io::Result<NewPage>>,
    ) -> Result<(), WaczWriteError> {
        #[derive(Serialize)]
        struct Header<'t> {
            format: &'t str,
            id: &'t str,
            title: &'t str,
        }
        let path = "pages/pages.jsonl";
        let header = Header { format: "json-pages-1.0", id: "pages", title };
        let mut entry = self.zip.begin(&self.contents, path, CompressionMethod::Deflated, false)?;
        write_line(&mut entry, &header)?;
        for page in pages {
            let mut page = page?;
            if !super::pages::is_rfc_3339(&page.ts) {
                let detail = format!("the page {:?} has the time {:?}", page.url, page.ts);
                return Err(rule(path, detail));
            }
            if page.id.is_none() {
                let digest = Sha256::digest(format!("{} {}", page.ts, page.url));
                let digest = data_encoding::HEXLOWER.encode(&digest);
                page.id = digest.get(..20).map(str::to_owned);
            }
            write_line(&mut entry, &page)?;
        }
        entry.end(&mut self.contents);
        self.has_pages = true;
        Ok(())
    }

    /// Adds a further file of `length` bytes at `path`, one folder deep, such as
    /// `logs/capture.jsonl`.
    pub fn add_file(
        &mut self,
        path: &str,
        length: u64,
        mut input: impl Read,
    ) -> Result<(), WaczWriteError> {
        let own = ["archive/", "indexes/", "timestamps/", "datapackage"];
        if own.iter().any(|start| path.starts_with(start)) || path == "pages/pages.jsonl" {
            let detail = "files of this name are written by the program itself";
            return Err(rule(path, detail.to_owned()));
        }
        let mut entry =
            self.zip.begin(&self.contents, path, CompressionMethod::Deflated, length >= LARGE)?;
        io::copy(&mut input, &mut entry)?;
        let written = entry.end(&mut self.contents);
        if written != length {
            let detail = format!("{written} bytes were read where {length} were said");
            return Err(rule(path, detail));
        }
        Ok(())
    }

    /// Writes the index, `datapackage.json` and `datapackage-digest.json`, signed when a key is
    /// given, and gives the output back.
    ///
    /// `time_stamp` gets the SHA-256 of the list of all files and their digests, and answers with
    /// an RFC 3161 response for it. List and response become `timestamps/contents.sha256` and
    /// `timestamps/contents.sha256.tsr`. (A token over `datapackage.json` could not be in the WACZ:
    /// that file would have to name the token's digest.) After unpacking,
    /// `sha256sum -c timestamps/contents.sha256` and
    /// `openssl ts -verify -data timestamps/contents.sha256 -in timestamps/contents.sha256.tsr`
    /// check both.
    pub fn finish(
        mut self,
        key: Option<&WaczKey>,
        time_stamp: Option<&mut TimeStamper<'_>>,
    ) -> Result<W, WaczWriteError> {
        if !self.has_pages {
            self.add_pages("Pages", [])?;
        }
        self.write_index()?;
        if let Some(time_stamp) = time_stamp {
            let list = self.contents.sha256_list();
            let response = time_stamp(&Sha256::digest(&list).into())?;
            self.write_file("timestamps/contents.sha256", list.as_bytes())?;
            self.write_file("timestamps/contents.sha256.tsr", &response)?;
        }
        let package = self.contents.package(&self.about)?;
        let digest = digest_file(&package, &self.about, key)?;
        self.write_unlisted("datapackage.json", &package)?;
        self.write_unlisted("datapackage-digest.json", &digest)?;
        let mut output = self.zip.writer.finish()?;
        output.flush()?;
        Ok(output)
    }

    /// Writes the index in the form that py-wacz writes, which pywb asks for: it does not know a
    /// plain `index.cdxj`.
    fn write_index(&mut self) -> Result<(), WaczWriteError> {
        let (path, file) = ("indexes/index.cdx.gz", "index.cdx.gz");
        // Not large: an index of 4 GiB has a hundred million lines.
        let mut entry = self.zip.begin(&self.contents, path, CompressionMethod::Stored, false)?;
        let table = std::mem::take(&mut self.index).write_blocks(file, &mut entry)?;
        entry.end(&mut self.contents);
        self.write_file("indexes/index.idx", table.as_bytes())
    }

    fn write_file(&mut self, path: &str, bytes: &[u8]) -> Result<(), WaczWriteError> {
        let mut entry = self.zip.begin(&self.contents, path, CompressionMethod::Deflated, false)?;
        entry.write_all(bytes)?;
        entry.end(&mut self.contents);
        Ok(())
    }

    /// Writes a file that `datapackage.json` does not list.
    fn write_unlisted(&mut self, path: &str, bytes: &[u8]) -> Result<(), WaczWriteError> {
        self.zip
            .begin(&self.contents, path, CompressionMethod::Deflated, false)?
            .write_all(bytes)?;
        Ok(())
    }
}

fn rule(path: &str, detail: String) -> WaczWriteError {
    WaczWriteError::Rule { path: path.to_owned(), detail }
}

/// Path of an archive in the WACZ and its name in the index.
fn archive_path(name: &str, ending: &str) -> (String, String) {
    let stem = name.strip_suffix(".gz").unwrap_or(name);
    let stem = stem.strip_suffix(".warc").unwrap_or(stem);
    let file = format!("{stem}{ending}");
    (format!("archive/{file}"), file)
}

/// Reading a block failed because the record breaks off, not because the machine did.
fn is_broken_record(error: &io::Error) -> bool {
    error.get_ref().is_some_and(|inner| inner.is::<Problem>())
}

/// The date and time of a ZIP entry; the earliest one for moments before 1980.
fn zip_time(created: &str) -> DateTime {
    let number = |from: usize, to: usize| created.get(from..to)?.parse::<u16>().ok();
    let small = |from: usize| number(from, from + 2).and_then(|value| u8::try_from(value).ok());
    let parts = || Some((number(0, 4)?, small(5)?, small(8)?, small(11)?, small(14)?, small(17)?));
    parts()
        .and_then(|(year, month, day, hour, minute, second)| {
            DateTime::from_date_and_time(year, month, day, hour, minute, second).ok()
        })
        .unwrap_or_default()
}

fn write_line(output: &mut impl Write, value: &impl Serialize) -> io::Result<()> {
    let mut line = serde_json::to_vec(value)?;
    line.push(b'\n');
    output.write_all(&line)
}

/// The ZIP and the time that all its files have.
struct Zip<W: Write + Seek> {
    writer: ZipWriter<W>,
    time: DateTime,
}

impl<W: Write + Seek> Zip<W> {
    fn begin(
        &mut self,
        contents: &Contents,
        path: &str,
        method: CompressionMethod,
        large: bool,
    ) -> Result<Entry<'_, W>, WaczWriteError> {
        let listed = !path.starts_with("datapackage");
        let one_deep = path.matches('/').count() == 1 && !path.ends_with('/');
        if (listed && !one_deep) || is_unsafe(path) || path.contains(char::is_control) {
            let detail = "a file must lie one folder deep and have a name that is safe everywhere";
            return Err(rule(path, detail.to_owned()));
        }
        if contents.has(path) {
            return Err(rule(path, "a file of this name is there already".to_owned()));
        }
        let options = SimpleFileOptions::default()
            .compression_method(method)
            .last_modified_time(self.time)
            .system(System::Unix)
            .unix_permissions(0o644)
            .large_file(large);
        self.writer.start_file(path, options)?;
        let zip = &mut self.writer;
        Ok(Entry { zip, path: path.to_owned(), sha256: Sha256::new(), bytes: 0 })
    }
}

/// One file that is being written: hashed and counted.
struct Entry<'z, W: Write + Seek> {
    zip: &'z mut ZipWriter<W>,
    path: String,
    sha256: Sha256,
    bytes: u64,
}

impl<W: Write + Seek> Entry<'_, W> {
    /// Lists the file and gives its length.
    fn end(self, contents: &mut Contents) -> u64 {
        contents.add(self.path, self.sha256.finalize().into(), self.bytes);
        self.bytes
    }
}

impl<W: Write + Seek> Write for Entry<'_, W> {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        let count = self.zip.write(data)?;
        self.sha256.update(data.get(..count).unwrap_or_default());
        self.bytes += count as u64;
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.zip.flush()
    }
}

/// Writes out what is read through it.
struct Copied<'o, R, W> {
    input: R,
    output: &'o mut W,
}

impl<R: Read, W: Write> Read for Copied<'_, R, W> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let count = self.input.read(out)?;
        self.output.write_all(out.get(..count).unwrap_or_default())?;
        Ok(count)
    }
}
