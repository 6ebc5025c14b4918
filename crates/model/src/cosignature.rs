//! Cosignatures: a witness's dated word that a checkpoint continues what it saw of the log before
//! (C2SP tlog-cosignature, `cosignature/v1`, Ed25519).

use data_encoding::BASE64;

use crate::note::{self, ED25519, NoteError, Verifier};

/// The type of a key that signs timestamped cosignatures.
const COSIGNATURE: u8 = 0x04;
/// The type of ML-DSA-44 keys, which no library of ours can check yet.
const ML_DSA_44: u8 = 0x06;
const LARGEST_ANSWER: usize = 1 << 16;

/// The public key of a witness.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WitnessKey {
    key: Verifier,
}

/// A witness's signature line, verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cosignature {
    /// When the witness says it signed: seconds since 1970-01-01T00:00:00Z, by its own clock.
    pub time: u64,
    /// The line as it came, with its newline.
    pub line: String,
}

/// Why a witness's answer was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CosignatureError {
    /// The answer does not consist of signature lines.
    #[error("not a list of cosignatures: {0}")]
    Malformed(NoteError),
    /// It holds no line by this key.
    #[error("no cosignature is by `{0}`")]
    Absent(String),
    /// The line by this key does not fit the checkpoint.
    #[error("the cosignature by `{0}` does not fit the checkpoint")]
    Bad(String),
}

impl WitnessKey {
    /// Parses `name+hash+key`, a C2SP verifier key of type 4.
    ///
    /// Keys of type 1 are taken too: some witnesses hand out the plain form of the key that they cosign with, and the
    /// key id of a cosignature is of type 4 in any case.
    pub fn parse(text: &str) -> Result<Self, NoteError> {
        match note::parse_key(text) {
            Ok((name, COSIGNATURE | ED25519, public)) => {
                Ok(Self { key: Verifier::new(name, &public)? })
            }
            Ok(_) => Err(NoteError::Key("only Ed25519 cosignatures (type 4) can be checked here")),
            Err(_) if is_ml_dsa(text) => Err(NoteError::Key(
                "it is for ML-DSA-44 (type 6); only Ed25519 cosignatures (type 4) can be checked here",
            )),
            Err(error) => Err(error),
        }
    }

    /// The witness's name.
    pub fn name(&self) -> &str {
        self.key.name()
    }

    /// The 32 bytes of the public key.
    pub fn public_key(&self) -> [u8; 32] {
        self.key.public_key()
    }

    /// `name+hash+key` with the type 4.
    pub fn to_text(&self) -> String {
        note::key_text(self.name(), COSIGNATURE, &self.public_key())
    }

    /// The key id that stands in the witness's lines: eight hex digits.
    pub fn id(&self) -> String {
        note::hex8(self.raw_id())
    }

    fn raw_id(&self) -> [u8; 4] {
        note::key_id(self.name(), COSIGNATURE, &self.public_key())
    }

    /// This witness's cosignature of the checkpoint with the signed `text` among `lines`, as a witness answers them or
    /// as they were kept.
    ///
    /// Lines of other keys are passed over. Two lines by this key are refused, and so is one that does not fit.
    pub fn find(&self, text: &str, lines: &[u8]) -> Result<Cosignature, CosignatureError> {
        let malformed = |detail| CosignatureError::Malformed(NoteError::Malformed(detail));
        if lines.len() > LARGEST_ANSWER {
            return Err(malformed("it is larger than 64 KiB"));
        }
        let lines = std::str::from_utf8(lines).map_err(|_| malformed("it is not UTF-8"))?;
        let lines = lines.strip_suffix('\n').ok_or(malformed("the last line does not end"))?;
        let signatures = note::signature_lines(lines).map_err(CosignatureError::Malformed)?;
        let mut found = None;
        for (line, (name, id, signature)) in lines.split('\n').zip(signatures) {
            if name != self.name() || id != self.raw_id() {
                continue;
            }
            if found.is_some() {
                return Err(malformed("two cosignatures by one key"));
            }
            let time = self
                .time_of(text, &signature)
                .ok_or_else(|| CosignatureError::Bad(name.to_owned()))?;
            found = Some(Cosignature { time, line: format!("{line}\n") });
        }
        found.ok_or_else(|| CosignatureError::Absent(self.name().to_owned()))
    }

    /// The time in a `timestamped_signature`, if its signature is this key's over that time and `text`.
    fn time_of(&self, text: &str, signature: &[u8]) -> Option<u64> {
        let (time, signature) = signature.split_first_chunk::<8>()?;
        let time = u64::from_be_bytes(*time);
        let signed = signed_message(time, text);
        (time < 1 << 63 && self.key.has_signed(signed.as_bytes(), signature)).then_some(time)
    }
}

/// What a cosignature signs: two lines, then the checkpoint's text.
fn signed_message(time: u64, text: &str) -> String {
    format!("cosignature/v1\ntime {time}\n{text}")
}

