//! The words of a page: which phrases it says, where, and how much prose is left beside them.
//!
//! The measure of content is prose that no phrase explains: sentences of the page's own that are
//! no wall's words, no failure's, and none that stand everywhere. So an article about blocked
//! sites is content, however often it says "blocked": most of its sentences are about something else.

use std::collections::BTreeSet;

use crate::Extraction;

use super::Code;
use super::phrases::{self, Hit, Stands};
use super::tally::{SAYS, Tally};

/// Sentences beyond this many bytes of text are not read: the verdict is clear by then.
const MAX_TEXT: usize = 200_000;
/// Points that the phrases of one verdict may bring together.
const MOST_POINTS: u32 = 20;
/// Sentences lighter than this are crumbs: a name of a section, a number.
pub(super) const CRUMB: u32 = 12;
/// Below this much unexplained prose, a page has next to no words of its own.
pub(super) const BARE: u32 = 90;

/// A place in a page where words may stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Title,
    Heading,
    Text,
    Cell,
    Control,
    Link,
    Noscript,
    Message,
}

impl Place {
    fn in_words(self) -> &'static str {
        match self {
            Place::Title => "the title",
            Place::Heading => "a heading",
            Place::Text => "the text",
            Place::Cell => "a table",
            Place::Control => "a button or field",
            Place::Link => "a link",
            Place::Noscript => "the words for those without scripts",
            Place::Message => "the answer's message",
        }
    }
}

/// A phrase that counts.
pub(super) struct Said {
    code: Code,
    pub(super) points: u32,
    /// The words, folded.
    words: String,
    /// How many sentences of the text came before it; none for words that only count alone.
    after: Option<usize>,
    reason: String,
}

/// What the words of a page come to.
#[derive(Default)]
pub(super) struct Reading {
    pub(super) said: Vec<Said>,
    /// Weighted letters of sentences that no phrase explains.
    pub(super) prose: u32,
    /// How many sentences hold a good part of it.
    pub(super) full_sentences: u32,
    /// Weighted letters of sentences that say what walls and failures say.
    telling: u32,
    /// How many sentences the text has.
    sentences: usize,
    /// Whether the page asks for a password: a captcha beside it belongs to the login.
    pub(super) asks_password: bool,
    seen: BTreeSet<String>,
}

impl Reading {
    /// Nothing read yet, of a page that asks for a password or does not.
    pub(super) fn of_page(asks_password: bool) -> Reading {
        Reading { asks_password, ..Reading::default() }
    }

    /// A title, in the parts that sites join their own name to it with; and the whole, where no
    /// part says anything.
    pub(super) fn title(&mut self, title: &str) {
        let before = self.said.len();
        title_parts(title).for_each(|part| self.unit(Place::Title, part));
        if self.said.len() == before {
            self.unit(Place::Title, title);
        }
    }

    pub(super) fn text(&mut self, text: &str) {
        let end = (0..=MAX_TEXT.min(text.len())).rev().find(|at| text.is_char_boundary(*at));
        let text = text.get(..end.unwrap_or(0)).unwrap_or("");
        for line in text.lines() {
            // The cells of a table are short, but they are no crumbs.
            let place = if line.contains('\t') { Place::Cell } else { Place::Text };
            for sentence in sentences(line) {
                self.sentences += 1;
                self.unit(place, sentence);
            }
        }
    }

    /// What stands on buttons and links, on a page with few words of its own.
    pub(super) fn controls(&mut self, extraction: &Extraction) {
        let signals = &extraction.signals;
        if self.prose >= 600 {
            return;
        }
        if signals.password_fields > 0 || self.prose < BARE {
            signals.controls.iter().for_each(|control| self.unit(Place::Control, control));
        }
        if extraction.links.len() <= 15 {
            extraction.links.iter().for_each(|link| self.unit(Place::Link, &link.text));
        }
        signals.noscript.lines().for_each(|line| self.unit(Place::Noscript, line));
    }

    /// Reads one sentence, title, heading or button.
    pub(super) fn unit(&mut self, place: Place, text: &str) {
        let length = weight(text);
        if length == 0 {
            return;
        }
        let folded = phrases::fold(text.trim());
        if self.seen.contains(&folded) {
            return;
        }
        let hits = phrases::find(&folded);
        let explained = hits.iter().map(|hit| weight_of(&folded, hit)).sum::<u32>();
        let tells = hits.iter().any(|hit| hit.group.points >= SAYS && counts(hit, &folded, length));
        if matches!(place, Place::Text | Place::Cell) {
            if tells && explained * 6 >= length {
                self.telling += length;
            } else if (length >= CRUMB || place == Place::Cell) && !is_machine_line(&folded) {
                let own = length.saturating_sub(explained * 5);
                self.prose += own;
                self.full_sentences += u32::from(own >= 25);
            }
        } else if tells && matches!(place, Place::Title | Place::Heading) {
            self.telling += length;
        }
        self.weigh_hits(place, text, &folded, &hits, explained, length);
        self.seen.insert(folded);
    }

