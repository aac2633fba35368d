//! Mean and variance of a stream of numbers, in constant memory.
//!
//! [`ExactMoments`] is for integers (nanoseconds, counts). Its sums are exact, so the result does not depend on the
//! order in which numbers are added or parts are merged. [`Moments`] is for floats (Welford, Technometrics 4, 1962;
//! merged after Chan, Golub and LeVeque, 1979); its last bits depend on the order.

/// Mean and variance of integers, from exact sums.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ExactMoments {
    count: u64,
    sum: i128,
    squares: Wide,
}

impl ExactMoments {
    /// Adds a number.
    pub fn add(&mut self, x: i64) {
        self.count += 1;
        self.sum += i128::from(x);
        self.squares = self.squares.plus(Wide::from(u128::from(x.unsigned_abs()) * u128::from(x.unsigned_abs())));
    }

    /// Adds all numbers of `other`.
    pub fn merge(&mut self, other: &Self) {
        self.count += other.count;
        self.sum += other.sum;
        self.squares = self.squares.plus(other.squares);
    }

    /// How many numbers were added.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The sum.
    pub fn sum(&self) -> i128 {
        self.sum
    }

    /// The mean; `None` if there are no numbers.
    pub fn mean(&self) -> Option<f64> {
        let count = i128::from(self.count);
        (count > 0).then(|| {
            let (whole, rest) = (self.sum.div_euclid(count), self.sum.rem_euclid(count));
            whole as f64 + rest as f64 / count as f64
        })
    }

    /// The sample variance (divided by n − 1); `None` for fewer than two numbers.
    pub fn variance(&self) -> Option<f64> {
        if self.count < 2 {
            return None;
        }
        // n Σx² − (Σx)², exactly. It is never negative.
        let spread = self.squares.times(self.count).minus(Wide::square(self.sum.unsigned_abs()));
        Some(spread.to_f64() / self.count as f64 / (self.count - 1) as f64)
    }

    /// The square root of the variance.
    pub fn sd(&self) -> Option<f64> {
        self.variance().map(f64::sqrt)
    }
}

/// An integer of 256 bits, in two halves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Wide {
    high: u128,
    low: u128,
}

impl From<u128> for Wide {
    fn from(low: u128) -> Self {
        Wide { high: 0, low }
    }
}

impl Wide {
    fn plus(self, other: Wide) -> Wide {
        let (low, carry) = self.low.overflowing_add(other.low);
        Wide { high: self.high + other.high + u128::from(carry), low }
    }

    fn minus(self, other: Wide) -> Wide {
        let (low, borrow) = self.low.overflowing_sub(other.low);
        Wide { high: self.high - other.high - u128::from(borrow), low }
    }

    fn times(self, factor: u64) -> Wide {
        let scaled = Wide::product(self.low, u128::from(factor));
        Wide { high: scaled.high + self.high * u128::from(factor), low: scaled.low }
    }

    fn square(x: u128) -> Wide {
        Wide::product(x, x)
    }

    /// Long multiplication with digits of 64 bits.
    fn product(a: u128, b: u128) -> Wide {
        const DIGIT: u128 = u64::MAX as u128;
        let (a1, a0, b1, b0) = (a >> 64, a & DIGIT, b >> 64, b & DIGIT);
        let (low, cross) = (a0 * b0, a1 * b0);
        let middle = a0 * b1 + (low >> 64) + (cross & DIGIT);
        Wide { high: a1 * b1 + (cross >> 64) + (middle >> 64), low: middle << 64 | low & DIGIT }
    }

    fn to_f64(self) -> f64 {
        const HALF: f64 = 340_282_366_920_938_463_463_374_607_431_768_211_456.0;
        self.high as f64 * HALF + self.low as f64
    }
}

/// Mean and variance of floats.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Moments {
    count: u64,
    mean: f64,
    /// The sum of squared deviations from the mean.
    deviations: f64,
}

impl Moments {
    /// Adds a number.
    pub fn add(&mut self, x: f64) {
        self.count += 1;
        let before = x - self.mean;
        self.mean += before / self.count as f64;
        self.deviations += before * (x - self.mean);
    }

    /// Adds all numbers of `other`.
    pub fn merge(&mut self, other: &Self) {
        if other.count == 0 {
            return;
        }
        let (n, m) = (self.count as f64, other.count as f64);
        let apart = other.mean - self.mean;
        self.count += other.count;
        self.mean += apart * (m / (n + m));
        self.deviations += other.deviations + apart * apart * (n * m / (n + m));
    }

