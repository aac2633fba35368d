//! What a world is told about its cluster. The defaults are an ideal cluster: no latency, no throttle.

use super::controllers::cronjob::CronFault;
use crate::release::{CronJobControllerParams, JobControllerParams, MODELLED, RateLimit};
use crate::time::{SimDuration, SimTime, WallClock};

/// The cluster around the controller.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// The Job controller's constants.
    pub params: JobControllerParams,
    /// How long every request of a controller takes until it is applied and answered.
    pub api_latency: SimDuration,
    /// How long the answer to a call of the CronJob controller takes back; all others are answered when applied.
    pub answer_latency: SimDuration,
    /// How long a change takes to reach the controllers' caches.
    pub watch_latency: SimDuration,
    /// How long the garbage collector takes to act.
    pub gc_latency: SimDuration,
    /// The token bucket of each controller's client.
    pub throttle: Option<RateLimit>,
    /// Whether Events take tokens and latency, one after the other.
    pub events_throttled: bool,
    /// Windows `[from, to)` in which creating a Pod is refused.
    pub create_failures: Vec<(SimTime, SimTime)>,
    /// How many bound and unfinished Pods the cluster has room for; `None`: any number.
    pub slots: Option<u32>,
    /// Clocks that differ from the API server's.
    pub clocks: Clocks,
    /// The date at which the virtual clock starts.
    pub clock: WallClock,
    /// The CronJob controller's constants.
    pub cron_params: CronJobControllerParams,
    /// Windows in which calls of the CronJob controller fail.
    pub cron_faults: Vec<CronFault>,
    /// Whether only the CronJob controller runs: no Job and TTL controllers, no garbage collector. What becomes of Jobs
    /// is then what users write.
    pub only_cronjobs: bool,
    /// Whether no controller runs at first.
    pub down_at_first: bool,
    /// How long new controllers do nothing: the real ones look every 100 ms whether their caches are filled, and the
    /// first look is too early.
    pub startup_delay: SimDuration,
    /// Whether every sync checks its ledger against a recount.
    pub paranoid: bool,
}

/// How far clocks are ahead of the API server's (behind, if negative). The API server stamps creation and deletion; the
/// nodes when containers finish and when Pods become ready, from which the Pod failure back-off counts; the controllers
/// stamp a Job's start and conditions, and reckon back-off, deadline and TTL.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Clocks {
    /// The nodes'.
    pub nodes: SimDuration,
    /// The controllers'.
    pub controllers: SimDuration,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            params: MODELLED.job_controller,
            api_latency: SimDuration::ZERO,
            answer_latency: SimDuration::ZERO,
            watch_latency: SimDuration::ZERO,
            gc_latency: SimDuration::ZERO,
            throttle: None,
            events_throttled: false,
            create_failures: Vec::new(),
            slots: None,
            clocks: Clocks::default(),
            clock: WallClock::default(),
            cron_params: MODELLED.cronjob_controller,
            cron_faults: Vec::new(),
            only_cronjobs: false,
            down_at_first: false,
            startup_delay: SimDuration::ZERO,
            paranoid: false,
        }
    }
}

impl Config {
    /// Whether changes are applied, seen and answered without delay.
    pub(super) fn is_immediate(&self) -> bool {
        let latencies = [self.api_latency, self.watch_latency, self.answer_latency];
        self.throttle.is_none() && latencies.iter().all(|l| *l == SimDuration::ZERO)
    }
}
