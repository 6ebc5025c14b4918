//! Random numbers from a seed, the same on every machine.
//!
//! The stream is ChaCha8; logarithms come from `libm`, not from the platform, so that a seed gives
//! the same bytes everywhere. The samplers are the published ones named at each.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// A stream of random numbers.
pub(crate) struct Random {
    stream: ChaCha8Rng,
    spare: Option<f64>,
}

impl Random {
    /// The stream number `stream` of a seed; streams of one seed are independent.
    pub(crate) fn new(seed: u64, stream: u64) -> Self {
        let mut generator = ChaCha8Rng::seed_from_u64(seed);
        generator.set_stream(stream);
        Self { stream: generator, spare: None }
    }

    /// Uniform over the open interval from 0 to 1.
    pub(crate) fn uniform(&mut self) -> f64 {
        let bits = self.stream.next_u64() >> 11;
        (bits as f64 + 0.5) * (1.0 / 9_007_199_254_740_992.0)
    }

    /// A number below `count`, which is above zero; the bias is below 2⁻³² for counts below 2³².
    pub(crate) fn below(&mut self, count: usize) -> usize {
        let wide = u128::from(self.stream.next_u64()) * count as u128;
        (wide >> 64) as usize
    }

    /// Standard normal, by the polar method (Marsaglia & Bray 1964).
    pub(crate) fn normal(&mut self) -> f64 {
        if let Some(spare) = self.spare.take() {
            return spare;
        }
        loop {
            let (x, y) = (2.0 * self.uniform() - 1.0, 2.0 * self.uniform() - 1.0);
            let square = x * x + y * y;
            if square < 1.0 && square > 0.0 {
                let factor = (-2.0 * libm::log(square) / square).sqrt();
                self.spare = Some(y * factor);
                return x * factor;
            }
        }
    }

    /// Gamma with this shape and scale 1 (Marsaglia & Tsang 2000).
    pub(crate) fn gamma(&mut self, shape: f64) -> f64 {
        if shape < 1.0 {
            let larger = self.gamma(shape + 1.0);
            return larger * libm::exp(libm::log(self.uniform()) / shape);
        }
        let d = shape - 1.0 / 3.0;
        let c = 1.0 / (9.0 * d).sqrt();
        loop {
            let x = self.normal();
            let cube = 1.0 + c * x;
            if cube <= 0.0 {
                continue;
            }
            let v = cube * cube * cube;
            let u = self.uniform();
            let square = x * x;
            if u < 1.0 - 0.0331 * square * square
                || libm::log(u) < 0.5 * square + d * (1.0 - v + libm::log(v))
            {
                return d * v;
            }
        }
    }

    /// Beta, as a ratio of gammas.
    pub(crate) fn beta(&mut self, a: f64, b: f64) -> f64 {
        let (x, y) = (self.gamma(a), self.gamma(b));
        let share = x / (x + y);
        if share.is_finite() { share } else { a / (a + b) }
    }

    /// Binomial: how many of `trials` succeed. Inversion where few are expected, else transformed
    /// rejection with squeeze (Hörmann 1993, BTRS).
    pub(crate) fn binomial(&mut self, trials: u64, chance: f64) -> u64 {
        if trials == 0 || chance <= 0.0 {
            return 0;
        }
        if chance >= 1.0 {
            return trials;
        }
        if chance > 0.5 {
            return trials - self.binomial(trials, 1.0 - chance);
        }
        let n = trials as f64;
        if n * chance < 10.0 {
            return self.binomial_by_inversion(trials, chance);
        }
        let spread = (n * chance * (1.0 - chance)).sqrt();
        let b = 1.15 + 2.53 * spread;
        let a = -0.0873 + 0.0248 * b + 0.01 * chance;
        let c = n * chance + 0.5;
        let alpha = (2.83 + 5.1 / b) * spread;
        let squeeze = 0.92 - 4.2 / b;
        let odds = chance / (1.0 - chance);
        let mode = ((n + 1.0) * chance).floor();
        loop {
            let u = self.uniform() - 0.5;
            let v = self.uniform();
            let us = 0.5 - u.abs();
            let k = ((2.0 * a / us + b) * u + c).floor();
            if us >= 0.07 && v <= squeeze {
                return k as u64;
            }
            if k < 0.0 || k > n {
                continue;
            }
            let height = libm::log(v * alpha / (a / (us * us) + b));
            let bound = (mode + 0.5) * libm::log((mode + 1.0) / (odds * (n - mode + 1.0)))
                + (n + 1.0) * libm::log((n - mode + 1.0) / (n - k + 1.0))
                + (k + 0.5) * libm::log(odds * (n - k + 1.0) / (k + 1.0))
                + stirling_rest(mode)
                + stirling_rest(n - mode)
                - stirling_rest(k)
                - stirling_rest(n - k);
            if height <= bound {
                return k as u64;
            }
        }
    }

