//! The lessons: what each field of a Job does, the source of the rule, and the settings of the examples. These are data;
//! `lessons` runs them.

/// A lesson about a field.
#[derive(Clone, Copy, Debug)]
pub struct Lesson {
    /// The field below `spec`.
    pub field: &'static str,
    /// What it does: each entry is a sentence or two.
    pub teaches: &'static [&'static str],
    /// The source of the rule.
    pub source: &'static str,
    /// Variants of a small Job: a label, and settings as for `--set`.
    pub variants: &'static [(&'static str, &'static [&'static str])],
    /// Whether every attempt fails in the examples.
    pub all_fail: bool,
}

const DOCS: &str = "https://kubernetes.io/docs/concepts/workloads/controllers/job/";

/// The lessons, in the order in which they are listed.
pub const LESSONS: &[Lesson] = &[
    Lesson {
        field: "parallelism",
        teaches: &[
            "How many Pods may be active at once. At the end of a Job it is less: no more than the completions that are missing.",
            "It is not a promise: Pods that are terminating run next to their replacements (podReplacementPolicy), and 0 halts the Job without suspending it.",
        ],
        source: "https://kubernetes.io/docs/concepts/workloads/controllers/job/#controlling-parallelism; manageJob",
        variants: &[
            ("one at a time", &["spec.completions=6", "spec.parallelism=1"]),
            ("three at a time", &["spec.completions=6", "spec.parallelism=3"]),
            ("more than there is to do", &["spec.completions=6", "spec.parallelism=50"]),
        ],
        all_fail: false,
    },
    Lesson {
        field: "completions",
        teaches: &[
            "How many Pods must succeed. Unset with parallelism set it makes a work queue: the first success ends the creation of Pods, and the Job is complete when the rest have ended.",
            "Unset together with parallelism it is 1. It can be changed later only for Indexed Jobs, together with parallelism (KEP-3715).",
        ],
        source: DOCS,
        variants: &[
            ("five completions", &["spec.completions=5", "spec.parallelism=2"]),
            ("a work queue", &["spec.parallelism=2"]),
        ],
        all_fail: false,
    },
    Lesson {
        field: "completionMode",
        teaches: &[
            "NonIndexed: any successful Pod counts. Indexed: each index from 0 to completions − 1 must succeed once, and a failed index is tried again.",
            "Only Indexed Jobs can have backoffLimitPerIndex, successPolicy and elastic completions.",
        ],
        source: "KEP-2214; firstPendingIndexes",
        variants: &[
            (
                "NonIndexed, the second Pod fails: another makes up for it",
                &["spec.completions=3", "spec.backoffLimit=2", "pods.byAttempt={2: {outcome: {fail: 100%}}}"],
            ),
            (
                "Indexed, index 1 fails: nothing makes up for it",
                &[
                    "spec.completions=3",
                    "spec.backoffLimit=2",
                    "spec.completionMode=Indexed",
                    "pods.byIndex={1: {outcome: {fail: 100%}}}",
                ],
            ),
        ],
        all_fail: false,
    },
    Lesson {
        field: "backoffLimit",
        teaches: &[
            "How many failed Pods a Job bears: it fails with one more. Default 6. It is a limit for the Job as a whole, not for each Pod or index, and failures long ago count.",
            "Between failures the next Pods wait 10 s × 2^(n − 1), n the failed Pods since the last success, counted from the last failure and cut to ten minutes. n counts Pods and not waves.",
            "With restartPolicy OnFailure container restarts are counted instead, and reaching the limit is enough.",
        ],
        source: "https://kubernetes.io/docs/concepts/workloads/controllers/job/#pod-backoff-failure-policy; newBackoffRecord, getRemainingTimeForFailuresCount, pastBackoffLimitOnFailure",
        variants: &[
            ("one Pod at a time", &["spec.backoffLimit=3"]),
            ("two at a time", &["spec.backoffLimit=3", "spec.parallelism=2", "spec.completions=2"]),
            ("seven at a time", &["spec.backoffLimit=7", "spec.parallelism=7", "spec.completions=7"]),
            ("OnFailure", &["spec.backoffLimit=3", "spec.template.spec.restartPolicy=OnFailure"]),
        ],
        all_fail: true,
    },
    Lesson {
        field: "backoffLimitPerIndex",
        teaches: &[
            "How many failed Pods each index bears. An index that has failed is left alone; the others go on, and at the end the Job is Failed (FailedIndexes) if any index is.",
            "Each index has a back-off of its own. backoffLimit then defaults to no limit.",
        ],
        source: "KEP-3850; getRemainingTimePerIndex, getNewIndexFailureCounts",
        variants: &[
            (
                "one poisonous index, a limit for the Job",
                &[
                    "spec.completions=3",
                    "spec.parallelism=3",
                    "spec.completionMode=Indexed",
                    "spec.backoffLimit=2",
                    "pods.byIndex={1: {outcome: {fail: 100%}}}",
                ],
            ),
            (
                "the same, a limit per index",
                &[
                    "spec.completions=3",
                    "spec.parallelism=3",
                    "spec.completionMode=Indexed",
                    "spec.backoffLimitPerIndex=2",
                    "pods.byIndex={1: {outcome: {fail: 100%}}}",
                ],
            ),
        ],
        all_fail: false,
    },
    Lesson {
        field: "maxFailedIndexes",
        teaches: &[
            "How many failed indexes a Job bears: with one more it fails at once and its Pods are deleted. Only with backoffLimitPerIndex.",
        ],
        source: "KEP-3850",
        variants: &[
            (
                "no limit",
                &[
                    "spec.completions=6",
                    "spec.parallelism=2",
                    "spec.completionMode=Indexed",
                    "spec.backoffLimitPerIndex=0",
                ],
            ),
            (
                "at most one",
                &[
                    "spec.completions=6",
                    "spec.parallelism=2",
                    "spec.completionMode=Indexed",
                    "spec.backoffLimitPerIndex=0",
                    "spec.maxFailedIndexes=1",
                ],
            ),
        ],
        all_fail: true,
    },
    Lesson {
        field: "activeDeadlineSeconds",
        teaches: &[
            "Seconds from status.startTime after which the Job fails, whatever it is doing: one clock for all Pods, waits included, and before backoffLimit.",
            "The Job first gets FailureTarget; it is Failed when its Pods have stopped. A resumed Job has a new startTime.",
        ],
        source: "https://kubernetes.io/docs/concepts/workloads/controllers/job/#job-termination-and-cleanup; pastActiveDeadline",
        variants: &[
            ("without", &["spec.backoffLimit=4"]),
            ("60", &["spec.backoffLimit=4", "spec.activeDeadlineSeconds=60"]),
            ("60, Pods that run for an hour", &["spec.activeDeadlineSeconds=60", "pods.run=1h", "pods.terminate=20s"]),
        ],
        all_fail: true,
    },
    Lesson {
        field: "ttlSecondsAfterFinished",
        teaches: &[
            "Seconds after its end at which a finished Job is deleted with its Pods (and their logs). Unset: never; 0: at once.",
        ],
        source: "KEP-592",
        variants: &[("unset", &[]), ("100", &["spec.ttlSecondsAfterFinished=100"])],
        all_fail: false,
    },
    Lesson {
        field: "suspend",
        teaches: &[
            "true holds the Job back: its active Pods are deleted (they do not count as failed) and startTime is cleared.",
            "A resume sets startTime anew, so activeDeadlineSeconds starts again; finished indexes and failures stay counted.",
        ],
        source: "KEP-2232",
        variants: &[
            ("suspended for ever", &["spec.suspend=true"]),
            ("resumed after a minute", &["spec.suspend=true", "actions=[{at: 1m, resume: example}]"]),
        ],
        all_fail: false,
    },
    Lesson {
        field: "podReplacementPolicy",
        teaches: &[
            "When a Pod that is being deleted is replaced: TerminatingOrFailed (the default) at once, so that both run for a while; Failed only when it has ended.",
            "With podFailurePolicy it is Failed.",
        ],
        source: "KEP-3939; onlyReplaceFailedPods, isPodFailed",
        variants: &[
            (
                "TerminatingOrFailed",
                &["pods.run=1m", "pods.terminate=20s", "actions=[{at: 20s, deletePod: {job: example}}]"],
            ),
            (
                "Failed",
                &[
                    "pods.run=1m",
                    "pods.terminate=20s",
                    "spec.podReplacementPolicy=Failed",
                    "actions=[{at: 20s, deletePod: {job: example}}]",
                ],
            ),
        ],
        all_fail: false,
    },
    Lesson {
        field: "podFailurePolicy",
        teaches: &[
            "Rules that look at exit codes or conditions of failed Pods, in order: FailJob ends the Job at once, Ignore keeps the failure out of backoffLimit, FailIndex fails the index, Count counts it.",
            "An ignored failure still lengthens the back-off.",
        ],
        source: "KEP-3329; matchPodFailurePolicy",
        variants: &[
            ("without", &["spec.backoffLimit=2", "pods.outcome={fail: 100%, failExitCode: 42}"]),
            (
                "42 ends the Job",
                &[
                    "spec.backoffLimit=2",
                    "pods.outcome={fail: 100%, failExitCode: 42}",
                    "spec.podFailurePolicy={rules: [{action: FailJob, onExitCodes: {operator: In, values: [42]}}]}",
                ],
            ),
            (
                "42 is ignored, five times",
                &[
                    "spec.backoffLimit=2",
                    "pods.outcome={fail: [1, 1, 1, 1, 1, 0], failExitCode: 42}",
                    "spec.podFailurePolicy={rules: [{action: Ignore, onExitCodes: {operator: In, values: [42]}}]}",
                ],
            ),
        ],
        all_fail: false,
    },
    Lesson {
        field: "successPolicy",
        teaches: &[
            "When an Indexed Job is a success before all indexes are: rules name indexes, a number of them, or both. Pods that still run are deleted.",
        ],
        source: "KEP-3998; matchSuccessPolicy",
        variants: &[
            (
                "without",
                &[
                    "spec.completions=3",
                    "spec.parallelism=3",
                    "spec.completionMode=Indexed",
                    "pods.byIndex={1-2: {run: 5m}}",
                ],
            ),
            (
                "index 0 suffices",
                &[
                    "spec.completions=3",
                    "spec.parallelism=3",
                    "spec.completionMode=Indexed",
                    "pods.byIndex={1-2: {run: 5m}}",
                    "spec.successPolicy={rules: [{succeededIndexes: \"0\"}]}",
                ],
            ),
        ],
        all_fail: false,
    },
    Lesson {
        field: "restartPolicy",
        teaches: &[
            "Never: a failed Pod stays and is replaced by the Job controller, after the Pod failure back-off (10 s to 10 min). OnFailure: the kubelet restarts the container in the same Pod, after its own back-off (at once, then 10 s to 5 min).",
            "OnFailure ends one retry earlier for the same backoffLimit, and at its end the Pod is deleted with its logs.",
        ],
        source: "https://kubernetes.io/docs/concepts/workloads/controllers/job/#handling-pod-and-container-failures; pastBackoffLimitOnFailure",
        variants: &[
            ("Never", &["spec.backoffLimit=3"]),
            ("OnFailure", &["spec.backoffLimit=3", "spec.template.spec.restartPolicy=OnFailure"]),
        ],
        all_fail: true,
    },
    Lesson {
        field: "terminationGracePeriodSeconds",
        teaches: &[
            "Seconds between SIGTERM and SIGKILL, default 30. A Job whose end is decided has FailureTarget at once but is Failed only when its Pods have stopped, up to this time later.",
        ],
        source: "KEP-3939; enactJobFinished",
        variants: &[
            ("30, Pods that ignore SIGTERM", &["spec.activeDeadlineSeconds=20", "pods.run=1h", "pods.terminate=1h"]),
            (
                "5, the same Pods",
                &[
                    "spec.activeDeadlineSeconds=20",
                    "pods.run=1h",
                    "pods.terminate=1h",
                    "spec.template.spec.terminationGracePeriodSeconds=5",
                ],
            ),
        ],
        all_fail: true,
    },
    Lesson {
        field: "managedBy",
        teaches: &[
            "The name of the controller that reconciles the Job, such as a multi-cluster dispatcher's. With any name but kubernetes.io/job-controller the built-in controller does nothing.",
        ],
        source: "KEP-4368",
        variants: &[("another controller", &["spec.managedBy=example.com/dispatcher"])],
        all_fail: false,
    },
];
