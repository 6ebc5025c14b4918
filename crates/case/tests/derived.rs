//! What is derived can be lost: the casebook, the texts and the search index are made again from the log, and are the same.
//! And what is made from the log, a dossier, is the same wherever it is made.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by a panic")]

mod filled;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use filled::{demo, environment, fill};
use rusqlite::Connection;
use witnessmark_case::text::SearchOptions;
use witnessmark_case::{AddOptions, Case, CaseError, Progress, PublishPolicy};

fn open(folder: &Path) -> Result<Case, CaseError> {
    Case::open(folder, environment(2))
}

/// The hits of a search: captures with the places in them.
type Hits = Vec<(String, Vec<(usize, usize)>)>;

/// What searches answer, by query.
fn answers(case: &mut Case) -> BTreeMap<&'static str, Hits> {
    let mut found = BTreeMap::new();
    for query in ["采血", "ཁྲག", "قان", "blood", "\"Delvoru Province\" -wire", "41286"] {
        let answer = case.search(query, None, &SearchOptions::default()).unwrap();
        assert_eq!(answer.warnings, [""; 0], "{query}");
        let mut hits: Hits = answer
            .hits
            .iter()
            .map(|hit| {
                let places = hit.passages.iter().map(|place| (place.start, place.end)).collect();
                (hit.capture.to_string(), places)
            })
            .collect();
        hits.sort();
        assert!(!hits.is_empty(), "{query} is found");
        found.insert(query, hits);
    }
    found
}

/// Copies a folder with everything in it.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &target);
        } else {
            fs::copy(&path, &target).unwrap();
        }
    }
}

/// Every file below a folder with its bytes.
fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let (mut found, mut waiting) = (BTreeMap::new(), vec![folder.to_owned()]);
    while let Some(next) = waiting.pop() {
        for entry in fs::read_dir(&next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                waiting.push(path);
            } else {
                found.insert(
                    path.strip_prefix(folder).unwrap().to_owned(),
                    fs::read(&path).unwrap(),
                );
            }
        }
    }
    found
}

fn rebuild(folder: &Path) {
    Case::rebuild(folder, environment(3), &Progress::new()).unwrap();
}

#[test]
fn a_rebuild_makes_the_same_tables_and_gives_the_same_answers() {
    let scratch = tempfile::tempdir().unwrap();
    let folder = scratch.path().join("case");
    fill(&folder);
    let mut case = open(&folder).unwrap();
    let (dump, found) = (case.casebook_dump().unwrap(), answers(&mut case));
    assert!(dump.len() > 100, "the casebook has {} rows", dump.len());
    drop(case);
    for derived in ["casebook.db", "casebook.db-wal", "casebook.db-shm", "cache.db"] {
        let _ = fs::remove_file(folder.join(derived));
    }
    fs::remove_dir_all(folder.join("index")).unwrap();
    rebuild(&folder);
    let mut case = open(&folder).unwrap();
    assert_eq!(case.casebook_dump().unwrap(), dump);
    assert_eq!(answers(&mut case), found);
}

#[test]
fn the_same_log_gives_the_same_dossier_to_the_byte() {
    let scratch = tempfile::tempdir().unwrap();
    let folder = scratch.path().join("case");
    fill(&folder);
    let policy = "[[clear]]\ncapture = \"original-report.html\"\nreason = \"invented\"\n";
    let parsed = PublishPolicy::parse(policy, "policy.toml").unwrap();
    let mut made = Vec::new();
    for name in ["one", "other"] {
        let copied = scratch.path().join(format!("case-{name}"));
        copy(&folder, &copied);
        if name == "other" {
            rebuild(&copied);
        }
        // Clock and randomness differ: nothing of them may show.
        let environment = environment(name.len() as u64);
        let (mut case, _) = Case::open_writable(&copied, environment).unwrap();
        let dossier = scratch.path().join(name).join("dossier");
        let zip = scratch.path().join(name).join("dossier.zip");
        fs::create_dir(scratch.path().join(name)).unwrap();
        case.publish(&dossier, &zip, policy, &parsed, false, false).unwrap();
        made.push((files(&dossier), fs::read(&zip).unwrap()));
    }
    let [(one, one_zip), (other, other_zip)] = made.try_into().unwrap();
    let names: Vec<_> = one.keys().collect();
    assert_eq!(names, other.keys().collect::<Vec<_>>());
    let differing: Vec<_> = names.iter().filter(|name| one[**name] != other[**name]).collect();
    assert!(differing.is_empty(), "these differ: {differing:?}");
    assert!(one_zip == other_zip, "the zip files differ");
}

