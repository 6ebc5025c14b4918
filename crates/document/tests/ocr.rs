//! The reading of pictures, on pages of our own: which language is chosen, how many characters are wrong, where the lines
//! stand; and pictures that are made to do harm.

use std::ffi::OsStr;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use witnessmark_document::ocr::{OcrError, OcrPage, Recogniser as _, Tesseract, recognise};
use witnessmark_document::picture::{Exif, Gray, Header, Picture, PictureError};

/// Runs a program as the tests of the reading itself need it: without confinement, but without an environment.
fn run(program: &Path, arguments: &[String], input: &[u8]) -> Result<Vec<u8>, String> {
    let mut child = Command::new(program)
        .args(arguments)
        .env_clear()
        .env("OMP_THREAD_LIMIT", "1")
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| error.to_string())?;
    let mut stdin = child.stdin.take().expect("it was asked for");
    let input = input.to_vec();
    let writer = std::thread::spawn(move || stdin.write_all(&input));
    let output = child.wait_with_output().map_err(|error| error.to_string())?;
    let _ = writer.join();
    if output.status.success() { Ok(output.stdout) } else { Err(output.status.to_string()) }
}

/// Tesseract with at least these languages; without them the test is skipped, and fails in CI.
fn tesseract(wanted: &[&str]) -> Option<Tesseract> {
    let found = Tesseract::find(std::env::var_os("PATH").as_deref(), Box::new(run));
    let has = |found: &Tesseract| {
        wanted.iter().all(|code| found.languages().iter().any(|language| language.code == *code))
    };
    match found {
        Ok(found) if has(&found) => Some(found),
        _ => {
            let packages: Vec<_> = wanted
                .iter()
                .map(|code| format!("tesseract-ocr-{}", code.replace('_', "-")))
                .collect();
            println!("skipped: needs {}", packages.join(" "));
            assert!(std::env::var_os("CI").is_none(), "CI installs Tesseract (.ci/tools)");
            None
        }
    }
}

const SIX: [&str; 6] = ["eng", "chi_sim", "chi_tra", "bod", "uig", "ara"];

fn page(name: &str) -> Gray {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/pages").join(name);
    let bytes = std::fs::read(path).expect("the page is in the repository");
    Picture::decode(&bytes).expect("it is sound").to_gray().expect("it has pixels")
}

/// Levenshtein's distance.
fn distance(a: &[char], b: &[char]) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut corner = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let next = (corner + usize::from(x != y)).min(row[j] + 1).min(row[j + 1] + 1);
            corner = row[j + 1];
            row[j + 1] = next;
        }
    }
    row[b.len()]
}

/// The share of characters that are wrong, white space aside.
fn error_rate(read: &str, truth: &str) -> f64 {
    let letters = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<Vec<_>>();
    let (read, truth) = (letters(read), letters(truth));
    distance(&read, &truth) as f64 / truth.len() as f64
}

#[test]
fn each_page_is_read_in_its_language_and_its_lines_stand_where_they_are() {
    let Some(mut tesseract) = tesseract(&SIX) else { return };
    // The most that may be wrong: what was measured (see docs/ocr.md) and a third more.
    let cases = [
        ("zh-hans", "chi_sim", 0.09),
        ("zh-hant", "chi_tra", 0.20),
        ("bo", "bod", 0.02),
        ("ug", "uig", 0.07),
        ("ar", "ara", 0.02),
        ("en", "eng", 0.01),
    ];
    for (name, language, most) in cases {
        let picture = page(&format!("{name}.jpg"));
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/pages");
        let truth = std::fs::read_to_string(path.join(format!("{name}.txt"))).expect("it is there");
        let found = recognise(&picture, &mut tesseract).expect("it is read");
        let (text, places) = found.text();
        let wrong = error_rate(&text, &truth);
        println!(
            "{name}: {} as {:?}, {:.1} % wrong",
            tesseract.name(),
            found.languages(),
            wrong * 100.0
        );
        assert_eq!(found.languages(), [language], "{name}: {text}");
        assert!(wrong <= most, "{name}: {wrong} wrong: {text}");
        lines_stand_apart(&found, &picture, truth.lines().count());
        assert_eq!(places.len(), truth.lines().count());
        for (line, (start, end)) in found.blocks.iter().flat_map(|b| &b.lines).zip(places) {
            let quoted: String = text.chars().skip(start).take(end - start).collect();
            assert_eq!(quoted, line.text);
        }
    }
}

