//! `extract`: the text of files of every kind, and of each document in an archive.

use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};
use witnessmark_case::archive::{self, Reader, RecordType};
use witnessmark_case::document::process::{ProcessLimits, Readers, Stop};
use witnessmark_case::document::{Document, Limits, Line, Page, is_read_apart};
use witnessmark_case::text::{
    self, Content, ExtractError, Extraction, Hints, PlaceNames, find_mentions_among, language_runs,
};
use witnessmark_case::{CaseError, read_place_names};

use crate::arguments::Arguments;
use crate::output::{self, line};
use crate::{Ending, system};

/// Larger documents are not read for their text, in bytes.
const LARGEST_DOCUMENT: usize = 64 << 20;
/// Where in a ZIP file the list of its files is looked for: so many bytes before its end.
const LIST_OF_FILES: u64 = 1 << 20;

/// One run of the command.
struct Extracting<'a> {
    arguments: &'a Arguments,
    readers: Readers,
    /// The places that are looked for, if not those known without a gazetteer.
    places: Option<PlaceNames>,
    /// Whether everything could be read so far.
    sound: bool,
}

/// Where a document comes from.
#[derive(Clone, Copy)]
struct Origin<'a> {
    path: &'a Path,
    /// The address, for a record of a web archive.
    url: Option<&'a str>,
}

/// `extract`.
pub(super) fn extract(
    arguments: &Arguments,
    files: &[PathBuf],
    gazetteer: Option<&Path>,
) -> Result<Ending, CaseError> {
    let places = gazetteer.map(read_place_names).transpose()?;
    let program = std::env::current_exe().ok();
    let readers =
        Readers::new(program, 1, ProcessLimits::default()).with_programs(system::programs());
    let mut extracting = Extracting { arguments, readers, places, sound: true };
    for path in files {
        extracting.file(path)?;
    }
    for lacking in extracting.readers.lacking() {
        output::note(arguments.quiet, &lacking);
    }
    Ok(Ending::flawed_if(!extracting.sound))
}

impl Extracting<'_> {
    fn file(&mut self, path: &Path) -> Result<(), CaseError> {
        let fail = |cause: std::io::Error| CaseError::file("read", path, &cause);
        let mut file = File::open(path).map_err(fail)?;
        if is_web_archive(&mut file).map_err(fail)? {
            return self.web_archive(path, file);
        }
        let mut bytes = Vec::new();
        file.take(LARGEST_DOCUMENT as u64).read_to_end(&mut bytes).map_err(fail)?;
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let hints = Hints { file_name: Some(name), ..Hints::default() };
        self.document(Origin { path, url: None }, &bytes, &hints)
    }

    /// Reads each page and document of a web archive.
    fn web_archive(&mut self, path: &Path, file: File) -> Result<(), CaseError> {
        let (mut found, mut broken) = (false, None);
        let walked = archive::read_archives(BufReader::new(file), |_, mut reader| {
            while let Some(mut record) = reader.next_record()? {
                let kind = record.head().record_type();
                if broken.is_some() || !matches!(kind, RecordType::Response | RecordType::Resource)
                {
                    continue;
                }
                let http = record.http()?.map(|head| (head.media_type(), head.charset()));
                let (media_type, charset) = http.unwrap_or_default();
                let media_type =
                    media_type.or_else(|| record.head().content_type().map(str::to_owned));
                if !media_type.as_deref().is_some_and(is_read) {
                    continue;
                }
                let url = record.head().target_uri().map(|uri| uri.into_owned());
                let payload = record.payload(LARGEST_DOCUMENT)?;
                let hints = Hints { media_type, charset, url: url.clone(), file_name: None };
                found = true;
                let origin = Origin { path, url: url.as_deref() };
                broken = self.document(origin, &payload.bytes, &hints).err();
            }
            for problem in reader.take_problems() {
                if problem.code.severity() == archive::Severity::Flaw {
                    self.sound = false;
                    let (code, at) = (problem.code.as_str(), problem.offset);
                    eprintln!("{}: {code} at byte {at}: {}", path.display(), problem.detail);
                }
            }
            Ok(())
        });
        if let Some(error) = broken {
            return Err(error);
        }
        walked.map_err(|cause| CaseError::file("read", path, &cause))?;
        if !found {
            self.sound = false;
            let fact = format!("{} holds no page of text", path.display());
            output::error(&CaseError::input(fact, "`witnessmark warc check` says what it is"));
        }
        Ok(())
    }

    /// Reads one file's bytes, and prints each document in it.
    fn document(
        &mut self,
        origin: Origin<'_>,
        bytes: &[u8],
        hints: &Hints,
    ) -> Result<(), CaseError> {
        if !is_read_apart(bytes, hints) {
            let read = text::extract(bytes, hints);
            return self.print(origin, None, read, &[]);
        }
        let (mut printed, mut any) = (Ok(()), false);
        let readers =
            std::mem::replace(&mut self.readers, Readers::new(None, 1, ProcessLimits::default()));
        let mut print = |document: Document| {
            any = true;
            if printed.is_ok() {
                let read = document.content.map(Content::finish);
                printed = self.print(origin, document.inside.as_deref(), read, &document.pages);
            }
        };
        // Whoever wants it to stop ends the program: nothing is written here.
        let limits = Limits::default();
        let read = readers.read_recognised(bytes, hints, &limits, &Stop::default(), &mut print);
        self.readers = readers;
        printed?;
        match read {
            Err(why) => {
                self.print(origin, None, Err(ExtractError::Stopped { why: why.to_string() }), &[])
            }
            Ok(()) if !any => {
                let why = "there is no document in it that can be read".to_owned();
                self.print(origin, None, Err(ExtractError::Stopped { why }), &[])
            }
            Ok(()) => Ok(()),
        }
    }

    /// Prints what was read in a document, or why nothing was.
    fn print(
        &mut self,
        origin: Origin<'_>,
        inside: Option<&str>,
        read: Result<Extraction, ExtractError>,
        pages: &[Page],
    ) -> Result<(), CaseError> {
        let Origin { path, url } = origin;
        let found = match read {
            Ok(found) => found,
            Err(error) => {
                self.sound = false;
                let place: Vec<_> =
                    url.into_iter().chain(inside).map(|place| format!(", {place}")).collect();
                let fact = format!("{}{}: {error}", path.display(), place.concat());
                output::error(&CaseError::input(fact, error.hint()));
                return Ok(());
            }
        };
        if self.arguments.json {
            let mut fields = Map::new();
            fields.insert("input".into(), path.display().to_string().into());
            fields.insert("url".into(), url.map_or(Value::Null, Value::from));
            fields.insert("inside".into(), inside.map_or(Value::Null, Value::from));
            if let Value::Object(rest) = serde_json::to_value(&found)? {
                fields.extend(rest);
            }
            let places = self.places.as_ref().unwrap_or(PlaceNames::builtin());
            let mentions = find_mentions_among(&found.text, Some(&found.language), places);
            fields.insert("mentions".into(), serde_json::to_value(mentions)?);
            fields.insert("languages".into(), serde_json::to_value(language_runs(&found.text))?);
            let published = found.published.as_ref().map(|published| published.date.clone());
            fields.insert("published".into(), published.into());
            let where_found = found.published.as_ref().map(|published| published.found_in.clone());
            fields.insert("published_found_in".into(), where_found.into());
            fields.insert("pages".into(), pages.iter().map(page).collect());
            return output::json(&fields);
        }
        let title = found.title.as_deref().unwrap_or("(no title)");
        let name = path.display().to_string();
        let name = url.unwrap_or(&name);
        let inside = inside.map(|inside| format!(", {inside}")).unwrap_or_default();
        let pages = match pages.len() {
            0 => String::new(),
            count => format!(", {}", output::count(count, "page")),
        };
        line(&format!("# {name}{inside} – {title} [{}{pages}]", found.language))?;
        for warning in &found.warnings {
            line(&format!("# warning: {warning}"))?;
        }
        output::quotable(&found.text)
    }
}

