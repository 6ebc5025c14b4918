//! Searching: a query in, the best documents out, with the places of its words.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::ops::Bound;
use std::sync::Arc;

use serde::Serialize;
use tantivy::collector::{Count, TopDocs};
use tantivy::columnar::Column;
use tantivy::query::{
    AllQuery, BooleanQuery, BoostQuery, ConstScoreQuery, Occur, PhrasePrefixQuery, PhraseQuery,
    Query, RangeQuery, RegexPhraseQuery, TermQuery,
};
use tantivy::schema::{Field, IndexRecordOption, Value};
use tantivy::{DocAddress, Searcher, TantivyDocument, Term};

use super::error::IndexError;
use super::folding::{Compared, Likeness, Sketch};
use super::near::NearQuery;
use super::passages::Passages;
use super::query::{Ending, Leaf, Meaning, Node, Part, parse, phrase};
use super::segment;
use super::store::{Fields, Index, SKETCH, day_range};
use super::support;
use crate::radicals::without_radicals;

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
    /// Simplified Chinese characters find traditional ones too, and back.
    pub variants: bool,
    /// A hit takes in those whose texts are nearly the same; otherwise each is a hit of its own.
    pub fold: bool,
    /// The names of each place that the query names as `place:…` (see [`places_in_query`]).
    pub places: BTreeMap<String, Vec<String>>,
    /// Only documents that hold one of these names; all documents where it is empty.
    pub place_names: Vec<String>,
    /// At most this many passages for a hit.
    pub passages: usize,
}

impl Default for SearchOptions {
    fn default() -> Self {
        SearchOptions {
            language: None,
            from: None,
            to: None,
            limit: 20,
            variants: false,
            fold: false,
            places: BTreeMap::new(),
            place_names: Vec::new(),
            passages: 5,
        }
    }
}

/// The answer to a query.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Results {
    /// The best documents, best first.
    pub hits: Vec<Hit>,
    /// How many documents match in all, folded ones among them.
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
    /// The captures that match less well and whose texts are nearly the same: a Jaccard index of at least 0.8 of their sets
    /// of runs, estimated from sketches of them, or exact where a text is too short for one.
    pub folded: Vec<String>,
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
/// More spellings of one place of a phrase are not looked for; a pair of characters has about ten.
const MAX_SPELLINGS: u32 = 1 << 14;
/// For every hit wanted so many more documents are looked at, which may be near-duplicates of better ones.
const LOOKED_AT: usize = 3;
/// A word in the title counts for this many in the text.
const TITLE_WEIGHT: f32 = 2.0;
/// A dictionary word of Chinese adds this much, counted like a term.
const WORD_WEIGHT: f32 = 1.0;

