//! From decoded HTML to the flat tree, in one pass and in time that grows with the input only.
//!
//! The tokens are those of the HTML standard (section 13.2.5); the tree is built by its rules for
//! implied ends, scopes and raw text, with three simplifications that do not change which text is
//! read, nor its order on any page but a broken one: no foster parenting out of tables, no
//! rebuilding of misnested formatting elements, and no invented `html`, `head` and `body`.

use std::ops::Range;

use memchr::{memchr, memmem};

use super::tag::{AttributeName, Tag};
use super::tree::{NodeId, Tree};

/// Elements nested deeper than this are read as if they were not marked up, as browsers do.
pub(crate) const MAX_DEPTH: usize = 512;
/// Nodes beyond this number are not read.
pub(crate) const MAX_NODES: usize = 3_000_000;

/// What was left out because of a limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Cuts {
    /// Elements were nested deeper than [`MAX_DEPTH`].
    pub(crate) depth: bool,
    /// There were more nodes than [`MAX_NODES`]; the rest of the page was not read.
    pub(crate) nodes: bool,
}

/// Reads a page.
pub(crate) fn parse(source: &str) -> (Tree<'_>, Cuts) {
    let mut parser = Parser {
        bytes: source.as_bytes(),
        tree: Tree::new(source),
        open: vec![(0, Tag::Document)],
        open_count: [0; Tag::COUNT],
        too_deep: 0,
        seen_html: false,
        seen_body: false,
        cuts: Cuts::default(),
        attributes: Vec::new(),
    };
    parser.run();
    parser.pop_to(0);
    (parser.tree, parser.cuts)
}

struct Parser<'s> {
    bytes: &'s [u8],
    tree: Tree<'s>,
    /// The open elements, outermost first.
    open: Vec<(NodeId, Tag)>,
    /// How many of each tag are open, so that a stray end tag costs nothing.
    open_count: [u16; Tag::COUNT],
    /// Elements open beyond [`MAX_DEPTH`] that have no node.
    too_deep: u32,
    seen_html: bool,
    seen_body: bool,
    cuts: Cuts,
    attributes: Vec<(AttributeName, Range<u32>)>,
}

