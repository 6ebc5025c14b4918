//! One sheet of an XLS file: its cells, as they are shown ([MS-XLS], 2.1.7.20.5).

use std::collections::BTreeMap;

use super::xls::{BEGIN, END};
use super::xls_strings::{Record, Script};
use super::{Paper, bytes_at, index_at, u16_at, u32_at, u64_at, utf16};
use crate::names::shown;
use crate::office::number_format::{Format, rounded};
use crate::office::rows::Rows;
use crate::office::sheet::margin_words;
use crate::office::xlsx::{Findings, Workbook};

// Records of a sheet; behind each its name in [MS-XLS] 2.3.2. Some programs write formulas under numbers of older versions.
const FORMULA: u16 = 0x0006; // Formula
const FORMULA_3: u16 = 0x0206;
const FORMULA_4: u16 = 0x0406;
const HEADER: u16 = 0x0014; // Header
const FOOTER: u16 = 0x0015; // Footer
const NOTE: u16 = 0x001C; // Note
const OBJECT: u16 = 0x005D; // Obj
const COLUMNS: u16 = 0x007D; // ColInfo
const NUMBERS: u16 = 0x00BD; // MulRk
const RICH_WORDS: u16 = 0x00D6; // RString of BIFF5
const SHARED_WORD: u16 = 0x00FD; // LabelSst
const BOX_WORDS: u16 = 0x01B6; // TxO
const LINK: u16 = 0x01B8; // HLink
const NUMBER: u16 = 0x0203; // Number
const WORDS: u16 = 0x0204; // Label
const TRUTH: u16 = 0x0205; // BoolErr
const RESULT: u16 = 0x0207; // String
const ROW: u16 = 0x0208; // Row
const SHORT_NUMBER: u16 = 0x027E; // RK
const CHART_WORDS: u16 = 0x100D; // SeriesText

/// The kinds of objects that are pictures, and of those that Excel 5 kept words in.
const IS_PICTURE: u16 = 8;
const HAS_WORDS: [u16; 2] = [6, 7];

/// The most rows, columns and objects that are kept for what is said of them.
const MAX_KEPT: usize = 10_000;

/// The classes of addresses of the web and of places of files ([MS-OSHARED] 2.3.7.6 and 2.3.7.8), as their bytes stand.
const WEB_ADDRESS: [u8; 16] =
    [0xE0, 0xC9, 0xEA, 0x79, 0xF9, 0xBA, 0xCE, 0x11, 0x8C, 0x82, 0, 0xAA, 0, 0x4B, 0xA9, 0x0B];
const FILE_PLACE: [u8; 16] = [3, 3, 0, 0, 0, 0, 0, 0, 0xC0, 0, 0, 0, 0, 0, 0, 0x46];

/// A comment on a cell.
struct Note {
    place: String,
    who: String,
    words: String,
    /// The box that its words are in, where they are not here.
    object: Option<u16>,
}

/// A sheet that is being read.
struct Sheet<'s> {
    name: &'s str,
    script: Script,
    book: &'s Workbook,
    paper: &'s mut Paper,
    findings: &'s mut Findings,
    rows: Rows,
    /// The row that is being written, from 0; none before the first cell.
    row: Option<u16>,
    /// The place and look of the cell whose formula gave words, which follow.
    awaited: Option<(u16, usize)>,
    /// The object that was named last.
    object: u16,
    /// The words in boxes, by their objects.
    boxes: BTreeMap<u16, String>,
    notes: Vec<Note>,
    margins: Vec<String>,
    chart_words: Vec<String>,
    /// How many comments, boxes, hidden rows and words of charts are beyond the limit.
    left_out: u64,
    /// Boxes of Excel 5, whose words are not read.
    old_boxes: u64,
}

/// Reads the cells of a sheet, then what is printed above and below it, its comments, and the words in boxes and charts. Of a
/// sheet that `is_chart` and nothing else, the words are read.
pub(super) fn read<'b>(
    records: impl Iterator<Item = Record<'b>>,
    name: &str,
    is_chart: bool,
    script: Script,
    book: &Workbook,
    paper: &mut Paper,
    findings: &mut Findings,
) {
    let mut sheet = Sheet {
        name,
        script,
        book,
        paper,
        findings,
        rows: Rows::default(),
        row: None,
        awaited: None,
        object: 0,
        boxes: BTreeMap::new(),
        notes: Vec::new(),
        margins: Vec::new(),
        chart_words: Vec::new(),
        left_out: 0,
        old_boxes: 0,
    };
    // Charts lie in the sheet as parts of their own. Numbers in them are copies, mostly of those on sheets, without their looks.
    let own_depth = u32::from(is_chart);
    let mut depth = own_depth;
    sheet.findings.charts += u64::from(is_chart);
    let mut has_end = false;
    for record in records {
        match record.kind {
            BEGIN => {
                depth += 1;
                sheet.findings.charts += 1;
            }
            END if depth == own_depth => {
                has_end = true;
                break;
            }
            END => depth -= 1,
            CHART_WORDS => {
                let words = record.from(2).words(script, true).unwrap_or_default();
                if sheet.has_room(sheet.chart_words.len()) {
                    sheet.chart_words.push(words);
                }
            }
            _ if depth > 0 => {}
            _ => {
                sheet.record(&record);
                if sheet.paper.flow.is_cut {
                    break;
                }
            }
        }
    }
    if !has_end && !sheet.paper.flow.is_cut {
        let name = shown(name);
        sheet.paper.warnings.push(format!("damaged: the sheet {name} stops before its end"));
    }
    sheet.finish();
}