#[test]
fn a_casebook_that_lags_or_is_damaged_is_made_again_by_itself() {
    let scratch = tempfile::tempdir().unwrap();
    let folder = scratch.path().join("case");
    fill(&folder);
    let lagging = scratch.path().join("lagging.db");
    drop(open(&folder).unwrap());
    fs::copy(folder.join("casebook.db"), &lagging).unwrap();
    let (mut case, _) = Case::open_writable(&folder, environment(4)).unwrap();
    case.declare_origin(None, "A broadcaster", "It was there first").unwrap();
    drop(case);
    let dump = open(&folder).unwrap().casebook_dump().unwrap();
    let whole = fs::read(folder.join("casebook.db")).unwrap();

    let damaged: [(&str, Vec<u8>); 5] = [
        ("one that lags", fs::read(&lagging).unwrap()),
        ("an empty file", Vec::new()),
        ("a file that is no database", b"not a database".repeat(1_000)),
        ("a broken head", [&[0x55; 100], &whole[100..]].concat()),
        ("a first page without its tables", [&whole[..100], &[0; 3_996], &whole[4_096..]].concat()),
    ];
    for (what, bytes) in damaged {
        for suffix in ["-wal", "-shm"] {
            let _ = fs::remove_file(folder.join(format!("casebook.db{suffix}")));
        }
        fs::write(folder.join("casebook.db"), bytes).unwrap();
        let case = open(&folder).unwrap_or_else(|error| panic!("{what}: {error}"));
        assert_eq!(case.casebook_dump().unwrap(), dump, "{what}");
    }
    // One that is cut off may still say that it fits: then reading it fails with the way out, or gives what is true.
    fs::write(folder.join("casebook.db"), &whole[..whole.len() / 2]).unwrap();
    let read = open(&folder).and_then(|case| case.casebook_dump());
    match read {
        Ok(found) => assert_eq!(found, dump),
        Err(error) => assert!(error.hint.unwrap().contains("`witnessmark rebuild`")),
    }
    rebuild(&folder);
    assert_eq!(open(&folder).unwrap().casebook_dump().unwrap(), dump);
}

#[test]
fn texts_and_index_that_were_removed_are_missed_and_made_again() {
    let scratch = tempfile::tempdir().unwrap();
    let folder = scratch.path().join("case");
    fill(&folder);
    let found = answers(&mut open(&folder).unwrap());
    let removals: [fn(&Path); 3] = [
        |case| fs::remove_dir_all(case.join("index")).unwrap(),
        |case| fs::remove_file(case.join("cache.db")).unwrap(),
        |case| {
            fs::remove_dir_all(case.join("index")).unwrap();
            fs::remove_file(case.join("cache.db")).unwrap();
        },
    ];
    for (number, remove) in removals.iter().enumerate() {
        remove(&folder);
        // A search over what is not there says so: nothing found is an answer that must not be wrong.
        let missed =
            open(&folder).unwrap().search("采血", None, &SearchOptions::default()).unwrap();
        assert_eq!(missed.warnings.len(), 1, "removal {number}: {:?}", missed.warnings);
        assert!(missed.warnings[0].starts_with("12 captures are not read yet"), "removal {number}");
        assert_eq!(open(&folder).unwrap().status().unwrap().unread, 12, "removal {number}");
        // The next `add` reads everything again, also if it adds nothing.
        add_again(&folder);
        assert_eq!(answers(&mut open(&folder).unwrap()), found, "removal {number}");
    }
    // An index that is damaged, or that a crash cut off in the making, is named. The next `add` or a rebuild makes it again.
    // (Found by killing `add`: the folder was there, the index not, and every later `add` failed.)
    let damages: [fn(&Path); 2] = [
        |index| fs::write(index.join("meta.json"), "{").unwrap(),
        |index| {
            fs::remove_dir_all(index).unwrap();
            fs::create_dir(index).unwrap();
        },
    ];
    for damage in damages {
        for by_rebuild in [false, true] {
            damage(&folder.join("index"));
            let search = open(&folder).unwrap().search("采血", None, &SearchOptions::default());
            let hint = search.unwrap_err().hint.unwrap_or_default();
            assert!(hint.contains("`witnessmark rebuild`"), "{hint}");
            if by_rebuild {
                rebuild(&folder);
            } else {
                add_again(&folder);
            }
            assert_eq!(answers(&mut open(&folder).unwrap()), found);
        }
    }
}