/// A page as JSON shows it: its lines with their boxes as left, top, right and bottom edge.
fn page(page: &Page) -> Value {
    let row = |line: &Line| {
        let right = line.left + line.width;
        let bottom = line.top + line.height;
        json!({
            "start": line.start,
            "end": line.end,
            "box": [line.left, line.top, right, bottom],
            "confidence": line.confidence,
            "language": line.language,
        })
    };
    json!({
        "page": page.number,
        "width": page.width,
        "height": page.height,
        "read_by": page.read_by,
        "scanned": page.scanned,
        "lines": page.lines.iter().map(row).collect::<Vec<_>>(),
    })
}

/// Whether a file is a WARC, an ARC or a WACZ: by its first record, or by the list of files that a WACZ has to hold.
fn is_web_archive(file: &mut File) -> std::io::Result<bool> {
    let mut head = Vec::new();
    Read::by_ref(file).take(4096).read_to_end(&mut head)?;
    let is_archive = if head.starts_with(b"PK\x03\x04") {
        let length = file.seek(SeekFrom::End(0))?;
        file.seek(SeekFrom::Start(length.saturating_sub(LIST_OF_FILES)))?;
        let mut tail = Vec::new();
        Read::by_ref(file).take(LIST_OF_FILES).read_to_end(&mut tail)?;
        let name = b"datapackage.json";
        tail.windows(name.len()).any(|bytes| bytes == name)
    } else {
        Reader::new(head.as_slice())
            .is_ok_and(|mut reader| matches!(reader.next_record(), Ok(Some(_))))
    };
    file.rewind()?;
    Ok(is_archive)
}

/// Whether a record with this media type is a page or a document.
fn is_read(media_type: &str) -> bool {
    let kind = media_type.split(';').next().unwrap_or("").trim().to_ascii_lowercase();
    kind.contains("html")
        || kind.starts_with("text/")
        || ["application/vnd.openxmlformats", "application/vnd.ms-", "application/vnd.oasis"]
            .iter()
            .any(|start| kind.starts_with(start))
        || [
            "application/pdf",
            "application/msword",
            "application/rtf",
            "application/epub+zip",
            "application/zip",
            "message/rfc822",
        ]
        .contains(&kind.as_str())
}
