//! The way back: from a span of the extracted text to the element of the page and to the bytes of the file.

use std::ops::Range;

use encoding_rs::{CoderResult, Encoding};
use serde::{Deserialize, Serialize};

use super::parse::parse;
use super::render::{TextRun, text_with_runs};
use super::tag::Tag;
use super::tree::{NodeId, Tree};

/// A point in the text of a page, as the DOM of a browser names it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DomPoint {
    /// The path of the element that the text stands in, as a CSS selector: `html > body > p:nth-of-type(3)`.
    pub path: String,
    /// Which of the element's own texts it is, from 1, as `text()[1]` of XPath counts.
    pub text: u32,
    /// The code point in that text, line ends counted as the DOM holds them: as one.
    pub offset: usize,
}

/// Where a span of the extracted text comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MarkupPlace {
    /// Where its first code point stands.
    pub start: DomPoint,
    /// Where its last code point ends.
    pub end: DomPoint,
    /// The bytes from the first code point to the last, in the file as it was kept, its charset undone by nobody. Marks of
    /// the markup between them are in it; a character reference is in it whole.
    pub bytes: Range<u64>,
}

/// Finds where spans of code points of a page's extracted text come from; none for a span that is empty or lies outside.
///
/// `bytes` are the file, `decoded_from` how many of its first bytes are a byte order mark.
pub(crate) fn places(
    bytes: &[u8],
    mark: usize,
    source: &str,
    encoding: &'static Encoding,
    spans: &[(usize, usize)],
) -> Vec<Option<MarkupPlace>> {
    let (tree, _) = parse(source);
    let (text, runs) = text_with_runs(&tree);
    let offsets = crate::Offsets::new(&text);
    let found: Vec<Option<(DomPoint, DomPoint, Range<usize>)>> = spans
        .iter()
        .map(|(start, end)| {
            let (from, to) = (offsets.byte_of_point(*start), offsets.byte_of_point(*end));
            let span =
                text.get(from..to).filter(|span| !span.is_empty() && *end <= offsets.points())?;
            // White space between blocks is nobody's: the first and the last character of a text count.
            let first = from + span.len() - span.trim_start().len();
            let last = span.trim_end().char_indices().next_back().map(|(at, _)| from + at)?;
            let (start, begins) = point(&tree, &runs, &text, first, false)?;
            let (end, ends) = point(&tree, &runs, &text, last, true)?;
            Some((start, end, begins.start..ends.end))
        })
        .collect();
    let wanted: Vec<usize> =
        found.iter().flatten().flat_map(|(_, _, range)| [range.start, range.end]).collect();
    let in_bytes = byte_places(bytes, mark, encoding, wanted);
    found
        .into_iter()
        .map(|found| {
            let (start, end, range) = found?;
            let byte = |at: usize| {
                let index = in_bytes.binary_search_by_key(&at, |(at, _)| *at).ok()?;
                in_bytes.get(index).map(|(_, byte)| *byte as u64)
            };
            Some(MarkupPlace { start, end, bytes: byte(range.start)?..byte(range.end)? })
        })
        .collect()
}

/// Where the character at a byte of the text begins (or ends, with `after`), and its range of the source.
fn point(
    tree: &Tree<'_>,
    runs: &[TextRun],
    text: &str,
    at: usize,
    after: bool,
) -> Option<(DomPoint, Range<usize>)> {
    let index = runs.partition_point(|run| run.text <= at).checked_sub(1)?;
    let run = runs.get(index).filter(|run| at < run.text + run.length)?;
    let character = text.get(at..)?.chars().next()?;
    let data = run.data + (at - run.text);
    let data_end =
        if run.is_line_end { run.data + run.data_length } else { data + character.len_utf8() };
    let range = tree.source_range(run.node, data..data_end)?;
    let whole = tree.text(run.node);
    let before = whole.get(..if after { data_end } else { data })?;
    let mut offset = before.chars().count() - before.matches("\r\n").count();
    // A browser drops the line end right behind the start of these elements.
    let parent = tree.node(run.node).parent;
    if matches!(tree.node(parent).tag, Tag::Pre | Tag::Textarea | Tag::Listing)
        && run.node == parent + 1
        && whole.starts_with(['\n', '\r'])
    {
        offset = offset.saturating_sub(1);
    }
    let text = 1 + children(tree, parent)
        .filter(|id| *id < run.node && tree.node(*id).tag == Tag::Text)
        .count();
    let text = u32::try_from(text).unwrap_or(u32::MAX);
    Some((DomPoint { path: path(tree, parent), text, offset }, range))
}

