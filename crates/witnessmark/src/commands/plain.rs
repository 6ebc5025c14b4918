//! Plain tools on files, without a case.

use std::fs::File;
use std::io::{BufReader, Read, Seek, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use witnessmark_case::archive::{self, Reader, RecordType, Verdict};
use witnessmark_case::text::{self, Hints, PlaceNames};
use witnessmark_case::{CaseError, read_place_names};

use crate::Ending;
use crate::arguments::Arguments;
use crate::output::{self, json, line};

/// Larger documents are not read for their text, in bytes.
const LARGEST_DOCUMENT: usize = 64 << 20;

/// `warc check`.
pub(super) fn warc_check(arguments: &Arguments, files: &[PathBuf]) -> Result<Ending, CaseError> {
    let mut flawed = false;
    for path in files {
        let report = if path == Path::new("-") {
            archive::check("-", std::io::stdin(), &mut |_| ())
        } else {
            archive::check_file(path, &mut |_| ())
        };
        let report = report.map_err(|cause| CaseError::file("read", path, &cause))?;
        flawed |= report.verdict != Verdict::Sound;
        if arguments.json {
            json(&report)?;
            continue;
        }
        let value = serde_json::to_value(&report)?;
        let word = |field: &str| value[field].as_str().unwrap_or("?").to_owned();
        let version =
            value["version"].as_str().map(|version| format!(" {version}")).unwrap_or_default();
        line(&format!(
            "{}: {}, {}{version}, {} records",
            word("file"),
            word("verdict"),
            word("kind"),
            value["records"]
        ))?;
        for problem in value["problems"].as_array().into_iter().flatten() {
            line(&format!(
                "  {} at byte {}: {}",
                problem["code"].as_str().unwrap_or_default(),
                problem["offset"],
                problem["detail"].as_str().unwrap_or_default()
            ))?;
        }
    }
    Ok(Ending::flawed_if(flawed))
}

/// `warc index`.
pub(super) fn warc_index(files: &[PathBuf]) -> Result<Ending, CaseError> {
    let mut flawed = false;
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    for path in files {
        let fail = |cause: std::io::Error| CaseError::file("read", path, &cause);
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let file = BufReader::with_capacity(1 << 18, File::open(path).map_err(fail)?);
        let problems =
            archive::index(&name, file, &mut |line| writeln!(out, "{line}")).map_err(fail)?;
        for problem in problems {
            if problem.code.severity() == archive::Severity::Flaw {
                flawed = true;
                let code = problem.code.as_str();
                eprintln!(
                    "{}: {code} at byte {}: {}",
                    path.display(),
                    problem.offset,
                    problem.detail
                );
            }
        }
    }
    out.flush().map_err(|cause| CaseError::file("write to", Path::new("stdout"), &cause))?;
    Ok(Ending::flawed_if(flawed))
}

/// `extract`.
pub(super) fn extract(
    arguments: &Arguments,
    files: &[PathBuf],
    gazetteer: Option<&Path>,
) -> Result<Ending, CaseError> {
    let places = gazetteer.map(read_place_names).transpose()?;
    let places = places.as_ref();
    let mut flawed = false;
    for path in files {
        let fail = |cause: std::io::Error| CaseError::file("read", path, &cause);
        let mut file = File::open(path).map_err(fail)?;
        let mut head = Vec::new();
        Read::by_ref(&mut file).take(4096).read_to_end(&mut head).map_err(fail)?;
        file.rewind().map_err(fail)?;
        if is_archive(&head) {
            flawed |= !extract_archive(arguments, path, file, places)?;
            continue;
        }
        let mut bytes = Vec::new();
        file.take(LARGEST_DOCUMENT as u64).read_to_end(&mut bytes).map_err(fail)?;
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let hints = Hints { file_name: Some(name), ..Hints::default() };
        flawed |= !print_extraction(arguments, path, None, &bytes, &hints, places)?;
    }
    Ok(Ending::flawed_if(flawed))
}

/// Whether a file that begins so is a web archive: a ZIP file (it may be a WACZ), or one whose first record can be read.
fn is_archive(head: &[u8]) -> bool {
    head.starts_with(b"PK\x03\x04")
        || Reader::new(head).is_ok_and(|mut reader| matches!(reader.next_record(), Ok(Some(_))))
}

/// Reads each page of an archive; `false` if something is wrong with it, or there is none.
fn extract_archive(
    arguments: &Arguments,
    path: &Path,
    file: File,
    places: Option<&PlaceNames>,
) -> Result<bool, CaseError> {
    let (mut sound, mut found, mut broken) = (true, false, None);
    let walked = archive::read_archives(BufReader::new(file), |_, mut reader| {
        while let Some(mut record) = reader.next_record()? {
            let kind = record.head().record_type();
            if broken.is_some() || !matches!(kind, RecordType::Response | RecordType::Resource) {
                continue;
            }
            let http = record.http()?.map(|head| (head.media_type(), head.charset()));
            let (media_type, charset) = http.unwrap_or_default();
            let media_type = media_type.or_else(|| record.head().content_type().map(str::to_owned));
            let is_text = |kind: &str| kind.contains("html") || kind.starts_with("text/");
            if !media_type.as_deref().is_some_and(is_text) {
                continue;
            }
            let url = record.head().target_uri().map(|uri| uri.into_owned());
            let payload = record.payload(LARGEST_DOCUMENT)?;
            let hints = Hints { media_type, charset, url: url.clone(), file_name: None };
            found = true;
            match print_extraction(arguments, path, url.as_deref(), &payload.bytes, &hints, places)
            {
                Ok(read) => sound &= read,
                Err(error) => broken = Some(error),
            }
        }
        for problem in reader.take_problems() {
            if problem.code.severity() == archive::Severity::Flaw {
                sound = false;
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
        let fact = format!("{} holds no page of text", path.display());
        output::error(&CaseError::input(fact, "`witnessmark warc check` says what it is"));
    }
    Ok(sound && found)
}

/// Prints what was read; `false` if nothing could be.
fn print_extraction(
    arguments: &Arguments,
    path: &Path,
    url: Option<&str>,
    bytes: &[u8],
    hints: &Hints,
    places: Option<&PlaceNames>,
) -> Result<bool, CaseError> {
    let mut found = match text::extract(bytes, hints) {
        Ok(found) => found,
        Err(error) => {
            let place = url.map_or_else(String::new, |url| format!(", {url}"));
            let fact = format!("{}{place}: {error}", path.display());
            output::error(&CaseError::input(fact, error.hint()));
            return Ok(false);
        }
    };
    if let Some(places) = places {
        found.find_mentions_among(places);
    }
    if arguments.json {
        let mut fields = Map::new();
        fields.insert("input".into(), path.display().to_string().into());
        fields.insert("url".into(), url.map_or(Value::Null, Value::from));
        if let Value::Object(rest) = serde_json::to_value(&found)? {
            fields.extend(rest);
        }
        let published = found.published.as_ref().map(|published| published.date.clone());
        fields.insert("published".into(), published.into());
        let where_found = found.published.as_ref().map(|published| published.found_in.clone());
        fields.insert("published_found_in".into(), where_found.into());
        json(&fields)?;
    } else {
        let title = found.title.as_deref().unwrap_or("(no title)");
        line(&format!(
            "# {} – {title} [{}]",
            url.unwrap_or(&path.display().to_string()),
            found.language
        ))?;
        for warning in &found.warnings {
            line(&format!("# warning: {warning}"))?;
        }
        output::quotable(&found.text)?;
    }
    Ok(true)
}

#[derive(Serialize)]
struct LanguageAnswer<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    input: Option<&'a str>,
    language: String,
    script: String,
    confidence: f64,
}

/// `language`.
pub(super) fn language(
    arguments: &Arguments,
    files: &[PathBuf],
    lines: Option<&Path>,
) -> Result<Ending, CaseError> {
    let answer = |input: Option<&str>, words: &str| {
        let found = text::detect_language(words);
        if arguments.json {
            json(&LanguageAnswer {
                input,
                language: found.language,
                script: found.script,
                confidence: found.confidence,
            })
        } else {
            let input = input.map(|input| format!("\t{input}")).unwrap_or_default();
            line(&format!("{}\t{}\t{:.2}{input}", found.language, found.script, found.confidence))
        }
    };
    if let Some(path) = lines {
        for words in utf8(path)?.lines() {
            answer(None, words)?;
        }
    }
    for path in files {
        answer(Some(&path.display().to_string()), &utf8(path)?)?;
    }
    Ok(Ending::Well)
}

#[derive(Deserialize)]
struct Doc {
    id: String,
    text: String,
}

#[derive(Serialize)]
struct Pair<'d> {
    a: &'d str,
    b: &'d str,
    similarity: f64,
    containment: f64,
}

/// `near-duplicates`.
pub(super) fn near_duplicates(
    arguments: &Arguments,
    file: &Path,
    threshold: f64,
) -> Result<Ending, CaseError> {
    if !(0.01..=1.0).contains(&threshold) {
        let fact = format!("the threshold {threshold} is not between 0.01 and 1");
        return Err(CaseError::usage(fact, "0.8 is a good beginning"));
    }
    let mut docs: Vec<Doc> = Vec::new();
    for (number, text) in (1..).zip(utf8(file)?.lines()).filter(|(_, line)| !line.trim().is_empty())
    {
        docs.push(serde_json::from_str(text).map_err(|error| {
            let fact = format!("{}, line {number}: {error}", file.display());
            CaseError::input(fact, "each line is a JSON object with the texts `id` and `text`")
        })?);
    }
    let texts: Vec<&str> = docs.iter().map(|doc| doc.text.as_str()).collect();
    let found = text::near_duplicates(&texts, threshold);
    let name = |at: usize| docs.get(at).map(|doc| doc.id.as_str()).unwrap_or_default();
    let pairs: Vec<Pair<'_>> = found
        .iter()
        .map(|pair| Pair {
            a: name(pair.a),
            b: name(pair.b),
            similarity: pair.similarity,
            containment: pair.containment,
        })
        .collect();
    if arguments.json {
        json(&serde_json::json!({ "pairs": pairs }))?;
    } else {
        for pair in &pairs {
            let Pair { a, b, similarity, containment } = pair;
            line(&format!("{a}\t{b}\tsimilarity {similarity:.3}\tcontainment {containment:.3}"))?;
        }
    }
    Ok(Ending::Well)
}

/// The text of a file that must be UTF-8.
pub(super) fn utf8(path: &Path) -> Result<String, CaseError> {
    let bytes = std::fs::read(path).map_err(|cause| CaseError::file("read", path, &cause))?;
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        let fact = format!("{} is not UTF-8 text: byte {at} does not fit", path.display());
        CaseError::input(fact, "save it as UTF-8; `witnessmark extract` reads other encodings")
    })
}
