//! Whatever is changed in a case is found, and named.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail loudly, in its helpers too")]

mod fixture;

use fixture::{add_origins, case, damages, failures, load, make_case, mentions, names};
use witnessmark_model::Digest;
use witnessmark_verify::{Files, Folder, Kind, Memory, Outcome, Report, Trust, Verdict, detect};

/// Verifies an open case.
fn verify(files: &dyn Files) -> Report {
    witnessmark_verify::case::verify(files, None, &Trust::default())
}

fn assert_intact(report: &Report) {
    assert_eq!(failures(report), Vec::<&witnessmark_verify::Check>::new());
    assert_eq!(report.verdict, Verdict::Intact);
}

fn count(report: &Report, name: &str) -> String {
    let found = report.checks.iter().find(|check| check.name == name && check.ok == Outcome::Yes);
    found.map(|check| check.detail.clone()).unwrap_or_default()
}

#[test]
fn a_sound_case_is_intact_and_says_what_that_means() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path().join("case");
    make_case(&folder, 300);
    let files = Folder::open(&folder).unwrap();
    assert_eq!(detect(&files).unwrap(), Kind::Case);
    let report = verify(&files);
    assert_intact(&report);
    assert_eq!(
        report.summary(),
        "Integrity checks passed. Truth, authorship and completeness were not tested."
    );
    for (name, ending) in [
        ("entries", ": 316"),
        ("signatures", ": 316"),
        ("parts", ": 316"),
        ("payloads", ": 316"),
        ("packs", ": 6"),
        ("passages", ": 1"),
        ("imports", ": 6"),
        ("tiles", ": 5"),
    ] {
        let detail = count(&report, name);
        assert!(detail.ends_with(ending), "{name}: {detail:?}");
    }
    assert_eq!(report.proves.len(), 6, "{:?}", report.proves);
    assert!(report.does_not_prove.iter().any(|line| line.contains("316 entries")));
    let json = serde_json::to_value(&report).unwrap();
    assert_eq!(json["kind"], "case");
    assert_eq!(json["verdict"], "intact");
    let mut fields: Vec<&String> = json.as_object().unwrap().keys().collect();
    fields.sort();
    assert_eq!(fields, ["checks", "does_not_prove", "kind", "proves", "verdict"]);
    assert!(json["checks"].as_array().unwrap().iter().any(|check| check["ok"] == "unchecked"));
    assert_eq!(verify(&load(&folder)), report, "the memory gives the same report as the folder");
}

/// "Any single flipped, missing or added byte anywhere under log/ or blobs/ is detected and the object named."
#[test]
fn every_damage_to_every_file_is_found_and_the_file_named() {
    let sound = case(0);
    let mut tried = 0;
    for (name, bytes) in &sound.0 {
        if !name.starts_with("log/") && !name.starts_with("blobs/") {
            continue;
        }
        for (what, changed) in damages(bytes) {
            let mut files = sound.clone();
            files.0.insert(name.clone(), changed);
            let report = verify(&files);
            assert_eq!(report.verdict, Verdict::Failed, "{name}: {what}");
            assert!(names(&report, name), "{name}: {what}: {:#?}", failures(&report));
            tried += 1;
        }
        let mut files = sound.clone();
        files.0.remove(name);
        let report = verify(&files);
        assert!(names(&report, name), "{name} removed: {:#?}", failures(&report));
    }
    assert!(tried > 500, "{tried}");
}

#[test]
fn full_tiles_are_checked_as_well() {
    let sound = case(300);
    for (name, bytes) in sound.0.iter().filter(|(name, _)| name.starts_with("log/")) {
        let damages = damages(bytes);
        let step = (damages.len() / 6).max(1);
        for (what, changed) in damages.into_iter().step_by(step) {
            let mut files = sound.clone();
            files.0.insert(name.clone(), changed);
            let report = verify(&files);
            assert!(names(&report, name), "{name}: {what}: {:#?}", failures(&report));
        }
        let mut files = sound.clone();
        files.0.remove(name);
        assert!(names(&verify(&files), name), "{name} removed");
    }
}

