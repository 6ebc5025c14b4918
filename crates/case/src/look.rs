//! Looking: lists, one thing in full, the state of the case.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;
use witnessmark_model::id::{CaptureId, PassageId};
use witnessmark_model::payload::{Lineage, Origin, Payload};

use crate::casebook::CaptureRow;
use crate::timestamps::TimeStanding;
use crate::{Case, CaseError};

/// The state of a case.
#[derive(Clone, Debug, Serialize)]
pub struct Status {
    /// The case's id.
    pub case: String,
    /// Its name.
    pub name: String,
    /// Whether it is sealed.
    pub sealed: bool,
    /// The log's name.
    pub log: String,
    /// How many entries the log holds.
    pub entries: u64,
    /// Its root.
    pub root: String,
    /// Captures by verdict.
    pub captures: Vec<(String, u64)>,
    /// How many of them a person has to look at before they are quoted.
    pub unconfirmed: u64,
    /// How many captures are not read, and cannot be found.
    pub unread: u64,
    /// How many texts another version of the program read, in another way than this one would.
    pub outdated: u64,
    /// How many captures have pages that are pictures, and no OCR has read them.
    pub waiting_for_ocr: u64,
    /// How many passages were read by OCR, and no person has compared them with the picture.
    pub unconfirmed_passages: u64,
    /// Passages, claims, origins, lineage decisions, estimates, publications.
    pub passages: u64,
    /// How many claims.
    pub claims: u64,
    /// How many declared origins.
    pub origins: u64,
    /// How many decisions on who rests on whom.
    pub lineage: u64,
    /// How many estimates.
    pub estimates: u64,
    /// How many dossiers were written.
    pub publications: u64,
    /// How many entries an outside timestamp covers, as the entries say; `verify` checks it.
    pub timestamped: u64,
    /// What must not be erased.
    pub holds: Vec<crate::HoldRow>,
    /// Erasures that wait for a second person, or for copies and key shares elsewhere.
    pub erasures: Vec<crate::ErasureRow>,
    /// How far timestamps reach.
    pub time: TimeStanding,
    /// The copies that the log names.
    pub copies: Vec<crate::CopyRow>,
    /// What tells that an older state of the case was put back, or that its history was rewritten.
    pub alarms: Vec<String>,
}

/// A passage in a list.
#[derive(Clone, Debug, Serialize)]
pub struct PassageRow {
    /// The passage.
    pub passage: PassageId,
    /// The capture.
    pub capture: CaptureId,
    /// The quoted words.
    pub exact: String,
    /// How many claims rest on it.
    pub claims: usize,
    /// Where it stands in the text as it is read today.
    pub standing: crate::Standing,
    /// `text`: the file holds it as text; `ocr-unconfirmed`: a program read it in a picture; `ocr-confirmed`: and a person
    /// compared it.
    pub read_by: &'static str,
}

/// A place in a list.
#[derive(Clone, Debug, Serialize)]
pub struct PlaceRow {
    /// Its key.
    pub place: String,
    /// The place it lies in.
    pub parent: Option<String>,
    /// Its level.
    pub level: String,
    /// Its residents.
    pub population: Option<u64>,
    /// Its other names.
    pub names: Vec<String>,
    /// How many claims name it.
    pub claims: usize,
}

/// An origin in a list, with what rests on it.
#[derive(Clone, Debug, Serialize)]
pub struct OriginRow {
    /// The declared origin.
    #[serde(flatten)]
    pub origin: Origin,
    /// What people call its capture.
    pub label: Option<String>,
}

/// A word of the codebook in a list.
#[derive(Clone, Debug, Serialize)]
pub struct CodeRow {
    /// The option of `claim` that takes it.
    pub option: String,
    /// The code.
    pub code: String,
    /// The words for the screen.
    pub label: String,
    /// When to use it.
    pub definition: Option<String>,
}

/// A log entry in a list.
#[derive(Clone, Debug, Serialize)]
pub struct LogRow {
    /// Its index.
    pub entry: u64,
    /// When it was written, to the millisecond, by the clock of the computer that wrote it.
    pub at: String,
    /// Its kind.
    pub kind: String,
    /// What it is about.
    pub id: Option<String>,
    /// Who wrote it.
    pub actor: String,
}

