//! The page of one number: from the printed figure back to the kept bytes.

use maud::{Markup, html};

use super::by_hand;
use super::highlight::{Highlight, marked};
use super::layout::{self, Place};
use super::pieces::{digest, entry_files, exhibit_title, mark, quoted_figure};
use crate::entry::{entry_path, payload_path};
use crate::error::PublishError;
use crate::figure;
use crate::input::{Chain, ChainEnd, Hop};
use crate::manifest::{exhibit_page, number_page};
use crate::resolve::{Edition, Exhibit, Number};
use crate::{script, when};

/// How much of the neighbouring lines is shown on either side of a passage, in code points.
const CONTEXT: usize = 320;

/// `numbers/<id>.html`; `at` is the number's position.
pub(super) fn page(
    edition: &Edition<'_>,
    number: &Number<'_>,
    at: usize,
) -> Result<String, PublishError> {
    let words = &edition.input.words;
    let act = &number.given.act;
    let firmness = figure::firmness(&act.modality, words);
    let exhibit = edition.exhibit_for(number);
    let body = html! {
        article.number {
            header.number-head {
                p.kicker { "Number " span.id { (number.id) } " · " (at + 1) " of " (edition.numbers.len()) }
                h1 { (mark(act, words)) (quoted_figure(act, words)) }
                p.claim { (figure::sentence(act, words)) }
                p.firmness { (firmness.sentence) }
            }
            div.pair {
                @if let Some(exhibit) = exhibit { (passage(edition, number, exhibit)) }
                (reading(edition, number))
            }
            (rests_on(edition, number))
            (history(edition, number))
            (custody(edition, number))
            (files(edition, number, exhibit))
            (by_hand::section(edition, number, exhibit)?)
            (neighbours(edition, at))
        }
    };
    let title = format!("{}: {}", number.id, figure::headline(act, words));
    Ok(layout::page(edition, Place::Inside, &title, &body))
}

fn passage(edition: &Edition<'_>, number: &Number<'_>, exhibit: &Exhibit<'_>) -> Markup {
    let language = script::tag(&number.extraction.language);
    let shown = exhibit.passages.iter().find(|shown| shown.passage.id == number.passage.id);
    let anchor = shown.map(|shown| shown.anchor.clone()).unwrap_or_default();
    html! {
        section.said aria-labelledby="said-title" {
            h2 #said-title { "What the source says" }
            figure.quotation {
                blockquote lang=(language) dir=(script::direction(&number.extraction.language)) { p { (in_context(number, exhibit)) } }
                figcaption {
                    (exhibit_title(exhibit))
                    span.caption-facts {
                        (script::name(&number.extraction.language))
                        @if let Some(published) = &exhibit.given.published { " · published " (when::in_words(published)) }
                        " · kept " (when::in_words(exhibit.day)) " · "
                        a href={ "../" (exhibit_page(&exhibit.id)) "#" (anchor) } { "read it in exhibit " (exhibit.id) }
                    }
                    @if let Some(url) = &exhibit.given.url { span.address { bdi { (url) } } }
                }
            }
            (scanned(edition, number))
            @if exhibit.given.text.is_none() {
                p.withheld { "Only these words and those beside them are shown; the rest of the document is withheld. This redacted copy cannot be checked against the original." }
            }
        }
    }
}

/// Of words that OCR read: by what, and who compared them with the picture.
fn scanned(edition: &Edition<'_>, number: &Number<'_>) -> Markup {
    let (Some((on_picture, confirmed)), Some(given)) = (&number.scan, number.given.scan) else {
        return html! {};
    };
    let index = given.confirmed_entry;
    let day = edition.entries.get(&index).map(|entry| when::in_words(entry.day));
    let least = on_picture.lines.iter().filter_map(|line| line.confidence).min();
    html! {
        p.scanned {
            "These words were read in a picture by a program (" (on_picture.reader) @if let Some(least) = least { ", sure of its least certain line by " (least) " %" } "). "
            "By " a href={ "../" (payload_path(index)) } { "entry " (index) } " of the log they were compared with the picture"
            @if let Some(day) = day { " on " (day) }
            @if let Some(name) = &confirmed.by { " by “" bdi { (name) } "”" }
            @match &confirmed.reads {
                Some(reads) => { ", and it reads “" bdi { (reads) } "”." },
                None => { ", and it reads the same." },
            }
        }
    }
}