impl Index {
    /// Finds documents.
    ///
    /// Words stand side by side for "all of these" (`AND` may stand between them); `"…"` makes a
    /// phrase, `OR` between words either of them, `-` or `NOT` before a word or a group excludes
    /// it, `( )` groups. `sampl*` finds words that begin so, `word~` those that differ in a letter
    /// or two. `title:`, `text:`, `url:`, `site:`, `language:`, `published:` and `place:` say where
    /// to look. Case of letters does not matter. A broken query gives [`IndexError::Query`] with
    /// the place and a hint.
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
        let meaning = Meaning { variants: options.variants, places: Some(&options.places) };
        let parsed = parse(query, meaning)?;
        let node = &parsed.node;
        let mut clauses = vec![(Occur::Must, build(node, &self.fields))];
        let mut wanted = node.wanted();
        for word in dictionary_words(&wanted) {
            let term = Term::from_field_text(self.fields.words, &word);
            let query = TermQuery::new(term, IndexRecordOption::WithFreqs);
            clauses.push((Occur::Should, Box::new(BoostQuery::new(Box::new(query), WORD_WEIGHT))));
        }
        for filter in self.filters(options)? {
            clauses.push((Occur::Must, Box::new(ConstScoreQuery::new(filter, 0.0))));
        }
        let names: Vec<Node> = options.place_names.iter().filter_map(|name| phrase(name)).collect();
        if !options.place_names.is_empty() {
            let query = names.iter().map(|name| (Occur::Should, build(name, &self.fields)));
            clauses.push((Occur::Must, Box::new(BooleanQuery::new(query.collect()))));
            wanted.extend(names.iter().flat_map(Node::wanted));
        }
        let query = BooleanQuery::new(clauses);
        let searcher = self.reader.searcher();
        let mut results = Results { hits: Vec::new(), total: 0, warnings: parsed.warnings.clone() };
        results.warnings.extend(support::warnings(&wanted, &languages(node, options)));
        let is_dated = |node: &Node| matches!(node, Node::Published(..));
        if (options.from.is_some() || options.to.is_some() || node.any(&is_dated))
            && self.has_undated()?
        {
            results.warnings.push(
                "texts whose day of publication is not known are left out by --from, --to and published:"
                    .to_owned(),
            );
        }
        if options.limit == 0 {
            results.total = searcher.search(&query, &Count)?;
            return Ok(results);
        }
        let looked_at =
            if options.fold { options.limit.saturating_mul(LOOKED_AT) } else { options.limit };
        let looked_at = looked_at.min(usize::try_from(searcher.num_docs()).unwrap_or(usize::MAX));
        let top = TopDocs::with_limit(looked_at.max(1)).order_by_score();
        let (top, total) = searcher.search(&query, &(top, Count))?;
        results.total = total;
        let places = Passages::new(&wanted);
        let mut heads: Vec<Head> = Vec::new();
        let mut sketches = Sketches { searcher: &searcher, columns: BTreeMap::new() };
        for (score, address) in top {
            let is_full = results.hits.len() >= options.limit;
            let sketch = if options.fold { sketches.of(address)? } else { None };
            let likeness = |head: &Head| match (&head.sketch, &sketch) {
                (Some(head), Some(sketch)) => head.likeness(sketch),
                _ => Likeness::Other,
            };
            if is_full && heads.iter().all(|head| likeness(head) == Likeness::Other) {
                continue;
            }
            let document: TantivyDocument = searcher.doc(address)?;
            let text = |field: Field| {
                document.get_first(field).and_then(|value| value.as_str()).unwrap_or("")
            };
            let capture = text(self.fields.capture);
            let stored = document.get_first(self.fields.body).and_then(|value| value.as_str());
            let mut load = || match stored {
                Some(stored) => Cow::Borrowed(stored),
                None => Cow::Owned(text_of(capture).unwrap_or_default()),
            };
            let (mut body, compared) = (None, OnceCell::new());
            let is_same = |(head, _): &(&Head, &mut Hit)| match likeness(head) {
                Likeness::Other => false,
                Likeness::NearlySame => true,
                Likeness::Perhaps => {
                    let body = body.get_or_insert_with(&mut load);
                    head.is_nearly(compared.get_or_init(|| Compared::new(body)))
                }
            };
            let folded = heads.iter().zip(&mut results.hits).find(is_same);
            if let Some((_, hit)) = folded {
                hit.folded.push(capture.to_owned());
                continue;
            }
            if is_full {
                continue;
            }
            let may_be_compared = sketch.as_ref().is_some_and(|sketch| !sketch.decides());
            if options.passages > 0 || may_be_compared {
                body.get_or_insert_with(load);
            }
            let body = body.unwrap_or_default();
            results.hits.push(Hit {
                capture: capture.to_owned(),
                title: text(self.fields.title).to_owned(),
                url: text(self.fields.url).to_owned(),
                language: text(self.fields.language).to_owned(),
                published: Some(text(self.fields.published).to_owned())
                    .filter(|day| !day.is_empty()),
                score,
                passages: places.find(&body, options.passages),
                folded: Vec::new(),
            });
            let text = if may_be_compared { body.into_owned() } else { String::new() };
            heads.push(Head { sketch, text, compared });
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
        let first = match &options.from {
            Some(from) => Some(day("--from", from)?.0),
            None => None,
        };
        let last = match &options.to {
            Some(to) => Some(day("--to", to)?.1),
            None => None,
        };
        filters.extend(day_filters(&self.fields, first, last));
        Ok(filters)
    }
}

