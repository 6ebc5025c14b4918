//! Recordings that a crash or a full disk left: every whole record of them is kept, and the log says that they broke off.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde_json::Value;
use witnessmark_archive::{Reader, RecordType};
use witnessmark_document::process::Stop;
use witnessmark_model::Digest;
use witnessmark_model::id::{CaptureId, ImportId};
use witnessmark_text::verdict::Code;

use super::incoming::{self, Incoming, Source};
use super::{Facts, is_failure};
use crate::add::Outcome;
use crate::add::warc::RecordedCapture;
use crate::reading::{Circumstances, TextRow, read_record};
use crate::{Case, CaseError};

/// What an exchange's own description says of it, as far as it matters here.
struct Described {
    is_page: bool,
    cut: Option<String>,
}

/// What a recording says of itself.
struct SaysOfItself {
    method: &'static str,
    /// The fields of its first record.
    about: BTreeMap<String, String>,
    /// What the description of its exchange says, for each record of an exchange.
    described: BTreeMap<String, Described>,
}

/// A record that shows a page.
struct Found {
    record_id: String,
    outcome: Outcome,
    capture: RecordedCapture,
    text: TextRow,
}

impl Case {
    /// Keeps what earlier runs left in the folder of recordings under way.
    pub(in crate::add) fn keep_unfinished(
        &mut self,
        on_outcome: &mut dyn FnMut(&Outcome),
    ) -> Result<(), CaseError> {
        let folder = self.vault.folder().join(incoming::FOLDER);
        let Ok(entries) = std::fs::read_dir(&folder) else { return Ok(()) };
        let incoming = Incoming::of(self)?;
        let left: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
        for path in left.iter().filter(|path| path.is_dir()) {
            self.set_aside(path)?;
        }
        for (id, path) in incoming.left() {
            self.keep_one(&incoming, &id, &path, on_outcome)?;
        }
        Ok(())
    }

    /// What another program had fetched in part: nobody knows what it is, so it is set aside, not thrown away.
    fn set_aside(&self, path: &Path) -> Result<(), CaseError> {
        let folder = self.vault.folder().join("quarantine");
        let fail = |cause: std::io::Error| CaseError::file("move away", path, &cause);
        std::fs::create_dir_all(&folder).map_err(fail)?;
        std::fs::rename(path, folder.join(path.file_name().unwrap_or_default())).map_err(fail)
    }

    fn keep_one(
        &mut self,
        incoming: &Incoming,
        id: &str,
        path: &Path,
        on_outcome: &mut dyn FnMut(&Outcome),
    ) -> Result<(), CaseError> {
        let (source, was_damaged) = incoming.open(id, path)?;
        let id = match id.parse::<ImportId>() {
            Ok(id) if self.casebook.entry_of_id(&id.to_string())?.is_none() => id,
            // The crash came between the log entry and the removal of the file.
            Ok(_) => return remove(path),
            Err(_) => ImportId::random(self.environment.entropy.as_mut()),
        };
        let SaysOfItself { method, about, described } = look_through(path, &source)?;
        let mut found = self.pages((path, &source), method, &described)?;
        for one in &mut found {
            let note = "kept after the run that captured it was cut off".to_owned();
            one.outcome.evidence.push(note.clone());
            one.capture.verdict.evidence.push(note);
        }
        let about = |key: &str| about.get(key).cloned().unwrap_or_else(|| "unknown".to_owned());
        let facts = Facts {
            id,
            method: method.to_owned(),
            software: about("software"),
            egress: about("witnessmark-egress"),
            robots: about("robots"),
            finished: false,
        };
        let (mut captures, mut texts, mut outcomes) = (BTreeMap::new(), Vec::new(), Vec::new());
        for one in found {
            texts.push((one.capture.capture.to_string(), one.text));
            captures.insert(one.record_id, one.capture);
            outcomes.push(one.outcome);
        }
        self.log_recording(facts, (path, &source), captures)?;
        self.texts.put(&texts)?;
        if was_damaged {
            // Nobody knows what was after the damage: sealed as it is, the file is not thrown away.
            self.set_aside(path)?;
        } else {
            remove(path)?;
        }
        outcomes.iter().for_each(on_outcome);
        Ok(())
    }