#[test]
fn every_added_file_is_named() {
    let sound = case(0);
    let blob = |bytes: &[u8]| {
        let hex = Digest::of(bytes).hex();
        format!("blobs/{}/{hex}", &hex[..2])
    };
    let hex = Digest::of(b"x").hex();
    let known = sound.0.keys().find(|name| name.starts_with("blobs/")).unwrap();
    let added = [
        "log/extra".to_owned(),
        "log/tile/0/001".to_owned(),
        "log/tile/0/000".to_owned(),
        "log/tile/0/000.p/5".to_owned(),
        "log/tile/0/000.p/0".to_owned(),
        "log/tile/0/000.p/256".to_owned(),
        "log/tile/entries/x001/000".to_owned(),
        "log/tile/1/000.p/1".to_owned(),
        format!("log/staging/{hex}"),
        "log/.tmp-1-0".to_owned(),
        "log/timestamps/3/checkpoint".to_owned(),
        blob(b"x"),
        "blobs/.tmp-77-1".to_owned(),
        "blobs/x".to_owned(),
        known.to_uppercase().replace("BLOBS", "blobs"),
        known.replacen("blobs/", "blobs/zz/", 1),
        format!("{known}.bak"),
    ];
    for name in added {
        let mut files = sound.clone();
        assert!(files.0.insert(name.clone(), b"x".to_vec()).is_none(), "{name}");
        let report = verify(&files);
        assert_eq!(report.verdict, Verdict::Failed, "{name}");
        assert!(names(&report, &name), "{name}: {:#?}", failures(&report));
    }
}

#[test]
fn two_files_that_changed_places_are_both_named() {
    let sound = case(0);
    for top in ["log/", "blobs/"] {
        let files: Vec<&String> = sound.0.keys().filter(|name| name.starts_with(top)).collect();
        for pair in files.windows(2) {
            let (a, b) = (pair[0], pair[1]);
            let mut files = sound.clone();
            files.0.insert(a.clone(), sound.0[b].clone());
            files.0.insert(b.clone(), sound.0[a].clone());
            let report = verify(&files);
            for name in [a, b] {
                assert!(names(&report, name), "{a} and {b}: {:#?}", failures(&report));
            }
        }
    }
}

#[test]
fn one_damaged_pack_hides_nothing_elsewhere() {
    let sound = case(0);
    let packs: Vec<&String> = sound
        .0
        .iter()
        .filter(|(_, bytes)| bytes.starts_with(b"witnessmark pack 1\n"))
        .map(|(name, _)| name)
        .collect();
    assert_eq!(packs.len(), 5);
    let page = sound.0.iter().find(|(_, bytes)| bytes.starts_with(b"<html>")).unwrap().0;
    for pack in packs {
        for broken in [b"no pack at all".to_vec(), Vec::new()] {
            let mut files = sound.clone();
            files.0.insert(pack.clone(), broken);
            files.0.get_mut(page).unwrap()[3] ^= 1;
            let report = verify(&files);
            for name in [pack, page] {
                assert!(names(&report, name), "{pack}: {:#?}", failures(&report));
            }
            // Blobs that only the unreadable entries name are not called added.
            for check in failures(&report).iter().filter(|check| check.name == "files") {
                assert_eq!(&check.subject, pack, "{check:?}");
            }
        }
    }
}

