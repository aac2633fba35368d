//! Calibration: input models from observed Pods. Observations become durations, stage by stage (some of them censored),
//! and durations become the distribution that fits best, together with its goodness of fit.
//!
//! - `object`: the fields that are read of a Pod or Event, all of them optional, as real dumps are incomplete;
//! - `select`: the Pods of Jobs among them, each once;
//! - `observe`: durations and outcomes, and what could not be used;
//! - [`fit`]: the best of several families by censored likelihood, or the quantiles themselves if none fits;
//! - `exact`: what the Pods of one Job did, one by one, without a model;
//! - here: one [`Calibration`] with all of this.
//!
//! No files are read here. Trends and differences between indexes or attempts are not looked for: all Pods are one
//! population. If there are several Jobs, choose one.

mod exact;
pub mod fit;
mod object;
mod observe;
mod select;

pub use exact::{ExactPod, ExactPods, ExactRun};
pub use fit::{Fit, FittedStage};
pub use object::{DumpedObject, objects, read};
pub use observe::{Observations, ObservedDisruption};

use crate::stats::Interval;
use crate::stats::interval::wilson;

/// Observations of Pods, and the models that fit them.
#[derive(Clone, Debug)]
pub struct Calibration {
    /// What was observed, and what could not be used.
    pub seen: Observations,
    /// From creation to binding.
    pub bind: FittedStage,
    /// How long image pulls take, if Events say so.
    pub pull: FittedStage,
    /// From binding (or from the end of the image pulls, if Events say when) to containers running.
    pub start: FittedStage,
    /// From running to ready.
    pub ready: FittedStage,
    /// How long containers run.
    pub run: FittedStage,
    /// From the deletion to the end of the containers.
    pub terminate: FittedStage,
}

impl Calibration {
    /// Calibrates from Pods and Events. `now` is when they were listed, in seconds of Unix time; durations that had not
    /// ended are censored there. The default is the latest instant in the objects.
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

    /// The stages under their names in a scenario.
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

    /// The share of runs that failed, with its 95 % interval; none if no run ended.
    pub fn failed(&self) -> Option<(f64, Interval)> {
        let ended: u64 = self.seen.exit_codes.values().sum();
        let failed = ended - self.seen.exit_codes.get(&0).copied().unwrap_or(0);
        (ended > 0).then(|| (failed as f64 / ended as f64, wilson(failed, ended, 0.95)))
    }

    /// How often Pods were disrupted per hour during which they were bound, by kind: disruptions divided by exposure,
    /// which is the maximum likelihood estimate of the rate of a Poisson process.
    pub fn disruption_rates(&self) -> Vec<(ObservedDisruption, f64)> {
        let hours = self.seen.bound_seconds / 3_600.0;
        let rates = self.seen.disrupted.iter().filter(|_| hours > 0.0);
        rates.map(|(&kind, &count)| (kind, count as f64 / hours)).collect()
    }
}

#[cfg(test)]
mod tests;
