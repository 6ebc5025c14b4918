//! Publishing and verifying.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use witnessmark_case::seal::wraps::Unlocked;
use witnessmark_case::vault::{Vault, VaultError};
use witnessmark_case::verify::{self, Folder, Outcome, Report, Trust, Unknown, Verdict, ZipFiles};
use witnessmark_case::{CaseError, PublishPolicy, SecretsPolicy};

use crate::arguments::{Arguments, Profile, PublishArguments, Secrets};
use crate::output::{count, fit, json, line, note, prose};
use crate::{Ending, passphrase, system};

/// The zip file that goes beside a dossier's folder.
pub(crate) fn zip_beside(folder: &Path) -> PathBuf {
    let mut name = folder.as_os_str().to_owned();
    name.push(".zip");
    name.into()
}

/// `publish`.
pub(super) fn publish(
    arguments: &Arguments,
    given: &PublishArguments,
) -> Result<Ending, CaseError> {
    let Profile::Public = given.profile;
    let text = match &given.policy {
        Some(path) => {
            std::fs::read_to_string(path).map_err(|cause| CaseError::file("read", path, &cause))?
        }
        None => String::new(),
    };
    let name = given.policy.as_ref().map(|path| path.display().to_string()).unwrap_or_default();
    let policy = PublishPolicy::parse(&text, &name)?;
    let mut case = super::open_writable(arguments, "publish")?;
    let zip = zip_beside(&given.out);
    let published =
        case.publish(&given.out, &zip, &text, &policy, given.keep_secrets, given.timestamps)?;
    if arguments.json {
        json(&published)?;
        return Ok(Ending::Well);
    }
    line(&format!("wrote {} and {}", given.out.display(), zip.display()))?;
    line(&format!(
        "{}, {}, {}, {} of them shown whole",
        count(published.numbers, "number"),
        count(published.estimates, "estimate"),
        count(published.exhibits, "exhibit"),
        published.cleared
    ))?;
    for (capture, secret) in &published.secrets {
        line(&format!("! {capture} shows a secret: {} ({})", secret.kind.word(), secret.hint))?;
    }
    if given.timestamps {
        line(&format!("{} from outside", count(published.timestamps, "timestamp")))?;
    } else if published.timestamps_kept > 0 {
        note(
            arguments.quiet,
            "the outside timestamps were left out, because they tell times finer than a day; `--timestamps` hands them over",
        );
    }
    line(&format!("checkpoint fingerprint: {}", published.checkpoint_sha256))?;
    note(
        arguments.quiet,
        "give that fingerprint to readers by another way than the dossier itself",
    );
    note(
        arguments.quiet,
        "nothing was looked for that could harm a person named in it; have a second person read every page before it leaves",
    );
    Ok(Ending::Well)
}

/// `verify`.
pub(super) fn verify(
    arguments: &Arguments,
    path: Option<&Path>,
    time_roots: &[PathBuf],
    block_headers: Option<&Path>,
) -> Result<Ending, CaseError> {
    let trust = trust(time_roots, block_headers)?;
    let path = match path {
        Some(path) => path.to_owned(),
        None => system::case_folder(arguments.case.as_deref())?,
    };
    let report = verify_with(arguments, &path, &trust)?;
    if arguments.json {
        json(&report)?
    } else {
        print_report(&report)?
    }
    Ok(Ending::flawed_if(report.verdict == Verdict::Failed))
}

/// Whom and what the reader believes about time.
pub(super) fn trust(
    time_roots: &[PathBuf],
    block_headers: Option<&Path>,
) -> Result<Trust, CaseError> {
    let mut trust = Trust::default();
    let read =
        |file: &Path| std::fs::read(file).map_err(|cause| CaseError::file("read", file, &cause));
    for file in time_roots {
        trust.believe_time_roots(&read(file)?).map_err(|fault| {
            let fact = format!("{}: {fault}", file.display());
            CaseError::input(
                fact,
                "give a root certificate as PEM or DER, as its authority publishes it",
            )
        })?;
    }
    if let Some(file) = block_headers {
        trust.believe_block_headers(&read(file)?).map_err(|fault| {
            CaseError::input(
                format!("{}: {fault}", file.display()),
                "take the headers from a Bitcoin node or wallet that you trust",
            )
        })?;
    }
    Ok(trust)
}

/// Holds a case still while it is verified, and mends what a crash left first, as every opening does. None where that
/// cannot be: on a read-only disk, or where the damage is such that only the verification can say what it is.
fn hold_still(
    folder: &Path,
    unlocked: Option<Arc<Unlocked>>,
    quiet: bool,
) -> Result<Option<Vault>, CaseError> {
    match Vault::open_for_writing(folder, &system::environment("verify").holder, unlocked) {
        Ok((vault, recovery)) => {
            super::tell(quiet, folder, &recovery);
            Ok(Some(vault))
        }
        Err(error @ VaultError::Locked { .. }) => Err(error.into()),
        Err(_) => Ok(None),
    }
}