/// A blob that was lost once kept every text behind it from being read and found, in that run and in every later one.
#[test]
fn one_lost_blob_keeps_no_other_text_from_being_found() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path().join("case");
    fill(&folder);
    let found = answers(&mut open(&folder).unwrap());
    let capture = open(&folder).unwrap().captures().unwrap().remove(0).0;
    let hex = capture.blob.0.hex();
    let lost = files(&folder.join("blobs"))
        .into_keys()
        .find(|path| path.to_string_lossy().contains(&hex))
        .unwrap();
    let lost = folder.join("blobs").join(lost);
    let kept = fs::read(&lost).unwrap();
    fs::remove_file(&lost).unwrap();
    rebuild(&folder);
    let mut case = open(&folder).unwrap();
    let text = case.text_of(&capture);
    assert!(text.is_err(), "its bytes are not there: {text:?}");
    let options = SearchOptions::default();
    let hits = found.keys().map(|query| case.search(query, None, &options).unwrap().hits);
    let hits: Vec<_> = hits.flatten().collect();
    assert!(!hits.is_empty() && hits.iter().all(|hit| hit.capture != capture.capture));
    // It cannot be found, and nobody is to take that for an answer.
    let missed = case.search("采血", None, &options).unwrap();
    assert!(missed.warnings[0].starts_with("1 captures are not read yet"), "{missed:?}");
    assert_eq!(case.status().unwrap().unread, 1);
    drop(case);
    // Once it is back, the next `add` reads it too.
    fs::write(&lost, kept).unwrap();
    add_again(&folder);
    assert_eq!(answers(&mut open(&folder).unwrap()), found);
}

/// After an upgrade the index holds what the older program read: a word that it missed cannot be found, and that is said.
#[test]
fn texts_of_another_version_are_named_until_they_are_read_again() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path().join("case");
    fill(&folder);
    let cache = Connection::open(folder.join("cache.db")).unwrap();
    let older = "UPDATE texts SET extractor = 'witnessmark-text/0' WHERE extractor LIKE 'witnessmark-text/%'";
    let older = cache.execute(older, []).unwrap() as u64;
    drop(cache);
    assert!(older > 1);
    let mut case = open(&folder).unwrap();
    assert_eq!(case.status().unwrap().outdated, older);
    let answer = case.search("采血", None, &SearchOptions::default()).unwrap();
    assert!(answer.warnings[0].contains("`witnessmark rebuild`"), "{answer:?}");
    // Looking at them changes nothing: the index still holds what the older version read.
    for (capture, ..) in case.captures().unwrap() {
        case.text_of(&capture).unwrap();
    }
    assert_eq!(case.status().unwrap().outdated, older);
    drop(case);
    rebuild(&folder);
    let mut case = open(&folder).unwrap();
    assert_eq!(case.status().unwrap().outdated, 0);
    answers(&mut case);
}

/// `add` of what is there already: it reads what is not read yet.
fn add_again(folder: &Path) {
    let (mut case, _) = Case::open_writable(folder, environment(5)).unwrap();
    let added = AddOptions { paths: vec![demo("sources")], ..AddOptions::default() };
    case.add(&added, &Progress::new(), &mut |_| ()).unwrap();
}
