//! Proofs of OpenTimestamps: every file that its client's authors give as an example, and hostile ones.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod block;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use block::{mined, mined_after};
use proptest::prelude::*;
use sha2::{Digest as _, Sha256};
use witnessmark_timestamp::opentimestamps::{
    Attestation, BlockHeaders, FileHash, HeadersFault, LARGEST_PROOF, Node, Operation, Proof,
    Standing,
};

/// The examples; `None`, with a line that says so, where they are not there.
fn examples() -> Option<PathBuf> {
    let shared = std::env::var_os("WITNESSMARK_SHARED").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared"),
        PathBuf::from,
    );
    let folder = shared.join("data/integrity/opentimestamps-client/examples");
    if folder.is_dir() {
        return Some(folder);
    }
    println!("skipped: needs ../shared (set WITNESSMARK_SHARED)");
    None
}

/// What becomes of a file.
enum Outcome {
    /// A proof for the file of the same name without `.ots`, with these attestations.
    ProofOf(&'static [&'static str]),
    /// A proof for a file that is not there.
    ProofOfAbsent(FileHash, &'static [&'static str]),
    /// It is refused with these words.
    Refused(&'static str),
    /// It is no proof, and says nothing.
    NoProof,
}

const ALICE: &str = "pending https://alice.btc.calendar.opentimestamps.org";
const BOB: &str = "pending https://bob.btc.calendar.opentimestamps.org";
const UNKNOWN: &str = "unknown 0102030405060708";

fn outcomes() -> BTreeMap<&'static str, Outcome> {
    use Outcome::{NoProof, ProofOf, ProofOfAbsent, Refused};
    let not_a_proof = || NoProof;
    BTreeMap::from([
        ("README.md", not_a_proof()),
        ("bad-stamp.txt", not_a_proof()),
        // Well formed; it leads to a Merkle root that the block does not have, which only its header shows.
        ("bad-stamp.txt.ots", ProofOf(&["bitcoin 358391"])),
        ("bitcoin.pdf.ots", ProofOfAbsent(FileHash::Sha1, &["bitcoin 465751"])),
        ("different-blockchains.txt", not_a_proof()),
        (
            "different-blockchains.txt.ots",
            ProofOf(&[
                "bitcoin 455605",
                "pending https://eth.ots.eternitywall.com",
                "pending https://ots.eternitywall.it",
                "unknown 30fe8087b5c7ead7",
            ]),
        ),
        ("empty", not_a_proof()),
        ("empty.ots", ProofOf(&["bitcoin 129405"])),
        ("gdp2q25-2nd.pdf.ots", ProofOfAbsent(FileHash::Sha256, &["bitcoin 912095"])),
        ("gdp2q25-2nd.pdf.ots.txt", not_a_proof()),
        ("hello-world.txt", not_a_proof()),
        ("hello-world.txt.ots", ProofOf(&["bitcoin 358391"])),
        ("incomplete.txt", not_a_proof()),
        ("incomplete.txt.ots", ProofOf(&[ALICE])),
        ("invalid/README.md", not_a_proof()),
        ("invalid/bad-major-version.ots", Refused("a proof of version 1151")),
        (
            "invalid/exceeds-max-msg-length.ots",
            Refused("what an operation is applied to or gives has 4096 bytes"),
        ),
        ("invalid/invalid-file-digest-type.ots", Refused("digest f3 is not known")),
        ("known-and-unknown-notary.txt", not_a_proof()),
        ("known-and-unknown-notary.txt.ots", ProofOf(&[BOB, UNKNOWN])),
        ("merkle1.txt", not_a_proof()),
        ("merkle1.txt.ots", ProofOf(&[ALICE, BOB])),
        ("merkle2.txt", not_a_proof()),
        ("merkle2.txt.ots", ProofOf(&[ALICE, BOB])),
        ("merkle3.txt", not_a_proof()),
        ("merkle3.txt.ots", ProofOf(&[ALICE, BOB])),
        ("sha1/README.md", not_a_proof()),
        ("sha1/a", not_a_proof()),
        // Two files with one SHA-1 digest: it is a proof for both.
        (
            "sha1/a-or-b.ots",
            ProofOfAbsent(
                FileHash::Sha1,
                &["bitcoin 466906", ALICE, BOB, "pending https://finney.calendar.eternitywall.com"],
            ),
        ),
        ("sha1/b", not_a_proof()),
        ("two-calendars.txt", not_a_proof()),
        ("two-calendars.txt.ots", ProofOf(&[ALICE, BOB])),
        ("unknown-notary.txt", not_a_proof()),
        ("unknown-notary.txt.ots", ProofOf(&[UNKNOWN])),
    ])
}

