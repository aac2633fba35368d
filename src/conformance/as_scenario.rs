//! Recorded cases as scenarios: what a case says of its cluster, its Pods and its users, in the format that people
//! write. It reads no scenario, and simulates nothing; the suite compares each scenario with the record of its case.

use super::fleet::{FleetHistoryRecord, FleetUserAction, ListedCronJob, ListedJob};
use super::histories::record::{OnDelete, PodScript, RecordedCluster, RecordedKey, ScriptDisruptionKind, ScriptRun};
use super::jobs::{JobHistoryRecord, JobUserAction};
use super::parsed;
use serde_json::{Map, Value, json};
use std::borrow::Cow;

/// How long virtual time goes on after the end of a recording, in microseconds.
const AFTERWARDS: i64 = 3_600_000_000;

/// A minute at which no recorded CronJob starts: one before the clock's first.
const NO_MINUTE: i64 = 15_778_080;

/// The scenario of a case of the corpora `job-history` and `fleet-history`.
///
/// # Errors
/// The line is not a case of either corpus.
pub fn scenario_of(line: &[u8]) -> Result<Value, String> {
    let record: Value = parsed(line)?;
    match record["corpus"].as_str() {
        Some("job-history") => of_job(&parsed(line)?),
        Some("fleet-history") => of_fleet(&parsed(line)?),
        other => Err(format!("cases of the corpus {other:?} are no scenarios")),
    }
}

fn micros(us: i64) -> String {
    format!("{us}us")
}

fn or_never(us: Option<i64>) -> String {
    us.map_or("never".to_owned(), micros)
}

fn of_job(record: &JobHistoryRecord<'_>) -> Result<Value, String> {
    let start = record.world.start_offset_us;
    let name = record.job["metadata"]["name"].as_str().unwrap_or_default().to_owned();
    let job = json!({
        "inline": record.job, "at": micros(start), "pods": pods(&record.pods, &record.default_pod),
    });
    let action = |action: &JobUserAction| {
        let mut said = Map::from_iter([("at".to_owned(), json!(micros(start + action.at_us)))]);
        let target = format!("job/{name}");
        match action {
            JobUserAction { patch: Some(patch), .. } => {
                enter(&mut said, "patch", json!({"job": target, "patch": patch}))
            }
            JobUserAction { delete_pod: Some(key), .. } => enter(&mut said, "deletePod", pod_of(&target, *key)),
            JobUserAction { controller_down_us: Some(us), .. } => {
                enter(&mut said, "controllerDown", json!(micros(*us)))
            }
            _ => deletion(&mut said, &target),
        }
        Value::Object(said)
    };
    Ok(document((&record.world, start + record.horizon_us), vec![job], record.actions.iter().map(action).collect()))
}

fn of_fleet(record: &FleetHistoryRecord<'_>) -> Result<Value, String> {
    let zero = record.world.start_offset_us;
    let job = |job: &ListedJob| {
        let at = micros(zero + job.create_at_us);
        json!({"inline": job.job, "at": at, "pods": pods(&job.pods, &job.default_pod)})
    };
    let cronjob = |cronjob: &ListedCronJob| {
        let mut behave = script(&cronjob.default_pod);
        let mut starts: Vec<u32> = cronjob.pods.iter().map(|(pod, _)| pod.0).collect();
        starts.dedup();
        let of_start = |start: u32| {
            let own = cronjob.pods.iter().filter(|(pod, _)| pod.0 == start).map(|(pod, script)| (pod.1, script));
            (start.to_string(), Value::Object(by_key(own)))
        };
        let by_start: Map<String, Value> = starts.into_iter().map(of_start).collect();
        if !by_start.is_empty() {
            behave.insert("byStart".to_owned(), by_start.into());
        }
        json!({"inline": cronjob.cronjob, "at": micros(zero + cronjob.create_at_us), "pods": behave})
    };
    let jobs = record.jobs.iter().map(job).chain(record.cronjobs.iter().map(cronjob)).collect();
    let actions = record.actions.iter().map(|action| fleet_action(action, record)).collect::<Result<_, _>>()?;
    Ok(document((&record.world, zero + record.horizon_us), jobs, actions))
}

fn fleet_action(action: &FleetUserAction, record: &FleetHistoryRecord<'_>) -> Result<Value, String> {
    let at = micros(record.world.start_offset_us + action.at_us);
    let mut said = Map::from_iter([("at".to_owned(), json!(at))]);
    let target = match (&action.job, &action.cronjob) {
        (Some(job), _) => format!("job/{job}"),
        (_, Some(cronjob)) => format!("cronjob/{cronjob}"),
        (None, None) => String::new(),
    };
    match action {
        FleetUserAction { controller_down_us: Some(us), .. } => enter(&mut said, "controllerDown", json!(micros(*us))),
        FleetUserAction { patch: Some(patch), .. } => enter(&mut said, "patch", json!({"job": target, "patch": patch})),
        FleetUserAction { delete_pod: Some(pod), cronjob: Some(cronjob), .. } => {
            let (job, key) = pod_of_cronjob(pod, cronjob, &record.history.cronjob_jobs)?;
            enter(&mut said, "deletePod", pod_of(&job, key));
        }
        FleetUserAction { delete_pod: Some(pod), .. } => enter(&mut said, "deletePod", pod_of(&target, key_of(pod)?)),
        FleetUserAction { cronjob: Some(_), .. } => enter(&mut said, "delete", json!(target)),
        _ => deletion(&mut said, &target),
    }
    Ok(Value::Object(said))
}

