//! `SHA256SUMS`: signed, complete, and true of every file.

use std::collections::BTreeMap;

use witnessmark_model::Digest;
use witnessmark_model::note::Verifier;

use super::{LARGEST_JSON, LARGEST_NOTE, Names};
use crate::files::{self, Files, Nature, bad_name};
use crate::findings::{Findings, Group};

const SUMS: &str = "SHA256SUMS";
const NOTE: &str = "SHA256SUMS.note";
/// So many files are hashed between two looks at the results.
const AT_ONCE: usize = 4096;

pub(super) fn check(
    files: &dyn Files,
    names: &Names,
    verifier: Option<&Verifier>,
    findings: &mut Findings,
) {
    let sums = match files::bytes(files, SUMS, LARGEST_JSON) {
        Ok(sums) => Some(sums),
        Err(error) => {
            findings.fail(Group::Sums, SUMS, error);
            None
        }
    };
    match signed(files, verifier, sums.as_deref()) {
        Ok(()) => findings.pass(Group::SumsNote),
        Err(detail) => findings.fail(Group::SumsNote, NOTE, detail),
    }
    let listed = parse(sums.as_deref().unwrap_or_default(), findings);
    let present: Vec<(&str, Digest)> = listed
        .iter()
        .filter(|(name, _)| names.get(*name).is_some_and(|one| one.nature == Nature::File))
        .map(|(name, digest)| (name.as_str(), *digest))
        .collect();
    for some in present.chunks(AT_ONCE) {
        let paths: Vec<&str> = some.iter().map(|(name, _)| *name).collect();
        for ((name, digest), found) in some.iter().zip(files.fingerprints(&paths)) {
            match found {
                Ok(found) if found.sha256 == *digest => findings.pass(Group::Sums),
                Ok(found) => {
                    let detail = format!(
                        "its {} bytes have the digest {}, SHA256SUMS says {digest}",
                        found.bytes, found.sha256
                    );
                    findings.fail(Group::Sums, *name, detail);
                }
                Err(error) => findings.fail(Group::Sums, *name, error),
            }
        }
    }
    for name in listed.keys().filter(|name| !names.contains_key(*name)) {
        findings.fail(Group::Sums, name, "it is missing; SHA256SUMS lists it");
    }
    for (name, one) in names {
        let known = listed.contains_key(name) || [SUMS, NOTE].contains(&name.as_str());
        match &one.nature {
            Nature::File if known => findings.pass(Group::Files),
            Nature::File if sums.is_none() => {}
            Nature::File => findings.fail(Group::Files, name, "SHA256SUMS does not list it"),
            Nature::Symlink => findings.fail(Group::Files, name, "it is a symbolic link"),
            Nature::Special => findings.fail(Group::Files, name, "it is not an ordinary file"),
            Nature::BadName(why) => findings.fail(Group::Files, name, *why),
            Nature::Unreadable(cause) => {
                findings.fail(Group::Files, name, format!("it cannot be looked at: {cause}"));
            }
        }
    }
}

/// Whether the note is signed by the log's key and names the digest of `sums`.
fn signed(
    files: &dyn Files,
    verifier: Option<&Verifier>,
    sums: Option<&[u8]>,
) -> Result<(), String> {
    let note = files::bytes(files, NOTE, LARGEST_NOTE).map_err(|error| error.to_string())?;
    let verifier = verifier.ok_or("there is no key to check its signature with")?;
    let text = verifier.open(&note).map_err(|error| error.to_string())?;
    let named: Digest = text
        .strip_prefix("witnessmark dossier 1\n")
        .and_then(|rest| rest.strip_suffix('\n'))
        .and_then(|hex| hex.parse().ok())
        .ok_or("its text is not `witnessmark dossier 1` and a digest")?;
    match sums {
        Some(sums) if Digest::of(sums) == named => Ok(()),
        Some(_) => Err("the digest that it signs is not that of SHA256SUMS".into()),
        None => Err("there is no SHA256SUMS to compare it with".into()),
    }
}

/// The lines of `SHA256SUMS`; each line that is not one is a finding.
fn parse(sums: &[u8], findings: &mut Findings) -> BTreeMap<String, Digest> {
    let mut listed = BTreeMap::new();
    let text = match std::str::from_utf8(sums) {
        Ok(text) if text.is_empty() || text.ends_with('\n') => text,
        Ok(text) => {
            findings.fail(Group::Sums, SUMS, "its last line does not end");
            text
        }
        Err(error) => {
            let detail = format!("it is not text from byte {} on", error.valid_up_to());
            findings.fail(Group::Sums, SUMS, detail);
            let sound = sums.get(..error.valid_up_to()).unwrap_or_default();
            std::str::from_utf8(sound).unwrap_or_default()
        }
    };
    let mut last = String::new();
    for (number, line) in text.split_terminator('\n').enumerate() {
        let mut wrong = |what: &str| {
            findings.fail(Group::Sums, SUMS, format!("line {}: {what}", number + 1));
        };
        let parsed = line.split_once("  ").and_then(|(hex, name)| {
            let digest: Digest = hex.parse().ok()?;
            Some((name.to_owned(), digest))
        });
        let Some((name, digest)) = parsed else {
            wrong("it is not `digest  path`");
            continue;
        };
        if let Some(why) = bad_name(&name) {
            wrong(why);
            continue;
        }
        if name == SUMS || name == NOTE {
            wrong("it lists itself or its note");
            continue;
        }
        if name <= last && number > 0 {
            wrong("its path does not come after the one above");
        }
        last.clone_from(&name);
        if listed.insert(name, digest).is_some() {
            wrong("its path stands twice");
        }
    }
    listed
}
