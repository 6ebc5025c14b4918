//! What a user types, read into a tree of words and conditions.
//!
//! ```text
//! query  = or
//! or     = and ("OR" and)*
//! and    = part ("AND"? part)*
//! part   = ("-" | "NOT") part | field ":" value | "(" or ")" | phrase | word
//! value  = "(" or ")" | phrase | word
//! phrase = '"' text '"'
//! word   = text ("*" | "~" | "~1" | "~2")?
//! field  = "title" | "text" | "url" | "site" | "language" | "published" | "place"
//! ```
//! Words stand side by side for "all of these". A word that its script writes without spaces or
//! cuts into syllables is a phrase of its terms.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::error::QueryError;
use super::near::Near;
use super::store::day_range;
use super::variants;
use crate::words::each_term;

/// Parentheses nested deeper than this are refused.
const MAX_DEPTH: usize = 16;
/// More words than this are refused.
const MAX_LEAVES: usize = 256;
/// A word cut off by a star keeps at least so many characters: fewer begin too many words.
const LEAST_BEFORE_STAR: usize = 2;

/// Where a word must stand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Part {
    /// In the text or the title.
    #[default]
    Any,
    Title,
    Text,
    Url,
}

/// How the last term of a leaf is compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    /// Letter by letter.
    Whole,
    /// It begins a term: a single character of a script without spaces, whose place is the character alone.
    Character,
    /// It begins a word, whose place is the whole word: typed with a star.
    Star,
    /// A letter or two may differ.
    Near(Arc<Near>),
}

/// A word or phrase of the query, as the terms that must stand in a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Leaf {
    /// As typed, without quotes, star and tilde.
    pub(super) typed: String,
    pub(super) part: Part,
    /// How far behind the first each term stands, and the spellings that count as the term; the typed one first.
    pub(super) terms: Vec<(usize, Vec<String>)>,
    pub(super) ending: Ending,
}

/// The query as a tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Node {
    Leaf(Leaf),
    /// A BCP 47 tag in small letters.
    Language(String),
    /// A name of a computer, or the end of one.
    Site(String),
    /// First and last day as `yyyymmdd`.
    Published(Option<u64>, Option<u64>),
    And(Vec<Node>),
    Or(Vec<Node>),
    Not(Box<Node>),
}

impl Node {
    /// The words that a hit shows: all but the excluded ones, and those of title and address alone.
    pub(super) fn wanted(&self) -> Vec<&Leaf> {
        match self {
            Node::Leaf(leaf) if matches!(leaf.part, Part::Any | Part::Text) => vec![leaf],
            Node::And(parts) | Node::Or(parts) => parts.iter().flat_map(Node::wanted).collect(),
            _ => Vec::new(),
        }
    }

    /// Whether any part of the tree is so.
    pub(super) fn any(&self, is_so: &dyn Fn(&Node) -> bool) -> bool {
        is_so(self)
            || match self {
                Node::And(parts) | Node::Or(parts) => parts.iter().any(|part| part.any(is_so)),
                Node::Not(inner) => inner.any(is_so),
                _ => false,
            }
    }

    fn is_only_negative(&self) -> bool {
        match self {
            Node::Not(_) => true,
            Node::And(parts) => parts.iter().all(Node::is_only_negative),
            Node::Or(parts) => parts.iter().any(Node::is_only_negative),
            _ => false,
        }
    }
}

/// What a query means beside its letters.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Meaning<'a> {
    /// Simplified characters find traditional ones and back.
    pub(super) variants: bool,
    /// The names of each place that the query may name; none where the places are only to be listed.
    pub(super) places: Option<&'a BTreeMap<String, Vec<String>>>,
}

/// A query that was read.
#[derive(Clone, Debug)]
pub(super) struct Parsed {
    pub(super) node: Node,
    /// The places it names, as typed.
    pub(super) places: Vec<String>,
    /// What was read otherwise than it may have been meant.
    pub(super) warnings: Vec<String>,
}

