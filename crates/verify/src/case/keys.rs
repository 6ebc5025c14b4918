//! The keystore: the seeds that open the commitments, and the log's key.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io::{self, BufReader, Read};

use witnessmark_model::id::{ActorId, KeyId};
use witnessmark_model::keystore::{self, Signers};
use witnessmark_model::leaf::Seed;
use witnessmark_model::note::Verifier;
use witnessmark_model::payload::{CaseCreated, Evidence};
use witnessmark_seal::frames::FrameReader;
use witnessmark_seal::wraps::Wraps;
use witnessmark_seal::{CaseKey, stream};
use zeroize::Zeroizing;

use super::{CaseLines, Names, blobs};
use crate::files::{self, Files, FilesError};
use crate::findings::{Findings, Group};

/// 40 million seeds.
const LARGEST: u64 = 4 << 30;

/// How far what is sealed can be read.
enum Access {
    /// Nothing is sealed.
    Open,
    /// The key was given.
    Sealed(CaseKey),
    /// It was not.
    Locked,
}

/// What the keystore holds, as far as it can be read.
pub(super) struct Keyring {
    /// Where the seeds lie.
    pub objects: String,
    signers_path: String,
    seeds: HashMap<KeyId, Seed>,
    signers: Option<Signers>,
    access: Access,
}

impl Keyring {
    pub(super) fn read(
        files: &dyn Files,
        names: &Names,
        case: &CaseLines,
        key: Option<&CaseKey>,
        findings: &mut Findings,
    ) -> Self {
        let epoch = epoch(names, findings);
        let access = match (case.sealed, key) {
            (false, _) => Access::Open,
            (true, Some(key)) => Access::Sealed(key.clone()),
            (true, None) => Access::Locked,
        };
        let mut ring = Self {
            objects: format!("keys/{epoch}/objects"),
            signers_path: format!("keys/{epoch}/signers"),
            seeds: HashMap::new(),
            signers: None,
            access,
        };
        let locked_away = names.contains_key(&format!("keys/{epoch}/wraps"));
        if case.sealed != locked_away {
            let detail = match case.sealed {
                true => "it says that the case is sealed, and the keystore holds no locked key",
                false => "it says that the case is open, and the keystore holds a locked key",
            };
            findings.fail(Group::CaseFile, CaseLines::NAME, detail);
        }
        if case.sealed {
            let name = format!("keys/{epoch}/wraps");
            let wraps = files::bytes(files, &name, LARGEST).map_err(|error| error.to_string());
            match wraps.and_then(|wraps| Wraps::parse(&wraps).map_err(|error| error.to_string())) {
                Ok(wraps) if wraps.case().to_string() != case.id => {
                    let detail = format!("its id is not that of the locked key, {}", wraps.case());
                    findings.fail(Group::CaseFile, CaseLines::NAME, detail);
                }
                Ok(_) => findings.pass(Group::Keys),
                Err(detail) => findings.fail(Group::Keys, name, detail),
            }
        }
        if ring.is_locked() {
            let detail = "the case is sealed and its passphrase was not given: what its entries say was not checked";
            findings.unchecked(Group::Keys, format!("keys/{epoch}"), detail);
            return ring;
        }
        ring.read_objects(files, case, epoch, findings);
        ring.read_signers(files, names, case, epoch, findings);
        ring
    }

    fn read_objects(
        &mut self,
        files: &dyn Files,
        case: &CaseLines,
        epoch: u32,
        findings: &mut Findings,
    ) {
        let text = match self.text(files, case, epoch, "objects") {
            Ok(text) => text,
            Err(detail) => return findings.fail(Group::Keys, &self.objects, detail),
        };
        match keystore::parse_objects(&text) {
            Ok(found) => {
                self.seeds = found;
                findings.pass(Group::Keys);
            }
            Err(_) => {
                for (number, line) in text.split_inclusive('\n').enumerate() {
                    match keystore::parse_objects(line) {
                        Ok(found) => self.seeds.extend(found),
                        Err(_) => {
                            let detail = format!("line {} is not a key and its seed", number + 1);
                            findings.fail(Group::Keys, &self.objects, detail);
                        }
                    }
                }
            }
        }
    }