/// The marked words with the line they stand in and its neighbours, or with what the passage itself keeps around them.
fn in_context(number: &Number<'_>, exhibit: &Exhibit<'_>) -> Markup {
    let passage = &number.passage;
    let whole =
        exhibit.given.text.as_ref().filter(|text| text.entry == number.given.extraction_entry);
    let Some(whole) = whole else {
        return html! { span.beside { "…" (passage.prefix) } mark { (passage.exact) } span.beside { (passage.suffix) "…" } };
    };
    let characters: Vec<char> = whole.text.chars().collect();
    let place =
        |position: u64| usize::try_from(position).unwrap_or(usize::MAX).min(characters.len());
    let (start, end) = (place(passage.start), place(passage.end));
    let before = line_border(characters.get(..start).unwrap_or_default().iter().rev());
    let after = line_border(characters.get(end..).unwrap_or_default().iter());
    let (from, to) =
        (start.saturating_sub(before), end.saturating_add(after).min(characters.len()));
    let shown: String = characters.get(from..to).unwrap_or_default().iter().collect();
    let highlight = Highlight {
        start: start - from,
        end: end - from,
        anchor: "quoted".to_owned(),
        after: html! {},
    };
    html! {
        @if from > 0 { span.cut { "… " } }
        (marked(&shown, &[highlight]))
        @if to < characters.len() { span.cut { " …" } }
    }
}

/// How many characters to show in one direction: to the end of the next line that is not empty; where that is further
/// than [`CONTEXT`], to the last border of a word before it.
fn line_border<'c>(characters: impl Iterator<Item = &'c char>) -> usize {
    let (mut lines, mut word_border, mut last) = (0, 0, '\n');
    let mut characters = characters.enumerate();
    for (count, character) in characters.by_ref().take(CONTEXT) {
        if *character == '\n' && last != '\n' {
            lines += 1;
            if lines == 2 {
                return count;
            }
        }
        if character.is_whitespace() || matches!(character, '\u{0F0B}' | '，' | '。' | '、') {
            word_border = count;
        }
        last = *character;
    }
    match characters.next() {
        Some(_) if word_border > 0 => word_border,
        Some((count, _)) => count,
        None => usize::MAX,
    }
}

fn reading(edition: &Edition<'_>, number: &Number<'_>) -> Markup {
    let words = &edition.input.words;
    let act = &number.given.act;
    let definition = words.acts.get(&act.code).and_then(|word| word.definition.as_deref());
    html! {
        section.reading aria-labelledby="reading-title" {
            h2 #reading-title { "How we read it" }
            p.section-note { "Our coding of the passage, in our words. Not a quotation." }
            dl.fields {
                div { dt { "Act" } dd { (figure::act(&act.code, words)) @if let Some(definition) = definition { span.definition { (definition) } } } }
                @if let Some(place) = &act.place { div { dt { "Place" } dd { bdi { (place.name) } " (" (place.level) ")" } } }
                @let span = when::span(act.from.as_deref(), act.to.as_deref());
                @if !span.is_empty() { div { dt { "When" } dd { (span) } } }
                @if let Some(quantity) = &act.quantity {
                    div { dt { "How many" } dd { (figure::printed(quantity, words).line()) span.definition { (figure::bound_in_words(quantity.bound)) } } }
                }
                div { dt { "How firmly" } dd { (figure::firmness(&act.modality, words).sentence) } }
                div { dt { "On whose word" } dd { @match &act.attributed_to { Some(who) => bdi { (who) }, None => "Nobody is named" } } }
                @if let Some(grades) = &number.given.grades {
                    @if let Some(letter) = &grades.source { div { dt { "Source" } dd { (letter) ": " (figure::source_grade(letter)) span.definition { "A person’s judgement of the source, A to F (Admiralty code). Not a probability." } } } }
                    @if let Some(digit) = &grades.item { div { dt { "Item" } dd { (digit) ": " (figure::item_grade(digit)) span.definition { "A person’s judgement of this piece of information, 1 to 6, apart from that of its source." } } } }
                }
                @if let Some(note) = &number.given.note { div { dt { "Remark" } dd { bdi { (note) } } } }
            }
        }
    }
}

fn rests_on(edition: &Edition<'_>, number: &Number<'_>) -> Markup {
    let rests_on = &number.given.rests_on;
    let nothing = rests_on.text.is_empty() && rests_on.evidence.is_empty();
    html! {
        section.lineage-section aria-labelledby="rests-title" {
            h2 #rests-title { "Whom it rests on" }
            p.corroboration { (number.given.corroboration) }
            @if nothing {
                p { "No decision on whom this document rests on has been made. What is unknown is never counted as independent." }
            }
            @if !rests_on.text.is_empty() {
                h3 { "Who wrote it first" }
                @for chain in &rests_on.text { (one_chain(edition, number, chain, true)) }
            }
            @if !rests_on.evidence.is_empty() {
                h3 { "Which evidence lies under it" }
                @match shared_way(&rests_on.evidence) {
                    Some(way) => (branches(edition, &rests_on.evidence, way)),
                    None => @for chain in &rests_on.evidence { (one_chain(edition, number, chain, false)) },
                }
            }
        }
    }
}

