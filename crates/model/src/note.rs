//! Signed notes (C2SP signed-note) with Ed25519 keys.

use data_encoding::BASE64;
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};

use crate::Digest;

/// The type of a key that signs notes, in key ids and verifier keys.
pub(crate) const ED25519: u8 = 0x01;
const DASH: &str = "\u{2014} ";
/// More signatures than any witness network sends, few enough to stay cheap; the specification asks for 16 at least.
const MOST_SIGNATURES: usize = 64;
const LARGEST_NOTE: usize = 1 << 20;

/// Why a note, or a key, was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// The text is not a verifier key of the form `name+hash+key`.
    #[error("not a verifier key (name+hash+key): {0}")]
    Key(&'static str),
    /// The bytes are not a signed note.
    #[error("not a signed note: {0}")]
    Malformed(&'static str),
    /// A signature by the known key does not fit the text.
    #[error("the signature by `{0}` does not fit the text")]
    BadSignature(String),
    /// No signature is by the known key.
    #[error("no signature is by `{0}`")]
    Unsigned(String),
}

fn check_name(name: &str) -> Result<(), NoteError> {
    let bad = |c: char| c.is_whitespace() || c.is_control() || c == '+';
    if name.is_empty() || name.chars().any(bad) {
        return Err(NoteError::Key("the name is empty or holds a space or a plus"));
    }
    Ok(())
}

/// The first four bytes of SHA-256(name ‖ newline ‖ type ‖ key), for the types of Ed25519 keys.
pub(crate) fn key_id(name: &str, kind: u8, public: &[u8; 32]) -> [u8; 4] {
    let digest = Digest::of_all(&[name.as_bytes(), b"\n", &[kind], public]);
    let [a, b, c, d, ..] = digest.0;
    [a, b, c, d]
}

/// `name+hash+key`: the text of a verifier key.
pub(crate) fn key_text(name: &str, kind: u8, public: &[u8; 32]) -> String {
    let typed: Vec<u8> = std::iter::once(kind).chain(*public).collect();
    format!("{name}+{}+{}", hex8(key_id(name, kind, public)), BASE64.encode(&typed))
}

/// The name, type and bytes of the Ed25519 key in `name+hash+key`, whose hash has been compared.
pub(crate) fn parse_key(text: &str) -> Result<(&str, u8, [u8; 32]), NoteError> {
    let mut fields = text.trim_end_matches('\n').splitn(3, '+');
    let (Some(name), Some(hash), Some(key)) = (fields.next(), fields.next(), fields.next()) else {
        return Err(NoteError::Key("it does not have three fields"));
    };
    let bytes =
        BASE64.decode(key.as_bytes()).map_err(|_| NoteError::Key("the key is not base64"))?;
    let (kind, public) =
        bytes.split_first().ok_or(NoteError::Key("there is no key after the hash"))?;
    let public: [u8; 32] =
        public.try_into().map_err(|_| NoteError::Key("an Ed25519 key has 32 bytes"))?;
    if hash != hex8(key_id(name, *kind, &public)) {
        return Err(NoteError::Key("the hash does not belong to the key"));
    }
    Ok((name, *kind, public))
}

/// The public half of a note's key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verifier {
    name: String,
    key: VerifyingKey,
}

impl Verifier {
    /// A verifier from its name and its 32-byte public key. Keys of small order are refused: they would accept
    /// signatures that nobody made.
    pub fn new(name: &str, public: &[u8; 32]) -> Result<Self, NoteError> {
        check_name(name)?;
        let key = VerifyingKey::from_bytes(public)
            .map_err(|_| NoteError::Key("the key is not a point of the curve"))?;
        if key.is_weak() {
            return Err(NoteError::Key("the key has small order"));
        }
        Ok(Self { name: name.to_owned(), key })
    }

    /// Parses `name+hash+key`, the form that Go's `note` package prints.
    pub fn parse(text: &str) -> Result<Self, NoteError> {
        match parse_key(text)? {
            (name, ED25519, public) => Self::new(name, &public),
            _ => Err(NoteError::Key("only Ed25519 (type 1) signs notes here")),
        }
    }

