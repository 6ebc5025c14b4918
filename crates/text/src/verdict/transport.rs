//! Grounds in how the answer came: its status, its header fields, its address.

use url::Url;

use super::tally::{HINTS, PROOF, SAYS, SUGGESTS, Tally};
use super::{Code, Response};

/// A header field that a kind of refusal is known by.
struct FieldRule {
    name: &'static str,
    /// What the value holds, in lower case; empty: any value.
    holds: &'static str,
    /// Whether it only counts with a status that calls the answer a failure.
    only_failures: bool,
    code: Code,
    points: u32,
    what: &'static str,
}

const fn field(
    name: &'static str,
    holds: &'static str,
    only_failures: bool,
    code: Code,
    points: u32,
    what: &'static str,
) -> FieldRule {
    FieldRule { name, holds, only_failures, code, points, what }
}

/// As the vendors document them, and RFC 9110 and RFC 7725.
const FIELDS: &[FieldRule] = &[
    field(
        "cf-mitigated",
        "challenge",
        false,
        Code::BotBlock,
        PROOF,
        "Cloudflare answered with a challenge",
    ),
    field("x-amzn-waf-action", "", false, Code::BotBlock, PROOF, "AWS WAF stepped in"),
    field("x-datadome", "", true, Code::BotBlock, SAYS, "DataDome stepped in"),
    field("x-dd-b", "", false, Code::BotBlock, SAYS, "DataDome stepped in"),
    field("x-sucuri-block", "", false, Code::BotBlock, SAYS, "Sucuri stepped in"),
    field("x-px-block", "", false, Code::BotBlock, SAYS, "PerimeterX stepped in"),
    field(
        "x-tengine-error",
        "denied",
        true,
        Code::BotBlock,
        SAYS,
        "the edge server denied the request",
    ),
    field(
        "x-waf-uuid",
        "",
        true,
        Code::BotBlock,
        SUGGESTS,
        "a web application firewall handled the request",
    ),
    field("x-iinfo", "", true, Code::BotBlock, SUGGESTS, "Imperva handled the request"),
    field(
        "server",
        "akamaighost",
        true,
        Code::BotBlock,
        SUGGESTS,
        "Akamai's edge answered in place of the site",
    ),
    field(
        "server",
        "ddos-guard",
        true,
        Code::BotBlock,
        SUGGESTS,
        "DDoS-Guard answered in place of the site",
    ),
    field(
        "server",
        "qrator",
        true,
        Code::BotBlock,
        SUGGESTS,
        "Qrator answered in place of the site",
    ),
    field("server", "cloudflare", true, Code::BotBlock, HINTS, "Cloudflare answered"),
    field("server", "waf", true, Code::BotBlock, SUGGESTS, "a web application firewall answered"),
    field("server", "yunjiasu", true, Code::BotBlock, HINTS, "a protecting edge answered"),
    field("server", "yundun", true, Code::BotBlock, HINTS, "a protecting edge answered"),
    field("www-authenticate", "", true, Code::LoginWall, SAYS, "the server asks for credentials"),
    field(
        "link",
        "blocked-by",
        false,
        Code::RemovalNotice,
        PROOF,
        "the server names who demanded the block",
    ),
    field("x-geo-block", "", false, Code::GeoBlock, SAYS, "the server blocks by place"),
];

/// Fields whose values may hold secrets, which no evidence repeats.
const SECRET_FIELDS: &[&str] = &["set-cookie", "cookie", "authorization", "proxy-authorization"];

/// What parts of a path stand for, compared with whole segments without their ending.
const SEGMENTS: &[(Code, &[&str])] = &[
    (
        Code::LoginWall,
        &[
            "login",
            "log-in",
            "signin",
            "sign-in",
            "sign_in",
            "passport",
            "sso",
            "cas",
            "auth",
            "authorize",
            "accounts",
            "account-login",
            "checkpoint",
            "subscribe",
            "paywall",
            "register",
            "agegate",
            "age-gate",
            "age-verification",
            "denglu",
            "userlogin",
        ],
    ),
    (
        Code::BotBlock,
        &[
            "captcha",
            "showcaptcha",
            "checkcaptcha",
            "challenge",
            "verify",
            "antispider",
            "anti-spider",
            "punish",
            "security-check",
            "robot",
            "robotcheck",
            "sorry",
            "blocked",
            "waf",
            "wappass",
            "verifycode",
        ],
    ),
    (
        Code::Soft404,
        &[
            "404",
            "notfound",
            "not-found",
            "not_found",
            "page-not-found",
            "pagenotfound",
            "error404",
            "404error",
            "err404",
            "nopage",
            "missing",
        ],
    ),
    (Code::Error, &["error", "err", "500", "503", "maintenance", "weihu", "unavailable", "busy"]),
    (
        Code::GeoBlock,
        &[
            "geo",
            "geoblock",
            "geo-block",
            "geoblocked",
            "unavailable-in-your-region",
            "not-available-in-region",
            "gdpr-block",
            "region-blocked",
        ],
    ),
    (Code::RemovalNotice, &["451", "blocked-by-law", "zapret", "removed", "deleted", "suspended"]),
];

