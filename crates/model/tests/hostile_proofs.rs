//! Notes, checkpoints and proofs as an adversary, or another implementation, may write them: one named case each.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by a panic")]

use data_encoding::BASE64;
use witnessmark_model::checkpoint::{Checkpoint, CheckpointError};
use witnessmark_model::note::{NoteError, NoteSigner, Verifier};
use witnessmark_model::proof::{LogProof, ProofError};
use witnessmark_model::{Digest, merkle, tile};

fn signer(name: &str, seed: u8) -> NoteSigner {
    NoteSigner::new(name, &[seed; 32]).unwrap()
}

fn log() -> NoteSigner {
    signer("log.example/a", 1)
}

/// The last line of what `signer` signs, with its newline.
fn signature(signer: &NoteSigner, text: &str) -> String {
    let note = String::from_utf8(signer.sign(text).unwrap()).unwrap();
    format!("{}\n", note.lines().last().unwrap())
}

fn open(note: &str) -> Result<String, NoteError> {
    log().verifier().open(note.as_bytes()).map(str::to_owned)
}

#[test]
fn seventeen_signatures_and_more_are_read() {
    let text = "text\n";
    for count in [1, 16, 17, 63] {
        let others: String =
            (0..count).map(|n| signature(&signer(&format!("w{n}"), 2), text)).collect();
        let own = signature(&log(), text);
        for note in [format!("{text}\n{own}{others}"), format!("{text}\n{others}{own}")] {
            assert_eq!(open(&note).as_deref(), Ok(text), "{count} others");
        }
    }
}

#[test]
fn more_than_sixty_four_signatures_are_refused_unread() {
    let text = "text\n";
    let others: String = (0..64).map(|n| signature(&signer(&format!("w{n}"), 2), text)).collect();
    let note = format!("{text}\n{}{others}", signature(&log(), text));
    assert_eq!(open(&note), Err(NoteError::Malformed("more than 64 signatures")));
}

/// A key id has four bytes: anybody can make another key with the same one. Name and id together choose the key, and then
/// the signature has to fit.
#[test]
fn a_colliding_key_id_gains_nothing() {
    let text = "text\n";
    let own = signature(&log(), text);
    let id = &BASE64.decode(own.trim_end().rsplit(' ').next().unwrap().as_bytes()).unwrap()[..4];
    let forged = |name: &str| {
        let line = signature(&signer(name, 9), text);
        let mut bytes =
            BASE64.decode(line.trim_end().rsplit(' ').next().unwrap().as_bytes()).unwrap();
        bytes[..4].copy_from_slice(id);
        format!("\u{2014} {name} {}\n", BASE64.encode(&bytes))
    };
    // The same id under another name is somebody else's line.
    let other = forged("log.example/b");
    assert_eq!(open(&format!("{text}\n{other}{own}")).as_deref(), Ok(text));
    assert_eq!(open(&format!("{text}\n{other}")), Err(NoteError::Unsigned("log.example/a".into())));
    // The same id under our name is a signature of ours that does not fit: the whole note is refused, in any order.
    let same = forged("log.example/a");
    let bad = Err(NoteError::BadSignature("log.example/a".into()));
    assert_eq!(open(&format!("{text}\n{same}")), bad);
    assert_eq!(open(&format!("{text}\n{same}{own}")), bad);
    assert!(open(&format!("{text}\n{own}{same}")).is_err());
}

#[test]
fn the_same_name_with_another_key_is_passed_over() {
    let text = "text\n";
    let note = format!(
        "{text}\n{}{}",
        signature(&signer("log.example/a", 9), text),
        signature(&log(), text)
    );
    assert_eq!(open(&note).as_deref(), Ok(text));
}

