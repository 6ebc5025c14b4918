//! Cookies (RFC 6265): those that the user gives by file, and those that servers set during one job.

use std::time::SystemTime;

use url::{Host, Url};
use witnessmark_model::Moment;

/// One cookie, and where it may go.
#[derive(Clone, PartialEq, Eq)]
struct Cookie {
    name: String,
    value: String,
    /// Lower case, without a dot at its beginning.
    domain: String,
    subdomains: bool,
    path: String,
    secure: bool,
    /// Seconds since 1970; none for a cookie of this session.
    expires: Option<i64>,
}

impl Cookie {
    fn goes_to(&self, url: &Url, host: &str, now: Moment) -> bool {
        let is_host = host == self.domain
            || self.subdomains
                && host.strip_suffix(&self.domain).is_some_and(|rest| rest.ends_with('.'))
                && matches!(url.host(), Some(Host::Domain(_)));
        let is_path = url.path().strip_prefix(self.path.as_str()).is_some_and(|rest| {
            rest.is_empty() || self.path.ends_with('/') || rest.starts_with('/')
        });
        let is_secure = !self.secure || url.scheme() == "https";
        is_host && is_path && is_secure && !self.has_expired(now)
    }

    fn has_expired(&self, now: Moment) -> bool {
        self.expires.is_some_and(|expires| expires <= now.unix_millis() / 1000)
    }

    fn is_same(&self, other: &Self) -> bool {
        self.name == other.name && self.domain == other.domain && self.path == other.path
    }
}

/// Cookies by file, in the form that Netscape introduced and that `curl`, `wget` and browsers' extensions write
/// (`cookies.txt`).
///
/// Seven fields a line, separated by tabs: domain, whether its subdomains are meant, path, whether only `https` is
/// meant, expiry in seconds since 1970 (0: none), name, value.
#[derive(Clone, Default)]
pub struct CookieFile {
    cookies: Vec<Cookie>,
}

/// A line of a file of cookies that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line} {problem}")]
pub struct CookieFileError {
    /// Counted from 1.
    pub line: usize,
    /// What is wrong; never the cookie.
    pub problem: &'static str,
}

impl CookieFile {
    /// Reads a file's text.
    pub fn parse(text: &str) -> Result<Self, CookieFileError> {
        let mut cookies = Vec::new();
        for (number, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
            let line = line.strip_prefix("#HttpOnly_").unwrap_or(line);
            if line.trim().is_empty() || line.starts_with('#') {
                continue;
            }
            let cookie = parse_line(line)
                .map_err(|problem| CookieFileError { line: number + 1, problem })?;
            cookies.push(cookie);
        }
        Ok(Self { cookies })
    }

    /// Cookies read.
    pub fn len(&self) -> usize {
        self.cookies.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.cookies.is_empty()
    }

    /// The value of the `Cookie` field that a request for `url` gets at `now`; none if no cookie is for it.
    pub fn field_for(&self, url: &Url, now: Moment) -> Option<String> {
        Jar::new(self).field_for(url, now).map(|(field, _)| field)
    }
}

fn parse_line(line: &str) -> Result<Cookie, &'static str> {
    let fields: Vec<&str> = line.split('\t').collect();
    // Editors strip the tab before an empty value.
    let (&[domain, subdomains, path, secure, expires, name], value) =
        fields.split_first_chunk().ok_or("has fewer than seven fields separated by tabs")?;
    let value = match value {
        [] => "",
        [value] => value,
        _ => return Err("has more than seven fields separated by tabs"),
    };
    let flag = |text: &str, problem| match text {
        _ if text.eq_ignore_ascii_case("TRUE") => Ok(true),
        _ if text.eq_ignore_ascii_case("FALSE") => Ok(false),
        _ => Err(problem),
    };
    let domain = domain.trim_start_matches('.');
    let domain = Host::parse(domain).map_err(|_| "has a domain that no host can have")?.to_string();
    let expires: i64 = expires.parse().map_err(|_| "has an expiry that is no number of seconds")?;
    if !path.starts_with('/') {
        return Err("has a path that does not begin with `/`");
    }
    if !is_sendable(name, value) {
        return Err("has a name or a value that cannot be sent");
    }
    Ok(Cookie {
        name: name.to_owned(),
        value: value.to_owned(),
        domain,
        subdomains: flag(subdomains, "does not say TRUE or FALSE for subdomains")?,
        path: path.to_owned(),
        secure: flag(secure, "does not say TRUE or FALSE for https")?,
        expires: (expires > 0).then_some(expires),
    })
}

fn is_sendable(name: &str, value: &str) -> bool {
    let clean = |text: &str| !text.contains(|c: char| c.is_control() || c == ';' || !c.is_ascii());
    clean(name) && clean(value) && !name.contains('=') && !(name.is_empty() && value.is_empty())
}