/// One box a line, top to bottom, each with ink in it, and none over another's middle.
fn lines_stand_apart(found: &OcrPage, picture: &Gray, count: usize) {
    let lines: Vec<_> = found.blocks.iter().flat_map(|block| &block.lines).collect();
    assert_eq!(lines.len(), count, "{lines:?}");
    for line in &lines {
        let part = picture.crop(&line.area).expect("it lies in the picture");
        let dark = (0..part.height()).flat_map(|y| part.row(y)).filter(|grey| **grey < 120).count();
        assert!(dark > 100, "no ink at {:?}", line.area);
        assert!((0.0..=1.0).contains(&line.confidence));
    }
    for pair in lines.windows(2) {
        let middle = pair[1].area.top + pair[1].area.height / 2;
        assert!(pair[0].area.bottom() < middle, "{:?} and {:?}", pair[0].area, pair[1].area);
    }
}

/// A Tibetan page that lay sideways on the scanner was taken for Cyrillic by Tesseract's own detection, at any angle.
#[test]
fn a_page_that_lay_sideways_is_turned_and_its_boxes_are_on_the_page_as_it_was() {
    let Some(mut tesseract) = tesseract(&SIX) else { return };
    let upright = page("bo.jpg");
    let sideways = upright.turned();
    let found = recognise(&sideways, &mut tesseract).expect("it is read");
    assert_eq!((found.turned, found.languages()), (3, vec!["bod"]));
    for line in found.blocks.iter().flat_map(|block| &block.lines) {
        assert!(line.area.height > line.area.width, "lines stand upright: {:?}", line.area);
        assert!(line.area.right() <= sideways.width() && line.area.bottom() <= sideways.height());
    }
}

/// Notices in Tibet are written in two languages. Read in both at once, neither came out right.
#[test]
fn two_languages_on_a_page_are_two_blocks() {
    let Some(mut tesseract) = tesseract(&SIX) else { return };
    let (above, below) = (page("zh-hans.jpg"), page("bo.jpg"));
    let width = above.width().min(below.width());
    let rows = |page: &Gray| -> Vec<u8> {
        (0..page.height()).flat_map(|y| page.row(y)[..width as usize].to_vec()).collect()
    };
    let pixels = [rows(&above), rows(&below)].concat();
    let both = Gray::new(width, above.height() + below.height(), pixels).expect("as many pixels");
    let found = recognise(&both, &mut tesseract).expect("it is read");
    let languages: Vec<_> = found.blocks.iter().map(|block| block.language).collect();
    assert_eq!(languages, ["chi_sim", "bod"], "{:?}", found.text().0);
}

#[test]
fn a_picture_without_writing_gives_no_text() {
    let Some(mut tesseract) = tesseract(&["eng"]) else { return };
    let white = Gray::new(400, 300, vec![250; 120_000]).expect("as many pixels");
    assert_eq!(recognise(&white, &mut tesseract), Ok(OcrPage::default()));
    // Blots of all greys, as in a photograph of leaves or gravel.
    let mut state = 7_u64;
    let mut blots = || {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        u8::try_from(state >> 56).expect("eight bits")
    };
    let coarse = Gray::new(60, 45, (0..60 * 45).map(|_| blots()).collect()).expect("as many");
    let photograph = (0..3).fold(coarse, |picture, _| picture.doubled());
    let found = recognise(&photograph, &mut tesseract).expect("it is read");
    let (text, _) = found.text();
    assert!(text.chars().count() < 40, "{text}");
}

