//! Runs that go on from a dump: the distribution of the end is that of the run which was dumped. From instants of random runs a
//! dump is taken and continued by `--from-status` many times; where the run itself ended must then be a random place among
//! those ends.

use jobsim::experiment::{Setup, Simulator};
use jobsim::record::RecordedRun;
use jobsim::report::cluster_dump;
use jobsim::scenario::Input;
use jobsim::scenario::source::Source;
use jobsim::time::{SimDuration, SimTime};
use serde_json::Value;
use std::path::PathBuf;

const HEAD: &str = "apiVersion: jobsim/v1\nkind: Scenario\nstart: 2026-11-28T10:00:00Z\nuntil: 30d\n";

struct GoingOn {
    spec: &'static str,
    /// `spec.template.spec`.
    template: &'static str,
    pods: &'static str,
    rest: &'static str,
}

const SINGLE: &str = "restartPolicy: Never, containers: [{name: main, image: app}]";

fn setup(text: &str, dump: Option<(&Value, SimTime)>) -> Setup {
    let source = |name: &str, text: String| Source { name: name.to_owned(), folder: PathBuf::new(), text };
    let mut sources = vec![source("s.yaml", text.to_owned())];
    if let Some((dump, at)) = dump {
        let begins = format!("start: {}", jobsim::text::rfc3339(at));
        sources[0].text = text.replace("start: 2026-11-28T10:00:00Z", &begins);
        sources.push(source("dump.json", dump.to_string()));
    }
    let mut input = Input::of_sources(sources).unwrap_or_else(|why| panic!("{why:?}"));
    input.from_status = dump.is_some();
    input.resolve().unwrap_or_else(|why| panic!("{why:?}\n{text}")).setup
}

/// When the Job ended, in seconds; none if it has not.
fn end(setup: &Setup, replication: u32) -> Option<f64> {
    let mut simulator = Simulator::new(setup);
    simulator.run(replication, false);
    let finished = simulator.recorder().jobs[0].finished;
    finished.map(|at| at.as_secs_f64())
}

impl GoingOn {
    fn text(&self, with_job: bool) -> String {
        let job = format!(
            "jobs: [{{inline: {{apiVersion: batch/v1, kind: Job, metadata: {{name: j}}, spec: {{{}, template: {{spec: \
             {{{}}}}}}}}}}}]\n",
            self.spec, self.template
        );
        let job = if with_job { job } else { String::new() };
        format!("{HEAD}{job}pods: {{{}}}\n{}\n", self.pods, self.rest)
    }

    /// The places of the ends of runs among those of what was continued from a dump of each; `share` says when dumps are
    /// taken, of the time that the run takes.
    fn places(&self, (runs, continued): (u32, u32), with_pods: bool) -> Vec<f64> {
        let (whole, rest) = (setup(&self.text(true), None), self.text(false));
        let typical = self.typical(&whole);
        let mut places = Vec::new();
        for replication in 0..3 * runs {
            if places.len() == runs as usize {
                break;
            }
            let Some(ended) = end(&whole, replication) else { continue };
            let start = whole.start.as_secs_f64();
            // Somewhere in the run, the same for the same number, but not where the end itself would tell.
            let share = f64::from(replication % 16) / 20.0;
            let at = SimDuration::from_secs_f64(share * typical);
            let mut simulator = Simulator::new(&whole);
            let mut recorder = simulator.begin(replication, true);
            let until = whole.start + at;
            if until.as_secs_f64() >= ended {
                continue;
            }
            while simulator.next_time().is_some_and(|next| next <= until) {
                simulator.step(&mut recorder);
            }
            let run = RecordedRun { recorder: &recorder, end: until, cut: false };
            let mut dump = cluster_dump(&run, &whole, simulator.world());
            if let Some(items) = dump["items"].as_array_mut().filter(|_| !with_pods) {
                items.retain(|item| item["kind"] == "Job");
            }
            let from = setup(&rest, Some((&dump, until)));
            assert!(ended > start);
            let ends: Vec<f64> = (0..continued).map(|n| end(&from, 100_000 + n).unwrap_or(f64::MAX)).collect();
            let below = ends.iter().filter(|at| **at < ended - 1.5).count() as f64;
            let above = ends.iter().filter(|at| **at > ended + 1.5).count() as f64;
            // Times are cut to whole seconds, so near ones are as good as equal.
            let ties = f64::from(continued) - below - above;
            let spread = f64::from(replication.wrapping_mul(2_654_435_769) >> 8) / f64::from(1 << 24);
            places.push((below + ties * spread) / f64::from(continued));
        }
        places
    }

    /// How long half of the runs take.
    fn typical(&self, whole: &Setup) -> f64 {
        let start = whole.start.as_secs_f64();
        let mut ends: Vec<f64> = (0..40).filter_map(|n| end(whole, 50_000 + n)).map(|at| at - start).collect();
        ends.sort_by(f64::total_cmp);
        ends[ends.len() / 2]
    }
}

/// The largest distance of the distribution function of these from that of equal shares.
fn distance(mut places: Vec<f64>) -> f64 {
    places.sort_by(f64::total_cmp);
    let n = places.len() as f64;
    let steps = places.iter().enumerate().map(|(k, x)| (x - k as f64 / n).abs().max((x - (k + 1) as f64 / n).abs()));
    steps.fold(0.0, f64::max)
}

/// How many runs there are, and how often each is continued.
const SIZE: (u32, u32) = (200, 20);

/// The distance, and the largest that is due to chance in all but one of a hundred tests.
fn distances(case: &GoingOn, with_pods: bool) -> (f64, f64) {
    let places = case.places(SIZE, with_pods);
    assert_eq!(places.len(), SIZE.0 as usize, "runs that go on long enough are few");
    // The places are counted among twenty ends, which adds at most half of a twentieth.
    let most = 1.63 / (places.len() as f64).sqrt() + 0.5 / f64::from(SIZE.1);
    (distance(places), most)
}

