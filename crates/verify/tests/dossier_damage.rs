//! Whatever is changed in a dossier is found, and named, even by somebody who holds the log's key.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail loudly, in its helpers too")]

mod fixture;

use fixture::{Signing, damages, dossier, failures, mentions, names, sealed_dossier, sign};
use witnessmark_model::Digest;
use witnessmark_model::note::NoteSigner;
use witnessmark_verify::{Kind, Memory, Outcome, Report, Trust, Verdict, detect, dossier::verify};

fn assert_intact(report: &Report) {
    assert_eq!(failures(report), Vec::<&witnessmark_verify::Check>::new());
    assert_eq!(report.verdict, Verdict::Intact);
}

#[test]
fn a_sound_dossier_is_intact_and_says_what_that_means() {
    let (files, _) = dossier();
    assert_eq!(detect(&files).unwrap(), Kind::Dossier);
    let report = verify(&files, &Trust::default());
    assert_intact(&report);
    assert_eq!(
        report.summary(),
        "Integrity checks passed. Truth, authorship and completeness were not tested."
    );
    for (name, ending) in [
        ("proofs", ": 16"),
        ("payloads", ": 16"),
        ("parts", ": 16"),
        ("signatures", ": 3"),
        ("numbers", ": 1"),
        ("passages", ": 1"),
        ("estimates", ": 1"),
        ("exhibits", ": 1"),
    ] {
        let yes =
            |check: &&witnessmark_verify::Check| check.name == name && check.ok == Outcome::Yes;
        let check = report.checks.iter().find(yes).unwrap_or_else(|| panic!("{name}"));
        assert!(check.detail.ends_with(ending), "{check:?}");
    }
    assert_eq!(report.proves.len(), 5, "{:?}", report.proves);
    let key = Digest::of(&files.0["data/log.vkey"]).hex();
    assert!(report.does_not_prove.iter().any(|line| line.contains(&key)));
}

#[test]
fn every_damage_to_every_file_is_found_and_the_file_named() {
    let (sound, _) = dossier();
    for (name, bytes) in &sound.0 {
        let damages = damages(bytes);
        let step = if name.starts_with("data/") || name.starts_with("SHA") { 1 } else { 5 };
        for (what, changed) in damages.into_iter().step_by(step) {
            let mut files = sound.clone();
            files.0.insert(name.clone(), changed);
            let report = verify(&files, &Trust::default());
            assert_eq!(report.verdict, Verdict::Failed, "{name}: {what}");
            assert!(mentions(&report, name), "{name}: {what}: {:#?}", failures(&report));
        }
        let mut files = sound.clone();
        files.0.remove(name);
        assert!(names(&verify(&files, &Trust::default()), name), "{name} removed");
    }
}

#[test]
fn every_added_file_is_named() {
    let (sound, _) = dossier();
    let added = [
        ".DS_Store",
        "numbers/n002.html",
        "entries/99.json",
        "parts/x",
        "assets/x.js",
        "INDEX.html",
        "西藏.html",
        "a\\b",
    ];
    for name in added {
        let mut files = sound.clone();
        files.0.insert(name.into(), b"x".to_vec());
        assert!(names(&verify(&files, &Trust::default()), name), "{name}");
    }
}

#[test]
fn two_files_that_changed_places_are_both_named() {
    let (sound, _) = dossier();
    let all: Vec<&String> = sound.0.keys().collect();
    for pair in all.windows(2) {
        let (a, b) = (pair[0], pair[1]);
        let mut files = sound.clone();
        files.0.insert(a.clone(), sound.0[b].clone());
        files.0.insert(b.clone(), sound.0[a].clone());
        let report = verify(&files, &Trust::default());
        for name in [a, b] {
            assert!(mentions(&report, name), "{a} and {b}: {:#?}", failures(&report));
        }
    }
}

