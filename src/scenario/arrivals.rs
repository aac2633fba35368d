//! When the copies of a Job are created: at one time, at equal distances, as a Poisson process, or as a trace says. It
//! draws no random numbers.

use super::csv_column;
use super::document::{ArrivalSource, ArrivalsSpec, JobEntrySpec};
use super::problem::FieldProblem;
use crate::time::SimDuration;
use std::path::Path;

/// Arrivals of a Poisson process that has neither `count` nor `until`.
const ARRIVALS: u32 = 1_000;
/// The most copies of one entry.
const MOST: u32 = 1_000_000;

/// When copies are created.
#[derive(Clone, Debug, PartialEq)]
pub enum ArrivalTimes {
    /// At these times, in order.
    Fixed(Vec<SimDuration>),
    /// As a Poisson process.
    Poisson {
        /// Arrivals in an hour.
        per_hour: f64,
        /// How many there are at the most.
        most: u32,
        /// When the process begins.
        first: SimDuration,
        /// How long it goes on.
        until: SimDuration,
    },
}

impl ArrivalTimes {
    /// How many copies there may be.
    pub fn most(&self) -> usize {
        match self {
            ArrivalTimes::Fixed(times) => times.len(),
            ArrivalTimes::Poisson { most, .. } => *most as usize,
        }
    }
}

/// When the copies of an entry are created.
///
/// # Errors
/// Fields that exclude each other, too many copies, a trace that cannot be read.
pub fn of(entry: &JobEntrySpec, folder: &Path) -> Result<ArrivalTimes, FieldProblem> {
    let first = entry.at.unwrap_or_default().0;
    let Some(arrivals) = &entry.arrivals else {
        let count = entry.count.unwrap_or(1);
        if count == 0 || count > MOST {
            return Err(FieldProblem::new("count", format!("{count} copies: from 1 to {MOST}")));
        }
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
            let expected = arrivals.until.map(|span| rate.0 * span.0.as_secs_f64() / 3_600.0);
            let most = expected.map_or(ARRIVALS, enough).min(arrivals.count.unwrap_or(u32::MAX));
            if most > MOST {
                let message = format!("about {most} arrivals: at most {MOST} are simulated");
                return Err(FieldProblem::new("arrivals", message));
            }
            Ok(ArrivalTimes::Poisson { per_hour: rate.0, most, first, until })
        }
        ArrivalSource::Trace(file) => trace(arrivals, &folder.join(file), first, until),
    }
}

/// An upper bound for a Poisson variate of this mean: it lies eight standard deviations above, so that it is exceeded with
/// a probability of less than 1e-14.
fn enough(mean: f64) -> u32 {
    (mean + 8.0 * mean.sqrt() + 16.0) as u32
}

fn trace(
    arrivals: &ArrivalsSpec,
    file: &Path,
    first: SimDuration,
    until: SimDuration,
) -> Result<ArrivalTimes, FieldProblem> {
    let at_trace = |message: String| FieldProblem::new("arrivals.trace", message);
    let seconds = csv_column::column(file, arrivals.column.as_deref(), None).map_err(at_trace)?;
    let mut times: Vec<SimDuration> = seconds.into_iter().map(SimDuration::from_secs_f64).collect();
    times.sort();
    times.retain(|&t| t <= until);
    times.truncate(arrivals.count.unwrap_or(MOST).min(MOST) as usize);
    if times.is_empty() {
        return Err(at_trace("nothing arrives".to_owned()));
    }
    Ok(ArrivalTimes::Fixed(times.into_iter().map(|t| first + t).collect()))
}
