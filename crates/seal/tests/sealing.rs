//! What is sealed opens again, with the right key alone, from any place; the `age` program agrees.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

use std::io::{Cursor, Read, Seek, SeekFrom, Write};
use std::process::{Command, Stdio};

use proptest::prelude::*;
use witnessmark_model::leaf::Seed;
use witnessmark_seal::stream::{
    self, identity_text, open_bytes, opener, recipient_text, seal_bytes, sealer,
};
use witnessmark_seal::{CaseKey, SealError};

const CHUNK: usize = 64 << 10;

fn seed(byte: u8) -> Seed {
    Seed::new([byte; 32])
}

/// Bytes that differ from place to place.
fn content(length: usize) -> Vec<u8> {
    (0..length).map(|index| (index * 31 + index / 251) as u8).collect()
}

#[test]
fn what_is_sealed_opens_at_every_length_around_a_chunk() {
    for length in [0, 1, 100, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 3 * CHUNK + 17] {
        let plain = content(length);
        let stored = seal_bytes(&seed(1), &plain).unwrap();
        assert_eq!(open_bytes(&seed(1), &stored).unwrap(), plain, "{length}");
        assert!(matches!(open_bytes(&seed(2), &stored), Err(SealError::OtherKey)), "{length}");

        let mut writer = sealer(&seed(1), Vec::new()).unwrap();
        for piece in plain.chunks(1000) {
            writer.write_all(piece).unwrap();
        }
        let streamed = writer.finish().unwrap();
        assert_eq!(open_bytes(&seed(1), &streamed).unwrap(), plain, "{length}");
    }
}

/// A crash, or a copy that was cut: no prefix of a sealed object is taken for the whole.
#[test]
fn a_sealed_object_that_was_cut_does_not_open() {
    let stored = seal_bytes(&seed(1), &content(2 * CHUNK)).unwrap();
    for length in (0..stored.len()).step_by(977).chain(stored.len() - 40..stored.len()) {
        let cut = stored.get(..length).unwrap();
        assert!(open_bytes(&seed(1), cut).is_err(), "{length}");
    }
    let mut longer = stored;
    longer.push(0);
    assert!(open_bytes(&seed(1), &longer).is_err());

    let writer = {
        let mut unfinished = Vec::new();
        let mut writer = sealer(&seed(1), &mut unfinished).unwrap();
        writer.write_all(&content(CHUNK)).unwrap();
        drop(writer);
        unfinished
    };
    assert!(matches!(open_bytes(&seed(1), &writer), Err(SealError::Damaged { .. })));
}

#[test]
fn any_changed_bit_is_noticed() {
    let stored = seal_bytes(&seed(1), &content(300)).unwrap();
    for byte in 0..stored.len() {
        for bit in 0..8 {
            let mut changed = stored.clone();
            *changed.get_mut(byte).unwrap() ^= 1 << bit;
            assert!(open_bytes(&seed(1), &changed).is_err(), "byte {byte}, bit {bit}");
        }
    }
}

#[test]
fn reading_starts_anywhere() {
    for length in [0, 10, CHUNK, 2 * CHUNK, 3 * CHUNK + 17] {
        let plain = content(length);
        let stored = seal_bytes(&seed(1), &plain).unwrap();
        let mut reader = opener(&seed(1), Cursor::new(&stored)).unwrap();
        assert_eq!(reader.plain_length().unwrap(), length as u64);
        let mut position = 0;
        // Places around the borders of chunks, and beyond the end, visited forwards and backwards.
        let places =
            [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 3 * CHUNK, 3 * CHUNK + 17, 4 * CHUNK];
        for &from in places.iter().chain(places.iter().rev()).chain([&length, &0, &length]) {
            for take in [0, 1, 5000, usize::MAX] {
                let to = match take % 3 {
                    0 => SeekFrom::Start(from as u64),
                    1 => SeekFrom::Current(from as i64 - position),
                    _ => SeekFrom::End(from as i64 - length as i64),
                };
                assert_eq!(reader.seek(to).unwrap(), from as u64);
                let mut read = Vec::new();
                reader.by_ref().take(take as u64).read_to_end(&mut read).unwrap();
                let rest = plain.get(from..).unwrap_or_default();
                assert_eq!(
                    read,
                    rest.get(..take.min(rest.len())).unwrap(),
                    "{length} {from} {take}"
                );
                position = (from + read.len()) as i64;
            }
        }
        assert!(reader.seek(SeekFrom::Current(i64::MIN)).is_err());
        assert!(reader.seek(SeekFrom::Start(u64::MAX)).is_ok());
        assert_eq!(reader.read(&mut [0; 9]).unwrap(), 0);
    }
}

