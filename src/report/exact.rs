//! What the Pods of a Job did, as a scenario that scripts each of them. [`crate::calibrate`] finds out what they did;
//! this file only writes it down.

use crate::calibrate::{ExactPod, ExactPods, ExactRun};
use crate::model::duration::in_full;
use serde_json::{Map, Value, json};
use std::fmt::Write as _;

/// The scenario, in YAML. It has no Jobs: users give them on the command line.
pub fn exact_scenario(exact: &ExactPods) -> String {
    let of = if exact.job.is_empty() { String::new() } else { format!(" of the Job {}", exact.job) };
    let mut text = format!("# What {} Pods{of} did, one by one.\n", exact.pods.len());
    for (what, count) in &exact.unknown {
        let _ = writeln!(text, "# not known: {count} {what}");
    }
    text.push_str("# Pods that were deleted before are not here, and the numbers of those after them are lower.\n");
    text.push_str("# Run it with the Job: jobsim run THIS-FILE job.yaml\n");
    text.push_str("apiVersion: jobsim/v1\nkind: Scenario\n\npods:\n");
    let (mut by_index, mut by_attempt) = (Map::new(), Map::new());
    for pod in &exact.pods {
        let attempts = match pod.index {
            None => &mut by_attempt,
            Some(index) => {
                let of_index = by_index.entry(index.to_string()).or_insert_with(|| json!({"byAttempt": {}}));
                of_index["byAttempt"].as_object_mut().expect("it was just made")
            }
        };
        attempts.insert(pod.attempt.to_string(), scripted_pod(pod));
    }
    for (name, map) in [("byIndex", by_index), ("byAttempt", by_attempt)] {
        if !map.is_empty() {
            let _ = writeln!(text, "  {name}:");
            for (key, value) in map {
                // JSON is YAML: one Pod, or one index, a line.
                let _ = writeln!(text, "    {key:?}: {value}");
            }
        }
    }
    text
}

/// A Pod as an entry of `byAttempt`. The times of the first container are those of the Pod; others stand under its
/// name.
fn scripted_pod(pod: &ExactPod) -> Value {
    let mut fields = Map::new();
    fields.insert("bind".into(), pod.bind.map_or("never".to_owned(), in_full).into());
    if let Some(start) = pod.start {
        fields.insert("start".into(), in_full(start).into());
    }
    for (n, (name, runs)) in pod.runs.iter().enumerate() {
        let runs: Vec<Value> = runs.iter().map(scripted_run).collect();
        if n == 0 {
            fields.insert("runs".into(), runs.into());
        } else {
            let containers = fields.entry("containers").or_insert_with(|| json!({}));
            containers[name] = json!({"runs": runs});
        }
    }
    if let Some((kind, after)) = pod.disrupted {
        fields.insert("disrupted".into(), json!({kind.name(): in_full(after)}));
    }
    fields.into()
}

/// A run of containers as an entry of `runs`.
fn scripted_run(run: &ExactRun) -> Value {
    let mut fields = json!({"for": run.lasts.map_or("never".to_owned(), in_full)});
    if let Some(exit) = run.exit {
        fields["exit"] = json!(exit);
    }
    if let Some(after) = run.restart_after {
        fields["restartAfter"] = json!(in_full(after));
    }
    fields
}
