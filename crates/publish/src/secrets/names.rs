//! Names under which secrets stand in URLs, forms and scripts, and what a value must look like to be believed.

use super::{SecretKind, is_masked};

/// What a name says about its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Trust {
    /// Nobody gives this name to anything else.
    Strong,
    /// Other things have this name too: the value must look random.
    Weak,
}

/// Where a name and its value were found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Setting {
    /// A parameter of a URL.
    Url,
    /// A field of a form that was sent, or of JSON that was sent.
    Sent,
    /// Anywhere in the text of a page, a script, an answer.
    Text,
}

use SecretKind::{AccessToken, ApiKey, CsrfToken, Password, SessionId, SignedUrl};
use Trust::{Strong, Weak};

/// Endings of names, in lower case without `_`, `-`, `.`, `$` and brackets. The first that fits decides, so the longer
/// stand before the shorter.
const ENDINGS: &[(&str, SecretKind, Trust)] = &[
    ("requestverificationtoken", CsrfToken, Strong),
    ("csrfmiddlewaretoken", CsrfToken, Strong),
    ("antiforgerytoken", CsrfToken, Strong),
    ("authenticitytoken", CsrfToken, Strong),
    ("csrftoken", CsrfToken, Strong),
    ("xsrftoken", CsrfToken, Strong),
    ("csrfkey", CsrfToken, Strong),
    ("csrf", CsrfToken, Weak),
    ("xsrf", CsrfToken, Weak),
    ("wpnonce", CsrfToken, Strong),
    ("xamzsecuritytoken", SignedUrl, Strong),
    ("xamzsignature", SignedUrl, Strong),
    ("xamzcredential", SignedUrl, Strong),
    ("xgoogsignature", SignedUrl, Strong),
    ("xgoogcredential", SignedUrl, Strong),
    ("awsaccesskeyid", ApiKey, Strong),
    ("secretaccesskey", ApiKey, Strong),
    ("accesskeyid", ApiKey, Strong),
    ("accesskeysecret", ApiKey, Strong),
    ("subscriptionkey", ApiKey, Strong),
    ("clientsecret", ApiKey, Strong),
    ("consumersecret", ApiKey, Strong),
    ("appsecret", ApiKey, Strong),
    ("secretkey", ApiKey, Strong),
    ("apikey", ApiKey, Strong),
    ("apitoken", ApiKey, Strong),
    ("apisecret", ApiKey, Strong),
    ("accesskey", ApiKey, Weak),
    ("accesstoken", AccessToken, Strong),
    ("refreshtoken", AccessToken, Strong),
    ("authtoken", AccessToken, Strong),
    ("authenticationtoken", AccessToken, Strong),
    ("bearertoken", AccessToken, Strong),
    ("oauthtoken", AccessToken, Strong),
    ("usertoken", AccessToken, Strong),
    ("logintoken", AccessToken, Strong),
    ("resettoken", AccessToken, Strong),
    ("invitetoken", AccessToken, Strong),
    ("idtoken", AccessToken, Strong),
    ("magiclink", AccessToken, Weak),
    ("samlresponse", AccessToken, Strong),
    ("jwt", AccessToken, Weak),
    ("sessiontoken", SessionId, Strong),
    ("sessionkey", SessionId, Strong),
    ("sessionid", SessionId, Strong),
    ("phpsessid", SessionId, Strong),
    ("jsessionid", SessionId, Strong),
    ("sessid", SessionId, Strong),
    ("connectsid", SessionId, Strong),
    ("session", SessionId, Weak),
    ("token", AccessToken, Weak),
    ("secret", ApiKey, Weak),
    ("password", Password, Strong),
    ("passwd", Password, Strong),
    ("passphrase", Password, Strong),
    ("passwort", Password, Strong),
];

/// Whole names that are believed in a URL or a sent form only.
const URL_NAMES: &[(&str, SecretKind, Trust)] = &[
    ("auth", AccessToken, Weak),
    ("ticket", AccessToken, Weak),
    ("assertion", AccessToken, Weak),
    ("sid", SessionId, Weak),
    ("sig", SignedUrl, Weak),
    ("signature", SignedUrl, Weak),
    ("hmac", SignedUrl, Weak),
    ("pwd", Password, Strong),
    ("pass", Password, Strong),
];

/// What a name and its value make; `None` when the value does not bear the name out.
pub(super) fn judge(name: &[u8], value: &[u8], setting: Setting) -> Option<SecretKind> {
    let name = plain_name(name);
    let listed = ENDINGS.iter().find(|(ending, ..)| name.ends_with(ending));
    let listed = listed.or_else(|| {
        let whole = |(known, ..): &&(&str, SecretKind, Trust)| *known == name;
        URL_NAMES.iter().find(whole).filter(|_| setting != Setting::Text)
    });
    let (_, kind, trust) = listed.copied()?;
    if is_masked(value) {
        return None;
    }
    if kind == Password {
        // In a page the word stands for a label; only what was sent is a password.
        let is_sent = setting != Setting::Text && !value.is_empty() && !is_placeholder(value);
        return is_sent.then_some(kind);
    }
    let is_believed = match (trust, setting) {
        (Strong, Setting::Text) => is_plausible(value),
        (Strong, _) => value.len() >= 6 && !is_placeholder(value),
        (Weak, _) => looks_random(value),
    };
    is_believed.then_some(kind)
}

/// A name in lower case without the marks by which frameworks divide names.
fn plain_name(name: &[u8]) -> String {
    let letters = name.iter().filter(|byte| byte.is_ascii_alphanumeric());
    letters.map(|byte| char::from(byte.to_ascii_lowercase())).collect()
}

