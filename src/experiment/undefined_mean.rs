//! Distributions without a mean, such as a Pareto distribution with a shape of 1 or below. They can be simulated, but
//! the mean of a time that depends on them grows with the number of replications, and its interval means nothing. So
//! means of times are refused if the user asks for them, and left out otherwise. Quantiles are as good as ever.

use super::goal::{Measure, Measured, Statistic};
use super::result::PairedDifference;
use super::setup::Setup;
use super::summary::{SeriesSummary, Statistics, Summary};
use crate::model::{ContainerModel, Distribution, Latency, PodModel, Stages};

const SECONDS: &str = "seconds";

impl Setup {
    /// The scenario's field of the first stage of a Pod's life, or latency, that has no mean. `None` if every Job has a
    /// deadline, as that bounds all times.
    pub fn stage_without_mean(&self) -> Option<&'static str> {
        let bounded = |job: &super::setup::PlannedJob| job.object.spec.active_deadline_seconds.is_some();
        if self.cronjobs.is_empty() && self.jobs.iter().all(bounded) {
            return None;
        }
        let has_none = |latency: &Latency| latency.distribution().is_some_and(|time| time.mean().is_none());
        let of_cluster =
            [("cluster.apiLatency", &self.config.api_latency), ("cluster.watchLatency", &self.config.watch_latency)];
        let of_cluster = of_cluster.into_iter().find(|(_, latency)| has_none(latency)).map(|(name, _)| name);
        self.models.iter().find_map(of_model).or(of_cluster)
    }
}

fn of_model(model: &PodModel) -> Option<&'static str> {
    let own = std::iter::once(&model.stages).chain(model.by_attempt.iter().map(|(_, stages)| stages));
    let mut below = model.by_start.iter().map(|(_, model)| model).chain(model.by_index.iter().map(|(_, model)| model));
    own.clone().find_map(of_stages).or_else(|| below.find_map(of_model))
}

fn of_stages(stages: &Stages) -> Option<&'static str> {
    // The grace period bounds how long a Pod terminates.
    let times = [
        ("pods.bind", stages.bind.as_ref()),
        ("pods.pull", Some(&stages.pull)),
        ("pods.start", Some(&stages.start)),
        ("pods.run", stages.run.as_ref()),
    ];
    without_mean(&times).or_else(|| stages.containers.iter().find_map(|(_, model)| of_container(model)))
}

fn of_container(model: &ContainerModel) -> Option<&'static str> {
    let times = [
        ("pods.containers.start", model.start.as_ref()),
        ("pods.containers.run", model.run.as_ref().and_then(Option::as_ref)),
        ("pods.containers.endsAfterMain", model.ends_after_main.as_ref()),
    ];
    without_mean(&times)
}

/// The field of the first time that has no mean.
fn without_mean(times: &[(&'static str, Option<&Distribution>)]) -> Option<&'static str> {
    times.iter().find(|(_, time)| time.is_some_and(|time| time.mean().is_none())).map(|(name, _)| *name)
}

/// Why means of times are refused.
pub fn undefined_mean_message(field: &str) -> String {
    format!(
        "{field} has no mean, so times that depend on it have none: ask for a quantile, truncate the distribution \
         (`truncated(…, max=1d)`), or give the Job an activeDeadlineSeconds"
    )
}

impl Measure {
    /// Whether it is the mean of a time.
    pub fn is_mean_time(&self) -> bool {
        self.is_time()
            && matches!(self.what, Measured::Statistic(Statistic::Mean, _) | Measured::OfPool(Statistic::Mean, ..))
    }
}

impl Summary {
    /// Removes the means of times.
    pub fn drop_mean_times(&mut self) {
        std::iter::once(&mut self.all).chain(&mut self.series).for_each(SeriesSummary::drop_mean_times);
    }
}

impl SeriesSummary {
    fn drop_mean_times(&mut self) {
        let of_ends = self.ends.iter_mut().filter_map(|end| end.duration.as_mut());
        for s in self.responses.iter_mut().chain(of_ends).filter(|s: &&mut Statistics| s.unit == SECONDS) {
            (s.mean, s.mean_interval, s.sd) = (None, None, None);
        }
        self.above.clear();
    }
}

/// Removes the differences of times.
pub fn drop_times(differences: &mut Vec<PairedDifference>) {
    differences.retain(|d| d.unit != SECONDS);
}
