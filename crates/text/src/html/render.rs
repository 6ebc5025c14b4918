//! From a part of the tree to the text a reader sees, block structure kept as newlines.
//!
//! Follows `innerText` (HTML, section 3.2.7) where it says what a line is: a block starts a new
//! line, a paragraph leaves an empty one, cells of a row are separated by a tab. White space is
//! collapsed as CSS does with `white-space: normal`; the code points themselves stay as they are.

use super::tag::{AttributeName, Tag};
use super::tree::{NodeId, Tree};

/// Writes the visible text below `root`. `skip` is asked once for every element and leaves it out,
/// with all inside it, when it answers yes.
pub(crate) fn visible_text(
    tree: &Tree<'_>,
    root: NodeId,
    skip: impl FnMut(NodeId) -> bool,
) -> String {
    let mut writer = Writer::default();
    write(tree, root, skip, &mut writer);
    writer.finish()
}

/// A piece of the visible text that stands in one text node, side by side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TextRun {
    /// Its first byte in the visible text.
    pub(super) text: usize,
    /// How many bytes of the visible text it has.
    pub(super) length: usize,
    /// The text node.
    pub(super) node: NodeId,
    /// Its first byte in the node's text, character references resolved.
    pub(super) data: usize,
    /// How many bytes it has there.
    pub(super) data_length: usize,
    /// Whether it is one line end that the page writes as two characters.
    pub(super) is_line_end: bool,
}

/// The visible text of the whole page, and where each piece of it stands in the tree, in order.
pub(super) fn text_with_runs(tree: &Tree<'_>) -> (String, Vec<TextRun>) {
    let mut writer = Writer { runs: Some(Vec::new()), ..Writer::default() };
    write(tree, 0, |_| false, &mut writer);
    let runs = writer.runs.take().unwrap_or_default();
    (writer.finish(), runs)
}

fn write(tree: &Tree<'_>, root: NodeId, mut skip: impl FnMut(NodeId) -> bool, writer: &mut Writer) {
    let end = tree.node(root).end;
    let mut open: Vec<(NodeId, Tag)> = Vec::new();
    let mut id = root;
    while id < end {
        while let Some((closes_at, tag)) = open.last().copied()
            && closes_at <= id
        {
            open.pop();
            writer.close(tag);
        }
        let node = tree.node(id);
        if node.tag == Tag::Text {
            writer.node = id;
            writer.text(&tree.text(id));
            id += 1;
            continue;
        }
        if is_hidden(tree, id) || skip(id) {
            // A cell that is left out still holds its column.
            if matches!(node.tag, Tag::Td | Tag::Th) {
                writer.open(node.tag);
                writer.close(node.tag);
            }
            id = node.end.max(id + 1);
            continue;
        }
        writer.open(node.tag);
        open.push((node.end, node.tag));
        id += 1;
    }
    while let Some((_, tag)) = open.pop() {
        writer.close(tag);
    }
}

/// Whether a browser would not show the element, as far as the page itself says so: by its kind,
/// by `hidden`, or by `display: none` or `visibility: hidden` in its own style.
pub(crate) fn is_hidden(tree: &Tree<'_>, id: NodeId) -> bool {
    let tag = tree.node(id).tag;
    let by_kind = match tag {
        Tag::Head
        | Tag::Script
        | Tag::Style
        | Tag::Template
        | Tag::Title
        | Tag::Noscript
        | Tag::Noembed
        | Tag::Noframes
        | Tag::Iframe
        | Tag::Audio
        | Tag::Video
        | Tag::Canvas
        | Tag::Datalist
        | Tag::Rp => true,
        Tag::Dialog => tree.raw_attribute(id, AttributeName::Open).is_none(),
        _ => false,
    };
    by_kind
        || tree
            .raw_attribute(id, AttributeName::Hidden)
            .is_some_and(|value| !value.eq_ignore_ascii_case("until-found"))
        || tree.raw_attribute(id, AttributeName::Style).is_some_and(hides)
}

/// Whether an inline style hides its element.
fn hides(style: &str) -> bool {
    // Most styles hold neither word; look closer only at those that do.
    let bytes = style.as_bytes();
    let mentions = |word: &[u8]| bytes.windows(word.len()).any(|w| w.eq_ignore_ascii_case(word));
    if !mentions(b"none") && !mentions(b"hidden") {
        return false;
    }
    style.split(';').any(|declaration| {
        let Some((name, value)) = declaration.split_once(':') else { return false };
        let value = value.trim().split('!').next().unwrap_or("").trim();
        let name = name.trim();
        (name.eq_ignore_ascii_case("display") && value.eq_ignore_ascii_case("none"))
            || (name.eq_ignore_ascii_case("visibility") && value.eq_ignore_ascii_case("hidden"))
    })
}

/// Collects text and holds back white space until it is known to stand between two texts.
#[derive(Default)]
struct Writer {
    text: String,
    breaks: u8,
    tabs: u32,
    space: bool,
    preformatted: u32,
    /// Open rows: where each began in the text, and how many cells it has had.
    rows: Vec<(usize, u32)>,
    after_pre_tag: bool,
    /// Where the pieces of the text stand, if that is asked for.
    runs: Option<Vec<TextRun>>,
    /// The text node being written.
    node: NodeId,
    /// How many NUL, which are taken out in the end, have been written so far.
    nuls: usize,
}