/// What the log's key cannot cover up: the sums are made anew and signed, and still the change is found.
#[test]
fn changes_signed_by_the_logs_own_key_are_found() {
    let (sound, signers) = dossier();
    let replace = |file: &str, was: &str, now: &str| {
        let mut files = sound.clone();
        let text = String::from_utf8(files.0[file].clone()).unwrap();
        assert!(text.contains(was), "{file} holds {was}");
        files.0.insert(file.into(), text.replacen(was, now, 1).into_bytes());
        sign(&mut files, &signers);
        files
    };
    let entry_of = |kind: &str| {
        let schema = format!("witnessmark/{kind}/1");
        let is = |bytes: &[u8]| String::from_utf8_lossy(bytes).contains(&schema);
        let found = sound.0.iter().find(|(name, bytes)| name.starts_with("payloads/") && is(bytes));
        found.unwrap().0["payloads/".len()..].trim_end_matches(".json").to_owned()
    };
    let (passage, claim, capture) = (entry_of("passage"), entry_of("claim"), entry_of("capture"));
    let manifest = "data/dossier.json";
    let cases: Vec<(&str, Memory, &str)> = vec![
        ("a quotation", replace(&format!("payloads/{passage}.json"), "18万", "19万"), &passage),
        (
            "an opened day",
            replace(&format!("entries/{claim}.json"), "2026-11-22", "2020-11-22"),
            &claim,
        ),
        (
            "an opened kind",
            replace(&format!("entries/{claim}.json"), "\"claim\"", "\"origin\""),
            &claim,
        ),
        (
            "a field that nobody knows",
            replace(&format!("entries/{claim}.json"), "{", "{\"x\":1,"),
            &claim,
        ),
        (
            "a part count",
            replace(&format!("entries/{capture}.json"), "\"part_count\":2", "\"part_count\":3"),
            &capture,
        ),
        (
            "a claim's entry",
            replace(
                manifest,
                &format!("\"claim_entry\":{claim}"),
                &format!("\"claim_entry\":{passage}"),
            ),
            "n001",
        ),
        ("a capture's part", replace(manifest, "\"capture_part\":1", "\"capture_part\":0"), "n001"),
        ("a page", replace(manifest, "numbers/n001.html", "numbers/n009.html"), "n001"),
        ("an exhibit", replace(manifest, "\"exhibit\":\"e001\"", "\"exhibit\":\"e002\""), "n001"),
        (
            "an estimate's entry",
            replace(manifest, "\"estimate\":\"est-", "\"estimate\":\"est-a"),
            manifest,
        ),
        ("an estimate's number", replace(manifest, "[\"n001\"]", "[\"n007\"]"), "s001"),
        ("the size", replace(manifest, "\"size\":16", "\"size\":15"), manifest),
        ("the list of entries", replace(manifest, "[0,1,", "[0,"), manifest),
        ("the version", replace(manifest, "\"v\":1", "\"v\":2"), "entries/0.json"),
    ];
    for (what, files, named) in cases {
        let report = verify(&files, &Trust::default());
        assert_eq!(report.verdict, Verdict::Failed, "{what}");
        assert!(mentions(&report, named), "{what}: {:#?}", failures(&report));
        let sums = failures(&report).iter().any(|check| check.name == "sums");
        assert!(!sums, "{what}: the sums were made to fit: {:#?}", failures(&report));
    }

    let mut files = sound.clone();
    let part = files.0.keys().find(|name| name.starts_with("parts/")).unwrap().clone();
    files.0.insert(part.clone(), b"something else".to_vec());
    sign(&mut files, &signers);
    assert!(names(&verify(&files, &Trust::default()), &part));

    let mut files = sound.clone();
    files.0.insert("parts/unused".into(), b"x".to_vec());
    sign(&mut files, &signers);
    assert!(names(&verify(&files, &Trust::default()), "parts/unused"));
}

