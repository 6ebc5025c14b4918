//! From a log entry to rows.

use std::io::{BufRead, BufReader};

use rusqlite::{OptionalExtension, Transaction, params};
use witnessmark_model::canonical;
use witnessmark_model::id::KeyId;
use witnessmark_model::leaf::Values;
use witnessmark_model::payload::{
    ArchiveRef, Capture, Claim, ClaimChange, Evidence, Judgement, ManifestLine, Payload, Verdict,
};
use witnessmark_vault::Vault;

use crate::CaseError;

/// An entry on its way into the tables. `values` is none once it is erased, `payload` also where its bytes are not those
/// of a payload known here.
pub(super) struct Projected<'e> {
    pub(super) index: u64,
    pub(super) key: KeyId,
    pub(super) values: Option<&'e Values>,
    pub(super) payload: Option<&'e Payload>,
    pub(super) bytes: &'e [u8],
}

/// The kind of an entry whose seed is no more.
pub(super) const ERASED: &str = "erased";

pub(super) fn stand_at(
    db: &Transaction<'_>,
    (projection, size, root): &(String, String, String),
) -> Result<(), CaseError> {
    let mut set = db.prepare_cached("INSERT OR REPLACE INTO meta (key, value) VALUES (?1, ?2)")?;
    set.execute(["projection", projection])?;
    set.execute(["size", size])?;
    set.execute(["root", root])?;
    Ok(())
}

