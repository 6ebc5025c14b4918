//! Poisson regression with a logarithmic link, and the small dense algebra it needs.

/// A table of numbers, one row a cell of the contingency table, one column a parameter.
#[derive(Clone)]
pub(super) struct Design {
    pub(super) columns: usize,
    values: Vec<f64>,
}

impl Design {
    /// One row for each of `cells`, made by `row`.
    pub(super) fn new(columns: usize, rows: impl Iterator<Item = Vec<f64>>) -> Self {
        Self { columns, values: rows.flatten().collect() }
    }

    pub(super) fn rows(&self) -> std::slice::ChunksExact<'_, f64> {
        self.values.chunks_exact(self.columns.max(1))
    }
}

/// A fitted regression.
#[derive(Clone)]
pub(super) struct Fit {
    pub(super) coefficients: Vec<f64>,
    /// Inverse information matrix, row by row.
    covariance: Vec<f64>,
    pub(super) deviance: f64,
    pub(super) log_likelihood: f64,
    /// Expected counts of the cells.
    pub(super) means: Vec<f64>,
}

impl Fit {
    pub(super) fn variance(&self, parameter: usize) -> f64 {
        let size = self.coefficients.len();
        self.covariance.get(parameter * size + parameter).copied().unwrap_or(f64::NAN)
    }
}

/// Maximum likelihood by iteratively reweighted least squares (McCullagh & Nelder 1989), with the
/// step halved while the deviance grows. None where it does not settle or a parameter is not
/// identified; the caller has checked that the maximum exists.
pub(super) fn fit(design: &Design, counts: &[f64], start: Option<&[f64]>) -> Option<Fit> {
    let size = design.columns;
    let mut coefficients = match start {
        Some(start) => start.to_vec(),
        None => {
            let logs: Vec<f64> = counts.iter().map(|count| libm::log(count + 0.5)).collect();
            let weights: Vec<f64> = counts.iter().map(|count| count + 0.5).collect();
            let (information, score) = normal_equations(design, &weights, &logs);
            Cholesky::new(information, size)?.solve(&score)
        }
    };
    let mut means = expected(design, &coefficients);
    let mut deviance = deviance_of(counts, &means);
    for _ in 0..200 {
        let working: Vec<f64> = design
            .rows()
            .zip(counts.iter().zip(&means))
            .map(|(row, (count, mean))| dot(row, &coefficients) + (count - mean) / mean)
            .collect();
        let (information, score) = normal_equations(design, &means, &working);
        let factor = Cholesky::new(information, size)?;
        let target = factor.solve(&score);
        let mut share = 1.0;
        let (next, next_means, next_deviance) = loop {
            let next: Vec<f64> = coefficients
                .iter()
                .zip(&target)
                .map(|(old, new)| old + share * (new - old))
                .collect();
            let next_means = expected(design, &next);
            let next_deviance = deviance_of(counts, &next_means);
            if next_deviance <= deviance + 1e-9 * (1.0 + deviance.abs()) || share < 1e-6 {
                break (next, next_means, next_deviance);
            }
            share *= 0.5;
        };
        let change = (deviance - next_deviance).abs();
        (coefficients, means, deviance) = (next, next_means, next_deviance);
        if !deviance.is_finite() {
            return None;
        }
        if change < 1e-11 * (deviance.abs() + 0.1) {
            let (information, _) = normal_equations(design, &means, &means);
            let covariance = Cholesky::new(information, size)?.inverse();
            let log_likelihood = counts
                .iter()
                .zip(&means)
                .map(|(count, mean)| log_term(*count, *mean) - mean - libm::lgamma(count + 1.0))
                .sum();
            return Some(Fit { coefficients, covariance, deviance, log_likelihood, means });
        }
    }
    None
}

pub(super) fn expected(design: &Design, coefficients: &[f64]) -> Vec<f64> {
    let bounded = |log: f64| libm::exp(log.clamp(-200.0, 200.0));
    design.rows().map(|row| bounded(dot(row, coefficients))).collect()
}

