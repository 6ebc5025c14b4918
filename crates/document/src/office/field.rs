//! Fields of Word: what one leads to, and what one shows that keeps no result (ECMA-376 part 1, 17.16; [MS-DOC], 2.9.90).

/// What a field without a result shows.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Shown {
    /// These words.
    Words(String),
    /// These words, above which stands how they are read aloud.
    Reading(String),
    /// Something that Word draws by rules that are not followed here.
    Drawn,
    /// A box of a form, which may be ticked.
    Tick,
    /// Nothing: a mark for an index, a bookmark's name.
    Nothing,
}

/// Fields that show nothing: marks for lists and indices, settings; and those that show a picture or the number of a page.
const SHOW_NOTHING: &[&str] = &[
    "XE",
    "TC",
    "TA",
    "RD",
    "PRIVATE",
    "SET",
    "ASK",
    "ADVANCE",
    "ADDIN",
    "BARCODE",
    "COMMENTS",
    "DATA",
    "DATABASE",
    "EMBED",
    "INCLUDEPICTURE",
    "IMPORT",
    "LINK",
    "SHAPE",
    "CONTROL",
    "PAGE",
    "NUMPAGES",
    "SECTIONPAGES",
    "SECTION",
    "PRINT",
    "HYPERLINK",
    "INDEX",
    "TOC",
    "TOA",
    "BIBLIOGRAPHY",
    "FORMTEXT",
    "NEXT",
    "SKIPIF",
    "",
];

/// The address in the instruction of a field: `HYPERLINK "https://…"`. One that leads to a place of the document has none.
pub(crate) fn address(instruction: &str) -> Option<String> {
    let instruction = instruction.trim();
    let (name, rest) = instruction.split_at_checked("HYPERLINK".len())?;
    if !name.eq_ignore_ascii_case("HYPERLINK") {
        return None;
    }
    let mut rest = rest;
    loop {
        let (word, behind) = next_word(rest)?;
        rest = behind;
        match word.strip_prefix('\\') {
            // Of a place, a tip and a window, the words follow.
            Some("l" | "o" | "t" | "L" | "O" | "T") => rest = next_word(rest)?.1,
            Some(_) => {}
            None => return Some(word.to_owned()),
        }
    }
}

/// The first word, or what stands in quotation marks, and what follows.
fn next_word(text: &str) -> Option<(&str, &str)> {
    let text = text.trim_start();
    match text.strip_prefix('"') {
        Some(quoted) => quoted.split_once('"').or(Some((quoted, ""))),
        None => {
            let end = text.find(char::is_whitespace).unwrap_or(text.len());
            text.split_at_checked(end).filter(|(word, _)| !word.is_empty())
        }
    }
}

/// What a field shows that keeps no result. In Chinese and Japanese documents, words set over and into each other are made this
/// way: a number in a circle (`EQ \o\ac(○,1)`), and how a name is read (`EQ \o\ad(\s\up 9(xià),夏)`).
pub(crate) fn shown(instruction: &str) -> Shown {
    let instruction = instruction.trim();
    let name = instruction.split([' ', '\\', '"']).next().unwrap_or_default();
    match name.to_ascii_uppercase().as_str() {
        "EQ" => overlaid(instruction).unwrap_or(Shown::Drawn),
        "FORMCHECKBOX" | "FORMDROPDOWN" => Shown::Tick,
        "SYMBOL" => symbol(instruction).map_or(Shown::Drawn, |sign| Shown::Words(sign.into())),
        // A button: behind what it does, what stands on it.
        "MACROBUTTON" | "GOTOBUTTON" => {
            let behind = instruction.get(name.len()..).and_then(next_word);
            let words = behind.map(|(_, words)| words.trim()).unwrap_or_default();
            if words.is_empty() { Shown::Nothing } else { Shown::Words(words.to_owned()) }
        }
        name if SHOW_NOTHING.contains(&name) => Shown::Nothing,
        _ => Shown::Drawn,
    }
}

/// The last of the things that are set over each other.
fn overlaid(instruction: &str) -> Option<Shown> {
    let start = instruction.find("\\o").or_else(|| instruction.find("\\O"))?;
    let rest = instruction.get(start..)?;
    let open = rest.find('(')?;
    let inside = rest.get(open + 1..rest.rfind(')')?)?;
    let mut depth = 0_u32;
    let mut last = 0;
    for (at, letter) in inside.char_indices() {
        match letter {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            ',' | ';' if depth == 0 => last = at + 1,
            _ => {}
        }
    }
    let (above, words) = inside.split_at_checked(last)?;
    let words = words.trim().to_owned();
    if words.is_empty() || words.contains('\\') {
        return None;
    }
    Some(if above.contains("\\s") { Shown::Reading(words) } else { Shown::Words(words) })
}

/// The sign of a `SYMBOL` field, which names it by its number.
fn symbol(instruction: &str) -> Option<char> {
    let number = instruction.split_whitespace().nth(1)?;
    let code = match number.strip_prefix("0x") {
        Some(digits) => u32::from_str_radix(digits, 16).ok()?,
        None => number.parse().ok()?,
    };
    // By its number in Unicode; without the switch, it is one of the font's own.
    let is_unicode = instruction.split_whitespace().any(|word| word.eq_ignore_ascii_case("\\u"));
    char::from_u32(if is_unicode || code > 0xFF { code } else { 0xF000 + code })
}

#[cfg(test)]
mod tests {
    use super::{Shown, address, shown};

    #[test]
    fn a_field_shows_what_it_is_told() {
        let words = |words: &str| Shown::Words(words.to_owned());
        for (instruction, expected) in [
            (r"EQ \o\ac(○,1)", words("1")),
            (r" eq \o\ac(□,十二) ", words("十二")),
            (
                r#"EQ \* jc2 \* "Font:宋体" \* hps10 \o\ad(\s\up 9(xià hé),夏河)"#,
                Shown::Reading("夏河".to_owned()),
            ),
            (r"EQ \f(1,2)", Shown::Drawn),
            (r"EQ \o(", Shown::Drawn),
            (r"EQ \o(a,\s\up8(b))", Shown::Drawn),
            ("SYMBOL 252 \\f Wingdings", words("\u{F0FC}")),
            ("SYMBOL 9745 \\u", words("☑")),
            (" FORMCHECKBOX ", Shown::Tick),
            (" FORMDROPDOWN ", Shown::Tick),
            ("MACROBUTTON  None [Document Title]", words("[Document Title]")),
            ("MACROBUTTON None [Document Title]", words("[Document Title]")),
            ("IF 1 = 1 \"yes\" \"no\"", Shown::Drawn),
            ("XE \"index\"", Shown::Nothing),
            ("", Shown::Nothing),
        ] {
            assert_eq!(shown(instruction), expected, "{instruction}");
        }
    }

    #[test]
    fn a_field_leads_to_an_address() {
        let found = address(" HYPERLINK \"https://example.org/a\" \\o \"b\"");
        assert_eq!(found.as_deref(), Some("https://example.org/a"));
        let found = address("hyperlink mailto:a@example.org");
        assert_eq!(found.as_deref(), Some("mailto:a@example.org"));
        let found = address(r#"HYPERLINK \n \o "a tip" https://example.org/"#);
        assert_eq!(found.as_deref(), Some("https://example.org/"));
        assert_eq!(address(r#"HYPERLINK \l "place""#), None);
        assert_eq!(address("PAGE"), None);
    }
}
