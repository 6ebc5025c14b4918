//! The side that asks: a few children, each of which reads one file after another.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use witnessmark_text::Hints;

use super::frame::{self, Kind, NoFrame, Request};
use super::keeper::Kept;
use super::recognisers::Recognisers;
use super::stop::Timer;
use super::{ProcessLimits, Stop, Stopped};
use crate::ocr::{OcrError, Scan, Tesseract};
use crate::picture::Gray;
use crate::{Document, Limits, Pictures};

/// What is done with each frame of an answer.
type EachFrame<'a> = dyn FnMut(Kind, &[u8]) -> Result<(), NoFrame> + 'a;

/// After so many files a child is replaced, whatever it looks like.
const FILES_A_CHILD: u32 = 1000;
/// A child that is not ready after this time never will be. Long, since a computer may be busy.
const START: Duration = Duration::from_secs(60);
/// A child that holds more memory than this after a file is replaced, in bytes.
const MOST_HELD: u64 = 160 << 20;
/// After so many pages of one file on which OCR failed, the others are not tried.
const MOST_FAILURES: u32 = 3;

/// How long the pictures of one file may take to be decoded and recognised, by the clock on the wall.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScanLimits {
    /// One page: the longest that OCR works on it.
    pub page: Duration,
    /// All pictures of a file. What is left then is named in a warning.
    pub file: Duration,
}

impl Default for ScanLimits {
    fn default() -> Self {
        // A page takes some seconds, so that the most pages that are read of one file fit.
        Self { page: Duration::from_secs(5 * 60), file: Duration::from_secs(60 * 60) }
    }
}

/// Children that read documents.
///
/// Any number of threads may ask at once: there are at most as many children as was said, and who comes when all are at work
/// waits. Children are started when they are needed, and end with this.
#[derive(Debug)]
pub struct Readers {
    executable: Option<PathBuf>,
    most: usize,
    limits: ProcessLimits,
    scans: ScanLimits,
    recognisers: Recognisers,
    state: Mutex<State>,
    freed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    idle: Vec<Reader>,
    /// How many there are, at work or idle.
    running: usize,
    lacking: BTreeSet<String>,
}

/// One child.
struct Reader {
    kept: Kept,
    files: u32,
    /// Processor time that it has used, in whole seconds, rounded up.
    worked: u64,
}

impl Readers {
    /// At most `most` children of `executable`, which is `witnessmark` itself. Without one every file is answered with
    /// [`Stopped::NoExecutable`].
    pub fn new(executable: Option<PathBuf>, most: usize, limits: ProcessLimits) -> Self {
        Self {
            executable,
            most: most.max(1),
            limits,
            scans: ScanLimits::default(),
            recognisers: Recognisers::default(),
            state: Mutex::default(),
            freed: Condvar::new(),
        }
    }

    /// The same, with the program for OCR that lies in the folders of `path`, the value of `PATH`.
    pub fn with_programs(mut self, path: Option<OsString>) -> Self {
        self.recognisers = Recognisers::new(path);
        self
    }

    /// The same, with other times for pictures.
    pub fn with_scan_limits(mut self, scans: ScanLimits) -> Self {
        self.scans = scans;
        self
    }

    /// Whether pictures of writing can be read here, as far as that is known without running anything.
    pub fn can_recognise(&self) -> bool {
        self.executable.is_some() && self.recognisers.are_there()
    }

    /// Reads a file in a child, as [`crate::read`] would, and hands on each document as it comes.
    ///
    /// What was handed on before an error stands: it was read before the child was stopped.
    pub fn read(
        &self,
        bytes: &[u8],
        hints: &Hints,
        limits: &Limits,
        each: &mut dyn FnMut(Document),
    ) -> Result<(), Stopped> {
        let pictures = Pictures::None;
        let request = Request::Read { hints: hints.clone(), limits: *limits, pictures };
        self.ask(&request, bytes, &[], &mut |kind, body| {
            if kind != Kind::Document {
                return Err(NoFrame::Garbled);
            }
            each(frame::parse(body)?);
            Ok(())
        })
    }

