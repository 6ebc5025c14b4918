//! The dossier as those who receive it meet it: its files, its pages, its checker, its commands.
#![allow(
    unreachable_pub,
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test's helpers may panic; the fixture is shared with the example"
)]

mod fixture;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use fixture::{fixture, fixture_of};
use witnessmark_model::leaf::Field;
use witnessmark_publish::*;

fn all_files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut waiting = vec![folder.to_owned()];
    while let Some(below) = waiting.pop() {
        for item in fs::read_dir(&below).unwrap() {
            let path = item.unwrap().path();
            if path.is_dir() {
                waiting.push(path);
            } else {
                let name = path.strip_prefix(folder).unwrap().to_str().unwrap().replace('\\', "/");
                found.insert(name, fs::read(&path).unwrap());
            }
        }
    }
    found
}

fn written(dossier: &Dossier) -> (tempfile::TempDir, PathBuf) {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("dossier");
    dossier.write_folder(&folder).unwrap();
    (place, folder)
}

fn pages(dossier: &Dossier) -> Vec<(&str, &str)> {
    let html = dossier.paths().filter(|path| path.ends_with(".html"));
    html.map(|path| (path, std::str::from_utf8(dossier.bytes(path).unwrap()).unwrap())).collect()
}

fn has(program: &str) -> bool {
    let found = Command::new(program).arg("--version").output().is_ok();
    if !found {
        println!("skipped: needs {program}");
    }
    found
}

#[test]
fn holds_the_files_that_the_format_names() {
    let dossier = fixture().build().unwrap();
    let paths: String = dossier.paths().map(|path| format!("{path}\n")).collect();
    let golden = include_str!("golden/files.txt");
    assert!(paths == golden, "tests/golden/files.txt should now be:\n{paths}");
    assert!(paths.is_ascii());
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    let (first, second) = (fixture(), fixture());
    let mut turned = second.input.clone();
    turned.entries.reverse();
    let (one, two) = (first.build().unwrap(), second.build_from(&turned).unwrap());
    for path in one.paths() {
        assert_eq!(one.bytes(path), two.bytes(path), "{path}");
    }
    assert_eq!(one.sums_sha256(), two.sums_sha256());
    let place = tempfile::tempdir().unwrap();
    let zips = ["a.zip", "b.zip"].map(|name| place.path().join(name));
    one.write_zip(&zips[0]).unwrap();
    two.write_zip(&zips[1]).unwrap();
    assert_eq!(fs::read(&zips[0]).unwrap(), fs::read(&zips[1]).unwrap());
}

#[test]
fn folder_and_zip_hold_the_same_files() {
    let dossier = fixture().build().unwrap();
    let (place, folder) = written(&dossier);
    let zip_path = place.path().join("dossier.zip");
    dossier.write_zip(&zip_path).unwrap();
    let mut archive = zip::ZipArchive::new(fs::File::open(&zip_path).unwrap()).unwrap();
    let mut unpacked = BTreeMap::new();
    for at in 0..archive.len() {
        let mut file = archive.by_index(at).unwrap();
        let name = file
            .name()
            .unwrap()
            .strip_prefix(&format!("{}/", dossier.folder_name()))
            .unwrap()
            .to_owned();
        let mut bytes = Vec::new();
        std::io::copy(&mut file, &mut bytes).unwrap();
        unpacked.insert(name, bytes);
    }
    assert_eq!(unpacked, all_files(&folder));
}

#[test]
fn is_never_written_over_anything() {
    let dossier = fixture().build().unwrap();
    let (place, folder) = written(&dossier);
    let before = all_files(place.path());
    assert!(matches!(dossier.write_folder(&folder), Err(PublishError::Exists(_))));
    assert!(matches!(dossier.write_zip(&folder), Err(PublishError::Exists(_))));
    assert!(matches!(dossier.write_folder(Path::new("/")), Err(PublishError::NoName(_))));
    let nowhere = place.path().join("missing/dossier");
    assert!(matches!(dossier.write_folder(&nowhere), Err(PublishError::Disk { .. })));
    assert_eq!(all_files(place.path()), before, "nothing was left behind");
}

/// The checker is written from the format alone, so that it stands for any stranger's.
#[test]
fn the_independent_checker_accepts_it_and_names_a_flipped_byte() {
    if !has("python3") {
        return;
    }
    for sealed in [false, true] {
        checker_accepts_and_names(&fixture_of(sealed).build().unwrap());
    }
}