fn said(proof: &Proof) -> Vec<String> {
    let mut said: Vec<String> = proof
        .attested()
        .into_iter()
        .map(|one| match one.attestation {
            Attestation::Pending(address) => format!("pending {address}"),
            Attestation::Bitcoin(height) => format!("bitcoin {height}"),
            Attestation::Litecoin(height) => format!("litecoin {height}"),
            Attestation::Unknown(tag, _) => {
                format!("unknown {}", data_encoding::HEXLOWER.encode(&tag))
            }
        })
        .collect();
    said.sort();
    said
}

fn names_in(folder: &Path, below: &str, names: &mut Vec<String>) {
    for entry in std::fs::read_dir(folder.join(below)).unwrap().flatten() {
        let name = format!("{below}{}", entry.file_name().to_string_lossy());
        if entry.file_type().unwrap().is_dir() {
            names_in(folder, &format!("{name}/"), names);
        } else {
            names.push(name);
        }
    }
}

#[test]
fn each_example_has_its_outcome() {
    let Some(folder) = examples() else { return };
    let outcomes = outcomes();
    let mut names = Vec::new();
    names_in(&folder, "", &mut names);
    names.sort();
    assert_eq!(names, outcomes.keys().copied().collect::<Vec<_>>(), "every file has an outcome");
    for (name, outcome) in outcomes {
        let bytes = std::fs::read(folder.join(name)).unwrap();
        let read = Proof::parse(&bytes);
        let (hash, attestations) = match outcome {
            Outcome::NoProof => {
                assert_eq!(
                    read.unwrap_err().to_string(),
                    "it is no proof of OpenTimestamps",
                    "{name}"
                );
                continue;
            }
            Outcome::Refused(words) => {
                let fault = read.unwrap_err().to_string();
                assert!(fault.contains(words), "{name}: {fault}");
                continue;
            }
            Outcome::ProofOf(attestations) => (FileHash::Sha256, attestations),
            Outcome::ProofOfAbsent(hash, attestations) => (hash, attestations),
        };
        let proof = read.unwrap_or_else(|fault| panic!("{name}: {fault}"));
        assert_eq!(proof.hash(), hash, "{name}");
        assert_eq!(said(&proof), attestations, "{name}");
        assert_eq!(proof.to_bytes(), bytes, "{name}: written as it was read");
        assert_eq!(proof.is_complete(), said(&proof).iter().any(|one| one.starts_with("bitcoin")));
        assert_eq!(
            proof.attested().iter().any(|one| one.weak),
            hash == FileHash::Sha1,
            "{name}: what rests on SHA-1 is told"
        );
        if let Ok(data) = std::fs::read(folder.join(name.trim_end_matches(".ots"))) {
            proof.is_for(&Sha256::digest(&data).into()).unwrap();
            let fault = proof.is_for(&[7; 32]).unwrap_err().to_string();
            assert!(fault.contains("it is for the SHA-256 digest"), "{name}: {fault}");
        }
    }
}

/// Only the header of the block tells a bad proof from a good one: both name the same block.
#[test]
fn a_block_holds_one_example_and_not_the_other() {
    let Some(folder) = examples() else { return };
    let read = |name: &str| {
        Proof::parse(&std::fs::read(folder.join(name)).unwrap()).unwrap().attested().remove(0)
    };
    let (good, bad) = (read("hello-world.txt.ots"), read("bad-stamp.txt.ots"));
    let header = mined([0; 32], &good.message, 1_432_827_678);
    let line =
        format!("# made for this test\n358391,{}\n", data_encoding::HEXLOWER.encode(&header));
    let headers = BlockHeaders::read(line.as_bytes()).unwrap();
    let Standing::Held(found) = headers.standing(358_391, &good.message) else {
        panic!("it is not held")
    };
    assert_eq!(found.time.to_string(), "2015-05-28T15:41:18Z");
    assert!(found.test_chain && !found.from_genesis, "{found:?}");
    assert_eq!(headers.standing(358_391, &bad.message), Standing::Other);
    assert_eq!(headers.standing(358_392, &good.message), Standing::Missing);
}

