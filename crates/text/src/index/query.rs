//! What a user types, read into a tree of words.
//!
//! ```text
//! query  = or
//! or     = and ("OR" and)*
//! and    = part+
//! part   = "-" part | "(" or ")" | '"' text '"' | word
//! ```
//! Words stand side by side for "all of these". A word that its script writes without spaces or
//! cuts into syllables is a phrase of its terms.

use super::error::QueryError;
use crate::words::each_term;

/// Parentheses nested deeper than this are refused.
const MAX_DEPTH: usize = 16;
/// More words than this are refused.
const MAX_LEAVES: usize = 256;

/// A word or phrase of the query, as the terms that must stand in a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Leaf {
    /// As typed, without quotes.
    pub(super) typed: String,
    /// The terms, and how far behind the first each stands.
    pub(super) terms: Vec<(usize, String)>,
    /// The last term is the start of one: a single character of a script without spaces.
    pub(super) last_is_prefix: bool,
}

/// The query as a tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Node {
    Leaf(Leaf),
    And(Vec<Node>),
    Or(Vec<Node>),
    Not(Box<Node>),
}

impl Node {
    /// The words that a hit shows: all but the excluded ones.
    pub(super) fn wanted(&self) -> Vec<&Leaf> {
        match self {
            Node::Leaf(leaf) => vec![leaf],
            Node::And(parts) | Node::Or(parts) => parts.iter().flat_map(Node::wanted).collect(),
            Node::Not(_) => Vec::new(),
        }
    }

    fn is_only_negative(&self) -> bool {
        match self {
            Node::Leaf(_) => false,
            Node::Not(_) => true,
            Node::And(parts) => parts.iter().all(Node::is_only_negative),
            Node::Or(parts) => parts.iter().any(Node::is_only_negative),
        }
    }
}

/// Reads a query.
pub(super) fn parse(query: &str) -> Result<Node, QueryError> {
    let mut parser = Parser { characters: query.chars().collect(), at: 0, leaves: 0 };
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
    Ok(node)
}

struct Parser {
    characters: Vec<char>,
    at: usize,
    leaves: usize,
}

/// Quotation marks that open a phrase, and those that close it.
const QUOTES: [(char, char); 6] =
    [('"', '"'), ('“', '”'), ('„', '“'), ('«', '»'), ('「', '」'), ('『', '』')];

impl Parser {
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

    /// Whether `OR` stands here as a word of its own.
    fn at_or(&self) -> bool {
        self.characters.get(self.at..self.at + 2) == Some(&['O', 'R'])
            && self
                .characters
                .get(self.at + 2)
                .is_none_or(|c| c.is_whitespace() || *c == '(' || *c == '"')
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
                None if self.at_or() || after_or.is_some() => {
                    let at = after_or.unwrap_or(self.at);
                    return Err(self.error_at(
                        at,
                        "OR needs a word on both sides",
                        "write OR between two words, or \"or\" in small letters to search for it",
                    ));
                }
                None => {}
            }
            if !self.at_or() {
                break;
            }
            after_or = Some(self.at);
            self.at += 2;
        }
        Ok(if found.len() > 1 { Some(Node::Or(found)) } else { found.pop() })
    }

    fn all_of(&mut self, depth: usize) -> Result<Option<Node>, QueryError> {
        let mut parts = Vec::new();
        loop {
            self.skip_space();
            match self.peek() {
                None | Some(')') => break,
                Some(_) if self.at_or() => break,
                Some(_) => {
                    if let Some(part) = self.part(depth)? {
                        parts.push(part);
                    }
                }
            }
        }
        Ok(if parts.len() > 1 { Some(Node::And(parts)) } else { parts.pop() })
    }

    fn part(&mut self, depth: usize) -> Result<Option<Node>, QueryError> {
        let from = self.at;
        let Some(first) = self.peek() else { return Ok(None) };
        if first == '-'
            && self.characters.get(from + 1).is_some_and(|c| !c.is_whitespace() && *c != '-')
        {
            self.at += 1;
            return Ok(self.part(depth)?.map(|part| Node::Not(Box::new(part))));
        }
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
        if let Some((_, close)) = QUOTES.iter().find(|(open, _)| *open == first) {
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
            let typed: String =
                self.characters.get(start..self.at).unwrap_or_default().iter().collect();
            self.at += 1;
            return self.leaf(&typed, from);
        }
        while self.peek().is_some_and(|c| {
            !c.is_whitespace()
                && !matches!(c, '(' | ')')
                && !QUOTES.iter().any(|(open, _)| *open == c)
        }) {
            self.at += 1;
        }
        let typed: String = self.characters.get(from..self.at).unwrap_or_default().iter().collect();
        self.leaf(&typed, from)
    }

    /// The terms of a word or phrase; nothing where it is only punctuation.
    fn leaf(&mut self, typed: &str, from: usize) -> Result<Option<Node>, QueryError> {
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
        if terms.is_empty() {
            return Ok(None);
        }
        self.leaves += 1;
        if self.leaves > MAX_LEAVES {
            return Err(self.error_at(from, "there are too many words", "ask a simpler question"));
        }
        if in_pair {
            terms.pop();
        }
        let last_is_prefix = last_is_tail && !in_pair;
        let base = terms.first().map_or(0, |(position, _)| *position);
        let terms = terms.into_iter().map(|(position, text)| (position - base, text)).collect();
        Ok(Some(Node::Leaf(Leaf { typed: typed.to_owned(), terms, last_is_prefix })))
    }
}
