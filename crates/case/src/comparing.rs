//! Two captures side by side: what differs in their records, and in their texts.

use std::io::BufReader;

use serde::Serialize;
use serde_json::Value;
use witnessmark_archive::{Reader, Record};
use witnessmark_text::{
    CaptureFacts, RecordDifference, TextDifference, Version, compare_records, compare_texts,
};

use crate::{CaptureRow, Case, CaseError};

/// How two captures differ.
#[derive(Clone, Debug, Serialize)]
pub struct Comparison {
    /// The earlier one.
    pub earlier: CaptureRow,
    /// The later one.
    pub later: CaptureRow,
    /// What the records say.
    pub records: RecordDifference,
    /// What the texts say; none where one of them has no text.
    pub texts: Option<TextDifference>,
    /// Why there is no comparison of texts, and anything else to know.
    pub notes: Vec<String>,
    /// The texts that were compared.
    #[serde(skip)]
    compared: (String, String),
}

impl Comparison {
    /// The comparison for people, in lines of at most `columns` columns, legible without colour.
    pub fn to_plain(&self, columns: usize) -> String {
        let mut plain = self.records.to_plain();
        if let Some(texts) = &self.texts {
            plain.push('\n');
            plain.push_str(&texts.to_plain(&self.compared.0, &self.compared.1, columns));
        }
        plain
    }
}

/// A description of an exchange is a few kilobytes.
const LONGEST_DESCRIPTION: usize = 1 << 20;

impl Case {
    /// Compares two captures, by id or name.
    pub fn compare(&mut self, earlier: &str, later: &str) -> Result<Comparison, CaseError> {
        let (earlier, later) = (self.capture_row(earlier)?, self.capture_row(later)?);
        let mut notes = Vec::new();
        if earlier.url != later.url {
            notes.push("they are captures of different addresses".to_owned());
        }
        // A capture that repeats another has that one's text.
        let (first, second) = (self.with_text(&earlier)?, self.with_text(&later)?);
        let (one, other) = (self.text_of(&first)?, self.text_of(&second)?);
        let mut facts = [self.facts(&earlier)?, self.facts(&later)?];
        for (facts, text) in facts.iter_mut().zip([&one, &other]) {
            facts.title.clone_from(&text.title);
            facts.language = Some(text.language.clone()).filter(|language| language != "und");
        }
        let [before, after] = &facts;
        let records = compare_records(before, after);
        let texts = match (&one.text, &other.text) {
            (Some(before), Some(after)) => Some(compare_texts(
                Version { text: before, language: Some(&one.language) },
                Version { text: after, language: Some(&other.language) },
            )),
            _ => {
                notes.push("one of them has no text that can be read".to_owned());
                None
            }
        };
        let compared = (one.text.unwrap_or_default(), other.text.unwrap_or_default());
        Ok(Comparison { earlier, later, records, texts, notes, compared })
    }

    fn with_text(&self, row: &CaptureRow) -> Result<CaptureRow, CaseError> {
        let original = match row.verdict.as_str() {
            "duplicate" => self.casebook.original_of(row)?,
            _ => None,
        };
        Ok(original.unwrap_or_else(|| row.clone()))
    }

    /// What the kept bytes say of how a capture came.
    fn facts(&self, row: &CaptureRow) -> Result<CaptureFacts, CaseError> {
        let mut facts = CaptureFacts {
            captured: row.captured.clone(),
            requested: row.url.clone(),
            media_type: Some(row.media_type.clone()).filter(|kind| !kind.is_empty()),
            ..CaptureFacts::default()
        };
        if row.record.is_none() {
            facts.payload_digest = Some(format!("sha256:{}", row.sha256));
            facts.payload_length = Some(row.bytes);
            return Ok(facts);
        }
        let path = self.vault.store().path(&row.blob.0);
        let fail = |cause: std::io::Error| CaseError::file("read", &path, &cause);
        let Some(own) = self.casebook.record_of(row)? else { return Ok(facts) };
        // What a browser made of a page stands beside the answer that brought the page.
        let mut wanted = vec![own];
        let input = BufReader::new(self.vault.store().open(&row.blob.0, &row.blob.1)?);
        let mut reader = Reader::new(input).map_err(fail)?;
        let mut descriptions: Vec<(Vec<String>, Value)> = Vec::new();
        let mut answers: Vec<(String, CaptureFacts)> = Vec::new();
        while let Some(mut record) = reader.next_record().map_err(fail)? {
            let id = plain_id(record.head().record_id().unwrap_or_default());
            let beside = beside(&record);
            if wanted.contains(&id) {
                wanted.extend(beside.iter().cloned());
            }
            let kind = record.head().record_type().as_str().to_owned();
            match kind.as_str() {
                "response" | "revisit" => {
                    answers.push((id, answered(&mut record, &facts).map_err(fail)?))
                }
                "metadata" => {
                    let block = record.payload(LONGEST_DESCRIPTION).map_err(fail)?.bytes;
                    if let Ok(says) = serde_json::from_slice(&block) {
                        descriptions.push((beside, says));
                    }
                }
                _ => {}
            }
            record.finish().map_err(fail)?;
        }
        let Some((id, answer)) = answers.into_iter().find(|(id, _)| wanted.contains(id)) else {
            return Ok(facts);
        };
        facts = answer;
        if let Some((_, says)) = descriptions.iter().find(|(beside, _)| beside.contains(&id)) {
            let text = |value: Option<&Value>| value.and_then(Value::as_str).map(str::to_owned);
            facts.server_address = text(says.get("address")).or(facts.server_address);
            let chain = says.pointer("/tls/chain/certificates_sha256").and_then(Value::as_array);
            facts.certificates =
                chain.into_iter().flatten().filter_map(|one| text(Some(one))).collect();
        }
        Ok(facts)
    }
}

/// What an answer's own record says.
fn answered(record: &mut Record<'_, '_>, known: &CaptureFacts) -> std::io::Result<CaptureFacts> {
    let head = record.head();
    let mut facts = CaptureFacts {
        landed: head.target_uri().map(|uri| uri.into_owned()),
        payload_digest: head.get("WARC-Payload-Digest").map(str::to_owned),
        server_address: head.get("WARC-IP-Address").map(str::to_owned),
        ..known.clone()
    };
    if let Some(http) = record.http()? {
        facts.status = http.status;
        facts.headers.clone_from(&http.fields);
        facts.payload_length =
            http.get("Content-Length").and_then(|length| length.trim().parse().ok());
    }
    Ok(facts)
}

fn plain_id(id: &str) -> String {
    id.trim_matches(['<', '>']).to_owned()
}

fn beside(record: &Record<'_, '_>) -> Vec<String> {
    let fields = record.head().fields();
    fields
        .filter(|(name, _)| name.eq_ignore_ascii_case("WARC-Concurrent-To"))
        .map(|(_, id)| plain_id(id))
        .collect()
}