    /// Reads a file as [`Readers::read`] does, and the writing on its scanned pages by OCR. Where none is installed, a warning of
    /// the document says so, and [`Document::waits_for_ocr`] is true.
    ///
    /// Ends soon, with [`Stopped::Asked`], when `stop` is asked for. When the time for the pictures of a file is over, the rest of
    /// its documents come without, and say so.
    pub fn read_recognised(
        &self,
        bytes: &[u8],
        hints: &Hints,
        limits: &Limits,
        stop: &Stop,
        each: &mut dyn FnMut(Document),
    ) -> Result<(), Stopped> {
        let executable = self.executable.as_deref().ok_or(Stopped::NoExecutable)?;
        let pictures = if self.can_recognise() { Pictures::Scans } else { Pictures::None };
        let request = Request::Read { hints: hints.clone(), limits: *limits, pictures };
        let mut scanning = Scanning::new(executable, self, stop);
        let stops = [stop.clone(), scanning.file.clone()];
        let read = self.ask(&request, bytes, &stops, &mut |kind, body| {
            match kind {
                Kind::Document => scanning.take(frame::parse(body)?, each),
                Kind::Picture => {
                    let (page, picture) = frame::picture(body)?;
                    scanning.recognise(page, &picture)?;
                }
                Kind::NoPicture => {
                    let (page, why) = frame::parse(body)?;
                    scanning.keep(page, Err(why));
                }
                _ => return Err(NoFrame::Garbled),
            }
            Ok(())
        });
        scanning.finish(each);
        if stop.is_asked() || !scanning.file.is_asked() {
            return read;
        }
        // The rest comes without pictures: behind one scan too many there may be words.
        let known = scanning.documents;
        let pictures = Pictures::None;
        let request = Request::Read { hints: hints.clone(), limits: *limits, pictures };
        let mut count = 0;
        let read = self.ask(&request, bytes, std::slice::from_ref(stop), &mut |kind, body| {
            if kind != Kind::Document {
                return Err(NoFrame::Garbled);
            }
            count += 1;
            if count > known {
                scanning.take(frame::parse(body)?, each);
            }
            Ok(())
        });
        scanning.finish(each);
        read
    }

    /// The picture of a page of a document that is a picture, or was read from one; why there is none comes second.
    pub fn picture(
        &self,
        bytes: &[u8],
        hints: &Hints,
        inside: Option<&str>,
        page: u32,
    ) -> Result<Result<Gray, String>, Stopped> {
        let pictures = Pictures::Page { inside: inside.map(str::to_owned), page };
        let limits = Limits::default();
        let request = Request::Read { hints: hints.clone(), limits, pictures };
        let mut found = None;
        self.ask(&request, bytes, &[], &mut |kind, body| {
            let picture = match kind {
                Kind::Picture => Ok(frame::picture(body)?.1),
                Kind::NoPicture => Err(frame::parse::<(u32, String)>(body)?.1),
                Kind::Document => return Ok(()),
                _ => return Err(NoFrame::Garbled),
            };
            found.get_or_insert(picture);
            Ok(())
        })?;
        Ok(found.unwrap_or_else(|| Err(format!("there is no picture of a page {page} in it"))))
    }

    /// What children are not confined by on this computer, each said once: for a warning to whoever uses the program.
    pub fn lacking(&self) -> Vec<String> {
        self.state().lacking.iter().cloned().collect()
    }

    /// Asks a child, and hands on each frame of its answer but the last. The child ends with any of the wishes `stops`.
    fn ask(
        &self,
        request: &Request,
        bytes: &[u8],
        stops: &[Stop],
        each: &mut EachFrame<'_>,
    ) -> Result<(), Stopped> {
        let executable = self.executable.as_deref().ok_or(Stopped::NoExecutable)?;
        let mut place = Place { readers: self, reader: Some(self.free_reader(executable)?) };
        let Some(reader) = place.reader.as_mut() else { return Err(Stopped::Garbled) };
        reader.kept.begin(self.limits.time, stops);
        match reader.answer(request, bytes, &self.limits, stops, each) {
            Ok(()) => {
                reader.kept.done();
                reader.files += 1;
                if !reader.is_worn(&self.limits) {
                    place.give_back();
                }
                Ok(())
            }
            Err(why) => {
                let ended = place.reader.take().map(|reader| reader.kept.end()).unwrap_or_default();
                Err(match why {
                    NoFrame::Over => ended.why(&self.limits),
                    NoFrame::Garbled => Stopped::Garbled,
                    NoFrame::Unwanted => Stopped::Asked,
                    NoFrame::TooLong => Stopped::Output { limit: self.limits.output },
                })
            }
        }
    }

