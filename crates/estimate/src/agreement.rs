//! Agreement of coders: do people who read the same passage code it alike?
//!
//! Krippendorff's α leads, because it takes any number of coders, missing values and four levels of
//! measurement; the κ of Cohen, Fleiss, Conger and Light, and Gwet's AC1, stand beside it.
//!
//! # Example
//! The worked example of Krippendorff (2011), *Computing Krippendorff's Alpha-Reliability*, part B
//! (two observers, nominal data), where the paper prints .692:
//! ```
//! use witnessmark_estimate::agreement::{AgreementOptions, Level, Rating, agreement};
//! let ben = "aabbdcccedda";
//! let gerry = "babbbccceddd";
//! let ratings: Vec<Rating> = [("Ben", ben), ("Gerry", gerry)]
//!     .iter()
//!     .flat_map(|(coder, values)| {
//!         values.chars().enumerate().map(|(unit, value)| {
//!             Rating::new(unit.to_string(), *coder, value.to_string())
//!         })
//!     })
//!     .collect();
//! let found = agreement(&ratings, Level::Nominal, &AgreementOptions::default())?;
//! let alpha = found.krippendorff_alpha.ok_or("refused")?;
//! assert!((alpha.value - 0.691964).abs() < 1e-6);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod alpha;
mod kappa;
mod ratings;

pub use ratings::{Level, Rating};

use crate::random::Random;
use crate::table::TableError;
use alpha::Difference;
use ratings::Sheet;
use serde::Serialize;

/// What a caller may choose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AgreementOptions {
    /// Seed of the bootstrap.
    pub seed: u64,
    /// How many bootstrap samples; the interval of α is omitted with fewer than 100.
    pub bootstrap_samples: u32,
}

impl Default for AgreementOptions {
    fn default() -> Self {
        Self { seed: 0, bootstrap_samples: 1000 }
    }
}

/// Coefficients of agreement of one set of ratings.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Agreement {
    /// α at the level asked for; none where it is refused.
    pub krippendorff_alpha: Option<Alpha>,
    /// κ of exactly two coders, over the units that both rated (Cohen 1960, 1968).
    pub cohen_kappa: Option<CohenKappa>,
    /// κ of several coders with one distribution for all (Fleiss 1971), missing values allowed.
    pub fleiss_kappa: Option<f64>,
    /// Its standard error over units (Gwet 2014, *Handbook of Inter-Rater Reliability*, ch. 5).
    pub fleiss_kappa_se: Option<f64>,
    /// κ of several coders, each with an own distribution (Conger 1980).
    pub conger_kappa: Option<Coefficient>,
    /// Mean κ of Cohen over pairs of coders (Light 1971).
    pub light_kappa: Option<f64>,
    /// Gwet's AC1: p_e = Σ π_k (1 − π_k) / (q − 1) (Gwet 2008).
    pub gwet_ac1: Option<Coefficient>,
    /// Units in the ratings, rated or not.
    pub units: usize,
    /// Coders in the ratings.
    pub coders: usize,
    /// Values in units that at least two coders rated; only these say anything.
    pub pairable_values: usize,
    /// The level asked for.
    pub level: Level,
    /// Why there is no coefficient, if there is none.
    pub refused: Option<AgreementRefusal>,
}

/// Krippendorff's α with its interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Alpha {
    /// α = 1 − (n − 1) Σ o_ck δ²_ck / Σ n_c n_k δ²_ck (Krippendorff 2011).
    pub value: f64,
    /// 2.5 % and 97.5 % quantiles of α over samples of units drawn with replacement.
    pub ci95: Option<[f64; 2]>,
    /// How many samples the interval is of; those in which all values were equal are not counted.
    pub bootstrap_samples: u32,
    /// Standard error by linearisation over units (Gwet 2014, ch. 6); nominal level only.
    pub se: Option<f64>,
}

/// A coefficient with its standard error.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Coefficient {
    /// The coefficient.
    pub value: f64,
    /// Its standard error over units.
    pub se: Option<f64>,
}

