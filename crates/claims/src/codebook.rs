//! The vocabulary for coding: which acts, units and modalities a claim may name.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};
use witnessmark_model::payload::{Bound, Level};

use crate::input::{InputError, InputErrors, Location, did_you_mean, nearest};

/// A code with what people read for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Term {
    /// The code that claims carry.
    pub code: String,
    /// The words for the screen.
    pub label: String,
    /// When to use it; acts and modalities always have one.
    pub definition: Option<String>,
}

/// A codebook: the words that coders may use, in the order of the file.
///
/// Written in TOML: `name`, `version`, then blocks `[[act]]`, `[[unit]]`, `[[modality]]` with `code`, `label` and
/// `definition`. Blocks `[[bound]]` and `[[level]]` give words of one's own to the codes that the program computes with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Codebook {
    name: String,
    version: String,
    acts: Vec<Term>,
    units: Vec<Term>,
    modalities: Vec<Term>,
    bounds: Vec<Term>,
    levels: Vec<Term>,
}

/// The unit whose numbers are shares of a place's residents, 0 to 100.
pub const PERCENT: &str = "percent";

/// The modality of what a passage says without reserve.
pub const STATED: &str = "stated";

impl Codebook {
    /// Reads a codebook. Everything that is wrong is given at once, with line, column and key.
    pub fn parse(text: &str) -> Result<Self, InputErrors> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut reader = Reader { text, errors: Vec::new() };
        let codebook = reader.document();
        reader.errors.sort_by_key(|(offset, _)| *offset);
        let mut errors = InputErrors::default();
        for (_, error) in reader.errors {
            errors.append(error.into());
        }
        errors.check(codebook)
    }

    /// The codebook's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its version, as its authors number it.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The acts.
    pub fn acts(&self) -> &[Term] {
        &self.acts
    }

    /// What numbers may count.
    pub fn units(&self) -> &[Term] {
        &self.units
    }

    /// How firmly something may be said.
    pub fn modalities(&self) -> &[Term] {
        &self.modalities
    }

    /// The act with this code.
    pub fn act(&self, code: &str) -> Option<&Term> {
        find(&self.acts, code)
    }

    /// The unit with this code.
    pub fn unit(&self, code: &str) -> Option<&Term> {
        find(&self.units, code)
    }

    /// The modality with this code.
    pub fn modality(&self, code: &str) -> Option<&Term> {
        find(&self.modalities, code)
    }

    /// The codebook's words for a bound, or the program's.
    pub fn bound_label(&self, bound: Bound) -> &str {
        find(&self.bounds, bound.word()).map_or(bound.word(), |term| &term.label)
    }

    /// The codebook's words for a level, or the program's.
    pub fn level_label(&self, level: Level) -> &str {
        find(&self.levels, level.word()).map_or(level.word(), |term| &term.label)
    }
}

fn find<'t>(terms: &'t [Term], code: &str) -> Option<&'t Term> {
    terms.iter().find(|term| term.code == code)
}

/// What is wrong with a codebook: for the person who wrote it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CodebookFault {
    /// Not TOML.
    #[error("the text is not TOML: {0}")]
    NotToml(String),
    /// Nothing in it.
    #[error("the codebook is empty")]
    Empty,
    /// A key that a codebook does not have.
    #[error("there is no such key {0}", place(.section))]
    UnknownKey {
        /// The section, or nothing at the top.
        section: Option<&'static str>,
        /// The keys that are known there.
        known: &'static [&'static str],
        /// Known keys with a similar name.
        near: Vec<String>,
    },
    /// A key that must be there is not.
    #[error("the key is missing {0}", place(.section))]
    MissingKey {
        /// The section, or nothing at the top.
        section: Option<&'static str>,
    },
    /// A section that must be there is not.
    #[error("there is no [[{0}]]")]
    MissingSection(&'static str),
    /// Nothing but white space.
    #[error("the text is empty")]
    EmptyText,
    /// A number, a table, …, where something else belongs.
    #[error("{found} stands where {expected} belongs")]
    WrongType {
        /// What stands there.
        found: &'static str,
        /// What belongs there.
        expected: &'static str,
    },
    /// A code that an earlier block has.
    #[error("the code `{code}` is already defined in line {line}")]
    DuplicateCode {
        /// The code.
        code: String,
        /// The line of the first.
        line: u64,
    },
    /// A code with spaces, capitals, commas or quotation marks.
    #[error("`{code}` is not a code: {reason}")]
    BadCode {
        /// The code.
        code: String,
        /// What is wrong with it.
        reason: &'static str,
        /// A code that would do.
        instead: String,
    },
    /// A bound or level that the program does not know.
    #[error("`{code}` is not a {section} that the program computes with")]
    FixedCode {
        /// The code.
        code: String,
        /// `bound` or `level`.
        section: &'static str,
        /// The codes that are known.
        known: Vec<&'static str>,
    },
}

