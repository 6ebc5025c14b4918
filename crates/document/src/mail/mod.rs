//! Mail: what was written by whom to whom, and what was attached.

mod beside;
mod compressed_rtf;
mod eml;
mod header;
pub(crate) mod msg;
pub(crate) mod tnef;

pub(crate) use eml::read as read_eml;

use witnessmark_text::{Content, ExtractError, Hints, Link, read_content};

use crate::office::rtf;
use crate::walk::{Place, Walk};
use beside::Beside;

/// The most bytes that packed RTF is unpacked to.
const MAX_RTF: usize = 64 << 20;

/// The name and version of this reader.
pub(crate) const READER: &str = "witnessmark-mail/3";

/// What a mail says, however it is packed.
#[derive(Debug, Default)]
struct Mail {
    /// Lines such as `From: …`, in the order they are shown.
    fields: Vec<(&'static str, String)>,
    subject: Option<String>,
    author: Option<String>,
    /// The day of the Date field, ISO 8601.
    day: Option<String>,
    body: String,
    charset: String,
    links: Vec<Link>,
    warnings: Vec<String>,
}

impl Mail {
    fn field(&mut self, name: &'static str, value: String) {
        let value = value.split_whitespace().collect::<Vec<_>>().join(" ");
        if !value.is_empty() {
            self.fields.push((name, value));
        }
    }

    /// Puts in what the forms of its words say: plain ones, HTML (with whether it is UTF-8 here), and RTF as Outlook packs it.
    fn put_bodies(
        &mut self,
        plain: Option<String>,
        html: Option<(Vec<u8>, bool)>,
        packed: Option<&[u8]>,
    ) {
        self.body = plain.unwrap_or_default().replace("\r\n", "\n").replace('\r', "\n");
        let mut beside = Beside::default();
        if let Some((bytes, is_utf_8)) = html {
            let charset = is_utf_8.then(|| "utf-8".to_owned());
            let media_type = Some("text/html".to_owned());
            let hints = Hints { media_type, charset, ..Hints::default() };
            match read_content(&bytes, &hints) {
                Ok(found) => {
                    let other = Mail {
                        body: found.text,
                        charset: found.charset,
                        links: found.links,
                        warnings: found.warnings,
                        ..Mail::default()
                    };
                    beside.add(self, other, "HTML");
                }
                Err(ExtractError::Empty) => {}
                Err(error) => self.warnings.push(format!("html: its HTML part: {error}")),
            }
        }
        if let Some(packed) = packed {
            match compressed_rtf::unpack(packed, MAX_RTF) {
                Some(unpacked) => {
                    let found = rtf::text(&unpacked);
                    let other = Mail {
                        body: found.text,
                        links: found.links,
                        warnings: found.warnings,
                        ..Mail::default()
                    };
                    beside.add(self, other, "RTF");
                }
                None => self.warnings.push("damaged: its RTF part cannot be unpacked".to_owned()),
            }
        }
    }

    /// How many of the attached files the limits leave room for; the warnings say what they leave out.
    fn attached_within_limits(&mut self, walk: &Walk<'_>, place: &Place, count: usize) -> usize {
        let allowed = walk.files_left();
        if !walk.may_open(place) && count > 0 {
            let depth = walk.limits.depth;
            self.warnings.push(format!(
                "depth: files deeper than {depth} are not opened; what is attached is not read"
            ));
        } else if count as u64 > allowed {
            self.warnings.push(format!(
                "files: only the first {allowed} of {count} attached files are read"
            ));
            return crate::index(allowed);
        }
        count
    }

    fn into_content(self, media_type: &str) -> Content {
        let mut text = String::new();
        for (name, value) in &self.fields {
            text.push_str(name);
            text.push_str(": ");
            text.push_str(value);
            text.push('\n');
        }
        if !text.is_empty() {
            text.push('\n');
        }
        text.push_str(&self.body);
        text.truncate(text.trim_end().len());
        let published = self
            .day
            .map(|date| witnessmark_text::Published { date, found_in: "mail Date".to_owned() });
        Content {
            media_type: media_type.to_owned(),
            charset: self.charset,
            extractor: READER.to_owned(),
            title: self.subject,
            author: self.author,
            published,
            text,
            main_text: Some(self.body).filter(|body| !body.is_empty()),
            links: self.links,
            warnings: crate::packed::curbed(self.warnings, "mail"),
            ..Content::default()
        }
    }
}