#[test]
fn damaged_keys_are_named() {
    let sound = case(0);
    // The seed of an import's manifest salts nothing, so nothing tells whether it is the right one.
    let packs: String = (sound.0.values())
        .filter(|bytes| bytes.starts_with(b"witnessmark pack 1\n"))
        .map(|bytes| String::from_utf8_lossy(bytes))
        .collect();
    let idle: Vec<&str> = packs
        .split("\"manifest\":{")
        .skip(1)
        .filter_map(|rest| rest.get(rest.find("key-")?..)?.get(..30))
        .collect();
    assert_eq!(idle.len(), 3);
    for name in ["keys/1/objects", "keys/1/signers"] {
        for (what, changed) in damages(&sound.0[name]) {
            if what == "one byte more" {
                continue; // a torn last line is dropped by the next command that writes
            }
            let at = (sound.0[name].iter().zip(&changed)).position(|(was, is)| was != is);
            let text = std::str::from_utf8(&sound.0[name]).unwrap();
            let line = at.and_then(|at| text.lines().nth(at / 96)).unwrap_or_default();
            let hex_for_hex = changed.iter().all(|b| b.is_ascii_graphic() || b" \n".contains(b));
            if name == "keys/1/objects"
                && idle.iter().any(|key| line.starts_with(key))
                && hex_for_hex
            {
                continue;
            }
            let mut files = sound.clone();
            files.0.insert(name.into(), changed);
            let report = verify(&files);
            assert_eq!(report.verdict, Verdict::Failed, "{name}: {what}");
            assert!(mentions(&report, name), "{name}: {what}: {:#?}", failures(&report));
        }
    }
    let mut files = sound.clone();
    files.0.remove("keys/1/objects");
    assert!(names(&verify(&files), "keys/1/objects"));
    let mut files = sound.clone();
    files.0.remove("keys/1/signers");
    assert_intact(&verify(&files));
}

#[test]
fn case_toml_must_agree_with_the_first_entry() {
    let sound = case(0);
    let text = String::from_utf8(sound.0["case.toml"].clone()).unwrap();
    let others = [
        text.replace("format = 1", "format = 2"),
        text.replace("false", "true"),
        text.replace("case-", "case-a"),
        format!("{text}name = \"secret\"\n"),
        // A flipped bit makes a quotation mark of a space: the values read the same, and yet the file was changed.
        text.replace("= 1", "=\"1"),
        text.replace('\n', "\r\n"),
        String::new(),
    ];
    for other in others {
        let mut files = sound.clone();
        files.0.insert("case.toml".into(), other.clone().into_bytes());
        assert!(names(&verify(&files), "case.toml"), "{other}");
    }
    let mut files = sound.clone();
    files.0.remove("case.toml");
    assert_eq!(detect(&files).unwrap(), Kind::Case, "a case that lost its case.toml is still one");
    assert!(names(&verify(&files), "case.toml"));
}

/// A case as it was after one more batch: the batch is staged and promised, tiles and checkpoint are of before.
fn unfinished(folder: &std::path::Path) -> (Memory, Memory, Memory) {
    let before = load(folder);
    add_origins(folder, 3, 1 << 40);
    let after = load(folder);
    let mut files = after.clone();
    files.0.retain(|name, _| !name.starts_with("log/tile/") && name != "log/checkpoint");
    for (name, bytes) in &before.0 {
        if name.starts_with("log/") && name != "log/state" {
            files.0.insert(name.clone(), bytes.clone());
        }
    }
    (before, files, after)
}

#[test]
fn a_batch_that_was_cut_off_is_called_unfinished_and_not_damage() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path().join("case");
    make_case(&folder, 0);
    let (_, files, after) = unfinished(&folder);
    let report = verify(&files);
    assert_intact(&report);
    let note = report.checks.iter().find(|check| check.name == "unfinished").unwrap();
    assert!(note.detail.contains("run any writing command"), "{note:?}");
    assert!(report.does_not_prove.iter().any(|line| line.contains("16 entries")), "verified at 16");

    // Some tiles of the new tree may be there already, if they are right.
    let mut further = files.clone();
    for (name, bytes) in after.0.iter().filter(|(name, _)| name.starts_with("log/tile/")) {
        further.0.insert(name.clone(), bytes.clone());
    }
    assert_intact(&verify(&further));
    let tile = after.0.keys().find(|name| name.starts_with("log/tile/0/")).unwrap();
    further.0.get_mut(tile).unwrap()[5] ^= 1;
    assert!(names(&verify(&further), tile));

    // Damage is damage there too.
    for (name, bytes) in &files.0 {
        if name.starts_with("log/") || name.starts_with("blobs/") {
            let mut changed = files.clone();
            changed.0.insert(name.clone(), {
                let mut bytes = bytes.clone();
                let middle = bytes.len() / 2;
                bytes[middle] ^= 1;
                bytes
            });
            let report = verify(&changed);
            assert!(names(&report, name), "{name}: {:#?}", failures(&report));
        }
    }
}