fn dot(row: &[f64], coefficients: &[f64]) -> f64 {
    row.iter().zip(coefficients).map(|(x, b)| x * b).sum()
}

/// count · ln mean, where nothing times the logarithm of nothing is nothing.
fn log_term(count: f64, mean: f64) -> f64 {
    if count > 0.0 { count * libm::log(mean) } else { 0.0 }
}

fn deviance_of(counts: &[f64], means: &[f64]) -> f64 {
    let part = |(count, mean): (&f64, &f64)| {
        let log = if *count > 0.0 { count * libm::log(count / mean) } else { 0.0 };
        log - (count - mean)
    };
    2.0 * counts.iter().zip(means).map(part).sum::<f64>()
}

/// Xᵀ W X, row by row, and Xᵀ W z.
fn normal_equations(design: &Design, weights: &[f64], working: &[f64]) -> (Vec<f64>, Vec<f64>) {
    let size = design.columns;
    let mut information = vec![0.0; size * size];
    let mut score = vec![0.0; size];
    for ((row, weight), z) in design.rows().zip(weights).zip(working) {
        for ((x, out), total) in row.iter().zip(information.chunks_exact_mut(size)).zip(&mut score)
        {
            if *x == 0.0 {
                continue;
            }
            let scaled = x * weight;
            *total += scaled * z;
            for (y, cell) in row.iter().zip(out) {
                *cell += scaled * y;
            }
        }
    }
    (information, score)
}

/// The factor L of a positive definite matrix L Lᵀ.
struct Cholesky {
    size: usize,
    lower: Vec<f64>,
}

impl Cholesky {
    fn new(mut matrix: Vec<f64>, size: usize) -> Option<Self> {
        let diagonal: Vec<f64> = (0..size).map(|i| at(&matrix, i * size + i)).collect();
        for column in 0..size {
            let mut pivot = at(&matrix, column * size + column);
            for k in 0..column {
                let entry = at(&matrix, column * size + k);
                pivot -= entry * entry;
            }
            // A pivot that lost fourteen digits is a column that others span.
            if pivot <= 1e-14 * at(&diagonal, column) || !pivot.is_finite() {
                return None;
            }
            let root = pivot.sqrt();
            set(&mut matrix, column * size + column, root);
            for row in column + 1..size {
                let mut entry = at(&matrix, row * size + column);
                for k in 0..column {
                    entry -= at(&matrix, row * size + k) * at(&matrix, column * size + k);
                }
                set(&mut matrix, row * size + column, entry / root);
            }
        }
        Some(Self { size, lower: matrix })
    }

    fn solve(&self, right: &[f64]) -> Vec<f64> {
        let mut x = right.to_vec();
        for row in 0..self.size {
            let mut value = at(&x, row);
            for k in 0..row {
                value -= at(&self.lower, row * self.size + k) * at(&x, k);
            }
            set(&mut x, row, value / at(&self.lower, row * self.size + row));
        }
        for row in (0..self.size).rev() {
            let mut value = at(&x, row);
            for k in row + 1..self.size {
                value -= at(&self.lower, k * self.size + row) * at(&x, k);
            }
            set(&mut x, row, value / at(&self.lower, row * self.size + row));
        }
        x
    }

    fn inverse(&self) -> Vec<f64> {
        let unit = |column: usize| {
            let mut unit = vec![0.0; self.size];
            set(&mut unit, column, 1.0);
            unit
        };
        (0..self.size).flat_map(|column| self.solve(&unit(column))).collect()
    }
}

fn at(values: &[f64], index: usize) -> f64 {
    values.get(index).copied().unwrap_or_default()
}

fn set(values: &mut [f64], index: usize, value: f64) {
    if let Some(cell) = values.get_mut(index) {
        *cell = value;
    }
}
