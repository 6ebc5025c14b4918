#![allow(clippy::unwrap_used, reason = "a failure in a test may panic anywhere")]

use proptest::prelude::*;

use super::*;

/// Bytes that differ from place to place, the same in each run.
struct Counting(u8);

impl Entropy for Counting {
    fn fill(&mut self, bytes: &mut [u8]) {
        for byte in bytes {
            self.0 = self.0.wrapping_mul(29).wrapping_add(17);
            *byte = self.0;
        }
    }
}

fn key(byte: u8) -> IndexKey {
    IndexKey::new(&[byte; 32], &mut Counting(byte))
}

fn content(length: usize) -> Vec<u8> {
    (0..length).map(|at| (at / 7 + at / CHUNK) as u8).collect()
}

fn write(directory: &SealedDirectory, name: &str, bytes: &[u8]) {
    let mut writer = directory.open_write(Path::new(name)).unwrap();
    // In uneven pieces, as Tantivy does.
    for piece in bytes.chunks(10_007) {
        writer.write_all(piece).unwrap();
    }
    writer.terminate().unwrap();
}

fn read(directory: &SealedDirectory, name: &str) -> Result<Vec<u8>, String> {
    let file = directory.open_read(Path::new(name)).map_err(|error| error.to_string())?;
    let bytes = file.read_bytes().map_err(|error| error.to_string())?;
    Ok(bytes.as_slice().to_vec())
}

#[test]
fn what_was_written_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let directory = SealedDirectory::new(folder.path(), &key(1));
    for length in [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 3 * CHUNK + 5] {
        let name = format!("f{length}");
        write(&directory, &name, &content(length));
        assert_eq!(read(&directory, &name).unwrap(), content(length), "{length} bytes");
        assert!(directory.open_write(Path::new(&name)).is_err(), "a file is written once");
        let again = SealedDirectory::new(folder.path(), &key(1));
        assert_eq!(
            read(&again, &name).unwrap(),
            content(length),
            "{length} bytes, without the cache"
        );
    }
    directory.delete(Path::new("f1")).unwrap();
    assert!(!directory.exists(Path::new("f1")).unwrap());
    assert!(matches!(
        directory.get_file_handle(Path::new("f1")),
        Err(OpenReadError::FileDoesNotExist(_))
    ));
}

#[test]
fn a_file_that_is_open_stays_readable_after_it_is_deleted() {
    let folder = tempfile::tempdir().unwrap();
    let directory = SealedDirectory::new(folder.path(), &key(1));
    write(&directory, "f", &content(3 * CHUNK));
    let file = directory.open_read(Path::new("f")).unwrap();
    directory.delete(Path::new("f")).unwrap();
    assert_eq!(file.read_bytes().unwrap().as_slice(), content(3 * CHUNK));
}