/// What opens the case in `folder`. None where nothing was given that does, or where the damage is such that only the
/// verification can say what it is.
fn unlocked_if_can(
    arguments: &Arguments,
    folder: &Path,
) -> Result<Option<Arc<Unlocked>>, CaseError> {
    match passphrase::unlocked(arguments, folder) {
        Err(error) if passphrase::is_wrong(&error) => Err(error),
        unlocked => Ok(unlocked.unwrap_or_default()),
    }
}

/// Verifies a case folder, a dossier folder or a dossier's zip file, for a reader who believes nobody outside about time.
pub(crate) fn verify_path(arguments: &Arguments, path: &Path) -> Result<Report, CaseError> {
    verify_with(arguments, path, &Trust::default())
}

fn verify_with(arguments: &Arguments, path: &Path, trust: &Trust) -> Result<Report, CaseError> {
    let unknown =
        |error: Unknown| CaseError::input(format!("{}: {error}", path.display()), error.hint());
    let fail = |cause: std::io::Error| CaseError::file("read", path, &cause);
    if path.is_dir() {
        let is_case = path.join("case.toml").is_file();
        let unlocked = if is_case { unlocked_if_can(arguments, path)? } else { None };
        let _still = match is_case {
            true => hold_still(path, unlocked.clone(), arguments.quiet)?,
            false => None,
        };
        let key = unlocked.as_deref().map(Unlocked::key);
        return verify::verify(&Folder::open(path).map_err(fail)?, key, trust).map_err(unknown);
    }
    let file = File::open(path).map_err(fail)?;
    let files = ZipFiles::open_file(file).map_err(|error| {
        let fact = format!("{} is neither a folder nor a zip file: {error}", path.display());
        CaseError::input(fact, "verify a case, a dossier's folder, or a dossier's zip file")
    })?;
    verify::verify(&files, None, trust).map_err(unknown)
}

/// Prints a report: what failed first, then what was checked, then what it means.
pub(crate) fn print_report(report: &Report) -> Result<(), CaseError> {
    for check in report.failures() {
        line(&format!("FAILED  {}: {} – {}", check.name, check.subject, check.detail))?;
    }
    for check in &report.checks {
        match check.ok {
            Outcome::Yes => line(&format!("ok      {}: {}", check.name, check.detail))?,
            Outcome::Unchecked => {
                line(&format!(
                    "not checked  {}: {} – {}",
                    check.name, check.subject, check.detail
                ))?;
            }
            Outcome::No => {}
        }
    }
    line("")?;
    line(&report.summary())?;
    if report.verdict == Verdict::Intact {
        for text in &report.proves {
            prose(&format!("  shown: {text}"))?;
        }
    }
    for text in &report.does_not_prove {
        prose(&format!("  not shown: {text}"))?;
    }
    Ok(())
}

/// `export wacz`.
pub(super) fn export_wacz(
    arguments: &Arguments,
    out: &Path,
    archives: &[String],
    secrets: Secrets,
    own: &[String],
) -> Result<Ending, CaseError> {
    let mut case = super::open_writable(arguments, "export wacz")?;
    let policy = match secrets {
        Secrets::Refuse => SecretsPolicy::Refuse,
        Secrets::Mask => SecretsPolicy::Mask,
        Secrets::Keep => SecretsPolicy::Keep,
    };
    let exported = case.export_wacz(out, archives, policy, own)?;
    let refused = exported.file.is_none();
    if arguments.json {
        json(&exported)?;
        return Ok(Ending::flawed_if(refused));
    }
    for finding in exported.secrets.iter().take(SHOWN) {
        let about = finding.target_uri.as_deref().unwrap_or("(no address)");
        line(&format!(
            "! {}: {} in the {} of {}",
            finding.kind.word(),
            finding.hint,
            finding.place.word(),
            fit(about, 60)
        ))?;
    }
    if exported.secrets.len() > SHOWN {
        line(&format!("… and {} more; `--json` names all", exported.secrets.len() - SHOWN))?;
    }
    let found = count(exported.secrets.len(), "secret");
    match (&exported.file, exported.masked) {
        (None, _) => {
            line(&format!("nothing was written: {found} would have left"))?;
            note(
                arguments.quiet,
                "mask them in the copy with `--secrets mask`, or let them leave with `--secrets keep`",
            );
        }
        (Some(file), masked) => {
            let pages = count(exported.pages, "page");
            line(&format!("{}: {pages}", file.display()))?;
            match (exported.secrets.is_empty(), masked) {
                (true, _) => line(
                    "known patterns of secrets were not found; this does not mean safe to hand over",
                )?,
                (_, true) => line(&format!(
                    "{found} masked; the copy says so, and other patterns may remain"
                ))?,
                (_, false) => line(&format!("! {found} left with it"))?,
            }
        }
    }
    if exported.not_looked_into > 0 {
        let records = exported.not_looked_into;
        line(&format!("! {records} records hold what was not looked into: pictures, PDF, sound"))?;
    }
    Ok(Ending::flawed_if(refused))
}

/// How many secrets are named one by one.
const SHOWN: usize = 30;
