//! The article of a page, without what surrounds it.
//!
//! Paragraph-like blocks vote for the element that holds them (Arc90's Readability idea: an
//! article is where the prose is); the winner grows to its parents while that wins more prose than
//! clutter; then what is named or built like clutter inside it is left out. All in a few passes
//! over the flat tree. No rule knows a site.

use std::collections::HashMap;

use super::render::{is_hidden, visible_text};
use super::tag::{AttributeName, Tag};
use super::tree::{NodeId, Tree};

/// How many levels up an article may grow from where most of its prose is.
const MAX_GROWTH: usize = 24;

/// What is known about one node after the counting passes. Lengths are in weighted characters: a
/// Han or kana character counts for three, as it carries about as much as a short word.
#[derive(Clone, Copy, Debug, Default)]
struct Facts {
    /// Visible text of the whole subtree.
    text: u32,
    /// Of that, the text inside links.
    link: u32,
    /// Of that, the text of blocks that read like prose.
    prose: u32,
    /// Of that, the prose in `p` elements.
    paragraphs: u32,
    /// Text that belongs to this block itself and not to a block inside it.
    own_text: u32,
    own_link: u32,
    commas: u32,
    score: f32,
    out: bool,
}

/// The main text, or nothing where no part of the page reads like an article.
pub(crate) fn main_text(tree: &Tree<'_>, title: Option<&str>) -> Option<String> {
    let facts = count(tree);
    let root = best_root(tree, &facts)?;
    let text = visible_text(tree, root, |id| leave_out(tree, &facts, root, id, title));
    (!text.is_empty()).then_some(text)
}

fn fact(facts: &[Facts], id: NodeId) -> Facts {
    facts.get(id as usize).copied().unwrap_or_default()
}

fn count(tree: &Tree<'_>) -> Vec<Facts> {
    let mut facts = vec![Facts::default(); tree.len() as usize];
    count_texts(tree, &mut facts);
    sum_up(tree, &mut facts);
    mark_clutter(tree, &mut facts);
    vote(tree, &mut facts);
    facts
}

/// Gives every visible text to the block it stands in.
fn count_texts(tree: &Tree<'_>, facts: &mut [Facts]) {
    let mut owner: Vec<(NodeId, NodeId)> = vec![(tree.len(), 0)];
    let mut link_end = 0;
    let mut id = 0;
    while id < tree.len() {
        while owner.len() > 1 && owner.last().is_some_and(|(end, _)| *end <= id) {
            owner.pop();
        }
        let node = tree.node(id);
        if node.tag == Tag::Text {
            let (length, commas) = weigh(&tree.text(id));
            if let Some((_, block)) = owner.last()
                && let Some(fact) = facts.get_mut(*block as usize)
            {
                fact.own_text += length;
                fact.commas += commas;
                if id < link_end {
                    fact.own_link += length;
                }
            }
            id += 1;
            continue;
        }
        if is_hidden(tree, id) {
            if let Some(fact) = facts.get_mut(id as usize) {
                fact.out = true;
            }
            id = node.end.max(id + 1);
            continue;
        }
        if node.tag == Tag::A {
            link_end = node.end;
        }
        if owns_text(node.tag) {
            owner.push((node.end, id));
        }
        id += 1;
    }
}

fn owns_text(tag: Tag) -> bool {
    tag.is_block() || matches!(tag, Tag::Td | Tag::Th | Tag::Button | Tag::Select | Tag::Label)
}

/// A text's weighted length without white space, and how many of its characters divide clauses.
fn weigh(text: &str) -> (u32, u32) {
    let (mut length, mut commas) = (0, 0);
    for c in text.chars() {
        match c {
            ',' | '،' | '、' | '，' | '。' | '།' | ';' | '；' => {
                length += 1;
                commas += 1;
            }
            _ if c.is_whitespace() => {}
            '\u{3040}'..='\u{30FF}' | '\u{3400}'..='\u{9FFF}' | '\u{AC00}'..='\u{D7AF}' => {
                length += 3;
            }
            _ => length += 1,
        }
    }
    (length, commas)
}