/// What manuals and templates write where a secret is to stand.
const PLACEHOLDERS: &[&str] = &[
    "undefined",
    "null",
    "none",
    "true",
    "false",
    "example",
    "changeme",
    "placeholder",
    "redacted",
    "function",
    "string",
    "required",
    "optional",
];

fn is_placeholder(value: &[u8]) -> bool {
    let text = String::from_utf8_lossy(value).to_ascii_lowercase();
    let first = text.chars().next().unwrap_or(' ');
    let is_repeated = text.chars().all(|c| c == first);
    is_repeated
        || PLACEHOLDERS.contains(&text.as_str())
        || text.starts_with("your")
        || text.starts_with("my_")
        || text.contains("_here")
        || text.starts_with(['{', '$', '<', '%', '['])
        || text.starts_with("this.")
        || text.contains("process.env")
        || text.contains('(')
        || text.contains("://")
}

/// Sums that name contents and are no secrets: `sha256-…` of Subresource Integrity (W3C, 2016), `sha256:…`.
fn is_checksum(value: &[u8]) -> bool {
    ["sha1", "sha256", "sha384", "sha512", "md5"].iter().any(|sum| {
        let head = value.get(..sum.len()).unwrap_or_default();
        head.eq_ignore_ascii_case(sum.as_bytes())
            && matches!(value.get(sum.len()), Some(b'-' | b':'))
    })
}

/// Whether a value can be a secret at all: long enough, in the letters of encodings, no word and no template.
fn is_plausible(value: &[u8]) -> bool {
    let is_letter = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.~+/=%:|!\\,@".contains(byte);
    let digits = value.iter().filter(|byte| byte.is_ascii_digit()).count();
    value.len() >= 8
        && value.iter().all(is_letter)
        && !is_placeholder(value)
        && !is_checksum(value)
        && (digits >= 2 || is_mixed(value))
}

/// Whether a value looks as if a machine had drawn it.
pub(super) fn looks_random(value: &[u8]) -> bool {
    if value.len() < 12 || !is_plausible(value) {
        return false;
    }
    let parts = value.split(|byte| b"-_.~/:|%=+,@".contains(byte));
    let mut parts = parts.filter(|part| !part.is_empty());
    let is_hex = value.iter().all(|byte| byte.is_ascii_hexdigit() || *byte == b'-');
    let digits = value.iter().filter(|byte| byte.is_ascii_digit()).count();
    let letters = value.iter().filter(|byte| byte.is_ascii_alphabetic()).count();
    if is_hex {
        return value.len() >= 16 && digits >= 4 && letters >= 3;
    }
    parts.any(|part| {
        let digits = part.iter().filter(|byte| byte.is_ascii_digit()).count();
        let letters = part.iter().filter(|byte| byte.is_ascii_alphabetic()).count();
        part.len() >= 10 && ((digits >= 2 && letters >= 4 && is_scattered(part)) || is_mixed(part))
    })
}

/// Whether digits stand among the letters, and not only behind a word.
fn is_scattered(part: &[u8]) -> bool {
    let turns = part.windows(2).filter(|pair| match pair {
        [a, b] => a.is_ascii_digit() != b.is_ascii_digit(),
        _ => false,
    });
    turns.count() >= 3
}

/// Whether capitals stand among small letters as in base64, and not as in words or camelCase names.
fn is_mixed(part: &[u8]) -> bool {
    let upper = part.iter().filter(|byte| byte.is_ascii_uppercase()).count();
    let lower = part.iter().filter(|byte| byte.is_ascii_lowercase()).count();
    let pairs = part.windows(2).filter(|pair| match pair {
        [a, b] => a.is_ascii_uppercase() && b.is_ascii_uppercase(),
        _ => false,
    });
    part.len() >= 16 && upper >= 4 && lower >= 4 && pairs.count() >= 1 && upper * 4 >= lower
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_values_together_decide() {
        let cases: &[(&str, &str, Setting, Option<SecretKind>)] = &[
            ("access_token", "9f8a7b6c5d", Setting::Url, Some(AccessToken)),
            ("window.csrfToken", "kX93_aJq0pLm", Setting::Text, Some(CsrfToken)),
            ("_csrf_token", "csrf-token", Setting::Text, None),
            ("token", "8c1f4e0a9b3d7c55", Setting::Url, Some(AccessToken)),
            ("token", "color-primary-500", Setting::Text, None),
            ("max_tokens", "8c1f4e0a9b3d7c55", Setting::Text, None),
            ("sid", "20220905", Setting::Url, None),
            ("sid", "s%3Aq1W2e3R4t5Y6u7I8", Setting::Url, Some(SessionId)),
            ("sid", "s%3Aq1W2e3R4t5Y6u7I8", Setting::Text, None),
            ("password", "Passwort", Setting::Text, None),
            ("login[password]", "geheim", Setting::Sent, Some(Password)),
            ("api_key", "YOUR_API_KEY_HERE", Setting::Url, None),
            ("apiKey", "process.env.API_KEY", Setting::Text, None),
            ("accessToken", "undefined", Setting::Url, None),
            ("session", "morning-session-2022", Setting::Url, None),
            ("token", "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=", Setting::Text, None),
            ("token", "************", Setting::Url, None),
        ];
        for (name, value, setting, expected) in cases {
            let found = judge(name.as_bytes(), value.as_bytes(), *setting);
            assert_eq!(found, *expected, "{name}={value}");
        }
    }
}
