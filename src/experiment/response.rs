//! Responses: what can be asked of a replication as a number. This is the list that summaries, goals, comparisons,
//! columns of records and stopping rules share. Code names a response by its variant; only what users type is looked up
//! by name, with [`Response::named`].

use super::node_use::PoolUse;
use super::outcome::{JobEnd, Outcome};
use crate::record::PendingReason;
use crate::time::SimDuration;

/// What a response counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Time: whole nanoseconds, shown and saved as seconds.
    Time,
    /// Things.
    Count,
    /// Part of a whole: whole billionths, shown and saved as a number from 0 to 1.
    Share,
    /// Money: whole millionths of the unit in which prices are given, shown and saved in that unit.
    Amount,
}

impl Unit {
    /// The value of one of the whole numbers in the unit that is shown.
    pub fn scale(self) -> f64 {
        match self {
            Unit::Time | Unit::Share => 1e-9,
            Unit::Count => 1.0,
            Unit::Amount => 1e-6,
        }
    }

    /// The name in files: `seconds`, `share`, `amount`, or empty for counts.
    pub fn as_str(self) -> &'static str {
        match self {
            Unit::Time => "seconds",
            Unit::Count => "",
            Unit::Share => "share",
            Unit::Amount => "amount",
        }
    }
}

/// When the text report shows a response. Files always have all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ShownWhen {
    /// Always.
    Always,
    /// If it is not zero in every replication. One about nodes that no replication ever reaches is not shown either.
    Nonzero,
    /// If it is not zero in every replication and there are several Jobs; for one Job other responses say the same.
    OfSeveral,
    /// Never: the other responses say the same, and only files have room for the parts.
    FilesOnly,
}

/// Another name of the duration.
pub const MAKESPAN: &str = "makespan";

/// A row of the table.
struct ResponseRow {
    name: &'static str,
    unit: Unit,
    shown: ShownWhen,
    about: &'static str,
    of: fn(&Outcome) -> Option<u64>,
}

fn nanos(span: SimDuration) -> u64 {
    u64::try_from(span.as_nanos()).unwrap_or(0)
}

fn time(span: SimDuration) -> Option<u64> {
    Some(nanos(span))
}

fn count(n: u32) -> Option<u64> {
    Some(u64::from(n))
}

macro_rules! responses {
    ($($variant:ident $name:literal $unit:ident $shown:ident $about:literal $of:expr;)*) => {
        /// A number that every replication has, or `None` if it never gets that far.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Response {
            $(#[doc = $about] $variant,)*
        }

        impl Response {
            /// Every response, in the order of columns and summaries.
            pub const ALL: &'static [Response] = &[$(Response::$variant,)*];
        }

        /// In the order of the variants.
        const ROWS: &[ResponseRow] = &[
            $(ResponseRow { name: $name, unit: Unit::$unit, shown: ShownWhen::$shown, about: $about, of: $of },)*
        ];
    };
}

