//! Rich Text Format (Microsoft, RTF 1.9.1): its letters, without its looks.

use encoding_rs::Encoding;
use witnessmark_text::{Content, Link};

use super::field;
use super::flow::{Flow, excerpt};

/// Groups deeper than this are read as if they were this deep.
const MAX_DEPTH: usize = 1000;

/// Groups that hold no text of the document.
const NO_TEXT: &[&str] = &[
    "fonttbl",
    "colortbl",
    "stylesheet",
    "themedata",
    "datastore",
    "listtable",
    "listoverridetable",
    "rsidtbl",
    "generator",
    "xmlnstbl",
    "filetbl",
    "latentstyles",
    "bkmkstart",
    "bkmkend",
    "mmathPr",
    "revtbl",
    "htmltag",
];

/// Groups whose words belong beside the sentence they stand in: text boxes, notes, comments, headers and footers.
const ASIDE: &[&str] = &[
    "shptxt",
    "dptxbxtext",
    "footnote",
    "annotation",
    "header",
    "headerl",
    "headerr",
    "headerf",
    "footer",
    "footerl",
    "footerr",
    "footerf",
];

/// Words of deleted or hidden text that a warning shows.
const MAX_SHOWN: usize = 2000;

/// Text, and what was found wanting.
#[derive(Debug, Default)]
pub(crate) struct Rtf {
    pub(crate) text: String,
    pub(crate) links: Vec<Link>,
    pub(crate) warnings: Vec<String>,
    title: Option<String>,
    author: Option<String>,
}

/// The encoding of a Windows code page.
pub(crate) fn codepage(number: u64) -> Option<&'static Encoding> {
    let label = match number {
        936 => "gbk".to_owned(),
        54_936 => "gb18030".to_owned(),
        950 => "big5".to_owned(),
        932 => "shift_jis".to_owned(),
        949 => "euc-kr".to_owned(),
        874 | 1250..=1258 => format!("windows-{number}"),
        10_000 | 32_768 => "macintosh".to_owned(),
        10_007 => "x-mac-cyrillic".to_owned(),
        32_769 => "windows-1252".to_owned(),
        866 => "ibm866".to_owned(),
        20_866 => "koi8-r".to_owned(),
        20_932 | 51_932 => "euc-jp".to_owned(),
        50_220..=50_222 => "iso-2022-jp".to_owned(),
        65_001 => "utf-8".to_owned(),
        28_591..=28_606 => format!("iso-8859-{}", number - 28_590),
        _ => return None,
    };
    Encoding::for_label(label.as_bytes())
}

/// The encoding of a font's character set (`\fcharset`).
pub(crate) fn charset(number: i64) -> Option<&'static Encoding> {
    codepage(match number {
        0 => 1252,
        128 => 932,
        129 => 949,
        134 => 936,
        136 => 950,
        161 => 1253,
        162 => 1254,
        163 => 1258,
        177 => 1255,
        178 => 1256,
        186 => 1257,
        204 => 1251,
        222 => 874,
        238 => 1250,
        _ => return None,
    })
}

/// What the letters of a group are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Letters {
    /// Text of the document.
    #[default]
    Text,
    /// The name of who wrote a comment.
    Commenter,
    /// What a field is told to do, such as to lead to an address.
    Instruction,
    /// The title of the document, by its own word.
    Title,
    /// Who wrote it, by its own word.
    Author,
}

#[derive(Clone, Debug, Default)]
struct Group {
    is_skipped: bool,
    /// Hidden text, which Word does not show.
    is_hidden: bool,
    /// RTF that stands for HTML of a mail.
    is_muted: bool,
    is_deleted: bool,
    is_font_table: bool,
    /// A picture for older readers, which is there twice.
    is_double: bool,
    /// What the letters are.
    letters: Letters,
    /// Among the facts about the document.
    is_info: bool,
    /// Among the properties of an object of another program, whose picture or words are shown.
    is_object: bool,
    /// The same text for older readers and for those that know Unicode.
    is_pair: bool,
    /// Where the words of this very field begin, and the address that they lead to.
    link: Option<(usize, String)>,
    is_aside: bool,
    /// Where the words of this very group begin among those set aside, and whether they are told once only.
    aside: Option<(usize, bool)>,
    font: i64,
    /// How many bytes stand behind `\u` for older readers.
    fallback: usize,
}

