//! Text in the making: paragraphs on lines of their own, cells parted by tabs.

use witnessmark_text::Link;

/// The most bytes of text of one document.
pub(crate) const MAX_TEXT: usize = 64 << 20;

/// The most links of one document.
const MAX_LINKS: usize = 10_000;

/// The most letters of the words of a link.
const MAX_LINK_WORDS: usize = 2000;

/// The text of one document, as it grows.
#[derive(Debug, Default)]
pub(crate) struct Flow {
    pub(crate) text: String,
    pub(crate) links: Vec<Link>,
    pub(crate) is_cut: bool,
    /// Where the line that is being written begins.
    line: usize,
    /// Where the innermost open cell begins whose place is kept: nothing before it is taken back.
    floor: usize,
    /// How much of the limit the flows around this one have used up.
    reserved: usize,
    /// Whether each open table cell is the first of its row, innermost last.
    rows: Vec<bool>,
}

impl Flow {
    pub(crate) fn push(&mut self, letters: &str) {
        if self.reserved + self.text.len() + letters.len() > MAX_TEXT {
            self.is_cut = true;
            return;
        }
        self.text.push_str(letters);
    }

    /// Ends a paragraph. In a table cell, paragraphs are parted by a space, so that a row stays a line.
    pub(crate) fn end_paragraph(&mut self) {
        if self.rows.is_empty() {
            self.end_line();
        } else if !self.text.ends_with([' ', '\t', '\n']) && !self.text.is_empty() {
            self.push(" ");
        }
    }

    /// Ends the line, if there is anything on it.
    pub(crate) fn end_line(&mut self) {
        let kept = self.line.max(self.floor);
        let length = self.text.trim_end_matches([' ', '\t']).len().max(kept);
        if self.text.get(self.line..length).is_some_and(|line| line.trim().is_empty()) {
            self.text.truncate(kept);
            return;
        }
        self.text.truncate(length);
        self.push("\n");
        self.line = self.text.len();
    }

    /// A line break within a paragraph.
    pub(crate) fn break_line(&mut self) {
        if self.rows.is_empty() { self.push("\n") } else { self.push(" ") }
    }

    pub(crate) fn start_row(&mut self) {
        if self.rows.is_empty() {
            self.end_line();
        }
        self.rows.push(true);
    }

    pub(crate) fn start_cell(&mut self) {
        match self.rows.last_mut() {
            Some(is_first) if *is_first => *is_first = false,
            Some(_) => {
                while self.text.len() > self.floor && self.text.ends_with(' ') {
                    self.text.pop();
                }
                self.push("\t");
            }
            None => {}
        }
    }

    pub(crate) fn end_row(&mut self) {
        self.rows.pop();
        if self.rows.is_empty() { self.end_line() } else { self.push(" ") }
    }

    /// The words from a place on, as far as a link needs them: links in links must not copy the whole text each.
    pub(crate) fn words_from(&self, start: usize) -> String {
        let rest = self.text.get(start..).unwrap_or_default();
        rest.chars().take(MAX_LINK_WORDS).collect()
    }

    pub(crate) fn link(&mut self, href: String, text: &str) {
        let is_ours = href.starts_with('#') || href.to_ascii_lowercase().starts_with("javascript:");
        if !href.is_empty() && !is_ours && self.links.len() < MAX_LINKS {
            let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
            self.links.push(Link { href, text });
        }
    }

    /// Says that letters were put in before the line that is being written.
    pub(crate) fn moved(&mut self, by: usize) {
        self.line += by;
    }

    /// Takes back what was written from a place on.
    pub(crate) fn take_back(&mut self, start: usize) {
        if self.text.is_char_boundary(start) {
            self.text.truncate(start);
            self.line = self.line.min(start);
            self.floor = self.floor.min(start);
        }
    }

    /// Keeps all before a place from being taken back by lines and cells behind it.
    pub(crate) fn keep(&mut self, start: usize) {
        self.floor = if self.text.is_char_boundary(start) { start } else { 0 };
    }

    /// Writes again what stands from a place on, so many times.
    pub(crate) fn repeat(&mut self, start: usize, times: usize) {
        let words = self.text.get(start..).unwrap_or_default().to_owned();
        for _ in 0..times {
            self.push(&words);
            if self.is_cut {
                break;
            }
        }
        if self.rows.is_empty() && self.text.ends_with('\n') {
            self.line = self.text.len();
        }
    }

    /// The whole text and its links; what was left out is added to the warnings.
    pub(crate) fn finish(mut self, warnings: &mut Vec<String>) -> (String, Vec<Link>) {
        self.end_line();
        if self.is_cut {
            warnings.push(format!("size: text beyond {MAX_TEXT} bytes was left out"));
        }
        let mut text = self.text;
        text.truncate(text.trim_end().len());
        if text.is_empty() {
            warnings.push("text: the document shows no text of its own".to_owned());
        }
        (text, self.links)
    }

    pub(crate) fn is_in_row(&self) -> bool {
        !self.rows.is_empty()
    }

    /// A new flow for words within this one; both together hold no more than one would.
    pub(crate) fn inner(&self) -> Flow {
        Flow { reserved: self.reserved + self.text.len(), ..Flow::default() }
    }

    /// Puts the text of another flow behind this one.
    pub(crate) fn append(&mut self, other: Flow) {
        self.is_cut |= other.is_cut;
        self.push(&other.text);
        self.links.extend(other.links);
        if self.rows.is_empty() && self.text.ends_with('\n') {
            self.line = self.text.len();
        } else if self.rows.is_empty() {
            self.end_line();
        }
    }
}

/// A short look at words for a warning.
pub(crate) fn excerpt(words: &str) -> String {
    let line = words.split_whitespace().collect::<Vec<_>>().join(" ");
    crate::names::shown(&line)
}
