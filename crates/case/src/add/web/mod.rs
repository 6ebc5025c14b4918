//! Pages of the web: fetched, recorded as they came, judged, and kept in recordings that a crash cannot lose.

mod capturer;
mod incoming;
mod job;
mod recorder;
mod unfinished;
mod video;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rayon::prelude::*;
use serde::{Serialize, Serializer};
use url::Url;
use witnessmark_archive::{RecordType, read_record_at};
pub use witnessmark_capture::scope::Reach;
use witnessmark_capture::scope::{Found, Frontier, Scope};
use witnessmark_capture::sitemap::{self, Sitemap};
use witnessmark_capture::{Ending, FileAbout, WrittenRecord};
use witnessmark_document::process::Stop;
use witnessmark_model::Digest;
use witnessmark_model::id::CaptureId;
use witnessmark_model::payload::{Payload, Recording, Verdict};
use witnessmark_text::verdict::{Code, Response, judge};
use witnessmark_vault::Pending;

use super::Outcome;
use super::warc::RecordedCapture;
use crate::reading::{Circumstances, Reading, TextRow, read_record};
use crate::{Case, CaseError, Progress, egress};
use capturer::{Capturer, Visited};
use incoming::{Incoming, Source};
use job::Job;
use recorder::{Closed, Recorder};

/// The folder of the case with recordings under way.
pub(crate) const UNDER_WAY: &str = incoming::FOLDER;

/// So many sitemaps are read for one job.
const MOST_SITEMAPS: usize = 1000;

/// So many visits are read and judged together, on all cores.
const READ_TOGETHER: usize = 64;

/// What pages are captured with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Method {
    /// The program's own HTTP: the page as the server sends it.
    Http,
    /// Chromium: scripts run, all parts are kept.
    Browser,
    /// yt-dlp: one post or video.
    Video,
}

/// Which links are followed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Follow {
    /// How many links away from the addresses that were given.
    pub depth: u32,
    /// How far.
    #[serde(serialize_with = "debug_word")]
    pub reach: Reach,
    /// Only addresses that match one of these patterns, if there are any; `*` stands for any letters.
    pub include: Vec<String>,
    /// No address that matches one of these.
    pub exclude: Vec<String>,
}

/// What is to be captured from the web, and how.
#[derive(Clone, Debug, Serialize)]
pub struct WebOptions {
    /// The addresses.
    pub urls: Vec<String>,
    /// Sitemaps whose pages are captured, too.
    pub sitemaps: Vec<String>,
    /// Which links are followed; none if absent.
    pub follow: Option<Follow>,
    /// At most so many pages.
    pub most_pages: u64,
    /// With what.
    pub method: Method,
    /// Whether what sites ask of robots is obeyed.
    pub obey_robots: bool,
    /// Pages of one host within a second, at most.
    pub rate: f64,
    /// Cookies to send: a file as browsers export it.
    pub cookies: Option<PathBuf>,
    /// Header fields to send.
    pub headers: Option<PathBuf>,
    /// The name the program goes by.
    pub user_agent: Option<String>,
    /// The longest time for one page.
    pub time_limit: Duration,
    /// The most bytes of one answer.
    pub size_limit: u64,
    /// A recording is closed, and the next one begun, when it has so many bytes.
    pub recording_bytes: u64,
    /// Whether private addresses may be reached.
    pub allow_private_network: bool,
    /// Whether Chromium runs without its own sandbox, as tests that run as root must.
    pub no_sandbox: bool,
    /// The proxy in force, with user name and password; never kept.
    #[serde(skip)]
    pub proxy: Option<String>,
}

impl WebOptions {
    /// The usual way to capture these addresses: politely, by HTTP, without following links.
    pub fn new(urls: Vec<String>) -> Self {
        Self {
            urls,
            sitemaps: Vec::new(),
            follow: None,
            most_pages: 10_000,
            method: Method::Http,
            obey_robots: true,
            rate: 2.0,
            cookies: None,
            headers: None,
            user_agent: None,
            time_limit: Duration::from_secs(90),
            size_limit: 512 << 20,
            recording_bytes: 256 << 20,
            allow_private_network: false,
            no_sandbox: false,
            proxy: None,
        }
    }
}

