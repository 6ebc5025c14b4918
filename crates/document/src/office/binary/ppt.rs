//! PowerPoint's PPT of 1997 to 2003 ([MS-PPT]): slides in their order, each with its notes and comments; then the words that
//! stand on all slides of a kind, the objects of other programs, and macros.

use std::collections::BTreeSet;

use super::ppt_file::{File, Record};
use super::{Folder, Inside, Paper, Refusal, bytes_at, index_at, latin1, u16_at, u32_at, utf16};

// Records ([MS-PPT] 2.13.24), and those of drawings ([MS-ODRAW]).
const DOCUMENT_FACTS: u16 = 0x03E9;
const SLIDE: u16 = 0x03EE;
const SLIDE_FACTS: u16 = 0x03EF;
const NOTES: u16 = 0x03F0;
const LISTED: u16 = 0x03F3;
const MASTER: u16 = 0x03F8;
const SHOWING: u16 = 0x03F9;
const EXTERNALS: u16 = 0x0409;
const PLACEHOLDER: u16 = 0x0BC3;
const OUTLINE_TEXT: u16 = 0x0F9E;
const TEXT_KIND: u16 = 0x0F9F;
const WIDE_TEXT: u16 = 0x0FA0;
const NARROW_TEXT: u16 = 0x0FA8;
const WORDS: u16 = 0x0FBA;
const MARGINS: u16 = 0x0FD9;
const MARGINS_SHOWN: u16 = 0x0FDA;
const LINK: u16 = 0x0FD7;
const LIST: u16 = 0x0FF0;
const PACKED_OBJECT: u16 = 0x1011;
const COMMENT: u16 = 0x2EE0;
const SHAPE: u16 = 0xF004;
const PROPERTIES: u16 = 0xF00B;

/// The properties of a shape that name its picture, and the words that are drawn as art.
const PICTURE: u16 = 0x0104;
const ART: u16 = 0x00C0;

/// What is found on slides besides their words.
#[derive(Default)]
struct Found {
    pictures: u64,
    /// Shapes whose words should be in the list of slides, and are not.
    lost_texts: u32,
}

/// A slide, or its notes, as the document lists them.
struct Listed<'b> {
    place: usize,
    number: u32,
    /// The words that the list keeps for it.
    texts: Vec<String>,
    slide: Option<Record<'b>>,
}

/// Reads the slides.
pub(super) fn read(folder: &mut Folder<'_, '_>, paper: &mut Paper) -> Result<(), Refusal> {
    let file = File::open(folder, paper)?;
    let document = file.document().ok_or(Refusal::Damaged("the document in it is missing"))?;
    let slides = list(&file, document, 0);
    let notes = list(&file, document, 2);
    let (mut hidden, mut missing) = (Vec::new(), 0_u32);
    let mut found = Found::default();
    let mut told = BTreeSet::new();
    for (number, listed) in slides.iter().enumerate() {
        if paper.flow.is_cut {
            break;
        }
        let Some(slide) = listed.slide.filter(|one| one.kind == SLIDE) else {
            missing += 1;
            continue;
        };
        if slide
            .child(SHOWING)
            .and_then(|one| u16_at(one.bytes, 10))
            .is_some_and(|one| one & 4 != 0)
        {
            hidden.push((number + 1).to_string());
        }
        write(paper, &shapes(slide, &listed.texts, false, &mut found), "");
        let of_slide = slide.child(SLIDE_FACTS).and_then(|one| u32_at(one.bytes, 16));
        let of_slide = of_slide.filter(|number| *number != 0);
        let notes = notes.iter().find(|one| Some(one.number) == of_slide);
        if let Some(notes) = notes {
            told.insert(notes.place);
            write_notes(paper, notes);
        }
        slide.walk(&mut |record| {
            if record.kind == COMMENT {
                comment(paper, record);
            }
            true
        });
    }
    // Those that no slide names.
    notes.iter().filter(|one| !told.contains(&one.place)).for_each(|one| write_notes(paper, one));
    read_masters(paper, &file, document, &mut found);
    read_links(paper, document);
    // Objects of other programs, and macros: packed behind their length, or as they are ([MS-PPT] 2.10.34).
    for object in file.objects(PACKED_OBJECT) {
        let is_packed = object.instance == 1;
        let bytes = object.bytes.get(if is_packed { 4 } else { 0 }..).unwrap_or_default().to_vec();
        paper.inside.push(Inside {
            name: format!("packed-object-{}", paper.inside.len() + 1),
            bytes,
            is_packed,
        });
    }
    if missing > 0 {
        paper.warnings.push(format!("damaged: {missing} slides are listed, but are not there"));
    }
    if !hidden.is_empty() {
        let list = hidden.join(", ");
        paper
            .warnings
            .push(format!("hidden: slides that are not shown, but are in the text: {list}"));
    }
    if found.lost_texts > 0 {
        let count = found.lost_texts;
        paper.warnings.push(format!("damaged: the words of {count} shapes are not in the file"));
    }
    paper.pictures = found.pictures;
    Ok(())
}

