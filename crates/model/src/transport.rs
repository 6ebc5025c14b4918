//! Requests to services outside, as a parameter.
//!
//! Time authorities, calendars, witnesses and stores of copies are spoken to by HTTP. Whoever speaks to them is given
//! a [`Transport`] and opens no connection of its own, so that every byte leaves by the way that a person has chosen.

use std::io::{Read, Write};

/// One request over HTTP.
pub struct Request<'r> {
    /// The method, such as `GET`.
    pub method: &'r str,
    /// The whole address, `http://` or `https://`.
    pub url: &'r str,
    /// Fields of the head, name and value. `Host` and `Content-Length` are the transport's to give.
    pub fields: &'r [(String, String)],
    /// The body and its length in bytes; none for a request without one.
    pub body: Option<(&'r mut (dyn Read + Send), u64)>,
    /// How many bytes of an answer's body are taken at most; a longer answer is an error.
    pub limit: u64,
}

/// The head of an answer. Its body went to the sink.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status. Any status is an answer; redirects are not followed.
    pub status: u16,
    /// The fields of the head, names in lower case, in their order.
    pub fields: Vec<(String, String)>,
}

impl Answer {
    /// The value of the first field of that name, given in lower case.
    pub fn field(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
    }
}

/// No whole answer came.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TransportError {
    /// A person has not allowed it: no way out is chosen, or the address is one that is refused.
    #[error("{0}")]
    Refused(String),
    /// The other side could not be reached, or did not end its answer.
    #[error("{0}")]
    Failed(String),
    /// The answer has more bytes than were to be taken.
    #[error("the answer is longer than {0} bytes")]
    TooLong(u64),
}

/// A way to services outside.
pub trait Transport: Send + Sync {
    /// Sends `request` and writes the answer's body to `sink` as it comes. Where this fails, `sink` may hold a part.
    fn send(&self, request: Request<'_>, sink: &mut dyn Write) -> Result<Answer, TransportError>;
}
