//! The case as a bag (BagIt, RFC 8493): for an archive's shelf, and back from it; and whether two cases are one.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Serialize;
use witnessmark_archive::bag::{BagReport, BagWriter, BaggedFile, check_bag};
use witnessmark_model::Digest;
use witnessmark_model::id::CopyId;
use witnessmark_seal::wraps::Unlocked;
use witnessmark_vault::copies::{self, CopyError, FolderTarget, Part};
use witnessmark_vault::{Vault, VaultError};

use crate::casebook::Casebook;
use crate::replicating::{apart, steps};
use crate::{Case, CaseError, Progress};

/// So many faults of a bag are named in one error.
const SHOWN: usize = 10;

/// A bag that was written.
#[derive(Clone, Debug, Serialize)]
pub struct Bagged {
    /// Its folder.
    pub bag: PathBuf,
    /// The copy that it is, as the log names it.
    pub copy: CopyId,
    /// `all` or `evidence`: without the keys.
    pub holds: String,
    /// How many entries the log in it has.
    pub size: u64,
    /// The root over them.
    pub root: Digest,
    /// How many files are its payload.
    pub files: u64,
    /// How many bytes they have.
    pub bytes: u64,
    /// SHA-256 of its `tagmanifest-sha256.txt`, which stands for every byte of it.
    pub sha256: Digest,
}

/// A bag that was checked and made a case again.
#[derive(Clone, Debug, Serialize)]
pub struct Unbagged {
    /// The case's folder.
    pub folder: PathBuf,
    /// How many files the case has.
    pub files: u64,
    /// How many bytes they have.
    pub bytes: u64,
    /// Whether the keys came along.
    pub keys: bool,
    /// What was worth knowing about the bag.
    pub warnings: Vec<String>,
}

/// Whether two cases are one.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Sameness {
    /// Whether nothing differs.
    pub identical: bool,
    /// How many files were compared byte by byte, by digest.
    pub files: u64,
    /// How many bytes they have.
    pub bytes: u64,
    /// How many rows of the casebook were compared, made again from each log; none where keys are missing.
    pub rows: Option<u64>,
    /// What differs, by name.
    pub differences: Vec<Difference>,
}

/// Something that differs between two cases.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// The file, or `casebook`.
    pub name: String,
    /// How it differs.
    pub what: String,
}

impl Case {
    /// Writes the case's truth as a bag into `out`, which must not exist: `case.toml`, the log, the objects, and the keys if
    /// asked for. The log says first that this copy is begun.
    pub fn export_bag(
        &mut self,
        out: &Path,
        with_keys: bool,
        label: Option<String>,
        progress: &Progress,
    ) -> Result<Bagged, CaseError> {
        let fail = |cause: io::Error| CaseError::file("write", out, &cause);
        let folder = self.vault.folder().to_owned();
        apart(&folder, out)?;
        let mut bag = BagWriter::create(out).map_err(|cause| match cause.kind() {
            io::ErrorKind::AlreadyExists => CaseError::usage(
                format!("{} exists already", out.display()),
                "name a folder that does not exist yet",
            ),
            _ => fail(cause),
        })?;
        let holds = if with_keys { "all" } else { "evidence" };
        let copy = self.log_copy("bag", holds, label)?;
        let (_, here) = self.vault.checkpoint()?;
        let mut files = copies::files_of_case(&folder)?;
        files.retain(|file| with_keys || file.part != Part::Key);
        let bytes = files.iter().map(|file| file.bytes).sum();
        progress.begin("bagging", files.len() as u64, bytes);
        for file in &files {
            let path = folder.join(&file.name);
            let mut input =
                File::open(&path).map_err(|cause| CaseError::file("read", &path, &cause))?;
            let found = bag.add(&file.name, &mut input, &mut |bytes| {
                progress.advance(0, bytes);
                !progress.stopped()
            });
            let found = found.map_err(|cause| stopped(progress).unwrap_or_else(|| fail(cause)))?;
            if let Part::Blob(digest) = file.part
                && found != digest.hex()
            {
                return Err(CopyError::Damaged { first: file.name.clone(), count: 1 }.into());
            }
            progress.advance(1, 0);
        }
        let day = self.today();
        let id = self.vault.case_id().to_string();
        let size = here.size.to_string();
        let root = here.root.hex();
        let info = [
            ("Bag-Software-Agent", concat!("witnessmark/", env!("CARGO_PKG_VERSION"))),
            ("Bagging-Date", day.as_str()),
            ("External-Identifier", id.as_str()),
            ("Log-Size", size.as_str()),
            ("Log-Root", root.as_str()),
        ];
        let readme = readme(with_keys, self.is_sealed());
        let sha256 = bag.finish(&info, &[("README.txt", &readme)]).map_err(fail)?;
        Ok(Bagged {
            bag: out.to_owned(),
            copy,
            holds: holds.to_owned(),
            size: here.size,
            root: here.root,
            files: files.len() as u64,
            bytes,
            sha256: Digest(sha256),
        })
    }
}

