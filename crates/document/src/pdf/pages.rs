//! The pages of a file: what each draws, and what of it is text.

use std::borrow::Cow;

use hayro_syntax::object::{Array, Dict, Name, Object, Stream};
use hayro_syntax::page::Page;

use super::content::{Drawn, Glyph, Reader};
use super::decode::decode;
use super::font::Fonts;
use super::layout::{TextLine, glyph_area, lines};
use super::matrix::{Area, Matrix};
use super::{accents, clusters, columns};

/// Pictures that cover this share of a page make it a scan, if it has next to no text.
const SCAN_COVER: f64 = 0.6;
/// A page with more visible characters is no scan.
const SCAN_TEXT: usize = 40;
/// How many annotations of one page are looked at.
pub(super) const MAX_ANNOTATIONS: usize = 2_000;

/// A page, read.
pub(super) struct ReadPage {
    pub(super) width: f64,
    pub(super) height: f64,
    pub(super) lines: Vec<TextLine>,
    /// Whether pictures cover it.
    pub(super) covered: bool,
    /// How many characters are seen, spaces not counted.
    pub(super) visible: usize,
    /// How many are drawn without ink, or under a picture that covers the page.
    pub(super) hidden: usize,
    /// The text that stands under filled shapes, in short.
    pub(super) under_shapes: Vec<String>,
    pub(super) unknown: usize,
    pub(super) guessed: usize,
    pub(super) cut: bool,
    pub(super) unread: bool,
}

impl ReadPage {
    /// Whether it wants OCR.
    pub(super) fn is_scanned(&self) -> bool {
        self.covered && self.visible + self.hidden < SCAN_TEXT
    }

    /// Whether its text was made out of its picture by another program.
    pub(super) fn is_read_by_ocr(&self) -> bool {
        self.covered && self.hidden >= SCAN_TEXT && self.hidden > 4 * self.visible
    }
}

/// Reads one page.
pub(super) fn read_page<'a>(page: &Page<'a>, fonts: &mut Fonts<'a>, budget: &mut u64) -> ReadPage {
    let (width, height) = page.render_dimensions();
    let (width, height) = (f64::from(width), f64::from(height));
    let whole = Area { left: 0.0, top: 0.0, right: width, bottom: height };
    let matrix = Matrix(page.initial_transform(true).as_coeffs());
    let mut reader = Reader::new(fonts, budget);
    let (data, mut unread) = contents(page);
    reader.page(&data, page.resources(), matrix, whole);
    for annotation in annotations(page) {
        if let Some((form, place)) = appearance(&annotation) {
            reader.form(&form, page.resources(), place.then(&matrix), whole);
        }
    }
    let drawn = reader.finish();
    unread |= drawn.unread;
    let on_page = drawn.glyphs.iter().filter(|glyph| is_on_page(glyph, &whole)).cloned();
    let (glyphs, unknown) = clusters::settle(on_page);
    let mut glyphs = accents::join(glyphs);
    columns::turn(&mut glyphs);
    let (covered, covered_before) = coverage(&drawn, &whole);
    let is_ink = |glyph: &&Glyph| !glyph.text.trim().is_empty();
    let hidden_count = drawn
        .glyphs
        .iter()
        .enumerate()
        .filter(|(index, glyph)| is_ink(glyph) && (glyph.hidden || *index < covered_before))
        .count();
    let all = drawn.glyphs.iter().filter(is_ink).count();
    ReadPage {
        width,
        height,
        lines: lines(&glyphs),
        covered,
        visible: all - hidden_count,
        hidden: hidden_count,
        under_shapes: under_shapes(&drawn),
        unknown,
        guessed: drawn.guessed,
        cut: drawn.cut,
        unread,
    }
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
        for part in parts.iter::<Stream<'a>>() {
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

/// The annotations of a page.
pub(super) fn annotations<'a>(page: &Page<'a>) -> Vec<Dict<'a>> {
    let Some(list) = page.raw().get::<Array<'a>>("Annots") else { return Vec::new() };
    list.iter::<Dict<'a>>().take(MAX_ANNOTATIONS).collect()
}

/// What a visible annotation draws, and the map that brings it to its place (ISO 32000-1, 12.5.5).
fn appearance<'a>(annotation: &Dict<'a>) -> Option<(Stream<'a>, Matrix)> {
    let flags = annotation.get::<i32>("F").unwrap_or(0);
    // Hidden, or not shown on a screen.
    if flags & 0b10_0010 != 0 || annotation.get::<Name<'_>>("Subtype").as_deref() == Some(b"Popup")
    {
        return None;
    }
    let states = annotation.get::<Dict<'a>>("AP")?;
    let form = match states.get::<Object<'a>>("N")? {
        Object::Stream(form) => form,
        Object::Dict(states) => states.get::<Stream<'a>>(annotation.get::<Name<'_>>("AS")?)?,
        _ => return None,
    };
    let [x0, y0, x1, y1] = annotation.get::<[f64; 4]>("Rect")?;
    let dict = form.dict();
    let own = dict.get::<[f64; 6]>("Matrix").map_or(Matrix::IDENTITY, Matrix);
    let [a, b, c, d] = dict.get::<[f64; 4]>("BBox")?;
    let from = own.area(a, b, c, d);
    let to = Area::of(&[(x0, y0), (x1, y1)]);
    let scale = |to: f64, from: f64| if from > 0.0 { to / from } else { 1.0 };
    let (x, y) = (scale(to.width(), from.width()), scale(to.height(), from.height()));
    let place = Matrix([x, 0.0, 0.0, y, to.left - from.left * x, to.top - from.top * y]);
    Some((form, place))
}

fn is_on_page(glyph: &Glyph, whole: &Area) -> bool {
    let area = glyph_area(glyph);
    area.right >= whole.left
        && area.left <= whole.right
        && area.bottom >= whole.top
        && area.top <= whole.bottom
}

/// Whether pictures cover the page, and how many characters had been drawn before a picture covered it.
fn coverage(drawn: &Drawn, whole: &Area) -> (bool, usize) {
    let page = (whole.width() * whole.height()).max(1.0);
    let share = |area: &Area| area.width() * area.height() / page;
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
