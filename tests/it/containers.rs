//! Pods with several containers as people meet them: what each container does, when the Pod ends, what the Job makes of it,
//! and what is refused or told.

use crate::nodes::resolve_with;
use jobsim::api::{Containers, PodPhase, RestartPolicy};
use jobsim::experiment::{JobEnd, Outcome, Setup, Simulator};
use jobsim::record::JobRecord;
use jobsim::time::{SimDuration, SimTime};

/// A scenario of one Job; its Pods' spec and what is said of them, in one line each.
fn scenario(job: &str, template: &str, pods: &str) -> String {
    format!(
        "apiVersion: jobsim/v1\nkind: Scenario\njobs:\n- inline:\n    apiVersion: batch/v1\n    kind: Job\n    \
         metadata: {{name: j}}\n    spec: {{{job}template: {{spec: {{{template}}}}}}}\npods: {pods}\n\
         cluster: {{preset: ideal, kubelet: {{jitter: false}}}}\nuntil: 2h\n"
    )
}

const TWO: &str = "restartPolicy: Never, containers: [{name: main, image: a}, {name: proxy, image: b}]";

/// What became of the Job, and of its Pods: phase, exit codes, restarts.
struct Course {
    end: JobEnd,
    seconds: f64,
    reason: String,
    pods: Vec<(PodPhase, Vec<i32>, i32)>,
    /// Whether each Pod is ready, and the second at which its last regular container ended.
    ready: Vec<bool>,
    finished: Vec<Option<i64>>,
    notices: Vec<String>,
}

fn course(text: &str) -> Course {
    let resolved = resolve_with(text, &[]).unwrap_or_else(|error| panic!("{error}\n{text}"));
    let setup: &Setup = &resolved.setup;
    let mut simulator = Simulator::new(setup);
    let simulated = simulator.run(0, false);
    let job: &JobRecord = &simulator.recorder().jobs[0];
    let outcome = Outcome::of(job, simulated.end);
    let world = simulator.world();
    let pods = world.env.store.pods.iter().map(|pod| {
        let codes = pod.pod.containers.exit_codes().map_or(Vec::new(), |codes| world.env.codes.get(codes).to_vec());
        (pod.pod.phase, codes, pod.pod.restarts)
    });
    let finished = world.env.store.pods.iter().map(|pod| match pod.pod.containers {
        Containers::Terminated { finished_at, .. } => Some(SimTime::from(finished_at).as_secs()),
        _ => None,
    });
    let conditions = &world.env.store.jobs.iter().next().expect("there is a Job").status.conditions;
    Course {
        end: outcome.end,
        seconds: outcome.duration.unwrap_or(SimDuration::ZERO).as_secs_f64(),
        reason: conditions.last().map_or(String::new(), |condition| condition.reason.as_str().to_owned()),
        pods: pods.collect(),
        ready: world.env.store.pods.iter().map(|pod| pod.pod.is_ready()).collect(),
        finished: finished.collect(),
        notices: resolved.notices,
    }
}

#[test]
fn a_proxy_that_never_ends_keeps_the_job_from_completing() {
    for pods in ["{run: 10s}", "{run: 10s, containers: {proxy: {run: never}}}"] {
        let course = course(&scenario("", TWO, pods));
        assert_eq!((course.end, course.pods[0].0), (JobEnd::Unfinished, PodPhase::Running), "{pods}");
        let told =
            course.notices.iter().filter(|notice| notice.contains("nothing is said of when container proxy")).count();
        assert_eq!(told, usize::from(!pods.contains("proxy")), "{pods}: {:?}", course.notices);
    }
    // A deadline stops both, and the grace period holds for each.
    let late =
        course(&scenario("activeDeadlineSeconds: 60, ", TWO, "{run: 10s, containers: {proxy: {terminate: 5s}}}"));
    assert_eq!((late.end, late.reason.as_str()), (JobEnd::Failed, "DeadlineExceeded"));
    assert_eq!(late.pods[0], (PodPhase::Failed, vec![0, 143], 0));
}

