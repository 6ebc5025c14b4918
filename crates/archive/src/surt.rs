//! Sort-friendly keys of URLs, as CDX indexes are sorted by.

/// The SURT key of a URL: host reversed, then path and query, in lower case.
///
/// Rules of the Internet Archive's canonicalizer as pywb's and py-wacz's indexes use it: scheme,
/// user and fragment are dropped, and `www`, `www2` … before the host and the scheme's own port;
/// session ids of ASP.NET's paths and of queries go; query parameters are sorted; a slash at the
/// end of a path goes; `%` encodings are normalised; names of other scripts are written in
/// Punycode. A text that is no URL with a host is given back in lower case without the slash at
/// its end. Compared with cdxj-indexer 1.5.0 (`surt` 0.3.1) on fifty URLs.
///
/// A key holds no space and no control character, whatever the URL hides in its escapes, so that it
/// stays one word of one line of an index.
pub fn surt(url: &str) -> String {
    let key = key_of(url);
    let breaks = |letter: char| letter.is_whitespace() || letter.is_control();
    if !key.contains(breaks) {
        return key;
    }
    let mut clean = String::with_capacity(key.len() + 16);
    for letter in key.chars() {
        match breaks(letter) {
            true => {
                letter.to_string().bytes().for_each(|byte| clean.push_str(&format!("%{byte:02x}")))
            }
            false => clean.push(letter),
        }
    }
    clean
}

fn key_of(url: &str) -> String {
    let clean: String =
        url.trim().chars().filter(|letter| !matches!(letter, '\t' | '\r' | '\n')).collect();
    let Some((scheme, rest)) = clean.split_once(':') else { return clean.to_lowercase() };
    let scheme = scheme.to_ascii_lowercase();
    let Some(rest) = rest.strip_prefix("//") else {
        return clean.trim_end_matches('/').to_lowercase();
    };
    let rest = rest.split('#').next().unwrap_or_default();
    let split = rest.find(['/', '?']).unwrap_or(rest.len());
    let (authority, tail) = rest.split_at(split);
    let host_port = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let (host, port) = match host_port.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => (host, port),
        _ => (host_port, ""),
    };
    let (path, query) = match tail.split_once('?') {
        Some((path, query)) => (path, Some(query)),
        None => (tail, None),
    };
    if host_port.is_empty() {
        return format!("{scheme}:{}", canonical_path(path));
    }
    let mut key = reversed_host(host);
    let own_port = matches!((scheme.as_str(), port), ("http", "80") | ("https", "443") | (_, ""));
    if !own_port {
        key.push(':');
        key.push_str(port);
    }
    key.push(')');
    key.push_str(&canonical_path(path));
    if let Some(query) = query.map(canonical_query).filter(|query| !query.is_empty()) {
        key.push('?');
        key.push_str(&query);
    }
    key
}

fn reversed_host(host: &str) -> String {
    if let Some(address) = host.strip_prefix('[') {
        return address.trim_end_matches(']').to_lowercase();
    }
    let decoded = unescape(host.as_bytes());
    let host = match std::str::from_utf8(&decoded).ok().map(idna::domain_to_ascii) {
        Some(Ok(ascii)) => ascii,
        _ => escape(&decoded).to_lowercase(),
    };
    let host = host.trim_matches('.');
    let host = match host.split_once('.') {
        Some((first, rest)) if is_www(first) && !rest.is_empty() => rest,
        _ => host,
    };
    let labels: Vec<&str> = host.split('.').filter(|label| !label.is_empty()).rev().collect();
    labels.join(",")
}

fn is_www(label: &str) -> bool {
    label.strip_prefix("www").is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_digit()))
}