    /// The key's name; for a log's key, the log's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The 32 bytes of the public key.
    pub fn public_key(&self) -> [u8; 32] {
        self.key.to_bytes()
    }

    fn key_id(&self) -> [u8; 4] {
        key_id(&self.name, ED25519, self.key.as_bytes())
    }

    /// `name+hash+key`, without a newline.
    pub fn to_text(&self) -> String {
        key_text(&self.name, ED25519, self.key.as_bytes())
    }

    /// Whether `signature` over `message` is this key's, by the strict rule: no key or nonce of small order, the nonce in its
    /// one canonical encoding, the equation without a cofactor (`verify_strict` of `ed25519-dalek`).
    pub fn has_signed(&self, message: &[u8], signature: &[u8]) -> bool {
        Signature::from_slice(signature)
            .is_ok_and(|signature| self.key.verify_strict(message, &signature).is_ok())
    }

    /// The text of the signed note `note`, once this key's signature on it has been verified.
    ///
    /// Signatures of other keys are passed over. Two lines by this key are refused, as is anything that is not
    /// exactly the form of the specification.
    pub fn open<'n>(&self, note: &'n [u8]) -> Result<&'n str, NoteError> {
        let (text, signatures) = split(note)?;
        let mut verified = false;
        for (name, id, signature) in signatures {
            if name != self.name || id != self.key_id() {
                continue;
            }
            if verified {
                return Err(NoteError::Malformed("two signatures by one key"));
            }
            if !self.has_signed(text.as_bytes(), &signature) {
                return Err(NoteError::BadSignature(self.name.clone()));
            }
            verified = true;
        }
        if verified { Ok(text) } else { Err(NoteError::Unsigned(self.name.clone())) }
    }
}

pub(crate) fn hex8(id: [u8; 4]) -> String {
    data_encoding::HEXLOWER.encode(&id)
}

/// The key's name, its id, and the signature, which is not verified.
pub(crate) type SignatureLine<'n> = (&'n str, [u8; 4], Vec<u8>);

/// The text of a note, with its last newline, and its signature lines, none of them verified.
fn split(note: &[u8]) -> Result<(&str, Vec<SignatureLine<'_>>), NoteError> {
    let malformed = NoteError::Malformed;
    if note.len() > LARGEST_NOTE {
        return Err(malformed("it is larger than 1 MiB"));
    }
    let note = std::str::from_utf8(note).map_err(|_| malformed("it is not UTF-8"))?;
    if note.bytes().any(|byte| byte < 0x20 && byte != b'\n') {
        return Err(malformed("it holds a control character"));
    }
    let border = note.rfind("\n\n").ok_or(malformed("no blank line before the signatures"))?;
    let (text, rest) = note.split_at(border + 1);
    let lines = rest
        .strip_prefix('\n')
        .and_then(|lines| lines.strip_suffix('\n'))
        .ok_or(malformed("the last line does not end"))?;
    Ok((text, signature_lines(lines)?))
}

/// The signature lines in `lines`, which has no newline at its end.
pub(crate) fn signature_lines(lines: &str) -> Result<Vec<SignatureLine<'_>>, NoteError> {
    let malformed = NoteError::Malformed;
    let mut signatures = Vec::new();
    for line in lines.split('\n') {
        if signatures.len() == MOST_SIGNATURES {
            return Err(malformed("more than 64 signatures"));
        }
        let (name, encoded) = line
            .strip_prefix(DASH)
            .and_then(|rest| rest.split_once(' '))
            .ok_or(malformed("a signature line is not `— name base64`"))?;
        check_name(name).map_err(|_| malformed("a signature's key name is not allowed"))?;
        let bytes = BASE64
            .decode(encoded.as_bytes())
            .map_err(|_| malformed("a signature is not base64"))?;
        let (id, signature) =
            bytes.split_first_chunk::<4>().ok_or(malformed("a signature is too short"))?;
        if signature.is_empty() {
            return Err(malformed("a signature is too short"));
        }
        signatures.push((name, *id, signature.to_vec()));
    }
    Ok(signatures)
}