struct Reader {
    out: Rtf,
    bytes: Vec<u8>,
    groups: Vec<Group>,
    now: Group,
    too_deep: usize,
    encoding: &'static Encoding,
    fonts: std::collections::HashMap<i64, &'static Encoding>,
    to_skip: usize,
    surrogate: Option<u16>,
    /// Words that follow the paragraph.
    aside: String,
    /// Headers and footers that are told: the same ones of other sections are not.
    told: std::collections::HashSet<String>,
    commenter: String,
    /// What the field that is open is told to do.
    instruction: String,
    /// Where its links lead.
    links: Flow,
    title: String,
    author: String,
    deleted: String,
    hidden: String,
    /// It says that its letters are those of DOS, which are not known here.
    is_of_dos: bool,
    comments: u32,
    objects: u32,
    pictures: u32,
}

/// Reads the text.
pub(crate) fn text(source: &[u8]) -> Rtf {
    let now = Group { font: -1, fallback: 1, ..Group::default() };
    let mut reader = Reader {
        out: Rtf::default(),
        bytes: Vec::new(),
        groups: Vec::new(),
        now,
        too_deep: 0,
        encoding: encoding_rs::WINDOWS_1252,
        fonts: std::collections::HashMap::new(),
        to_skip: 0,
        surrogate: None,
        aside: String::new(),
        told: std::collections::HashSet::new(),
        commenter: String::new(),
        instruction: String::new(),
        links: Flow::default(),
        title: String::new(),
        author: String::new(),
        deleted: String::new(),
        hidden: String::new(),
        is_of_dos: false,
        comments: 0,
        objects: 0,
        pictures: 0,
    };
    reader.read(source);
    reader.flush();
    reader.put_aside();
    if !reader.groups.is_empty() {
        reader.out.warnings.push("damaged: it ends before its groups do".to_owned());
    }
    reader.report();
    let line = |words: &str| {
        let line = words.split_whitespace().collect::<Vec<_>>().join(" ");
        Some(line).filter(|line| !line.is_empty())
    };
    reader.out.title = line(&reader.title);
    reader.out.author = line(&reader.author);
    reader.out.links = reader.links.links;
    reader.out
}

/// Reads a file.
pub(crate) fn read(bytes: &[u8], mut warnings: Vec<String>) -> Content {
    let found = text(bytes);
    warnings.extend(found.warnings);
    let mut text = found.text;
    text.truncate(text.trim_end().len());
    Content {
        media_type: "application/rtf".to_owned(),
        extractor: super::READER.to_owned(),
        title: found.title,
        author: found.author,
        text,
        links: found.links,
        warnings,
        ..Content::default()
    }
}

impl Reader {
    fn read(&mut self, source: &[u8]) {
        let mut at = 0;
        while let Some(byte) = source.get(at) {
            at += 1;
            match byte {
                b'{' => {
                    self.flush();
                    self.to_skip = 0;
                    if self.groups.len() < MAX_DEPTH {
                        self.groups.push(self.now.clone());
                        (self.now.aside, self.now.link) = (None, None);
                    } else {
                        self.too_deep += 1;
                    }
                }
                b'}' => {
                    self.flush();
                    self.to_skip = 0;
                    if self.too_deep > 0 {
                        self.too_deep -= 1;
                    } else if let Some(group) = self.groups.pop() {
                        let ended = std::mem::replace(&mut self.now, group);
                        if let Some((start, address)) = ended.link {
                            let from = if ended.is_aside { &self.aside } else { &self.out.text };
                            let words = from.get(start..).unwrap_or_default();
                            let words: String = words.chars().take(MAX_SHOWN).collect();
                            self.links.link(address, &words);
                        }
                        if let Some((start, is_once)) = ended.aside {
                            self.end_aside(start, is_once);
                        }
                    }
                }
                b'\r' | b'\n' => {}
                b'\\' => at = self.control(source, at),
                other => self.byte(*other),
            }
        }
    }

