//! Rows as text: CSV and TSV. The reader of plain text decodes them; here is what is dangerous about their cells.

use witnessmark_text::{Content, ExtractError, Hints, read_content};

/// Reads a page or plain text, and names cells that a spreadsheet would run as formulas.
pub(crate) fn read(bytes: &[u8], hints: &Hints) -> Result<Content, ExtractError> {
    let mut content = read_content(bytes, hints)?;
    let delimiter = match content.media_type.as_str() {
        "text/csv" => ',',
        "text/tab-separated-values" => '\t',
        _ => return Ok(content),
    };
    let count = content.text.lines().map(|line| formulas(line, delimiter)).sum::<usize>();
    if count > 0 {
        content.warnings.push(format!(
            "formulas: {count} cells begin as formulas do (=, +, -, @); they are text here, but a spreadsheet may run them"
        ));
    }
    Ok(content)
}

/// Cells of a line that begin like a formula and are not plain numbers.
fn formulas(line: &str, delimiter: char) -> usize {
    let cells = line.split([delimiter, ';']);
    cells
        .map(|cell| cell.trim().trim_start_matches('"'))
        .filter(|cell| cell.starts_with(['=', '+', '-', '@']))
        .filter(|cell| {
            let rest = cell.trim_matches(['+', '-', '"', '%', ' ']);
            !rest.is_empty()
                && !rest.chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | ',' | ' '))
        })
        .count()
}
