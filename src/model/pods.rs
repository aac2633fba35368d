//! How Pods of a Job behave, stage by stage: distributions, and where indexes and attempts differ. It draws lives; it
//! is not the kubelet that follows them.

use super::containers::{ContainerModel, ScriptedRun, numbered};
use super::image_pull;
use super::purpose::{self, DISRUPTION};
use super::workload::{Disruption, DisruptionKind, DisruptionOrigin};
use super::{Distribution, PodIdentity};
use crate::api::{Intervals, WaitingReason};
use crate::kernel::Draws;
use crate::time::{SimDuration, SimTime};
use std::sync::Arc;

/// How Pods behave.
#[derive(Clone, Debug, PartialEq)]
pub struct PodModel {
    /// What holds unless a start, an index or an attempt differs.
    pub stages: Stages,
    /// Jobs of a CronJob that differ, by their number among those that it creates (from, to; the first is 1); no two overlap.
    pub by_start: Vec<((u32, u32), PodModel)>,
    /// Completion indexes that differ; no two overlap.
    pub by_index: Vec<(Intervals, PodModel)>,
    /// Where each interval of these stands in them (from, to, place), by rising numbers: there may be thousands, and each Pod
    /// asks.
    places: Vec<(i32, i32, u32)>,
    /// Attempts that differ (from, to; the first attempt is 1); no two overlap.
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
    /// What ends the Pod from outside, counted from its creation.
    pub disrupted_after: Option<(DisruptionKind, Distribution)>,
    /// Runs as they are told, instead of `run` and `outcome`; the last is repeated.
    pub runs: Vec<ScriptedRun>,
    /// Containers that are told apart, by name.
    pub containers: Vec<(String, ContainerModel)>,
    /// Whether all containers end at once, with what is said of the Pod.
    pub is_together: bool,
    /// Whether the containers end when `terminate` says, even if the grace period is over by then.
    pub outlives_grace: bool,
    /// What keeps containers from starting.
    pub faults: StageFaults,
}

/// Probabilities of what keeps containers from starting.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct StageFaults {
    /// Of each try to pull an image: it fails (ErrImagePull), and is repeated after the kubelet's back-off.
    pub pull: f64,
    /// Of a Pod: the containers' configuration is wrong (CreateContainerConfigError), for ever.
    pub config: f64,
    /// Of each run: the container cannot be started (StartError), and counts as failed with 128.
    pub start: f64,
}

/// The exit code of a container that cannot be started. Source: `pkg/kubelet/kuberuntime/kuberuntime_container.go` and the
/// container runtimes, which report 128.
const START_ERROR_CODE: i32 = 128;