fn checker_accepts_and_names(dossier: &Dossier) {
    let (_place, folder) = written(dossier);
    let check = |arguments: &[&str]| {
        let checker = folder.join("check/check.py");
        let output =
            Command::new("python3").arg("-B").arg(checker).args(arguments).output().unwrap();
        (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned())
    };
    let (status, said) = check(&[]);
    assert_eq!(status, Some(0), "{said}");
    assert!(said.contains("Truth, authorship and completeness were not tested."), "{said}");
    for name in [
        "index.html",
        "numbers/n004.html",
        "payloads/3.json",
        "proofs/0.tlog-proof",
        "SHA256SUMS",
        "data/checkpoint",
    ] {
        let path = folder.join(name);
        let sound = fs::read(&path).unwrap();
        let mut bent = sound.clone();
        let middle = bent.len() / 2;
        bent[middle] ^= 1;
        fs::write(&path, &bent).unwrap();
        let (status, said) = check(&[]);
        assert_eq!(status, Some(1), "{name}");
        assert!(said.contains(name), "{name} is not named: {said}");
        fs::write(&path, &sound).unwrap();
    }
}

fn plain(html: &str) -> String {
    let mut text = String::new();
    let mut in_tag = false;
    for character in html.chars() {
        match character {
            '<' => in_tag = true,
            '>' if in_tag => in_tag = false,
            other if !in_tag => text.push(other),
            _ => {}
        }
    }
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&")
}

/// A reader who types what a page says sees what the page says.
#[test]
fn commands_print_what_the_pages_promise() {
    if !["bash", "sha256sum", "perl", "python3"].into_iter().all(has) {
        return;
    }
    for sealed in [false, true] {
        promises_are_kept(&fixture_of(sealed).build().unwrap());
    }
}

fn promises_are_kept(dossier: &Dossier) {
    let (_place, folder) = written(dossier);
    let mut ran = 0;
    for (path, html) in pages(dossier) {
        for piece in html.split("<pre class=\"command\">").skip(1) {
            let (command, rest) = piece.split_once("</pre>").unwrap();
            let promised = rest
                .split("<pre class=\"command\">")
                .next()
                .and_then(|rest| rest.split_once("<pre class=\"prints\">"))
                .map(|(_, rest)| plain(rest.split_once("</pre>").unwrap().0));
            let Some(promised) = promised else { continue };
            let output = Command::new("bash")
                .args(["-c", &plain(command)])
                .current_dir(&folder)
                .output()
                .unwrap();
            let printed = String::from_utf8(output.stdout).unwrap();
            assert!(output.status.success(), "{path}: {command}");
            assert_eq!(printed.trim_end(), promised.trim_end(), "{path}: {command}");
            ran += 1;
        }
    }
    assert!(ran >= 30, "only {ran} commands were found");
}

/// Of a sealed case the pages show the digest of what an entry says, and say of `object` that nobody can compare it.
#[test]
fn a_sealed_case_shows_what_it_says_and_what_nobody_can_compare() {
    let fixture = fixture_of(true);
    let dossier = fixture.build().unwrap();
    let open: Vec<String> = self::fixture().build().unwrap().paths().map(str::to_owned).collect();
    assert_ne!(fixture.input.entries[3].payload, None);
    let json = |path: &str| String::from_utf8_lossy(dossier.bytes(path).unwrap()).into_owned();
    for path in ["data/dossier.json", "entries/3.json"] {
        assert!(json(path).contains("\"v\":2"), "{path}");
    }
    let kinds = |path: &str| path.split('/').next().unwrap_or_default().to_owned();
    let count = |paths: &[String]| paths.iter().map(|path| kinds(path)).collect::<Vec<_>>();
    let sealed: Vec<String> = dossier.paths().map(str::to_owned).collect();
    assert_eq!(count(&sealed), count(&open), "the same kinds of files");
    let claim = &fixture.input.entries[fixture.input.numbers[0].claim_entry as usize];
    let says = claim.parts[0].sha256.hex();
    let object = &claim.open[&Field::Object].value;
    assert_ne!(&says, object);
    let page = plain(&json("numbers/n001.html"));
    for words in
        [says.as_str(), object.as_str(), "nobody else can compare it", "the root over the parts"]
    {
        assert!(page.contains(words), "{words}");
    }
    let page = plain(&json("exhibits/e001.html"));
    assert!(page.contains("SHA-256 of it as sealed"), "{page}");

    // An input that calls itself open while its objects are sealed, or the other way round with a changed payload.
    let mut input = fixture.input.clone();
    input.sealed = false;
    let said = fixture.build_from(&input).unwrap_err().to_string();
    assert!(said.contains("its payload is not the object"), "{said}");
    let mut input = fixture.input.clone();
    input.entries[3].payload = input.entries[4].payload.clone();
    assert!(fixture.build_from(&input).is_err(), "part 0 binds what a sealed entry says");
}

