//! The first page: what this is, the numbers, the estimate, who rests on whom, the exhibits, what checks prove.

use maud::{Markup, html};

use super::bounds_picture::{bar, hatching};
use super::layout::{self, Place};
use super::lineage_picture;
use super::pieces::{entry_files, exhibit_title, mark, quoted_figure};
use crate::figure;
use crate::input::{Level, PlaceBounds, Role};
use crate::manifest::{exhibit_page, number_page};
use crate::resolve::{Edition, Estimate};
use crate::{script, when};

/// `index.html`.
pub(super) fn page(edition: &Edition<'_>) -> String {
    let body = html! {
        (opening(edition))
        (numbers(edition))
        @if !edition.estimates.is_empty() {
            section #estimates aria-labelledby="estimates-title" {
                h2 #estimates-title { @if edition.estimates.len() == 1 { "Estimate" } @else { "Estimates" } }
                (hatching())
                @for estimate in &edition.estimates { (one_estimate(edition, estimate)) }
            }
        }
        (lineage(edition))
        (exhibits(edition))
        (limits())
    };
    layout::page(edition, Place::Front, "", &body)
}

fn counted(count: usize, one: &str, many: &str) -> String {
    if count == 1 { format!("one {one}") } else { format!("{count} {many}") }
}

fn opening(edition: &Edition<'_>) -> Markup {
    let numbers = counted(edition.numbers.len(), "number", "numbers");
    let exhibits = counted(edition.exhibits.len(), "document", "documents");
    let cleared = edition.exhibits.iter().filter(|exhibit| exhibit.given.text.is_some()).count();
    html! {
        div.opening {
            p.kicker { "Dossier · " (when::in_words(&edition.input.day)) }
            h1 { bdi { (edition.input.title) } }
            div.opening-words { p.lead {
                "This dossier sets out " (numbers) " read in " (exhibits) ". Each number has a page that leads from the printed figure back to the bytes it was read in: "
                "the words themselves, whom the document rests on, what was done with our copy, and a proof that all this was written down and not changed since."
            }
            p.lead-limit { strong { "That a number stands here does not mean that it is true." } " It means that this source says so." } }
            dl.facts {
                div { dt { "Numbers" } dd { (edition.numbers.len()) } }
                div { dt { "Documents" } dd { (edition.exhibits.len()) } }
                div { dt { "Shown in full" } dd { (cleared) } }
                div { dt { "Log entries opened" } dd { (edition.entries.len()) " of " (edition.checkpoint.size) } }
            }
        }
    }
}

fn numbers(edition: &Edition<'_>) -> Markup {
    let words = &edition.input.words;
    html! {
        section #numbers aria-labelledby="numbers-title" {
            h2 #numbers-title { "The numbers" }
            p.section-note { "Quoted figures, as their sources give them, with every digit. They may speak of the same people and are not to be added up." }
            ol.cards {
                @for number in &edition.numbers {
                    @let act = &number.given.act;
                    li.card {
                        p.card-id aria-hidden="true" { (number.id) }
                        div.card-figure {
                            h3 { a href=(number_page(&number.id)) { span.visually-hidden { "Number " (number.id) ": " } (mark(act, words)) (quoted_figure(act, words)) } }
                        }
                        div.card-what {
                            p.card-place {
                                @if let Some(place) = &act.place { strong { bdi { (place.name) } } " (" (place.level) ")" } @else { "No place given" }
                                @let span = when::span(act.from.as_deref(), act.to.as_deref());
                                @if !span.is_empty() { ", " (span) }
                            }
                            p.card-act { (figure::act(&act.code, words)) }
                        }
                        div.card-source {
                            @if let Some(exhibit) = edition.exhibit_for(number) {
                                p { (exhibit_title(exhibit)) " " a.id href=(exhibit_page(&exhibit.id)) aria-label={ "Exhibit " (exhibit.id) } { (exhibit.id) } }
                            }
                            p.card-corroboration { (number.given.corroboration) }
                        }
                    }
                }
            }
        }
    }
}

