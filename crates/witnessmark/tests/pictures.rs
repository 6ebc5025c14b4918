//! Pictures, from the file to a number in a dossier: kept without OCR and read once it is there, unread by a person until
//! somebody compared them, and decoded where a hostile one ends nothing but its own process.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by a panic")]

mod program;

use std::io::Cursor;
use std::path::{Path, PathBuf};
use std::process::Output;
use std::time::Duration;

use image::{DynamicImage, ImageFormat, Rgb};
use program::{Seeded, demo, json, lines, make_case, one, program, run, status};
use serde_json::Value;
use witnessmark_case::document::process::{ProcessLimits, Readers, ScanLimits, Stop, Stopped};
use witnessmark_case::document::{Document, Limits};
use witnessmark_case::text::Hints;

/// Whether Tesseract is there with these languages; without it the test is skipped, and fails in CI.
fn has_tesseract(languages: &[&str]) -> bool {
    let listed = std::process::Command::new("tesseract").arg("--list-langs").output();
    let listed = listed.map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
    let has =
        |code: &&str| listed.as_ref().is_ok_and(|listed| listed.lines().any(|line| line == *code));
    if languages.iter().all(has) {
        return true;
    }
    println!("skipped: needs tesseract-ocr with {}", languages.join(", "));
    assert!(std::env::var_os("CI").is_none(), "CI installs Tesseract (.ci/tools)");
    false
}

fn document(name: &str) -> PathBuf {
    demo("documents").join(name)
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// The passage that a quotation makes.
fn cite(case: &Path, capture: &str, exact: &str) -> String {
    let cited = one(json(case, 0, &["cite", capture, "--exact", exact]));
    cited["passage"].as_str().unwrap().to_owned()
}

const LINE: &str = "截至2021年6月30日，共采集血样41286份";

#[test]
fn what_ocr_read_carries_no_claim_and_no_dossier_before_a_person_compared_it() {
    if !has_tesseract(&["eng", "chi_sim"]) {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let places = demo("places.csv");
    make_case(folder, &["--gazetteer", places.to_str().unwrap()]);
    let case = folder.join("case");
    let added = json(&case, 0, &["add", document("poster-ankeviru.jpg").to_str().unwrap()]);
    assert_eq!(added[0]["verdict"], "content", "{added:?}");
    let shown = one(json(&case, 0, &["show", "poster-ankeviru.jpg"]));
    let warnings = shown["text"]["warnings"].to_string();
    assert!(warnings.contains("unread by a person"), "{warnings}");
    let passage = cite(&case, "poster-ankeviru.jpg", LINE);
    let passages = json(&case, 0, &["list", "passages", "--unconfirmed"]);
    assert_eq!(passages[0][0]["read_by"], "ocr-unconfirmed");
    assert_eq!(one(json(&case, 0, &["status"]))["unconfirmed_passages"], 1);
    let claim = [
        "claim",
        &passage,
        "--act",
        "dna-collection",
        "--place",
        "Ankeviru",
        "--count",
        "41286",
        "--unit",
        "samples",
        "--bound",
        "exact",
    ];
    let refused = run(&case, &claim);
    assert_eq!(status(&refused), 1);
    assert!(
        said(&refused).contains("hint: compare it: `witnessmark show psg-"),
        "{}",
        said(&refused)
    );
    // A sheet of claims is no way round.
    let sheet = std::fs::read_to_string(demo("claims.csv")).unwrap();
    let head = sheet.lines().next().unwrap();
    let row = format!(
        "poster-ankeviru.jpg,{LINE},dna-collection,Ankeviru,,2021-06-30,41286,,,samples,exact,stated,,B,2,"
    );
    for (name, words) in [("cited", row.clone()), ("new", row.replace(LINE, "共采集血样41286份"))]
    {
        let path = folder.join(format!("{name}.csv"));
        std::fs::write(&path, format!("{head}\n{words}\n")).unwrap();
        let imported = run(&case, &["import", "claims", path.to_str().unwrap()]);
        assert_eq!(status(&imported), 1, "{name}");
        assert!(said(&imported).contains("read by OCR"), "{name}: {}", said(&imported));
    }
    // The picture beside it, with the line boxed; nothing is written over.
    let picture = folder.join("place.png");
    let show = ["show", &passage, "--picture", picture.to_str().unwrap()];
    assert_eq!(one(json(&case, 0, &show))["lines"], 1);
    let png = image::open(&picture).unwrap().to_rgb8();
    assert!(png.width() > 300 && png.height() > 100, "{} by {}", png.width(), png.height());
    assert!(png.pixels().filter(|pixel| **pixel == Rgb([214, 0, 48])).count() > 500);
    assert_eq!(status(&run(&case, &show)), 2, "the file is there already");
    let confirmed = one(json(&case, 0, &["confirm", &passage, "--by", "reader 2"]));
    assert_eq!((&confirmed[0]["new"], &confirmed[0]["reads"]), (&true.into(), &Value::Null));
    assert_eq!(status(&run(&case, &claim)), 0);
    json(&case, 0, &["publish", "../dossier"]);
    let page = std::fs::read_to_string(folder.join("dossier/numbers/n001.html")).unwrap();
    assert!(page.contains("read in a picture by a program"), "{page}");
    assert!(page.contains("reader 2"), "who stands for it is named");
    for what in ["case", "dossier"] {
        program::assert_intact(folder, what);
        if what == "dossier" {
            let check = folder.join("dossier/check/check.py");
            let checked = std::process::Command::new("python3").arg(check).output().unwrap();
            assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stdout));
        }
    }
}

