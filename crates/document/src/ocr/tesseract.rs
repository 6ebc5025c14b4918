//! Tesseract, as a program that is run.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use thiserror::Error;

use super::languages::{LANGUAGES, OcrLanguage};
use super::tsv::{OcrLine, lines_of};
use super::{Recogniser, Shows};
use crate::picture::Gray;

/// Runs a program with arguments and standard input, and returns its standard output, or why it was stopped.
///
/// Whoever gives it sees to it that the program is confined, that its environment is empty but for `OMP_THREAD_LIMIT=1`, and
/// that its time and memory have limits.
pub type Run = Box<dyn FnMut(&Path, &[String], &[u8]) -> Result<Vec<u8>, String> + Send>;

/// Why nothing was recognised.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum OcrError {
    /// Tesseract is not installed.
    #[error("Tesseract is not installed")]
    NoProgram,
    /// It has none of the languages that are tried.
    #[error("Tesseract has no language that is read here")]
    NoLanguage,
    /// It failed, or was stopped.
    #[error("Tesseract: {why}")]
    Failed {
        /// What it or the system said, on one line.
        why: String,
    },
}

impl OcrError {
    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::NoProgram => {
                "on Debian, install tesseract-ocr, and a package for each language: tesseract-ocr-eng, tesseract-ocr-chi-sim, tesseract-ocr-chi-tra, tesseract-ocr-bod, tesseract-ocr-uig, tesseract-ocr-ara"
            }
            Self::NoLanguage => {
                "on Debian, install tesseract-ocr-eng, tesseract-ocr-chi-sim, tesseract-ocr-chi-tra, tesseract-ocr-bod, tesseract-ocr-uig or tesseract-ocr-ara"
            }
            Self::Failed { .. } => "look at the picture yourself; it is kept as it is",
        }
    }
}

/// An installed Tesseract.
pub struct Tesseract {
    installed: Installed,
    run: Run,
}

/// Where a Tesseract is, and what it has.
#[derive(Clone, Debug)]
pub struct Installed {
    path: PathBuf,
    data: Option<PathBuf>,
    name: String,
    languages: Vec<&'static OcrLanguage>,
}

impl Installed {
    /// The folder of its languages, as far as it says so.
    pub fn data(&self) -> Option<&Path> {
        self.data.as_deref()
    }

    /// The same Tesseract, to be run by `run`.
    pub fn with(&self, run: Run) -> Tesseract {
        Tesseract { installed: self.clone(), run }
    }
}

impl Tesseract {
    /// Looks for it in the folders of `path`, which is the value of `PATH`, and asks it for its version and languages.
    pub fn find(path: Option<&OsStr>, mut run: Run) -> Result<Self, OcrError> {
        let path = program_in(path).ok_or(OcrError::NoProgram)?;
        let mut ask = |argument: &str| {
            let said = run(&path, &[argument.to_owned()], &[]);
            said.map(|said| String::from_utf8_lossy(&said).into_owned())
                .map_err(|why| OcrError::Failed { why })
        };
        let name = name_of(&ask("--version")?);
        let listed = ask("--list-langs")?;
        let has = |language: &&OcrLanguage| listed.lines().any(|line| line.trim() == language.code);
        let languages: Vec<_> = LANGUAGES.iter().filter(has).collect();
        if languages.is_empty() {
            return Err(OcrError::NoLanguage);
        }
        let data = folder_of(&listed);
        Ok(Self { installed: Installed { path, data, name, languages }, run })
    }

    /// What was found, to be kept for later.
    pub fn installed(&self) -> Installed {
        self.installed.clone()
    }
}

/// Where it is in the folders of `path`, which is the value of `PATH`.
pub fn program_in(path: Option<&OsStr>) -> Option<PathBuf> {
    let folders = std::env::split_paths(path.unwrap_or_default());
    let files =
        folders.filter(|folder| folder.is_absolute()).map(|folder| folder.join("tesseract"));
    files.into_iter().find(|file| file.is_file())
}

/// The folder in `List of available languages in "/usr/share/tesseract-ocr/5/tessdata/" (9):`.
fn folder_of(listed: &str) -> Option<PathBuf> {
    let folder = listed.lines().next()?.split('"').nth(1)?;
    Some(PathBuf::from(folder)).filter(|folder| folder.is_absolute())
}

/// `tesseract/5.3.0` out of `tesseract 5.3.0`, the first line that it prints.
fn name_of(printed: &str) -> String {
    let first = printed.lines().next().unwrap_or_default();
    let version = first.strip_prefix("tesseract ").unwrap_or_default().trim_start_matches('v');
    let fits = |letter: char| letter.is_ascii_alphanumeric() || ".-+".contains(letter);
    let version: String = version.chars().take_while(|letter| fits(*letter)).take(40).collect();
    format!("tesseract/{}", if version.is_empty() { "unknown" } else { &version })
}

impl Recogniser for Tesseract {
    fn name(&self) -> &str {
        &self.installed.name
    }

    fn languages(&self) -> &[&'static OcrLanguage] {
        &self.installed.languages
    }

    fn read(
        &mut self,
        picture: &Gray,
        shows: Shows,
        language: &OcrLanguage,
    ) -> Result<Vec<OcrLine>, OcrError> {
        // Modes of page segmentation. Nothing is given to it that it could look up.
        let mode = match shows {
            Shows::Block => "6",
            Shows::Line => "7",
        };
        let arguments =
            ["stdin", "stdout", "-l", language.code, "--psm", mode, "tsv"].map(str::to_owned);
        let said = (self.run)(&self.installed.path, &arguments, &picture.to_pgm())
            .map_err(|why| OcrError::Failed { why })?;
        Ok(lines_of(&String::from_utf8_lossy(&said)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_cut_to_what_a_version_is_made_of() {
        for (printed, name) in [
            ("tesseract 5.3.0\n leptonica-1.82.0", "tesseract/5.3.0"),
            ("tesseract v5.3.3.20231005\r\n", "tesseract/5.3.3.20231005"),
            ("tesseract 5 \u{202e}chi", "tesseract/5"),
            ("", "tesseract/unknown"),
        ] {
            assert_eq!(name_of(printed), name);
        }
    }

    #[test]
    fn the_folder_of_the_languages_is_found_where_it_is_named() {
        let listed = "List of available languages in \"/usr/share/t/5/\" (2):\nbod\neng\n";
        assert_eq!(folder_of(listed), Some(PathBuf::from("/usr/share/t/5/")));
        for other in ["List of available languages (2):\nbod\n", "in \"t\"", ""] {
            assert_eq!(folder_of(other), None, "{other}");
        }
    }

    #[test]
    fn without_the_program_the_error_names_the_package() {
        let found =
            Tesseract::find(Some(OsStr::new("/nowhere")), Box::new(|_, _, _| Ok(Vec::new())));
        let error = found.err().expect("nothing is there");
        assert_eq!(error, OcrError::NoProgram);
        assert!(error.hint().contains("tesseract-ocr"));
    }
}
