//! Office files made here by hand: what each says, and what is said of what is missing, hidden or out of order.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod made;

use made::{check, read_with, stored, summary};
use witnessmark_document::Limits;

fn relations(all: &[(&str, &str, &str)]) -> String {
    let one = |(id, kind, target): &(&str, &str, &str)| {
        format!("<Relationship Id='{id}' Type='x/{kind}' Target='{target}'/>")
    };
    format!("<Relationships>{}</Relationships>", all.iter().map(one).collect::<String>())
}

/// A package with its main part below a folder, and what that points to.
fn package(
    main: &str,
    body: &str,
    points: &[(&str, &str, &str)],
    more: &[(&str, &str)],
) -> Vec<u8> {
    let (folder, name) = main.split_once('/').unwrap();
    let root = relations(&[("r", "officeDocument", main)]);
    let own = relations(points);
    let own_name = format!("{folder}/_rels/{name}.rels");
    let mut files = vec![
        ("[Content_Types].xml", "<Types/>"),
        ("_rels/.rels", root.as_str()),
        (main, body),
        (own_name.as_str(), own.as_str()),
    ];
    files.extend(more);
    stored(&files)
}

fn docx(body: &str, points: &[(&str, &str, &str)], more: &[(&str, &str)]) -> Vec<u8> {
    package("word/document.xml", body, points, more)
}

/// A workbook with one sheet.
fn xlsx(sheet: &str, more: &[(&str, &str)]) -> Vec<u8> {
    let body = "<workbook><sheets><sheet name='S' r:id='s1'/></sheets></workbook>";
    let points = [
        ("s1", "worksheet", "worksheets/sheet1.xml"),
        ("s2", "sharedStrings", "strings.xml"),
        ("s3", "styles", "styles.xml"),
    ];
    let strings = "<sst><si><t>one</t></si><si><r><t>two</t></r><r><t> words</t></r><rPh><t>no</t></rPh></si></sst>";
    let styles = "<styleSheet><numFmts><numFmt numFmtId='200' formatCode='#,##0;[Red]#,##0'/>\
        <numFmt numFmtId='201' formatCode='0;;'/><numFmt numFmtId='202' formatCode='0'/></numFmts>\
        <cellXfs><xf numFmtId='0'/><xf numFmtId='200'/><xf numFmtId='201'/><xf numFmtId='14'/><xf numFmtId='202'/></cellXfs></styleSheet>";
    let mut files = vec![("xl/strings.xml", strings), ("xl/styles.xml", styles)];
    files.push(("xl/worksheets/sheet1.xml", sheet));
    files.extend(more);
    package("xl/workbook.xml", body, &points, &files)
}

/// Cells that were stored out of their order were left out, and a minus that is only a colour was lost.
#[test]
fn a_sheet_loses_no_cell_and_bends_no_number() {
    for (sheet, text, warned) in [
        (
            "<row r='2'><c r='B2'><v>4</v></c><c r='A2'><v>3</v></c></row><row r='1'><c r='A1'><v>1</v></c></row>",
            "1\n3\t4",
            "order: rows or cells are not stored in their order, or twice; the text has them by their numbers: S",
        ),
        ("<row><c r='A1'><v>1</v></c><c r='A1'><v>2</v></c></row>", "1 2", "order: "),
        ("<row r='1'><c t='s'><v>0</v></c><c t='s'><v>1</v></c></row>", "one\ttwo words", ""),
        (
            "<row><c t='s'><v>9</v></c><c><v>1</v></c></row>",
            "\t1",
            "the words of 1 cells are not in the file",
        ),
        ("<row><c t='inlineStr'><is><t>a_x000D_b_x41_</t></is></c></row>", "a b_x41_", ""),
        ("<row><c><is><t>in</t></is></c></row>", "in", ""),
        // The number of a person's card has eighteen digits, of which Excel shows fifteen.
        (
            "<row><c><v>110101199001011234</v></c><c s='4'><v>110101199001011234</v></c></row>",
            "110101199001011234\t110101199001011234",
            "",
        ),
        (
            "<row><c><v>1.234567890123457e+16</v></c><c><v>1E+20</v></c></row>",
            "12345678901234570\t1E+20",
            "",
        ),
        ("<row><c s='1'><v>-1234</v></c><c s='1'><v>1234</v></c></row>", "-1,234\t1,234", ""),
        (
            "<row><c s='2'><v>-29</v></c></row>",
            "-29",
            "formats: Excel shows 1 cells without their number",
        ),
        (
            "<row><c s='3'><v>44809</v></c><c t='d'><v>2022-09-05</v></c></row>",
            "2022-09-05\t2022-09-05",
            "",
        ),
        (
            "<row><c><v>1</v></c></row><headerFooter><oddHeader>&amp;L&amp;\"Arial,Bold\"&amp;12List &amp;&amp; more&amp;RPage &amp;P</oddHeader></headerFooter>",
            "1\nHeader: List & more Page",
            "",
        ),
    ] {
        let sheet = format!("<worksheet>{sheet}</worksheet>");
        check(&xlsx(&sheet, &[]), &[&format!(": S\n{text}")], &[warned]);
    }
}