/// The slides (0), masters (1) or notes (2) that the document lists.
fn list<'f>(file: &'f File, document: Record<'f>, which: u16) -> Vec<Listed<'f>> {
    let mut found: Vec<Listed<'_>> = Vec::new();
    let lists = document.children().filter(|one| one.kind == LIST && one.instance == which);
    for record in lists.flat_map(|list| list.children()) {
        match record.kind {
            LISTED => {
                let object = u32_at(record.bytes, 0).unwrap_or_default();
                let number = u32_at(record.bytes, 12).unwrap_or_default();
                let (place, slide) = (file.place(object), file.object(object));
                let place = place.unwrap_or(usize::MAX);
                found.push(Listed { place, number, texts: Vec::new(), slide });
            }
            TEXT_KIND => {
                if let Some(last) = found.last_mut() {
                    last.texts.push(String::new());
                }
            }
            _ => {
                let text = found.last_mut().and_then(|last| last.texts.last_mut());
                if let (Some(text), Some(words)) = (text, words_of(record)) {
                    text.push_str(&words);
                }
            }
        }
    }
    // A hostile list may name one slide over and over.
    let mut seen = BTreeSet::new();
    found.retain(|one| one.slide.is_none() || seen.insert(one.place));
    found
}

/// The words of a record of text.
fn words_of(record: Record<'_>) -> Option<String> {
    match record.kind {
        WIDE_TEXT | WORDS => Some(utf16(record.bytes)),
        NARROW_TEXT => Some(latin1(record.bytes)),
        _ => None,
    }
}

/// The words of this number in a record; none where there are no such.
fn words_in(record: Record<'_>, number: u16) -> String {
    let found = record.children().find(|one| one.kind == WORDS && one.instance == number);
    found.and_then(words_of).unwrap_or_default()
}

/// The words in the shapes of a slide; `fixed`: only in those that are not to be filled in. Words of the outline stand in the
/// list of slides (`texts`), and the shape names them by their number.
fn shapes(slide: Record<'_>, texts: &[String], fixed: bool, seen: &mut Found) -> Vec<String> {
    let mut found = Vec::new();
    let mut used = BTreeSet::new();
    slide.walk(&mut |record| {
        match record.kind {
            SHAPE if fixed => {
                let mut is_placeholder = false;
                record.walk(&mut |inner| {
                    is_placeholder |= inner.kind == PLACEHOLDER;
                    true
                });
                return !is_placeholder;
            }
            OUTLINE_TEXT => {
                let number = index_at(record.bytes, 0).unwrap_or(usize::MAX);
                match texts.get(number) {
                    Some(text) if used.insert(number) => found.push(text.clone()),
                    Some(_) => {}
                    None => seen.lost_texts += 1,
                }
            }
            WIDE_TEXT | NARROW_TEXT => found.extend(words_of(record)),
            PROPERTIES => {
                let (has_picture, art) = properties(record);
                seen.pictures += u64::from(has_picture);
                found.extend(art);
            }
            COMMENT | MARGINS => return false,
            _ => {}
        }
        true
    });
    // Words that no shape names are on no slide, but in the file.
    found.extend(
        texts
            .iter()
            .enumerate()
            .filter(|(at, _)| !fixed && !used.contains(at))
            .map(|(_, text)| text.clone()),
    );
    found.extend(slide.child(MARGINS).iter().flat_map(|own| margins(*own)));
    found
}

