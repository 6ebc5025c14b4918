//! Programs and widgets of others that stand in a page's scripts and addresses: challenges,
//! app frameworks, paywalls.
//!
//! A marker says little alone: pages with full content carry the same scripts. It counts where
//! the page has next to no words of its own.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, MatchKind};

use super::Code;
use super::tally::{HINTS, SAYS, SUGGESTS};

/// The markers found in a page, by their place in the table.
pub(crate) type Markers = BTreeSet<u16>;

/// One marker.
pub(super) struct Marker {
    /// What it speaks for on a page without words of its own.
    pub(super) code: Code,
    pub(super) points: u32,
    /// What it is.
    pub(super) what: &'static str,
    /// The characters that show it, whatever their case.
    pub(super) pattern: &'static str,
}

const fn marker(code: Code, points: u32, what: &'static str, pattern: &'static str) -> Marker {
    Marker { code, points, what, pattern }
}

/// Names and paths as the vendors' own pages and documentation show them.
const MARKERS: &[Marker] = &[
    marker(Code::BotBlock, SAYS, "a Cloudflare challenge", "_cf_chl_opt"),
    marker(Code::BotBlock, SAYS, "a Cloudflare challenge", "/cdn-cgi/challenge-platform/h/"),
    marker(Code::BotBlock, SUGGESTS, "a Cloudflare script", "/cdn-cgi/challenge-platform/"),
    marker(Code::BotBlock, SAYS, "a Cloudflare challenge form", "challenge-form"),
    marker(Code::BotBlock, SAYS, "a Cloudflare challenge", "cf-browser-verification"),
    marker(Code::BotBlock, HINTS, "a Cloudflare error page", "cf-error-details"),
    marker(Code::BotBlock, SUGGESTS, "a Turnstile widget", "challenges.cloudflare.com/turnstile"),
    marker(Code::BotBlock, SAYS, "a DataDome challenge", "captcha-delivery.com"),
    marker(Code::BotBlock, SUGGESTS, "a PerimeterX challenge", "px-captcha"),
    marker(Code::BotBlock, SUGGESTS, "a PerimeterX script", "_pxappid"),
    marker(Code::BotBlock, SAYS, "an Imperva challenge", "_incapsula_resource"),
    marker(Code::BotBlock, SAYS, "an AWS WAF challenge", "awswafintegration"),
    marker(Code::BotBlock, SAYS, "an AWS WAF challenge", "token.awswaf.com"),
    marker(Code::BotBlock, SUGGESTS, "a Sucuri challenge", "sucuri_cloudproxy_js"),
    marker(Code::BotBlock, SUGGESTS, "a DDoS-Guard check", "/.well-known/ddos-guard/"),
    marker(Code::BotBlock, SAYS, "an Alibaba Cloud challenge", "acw_sc__v2"),
    marker(Code::BotBlock, SUGGESTS, "an Alibaba Cloud slider", "aliyuncaptcha"),
    marker(Code::BotBlock, SUGGESTS, "an Alibaba Cloud slider", "nocaptcha"),
    marker(Code::BotBlock, SUGGESTS, "an Alibaba slider", "/_____tmd_____/punish"),
    marker(Code::BotBlock, SUGGESTS, "a Tencent captcha", "tcaptcha"),
    marker(Code::BotBlock, SUGGESTS, "a Tencent Cloud check", "waf_captcha"),
    marker(Code::BotBlock, SUGGESTS, "a GeeTest captcha", "initgeetest"),
    marker(Code::BotBlock, SUGGESTS, "a GeeTest captcha", "gt.js"),
    marker(Code::BotBlock, SUGGESTS, "a NetEase captcha", "initnecaptcha"),
    marker(Code::BotBlock, SAYS, "a dynamic-security challenge", "$_ts=window['$_ts']"),
    marker(Code::BotBlock, SAYS, "a dynamic-security challenge", "$_ts.nsd"),
    marker(Code::BotBlock, SUGGESTS, "a Jiasule challenge", "__jsl_clearance"),
    marker(Code::BotBlock, SUGGESTS, "a reCAPTCHA widget", "g-recaptcha"),
    marker(Code::BotBlock, SUGGESTS, "a reCAPTCHA script", "recaptcha/api.js"),
    marker(Code::BotBlock, SUGGESTS, "an hCaptcha widget", "h-captcha"),
    marker(Code::BotBlock, SUGGESTS, "an hCaptcha script", "hcaptcha.com/1/api.js"),
    marker(Code::BotBlock, SUGGESTS, "a Yandex captcha", "smartcaptcha"),
    marker(Code::BotBlock, SUGGESTS, "a Yandex captcha", "checkcaptcha"),
    marker(Code::BotBlock, SUGGESTS, "a captcha picture", "captcha.php"),
    marker(Code::BotBlock, SUGGESTS, "a captcha picture", "/captcha/"),
    marker(Code::BotBlock, HINTS, "a script that sets a cookie", "document.cookie="),
    marker(Code::BotBlock, HINTS, "a script that sets a cookie", "document.cookie ="),
    marker(Code::BotBlock, HINTS, "a script that loads the page again", "location.reload("),
    marker(Code::LoginWall, HINTS, "a paywall by name", "paywall"),
    marker(Code::LoginWall, HINTS, "a paywall by name", "regwall"),
    marker(
        Code::LoginWall,
        SUGGESTS,
        "metadata that call the article not free",
        "\"isaccessibleforfree\":false",
    ),
    marker(
        Code::LoginWall,
        SUGGESTS,
        "metadata that call the article not free",
        "\"isaccessibleforfree\": false",
    ),
    marker(
        Code::LoginWall,
        SUGGESTS,
        "metadata that call the article not free",
        "\"isaccessibleforfree\":\"false\"",
    ),
    marker(
        Code::LoginWall,
        SUGGESTS,
        "metadata that call the article not free",
        "\"isaccessibleforfree\": \"false\"",
    ),
    marker(Code::LoginWall, HINTS, "a QR code to log in with", "login-qrcode"),
    marker(Code::LoginWall, HINTS, "a QR code to log in with", "qrcode-login"),
    marker(Code::LoginWall, HINTS, "a QR code to log in with", "qrcode_login"),
];

#[expect(
    clippy::expect_used,
    reason = "the table is fixed and far below the limits of the automaton"
)]
static AUTOMATON: LazyLock<AhoCorasick> = LazyLock::new(|| {
    AhoCorasick::builder()
        .ascii_case_insensitive(true)
        .match_kind(MatchKind::LeftmostLongest)
        .build(MARKERS.iter().map(|marker| marker.pattern))
        .expect("the table is small")
});

/// Notes the markers in a script or an address.
pub(crate) fn find(source: &str, found: &mut Markers) {
    for hit in AUTOMATON.find_iter(source) {
        found.insert(hit.pattern().as_u32() as u16);
    }
}

/// The markers of a page, one for each thing they show.
pub(super) fn named(found: &Markers) -> Vec<&'static Marker> {
    let mut named: Vec<&'static Marker> = Vec::new();
    for marker in found.iter().filter_map(|place| MARKERS.get(usize::from(*place))) {
        if !named.iter().any(|seen| seen.what == marker.what) {
            named.push(marker);
        }
    }
    named
}