fn one_estimate(edition: &Edition<'_>, estimate: &Estimate<'_>) -> Markup {
    let given = estimate.given;
    let whole = |text: &Option<String>| text.as_deref().and_then(|text| text.parse::<u64>().ok());
    let (low, high) = (whole(&estimate.payload.low), whole(&estimate.payload.high));
    let refused = estimate.payload.kind == "refused" || (low.is_none() && high.is_none());
    html! {
        article.estimate id=(estimate.id) {
            header {
                p.kicker { "Our estimate, not a count" }
                h3 { (given.question) }
            }
            @if refused {
                p.bounds.refused { "No figure is given." }
            } @else {
                p.bounds {
                    @if let Some(low) = low { span.bound-end { span.bound { "at least" } " " span.digits { (estimate.figures.low(low)) } } " " }
                    @if let Some(high) = high { span.bound-end { span.bound { "cannot exclude" } " " span.digits { (estimate.figures.high(high)) } } " " }
                    span.unit {
                        (given.unit)
                        @if let Some(population) = given.population { " of " (figure::every_digit(&population.to_string())) " residents" }
                        @if let Some(day) = &estimate.payload.as_of { ", by " (when::in_words(day)) }
                    }
                }
                @if let (Some(low), Some(high), Some(population)) = (low, high, given.population) {
                    (bar(low, high, population, &describe(&given.place, low, high, population, estimate)))
                    (legend())
                }
                p.section-note { "Our own figures have two significant digits, rounded outward. The truth may lie anywhere between the two." }
            }
            div.estimate-body {
            p.estimate-text { (estimate.payload.text) }
            @if let Some(documented) = given.documented {
                aside.documented aria-label="Documented, not estimated" {
                    p.label { "Documented, not estimated" }
                    p { span.digits { (figure::every_digit(&documented.to_string())) } " " span.unit { (given.unit) } }
                    p { "Stated outright by sources, nobody counted twice. A count of what was documented is another kind of number than an estimate: the two are never added." }
                }
            }
            }
            @if !given.contradictions.is_empty() {
                div.contradictions {
                    h4 { "Statements that cannot all be true" }
                    ul { @for set in &given.contradictions { li { (set.join(", ")) } } }
                }
            }
            @if !given.by_place.is_empty() { (by_place(edition, estimate)) }
            @if !given.statements.is_empty() { (statements(edition, estimate)) }
            h4 { "What these figures assume" }
            @if given.assumptions.is_empty() {
                p { "That the statements are true as they were read, and that the table of residents is right. Nothing else." }
            } @else {
                ul.assumptions { @for line in &given.assumptions { li { (line) } } }
            }
            details {
                summary { "Proof files of this estimate" }
                (entry_files(edition, given.entry, ""))
            }
        }
    }
}

fn describe(place: &str, low: u64, high: u64, population: u64, estimate: &Estimate<'_>) -> String {
    format!(
        "{place}: at least {}, and {} cannot be excluded, of {} residents",
        estimate.figures.low(low),
        estimate.figures.high(high),
        figure::every_digit(&population.to_string())
    )
}

fn legend() -> Markup {
    html! {
        ul.legend {
            li { svg.swatch width="26" height="12" aria-hidden="true" focusable="false" { rect.bar-low width="26" height="12" {} } " implied at least" }
            li { svg.swatch width="26" height="12" aria-hidden="true" focusable="false" { rect.bar-track width="26" height="12" {} rect.bar-open width="26" height="12" fill="url(#hatch)" {} } " cannot be excluded" }
            li { svg.swatch width="26" height="12" aria-hidden="true" focusable="false" { rect.bar-track width="26" height="12" {} } " excluded by the sources" }
        }
    }
}