    fn binomial_by_inversion(&mut self, trials: u64, chance: f64) -> u64 {
        let odds = chance / (1.0 - chance);
        let start = power(1.0 - chance, trials);
        let step = (trials as f64 + 1.0) * odds;
        loop {
            let (mut rest, mut mass) = (self.uniform(), start);
            for k in 0..=trials.min(200) {
                if rest <= mass {
                    return k;
                }
                rest -= mass;
                mass *= step / (k as f64 + 1.0) - odds;
            }
        }
    }

    /// Poisson. Multiplication where few are expected, else transformed rejection (Hörmann 1993,
    /// PTRS).
    pub(crate) fn poisson(&mut self, mean: f64) -> u64 {
        if mean < 10.0 {
            let floor = libm::exp(-mean);
            let (mut count, mut product) = (0, self.uniform());
            while product > floor {
                count += 1;
                product *= self.uniform();
            }
            return count;
        }
        let log_mean = libm::log(mean);
        let b = 0.931 + 2.53 * mean.sqrt();
        let a = -0.059 + 0.02483 * b;
        let inverse_alpha = 1.1239 + 1.1328 / (b - 3.4);
        let squeeze = 0.9277 - 3.6224 / (b - 2.0);
        loop {
            let u = self.uniform() - 0.5;
            let v = self.uniform();
            let us = 0.5 - u.abs();
            let k = ((2.0 * a / us + b) * u + mean + 0.43).floor();
            if us >= 0.07 && v <= squeeze {
                return k as u64;
            }
            if k < 0.0 || (us < 0.013 && v > us) {
                continue;
            }
            let height = libm::log(v * inverse_alpha / (a / (us * us) + b));
            if height <= k * log_mean - mean - libm::lgamma(k + 1.0) {
                return k as u64;
            }
        }
    }
}

/// A whole power, by squaring.
fn power(mut base: f64, mut exponent: u64) -> f64 {
    let mut result = 1.0;
    while exponent > 0 {
        if exponent & 1 == 1 {
            result *= base;
        }
        base *= base;
        exponent >>= 1;
    }
    result
}

/// ln k! less Stirling's main term.
fn stirling_rest(k: f64) -> f64 {
    const FIRST: [f64; 10] = [
        0.081_061_466_795_327_8,
        0.041_340_695_955_409_5,
        0.027_677_925_684_998_5,
        0.020_790_672_103_765_1,
        0.016_644_691_189_821_1,
        0.013_876_128_823_070_9,
        0.011_896_709_945_892_4,
        0.010_411_265_261_972_3,
        0.009_255_462_182_714_54,
        0.008_330_563_433_363_1,
    ];
    if let Some(rest) = FIRST.get(k as usize) {
        return *rest;
    }
    let next = k + 1.0;
    (1.0 / 12.0 - (1.0 / 360.0 - 1.0 / (1260.0 * next * next)) / (next * next)) / next
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moments(mut draw: impl FnMut() -> f64) -> (f64, f64) {
        let draws: Vec<f64> = (0..40_000).map(|_| draw()).collect();
        let mean = draws.iter().sum::<f64>() / draws.len() as f64;
        let square = draws.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>();
        (mean, square / draws.len() as f64)
    }

    /// Means within 5 standard errors, variances within 5 %.
    fn check(name: &str, (mean, variance): (f64, f64), expected: f64, spread: f64) {
        let error = 5.0 * (spread / 40_000.0).sqrt();
        assert!((mean - expected).abs() < error, "{name}: mean {mean}, not {expected}");
        assert!(
            (variance / spread - 1.0).abs() < 0.06,
            "{name}: variance {variance}, not {spread}"
        );
    }

    #[test]
    fn samplers_have_their_moments() {
        let mut random = Random::new(1, 0);
        check("uniform", moments(|| random.uniform()), 0.5, 1.0 / 12.0);
        check("normal", moments(|| random.normal()), 0.0, 1.0);
        for shape in [0.3, 1.0, 7.5] {
            check("gamma", moments(|| random.gamma(shape)), shape, shape);
        }
        check("beta", moments(|| random.beta(2.0, 5.0)), 2.0 / 7.0, 10.0 / (49.0 * 8.0));
        for (n, p) in [(5, 0.3), (40, 0.2), (40, 0.5), (1000, 0.013), (4000, 0.4), (300, 0.97)] {
            let (mean, spread) = (n as f64 * p, n as f64 * p * (1.0 - p));
            check("binomial", moments(|| random.binomial(n, p) as f64), mean, spread);
        }
        for mean in [0.4, 9.0, 30.0, 5000.0] {
            check("poisson", moments(|| random.poisson(mean) as f64), mean, mean);
        }
        check("below", moments(|| random.below(10) as f64), 4.5, 8.25);
    }

    #[test]
    fn a_seed_gives_the_same_numbers_for_ever() {
        let mut random = Random::new(20_261_122, 3);
        let drawn = (random.below(1_000_000), random.binomial(1000, 0.3), random.poisson(77.0));
        let again = {
            let mut random = Random::new(20_261_122, 3);
            (random.below(1_000_000), random.binomial(1000, 0.3), random.poisson(77.0))
        };
        assert_eq!(drawn, again);
        assert_ne!(Random::new(20_261_122, 4).uniform(), Random::new(20_261_122, 3).uniform());
    }
}
