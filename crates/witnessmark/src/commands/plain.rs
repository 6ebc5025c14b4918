//! Plain tools on files, without a case.

use std::fs::File;
use std::io::{BufReader, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use witnessmark_case::CaseError;
use witnessmark_case::archive::{self, Verdict};
use witnessmark_case::text;

use crate::Ending;
use crate::arguments::Arguments;
use crate::output::{json, line};

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
