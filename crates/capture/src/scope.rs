//! Which addresses belong to a capture, and which come next.

use std::collections::{BTreeMap, BTreeSet};

use url::Url;

/// How far a capture reaches from the addresses it began with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// These addresses only.
    Page,
    /// What begins like one of them, up to its last `/`, on the same host.
    Prefix,
    /// The same hosts.
    Host,
    /// The same hosts without `www.`, and every host below them. No list of public suffixes is consulted: from
    /// `news.example.org` it never goes up to `example.org`.
    Domain,
}

/// Rules on what belongs to a capture. All of them must hold.
#[derive(Clone, Debug)]
pub struct Scope {
    /// When there are any: one must match the whole address. `*` stands for any letters.
    pub include: Vec<String>,
    /// None may match the whole address.
    pub exclude: Vec<String>,
    /// Links away from a seed, at most.
    pub depth: u32,
    /// Addresses in all, at most.
    pub pages: u64,
    reach: Reach,
    seeds: BTreeSet<String>,
    /// What an address must have in common with a seed, in the form that `keys` gives.
    places: BTreeSet<String>,
}

/// Why an address does not belong to a capture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
pub enum OutOfScope {
    /// It is no http or https address.
    #[error("it is no http or https address")]
    Scheme,
    /// It lies further than the reach.
    #[error("it lies outside the reach")]
    Reach,
    /// It is too many links away.
    #[error("it is too many links away")]
    Depth,
    /// It matches no pattern that includes.
    #[error("no pattern includes it")]
    NotIncluded,
    /// It matches a pattern that excludes.
    #[error("a pattern excludes it")]
    Excluded,
    /// There are as many as may be.
    #[error("the capture has as many pages as it may have")]
    Pages,
}

impl Scope {
    /// What lies in `reach` of `seeds`, without further limits. The seeds belong to it unless they are excluded.
    pub fn new(seeds: &[Url], reach: Reach) -> Self {
        let places = seeds.iter().filter_map(|seed| match reach {
            Reach::Page => None,
            // The seed's own folder is the last of its keys.
            Reach::Host | Reach::Prefix => keys(seed, reach).pop(),
            Reach::Domain => {
                let host = host_of(seed)?;
                Some(host.strip_prefix("www.").unwrap_or(host).to_owned())
            }
        });
        Self {
            include: Vec::new(),
            exclude: Vec::new(),
            depth: u32::MAX,
            pages: u64::MAX,
            reach,
            places: places.collect(),
            seeds: seeds.iter().map(without_fragment).collect(),
        }
    }

    /// Whether `url`, found `depth` links away from a seed, belongs to it.
    pub fn judge(&self, url: &Url, depth: u32) -> Result<(), OutOfScope> {
        if !matches!(url.scheme(), "http" | "https") {
            return Err(OutOfScope::Scheme);
        }
        let text = without_fragment(url);
        if self.exclude.iter().any(|pattern| matches(pattern, &text)) {
            return Err(OutOfScope::Excluded);
        }
        if self.seeds.contains(&text) {
            return Ok(());
        }
        if depth > self.depth {
            return Err(OutOfScope::Depth);
        }
        if !keys(url, self.reach).iter().any(|key| self.places.contains(key)) {
            return Err(OutOfScope::Reach);
        }
        let included =
            self.include.is_empty() || self.include.iter().any(|pattern| matches(pattern, &text));
        if included { Ok(()) } else { Err(OutOfScope::NotIncluded) }
    }
}

fn host_of(url: &Url) -> Option<&str> {
    url.host_str().map(|host| host.trim_end_matches('.'))
}

/// What an address may have in common with a seed: its host and port, these with each folder above it (the nearest last),
/// or its host and every domain above that.
fn keys(url: &Url, reach: Reach) -> Vec<String> {
    let Some(host) = host_of(url) else { return Vec::new() };
    // `http` and `https` at their usual ports are one host.
    let place = url.port().map_or(host.to_owned(), |port| format!("{host}:{port}"));
    match reach {
        Reach::Page => Vec::new(),
        Reach::Host => vec![place],
        Reach::Prefix => {
            let folders = url.path().match_indices('/').filter_map(|(at, _)| url.path().get(..=at));
            folders.map(|folder| format!("{place}{folder}")).collect()
        }
        Reach::Domain if url.domain().is_none() => vec![host.to_owned()],
        Reach::Domain => {
            let above = host.match_indices('.').filter_map(|(at, _)| host.get(at + 1..));
            std::iter::once(host).chain(above).map(str::to_owned).collect()
        }
    }
}

fn without_fragment(url: &Url) -> String {
    let mut url = url.clone();
    url.set_fragment(None);
    url.into()
}

/// Whether `pattern` matches the whole `text`; `*` stands for any letters. Takes time in proportion to the product of both
/// lengths at worst.
fn matches(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else { return false };
    let Some(last) = parts.next_back() else { return rest.is_empty() };
    for part in parts {
        let Some(at) = rest.find(part) else { return false };
        rest = rest.get(at + part.len()..).unwrap_or_default();
    }
    rest.ends_with(last)
}

/// An address to capture, and how it was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The address, without fragment.
    pub url: String,
    /// Links away from a seed.
    pub depth: u32,
    /// The page that led there.
    pub referrer: Option<String>,
}