fn is_prose(tag: Tag, fact: &Facts) -> bool {
    if fact.own_text == 0 || fact.own_link * 5 > fact.own_text * 2 {
        return false;
    }
    match tag {
        Tag::P | Tag::Blockquote | Tag::Pre => fact.own_text >= 25,
        Tag::Li | Tag::Dd | Tag::Td => fact.own_text >= 80 && fact.commas >= 1,
        Tag::Button | Tag::Select | Tag::Label | Tag::Option | Tag::Figcaption => false,
        _ if tag.is_heading() => false,
        _ => fact.own_text >= 80,
    }
}

/// Sums the blocks' texts up to their ancestors, children before parents.
fn sum_up(tree: &Tree<'_>, facts: &mut [Facts]) {
    for id in (0..tree.len()).rev() {
        let node = tree.node(id);
        let Some(fact) = facts.get_mut(id as usize) else { continue };
        fact.text += fact.own_text;
        fact.link += fact.own_link;
        if is_prose(node.tag, fact) {
            fact.prose += fact.own_text;
            if node.tag == Tag::P {
                fact.paragraphs += fact.own_text;
            }
        }
        let done = *fact;
        if id > 0
            && let Some(parent) = facts.get_mut(node.parent as usize)
        {
            parent.text += done.text;
            parent.link += done.link;
            parent.prose += done.prose;
            parent.paragraphs += done.paragraphs;
        }
    }
}

/// Parts of class names and ids that name what is not the article.
const CLUTTER: &[&str] = &[
    "comment",
    "disqus",
    "sidebar",
    "side-bar",
    "related",
    "promo",
    "newsletter",
    "subscri",
    "signup",
    "sign-up",
    "breadcrumb",
    "footer",
    "masthead",
    "navbar",
    "navigation",
    "cookie",
    "popup",
    "modal",
    "advert",
    "sponsor",
    "outbrain",
    "taboola",
    "recommend",
    "most-read",
    "mostread",
    "popular",
    "trending",
    "toolbar",
    "pagination",
    "pager",
    "read-more",
    "readmore",
    "read-next",
    "more-stories",
    "also-like",
    "byline",
    "author-bio",
    "authorbio",
    "copyright",
    "disclaimer",
    "login",
    "paywall",
    "skip-",
    "tag-list",
    "post-tags",
    "entry-meta",
    "post-meta",
    "article-meta",
    "dateline",
    "timestamp",
    "screen-reader",
    "visually-hidden",
    "sr-only",
    "donat",
    "caption",
];
/// Parts of names that also stand on parts of an article; they count only where there is little
/// text, or much of it in links.
const WEAK_CLUTTER: &[&str] = &[
    "sharing", "share-", "-share", "social", "rating", "poll", "feedback", "widget", "hidden",
    "print-",
];
/// Whole words of names, for those that are parts of other words.
const CLUTTER_WORDS: &[&str] =
    &["nav", "menu", "share", "tags", "ad", "ads", "meta", "author", "credit"];

/// How much a name says against its element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Name {
    Neutral,
    Weak,
    Clutter,
}

fn judge_name(value: &str) -> Name {
    let value = value.to_ascii_lowercase();
    let has = |parts: &[&str]| parts.iter().any(|part| value.contains(part));
    if has(CLUTTER)
        || value
            .split(|c: char| !c.is_ascii_alphanumeric())
            .any(|word| CLUTTER_WORDS.contains(&word))
    {
        Name::Clutter
    } else if has(WEAK_CLUTTER) {
        Name::Weak
    } else {
        Name::Neutral
    }
}