/// The sketches in the segments of an index, each opened once.
struct Sketches<'s> {
    searcher: &'s Searcher,
    columns: BTreeMap<u32, Column<u64>>,
}

impl Sketches<'_> {
    /// The sketch of a document's text, where it has one.
    fn of(&mut self, address: DocAddress) -> Result<Option<Sketch>, IndexError> {
        let column = match self.columns.entry(address.segment_ord) {
            Entry::Occupied(column) => column.into_mut(),
            Entry::Vacant(place) => {
                let segment = self.searcher.segment_reader(address.segment_ord);
                place.insert(segment.fast_fields().u64(SKETCH)?)
            }
        };
        Ok(Sketch::from_numbers(column.values_for_doc(address.doc_id)))
    }
}

/// A hit that others may be folded into.
struct Head {
    sketch: Option<Sketch>,
    /// Empty where the sketch alone decides.
    text: String,
    compared: OnceCell<Compared>,
}

impl Head {
    fn is_nearly(&self, other: &Compared) -> bool {
        self.compared.get_or_init(|| Compared::new(&self.text)).is_nearly(other)
    }
}

/// The places that a query names as `place:…`, as they were typed: who knows their names gives them to the search in
/// [`SearchOptions::places`].
pub fn places_in_query(query: &str) -> Result<Vec<String>, IndexError> {
    Ok(parse(query, Meaning::default())?.places)
}

fn build(node: &Node, fields: &Fields) -> Box<dyn Query> {
    match node {
        Node::Leaf(leaf) => match leaf.part {
            Part::Text => leaf_query(leaf, fields.body),
            Part::Title => leaf_query(leaf, fields.title),
            Part::Url => leaf_query(leaf, fields.url),
            Part::Any => {
                let title = BoostQuery::new(leaf_query(leaf, fields.title), TITLE_WEIGHT);
                Box::new(BooleanQuery::new(vec![
                    (Occur::Should, leaf_query(leaf, fields.body)),
                    (Occur::Should, Box::new(title)),
                ]))
            }
        },
        Node::Language(tag) => condition(Box::new(term_query(fields.language_prefix, tag))),
        Node::Site(site) => condition(Box::new(term_query(fields.site, site))),
        Node::Published(first, last) => {
            let days = day_filters(fields, *first, *last);
            let days = days.into_iter().map(|filter| (Occur::Must, filter)).collect();
            condition(Box::new(BooleanQuery::new(days)))
        }
        Node::Or(parts) => Box::new(BooleanQuery::new(
            parts.iter().map(|part| (Occur::Should, build(part, fields))).collect(),
        )),
        Node::And(parts) => {
            let mut clauses: Vec<_> = parts
                .iter()
                .map(|part| match part {
                    Node::Not(inner) => (Occur::MustNot, build(inner, fields)),
                    other => (Occur::Must, build(other, fields)),
                })
                .collect();
            // Exclusions alone match nothing: they need something to take away from.
            if clauses.iter().all(|(occur, _)| *occur == Occur::MustNot) {
                clauses.push((Occur::Must, condition(Box::new(AllQuery))));
            }
            Box::new(BooleanQuery::new(clauses))
        }
        Node::Not(inner) => Box::new(BooleanQuery::new(vec![
            (Occur::Must, condition(Box::new(AllQuery))),
            (Occur::MustNot, build(inner, fields)),
        ])),
    }
}

/// A query that says nothing about the rank.
fn condition(query: Box<dyn Query>) -> Box<dyn Query> {
    Box::new(ConstScoreQuery::new(query, 0.0))
}

fn term_query(field: Field, text: &str) -> TermQuery {
    TermQuery::new(Term::from_field_text(field, text), IndexRecordOption::Basic)
}