/// One thing in full.
#[derive(Clone, Debug, Serialize)]
pub struct Shown {
    /// Its id.
    pub id: String,
    /// Its kind.
    pub kind: String,
    /// The log entry that says so.
    pub entry: u64,
    /// When it was written.
    pub at: String,
    /// What the log says, or the row of a record.
    pub content: Value,
    /// For a claim: its changes, oldest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<Value>,
    /// For a capture: its text, as far as it could be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<crate::TextRow>,
    /// For a capture: the documents that its text is made of, where there are pages or more than one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub documents: Vec<DocumentRow>,
    /// For a passage: where it stands in the text as it is read today.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub standing: Option<crate::Standing>,
    /// For a passage: the document inside the capture that it is in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inside: Option<String>,
    /// For a passage: where its lines stand on pages, one box a page.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub places: Vec<witnessmark_document::PagePlace>,
    /// For a passage that OCR read: by what, and whether a person compared it with the picture.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub on_picture: Option<crate::OnPicture>,
    /// For a passage of a page of the web: the elements that its words stand in, and their bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub markup: Option<witnessmark_text::MarkupPlace>,
}

/// A document in the text of a capture.
#[derive(Clone, Debug, Serialize)]
pub struct DocumentRow {
    /// Where it lies inside the file; none for the file itself.
    pub inside: Option<String>,
    /// Its first code point in the text.
    pub start: usize,
    /// The code point after its last.
    pub end: usize,
    /// Its media type.
    pub media_type: String,
    /// How many pages it has.
    pub pages: usize,
    /// How many of them are pictures without text.
    pub scanned: usize,
}

impl Case {
    /// The full id that `text` begins.
    pub(crate) fn find_id(&self, text: &str) -> Result<String, CaseError> {
        let text = text.trim();
        let found = if text.is_empty() { Vec::new() } else { self.casebook.ids_beginning(text)? };
        match found.as_slice() {
            [only] => Ok(only.clone()),
            [first, ..] if first == text => Ok(first.clone()),
            [] if let Some(told) = self.erased_id(text)? => {
                Err(CaseError::input(told, "`witnessmark custody` tells what is left of its story"))
            }
            [] => Err(CaseError::input(
                format!("nothing in the case has the id `{text}`"),
                "`witnessmark list captures` (or passages, claims, origins, log) shows ids",
            )),
            several => Err(CaseError::input(
                format!("more than one id begins with `{text}`: {} …", several.join(", ")),
                "give more of its letters",
            )),
        }
    }

    /// A capture by id, by the beginning of its id, by its name, or by its address.
    pub fn find_capture(&self, text: &str) -> Result<CaptureRow, CaseError> {
        let text = text.trim();
        if text.starts_with("cap-") {
            let id = self.find_id(text)?;
            if let Some(row) =
                id.parse().ok().map(|id| self.casebook.capture(&id)).transpose()?.flatten()
            {
                return Ok(row);
            }
        }
        let named =
            if text.is_empty() { Vec::new() } else { self.casebook.captures_named(text)? };
        match named.as_slice() {
            [only] => Ok(only.clone()),
            [] => Err(CaseError::input(
                format!("there is no capture `{text}`"),
                "`witnessmark list captures` shows their ids, names and addresses",
            )),
            several => {
                let ids: Vec<_> =
                    several.iter().take(3).map(|row| row.capture.to_string()).collect();
                Err(CaseError::input(
                    format!("{} captures are called `{text}`: {}", several.len(), ids.join(", ")),
                    "name one of them by its id",
                ))
            }
        }
    }

    /// All captures, in the order in which they came, with title and language where they are read.
    pub fn captures(&self) -> Result<Vec<(CaptureRow, Option<String>, String)>, CaseError> {
        let mut rows = Vec::new();
        for row in self.casebook.captures()? {
            let row = self.with_verdict(row)?;
            let read = self.texts.title_of(&row.capture.to_string())?;
            let (title, language) = read.unwrap_or((None, "und".to_owned()));
            rows.push((row, title, language));
        }
        Ok(rows)
    }

    /// All sources: id, address, and how many captures there are of it.
    pub fn sources(&self) -> Result<Vec<(String, Option<String>, u64)>, CaseError> {
        let rows = self.casebook.sources()?;
        Ok(rows.into_iter().map(|(id, url, captures)| (id.to_string(), url, captures)).collect())
    }