/// Cohen's κ.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct CohenKappa {
    /// Every disagreement counts alike (Cohen 1960).
    pub unweighted: Option<f64>,
    /// Disagreements count with the square of the distance (Cohen 1968): of ranks for nominal and
    /// ordinal numbers, of values above; none where the values are not numbers.
    pub squared: Option<f64>,
}

/// Why a coefficient is refused, and what to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AgreementRefusal {
    /// `no-variation` or `nothing-pairable`.
    pub rule: &'static str,
    /// In plain words.
    pub text: String,
}

/// Computes all coefficients of `ratings` at a level.
///
/// Values are compared as numbers where all are numbers (so `1` equals `1.0`), else as text.
///
/// # Errors
/// Text where the level needs numbers, a negative number at the ratio level, two values of one
/// coder for one unit; each with row and column.
pub fn agreement(
    ratings: &[Rating],
    level: Level,
    options: &AgreementOptions,
) -> Result<Agreement, TableError> {
    let sheet = Sheet::new(ratings, level)?;
    let pairable = sheet.pairable();
    let pairable_values = pairable.iter().map(|unit| unit.len()).sum();
    let mut found = Agreement {
        krippendorff_alpha: None,
        cohen_kappa: None,
        fleiss_kappa: None,
        fleiss_kappa_se: None,
        conger_kappa: None,
        light_kappa: None,
        gwet_ac1: None,
        units: sheet.units.len(),
        coders: sheet.coders,
        pairable_values,
        level,
        refused: None,
    };
    if pairable.is_empty() {
        found.refused = Some(AgreementRefusal {
            rule: "nothing-pairable",
            text: "No unit was rated by two coders, so agreement cannot be judged. What would \
                   help: let a second coder rate some of the same units."
                .to_owned(),
        });
        return Ok(found);
    }
    let difference = Difference::new(level, &sheet.values);
    let Some(value) = alpha::alpha(&pairable, &difference) else {
        found.refused = Some(AgreementRefusal {
            rule: "no-variation",
            text: format!(
                "All {pairable_values} pairable values are equal, so agreement cannot be told from \
                 a question that has only one answer. What would help: units on which the answers \
                 differ."
            ),
        });
        return Ok(found);
    };
    let (ci95, bootstrap_samples) = bootstrap(&pairable, &difference, options);
    let se = (level == Level::Nominal).then(|| kappa::alpha_se(&sheet)).flatten();
    found.krippendorff_alpha = Some(Alpha { value, ci95, bootstrap_samples, se });
    found.cohen_kappa = kappa::cohen(&sheet, level);
    let fleiss = kappa::fleiss(&sheet);
    found.fleiss_kappa = fleiss.map(|fleiss| fleiss.value);
    found.fleiss_kappa_se = fleiss.and_then(|fleiss| fleiss.se);
    found.conger_kappa = kappa::conger(&sheet);
    found.light_kappa = kappa::light(&sheet);
    found.gwet_ac1 = kappa::gwet_ac1(&sheet);
    Ok(found)
}

/// Draws units with replacement and takes the quantiles of α.
fn bootstrap(
    pairable: &[Vec<usize>],
    difference: &Difference,
    options: &AgreementOptions,
) -> (Option<[f64; 2]>, u32) {
    let mut random = Random::new(options.seed, 0);
    let mut alphas = Vec::new();
    let mut sample: Vec<&[usize]> = Vec::with_capacity(pairable.len());
    for _ in 0..options.bootstrap_samples {
        sample.clear();
        for _ in 0..pairable.len() {
            sample.extend(pairable.get(random.below(pairable.len())).map(Vec::as_slice));
        }
        alphas.extend(alpha::alpha(&sample, difference));
    }
    let used = u32::try_from(alphas.len()).unwrap_or(u32::MAX);
    if used < 100 {
        return (None, used);
    }
    alphas.sort_by(f64::total_cmp);
    let ends = [0.025, 0.975].map(|share| crate::quantile::of_sorted(&alphas, share));
    (Some(ends), used)
}