#[test]
fn a_small_file_is_replaced_in_one_step() {
    let folder = tempfile::tempdir().unwrap();
    let directory = SealedDirectory::new(folder.path(), &key(1));
    let name = Path::new("meta.json");
    for bytes in [content(900), content(70_000), Vec::new()] {
        directory.atomic_write(name, &bytes).unwrap();
        assert_eq!(directory.atomic_read(name).unwrap(), bytes);
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn the_same_bytes_look_different_each_time() {
    let folder = tempfile::tempdir().unwrap();
    let directory = SealedDirectory::new(folder.path(), &key(1));
    write(&directory, "a", &content(100));
    write(&directory, "b", &content(100));
    let on_disk = |name: &str| std::fs::read(folder.path().join(name)).unwrap();
    let differing = std::iter::zip(on_disk("a"), on_disk("b")).filter(|(a, b)| a != b).count();
    assert!(differing > 100, "salts and bytes differ: {differing}");
}

/// Changes the files of a folder, and says which of them must then be refused.
struct Tampering {
    what: &'static str,
    change: fn(&Path),
}

fn edit(path: PathBuf, change: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = std::fs::read(&path).unwrap();
    change(&mut bytes);
    std::fs::write(path, bytes).unwrap();
}

#[test]
fn what_was_not_written_here_is_refused() {
    const SEALED: usize = CHUNK + TAG;
    let all = [
        Tampering {
            what: "the last chunk is cut off",
            change: |folder| {
                edit(folder.join("f"), |bytes| bytes.truncate(HEADER + 2 * SEALED));
            },
        },
        Tampering {
            what: "all but the first chunk is cut off",
            change: |folder| {
                edit(folder.join("f"), |bytes| bytes.truncate(HEADER + SEALED));
            },
        },
        Tampering {
            what: "all chunks are cut off",
            change: |folder| {
                edit(folder.join("f"), |bytes| bytes.truncate(HEADER));
            },
        },
        Tampering {
            what: "one byte is cut off",
            change: |folder| {
                edit(folder.join("f"), |bytes| bytes.truncate(bytes.len() - 1));
            },
        },
        Tampering {
            what: "a byte is added",
            change: |folder| edit(folder.join("f"), |bytes| bytes.push(0)),
        },
        Tampering {
            what: "the last chunk is there twice",
            change: |folder| {
                edit(folder.join("f"), |bytes| bytes.extend_from_within(HEADER + 2 * SEALED..));
            },
        },
        Tampering {
            what: "two chunks change places",
            change: |folder| {
                edit(folder.join("f"), |bytes| {
                    let (first, rest) = bytes.split_at_mut(HEADER + SEALED);
                    first[HEADER..].swap_with_slice(&mut rest[..SEALED]);
                });
            },
        },
        Tampering {
            what: "a chunk comes from another file",
            change: |folder| {
                let other = std::fs::read(folder.join("g")).unwrap();
                edit(folder.join("f"), |bytes| {
                    bytes[HEADER..HEADER + SEALED].copy_from_slice(&other[HEADER..HEADER + SEALED]);
                });
            },
        },
        Tampering {
            what: "another file takes its name",
            change: |folder| {
                std::fs::copy(folder.join("g"), folder.join("f")).unwrap();
            },
        },
        Tampering {
            what: "it is a file that was never sealed",
            change: |folder| {
                std::fs::write(folder.join("f"), content(3 * CHUNK)).unwrap();
            },
        },
        Tampering {
            what: "it is empty",
            change: |folder| std::fs::write(folder.join("f"), []).unwrap(),
        },
    ];
    for Tampering { what, change } in all {
        let folder = tempfile::tempdir().unwrap();
        let directory = SealedDirectory::new(folder.path(), &key(1));
        write(&directory, "f", &content(2 * CHUNK + 99));
        write(&directory, "g", &content(2 * CHUNK + 99));
        change(folder.path());
        let fresh = SealedDirectory::new(folder.path(), &key(1));
        let error = read(&fresh, "f").expect_err(what);
        assert!(error.contains("was altered"), "{what}: {error}");
        assert!(read(&fresh, "g").is_ok(), "{what}: the other file");
    }
}

#[test]
fn another_key_opens_nothing() {
    let folder = tempfile::tempdir().unwrap();
    write(&SealedDirectory::new(folder.path(), &key(1)), "f", &content(10));
    assert!(read(&SealedDirectory::new(folder.path(), &key(2)), "f").is_err());
}

#[test]
fn a_writer_that_was_cut_off_leaves_no_file_that_opens() {
    let folder = tempfile::tempdir().unwrap();
    let directory = SealedDirectory::new(folder.path(), &key(1));
    let mut writer = directory.open_write(Path::new("f")).unwrap();
    writer.write_all(&content(2 * CHUNK)).unwrap();
    writer.flush().unwrap();
    drop(writer);
    assert!(read(&directory, "f").is_err());
}

#[test]
fn reading_a_range_opens_only_its_chunks() {
    let folder = tempfile::tempdir().unwrap();
    let directory = SealedDirectory::new(folder.path(), &key(1));
    let bytes = content(5 * CHUNK);
    write(&directory, "f", &bytes);
    edit(folder.path().join("f"), |bytes| bytes[HEADER + 3 * (CHUNK + TAG)] ^= 1);
    let fresh = SealedDirectory::new(folder.path(), &key(1));
    let file = fresh.open_read(Path::new("f")).unwrap();
    let around = 10..3 * CHUNK;
    assert_eq!(file.read_bytes_slice(around.clone()).unwrap().as_slice(), &bytes[around]);
    assert!(file.read_bytes_slice(2 * CHUNK + 9..3 * CHUNK + 1).is_err());
    assert!(file.read_bytes_slice(4 * CHUNK..5 * CHUNK).is_ok());
}

#[test]
fn one_lock_at_a_time() {
    let folder = tempfile::tempdir().unwrap();
    let lock = Lock { filepath: ".lock".into(), is_blocking: false };
    let directory = SealedDirectory::new(folder.path(), &key(1));
    let held = directory.acquire_lock(&lock).unwrap();
    let other = SealedDirectory::new(folder.path(), &key(1));
    assert!(matches!(other.acquire_lock(&lock), Err(LockError::LockBusy)));
    drop(held);
    assert!(other.acquire_lock(&lock).is_ok());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_range_is_what_was_written_there(
        length in 1_usize..4 * CHUNK,
        ranges in proptest::collection::vec((0.0_f64..1.0, 0.0_f64..1.0), 1..8),
        chunks in 1_usize..4,
    ) {
        let folder = tempfile::tempdir().unwrap();
        let bytes = content(length);
        let mut directory = SealedDirectory::new(folder.path(), &key(1));
        Arc::get_mut(&mut directory.inner).unwrap().cache = Arc::new(Cache::new(chunks.try_into().unwrap()));
        write(&directory, "f", &bytes);
        let file = directory.open_read(Path::new("f")).unwrap();
        let mut held = Vec::new();
        for (one, other) in ranges {
            let (one, other) = ((one * length as f64) as usize, (other * length as f64) as usize);
            let range = one.min(other)..one.max(other);
            held.push((range.clone(), file.read_bytes_slice(range).unwrap()));
        }
        for (range, read) in held {
            prop_assert_eq!(read.as_slice(), &bytes[range], "stays whole while other chunks come and go");
        }
    }

    #[test]
    fn any_flipped_bit_is_noticed(length in 0_usize..3 * CHUNK, place in 0.0_f64..1.0, bit in 0_u32..8) {
        let folder = tempfile::tempdir().unwrap();
        let directory = SealedDirectory::new(folder.path(), &key(1));
        write(&directory, "f", &content(length));
        edit(folder.path().join("f"), |bytes| {
            let at = (place * bytes.len() as f64) as usize;
            bytes[at] ^= 1 << bit;
        });
        let fresh = SealedDirectory::new(folder.path(), &key(1));
        prop_assert!(read(&fresh, "f").is_err());
    }
}
