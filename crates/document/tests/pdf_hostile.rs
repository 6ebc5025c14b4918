//! PDF files that want to do harm, or are broken: each gets a clear answer, in bounded time and memory.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by a panic")]
#![allow(clippy::disallowed_methods, reason = "it measures that no file takes for ever")]

use std::io::Write;

use flate2::Compression;
use flate2::write::ZlibEncoder;
use witnessmark_document::{Document, Limits, read};
use witnessmark_text::{ExtractError, Hints};

const FONT: &str = "<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>";
const WORDS: &str = "BT /F 12 Tf 72 700 Td (words that stay) Tj ET";

/// A file of numbered objects, with the table of where they stand.
fn file(objects: &[Vec<u8>], trailer: &str) -> Vec<u8> {
    let mut bytes = b"%PDF-1.7\n".to_vec();
    let mut places = Vec::new();
    for (number, object) in objects.iter().enumerate() {
        places.push(bytes.len());
        bytes.extend(format!("{} 0 obj\n", number + 1).into_bytes());
        bytes.extend(object);
        bytes.extend(b"\nendobj\n");
    }
    let table = bytes.len();
    let rows: String = places.iter().map(|place| format!("{place:010} 00000 n \n")).collect();
    let count = objects.len() + 1;
    bytes.extend(format!("xref\n0 {count}\n0000000000 65535 f \n{rows}").into_bytes());
    bytes.extend(
        format!("trailer\n<</Size {count}/Root 1 0 R{trailer}>>\nstartxref\n{table}\n%%EOF\n")
            .into_bytes(),
    );
    bytes
}

fn stream(dictionary: &str, data: &[u8]) -> Vec<u8> {
    let head = format!("<<{dictionary}/Length {}>>stream\n", data.len());
    [head.as_bytes(), data, b"\nendstream"].concat()
}

/// One page; `root` and `page` are added to the catalogue and to the page, `more` are objects from number 6 on.
fn one_page(root: &str, page: &str, contents: Vec<u8>, more: &[Vec<u8>]) -> Vec<u8> {
    let mut objects = vec![
        format!("<</Type/Catalog/Pages 2 0 R{root}>>").into_bytes(),
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>".to_vec(),
        format!("<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F 5 0 R>>/XObject<</X 6 0 R/Y 7 0 R>>>>{page}>>").into_bytes(),
        contents,
        FONT.as_bytes().to_vec(),
    ];
    objects.extend_from_slice(more);
    file(&objects, "")
}

fn packed(data: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(data).unwrap();
    encoder.finish().unwrap()
}

/// Zeros, packed without holding them in memory.
fn zeros(mebibytes: usize) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
    let block = vec![b' '; 1 << 20];
    for _ in 0..mebibytes {
        encoder.write_all(&block).unwrap();
    }
    encoder.finish().unwrap()
}

fn read_all(bytes: &[u8], limits: &Limits) -> Vec<Document> {
    let mut documents = Vec::new();
    read(bytes, &Hints::default(), limits, &mut |document| documents.push(document));
    documents
}

fn read_one(bytes: &[u8]) -> Document {
    read_all(bytes, &Limits::default()).into_iter().next().unwrap()
}