/// The first header of Bitcoin, a fact that every node carries.
const GENESIS: &str = "0100000000000000000000000000000000000000000000000000000000000000000000003ba3edfd7a7b12b27ac72c3e67768f617fc81bc3888a51323a9fb8aa4b1e5e4a29ab5f49ffff001d1dac2b7c";

#[test]
fn headers_are_held_to_their_work_and_to_each_other() {
    let genesis = data_encoding::HEXLOWER.decode(GENESIS.as_bytes()).unwrap();
    let headers = BlockHeaders::read(&genesis).unwrap();
    let root = &genesis[36..68];
    let Standing::Held(found) = headers.standing(0, root) else { panic!("it is not held") };
    assert_eq!(found.time.to_string(), "2009-01-03T18:15:05Z");
    assert!(found.from_genesis && !found.test_chain, "{found:?}");
    assert_eq!((found.work, found.followed_by), (32, 0));

    let first = mined([0; 32], &[1; 32], 1000);
    let second = mined_after(&first, &[2; 32], 2000);
    let third = mined_after(&second, &[3; 32], 3000);
    let line = |height: u64, header: &[u8]| {
        format!("{height}, {}\n", data_encoding::HEXLOWER.encode(header))
    };
    let chain = [line(7, &first), line(8, &second), line(9, &third)].concat();
    let headers = BlockHeaders::read(chain.as_bytes()).unwrap();
    let Standing::Held(found) = headers.standing(7, &[1; 32]) else { panic!("it is not held") };
    assert_eq!(found.followed_by, 2);
    let gap = [line(6, &first), line(8, &second), line(9, &third)].concat();
    let headers = BlockHeaders::read(gap.as_bytes()).unwrap();
    for (height, root, followed_by) in [(6, [1; 32], 0), (8, [2; 32], 1), (9, [3; 32], 0)] {
        let Standing::Held(found) = headers.standing(height, &root) else { panic!("{height}") };
        assert_eq!(found.followed_by, followed_by, "{height}");
    }
    let binary = [first, second, third].concat();
    assert_eq!(BlockHeaders::read(&binary).unwrap().len(), 3);

    let mut lazy = first;
    lazy[76] = lazy[76].wrapping_add(1);
    while BlockHeaders::read(&lazy).is_ok() {
        lazy[76] = lazy[76].wrapping_add(1);
    }
    let mut too_easy = genesis.clone();
    too_easy[36] ^= 1;
    let mut negative = first;
    negative[72..76].copy_from_slice(&0x20ff_ffff_u32.to_le_bytes());
    let mut endless = first;
    endless[72..76].copy_from_slice(&0xff7f_ffff_u32.to_le_bytes());
    for (file, fault) in [
        (lazy.to_vec(), HeadersFault::Work(0)),
        (too_easy, HeadersFault::Work(0)),
        (negative.to_vec(), HeadersFault::Work(0)),
        (endless.to_vec(), HeadersFault::Work(0)),
        ([line(7, &first), line(8, &third)].concat().into_bytes(), HeadersFault::Join(8)),
        ([line(7, &first), line(7, &third)].concat().into_bytes(), HeadersFault::Twice(7)),
        ([third, first].concat(), HeadersFault::Join(1)),
        (binary[..100].to_vec(), HeadersFault::Form),
        (Vec::new(), HeadersFault::Form),
        (b"# nothing\n".to_vec(), HeadersFault::Form),
        (b"7 000102\n".to_vec(), HeadersFault::Line(1)),
        (line(7, &first[..79]).into_bytes(), HeadersFault::Line(1)),
        (format!("-1,{}\n", "00".repeat(80)).into_bytes(), HeadersFault::Line(1)),
        (format!("{},{GENESIS}\n", u64::MAX).into_bytes(), HeadersFault::Line(1)),
    ] {
        assert_eq!(BlockHeaders::read(&file).unwrap_err(), fault);
    }
}

