//! Calibration: input models from Pods that were. Stage by stage, what was observed becomes durations (some of them cut
//! off), and durations become the distribution that fits best, with what shows how well it does.
//!
//! - `object`: what is read of a Pod or Event, everything optional, as data of real clusters are;
//! - `observe`: durations and outcomes from them, and what could not be used;
//! - [`fit`]: the best of several families by censored likelihood, or the quantiles themselves if none fits;
//! - here: one [`Calibration`] of all.
//!
//! It reads no files. It does not look for trends, or for differences between indexes and attempts: Pods are one
//! population; choose one Job's if there are several.

pub mod fit;
mod object;
mod observe;

pub use fit::{Fit, FittedStage};
pub use object::{DumpedObject, read};
pub use observe::{DisruptionKind, Observations};

use crate::stats::Interval;
use crate::stats::interval::wilson;

/// What is observed of Pods, and the models that fit it.
#[derive(Clone, Debug)]
pub struct Calibration {
    /// What was observed, and what could not be used.
    pub seen: Observations,
    /// From creation to binding.
    pub bind: FittedStage,
    /// How long images take, where Events say so.
    pub pull: FittedStage,
    /// From binding (from the images being there, if Events say when) to containers running.
    pub start: FittedStage,
    /// From running to ready.
    pub ready: FittedStage,
    /// How long containers run.
    pub run: FittedStage,
    /// From the deletion to the end of the containers.
    pub terminate: FittedStage,
}

impl Calibration {
    /// Calibrates by Pods and Events. What is cut off is so at `now`, in seconds of Unix time: when they were listed; by
    /// default the latest instant that they name.
    pub fn new(objects: &[DumpedObject], job: Option<&str>, now: Option<f64>) -> Self {
        let seen = Observations::new(objects, job, now);
        let stage = |durations: &[_]| FittedStage::new(durations);
        Calibration {
            bind: stage(&seen.bind),
            pull: stage(&seen.pull),
            start: stage(&seen.start),
            ready: stage(&seen.ready),
            run: stage(&seen.run),
            terminate: stage(&seen.terminate),
            seen,
        }
    }

    /// The stages by the names they have in a scenario.
    pub fn stages(&self) -> [(&'static str, &FittedStage); 6] {
        [
            ("bind", &self.bind),
            ("pull", &self.pull),
            ("start", &self.start),
            ("ready", &self.ready),
            ("run", &self.run),
            ("terminate", &self.terminate),
        ]
    }

    /// The share of runs that failed, with its interval of 95 %; none if no run ended.
    pub fn failed(&self) -> Option<(f64, Interval)> {
        let ended: u64 = self.seen.exit_codes.values().sum();
        let failed = ended - self.seen.exit_codes.get(&0).copied().unwrap_or(0);
        (ended > 0).then(|| (failed as f64 / ended as f64, wilson(failed, ended, 0.95)))
    }

    /// How often Pods were disrupted in each hour that they were bound, by kind.
    pub fn disruption_rates(&self) -> Vec<(DisruptionKind, f64)> {
        let hours = self.seen.bound_seconds / 3_600.0;
        let rates = self.seen.disrupted.iter().filter(|_| hours > 0.0);
        rates.map(|(&kind, &count)| (kind, count as f64 / hours)).collect()
    }
}

#[cfg(test)]
mod tests;