/// File names of home pages, without their ending.
const HOME_NAMES: &[&str] = &["", "index", "default", "home", "main", "shouye", "start"];

/// Grounds in status, fields and addresses.
pub(super) fn weigh(response: &Response<'_>, tally: &mut Tally) {
    weigh_status(response, tally);
    weigh_fields(response, tally);
    weigh_redirect(response, tally);
}

/// The value of the first field of a name.
pub(super) fn value<'a>(response: &Response<'a>, name: &str) -> Option<&'a str> {
    let mut fields = response.fields.iter();
    fields.find(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
}

/// RFC 9110, section 15; RFC 6585, section 4; RFC 7725; 999 as a professional network sends it.
fn weigh_status(response: &Response<'_>, tally: &mut Tally) {
    let Some(status) = response.status else { return };
    let said = |what: &str| format!("status {status}: {what}");
    match status {
        401 | 407 => tally.add(Code::LoginWall, SAYS, said("the server wants to know who asks")),
        402 => tally.add(Code::LoginWall, SAYS, said("the server wants to be paid")),
        410 => tally.add(
            Code::RemovalNotice,
            SAYS,
            said("gone: the server says that it was there and will not come back"),
        ),
        429 => tally.add(Code::BotBlock, PROOF, said("too many requests")),
        451 => tally.add(Code::RemovalNotice, SAYS, said("unavailable for legal reasons")),
        999 => tally.add(Code::BotBlock, PROOF, said("a number that stands for a refused program")),
        404 => tally.add(Code::Error, SAYS, said("not found")),
        403 => tally.add(Code::Error, SAYS, said("forbidden")),
        400..=499 => tally.add(Code::Error, SAYS, said("the server refuses the request")),
        500.. => tally.add(Code::Error, SAYS, said("the server failed")),
        204 | 205 => tally.add(Code::Empty, PROOF, said("no content, by the server's word")),
        304 => tally.add(
            Code::Empty,
            PROOF,
            said("not modified: the server sent nothing, because the asker has it already"),
        ),
        300..=399 => {
            let to = value(response, "location").unwrap_or("nowhere");
            tally.add(
                Code::Empty,
                PROOF,
                format!(
                    "status {status}: a redirect to {}, which was not followed here",
                    super::quoted(to)
                ),
            );
            if let Some((code, segment)) = telling_segment(to) {
                tally.add(
                    code,
                    PROOF + PROOF,
                    format!(
                        "the redirect leads to an address with {} in it",
                        super::quoted(&segment)
                    ),
                );
            }
        }
        100..=199 => tally.add(Code::Error, PROOF, said("no final answer came")),
        _ => {}
    }
}

fn weigh_fields(response: &Response<'_>, tally: &mut Tally) {
    let is_failure = is_failure(response);
    for (name, value) in response.fields {
        for rule in FIELDS {
            if !name.eq_ignore_ascii_case(rule.name)
                || (rule.only_failures && !is_failure)
                || !value.to_ascii_lowercase().contains(rule.holds)
            {
                continue;
            }
            let shown = if SECRET_FIELDS.iter().any(|secret| name.eq_ignore_ascii_case(secret)) {
                String::new()
            } else {
                format!(": {}", super::quoted(value))
            };
            tally.add(rule.code, rule.points, format!("header {name}{shown}: {}", rule.what));
        }
    }
    if is_failure && let Some(after) = value(response, "retry-after") {
        tally.note(format!(
            "header Retry-After: {}: the server says when to come back",
            super::quoted(after)
        ));
    }
}

/// Whether the server itself calls the answer a failure.
pub(super) fn is_failure(response: &Response<'_>) -> bool {
    response.status.is_some_and(|status| status >= 400)
}

