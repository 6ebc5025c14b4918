//! The casebook: what the log says, as tables.
//!
//! A projection. It carries the size and root of the log it was made from, and is made again, into a new file, whenever
//! these do not fit. Nothing is ever written here that is not in the log.

mod copied;
mod project;
mod read;

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use rusqlite::Connection;
use witnessmark_model::payload::Payload;
use witnessmark_vault::{Committed, Vault};

use crate::CaseError;
use crate::database::{self, DatabaseKey};
pub use copied::EntryBefore;
pub use read::CaptureRow;
pub(crate) use read::StoredEntry;

/// Raised whenever the tables or what goes into them change: older casebooks are then made again.
const PROJECTION: u32 = 4;
const NAME: &str = "casebook.db";

const SCHEMA: &str = "
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE entries (
  entry INTEGER PRIMARY KEY, id TEXT, kind TEXT NOT NULL, about TEXT, seed TEXT NOT NULL,
  day TEXT, vals TEXT, payload TEXT);
CREATE UNIQUE INDEX entries_id ON entries (id) WHERE id IS NOT NULL;
CREATE INDEX entries_kind ON entries (kind, entry);
CREATE INDEX entries_about ON entries (about, entry) WHERE about IS NOT NULL;
CREATE TABLE evidence (
  sha256 TEXT PRIMARY KEY, plain_sha256 TEXT NOT NULL, bytes INTEGER NOT NULL, plain_bytes INTEGER,
  seed TEXT NOT NULL, entry INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX evidence_plain ON evidence (plain_sha256);
CREATE TABLE sources (id TEXT PRIMARY KEY, url TEXT UNIQUE) WITHOUT ROWID;
CREATE TABLE captures (
  id TEXT PRIMARY KEY, entry INTEGER NOT NULL, part INTEGER NOT NULL, source TEXT NOT NULL, url TEXT,
  name TEXT NOT NULL, media_type TEXT NOT NULL, published TEXT, verdict TEXT NOT NULL, grounds TEXT NOT NULL,
  blob TEXT NOT NULL, bytes INTEGER NOT NULL, sha256 TEXT NOT NULL,
  framing TEXT, offset INTEGER, length INTEGER, captured TEXT, method TEXT NOT NULL, confirmed TEXT,
  record_id TEXT, record_uri TEXT, payload TEXT) WITHOUT ROWID;
CREATE INDEX captures_payload ON captures (payload) WHERE payload IS NOT NULL;
CREATE INDEX captures_order ON captures (entry, part);
CREATE INDEX captures_bytes ON captures (sha256);
CREATE INDEX captures_url ON captures (url);
CREATE TABLE claims (
  id TEXT PRIMARY KEY, entry INTEGER NOT NULL, passage TEXT NOT NULL, claim TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE copied (was INTEGER PRIMARY KEY, entry INTEGER, at TEXT NOT NULL, actor TEXT NOT NULL);
CREATE INDEX copied_entry ON copied (entry);
";

/// The open casebook.
#[derive(Debug)]
pub(crate) struct Casebook {
    db: Connection,
}

impl Casebook {
    /// The casebook of the case in `folder`, if there is one that fits the log and opens with the key.
    pub(crate) fn open_fitting(vault: &Vault) -> Option<Self> {
        let path = vault.folder().join(NAME);
        let casebook = Self { db: database::open(&path, key_of(vault).as_ref(), false).ok()? };
        casebook.set_up().ok()?;
        let stored = casebook.stands_at().ok()?;
        (stored == wanted(vault)).then_some(casebook)
    }

    /// The casebook that fits the log: the one that is there, or one made again.
    pub(crate) fn fitting(vault: &Vault) -> Result<Self, CaseError> {
        match Self::open_fitting(vault) {
            Some(casebook) => Ok(casebook),
            None => Self::rebuild(vault),
        }
    }

    /// The casebook as it is, though the log may have grown since: for readers while somebody writes.
    pub(crate) fn open_lagging(vault: &Vault) -> Option<Self> {
        let path = vault.folder().join(NAME);
        let casebook = Self { db: database::open(&path, key_of(vault).as_ref(), false).ok()? };
        casebook.set_up().ok()?;
        casebook
            .stands_at()
            .ok()
            .filter(|(projection, ..)| *projection == PROJECTION.to_string())?;
        Some(casebook)
    }

    /// One that holds nothing, in memory: while the files of the real one are removed.
    pub(crate) fn closed() -> Result<Self, CaseError> {
        Ok(Self { db: Connection::open_in_memory()? })
    }

    fn set_up(&self) -> rusqlite::Result<()> {
        self.db.pragma_update(None, "journal_mode", "wal")?;
        self.db.pragma_update(None, "synchronous", "normal")
    }

    fn stands_at(&self) -> rusqlite::Result<(String, String, String)> {
        let value = |key: &str| {
            self.db.query_row("SELECT value FROM meta WHERE key = ?1", [key], |row| row.get(0))
        };
        Ok((value("projection")?, value("size")?, value("root")?))
    }

    /// Makes the casebook from the log, into a new file that then takes the old one's place.
    pub(crate) fn rebuild(vault: &Vault) -> Result<Self, CaseError> {
        let path = vault.folder().join(NAME);
        let fresh = vault.folder().join(format!("{NAME}.new"));
        remove_database(&fresh)?;
        {
            let mut db = database::open(&fresh, key_of(vault).as_ref(), true)?;
            make_private(&fresh)?;
            // Until it has its name nobody relies on it, so that nothing need be flushed on the way.
            db.pragma_update(None, "journal_mode", "off")?;
            db.pragma_update(None, "synchronous", "off")?;
            let transaction = db.transaction()?;
            transaction.execute_batch(SCHEMA)?;
            let mut failed = None;
            vault.for_each_entry(0, &mut |entry| {
                let content = entry.content.as_ref();
                let payload = content.and_then(|content| Payload::parse(&content.payload).ok());
                let projected = project::entry(
                    &transaction,
                    vault,
                    &project::Projected {
                        index: entry.index,
                        key: entry.key,
                        values: content.map(|content| &content.values),
                        payload: payload.as_ref(),
                        bytes: content.map_or(&[], |content| &content.payload),
                    },
                );
                if let Err(error) = projected {
                    failed.get_or_insert(error);
                }
                Ok(())
            })?;
            if let Some(error) = failed {
                return Err(error);
            }
            project::stand_at(&transaction, &wanted(vault))?;
            transaction.commit()?;
        }
        remove_database(&path)?;
        std::fs::rename(&fresh, &path).map_err(|cause| CaseError::file("name", &path, &cause))?;
        let casebook = Self { db: database::open(&path, key_of(vault).as_ref(), false)? };
        casebook.set_up()?;
        Ok(casebook)
    }

    /// Adds entries that were just committed.
    pub(crate) fn apply(
        &mut self,
        vault: &Vault,
        committed: &[Committed],
    ) -> Result<(), CaseError> {
        let transaction = self.db.transaction()?;
        for entry in committed {
            let bytes = entry.payload.to_bytes()?;
            let projected = project::Projected {
                index: entry.index,
                key: entry.key,
                values: Some(&entry.values),
                payload: Some(&entry.payload),
                bytes: &bytes,
            };
            project::entry(&transaction, vault, &projected)?;
        }
        project::stand_at(&transaction, &wanted(vault))?;
        transaction.commit()?;
        Ok(())
    }

    /// Every table, as sorted lines of text: two casebooks of one log have the same.
    pub(crate) fn dump(&self) -> Result<Vec<String>, CaseError> {
        let mut lines = Vec::new();
        let mut tables =
            self.db.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")?;
        let names: Vec<String> =
            tables.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
        for name in names {
            let mut all = self.db.prepare(&format!("SELECT * FROM \"{name}\""))?;
            let columns = all.column_count();
            let mut rows = all.query([])?;
            while let Some(row) = rows.next()? {
                let mut line = name.clone();
                for column in 0..columns {
                    line.push_str(&format!("\t{:?}", row.get_ref(column)?));
                }
                lines.push(line);
            }
        }
        lines.sort();
        Ok(lines)
    }
}

fn key_of(vault: &Vault) -> Option<DatabaseKey> {
    vault.derived_key("casebook").map(|key| DatabaseKey::new(&key))
}

fn wanted(vault: &Vault) -> (String, String, String) {
    let root = vault.root().map(|root| root.hex()).unwrap_or_default();
    (PROJECTION.to_string(), vault.size().to_string(), root)
}

/// Takes a file away from everybody but its owner, so that a copy of the case does not lose that protection.
pub(crate) fn make_private(path: &Path) -> Result<(), CaseError> {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))
        .map_err(|cause| CaseError::file("set the permissions of", path, &cause))
}

/// Removes a database and the journal files beside it.
pub(crate) fn remove_database(path: &Path) -> Result<(), CaseError> {
    for suffix in ["", "-wal", "-shm", "-journal"] {
        let mut name = path.as_os_str().to_owned();
        name.push(suffix);
        let file = PathBuf::from(name);
        match std::fs::remove_file(&file) {
            Ok(()) => {}
            Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => {}
            Err(cause) => return Err(CaseError::file("remove", &file, &cause)),
        }
    }
    Ok(())
}