/// Documents that may have been published between two days.
fn day_filters(fields: &Fields, first: Option<u64>, last: Option<u64>) -> Vec<Box<dyn Query>> {
    let mut filters: Vec<Box<dyn Query>> = Vec::new();
    if let Some(first) = first {
        let bound = Bound::Included(Term::from_field_u64(fields.last_day, first));
        filters.push(Box::new(RangeQuery::new(bound, Bound::Unbounded)));
    }
    if let Some(last) = last {
        let bound = Bound::Included(Term::from_field_u64(fields.first_day, last));
        filters.push(Box::new(RangeQuery::new(Bound::Unbounded, bound)));
    }
    filters
}

/// The languages that a query is narrowed to.
fn languages<'a>(node: &'a Node, options: &'a SearchOptions) -> Vec<&'a str> {
    fn collect<'a>(node: &'a Node, into: &mut Vec<&'a str>) {
        match node {
            Node::Language(tag) => into.push(tag),
            Node::And(parts) | Node::Or(parts) => {
                parts.iter().for_each(|part| collect(part, into));
            }
            _ => {}
        }
    }
    let mut languages: Vec<&str> = options.language.as_deref().into_iter().collect();
    collect(node, &mut languages);
    languages
}

fn either(mut queries: Vec<Box<dyn Query>>) -> Box<dyn Query> {
    match (queries.pop(), queries.is_empty()) {
        (Some(only), true) => only,
        (last, _) => {
            queries.extend(last);
            Box::new(BooleanQuery::union(queries))
        }
    }
}

fn leaf_query(leaf: &Leaf, field: Field) -> Box<dyn Query> {
    let is_prefix = matches!(leaf.ending, Ending::Character | Ending::Star);
    if let [(_, spellings)] = leaf.terms.as_slice() {
        let query = |text: &String| -> Box<dyn Query> {
            let term = Term::from_field_text(field, text);
            match &leaf.ending {
                Ending::Whole => Box::new(TermQuery::new(term, IndexRecordOption::WithFreqs)),
                Ending::Character | Ending::Star => {
                    let mut query = PhrasePrefixQuery::new(vec![term]);
                    // One character may begin any of thousands of pairs.
                    query.set_max_expansions(MAX_EXPANSIONS);
                    Box::new(query)
                }
                // The word as it was typed counts for what it is, others as one.
                Ending::Near(near) => either(vec![
                    Box::new(NearQuery { field, near: Arc::clone(near) }),
                    Box::new(TermQuery::new(term, IndexRecordOption::WithFreqs)),
                ]),
            }
        };
        return either(spellings.iter().map(query).collect());
    }
    if leaf.terms.iter().any(|(_, spellings)| spellings.len() > 1) {
        let last = leaf.terms.len() - 1;
        let places = leaf.terms.iter().enumerate().map(|(at, (offset, spellings))| {
            // Terms are letters, digits and marks: nothing in them means anything in a pattern.
            let tail = if is_prefix && at == last { ".*" } else { "" };
            (*offset, format!("({}){tail}", spellings.join("|")))
        });
        let mut query = RegexPhraseQuery::new_with_offset(field, places.collect());
        query.set_max_expansions(if is_prefix { MAX_EXPANSIONS } else { MAX_SPELLINGS });
        return Box::new(query);
    }
    let typed = |(offset, spellings): &(usize, Vec<String>)| {
        let text = spellings.first().map_or("", String::as_str);
        (*offset, Term::from_field_text(field, text))
    };
    let terms: Vec<(usize, Term)> = leaf.terms.iter().map(typed).collect();
    if is_prefix {
        let mut query = PhrasePrefixQuery::new_with_offset(terms);
        query.set_max_expansions(MAX_EXPANSIONS);
        return Box::new(query);
    }
    Box::new(PhraseQuery::new_with_offset(terms))
}

fn dictionary_words(leaves: &[&Leaf]) -> Vec<String> {
    let mut words = Vec::new();
    for leaf in leaves {
        let typed = without_radicals(&leaf.typed);
        if segment::has_han(&typed) {
            segment::each_word(&typed, |_, word| words.push(word.to_owned()));
        }
    }
    words.sort_unstable();
    words.dedup();
    words
}
