//! The tree of an HTML document: nodes in document order in one array.
//!
//! Nodes are only ever appended, so the descendants of a node are the slots that follow it up to
//! its `end`. Every walk is a loop over a range: no recursion, whatever the nesting of the input.
//! Texts and attribute values are ranges of the source, unescaped when asked for, which also keeps
//! the way back from text to the place in the decoded page.

use std::borrow::Cow;
use std::ops::Range;

use super::tag::{AttributeName, Tag};

/// The place of a node in the tree's array; the document is 0.
pub(crate) type NodeId = u32;

/// One node: an element, a run of text, or the document.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Node {
    pub(crate) tag: Tag,
    pub(crate) parent: NodeId,
    /// One past the last descendant.
    pub(crate) end: NodeId,
    /// Of a text: its first byte in the source. Of an element: its first attribute.
    from: u32,
    /// Of a text: one past its last byte. Of an element: one past its last attribute.
    to: u32,
}

#[derive(Clone, Copy, Debug)]
struct Attribute {
    name: AttributeName,
    from: u32,
    to: u32,
}

/// An HTML document as a flat tree over its decoded source.
#[derive(Debug)]
pub(crate) struct Tree<'s> {
    source: &'s str,
    nodes: Vec<Node>,
    attributes: Vec<Attribute>,
}

impl<'s> Tree<'s> {
    /// A tree that holds only the document node.
    pub(super) fn new(source: &'s str) -> Self {
        let document = Node { tag: Tag::Document, parent: 0, end: 1, from: 0, to: 0 };
        let mut nodes = Vec::with_capacity(source.len() / 48 + 16);
        nodes.push(document);
        Tree { source, nodes, attributes: Vec::with_capacity(source.len() / 96 + 16) }
    }

    pub(super) fn push_element(
        &mut self,
        parent: NodeId,
        tag: Tag,
        attributes: &[(AttributeName, Range<u32>)],
    ) -> NodeId {
        let from = self.attributes.len() as u32;
        self.attributes.extend(attributes.iter().map(|(name, range)| Attribute {
            name: *name,
            from: range.start,
            to: range.end,
        }));
        let to = self.attributes.len() as u32;
        self.push(Node { tag, parent, end: 0, from, to })
    }

    pub(super) fn push_text(&mut self, parent: NodeId, range: Range<usize>) -> NodeId {
        let (from, to) = (range.start as u32, range.end as u32);
        self.push(Node { tag: Tag::Text, parent, end: 0, from, to })
    }

    fn push(&mut self, node: Node) -> NodeId {
        let id = self.nodes.len() as NodeId;
        self.nodes.push(Node { end: id + 1, ..node });
        id
    }

    /// Notes that everything appended since `id` is inside it.
    pub(super) fn close(&mut self, id: NodeId) {
        let end = self.nodes.len() as NodeId;
        if let Some(node) = self.nodes.get_mut(id as usize) {
            node.end = end;
        }
    }

    /// How many nodes there are.
    pub(crate) fn len(&self) -> NodeId {
        self.nodes.len() as NodeId
    }

    /// The node at `id`; the document for an id that is out of range.
    pub(crate) fn node(&self, id: NodeId) -> Node {
        self.nodes.get(id as usize).or(self.nodes.first()).copied().unwrap_or(Node {
            tag: Tag::Document,
            parent: 0,
            end: 0,
            from: 0,
            to: 0,
        })
    }