/// A visit that was written, before it is read.
struct Written {
    target: Found,
    /// The record that shows what came.
    shown: WrittenRecord,
    /// The payload's digest, if it came whole.
    payload: Option<Digest>,
    known: Circumstances,
    /// Why nothing came.
    failure: Option<String>,
}

/// What is under way: the recording, and what will be said of it once it is in the log.
struct Session {
    about: FileAbout,
    method: &'static str,
    software: String,
    egress: &'static str,
    recorder: Option<Recorder>,
    fresh: Vec<Written>,
    texts: Vec<(String, TextRow)>,
    outcomes: Vec<Outcome>,
    /// The captures of this recording that keep a payload whole.
    payloads: BTreeMap<Digest, (CaptureId, Verdict)>,
}

impl Case {
    /// Captures pages of the web. What an earlier run left unfinished is kept first; the same call goes on where it was
    /// stopped.
    pub(super) fn add_web(
        &mut self,
        options: &WebOptions,
        progress: &Progress,
        on_outcome: &mut dyn FnMut(&Outcome),
    ) -> Result<(), CaseError> {
        if options.method == Method::Video {
            return self.add_videos(options, progress, on_outcome);
        }
        let way = self.way_out(options.proxy.as_deref())?;
        let mut capturer = Capturer::start(self, options)?;
        let job = Job::begin(self, options)?;
        let mut session = Session {
            about: capturer.about(egress::mode(&way)),
            method: if options.method == Method::Browser { "browser" } else { "http" },
            software: capturer.software(),
            egress: egress::mode(&way),
            recorder: None,
            fresh: Vec::new(),
            texts: Vec::new(),
            outcomes: Vec::new(),
            payloads: BTreeMap::new(),
        };
        let (stopper, ended) = (capturer.stopper(), AtomicBool::new(false));
        std::thread::scope(|scope| {
            // Whoever asks to stop does not wait for the pages that are under way.
            scope.spawn(|| {
                while !ended.load(Ordering::Relaxed) {
                    if progress.stopped() {
                        return stopper.stop();
                    }
                    std::thread::sleep(Duration::from_millis(50));
                }
            });
            let captured =
                self.capture_all(options, &job, &mut capturer, &mut session, progress, on_outcome);
            ended.store(true, Ordering::Relaxed);
            captured
        })?;
        if !progress.stopped() {
            job.end()?;
        }
        Ok(())
    }

    /// Captures page after page until none is left, or somebody asks to stop.
    fn capture_all(
        &mut self,
        options: &WebOptions,
        job: &Job,
        capturer: &mut Capturer,
        session: &mut Session,
        progress: &Progress,
        on_outcome: &mut dyn FnMut(&Outcome),
    ) -> Result<(), CaseError> {
        let mut done = job.done(self)?;
        progress.begin("capturing", options.urls.len() as u64, 0);
        let mut seeds = Vec::new();
        for text in &options.urls {
            match Url::parse(text.trim()) {
                Ok(url) if matches!(url.scheme(), "http" | "https") => seeds.push(url),
                _ => {
                    let error = CaseError::input(
                        format!("{text} is no address of a page"),
                        "an address begins with http:// or https://",
                    );
                    on_outcome(&Outcome::failure(Path::new(text), &error));
                }
            }
        }
        seeds.extend(self.read_sitemaps(&options.sitemaps, capturer, session, on_outcome)?);
        let follow = options.follow.as_ref();
        let reach = follow.map_or(Reach::Page, |follow| follow.reach);
        let mut scope = Scope::new(&seeds, reach);
        scope.pages = options.most_pages;
        if let Some(follow) = follow {
            scope.depth = follow.depth;
            scope.include.clone_from(&follow.include);
            scope.exclude.clone_from(&follow.exclude);
        }
        let mut frontier = Frontier::new(scope);
        for seed in &seeds {
            // A seed that is excluded, or one too many, is not captured.
            let _ = frontier.offer(seed, 0, None);
        }
        let mut taken = 0;
        loop {
            while !progress.stopped() && capturer.has_room() {
                let Some(target) = frontier.take() else { break };
                taken += 1;
                if let Some(row) = done.remove(&target.url) {
                    // An earlier run of the same job captured it: its links are still to be followed.
                    if follow.is_some() {
                        offer(&mut frontier, &target, &self.links_of(&row)?);
                    }
                    progress.advance(1, 0);
                    continue;
                }
                capturer.submit(target);
            }
            progress.lengthen(taken + frontier.waiting() as u64);
            let Some(visited) = capturer.next() else { break };
            // A page that was cut off because somebody stopped is captured anew by the next run.
            let Some(written) = self.write_visit(visited, session)? else { continue };
            progress.advance(1, written.shown.place.length);
            session.fresh.push(written);
            // Links are needed as soon as nothing else waits.
            let hungry = follow.is_some() && frontier.waiting() == 0;
            if session.fresh.len() >= READ_TOGETHER || !capturer.has_work() || hungry {
                for (target, links) in self.read_fresh(session)? {
                    offer(&mut frontier, &target, &links);
                }
            }
            let recorder = session.recorder.as_ref();
            if recorder.is_some_and(|recorder| recorder.is_full(options.recording_bytes)) {
                for (target, links) in self.close_recording(session, on_outcome)? {
                    offer(&mut frontier, &target, &links);
                }
            }
        }
        // Nobody follows links any more: either none waits, or somebody asked to stop.
        self.close_recording(session, on_outcome)?;
        Ok(())
    }