impl Parser<'_> {
    fn run(&mut self) {
        let mut at = 0;
        let mut text_from = 0;
        while let Some(found) = self.bytes.get(at..).and_then(|rest| memchr(b'<', rest)) {
            let tag_at = at + found;
            let next = self.bytes.get(tag_at + 1).copied().unwrap_or(0);
            let is_markup = next.is_ascii_alphabetic() || matches!(next, b'/' | b'!' | b'?');
            if !is_markup {
                at = tag_at + 1;
                continue;
            }
            self.text(text_from..tag_at);
            at = match next {
                b'!' => self.declaration_end(tag_at),
                b'?' => self.after(tag_at, b'>'),
                b'/' => self.end_tag(tag_at),
                _ => self.start_tag(tag_at),
            };
            text_from = at;
            if self.tree.len() as usize >= MAX_NODES {
                self.cuts.nodes = true;
                return;
            }
        }
        self.text(text_from..self.bytes.len());
    }

    /// One past the next `byte` at or after `from`, or the end of the page.
    fn after(&self, from: usize, byte: u8) -> usize {
        let rest = self.bytes.get(from..).unwrap_or_default();
        memchr(byte, rest).map_or(self.bytes.len(), |found| from + found + 1)
    }

    /// Passes over a comment, a doctype, or what a browser takes for a comment; keeps CDATA text
    /// inside SVG and MathML.
    fn declaration_end(&mut self, at: usize) -> usize {
        let rest = self.bytes.get(at..).unwrap_or_default();
        if rest.starts_with(b"<!--") {
            if rest.starts_with(b"<!-->") {
                return at + 5;
            }
            if rest.starts_with(b"<!--->") {
                return at + 6;
            }
            let body = rest.get(4..).unwrap_or_default();
            let mut from = 0;
            while let Some(found) = memmem::find(body.get(from..).unwrap_or_default(), b"--") {
                let end = from + found + 2;
                match body.get(end).copied() {
                    Some(b'>') => return at + 4 + end + 1,
                    Some(b'!') if body.get(end + 1) == Some(&b'>') => return at + 4 + end + 2,
                    _ => from = end - 1,
                }
            }
            return self.bytes.len();
        }
        if rest.starts_with(b"<![CDATA[") && self.in_foreign() {
            let from = at + 9;
            let body = self.bytes.get(from..).unwrap_or_default();
            let (to, next) = memmem::find(body, b"]]>")
                .map_or((self.bytes.len(), self.bytes.len()), |found| {
                    (from + found, from + found + 3)
                });
            self.text(from..to);
            return next;
        }
        self.after(at, b'>')
    }

    fn in_foreign(&self) -> bool {
        self.is_open(Tag::Svg) || self.is_open(Tag::Math)
    }

    fn is_open(&self, tag: Tag) -> bool {
        self.open_count.get(tag as usize).is_some_and(|count| *count > 0)
    }

    fn current(&self) -> (NodeId, Tag) {
        self.open.last().copied().unwrap_or((0, Tag::Document))
    }

    fn push_open(&mut self, id: NodeId, tag: Tag) {
        self.open.push((id, tag));
        if let Some(count) = self.open_count.get_mut(tag as usize) {
            *count += 1;
        }
    }

    /// Closes open elements until `depth` are left.
    fn pop_to(&mut self, depth: usize) {
        while self.open.len() > depth {
            if let Some((id, tag)) = self.open.pop() {
                self.tree.close(id);
                if tag != Tag::Document
                    && let Some(count) = self.open_count.get_mut(tag as usize)
                {
                    *count = count.saturating_sub(1);
                }
            }
        }
    }

    fn text(&mut self, range: Range<usize>) {
        let Some(text) = self.bytes.get(range.clone()) else { return };
        if text.is_empty() {
            return;
        }
        let blank = text.iter().all(u8::is_ascii_whitespace);
        let mut parent = self.current();
        if parent.1 == Tag::Head && !blank {
            self.pop_to(self.open.len() - 1);
            parent = self.current();
        }
        if blank && matches!(parent.1, Tag::Document | Tag::Html | Tag::Head) {
            return;
        }
        self.tree.push_text(parent.0, range);
    }

    /// Reads a tag's name and attributes; gives the tag, whether it closes itself, and one past
    /// its `>`. A tag that the page's end cuts off is no tag.
    fn tag(&mut self, name_from: usize, keep_attributes: bool) -> Option<(Tag, bool, usize)> {
        let bytes = self.bytes;
        let rest = bytes.get(name_from..)?;
        let length = rest
            .iter()
            .position(|byte| byte.is_ascii_whitespace() || matches!(byte, b'/' | b'>'))?;
        let mut lower = [0_u8; 16];
        let tag = match (rest.get(..length), lower.get_mut(..length)) {
            (Some(name), Some(lower)) => {
                lower.copy_from_slice(name);
                lower.make_ascii_lowercase();
                Tag::from_lower_case(lower)
            }
            _ => Tag::Unknown,
        };
        self.attributes.clear();
        let mut at = name_from + length;
        let mut closes_itself = false;
        loop {
            match *bytes.get(at)? {
                b'>' => return Some((tag, closes_itself, at + 1)),
                b'/' => {
                    closes_itself = bytes.get(at + 1) == Some(&b'>');
                    at += 1;
                }
                byte if byte.is_ascii_whitespace() => at += 1,
                _ => at = self.attribute(at, keep_attributes)?,
            }
        }
    }

    /// Reads one attribute; gives one past its end.
    fn attribute(&mut self, from: usize, keep: bool) -> Option<usize> {
        let bytes = self.bytes;
        // The first byte belongs to the name even when it is `=`.
        let tail = bytes.get(from + 1..)?;
        let name_end = from
            + 1
            + tail.iter().position(|byte| {
                byte.is_ascii_whitespace() || matches!(byte, b'/' | b'>' | b'=')
            })?;
        let mut at = name_end;
        while bytes.get(at)?.is_ascii_whitespace() {
            at += 1;
        }
        let mut value = name_end..name_end;
        if *bytes.get(at)? == b'=' {
            at += 1;
            while bytes.get(at)?.is_ascii_whitespace() {
                at += 1;
            }
            match *bytes.get(at)? {
                quote @ (b'"' | b'\'') => {
                    let length = memchr(quote, bytes.get(at + 1..)?)?;
                    value = at + 1..at + 1 + length;
                    at = value.end + 1;
                }
                b'>' => {}
                _ => {
                    let length = bytes
                        .get(at..)?
                        .iter()
                        .position(|byte| byte.is_ascii_whitespace() || *byte == b'>')?;
                    value = at..at + length;
                    at = value.end;
                }
            }
        }
        let name = bytes.get(from..name_end)?;
        if keep && name.len() <= 16 {
            let mut lower = [0_u8; 16];
            if let Some(lower) = lower.get_mut(..name.len()) {
                lower.copy_from_slice(name);
                lower.make_ascii_lowercase();
                if let Some(name) = AttributeName::from_lower_case(lower)
                    && !self.attributes.iter().any(|(seen, _)| *seen == name)
                {
                    self.attributes.push((name, value.start as u32..value.end as u32));
                }
            }
        }
        Some(at)
    }

    fn start_tag(&mut self, at: usize) -> usize {
        let Some((tag, closes_itself, next)) = self.tag(at + 1, true) else {
            return self.bytes.len();
        };
        if tag == Tag::Html {
            if self.seen_html {
                return next;
            }
            self.seen_html = true;
        }
        if tag == Tag::Body {
            if self.seen_body {
                return next;
            }
            self.seen_body = true;
        }
        if tag == Tag::Head && (self.seen_body || self.is_open(Tag::Head)) {
            return next;
        }
        self.close_implied(tag);
        let foreign = self.in_foreign();
        let is_empty = tag.is_void() || (closes_itself && (foreign || tag == Tag::Svg));
        if self.open.len() >= MAX_DEPTH && !is_empty {
            self.cuts.depth = true;
            self.too_deep += 1;
            return self.raw_end(tag, next, foreign);
        }
        let parent = self.current().0;
        let attributes = std::mem::take(&mut self.attributes);
        let id = self.tree.push_element(parent, tag, &attributes);
        self.attributes = attributes;
        if is_empty {
            return next;
        }
        self.push_open(id, tag);
        self.raw_end(tag, next, foreign)
    }

    /// Takes the content of an element whose content is not markup, as one text node inside it,
    /// and gives the place of its end tag; for any other element, `from`.
    fn raw_end(&mut self, tag: Tag, from: usize, foreign: bool) -> usize {
        let name: &[u8] = match tag {
            Tag::Script => b"script",
            Tag::Style => b"style",
            Tag::Title if !foreign => b"title",
            Tag::Textarea => b"textarea",
            Tag::Iframe => b"iframe",
            Tag::Noembed => b"noembed",
            Tag::Noframes => b"noframes",
            Tag::Xmp => b"xmp",
            Tag::Plaintext => {
                self.text(from..self.bytes.len());
                return self.bytes.len();
            }
            _ => return from,
        };
        let end =
            if tag == Tag::Script { self.script_end(from) } else { self.next_end_tag(from, name) };
        self.text(from..end);
        end
    }

    fn is_name_at(&self, at: usize, name: &[u8]) -> bool {
        self.bytes.get(at..at + name.len()).is_some_and(|found| found.eq_ignore_ascii_case(name))
            && self
                .bytes
                .get(at + name.len())
                .is_none_or(|byte| byte.is_ascii_whitespace() || matches!(byte, b'/' | b'>'))
    }

    fn next_end_tag(&self, from: usize, name: &[u8]) -> usize {
        let mut at = from;
        while let Some(found) = self.bytes.get(at..).and_then(|rest| memmem::find(rest, b"</")) {
            let tag_at = at + found;
            if self.is_name_at(tag_at + 2, name) {
                return tag_at;
            }
            at = tag_at + 2;
        }
        self.bytes.len()
    }

    /// The end of a script, by the rule for `<!-- <script> … </script> -->` inside one
    /// (HTML, "script data double escaped state").
    fn script_end(&self, from: usize) -> usize {
        let mut at = from;
        let mut escaped_from = None;
        let mut inner = false;
        while let Some(found) = self.bytes.get(at..).and_then(|rest| memchr(b'<', rest)) {
            let tag_at = at + found;
            if let Some(since) = escaped_from
                && self
                    .bytes
                    .get(since..tag_at)
                    .is_some_and(|part| memmem::find(part, b"-->").is_some())
            {
                escaped_from = None;
                inner = false;
            } else if escaped_from.is_some() {
                // The closing arrow may straddle this `<` only by its two hyphens before it.
                escaped_from = Some(tag_at.saturating_sub(2).max(from));
            }
            at = tag_at + 1;
            if self.bytes.get(tag_at + 1) == Some(&b'/') {
                if self.is_name_at(tag_at + 2, b"script") {
                    if !inner {
                        return tag_at;
                    }
                    inner = false;
                }
            } else if self.bytes.get(tag_at..).is_some_and(|rest| rest.starts_with(b"<!--")) {
                escaped_from.get_or_insert(tag_at + 4);
            } else if escaped_from.is_some() && self.is_name_at(tag_at + 1, b"script") {
                inner = true;
            }
        }
        if inner { self.next_end_tag(from, b"script") } else { self.bytes.len() }
    }

    /// Closes what the start of `tag` ends without an end tag of its own.
    fn close_implied(&mut self, tag: Tag) {
        if self.current().1 == Tag::Head && !tag.belongs_in_head() {
            self.pop_to(self.open.len() - 1);
        }
        if tag.closes_paragraph() {
            if self.in_foreign() && !self.is_open(Tag::ForeignObject) {
                self.pop_outermost(&[Tag::Svg, Tag::Math]);
            }
            self.pop_through(Tag::P, |open| open.bounds_scope() || open == Tag::Button);
        }
        match tag {
            Tag::Li => self.pop_through(Tag::Li, is_list_boundary),
            Tag::Dd | Tag::Dt => {
                self.pop_through(Tag::Dd, is_list_boundary);
                self.pop_through(Tag::Dt, is_list_boundary);
            }
            Tag::Tr => self.pop_through(Tag::Tr, |open| open == Tag::Table),
            Tag::Td | Tag::Th => {
                let outside = |open: Tag| matches!(open, Tag::Table | Tag::Tr);
                self.pop_through(Tag::Td, outside);
                self.pop_through(Tag::Th, outside);
            }
            Tag::Tbody | Tag::Thead | Tag::Tfoot | Tag::Caption | Tag::Colgroup => {
                for section in
                    [Tag::Tbody, Tag::Thead, Tag::Tfoot, Tag::Caption, Tag::Colgroup, Tag::Tr]
                {
                    self.pop_through(section, |open| open == Tag::Table);
                }
            }
            Tag::Option => self.pop_current(&[Tag::Option]),
            Tag::Optgroup => {
                self.pop_current(&[Tag::Option]);
                self.pop_current(&[Tag::Optgroup]);
            }
            Tag::Rb | Tag::Rt | Tag::Rp => self.pop_current(&[Tag::Rb, Tag::Rt, Tag::Rp]),
            Tag::Button => self.pop_through(Tag::Button, Tag::bounds_scope),
            Tag::A => self.pop_through(Tag::A, |open| open.is_block() || open.bounds_scope()),
            _ if tag.is_heading() && self.current().1.is_heading() => {
                self.pop_to(self.open.len() - 1);
            }
            _ => {}
        }
    }

    fn pop_current(&mut self, tags: &[Tag]) {
        if tags.contains(&self.current().1) {
            self.pop_to(self.open.len() - 1);
        }
    }

    fn pop_outermost(&mut self, tags: &[Tag]) {
        if let Some(depth) = self.open.iter().position(|(_, open)| tags.contains(open)) {
            self.pop_to(depth);
        }
    }

    /// Closes the innermost open `tag` and all inside it, unless a boundary lies between.
    fn pop_through(&mut self, tag: Tag, is_boundary: impl Fn(Tag) -> bool) {
        if !self.is_open(tag) {
            return;
        }
        for depth in (1..self.open.len()).rev() {
            match self.open.get(depth) {
                Some((_, open)) if *open == tag => return self.pop_to(depth),
                Some((_, open)) if is_boundary(*open) => return,
                _ => {}
            }
        }
    }

    fn end_tag(&mut self, at: usize) -> usize {
        match self.bytes.get(at + 2) {
            Some(byte) if byte.is_ascii_alphabetic() => {}
            Some(b'>') => return at + 3,
            // `</` and no letter: a browser takes it for a comment.
            _ => return self.after(at + 2, b'>'),
        }
        let Some((tag, _, next)) = self.tag(at + 2, false) else {
            return self.bytes.len();
        };
        match tag {
            // Content after these still belongs to the body.
            Tag::Html | Tag::Body => {}
            Tag::Br => {
                let parent = self.current().0;
                self.tree.push_element(parent, Tag::Br, &[]);
            }
            Tag::Table => self.pop_through(Tag::Table, |open| open == Tag::Template),
            Tag::Td | Tag::Th | Tag::Tr | Tag::Tbody | Tag::Thead | Tag::Tfoot | Tag::Caption => {
                self.close_or_count(tag, |open| open == Tag::Table);
            }
            Tag::Li => self.close_or_count(tag, |open| {
                open.bounds_scope() || matches!(open, Tag::Ul | Tag::Ol)
            }),
            Tag::P => self.close_or_count(tag, |open| open.bounds_scope() || open == Tag::Button),
            _ if tag.is_heading() => {
                let depth = self
                    .open
                    .iter()
                    .rposition(|(_, open)| open.is_heading() || open.bounds_scope())
                    .filter(|depth| self.open.get(*depth).is_some_and(|(_, t)| t.is_heading()));
                if let Some(depth) = depth {
                    self.pop_to(depth);
                }
            }
            // A formatting element closes nothing but other inline elements.
            _ if !tag.is_block() && !tag.bounds_scope() && !is_container(tag) => {
                self.close_or_count(tag, |open| open.is_block() || open.bounds_scope());
            }
            _ => self.close_or_count(tag, Tag::bounds_scope),
        }
        next
    }

    fn close_or_count(&mut self, tag: Tag, is_boundary: impl Fn(Tag) -> bool) {
        if self.too_deep > 0 {
            self.too_deep -= 1;
            return;
        }
        let closes_boundary = tag.bounds_scope();
        self.pop_through(tag, |open| is_boundary(open) && !(closes_boundary && open == tag));
    }
}

/// Elements that are neither blocks nor formatting but still own all that is inside them.
fn is_container(tag: Tag) -> bool {
    matches!(
        tag,
        Tag::Unknown
            | Tag::Audio
            | Tag::Button
            | Tag::Canvas
            | Tag::Head
            | Tag::Iframe
            | Tag::Math
            | Tag::Noscript
            | Tag::Picture
            | Tag::Ruby
            | Tag::Script
            | Tag::Select
            | Tag::Style
            | Tag::Svg
            | Tag::Textarea
            | Tag::Title
            | Tag::Video
    )
}

/// What ends the search for an open list item (HTML, "special" elements but for `address`, `div`
/// and `p`).
fn is_list_boundary(open: Tag) -> bool {
    (open.is_block()
        && !matches!(open, Tag::Address | Tag::Div | Tag::P | Tag::Li | Tag::Dd | Tag::Dt))
        || open.bounds_scope()
}
