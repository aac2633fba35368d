//! Pods that exist when a run begins: the rest of their stages, given how long these have lasted. The past is not drawn
//! again, and the rest is drawn from what is still possible: a run that has lasted an hour ends later than one that
//! begins now, unless its model is memoryless.

use super::pods::{OutcomeModel, Stages};
use super::restart_backoff::RestartBackoff;
use super::workload::{Disruption, DisruptionOrigin, Life, PodIdentity, Run, Workload};
use super::{Distribution, PodWorkload, purpose};
use crate::api::ExitCodeTable;
use crate::kernel::Draws;
use crate::time::{SimDuration, SimTime};

/// How far a Pod had come when the run began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LifeSoFar {
    /// Time since its creation.
    pub created: SimDuration,
    /// Time since its binding, if it is bound.
    pub bound: Option<SimDuration>,
    /// Time since its containers started, if they are running.
    pub running: Option<SimDuration>,
    /// Time since its containers exited, if they wait for their next run.
    pub exited: Option<SimDuration>,
    /// Whether it is ready.
    pub is_ready: bool,
    /// How often its containers had been restarted.
    pub restarts: u32,
    /// Time since its deletion was requested, if it was.
    pub stopping: Option<SimDuration>,
}

/// The rest of a duration that has lasted this long, from one uniform number; zero if the distribution has no longer
/// value.
pub(super) fn rest(distribution: &Distribution, lasted: SimDuration, u: f64) -> SimDuration {
    let seconds = lasted.as_secs_f64();
    let over = distribution.cdf(seconds);
    if over >= 1.0 {
        return SimDuration::ZERO;
    }
    let whole = distribution.quantile(over + u * (1.0 - over));
    SimDuration::from_secs_f64((whole - seconds).max(0.0))
}

/// At most this many starts are drawn to find one that takes longer than this one has taken.
const MOST_TRIES: u64 = 200;

impl Stages {
    /// The rest of the time from binding to running.
    fn rest_of_start(&self, lasted: SimDuration, draws: impl Fn(u64) -> Draws) -> Option<SimDuration> {
        // Images, failed pulls and the start itself: their sum has no distribution of its own.
        let start = |number: u64| self.start(&mut draws(number));
        if start(0).is_err() {
            return None;
        }
        let longer = (0..MOST_TRIES).filter_map(|number| start(number).ok()).find(|whole| *whole > lasted);
        Some(longer.map_or(SimDuration::ZERO, |whole| whole - lasted))
    }
}

impl OutcomeModel {
    /// The rest of a run that has lasted this long, and its exit code.
    pub(super) fn rest_of_run(
        &self,
        run: Option<&Distribution>,
        lasted: SimDuration,
        (attempt, number): (u32, u32),
        draws: &mut Draws,
    ) -> (Option<SimDuration>, i32) {
        let seconds = lasted.as_secs_f64();
        let still_runs = run.map_or(1.0, |run| 1.0 - run.cdf(seconds));
        // The longer it has lasted, the more likely it hangs.
        let either = self.hang + (1.0 - self.hang) * still_runs;
        let hangs = self.hang > 0.0 && draws.uniform_at(purpose::HANG, number) * either < self.hang;
        let mut left = run.filter(|_| !hangs).map(|run| rest(run, lasted, draws.uniform_at(purpose::RUN, number)));
        if let Some(ttf) = &self.time_to_failure {
            let fails = rest(ttf, lasted, draws.uniform_at(purpose::TIME_TO_FAILURE, number));
            if left.is_none_or(|left| fails < left) {
                return (Some(fails), self.fail_exit_code);
            }
        }
        if left.is_none() && !hangs && run.is_some() {
            left = Some(SimDuration::ZERO);
        }
        // The exit code does not depend on how long a run lasts.
        let (_, code) = self.run(run, attempt.saturating_add(number), number, draws);
        (left, code)
    }
}

