//! The pages of a file: what each draws, and what of it is text.

use std::borrow::Cow;

use hayro_syntax::object::{Array, Object, Stream};
use hayro_syntax::page::Page;

use super::content::{Drawn, Glyph, Reader};
use super::decode::decode;
use super::font::Fonts;
use super::layers::Layers;
use super::layout::{TextLine, glyph_area, lines};
use super::matrix::{Area, Matrix};
use super::notes::{Note, annotations};
use super::strings::items;
use super::{accents, clusters, columns};

/// Pictures that cover this share of a page make it a scan, if it has next to no text.
const SCAN_COVER: f64 = 0.6;
/// A page with more visible characters is no scan.
const SCAN_TEXT: usize = 40;
/// A picture that covers this share of a page may hold words, such as a letter that was photographed under a typed heading.
const PART_COVER: f64 = 0.12;
/// Shapes with so many lines and curves may be letters: those of a line or two.
const SHAPED_TEXT: usize = 500;
/// What a note costs, and each byte of it, in operators.
const NOTE_COST: u64 = 64;
/// A line that a note is made of is this high, in points.
const NOTE_LINE: f64 = 12.0;

/// A page, read.
pub(super) struct ReadPage {
    pub(super) width: f64,
    pub(super) height: f64,
    pub(super) lines: Vec<TextLine>,
    /// What does not belong to its text, each block under a word that says what it is: notes, fields of forms, and what is on
    /// layers that are switched off.
    pub(super) apart: Vec<Vec<TextLine>>,
    /// Whether pictures cover it.
    pub(super) covered: bool,
    /// Whether a picture covers a good part of it.
    has_picture: bool,
    /// How many characters are seen, spaces not counted.
    pub(super) visible: usize,
    /// How many are drawn without ink, or under a picture that covers the page.
    pub(super) hidden: usize,
    /// The text that stands under filled shapes, in short.
    pub(super) under_shapes: Vec<String>,
    pub(super) unknown: usize,
    pub(super) guessed: usize,
    /// How many lines and curves the shapes on it have.
    outlines: usize,
    /// About how many characters are in fonts that cannot be read.
    unloaded: usize,
    /// How many characters stand outside the page.
    outside: usize,
    /// How many letters a text that holds none of them stands for.
    replaced: usize,
    /// How many characters are on layers that are switched off.
    off: usize,
    /// How many places are marked to be blacked out, and are not.
    redactions: usize,
    pub(super) cut: bool,
    pub(super) unread: bool,
}

impl ReadPage {
    /// Whether it wants OCR.
    pub(super) fn is_scanned(&self) -> bool {
        (self.covered && !self.has_text()) || self.is_drawn()
    }

    fn has_text(&self) -> bool {
        self.visible + self.hidden >= SCAN_TEXT
    }

    /// Whether its letters can be seen and not be read from the file: most of them have no name in their fonts, or they are no
    /// letters but shapes.
    pub(super) fn is_drawn(&self) -> bool {
        let nameless = self.unknown + self.unloaded;
        (nameless >= SCAN_TEXT && nameless > self.visible)
            || (!self.has_text() && !self.covered && self.outlines >= SHAPED_TEXT)
    }

    /// Whether its text was made out of its picture by another program.
    pub(super) fn is_read_by_ocr(&self) -> bool {
        self.covered && self.hidden >= SCAN_TEXT && self.hidden > 4 * self.visible
    }

    /// Whether a picture on it may hold words that nobody read.
    pub(super) fn has_unread_picture(&self) -> bool {
        self.has_picture && !self.is_scanned() && !self.is_read_by_ocr()
    }

    /// What a reader should know of characters that are lost or stand for others, for the page of this number.
    pub(super) fn notices(&self, number: u32) -> Vec<String> {
        let mut notices = Vec::new();
        let mut add = |count: usize, what: &dyn Fn(usize) -> String| {
            if count > 0 {
                notices.push(format!("page {number}: {}", what(count)));
            }
        };
        add(self.unloaded, &|count| {
            format!("text of about {count} characters is in a font that cannot be read")
        });
        add(self.outside, &|count| format!("{count} characters stand outside the page"));
        add(self.off, &|count| {
            format!(
                "{count} characters are on layers that are switched off; they follow the text of the page"
            )
        });
        add(self.redactions, &|count| {
            format!(
                "{count} places are marked to be blacked out, and what is under them is still in the file"
            )
        });
        add(self.replaced, &|count| {
            format!("{count} letters that are seen were replaced by a text that holds none of them")
        });
        notices
    }
}

