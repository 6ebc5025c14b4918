//! Erasing, through the whole case: what was planted is found nowhere afterwards, by no command and with no key that is left.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by a panic")]

use std::fs;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use witnessmark_case::claims::{Draft, Field};
use witnessmark_case::model::payload::Payload;
use witnessmark_case::model::{Entropy, Moment};
use witnessmark_case::seal::wraps::Unlocked;
use witnessmark_case::seal::{Cost, Passphrase};
use witnessmark_case::text::SearchOptions;
use witnessmark_case::vault::{NewSeal, Vault};
use witnessmark_case::verify::{Folder, Report, Trust};
use witnessmark_case::{AddOptions, Case, Environment, InitOptions, Progress, SourceRow};

/// Bytes that are the same in every run (splitmix64).
struct Seeded(u64);

impl Entropy for Seeded {
    fn fill(&mut self, bytes: &mut [u8]) {
        for byte in bytes {
            self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            *byte = ((mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb) >> 40) as u8;
        }
    }
}

fn passphrase() -> Passphrase {
    Passphrase::new("a passphrase for tests").unwrap()
}

/// Randomness and a clock of their own for each opening; both move on over the whole test.
fn environment(folder: &Path) -> Environment {
    static NOW: AtomicI64 = AtomicI64::new(1_795_000_000_000);
    let clock = || Moment::from_unix_millis(NOW.fetch_add(1_000, Ordering::Relaxed));
    let wraps = if folder.exists() { Vault::wraps(folder).unwrap() } else { None };
    Environment {
        reader: None,
        programs: None,
        clock: Arc::new(clock),
        unlocked: wraps.map(|wraps| Arc::new(wraps.unlock(&passphrase()).unwrap())),
        entropy: Box::new(Seeded(NOW.fetch_add(1_000, Ordering::Relaxed) as u64)),
        holder: "process 1 (test)".to_owned(),
    }
}

fn make(folder: &Path) -> Case {
    let cost = Cost { memory_kib: 64, passes: 1, lanes: 1 };
    let seal = NewSeal { passphrase: passphrase(), cost, recipients: Vec::new() };
    let options = InitOptions { gazetteer: Some(demo("places.csv")), ..InitOptions::default() };
    Case::init(folder, &options, Some(&seal), environment(folder)).unwrap()
}

fn demo(path: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../witnessmark/demo").join(path)
}

fn open(folder: &Path) -> Case {
    Case::open_writable(folder, environment(folder)).unwrap().0
}

fn add(case: &mut Case, path: &Path) {
    let options = AddOptions { paths: vec![path.to_owned()], ..AddOptions::default() };
    case.add(&options, &Progress::new(), &mut |outcome| assert!(!outcome.failed, "{outcome:?}"))
        .unwrap();
}

/// All that the case's keys open, and all files as they lie there.
fn everything(folder: &Path) -> Vec<u8> {
    let mut found = Vec::new();
    let mut waiting = vec![folder.to_owned()];
    while let Some(next) = waiting.pop() {
        for entry in fs::read_dir(&next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                waiting.push(path);
            } else {
                inflated(&fs::read(&path).unwrap(), &mut found);
            }
        }
    }
    let vault = Vault::open(folder, environment(folder).unlocked).unwrap();
    vault
        .for_each_entry(0, &mut |entry| {
            let Some(content) = entry.content else { return Ok(()) };
            found.extend_from_slice(&content.payload);
            let payload = Payload::parse(&content.payload).unwrap();
            for evidence in payload.blobs() {
                if let Ok(bytes) = vault.store().read(evidence) {
                    inflated(&bytes, &mut found);
                }
            }
            Ok(())
        })
        .unwrap();
    drop(vault);
    let mut case = Case::open(folder, environment(folder)).unwrap();
    found.extend(case.casebook_dump().unwrap().join("\n").into_bytes());
    for (row, title, _) in case.captures().unwrap() {
        found.extend(format!("{title:?}{row:?}").into_bytes());
        found.extend(case.text_of(&row).unwrap().text.unwrap_or_default().into_bytes());
    }
    found
}

