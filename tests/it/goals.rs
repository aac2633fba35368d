//! Goals and measures that cannot mean anything for an input are refused, with the measure that does.

use crate::cli::outcome;
use crate::toy::{folder, write};
use jobsim::experiment::{Measure, Response, Setup};
use jobsim::scenario::Input;

/// The case night4: of a CronJob, `complete within` was 0 % in silence.
#[test]
fn a_goal_that_means_nothing_is_refused_with_the_measure_that_does() {
    let root = folder("batch-meaningless");
    let scenario = |goal: &str| {
        let text = format!(
            "apiVersion: jobsim/v1\nkind: Scenario\nuntil: 2d\njobs:\n- inline:\n    apiVersion: batch/v1\n    kind: CronJob\n    \
             metadata: {{name: nightly}}\n    spec:\n      schedule: \"0 2 * * *\"\n      jobTemplate: {{spec: {{template: {{spec: \
             {{restartPolicy: Never, containers: [{{name: c, image: i}}]}}}}}}}}\nexpect: [\"{goal}\"]\n"
        );
        write(root.join("night4.yaml"), [text]).display().to_string()
    };
    for (goal, instead) in [
        ("P(complete within 4h) >= 95%", "P(longestJob <= 4h)"),
        ("P(finished within 4h) >= 95%", "P(longestJob <= 4h)"),
        ("p95(duration) <= 4h", "p95(longestJob)"),
        ("mean(retries | complete within 4h) <= 1", "P(longestJob <= 4h)"),
    ] {
        let (_, talk, code) = outcome(&["run", &scenario(goal), "-n", "2"]);
        assert_eq!(code, 2, "{goal}: {talk}");
        assert!(talk.contains("expect[0]") && talk.contains(instead), "{goal}: {talk}");
    }
    for goal in ["P(longestJob <= 4h) >= 95%", "P(Complete) >= 50%", "max(jobsUnfinished) <= 0"] {
        let (_, talk, code) = outcome(&["run", &scenario(goal), "-n", "2"]);
        assert_eq!(code, 0, "{goal}: {talk}");
    }
    let file = scenario("P(Complete) >= 50%");
    for flag in [["--precision", "mean(duration)=1m"], ["--set", "expect=[p50(duration) <= 1h]"]] {
        assert_eq!(outcome(&[&["run", &file, "-n", "2"], &flag[..]].concat()).2, 2, "{flag:?}");
    }
    let (_, talk, code) = outcome(&["sweep", &file, "-P", "pods.run=1m..2m:1m", "-n", "2", "--show", "p95(duration)"]);
    assert!(code == 2 && talk.contains("longestJob"), "{talk}");
    let (_, talk, code) = outcome(&["sweep", &file, "-P", "pods.run=1m..2m:1m", "-n", "2"]);
    assert_eq!(code, 0, "{talk}");

    let (_, job) = crate::design::job("batch-meaningless-job");
    let goal = ["solve", &job, "--field", "spec.backoffLimit=0..2", "--goal", "max(skippedStarts) <= 1", "-n", "2"];
    let (_, talk, code) = outcome(&goal);
    assert!(code == 2 && talk.contains("there is no CronJob here"), "{talk}");
}

/// The setup of a scenario: a Job, or (with a schedule) a CronJob.
fn setup(test: &str, spec: &str, schedule: Option<&str>, more: &str) -> Setup {
    let template =
        format!("{{{spec} template: {{spec: {{restartPolicy: Never, containers: [{{name: c, image: i}}]}}}}}}");
    let template = match spec.contains("onFailure") {
        true => template.replace("onFailure, ", "").replace("Never", "OnFailure"),
        false => template,
    };
    let (kind, spec) = match schedule {
        Some(more) => ("CronJob", format!("{{schedule: \"@hourly\", {more} jobTemplate: {{spec: {template}}}}}")),
        None => ("Job", template),
    };
    let text = format!(
        "apiVersion: jobsim/v1\nkind: Scenario\nuntil: 10h\njobs:\n- inline: {{apiVersion: batch/v1, kind: {kind}, metadata: \
         {{name: j}}, spec: {spec}}}\n{more}\n"
    );
    let file = write(folder(test).join("s.yaml"), [text]).display().to_string();
    let input = Input::read(&[file]).expect("it can be read");
    input.resolve().unwrap_or_else(|problems| panic!("{problems:?}")).setup
}

/// A second Job, which waits in a queue, and the queue.
const QUEUED: &str = "- inline:
    {apiVersion: batch/v1, kind: Job, metadata: {name: k, labels: {kueue.x-k8s.io/queue-name: q}}, spec: {template: {spec:
    {restartPolicy: Never, containers: [{name: c, image: i, resources: {requests: {cpu: 1}}}]}}}}
