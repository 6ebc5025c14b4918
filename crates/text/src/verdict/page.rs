//! Grounds in what a page or text says, and what it is built of.

use std::collections::BTreeSet;

use crate::Extraction;
use crate::html::signals::Signals;
use crate::mentions::{PlaceNames, find_mentions_among};

use super::markers::{self, Markers};
use super::reading::{BARE, CRUMB, Place, Reading, weight};
use super::tally::{HINTS, SAYS, SUGGESTS, Tally};
use super::{BrowserView, Code};

/// Unexplained prose, in weighted letters, and the points that it gives for content.
const PROSE_POINTS: &[(u32, u32)] =
    &[(2400, 18), (1200, 16), (600, 13), (300, 10), (150, 7), (90, 5), (60, 3), (10, 1)];

/// Grounds in a page, or in a plain text.
pub(super) fn weigh(extraction: &Extraction, browser: Option<&BrowserView<'_>>, tally: &mut Tally) {
    let signals = &extraction.signals;
    let mut reading = Reading::of_page(signals.password_fields > 0);
    if let Some(title) =
        signals.title.as_deref().or(extraction.title.as_deref().filter(|_| signals.is_page))
    {
        reading.title(title);
    }
    for heading in &signals.headings {
        reading.unit(Place::Heading, heading);
    }
    let text = match browser {
        Some(view) => without_links(view.visible_text, extraction),
        None if signals.is_page => signals.own_text.clone(),
        None => extraction.text.clone(),
    };
    reading.text(&text);
    if signals.is_page {
        reading.controls(extraction);
    }
    let all_letters = weight(browser.map_or(extraction.text.as_str(), |view| view.visible_text));
    reading.conclude(tally);
    if signals.is_page {
        weigh_structure(signals, &reading, browser.is_some(), tally);
        weigh_markers(&extraction.markers, &reading, tally);
        weigh_emptiness(signals, &reading, all_letters, browser, tally);
    } else if all_letters == 0 {
        tally.add(Code::Empty, SAYS, "no letters or digits in the text".to_owned());
    }
    weigh_prose(&reading, all_letters, extraction, tally);
}

/// Grounds in the message of a machine-readable answer.
pub(super) fn weigh_message(message: &str, tally: &mut Tally) {
    let mut reading = Reading::default();
    for line in message.lines() {
        reading.unit(Place::Message, line);
    }
    reading.conclude(tally);
}

/// A browser's text without the lines that are links and nothing else.
fn without_links(visible: &str, extraction: &Extraction) -> String {
    let links: BTreeSet<&str> = extraction.links.iter().map(|link| link.text.as_str()).collect();
    visible.lines().filter(|line| !links.contains(line.trim())).collect::<Vec<_>>().join("\n")
}

fn weigh_structure(signals: &Signals, reading: &Reading, by_browser: bool, tally: &mut Tally) {
    let fields = signals.password_fields;
    if fields > 0 {
        let points = if reading.prose < 300 { SUGGESTS } else { HINTS / 2 };
        tally.add(
            Code::LoginWall,
            points,
            format!(
                "the page asks for a password ({fields} field{})",
                if fields == 1 { "" } else { "s" }
            ),
        );
    } else if signals.password_fields_aside > 0 {
        tally.note("a password field stands in what surrounds the page".to_owned());
    }
    if let Some((seconds, address)) = &signals.refresh
        && reading.prose < BARE
        && *seconds <= 30
        && !by_browser
    {
        if address.is_empty() {
            tally.add(
                Code::BotBlock,
                SUGGESTS,
                format!("the page has next to no text and loads itself again after {seconds} s"),
            );
        } else {
            tally.add(
                Code::Empty,
                SAYS,
                format!(
                    "the page has next to no text and leads on to {} after {seconds} s",
                    super::quoted(address)
                ),
            );
        }
    }
}

fn weigh_markers(found: &Markers, reading: &Reading, tally: &mut Tally) {
    for marker in markers::named(found) {
        let points = match reading.prose {
            // A login form may hold a captcha of its own.
            _ if marker.code == Code::BotBlock && marker.points < SAYS && reading.asks_password => {
                0
            }
            0..BARE => marker.points,
            // A paywall stands below the paragraphs that it lets through.
            0..600 if marker.code == Code::LoginWall => marker.points,
            BARE..300 => marker.points / 2,
            _ => 0,
        };
        if points > 0 {
            tally.add(
                marker.code,
                points,
                format!("the page holds {} (“{}”)", marker.what, marker.pattern),
            );
        }
    }
}

