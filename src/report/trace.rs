//! One replication as Chrome trace events, which Perfetto and others open. A Job, a CronJob and a node are processes; a
//! completion index or a Pod is a thread, and its stages are slices; Kubernetes Events are instants; the numbers of
//! Pods by state are counters.
//! Source: "Trace Event Format" (Chromium project). Only its phases X (complete), i (instant), C (counter) and M
//! (metadata) are used. Times are microseconds. Slices of one thread are nested or disjoint.

use crate::experiment::{CronTimeline, JobTimeline, NodeTimeline, PodTimeline, Timeline};
use serde_json::{Map, Value, json};
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// The numbers of the first CronJob and of the first node as processes. Jobs are numbered from 1, and no
/// run has so many that they reach these.
const CRONJOBS: u64 = 1_000_000;
const NODES: u64 = 2_000_000;

/// The thread of what concerns a Job as a whole. Not 0: Perfetto takes that for one idle thread that all processes
/// share.
const WHOLE: u64 = 1;

/// The trace.
pub fn trace(timeline: &Timeline) -> Value {
    let mut writer = TraceWriter { end: timeline.end, ..TraceWriter::default() };
    for (place, job) in timeline.jobs.iter().enumerate() {
        writer.job(place as u64 + 1, job);
    }
    for (place, cronjob) in timeline.cron_jobs.iter().enumerate() {
        writer.cronjob(CRONJOBS + place as u64, cronjob);
    }
    for (place, node) in timeline.nodes.iter().enumerate() {
        writer.node(NODES + place as u64, place, node, timeline);
    }
    let TraceWriter { metadata, mut events, .. } = writer;
    events.sort_by_key(|event| (event.0, Reverse(event.1)));
    let events: Vec<Value> = metadata.into_iter().chain(events.into_iter().map(|event| event.2)).collect();
    json!({
        "traceEvents": events,
        "displayTimeUnit": "ms",
        "otherData": {"jobsim": env!("CARGO_PKG_VERSION"), "replication": timeline.replication},
    })
}

#[derive(Default)]
struct TraceWriter {
    end: f64,
    metadata: Vec<Value>,
    /// Each event with its time and length, by which they are sorted. Of slices that begin together the longest must
    /// come first, or readers would not nest the others in it.
    events: Vec<(u64, u64, Value)>,
}

/// Whole microseconds, rounded down. The format allows fractions, but each reader rounds them to nanoseconds in its own
/// way, and drops a slice that then overlaps its neighbour by one.
fn micros(seconds: f64) -> u64 {
    (seconds * 1e9).round().max(0.0) as u64 / 1000
}

impl TraceWriter {
    fn name(&mut self, what: &str, (pid, tid): (u64, u64), name: &str) {
        self.metadata.push(json!({"ph": "M", "name": what, "pid": pid, "tid": tid, "args": {"name": name}}));
    }

    fn slice(&mut self, at: (u64, u64), name: &str, (from, to): (f64, f64), args: Value) {
        let (pid, tid) = at;
        let (from, to) = (micros(from), micros(to));
        if to > from {
            let event = json!({
                "ph": "X", "cat": "stage", "name": name, "ts": from, "dur": to - from, "pid": pid, "tid": tid,
                "args": args,
            });
            self.events.push((from, to - from, event));
        }
    }

    fn instant(&mut self, (pid, tid): (u64, u64), name: &str, at: f64, args: Value) {
        let event = json!({"ph": "i", "cat": "event", "name": name, "ts": micros(at), "s": "t", "pid": pid, "tid": tid, "args": args});
        self.events.push((micros(at), 0, event));
    }

    fn counter(&mut self, pid: u64, name: &str, at: f64, values: Map<String, Value>) {
        let event = json!({"ph": "C", "name": name, "ts": micros(at), "pid": pid, "tid": WHOLE, "args": values});
        self.events.push((micros(at), 0, event));
    }

    fn job(&mut self, pid: u64, job: &JobTimeline) {
        self.name("process_name", (pid, WHOLE), &format!("Job {}", job.name));
        self.name("thread_name", (pid, WHOLE), "the Job");
        for stage in &job.stages {
            self.slice((pid, WHOLE), &stage.stage, (stage.from, stage.to), json!({}));
        }
        for event in &job.events {
            self.instant((pid, WHOLE), &event.reason, event.at, json!({"type": event.kind, "message": event.message}));
        }
        for change in job.changes.iter().filter(|change| !change.conditions.is_empty()) {
            self.instant(
                (pid, WHOLE),
                &change.conditions.join(", "),
                change.at,
                json!({"conditions": change.conditions}),
            );
        }
        for level in &job.levels {
            let values = [("running", level.running), ("active", level.active), ("terminating", level.terminating)];
            self.counter(
                pid,
                "Pods",
                level.at,
                values.into_iter().map(|(name, n)| (name.to_owned(), json!(n))).collect(),
            );
        }
        for step in &job.occupancy {
            self.counter(
                pid,
                "waiting",
                step.at,
                Map::from_iter([("waiting for room".to_owned(), json!(step.waiting))]),
            );
        }
        let lanes = lanes(job, self.end);
        for (tid, (name, pods)) in (WHOLE + 1..).zip(&lanes) {
            self.name("thread_name", (pid, tid), name);
            self.metadata.push(json!({
                "ph": "M", "name": "thread_sort_index", "pid": pid, "tid": tid, "args": {"sort_index": tid},
            }));
            pods.iter().for_each(|pod| self.pod((pid, tid), pod));
        }
    }

