//! What people put on a page afterwards: comments, stamps, text boxes and the values of forms (ISO 32000-1, 12.5 and 12.7).
//!
//! They stand behind the text of their page, each under a word that says what it is.

use hayro_syntax::object::{Array, Dict, Name, Object, Stream, String as Bytes};
use hayro_syntax::page::Page;
use unicode_normalization::UnicodeNormalization;

use super::decode::decode;
use super::layers::Layers;
use super::matrix::{Area, Matrix};
use super::strings::{items, one_line, text_string};

/// How many annotations of one page are looked at.
pub(super) const MAX_ANNOTATIONS: usize = 2_000;
/// How many characters of a note are kept.
const MAX_TEXT: usize = 100_000;
/// How far up the tree of a form the name of a field is looked for.
const MAX_PARENTS: usize = 16;
/// The bits of an annotation that say that it is not shown: hidden, or not shown on a screen.
const HIDDEN: i32 = 0b10_0010;

/// The annotations of a page.
pub(super) fn annotations<'a>(page: &Page<'a>) -> Vec<Dict<'a>> {
    let Some(list) = page.raw().get::<Array<'a>>("Annots") else { return Vec::new() };
    let dict = |item| match item {
        Object::Dict(dict) => Some(dict),
        _ => None,
    };
    items(&list, page.xref()).take(MAX_ANNOTATIONS).filter_map(dict).collect()
}

/// An annotation of a page.
pub(super) struct Note<'a> {
    /// What it draws, with the map that brings it to its place; none if it is not shown.
    pub(super) appearance: Option<(Stream<'a>, Matrix)>,
    /// What is written before its text; none if it is a part of the page.
    pub(super) label: Option<String>,
    /// What it says, in whole lines.
    pub(super) text: String,
    /// Whether that is but the name of the state of a box to tick.
    is_state: bool,
    /// Its place on the page, before the page's own map.
    pub(super) place: Area,
    /// Whether it marks what is to be blacked out, and is not yet.
    pub(super) is_redaction: bool,
}

impl<'a> Note<'a> {
    /// Reads an annotation. None if it has nothing to say.
    pub(super) fn of(annotation: &Dict<'a>, layers: &Layers) -> Option<Self> {
        let kind = annotation.get::<Name<'_>>("Subtype")?;
        let flags = annotation.get::<i32>("F").unwrap_or(0);
        let is_hidden = flags & HIDDEN != 0 || layers.hides(annotation, b"OC");
        let [x0, y0, x1, y1] = annotation.get::<[f64; 4]>("Rect").unwrap_or_default();
        let place = Area::of(&[(x0, y0), (x1, y1)]);
        let word = match kind.as_ref() {
            b"Popup" => return None,
            b"Link" | b"PrinterMark" | b"TrapNet" | b"Watermark" => None,
            b"Widget" if is_button(annotation) => None,
            b"Widget" => Some("Field"),
            b"FreeText" => Some("Text box"),
            b"Stamp" => Some("Stamp"),
            b"FileAttachment" => Some("Attached file"),
            b"Redact" => Some("Redaction"),
            _ => Some("Comment"),
        };
        let text = match kind.as_ref() {
            _ if word.is_none() => String::new(),
            b"Widget" => value(annotation),
            _ => string(annotation, "Contents").unwrap_or_default(),
        };
        let label = word.map(|word| {
            let who =
                if kind.as_ref() == b"Widget" { name(annotation) } else { signed(annotation) };
            let hidden = if is_hidden { "Hidden: " } else { "" };
            match who {
                Some(who) => format!("{hidden}{word} ({who}): "),
                None => format!("{hidden}{word}: "),
            }
        });
        let appearance = if is_hidden { None } else { appearance(annotation, &place) };
        let is_redaction = kind.as_ref() == b"Redact";
        let is_state =
            word == Some("Field") && kind_of_field(annotation).as_deref() == Some(b"Btn");
        Some(Self { appearance, label, text, is_state, place, is_redaction })
    }

    /// What it says beyond what its appearance shows.
    pub(super) fn unseen(&self, shown: &str) -> &str {
        if shown.trim().is_empty() {
            return self.text.trim();
        }
        let letters = |text: &str| -> String {
            text.nfkc().flat_map(char::to_lowercase).filter(|one| one.is_alphanumeric()).collect()
        };
        let said = letters(&self.text);
        // A sign alone, such as a tick, has no letters to compare; the name of a state is for machines.
        let is_shown = self.is_state || said.is_empty() || letters(shown).contains(&said);
        if is_shown { "" } else { self.text.trim() }
    }
}

