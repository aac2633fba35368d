//! What a world is told about its cluster. The defaults are an ideal cluster: no latency, no throttle.

use crate::controller::{Params, Throttle};
use crate::time::{SimDuration, SimTime};

/// The cluster around the controller.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// The Job controller's constants.
    pub params: Params,
    /// How long every request of a controller takes until it is applied and answered.
    pub api_latency: SimDuration,
    /// How long a change takes to reach the controllers' caches.
    pub watch_latency: SimDuration,
    /// How long the garbage collector takes to act.
    pub gc_latency: SimDuration,
    /// The token bucket of each controller's client.
    pub throttle: Option<Throttle>,
    /// Whether Events take tokens and latency, one after the other.
    pub events_throttled: bool,
    /// Windows `[from, to)` in which creating a Pod is refused.
    pub create_failures: Vec<(SimTime, SimTime)>,
    /// How many bound and unfinished Pods the cluster has room for; `None`: any number.
    pub slots: Option<u32>,
    /// Clocks that differ from the API server's.
    pub clocks: Clocks,
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
            params: Params::default(),
            api_latency: SimDuration::ZERO,
            watch_latency: SimDuration::ZERO,
            gc_latency: SimDuration::ZERO,
            throttle: None,
            events_throttled: false,
            create_failures: Vec::new(),
            slots: None,
            clocks: Clocks::default(),
            paranoid: false,
        }
    }
}

impl Config {
    /// Whether changes are applied, seen and answered without delay.
    pub(super) fn is_immediate(&self) -> bool {
        self.throttle.is_none() && self.api_latency == SimDuration::ZERO && self.watch_latency == SimDuration::ZERO
    }
}