    fn read_signers(
        &mut self,
        files: &dyn Files,
        names: &Names,
        case: &CaseLines,
        epoch: u32,
        findings: &mut Findings,
    ) {
        if !names.contains_key(&self.signers_path) {
            let detail = "it is not there, so nobody can add to this case";
            return findings.unchecked(Group::Keys, &self.signers_path, detail);
        }
        let signers = self
            .text(files, case, epoch, "signers")
            .and_then(|text| Signers::parse(&text).map_err(|error| error.to_string()));
        match signers {
            Ok(signers) => self.signers = Some(signers),
            Err(detail) => findings.fail(Group::Keys, &self.signers_path, detail),
        }
    }

    /// The lines of a file of the keystore.
    fn text(
        &self,
        files: &dyn Files,
        case: &CaseLines,
        epoch: u32,
        file: &str,
    ) -> Result<Zeroizing<String>, String> {
        let name = format!("keys/{epoch}/{file}");
        let stored = files::bytes(files, &name, LARGEST).map_err(|error| error.to_string())?;
        let mut stored = Zeroizing::new(stored);
        if let Access::Sealed(key) = &self.access {
            let key = key.derive(&format!("keystore/{file}"));
            let context = format!("keystore/{file} {} {epoch}", case.id);
            let mut plain = Zeroizing::new(Vec::new());
            let mut frames = FrameReader::new(&stored[..], &key, context.as_bytes());
            while let Some(frame) = frames.read_frame().map_err(|error| error.to_string())? {
                plain.extend_from_slice(&frame);
            }
            stored = plain;
        }
        let text = std::str::from_utf8(&stored).map_err(|_| "it is not text".to_owned())?;
        Ok(Zeroizing::new(text.to_owned()))
    }

    /// Whether what the case seals cannot be read.
    pub(super) fn is_locked(&self) -> bool {
        matches!(self.access, Access::Locked)
    }

    /// Whether what the case keeps is sealed.
    pub(super) fn is_sealed(&self) -> bool {
        !matches!(self.access, Access::Open)
    }

    /// The plain bytes of something that was stored under `key`.
    pub(super) fn open(&self, key: &KeyId, stored: &[u8]) -> Result<Vec<u8>, String> {
        if !self.is_sealed() {
            return Ok(stored.to_vec());
        }
        let seed = self.seed(key).ok_or_else(|| format!("{} holds no seed {key}", self.objects))?;
        stream::open_bytes(seed, stored).map_err(|error| error.to_string())
    }

    /// Hands the plain bytes of a piece of evidence to `visit` as a stream.
    pub(super) fn read_evidence(
        &self,
        files: &dyn Files,
        evidence: &Evidence,
        visit: &mut dyn FnMut(&mut dyn Read) -> io::Result<()>,
    ) -> Result<(), FilesError> {
        let path = blobs::path(&evidence.sha256);
        if !self.is_sealed() {
            return files.read(&path, visit);
        }
        let Some(seed) = self.seed(&evidence.key) else {
            return Err(FilesError::Refused(format!("its key {} is not there", evidence.key)));
        };
        files.read(&path, &mut |stored| {
            let opened = stream::opener(seed, BufReader::with_capacity(1 << 17, stored));
            visit(&mut opened.map_err(io::Error::other)?)
        })
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
                    findings.fail(Group::Keys, &self.signers_path, detail);
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
        let locked = signers.locked.iter().map(|one| (one.actor, one.public_key.clone()));
        let known = signers.actors.iter().map(|key| (key.actor, key.public_key())).chain(locked);
        for (actor, public_key) in known {
            if actors.get(&actor).is_some_and(|logged| *logged != public_key) {
                let detail = format!("its key for {actor} is not the one that the log names");
                findings.fail(Group::Keys, &self.signers_path, detail);
                agree = false;
            }
        }
        if !signers.actors.iter().any(|key| actors.contains_key(&key.actor)) {
            findings.fail(
                Group::Keys,
                &self.signers_path,
                "it holds no key of an actor whom the log knows",
            );
        } else if agree && !findings.failed(Group::Keys) {
            findings.pass(Group::Keys);
        }
    }
}

/// The keystore's epoch: the last one. An older one beside it should have been destroyed.
fn epoch(names: &Names, findings: &mut Findings) -> u32 {
    let epochs: BTreeSet<u32> = names
        .keys()
        .filter_map(|name| name.strip_prefix("keys/")?.split('/').next()?.parse().ok())
        .collect();
    let last = epochs.last().copied().unwrap_or(1);
    for old in epochs.into_iter().filter(|epoch| *epoch != last) {
        let detail = "an erasure was cut off: this epoch of the keystore was to be destroyed; any writing command does it";
        findings.unchecked(Group::Unfinished, format!("keys/{old}"), detail);
    }
    last
}
