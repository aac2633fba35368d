//! Conditions that users and webhooks set on Jobs: what the API server refuses, in its words, and what the Job controller
//! makes of the rest.

use crate::cli::outcome;
use crate::nodes::resolve_with;
use crate::toy::{folder, write};
use jobsim::experiment::{JobEnd, Outcome, Simulator};

/// A scenario of one Job with two Pods at a time, and what is done to it.
fn scenario(spec: &str, actions: &str) -> String {
    format!(
        "apiVersion: jobsim/v1\nkind: Scenario\njobs:\n- inline:\n    apiVersion: batch/v1\n    kind: Job\n    \
         metadata: {{name: j}}\n    spec: {{completions: 4, parallelism: 2, {spec}template: {{spec: {{restartPolicy: Never, \
         containers: [{{name: c, image: i}}]}}}}}}\npods: {{run: 10m}}\nactions: [{actions}]\nuntil: 2h\n"
    )
}

/// How the Job ended, after how many seconds, its conditions, what was refused, and whether a Pod has kept its finalizer.
struct Course {
    end: JobEnd,
    seconds: f64,
    conditions: Vec<String>,
    refused: Vec<String>,
    has_finalizer: bool,
}

fn course(spec: &str, actions: &str) -> Course {
    let text = scenario(spec, actions);
    let resolved = resolve_with(&text, &[]).unwrap_or_else(|error| panic!("{error}\n{text}"));
    let mut simulator = Simulator::new(&resolved.setup);
    let simulated = simulator.run(0, false);
    let job = &simulator.recorder().jobs[0];
    let outcome = Outcome::of(job, simulated.end);
    let store = &simulator.world().env.store;
    let status = &store.jobs.iter().next().expect("there is a Job").status;
    Course {
        end: outcome.end,
        seconds: outcome.duration.unwrap_or_default().as_secs_f64(),
        conditions: status
            .conditions
            .iter()
            .map(|c| format!("{}={} {}", c.type_text(), c.status, c.reason_text()).trim().to_owned())
            .collect(),
        refused: job.refusals.iter().map(|(_, text)| text.clone()).collect(),
        has_finalizer: store.pods.iter().any(|pod| !pod.gone && pod.pod.finalizer),
    }
}

fn set(at: &str, condition: &str) -> String {
    format!("{{at: {at}, setCondition: {{job: j, {condition}}}}}")
}

#[test]
fn a_condition_that_the_controller_does_not_know_stays() {
    let held = set("1m", "type: example.com/Held, reason: Review")
        + ", "
        + &set("2m", "type: example.com/Held, status: False");
    let kept = course("", &held);
    assert_eq!((kept.end, kept.refused.len()), (JobEnd::Complete, 0));
    let of_controller = ["SuccessCriteriaMet=true CompletionsReached", "Complete=true CompletionsReached"];
    assert_eq!(kept.conditions[0], "example.com/Held=false");
    assert_eq!(kept.conditions[1..], of_controller);
}

#[test]
fn success_and_failure_that_somebody_announces_end_the_job() {
    let met = course("", &set("4m", "type: SuccessCriteriaMet, reason: Enough"));
    assert_eq!((met.end, met.refused.len(), met.has_finalizer), (JobEnd::Complete, 0, false));
    assert_eq!(met.conditions, ["SuccessCriteriaMet=true Enough", "Complete=true Enough"]);
    assert!((240.0..245.0).contains(&met.seconds), "{}", met.seconds);
    let failed = course("", &set("4m", "type: FailureTarget, reason: Stopped"));
    assert_eq!((failed.end, failed.has_finalizer), (JobEnd::Failed, false));
    assert_eq!(failed.conditions, ["FailureTarget=true Stopped", "Failed=true Stopped"]);
}

#[test]
fn what_the_server_refuses_is_refused_in_its_words() {
    let no_target = "cannot set Failed=True condition without the FailureTarget=true condition";
    let cases: [(&str, &str, &[&str]); 5] = [
        ("", "type: Failed", &["status.conditions: Invalid value: cannot set Failed=True", no_target]),
        (
            "",
            "type: Complete",
            &[
                "completionTime is required for Complete jobs",
                "cannot set Complete=True condition without the SuccessCriteriaMet=true condition",
                "status.active: Invalid value: 2: active>0 is invalid for finished job",
            ],
        ),
        (
            "type: SuccessCriteriaMet",
            "type: SuccessCriteriaMet, status: \"False\"",
            &["status.conditions: Invalid value: cannot disable the SuccessCriteriaMet=True condition"],
        ),
        (
            "type: FailureTarget",
            "type: SuccessCriteriaMet",
            &["cannot set SuccessCriteriaMet=True and FailureTarget=true conditions"],
        ),
        (
            "type: FailureTarget",
            "type: FailureTarget, status: False",
            &["cannot disable the terminal FailureTarget=True condition"],
        ),
    ];
    for (before, condition, words) in cases {
        let before = if before.is_empty() { String::new() } else { set("59500ms", before) + ", " };
        let got = course("", &(before + &set("1m", condition)));
        assert_eq!(got.refused.len(), 1, "{condition}: {:?}", got.refused);
        for word in words {
            assert!(got.refused[0].contains(word), "{condition}: {word}: {}", got.refused[0]);
        }
    }
}

/// The controller has the last word about Suspended; a status that is finished is left alone, and the Pods lose their
/// finalizers.
#[test]
fn the_controller_sees_to_the_rest() {
    let suspended = course("suspend: true, ", &(set("1m", "type: Suspended, reason: Mine") + ", {at: 5m, resume: j}"));
    assert_eq!(suspended.end, JobEnd::Complete);
    assert_eq!(suspended.conditions[0], "Suspended=false JobResumed");
    let patch = "{active: 0, ready: 0, conditions: [{type: FailureTarget, status: \"True\", reason: A}, {type: Failed, status: \
                 \"True\", reason: B}]}";
    let finished = course("", &format!("{{at: 4m, patchStatus: {{job: j, patch: {patch}}}}}"));
    assert_eq!((finished.end, finished.refused.len(), finished.has_finalizer), (JobEnd::Failed, 0, false));
    assert_eq!(finished.conditions, ["FailureTarget=true A", "Failed=true B"]);
    assert_eq!(finished.seconds, 240.0);
}

#[test]
fn nonsense_is_refused_with_its_place() {
    let root = folder("conditions");
    for (action, words) in [
        ("setCondition: {job: j, type: 'a b'}", "is no type of a condition"),
        ("setCondition: {job: j, type: Failed, status: Maybe}", "\"True\" or \"False\""),
        ("setCondition: {job: k, type: Failed}", "there is no Job \"k\""),
        ("patchStatus: {job: j, patch: {actve: 0}}", "actions[0].patchStatus.patch.actve"),
        ("patchStatus: {job: j, patch: {conditions: [{type: X, status: Unknown}]}}", "patch.conditions[0].status"),
        ("patchStatus: {job: j, patch: {conditions: [{status: 'True'}]}}", "patch.conditions[0].type"),
    ] {
        let file = write(root.join("s.yaml"), [scenario("", &format!("{{at: 1m, {action}}}"))]).display().to_string();
        let (_, talk, code) = outcome(&["run", &file]);
        assert_eq!(code, 2, "{action}: {talk}");
        assert!(talk.contains(words), "{action}: {talk}");
    }
}