/// What a visible annotation draws, and the map that brings it to its place (ISO 32000-1, 12.5.5).
fn appearance<'a>(annotation: &Dict<'a>, to: &Area) -> Option<(Stream<'a>, Matrix)> {
    let states = annotation.get::<Dict<'a>>("AP")?;
    let form = match states.get::<Object<'a>>("N")? {
        Object::Stream(form) => form,
        Object::Dict(states) => states.get::<Stream<'a>>(annotation.get::<Name<'_>>("AS")?)?,
        _ => return None,
    };
    let dict = form.dict();
    let own = dict.get::<[f64; 6]>("Matrix").map_or(Matrix::IDENTITY, Matrix);
    let [a, b, c, d] = dict.get::<[f64; 4]>("BBox")?;
    let from = own.area(a, b, c, d);
    let scale = |to: f64, from: f64| if from > 0.0 { to / from } else { 1.0 };
    let (x, y) = (scale(to.width(), from.width()), scale(to.height(), from.height()));
    let place = Matrix([x, 0.0, 0.0, y, to.left - from.left * x, to.top - from.top * y]);
    Some((form, place))
}

/// A text of an annotation, with its lines.
fn string(dict: &Dict<'_>, key: &str) -> Option<String> {
    let text = match dict.get::<Object<'_>>(key)? {
        Object::String(text) => text_string(&text),
        Object::Stream(text) => text_string(&decode(&text)?),
        _ => return None,
    };
    Some(text.replace("\r\n", "\n").replace('\r', "\n").chars().take(MAX_TEXT).collect())
}

/// Who wrote an annotation, and on which day it was last changed.
fn signed(annotation: &Dict<'_>) -> Option<String> {
    let who = string(annotation, "T").as_deref().and_then(one_line);
    let day = annotation.get::<Bytes<'_>>("M").and_then(|date| day(&text_string(&date)));
    match (who, day) {
        (Some(who), Some(day)) => Some(format!("{who}, {day}")),
        (who, day) => who.or(day),
    }
}

/// The day of a date (ISO 32000-1, 7.9.4).
fn day(date: &str) -> Option<String> {
    let digits = date.strip_prefix("D:").unwrap_or(date).get(..8)?;
    let ((year, rest), is_day) =
        (digits.split_at_checked(4)?, digits.bytes().all(|one| one.is_ascii_digit()));
    let (month, day) = rest.split_at_checked(2)?;
    is_day.then(|| format!("{year}-{month}-{day}"))
}

/// A field and those that it is a part of, from within.
fn ancestors<'a>(field: &Dict<'a>) -> Vec<Dict<'a>> {
    let mut all = vec![field.clone()];
    while all.len() < MAX_PARENTS
        && let Some(parent) = all.last().and_then(|field| field.get::<Dict<'a>>("Parent"))
    {
        all.push(parent);
    }
    all
}

/// The name of a field: as people read it, or else with the names of what it is a part of.
fn name(field: &Dict<'_>) -> Option<String> {
    let all = ancestors(field);
    let shown = all.iter().find_map(|one| string(one, "TU"));
    let parts = || -> Vec<String> {
        all.iter()
            .rev()
            .filter_map(|one| string(one, "T"))
            .filter(|part| !part.is_empty())
            .collect()
    };
    one_line(&shown.unwrap_or_else(|| parts().join(".")))
}

/// What kind of field it is.
fn kind_of_field<'a>(field: &Dict<'a>) -> Option<Name<'a>> {
    ancestors(field).iter().find_map(|one| one.get::<Name<'a>>("FT"))
}

/// Whether a field is one to press, which has no value.
fn is_button(field: &Dict<'_>) -> bool {
    const PUSH: u32 = 1 << 16;
    let all = ancestors(field);
    let kind = kind_of_field(field);
    let flags = all.iter().find_map(|one| one.get::<u32>("Ff")).unwrap_or(0);
    kind.as_deref() == Some(b"Btn") && flags & PUSH != 0
}

/// The value of a field: its text, what is chosen in it, or the state of a box to tick, if that is not empty.
fn value(field: &Dict<'_>) -> String {
    let all = ancestors(field);
    let kind = kind_of_field(field);
    if kind.as_deref() == Some(b"Btn") {
        let state = field.get::<Name<'_>>("AS").filter(|state| state.as_ref() != b"Off");
        return state.map(|state| text_string(state.as_ref())).unwrap_or_default();
    }
    let Some(holder) = all.iter().find(|one| one.contains_key("V")) else { return String::new() };
    match holder.get::<Object<'_>>("V") {
        Some(Object::Array(chosen)) => {
            let one = |item| match item {
                Object::String(text) => Some(text_string(&text)),
                _ => None,
            };
            let chosen: Vec<String> =
                chosen.iter::<Object<'_>>().take(1_000).filter_map(one).collect();
            chosen.join("\n").chars().take(MAX_TEXT).collect()
        }
        _ => string(holder, "V").unwrap_or_default(),
    }
}
