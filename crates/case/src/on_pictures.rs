//! Passages that a program read in a picture: where they stand there, and whether a person compared them.
//!
//! What OCR reads is nobody's word. Its figures are unread by a person until somebody has looked at the picture beside them, so
//! that no claim may rest on such a passage, and no dossier show it, before a person confirmed it. That a passage is one of
//! these stands in the log beside it, not in a text that another day's OCR would read otherwise.

use std::collections::BTreeSet;

use serde::Serialize;
use witnessmark_document::picture::{Area, Gray, marked};
use witnessmark_document::{LinePlace, ReadBy};
use witnessmark_model::id::PassageId;
use witnessmark_model::payload::{
    LineOnPicture, Passage, PassageConfirmed, PassageOnPicture, Payload,
};

use crate::casebook::StoredEntry;
use crate::{Case, CaseError, TextRow};

/// Edges on a picture are counted in so many parts of its width or height.
const PARTS: u64 = 10_000;

/// A passage on a picture.
#[derive(Clone, Debug, Serialize)]
pub struct OnPicture {
    /// What read it.
    pub reader: String,
    /// The place of the picture inside the captured file.
    pub inside: Option<String>,
    /// Its lines.
    pub lines: Vec<LineOnPicture>,
    /// Whether a person compared it with the picture.
    pub confirmed: bool,
    /// What that person reads there, where it is not what the program read.
    pub reads: Option<String>,
    /// The name under which that person stands for it.
    pub by: Option<String>,
    /// The log entry that says where it stands.
    pub entry: u64,
    /// The log entry of the last confirmation.
    pub confirmed_entry: Option<u64>,
    /// Who signed that entry.
    pub confirmed_actor: Option<String>,
    /// The day of that entry.
    pub confirmed_day: Option<String>,
}

/// A passage that was compared with its picture.
#[derive(Clone, Debug, Serialize)]
pub struct ConfirmedPassage {
    /// The passage.
    pub passage: PassageId,
    /// What the program read.
    pub exact: String,
    /// What a person reads, where it is something else.
    pub reads: Option<String>,
    /// Whether it was said now, or before.
    pub new: bool,
}

/// A picture of the place where a passage stands.
#[derive(Clone, Debug)]
pub struct PassagePicture {
    /// A PNG file: the part of the page around the passage, with a box around each of its lines.
    pub png: Vec<u8>,
    /// The page, from 1.
    pub page: u64,
    /// How many lines are boxed.
    pub lines: usize,
    /// What the program read.
    pub exact: String,
}

/// The entry that says where a passage stands on a picture; none where no part of it was read in one.
pub(crate) fn place_on_picture(passage: &Passage, text: &TextRow) -> Option<PassageOnPicture> {
    let index = |offset: u64| usize::try_from(offset).unwrap_or(usize::MAX);
    let lines = text.layout.lines(index(passage.start), index(passage.end));
    let read = lines.iter().filter(|place| place.page.read_by == ReadBy::Ocr);
    let lines: Vec<LineOnPicture> = read.clone().map(line_on_picture).collect();
    let inside = read.clone().next()?.inside.map(str::to_owned);
    Some(PassageOnPicture { passage: passage.id, reader: text.extractor.clone(), inside, lines })
}

fn line_on_picture(place: &LinePlace<'_>) -> LineOnPicture {
    let LinePlace { page, line, .. } = place;
    let part = |at: f32, of: f32| {
        let share = if of > 0.0 { f64::from(at) / f64::from(of) } else { 0.0 };
        (share.clamp(0.0, 1.0) * PARTS as f64).round() as u64
    };
    LineOnPicture {
        page: u64::from(page.number),
        left: part(line.left, page.width),
        top: part(line.top, page.height),
        right: part(line.left + line.width, page.width),
        bottom: part(line.top + line.height, page.height),
        language: line.language.clone(),
        confidence: line.confidence.map(|sure| (f64::from(sure) * 100.0).round() as u64),
    }
}

/// What is said where a claim would rest on words that nobody has compared.
pub(crate) fn not_compared(passage: Option<&PassageId>) -> CaseError {
    let hint = match passage {
        Some(passage) => format!(
            "compare it: `witnessmark show {passage} --picture FILE.png`, then say so: `witnessmark confirm {passage}`"
        ),
        None => "quote it first (`witnessmark cite CAPTURE --exact TEXT`), compare it with its picture, and confirm the passage"
            .to_owned(),
    };
    let what = passage.map_or_else(|| "this passage".to_owned(), ToString::to_string);
    CaseError::input(
        format!("{what} was read by OCR, and no person has compared it with the picture yet"),
        hint,
    )
}

impl Case {
    /// Whether a passage was read in a picture, and what became of it. None for a passage of written text.
    pub fn picture_standing(&self, passage: &PassageId) -> Result<Option<OnPicture>, CaseError> {
        let about = passage.to_string();
        let places = self.casebook.entries_about(&about, "passage-on-picture")?;
        let place = places.iter().find_map(|entry| match &entry.payload {
            Some(Payload::PassageOnPicture(found)) => Some((entry, found.clone())),
            _ => None,
        });
        let Some((entry, PassageOnPicture { reader, inside, lines, .. })) = place else {
            return Ok(None);
        };
        let last = self.casebook.entries_about(&about, "passage-confirmed")?.pop();
        let said = last.as_ref().and_then(|entry| match &entry.payload {
            Some(Payload::PassageConfirmed(found)) => Some(found.clone()),
            _ => None,
        });
        Ok(Some(OnPicture {
            reader,
            inside,
            lines,
            confirmed: said.is_some(),
            reads: said.as_ref().and_then(|said| said.reads.clone()),
            by: said.as_ref().and_then(|said| said.by.clone()),
            entry: entry.index,
            confirmed_entry: last.as_ref().map(|entry| entry.index),
            confirmed_actor: last.as_ref().map(StoredEntry::actor),
            confirmed_day: last.as_ref().map(StoredEntry::day),
        }))
    }