/// Marks what is named or built as something beside the article.
fn mark_clutter(tree: &Tree<'_>, facts: &mut [Facts]) {
    let all_prose = fact(facts, 0).prose;
    // Pages repeat a few names thousands of times.
    let mut judged: HashMap<&str, Name> = HashMap::new();
    for id in 0..tree.len() {
        let tag = tree.node(id).tag;
        if tag == Tag::Text || matches!(tag, Tag::Html | Tag::Body | Tag::Article | Tag::Main) {
            continue;
        }
        let by_kind = matches!(
            tag,
            Tag::Nav
                | Tag::Aside
                | Tag::Footer
                | Tag::Form
                | Tag::Button
                | Tag::Select
                | Tag::Textarea
                | Tag::Figcaption
                | Tag::Menu
                | Tag::Dialog
                | Tag::Label
        );
        let by_role = tree.raw_attribute(id, AttributeName::Role).is_some_and(|role| {
            matches!(
                role,
                "navigation"
                    | "banner"
                    | "complementary"
                    | "contentinfo"
                    | "search"
                    | "dialog"
                    | "menu"
                    | "alert"
            )
        }) || tree.raw_attribute(id, AttributeName::AriaHidden) == Some("true");
        let mut name = Name::Neutral;
        for attribute in [AttributeName::Class, AttributeName::Id] {
            let Some(value) = tree.raw_attribute(id, attribute) else { continue };
            let found = *judged.entry(value).or_insert_with(|| judge_name(value));
            if found == Name::Clutter || name == Name::Neutral {
                name = found;
            }
        }
        let Some(fact) = facts.get_mut(id as usize) else { continue };
        // A name proves little about the element that holds most of the prose; a kind of element
        // made for what is aside proves more.
        let is_aside = by_kind || by_role;
        let most =
            if is_aside { fact.prose * 100 > all_prose * 85 } else { fact.prose * 2 > all_prose };
        let is_weak = name == Name::Weak && (fact.text < 150 || fact.link * 5 > fact.text * 2);
        if !most && (is_aside || name == Name::Clutter || is_weak) {
            fact.out = true;
        }
    }
}

fn vote(tree: &Tree<'_>, facts: &mut [Facts]) {
    let mut id = 0;
    while id < tree.len() {
        let node = tree.node(id);
        let here = fact(facts, id);
        if here.out {
            id = node.end.max(id + 1);
            continue;
        }
        if node.tag != Tag::Text && is_prose(node.tag, &here) {
            let score = 1.0
                + (here.commas.min(10) as f32) * 0.5
                + ((here.own_text - here.own_link) as f32 / 100.0).min(6.0);
            let mut target = if matches!(node.tag, Tag::P | Tag::Li | Tag::Dd | Tag::Td) {
                node.parent
            } else {
                id
            };
            for share in [1.0, 0.5, 0.25] {
                if let Some(fact) = facts.get_mut(target as usize) {
                    fact.score += score * share;
                }
                if target == 0 {
                    break;
                }
                target = tree.node(target).parent;
            }
        }
        id += 1;
    }
}

fn best_root(tree: &Tree<'_>, facts: &[Facts]) -> Option<NodeId> {
    let mut best: Option<(f32, NodeId)> = None;
    for id in 0..tree.len() {
        let here = fact(facts, id);
        if here.score <= 0.0 || here.text == 0 {
            continue;
        }
        let score = here.score * (1.0 - here.link as f32 / here.text as f32);
        if best.is_none_or(|(top, _)| score > top) {
            best = Some((score, id));
        }
    }
    let mut root = best?.1;
    // Grow while a parent brings more prose than it brings clutter. Where the article is made of
    // `p`, only `p` counts: what stands around it in other elements is something else.
    let mut candidate = root;
    for _ in 0..MAX_GROWTH {
        if candidate == 0 {
            break;
        }
        candidate = tree.node(candidate).parent;
        let (now, wider) = (clean(tree, facts, root), clean(tree, facts, candidate));
        let in_paragraphs = now.paragraphs * 2 > now.prose;
        let prose = if in_paragraphs {
            wider.paragraphs.saturating_sub(now.paragraphs)
        } else {
            wider.prose.saturating_sub(now.prose)
        };
        let other = wider.text.saturating_sub(now.text).saturating_sub(prose);
        if prose * 10 >= now.prose && prose > other * 2 {
            root = candidate;
        }
    }
    Some(root)
}