/// The page for whoever opens the bag without knowing what it is. It says nothing about this case.
fn readme(with_keys: bool, sealed: bool) -> String {
    let mut text = "\
This folder is a bag (BagIt 1.0, RFC 8493). Under data/ it holds a case of Witnessmark, a program that
keeps evidence from public sources: case.toml, the log, and the stored objects, each named by its SHA-256.

To check that nothing was changed, without that program:
  sha256sum --check tagmanifest-sha256.txt
  sha256sum --check manifest-sha256.txt
or: python3 -m bagit --validate .

To make it a case again:   witnessmark import bag THIS-FOLDER NEW-FOLDER
To verify what it says:    witnessmark verify NEW-FOLDER
The program's page docs/format.md describes every file, well enough to write another program.

From then on, write to one of the two alone: entries that are added to both never fit together again.
"
    .to_owned();
    text.push_str(match (with_keys, sealed) {
        (true, true) => {
            "\nThe keys are under data/keys, sealed: nothing can be read without the passphrase of the case.\n"
        }
        (true, false) => {
            "\nThe keys are under data/keys, in the clear: whoever has this bag can write in the name of its owner.\n"
        }
        (false, true) => "\nThe keys are not in this bag. Without them nothing in it can be read.\n",
        (false, false) => {
            "\nThe keys are not in this bag. Without them the log can neither be verified whole nor continued.\n"
        }
    });
    text
}

fn stopped(progress: &Progress) -> Option<CaseError> {
    progress.stopped().then(|| {
        CaseError::machine(
            "stopped; nothing was written, but the log says that this copy was begun",
        )
    })
}

/// Checks the bag in `bag` by every rule, and makes a case of it in `folder`, which must not exist, be empty, or hold what an
/// earlier run began. Nothing is written unless the whole bag is sound and holds nothing but a case.
pub fn import_bag(bag: &Path, folder: &Path, progress: &Progress) -> Result<Unbagged, CaseError> {
    apart(bag, folder)?;
    let fail = |cause: io::Error| CaseError::file("read", bag, &cause);
    let sum = size_of(bag).map_err(fail)?;
    progress.begin("checking", 0, sum);
    let report = check_bag(bag, &mut |bytes| {
        progress.advance(0, bytes);
        !progress.stopped()
    });
    let report = report.map_err(|cause| match progress.stopped() {
        true => CaseError::machine("stopped; nothing was written"),
        false => fail(cause),
    })?;
    refuse_flawed(bag, &report)?;
    refuse_strange(bag, &report.payload)?;
    let target = FolderTarget::open(&bag.join("data"))?;
    let found = copies::contents(&target)?;
    let (files, bytes) = copies::restore(&target, &found, folder, &steps(progress))?;
    // What came is compared with what was checked: the bag may have changed in between.
    for (name, file) in &report.payload {
        let path = folder.join(name);
        if digest_of(&path)? != file.sha256 {
            return Err(VaultError::Damaged {
                path,
                detail: "it is not what the bag held when it was checked".to_owned(),
            }
            .into());
        }
    }
    Ok(Unbagged {
        folder: folder.to_owned(),
        files,
        bytes,
        keys: report.payload.keys().any(|name| name.starts_with("keys/")),
        warnings: report.warnings.iter().map(ToString::to_string).collect(),
    })
}

fn refuse_flawed(bag: &Path, report: &BagReport) -> Result<(), CaseError> {
    if report.errors.is_empty() {
        return Ok(());
    }
    let mut facts = vec![format!("{} is no sound bag; nothing was written", bag.display())];
    facts.extend(report.errors.iter().take(SHOWN).map(ToString::to_string));
    if report.errors.len() > SHOWN {
        facts.push(format!("… and {} more", report.errors.len() - SHOWN));
    }
    Err(CaseError::input(facts.join("\n"), "get the bag again from where it came from"))
}

