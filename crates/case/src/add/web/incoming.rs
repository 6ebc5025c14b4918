//! Where recordings under way are written: the folder `incoming` of a case.
//!
//! In an open case they are plain files there. In a sealed case they are files of frames (`witnessmark_seal::frames`)
//! under a key of their own, a frame each time what was written must not be lost; and what cannot be sealed, because
//! programs of others work on it, is kept in memory.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{DirBuilderExt, FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};

use witnessmark_capture::MemoryFolder;
use witnessmark_model::{Digest, Entropy};
use witnessmark_seal::SealError;
use witnessmark_seal::frames::{self, FrameReader};
use zeroize::Zeroizing;

use crate::{Case, CaseError};

/// The folder's name in the case.
pub(in crate::add) const FOLDER: &str = "incoming";
/// A frame holds at most so many plain bytes, so that a reader of one record needs little memory.
const FRAME: usize = 1 << 20;
const PLAIN: &str = ".warc.gz";
const SEALED: &str = ".frames";
const SEALED_NOTE: &str = ".note";

/// The key of recordings under way in a sealed case.
type Key = Arc<Zeroizing<[u8; 32]>>;

/// The folder of recordings under way.
#[derive(Clone, Debug)]
pub(super) struct Incoming {
    folder: PathBuf,
    key: Option<Key>,
}

/// A recording that is being written. Clones write to the same file.
#[derive(Clone)]
pub(super) enum Output {
    Plain(Arc<File>),
    Sealed(Arc<Mutex<FrameWriter>>),
}

/// A recording that can be read, from any place in it.
#[derive(Clone)]
pub(super) enum Source {
    Plain(PathBuf),
    Sealed(Arc<Frames>),
}

/// Something that is read here and there.
pub(super) trait Input: Read + Seek + Send {}
impl<T: Read + Seek + Send> Input for T {}

/// A folder that a program of others works in; removed when this is dropped.
pub(super) enum Workplace {
    /// Within the case: what a crash leaves there is set aside.
    Disk(tempfile::TempDir),
    /// In memory: nothing is left of it.
    Memory(MemoryFolder),
}

impl Workplace {
    pub(super) fn path(&self) -> &Path {
        match self {
            Self::Disk(folder) => folder.path(),
            Self::Memory(folder) => folder.path(),
        }
    }
}

impl Incoming {
    /// The folder of this case; made if it is not there. Only its owner may look into it.
    pub(super) fn of(case: &Case) -> Result<Self, CaseError> {
        Self::at(case.vault.folder(), case.vault.derived_key(FOLDER))
    }

    fn at(case: &Path, key: Option<Zeroizing<[u8; 32]>>) -> Result<Self, CaseError> {
        let folder = case.join(FOLDER);
        match std::fs::DirBuilder::new().mode(0o700).create(&folder) {
            Err(cause) if cause.kind() != io::ErrorKind::AlreadyExists => {
                Err(CaseError::file("make", &folder, &cause))
            }
            _ => Ok(Self { folder, key: key.map(Arc::new) }),
        }
    }

    /// Where bytes may lie for a moment, in files that have no name and vanish with the process.
    pub(super) fn spool(&self) -> &Path {
        match self.key {
            Some(_) => Path::new(MemoryFolder::PLACE),
            None => &self.folder,
        }
    }

    /// An empty folder for a program of others.
    pub(super) fn workplace(&self) -> Result<Workplace, CaseError> {
        let (place, made) = match self.key {
            Some(_) => {
                let place = Path::new(MemoryFolder::PLACE);
                (place, MemoryFolder::create(place).map(Workplace::Memory))
            }
            None => {
                let made = tempfile::Builder::new().prefix("video-").tempdir_in(&self.folder);
                (self.folder.as_path(), made.map(Workplace::Disk))
            }
        };
        made.map_err(|cause| CaseError::file("write to", place, &cause))
    }