    /// All passages.
    pub fn passages(&mut self) -> Result<Vec<PassageRow>, CaseError> {
        let claims = self.casebook.claims()?;
        let mut passages = Vec::new();
        for entry in self.casebook.entries_of_kind("passage")? {
            if let Some(Payload::Passage(passage)) = entry.payload {
                passages.push(passage);
            }
        }
        let standings = self.standings(&passages)?;
        let mut rows = Vec::with_capacity(passages.len());
        for (passage, standing) in passages.into_iter().zip(standings) {
            let read_by = match self.picture_standing(&passage.id)? {
                None => "text",
                Some(found) if found.confirmed => "ocr-confirmed",
                Some(_) => "ocr-unconfirmed",
            };
            rows.push(PassageRow {
                passage: passage.id,
                capture: passage.capture,
                exact: passage.exact,
                claims: claims.iter().filter(|(_, c)| c.passage == passage.id).count(),
                standing,
                read_by,
            });
        }
        Ok(rows)
    }

    /// The words of the codebook, in its order.
    pub fn codes(&self) -> Result<Vec<CodeRow>, CaseError> {
        let (codebook, _) = self.codebook()?;
        let lists = [
            ("act", codebook.acts()),
            ("unit", codebook.units()),
            ("modality", codebook.modalities()),
        ];
        let rows = lists.into_iter().flat_map(|(option, terms)| {
            terms.iter().map(move |term| CodeRow {
                option: option.to_owned(),
                code: term.code.clone(),
                label: term.label.clone(),
                definition: term.definition.clone(),
            })
        });
        Ok(rows.collect())
    }

    /// The places of the gazetteer.
    pub fn places(&self) -> Result<Vec<PlaceRow>, CaseError> {
        let claims = self.casebook.claims()?;
        let named = |name: &str| {
            let at = |c: &witnessmark_model::payload::Claim| {
                c.act.place.as_ref().is_some_and(|place| place.name == name)
            };
            claims.iter().filter(|(_, claim)| at(claim)).count()
        };
        let gazetteer = self.gazetteer()?;
        let rows = gazetteer.places().iter().map(|place| PlaceRow {
            place: place.name.clone(),
            parent: place.parent.clone(),
            level: place.level.to_string(),
            population: place.population,
            names: place.names.clone(),
            claims: named(&place.name),
        });
        Ok(rows.collect())
    }

    /// The declared origins, and the decisions on who rests on whom.
    pub fn origins(&self) -> Result<(Vec<OriginRow>, Vec<Lineage>), CaseError> {
        let (origins, edges) = self.declared()?;
        let mut rows = Vec::new();
        for origin in origins {
            let row = match &origin.capture {
                Some(capture) => self.casebook.capture(capture)?,
                None => None,
            };
            let label = row.map(|row| self.label(&row)).transpose()?;
            rows.push(OriginRow { origin, label });
        }
        Ok((rows, edges))
    }

    /// The last `limit` log entries, oldest first.
    pub fn log(&self, limit: u64) -> Result<Vec<LogRow>, CaseError> {
        let rows = self.casebook.last_entries(limit)?.into_iter().map(|entry| LogRow {
            entry: entry.index,
            at: entry.at(),
            kind: entry.kind(),
            actor: entry.actor(),
            id: entry.id,
        });
        Ok(rows.collect())
    }