/// What is read is still read, and the reader is told what was not.
#[test]
fn each_trick_is_named_and_the_words_stay() {
    let words = || stream("", WORDS.as_bytes());
    let form = |inner: &str| {
        let data = format!("{WORDS} {inner}");
        stream(
            "/Type/XObject/Subtype/Form/BBox[0 0 595 842]/Resources<</Font<</F 5 0 R>>/XObject<</X 6 0 R/Y 7 0 R>>>>",
            data.as_bytes(),
        )
    };
    // Each draws the next one twice: a hundred million words, if nobody counted.
    let chain: Vec<Vec<u8>> = (7..35)
        .map(|next| {
            let dictionary = format!("/Type/XObject/Subtype/Form/BBox[0 0 595 842]/Resources<</Font<</F 5 0 R>>/XObject<</X {next} 0 R>>>>");
            stream(&dictionary, format!("{WORDS} /X Do /X Do").as_bytes())
        })
        .collect();
    let cases: &[(&str, Vec<u8>, &str)] = &[
        (
            "forms in forms in forms",
            one_page("", "", stream("", b"/X Do"), &chain),
            "a limit was reached",
        ),
        (
            "a script that runs when the file is opened",
            one_page("/OpenAction<</S/JavaScript/JS(app.alert(1))>>", "", words(), &[]),
            "JavaScript",
        ),
        (
            "a program to start",
            one_page("/OpenAction<</S/Launch/F(cmd.exe)>>", "", words(), &[]),
            "start a program",
        ),
        ("an XFA form", one_page("/AcroForm<</XFA[(a) 6 0 R]>>", "", words(), &[words()]), "XFA"),
        (
            "a black box over words",
            one_page("", "", stream("", format!("{WORDS} 0 g 60 690 200 30 re f").as_bytes()), &[]),
            "text under a filled shape: words that stay",
        ),
        ("a form that draws itself", one_page("", "", stream("", b"/X Do"), &[form("/X Do")]), ""),
        (
            "forms that draw each other twice, over and over",
            one_page("", "", stream("", b"/X Do"), &[form("/Y Do /Y Do"), form("/X Do /X Do")]),
            "",
        ),
        (
            "a drawing that unpacks to too much, beside one that does not",
            one_page(
                "",
                "/Contents[8 0 R 4 0 R]",
                words(),
                &[words(), words(), stream("/Filter/FlateDecode", &zeros(160))],
            ),
            "unpacks to too much",
        ),
        (
            "a drawing packed twice",
            one_page(
                "",
                "/Contents[8 0 R 4 0 R]",
                words(),
                &[
                    words(),
                    words(),
                    stream("/Filter[/FlateDecode/FlateDecode]", &packed(&zeros(160))),
                ],
            ),
            "unpacks to too much",
        ),
    ];
    for (name, bytes, said) in cases {
        // A key that stands twice counts as its last: the list of contents replaces the one before it.
        let document = read_one(bytes);
        let content = document.content.unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(content.text.contains("words that stay"), "{name}: {:?}", content.text);
        // Nothing is said where nothing was left out: a form inside itself is no form.
        let is_said =
            said.is_empty() || content.warnings.iter().any(|warning| warning.contains(said));
        assert!(is_said, "{name}: {:?}", content.warnings);
    }
}

/// One stream of a font that is too large to be read costs no more than what it alone says.
#[test]
fn a_font_with_a_stream_that_is_too_large_is_read_without_it() {
    let map = b"1 beginbfchar <0001> <0077> endbfchar 1 beginbfrange <0002> <0005> [<006F> <0072> <0064> <0073>] endbfrange";
    let bomb = stream("/Filter[/FlateDecode/FlateDecode]", &packed(&zeros(160)));
    let composite = |rest: &str| {
        format!(
            "<</Type/Font/Subtype/Type0/BaseFont/T{rest}/DescendantFonts[<</Type/Font/Subtype/CIDFontType2/BaseFont/T/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)/Supplement 0>>/W[1 3 600 4[500 500]]/FontDescriptor 8 0 R>>]>>"
        )
    };
    let simple = |rest: &str| {
        format!("<</Type/Font/Subtype/TrueType/BaseFont/T/FirstChar 97/Widths[500]{rest}>>")
    };
    let codes = "<00010002000300040005>";
    for (name, font, file, codes, guessed) in [
        (
            "the glyphs",
            composite("/Encoding/Identity-H/ToUnicode 6 0 R"),
            "FontFile2 7 0 R",
            codes,
            false,
        ),
        ("the codes", composite("/Encoding 7 0 R/ToUnicode 6 0 R"), "Flags 4", codes, false),
        (
            "an encoding of no name that is known",
            composite("/Encoding/Mine/ToUnicode 6 0 R"),
            "Flags 4",
            codes,
            false,
        ),
        ("the characters", simple("/ToUnicode 7 0 R"), "Flags 4", "(words)", true),
    ] {
        let more = [
            stream("", map),
            bomb.clone(),
            format!("<</Type/FontDescriptor/FontName/T/{file}>>").into_bytes(),
            font.into_bytes(),
        ];
        let drawn = format!("BT /F 12 Tf 72 700 Td {codes} Tj ET");
        let page = "/Resources<</Font<</F 9 0 R>>>>";
        let content = read_one(&one_page("", page, stream("", drawn.as_bytes()), &more)).content;
        let content = content.unwrap();
        assert_eq!(content.text, "words", "{name}");
        let is_said = content.warnings.iter().any(|warning| warning.contains("guesses"));
        assert_eq!(is_said, guessed, "{name}: {:?}", content.warnings);
    }
}