    /// The pages that sitemaps list. What passed while they were fetched is recorded, too.
    fn read_sitemaps(
        &mut self,
        sitemaps: &[String],
        capturer: &mut Capturer,
        session: &mut Session,
        on_outcome: &mut dyn FnMut(&Outcome),
    ) -> Result<Vec<Url>, CaseError> {
        let (mut waiting, mut seen) = (sitemaps.to_vec(), BTreeSet::new());
        let mut pages = Vec::new();
        while let Some(url) = waiting.pop() {
            if !seen.insert(url.clone()) || seen.len() > MOST_SITEMAPS {
                continue;
            }
            let Some(fetched) = capturer.fetch(&url) else { break };
            let recorder = self.recorder(session)?;
            let mut answer = None;
            for exchange in &fetched.exchanges {
                let entropy = self.environment.entropy.as_mut();
                let written = recorder.exchange(exchange, &self.casebook, entropy)?;
                answer = written.into_iter().find(|one| one.record_type == RecordType::Response);
            }
            let read = match (&fetched.ending, answer) {
                (Ending::Answered { status: 200..=299 }, Some(answer)) => {
                    let body = recorder.body(&answer)?;
                    sitemap::parse(&body).map_err(|error| error.to_string())
                }
                (Ending::Failed(failure), _) => Err(failure.to_string()),
                (Ending::Answered { status } | Ending::Cut { status, .. }, _) => {
                    Err(format!("the answer has the status {status}, or is not whole"))
                }
            };
            match read {
                Ok(Sitemap::Pages(found)) => {
                    pages.extend(found.entries.into_iter().map(|entry| entry.url));
                }
                Ok(Sitemap::Index(found)) => {
                    waiting.extend(found.entries.into_iter().map(|entry| entry.url.into()));
                }
                Err(why) => {
                    let error = CaseError::input(
                        format!("{url} gives no sitemap: {why}"),
                        "look for the address that the site's robots.txt names",
                    );
                    on_outcome(&Outcome::failure(Path::new(&url), &error));
                }
            }
        }
        Ok(pages)
    }

