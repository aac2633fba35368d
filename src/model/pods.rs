//! How Pods of a Job behave, stage by stage: distributions, and where indexes and attempts differ. It draws lives; it
//! is not the kubelet that follows them.

use super::purpose::{self, DISRUPTION};
use super::workload::{Disruption, DisruptionKind, DisruptionOrigin};
use super::{Distribution, PodIdentity};
use crate::api::Intervals;
use crate::kernel::Draws;
use crate::time::{SimDuration, SimTime};
use std::sync::Arc;

/// How Pods behave.
#[derive(Clone, Debug, PartialEq)]
pub struct PodModel {
    /// What holds unless an index or attempt differs.
    pub stages: Stages,
    /// Completion indexes that differ; the first that fits decides, so more exact ones come first.
    pub by_index: Vec<(Intervals, PodModel)>,
    /// Attempts that differ (from, to; the first attempt is 1); the first that fits decides, so more exact ones come first.
    pub by_attempt: Vec<((u32, u32), Stages)>,
}

/// The stages of a Pod's life. All times are in seconds; `None` stands for never.
#[derive(Clone, Debug, PartialEq)]
pub struct Stages {
    /// From creation to being bound to a node.
    pub bind: Option<Distribution>,
    /// From binding to the images being there.
    pub pull: Distribution,
    /// From then to the containers running.
    pub start: Distribution,
    /// From running to ready.
    pub ready: Option<Distribution>,
    /// How long the containers run.
    pub run: Option<Distribution>,
    /// How a run ends.
    pub outcome: OutcomeModel,
    /// From SIGTERM to the exit.
    pub terminate: Distribution,
    /// The exit code then.
    pub terminate_exit_code: i32,
    /// The probability that the Pod is never bound.
    pub unschedulable: f64,
    /// What ends Pods from outside: how often for each hour that a Pod is bound.
    pub disruptions: Vec<(DisruptionKind, f64)>,
}

/// How a run of the containers ends.
#[derive(Clone, Debug, PartialEq)]
pub struct OutcomeModel {
    /// The exit code by chance.
    pub exit_code: ExitCode,
    /// The exit code of failures that come by time or outage.
    pub fail_exit_code: i32,
    /// Containers fail after this time, if they still run then.
    pub time_to_failure: Option<Distribution>,
    /// The probability that the containers hang.
    pub hang: f64,
}

/// An exit code by chance.
#[derive(Clone, Debug, PartialEq)]
pub enum ExitCode {
    /// Failure (with the outcome's `fail_exit_code`) by these probabilities, one for each attempt; the last repeats.
    Fail(Vec<f64>),
    /// Codes with the cumulated shares of their weights, the last of which is 1. Codes that are not 0 come first, so
    /// that more weight on failure only makes more runs fail.
    Weighted(Vec<(i32, f64)>),
}

/// A window in which runs that end fail together.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Outage {
    /// When it begins, counted from the beginning of virtual time.
    pub from: SimDuration,
    /// When it is over.
    pub to: SimDuration,
    /// The probability that a run that ends in it fails.
    pub fail: f64,
}

/// Outages, and when virtual time began.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Outages {
    /// The beginning.
    pub start: SimTime,
    /// The windows.
    pub windows: Arc<[Outage]>,
}

impl Outages {
    /// The probability that a run that ends now fails for that.
    pub fn probability(&self, now: SimTime) -> f64 {
        let at = now - self.start;
        self.windows.iter().filter(|w| w.from <= at && at < w.to).map(|w| w.fail).fold(0.0, f64::max)
    }
}

impl PodModel {
    /// The stages of one Pod.
    pub fn of(&self, pod: PodIdentity) -> &Stages {
        let index = pod.index.and_then(|ix| i32::try_from(ix).ok());
        let by_index = index.and_then(|ix| self.by_index.iter().find(|(set, _)| set.has(ix)));
        by_index.map_or(self, |(_, model)| model).of_attempt(pod)
    }

    fn of_attempt(&self, pod: PodIdentity) -> &Stages {
        let fits = |&&((from, to), _): &&((u32, u32), Stages)| from <= pod.attempt && pod.attempt <= to;
        self.by_attempt.iter().find(fits).map_or(&self.stages, |(_, stages)| stages)
    }
}

impl Stages {
    /// From creation to being bound; `None`: never.
    pub fn bind(&self, draws: &mut Draws) -> Option<SimDuration> {
        if self.unschedulable > 0.0 && draws.uniform(purpose::UNSCHEDULABLE) < self.unschedulable {
            return None;
        }
        Some(self.bind.as_ref()?.sample_duration(draws.uniform(purpose::BIND)))
    }

    /// From being bound to running.
    pub fn start(&self, draws: &mut Draws) -> SimDuration {
        self.pull.sample_duration(draws.uniform(purpose::PULL))
            + self.start.sample_duration(draws.uniform(purpose::START))
    }

    /// From running to ready; `None`: never.
    pub fn ready(&self, draws: &mut Draws) -> Option<SimDuration> {
        Some(self.ready.as_ref()?.sample_duration(draws.uniform(purpose::READY)))
    }

    /// From SIGTERM to the exit.
    pub fn terminate(&self, draws: &mut Draws) -> SimDuration {
        self.terminate.sample_duration(draws.uniform(purpose::TERMINATE))
    }