/// Reads a query.
pub(super) fn parse(query: &str, meaning: Meaning<'_>) -> Result<Parsed, QueryError> {
    let mut parser = Parser {
        characters: query.chars().collect(),
        at: 0,
        leaves: 0,
        part: Part::Any,
        meaning,
        places: Vec::new(),
        warnings: Vec::new(),
    };
    let node = parser.alternatives(0)?;
    if parser.peek() == Some(')') {
        return Err(parser.error(
            "a parenthesis closes that was never opened",
            "remove it, or put the words in quotation marks",
        ));
    }
    let Some(node) = node else {
        return Err(parser.error_at(0, "there is no word to search for", "type at least one word"));
    };
    if node.is_only_negative() {
        return Err(parser.error_at(
            0,
            "it only says what not to find",
            "add a word that the texts must hold",
        ));
    }
    Ok(Parsed { node, places: parser.places, warnings: parser.warnings })
}

/// A phrase that stands for one name of a place, for the whole query.
pub(super) fn phrase(text: &str) -> Option<Node> {
    let (terms, ending) = terms_of(text, false);
    (!terms.is_empty())
        .then(|| Node::Leaf(Leaf { typed: text.to_owned(), part: Part::Any, terms, ending }))
}

struct Parser<'a> {
    characters: Vec<char>,
    at: usize,
    leaves: usize,
    /// Where the words that are read now must stand.
    part: Part,
    meaning: Meaning<'a>,
    places: Vec<String>,
    warnings: Vec<String>,
}

/// Quotation marks that open a phrase, and those that close it.
const QUOTES: [(char, char); 6] =
    [('"', '"'), ('“', '”'), ('„', '“'), ('«', '»'), ('「', '」'), ('『', '』')];

/// What may stand before a colon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum FieldName {
    Words(Part),
    Language,
    Site,
    Published,
    Place,
}

const FIELDS: [(&str, FieldName); 7] = [
    ("title", FieldName::Words(Part::Title)),
    ("text", FieldName::Words(Part::Text)),
    ("url", FieldName::Words(Part::Url)),
    ("site", FieldName::Site),
    ("language", FieldName::Language),
    ("published", FieldName::Published),
    ("place", FieldName::Place),
];

