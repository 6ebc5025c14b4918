//! What a page is built of, as far as a verdict on a capture asks: forms, headings, scripts, frames.
//!
//! Gathered while the tree is there, so that judging a page does not parse it a second time.

use super::render::{is_hidden, visible_text};
use super::tag::{AttributeName, Tag};
use super::tree::{NodeId, Tree};

/// Lists of texts are cut at this many entries, texts at this many bytes.
const MAX_ENTRIES: usize = 60;
const MAX_TEXT: usize = 2_000;

/// What a page is built of. Of a file that is no page, only `is_page` says anything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Signals {
    /// Whether the file was read as HTML.
    pub(crate) is_page: bool,
    /// The `title` element, which walls seldom forget, whatever the metadata say.
    pub(crate) title: Option<String>,
    /// The texts of `h1` to `h3`.
    pub(crate) headings: Vec<String>,
    /// Visible text without navigation, footers, controls, and links that stand alone.
    pub(crate) own_text: String,
    /// What is written on buttons, on labels and in empty fields.
    pub(crate) controls: Vec<String>,
    /// Password fields in the body of the page.
    pub(crate) password_fields: u32,
    /// Password fields in what surrounds it: header, navigation, sidebar.
    pub(crate) password_fields_aside: u32,
    /// Where and after how many seconds `meta http-equiv=refresh` leads; an empty address is the
    /// page itself.
    pub(crate) refresh: Option<(u32, String)>,
    /// How many scripts run; data blocks such as JSON-LD are not counted.
    pub(crate) scripts: u32,
    /// The addresses of the frames.
    pub(crate) frames: Vec<String>,
    /// Pictures, video and audio.
    pub(crate) media: u32,
    /// What the page says to those without scripts.
    pub(crate) noscript: String,
    /// Whether an element stands empty that scripts are to fill.
    pub(crate) empty_app_root: bool,
}

/// Reads the signals of a page. `see` is shown every script and every address, class and id, to
/// find in them what it knows.
pub(crate) fn signals(tree: &Tree<'_>, mut see: impl FnMut(&str)) -> Signals {
    let mut found = Signals { is_page: true, own_text: own_text(tree), ..Signals::default() };
    let mut id = 0;
    while id < tree.len() {
        let node = tree.node(id);
        if node.tag == Tag::Text {
            id += 1;
            continue;
        }
        for name in
            [AttributeName::Src, AttributeName::Action, AttributeName::Id, AttributeName::Class]
        {
            if let Some(value) = tree.raw_attribute(id, name) {
                see(value);
            }
        }
        if is_hidden(tree, id) && node.tag != Tag::Head {
            found.hidden(tree, id, &mut see);
            id = node.end.max(id + 1);
            continue;
        }
        found.shown(tree, id);
        id += 1;
    }
    found
}

impl Signals {
    /// Takes what a browser does not show as text, but acts on.
    fn hidden(&mut self, tree: &Tree<'_>, id: NodeId, see: &mut impl FnMut(&str)) {
        match tree.node(id).tag {
            Tag::Script => {
                let kind = tree.raw_attribute(id, AttributeName::Type).unwrap_or("");
                if kind.is_empty() || kind.contains("javascript") || kind == "module" {
                    self.scripts += 1;
                }
                see(&inner_text(tree, id));
            }
            Tag::Noscript if self.noscript.len() < MAX_TEXT => {
                self.noscript.push_str(&one_line(&inner_text(tree, id)));
                self.noscript.push('\n');
            }
            Tag::Title
                if self.title.is_none() && tree.node(tree.node(id).parent).tag != Tag::Svg =>
            {
                self.title =
                    Some(one_line(&inner_text(tree, id))).filter(|title| !title.is_empty());
            }
            Tag::Iframe => self.frame(tree, id),
            Tag::Video | Tag::Audio => self.media += 1,
            _ => {}
        }
    }

    fn shown(&mut self, tree: &Tree<'_>, id: NodeId) {
        let node = tree.node(id);
        match node.tag {
            Tag::H1 | Tag::H2 | Tag::H3 => {
                keep(&mut self.headings, &visible_text(tree, id, |_| false))
            }
            Tag::Button | Tag::Label => {
                keep(&mut self.controls, &visible_text(tree, id, |_| false))
            }
            Tag::Input => self.input(tree, id),
            Tag::Frame => self.frame(tree, id),
            Tag::Img | Tag::Embed | Tag::Object => self.media += 1,
            Tag::Meta if self.refresh.is_none() => self.refresh = refresh(tree, id),
            _ => {}
        }
        let is_app_root = matches!(
            tree.raw_attribute(id, AttributeName::Id),
            Some(
                "app"
                    | "root"
                    | "__next"
                    | "__nuxt"
                    | "app-root"
                    | "react-root"
                    | "main-app"
                    | "q-app"
            )
        );
        if is_app_root && visible_text(tree, id, |_| false).is_empty() {
            self.empty_app_root = true;
        }
    }

