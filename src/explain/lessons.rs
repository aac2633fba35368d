//! One field, taught: what it does, what is often taken wrongly, and a small Job that is run live in two or three
//! variants, so that the difference is seen and not claimed.

use super::pitfalls::brief;
use super::steps::WorstCaseEnd;
use super::what_if::VariantRun;
use super::worst::worst_case;
use super::{WorstCaseStep, steps};
use crate::scenario::source::Source;
use crate::scenario::{Input, Problems};
use serde::Serialize;
use std::path::PathBuf;

/// What is taught about a field.
#[derive(Clone, Copy, Debug)]
pub struct Lesson {
    /// The field below `spec`.
    pub field: &'static str,
    /// What it does, a sentence or two each.
    pub teaches: &'static [&'static str],
    /// Where the rule is from.
    pub source: &'static str,
    /// Variants of a small Job: a label, and settings as on the command line.
    pub variants: &'static [(&'static str, &'static [&'static str])],
    /// Whether every attempt fails in the examples.
    pub all_fail: bool,
}

/// A lesson with what came of its examples.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TaughtLesson {
    /// The field below `spec`.
    pub field: &'static str,
    /// What it does.
    pub teaches: Vec<&'static str>,
    /// Where the rule is from.
    pub source: &'static str,
    /// The variants, run.
    pub examples: Vec<Example>,
}

/// A variant that was run.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Example {
    /// What is special about it.
    pub label: &'static str,
    /// The settings over the bare Job, as `--set` takes them.
    pub settings: Vec<&'static str>,
    /// What came of it.
    pub outcome: String,
    /// Its steps.
    pub steps: Vec<WorstCaseStep>,
    /// Its end.
    pub end: WorstCaseEnd,
}

/// The Job of the examples: Pods run ten seconds.
const BARE: &str = "apiVersion: jobsim/v1
kind: Scenario
until: 3d
pods: {run: 10s}
jobs:
- inline:
    apiVersion: batch/v1
    kind: Job
    metadata: {name: example}
    spec:
      template:
        spec:
          restartPolicy: Never
          containers: [{name: main, image: example}]
";

/// Names of fields that are taught.
pub fn fields_with_lessons() -> impl Iterator<Item = &'static str> {
    LESSONS.iter().map(|lesson| lesson.field)
}

/// Teaches a field; `None` if there is no lesson about it. The name may be given with `spec.` before it.
///
/// # Errors
/// If an example cannot be read.
pub fn teach(field: &str) -> Result<Option<TaughtLesson>, Problems> {
    let name = field.rsplit('.').next().unwrap_or(field);
    let Some(lesson) = LESSONS.iter().find(|lesson| lesson.field.eq_ignore_ascii_case(name)) else { return Ok(None) };
    let examples = lesson.variants.iter().map(|v| example(lesson, v)).collect::<Result<_, _>>()?;
    let Lesson { field, teaches, source, .. } = *lesson;
    Ok(Some(TaughtLesson { field, teaches: teaches.to_vec(), source, examples }))
}

fn example(lesson: &Lesson, (label, settings): &(&'static str, &'static [&'static str])) -> Result<Example, Problems> {
    let source = Source { name: "example".to_owned(), folder: PathBuf::new(), text: BARE.to_owned() };
    let mut input = Input::of_sources(vec![source])?;
    for setting in *settings {
        input.set(crate::scenario::Setting::parse(setting).map_err(|p| vec![p])?).map_err(|p| vec![p])?;
    }
    let setup = input.resolve()?.setup;
    let setup = if lesson.all_fail { worst_case(&setup) } else { setup };
    let ran = VariantRun::of(&setup);
    let end = WorstCaseEnd::of(0, &ran);
    let (steps, _) = steps::steps(0, &ran, &setup.config.params);
    let mut outcome = brief(&end);
    let overshoot = ran.record(0).overshoot.total;
    if overshoot.episodes > 0 {
        outcome += &format!(
            "; up to {} above parallelism for {}",
            super::count(u64::from(overshoot.most), "Pod"),
            super::rounded(overshoot.time)
        );
    }
    if let Some(gone) = ran.record(0).gone {
        outcome += &format!("; deleted at +{}", super::rounded(gone - setup.start));
    }
    Ok(Example { label, settings: settings.to_vec(), outcome, steps, end })
}

const DOCS: &str = "https://kubernetes.io/docs/concepts/workloads/controllers/job/";

const LESSONS: &[Lesson] = &[
    Lesson {
        field: "parallelism",
        teaches: &[
            "How many Pods may be active at once. At the end of a Job it is less: no more than the completions that are missing.",
            "It is not a promise: Pods that are terminating run beside their replacements (podReplacementPolicy), and 0 halts the Job without suspending it.",
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
        variants: &[("somebody else", &["spec.managedBy=example.com/dispatcher"])],
        all_fail: false,
    },
];