#[test]
fn the_last_container_ends_the_pod() {
    let ends = |pods: &str| {
        let course = course(&scenario("backoffLimit: 0, ", TWO, pods));
        (course.end, course.seconds.round(), course.pods[0].1.clone(), course.notices.len())
    };
    let complete = |seconds, codes: [i32; 2]| (JobEnd::Complete, seconds, codes.to_vec(), 0);
    // A Job takes note of a finished Pod within a second.
    assert_eq!(ends("{start: 0s, run: 10s, containers: {proxy: {run: 25s}}}"), complete(26.0, [0, 0]));
    assert_eq!(ends("{start: 0s, run: 10s, containers: {proxy: {run: 4s}}}"), complete(11.0, [0, 0]));
    assert_eq!(ends("{start: 0s, run: 10s, containers: {proxy: {endsAfterMain: 3s}}}"), complete(14.0, [0, 0]));
    assert_eq!(ends("{start: 0s, run: 10s, together: true}"), complete(11.0, [0, 0]));
    let fails = "{start: 0s, run: 10s, containers: {proxy: {run: 25s, outcome: {exitCodes: {7: 1}}}}}";
    assert_eq!(ends(fails), (JobEnd::Failed, 26.0, vec![0, 7], 0));
}

#[test]
fn a_policy_sees_the_exit_code_of_its_container() {
    let policy = "podFailurePolicy: {rules: [{action: FailJob, onExitCodes: {containerName: proxy, operator: In, values: [1]}}]}, ";
    let reason = |pods: &str| course(&scenario(&format!("backoffLimit: 1, {policy}"), TWO, pods)).reason;
    let main = "run: 10s, outcome: {exitCodes: {1: 1}}";
    assert_eq!(reason(&format!("{{{main}, containers: {{proxy: {{run: 5s}}}}}}")), "BackoffLimitExceeded");
    let proxy = "containers: {proxy: {run: 5s, outcome: {exitCodes: {1: 1}}}}";
    assert_eq!(reason(&format!("{{run: 10s, {proxy}}}")), "PodFailurePolicy");
    assert_eq!(reason(&format!("{{{main}, together: true}}")), "PodFailurePolicy");
}

#[test]
fn a_sidecar_runs_beside_the_work_and_is_stopped_after_it() {
    let template = "restartPolicy: Never, containers: [{name: main, image: a}], \
                    initContainers: [{name: log, image: b, restartPolicy: Always}, {name: mesh, image: c, restartPolicy: Always}]";
    let stops =
        "{start: 0s, run: 10s, containers: {log: {terminate: 4s}, mesh: {terminate: 2s, terminateExitCode: 0}}}";
    let done = course(&scenario("", template, stops));
    // Stopped one after the other, the last first; they do not count, and nothing is to be told.
    assert_eq!((done.end, done.seconds.round(), done.notices.len()), (JobEnd::Complete, 17.0, 0));
    assert_eq!(done.pods[0], (PodPhase::Succeeded, vec![0, 143, 0], 0));
    // One that crashes is restarted, at once at first, then after 10 s.
    let crashes = "{start: 0s, run: 60s, containers: {log: {run: 5s, outcome: {exitCodes: {2: 1}}}}}";
    let done = course(&scenario("", template, crashes));
    assert_eq!((done.end, done.pods[0].2), (JobEnd::Complete, 3), "at 5, 20 and 45 s");
}