#[test]
fn a_program_that_fails_or_lies_is_an_error_or_nothing() {
    let find = |answer: Result<&'static [u8], &'static str>| {
        let run = move |_: &Path, arguments: &[String], _: &[u8]| match arguments[0].as_str() {
            "--version" => Ok(b"tesseract 5.3.0\n".to_vec()),
            "--list-langs" => Ok(b"List of available languages (1):\nbod\n../../etc\n".to_vec()),
            _ => answer.map(<[u8]>::to_vec).map_err(str::to_owned),
        };
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("tesseract"), "").expect("written");
        Tesseract::find(Some(OsStr::new(folder.path())), Box::new(run)).expect("it is there")
    };
    let picture = page("bo.jpg");
    let stopped = recognise(&picture, &mut find(Err("more than 60 seconds of work")));
    assert_eq!(stopped, Err(OcrError::Failed { why: "more than 60 seconds of work".to_owned() }));
    for lie in [
        &b"\xff\xfe\0"[..],
        b"5\t1\t1\t1\t1\t1\t4294967295\t4294967295\t4294967295\t4294967295\t90\tx\n",
    ] {
        let found = recognise(&picture, &mut find(Ok(lie))).expect("no error");
        for line in found.blocks.iter().flat_map(|block| &block.lines) {
            assert!(picture.area().grown(picture.height()).right() >= line.area.left);
        }
    }
}

// ── Pictures that are made to do harm ──

fn png_header(width: u32, height: u32) -> Vec<u8> {
    let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
    let mut header = b"IHDR".to_vec();
    header.extend(width.to_be_bytes());
    header.extend(height.to_be_bytes());
    header.extend([8, 2, 0, 0, 0]);
    file.extend(13_u32.to_be_bytes());
    file.extend(&header);
    file.extend(crc(&header).to_be_bytes());
    file
}

fn crc(bytes: &[u8]) -> u32 {
    let mut crc = u32::MAX;
    for byte in bytes {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 };
        }
    }
    !crc
}

/// A file of seventy bytes once asked for gigabytes of memory before anyone had looked at its header.
#[test]
fn a_picture_of_a_billion_pixels_is_refused_by_its_header() {
    let mut png = png_header(40_000, 30_000);
    png.extend(b"\0\0\0\x01IDATx\0\0\0\0");
    assert_eq!(Header::read(&png), Err(PictureError::TooLarge { width: 40_000, height: 30_000 }));
    assert!(matches!(Picture::decode(&png), Err(PictureError::TooLarge { .. })));
    let mut bmp = b"BM\x36\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0".to_vec();
    bmp.extend(65_000_u32.to_le_bytes());
    bmp.extend(65_000_u32.to_le_bytes());
    bmp.extend(b"\x01\0\x18\0");
    bmp.extend([0; 24]);
    assert!(Header::read(&bmp).is_err());
    let gif = b"GIF89a\xff\xff\xff\xff\0\0\0";
    assert!(Header::read(gif).is_err());
}

/// A picture between what was decoded and what the process that decodes may hold ended as "the reader was stopped".
#[test]
fn a_picture_that_needs_too_much_memory_says_how_large_it_is() {
    let mut png = png_header(10_000, 10_000);
    // Sixteen bits of four channels.
    png[24] = 16;
    png[25] = 6;
    let sum = crc(&png[12..29]).to_be_bytes();
    png[29..33].copy_from_slice(&sum);
    png.extend(b"\0\0\0\x01IDATx");
    png.extend(crc(b"IDATx").to_be_bytes());
    assert!(Header::read(&png).is_ok());
    let error = Picture::decode(&png).err().expect("it is too large");
    assert!(matches!(error, PictureError::TooHeavy { .. }), "{error}");
    let said = error.to_string();
    assert!(
        said.starts_with("it is 10000 by 10000 pixels, and decoding it takes 858 MiB"),
        "{said}"
    );
}

