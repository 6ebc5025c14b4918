//! Reads the files named and prints each document in them as a line of JSON, for comparing with other readers.
//!
//! `read [--pages MOST] FILE…`

use witnessmark_document::{Limits, read};
use witnessmark_text::Hints;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut limits = Limits::default();
    let mut names = std::env::args().skip(1).peekable();
    if names.next_if(|first| first == "--pages").is_some() {
        limits.pages = names.next().ok_or("--pages wants a number")?.parse()?;
    }
    for name in names {
        let bytes = std::fs::read(&name)?;
        let hints = Hints { file_name: Some(name), ..Hints::default() };
        let mut lines = Vec::new();
        read(&bytes, &hints, &limits, &mut |document| {
            lines.push(serde_json::to_string(&document));
        });
        for line in lines {
            println!("{}", line?);
        }
    }
    Ok(())
}