    /// A child that waits for work: an idle one, a new one, or the next that gets idle.
    fn free_reader(&self, executable: &Path) -> Result<Reader, Stopped> {
        let mut state = self.state();
        loop {
            match state.idle.pop() {
                Some(reader) if reader.lives() => return Ok(reader),
                // Somebody ended it meanwhile, which is no file's fault.
                Some(_) => state.running = state.running.saturating_sub(1),
                None if state.running < self.most => break,
                None => {
                    state = self.freed.wait(state).unwrap_or_else(PoisonError::into_inner);
                }
            }
        }
        state.running += 1;
        drop(state);
        let started = Reader::start(executable, &self.limits);
        let mut state = self.state();
        match started {
            Ok((reader, lacking)) => {
                state.lacking.extend(lacking);
                Ok(reader)
            }
            Err(error) => {
                state.running = state.running.saturating_sub(1);
                self.freed.notify_one();
                Err(error)
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What was recognised on each page that was tried, or what went wrong.
type Scans = BTreeMap<u32, Result<Scan, String>>;

/// The documents of a file, whose scanned pages are recognised while their pictures come.
struct Scanning<'r> {
    executable: &'r Path,
    readers: &'r Readers,
    /// The document that came last, if pages of it want OCR.
    waiting: Option<(Document, Scans)>,
    /// How many documents came.
    documents: usize,
    /// The program, once it was looked for; and on how many pages it failed.
    with: Option<(Result<Tesseract, OcrError>, u32)>,
    /// Somebody asked to stop.
    stop: &'r Stop,
    /// The time for all pictures of the file is over, or for the page that is being read.
    file: Stop,
    page: Stop,
    /// Runs from the first picture on.
    timer: Option<Timer>,
}

impl<'r> Scanning<'r> {
    fn new(executable: &'r Path, readers: &'r Readers, stop: &'r Stop) -> Self {
        Self {
            executable,
            readers,
            waiting: None,
            documents: 0,
            with: None,
            stop,
            file: Stop::default(),
            page: Stop::default(),
            timer: None,
        }
    }

    /// Takes the next document, and hands on the one before.
    fn take(&mut self, document: Document, each: &mut dyn FnMut(Document)) {
        self.finish(each);
        self.documents += 1;
        if !document.waits_for_ocr() {
            return each(document);
        }
        // The pictures of it are what takes the time.
        let (stop, time) = (&self.file, self.readers.scans.file);
        if self.readers.can_recognise() {
            self.timer.get_or_insert_with(|| Timer::start(stop, time));
        }
        self.waiting = Some((document, BTreeMap::new()));
    }

    /// The program, looked for once.
    fn program(&mut self) -> &mut (Result<Tesseract, OcrError>, u32) {
        let stops = [self.stop.clone(), self.file.clone(), self.page.clone()];
        let (readers, executable) = (self.readers, self.executable);
        let look = || (readers.recognisers.one(executable, &stops), 0);
        self.with.get_or_insert_with(look)
    }

    fn recognise(&mut self, page: u32, picture: &Gray) -> Result<(), NoFrame> {
        let (stop, time) = (self.page.clone(), self.readers.scans.page);
        let (Ok(with), failures) = self.program() else { return Ok(()) };
        let found = if *failures < MOST_FAILURES {
            let timer = Timer::start(&stop, time);
            let found = Scan::of(picture, with);
            drop(timer);
            found.map_err(|error| {
                *failures += 1;
                match stop.take_back() {
                    true => format!("OCR took more than {}", shown(time)),
                    false => error.to_string(),
                }
            })
        } else {
            Err("OCR failed on pages before it".to_owned())
        };
        stop.take_back();
        // What was stopped has not failed.
        if self.stop.is_asked() || (self.file.is_asked() && found.is_err()) {
            return Err(NoFrame::Unwanted);
        }
        self.keep(page, found);
        Ok(())
    }

    fn keep(&mut self, page: u32, found: Result<Scan, String>) {
        if let Some((_, scans)) = &mut self.waiting {
            scans.insert(page, found);
        }
    }

    /// Hands on the document whose pictures have come.
    fn finish(&mut self, each: &mut dyn FnMut(Document)) {
        let Some((mut document, mut scans)) = self.waiting.take() else { return };
        if self.file.is_asked() {
            let why = format!(
                "reading the pictures of one file took more than {}",
                shown(self.readers.scans.file)
            );
            for page in document.unread_scans() {
                scans.entry(page).or_insert_with(|| Err(why.clone()));
            }
        }
        match &self.program().0 {
            Ok(with) => document.put_scans(&scans, with),
            Err(why) => document.not_recognised(why),
        }
        each(document);
    }
}

/// A time as people say it.
fn shown(time: Duration) -> String {
    match time.as_secs() {
        seconds if seconds >= 120 => format!("{} minutes", seconds / 60),
        seconds => format!("{seconds} seconds"),
    }
}

/// A child's place among those that may run, while it works. Free again in any case, a panic of the caller's too.
struct Place<'r> {
    readers: &'r Readers,
    reader: Option<Reader>,
}

impl Place<'_> {
    fn give_back(&mut self) {
        if let Some(reader) = self.reader.take() {
            let mut state = self.readers.state();
            state.idle.push(reader);
            // Its place goes with it.
            state.running += 1;
        }
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        drop(self.reader.take());
        let mut state = self.readers.state();
        state.running = state.running.saturating_sub(1);
        drop(state);
        self.readers.freed.notify_one();
    }
}

impl Reader {
    /// Starts a child, and waits until it is confined; with what it is not confined by.
    fn start(executable: &Path, limits: &ProcessLimits) -> Result<(Self, Vec<String>), Stopped> {
        let mut command = Command::new(executable);
        command.arg("read-one").arg(limits.memory.to_string()).env_clear().current_dir("/");
        let mut kept = Kept::start(command)?;
        kept.begin(START, &[]);
        let ready = kept.from.as_mut().map(|from| frame::read(from, 1 << 16));
        match ready {
            Some(Ok((Kind::Ready, body))) if let Ok(lacking) = frame::parse(&body) => {
                kept.done();
                let mut reader = Self { kept, files: 0, worked: 0 };
                reader.allow_work(limits);
                Ok((reader, lacking))
            }
            _ => {
                let why = kept.end().why(limits).to_string();
                Err(Stopped::Start { why })
            }
        }
    }