impl Writer {
    /// Writes a part of the text node, which begins at `data` in it.
    fn write(&mut self, part: &str, data: usize) {
        if let Some(runs) = &mut self.runs {
            let mut from = 0;
            for piece in part.split('\0') {
                if !piece.is_empty() {
                    runs.push(TextRun {
                        text: self.text.len() + from - self.nuls,
                        length: piece.len(),
                        node: self.node,
                        data: data + from,
                        data_length: piece.len(),
                        is_line_end: false,
                    });
                }
                from += piece.len() + 1;
                self.nuls += 1;
            }
            // One less than there are pieces.
            self.nuls -= 1;
        }
        self.text.push_str(part);
    }

    /// Writes one line end for the two characters at `data`.
    fn write_line_end(&mut self, data: usize) {
        if let Some(runs) = &mut self.runs {
            runs.push(TextRun {
                text: self.text.len() - self.nuls,
                length: 1,
                node: self.node,
                data,
                data_length: 2,
                is_line_end: true,
            });
        }
        self.text.push('\n');
    }

    fn open(&mut self, tag: Tag) {
        self.after_pre_tag = false;
        match tag {
            Tag::Br => {
                self.space = false;
                self.breaks = (self.breaks + 1).min(2);
            }
            Tag::Tr => {
                self.tabs = 0;
                self.line(1);
                self.rows.push((self.text.len(), 0));
            }
            Tag::Td | Tag::Th => match self.rows.last_mut() {
                Some((from, cells)) => {
                    *cells += 1;
                    if *cells > 1 {
                        self.tabs += 1;
                        self.space = false;
                        if self.text.len() > *from {
                            self.breaks = 0;
                        }
                    }
                }
                None => self.line(1),
            },
            Tag::Pre | Tag::Textarea | Tag::Listing | Tag::Xmp | Tag::Plaintext => {
                self.line(2);
                self.preformatted += 1;
                self.after_pre_tag = true;
            }
            Tag::P => self.line(2),
            _ if tag.is_heading() => self.line(2),
            _ if tag.is_block() => self.line(1),
            _ => {}
        }
    }

    fn close(&mut self, tag: Tag) {
        self.after_pre_tag = false;
        match tag {
            Tag::Br | Tag::Td | Tag::Th => {}
            Tag::Tr => {
                self.rows.pop();
                self.tabs = 0;
                self.line(1);
            }
            Tag::Pre | Tag::Textarea | Tag::Listing | Tag::Xmp | Tag::Plaintext => {
                self.preformatted = self.preformatted.saturating_sub(1);
                self.line(2);
            }
            Tag::P => self.line(2),
            _ if tag.is_heading() => self.line(2),
            _ if tag.is_block() => self.line(1),
            _ => {}
        }
    }

    /// Asks for at least this many line ends before the next text.
    fn line(&mut self, breaks: u8) {
        // A paragraph at the start of a row does not part the row from the one above.
        let at_row_start = self.rows.last().is_some_and(|(from, _)| *from == self.text.len());
        if self.tabs == 0 {
            self.breaks = self.breaks.max(if at_row_start { breaks.min(1) } else { breaks });
        }
        self.space = false;
    }

    fn flush(&mut self) {
        // Preformatted text may end in line ends of its own.
        let there = match self.text.as_bytes() {
            [] => self.breaks,
            [.., b'\n', b'\n'] => 2,
            [.., b'\n'] => 1,
            _ => 0,
        };
        for _ in there..self.breaks {
            self.text.push('\n');
        }
        for _ in 0..self.tabs {
            self.text.push('\t');
        }
        if self.breaks == 0 && self.tabs == 0 && self.space && !self.text.is_empty() {
            self.text.push(' ');
        }
        self.breaks = 0;
        self.tabs = 0;
        self.space = false;
    }

    fn text(&mut self, text: &str) {
        if self.preformatted > 0 {
            return self.preformatted_text(text);
        }
        let bytes = text.as_bytes();
        let mut from = 0;
        while from < bytes.len() {
            let rest = bytes.get(from..).unwrap_or_default();
            let word = rest.iter().position(|byte| is_collapsible(*byte)).unwrap_or(rest.len());
            if word > 0 {
                self.flush();
                self.write(text.get(from..from + word).unwrap_or_default(), from);
                from += word;
            }
            let rest = bytes.get(from..).unwrap_or_default();
            let blank = rest.iter().position(|byte| !is_collapsible(*byte)).unwrap_or(rest.len());
            if blank > 0 {
                self.space = true;
                from += blank;
            }
        }
    }

    fn preformatted_text(&mut self, text: &str) {
        let whole = text.len();
        let mut text = text;
        if std::mem::take(&mut self.after_pre_tag) {
            text = text.strip_prefix("\r\n").or(text.strip_prefix('\n')).unwrap_or(text);
        }
        if text.is_empty() {
            return;
        }
        self.flush();
        let mut data = whole - text.len();
        for part in text.split_inclusive('\n') {
            match part.strip_suffix("\r\n") {
                Some(line) => {
                    self.write(line, data);
                    self.write_line_end(data + line.len());
                }
                None => self.write(part, data),
            }
            data += part.len();
        }
    }

    fn finish(mut self) -> String {
        if self.text.contains('\0') {
            self.text.retain(|c| c != '\0');
        }
        let kept = self.text.trim_end_matches(['\n', ' ', '\t', '\r']).len();
        self.text.truncate(kept);
        self.text
    }
}

/// White space that CSS collapses, and the NUL that HTML drops.
fn is_collapsible(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | b'\x0c')
}
