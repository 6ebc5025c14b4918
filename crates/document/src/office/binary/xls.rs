//! Excel's XLS of 1993 to 2003 ([MS-XLS], BIFF8; and BIFF5 before it): each sheet's name, then its rows as they are shown.
//!
//! No formula is computed: its cell says what Excel last saw.

use std::collections::{HashMap, HashSet};

use super::xls_sheet;
use super::xls_strings::{Record, Script, records, shared};
use super::{Folder, Paper, Refusal, index_at, u16_at};
use crate::names::shown;
use crate::office::number_format::{Format, built_in};
use crate::office::rtf::codepage;
use crate::office::xlsx::{Findings, Workbook};

// Records of the workbook, and those that begin and end each part of the stream; behind each its name in [MS-XLS] 2.3.2.
pub(super) const BEGIN: u16 = 0x0809; // BOF
pub(super) const END: u16 = 0x000A; // EOF
const DATE_MODE: u16 = 0x0022; // Date1904
const ENCRYPTED: u16 = 0x002F; // FilePass
const CODE_PAGE: u16 = 0x0042; // CodePage
const SHEET: u16 = 0x0085; // BoundSheet8
const LOOK: u16 = 0x00E0; // XF
const DRAWINGS: u16 = 0x00EB; // MsoDrawingGroup
const SHARED_WORDS: u16 = 0x00FC; // SST
const OTHER_BOOK: u16 = 0x01AE; // SupBook
const FORMAT: u16 = 0x041E; // Format

/// The most looks of cells that are kept, and the most letters of a format: Excel takes no more.
const MAX_FORMATS: usize = 100_000;
const MAX_FORMAT: usize = 255;

/// A sheet, as the workbook lists it.
struct Listed {
    start: usize,
    is_shown: bool,
    kind: u8,
    name: String,
}

/// Reads the sheets in their order.
pub(super) fn read(folder: &mut Folder<'_, '_>, paper: &mut Paper) -> Result<(), Refusal> {
    let name = if folder.has("Workbook") { "Workbook" } else { "Book" };
    let stream = folder.stream(name, &mut paper.warnings).unwrap_or_default();
    let begin = records(&stream, 0).next().filter(|first| first.kind == BEGIN);
    let begin = begin.ok_or(Refusal::Damaged("it does not begin as files of Excel do"))?;
    let mut script = match u16_at(begin.bytes(), 0) {
        Some(0x0600) => Script::Unicode,
        Some(0x0500) => Script::Page(None),
        _ => return Err(Refusal::Unknown("the file is of Excel 4, or older")),
    };
    let mut book = Workbook::default();
    let mut sheets = Vec::new();
    let mut formats: HashMap<u16, Format> = HashMap::new();
    let mut other_books = 0_u32;
    let mut looks = Vec::new();
    let mut findings = Findings::default();
    for record in records(&stream, 0) {
        let bytes = record.bytes();
        match record.kind {
            ENCRYPTED => return Err(Refusal::Password),
            CODE_PAGE => {
                if let Script::Page(page) = &mut script {
                    *page = u16_at(bytes, 0).and_then(|page| codepage(u64::from(page)));
                }
            }
            DATE_MODE => book.from_1904 = u16_at(bytes, 0) == Some(1),
            SHEET => sheets.extend(listed(&record, script)),
            FORMAT => {
                let code = record.from(2).words(script, matches!(script, Script::Page(_)));
                if let (Some(number), Some(code)) = (u16_at(bytes, 0), code)
                    && code.len() <= 4 * MAX_FORMAT
                {
                    formats.insert(number, Format::parse(&code));
                }
            }
            LOOK if looks.len() < MAX_FORMATS => looks.push(u16_at(bytes, 2).unwrap_or_default()),
            SHARED_WORDS => {
                let mut count = 0_u32;
                let promised = shared(&record, |words| {
                    let has_room = book.push(words);
                    count += u32::from(has_room);
                    has_room
                });
                if count < promised {
                    paper.warnings.push(format!(
                        "damaged: of {promised} words that cells share, only {count} were read"
                    ));
                }
            }
            // This book itself, and functions that others added, have numbers in place of a name.
            OTHER_BOOK => {
                other_books += u32::from(!matches!(u16_at(bytes, 2), Some(0x0401 | 0x3A01)));
            }
            END => break,
            _ => {}
        }
    }
    if other_books > 0 {
        paper
            .warnings
            .push("external: formulas point to other files; they were not fetched".to_owned());
    }
    if let Script::Page(None) = script {
        paper.warnings.push(
            "charset: the file names no code page that is known; its letters are guessed cell by cell"
                .to_owned(),
        );
    }
    book.formats = looks
        .iter()
        .map(|number| {
            let own = formats.get(number).cloned();
            own.or_else(|| built_in(u32::from(*number)).map(Format::parse))
        })
        .map(|format| format.unwrap_or(Format::General))
        .collect();
    let mut starts = HashSet::new();
    for sheet in sheets {
        let name = shown(&sheet.name);
        match sheet.kind {
            // A sheet, or a chart that fills one.
            0 | 2 => {}
            1 => {
                let why = format!("macros: the sheet {name} holds macros of Excel 4; none was run");
                paper.warnings.push(why);
            }
            // A module of programs has no cells.
            6 => continue,
            _ => {
                paper.warnings.push(format!("kind: the sheet {name} is of no kind that is known"));
                continue;
            }
        }
        if !sheet.is_shown {
            findings.hidden.push(format!("the sheet {name}"));
        }
        paper.flow.push(&sheet.name);
        paper.flow.end_line();
        let mut parts = records(&stream, sheet.start);
        let is_there = parts.next().is_some_and(|first| first.kind == BEGIN);
        if !is_there || !starts.insert(sheet.start) {
            paper.warnings.push(format!("damaged: the sheet {name} is listed, but is not there"));
            continue;
        }
        xls_sheet::read(parts, &sheet.name, sheet.kind == 2, script, &book, paper, &mut findings);
    }
    paper.pictures = findings.pictures;
    findings.report(&mut paper.warnings);
    Ok(())
}

/// The drawings that all sheets share, with their pictures, in one.
pub(super) fn drawings(stream: &[u8]) -> Vec<u8> {
    let shared = records(stream, 0).take_while(|record| record.kind != END);
    shared.filter(|record| record.kind == DRAWINGS).flat_map(|record| record.whole()).collect()
}

/// What the list of sheets says of one.
fn listed(record: &Record<'_>, script: Script) -> Option<Listed> {
    let bytes = record.bytes();
    Some(Listed {
        start: index_at(bytes, 0)?,
        is_shown: bytes.get(4)? & 3 == 0,
        kind: *bytes.get(5)?,
        name: record.from(6).words(script, true)?,
    })
}
