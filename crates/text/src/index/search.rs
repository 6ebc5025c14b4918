//! Searching: a query in, the best documents out, with the places of its words.

use std::borrow::Cow;
use std::ops::Bound;

use serde::Serialize;
use tantivy::TantivyDocument;
use tantivy::Term;
use tantivy::collector::{Count, TopDocs};
use tantivy::query::{
    AllQuery, BooleanQuery, BoostQuery, ConstScoreQuery, Occur, PhrasePrefixQuery, PhraseQuery,
    Query, RangeQuery, TermQuery,
};
use tantivy::schema::{Field, IndexRecordOption, Value};

use super::error::IndexError;
use super::passages;
use super::query::{Leaf, Node, parse};
use super::segment;
use super::store::{Fields, Index, day_range};

/// What narrows a search, and how much of its answer is given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SearchOptions {
    /// Only documents in this language (BCP 47); `zh` takes in `zh-Hans` and `zh-Hant`.
    pub language: Option<String>,
    /// Only documents published on or after this year, month or day (ISO 8601).
    pub from: Option<String>,
    /// Only documents published on or before this year, month or day (ISO 8601).
    pub to: Option<String>,
    /// At most this many hits.
    pub limit: usize,
    /// At most this many passages for a hit.
    pub passages: usize,
}

impl Default for SearchOptions {
    fn default() -> Self {
        SearchOptions { language: None, from: None, to: None, limit: 20, passages: 5 }
    }
}

/// The answer to a query.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Results {
    /// The best documents, best first.
    pub hits: Vec<Hit>,
    /// How many documents match in all.
    pub total: usize,
    /// What the reader of the hits should know, such as a script that is searched less well.
    pub warnings: Vec<String>,
}

/// One document that matches.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Hit {
    /// The id of its capture.
    pub capture: String,
    /// Its title.
    pub title: String,
    /// Its address.
    pub url: String,
    /// Its language, BCP 47.
    pub language: String,
    /// Its day of publication, where known.
    pub published: Option<String>,
    /// BM25 (Robertson and Zaragoza 2009), higher is better; only good for comparing hits of one
    /// search.
    pub score: f32,
    /// Where the words stand in the text, best place first; empty where only the title matches.
    pub passages: Vec<Match>,
}

/// A place in a text where words of the query stand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Match {
    /// The text as it stands there.
    pub exact: String,
    /// First code point.
    pub start: usize,
    /// One past the last code point.
    pub end: usize,
}

/// More pairs than any one character begins: Han, kana and Hangul together are about 40,000. Not
/// more, because tantivy sets memory aside for as many.
const MAX_EXPANSIONS: u32 = 40_000;
/// A word in the title counts for this many in the text.
const TITLE_WEIGHT: f32 = 2.0;
/// A dictionary word of Chinese adds this much, counted like a term.
const WORD_WEIGHT: f32 = 1.0;

impl Index {
    /// Finds documents.
    ///
    /// Words stand side by side for "all of these"; `"…"` makes a phrase, `OR` between words
    /// either of them, `-` before a word or a group excludes it, `( )` groups. Case does not
    /// matter. A broken query gives [`IndexError::Query`] with the place and a hint.
    pub fn search(&self, query: &str, options: &SearchOptions) -> Result<Results, IndexError> {
        self.search_with(query, options, |_| None)
    }

    /// Like [`Index::search`], for an index without copies of the texts: `text_of` is asked for
    /// the text of each capture among the hits, which must be the one that was added. Without it a
    /// hit has no passages.
    pub fn search_with(
        &self,
        query: &str,
        options: &SearchOptions,
        mut text_of: impl FnMut(&str) -> Option<String>,
    ) -> Result<Results, IndexError> {
        let node = parse(query)?;
        let mut clauses = vec![(Occur::Must, build(&node, &self.fields))];
        let wanted = node.wanted();
        for word in dictionary_words(&wanted) {
            let term = Term::from_field_text(self.fields.words, &word);
            let query = TermQuery::new(term, IndexRecordOption::WithFreqs);
            clauses.push((Occur::Should, Box::new(BoostQuery::new(Box::new(query), WORD_WEIGHT))));
        }
        for filter in self.filters(options)? {
            clauses.push((Occur::Must, Box::new(ConstScoreQuery::new(filter, 0.0))));
        }
        let query = BooleanQuery::new(clauses);
        let searcher = self.reader.searcher();
        let mut results =
            Results { hits: Vec::new(), total: 0, warnings: warnings(query_text(&wanted)) };
        if options.limit == 0 {
            results.total = searcher.search(&query, &Count)?;
            return Ok(results);
        }
        let top = TopDocs::with_limit(options.limit).order_by_score();
        let (top, total) = searcher.search(&query, &(top, Count))?;
        results.total = total;
        for (score, address) in top {
            let document: TantivyDocument = searcher.doc(address)?;
            let text = |field: Field| {
                document.get_first(field).and_then(|value| value.as_str()).unwrap_or("")
            };
            let capture = text(self.fields.capture);
            let body = match document.get_first(self.fields.body).and_then(|value| value.as_str()) {
                Some(stored) => Cow::Borrowed(stored),
                None if options.passages == 0 => Cow::Borrowed(""),
                None => Cow::Owned(text_of(capture).unwrap_or_default()),
            };
            results.hits.push(Hit {
                capture: capture.to_owned(),
                title: text(self.fields.title).to_owned(),
                url: text(self.fields.url).to_owned(),
                language: text(self.fields.language).to_owned(),
                published: Some(text(self.fields.published).to_owned())
                    .filter(|day| !day.is_empty()),
                score,
                passages: passages::find(&body, &wanted, options.passages),
            });
        }
        if (options.from.is_some() || options.to.is_some()) && self.has_undated()? {
            results.warnings.push(
                "texts whose day of publication is not known are left out by --from and --to"
                    .to_owned(),
            );
        }
        Ok(results)
    }