    /// Begins the recording with this id.
    pub(super) fn begin(
        &self,
        id: &str,
        entropy: &mut dyn Entropy,
    ) -> Result<(PathBuf, Output), CaseError> {
        let ending = if self.key.is_some() { SEALED } else { PLAIN };
        let path = self.folder.join(format!("{id}{ending}"));
        let fail = |cause| CaseError::file("write", &path, &cause);
        let mut options = OpenOptions::new();
        let options = options.read(true).write(true).create_new(true).mode(0o600);
        let file = Arc::new(options.open(&path).map_err(fail)?);
        let output = match &self.key {
            None => Output::Plain(file),
            Some(key) => {
                let frames =
                    Frames { file, key: key.clone(), context: context(id), at: Vec::new() };
                let nonces = Nonces { seed: Zeroizing::new(entropy.seed()), drawn: 0 };
                let writer = FrameWriter {
                    frames,
                    plain: Zeroizing::default(),
                    whole: 0,
                    length: 0,
                    nonces,
                };
                Output::Sealed(Arc::new(Mutex::new(writer)))
            }
        };
        Ok((path, output))
    }

    /// The recordings that earlier runs left, with their ids.
    pub(super) fn left(&self) -> Vec<(String, PathBuf)> {
        let Ok(entries) = std::fs::read_dir(&self.folder) else { return Vec::new() };
        let recording = |entry: io::Result<std::fs::DirEntry>| {
            let path = entry.ok()?.path();
            let name = path.file_name()?.to_str()?;
            let id = name.strip_suffix(PLAIN).or_else(|| name.strip_suffix(SEALED))?;
            Some((id.to_owned(), path))
        };
        let mut left: Vec<_> = entries.filter_map(recording).collect();
        left.sort();
        left
    }

    /// Opens a recording that an earlier run left. Of a sealed one, what was flushed is there, and what comes after a
    /// damaged frame is not; the second value says that there was one.
    pub(super) fn open(&self, id: &str, path: &Path) -> Result<(Source, bool), CaseError> {
        let fail = |cause| CaseError::file("read", path, &cause);
        if !path.to_string_lossy().ends_with(SEALED) {
            return Ok((Source::Plain(path.to_owned()), false));
        }
        let Some(key) = &self.key else {
            return Err(CaseError::machine(format!(
                "{} is sealed, but the case is not",
                path.display()
            )));
        };
        let file = Arc::new(File::open(path).map_err(fail)?);
        let mut frames = Frames { file, key: key.clone(), context: context(id), at: Vec::new() };
        let was_damaged = match frames.find_all(path) {
            Ok(()) => false,
            Err(SealError::Damaged { .. }) => true,
            Err(error) => return Err(CaseError::machine(format!("{}: {error}", path.display()))),
        };
        Ok((Source::Sealed(Arc::new(frames)), was_damaged))
    }

    /// Notes something small under a name, in place of what was noted before.
    pub(super) fn note(
        &self,
        name: &str,
        bytes: &[u8],
        entropy: &mut dyn Entropy,
    ) -> Result<(), CaseError> {
        let path = self.note_path(name);
        let frame;
        let stored = match &self.key {
            None => bytes,
            Some(key) => {
                frame = frames::frame(key, &context(name), 0, bytes, entropy)
                    .map_err(|error| CaseError::machine(error.to_string()))?;
                &frame
            }
        };
        std::fs::write(&path, stored).map_err(|cause| CaseError::file("write", &path, &cause))
    }

    /// What was noted under a name; none if nothing was, or if it cannot be read.
    pub(super) fn noted(&self, name: &str) -> Option<Zeroizing<Vec<u8>>> {
        let stored = std::fs::read(self.note_path(name)).ok()?;
        match &self.key {
            None => Some(Zeroizing::new(stored)),
            Some(key) => {
                FrameReader::new(stored.as_slice(), key, &context(name)).read_frame().ok()?
            }
        }
    }

    /// Forgets what was noted.
    pub(super) fn forget(&self, name: &str) -> Result<(), CaseError> {
        let path = self.note_path(name);
        std::fs::remove_file(&path).map_err(|cause| CaseError::file("remove", &path, &cause))
    }

