//! What is planted in a case, and looked for afterwards.

use std::collections::BTreeSet;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use aho_corasick::AhoCorasick;

/// Larger files are not ours.
const LARGEST: u64 = 128 << 20;
/// So much is inflated of one compressed member.
const INFLATED: u64 = 16 << 20;

/// Forty pieces of text that stand nowhere else: each ends with the mark of its run.
pub(crate) struct Planted {
    pub(crate) mark: String,
    pub(crate) texts: Vec<(&'static str, String)>,
    needles: AhoCorasick,
    /// For each needle its text and its encoding.
    names: Vec<(usize, &'static str)>,
}

impl Planted {
    pub(crate) fn new(mark: &str) -> Self {
        let texts: Vec<_> = [
            ("file, Latin", "Ledger of the upper township"),
            ("file, Chinese", "上河乡采集血样名册"),
            ("file, Tibetan", "གྲོང་ཚོ་སྟོད་མའི་ཁྲག་གི་ཐོ"),
            ("file, Uyghur", "يۇقىرى يېزىنىڭ قان تىزىملىكى"),
            ("file, Arabic", "سجل عينات الدم في القرية العليا"),
            ("file, address", "https://ledger.example/rolls?page="),
            ("file, name of a person", "Invented Nobody-"),
            ("file, number", "47182309"),
            ("file, its name", "minutes-of-the-office-"),
            ("file, title", "Minutes of the second meeting "),
            ("archive, Latin", "Notice pinned to the gate "),
            ("archive, Chinese", "张贴在门口的通知"),
            ("archive, address", "http://gate.example/notice-"),
            ("archive, header", "archived-by-nobody-"),
            ("archive, compressed, Tibetan", "སྒོ་ཁའི་བརྡ་ཐོ"),
            ("archive, its name", "gate-notices-"),
            ("page, Latin", "Registry of the lower township "),
            ("page, Uyghur", "تۆۋەن يېزىنىڭ تىزىملىكى"),
            ("page, path", "/registry-page-"),
            ("page, header", "served-by-nobody-"),
            ("page, title", "The lower registry "),
            ("page, link", "https://elsewhere.example/registry-"),
            ("page, number", "90817263"),
            ("browser, by a script", "Written by a script "),
            ("browser, Chinese", "浏览器里的名册"),
            ("browser, path", "/scripted-page-"),
            ("browser, storage", "kept-by-the-page-"),
            ("browser, title", "The scripted registry "),
            ("name of the case", "Case of the two townships "),
            ("notice", "Not for anyone's eyes "),
            ("codebook, label", "Counting of sheep "),
            ("codebook, definition", "تعد السلطة الأغنام"),
            ("gazetteer, key", "Upperdale-"),
            ("gazetteer, other name", "སྟོད་ལུང་"),
            ("claim, on whose word", "Spokesman of the office "),
            ("claim, note", "doubtful because of "),
            ("claim, reason", "changed on account of "),
            ("origin", "Letter of the herdsmen "),
            ("confirmation, note", "looked at it on "),
            ("search", "nobody asked for this "),
        ]
        .into_iter()
        .map(|(what, text)| (what, format!("{text}{mark}")))
        .collect();
        assert_eq!(texts.len(), 40);
        let (mut needles, mut names) = (Vec::new(), Vec::new());
        for (number, (_, text)) in texts.iter().enumerate() {
            let units: Vec<u16> = text.encode_utf16().collect();
            needles.push(text.as_bytes().to_vec());
            needles.push(units.iter().flat_map(|unit| unit.to_le_bytes()).collect());
            needles.push(units.iter().flat_map(|unit| unit.to_be_bytes()).collect());
            names.extend([(number, "UTF-8"), (number, "UTF-16LE"), (number, "UTF-16BE")]);
        }
        let needles = AhoCorasick::new(&needles).unwrap();
        Self { mark: mark.to_owned(), texts, needles, names }
    }

    /// One of the texts.
    pub(crate) fn get(&self, what: &str) -> &str {
        &self.texts.iter().find(|(name, _)| *name == what).unwrap().1
    }

    /// The texts that are meant for files, pages and so on, as paragraphs.
    pub(crate) fn paragraphs(&self, of: &str) -> String {
        let own = self.texts.iter().filter(|(what, _)| what.starts_with(of));
        own.map(|(_, text)| format!("<p>{text}</p>\n")).collect()
    }

    /// What stands in these bytes, and in what is compressed in them: text and encoding.
    pub(crate) fn in_bytes(&self, bytes: &[u8]) -> BTreeSet<(usize, &'static str)> {
        let mut found = self.plainly_in(bytes);
        for at in memchr::memmem::find_iter(bytes, b"\x1f\x8b\x08") {
            found.extend(self.plainly_in(&inflated(flate2::read::GzDecoder::new(&bytes[at..]))));
        }
        for at in memchr::memmem::find_iter(bytes, b"PK\x03\x04") {
            if let Some(body) = zip_member(&bytes[at..]) {
                found.extend(self.plainly_in(&inflated(flate2::read::DeflateDecoder::new(body))));
            }
        }
        found
    }

    fn plainly_in(&self, bytes: &[u8]) -> BTreeSet<(usize, &'static str)> {
        let hits = self.needles.find_iter(bytes);
        hits.map(|hit| self.names[hit.pattern().as_usize()]).collect()
    }

    /// What stands in the files below a folder, or in that file, and in their names.
    pub(crate) fn below(&self, folder: &Path) -> Found {
        let mut found = Found::default();
        let itself = folder.is_file().then(|| folder.to_owned());
        for path in files(folder).into_iter().chain(itself) {
            let name = path.to_string_lossy().into_owned();
            let mut hits = self.plainly_in(name.as_bytes());
            // A file may go away while we look.
            if let Ok(bytes) = fs::read(&path) {
                hits.extend(self.in_bytes(&bytes));
            }
            found.add(self, &name, hits);
        }
        found
    }
}

/// What was found, and where.
#[derive(Default)]
pub(crate) struct Found {
    /// The number of each text.
    pub(crate) texts: BTreeSet<usize>,
    /// For people: what, how, where.
    pub(crate) lines: BTreeSet<String>,
}

impl Found {
    pub(crate) fn add(
        &mut self,
        planted: &Planted,
        place: &str,
        hits: BTreeSet<(usize, &'static str)>,
    ) {
        for (number, encoding) in hits {
            self.texts.insert(number);
            self.lines.insert(format!("{} ({encoding}) in {place}", planted.texts[number].0));
        }
    }

    pub(crate) fn join(&mut self, other: Self) {
        self.texts.extend(other.texts);
        self.lines.extend(other.lines);
    }
}

/// Every regular file below a folder; sockets, pipes and links are passed over.
pub(crate) fn files(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut found = Vec::new();
    for entry in entries.flatten() {
        let Ok(about) = entry.metadata() else { continue };
        if about.is_dir() {
            found.extend(files(&entry.path()));
        } else if about.is_file() && about.len() <= LARGEST {
            found.push(entry.path());
        }
    }
    found
}

fn inflated(from: impl Read) -> Vec<u8> {
    let mut bytes = Vec::new();
    // What breaks off, or is no compressed data at all, gives what came before.
    let _ = from.take(INFLATED).read_to_end(&mut bytes);
    bytes
}

/// The data after a local file header (APPNOTE.TXT 4.3.7).
fn zip_member(bytes: &[u8]) -> Option<&[u8]> {
    let length =
        |at: usize| Some(usize::from(u16::from_le_bytes(bytes.get(at..at + 2)?.try_into().ok()?)));
    bytes.get(30 + length(26)? + length(28)?..)
}

#[test]
fn the_search_finds_what_is_there_in_any_form() {
    use std::io::Write;
    let planted = Planted::new("x1");
    let text = planted.get("file, Tibetan").to_owned();
    let utf16: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
    let mut gzip = flate2::write::GzEncoder::new(b"before".to_vec(), flate2::Compression::best());
    gzip.write_all(text.as_bytes()).unwrap();
    let mut deflate = flate2::write::DeflateEncoder::new(
        b"PK\x03\x04\x14\0\0\0\x08\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01\0\0\0n".to_vec(),
        flate2::Compression::best(),
    );
    deflate.write_all(text.as_bytes()).unwrap();
    for (form, bytes) in [
        ("as it is", text.clone().into_bytes()),
        ("in UTF-16", utf16),
        ("in a gzip member", gzip.finish().unwrap()),
        ("in a zip", deflate.finish().unwrap()),
    ] {
        assert_eq!(planted.in_bytes(&bytes).len(), 1, "{form}");
    }
    assert!(planted.in_bytes(b"Ledger of the upper township of another run").is_empty());
}
