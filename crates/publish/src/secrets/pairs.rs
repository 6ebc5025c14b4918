//! Secrets that are known by the name they stand under: parameters of URLs, fields of forms, of JSON and of scripts.

use std::sync::LazyLock;

use regex::bytes::{Captures, Regex};

use super::names::{Setting, judge};
use super::{SecretKind, Spot};

/// A parameter of a URL's query, fragment or path (`;jsessionid=`).
static PARAMETER: LazyLock<Regex> = LazyLock::new(|| {
    expression(r#"(?-u)[?&;#]([A-Za-z0-9_.$%\[\]-]{1,64})=([^&#\s"'<>;\\]{1,8192})"#)
});

/// A field of a form that was sent.
static FIELD: LazyLock<Regex> =
    LazyLock::new(|| expression(r"(?-u)(?:^|[&\n])([^=&\s]{1,128})=([^&\r\n]{1,8192})"));

/// A part of `multipart/form-data` (RFC 7578): its name, and the line or lines of its value.
static PART: LazyLock<Regex> = LazyLock::new(|| {
    expression(
        r#"(?i-u)content-disposition: ?form-data; ?name="([^"\r\n]{1,128})"\r?\n(?:[a-z-]{1,40}:[^\r\n]{0,200}\r?\n){0,4}\r?\n([^\r\n]{1,8192})\r?\n--"#,
    )
});

/// `name: "value"`, `name = 'value'`, `"name":"value"`, also with its quotes escaped inside a text of its own.
static ASSIGNED: LazyLock<Regex> = LazyLock::new(|| {
    expression(
        r#"(?i-u)([a-z0-9_.$\[\]-]{0,40}(?:token|secret|csrf|xsrf|sess|jwt|nonce|api[_-]?key|access[_-]?key|key[_-]?id|subscription[_-]?key|passw|passphrase)[a-z0-9_.\[\]-]{0,20})(?:\\?["'])?\s{0,8}(?::|=>?)\s{0,8}(?:\\?["'])?((?:[^\s"'<>&;,(){}\\]|\\/|\\u00[0-9a-f]{2}){6,8192})"#,
    )
});

/// A tag that can hold a token, and its attributes.
static TAG: LazyLock<Regex> =
    LazyLock::new(|| expression(r"(?i-u)<(?:input|meta)\s([^<>]{4,20000})>"));

static ATTRIBUTE: LazyLock<Regex> = LazyLock::new(|| {
    expression(
        r#"(?i-u)\b(name|id|property|type|value|content)\s{0,4}=\s{0,4}(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))"#,
    )
});

/// User name and password before a host (RFC 3986, section 3.2.1). A name alone is none.
static USER_INFO: LazyLock<Regex> = LazyLock::new(|| {
    expression(
        r#"(?i-u)\b[a-z][a-z0-9+.-]{1,15}:(?://|\\/\\/|%2f%2f)([^/\s"'<>@?#:\\]{1,256}:[^/\s"'<>@?#\\]{1,256})@[a-z0-9\[]"#,
    )
});

fn expression(text: &str) -> Regex {
    Regex::new(text).expect("the expression is a constant, and a test uses it")
}

/// Adds the secrets in URLs, wherever a URL stands in `bytes`.
pub(super) fn find_in_urls(bytes: &[u8], spots: &mut Vec<Spot>) {
    let before = spots.len();
    for found in PARAMETER.captures_iter(bytes) {
        add_pair(bytes, &found, Setting::Url, spots);
    }
    for found in USER_INFO.captures_iter(bytes) {
        if let Some(user) = found.get(1)
            && !is_template(user.as_bytes())
        {
            let range = (user.start(), user.end());
            spots.extend(Spot::new(bytes, range, SecretKind::UrlCredentials, "user:password@"));
        }
    }
    for spot in spots.iter_mut().skip(before) {
        spot.is_in_url = true;
    }
}

/// What manuals write: `user:password@`, `{user}:{password}@`.
fn is_template(user: &[u8]) -> bool {
    let text = String::from_utf8_lossy(user).to_ascii_lowercase();
    let (name, password) = text.split_once(':').unwrap_or_default();
    let words = ["user", "username", "pass", "password", "name", "login"];
    text.contains(['{', '$', '[', '*'])
        || (words.contains(&name) && words.contains(&password))
        || password.bytes().all(|byte| byte.is_ascii_digit()) && password.len() <= 5
}

/// Adds the secrets of a body that was sent: a form, a form in parts, or JSON.
pub(super) fn find_in_sent(bytes: &[u8], spots: &mut Vec<Spot>) {
    let first = bytes.trim_ascii_start().first();
    if !matches!(first, Some(b'{' | b'[' | b'<')) && !bytes.starts_with(b"--") {
        for found in FIELD.captures_iter(bytes) {
            add_pair(bytes, &found, Setting::Sent, spots);
        }
    }
    for found in PART.captures_iter(bytes) {
        add_pair(bytes, &found, Setting::Sent, spots);
    }
    for found in ASSIGNED.captures_iter(bytes) {
        add_pair(bytes, &found, Setting::Sent, spots);
    }
    find_quoted_passwords(bytes, spots);
}

/// A password in JSON may be short and hold any character.
fn find_quoted_passwords(bytes: &[u8], spots: &mut Vec<Spot>) {
    static QUOTED: LazyLock<Regex> = LazyLock::new(|| {
        expression(
            r#"(?i-u)"([a-z0-9_.-]{0,40}(?:passw(?:or)?d|passphrase|pwd|pass))"\s{0,8}:\s{0,8}"((?:[^"\\]|\\.){1,1024})""#,
        )
    });
    for found in QUOTED.captures_iter(bytes) {
        add_pair(bytes, &found, Setting::Sent, spots);
    }
}

/// Adds the secrets of a page, a script or an answer.
pub(super) fn find_in_text(bytes: &[u8], spots: &mut Vec<Spot>) {
    for found in ASSIGNED.captures_iter(bytes) {
        add_pair(bytes, &found, Setting::Text, spots);
    }
    for tag in TAG.captures_iter(bytes) {
        let Some(attributes) = tag.get(1) else { continue };
        find_in_tag(bytes, (attributes.start(), attributes.end()), spots);
    }
}

/// `<input name="csrf_token" value="…">`, `<meta name="csrf-token" content="…">`, `<input type="password" value="…">`.
fn find_in_tag(bytes: &[u8], (start, end): (usize, usize), spots: &mut Vec<Spot>) {
    let inside = bytes.get(start..end).unwrap_or_default();
    let (mut name, mut value, mut is_password) = (&b""[..], None, false);
    for found in ATTRIBUTE.captures_iter(inside) {
        let Some(attribute) = found.get(1) else { continue };
        let Some(content) = found.get(2).or_else(|| found.get(3)).or_else(|| found.get(4)) else {
            continue;
        };
        match attribute.as_bytes().to_ascii_lowercase().as_slice() {
            b"name" | b"property" => name = content.as_bytes(),
            b"id" if name.is_empty() => name = content.as_bytes(),
            b"type" => is_password = content.as_bytes().eq_ignore_ascii_case(b"password"),
            b"value" | b"content" => value = Some((content.start(), content.end())),
            _ => {}
        }
    }
    let Some((from, to)) = value.filter(|(from, to)| from < to) else { return };
    let kind = match is_password {
        true => Some(SecretKind::Password),
        false => judge(name, inside.get(from..to).unwrap_or_default(), Setting::Text),
    };
    if let Some(kind) = kind {
        let name = String::from_utf8_lossy(name);
        spots.extend(Spot::new(bytes, (start + from, start + to), kind, &name));
    }
}

/// Adds a name and value when they make a secret. The name is the expression's first group, the value its second.
fn add_pair(bytes: &[u8], found: &Captures<'_>, setting: Setting, spots: &mut Vec<Spot>) {
    let (Some(name), Some(value)) = (found.get(1), found.get(2)) else { return };
    if let Some(kind) = judge(name.as_bytes(), value.as_bytes(), setting) {
        let name = String::from_utf8_lossy(name.as_bytes());
        spots.extend(Spot::new(bytes, (value.start(), value.end()), kind, &name));
    }
}
