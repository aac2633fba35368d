//! Whole experiments keep their promise: a 95 % interval of a mean covers the true mean in 93 to 97 % of 400 seeds, for
//! quantities of simulated Jobs whose true means are known in closed form. How the interval is computed from given
//! numbers is tested in `statistics`.

use jobsim::experiment::{Plan, Response, RunControl, Setup, replicate};
use jobsim::scenario::Input;

const SEEDS: u64 = 400;

fn setup(name: &str, fields: &str) -> Setup {
    let head = "apiVersion: jobsim/v1\nkind: Scenario\n";
    let folder = crate::toy::folder(&format!("coverage-{name}"));
    let file = crate::toy::write(folder.join("scenario.yaml"), [format!("{head}{fields}")]);
    Input::read(&[file.display().to_string()]).expect("it can be read").resolve().expect("it resolves").setup
}

/// In what percentage of the seeds the interval of the mean of a response covers the truth.
fn coverage(setup: &Setup, replications: u32, response: Response, truth: f64) -> f64 {
    let plan = Plan { replications, threads: 0, keep_records: false, measures: &[], precision: &[], confidence: 0.95 };
    let covers = |seed: &u64| {
        let setup = Setup { seed: *seed, ..setup.clone() };
        let point = replicate(&[&setup], &plan, RunControl::NOBODY).points.remove(0);
        let statistics =
            point.tallies.summary(std::iter::empty(), 0.95).all.response(response).expect("it is a response").clone();
        let [low, high] = statistics.mean_interval.expect("there are enough replications");
        (low..=high).contains(&truth)
    };
    (1..=SEEDS).filter(covers).count() as f64 * 100.0 / SEEDS as f64
}

fn assert_covers(name: &str, setup: &Setup, replications: u32, response: Response, truth: f64) {
    let covered = coverage(setup, replications, response, truth);
    assert!((93.0..=97.0).contains(&covered), "{name}: the interval covers {truth} in {covered} % of {SEEDS} seeds");
}

const ONE_POD: &str = "      spec: {backoffLimit: 100, template: {spec: {restartPolicy: Never, \
                       containers: [{name: main, image: 'app:1'}]}}}";

/// Each Pod fails with probability p until one succeeds: the retries are geometric, with mean p / (1 − p). They are
/// skewed, so a t interval of few replications covers less than it promises; 300 are enough.
#[test]
fn geometric_retries() {
    let job = "jobs:\n  - inline:\n      apiVersion: batch/v1\n      kind: Job\n      metadata: {name: one}\n";
    let fields = format!("{job}{ONE_POD}\npods: {{run: 1s, outcome: {{fail: 40%}}}}\ncluster: {{preset: ideal}}\n");
    assert_covers("retries", &setup("retries", &fields), 300, Response::Retries, 0.4 / 0.6);
}

/// Five Pods start at once and run for exponential times of mean m: the longest has the mean m (1 + 1/2 + … + 1/5).
#[test]
fn maximum_of_exponentials() {
    let fields = "jobs:\n  - inline:\n      apiVersion: batch/v1\n      kind: Job\n      metadata: {name: five}\n      \
                  spec: {completions: 5, parallelism: 5, template: {spec: {restartPolicy: Never, containers: [{name: \
                  main, image: 'app:1'}]}}}\npods: {bind: 0s, start: 0s, run: 'exponential(mean=1m)'}\n\
                  cluster: {preset: ideal}\n";
    let truth = (1..=5).map(|n| 60.0 / f64::from(n)).sum();
    assert_covers("longest Pod", &setup("maximum", fields), 100, Response::AtRunning, truth);
}

/// The expected sum of the waits of the first `jobs` arrivals at an empty M/M/c queue. `found[k]` is the probability
/// that an arrival finds k Jobs there; until the next arrival each event is an arrival with probability
/// λ / (λ + min(k, c) μ), and a departure otherwise. Who finds k ≥ c waits (k − c + 1) / (c μ).
fn waits_from_empty(arrivals: f64, servers: usize, service: f64, jobs: usize) -> f64 {
    let departures = |k: usize| k.min(servers) as f64 / service;
    let mut found = vec![0.0; jobs + 1];
    found[0] = 1.0;
    let mut sum = 0.0;
    for _ in 0..jobs {
        let wait = |k: usize| (k + 1).saturating_sub(servers) as f64 * service / servers as f64;
        sum += found.iter().enumerate().map(|(k, p)| p * wait(k)).sum::<f64>();
        let mut next = vec![0.0; jobs + 1];
        // The arrival joins those that it found; from the top down, as departures only lower the number.
        let mut at: Vec<f64> = std::iter::once(0.0).chain(found.iter().copied().take(jobs)).collect();
        for k in (0..=jobs).rev() {
            let arrives = arrivals / (arrivals + departures(k));
            next[k] += at[k] * arrives;
            if k > 0 {
                at[k - 1] += at[k] * (1.0 - arrives);
            }
        }
        found = next;
    }
    sum
}

#[test]
fn the_sum_of_waits_is_that_of_small_cases() {
    // The second arrival at an M/M/1 queue waits if the first is still there, and then for a whole service time on
    // average, as exponential times have no memory.
    let (arrivals, service) = (1.0 / 60.0, 120.0);
    let second = service * (arrivals / (arrivals + 1.0 / service));
    assert!((waits_from_empty(arrivals, 1, service, 2) - second).abs() < 1e-9);
    assert_eq!(waits_from_empty(arrivals, 2, service, 2), 0.0);
}

/// Fifteen Jobs arrive at two slots as a Poisson process.
#[test]
fn waits_in_a_queue() {
    let job = "jobs:\n  - arrivals: {poisson: 90/h, count: 15}\n    inline:\n      apiVersion: batch/v1\n      kind: \
               Job\n      metadata: {name: one}\n";
    let pods = "pods: {bind: 0s, start: 0s, run: 'exponential(mean=1m)'}\ncluster: {preset: ideal, slots: 2}\n";
    let setup = setup("queue", &format!("{job}{ONE_POD}\n{pods}"));
    assert_covers("waits", &setup, 100, Response::RoomWait, waits_from_empty(90.0 / 3600.0, 2, 60.0, 15));
}
