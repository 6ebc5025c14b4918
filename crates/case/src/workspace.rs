//! Opening and making cases.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use witnessmark_claims::{Codebook, Gazetteer};
use witnessmark_document::process::{ProcessLimits, Readers};
use witnessmark_model::id::ConfigurationId;
use witnessmark_model::payload::{self, Evidence};
use witnessmark_model::{Entropy, Moment};
use witnessmark_seal::wraps::Unlocked;
use witnessmark_text::{PlaceEntry, PlaceNames};
use witnessmark_vault::{Committed, NewSeal, Opened, Pending, Recovery, Vault};

use crate::casebook::Casebook;
use crate::reading::Texts;
use crate::search::SearchFolder;
use crate::{CaseError, Fault};

/// What comes from outside: the clock and randomness.
pub struct Environment {
    /// What time it is.
    pub clock: Arc<dyn Fn() -> Moment + Send + Sync>,
    /// Random bytes fit for keys.
    pub entropy: Box<dyn Entropy>,
    /// What opens a sealed case; not looked at where the case is open.
    pub unlocked: Option<Arc<Unlocked>>,
    /// The program itself, which reads documents in processes of its own (`witnessmark read-one`). Without it they are kept
    /// and not read.
    pub reader: Option<PathBuf>,
    /// The value of `PATH`: where the program for OCR is looked for. Without it pictures are kept and not read.
    pub programs: Option<OsString>,
    /// Who runs this, as the next one in line is told when the case is locked: process and command.
    pub holder: String,
}

/// What a new case starts with.
#[derive(Clone, Debug, Default)]
pub struct InitOptions {
    /// The case's name; the folder's if none is given.
    pub name: Option<String>,
    /// A line for every page of every dossier.
    pub notice: Option<String>,
    /// The codebook's TOML; the example for rights abuses if none is given.
    pub codebook: Option<PathBuf>,
    /// The gazetteer's CSV.
    pub gazetteer: Option<PathBuf>,
}

/// The codebook that a case gets when none is given: an example for rights abuses.
pub(crate) const EXAMPLE_CODEBOOK: &str = include_str!("../../witnessmark/demo/codebook.toml");

/// One case, open.
pub struct Case {
    pub(crate) vault: Vault,
    pub(crate) casebook: Casebook,
    pub(crate) texts: Texts,
    pub(crate) index: SearchFolder,
    pub(crate) readers: Arc<Readers>,
    pub(crate) environment: Environment,
}

impl Case {
    /// Makes a case in `folder` with its configuration, codebook and gazetteer: sealed, or open if `seal` is none.
    pub fn init(
        folder: &Path,
        options: &InitOptions,
        seal: Option<&NewSeal>,
        mut environment: Environment,
    ) -> Result<Self, CaseError> {
        let codebook_text = match &options.codebook {
            Some(path) => read_text(path)?,
            None => EXAMPLE_CODEBOOK.to_owned(),
        };
        let codebook_name = options
            .codebook
            .as_ref()
            .map_or_else(|| "the example codebook".to_owned(), |path| path.display().to_string());
        // Both are read before anything is made, so that a mistake in them leaves nothing behind.
        let codebook = parse_codebook(&codebook_text, &codebook_name)?;
        let gazetteer = match &options.gazetteer {
            Some(path) => {
                let bytes = std::fs::read(path).map_err(|c| CaseError::file("read", path, &c))?;
                let places = parse_gazetteer(&bytes, &path.display().to_string())?;
                Some((bytes, places))
            }
            None => None,
        };
        let at = (environment.clock)();
        let Environment { holder, entropy, .. } = &mut environment;
        let vault = Vault::create(folder, holder, seal, None, at, entropy.as_mut())?;
        environment.unlocked = vault.unlocked().cloned();
        let casebook = Casebook::fitting(&vault)?;
        let mut case = Self::assemble(vault, casebook, environment)?;
        let folder_name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let entropy = case.environment.entropy.as_mut();
        let mut pending: Vec<Pending> = vec![
            payload::Configuration {
                id: ConfigurationId::random(entropy),
                name: options.name.clone().unwrap_or(folder_name),
                notice: options.notice.clone(),
            }
            .into(),
        ];
        let evidence = case.vault.put_evidence(codebook_text.as_bytes(), entropy)?;
        pending.push(
            payload::Codebook {
                id: ConfigurationId::random(entropy),
                name: codebook.name().to_owned(),
                version: codebook.version().to_owned(),
                evidence,
            }
            .into(),
        );
        if let Some((bytes, places)) = gazetteer {
            let evidence = case.vault.put_evidence(&bytes, entropy)?;
            let id = ConfigurationId::random(entropy);
            pending.push(
                payload::Gazetteer { id, places: places.places().len() as u64, evidence }.into(),
            );
        }
        case.commit(pending)?;
        Ok(case)
    }