cluster: {kueue: {clusterQueues: [{name: q, nominalQuota: {cpu: 9}}]}}";

/// The names of the responses that a setup has nothing for.
fn meaningless(setup: &Setup) -> Vec<&'static str> {
    let check = |name: &str| Measure::parse(&format!("mean({name})"), &setup.series).expect("a measure").check(setup);
    let names = Response::ALL.iter().map(|response| response.name());
    names.filter(|name| check(name).is_err()).collect()
}

/// Every response against every kind of input: refused exactly where there is nothing that it could be about.
#[test]
fn each_response_is_refused_where_there_is_nothing_of_its_kind() {
    const STARTS: [&str; 16] = [
        "dueStarts",
        "starts",
        "delayedStarts",
        "skippedStarts",
        "skippedActive",
        "skippedSuspended",
        "skippedDown",
        "skippedDeadline",
        "skippedRefused",
        "skippedLate",
        "replacedJobs",
        "tooManyMissed",
        "medianDelay",
        "longestDelay",
        "overlapTime",
        "mostAtOnce",
    ];
    const SLOTS: [&str; 5] = ["utilisation", "roomWait", "longestRoomWait", "queueing", "atRoom"];
    const QUEUES: [&str; 2] = ["queueTime", "longestQueueTime"];
    const ROOM: [&str; 1] = ["pathRoom"];
    const TOKENS: [&str; 6] = ["throttleWait", "throttled", "heldUp", "throttleShare", "atThrottle", "pathThrottle"];
    const NODES: [&str; 28] = [
        "nodeTime",
        "cost",
        "idleCost",
        "nodesStarted",
        "mostNodes",
        "firstNode",
        "cpuRequested",
        "memoryRequested",
        "fragmentation",
        "pendingTime",
        "longestPending",
        "pendingInQueue",
        "pendingForNodes",
        "pendingForCpu",
        "pendingForMemory",
        "pendingForOtherResources",
        "pendingForTaints",
        "pendingForAffinity",
        "pendingForSpread",
        "pendingForGates",
        "pendingForRetry",
        "pendingForOther",
        "unschedulableTime",
        "preemptions",
        "evictions",
        "taintEvictions",
        "lostPods",
        "nodesReclaimed",
    ];
    const ENDS: [&str; 4] = ["duration", "timeToComplete", "allCreated", "allRunning"];
    let ignore = "podFailurePolicy: {rules: [{action: Ignore, onPodConditions: [{type: DisruptionTarget}]}]}, ";
    let all = [
        &STARTS[..],
        &SLOTS,
        &QUEUES,
        &ROOM,
        &TOKENS,
        &NODES,
        &ENDS,
        &["containerRestarts", "pathRestart", "ignoredFailures", "atSuspended", "pathSuspended", "jobsDeleted"],
    ]
    .concat();
    // Of each kind of input, what it has of all these.
    let cases = [
        ("plain", "", None, "", [&TOKENS[..], &ENDS].concat()),
        ("ideal", "", None, "cluster: {preset: ideal}", ENDS.to_vec()),
        ("slots", "", None, "cluster: {slots: 3}", [&TOKENS[..], &ENDS, &SLOTS, &ROOM].concat()),
        (
            "nodes",
            "",
            None,
            "cluster: {nodes: {n: {count: 1, allocatable: {cpu: 4, memory: 8Gi}}}}",
            [&TOKENS[..], &ENDS, &NODES, &ROOM].concat(),
        ),
        ("queues", "", None, QUEUED, [&TOKENS[..], &ENDS, &QUEUES, &["atSuspended", "pathSuspended"]].concat()),
        ("restarts", "onFailure, ", None, "", [&TOKENS[..], &ENDS, &["containerRestarts", "pathRestart"]].concat()),
        ("ignores", ignore, None, "", [&TOKENS[..], &ENDS, &["ignoredFailures"]].concat()),
        ("suspended", "suspend: true, ", None, "", [&TOKENS[..], &ENDS, &["atSuspended", "pathSuspended"]].concat()),
        (
            "suspends",
            "",
            None,
            "actions: [{at: 1s, suspend: j}]",
            [&TOKENS[..], &ENDS, &["atSuspended", "pathSuspended"]].concat(),
        ),
        ("deletes", "", None, "actions: [{at: 1s, delete: j}]", [&TOKENS[..], &ENDS, &["jobsDeleted"]].concat()),
        ("cronjob", "", Some(""), "", [&TOKENS[..], &STARTS].concat()),
        ("replace", "", Some("concurrencyPolicy: Replace, "), "", [&TOKENS[..], &STARTS, &["jobsDeleted"]].concat()),
        ("cron-slots", "", Some(""), "cluster: {slots: 3}", [&TOKENS[..], &STARTS, &SLOTS, &ROOM].concat()),
        (
            "cron-restarts",
            "onFailure, ",
            Some(""),
            "",
            [&TOKENS[..], &STARTS, &["containerRestarts", "pathRestart"]].concat(),
        ),
    ];
    for (name, spec, schedule, more, has) in cases {
        let refused = meaningless(&setup(&format!("goals-{name}"), spec, schedule, more));
        let mut expected: Vec<&str> = Response::ALL.iter().map(|response| response.name()).collect();
        expected.retain(|response| all.contains(response) && !has.contains(response));
        assert_eq!(refused, expected, "{name}");
    }
}