/// The head of a detached file for the digest 0707….
fn head() -> Vec<u8> {
    let made = Proof::parse(&{
        let mut proof = Proof::begin([7; 32], [1; 16]);
        let submission = proof.submission();
        let promise = Node::reached_by(&[], Attestation::Pending("https://a.example".into()));
        proof.join(&submission, &promise).unwrap();
        proof.to_bytes()
    });
    let bytes = made.unwrap().to_bytes();
    let at = bytes.windows(32).position(|window| window == [7; 32]).unwrap();
    bytes[..at + 32].to_vec()
}

#[test]
fn hostile_proofs_are_refused_by_their_place() {
    let promise = |address: &[u8]| {
        let inner = [&[u8::try_from(address.len()).unwrap()], address].concat();
        [
            &[
                0,
                0x83,
                0xdf,
                0xe3,
                0x0d,
                0x2e,
                0xf9,
                0x0c,
                0x8e,
                u8::try_from(inner.len()).unwrap(),
            ][..],
            &inner,
        ]
        .concat()
    };
    let good = promise(b"https://a.example");
    let deep = |levels: usize| [vec![0x08; levels], good.clone()].concat();
    let cases: Vec<(&str, Vec<u8>, &str)> = vec![
        ("as deep as allowed", deep(255), ""),
        ("deep recursion", deep(256), "nested more than 256 deep"),
        ("very deep recursion", deep(60_000), "nested more than 256 deep"),
        ("deep forks", [[0xff, 0x08].repeat(300), good.clone()].concat(), "nested more than 256"),
        (
            "a huge append",
            [&[0xf0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f][..], &good].concat(),
            "what an operation adds has",
        ),
        ("an append of nothing", [&[0xf0, 0][..], &good].concat(), "has 0 bytes, 1 to 4096"),
        (
            "an append beyond the limit",
            [&[0xf0, 0x81, 0x20][..], &vec![0; 4097], &good].concat(),
            "has 4097 bytes, 1 to 4096",
        ),
        (
            "doubled beyond the limit",
            [vec![0xf3; 8], good.clone()].concat(),
            "what an operation is applied to or gives",
        ),
        ("a number without end", [&[0xf0][..], &[0xff; 20], &good].concat(), "a number has"),
        ("an unknown operation", [&[0x42][..], &good].concat(), "operation 42 is not known"),
        ("an unknown operation after a fork", [&[0xff, 0xff][..], &good].concat(), "operation ff"),
        ("no attestation", vec![0x08], "it ends too early"),
        ("nothing", vec![], "it ends too early"),
        ("something after the end", [good.clone(), vec![0]].concat(), "something follows its end"),
        (
            "a calendar with a query",
            promise(b"https://a.example/?x"),
            "letters that are not allowed",
        ),
        ("a calendar of another line", promise(b"https://a.example\nx"), "letters that are not"),
        ("a calendar in another script", promise("https://а.example".as_bytes()), "letters"),
        (
            "something after an address",
            [&good[..9], &[good[9] + 1], &good[10..], &[0]].concat(),
            "something follows its end",
        ),
        (
            "a huge attestation",
            [&[0][..], &[9; 8], &[0x81, 0x40], &[0; 8193]].concat(),
            "an attestation has 8193 bytes",
        ),
        ("too large", vec![0xff; LARGEST_PROOF], "more than 65536 bytes"),
    ];
    for (name, rest, words) in cases {
        let read = Proof::parse(&[head(), rest].concat());
        match (words, read) {
            ("", read) => assert!(read.is_ok(), "{name}: {read:?}"),
            (words, read) => {
                let fault = read.unwrap_err().to_string();
                assert!(fault.contains(words), "{name}: {fault}");
            }
        }
    }
}