/// Tables and trees that lead in circles.
#[test]
fn no_circle_is_walked_for_ever() {
    let sound = one_page("", "", stream("", WORDS.as_bytes()), &[]);
    let text = String::from_utf8(sound.clone()).unwrap();
    let table = text.find("xref\n0").unwrap();
    let deep = format!("{}{}", "[".repeat(50_000), "]".repeat(50_000));
    let objects = |pages: &str, page: &str| {
        let page = page.as_bytes().to_vec();
        file(&[b"<</Type/Catalog/Pages 2 0 R>>".to_vec(), pages.as_bytes().to_vec(), page], "")
    };
    for (name, bytes) in [
        (
            "a table before itself",
            text.replace("/Root 1 0 R", &format!("/Prev {table}/Root 1 0 R")).into_bytes(),
        ),
        (
            "a table that is its own stream",
            text.replace("/Root 1 0 R", &format!("/XRefStm {table}/Root 1 0 R")).into_bytes(),
        ),
        (
            "pages that hold themselves",
            objects("<</Type/Pages/Kids[2 0 R 2 0 R]/Count 9>>", "null"),
        ),
        (
            "pages under a page",
            objects(
                "<</Type/Pages/Kids[3 0 R]/Count 1>>",
                "<</Type/Pages/Kids[2 0 R 2 0 R]/Parent 2 0 R/Count 1>>",
            ),
        ),
        (
            "a million pages that are one",
            objects("<</Type/Pages/Kids[3 0 R]/Count 1000000>>", "<</Type/Page/Parent 2 0 R>>"),
        ),
        ("an object that is itself", objects("<</Type/Pages/Kids 3 0 R/Count 1>>", "3 0 R")),
        ("lists in lists", objects("<</Type/Pages/Kids[3 0 R]/Count 1>>", &deep)),
        (
            "a length that is itself",
            one_page("", "", b"<</Length 4 0 R>>stream\nBT ET\nendstream".to_vec(), &[]),
        ),
        (
            "a length of more than there is",
            one_page("", "", b"<</Length 99999999999>>stream\nBT ET\nendstream".to_vec(), &[]),
        ),
        (
            "a negative length",
            one_page("", "", b"<</Length -5>>stream\nBT ET\nendstream".to_vec(), &[]),
        ),
        (
            "fonts that lead to themselves",
            one_page("", "/Resources 3 0 R", stream("", WORDS.as_bytes()), &[]),
        ),
    ] {
        let started = std::time::Instant::now();
        let documents = read_all(&bytes, &Limits::default());
        assert_eq!(documents.len(), 1, "{name}");
        assert!(started.elapsed().as_secs() < 60, "{name}: {:?}", started.elapsed());
    }
}