    /// How long the containers run the `number`th time (from 0), `None` if until they are killed, and their exit code.
    pub fn run(&self, attempt: u32, number: u32, draws: &mut Draws) -> (Option<SimDuration>, i32) {
        let outcome = &self.outcome;
        let hangs = outcome.hang > 0.0 && draws.uniform_at(purpose::HANG, number) < outcome.hang;
        let lasts = self.run.as_ref().filter(|_| !hangs);
        let lasts = lasts.map(|d| d.sample_duration(draws.uniform_at(purpose::RUN, number)));
        if let Some(ttf) = &outcome.time_to_failure {
            let fails_after = ttf.sample_duration(draws.uniform_at(purpose::TIME_TO_FAILURE, number));
            if lasts.is_none_or(|lasts| fails_after < lasts) {
                return (Some(fails_after), outcome.fail_exit_code);
            }
        }
        (lasts, outcome.exit_code(attempt.saturating_add(number), draws.uniform_at(purpose::OUTCOME, number)))
    }

    /// The first disruption, if any: the earliest of all kinds, each exponential.
    pub fn disruption(&self, draws: &mut Draws) -> Option<Disruption> {
        let after = |(n, &(kind, per_hour)): (usize, &(DisruptionKind, f64))| {
            let u = draws.uniform(crate::kernel::Purpose(DISRUPTION.0 + n as u32 % purpose::DISRUPTIONS));
            let seconds = -libm::log(u) / (per_hour / 3_600.0);
            Disruption { at: SimDuration::from_secs_f64(seconds), origin: DisruptionOrigin::Binding, kind }
        };
        self.disruptions.iter().enumerate().map(after).min_by_key(|d| d.at)
    }
}

impl OutcomeModel {
    /// The exit code of a run of this attempt (the first is 1).
    fn exit_code(&self, attempt: u32, u: f64) -> i32 {
        match &self.exit_code {
            ExitCode::Fail(shares) => {
                let at = (attempt.max(1) as usize - 1).min(shares.len().saturating_sub(1));
                if shares.get(at).is_some_and(|&share| u < share) { self.fail_exit_code } else { 0 }
            }
            ExitCode::Weighted(codes) => {
                codes.iter().find(|&&(_, upto)| u < upto).or(codes.last()).map_or(0, |&(code, _)| code)
            }
        }
    }
}

impl ExitCode {
    /// Codes with relative weights, of which at least one is positive.
    ///
    /// # Errors
    /// Says which weight is not a number from 0 on, or that all of them are 0.
    pub fn weighted(codes: impl IntoIterator<Item = (i32, f64)>) -> Result<Self, String> {
        let mut codes: Vec<(i32, f64)> = codes.into_iter().collect();
        if let Some((code, weight)) = codes.iter().find(|(_, w)| !(w.is_finite() && *w >= 0.0)) {
            return Err(format!("the weight of exit code {code} is {weight}: a weight is a number from 0 on"));
        }
        let sum: f64 = codes.iter().map(|c| c.1).sum();
        if sum.is_nan() || sum <= 0.0 || sum.is_infinite() {
            return Err("all weights are 0: at least one must be above 0, and their sum finite".to_owned());
        }
        codes.sort_by_key(|&(code, _)| (code == 0, code));
        let mut upto = 0.0;
        for (_, weight) in &mut codes {
            upto += *weight / sum;
            *weight = upto;
        }
        Ok(ExitCode::Weighted(codes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(exit_code: ExitCode) -> OutcomeModel {
        OutcomeModel { exit_code, fail_exit_code: 1, time_to_failure: None, hang: 0.0 }
    }

    #[test]
    fn exit_codes_by_weight() {
        let o = outcome(ExitCode::weighted([(0, 90.0), (137, 5.0), (1, 5.0)]).unwrap());
        for (u, code) in [(0.01, 1), (0.049, 1), (0.051, 137), (0.099, 137), (0.101, 0), (0.999, 0)] {
            assert_eq!(o.exit_code(1, u), code, "{u}");
        }
        assert!(ExitCode::weighted([(0, 0.0)]).is_err());
        assert!(ExitCode::weighted([(0, 1.0), (1, f64::NAN)]).is_err());
        assert!(ExitCode::weighted([(0, 1.0), (1, -1.0)]).is_err());
    }

    #[test]
    fn failure_by_attempt_repeats_the_last() {
        let o = outcome(ExitCode::Fail(vec![1.0, 0.5, 0.0]));
        let codes: Vec<i32> = (1..=5).map(|attempt| o.exit_code(attempt, 0.4)).collect();
        assert_eq!(codes, [1, 1, 0, 0, 0]);
    }

    #[test]
    fn outages_overlap_by_the_worst() {
        let s = SimDuration::from_secs;
        let windows = [Outage { from: s(10), to: s(20), fail: 0.5 }, Outage { from: s(15), to: s(30), fail: 1.0 }];
        let start = SimTime::ZERO + s(100);
        let outages = Outages { start, windows: Arc::from(windows) };
        for (at, p) in [(9, 0.0), (10, 0.5), (15, 1.0), (20, 1.0), (30, 0.0)] {
            assert_eq!(outages.probability(start + s(at)), p, "{at}");
        }
    }
}
