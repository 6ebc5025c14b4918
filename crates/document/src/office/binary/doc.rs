//! Word's DOC of 1997 to 2003 ([MS-DOC]): what a reader sees, and what the file hides.

use std::collections::HashSet;
use std::ops::Range;

use super::doc_file::{File, Text};
use super::doc_looks::{Looks, Stand};
use super::{Folder, Paper, Refusal};
use crate::office::field;
use crate::office::findings::Findings;
use crate::office::flow::{Flow, MAX_TEXT};

/// Headers and footers begin behind the lines that part notes from the text, and are six for each section: two headers, two
/// footers, and one of each for a first page ([MS-DOC] 2.3.3).
const PARTING_LINES: usize = 6;
const IS_HEADER: [bool; 6] = [true, true, false, false, true, false];

/// So many letters are read, whether they are printed or not.
const MAX_LETTERS: u64 = MAX_TEXT as u64;

/// Fields in fields are read so deep.
const MAX_FIELDS: usize = 100;

/// So much of what a field is told is kept.
const MAX_INSTRUCTION: usize = 10_000;

/// Reads the document in the order of a printed page: headers, text, notes, boxes, footers, comments.
pub(super) fn read(folder: &mut Folder<'_, '_>, paper: &mut Paper) -> Result<(), Refusal> {
    let file = File::open(folder, paper)?;
    let mut reader = Reader::new(&file);
    let stories = stories(&file);
    let mut seen = HashSet::new();
    let mut margins = |reader: &mut Reader<'_>, wanted: bool| {
        for (is_header, letters) in stories.iter().filter(|(is_header, _)| *is_header == wanted) {
            let around = std::mem::take(&mut reader.flow);
            reader.flow = around.inner();
            reader.text(letters.clone());
            let margin = std::mem::replace(&mut reader.flow, around);
            // The same header on first, even and odd pages, and in every section, is one header.
            if seen.insert((*is_header, margin.text.clone())) {
                reader.flow.append(margin);
            }
        }
    };
    margins(&mut reader, true);
    for text in [Text::Main, Text::Footnotes, Text::Endnotes, Text::Boxes, Text::HeaderBoxes] {
        reader.text(file.letters(text));
    }
    margins(&mut reader, false);
    reader.comments();
    let Reader { flow, mut findings, shapes, lost, has_nested, .. } = reader;
    if lost > 0 {
        paper.warnings.push(format!("damaged: {lost} letters of the document are not in the file"));
    }
    if has_nested {
        paper.warnings.push(
            "tables: some lie in the cells of others, and are read as one cell each".to_owned(),
        );
    }
    // Each box with words is drawn as a shape, too.
    findings.pictures += shapes.saturating_sub(u32::try_from(file.boxes).unwrap_or(u32::MAX));
    paper.flow.append(flow);
    paper.pictures = u64::from(findings.pictures);
    findings.report(&mut paper.warnings);
    Ok(())
}

/// The headers and footers, each with whether it is a header.
fn stories(file: &File) -> Vec<(bool, Range<u32>)> {
    let whole = file.letters(Text::Headers);
    if file.is_old {
        // Only those that there are have a place, and others tell which they are.
        return vec![(true, whole)];
    }
    let letter = |place: u32| whole.start.saturating_add(place).min(whole.end);
    // No letter stands in two of them.
    let mut end = 0;
    let pairs = file.headers.windows(2).enumerate().skip(PARTING_LINES);
    let story = |(number, pair): (usize, &[u32])| match pair {
        [from, to] if from < to && *from >= end => {
            end = *to;
            let is_header = IS_HEADER.get((number - PARTING_LINES) % 6).copied()?;
            Some((is_header, letter(*from)..letter(*to)))
        }
        _ => None,
    };
    pairs.filter_map(story).collect()
}

/// A field that is being read.
struct Field {
    /// What it is told, in units of UTF-16.
    instruction: Vec<u16>,
    /// What it shows has begun, at this place of the text.
    result: Option<usize>,
}

