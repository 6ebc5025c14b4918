//! Manifests: lines of a digest and a file name (RFC 8493, section 2.1.3).

use sha2::digest::{Digest as _, DynDigest};

/// A digest algorithm by which a manifest lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Algorithm {
    Md5,
    Sha1,
    Sha224,
    Sha256,
    Sha384,
    Sha512,
}

impl Algorithm {
    /// The algorithm in the name of a manifest: in lower case, hyphens and other marks left out (section 2.4).
    pub(super) fn named(name: &str) -> Option<Self> {
        let plain: String =
            name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_lowercase();
        Some(match plain.as_str() {
            "md5" => Self::Md5,
            "sha1" => Self::Sha1,
            "sha224" => Self::Sha224,
            "sha256" => Self::Sha256,
            "sha384" => Self::Sha384,
            "sha512" => Self::Sha512,
            _ => return None,
        })
    }

    /// How many hex digits its digests have.
    pub(super) fn digits(self) -> usize {
        match self {
            Self::Md5 => 32,
            Self::Sha1 => 40,
            Self::Sha224 => 56,
            Self::Sha256 => 64,
            Self::Sha384 => 96,
            Self::Sha512 => 128,
        }
    }

    pub(super) fn hasher(self) -> Box<dyn DynDigest> {
        match self {
            Self::Md5 => Box::new(md5::Md5::new()),
            Self::Sha1 => Box::new(sha1::Sha1::new()),
            Self::Sha224 => Box::new(sha2::Sha224::new()),
            Self::Sha256 => Box::new(sha2::Sha256::new()),
            Self::Sha384 => Box::new(sha2::Sha384::new()),
            Self::Sha512 => Box::new(sha2::Sha512::new()),
        }
    }
}

/// One line of a manifest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Line {
    /// The digest in lower-case hex.
    pub(super) digest: String,
    /// The name, decoded.
    pub(super) name: String,
    /// What a careful reader wants to know about the line.
    pub(super) odd: Vec<&'static str>,
}

/// One line of a manifest; what is wrong with it as an error. `since_1_0`: whether `%25` stands for a percent sign.
pub(super) fn parse(line: &str, algorithm: Algorithm, since_1_0: bool) -> Result<Line, String> {
    let (digest, rest) = line.split_once([' ', '\t']).ok_or("there is no space after a digest")?;
    if digest.len() != algorithm.digits() || !digest.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(format!("it does not begin with {} hex digits", algorithm.digits()));
    }
    let mut name = rest.trim_start_matches([' ', '\t']);
    let mut odd = Vec::new();
    if let Some(plain) = name.strip_prefix('*') {
        odd.push("the mark `*` before the name is that of md5sum and its kind, not of BagIt");
        name = plain;
    }
    if let Some(plain) = name.strip_prefix("./") {
        odd.push("the name begins with `./`");
        name = plain;
    }
    let name = decode(name, since_1_0);
    is_safe(&name)?;
    Ok(Line { digest: digest.to_ascii_lowercase(), name, odd })
}

/// An error where a name would lead out of the bag, or means nothing in it.
pub(super) fn is_safe(name: &str) -> Result<(), String> {
    if name.is_empty() {
        return Err("there is no name".into());
    }
    if name.starts_with(['/', '~', '\\']) {
        return Err(format!("`{name}` is a place outside the bag"));
    }
    if name.split('/').any(|part| matches!(part, "" | "." | "..")) {
        return Err(format!("`{name}` leads out of the bag, or round about"));
    }
    if name.contains('\0') {
        return Err("the name holds a NUL".into());
    }
    Ok(())
}

/// A name as manifests write it: line ends and percent signs as `%0A`, `%0D`, `%25`.
pub(super) fn encode(name: &str) -> String {
    name.replace('%', "%25").replace('\n', "%0A").replace('\r', "%0D")
}

/// A name as a manifest means it. Older versions knew no code for the percent sign.
pub(super) fn decode(name: &str, since_1_0: bool) -> String {
    let (mut decoded, mut rest) = (String::with_capacity(name.len()), name);
    while let Some((before, after)) = rest.split_once('%') {
        decoded.push_str(before);
        let code = after.get(..2).unwrap_or_default().to_ascii_uppercase();
        let meant = match code.as_str() {
            "0A" => Some('\n'),
            "0D" => Some('\r'),
            "25" if since_1_0 => Some('%'),
            _ => None,
        };
        decoded.push(meant.unwrap_or('%'));
        rest = if meant.is_some() { after.get(2..).unwrap_or_default() } else { after };
    }
    decoded + rest
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn lines_are_read_or_refused() {
        let digest = "d41d8cd98f00b204e9800998ecf8427e";
        let good = [
            ("  data/a", "data/a"),
            (" data/a b", "data/a b"),
            ("\tdata/a", "data/a"),
            (" *data/a", "data/a"),
            (" ./data/a", "data/a"),
            ("  data/a%0Ab%0d%25", "data/a\nb\r%"),
            ("  data/%7E%zz%", "data/%7E%zz%"),
        ];
        for (rest, name) in good {
            let line = parse(&format!("{digest}{rest}"), Algorithm::Md5, true);
            assert_eq!(line.map(|line| line.name), Ok(name.to_owned()), "{rest}");
        }
        let bad = [
            "",
            "  ",
            "  ../x",
            "  data/../../x",
            "  /etc/passwd",
            "  ~root/x",
            "  data//x",
            "  data/./x",
            "  \\\\server\\x",
            "  ././x",
        ];
        for rest in bad {
            assert!(parse(&format!("{digest}{rest}"), Algorithm::Md5, true).is_err(), "{rest}");
        }
        assert!(parse("d41d  data/a", Algorithm::Md5, true).is_err());
        assert!(parse(&format!("{digest}  data/a"), Algorithm::Sha1, true).is_err());
        assert_eq!(decode("%25", false), "%25");
    }

    proptest! {
        #[test]
        fn names_come_back(name in "\\PC*[\n\r%]?\\PC*") {
            prop_assert_eq!(decode(&encode(&name), true), name);
        }

        #[test]
        fn no_line_is_too_strange(line in ".*") {
            let _ = parse(&line, Algorithm::Sha256, true);
        }
    }
}
