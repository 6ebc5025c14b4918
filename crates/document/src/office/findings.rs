//! What a document of Word holds beside the text that is seen.

use std::collections::BTreeMap;

use super::field::{self, Shown};
use super::flow::excerpt;
use crate::names::shown;

/// Words of deleted or hidden text that a warning shows.
const MAX_SHOWN: usize = 2000;

/// The most different changes that are told apart, and that are shown.
const MAX_CHANGES: usize = 1000;
const MOST_CHANGES_SHOWN: usize = 20;

/// What is not plain text in the document, gathered over its parts.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    /// Who inserted, deleted or moved, with the day: how many times.
    changes: BTreeMap<String, u32>,
    deleted: String,
    hidden: String,
    pub(crate) pictures: u32,
    /// Words above which stands how they are read aloud.
    pub(crate) readings: u32,
    pub(crate) has_numbering: bool,
    /// Fields that Word draws, and whose words are not read.
    drawn: u32,
    /// Boxes and lists of forms of which it is not known what is ticked or chosen.
    ticks: u32,
}

impl Findings {
    /// Counts a change that somebody made: what it is, such as `deleted`, who made it, and the day.
    pub(crate) fn change(&mut self, kind: &str, who: Option<&str>, day: Option<&str>) {
        let who = who.unwrap_or("nobody named");
        let day = day.map(|day| format!(" on {day}")).unwrap_or_default();
        let change = format!("{kind} by {}{}", shown(who), shown(&day));
        if self.changes.len() < MAX_CHANGES {
            *self.changes.entry(change).or_default() += 1;
        }
    }

    /// Keeps letters that were deleted.
    pub(crate) fn deleted(&mut self, letters: &str) {
        keep(&mut self.deleted, letters);
    }

    /// Keeps letters that are in the text, and that Word does not show.
    pub(crate) fn hidden(&mut self, letters: &str) {
        keep(&mut self.hidden, letters);
    }

    /// Parts what is kept of one paragraph from what follows.
    pub(crate) fn end_paragraph(&mut self) {
        for words in [&mut self.deleted, &mut self.hidden] {
            if !words.is_empty() && !words.ends_with(' ') {
                words.push(' ');
            }
        }
    }

    /// The words that a field shows which keeps no result; none where there are none.
    pub(crate) fn field(&mut self, instruction: &str) -> Option<String> {
        match field::shown(instruction) {
            Shown::Words(words) => return Some(words),
            Shown::Reading(words) => {
                self.readings += 1;
                return Some(words);
            }
            Shown::Drawn => self.drawn += 1,
            Shown::Tick => self.ticks += 1,
            Shown::Nothing => {}
        }
        None
    }

    /// Says what was found.
    pub(crate) fn report(self, warnings: &mut Vec<String>) {
        if !self.changes.is_empty() {
            let list = self.changes.iter().take(MOST_CHANGES_SHOWN);
            let list: Vec<String> = list.map(|(who, count)| format!("{who} ({count})")).collect();
            let more = match self.changes.len().saturating_sub(MOST_CHANGES_SHOWN) {
                0 => String::new(),
                more => format!("; and {more} more of others, or of other days"),
            };
            warnings.push(format!("tracked changes: {}{more}", list.join("; ")));
        }
        if !self.deleted.trim().is_empty() {
            let words = excerpt(&self.deleted);
            warnings.push(format!("deleted text, which is not part of the text: {words}"));
        }
        if !self.hidden.trim().is_empty() {
            let words = excerpt(&self.hidden);
            warnings.push(format!("hidden text, which Word does not show: {words}"));
        }
        if self.readings > 0 {
            let count = self.readings;
            warnings.push(format!(
                "readings: how {count} words are read aloud stands above them, and is not in the text"
            ));
        }
        if self.drawn > 0 {
            let count = self.drawn;
            warnings.push(format!(
                "fields: {count} are drawn by Word; their words are not in the text"
            ));
        }
        if self.ticks > 0 {
            let count = self.ticks;
            warnings.push(format!("forms: what is ticked or chosen in {count} boxes was not read"));
        }
        if self.has_numbering {
            warnings.push(
                "numbering: numbers and bullets that Word counts itself are not in the text"
                    .to_owned(),
            );
        }
    }
}

/// Keeps letters for a warning, and no white space that others stand before.
fn keep(words: &mut String, letters: &str) {
    let is_blank = letters.trim().is_empty();
    let follows_blank = words.is_empty() || words.ends_with(char::is_whitespace);
    if words.len() < MAX_SHOWN && !(is_blank && follows_blank) {
        words.push_str(letters);
    }
}
