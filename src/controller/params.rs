//! The Job controller's constants, as named parameters with their source. They are not what a user writes; a scenario
//! may set them, for older releases or for a what-if.

use crate::time::SimDuration;

/// The constants of the Job controller and its work queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Params {
    /// Pod failure back-off after the first failure. Source: `DefaultJobPodFailureBackOff`, 10 s.
    #[doc(alias = "DefaultJobPodFailureBackOff")]
    pub pod_failure_backoff: SimDuration,
    /// Longest Pod failure back-off. Source: `MaxJobPodFailureBackOff`, 10 min (6 min in older releases).
    #[doc(alias = "MaxJobPodFailureBackOff")]
    pub max_pod_failure_backoff: SimDuration,
    /// How long Pod events and status updates of a Job are gathered into one sync. Source: `syncJobBatchPeriod`, 1 s.
    #[doc(alias = "syncJobBatchPeriod")]
    pub sync_batch_period: SimDuration,
    /// Pods created or deleted by one sync at the most. Source: `MaxPodCreateDeletePerSync`, 500.
    #[doc(alias = "MaxPodCreateDeletePerSync")]
    pub max_pods_per_sync: i32,
    /// Finished Pods accounted for by one sync at the most. Source: `MaxUncountedPods`, 500.
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

impl Default for Params {
    fn default() -> Self {
        Params {
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
        }
    }
}
