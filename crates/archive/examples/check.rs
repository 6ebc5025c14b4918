//! Prints the report of each file, one JSON object a line: `cargo run --example check FILE…`

use std::path::Path;

fn main() -> std::io::Result<()> {
    for file in std::env::args().skip(1) {
        let report = witnessmark_archive::check_file(Path::new(&file), &mut |_| {})?;
        println!("{}", serde_json::to_string(&report)?);
    }
    Ok(())
}
