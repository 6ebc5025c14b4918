//! Fractions of 128-bit integers that notice when they would overflow.

use std::cmp::Ordering;

/// A number was larger than exact arithmetic holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Overflow;

/// A fraction in lowest terms, its denominator above zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Rational {
    numerator: i128,
    denominator: i128,
}

impl Rational {
    pub(crate) const ZERO: Self = Self { numerator: 0, denominator: 1 };
    pub(crate) const ONE: Self = Self { numerator: 1, denominator: 1 };

    pub(crate) fn whole(number: i128) -> Self {
        Self { numerator: number, denominator: 1 }
    }

    fn reduced(numerator: i128, denominator: i128) -> Result<Self, Overflow> {
        if denominator == 1 {
            return Ok(Self::whole(numerator));
        }
        let divisor = divisor(numerator.unsigned_abs(), denominator.unsigned_abs());
        let divisor = i128::try_from(divisor).map_err(|_| Overflow)?;
        let divisor = if denominator < 0 { -divisor } else { divisor };
        let part = |number: i128| number.checked_div(divisor).ok_or(Overflow);
        Ok(Self { numerator: part(numerator)?, denominator: part(denominator)? })
    }

    pub(crate) fn is_zero(self) -> bool {
        self.numerator == 0
    }

    pub(crate) fn is_positive(self) -> bool {
        self.numerator > 0
    }

    pub(crate) fn negative(self) -> Self {
        Self { numerator: -self.numerator, denominator: self.denominator }
    }

    pub(crate) fn plus(self, other: Self) -> Result<Self, Overflow> {
        if self.denominator == 1 && other.denominator == 1 {
            return self.numerator.checked_add(other.numerator).map(Self::whole).ok_or(Overflow);
        }
        let left = self.numerator.checked_mul(other.denominator).ok_or(Overflow)?;
        let right = other.numerator.checked_mul(self.denominator).ok_or(Overflow)?;
        let numerator = left.checked_add(right).ok_or(Overflow)?;
        Self::reduced(numerator, self.denominator.checked_mul(other.denominator).ok_or(Overflow)?)
    }

    pub(crate) fn minus(self, other: Self) -> Result<Self, Overflow> {
        self.plus(other.negative())
    }

    pub(crate) fn times(self, other: Self) -> Result<Self, Overflow> {
        let numerator = self.numerator.checked_mul(other.numerator).ok_or(Overflow)?;
        Self::reduced(numerator, self.denominator.checked_mul(other.denominator).ok_or(Overflow)?)
    }

    /// Division by a number that is not zero.
    pub(crate) fn over(self, other: Self) -> Result<Self, Overflow> {
        let numerator = self.numerator.checked_mul(other.denominator).ok_or(Overflow)?;
        let denominator = self.denominator.checked_mul(other.numerator).ok_or(Overflow)?;
        if denominator == 0 { Err(Overflow) } else { Self::reduced(numerator, denominator) }
    }

    pub(crate) fn compare(self, other: Self) -> Result<Ordering, Overflow> {
        let difference = self.minus(other)?;
        Ok(difference.numerator.cmp(&0))
    }

    pub(crate) fn below(self, other: Self) -> Result<bool, Overflow> {
        Ok(self.compare(other)? == Ordering::Less)
    }

    /// The number divided by `unit`, rounded down.
    pub(crate) fn floor_in(self, unit: i128) -> Result<i128, Overflow> {
        let denominator = self.denominator.checked_mul(unit).ok_or(Overflow)?;
        Ok(self.numerator.div_euclid(denominator))
    }

    /// The number divided by `unit`, rounded up.
    pub(crate) fn ceil_in(self, unit: i128) -> Result<i128, Overflow> {
        Ok(-self.negative().floor_in(unit)?)
    }
}

fn divisor(mut a: u128, mut b: u128) -> u128 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a.max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arithmetic_is_exact_and_in_lowest_terms() {
        let third = Rational::ONE.over(Rational::whole(3)).expect("small");
        let sixth = third.over(Rational::whole(2)).expect("small");
        let half = third.plus(sixth).expect("small");
        assert_eq!(half, Rational { numerator: 1, denominator: 2 });
        assert_eq!(half.times(Rational::whole(-2)).expect("small"), Rational::whole(-1));
        assert_eq!(Rational::ONE.over(Rational::whole(-2)).expect("small"), half.negative());
        assert!(third.below(half).expect("small"));
        assert_eq!(half.negative().floor_in(1), Ok(-1));
        assert_eq!(half.negative().ceil_in(1), Ok(0));
        assert_eq!(half.ceil_in(1), Ok(1));
    }

    #[test]
    fn overflow_is_noticed() {
        let large = Rational::whole(i128::MAX);
        assert_eq!(large.plus(Rational::ONE), Err(Overflow));
        assert_eq!(large.times(large), Err(Overflow));
        assert_eq!(Rational::ONE.over(Rational::ZERO), Err(Overflow));
    }
}