/// Reads one page.
pub(super) fn read_page<'a>(
    page: &Page<'a>,
    fonts: &mut Fonts<'a>,
    layers: &Layers,
    budget: &mut u64,
) -> ReadPage {
    let (width, height) = page.render_dimensions();
    let (width, height) = (f64::from(width), f64::from(height));
    let whole = Area { left: 0.0, top: 0.0, right: width, bottom: height };
    let matrix = Matrix(page.initial_transform(true).as_coeffs());
    let mut reader = Reader::new(fonts, budget, layers);
    let (data, mut unread) = contents(page);
    reader.page(&data, page.resources(), matrix, whole);
    let notes = annotations(page);
    let notes = notes.iter().filter_map(|annotation| Note::of(annotation, layers));
    // Many pages may share the same long notes.
    let notes = notes.take_while(|note| reader.spend(NOTE_COST * (1 + note.text.len() as u64)));
    // What belongs to the page is drawn first, so that the notes are the end of what is drawn.
    let (notes, parts): (Vec<Note<'_>>, Vec<Note<'_>>) =
        notes.partition(|note| note.label.is_some());
    let mut own = reader.count();
    let mut ends = Vec::with_capacity(notes.len());
    for note in parts.iter().chain(&notes) {
        if let Some((form, place)) = &note.appearance {
            reader.form(form, page.resources(), place.then(&matrix), whole);
        }
        if note.label.is_some() {
            ends.push(reader.count());
        } else {
            own = reader.count();
        }
    }
    let drawn = reader.finish();
    // Text in a font that cannot be loaded is a part that was not read.
    unread |= drawn.unread || drawn.unloaded > 0;
    let is_space = |glyph: &&Glyph| !glyph.text.is_empty() && glyph.text.trim().is_empty();
    let outside =
        drawn.glyphs.iter().filter(|glyph| !is_on_page(glyph, &whole) && !is_space(glyph)).count();
    let (lines, mut unknown) = lines_of(drawn.glyphs.get(..own).unwrap_or_default(), &whole);
    let mut apart = Vec::new();
    let mut from = own;
    for (note, to) in notes.iter().zip(ends) {
        let (shown, lost) = lines_of(drawn.glyphs.get(from..to).unwrap_or_default(), &whole);
        unknown += lost;
        from = to;
        let lines = lines_of_note(note, shown, &matrix);
        if !lines.is_empty() {
            apart.push(lines);
        }
    }
    let (mut off_lines, _) = lines_of(&drawn.off, &whole);
    if let Some(first) = off_lines.first_mut() {
        first.text.insert_str(0, "Layer that is switched off: ");
        apart.push(off_lines);
    }
    let (covered, covered_before) = coverage(&drawn, &whole);
    // What stands outside is neither seen nor hidden, and notes are no text of the page: neither must make a scan pass for a
    // page of text.
    let is_ink = |glyph: &&Glyph| !glyph.text.trim().is_empty() && is_on_page(glyph, &whole);
    let hidden_count = drawn
        .glyphs
        .iter()
        .enumerate()
        .take(own)
        .filter(|(index, glyph)| is_ink(glyph) && (glyph.hidden || *index < covered_before))
        .count();
    let all = drawn.glyphs.iter().take(own).filter(is_ink).count();
    ReadPage {
        width,
        height,
        lines,
        apart,
        covered,
        has_picture: drawn.pictures.iter().any(|one| share(&one.area, &whole) > PART_COVER),
        visible: all - hidden_count,
        hidden: hidden_count,
        under_shapes: under_shapes(&drawn),
        unknown,
        guessed: drawn.guessed,
        outlines: drawn.outlines,
        unloaded: drawn.unloaded,
        outside: outside + drawn.far,
        replaced: drawn.replaced,
        off: drawn.off.iter().filter(|glyph| !glyph.text.trim().is_empty()).count(),
        redactions: notes.iter().filter(|note| note.is_redaction).count(),
        cut: drawn.cut,
        unread,
    }
}

/// The lines that characters on the page make up, and how many of them the file does not name.
fn lines_of(glyphs: &[Glyph], whole: &Area) -> (Vec<TextLine>, usize) {
    let on_page = glyphs.iter().filter(|glyph| is_on_page(glyph, whole)).cloned();
    let (glyphs, unknown) = clusters::settle(on_page);
    let mut glyphs = clusters::seat(accents::join(glyphs));
    columns::turn(&mut glyphs);
    (lines(&glyphs), unknown)
}

