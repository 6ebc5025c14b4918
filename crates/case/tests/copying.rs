//! Sealing: an open case and its sealed copy say the same, the copy proves what the open one proved, and shows nothing.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by a panic")]

mod filled;

use std::collections::BTreeMap;
use std::fs;
use std::io::{Read, Write};
use std::path::Path;
use std::sync::Arc;

use filled::{Seeded, environment, fill};
use witnessmark_case::model::payload::{Payload, Predecessor};
use witnessmark_case::model::{Digest, Moment};
use witnessmark_case::seal::wraps::Unlocked;
use witnessmark_case::seal::{Cost, Passphrase};
use witnessmark_case::text::SearchOptions;
use witnessmark_case::vault::{NewSeal, Pending, Vault};
use witnessmark_case::verify::{self, Folder, Outcome, Report, Trust, Verdict};
use witnessmark_case::{Case, Environment, Progress, PublishPolicy, SealedCopy};

fn new_seal() -> NewSeal {
    let passphrase = Passphrase::new("a passphrase for tests").unwrap();
    let cost = Cost { memory_kib: 64, passes: 1, lanes: 1 };
    NewSeal { passphrase, cost, recipients: Vec::new() }
}

fn unlock(folder: &Path) -> Arc<Unlocked> {
    let wraps = Vault::wraps(folder).unwrap().unwrap();
    Arc::new(wraps.unlock(&new_seal().passphrase).unwrap())
}

fn environment_of(folder: &Path) -> Environment {
    Environment { unlocked: Some(unlock(folder)), ..environment(3) }
}

fn seal(old: &Path, new: &Path) -> SealedCopy {
    let progress = Progress::new();
    Case::seal(old, new, &new_seal(), environment(7), &progress).unwrap().unwrap()
}

fn report(folder: &Path) -> Report {
    let key = Vault::wraps(folder).unwrap().map(|_| unlock(folder));
    let key = key.as_deref().map(Unlocked::key);
    verify::case::verify(&Folder::open(folder).unwrap(), key, &Trust::default())
}

fn failures(report: &Report) -> Vec<String> {
    let failed = report.checks.iter().filter(|check| check.ok == Outcome::No);
    failed.map(|check| format!("{}: {}: {}", check.name, check.subject, check.detail)).collect()
}

fn assert_intact(folder: &Path) -> Report {
    let report = report(folder);
    assert_eq!(failures(&report), [""; 0]);
    assert_eq!(report.verdict, Verdict::Intact);
    report
}

/// Every file below a folder, with its bytes and when it was last written.
fn all_files(folder: &Path) -> BTreeMap<String, (Vec<u8>, std::time::SystemTime)> {
    let mut found = BTreeMap::new();
    let mut waiting = vec![folder.to_owned()];
    while let Some(below) = waiting.pop() {
        for entry in fs::read_dir(&below).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                waiting.push(path);
            } else {
                let name = path.strip_prefix(folder).unwrap().to_string_lossy().into_owned();
                let written = fs::metadata(&path).unwrap().modified().unwrap();
                found.insert(name, (fs::read(&path).unwrap(), written));
            }
        }
    }
    found
}

/// The rows of the casebook, but for what must differ in a sealed copy: keys, digests of what is stored, and the entries
/// `own` that are about the log itself.
fn rows(case: &Case, own: &[u64]) -> Vec<String> {
    let own: Vec<String> = own.iter().map(|entry| format!("Integer({entry})")).collect();
    let dump = case.casebook_dump().unwrap();
    let kept = dump.into_iter().filter_map(|line| {
        let fields: Vec<&str> = line.split('\t').collect();
        let without = |places: &[usize]| {
            let kept = fields.iter().enumerate().filter(|(place, _)| !places.contains(place));
            Some(kept.map(|(_, field)| *field).collect::<Vec<_>>().join("\t"))
        };
        match fields[0] {
            // entry, id, kind, about, seed, day, vals, payload: the payload is compared by `verify`.
            "entries" if own.iter().any(|entry| entry == fields[1]) => None,
            "entries" => without(&[5, 6, 7, 8]),
            // sha256, plain_sha256, bytes, plain_bytes, seed, entry
            "evidence" => without(&[1, 3, 4, 5, 6]),
            "captures" => without(&[11]),
            "meta" | "copied" => None,
            _ => Some(line.clone()),
        }
    });
    let mut kept: Vec<String> = kept.collect();
    kept.sort();
    kept.dedup();
    kept
}