responses! {
    Duration "duration" Time Always "from creation to Complete or Failed"
        |o| o.duration.map(nanos);
    TimeToComplete "timeToComplete" Time FilesOnly "from creation to Complete; never if it fails"
        |o| o.duration.filter(|_| o.end == JobEnd::Complete).map(nanos);
    FirstRunning "firstRunning" Time Nonzero "from creation to the first running Pod"
        |o| o.first_running.map(nanos);
    AllCreated "allCreated" Time Nonzero "from creation until each Pod that parallelism asks for was created, retries aside"
        |o| o.all_created.map(nanos);
    AllRunning "allRunning" Time Nonzero "from creation until each Pod that parallelism asks for had run, retries aside"
        |o| o.all_running.map(nanos);
    PodsCreated "podsCreated" Count Always "Pods created"
        |o| count(o.pods_created);
    PodsSucceeded "podsSucceeded" Count FilesOnly "Pods that succeeded"
        |o| count(o.pods_succeeded);
    PodsFailed "podsFailed" Count Nonzero "Pods that failed"
        |o| count(o.pods_failed);
    PodsDeleted "podsDeleted" Count Nonzero "Pods that disappeared before they had finished"
        |o| count(o.pods_deleted);
    PodsRemoved "podsRemoved" Count Nonzero "Pods that a suspension or a scale-down deleted, or that were deleted after their Job"
        |o| count(o.pods_removed);
    Retries "retries" Count Nonzero "Pods in the place of one that failed, was evicted or was deleted by hand"
        |o| count(o.retries);
    ContainerRestarts "containerRestarts" Count Nonzero "container restarts"
        |o| count(o.container_restarts);
    MostRunning "mostRunning" Count Nonzero "the most Pods that ran at the same time, of all Jobs together"
        |o| count(o.most_running);
    MostRunningInJob "mostRunningInJob" Count OfSeveral "the most Pods of a single Job that ran at the same time"
        |o| count(o.most_running_in_job);
    PodTime "podTime" Time Nonzero "time that Pods ran, summed over Pods"
        |o| time(o.pod_time);
    WastedPodTime "wastedPodTime" Time Nonzero "time that Pods ran which did not succeed, summed over Pods"
        |o| time(o.wasted_pod_time);
    BackoffWaits "backoffWaits" Count Nonzero "Pod failure back-offs that delayed a Pod"
        |o| count(o.backoff_waits);
    BackoffWait "backoffWait" Time Nonzero "time that Pod failure back-offs delayed Pods"
        |o| time(o.backoff_wait);
    LongestBackoff "longestBackoff" Time Nonzero "the longest Pod failure back-off that delayed a Pod"
        |o| time(o.longest_backoff);
    Overshoot "overshoot" Count FilesOnly "the most Pods that ran above parallelism"
        |o| count(o.overshoot.total.most);
    OvershootEpisodes "overshootEpisodes" Count FilesOnly "how often more Pods than parallelism ran"
        |o| count(o.overshoot.total.episodes);
    OvershootTime "overshootTime" Time FilesOnly "how long more Pods than parallelism ran"
        |o| time(o.overshoot.total.time);
    OvershootPodTime "overshootPodTime" Time FilesOnly "Pods above parallelism × time"
        |o| time(o.overshoot.pod_time);
    ApplicationFailures "applicationFailures" Count Nonzero "failures of containers"
        |o| count(o.failures.application);
    DisruptionFailures "disruptionFailures" Count Nonzero "Pods ended by disruptions"
        |o| count(o.failures.disruption);
    AdmissionFailures "admissionFailures" Count Nonzero "Pods that failed before any container ran"
        |o| count(o.failures.admission);
    IgnoredFailures "ignoredFailures" Count Nonzero "failures that the Pod failure policy ignores"
        |o| count(o.failures.ignored);
    Requests "requests" Count Nonzero "requests of the controllers to the API server"
        |o| count(o.requests.total());
    CreatePodRequests "createPodRequests" Count FilesOnly "requests that create Pods"
        |o| count(o.requests.create_pod);
    PatchPodRequests "patchPodRequests" Count FilesOnly "requests that remove a finalizer"
        |o| count(o.requests.patch_pod);
    DeletePodRequests "deletePodRequests" Count FilesOnly "requests that delete Pods"
        |o| count(o.requests.delete_pod);
    StatusRequests "statusRequests" Count FilesOnly "requests that write a Job's status"
        |o| count(o.requests.update_status);
    EventRequests "eventRequests" Count FilesOnly "requests that create Events or raise their count"
        |o| count(o.requests.event);
    ThrottleWait "throttleWait" Time FilesOnly "time that requests waited for their token, summed over requests"
        |o| time(o.throttle_wait);
    SyncsFailed "syncsFailed" Count Nonzero "syncs that ended in error"
        |o| count(o.syncs_failed);
    ActionsRefused "actionsRefused" Count Nonzero "users' actions that were refused or met nothing"
        |o| count(o.actions_refused);
    JobsComplete "jobsComplete" Count OfSeveral "Jobs that are Complete"
        |o| count(o.ends.complete);
    JobsFailed "jobsFailed" Count OfSeveral "Jobs that are Failed"
        |o| count(o.ends.failed);
    JobsDeleted "jobsDeleted" Count OfSeveral "Jobs that were deleted before they ended"
        |o| count(o.ends.deleted);
    JobsUnfinished "jobsUnfinished" Count OfSeveral "Jobs that had not ended"
        |o| count(o.ends.unfinished);
    LongestJob "longestJob" Time OfSeveral "the longest time of a Job from creation to Complete or Failed"
        |o| time(o.ends.longest);
    DueStarts "dueStarts" Count Nonzero "starts that the schedules of CronJobs asked for"
        |o| count(o.starts.due);
    Starts "starts" Count Nonzero "due starts for which a Job was created"
        |o| count(o.starts.started);
    DelayedStarts "delayedStarts" Count Nonzero "Jobs that were created late, after whatever held them back"
        |o| count(o.starts.delayed);
    SkippedStarts "skippedStarts" Count Nonzero "due starts for which no Job was created"
        |o| count(o.starts.skipped());
    SkippedActive "skippedActive" Count Nonzero "skipped: concurrencyPolicy is Forbid and a Job was active"
        |o| count(o.starts.skipped_active);
    SkippedSuspended "skippedSuspended" Count Nonzero "skipped: the CronJob was suspended"
        |o| count(o.starts.skipped_suspended);
    SkippedDown "skippedDown" Count Nonzero "skipped: the controllers were down"
        |o| count(o.starts.skipped_controllers_down);
    SkippedDeadline "skippedDeadline" Count Nonzero "skipped: startingDeadlineSeconds had passed"
        |o| count(o.starts.skipped_deadline);
    SkippedRefused "skippedRefused" Count Nonzero "skipped: the Job could not be created"
        |o| count(o.starts.skipped_refused);
    SkippedLate "skippedLate" Count Nonzero "skipped: the controller came too late"
        |o| count(o.starts.skipped_late);
    ReplacedJobs "replacedJobs" Count Nonzero "Jobs that were deleted to start a new one (Replace)"
        |o| count(o.starts.replaced);
    TooManyMissed "tooManyMissed" Count Nonzero "how often more than a hundred starts had been missed"
        |o| count(o.starts.too_many_missed);
    MedianDelay "medianDelay" Time Nonzero "how late Jobs were created, median"
        |o| time(o.starts.median_delay);
    LongestDelay "longestDelay" Time Nonzero "how late Jobs were created, maximum"
        |o| time(o.starts.longest_delay);
    OverlapTime "overlapTime" Time Nonzero "how long a CronJob had more than one Job, or Pods of one, under way"
        |o| time(o.starts.overlap);
    MostAtOnce "mostAtOnce" Count Nonzero "the most Jobs of a CronJob under way at the same time"
        |o| count(o.starts.most_at_once);
    SlotTime "slotTime" Time FilesOnly "time that slots were taken, summed over Pods"
        |o| time(o.shared.slot_time);
    Utilisation "utilisation" Share Nonzero "share of the slots that were taken, from the first creation to the last end"
        |o| Some(o.shared.utilisation());
    RoomWait "roomWait" Time Nonzero "time that Pods waited for a free slot, summed over Pods"
        |o| time(o.shared.room_wait);
    LongestRoomWait "longestRoomWait" Time Nonzero "the longest wait of a Pod for a free slot"
        |o| time(o.shared.longest_room_wait);
    Queueing "queueing" Time FilesOnly "time in which a Pod of a Job waited for a free slot"
        |o| time(o.shared.queueing);
    QueueTime "queueTime" Time Nonzero "time that Jobs waited in a queue of Kueue, summed over Jobs"
        |o| time(o.shared.queue_time);
    LongestQueueTime "longestQueueTime" Time Nonzero "the longest wait of a Job in a queue of Kueue"
        |o| time(o.shared.longest_queue_time);
    Throttled "throttled" Time FilesOnly "time in which a request of a Job waited for its token"
        |o| time(o.shared.throttled);
    HeldUp "heldUp" Time FilesOnly "time in which the throttle held a Job up: by its own requests, or without Pods by others'"
        |o| time(o.shared.held_up);
    ThrottleShare "throttleShare" Share FilesOnly "heldUp, as a share of the Jobs' lifetimes"
        |o| Some(o.shared.throttle_share());
    AtRunning "atRunning" Time FilesOnly "time in which a Pod of the Job ran"
        |o| time(o.shared.stages.running);
    AtStarting "atStarting" Time FilesOnly "time in which the Job had Pods but none ran"
        |o| time(o.shared.stages.starting);
    AtRoom "atRoom" Time FilesOnly "time in which all Pods of the Job waited for a free slot"
        |o| time(o.shared.stages.room);
    AtThrottle "atThrottle" Time FilesOnly "time without Pods in which requests, of this or other Jobs, waited for tokens"
        |o| time(o.shared.stages.throttle);
    AtBackoff "atBackoff" Time FilesOnly "time without Pods in which a Pod failure back-off delayed the next"
        |o| time(o.shared.stages.backoff);
    AtSuspended "atSuspended" Time FilesOnly "time without Pods in which the Job was suspended"
        |o| time(o.shared.stages.suspended);
    AtController "atController" Time FilesOnly "time without Pods for none of the other reasons"
        |o| time(o.shared.stages.controller);
    PathRunning "pathRunning" Time Nonzero "of the critical path: a Pod ran that was not lost"
        |o| time(o.path.running);
    PathLost "pathLost" Time Nonzero "of the critical path: a Pod ran in vain, as it failed, was deleted or restarted"
        |o| time(o.path.lost);
    PathStarting "pathStarting" Time Nonzero "of the critical path: a Pod was scheduled, started or stopped"
        |o| time(o.path.starting);
    PathRestart "pathRestart" Time Nonzero "of the critical path: the kubelet waited before it restarted containers"
        |o| time(o.path.restart);
    PathRoom "pathRoom" Time Nonzero "of the critical path: a Pod waited for a free slot, or for a node that it fits on"
        |o| time(o.path.room);
    PathThrottle "pathThrottle" Time Nonzero "of the critical path: the client's throttle held the next Pod up"
        |o| time(o.path.throttle);
    PathBackoff "pathBackoff" Time Nonzero "of the critical path: a Pod failure back-off held the next Pod up"
        |o| time(o.path.backoff);
    PathSuspended "pathSuspended" Time Nonzero "of the critical path: the Job was suspended"
        |o| time(o.path.suspended);
    PathController "pathController" Time Nonzero "of the critical path: none of these, the controller was on its way or down"
        |o| time(o.path.controller);
    NodeTime "nodeTime" Time Nonzero "time that nodes were there or on their way, summed over nodes"
        |o| time(o.nodes.node_time);
    Cost "cost" Amount Nonzero "what nodes cost"
        |o| Some(o.nodes.cost);
    IdleCost "idleCost" Amount Nonzero "what of the cost was paid for room that no Pod requested"
        |o| Some(o.nodes.idle_cost);
    NodesStarted "nodesStarted" Count Nonzero "nodes that joined later than at the beginning"
        |o| count(o.nodes.nodes_started);
    MostNodes "mostNodes" Count Nonzero "the most nodes at the same time"
        |o| count(o.nodes.most_nodes);
    FirstNode "firstNode" Time Nonzero "from the beginning to the first node that joined later"
        |o| o.nodes.first_node.map(nanos);
    CpuRequested "cpuRequested" Share Nonzero "share of the nodes' allocatable CPU that was requested"
        |o| Some(o.nodes.cpu_requested);
    MemoryRequested "memoryRequested" Share Nonzero "share of the nodes' allocatable memory that was requested"
        |o| Some(o.nodes.memory_requested);
    Fragmentation "fragmentation" Share Nonzero "share of the nodes' CPU that was free while a Pod was unschedulable"
        |o| Some(o.nodes.fragmentation);
    PendingTime "pendingTime" Time Nonzero "time that Pods waited to be bound to a node, summed over Pods"
        |o| time(o.nodes.pending);
    LongestPending "longestPending" Time Nonzero "the longest wait of a Pod to be bound to a node"
        |o| time(o.nodes.longest_pending);
    PendingInQueue "pendingInQueue" Time Nonzero "of pendingTime: until the scheduler first tried the Pods"
        |o| time(o.nodes.pending_by.of(PendingReason::Queue));
    PendingForNodes "pendingForNodes" Time Nonzero "of pendingTime: there was no node at all"
        |o| time(o.nodes.pending_by.of(PendingReason::Nodes));
    PendingForCpu "pendingForCpu" Time Nonzero "of pendingTime: most nodes lacked CPU"
        |o| time(o.nodes.pending_by.of(PendingReason::Cpu));
    PendingForMemory "pendingForMemory" Time Nonzero "of pendingTime: most nodes lacked memory"
        |o| time(o.nodes.pending_by.of(PendingReason::Memory));
    PendingForOtherResources "pendingForOtherResources" Time Nonzero "of pendingTime: most nodes lacked another resource, such as GPUs or room for one more Pod"
        |o| time(o.nodes.pending_by.of(PendingReason::OtherResources));
    PendingForTaints "pendingForTaints" Time Nonzero "of pendingTime: most nodes were cordoned, or had a taint"
        |o| time(o.nodes.pending_by.of(PendingReason::Taints));
    PendingForAffinity "pendingForAffinity" Time Nonzero "of pendingTime: selectors or affinity matched too few nodes"
        |o| time(o.nodes.pending_by.of(PendingReason::Affinity));
    PendingForSpread "pendingForSpread" Time Nonzero "of pendingTime: topology spread constraints forbade most nodes"
        |o| time(o.nodes.pending_by.of(PendingReason::Spread));
    PendingForGates "pendingForGates" Time Nonzero "of pendingTime: scheduling gates were not removed yet"
        |o| time(o.nodes.pending_by.of(PendingReason::Gates));
    PendingForRetry "pendingForRetry" Time Nonzero "of pendingTime: a binding had failed"
        |o| time(o.nodes.pending_by.of(PendingReason::Retry));
    PendingForOther "pendingForOther" Time Nonzero "of pendingTime: something else"
        |o| time(o.nodes.pending_by.of(PendingReason::Other));
    UnschedulableTime "unschedulableTime" Time Nonzero "time that Pods were called unschedulable, summed over Pods"
        |o| time(o.nodes.unschedulable);
    Preemptions "preemptions" Count Nonzero "Pods that Pods of higher priority drove away"
        |o| count(o.nodes.preempted);
    Evictions "evictions" Count Nonzero "Pods that were evicted: drained, or reclaimed with a notice"
        |o| count(o.nodes.evicted);
    TaintEvictions "taintEvictions" Count Nonzero "Pods that a taint of their node drove away"
        |o| count(o.nodes.taint_evicted);
    LostPods "lostPods" Count Nonzero "Pods whose node was gone"
        |o| count(o.nodes.lost);
    NodesReclaimed "nodesReclaimed" Count Nonzero "nodes that were reclaimed"
        |o| count(o.nodes.reclaimed);
}