struct Reader<'f> {
    file: &'f File,
    flow: Flow,
    findings: Findings,
    /// Shapes that are drawn over the text.
    shapes: u32,
    /// How many letters were looked at, and how many are not in the file.
    read: u64,
    lost: u64,
    /// Tables lie in tables.
    has_nested: bool,
    fields: Vec<Field>,
    /// Fields deeper than those that are read.
    too_deep: usize,
    in_cell: bool,
    /// The first half of a letter that takes two units.
    half: Option<u16>,
    /// The changes that the last letter was part of.
    last: Looks,
}

impl<'f> Reader<'f> {
    fn new(file: &'f File) -> Self {
        Self {
            file,
            flow: Flow::default(),
            findings: Findings::default(),
            shapes: 0,
            read: 0,
            lost: file.lost,
            has_nested: false,
            fields: Vec::new(),
            too_deep: 0,
            in_cell: false,
            half: None,
            last: Looks::default(),
        }
    }

    /// Reads these letters of the document.
    fn text(&mut self, letters: Range<u32>) {
        let file = self.file;
        let before = self.read;
        for piece in file.pieces(&letters) {
            let from = letters.start.max(piece.letters.start);
            let to = letters.end.min(piece.letters.end);
            let (mut looks, mut looks_until) = (Looks::default(), 0);
            let (mut stand, mut stand_until) = (Stand::default(), 0);
            for number in from..to {
                self.flow.is_cut |= self.read >= MAX_LETTERS;
                if self.flow.is_cut {
                    return self.end();
                }
                let Some(place) = piece.place(number) else { break };
                let Some(letter) = file.letter(piece, place) else { break };
                self.read += 1;
                if place >= looks_until {
                    let (found, until) = file.looks.at(place);
                    looks = found.copied().unwrap_or_default();
                    if let Some(list) = piece.change.and_then(|change| file.changes.get(change)) {
                        looks.change(list);
                    }
                    looks_until = until;
                    self.changed(looks);
                }
                if place >= stand_until {
                    let (found, until) = file.stands.at(place);
                    stand = found.copied().unwrap_or_default();
                    stand_until = until;
                }
                self.letter(letter, looks, stand);
            }
        }
        let wanted = u64::from(letters.end.saturating_sub(letters.start));
        self.lost += wanted.saturating_sub(self.read - before);
        self.end();
    }

    /// Closes what is left open at the end of a text.
    fn end(&mut self) {
        self.fields.clear();
        self.too_deep = 0;
        self.half = None;
        if self.flow.is_in_row() {
            self.flow.end_row();
        }
        self.in_cell = false;
        self.flow.end_line();
        self.findings.end_paragraph();
    }

    /// Counts the changes that begin with these looks.
    fn changed(&mut self, looks: Looks) {
        if looks == self.last {
            return;
        }
        let before: Vec<_> = self.last.changes().collect();
        for change in looks.changes().filter(|change| !before.contains(change)) {
            let (kind, who, day) = change;
            let who = self.file.revisers.get(usize::from(who)).map(String::as_str);
            self.findings.change(kind, who.filter(|who| !who.is_empty()), day.as_deref());
        }
        self.last = looks;
    }