const CHART: &str = "<chartSpace><chart><title><tx><rich><p><r><t>Held</t></r></p></rich></tx></title><plotArea>\
    <ser><tx><strRef><strCache><pt idx='0'><v>Men</v></pt></strCache></strRef></tx>\
    <cat><numCache><formatCode>0</formatCode><pt idx='0'><v>2017</v></pt><pt idx='1'><v>2018</v></pt></numCache></cat>\
    <val><numCache><formatCode>0%</formatCode><pt idx='1'><v>0.69</v></pt></numCache></val></ser></plotArea></chart></chartSpace>";

#[test]
fn charts_and_boxes_of_a_sheet_are_read_and_its_pictures_are_counted() {
    let points = relations(&[
        ("d", "drawing", "../drawings/d.xml"),
        ("v", "vmlDrawing", "../drawings/v.vml"),
        ("o", "oleObject", "../objects/o.txt"),
    ]);
    let inner =
        relations(&[("c", "chart", "../charts/c.xml"), ("g", "diagramData", "../diagrams/g.xml")]);
    let old = "<xml><shape><textbox><div><font>Press\n here</font></div></textbox></shape>\
        <shape><textbox><div></div></textbox></shape></xml>";
    let drawing = "<wsDr><sp><p><r><t>box</t></r></p></sp><pic><blip/></pic></wsDr>";
    check(
        &xlsx(
            "<worksheet><row><c><v>1</v></c></row></worksheet>",
            &[
                ("xl/worksheets/_rels/sheet1.xml.rels", &points),
                ("xl/drawings/d.xml", drawing),
                ("xl/drawings/_rels/d.xml.rels", &inner),
                ("xl/charts/c.xml", CHART),
                ("xl/drawings/v.vml", old),
                (
                    "xl/diagrams/g.xml",
                    "<dataModel><pt><t><p><r><t>in a diagram</t></r></p></t></pt></dataModel>",
                ),
                ("xl/objects/o.txt", "an object"),
            ],
        ),
        &[": S\n1\nbox\nHeld\nMen\n2018\t69%\n2017\nin a diagram\nPress here", "o.txt: an object"],
        &["pictures: 1 are in it; words in them were not read"],
    );
}

#[test]
fn a_sheet_or_part_that_is_missing_is_said() {
    let body = "<workbook><sheets><sheet name='A' r:id='a'/><sheet name='B' r:id='b'/></sheets></workbook>";
    let points = [("a", "worksheet", "gone.xml"), ("p", "pivotCacheDefinition", "p.xml")];
    check(
        &package("xl/workbook.xml", body, &points, &[]),
        &[": A"],
        &[
            "damaged: the part xl/gone.xml is missing",
            "the sheet B is listed, but is not there",
            "pivot: ",
        ],
    );
    check(
        &docx("<document><p><r><t>a</t></r></p></document>", &[("h", "header", "h.xml")], &[]),
        &[": a"],
        &["damaged: the part word/h.xml is missing"],
    );
}

