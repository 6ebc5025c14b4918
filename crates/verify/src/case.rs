//! Verification of a case folder (`docs/format.md`, sections *The case folder*, *Payloads* and *Log*).
//!
//! The signed checkpoint is what everything is compared with: the leaves are made anew from the payloads, the values
//! beside them and the seeds; the tree from the leaves; the root from the tree. The payloads name every other blob.

use std::collections::BTreeMap;

use witnessmark_model::Digest;
use witnessmark_model::payload::CaseCreated;
use witnessmark_seal::CaseKey;

use crate::files::{Files, Listed};
use crate::findings::{Findings, Group};
use crate::report::{Kind, Report};
use crate::timestamps::{self, Beside};
use crate::trust::Trust;

mod blobs;
mod cosignatures;
mod entries;
mod erasures;
mod file_set;
mod imports;
mod keys;
mod links;
mod packs;
mod plain;
mod predecessor;
mod promise;
mod tree;

pub(crate) use links::stands;
use predecessor::Said;

/// The files of the case, by name.
type Names = BTreeMap<String, Listed>;

/// Verifies a case. Every failure is named; none stops the rest.
///
/// `key` is the master key of a sealed case; without it only what lies open is checked, and the report says so. `trust`
/// says whom the reader believes about time.
pub fn verify(files: &dyn Files, key: Option<&CaseKey>, trust: &Trust) -> Report {
    examine(files, key, trust, Said::default()).report
}

/// What a whole case was found to be.
struct Examined {
    report: Report,
    /// What its entries say that are copied when it is sealed.
    said: Said,
    /// What vouches for its log from outside, in sentences.
    outside: Vec<String>,
    signed: Signed,
}

/// `said` notes what the entries say, as far as it is wanted.
fn examine(files: &dyn Files, key: Option<&CaseKey>, trust: &Trust, said: Said) -> Examined {
    let mut findings = Findings::default();
    for problem in files.problems() {
        findings.fail(Group::Container, "the zip", problem);
    }
    let names: Names = match files.list() {
        Ok(listed) => listed.into_iter().map(|one| (one.name.clone(), one)).collect(),
        Err(error) => {
            findings.fail(Group::Files, "the folder", error);
            let report = findings.report(Kind::Case, Vec::new(), Vec::new());
            let signed = Signed::default();
            return Examined { report, said, outside: Vec::new(), signed };
        }
    };
    let blobs = blobs::hash_all(files, &names, &mut findings);
    let case = CaseLines::read(files, &mut findings);
    let keys = keys::Keyring::read(files, &names, &case, key, &mut findings);
    let state = promise::read_state(files, &names, &mut findings);
    let mut chain = packs::Chain::walk(files, &blobs, state.as_ref(), &names, &mut findings);
    let created = chain.case_created(files, &keys);
    let verifier = keys.log_key(created.as_ref(), &mut findings);
    let checkpoint =
        promise::read_checkpoint(files, &names, verifier.as_ref(), keys.is_locked(), &mut findings);
    let sizes = promise::Sizes::settle(state, checkpoint, &chain, &names);
    chain.extend_to(sizes.all, files, &blobs, &mut findings);
    let staging = promise::read_staging(files, &names, &sizes, &mut findings);
    let mut leaves = tree::Leaves::read(files, &names, &sizes, staging.as_ref(), &mut findings);
    let entries = entries::check(files, &chain, &keys, &blobs, &mut leaves, said, &mut findings);
    let tree = tree::check(files, &names, &sizes, leaves, &entries, &mut findings);
    promise::compare(&sizes, staging.as_ref(), &tree, &mut findings);
    if !keys.is_locked() {
        keys.compare(&entries.actors, &mut findings);
        case.compare(created.as_ref(), &mut findings);
    }
    let joins = |size: u64, signed: &Digest| match tree.root(size) {
        Some(root) if root == *signed => Ok(()),
        Some(root) => Err(format!("it signs the root {signed}, the entries give {root}")),
        None => Err("entries are missing, so its root cannot be made anew".to_owned()),
    };
    let beside = Beside {
        files,
        names: &names,
        below: "log/timestamps",
        joins: &joins,
        verifier: verifier.as_ref(),
    };
    let outside = timestamps::check(&beside, &entries.timestamps, trust, &mut findings);
    file_set::check(files, &names, &sizes, &chain, &entries, &outside.files, &mut findings);

    let size = sizes.signed();
    let covered = entries.witnessed.check(files, verifier.as_ref(), &tree, &mut findings);
    outside.count_uncovered(size, covered.size, &mut findings);
    let root = sizes.checkpoint.as_ref().map(|checkpoint| checkpoint.root.hex());
    let key = verifier.as_ref().map(|verifier| verifier.to_text());
    let signed = Signed { size, root: root.unwrap_or_default(), key: key.unwrap_or_default() };
    let bytes = plain::Plain { files, keys: &keys, blobs: &blobs };
    let before = predecessor::check(&entries, &bytes, trust, &mut findings);
    let erased = entries.erasures.count();
    let report = report(findings, &signed, &covered, &outside, before, erased);
    let mut vouched = outside.shown;
    vouched.extend((covered.size > 0).then(|| covered.in_words()));
    Examined { report, said: entries.said, outside: vouched, signed }
}