#[test]
fn every_link_is_relative_and_leads_to_a_file_and_an_anchor() {
    let dossier = fixture().build().unwrap();
    let known: BTreeSet<&str> = dossier.paths().collect();
    for (path, html) in pages(&dossier) {
        for piece in html.split("href=\"").skip(1) {
            let target = plain(piece.split('"').next().unwrap());
            assert!(!target.contains(':') && !target.starts_with('/'), "{path}: {target}");
            let (file, anchor) = target.split_once('#').unwrap_or((&target, ""));
            let full = if file.is_empty() {
                path.to_owned()
            } else if let Some(below) = file.strip_prefix("../") {
                below.to_owned()
            } else {
                let folder =
                    path.rsplit_once('/').map_or(String::new(), |(folder, _)| format!("{folder}/"));
                format!("{folder}{file}")
            };
            assert!(known.contains(full.as_str()), "{path}: {target}");
            if !anchor.is_empty() {
                let page = String::from_utf8_lossy(dossier.bytes(&full).unwrap());
                assert!(page.contains(&format!("id=\"{anchor}\"")), "{path}: {target}");
            }
        }
    }
}

#[test]
fn every_page_keeps_the_rules_of_a_dossier() {
    let fixture = fixture();
    let dossier = fixture.build().unwrap();
    let notice = fixture.input.notice.as_deref().unwrap();
    for (path, html) in pages(&dossier) {
        assert!(html.starts_with("<!DOCTYPE html><html lang=\"en\">"), "{path}");
        assert!(html.contains("default-src 'none'"), "{path}");
        assert!(html.contains(notice), "{path} does not show the notice");
        assert!(html.contains("Integrity is not truth."), "{path}");
        assert_eq!(html.matches("<h1").count(), 1, "{path}");
        let lower = html.to_lowercase();
        for word in
            ["<script", " style=\"", "confirmed", "verified", "http-equiv=\"refresh", "src=\""]
        {
            assert!(!lower.contains(word), "{path} holds {word}");
        }
    }
    let said = |path: &str| plain(std::str::from_utf8(dossier.bytes(path).unwrap()).unwrap());
    assert!(said("check/index.html").contains("An altered page could fake this result"));
    assert!(said("numbers/n005.html").contains("“may have” between 180,000 and 300,000 people"));
    assert!(said("numbers/n007.html").contains("A difference along this chain."));
    assert!(said("numbers/n007.html").contains("exact became at-least"));
    assert!(said("index.html").contains("at least 170,000"));
    assert!(said("index.html").contains("105,156"), "a documented count keeps every digit");
    assert!(!said("index.html").contains("170,667"), "our own figures have two digits");
}

/// What nobody cleared is nowhere in the dossier, neither on a page nor in a file beside it.
#[test]
fn withheld_text_is_in_no_file() {
    let dossier = fixture().build().unwrap();
    let withheld = [
        "Officers went from village to village",
        "项目编号",
        "helps families to find missing relatives",
        "republished here, lightly shortened",
    ];
    for path in dossier.paths() {
        let text = String::from_utf8_lossy(dossier.bytes(path).unwrap()).into_owned();
        for words in withheld {
            assert!(!text.contains(words), "{path} holds “{words}”");
        }
    }
    let page = String::from_utf8_lossy(dossier.bytes("exhibits/e006.html").unwrap()).into_owned();
    assert!(page.contains("cannot be checked against the original"));
}

