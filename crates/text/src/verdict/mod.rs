//! What a capture is: the content that was asked for, or something that stands in its place.
//!
//! Rules give points, each with a reason; the verdict with most points stands if it leads by a
//! margin, else the capture is `unclear` and a person looks. What is decided where:
//!
//! - An answer with a status from 400 on is never content; its words only say which failure it is.
//! - A paywall is a `login-wall`, whatever it lets through: the same remedy helps, an account. So
//!   is a question for the visitor's age. `partial` is for transfers that broke off.
//! - "Removed" is a `removal-notice` only where a site or an authority says so outright; "not
//!   found, or removed" leaves it open, and is a `soft-404` (with status 404, an `error`).
//! - Status 410 and 451 are removal notices by themselves; 451 with words on the visitor's place is
//!   a `geo-block`. A site that says it was closed, or barred by its host, has been removed.
//! - Default pages of servers and domains for sale are an `error`: there is no site.
//! - A redirect that was not followed, a page that only leads on, and a frame that waits for
//!   scripts are `empty`. A page made of frames is `unclear`: what it shows stands elsewhere.
//! - Pictures and documents that are whole are content: they are what was asked for; what they show
//!   was not judged.
//! - `duplicate` stands in for `content` and `unclear` only: a wall that came twice is a wall.

mod files;
pub(crate) mod markers;
mod page;
mod phrases;
mod reading;
mod tally;
mod transport;

use std::fmt;

use crate::{ExtractError, Extraction, Hints, extract};

use tally::{HINTS, PROOF, SAYS, SUGGESTS, Tally};

/// What a capture is judged to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Code {
    /// The content that was asked for.
    Content,
    /// A demand to log in, to pay or to declare something before the content is shown.
    LoginWall,
    /// A check or a refusal that is aimed at programs, or at too many requests.
    BotBlock,
    /// A refusal because of where the visitor is.
    GeoBlock,
    /// The word of a site or an authority that the content was removed or is barred. Itself evidence.
    RemovalNotice,
    /// "Not found", sent as a success.
    Soft404,
    /// An answer that failed, or none.
    Error,
    /// Nothing to read.
    Empty,
    /// A part of the content: the transfer broke off.
    Partial,
    /// The same bytes as an earlier capture.
    Duplicate,
    /// In doubt: a person has to look.
    Unclear,
}

impl Code {
    /// The failures that grounds are counted for.
    const FAILURES: &[Code] = &[
        Code::RemovalNotice,
        Code::GeoBlock,
        Code::LoginWall,
        Code::BotBlock,
        Code::Soft404,
        Code::Error,
        Code::Empty,
    ];

    /// The code as logs, lists and JSON write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Code::Content => "content",
            Code::LoginWall => "login-wall",
            Code::BotBlock => "bot-block",
            Code::GeoBlock => "geo-block",
            Code::RemovalNotice => "removal-notice",
            Code::Soft404 => "soft-404",
            Code::Error => "error",
            Code::Empty => "empty",
            Code::Partial => "partial",
            Code::Duplicate => "duplicate",
            Code::Unclear => "unclear",
        }
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What is known of a capture. Everything may be missing; a file has no more than its body.
#[derive(Clone, Copy, Debug, Default)]
pub struct Response<'a> {
    /// The address that was asked for.
    pub requested: Option<&'a str>,
    /// The address that answered, after redirects.
    pub landed_on: Option<&'a str>,
    /// The HTTP status of the last answer; a file has none.
    pub status: Option<u16>,
    /// The header fields of the last answer, names in any case.
    pub fields: &'a [(String, String)],
    /// Why no answer came, in words.
    pub failure: Option<&'a str>,
    /// Why the body is not whole, in words.
    pub cut: Option<&'a str>,
    /// The media type, where it is known from elsewhere than `Content-Type`.
    pub media_type: Option<&'a str>,
    /// The body, without transfer and content coding.
    pub body: &'a [u8],
    /// What [`extract`](crate::extract()) read in the body; where it is missing, the body is read.
    pub read: Option<Result<&'a Extraction, &'a ExtractError>>,
    /// What a browser saw, if one made the capture.
    pub browser: Option<&'a BrowserView<'a>>,
    /// Which earlier capture had the very same body, in words to find it by.
    pub same_as: Option<&'a str>,
}

/// What a browser saw of a page.
#[derive(Clone, Copy, Debug, Default)]
pub struct BrowserView<'a> {
    /// The text that was visible after the scripts had run.
    pub visible_text: &'a str,
    /// How many requests the page made.
    pub requests: usize,
    /// Those of them that failed.
    pub failed: &'a [FailedRequest<'a>],
}

/// A request of a page that failed.
#[derive(Clone, Copy, Debug)]
pub struct FailedRequest<'a> {
    /// Its address.
    pub url: &'a str,
    /// Why, in words: a status, a network error, a refusal.
    pub why: &'a str,
}

/// A verdict with its grounds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judgement {
    /// The verdict.
    pub code: Code,
    /// Every rule that fired, in words: which verdict it speaks for, how much, what was found and
    /// where. Those for the verdict come first.
    pub evidence: Vec<String>,
}

