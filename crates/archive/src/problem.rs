//! What can be wrong with an archive, as stable codes.

use serde::{Serialize, Serializer};

/// One thing found wrong, or worth knowing, at one place of an archive.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// Which rule was broken.
    pub code: Code,
    /// Byte of the file as it is stored. Inside a compressed member it is the member's first byte,
    /// unless the compressed bytes themselves are damaged.
    pub offset: u64,
    /// The record's `WARC-Record-ID` without angle brackets, where it is known.
    pub record_id: Option<String>,
    /// The file inside a WACZ that has the problem; the offset then is one of that file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// A sentence for a person: what was found there.
    pub detail: String,
}

impl Problem {
    /// A problem in the file itself.
    pub(crate) fn new(
        code: Code,
        offset: u64,
        record_id: Option<String>,
        detail: impl Into<String>,
    ) -> Self {
        let record_id = record_id.map(shortened);
        Self { code, offset, record_id, path: None, detail: shortened(detail.into()) }
    }

    /// A problem of a file inside a WACZ.
    pub(crate) fn inside(path: &str, code: Code, offset: u64, detail: impl Into<String>) -> Self {
        let problem = Self::new(code, offset, None, detail);
        Self { path: Some(shortened(path.to_owned())), ..problem }
    }
}

/// Texts from hostile headers may be a megabyte long, and many problems are kept.
fn shortened(text: String) -> String {
    const LIMIT: usize = 600;
    match text.char_indices().nth(LIMIT) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text,
    }
}

/// Whether a [`Code`] spoils the verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// Bytes are missing, damaged, or contradict a digest; or a rule is broken so that what the
    /// record says is in doubt. The verdict is "flawed".
    Flaw,
    /// A deviation that was read as it was meant. It is reported, and the verdict stays.
    Notice,
}

macro_rules! codes {
    ($($variant:ident $name:literal $severity:ident $meaning:literal;)+) => {
        /// A stable name for a kind of problem; printed in kebab-case.
        ///
        /// Codes are never renamed. [`Code::ALL`] is the documented table.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Code { $(#[doc = $meaning] $variant,)+ }

        impl Code {
            /// Every code, in the order of the table.
            pub const ALL: &'static [Code] = &[$(Code::$variant,)+];

            /// The printed name, such as `gzip-truncated`.
            pub fn as_str(self) -> &'static str {
                match self { $(Code::$variant => $name,)+ }
            }

            /// One sentence that says what the code stands for.
            pub fn meaning(self) -> &'static str {
                match self { $(Code::$variant => $meaning,)+ }
            }

            /// Whether it makes an archive flawed.
            pub fn severity(self) -> Severity {
                match self { $(Code::$variant => Severity::$severity,)+ }
            }
        }
    };
}