    /// Reads what follows a backslash; returns where to go on.
    fn control(&mut self, source: &[u8], start: usize) -> usize {
        let Some(first) = source.get(start) else { return start };
        if !first.is_ascii_alphabetic() {
            match first {
                b'\'' => {
                    let hex = source.get(start + 1..start + 3);
                    let hex = hex.and_then(|two| std::str::from_utf8(two).ok());
                    if let Some(byte) = hex.and_then(|two| u8::from_str_radix(two, 16).ok()) {
                        self.byte(byte);
                    }
                    return start + 3;
                }
                b'*' => self.skip(),
                b'~' => self.letter('\u{A0}'),
                b'_' => self.letter('\u{2011}'),
                b'-' => self.letter('\u{AD}'),
                b'\\' | b'{' | b'}' => self.byte(*first),
                b'\r' | b'\n' => self.letter('\n'),
                _ => {}
            }
            return start + 1;
        }
        let rest = source.get(start..).unwrap_or_default();
        let end = rest.iter().take(40).take_while(|byte| byte.is_ascii_alphabetic()).count();
        let word = String::from_utf8_lossy(rest.get(..end).unwrap_or_default()).into_owned();
        let mut next = end;
        if rest.get(next) == Some(&b'-') {
            next += 1;
        }
        while rest.get(next).is_some_and(u8::is_ascii_digit) && next < end + 12 {
            next += 1;
        }
        let digits = rest.get(end..next).and_then(|digits| std::str::from_utf8(digits).ok());
        let number: Option<i64> = digits.and_then(|digits| digits.parse().ok());
        if rest.get(next) == Some(&b' ') {
            next += 1;
        }
        let mut place = start + next;
        if word == "bin" {
            // Bytes that are not RTF follow.
            let length = usize::try_from(number.unwrap_or(0)).unwrap_or(0);
            place = place.saturating_add(length);
        } else {
            self.word(&word, number);
        }
        place
    }