/// Judges a capture. A pure function of what it is given.
pub fn judge(response: &Response<'_>) -> Judgement {
    let mut tally = Tally::default();
    if let Some(why) = response.failure {
        tally.add(Code::Error, PROOF, format!("no answer: {why}"));
        return tally.judgement(Code::Error);
    }
    transport::weigh(response, &mut tally);
    let breaks_off = weigh_body(response, &mut tally) | is_cut(response, &mut tally);
    weigh_kind(response, &mut tally);
    if response.status == Some(451) && tally.points(Code::GeoBlock) >= HINTS {
        tally.add(
            Code::GeoBlock,
            PROOF,
            "status 451 together with words on where the visitor is".to_owned(),
        );
    }
    let mut code =
        if transport::is_failure(response) { tally.decide_failure() } else { tally.decide() };
    if breaks_off && matches!(code, Code::Content | Code::Empty) {
        code = if response.body.is_empty() { Code::Error } else { Code::Partial };
    }
    if let Some(twin) = response.same_as {
        tally.note(format!("the same bytes as {twin}"));
        // A wall that stands twice is a wall.
        if matches!(code, Code::Content | Code::Unclear) {
            code = Code::Duplicate;
        }
    }
    tally.judgement(code)
}

/// Grounds in the body. Says whether it breaks off.
fn weigh_body(response: &Response<'_>, tally: &mut Tally) -> bool {
    let own;
    let read = match response.read {
        Some(read) => read,
        None => {
            let media_type =
                response.media_type.or_else(|| transport::value(response, "content-type"));
            let url = response.landed_on.or(response.requested);
            let hints = Hints {
                media_type: media_type.map(str::to_owned),
                url: url.map(str::to_owned),
                ..Hints::default()
            };
            own = extract(response.body, &hints);
            own.as_ref()
        }
    };
    match read {
        Ok(extraction) if extraction.media_type.ends_with("json") => {
            files::weigh_json(&extraction.text, tally)
        }
        Ok(extraction) => {
            page::weigh(extraction, response.browser, tally);
            false
        }
        Err(ExtractError::Empty) => {
            tally.add(Code::Empty, SAYS, "the body is empty".to_owned());
            false
        }
        Err(_) => files::weigh(response.body, tally),
    }
}

/// Whether the transfer broke off, by the capture's word or by the header fields.
fn is_cut(response: &Response<'_>, tally: &mut Tally) -> bool {
    if let Some(why) = response.cut {
        tally.note(format!("the body is not whole: {why}"));
        return true;
    }
    let got = response.body.len() as u64;
    let is_coded = ["content-encoding", "transfer-encoding"]
        .iter()
        .any(|name| transport::value(response, name).is_some());
    let promised = transport::value(response, "content-length")
        .and_then(|value| value.trim().parse::<u64>().ok());
    if let Some(promised) = promised
        && !is_coded
        && got < promised
        && got > 0
    {
        tally.note(format!("the body is not whole: {got} of {promised} bytes came"));
        return true;
    }
    if response.status == Some(206) {
        let range = transport::value(response, "content-range").unwrap_or("");
        if whole_range(range) != Some(got) {
            tally.note(format!(
                "status 206: a part of the content (Content-Range {})",
                quoted(range)
            ));
            return true;
        }
    }
    false
}

/// The length of the whole, if a `Content-Range` covers it (RFC 9110, section 14.4).
fn whole_range(range: &str) -> Option<u64> {
    let (span, whole) = range.trim().strip_prefix("bytes ")?.split_once('/')?;
    let (from, to) = span.split_once('-')?;
    let (from, to, whole): (u64, u64, u64) =
        (from.parse().ok()?, to.parse().ok()?, whole.parse().ok()?);
    (from == 0 && to.checked_add(1)? == whole).then_some(whole)
}

/// Endings of addresses that promise something else than a page.
const FILE_ENDINGS: &[&str] = &[
    "pdf", "doc", "docx", "xls", "xlsx", "ppt", "pptx", "jpg", "jpeg", "png", "gif", "webp", "mp4",
    "mp3", "zip", "rar", "csv", "json",
];

/// Whether a page came where the address promises a file: whatever it says, it is not that file.
fn weigh_kind(response: &Response<'_>, tally: &mut Tally) {
    let path = response.requested.unwrap_or("").split(['?', '#']).next().unwrap_or("");
    let ending = path
        .rsplit_once('/')
        .and_then(|(_, name)| name.rsplit_once('.'))
        .map(|(_, ending)| ending.to_ascii_lowercase());
    let Some(ending) = ending.filter(|ending| FILE_ENDINGS.contains(&ending.as_str())) else {
        return;
    };
    let is_page = match response.read {
        Some(read) => read.is_ok_and(|extraction| extraction.signals.is_page),
        None => response
            .media_type
            .or_else(|| transport::value(response, "content-type"))
            .is_some_and(|media_type| media_type.trim_start().starts_with("text/html")),
    };
    if is_page {
        tally.add(
            Code::Soft404,
            SUGGESTS,
            format!("the address ends in .{ending}, but a page came"),
        );
    }
}

/// Words of a page as evidence shows them: on one line, cut at 160 characters, without characters
/// that would steer a terminal or turn the direction of writing.
fn quoted(text: &str) -> String {
    let steers = |c: &char| {
        c.is_control()
            || matches!(c, '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
    };
    let mut line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    line.retain(|c| !steers(&c));
    if let Some((at, _)) = line.char_indices().nth(160) {
        line.truncate(at);
        line.push('…');
    }
    format!("“{line}”")
}
