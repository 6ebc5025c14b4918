//! A copy in a bucket of an S3 service: a small client of the operations that a copy needs.
//!
//! Every request is signed and carries the SHA-256 of its body, which the service compares before it stores anything.
//! Write-once files are put under the condition that nothing of that name is there. Objects of more than 64 MiB go in
//! parts, and a run that was cut off goes on after the parts that are there. Names are those of the case's files below
//! the prefix; addresses have the bucket in the path, which every service understands.

mod answers;
mod signature;

use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use data_encoding::BASE64;
use witnessmark_model::digest::Hasher;
use witnessmark_model::transport::{Answer, Request, Transport};
use witnessmark_model::{Digest, Moment};

pub use signature::Credentials;

use self::signature::ToSign;
use super::source::Trouble;
use super::{CopyError, CopyNote, Part, Source, Target};

/// Larger files go in parts of this size, or of a larger one where there would be more than 10,000 of them.
const PART: u64 = 16 << 20;
const LARGEST_WHOLE: u64 = 64 << 20;
const MOST_PARTS: u64 = 10_000;
/// The longest answer that is read as text.
const LONGEST: u64 = 64 << 20;
/// A day in milliseconds.
const DAY: i64 = 86_400_000;

/// Where a copy lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct S3Place {
    /// Scheme, host and port, without a slash at the end.
    endpoint: String,
    host: String,
    bucket: String,
    /// Empty, or ending in a slash.
    prefix: String,
    region: String,
}

impl S3Place {
    /// The place that `s3://bucket/prefix` names at an endpoint; AWS in that region if none is given.
    pub fn parse(
        text: &str,
        endpoint: Option<&str>,
        region: Option<&str>,
    ) -> Result<Self, CopyError> {
        let bad = |detail: &str| Err(CopyError::BadName(format!("{text}: {detail}")));
        let Some(rest) = text.strip_prefix("s3://") else {
            return bad("it does not begin with s3://");
        };
        let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        let plain = |one: char| one.is_ascii_alphanumeric() || "-._".contains(one);
        if bucket.is_empty() || !bucket.chars().all(plain) {
            return bad("it names no bucket: s3://bucket/prefix");
        }
        let prefix = prefix.trim_matches('/');
        let climbs = |part: &str| matches!(part, "" | "." | "..");
        if !prefix.is_empty() && prefix.split('/').any(climbs) {
            return bad("the prefix holds an empty part");
        }
        let region = region.unwrap_or("us-east-1").to_owned();
        let endpoint = match endpoint {
            Some(endpoint) => endpoint.trim_end_matches('/').to_owned(),
            None => format!("https://s3.{region}.amazonaws.com"),
        };
        let host = match endpoint.split_once("://") {
            Some(("http", host)) => host.trim_end_matches(":80"),
            Some(("https", host)) => host.trim_end_matches(":443"),
            _ => "",
        };
        if host.is_empty() || host.contains(['/', '?', '#', '@', ' ']) {
            return Err(CopyError::BadName(format!(
                "the endpoint {endpoint} is not http://HOST or https://HOST"
            )));
        }
        let host = host.to_lowercase();
        let prefix = if prefix.is_empty() { String::new() } else { format!("{prefix}/") };
        Ok(Self { host, endpoint, bucket: bucket.to_owned(), prefix, region })
    }

    /// The place as people name it.
    pub fn name(&self) -> String {
        format!("s3://{}/{}", self.bucket, self.prefix.trim_end_matches('/'))
    }
}

/// A copy in a bucket.
pub struct S3Target {
    place: S3Place,
    credentials: Credentials,
    transport: Box<dyn Transport>,
    clock: Arc<dyn Fn() -> Moment + Send + Sync>,
    lock_days: Option<u32>,
    /// The service takes conditions on writes; some do not.
    conditional: AtomicBool,
}

impl std::fmt::Debug for S3Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "S3Target {{ {} }}", self.place.name())
    }
}

/// An answer whose body is text.
struct Said {
    answer: Answer,
    body: Vec<u8>,
}

impl Said {
    fn texts(&self) -> Vec<(String, String)> {
        answers::texts(&self.body)
    }
}

impl S3Target {
    /// The copy in `place`. With `lock_days`, objects and files of the log are put under Object Lock for so many days, in
    /// governance mode: the owner of the account can still lift it, when a person's safety asks for it.
    pub fn new(
        place: S3Place,
        credentials: Credentials,
        transport: Box<dyn Transport>,
        clock: Arc<dyn Fn() -> Moment + Send + Sync>,
        lock_days: Option<u32>,
    ) -> Self {
        let conditional = AtomicBool::new(true);
        Self { place, credentials, transport, clock, lock_days, conditional }
    }

