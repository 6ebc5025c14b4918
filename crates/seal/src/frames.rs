//! Encrypted files that only grow: the keystore's segments, and recordings under way.
//!
//! A file is the header [`MAGIC`], then frames, numbered from 0. A frame is:
//!
//! | bytes | what |
//! |---|---|
//! | 4 | the length of the ciphertext, big-endian |
//! | 4 | a check on it: the first bytes of SHA-256(additional data ‖ length) |
//! | 24 | the nonce |
//! | length | XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha-03) of the plain bytes, with the tag of 16 at its end |
//!
//! The additional data are the header ‖ the file's context ‖ the frame's number in 8 bytes, big-endian. So no frame
//! opens at another place, in another file or under another use. What is encrypted cannot tell is whether whole
//! frames are missing at the end: who counts on them keeps their number elsewhere.
//!
//! A crash while a frame is appended leaves a **torn** tail: a frame that the file ends within, or whose end was
//! never written and reads as zeros. Nothing in a torn tail was acknowledged, so it is cut off. Everything else that
//! does not open is **damage**, and an error: the check on the length tells one from the other.

use std::io::{self, Read};

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use witnessmark_model::{Digest, Entropy};
use zeroize::Zeroizing;

use crate::SealError;

/// The first bytes of every file of frames.
pub const MAGIC: &[u8] = b"witnessmark frames 1\n";

/// The most plain bytes that a frame holds: 64 MiB.
pub const LONGEST: usize = 64 << 20;

const WHAT: &str = "an encrypted file of frames";
const TAG: usize = 16;
const NONCE: usize = 24;
const HEAD: usize = 8 + NONCE;

/// How many bytes a frame takes for `plain` bytes of content.
pub const fn stored_length(plain: usize) -> usize {
    HEAD + plain + TAG
}

/// The bytes of frame `number`, to be appended to its file; before frame 0, the file's header too.
///
/// `context` names the use, such as `keystore/objects`. A number is never used twice for one file: after a torn tail
/// the file is first cut to [`FrameReader::whole_bytes`].
pub fn frame(
    key: &[u8; 32],
    context: &[u8],
    number: u64,
    plain: &[u8],
    entropy: &mut dyn Entropy,
) -> Result<Vec<u8>, SealError> {
    if plain.len() > LONGEST {
        return Err(SealError::FrameTooLong(plain.len()));
    }
    let mut nonce = [0; NONCE];
    entropy.fill(&mut nonce);
    let aad = additional_data(context, number);
    let ciphertext = XChaCha20Poly1305::new(key.into())
        .encrypt(&XNonce::from(nonce), Payload { msg: plain, aad: &aad })
        .map_err(|_| SealError::FrameTooLong(plain.len()))?;
    let length = u32::try_from(ciphertext.len())
        .map_err(|_| SealError::FrameTooLong(plain.len()))?
        .to_be_bytes();
    let mut bytes = Vec::with_capacity(MAGIC.len() + stored_length(plain.len()));
    if number == 0 {
        bytes.extend_from_slice(MAGIC);
    }
    bytes.extend_from_slice(&length);
    bytes.extend_from_slice(&length_check(&aad, length));
    bytes.extend_from_slice(&nonce);
    bytes.extend_from_slice(&ciphertext);
    Ok(bytes)
}

fn additional_data(context: &[u8], number: u64) -> Vec<u8> {
    [MAGIC, context, &number.to_be_bytes()].concat()
}

fn length_check(additional_data: &[u8], length: [u8; 4]) -> [u8; 4] {
    let Digest([a, b, c, d, ..]) = Digest::of_all(&[additional_data, &length]);
    [a, b, c, d]
}

/// `bytes` without the zeros at their end.
fn without_zeros(bytes: &[u8]) -> &[u8] {
    let length = bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
    bytes.get(..length).unwrap_or_default()
}

/// How a file of frames ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tail {
    /// With a whole frame, or it is empty.
    Whole,
    /// With a frame that was not written to its end.
    Torn,
}

/// Gives the plain frames of a file, in order.
pub struct FrameReader<R> {
    from: R,
    cipher: XChaCha20Poly1305,
    context: Vec<u8>,
    frames: u64,
    whole_bytes: u64,
    /// Set once there is nothing more to read.
    tail: Option<Tail>,
}

impl<R: Read> FrameReader<R> {
    /// A reader of the whole file `from`, which starts with the header. Give it something buffered.
    pub fn new(from: R, key: &[u8; 32], context: &[u8]) -> Self {
        Self {
            from,
            cipher: XChaCha20Poly1305::new(key.into()),
            context: context.to_vec(),
            frames: 0,
            whole_bytes: 0,
            tail: None,
        }
    }

