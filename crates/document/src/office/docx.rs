//! Word's DOCX (ECMA-376 part 1, WordprocessingML).

use std::collections::{HashMap, HashSet};

use super::field;
use super::findings::Findings;
use super::flow::Flow;
use super::package::{Package, Relation};
use super::xml::{Element, Piece, Xml};

/// The most cells that one cell of a table takes the place of.
const MAX_SPAN: usize = 1000;

/// Reads the parts of a document in the order of a printed page: headers, body, notes, footers, comments.
pub(crate) fn read(package: &mut Package<'_, '_>, main: &str) {
    let relations = package.relations(main);
    let by_kind = |kind: &str| -> Vec<String> {
        let found = relations.iter().filter(|one| one.kind == kind && !one.is_external);
        found.map(|one| one.target.clone()).collect()
    };
    let styles = match by_kind("styles").first() {
        Some(styles) => read_styles(package, styles),
        None => Styles::default(),
    };
    let mut findings = Findings::default();
    let mut seen = HashSet::new();
    for part in by_kind("header") {
        read_part(package, &part, &styles, &mut findings, Some(&mut seen));
    }
    read_part(package, main, &styles, &mut findings, None);
    for kind in ["footnotes", "endnotes"] {
        for part in by_kind(kind) {
            read_part(package, &part, &styles, &mut findings, None);
        }
    }
    for part in by_kind("diagramData") {
        read_part(package, &part, &styles, &mut findings, None);
    }
    package.read_charts(&relations);
    seen.clear();
    for part in by_kind("footer") {
        read_part(package, &part, &styles, &mut findings, Some(&mut seen));
    }
    for part in by_kind("comments") {
        read_part(package, &part, &styles, &mut findings, None);
    }
    let chunks = by_kind("aFChunk");
    if !chunks.is_empty() {
        let count = chunks.len();
        package.warnings.push(format!(
            "embedded: {count} files of other formats are set into the text; each follows by itself"
        ));
        chunks.iter().for_each(|chunk| package.put_inside(chunk));
    }
    if relations.iter().any(|one| one.kind == "vbaProject") {
        package.warnings.push("macros: the file holds macros; none was run".to_owned());
    }
    package.pictures += u64::from(findings.pictures);
    findings.report(&mut package.warnings);
}

/// What styles do that the text does not show.
#[derive(Default)]
struct Styles {
    /// Those whose text is hidden.
    hidden: HashSet<String>,
    /// Those whose paragraphs are counted.
    numbered: HashSet<String>,
}

fn read_styles(package: &mut Package<'_, '_>, part: &str) -> Styles {
    let mut found = Styles::default();
    let Some(mut xml) = package.part(part) else { return found };
    let mut style = String::new();
    while let Some(piece) = xml.next() {
        match piece {
            Piece::Start("style", element) => style = element.get("styleId").unwrap_or_default(),
            Piece::Start("vanish", element) if element.is_on("val", true) => {
                found.hidden.insert(style.clone());
            }
            Piece::Start("numPr", _) => {
                found.numbered.insert(style.clone());
            }
            Piece::Start("rPrChange" | "pPrChange", _) => xml.skip(),
            _ => {}
        }
    }
    package.close(xml);
    found
}

fn read_part(
    package: &mut Package<'_, '_>,
    part: &str,
    styles: &Styles,
    findings: &mut Findings,
    seen: Option<&mut HashSet<String>>,
) {
    let relations = package.relations(part);
    let Some(mut xml) = package.part(part) else { return };
    let mut reader = Reader::new(&relations, styles, findings);
    reader.read(&mut xml);
    let mut flow = reader.flow;
    package.close(xml);
    flow.end_line();
    // The same header on first, even and odd pages is one header.
    if let Some(seen) = seen
        && !seen.insert(flow.text.clone())
    {
        return;
    }
    package.flow.append(flow);
}

/// One part being read.
struct Reader<'r> {
    targets: HashMap<&'r str, &'r str>,
    styles: &'r Styles,
    findings: &'r mut Findings,
    flow: Flow,
    /// Text outside a box whose letters are being read, and the links open in it.
    outer: Vec<Flow>,
    /// Boxes of the paragraph, which follow it.
    boxes: Vec<Flow>,
    /// Open links: the address and where its words begin.
    links: Vec<(String, usize)>,
    is_hidden: bool,
    is_paragraph_hidden: bool,
    in_deleted: u32,
    field: Option<String>,
    /// How many columns each open cell takes up.
    spans: Vec<usize>,
    /// Whether the box of a form that is being read is ticked.
    tick: Option<bool>,
    /// What the list of a form that is being read offers, and which of that is chosen.
    choice: Option<(usize, Vec<String>)>,
}