#[test]
fn a_known_key_with_a_bad_signature_condemns_the_note() {
    let text = "text\n";
    let wrong = signature(&log(), "other text\n");
    let others: String = (0..3).map(|n| signature(&signer(&format!("w{n}"), 2), text)).collect();
    let bad = Err(NoteError::BadSignature("log.example/a".into()));
    assert_eq!(open(&format!("{text}\n{others}{wrong}")), bad);
    // One of 63 bytes, or of 65, is no signature either.
    let line = signature(&log(), text);
    let bytes = BASE64.decode(line.trim_end().rsplit(' ').next().unwrap().as_bytes()).unwrap();
    for cut in [&bytes[..bytes.len() - 1], &[&bytes[..], &[0]].concat()] {
        let line = format!("\u{2014} log.example/a {}\n", BASE64.encode(cut));
        assert_eq!(open(&format!("{text}\n{line}")), bad);
    }
}

#[test]
fn the_last_blank_line_divides_text_from_signatures() {
    let text = "one\n\n\u{2014} log.example/a AAAA\n\nlast\n";
    let note = String::from_utf8(log().sign(text).unwrap()).unwrap();
    assert_eq!(open(&note).as_deref(), Ok(text));
}

#[test]
fn notes_that_bend_the_form_are_refused() {
    let good = String::from_utf8(log().sign("text\n").unwrap()).unwrap();
    let control = |code: u8| good.replace("text", &format!("te{}xt", char::from(code)));
    let mut cases = vec![
        ("CRLF", good.replace('\n', "\r\n")),
        ("a lone CR in the text", good.replace("text", "te\rxt")),
        ("a tab before the signature", good.replace("/a ", "/a\t")),
        ("two spaces before the signature", good.replace("/a ", "/a  ")),
        ("a space after the signature", good.replace("=\n", "= \n")),
        ("a blank line after the signatures", format!("{good}\n")),
        ("text after the signatures", format!("{good}more\n")),
        ("base64 without padding", good.replace("=\n", "\n")),
        ("URL-safe base64", good.replace('+', "-").replace('/', "_")),
        ("a no-break space in the name", good.replace("log.example/a", "log\u{a0}example")),
        ("an ideographic space in the name", good.replace("log.example/a", "log\u{3000}a")),
        ("no name", good.replace("log.example/a", "")),
        ("a byte order mark before the text", format!("\u{feff}{good}")),
        ("an en dash", good.replace('\u{2014}', "\u{2013}")),
    ];
    cases
        .extend((0..0x20u8).filter(|code| *code != b'\n').map(|code| ("a control", control(code))));
    for (name, note) in cases {
        assert!(open(&note).is_err(), "{name}: {note:?}");
    }
    let mut bytes = good.into_bytes();
    bytes.insert(2, 0xff);
    assert!(log().verifier().open(&bytes).is_err(), "not UTF-8");
}

#[test]
fn low_order_keys_are_no_keys() {
    // The eight points of small order (order 1, 2, 4, 8) in all their encodings that a decoder takes.
    let points = [
        "0100000000000000000000000000000000000000000000000000000000000000",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "0000000000000000000000000000000000000000000000000000000000000080",
        "0000000000000000000000000000000000000000000000000000000000000000",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
        "0100000000000000000000000000000000000000000000000000000000000080",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    ];
    for point in points {
        let bytes = data_encoding::HEXLOWER.decode(point.as_bytes()).unwrap();
        assert!(Verifier::new("weak", &bytes.try_into().unwrap()).is_err(), "{point}");
    }
}

/// A checkpoint with this line for its size, signed by the log itself.
fn sized(size: &str) -> Result<u64, CheckpointError> {
    let root = BASE64.encode(&[9; 32]);
    let note = log().sign(&format!("log.example/a\n{size}\n{root}\n")).unwrap();
    Checkpoint::open(&note, &log().verifier()).map(|checkpoint| checkpoint.size)
}

