//! Which Jobs a ClusterQueue of Kueue admits: a model of its queueing and its quota, not a copy of its code. A Job is
//! admitted as a whole, when all Pods that it may have at a time fit into the remaining quota. The world keeps the
//! queues and the time.
//!
//! Source: kubernetes-sigs/kueue, `pkg/cache/queue/cluster_queue.go` (`RequeueIfNotPresent`: a Job that does not fit
//! stays at the head with StrictFIFO, and is set aside until quota is released with BestEffortFIFO),
//! `pkg/scheduler/flavorassigner/flavorassigner.go` (`fitsResourceQuota`), `pkg/controller/jobs/job/job_controller.go`
//! (`podsCount`, `ReclaimablePods`). Left out: cohorts and borrowing, several flavors, preemption, priorities (of two
//! Jobs the older one comes first), admission checks, topology, partial admission, `waitForPodsReady`.

use crate::api::{ClusterQueue, JobSpec, JobStatus, QueueRequest, QueueingStrategy};
use std::sync::Arc;

/// Why a Job does not fit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Misfit {
    /// It requests a resource for which the queue has no quota, and is never admitted.
    Uncovered(Arc<str>),
    /// It requests more of a resource, by position, than the whole quota, and is never admitted.
    TooLarge {
        /// The resource.
        resource: usize,
        /// The requested amount.
        asked: i64,
    },
    /// Too little of a resource, by position, is left.
    Lacks {
        /// The resource.
        resource: usize,
        /// How much more is needed.
        more: i64,
    },
}

impl Misfit {
    /// Whether the Job can never be admitted.
    pub fn is_for_ever(&self) -> bool {
        !matches!(self, Misfit::Lacks { .. })
    }

    /// The reason in words, after Kueue's own.
    pub fn text(&self, queue: &ClusterQueue) -> String {
        match self {
            Misfit::Uncovered(name) => format!("resource {name} unavailable in ClusterQueue"),
            Misfit::TooLarge { resource, asked } => {
                let (name, quota) = &queue.nominal_quota[*resource];
                let (asked, quota) = (queue.shown(*resource, *asked), queue.shown(*resource, *quota));
                format!("insufficient quota for {name}: requests {asked} > maximum capacity {quota}")
            }
            Misfit::Lacks { resource, more } => {
                let (name, more) = (&queue.nominal_quota[*resource].0, queue.shown(*resource, *more));
                format!("insufficient unused quota for {name}, {more} more needed")
            }
        }
    }
}

/// How many Pods of a Job count: as many as it may have at a time.
#[doc(alias = "podsCount")]
pub fn pods_count(spec: &JobSpec) -> i64 {
    i64::from(spec.completions.map_or(spec.parallelism, |all| all.min(spec.parallelism)).max(0))
}

/// How many of these Pods are no longer needed, because fewer completions are left than the Job may have Pods at a
/// time.
#[doc(alias = "ReclaimablePods")]
pub fn reclaimable_pods(spec: &JobSpec, status: &JobStatus) -> i64 {
    let all = pods_count(spec);
    let done = match spec.is_indexed() {
        true => status.completed_indexes.total() + status.failed_indexes.as_ref().map_or(0, |failed| failed.total()),
        false => i64::from(status.succeeded),
    };
    if all <= 1 || done == 0 {
        return 0;
    }
    let left = (i64::from(spec.completions.unwrap_or(spec.parallelism)) - done).max(0);
    (all - left).max(0)
}

/// Whether this many Pods fit on top of the current usage.
///
/// # Errors
/// Why they do not fit.
#[doc(alias = "fitsResourceQuota")]
pub fn fits(queue: &ClusterQueue, used: &[i64], request: &QueueRequest, pods: i64) -> Result<(), Misfit> {
    if let Some(name) = &request.uncovered {
        return Err(Misfit::Uncovered(name.clone()));
    }
    let quota = queue.nominal_quota.iter().map(|(_, quota)| *quota);
    let mut lacks = None;
    for (resource, (quota, per_pod)) in quota.zip(&request.per_pod).enumerate() {
        let asked = per_pod.saturating_mul(pods);
        if asked > quota {
            return Err(Misfit::TooLarge { resource, asked });
        }
        let more = asked - (quota - used[resource]);
        if asked > 0 && more > 0 {
            lacks = lacks.or(Some(Misfit::Lacks { resource, more }));
        }
    }
    lacks.map_or(Ok(()), Err)
}

/// Charges the requests of this many Pods; a negative number gives quota back.
pub fn charge(used: &mut [i64], request: &QueueRequest, pods: i64) {
    assert!(used.len() == request.per_pod.len(), "each resource of the queue is asked for, if only with 0");
    for (used, per_pod) in used.iter_mut().zip(&request.per_pod) {
        *used = used.saturating_add(per_pod.saturating_mul(pods));
    }
}

