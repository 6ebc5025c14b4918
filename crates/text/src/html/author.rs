//! Who a page says wrote it.
//!
//! Signs, best first: the names that libraries read (`citation_author`, Dublin Core), JSON-LD, `meta author`, microdata,
//! `rel=author`, the class of a byline, a line such as `作者：…`. Rather none than a wrong one: what is no name, what names the
//! program that the page was made with, and a page on which several articles name their own authors give none.

use serde_json::Value;

use super::render::{is_hidden, visible_text};
use super::tag::{AttributeName, Tag};
use super::tree::{NodeId, Tree};

/// `meta` names that libraries and archives read; a page may repeat them.
const LIBRARY_NAMES: &[&str] = &[
    "citation_author",
    "dc.creator",
    "dcterms.creator",
    "dc.creator.personalname",
    "eprints.creators_name",
];
/// `meta` names that editors' programs fill in.
const META_NAMES: &[&str] = &[
    "author",
    "article:author",
    "article:author_name",
    "parsely-author",
    "sailthru.author",
    "byl",
    "og:article:author",
    "cxenseparse:author",
];
/// Types of JSON-LD objects whose `author` wrote the page (schema.org).
const ARTICLES: &[&str] = &[
    "Article",
    "NewsArticle",
    "BlogPosting",
    "Report",
    "ReportageNewsArticle",
    "OpinionNewsArticle",
    "AnalysisNewsArticle",
    "ScholarlyArticle",
    "TechArticle",
    "LiveBlogPosting",
    "SocialMediaPosting",
    "BackgroundNewsArticle",
    "ReviewNewsArticle",
    "WebPage",
];
/// Classes and ids of an element that holds the byline and no more.
const BYLINES: &[&str] = &[
    "byline",
    "byline-name",
    "by-line",
    "author",
    "author-name",
    "authorname",
    "author_name",
    "article-author",
    "article__author",
    "post-author",
    "entry-author",
    "story-byline",
    "news-author",
    "byline__name",
    "c-byline__author",
    "p-author",
    "writer",
];
/// Labels of an author on a line of its own, each followed by a colon of either width.
const LABELS: &[&str] = &[
    "作者",
    "撰文",
    "撰稿",
    "文字记者",
    "文字記者",
    "本报记者",
    "本報記者",
    "记者",
    "記者",
    "author",
    "written by",
    "autor",
    "autora",
    "auteur",
    "verfasser",
    "автор",
    "текст",
    "автори",
    "بقلم",
    "الكاتب",
    "نویسنده",
    "ئاپتور",
    "རྩོམ་པ་པོ",
    "རྩོམ་སྒྲིག་པ",
    "著者",
    "筆者",
    "저자",
    "글쓴이",
    "लेखक",
    "tác giả",
    "yazar",
    "penulis",
];
/// What stands before a name in a byline.
const BEFORE: &[&str] = &[
    "written by ",
    "posted by ",
    "by ",
    "by: ",
    "par ",
    "por ",
    "von ",
    "door ",
    "av ",
    "文/",
    "文／",
    "文 | ",
    "文丨",
];
/// Words that stand in the place of a name and are none.
const NOBODY: &[&str] = &[
    "admin",
    "administrator",
    "root",
    "user",
    "guest",
    "author",
    "editor",
    "staff",
    "webmaster",
    "web master",
    "anonymous",
    "editorial",
    "unknown",
    "none",
    "null",
    "undefined",
    "n/a",
    "na",
    "no author",
    "test",
    "default",
    "super user",
    "superuser",
    "wordpress",
    "joomla",
    "drupal",
    "writer",
    "byline",
    "system",
    "manager",
    "site admin",
    "web editor",
    "佚名",
    "匿名",
    "管理员",
    "管理員",
    "编辑",
    "編輯",
    "本站",
    "未知",
    "网络",
    "網絡",
    "无",
    "無",
    "不详",
    "原创",
    "本站原创",
    "转载",
    "admin1",
    "网站管理员",
    "记者",
    "記者",
];

const LONGEST: usize = 80;
const MOST_AUTHORS: usize = 12;
/// A line longer than this is a sentence, and no byline.
const LONGEST_LINE: usize = 60;

/// The author or authors of a page, parted by commas; none where the page does not say, or says several things.
pub(super) fn author(
    tree: &Tree<'_>,
    metas: &[(String, String)],
    json: &[Value],
) -> Option<String> {
    let by_name = |wanted: &[&str]| {
        wanted.iter().find_map(|wanted| {
            let values = metas.iter().filter(|(name, _)| name == wanted);
            joined(values.filter_map(|(_, value)| name(value)).collect(), MOST_AUTHORS)
        })
    };
    by_name(LIBRARY_NAMES)
        .or_else(|| from_json(json))
        .or_else(|| by_name(META_NAMES))
        .or_else(|| from_markup(tree))
        .or_else(|| from_lines(tree))
}