/// A subtree's text and prose without what is marked as clutter inside it.
fn clean(tree: &Tree<'_>, facts: &[Facts], root: NodeId) -> Facts {
    let mut sum = Facts::default();
    let end = tree.node(root).end;
    let mut id = root;
    while id < end {
        let here = fact(facts, id);
        let node = tree.node(id);
        if here.out {
            id = node.end.max(id + 1);
            continue;
        }
        sum.text += here.own_text;
        if is_prose(node.tag, &here) {
            sum.prose += here.own_text;
            if node.tag == Tag::P {
                sum.paragraphs += here.own_text;
            }
        }
        id += 1;
    }
    sum
}

fn leave_out(
    tree: &Tree<'_>,
    facts: &[Facts],
    root: NodeId,
    id: NodeId,
    title: Option<&str>,
) -> bool {
    let here = fact(facts, id);
    if id == root {
        return false;
    }
    if here.out {
        return true;
    }
    let tag = tree.node(id).tag;
    match tag {
        Tag::H1 => return true,
        Tag::H2 => {
            let heading = visible_text(tree, id, |_| false);
            if title.is_some_and(|title| title.trim() == heading.trim()) {
                return true;
            }
        }
        // An article inside an article is the next one of an endless page, or a teaser.
        Tag::Article => {
            let outer = fact(facts, root);
            if has_ancestor(tree, id, root, Tag::Article)
                && here.prose * 4 < outer.prose * 3
                && outer.prose.saturating_sub(here.prose) > 100
            {
                return true;
            }
        }
        Tag::P if here.text < 300 && is_invitation(&visible_text(tree, id, |_| false)) => {
            return true;
        }
        _ => {}
    }
    // A block that is mostly links is a list of other pages.
    let (links, text) = (u64::from(here.link) * 100, u64::from(here.text));
    match tag {
        _ if text == 0 => false,
        Tag::P | Tag::Li | Tag::Blockquote => links > text * 85,
        Tag::Ul | Tag::Ol => links > text * 65 && u64::from(here.prose) * 4 < text,
        _ if tag.is_block() || tag == Tag::Td => {
            links > text * 50 && u64::from(here.prose) * 4 < text
        }
        _ => false,
    }
}

/// Whether an element inside `root`, or `root` itself, is such an element around `id`.
fn has_ancestor(tree: &Tree<'_>, id: NodeId, root: NodeId, tag: Tag) -> bool {
    let mut at = id;
    while at > root {
        at = tree.node(at).parent;
        if tree.node(at).tag == tag {
            return true;
        }
    }
    false
}

/// How newspapers begin a line that invites to read, follow or pay for something else.
const INVITATIONS: &[&str] = &[
    "read more",
    "read also",
    "also read",
    "see also",
    "read:",
    "more:",
    "related:",
    "related stor",
    "don't miss",
    "don’t miss",
    "watch:",
    "sign up",
    "subscribe",
    "follow us",
    "follow @",
    "click here",
    "have a tip",
    "get the latest",
    "share this",
    "advertisement",
    "story continues",
    "continue reading",
    "support our",
    "download the",
    "join our",
    "listen to",
    "leia mais",
    "leia também",
    "lee también",
    "lire aussi",
    "lesen sie auch",
    "читайте также",
    "延伸阅读",
    "相关阅读",
    "相關閱讀",
    "更多精彩",
];

fn is_invitation(text: &str) -> bool {
    let start: String = text.trim_start().chars().take(24).flat_map(char::to_lowercase).collect();
    INVITATIONS.iter().any(|phrase| start.starts_with(phrase))
}
