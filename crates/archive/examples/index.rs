//! Prints CDXJ lines for each file, sorted by their bytes: `cargo run --example index FILE…`

use std::fs::File;

fn main() -> std::io::Result<()> {
    let mut lines = Vec::new();
    for file in std::env::args().skip(1) {
        let name = file.rsplit('/').next().unwrap_or(&file);
        let (found, problems) = witnessmark_archive::index_sorted(name, File::open(&file)?)?;
        lines.extend(found.iter().map(ToString::to_string));
        problems.iter().for_each(|problem| eprintln!("{file}: {problem}"));
    }
    lines.sort();
    lines.iter().for_each(|line| println!("{line}"));
    Ok(())
}
