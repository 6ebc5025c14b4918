//! Secrets that are known by their own shape, whatever name they stand under.

use std::sync::LazyLock;

use data_encoding::BASE64URL_NOPAD;
use regex::bytes::Regex;

use super::{SecretKind, Spot};

/// Keys whose makers gave them a fixed beginning, from the makers' own documentation. Keys made to be public (a
/// `pk_live_` key, a measurement id `G-…`) are none.
const SHAPES: &[(&str, &str)] = &[
    ("AWS access key", r"(?:AKIA|ASIA)[0-9A-Z]{16}"),
    ("Google API key", r"AIza[0-9A-Za-z_-]{35}"),
    ("Google access token", r"ya29\.[0-9A-Za-z_-]{20,1000}"),
    ("Google client secret", r"GOCSPX-[0-9A-Za-z_-]{28}"),
    ("GitHub token", r"gh[pousr]_[0-9A-Za-z]{36,255}"),
    ("GitHub token", r"github_pat_[0-9A-Za-z_]{22,255}"),
    ("GitLab token", r"glpat-[0-9A-Za-z_-]{20,64}"),
    ("Slack token", r"xox[abeoprs]-[0-9A-Za-z-]{10,250}"),
    ("Stripe key", r"(?:sk|rk)_(?:live|test)_[0-9A-Za-z]{16,247}"),
    ("OpenAI key", r"sk-(?:proj-|svcacct-)?[0-9A-Za-z_-]{40,250}"),
    ("Anthropic key", r"sk-ant-[0-9A-Za-z_-]{30,250}"),
    ("Hugging Face token", r"hf_[0-9A-Za-z]{34}"),
    ("Telegram bot token", r"(?:bot)?[0-9]{8,10}:AA[0-9A-Za-z_-]{33}"),
    ("SendGrid key", r"SG\.[0-9A-Za-z_-]{22}\.[0-9A-Za-z_-]{43}"),
    ("npm token", r"npm_[0-9A-Za-z]{36}"),
    ("Alibaba Cloud key", r"LTAI[0-9A-Za-z]{16,24}"),
    ("Tencent Cloud key", r"AKID[0-9A-Za-z]{32}"),
    ("Facebook token", r"EAA[0-9A-Za-z]{80,400}"),
    ("Mapbox secret token", r"sk\.eyJ[0-9A-Za-z_-]{20,300}\.[0-9A-Za-z_-]{20,60}"),
    ("DigitalOcean token", r"do[opr]_v1_[0-9a-f]{64}"),
    ("Shopify token", r"shp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}"),
];

/// All shapes in one expression, the shape's number being its group's.
static KEYS: LazyLock<Regex> = LazyLock::new(|| {
    let groups: Vec<String> = SHAPES.iter().map(|(_, shape)| format!("({shape})")).collect();
    Regex::new(&format!(r"(?-u)\b(?:{})", groups.join("|")))
        .expect("the expression is made of constants, and a test uses it")
});

/// `header.payload.signature`, or the five parts of an encrypted one (RFC 7515, section 3.1; RFC 7516, section 3.1).
static WEB_TOKEN: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?-u)\beyJ[0-9A-Za-z_-]{8,2000}\.[0-9A-Za-z_-]{0,20000}\.[0-9A-Za-z_-]{8,20000}(?:\.[0-9A-Za-z_-]{8,20000}\.[0-9A-Za-z_-]{8,100})?",
    )
    .expect("the expression is a constant, and a test uses it")
});

/// What stands between the lines of a private key. In a script the line ends are written `\n`.
static PRIVATE_KEY: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?-u)-----BEGIN (?:[A-Z0-9]{1,12} ){0,2}PRIVATE KEY(?: BLOCK)?-----([^-]{32,20000})-----END |\b(AGE-SECRET-KEY-1[0-9A-Z]{58})",
    )
    .expect("the expression is a constant, and a test uses it")
});

/// Adds every key, token and private key of known shape.
pub(super) fn find(bytes: &[u8], spots: &mut Vec<Spot>) {
    for found in KEYS.captures_iter(bytes) {
        let shape = found.iter().skip(1).position(|group| group.is_some());
        let maker = shape.and_then(|shape| SHAPES.get(shape)).map_or("", |(maker, _)| maker);
        let Some(whole) = found.get(0) else { continue };
        if ends_here(bytes, whole.end()) && has_digit(whole.as_bytes()) {
            let range = (whole.start(), whole.end());
            spots.extend(Spot::new(bytes, range, SecretKind::ApiKey, maker));
        }
    }
    for found in WEB_TOKEN.find_iter(bytes) {
        if is_web_token(found.as_bytes()) {
            let range = (found.start(), found.end());
            spots.extend(Spot::new(bytes, range, SecretKind::JsonWebToken, "JWT"));
        }
    }
    for found in PRIVATE_KEY.captures_iter(bytes) {
        let Some(body) = found.get(1).or_else(|| found.get(2)) else { continue };
        let range = (body.start(), body.end());
        spots.extend(Spot::new(bytes, range, SecretKind::PrivateKey, "private key"));
    }
}

/// Whether the run of letters ends with the key, so that it is no piece of something longer.
fn ends_here(bytes: &[u8], end: usize) -> bool {
    bytes.get(end).is_none_or(|byte| !byte.is_ascii_alphanumeric())
}

/// A key of 20 letters and more has a digit; a name in a script often has none.
fn has_digit(key: &[u8]) -> bool {
    key.iter().any(u8::is_ascii_digit)
}

/// Whether the first part is the header of a token: JSON that names an algorithm.
fn is_web_token(token: &[u8]) -> bool {
    let header = token.split(|byte| *byte == b'.').next().unwrap_or_default();
    let Ok(json) = BASE64URL_NOPAD.decode(header) else { return false };
    serde_json::from_slice::<serde_json::Value>(&json)
        .is_ok_and(|value| value.get("alg").is_some_and(serde_json::Value::is_string))
}
