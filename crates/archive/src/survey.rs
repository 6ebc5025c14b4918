//! One pass over an archive that says all of every record: for checking, importing and indexing.

use std::io;

use crate::cdxj::{CdxjFields, CdxjLine, is_indexed, timestamp};
use crate::check::{Report, count_digests};
use crate::digest_check::{DigestCheck, DigestReport, DigestVerdict, Wanted};
use crate::feed::Container;
use crate::head::{Format, Head, RecordType};
use crate::http::{HttpHead, media_type};
use crate::problem::{Code, Problem};
use crate::reader::{Layout, Reader, RecordEnd};
use crate::rules::broken_rules;
use crate::surt::surt;

/// What one pass found out of one record whose bytes are all there.
pub struct SurveyedRecord<'s> {
    head: &'s Head,
    end: &'s RecordEnd,
    plain_length: u64,
    digests: &'s DigestReport,
}

impl<'s> SurveyedRecord<'s> {
    /// The header.
    pub fn head(&self) -> &'s Head {
        self.head
    }

    /// Where the record lies, and the SHA-256 of its plain bytes.
    pub fn end(&self) -> &'s RecordEnd {
        self.end
    }

    /// Plain bytes of header and block, without the two line ends after them.
    pub fn plain_length(&self) -> u64 {
        self.plain_length
    }

    /// The HTTP head at the block's start, where the record holds one that can be parsed.
    pub fn http(&self) -> Option<&'s HttpHead> {
        self.digests.http.as_ref()
    }

    /// The media type of the payload in lower case: as the HTTP head says it, else as the record's
    /// own header does.
    pub fn media_type(&self) -> Option<String> {
        match self.http() {
            Some(http) => http.media_type(),
            None => self.head.content_type().and_then(media_type),
        }
    }

    /// How the block's digest came out.
    pub fn block_digest(&self) -> DigestVerdict {
        self.digests.block
    }

    /// How the payload's digest came out.
    pub fn payload_digest(&self) -> DigestVerdict {
        self.digests.payload
    }

    /// The index line of this record in the archive named `file`; `None` for types that no index
    /// lists and for records without target. The same as [`index`](crate::index) gives.
    pub fn cdxj(&self, file: &str) -> Option<CdxjLine> {
        let url = self.head.target_uri().filter(|_| is_indexed(self.head))?.into_owned();
        let own = match self.head.format() {
            Format::Warc => self.head.get("WARC-Payload-Digest").map(str::to_owned),
            Format::Arc => None,
        };
        let computed = || {
            let sum = self.digests.payload_sha256.as_ref()?;
            Some(format!("sha256:{}", data_encoding::HEXLOWER.encode(sum)))
        };
        let revisit = *self.head.record_type() == RecordType::Revisit;
        let fields = CdxjFields {
            digest: own.or_else(computed),
            mime: if revisit { Some("warc/revisit".to_owned()) } else { self.media_type() },
            filename: Some(file.to_owned()),
            offset: Some(self.end.offset.to_string()),
            length: self.end.length.map(|length| length.to_string()),
            status: self.http().and_then(|http| http.status).map(|status| status.to_string()),
            url,
            ..CdxjFields::default()
        };
        let timestamp = self.head.date().map(timestamp).unwrap_or_default();
        Some(CdxjLine { key: surt(&fields.url), timestamp, fields })
    }
}

/// Reads all records of `reader` in one pass, hands each whole one to `each`, and gives the report
/// that [`check`](crate::check) would give: every byte is read, hashed and judged once.
///
/// Within [`read_ahead`](crate::read_ahead) a second core decompresses and hashes meanwhile.
/// `file` is only printed. `progress` is called with the stored bytes read so far. Errors are those
/// of the machine and of `each`. A WACZ holds no records itself: survey each of its archives, as
/// [`read_archives`](crate::read_archives) opens them.
pub fn survey<E: From<io::Error>>(
    reader: &mut Reader<'_>,
    file: &str,
    progress: &mut dyn FnMut(u64),
    each: &mut dyn FnMut(&SurveyedRecord<'_>) -> Result<(), E>,
) -> Result<Report, E> {
    let mut report = Report::new(file);
    if reader.container() == Container::Zip {
        let detail = "a ZIP file; the archives in it are read one by one";
        report.add(Problem::new(Code::NotAnArchive, 0, None, detail));
    } else {
        let wanted = Wanted { http: true, payload_sha256: true };
        survey_records(reader, &mut report, wanted, progress, each)?;
    }
    report.conclude();
    Ok(report)
}

/// Checks every record that `reader` gives and adds what it finds to `report`.
pub(crate) fn check_records(
    reader: &mut Reader<'_>,
    report: &mut Report,
    progress: &mut dyn FnMut(u64),
) -> io::Result<()> {
    survey_records(reader, report, Wanted::default(), progress, &mut |_| Ok::<_, io::Error>(()))
}

pub(crate) fn survey_records<E: From<io::Error>>(
    reader: &mut Reader<'_>,
    report: &mut Report,
    wanted: Wanted,
    progress: &mut dyn FnMut(u64),
    each: &mut dyn FnMut(&SurveyedRecord<'_>) -> Result<(), E>,
) -> Result<(), E> {
    while let Some(mut record) = reader.next_record()? {
        let offset = record.offset();
        let head = record.head();
        let arc = head.format() == Format::Arc;
        let payload_sha256 = wanted.payload_sha256 && is_indexed(head);
        let mut digests =
            DigestCheck::new(head, Wanted { http: arc || wanted.http, payload_sha256 });
        let rules = broken_rules(head, offset);
        let plain_length = head.content_length().unwrap_or(0);
        let plain_length = plain_length.saturating_add(record.head_bytes().len() as u64);
        if report.version.is_none() {
            report.version = Some(head.version().to_owned());
        }
        loop {
            let data = record.fill_block()?;
            if data.is_empty() {
                break;
            }
            digests.push(data);
            let count = data.len();
            record.consume_block(count);
        }
        let end = record.finish()?;
        for problem in rules {
            report.add(problem);
        }
        for problem in reader.take_problems() {
            report.add(problem);
        }
        // The length in an ARC's line may be wrong where the HTTP message shows that nothing is
        // missing: then the record counts, and the problem stays. In a compressed member the end
        // of the compressed bytes is missing too.
        let complete = arc && end.layout == Layout::Plain && digests.message_is_complete();
        if end.whole || complete {
            report.records += 1;
            let Some(head) = reader.last_head() else { continue };
            report.count_type(head.record_type().as_str());
            let digests = digests.finish();
            count_digests(report, &digests, offset, head);
            each(&SurveyedRecord { head, end: &end, plain_length, digests: &digests })?;
        } else {
            report.incomplete_records += 1;
        }
        progress(reader.bytes_read());
    }
    for problem in reader.take_problems() {
        report.add(problem);
    }
    report.set_format(reader.format());
    progress(reader.bytes_read());
    Ok(())
}