/// `1 entry`, `2 entries`.
pub(crate) fn counted(count: u64, one: &str, many: &str) -> String {
    if count == 1 { format!("1 {one}") } else { format!("{count} {many}") }
}

/// `case.toml`: the three lines of format 1.
struct CaseLines {
    id: String,
    sealed: bool,
}

impl CaseLines {
    const NAME: &str = "case.toml";

    /// What the file says; what cannot be read counts as open. It has one spelling, so that no change to it goes unseen.
    fn read(files: &dyn Files, findings: &mut Findings) -> Self {
        let text = match crate::files::bytes(files, Self::NAME, 64 * 1024) {
            Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
            Err(error) => {
                findings.fail(Group::CaseFile, Self::NAME, error);
                return Self { id: String::new(), sealed: false };
            }
        };
        let field = |name: &str| {
            let (_, value) = text
                .lines()
                .filter_map(|line| line.split_once('='))
                .find(|(key, _)| key.trim() == name)?;
            Some(value.trim().trim_matches('"').to_owned())
        };
        let id = field("id").unwrap_or_default();
        let sealed = field("sealed").is_some_and(|sealed| sealed == "true");
        if text != format!("format = 1\nid = \"{id}\"\nsealed = {sealed}\n") {
            let detail =
                "it is not the three lines of format 1: format, an id, whether the case is sealed";
            findings.fail(Group::CaseFile, Self::NAME, detail);
        }
        Self { id, sealed }
    }

    /// Compares it with the first entry.
    fn compare(&self, created: Option<&CaseCreated>, findings: &mut Findings) {
        if findings.failed(Group::CaseFile) {
            return;
        }
        match created {
            Some(created) if created.case.to_string() == self.id => {
                findings.pass(Group::CaseFile);
            }
            Some(created) => {
                let detail = format!("its id is not that of the first entry, {}", created.case);
                findings.fail(Group::CaseFile, Self::NAME, detail);
            }
            None => {
                let detail = "no first entry to compare its id with";
                findings.unchecked(Group::CaseFile, Self::NAME, detail);
            }
        }
    }
}

/// What the checkpoint signs.
#[derive(Default)]
struct Signed {
    size: u64,
    root: String,
    key: String,
}

fn report(
    findings: Findings,
    Signed { size, root, key }: &Signed,
    covered: &cosignatures::Covered,
    outside: &timestamps::Outside,
    before: Vec<String>,
    erased: u64,
) -> Report {
    use Group::*;
    let mut proves: Vec<(&[Group], String)> = vec![
        (
            &[Checkpoint, Root, Tiles],
            format!(
                "The log's key {key} signed a log of {} with the root {root}, and the root made \
                 anew from all entries is the same.",
                counted(*size, "entry", "entries")
            ),
        ),
        (
            &[Entries, Payloads, Parts],
            "What each entry says, when it says it was written, and the digest of every piece of \
             evidence it names are what the log committed to."
                .into(),
        ),
        (
            &[Blobs, Evidence],
            "Every stored object has the bytes whose digest was recorded when it was taken in.".into(),
        ),
        (
            &[Imports],
            "Every record of every imported archive still has the bytes that were recorded.".into(),
        ),
        (
            &[Signatures],
            "Each entry was signed with the key of the actor it names, who was known to the log by then."
                .into(),
        ),
        (
            &[Passages],
            "Each quoted passage stands word for word, at its place, in the text that was frozen.".into(),
        ),
        (&[Cosignatures, Root], covered.in_words()),
    ];
    proves.extend(before.into_iter().map(|sentence| (&[Predecessor][..], sentence)));
    // Each stands for itself: the root that it covers was made anew.
    proves.extend(outside.shown.iter().map(|sentence| (&[][..], sentence.clone())));
    let mut does_not_prove = vec![
        "That what the sources say is true, that they were written by whom they name, or that nothing \
         was left out."
            .into(),
        outside.not_shown(*size, covered.size),
        "Who held a key, or whether they signed freely: a signature shows that the key signed.".into(),
        "That a capture shows what a website sent to others, or at another time: it is the copy that \
         was given to this case."
            .into(),
        "That the text read out of a document is all that a person would read in it.".into(),
    ];
    if erased > 0 {
        does_not_prove.push(format!(
            "What was erased, in {}, or that nothing of it is left elsewhere: earlier copies, key shares and \
             dossiers may still reveal it; flash storage may retain deleted keys.",
            counted(erased, "entry", "entries")
        ));
    }
    findings.report(Kind::Case, proves, does_not_prove)
}