#[test]
fn sizes_are_plain_decimals_below_two_to_the_63() {
    assert_eq!(sized("0"), Ok(0));
    assert_eq!(sized("7"), Ok(7));
    assert_eq!(sized("9223372036854775807"), Ok((1 << 63) - 1));
    for size in [
        "007",
        "00",
        "",
        "+7",
        "-7",
        " 7",
        "7 ",
        "7.0",
        "0x7",
        "7e1",
        "٧",
        "9223372036854775808",
        "18446744073709551616",
        "340282366920938463463374607431768211456",
    ] {
        assert!(sized(size).is_err(), "`{size}`");
    }
}

#[test]
fn a_checkpoint_has_three_lines_and_a_root_of_32_bytes() {
    let root = BASE64.encode(&[9; 32]);
    let bad = [
        ("no root", "log.example/a\n7\n".to_owned()),
        ("a root of 31 bytes", format!("log.example/a\n7\n{}\n", BASE64.encode(&[9; 31]))),
        ("a root of 33 bytes", format!("log.example/a\n7\n{}\n", BASE64.encode(&[9; 33]))),
        ("a root in hex", format!("log.example/a\n7\n{}\n", "09".repeat(32))),
        ("spare bits in the root", format!("log.example/a\n7\n{}\n", root.replace("k=", "l="))),
        ("an extension line", format!("log.example/a\n7\n{root}\nextension\n")),
        ("an empty extension line", format!("log.example/a\n7\n{root}\n\n")),
        ("an empty name", format!("\n7\n{root}\n")),
        ("another log's name", format!("log.example/b\n7\n{root}\n")),
    ];
    for (name, text) in bad {
        let note = log().sign(&text).unwrap();
        assert!(Checkpoint::open(&note, &log().verifier()).is_err(), "{name}");
    }
}

fn leaves(count: u8) -> Vec<Digest> {
    (0..count).map(|leaf| merkle::leaf_hash(&[leaf])).collect()
}

/// A proof for leaf `index` of a tree of `count`, whose leaves are single bytes.
fn proof(index: u8, count: u8) -> LogProof {
    let leaves = leaves(count);
    let root = merkle::root(&leaves);
    let checkpoint =
        Checkpoint { log_name: "log.example/a".into(), size: count.into(), root }.sign(&log());
    let path = merkle::inclusion_path(&leaves, index.into()).unwrap();
    LogProof { index: index.into(), path, checkpoint: checkpoint.unwrap() }
}

#[test]
fn a_proof_has_at_most_63_hashes_and_exactly_as_many_as_it_needs() {
    let good = proof(3, 8);
    assert!(good.verify(&[3], &log().verifier()).is_ok());
    for hashes in [0, 2, 4, 62, 63] {
        let mut bent = good.clone();
        bent.path.resize(hashes, Digest([0; 32]));
        let back = LogProof::parse(&bent.to_bytes()).unwrap();
        assert_eq!(back.verify(&[3], &log().verifier()), Err(ProofError::WrongRoot), "{hashes}");
    }
    for hashes in [64, 65, 1000] {
        let mut bent = good.clone();
        bent.path.resize(hashes, Digest([0; 32]));
        let refused = Err(ProofError::Malformed("more than 63 hashes"));
        assert_eq!(LogProof::parse(&bent.to_bytes()), refused, "{hashes}");
    }
}

#[test]
fn a_proof_for_an_entry_past_the_end_or_of_another_index_fails() {
    for index in [2, 4, 8, 1 << 62, (1 << 63) - 1] {
        let bent = LogProof { index, ..proof(3, 8) };
        assert!(bent.verify(&[3], &log().verifier()).is_err(), "index {index}");
    }
}

/// An inner node hashed as a leaf would make a proof for an entry that nobody wrote.
#[test]
fn an_inner_node_is_no_leaf() {
    let leaves = leaves(8);
    let node = [leaves[2].0, leaves[3].0].concat();
    let mut bent = proof(3, 8);
    bent.path.remove(0);
    bent.index = 1;
    assert_eq!(bent.verify(&node, &log().verifier()), Err(ProofError::WrongRoot));
}

