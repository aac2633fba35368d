//! Pods with known models, listed as kubectl lists them, and the models that calibration recovers.

use super::*;
use crate::kernel::{Draws, Entity, Purpose, Streams};
use crate::model::Distribution;
use crate::stats::survival::Observed;
use serde_json::{Value, json};

fn distribution(text: &str) -> Distribution {
    text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// An instant of the test's clock as Kubernetes writes it.
fn time(seconds: f64) -> String {
    jiff::Timestamp::from_second(1_750_000_000 + seconds as i64).expect("it is near").to_string()
}

fn draws(pod: u32) -> Draws {
    Streams::new(3, 0).draws(Entity::named(&["calibrate"]).member(pod), 1)
}

/// A Pod that was created at this instant and has these durations, listed at `now`.
fn pod(number: u32, created: f64, run: f64, code: i32, now: f64) -> Value {
    let (bound, started) = (created + 0.2, created + 3.4);
    let state = if started + run < now {
        json!({"terminated": {"startedAt": time(started), "finishedAt": time(started + run), "exitCode": code}})
    } else {
        json!({"running": {"startedAt": time(started)}})
    };
    let phase = match (started + run < now, code) {
        (false, _) => "Running",
        (true, 0) => "Succeeded",
        _ => "Failed",
    };
    json!({
        "kind": "Pod",
        "metadata": {
            "name": format!("import-{number}"),
            "uid": format!("{number}"),
            "labels": {"batch.kubernetes.io/job-name": "import"},
            "creationTimestamp": time(created),
        },
        "spec": {"nodeName": "n1", "containers": [{}]},
        "status": {
            "phase": phase,
            "conditions": [{"type": "PodScheduled", "status": "True", "lastTransitionTime": time(bound)}],
            "containerStatuses": [{"restartCount": 0, "state": state, "lastState": {}}],
        },
    })
}

fn calibrate(pods: Vec<Value>, now: Option<f64>) -> Calibration {
    let text = json!({"kind": "List", "items": pods}).to_string();
    Calibration::new(&read(&text).expect("it is a list"), None, now.map(|now| 1_750_000_000.0 + now))
}

/// Pods that arrive over an hour, one in ten of which fails.
fn many(run: &str, count: u32, now: f64) -> Vec<Value> {
    let d = distribution(run);
    let one = |n: u32| {
        let mut draws = draws(n);
        let created = 3_600.0 * draws.uniform(Purpose(0));
        let code = i32::from(draws.uniform(Purpose(1)) < 0.1);
        (created < now).then(|| pod(n, created, d.sample(draws.uniform(Purpose(2))), code, now))
    };
    (0..count).filter_map(one).collect()
}

fn assert_near(stage: &FittedStage, truth: &str, tolerance: f64) {
    let (fit, truth) = (&stage.fit.as_ref().expect("it was fitted").distribution, distribution(truth));
    for p in [0.1, 0.5, 0.9] {
        let (got, expected) = (fit.quantile(p), truth.quantile(p));
        assert!((got - expected).abs() < tolerance * expected, "{fit} for {truth}: p = {p}: {got}, not {expected}");
    }
}

#[test]
fn known_models_are_found_again() {
    for (truth, family) in [
        ("weibull(shape=3, scale=5m)", "weibull"),
        ("lognormal(median=1m, p95=5m)", "lognormal"),
        ("gamma(shape=4, mean=2m)", "gamma"),
        ("exp(mean=3m)", "exponential"),
    ] {
        let found = calibrate(many(truth, 2_000, 1e6), None);
        assert_near(&found.run, truth, 0.1);
        let fit = found.run.fit.as_ref().expect("it was fitted");
        assert!(fit.distribution.to_string().starts_with(family), "{truth}: {}", fit.distribution);
        assert!(fit.ks < 0.03 && fit.p_value > 0.05, "{truth}: {fit:?}");
        let (share, interval) = found.failed().expect("runs ended");
        assert!(interval.contains(0.1), "{share} {interval:?}");
        // Durations below a second are rounded to whole seconds, and still their means are right.
        let bind = found.bind.fit.as_ref().and_then(|fit| fit.distribution.mean()).expect("it was fitted");
        assert!((bind - 0.2).abs() < 0.05, "{bind}");
        let start = found.start.fit.as_ref().and_then(|fit| fit.distribution.mean()).expect("it was fitted");
        assert!((start - 3.2).abs() < 0.05, "{start}");
    }
}

#[test]
fn pods_that_still_run_do_not_make_runs_look_short() {
    // Listed after 20 minutes: most of the long runs are still under way.
    let truth = "weibull(shape=1.5, scale=20m)";
    let found = calibrate(many(truth, 6_000, 1_200.0), Some(1_200.0));
    assert!(found.run.cut > found.run.ended, "{} {}", found.run.cut, found.run.ended);
    assert_near(&found.run, truth, 0.15);
    let ended: Vec<Observed> = found.seen.run.iter().copied().filter(|o| o.ended).collect();
    let naive = FittedStage::new(&ended).fit.expect("it was fitted").distribution.quantile(0.5);
    assert!(naive < 0.5 * distribution(truth).quantile(0.5), "leaving them out would mislead: {naive}");
}

#[test]
fn what_no_family_fits_is_kept_as_it_is() {
    let truth = "mixture(1: uniform(10s, 20s), 1: uniform(300s, 310s))";
    let found = calibrate(many(truth, 1_000, 1e6), None);
    let fit = found.run.fit.as_ref().expect("it was fitted");
    assert!(fit.bic.is_none() && fit.distribution.to_string().starts_with("quantiles("), "{}", fit.distribution);
    assert!(found.run.tried.iter().all(|tried| tried.ks > 0.1));
    for p in [0.1, 0.4, 0.7, 0.95] {
        let expected = distribution(truth).quantile(p);
        assert!((fit.distribution.quantile(p) - expected).abs() < 2.0, "{p}");
    }
}

#[test]
fn disrupted_runs_are_cut_and_are_no_outcomes() {
    let mut pods = many("10m", 40, 1e6);
    for pod in &mut pods[..10] {
        let condition = json!({"type": "DisruptionTarget", "status": "True", "reason": "EvictionByEvictionAPI"});
        pod["status"]["conditions"].as_array_mut().expect("it is a list").push(condition);
        let terminated = &mut pod["status"]["containerStatuses"][0]["state"]["terminated"];
        terminated["exitCode"] = json!(143);
    }
    let found = calibrate(pods, None);
    assert_eq!((found.run.ended, found.run.cut, found.seen.cut_runs), (30, 10, 10));
    assert_eq!(found.seen.exit_codes.get(&143), None);
    let [(kind, rate)] = found.disruption_rates()[..] else { panic!("one kind of disruption") };
    // 10 in 40 Pods of 603.2 s each.
    assert!(kind == ObservedDisruption::Eviction && (rate - 10.0 / (40.0 * 603.2 / 3_600.0)).abs() < 0.01, "{rate}");
}

#[test]
fn deleted_pods_say_how_long_termination_takes() {
    let mut pods = many("10m", 20, 1e6);
    for pod in &mut pods {
        // Deleted 7 s before the end, with 30 s of grace.
        let finished = pod["status"]["containerStatuses"][0]["state"]["terminated"]["finishedAt"].as_str().unwrap();
        let finished: jiff::Timestamp = finished.parse().unwrap();
        let deadline = jiff::Timestamp::from_second(finished.as_second() - 7 + 30).unwrap();
        pod["metadata"]["deletionTimestamp"] = json!(deadline.to_string());
        pod["metadata"]["deletionGracePeriodSeconds"] = json!(30);
    }
    let found = calibrate(pods, None);
    assert_eq!((found.run.ended, found.seen.exit_codes.len()), (0, 0));
    assert_eq!(found.terminate.fit.as_ref().map(|fit| fit.distribution.as_constant()), Some(Some(7.0)));
}

#[test]
fn restarts_and_several_containers() {
    let times = |from: f64, to: f64, code: i32| json!({"terminated": {"startedAt": time(from), "finishedAt": time(to), "exitCode": code}});
    let mut restarted = pod(1, 0.0, 60.0, 0, 1e6);
    restarted["status"]["containerStatuses"][0]["restartCount"] = json!(4);
    restarted["status"]["containerStatuses"][0]["lastState"] = times(100.0, 130.0, 3);
    let mut two = pod(2, 0.0, 60.0, 0, 1e6);
    two["status"]["containerStatuses"] = json!([
        {"restartCount": 0, "state": times(5.0, 25.0, 0), "lastState": {}},
        {"restartCount": 0, "state": times(7.0, 47.0, 2), "lastState": {}},
    ]);
    let found = calibrate(vec![restarted, two], None);
    let mut runs: Vec<f64> = found.seen.run.iter().map(|o| o.duration).collect();
    runs.sort_by(f64::total_cmp);
    assert_eq!(runs, [30.0, 40.0, 60.0]);
    assert_eq!(found.seen.exit_codes.into_iter().collect::<Vec<_>>(), [(0, 1), (2, 1), (3, 1)]);
    assert_eq!(found.seen.start.len(), 1, "when the restarted one first started is not known");
    assert_eq!(
        found.seen.unused.into_iter().collect::<Vec<_>>(),
        [("starts of Pods whose containers were restarted", 1)]
    );
}

#[test]
fn messy_pods_are_counted_and_harm_nothing() {
    let mut unknown = pod(1, 0.0, 60.0, 137, 1e6);
    unknown["status"]["containerStatuses"][0]["state"]["terminated"] =
        json!({"exitCode": 137, "reason": "ContainerStatusUnknown", "startedAt": null, "finishedAt": null});
    let mut skewed = pod(2, 0.0, 60.0, 0, 1e6);
    skewed["status"]["containerStatuses"][0]["state"]["terminated"]["startedAt"] = json!(time(-100.0));
    let mut epoch = pod(3, 0.0, 60.0, 0, 1e6);
    epoch["status"]["containerStatuses"][0]["state"]["terminated"]["startedAt"] = json!("1970-01-01T00:00:00Z");
    let pending = json!({
        "kind": "Pod", "metadata": {"creationTimestamp": time(10.0), "labels": {"batch.kubernetes.io/job-name": "import"}}, "spec": {"containers": [{}]},
        "status": {"phase": "Pending", "conditions": [{"type": "PodScheduled", "status": "False"}]},
    });
    let of_job = json!({"labels": {"batch.kubernetes.io/job-name": "import"}});
    let bare = json!({"kind": "Pod", "metadata": of_job, "status": {}});
    let found = calibrate(vec![unknown, skewed, epoch, pending, bare, json!({"kind": "Node"})], Some(40.0));
    assert_eq!(found.seen.pods, 5);
    assert_eq!(found.seen.bind.last(), Some(&Observed { duration: 30.0, ended: false }));
    let unused: Vec<&str> = found.seen.unused.keys().copied().collect();
    assert_eq!(
        unused,
        [
            "Pods without creationTimestamp",
            "durations below zero (clocks differ)",
            "runs whose end the kubelet did not see",
            "runs without the times of their start and end",
            "starts of Pods that ended without having started",
        ]
    );
}

#[test]
fn events_tell_pulls_from_starts() {
    let mut objects = many("1m", 30, 1e6);
    let events: Vec<Value> = objects
        .iter()
        .enumerate()
        .map(|(n, pod)| {
            let message = match n % 3 {
                0 => "Container image \"busybox\" already present on machine",
                1 => "Successfully pulled image \"busybox\" in 2.5s (2.5s including waiting). Image size: 5 bytes.",
                _ => "Successfully pulled image \"busybox\" in 800ms (1m2.5s including waiting)",
            };
            let bound = pod["status"]["conditions"][0]["lastTransitionTime"].clone();
            json!({
                "kind": "Event", "reason": "Pulled", "message": message, "firstTimestamp": bound,
                "involvedObject": {"kind": "Pod", "uid": pod["metadata"]["uid"], "name": pod["metadata"]["name"]},
            })
        })
        .collect();
    objects.extend(events);
    let found = calibrate(objects, None);
    let mut pulls: Vec<f64> = found.seen.pull.iter().map(|o| o.duration).collect();
    pulls.sort_by(f64::total_cmp);
    pulls.dedup();
    assert_eq!((found.seen.pull.len(), pulls), (30, vec![0.0, 2.5, 62.5]));
}

#[test]
fn text_that_is_no_list_says_so() {
    assert!(read("{\"items\": [").expect_err("it is cut").starts_with("not valid JSON: EOF"));
    assert!(read("NAME READY").expect_err("it is a table").starts_with("neither an object nor a list of objects"));
    assert_eq!(read("7").expect_err("it is a number"), "neither an object nor a list of objects: 7");
    assert!(read("{\"items\": [{\"spec\": 3}]}").expect_err("no spec").starts_with("items[0]: "));
    assert_eq!(read("").map(|objects| objects.len()), Ok(0));
    let empty = calibrate(Vec::new(), None);
    assert!(empty.run.fit.is_none() && empty.failed().is_none() && empty.disruption_rates().is_empty());
}

#[test]
fn fewer_durations_than_are_needed_are_not_fitted() {
    let fitted = |ended: usize, cut: usize| {
        let one = |n: usize| Observed { duration: 10.0 + n as f64, ended: n < ended };
        FittedStage::new(&(0..ended + cut).map(one).collect::<Vec<_>>())
    };
    // A censored duration is not an observed end.
    let few = fitted(fit::FEWEST - 1, 3);
    assert_eq!((few.fit, few.tried.len(), few.ended, few.cut), (None, 0, 4, 3));
    let enough = fitted(fit::FEWEST, 0);
    assert!(enough.fit.is_some() && !enough.tried.is_empty());
}