/// The exit code of a container whose process the kernel killed for want of memory: 128 and SIGKILL. The kubelet calls it
/// OOMKilled.
pub const OOM_KILLED_CODE: i32 = 137;

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
    /// The probability that a run ends for want of memory (OOMKilled).
    pub out_of_memory: f64,
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
    /// A model in which no start, index or attempt differs.
    pub fn plain(stages: Stages) -> Self {
        PodModel { stages, by_start: Vec::new(), by_index: Vec::new(), places: Vec::new(), by_attempt: Vec::new() }
    }

    /// Says which completion indexes differ; no two sets overlap.
    pub fn set_by_index(&mut self, by_index: Vec<(Intervals, PodModel)>) {
        let of_set = |(place, (set, _)): (usize, &(Intervals, PodModel))| {
            set.iter().map(move |(from, to)| (from, to, place as u32)).collect::<Vec<_>>()
        };
        self.places = by_index.iter().enumerate().flat_map(of_set).collect();
        self.places.sort_unstable();
        self.by_index = by_index;
    }

    /// The same model with all its stages changed.
    pub fn map(&self, change: &impl Fn(&Stages) -> Stages) -> Self {
        PodModel {
            stages: change(&self.stages),
            by_start: self.by_start.iter().map(|(starts, model)| (*starts, model.map(change))).collect(),
            by_index: self.by_index.iter().map(|(set, model)| (set.clone(), model.map(change))).collect(),
            places: self.places.clone(),
            by_attempt: self.by_attempt.iter().map(|(range, stages)| (*range, change(stages))).collect(),
        }
    }

    /// Whether some stages are of this kind.
    pub fn any(&self, is_it: &impl Fn(&Stages) -> bool) -> bool {
        let mut below =
            self.by_start.iter().map(|(_, model)| model).chain(self.by_index.iter().map(|(_, model)| model));
        is_it(&self.stages)
            || self.by_attempt.iter().any(|(_, stages)| is_it(stages))
            || below.any(|model| model.any(is_it))
    }

    /// The stages of one Pod; `start` is the number of its Job among those of a CronJob, 0 for other Jobs.
    pub fn of(&self, pod: PodIdentity, start: u32) -> &Stages {
        if self.by_start.is_empty() {
            return self.of_index(pod);
        }
        let fits = |((from, to), _): &&((u32, u32), PodModel)| *from <= start && start <= *to;
        self.by_start.iter().find(fits).map_or(self, |(_, model)| model).of_index(pod)
    }

    fn of_index(&self, pod: PodIdentity) -> &Stages {
        let index = pod.index.and_then(|ix| i32::try_from(ix).ok());
        let of = |ix: i32| {
            let upto = self.places.partition_point(|(from, ..)| *from <= ix);
            let (_, to, place) = self.places[..upto].last()?;
            (ix <= *to).then(|| &self.by_index[*place as usize].1)
        };
        index.and_then(of).unwrap_or(self).of_attempt(pod)
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

    /// From being bound to running, or why that never happens.
    pub fn start(&self, draws: &mut Draws) -> Result<SimDuration, WaitingReason> {
        if self.faults.config > 0.0 && draws.uniform(purpose::CONFIG_ERROR) < self.faults.config {
            return Err(WaitingReason::CreateContainerConfigError);
        }
        let pull = image_pull::lasts(&self.pull, self.faults.pull, draws).ok_or(WaitingReason::ImagePullBackOff)?;
        Ok(pull + self.start.sample_duration(draws.uniform(purpose::START)))
    }

    /// What is reported of pulls that fail, in turn, counted from the binding.
    pub fn pull_reports(&self, draws: &mut Draws) -> Vec<(SimDuration, WaitingReason)> {
        if self.faults.config > 0.0 && draws.uniform(purpose::CONFIG_ERROR) < self.faults.config {
            return Vec::new();
        }
        image_pull::reports(&self.pull, self.faults.pull, draws)
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
        if let Some(told) = numbered(&self.runs, number) {
            return (told.lasts, told.code());
        }
        if self.faults.start > 0.0 && draws.uniform_at(purpose::START_ERROR, number) < self.faults.start {
            return (Some(SimDuration::ZERO), START_ERROR_CODE);
        }
        self.outcome.run(self.run.as_ref(), attempt.saturating_add(number), number, draws)
    }

    /// What the scenario says of a container.
    pub fn container(&self, name: &str) -> Option<&ContainerModel> {
        self.containers.iter().find(|(other, _)| other == name).map(|(_, model)| model)
    }

    /// The first disruption, if any: the one that is named, else the earliest of all kinds, each exponential.
    pub fn disruption(&self, draws: &mut Draws) -> Option<Disruption> {
        if let Some((kind, after)) = &self.disrupted_after {
            let at = after.sample_duration(draws.uniform(purpose::DISRUPTED_AFTER));
            return Some(Disruption { at, origin: DisruptionOrigin::Creation, kind: *kind });
        }
        let after = |(n, &(kind, per_hour)): (usize, &(DisruptionKind, f64))| {
            let u = draws.uniform(crate::kernel::Purpose(DISRUPTION.0 + n as u32 % purpose::DISRUPTIONS));
            let seconds = -libm::log(u) / (per_hour / 3_600.0);
            Disruption { at: SimDuration::from_secs_f64(seconds), origin: DisruptionOrigin::Binding, kind }
        };
        self.disruptions.iter().enumerate().map(after).min_by_key(|d| d.at)
    }
}

impl OutcomeModel {
    /// Every run ends with 0.
    pub fn success() -> Self {
        OutcomeModel {
            exit_code: ExitCode::Fail(vec![0.0]),
            fail_exit_code: 1,
            time_to_failure: None,
            hang: 0.0,
            out_of_memory: 0.0,
        }
    }

    /// How long a run lasts that takes this long unless it hangs or fails before, and its exit code. `attempt` is that of the
    /// Pod and the run together, `number` that of the run.
    pub(super) fn run(
        &self,
        run: Option<&Distribution>,
        attempt: u32,
        number: u32,
        draws: &mut Draws,
    ) -> (Option<SimDuration>, i32) {
        if self.out_of_memory > 0.0 && draws.uniform_at(purpose::OUT_OF_MEMORY, number) < self.out_of_memory {
            return (run.map(|d| d.sample_duration(draws.uniform_at(purpose::RUN, number))), OOM_KILLED_CODE);
        }
        let hangs = self.hang > 0.0 && draws.uniform_at(purpose::HANG, number) < self.hang;
        let lasts = run.filter(|_| !hangs).map(|d| d.sample_duration(draws.uniform_at(purpose::RUN, number)));
        if let Some(ttf) = &self.time_to_failure {
            let fails_after = ttf.sample_duration(draws.uniform_at(purpose::TIME_TO_FAILURE, number));
            if lasts.is_none_or(|lasts| fails_after < lasts) {
                return (Some(fails_after), self.fail_exit_code);
            }
        }
        (lasts, self.exit_code(attempt, draws.uniform_at(purpose::OUTCOME, number)))
    }

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
        OutcomeModel { exit_code, ..OutcomeModel::success() }
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