/// So many cookies a job are kept of those that servers set.
const JAR_LIMIT: usize = 300;

/// The cookies of one job: those given, and those set on the way, which are forgotten with it.
///
/// A server may set a cookie for a domain above its own, also for one under which strangers register (no list of such
/// suffixes is consulted): during the job it then goes to those too, as far as redirects lead there.
#[derive(Clone)]
pub(crate) struct Jar {
    cookies: Vec<Cookie>,
    given: usize,
}

impl Jar {
    pub(crate) fn new(file: &CookieFile) -> Self {
        Self { cookies: file.cookies.clone(), given: file.cookies.len() }
    }

    /// The value of the `Cookie` field for `url`, longest paths first (section 5.4), and whether it holds a cookie by
    /// file.
    pub(crate) fn field_for(&self, url: &Url, now: Moment) -> Option<(String, bool)> {
        let host = url.host()?.to_string();
        let mut chosen: Vec<(usize, &Cookie)> = self
            .cookies
            .iter()
            .enumerate()
            .filter(|(_, cookie)| cookie.goes_to(url, &host, now))
            .collect();
        chosen.sort_by_key(|(_, cookie)| std::cmp::Reverse(cookie.path.len()));
        let private = chosen.iter().any(|(index, _)| *index < self.given);
        let pairs: Vec<String> = chosen
            .iter()
            .map(|(_, cookie)| match cookie.name.as_str() {
                "" => cookie.value.clone(),
                name => format!("{name}={}", cookie.value),
            })
            .collect();
        (!pairs.is_empty()).then(|| (pairs.join("; "), private))
    }

    /// Keeps what a `Set-Cookie` field of an answer from `url` sets (section 5.2 and 5.3).
    pub(crate) fn keep(&mut self, url: &Url, field: &str, now: Moment) {
        let Some(cookie) = parse_set_cookie(url, field, now) else { return };
        if let Some(place) = self.cookies.iter().position(|other| other.is_same(&cookie)) {
            if let Some(known) = self.cookies.get_mut(place) {
                // One by file keeps its place, so that it still counts as private.
                *known = cookie;
            }
        } else if self.cookies.len() < self.given + JAR_LIMIT {
            self.cookies.push(cookie);
        }
    }
}

fn parse_set_cookie(url: &Url, field: &str, now: Moment) -> Option<Cookie> {
    let mut parts = field.split(';');
    let pair = parts.next()?;
    let (name, value) = pair.split_once('=').unwrap_or(("", pair));
    let (name, value) = (name.trim(), value.trim());
    if field.len() > 8192 || !is_sendable(name, value) {
        return None;
    }
    let host = url.host()?.to_string();
    let directory = match url.path().rfind('/') {
        None | Some(0) => "/",
        Some(end) => url.path().get(..end).unwrap_or("/"),
    };
    let mut cookie = Cookie {
        name: name.to_owned(),
        value: value.to_owned(),
        domain: host.clone(),
        subdomains: false,
        path: directory.to_owned(),
        secure: false,
        expires: None,
    };
    let mut has_age = false;
    for part in parts {
        let (key, value) = part.split_once('=').unwrap_or((part, ""));
        let value = value.trim();
        match key.trim().to_ascii_lowercase().as_str() {
            "domain" => {
                let domain = value.trim_start_matches('.').to_ascii_lowercase();
                if domain.is_empty() {
                    continue;
                }
                let above = matches!(url.host(), Some(Host::Domain(_)))
                    && domain.contains('.')
                    && host.strip_suffix(&domain).is_some_and(|rest| rest.ends_with('.'));
                if domain != host && !above {
                    return None;
                }
                cookie.subdomains = matches!(url.host(), Some(Host::Domain(_)));
                cookie.domain = domain;
            }
            "path" if value.starts_with('/') => cookie.path = value.to_owned(),
            "secure" => cookie.secure = true,
            "max-age" => {
                if let Ok(seconds) = value.parse::<i64>() {
                    has_age = true;
                    cookie.expires = Some((now.unix_millis() / 1000).saturating_add(seconds));
                }
            }
            "expires" if !has_age => cookie.expires = seconds_of(value),
            _ => {}
        }
    }
    // What is set on a plain connection may not overwrite what is secure (RFC 6265bis, section 5.7).
    (!cookie.secure || url.scheme() == "https").then_some(cookie)
}

