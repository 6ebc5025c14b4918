//! A 32-byte secret split so that any k of n people can bring it back, and fewer learn nothing (Shamir, "How to
//! share a secret", Communications of the ACM 22, 1979; over GF(2⁸) with the polynomial of AES, byte by byte).
//!
//! A share is one line that a person can type: `share1…`, bech32m (BIP 350), in groups of five. It holds, in this
//! order: the id of the set (5 bytes, random), the epoch that the set was made in (4 bytes, big-endian), k − 1 and
//! n − 1 (4 bits each), the number of the share (1 byte, from 1), and the share of each byte of the secret (32 bytes).
//! The checksum notices any four wrong letters, so that a mistyped share is named.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use bech32::primitives::decode::CheckedHrpstring;
use bech32::{Bech32m, Hrp};
use witnessmark_model::Entropy;
use witnessmark_model::leaf::Seed;
use zeroize::{Zeroize as _, Zeroizing};

const PREFIX: &str = "share";
const BYTES: usize = 43;

/// The most shares that a set has.
pub const MOST: u8 = 16;

/// Why shares cannot be made, read or joined.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ShareError {
    /// Fewer than two needed, more needed than there are, or more than sixteen.
    #[error("{needed} of {of} shares cannot be: at least 2 are needed, and there are at most 16")]
    Numbers {
        /// How many are needed.
        needed: u8,
        /// How many there are.
        of: u8,
    },
    /// The line is not a share.
    #[error("the line is not a key share (they look like `share1 …`)")]
    NotAShare,
    /// The line is a share with a typing error.
    #[error("the share is mistyped: its checksum is not right")]
    Mistyped,
    /// The shares are of different sets.
    #[error("share {0} and share {1} are of different sets, and do not go together")]
    Mixed(ShareId, ShareId),
    /// There are not enough of them.
    #[error("{given} of the {needed} shares that are needed were given")]
    TooFew {
        /// How many different ones were given.
        given: usize,
        /// How many are needed.
        needed: u8,
    },
    /// They are whole and of one set, but what they say does not agree, or it opens nothing here.
    #[error("the shares do not open this case")]
    DoNotOpen,
    /// The case has no key shares.
    #[error("no key shares were made for this case")]
    None,
    /// The share is of another set than the one that the case has now.
    #[error("share {0} is not of the set that this case has now")]
    OtherSet(ShareId),
}

/// The name of a set of shares: 40 random bits, printed as eight letters and digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SetId([u8; 5]);

impl SetId {
    fn random(entropy: &mut dyn Entropy) -> Self {
        let mut bytes = [0; 5];
        entropy.fill(&mut bytes);
        Self(bytes)
    }
}

/// Letters and digits of bech32, which leave out those that are taken for one another.
const LETTERS: &[u8; 32] = b"qpzry9x8gf2tvdw0s3jn54khce6mua7l";

impl fmt::Display for SetId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bits = self.0.iter().fold(0_u64, |bits, byte| bits << 8 | u64::from(*byte));
        (0..8).rev().try_for_each(|group| {
            let index = (bits >> (5 * group)) as usize & 31;
            write!(f, "{}", LETTERS.get(index).copied().map_or('?', char::from))
        })
    }
}

impl fmt::Debug for SetId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl serde::Serialize for SetId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for SetId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <String as serde::Deserialize>::deserialize(deserializer)?;
        text.parse().map_err(|_| serde::de::Error::custom("not the id of a set of shares"))
    }
}

impl FromStr for SetId {
    type Err = ShareError;

    fn from_str(text: &str) -> Result<Self, ShareError> {
        let mut bits = 0_u64;
        for letter in text.bytes() {
            let index = LETTERS.iter().position(|other| *other == letter);
            bits = bits << 5 | index.ok_or(ShareError::NotAShare)? as u64;
        }
        let [0, 0, 0, bytes @ ..] = bits.to_be_bytes() else { return Err(ShareError::NotAShare) };
        if text.len() == 8 { Ok(Self(bytes)) } else { Err(ShareError::NotAShare) }
    }
}

/// The name of one share, which tells nothing of its content: `set/number`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ShareId {
    /// Its set.
    pub set: SetId,
    /// Its number in the set, from 1.
    pub number: u8,
}

impl fmt::Display for ShareId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.set, self.number)
    }
}

/// One share of a secret, wiped when dropped. [`Share::line`] shows it, and nothing else does.
#[derive(Clone)]
pub struct Share {
    /// Its name.
    pub id: ShareId,
    /// The epoch of the keystore that its set was made in.
    pub epoch: u32,
    /// How many shares are needed.
    pub needed: u8,
    /// How many there are.
    pub of: u8,
    value: Zeroizing<[u8; 32]>,
}

impl fmt::Debug for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Share({} of {}, {} needed)", self.id, self.of, self.needed)
    }
}

fn check_numbers(needed: u8, of: u8) -> Result<(), ShareError> {
    if needed >= 2 && needed <= of && of <= MOST {
        Ok(())
    } else {
        Err(ShareError::Numbers { needed, of })
    }
}

/// Splits `secret` into `of` shares of a new set, any `needed` of which bring it back.
pub fn split(
    secret: &Seed,
    needed: u8,
    of: u8,
    epoch: u32,
    entropy: &mut dyn Entropy,
) -> Result<Vec<Share>, ShareError> {
    check_numbers(needed, of)?;
    let set = SetId::random(entropy);
    // The polynomial's coefficients above the constant one, which is the secret.
    let mut coefficients = Zeroizing::new(Vec::with_capacity(usize::from(needed)));
    for _ in 1..needed {
        coefficients.push(entropy.seed());
    }
    let shares = (1..=of).map(|number| {
        let mut value = Zeroizing::new([0; 32]);
        for coefficient in coefficients.iter().rev().chain([secret.expose()]) {
            for (byte, coefficient) in value.iter_mut().zip(coefficient) {
                *byte = multiply(*byte, number) ^ coefficient;
            }
        }
        Share { id: ShareId { set, number }, epoch, needed, of, value }
    });
    Ok(shares.collect())
}

