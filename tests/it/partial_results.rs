//! Whether a result says that it is partial: after an interruption and of a part of the units, but not when it is precise
//! enough. What each command prints about it is in `interrupt` and `shards`.

use jobsim::experiment::{
    DividedExperiment, Measure, Plan, Precision, Replicated, RunControl, Setup, Units, replicate, replicate_each,
};
use jobsim::scenario::Input;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

/// A Job of one Pod that fails in two of five cases.
fn setup(name: &str) -> Setup {
    let text = "apiVersion: jobsim/v1\nkind: Scenario\njobs:\n  - inline:\n      apiVersion: batch/v1\n      kind: Job\n      \
                metadata: {name: one}\n      spec: {backoffLimit: 100, template: {spec: {restartPolicy: Never, \
                containers: [{name: main, image: 'app:1'}]}}}\npods: {run: 1s, outcome: {fail: 40%}}\n\
                cluster: {preset: ideal}\n";
    let file = crate::toy::write(crate::toy::folder(&format!("partial-{name}")).join("scenario.yaml"), [text]);
    Input::read(&[file.display().to_string()]).expect("it can be read").resolve().expect("it resolves").setup
}

fn precision(text: &str) -> [Precision; 1] {
    [Precision::parse(text, &[]).expect("a precision")]
}

/// The result is partial or not, and its summary says the same.
fn assert_partial(result: &Replicated, setup: &Setup, partial: bool, what: &str) {
    assert_eq!(result.partial, partial, "{what}");
    for point in &result.points {
        assert_eq!(point.summary(setup, 0.95, result.partial).partial, partial, "{what}");
    }
}

#[test]
fn a_result_that_is_precise_enough_is_not_partial() {
    let setup = setup("precise");
    let enough = precision("mean(podsCreated)=1");
    let plan = Plan { replications: 100_000, precision: &enough, ..Plan::default() };
    let result = replicate(&[&setup], &plan, RunControl::NOBODY);
    assert!(result.replications < plan.replications, "{} replications are enough", result.replications);
    assert_partial(&result, &setup, false, "it stopped because it is precise");
    let whole = Plan { replications: 50, ..Plan::default() };
    assert_partial(&replicate(&[&setup], &whole, RunControl::NOBODY), &setup, false, "all are done");
}

/// Interrupts an experiment after 500 replications.
fn interrupted<T>(run: impl FnOnce(RunControl) -> T) -> T {
    let (stop, done) = (AtomicBool::new(false), AtomicU32::new(0));
    let count = || {
        if done.fetch_add(1, Ordering::Relaxed) == 500 {
            stop.store(true, Ordering::Relaxed);
        }
    };
    run(RunControl { stop: Some(&stop), done: &count })
}

#[test]
fn an_interrupted_result_is_partial() {
    let setup = setup("interrupted");
    let never = precision("mean(podsCreated)=0.000001");
    for (precision, what) in [(&[][..], "with a number of replications"), (&never[..], "with a precision")] {
        let plan = Plan { replications: 100_000, precision, ..Plan::default() };
        let result = interrupted(|control| replicate(&[&setup], &plan, control));
        assert!((500..plan.replications).contains(&result.replications), "{what}: {}", result.replications);
        assert_partial(&result, &setup, true, what);
        // Points that are replicated independently are judged one by one.
        let plan = Plan { threads: 1, ..plan };
        let measures: &[Measure] = &[];
        let points = [(&setup, measures), (&setup, measures)];
        let each = interrupted(|control| replicate_each(&points, &plan, control));
        assert!(each.iter().any(|point| point.partial), "{what}");
    }
}

#[test]
fn some_units_of_an_experiment_are_a_partial_result() {
    let setup = setup("units");
    let measures: &[Measure] = &[];
    let experiment = |is_paired| DividedExperiment { setups: vec![(&setup, measures); 2], replications: 10, is_paired };
    let units = |experiment: &DividedExperiment, most: u64| -> Units {
        experiment.simulate(0..most, 1, RunControl::NOBODY, &|| false).expect("within the budget")
    };
    let paired = experiment(true);
    for (most, partial) in [(10, false), (9, true), (1, true)] {
        let result = paired.replicated(units(&paired, most)).expect("these are its units");
        assert_eq!((result.replications, result.differences.len()), (most as u32, 1));
        assert_partial(&result, &setup, partial, &format!("{most} of 10 units"));
    }
    // One unit less is one replication less of the last setup.
    let alone = experiment(false);
    for (most, partial) in [(20, [false, false]), (19, [false, true]), (3, [true, true])] {
        let points = alone.each_replicated(units(&alone, most)).expect("these are its units");
        assert_eq!(points.iter().map(|point| point.partial).collect::<Vec<_>>(), partial, "{most} of 20 units");
    }
}
