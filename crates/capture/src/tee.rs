//! Keeps every byte that crosses a connection, as it crosses.

use std::io::{self, Write};
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use witnessmark_archive::HttpHead;

use crate::door::Stream;
use crate::spool::{Spool, SpoolPlace};

/// What crossed a connection during one exchange.
#[derive(Debug)]
pub(crate) struct Log {
    pub(crate) request: Vec<u8>,
    request_limit: usize,
    pub(crate) request_cut: bool,
    /// Interim answers.
    pub(crate) interim: Vec<u8>,
    /// A head that is not whole yet.
    pending: Vec<u8>,
    /// The final response's head, once it is whole.
    pub(crate) head: Option<HttpHead>,
    pub(crate) response: Spool,
    room: u64,
    /// Whether more came than the limit allows.
    pub(crate) over: bool,
    /// Why the bytes could not be kept.
    pub(crate) spool_error: Option<String>,
}

impl Log {
    /// Keeps at most `request_limit` bytes of the request and `response_limit` of what comes back.
    pub(crate) fn new(place: &SpoolPlace, request_limit: usize, response_limit: u64) -> Self {
        Self {
            request: Vec::new(),
            request_limit,
            request_cut: false,
            interim: Vec::new(),
            pending: Vec::new(),
            head: None,
            response: Spool::new(place),
            room: response_limit,
            over: false,
            spool_error: None,
        }
    }

    fn sent(&mut self, data: &[u8]) {
        let room = self.request_limit.saturating_sub(self.request.len());
        self.request_cut |= room < data.len();
        self.request.extend_from_slice(data.get(..room).unwrap_or(data));
    }

    /// Whether anything came back.
    pub(crate) fn has_received(&self) -> bool {
        !(self.interim.is_empty() && self.pending.is_empty() && self.response.is_empty())
    }

    /// Keeps what there is room for, and tells how much that is.
    fn received(&mut self, data: &[u8]) -> io::Result<usize> {
        let room = usize::try_from(self.room).unwrap_or(usize::MAX);
        let kept = data.get(..room).unwrap_or(data);
        self.over |= kept.len() < data.len();
        self.room -= kept.len() as u64;
        if self.head.is_some() {
            self.response.write_all(kept)?;
        } else {
            self.pending.extend_from_slice(kept);
            self.take_heads(kept.len())?;
        }
        Ok(kept.len())
    }

    /// Looks for the ends of heads in what is pending, the last `fresh` bytes of which are new.
    fn take_heads(&mut self, fresh: usize) -> io::Result<()> {
        // The blank line may straddle two pieces.
        let mut from = self.pending.len().saturating_sub(fresh + 3);
        while let Some(end) = head_end(&self.pending, from) {
            let head = HttpHead::parse(self.pending.get(..end).unwrap_or_default());
            let is_interim = head
                .as_ref()
                .and_then(|head| head.status)
                .is_some_and(|status| (100..200).contains(&status) && status != 101);
            if !is_interim {
                self.head = head;
                let pending = std::mem::take(&mut self.pending);
                return self.response.write_all(&pending);
            }
            let rest = self.pending.split_off(end);
            self.interim.extend(std::mem::replace(&mut self.pending, rest));
            from = 0;
        }
        Ok(())
    }

    /// To be called when nothing more comes: what is left of a head that never ended becomes the response.
    pub(crate) fn end(&mut self) {
        let pending = std::mem::take(&mut self.pending);
        if let Err(error) = self.response.write_all(&pending) {
            self.spool_error = Some(error.to_string());
        }
    }
}

/// The place after the first blank line that ends at or after `from`.
fn head_end(bytes: &[u8], from: usize) -> Option<usize> {
    let mut at = from;
    loop {
        let line_end = at + bytes.get(at..)?.iter().position(|byte| *byte == b'\n')?;
        match bytes.get(line_end + 1..)? {
            [b'\n', ..] => return Some(line_end + 2),
            [b'\r', b'\n', ..] => return Some(line_end + 3),
            _ => at = line_end + 1,
        }
    }
}

/// A stream whose bytes are kept both ways.
#[derive(Debug)]
pub(crate) struct Tee {
    pub(crate) stream: Stream,
    pub(crate) log: Log,
}

impl AsyncRead for Tee {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let tee = self.get_mut();
        if tee.log.over {
            return Poll::Ready(Err(io::Error::other("more than the limit came")));
        }
        let before = into.filled().len();
        match Pin::new(&mut tee.stream).poll_read(context, into) {
            Poll::Ready(Ok(())) => {
                let fresh = into.filled().get(before..).unwrap_or_default();
                match tee.log.received(fresh) {
                    // What is not kept is not handed on: the payload is that of the bytes kept.
                    Ok(count) => into.set_filled(before + count),
                    Err(error) => {
                        tee.log.spool_error = Some(error.to_string());
                        return Poll::Ready(Err(error));
                    }
                }
                // Nothing handed on would mean the end of the stream.
                if tee.log.over && into.filled().len() == before {
                    return Poll::Ready(Err(io::Error::other("more than the limit came")));
                }
                Poll::Ready(Ok(()))
            }
            other => other,
        }
    }
}

impl AsyncWrite for Tee {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        data: &[u8],
    ) -> Poll<io::Result<usize>> {
        let tee = self.get_mut();
        let written = Pin::new(&mut tee.stream).poll_write(context, data);
        if let Poll::Ready(Ok(count)) = written {
            tee.log.sent(data.get(..count).unwrap_or_default());
        }
        written
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log(limit: u64) -> Log {
        Log::new(&SpoolPlace::new(&std::env::temp_dir()), 10, limit)
    }

    #[test]
    fn interim_answers_are_apart_however_the_bytes_fall() {
        let early = b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n";
        let answer = b"HTTP/1.1 200\nA: b\n\nbody\r\n\r\nmore";
        let all = [&early[..], answer].concat();
        for size in 1..all.len() {
            let mut log = log(1000);
            for piece in all.chunks(size) {
                log.received(piece).unwrap();
            }
            log.end();
            assert_eq!(log.interim, early, "{size}");
            assert_eq!(log.response.first(1000).unwrap(), answer, "{size}");
            assert_eq!(log.head.unwrap().status, Some(200));
        }
    }

    #[test]
    fn what_is_over_the_limits_is_not_kept() {
        let mut log = log(4);
        log.sent(b"12345678");
        log.sent(b"90");
        assert!(!log.request_cut);
        log.sent(b"1");
        assert_eq!((log.request.as_slice(), log.request_cut), (&b"1234567890"[..], true));
        assert_eq!((log.received(b"HTTP").unwrap(), log.over), (4, false));
        assert_eq!((log.received(b"/").unwrap(), log.over), (0, true));
        log.end();
        assert!(log.over && log.head.is_none());
        assert_eq!(log.response.first(9).unwrap(), b"HTTP");
    }
}