    /// The recording under way, begun if there is none.
    fn recorder<'s>(&mut self, session: &'s mut Session) -> Result<&'s mut Recorder, CaseError> {
        match &mut session.recorder {
            Some(recorder) => Ok(recorder),
            none => {
                let incoming = Incoming::of(self)?;
                let now = (self.environment.clock)();
                let entropy = self.environment.entropy.as_mut();
                let begun = Recorder::begin(&incoming, &session.about, now, entropy)?;
                Ok(none.insert(begun))
            }
        }
    }

    /// Writes what passed on one visit; gives what shows the page, unless it was cut off because somebody stopped.
    fn write_visit(
        &mut self,
        visited: Visited,
        session: &mut Session,
    ) -> Result<Option<Written>, CaseError> {
        let recorder = self.recorder(session)?;
        visited.write(recorder, &self.casebook, self.environment.entropy.as_mut())
    }

    /// Reads and judges what was written since the last time. Gives the links of each page.
    fn read_fresh(
        &mut self,
        session: &mut Session,
    ) -> Result<Vec<(Found, Vec<String>)>, CaseError> {
        let fresh = std::mem::take(&mut session.fresh);
        let Some(recorder) = &mut session.recorder else { return Ok(Vec::new()) };
        let (path, source) = (recorder.path.clone(), recorder.source());
        let fail = |cause: std::io::Error| CaseError::file("read", &path, &cause);
        // What is judged is what was written, read back from the file.
        let readers = self.readers.clone();
        let read = |written: &Written| -> std::io::Result<Option<Reading>> {
            if written.failure.is_some() || written.shown.record_type == RecordType::Revisit {
                return Ok(None);
            }
            let place = written.shown.place;
            let mut reader = read_record_at(source.open()?, place.offset, place.length)?;
            let Some(mut record) = reader.next_record()? else { return Ok(None) };
            read_record(&readers, &mut record, None, written.known.clone(), &Stop::default())
                .map(Some)
        };
        let readings: Vec<_> = fresh.par_iter().map(read).collect();
        let mut links = Vec::new();
        for (written, reading) in fresh.into_iter().zip(readings) {
            let capture = CaptureId::random(self.environment.entropy.as_mut());
            let (text, verdict, found) = match reading.map_err(fail)? {
                Some(reading) => {
                    let verdict = reading.text.verdict.clone();
                    (reading.text, verdict, reading.links)
                }
                None => self.without_body(&written, session)?,
            };
            if let Some(payload) = written.payload {
                session.payloads.entry(payload).or_insert((capture, verdict.clone()));
            }
            session.texts.push((capture.to_string(), text));
            let source = written.target.url.clone();
            session.outcomes.push(Outcome {
                bytes: written.shown.place.length,
                digest: written.payload,
                failed: is_failure(&verdict.code),
                ..Outcome::of(source, capture.to_string(), verdict.clone())
            });
            if let Some(recorder) = &mut session.recorder {
                recorder.captures.insert(
                    written.shown.record_id,
                    RecordedCapture {
                        capture,
                        page: written.target.url.clone(),
                        payload: written.payload,
                        verdict,
                    },
                );
            }
            links.push((written.target, found));
        }
        Ok(links)
    }

    /// What is said of a visit that brought nothing, or nothing new.
    fn without_body(
        &self,
        written: &Written,
        session: &Session,
    ) -> Result<(TextRow, Verdict, Vec<String>), CaseError> {
        if let Some(failure) = &written.failure {
            let judgement = judge(&Response { failure: Some(failure), ..Response::default() });
            let verdict =
                Verdict { code: judgement.code.as_str().to_owned(), evidence: judgement.evidence };
            return Ok((TextRow::unread("", failure), verdict, Vec::new()));
        }
        let Some(payload) = written.payload else {
            let why = "nothing of the answer can be read";
            let verdict = Verdict { code: Code::Unclear.to_string(), evidence: vec![why.into()] };
            return Ok((TextRow::unread("", why), verdict, Vec::new()));
        };
        let (id, before, links) = match session.payloads.get(&payload) {
            Some((id, verdict)) => (*id, verdict.code.clone(), Vec::new()),
            None => match self.casebook.capture_of_payload(&payload)? {
                Some(row) => {
                    let links = self.links_of(&row)?;
                    (row.capture, row.is().to_owned(), links)
                }
                None => {
                    let why = "the same bytes came before, as a part of another page";
                    let code = Code::Duplicate.to_string();
                    let verdict = Verdict { code, evidence: vec![why.to_owned()] };
                    return Ok((TextRow::unread("", why), verdict, Vec::new()));
                }
            },
        };
        // The same wall twice is a wall, not a harmless repetition.
        let code = if before == "content" { Code::Duplicate.to_string() } else { before.clone() };
        let why = format!("the same bytes as {id}, which is: {before}");
        Ok((TextRow::unread("", &why), Verdict { code, evidence: vec![why] }, links))
    }

    /// Where the links of a capture lead.
    fn links_of(&self, row: &crate::CaptureRow) -> Result<Vec<String>, CaseError> {
        let original = match row.verdict.as_str() {
            "duplicate" => self.casebook.original_of(row)?,
            _ => None,
        };
        let row = original.as_ref().unwrap_or(row);
        crate::reading::links_of_capture(&self.readers, self.vault.store(), row)
    }

    /// Closes the recording under way, and logs it. What was written to it and not yet read is read first, since it could
    /// not be found in the next one; gives the links of those pages.
    fn close_recording(
        &mut self,
        session: &mut Session,
        on_outcome: &mut dyn FnMut(&Outcome),
    ) -> Result<Vec<(Found, Vec<String>)>, CaseError> {
        let links = self.read_fresh(session)?;
        let Some(recorder) = session.recorder.take() else { return Ok(links) };
        let Closed { id, path, source, captures } = recorder.close()?;
        let robots = session.about.robots.clone();
        let facts = Facts {
            id,
            method: session.method.to_owned(),
            software: session.software.clone(),
            egress: session.egress.to_owned(),
            robots,
            finished: true,
        };
        self.log_recording(facts, (&path, &source), captures)?;
        self.texts.put(&std::mem::take(&mut session.texts))?;
        std::fs::remove_file(&path).map_err(|cause| CaseError::file("remove", &path, &cause))?;
        session.outcomes.drain(..).for_each(|outcome| on_outcome(&outcome));
        session.payloads.clear();
        Ok(links)
    }

    /// Brings a written archive into the vault and the log.
    fn log_recording(
        &mut self,
        facts: Facts,
        (path, source): (&Path, &Source),
        captures: BTreeMap<String, RecordedCapture>,
    ) -> Result<(), CaseError> {
        let mut file = source.open().map_err(|cause| CaseError::file("read", path, &cause))?;
        self.vault.reserve(1, self.environment.entropy.as_mut())?;
        let Some(evidence) = self.vault.store().put(&mut file, &mut |_| true)? else {
            return Err(CaseError::machine("the recording was not kept"));
        };
        let listed = self.list_records(&evidence, Some(captures))?;
        let day = (self.environment.clock)().day();
        let recording = Recording {
            id: facts.id,
            name: format!("{day}-{}.warc.gz", facts.method),
            method: facts.method,
            software: facts.software,
            egress: facts.egress,
            robots: facts.robots,
            finished: facts.finished,
            evidence,
            manifest: listed.manifest,
            records: listed.records.len() as u64,
            captures: listed.captures,
            problems: listed.problems,
        };
        let payload = Payload::Recording(recording);
        self.commit(vec![Pending { payload, records: listed.records }])?;
        Ok(())
    }
}

/// What the log says of a recording besides its bytes.
struct Facts {
    id: witnessmark_model::id::ImportId,
    method: String,
    software: String,
    egress: String,
    robots: String,
    finished: bool,
}

/// Gives the links of a page to the frontier, which takes those that are in its scope.
fn offer(frontier: &mut Frontier, page: &Found, links: &[String]) {
    for link in links {
        if let Ok(url) = Url::parse(link) {
            // What is out of scope is not followed; that is what the scope is for.
            let _ = frontier.offer(&url, page.depth + 1, Some(&page.url));
        }
    }
}

/// The reach as a word: jobs are compared by it.
fn debug_word<S: Serializer>(reach: &Reach, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&format!("{reach:?}"))
}

/// Whether a verdict means that the page was not got, so that the command ends with exit code 1. What is unclear a person
/// decides; a notice that something was removed is itself evidence.
fn is_failure(code: &str) -> bool {
    !matches!(code, "content" | "duplicate" | "removal-notice" | "unclear")
}