#[test]
fn a_sealed_copy_says_everything_and_proves_what_was_proven() {
    let place = tempfile::tempdir().unwrap();
    let (old, new) = (place.path().join("old"), place.path().join("new"));
    fill(&old);
    let before = all_files(&old);
    let sealed = seal(&old, &new);
    assert_eq!(all_files(&old), before, "the old case is only read");
    assert_eq!(sealed.copied + 1, sealed.entries, "all but the first are entered anew");

    let mut open_case = Case::open(&old, environment(2)).unwrap();
    let mut copy = Case::open(&new, environment_of(&new)).unwrap();
    let (one, other) = (rows(&open_case, &[0]), rows(&copy, &[0, sealed.copied + 1]));
    // The log that the copy keeps is a piece of evidence more.
    let more: Vec<_> = other.iter().filter(|row| !one.contains(row)).collect();
    assert!(more.len() == 1 && more[0].starts_with("evidence\t"), "{more:#?}");
    let less: Vec<_> = one.iter().filter(|row| !other.contains(row)).collect();
    assert_eq!(less, Vec::<&String>::new());

    // What was first, when, and by whom, is told beside when it was sealed.
    let claims = open_case.claims().unwrap();
    assert!(claims.len() > 5);
    for claim in &claims {
        let id = claim.claim.to_string();
        let (then, now) = (
            open_case.custody(&id, &Default::default()).unwrap(),
            copy.custody(&id, &Default::default()).unwrap(),
        );
        let told = |story: &witnessmark_case::CustodyStory, copied: bool| -> Vec<_> {
            let events = serde_json::to_value(&story.events).unwrap();
            let events = events.as_array().unwrap().iter();
            let event = |event: &serde_json::Value| {
                let times = if copied { &event["before"] } else { event };
                assert!(times["at"].is_string(), "{event}");
                let field = |name: &str| times[name].to_string();
                (field("entry"), field("at"), field("actor"), event["text"].to_string())
            };
            events.map(event).collect()
        };
        assert_eq!(told(&then, false), told(&now, true), "{id}");
    }
    for query in ["blood", "采血"] {
        let hits = |case: &mut Case| {
            let found = case.search(query, None, &SearchOptions::default()).unwrap();
            found.hits.iter().map(|hit| hit.capture.to_string()).collect::<Vec<_>>()
        };
        let mut found = [hits(&mut open_case), hits(&mut copy)];
        found.iter_mut().for_each(|hits| hits.sort());
        assert!(!found[0].is_empty() && found[0] == found[1], "{query}");
    }
    drop((open_case, copy));

    let report = assert_intact(&new);
    let told = report.proves.iter().any(|sentence| {
        sentence.contains("put together again") && sentence.contains(&sealed.previous.to_string())
    });
    assert!(told, "{:#?}", report.proves);

    // The casebook is made again with all of it, and the case goes on.
    let mut copy = Case::open_writable(&new, environment_of(&new)).unwrap().0;
    let dump = copy.casebook_dump().unwrap();
    let first = claims[0].claim.to_string();
    let field = witnessmark_case::claims::Field::ItemGrade;
    copy.change_claim(&first, &|draft| draft.set(field, "4"), "read once more").unwrap();
    let story =
        serde_json::to_value(copy.custody(&first, &Default::default()).unwrap().events).unwrap();
    let last = story.as_array().unwrap().last().unwrap().clone();
    assert!(last.get("before").is_none(), "what is entered later has no time before: {last}");
    drop(copy);
    Case::rebuild(&new, environment_of(&new), &Progress::new()).unwrap();
    let again = Case::open(&new, environment_of(&new)).unwrap().casebook_dump().unwrap();
    assert!(again.len() > dump.len());
    let copied = |dump: &[String]| -> Vec<String> {
        dump.iter().filter(|line| line.starts_with("copied\t")).cloned().collect()
    };
    assert_eq!(copied(&again), copied(&dump));
    assert_intact(&new);

    // A dossier of it is checked by anybody.
    let (dossier, zip) = (place.path().join("dossier"), place.path().join("dossier.zip"));
    let mut copy = Case::open_writable(&new, environment_of(&new)).unwrap().0;
    copy.publish(&dossier, &zip, "", &PublishPolicy::default(), false, false).unwrap();
    let report = verify::dossier::verify(&Folder::open(&dossier).unwrap(), &Default::default());
    assert_eq!(failures(&report), [""; 0]);
}

