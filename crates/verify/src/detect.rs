//! What kind of thing lies before us.

use witnessmark_seal::CaseKey;

use crate::files::{Files, FilesError};
use crate::report::{Kind, Report};
use crate::trust::Trust;

/// Neither a case nor a dossier.
#[derive(Debug, thiserror::Error)]
pub enum Unknown {
    /// The names could not be listed.
    #[error(transparent)]
    Files(#[from] FilesError),
    /// A web archive collection.
    #[error("this is a WACZ, a web archive, neither a case nor a dossier")]
    Wacz,
    /// A folder above a case or a dossier.
    #[error("this is neither a case nor a dossier, but `{0}` in it looks like one")]
    Above(String),
    /// Nothing known.
    #[error("this is neither a case nor a dossier: it has no case.toml, and no SHA256SUMS.note")]
    Other,
}

impl Unknown {
    /// What to do.
    pub fn hint(&self) -> String {
        match self {
            Self::Files(_) => "check that it exists and may be read".into(),
            Self::Wacz => "run `witnessmark warc check` on it".into(),
            Self::Above(inner) => format!("run the command again on `{inner}`"),
            Self::Other => "give a case's folder, or a dossier's folder or zip".into(),
        }
    }
}

/// What kind of thing these files are. A case or dossier that lost some of its marks is still known by the others.
pub fn detect(files: &dyn Files) -> Result<Kind, Unknown> {
    const CASE: [&str; 3] = ["case.toml", "log/state", "log/checkpoint"];
    const DOSSIER: [&str; 5] =
        ["data/dossier.json", "SHA256SUMS.note", "data/log.vkey", "data/checkpoint", "SHA256SUMS"];
    let mut wacz = false;
    let (mut case, mut dossier, mut above) = (0, 0, None);
    for one in files.list()? {
        case += usize::from(CASE.contains(&one.name.as_str()));
        dossier += usize::from(DOSSIER.contains(&one.name.as_str()));
        wacz |= one.name == "datapackage.json";
        if let Some((top, "case.toml" | "SHA256SUMS.note")) = one.name.rsplit_once('/') {
            above.get_or_insert(top.to_owned());
        }
    }
    match (case, dossier) {
        (0, 0) if wacz => Err(Unknown::Wacz),
        (0, 0) => Err(above.map_or(Unknown::Other, Unknown::Above)),
        (case, dossier) if case >= dossier => Ok(Kind::Case),
        _ => Ok(Kind::Dossier),
    }
}

/// Verifies a case or a dossier, whichever it is. `key` is the master key of a sealed case; `trust` says whom the reader
/// believes about time.
pub fn verify(files: &dyn Files, key: Option<&CaseKey>, trust: &Trust) -> Result<Report, Unknown> {
    Ok(match detect(files)? {
        Kind::Case => crate::case::verify(files, key, trust),
        Kind::Dossier => crate::dossier::verify(files, trust),
    })
}
