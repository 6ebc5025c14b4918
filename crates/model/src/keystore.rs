//! Lines of the keystore: the secrets that open commitments and sign.
//!
//! Two files of one epoch: `objects` holds a seed for each payload and each piece of evidence, `signers` the keys of
//! the log and of the actors. Lines are only appended; a last line that is not whole was never acknowledged.

use std::collections::HashMap;

use data_encoding::{BASE64, HEXLOWER};

use zeroize::Zeroizing;

use crate::Entropy;
use crate::id::{ActorId, KeyId};
use crate::leaf::{ActorKey, Seed};
use crate::note::{NoteError, NoteSigner};

/// The length of a line of `objects`, newline included; all are alike.
pub const OBJECT_LINE: usize = 96;

/// A fresh key for one object, and its line for the keystore.
pub fn new_object_key(entropy: &mut dyn Entropy) -> (KeyId, Seed) {
    (KeyId::random(entropy), Seed::new(entropy.seed()))
}

/// The line of `objects` for one seed.
pub fn object_line(key: KeyId, seed: &Seed) -> String {
    format!("{key} {}\n", HEXLOWER.encode(seed.expose()))
}

/// The line of `signers` for the log's key.
pub fn log_line(name: &str, seed: &[u8; 32]) -> String {
    format!("log {name} {}\n", HEXLOWER.encode(seed))
}

/// The line of `signers` for an actor's key.
pub fn actor_line(actor: ActorId, seed: &[u8; 32]) -> String {
    format!("actor {actor} {}\n", HEXLOWER.encode(seed))
}

/// The line of `signers` for an actor's key that opens with the actor's own passphrase alone: `lock` is what holds it.
pub fn locked_actor_line(actor: ActorId, public_key: &str, lock: &[u8]) -> String {
    format!("locked {actor} {public_key} {}\n", BASE64.encode(lock))
}

/// A line of the keystore cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeystoreError {
    /// The line is not of the format.
    #[error("line {0} of the keystore's `{1}` cannot be read")]
    Line(usize, &'static str),
    /// The log's key is missing.
    #[error("the keystore holds no key for the log")]
    NoLogKey,
    /// The log's name is not allowed.
    #[error(transparent)]
    Note(#[from] NoteError),
}

fn seed_from(hex: &str) -> Option<[u8; 32]> {
    HEXLOWER.decode(hex.as_bytes()).ok()?.try_into().ok()
}

/// The seeds in a file of object lines. A last line without a newline is passed over.
pub fn parse_objects(text: &str) -> Result<HashMap<KeyId, Seed>, KeystoreError> {
    let mut seeds = HashMap::with_capacity(text.len() / OBJECT_LINE);
    for (number, line) in text.split_inclusive('\n').enumerate() {
        let Some(line) = line.strip_suffix('\n') else { break };
        let parsed = line
            .split_once(' ')
            .and_then(|(key, seed)| Some((key.parse().ok()?, Seed::new(seed_from(seed)?))));
        let (key, seed) = parsed.ok_or(KeystoreError::Line(number + 1, "objects"))?;
        seeds.insert(key, seed);
    }
    Ok(seeds)
}

/// The keys that sign.
#[derive(Debug)]
pub struct Signers {
    /// The log's key.
    pub log: NoteSigner,
    /// The actors' keys, in the order in which they were added.
    pub actors: Vec<ActorKey>,
    /// The keys that open with their actor's own passphrase alone, in the order in which they were added.
    pub locked: Vec<LockedActor>,
}

/// The key of an actor who chose a passphrase of their own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LockedActor {
    /// The actor.
    pub actor: ActorId,
    /// Base64 of the Ed25519 public key.
    pub public_key: String,
    /// What holds the key.
    pub lock: Vec<u8>,
}

impl Signers {
    /// The keys in a file of signer lines. A last line without a newline is passed over.
    pub fn parse(text: &str) -> Result<Self, KeystoreError> {
        let (mut log, mut actors, mut locked) = (None, Vec::new(), Vec::new());
        for (number, line) in text.split_inclusive('\n').enumerate() {
            let Some(line) = line.strip_suffix('\n') else { break };
            let bad = || KeystoreError::Line(number + 1, "signers");
            match line.split(' ').collect::<Vec<_>>()[..] {
                ["log", name, seed] => {
                    let seed = Zeroizing::new(seed_from(seed).ok_or_else(bad)?);
                    log = Some(NoteSigner::new(name, &seed)?);
                }
                ["actor", actor, seed] => {
                    let seed = Zeroizing::new(seed_from(seed).ok_or_else(bad)?);
                    actors.push(ActorKey::new(actor.parse().map_err(|_| bad())?, &seed));
                }
                ["locked", actor, public_key, lock] => locked.push(LockedActor {
                    actor: actor.parse().map_err(|_| bad())?,
                    public_key: public_key.to_owned(),
                    lock: BASE64.decode(lock.as_bytes()).map_err(|_| bad())?,
                }),
                _ => return Err(bad()),
            }
        }
        Ok(Self { log: log.ok_or(KeystoreError::NoLogKey)?, actors, locked })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_it_writes_and_drops_a_torn_line() {
        let key: KeyId = "key-aaaaaaaaaaaaaaaaaaaaaaaaaa".parse().unwrap();
        let line = object_line(key, &Seed::new([7; 32]));
        assert_eq!(line.len(), OBJECT_LINE);
        let torn = format!("{line}{}", &line[..40]);
        let seeds = parse_objects(&torn).unwrap();
        assert_eq!(seeds.get(&key).map(|seed| *seed.expose()), Some([7; 32]));
        assert_eq!(parse_objects("nonsense\n"), Err(KeystoreError::Line(1, "objects")));

        let actor: ActorId = "act-aaaaaaaaaaaaaaaaaaaaaaaaaa".parse().unwrap();
        let text = log_line("log-a", &[1; 32]) + &actor_line(actor, &[2; 32]) + "actor torn";
        let signers = Signers::parse(&text).unwrap();
        assert_eq!(signers.log.verifier().name(), "log-a");
        assert_eq!((signers.actors.len(), signers.locked.len()), (1, 0));
        let signers = Signers::parse(&(text + "\n")).map(|_| ());
        assert!(signers.is_err(), "a line that is torn in the middle of the file");
        let text = log_line("log-a", &[1; 32]) + &locked_actor_line(actor, "a2V5", b"lock");
        let locked = Signers::parse(&text).unwrap().locked;
        let expected = LockedActor { actor, public_key: "a2V5".to_owned(), lock: b"lock".to_vec() };
        assert_eq!(locked, [expected]);
        assert!(matches!(Signers::parse(""), Err(KeystoreError::NoLogKey)));
        assert!(Signers::parse("actor x y\n").is_err());
    }
}