/// The secret half of a note's key. The bytes are wiped when it is dropped.
pub struct NoteSigner {
    name: String,
    key: SigningKey,
}

impl NoteSigner {
    /// A signer from its name and its 32-byte Ed25519 seed (RFC 8032, section 5.1.5).
    pub fn new(name: &str, seed: &[u8; 32]) -> Result<Self, NoteError> {
        check_name(name)?;
        Ok(Self { name: name.to_owned(), key: SigningKey::from_bytes(seed) })
    }

    /// The public half.
    pub fn verifier(&self) -> Verifier {
        Verifier { name: self.name.clone(), key: self.key.verifying_key() }
    }

    /// The signed note over `text`, which must end in a newline and hold no control characters.
    pub fn sign(&self, text: &str) -> Result<Vec<u8>, NoteError> {
        if !text.ends_with('\n') || text.bytes().any(|byte| byte < 0x20 && byte != b'\n') {
            return Err(NoteError::Malformed("its text must end in a newline, without controls"));
        }
        let public = self.key.verifying_key();
        let mut line = key_id(&self.name, ED25519, public.as_bytes()).to_vec();
        line.extend_from_slice(&self.key.sign(text.as_bytes()).to_bytes());
        Ok(format!("{text}\n{DASH}{} {}\n", self.name, BASE64.encode(&line)).into_bytes())
    }
}

impl std::fmt::Debug for NoteSigner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "NoteSigner({})", self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn signer() -> NoteSigner {
        NoteSigner::new("log-example", &[7; 32]).unwrap()
    }

    #[test]
    fn opens_what_it_signed() {
        let note = signer().sign("one\n\ntwo\n").unwrap();
        let verifier = Verifier::parse(&signer().verifier().to_text()).unwrap();
        assert_eq!(verifier.open(&note), Ok("one\n\ntwo\n"));
    }

    /// The key and note printed in the documentation of Go's golang.org/x/mod/sumdb/note.
    #[test]
    fn agrees_with_go() {
        let key = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
        let note = "If you think cryptography is the answer to your problem,\n\
            then you don't know what your problem is.\n\n\
            \u{2014} PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";
        let verifier = Verifier::parse(key).unwrap();
        assert_eq!(verifier.to_text(), key);
        assert!(verifier.open(note.as_bytes()).is_ok());
    }

    #[test]
    fn refuses_hostile_notes() {
        let good = String::from_utf8(signer().sign("text\n").unwrap()).unwrap();
        let verifier = signer().verifier();
        let line = good.lines().last().unwrap();
        let many: String =
            (0..65).map(|_| format!("{}\n", line.replace("log-e", "other-e"))).collect();
        let cases = [
            ("changed text", good.replace("text", "tex7")),
            ("carriage returns", good.replace('\n', "\r\n")),
            ("no final newline", good.trim_end().to_owned()),
            ("no blank line", good.replace("\n\n", "\n")),
            ("the same key twice", format!("{good}{line}\n")),
            ("another key's name", good.replace("log-example", "log-other")),
            ("a key name with a plus", good.replace("log-example", "log+example")),
            ("hyphen for a dash", good.replace('\u{2014}', "-")),
            ("not base64", good.replace("log-example ", "log-example ?")),
            ("too many signatures", format!("text\n\n{many}")),
            ("a control character", good.replace("text", "te\u{1}xt")),
            ("nothing", String::new()),
        ];
        for (name, note) in cases {
            assert!(verifier.open(note.as_bytes()).is_err(), "{name}");
        }
    }

    #[test]
    fn refuses_weak_and_wrong_keys() {
        assert!(Verifier::new("weak", &[0; 32]).is_err());
        let text = signer().verifier().to_text();
        for bad in [text.replace("log-e", "log-a"), text.replace('+', " "), "a+b".into()] {
            assert!(Verifier::parse(&bad).is_err(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..300), tail in any::<bool>()) {
            let mut note = signer().sign("text\n").unwrap();
            if tail { note.extend(bytes) } else { note = bytes }
            let _ = signer().verifier().open(&note);
        }
    }
}