fn children<'t>(tree: &'t Tree<'_>, parent: NodeId) -> impl Iterator<Item = NodeId> + 't {
    let end = tree.node(parent).end;
    std::iter::successors(Some(parent + 1), move |id| Some(tree.node(*id).end.max(id + 1)))
        .take_while(move |id| *id < end)
}

/// The path of an element in the tree that a browser makes of the page: `html`, `body` and `tbody` are there even where the
/// page leaves them out.
fn path(tree: &Tree<'_>, id: NodeId) -> String {
    let mut steps: Vec<String> = Vec::new();
    let mut at = id;
    while at != 0 {
        let node = tree.node(at);
        let siblings: Vec<NodeId> =
            children(tree, node.parent).take_while(|other| *other <= at).collect();
        let same = |tag: Tag| siblings.iter().filter(|other| tree.node(**other).tag == tag).count();
        steps.push(match node.tag {
            Tag::Html | Tag::Head | Tag::Body => node.tag.name().to_owned(),
            Tag::Unknown => {
                let elements = siblings.iter().filter(|other| tree.node(**other).tag != Tag::Text);
                format!("*:nth-child({})", elements.count())
            }
            tag => format!("{}:nth-of-type({})", tag.name(), same(tag)),
        });
        if node.tag == Tag::Tr && tree.node(node.parent).tag == Tag::Table {
            steps.push("tbody:nth-of-type(1)".to_owned());
        }
        at = node.parent;
    }
    let has = |name: &str, steps: &[String]| steps.iter().any(|step| step == name);
    if !has("body", &steps) && !has("head", &steps) {
        let html = steps.pop_if(|step| step == "html");
        steps.push("body".to_owned());
        steps.extend(html);
    }
    if !has("html", &steps) {
        steps.push("html".to_owned());
    }
    steps.reverse();
    steps.join(" > ")
}

/// For each place in the decoded text (in bytes of UTF-8), the byte of the file at which it begins: where the character
/// before it ends. In broken bytes, where the replacement character stands for them.
fn byte_places(
    bytes: &[u8],
    mark: usize,
    encoding: &'static Encoding,
    mut wanted: Vec<usize>,
) -> Vec<(usize, usize)> {
    wanted.sort_unstable();
    wanted.dedup();
    let body = bytes.get(mark..).unwrap_or_default();
    if encoding == encoding_rs::UTF_8 && std::str::from_utf8(body).is_ok() {
        return wanted.into_iter().map(|at| (at, mark + at)).collect();
    }
    let mut decoder = encoding.new_decoder_without_bom_handling();
    let mut found = Vec::with_capacity(wanted.len());
    let mut wanted = wanted.into_iter().peekable();
    let mut decoded = 0;
    let mut room = [0_u8; 64];
    while let Some(at) = wanted.next_if(|at| *at == 0) {
        found.push((at, mark));
    }
    for (index, byte) in body.iter().enumerate() {
        if wanted.peek().is_none() {
            break;
        }
        // One byte at a time: a character comes out when its last byte goes in.
        let mut input = std::slice::from_ref(byte);
        loop {
            let (result, read, written, _) = decoder.decode_to_utf8(input, &mut room, false);
            input = input.get(read..).unwrap_or_default();
            decoded += written;
            if result == CoderResult::InputEmpty {
                break;
            }
        }
        while let Some(at) = wanted.next_if(|at| *at <= decoded) {
            found.push((at, mark + index + 1));
        }
    }
    found.extend(wanted.map(|at| (at, bytes.len())));
    found
}
