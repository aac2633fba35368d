//! Instruction counts of six typical works. They are the same from run to run on a machine, so that a loss of one per cent
//! is seen, where times differ by ten. They say nothing about memory that is slow to reach.
//!
//! `cargo bench --bench instructions [WORK…]`. Each work is done under valgrind in two sizes; the difference is divided by
//! what the larger one does more, so that reading a scenario is not counted. Results are in the README.

use flate2::read::GzDecoder;
use jobsim::conformance::jobs::{JobCase, JobReplayer};
use jobsim::experiment::Simulator;
use jobsim::scenario::Input;
use jobsim::scenario::source::Source;
use std::hint::black_box;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A work: its name, what it is counted by, how many of these the smaller size does (the larger does three times as many),
/// and the work itself.
type Work = (&'static str, &'static str, u32, fn(u32));

const WORKS: [Work; 6] = [
    ("one Job of many Pods", "completion", 5_000, |n| scenario(&one_job(n), 1)),
    ("replications of a 100-Pod Job", "replication", 10, |n| scenario(HUNDRED_PODS, n)),
    ("a CronJob that starts every minute", "start", 1_440, |n| scenario(&every_minute(n), 1)),
    ("Jobs of 100 Pods", "Job", 50, |n| scenario(&many_jobs(n), 1)),
    ("Pods on 20 nodes", "Pod", 2_000, |n| scenario(&on_nodes(n), 1)),
    ("recorded histories", "history", 400, replay),
];

const TEMPLATE: &str = "template: {spec: {restartPolicy: Never, containers: [{name: main, image: 'busybox:1.36'}]}}";
const PODS: &str = "pods: {run: 60s, outcome: {exitCodes: {0: 90, 1: 10}}}";

fn one_job(completions: u32) -> String {
    let spec = format!("parallelism: 1000, completions: {completions}, backoffLimit: 1000000, {TEMPLATE}");
    format!(
        "{{apiVersion: jobsim/v1, kind: Scenario, cluster: {{preset: ideal}}, jobs: [{{inline: {}}}], {PODS}}}",
        job(&spec)
    )
}

const HUNDRED_PODS: &str = "
apiVersion: jobsim/v1
kind: Scenario
jobs:
- inline:
    apiVersion: batch/v1
    kind: Job
    metadata: {name: hundred}
    spec:
      completionMode: Indexed
      parallelism: 100
      completions: 100
      backoffLimit: 1000
      template: {spec: {restartPolicy: Never, containers: [{name: main, image: 'busybox:1.36'}]}}
pods: {run: 'exponential(mean=60s)', outcome: {exitCodes: {0: 90, 1: 10}}}
";

fn every_minute(starts: u32) -> String {
    let spec = format!("schedule: '* * * * *', jobTemplate: {{spec: {{{TEMPLATE}}}}}");
    let cronjob = format!("{{apiVersion: batch/v1, kind: CronJob, metadata: {{name: often}}, spec: {{{spec}}}}}");
    format!("{{apiVersion: jobsim/v1, kind: Scenario, until: {starts}m, jobs: [{{inline: {cronjob}}}], {PODS}}}")
}

fn many_jobs(jobs: u32) -> String {
    let spec = format!("parallelism: 100, completions: 100, backoffLimit: 1000, {TEMPLATE}");
    let job = job(&spec);
    format!("{{apiVersion: jobsim/v1, kind: Scenario, jobs: [{{inline: {job}, count: {jobs}, every: 6s}}], {PODS}}}")
}

fn on_nodes(pods: u32) -> String {
    let container = "{name: main, image: 'busybox:1.36', resources: {requests: {cpu: '1', memory: 1Gi}}}";
    let template = format!("template: {{spec: {{restartPolicy: Never, containers: [{container}]}}}}");
    let spec = format!("parallelism: 400, completions: {pods}, backoffLimit: 1000000, {template}");
    let cluster = "{preset: ideal, nodes: {pool: {allocatable: {cpu: 16, memory: 64Gi}, count: 20}}}";
    format!("{{apiVersion: jobsim/v1, kind: Scenario, cluster: {cluster}, jobs: [{{inline: {}}}], {PODS}}}", job(&spec))
}

fn job(spec: &str) -> String {
    format!("{{apiVersion: batch/v1, kind: Job, metadata: {{name: work}}, spec: {{{spec}}}}}")
}

/// Runs replications of a scenario.
fn scenario(text: &str, replications: u32) {
    let source = Source { name: "work".to_owned(), folder: PathBuf::new(), text: text.to_owned() };
    let resolved = Input::of_sources(vec![source]).and_then(|input| input.resolve()).expect("it is a scenario");
    let mut simulator = Simulator::new(&resolved.setup);
    for replication in 0..replications {
        let simulated = simulator.run(replication, false);
        assert!(simulated.exhausted.is_none(), "the work is within all bounds");
        black_box(simulator.outcome(replication, simulated));
    }
}

/// Replays so many recorded histories, beginning with the reading of their lines.
fn replay(histories: u32) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/conformance/jobs/retry.jsonl.gz");
    let mut text = String::new();
    GzDecoder::new(std::fs::File::open(file).expect("the corpus is there"))
        .read_to_string(&mut text)
        .expect("it is gzip");
    let mut replayer = JobReplayer::default();
    let lines = text.lines().cycle().take(histories as usize);
    let equal = lines.filter(|line| {
        let mut case = JobCase::parse(line.as_bytes()).expect("it is a case");
        replayer.is_equal(&mut case)
    });
    assert_eq!(equal.count(), histories as usize);
}

/// The instructions that this program executes for a work; `None` if there is no valgrind.
fn count(name: &str, size: u32) -> Option<u64> {
    let program = std::env::current_exe().expect("a program knows where it is");
    let valgrind = ["--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null"];
    let output = Command::new("valgrind").args(valgrind).arg(program).args(["--do", name, &size.to_string()]).output();
    let told = String::from_utf8_lossy(&output.ok()?.stderr).into_owned();
    let line = told.lines().find(|line| line.contains("I refs:") || line.contains("I   refs:"));
    let line = line.unwrap_or_else(|| panic!("valgrind counted nothing:\n{told}"));
    let digits: String = line.rsplit(':').next()?.chars().filter(char::is_ascii_digit).collect();
    digits.parse().ok()
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    if let [first, name, size] = &arguments[..]
        && first == "--do"
    {
        let work = WORKS.iter().find(|work| work.0 == name).expect("there is such a work");
        return work.3(size.parse().expect("the size is a number"));
    }
    println!("{:<36} {:>14}", "work", "instructions");
    let is_wanted = |work: &&Work| arguments.is_empty() || arguments.iter().any(|part| work.0.contains(&**part));
    for &(name, unit, size, _) in WORKS.iter().filter(is_wanted) {
        let (Some(small), Some(large)) = (count(name, size), count(name, 3 * size)) else {
            return println!("no instructions were counted: valgrind is not installed");
        };
        println!("{name:<36} {:>14} a {unit}", (large - small) / u64::from(2 * size));
    }
}
