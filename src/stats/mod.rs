//! Statistics: estimates and how sure they are, from numbers alone. It imports nothing of ours, knows neither Jobs nor
//! time, and draws no random numbers. Transcendental functions come from `libm`, so that results are the same bytes
//! everywhere.
//!
//! - [`moments`]: mean and variance, kept exactly (whole numbers, in any order) or by Welford's rule (floats);
//! - [`order`]: quantiles of very many numbers in bounded memory, in any order;
//! - [`interval`]: intervals for means, probabilities and quantiles;
//! - [`sample`]: what is said about a list of numbers: quantiles, Kolmogorov–Smirnov, histogram, paired differences;
//! - [`survival`]: Kaplan and Meier's curve, for data of which some is cut off;
//! - [`minimize`]: least values, for likelihoods;
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
