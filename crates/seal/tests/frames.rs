//! Files of frames: whatever a crash leaves opens up to the tear, whatever was changed is found.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

use proptest::prelude::*;
use witnessmark_model::Entropy;
use witnessmark_seal::SealError;
use witnessmark_seal::frames::{self, FrameReader, MAGIC, Tail, frame, stored_length};

const KEY: [u8; 32] = [5; 32];
const CONTEXT: &[u8] = b"keystore/objects";

/// Bytes that repeat from run to run.
struct Counter(u8);

impl Entropy for Counter {
    fn fill(&mut self, bytes: &mut [u8]) {
        for byte in bytes {
            self.0 = self.0.wrapping_mul(5).wrapping_add(89);
            *byte = self.0;
        }
    }
}

fn file(frames: &[&[u8]]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (number, plain) in (0..).zip(frames) {
        bytes.extend(frame(&KEY, CONTEXT, number, plain, &mut Counter(number as u8)).unwrap());
    }
    bytes
}

/// What a file gives: its frames, where they end, its tail; or the error after some frames.
fn read(file: &[u8]) -> (Vec<Vec<u8>>, u64, Result<Tail, String>) {
    read_with(file, &KEY, CONTEXT)
}

fn read_with(
    file: &[u8],
    key: &[u8; 32],
    context: &[u8],
) -> (Vec<Vec<u8>>, u64, Result<Tail, String>) {
    let mut reader = FrameReader::new(file, key, context);
    let mut frames = Vec::new();
    let end = loop {
        match reader.read_frame() {
            Ok(Some(plain)) => frames.push(plain.to_vec()),
            Ok(None) => break Ok(reader.tail().unwrap()),
            Err(SealError::Damaged { detail, .. }) => break Err(detail),
            Err(error) => break Err(error.to_string()),
        }
    };
    assert_eq!(reader.frames(), frames.len() as u64);
    assert!(reader.read_frame().is_ok_and(|more| more.is_none()));
    (frames, reader.whole_bytes(), end)
}

const PLAIN: [&[u8]; 4] = [b"one", b"", b"three, somewhat longer than those before it", b"four"];

/// The offsets at which the frames of `PLAIN` end.
fn ends() -> Vec<usize> {
    let mut at = MAGIC.len();
    PLAIN
        .iter()
        .map(|plain| {
            at += stored_length(plain.len());
            at
        })
        .collect()
}

#[test]
fn frames_come_back_in_order() {
    let (frames, bytes, tail) = read(&file(&PLAIN));
    assert_eq!(frames, PLAIN);
    assert_eq!((bytes, tail), (file(&PLAIN).len() as u64, Ok(Tail::Whole)));
    assert_eq!(read(b""), (vec![], 0, Ok(Tail::Whole)));
    assert_eq!(read(MAGIC), (vec![], 0, Ok(Tail::Torn)));
}

/// Every length at which a crash can leave the file, with nothing after it or with zeros that were never filled in.
#[test]
fn a_file_cut_anywhere_gives_every_whole_frame() {
    let whole = file(&PLAIN);
    for cut in 0..whole.len() {
        let done = ends().iter().filter(|end| **end <= cut).count();
        let expected_bytes = ends().get(done.wrapping_sub(1)).map_or(0, |end| *end as u64);
        for zeros in [0, 1, 7, 100, 5000] {
            let mut torn = whole[..cut].to_vec();
            torn.resize(cut + zeros, 0);
            let (frames, bytes, tail) = read(&torn);
            assert_eq!(frames, PLAIN[..done], "{cut} {zeros}");
            assert_eq!(bytes, expected_bytes, "{cut} {zeros}");
            let at_end = zeros == 0 && (cut == 0 || Some(&cut) == ends().get(done.wrapping_sub(1)));
            // Fewer zeros than a tag has bytes may be a part of one: where they fill the frame to its end, or replace
            // the end of the header with too little after it, a crash cannot be told from a change.
            let end = ends().get(done).copied().unwrap_or(usize::MAX);
            if zeros < 16
                && (cut < MAGIC.len() && cut + zeros >= MAGIC.len()
                    || cut > 0 && cut + zeros >= end)
            {
                assert!(tail.is_err(), "{cut} {zeros}");
                continue;
            }
            assert_eq!(tail, Ok(if at_end { Tail::Whole } else { Tail::Torn }), "{cut} {zeros}");
        }
    }
}