impl Sheet<'_> {
    fn record(&mut self, record: &Record<'_>) {
        let bytes = record.bytes();
        match record.kind {
            SHARED_WORD => {
                let words = index_at(bytes, 6).and_then(|word| self.book.string(word));
                self.findings.lost_strings += u64::from(words.is_none());
                let words = words.unwrap_or_default().to_owned();
                self.cell(bytes, |_| words);
            }
            NUMBER => self.cell(bytes, |sheet| sheet.number(bytes, float_at(bytes, 6))),
            SHORT_NUMBER => self.cell(bytes, |sheet| sheet.number(bytes, short_number(bytes, 6))),
            NUMBERS => self.numbers(bytes),
            WORDS | RICH_WORDS => {
                let words = record.from(6).words(self.script, false).unwrap_or_default();
                self.cell(bytes, |_| words);
            }
            TRUTH => {
                let (value, is_error) = (bytes.get(6).copied(), bytes.get(7) == Some(&1));
                self.cell(bytes, |_| truth(value.unwrap_or_default(), is_error));
            }
            FORMULA | FORMULA_3 | FORMULA_4 => self.formula(bytes),
            RESULT => {
                if let Some((row, column)) = self.awaited.take() {
                    let words = record.from(0).words(self.script, false).unwrap_or_default();
                    self.put(row, column, words);
                }
            }
            ROW if bytes.get(12).is_some_and(|flags| flags & 0x20 != 0) => {
                let row = u16_at(bytes, 0).unwrap_or_default();
                self.hidden(format!("row {} of {}", u32::from(row) + 1, shown(self.name)));
            }
            COLUMNS if bytes.get(8).is_some_and(|flags| flags & 1 != 0) => {
                let column = |at: usize| column_name(u16_at(bytes, at).unwrap_or_default());
                let (from, to) = (column(0), column(2));
                self.hidden(format!("columns {from} to {to} of {}", shown(self.name)));
            }
            HEADER | FOOTER => {
                let is_short = matches!(self.script, Script::Page(_));
                let words = record.from(0).words(self.script, is_short).unwrap_or_default();
                let words = margin_words(&words);
                if !words.is_empty() {
                    let label = if record.kind == HEADER { "Header" } else { "Footer" };
                    self.margins.push(format!("{label}: {words}"));
                }
            }
            OBJECT => {
                self.object = u16_at(bytes, 6).unwrap_or_default();
                let kind = u16_at(bytes, 4).unwrap_or_default();
                self.findings.pictures += u64::from(kind == IS_PICTURE);
                let is_old = matches!(self.script, Script::Page(_));
                self.old_boxes += u64::from(is_old && HAS_WORDS.contains(&kind));
            }
            BOX_WORDS => {
                let count = usize::from(u16_at(bytes, 10).unwrap_or_default());
                let mut letters = record.behind();
                let is_wide = letters.flags().is_some_and(|flags| flags & 1 == 1);
                let words = letters.letters(count, is_wide);
                if count > 0 && self.has_room(self.boxes.len()) {
                    let words = words.replace("\r\n", "\n").replace('\r', "\n");
                    let box_words = self.boxes.entry(self.object).or_default();
                    if !box_words.is_empty() {
                        box_words.push('\n');
                    }
                    box_words.push_str(&words);
                }
            }
            NOTE => self.note(record),
            LINK => self.link(bytes),
            _ => {}
        }
    }

    /// Puts what a cell shows where the head of its record says.
    fn cell(&mut self, bytes: &[u8], show: impl FnOnce(&mut Self) -> String) {
        if let (Some(row), Some(column)) = (u16_at(bytes, 0), u16_at(bytes, 2)) {
            let words = show(self);
            self.put(row, usize::from(column), words);
        }
    }

    fn put(&mut self, row: u16, column: usize, words: String) {
        if self.row != Some(row) {
            if self.row.is_some() {
                self.rows.end();
            }
            self.rows.start(Some(u64::from(row) + 1));
            self.row = Some(row);
        }
        self.paper.flow.is_cut |= !self.rows.put(column, words);
    }

    /// A number as the look of its cell shows it.
    fn number(&mut self, bytes: &[u8], value: Option<f64>) -> String {
        let look = u16_at(bytes, 4).unwrap_or_default();
        value.map(|value| self.shown(look, value)).unwrap_or_default()
    }

    fn shown(&mut self, look: u16, value: f64) -> String {
        let format = self.book.formats.get(usize::from(look)).unwrap_or(&Format::General);
        self.findings.worded += u64::from(format.hides(value));
        if format.shows_long(value) {
            let sign = if value < 0.0 { "-" } else { "" };
            return format!("{sign}{}", rounded(value.abs(), 0));
        }
        format.show(value, self.book.from_1904)
    }

    /// Numbers in cells side by side: each with its look before it, and the last column behind them.
    fn numbers(&mut self, bytes: &[u8]) {
        let (Some(row), Some(first)) = (u16_at(bytes, 0), u16_at(bytes, 2)) else { return };
        let count = bytes.len().saturating_sub(6) / 6;
        for number in 0..count {
            let at = 4 + 6 * number;
            let (Some(look), Some(value)) = (u16_at(bytes, at), short_number(bytes, at + 2)) else {
                break;
            };
            let words = self.shown(look, value);
            self.put(row, usize::from(first) + number, words);
        }
    }

    /// What a formula gave when the file was saved: a number, or by its first byte words, which follow, a truth, an error or
    /// nothing ([MS-XLS] 2.5.133).
    fn formula(&mut self, bytes: &[u8]) {
        self.findings.formulas += 1;
        self.findings.unsaved_formulas += u64::from(self.awaited.take().is_some());
        if u16_at(bytes, 12) != Some(0xFFFF) {
            return self.cell(bytes, |sheet| sheet.number(bytes, float_at(bytes, 6)));
        }
        let value = bytes.get(8).copied().unwrap_or_default();
        match bytes.get(6) {
            Some(0) => {
                self.awaited = u16_at(bytes, 0).zip(u16_at(bytes, 2).map(usize::from));
            }
            Some(1) => self.cell(bytes, |_| truth(value, false)),
            Some(2) => self.cell(bytes, |_| truth(value, true)),
            _ => {}
        }
    }

    fn hidden(&mut self, what: String) {
        if self.has_room(self.findings.hidden.len()) {
            self.findings.hidden.push(what);
        }
    }

    /// Whether one more of something is kept, of which there are so many.
    fn has_room(&mut self, kept: usize) -> bool {
        self.left_out += u64::from(kept >= MAX_KEPT);
        kept < MAX_KEPT
    }

    fn note(&mut self, record: &Record<'_>) {
        let bytes = record.bytes();
        let (Some(row), Some(column)) = (u16_at(bytes, 0), u16_at(bytes, 2)) else { return };
        let is_old = matches!(self.script, Script::Page(_));
        // Long comments of Excel 5 go on in records without a place.
        if is_old && row == u16::MAX {
            let words = record.from(4).words(self.script, false).unwrap_or_default();
            if let Some(last) = self.notes.last_mut() {
                last.words.push_str(&words);
            }
            return;
        }
        if !self.has_room(self.notes.len()) {
            return;
        }
        let place = format!("{}{}", column_name(column), u32::from(row) + 1);
        let words_from = |at: usize| record.from(at).words(self.script, false).unwrap_or_default();
        self.notes.push(match is_old {
            true => Note { place, who: String::new(), words: words_from(4), object: None },
            false => {
                Note { place, who: words_from(8), words: String::new(), object: u16_at(bytes, 6) }
            }
        });
    }

    /// The address that a cell leads to ([MS-OSHARED] 2.3.7.1).
    fn link(&mut self, bytes: &[u8]) {
        let Some(flags) = u32_at(bytes, 28) else { return };
        let mut at = 32;
        let mut words = String::new();
        // The words that show it; then the name of a frame.
        for flag in [0x10, 0x80] {
            if flags & flag != 0 {
                let Some(count) = index_at(bytes, at) else { return };
                let letters = bytes_at(bytes, at + 4, count.saturating_mul(2));
                if flag == 0x10 {
                    words = utf16(letters).trim_end_matches('\0').to_owned();
                }
                at = at.saturating_add(4).saturating_add(count.saturating_mul(2));
            }
        }
        let Some(address) = address(bytes, at, flags) else { return };
        self.paper.flow.link(address, &words);
    }

    /// Writes what was found.
    fn finish(self) {
        let Self { name, paper, findings, mut rows, row, mut boxes, notes, .. } = self;
        if row.is_some() {
            rows.end();
        }
        if rows.is_disordered {
            findings.disordered.push(shown(name));
        }
        rows.write(&mut paper.flow);
        let mut lines = Vec::new();
        // Most sheets of a workbook have the same ones.
        lines.extend(self.margins.into_iter().filter(|one| findings.margins.insert(one.clone())));
        for Note { place, who, words, object } in notes {
            let who = if who.is_empty() { String::new() } else { format!("({who}) ") };
            let words = object.and_then(|object| boxes.remove(&object)).unwrap_or(words);
            lines.push(format!("Comment {who}{place}: {}", one_line(&words)));
        }
        let words = boxes.into_values().chain(self.chart_words);
        lines.extend(words.filter(|words| !words.trim().is_empty()));
        findings.unsaved_formulas += u64::from(self.awaited.is_some());
        if self.left_out > 0 {
            paper.warnings.push(format!(
                "size: {} comments, boxes or hidden rows of {} are not told, beyond {MAX_KEPT} of each",
                self.left_out,
                shown(name)
            ));
        }
        if self.old_boxes > 0 {
            paper.warnings.push(format!(
                "boxes: words in {} boxes and buttons of {} were not read",
                self.old_boxes,
                shown(name)
            ));
        }
        for line in lines {
            paper.flow.push(&line);
            paper.flow.end_line();
        }
    }
}

