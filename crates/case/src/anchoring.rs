//! Passages in the texts as they are read today.
//!
//! A passage cites the extraction that the log froze, and goes on citing it. When a newer extractor, or another reading of
//! a picture, gives another text, the passage is looked for there: so a person learns what no longer stands where it was
//! quoted. Nothing is moved by this.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::Path;

use serde::Serialize;
use witnessmark_archive::Reader;
use witnessmark_document::PagePlace;
use witnessmark_model::Digest;
use witnessmark_model::id::CaptureId;
use witnessmark_model::payload::{Passage, Payload};
use witnessmark_text::{Anchor, EXTRACTOR, Hints, MarkupPlace, Quote, anchor, markup_places};

use crate::casebook::CaptureRow;
use crate::reading::LARGEST_TEXT;
use crate::{Case, CaseError, TextRow};

/// Where a passage is in the text of its capture as it is read today.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Standing {
    /// `unchanged`; `moved`: the same words stand elsewhere; `fuzzy`: nearly the same words do, and a person has to look;
    /// `orphaned`: no place, or more than one that is as good.
    pub state: &'static str,
    /// The first code point there; none for an orphan.
    pub start: Option<u64>,
    /// The code point just past the last.
    pub end: Option<u64>,
    /// The words that stand there, where they are not those that were quoted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stands: Option<String>,
}

impl Standing {
    const ORPHANED: Self = Self { state: "orphaned", start: None, end: None, stands: None };
}

impl Case {
    /// Where each of these passages stands today. Each text is read once.
    pub(crate) fn standings(&mut self, passages: &[Passage]) -> Result<Vec<Standing>, CaseError> {
        let mut texts: BTreeMap<CaptureId, Option<(Digest, String)>> = BTreeMap::new();
        let mut standings = Vec::with_capacity(passages.len());
        for passage in passages {
            if let std::collections::btree_map::Entry::Vacant(e) = texts.entry(passage.capture) {
                let text = self.text_now(passage)?.and_then(|row| row.text);
                let text = text.map(|text| (Digest::of(text.as_bytes()), text));
                e.insert(text);
            }
            let text = texts.get(&passage.capture).and_then(Option::as_ref);
            standings.push(match text {
                Some((digest, text)) => self.standing(passage, digest, text)?,
                None => Standing::ORPHANED,
            });
        }
        Ok(standings)
    }

    /// Where a passage stands today, and on which pages.
    pub(crate) fn standing_on_pages(
        &mut self,
        passage: &Passage,
    ) -> Result<(Standing, Vec<PagePlace>, Option<String>), CaseError> {
        let Some(row) = self.text_now(passage)? else {
            return Ok((Standing::ORPHANED, Vec::new(), None));
        };
        let text = row.text.unwrap_or_default();
        let standing = self.standing(passage, &Digest::of(text.as_bytes()), &text)?;
        let (mut places, mut inside) = (Vec::new(), None);
        if let (Some(start), Some(end)) = (standing.start, standing.end) {
            let (start, end) = (index(start), index(end));
            places = row.layout.places(start, end);
            inside = row.layout.part_at(start).and_then(|part| part.inside.clone());
        }
        Ok((standing, places, inside))
    }

    /// Where the words of a passage stand in the markup of its page, if its capture is one.
    pub(crate) fn markup_of(
        &mut self,
        passage: &Passage,
        standing: &Standing,
    ) -> Result<Option<MarkupPlace>, CaseError> {
        let (Some(start), Some(end)) = (standing.start, standing.end) else { return Ok(None) };
        let Some(row) = self.casebook.capture(&passage.capture)? else { return Ok(None) };
        // The offsets are those of the reader of pages, or mean nothing here.
        if self.text_of(&row)?.extractor != EXTRACTOR {
            return Ok(None);
        }
        let Some((bytes, hints)) = self.page_of(&row)? else { return Ok(None) };
        let found = markup_places(&bytes, &hints, &[(index(start), index(end))]);
        Ok(found.and_then(|places| places.into_iter().next().flatten()))
    }

    /// The bytes of a page, with what is known of them from around: the file, or the body of a response, unpacked.
    fn page_of(&self, row: &CaptureRow) -> Result<Option<(Vec<u8>, Hints)>, CaseError> {
        let media_type = Some(row.media_type.clone()).filter(|kind| !kind.is_empty());
        let mut hints = Hints { media_type, url: row.url.clone(), ..Hints::default() };
        let fail = |cause: std::io::Error| CaseError::file("read", Path::new(&row.name), &cause);
        let mut bytes = Vec::new();
        self.bytes_of(row)?.read_to_end(&mut bytes).map_err(fail)?;
        if row.record.is_none() {
            hints.file_name = Some(row.name.clone());
            return Ok(Some((bytes, hints)));
        }
        let mut reader = Reader::new(bytes.as_slice()).map_err(fail)?;
        let Some(mut record) = reader.next_record().map_err(fail)? else { return Ok(None) };
        if let Some(head) = record.http().map_err(fail)? {
            hints.charset = head.charset();
            hints.media_type = hints.media_type.or_else(|| head.media_type());
        }
        Ok(Some((record.payload(LARGEST_TEXT).map_err(fail)?.bytes, hints)))
    }

    fn text_now(&mut self, passage: &Passage) -> Result<Option<TextRow>, CaseError> {
        let row = self.casebook.capture(&passage.capture)?;
        row.map(|row| self.text_of(&row)).transpose()
    }

    fn standing(
        &self,
        passage: &Passage,
        digest: &Digest,
        text: &str,
    ) -> Result<Standing, CaseError> {
        let unchanged = Standing {
            state: "unchanged",
            start: Some(passage.start),
            end: Some(passage.end),
            stands: None,
        };
        let entry = self.casebook.entry_of_id(&passage.extraction.to_string())?;
        if let Some(Payload::Extraction(frozen)) = entry.and_then(|entry| entry.payload)
            && frozen.text.plain_sha256 == *digest
        {
            return Ok(unchanged);
        }
        let Passage { exact, prefix, suffix, start, .. } = passage;
        let quote = Quote { exact, prefix, suffix, start: index(*start) };
        let at = |state, start: usize, end: usize| Standing {
            state,
            start: Some(start as u64),
            end: Some(end as u64),
            stands: None,
        };
        Ok(match anchor(text, &quote) {
            Anchor::Unchanged => unchanged,
            Anchor::Moved { start, end } => at("moved", start, end),
            Anchor::Fuzzy { start, end, .. } => {
                let stands = text.chars().skip(start).take(end.saturating_sub(start)).collect();
                Standing { stands: Some(stands), ..at("fuzzy", start, end) }
            }
            Anchor::Orphaned => Standing::ORPHANED,
        })
    }
}

fn index(offset: u64) -> usize {
    usize::try_from(offset).unwrap_or(usize::MAX)
}
