//! Cosignatures of witnesses: what holds covers entries, whatever is changed is found.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail loudly, in its helpers too")]

mod fixture;

use data_encoding::{BASE64, HEXLOWER};
use ed25519_dalek::{Signer, SigningKey};
use fixture::{Counting, damages, failures, load, mentions, names, origins};
use std::path::Path;
use witnessmark_model::id::ConfigurationId;
use witnessmark_model::payload::{Cosigned, Witness};
use witnessmark_model::{Digest, Moment};
use witnessmark_vault::Vault;
use witnessmark_verify::{Memory, Outcome, Trust, Verdict, case::verify};

const NAME: &str = "witness.example/w1";
const TIME: u64 = 1_795_385_500;

fn at() -> Moment {
    Moment::from_unix_millis(1_795_385_461_007)
}

fn key(seed: u8) -> SigningKey {
    SigningKey::from_bytes(&[seed; 32])
}

fn key_id(key: &SigningKey) -> [u8; 4] {
    let public = key.verifying_key().to_bytes();
    let digest = Digest::of(&[NAME.as_bytes(), b"\n\x04", &public].concat());
    [digest.0[0], digest.0[1], digest.0[2], digest.0[3]]
}

fn vkey(key: &SigningKey) -> String {
    let typed = [&[4], key.verifying_key().to_bytes().as_slice()].concat();
    format!("{NAME}+{}+{}", HEXLOWER.encode(&key_id(key)), BASE64.encode(&typed))
}

fn line(key: &SigningKey, text: &str) -> Vec<u8> {
    let signed = format!("cosignature/v1\ntime {TIME}\n{text}");
    let signature = key.sign(signed.as_bytes()).to_bytes();
    let bytes = [key_id(key).as_slice(), &TIME.to_be_bytes(), &signature].concat();
    format!("\u{2014} {NAME} {}\n", BASE64.encode(&bytes)).into_bytes()
}

/// What differs from a sound case.
#[derive(Default)]
struct Twist {
    /// The witness is never named.
    unnamed: bool,
    /// The line is by this key instead.
    signed_by: Option<u8>,
    /// The line is over this text instead.
    text: Option<String>,
    /// The entry says this size instead.
    size: Option<u64>,
}

/// A case whose first five entries are cosigned; the entry that says so is the sixth, and three follow.
fn cosigned(twist: &Twist) -> Memory {
    let scratch = tempfile::tempdir().unwrap();
    let folder = scratch.path().join("case");
    let mut entropy = Counting(1);
    make(&folder, twist, &mut entropy);
    load(&folder)
}

fn make(folder: &Path, twist: &Twist, entropy: &mut Counting) {
    let mut vault = Vault::create(folder, "a test", None, None, at(), entropy).unwrap();
    let witness = key(5);
    let mut first = origins(3, entropy);
    if !twist.unnamed {
        let id = ConfigurationId::random(entropy);
        let url = Some("https://witness.example/w1".into());
        first.push(Witness { id, key: vkey(&witness), url }.into());
    } else {
        first.extend(origins(1, entropy));
    }
    vault.commit(first, at(), entropy).unwrap();
    let (note, checkpoint) = vault.checkpoint().unwrap();
    assert_eq!(checkpoint.size, 5);
    let text = vault.verifier().open(&note).unwrap().to_owned();
    let signer = twist.signed_by.map_or(witness.clone(), key);
    let line = line(&signer, twist.text.as_deref().unwrap_or(&text));
    let entry = Cosigned {
        witness: vkey(&witness),
        size: twist.size.unwrap_or(5),
        time: TIME,
        sha256: Digest::of(&line),
    };
    let name = entry.path().rsplit('/').next().unwrap().to_owned();
    let kept = vault.keep_beside_checkpoint(vault.size(), &[(name, line)]).unwrap();
    assert_eq!(kept[1].sha256, entry.sha256);
    vault.commit(vec![entry.into()], at(), entropy).unwrap();
    vault.commit(origins(3, entropy), at(), entropy).unwrap();
}

#[test]
fn a_cosignature_covers_the_entries_before_it_and_the_rest_are_counted() {
    let report = verify(&cosigned(&Twist::default()), None, &Trust::default());
    assert_eq!(failures(&report), Vec::<&witnessmark_verify::Check>::new());
    let bare = report.checks.iter().find(|check| check.name == "timestamps").unwrap();
    assert_eq!(bare.ok, Outcome::Unchecked);
    assert_eq!(
        bare.detail,
        "no outside timestamp or cosignature covers the last 4 entries: the key's holder could \
         have rewritten them"
    );
    let words = format!(
        "By the word of these witnesses, whose keys the reader must know from elsewhere, the first 5 entries \
         stood as they do now, and continued what each witness had seen of this log before: {} at \
         2026-11-22T22:11:40.000Z.",
        vkey(&key(5))
    );
    assert!(report.proves.contains(&words), "{:#?}", report.proves);
    assert!(report.does_not_prove.iter().any(|line| line.contains("4 of 9 entries have neither")));
}

#[test]
fn every_damage_to_a_cosignature_or_its_checkpoint_is_found_and_the_file_named() {
    let sound = cosigned(&Twist::default());
    let beside: Vec<_> =
        sound.0.keys().filter(|name| name.starts_with("log/timestamps/5/")).cloned().collect();
    let id = HEXLOWER.encode(&key_id(&key(5)));
    let line = format!("log/timestamps/5/cosignature-{id}-{TIME}");
    assert_eq!(beside, ["log/timestamps/5/checkpoint".to_owned(), line]);
    for name in beside {
        for (what, changed) in damages(&sound.0[&name]) {
            let mut files = sound.clone();
            files.0.insert(name.clone(), changed);
            let report = verify(&files, None, &Trust::default());
            assert!(names(&report, &name), "{name}: {what}: {:#?}", failures(&report));
        }
        let mut files = sound.clone();
        files.0.remove(&name);
        assert!(names(&verify(&files, None, &Trust::default()), &name), "{name} removed");
    }
    for added in ["log/timestamps/5/more", "log/timestamps/6/checkpoint", "log/timestamps/x"] {
        let mut files = sound.clone();
        files.0.insert(added.into(), b"?".to_vec());
        assert!(names(&verify(&files, None, &Trust::default()), added), "{added}");
    }
}

#[test]
fn a_cosignature_that_does_not_hold_covers_nothing() {
    let other_root = "log-x\n5\nCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQk=\n".to_owned();
    let cases = [
        (Twist { unnamed: true, ..Twist::default() }, "its witness is named by no earlier entry"),
        (Twist { signed_by: Some(6), ..Twist::default() }, "no cosignature is by"),
        (Twist { text: Some(other_root), ..Twist::default() }, "does not fit the checkpoint"),
        (Twist { size: Some(6), ..Twist::default() }, "names a log of 6 entries, more than"),
        (Twist { size: Some(4), ..Twist::default() }, "entry 5 names it, and it cannot be read"),
        (Twist { size: Some(u64::MAX >> 11), ..Twist::default() }, "more than were there before"),
    ];
    for (twist, expected) in cases {
        let report = verify(&cosigned(&twist), None, &Trust::default());
        assert_eq!(report.verdict, Verdict::Failed, "{expected}");
        assert!(mentions(&report, expected), "{expected}: {:#?}", failures(&report));
        let bare = report.checks.iter().find(|check| check.name == "timestamps").unwrap();
        assert!(bare.detail.contains("rewritten it; 9 entries"), "{}", bare.detail);
    }
}
