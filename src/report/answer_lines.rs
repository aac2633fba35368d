//! The lines of an answer for people: what each begins with, the words that tell its figures apart, and the measure
//! that each figure is. `run` and the others take their labels from here, and `docs/measures.md` lists the table, so
//! that every figure on a screen can be asked for by its name.

/// A figure of a line: the words beside it, and what it is.
pub(super) type AnswerFigure = (&'static str, &'static str);

/// A line of the table.
struct AnswerLineRow {
    label: &'static str,
    about: &'static str,
    figures: &'static [AnswerFigure],
}

macro_rules! answer_lines {
    ($($variant:ident $label:literal $about:literal [$($words:literal => $name:literal),* $(,)?];)*) => {
        /// A line of an answer.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(super) enum AnswerLine {
            $($variant,)*
        }

        impl AnswerLine {
            /// All lines, in the order in which answers have them.
            pub const ALL: &'static [AnswerLine] = &[$(AnswerLine::$variant,)*];
        }

        /// In the order of the variants.
        const ROWS: &[AnswerLineRow] =
            &[$(AnswerLineRow { label: $label, about: $about, figures: &[$(($words, $name)),*] },)*];
    };
}

answer_lines! {
    Any "any" "what stands in every answer" [
        "replications of each" => "replications", "of 1 point" => "replications", "(seed" => "seed", "intervals at" => "confidence",
        "values:" => "values of the field", "more" => "the rest of a list", "in 120 columns" => "columns of the terminal",
        "replications only" => "replications", "were cut off" => "cut", "of virtual time" => "endSeconds",
        "of all" => "the upper end of P(overshoot > 0)", "of the time" => "overshootTime of duration",
    ];
    Assumed "Assumed" "what nobody told, and the flag that tells it" ["run 1m" => "pods.run"];
    Result "Result" "what came out" [
        "Complete after" => "duration", "Failed after" => "duration", "deleted at" => "jobs[].goneSeconds",
        "nothing happens after" => "settledSeconds, else endSeconds", "was stopped at" => "endSeconds", "at 2" => "duration, on the wall clock",
        "created after" => "allCreated", "had run after" => "allRunning",
        "Jobs: " => "jobsComplete + jobsFailed + jobsDeleted + jobsUnfinished",
        "Complete" => "jobsComplete", "Failed" => "jobsFailed", "deleted before they had ended" => "jobsDeleted",
        "not ended" => "jobsUnfinished", "still going on" => "jobsUnfinished",
        "from the first creation to the last end" => "makespan", "longest Job took" => "longestJob",
        "Pods ran at the same time" => "mostRunning",
        "starts due" => "dueStarts", "starts made" => "starts", "made late" => "delayedStarts", "made" => "starts",
        "left out" => "skippedStarts", "Jobs replaced" => "replacedJobs",
        "Complete in" => "P(Complete)", "Failed in" => "P(Failed)", "Deleted in" => "P(Deleted)",
        "Unfinished in" => "P(Unfinished)", "in all of" => "P(Complete)", "replications" => "replications",
        "(median)" => "median(duration)", "(p95)" => "p95(duration)", "is asked for" => "the bound of a goal", "it is" => "the measure of a goal",
        "between" => "the values of the field for which a goal holds",
    ];
    Expected "Expected" "goals: whether each holds, the measure and its interval" ["it is" => "the measure of the goal"];
    Asked "Asked" "measures that --show asks for, each with its interval" ["never" => "the measure"];
    Time "Time" "where the time of the critical path went; the parts add up" [
        "of its" => "the sum of path…", "of a Job's" => "the sum of path…, of a Job on average",
    ];
    Change "Change" "what would change it" ["now" => "the field that is named", "up to" => "a rule of Kubernetes",
        "more than" => "cluster.clientThrottle.qps"];
    Slots "Slots" "the slots of the cluster, and Pods that waited for one" [
        "slots" => "cluster.slots", "of their time taken" => "utilisation", "of Pods for room" => "waits of Pods for room", "at the same time at most" => "Pods that waited at the same time",
        "in sum" => "roomWait", "longest" => "longestRoomWait",
    ];
    Nodes "Nodes" "what was used of the nodes" [
        "at a time" => "mostNodes", "started on the way" => "nodesStarted", "the first after" => "firstNode",
        "node hours" => "nodeTime", "reclaimed" => "nodesReclaimed", "of their CPU" => "cpuRequested",
        "of their memory" => "memoryRequested", "room that no Pod requested" => "idleCost", "cost" => "cost",
        "pool" => "the same of one pool", "nodes" => "nodes of one pool", "node" => "nodes of one pool",
        "unschedulable for" => "unschedulableTime", "longest pending" => "longestPending",
        "CPU were free" => "fragmentation", "preempted" => "preemptions", "evicted" => "evictions",
        "driven away by a taint" => "taintEvictions", "lost with their node" => "lostPods",
        "to be bound for" => "pendingTime, by what it was for",
    ];
    Outcome "Outcome" "how one Job ended" ["after" => "duration", "at" => "jobs[].goneSeconds", "exceeded" => "Kubernetes' words"];
    Pods "Pods" "what became of a Job's Pods" [
        "last created at" => "jobs[].lastPodCreatedSeconds",
        "created" => "podsCreated", "succeeded" => "podsSucceeded", "failed" => "podsFailed",
        "deleted before they finished" => "podsDeleted", "removed by a suspension" => "podsRemoved",
        "retr" => "retries", "container restart" => "containerRestarts",
    ];
    PodTime "Pod time" "how long Pods ran, summed over Pods" ["in all" => "podTime", "did not succeed" => "wastedPodTime"];
    Refused "Refused" "what the API server refused" ["refused" => "jobs[].creationsRefused", "at +" => "when"];
    Edits "Edits" "edits that the API server refused" ["refused at" => "jobs[].refusedEdits"];
    Syncs "Syncs" "syncs of the controller" ["in error" => "syncsFailed"];
    BackOff "Back-off" "Pod failure back-offs, one by one" [
        "waited" => "backoffWaits", "longest" => "longestBackoff", "at least one was waited for in" => "backoffWait",
        "until" => "jobs[].backoffWaits", "at +" => "jobs[].backoffWaits", "more (--" => "the rest of the list",
    ];
    Restarts "Restarts" "waits of the kubelet before it restarted containers" [
        "container restart" => "containerRestarts", "back-off took" => "the sum of these waits", "longest" => "the longest of them",
        "until" => "one of them", "at +" => "one of them", "more (--" => "the rest of the list",
    ];
    Overshoot "Overshoot" "more Pods running than parallelism" [
        "in all" => "overshootTime", "up to" => "overshoot", "time" => "overshootEpisodes",
    ];
    LeftOut "Left out" "due starts for which no Job was created, by reason" [
        "Forbid, a Job was active" => "skippedActive", "suspended" => "skippedSuspended", "controllers down" => "skippedDown",
        "starting deadline over" => "skippedDeadline", "creation refused" => "skippedRefused", "a later start was due" => "skippedLate",
    ];
    Late "Late" "how late Jobs were created" [
        "p50" => "medianDelay", "longest" => "longestDelay", "held back and made" => "delayedStarts",
    ];
    Overlap "Overlap" "Jobs of one CronJob at the same time" ["more than one Job for" => "overlapTime", "at a time" => "mostAtOnce"];
    Edited "Edited" "starts after an edit of the schedule" ["made for a time before" => "cronJobs[].madeAfterEdit",
        "every 12 to 24 h" => "a rule of Kubernetes"];
    Replaced "Replaced" "Jobs that made room for a new one" ["deleted for a new one" => "replacedJobs"];
    Warned "Warned" "the controller's warning of missed starts" ["more than 100 missed starts" => "tooManyMissed"];
    Jobs "Jobs" "how a CronJob's Jobs ended" [
        "Complete" => "jobsComplete", "Failed" => "jobsFailed", "deleted before they had ended" => "jobsDeleted",
        "not ended yet" => "jobsUnfinished", "longest took" => "longestJob",
    ];
    StartsOf "CronJob" "what became of its starts" [
        "due in" => "dueStarts", "made" => "starts", "left out" => "skippedStarts",
    ];
}