impl<'r> Reader<'r> {
    fn new(relations: &'r [Relation], styles: &'r Styles, findings: &'r mut Findings) -> Self {
        let targets = relations.iter().map(|one| (one.id.as_str(), one.target.as_str())).collect();
        Self {
            targets,
            styles,
            findings,
            flow: Flow::default(),
            outer: Vec::new(),
            boxes: Vec::new(),
            links: Vec::new(),
            is_hidden: false,
            is_paragraph_hidden: false,
            in_deleted: 0,
            field: None,
            spans: Vec::new(),
            tick: None,
            choice: None,
        }
    }

    fn read(&mut self, xml: &mut Xml<'_>) {
        let mut in_text = false;
        let mut in_properties = 0_u32;
        while let Some(piece) = xml.next() {
            match piece {
                Piece::Text(letters) if in_text => self.letters(letters),
                Piece::Text(_) => {}
                Piece::Start(name, element) => match name {
                    "t" | "delText" => in_text = true,
                    // Word shows one of the two; a box would be there twice.
                    "Fallback" => xml.skip(),
                    "instrText" => {
                        let words = xml.text();
                        if let Some(field) = &mut self.field {
                            field.push_str(&words);
                        }
                    }
                    "fldSimple" => {
                        let address = field::address(&element.get("instr").unwrap_or_default());
                        self.links.push((address.unwrap_or_default(), self.flow.text.len()));
                    }
                    "fldChar" => match element.get("fldCharType").as_deref() {
                        Some("begin") => self.field = Some(String::new()),
                        Some("separate") => {
                            let field = self.field.take().unwrap_or_default();
                            let address = field::address(&field).unwrap_or_default();
                            self.links.push((address, self.flow.text.len()));
                        }
                        Some("end") => match self.field.take() {
                            Some(field) => self.show_field(&field),
                            None => self.close_link(),
                        },
                        _ => {}
                    },
                    "hyperlink" => {
                        let id = element.get("id").unwrap_or_default();
                        let address = self.targets.get(id.as_str()).copied().unwrap_or_default();
                        self.links.push((address.to_owned(), self.flow.text.len()));
                    }
                    // In the properties of a paragraph or run, `tab` is a stop, and `ins` and `del` are marks of it.
                    "pPr" | "tabs" => in_properties += 1,
                    "rPr" => {}
                    "tab" | "ptab" if in_properties == 0 => self.letters("\t"),
                    "br" | "cr" if in_properties == 0 => self.break_line(),
                    "noBreakHyphen" => self.letters("\u{2011}"),
                    "softHyphen" => self.letters("\u{AD}"),
                    "sym" => {
                        let code = element.get("char").unwrap_or_default();
                        let code = u32::from_str_radix(&code, 16).ok().and_then(char::from_u32);
                        if let Some(c) = code {
                            self.letters(c.encode_utf8(&mut [0; 4]));
                        }
                    }
                    "p" => self.is_paragraph_hidden = false,
                    "r" => self.is_hidden = self.is_paragraph_hidden,
                    "pStyle" | "rStyle" => {
                        let style = element.get("val").unwrap_or_default();
                        self.findings.has_numbering |= self.styles.numbered.contains(&style);
                        if self.styles.hidden.contains(&style) {
                            self.is_hidden = true;
                            self.is_paragraph_hidden |= in_properties > 0;
                        }
                    }
                    "vanish" | "webHidden" if in_properties == 0 => {
                        self.is_hidden = element.is_on("val", true);
                    }
                    "ins" | "moveTo" | "del" | "moveFrom" => {
                        let kind = match name {
                            "ins" => "inserted",
                            "moveTo" => "moved here",
                            "del" => "deleted",
                            _ => "moved away",
                        };
                        let (who, day) = (element.get("author"), element.get("date"));
                        let day = day.as_deref().and_then(|day| day.get(..10));
                        self.findings.change(kind, who.as_deref(), day);
                        if matches!(kind, "deleted" | "moved away") {
                            self.in_deleted += 1;
                        }
                    }
                    "numPr" => self.findings.has_numbering = true,
                    "blip" | "imagedata" => self.findings.pictures += 1,
                    "txbxContent" => {
                        self.outer.push(std::mem::take(&mut self.flow));
                    }
                    "tr" => self.flow.start_row(),
                    "tc" => {
                        self.flow.start_cell();
                        self.spans.push(1);
                    }
                    // Columns that a row leaves out, or that a cell covers, or those behind would stand in the wrong ones.
                    "gridBefore" => {
                        for _ in 0..span(&element) {
                            self.flow.start_cell();
                        }
                    }
                    "gridSpan" => {
                        if let Some(columns) = self.spans.last_mut() {
                            *columns = span(&element);
                        }
                    }
                    // How it looked before somebody changed that.
                    "rPrChange" | "pPrChange" | "tblPrChange" | "trPrChange" | "tcPrChange"
                    | "sectPrChange" => xml.skip(),
                    // Boxes and lists of a form keep what was chosen apart from the words.
                    "checkBox" => self.tick = Some(false),
                    "default" | "checked" if self.tick.is_some() => {
                        self.tick = Some(element.is_on("val", true));
                    }
                    "ddList" => self.choice = Some((0, Vec::new())),
                    "default" | "result" | "listEntry" => {
                        if let Some((chosen, offered)) = &mut self.choice {
                            let value = element.get("val").unwrap_or_default();
                            match name {
                                "listEntry" => offered.push(value),
                                _ => *chosen = value.parse().unwrap_or(0),
                            }
                        }
                    }
                    "rt" => {
                        self.findings.readings += 1;
                        xml.skip();
                    }
                    "footnote" | "endnote" => {
                        let kind = element.get("type").unwrap_or_default();
                        if kind.to_ascii_lowercase().contains("separator")
                            || kind == "continuationNotice"
                        {
                            xml.skip();
                        }
                    }
                    "comment" => {
                        let who = element.get("author").unwrap_or_default();
                        let day = element.get("date").unwrap_or_default();
                        let day = day.get(..10).map(|day| format!(", {day}")).unwrap_or_default();
                        self.flow.end_line();
                        self.flow.push(&format!("Comment ({who}{day}): "));
                    }
                    _ => {}
                },
                Piece::End(name) => match name {
                    "t" | "delText" => in_text = false,
                    "pPr" | "tabs" => in_properties = in_properties.saturating_sub(1),
                    "r" => self.is_hidden = false,
                    "p" | "pt" => self.end_paragraph(),
                    "hyperlink" | "fldSimple" => self.close_link(),
                    "del" | "moveFrom" => self.in_deleted = self.in_deleted.saturating_sub(1),
                    "txbxContent" => {
                        if let Some(outer) = self.outer.pop() {
                            let mut inner = std::mem::replace(&mut self.flow, outer);
                            inner.end_line();
                            self.boxes.push(inner);
                        }
                    }
                    "tc" => {
                        for _ in 1..self.spans.pop().unwrap_or(1) {
                            self.flow.start_cell();
                        }
                    }
                    "tr" => self.flow.end_row(),
                    "checkBox" => match self.tick.take() {
                        Some(true) => self.letters("\u{2612}"),
                        _ => self.letters("\u{2610}"),
                    },
                    "ddList" => {
                        if let Some((chosen, offered)) = self.choice.take()
                            && let Some(words) = offered.get(chosen)
                        {
                            self.letters(words);
                        }
                    }
                    _ => {}
                },
            }
        }
    }

