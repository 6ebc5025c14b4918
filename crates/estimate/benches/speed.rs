//! One task for a stopwatch outside: `benches/compare/overlap.sh` and `linkage.sh` time it against the peers.
//!
//! ```text
//! speed dga|loglinear|chain|chains LISTS.csv REPEATS
//! speed link A.csv B.csv LINKS.csv          (prints F1; the files of FEBRL 4)
//! ```

use std::collections::BTreeSet;
use std::error::Error;
use std::hint::black_box;
use witnessmark_estimate::linkage::{Agreement, Field, LinkagePlan, Record, RecordTable, link};
use witnessmark_estimate::overlap::{
    DgaOptions, LatentClassOptions, Lists, Prior, average_graphs, compare_models, latent_classes,
};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["link", a, b, links] => linkage(a, b, links),
        [task, path, repeats] => {
            let lists = Lists::from_csv(&std::fs::read_to_string(path)?)?;
            for _ in 0..repeats.parse::<u32>()? {
                overlap(task, &lists)?;
            }
            Ok(())
        }
        _ => Err("see the head of the file for what can be timed".into()),
    }
}

fn overlap(task: &str, lists: &Lists) -> Result<(), Box<dyn Error>> {
    // A chain of 1,000,000 rounds; `chains` runs four of them, `chain` two of half the length.
    let of = |chains: usize, samples: usize| LatentClassOptions {
        chains,
        burn_in: 0,
        samples,
        thin: 100,
        most_doublings: 0,
        ..LatentClassOptions::default()
    };
    match task {
        "dga" => {
            let options = DgaOptions {
                delta: 1.0 / 32.0,
                unseen: [1, 30_000],
                prior: Prior::OneOverN,
                with_saturated: true,
            };
            black_box(average_graphs(lists, &options));
        }
        "loglinear" => {
            black_box(compare_models(lists));
        }
        "chain" => {
            black_box(latent_classes(lists, &of(2, 5000)));
        }
        "chains" => {
            black_box(latent_classes(lists, &of(4, 10_000)));
        }
        other => return Err(format!("no task {other:?}").into()),
    }
    Ok(())
}

fn linkage(a: &str, b: &str, links: &str) -> Result<(), Box<dyn Error>> {
    let fields: Vec<Field> = [
        ("given_name", Agreement::JaroWinkler),
        ("surname", Agreement::JaroWinkler),
        ("street_number", Agreement::Exact),
        ("address_1", Agreement::Edit),
        ("address_2", Agreement::Edit),
        ("suburb", Agreement::JaroWinkler),
        ("postcode", Agreement::Edit),
        ("state", Agreement::Exact),
        ("date_of_birth", Agreement::Edit),
        ("soc_sec_id", Agreement::Edit),
    ]
    .map(|(name, agreement)| Field::new(name, agreement))
    .into();
    let key = [Field::new("rec_id", Agreement::Exact)];
    let (mut records, mut ids) = (Vec::new(), Vec::new());
    for (list, path) in [a, b].iter().enumerate() {
        let text = std::fs::read_to_string(path)?;
        let cells = RecordTable::from_csv(&text, &fields)?.cells;
        records.extend(cells.into_iter().map(|cells| Record { list, cells }));
        ids.extend(RecordTable::from_csv(&text, &key)?.cells.into_iter().flatten());
    }
    let plan = LinkagePlan {
        lists: vec!["a".to_owned(), "b".to_owned()],
        fields,
        blocks: vec![vec![9], vec![8], vec![0, 1], vec![6], vec![5, 7]],
        lists_without_repeats: vec![0, 1],
        ..LinkagePlan::default()
    };
    let found = link(&records, &plan)?;
    let ordered = |one: &str, other: &str| match one < other {
        true => (one.to_owned(), other.to_owned()),
        false => (other.to_owned(), one.to_owned()),
    };
    let text = std::fs::read_to_string(links)?;
    let pairs = text.lines().skip(1).filter_map(|line| line.split_once(','));
    let truth: BTreeSet<(String, String)> =
        pairs.map(|(one, other)| ordered(one.trim(), other.trim())).collect();
    let own: BTreeSet<(String, String)> = found
        .pairs
        .iter()
        .filter_map(|[one, other]| Some(ordered(ids.get(*one)?, ids.get(*other)?)))
        .collect();
    let right = own.intersection(&truth).count() as f64;
    println!("{:.5}", 2.0 * right / (own.len() + truth.len()) as f64);
    Ok(())
}
