//! Which Kubernetes release is modelled: its version, the rules that hold in it, and the constants built into its
//! components. Nothing is decided here; the controllers, the API server and the world read it.
//!
//! A scenario can set constants for its cluster (`cluster.controller`); the values here are those that a release ships
//! with. Behaviour differs by named rules ([`ReleaseRule`]), never by a comparison of versions.

mod document;
mod gates;
mod rule_table;
mod rules;
mod version;

pub use document::markdown;
pub use gates::{FeatureGate, GATES, GateStage, gate};
pub use rules::{Holds, ReleaseRule, ReleaseRules, RuleRow};
pub use version::{KubernetesVersion, MINORS, NEWEST_PATCHES, OLDEST_MINOR, TEACHING_MINOR};

use crate::time::SimDuration;

/// The part of a release that decides how its components behave.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ReleaseProfile {
    /// The version.
    pub version: KubernetesVersion,
    /// The rules that hold: those of the version, changed by feature gates.
    pub rules: ReleaseRules,
}

/// The profile of [`MODELLED`].
impl Default for ReleaseProfile {
    fn default() -> Self {
        MODELLED.profile
    }
}

impl ReleaseProfile {
    /// The profile of a version, with feature gates at their defaults.
    pub const fn of(version: KubernetesVersion) -> Self {
        ReleaseProfile { version, rules: ReleaseRules::of(version) }
    }

    /// Its name: `v1.37`; with the patch release if that is not the newest known (`v1.34.4`); with the ids of rules
    /// that feature gates have switched (`v1.37 without STALE`).
    pub fn name(&self) -> String {
        let version = self.version;
        let is_newest = NEWEST_PATCHES.contains(&version);
        let mut name = if is_newest { version.minor_name() } else { version.to_string() };
        for rule in self.rules.differing(ReleaseRules::of(version)) {
            let word = if self.rules.has(rule) { "with" } else { "without" };
            name += &format!(" {word} {}", rule.id());
        }
        name
    }
}

/// A Kubernetes release: its version, its rules, and the constants of its controllers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Release {
    /// The version and the rules.
    pub profile: ReleaseProfile,
    /// The constants of the Job controller.
    pub job_controller: JobControllerParams,
    /// The constants of the CronJob controller.
    pub cronjob_controller: CronJobControllerParams,
    /// The constants of the scheduler.
    pub scheduler: SchedulerParams,
    /// The constants of the kubelets.
    pub kubelet: KubeletParams,
}

/// The release that is modelled unless another is requested.
pub const MODELLED: Release = Release::of(ReleaseProfile::of(KubernetesVersion::NEWEST));

impl Release {
    /// The release with this profile.
    pub const fn of(profile: ReleaseProfile) -> Release {
        let mut release = WITHOUT_RULES;
        release.profile = profile;
        release.job_controller.rules = profile.rules;
        release.cronjob_controller.rules = profile.rules;
        if profile.version.is_for_teaching() {
            release.job_controller.max_pod_failure_backoff = SimDuration::from_secs(360);
        }
        release
    }

    /// The release that a user names, such as `1.34` or `1.34.4`, and a notice for the user, if there is one.
    ///
    /// # Errors
    /// If no modelled release has this name; the message lists the modelled ones.
    pub fn named(text: &str) -> Result<(Release, Option<String>), String> {
        let (version, notice) = KubernetesVersion::parse(text)?;
        Ok((Release::of(ReleaseProfile::of(version)), notice))
    }

    /// The same release with a feature gate on or off.
    ///
    /// # Errors
    /// If the gate is unknown, absent or locked in this release, or if its effect is not modelled.
    pub fn with_gate(self, name: &str, on: bool) -> Result<Release, String> {
        let ReleaseProfile { version, rules } = self.profile;
        let rules = gate(name)?.set(version, rules, on)?;
        Ok(Release::of(ReleaseProfile { version, rules }))
    }

    /// The same release with one rule switched on or off.
    #[must_use]
    pub fn with_rule(self, rule: ReleaseRule, holds: bool) -> Release {
        let ReleaseProfile { version, rules } = self.profile;
        Release::of(ReleaseProfile { version, rules: rules.with(rule, holds) })
    }
}

/// The constants that all modelled releases share.
const WITHOUT_RULES: Release = Release {
    profile: ReleaseProfile { version: KubernetesVersion::NEWEST, rules: ReleaseRules::NONE },
    job_controller: JobControllerParams {
        rules: ReleaseRules::NONE,
        pod_failure_backoff: SimDuration::from_secs(10),
        max_pod_failure_backoff: SimDuration::from_secs(600),
        sync_batch_period: SimDuration::from_secs(1),
        max_pods_per_sync: 500,
        max_uncounted_pods: 500,
        slow_start_initial_batch: 1,
        workers: 5,
        requeue_backoff: SimDuration::from_secs(1),
        max_requeue_backoff: SimDuration::from_secs(60),
        expectations_timeout: SimDuration::from_secs(300),
    },
    cronjob_controller: CronJobControllerParams {
        rules: ReleaseRules::NONE,
        workers: 5,
        requeue_backoff: SimDuration::from_millis(5),
        max_requeue_backoff: SimDuration::from_secs(1_000),
        overall_repeats: RateLimit { qps: 10.0, burst: 100.0 },
    },
    scheduler: SchedulerParams {
        initial_backoff: SimDuration::from_secs(1),
        max_backoff: SimDuration::from_secs(10),
        max_in_unschedulable: SimDuration::from_secs(300),
    },
    kubelet: KubeletParams {
        restart_backoff: SimDuration::from_secs(10),
        max_restart_backoff: SimDuration::from_secs(300),
    },
};

