//! Writes the calibration report: `calibration.md` and its pictures, into the folder that is named.
//!
//! ```text
//! cargo run --release -p witnessmark-estimate --example calibration_report -- docs
//! ```
//!
//! A second argument divides the numbers of replicates, for a quick look. The same version writes the
//! same bytes on any machine.

use std::error::Error;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use witnessmark_estimate::calibration::{
    Departure, Misspecification, PoolingCoverage, Reporting, Uniformity, calibrate_graphs,
    calibrate_latent_classes, calibrate_pooling, misspecification, reporting,
};
use witnessmark_estimate::picture::{distance_from_uniform, places_in_posterior};

const SEED: u64 = 20_261_122;
/// Replicates where the posterior is exact, and where it is drawn by Gibbs sampling.
const EXACT: u64 = 1000;
const GIBBS: u64 = 200;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let folder = PathBuf::from(arguments.next().ok_or("name the folder to write to")?);
    let less: u64 = arguments.next().map_or(Ok(1), |text| text.parse())?;
    let share = |replicates: u64| (replicates / less.max(1)).max(20);
    let found = [
        calibrate_graphs(share(EXACT), SEED),
        calibrate_pooling(share(EXACT), SEED),
        calibrate_latent_classes(share(GIBBS), SEED),
    ];
    let departures = misspecification(share(GIBBS), SEED);
    let pooling = reporting(share(EXACT), SEED);
    let pictures = folder.join("calibration");
    std::fs::create_dir_all(&pictures)?;
    for one in &found {
        draw(&pictures, one)?;
    }
    std::fs::write(folder.join("calibration.md"), report(&found, &departures, &pooling)?)?;
    Ok(())
}

fn file_name(found: &Uniformity) -> String {
    found.method.replace(' ', "-")
}

fn draw(folder: &Path, found: &Uniformity) -> std::io::Result<()> {
    let name = file_name(found);
    let write =
        |kind: &str, svg: String| std::fs::write(folder.join(format!("{name}-{kind}.svg")), svg);
    write("places", places_in_posterior(found).svg)?;
    write("distance", distance_from_uniform(found).svg)
}

const HEAD: &str = "# Calibration

Written by `cargo run --release -p witnessmark-estimate --example calibration_report -- docs`. Nothing here is typed
by hand.

## Is the code right?

Simulation-based calibration (Talts et al. 2018): parameters are drawn from the prior, data from the parameters, a
posterior from the data. If the code does what the method says, the place of the true value within its posterior is
uniform. χ² is over twenty bins; the distance is the greatest one between the distribution of places and the uniform
one (Kolmogorov). Chance exceeds each limit once in a thousand times. A method that passes is coded right; nothing
here says that it is right about the world.

| method | replicates | χ² | limit | distance | limit | uniform |
|---|---|---|---|---|---|---|
";

const DEPARTURES: &str = "
## What the methods do not see

2,000 persons on four lists. In the first world the lists are independent, as the simplest model takes for granted. In
the others something is wrong of which the lists show nothing, or something that a method may or may not see. `held`
is the share of replicates whose 95 % interval held 2,000.

| world | method | replicates | held (standard error) | median of lower ends, points, upper ends |
|---|---|---|---|---|
";

const UNREACHABLE: &str = "
Where 30 % can be on no list, every method finds the other 1,400 of 2,000 with an interval that looks sure of itself. No figure
in the lists shows it. That is why `estimate overlap` refuses without a written statement on who could be listed, and
why every answer says that persons out of reach are not in it.

The intervals above are those of single methods, without the rules of refusal: `estimate overlap` gives no single
figure where equally supported models differ by more than 1.5 times, where a prior or one list decides, and so on.

## Places that report, and places that do not

Partial pooling over sixty places of 2,000 residents, of which some report. `ratio` is the median of estimate to
truth.

| who reports | replicates | held (standard error) | ratio |
|---|---|---|---|
";

const END: &str = "
Nothing in the counts tells the two rows apart. That is why `estimate coverage` predicts nothing without a written
assumption on reporting, and puts the bounds first, which hold in both.
";

fn report(
    found: &[Uniformity],
    departures: &[Misspecification],
    pooling: &[PoolingCoverage],
) -> Result<String, std::fmt::Error> {
    let mut text = HEAD.to_owned();
    for one in found {
        writeln!(
            text,
            "| {} | {} | {:.1} | {:.1} | {:.4} | {:.4} | {} |",
            one.method,
            one.replicates,
            one.chi_square,
            one.chi_square_limit,
            one.ecdf_distance,
            one.ecdf_limit,
            if one.is_uniform() { "yes" } else { "**no**" }
        )?;
    }
    for one in found {
        let name = file_name(one);
        writeln!(text, "\n![{} by place](calibration/{name}-places.svg)", one.method)?;
        writeln!(text, "![{} by distance](calibration/{name}-distance.svg)", one.method)?;
        let bins: Vec<String> = one.bins.iter().map(usize::to_string).collect();
        writeln!(text, "\nTrue values in each twentieth, {}: {}.", one.method, bins.join(", "))?;
    }
    text.push_str(DEPARTURES);
    for row in departures {
        let world = match row.departure {
            Departure::None => "independent lists",
            Departure::Referral => "half of those on the first list are sent to the second",
            Departure::TwoClasses => "half are listed with 60 % each time, half with 15 %",
            Departure::Unreachable => "30 % can be on no list",
        };
        writeln!(
            text,
            "| {world} | {} | {} | {:.3} ({:.3}) | {:.0}, {:.0}, {:.0} |",
            row.method,
            row.replicates,
            row.held,
            row.held_error,
            row.ends[0],
            row.median,
            row.ends[1]
        )?;
    }
    text.push_str(UNREACHABLE);
    for row in pooling {
        let who = match row.reporting {
            Reporting::Random => "each place with a chance of one third",
            Reporting::PublicitySeeking => "places with much to show (chance 0.05 + 1.6 share²)",
        };
        writeln!(
            text,
            "| {who} | {} | {:.3} ({:.3}) | {:.2} |",
            row.replicates, row.held, row.held_error, row.ratio
        )?;
    }
    text.push_str(END);
    Ok(text)
}