/// The lines of a note: those that it shows, and those that it says besides.
fn lines_of_note(note: &Note<'_>, mut shown: Vec<TextLine>, matrix: &Matrix) -> Vec<TextLine> {
    let text: Vec<&str> = shown.iter().map(|line| line.text.as_str()).collect();
    let unseen = note.unseen(&text.join("\n")).to_owned();
    let place = note.place;
    let place = matrix.area(place.left, place.top, place.right, place.bottom);
    let said = unseen.split('\n').map(str::trim).filter(|line| !line.is_empty());
    shown.extend(said.enumerate().map(|(index, line)| {
        let top = place.top + NOTE_LINE * index as f64;
        let area = Area { top, bottom: top + NOTE_LINE, ..place };
        let text = line.chars().filter(|one| *one == '\t' || !one.is_control()).collect();
        TextLine { text, area, after_gap: false, turn: 0 }
    }));
    if let (Some(first), Some(label)) = (shown.first_mut(), &note.label) {
        first.text.insert_str(0, label);
    }
    shown
}

/// The content streams of a page as one, and whether one of them could not be read. An operator never spans two.
pub(super) fn contents<'a>(page: &Page<'a>) -> (Cow<'a, [u8]>, bool) {
    let dict = page.raw();
    if let Some(stream) = dict.get::<Stream<'a>>("Contents") {
        return decode(&stream).map_or((Cow::Borrowed(&[]), true), |data| (data, false));
    }
    let mut all = Vec::new();
    let mut unread = false;
    if let Some(parts) = dict.get::<Array<'a>>("Contents") {
        for part in items(&parts, page.xref()) {
            let Object::Stream(part) = part else { continue };
            match decode(&part) {
                Some(data) if (all.len() as u64) < super::decode::MAX_UNPACKED => {
                    all.extend_from_slice(&data);
                    all.push(b'\n');
                }
                _ => unread = true,
            }
        }
    }
    (Cow::Owned(all), unread)
}

fn is_on_page(glyph: &Glyph, whole: &Area) -> bool {
    let area = glyph_area(glyph);
    area.right >= whole.left
        && area.left <= whole.right
        && area.bottom >= whole.top
        && area.top <= whole.bottom
}

/// Which share of a page an area covers.
fn share(area: &Area, whole: &Area) -> f64 {
    area.width() * area.height() / (whole.width() * whole.height()).max(1.0)
}

/// Whether pictures cover the page, and how many characters had been drawn before a picture covered it.
fn coverage(drawn: &Drawn, whole: &Area) -> (bool, usize) {
    let share = |area: &Area| share(area, whole);
    let sum: f64 = drawn.pictures.iter().map(|picture| share(&picture.area)).sum();
    let before = drawn
        .pictures
        .iter()
        .filter(|picture| share(&picture.area) > SCAN_COVER)
        .map(|picture| picture.after)
        .max();
    (sum > SCAN_COVER, before.unwrap_or(0))
}

