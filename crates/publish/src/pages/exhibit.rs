//! The page of one exhibit: what it is, and its text as far as it was cleared.

use maud::{Markup, html};
use witnessmark_model::payload::Payload;

use super::highlight::{Highlight, marked};
use super::layout::{self, Place};
use super::pieces::{digest, entry_files, exhibit_title, mark, quoted_figure};
use crate::manifest::number_page;
use crate::resolve::{Edition, Exhibit, Passage};
use crate::{script, when};

/// `exhibits/<id>.html`.
pub(super) fn page(edition: &Edition<'_>, exhibit: &Exhibit<'_>) -> String {
    let given = exhibit.given;
    let body = html! {
        article.exhibit {
            header.exhibit-header {
                p.kicker { "Exhibit " span.id { (exhibit.id) } }
                h1 { (exhibit_title(exhibit)) }
            }
            section aria-labelledby="what-title" {
                h2 #what-title { "What this is" }
                dl.fields {
                    @if let Some(url) = &given.url { div { dt { "Address" } dd.address { bdi { (url) } span.definition { "Printed, not linked: opening it would tell its owner that somebody is looking." } } } }
                    div { dt { (if exhibit.in_archive { "Archive" } else { "File" }) } dd { bdi { (given.name) } @if exhibit.in_archive { ", record " (given.part.saturating_sub(1)) } } }
                    div { dt { "Type" } dd { (given.media_type) } }
                    div { dt { "Language" } dd { (script::name(&given.language)) } }
                    div { dt { "Published" } dd { @match &given.published { Some(day) => { (when::in_words(day)) span.definition { "As the page itself, or whoever added it, says." } }, None => "Not known" } } }
                    div { dt { "Kept" } dd { (when::in_words(exhibit.day)) span.definition { "The day our copy entered the log, by the word of its keeper." } } }
                    div { dt { "SHA-256" } dd { (digest(&exhibit.sha256.hex())) span.definition { "Of the bytes that were read. It equals the digest recorded when the copy was kept. " (if exhibit.has_bytes { "The bytes are in this dossier." } else { "The bytes are not in this dossier." }) } } }
                }
            }
            (numbers(edition, exhibit))
            (text(edition, exhibit))
            section aria-labelledby="files-title" {
                h2 #files-title { "Proof files" }
                p.aside { "Log entry " (given.entry) ", " (when::in_words(exhibit.day)) }
                (entry_files(edition, given.entry, "../"))
                @if let Some(text) = &given.text {
                    p.aside { "Log entry " (text.entry) ": its text" }
                    (entry_files(edition, text.entry, "../"))
                }
            }
        }
    };
    let name = given.title.as_deref().unwrap_or(&given.name);
    layout::page(edition, Place::Inside, &format!("{}: {name}", exhibit.id), &body)
}

fn numbers(edition: &Edition<'_>, exhibit: &Exhibit<'_>) -> Markup {
    html! {
        @if !exhibit.passages.is_empty() {
            section aria-labelledby="read-title" {
                h2 #read-title { "What was read in it" }
                ul.read {
                    @for passage in &exhibit.passages {
                        @for number in passage.numbers.iter().filter_map(|at| edition.numbers.get(*at)) {
                            li {
                                a.id href={ "../" (number_page(&number.id)) } aria-label={ "Number " (number.id) } { (number.id) } " "
                                (mark(&number.given.act, &edition.input.words)) (quoted_figure(&number.given.act, &edition.input.words))
                                " " a href={ "#" (passage.anchor) } { "its passage below" }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn back(edition: &Edition<'_>, passage: &Passage) -> Markup {
    html! {
        span.back lang="en" dir="ltr" {
            @for number in passage.numbers.iter().filter_map(|at| edition.numbers.get(*at)) {
                " " a.id href={ "../" (number_page(&number.id)) } aria-label={ "Number " (number.id) ", read in the words before" } { (number.id) }
            }
        }
    }
}

/// What recognised words of a text in pictures, if anything did, as the extraction's reader says behind its own name and
/// version.
fn recogniser(edition: &Edition<'_>, entry: u64) -> Option<String> {
    let Some(Payload::Extraction(found)) = &edition.entries.get(&entry)?.payload else {
        return None;
    };
    let (_, recogniser) = found.extractor.version.split_once(' ')?;
    Some(recogniser.to_owned())
}

fn text(edition: &Edition<'_>, exhibit: &Exhibit<'_>) -> Markup {
    let given = exhibit.given;
    let (language, direction) = (script::tag(&given.language), script::direction(&given.language));
    let apart = |passage: &&Passage| !passage.in_text;
    let quoted = |passage: &Passage| {
        let around = &passage.passage;
        html! {
            blockquote.piece id=(passage.anchor) lang=(language) dir=(direction) {
                p { span.beside { "…" (around.prefix) } mark { (around.exact) } span.beside { (around.suffix) "…" } (back(edition, passage)) }
            }
        }
    };
    let Some(cleared) = &given.text else {
        return html! {
            section aria-labelledby="text-title" {
                h2 #text-title { "Its passages" }
                p.withheld { "The rest of this document is withheld. This redacted copy cannot be checked against the original." }
                @for passage in &exhibit.passages { (quoted(passage)) }
            }
        };
    };
    let place = |position: u64| usize::try_from(position).unwrap_or(usize::MAX);
    let highlights: Vec<Highlight> = exhibit
        .passages
        .iter()
        .filter(|passage| passage.in_text)
        .map(|passage| Highlight {
            start: place(passage.passage.start),
            end: place(passage.passage.end),
            anchor: passage.anchor.clone(),
            after: back(edition, passage),
        })
        .collect();
    html! {
        section aria-labelledby="text-title" {
            h2 #text-title { "Its text, in full" }
            p.section-note { "As it was read out of our copy: without pictures and layout. Marked: what the numbers were read in." }
            @if let Some(reader) = recogniser(edition, cleared.entry) {
                p.scanned { "A program read words of it in pictures (" (reader) "). Nobody has compared them but for those that numbers rest on: take none of the others, and no figure in them, for what the picture says." }
            }
            @if exhibit.passages.iter().any(|passage| apart(&passage)) {
                p.section-note { "These passages were read in an earlier reading of the same copy:" }
                @for passage in exhibit.passages.iter().filter(apart) { (quoted(passage)) }
            }
            div.text lang=(language) dir=(direction) { (marked(&cleared.text, &highlights)) }
        }
    }
}
