//! Web archives: read, check and index WARC, ARC and WACZ files.
//!
//! [`Reader`] gives records one after another from any stream, in one pass and bounded memory,
//! and goes on after damage. [`check`] judges a whole file. [`index`] gives CDXJ lines.
//! [`read_archives`] opens the archives in a WACZ, [`read_ahead`] reads with a second thread.
//! [`survey`] says all of every record in one pass, for an import. [`WarcWriter`] writes WARC 1.1.
//! [`read_record_at`] reads one record again by offset and length; [`CdxjFile`] and [`ZipNum`] find
//! them in an index by their URL's key.
//!
//! The format follows WARC 1.1 (ISO 28500:2017) and what is met in the wild: WARC 0.17 to 1.0,
//! files compressed as a whole, records in several gzip members, wrong lengths.

mod access;
pub mod bag;
mod cdxj;
mod check;
mod chunked;
mod cursor;
mod digest;
mod digest_check;
mod feed;
mod field;
mod gzip;
mod head;
mod http;
mod lz4;
mod payload;
mod problem;
mod read_ahead;
mod reader;
mod rules;
mod sorted_lines;
mod stored;
mod surt;
mod survey;
mod wacz;
mod writer;
mod zipnum;
#[cfg(feature = "zstd")]
mod zstd_frames;

pub use access::read_record_at;
pub use cdxj::{CdxjError, CdxjFields, CdxjLine, index, index_sorted};
pub use check::{DigestCounts, Kind, Report, Verdict, check, check_file};
pub use digest::{Algorithm, DigestField, write_digest};
pub use digest_check::DigestVerdict;
pub use feed::Container;
pub use head::{Format, Head, RecordType};
pub use http::HttpHead;
pub use payload::Payload;
pub use problem::{Code, Problem, Severity};
pub use read_ahead::read_ahead;
pub use reader::{HEAD_LIMIT, Layout, Reader, Record, RecordEnd};
pub use surt::surt;
pub use survey::{SurveyedRecord, survey};
pub use wacz::{
    AddedArchive, NewPage, NewWacz, SignatureRoots, TimeStamper, WaczKey, WaczWriteError,
    WaczWriter, check_wacz_by, read_archives,
};
pub use writer::{NewRecord, WarcWriter, WriteError, Written};
pub use zipnum::{CdxjFile, ZipNum};
