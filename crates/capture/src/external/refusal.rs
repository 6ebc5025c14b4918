//! What is not one item: channels, profiles, lists, searches, and hosts that are not public.

use std::fmt;

use serde_json::Value;
use url::Url;

use crate::address::Host;

/// Why an address is not captured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refused {
    /// It is no address of the web, or holds a user name.
    NotWeb(&'static str),
    /// The host is not public.
    PrivateHost(&'static str),
    /// It is shaped like an address of many items, or of a person.
    Shape(&'static str),
    /// What stands there is many items, or a person's page.
    NotOneItem(String),
    /// A broadcast that goes on has no end to capture.
    Live,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotWeb(what) => write!(f, "the address {what}"),
            Self::PrivateHost(what) => write!(f, "the host is {what}"),
            Self::Shape(what) => write!(f, "this is the address of {what}, not of one item"),
            Self::NotOneItem(what) => write!(f, "what stands there is {what}, not one item"),
            Self::Live => f.write_str("the broadcast goes on"),
        }
    }
}

impl Refused {
    /// What to do.
    pub(super) fn hint(&self) -> Option<&'static str> {
        Some(match self {
            Self::NotWeb(_) => "give an http or https address without a user name",
            Self::PrivateHost(_) => "use --allow-private-network if this is meant",
            Self::Shape(_) | Self::NotOneItem(_) => {
                "give the address of one post or one video; channels and profiles are not captured"
            }
            Self::Live => "capture it when it is over",
        })
    }
}

/// Refuses an address by its looks, before anything is sent.
pub(super) fn of_address(text: &str, allow_private_network: bool) -> Result<(), Refused> {
    let url = Url::parse(text).map_err(|_| Refused::NotWeb("cannot be read"))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(Refused::NotWeb("is neither http nor https"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(Refused::NotWeb("holds a user name or a password"));
    }
    let host = url.host_str().and_then(Host::parse).ok_or(Refused::NotWeb("names no host"))?;
    if !allow_private_network && let Some(what) = host.refusal() {
        return Err(Refused::PrivateHost(what));
    }
    match shape(&url) {
        Some(what) => Err(Refused::Shape(what)),
        None => Ok(()),
    }
}

/// First parts of a path that name a person or a list on any site.
const FIRST_PARTS: &[(&str, &str)] = &[
    ("c", "a channel"),
    ("channel", "a channel"),
    ("channels", "a channel"),
    ("group", "a group"),
    ("groups", "a group"),
    ("hashtag", "a tag"),
    ("playlist", "a list"),
    ("playlists", "a list"),
    ("profile", "a profile"),
    ("results", "a search"),
    ("search", "a search"),
    ("tag", "a tag"),
    ("tags", "a tag"),
    ("user", "a profile"),
    ("users", "a profile"),
];

/// Sites on which a name alone is a person's or a group's page: the site, and the first parts that are none.
const NAMED_PAGES: &[(&str, &[&str])] = &[
    ("facebook.com", &["watch", "reel", "story.php", "video.php", "photo.php", "permalink.php"]),
    ("instagram.com", &["p", "reel", "tv"]),
    ("t.me", &["c"]),
    ("twitter.com", &["i"]),
    ("vk.com", &[]),
    ("weibo.com", &["tv"]),
    ("x.com", &["i"]),
];

/// Pages of a person's page that are no post.
const TABS: &[&str] = &[
    "about",
    "albums",
    "community",
    "featured",
    "followers",
    "following",
    "likes",
    "live",
    "media",
    "photos",
    "playlists",
    "podcasts",
    "posts",
    "reels",
    "releases",
    "shorts",
    "stories",
    "streams",
    "videos",
    "with_replies",
];

fn shape(url: &Url) -> Option<&'static str> {
    let host = url
        .host_str()?
        .trim_end_matches('.')
        .trim_start_matches("www.")
        .trim_start_matches("m.")
        .trim_start_matches("mobile.");
    let parts: Vec<String> =
        url.path_segments()?.filter(|part| !part.is_empty()).map(str::to_ascii_lowercase).collect();
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    let is_tab = |part: Option<&&str>| part.is_none_or(|part| TABS.contains(part));
    if host == "space.bilibili.com" {
        return Some("a profile");
    }
    let is_youtube = host == "youtube.com" || host.ends_with(".youtube.com");
    let has = |name: &str| url.query_pairs().any(|(key, value)| key == name && !value.is_empty());
    if is_youtube && has("list") && !has("v") {
        return Some("a list");
    }
    let first = parts.first()?;
    // A post may stand below a name: /@name/video/123.
    if (first.starts_with('@') || first.starts_with("%40"))
        && is_tab(parts.get(1))
        && parts.len() <= 2
    {
        return Some("a profile or channel");
    }
    if let Some((_, what)) = FIRST_PARTS.iter().find(|(part, _)| part == first) {
        return Some(what);
    }
    if *first == "u" && parts.len() <= 2 || (*first == "r" && !parts.contains(&"comments")) {
        return Some("a profile or group");
    }
    let (_, others) = NAMED_PAGES.iter().find(|(site, _)| *site == host)?;
    // t.me/s/name shows a channel; t.me/name/12 is one post.
    let is_page =
        (parts.len() == 1 || (parts.len() == 2 && is_tab(parts.get(1)))) && !others.contains(first);
    (is_page || (host == "t.me" && *first == "s" && parts.len() == 2))
        .then_some("a profile or channel")
}