/// The bytes, and where they are gzip, what is in it.
fn inflated(bytes: &[u8], into: &mut Vec<u8>) {
    into.extend_from_slice(bytes);
    if bytes.starts_with(&[0x1f, 0x8b]) {
        let mut plain = Vec::new();
        // A gzip stream may be cut or damaged: what comes out of it counts.
        let _ = flate2::read::MultiGzDecoder::new(bytes).read_to_end(&mut plain);
        into.extend(plain);
    }
}

fn holds(haystack: &[u8], words: &str) -> bool {
    let wide =
        |order: fn(u16) -> [u8; 2]| words.encode_utf16().flat_map(order).collect::<Vec<u8>>();
    let forms = [words.as_bytes().to_vec(), wide(u16::to_le_bytes), wide(u16::to_be_bytes)];
    forms.iter().any(|form| haystack.windows(form.len()).any(|window| window == form.as_slice()))
}

fn verified(folder: &Path) -> Report {
    let unlocked = environment(folder).unlocked;
    let key = unlocked.as_deref().map(Unlocked::key);
    witnessmark_case::verify::verify(&Folder::open(folder).unwrap(), key, &Trust::default())
        .unwrap()
}

/// What `verify` finds wrong.
fn failures(folder: &Path) -> Vec<String> {
    let told = |check: &witnessmark_case::verify::Check| {
        format!("{}: {} – {}", check.name, check.subject, check.detail)
    };
    verified(folder).failures().map(told).collect()
}

/// How many things `verify` says were erased.
fn told_erased(folder: &Path) -> usize {
    let told = |check: &&witnessmark_case::verify::Check| {
        check.detail.starts_with("erased on 2026-")
            && check.detail.contains(", ground consent-withdrawn")
    };
    verified(folder).checks.iter().filter(told).count()
}

/// The words that must be found nowhere in the end.
const PLANTED: [&str; 6] = [
    "Zamfirelle Quorndax",
    "zamfirelle-note.txt",
    "https://example.org/zamfirelle",
    "the coder wrote Quorndax",
    "an origin called Zamfirelle",
    "rests on it by Quorndax's word",
];

/// A case in which a page names somebody, and much was made of it.
fn filled(scratch: &Path) -> (Case, String) {
    let folder = scratch.join("case");
    let mut case = make(&folder);
    fs::write(
        scratch.join("zamfirelle-note.txt"),
        "Zamfirelle Quorndax of Ankeviru gave 41286 samples in June 2021. So says the county office.",
    )
    .unwrap();
    fs::write(
        scratch.join("other.txt"),
        "The county office of Ankeviru counted 300 samples in 2020.",
    )
    .unwrap();
    let listed = SourceRow {
        file: scratch.join("zamfirelle-note.txt"),
        url: Some("https://example.org/zamfirelle".to_owned()),
        published: Some("2021-06-30".to_owned()),
    };
    let options = AddOptions { listed: vec![listed], ..AddOptions::default() };
    case.add(&options, &Progress::new(), &mut |outcome| assert!(!outcome.failed, "{outcome:?}"))
        .unwrap();
    add(&mut case, &scratch.join("other.txt"));
    let capture = case.find_capture("https://example.org/zamfirelle").unwrap().capture.to_string();
    let passage = case.cite(&capture, "Zamfirelle Quorndax", None).unwrap().passage.to_string();
    let mut draft = Draft::default();
    for (field, value) in [
        (Field::Act, "dna-collection"),
        (Field::Count, "41286"),
        (Field::Unit, "samples"),
        (Field::Bound, "exact"),
        (Field::Modality, "stated"),
        (Field::Note, "the coder wrote Quorndax"),
    ] {
        draft.set(field, value);
    }
    case.claim(&passage, &draft).unwrap();
    case.declare_origin(Some(&capture), "an origin called Zamfirelle", "Quorndax").unwrap();
    case.decide_lineage(
        ("other.txt", &capture),
        ("attribution", "text"),
        true,
        "rests on it by Quorndax's word",
    )
    .unwrap();
    (case, capture)
}