    /// The value of an attribute as it is written, before entities are resolved.
    pub(crate) fn raw_attribute(&self, id: NodeId, name: AttributeName) -> Option<&'s str> {
        let node = self.node(id);
        if node.tag == Tag::Text {
            return None;
        }
        let attributes = self.attributes.get(node.from as usize..node.to as usize)?;
        let found = attributes.iter().find(|attribute| attribute.name == name)?;
        self.source.get(found.from as usize..found.to as usize)
    }

    /// The value of an attribute, entities resolved.
    pub(crate) fn attribute(&self, id: NodeId, name: AttributeName) -> Option<Cow<'s, str>> {
        self.raw_attribute(id, name).map(|raw| {
            if raw.contains('&') { htmlize::unescape_attribute(raw) } else { Cow::Borrowed(raw) }
        })
    }

    /// A text node's range of the source.
    pub(crate) fn raw_text(&self, id: NodeId) -> &'s str {
        let node = self.node(id);
        if node.tag != Tag::Text {
            return "";
        }
        self.source.get(node.from as usize..node.to as usize).unwrap_or("")
    }

    /// A text node's text, entities resolved; the content of `script` and `style` is never
    /// resolved, because it has no entities.
    pub(crate) fn text(&self, id: NodeId) -> Cow<'s, str> {
        let raw = self.raw_text(id);
        if memchr::memchr(b'&', raw.as_bytes()).is_none() {
            return Cow::Borrowed(raw);
        }
        match self.node(self.node(id).parent).tag {
            Tag::Script | Tag::Style => Cow::Borrowed(raw),
            _ => htmlize::unescape(raw),
        }
    }

    /// The range of the source that a range of a text node's text stands in; a character reference is in it whole.
    pub(super) fn source_range(&self, id: NodeId, data: Range<usize>) -> Option<Range<usize>> {
        let node = self.node(id);
        let raw = self.raw_text(id);
        let is_raw = matches!(self.node(node.parent).tag, Tag::Script | Tag::Style);
        let from = node.from as usize;
        if is_raw || !raw.contains('&') {
            return Some(from + data.start..from + data.end);
        }
        let (mut at, mut out) = (0, 0);
        let (mut start, mut end) = (None, None);
        // A reference holds one `&`, at its start: what stands between two of them is resolved by itself.
        while at < raw.len() {
            let rest = raw.get(at..)?;
            let behind = rest.as_bytes().get(1..)?;
            let next = memchr::memchr(b'&', behind).map_or(rest.len(), |next| next + 1);
            let piece = rest.get(..next)?;
            let written = htmlize::unescape(piece);
            let (raw_length, length) = reference_length(piece, &written);
            // Where a place of the text lies: inside the reference, or in the plain characters behind it.
            let place = |place: usize, is_end: bool| {
                let inside = place.checked_sub(out)?;
                if inside > written.len() || (inside == written.len() && !is_end) {
                    None
                } else if inside >= length {
                    Some(at + raw_length + (inside - length))
                } else if is_end && inside > 0 {
                    Some(at + raw_length)
                } else {
                    Some(at)
                }
            };
            start = start.or_else(|| place(data.start, false));
            end = end.or_else(|| place(data.end, true).filter(|_| data.end > out));
            if let (Some(start), Some(end)) = (start, end) {
                return Some(from + start..from + end);
            }
            at += piece.len();
            out += written.len();
        }
        None
    }
}

/// How long the character reference at the start of a piece is, as written and resolved; nothing if there is none.
fn reference_length(piece: &str, written: &str) -> (usize, usize) {
    if piece == written {
        return (0, 0);
    }
    let closed = piece.find(';').and_then(|at| piece.get(..=at));
    if let Some(reference) = closed
        && let Some(rest) = piece.get(reference.len()..)
        && let Some(length) = written.len().checked_sub(rest.len())
        && written.ends_with(rest)
        && htmlize::unescape(reference).len() == length
        && htmlize::unescape(reference).chars().count() <= 2
    {
        return (reference.len(), length);
    }
    // An old reference without its semicolon: what follows it is the same in both.
    let same = piece
        .chars()
        .rev()
        .zip(written.chars().rev())
        .take_while(|(a, b)| a == b)
        .map(|(a, _)| a.len_utf8())
        .sum::<usize>();
    (piece.len() - same, written.len() - same)
}
