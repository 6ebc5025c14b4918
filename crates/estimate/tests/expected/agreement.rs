//! Coefficients of agreement against published figures and R's irr and irrCAC.

use super::{cells, near, shared};
use witnessmark_estimate::agreement::{Agreement, AgreementOptions, Level, Rating, agreement};

/// Rows are coders, columns are units.
fn by_coder(text: &str) -> Vec<Rating> {
    let rows = cells(text);
    let units = rows[0].clone();
    let mut ratings = Vec::new();
    for row in &rows[1..] {
        for (unit, value) in units.iter().zip(row).skip(1) {
            ratings.push(Rating::new(unit.clone(), row[0].clone(), value.clone()));
        }
    }
    ratings
}

/// Rows are units, columns are coders; `skip` leading columns hold no ratings.
fn by_unit(text: &str, skip: usize) -> Vec<Rating> {
    let rows = cells(text);
    let mut ratings = Vec::new();
    for (unit, row) in rows[1..].iter().enumerate() {
        for (coder, value) in rows[0].iter().zip(row).skip(skip) {
            let value = if value == "NA" { "" } else { value };
            ratings.push(Rating::new(unit.to_string(), coder.clone(), value));
        }
    }
    ratings
}

fn at(ratings: &[Rating], level: Level) -> Agreement {
    let options = AgreementOptions { seed: 1, bootstrap_samples: 200 };
    agreement(ratings, level, &options).expect("ratings are right")
}

fn alpha(ratings: &[Rating], level: Level) -> f64 {
    at(ratings, level).krippendorff_alpha.expect("not refused").value
}

#[test]
fn krippendorff_2011_four_observers_at_four_levels() {
    let Some(text) = shared("agreement/krippendorff2011_4x12.csv") else { return };
    let ratings = by_coder(&text);
    let levels = [Level::Nominal, Level::Ordinal, Level::Interval, Level::Ratio];
    let expected = [0.743_421, 0.815_388, 0.849_107, 0.797_403];
    for (level, expected) in levels.into_iter().zip(expected) {
        near(level.as_str(), alpha(&ratings, level), expected, 1e-6);
    }
    let found = at(&ratings, Level::Nominal);
    assert_eq!((found.units, found.coders, found.pairable_values), (12, 4, 40));
}

#[test]
fn krippendorff_2011_binary() {
    let Some(text) = shared("agreement/krippendorff2011_binary_2x10.csv") else { return };
    near("alpha", alpha(&by_coder(&text), Level::Nominal), 0.095_238, 1e-6);
}

#[test]
fn krippendorff_2011_nominal() {
    let Some(text) = shared("agreement/krippendorff2011_nominal_2x12.csv") else { return };
    near("alpha", alpha(&by_coder(&text), Level::Nominal), 0.691_964, 1e-6);
}

#[test]
fn encyclopaedia_three_coders() {
    let Some(text) = shared("agreement/wikipedia_3x15.csv") else { return };
    let ratings = by_coder(&text);
    near("nominal", alpha(&ratings, Level::Nominal), 0.691_358, 1e-6);
    near("interval", alpha(&ratings, Level::Interval), 0.810_845, 1e-6);
}

#[test]
fn fleiss_diagnoses() {
    let Some(text) = shared("agreement/irr_diagnoses.csv") else { return };
    let found = at(&by_unit(&text, 0), Level::Nominal);
    near("Fleiss", found.fleiss_kappa.expect("given"), 0.430_244_5, 1e-6);
    near("Conger", found.conger_kappa.expect("given").value, 0.441_808_5, 1e-6);
    near("Light", found.light_kappa.expect("given"), 0.459_412_1, 1e-6);
    near("alpha", found.krippendorff_alpha.expect("given").value, 0.433_409_8, 1e-6);
}

#[test]
fn irrcac_four_raters_with_missing_values() {
    let Some(text) = shared("agreement/irrCAC_cac.raw4raters.csv") else { return };
    let found = at(&by_unit(&text, 1), Level::Nominal);
    let ac1 = found.gwet_ac1.expect("given");
    near("AC1", ac1.value, 0.775_44, 1e-5);
    near("AC1 se", ac1.se.expect("given"), 0.142_95, 1e-5);
    near("Fleiss", found.fleiss_kappa.expect("given"), 0.761_17, 1e-5);
    near("Fleiss se", found.fleiss_kappa_se.expect("given"), 0.153_02, 1e-5);
    let alpha = found.krippendorff_alpha.expect("given");
    near("alpha", alpha.value, 0.743_42, 1e-5);
    let se = alpha.se.expect("nominal");
    near("alpha se", se, 0.145_57, 1e-5);
    // The interval of irrCAC: Student's t with 10 degrees of freedom (11 units), cut at 1.
    near("alpha low", alpha.value - 2.228_139 * se, 0.419, 1e-3);
    assert!(alpha.value + 2.228_139 * se > 1.0);
    let conger = found.conger_kappa.expect("given");
    near("Conger", conger.value, 0.762_82, 1e-5);
    near("Conger se", conger.se.expect("given"), 0.149_17, 1e-5);
}
