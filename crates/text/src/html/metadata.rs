//! What a page says about itself: title, author and date of publication.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::author::author;
use super::render::visible_text;
use super::tag::{AttributeName, Tag};
use super::tree::{NodeId, Tree};
use crate::dates::written_date;

/// When a page says it was published. A page's own word: not proof of anything.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Published {
    /// The day, ISO 8601 (`2022-09-05`), as written, in whatever time zone the page means.
    pub date: String,
    /// Where it was found, such as `meta article:published_time`, `json-ld datePublished`,
    /// `time` or `url`.
    pub found_in: String,
}

/// JSON-LD longer than this is not read.
const MAX_JSON: usize = 1 << 20;

/// `meta` names that give a title, best first.
const TITLE_NAMES: &[&str] = &["og:title", "twitter:title", "dc.title", "articletitle"];
/// `meta` names that give a publication date, best first. Names of a change or of a crawl are not
/// among them.
const DATE_NAMES: &[&str] = &[
    "article:published_time",
    "article:published",
    "og:published_time",
    "og:article:published_time",
    "datepublished",
    "publishdate",
    "publish_date",
    "publish-date",
    "pubdate",
    "published-date",
    "publication_date",
    "citation_publication_date",
    "citation_date",
    "parsely-pub-date",
    "sailthru.date",
    "article.published",
    "article:create_at",
    "dc.date.issued",
    "dcterms.issued",
    "dc.date.created",
    "dcterms.created",
    "dc.date",
    "dcterms.date",
    "bt:pubdate",
    "cxenseparse:recs:publishtime",
    "date",
];

/// The facts of the page's head and markup.
#[derive(Clone, Debug, Default)]
pub(crate) struct Metadata {
    pub(crate) title: Option<String>,
    pub(crate) author: Option<String>,
    pub(crate) published: Option<Published>,
}

/// Reads the metadata of a page.
pub(crate) fn metadata(tree: &Tree<'_>, url: Option<&str>) -> Metadata {
    let metas = metas(tree);
    let json = json_ld(tree);
    Metadata {
        title: title(tree, &metas, &json),
        author: author(tree, &metas, &json),
        published: published(tree, &metas, &json, url),
    }
}

/// The named `meta` elements: lower-case name and content.
fn metas(tree: &Tree<'_>) -> Vec<(String, String)> {
    let mut metas = Vec::new();
    for id in 0..tree.len() {
        if tree.node(id).tag != Tag::Meta {
            continue;
        }
        let Some(content) = tree.attribute(id, AttributeName::Content) else { continue };
        let content = content.trim();
        if content.is_empty() {
            continue;
        }
        for name in [AttributeName::Property, AttributeName::Name, AttributeName::Itemprop] {
            if let Some(name) = tree.attribute(id, name) {
                metas.push((name.trim().to_lowercase(), content.to_owned()));
            }
        }
    }
    metas
}

fn find<'m>(metas: &'m [(String, String)], name: &str) -> Option<&'m str> {
    metas.iter().find(|(found, _)| found == name).map(|(_, content)| content.as_str())
}

fn one_line(text: &str) -> Option<String> {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    (!line.is_empty()).then_some(line)
}

fn title(tree: &Tree<'_>, metas: &[(String, String)], json: &[Value]) -> Option<String> {
    let from_meta = TITLE_NAMES.iter().find_map(|name| find(metas, name)).and_then(one_line);
    let in_svg = |id: NodeId| {
        let parent = tree.node(tree.node(id).parent).tag;
        matches!(parent, Tag::Svg | Tag::Unknown)
    };
    let element = || {
        (0..tree.len())
            .find(|id| tree.node(*id).tag == Tag::Title && !in_svg(*id))
            .and_then(|id| one_line(&element_text(tree, id)))
    };
    let heading = || {
        (0..tree.len())
            .filter(|id| tree.node(*id).tag == Tag::H1)
            .find_map(|id| one_line(&visible_text(tree, id, |_| false)))
    };
    from_meta
        .or_else(|| json.iter().find_map(|value| string_at(value, "headline")).and_then(one_line))
        .or_else(element)
        .or_else(heading)
}

/// All text inside an element, shown or not.
fn element_text(tree: &Tree<'_>, id: NodeId) -> String {
    (id + 1..tree.node(id).end).map(|child| tree.text(child)).collect()
}