    /// The place as people name it.
    pub fn name(&self) -> String {
        self.place.name()
    }

    /// An error unless the bucket has Object Lock, where that was asked for.
    pub fn can_lock(&self) -> Result<(), CopyError> {
        if self.lock_days.is_none() {
            return Ok(());
        }
        let said = self.ask("GET", None, &[("object-lock", "")], &[], &[])?;
        let texts = said.texts();
        if answers::text(&texts, "ObjectLockConfiguration/ObjectLockEnabled") == Some("Enabled") {
            return Ok(());
        }
        Err(CopyError::NoRoom {
            place: self.name(),
            detail: "the bucket offers no Object Lock, which is chosen when a bucket is made"
                .into(),
        })
    }

    fn key(&self, name: &str) -> String {
        format!("{}{name}", self.place.prefix)
    }

    /// Sends one signed request. The body's digest is part of what is signed.
    fn send(
        &self,
        method: &str,
        name: Option<&str>,
        query: &[(&str, &str)],
        more: &[(&str, String)],
        body: Option<(&mut (dyn Read + Send), u64, Digest)>,
        sink: &mut dyn Write,
    ) -> Result<Answer, CopyError> {
        let owned = |pairs: &[(&str, &str)]| -> Vec<(String, String)> {
            pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
        };
        let path = match name {
            Some(name) => format!("/{}/{}", self.place.bucket, self.key(name)),
            None => format!("/{}", self.place.bucket),
        };
        let query = owned(query);
        let payload = body.as_ref().map_or_else(|| Digest::of(b""), |(_, _, digest)| *digest).hex();
        let time: String = (self.clock)()
            .to_string()
            .chars()
            .take(19)
            .filter(|one| !matches!(one, '-' | ':'))
            .chain(['Z'])
            .collect();
        let mut fields = owned(&[
            ("host", &self.place.host),
            ("x-amz-content-sha256", &payload),
            ("x-amz-date", &time),
        ]);
        if let Some(token) = self.credentials.token() {
            fields.push(("x-amz-security-token".to_owned(), token.to_owned()));
        }
        fields.extend(more.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
        let to_sign = ToSign {
            method,
            path: &path,
            query: &query,
            fields: &fields,
            payload: &payload,
            time: &time,
            region: &self.place.region,
        };
        let authorization = to_sign.authorization(&self.credentials);
        fields.retain(|(name, _)| name != "host");
        fields.push(("authorization".to_owned(), authorization));
        let mut url = format!("{}{}", self.place.endpoint, signature::encode(&path, true));
        if !query.is_empty() {
            url = format!("{url}?{}", signature::query(&query));
        }
        let mut reader;
        let body: Option<(&mut (dyn Read + Send), u64)> = match body {
            Some((given, length, _)) => {
                reader = given;
                Some((&mut reader, length))
            }
            None => None,
        };
        let limit = u64::MAX >> 1;
        let request = Request { method, url: &url, fields: &fields, body, limit };
        Ok(self.transport.send(request, sink)?)
    }

    /// Sends a request with a short body and takes a short answer, whatever its status.
    fn ask(
        &self,
        method: &str,
        name: Option<&str>,
        query: &[(&str, &str)],
        more: &[(&str, String)],
        body: &[u8],
    ) -> Result<Said, CopyError> {
        let mut sink = Capped(Vec::new());
        let mut reader = body;
        let digest = Digest::of(body);
        let has_body = matches!(method, "PUT" | "POST");
        let length = body.len() as u64;
        let body: Option<(&mut (dyn Read + Send), u64, Digest)> =
            if has_body { Some((&mut reader, length, digest)) } else { None };
        let answer = self.send(method, name, query, more, body, &mut sink)?;
        Ok(Said { answer, body: sink.0 })
    }

    /// The same, where anything but success is an error.
    fn must(
        &self,
        action: &'static str,
        method: &str,
        name: Option<&str>,
        query: &[(&str, &str)],
        more: &[(&str, String)],
        body: &[u8],
    ) -> Result<Said, CopyError> {
        let said = self.ask(method, name, query, more, body)?;
        match said.answer.status {
            200..=299 => Ok(said),
            _ => Err(self.refused(action, name, &said)),
        }
    }

    fn refused(&self, action: &'static str, name: Option<&str>, said: &Said) -> CopyError {
        let texts = said.texts();
        let code = answers::text(&texts, "Error/Code").unwrap_or("no reason given");
        let message = answers::text(&texts, "Error/Message").unwrap_or_default();
        let status = said.answer.status;
        let said: String = format!("{status} {code} {message}").chars().take(300).collect();
        CopyError::Service {
            place: self.name(),
            action,
            name: name.unwrap_or("the bucket").to_owned(),
            detail: said.trim().to_owned(),
            passing: matches!(status, 409 | 429 | 500..=599),
        }
    }

    /// The fields that a file is put with, beside its digest.
    fn put_fields(&self, name: &str, once: bool) -> Vec<(&'static str, String)> {
        let mut fields = Vec::new();
        if once && self.conditional.load(Ordering::Relaxed) {
            fields.push(("if-none-match", "*".to_owned()));
        }
        fields.extend(self.lock_fields(name));
        fields
    }

    fn lock_fields(&self, name: &str) -> Vec<(&'static str, String)> {
        let lockable = name.starts_with("blobs/") || name.starts_with("log/");
        let Some(days) = self.lock_days.filter(|_| lockable) else { return Vec::new() };
        let until = (self.clock)().unix_millis().saturating_add(i64::from(days) * DAY);
        vec![
            ("x-amz-object-lock-mode", "GOVERNANCE".to_owned()),
            ("x-amz-object-lock-retain-until-date", Moment::from_unix_millis(until).to_string()),
        ]
    }

    fn put_whole(&self, name: &str, source: &mut Source<'_>, once: bool) -> Result<(), CopyError> {
        let (length, digest) = (source.length(), source.digest());
        let mut fields = self.put_fields(name, once);
        fields.push(("x-amz-checksum-sha256", BASE64.encode(&digest.0)));
        fields.push(("x-amz-sdk-checksum-algorithm", "SHA256".to_owned()));
        let mut sink = Capped(Vec::new());
        let sent = self.send(
            "PUT",
            Some(name),
            &[],
            &fields,
            Some((&mut *source, length, digest)),
            &mut sink,
        );
        if let Some(trouble) = source.trouble() {
            return Err(troubled(name, trouble));
        }
        let said = Said { answer: sent?, body: sink.0 };
        self.judge_put(name, once, &said)
    }

    fn judge_put(&self, name: &str, once: bool, said: &Said) -> Result<(), CopyError> {
        match said.answer.status {
            200..=299 => Ok(()),
            // It is there already, and stays as it is.
            412 if once => Ok(()),
            501 if once && self.conditional.swap(false, Ordering::Relaxed) => {
                // A service without conditions: what is there is known from the listing, and the file is sent again.
                Err(self.refused("put", Some(name), said))
            }
            _ => Err(self.refused("put", Some(name), said)),
        }
    }

    fn put_in_parts(
        &self,
        name: &str,
        source: &mut Source<'_>,
        once: bool,
    ) -> Result<(), CopyError> {
        let length = source.length();
        let size = PART.max(length.div_ceil(MOST_PARTS));
        let (upload, there) = self.upload_of(name, source.digest())?;
        let mut done = Vec::new();
        let mut buffer = Vec::new();
        for number in 1..=length.div_ceil(size) {
            buffer.clear();
            let read = source.by_ref().take(size).read_to_end(&mut buffer);
            if let Some(trouble) = source.trouble() {
                let error = troubled(name, trouble);
                if matches!(error, CopyError::Damaged { .. }) {
                    // Nothing will ever finish it.
                    self.ask("DELETE", Some(name), &[("uploadId", &upload)], &[], b"")?;
                }
                return Err(error);
            }
            read.map_err(crate::VaultError::Input)?;
            let checksum = BASE64.encode(&Digest::of(&buffer).0);
            let part = number.to_string();
            let etag = match there.get(&number).filter(|(found, _)| *found == checksum) {
                Some((_, etag)) => etag.clone(),
                None => {
                    let query = [("partNumber", part.as_str()), ("uploadId", upload.as_str())];
                    let fields = [("x-amz-checksum-sha256", checksum.clone())];
                    let said =
                        self.must("put a part of", "PUT", Some(name), &query, &fields, &buffer)?;
                    said.answer.field("etag").unwrap_or_default().to_owned()
                }
            };
            done.push((number, etag, checksum));
        }
        let parts: String = done
            .iter()
            .map(|(number, etag, checksum)| {
                let etag = etag.replace('"', "&quot;");
                format!(
                    "<Part><ChecksumSHA256>{checksum}</ChecksumSHA256><ETag>{etag}</ETag><PartNumber>{number}</PartNumber></Part>"
                )
            })
            .collect();
        let xml = format!(
            "<CompleteMultipartUpload xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">{parts}</CompleteMultipartUpload>"
        );
        let mut fields = self.put_fields(name, once);
        fields.retain(|(field, _)| *field == "if-none-match");
        let query = [("uploadId", upload.as_str())];
        let said = self.ask("POST", Some(name), &query, &fields, xml.as_bytes())?;
        // An answer may begin well and end with an error.
        let failed = answers::text(&said.texts(), "Error/Code").is_some();
        if failed && said.answer.status == 200 {
            return Err(self.refused("put", Some(name), &said));
        }
        self.judge_put(name, once, &said)
    }

    /// An upload in parts of that file: one that an earlier run began, with its parts' checksums and tags, or a new one.
    #[expect(clippy::type_complexity, reason = "an upload's id, and its parts by number")]
    fn upload_of(
        &self,
        name: &str,
        digest: Digest,
    ) -> Result<(String, BTreeMap<u64, (String, String)>), CopyError> {
        let key = self.key(name);
        let listed = self.ask("GET", None, &[("uploads", ""), ("prefix", &key)], &[], b"")?;
        if listed.answer.status == 200 {
            let texts = listed.texts();
            for upload in answers::items(&texts, "ListMultipartUploadsResult/Upload") {
                let value = |own: &str| {
                    upload.iter().find(|(found, _)| *found == own).map(|(_, text)| *text)
                };
                let (Some(found), Some(id)) = (value("Key"), value("UploadId")) else { continue };
                if found != key {
                    continue;
                }
                let parts = self.ask("GET", Some(name), &[("uploadId", id)], &[], b"")?;
                if parts.answer.status == 200 {
                    return Ok((id.to_owned(), parts_in(&parts.texts())));
                }
            }
        }
        let mut fields = self.lock_fields(name);
        fields.push(("x-amz-checksum-algorithm", "SHA256".to_owned()));
        fields.push(("x-amz-meta-sha256", digest.hex()));
        let said =
            self.must("begin to put", "POST", Some(name), &[("uploads", "")], &fields, b"")?;
        let texts = said.texts();
        match answers::text(&texts, "InitiateMultipartUploadResult/UploadId") {
            Some(id) => Ok((id.to_owned(), BTreeMap::new())),
            None => Err(self.refused("begin to put", Some(name), &said)),
        }
    }
}

fn parts_in(texts: &[(String, String)]) -> BTreeMap<u64, (String, String)> {
    let mut parts = BTreeMap::new();
    for part in answers::items(texts, "ListPartsResult/Part") {
        let value = |own: &str| part.iter().find(|(found, _)| *found == own).map(|(_, text)| *text);
        if let (Some(Ok(number)), Some(etag), Some(checksum)) =
            (value("PartNumber").map(str::parse), value("ETag"), value("ChecksumSHA256"))
        {
            parts.insert(number, (checksum.to_owned(), etag.to_owned()));
        }
    }
    parts
}

fn troubled(name: &str, trouble: &Trouble) -> CopyError {
    match trouble {
        Trouble::Stopped => CopyError::Stopped,
        Trouble::Damaged(_) => CopyError::Damaged { first: name.to_owned(), count: 1 },
    }
}

impl Target for S3Target {
    fn kind(&self) -> &'static str {
        "s3"
    }

