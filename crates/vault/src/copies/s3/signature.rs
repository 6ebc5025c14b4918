//! Signing requests to S3: AWS Signature Version 4, as AWS publishes it ("Authenticating Requests", Amazon S3 API
//! Reference), with its published examples as tests.

use data_encoding::HEXLOWER;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use witnessmark_model::Digest;
use zeroize::Zeroizing;

/// What an S3 service knows somebody by. The secret parts are wiped from memory when dropped, and never printed.
#[derive(Clone)]
pub struct Credentials {
    access_key: String,
    secret: Zeroizing<String>,
    token: Option<Zeroizing<String>>,
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Credentials { … }")
    }
}

impl Credentials {
    /// Credentials as AWS calls their parts: access key id, secret access key, session token.
    pub fn new(access_key: &str, secret: &str, token: Option<&str>) -> Self {
        Self {
            access_key: access_key.to_owned(),
            secret: Zeroizing::new(secret.to_owned()),
            token: token.map(|token| Zeroizing::new(token.to_owned())),
        }
    }

    /// The credentials in a file such as `~/.aws/credentials`: the section `[default]`, or lines before any section.
    /// None where a part is missing.
    pub fn in_file(text: &str) -> Option<Self> {
        let (mut counts, mut access_key, mut secret, mut token) = (true, None, None, None);
        for line in text.lines().map(str::trim) {
            if let Some(section) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
                counts = section.trim() == "default";
                continue;
            }
            let Some((name, value)) = line.split_once('=').filter(|_| counts) else { continue };
            match name.trim() {
                "aws_access_key_id" => access_key = Some(value.trim()),
                "aws_secret_access_key" => secret = Some(value.trim()),
                "aws_session_token" => token = Some(value.trim()),
                _ => {}
            }
        }
        Some(Self::new(access_key?, secret?, token))
    }

    /// The session token, if there is one: it is sent with each request.
    pub(super) fn token(&self) -> Option<&str> {
        self.token.as_ref().map(|token| token.as_str())
    }
}

/// A request as it is signed.
pub(super) struct ToSign<'s> {
    pub(super) method: &'s str,
    /// The path, not encoded, from `/`.
    pub(super) path: &'s str,
    /// Names and values, not encoded, in any order.
    pub(super) query: &'s [(String, String)],
    /// Fields of the head in lower case, `host` among them, in any order.
    pub(super) fields: &'s [(String, String)],
    /// SHA-256 of the body in hex.
    pub(super) payload: &'s str,
    /// `YYYYMMDDThhmmssZ`.
    pub(super) time: &'s str,
    pub(super) region: &'s str,
}

impl ToSign<'_> {
    /// The value of the field `Authorization`.
    pub(super) fn authorization(&self, credentials: &Credentials) -> String {
        let day = self.time.get(..8).unwrap_or_default();
        let scope = format!("{day}/{}/s3/aws4_request", self.region);
        let mut fields: Vec<(&str, String)> = self
            .fields
            .iter()
            .map(|(name, value)| {
                (name.as_str(), value.split_whitespace().collect::<Vec<_>>().join(" "))
            })
            .collect();
        fields.sort();
        let names: Vec<&str> = fields.iter().map(|(name, _)| *name).collect();
        let names = names.join(";");
        let head: String = fields.iter().map(|(name, value)| format!("{name}:{value}\n")).collect();
        let canonical = format!(
            "{}\n{}\n{}\n{head}\n{names}\n{}",
            self.method,
            encode(self.path, true),
            query(self.query),
            self.payload
        );
        let to_sign = format!(
            "AWS4-HMAC-SHA256\n{}\n{scope}\n{}",
            self.time,
            Digest::of(canonical.as_bytes())
        );
        let secret = Zeroizing::new(format!("AWS4{}", credentials.secret.as_str()));
        let mut key = Zeroizing::new(mac(secret.as_bytes(), day));
        for part in [self.region, "s3", "aws4_request"] {
            key = Zeroizing::new(mac(key.as_slice(), part));
        }
        let signature = HEXLOWER.encode(&mac(key.as_slice(), &to_sign));
        format!(
            "AWS4-HMAC-SHA256 Credential={}/{scope},SignedHeaders={names},Signature={signature}",
            credentials.access_key
        )
    }
}

