//! Witnesses of the log: named in the log, asked for cosignatures, and what they say kept.

use std::path::Path;

use serde::Serialize;
use url::Url;
use witnessmark_model::Moment;
use witnessmark_model::cosignature::WitnessKey;
use witnessmark_model::id::ConfigurationId;
use witnessmark_model::payload::{self, Cosigned, Payload};
use witnessmark_model::transport::Transport;
use witnessmark_vault::{Pending, Standing, Witness, WitnessError};

use crate::{Case, CaseError};

/// A witness that the case names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct WitnessRow {
    /// Its name: the first field of its key.
    pub name: String,
    /// Its verifier key (C2SP signed-note, type 4).
    pub key: String,
    /// Where it is asked; none if it is asked no longer.
    pub url: Option<String>,
    /// The size of the last checkpoint that it cosigned.
    pub cosigned: Option<u64>,
    /// When it did, by its own clock.
    pub at: Option<String>,
}

/// What became of asking all witnesses.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Cosigning {
    /// How many entries the checkpoint covers that they were asked about.
    pub size: u64,
    /// The answers, in the order in which the witnesses were named.
    pub witnesses: Vec<WitnessAnswer>,
}

/// What became of asking one witness.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct WitnessAnswer {
    /// Its name.
    pub name: String,
    /// When it cosigned, by its own clock; none if it did not.
    pub at: Option<String>,
    /// The log entry that names its cosignature.
    pub entry: Option<u64>,
    /// Why it did not cosign.
    pub error: Option<String>,
    /// What to do about that.
    pub hint: Option<String>,
    /// Whether somebody seems to show different logs to different people.
    pub alarm: bool,
}

/// How a checkpoint that was noted elsewhere stands to the case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ComparedCheckpoint {
    /// `same`: it is of the log as it is now; `earlier`: the log only grew since.
    pub standing: &'static str,
    /// How many entries it signs.
    pub size: u64,
}

impl From<WitnessError> for CaseError {
    fn from(error: WitnessError) -> Self {
        let (fact, hint) = (error.to_string(), error.hint().unwrap_or_default());
        match error {
            WitnessError::Vault(error) => error.into(),
            _ if hint.is_empty() => Self { hint: None, ..Self::input(fact, "") },
            _ => Self::input(fact, hint),
        }
    }
}

impl Case {
    /// Names a witness: its cosignatures count from now on. Naming it again gives it another address.
    pub fn add_witness(&mut self, key: &str, url: &str) -> Result<WitnessRow, CaseError> {
        let key = WitnessKey::parse(key.trim()).map_err(|error| {
            CaseError::usage(
                error.to_string(),
                "give the witness's verifier key as its operator publishes it: NAME+HASH+KEY",
            )
        })?;
        let kept = self.keep_witness(key.to_text(), Some(address(url)?))?;
        kept.ok_or_else(|| CaseError::machine("the witness was not kept"))
    }

    /// Asks a witness no longer. What it cosigned still counts.
    pub fn remove_witness(&mut self, name: &str) -> Result<WitnessRow, CaseError> {
        let named = |row: &WitnessRow| row.url.is_some() && (row.name == name || row.key == name);
        let mut found: Vec<_> = self.witnesses()?.into_iter().filter(named).collect();
        let removed = match (found.pop(), found.is_empty()) {
            (Some(one), true) => self.keep_witness(one.key, None)?,
            (Some(_), false) => {
                let fact = format!("several witnesses have the name `{name}`");
                return Err(CaseError::usage(fact, "give the key of the one that is meant"));
            }
            (None, _) => {
                let fact = format!("no witness with the name `{name}` is asked");
                return Err(CaseError::usage(fact, "`witnessmark witness list` names them"));
            }
        };
        removed.ok_or_else(|| CaseError::machine("the witness was not kept"))
    }

    fn keep_witness(
        &mut self,
        key: String,
        url: Option<String>,
    ) -> Result<Option<WitnessRow>, CaseError> {
        let id = ConfigurationId::random(self.environment.entropy.as_mut());
        self.commit(vec![payload::Witness { id, key: key.clone(), url }.into()])?;
        Ok(self.witnesses()?.into_iter().find(|row| row.key == key))
    }

    /// The witnesses that the case ever named, in the order in which they were.
    pub fn witnesses(&self) -> Result<Vec<WitnessRow>, CaseError> {
        let mut rows: Vec<WitnessRow> = Vec::new();
        for entry in self.casebook.entries_of_kind("witness")? {
            let Some(Payload::Witness(witness)) = entry.payload else { continue };
            match rows.iter_mut().find(|row| row.key == witness.key) {
                Some(row) => row.url = witness.url,
                None => rows.push(WitnessRow {
                    name: witness.key.split('+').next().unwrap_or_default().to_owned(),
                    key: witness.key,
                    url: witness.url,
                    cosigned: None,
                    at: None,
                }),
            }
        }
        for entry in self.casebook.entries_of_kind("cosigned")? {
            let Some(Payload::Cosigned(cosigned)) = entry.payload else { continue };
            if let Some(row) = rows.iter_mut().find(|row| row.key == cosigned.witness) {
                row.cosigned = row.cosigned.max(Some(cosigned.size));
                row.at = Some(in_words(cosigned.time));
            }
        }
        Ok(rows)
    }

