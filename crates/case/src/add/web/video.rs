//! Posts and videos: fetched by yt-dlp, a program of others, one item an address. Its files are evidence like any other.

use std::path::{Path, PathBuf};

use witnessmark_capture::external::{
    ExternalCapture, ExternalEnding, ExternalError, ExternalFile, ExternalSettings, FileRole, YtDlp,
};
use witnessmark_model::id::CaptureId;
use witnessmark_model::payload::{Capture, SourceRef, Verdict};
use witnessmark_text::verdict::Code;

use super::incoming::Incoming;
use super::{WebOptions, is_failure};
use crate::add::{Outcome, Pendings};
use crate::reading::TextRow;
use crate::{Case, CaseError, Progress};

/// How the log names captures of this kind.
const METHOD: &str = "yt-dlp";

impl Case {
    /// Captures one item of each address.
    pub(super) fn add_videos(
        &mut self,
        options: &WebOptions,
        progress: &Progress,
        on_outcome: &mut dyn FnMut(&Outcome),
    ) -> Result<(), CaseError> {
        let door = super::capturer::door(self, options)?;
        let incoming = Incoming::of(self)?;
        let asking = incoming.workplace()?;
        let search_path = std::env::var_os("PATH").unwrap_or_default();
        let program = YtDlp::find(None, &search_path, asking.path()).map_err(unfetched)?;
        progress.begin("capturing", options.urls.len() as u64, 0);
        for url in &options.urls {
            if progress.stopped() {
                break;
            }
            let folder = incoming.workplace()?;
            let settings = ExternalSettings {
                door: door.clone(),
                folder: folder.path().to_owned(),
                time_limit: options.time_limit,
                byte_limit: options.size_limit,
            };
            let entropy = self.environment.entropy.as_mut();
            match program.capture(url, &settings, entropy, progress.stop_flag()) {
                Ok(capture) if capture.ending == ExternalEnding::Stopped => break,
                Ok(capture) => on_outcome(&self.keep_video(url, &capture)?),
                Err(error) => on_outcome(&Outcome::failure(Path::new(url), &unfetched(error))),
            }
            progress.advance(1, 0);
        }
        Ok(())
    }

    /// Keeps the files of one item, and how they came.
    fn keep_video(&mut self, url: &str, brought: &ExternalCapture) -> Result<Outcome, CaseError> {
        let mut files: Vec<&ExternalFile> = brought.files.iter().collect();
        // What was captured comes first: the largest of what can be looked at or heard.
        files.sort_by_key(|file| (file.role, std::cmp::Reverse(file.length)));
        let mut pending = Pendings::default();
        let (mut evidence, mut bytes) = (Vec::new(), 0);
        for file in &files {
            let fail = |cause: std::io::Error| CaseError::file("read", &file.path, &cause);
            let mut input = std::fs::File::open(&file.path).map_err(fail)?;
            self.vault.reserve(1, self.environment.entropy.as_mut())?;
            let Some(kept) = self.vault.store().put(&mut input, &mut |_| true)? else { continue };
            bytes += kept.plain_length();
            evidence.push(self.known_or_new(kept, &mut pending)?);
        }
        let how = serde_json::to_vec(brought)?;
        let kept = self.vault.put_evidence(&how, self.environment.entropy.as_mut())?;
        evidence.push(self.known_or_new(kept, &mut pending)?);
        let digest = evidence.first().map(|first| first.plain_sha256);
        let verdict = verdict(brought);
        let first = files.first().map_or("how.json", |file| file.name.as_str());
        let id = CaptureId::random(self.environment.entropy.as_mut());
        let capture = Capture {
            id,
            source: SourceRef {
                id: self.source_id(Some(url), &mut pending.new_sources)?,
                url: Some(url.to_owned()),
            },
            method: METHOD.to_owned(),
            name: first.to_owned(),
            media_type: media_type(first).to_owned(),
            published: None,
            evidence,
            verdict: verdict.clone(),
        };
        self.commit(vec![capture.into()])?;
        let mut text = TextRow::unread(media_type(first), "what it shows was not read");
        text.title = title(&files);
        self.texts.put(&[(id.to_string(), text)])?;
        let failed = is_failure(&verdict.code);
        Ok(Outcome {
            bytes,
            digest,
            failed,
            ..Outcome::of(url.to_owned(), id.to_string(), verdict)
        })
    }
}

fn unfetched(error: ExternalError) -> CaseError {
    let hint = error.hint().map(str::to_owned);
    let fault = match error {
        ExternalError::Refused { .. } => crate::Fault::Input,
        _ => crate::Fault::Machine,
    };
    CaseError { fact: error.to_string(), hint, fault }
}

/// What can be said of an item without looking at it.
fn verdict(brought: &ExternalCapture) -> Verdict {
    let program = format!("{} {}", brought.program, brought.version);
    let files = brought.files.len();
    let (code, ground) = match brought.ending {
        ExternalEnding::Finished => (
            Code::Content,
            format!("{program} brought {files} files; what they show was not judged"),
        ),
        ExternalEnding::TimedOut => {
            (Code::Partial, format!("{program} took too long and was ended"))
        }
        ExternalEnding::TooLarge => {
            (Code::Partial, format!("{program} brought too much and was ended"))
        }
        ExternalEnding::Failed | ExternalEnding::NothingBrought | ExternalEnding::Stopped => {
            (Code::Error, format!("{program} brought no media file"))
        }
    };
    let mut evidence = vec![ground];
    if code != Code::Content && !brought.messages.is_empty() {
        let last = brought.messages.lines().last().unwrap_or_default();
        evidence.push(format!("it says: {last}"));
    }
    Verdict { code: code.to_string(), evidence }
}

/// The title that the site gives, as the capturer wrote it down.
fn title(files: &[&ExternalFile]) -> Option<String> {
    let described = files.iter().find(|file| file.role == FileRole::Metadata)?;
    let path: &PathBuf = &described.path;
    let says: serde_json::Value = serde_json::from_slice(&std::fs::read(path).ok()?).ok()?;
    says.get("title")?.as_str().map(str::to_owned)
}

fn media_type(name: &str) -> &'static str {
    match name.rsplit('.').next().unwrap_or_default() {
        "mp4" | "m4v" => "video/mp4",
        "webm" => "video/webm",
        "mkv" => "video/x-matroska",
        "m4a" => "audio/mp4",
        "mp3" => "audio/mpeg",
        "jpg" | "jpeg" => "image/jpeg",
        "png" => "image/png",
        "json" => "application/json",
        _ => "application/octet-stream",
    }
}
