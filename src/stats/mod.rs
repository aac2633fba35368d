//! Statistics: estimates and their uncertainty, from numbers alone. It imports no other room, knows neither Jobs nor
//! time, and draws no random numbers. Transcendental functions come from `libm`, so that results are the same bytes
//! everywhere.
//!
//! - [`moments`]: mean and variance, kept exactly (integers, in any order) or by Welford's method (floats);
//! - [`order`]: quantiles of very many numbers in bounded memory, in any order;
//! - [`interval`]: intervals for means, probabilities and quantiles;
//! - [`sample`]: descriptions of a list of numbers: quantiles, Kolmogorov–Smirnov, histogram, paired differences;
//! - [`survival`]: the Kaplan–Meier estimate for censored durations;
//! - [`minimize`]: minimization, for likelihoods;
//! - [`student`], [`binomial`], [`special`]: the distributions behind them.

pub mod binomial;
pub mod interval;
pub mod minimize;
pub mod moments;
pub mod order;
pub mod sample;
pub mod special;
pub mod student;
pub mod survival;

pub use interval::Interval;
pub use moments::{ExactMoments, Moments};
pub use order::OrderStatistics;