    fn weigh_hits(
        &mut self,
        place: Place,
        text: &str,
        folded: &str,
        hits: &[Hit],
        explained: u32,
        length: u32,
    ) {
        // "Not found, or removed" does not say which: it is the weaker of the two.
        let leaves_open = OPEN_WORDS.iter().any(|word| folded.contains(word))
            && hits.iter().any(|hit| hit.group.code == Some(Code::Soft404));
        let percent = (explained * 100).checked_div(length).unwrap_or(0);
        // Headlines quote in front of a colon, and ask.
        let is_headline = matches!(place, Place::Title | Place::Heading);
        let is_weakened = percent < 60
            && (folded.ends_with(['?', '؟']) || (is_headline && folded.contains(": ")));
        let mut of_unit: Vec<Said> = Vec::new();
        for hit in hits {
            let Some(code) = hit.group.code else { continue };
            if !counts(hit, folded, length) || (code == Code::RemovalNotice && leaves_open) {
                continue;
            }
            // A link that says "log in" is on every page.
            if (place == Place::Link && hit.group.stands == Stands::Alone)
                || (place == Place::Control && code == Code::BotBlock && self.asks_password)
            {
                continue;
            }
            // In sixteenths: how much of its sentence the words make up, and where they stand.
            let share = match percent {
                40.. => 16,
                25.. if is_headline => 8,
                15.. if !is_headline => 12,
                _ => 4,
            };
            let place_share = match place {
                Place::Title | Place::Heading | Place::Text | Place::Message => 16,
                Place::Cell => 12,
                Place::Control | Place::Link | Place::Noscript => 8,
            };
            let mut points = hit.group.points * share * place_share / (16 * 16);
            if is_reported(folded, hit) && weight_of(folded, hit) * 2 < length {
                points /= 4;
            } else if is_weakened {
                points /= 2;
            }
            // A sentence says a thing once, in however many words.
            let said_more = of_unit.iter().any(|said| said.code == code && said.points >= points);
            if points == 0 || said_more {
                continue;
            }
            of_unit.retain(|said| said.code != code);
            let words = folded.get(hit.from..hit.to).unwrap_or("").to_owned();
            let shown = if text.trim().chars().count() <= 100 {
                super::quoted(text)
            } else {
                format!("“…{words}…”")
            };
            let reason = format!("{} says {shown}", place.in_words());
            let after = if place == Place::Heading { usize::MAX / 2 } else { self.sentences };
            let ends_text = (hit.group.stands == Stands::Anywhere).then_some(after);
            of_unit.push(Said { code, points, words, after: ends_text, reason });
        }
        self.said.extend(of_unit);
    }

    /// By how much the phrases count, in quarters: fully where they are most of what the page says,
    /// little where they are a few sentences in much prose.
    fn dominance(&self) -> u32 {
        match self.prose {
            0..60 => 4,
            prose if prose >= 200 && prose >= self.telling * 4 => 1,
            prose if prose >= self.telling * 2 => 2,
            prose if prose >= self.telling => 3,
            _ => 4,
        }
    }

    /// Whether words stand where a paywall does: in a heading of its own, or where the free
    /// paragraphs end.
    pub(super) fn ends_teaser(&self, said: &Said) -> bool {
        said.code == Code::LoginWall
            && self.prose < 1200
            && said.after.is_some_and(|after| after + 5 > self.sentences)
    }

    /// Hands the phrases to the tally: of each verdict the strongest in full, the others by half,
    /// the same words once.
    pub(super) fn conclude(&self, tally: &mut Tally) {
        let quarters = self.dominance();
        for code in Code::FAILURES {
            let mut said: Vec<(u32, &Said)> = self
                .said
                .iter()
                .filter(|said| said.code == *code)
                .map(|said| {
                    let quarters = if self.ends_teaser(said) { 4 } else { quarters };
                    (said.points * quarters, said)
                })
                .collect();
            said.sort_by_key(|(points, _)| std::cmp::Reverse(*points));
            let teases = said.iter().any(|(_, said)| self.ends_teaser(said));
            let mut left = if teases { MOST_POINTS } else { MOST_POINTS * quarters / 4 };
            let mut known = BTreeSet::new();
            for (place, (points, said)) in said.into_iter().enumerate() {
                let points = match place {
                    _ if !known.insert(said.words.as_str()) => 0,
                    0 => points.div_ceil(4),
                    _ => points / 8,
                };
                let points = points.min(left);
                left -= points;
                if points > 0 {
                    tally.add(*code, points, said.reason.clone());
                }
            }
        }
    }
}