#[test]
fn packed_objects_that_unpack_to_too_much_are_refused() {
    let bomb = stream("/Type/ObjStm/N 1/First 4/Filter/FlateDecode", &zeros(300));
    let bytes = one_page("", "", stream("", WORDS.as_bytes()), &[bomb]);
    assert!(bytes.len() < 2 << 20);
    match read_one(&bytes).content {
        Err(ExtractError::Damaged { reason, .. }) => assert!(reason.contains("unpack"), "{reason}"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_password_is_asked_for_only_where_it_is_needed() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/pdf");
    let locked = std::fs::read(format!("{folder}/locked.pdf")).unwrap();
    let error = read_one(&locked).content.unwrap_err();
    assert!(matches!(error, ExtractError::Encrypted { .. }), "{error:?}");
    // A password that only its owner has: everyone may read.
    for name in ["owner-password", "owner-password-2", "owner-password-3", "owner-password-6"] {
        let open = std::fs::read(format!("{folder}/{name}.pdf")).unwrap();
        assert_eq!(read_one(&open).content.unwrap().text, "words that stay", "{name}");
    }
}

/// Two hundred million letters, if nobody counted.
#[test]
fn notes_that_many_pages_share_end_at_a_limit() {
    let note = format!("<</Subtype/Text/Rect[0 0 9 9]/Contents({})>>", "x".repeat(100_000));
    let pages: Vec<String> = (6..106).map(|number| format!("{number} 0 R")).collect();
    let page = format!(
        "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Annots[{}]/Contents 3 0 R/Resources<</Font<</F 4 0 R>>>>>>",
        "5 0 R ".repeat(20)
    );
    let mut objects = vec![
        b"<</Type/Catalog/Pages 2 0 R>>".to_vec(),
        format!("<</Type/Pages/Kids[{}]/Count 100>>", pages.join(" ")).into_bytes(),
        stream("", WORDS.as_bytes()),
        FONT.as_bytes().to_vec(),
        note.into_bytes(),
    ];
    objects.extend(pages.iter().map(|_| page.clone().into_bytes()));
    let content = read_one(&file(&objects, "")).content.unwrap();
    assert!(content.text.starts_with("words that stay\n\nComment: xxx"));
    assert!(content.text.len() < 16 << 20, "{}", content.text.len());
    assert!(content.warnings.iter().any(|warning| warning.contains("a limit was reached")));
}

/// What stands where in a file is said at its end, and is wrong as soon as a mail or a disk changed a byte.
#[test]
fn a_damaged_table_of_objects_is_made_again() {
    let sound = one_page("", "", stream("", WORDS.as_bytes()), &[]);
    let text = String::from_utf8(sound).unwrap();
    let table = text.rfind("xref\n0").unwrap();
    let (objects, end) = text.split_at(table);
    let moved = end.replace("0000 n", "0007 n").replace("0001 n", "0009 n");
    for (name, bytes) in [
        ("a start that is wrong", text.replace("startxref\n", "startxref\n9")),
        ("no start", text.replace("startxref", "start")),
        ("no table", objects.to_owned()),
        ("no table, but a trailer", format!("{objects}{}", &end[end.find("trailer").unwrap()..])),
        ("places that are wrong", format!("{objects}{moved}")),
        ("something before", format!("From: a@b.c\r\n\r\n{text}")),
        ("something behind", format!("{text}{}", "\0\n".repeat(3_000))),
        ("a length that is too short", text.replace("/Length ", "/Length 1/Was ")),
        ("ends of lines of another kind", text.replace('\n', "\r\n")),
        ("the last end lost", text.replace("%%EOF", "")),
    ] {
        let content = read_one(bytes.as_bytes()).content;
        let content = content.unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(content.text, "words that stay", "{name}");
    }
}

/// The last version counts, and the reader is told that there are others.
#[test]
fn a_change_at_the_end_counts() {
    let mut bytes = one_page("", "", stream("", WORDS.as_bytes()), &[]);
    let first = String::from_utf8(bytes.clone()).unwrap();
    let (table, place) = (first.rfind("xref\n0").unwrap(), bytes.len());
    let changed = stream("", WORDS.replace("stay", "came later").as_bytes());
    bytes.extend([b"4 0 obj\n", changed.as_slice(), b"\nendobj\n"].concat());
    let start = bytes.len();
    bytes.extend(format!("xref\n4 1\n{place:010} 00000 n \ntrailer\n<</Size 6/Root 1 0 R/Prev {table}>>\nstartxref\n{start}\n%%EOF\n").into_bytes());
    let content = read_one(&bytes).content.unwrap();
    assert_eq!(content.text, "words that came later");
    assert!(content.warnings.iter().any(|warning| warning.starts_with("versions: ")));
}

/// A file inside the file is a document of its own, with a place that leads nowhere else.
#[test]
fn files_inside_are_read_under_limits() {
    let specification = |name: &str, number: u32| {
        format!("<</Type/Filespec/F({name})/UF({name})/EF<</F {number} 0 R>>>>").into_bytes()
    };
    let names = "/Names<</EmbeddedFiles<</Kids[<</Names[(a) 8 0 R (b) 9 0 R (c) 8 0 R]>>]>>>>";
    let inner = stream("/Type/EmbeddedFile", b"words inside");
    let pinned = "/Annots[<</Subtype/FileAttachment/Rect[0 0 9 9]/FS 13 0 R>>]";
    let pdf = one_page("", "", stream("", WORDS.as_bytes()), &[]);
    let bytes = one_page(
        names,
        pinned,
        stream("", WORDS.as_bytes()),
        &[
            b"null".to_vec(),
            b"null".to_vec(),
            specification("../../notes.txt", 10),
            specification("inner.pdf", 11),
            inner,
            stream("/Filter/FlateDecode", &packed(&pdf)),
            stream("", b"pinned to the page"),
            specification("pinned.txt", 12),
        ],
    );
    let documents = read_all(&bytes, &Limits::default());
    let found: Vec<(Option<&str>, &str)> = documents
        .iter()
        .map(|document| {
            (document.inside.as_deref(), document.content.as_ref().unwrap().text.as_str())
        })
        .collect();
    assert_eq!(
        found,
        [
            (None, "words that stay"),
            (Some("notes.txt"), "words inside"),
            (Some("inner.pdf"), "words that stay"),
            (Some("pinned.txt"), "pinned to the page"),
        ]
    );
    let warnings = &documents[0].content.as_ref().unwrap().warnings;
    assert!(warnings.iter().any(|warning| warning.contains("leads out")), "{warnings:?}");
    // Limits: none is opened, one is, and a small budget ends it.
    let shut = Limits { depth: 0, ..Limits::default() };
    let shut = read_all(&bytes, &shut);
    assert_eq!(shut.len(), 1);
    assert!(
        shut[0]
            .content
            .as_ref()
            .unwrap()
            .warnings
            .iter()
            .any(|warning| warning.starts_with("files:"))
    );
    assert_eq!(read_all(&bytes, &Limits { files: 1, ..Limits::default() }).len(), 2);
    assert_eq!(read_all(&bytes, &Limits { unpacked: 20, ..Limits::default() }).len(), 2);
}

#[test]
fn what_a_file_says_of_itself_is_kept_beside_it() {
    let packet = "<x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF xmlns:rdf='r'><rdf:Description xmp:CreateDate='2021-07-02T08:00:00Z'><dc:title><rdf:Alt><rdf:li>The notice</rdf:li></rdf:Alt></dc:title><dc:creator><rdf:Seq><rdf:li>The office</rdf:li></rdf:Seq></dc:creator></rdf:Description></rdf:RDF></x:xmpmeta>";
    let bytes = one_page(
        "/Metadata 6 0 R",
        "",
        stream("", WORDS.as_bytes()),
        &[stream("/Type/Metadata/Subtype/XML", packet.as_bytes())],
    );
    let content = read_one(&bytes).content.unwrap();
    assert_eq!(content.title.as_deref(), Some("The notice"));
    assert_eq!(content.author.as_deref(), Some("The office"));
    let published = content.published.unwrap();
    assert_eq!(
        (published.date.as_str(), published.found_in.as_str()),
        ("2021-07-02", "xmp CreateDate")
    );
    assert!(content.says.iter().any(|said| said.tag == "xmp CreateDate"));
}

/// 200 corruptions of each fixture: bytes changed, cut out, repeated, and the end cut off.
#[test]
fn no_corruption_of_a_real_file_breaks_the_reader() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/pdf");
    let mut paths: Vec<_> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|ending| ending == "pdf"));
    paths.sort();
    assert!(paths.len() >= 20);
    let check = |path: &std::path::Path| {
        let sound = std::fs::read(path).unwrap();
        let mut state = 0x9E37_79B9_7F4A_7C15_u64;
        let mut chance = |below: usize| {
            // xorshift64 (Marsaglia 2003)
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            usize::try_from(state % below as u64).unwrap()
        };
        let limits = Limits { pages: 5, ..Limits::default() };
        for round in 0..200 {
            let mut bent = sound.clone();
            match round % 4 {
                0 => {
                    for _ in 0..=chance(20) {
                        let at = chance(bent.len());
                        bent[at] = u8::try_from(chance(256)).unwrap();
                    }
                }
                1 => bent.truncate(chance(sound.len())),
                2 => {
                    let at = chance(bent.len());
                    let end = (at + chance(400)).min(bent.len());
                    bent.drain(at..end);
                }
                _ => {
                    let at = chance(bent.len());
                    let part = bent[at..(at + chance(400)).min(bent.len())].to_vec();
                    let to = chance(bent.len());
                    bent.splice(to..to, part);
                }
            }
            let documents = read_all(&bent, &limits);
            assert!(!documents.is_empty(), "{path:?}, round {round}");
            for document in &documents {
                let Ok(content) = &document.content else { continue };
                let length = content.text.chars().count();
                for line in document.pages.iter().flat_map(|page| &page.lines) {
                    assert!(
                        line.start <= line.end && line.end <= length,
                        "{path:?}, round {round}"
                    );
                }
            }
        }
    };
    std::thread::scope(|scope| {
        for half in paths.chunks(paths.len().div_ceil(2)) {
            scope.spawn(|| half.iter().for_each(|path| check(path)));
        }
    });
}
