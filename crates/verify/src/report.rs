//! What a verification found, in the shape that `verify --json` prints.

use serde::Serialize;

/// What was verified.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A case folder.
    Case,
    /// A dossier, as a folder or a zip.
    Dossier,
}

/// What the checks amount to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// No check failed.
    Intact,
    /// At least one check failed.
    Failed,
}

/// How one check came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// It holds.
    Yes,
    /// It does not hold.
    No,
    /// It could not be checked, or there is nothing to check it against.
    Unchecked,
}

/// One check: a whole group that holds, or one thing that fails or stays open.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Check {
    /// The group, in a word or two; stable.
    pub name: &'static str,
    /// How it came out.
    pub ok: Outcome,
    /// What was checked: a file's path, `entry 7`, an id, or the folder of a whole group.
    pub subject: String,
    /// Counts, or what is wrong, in words.
    pub detail: String,
}

/// What a verification found. Serialises as `verify --json` prints it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Report {
    /// What was verified.
    pub kind: Kind,
    /// Failed if any check is `no`.
    pub verdict: Verdict,
    /// The checks: one `yes` a group, one `no` a thing that fails.
    pub checks: Vec<Check>,
    /// What the checks that held show, in sentences.
    pub proves: Vec<String>,
    /// What no check here can show, in sentences.
    pub does_not_prove: Vec<String>,
}

impl Report {
    /// The one sentence to print below the checks.
    pub fn summary(&self) -> String {
        match self.verdict {
            Verdict::Intact => {
                "Integrity checks passed. Truth, authorship and completeness were not tested."
                    .into()
            }
            Verdict::Failed => match self.failures().count() {
                1 => "Integrity checks failed: 1 thing is not as it was recorded.".into(),
                count => format!("Integrity checks failed: {count} things are not as recorded."),
            },
        }
    }

    /// The checks that failed.
    pub fn failures(&self) -> impl Iterator<Item = &Check> {
        self.checks.iter().filter(|check| check.ok == Outcome::No)
    }
}