impl Response {
    fn row(self) -> &'static ResponseRow {
        &ROWS[self as usize]
    }

    /// The name in goals, records and files.
    pub fn name(self) -> &'static str {
        self.row().name
    }

    /// The unit.
    pub fn unit(self) -> Unit {
        self.row().unit
    }

    /// When the text report shows it.
    pub fn shown(self) -> ShownWhen {
        self.row().shown
    }

    /// A description for people.
    pub fn about(self) -> &'static str {
        self.row().about
    }

    /// The whole number of a replication, in the unit's smallest steps; `None` if the replication never got that far.
    pub fn of(self, outcome: &Outcome) -> Option<u64> {
        (self.row().of)(outcome)
    }

    /// What it is of a pool of nodes, as a whole number of its unit; `None` for one that is not known of single pools.
    pub fn of_pool(self, pool: &PoolUse) -> Option<u64> {
        match self {
            Response::NodeTime => Some(pool.node_time.as_nanos().max(0) as u64),
            Response::Cost => Some(pool.cost),
            Response::IdleCost => Some(pool.idle_cost),
            _ => None,
        }
    }

    /// Those that are known of single pools of nodes.
    pub const OF_POOLS: [Response; 3] = [Response::NodeTime, Response::Cost, Response::IdleCost];

    /// The response with this name, as users type it. Of several Jobs together the duration is also called makespan.
    pub fn named(name: &str) -> Option<Self> {
        let name = if name == MAKESPAN { Response::Duration.name() } else { name };
        Self::ALL.iter().copied().find(|response| response.name() == name)
    }
}

#[cfg(test)]
#[path = "response_tests.rs"]
mod tests;