fn canonical_path(path: &str) -> String {
    let decoded = unescape(path.as_bytes());
    let mut parts: Vec<&[u8]> = Vec::new();
    for part in decoded.split(|byte| *byte == b'/') {
        match part {
            b"" | b"." => {}
            b".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    let joined = parts.join(&b'/');
    let escaped = escape(&joined).to_lowercase();
    format!("/{}", without_session_in_path(&escaped))
}

/// Removes ASP.NET's session segments: `/(s(24 letters))/` before an `.aspx` page.
fn without_session_in_path(path: &str) -> String {
    let is_session = |part: &str| {
        let inner = part.strip_prefix('(').and_then(|rest| rest.strip_suffix("))"));
        let id = inner.and_then(|inner| inner.get(1..)).and_then(|rest| rest.strip_prefix('('));
        id.is_some_and(|id| id.len() == 24 && id.bytes().all(|byte| byte.is_ascii_alphanumeric()))
    };
    if !path.contains(".aspx") {
        return path.to_owned();
    }
    let parts: Vec<&str> = path.split('/').filter(|part| !is_session(part)).collect();
    parts.join("/")
}

fn canonical_query(query: &str) -> String {
    let escaped = escape(&unescape(query.as_bytes())).to_lowercase();
    let mut parameters: Vec<&str> =
        escaped.split('&').filter(|parameter| !is_session_parameter(parameter)).collect();
    parameters.sort_unstable();
    parameters.join("&")
}

fn is_session_parameter(parameter: &str) -> bool {
    let Some((name, value)) = parameter.split_once('=') else { return false };
    let letters = value.bytes().all(|byte| byte.is_ascii_alphanumeric());
    match name {
        "jsessionid" | "phpsessid" | "sid" => value.len() == 32 && letters,
        "cfid" | "cftoken" => !value.is_empty(),
        _ => name.starts_with("aspsessionid") && value.len() == 24 && letters,
    }
}

/// Decodes `%XX` until nothing changes.
fn unescape(text: &[u8]) -> Vec<u8> {
    let mut bytes = text.to_vec();
    // Each round shortens the text, and a text needs more than a few rounds only when made to.
    for _ in 0..8 {
        let mut next = Vec::with_capacity(bytes.len());
        let mut rest = bytes.as_slice();
        while let Some((first, tail)) = rest.split_first() {
            let decoded = match (first, tail) {
                (b'%', [high, low, ..]) => {
                    hex(*high).zip(hex(*low)).map(|(high, low)| high << 4 | low)
                }
                _ => None,
            };
            next.push(decoded.unwrap_or(*first));
            rest = if decoded.is_some() { tail.get(2..).unwrap_or_default() } else { tail };
        }
        if next.len() == bytes.len() {
            break;
        }
        bytes = next;
    }
    bytes
}

fn hex(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

/// Encodes control characters, space, `%`, `#` and everything that is not ASCII.
fn escape(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for byte in bytes {
        if *byte <= b' ' || *byte >= 0x7f || matches!(byte, b'%' | b'#') {
            text.push_str(&format!("%{byte:02x}"));
        } else {
            text.push(char::from(*byte));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys() {
        for (url, key) in [
            ("http://example.com/", "com,example)/"),
            ("https://www.Example.com", "com,example)/"),
            ("http://www2.example.com:80/Some/Path/", "com,example)/some/path"),
            ("https://example.com:8443/a?b=2&a=1#x", "com,example:8443)/a?a=1&b=2"),
            ("http://user:pass@example.com/a/../b//c/./", "com,example)/b/c"),
            (
                "http://example.com/a%20b?q=%E8%A5%BF%E8%97%8F",
                "com,example)/a%20b?q=%e8%a5%bf%e8%97%8f",
            ),
            ("http://example.com/?", "com,example)/"),
            ("http://192.168.0.1/x", "1,0,168,192)/x"),
            ("http://[2001:db8::1]:80/x", "2001:db8::1)/x"),
            ("http://中文.com/x", "com,xn--fiq228c)/x"),
            ("http://example.com/(S(4hqa0555fwsecu455xqckv45))/x.aspx", "com,example)/x.aspx"),
            ("http://example.com/x?CFID=123&CFTOKEN=456&a=1", "com,example)/x?a=1"),
            ("file:///a/b c", "file:/a/b%20c"),
            ("dns:example.com", "dns:example.com"),
            ("urn:pageinfo:http://example.com/", "urn:pageinfo:http://example.com"),
        ] {
            assert_eq!(surt(url), key, "{url}");
        }
    }

    /// Found by fuzzing: the host's `%0a` was decoded, so that one URL wrote two lines of an index,
    /// the second of the attacker's choice.
    #[test]
    fn no_url_breaks_an_index_line() {
        for (url, key) in [
            ("x://a|%0acom,example)%20/", "a|%0acom,example)%20)/"),
            ("x://a%0d%0ab/", "a%0d%0ab)/"),
            ("http://a%2520b/", "a%20b)/"),
            ("urn:a b\u{b}c", "urn:a%20b%0bc"),
            ("no url at all\u{2028}", "no%20url%20at%20all"),
        ] {
            let found = surt(url);
            assert!(!found.contains(|letter: char| letter.is_whitespace() || letter.is_control()));
            assert_eq!(found, key, "{url:?}");
        }
    }
}
