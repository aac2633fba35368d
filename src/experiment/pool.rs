//! The threads that replications run on: rayon's, or without the feature `threads` the caller's own. Results do not
//! depend on how many there are.

use super::budget::Budget;
use super::setup::{PlannedJob, Setup};

/// A pool of threads.
pub(super) struct WorkerPool {
    #[cfg(feature = "threads")]
    pool: Option<rayon::ThreadPool>,
}

/// What one thread keeps in memory.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct WorldSize {
    jobs: u64,
    pods: u64,
}

impl WorldSize {
    /// The world of a setup, with the Pods that its Jobs have if each succeeds. It is a guess: retries add to it, and
    /// Jobs that follow one another do not have their Pods at the same time.
    pub fn of(setup: &Setup) -> Self {
        let pods = |job: &PlannedJob| job.object.spec.completions.unwrap_or(job.object.spec.parallelism).max(0) as u64;
        let pods = setup.jobs.iter().map(pods).sum::<u64>().min(setup.budget.pods);
        WorldSize { jobs: setup.jobs.len() as u64, pods }
    }

    /// Both worlds.
    pub fn plus(self, other: WorldSize) -> Self {
        WorldSize { jobs: self.jobs + other.jobs, pods: self.pods + other.pods }
    }

    /// The more of each.
    pub fn max(self, other: WorldSize) -> Self {
        WorldSize { jobs: self.jobs.max(other.jobs), pods: self.pods.max(other.pods) }
    }

    /// How many threads there is memory for: the Jobs of all threads together are no more than one setup may have, and
    /// their Pods than two.
    fn threads(self, budget: &Budget) -> usize {
        (budget.jobs / self.jobs.max(1)).min(2 * budget.pods / self.pods.max(1)).max(1) as usize
    }
}

/// The number of threads that were asked for, or else (0) one per core, if there is memory for so many.
pub(super) fn threads(asked: usize, size: WorldSize, budget: &Budget) -> usize {
    if asked > 0 {
        return asked;
    }
    let cores = if cfg!(feature = "threads") { std::thread::available_parallelism().map_or(1, usize::from) } else { 1 };
    cores.min(size.threads(budget))
}

#[cfg(feature = "threads")]
impl WorkerPool {
    /// This many threads. If they cannot be started, the caller's thread does all the work.
    pub fn new(threads: usize) -> Self {
        let pool = (threads > 1).then(|| rayon::ThreadPoolBuilder::new().num_threads(threads).build());
        WorkerPool { pool: pool.and_then(Result::ok) }
    }

    /// The number of threads.
    pub fn threads(&self) -> usize {
        self.pool.as_ref().map_or(1, rayon::ThreadPool::current_num_threads)
    }

    /// Gives each item a thread.
    pub fn each<T: Send>(&self, workers: &mut [T], work: impl Fn(&mut T) + Send + Sync) {
        use rayon::prelude::*;
        match &self.pool {
            Some(pool) => pool.install(|| workers.par_iter_mut().with_max_len(1).for_each(work)),
            None => workers.iter_mut().for_each(work),
        }
    }
}

#[cfg(not(feature = "threads"))]
impl WorkerPool {
    /// Whatever the number, the caller's thread does all the work.
    pub fn new(_threads: usize) -> Self {
        WorkerPool {}
    }

    /// The number of threads.
    pub fn threads(&self) -> usize {
        1
    }

    /// Works on the items one after the other.
    pub fn each<T: Send>(&self, workers: &mut [T], work: impl Fn(&mut T) + Send + Sync) {
        workers.iter_mut().for_each(work);
    }
}

impl WorkerPool {
    /// Does the same on every thread.
    pub fn all(&self, work: impl Fn() + Send + Sync) {
        self.each(&mut vec![(); self.threads()], |()| work());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_worlds_share_the_memory_of_one_setup() {
        let budget = Budget::default();
        let of = |jobs: u64, pods: u64| WorldSize { jobs, pods };
        let threads_of = |jobs: u64, pods: u64| of(jobs, pods).threads(&budget);
        let (jobs, pods) = (budget.jobs, budget.pods);
        assert_eq!([jobs, jobs / 2, jobs / 3].map(|jobs| threads_of(jobs, 1)), [1, 2, 3]);
        assert_eq!([pods, pods / 2, pods * 2].map(|pods| threads_of(1, pods)), [2, 4, 1]);
        assert!(threads_of(1, 1) > 1_000 && threads_of(0, 0) > 1_000);
        let (both, larger) = (of(jobs, 1).plus(of(jobs, 1)), of(jobs, 1).max(of(1, pods)));
        assert_eq!((both.jobs, both.pods, larger.jobs, larger.pods), (2 * jobs, 2, jobs, pods));
        // A number of threads that was asked for holds.
        assert_eq!([threads(7, both, &budget), threads(0, both, &budget)], [7, 1]);
    }
}
