//! What a capture by Chromium gives.

use serde::Serialize;
use witnessmark_model::Moment;

use crate::exchange::Exchange;
use crate::spool::Spool;

/// One page as Chromium saw it, and every exchange that it took.
#[derive(Debug)]
pub struct PageCapture {
    /// The address that was asked for.
    pub requested: String,
    /// The address of the page that was captured in the end; none when no page came.
    pub landed_at: Option<String>,
    /// The status of that page's response.
    pub status: Option<u16>,
    /// Everything that passed between Chromium and the world, in the order in which it began.
    pub exchanges: Vec<Exchange>,
    /// A picture of the whole page (PNG).
    pub view: Option<Spool>,
    /// The page as printed (PDF).
    pub pdf: Option<Spool>,
    /// The document after its scripts ran (HTML, UTF-8), open shadow roots as `<template shadowrootmode>`.
    pub dom: Option<String>,
    /// The text that a reader sees.
    pub text: Option<String>,
    /// What happened on the way.
    pub info: PageInfo,
    /// Whether the capture is whole.
    pub ending: PageEnding,
}

/// Whether a capture is whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PageEnding {
    /// The page loaded, came to rest, and everything was made of it that was wanted.
    Complete,
    /// Something is missing: each reason in a sentence. What there is, is kept.
    Partial(Vec<String>),
}

impl PageEnding {
    /// The word in records.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Complete => "complete",
            Self::Partial(_) => "partial",
        }
    }
}

/// What happened while a page was captured. Written as JSON beside the capture.
#[derive(Clone, Debug, Serialize)]
pub struct PageInfo {
    /// The page's title.
    pub title: String,
    /// Product and version of the browser, in its own words.
    pub browser: String,
    /// The user agent that servers were told.
    pub user_agent: String,
    /// Width and height of the window, in CSS pixels.
    pub viewport: (u32, u32),
    /// Width and height of the whole page, in CSS pixels.
    pub page_size: Option<(u32, u32)>,
    /// The language that servers were told.
    pub language: String,
    /// The time zone that the page saw.
    pub time_zone: String,
    /// This computer's clock at the beginning and at the end.
    #[serde(serialize_with = "moments")]
    pub clock: (Moment, Moment),
    /// Milliseconds from the beginning until the page had loaded.
    pub loaded_after_ms: Option<u64>,
    /// The behaviours that were switched on, in the order in which they ran, and what each did.
    pub behaviours: Vec<BehaviourReport>,
    /// Lines of the console, uncaught exceptions among them.
    pub console: Listed<ConsoleLine>,
    /// Requests that Chromium gave up.
    pub failed_requests: Listed<FailedRequest>,
    /// Messages of `alert` and its like; each was dismissed.
    pub dialogs: Listed<Dialog>,
    /// Addresses of windows that the page wanted to open; none stayed open.
    pub windows: Listed<String>,
    /// Addresses of downloads that the page began; each was refused.
    pub downloads: Listed<String>,
    /// Anything else that a reader of the capture should know, in sentences.
    pub notes: Vec<String>,
}

/// What one behaviour did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct BehaviourReport {
    /// Its name, as in the settings.
    pub name: &'static str,
    /// What it did, in a sentence.
    pub did: String,
}

/// A list that a hostile page cannot make endless.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Listed<T> {
    /// The first ones.
    pub items: Vec<T>,
    /// How many more there were.
    pub left_out: u64,
}

impl<T> Default for Listed<T> {
    fn default() -> Self {
        Self { items: Vec::new(), left_out: 0 }
    }
}

impl<T> Listed<T> {
    const LIMIT: usize = 500;

    pub(crate) fn push(&mut self, item: T) {
        if self.items.len() < Self::LIMIT {
            self.items.push(item);
        } else {
            self.left_out += 1;
        }
    }

    /// How many there were in all.
    pub fn count(&self) -> u64 {
        self.items.len() as u64 + self.left_out
    }
}

/// A line of the console.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ConsoleLine {
    /// `log`, `warning`, `error`, `exception` and others of Chromium's words.
    pub level: String,
    /// The text.
    pub text: String,
    /// The script or page it is about.
    pub url: String,
    /// Its line there, from 1; 0 when unknown.
    pub line: u64,
}

/// A request that Chromium gave up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FailedRequest {
    /// The address.
    pub url: String,
    /// The method.
    pub method: String,
    /// What it was for, in Chromium's words: `Document`, `Image`, `Fetch` and others.
    pub kind: String,
    /// Why, in Chromium's words.
    pub reason: String,
}

/// A dialog that the page showed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Dialog {
    /// `alert`, `confirm`, `prompt` or `beforeunload`.
    pub kind: String,
    /// Its message.
    pub message: String,
}

fn moments<S: serde::Serializer>(
    clock: &(Moment, Moment),
    serializer: S,
) -> Result<S::Ok, S::Error> {
    [clock.0.to_string(), clock.1.to_string()].serialize(serializer)
}