    /// The pages in a recording that broke off.
    fn pages(
        &mut self,
        (path, source): (&Path, &Source),
        method: &str,
        described: &BTreeMap<String, Described>,
    ) -> Result<Vec<Found>, CaseError> {
        let fail = |cause: std::io::Error| CaseError::file("read", path, &cause);
        let mut reader = Reader::new(source.open().map_err(fail)?).map_err(fail)?;
        let mut found = Vec::new();
        while let Some(mut record) = reader.next_record().map_err(fail)? {
            let head = record.head();
            let uri = head.target_uri().map(|uri| uri.into_owned()).unwrap_or_default();
            let record_id =
                head.record_id().unwrap_or_default().trim_matches(['<', '>']).to_owned();
            let payload = head.get("WARC-Payload-Digest").and_then(sha256_of);
            let is_dom = uri.starts_with("urn:dom:");
            let own = described.get(&record_id);
            let shows = match head.record_type() {
                RecordType::Resource => is_dom,
                RecordType::Response if method == "http" => own.is_none_or(|own| own.is_page),
                _ => false,
            };
            let status = record.http().map_err(fail)?.and_then(|head| head.status);
            if !shows || status.is_some_and(|status| (300..400).contains(&status)) {
                record.finish().map_err(fail)?;
                continue;
            }
            let page = uri.strip_prefix("urn:dom:").unwrap_or(&uri).to_owned();
            // Without the record that says how it ended, nobody knows whether all of it came.
            let cut = match own {
                Some(own) => own.cut.clone(),
                None if is_dom => None,
                None => Some("the record that says how it ended is not there".to_owned()),
            };
            let known = Circumstances {
                requested: Some(page.clone()),
                landed_on: Some(page.clone()),
                cut: cut.clone(),
                ..Circumstances::default()
            };
            let mut reading =
                read_record(&self.readers, &mut record, None, known, &Stop::default())
                    .map_err(fail)?;
            let end = record.finish().map_err(fail)?;
            if !end.whole {
                continue;
            }
            if cut.is_some() && reading.text.verdict.code == "content" {
                reading.text.verdict.code = Code::Partial.to_string();
            }
            let verdict = reading.text.verdict.clone();
            let capture = CaptureId::random(self.environment.entropy.as_mut());
            found.push(Found {
                record_id,
                outcome: Outcome {
                    bytes: end.length.unwrap_or_default(),
                    digest: payload,
                    failed: is_failure(&verdict.code),
                    ..Outcome::of(page.clone(), capture.to_string(), verdict.clone())
                },
                capture: RecordedCapture { capture, page, payload, verdict },
                text: reading.text,
            });
        }
        Ok(found)
    }
}

fn remove(path: &Path) -> Result<(), CaseError> {
    std::fs::remove_file(path).map_err(|cause| CaseError::file("remove", path, &cause))
}

fn sha256_of(field: &str) -> Option<Digest> {
    field.strip_prefix("sha256:")?.parse().ok()
}

fn look_through(path: &Path, source: &Source) -> Result<SaysOfItself, CaseError> {
    let fail = |cause: std::io::Error| CaseError::file("read", path, &cause);
    let mut reader = Reader::new(source.open().map_err(fail)?).map_err(fail)?;
    let (mut method, mut about, mut described) = ("http", BTreeMap::new(), BTreeMap::new());
    while let Some(mut record) = reader.next_record().map_err(fail)? {
        let head = record.head();
        match head.record_type() {
            RecordType::Warcinfo => {
                let block = record.payload(1 << 20).map_err(fail)?.bytes;
                for line in String::from_utf8_lossy(&block).lines() {
                    if let Some((name, value)) = line.split_once(": ") {
                        about.insert(name.to_owned(), value.to_owned());
                    }
                }
            }
            RecordType::Metadata => {
                let beside: BTreeSet<String> = head
                    .fields()
                    .filter(|(name, _)| name.eq_ignore_ascii_case("WARC-Concurrent-To"))
                    .map(|(_, id)| id.trim_matches(['<', '>']).to_owned())
                    .collect();
                let block = record.payload(1 << 20).map_err(fail)?.bytes;
                if let Ok(says) = serde_json::from_slice::<Value>(&block) {
                    let text = |key: &str| says.get(key).and_then(Value::as_str).map(str::to_owned);
                    let is_page = text("purpose").as_deref() == Some("page");
                    for id in beside {
                        described.insert(id, Described { is_page, cut: text("cut") });
                    }
                }
            }
            _ => {
                if head.target_uri().is_some_and(|uri| uri.starts_with("urn:dom:")) {
                    method = "browser";
                }
            }
        }
        record.finish().map_err(fail)?;
    }
    if method == "http" && about.get("software").is_some_and(|name| name.contains("Chrom")) {
        method = "browser";
    }
    Ok(SaysOfItself { method, about, described })
}
