//! OpenTimestamps proofs: read, made, joined, and held against block headers.
//!
//! A proof is a tree of operations over the digest of a file. A leaf is an attestation: a calendar's promise, which proves
//! nothing yet, or the height of a block whose header holds what the path leads to as its Merkle root. Whether that header
//! is one of the chain is for whoever brings the headers. The format is that of detached files of version 1, as
//! python-opentimestamps 0.4.5 reads and writes them.

mod attestation;
mod bytes;
mod headers;
mod operation;

pub use attestation::Attestation;
pub use headers::{BlockHeaders, Found, HeadersFault, Standing};
pub use operation::{FileHash, Operation};

use bytes::Reader;

/// The first bytes of a detached file.
const MAGIC: &[u8] = b"\x00OpenTimestamps\x00\x00Proof\x00\xbf\x89\xe2\xe8\x84\xe8\x92\x94";
const VERSION: u64 = 1;
/// Larger proofs are refused, in bytes. Those of the wild have up to four kilobytes.
pub const LARGEST_PROOF: usize = 64 << 10;
/// Operations below each other, at most: as in the reference implementation.
const DEPTH: usize = 256;

/// Why bytes are no proof, or one that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProofFault {
    /// It does not begin as one.
    #[error("it is no proof of OpenTimestamps")]
    NotAProof,
    /// It is of another version.
    #[error("it is a proof of version {0}, which cannot be judged")]
    Version(u64),
    /// It is larger than any that is made.
    #[error("it has more than {LARGEST_PROOF} bytes")]
    TooLarge,
    /// Operations are nested more deeply than any program makes them.
    #[error("byte {at}: its operations are nested more than {DEPTH} deep")]
    TooDeep {
        /// Where.
        at: usize,
    },
    /// It ends within something.
    #[error("byte {at}: it ends too early")]
    Ends {
        /// Where.
        at: usize,
    },
    /// Something follows its end.
    #[error("byte {at}: something follows its end")]
    Follows {
        /// Where.
        at: usize,
    },
    /// An operation that is not known: what it gives cannot be worked out.
    #[error("byte {at}: operation {tag:02x} is not known")]
    Operation {
        /// Where.
        at: usize,
        /// Its tag.
        tag: u8,
    },
    /// The file's digest is of a kind that is not known.
    #[error("byte {at}: digest {tag:02x} is not known")]
    Hash {
        /// Where.
        at: usize,
        /// Its tag.
        tag: u8,
    },
    /// A length or a result is larger or smaller than the format allows.
    #[error("byte {at}: {what} has {found} bytes, {least} to {most} are allowed")]
    Length {
        /// Where.
        at: usize,
        /// What is.
        what: &'static str,
        /// Its length.
        found: u64,
        /// The least.
        least: u64,
        /// The most.
        most: u64,
    },
    /// A calendar's address has other letters than are allowed.
    #[error("byte {at}: the address of a calendar has letters that are not allowed")]
    Address {
        /// Where.
        at: usize,
    },
    /// The attestations are for another file.
    #[error("it is for the {hash} digest {found}, not for {expected}")]
    OtherFile {
        /// The digest's kind.
        hash: &'static str,
        /// Hexadecimal.
        found: String,
        /// Hexadecimal.
        expected: String,
    },
    /// Two proofs that are to be joined are for different messages.
    #[error("it does not belong to the proof that it is to be joined to")]
    OtherMessage,
}

/// A proof for one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    hash: FileHash,
    digest: Vec<u8>,
    root: Node,
}

/// What follows from one message: attestations of it, and what operations make of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Node {
    attestations: Vec<Attestation>,
    branches: Vec<(Operation, Node)>,
}

/// An attestation with the path that leads to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attested {
    /// What is attested: the result of the path's last operation.
    pub message: Vec<u8>,
    /// By whom.
    pub attestation: Attestation,
    /// Whether the path goes through SHA-1, for which two messages with one digest can be made.
    pub weak: bool,
}

