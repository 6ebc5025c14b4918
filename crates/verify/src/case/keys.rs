//! The keystore: the seeds that open the commitments, and the log's key.

use std::collections::{BTreeMap, HashMap};

use witnessmark_model::id::{ActorId, KeyId};
use witnessmark_model::keystore::{self, Signers};
use witnessmark_model::leaf::Seed;
use witnessmark_model::note::Verifier;
use witnessmark_model::payload::CaseCreated;

use super::Names;
use crate::files::{self, Files};
use crate::findings::{Findings, Group};

pub(super) const OBJECTS: &str = "keys/1/objects";
pub(super) const SIGNERS: &str = "keys/1/signers";
/// 40 million seeds.
const LARGEST: u64 = 4 << 30;

/// What the keystore holds, as far as it can be read.
pub(super) struct Keyring {
    seeds: HashMap<KeyId, Seed>,
    signers: Option<Signers>,
}

impl Keyring {
    pub(super) fn read(files: &dyn Files, names: &Names, findings: &mut Findings) -> Self {
        let mut seeds = HashMap::new();
        match text(files, OBJECTS) {
            Ok(text) => match keystore::parse_objects(&text) {
                Ok(found) => {
                    seeds = found;
                    findings.pass(Group::Keys);
                }
                Err(_) => {
                    for (number, line) in text.split_inclusive('\n').enumerate() {
                        match keystore::parse_objects(line) {
                            Ok(found) => seeds.extend(found),
                            Err(_) => {
                                let detail =
                                    format!("line {} is not a key and its seed", number + 1);
                                findings.fail(Group::Keys, OBJECTS, detail);
                            }
                        }
                    }
                }
            },
            Err(detail) => findings.fail(Group::Keys, OBJECTS, detail),
        }
        let signers = if names.contains_key(SIGNERS) {
            match text(files, SIGNERS).and_then(|t| Signers::parse(&t).map_err(|e| e.to_string())) {
                Ok(signers) => Some(signers),
                Err(detail) => {
                    findings.fail(Group::Keys, SIGNERS, detail);
                    None
                }
            }
        } else {
            let detail = "it is not there, so nobody can add to this case";
            findings.unchecked(Group::Keys, SIGNERS, detail);
            None
        };
        Self { seeds, signers }
    }

    pub(super) fn seed(&self, key: &KeyId) -> Option<&Seed> {
        self.seeds.get(key)
    }

    /// The key that the log must be signed by: the one that the first entry names.
    pub(super) fn log_key(
        &self,
        created: Option<&CaseCreated>,
        findings: &mut Findings,
    ) -> Option<Verifier> {
        let stored = self.signers.as_ref().map(|signers| signers.log.verifier());
        let Some(created) = created else { return stored };
        match Verifier::parse(&created.log_key) {
            Ok(named) => {
                if named.name() != created.log {
                    let detail = "the first entry gives the log and its key different names";
                    findings.fail(Group::Payloads, "entry 0", detail);
                }
                if stored.is_some_and(|stored| stored != named) {
                    let detail = "its key for the log is not the one that the first entry names";
                    findings.fail(Group::Keys, SIGNERS, detail);
                }
                Some(named)
            }
            Err(error) => {
                findings.fail(Group::Payloads, "entry 0", format!("its log key: {error}"));
                stored
            }
        }
    }

    /// Compares the actors' keys with those that the log names.
    pub(super) fn compare(&self, actors: &BTreeMap<ActorId, String>, findings: &mut Findings) {
        let Some(signers) = &self.signers else { return };
        let mut agree = true;
        for key in &signers.actors {
            if actors.get(&key.actor).is_some_and(|logged| *logged != key.public_key()) {
                let detail = format!("its key for {} is not the one that the log names", key.actor);
                findings.fail(Group::Keys, SIGNERS, detail);
                agree = false;
            }
        }
        if !signers.actors.iter().any(|key| actors.contains_key(&key.actor)) {
            findings.fail(Group::Keys, SIGNERS, "it holds no key of an actor whom the log knows");
        } else if agree && !findings.failed(Group::Keys) {
            findings.pass(Group::Keys);
        }
    }
}

fn text(files: &dyn Files, name: &str) -> Result<String, String> {
    let bytes = files::bytes(files, name, LARGEST).map_err(|error| error.to_string())?;
    String::from_utf8(bytes).map_err(|_| "it is not text".to_owned())
}