impl Parser<'_> {
    fn error(&self, problem: &str, hint: &'static str) -> QueryError {
        self.error_at(self.at, problem, hint)
    }

    fn error_at(&self, at: usize, problem: &str, hint: &'static str) -> QueryError {
        QueryError { at, problem: problem.to_owned(), hint }
    }

    fn peek(&self) -> Option<char> {
        self.characters.get(self.at).copied()
    }

    fn skip_space(&mut self) {
        while self.peek().is_some_and(char::is_whitespace) {
            self.at += 1;
        }
    }

    fn typed(&self, from: usize, to: usize) -> String {
        self.characters.get(from..to).unwrap_or_default().iter().collect()
    }

    /// Whether this word in capitals stands here on its own.
    fn at_keyword(&self, keyword: &str) -> bool {
        let length = keyword.len();
        let stands = self.characters.get(self.at..self.at + length);
        stands.is_some_and(|stands| stands.iter().copied().eq(keyword.chars()))
            && self
                .characters
                .get(self.at + length)
                .is_none_or(|c| c.is_whitespace() || matches!(c, '(' | ')' | '"'))
    }

    fn alternatives(&mut self, depth: usize) -> Result<Option<Node>, QueryError> {
        if depth > MAX_DEPTH {
            return Err(self.error("parentheses are nested too deeply", "ask a simpler question"));
        }
        let mut found: Vec<Node> = Vec::new();
        let mut after_or = None;
        loop {
            let part = self.all_of(depth)?;
            match part {
                Some(part) => found.push(part),
                None if self.at_keyword("OR") || after_or.is_some() => {
                    let at = after_or.unwrap_or(self.at);
                    return Err(self.error_at(
                        at,
                        "OR needs a word on both sides",
                        "write OR between two words, or \"or\" in small letters to search for it",
                    ));
                }
                None => {}
            }
            if !self.at_keyword("OR") {
                break;
            }
            after_or = Some(self.at);
            self.at += 2;
        }
        Ok(if found.len() > 1 { Some(Node::Or(found)) } else { found.pop() })
    }

    fn all_of(&mut self, depth: usize) -> Result<Option<Node>, QueryError> {
        const HINT: &str =
            "write AND between two words, or \"and\" in small letters to search for it";
        let mut parts = Vec::new();
        let mut after_and = None;
        loop {
            self.skip_space();
            if self.at_keyword("AND") {
                if parts.is_empty() || after_and.is_some() {
                    return Err(self.error("AND needs a word on both sides", HINT));
                }
                after_and = Some(self.at);
                self.at += 3;
                continue;
            }
            match self.peek() {
                None | Some(')') => break,
                Some(_) if self.at_keyword("OR") => break,
                Some(_) => {
                    if let Some(part) = self.part(depth)? {
                        parts.push(part);
                        after_and = None;
                    }
                }
            }
        }
        if let Some(at) = after_and {
            return Err(self.error_at(at, "AND needs a word on both sides", HINT));
        }
        Ok(if parts.len() > 1 { Some(Node::And(parts)) } else { parts.pop() })
    }

    fn part(&mut self, depth: usize) -> Result<Option<Node>, QueryError> {
        if depth > MAX_DEPTH {
            return Err(self.error("NOT and - are nested too deeply", "ask a simpler question"));
        }
        let from = self.at;
        let Some(first) = self.peek() else { return Ok(None) };
        if first == '-'
            && self.characters.get(from + 1).is_some_and(|c| !c.is_whitespace() && *c != '-')
        {
            self.at += 1;
            return Ok(self.part(depth + 1)?.map(|part| Node::Not(Box::new(part))));
        }
        if self.at_keyword("NOT") {
            self.at += 3;
            self.skip_space();
            let next = self.peek();
            if next.is_none_or(|c| c == ')') || self.at_keyword("OR") || self.at_keyword("AND") {
                return Err(self.error_at(
                    from,
                    "NOT needs a word behind it",
                    "write NOT before a word, or \"not\" in small letters to search for it",
                ));
            }
            return Ok(self.part(depth + 1)?.map(|part| Node::Not(Box::new(part))));
        }
        match self.field() {
            Some(FieldName::Words(part)) => {
                let outer = std::mem::replace(&mut self.part, part);
                let found = self.words(depth);
                self.part = outer;
                found
            }
            Some(field) => self.condition(field).map(Some),
            None => self.words(depth),
        }
    }

    /// The field that is named here, with its colon, which are passed over.
    fn field(&mut self) -> Option<FieldName> {
        let rest = self.characters.get(self.at..)?;
        let length = rest.iter().position(|c| !c.is_ascii_alphabetic())?;
        let value_follows = rest.get(length + 1).is_some_and(|c| !c.is_whitespace());
        if length == 0 || rest.get(length) != Some(&':') || !value_follows {
            return None;
        }
        let name = self.typed(self.at, self.at + length).to_ascii_lowercase();
        let found = FIELDS.iter().find(|(known, _)| *known == name).map(|(_, field)| *field);
        if found.is_some() {
            self.at += length + 1;
        } else if rest.get(length + 1) != Some(&'/') {
            let known: Vec<_> = FIELDS.iter().map(|(known, _)| format!("{known}:")).collect();
            let known = known.join(" ");
            self.warnings.push(format!(
                "`{name}:` is no field, and was searched as a word; the fields are {known}"
            ));
        }
        found
    }

    /// A group, a phrase or a word.
    fn words(&mut self, depth: usize) -> Result<Option<Node>, QueryError> {
        let from = self.at;
        let Some(first) = self.peek() else { return Ok(None) };
        if first == '(' {
            self.at += 1;
            let inner = self.alternatives(depth + 1)?;
            if self.peek() != Some(')') {
                return Err(self.error_at(
                    from,
                    "a parenthesis opens that is never closed",
                    "close it, or put the words in quotation marks",
                ));
            }
            self.at += 1;
            return Ok(inner);
        }
        if let Some(typed) = self.quoted()? {
            if self.peek() == Some('~') {
                return Err(self.error(
                    "~ stands behind a phrase",
                    "put ~ behind single words; a phrase is found as it stands",
                ));
            }
            return self.leaf(&typed, from, true);
        }
        let typed = self.word();
        self.leaf(&typed, from, false)
    }

    /// The text between quotation marks, if one opens here.
    fn quoted(&mut self) -> Result<Option<String>, QueryError> {
        let from = self.at;
        let Some((_, close)) = QUOTES.iter().find(|(open, _)| self.peek() == Some(*open)) else {
            return Ok(None);
        };
        self.at += 1;
        let start = self.at;
        while self.peek().is_some_and(|c| c != *close) {
            self.at += 1;
        }
        if self.peek().is_none() {
            return Err(self.error_at(
                from,
                "a quotation mark opens that is never closed",
                "add the closing mark, or remove this one",
            ));
        }
        let typed = self.typed(start, self.at);
        self.at += 1;
        Ok(Some(typed))
    }

    /// Everything up to a space, parenthesis or quotation mark.
    fn word(&mut self) -> String {
        let from = self.at;
        while self.peek().is_some_and(|c| {
            !c.is_whitespace()
                && !matches!(c, '(' | ')')
                && !QUOTES.iter().any(|(open, _)| *open == c)
        }) {
            self.at += 1;
        }
        self.typed(from, self.at)
    }

    /// A condition on something else than words.
    fn condition(&mut self, field: FieldName) -> Result<Node, QueryError> {
        let from = self.at;
        let value = match self.quoted()? {
            Some(value) => value,
            None => self.word(),
        };
        let value = value.trim();
        match field {
            FieldName::Language => {
                let is_tag = |c: char| c.is_ascii_alphanumeric() || c == '-';
                if value.is_empty() || !value.chars().all(is_tag) {
                    let problem = "this is no code of a language";
                    return Err(self.error_at(from, problem, "write for example language:bo"));
                }
                Ok(Node::Language(value.to_ascii_lowercase()))
            }
            FieldName::Site => match site_of(value) {
                Some(site) => Ok(Node::Site(site)),
                None => Err(self.error_at(
                    from,
                    "this is no name of a site",
                    "write for example site:example.org",
                )),
            },
            FieldName::Published => match days(value) {
                Some((first, last)) => Ok(Node::Published(first, last)),
                None => Err(self.error_at(
                    from,
                    "this is no date, and no two dates in order with .. between them",
                    "write for example published:2022-09 or published:2021..2022-06",
                )),
            },
            FieldName::Place | FieldName::Words(_) => {
                self.places.push(value.to_owned());
                let Some(places) = self.meaning.places else {
                    return Ok(Node::Or(Vec::new()));
                };
                let names = places.get(value).map(Vec::as_slice).unwrap_or_default();
                let found: Vec<Node> = names.iter().filter_map(|name| phrase(name)).collect();
                if found.is_empty() {
                    return Err(self.error_at(
                        from,
                        "this place is not known here",
                        "search for its name as a word",
                    ));
                }
                Ok(Node::Or(found))
            }
        }
    }

    /// The terms of a word or phrase; nothing where it is only punctuation.
    fn leaf(
        &mut self,
        typed: &str,
        from: usize,
        is_quoted: bool,
    ) -> Result<Option<Node>, QueryError> {
        let (bare, sign) = if is_quoted { (typed, Sign::None) } else { split_sign(typed) };
        let behind = from + bare.chars().count();
        if let Sign::Wrong = sign {
            return Err(self.error_at(
                behind,
                "~ is followed by something else than 1 or 2",
                "write word~, word~1 or word~2",
            ));
        }
        if !is_quoted && let Some(at) = bare.chars().position(|c| c == '*') {
            return Err(self.error_at(
                from + at,
                "a star stands before the end of the word",
                "put it behind the first letters of the word, as in sampl*",
            ));
        }
        let (terms, mut ending) = terms_of(bare, self.meaning.variants);
        let Some((_, last)) = terms.last() else { return Ok(None) };
        self.leaves += 1;
        if self.leaves > MAX_LEAVES {
            return Err(self.error_at(from, "there are too many words", "ask a simpler question"));
        }
        let last = last.first().map_or("", String::as_str);
        let letters = last.chars().count();
        match sign {
            // Characters of a script without spaces are found wherever they stand anyway.
            Sign::Star if is_without_spaces(last) => {}
            Sign::Star if letters < LEAST_BEFORE_STAR => {
                return Err(self.error_at(
                    behind,
                    "a star stands behind a single letter",
                    "write at least two letters before it",
                ));
            }
            Sign::Star => ending = Ending::Star,
            Sign::Near(_) if terms.len() > 1 || is_without_spaces(last) => {
                return Err(self.error_at(
                    behind,
                    "~ stands behind what is more than one word or syllable",
                    "put ~ behind a single word or Tibetan syllable; Chinese has no misspelt words to look for, try --variants",
                ));
            }
            Sign::Near(letters_off) => {
                let letters_off = letters_off.unwrap_or(if letters < 6 { 1 } else { 2 });
                ending = Ending::Near(Arc::new(Near::new(last, letters_off)));
            }
            Sign::None | Sign::Wrong => {}
        }
        let (typed, part) = (bare.to_owned(), self.part);
        Ok(Some(Node::Leaf(Leaf { typed, part, terms, ending })))
    }
}

