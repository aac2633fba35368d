//! Adds the use of nodes to a timeline: their lives, where Pods stayed, and what Pods waited for.

use super::{NodeChange, NodeStay, NodeTimeline, PendingSpan, PodTimeline, Timeline};
use crate::id::NodeId;
use crate::record::{NodeLedger, PlacementStep, RecordedRun, TimelineChange};
use crate::time::SimTime;
use std::collections::HashMap;

/// Adds it to a timeline whose times count from `start`. `pods` gives the position of each Pod: its Job, and its
/// position there.
pub fn enter(run: &RecordedRun, start: SimTime, timeline: &mut Timeline, pods: &[Option<(usize, usize)>]) {
    let Some(ledger) = &run.recorder.nodes else { return };
    let seconds = |t: SimTime| (t - start).as_secs_f64();
    let places = enter_nodes(ledger, timeline, &seconds);
    for entry in &run.recorder.timeline {
        let TimelineChange::Node(name, what) = &entry.what else { continue };
        if let Some(node) = timeline.nodes.iter_mut().find(|node| *node.name == **name) {
            node.changes.push(NodeChange { at: seconds(entry.at), what: what.clone() });
        }
    }
    for step in &ledger.course {
        if let Some((job, place)) = pods.get(step.pod.ix()).copied().flatten() {
            enter_step(&mut timeline.jobs[job].pods[place], step, &places, seconds(step.at));
        }
    }
    // What is still going on at the end has lasted until then.
    for pod in timeline.jobs.iter_mut().flat_map(|job| &mut job.pods) {
        let ends = pod
            .pending
            .last_mut()
            .map(|span| &mut span.to)
            .into_iter()
            .chain(pod.stay.as_mut().map(|stay| &mut stay.to));
        ends.filter(|to| to.is_nan()).for_each(|to| *to = timeline.end);
    }
}

/// Adds the nodes; returns the position of each.
fn enter_nodes(
    ledger: &NodeLedger,
    timeline: &mut Timeline,
    seconds: &impl Fn(SimTime) -> f64,
) -> HashMap<NodeId, usize> {
    let mut joined: Vec<_> = ledger.joined().collect();
    joined.sort_by_key(|(id, course)| (course.joined, *id));
    let mut places = HashMap::new();
    for (id, course) in joined {
        places.insert(id, timeline.nodes.len());
        timeline.nodes.push(NodeTimeline {
            name: course.node.name.clone(),
            pool: course.pool.unwrap_or_default().to_owned(),
            asked: seconds(course.asked),
            joined: seconds(course.joined),
            gone: course.gone.map(seconds),
            cpu: course.node.allocatable.milli_cpu as f64 / 1e3,
            memory: course.node.allocatable.memory as f64,
            changes: Vec::new(),
        });
    }
    places
}

/// Ends what the Pod was doing, and begins what it does now. A span that has not ended ends at NaN, until [`enter`]
/// puts the end of the timeline there.
fn enter_step(pod: &mut PodTimeline, step: &PlacementStep, places: &HashMap<NodeId, usize>, at: f64) {
    let facts = &step.facts;
    (pod.cpu, pod.memory) = (facts.milli_cpu as f64 / 1e3, facts.memory as f64);
    if let Some(last) = pod.pending.last_mut().filter(|span| span.to.is_nan()) {
        last.to = at;
    }
    if let Some(reason) = facts.pending {
        pod.pending.push(PendingSpan { from: at, to: f64::NAN, reason: reason.key().to_owned() });
    }
    let node = facts.node.and_then(|node| places.get(&node)).copied();
    match (&mut pod.stay, node) {
        (None, Some(node)) => pod.stay = Some(NodeStay { node, from: at, to: f64::NAN }),
        (Some(stay), None) if stay.to.is_nan() => stay.to = at,
        _ => {}
    }
}