#[test]
fn a_document_of_word_keeps_columns_and_says_what_it_leaves_out() {
    for (body, text, warned) in [
        (
            "<tbl><tr><tc><tcPr><gridSpan val='2'/></tcPr><p><r><t>a</t></r></p></tc><tc><p><r><t>b</t></r></p></tc></tr>\
             <tr><trPr><gridBefore val='1'/></trPr><tc><p><r><t>c</t></r></p></tc><tc><p><r><t>d</t></r></p></tc></tr></tbl>",
            "a\t\tb\n\tc\td",
            "",
        ),
        (
            "<p><r><fldChar fldCharType='begin'><ffData><checkBox><default val='0'/><checked/></checkBox></ffData></fldChar></r>\
             <r><t> seized </t></r><r><fldChar fldCharType='begin'><ffData><checkBox><default val='0'/></checkBox></ffData></fldChar></r>\
             <r><t> returned: </t></r><r><fldChar fldCharType='begin'><ffData><ddList><result val='1'/><listEntry val='a'/><listEntry val='b'/></ddList></ffData></fldChar></r></p>",
            "☒ seized ☐ returned: b",
            "",
        ),
        (
            "<p><r><ruby><rt><r><t>bei</t></r></rt><rubyBase><r><t>北京</t></r></rubyBase></ruby></r></p>",
            "北京",
            "readings: how 1 words are read aloud",
        ),
    ] {
        let body = format!("<document>{body}</document>");
        check(&docx(&body, &[], &[]), &[&format!(": {text}")], &[warned]);
    }
    // How letters looked before somebody changed that is not how they look.
    let body = "<document><p><r><rPr><rPrChange><rPr><vanish/></rPr></rPrChange></rPr><t>seen</t></r></p></document>";
    let (lines, warnings) = summary(&read_with(&docx(body, &[], &[]), &Limits::default()));
    assert_eq!(lines, [": seen"]);
    assert!(!warnings.contains("hidden"), "{warnings}");
}

/// A file that was embedded and could not be unpacked was passed over without a word.
#[test]
fn what_lies_in_a_document_is_read_or_said() {
    let body = "<document><p><r><t>a</t></r></p><altChunk/></document>";
    let points = [("c", "aFChunk", "chunk.rtf"), ("d", "chart", "chart.xml")];
    let file = docx(
        body,
        &points,
        &[
            ("word/chunk.rtf", "{\\rtf1 chunk}"),
            ("word/chart.xml", CHART),
            ("word/embeddings/one.txt", "one"),
            ("!word/embeddings/two.txt", "two"),
        ],
    );
    let main = ": a\nHeld\nMen\n2018\t69%\n2017";
    check(
        &file,
        &[main, "chunk.rtf: chunk", "one.txt: one", "two.txt: "],
        &["embedded: 1 files of other formats", "password: word/embeddings/two.txt is encrypted"],
    );
    for (limits, lines, warned) in [
        (Limits { depth: 0, ..Limits::default() }, 1, "3 that are embedded in it are not read"),
        (Limits { files: 1, ..Limits::default() }, 2, "only the first 1 of 3 embedded files"),
    ] {
        let (found, warnings) = summary(&read_with(&file, &limits));
        assert_eq!(found.len(), lines);
        assert!(warnings.contains(warned), "{warnings}");
    }
}