    fn note_path(&self, name: &str) -> PathBuf {
        self.folder.join(match self.key {
            None => format!("{name}.json"),
            Some(_) => format!("{name}{SEALED_NOTE}"),
        })
    }
}

fn context(name: &str) -> Vec<u8> {
    format!("{FOLDER}/{name}").into_bytes()
}

impl Output {
    /// What was written so far, for reading.
    pub(super) fn source(&self, path: &Path) -> Source {
        match self {
            Self::Plain(_) => Source::Plain(path.to_owned()),
            Self::Sealed(writer) => Source::Sealed(Arc::new(lock(writer).frames.clone())),
        }
    }
}

fn lock(writer: &Mutex<FrameWriter>) -> MutexGuard<'_, FrameWriter> {
    writer.lock().unwrap_or_else(|lock| lock.into_inner())
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(file) => file.as_ref().write(bytes),
            Self::Sealed(writer) => lock(writer).write(bytes),
        }
    }

    /// What was written so far outlives the process.
    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(_) => Ok(()),
            Self::Sealed(writer) => lock(writer).write_frame(),
        }
    }
}

impl Source {
    /// Begins to read it; several may read at once.
    pub(super) fn open(&self) -> io::Result<Box<dyn Input>> {
        Ok(match self {
            Self::Plain(path) => Box::new(File::open(path)?),
            Self::Sealed(frames) => {
                Box::new(FrameFile { frames: frames.clone(), current: None, at: 0 })
            }
        })
    }
}

/// Where a frame is.
#[derive(Clone, Copy, Debug)]
struct Frame {
    /// Its first byte in the file; of the first frame, the file's header comes before.
    stored_at: u64,
    /// Its first plain byte in the recording.
    plain_at: u64,
    plain_length: usize,
}

/// A file of frames, and where each of them is.
#[derive(Clone)]
pub(super) struct Frames {
    file: Arc<File>,
    key: Key,
    context: Vec<u8>,
    at: Vec<Frame>,
}

impl Frames {
    fn plain_length(&self) -> u64 {
        self.at.last().map_or(0, |last| last.plain_at + last.plain_length as u64)
    }

    /// Walks through the file from its start, up to its end or to damage.
    fn find_all(&mut self, path: &Path) -> Result<(), SealError> {
        let input = io::BufReader::new(File::open(path)?);
        let mut reader = FrameReader::new(input, &self.key, &self.context);
        let mut stored_at = 0;
        while let Some(plain) = reader.read_frame()? {
            let plain_at = self.plain_length();
            self.at.push(Frame { stored_at, plain_at, plain_length: plain.len() });
            stored_at = reader.whole_bytes();
        }
        Ok(())
    }

    fn open(&self, number: usize) -> io::Result<Zeroizing<Vec<u8>>> {
        let frame = self.at.get(number).ok_or(io::ErrorKind::UnexpectedEof)?;
        let header = if number == 0 { frames::MAGIC.len() } else { 0 };
        let mut stored = vec![0; header + frames::stored_length(frame.plain_length)];
        self.file.read_exact_at(&mut stored, frame.stored_at)?;
        let before = (number as u64, frame.stored_at);
        FrameReader::resume(stored.as_slice(), &self.key, &self.context, before)
            .read_frame()
            .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?
            .ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
    }
}

/// Writes frames: one when it is asked to flush, and one when there is enough for one.
pub(super) struct FrameWriter {
    frames: Frames,
    /// Not sealed yet.
    plain: Zeroizing<Vec<u8>>,
    /// Where the next frame goes.
    length: u64,
    /// Plain bytes in whole frames.
    whole: u64,
    nonces: Nonces,
}