codes! {
    Empty "empty" Flaw "The input has no bytes.";
    NotAnArchive "not-an-archive" Flaw "The content is no archive this program knows.";
    UnsupportedCompression "unsupported-compression" Flaw "The content is compressed in a way this build cannot read.";
    NeedsSeeking "needs-seeking" Flaw "A ZIP file came through a stream and is too large to hold in memory.";
    GzipHeaderInvalid "gzip-header-invalid" Flaw "A gzip member was expected and other bytes stand there.";
    GzipTruncated "gzip-truncated" Flaw "The input ends inside a gzip member.";
    GzipDataInvalid "gzip-data-invalid" Flaw "The deflate data of a gzip member is damaged.";
    GzipChecksumMismatch "gzip-checksum-mismatch" Flaw "The bytes of a gzip member do not have the CRC-32 or length its trailer says.";
    GzipTrailingZeros "gzip-trailing-zeros" Notice "Zero bytes follow the last gzip member.";
    GzipWholeFile "gzip-whole-file" Notice "Several records share one compressed member, so that single records cannot be read at random.";
    RecordSplitOverMembers "record-split-over-members" Notice "One record is stored in several compressed members.";
    FrameDictionaryInvalid "frame-dictionary-invalid" Flaw "The dictionary at the start of a .warc.zst cannot be read.";
    FrameTruncated "frame-truncated" Flaw "The input ends inside a zstd or LZ4 frame.";
    FrameInvalid "frame-invalid" Flaw "A zstd or LZ4 frame is damaged.";
    GarbageSkipped "garbage-skipped" Flaw "Bytes that belong to no record were skipped to reach the next record.";
    VersionUnknown "version-unknown" Notice "The record's version is none this program was made for; it was read as WARC 1.1.";
    HeadTooLarge "head-too-large" Flaw "A record's header fields exceed the limit.";
    HeadTruncated "head-truncated" Flaw "The input or the compressed member ends inside a record's header.";
    HeadLineEnding "head-line-ending" Notice "Header lines do not end with CR LF.";
    FieldMalformed "field-malformed" Flaw "A header line has no colon or an empty name.";
    FieldNotUtf8 "field-not-utf8" Notice "A header is not UTF-8; unreadable bytes were replaced.";
    FieldMissing "field-missing" Flaw "A mandatory header field is missing.";
    FieldRepeated "field-repeated" Flaw "A header field that may occur once occurs again.";
    FieldForbidden "field-forbidden" Flaw "A header field stands on a record type that must not have it.";
    ContentLengthInvalid "content-length-invalid" Flaw "Content-Length is missing or no number, so the record's end is unknown.";
    ContentLengthBeyondMember "content-length-beyond-member" Flaw "Content-Length reaches beyond the record's compressed member, where another record begins.";
    DateInvalid "date-invalid" Flaw "WARC-Date is no date of the form the specification gives.";
    ContentTypeInvalid "content-type-invalid" Flaw "Content-Type is no media type.";
    RecordIdForm "record-id-form" Notice "WARC-Record-ID is not a URI in angle brackets.";
    TargetUriBrackets "target-uri-brackets" Notice "WARC-Target-URI stands in angle brackets, as an old wget writes it; they were removed.";
    TargetUriSpaces "target-uri-spaces" Notice "WARC-Target-URI holds spaces; they were percent-encoded.";
    RevisitProfile "revisit-profile" Notice "A revisit names a profile this program does not know.";
    RecordTruncated "record-truncated" Flaw "The input ends before the block's Content-Length is reached.";
    RecordTerminator "record-terminator" Flaw "The two line ends that must follow a block are missing or wrong; Content-Length may be wrong.";
    RecordTerminatorForm "record-terminator-form" Notice "The line ends after a block are not those the format has, and the next record begins where it should.";
    DigestMalformed "digest-malformed" Flaw "A digest field cannot be read in any encoding its algorithm has.";
    DigestUnknownAlgorithm "digest-unknown-algorithm" Notice "A digest names an algorithm this program does not compute.";
    BlockDigestMismatch "block-digest-mismatch" Flaw "The block does not have the digest its header says.";
    PayloadDigestMismatch "payload-digest-mismatch" Flaw "The payload has the digest its header says neither with nor without transfer encoding.";
    PayloadDigestWithTransferEncoding "payload-digest-with-transfer-encoding" Notice "The payload digest matches the chunked bytes, not the entity body the specification asks for.";
    HttpHeadMalformed "http-head-malformed" Notice "An HTTP record's head cannot be parsed; its whole block was taken as payload.";
    ChunkingMalformed "chunking-malformed" Notice "A body announced as chunked is not, or breaks off; it was taken as it stands.";
    ArcHeadMalformed "arc-head-malformed" Flaw "An ARC record's line lacks parts or has an invalid date or length.";
    CdxjMalformed "cdxj-malformed" Flaw "A line of an index is not `key timestamp {json}`.";
    CdxjOrder "cdxj-order" Flaw "The lines of an index are not sorted by their bytes.";
    CdxjRecordAbsent "cdxj-record-absent" Flaw "An index line names a place where no record begins.";
    CdxjMismatch "cdxj-mismatch" Flaw "An index line says something else than its record.";
    CdxjRecordUnlisted "cdxj-record-unlisted" Flaw "A response, revisit or resource record has no line in the index.";
    CdxjKey "cdxj-key" Notice "An index line's key is not the SURT of its URL as this program forms it.";
    ZipnumMalformed "zipnum-malformed" Flaw "The table of a compressed index is malformed.";
    ZipnumMismatch "zipnum-mismatch" Flaw "A block of a compressed index is not what its table says.";
    ZipInvalid "zip-invalid" Flaw "The ZIP structure is damaged or contradicts itself.";
    ZipNameUnsafe "zip-name-unsafe" Flaw "A name in the ZIP would leave the folder it is unpacked to, or collides with another.";
    ZipOverlap "zip-overlap" Flaw "Files in the ZIP share bytes.";
    ZipEncrypted "zip-encrypted" Flaw "A file in the ZIP is encrypted or compressed in a way WACZ does not have.";
    WaczPartMissing "wacz-part-missing" Flaw "A part every WACZ must have is missing.";
    WaczPackageInvalid "wacz-package-invalid" Flaw "datapackage.json is no JSON object of the form WACZ asks for.";
    WaczProfileMissing "wacz-profile-missing" Notice "datapackage.json says no profile, as Browsertrix writes it; it was read as \"data-package\".";
    WaczVersion "wacz-version" Flaw "wacz_version is missing or is not 1.1.x.";
    WaczResourceMissing "wacz-resource-missing" Flaw "A file listed in datapackage.json is not in the ZIP.";
    WaczResourceUnlisted "wacz-resource-unlisted" Flaw "A file in the ZIP is not listed in datapackage.json.";
    WaczResourceName "wacz-resource-name" Flaw "A resource's name is missing, repeated, or has other characters than a-z 0-9 - . _ /.";
    WaczResourceSize "wacz-resource-size" Flaw "A file has another size than datapackage.json says.";
    WaczResourceHash "wacz-resource-hash" Flaw "A file has another hash than datapackage.json says, or the hash cannot be read.";
    WaczCompressedPart "wacz-compressed-part" Flaw "A WARC or a compressed index is compressed by the ZIP; it must be stored, so that it can be read at random.";
    WaczNaming "wacz-naming" Notice "A compressed WARC is not named .warc.gz, or a file lies in a folder py-wacz does not accept.";
    WaczPagesInvalid "wacz-pages-invalid" Flaw "A page list has no header, or a line without url and ts.";
    WaczDigestInvalid "wacz-digest-invalid" Flaw "datapackage-digest.json is no object of the form WACZ asks for.";
    WaczDigestMismatch "wacz-digest-mismatch" Flaw "datapackage.json does not have the hash datapackage-digest.json says.";
    WaczSignatureInvalid "wacz-signature-invalid" Flaw "The signature is not one of the signed hash by the key given.";
    WaczSignatureForm "wacz-signature-form" Flaw "signedData has neither exactly the keys of a domain signature nor of an anonymous one.";
    WaczSignatureTrust "wacz-signature-trust" Notice "A signature or a time token is right by the keys it brings; whose they are is for the reader to decide.";
    WaczTimeTokenInvalid "wacz-time-token-invalid" Flaw "A time token (RFC 3161) is not one for the bytes it is said to be for, or its authority's certificates do not bear it out.";
    ProblemsOmitted "problems-omitted" Flaw "More problems were found than are listed.";
}

impl std::fmt::Display for Problem {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{} at byte {}", self.code, self.offset)?;
        if let Some(path) = &self.path {
            write!(formatter, " of {path}")?;
        }
        if let Some(id) = &self.record_id {
            write!(formatter, " in record {id}")?;
        }
        write!(formatter, ": {}", self.detail)
    }
}

impl std::error::Error for Problem {}

impl Serialize for Code {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl std::fmt::Display for Code {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_distinct_kebab_case() {
        let mut names: Vec<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count);
        for name in names {
            let kebab =
                |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
            assert!(name.bytes().all(kebab), "{name}");
        }
    }
}