fn by_place(edition: &Edition<'_>, estimate: &Estimate<'_>) -> Markup {
    let given = estimate.given;
    let largest = given.by_place.iter().map(|row| row.high).max().unwrap_or(0);
    let row = |row: &PlaceBounds| {
        let whole = row.population.unwrap_or(largest);
        html! {
            tr {
                th scope="row" {
                    bdi { (row.place) }
                    @if let Some(level) = &row.level { " " span.aside { (level) } }
                    @if let Some(population) = row.population { span.residents { (figure::every_digit(&population.to_string())) " residents" } }
                }
                td {
                    (bar(row.low, row.high, whole, &describe(&row.place, row.low, row.high, whole, estimate)))
                    p.row-bounds {
                        @if row.low == row.high {
                            span.bound { "leaves only" } " " span.digits { (estimate.figures.low(row.low)) }
                        } @else {
                            span.bound { "at least" } " " span.digits { (estimate.figures.low(row.low)) } ", "
                            span.bound { "cannot exclude" } " " span.digits { (estimate.figures.high(row.high)) }
                        }
                    }
                    @if row.statements.is_empty() {
                        p.row-statements { "No usable statement." }
                    } @else {
                        p.row-statements { "From " (statement_links(edition, estimate, &row.statements)) }
                    }
                }
            }
        }
    };
    html! {
        h4 { "By place" }
        table.by-place {
            caption { "Each bar is all residents of that place" @if given.by_place.iter().any(|row| row.population.is_none()) { ", or where nobody knows how many, the highest figure here" } "." }
            thead { tr { th scope="col" { "Place" } th scope="col" { "Bounds" } } }
            tbody { @for place in &given.by_place { (row(place)) } }
        }
    }
}

fn statement_links(edition: &Edition<'_>, estimate: &Estimate<'_>, ids: &[String]) -> Markup {
    html! {
        @for (place, id) in ids.iter().enumerate() {
            @if place > 0 { ", " }
            @let claim = estimate.given.statements.iter().find(|line| line.id == *id).and_then(|line| line.claim);
            @match edition.number_of(claim) {
                Some(number) => a.id href=(number_page(&number.id)) aria-label={ "Number " (number.id) } { (number.id) },
                None => span.aside { (id) },
            }
        }
    }
}

fn statements(edition: &Edition<'_>, estimate: &Estimate<'_>) -> Markup {
    html! {
        h4 { "What went in" }
        ul.statements {
            @for line in &estimate.given.statements {
                li {
                    (line.reading) " "
                    @match edition.number_of(line.claim) {
                        Some(number) => a.id href=(number_page(&number.id)) aria-label={ "Number " (number.id) } { (number.id) },
                        None => span.aside { (line.id) ", without a page here" },
                    }
                }
            }
        }
    }
}

fn lineage(edition: &Edition<'_>) -> Markup {
    let lineage = &edition.input.lineage;
    html! {
        section #lineage aria-labelledby="lineage-heading" {
            h2 #lineage-heading { "Who rests on whom" }
            p.section-note { "Many documents may repeat one. What counts is how many origins there are, not how many documents." }
            @if !lineage.corroboration.is_empty() { p.corroboration { (lineage.corroboration) } }
            @if lineage.nodes.is_empty() {
                p { "No decision on who rests on whom has been made. What is unknown is never counted as independent." }
            } @else {
                figure {
                    div.picture-scroll tabindex="0" role="region" aria-label="Picture: who rests on whom" { (lineage_picture::picture(lineage)) }
                    figcaption {
                        ul.legend {
                            li { svg.swatch width="34" height="12" aria-hidden="true" focusable="false" { line.edge.edge-text x1="0" y1="6" x2="34" y2="6" {} } " took its text from" }
                            li { svg.swatch width="34" height="12" aria-hidden="true" focusable="false" { line.edge.edge-evidence x1="0" y1="6" x2="34" y2="6" {} } " rests on it as evidence" }
                            li { "thick edge: origin" }
                            li { "broken frame: unknown" }
                        }
                    }
                }
                details.in-words open {
                    summary { "The same in words" }
                    ul.lineage-words { @for node in &lineage.nodes { (node_in_words(edition, node)) } }
                }
            }
        }
    }
}

