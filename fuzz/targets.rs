//! What each fuzz target does with its bytes: it reads them as one of the texts that jobsim takes, and asserts what
//! must hold of any text, whether it is taken or refused. It knows nothing of libFuzzer, so that a stable test
//! (`tests/it/fuzz_targets.rs`) runs the same functions over the seeds.
//!
//! A target may refuse its input, with a message; it may not panic, hang or contradict itself.

use jobsim::experiment::Goal;
use jobsim::experiment::result::ResultFile;
use jobsim::manifest::load_manifests;
use jobsim::model::{Distribution, duration};
use jobsim::scenario::Input;
use jobsim::scenario::source::Source;
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
];

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

/// Scenario files, resolved to what would be simulated. Nothing is simulated: an input may ask for a year.
pub fn scenarios(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    // A scenario may name files, and reading a device can wait for ever.
    if text.contains("/dev/") {
        return;
    }
    let folder = PathBuf::from("no-such-folder");
    let source = Source { name: "fuzz.yaml".to_owned(), folder, text: text.to_owned() };
    match Input::of_sources(vec![source]).and_then(|input| input.resolve()) {
        Ok(resolved) => assert!(resolved.setup.replications > 0),
        Err(problems) => {
            assert!(!problems.is_empty());
            problems.iter().for_each(|problem| assert_says_something(&problem.message));
        }
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