    /// A Pod as a slice, and its stages as slices within it. Readers nest slices by their times and drop those that
    /// overlap only in part, so every stage is cut at the end of the Pod, and all but the last at its deletion.
    fn pod(&mut self, at: (u64, u64), pod: &PodTimeline) {
        let (from, over) = (pod.created, over(pod, self.end));
        let args = json!({
            "index": pod.index, "attempt": pod.attempt, "phase": pod.phase, "deletion": pod.deletion_cause,
            "disrupted": pod.disrupted,
        });
        self.slice(at, &pod.name, (from, over), args);
        let within = |t: f64| t.clamp(from, over);
        let stops = within(pod.deletion.unwrap_or(over));
        let bound = pod.bound.map_or(stops, within).min(stops);
        let running = pod.running.map_or(stops, within).clamp(bound, stops.max(bound));
        self.slice(at, "pending", (from, bound), json!({}));
        self.slice(at, "starting", (bound, running), json!({}));
        let mut before = None;
        for run in &pod.runs {
            let (begins, ends) = (within(run.from).min(stops), within(run.to.unwrap_or(over)).min(stops));
            if let Some(before) = before {
                self.slice(at, "waiting for a restart", (before, begins), json!({}));
            }
            self.slice(at, "running", (begins, ends), json!({"exitCode": run.exit_code}));
            before = Some(ends);
        }
        if pod.deletion.is_some() {
            self.slice(at, "terminating", (stops, over), json!({"cause": pod.deletion_cause}));
        }
    }

    fn cronjob(&mut self, pid: u64, cronjob: &CronTimeline) {
        self.name("process_name", (pid, WHOLE), &format!("CronJob {}", cronjob.name));
        self.name("thread_name", (pid, WHOLE), "starts");
        for start in &cronjob.starts {
            let args = json!({"fate": start.fate, "reason": start.reason, "job": start.job, "created": start.started});
            self.instant((pid, WHOLE), &format!("due: {}", start.fate), start.due, args);
        }
        for event in &cronjob.events {
            self.instant((pid, WHOLE), &event.reason, event.at, json!({"type": event.kind, "message": event.message}));
        }
    }

    fn node(&mut self, pid: u64, place: usize, node: &NodeTimeline, timeline: &Timeline) {
        self.name("process_name", (pid, WHOLE), &format!("Node {}", node.name));
        self.name("thread_name", (pid, WHOLE), "the node");
        let until = node.gone.unwrap_or(self.end);
        self.slice(
            (pid, WHOLE),
            "joined",
            (node.joined, until),
            json!({"pool": node.pool, "cpu": node.cpu, "memory": node.memory}),
        );
        for change in &node.changes {
            self.instant((pid, WHOLE), &change.what, change.at, json!({}));
        }
        let pods = timeline.jobs.iter().flat_map(|job| &job.pods);
        let mut stays: Vec<(f64, f64, &str)> = pods
            .filter_map(|pod| pod.stay.as_ref().map(|stay| (stay, pod)))
            .filter(|(stay, _)| stay.node == place)
            .map(|(stay, pod)| (stay.from, stay.to, pod.name.as_str()))
            .collect();
        stays.sort_by(|a, b| a.0.total_cmp(&b.0));
        let mut free: Vec<f64> = Vec::new();
        for (from, to, name) in stays {
            let lane = lane_of(&mut free, from, to);
            self.slice((pid, WHOLE + 1 + lane as u64), name, (from, to), json!({}));
        }
        for lane in 0..free.len() {
            self.name("thread_name", (pid, WHOLE + 1 + lane as u64), &format!("place {}", lane + 1));
        }
    }
}

/// When a Pod was over: when it finished, or when it was gone if it never did.
fn over(pod: &PodTimeline, end: f64) -> f64 {
    pod.finished.or(pod.gone).unwrap_or(end).max(pod.created)
}

/// The first lane that is free at an instant; it is taken until another instant. `free` says of each lane until when
/// it is taken. Stays that are given in the order of their beginning need the fewest lanes.
fn lane_of(free: &mut Vec<f64>, from: f64, to: f64) -> usize {
    let lane = free.iter().position(|until| *until <= from).unwrap_or(free.len());
    if lane == free.len() {
        free.push(to);
    } else {
        free[lane] = to;
    }
    lane
}

/// The threads of a Job: one for each Pod or index; Pods of an index that overlap get a thread each.
fn lanes(job: &JobTimeline, end: f64) -> Vec<(String, Vec<&PodTimeline>)> {
    if !job.indexed {
        return job.pods.iter().map(|pod| (pod.name.clone(), vec![pod])).collect();
    }
    let mut by_index: BTreeMap<u32, Vec<&PodTimeline>> = BTreeMap::new();
    for pod in &job.pods {
        by_index.entry(pod.index.unwrap_or(0)).or_default().push(pod);
    }
    let mut lanes = Vec::new();
    for (index, pods) in by_index {
        let (mut free, mut own): (Vec<f64>, Vec<Vec<&PodTimeline>>) = (Vec::new(), Vec::new());
        for pod in pods {
            let lane = lane_of(&mut free, pod.created, over(pod, end));
            if lane == own.len() {
                own.push(Vec::new());
            }
            own[lane].push(pod);
        }
        for (lane, pods) in own.into_iter().enumerate() {
            let beside = if lane == 0 { String::new() } else { format!(" ({})", lane + 1) };
            lanes.push((format!("index {index}{beside}"), pods));
        }
    }
    lanes
}