/// Names as one line, each once; none where there are more than could have written one page.
fn joined(names: Vec<String>, most: usize) -> Option<String> {
    let mut once: Vec<String> = Vec::new();
    for name in names {
        if !once.iter().any(|seen| seen.to_lowercase() == name.to_lowercase()) {
            once.push(name);
        }
    }
    (!once.is_empty() && once.len() <= most).then(|| once.join(", "))
}

/// A text as a name, without what stands before it; none where it is no name.
fn name(text: &str) -> Option<String> {
    let mut text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    loop {
        let lower = text.to_lowercase();
        let before = BEFORE
            .iter()
            .find(|before| lower.starts_with(*before))
            .map(|before| before.chars().count());
        match before.or_else(|| label_length(&text)) {
            Some(length) => text = text.chars().skip(length).collect::<String>().trim().to_owned(),
            None => break,
        }
    }
    let text = text.trim_matches(|one: char| {
        matches!(
            one,
            '|' | '·'
                | ','
                | ';'
                | '-'
                | '–'
                | '—'
                | '/'
                | ' '
                | '('
                | ')'
                | '（'
                | '）'
                | '['
                | ']'
        )
    });
    let lower = text.to_lowercase();
    let letters = text.chars().filter(|one| one.is_alphabetic()).count();
    let digits = text.chars().filter(|one| one.is_numeric()).count();
    let is_name = letters >= 2
        && digits * 4 <= letters
        && text.chars().count() <= LONGEST
        && text.split(' ').count() <= 10
        && !["http", "www.", "://", "@", "{", "}", "<", ">", "。", "！", "？", "?", "!"]
            .iter()
            .any(|sign| lower.contains(sign))
        && !NOBODY.contains(&lower.as_str())
        && !is_account(text);
    is_name.then(|| text.to_owned())
}

/// Whether a text looks like the name of an account: one word of small Latin letters, or one with a line or figures in it.
fn is_account(text: &str) -> bool {
    let is_word =
        text.bytes().all(|one| one.is_ascii_alphanumeric() || matches!(one, b'_' | b'-' | b'.'));
    let has_capital = text.bytes().any(|one| one.is_ascii_uppercase());
    let has_sign = text.bytes().any(|one| one == b'_' || one.is_ascii_digit());
    is_word && (!has_capital || has_sign)
}

/// How many code points a label of an author takes at the start of a line, its colon among them.
fn label_length(text: &str) -> Option<usize> {
    let lower = text.to_lowercase();
    LABELS.iter().find_map(|label| {
        let rest = lower.strip_prefix(label)?;
        let trimmed = rest.trim_start();
        let colon = trimmed.starts_with([':', '：', '\u{FE55}']);
        colon.then(|| lower.chars().count() - trimmed.chars().count() + 1)
    })
}

fn from_json(json: &[Value]) -> Option<String> {
    let is_article = |value: &&Value| match value.get("@type") {
        Some(Value::String(kind)) => ARTICLES.contains(&kind.as_str()),
        Some(Value::Array(kinds)) => {
            kinds.iter().any(|kind| kind.as_str().is_some_and(|kind| ARTICLES.contains(&kind)))
        }
        _ => false,
    };
    let mut found: Vec<String> = Vec::new();
    for article in json.iter().filter(is_article) {
        let mut names = Vec::new();
        if let Some(author) = article.get("author") {
            names_of(author, json, &mut names, 0);
        }
        let Some(names) = joined(names, MOST_AUTHORS) else { continue };
        if !found.contains(&names) {
            found.push(names);
        }
    }
    // Several articles by several people: a list of articles, and not one.
    <[String; 1]>::try_from(found).ok().map(|[only]| only)
}

/// The names in a JSON-LD value: a text, an object with a name, a reference to one, or a list of these.
fn names_of(value: &Value, json: &[Value], names: &mut Vec<String>, depth: u32) {
    if depth > 3 || names.len() > MOST_AUTHORS {
        return;
    }
    match value {
        Value::String(text) => names.extend(name(text)),
        Value::Array(items) => items.iter().for_each(|item| names_of(item, json, names, depth + 1)),
        Value::Object(object) => match (object.get("name"), object.get("@id")) {
            (Some(inner), _) => names_of(inner, json, names, depth + 1),
            (None, Some(id)) => {
                let meant = json.iter().find(|other| other.get("@id") == Some(id));
                if let Some(inner) = meant.and_then(|other| other.get("name")) {
                    names_of(inner, json, names, depth + 1);
                }
            }
            (None, None) => {}
        },
        _ => {}
    }
}

