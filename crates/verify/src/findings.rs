//! Findings in the making: counts of what holds, and names of what does not.

use std::collections::BTreeMap;

use crate::report::{Check, Kind, Outcome, Report, Verdict};

/// So many failures of one group are named; the rest are counted, so that hostile input cannot fill the memory.
const MOST_NAMED: usize = 10_000;

macro_rules! groups {
    ($($variant:ident = $name:literal, $subject:literal, $counted:literal;)*) => {
        /// The groups of checks, in the order in which they are reported.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub(crate) enum Group { $($variant,)* }

        impl Group {
            /// Its name, the subject of the whole group, and what its count counts.
            fn words(self) -> (&'static str, &'static str, &'static str) {
                match self { $(Self::$variant => ($name, $subject, $counted),)* }
            }
        }
    };
}

groups! {
    Container = "container", "the zip", "zip files without doubled, overlapping or unlisted entries";
    CaseFile = "case file", "case.toml", "case files that agree with the first entry";
    Keys = "keys", "keys/1", "keystore files that agree with the log";
    Sums = "sums", "SHA256SUMS", "files with the digest that SHA256SUMS gives";
    SumsNote = "sums note", "SHA256SUMS.note", "lists of digests that the log's key signed";
    Checkpoint = "checkpoint", "log/checkpoint", "checkpoints that the log's key signed";
    State = "state", "log/state", "states that agree with the tree";
    Staging = "staging", "log/staging", "staged batches that equal the log's last entries";
    Root = "root", "log/tile", "signed roots that equal the one recomputed from all entries";
    Tiles = "tiles", "log/tile", "tiles and entry bundles recomputed from the entries";
    Packs = "packs", "blobs/", "packs that join without a gap";
    Entries = "entries", "log/", "entries whose seven commitments were recomputed";
    Proofs = "proofs", "proofs/", "entries shown to be in the log";
    Openings = "openings", "entries/", "opened fields that fit their commitment";
    Payloads = "payloads", "the entries' payloads", "payloads with the digest and the kind that the log commits to";
    Parts = "parts", "the entries' parts", "entries whose parts lead to what the log commits to";
    Signatures = "signatures", "the entries' authors", "entries signed by an actor whose key was logged before";
    Blobs = "blobs", "blobs/", "blobs with the digest in their name";
    Evidence = "evidence", "blobs/", "pieces of evidence there with the length that was recorded";
    Imports = "imports", "imported archives", "imported records whose bytes were read again and equal the manifest";
    Passages = "passages", "quoted passages", "passages that stand word for word in the frozen text";
    Links = "links", "ids between entries", "entries whose references lead to entries that exist";
    Erasures = "erasures", "the log", "erasures that were asked for and allowed by the rule in force";
    Erased = "erased", "the log", "";
    Numbers = "numbers", "data/dossier.json", "numbers that lead to the bytes as they were kept";
    Estimates = "estimates", "data/dossier.json", "estimates that name an entry with that id";
    Exhibits = "exhibits", "data/dossier.json", "exhibits that name a part of an entry";
    Files = "files", "the folder", "files that belong here";
    Quarantine = "quarantine", "quarantine/", "";
    Unfinished = "unfinished", "log/state", "";
    Cosignatures = "cosignatures", "log/timestamps", "cosignatures by witnesses that the log names";
    Predecessor = "predecessor", "the case that this one was copied from", "copied entries that say what they said in the case before";
    Timestamps = "timestamps", "log/timestamps", "timestamps whose bytes fit the log and their own signature";
}

#[derive(Default)]
struct Found {
    passed: u64,
    failed: Vec<(String, String)>,
    more_failed: u64,
    open: Vec<(String, String)>,
    more_open: u64,
}

/// What was found so far.
#[derive(Default)]
pub(crate) struct Findings {
    groups: BTreeMap<Group, Found>,
}

impl Findings {
    fn group(&mut self, group: Group) -> &mut Found {
        self.groups.entry(group).or_default()
    }

    /// One thing of the group holds.
    pub(crate) fn pass(&mut self, group: Group) {
        self.group(group).passed += 1;
    }

    /// One thing of the group fails.
    pub(crate) fn fail(&mut self, group: Group, subject: impl Into<String>, detail: impl ToString) {
        let found = self.group(group);
        if found.failed.len() < MOST_NAMED {
            found.failed.push((subject.into(), detail.to_string()));
        } else {
            found.more_failed += 1;
        }
    }

    /// One thing of the group could not be checked.
    pub(crate) fn unchecked(
        &mut self,
        group: Group,
        subject: impl Into<String>,
        detail: impl ToString,
    ) {
        let found = self.group(group);
        if found.open.len() < MOST_NAMED {
            found.open.push((subject.into(), detail.to_string()));
        } else {
            found.more_open += 1;
        }
    }

    /// Whether something of the group was checked and nothing failed or stayed open.
    pub(crate) fn holds(&self, group: Group) -> bool {
        self.groups.get(&group).is_some_and(|found| {
            found.passed > 0 && found.failed.is_empty() && found.open.is_empty()
        })
    }

    /// Whether something of the group failed.
    pub(crate) fn failed(&self, group: Group) -> bool {
        self.groups.get(&group).is_some_and(|found| !found.failed.is_empty())
    }

    /// The report. What `proves` says is kept for those sentences whose groups all hold.
    pub(crate) fn report(
        self,
        kind: Kind,
        proves: Vec<(&[Group], String)>,
        does_not_prove: Vec<String>,
    ) -> Report {
        let proves = proves
            .into_iter()
            .filter(|(groups, _)| groups.iter().all(|group| self.holds(*group)))
            .map(|(_, sentence)| sentence)
            .collect();
        let mut checks = Vec::new();
        let mut verdict = Verdict::Intact;
        for (group, found) in self.groups {
            let (name, whole, counted) = group.words();
            let mut add = |ok, subject: String, detail| {
                checks.push(Check { name, ok, subject, detail });
            };
            if found.passed > 0 {
                add(Outcome::Yes, whole.to_owned(), format!("{counted}: {}", found.passed));
            }
            if !found.failed.is_empty() {
                verdict = Verdict::Failed;
            }
            for (subject, detail) in found.failed {
                add(Outcome::No, subject, detail);
            }
            if found.more_failed > 0 {
                let detail = format!("{} further failures of this kind", found.more_failed);
                add(Outcome::No, whole.to_owned(), detail);
            }
            for (subject, detail) in found.open {
                add(Outcome::Unchecked, subject, detail);
            }
            if found.more_open > 0 {
                let detail = format!("{} further things of this kind", found.more_open);
                add(Outcome::Unchecked, whole.to_owned(), detail);
            }
        }
        Report { kind, verdict, checks, proves, does_not_prove }
    }
}