    fn files(&self) -> Result<BTreeMap<String, u64>, CopyError> {
        let mut files = BTreeMap::new();
        let mut next: Option<String> = None;
        loop {
            let mut query = vec![("list-type", "2"), ("prefix", self.place.prefix.as_str())];
            if let Some(next) = &next {
                query.push(("continuation-token", next));
            }
            let said = self.must("list", "GET", None, &query, &[], b"")?;
            let texts = said.texts();
            for item in answers::items(&texts, "ListBucketResult/Contents") {
                let value =
                    |own: &str| item.iter().find(|(found, _)| *found == own).map(|(_, text)| *text);
                let (Some(key), Some(Ok(bytes))) = (value("Key"), value("Size").map(str::parse))
                else {
                    continue;
                };
                let Some(name) = key.strip_prefix(self.place.prefix.as_str()) else { continue };
                let top = name.split('/').next().unwrap_or_default();
                let ours = matches!(top, "log" | "blobs" | "keys")
                    || Part::of(name).is_some()
                    || name == CopyNote::NAME;
                if ours {
                    files.insert(name.to_owned(), bytes);
                }
            }
            let more = answers::text(&texts, "ListBucketResult/IsTruncated") == Some("true");
            let token = answers::text(&texts, "ListBucketResult/NextContinuationToken");
            match token.filter(|token| more && next.as_deref() != Some(token)) {
                Some(token) => next = Some(token.to_owned()),
                None => return Ok(files),
            }
        }
    }