/// An error unless the payload is a case and nothing else.
fn refuse_strange(bag: &Path, payload: &BTreeMap<String, BaggedFile>) -> Result<(), CaseError> {
    let hint = "only bags that `witnessmark export bag` wrote become cases; add other files with `witnessmark add`";
    let refused = |fact: String| CaseError::input(format!("{}: {fact}", bag.display()), hint);
    for name in payload.keys() {
        let plain = name.chars().all(|one| one.is_ascii_alphanumeric() || "/._-".contains(one));
        if !plain || Part::of(name).is_none() {
            return Err(refused(format!("data/{} is no file of a case", name.escape_default())));
        }
    }
    for needed in ["case.toml", "log/checkpoint", "log/state"] {
        if !payload.contains_key(needed) {
            return Err(refused(format!("it holds no case: data/{needed} is missing")));
        }
    }
    Ok(())
}

fn size_of(folder: &Path) -> io::Result<u64> {
    let mut sum = 0;
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let metadata = entry.metadata()?;
        sum += if metadata.is_dir() { size_of(&entry.path())? } else { metadata.len() };
    }
    Ok(sum)
}

fn digest_of(path: &Path) -> Result<String, CaseError> {
    let mut hasher = witnessmark_model::digest::Hasher::new();
    let mut buffer = vec![0; 1 << 17];
    let fail = |cause: io::Error| CaseError::file("read", path, &cause);
    let mut file = File::open(path).map_err(fail)?;
    loop {
        match io::Read::read(&mut file, &mut buffer).map_err(fail)? {
            0 => return Ok(hasher.finish().hex()),
            read => hasher.update(buffer.get(..read).unwrap_or_default()),
        }
    }
}

/// Whether the cases in two folders are one: every file of `case.toml`, log, objects and keys is compared, and the casebook
/// is made again from each log and compared row by row. Both are locked meanwhile.
///
/// `unlocked` opens each of the two that is sealed.
pub fn same(
    one: &Path,
    other: &Path,
    holder: &str,
    unlocked: [Option<Arc<Unlocked>>; 2],
    progress: &Progress,
) -> Result<Sameness, CaseError> {
    let [my_key, their_key] = unlocked;
    let (mine, theirs) = (hold(one, holder, my_key)?, hold(other, holder, their_key)?);
    let listed = |folder: &Path| -> Result<BTreeMap<String, u64>, CaseError> {
        let files = copies::files_of_case(folder)?;
        Ok(files.into_iter().map(|file| (file.name, file.bytes)).collect())
    };
    let (left, right) = (listed(one)?, listed(other)?);
    let mut sameness = Sameness::default();
    let names: BTreeSet<&String> = left.keys().chain(right.keys()).collect();
    progress.begin("comparing", names.len() as u64, left.values().sum());
    for name in names {
        let what = match (left.get(name), right.get(name)) {
            (Some(_), None) => Some(format!("it is not in {}", other.display())),
            (None, _) => Some(format!("it is not in {}", one.display())),
            (Some(bytes), Some(others)) if bytes != others => Some("its length differs".to_owned()),
            (Some(bytes), Some(_)) => {
                sameness.files += 1;
                sameness.bytes += bytes;
                let equal = digest_of(&one.join(name))? == digest_of(&other.join(name))?;
                progress.advance(1, *bytes);
                (!equal).then(|| "its bytes differ".to_owned())
            }
        };
        if let Some(what) = what {
            sameness.differences.push(Difference { name: name.clone(), what });
        }
        if progress.stopped() {
            return Err(CaseError::machine("stopped; nothing was changed"));
        }
    }
    if let (Some(mine), Some(theirs)) = (mine, theirs) {
        progress.begin("comparing tables", 0, 0);
        let (rows, others) =
            (Casebook::rebuild(&mine)?.dump()?, Casebook::rebuild(&theirs)?.dump()?);
        sameness.rows = Some(rows.len() as u64);
        if rows != others {
            let differing = rows.iter().zip(&others).filter(|(row, other)| row != other).count();
            let what =
                format!("{} rows and {}, of which {differing} differ", rows.len(), others.len());
            sameness.differences.push(Difference { name: "casebook".to_owned(), what });
        }
    }
    sameness.identical = sameness.differences.is_empty();
    Ok(sameness)
}

/// The case, held still. None where it cannot be opened because it has no keys; it is then compared by its files alone.
fn hold(
    folder: &Path,
    holder: &str,
    unlocked: Option<Arc<Unlocked>>,
) -> Result<Option<Vault>, CaseError> {
    if !folder.join("keys").exists() {
        return Ok(None);
    }
    let (vault, _) = Vault::open_for_writing(folder, holder, unlocked)?;
    Ok(Some(vault))
}
