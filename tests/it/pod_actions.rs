//! What is done to Pods at a set time: evictions, preemption, lost nodes, kubelets that do not answer; and stages that fail.
//! Which Pods are meant, what the Job makes of it, and what is told where nothing is met.

use crate::cli::outcome;
use crate::nodes::resolve_with;
use crate::toy::{folder, write};
use jobsim::api::PodPhase;
use jobsim::experiment::{JobEnd, Outcome, Simulator};
use jobsim::time::SimDuration;

/// A scenario of one Job with these fields of its spec, its Pods' spec, what is said of them, and what is done.
fn scenario(job: &str, template: &str, pods: &str, actions: &str) -> String {
    format!(
        "apiVersion: jobsim/v1\nkind: Scenario\njobs:\n- inline:\n    apiVersion: batch/v1\n    kind: Job\n    \
         metadata: {{name: j}}\n    spec: {{{job}template: {{spec: {{restartPolicy: Never, {template}containers: \
         [{{name: c, image: i}}]}}}}}}\npods: {pods}\ncluster: {{preset: ideal}}\nactions: [{actions}]\nuntil: 12h\n"
    )
}

/// What became of the Job.
struct Course {
    end: JobEnd,
    seconds: f64,
    created: u32,
    failed: usize,
    reason: String,
    refused: Vec<String>,
    notices: Vec<String>,
}

fn course(text: &str) -> Course {
    let resolved = resolve_with(text, &[]).unwrap_or_else(|error| panic!("{error}\n{text}"));
    let mut simulator = Simulator::new(&resolved.setup);
    let simulated = simulator.run(0, false);
    let job = &simulator.recorder().jobs[0];
    let outcome = Outcome::of(job, simulated.end);
    let world = simulator.world();
    let failed = world.env.store.pods.iter().filter(|pod| pod.pod.phase == PodPhase::Failed).count();
    let conditions = &world.env.store.jobs.iter().next().expect("there is a Job").status.conditions;
    Course {
        end: outcome.end,
        seconds: outcome.duration.unwrap_or(SimDuration::ZERO).as_secs_f64(),
        created: outcome.pods_created,
        failed,
        reason: conditions.last().map_or(String::new(), |condition| condition.reason.as_str().to_owned()),
        refused: simulator.recorder().refusals.iter().map(|(_, text)| text.to_string()).collect(),
        notices: resolved.notices,
    }
}

const FOUR: &str = "completions: 4, parallelism: 4, completionMode: Indexed, ";
const IGNORED: &str =
    "podFailurePolicy: {rules: [{action: Ignore, onPodConditions: [{type: DisruptionTarget, status: 'True'}]}]}, ";

#[test]
fn pods_are_disrupted_at_a_set_time() {
    let created = |action: &str| {
        let course = course(&scenario(&format!("{FOUR}backoffLimit: 0, {IGNORED}"), "", "{run: 10m}", action));
        assert_eq!(course.end, JobEnd::Complete, "{action}: {:?}", course.reason);
        assert!(course.refused.is_empty(), "{action}");
        course.created
    };
    for kind in ["evict", "preempt", "kubeletEvict", "nodeLost", "drain"] {
        assert_eq!(created(&format!("{{at: 1m, {kind}: {{job: j}}}}")), 8, "all of them: {kind}");
        assert_eq!(created(&format!("{{at: 1m, {kind}: {{index: 2}}}}")), 5, "one index: {kind}");
        assert_eq!(created(&format!("{{at: 1m, {kind}: {{job: j, share: 50%}}}}")), 6, "a share: {kind}");
    }
    let twice = "{at: 1m, evict: {index: 1}}, {at: 5m, evict: {index: 1, attempt: 2}}";
    assert_eq!(created(twice), 6);
    // Without a policy, each is a failure, whatever ended the Pod.
    let failed = course(&scenario("backoffLimit: 0, ", "", "{run: 10m}", "{at: 1m, preempt: {job: j}}"));
    assert_eq!((failed.end, failed.reason.as_str()), (JobEnd::Failed, "BackoffLimitExceeded"));
}

#[test]
fn what_meets_nothing_says_so() {
    let done = course(&scenario("", "", "{run: 1m}", "{at: 5m, evict: {job: j}}, {at: 6m, deletePods: {}}"));
    assert_eq!(done.end, JobEnd::Complete);
    assert_eq!(done.refused, ["no active Pod is meant: nothing is done"; 2]);
    let unbound = course(&scenario("", "", "{bind: never}", "{at: 5m, kubeletEvict: {job: j}}"));
    assert_eq!(unbound.refused, ["no active Pod on a node is meant: nothing is done"]);
    for (action, why) in [
        ("{at: 1m, evict: {job: k}}", "actions[0].evict.job: there is no Job \"k\""),
        ("{at: 1m, evict: {job: j, force: true}}", "actions[0].evict.force: force goes with deletePods"),
        ("{at: 1m, evictPod: {job: j, force: true}}", "actions[0].evictPod.force: force goes with deletePod"),
        ("{at: 1m, drain: {job: j, for: 1m}}", "actions[0].drain.for: for goes with unreachable"),
    ] {
        let refused = resolve_with(&scenario("", "", "{}", action), &[]).expect_err(action);
        assert!(refused.contains(why), "{action}: {refused}");
    }
}

