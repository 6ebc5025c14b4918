//! A story as PREMIS 3.0 XML: the object, its events, and the agents who caused them.
//!
//! The structure is that of the schema `premis-v3-0.xsd` of the Library of Congress; event types are those of its
//! vocabulary `http://id.loc.gov/vocabulary/preservation/eventType`, each with its address.

use std::collections::BTreeMap;

use super::{CustodyEvent, CustodyStory};

const VOCABULARY: &str = "http://id.loc.gov/vocabulary/preservation/eventType";
const NAMESPACE: &str = "http://www.loc.gov/premis/v3";

/// The term of the vocabulary for an entry of this kind: its code and its label.
fn event_type(kind: &str) -> (&'static str, &'static str) {
    match kind {
        "recording" => ("cap", "capture"),
        "capture" | "import" => ("ing", "ingestion"),
        "extraction" => ("ext", "extraction"),
        "judgement" | "passage-confirmed" | "erasure-requested" => ("app", "appraisal"),
        "publication" => ("dis", "dissemination"),
        "export" => ("exp", "exporting"),
        "copy" => ("rep", "replication"),
        "timestamp" | "cosigned" => ("dsg", "digital signature generation"),
        "hold" => ("poa", "policy assignment"),
        "erase" | "erasure-confirmed" => ("del", "deletion"),
        // Quotations, claims, lineage and estimates are what people say of the object.
        _ => ("mem", "metadata modification"),
    }
}

/// XML in the making, indented by depth.
#[derive(Default)]
struct Xml {
    text: String,
    open: Vec<&'static str>,
}

impl Xml {
    fn line(&mut self, text: &str) {
        self.text.push_str(&"  ".repeat(self.open.len()));
        self.text.push_str(text);
        self.text.push('\n');
    }

    fn open(&mut self, name: &'static str, attributes: &str) {
        self.line(&format!("<premis:{name}{attributes}>"));
        self.open.push(name);
    }

    fn close(&mut self) {
        if let Some(name) = self.open.pop() {
            self.line(&format!("</premis:{name}>"));
        }
    }

    fn element(&mut self, name: &str, attributes: &str, content: &str) {
        self.line(&format!("<premis:{name}{attributes}>{}</premis:{name}>", escaped(content)));
    }

    /// An identifier of one of PREMIS's many kinds.
    fn identifier(&mut self, name: &'static str, kind: &str, value: &str) {
        self.open(name, "");
        self.element(&format!("{name}Type"), "", kind);
        self.element(&format!("{name}Value"), "", value);
        self.close();
    }
}

/// Text as XML 1.0 takes it: what it cannot hold at all is shown as U+FFFD.
fn escaped(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => shown.push_str("&amp;"),
            '<' => shown.push_str("&lt;"),
            '>' => shown.push_str("&gt;"),
            '"' => shown.push_str("&quot;"),
            '\t' | '\n' => shown.push(letter),
            '\u{0}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => shown.push('\u{fffd}'),
            _ => shown.push(letter),
        }
    }
    shown
}

impl CustodyStory {
    /// The story as PREMIS 3.0 XML.
    pub fn to_premis(&self) -> String {
        let mut xml = Xml::default();
        xml.line("<?xml version=\"1.0\" encoding=\"UTF-8\"?>");
        let schema = "http://www.loc.gov/standards/premis/premis.xsd";
        xml.open(
            "premis",
            &format!(
                " xmlns:premis=\"{NAMESPACE}\" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" \
                 xsi:schemaLocation=\"{NAMESPACE} {schema}\" version=\"3.0\""
            ),
        );
        self.object(&mut xml);
        let mut agents = BTreeMap::new();
        for event in &self.events {
            self.event(&mut xml, event);
            if !event.actor.is_empty() {
                agents.insert(&event.actor, &event.name);
            }
        }
        for (actor, name) in agents {
            xml.open("agent", "");
            xml.identifier("agentIdentifier", "witnessmark", actor);
            if let Some(name) = name {
                xml.element("agentName", "", name);
            }
            xml.element("agentType", "", "person");
            xml.close();
        }
        xml.close();
        xml.text
    }

    /// The id that the story is about.
    fn id(&self) -> &str {
        self.subject.split(':').next().unwrap_or_default()
    }

    fn object(&self, xml: &mut Xml) {
        let kind = if self.object.is_some() { "file" } else { "intellectualEntity" };
        xml.open("object", &format!(" xsi:type=\"premis:{kind}\""));
        xml.identifier("objectIdentifier", "witnessmark", self.id());
        if let Some(object) = &self.object {
            xml.open("objectCharacteristics", "");
            xml.open("fixity", "");
            xml.element("messageDigestAlgorithm", "", "SHA-256");
            xml.element("messageDigest", "", &object.sha256.hex());
            xml.close();
            xml.element("size", "", &object.bytes.to_string());
            xml.open("format", "");
            xml.open("formatDesignation", "");
            let known = !object.media_type.is_empty();
            let format = if known { &object.media_type } else { "application/octet-stream" };
            xml.element("formatName", "", format);
            xml.close();
            xml.close();
            xml.close();
            xml.element("originalName", "", &object.name);
        }
        xml.close();
    }

    fn event(&self, xml: &mut Xml, event: &CustodyEvent) {
        let (code, label) = event_type(&event.kind);
        xml.open("event", "");
        xml.identifier("eventIdentifier", "witnessmark log entry", &event.entry.to_string());
        let term = format!(
            " authority=\"eventType\" authorityURI=\"{VOCABULARY}\" valueURI=\"{VOCABULARY}/{code}\""
        );
        xml.element("eventType", &term, label);
        xml.element("eventDateTime", "", &event.at);
        xml.open("eventDetailInformation", "");
        xml.element("eventDetail", "", &event.text);
        xml.close();
        if !event.actor.is_empty() {
            xml.identifier("linkingAgentIdentifier", "witnessmark", &event.actor);
        }
        xml.identifier("linkingObjectIdentifier", "witnessmark", self.id());
        xml.close();
    }
}