impl FrameWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.plain.capacity() == 0 {
            // A buffer that grows would leave its text behind.
            self.plain.reserve_exact(FRAME);
        }
        if self.plain.len() == FRAME {
            self.write_frame()?;
        }
        let taken = bytes.len().min(FRAME - self.plain.len());
        self.plain.extend_from_slice(bytes.get(..taken).unwrap_or_default());
        Ok(taken)
    }

    fn write_frame(&mut self) -> io::Result<()> {
        if self.plain.is_empty() {
            return Ok(());
        }
        let number = self.frames.at.len() as u64;
        let frame = frames::frame(
            &self.frames.key,
            &self.frames.context,
            number,
            &self.plain,
            &mut self.nonces,
        )
        .map_err(io::Error::other)?;
        // What an earlier attempt left in part is overwritten.
        self.frames.file.write_all_at(&frame, self.length)?;
        let place =
            Frame { stored_at: self.length, plain_at: self.whole, plain_length: self.plain.len() };
        self.frames.at.push(place);
        self.length += frame.len() as u64;
        self.whole += self.plain.len() as u64;
        self.plain.clear();
        Ok(())
    }
}

/// Random bytes that come from one random seed: SHA-256 of it and a counter. Only nonces are made of them.
struct Nonces {
    seed: Zeroizing<[u8; 32]>,
    drawn: u64,
}

impl Entropy for Nonces {
    fn fill(&mut self, bytes: &mut [u8]) {
        for piece in bytes.chunks_mut(32) {
            let Digest(random) = Digest::of_all(&[self.seed.as_slice(), &self.drawn.to_be_bytes()]);
            self.drawn += 1;
            piece.iter_mut().zip(random).for_each(|(byte, random)| *byte = random);
        }
    }
}

/// Reads the plain bytes of a file of frames, a frame at a time.
struct FrameFile {
    frames: Arc<Frames>,
    current: Option<(usize, Zeroizing<Vec<u8>>)>,
    at: u64,
}

impl Read for FrameFile {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let places = &self.frames.at;
        let number = places.partition_point(|frame| frame.plain_at <= self.at).saturating_sub(1);
        let Some(place) = places.get(number).filter(|_| self.at < self.frames.plain_length())
        else {
            return Ok(0);
        };
        let plain = match self.current.take() {
            Some((current, plain)) if current == number => plain,
            _ => self.frames.open(number)?,
        };
        let within = usize::try_from(self.at - place.plain_at).unwrap_or(usize::MAX);
        let mut rest = plain.get(within..).unwrap_or_default();
        let count = rest.read(into)?;
        self.at += count as u64;
        self.current = Some((number, plain));
        Ok(count)
    }
}