#[test]
fn proofs_that_bend_the_form_are_refused() {
    let good = String::from_utf8(proof(3, 8).to_bytes()).unwrap();
    let head = "c2sp.org/tlog-proof@v1\n";
    let cases = [
        ("CRLF", good.replace('\n', "\r\n")),
        ("an empty first line", format!("\n{good}")),
        ("another version", good.replace("@v1", "@v2")),
        ("no index", good.replace("index 3\n", "")),
        ("index 03", good.replace("index 3", "index 03")),
        ("index -3", good.replace("index 3", "index -3")),
        ("index 2^63", good.replace("index 3", "index 9223372036854775808")),
        ("index 2^64", good.replace("index 3", "index 18446744073709551616")),
        ("two index lines", good.replace("index 3", "index 3\nindex 3")),
        ("extra after the index", good.replace("index 3", "index 3\nextra AAAA")),
        ("two extra lines", good.replace(head, &format!("{head}extra AAAA\nextra AAAA\n"))),
        (
            "a hash of 31 bytes",
            good.replace("index 3", &format!("index 3\n{}", BASE64.encode(&[0; 31]))),
        ),
        ("nothing after the first line", head.to_owned()),
        ("nothing", String::new()),
    ];
    for (name, text) in cases {
        assert!(LogProof::parse(text.as_bytes()).is_err(), "{name}");
    }
    // Without a blank line of its own, the proof takes the checkpoint's lines for hashes.
    let joined = good.replacen("\n\n", "\n", 1);
    assert!(LogProof::parse(joined.as_bytes()).is_err(), "no blank line before the checkpoint");
}

/// Rollback: the proof is from a larger tree back to a smaller one. One size with two roots: nothing joins them.
#[test]
fn no_proof_leads_back_or_from_one_root_to_another_of_the_same_size() {
    let leaves = leaves(13);
    let other: Vec<_> = leaves.iter().map(|leaf| merkle::leaf_hash(&leaf.0)).collect();
    for old in 1..=13usize {
        for new in old..=13usize {
            let (old_root, new_root) = (merkle::root(&leaves[..old]), merkle::root(&leaves[..new]));
            let path = merkle::consistency_path(&leaves[..new], old).unwrap();
            let (small, large) = (old as u64, new as u64);
            assert!(merkle::is_consistent(small, old_root, large, new_root, &path));
            if small < large {
                assert!(!merkle::is_consistent(large, new_root, small, old_root, &path));
            }
            let split = merkle::root(&other[..new]);
            assert!(!merkle::is_consistent(small, old_root, large, split, &path));
            assert!(!merkle::is_consistent(small, split, large, new_root, &path));
            assert!(!merkle::is_consistent(large, split, large, new_root, &[]));
            let mut long = path.clone();
            long.resize(64, Digest([0; 32]));
            assert!(!merkle::is_consistent(small, old_root, large, new_root, &long));
        }
    }
    let huge = 1 << 63;
    assert!(!merkle::is_consistent(huge, Digest([0; 32]), u64::MAX, Digest([1; 32]), &[]));
    assert!(!merkle::is_consistent(0, merkle::root(&[]), 1, leaves[0], &[]), "from nothing");
}

#[test]
fn bundles_with_bytes_to_spare_or_to_want_are_refused() {
    let mut bundle = Vec::new();
    for leaf in [&b"one"[..], b"", b"three"] {
        assert!(tile::push_entry(&mut bundle, leaf));
    }
    assert_eq!(tile::entries(&bundle).unwrap(), [&b"one"[..], b"", b"three"]);
    for end in (0..bundle.len()).filter(|end| ![0, 5, 7].contains(end)) {
        assert_eq!(tile::entries(&bundle[..end]), None, "cut after {end} bytes");
    }
    let longer = [&bundle[..], &[0]].concat();
    assert_eq!(tile::entries(&longer), None, "one byte more");
}