/// A notice that was pasted into a document as a picture was counted, and never read.
#[test]
fn large_pictures_in_a_document_follow_by_themselves() {
    // GIF files of one frame without pixels: 600 by 376, and 100 by 100.
    let gif = |size: &str| format!("GIF89a{size}\0\0\0,\0\0\0\0{size}\0\x02\x01\0\0;");
    let (large, small) = (gif("\x58\x02\x78\x01"), gif("\x64\0\x64\0"));
    let body = "<document><body><p><r><t>See</t><drawing><blip/><blip/></drawing></r></p></body></document>";
    let file = docx(
        body,
        &[("a", "image", "media/image1.gif"), ("b", "image", "media/image2.gif")],
        &[("word/media/image1.gif", &large), ("word/media/image2.gif", &small)],
    );
    let (lines, warnings) = summary(&read_with(&file, &Limits::default()));
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert_eq!(lines[0], ": See");
    assert!(lines[1].starts_with("image1.gif"), "{lines:?}");
    assert!(warnings.contains("pictures: 2 are in it; the 1 that are large follow"), "{warnings}");
    let limits = Limits { depth: 0, ..Limits::default() };
    let (lines, warnings) = summary(&read_with(&file, &limits));
    assert_eq!(lines, [": See"]);
    assert!(warnings.contains("pictures: 2 are in it; words in them were not read"), "{warnings}");
}

#[test]
fn slides_that_no_list_names_and_words_on_all_slides_are_read() {
    let body = "<presentation><sldIdLst><sldId id='1' r:id='a'/><sldId id='2' r:id='gone'/></sldIdLst></presentation>";
    let points = [
        ("a", "slide", "slides/a.xml"),
        ("b", "slide", "slides/b.xml"),
        ("c", "commentAuthors", "authors.xml"),
    ];
    let own = relations(&[
        ("l", "slideLayout", "../layouts/l.xml"),
        ("c", "comments", "../comments/c.xml"),
        ("d", "chart", "../charts/c.xml"),
    ]);
    let slide = |words: &str| format!("<sld><sp><p><r><t>{words}</t></r></p></sp></sld>");
    check(
        &package(
            "ppt/presentation.xml",
            body,
            &points,
            &[
                ("ppt/slides/a.xml", &slide("first")),
                ("ppt/slides/b.xml", &slide("unlisted")),
                ("ppt/slides/_rels/a.xml.rels", &own),
                ("ppt/charts/c.xml", CHART),
                ("ppt/authors.xml", "<cmAuthorLst><cmAuthor id='0' name='Li'/></cmAuthorLst>"),
                (
                    "ppt/comments/c.xml",
                    "<cmLst><cm authorId='0' dt='2022-09-05T10:00:00'><replyLst><reply><p><r><t>no</t></r></p></reply></replyLst>\
                     <p><r><t>in </t></r><r><t>parts</t></r></p></cm></cmLst>",
                ),
                (
                    "ppt/layouts/l.xml",
                    "<sldLayout><sp><ph type='title'/><p><r><t>Click here</t></r></p></sp><sp><p><r><t>SECRET</t></r></p></sp></sldLayout>",
                ),
            ],
        ),
        &[
            ": first\nHeld\nMen\n2018\t69%\n2017\nComment (Li, 2022-09-05): in parts\nComment: no\nunlisted\nOn all slides of a kind: SECRET",
        ],
        &["damaged: slide 2 is listed, but is not there", "hidden: 1 slides are in the file"],
    );
}