fn mac(key: &[u8], text: &str) -> [u8; 32] {
    // HMAC takes keys of any length; the error that the type allows for cannot come.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else { return [0; 32] };
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().into()
}

/// A query as it is signed and sent: encoded, in the order of the names.
pub(super) fn query(pairs: &[(String, String)]) -> String {
    let mut encoded: Vec<String> = pairs
        .iter()
        .map(|(name, value)| format!("{}={}", encode(name, false), encode(value, false)))
        .collect();
    encoded.sort();
    encoded.join("&")
}

/// Percent-encoding as AWS wants it: everything but letters, digits and `-_.~`; in a path the slashes stay.
pub(super) fn encode(text: &str, path: bool) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                encoded.push(char::from(byte));
            }
            b'/' if path => encoded.push('/'),
            other => encoded.push_str(&format!("%{other:02X}")),
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    /// The four examples of "Signature Calculations for the Authorization Header: Transferring Payload in a Single Chunk",
    /// Amazon S3 API Reference, with the credentials that AWS prints there.
    #[test]
    fn the_published_examples() {
        let secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
        let credentials = Credentials::new("AKIAIOSFODNN7EXAMPLE", secret, None);
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        let welcome = Digest::of(b"Welcome to Amazon S3.").hex();
        type Example<'e> = (
            &'e str,
            &'e str,
            &'e [(&'e str, &'e str)],
            &'e [(&'e str, &'e str)],
            &'e str,
            &'e str,
        );
        let examples: [Example<'_>; 4] = [
            (
                "GET",
                "/test.txt",
                &[],
                &[("range", "bytes=0-9")],
                empty,
                "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
            ),
            (
                "PUT",
                "/test$file.text",
                &[],
                &[
                    ("date", "Fri, 24 May 2013 00:00:00 GMT"),
                    ("x-amz-storage-class", "REDUCED_REDUNDANCY"),
                ],
                &welcome,
                "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd",
            ),
            (
                "GET",
                "/",
                &[("lifecycle", "")],
                &[],
                empty,
                "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543",
            ),
            (
                "GET",
                "/",
                &[("prefix", "J"), ("max-keys", "2")],
                &[],
                empty,
                "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7",
            ),
        ];
        for (method, path, query, fields, payload, signature) in examples {
            let mut fields = pairs(fields);
            fields.extend(pairs(&[
                ("host", "examplebucket.s3.amazonaws.com"),
                ("x-amz-content-sha256", payload),
                ("x-amz-date", "20130524T000000Z"),
            ]));
            let query = pairs(query);
            let to_sign = ToSign {
                method,
                path,
                query: &query,
                fields: &fields,
                payload,
                time: "20130524T000000Z",
                region: "us-east-1",
            };
            let found = to_sign.authorization(&credentials);
            assert!(found.ends_with(&format!("Signature={signature}")), "{method} {path}: {found}");
            assert!(
                found
                    .contains("Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request")
            );
        }
    }

    #[test]
    fn credentials_come_from_a_file_and_are_never_printed() {
        let text = "[other]\naws_access_key_id = X\n[default]\naws_access_key_id = A\naws_secret_access_key=S/=+\n";
        let found = Credentials::in_file(text).unwrap();
        assert_eq!((found.access_key.as_str(), found.secret.as_str()), ("A", "S/=+"));
        assert!(!format!("{found:?}").contains("S/"));
        assert!(Credentials::in_file("[default]\naws_access_key_id = A\n").is_none());
        assert!(Credentials::in_file("aws_access_key_id = A\naws_secret_access_key = S").is_some());
    }
}