    fn assemble(
        vault: Vault,
        casebook: Casebook,
        mut environment: Environment,
    ) -> Result<Self, CaseError> {
        let texts = Texts::open(&vault)?;
        let index = SearchFolder::at(&vault, environment.entropy.as_mut());
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let readers = Readers::new(environment.reader.clone(), cores, ProcessLimits::default())
            .with_programs(environment.programs.clone());
        Ok(Self { vault, casebook, texts, index, readers: Arc::new(readers), environment })
    }

    /// Opens the case in `folder` for reading. If its tables lag behind the log, they are made again first; while
    /// somebody writes, they are read as they are.
    pub fn open(folder: &Path, mut environment: Environment) -> Result<Self, CaseError> {
        let vault = Vault::open(folder, environment.unlocked.clone())?;
        if let Some(casebook) = Casebook::open_fitting(&vault) {
            return Self::assemble(vault, casebook, environment);
        }
        drop(vault);
        let made = writable(folder, &mut environment)
            .and_then(|(vault, _)| Ok((Casebook::fitting(&vault)?, vault)));
        let (casebook, vault) = match made {
            Ok(made) => made,
            Err(error) if error.fault == Fault::Machine => {
                // Somebody writes, or the folder is read-only: what the tables hold is still true of an earlier moment.
                let vault = Vault::open(folder, environment.unlocked.clone())?;
                (Casebook::open_lagging(&vault).ok_or(error)?, vault)
            }
            Err(error) => return Err(error),
        };
        Self::assemble(vault, casebook, environment)
    }

    /// Opens the case for writing: takes its lock, and mends what a crash left, which is reported.
    pub fn open_writable(
        folder: &Path,
        mut environment: Environment,
    ) -> Result<(Self, Recovery), CaseError> {
        let (vault, recovery) = writable(folder, &mut environment)?;
        let casebook = Casebook::fitting(&vault)?;
        Ok((Self::assemble(vault, casebook, environment)?, recovery))
    }

    /// What documents are read without on this computer, such as a part of the sandbox: each said once.
    pub fn reading_lacks(&self) -> Vec<String> {
        self.readers.lacking()
    }

    /// The case's folder.
    pub fn folder(&self) -> &Path {
        self.vault.folder()
    }

    /// Logs entries, then brings the tables up to them.
    pub(crate) fn commit(&mut self, pending: Vec<Pending>) -> Result<Vec<Committed>, CaseError> {
        let at = (self.environment.clock)();
        let entropy = self.environment.entropy.as_mut();
        let committed = self.vault.commit(pending, at, entropy)?;
        self.casebook.apply(&self.vault, &committed)?;
        Ok(committed)
    }

    /// Opens the plain bytes of a piece of evidence.
    pub(crate) fn open_evidence(&self, evidence: &Evidence) -> Result<Opened, CaseError> {
        Ok(self.vault.store().open(&evidence.sha256, &evidence.key)?)
    }

    /// Makes casebook, texts and search index again from the log and the blobs. Returns how many texts were read.
    pub fn rebuild(
        folder: &Path,
        mut environment: Environment,
        progress: &crate::Progress,
    ) -> Result<u64, CaseError> {
        let (vault, _) = writable(folder, &mut environment)?;
        let casebook = Casebook::rebuild(&vault)?;
        Texts::remove(folder)?;
        SearchFolder::at(&vault, environment.entropy.as_mut()).remove()?;
        Self::assemble(vault, casebook, environment)?.read_new_texts(progress)
    }

    /// Every row of every table of the casebook, as sorted lines: what `rebuild` must make again exactly.
    pub fn casebook_dump(&self) -> Result<Vec<String>, CaseError> {
        self.casebook.dump()
    }

