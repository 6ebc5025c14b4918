//! The payload as a reader would see it: transfer and content encodings removed, within a limit.

use std::io::{self, Write};

use brotli_decompressor::DecompressorWriter;
use flate2::write::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};

use crate::chunked::Chunked;
use crate::http::HttpHead;

/// How many content encodings may lie over each other.
const ENCODING_LIMIT: usize = 4;

/// A record's payload, decoded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Payload {
    /// The bytes, cut at the limit the caller gave.
    pub bytes: Vec<u8>,
    /// Whether the limit cut them.
    pub cut: bool,
    /// The content encodings that were removed, outermost first.
    pub decoded: Vec<String>,
    /// What could not be decoded as it was announced, in sentences. The bytes then are what came
    /// out before, or the encoded ones when nothing did.
    pub warnings: Vec<String>,
}

/// Decodes a body that is pushed in pieces.
pub(crate) struct PayloadReader {
    chunked: Option<Chunked>,
    /// The body's first bytes, kept until it is known whether they are what was announced.
    probe: Vec<u8>,
    encodings: Vec<String>,
    sink: Option<Sink>,
    limit: usize,
    decoded: Vec<String>,
    warnings: Vec<String>,
    /// The body without transfer encoding, as far as kept, to fall back on.
    plain: Vec<u8>,
}

const PROBE: usize = 64;

impl PayloadReader {
    pub(crate) fn new(head: Option<&HttpHead>, limit: usize) -> Self {
        let mut encodings = head.map(HttpHead::content_encodings).unwrap_or_default();
        encodings.reverse();
        let mut warnings = Vec::new();
        if encodings.len() > ENCODING_LIMIT {
            warnings.push(format!(
                "{} content encodings, which were left as they are",
                encodings.len()
            ));
            encodings.clear();
        }
        Self {
            chunked: head.is_some_and(HttpHead::is_chunked).then(Chunked::new),
            probe: Vec::new(),
            encodings,
            sink: None,
            limit,
            decoded: Vec::new(),
            warnings,
            plain: Vec::new(),
        }
    }

    pub(crate) fn push(&mut self, data: &[u8]) {
        if self.probe.len() < PROBE && self.sink.is_none() {
            self.probe.extend_from_slice(data);
            if self.probe.len() >= PROBE {
                self.begin();
            }
        } else {
            self.decode(data);
        }
    }

    /// Whether the limit is reached, so that pushing more changes nothing.
    pub(crate) fn is_full(&self) -> bool {
        self.sink.as_ref().is_some_and(Sink::is_full)
    }

    /// Decides by the first bytes which announced encodings are really there.
    fn begin(&mut self) {
        let probe = std::mem::take(&mut self.probe);
        let mut first = probe.clone();
        if self.chunked.is_some() {
            let mut trial = Chunked::new();
            first.clear();
            trial.push(&probe, |bytes| first.extend_from_slice(bytes));
            if trial.has_failed() {
                self.warnings.push("the body is not chunked as announced".to_owned());
                self.chunked = None;
                first.clone_from(&probe);
            }
        }
        let mut sink = Sink::Plain(Limited { bytes: Vec::new(), limit: self.limit, cut: false });
        // The innermost decoder writes to the buffer, so the chain is built from the inside.
        let outermost = self.encodings.first().cloned().unwrap_or_default();
        if !self.encodings.is_empty() && !looks_like(&outermost, &first) {
            self.warnings.push(format!("the body is not {outermost} as announced"));
            self.encodings.clear();
        }
        for name in self.encodings.iter().rev() {
            let zlib = is_zlib(&first);
            sink = match sink.under(name, zlib) {
                Ok(sink) => sink,
                Err(sink) => {
                    self.warnings.push(format!("content encoding {name:?} cannot be read"));
                    sink
                }
            };
        }
        self.decoded.clone_from(&self.encodings);
        self.sink = Some(sink);
        self.decode(&probe);
    }

    fn decode(&mut self, data: &[u8]) {
        let Some(sink) = &mut self.sink else { return };
        let plain = &mut self.plain;
        let keep = if self.encodings.is_empty() { 0 } else { self.limit };
        let mut failed = None;
        let mut write = |bytes: &[u8]| {
            let room = keep.saturating_sub(plain.len()).min(bytes.len());
            plain.extend_from_slice(bytes.get(..room).unwrap_or_default());
            if failed.is_none() {
                failed = sink.write_all(bytes).err();
            }
        };
        match &mut self.chunked {
            Some(chunked) => chunked.push(data, write),
            None => write(data),
        }
        if let Some(error) = failed
            && error.kind() != io::ErrorKind::StorageFull
            && self.warnings.last().is_none_or(|last| !last.starts_with("decoding"))
        {
            self.warnings.push(format!("decoding {} stopped: {error}", self.decoded.join(", ")));
        }
    }

    pub(crate) fn finish(mut self) -> Payload {
        if self.sink.is_none() {
            self.begin();
        }
        let mut limited = match self.sink.take() {
            Some(sink) => sink.finish(),
            None => Limited { bytes: Vec::new(), limit: 0, cut: false },
        };
        if self.chunked.is_some_and(|chunked| !chunked.is_complete()) && !limited.cut {
            self.warnings.push("the chunked body breaks off".to_owned());
        }
        if limited.bytes.is_empty() && !self.plain.is_empty() && !self.decoded.is_empty() {
            if self.warnings.is_empty() {
                self.warnings.push(format!("nothing came out of {}", self.decoded.join(", ")));
            }
            self.decoded.clear();
            limited.bytes = self.plain;
        }
        let Limited { bytes, cut, .. } = limited;
        Payload { bytes, cut, decoded: self.decoded, warnings: self.warnings }
    }
}