/// The gate: one flipped bit anywhere is found, and the frame is named. In the last frame too.
#[test]
fn any_changed_bit_is_damage_and_names_the_frame() {
    let whole = file(&PLAIN);
    for byte in 0..whole.len() {
        for bit in 0..8 {
            let mut changed = whole.clone();
            changed[byte] ^= 1 << bit;
            let (frames, bytes, tail) = read(&changed);
            let hit = ends().iter().filter(|end| **end <= byte).count();
            assert_eq!(frames, PLAIN[..hit], "{byte}/{bit}");
            let detail = tail.expect_err("it was changed");
            if byte < MAGIC.len() {
                assert!(detail.contains("not in a format"), "{detail}");
            } else {
                let offset = bytes.max(MAGIC.len() as u64);
                let place = format!("frame {hit}, at byte {offset}: ");
                assert!(detail.starts_with(&place), "{byte}/{bit}: {detail}");
            }
        }
    }
}

#[test]
fn frames_do_not_open_elsewhere() {
    let whole = file(&PLAIN);
    let ends = ends();
    let one = &whole[MAGIC.len()..ends[0]];
    let (two, three) = (&whole[ends[0]..ends[1]], &whole[ends[1]..ends[2]]);
    let swapped = [MAGIC, one, three, two].concat();
    let dropped = [MAGIC, one, three].concat();
    let doubled = [MAGIC, one, one].concat();
    for file in [swapped, dropped, doubled] {
        let (frames, _, tail) = read(&file);
        assert_eq!(frames, PLAIN[..1]);
        assert!(tail.unwrap_err().starts_with("frame 1, "));
    }
    assert!(read_with(&whole, &[6; 32], CONTEXT).2.is_err());
    assert!(read_with(&whole, &KEY, b"keystore/signers").2.is_err());
    // A frame of another file with the same key and use, at the same place: the caller's context tells them apart.
    let other = frame(&KEY, b"keystore/objects/2", 1, b"x", &mut Counter(1)).unwrap();
    assert!(read(&[MAGIC, one, &other].concat()).2.is_err());
}

/// A length that asks for four gigabytes, rightly checked, must not be believed.
#[test]
fn a_frame_that_claims_too_much_takes_no_memory() {
    let whole = file(&PLAIN[..1]);
    let mut head = whole[..MAGIC.len()].to_vec();
    let length = u32::MAX.to_be_bytes();
    let check =
        witnessmark_model::Digest::of_all(&[MAGIC, CONTEXT, &0_u64.to_be_bytes(), &length]).0;
    head.extend(length);
    head.extend(&check[..4]);
    head.extend([0; 24]);
    assert!(read(&head).2.unwrap_err().contains("its length cannot be"));
    let longest = vec![0; frames::LONGEST + 1];
    assert!(matches!(
        frame(&KEY, CONTEXT, 0, &longest, &mut Counter(0)),
        Err(SealError::FrameTooLong(_))
    ));
}

/// Fixed for good: keystores that exist are read by it.
#[test]
fn the_bytes_of_a_file_stay_as_they_are() {
    assert_eq!(file(&PLAIN), include_bytes!("golden/frames-1.bin"));
}

proptest! {
    #[test]
    fn any_frames_come_back_from_any_cut(
        frames in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..200), 0..6),
        cut in any::<prop::sample::Index>(),
    ) {
        let plain: Vec<&[u8]> = frames.iter().map(Vec::as_slice).collect();
        let whole = file(&plain);
        let (given, bytes, tail) = read(&whole);
        prop_assert_eq!(&given, &frames);
        prop_assert_eq!((bytes, tail), (whole.len() as u64, Ok(Tail::Whole)));
        let cut = cut.index(whole.len() + 1);
        let (given, bytes, tail) = read(&whole[..cut]);
        prop_assert_eq!(&given, &frames[..given.len()]);
        prop_assert!(bytes <= cut as u64);
        prop_assert!(tail.is_ok());
        // Cut to what is whole, the file grows on as if nothing had happened.
        let mut mended = whole[..bytes as usize].to_vec();
        mended.extend(frame(&KEY, CONTEXT, given.len() as u64, b"next", &mut Counter(1)).unwrap());
        prop_assert_eq!(read(&mended).0.pop(), Some(b"next".to_vec()));
    }

    #[test]
    fn any_bytes_are_read_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = read(&bytes);
        let _ = read(&[MAGIC, &bytes].concat());
    }
}