    fn read(&self, name: &str, sink: &mut dyn Write) -> Result<bool, CopyError> {
        let answer = self.send("GET", Some(name), &[], &[], None, sink)?;
        match answer.status {
            200 => Ok(true),
            404 => Ok(false),
            _ => Err(self.refused("get", Some(name), &Said { answer, body: Vec::new() })),
        }
    }

    fn put(&self, name: &str, source: &mut Source<'_>, once: bool) -> Result<(), CopyError> {
        if source.length() > LARGEST_WHOLE {
            return self.put_in_parts(name, source, once);
        }
        self.put_whole(name, source, once)
    }

    fn has(&self, name: &str, bytes: u64, digest: &Digest) -> Result<bool, CopyError> {
        let mode = [("x-amz-checksum-mode", "ENABLED".to_owned())];
        let said = self.ask("HEAD", Some(name), &[], &mode, b"")?;
        match said.answer.status {
            200 => {}
            404 => return Ok(false),
            _ => return Err(self.refused("look at", Some(name), &said)),
        }
        let field = |name: &str| said.answer.field(name);
        if field("content-length").is_some_and(|length| length != bytes.to_string()) {
            return Ok(false);
        }
        // In parts: each was compared as it came, and the whole was named with what it is; the service's own sum is one of sums.
        if let Some(whole) = field("x-amz-meta-sha256") {
            return Ok(whole == digest.hex());
        }
        match field("x-amz-checksum-sha256") {
            Some(whole) => Ok(whole == BASE64.encode(&digest.0)),
            // A service that keeps no sums: what lies there is read.
            None => {
                let mut sink = Hashed(Hasher::new());
                Ok(self.read(name, &mut sink)? && sink.0.finish() == *digest)
            }
        }
    }

