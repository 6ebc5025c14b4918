//! Verdicts: what the program takes a capture for, and what a person says that it is.

use serde::Serialize;
use witnessmark_model::id::CaptureId;
use witnessmark_model::payload::Judgement;
use witnessmark_text::verdict::Code;

use crate::casebook::CaptureRow;
use crate::{Case, CaseError};

/// The verdicts, in the order in which people are offered them.
pub const VERDICTS: [Code; 11] = [
    Code::Content,
    Code::LoginWall,
    Code::BotBlock,
    Code::GeoBlock,
    Code::RemovalNotice,
    Code::Soft404,
    Code::Error,
    Code::Empty,
    Code::Partial,
    Code::Duplicate,
    Code::Unclear,
];

/// What a person said of a capture.
#[derive(Clone, Debug, Serialize)]
pub struct Judged {
    /// The capture.
    pub capture: CaptureId,
    /// What it is.
    pub verdict: String,
    /// What the program had said, and on what grounds.
    pub was: String,
    /// The program's grounds.
    pub grounds: String,
    /// Whether it was said now, or before.
    pub new: bool,
}

impl CaptureRow {
    /// What it is: by a person's word, or else by the program's.
    pub fn is(&self) -> &str {
        self.confirmed.as_deref().unwrap_or(&self.verdict)
    }

    /// Whether a person must say what it is before it is quoted. Whoever adds a file has seen it; what the program
    /// fetched, or does not take for content, somebody has to look at.
    pub fn needs_confirmation(&self) -> bool {
        let seen =
            self.method == "file" && matches!(self.verdict.as_str(), "content" | "duplicate");
        self.confirmed.is_none() && !seen
    }

    /// The sign that lists put before a verdict that is not content.
    pub fn mark(&self) -> &'static str {
        if self.is() == "content" { "" } else { "! " }
    }
}

impl Case {
    /// A person says what a capture is: agrees with the program, or names another verdict.
    pub fn confirm(
        &mut self,
        capture: &str,
        code: Option<&str>,
        note: Option<&str>,
    ) -> Result<Judged, CaseError> {
        let row = self.capture_row(capture)?;
        let code = code.unwrap_or(row.is()).to_owned();
        if !VERDICTS.iter().any(|known| known.as_str() == code) {
            let known: Vec<_> = VERDICTS.iter().map(|known| known.as_str()).collect();
            return Err(CaseError::usage(
                format!("`{code}` is no verdict"),
                format!("choose one of: {}", known.join(", ")),
            ));
        }
        let new = row.confirmed.as_ref() != Some(&code) || note.is_some();
        if new {
            let judgement = Judgement {
                capture: row.capture,
                code: code.clone(),
                was: row.verdict.clone(),
                note: note.map(str::to_owned),
            };
            self.commit(vec![judgement.into()])?;
        }
        Ok(Judged {
            capture: row.capture,
            verdict: code,
            was: row.verdict,
            grounds: row.grounds,
            new,
        })
    }

    /// A capture by id, name or address, with its verdict.
    pub fn capture_row(&self, capture: &str) -> Result<CaptureRow, CaseError> {
        self.with_verdict(self.find_capture(capture)?)
    }

    /// The captures that a person has to look at, oldest first.
    pub fn unconfirmed(&self) -> Result<Vec<CaptureRow>, CaseError> {
        let rows = self.judged()?.into_iter();
        Ok(rows.filter(CaptureRow::needs_confirmation).collect())
    }

    /// All captures with their verdicts, oldest first.
    pub(crate) fn judged(&self) -> Result<Vec<CaptureRow>, CaseError> {
        self.casebook.captures()?.into_iter().map(|row| self.with_verdict(row)).collect()
    }

    /// Refuses to quote what nobody has looked at.
    pub(crate) fn seen_by_a_person(&self, row: &CaptureRow) -> Result<(), CaseError> {
        let row = self.with_verdict(row.clone())?;
        if !row.needs_confirmation() {
            return Ok(());
        }
        Err(CaseError::input(
            format!(
                "nobody has said yet what {} is; the program takes it for: {} ({})",
                row.capture, row.verdict, row.grounds
            ),
            format!(
                "look at it (`witnessmark show {0}`), then say so: `witnessmark confirm {0}`, or `--is VERDICT` for another",
                row.capture
            ),
        ))
    }

    /// The row with the verdict that reading gave, where the log has none: for records of archives that somebody had.
    pub(crate) fn with_verdict(&self, mut row: CaptureRow) -> Result<CaptureRow, CaseError> {
        if row.method == "file"
            && row.record.is_some()
            && let Some(read) = self.texts.verdict_of(&row.capture.to_string())?
        {
            (row.verdict, row.grounds) = (read.code, read.evidence.join("; "));
        }
        Ok(row)
    }
}