fn node_in_words(edition: &Edition<'_>, node: &crate::input::LineageNode) -> Markup {
    let lineage = &edition.input.lineage;
    let name = |key: &str| {
        let found = lineage.nodes.iter().find(|other| other.key == key);
        found.map_or_else(|| key.to_owned(), |other| other.name.clone())
    };
    let exhibit = edition.exhibit_of(node.capture);
    html! {
        li {
            bdi.name { (node.name) } " "
            @if let Some(exhibit) = exhibit { a.id href=(exhibit_page(&exhibit.id)) aria-label={ "Exhibit " (exhibit.id) } { (exhibit.id) } " " }
            @match node.role {
                Role::Origin => span.role { "origin: the first to say it" },
                Role::Unknown => span.role { "unknown: nobody knows whom it rests on, so it counts for nothing" },
                Role::Later => {},
            }
            @for level in [Level::Text, Level::Evidence] {
                @let edges: Vec<_> = lineage.edges.iter().filter(|edge| edge.later == node.key && edge.level == level).collect();
                @if !edges.is_empty() {
                    span.rests {
                        (if level == Level::Text { "took its text from " } else { "rests, as evidence, on " })
                        @for (place, edge) in edges.iter().enumerate() {
                            @if place > 0 { "; " }
                            bdi { (name(&edge.earlier)) } " (" (edge.kind) ")"
                        }
                    }
                }
            }
        }
    }
}

fn exhibits(edition: &Edition<'_>) -> Markup {
    html! {
        section #exhibits aria-labelledby="exhibits-title" {
            h2 #exhibits-title { "Exhibits" }
            p.section-note { "The documents that the numbers were read in, each kept byte for byte." }
            ol.exhibits {
                @for exhibit in &edition.exhibits {
                    li {
                        p.exhibit-head { a.id href=(exhibit_page(&exhibit.id)) aria-label={ "Exhibit " (exhibit.id) } { (exhibit.id) } " " (exhibit_title(exhibit)) }
                        p.exhibit-facts {
                            (script::name(&exhibit.given.language))
                            @if let Some(published) = &exhibit.given.published { " · published " (when::in_words(published)) }
                            " · kept " (when::in_words(exhibit.day))
                            " · " (if exhibit.given.text.is_some() { "shown in full" } else { "passages only" })
                        }
                    }
                }
            }
        }
    }
}

/// What a check of this dossier proves, in the words that the checkers use.
pub(super) fn proves() -> Markup {
    html! {
        ul {
            li { "The files are the ones that the holder of the log’s key signed for. None was changed, added or removed since." }
            li { "Every entry shown stands at its place in the log, and what is shown of it is what was committed to when it was entered." }
            li { "Each number leads to its claim, its passage, the text it was read from, and the digest of the captured bytes. Where the text is included, the quoted words stand in it at the place named." }
        }
    }
}

/// What no check of this dossier can prove.
pub(super) fn does_not_prove() -> Markup {
    html! {
        ul {
            li { strong { "Truth." } " That what a source says is so." }
            li { strong { "Authorship." } " Who really wrote it, or that a page was served by the site whose address it bears." }
            li { strong { "Completeness." } " That nothing was left out: other entries, other evidence, a later correction." }
            li { strong { "Time." } " When something happened. Days are the word of the log’s keeper; before its first outside timestamp or cosignature, the holder of the key could have rewritten the whole log." }
            li { strong { "Persons." } " Who held a key, or whether they signed freely. A signature says that this key signed." }
            li { strong { "Reading." } " That the text was read correctly out of the captured bytes, or that our reading of it is right." }
        }
    }
}

fn limits() -> Markup {
    html! {
        section #limits aria-labelledby="limits-title" {
            h2 #limits-title { "What these checks prove, and what they do not" }
            div.two {
                div { h3 { "They prove" } (proves()) }
                div { h3 { "They do not prove" } (does_not_prove()) }
            }
            p { a href="check/index.html" { "How to check this dossier, step by step" } "." }
        }
    }
}
