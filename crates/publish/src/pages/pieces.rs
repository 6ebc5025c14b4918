//! Small pieces that several pages share.

use maud::{Markup, html};
use witnessmark_model::leaf::Field;
use witnessmark_model::payload::{Act, Bound};

use crate::entry::{entry_path, part_path, payload_path, proof_path};
use crate::figure;
use crate::input::Words;
use crate::resolve::{Edition, Exhibit};
use crate::script;

/// A digest that wraps between groups of eight digits and is copied without breaks.
pub(super) fn digest(hex: &str) -> Markup {
    let groups: Vec<&str> = hex
        .as_bytes()
        .chunks(8)
        .map(|group| std::str::from_utf8(group).unwrap_or_default())
        .collect();
    html! { code.digest { @for group in groups { (group) wbr; } } }
}

/// Text in its own language and direction.
pub(super) fn foreign(text: &str, language: &str) -> Markup {
    html! { bdi lang=(script::tag(language)) dir=(script::direction(language)) { (text) } }
}

/// The title of an exhibit in its own language, or else its name.
pub(super) fn exhibit_title(exhibit: &Exhibit<'_>) -> Markup {
    match &exhibit.given.title {
        Some(title) if !title.trim().is_empty() => foreign(title, &exhibit.given.language),
        _ => html! { bdi { (exhibit.given.name) } },
    }
}

/// How firmly it is said, as a mark with a border of its own kind; nothing when it is stated without reserve.
pub(super) fn mark(act: &Act, words: &Words) -> Markup {
    let firmness = figure::firmness(&act.modality, words);
    html! {
        @if !firmness.mark.is_empty() {
            span class={ "mark mark-" (firmness.class) } {
                @if firmness.class == "possible" { "“" (firmness.mark) "”" } @else { (firmness.mark) }
            }
            " "
        }
    }
}

/// A quoted figure with bound and unit, every digit kept.
pub(super) fn quoted_figure(act: &Act, words: &Words) -> Markup {
    let Some(quantity) = &act.quantity else {
        return html! { span.figure { span.unit { "No number given" } } };
    };
    let printed = figure::printed(quantity, words);
    html! {
        span.figure {
            @if quantity.bound == Bound::All {
                span.digits.words { "all" } " "
            } @else {
                @if !printed.bound.is_empty() { span.bound { (printed.bound) } " " }
                @for (place, number) in printed.number.split(" and ").enumerate() {
                    @if place > 0 { " " span.bound { "and" } " " }
                    span.digits { (number) }
                }
                " "
            }
            span.unit { (printed.unit) }
        }
    }
}

/// Links to everything that the dossier holds of one entry.
pub(super) fn entry_files(edition: &Edition<'_>, index: u64, up: &str) -> Markup {
    let Some(entry) = edition.entries.get(&index) else { return html! {} };
    let says = entry.part(0);
    let object = entry.given.open.get(&Field::Object).filter(|_| edition.input.sealed);
    html! {
        ul.files {
            li { a href={ (up) (entry_path(index)) } { (entry_path(index)) } " " span.aside { "the opened entry" } }
            @if entry.payload.is_some() {
                li { a href={ (up) (payload_path(index)) } { (payload_path(index)) } " " span.aside { "what it says" } }
            }
            li { a href={ (up) (proof_path(index)) } { (proof_path(index)) } " " span.aside { "that it is in the log" } }
            @for part in entry.given.parts.iter().filter(|part| part.bytes.is_some()) {
                li { a.digest-link href={ (up) (part_path(&part.sha256)) } { "parts/" (digest(&part.sha256.hex())) } " " span.aside { "bytes of part " (part.index) } }
            }
        }
        @if let Some(says) = says {
            p.object { span.label { "SHA-256 of what it says" } " " (digest(&says.sha256.hex())) }
        }
        @if let Some(object) = object {
            p.object { span.label { "SHA-256 of it as sealed" } " " (digest(&object.value)) " " span.aside { "Only the case’s keeper has those bytes: nobody else can compare this one." } }
        }
    }
}

/// A command for a terminal, and what it must print.
pub(super) fn command(line: &str, prints: Option<&Markup>) -> Markup {
    html! {
        pre.command { code { (line) } }
        @if let Some(prints) = prints {
            p.prints-label { "It must print:" }
            pre.prints { (prints) }
        }
    }
}