/// Where a link leads, from the place behind its words on: on the web, to a file, or as it was typed.
fn address(bytes: &[u8], at: usize, flags: u32) -> Option<String> {
    let class = bytes_at(bytes, at, 16);
    let words = match flags & 0x101 {
        0x101 => {
            let count = index_at(bytes, at)?;
            utf16(bytes_at(bytes, at + 4, count.saturating_mul(2)))
        }
        1 if class == WEB_ADDRESS => {
            let length = index_at(bytes, at + 16)?;
            utf16(bytes_at(bytes, at + 20, length))
        }
        // In a code page; behind it and 24 bytes more the same in Unicode, if that says more.
        1 if class == FILE_PLACE => {
            let length = index_at(bytes, at + 18)?;
            let behind = at.checked_add(22)?.checked_add(length)?.checked_add(24)?;
            match index_at(bytes, behind) {
                Some(1..) => utf16(bytes_at(bytes, behind + 10, index_at(bytes, behind + 4)?)),
                _ => super::decode(bytes_at(bytes, at + 22, length), None),
            }
        }
        _ => return None,
    };
    Some(words.split('\0').next()?.to_owned())
}

/// A number of eight bytes.
fn float_at(bytes: &[u8], at: usize) -> Option<f64> {
    u64_at(bytes, at).map(f64::from_bits)
}