/// Parts of an extractor's name that stand for many items or for a person.
const MANY: &[&str] = &[
    "album",
    "category",
    "channel",
    "collection",
    "favorites",
    "feed",
    "hashtag",
    "playlist",
    "profile",
    "search",
    "series",
    "space",
    "subscriptions",
    "tab",
    "tag",
    "uploads",
    "user",
];

/// Refuses what was found at an address, by what `--dump-single-json` says of it.
pub(super) fn of_item(found: &Value) -> Result<(), Refused> {
    let text = |name: &str| found.get(name).and_then(Value::as_str).unwrap_or_default();
    if !found.is_object() {
        return Err(Refused::NotOneItem("nothing that the capturer describes".to_owned()));
    }
    match text("_type") {
        "" | "video" => {}
        kind => {
            let kind: String =
                kind.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '_').take(40).collect();
            return Err(Refused::NotOneItem(format!("a {kind}")));
        }
    }
    if found.get("entries").is_some() {
        return Err(Refused::NotOneItem("a list".to_owned()));
    }
    for name in [text("extractor_key"), text("extractor")] {
        let words = words_of(name);
        if let Some(word) = words.iter().skip(1).find(|word| MANY.contains(&word.as_str())) {
            return Err(Refused::NotOneItem(format!("a {word}")));
        }
    }
    let is_live = found.get("is_live").and_then(Value::as_bool) == Some(true)
        || text("live_status") == "is_live";
    if is_live { Err(Refused::Live) } else { Ok(()) }
}

/// The words of a name such as `YoutubeTab` or `vk:uservideos`, in lower case.
fn words_of(name: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut begins = true;
    for c in name.chars() {
        if !c.is_alphanumeric() {
            begins = true;
            continue;
        }
        match words.last_mut() {
            Some(word) if !begins && !c.is_uppercase() => word.extend(c.to_lowercase()),
            _ => words.push(c.to_lowercase().collect()),
        }
        begins = false;
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_many_items_and_of_persons() {
        for text in [
            "https://www.youtube.com/@name",
            "https://www.youtube.com/@name/videos",
            "https://www.youtube.com/%40name",
            "https://www.youtube.com/channel/UC1234567890",
            "https://www.youtube.com/c/name/live",
            "https://www.youtube.com/user/name",
            "https://www.youtube.com/playlist?list=PL12",
            "https://www.youtube.com/watch?list=PL12",
            "https://www.youtube.com/results?search_query=x",
            "https://www.tiktok.com/@name",
            "https://space.bilibili.com/123456",
            "https://www.bilibili.com/channel/12",
            "https://x.com/name",
            "https://twitter.com/name/media",
            "https://www.instagram.com/name/",
            "https://t.me/name",
            "https://t.me/s/name",
            "https://m.facebook.com/name/videos/",
            "https://www.reddit.com/r/name/",
            "https://weibo.com/u/123456",
            "https://mastodon.example/@name",
            "https://video.example/users/name/video",
        ] {
            let result = of_address(text, false);
            assert!(matches!(result, Err(Refused::Shape(_))), "{text}: {result:?}");
        }
        for text in [
            "https://www.youtube.com/watch?v=abc123&list=PL12",
            "https://youtu.be/abc123",
            "https://www.youtube.com/shorts/abc123",
            "https://www.tiktok.com/@name/video/7123",
            "https://www.bilibili.com/video/BV1xx411c7mD",
            "https://x.com/name/status/123",
            "https://www.instagram.com/reel/abc/",
            "https://t.me/name/12",
            "https://mastodon.example/@name/109",
            "https://www.facebook.com/watch?v=12",
            "https://www.reddit.com/r/name/comments/abc/title/",
            "https://news.example/2022/09/video.mp4",
        ] {
            assert_eq!(of_address(text, false), Ok(()), "{text}");
        }
    }

    #[test]
    fn addresses_that_are_not_public() {
        for text in [
            "http://127.0.0.1/v.mp4",
            "http://0x7f.1/v.mp4",
            "http://[::1]/v",
            "http://nas.local/v",
            "http://intranet/v",
        ] {
            assert!(matches!(of_address(text, false), Err(Refused::PrivateHost(_))), "{text}");
            assert_eq!(of_address(text, true), Ok(()), "{text}");
        }
        for text in
            ["file:///etc/passwd", "ytsearch:name", "https://u:p@video.example/1", "video", ""]
        {
            assert!(matches!(of_address(text, true), Err(Refused::NotWeb(_))), "{text}");
        }
    }

    #[test]
    fn what_was_found_is_one_item() {
        for (json, expected) in [
            (r#"{"id":"a","extractor_key":"Youtube","_type":"video"}"#, "Ok(())"),
            (r#"{"id":"a","extractor_key":"Generic","extractor":"generic"}"#, "Ok(())"),
            (r#"{"_type":"playlist","entries":[]}"#, "a playlist"),
            (r#"{"_type":"multi_video"}"#, "a multi_video"),
            (r#"{"id":"a","extractor_key":"YoutubeTab"}"#, "a tab"),
            (r#"{"id":"a","extractor":"vk:user"}"#, "a user"),
            (r#"{"id":"a","entries":[1]}"#, "a list"),
            (r#"{"id":"a","is_live":true}"#, "Live"),
            ("null", "nothing that"),
        ] {
            let value: Value = serde_json::from_str(json).unwrap();
            let result = format!("{:?}", of_item(&value));
            assert!(result.contains(expected), "{json}: {result}");
        }
    }
}
