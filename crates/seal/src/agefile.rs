//! The `age` format (C2SP `age`, version 1), and the identity that comes out of a seed.

use std::io::{self, BufRead, Write};

use age::stream::{StreamReader, StreamWriter};
use age::x25519::{Identity, Recipient};
use age::{DecryptError, Decryptor, Encryptor};
use bech32::{Bech32, Hrp};
use witnessmark_model::leaf::Seed;
use zeroize::Zeroizing;

use crate::SealError;
use crate::case_key::derive;

/// The identity of a seed, as the `age` program reads it.
///
/// Its secret scalar is HKDF-SHA-256(seed, `age/identity`), clamped by X25519 itself (RFC 7748, section 5).
pub(crate) fn identity_text(seed: &Seed) -> Zeroizing<String> {
    let secret = derive(seed.expose(), "age/identity");
    let text =
        bech32::encode_upper::<Bech32>(Hrp::parse_unchecked("age-secret-key-"), secret.as_slice());
    Zeroizing::new(text.expect("32 bytes are shorter than bech32's limit"))
}

pub(crate) fn identity(seed: &Seed) -> Identity {
    identity_text(seed).parse().expect("the text was just made in the form of an identity")
}

/// The public half of a seed's identity.
pub(crate) fn recipient(seed: &Seed) -> Recipient {
    identity(seed).to_public()
}

/// A writer that encrypts to `recipients`. The file is whole only after its `finish`.
pub(crate) fn encrypt<W: Write>(
    recipients: &[&dyn age::Recipient],
    to: W,
) -> Result<StreamWriter<W>, age::EncryptError> {
    Ok(Encryptor::with_recipients(recipients.iter().copied())?.wrap_output(to)?)
}

pub(crate) fn encrypt_bytes(
    recipients: &[&dyn age::Recipient],
    plain: &[u8],
) -> Result<Vec<u8>, age::EncryptError> {
    // A header to one recipient takes about 200 bytes, and each 64 KiB of content a tag of 16.
    let mut stored = Vec::with_capacity(plain.len() + plain.len() / 4096 + 512);
    let mut writer = encrypt(recipients, &mut stored)?;
    writer.write_all(plain)?;
    writer.finish()?;
    Ok(stored)
}

/// A reader of the plain bytes of an `age` file.
pub(crate) fn decrypt<R: BufRead>(
    identities: &[&dyn age::Identity],
    from: R,
) -> Result<StreamReader<R>, DecryptError> {
    Decryptor::new_buffered(from)?.decrypt(identities.iter().copied())
}

/// Errors of the `age` library in our words; `what` is what was to be opened.
pub(crate) fn decrypt_error(what: &'static str, error: DecryptError) -> SealError {
    match error {
        DecryptError::NoMatchingKeys => SealError::OtherKey,
        DecryptError::UnknownFormat => SealError::OtherFormat { what },
        DecryptError::Io(error) => read_error(what, error),
        DecryptError::InvalidHeader | DecryptError::ExcessiveWork { .. } => {
            SealError::damaged(what, "its age header cannot be read")
        }
        DecryptError::InvalidMac => SealError::damaged(what, "its age header was changed"),
        other => SealError::damaged(what, other),
    }
}

/// Read errors that speak of the content are damage; all others are the machine's.
pub(crate) fn read_error(what: &'static str, error: io::Error) -> SealError {
    match error.kind() {
        io::ErrorKind::InvalidData => SealError::damaged(what, "a part of it was changed"),
        io::ErrorKind::UnexpectedEof => SealError::damaged(what, "it was cut short"),
        _ => SealError::Io(error),
    }
}

/// The text of a recipient, `age1…`.
pub(crate) fn recipient_text(seed: &Seed) -> String {
    recipient(seed).to_string()
}
