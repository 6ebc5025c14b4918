//! Mail: what was written by whom to whom, and what was attached.

mod compressed_rtf;
mod eml;
pub(crate) mod msg;

pub(crate) use eml::read as read_eml;

use witnessmark_text::{Content, Link};

/// The name and version of this reader.
pub(crate) const READER: &str = "witnessmark-mail/2";

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

    fn into_content(self, media_type: &str) -> Content {
        let mut text = String::new();
        for (name, value) in &self.fields {
            text.push_str(name);
            text.push_str(": ");
            text.push_str(value);
            text.push('\n');
        }
        text.push('\n');
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