pub(super) fn entry(
    db: &Transaction<'_>,
    vault: &Vault,
    projected: &Projected<'_>,
) -> Result<(), CaseError> {
    let Projected { index, key, values, payload, bytes } = projected;
    let (id, about) = payload.map_or((None, None), identity);
    let text = payload.and(std::str::from_utf8(bytes).ok());
    db.prepare_cached(
        "INSERT INTO entries (entry, id, kind, about, seed, day, vals, payload)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    )?
    .execute(params![
        index,
        id,
        values.map_or(ERASED, |values| values.kind.as_str()),
        about,
        key.to_string(),
        values.map(|values| values.day.as_str()),
        values
            .map(canonical::to_bytes)
            .transpose()?
            .and_then(|bytes| String::from_utf8(bytes).ok()),
        text,
    ])?;
    let (Some(payload), Some(values)) = (payload, values) else { return Ok(()) };
    for evidence in payload.blobs() {
        keep_evidence(db, *index, evidence)?;
    }
    match payload {
        Payload::Capture(capture) => keep_capture(db, *index, &values.at, capture),
        Payload::Import(_) | Payload::Recording(_) => match payload.archive() {
            Some(archive) => keep_archive(db, vault, *index, &archive),
            None => Ok(()),
        },
        Payload::Judgement(judgement) => judge(db, judgement),
        Payload::Claim(claim) => keep_claim(db, *index, claim),
        Payload::ClaimChange(change) => change_claim(db, change),
        Payload::Predecessor(predecessor) => super::copied::keep(db, vault, predecessor),
        _ => Ok(()),
    }
}

/// The id by which an entry is shown, and the id of what it is about.
fn identity(payload: &Payload) -> (Option<String>, Option<String>) {
    match payload {
        Payload::CaseCreated(p) => (Some(p.case.to_string()), None),
        Payload::ActorAdded(p) => (Some(p.actor.to_string()), None),
        Payload::Configuration(p) => (Some(p.id.to_string()), None),
        Payload::Codebook(p) => (Some(p.id.to_string()), None),
        Payload::Gazetteer(p) => (Some(p.id.to_string()), None),
        Payload::Capture(p) => (Some(p.id.to_string()), Some(p.source.id.to_string())),
        Payload::Import(p) => (Some(p.id.to_string()), None),
        Payload::Recording(p) => (Some(p.id.to_string()), None),
        Payload::Egress(p) => (Some(p.id.to_string()), None),
        Payload::Export(p) => (Some(p.id.to_string()), None),
        Payload::Witness(p) => (Some(p.id.to_string()), None),
        Payload::Cosigned(_) => (None, None),
        Payload::Judgement(p) => (None, Some(p.capture.to_string())),
        Payload::Extraction(p) => (Some(p.id.to_string()), Some(p.capture.to_string())),
        Payload::Passage(p) => (Some(p.id.to_string()), Some(p.capture.to_string())),
        Payload::Claim(p) => (Some(p.id.to_string()), Some(p.passage.to_string())),
        Payload::ClaimChange(p) => (None, Some(p.claim.to_string())),
        Payload::Origin(p) => (Some(p.id.to_string()), p.capture.map(|id| id.to_string())),
        Payload::Lineage(p) => (Some(p.id.to_string()), Some(p.later.to_string())),
        Payload::Estimate(p) => (Some(p.id.to_string()), None),
        Payload::Publication(p) => (Some(p.id.to_string()), None),
        Payload::ActorNamed(p) => (None, Some(p.actor.to_string())),
        Payload::ErasureRule(p) => (Some(p.id.to_string()), None),
        Payload::ErasureRequested(p) => (Some(p.id.to_string()), None),
        Payload::Erasure(p) => (None, Some(p.request.to_string())),
        Payload::ErasureConfirmed(p) => (None, Some(p.request.to_string())),
        Payload::Hold(p) => (None, Some(p.of.clone())),
        Payload::TimeAuthority(p) => (Some(p.id.to_string()), None),
        Payload::Timestamp(p) => (Some(p.id.to_string()), p.completes.map(|id| id.to_string())),
        Payload::Escrow(_) => (None, None),
        Payload::Predecessor(_) => (None, None),
        Payload::OutsideSearch(p) => (Some(p.id.to_string()), None),
        Payload::CaseCopy(p) => (None, Some(p.id.to_string())),
        Payload::PassageOnPicture(p) => (None, Some(p.passage.to_string())),
        Payload::PassageConfirmed(p) => (None, Some(p.passage.to_string())),
    }
}

fn keep_evidence(db: &Transaction<'_>, entry: u64, evidence: &Evidence) -> Result<(), CaseError> {
    db.prepare_cached(
        "INSERT OR IGNORE INTO evidence (sha256, plain_sha256, bytes, plain_bytes, seed, entry)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?
    .execute(params![
        evidence.sha256.hex(),
        evidence.plain_sha256.hex(),
        evidence.bytes,
        evidence.plain_bytes,
        evidence.key.to_string(),
        entry
    ])?;
    Ok(())
}

fn keep_source(db: &Transaction<'_>, id: &str, url: Option<&str>) -> Result<(), CaseError> {
    db.prepare_cached("INSERT OR IGNORE INTO sources (id, url) VALUES (?1, ?2)")?
        .execute(params![id, url])?;
    Ok(())
}

const INSERT_CAPTURE: &str = "INSERT INTO captures
  (id, entry, part, source, url, name, media_type, published, verdict, grounds, blob, bytes, sha256, framing,
   offset, length, captured, method, record_id, record_uri, payload)
  VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21)";

fn keep_capture(
    db: &Transaction<'_>,
    entry: u64,
    at: &str,
    capture: &Capture,
) -> Result<(), CaseError> {
    keep_source(db, &capture.source.id.to_string(), capture.source.url.as_deref())?;
    // The first piece of evidence is what was captured; others stand beside it.
    let Some(evidence) = capture.evidence.first() else { return Ok(()) };
    db.prepare_cached(INSERT_CAPTURE)?.execute(params![
        capture.id.to_string(),
        entry,
        1,
        capture.source.id.to_string(),
        capture.source.url,
        capture.name,
        capture.media_type,
        capture.published,
        capture.verdict.code,
        capture.verdict.evidence.join("; "),
        evidence.sha256.hex(),
        evidence.plain_length(),
        evidence.plain_sha256.hex(),
        None::<String>,
        None::<u64>,
        None::<u64>,
        at,
        capture.method,
        None::<String>,
        None::<String>,
        None::<String>,
    ])?;
    Ok(())
}

fn keep_archive(
    db: &Transaction<'_>,
    vault: &Vault,
    entry: u64,
    archive: &ArchiveRef<'_>,
) -> Result<(), CaseError> {
    let (manifest, store) = (archive.manifest, vault.store());
    for line in BufReader::new(store.open(&manifest.sha256, &manifest.key)?).lines() {
        let line =
            line.map_err(|cause| CaseError::file("read", &store.path(&manifest.sha256), &cause))?;
        let line: ManifestLine = canonical::from_bytes(line.as_bytes())?;
        let (Some(capture), Some(source)) = (line.capture, line.source) else { continue };
        let url = line.page.or_else(|| line.uri.clone());
        keep_source(db, &source.to_string(), url.as_deref())?;
        let verdict = line.verdict.unwrap_or_else(|| record_verdict(line.status));
        db.prepare_cached(INSERT_CAPTURE)?.execute(params![
            capture.to_string(),
            entry,
            line.n + 1,
            source.to_string(),
            url,
            format!("{} (record {})", archive.name, line.n + 1),
            line.media_type.unwrap_or_default(),
            None::<String>,
            verdict.code,
            verdict.evidence.join("; "),
            archive.evidence.sha256.hex(),
            line.bytes,
            line.sha256.hex(),
            serde_json::to_value(line.framing)?.as_str(),
            line.offset,
            line.length,
            line.date,
            archive.method,
            line.record_id,
            line.uri,
            line.payload.map(|digest| digest.hex()),
        ])?;
    }
    // An archive that takes another's place, after an erasure, comes later than what people said of its captures.
    db.prepare_cached(
        "UPDATE captures SET confirmed = (
           SELECT json_extract(payload, '$.code') FROM entries
           WHERE kind = 'judgement' AND about = captures.id ORDER BY entries.entry DESC LIMIT 1)
         WHERE entry = ?1",
    )?
    .execute([entry])?;
    Ok(())
}

