//! Request fields that the user gives by file, each for its own site.

use hyper::header::{HeaderName, HeaderValue};
use url::{Origin, Url};

/// Request fields by site.
///
/// The file has sections. `[example.org]` means `https://example.org`, and no other scheme, host or port; to send a
/// field in clear, write `[http://example.org]`. `[*]` means every site and takes no credentials. Below a section's line
/// stand fields, one a line, as in HTTP; lines that begin with `#` are remarks:
///
/// ```text
/// [*]
/// Accept-Language: bo, zh;q=0.8
/// [example.org]
/// Authorization: Bearer 0123456789
/// ```
#[derive(Clone, Default)]
pub struct HeaderFile {
    sections: Vec<(Site, Vec<(HeaderName, HeaderValue)>)>,
}

#[derive(Clone, PartialEq, Eq)]
enum Site {
    Every,
    One(Origin),
}

/// A line of a file of request fields that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line} {problem}")]
pub struct HeaderFileError {
    /// Counted from 1.
    pub line: usize,
    /// What is wrong; never the value.
    pub problem: String,
}

/// Fields that the program sets itself, because the framing or the record depends on them (RFC 9110, sections 7.2, 7.6
/// and 8.6), and those that speak to a proxy.
const OWN: &[&str] = &[
    "accept-encoding",
    "connection",
    "content-length",
    "content-type",
    "cookie",
    "expect",
    "host",
    "keep-alive",
    "proxy-authorization",
    "proxy-connection",
    "range",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "user-agent",
];

impl HeaderFile {
    /// Reads a file's text.
    pub fn parse(text: &str) -> Result<Self, HeaderFileError> {
        let mut sections: Vec<(Site, Vec<(HeaderName, HeaderValue)>)> = Vec::new();
        for (number, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
            let wrong =
                |problem: &str| HeaderFileError { line: number + 1, problem: problem.to_owned() };
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            if let Some(site) = line.strip_prefix('[') {
                let site = site
                    .strip_suffix(']')
                    .and_then(read_site)
                    .ok_or_else(|| wrong("names no site: write [example.org] or [*]"))?;
                sections.push((site, Vec::new()));
                continue;
            }
            let Some((site, fields)) = sections.last_mut() else {
                return Err(wrong("comes before a line that names a site, such as [example.org]"));
            };
            let (name, value) =
                line.split_once(':').ok_or_else(|| wrong("is no field (`Name: value`)"))?;
            let name: HeaderName =
                name.trim().parse().map_err(|_| wrong("has a name that no field can have"))?;
            if OWN.contains(&name.as_str()) {
                let problem = format!("sets {name}, which is not set by this file");
                return Err(HeaderFileError { line: number + 1, problem });
            }
            if *site == Site::Every && is_credential(name.as_str()) {
                return Err(wrong("would send credentials to every site; name the site"));
            }
            let mut value: HeaderValue =
                value.trim().parse().map_err(|_| wrong("has a value that no field can have"))?;
            value.set_sensitive(*site != Site::Every);
            fields.push((name, value));
        }
        Ok(Self { sections })
    }

    /// The fields to send to the site of `url`. A value is marked sensitive when it was given for that site.
    pub fn fields_for(&self, url: &Url) -> impl Iterator<Item = (&HeaderName, &HeaderValue)> {
        let origin = url.origin();
        self.sections
            .iter()
            .filter(move |(site, _)| match site {
                Site::Every => true,
                Site::One(one) => *one == origin,
            })
            .flat_map(|(_, fields)| fields.iter().map(|(name, value)| (name, value)))
    }
}

fn read_site(text: &str) -> Option<Site> {
    let text = text.trim();
    if text == "*" {
        return Some(Site::Every);
    }
    let text = if text.contains("://") { text.to_owned() } else { format!("https://{text}") };
    let url = Url::parse(&text).ok()?;
    let bare = matches!(url.path(), "" | "/")
        && url.query().is_none()
        && url.fragment().is_none()
        && url.username().is_empty()
        && url.password().is_none();
    (bare && matches!(url.scheme(), "http" | "https")).then(|| Site::One(url.origin()))
}

/// Whether a field's name says that its value opens a door.
fn is_credential(name: &str) -> bool {
    ["auth", "cookie", "key", "secret", "session", "token"].iter().any(|part| name.contains(part))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const FILE: &str = "\u{feff}# mine\n[*]\nAccept-Language: bo\n\n[example.org]\nAuthorization: Bearer x\n\
                        X-Key:y\n[http://example.org:8080]\nAuthorization: plain\n";

    #[test]
    fn each_field_goes_to_its_own_site_only() {
        let file = HeaderFile::parse(FILE).unwrap();
        for (url, expected) in [
            ("https://example.org/a", vec!["bo", "Bearer x", "y"]),
            ("https://EXAMPLE.org:443/", vec!["bo", "Bearer x", "y"]),
            ("http://example.org/a", vec!["bo"]),
            ("https://example.org:8443/", vec!["bo"]),
            ("https://www.example.org/", vec!["bo"]),
            ("https://example.org.evil.example/", vec!["bo"]),
            ("http://example.org:8080/", vec!["bo", "plain"]),
        ] {
            let url = Url::parse(url).unwrap();
            let values: Vec<&str> =
                file.fields_for(&url).map(|(_, value)| value.to_str().unwrap()).collect();
            assert_eq!(values, expected, "{url}");
        }
    }

    #[test]
    fn what_cannot_be_used_is_named_by_its_line_and_never_repeated() {
        for (text, line, part) in [
            ("A: b", 1, "before a line"),
            ("[*]\nAuthorization: secret", 2, "every site"),
            ("[*]\nX-Api-Key: secret", 2, "every site"),
            ("[a.example]\n\nHost: secret", 3, "sets host"),
            ("[a.example]\nnothing", 2, "no field"),
            ("[a.example]\nBad Name: x", 2, "name"),
            ("[a.example/path]", 1, "no site"),
            ("[ftp://a.example]", 1, "no site"),
            ("[a.example", 1, "no site"),
            ("[a.example]\nX: a\u{0}secret", 2, "value"),
        ] {
            let error = HeaderFile::parse(text).err().unwrap();
            assert!(error.line == line && error.problem.contains(part), "{text:?}: {error}");
            assert!(!error.to_string().contains("secret"), "{error}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_a_panic(text in "(\\[?[a-z*:/.\\]]{0,12}\n?|\\PC{0,20}\n|A: b\n){0,20}") {
            let _ = HeaderFile::parse(&text);
        }
    }
}