/// A chain of decoders that ends in a limited buffer.
enum Sink {
    Plain(Limited),
    Gzip(Box<MultiGzDecoder<Sink>>),
    Zlib(Box<ZlibDecoder<Sink>>),
    Deflate(Box<DeflateDecoder<Sink>>),
    Brotli(Box<DecompressorWriter<Sink>>),
    #[cfg(feature = "zstd")]
    Zstd(Box<zstd::stream::write::Decoder<'static, Sink>>),
}

impl Sink {
    /// Puts the decoder of an encoding before this chain.
    fn under(self, encoding: &str, zlib: bool) -> Result<Self, Self> {
        Ok(match encoding {
            "gzip" | "x-gzip" => Self::Gzip(Box::new(MultiGzDecoder::new(self))),
            "deflate" if zlib => Self::Zlib(Box::new(ZlibDecoder::new(self))),
            "deflate" => Self::Deflate(Box::new(DeflateDecoder::new(self))),
            "br" => Self::Brotli(Box::new(DecompressorWriter::new(self, 64 * 1024))),
            #[cfg(feature = "zstd")]
            "zstd" => match zstd::stream::write::Decoder::new(self) {
                Ok(decoder) => Self::Zstd(Box::new(decoder)),
                // Making a decoder fails only when memory is short; the chain is gone then.
                Err(_) => {
                    return Err(Self::Plain(Limited { bytes: Vec::new(), limit: 0, cut: true }));
                }
            },
            _ => return Err(self),
        })
    }

    fn is_full(&self) -> bool {
        match self {
            Self::Plain(limited) => limited.cut,
            Self::Gzip(decoder) => decoder.get_ref().is_full(),
            Self::Zlib(decoder) => decoder.get_ref().is_full(),
            Self::Deflate(decoder) => decoder.get_ref().is_full(),
            Self::Brotli(decoder) => decoder.get_ref().is_full(),
            #[cfg(feature = "zstd")]
            Self::Zstd(decoder) => decoder.get_ref().is_full(),
        }
    }

    fn finish(self) -> Limited {
        match self {
            Self::Plain(limited) => limited,
            Self::Gzip(mut decoder) => {
                let _ = decoder.try_finish();
                std::mem::replace(decoder.get_mut(), Self::empty()).finish()
            }
            Self::Zlib(mut decoder) => {
                let _ = decoder.try_finish();
                std::mem::replace(decoder.get_mut(), Self::empty()).finish()
            }
            Self::Deflate(mut decoder) => {
                let _ = decoder.try_finish();
                std::mem::replace(decoder.get_mut(), Self::empty()).finish()
            }
            Self::Brotli(mut decoder) => {
                let _ = decoder.close();
                std::mem::replace(decoder.get_mut(), Self::empty()).finish()
            }
            #[cfg(feature = "zstd")]
            Self::Zstd(mut decoder) => {
                let _ = decoder.flush();
                std::mem::replace(decoder.get_mut(), Self::empty()).finish()
            }
        }
    }

    fn empty() -> Self {
        Self::Plain(Limited { bytes: Vec::new(), limit: 0, cut: false })
    }
}

impl Write for Sink {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(limited) => limited.write(data),
            Self::Gzip(decoder) => decoder.write(data),
            Self::Zlib(decoder) => past_end(decoder.write(data)?, data),
            Self::Deflate(decoder) => past_end(decoder.write(data)?, data),
            Self::Brotli(decoder) => decoder.write(data),
            #[cfg(feature = "zstd")]
            Self::Zstd(decoder) => decoder.write(data),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(_) => Ok(()),
            Self::Gzip(decoder) => decoder.flush(),
            Self::Zlib(decoder) => decoder.flush(),
            Self::Deflate(decoder) => decoder.flush(),
            Self::Brotli(decoder) => decoder.flush(),
            #[cfg(feature = "zstd")]
            Self::Zstd(decoder) => decoder.flush(),
        }
    }
}

/// A decoder that takes nothing has reached its stream's end; bytes after it are passed over.
fn past_end(taken: usize, data: &[u8]) -> io::Result<usize> {
    Ok(if taken == 0 { data.len() } else { taken })
}

/// Keeps bytes up to a limit and refuses the rest.
struct Limited {
    bytes: Vec<u8>,
    limit: usize,
    cut: bool,
}

impl Write for Limited {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        let room = self.limit.saturating_sub(self.bytes.len()).min(data.len());
        self.bytes.extend_from_slice(data.get(..room).unwrap_or_default());
        if room < data.len() {
            self.cut = true;
            if room == 0 {
                return Err(io::ErrorKind::StorageFull.into());
            }
        }
        Ok(room)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Whether a body may begin like this encoding; archives often keep the name after decoding.
fn looks_like(encoding: &str, first: &[u8]) -> bool {
    match encoding {
        _ if first.is_empty() => true,
        "gzip" | "x-gzip" => first.starts_with(&[0x1f, 0x8b]),
        "zstd" => first.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]),
        "br" | "deflate" => {
            let text = first.trim_ascii_start().first();
            !(matches!(text, Some(b'<' | b'{' | b'[')) && first.is_ascii()) || first.len() < 4
        }
        _ => true,
    }
}

/// Whether deflate data has a zlib header (RFC 1950, section 2.2).
fn is_zlib(first: &[u8]) -> bool {
    match first {
        [cmf, flags, ..] => cmf & 0x0f == 8 && (u16::from(*cmf) << 8 | u16::from(*flags)) % 31 == 0,
        _ => false,
    }
}
