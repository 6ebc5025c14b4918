mod fixture;
#[test]
fn measure() {
    let folder = std::path::PathBuf::from(std::env::var("MEASURE").unwrap());
    if !folder.exists() {
        fixture::make_case(&folder, 0);
        for batch in 0..100u64 {
            fixture::add_origins(&folder, 1000, (batch + 1) << 40);
        }
    }
    #[allow(clippy::disallowed_methods)]
    let start = std::time::Instant::now();
    let report =
        witnessmark_verify::case::verify(&witnessmark_verify::Folder::open(&folder).unwrap());
    eprintln!("{:?} {:?}", start.elapsed(), report.verdict);
    for check in &report.checks {
        eprintln!("{check:?}");
    }
    for p in &report.proves {
        eprintln!("+ {p}");
    }
    for p in &report.does_not_prove {
        eprintln!("- {p}");
    }
    eprintln!(
        "{}",
        std::fs::read_to_string("/proc/self/status")
            .unwrap()
            .lines()
            .find(|l| l.starts_with("VmHWM"))
            .unwrap()
    );
}