/// What was readable in the open case is readable nowhere in the copy: neither in a file nor in a name.
#[test]
fn nothing_of_the_open_case_is_readable_in_the_copy() {
    let place = tempfile::tempdir().unwrap();
    let (old, new) = (place.path().join("old"), place.path().join("new"));
    fill(&old);
    let sealed = seal(&old, &new);
    let words = [
        "Delvoru",
        "Ankeviru",
        "Thessowick",
        "dna-collection",
        "安克维鲁",
        "ཁྲག",
        "قان",
        "compelled",
        "read again",
        "Derived",
        "case-created",
        "extraction",
        "passage",
        "plain_sha256",
    ];
    let mut planted: Vec<Vec<u8>> = words.iter().map(|word| word.as_bytes().to_vec()).collect();
    planted
        .extend(words.iter().map(|word| word.encode_utf16().flat_map(u16::to_le_bytes).collect()));
    planted.push(sealed.previous.to_string().into_bytes());
    // Digests of what was kept would confirm to somebody with a file that it is here.
    let stored = all_files(&old);
    let objects = stored.keys().filter(|name| name.starts_with("blobs/"));
    planted.extend(objects.map(|name| name.rsplit('/').next().unwrap().as_bytes().to_vec()));
    let seeds = String::from_utf8(stored["keys/1/objects"].0.clone()).unwrap();
    planted.push(seeds.lines().next().unwrap().split(' ').nth(1).unwrap().as_bytes().to_vec());
    let in_old = |needle: &Vec<u8>| {
        stored
            .iter()
            .any(|(name, (bytes, _))| holds(name.as_bytes(), needle) || holds(bytes, needle))
    };
    assert!(
        planted.iter().filter(|needle| in_old(needle)).count() > 30,
        "they are there to be found"
    );
    for (name, (bytes, _)) in all_files(&new) {
        for needle in &planted {
            let shown = String::from_utf8_lossy(needle);
            assert!(!holds(name.as_bytes(), needle), "{name} holds {shown}");
            assert!(!holds(&bytes, needle), "{name} holds {shown}");
        }
    }
}

fn holds(bytes: &[u8], needle: &[u8]) -> bool {
    memchr::memmem::find(bytes, needle).is_some()
}