    fn letters(&mut self, letters: &str) {
        if self.in_deleted > 0 {
            self.findings.deleted(letters);
            return;
        }
        self.flow.push(letters);
        if self.is_hidden {
            self.findings.hidden(letters);
        }
    }

    /// Writes what a field shows that keeps no result. Boxes of forms are written where their ticks are.
    fn show_field(&mut self, instruction: &str) {
        if !instruction.contains("FORMCHECKBOX")
            && let Some(words) = self.findings.field(instruction)
        {
            self.letters(&words);
        }
    }

    fn break_line(&mut self) {
        if self.in_deleted == 0 {
            self.flow.break_line();
        }
    }

    fn end_paragraph(&mut self) {
        self.flow.end_paragraph();
        if self.outer.is_empty() {
            for inner in std::mem::take(&mut self.boxes) {
                self.flow.append(inner);
            }
        }
        self.findings.end_paragraph();
    }

    fn close_link(&mut self) {
        if let Some((address, start)) = self.links.pop()
            && !address.is_empty()
        {
            let words = self.flow.words_from(start);
            self.flow.link(address, &words);
        }
    }
}

/// How many columns an element of a table is about.
fn span(element: &Element<'_>) -> usize {
    let columns = element.get("val").and_then(|columns| columns.parse().ok());
    columns.unwrap_or(1).min(MAX_SPAN)
}
