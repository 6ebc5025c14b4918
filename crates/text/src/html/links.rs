//! The links of a page, resolved against its base.

use serde::{Deserialize, Serialize};
use url::Url;

use super::render::visible_text;
use super::tag::{AttributeName, Tag};
use super::tree::Tree;

/// More links than this are not listed.
pub(crate) const MAX_LINKS: usize = 20_000;

/// A link of the page: where it leads, and the words a reader clicks on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// The target, absolute where the page's address or its `base` element is known, otherwise as
    /// written. Script and data targets, and those within the page, are not listed.
    pub href: String,
    /// The visible text inside the link, on one line; empty for a picture.
    pub text: String,
}

/// The base of relative addresses: the `base` element if there is one, else the page's address
/// (HTML, section 2.4.3 "Document base URLs").
fn base_address(tree: &Tree<'_>, page: Option<&str>) -> Option<Url> {
    let page = page.and_then(|url| Url::parse(url).ok());
    let element = (0..tree.len())
        .filter(|id| tree.node(*id).tag == Tag::Base)
        .find_map(|id| tree.attribute(id, AttributeName::Href));
    match (element, page) {
        (Some(href), Some(page)) => Some(page.join(href.trim()).unwrap_or(page)),
        (Some(href), None) => Url::parse(href.trim()).ok(),
        (None, page) => page,
    }
}

/// Lists the links in document order; says whether some were left out.
pub(crate) fn links(tree: &Tree<'_>, page: Option<&str>) -> (Vec<Link>, bool) {
    let base = base_address(tree, page);
    let mut links = Vec::new();
    for id in 0..tree.len() {
        if !matches!(tree.node(id).tag, Tag::A | Tag::Area) {
            continue;
        }
        let Some(written) = tree.attribute(id, AttributeName::Href) else { continue };
        let written = written.trim();
        if written.is_empty() || written.starts_with('#') {
            continue;
        }
        let resolved = match &base {
            Some(base) => base.join(written).ok(),
            None => Url::parse(written).ok(),
        };
        if resolved.as_ref().is_some_and(|url| {
            matches!(url.scheme(), "javascript" | "data" | "blob" | "about" | "vbscript")
        }) {
            continue;
        }
        if links.len() >= MAX_LINKS {
            return (links, true);
        }
        let href = resolved.map_or_else(|| written.to_owned(), String::from);
        // The text of a link inside a link is that link's.
        let text = visible_text(tree, id, |inner| inner != id && tree.node(inner).tag == Tag::A);
        links.push(Link { href, text: text.split_whitespace().collect::<Vec<_>>().join(" ") });
    }
    (links, false)
}
