//! Reads the files named and prints each document in them as a line of JSON, for comparing with other readers.

use witnessmark_document::{Limits, read};
use witnessmark_text::Hints;

fn main() -> std::io::Result<()> {
    for name in std::env::args().skip(1) {
        let bytes = std::fs::read(&name)?;
        let hints = Hints { file_name: Some(name), ..Hints::default() };
        let mut lines = Vec::new();
        read(&bytes, &hints, &Limits::default(), &mut |document| {
            lines.push(serde_json::to_string(&document));
        });
        for line in lines {
            println!("{}", line?);
        }
    }
    Ok(())
}
