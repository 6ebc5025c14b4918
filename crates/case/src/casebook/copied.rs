//! Of a case that was copied from another: what each copied entry was there.

use std::io::{BufReader, Read};

use rusqlite::{OptionalExtension, Transaction, params};
use serde::Serialize;
use witnessmark_model::leaf::Values;
use witnessmark_model::payload::{Payload, Predecessor};
use witnessmark_model::{canonical, pack};
use witnessmark_vault::Vault;

use super::Casebook;
use crate::CaseError;

/// What an entry was in the case that this one was copied from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct EntryBefore {
    /// Its index there.
    pub entry: u64,
    /// When it was written there, by the clock of the computer that did.
    pub at: String,
    /// Who wrote it there.
    pub actor: String,
}

/// Notes time and author of each copied entry, out of the packs of the log that is kept.
pub(super) fn keep(
    db: &Transaction<'_>,
    vault: &Vault,
    predecessor: &Predecessor,
) -> Result<(), CaseError> {
    let (store, log) = (vault.store(), &predecessor.log);
    let path = store.path(&log.sha256);
    if !path.exists() {
        return Ok(()); // It was erased; `verify` tells that from what is missing.
    }
    let fail = |cause: std::io::Error| CaseError::file("read", &path, &cause);
    let kept = BufReader::with_capacity(1 << 17, store.open(&log.sha256, &log.key)?);
    let mut tar = tar::Archive::new(kept);
    for member in tar.entries().map_err(fail)? {
        let mut member = member.map_err(fail)?;
        if !member.path_bytes().starts_with(b"blobs/") {
            continue;
        }
        let mut bytes = Vec::new();
        member.read_to_end(&mut bytes).map_err(fail)?;
        // What is no pack, or no entry known here, `verify` names; here it is passed over.
        let Ok((header, items)) = pack::parse(&bytes) else { continue };
        for (was, item) in (header.first..).zip(items) {
            let payload = Payload::parse(item.payload_in(&bytes));
            let values = canonical::from_bytes::<Values>(item.values_in(&bytes));
            let (Ok(payload), Ok(values)) = (payload, values) else { continue };
            if payload.is_copied() {
                db.prepare_cached(
                    "INSERT OR IGNORE INTO copied (was, at, actor) VALUES (?1, ?2, ?3)",
                )?
                .execute(params![was, values.at, values.actor.to_string()])?;
            }
        }
    }
    // The copied entries follow the first one, in the order of before.
    db.execute(
        "UPDATE copied SET entry = place.entry FROM
         (SELECT was, row_number() OVER (ORDER BY was) AS entry FROM copied) AS place
         WHERE place.was = copied.was",
        [],
    )?;
    // A file is captured when it is first added, not when the case is sealed.
    db.execute(
        "UPDATE captures SET captured = copied.at FROM copied
         WHERE copied.entry = captures.entry AND captures.framing IS NULL",
        [],
    )?;
    Ok(())
}

impl Casebook {
    /// What an entry was before, if it is a copied one.
    pub(crate) fn entry_before(&self, entry: u64) -> Result<Option<EntryBefore>, CaseError> {
        let mut found =
            self.db.prepare_cached("SELECT was, at, actor FROM copied WHERE entry = ?1")?;
        let row = found.query_row([entry], |row| {
            Ok(EntryBefore { entry: row.get(0)?, at: row.get(1)?, actor: row.get(2)? })
        });
        Ok(row.optional()?)
    }
}