#[test]
fn two_people_erase_a_capture_and_all_that_was_made_of_it() {
    let scratch = tempfile::tempdir().unwrap();
    let (mut case, capture) = filled(scratch.path());
    let folder = scratch.path().join("case");
    let own = Passphrase::new("the second person's own words").unwrap();
    let second = case.add_actor(Some(&own), Some("B.".to_owned())).unwrap().actor;
    drop(case);
    let before = everything(&folder);
    for words in PLANTED {
        assert!(holds(&before, words), "{words} was planted");
    }

    let mut case = open(&folder);
    let plan = case.erasure_plan(std::slice::from_ref(&capture)).unwrap();
    let kinds: Vec<&str> = plan.goes.iter().map(|going| going.kind.as_str()).collect();
    assert_eq!(kinds, ["capture", "extraction", "passage", "claim", "origin", "lineage"]);
    let ids = [capture.clone()];
    let asked = case.request_erasure(&ids, "consent-withdrawn", None).unwrap();
    let request = asked.request.to_string();
    assert_eq!(asked.state, "requested");
    assert!(
        case.request_erasure(&ids, "because", None).unwrap_err().fact.contains("is not a ground")
    );

    // One person alone is refused, in every way.
    let progress = Progress::new();
    let refused = case.approve_erasure(&request, &progress).unwrap_err();
    assert!(refused.fact.contains("asked for this erasure, and cannot approve it"), "{refused}");
    let refused = case.erase_alone(&ids, "court-order", None, &progress).unwrap_err();
    assert!(refused.fact.contains("takes two people"), "{refused}");
    case.set_erasure_people(1).unwrap();
    let refused = case.erase_alone(&ids, "court-order", None, &progress).unwrap_err();
    assert!(refused.fact.contains("younger than a day"), "{refused}");
    case.set_erasure_people(2).unwrap();
    let puppet = case.add_actor(None, None).unwrap().actor;
    case.act_as(puppet, None).unwrap();
    let refused = case.approve_erasure(&request, &progress).unwrap_err();
    assert!(refused.fact.contains("no second person"), "{refused}");
    let late = case.add_actor(Some(&own), None).unwrap().actor;
    case.act_as(late, Some(&own)).unwrap();
    let refused = case.approve_erasure(&request, &progress).unwrap_err();
    assert!(refused.fact.contains("added after"), "{refused}");
    assert!(case.act_as(second, None).is_err(), "no key without its passphrase");
    assert!(case.act_as(second, Some(&passphrase())).is_err(), "nor with the case's");

    // A hold blocks it, also for the second person.
    case.act_as(second, Some(&own)).unwrap();
    case.hold(&capture, true, None).unwrap();
    let refused = case.approve_erasure(&request, &progress).unwrap_err();
    assert!(refused.fact.contains("on hold"), "{refused}");
    case.hold(&capture, false, None).unwrap();

    let erased = case.approve_erasure(&request, &progress).unwrap();
    assert_eq!((erased.state, erased.pending.len()), ("erased", 0));
    // The case in hand goes on, with its new key.
    assert!(case.find_capture("other.txt").is_ok());
    assert!(case.approve_erasure(&request, &progress).unwrap_err().fact.contains("already"));
    let gone = case.show(&capture).unwrap_err();
    assert!(gone.fact.contains("was erased on 2026-"), "{gone}");
    drop(case);

    let after = everything(&folder);
    for words in PLANTED {
        assert!(!holds(&after, words), "{words} is still there");
    }
    assert!(!folder.join("keys/1").exists(), "the old epoch is gone");
    assert_eq!(failures(&folder), [""; 0]);
    assert_eq!(told_erased(&folder), 6);

    // Every reader copes.
    let mut case = open(&folder);
    assert_eq!(case.captures().unwrap().len(), 1);
    assert_eq!(case.claims().unwrap().len(), 0);
    assert_eq!(case.search("Quorndax", None, &SearchOptions::default()).unwrap().total, 0);
    assert_eq!(case.search("counted", None, &SearchOptions::default()).unwrap().total, 1);
    assert_eq!(case.corroborate(&[]).unwrap().claims.len(), 0);
    assert_eq!(case.log(100).unwrap().iter().filter(|row| row.kind == "erased").count(), 6);
    assert!(case.custody("other.txt", &Default::default()).is_ok());
    case.status().unwrap();
    let again = scratch.path().join("zamfirelle-note.txt");
    add(&mut case, &again);
    assert_eq!(case.captures().unwrap().len(), 2, "the same file may come back");
    drop(case);
    assert_eq!(failures(&folder), [""; 0]);
}