/// Whether the properties of a shape name a picture, and the words that it draws as art ([MS-ODRAW] 2.2.9): six bytes for each, whose
/// number has two bits of marks; what does not fit in there stands behind all of them, in their order.
fn properties(record: Record<'_>) -> (bool, Option<String>) {
    let count = usize::from(record.instance);
    let mut behind = 6 * count;
    let (mut has_picture, mut art) = (false, None);
    for property in record.bytes.chunks_exact(6).take(count) {
        let (number, value) =
            (u16_at(property, 0).unwrap_or_default(), index_at(property, 2).unwrap_or_default());
        let is_long = number & 0x8000 != 0;
        match number & 0x3FFF {
            PICTURE => has_picture = true,
            ART if is_long => {
                let words = utf16(bytes_at(record.bytes, behind, value));
                art = Some(words.trim_end_matches('\0').to_owned());
            }
            _ => {}
        }
        if is_long {
            behind = behind.saturating_add(value);
        }
    }
    (has_picture, art)
}

/// The day, the header and the footer that are shown ([MS-PPT] 2.4.15.1): whether each is, is told beside it.
fn margins(record: Record<'_>) -> Vec<String> {
    const IS_SHOWN: [u16; 3] = [0x04, 0x10, 0x20];
    let flags =
        record.child(MARGINS_SHOWN).and_then(|one| u16_at(one.bytes, 2)).unwrap_or_default();
    let shown = |one: &Record<'_>| {
        let flag = IS_SHOWN.get(usize::from(one.instance));
        one.kind == WORDS && flag.is_some_and(|flag| flags & flag != 0)
    };
    record.children().filter(shown).filter_map(words_of).collect()
}

/// Writes texts, each paragraph on a line of its own.
fn write(paper: &mut Paper, texts: &[String], label: &str) {
    let mut is_first = true;
    for line in texts.iter().flat_map(|text| text.split(['\r', '\n', '\u{B}'])) {
        // The format has a star where the number of a slide or the day is to stand.
        if matches!(line.trim(), "" | "*") {
            continue;
        }
        if std::mem::take(&mut is_first) {
            paper.flow.push(label);
        }
        paper.flow.push(line);
        paper.flow.end_line();
    }
}

/// Writes the notes of a slide.
fn write_notes(paper: &mut Paper, notes: &Listed<'_>) {
    if let Some(page) = notes.slide.filter(|one| one.kind == NOTES) {
        write(paper, &shapes(page, &notes.texts, false, &mut Found::default()), "Notes: ");
    }
}

/// A comment on a slide: who made it, and what it says.
fn comment(paper: &mut Paper, record: Record<'_>) {
    let line = words_in(record, 1).split_whitespace().collect::<Vec<_>>().join(" ");
    paper.flow.push(&format!("Comment ({}): {line}", words_in(record, 0).trim()));
    paper.flow.end_line();
}

/// Reads what stands on all slides of a kind, once.
fn read_masters(paper: &mut Paper, file: &File, document: Record<'_>, found: &mut Found) {
    let mut told = BTreeSet::new();
    for own in document.children().filter(|one| one.kind == MARGINS) {
        let kind = if own.instance == 4 { "notes" } else { "slides" };
        for words in margins(own) {
            paper.flow.push(&format!("On all {kind}: {words}"));
            paper.flow.end_line();
        }
    }
    let mut tell = |kind: &str, words: &str| {
        let words =
            words.split_whitespace().filter(|word| *word != "*").collect::<Vec<_>>().join(" ");
        if !words.is_empty() && told.insert(words.clone()) {
            paper.flow.push(&format!("On all {kind}: {words}"));
            paper.flow.end_line();
        }
    };
    for listed in list(file, document, 1) {
        if let Some(master) = listed.slide.filter(|one| matches!(one.kind, MASTER | SLIDE)) {
            tell("slides of a kind", &shapes(master, &listed.texts, true, found).join(" "));
        }
    }
    // The masters of notes and of what is handed out ([MS-PPT] 2.4.2).
    for (at, kind) in [(24, "notes"), (28, "handouts")] {
        let facts = document.child(DOCUMENT_FACTS).and_then(|facts| u32_at(facts.bytes, at));
        if let Some(master) = facts.and_then(|number| file.object(number)) {
            tell(kind, &shapes(master, &[], true, found).join(" "));
        }
    }
}

/// Reads the addresses that the document knows.
fn read_links(paper: &mut Paper, document: Record<'_>) {
    let mut seen = BTreeSet::new();
    let externals = document.child(EXTERNALS);
    let found = externals.iter().flat_map(|list| list.children()).filter(|one| one.kind == LINK);
    for link in found {
        let address = words_in(link, 1);
        if seen.insert(address.clone()) {
            paper.flow.link(address, &words_in(link, 0));
        }
    }
}