    /// The case's name, and the notice for its dossiers.
    pub fn name(&self) -> Result<(String, Option<String>), CaseError> {
        let last = self.casebook.entries_of_kind("configuration")?.pop();
        Ok(match last.and_then(|entry| entry.payload) {
            Some(payload::Payload::Configuration(found)) => (found.name, found.notice),
            _ => (String::new(), None),
        })
    }

    /// The codebook in force, and its digest.
    pub(crate) fn codebook(&self) -> Result<(Codebook, witnessmark_model::Digest), CaseError> {
        let last = self.casebook.entries_of_kind("codebook")?.pop();
        let Some(payload::Payload::Codebook(found)) = last.and_then(|entry| entry.payload) else {
            return Err(CaseError::input(
                "the case has no codebook",
                "make a new case with `witnessmark init DIR --codebook FILE`",
            ));
        };
        let bytes = self.vault.store().read(&found.evidence)?;
        let text = String::from_utf8_lossy(&bytes);
        Ok((parse_codebook(&text, "the case's codebook")?, found.evidence.plain_sha256))
    }

    /// The gazetteer in force; one without places if the case has none.
    pub(crate) fn gazetteer(&self) -> Result<Gazetteer, CaseError> {
        let last = self.casebook.entries_of_kind("gazetteer")?.pop();
        let Some(payload::Payload::Gazetteer(found)) = last.and_then(|entry| entry.payload) else {
            return Ok(Gazetteer::default());
        };
        let bytes = self.vault.store().read(&found.evidence)?;
        parse_gazetteer(&bytes, "the case's gazetteer")
    }
}

/// The vault, for writing. An erasure that a crash cut off is finished first; the case then opens with another key.
fn writable(folder: &Path, environment: &mut Environment) -> Result<(Vault, Recovery), CaseError> {
    let unlocked = environment.unlocked.clone();
    let (mut vault, recovery) = Vault::open_for_writing(folder, &environment.holder, unlocked)?;
    if recovery.unfinished_erasure {
        vault.finish_erasures(environment.entropy.as_mut())?;
        environment.unlocked = vault.unlocked().cloned();
    }
    Ok((vault, recovery))
}

pub(crate) fn read_text(path: &Path) -> Result<String, CaseError> {
    let bytes = std::fs::read(path).map_err(|cause| CaseError::file("read", path, &cause))?;
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        CaseError::input(
            format!("{} is not UTF-8 text: byte {at} does not fit", path.display()),
            "save it as UTF-8",
        )
    })
}

/// Everything that is wrong with an input: one fact a line. Where there are several, each carries its own hint.
fn flawed(errors: &witnessmark_claims::InputErrors, what: &str) -> CaseError {
    let alone = errors.len() == 1;
    let fact = |error: &witnessmark_claims::InputError| match error.hint() {
        Some(hint) if !alone => format!("{what}{error} ({hint})"),
        _ => format!("{what}{error}"),
    };
    let facts: Vec<String> = errors.iter().map(fact).collect();
    let hint = if alone {
        errors.iter().find_map(witnessmark_claims::InputError::hint)
    } else {
        Some("mend all of these and try again; nothing was written".to_owned())
    };
    CaseError { fact: facts.join("\n"), hint, fault: Fault::Input }
}

fn parse_codebook(text: &str, what: &str) -> Result<Codebook, CaseError> {
    Codebook::parse(text).map_err(|errors| flawed(&errors, &format!("{what}: ")))
}

/// The names of a gazetteer in a file of its own (CSV), ready to be found in texts.
pub fn read_place_names(path: &Path) -> Result<PlaceNames, CaseError> {
    let bytes = std::fs::read(path).map_err(|cause| CaseError::file("read", path, &cause))?;
    let gazetteer = parse_gazetteer(&bytes, &path.display().to_string())?;
    Ok(PlaceNames::new(gazetteer.places().iter().map(|place| PlaceEntry {
        key: &place.name,
        parent: place.parent.as_deref(),
        level: place.level,
        names: place.names.iter().map(String::as_str).collect(),
    })))
}

fn parse_gazetteer(bytes: &[u8], what: &str) -> Result<Gazetteer, CaseError> {
    Gazetteer::parse(bytes).map_err(|errors| flawed(&errors, &format!("{what}: ")))
}

impl From<witnessmark_claims::InputErrors> for CaseError {
    fn from(errors: witnessmark_claims::InputErrors) -> Self {
        flawed(&errors, "")
    }
}