fn holds(what: &str, case: &GoingOn) {
    let (found, most) = distances(case, true);
    assert!(found < most, "{what}: {found} from equal shares, {most} are allowed");
}

const STREAK: GoingOn = GoingOn {
    spec: "backoffLimit: 40",
    template: SINGLE,
    pods: "run: \"uniform(20s, 40s)\", outcome: {fail: 80%}",
    rest: "",
};

/// Without its Pods the same dump tells less: the test can tell that.
#[test]
fn a_status_alone_is_not_enough() {
    for case in [&STREAK, &SEVERAL] {
        let (found, most) = distances(case, false);
        assert!(found > most, "{found} from equal shares, and {most} would be allowed");
    }
}

#[test]
fn a_job_of_several_pods_goes_on() {
    let pods =
        "start: \"uniform(1s, 4s)\", run: \"lognormal(median=4m, p95=12m)\", outcome: {fail: 25%}, terminate: 5s";
    holds(
        "several",
        &GoingOn { spec: "completions: 8, parallelism: 3, backoffLimit: 30", template: SINGLE, pods, rest: "" },
    );
}

#[test]
fn a_streak_of_failures_goes_on() {
    holds("streak", &STREAK);
}

#[test]
fn indexes_with_their_own_limits_go_on() {
    let spec = "completions: 6, parallelism: 3, completionMode: Indexed, backoffLimitPerIndex: 4";
    holds(
        "indexes",
        &GoingOn { spec, template: SINGLE, pods: "run: \"exponential(mean=2m)\", outcome: {fail: 50%}", rest: "" },
    );
}

#[test]
fn evictions_and_room_go_on() {
    let rest = "cluster: {slots: 2}\ndisruptions: [{eviction: {rate: 6/h}}]";
    let pods = "run: \"weibull(shape=2, scale=5m)\", terminate: 10s";
    holds("room", &GoingOn { spec: "completions: 6, parallelism: 4, backoffLimit: 60", template: SINGLE, pods, rest });
}

/// An init container, a sidecar with a startup probe, and two regular containers: each goes on for itself.
const SEVERAL: GoingOn = GoingOn {
    spec: "completions: 4, parallelism: 2, backoffLimit: 30",
    template: "restartPolicy: Never, initContainers: [{name: fetch, image: app}, {name: mesh, image: app, restartPolicy: Always}], \
               containers: [{name: main, image: app}, {name: shipper, image: app}]",
    pods: "start: \"uniform(1s, 4s)\", run: \"uniform(2m, 4m)\", outcome: {fail: 30%}, containers: {fetch: {run: \"uniform(1m, \
           3m)\"}, mesh: {startup: \"uniform(10s, 50s)\", terminate: 3s}, shipper: {run: \"lognormal(median=2m, p95=5m)\", \
           outcome: {fail: 5%}}}",
    rest: "",
};

#[test]
fn pods_of_several_containers_go_on() {
    holds("several containers", &SEVERAL);
}

/// Containers that are restarted one by one, with their own back-offs.
#[test]
fn restarts_of_several_containers_go_on() {
    let template = "restartPolicy: OnFailure, containers: [{name: main, image: app}, {name: feeder, image: app}]";
    let pods = "run: \"uniform(20s, 60s)\", outcome: {fail: 60%}, containers: {feeder: {run: \"uniform(30s, 90s)\", outcome: \
                {fail: 50%}}}";
    let spec = "completions: 3, parallelism: 2, backoffLimit: 1000";
    holds("restarts", &GoingOn { spec, template, pods, rest: "" });
}

const ON_NODES: &str = "restartPolicy: Never, containers: [{name: main, image: app, resources: {requests: {cpu: 2}}}]";

/// Pods that run on nodes stay there, and leave room for as many as before.
#[test]
fn pods_on_nodes_go_on() {
    let rest = "cluster: {nodes: {workers: {allocatable: {cpu: 4, memory: 8Gi}, count: 2}}}";
    let pods = "run: \"weibull(shape=2, scale=5m)\", outcome: {fail: 20%}, terminate: 10s";
    let spec = "completions: 9, parallelism: 6, backoffLimit: 60";
    holds("nodes", &GoingOn { spec, template: ON_NODES, pods, rest });
}

/// The same of several containers on nodes, which are evicted.
#[test]
fn several_containers_on_nodes_go_on() {
    let template = "restartPolicy: Never, terminationGracePeriodSeconds: 20, initContainers: [{name: log, image: app, \
                    restartPolicy: Always}], containers: [{name: main, image: app, resources: {requests: {cpu: 2}}}]";
    let rest = "cluster: {nodes: {workers: {allocatable: {cpu: 4, memory: 8Gi}, count: 2}}}\ndisruptions: [{eviction: {rate: 6/h}}]";
    let pods =
        "run: \"weibull(shape=2, scale=5m)\", terminate: \"uniform(5s, 15s)\", containers: {log: {terminate: 3s}}";
    let spec = "completions: 6, parallelism: 4, backoffLimit: 60";
    holds("several containers on nodes", &GoingOn { spec, template, pods, rest });
}

/// What a dump cannot hold, so that a run which goes on from it may differ. The list stands in docs/autopsy.md.
#[test]
fn what_a_dump_cannot_hold_is_listed() {
    let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/autopsy.md")).expect("it is there");
    for part in
        ["work queue", "token", "whole second", "Pods that are gone", "requeue", "ignored", "SIGTERM", "scheduler"]
    {
        assert!(page.contains(part), "{part} is not in docs/autopsy.md");
    }
}
