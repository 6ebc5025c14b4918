//! What goes through the pipes between a child and whoever asks it: one byte that says what it is, eight for the length
//! (least first), then so many bytes.

use std::io::{self, Read, Write};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use witnessmark_text::Hints;

use crate::picture::Gray;
use crate::{Limits, Pictures};

/// What is asked of a child. The file's bytes follow in a frame of their own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) enum Request {
    /// Its documents, as by [`crate::read`].
    Read {
        /// What is known of the file.
        hints: Hints,
        /// How far it is read.
        limits: Limits,
        /// Which pages come along as pictures.
        pictures: Pictures,
    },
}

/// What a frame is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A child is confined; JSON: what it is not confined by.
    Ready,
    /// JSON: a [`Request`].
    Request,
    /// The bytes of a file.
    File,
    /// JSON: a [`crate::Document`].
    Document,
    /// A page of the document before it: its number, then its picture as [`picture`] reads it.
    Picture,
    /// JSON: the number of a page, and why there is no picture of it.
    NoPicture,
    /// The answer is whole.
    End,
}

const KINDS: [(Kind, u8); 7] = [
    (Kind::Ready, b'h'),
    (Kind::Request, b'q'),
    (Kind::File, b'f'),
    (Kind::Document, b'd'),
    (Kind::Picture, b'p'),
    (Kind::NoPicture, b'n'),
    (Kind::End, b'e'),
];

/// Why no frame came.
#[derive(Debug)]
pub(super) enum NoFrame {
    /// The other side is gone.
    Over,
    /// What came is no frame, or not one that belongs there.
    Garbled,
    /// It is longer than what may still come.
    TooLong,
    /// Nobody wants what comes any more.
    Unwanted,
}

/// Writes one frame.
pub(super) fn write(mut to: impl Write, kind: Kind, body: &[u8]) -> io::Result<()> {
    write_head(&mut to, kind, body.len() as u64)?;
    to.write_all(body)
}

/// Writes what a frame is, and how long its body.
fn write_head(mut to: impl Write, kind: Kind, length: u64) -> io::Result<()> {
    let letter = KINDS.iter().find(|(one, _)| *one == kind).map_or(0, |(_, letter)| *letter);
    let mut head = [letter; 9];
    for (place, byte) in head.iter_mut().skip(1).zip(length.to_le_bytes()) {
        *place = byte;
    }
    to.write_all(&head)
}

/// Writes one frame of JSON.
pub(super) fn write_json(to: impl Write, kind: Kind, value: &impl Serialize) -> io::Result<()> {
    write(to, kind, &serde_json::to_vec(value)?)
}

/// Reads one frame whose body has at most `most` bytes. No memory is taken for bytes that do not come.
pub(super) fn read(mut from: impl Read, most: u64) -> Result<(Kind, Vec<u8>), NoFrame> {
    let mut head = [0; 9];
    from.read_exact(&mut head).map_err(|_| NoFrame::Over)?;
    let [letter, length @ ..] = head;
    let found = KINDS.iter().find(|(_, other)| *other == letter);
    let (kind, _) = *found.ok_or(NoFrame::Garbled)?;
    let length = u64::from_le_bytes(length);
    if length > most {
        return Err(NoFrame::TooLong);
    }
    let mut body = Vec::new();
    let came = from.take(length).read_to_end(&mut body).map_err(|_| NoFrame::Over)?;
    // Bytes that grow in memory take up more than there are, for as long as the file is read.
    body.shrink_to_fit();
    if came as u64 == length { Ok((kind, body)) } else { Err(NoFrame::Over) }
}

/// What JSON in a frame says.
pub(super) fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, NoFrame> {
    serde_json::from_slice(body).map_err(|_| NoFrame::Garbled)
}

/// Writes the picture of a page, or why there is none.
pub(super) fn write_picture(
    mut to: impl Write,
    page: u32,
    picture: &Result<Gray, String>,
) -> io::Result<()> {
    match picture {
        Ok(gray) => {
            // In parts: a large picture is not there twice.
            let head = [&page.to_le_bytes()[..], &gray.pgm_head()].concat();
            write_head(&mut to, Kind::Picture, head.len() as u64 + gray.pixels().len() as u64)?;
            to.write_all(&head)?;
            to.write_all(gray.pixels())
        }
        Err(why) => write_json(to, Kind::NoPicture, &(page, why)),
    }
}

/// The page in the body of a frame, and its picture.
pub(super) fn picture(body: &[u8]) -> Result<(u32, Gray), NoFrame> {
    let (page, file) = body.split_first_chunk().ok_or(NoFrame::Garbled)?;
    Ok((u32::from_le_bytes(*page), Gray::from_pgm(file).ok_or(NoFrame::Garbled)?))
}