/// Admits waiting Jobs in their order, and charges their requests. Returns the admitted Jobs, and why the first of the
/// others is not admitted.
pub fn admit<'a, K: Copy>(
    queue: &ClusterQueue,
    used: &mut [i64],
    waiting: impl Iterator<Item = (K, &'a QueueRequest, i64)>,
) -> (Vec<K>, Option<(K, Misfit)>) {
    let (mut admitted, mut first) = (Vec::new(), None);
    for (key, request, pods) in waiting {
        match fits(queue, used, request, pods) {
            Ok(()) => {
                charge(used, request, pods);
                admitted.push(key);
            }
            Err(why) => {
                first = first.or(Some((key, why)));
                if queue.strategy == QueueingStrategy::StrictFifo {
                    break;
                }
            }
        }
    }
    debug_assert!(used.len() == queue.nominal_quota.len(), "each resource of the queue is counted");
    (admitted, first)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::{CompletionMode, Intervals};
    use crate::controller::job::testing;

    /// A queue of 9 CPUs and 4 GiB.
    fn queue(strategy: QueueingStrategy) -> ClusterQueue {
        let nominal_quota = vec![("cpu".into(), 9_000), ("memory".into(), 4 << 30)];
        ClusterQueue { name: "q".into(), strategy, nominal_quota, local_queues: vec!["q".into()] }
    }

    /// Jobs that wait: Pods, and thousandths of a CPU of each.
    fn admitted(strategy: QueueingStrategy, used: i64, jobs: &[(i64, i64)]) -> (Vec<usize>, Option<usize>, i64) {
        let mut used = [used, 0];
        let requests: Vec<QueueRequest> =
            jobs.iter().map(|(_, cpu)| QueueRequest { per_pod: vec![*cpu, 0], uncovered: None }).collect();
        let waiting = jobs.iter().zip(&requests).enumerate().map(|(n, ((pods, _), request))| (n, request, *pods));
        let (admitted, first) = admit(&queue(strategy), &mut used, waiting);
        (admitted, first.map(|(n, _)| n), used[0])
    }

    #[test]
    fn strict_fifo_waits_for_the_first_and_best_effort_passes_it_over() {
        use QueueingStrategy::{BestEffortFifo, StrictFifo};
        // 3 × 1 and 4 × 1.5 CPUs fill 9 of 9; before them one of 8 with 2 in use does not fit.
        let jobs = [(1, 8_000), (3, 1_000), (4, 1_000), (1, 500)];
        assert_eq!(admitted(StrictFifo, 2_000, &jobs), (vec![], Some(0), 2_000));
        // 2 + 3 + 4 = 9: the last one finds nothing left.
        assert_eq!(admitted(BestEffortFifo, 2_000, &jobs), (vec![1, 2], Some(0), 9_000));
        // With nothing in use the first fits, the second does not, the third neither; 500m do.
        assert_eq!(admitted(StrictFifo, 0, &jobs), (vec![0], Some(1), 8_000));
        assert_eq!(admitted(BestEffortFifo, 0, &jobs), (vec![0, 3], Some(1), 8_500));
        // A Job is admitted as a whole: 10 Pods of 1 CPU never fit, though 9 would.
        assert_eq!(admitted(StrictFifo, 0, &[(10, 1_000), (1, 1)]), (vec![], Some(0), 0));
        // What asks for nothing fits where more is used than there is.
        assert_eq!(admitted(StrictFifo, 10_000, &[(5, 0)]), (vec![0], None, 10_000));
    }

    #[test]
    fn what_does_not_fit_says_why() {
        let queue = queue(QueueingStrategy::StrictFifo);
        let why = |cpu: i64, memory: i64, pods: i64, uncovered: Option<&str>| {
            let request = QueueRequest { per_pod: vec![cpu, memory], uncovered: uncovered.map(Into::into) };
            let misfit = fits(&queue, &[8_500, 0], &request, pods).unwrap_err();
            (misfit.is_for_ever(), misfit.text(&queue))
        };
        let is = |for_ever: bool, text: &str| (for_ever, text.to_owned());
        assert_eq!(why(1_000, 0, 2, None), is(false, "insufficient unused quota for cpu, 1500m more needed"));
        let large = "insufficient quota for memory: requests 6Gi > maximum capacity 4Gi";
        assert_eq!(why(0, 2 << 30, 3, None), is(true, large));
        assert_eq!(why(0, 0, 1, Some("nvidia.com/gpu")).1, "resource nvidia.com/gpu unavailable in ClusterQueue");
    }

    /// Completions 10 and parallelism 4: quota is given back for the last Pods, one by one.
    #[test]
    fn pods_that_are_not_needed_any_more_give_quota_back() {
        let (completion_mode, completions) = (CompletionMode::Indexed, Some(10));
        let mut spec = JobSpec { completion_mode, completions, parallelism: 4, ..testing::spec() };
        assert_eq!(pods_count(&spec), 4);
        let mut status = JobStatus::default();
        let mut reclaimed = |done: i32| {
            status.completed_indexes = Intervals::of_ranges(&[(0, done - 1)]);
            reclaimable_pods(&spec, &status)
        };
        assert_eq!([1, 6, 7, 8, 9, 10].map(&mut reclaimed), [0, 0, 1, 2, 3, 4]);
        assert_eq!(reclaimable_pods(&spec, &JobStatus::default()), 0);
        spec.parallelism = 1;
        assert_eq!(reclaimable_pods(&spec, &status), 0, "of one Pod at a time nothing is left over");
        (spec.parallelism, spec.completions) = (20, Some(10));
        assert_eq!(pods_count(&spec), 10);
    }
}
