//! Writes the tests' dossier to a folder, to look at its pages: `cargo run --example fixture_dossier -- DIR`.

#[allow(
    unreachable_pub,
    dead_code,
    clippy::unwrap_used,
    clippy::panic,
    reason = "shared with the tests, where a broken fixture may panic"
)]
#[path = "../tests/fixture/mod.rs"]
mod fixture;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let target = std::env::args_os().nth(1).ok_or("name a folder that does not exist yet")?;
    fixture::fixture().build()?.write_folder(target.as_ref())?;
    Ok(())
}
