//! The process that adds, and how it is started.

use std::io::Write;
use std::path::Path;
use std::process::Command;
use std::sync::Mutex;

use ed25519_dalek::SigningKey;
use witnessmark_model::Digest;
use witnessmark_model::id::{CaptureId, ConfigurationId, SourceId};
use witnessmark_model::payload::{Capture, Cosigned, SourceRef, Verdict, Witness};
use witnessmark_vault::{Committed, Pending, Vault, VaultError};

use crate::Acknowledged;
use crate::scratch_case::{Seeded, moment, origins, unlocked};
use crate::witness_server;

const CASE: &str = "WITNESSMARK_CRASH_CASE";
const TASK: &str = "WITNESSMARK_CRASH_TASK";
const SEED: &str = "WITNESSMARK_CRASH_SEED";

/// What a worker does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Task {
    /// Three files in two batches, and a cosignature between them.
    AddAFew,
    /// Four threads add until somebody stops them.
    AddForEver,
}

/// The worker's command line, to be wrapped and started.
pub(crate) fn worker(case: &Path, task: Task, seed: u64) -> Vec<(String, String)> {
    let task = match task {
        Task::AddAFew => "few",
        Task::AddForEver => "for-ever",
    };
    let case = case.to_str().unwrap().to_owned();
    let pair = |name: &str, value: String| (name.to_owned(), value);
    vec![pair(CASE, case), pair(TASK, task.to_owned()), pair(SEED, seed.to_string())]
}

/// This program again, as a worker; `before` are the words that stand before it, such as those of strace.
pub(crate) fn command(before: &[String], environment: &[(String, String)]) -> Command {
    let own = std::env::current_exe().unwrap();
    let mut words = before.to_vec();
    words.push(own.to_str().unwrap().to_owned());
    let (first, rest) = words.split_first().unwrap();
    let mut command = Command::new(first);
    command.args(rest).args(["--exact", "worker::works", "--ignored", "--nocapture"]);
    command.envs(environment.iter().map(|(name, value)| (name, value)));
    command
}

/// What the worker said it had kept, in whole lines.
pub(crate) fn acknowledged(stdout: &[u8]) -> Acknowledged {
    let whole = stdout.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    let text = String::from_utf8_lossy(&stdout[..whole]).into_owned();
    text.lines()
        .filter_map(|line| {
            let (index, digest) = line.strip_prefix("kept ")?.split_once(' ')?;
            Some((index.parse().unwrap(), digest.parse().unwrap()))
        })
        .collect()
}

/// Not a test: the worker's own work, when this program is started as one.
#[test]
#[ignore = "a worker of the other tests"]
fn works() {
    let Some(case) = std::env::var_os(CASE) else { return };
    let mut entropy = Seeded(std::env::var(SEED).unwrap().parse().unwrap());
    let done = match std::env::var(TASK).unwrap().as_str() {
        "few" => add_a_few(Path::new(&case), &mut entropy),
        _ => add_for_ever(Path::new(&case), entropy),
    };
    if let Err(error) = done {
        let _ = writeln!(std::io::stderr(), "error: {error}");
        std::process::exit(3);
    }
    std::process::exit(0);
}

/// Says on stdout what was kept: each line in one write, after the commit returned.
fn tell(committed: &[Committed]) -> Result<(), VaultError> {
    let mut text = String::new();
    for entry in committed {
        let digest = Digest::of(&entry.payload.to_bytes()?);
        text += &format!("kept {} {digest}\n", entry.index);
    }
    std::io::stdout().lock().write_all(text.as_bytes()).map_err(VaultError::Input)
}

fn capture(store: &witnessmark_vault::Store, entropy: &mut Seeded) -> Result<Pending, VaultError> {
    let text = format!("page {} 西藏\n", entropy.next()).repeat(1 + entropy.next() as usize % 400);
    let capture = Capture {
        id: CaptureId::random(entropy),
        source: SourceRef { id: SourceId::random(entropy), url: None },
        method: "file".to_owned(),
        name: "page.txt".to_owned(),
        media_type: "text/plain".to_owned(),
        published: None,
        evidence: vec![store.put_bytes(text.as_bytes())?],
        verdict: Verdict { code: "content".to_owned(), evidence: vec!["it has text".to_owned()] },
    };
    Ok(capture.into())
}

fn add_a_few(case: &Path, entropy: &mut Seeded) -> Result<(), VaultError> {
    let unlocked = unlocked(case);
    let (mut vault, _) = Vault::open_for_writing(case, "process 2 (worker)", unlocked)?;
    let witness = SigningKey::from_bytes(&[5; 32]);
    let key = witness_server::vkey("w.example", &witness);
    vault.reserve(3, entropy)?;
    let mut batch = vec![capture(vault.store(), entropy)?, capture(vault.store(), entropy)?];
    batch
        .push(Witness { id: ConfigurationId::random(entropy), key: key.clone(), url: None }.into());
    tell(&vault.commit(batch, moment(), entropy)?)?;

    // A cosignature beside the checkpoint, and the entry that names it.
    let (note, checkpoint) = vault.checkpoint()?;
    let text = vault.verifier().open(&note).unwrap().to_owned();
    let line = witness_server::line("w.example", &witness, Some(7), &text).into_bytes();
    let sha256 = Digest::of(&line);
    let cosigned = Cosigned { witness: key, size: checkpoint.size, time: 7, sha256 };
    vault.keep_beside_checkpoint(checkpoint.size, &[(cosigned.file_name(), line)])?;
    vault.reserve(1, entropy)?;
    let last = capture(vault.store(), entropy)?;
    tell(&vault.commit(vec![cosigned.into(), last], moment(), entropy)?)
}

fn add_for_ever(case: &Path, mut entropy: Seeded) -> Result<(), VaultError> {
    let unlocked = unlocked(case);
    let (vault, _) = Vault::open_for_writing(case, "process 2 (worker)", unlocked)?;
    let store = vault.store().clone();
    let vault = Mutex::new(vault);
    let seeds: Vec<u64> = (0..4).map(|_| entropy.next()).collect();
    std::thread::scope(|scope| {
        let (vault, store) = (&vault, &store);
        let threads: Vec<_> = seeds
            .into_iter()
            .map(|seed| {
                scope.spawn(move || -> Result<(), VaultError> {
                    let mut entropy = Seeded(seed);
                    loop {
                        // Eight keys are enough for four threads, each of which takes one before it asks again.
                        vault.lock().unwrap().reserve(8, &mut entropy)?;
                        let mut batch = vec![capture(store, &mut entropy)?];
                        batch.extend(origins(entropy.next() % 4, &mut entropy));
                        let mut vault = vault.lock().unwrap();
                        let committed = vault.commit(batch, moment(), &mut entropy)?;
                        drop(vault);
                        tell(&committed)?;
                    }
                })
            })
            .collect();
        threads.into_iter().try_for_each(|thread| thread.join().unwrap())
    })
}