/// How many first hops all of several chains share, if each goes on with just one more.
fn shared_way(chains: &[Chain]) -> Option<usize> {
    let (first, others) = chains.split_first().filter(|(_, others)| !others.is_empty())?;
    let way = first.hops.len().checked_sub(1).filter(|way| *way > 0)?;
    let names = |chain: &Chain| -> Vec<String> {
        chain.hops.iter().take(way).map(|hop| hop.name.clone()).collect()
    };
    let alike = |chain: &Chain| chain.hops.len() == way + 1 && names(chain) == names(first);
    others.iter().all(alike).then_some(way)
}

fn branches(edition: &Edition<'_>, chains: &[Chain], way: usize) -> Markup {
    let over: Vec<&str> = chains
        .first()
        .map(|chain| chain.hops.iter().take(way).skip(1).map(|hop| hop.name.as_str()).collect())
        .unwrap_or_default();
    html! {
        p.branch-lead {
            @if over.is_empty() { "This document rests on " (chains.len()) " pieces of evidence:" }
            @else { "By way of " @for (place, name) in over.iter().enumerate() { @if place > 0 { ", then " } bdi { (name) } } ", it rests on " (chains.len()) " pieces of evidence:" }
        }
        ul.branches {
            @for chain in chains {
                @if let Some(hop) = chain.hops.last() {
                    li class=(if chain.end == ChainEnd::Origin { "hop-origin" } else { "hop-unknown" }) {
                        p.hop-name { (hop_name(edition, hop)) @if chain.end == ChainEnd::Unknown { " " span.aside { "unknown: counts for nothing" } } }
                        @if let Some(kind) = &hop.kind { p.hop-how { (kind) @if let Some(reason) = &hop.reason { ": " bdi { (reason) } } } }
                    }
                }
            }
        }
    }
}

fn hop_name(edition: &Edition<'_>, hop: &Hop) -> Markup {
    html! {
        bdi { (hop.name) }
        @if let Some(exhibit) = edition.exhibit_of(hop.capture) { " " a.id href={ "../" (exhibit_page(&exhibit.id)) } aria-label={ "Exhibit " (exhibit.id) } { (exhibit.id) } }
    }
}

/// What the document of a hop says of the same act in the same place, if that is one number of this dossier.
fn figure_there(edition: &Edition<'_>, number: &Number<'_>, hop: &Hop) -> Option<String> {
    let exhibit = edition.exhibit_of(hop.capture)?;
    let act = &number.given.act;
    let mut alike = edition.numbers.iter().filter(|other| {
        let there = &other.given.act;
        let same_place = there.place.as_ref().map(|place| &place.name)
            == act.place.as_ref().map(|place| &place.name);
        other.given.capture == exhibit.given.capture && there.code == act.code && same_place
    });
    let only = alike.next().filter(|_| alike.next().is_none())?;
    Some(figure::headline(&only.given.act, &edition.input.words))
}

fn one_chain(edition: &Edition<'_>, number: &Number<'_>, chain: &Chain, at_text: bool) -> Markup {
    let last = chain.hops.len().saturating_sub(1);
    let own = figure::headline(&number.given.act, &edition.input.words);
    let figures: Vec<Option<String>> = chain
        .hops
        .iter()
        .enumerate()
        .map(
            |(place, hop)| {
                if place == 0 { Some(own.clone()) } else { figure_there(edition, number, hop) }
            },
        )
        .collect();
    let other = figures.iter().flatten().find(|figure| **figure != own).filter(|_| at_text);
    html! {
        ol.chain {
            @for (place, (hop, figure)) in chain.hops.iter().zip(&figures).enumerate() {
                @let end = place == last;
                li class=(match (end, chain.end) { (false, _) => "hop", (true, ChainEnd::Origin) => "hop hop-origin", (true, ChainEnd::Unknown) => "hop hop-unknown" }) {
                    p.hop-name { (hop_name(edition, hop)) @if place == 0 { " " span.aside { "this document" } } }
                    @if let Some(figure) = figure { p.hop-figure { (figure) } }
                    @if end {
                        p.hop-end { (match chain.end { ChainEnd::Origin => "Origin: nothing earlier was found.", ChainEnd::Unknown => "Unknown: nobody knows whom this rests on, so it counts for nothing." }) }
                    }
                    @if let Some(next) = chain.hops.get(place + 1) {
                        p.hop-how { "↓ " (if at_text { "took it from" } else { "rests on" }) @if let Some(kind) = &next.kind { " · " (kind) } @if let Some(reason) = &next.reason { ": " bdi { (reason) } } }
                    }
                }
            }
        }
        @if let Some(other) = other {
            p.difference { strong { "A difference along this chain." } " “" (other) "” is how we read an earlier document; “" (own) "” is how we read this one. It is called a difference, not a distortion, until a person has judged it." }
        }
    }
}