#[test]
fn languages_stand_in_their_own_script_and_direction() {
    let dossier = fixture().build().unwrap();
    let page = |path: &str| String::from_utf8_lossy(dossier.bytes(path).unwrap()).into_owned();
    for (number, language, direction) in
        [("n001", "zh", "ltr"), ("n002", "bo", "ltr"), ("n004", "ug", "rtl"), ("n005", "en", "ltr")]
    {
        let opening = format!("<blockquote lang=\"{language}\" dir=\"{direction}\">");
        assert!(page(&format!("numbers/{number}.html")).contains(&opening), "{number}");
    }
    assert!(page("exhibits/e003.html").contains("<div class=\"text\" lang=\"ug\" dir=\"rtl\">"));
}

#[test]
fn hostile_words_stay_words() {
    let fixture = fixture();
    let mut input = fixture.input.clone();
    let hostile = "</title><script>alert(1)</script>\" onload=\"x\u{202E}";
    input.title = hostile.into();
    input.notice = Some(format!("\"; }} @import url(http://evil.example); {hostile}"));
    input.exhibits[0].title = Some(hostile.into());
    input.exhibits[0].url = Some("javascript:alert(1)".into());
    input.exhibits[0].language = "en\" onload=\"x".into();
    input.lineage.nodes[0].name = hostile.into();
    input.numbers[0].corroboration = hostile.into();
    input.estimates[0].question = hostile.into();
    let dossier = fixture.build_from(&input).unwrap();
    for (path, html) in pages(&dossier) {
        assert!(!html.contains("<script") && !html.contains("onload=\"x"), "{path}");
        assert!(!html.contains("href=\"javascript"), "{path}");
    }
    let style = String::from_utf8_lossy(dossier.bytes("assets/dossier.css").unwrap()).into_owned();
    assert!(!style.contains("@import"));
}

/// Each of these would make a dossier that a checker refuses, or that says too much.
#[test]
fn refuses_an_input_that_disagrees_with_itself() {
    type Bend = fn(&mut DossierInput);
    let cases: [(&str, Bend, &str); 18] = [
        (
            "an opening of another value",
            |input| {
                input.entries[3].open.get_mut(&Field::Day).unwrap().value = "2020-01-01".into();
            },
            "entry 3: the opening of `day`",
        ),
        (
            "a field that is not opened",
            |input| {
                input.entries[3].open.remove(&Field::Commit);
            },
            "entry 3: `commit` is not opened",
        ),
        (
            "a payload of another entry",
            |input| {
                input.entries[3].payload = input.entries[4].payload.clone();
            },
            "entry 3: its payload is not the object",
        ),
        (
            "a proof of another entry",
            |input| {
                input.entries[3].proof.index = 4;
            },
            "entry 3: its proof",
        ),
        (
            "a path that leads elsewhere",
            |input| {
                input.entries[3].proof.path.pop();
            },
            "entry 3: its proof does not lead",
        ),
        (
            "a part that leads elsewhere",
            |input| {
                input.entries[3].parts[1].path.pop();
            },
            "entry 3: part 1 does not lead",
        ),
        (
            "an entry twice",
            |input| {
                let again = input.entries[3].clone();
                input.entries.push(again);
            },
            "entry 3: it is given twice",
        ),
        (
            "an entry that is missing",
            |input| {
                input.entries.remove(5);
            },
            "entry 5 is not opened",
        ),
        (
            "a claim of another number",
            |input| {
                input.numbers[0].claim_entry = input.numbers[1].claim_entry;
            },
            "number n001",
        ),
        (
            "a change of another claim",
            |input| {
                let changes = input.numbers[6].changes.clone();
                input.numbers[0].changes = changes;
            },
            "number n001",
        ),
        (
            "a passage of another claim",
            |input| {
                input.numbers[0].passage_entry = input.numbers[1].passage_entry;
            },
            "number n001",
        ),
        (
            "an exhibit that is missing",
            |input| {
                input.exhibits.remove(0);
            },
            "its capture is not an exhibit",
        ),
        (
            "an exhibit twice",
            |input| {
                let again = input.exhibits[0].clone();
                input.exhibits.push(again);
            },
            "exhibit e009",
        ),
        (
            "a text of another document",
            |input| {
                input.exhibits[0].text.as_mut().unwrap().text.push('x');
            },
            "exhibit e001",
        ),
        (
            "a text that is shown but not handed over",
            |input| {
                let at = input.exhibits[0].text.as_ref().unwrap().entry as usize;
                input.entries[at].parts[1].bytes = None;
            },
            "exhibit e001",
        ),
        (
            "bytes of another part",
            |input| {
                input.entries[2].parts[1].bytes = Some(PartBytes::Memory(b"x".to_vec()));
            },
            "its bytes have the digest",
        ),
        (
            "a statement that is not there",
            |input| {
                input.estimates[0].contradictions.push(vec!["nobody".into()]);
            },
            "`nobody` is not among its statements",
        ),
        (
            "a day that is none",
            |input| {
                input.day = "22 November".into();
            },
            "is not a day",
        ),
    ];
    let fixture = fixture();
    for (name, bend, expected) in cases {
        let mut input = fixture.input.clone();
        bend(&mut input);
        let said = fixture.build_from(&input).expect_err(name).to_string();
        assert!(said.contains(expected), "{name}: {said}");
    }
}