    /// Asks every witness to cosign the log as it is, all at once, and keeps what they say. One that fails stops no other.
    pub fn cosign(&mut self, transport: &dyn Transport) -> Result<Cosigning, CaseError> {
        let asked: Vec<(WitnessRow, Witness)> = self
            .witnesses()?
            .into_iter()
            .filter_map(|row| {
                let witness =
                    Witness { key: WitnessKey::parse(&row.key).ok()?, url: row.url.clone()? };
                Some((row, witness))
            })
            .collect();
        if asked.is_empty() {
            return Err(CaseError::input(
                "the case names no witness",
                "name one with `witnessmark witness add KEY URL`",
            ));
        }
        let vault = &self.vault;
        let answers: Vec<_> = std::thread::scope(|scope| {
            let ask = |(row, witness): &'_ (WitnessRow, Witness)| {
                vault.ask_witness(witness, row.cosigned, transport)
            };
            let threads: Vec<_> = asked.iter().map(|one| scope.spawn(move || ask(one))).collect();
            threads.into_iter().map(|thread| thread.join()).collect()
        });
        let mut cosigning = Cosigning { size: vault.size(), witnesses: Vec::new() };
        let (mut entries, mut files) = (Vec::<Cosigned>::new(), Vec::new());
        let mut next = vault.size();
        for ((row, _), answer) in asked.iter().zip(answers) {
            let answer =
                answer.map_err(|_| CaseError::machine(format!("asking `{}` failed", row.name)))?;
            let mut told = WitnessAnswer {
                name: row.name.clone(),
                at: None,
                entry: None,
                error: None,
                hint: None,
                alarm: false,
            };
            match answer {
                Ok((size, cosignature)) => {
                    let line = cosignature.line.into_bytes();
                    let entry = Cosigned {
                        witness: row.key.clone(),
                        size,
                        time: cosignature.time,
                        sha256: witnessmark_model::Digest::of(&line),
                    };
                    told.at = Some(in_words(entry.time));
                    told.entry = Some(next);
                    next += 1;
                    files.push((entry.file_name(), line));
                    entries.push(entry);
                }
                Err(error) => {
                    told.alarm = error.is_alarm();
                    told.hint = error.hint().map(str::to_owned);
                    told.error = Some(error.to_string());
                }
            }
            cosigning.witnesses.push(told);
        }
        if !entries.is_empty() {
            self.vault.keep_beside_checkpoint(self.vault.size(), &files)?;
            self.commit(entries.into_iter().map(Pending::from).collect())?;
        }
        Ok(cosigning)
    }

    /// Compares a checkpoint of this log that somebody noted elsewhere with the log as it is here. A history that parts
    /// from it, or one that is longer, is an error.
    pub fn compare_checkpoint(&self, file: &Path) -> Result<ComparedCheckpoint, CaseError> {
        let note = std::fs::read(file).map_err(|cause| CaseError::file("read", file, &cause))?;
        let (standing, size) = match self.vault.compare(&note, &file.display().to_string())? {
            Standing::Same { size } => ("same", size),
            Standing::Earlier { size } => ("earlier", size),
        };
        Ok(ComparedCheckpoint { standing, size })
    }

    /// The log's verifier key: what a witness has to know before it cosigns.
    pub fn log_key(&self) -> String {
        self.vault.verifier().to_text()
    }
}

/// The address of a witness, without the slash at its end.
fn address(text: &str) -> Result<String, CaseError> {
    let url = Url::parse(text).ok().filter(|url| {
        matches!(url.scheme(), "http" | "https")
            && url.has_host()
            && url.username().is_empty()
            && url.password().is_none()
            && url.query().is_none()
            && url.fragment().is_none()
    });
    let url = url.ok_or_else(|| {
        CaseError::usage(
            format!("`{text}` is not the address of a witness"),
            "give the prefix that its operator publishes, such as https://witness.example/w1",
        )
    })?;
    Ok(url.as_str().trim_end_matches('/').to_owned())
}

/// Seconds since 1970 as a moment in words.
pub(crate) fn in_words(seconds: u64) -> String {
    let millis = i64::try_from(seconds).unwrap_or(i64::MAX).saturating_mul(1000);
    Moment::from_unix_millis(millis).to_string()
}