    fn word(&mut self, word: &str, number: Option<i64>) {
        match word {
            "line" => self.letter('\n'),
            "par" | "sect" | "page" | "row" => {
                self.letter('\n');
                if !self.now.is_aside && !self.now.is_skipped {
                    self.put_aside();
                }
            }
            "tab" | "cell" | "nestcell" => self.letter('\t'),
            "emdash" => self.letter('\u{2014}'),
            "endash" => self.letter('\u{2013}'),
            "lquote" => self.letter('\u{2018}'),
            "rquote" => self.letter('\u{2019}'),
            "ldblquote" => self.letter('\u{201C}'),
            "rdblquote" => self.letter('\u{201D}'),
            "bullet" => self.letter('\u{2022}'),
            "emspace" => self.letter('\u{2003}'),
            "enspace" => self.letter('\u{2002}'),
            "qmspace" => self.letter('\u{2005}'),
            "zwj" => self.letter('\u{200D}'),
            "zwnj" => self.letter('\u{200C}'),
            "zwbo" => self.letter('\u{200B}'),
            "zwnbo" => self.letter('\u{2060}'),
            "ltrmark" => self.letter('\u{200E}'),
            "rtlmark" => self.letter('\u{200F}'),
            "mac" => self.encoding = encoding_rs::MACINTOSH,
            "pc" | "pca" => self.is_of_dos = true,
            "ansicpg" => {
                let found = number.and_then(|n| u64::try_from(n).ok()).and_then(codepage);
                self.encoding = found.unwrap_or(self.encoding);
            }
            "f" => {
                self.flush();
                self.now.font = number.unwrap_or(-1);
            }
            "fcharset" if self.now.is_font_table => {
                if let Some(found) = number.and_then(charset) {
                    self.fonts.insert(self.now.font, found);
                }
            }
            "plain" => {
                self.flush();
                self.now.is_hidden = false;
                self.now.is_muted = false;
                self.now.is_deleted = false;
            }
            "v" => {
                self.flush();
                self.now.is_hidden = number != Some(0);
            }
            "deleted" => {
                self.flush();
                self.now.is_deleted = number != Some(0);
            }
            "htmlrtf" => {
                self.flush();
                self.now.is_muted = number != Some(0);
            }
            "uc" => self.now.fallback = number.and_then(|n| usize::try_from(n).ok()).unwrap_or(1),
            "u" => {
                let unit = number.unwrap_or(0).rem_euclid(65_536);
                self.unit(u16::try_from(unit).unwrap_or(0));
                self.to_skip = self.now.fallback;
            }
            "fonttbl" => {
                self.skip();
                self.now.is_font_table = true;
            }
            "atnauthor" => {
                self.flush();
                self.commenter.clear();
                self.now.is_skipped = false;
                self.now.letters = Letters::Commenter;
            }
            "info" => {
                self.now.is_info = !self.now.is_skipped;
                self.skip();
            }
            "title" | "author" if self.now.is_info => {
                self.flush();
                self.now.is_skipped = false;
                self.now.letters = if word == "title" { Letters::Title } else { Letters::Author };
            }
            "fldinst" => {
                self.flush();
                self.instruction.clear();
                self.now.is_skipped = self.groups.last().is_some_and(|group| group.is_skipped);
                self.now.letters = Letters::Instruction;
            }
            "fldrslt" => {
                self.flush();
                let start = if self.now.is_aside { self.aside.len() } else { self.out.text.len() };
                let address = field::address(&self.instruction).unwrap_or_default();
                self.now.link = Some((start, address)).filter(|_| !self.now.is_skipped);
                self.instruction.clear();
            }
            // What is shown of an object stands among its properties.
            "result" if self.now.is_object => {
                self.flush();
                (self.now.is_skipped, self.now.is_object) = (false, false);
            }
            "upr" => {
                let is_shown = !self.now.is_skipped;
                self.skip();
                self.now.is_pair = is_shown;
            }
            "ud" if self.now.is_pair => {
                self.flush();
                (self.now.is_skipped, self.now.is_pair) = (false, false);
            }
            "nonshppict" => {
                self.skip();
                self.now.is_double = true;
            }
            "pict" => {
                self.skip();
                self.pictures += u32::from(!self.now.is_double);
            }
            "object" => {
                let is_shown = !self.now.is_skipped && !self.now.is_double;
                self.skip();
                self.now.is_object = is_shown;
                self.objects += u32::from(!self.now.is_double);
            }
            aside if ASIDE.contains(&aside) => self.start_aside(aside),
            other if NO_TEXT.contains(&other) => self.skip(),
            _ => {}
        }
    }

    /// Passes over what follows in the group.
    fn skip(&mut self) {
        self.flush();
        self.now.is_skipped = true;
    }

    /// Begins words that do not belong to the sentence they stand in.
    fn start_aside(&mut self, word: &str) {
        self.flush();
        // A box lies among properties that are no text. A comment is marked as new (`\*`), and LibreOffice marks notes so too: the
        // group around it counts.
        let is_around_skipped = self.groups.last().is_some_and(|group| group.is_skipped);
        match word {
            "shptxt" | "dptxbxtext" if !self.now.is_double => self.now.is_skipped = false,
            "shptxt" | "dptxbxtext" => {}
            _ => self.now.is_skipped = is_around_skipped,
        }
        if self.now.is_skipped {
            return;
        }
        let is_first = !self.now.is_aside;
        self.now.is_aside = true;
        // Words set aside within such words stand on a line of their own among them.
        if !self.aside.is_empty() && !self.aside.ends_with('\n') {
            self.aside.push('\n');
        }
        if is_first {
            let is_once = word.starts_with("header") || word.starts_with("footer");
            self.now.aside = Some((self.aside.len(), is_once));
        }
        if word == "annotation" {
            self.comments += 1;
            let author = std::mem::take(&mut self.commenter);
            let label = match author.trim() {
                "" => "Comment: ".to_owned(),
                who => format!("Comment ({who}): "),
            };
            self.aside.push_str(&label);
        }
    }