/// `N/KEY` of a CronJob: the name of its N-th Job, which the record lists, and the key. A Job that was never created
/// gets a name that no Job has.
fn pod_of_cronjob(
    pod: &str,
    cronjob: &str,
    created: &[(&str, Vec<Cow<'_, str>>)],
) -> Result<(String, RecordedKey), String> {
    let (number, key) = pod.split_once('/').ok_or_else(|| format!("{pod:?} is no Pod (N/KEY)"))?;
    let number: usize = number.parse().map_err(|_| format!("{pod:?} is no Pod (N/KEY)"))?;
    let jobs = created.iter().find(|(name, _)| *name == cronjob).map(|(_, jobs)| jobs.as_slice());
    let job = number.checked_sub(1).and_then(|n| jobs.unwrap_or_default().get(n));
    let name = job.map_or_else(|| format!("{cronjob}-{NO_MINUTE}"), |job| job.to_string());
    Ok((format!("job/{name}"), key_of(key)?))
}

fn key_of(text: &str) -> Result<RecordedKey, String> {
    RecordedKey::parse(text).ok_or_else(|| format!("{text:?} is no Pod key (INDEX/ATTEMPT or ORDINAL)"))
}

fn enter(said: &mut Map<String, Value>, field: &str, value: Value) {
    said.insert(field.to_owned(), value);
}

fn deletion(said: &mut Map<String, Value>, target: &str) {
    enter(said, "delete", json!(target));
    enter(said, "cascade", json!("foreground"));
}

fn pod_of(job: &str, key: RecordedKey) -> Value {
    let mut pod = json!({"job": job, "attempt": key.attempt});
    if let Some(index) = key.index {
        pod["index"] = json!(index);
    }
    pod
}

fn document((world, until): (&RecordedCluster, i64), jobs: Vec<Value>, actions: Vec<Value>) -> Value {
    let throttle = match world.qps.zip(world.burst) {
        Some((qps, burst)) => json!({"qps": qps, "burst": burst as u32, "events": world.events_throttled}),
        None => json!({"qps": 0}),
    };
    let failures = world.create_failures.iter().map(|window| {
        let at = |us: i64| micros(world.start_offset_us + us);
        json!({"from": at(window.from_us), "to": at(window.to_us)})
    });
    let mut cluster = json!({
        "preset": "ideal",
        "apiLatency": micros(world.api_latency_us),
        "watchLatency": micros(world.watch_latency_us),
        "gcLatency": micros(world.gc_latency_us),
        "clientThrottle": throttle,
        "createFailures": failures.collect::<Vec<_>>(),
    });
    if let Some(slots) = world.slots {
        cluster["slots"] = json!(slots);
    }
    json!({
        "apiVersion": "jobsim/v1", "kind": "Scenario", "until": micros(until + AFTERWARDS),
        "jobs": jobs, "cluster": cluster, "actions": actions,
    })
}

fn pods(listed: &[(RecordedKey, PodScript)], default: &PodScript) -> Value {
    let mut pods = script(default);
    pods.extend(by_key(listed.iter().map(|(key, script)| (*key, script))));
    pods.into()
}

/// Scripts by key, as in `byIndex` and `byAttempt`.
fn by_key<'a>(listed: impl Iterator<Item = (RecordedKey, &'a PodScript)>) -> Map<String, Value> {
    let (mut by_attempt, mut by_index) = (Map::new(), Map::new());
    for (key, own) in listed {
        let attempts = match key.index {
            None => &mut by_attempt,
            Some(index) => {
                let of_index = by_index.entry(index.to_string()).or_insert_with(|| json!({"byAttempt": {}}));
                match &mut of_index["byAttempt"] {
                    Value::Object(attempts) => attempts,
                    _ => unreachable!("it was just made"),
                }
            }
        };
        attempts.insert(key.attempt.to_string(), script(own).into());
    }
    let maps = [("byAttempt", by_attempt), ("byIndex", by_index)];
    maps.into_iter().filter(|(_, map)| !map.is_empty()).map(|(name, map)| (name.to_owned(), map.into())).collect()
}

fn script(script: &PodScript) -> Map<String, Value> {
    let run = |run: &ScriptRun| {
        let mut said = json!({"for": or_never(run.run_us), "restartAfter": micros(run.restart_after_us)});
        match &run.exit_codes[..] {
            [] => {}
            [code] => said["exit"] = json!(code),
            codes => said["exit"] = json!(codes),
        }
        said
    };
    let OnDelete { after_us, exit_code } = script.on_delete;
    let mut said = json!({
        "together": true,
        "bind": or_never(script.schedule_us),
        "start": micros(script.start_us),
        "ready": or_never(script.ready_us),
        "runs": script.runs.iter().map(run).collect::<Vec<_>>(),
        "terminate": micros(after_us),
        "terminateExitCode": exit_code,
        "outlivesGrace": true,
    });
    if let Some(disruption) = &script.disruption {
        let kind = match disruption.kind {
            ScriptDisruptionKind::Delete => "deletion",
            ScriptDisruptionKind::Eviction => "eviction",
            ScriptDisruptionKind::Kubelet => "kubelet",
            ScriptDisruptionKind::Podgc => "nodeLoss",
        };
        said["disrupted"] = json!({kind: micros(disruption.at_us)});
    }
    match said {
        Value::Object(fields) => fields,
        _ => unreachable!("it was just made"),
    }
}
