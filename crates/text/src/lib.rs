//! Hostile bytes to text: what a page or file says, in which language, with the numbers and dates
//! it mentions, and found again by search.
//!
//! - [`extract`] reads bytes into an [`Extraction`]: all visible text, the main text, title, date,
//!   language, links, mentions. It is a pure function of the bytes and the [`Hints`].
//! - [`detect_language`] names the language and script of a text, [`language_runs`] those of its parts.
//! - [`Index`] is a search index for every script our users read.
//! - [`verdict::judge`] says whether a capture holds the content that was asked for.
//! - [`near_duplicates`], [`overlap`] and [`quotations`] find what texts took from each other.
//! - [`anchor`](anchor()) finds a quoted passage again in another text.
//! - [`Offsets`] converts between code points, bytes and UTF-16 units.
//!
//! **Every offset of this crate counts Unicode code points**, as the Web Annotation data model
//! does (W3C, 2017, section 4.2.5). Texts keep the code points as decoded; only the index and
//! comparisons normalise.

mod anchor;
mod charset;
mod comparison;
mod dates;
mod extract;
mod html;
mod index;
mod language;
mod mentions;
mod near_duplicates;
mod offsets;
mod overlap;
mod radicals;
mod seen;
mod shingles;
pub mod verdict;
mod words;

pub use anchor::{Anchor, Quote, anchor};
pub use comparison::{
    CaptureFacts, ChangeKind, FigureChange, FigurePart, RecordDifference, RecordRow, Span,
    TextChange, TextDifference, Version, compare_records, compare_texts,
};
pub use extract::{
    Content, EXTRACTOR, ExtractError, Extraction, Hints, Said, extract, markup_places, read_content,
};
pub use html::links::Link;
pub use html::metadata::Published;
pub use html::places::{DomPoint, MarkupPlace};
pub use index::{
    Document, Hit, Index, IndexError, IndexKey, Match, QueryError, Results, SearchOptions, Writer,
    places_in_query,
};
pub use language::{Language, LanguageRun, detect_language, language_runs};
pub use mentions::{
    Bound, Mention, MentionKind, MentionValue, Modality, PlaceCandidate, PlaceEntry, PlaceNames,
    find_mentions, find_mentions_among, find_places,
};
pub use near_duplicates::{NearDuplicate, near_duplicates, runs_of};
pub use offsets::Offsets;
pub use overlap::{Overlap, Quotation, SharedPassage, overlap, quotations};
pub use seen::find_as_seen;