impl Proof {
    /// Begins a proof for a SHA-256 digest: `nonce`, fresh random bytes, is appended and all is hashed again, so that a
    /// calendar learns nothing of the digest. The result of [`submission`](Self::submission) goes to calendars, and what
    /// they answer is joined by [`join`](Self::join).
    pub fn begin(digest: [u8; 32], nonce: [u8; 16]) -> Self {
        let hashed =
            Node { branches: vec![(Operation::Sha256, Node::default())], ..Node::default() };
        let root =
            Node { branches: vec![(Operation::Append(nonce.to_vec()), hashed)], ..Node::default() };
        Self { hash: FileHash::Sha256, digest: digest.to_vec(), root }
    }

    /// What calendars are given for a proof that was begun: the first message that is not the result of only one
    /// operation.
    pub fn submission(&self) -> Vec<u8> {
        let (mut node, mut message) = (&self.root, self.digest.clone());
        while let ([], [(operation, next)]) =
            (node.attestations.as_slice(), node.branches.as_slice())
        {
            let Some(result) = operation.apply(&message) else { break };
            (node, message) = (next, result);
        }
        message
    }

    /// Reads a detached file.
    pub fn parse(bytes: &[u8]) -> Result<Self, ProofFault> {
        if bytes.len() > LARGEST_PROOF {
            return Err(ProofFault::TooLarge);
        }
        let rest = bytes.strip_prefix(MAGIC).ok_or(ProofFault::NotAProof)?;
        let mut reader = Reader::new(rest, MAGIC.len());
        match reader.number()? {
            VERSION => {}
            other => return Err(ProofFault::Version(other)),
        }
        let at = reader.at();
        let tag = reader.byte()?;
        let hash = FileHash::from_tag(tag).ok_or(ProofFault::Hash { at, tag })?;
        let digest = reader.take(hash.length())?.to_vec();
        let root = Node::read(&mut reader, &digest, DEPTH)?;
        reader.end()?;
        Ok(Self { hash, digest, root })
    }

    /// The detached file. Attestations and operations stand in one order, whatever the order of joining was.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        bytes::push_number(&mut bytes, VERSION);
        bytes.push(self.hash.tag());
        bytes.extend_from_slice(&self.digest);
        self.root.write(&mut bytes);
        bytes
    }

    /// Of which kind the file's digest is.
    pub fn hash(&self) -> FileHash {
        self.hash
    }

    /// The digest of the file.
    pub fn digest(&self) -> &[u8] {
        &self.digest
    }

    /// That it is for the file with this SHA-256 digest.
    pub fn is_for(&self, sha256: &[u8; 32]) -> Result<(), ProofFault> {
        if self.hash == FileHash::Sha256 && self.digest == sha256 {
            return Ok(());
        }
        Err(ProofFault::OtherFile {
            hash: self.hash.name(),
            found: data_encoding::HEXLOWER.encode(&self.digest),
            expected: data_encoding::HEXLOWER.encode(sha256),
        })
    }

    /// Every attestation, with what it attests.
    pub fn attested(&self) -> Vec<Attested> {
        let mut found = Vec::new();
        self.root.walk(&self.digest, self.hash == FileHash::Sha1, &mut |message, weak, node| {
            found.extend(node.attestations.iter().map(|attestation| Attested {
                message: message.to_vec(),
                attestation: attestation.clone(),
                weak,
            }));
        });
        found
    }

    /// Whether a block attests it.
    pub fn is_complete(&self) -> bool {
        self.attested().iter().any(|one| matches!(one.attestation, Attestation::Bitcoin(_)))
    }

    /// Joins what a calendar answered about `message`, at the first place that has this message. What the format does not
    /// allow is refused, and the proof stays as it was.
    pub fn join(&mut self, message: &[u8], answer: &Node) -> Result<(), ProofFault> {
        let mut joined = self.clone();
        if !joined.root.join_at(&self.digest, message, answer) {
            return Err(ProofFault::OtherMessage);
        }
        *self = Self::parse(&joined.to_bytes())?;
        Ok(())
    }
}