#[test]
fn a_public_dossier_shows_no_moment_and_no_transport_headers() {
    let fixture = fixture();
    let mut input = fixture.input.clone();
    let day = input.entries[3].open[&Field::Day].clone();
    input.entries[3].open.insert(Field::At, day);
    assert!(matches!(fixture.build_from(&input), Err(PublishError::NotForPublic { entry: 3, .. })));
    let mut input = fixture.input.clone();
    let import = input.exhibits[1].entry as usize;
    input.entries[import].parts[2].bytes = Some(PartBytes::Memory(Vec::new()));
    let error = fixture.build_from(&input).unwrap_err();
    assert!(
        matches!(error, PublishError::NotForPublic { .. }) && error.hint().is_some(),
        "{error}"
    );
}

#[test]
fn the_signer_must_sign_this_list_with_this_key() {
    let fixture = fixture();
    let refused = build(&fixture.input, &|_| Err("the key is locked".into()));
    assert!(refused.unwrap_err().to_string().contains("the key is locked"));
    let other = build(&fixture.input, &|_| fixture.shelf.signer().sign("x\n").map_err(Into::into));
    assert!(matches!(other, Err(PublishError::Sign(_))));
    let unsigned = build(&fixture.input, &|text| Ok(text.as_bytes().to_vec()));
    assert!(matches!(unsigned, Err(PublishError::Key(_))));
}

#[test]
fn bytes_are_streamed_from_a_file_that_must_not_change() {
    let fixture = fixture();
    let place = tempfile::tempdir().unwrap();
    let source = place.path().join("evidence");
    let mut input = fixture.input.clone();
    let part = &mut input.entries[2].parts[1];
    let Some(PartBytes::Memory(bytes)) = part.bytes.clone() else { panic!("entry 2 is cleared") };
    fs::write(&source, &bytes).unwrap();
    let from = source.clone();
    let open = Arc::new(move || {
        let file = fs::File::open(&from)?;
        Ok(Box::new(file) as Box<dyn std::io::Read>)
    });
    part.bytes = Some(PartBytes::Stream(PartStream { name: source.clone(), open }));
    let dossier = fixture.build_from(&input).unwrap();
    assert_eq!(dossier.sums_sha256(), fixture.build().unwrap().sums_sha256());
    dossier.write_folder(&place.path().join("whole")).unwrap();
    fs::write(&source, b"something else").unwrap();
    let before = all_files(place.path());
    for attempt in [
        dossier.write_folder(&place.path().join("bent")),
        dossier.write_zip(&place.path().join("bent.zip")),
    ] {
        assert!(attempt.unwrap_err().to_string().contains("changed since"));
    }
    assert_eq!(all_files(place.path()), before, "nothing was left behind");
    assert!(fixture.build_from(&input).is_err());
}

#[test]
fn an_estimate_may_refuse() {
    let fixture = fixture();
    let mut input = fixture.input.clone();
    let estimate = &mut input.estimates[0];
    estimate.contradictions = vec![vec!["ankeviru-count".into(), "delvoru-share".into()]];
    estimate.documented = None;
    estimate.by_place.clear();
    let dossier = fixture.build_from(&input).unwrap();
    let index = String::from_utf8_lossy(dossier.bytes("index.html").unwrap()).into_owned();
    assert!(index.contains("ankeviru-count, delvoru-share"));
    input.estimates.clear();
    input.lineage = Lineage::default();
    input.notice = None;
    let bare = fixture.build_from(&input).unwrap();
    let index = String::from_utf8_lossy(bare.bytes("index.html").unwrap()).into_owned();
    assert!(!index.contains("id=\"estimates\"") && !index.contains("class=\"notice\""));
}
