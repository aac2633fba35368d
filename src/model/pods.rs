//! How the Pods of a Job behave, stage by stage: distributions, and differences between indexes and attempts. It draws
//! lives; the kubelet that lives them is elsewhere.

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
    /// The stages, unless a start, an index or an attempt has its own.
    pub stages: Stages,
    /// Jobs of a CronJob that differ, by their numbers among its Jobs (from, to; the first is 1). Ranges do not
    /// overlap.
    pub by_start: Vec<((u32, u32), PodModel)>,
    /// Completion indexes that differ. Sets do not overlap.
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
    /// From creation to binding.
    pub bind: Option<Distribution>,
    /// From binding until the images are present.
    pub pull: Distribution,
    /// From then until the containers are running.
    pub start: Distribution,
    /// From running to ready.
    pub ready: Option<Distribution>,
    /// How long the containers run.
    pub run: Option<Distribution>,
    /// How a run ends.
    pub outcome: OutcomeModel,
    /// From SIGTERM to the exit.
    pub terminate: Distribution,
    /// The exit code after SIGTERM.
    pub terminate_exit_code: i32,
    /// The probability that the Pod is never bound.
    pub unschedulable: f64,
    /// What ends Pods from outside: kinds with their rates, per hour since binding.
    pub disruptions: Vec<(DisruptionKind, f64)>,
    /// What ends the Pod from outside, with the time since its creation.
    pub disrupted_after: Option<(DisruptionKind, Distribution)>,
    /// Scripted runs; they replace `run` and `outcome`, and the last one repeats.
    pub runs: Vec<ScriptedRun>,
    /// Containers that are modelled separately, by name.
    pub containers: Vec<(String, ContainerModel)>,
    /// Whether all containers end together, as the Pod's own stages say.
    pub is_together: bool,
    /// Whether the containers run until `terminate` is over even if the grace period ends before.
    pub outlives_grace: bool,
    /// Faults that keep containers from starting.
    pub faults: StageFaults,
}

/// Probabilities of faults that keep containers from starting.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct StageFaults {
    /// Per attempt to pull an image: it fails (ErrImagePull) and is repeated after the kubelet's back-off.
    pub pull: f64,
    /// Per Pod: the containers' configuration is wrong (CreateContainerConfigError) and stays so.
    pub config: f64,
    /// Per run: the container cannot be started (StartError), and counts as failed with exit code 128.
    pub start: f64,
}

/// The exit code of a container that cannot be started. Source: `pkg/kubelet/kuberuntime/kuberuntime_container.go` and the
/// container runtimes, which report 128.
const START_ERROR_CODE: i32 = 128;

/// The exit code of a container whose process the kernel killed because it ran out of memory: 128 plus SIGKILL. The
/// kubelet reports OOMKilled.
pub const OOM_KILLED_CODE: i32 = 137;

/// How a run of the containers ends.
#[derive(Clone, Debug, PartialEq)]
pub struct OutcomeModel {
    /// The distribution of the exit code.
    pub exit_code: ExitCode,
    /// The exit code of failures by `time_to_failure` or an outage.
    pub fail_exit_code: i32,
    /// Containers that are still running after this time fail.
    pub time_to_failure: Option<Distribution>,
    /// The probability that the containers hang.
    pub hang: f64,
    /// The probability that a run is killed because it runs out of memory (OOMKilled).
    pub out_of_memory: f64,
}

/// The distribution of an exit code.
#[derive(Clone, Debug, PartialEq)]
pub enum ExitCode {
    /// Failure (with the outcome's `fail_exit_code`) with these probabilities, one per attempt; the last one repeats.
    Fail(Vec<f64>),
    /// Codes with their cumulative probabilities, the last of which is 1. Codes other than 0 come first, so that more
    /// weight on failure can only make more runs fail.
    Weighted(Vec<(i32, f64)>),
}

/// A window in which runs that end fail together.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Outage {
    /// Its beginning, from the beginning of virtual time.
    pub from: SimDuration,
    /// Its end.
    pub to: SimDuration,
    /// The probability that a run that ends in the window fails.
    pub fail: f64,
}