impl Node {
    /// Reads a calendar's answer about `message`.
    pub fn parse(bytes: &[u8], message: &[u8]) -> Result<Self, ProofFault> {
        if bytes.len() > LARGEST_PROOF {
            return Err(ProofFault::TooLarge);
        }
        let mut reader = Reader::new(bytes, 0);
        let node = Self::read(&mut reader, message, DEPTH)?;
        reader.end()?;
        Ok(node)
    }

    /// The bytes of a calendar's answer.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        self.write(&mut bytes);
        bytes
    }

    /// A node with one attestation, reached from the message that is asked about by these operations.
    pub fn reached_by(operations: &[Operation], attestation: Attestation) -> Self {
        let leaf = Self { attestations: vec![attestation], branches: Vec::new() };
        operations.iter().rev().fold(leaf, |node, operation| Self {
            attestations: Vec::new(),
            branches: vec![(operation.clone(), node)],
        })
    }

    fn read(reader: &mut Reader<'_>, message: &[u8], depth: usize) -> Result<Self, ProofFault> {
        const MORE: u8 = 0xff;
        const ATTESTATION: u8 = 0x00;
        let Some(deeper) = depth.checked_sub(1) else {
            return Err(ProofFault::TooDeep { at: reader.at() });
        };
        let mut node = Self::default();
        loop {
            let mut tag = reader.byte()?;
            let is_last = tag != MORE;
            if !is_last {
                tag = reader.byte()?;
            }
            if tag == ATTESTATION {
                node.attest(Attestation::read(reader)?);
            } else {
                let at = reader.at();
                let operation = Operation::read(reader, tag)?;
                let result = operation.apply(message).ok_or(ProofFault::Length {
                    at,
                    what: "what an operation is applied to or gives",
                    found: message.len() as u64,
                    least: 1,
                    most: Operation::LARGEST_RESULT as u64,
                })?;
                let next = Self::read(reader, &result, deeper)?;
                node.branch(operation, next);
            }
            if is_last {
                return Ok(node);
            }
        }
    }

    fn write(&self, bytes: &mut Vec<u8>) {
        const MORE: u8 = 0xff;
        let mut left = self.attestations.len() + self.branches.len();
        let mut begin = |bytes: &mut Vec<u8>| {
            left -= 1;
            if left > 0 {
                bytes.push(MORE);
            }
        };
        for attestation in &self.attestations {
            begin(bytes);
            bytes.push(0x00);
            attestation.write(bytes);
        }
        for (operation, next) in &self.branches {
            begin(bytes);
            operation.write(bytes);
            next.write(bytes);
        }
    }

    fn attest(&mut self, attestation: Attestation) {
        if let Err(place) = self.attestations.binary_search(&attestation) {
            self.attestations.insert(place, attestation);
        }
    }

    fn branch(&mut self, operation: Operation, next: Self) {
        match self.branches.binary_search_by(|(known, _)| known.cmp(&operation)) {
            Ok(place) => {
                if let Some((_, known)) = self.branches.get_mut(place) {
                    known.merge(next);
                }
            }
            Err(place) => self.branches.insert(place, (operation, next)),
        }
    }

    fn merge(&mut self, other: Self) {
        other.attestations.into_iter().for_each(|one| self.attest(one));
        other.branches.into_iter().for_each(|(operation, next)| self.branch(operation, next));
    }

    /// Not below the place where it was joined: an answer may lead back to the message that it is for.
    fn join_at(&mut self, message: &[u8], wanted: &[u8], answer: &Self) -> bool {
        if message == wanted {
            self.merge(answer.clone());
            return true;
        }
        self.branches.iter_mut().any(|(operation, next)| {
            operation.apply(message).is_some_and(|result| next.join_at(&result, wanted, answer))
        })
    }

    fn walk(&self, message: &[u8], weak: bool, visit: &mut dyn FnMut(&[u8], bool, &Self)) {
        visit(message, weak, self);
        for (operation, next) in &self.branches {
            if let Some(result) = operation.apply(message) {
                next.walk(&result, weak || *operation == Operation::Sha1, visit);
            }
        }
    }
}