/// Where a redirect led.
fn weigh_redirect(response: &Response<'_>, tally: &mut Tally) {
    let (Some(requested), Some(landed)) = (response.requested, response.landed_on) else { return };
    let (Ok(from), Ok(to)) = (Url::parse(requested), Url::parse(landed)) else { return };
    if (from.host_str(), from.path(), from.query()) == (to.host_str(), to.path(), to.query()) {
        return;
    }
    tally.note(format!(
        "redirected from {} to {}",
        super::quoted(requested),
        super::quoted(landed)
    ));
    if let Some((code, segment)) = telling_segment(landed)
        && telling_segment(requested).is_none_or(|(before, _)| before != code)
    {
        tally.add(
            code,
            SAYS,
            format!("redirected to an address with {} in it", super::quoted(&segment)),
        );
        return;
    }
    let same_site = site(&from) == site(&to);
    if !same_site || !is_home(&to) || to.query().is_some() || is_home(&from) {
        return;
    }
    let (points, what) = if is_deep(&from) { (PROOF, "a page") } else { (SUGGESTS, "a section") };
    tally.add(
        Code::Soft404,
        points,
        format!("asked for {what} of the site, redirected to its home page"),
    );
}

/// The part of an address that tells of a wall, and which.
fn telling_segment(address: &str) -> Option<(Code, String)> {
    let without_query = address.split(['?', '#']).next().unwrap_or("");
    let after_scheme = without_query.split_once("://").map_or(without_query, |(_, rest)| rest);
    // Of the host, only names that are there for one purpose, such as `login.example.org`.
    let (host, path) = match without_query.contains("://") {
        true => after_scheme.split_once('/').unwrap_or((after_scheme, "")),
        false => ("", after_scheme),
    };
    let first_label = host.split('.').next().unwrap_or("");
    let is_purpose = ["login", "passport", "sso", "auth", "captcha", "signin", "accounts"]
        .contains(&first_label);
    let labels = is_purpose.then_some(first_label);
    for segment in path.split('/').chain(labels) {
        let lower = segment.to_ascii_lowercase();
        let stem = lower.rsplit_once('.').map_or(lower.as_str(), |(stem, _)| stem);
        for (code, words) in SEGMENTS {
            if words.contains(&stem) {
                return Some((*code, segment.to_owned()));
            }
        }
    }
    None
}

/// The last two labels of a host, or three where the last two are a country's registry: enough to
/// tell a site's own hosts from strangers.
fn site(url: &Url) -> String {
    let host = url.host_str().unwrap_or("").to_ascii_lowercase();
    let labels: Vec<&str> = host.split('.').collect();
    let is_registry = labels.len() > 2
        && labels
            .get(labels.len() - 2)
            .is_some_and(|label| ["com", "net", "org", "gov", "edu", "ac", "co"].contains(label));
    let keep = if is_registry { 3 } else { 2 };
    labels.get(labels.len().saturating_sub(keep)..).unwrap_or_default().join(".")
}

/// Whether an address is a site's home page, of one language or all.
fn is_home(url: &Url) -> bool {
    let mut segments = url.path().split('/').filter(|segment| !segment.is_empty());
    let (first, second) = (segments.next().unwrap_or(""), segments.next());
    let is_name = |segment: &str| {
        let lower = segment.to_ascii_lowercase();
        HOME_NAMES.contains(&lower.split('.').next().unwrap_or(""))
    };
    match second {
        None => is_name(first) || is_language(first),
        Some(second) => is_language(first) && is_name(second) && segments.next().is_none(),
    }
}

/// Whether a segment names a language: `en`, `zh-cn`, `zh_Hans`.
fn is_language(segment: &str) -> bool {
    let (head, tail) = segment.split_once(['-', '_']).unwrap_or((segment, ""));
    head.len() == 2 && head.chars().all(|c| c.is_ascii_alphabetic()) && tail.len() <= 4
}

/// Whether an address is one page deep in a site, not a section of it.
fn is_deep(url: &Url) -> bool {
    let segments: Vec<&str> = url.path().split('/').filter(|segment| !segment.is_empty()).collect();
    segments.len() >= 2
        || segments.iter().any(|segment| {
            segment.len() >= 16
                || segment.contains('.')
                || segment.chars().any(|c| c.is_ascii_digit())
        })
}