fn place(section: &Option<&'static str>) -> String {
    section.map_or_else(|| "at the top of a codebook".into(), |name| format!("in [[{name}]]"))
}

impl CodebookFault {
    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        Some(match self {
            Self::NotToml(_) => {
                "a line reads: label = \"Detention\"; a block begins with [[act]]".to_owned()
            }
            Self::Empty => "copy the example codebook of the demonstration and change it".to_owned(),
            Self::UnknownKey { known, near, .. } => {
                did_you_mean(near, || format!("the keys here are: {}", known.join(", ")))
            }
            Self::MissingKey { section: None } => "add it above the first block".to_owned(),
            Self::MissingKey { .. } => {
                "add it to the block; a definition is one that two coders would read in the same way"
                    .to_owned()
            }
            Self::MissingSection(section) => {
                format!("add at least one block: [[{section}]] with code, label and definition")
            }
            Self::EmptyText => "write something between the quotation marks".to_owned(),
            Self::WrongType { expected, .. } => match *expected {
                TEXT => "put it in quotation marks".to_owned(),
                _ => "begin each block with its name in double brackets: [[act]]".to_owned(),
            },
            Self::DuplicateCode { .. } => "give one of them another code".to_owned(),
            Self::BadCode { instead, .. } => format!("write `{instead}`"),
            Self::FixedCode { known, .. } => {
                format!("use one of {}; its label may be any words", known.join(", "))
            }
        })
    }
}

const TEXT: &str = "text";
const BLOCKS: &str = "a list of blocks";
const TOP: &[&str] = &["name", "version", "act", "unit", "modality", "bound", "level"];
const TERM: &[&str] = &["code", "label", "definition"];

struct Reader<'t> {
    text: &'t str,
    errors: Vec<(usize, InputError)>,
}

/// A term with the offset of its code.
type Placed = (Term, usize);

