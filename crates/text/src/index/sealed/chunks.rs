//! The sealed form of one file of the index.
//!
//! ```text
//! 16 bytes  "witnessmark-ix-1"
//! 32 bytes  the file's salt
//! chunks    each up to 65,536 bytes under ChaCha20-Poly1305 (RFC 8439), then its tag of 16 bytes
//! ```
//! Only the last chunk is shorter, and only an empty file has an empty one. The nonce of a chunk is three zero bytes, its number (64 bits, big-endian)
//! and 1 for the last chunk, 0 for any other: the STREAM construction (Hoang, Reyhanitabar, Rogaway and Vizár, 2015),
//! under which chunks cannot change places and the end cannot be cut off. The key is the file's own, made of the
//! index's key, the salt and the file's name, so that neither a chunk nor a file can take another one's place.

use chacha20poly1305::aead::AeadInOut;
use chacha20poly1305::{ChaCha20Poly1305, KeyInit};

/// Plain bytes of a chunk.
pub(super) const CHUNK: usize = 64 << 10;
/// Bytes of a chunk's tag.
pub(super) const TAG: usize = 16;
/// Bytes before the first chunk.
pub(super) const HEADER: usize = MAGIC.len() + size_of::<Salt>();

const MAGIC: &[u8; 16] = b"witnessmark-ix-1";

/// The random bytes that make a file's key its own.
pub(super) type Salt = [u8; 32];

/// A chunk that was not sealed here, under this key.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Altered;

/// What a file with this salt begins with.
pub(super) fn header(salt: &Salt) -> [u8; HEADER] {
    let mut header = [0; HEADER];
    let (magic, rest) = header.split_at_mut(MAGIC.len());
    magic.copy_from_slice(MAGIC);
    rest.copy_from_slice(salt);
    header
}

/// The salt in a header; none if it is no header.
pub(super) fn salt_of(header: &[u8; HEADER]) -> Option<Salt> {
    let (magic, salt) = header.split_first_chunk::<{ MAGIC.len() }>()?;
    (magic == MAGIC).then(|| salt.try_into().ok()).flatten()
}

/// A short name for the content of a file: no two have the same.
pub(super) fn id_of(salt: &Salt) -> u128 {
    salt.first_chunk().map_or(0, |bytes| u128::from_be_bytes(*bytes))
}

/// Where a chunk begins in its file.
pub(super) fn offset(number: usize) -> u64 {
    (number as u64).saturating_mul((CHUNK + TAG) as u64).saturating_add(HEADER as u64)
}

/// How many plain bytes a sealed file of this length holds; none if no sealed file is that long.
pub(super) fn plain_length(sealed: u64) -> Option<u64> {
    let body = sealed.checked_sub(HEADER as u64)?;
    let full = body / (CHUNK + TAG) as u64;
    let plain = full * CHUNK as u64;
    match body % (CHUNK + TAG) as u64 {
        0 if full > 0 => Some(plain),
        rest => Some(plain + rest.checked_sub(TAG as u64)?),
    }
}

/// Seals and opens the chunks of one file.
pub(super) struct FileSeal {
    cipher: ChaCha20Poly1305,
}

impl FileSeal {
    /// The key must be this file's alone: nonces only count its chunks.
    pub(super) fn new(key: &[u8; 32]) -> Self {
        Self { cipher: ChaCha20Poly1305::new(key.into()) }
    }

    /// Seals a chunk in place, and returns its tag.
    pub(super) fn seal(&self, number: u64, is_last: bool, chunk: &mut [u8]) -> [u8; TAG] {
        self.cipher
            .encrypt_inout_detached(&nonce(number, is_last).into(), &[], chunk.into())
            .expect("a chunk is far below the 256 GiB that the cipher takes")
            .into()
    }

    /// Opens a chunk in place, if it is what was sealed at this place.
    pub(super) fn open(
        &self,
        number: u64,
        is_last: bool,
        chunk: &mut [u8],
        tag: &[u8; TAG],
    ) -> Result<(), Altered> {
        let nonce = nonce(number, is_last).into();
        self.cipher
            .decrypt_inout_detached(&nonce, &[], chunk.into(), tag.into())
            .map_err(|_| Altered)
    }
}

fn nonce(number: u64, is_last: bool) -> [u8; 12] {
    let mut nonce = [0; 12];
    for (place, byte) in nonce.iter_mut().skip(3).zip(number.to_be_bytes()) {
        *place = byte;
    }
    if let Some(last) = nonce.last_mut() {
        *last = u8::from(is_last);
    }
    nonce
}