fn history(edition: &Edition<'_>, number: &Number<'_>) -> Markup {
    html! {
        section aria-labelledby="history-title" {
            h2 #history-title { "What was changed, and why" }
            @if number.changes.is_empty() {
                p { "Nothing since our reading entered the log on " (when::in_words(number.day)) "." }
            } @else {
                ol.timeline {
                    li { p.day { (when::in_words(number.day)) } p { "Our reading was entered. " a href={ "../" (payload_path(number.given.claim_entry)) } { "Entry " (number.given.claim_entry) } } }
                    @for (index, change) in &number.changes {
                        li {
                            p.day { @if let Some(entry) = edition.entries.get(index) { (when::in_words(entry.day)) } }
                            @for one in &change.changes {
                                p { span.field { (one.field) } ": "
                                    @match &one.was { Some(was) => del { bdi { (was) } }, None => span.aside { "nothing" } }
                                    " became "
                                    @match &one.now { Some(now) => ins { bdi { (now) } }, None => span.aside { "nothing" } }
                                }
                            }
                            p.reason { "Reason: " bdi { (change.reason) } " " a href={ "../" (payload_path(*index)) } { "Entry " (index) } }
                        }
                    }
                }
            }
        }
    }
}

fn entry_link(edition: &Edition<'_>, index: u64) -> Markup {
    html! {
        span.aside {
            @if edition.entries.contains_key(&index) { a href={ "../" (entry_path(index)) } { "log entry " (index) } }
            @else { "log entry " (index) ", not opened here" }
        }
    }
}

fn custody(edition: &Edition<'_>, number: &Number<'_>) -> Markup {
    html! {
        @if !number.given.custody.is_empty() {
            section aria-labelledby="custody-title" {
                h2 #custody-title { "What was done with our copy" }
                ol.timeline {
                    @for line in &number.given.custody {
                        li { p.day { (when::in_words(&line.day)) } p { (line.text) @if let Some(entry) = line.entry { " " (entry_link(edition, entry)) } } }
                    }
                }
                p.section-note { "Days are the word of the log’s keeper." }
            }
        }
    }
}

fn files(edition: &Edition<'_>, number: &Number<'_>, exhibit: Option<&Exhibit<'_>>) -> Markup {
    let given = number.given;
    let mut roles = vec![("The claim: our reading", given.claim_entry)];
    roles.extend(given.changes.iter().map(|index| ("A change of it", *index)));
    roles.push(("The passage: the words it was read in", given.passage_entry));
    roles.push(("The extraction: the text of the document", given.extraction_entry));
    if let Some(scan) = given.scan {
        roles.push(("Where OCR read the passage in a picture", scan.place_entry));
        roles.push(("The person who compared it with the picture", scan.confirmed_entry));
    }
    if let Some(exhibit) = exhibit {
        let what = if exhibit.in_archive {
            "The archive that holds our copy"
        } else {
            "The capture: our copy"
        };
        roles.push((what, exhibit.given.entry));
    }
    html! {
        section aria-labelledby="files-title" {
            h2 #files-title { "Proof files" }
            p.section-note { "Each entry of the log that this number leads through: what it says, and the proof that it stands in the log." }
            ol.proofs {
                @for (what, index) in roles {
                    li {
                        h3 { (what) }
                        p.aside { "Log entry " (index) @if let Some(entry) = edition.entries.get(&index) { ", " (when::in_words(entry.day)) } }
                        (entry_files(edition, index, "../"))
                    }
                }
            }
            @if let Some(exhibit) = exhibit {
                p.object { span.label { "SHA-256 of the captured bytes" } " " (digest(&exhibit.sha256.hex())) }
                p.section-note { "This digest equals the one recorded when the copy was kept." @if !exhibit.has_bytes { " The bytes themselves are not in this dossier." } }
            }
        }
    }
}

fn neighbours(edition: &Edition<'_>, at: usize) -> Markup {
    let before = at.checked_sub(1).and_then(|at| edition.numbers.get(at));
    let after = edition.numbers.get(at + 1);
    let link = |number: &Number<'_>| {
        let href = format!("../{}", number_page(&number.id));
        let headline = figure::headline(&number.given.act, &edition.input.words);
        (href, format!("{}: {headline}", number.id))
    };
    html! {
        nav.neighbours aria-label="Neighbouring numbers" {
            @if let Some((href, text)) = before.map(link) { a.before href=(href) rel="prev" { span.aside { "Before" } " " (text) } }
            @if let Some((href, text)) = after.map(link) { a.after href=(href) rel="next" { span.aside { "Next" } " " (text) } }
        }
    }
}