#[test]
fn an_open_case_refuses_and_says_how() {
    let scratch = tempfile::tempdir().unwrap();
    let folder = scratch.path().join("case");
    let case = Case::init(&folder, &InitOptions::default(), None, environment(&folder)).unwrap();
    let refused = case.erasure_plan(&["cap-a".to_owned()]).unwrap_err();
    assert!(refused.hint.unwrap().contains("seal OLD NEW"));
}

#[test]
fn one_person_erases_what_came_in_under_such_a_rule() {
    let scratch = tempfile::tempdir().unwrap();
    let folder = scratch.path().join("case");
    let mut case = make(&folder);
    case.set_erasure_people(1).unwrap();
    let page = scratch.path().join("page.txt");
    fs::write(&page, "Zamfirelle Quorndax").unwrap();
    add(&mut case, &page);
    let ids = ["page.txt".to_owned()];
    let erased = case.erase_alone(&ids, "safety-of-a-person", None, &Progress::new()).unwrap();
    assert_eq!(erased.state, "erased");
    drop(case);
    assert!(!holds(&everything(&folder), "Zamfirelle Quorndax"));
    assert_eq!(failures(&folder), [""; 0]);
}

/// A sealed copy keeps the log of the open case with every word in it: what is erased from the copy goes there, too.
#[test]
fn what_was_copied_from_an_open_case_is_erased_with_the_log_of_that_case() {
    let scratch = tempfile::tempdir().unwrap();
    let (old, folder) = (scratch.path().join("old"), scratch.path().join("case"));
    let mut case = Case::init(&old, &InitOptions::default(), None, environment(&old)).unwrap();
    case.set_erasure_people(1).unwrap();
    let page = scratch.path().join("zamfirelle.txt");
    fs::write(&page, "Zamfirelle Quorndax").unwrap();
    add(&mut case, &page);
    drop(case);
    let cost = Cost { memory_kib: 64, passes: 1, lanes: 1 };
    let seal = NewSeal { passphrase: passphrase(), cost, recipients: Vec::new() };
    Case::seal(&old, &folder, &seal, environment(&old), &Progress::new()).unwrap().unwrap();
    assert!(holds(&everything(&folder), "zamfirelle.txt"), "or the rest proves nothing");
    assert_eq!(failures(&folder), [""; 0]);

    let mut case = open(&folder);
    let ids = ["zamfirelle.txt".to_owned()];
    case.erase_alone(&ids, "wrong-material", None, &Progress::new()).unwrap();
    drop(case);
    let left = everything(&folder);
    assert!(!holds(&left, "zamfirelle.txt") && !holds(&left, "Zamfirelle Quorndax"));
    assert_eq!(failures(&folder), [""; 0]);
}

#[test]
fn one_record_of_an_archive_goes_and_the_others_keep_their_ids() {
    let scratch = tempfile::tempdir().unwrap();
    let folder = scratch.path().join("case");
    let mut case = make(&folder);
    case.set_erasure_people(1).unwrap();
    add(&mut case, &demo("sources/notices.warc.gz"));
    let rows: Vec<_> = case.captures().unwrap().into_iter().map(|(row, ..)| row).collect();
    assert!(rows.len() >= 2, "{} captures", rows.len());
    let (gone, kept) = rows.split_first().unwrap();
    let url = gone.url.clone().unwrap();
    let quoted = kept[0].clone();
    let text = case.text_of(&quoted).unwrap().text.unwrap();
    let words: String = text.trim().lines().next().unwrap().chars().take(12).collect();
    case.cite(&quoted.capture.to_string(), words.trim(), Some(1)).unwrap();
    case.confirm(&quoted.capture.to_string(), Some("content"), None).unwrap();
    let ids = [gone.capture.to_string()];
    let plan = case.erasure_plan(&ids).unwrap();
    assert!(plan.goes.iter().any(|going| going.kind == "import"), "{plan:?}");
    case.erase_alone(&ids, "wrong-material", None, &Progress::new()).unwrap();
    let left: Vec<_> = case.captures().unwrap().into_iter().map(|(row, ..)| row).collect();
    let ids = |rows: &[witnessmark_case::CaptureRow]| -> Vec<_> {
        rows.iter().map(|row| (row.capture, row.sha256, row.url.clone())).collect()
    };
    assert_eq!(ids(&left), ids(kept), "ids and bytes of the others stay");
    assert_eq!(left[0].confirmed.as_deref(), Some("content"), "what a person said of it stays");
    for row in &left {
        let mut bytes = Vec::new();
        case.bytes_of(row).unwrap().read_to_end(&mut bytes).unwrap();
        assert_eq!(witnessmark_case::model::Digest::of(&bytes), row.sha256);
    }
    assert_eq!(case.passages().unwrap().len(), 1);
    drop(case);
    let after = everything(&folder);
    let at = after.windows(url.len()).position(|window| window == url.as_bytes());
    let around = at.map(|at| &after[at.saturating_sub(300)..(at + 300).min(after.len())]);
    assert_eq!(around.map(String::from_utf8_lossy), None, "{url} is still there");
    assert_eq!(failures(&folder), [""; 0]);
}

