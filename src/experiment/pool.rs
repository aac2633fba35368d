//! The threads that replications run on: rayon's, or without the feature `threads` the caller's own. Results do not
//! depend on how many there are.

/// A pool of threads.
pub(super) struct WorkerPool {
    #[cfg(feature = "threads")]
    pool: Option<rayon::ThreadPool>,
}

/// The default number of threads: one per core.
pub(super) fn cores() -> usize {
    if cfg!(feature = "threads") { std::thread::available_parallelism().map_or(1, usize::from) } else { 1 }
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