/// Of a sealed case what an entry says is bound by part 0 alone: nothing else tells a changed payload from the sound one.
#[test]
fn a_dossier_of_a_sealed_case_is_as_hard_to_change() {
    let (sound, signing) = sealed_dossier();
    let report = verify(&sound, &Trust::default());
    assert_intact(&report);
    assert!(report.does_not_prove.iter().any(|line| line.contains("`object`")), "{report:?}");
    let text = |name: &str| String::from_utf8(sound.0[name].clone()).unwrap();
    let entry: serde_json::Value = serde_json::from_str(&text("entries/8.json")).unwrap();
    let says = entry["parts"][0]["sha256"].as_str().unwrap().to_owned();
    let object = entry["open"]["object"]["value"].as_str().unwrap().to_owned();
    assert_eq!(says, Digest::of(&sound.0["payloads/8.json"]).hex());
    assert_ne!(says, object);
    let mut changed = sound.0["payloads/8.json"].clone();
    changed.push(b' ');
    let other = Digest::of(&changed).hex();
    type Bend = Box<dyn Fn(&mut Memory)>;
    let replace = |name: &'static str, was: &str, now: &str| -> Bend {
        let (was, now) = (was.to_owned(), now.to_owned());
        Box::new(move |files| {
            let text = String::from_utf8(files.0[name].clone()).unwrap();
            assert!(text.contains(&was), "{name} holds {was}");
            files.0.insert(name.to_owned(), text.replacen(&was, &now, 1).into_bytes());
        })
    };
    let put = |name: &'static str, bytes: Vec<u8>| -> Bend {
        Box::new(move |files| drop(files.0.insert(name.to_owned(), bytes.clone())))
    };
    let cases: [(&str, Vec<Bend>, &str); 7] = [
        ("a payload", vec![put("payloads/8.json", changed.clone())], "payloads/8.json"),
        (
            "a payload and its part",
            vec![put("payloads/8.json", changed), replace("entries/8.json", &says, &other)],
            "entries/8.json",
        ),
        (
            "a payload of another entry",
            vec![put("payloads/8.json", sound.0["payloads/7.json"].clone())],
            "payloads/8.json",
        ),
        (
            "what object is opened to",
            vec![replace("entries/8.json", &object, &says)],
            "entries/8.json",
        ),
        (
            "an entry's version",
            vec![replace("entries/8.json", "\"v\":2", "\"v\":1")],
            "entries/8.json",
        ),
        (
            "the dossier's version",
            vec![replace("data/dossier.json", "\"v\":2", "\"v\":1")],
            "entries/8.json",
        ),
        (
            "an unknown version",
            vec![replace("data/dossier.json", "\"v\":2", "\"v\":3")],
            "data/dossier.json",
        ),
    ];
    for (what, bends, named) in cases {
        let mut files = sound.clone();
        bends.iter().for_each(|bend| bend(&mut files));
        sign(&mut files, &signing);
        let report = verify(&files, &Trust::default());
        assert_eq!(report.verdict, Verdict::Failed, "{what}");
        assert!(mentions(&report, named), "{what}: {:#?}", failures(&report));
    }
}

/// Sums by another key, with that key put in place of the log's: the checkpoint gives it away.
#[test]
fn another_key_cannot_take_the_logs_place() {
    let (sound, _) = dossier();
    let key = String::from_utf8(sound.0["data/log.vkey"].clone()).unwrap();
    let name = key.split('+').next().unwrap();
    let signer = NoteSigner::new(name, &[7; 32]).unwrap();
    let mut files = sound.clone();
    let key = format!("{}\n", signer.verifier().to_text());
    files.0.insert("data/log.vkey".into(), key.into_bytes());
    let signing: Signing = Box::new(move |text| signer.sign(text).unwrap());
    sign(&mut files, &signing);
    let report = verify(&files, &Trust::default());
    assert!(names(&report, "data/checkpoint"), "{:#?}", failures(&report));
}

