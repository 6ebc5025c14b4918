//! The rows of a sheet as lines, their cells parted by tabs.

use super::flow::{Flow, MAX_TEXT};

/// The rows of a sheet. Writers put rows and cells in order; where one did not, Excel goes by their numbers.
#[derive(Default)]
pub(crate) struct Rows {
    lines: Vec<(u64, String)>,
    /// The number of the row that is being read, from 1.
    pub(crate) number: u64,
    cells: Vec<(usize, String)>,
    pub(crate) length: usize,
    pub(crate) is_disordered: bool,
}

impl Rows {
    pub(crate) fn start(&mut self, number: Option<u64>) {
        let next = self.number.saturating_add(1);
        let number = number.unwrap_or(next);
        self.is_disordered |= number < next;
        self.number = number;
    }

    /// Puts a cell into the row; false if there is no room for it.
    pub(crate) fn put(&mut self, column: usize, words: String) -> bool {
        self.length += words.len() + 1;
        if !words.is_empty() {
            self.is_disordered |= self.cells.last().is_some_and(|(last, _)| *last >= column);
            self.cells.push((column, words));
        }
        self.length <= MAX_TEXT
    }

    pub(crate) fn end(&mut self) {
        let mut cells = std::mem::take(&mut self.cells);
        cells.sort_by_key(|(column, _)| *column);
        let (mut line, mut written) = (String::new(), 0);
        for (column, words) in cells {
            if column == written && !line.is_empty() && !line.ends_with('\t') {
                // Two cells say that they stand in one place.
                line.push(' ');
            }
            for _ in written..column {
                line.push('\t');
            }
            self.length += column - written;
            written = column;
            // A row stays a line, and a cell a cell.
            line.extend(words.chars().map(|c| if c < ' ' { ' ' } else { c }));
        }
        self.lines.push((self.number, line));
    }

    pub(crate) fn write(mut self, flow: &mut Flow) {
        if !self.cells.is_empty() {
            self.end();
        }
        self.lines.sort_by_key(|(number, _)| *number);
        for (_, line) in &self.lines {
            flow.push(line);
            flow.end_line();
        }
    }
}