#[test]
fn a_pod_that_cannot_be_reached_stays_terminating() {
    let of = |job: &str, actions: &str| {
        let course = course(&scenario(job, "", "{run: 60m}", actions));
        (course.end, course.created, (course.seconds / 60.0).round())
    };
    let (patient, deleted) = ("podReplacementPolicy: Failed, ", "{at: 11m, deletePod: {job: j}}");
    // Its successor waits until the kubelet answers.
    let back = format!("{{at: 10m, unreachable: {{for: 50m}}}}, {deleted}");
    assert_eq!(of(patient, &back), (JobEnd::Complete, 2, 120.0));
    // Nobody deletes it: the taint manager does, after 5 min and 50 s.
    assert_eq!(of(patient, "{at: 10m, unreachable: {for: 20m}}"), (JobEnd::Complete, 2, 90.0));
    // It never answers: the Job waits for ever, and force does not help, as nobody says that the Pod has failed and the
    // tracking finalizer keeps it.
    let lost = format!("{{at: 10m, unreachable: {{}}}}, {deleted}");
    let forced = format!("{lost}, {{at: 30m, deletePod: {{job: j, force: true}}}}");
    assert_eq!((of(patient, &lost).0, of(patient, &forced).0), (JobEnd::Unfinished, JobEnd::Unfinished));
    // With the default policy the successor is there at once; but the Job is not called Complete while a Pod is Terminating.
    assert_eq!((of("", &lost).0, of("", &lost).1), (JobEnd::Unfinished, 2));
    assert_eq!(of("", &forced), (JobEnd::Complete, 2, 71.0));
    assert_eq!(of("", "{at: 10m, deletePods: {force: true}}"), (JobEnd::Complete, 2, 70.0));
    // A kubelet that answers before that has missed nothing.
    assert_eq!(of("", "{at: 10m, unreachable: {for: 5m}}"), (JobEnd::Complete, 1, 60.0));
}

#[test]
fn stages_fail() {
    let deadline = "activeDeadlineSeconds: 600, ";
    for pods in ["{pull: never}", "{outcome: {configError: 100%}}", "{outcome: {pullFailure: 100%}}"] {
        let course = course(&scenario(deadline, "", pods, ""));
        assert_eq!(
            (course.end, course.reason.as_str(), course.created),
            (JobEnd::Failed, "DeadlineExceeded", 1),
            "{pods}"
        );
    }
    let started = course(&scenario("backoffLimit: 0, ", "", "{outcome: {startError: 100%}}", ""));
    assert_eq!((started.end, started.failed), (JobEnd::Failed, 1));
    assert!(started.seconds < 5.0);
    // A pull that fails now and then only takes longer.
    let pulled = course(&scenario("", "", "{pull: 5s, run: 10s, outcome: {pullFailure: 90%}}", ""));
    assert_eq!(pulled.end, JobEnd::Complete);
    assert!(pulled.seconds > 30.0, "{}", pulled.seconds);
    // What the kubelet reports, in turn: the first back-off is over at its next look.
    let file =
        write(folder("pull").join("s.yaml"), [scenario(deadline, "", "{pull: never}", "")]).display().to_string();
    let (text, _, _) = outcome(&["run", &file, "--timeline"]);
    let reported: Vec<&str> =
        text.lines().filter_map(|line| line.split_once("pod/j-1  ")).map(|(_, what)| what).collect();
    assert_eq!(reported[..5], ["created", "bound to a node", "ErrImagePull", "ImagePullBackOff", "ErrImagePull"]);
}

#[test]
fn the_deadline_of_a_pod_is_its_kubelets() {
    let pods = "{start: 0s, run: 10m, terminate: 5s}";
    let failed = course(&scenario("backoffLimit: 1, ", "activeDeadlineSeconds: 60, ", pods, ""));
    assert_eq!((failed.end, failed.reason.as_str(), failed.created), (JobEnd::Failed, "BackoffLimitExceeded", 2));
    assert_eq!(failed.seconds.round(), 141.0, "65 s, a back-off of 10 s, 65 s, and a second to take note");
    let in_time = course(&scenario("", "activeDeadlineSeconds: 60, ", "{run: 59s}", ""));
    assert_eq!(in_time.end, JobEnd::Complete);
    assert!(in_time.notices.is_empty(), "{:?}", in_time.notices);
}