/// Outages, and when virtual time began.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Outages {
    /// The beginning of virtual time.
    pub start: SimTime,
    /// The windows.
    pub windows: Arc<[Outage]>,
}

impl Outages {
    /// The probability that an outage fails a run that ends now.
    pub fn probability(&self, now: SimTime) -> f64 {
        let at = now - self.start;
        self.windows.iter().filter(|w| w.from <= at && at < w.to).map(|w| w.fail).fold(0.0, f64::max)
    }
}

impl PodModel {
    /// A model without differences between starts, indexes and attempts.
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

    /// The same model with `change` applied to all its stages.
    pub fn map(&self, change: &impl Fn(&Stages) -> Stages) -> Self {
        PodModel {
            stages: change(&self.stages),
            by_start: self.by_start.iter().map(|(starts, model)| (*starts, model.map(change))).collect(),
            by_index: self.by_index.iter().map(|(set, model)| (set.clone(), model.map(change))).collect(),
            places: self.places.clone(),
            by_attempt: self.by_attempt.iter().map(|(range, stages)| (*range, change(stages))).collect(),
        }
    }

    /// Whether any of its stages satisfies a predicate.
    pub fn any(&self, is_it: &impl Fn(&Stages) -> bool) -> bool {
        let mut below =
            self.by_start.iter().map(|(_, model)| model).chain(self.by_index.iter().map(|(_, model)| model));
        is_it(&self.stages)
            || self.by_attempt.iter().any(|(_, stages)| is_it(stages))
            || below.any(|model| model.any(is_it))
    }

    /// The stages of one Pod. `start` is the number of its Job among those of its CronJob, or 0.
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
    /// From creation to binding; `None` for never.
    pub fn bind(&self, draws: &mut Draws) -> Option<SimDuration> {
        if self.unschedulable > 0.0 && draws.uniform(purpose::UNSCHEDULABLE) < self.unschedulable {
            return None;
        }
        Some(self.bind.as_ref()?.draw_duration(|| draws.uniform(purpose::BIND)))
    }

    /// From binding to running, or why that never happens.
    pub fn start(&self, draws: &mut Draws) -> Result<SimDuration, WaitingReason> {
        if self.faults.config > 0.0 && draws.uniform(purpose::CONFIG_ERROR) < self.faults.config {
            return Err(WaitingReason::CreateContainerConfigError);
        }
        let pull = image_pull::lasts(&self.pull, self.faults.pull, draws).ok_or(WaitingReason::ImagePullBackOff)?;
        Ok(pull + self.start.draw_duration(|| draws.uniform(purpose::START)))
    }

    /// What is reported about failed pulls, in order, as times since binding.
    pub fn pull_reports(&self, draws: &mut Draws) -> Vec<(SimDuration, WaitingReason)> {
        if self.faults.config > 0.0 && draws.uniform(purpose::CONFIG_ERROR) < self.faults.config {
            return Vec::new();
        }
        image_pull::reports(&self.pull, self.faults.pull, draws)
    }

    /// From running to ready; `None` for never.
    pub fn ready(&self, draws: &mut Draws) -> Option<SimDuration> {
        Some(self.ready.as_ref()?.draw_duration(|| draws.uniform(purpose::READY)))
    }

    /// From SIGTERM to the exit.
    pub fn terminate(&self, draws: &mut Draws) -> SimDuration {
        self.terminate.draw_duration(|| draws.uniform(purpose::TERMINATE))
    }

    /// How long the containers run the `number`-th time (from 0), or `None` until they are killed; and their exit code.
    pub fn run(&self, attempt: u32, number: u32, draws: &mut Draws) -> (Option<SimDuration>, i32) {
        if let Some(told) = numbered(&self.runs, number) {
            return (told.lasts, told.code());
        }
        if self.faults.start > 0.0 && draws.uniform_at(purpose::START_ERROR, number) < self.faults.start {
            return (Some(SimDuration::ZERO), START_ERROR_CODE);
        }
        self.outcome.run(self.run.as_ref(), attempt.saturating_add(number), number, draws)
    }