/// Whether an attribute holds one of these words, which white space parts.
fn has_word(tree: &Tree<'_>, id: NodeId, attribute: AttributeName, words: &[&str]) -> bool {
    tree.raw_attribute(id, attribute).is_some_and(|value| {
        value
            .split_ascii_whitespace()
            .any(|word| words.iter().any(|wanted| word.eq_ignore_ascii_case(wanted)))
    })
}

/// Whether an element lies where others speak: a comment, a list of other articles, the page's end.
fn is_aside(tree: &Tree<'_>, id: NodeId) -> bool {
    let mut at = id;
    for _ in 0..super::MAX_DEPTH {
        let node = tree.node(at);
        let is_other = [AttributeName::Class, AttributeName::Id, AttributeName::Itemprop]
            .into_iter()
            .any(|attribute| {
                tree.raw_attribute(at, attribute).is_some_and(|value| {
                    let value = value.to_ascii_lowercase();
                    ["comment", "related", "sidebar", "recommend", "teaser", "widget", "most-read"]
                        .iter()
                        .any(|word| value.contains(word))
                })
            });
        if is_other
            || matches!(node.tag, Tag::Aside | Tag::Footer | Tag::Nav)
            || (at != 0 && is_hidden(tree, at))
        {
            return true;
        }
        if at == 0 {
            return false;
        }
        at = node.parent;
    }
    false
}