#[test]
fn a_sidecar_is_waited_for_until_its_startup_probe_succeeds() {
    let template = "restartPolicy: Never, containers: [{name: main, image: a}], \
                    initContainers: [{name: mesh, image: b, restartPolicy: Always, startupProbe: {exec: {command: [a]}}}, {name: \
                    load, image: c}]";
    let seconds = |mesh: &str| {
        let pods = format!("{{start: 0s, run: 10s, containers: {{mesh: {{{mesh}}}, load: {{run: 5s}}}}}}");
        let course = course(&scenario("activeDeadlineSeconds: 600, ", template, &pods));
        (course.end, course.seconds.round(), course.pods.first().map(|pod| pod.0))
    };
    // 5 s of load, 10 s of the main container, a second for the sidecar and one for the controller.
    assert_eq!(seconds("ready: 0s"), (JobEnd::Complete, 17.0, Some(PodPhase::Succeeded)));
    assert_eq!(seconds("startup: 20s"), (JobEnd::Complete, 37.0, Some(PodPhase::Succeeded)));
    assert_eq!(seconds("startup: never").0, JobEnd::Failed, "nothing begins until the Job's deadline");
    let refused = resolve_with(&scenario("", TWO, "{containers: {proxy: {startup: 5s}}}"), &[]).expect_err("it is one");
    assert!(refused.contains("pods.containers.proxy.startup: startup goes with sidecars"), "{refused}");
}

#[test]
fn out_of_memory_is_a_word() {
    let template = |policy: &str| format!("restartPolicy: {policy}, containers: [{{name: main, image: a}}]");
    let once = "{start: 0s, runs: [{for: 5s, exit: OOMKilled}, {for: 5s}]}";
    let again = course(&scenario("", &template("OnFailure"), once));
    assert_eq!((again.end, again.pods[0].2), (JobEnd::Complete, 1), "it is restarted in its Pod");
    for outcome in ["{oomKilled: 100%}", "{exitCodes: {OOMKilled: 1}}", "{fail: 100%, failExitCode: OOMKilled}"] {
        let lost =
            course(&scenario("backoffLimit: 0, ", &template("Never"), &format!("{{run: 5s, outcome: {outcome}}}")));
        assert_eq!((lost.end, &lost.pods[0]), (JobEnd::Failed, &(PodPhase::Failed, vec![137], 0)), "{outcome}");
    }
    let refused = resolve_with(&scenario("", TWO, "{outcome: {exitCodes: {OOM: 1}}}"), &[]).expect_err("it is none");
    assert!(refused.contains("a whole number from 0 to 255, or OOMKilled"), "{refused}");
}

#[test]
fn init_containers_run_in_turn() {
    let template = |policy: RestartPolicy| {
        format!(
            "restartPolicy: {policy:?}, containers: [{{name: main, image: a}}], \
             initContainers: [{{name: one, image: b}}, {{name: two, image: c}}]"
        )
    };
    let pods =
        |one: &str| format!("{{start: 0s, run: 10s, containers: {{one: {{run: 5s, {one}}}, two: {{run: 7s}}}}}}");
    let done = course(&scenario("", &template(RestartPolicy::Never), &pods("")));
    assert_eq!((done.end, done.seconds.round(), done.notices.len()), (JobEnd::Complete, 23.0, 0));
    // One that fails ends the Pod, before any other begins; its code is seen.
    let failing = pods("outcome: {exitCodes: {3: 1}}");
    let failed = course(&scenario("backoffLimit: 0, ", &template(RestartPolicy::Never), &failing));
    assert_eq!((failed.end, failed.seconds.round()), (JobEnd::Failed, 6.0));
    assert_eq!(failed.pods[0], (PodPhase::Failed, vec![0, 3, 0], 0));
    // With OnFailure it is restarted, and restarts count towards the limit while the Pod is Pending.
    let failed = course(&scenario("backoffLimit: 2, ", &template(RestartPolicy::OnFailure), &failing));
    assert_eq!((failed.end, failed.reason.as_str()), (JobEnd::Failed, "BackoffLimitExceeded"));
    let once = "{start: 0s, run: 10s, containers: {one: {runs: [{for: 5s, exit: 3}, {for: 5s}]}, two: {run: 7s}}}";
    let done = course(&scenario("backoffLimit: 2, ", &template(RestartPolicy::OnFailure), once));
    assert_eq!((done.end, done.seconds.round(), done.pods[0].2), (JobEnd::Complete, 28.0, 1));
    // Nothing said: they take no time, as ever, and that is told.
    let silent = course(&scenario("", &template(RestartPolicy::Never), "{start: 0s, run: 10s}"));
    assert_eq!((silent.end, silent.seconds.round()), (JobEnd::Complete, 11.0));
    assert!(silent.notices[0].contains("init containers one, two take no time and succeed"), "{:?}", silent.notices);
}