impl PodWorkload {
    /// The rest of a Pod's life from now on.
    pub(super) fn rest_of_life(
        &mut self,
        pod: PodIdentity,
        so_far: &LifeSoFar,
        now: SimTime,
        containers: usize,
        codes: &mut ExitCodeTable,
    ) -> Life {
        let mut life = self.life(pod, containers, codes);
        let streams = *self.streams();
        let entity = self.entity_of(pod);
        let draws_of = |number: u64| streams.draws(entity, u64::from(pod.attempt) | number << 32);
        let mut draws = draws_of(0);
        let stages = self.stages(pod).clone();
        match (so_far.bound, so_far.running.or(so_far.exited)) {
            (None, _) => {
                life.bind = life
                    .bind
                    .and(stages.bind.as_ref())
                    .map(|bind| rest(bind, so_far.created, draws.uniform(purpose::BIND)));
            }
            (Some(bound), None) => {
                if let Some(left) = stages.rest_of_start(bound, draws_of) {
                    life.start = Ok(left);
                }
            }
            _ => {}
        }
        if let Some(lasted) = so_far.running {
            let number = so_far.restarts;
            life.run = match stages.runs.is_empty() {
                true => {
                    let outcome = &stages.outcome;
                    let rest = outcome.rest_of_run(stages.run.as_ref(), lasted, (pod.attempt, number), &mut draws);
                    of_containers(rest, containers, codes)
                }
                false => {
                    let whole = self.run(pod, number, containers, codes);
                    Run { lasts: whole.lasts.map(|whole| (whole - lasted).max(SimDuration::ZERO)), ..whole }
                }
            };
            life.ready = match (so_far.is_ready, &stages.ready) {
                (true, _) => Some(SimDuration::ZERO),
                (false, Some(ready)) => Some(rest(ready, lasted, draws.uniform(purpose::READY))),
                (false, None) => None,
            };
        }
        if let Some(lasted) = so_far.exited {
            life.run = self.run(pod, so_far.restarts + 1, containers, codes);
            self.begin_restarts(pod, so_far, now);
            let held = self.held_back(pod, 0, (so_far.restarts, now - lasted), &mut draws);
            life.run.restart_after = (held - lasted).max(SimDuration::ZERO);
        } else if so_far.restarts > 0 {
            self.begin_restarts(pod, so_far, now);
        }
        if let Some(lasted) = so_far.stopping {
            life.stop_after = rest(&stages.terminate, lasted, draws.uniform(purpose::TERMINATE));
        }
        life.disruption = life.disruption.and_then(|disruption| later(disruption, so_far));
        life
    }

    /// The restart back-off of a Pod whose containers had been restarted before the run.
    fn begin_restarts(&mut self, pod: PodIdentity, so_far: &LifeSoFar, now: SimTime) {
        let last = so_far.running.unwrap_or(so_far.exited.unwrap_or_default());
        let backoff = RestartBackoff::after(self.kubelet_delays(), so_far.restarts, now - last);
        self.enter_restarts(pod, backoff);
    }
}

/// Disruptions at a rate are memoryless; one at a fixed time comes then, or has already come.
fn later(disruption: Disruption, so_far: &LifeSoFar) -> Option<Disruption> {
    match disruption.origin {
        DisruptionOrigin::Binding => Some(disruption),
        DisruptionOrigin::Creation => {
            let at = disruption.at - so_far.created;
            at.is_positive().then_some(Disruption { at, ..disruption })
        }
    }
}

fn of_containers((lasts, code): (Option<SimDuration>, i32), containers: usize, codes: &mut ExitCodeTable) -> Run {
    let exit_codes = codes.intern_repeated(code, containers);
    Run { lasts, exit_codes, succeeds: code == 0, restart_after: SimDuration::ZERO }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rest_of_a_duration_is_what_is_still_possible() {
        let s = SimDuration::from_secs;
        let uniform = Distribution::uniform(10.0, 20.0).expect("it is one");
        assert_eq!(rest(&uniform, s(15), 0.5).as_secs_f64(), 2.5);
        assert_eq!(rest(&uniform, s(5), 0.5).as_secs_f64(), 10.0);
        assert_eq!(rest(&uniform, s(25), 0.5), SimDuration::ZERO, "it has lasted longer than it can");
        let forgetful = Distribution::exponential(60.0).expect("it is one");
        let (fresh, old) = (rest(&forgetful, s(0), 0.3), rest(&forgetful, s(600), 0.3));
        assert!((fresh.as_secs_f64() - old.as_secs_f64()).abs() < 1e-3, "{fresh} {old}");
    }
}