    fn letter(&mut self, letter: u16, looks: Looks, stand: Stand) {
        // Marks of fields hold wherever they stand; everything else belongs to what is shown, or to what a field is told.
        match letter {
            0x13 => return self.begin_field(),
            0x14 => return self.begin_result(),
            0x15 => return self.end_field(looks),
            _ => {}
        }
        if let Some(field) = self.fields.last_mut().filter(|field| field.result.is_none()) {
            if field.instruction.len() < MAX_INSTRUCTION {
                field.instruction.push(letter);
            }
            return;
        }
        if self.fields.iter().any(|field| field.result.is_none()) || self.too_deep > 0 {
            return;
        }
        self.findings.has_numbering |= stand.is_numbered;
        self.has_nested |= stand.is_nested;
        if stand.in_table && !self.in_cell && !stand.ends_row {
            if !self.flow.is_in_row() {
                self.flow.start_row();
            }
            self.flow.start_cell();
            self.in_cell = true;
        } else if !stand.in_table && self.flow.is_in_row() {
            self.flow.end_row();
            self.in_cell = false;
        }
        match letter {
            0x07 if stand.ends_row => {
                if self.flow.is_in_row() {
                    self.flow.end_row();
                }
                self.in_cell = false;
            }
            0x07 => {
                self.flow.end_paragraph();
                self.in_cell = false;
            }
            0x0D => {
                self.flow.end_paragraph();
                self.findings.end_paragraph();
            }
            0x0C | 0x0E => self.flow.end_paragraph(),
            0x0B if !looks.is_deleted => self.flow.break_line(),
            0x01 if !looks.is_deleted => self.findings.pictures += 1,
            0x08 => self.shapes += 1,
            0x09 => self.words("\t", looks),
            0x1E => self.words("\u{2011}", looks),
            0x1F => self.words("\u{AD}", looks),
            0x00..=0x1F => {}
            // A bracket stands where a sign of a font is drawn.
            0x28 => self.printed(looks.sign.unwrap_or(letter), looks),
            letter => self.printed(letter, looks),
        }
    }

    /// Writes a unit of UTF-16.
    fn printed(&mut self, unit: u16, looks: Looks) {
        let units = match (self.half.take(), unit) {
            (None, 0xD800..=0xDBFF) => {
                self.half = Some(unit);
                return;
            }
            (Some(half), unit) => vec![half, unit],
            (None, unit) => vec![unit],
        };
        self.words(&String::from_utf16_lossy(&units), looks);
    }

    fn words(&mut self, words: &str, looks: Looks) {
        if looks.is_deleted {
            self.findings.deleted(words);
            return;
        }
        self.flow.push(words);
        if looks.is_hidden {
            self.findings.hidden(words);
        }
    }

    fn begin_field(&mut self) {
        if self.fields.len() < MAX_FIELDS {
            self.fields.push(Field { instruction: Vec::new(), result: None });
        } else {
            self.too_deep += 1;
        }
    }

    fn begin_result(&mut self) {
        let place = self.flow.text.len();
        if self.too_deep == 0
            && let Some(field) = self.fields.last_mut()
        {
            field.result = Some(place);
        }
    }

    fn end_field(&mut self, looks: Looks) {
        if self.too_deep > 0 {
            self.too_deep -= 1;
            return;
        }
        let Some(Field { instruction, result }) = self.fields.pop() else { return };
        let instruction = String::from_utf16_lossy(&instruction);
        if let Some(start) = result {
            if let Some(address) = field::address(&instruction) {
                let words = self.flow.words_from(start);
                self.flow.link(address, &words);
            }
            return;
        }
        if self.fields.iter().any(|field| field.result.is_none()) {
            return;
        }
        if let Some(words) = self.findings.field(&instruction) {
            self.words(&words, looks);
        }
    }

    /// Reads the comments, each with the name of who wrote it.
    fn comments(&mut self) {
        let file = self.file;
        let whole = file.letters(Text::Comments);
        // One more place than comments, and the end of the text behind them.
        let count = file.comments.len().saturating_sub(2);
        let mut done = whole.start;
        for (number, pair) in file.comments.windows(2).take(count).enumerate() {
            let [from, to] = pair else { continue };
            let letter = |place: u32| whole.start.saturating_add(place).min(whole.end);
            // No letter stands in two of them.
            let (from, to) = (letter(*from).max(done), letter(*to));
            if from < to {
                done = to;
                self.comment(file.commenter(number), from..to);
            }
        }
        if count == 0 && !whole.is_empty() {
            self.comment("", whole);
        }
    }

    fn comment(&mut self, who: &str, letters: Range<u32>) {
        self.flow.end_line();
        self.flow.push(&match who {
            "" => "Comment: ".to_owned(),
            who => format!("Comment ({who}): "),
        });
        self.text(letters);
    }
}