    fn answer(
        &mut self,
        request: &Request,
        bytes: &[u8],
        limits: &ProcessLimits,
        stops: &[Stop],
        each: &mut EachFrame<'_>,
    ) -> Result<(), NoFrame> {
        let to = self.kept.to.as_mut().ok_or(NoFrame::Over)?;
        frame::write_json(&mut *to, Kind::Request, request)
            .and_then(|()| frame::write(to, Kind::File, bytes))
            .map_err(|_| NoFrame::Over)?;
        let mut most = limits.output;
        loop {
            let from = self.kept.from.as_mut().ok_or(NoFrame::Over)?;
            let (kind, body) = frame::read(from, most)?;
            if kind == Kind::End {
                return Ok(());
            }
            if kind == Kind::Picture {
                // Whoever asks works on it as long as it takes; the child waits, and then goes on as with another file.
                self.kept.done();
                each(kind, &body)?;
                self.allow_work(limits);
                self.kept.begin(limits.time, stops);
            } else {
                most = most.saturating_sub(body.len() as u64);
                each(kind, &body)?;
            }
        }
    }

    /// Whether it should not be used again. If it should, it is allowed to work on another file.
    fn is_worn(&mut self, limits: &ProcessLimits) -> bool {
        self.files >= FILES_A_CHILD || self.allow_work(limits) > MOST_HELD
    }

    /// Limits its processor time to what it has used and one file's worth. How many bytes of memory it holds.
    #[cfg(target_os = "linux")]
    fn allow_work(&mut self, limits: &ProcessLimits) -> u64 {
        use rustix::process::{Pid, Resource, Rlimit, prlimit};
        let Some((worked, held)) = used_by(self.kept.pid) else { return u64::MAX };
        if worked > self.worked || self.files == 0 {
            self.worked = worked;
            let current = Some(worked.saturating_add(limits.work));
            let limit = Rlimit { current, maximum: None };
            let pid = i32::try_from(self.kept.pid).ok().and_then(Pid::from_raw);
            if pid.is_none() || prlimit(pid, Resource::Cpu, limit).is_err() {
                return u64::MAX;
            }
        }
        held
    }

    #[cfg(not(target_os = "linux"))]
    fn allow_work(&mut self, _limits: &ProcessLimits) -> u64 {
        0
    }

    /// Whether the process is still there.
    #[cfg(target_os = "linux")]
    fn lives(&self) -> bool {
        state_of(self.kept.pid).is_some_and(|fields| !fields.starts_with(['Z', 'X']))
    }

    #[cfg(not(target_os = "linux"))]
    fn lives(&self) -> bool {
        true
    }
}

impl std::fmt::Debug for Reader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reader").field("files", &self.files).finish_non_exhaustive()
    }
}

/// The fields of `/proc/PID/stat` from the third on (proc(5)), parted by spaces.
#[cfg(target_os = "linux")]
fn state_of(pid: u32) -> Option<String> {
    let line = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    Some(line.rsplit_once(") ")?.1.to_owned())
}

/// How many seconds of processor time a process has used, rounded up, and how many bytes of memory it holds.
#[cfg(target_os = "linux")]
fn used_by(pid: u32) -> Option<(u64, u64)> {
    let state = state_of(pid)?;
    let fields: Vec<&str> = state.split(' ').collect();
    let number = |at: usize| fields.get(at)?.trim().parse::<u64>().ok();
    let ticks = number(11)?.saturating_add(number(12)?);
    let seconds = ticks.div_ceil(rustix::param::clock_ticks_per_second().max(1));
    Some((seconds, number(21)?.saturating_mul(rustix::param::page_size() as u64)))
}
