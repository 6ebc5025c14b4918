//! The exact set of files: what must be there is there, and nothing else is.

use std::collections::BTreeSet;

use witnessmark_model::tile;

use super::Names;
use super::blobs;
use super::entries::Entries;
use super::packs::Chain;
use super::promise::{self, CHECKPOINT, STATE, Sizes};
use crate::files::{self, Files, Nature};
use crate::findings::{Findings, Group};

/// The prefix of files in the making.
const TEMPORARY: &str = ".tmp-";

pub(super) fn check(
    files: &dyn Files,
    names: &Names,
    sizes: &Sizes,
    chain: &Chain,
    entries: &Entries,
    beside: &BTreeSet<String>,
    findings: &mut Findings,
) {
    let mut log: BTreeSet<String> =
        tile::all(sizes.published).into_keys().map(|path| format!("log/{path}")).collect();
    if sizes.unfinished() {
        log.extend(tile::all(sizes.all).into_keys().map(|path| format!("log/{path}")));
    }
    log.extend(beside.iter().cloned());
    log.insert(STATE.into());
    log.insert(CHECKPOINT.into());
    log.extend(sizes.state.as_ref().map(|state| promise::staging_path(&state.staging)));

    let mut unknown_blobs = 0u64;
    let mut quarantined = 0u64;
    for (name, one) in names {
        let in_log = name.starts_with("log/");
        let in_blobs = name.starts_with("blobs/");
        if name.starts_with("quarantine/") {
            quarantined += 1;
        }
        if !in_log && !in_blobs {
            // A link in place of one of the two folders hides all that should be in it.
            if matches!(name.as_str(), "log" | "blobs" | "keys") {
                findings.fail(Group::Files, name, "it is not a folder");
            }
            continue;
        }
        if let Some(what) = not_a_file(&one.nature) {
            findings.fail(Group::Files, name, what);
            continue;
        }
        let digest = in_blobs.then(|| blobs::digest_in(name)).flatten();
        let expected = match digest {
            Some(digest) => chain.named.contains(&digest) || entries.evidence.contains_key(&digest),
            None => in_log && (log.contains(name) || entries.witnessed.names(name)),
        };
        let erased = digest.and_then(|digest| entries.erasures.of_blob(&digest));
        if expected {
            findings.pass(Group::Files);
        } else if let Some(told) = erased {
            let detail =
                format!("it was {told}, and is still there: any writing command removes it");
            findings.unchecked(Group::Unfinished, name, detail);
        } else if name.rsplit('/').next().is_some_and(|own| own.starts_with(TEMPORARY)) {
            let detail = "it was left by a command that was cut off, or one that runs now writes it: \
                          run any writing command";
            left(findings, sizes, name, detail);
        } else if sizes.unfinished() && is_old_staging(files, name) {
            left(findings, sizes, name, "it belongs to the unfinished batch");
        } else if digest.is_some() && entries.unread > 0 {
            unknown_blobs += 1;
        } else {
            let detail = match (in_blobs, digest) {
                (true, Some(_)) => {
                    "no entry names it: it was added, or left by a command that was cut off (any \
                     writing command then moves it to quarantine/)"
                }
                (true, None) => "no blob has such a name",
                _ => "the log has no such file",
            };
            findings.fail(Group::Files, name, detail);
        }
    }
    if unknown_blobs > 0 {
        let detail = format!(
            "{unknown_blobs} blobs are named by no entry that can be read; {} could not be",
            super::counted(entries.unread, "entry", "entries")
        );
        findings.unchecked(Group::Files, "blobs", detail);
    }
    if quarantined > 0 {
        let files = super::counted(quarantined, "file", "files");
        let detail =
            format!("{files} that no entry names were set aside there; they were not checked");
        findings.unchecked(Group::Quarantine, "quarantine", detail);
    }
}

/// Something that an unfinished batch leaves is only mentioned while there is one.
fn left(findings: &mut Findings, sizes: &Sizes, name: &str, detail: &str) {
    if sizes.unfinished() {
        findings.unchecked(Group::Unfinished, name, detail);
    } else {
        findings.fail(Group::Files, name, detail);
    }
}

/// Whether it is a sound staging file: the one before stays until the next batch is published.
fn is_old_staging(files: &dyn Files, name: &str) -> bool {
    let digest = name.strip_prefix("log/staging/").and_then(|name| name.parse().ok());
    digest.is_some_and(|digest| {
        files::fingerprint(files, name).is_ok_and(|found| found.sha256 == digest)
    })
}

fn not_a_file(nature: &Nature) -> Option<String> {
    match nature {
        Nature::File => None,
        Nature::Symlink => Some("it is a symbolic link, which is not followed".into()),
        Nature::Special => Some("it is not an ordinary file".into()),
        Nature::BadName(why) => Some((*why).into()),
        Nature::Unreadable(cause) => Some(format!("it cannot be looked at: {cause}")),
    }
}