    /// How many numbers were added.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The mean; `None` if there are no numbers.
    pub fn mean(&self) -> Option<f64> {
        (self.count > 0).then_some(self.mean)
    }

    /// The sample variance (divided by n − 1); `None` for fewer than two numbers.
    pub fn variance(&self) -> Option<f64> {
        (self.count > 1).then(|| self.deviations / (self.count - 1) as f64)
    }

    /// The square root of the variance.
    pub fn sd(&self) -> Option<f64> {
        self.variance().map(f64::sqrt)
    }
}

impl FromIterator<f64> for Moments {
    fn from_iter<I: IntoIterator<Item = f64>>(numbers: I) -> Self {
        let mut moments = Moments::default();
        numbers.into_iter().for_each(|x| moments.add(x));
        moments
    }
}

impl FromIterator<i64> for ExactMoments {
    fn from_iter<I: IntoIterator<Item = i64>>(numbers: I) -> Self {
        let mut moments = ExactMoments::default();
        numbers.into_iter().for_each(|x| moments.add(x));
        moments
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn of_few_numbers() {
        let exact: ExactMoments = [2, 4, 4, 4, 5, 5, 7, 9].into_iter().collect();
        assert_eq!((exact.mean(), exact.variance()), (Some(5.0), Some(32.0 / 7.0)));
        assert_eq!((ExactMoments::default().mean(), Moments::default().mean()), (None, None));
        let one: Moments = [3.0].into_iter().collect();
        assert_eq!((one.mean(), one.variance()), (Some(3.0), None));
    }

    /// NIST Statistical Reference Datasets, univariate summary statistics: NumAcc4, whose mean is 10000000.2 and whose
    /// standard deviation is 0.1; here in tenths.
    #[test]
    fn nist_numerical_accuracy_4() {
        let tenths = || std::iter::once(100_000_002).chain((0..1000).map(|i| 100_000_001 + 2 * (i % 2)));
        let exact: ExactMoments = tenths().collect();
        assert_eq!((exact.mean(), exact.sd()), (Some(100_000_002.0), Some(1.0)));
        let floats: Moments = tenths().map(|x| x as f64 / 10.0).collect();
        assert!((floats.mean().unwrap() - 10_000_000.2).abs() < 1e-7 && (floats.sd().unwrap() - 0.1).abs() < 1e-8);
    }

    #[test]
    fn the_largest_numbers_do_not_overflow() {
        let exact: ExactMoments = (0..1000).map(|i| if i % 2 == 0 { i64::MAX } else { i64::MIN }).collect();
        let sd = 9.223_372_036_854_776e18 * (1000.0_f64 / 999.0).sqrt();
        assert!((exact.sd().unwrap() - sd).abs() < 1e-9 * sd);
        let same: ExactMoments = (0..1000).map(|_| i64::MAX).collect();
        assert_eq!(same.variance(), Some(0.0));
    }

    proptest! {
        #[test]
        fn the_order_of_merging_does_not_matter(mut numbers in prop::collection::vec(any::<i64>(), 2..60), cut in 0..60_usize) {
            let forward: ExactMoments = numbers.iter().copied().collect();
            let (a, b) = numbers.split_at(cut % numbers.len());
            let mut merged: ExactMoments = b.iter().copied().collect();
            merged.merge(&a.iter().copied().collect());
            prop_assert_eq!(merged, forward);
            numbers.reverse();
            let floats: Moments = numbers.iter().map(|x| *x as f64).collect();
            let (exact, float) = (forward.variance().unwrap(), floats.variance().unwrap());
            prop_assert!((exact - float).abs() <= 1e-9 * exact.max(1.0));
        }

        #[test]
        fn float_moments_merge(numbers in prop::collection::vec(-1e6..1e6_f64, 2..60), cut in 0..60_usize) {
            let whole: Moments = numbers.iter().copied().collect();
            let (a, b) = numbers.split_at(cut % numbers.len());
            let mut merged: Moments = a.iter().copied().collect();
            merged.merge(&b.iter().copied().collect());
            prop_assert_eq!(merged.count(), whole.count());
            prop_assert!((merged.mean().unwrap() - whole.mean().unwrap()).abs() < 1e-6);
            prop_assert!((merged.variance().unwrap() - whole.variance().unwrap()).abs() < 1e-6 * whole.variance().unwrap().max(1.0));
        }
    }
}