#[test]
fn what_is_cut_short_or_no_picture_is_an_error_that_says_so() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/pages/bo.jpg");
    let whole = std::fs::read(path).expect("it is there");
    for length in (0..whole.len()).step_by(whole.len() / 60) {
        // Either it is damaged, or what was there came out; it never panics.
        if let Ok(picture) = Picture::decode(&whole[..length]) {
            assert_eq!(picture.size(), (900, page("bo.jpg").height()));
        }
    }
    for no_picture in
        [&b""[..], b"%PDF-1.7", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"\0\0\x01\0\x01\0"]
    {
        assert_eq!(Header::read(no_picture), Err(PictureError::Unknown));
    }
    let mut torn = png_header(10, 10);
    torn.extend(b"\0\0\0\x04IDAT");
    assert!(matches!(
        Picture::decode(&torn),
        Err(PictureError::Damaged { .. } | PictureError::Header { .. })
    ));
}

// ── What a picture says of itself ──

/// A TIFF structure with these entries of the first directory, and a second with a thumbnail.
fn exif(thumbnail: &[u8]) -> Vec<u8> {
    let mut tiff = b"II*\0\x08\0\0\0".to_vec();
    let entry = |tag: u16, kind: u16, count: u32, value: u32| {
        let mut entry = tag.to_le_bytes().to_vec();
        entry.extend(kind.to_le_bytes());
        entry.extend(count.to_le_bytes());
        entry.extend(value.to_le_bytes());
        entry
    };
    // Make (8 bytes at 100), then the second directory at 50.
    tiff.extend(2_u16.to_le_bytes());
    tiff.extend(entry(0x010f, 2, 8, 100));
    tiff.extend(entry(0x0112, 3, 1, 1));
    tiff.extend(50_u32.to_le_bytes());
    tiff.resize(50, 0);
    tiff.extend(2_u16.to_le_bytes());
    tiff.extend(entry(0x0201, 4, 1, 120));
    tiff.extend(entry(0x0202, 4, 1, u32::try_from(thumbnail.len()).expect("small")));
    tiff.extend(0_u32.to_le_bytes());
    tiff.resize(100, 0);
    tiff.extend(b"Invento\0");
    tiff.resize(120, 0);
    tiff.extend(thumbnail);
    tiff
}

/// A JPEG file with this Exif data put behind its first marker.
fn with_exif(jpeg: &[u8], exif: &[u8]) -> Vec<u8> {
    let mut file = b"\xff\xd8\xff\xe1".to_vec();
    file.extend(u16::try_from(exif.len() + 8).expect("it fits").to_be_bytes());
    file.extend(b"Exif\0\0");
    file.extend(exif);
    file.extend(&jpeg[2..]);
    file
}

/// The thumbnail of a cropped photograph kept the face that had been cropped away.
#[test]
fn a_thumbnail_of_other_proportions_is_named() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/pages/bo.jpg");
    let jpeg = std::fs::read(path).expect("it is there");
    for (width, warned) in [(90, false), (30, true)] {
        let file = with_exif(&jpeg, &exif(&png_header_whole(width, 67)));
        let header = Header::read(&file).expect("a picture");
        let found = Exif::read(&file, &header);
        assert!(found.fields.contains(&("Make".to_owned(), "Invento".to_owned())), "{found:?}");
        let says = found.warnings.iter().any(|warning| warning.contains("thumbnail"));
        assert_eq!(says, warned, "{found:?}");
    }
    let header = Header::read(&jpeg).expect("a picture");
    assert_eq!(Exif::read(&jpeg, &header), Exif::default());
}

fn png_header_whole(width: u32, height: u32) -> Vec<u8> {
    let mut file = png_header(width, height);
    file.extend(b"\0\0\0\x01IDATx");
    file.extend(crc(b"IDATx").to_be_bytes());
    file
}

#[test]
fn broken_exif_is_passed_over() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/pages/bo.jpg");
    let jpeg = std::fs::read(path).expect("it is there");
    let sound = exif(&png_header_whole(30, 67));
    for at in 0..sound.len() {
        let mut broken = sound.clone();
        broken[at] ^= 0xff;
        let file = with_exif(&jpeg, &broken);
        let header = Header::read(&file).expect("a picture");
        let _ = Exif::read(&file, &header);
    }
}