#[test]
fn containers_have_restart_rules_of_their_own() {
    let template = |action: &str| {
        format!(
            "restartPolicy: Never, containers: [{{name: main, image: a, restartPolicy: Never, restartPolicyRules: \
             [{{action: {action}, exitCodes: {{operator: In, values: [42]}}}}]}}, {{name: b, image: b}}]"
        )
    };
    let pods = "{start: 0s, runs: [{for: 10s, exit: 42}, {for: 10s}], containers: {b: {run: 100s}}}";
    let own = course(&scenario("", &template("Restart"), pods));
    assert_eq!((own.end, own.seconds.round(), own.pods[0].2), (JobEnd::Complete, 101.0, 1));
    let all = course(&scenario("", &template("RestartAllContainers"), pods));
    // The other one is stopped a second after the exit, and begins anew: 11 s and 100 s.
    assert_eq!((all.end, all.seconds.round(), all.pods[0].2), (JobEnd::Complete, 112.0, 2));
}

#[test]
fn the_main_container_draws_what_it_drew_alone() {
    let alone = "restartPolicy: Never, containers: [{name: main, image: a}]";
    let pods = |more: &str| format!("{{run: 'exponential(mean=5m)', outcome: {{fail: 30%}}{more}}}");
    let beside = course(&scenario("completions: 9, ", TWO, &pods(", containers: {proxy: {run: 1s}}")));
    let single = course(&scenario("completions: 9, ", alone, &pods("")));
    assert_eq!((beside.end, beside.seconds), (single.end, single.seconds));
    assert_eq!(beside.pods.len(), single.pods.len());
}

#[test]
fn what_no_job_has_is_refused() {
    let refused = |pods: &str| resolve_with(&scenario("", TWO, pods), &[]).expect_err("it is refused");
    let unknown = refused("{containers: {proxi: {run: 1s}}}");
    assert!(
        unknown.contains("pods.containers.proxi: no Job has a container \"proxi\"; there are main, proxy"),
        "{unknown}"
    );
    assert!(unknown.contains("did you mean \"proxy\"?"), "{unknown}");
    for (pods, why) in [
        ("{run: 1s, runs: [{for: 5s}]}", "pods.runs: `runs` says how each run ends: `run` cannot stand beside it"),
        ("{runs: []}", "pods.runs: there is no run in it"),
        ("{containers: {proxy: {runs: [{for: 1s, exit: [1, 2]}]}}}", "containers[proxy].runs[0].exit: one exit code"),
        ("{containers: {proxy: {outcome: {unschedulable: 5%}}}}", "outcome.unschedulable: this is said of a Pod"),
        ("{containers: {proxy: {run: 1s, endsAfterMain: 1s}}}", "endsAfterMain: it says when the container ends"),
        ("{runs: [{for: never, exit: 1}]}", "runs[0].exit: a run that lasts for ever has no exit code"),
        ("{runs: [{for: 30}]}", "\"30\" has no unit"),
    ] {
        let got = refused(pods);
        assert!(got.contains(why), "{pods}: {got}");
    }
}

const THREE: &str =
    "restartPolicy: Never, containers: [{name: main, image: a}, {name: b, image: b}, {name: c, image: c}]";