/// The texts that stand under shapes drawn after them, each cut short.
fn under_shapes(drawn: &Drawn) -> Vec<String> {
    let mut found = Vec::new();
    for fill in &drawn.fills {
        let text: String = drawn
            .glyphs
            .iter()
            .take(fill.after)
            .filter(|glyph| !glyph.hidden)
            .filter(|glyph| {
                let area = glyph_area(glyph);
                fill.area.holds((area.left + area.right) / 2.0, (area.top + area.bottom) / 2.0)
            })
            .map(|glyph| &*glyph.text)
            .collect();
        let text = text.trim();
        if text.chars().count() >= 2 {
            found.push(text.chars().take(40).collect());
        }
        if found.len() >= 20 {
            break;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use hayro_syntax::Pdf;

    use super::*;

    const HELVETICA: &str =
        "<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>";

    fn stream(dictionary: &str, data: &[u8]) -> Vec<u8> {
        let head = format!("<<{dictionary}/Length {}>>stream\n", data.len());
        [head.as_bytes(), data, b"\nendstream"].concat()
    }

    /// Reads a page that draws `content` with the font F, object 5, or by the graphics state G; `more` are objects from
    /// number 6 on.
    fn read(content: &str, font: &str, more: &[Vec<u8>]) -> ReadPage {
        let mut objects = vec![
            b"<</Type/Catalog/Pages 2 0 R>>".to_vec(),
            b"<</Type/Pages/Kids[3 0 R]/Count 1>>".to_vec(),
            b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/CropBox[0 0 595 700]/Contents 4 0 R/Resources<</Font<</F 5 0 R>>/ExtGState<</G<</Font[5 0 R 12]>>>>>>>>".to_vec(),
            stream("", content.as_bytes()),
            font.as_bytes().to_vec(),
        ];
        objects.extend_from_slice(more);
        let mut bytes = b"%PDF-1.7\n".to_vec();
        let mut rows = String::new();
        for (number, object) in objects.iter().enumerate() {
            rows += &format!("{:010} 00000 n \n", bytes.len());
            bytes.extend(format!("{} 0 obj\n", number + 1).into_bytes());
            bytes.extend(object);
            bytes.extend(b"\nendobj\n");
        }
        let (table, count) = (bytes.len(), objects.len() + 1);
        bytes.extend(format!("xref\n0 {count}\n0000000000 65535 f \n{rows}trailer\n<</Size {count}/Root 1 0 R>>\nstartxref\n{table}\n%%EOF\n").into_bytes());
        let pdf = Pdf::new(bytes).unwrap();
        let page = pdf.pages().first().unwrap();
        read_page(page, &mut Fonts::new(), &Layers::of(&pdf), &mut 1_000_000)
    }

    fn text(page: &ReadPage) -> String {
        let lines: Vec<&str> = page.lines.iter().map(|line| line.text.as_str()).collect();
        lines.join("|")
    }

    #[test]
    fn what_is_lost_is_said() {
        let unread = "text of about 5 characters is in a font that cannot be read";
        for (name, content, font, expected, said) in [
            (
                "a font of no kind",
                "BT /F 12 Tf 72 600 Td (words) Tj ET",
                "<</Type/Font>>",
                "",
                unread,
            ),
            (
                "a composite font without a map of its codes",
                "BT /F 12 Tf 72 600 Td <00010002000300040005> Tj ET",
                "<</Type/Font/Subtype/Type0/DescendantFonts[<<>>]>>",
                "",
                unread,
            ),
            ("a font of no name", "BT /X 12 Tf 72 600 Td (words) Tj ET", HELVETICA, "", unread),
            (
                "a font of the graphics state",
                "/G gs BT 72 600 Td (words) Tj ET",
                HELVETICA,
                "words",
                "",
            ),
            (
                "words over the edge",
                "BT /F 12 Tf 72 600 Td (words) Tj 0 200 Td (over the edge) Tj 2e6 0 Td (!) Tj ET",
                HELVETICA,
                "words",
                "12 characters stand outside the page",
            ),
            (
                "letters replaced by nothing",
                "BT /F 12 Tf 72 600 Td /Span<</ActualText()>>BDC (not guilty) Tj EMC ET",
                HELVETICA,
                "",
                "9 letters that are seen were replaced by a text that holds none of them",
            ),
            (
                "letters replaced by others",
                "BT /F 12 Tf 72 600 Td /Span<</ActualText(pass)>>BDC (HOLD HIM HERE) Tj EMC ET",
                HELVETICA,
                "pass",
                "11 letters that are seen were replaced by a text that holds none of them",
            ),
            (
                "letters replaced by the same",
                "BT /F 12 Tf 72 600 Td /Span<</ActualText(Not guilty)>>BDC (NOT GUILTY) Tj EMC ET",
                HELVETICA,
                "Not guilty",
                "",
            ),
            (
                "a hyphen replaced by nothing",
                "BT /F 12 Tf 72 600 Td (words) Tj /Span<</ActualText()>>BDC (-) Tj EMC ET",
                HELVETICA,
                "words",
                "",
            ),
        ] {
            let page = read(content, font, &[]);
            assert_eq!(text(&page), expected, "{name}");
            let said: Vec<String> = Some(said)
                .filter(|said| !said.is_empty())
                .map(|said| format!("page 7: {said}"))
                .into_iter()
                .collect();
            assert_eq!(page.notices(7), said, "{name}");
            assert_eq!(page.unread, page.unloaded > 0, "{name}");
        }
    }

    /// No false alarm in what ordinary programs write.
    #[test]
    fn nothing_is_said_of_sound_files() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/pdf");
        let mut count = 0;
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_none_or(|ending| ending != "pdf") {
                continue;
            }
            let Ok(pdf) = Pdf::new(std::fs::read(&path).unwrap()) else { continue };
            for page in pdf.pages().iter() {
                let read = read_page(page, &mut Fonts::new(), &Layers::of(&pdf), &mut 10_000_000);
                assert_eq!(read.notices(1), Vec::<String>::new(), "{path:?}");
                count += 1;
            }
        }
        assert!(count >= 20);
    }

    #[test]
    fn what_stands_outside_does_not_make_a_scan_a_page_of_text() {
        let outside = "x".repeat(100);
        let content = format!(
            "BT /F 12 Tf 72 800 Td ({outside}) Tj ET q 595 0 0 842 0 0 cm BI /W 1 /H 1 /BPC 8 /CS /G ID x EI Q"
        );
        let page = read(&content, HELVETICA, &[]);
        assert!(page.is_scanned());
        assert!(!page.is_read_by_ocr());
    }

    /// A TrueType font of five glyphs without outlines, whose table leads from H and i to the glyphs 3 and 4, and from both
    /// A and the Greek Alpha to 2.
    fn true_type() -> Vec<u8> {
        let words = |words: &[u16]| -> Vec<u8> {
            words.iter().flat_map(|word| word.to_be_bytes()).collect()
        };
        let cmap = [
            words(&[0, 1, 3, 10, 0, 12, 12, 0, 0, 64, 0, 0, 0, 4]),
            [[0x41, 0x41, 2], [0x48, 0x48, 3], [0x69, 0x69, 4], [0x391, 0x391, 2]]
                .concat()
                .iter()
                .flat_map(|one: &u32| one.to_be_bytes())
                .collect(),
        ]
        .concat();
        let mut head = words(&[1, 0, 1, 0, 0, 0, 0x5F0F, 0x3CF5, 0, 1000]);
        head.resize(54, 0);
        let mut maxp = words(&[1, 0, 5]);
        maxp.resize(32, 0);
        let tables: [(&[u8], Vec<u8>); 3] = [(b"cmap", cmap), (b"head", head), (b"maxp", maxp)];
        let mut font = words(&[1, 0, 3, 32, 1, 16]);
        let mut place = 12 + 16 * tables.len();
        for (tag, table) in &tables {
            font.extend(*tag);
            for number in [0, place, table.len()] {
                font.extend(u32::try_from(number).unwrap().to_be_bytes());
            }
            place += table.len();
        }
        tables.iter().for_each(|(_, table)| font.extend(table));
        font
    }

    #[test]
    fn an_embedded_font_says_what_its_glyphs_are() {
        let descriptor = b"<</Type/FontDescriptor/FontName/T/Flags 4/FontFile2 7 0 R>>".to_vec();
        let more = [descriptor, stream("", &true_type())];
        let composite = "<</Type/Font/Subtype/Type0/BaseFont/T/Encoding/Identity-H/DescendantFonts[<</Type/Font/Subtype/CIDFontType2/BaseFont/T/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)/Supplement 0>>/DW 500/FontDescriptor 6 0 R>>]>>";
        let simple = "<</Type/Font/Subtype/TrueType/BaseFont/T/FirstChar 33/LastChar 34/Widths[500 500]/FontDescriptor 6 0 R>>";
        let encoded = simple.replace("/FirstChar", "/Encoding/WinAnsiEncoding/FirstChar");
        for (name, font, codes, expected, guessed, unknown) in [
            ("one character a glyph", composite, "<00030004>", "Hi", 0, 0),
            ("two characters of one glyph", composite, "<0002>", "A", 1, 0),
            ("a glyph of no character", composite, "<00030001>", "H", 0, 1),
            ("codes that nothing explains", simple, "(!\")", "!\"", 2, 0),
            ("codes that the file explains", encoded.as_str(), "(!\")", "!\"", 0, 0),
        ] {
            let page = read(&format!("BT /F 12 Tf 72 600 Td {codes} Tj ET"), font, &more);
            assert_eq!(text(&page), expected, "{name}");
            assert_eq!((page.guessed, page.unknown), (guessed, unknown), "{name}");
        }
    }

    /// The units of a font made of drawings are its own: the size that it is set in may be one.
    #[test]
    fn a_font_of_drawings_has_the_size_of_its_letters() {
        for (name, matrix, width, size) in [
            ("a thousand units", "0.001 0 0 0.001 0 0", 500, 12),
            ("pixels as units", "1 0 0 -1 0 0", 6, 1),
            ("pixels as units of a hundredth", "0.01 0 0 0.01 0 0", 600, 1),
        ] {
            let font = format!(
                "<</Type/Font/Subtype/Type3/FontBBox[0 0 0 0]/FontMatrix[{matrix}]/FirstChar 97/LastChar 98/Widths[{width} {width}]/CharProcs<<>>/Encoding<</Differences[97/a/b]>>>>"
            );
            let page = read(&format!("BT /F {size} Tf 72 600 Td (abba) Tj ET"), &font, &[]);
            assert_eq!(text(&page), "abba", "{name}");
            let height = page.lines.first().unwrap().area.height();
            assert!((11.0..=13.0).contains(&height), "{name}: {height}");
        }
    }
}
