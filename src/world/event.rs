//! The events of the world and their order within one instant. It is neither the event list (that is the kernel's) nor
//! their dispatch.

use crate::id::{CronJobId, JobId, PodId};

/// Something that happens at an instant. It may have lost its meaning by then; whoever receives it checks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// A waiting key of the Job controller's queue is due.
    KeyDue(JobId),
    /// A waiting key of the TTL controller's queue is due.
    TtlDue(JobId),
    /// A waiting key of the CronJob controller's queue is due.
    CronDue(CronJobId),
    /// Requests that were made a tick ago ask for their tokens.
    TokenRound,
    /// A request is applied by the API server, and answered.
    Apply {
        /// Its place among the requests under way.
        request: u32,
        /// Which use of that place is meant.
        generation: u32,
    },
    /// The requests of a worker, applied a tick ago, are answered.
    Answers(u8),
    /// A call of the CronJob controller, applied before, is answered.
    CronAnswer {
        /// The worker that made it.
        worker: u8,
        /// Which of its calls it was.
        call: u32,
    },
    /// A change reaches the watch caches.
    Watch,
    /// The controllers start anew after a restart.
    ControllersUp,
    /// They begin to work, as they have found their caches filled.
    WorkBegins,
    /// They list all Jobs.
    ListJobs,
    /// They list all Pods, and begin to work.
    ListPods,
    /// The scheduler binds a Pod to a node, or has it wait for room.
    Bind(PodId),
    /// The scheduler gives free slots to waiting Pods.
    Room,
    /// A Pod's containers begin to run.
    Start(PodId),
    /// A Pod becomes ready, in the given run of its containers.
    Ready(PodId, u32),
    /// A Pod's containers exit, in the given run.
    Exit(PodId, u32),
    /// A Pod's containers begin to run again.
    Restart(PodId, u32),
    /// A Pod that is being deleted has stopped.
    Stopped(PodId),
    /// A Pod is disrupted.
    Disrupt(PodId),
    /// The garbage collector deletes the Pods of a Job that is marked for deletion.
    CollectPods(JobId),
    /// The garbage collector looks whether a Job without Pods is marked for deletion.
    CollectJob(JobId),
    /// The garbage collector deletes the Pods that a Job left behind.
    CollectOrphans(JobId),
    /// The garbage collector deletes a Pod that was created when its Job was gone.
    CollectPod(PodId),
    /// The garbage collector deletes the Jobs that a CronJob left behind.
    CollectJobs(CronJobId),
    /// The garbage collector deletes the Jobs of a CronJob that is marked for deletion, or it if it has none.
    CollectCronJob(CronJobId),
    /// The garbage collector deletes a Job that was created when its CronJob was gone.
    CollectOwned(JobId),
    /// The user creates a Job or acts.
    User,
}

impl Event {
    /// The class of what users do.
    pub const USER: u8 = 9;

    /// The class of the event: within one instant the smaller goes first.
    ///
    /// | class | what | why there |
    /// |---|---|---|
    /// | 0 | due keys | a key that is due is synced before events of the instant reach the caches |
    /// | 1 | tokens | requests of the instant before get their tokens before anything new happens |
    /// | 2 | requests applied | |
    /// | 3 | answers | |
    /// | 4 | watch | a sync that is answered now goes on before the caches change |
    /// | 5 | restart | a controller that starts lists what the instant has changed so far |
    /// | 6 | scheduler, kubelet, disruptions | |
    /// | 7 | slots | all that ask in the instant are known, and all that are freed |
    /// | 8 | garbage collector | |
    /// | 9 | the user | everything else of the instant settles first |
    #[inline]
    pub fn class(self) -> u8 {
        match self {
            Event::KeyDue(_) | Event::TtlDue(_) | Event::CronDue(_) => 0,
            Event::TokenRound => 1,
            Event::Apply { .. } => 2,
            Event::Answers(_) | Event::CronAnswer { .. } => 3,
            Event::Watch => 4,
            Event::ControllersUp | Event::ListJobs | Event::ListPods | Event::WorkBegins => 5,
            Event::Bind(_) | Event::Start(_) | Event::Ready(..) | Event::Exit(..) => 6,
            Event::Restart(..) | Event::Stopped(_) | Event::Disrupt(_) => 6,
            Event::Room => 7,
            Event::CollectPods(_) | Event::CollectJob(_) | Event::CollectOrphans(_) | Event::CollectPod(_) => 8,
            Event::CollectJobs(_) | Event::CollectCronJob(_) | Event::CollectOwned(_) => 8,
            Event::User => Self::USER,
        }
    }
}
