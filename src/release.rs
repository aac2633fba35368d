//! Which Kubernetes release is modelled: its name and the constants that its components are built with. It decides
//! nothing itself; the controllers and the world read it.
//!
//! A constant is set for one cluster in a scenario (`cluster.controller`); what is here is what a release ships with.

use crate::time::SimDuration;

/// A Kubernetes release: its name and the constants of its controllers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Release {
    /// The minor release as Kubernetes writes it, such as `v1.37`.
    pub name: &'static str,
    /// The constants of the Job controller.
    pub job_controller: JobControllerParams,
    /// The constants of the CronJob controller.
    pub cronjob_controller: CronJobControllerParams,
    /// The constants of the scheduler.
    pub scheduler: SchedulerParams,
}

/// The release that is modelled.
pub const MODELLED: Release = Release {
    name: "v1.37",
    job_controller: JobControllerParams {
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
};

/// The constants of the Job controller and its work queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JobControllerParams {
    /// Pod failure back-off after the first failure. Source: `DefaultJobPodFailureBackOff`, 10 s.
    #[doc(alias = "DefaultJobPodFailureBackOff")]
    pub pod_failure_backoff: SimDuration,
    /// Longest Pod failure back-off. Source: `MaxJobPodFailureBackOff`, 10 min (6 min in older releases).
    #[doc(alias = "MaxJobPodFailureBackOff")]
    pub max_pod_failure_backoff: SimDuration,
    /// How long Pod events and status updates of a Job are gathered into one sync. Source: `syncJobBatchPeriod`, 1 s.
    #[doc(alias = "syncJobBatchPeriod")]
    pub sync_batch_period: SimDuration,
    /// Most Pods that one sync creates or deletes. Source: `MaxPodCreateDeletePerSync`, 500.
    #[doc(alias = "MaxPodCreateDeletePerSync")]
    pub max_pods_per_sync: i32,
    /// Most finished Pods that one sync accounts for. Source: `MaxUncountedPods`, 500.
    #[doc(alias = "MaxUncountedPods")]
    pub max_uncounted_pods: usize,
    /// Size of the first batch of creations; it doubles. Source: `SlowStartInitialBatchSize`, 1.
    #[doc(alias = "SlowStartInitialBatchSize")]
    pub slow_start_initial_batch: i32,
    /// How many Jobs are synced at a time. Source: `--concurrent-job-syncs`, 5.
    #[doc(alias = "ConcurrentJobSyncs")]
    pub workers: usize,
    /// Requeue back-off after the first error. Source: `DefaultJobApiBackOff`, 1 s.
    #[doc(alias = "DefaultJobApiBackOff")]
    pub requeue_backoff: SimDuration,
    /// Longest requeue back-off. Source: `MaxJobApiBackOff`, 60 s.
    #[doc(alias = "MaxJobApiBackOff")]
    pub max_requeue_backoff: SimDuration,
    /// After this, unmet expectations are given up. Source: `ExpectationsTimeout`, 5 min.
    #[doc(alias = "ExpectationsTimeout")]
    pub expectations_timeout: SimDuration,
}

/// The constants of the CronJob controller.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CronJobControllerParams {
    /// How many CronJobs are looked at at a time. Source: `--concurrent-cron-job-syncs`, 5.
    pub workers: usize,
    /// Requeue back-off after the first error. Source: client-go, `DefaultTypedControllerRateLimiter`, 5 ms.
    pub requeue_backoff: SimDuration,
    /// Longest requeue back-off. Source: the same, 1000 s.
    pub max_requeue_backoff: SimDuration,
    /// What all repeats after errors share. Source: the same, 10 a second, 100 at once.
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
    /// How long a Pod may wait for a change in the cluster before it is tried all the same. Source:
    /// `DefaultPodMaxInUnschedulablePodsDuration`, 5 min.
    #[doc(alias = "DefaultPodMaxInUnschedulablePodsDuration")]
    pub max_in_unschedulable: SimDuration,
}

/// A client's rate limit: the size of its token bucket.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RateLimit {
    /// Tokens per second. Source: `--kube-api-qps`, 20.
    pub qps: f64,
    /// Most tokens at a time. Source: `--kube-api-burst`, 30.
    pub burst: f64,
}

impl Default for RateLimit {
    fn default() -> Self {
        RateLimit { qps: 20.0, burst: 30.0 }
    }
}
