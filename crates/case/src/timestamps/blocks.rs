//! What proofs of OpenTimestamps say of one entry, held against block headers that the reader brings.

use witnessmark_model::Digest;
use witnessmark_model::payload::{KeptFile, Timestamp};
use witnessmark_timestamp::opentimestamps::{Attestation, Found, Proof, Standing};
use witnessmark_verify::Trust;

use crate::Case;

/// What a block says, or would say if its header were here.
enum Word {
    /// The header is here and holds it.
    Held(u64, Found),
    /// No header of that block was brought.
    Missing(u64),
    /// The header that was brought holds something else.
    Other(u64),
    /// A block holds it by way of SHA-1, for which two messages with one digest can be made.
    Weak(u64),
    /// Calendars promise to have it put into a block.
    Promised,
    /// The file is not the proof that its entry names, or none.
    Broken(String),
}

impl Case {
    /// What one proof of OpenTimestamps says of a log that holds an entry, in a sentence. Times of blocks are told only by
    /// headers that the reader brought; nothing else is looked up.
    pub(crate) fn word_of_blocks(&self, timestamp: &Timestamp, trust: &Trust) -> String {
        let label = timestamp.label.as_ref().map(|label| format!(" [{label}]")).unwrap_or_default();
        let proof = format!("a proof of OpenTimestamps{label} over the log with its entry");
        match self.blocks_of(timestamp, trust) {
            Word::Held(height, found) => {
                let chain = if found.test_chain {
                    "It is a block of a test chain: it proves nothing."
                } else if found.from_genesis {
                    "The headers that you brought go back to Bitcoin's first block without a gap."
                } else {
                    "Whether that header is one of Bitcoin's chain, you have to know from elsewhere."
                };
                format!(
                    "Block {height} holds {proof}: it existed before that block, whose header, which you brought, says {} \
                     (approximate: by hours). {chain}",
                    found.time
                )
            }
            Word::Missing(height) => format!(
                "Block {height} of Bitcoin holds {proof}, as that proof says; this is not checked, and the block's time is not \
                 known here, because you brought no header of it (`--bitcoin-headers FILE`)."
            ),
            Word::Other(height) => format!(
                "There is {proof} that does not lead to block {height}: the header that you brought has another Merkle root."
            ),
            Word::Weak(height) => format!(
                "There is {proof} that leads to block {height} by way of SHA-1, which is too weak: it shows nothing."
            ),
            Word::Promised => format!(
                "Calendars promised {proof}; it is not in a block yet, and proves nothing until then."
            ),
            Word::Broken(why) => format!("There is {proof} that cannot be used: {why}."),
        }
    }

    /// The earliest block that a proof leads to.
    fn blocks_of(&self, timestamp: &Timestamp, trust: &Trust) -> Word {
        let proof = self.kept_bytes(timestamp, timestamp.file(".ots")).and_then(|bytes| {
            let checkpoint = timestamp.files.iter().find(|one| one.name == Timestamp::CHECKPOINT);
            let note = self.kept_bytes(timestamp, checkpoint)?;
            let proof = Proof::parse(&bytes).map_err(|fault| fault.to_string())?;
            proof.is_for(&Digest::of(&note).0).map_err(|fault| fault.to_string())?;
            Ok(proof)
        });
        let proof = match proof {
            Ok(proof) => proof,
            Err(why) => return Word::Broken(why),
        };
        let mut earliest: Option<(u64, Found)> = None;
        let mut without = Word::Promised;
        for attested in proof.attested() {
            let Attestation::Bitcoin(height) = attested.attestation else { continue };
            match trust.block_headers().standing(height, &attested.message) {
                Standing::Other => return Word::Other(height),
                Standing::Held(_) if attested.weak => without = Word::Weak(height),
                Standing::Held(found) => {
                    if earliest.as_ref().is_none_or(|(_, known)| found.time < known.time) {
                        earliest = Some((height, found));
                    }
                }
                Standing::Missing => match without {
                    Word::Missing(known) if known <= height => {}
                    Word::Weak(_) => {}
                    _ => without = Word::Missing(height),
                },
            }
        }
        earliest.map_or(without, |(height, found)| Word::Held(height, found))
    }

    /// The bytes of a file beside a checkpoint, which have the digest that their entry names.
    pub(crate) fn kept_bytes(
        &self,
        timestamp: &Timestamp,
        file: Option<&KeptFile>,
    ) -> Result<Vec<u8>, String> {
        let file = file.ok_or("its entry does not name the file")?;
        let path = self.vault.folder().join(timestamp.path(file));
        let bytes = std::fs::read(&path).map_err(|cause| format!("{}: {cause}", path.display()))?;
        if Digest::of(&bytes) == file.sha256 {
            Ok(bytes)
        } else {
            Err(format!("{} is not the file that its entry names", path.display()))
        }
    }
}