impl Reader<'_> {
    fn line(&self, offset: usize) -> (u64, u64) {
        let before = self.text.get(..offset).unwrap_or(self.text);
        let line = before.bytes().filter(|byte| *byte == b'\n').count() + 1;
        let column = before.rsplit('\n').next().map_or(0, |rest| rest.chars().count()) + 1;
        (line as u64, column as u64)
    }

    fn fault(&mut self, offset: usize, key: &str, fault: CodebookFault) {
        let (line, column) = self.line(offset);
        let at = Location::Codebook { line, column, key: key.to_owned() };
        self.errors.push((offset, InputError::new(at, fault)));
    }

    fn document(&mut self) -> Codebook {
        let mut codebook = Codebook {
            name: String::new(),
            version: String::new(),
            acts: Vec::new(),
            units: Vec::new(),
            modalities: Vec::new(),
            bounds: Vec::new(),
            levels: Vec::new(),
        };
        if self.text.trim().is_empty() {
            self.fault(0, "", CodebookFault::Empty);
            return codebook;
        }
        let text = self.text;
        let document = match DeTable::parse(text) {
            Ok(document) => document,
            Err(error) => {
                let span = error.span().unwrap_or_default();
                let key = self.short(&span);
                self.fault(span.start, &key, CodebookFault::NotToml(error.message().to_owned()));
                return codebook;
            }
        };
        let table = document.get_ref();
        let value = |wanted: &str| {
            table.iter().find(|(key, _)| key.get_ref() == wanted).map(|(_, value)| value)
        };
        for (key, _) in table.iter() {
            self.known(key.span().start, key.get_ref(), None, TOP);
        }
        for (key, into) in [("name", &mut codebook.name), ("version", &mut codebook.version)] {
            match value(key) {
                Some(value) => *into = self.string(key, value).unwrap_or_default(),
                None => self.fault(0, key, CodebookFault::MissingKey { section: None }),
            }
        }
        for (section, into, must) in [
            ("act", &mut codebook.acts, true),
            ("unit", &mut codebook.units, true),
            ("modality", &mut codebook.modalities, true),
            ("bound", &mut codebook.bounds, false),
            ("level", &mut codebook.levels, false),
        ] {
            match value(section) {
                Some(value) => *into = self.section(section, value),
                None if must => {
                    self.fault(text.len(), section, CodebookFault::MissingSection(section));
                }
                None => {}
            }
        }
        codebook
    }

    /// The text of a span, if it is short enough to name a key.
    fn short(&self, span: &Range<usize>) -> String {
        let text = self.text.get(span.clone()).unwrap_or_default().trim();
        let plain = text.chars().count() <= 40 && !text.contains(['\n', '\r', '`']);
        if plain { text.to_owned() } else { String::new() }
    }

    fn known(
        &mut self,
        offset: usize,
        key: &str,
        section: Option<&'static str>,
        known: &'static [&'static str],
    ) {
        if !known.contains(&key) {
            let near = nearest(key, known.iter().copied());
            self.fault(offset, key, CodebookFault::UnknownKey { section, known, near });
        }
    }

    fn string(&mut self, key: &str, value: &Spanned<DeValue<'_>>) -> Option<String> {
        let start = value.span().start;
        match value.get_ref().as_str() {
            Some(text) if text.trim().is_empty() => {
                self.fault(start, key, CodebookFault::EmptyText);
                None
            }
            Some(text) => Some(text.trim().to_owned()),
            None => {
                let found = type_of(value.get_ref());
                self.fault(start, key, CodebookFault::WrongType { found, expected: TEXT });
                None
            }
        }
    }

    fn section(&mut self, section: &'static str, value: &Spanned<DeValue<'_>>) -> Vec<Term> {
        let Some(blocks) = value.get_ref().as_array() else {
            let found = type_of(value.get_ref());
            let fault = CodebookFault::WrongType { found, expected: BLOCKS };
            self.fault(value.span().start, section, fault);
            return Vec::new();
        };
        if blocks.is_empty() {
            self.fault(value.span().start, section, CodebookFault::MissingSection(section));
        }
        let mut terms: Vec<Placed> = Vec::new();
        for block in blocks.iter() {
            let Some((term, offset)) = self.term(section, block) else { continue };
            if let Some((_, first)) = terms.iter().find(|(other, _)| other.code == term.code) {
                let (line, _) = self.line(*first);
                self.fault(offset, "code", CodebookFault::DuplicateCode { code: term.code, line });
            } else {
                terms.push((term, offset));
            }
        }
        terms.into_iter().map(|(term, _)| term).collect()
    }

    /// A block with its code in order; other faults of it are noted beside.
    fn term(&mut self, section: &'static str, block: &Spanned<DeValue<'_>>) -> Option<Placed> {
        let start = block.span().start;
        let Some(table) = block.get_ref().as_table() else {
            let found = type_of(block.get_ref());
            self.fault(start, section, CodebookFault::WrongType { found, expected: BLOCKS });
            return None;
        };
        let must: &[&str] =
            if matches!(section, "act" | "modality") { TERM } else { &["code", "label"] };
        let mut values = [const { None }; 3];
        let mut offset = start;
        for (key, value) in table.iter() {
            let name: &str = key.get_ref();
            self.known(key.span().start, name, Some(section), TERM);
            if let Some(slot) = TERM.iter().position(|known| *known == name)
                && let Some(slot) = values.get_mut(slot)
            {
                *slot = Some(self.string(name, value));
                if name == "code" {
                    offset = value.span().start;
                }
            }
        }
        for (key, value) in TERM.iter().zip(&values) {
            if value.is_none() && must.contains(key) {
                self.fault(start, key, CodebookFault::MissingKey { section: Some(section) });
            }
        }
        let [code, label, definition] = values.map(Option::flatten);
        let code = code?;
        self.check_code(section, offset, &code);
        Some((Term { code, label: label.unwrap_or_default(), definition }, offset))
    }

    fn check_code(&mut self, section: &'static str, offset: usize, code: &str) {
        let known: Vec<&'static str> = match section {
            "bound" => Bound::ALL.iter().map(|bound| bound.word()).collect(),
            "level" => Level::ALL.iter().map(|level| level.word()).collect(),
            _ => {
                let reason = if code.contains(char::is_whitespace) {
                    "it holds a space"
                } else if code.contains(char::is_uppercase) {
                    "it holds a capital letter"
                } else if code.contains(|c: char| c.is_control() || ",;\"'`".contains(c)) {
                    "it holds a comma, a quotation mark or the like"
                } else {
                    return;
                };
                let instead = code
                    .to_lowercase()
                    .split(|c: char| c.is_whitespace() || c.is_control() || ",;\"'`".contains(c))
                    .filter(|part| !part.is_empty())
                    .collect::<Vec<_>>()
                    .join("-");
                let fault = CodebookFault::BadCode { code: code.to_owned(), reason, instead };
                return self.fault(offset, "code", fault);
            }
        };
        if !known.contains(&code) {
            let fault = CodebookFault::FixedCode { code: code.to_owned(), section, known };
            self.fault(offset, "code", fault);
        }
    }
}

fn type_of(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => TEXT,
        DeValue::Integer(_) | DeValue::Float(_) => "a number",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a single block",
    }
}