/// A number in four bytes: the upper part of one in eight, or a whole one; either may be a hundred times too large ([MS-XLS]
/// 2.5.217).
fn short_number(bytes: &[u8], at: usize) -> Option<f64> {
    let packed = u32_at(bytes, at)?;
    let value = match packed & 2 {
        0 => f64::from_bits(u64::from(packed & !3) << 32),
        _ => f64::from(packed.cast_signed() >> 2),
    };
    Some(if packed & 1 == 0 { value } else { value / 100.0 })
}

/// A truth, or an error ([MS-XLS] 2.5.10).
fn truth(value: u8, is_error: bool) -> String {
    let words = match (is_error, value) {
        (false, 0) => "FALSE",
        (false, _) => "TRUE",
        (true, 0x00) => "#NULL!",
        (true, 0x07) => "#DIV/0!",
        (true, 0x0F) => "#VALUE!",
        (true, 0x17) => "#REF!",
        (true, 0x1D) => "#NAME?",
        (true, 0x24) => "#NUM!",
        (true, _) => "#N/A",
    };
    words.to_owned()
}

/// The letters of a column: A is the first, AA the twenty-seventh.
fn column_name(column: u16) -> String {
    let mut letters = Vec::new();
    let mut rest = u32::from(column) + 1;
    while rest > 0 {
        rest -= 1;
        letters.push(char::from(b'A' + u8::try_from(rest % 26).unwrap_or_default()));
        rest /= 26;
    }
    letters.into_iter().rev().collect()
}

fn one_line(words: &str) -> String {
    words.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::{column_name, short_number};

    #[test]
    fn a_number_in_four_bytes() {
        for (packed, value) in [
            (0x3FF0_0000_u32, 1.0),
            (0x3FF0_0001, 0.01),
            (1_234 << 2 | 2, 1_234.0),
            (1_234 << 2 | 3, 12.34),
            ((-5_i32).cast_unsigned() << 2 | 2, -5.0),
        ] {
            assert_eq!(short_number(&packed.to_le_bytes(), 0), Some(value), "{packed:x}");
        }
        assert_eq!(short_number(&[1, 2, 3], 0), None);
    }

    #[test]
    fn columns_have_letters() {
        let names: Vec<_> = [0, 25, 26, 255].into_iter().map(column_name).collect();
        assert_eq!(names, ["A", "Z", "AA", "IV"]);
    }
}