    fn has_undated(&self) -> Result<bool, IndexError> {
        let dated = RangeQuery::new(
            Bound::Included(Term::from_field_u64(self.fields.first_day, 0)),
            Bound::Unbounded,
        );
        let searcher = self.reader.searcher();
        let dated = searcher.search(&dated, &Count)?;
        Ok((dated as u64) < searcher.num_docs())
    }

    fn filters(&self, options: &SearchOptions) -> Result<Vec<Box<dyn Query>>, IndexError> {
        let mut filters: Vec<Box<dyn Query>> = Vec::new();
        if let Some(language) = &options.language {
            let term = Term::from_field_text(self.fields.language_prefix, &language.to_lowercase());
            filters.push(Box::new(TermQuery::new(term, IndexRecordOption::Basic)));
        }
        let day = |option: &'static str, value: &String| {
            day_range(value).ok_or_else(|| IndexError::Date { option, value: value.clone() })
        };
        if let Some(from) = &options.from {
            let (first, _) = day("--from", from)?;
            let bound = Bound::Included(Term::from_field_u64(self.fields.last_day, first));
            filters.push(Box::new(RangeQuery::new(bound, Bound::Unbounded)));
        }
        if let Some(to) = &options.to {
            let (_, last) = day("--to", to)?;
            let bound = Bound::Included(Term::from_field_u64(self.fields.first_day, last));
            filters.push(Box::new(RangeQuery::new(Bound::Unbounded, bound)));
        }
        Ok(filters)
    }
}

fn build(node: &Node, fields: &Fields) -> Box<dyn Query> {
    match node {
        Node::Leaf(leaf) => {
            let title = BoostQuery::new(leaf_query(leaf, fields.title), TITLE_WEIGHT);
            Box::new(BooleanQuery::new(vec![
                (Occur::Should, leaf_query(leaf, fields.body)),
                (Occur::Should, Box::new(title)),
            ]))
        }
        Node::Or(parts) => Box::new(BooleanQuery::new(
            parts.iter().map(|part| (Occur::Should, build(part, fields))).collect(),
        )),
        Node::And(parts) => {
            let clauses = parts.iter().map(|part| match part {
                Node::Not(inner) => (Occur::MustNot, build(inner, fields)),
                other => (Occur::Must, build(other, fields)),
            });
            Box::new(BooleanQuery::new(clauses.collect()))
        }
        Node::Not(inner) => Box::new(BooleanQuery::new(vec![
            (Occur::Must, Box::new(AllQuery) as Box<dyn Query>),
            (Occur::MustNot, build(inner, fields)),
        ])),
    }
}

fn leaf_query(leaf: &Leaf, field: Field) -> Box<dyn Query> {
    let terms: Vec<(usize, Term)> = leaf
        .terms
        .iter()
        .map(|(offset, text)| (*offset, Term::from_field_text(field, text)))
        .collect();
    if leaf.last_is_prefix {
        let mut query = PhrasePrefixQuery::new_with_offset(terms);
        // One character may begin any of thousands of pairs.
        query.set_max_expansions(MAX_EXPANSIONS);
        return Box::new(query);
    }
    match <[(usize, Term); 1]>::try_from(terms) {
        Ok([(_, term)]) => Box::new(TermQuery::new(term, IndexRecordOption::WithFreqs)),
        Err(terms) => Box::new(PhraseQuery::new_with_offset(terms)),
    }
}

fn dictionary_words(leaves: &[&Leaf]) -> Vec<String> {
    let mut words = Vec::new();
    for leaf in leaves {
        if segment::has_han(&leaf.typed) {
            segment::each_word(&leaf.typed, |_, word| words.push(word.to_owned()));
        }
    }
    words.sort_unstable();
    words.dedup();
    words
}

fn query_text(leaves: &[&Leaf]) -> String {
    leaves.iter().map(|leaf| leaf.typed.as_str()).collect::<Vec<_>>().join(" ")
}

/// Scripts whose words this index does not know.
fn warnings(query: String) -> Vec<String> {
    let in_range = |from: char, to: char| query.chars().any(|c| (from..=to).contains(&c));
    let mut warnings = Vec::new();
    for (name, from, to) in [
        ("Thai", '\u{E00}', '\u{E7F}'),
        ("Lao", '\u{E80}', '\u{EFF}'),
        ("Burmese", '\u{1000}', '\u{109F}'),
        ("Khmer", '\u{1780}', '\u{17FF}'),
    ] {
        if in_range(from, to) {
            warnings.push(format!(
                "{name} is searched as a row of characters, not by words: nothing is missed, but a hit may be part of another word"
            ));
        }
    }
    warnings
}