fn is_ml_dsa(text: &str) -> bool {
    let key = text.trim_end_matches('\n').splitn(3, '+').nth(2).unwrap_or_default();
    BASE64.decode(key.as_bytes()).is_ok_and(|bytes| bytes.first() == Some(&ML_DSA_44))
}

#[cfg(test)]
mod tests {
    use super::*;
    use ed25519_dalek::{Signer, SigningKey};
    use proptest::prelude::*;

    const TEXT: &str = "log-a\n7\nCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQk=\n";

    fn secret() -> SigningKey {
        SigningKey::from_bytes(&[5; 32])
    }

    fn witness() -> WitnessKey {
        let public = secret().verifying_key().to_bytes();
        WitnessKey::parse(&note::key_text("witness.example/w1", 4, &public)).unwrap()
    }

    /// A line as the specification builds it: key id, big-endian time, signature.
    fn line(time: u64, signed_time: u64, text: &str) -> String {
        let signed = format!("cosignature/v1\ntime {signed_time}\n{text}");
        let mut bytes = witness().raw_id().to_vec();
        bytes.extend(time.to_be_bytes());
        bytes.extend(secret().sign(signed.as_bytes()).to_bytes());
        format!("\u{2014} witness.example/w1 {}\n", BASE64.encode(&bytes))
    }

    #[test]
    fn finds_its_own_line_among_others() {
        let own = line(1_679_315_147, 1_679_315_147, TEXT);
        let other = own.replace("w1", "w2");
        let expected = Cosignature { time: 1_679_315_147, line: own.clone() };
        for answer in [own.clone(), format!("{other}{own}"), format!("{own}{other}")] {
            assert_eq!(witness().find(TEXT, answer.as_bytes()), Ok(expected.clone()));
        }
        let absent = Err(CosignatureError::Absent("witness.example/w1".into()));
        assert_eq!(witness().find(TEXT, other.as_bytes()), absent);
    }

    #[test]
    fn refuses_hostile_answers() {
        let good = line(7, 7, TEXT);
        let cases = [
            ("nothing", String::new()),
            ("another time than was signed", line(8, 7, TEXT)),
            ("another checkpoint", line(7, 7, &TEXT.replace("\n7\n", "\n8\n"))),
            ("a time of 2^63", line(1 << 63, 1 << 63, TEXT)),
            ("twice the same key", format!("{good}{good}")),
            ("no newline at the end", good.trim_end().to_owned()),
            ("carriage returns", good.replace('\n', "\r\n")),
            ("a blank line", format!("{good}\n")),
            ("a page of HTML", "<html></html>\n".to_owned()),
            ("65 lines", good.replace("w1", "w2").repeat(65)),
            ("more than 64 KiB", good.replace("w1", &"w".repeat(70_000))),
        ];
        for (name, answer) in cases {
            assert!(witness().find(TEXT, answer.as_bytes()).is_err(), "{name}");
        }
    }

    #[test]
    fn a_plain_signature_by_the_same_key_is_no_cosignature() {
        let mut bytes = witness().raw_id().to_vec();
        bytes.extend(secret().sign(TEXT.as_bytes()).to_bytes());
        let answer = format!("\u{2014} witness.example/w1 {}\n", BASE64.encode(&bytes));
        let bad = Err(CosignatureError::Bad("witness.example/w1".into()));
        assert_eq!(witness().find(TEXT, answer.as_bytes()), bad);
    }

    #[test]
    fn keys_of_type_1_and_4_are_one_witness_and_others_are_refused() {
        let public = secret().verifying_key().to_bytes();
        let plain = note::key_text("witness.example/w1", 1, &public);
        assert_eq!(WitnessKey::parse(&plain), Ok(witness()));
        assert_eq!(WitnessKey::parse(&witness().to_text()), Ok(witness()));
        let large = BASE64.encode(&[&[6u8][..], &[0; 1312]].concat());
        let refused = [
            ("ML-DSA-44", format!("w+00000000+{large}"), "ML-DSA-44"),
            ("type 2", note::key_text("w", 2, &public), "type 4"),
            ("another name", plain.replace("w1", "w2"), "hash does not belong"),
            ("small order", note::key_text("w", 4, &[0; 32]), "small order"),
            ("words", "not a key".to_owned(), "three fields"),
        ];
        for (name, text, expected) in refused {
            let error = WitnessKey::parse(&text).unwrap_err().to_string();
            assert!(error.contains(expected), "{name}: {error}");
        }
    }

    proptest! {
        #[test]
        fn any_single_change_is_refused(at in any::<prop::sample::Index>(), flip in 1u8..=255) {
            let mut bytes = line(7, 7, TEXT).into_bytes();
            let at = at.index(bytes.len());
            bytes[at] ^= flip;
            prop_assert!(witness().find(TEXT, &bytes).is_err());
        }
    }
}
