//! Statistics: estimates and how sure they are, from numbers alone. It imports nothing of ours, knows neither Jobs nor
//! time, and draws no random numbers. Transcendental functions come from `libm`, so that results are the same bytes
//! everywhere.

pub mod special;