/// A calendar's promise, and then its word: joined at the place it belongs to, and nowhere else.
#[test]
fn a_promise_is_completed() {
    let mut proof = Proof::begin([7; 32], [1; 16]);
    let submission = proof.submission();
    assert_eq!(submission, Sha256::digest([&[7; 32][..], &[1; 16]].concat()).to_vec());
    let steps = [Operation::Prepend(b"when".to_vec()), Operation::Append(b"mac".to_vec())];
    let promise = Node::reached_by(&steps, Attestation::Pending("http://127.0.0.1:1".into()));
    proof.join(&submission, &Node::parse(&promise.to_bytes(), &submission).unwrap()).unwrap();
    assert!(!proof.is_complete());
    let pending = proof.attested().remove(0);
    assert_eq!(pending.message, [b"when", &submission[..], b"mac"].concat());

    let steps =
        [Operation::Sha256, Operation::Append(vec![9; 32]), Operation::Sha256, Operation::Sha256];
    let word = Node::reached_by(&steps, Attestation::Bitcoin(5));
    assert!(proof.join(&[3; 32], &word).is_err(), "another message");
    proof.join(&pending.message, &word).unwrap();
    assert!(proof.is_complete());
    assert_eq!(said(&proof), ["bitcoin 5", "pending http://127.0.0.1:1"]);
    let before = proof.clone();
    proof.join(&pending.message, &word).unwrap();
    assert_eq!(proof, before, "twice is once");
    assert_eq!(Proof::parse(&proof.to_bytes()).unwrap(), proof);
}

/// An answer that led back to the message it was for was once joined below itself without end.
#[test]
fn an_answer_that_leads_back_is_joined_once() {
    let mut proof = Proof::begin([7; 32], [1; 16]);
    let submission = proof.submission();
    let back = [Operation::Reverse, Operation::Reverse];
    let answer = Node::reached_by(&back, Attestation::Pending("https://a.example".into()));
    proof.join(&submission, &answer).unwrap();
    let once = proof.clone();
    proof.join(&submission, &answer).unwrap();
    assert_eq!(proof, once);
    let deep = vec![Operation::Sha256; 255];
    let answer = Node::reached_by(&deep, Attestation::Bitcoin(1));
    assert!(proof.join(&submission, &answer).is_err(), "together they are too deep");
    assert_eq!(proof, once, "and the proof is as it was");
}

fn operations() -> impl Strategy<Value = Operation> {
    let bytes = || prop::collection::vec(any::<u8>(), 1..40);
    prop_oneof![
        Just(Operation::Sha1),
        Just(Operation::Ripemd160),
        Just(Operation::Sha256),
        Just(Operation::Keccak256),
        bytes().prop_map(Operation::Append),
        bytes().prop_map(Operation::Prepend),
        Just(Operation::Reverse),
        Just(Operation::Hexlify),
    ]
}

fn attestations() -> impl Strategy<Value = Attestation> {
    prop_oneof![
        "https://[a-z.]{1,30}".prop_map(Attestation::Pending),
        (0..1_u64 << 40).prop_map(Attestation::Bitcoin),
        any::<u32>().prop_map(|height| Attestation::Litecoin(height.into())),
        (any::<[u8; 8]>(), prop::collection::vec(any::<u8>(), 0..30))
            .prop_map(|(tag, said)| Attestation::Unknown(tag, said)),
    ]
}

proptest! {
    /// Whatever is joined in whatever order is written and read as the same proof.
    #[test]
    fn written_and_read(
        paths in prop::collection::vec((prop::collection::vec(operations(), 0..5), attestations()), 1..8),
    ) {
        let join_all = |paths: &[(Vec<Operation>, Attestation)]| {
            let mut proof = Proof::begin([7; 32], [1; 16]);
            let submission = proof.submission();
            for (steps, attestation) in paths {
                proof.join(&submission, &Node::reached_by(steps, attestation.clone())).unwrap();
            }
            proof
        };
        let proof = join_all(&paths);
        let bytes = proof.to_bytes();
        prop_assert_eq!(Proof::parse(&bytes).unwrap(), proof);
        let reversed: Vec<_> = paths.iter().rev().cloned().collect();
        prop_assert_eq!(join_all(&reversed).to_bytes(), bytes);
    }

    #[test]
    fn any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = Proof::parse(&bytes);
        let _ = Node::parse(&bytes, b"message");
        let _ = BlockHeaders::read(&bytes);
        if let Ok(proof) = Proof::parse(&[head(), bytes].concat()) {
            prop_assert_eq!(Proof::parse(&proof.to_bytes()).unwrap(), proof);
        }
    }
}