    /// Ends words that were set aside. Behind a whole paragraph they stand at once.
    fn end_aside(&mut self, start: usize, is_once: bool) {
        let words = self.aside.get(start..).unwrap_or_default().trim().to_owned();
        if is_once && !words.is_empty() && !self.told.insert(words) {
            self.aside.truncate(start);
        }
        if self.out.text.is_empty() || self.out.text.ends_with('\n') {
            self.put_aside();
        }
    }

    /// Puts what was set aside behind the paragraph.
    fn put_aside(&mut self) {
        let words = std::mem::take(&mut self.aside);
        if words.trim().is_empty() {
            return;
        }
        if !self.out.text.is_empty() && !self.out.text.ends_with('\n') {
            self.out.text.push('\n');
        }
        self.out.text.push_str(words.trim_end());
        self.out.text.push('\n');
    }

    /// Says what is not plain text in the document.
    fn report(&mut self) {
        let warnings = &mut self.out.warnings;
        if self.is_of_dos {
            warnings.push(
                "charset: it says that its letters are those of DOS; others than English ones may be wrong"
                    .to_owned(),
            );
        }
        if !self.deleted.trim().is_empty() {
            let words = excerpt(&self.deleted);
            warnings.push(format!("deleted text, which is not part of the text: {words}"));
        }
        if !self.hidden.trim().is_empty() {
            let words = excerpt(&self.hidden);
            warnings.push(format!(
                "hidden text, which Word does not show and which is not part of the text: {words}"
            ));
        }
        if self.comments > 0 {
            let count = self.comments;
            warnings.push(format!("comments: {count} are in the text, behind their paragraphs"));
        }
        if self.objects > 0 {
            let count = self.objects;
            warnings.push(format!(
                "embedded: {count} objects of other programs are set in; they were not read"
            ));
        }
        if self.pictures > 0 {
            let count = self.pictures;
            warnings.push(format!(
                "pictures: {count} are in the document; words in them were not read"
            ));
        }
    }

    /// One unit of UTF-16.
    fn unit(&mut self, unit: u16) {
        let before = self.surrogate.take();
        if (0xD800..0xDC00).contains(&unit) {
            self.surrogate = Some(unit);
            return;
        }
        let units: Vec<u16> = before.into_iter().chain([unit]).collect();
        for c in char::decode_utf16(units) {
            self.letter(c.unwrap_or('\u{FFFD}'));
        }
    }

    fn byte(&mut self, byte: u8) {
        if self.to_skip > 0 {
            self.to_skip -= 1;
        } else if !self.now.is_skipped {
            self.bytes.push(byte);
        }
    }

    fn letter(&mut self, c: char) {
        self.flush();
        self.put(c.encode_utf8(&mut [0; 4]));
    }

    /// Decodes the bytes gathered: a letter may be more than one byte.
    fn flush(&mut self) {
        if self.bytes.is_empty() {
            return;
        }
        let bytes = std::mem::take(&mut self.bytes);
        let encoding = self.fonts.get(&self.now.font).copied().unwrap_or(self.encoding);
        let text = encoding.decode_without_bom_handling(&bytes).0.into_owned();
        self.put(&text);
    }

    fn put(&mut self, words: &str) {
        if self.now.is_skipped || self.now.is_muted {
            return;
        }
        let into = match self.now.letters {
            Letters::Commenter => &mut self.commenter,
            Letters::Instruction => &mut self.instruction,
            Letters::Title => &mut self.title,
            Letters::Author => &mut self.author,
            Letters::Text if self.now.is_deleted => &mut self.deleted,
            Letters::Text if self.now.is_hidden => &mut self.hidden,
            Letters::Text => {
                let into = if self.now.is_aside { &mut self.aside } else { &mut self.out.text };
                into.push_str(words);
                return;
            }
        };
        if into.len() < MAX_SHOWN {
            into.push_str(words);
        }
    }
}
