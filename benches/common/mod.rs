//! What the benchmarks share: Pods that cost nothing to draw, and the cluster that users get by default. It measures nothing.

use jobsim::api::ExitCodeTable;
use jobsim::apiserver::JobObject;
use jobsim::id::JobId;
use jobsim::model::{CronStart, Life, PodIdentity, Run, Workload};
use jobsim::time::SimDuration;
use jobsim::world::{Config, RateLimit};

/// Pods that start at once, all run equally long, and succeed or fail one time in ten.
pub struct Pods {
    seconds: i64,
    /// The state of a small generator; `None` if no Pod fails.
    dice: Option<u64>,
}

impl Pods {
    /// Pods that run so many seconds and succeed.
    #[allow(dead_code)] // not every benchmark has them
    pub fn steady(seconds: i64) -> Self {
        Pods { seconds, dice: None }
    }

    /// Pods that run so many seconds, of which one in ten fails.
    #[allow(dead_code)] // not every benchmark has them
    pub fn failing(seconds: i64) -> Self {
        Pods { seconds, dice: Some(1) }
    }

    fn fails(&mut self) -> bool {
        let Some(dice) = &mut self.dice else { return false };
        *dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (*dice >> 33).is_multiple_of(10)
    }
}

impl Workload for Pods {
    fn admit(&mut self, _: JobId, _: &JobObject, _: Option<CronStart<'_>>) {}

    fn life(&mut self, pod: PodIdentity, _: usize, codes: &mut ExitCodeTable) -> Life {
        let run = self.run(pod, 0, 1, codes);
        Life {
            bind: Some(SimDuration::ZERO),
            start: Ok(SimDuration::ZERO),
            ready: Some(SimDuration::ZERO),
            run,
            stop_after: SimDuration::from_secs(1),
            is_killed_after_grace: true,
            stop_codes: run.exit_codes,
            stop_succeeds: run.succeeds,
            disruption: None,
        }
    }

    fn run(&mut self, _: PodIdentity, _: u32, _: usize, codes: &mut ExitCodeTable) -> Run {
        let fails = self.fails();
        Run {
            lasts: Some(SimDuration::from_secs(self.seconds)),
            exit_codes: codes.intern(&[i32::from(fails)]),
            succeeds: !fails,
            restart_after: SimDuration::ZERO,
        }
    }
}

/// The default throttle, Events included, and the latencies of a measured control plane.
pub fn real() -> Config {
    Config {
        throttle: Some(RateLimit::default()),
        events_throttled: true,
        api_latency: SimDuration::from_millis(3).into(),
        watch_latency: SimDuration::from_millis(2).into(),
        ..Config::default()
    }
}