    /// The scenario's settings for a container.
    pub fn container(&self, name: &str) -> Option<&ContainerModel> {
        self.containers.iter().find(|(other, _)| other == name).map(|(_, model)| model)
    }

    /// The first disruption, if any: the one with a time of its own, else the earliest over all kinds, whose times are
    /// exponential.
    pub fn disruption(&self, draws: &mut Draws) -> Option<Disruption> {
        if let Some((kind, after)) = &self.disrupted_after {
            let at = after.draw_duration(|| draws.uniform(purpose::DISRUPTED_AFTER));
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
    /// Every run ends with exit code 0.
    pub fn success() -> Self {
        OutcomeModel {
            exit_code: ExitCode::Fail(vec![0.0]),
            fail_exit_code: 1,
            time_to_failure: None,
            hang: 0.0,
            out_of_memory: 0.0,
        }
    }

    /// How long a run lasts, and its exit code, given the time it takes unless it hangs or fails earlier. `attempt`
    /// counts the Pod's attempts and its runs together, `number` only the runs.
    pub(super) fn run(
        &self,
        run: Option<&Distribution>,
        attempt: u32,
        number: u32,
        draws: &mut Draws,
    ) -> (Option<SimDuration>, i32) {
        if self.out_of_memory > 0.0 && draws.uniform_at(purpose::OUT_OF_MEMORY, number) < self.out_of_memory {
            return (run.map(|d| d.draw_duration(|| draws.uniform_at(purpose::RUN, number))), OOM_KILLED_CODE);
        }
        let hangs = self.hang > 0.0 && draws.uniform_at(purpose::HANG, number) < self.hang;
        let lasts = run.filter(|_| !hangs).map(|d| d.draw_duration(|| draws.uniform_at(purpose::RUN, number)));
        if let Some(ttf) = &self.time_to_failure {
            let fails_after = ttf.draw_duration(|| draws.uniform_at(purpose::TIME_TO_FAILURE, number));
            if lasts.is_none_or(|lasts| fails_after < lasts) {
                return (Some(fails_after), self.fail_exit_code);
            }
        }
        (lasts, self.exit_code(attempt, || draws.uniform_at(purpose::OUTCOME, number)))
    }

    /// The exit code of a run in this attempt, from 1; draws a number if it matters.
    fn exit_code(&self, attempt: u32, draw: impl FnOnce() -> f64) -> i32 {
        match &self.exit_code {
            ExitCode::Fail(shares) => {
                let at = (attempt.max(1) as usize - 1).min(shares.len().saturating_sub(1));
                if shares.get(at).is_some_and(|&share| share > 0.0 && draw() < share) { self.fail_exit_code } else { 0 }
            }
            ExitCode::Weighted(codes) => {
                let u = if codes.len() == 1 { 0.0 } else { draw() };
                codes.iter().find(|&&(_, upto)| u < upto).or(codes.last()).map_or(0, |&(code, _)| code)
            }
        }
    }
}

impl ExitCode {
    /// Codes with relative weights, at least one of which must be positive.
    ///
    /// # Errors
    /// Names the weight that is negative or not a number, or says that all of them are 0.
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
            assert_eq!(o.exit_code(1, || u), code, "{u}");
        }
        assert!(ExitCode::weighted([(0, 0.0)]).is_err());
        assert!(ExitCode::weighted([(0, 1.0), (1, f64::NAN)]).is_err());
        assert!(ExitCode::weighted([(0, 1.0), (1, -1.0)]).is_err());
    }

    #[test]
    fn failure_by_attempt_repeats_the_last() {
        let o = outcome(ExitCode::Fail(vec![1.0, 0.5, 0.0]));
        let codes: Vec<i32> = (1..=5).map(|attempt| o.exit_code(attempt, || 0.4)).collect();
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