fn weigh_emptiness(
    signals: &Signals,
    reading: &Reading,
    all_letters: u32,
    browser: Option<&BrowserView<'_>>,
    tally: &mut Tally,
) {
    let has_frames = !signals.frames.is_empty();
    if has_frames && reading.prose < BARE {
        let list: Vec<String> =
            signals.frames.iter().take(3).map(|frame| super::quoted(frame)).collect();
        tally.note(format!("the page shows other pages in frames: {}", list.join(", ")));
    }
    if let Some(view) = browser {
        if all_letters < 30 {
            tally.add(
                Code::Empty,
                SAYS,
                "next to no text was visible after the scripts had run".to_owned(),
            );
        }
        if !view.failed.is_empty() {
            let list: Vec<String> = view
                .failed
                .iter()
                .take(3)
                .map(|failed| format!("{} ({})", super::quoted(failed.url), failed.why))
                .collect();
            tally.note(format!(
                "{} of {} requests of the page failed: {}",
                view.failed.len(),
                view.requests,
                list.join(", ")
            ));
        }
        return;
    }
    if has_frames && all_letters < 30 {
        // What it shows stands elsewhere: neither empty nor content.
        return;
    }
    if all_letters == 0 {
        let what = if signals.scripts > 0 {
            "the page has no text, only scripts: a browser capture would show what they make"
        } else {
            "the page has no text"
        };
        tally.add(Code::Empty, SAYS, what.to_owned());
    } else if signals.empty_app_root && reading.prose < BARE {
        tally.add(Code::Empty, SAYS, "the page is an empty frame that scripts fill: a browser capture would show what they make".to_owned());
    } else if signals.scripts > 0 && reading.prose < CRUMB && all_letters < 60 {
        tally.add(
            Code::Empty,
            SUGGESTS,
            format!(
                "{} scripts and next to no text: a browser capture would show what they make",
                signals.scripts
            ),
        );
    }
}

/// The languages of the phrases, by primary subtag.
const LANGUAGES: &[&str] =
    &["zh", "en", "ru", "ar", "bo", "ug", "fr", "es", "de", "tr", "fa", "und"];

fn weigh_prose(reading: &Reading, all_letters: u32, extraction: &Extraction, tally: &mut Tally) {
    let prose = reading.prose;
    let mut points =
        PROSE_POINTS.iter().find(|(from, _)| prose >= *from).map_or(0, |(_, points)| *points);
    if prose < 600
        && reading.said.iter().any(|said| reading.ends_teaser(said) && said.points >= SUGGESTS)
    {
        // The paragraphs that a paywall lets through are no ground against it.
        points = points.min(SUGGESTS);
    }
    // A short notice names a day, a time, a number; a wall in words of its own does not.
    let tells_facts = || {
        let (text, language) = (&extraction.text, Some(extraction.language.as_str()));
        extraction.published.is_some()
            || !find_mentions_among(text, language, PlaceNames::builtin()).is_empty()
    };
    if points == 1 && tells_facts() {
        points = HINTS;
    }
    let language = extraction.language.split('-').next().unwrap_or("");
    if prose < 300 && !LANGUAGES.contains(&language) {
        tally.note(format!("little text, in a language that no rules are written for ({language}): a person has to look"));
    } else if points > HINTS || (points > 0 && all_letters < 200) {
        tally.add(Code::Content, points, format!("prose of its own, weighing {prose} letters"));
        let dated = extraction.published.as_ref().filter(|published| published.found_in != "url");
        if let Some(published) = dated.filter(|_| prose >= BARE) {
            tally.add(
                Code::Content,
                HINTS,
                format!("a date of publication, {} ({})", published.date, published.found_in),
            );
        }
        if reading.full_sentences >= 3 {
            tally.add(
                Code::Content,
                HINTS,
                format!("{} sentences of its own", reading.full_sentences),
            );
        }
        if !extraction.signals.is_page {
            tally.add(Code::Content, HINTS, "no page, but plain text".to_owned());
        }
    } else if all_letters >= 200 && tally.points(Code::Empty) == 0 {
        tally.add(
            Code::Content,
            SUGGESTS,
            format!("text, weighing {all_letters} letters, most of it links and short lines"),
        );
    }
    if points <= HINTS {
        tally.note(format!("few words that are the page's own: {prose} of {all_letters} letters"));
    }
}