#[test]
fn a_state_or_checkpoint_that_was_put_back_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path().join("case");
    make_case(&folder, 0);
    let (before, _, _) = unfinished(&folder);
    add_origins(&folder, 2, 1 << 41);
    let sound = load(&folder);
    assert_intact(&verify(&sound));

    let mut files = sound.clone();
    files.0.insert("log/state".into(), before.0["log/state"].clone());
    let report = verify(&files);
    assert!(names(&report, "log/state"), "{:#?}", failures(&report));

    let mut files = sound.clone();
    files.0.insert("log/checkpoint".into(), before.0["log/checkpoint"].clone());
    let report = verify(&files);
    assert!(names(&report, "log/checkpoint"), "{:#?}", failures(&report));

    // With the tiles of then it would all fit, were it not for the batch that is missing in between.
    files.0.retain(|name, _| !name.starts_with("log/tile/"));
    for (name, bytes) in before.0.iter().filter(|(name, _)| name.starts_with("log/tile/")) {
        files.0.insert(name.clone(), bytes.clone());
    }
    let report = verify(&files);
    assert!(names(&report, "log/checkpoint"), "{:#?}", failures(&report));
}

#[test]
fn sizes_that_nothing_can_hold_are_refused_without_filling_the_memory() {
    let sound = case(0);
    let state = String::from_utf8(sound.0["log/state"].clone()).unwrap();
    for size in ["9007199254740991", "1000000000", "0"] {
        let mut files = sound.clone();
        let changed = state.replace("\"size\":16", &format!("\"size\":{size}"));
        files.0.insert("log/state".into(), changed.into_bytes());
        let report = verify(&files);
        assert!(names(&report, "log/state"), "{size}");
    }
}

#[test]
fn what_lies_in_quarantine_is_mentioned_and_no_failure() {
    let mut files = case(0);
    files.0.insert("quarantine/abc".into(), b"x".to_vec());
    files.0.insert("index/meta.json".into(), b"x".to_vec());
    let report = verify(&files);
    assert_intact(&report);
    assert!(report.checks.iter().any(|check| check.name == "quarantine"));
}

#[test]
fn an_empty_case_fails_without_a_panic() {
    for files in [Memory::default(), Memory([("case.toml".to_owned(), vec![])].into())] {
        assert_eq!(verify(&files).verdict, Verdict::Failed);
    }
}

#[test]
#[cfg(unix)]
fn a_link_in_place_of_a_blob_is_not_followed() {
    let folder = tempfile::tempdir().unwrap();
    let case = folder.path().join("case");
    make_case(&case, 0);
    let files = load(&case);
    let name = files.0.keys().find(|name| name.starts_with("blobs/")).unwrap();
    let elsewhere = folder.path().join("elsewhere");
    std::fs::rename(case.join(name), &elsewhere).unwrap();
    std::os::unix::fs::symlink(&elsewhere, case.join(name)).unwrap();
    let report = verify(&Folder::open(&case).unwrap());
    assert!(names(&report, name), "{:#?}", failures(&report));

    std::fs::rename(case.join("blobs"), folder.path().join("moved")).unwrap();
    std::os::unix::fs::symlink(folder.path().join("moved"), case.join("blobs")).unwrap();
    assert!(names(&verify(&Folder::open(&case).unwrap()), "blobs"));
}