/// Whenever it is stopped, there is a whole case or none, and nothing is left beside it.
#[test]
fn a_copy_that_is_cut_off_is_no_case() {
    let place = tempfile::tempdir().unwrap();
    let old = place.path().join("old");
    fill(&old);
    let names = || {
        let mut names: Vec<_> =
            fs::read_dir(place.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        names
    };
    let mut cut_off = 0;
    for after in [0, 1, 5, 20, 60] {
        let new = place.path().join(format!("new-{after}"));
        let before = names();
        let progress = Progress::new();
        let sealed = std::thread::scope(|scope| {
            let watched = &progress;
            scope.spawn(move || {
                while watched.now().2[0] < after && !watched.stopped() {
                    std::thread::yield_now();
                }
                watched.stop();
            });
            let sealed = Case::seal(&old, &new, &new_seal(), environment(7), watched);
            watched.stop();
            sealed
        });
        match sealed {
            Ok(Some(_)) => drop(assert_intact(&new)),
            Ok(None) | Err(_) => {
                cut_off += 1;
                assert_eq!(names(), before, "stopped after {after} entries");
            }
        }
    }
    assert!(cut_off >= 2, "some copies were cut off");
    // What a computer left that stopped is named, and nothing is written over it.
    let left = place.path().join(".late.sealing-1");
    fs::create_dir(&left).unwrap();
    let late = place.path().join("late");
    let refused = Case::seal(&old, &late, &new_seal(), environment(7), &Progress::new());
    assert!(refused.unwrap_err().fact.contains(".late.sealing-1"));
    assert!(left.exists() && !late.exists());
    for (new, why) in [(old.join("within"), "inside the case"), (old.clone(), "exists")] {
        let refused = Case::seal(&old, &new, &new_seal(), environment(7), &Progress::new());
        let said = refused.unwrap_err().fact;
        assert!(said.contains(why) || said.contains("not empty"), "{said}");
    }
    let sealed = place.path().join("sealed");
    seal(&old, &sealed);
    let refused = Case::seal(&sealed, &late, &new_seal(), environment(7), &Progress::new());
    assert!(refused.unwrap_err().fact.contains("sealed already"));
}

/// What somebody changes between reading the copy and writing one that looks alike.
type Forge = fn(&mut Vec<Pending>, &mut Option<Predecessor>, &mut Vec<u8>);

/// Writes a copy anew by hand, changed by `forge`; the copied entries, what ends them, and the kept log may be changed.
fn forged(copy: &Path, new: &Path, forge: Forge) {
    let source = Vault::open(copy, Some(unlock(copy))).unwrap();
    let mut entropy = Seeded(11);
    let (mut pending, mut predecessor, mut previous) = (Vec::new(), None, None);
    let mut found = Vec::new();
    source
        .for_each_entry(0, &mut |entry| {
            found.push(Payload::parse(&entry.content.unwrap().payload).unwrap());
            Ok(())
        })
        .unwrap();
    for payload in &found {
        if let Payload::CaseCreated(created) = payload {
            previous.clone_from(&created.previous);
        }
    }
    let at = Moment::from_unix_millis(1_795_000_900_000);
    let mut vault =
        Vault::create(new, "a test", Some(&new_seal()), previous, at, &mut entropy).unwrap();
    let mut log = Vec::new();
    for mut payload in found {
        match &payload {
            Payload::CaseCreated(_) => continue,
            Payload::Predecessor(found) => {
                log = source.store().read(&found.log).unwrap();
                predecessor = Some(found.clone());
                continue;
            }
            _ => {}
        }
        let records = match payload.archive() {
            Some(archive) => {
                let manifest = source.store().read(archive.manifest).unwrap();
                let lines = manifest.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
                let record = |line: &[u8]| -> Digest {
                    let line: serde_json::Value = serde_json::from_slice(line).unwrap();
                    line["sha256"].as_str().unwrap().parse().unwrap()
                };
                lines.map(record).collect()
            }
            None => Vec::new(),
        };
        for evidence in payload.evidence_mut() {
            let bytes = source.store().read(evidence).unwrap();
            *evidence = vault.put_evidence(&bytes, &mut entropy).unwrap();
        }
        pending.push(Pending { payload, records });
    }
    forge(&mut pending, &mut predecessor, &mut log);
    vault.commit(pending, at, &mut entropy).unwrap();
    if let Some(mut predecessor) = predecessor {
        predecessor.log = vault.put_evidence(&log, &mut entropy).unwrap();
        vault.commit(vec![predecessor.into()], at, &mut entropy).unwrap();
    }
}

/// The holder of every key of the copy cannot make it say what the open case did not say.
#[test]
fn a_copy_that_says_something_else_is_found() {
    let place = tempfile::tempdir().unwrap();
    let (old, copy) = (place.path().join("old"), place.path().join("copy"));
    fill(&old);
    seal(&old, &copy);
    let cases: [(&str, Forge, &str); 9] = [
        ("nothing", |_, _, _| {}, ""),
        (
            "a reason",
            |pending, _, _| {
                let changed = pending.iter_mut().find_map(|one| match &mut one.payload {
                    Payload::ClaimChange(change) => Some(change),
                    _ => None,
                });
                changed.unwrap().reason = "another reason".into();
            },
            "it says something else than entry",
        ),
        (
            "an entry that is left out",
            |pending, predecessor, _| {
                let last = pending.pop().unwrap();
                assert_eq!(last.payload.kind(), "estimate");
                predecessor.as_mut().unwrap().copied -= 1;
            },
            "it was not copied",
        ),
        (
            "an entry more",
            |pending, predecessor, _| {
                let origin = pending.iter().find_map(|one| match &one.payload {
                    Payload::Origin(origin) => Some(origin.clone()),
                    _ => None,
                });
                let mut origin = origin.unwrap();
                origin.id = witnessmark_case::model::id::OriginId::random(&mut Seeded(99));
                pending.push(origin.into());
                predecessor.as_mut().unwrap().copied += 1;
            },
            "it stands among the copied entries, and is none",
        ),
        (
            "a wrong count",
            |_, predecessor, _| predecessor.as_mut().unwrap().copied += 1,
            "entries were copied",
        ),
        ("a wrong size", |_, predecessor, _| predecessor.as_mut().unwrap().size += 1, "which has"),
        (
            "another checkpoint",
            |_, predecessor, _| predecessor.as_mut().unwrap().checkpoint.push(' '),
            "its checkpoint is not the one that the first entry names",
        ),
        ("no end", |_, predecessor, _| *predecessor = None, "the copy was cut off"),
        (
            "a day in the log before",
            |_, _, log| {
                let mut bent = Vec::new();
                let mut tar = tar_without_change(log);
                let (_, bytes) =
                    tar.iter_mut().find(|(name, _)| name.starts_with("blobs/")).unwrap();
                let at = bytes.windows(9).position(|window| window == b"\"day\":\"20").unwrap();
                bytes[at + 9] ^= 1;
                write_tar(&tar, &mut bent);
                *log = bent;
            },
            "of the case before",
        ),
    ];
    for (number, (what, forge, expected)) in cases.into_iter().enumerate() {
        let new = place.path().join(format!("forged-{number}"));
        forged(&copy, &new, forge);
        let report = report(&new);
        let failed = failures(&report);
        if expected.is_empty() {
            assert_eq!(failed, [""; 0], "{what}");
            continue;
        }
        assert!(failed.iter().any(|line| line.contains(expected)), "{what}: {failed:#?}");
        assert!(
            !report.proves.iter().any(|sentence| sentence.contains("put together again")),
            "{what}"
        );
    }
}

/// The members of a tar file.
fn tar_without_change(bytes: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    let mut archive = tar::Archive::new(bytes);
    for member in archive.entries().unwrap() {
        let mut member = member.unwrap();
        let name = String::from_utf8(member.path_bytes().into_owned()).unwrap();
        let mut bytes = Vec::new();
        member.read_to_end(&mut bytes).unwrap();
        found.push((name, bytes));
    }
    found
}

fn write_tar(members: &[(String, Vec<u8>)], to: &mut dyn Write) {
    let mut tar = tar::Builder::new(to);
    for (name, bytes) in members {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        tar.append_data(&mut header, name, &bytes[..]).unwrap();
    }
    tar.finish().unwrap();
}
