//! When the copies of a Job are created: at one time, at equal intervals, as a Poisson process, or according to a
//! trace. No random numbers are drawn here.

use super::csv_column;
use super::document::{ArrivalSource, ArrivalsSpec, JobEntrySpec};
use super::problem::FieldProblem;
use crate::experiment::RAISED;
use crate::limits::DEFAULT_ARRIVALS;
use crate::text::thousands;
use crate::time::SimDuration;
use std::path::Path;

/// When copies are created.
#[derive(Clone, Debug, PartialEq)]
pub enum ArrivalTimes {
    /// At these times, in increasing order.
    Fixed(Vec<SimDuration>),
    /// As a Poisson process.
    Poisson {
        /// Arrivals per hour.
        per_hour: f64,
        /// The largest number of arrivals.
        most: u32,
        /// When the process begins.
        first: SimDuration,
        /// How long the process lasts.
        until: SimDuration,
    },
}

impl ArrivalTimes {
    /// When a copy is created, if not at random; otherwise when the process begins.
    pub fn at(&self, copy: usize) -> SimDuration {
        match self {
            ArrivalTimes::Fixed(times) => times.get(copy).copied().unwrap_or_default(),
            ArrivalTimes::Poisson { first, .. } => *first,
        }
    }

    /// The largest number of copies.
    pub fn most(&self) -> usize {
        match self {
            ArrivalTimes::Fixed(times) => times.len(),
            ArrivalTimes::Poisson { most, .. } => *most as usize,
        }
    }
}

/// When the copies of an entry are created, of which there may be at most `most`.
///
/// # Errors
/// Fields that exclude each other, too many copies, or a trace that cannot be read.
pub fn of(entry: &JobEntrySpec, folder: &Path, most: u64) -> Result<ArrivalTimes, FieldProblem> {
    let first = entry.at.unwrap_or_default().0;
    let Some(arrivals) = &entry.arrivals else {
        let count = entry.count.unwrap_or(1);
        if count == 0 {
            return Err(FieldProblem::new("count", "0 copies: at least 1"));
        }
        few_enough(count.into(), most).map_err(|why| FieldProblem::new("count", why))?;
        let every = entry.every.unwrap_or_default().0.as_nanos();
        let at = |n: u32| first + SimDuration::from_nanos(every.saturating_mul(i64::from(n)));
        return Ok(ArrivalTimes::Fixed((0..count).map(at).collect()));
    };
    if entry.count.is_some() || entry.every.is_some() {
        return Err(FieldProblem::new("arrivals", "count and every go with copies at a time, not with arrivals"));
    }
    let until = arrivals.until.map_or(SimDuration::MAX, |span| span.0);
    match &arrivals.source {
        ArrivalSource::Poisson(rate) if rate.0 == 0.0 => {
            Err(FieldProblem::new("arrivals.poisson", "at this rate nothing arrives"))
        }
        ArrivalSource::Poisson(rate) => {
            let expected = arrivals.until.map(|span| enough(rate.0 * span.0.as_secs_f64() / 3_600.0));
            let copies = match (expected, arrivals.count) {
                (Some(expected), Some(count)) => expected.min(count),
                (Some(only), None) | (None, Some(only)) => only,
                (None, None) => DEFAULT_ARRIVALS,
            };
            few_enough(copies.into(), most).map_err(|why| FieldProblem::new("arrivals", why))?;
            Ok(ArrivalTimes::Poisson { per_hour: rate.0, most: copies, first, until })
        }
        ArrivalSource::Trace(file) => trace(arrivals, &folder.join(file), (first, until), most),
    }
}

/// Whether the number of arrivals is not specified.
pub(super) fn is_open(arrivals: &ArrivalsSpec) -> bool {
    matches!(arrivals.source, ArrivalSource::Poisson(_)) && arrivals.count.is_none() && arrivals.until.is_none()
}

/// Rejects more copies than may be planned.
fn few_enough(copies: u64, most: u64) -> Result<(), String> {
    let (shown, bound) = (thousands(copies), thousands(most));
    if copies > most { Err(format!("up to {shown} Jobs: at most {bound}; {RAISED}")) } else { Ok(()) }
}

/// How many Jobs to plan for a Poisson process with this mean number of arrivals. Jobs are planned before their times
/// are drawn, so there has to be a bound: eight standard deviations above the mean (and 16 more, for means near 0),
/// which a Poisson variate exceeds with a probability of less than 1e-14.
fn enough(mean: f64) -> u32 {
    (mean + 8.0 * mean.sqrt() + 16.0) as u32
}

fn trace(
    arrivals: &ArrivalsSpec,
    file: &Path,
    (first, until): (SimDuration, SimDuration),
    most: u64,
) -> Result<ArrivalTimes, FieldProblem> {
    let at_trace = |message: String| FieldProblem::new("arrivals.trace", message);
    let seconds = csv_column::column(file, arrivals.column.as_deref(), None).map_err(at_trace)?;
    let mut times: Vec<SimDuration> = seconds.into_iter().map(SimDuration::from_secs_f64).collect();
    times.sort();
    times.retain(|&t| t <= until);
    times.truncate(arrivals.count.unwrap_or(u32::MAX) as usize);
    few_enough(times.len() as u64, most).map_err(at_trace)?;
    if times.is_empty() {
        return Err(at_trace("nothing arrives".to_owned()));
    }
    Ok(ArrivalTimes::Fixed(times.into_iter().map(|t| first + t).collect()))
}