/// The constants of the Job controller and its work queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JobControllerParams {
    /// The rules of the release.
    pub rules: ReleaseRules,
    /// Pod failure back-off after the first failure. Source: `DefaultJobPodFailureBackOff`, 10 s.
    #[doc(alias = "DefaultJobPodFailureBackOff")]
    pub pod_failure_backoff: SimDuration,
    /// Longest Pod failure back-off. Source: `MaxJobPodFailureBackOff`, 10 min (6 min in older releases).
    #[doc(alias = "MaxJobPodFailureBackOff")]
    pub max_pod_failure_backoff: SimDuration,
    /// How long Pod events and status updates of a Job are collected into one sync. Source: `syncJobBatchPeriod`, 1 s.
    #[doc(alias = "syncJobBatchPeriod")]
    pub sync_batch_period: SimDuration,
    /// The most Pods that one sync creates or deletes. Source: `MaxPodCreateDeletePerSync`, 500.
    #[doc(alias = "MaxPodCreateDeletePerSync")]
    pub max_pods_per_sync: i32,
    /// The most finished Pods that one sync accounts for. Source: `MaxUncountedPods`, 500.
    #[doc(alias = "MaxUncountedPods")]
    pub max_uncounted_pods: usize,
    /// Size of the first batch of creations; each batch is twice as large as the one before. Source:
    /// `SlowStartInitialBatchSize`, 1.
    #[doc(alias = "SlowStartInitialBatchSize")]
    pub slow_start_initial_batch: i32,
    /// How many Jobs are synced concurrently. Source: `--concurrent-job-syncs`, 5.
    #[doc(alias = "ConcurrentJobSyncs")]
    pub workers: usize,
    /// Requeue back-off after the first error. Source: `DefaultJobApiBackOff`, 1 s.
    #[doc(alias = "DefaultJobApiBackOff")]
    pub requeue_backoff: SimDuration,
    /// Longest requeue back-off. Source: `MaxJobApiBackOff`, 60 s.
    #[doc(alias = "MaxJobApiBackOff")]
    pub max_requeue_backoff: SimDuration,
    /// Unmet expectations expire after this time. Source: `ExpectationsTimeout`, 5 min.
    #[doc(alias = "ExpectationsTimeout")]
    pub expectations_timeout: SimDuration,
}

/// The constants of the CronJob controller.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CronJobControllerParams {
    /// The rules of the release.
    pub rules: ReleaseRules,
    /// How many CronJobs are synced concurrently. Source: `--concurrent-cron-job-syncs`, 5.
    pub workers: usize,
    /// Requeue back-off after the first error. Source: client-go, `DefaultTypedControllerRateLimiter`, 5 ms.
    pub requeue_backoff: SimDuration,
    /// Longest requeue back-off. Source: the same, 1000 s.
    pub max_requeue_backoff: SimDuration,
    /// The rate limit that all retries share. Source: the same, 10 per second, burst of 100.
    pub overall_repeats: RateLimit,
}

/// The constants of the scheduler's queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SchedulerParams {
    /// Scheduling back-off after the first failure. Source: `podInitialBackoffSeconds`, 1.
    #[doc(alias = "podInitialBackoffSeconds")]
    pub initial_backoff: SimDuration,
    /// Longest scheduling back-off. Source: `podMaxBackoffSeconds`, 10.
    #[doc(alias = "podMaxBackoffSeconds")]
    pub max_backoff: SimDuration,
    /// How long a Pod may wait for a change in the cluster before it is tried again anyway. Source:
    /// `DefaultPodMaxInUnschedulablePodsDuration`, 5 min.
    #[doc(alias = "DefaultPodMaxInUnschedulablePodsDuration")]
    pub max_in_unschedulable: SimDuration,
}

/// The constants of a kubelet's restart back-off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KubeletParams {
    /// Restart back-off before the second restart of a container. Source: `backOffPeriod`, 10 s.
    #[doc(alias = "backOffPeriod")]
    pub restart_backoff: SimDuration,
    /// Longest restart back-off. Source: `MaxCrashLoopBackOff`, 5 min.
    #[doc(alias = "MaxCrashLoopBackOff")]
    pub max_restart_backoff: SimDuration,
}

/// A client's rate limit, as a token bucket.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RateLimit {
    /// Tokens per second. Source: `--kube-api-qps`, 20.
    pub qps: f64,
    /// The size of the bucket. Source: `--kube-api-burst`, 30.
    pub burst: f64,
}

impl Default for RateLimit {
    fn default() -> Self {
        RateLimit { qps: 20.0, burst: 30.0 }
    }
}