/// What stands behind a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sign {
    None,
    Star,
    Near(Option<u8>),
    Wrong,
}

fn split_sign(typed: &str) -> (&str, Sign) {
    if let Some(bare) = typed.strip_suffix('*') {
        return (bare, Sign::Star);
    }
    let Some((bare, after)) = typed.rsplit_once('~').filter(|(bare, _)| !bare.is_empty()) else {
        return (typed, Sign::None);
    };
    match after {
        "" => (bare, Sign::Near(None)),
        "1" => (bare, Sign::Near(Some(1))),
        "2" => (bare, Sign::Near(Some(2))),
        // An address of a home page: `example.org/~name`.
        _ if bare.ends_with('/') => (typed, Sign::None),
        _ => (bare, Sign::Wrong),
    }
}

/// Whether a term is of a script that is cut into pairs.
fn is_without_spaces(term: &str) -> bool {
    let mut is_pair = false;
    each_term(term, |term| is_pair |= term.is_tail);
    is_pair
}

/// The terms of a word or phrase with their distances, and how the last is compared.
fn terms_of(typed: &str, with_variants: bool) -> (Vec<(usize, Vec<String>)>, Ending) {
    let mut terms: Vec<(usize, String)> = Vec::new();
    let (mut last_from, mut last_to, mut last_is_tail, mut in_pair) = (0, 0, false, false);
    each_term(typed, |term| {
        // Of two readings of one place the first is the full one.
        if terms.last().is_some_and(|(position, _)| *position == term.position) {
            return;
        }
        // The last character of a run is also in the pair before it.
        in_pair = term.is_tail && term.to == last_to && last_from < term.from;
        (last_from, last_to, last_is_tail) = (term.from, term.to, term.is_tail);
        terms.push((term.position, term.text.to_owned()));
    });
    if in_pair {
        terms.pop();
    }
    let ending = if last_is_tail && !in_pair { Ending::Character } else { Ending::Whole };
    let base = terms.first().map_or(0, |(position, _)| *position);
    let spellings = |text: String| {
        if with_variants { variants::spellings(&text) } else { vec![text] }
    };
    let terms =
        terms.into_iter().map(|(position, text)| (position - base, spellings(text))).collect();
    (terms, ending)
}

/// The name of a computer in what was typed, be it a whole address.
fn site_of(value: &str) -> Option<String> {
    let value = value.split_once("://").map_or(value, |(_, rest)| rest);
    let host = value.split(['/', '?', '#']).next().unwrap_or("");
    let host = host.rsplit_once(':').map_or(host, |(host, _)| host);
    let host = host.trim_start_matches("*.").trim_matches('.');
    // Names of other scripts are compared in the form that addresses have.
    let address = url::Url::parse(&format!("http://{host}/")).ok()?;
    address.host_str().filter(|_| !host.is_empty()).map(str::to_lowercase)
}

/// First and last day of a date or of two with `..` between them.
fn days(value: &str) -> Option<(Option<u64>, Option<u64>)> {
    let Some((from, to)) = value.split_once("..") else {
        let (first, last) = day_range(value)?;
        return Some((Some(first), Some(last)));
    };
    if from.is_empty() && to.is_empty() {
        return None;
    }
    let first = if from.is_empty() { None } else { Some(day_range(from)?.0) };
    let last = if to.is_empty() { None } else { Some(day_range(to)?.1) };
    if let (Some(first), Some(last)) = (first, last)
        && first > last
    {
        return None;
    }
    Some((first, last))
}