fn from_markup(tree: &Tree<'_>) -> Option<String> {
    type Sign = fn(&Tree<'_>, NodeId) -> bool;
    let signs: [(Sign, usize); 3] = [
        (|tree, id| has_word(tree, id, AttributeName::Itemprop, &["author", "creator"]), 4),
        (|tree, id| has_word(tree, id, AttributeName::Rel, &["author"]), 4),
        (
            |tree, id| {
                has_word(tree, id, AttributeName::Class, BYLINES)
                    || has_word(tree, id, AttributeName::Id, BYLINES)
            },
            1,
        ),
    ];
    signs.into_iter().find_map(|(is_sign, most)| {
        let mut names = Vec::new();
        let mut id = 1;
        while id < tree.len() {
            let node = tree.node(id);
            if node.tag == Tag::Text || node.tag == Tag::Meta || !is_sign(tree, id) {
                id += 1;
                continue;
            }
            let inner = (id + 1..node.end)
                .find(|inner| has_word(tree, *inner, AttributeName::Itemprop, &["name"]));
            let text = match inner {
                Some(inner) if tree.node(inner).tag == Tag::Meta => tree
                    .attribute(inner, AttributeName::Content)
                    .map(|text| text.into_owned())
                    .unwrap_or_default(),
                inner => visible_text(tree, inner.unwrap_or(id), |_| false),
            };
            let first = text.lines().map(str::trim).find(|line| !line.is_empty());
            if let Some(name) = first.and_then(name)
                && !is_aside(tree, id)
            {
                names.push(name);
            }
            id = node.end.max(id + 1);
        }
        joined(names, most)
    })
}

/// The first line of the page that begins with a label of an author, unless another such line names somebody else.
fn from_lines(tree: &Tree<'_>) -> Option<String> {
    let mut names = Vec::new();
    for id in 1..tree.len() {
        if tree.node(id).tag != Tag::Text {
            continue;
        }
        let text = tree.text(id);
        let line = text.trim();
        if line.len() > LONGEST_LINE * 4 || line.chars().count() > LONGEST_LINE {
            continue;
        }
        let Some(length) = label_length(line) else { continue };
        // What follows on the same line after the name: the day, the source, the count of readers.
        let rest: String = line.chars().skip(length).collect();
        let rest = rest.trim();
        let rest = rest.split(['\u{3000}', '|', '丨', '｜', '\t']).next().unwrap_or(rest);
        let rest = if is_han(rest) { rest.split(' ').next().unwrap_or(rest) } else { rest };
        if let Some(name) = name(rest)
            && !is_aside(tree, id)
        {
            names.push(name);
        }
    }
    joined(names, 1)
}

fn is_han(text: &str) -> bool {
    text.chars().next().is_some_and(|one| matches!(one, '\u{3400}'..='\u{9FFF}'))
}

#[cfg(test)]
mod tests {
    use super::super::metadata::metadata;
    use super::super::parse;

    fn check(name: &str, html: &str, expected: Option<&str>) {
        let (tree, _) = parse(html);
        assert_eq!(metadata(&tree, None).author.as_deref(), expected, "{name}");
    }

    #[test]
    fn reads_who_a_page_says_wrote_it() {
        for (name, html, expected) in [
            ("meta", "<meta name=author content='Jane Doe'><p>text", "Jane Doe"),
            ("meta with a word before", "<meta name=byl content='By  Jane Doe'>", "Jane Doe"),
            ("meta, escaped", "<meta name=author content='J. O&#39;Hara'>", "J. O'Hara"),
            (
                "meta, repeated",
                "<meta name=citation_author content='Doe, J.'><meta name=citation_author content='Roe, R.'>",
                "Doe, J., Roe, R.",
            ),
            ("meta in Chinese", "<meta name='author' content='作者：张三'>", "张三"),
            (
                "JSON-LD, a text",
                "<script type='application/ld+json'>{\"@type\":\"NewsArticle\",\"author\":\"Jane Doe\"}</script>",
                "Jane Doe",
            ),
            (
                "JSON-LD, objects",
                "<script type='application/ld+json'>{\"@type\":[\"Article\"],\"author\":[{\"@type\":\"Person\",\"name\":\"Jane Doe\"},{\"name\":\"Richard Roe\"}]}</script>",
                "Jane Doe, Richard Roe",
            ),
            (
                "JSON-LD, a reference",
                "<script type='application/ld+json'>{\"@graph\":[{\"@type\":\"Article\",\"author\":{\"@id\":\"#a\"}},{\"@type\":\"Person\",\"@id\":\"#a\",\"name\":\"Jane Doe\"}]}</script>",
                "Jane Doe",
            ),
            (
                "JSON-LD before meta",
                "<meta name=author content='The Desk'><script type='application/ld+json'>{\"@type\":\"Report\",\"author\":{\"name\":\"Jane Doe\"}}</script>",
                "Jane Doe",
            ),
            (
                "microdata",
                "<span itemprop=author itemscope><span itemprop=name>Jane Doe</span>, reporter</span>",
                "Jane Doe",
            ),
            (
                "a link to the author",
                "<p>By <a rel='author' href=/jane>Jane Doe</a></p>",
                "Jane Doe",
            ),
            ("a byline", "<div class='byline small'>By Jane Doe</div><p>text", "Jane Doe"),
            ("a byline in French", "<p class=author>Par Jeanne Dupont</p>", "Jeanne Dupont"),
            ("a line in Chinese", "<p>作者：张三　2021-07-02</p>", "张三"),
            ("a reporter in Chinese", "<span>记者: 李四 </span><span>来源：本台</span>", "李四"),
            ("before a stroke", "<p class=byline>文/王五</p>", "王五"),
            ("in Tibetan", "<p>རྩོམ་པ་པོ: བསྟན་འཛིན།</p>", "བསྟན་འཛིན།"),
            ("in Uyghur", "<p>ئاپتور: ئالىم</p>", "ئالىم"),
            ("in Arabic", "<p>بقلم: أحمد علي</p>", "أحمد علي"),
            ("in Russian", "<p>Автор: Иван Петров</p>", "Иван Петров"),
            (
                "twice the same",
                "<a rel=author>Jane Doe</a><p>text<a rel=author>jane doe</a>",
                "Jane Doe",
            ),
        ] {
            check(name, html, Some(expected));
        }
    }

    #[test]
    fn names_nobody_rather_than_somebody_else() {
        for (name, html) in [
            ("none", "<p>Jane Doe was there."),
            ("the program's user", "<meta name=author content=admin>"),
            ("an address", "<meta name='article:author' content='https://example.org/jane'>"),
            ("a mail address", "<meta name=author content='jane@example.org'>"),
            ("nobody in Chinese", "<p>作者：佚名</p>"),
            ("an editor is no author", "<p>责任编辑：赵六</p>"),
            ("a sentence", "<p class=byline>How it came about is not known. Nobody asked!</p>"),
            ("a template", "<p class=author>{{ author.name }}</p>"),
            ("a comment", "<div class=comments><span itemprop=author>Jane Doe</span></div>"),
            ("another article", "<aside><a rel=author>Jane Doe</a></aside>"),
            ("hidden", "<p style='display:none' class=byline>Jane Doe</p>"),
            ("two bylines", "<p class=byline>Jane Doe<p class=byline>Richard Roe"),
            (
                "two articles",
                "<script type='application/ld+json'>[{\"@type\":\"Article\",\"author\":\"Jane Doe\"},{\"@type\":\"Article\",\"author\":\"Richard Roe\"}]</script>",
            ),
            (
                "a review of a film",
                "<script type='application/ld+json'>{\"@type\":\"Movie\",\"author\":\"Jane Doe\"}</script>",
            ),
            ("two labelled lines", "<p>作者：张三</p><p>作者：李四</p>"),
            ("an account", "<meta name=author content=jdadmin>"),
            ("an account with a line", "<meta name=author content=Jane_D>"),
            ("a number", "<meta name=author content='20210702'>"),
        ] {
            check(name, html, None);
        }
    }
}