/// The secret behind `shares`, of which there may be more than are needed; then all of them must agree.
///
/// Shares of different sets are refused. Whether the secret is the right one shows where it is used.
pub fn join(shares: &[Share]) -> Result<Seed, ShareError> {
    let Some(first) = shares.first() else {
        return Err(ShareError::TooFew { given: 0, needed: 2 });
    };
    let same = |other: &Share| {
        (other.id.set, other.epoch, other.needed, other.of)
            == (first.id.set, first.epoch, first.needed, first.of)
    };
    if let Some(other) = shares.iter().find(|other| !same(other)) {
        return Err(ShareError::Mixed(first.id, other.id));
    }
    let mut seen = BTreeSet::new();
    let mut different = shares.to_vec();
    different.retain(|share| seen.insert(share.id.number));
    let needed = usize::from(first.needed);
    let Some((base, extra)) = different.split_at_checked(needed) else {
        return Err(ShareError::TooFew { given: different.len(), needed: first.needed });
    };
    let agrees = |share: &Share| *interpolate(base, share.id.number) == *share.value;
    // A share given twice with two contents is caught here too: its second form is not in `different`.
    if !extra.iter().chain(shares).all(agrees) {
        return Err(ShareError::DoNotOpen);
    }
    Ok(Seed::new(*interpolate(base, 0)))
}

/// The value at `x` of the polynomial through `shares` (Lagrange). Where `x` is one of theirs, it gives theirs.
fn interpolate(shares: &[Share], x: u8) -> Zeroizing<[u8; 32]> {
    let mut value = Zeroizing::new([0; 32]);
    for share in shares {
        let mut weight = 1;
        for other in shares.iter().filter(|other| other.id.number != share.id.number) {
            let distance = other.id.number ^ share.id.number;
            weight = multiply(weight, multiply(other.id.number ^ x, invert(distance)));
        }
        for (byte, part) in value.iter_mut().zip(share.value.iter()) {
            *byte ^= multiply(*part, weight);
        }
    }
    value
}

/// The product in GF(2⁸) modulo x⁸ + x⁴ + x³ + x + 1 (FIPS 197, section 4.2), without a branch or a table that
/// depends on the factors.
fn multiply(mut a: u8, b: u8) -> u8 {
    let mut product = 0;
    for bit in 0..8 {
        product ^= a & (b >> bit & 1).wrapping_neg();
        a = a << 1 ^ 0x1b & (a >> 7).wrapping_neg();
    }
    product
}

/// The inverse in GF(2⁸): a²⁵⁴, by squaring.
fn invert(a: u8) -> u8 {
    let (mut power, mut product) = (a, 1);
    for _ in 1..8 {
        power = multiply(power, power);
        product = multiply(product, power);
    }
    product
}

impl Share {
    /// The share as a line, in groups of five letters; without a newline.
    pub fn line(&self) -> Zeroizing<String> {
        let mut bytes = Zeroizing::new([0; BYTES]);
        let numbers = [(self.needed - 1) << 4 | (self.of - 1), self.id.number];
        let fields = self.id.set.0.into_iter().chain(self.epoch.to_be_bytes()).chain(numbers);
        for (to, from) in bytes.iter_mut().zip(fields.chain(self.value.iter().copied())) {
            *to = from;
        }
        let mut text = bech32::encode::<Bech32m>(Hrp::parse_unchecked(PREFIX), bytes.as_slice())
            .expect("43 bytes are shorter than bech32's limit");
        let mut line = Zeroizing::new(String::with_capacity(text.len() * 2));
        let data = text.get(PREFIX.len() + 1..).unwrap_or_default();
        line.push_str("share1");
        for (index, letter) in data.chars().enumerate() {
            if index % 5 == 0 {
                line.push(' ');
            }
            line.push(letter);
        }
        text.zeroize();
        line
    }
}

/// Reads a line as [`Share::line`] writes it. Spaces, hyphens and upper case make no difference.
impl FromStr for Share {
    type Err = ShareError;

    fn from_str(line: &str) -> Result<Self, ShareError> {
        let mut text = Zeroizing::new(String::with_capacity(line.len()));
        text.extend(
            line.chars()
                .filter(|letter| !letter.is_whitespace() && *letter != '-')
                .map(|letter| letter.to_ascii_lowercase()),
        );
        if !text.starts_with("share1") {
            return Err(ShareError::NotAShare);
        }
        let checked = CheckedHrpstring::new::<Bech32m>(&text).map_err(|_| ShareError::Mistyped)?;
        let mut bytes = Zeroizing::new([0; BYTES]);
        let mut count = 0;
        for byte in checked.byte_iter() {
            *bytes.get_mut(count).ok_or(ShareError::NotAShare)? = byte;
            count += 1;
        }
        let [s0, s1, s2, s3, s4, e0, e1, e2, e3, numbers, number, value @ ..] = &*bytes;
        let (needed, of) = ((numbers >> 4) + 1, (numbers & 15) + 1);
        if count != BYTES || !(1..=of).contains(number) || check_numbers(needed, of).is_err() {
            return Err(ShareError::NotAShare);
        }
        Ok(Self {
            id: ShareId { set: SetId([*s0, *s1, *s2, *s3, *s4]), number: *number },
            epoch: u32::from_be_bytes([*e0, *e1, *e2, *e3]),
            needed,
            of,
            value: Zeroizing::new(*value),
        })
    }
}