/// The hostile proofs, notes and keys of the project's list, each in place of a sound one.
#[test]
fn hostile_notes_and_proofs_are_refused_by_name() {
    let (sound, signers) = dossier();
    let text = |name: &str| String::from_utf8(sound.0[name].clone()).unwrap();
    let checkpoint = text("data/checkpoint");
    let proof = text("proofs/3.tlog-proof");
    let key = text("data/log.vkey");
    let signature = checkpoint.lines().last().unwrap().to_owned();
    let other_lines =
        |count: usize| (0..count).map(|i| format!("\u{2014} w{i} AAAAAAAA\n")).collect::<String>();
    let hash = "A".repeat(43) + "=";
    let low_order = {
        // A point of order 8, and the hash that belongs to it under the log's name.
        let point = "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa";
        let point: Digest = point.parse().unwrap();
        let name = key.split('+').next().unwrap();
        let id = Digest::of_all(&[name.as_bytes(), b"\n", &[1], &point.0]).hex();
        let mut typed = vec![1];
        typed.extend(point.0);
        format!("{name}+{}+{}\n", &id[..8], data_encoding::BASE64.encode(&typed))
    };
    let cases = [
        ("data/checkpoint", "two signatures by one key", format!("{checkpoint}{signature}\n")),
        (
            "data/checkpoint",
            "a known key with a bad signature",
            checkpoint.replace(&signature, &{
                let mut line = signature.clone();
                let tail = line.pop().unwrap();
                line.pop();
                line.push('A');
                line.push(tail);
                line
            }),
        ),
        ("data/checkpoint", "65 signatures", format!("{checkpoint}{}", other_lines(64))),
        ("data/checkpoint", "a control character", checkpoint.replacen('\n', "\u{1}\n", 1)),
        ("data/checkpoint", "line ends of Windows", checkpoint.replace('\n', "\r\n")),
        (
            "data/checkpoint",
            "a size with zeros before it",
            checkpoint.replace("\n16\n", "\n0016\n"),
        ),
        (
            "data/checkpoint",
            "a size of 2^63",
            checkpoint.replace("\n16\n", "\n9223372036854775808\n"),
        ),
        (
            "data/checkpoint",
            "a size of 2^64",
            checkpoint.replace("\n16\n", "\n18446744073709551616\n"),
        ),
        ("data/checkpoint", "an extension line", checkpoint.replacen("\n\n", "\nmore\n\n", 1)),
        ("data/checkpoint", "no signature", checkpoint.replace(&format!("{signature}\n"), "")),
        ("data/log.vkey", "a key of low order", low_order),
        ("data/log.vkey", "another hash", key.replacen('+', "+0", 1)),
        (
            "proofs/3.tlog-proof",
            "64 hashes",
            proof.replacen("\n\n", &format!("\n{}\n\n", vec![hash.clone(); 64].join("\n")), 1),
        ),
        (
            "proofs/3.tlog-proof",
            "one hash more",
            proof.replacen("\n\n", &format!("\n{hash}\n\n"), 1),
        ),
        ("proofs/3.tlog-proof", "another index", proof.replace("index 3", "index 2")),
        ("proofs/3.tlog-proof", "an index with a zero", proof.replace("index 3", "index 03")),
        ("proofs/3.tlog-proof", "an index beyond the log", proof.replace("index 3", "index 99")),
        ("proofs/3.tlog-proof", "the proof of another entry", text("proofs/4.tlog-proof")),
        (
            "proofs/3.tlog-proof",
            "a cosigned checkpoint that is not the dossier's",
            format!("{proof}{}", other_lines(1)),
        ),
    ];
    for (file, what, changed) in cases {
        assert_ne!(changed.as_bytes(), sound.0[file], "{what}");
        let mut files = sound.clone();
        files.0.insert(file.into(), changed.into_bytes());
        sign(&mut files, &signers);
        let report = verify(&files, &Trust::default());
        assert!(names(&report, file), "{file}: {what}: {:#?}", failures(&report));
    }
}

#[test]
fn hostile_sums_are_refused() {
    let (sound, _) = dossier();
    let sums = String::from_utf8(sound.0["SHA256SUMS"].clone()).unwrap();
    let first = sums.lines().next().unwrap();
    let zero = "0".repeat(64);
    let cases = [
        ("a line twice", format!("{first}\n{sums}")),
        ("a path that climbs", format!("{zero}  ../../etc/passwd\n{sums}")),
        ("an absolute path", format!("{zero}  /etc/passwd\n{sums}")),
        ("a path on Windows", format!("{zero}  C:\\x\n{sums}")),
        ("itself", format!("{sums}{zero}  SHA256SUMS\n")),
        ("one space", sums.replacen("  ", " ", 1)),
        ("capitals", sums.to_uppercase()),
        ("no last line end", sums.trim_end().to_owned()),
        ("line ends of Windows", sums.replace('\n', "\r\n")),
    ];
    for (what, changed) in cases {
        let mut files = sound.clone();
        files.0.insert("SHA256SUMS".into(), changed.into_bytes());
        let report = verify(&files, &Trust::default());
        assert!(names(&report, "SHA256SUMS"), "{what}: {:#?}", failures(&report));
    }
}