    /// How many passages a program read in pictures and no person has compared.
    pub(crate) fn unconfirmed_passages(&self) -> Result<u64, CaseError> {
        let about = |kind| -> Result<BTreeSet<PassageId>, CaseError> {
            let payloads = self.casebook.entries_of_kind(kind)?.into_iter();
            let passage = |entry: StoredEntry| match entry.payload? {
                Payload::PassageOnPicture(found) => Some(found.passage),
                Payload::PassageConfirmed(found) => Some(found.passage),
                _ => None,
            };
            Ok(payloads.filter_map(passage).collect())
        };
        let confirmed = about("passage-confirmed")?;
        Ok(about("passage-on-picture")?.difference(&confirmed).count() as u64)
    }

    /// Refuses a passage that a program read and no person has compared.
    pub(crate) fn compared_with_picture(&self, passage: &PassageId) -> Result<(), CaseError> {
        match self.picture_standing(passage)? {
            Some(standing) if !standing.confirmed => Err(not_compared(Some(passage))),
            _ => Ok(()),
        }
    }

    /// The passage of this id, or of the one that it begins, and where it stands on a picture.
    pub fn passage_on_picture(&self, passage: &str) -> Result<(Passage, OnPicture), CaseError> {
        let id = self.find_id(passage)?;
        let entry = self.casebook.entry_of_id(&id)?;
        let Some(Payload::Passage(found)) = entry.and_then(|entry| entry.payload) else {
            return Err(CaseError::input(
                format!("{passage} is not a passage"),
                "`witnessmark list passages` shows them",
            ));
        };
        match self.picture_standing(&found.id)? {
            Some(standing) => Ok((found, standing)),
            None => Err(CaseError::input(
                format!(
                    "{} was not read in a picture: its words stand in the file as text",
                    found.id
                ),
                "only what OCR read is compared with a picture",
            )),
        }
    }

    /// A person says that a passage says what its picture shows, or what the picture shows instead.
    pub fn confirm_passage(
        &mut self,
        passage: &str,
        reads: Option<&str>,
        by: Option<&str>,
        note: Option<&str>,
    ) -> Result<ConfirmedPassage, CaseError> {
        let (passage, standing) = self.passage_on_picture(passage)?;
        let words = |text: Option<&str>| {
            text.map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned)
        };
        let (reads, by, note) = (words(reads), words(by), words(note));
        let reads = reads.filter(|reads| *reads != passage.exact);
        let said_before = standing.confirmed && standing.reads == reads;
        let new = !said_before || note.is_some() || (by.is_some() && by != standing.by);
        if new {
            let said = PassageConfirmed { passage: passage.id, reads: reads.clone(), by, note };
            self.commit(vec![said.into()])?;
        }
        Ok(ConfirmedPassage { passage: passage.id, exact: passage.exact, reads, new })
    }

    /// A picture of the place where a passage stands, for a person to compare. It is decoded in a process of its own.
    pub fn picture_of_passage(&self, passage: &str) -> Result<PassagePicture, CaseError> {
        let (passage, standing) = self.passage_on_picture(passage)?;
        let Some(row) = self.casebook.capture(&passage.capture)? else {
            return Err(CaseError::machine(format!("there is no {}", passage.capture)));
        };
        let number = standing.lines.first().map_or(1, |line| line.page);
        let page = u32::try_from(number).unwrap_or(u32::MAX);
        let (bytes, hints) = self.document_of(&row)?;
        let inside = standing.inside.as_deref();
        let unseen = |why: String| {
            CaseError::input(
                format!("there is no picture of {}: {why}", passage.id),
                format!("look at the file itself: `witnessmark show {} --bytes`", row.capture),
            )
        };
        let picture = self
            .readers
            .picture(&bytes, &hints, inside, page)
            .map_err(|why| unseen(why.to_string()))?
            .map_err(unseen)?;
        let boxes: Vec<Area> = standing
            .lines
            .iter()
            .filter(|line| line.page == number)
            .map(|line| area_of(line, &picture))
            .collect();
        let png = marked(&picture, &boxes)
            .ok_or_else(|| unseen("its place lies outside of the page".to_owned()))?;
        Ok(PassagePicture { png, page: number, lines: boxes.len(), exact: passage.exact })
    }
}

fn area_of(line: &LineOnPicture, picture: &Gray) -> Area {
    let pixels = |part: u64, of: u32| {
        let at = part.min(PARTS) * u64::from(of) / PARTS;
        u32::try_from(at).unwrap_or(of)
    };
    let (left, top) = (pixels(line.left, picture.width()), pixels(line.top, picture.height()));
    let (right, bottom) =
        (pixels(line.right, picture.width()), pixels(line.bottom, picture.height()));
    Area { left, top, width: right.saturating_sub(left), height: bottom.saturating_sub(top) }
}