    /// A reader of the rest of a file, from the end of its first frames on: as many as `before` says, in so many bytes.
    /// What lies before is not looked at, so these numbers must come from a reader or a writer of the same file.
    pub fn resume(from: R, key: &[u8; 32], context: &[u8], before: (u64, u64)) -> Self {
        let (frames, whole_bytes) = before;
        Self { frames, whole_bytes, ..Self::new(from, key, context) }
    }

    /// The next frame; `None` when the file or what is whole of it has ended. After an error nothing more is given.
    pub fn read_frame(&mut self) -> Result<Option<Zeroizing<Vec<u8>>>, SealError> {
        if self.tail.is_some() {
            return Ok(None);
        }
        match self.read_one() {
            Ok(Ok(plain)) => Ok(Some(plain)),
            Ok(Err(tail)) => {
                self.tail = Some(tail);
                Ok(None)
            }
            Err(error) => {
                self.tail = Some(Tail::Whole);
                Err(error)
            }
        }
    }

    /// How many frames were given.
    pub fn frames(&self) -> u64 {
        self.frames
    }

    /// Where the last frame given ends in the file, in bytes: where a torn tail is cut, and the next frame goes.
    pub fn whole_bytes(&self) -> u64 {
        self.whole_bytes
    }

    /// How the file ends; known once [`FrameReader::read_frame`] has given `None`.
    pub fn tail(&self) -> Option<Tail> {
        self.tail
    }

    fn read_one(&mut self) -> Result<Result<Zeroizing<Vec<u8>>, Tail>, SealError> {
        let mut offset = self.whole_bytes;
        if self.frames == 0 {
            let magic = self.read_up_to(MAGIC.len())?;
            if magic.is_empty() {
                return Ok(Err(Tail::Whole));
            }
            if magic.len() < MAGIC.len() && MAGIC.starts_with(without_zeros(&magic)) {
                return Ok(Err(Tail::Torn));
            }
            if magic != MAGIC {
                return self.unless_zeros(&magic, SealError::OtherFormat { what: WHAT });
            }
            offset += MAGIC.len() as u64;
        }
        let head = self.read_up_to(HEAD)?;
        if head.is_empty() {
            return Ok(Err(if self.frames == 0 { Tail::Torn } else { Tail::Whole }));
        }
        let number = self.frames;
        let aad = additional_data(&self.context, number);
        let damaged = |detail: &str| {
            SealError::damaged(WHAT, format!("frame {number}, at byte {offset}: {detail}"))
        };
        let Ok(head) = <[u8; HEAD]>::try_from(head) else { return Ok(Err(Tail::Torn)) };
        let [l0, l1, l2, l3, c0, c1, c2, c3, nonce @ ..] = head;
        let length = [l0, l1, l2, l3];
        if [c0, c1, c2, c3] != length_check(&aad, length) {
            let error = damaged("its length was changed, or it belongs elsewhere");
            return self.unless_zeros(&head, error);
        }
        let length = u32::from_be_bytes(length) as usize;
        if !(TAG..=LONGEST + TAG).contains(&length) {
            return Err(damaged("its length cannot be"));
        }
        let ciphertext = self.read_up_to(length)?;
        if ciphertext.len() < length {
            return Ok(Err(Tail::Torn));
        }
        let payload = Payload { msg: &ciphertext, aad: &aad };
        let Ok(plain) = self.cipher.decrypt(&XNonce::from(nonce), payload) else {
            let error = damaged("it was changed, or its key is another");
            let tag = ciphertext.get(length - TAG..).unwrap_or_default();
            return self.unless_zeros(tag, error);
        };
        self.frames += 1;
        self.whole_bytes = offset + stored_length(plain.len()) as u64;
        Ok(Ok(Zeroizing::new(plain)))
    }

    /// A torn tail where `bytes` end in zeros and nothing but zeros follows: the file had grown, but what belongs there
    /// was never written. Otherwise the error. No tag is all zeros but by a chance of 1 in 2^128.
    fn unless_zeros(
        &mut self,
        bytes: &[u8],
        error: SealError,
    ) -> Result<Result<Zeroizing<Vec<u8>>, Tail>, SealError> {
        let mut zeros = bytes.iter().rev().take_while(|byte| **byte == 0).count();
        loop {
            let more = self.read_up_to(64 << 10)?;
            if more.is_empty() {
                return if zeros >= TAG { Ok(Err(Tail::Torn)) } else { Err(error) };
            }
            if more.iter().any(|byte| *byte != 0) {
                return Err(error);
            }
            zeros += more.len();
        }
    }

    /// The next `count` bytes, or fewer at the end of the file. Takes no more memory than there are bytes.
    fn read_up_to(&mut self, count: usize) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::with_capacity(count.min(64 << 10));
        self.from.by_ref().take(count as u64).read_to_end(&mut bytes)?;
        Ok(bytes)
    }
}

impl<R> std::fmt::Debug for FrameReader<R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "FrameReader({} frames, {} bytes)", self.frames, self.whole_bytes)
    }
}