/// The objects of the page's JSON-LD scripts, those inside `@graph` and arrays too.
fn json_ld(tree: &Tree<'_>) -> Vec<Value> {
    let mut objects = Vec::new();
    for id in 0..tree.len() {
        if tree.node(id).tag != Tag::Script {
            continue;
        }
        let is_json = tree
            .raw_attribute(id, AttributeName::Type)
            .is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/ld+json"));
        let source = element_text(tree, id);
        if !is_json || source.len() > MAX_JSON {
            continue;
        }
        let Ok(value) = serde_json::from_str::<Value>(source.trim()) else { continue };
        flatten(value, &mut objects, 0);
    }
    objects
}

fn flatten(value: Value, objects: &mut Vec<Value>, depth: u32) {
    if depth > 4 || objects.len() > 200 {
        return;
    }
    match value {
        Value::Array(items) => {
            items.into_iter().for_each(|item| flatten(item, objects, depth + 1));
        }
        Value::Object(mut object) => {
            let graph = object.remove("@graph");
            objects.push(Value::Object(object));
            if let Some(graph) = graph {
                flatten(graph, objects, depth + 1);
            }
        }
        _ => {}
    }
}

fn string_at<'v>(value: &'v Value, key: &str) -> Option<&'v str> {
    value.get(key)?.as_str().map(str::trim).filter(|text| !text.is_empty())
}

fn published(
    tree: &Tree<'_>,
    metas: &[(String, String)],
    json: &[Value],
    url: Option<&str>,
) -> Option<Published> {
    let found = |date: String, place: String| Published { date, found_in: place };
    let (strong, weak) = DATE_NAMES.split_at(DATE_NAMES.len() - 1);
    let from_metas = |names: &[&str]| {
        names.iter().find_map(|name| {
            let date = written_date(find(metas, name)?)?;
            Some(found(date, format!("meta {name}")))
        })
    };
    from_metas(strong)
        .or_else(|| {
            let date = json.iter().find_map(|value| string_at(value, "datePublished"))?;
            Some(found(written_date(date)?, "json-ld datePublished".to_owned()))
        })
        .or_else(|| from_metas(weak))
        .or_else(|| time_element(tree))
        .or_else(|| Some(found(date_in_address(url?)?, "url".to_owned())))
}

/// The first element marked as the date of publication, else the first `time` of the page.
fn time_element(tree: &Tree<'_>) -> Option<Published> {
    let mut first = None;
    for id in 0..tree.len() {
        let marked = tree
            .raw_attribute(id, AttributeName::Itemprop)
            .is_some_and(|name| name.eq_ignore_ascii_case("datePublished"));
        let tag = tree.node(id).tag;
        if !marked && tag != Tag::Time {
            continue;
        }
        let date = tree
            .attribute(id, AttributeName::Datetime)
            .or_else(|| tree.attribute(id, AttributeName::Content))
            .and_then(|value| written_date(&value))
            .or_else(|| written_date(&visible_text(tree, id, |_| false)));
        let Some(date) = date else { continue };
        if marked {
            return Some(Published { date, found_in: "itemprop datePublished".to_owned() });
        }
        first.get_or_insert(Published { date, found_in: "time".to_owned() });
    }
    first
}

/// A date in the path of an address: `/2022/09/05/`, `/2022-09-05`, `/20220905/`, `t20220905_`.
fn date_in_address(url: &str) -> Option<String> {
    let path = url.split_once("://").map_or(url, |(_, rest)| rest);
    let path = path.split(['?', '#']).next().unwrap_or(path);
    let numbers: Vec<&str> =
        path.split(|c: char| !c.is_ascii_digit()).filter(|part| !part.is_empty()).collect();
    for window in numbers.windows(3) {
        if let [year, month, day] = window
            && year.len() == 4
            && month.len() <= 2
            && day.len() <= 2
            && let Some(date) = written_date(&format!("{year}-{month}-{day}"))
        {
            return Some(date);
        }
    }
    numbers.iter().filter(|part| part.len() == 8).find_map(|part| {
        written_date(&format!("{}-{}-{}", part.get(..4)?, part.get(4..6)?, part.get(6..8)?))
    })
}