impl Seek for FrameFile {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let at = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(by) => self.frames.plain_length().checked_add_signed(by),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
        };
        self.at = at.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.at)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failure in a test may panic anywhere")]

    use super::*;

    fn incoming(folder: &Path, sealed: bool) -> Incoming {
        Incoming::at(folder, sealed.then(|| Zeroizing::new([7; 32]))).unwrap()
    }

    fn entropy() -> Nonces {
        Nonces { seed: Zeroizing::new([1; 32]), drawn: 0 }
    }

    fn all(source: &Source) -> Vec<u8> {
        let mut bytes = Vec::new();
        source.open().unwrap().read_to_end(&mut bytes).unwrap();
        bytes
    }

    fn stored(folder: &Path) -> Vec<u8> {
        let files = std::fs::read_dir(folder.join(FOLDER)).unwrap();
        files.flat_map(|file| std::fs::read(file.unwrap().path()).unwrap()).collect()
    }

    const PLANTED: &str = "a word that must not be read";

    fn holds(bytes: &[u8]) -> bool {
        bytes.windows(PLANTED.len()).any(|window| window == PLANTED.as_bytes())
    }

    #[test]
    fn what_is_written_is_read_at_any_place() {
        for sealed in [false, true] {
            let folder = tempfile::tempdir().unwrap();
            let incoming = incoming(folder.path(), sealed);
            let (path, mut output) = incoming.begin("imp-1", &mut entropy()).unwrap();
            let mut written = Vec::new();
            for number in 0..5_usize {
                let record = format!("{number} {PLANTED} ").repeat(number * number * 5000);
                output.write_all(record.as_bytes()).unwrap();
                output.flush().unwrap();
                written.extend_from_slice(record.as_bytes());
            }
            let source = output.source(&path);
            assert!(all(&source) == written, "sealed: {sealed}");
            let mut input = source.open().unwrap();
            for at in [0, 1, FRAME - 1, FRAME, FRAME + 1, written.len() - 9] {
                let mut bytes = [0; 9];
                input.seek(SeekFrom::Start(at as u64)).unwrap();
                input.read_exact(&mut bytes).unwrap();
                assert_eq!(bytes, written[at..at + 9], "sealed: {sealed}, at {at}");
            }
            assert_eq!(input.seek(SeekFrom::End(0)).unwrap(), written.len() as u64);
            assert_eq!(input.read(&mut [0; 9]).unwrap(), 0);
            assert_eq!(holds(&stored(folder.path())), !sealed);
            let left = incoming.left();
            assert_eq!(left, [("imp-1".to_owned(), path.clone())]);
            let (source, was_damaged) = incoming.open("imp-1", &path).unwrap();
            assert!(all(&source) == written && !was_damaged, "sealed: {sealed}");
        }
    }

    /// Somebody kills the process at any moment: all that was flushed is there, and nothing that was not whole.
    #[test]
    fn a_file_that_broke_off_gives_what_was_flushed() {
        let folder = tempfile::tempdir().unwrap();
        let incoming = incoming(folder.path(), true);
        let (path, mut output) = incoming.begin("imp-1", &mut entropy()).unwrap();
        let mut ends = vec![(0, 0)];
        for number in 0..6 {
            output.write_all(&[number; 100]).unwrap();
            output.flush().unwrap();
            ends.push((std::fs::metadata(&path).unwrap().len(), (usize::from(number) + 1) * 100));
        }
        output.write_all(PLANTED.as_bytes()).unwrap();
        let whole = std::fs::read(&path).unwrap();
        assert_eq!(whole.len() as u64, ends.last().unwrap().0, "what was not flushed is in memory");
        for length in 0..=whole.len() {
            std::fs::write(&path, &whole[..length]).unwrap();
            let (source, was_damaged) = incoming.open("imp-1", &path).unwrap();
            let flushed = ends.iter().rev().find(|(end, _)| *end <= length as u64).unwrap().1;
            assert_eq!((all(&source).len(), was_damaged), (flushed, false), "cut to {length}");
        }
        let mut damaged = whole.clone();
        damaged[ends[3].0 as usize + 50] ^= 1;
        std::fs::write(&path, &damaged).unwrap();
        let (source, was_damaged) = incoming.open("imp-1", &path).unwrap();
        assert_eq!((all(&source).len(), was_damaged), (300, true));
    }

    #[test]
    fn a_note_is_sealed_like_the_rest() {
        for sealed in [false, true] {
            let folder = tempfile::tempdir().unwrap();
            let incoming = incoming(folder.path(), sealed);
            assert!(incoming.noted("job").is_none());
            for text in [PLANTED, "shorter"] {
                incoming.note("job", text.as_bytes(), &mut entropy()).unwrap();
                assert_eq!(incoming.noted("job").unwrap().as_slice(), text.as_bytes());
                assert_eq!(holds(&stored(folder.path())), text == PLANTED && !sealed);
            }
            assert!(incoming.left().is_empty(), "a note is no recording");
            incoming.forget("job").unwrap();
            assert!(incoming.noted("job").is_none());
        }
    }

    #[test]
    fn in_a_sealed_case_others_work_in_memory() {
        let folder = tempfile::tempdir().unwrap();
        let on_disk = incoming(folder.path(), false).workplace().unwrap();
        assert!(on_disk.path().starts_with(folder.path()));
        if !Path::new(MemoryFolder::PLACE).exists() {
            return println!("skipped: needs {}", MemoryFolder::PLACE);
        }
        let in_memory = incoming(folder.path(), true).workplace().unwrap();
        assert!(in_memory.path().starts_with(MemoryFolder::PLACE));
    }
}
