//! Names the secrets of an archive: `cargo run --release --example secrets -- FILE [OWN ADDRESS…]`.

use std::error::Error;
use std::fs::File;

use witnessmark_publish::{OwnAddresses, ScanSettings, scan};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let path = arguments.next().ok_or("no file is named")?;
    let own: Vec<String> = arguments.collect();
    let settings = ScanSettings::new(OwnAddresses::parse(&own)?);
    let summary = scan(File::open(path)?, &settings, |found| {
        println!(
            "{} {} {} {} {}",
            found.kind.word(),
            found.place.word(),
            found.offset,
            found.hint,
            found.target_uri.unwrap_or_default()
        );
    })?;
    eprintln!("{} records, {:?}", summary.records, summary.findings);
    Ok(())
}