/// What a record of an imported archive is taken for until its text is read (see `reading`).
fn record_verdict(status: Option<u16>) -> Verdict {
    let (code, ground) = match status {
        None => ("unclear", "a record without an HTTP status".to_owned()),
        Some(status @ 200..=299) => ("unclear", format!("HTTP status {status}, not yet read")),
        Some(status @ (410 | 451)) => {
            ("removal-notice", format!("HTTP status {status}: not there when it was captured"))
        }
        Some(status) => ("error", format!("HTTP status {status}")),
    };
    Verdict { code: code.to_owned(), evidence: vec![ground] }
}

/// What a person says goes before what the program said.
fn judge(db: &Transaction<'_>, judgement: &Judgement) -> Result<(), CaseError> {
    db.prepare_cached("UPDATE captures SET confirmed = ?2 WHERE id = ?1")?
        .execute(params![judgement.capture.to_string(), judgement.code])?;
    Ok(())
}

fn keep_claim(db: &Transaction<'_>, entry: u64, claim: &Claim) -> Result<(), CaseError> {
    db.prepare_cached("INSERT INTO claims (id, entry, passage, claim) VALUES (?1, ?2, ?3, ?4)")?
        .execute(params![
            claim.id.to_string(),
            entry,
            claim.passage.to_string(),
            serde_json::to_string(claim)?
        ])?;
    Ok(())
}

fn change_claim(db: &Transaction<'_>, change: &ClaimChange) -> Result<(), CaseError> {
    let id = change.claim.to_string();
    let stored: Option<String> = db
        .prepare_cached("SELECT claim FROM claims WHERE id = ?1")?
        .query_row([&id], |row| row.get(0))
        .optional()?;
    let Some(stored) = stored else { return Ok(()) };
    let claim: Claim = serde_json::from_str(&stored)?;
    // A change that does not fit what stands there changes nothing; `verify` and `show` still list it.
    let Ok(changed) = witnessmark_claims::change::apply(&claim, change) else { return Ok(()) };
    db.prepare_cached("UPDATE claims SET claim = ?2 WHERE id = ?1")?
        .execute(params![id, serde_json::to_string(&changed)?])?;
    Ok(())
}
