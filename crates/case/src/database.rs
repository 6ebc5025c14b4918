//! Opening the databases of a case: casebook and cache, readable by everybody in an open case and sealed by SQLCipher
//! in a sealed one.

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};
use zeroize::Zeroizing;

/// The key of one database of a sealed case: 32 random bytes, used as they are.
#[derive(Clone)]
pub(crate) struct DatabaseKey(Zeroizing<[u8; 32]>);

impl DatabaseKey {
    pub(crate) fn new(key: &[u8; 32]) -> Self {
        Self(Zeroizing::new(*key))
    }

    /// The key as SQLCipher takes it: a raw key, from which no other is derived.
    fn pragma(&self) -> Zeroizing<String> {
        const DIGITS: [char; 16] =
            ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'];
        // Room for all of it: a text that grows would leave the key behind.
        let mut pragma = Zeroizing::new(String::with_capacity(96));
        pragma.push_str("PRAGMA key = \"x'");
        for byte in self.0.iter() {
            for half in [byte >> 4, byte & 15] {
                pragma.push(DIGITS.get(usize::from(half)).copied().unwrap_or('0'));
            }
        }
        pragma.push_str("'\";");
        pragma
    }
}

impl std::fmt::Debug for DatabaseKey {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("DatabaseKey")
    }
}

/// Opens a database, or makes an empty one if `may_create`.
///
/// A database that was made with another key, or without one, fails as one that is damaged does, when it is first read.
/// Nothing of it is written outside the folder of the case: tables that a query makes on the way stay in memory. The
/// files of its journal are sealed like itself.
pub(crate) fn open(
    path: &Path,
    key: Option<&DatabaseKey>,
    may_create: bool,
) -> rusqlite::Result<Connection> {
    let mut flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    if may_create {
        flags |= OpenFlags::SQLITE_OPEN_CREATE;
    }
    let db = Connection::open_with_flags(path, flags)?;
    if let Some(key) = key {
        // What fails is said by the error that follows; SQLCipher would print it too.
        db.execute_batch("PRAGMA cipher_log_level = NONE;")?;
        db.execute_batch(&key.pragma())?;
    }
    db.pragma_update(None, "temp_store", "memory")?;
    db.busy_timeout(Duration::from_secs(10))?;
    Ok(db)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failure in a test may panic anywhere")]

    use rusqlite::ErrorCode;

    use super::*;

    const PLANTED: &str = "nobody but us reads these words";

    /// A database with some rows, some of them still in its journal; and all bytes of its files.
    fn filled(folder: &Path, key: Option<&DatabaseKey>) -> (Connection, Vec<u8>) {
        let db = open(&folder.join("test.db"), key, true).unwrap();
        db.pragma_update(None, "journal_mode", "wal").unwrap();
        db.execute_batch("CREATE TABLE planted_table (text TEXT);").unwrap();
        for number in 0..200 {
            let text = format!("{PLANTED} {number}");
            db.execute("INSERT INTO planted_table VALUES (?1)", [text]).unwrap();
        }
        let files: Vec<_> = std::fs::read_dir(folder).unwrap().map(Result::unwrap).collect();
        assert!(files.len() >= 2, "database and journal: {files:?}");
        let bytes = files.iter().flat_map(|file| std::fs::read(file.path()).unwrap()).collect();
        (db, bytes)
    }

    fn count(db: &Connection) -> rusqlite::Result<u64> {
        db.query_row("SELECT count(*) FROM planted_table", [], |row| row.get(0))
    }

    fn shows(bytes: &[u8]) -> bool {
        [PLANTED, "planted_table", "SQLite format 3"]
            .iter()
            .any(|text| bytes.windows(text.len()).any(|window| window == text.as_bytes()))
    }

    #[test]
    fn a_sealed_database_shows_nothing_and_opens_with_its_key_alone() {
        let folder = tempfile::tempdir().unwrap();
        let key = DatabaseKey::new(&[0xa5; 32]);
        let (writing, bytes) = filled(folder.path(), Some(&key));
        assert!(!shows(&bytes));
        let path = folder.path().join("test.db");
        assert_eq!(count(&open(&path, Some(&key), false).unwrap()).unwrap(), 200);
        drop(writing);
        for (what, key) in [("another key", Some(DatabaseKey::new(&[1; 32]))), ("no key", None)] {
            let failed = open(&path, key.as_ref(), false).and_then(|db| count(&db));
            let error = failed.expect_err(what);
            assert_eq!(error.sqlite_error_code(), Some(ErrorCode::NotADatabase), "{what}");
            let told = crate::CaseError::from(error);
            assert!(told.fact.contains("another key"), "{what}: {told}");
            assert!(told.hint.unwrap().contains("rebuild"), "{what}");
        }
    }

    #[test]
    fn an_open_database_is_one_that_anybody_reads() {
        let folder = tempfile::tempdir().unwrap();
        let (db, bytes) = filled(folder.path(), None);
        assert!(shows(&bytes), "or the test above proves nothing");
        drop(db);
        let path = folder.path().join("test.db");
        assert_eq!(count(&open(&path, None, false).unwrap()).unwrap(), 200);
        let key = DatabaseKey::new(&[1; 32]);
        assert!(open(&path, Some(&key), false).and_then(|db| count(&db)).is_err());
    }
}