/// Ends in whole seconds, by hand; the Job takes note of a finished Pod within a second.
#[test]
fn containers_start_one_after_the_other_and_end_after_the_main_one_if_they_follow_it() {
    let seconds = |containers: &str| {
        let pods = format!("{{start: 0s, run: 20s, containers: {{{containers}}}}}");
        let course = course(&scenario("", THREE, &pods));
        (course.end, course.seconds.round())
    };
    // b runs from 15 s, c from 30 s to 40 s.
    assert_eq!(seconds("b: {start: 15s, run: 10s}, c: {start: 15s, run: 10s}"), (JobEnd::Complete, 41.0));
    // The main container ends at 20 s, c 3 s later, whenever b ends.
    assert_eq!(seconds("b: {run: 5s}, c: {endsAfterMain: 3s}"), (JobEnd::Complete, 24.0));
    // c begins at 30 s, when it should have ended: it ends at once.
    assert_eq!(seconds("b: {run: 5s}, c: {start: 30s, endsAfterMain: 3s}"), (JobEnd::Complete, 31.0));
}

#[test]
fn a_sidecar_is_ready_when_it_has_started_at_the_earliest() {
    let template = "restartPolicy: Never, containers: [{name: main, image: a}], \
                    initContainers: [{name: log, image: b, restartPolicy: Always}, {name: mesh, image: c, restartPolicy: Always, \
                    startupProbe: {exec: {command: [a]}}}]";
    let of = |run: &str, mesh: &str| {
        let log = "log: {runs: [{for: 7s, exit: 0}, {for: never}]}";
        course(&scenario("", template, &format!("{{start: 0s, run: {run}, containers: {{{log}, mesh: {{{mesh}}}}}}}")))
    };
    // Ready as soon as it has started, so that the whole Pod is.
    assert_eq!(of("never", "startup: 20s, ready: 20s").ready, [true]);
    assert_eq!(of("never", "startup: 20s, ready: never").ready, [false]);
    // The main container waits for the probe, though another sidecar is restarted meanwhile: it ends at 30 s, and the sidecars
    // are stopped one after the other.
    let done = of("10s", "startup: 20s, ready: 5s");
    assert_eq!((done.end, done.seconds.round()), (JobEnd::Complete, 33.0));
    assert_eq!(done.finished, [Some(30)], "sidecars do not count");
}

const ONE: &str = "restartPolicy: Never, containers: [{name: main, image: a}]";

#[test]
fn a_pod_that_is_stopped_gets_its_grace_period_and_no_more() {
    let late = |terminate: &str| {
        let pods = format!("{{start: 0s, run: never, terminate: {terminate}}}");
        let course = course(&scenario("activeDeadlineSeconds: 5, ", ONE, &pods));
        assert_eq!(course.end, JobEnd::Failed);
        (course.seconds.round(), course.pods[0].1.clone())
    };
    // One that needs all of its 30 s has ended of itself; one that needs more is killed.
    assert_eq!(late("30s"), (36.0, vec![143]));
    assert_eq!(late("100s"), (36.0, vec![137]));
}

#[test]
fn a_pod_past_its_own_deadline_fails_even_if_its_work_is_done_while_it_stops() {
    let template = "activeDeadlineSeconds: 10, restartPolicy: Never, containers: [{name: main, image: a}]";
    for (run, end) in [("9s", JobEnd::Complete), ("12s", JobEnd::Failed)] {
        let pods = format!("{{start: 0s, run: {run}, terminate: 5s, terminateExitCode: 0}}");
        assert_eq!(course(&scenario("backoffLimit: 0, ", template, &pods)).end, end, "{run}");
    }
}

#[test]
fn restarts_of_containers_that_end_together_are_counted_one_by_one() {
    let template = TWO.replace("Never", "OnFailure");
    let pods = "{start: 0s, together: true, runs: [{for: 5s, exit: 1}, {for: 5s}]}";
    let done = course(&scenario("", &template, pods));
    assert_eq!((done.end, done.pods[0].2), (JobEnd::Complete, 2));
}