    /// One thing in full, by its id or the beginning of it; a capture also by its name or address.
    pub fn show(&mut self, id: &str) -> Result<Shown, CaseError> {
        let known = self.find_id(id);
        let id = match known {
            Ok(id) => id,
            Err(error) => match self.find_capture(id) {
                Ok(row) => row.capture.to_string(),
                Err(_) => return Err(error),
            },
        };
        if let Ok(capture) = id.parse::<CaptureId>()
            && let Some(row) = self.casebook.capture(&capture)?
        {
            let entry = self.stored(row.entry)?;
            let text = self.text_of(&row)?;
            let row = self.with_verdict(row)?;
            return Ok(Shown {
                id,
                kind: "capture".to_owned(),
                entry: row.entry,
                at: entry.at(),
                content: serde_json::to_value(&row)?,
                changes: Vec::new(),
                documents: documents_of(&text),
                text: Some(text),
                standing: None,
                inside: None,
                places: Vec::new(),
                on_picture: None,
                markup: None,
            });
        }
        let Some(entry) = self.casebook.entry_of_id(&id)? else {
            return Err(CaseError::input(
                format!("{id} has no entry of its own: it is a source"),
                "`witnessmark list sources` shows its captures",
            ));
        };
        let mut content: Value = serde_json::from_slice(&entry.bytes)?;
        let mut changes = Vec::new();
        if let Some(Payload::Claim(claim)) = &entry.payload {
            for change in self.casebook.entries_about(&id, "claim-change")? {
                let mut shown: Value = serde_json::from_slice(&change.bytes)?;
                if let Some(fields) = shown.as_object_mut() {
                    fields.insert("at".to_owned(), change.at().into());
                    fields.insert("actor".to_owned(), change.actor().into());
                }
                changes.push(shown);
            }
            if let Some((_, stands)) = self.casebook.claim(&claim.id)? {
                content = serde_json::to_value(stands)?;
            }
        }
        let (mut standing, mut inside, mut places, mut markup) = (None, None, Vec::new(), None);
        let mut on_picture = None;
        if let Some(Payload::Passage(passage)) = &entry.payload {
            on_picture = self.picture_standing(&passage.id)?;
            let found = self.standing_on_pages(passage)?;
            markup = self.markup_of(passage, &found.0)?;
            (standing, places, inside) = (Some(found.0), found.1, found.2);
        }
        Ok(Shown {
            id,
            kind: entry.kind(),
            entry: entry.index,
            at: entry.at(),
            content,
            changes,
            text: None,
            documents: Vec::new(),
            standing,
            inside,
            places,
            on_picture,
            markup,
        })
    }

    pub(crate) fn stored(&self, index: u64) -> Result<crate::casebook::StoredEntry, CaseError> {
        self.casebook
            .entry(index)?
            .ok_or_else(|| CaseError::machine(format!("the casebook has no entry {index}")))
    }

    /// The state of the case.
    pub fn status(&self) -> Result<Status, CaseError> {
        let (name, _) = self.name()?;
        let count = |kind: &str| self.casebook.count_of_kind(kind);
        let time = self.time_standing()?;
        let captures = self.judged()?;
        let mut verdicts = BTreeMap::<&str, u64>::new();
        for row in &captures {
            *verdicts.entry(row.is()).or_default() += 1;
        }
        let unconfirmed = captures.iter().filter(|row| row.needs_confirmation()).count() as u64;
        Ok(Status {
            case: self.vault.case_id().to_string(),
            name,
            sealed: self.vault.is_sealed(),
            log: self.vault.verifier().name().to_owned(),
            entries: self.vault.size(),
            root: self.vault.root().map(|root| root.hex()).unwrap_or_default(),
            captures: verdicts.into_iter().map(|(code, count)| (code.to_owned(), count)).collect(),
            unconfirmed,
            unread: self.unread()?,
            outdated: self.texts.outdated()?,
            waiting_for_ocr: self.texts.waiting_for_ocr()?.len() as u64,
            unconfirmed_passages: self.unconfirmed_passages()?,
            passages: count("passage")?,
            claims: self.casebook.count("claims")?,
            origins: count("origin")?,
            lineage: count("lineage")?,
            estimates: count("estimate")?,
            publications: count("publication")?,
            holds: self.holds()?,
            erasures: self.erasures()?.into_iter().filter(|row| row.state != "done").collect(),
            timestamped: time.covered,
            time,
            copies: self.copies()?,
            alarms: self.rollback().unwrap_or_else(|error| vec![error.fact]),
        })
    }
}

/// The documents of a text, where there is more to say than that it is one without pages.
fn documents_of(text: &crate::TextRow) -> Vec<DocumentRow> {
    let parts = &text.layout.parts;
    if parts.iter().all(|part| part.inside.is_none() && part.pages.is_empty()) {
        return Vec::new();
    }
    let row = |part: &witnessmark_document::Part| DocumentRow {
        inside: part.inside.clone(),
        start: part.start,
        end: part.end,
        media_type: part.media_type.clone(),
        pages: part.pages.len(),
        scanned: part.pages.iter().filter(|page| page.scanned).count(),
    };
    parts.iter().map(row).collect()
}