#[test]
fn runs_are_told_one_by_one() {
    let told = "{start: 0s, runs: [{for: 30s, exit: 1}], byAttempt: {'2': {runs: [{for: 20s}]}}}";
    let done = course(&scenario("", "", told, ""));
    assert_eq!(
        (done.end, done.created, done.seconds.round()),
        (JobEnd::Complete, 2, 61.0),
        "30 s, 10 s, 20 s, and one to take note"
    );
}

/// `recreate-same-name.yaml`, and a name that is still taken.
#[test]
fn a_name_is_used_again() {
    let scenario = |deleted: &str, again: &str| {
        let job = "inline: {apiVersion: batch/v1, kind: Job, metadata: {name: dead}, spec: {activeDeadlineSeconds: 40, \
                   template: {spec: {restartPolicy: Never, containers: [{name: c, image: i}]}}}}";
        format!(
            "apiVersion: jobsim/v1\nkind: Scenario\njobs:\n- {{{job}}}\n- {{{job}, at: {again}}}\npods: {{run: 2m}}\n\
             actions: [{{at: {deleted}, delete: dead}}, {{at: 50s, suspend: dead}}]\n"
        )
    };
    let root = folder("pod-actions-again");
    let run = |deleted: &str, again: &str| {
        let file = write(root.join("s.yaml"), [scenario(deleted, again)]).display().to_string();
        outcome(&["run", &file, "--timeline"])
    };
    let (text, talk, code) = run("15s", "20s");
    assert_eq!((talk.as_str(), code), ("", 0));
    assert!(text.contains("dead") && text.contains("Suspended"), "the second one is suspended: {text}");
    let (text, _, code) = run("15s", "10s");
    assert!(code == 0 && text.contains("jobs.batch \"dead\" already exists"), "{text}");
    let (_, talk, code) = run("15s", "0s");
    assert!(code == 2 && talk.contains("give it another name, or create it later (at)"), "{talk}");
}

#[test]
fn a_namespace_is_deleted_with_what_is_in_it() {
    let root = folder("pod-actions-namespace");
    let job = |name: &str, namespace: &str, at: &str| {
        format!(
            "- {{at: {at}, inline: {{apiVersion: batch/v1, kind: Job, metadata: {{name: {name}, namespace: {namespace}}}, \
             spec: {{template: {{spec: {{restartPolicy: Never, containers: [{{name: c, image: i}}]}}}}}}}}}}\n"
        )
    };
    let jobs = [job("a", "batch", "0s"), job("b", "other", "0s"), job("late", "batch", "2m")].concat();
    let text = format!(
        "apiVersion: jobsim/v1\nkind: Scenario\njobs:\n{jobs}actions: [{{at: 20s, deleteNamespace: batch}}, {{at: 30s, \
         deleteNamespace: empty}}]\n"
    );
    let file = write(root.join("s.yaml"), [text]).display().to_string();
    let (text, talk, code) = outcome(&["run", &file]);
    assert_eq!((talk.as_str(), code), ("", 0));
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    for line in [
        "b Complete 1/1",
        "jobs.batch \"late\" is forbidden: unable to create new content in namespace batch because it is being terminated",
        "namespaces \"empty\": there is nothing in it to delete",
    ] {
        assert!(text.contains(line), "{line}\nis not in\n{text}");
    }
}

#[test]
fn rates_have_flags() {
    let root = folder("pod-actions-flags");
    let job = "apiVersion: batch/v1\nkind: Job\nmetadata: {name: j}\nspec: {completions: 40, parallelism: 40, \
               backoffLimit: 100, template: {spec: {restartPolicy: Never, containers: [{name: c, image: i}]}}}\n";
    let file = write(root.join("job.yaml"), [job]).display().to_string();
    let created = |more: &[&str]| {
        let (text, talk, code) = outcome(&[&["run", &file, "--run", "30m", "-o", "json"], more].concat());
        assert_eq!((talk.as_str(), code), ("", 0), "{more:?}");
        let answer: serde_json::Value = serde_json::from_str(&text).expect("it is JSON");
        answer["jobs"][0]["pods"]["created"].as_u64().expect("a count")
    };
    assert_eq!(created(&[]), 40);
    for flag in ["--evict", "--preempt", "--kubelet-evict", "--node-loss", "--delete-pod"] {
        assert!(created(&[flag, "0.5/h"]) > 42, "{flag}");
    }
    let (_, talk, code) = outcome(&["run", &file, "--evict", "often"]);
    assert!(code == 2 && talk.contains("is not a rate"), "{talk}");
}