/// What was found and is still to be captured, each address once, in the order in which it was found.
#[derive(Clone, Debug)]
pub struct Frontier {
    scope: Scope,
    /// Every address that was ever found, and its number in the order of finding.
    seen: BTreeMap<String, u64>,
    waiting: BTreeMap<u64, Found>,
}

impl Frontier {
    /// A frontier on which nothing waits.
    pub fn new(scope: Scope) -> Self {
        Self { scope, seen: BTreeMap::new(), waiting: BTreeMap::new() }
    }

    /// Says that an earlier run has captured `url`: it counts, and is not given again.
    pub fn was_captured(&mut self, url: &Url) {
        let number = self.seen.len() as u64;
        let number = *self.seen.entry(without_fragment(url)).or_insert(number);
        self.waiting.remove(&number);
    }

    /// Takes an address that was found: a seed at depth 0. `Ok(false)`: it was known.
    pub fn offer(
        &mut self,
        url: &Url,
        depth: u32,
        referrer: Option<&str>,
    ) -> Result<bool, OutOfScope> {
        self.scope.judge(url, depth)?;
        let url = without_fragment(url);
        if self.seen.contains_key(&url) {
            return Ok(false);
        }
        let number = self.seen.len() as u64;
        if number >= self.scope.pages {
            return Err(OutOfScope::Pages);
        }
        self.seen.insert(url.clone(), number);
        let referrer = referrer.map(str::to_owned);
        self.waiting.insert(number, Found { url, depth, referrer });
        Ok(true)
    }

    /// The next address.
    pub fn take(&mut self) -> Option<Found> {
        self.waiting.pop_first().map(|(_, found)| found)
    }

    /// Addresses that wait.
    pub fn waiting(&self) -> usize {
        self.waiting.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    fn scope(reach: Reach) -> Scope {
        Scope {
            exclude: vec!["*/logout*".to_owned()],
            depth: 2,
            pages: 3,
            ..Scope::new(&[url(SEED)], reach)
        }
    }

    const SEED: &str = "https://www.example.org/news/index.html";

    #[test]
    fn reaches() {
        use OutOfScope::{Depth, Excluded, Reach as Far, Scheme};
        for (reach, text, depth, expected) in [
            (Reach::Page, "https://www.example.org/news/index.html#x", 9, Ok(())),
            (Reach::Page, "https://www.example.org/news/a", 1, Err(Far)),
            (Reach::Prefix, "https://www.example.org/news/a/b", 1, Ok(())),
            (Reach::Prefix, "https://www.example.org/newspaper", 1, Err(Far)),
            (Reach::Host, "http://www.example.org/", 2, Ok(())),
            (Reach::Host, "http://www.example.org/", 3, Err(Depth)),
            (Reach::Host, "https://www.example.org:8443/", 1, Err(Far)),
            (Reach::Host, "https://example.org/", 1, Err(Far)),
            (Reach::Domain, "https://example.org/", 1, Ok(())),
            (Reach::Domain, "https://bo.example.org/", 1, Ok(())),
            (Reach::Domain, "https://badexample.org/", 1, Err(Far)),
            (Reach::Domain, "https://example.org.evil.example/", 1, Err(Far)),
            (Reach::Domain, "https://www.example.org/logout?x", 1, Err(Excluded)),
            (Reach::Domain, "https://org/", 1, Err(Far)),
            (Reach::Domain, "mailto:a@example.org", 1, Err(Scheme)),
        ] {
            assert_eq!(scope(reach).judge(&url(text), depth), expected, "{reach:?} {text}");
        }
        let included = Scope { include: vec!["*.html".to_owned()], ..scope(Reach::Host) };
        assert_eq!(
            included.judge(&url("https://www.example.org/a.pdf"), 1),
            Err(OutOfScope::NotIncluded)
        );
        assert_eq!(included.judge(&url("https://www.example.org/a.html"), 1), Ok(()));
    }

    #[test]
    fn each_address_once_and_not_too_many() {
        let mut frontier = Frontier::new(scope(Reach::Host));
        assert_eq!(frontier.offer(&url(SEED), 0, None), Ok(true));
        let page = |n: u32| url(&format!("https://www.example.org/{n}"));
        assert_eq!(frontier.offer(&page(1), 1, Some("x")), Ok(true));
        assert_eq!(frontier.offer(&url("https://www.example.org/1#part"), 1, None), Ok(false));
        frontier.was_captured(&page(2));
        assert_eq!(frontier.offer(&page(2), 1, None), Ok(false));
        assert_eq!(frontier.offer(&page(3), 1, None), Err(OutOfScope::Pages));
        frontier.was_captured(&page(1));
        assert_eq!(frontier.take().unwrap().url, "https://www.example.org/news/index.html");
        assert_eq!((frontier.take(), frontier.waiting()), (None, 0));
    }

    proptest! {
        /// Against the plain definition: some way to cut the text into what the stars stand for.
        #[test]
        fn patterns_match_as_defined(pattern in "[ab*]{0,6}", text in "[ab]{0,8}") {
            fn plain(pattern: &[u8], text: &[u8]) -> bool {
                match (pattern, text) {
                    ([], _) => text.is_empty(),
                    ([b'*', rest @ ..], _) => (0..=text.len()).any(|at| plain(rest, &text[at..])),
                    ([letter, rest @ ..], [first, after @ ..]) => letter == first && plain(rest, after),
                    _ => false,
                }
            }
            prop_assert_eq!(matches(&pattern, &text), plain(pattern.as_bytes(), text.as_bytes()));
        }
    }
}