impl AnswerLine {
    fn row(self) -> &'static AnswerLineRow {
        &ROWS[self as usize]
    }

    /// What the line begins with, without its colon.
    pub fn label(self) -> &'static str {
        self.row().label
    }

    /// What the line begins with, with its colon.
    pub fn heading(self) -> String {
        format!("{}:", self.label())
    }

    /// What the line is about, in a few words.
    pub fn about(self) -> &'static str {
        self.row().about
    }

    /// The figures in the line, each with the words beside it.
    pub fn figures(self) -> &'static [AnswerFigure] {
        self.row().figures
    }
}

/// What kubectl calls the columns and lines of its own views, as answers show them. `docs/measures.md` lists them, so
/// that a reader knows that these words are not measures.
pub(super) const KUBECTL_WORDS: [&str; 33] = [
    "NAME",
    "STATUS",
    "COMPLETIONS",
    "DURATION",
    "AGE",
    "SCHEDULE",
    "TIMEZONE",
    "SUSPEND",
    "ACTIVE",
    "LAST SCHEDULE",
    "Name",
    "Namespace",
    "Parallelism",
    "Completions",
    "Completion Mode",
    "Suspend",
    "Backoff Limit",
    "TTL Seconds After Finished",
    "Active Deadline Seconds",
    "Start Time",
    "Completed At",
    "Duration",
    "Pods Statuses",
    "Completed Indexes",
    "Failed Indexes",
    "Conditions",
    "Events",
    "Type",
    "Status",
    "Reason",
    "Age",
    "From",
    "Message",
];