    fn input(&mut self, tree: &Tree<'_>, id: NodeId) {
        let kind =
            tree.raw_attribute(id, AttributeName::Type).unwrap_or("text").to_ascii_lowercase();
        match kind.as_str() {
            "hidden" => {}
            "password" => {
                if is_aside(tree, id) {
                    self.password_fields_aside += 1;
                } else {
                    self.password_fields += 1;
                }
            }
            "submit" | "button" | "reset" => {
                if let Some(value) = tree.attribute(id, AttributeName::Value) {
                    keep(&mut self.controls, &value);
                }
            }
            _ => {}
        }
        if kind != "hidden"
            && let Some(text) = tree.attribute(id, AttributeName::Placeholder)
        {
            keep(&mut self.controls, &text);
        }
    }

    fn frame(&mut self, tree: &Tree<'_>, id: NodeId) {
        if let Some(address) = tree.attribute(id, AttributeName::Src) {
            keep(&mut self.frames, &address);
        }
    }
}

fn keep(list: &mut Vec<String>, text: &str) {
    let line = one_line(text);
    if !line.is_empty() && line.len() <= MAX_TEXT && list.len() < MAX_ENTRIES {
        list.push(line);
    }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// All text inside an element, shown or not.
fn inner_text(tree: &Tree<'_>, id: NodeId) -> String {
    (id + 1..tree.node(id).end).map(|child| tree.text(child)).collect()
}

fn own_text(tree: &Tree<'_>) -> String {
    // Pages list hundreds of links under one parent: ask each parent once.
    let mut asked: Option<(NodeId, bool)> = None;
    visible_text(tree, 0, |id| match tree.node(id).tag {
        Tag::Nav | Tag::Footer | Tag::Select | Tag::Textarea | Tag::Button | Tag::Menu => true,
        Tag::A => {
            let parent = tree.node(id).parent;
            if asked.is_none_or(|(known, _)| known != parent) {
                asked = Some((parent, has_words(tree, parent)));
            }
            !asked.is_some_and(|(_, words)| words)
        }
        _ => matches!(
            tree.raw_attribute(id, AttributeName::Role),
            Some("navigation" | "search" | "contentinfo")
        ),
    })
}

/// Whether an element has words of its own, so that a link in it is part of a sentence.
fn has_words(tree: &Tree<'_>, parent: NodeId) -> bool {
    let end = tree.node(parent).end;
    let mut id = parent + 1;
    let mut letters = 0;
    while id < end && letters < 4 {
        let node = tree.node(id);
        if node.tag == Tag::Text {
            letters += tree.raw_text(id).chars().filter(|c| c.is_alphabetic()).take(4).count();
        }
        id = node.end.max(id + 1);
    }
    letters >= 4
}

/// Whether an element stands in what surrounds the body of a page, by kind or by name.
fn is_aside(tree: &Tree<'_>, id: NodeId) -> bool {
    let mut at = id;
    for _ in 0..24 {
        if at == 0 {
            return false;
        }
        at = tree.node(at).parent;
        let by_name = [AttributeName::Class, AttributeName::Id].iter().any(|name| {
            tree.raw_attribute(at, *name).is_some_and(|value| {
                let value = value.to_ascii_lowercase();
                ["header", "topbar", "top-bar", "navbar", "sidebar", "side-bar", "toolbar"]
                    .iter()
                    .any(|part| value.contains(part))
            })
        });
        if by_name || matches!(tree.node(at).tag, Tag::Header | Tag::Nav | Tag::Aside | Tag::Footer)
        {
            return true;
        }
    }
    false
}

/// The seconds and address of a `meta` refresh (HTML, section 4.2.5.3 "Refresh state").
fn refresh(tree: &Tree<'_>, id: NodeId) -> Option<(u32, String)> {
    let kind = tree.raw_attribute(id, AttributeName::HttpEquiv)?;
    if !kind.trim().eq_ignore_ascii_case("refresh") {
        return None;
    }
    let content = tree.attribute(id, AttributeName::Content)?;
    let (seconds, rest) = match content.split_once([';', ',']) {
        Some((seconds, rest)) => (seconds, rest.trim()),
        None => (content.as_ref(), ""),
    };
    let seconds = seconds.trim().split('.').next()?.parse().ok()?;
    let address = match rest.split_once('=') {
        Some((name, address)) if name.trim().eq_ignore_ascii_case("url") => address,
        _ => rest,
    };
    Some((seconds, address.trim().trim_matches(['"', '\'']).to_owned()))
}