/// A date of HTTP in seconds since 1970; cookies often have hyphens in it.
fn seconds_of(date: &str) -> Option<i64> {
    let date = httpdate::parse_http_date(&date.replace('-', " ")).ok()?;
    let since = date.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const NOW: i64 = 1_795_385_461;

    fn now() -> Moment {
        Moment::from_unix_millis(NOW * 1000)
    }

    fn sent(jar: &Jar, url: &str) -> String {
        let field = jar.field_for(&Url::parse(url).unwrap(), now());
        field.map(|(field, _)| field).unwrap_or_default()
    }

    #[test]
    fn cookies_by_file_go_to_their_own_hosts_only() {
        let file = CookieFile::parse(&format!(
            "# Netscape HTTP Cookie File\n\
             .example.org\tTRUE\t/\tTRUE\t0\twide\t1\n\
             #HttpOnly_example.org\tFALSE\t/news\tFALSE\t{}\tnarrow\t2\n\
             example.org\tFALSE\t/\tFALSE\t{NOW}\told\t3\n\
             127.0.0.1\tFALSE\t/\tFALSE\t0\tempty\n",
            NOW + 1
        ))
        .unwrap();
        assert_eq!(file.len(), 4);
        let jar = Jar::new(&file);
        for (url, expected) in [
            ("https://example.org/news/1", "narrow=2; wide=1"),
            ("https://example.org/newspaper", "wide=1"),
            ("http://example.org/news", "narrow=2"),
            ("https://www.example.org/news", "wide=1"),
            ("https://badexample.org/", ""),
            ("https://example.org.evil.example/", ""),
            ("https://org/", ""),
            ("http://127.0.0.1:8080/", "empty="),
        ] {
            assert_eq!(sent(&jar, url), expected, "{url}");
        }
    }

    #[test]
    fn cookies_that_servers_set() {
        let url = Url::parse("https://a.example.org/x/y").unwrap();
        for (field, to, expected) in [
            ("s=1", "https://a.example.org/x/z", "s=1"),
            ("s=1", "https://a.example.org/", ""),
            ("s=1; Path=/", "https://b.example.org/", ""),
            ("s=1; Path=/; Domain=.Example.org", "https://b.example.org/", "s=1"),
            ("s=1; Path=/; Domain=other.org", "https://a.example.org/", ""),
            ("s=1; Path=/; Domain=org", "https://a.example.org/", ""),
            ("s=1; Path=/; Secure", "http://a.example.org/", ""),
            ("s=1; Path=/; Max-Age=0", "https://a.example.org/", ""),
            ("s=1; Path=/; Expires=Wed, 21-Oct-2015 07:28:00 GMT", "https://a.example.org/", ""),
            ("s=1; Path=/; Expires=Wed, 21 Oct 2099 07:28:00 GMT", "https://a.example.org/", "s=1"),
            (
                "s=1; Path=/; Max-Age=9; Expires=Thu, 01 Jan 1970 00:00:00 GMT",
                "https://a.example.org/",
                "s=1",
            ),
            ("s=1\u{1}; Path=/", "https://a.example.org/", ""),
            ("", "https://a.example.org/", ""),
        ] {
            let mut jar = Jar::new(&CookieFile::default());
            jar.keep(&url, field, now());
            assert_eq!(sent(&jar, to), expected, "{field} to {to}");
        }
        let mut jar = Jar::new(&CookieFile::default());
        jar.keep(&url, "s=1; Path=/", now());
        jar.keep(&url, "s=2; Path=/", now());
        assert_eq!(sent(&jar, "https://a.example.org/"), "s=2");
        let plain = Url::parse("http://a.example.org/").unwrap();
        jar.keep(&plain, "t=1; Secure", now());
        assert_eq!(sent(&jar, "https://a.example.org/"), "s=2", "set in clear, yet secure");
    }

    #[test]
    fn lines_that_cannot_be_used() {
        for (line, part) in [
            ("example.org\tTRUE\t/", "fewer"),
            ("e.org\tTRUE\t/\tTRUE\t0\ta\tb\tc", "more"),
            ("e.org\tYES\t/\tTRUE\t0\ta\tb", "subdomains"),
            ("e.org\tTRUE\tx\tTRUE\t0\ta\tb", "path"),
            ("e.org\tTRUE\t/\tTRUE\tsoon\ta\tb", "expiry"),
            ("e.org\tTRUE\t/\tTRUE\t0\ta\tb;c", "sent"),
            ("e o\tTRUE\t/\tTRUE\t0\ta\tb", "domain"),
        ] {
            let error = CookieFile::parse(&format!("\n{line}\n")).err().unwrap();
            assert!(error.line == 2 && error.problem.contains(part), "{line:?}: {error}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_a_panic(
            text in "(\\PC{0,10}\t?|e.org\tTRUE\t/\tTRUE\t0\ta\tb\n){0,20}",
            field in "\\PC{0,40}(; ?(Domain|Path|Max-Age|Expires|Secure)=?\\PC{0,20}){0,4}",
        ) {
            let _ = CookieFile::parse(&text);
            let mut jar = Jar::new(&CookieFile::default());
            let url = Url::parse("https://a.example.org/x").unwrap();
            jar.keep(&url, &field, now());
            let _ = jar.field_for(&url, now());
        }
    }
}
