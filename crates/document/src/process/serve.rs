//! The side that answers: `witnessmark read-one`.

use std::io::{self, Read, Write};

use super::frame::{self, Kind, NoFrame, Request};
use crate::{Document, Found, read_with_pictures};

/// Answers requests from `input` on `output` until there are no more. `lacking` says what the process is not confined by.
///
/// A request that is not in the agreed form is an error: whoever asks is this very program.
pub fn serve(mut input: impl Read, mut output: impl Write, lacking: &[String]) -> io::Result<()> {
    frame::write_json(&mut output, Kind::Ready, &lacking)?;
    output.flush()?;
    loop {
        let request = match frame::read(&mut input, u64::MAX) {
            Ok((Kind::Request, body)) => frame::parse(&body).map_err(unfit)?,
            Err(NoFrame::Over) => return Ok(()),
            Ok(_) => return Err(unfit(NoFrame::Garbled)),
            Err(error) => return Err(unfit(error)),
        };
        let bytes = match frame::read(&mut input, u64::MAX) {
            Ok((Kind::File, bytes)) => bytes,
            Err(NoFrame::Over) => return Ok(()),
            _ => return Err(unfit(NoFrame::Garbled)),
        };
        let mut sent = Ok(());
        match request {
            Request::Read { hints, limits, pictures } => {
                read_with_pictures(&bytes, &hints, &limits, &pictures, &mut |found| {
                    if sent.is_err() {
                        return;
                    }
                    sent = match found {
                        Found::Document(document) => {
                            frame::write_json(&mut output, Kind::Document, &printable(*document))
                        }
                        Found::Picture { page, picture } => {
                            frame::write_picture(&mut output, page, &picture)
                        }
                    }
                    .and_then(|()| output.flush());
                });
            }
        }
        sent?;
        frame::write(&mut output, Kind::End, &[])?;
        output.flush()?;
    }
}

/// The document with numbers that JSON can say: a place on a page that is no number becomes 0.
fn printable(mut document: Document) -> Document {
    let finite = |number: &mut f32| {
        if !number.is_finite() {
            *number = 0.0;
        }
    };
    for page in &mut document.pages {
        finite(&mut page.width);
        finite(&mut page.height);
        for line in &mut page.lines {
            for number in [&mut line.left, &mut line.top, &mut line.width, &mut line.height] {
                finite(number);
            }
            line.confidence.iter_mut().for_each(finite);
        }
    }
    document
}

fn unfit(why: NoFrame) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("no request: {why:?}"))
}
