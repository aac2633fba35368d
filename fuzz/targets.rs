//! What each fuzz target does with its bytes: it reads them as one of the texts that jobsim takes, and asserts what
//! must hold of any text, whether it is taken or refused. It knows nothing of libFuzzer, so that a stable test
//! (`tests/it/fuzz_targets.rs`) runs the same functions over the seeds.
//!
//! A target may refuse its input, with a message; it may not panic, hang or contradict itself.

use jobsim::autopsy::{Autopsy, Dump, redacted};
use jobsim::calibrate::{Calibration, ExactPods, objects};
use jobsim::experiment::result::ResultFile;
use jobsim::experiment::{Budget, Goal, Simulator};
use jobsim::manifest::load_manifests;
use jobsim::model::{Distribution, duration};
use jobsim::release::MODELLED;
use jobsim::report::{Layout, autopsy_json, autopsy_page, autopsy_text, calibrated_scenario, exact_scenario};
use jobsim::scenario::source::Source;
use jobsim::scenario::{Input, Resolved};
use jobsim::text::read_values;
use std::path::PathBuf;
use std::sync::Arc;

/// A target: its name, which is that of its folder in `corpus/`, and what it does.
pub type Target = (&'static str, fn(&[u8]));

/// All targets. Each has a file of its own in `fuzz_targets/`.
pub const TARGETS: &[Target] = &[
    ("manifests", manifests),
    ("scenarios", scenarios),
    ("goals", goals),
    ("distributions", distributions),
    ("durations", durations),
    ("results", results),
    ("dumps", dumps),
    ("runs", runs),
];

/// What a simulated input may use: enough for every turn of a small Job, and over within milliseconds.
const SMALL: Budget = Budget {
    at_once: 2_000,
    events: 6_000,
    pods: 300,
    changes: 2_000,
    starts: 300,
    records: 1_000,
    jobs: 300,
    values: 100_000,
};

/// A refusal must tell the user something.
fn assert_says_something(message: &str) {
    assert!(!message.trim().is_empty(), "a refusal without a message");
}

/// Jobs and CronJobs as YAML or JSON: every refusal has a place in the text.
pub fn manifests(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    match load_manifests(text) {
        Ok(loaded) => assert!(loaded.errors.is_empty() && !loaded.objects.is_empty()),
        Err(errors) => {
            assert!(!errors.is_empty());
            errors.iter().for_each(|error| assert_says_something(&error.to_string()));
        }
    }
}

/// What a text asks for, resolved; nothing if it is refused, with a message.
fn resolved(text: String, from_status: bool) -> Option<Resolved> {
    // A scenario may name files, and reading a device can wait for ever.
    if text.contains("/dev/") {
        return None;
    }
    let folder = PathBuf::from("no-such-folder");
    let source = Source { name: "fuzz.yaml".to_owned(), folder, text };
    let input = Input::of_sources(vec![source]).map(|mut input| {
        input.from_status = from_status;
        input.budget = SMALL;
        input
    });
    match input.and_then(|input| input.resolve()) {
        Ok(resolved) => Some(resolved),
        Err(problems) => {
            assert!(!problems.is_empty());
            problems.iter().for_each(|problem| assert_says_something(&problem.message));
            None
        }
    }
}

/// Scenario files, resolved to what would be simulated. Nothing is simulated: an input may ask for a year.
pub fn scenarios(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Some(resolved) = resolved(text.to_owned(), false) {
        assert!(resolved.setup.replications > 0);
    }
}

/// What a text asks for, simulated once within a small budget: it ends, and what holds of the world is asserted there.
pub fn runs(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let Some(mut resolved) = resolved(text.to_owned(), false) else { return };
    simulate(&mut resolved);
}

/// One replication, with no more than [`SMALL`] allows.
fn simulate(resolved: &mut Resolved) {
    resolved.setup.budget = SMALL;
    let mut simulator = Simulator::new(&resolved.setup);
    let simulated = simulator.run(0, false);
    if simulated.exhausted.is_none() {
        let _ = simulator.outcome(0, simulated);
    }
}

/// Dumps of clusters, as `autopsy` and `calibrate` read them and `--from-status` goes on from them. What is found out can be
/// shown in each form, a dump without names is a dump, and a calibrated scenario is one.
pub fn dumps(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let Ok(documents) = read_values(text) else { return };
    let mut dump = Dump::default();
    match dump.read(text).map_err(|why| vec![why]).and_then(|()| Autopsy::new(&dump, &MODELLED, None)) {
        Ok(autopsy) => {
            assert!(!autopsy_text(&autopsy, &[], Layout::new(Some(80), true)).is_empty());
            assert!(autopsy_json(&autopsy, &[]).is_object());
            assert!(!autopsy_page(&autopsy, &[]).is_empty());
            let mut again = Dump::default();
            assert!(again.take(redacted(&documents)).is_ok(), "a dump without names is none");
        }
        Err(errors) => errors.iter().for_each(|error| assert_says_something(error)),
    }
    if let Some(mut resolved) = resolved(text.to_owned(), true) {
        simulate(&mut resolved);
    }
    let Ok(objects) = objects(documents) else { return };
    let scenario = calibrated_scenario(&Calibration::new(&objects, None, None));
    assert!(read_values(&scenario).is_ok(), "what is fitted is no text: {scenario}");
    if let Ok(exact) = ExactPods::new(&objects, None) {
        let scenario = exact_scenario(&exact);
        assert!(read_values(&scenario).is_ok(), "what was seen is no text: {scenario}");
    }
}

/// Goals such as `p95(duration) <= 1h`: a goal that is taken keeps its text, and that text is taken again.
pub fn goals(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let series = ["import", "export"].map(Arc::from);
    match Goal::parse(text, &series) {
        Ok(goal) => assert!(Goal::parse(&goal.text, &series).is_ok(), "{:?} is not taken again", goal.text),
        Err(error) => assert_says_something(&error.to_string()),
    }
}

/// Distributions such as `weibull(shape=1.4, scale=3m)`: what is taken is written and read back unchanged, and its
/// quantiles never fall.
pub fn distributions(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    match text.parse::<Distribution>() {
        Ok(distribution) => {
            let written = distribution.to_string();
            let again: Distribution = written.parse().unwrap_or_else(|error| panic!("{text:?}: {written:?}: {error}"));
            assert_eq!(again.to_string(), written, "{text:?}");
            let values = [0.01, 0.25, 0.5, 0.75, 0.99].map(|p| distribution.sample(p));
            assert!(values.is_sorted(), "{text:?}: {values:?}");
        }
        Err(error) => assert_says_something(&error.to_string()),
    }
}

/// Durations such as `1h30m`, and rates such as `3/h`: what is taken is written and read back unchanged.
pub fn durations(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    match duration::parse_seconds(text) {
        Ok(seconds) => {
            let written = duration::in_full(seconds);
            assert_eq!(duration::parse_seconds(&written), Ok(seconds), "{text:?}: {written:?}");
        }
        Err(message) => assert_says_something(&message),
    }
    match duration::parse_rate(text) {
        Ok(rate) => assert!(rate >= 0.0, "{text:?}"),
        Err(message) => assert_says_something(&message),
    }
}

/// Saved results: what is taken is written and read back as the same bytes.
pub fn results(data: &[u8]) {
    match ResultFile::from_json(data) {
        Ok(result) => {
            let written = serde_json::to_vec(&result).expect("a result can be written");
            let again = ResultFile::from_json(&written).expect("what is written can be read");
            assert_eq!(serde_json::to_vec(&again).expect("a result can be written"), written);
        }
        Err(message) => assert_says_something(&message),
    }
}