#[test]
fn a_seed_is_never_shown() {
    let key = CaseKey::new([7; 32]);
    assert_eq!(format!("{key:?}"), "CaseKey(…)");
    let mut sealed = sealer(&seed(1), Vec::new()).unwrap();
    sealed.write_all(b"secret").unwrap();
    assert_eq!(format!("{sealed:?}"), "Sealer(…)");
}

/// Fixed for good: cases that exist depend on it. Worked out a second time with Python's `hmac` and `hashlib`.
#[test]
fn the_identity_of_a_seed_and_the_keys_of_a_case_stay_as_they_are() {
    assert_eq!(
        identity_text(&seed(1)).as_str(),
        "AGE-SECRET-KEY-1L02E9STQ8FRPHMHDQ23E45ST8TXSRE2EMVM0N5273RGZPRZZ9A5Q4EFJLK"
    );
    assert_eq!(
        recipient_text(&seed(1)),
        "age1u69zwwpt69t0prlwe35zzj9ktf00pczzdhutkvdmhcja30zujdjs3yl2h8"
    );
    let hex: String =
        CaseKey::new([7; 32]).derive("casebook").iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(hex, "26cee5e6e514247bfe470a788e32ce824c4e5d64182cc35e7f41a77555bbc262");
}

/// Runs Debian's `age` with `input`; `None` where it is not installed.
fn age(arguments: &[&str], input: &[u8]) -> Option<Vec<u8>> {
    let started = Command::new("age")
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .spawn();
    let mut child = match started {
        Ok(child) => child,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            println!("skipped: needs the program `age`");
            return None;
        }
        Err(error) => panic!("{error}"),
    };
    let mut to = child.stdin.take().unwrap();
    let input = input.to_vec();
    let feeder = std::thread::spawn(move || to.write_all(&input));
    let output = child.wait_with_output().unwrap();
    feeder.join().unwrap().unwrap();
    assert!(output.status.success(), "age {arguments:?}");
    Some(output.stdout)
}

#[test]
fn the_age_program_opens_ours_and_we_open_what_it_seals() {
    let folder = tempfile::tempdir().unwrap();
    let identity = folder.path().join("identity");
    std::fs::write(&identity, identity_text(&seed(9)).as_bytes()).unwrap();
    let identity = identity.to_str().unwrap();
    for length in [0, 1, CHUNK, 2 * CHUNK + 5] {
        let plain = content(length);
        let ours = stream::seal_bytes(&seed(9), &plain).unwrap();
        let Some(opened) = age(&["--decrypt", "--identity", identity], &ours) else { return };
        assert_eq!(opened, plain);
        let recipient = recipient_text(&seed(9));
        let Some(theirs) = age(&["--recipient", &recipient], &plain) else { return };
        assert_eq!(stream::open_bytes(&seed(9), &theirs).unwrap(), plain);
    }
}

proptest! {
    #[test]
    fn any_bytes_are_refused_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        prop_assert!(open_bytes(&seed(1), &bytes).is_err());
        let mut file = b"age-encryption.org/v1\n-> X25519 ".to_vec();
        file.extend(bytes);
        prop_assert!(open_bytes(&seed(1), &file).is_err());
    }

    /// The library's reader does not look before it leaps; ours must never let it panic, wherever the file ends.
    #[test]
    fn a_damaged_file_is_read_and_sought_without_a_panic(
        cut in 0_usize..140_000,
        seeks in prop::collection::vec(0_u64..200_000, 0..6),
    ) {
        let stored = seal_bytes(&seed(1), &content(2 * CHUNK + 10)).unwrap();
        let cut = stored.get(..cut.min(stored.len())).unwrap();
        if let Ok(mut reader) = opener(&seed(1), Cursor::new(cut)) {
            for to in seeks {
                let _ = reader.seek(SeekFrom::Start(to));
                let _ = reader.read(&mut [0; 100]);
            }
        }
    }
}