/// A box that hangs on a word cut its sentence in two.
#[test]
fn boxes_margins_and_objects_of_open_document_are_read() {
    for (kind, body, more, text, warned) in [
        (
            "text",
            "<p>The man<frame><text-box><p>in a box</p></text-box></frame> died<custom-shape><p>in a shape</p></custom-shape>.</p><p>Next</p>",
            &[][..],
            "The man died.\nin a box\nin a shape\nNext",
            "",
        ),
        (
            "text",
            "<p>The man<frame><image/><svg:title>Alt</svg:title><svg:desc>A face</svg:desc></frame> of <title>The list</title><script>no()</script></p>",
            &[],
            "The man of The list",
            "descriptions of pictures, which are not shown: Alt A face",
        ),
        (
            "text",
            "<style name='h'><text-properties display='none'/></style><p>seen <span style-name='h'>not <span>at all</span></span><span>, is</span></p>",
            &[],
            "seen not at all, is",
            "hidden text, which is not shown: not at all",
        ),
        (
            "text",
            "<p>29<note><note-citation>1</note-citation><note-body><p>Note</p></note-body></note></p>",
            &[],
            "29[1]\n[1] Note",
            "",
        ),
        (
            "text",
            "<p>body</p>",
            &[(
                "styles.xml",
                "<document-styles><styles><p>no</p></styles><master-styles><master-page><header><p>Top <page-number>1</page-number> of the list</p></header>\
                 <footer><p>Page <page-number>1</page-number></p></footer></master-page></master-styles></document-styles>",
            )],
            "Top of the list\nbody",
            "",
        ),
        (
            "spreadsheet",
            "<style name='t'><table-properties display='false'/></style><table style-name='t'><table-column visibility='collapse'/>\
             <table-row><table-cell value='29'/><table-cell string-value=''/><table-cell><p>b</p></table-cell></table-row></table>",
            &[],
            "29\t\tb",
            "hidden: 1 sheets or tables are hidden",
        ),
        (
            "text",
            "<p>a<object href='./Object 1'/></p>",
            &[("Object 1/content.xml", "<document-content><p>of an object</p></document-content>")],
            "a\nof an object",
            "",
        ),
        (
            "text",
            "<p><ruby><ruby-base>北京</ruby-base><ruby-text>bei</ruby-text></ruby></p>",
            &[],
            "北京",
            "readings: ",
        ),
    ] {
        let media_type = format!("application/vnd.oasis.opendocument.{kind}");
        let content = format!("<document-content>{body}</document-content>");
        let mut files = vec![("mimetype", media_type.as_str()), ("content.xml", &content)];
        files.extend(more);
        check(&stored(&files), &[&format!(": {text}")], &[warned]);
    }
}

#[test]
fn rich_text_shows_what_objects_show_and_where_links_lead() {
    for (body, text, warned) in [
        (
            "a {\\object{\\*\\objdata 00}{\\result \\pard shown}} b",
            "a shown b",
            "embedded: 1 objects",
        ),
        ("{\\*\\x{\\object{\\result no}}}a", "a", ""),
        ("{\\upr{\\'3f}{\\*\\ud{\\u24352?}}}", "张", ""),
        // What stands for older readers ends with its group.
        ("{\\uc1\\u24352}{b}", "张b", ""),
        ("a\\zwnj b", "a\u{200C}b", ""),
        ("{\\listtext 1.\\tab}one", "1.\tone", ""),
        ("a{\\*\\do{\\dptxbxtext in an old box}} b\\par", "a b\nin an old box", ""),
        (
            "He{{\\super \\chftn{\\*\\footnote \\chftn as LibreOffice marks it}}} left\\par",
            "He left\nas LibreOffice marks it",
            "",
        ),
        ("{\\pc x}", "x", "charset: it says that its letters are those of DOS"),
    ] {
        check(format!("{{\\rtf1 {body}}}").as_bytes(), &[&format!(": {text}")], &[warned]);
    }
    let file = b"{\\rtf1{\\info{\\title A notice}{\\author Li}{\\doccomm no}}See {\\field{\\*\\fldinst{HYPERLINK \"https://example.org/x\"}}{\\fldrslt{the list}}}.}";
    let found = read_with(file, &Limits::default());
    let content = found[0].content.as_ref().unwrap();
    assert_eq!(content.text, "See the list.");
    assert_eq!(
        (content.title.as_deref(), content.author.as_deref()),
        (Some("A notice"), Some("Li"))
    );
    let links: Vec<_> = content.links.iter().map(|link| (&*link.href, &*link.text)).collect();
    assert_eq!(links, [("https://example.org/x", "the list")]);
}