#[test]
fn a_person_may_read_something_else_than_ocr_and_the_dossier_says_both() {
    if !has_tesseract(&["eng", "chi_sim"]) {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    make_case(folder.path(), &[]);
    let case = folder.path().join("case");
    json(&case, 0, &["add", document("poster-ankeviru.jpg").to_str().unwrap()]);
    let passage = cite(&case, "poster-ankeviru.jpg", LINE);
    let reads = "截至2021年6月30日，共采集血样41288份";
    let confirmed = one(json(&case, 0, &["confirm", &passage, "--reads", reads]));
    assert_eq!(confirmed[0]["reads"], reads);
    let claim = [
        "claim",
        &passage,
        "--act",
        "dna-collection",
        "--count",
        "41288",
        "--unit",
        "samples",
        "--bound",
        "exact",
    ];
    assert_eq!(status(&run(&case, &claim)), 0);
    let policy = "[[clear]]\ncapture = \"poster-ankeviru.jpg\"\nreason = \"invented\"\n";
    std::fs::write(folder.path().join("policy.toml"), policy).unwrap();
    json(&case, 0, &["publish", "../dossier", "--policy", "../policy.toml"]);
    let page = std::fs::read_to_string(folder.path().join("dossier/exhibits/e001.html")).unwrap();
    assert!(page.contains("Nobody has compared them but for those that numbers rest on"), "{page}");
    let page = std::fs::read_to_string(folder.path().join("dossier/numbers/n001.html")).unwrap();
    assert!(page.contains(reads) && page.contains("compared with the picture"), "{page}");
}

#[test]
fn written_text_needs_no_picture_and_says_so() {
    let folder = tempfile::tempdir().unwrap();
    make_case(folder.path(), &[]);
    let case = folder.path().join("case");
    json(&case, 0, &["add", document("annex.pdf").to_str().unwrap()]);
    let passage = cite(&case, "annex.pdf", "4,870 people");
    for arguments in [vec!["confirm", &passage], vec!["show", &passage, "--picture", "x.png"]] {
        let output = run(&case, &arguments);
        assert_eq!(status(&output), 1, "{arguments:?}");
        assert!(said(&output).contains("was not read in a picture"), "{}", said(&output));
    }
    assert!(!case.join("x.png").exists());
    let mixed = run(&case, &["confirm", &passage, "annex.pdf"]);
    assert_eq!(status(&mixed), 2);
    assert_eq!(status(&run(&case, &["confirm", "annex.pdf", "--reads", "x"])), 2);
}

#[test]
fn without_tesseract_pictures_are_kept_and_read_once_it_is_there() {
    let folder = tempfile::tempdir().unwrap();
    make_case(folder.path(), &[]);
    let case = folder.path().join("case");
    let poster = document("poster-ankeviru.jpg");
    let supplement = document("supplement-gunvasho.pdf");
    let without = |arguments: &[&str]| {
        let output =
            program(&case).args(arguments).arg("--json").env("PATH", "/nowhere").output().unwrap();
        assert_eq!(status(&output), 0, "{}", said(&output));
        lines(&output.stdout)
    };
    without(&["add", poster.to_str().unwrap(), supplement.to_str().unwrap()]);
    let shown = one(without(&["show", "poster-ankeviru.jpg"]));
    let warnings = shown["text"]["warnings"].to_string();
    assert!(warnings.contains("install tesseract-ocr"), "{warnings}");
    assert_eq!(shown["text"]["waits_for_ocr"], true);
    assert_eq!(one(without(&["status"]))["waiting_for_ocr"], 2);
    assert_eq!(one(without(&["search", "补充公告"]))["total"], 1, "written pages are read");
    if !has_tesseract(&["eng", "chi_sim"]) {
        return;
    }
    // The next thing that is added brings the others along.
    std::fs::write(folder.path().join("note.txt"), "a note").unwrap();
    json(&case, 0, &["add", "../note.txt"]);
    assert_eq!(one(json(&case, 0, &["status"]))["waiting_for_ocr"], 0);
    assert_eq!(one(json(&case, 0, &["search", "\"41286\""]))["total"], 1);
    // The second page of the PDF file is a picture; its words stand behind those of the first.
    assert_eq!(one(json(&case, 0, &["search", "收货单"]))["total"], 1);
    let shown = one(json(&case, 0, &["show", "supplement-gunvasho.pdf"]));
    let text = shown["text"]["text"].as_str().unwrap();
    let (written, scanned) = (text.find("项目编号").unwrap(), text.rfind("45000").unwrap());
    assert!(written < scanned, "{text}");
    let written = cite(&case, "supplement-gunvasho.pdf", "项目编号：GVS-2021-017");
    let scanned = cite(&case, "supplement-gunvasho.pdf", "全部验收合格");
    let of = |id: &str| one(json(&case, 0, &["show", id]));
    assert_eq!(of(&written)["on_picture"], Value::Null, "a page of written text is no picture");
    let scanned = of(&scanned);
    assert_eq!(scanned["on_picture"]["lines"][0]["page"], 2, "{scanned}");
    assert_eq!(scanned["on_picture"]["lines"][0]["language"], "zh-Hans");
}

// ── Pictures that are made to do harm ──

fn readers() -> Readers {
    Readers::new(Some(env!("CARGO_BIN_EXE_witnessmark").into()), 1, ProcessLimits::default())
}

fn read(readers: &Readers, bytes: &[u8]) -> (Vec<Document>, Result<(), Stopped>) {
    let mut documents = Vec::new();
    let hints = Hints::default();
    let ended = readers.read(bytes, &hints, &Limits::default(), &mut |one| documents.push(one));
    (documents, ended)
}

/// A page with writing in each format that is read.
fn formats() -> Vec<(ImageFormat, Vec<u8>)> {
    let page = image::open(document("poster-ankeviru.jpg")).unwrap();
    let page = page.crop_imm(60, 60, 400, 160);
    let page = DynamicImage::ImageRgb8(page.to_rgb8());
    [
        ImageFormat::Png,
        ImageFormat::Jpeg,
        ImageFormat::Tiff,
        ImageFormat::WebP,
        ImageFormat::Gif,
        ImageFormat::Bmp,
    ]
    .into_iter()
    .map(|format| {
        let mut file = Cursor::new(Vec::new());
        page.write_to(&mut file, format).unwrap();
        (format, file.into_inner())
    })
    .collect()
}

/// Two hundred damaged files of each format: bytes flipped, parts cut out, doubled, and overwritten. Each gets a picture or a
/// reason; the child that decodes them may die, and then another one reads the next.
#[test]
fn damaged_pictures_of_every_format_end_nothing() {
    let readers = readers();
    let mut seeded = Seeded(7);
    for (format, sound) in formats() {
        let hints = Hints::default();
        let whole = readers.picture(&sound, &hints, None, 1).unwrap().unwrap();
        assert_eq!((whole.width(), whole.height()), (400, 160), "{format:?}");
        let (mut decoded, mut refused) = (0, 0);
        for round in 0..200 {
            let mut bytes = sound.clone();
            let length = bytes.len() as u64;
            let place =
                |seeded: &mut Seeded, limit: u64| usize::try_from(seeded.below(limit)).unwrap();
            // Headers are where sizes and offsets stand.
            let reach = if round % 2 == 0 { length.min(200) } else { length };
            let at = place(&mut seeded, reach);
            match round % 5 {
                0 => bytes[at] ^= 1 << seeded.below(8),
                1 => bytes.truncate(at),
                2 => {
                    let end = (at + 4).min(bytes.len());
                    bytes[at..end].fill(0xff);
                }
                3 => {
                    let end = (at + place(&mut seeded, 64)).min(bytes.len());
                    let part = bytes[at..end].to_vec();
                    bytes.splice(at..at, part);
                }
                _ => {
                    let end = (at + place(&mut seeded, 64)).min(bytes.len());
                    bytes.drain(at..end);
                }
            }
            let (documents, ended) = read(&readers, &bytes);
            assert!(!documents.is_empty() || ended.is_err(), "{format:?} {round}: no verdict");
            match readers.picture(&bytes, &hints, None, 1) {
                Ok(Ok(_)) => decoded += 1,
                Ok(Err(why)) => {
                    assert!(!why.is_empty() && !why.contains('\n'), "{format:?} {round}: {why}");
                    refused += 1;
                }
                Err(why) => println!("{format:?} {round}: {why}"),
            }
        }
        println!("{format:?}: {decoded} decoded, {refused} refused");
        assert!(decoded > 0 && refused > 0, "{format:?}: {decoded} decoded, {refused} refused");
    }
    // It still reads what is sound.
    let (documents, ended) = read(&readers, &formats()[0].1);
    assert_eq!((documents.len(), ended), (1, Ok(())));
}

/// A scan of A3 at 600 dots an inch, and what the process that decodes it may hold.
#[test]
fn a_large_scan_is_decoded_by_a_process_of_little_memory() {
    let (width, height) = (7016, 9933);
    let ink = |x: u32, y: u32| if y % 120 < 50 && x % 900 > 200 { 30 } else { 250 };
    let grey = image::GrayImage::from_fn(width, height, |x, y| image::Luma([ink(x, y)]));
    let colour = DynamicImage::ImageLuma8(grey.clone()).to_rgb8();
    for picture in [DynamicImage::ImageLuma8(grey), DynamicImage::ImageRgb8(colour)] {
        let mut file = Cursor::new(Vec::new());
        picture.write_to(&mut file, ImageFormat::Png).unwrap();
        let read = readers().picture(&file.into_inner(), &Hints::default(), None, 1);
        let read = read.unwrap().unwrap();
        assert_eq!((read.width(), read.height()), (width, height));
    }
}

/// Blots of all greys that every language is tried on, which takes minutes.
fn blots() -> Vec<u8> {
    let mut seeded = Seeded(7);
    let blot = image::GrayImage::from_fn(700, 700, |_, _| {
        image::Luma([u8::try_from(seeded.below(256)).unwrap()])
    });
    let large = image::imageops::resize(&blot, 2800, 2800, image::imageops::FilterType::Triangle);
    let mut file = Cursor::new(Vec::new());
    large.write_to(&mut file, ImageFormat::Png).unwrap();
    file.into_inner()
}

/// Scans could not be stopped, and one that is hard to read kept all others waiting.
#[test]
fn reading_pictures_ends_when_its_time_is_over_or_somebody_asks() {
    if !has_tesseract(&["eng"]) {
        return;
    }
    let readers = || readers().with_programs(std::env::var_os("PATH"));
    let (limits, hints) = (Limits::default(), Hints::default());
    let second = Duration::from_secs(1);
    let hour = Duration::from_secs(3600);
    for (scans, said) in [
        (
            ScanLimits { page: second, file: hour },
            "was not recognised: OCR took more than 1 seconds",
        ),
        (
            ScanLimits { page: hour, file: second },
            "was not recognised: reading the pictures of one file took more than 1 seconds",
        ),
    ] {
        // What stands behind the picture is read all the same.
        let file = zip_of(&[("a.png", &blots()), ("b.txt", b"words")]);
        let mut found = Vec::new();
        let read = readers().with_scan_limits(scans).read_recognised(
            &file,
            &hints,
            &limits,
            &Stop::default(),
            &mut |document| found.push(document),
        );
        assert_eq!((read, found.len()), (Ok(()), 3));
        let warnings = found[1].content.as_ref().unwrap().warnings.join("\n");
        assert!(warnings.contains(said), "{warnings}");
        assert_eq!(found[2].content.as_ref().unwrap().text, "words");
    }
    let stop = Stop::default();
    let asks = stop.clone();
    let later = std::thread::spawn(move || {
        std::thread::sleep(second);
        asks.ask();
    });
    let read = readers().read_recognised(&blots(), &hints, &limits, &stop, &mut |_| {});
    assert_eq!(read, Err(Stopped::Asked));
    later.join().unwrap();
}

/// A zip of files that are stored as they are, read by the headers of its files.
fn zip_of(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut out = Vec::new();
    for (name, bytes) in files {
        let length = u32::try_from(bytes.len()).unwrap().to_le_bytes();
        out.extend(b"PK\x03\x04\x14\0\0\x08\0\0\0\0\0\0\0\0\0\0");
        out.extend([length, length].concat());
        out.extend(u16::try_from(name.len()).unwrap().to_le_bytes());
        out.extend([0; 2]);
        out.extend(name.as_bytes());
        out.extend(*bytes);
    }
    out
}

/// A small file that unpacks to more pixels than any page has.
#[test]
fn a_picture_that_unpacks_to_too_much_is_refused_and_the_case_says_why() {
    let mut bomb = Cursor::new(Vec::new());
    let black = image::GrayImage::new(11_500, 11_500);
    black.write_to(&mut bomb, ImageFormat::Png).unwrap();
    let bomb = bomb.into_inner();
    assert!(bomb.len() < 1_000_000, "{}", bomb.len());
    let (documents, ended) = read(&readers(), &bomb);
    assert_eq!(ended, Ok(()));
    let why = documents[0].content.as_ref().unwrap_err().to_string();
    assert!(why.contains("11500 by 11500 pixels"), "{why}");
    let folder = tempfile::tempdir().unwrap();
    make_case(folder.path(), &[]);
    let case = folder.path().join("case");
    std::fs::write(folder.path().join("bomb.png"), &bomb).unwrap();
    let mut torn = formats()[0].1.clone();
    torn.truncate(torn.len() / 2);
    std::fs::write(folder.path().join("torn.png"), &torn).unwrap();
    let added = run(&case, &["add", "../bomb.png", "../torn.png", "--json"]);
    let verdicts = lines(&added.stdout);
    let of = |name: &str| {
        verdicts
            .iter()
            .find(|one| one.to_string().contains(name))
            .unwrap_or_else(|| panic!("{verdicts:?}"))
    };
    assert_eq!(of("bomb.png")["verdict"], "error", "{verdicts:?}");
    if has_tesseract(&["eng"]) {
        assert_eq!(of("torn.png")["verdict"], "error", "{verdicts:?}");
        assert!(
            of("torn.png")["evidence"].to_string().contains("cannot be decoded"),
            "{verdicts:?}"
        );
    }
}