/// Checks that an XML text is well-formed, as far as this program writes it: tags that open and close, nothing bare. Returns the
/// path of each element that holds text.
fn elements(xml: &str) -> Vec<(String, String)> {
    let (mut open, mut found, mut rest) = (Vec::new(), Vec::new(), xml);
    while let Some(at) = rest.find('<') {
        let (before, tag) = rest.split_at(at);
        if !before.trim().is_empty() {
            assert!(!before.contains('&') || before.contains(';'), "{before}");
            found.push((open.join("/"), before.to_owned()));
        }
        let end = tag.find('>').expect("a tag ends");
        let (name, after) = (&tag[1..end], &tag[end + 1..]);
        if let Some(name) = name.strip_prefix('/') {
            assert_eq!(open.pop().as_deref(), Some(name), "tags close in order");
        } else if !name.starts_with('?') {
            open.push(name.split(' ').next().unwrap().to_owned());
        }
        rest = after;
    }
    assert!(open.is_empty() && rest.trim().is_empty());
    found
}

#[test]
fn a_story_is_told_as_premis_and_as_prov() {
    let scratch = tempfile::tempdir().unwrap();
    let (case, capture) = filled(scratch.path());
    let story = case.custody(&capture, &Default::default()).unwrap();
    let xml = story.to_premis();
    let found = elements(&xml);
    let at = |path: &str| -> Vec<&str> {
        let full: Vec<String> = path.split('/').map(|name| format!("premis:{name}")).collect();
        let full = format!("premis:premis/{}", full.join("/"));
        found.iter().filter(|(one, _)| *one == full).map(|(_, text)| text.as_str()).collect()
    };
    assert_eq!(at("object/objectIdentifier/objectIdentifierValue"), [capture.as_str()]);
    assert_eq!(at("object/objectCharacteristics/fixity/messageDigestAlgorithm"), ["SHA-256"]);
    assert_eq!(
        at("object/objectCharacteristics/format/formatDesignation/formatName"),
        ["text/plain"]
    );
    let types = at("event/eventType");
    assert_eq!(types.len(), story.events.len());
    assert_eq!(types[0], "ingestion");
    assert!(types.contains(&"extraction") && types.contains(&"metadata modification"), "{types:?}");
    assert_eq!(at("event/eventDateTime").len(), types.len());
    assert_eq!(at("event/linkingAgentIdentifier/linkingAgentIdentifierValue").len(), types.len());
    assert_eq!(at("agent/agentIdentifier/agentIdentifierValue").len(), 1);
    assert!(xml.contains("valueURI=\"http://id.loc.gov/vocabulary/preservation/eventType/ing\""));

    let prov = story.to_prov();
    let names =
        |part: &str| -> Vec<String> { prov[part].as_object().unwrap().keys().cloned().collect() };
    assert_eq!(names("entity"), [format!("wm:{capture}")]);
    assert_eq!(names("activity").len(), story.events.len());
    for part in ["used", "wasGeneratedBy", "wasAssociatedWith"] {
        for relation in prov[part].as_object().unwrap().values() {
            let activity = relation["prov:activity"].as_str().unwrap().to_owned();
            assert!(names("activity").contains(&activity), "{part}: {activity}");
        }
    }
    assert_eq!(prov["wasGeneratedBy"].as_object().unwrap().len(), 1);
}
