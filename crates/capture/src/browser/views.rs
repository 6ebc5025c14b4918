//! What is made of a page: picture, print, document, text.

use std::io::Write as _;

use data_encoding::BASE64;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::protocol::text;
use super::tab::{Tab, TabError};
use crate::spool::{Spool, SpoolPlace};

const DOM: &str = include_str!("scripts/dom.js");
const TEXT: &str = include_str!("scripts/text.js");

/// A picture is at most so high and so wide, in pixels: what Chromium can paint without a graphics card.
const PICTURE_HEIGHT: u32 = 16_000;
const PICTURE_WIDTH: u32 = 4_000;
/// So many pages are printed.
const PRINTED_PAGES: u32 = 200;
/// CSS pixels of one printed page, at least: more pages than that are never made of a page so high.
const PRINTED_HEIGHT: u32 = 500;
/// Characters of a document, and of a text.
const TEXT_LIMIT: usize = 64 << 20;

/// Something made of a page, and what a reader of it should know.
pub(crate) struct View<T> {
    pub(crate) made: T,
    pub(crate) note: Option<String>,
}

/// The text of a page, and what the page says of itself.
pub(crate) struct PageText {
    pub(crate) text: String,
    pub(crate) title: String,
    pub(crate) url: String,
}

/// Width and height of the whole page in CSS pixels.
pub(crate) async fn page_size(tab: &Tab, deadline: Instant) -> Result<(u32, u32), TabError> {
    let metrics = tab.call("Page.getLayoutMetrics", Value::Null, deadline).await?;
    let side = |name: &str| {
        let pixels = metrics.pointer(&format!("/cssContentSize/{name}")).and_then(Value::as_f64);
        // A float becomes the nearest number that fits.
        pixels.map_or(0, |pixels| pixels.ceil() as u32)
    };
    Ok((side("width"), side("height")))
}

/// A picture of the whole page.
pub(crate) async fn picture(
    tab: &Tab,
    size: (u32, u32),
    viewport: (u32, u32),
    place: &SpoolPlace,
    deadline: Instant,
) -> Result<View<Spool>, TabError> {
    let width = size.0.max(viewport.0);
    let height = size.1.max(viewport.1);
    let shown = (width.min(PICTURE_WIDTH), height.min(PICTURE_HEIGHT));
    let capture = json!({
        "format": "png",
        "optimizeForSpeed": true,
        "captureBeyondViewport": shown != viewport,
        "clip": { "x": 0, "y": 0, "width": shown.0, "height": shown.1, "scale": 1 },
    });
    let result = tab.call("Page.captureScreenshot", capture, deadline).await?;
    let mut spool = Spool::new(place);
    write_base64(&mut spool, text(&result, "data"))?;
    let note = (shown != (width, height)).then(|| {
        format!("the picture shows {} x {} pixels of {width} x {height}", shown.0, shown.1)
    });
    Ok(View { made: spool, note })
}

/// The page as printed on A4.
pub(crate) async fn pdf(
    tab: &Tab,
    size: (u32, u32),
    place: &SpoolPlace,
    deadline: Instant,
) -> Result<View<Spool>, TabError> {
    let bounded = size.1 / PRINTED_HEIGHT >= PRINTED_PAGES;
    let print = json!({
        "printBackground": true,
        "paperWidth": 8.27,
        "paperHeight": 11.69,
        "pageRanges": if bounded { format!("1-{PRINTED_PAGES}") } else { String::new() },
        "transferMode": "ReturnAsStream",
    });
    let result = tab.call("Page.printToPDF", print, deadline).await?;
    let stream = text(&result, "stream");
    let mut spool = Spool::new(place);
    loop {
        let read = json!({ "handle": stream, "size": 1 << 20 });
        let piece = tab.call("IO.read", read, deadline).await?;
        write_base64(&mut spool, text(&piece, "data"))?;
        if piece.get("eof").and_then(Value::as_bool) != Some(false) {
            break;
        }
    }
    tab.call("IO.close", json!({ "handle": stream }), deadline).await?;
    let note = bounded.then(|| format!("at most the first {PRINTED_PAGES} pages were printed"));
    Ok(View { made: spool, note })
}

/// The document after its scripts ran.
pub(crate) async fn dom(tab: &Tab, deadline: Instant) -> Result<View<String>, TabError> {
    let mut result = tab.run(DOM, TEXT_LIMIT, deadline).await?;
    let note = is_cut(&result).then(|| format!("the document was cut at {TEXT_LIMIT} characters"));
    Ok(View { made: take_text(&mut result, "dom"), note })
}

/// The text that a reader sees.
pub(crate) async fn visible_text(tab: &Tab, deadline: Instant) -> Result<View<PageText>, TabError> {
    let mut result = tab.run(TEXT, TEXT_LIMIT, deadline).await?;
    let note = is_cut(&result).then(|| format!("the text was cut at {TEXT_LIMIT} characters"));
    let made = PageText {
        text: take_text(&mut result, "text"),
        title: take_text(&mut result, "title"),
        url: take_text(&mut result, "url"),
    };
    Ok(View { made, note })
}

fn is_cut(result: &Value) -> bool {
    result.get("cut").and_then(Value::as_bool) == Some(true)
}

fn take_text(value: &mut Value, key: &str) -> String {
    match value.get_mut(key).map(Value::take) {
        Some(Value::String(text)) => text,
        _ => String::new(),
    }
}

fn write_base64(spool: &mut Spool, data: &str) -> Result<(), TabError> {
    let bytes = BASE64
        .decode(data.as_bytes())
        .map_err(|error| TabError::Keep(format!("Chromium's answer is no base64: {error}")))?;
    spool.write_all(&bytes).map_err(|error| TabError::Keep(error.to_string()))
}