/// Whether a phrase counts where it stands.
fn counts(hit: &Hit, folded: &str, length: u32) -> bool {
    hit.group.stands == Stands::Anywhere || weight_of(folded, hit) * 2 >= length
}

/// The parts of a title. A hyphen inside a Western word, or a quotation mark, parts nothing.
fn title_parts(title: &str) -> impl Iterator<Item = &str> {
    let mut before = ' ';
    let mut rest = title.chars();
    title
        .split(move |c: char| {
            rest.next();
            let after = rest.as_str().chars().next().unwrap_or(' ');
            let parts = match c {
                '|' | '_' | '–' | '—' | '·' | '•' => true,
                '-' => !(before.is_ascii_alphanumeric() && after.is_ascii_alphanumeric()),
                '»' | '/' => before == ' ' && after == ' ',
                _ => false,
            };
            before = c;
            parts
        })
        .filter(|part| !part.trim().is_empty())
}

/// Where sentences end: at their marks, where white space or nothing follows the Western ones.
fn sentences(line: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut from = 0;
    let mut characters = line.char_indices().peekable();
    while let Some((at, c)) = characters.next() {
        let next = characters.peek().map(|(_, next)| *next);
        let ends = match c {
            '。' | '！' | '？' | '؟' | '…' | '\t' | '།' | '۔' => true,
            '.' | '!' | '?' => next.is_none_or(char::is_whitespace),
            _ => false,
        };
        if ends {
            let to = at + c.len_utf8();
            parts.extend(line.get(from..to));
            from = to;
        }
    }
    parts.extend(line.get(from..).filter(|rest| !rest.trim().is_empty()));
    parts
}

/// Letters and digits; a Han, kana or Hangul character counts for three, as it carries about as
/// much as a short word.
pub(super) fn weight(text: &str) -> u32 {
    let weigh = |c: char| match c {
        '\u{3040}'..='\u{30FF}' | '\u{3400}'..='\u{9FFF}' | '\u{AC00}'..='\u{D7AF}' => 3,
        _ if c.is_alphanumeric() => 1,
        _ => 0,
    };
    text.chars().map(weigh).fold(0, u32::saturating_add)
}

fn weight_of(folded: &str, hit: &Hit) -> u32 {
    weight(folded.get(hit.from..hit.to).unwrap_or(""))
}

/// Lines that programs print when they fail: frames of a stack, places in files.
fn is_machine_line(folded: &str) -> bool {
    (folded.starts_with("at ") && (folded.contains('(') || folded.contains(" in ")))
        || (folded.starts_with('#') && folded.contains("): "))
        || (folded.starts_with("file \"") && folded.contains("line "))
        || (folded.contains(" on line ") && folded.contains(".php"))
}

/// Words that leave open what happened, where a sentence speaks of both "not found" and "removed".
const OPEN_WORDS: &[&str] = &[
    " or ",
    "may ",
    "might ",
    "或",
    "可能",
    " или ",
    "возможно",
    "могла ",
    " او ",
    "ربما",
    "قد ",
    " ou ",
    " oder ",
    " veya ",
    " o ",
];

/// Words that lead up to what somebody or something else says.
const REPORTING: &[&str] = &[
    " says",
    " saying",
    " said",
    " saw ",
    " see ",
    "the words",
    "the sentence",
    "the phrase",
    "显示",
    "反复提示",
    "写着",
    "写道",
    "只看到",
    "看到",
    "出现",
    "надпис",
    "пишет",
    "сообщал",
    "отвечал",
    " слова",
    " словами",
    "фраз",
    "عباره",
    "يقول",
    "تقول",
    "يظهر",
    "تظهر",
    "كلمه",
];

/// Whether the words are reported, not said: quotation marks stand around them, or their sentence
/// leads up to them.
fn is_reported(folded: &str, hit: &Hit) -> bool {
    let before = folded.get(..hit.from).unwrap_or("");
    let after = folded.get(hit.to..).unwrap_or("");
    let opened = before.rfind(['“', '«', '「', '『', '"', '„']);
    let closed = before.rfind(['”', '»', '」', '』']);
    let is_open = opened.is_some_and(|opened| closed.is_none_or(|closed| opened > closed));
    (is_open && after.contains(['”', '»', '」', '』', '"', '“']))
        || REPORTING.iter().any(|word| before.contains(word))
}