/// Ends and reasons that no Job of an input can have, and times beyond the end of virtual time.
#[test]
fn an_event_that_cannot_happen_is_refused() {
    let deadline = "activeDeadlineSeconds: 60, ";
    let indexed = "completionMode: Indexed, completions: 3, backoffLimitPerIndex: 1, maxFailedIndexes: 1, ";
    let patch = "actions: [{at: 1s, patch: {job: j, patch: {spec: {activeDeadlineSeconds: 5}}}}]";
    for (event, spec, schedule, more, fits) in [
        ("DeadlineExceeded", "", None, "", false),
        ("DeadlineExceeded", deadline, None, "", true),
        ("DeadlineExceeded", deadline, Some(""), "", true),
        ("DeadlineExceeded", "", None, patch, true),
        ("PodFailurePolicy", "", None, "", false),
        ("SuccessPolicy", "", None, "", false),
        ("FailedIndexes", indexed, None, "", true),
        ("MaxFailedIndexesExceeded", indexed, None, "", true),
        ("FailedIndexes", "", None, "", false),
        ("MaxFailedIndexesExceeded", "", None, "", false),
        ("JobSuspended", "suspend: true, ", None, "", false),
        ("JobResumed", "", None, "", false),
        ("BackoffLimitExceeded", "", None, "", true),
        ("CompletionsReached", "", None, "", true),
        ("Deleted", "", None, "", false),
        ("Deleted", "", None, "actions: [{at: 1s, delete: j}]", true),
        ("Deleted", "", Some("concurrencyPolicy: Replace, "), "", true),
        ("NotCreated", "", None, "", false),
        ("NotCreated", "", Some(""), "", true),
        ("Unfinished", "", None, "", true),
        ("complete within 10h", "", None, "", true),
        ("complete within 11h", "", None, "", false),
        ("finished within 1h", "", Some(""), "", false),
        ("roomWait > 1s", "", None, "", false),
        ("roomWait > 1s", "", None, "cluster: {slots: 1}", true),
    ] {
        let setup = setup("goals-event", spec, schedule, more);
        for text in [format!("P({event})"), format!("mean(podsCreated | {event})")] {
            let measure = Measure::parse(&text, &setup.series).expect("a measure");
            assert_eq!(measure.check(&setup).is_ok(), fits, "{text}: {spec} {schedule:?} {more}");
        }
    }
}

/// What is 0 whatever happens is told, as the limit may be what varies.
#[test]
fn retries_without_a_retry_are_told() {
    let zero = |spec: &str, name: &str| {
        let setup = setup("goals-zero", spec, None, "");
        let measure = Measure::parse(&format!("max({name})"), &setup.series).expect("a measure");
        assert!(measure.check(&setup).is_ok());
        measure.always_zero(&setup)
    };
    assert!(zero("backoffLimit: 0, ", "retries").is_some_and(|why| why.contains("backoffLimit is 0")));
    assert!(zero("backoffLimit: 0, ", "longestBackoff").is_some());
    assert_eq!(zero("backoffLimit: 0, ", "podsFailed"), None);
    assert_eq!(zero("backoffLimit: 1, ", "retries"), None);
    assert_eq!(
        zero(
            "backoffLimit: 0, podFailurePolicy: {rules: [{action: Ignore, onExitCodes: {operator: In, values: [1]}}]}, ",
            "retries"
        ),
        None
    );
    let per_index = |limit: u32| format!("completionMode: Indexed, completions: 2, backoffLimitPerIndex: {limit}, ");
    assert!(zero(&per_index(0), "retries").is_some() && zero(&per_index(1), "retries").is_none());
}