    fn set_aside(&self, name: &str) -> Result<(), CopyError> {
        self.remove(name)
    }

    fn remove(&self, name: &str) -> Result<(), CopyError> {
        let said = self.ask("DELETE", Some(name), &[], &[], b"")?;
        match said.answer.status {
            200..=299 | 404 => Ok(()),
            _ => Err(self.refused("remove", Some(name), &said)),
        }
    }

    fn settle(&self) -> Result<(), CopyError> {
        Ok(())
    }

    fn has_room(&self, _: u64, _: u64) -> Result<(), CopyError> {
        self.can_lock()
    }

    fn at_once(&self) -> usize {
        4
    }

    /// A bucket with versions keeps what is deleted or replaced there, and with it the seeds that an erasure destroys.
    fn forgets(&self) -> Result<(), CopyError> {
        let keeps = |detail: String| Err(CopyError::KeepsKeys { place: self.name(), detail });
        let said = self.ask("GET", None, &[("versioning", "")], &[], b"")?;
        if said.answer.status != 200 {
            let status = said.answer.status;
            return keeps(format!(
                "whether the bucket keeps versions cannot be told (it answers {status}), and in one that does, erased keys stay"
            ));
        }
        let texts = said.texts();
        match answers::text(&texts, "VersioningConfiguration/Status") {
            None | Some("") => Ok(()),
            Some(status) => keeps(format!(
                "the bucket keeps versions ({status}): keys that are erased here would stay there"
            )),
        }
    }

    fn finish(&self) -> Result<(), CopyError> {
        Ok(())
    }
}

/// A sink for answers that are read as text; more than is wanted is dropped.
struct Capped(Vec<u8>);

impl Write for Capped {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let room = usize::try_from(LONGEST).unwrap_or(usize::MAX).saturating_sub(self.0.len());
        self.0.extend_from_slice(bytes.get(..room.min(bytes.len())).unwrap_or_default());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A sink that only hashes.
struct Hashed(Hasher);

impl Write for Hashed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
