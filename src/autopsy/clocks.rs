//! Clocks that differ: those of nodes, which stamp when containers run and end, and the controller manager's, which
//! stamps startTime and conditions. What is impossible on a single clock shows the least by which they differ; times
//! are then converted to the API server's clock. The controller computes the back-off from the nodes' own timestamps,
//! so those are kept.

use super::course::JobCourse;
use super::waits::RESOLUTION;
use crate::time::{SimDuration, SimTime};
use std::collections::BTreeMap;

/// A clock that differs from the API server's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ClockOffset {
    /// Which clock it is.
    pub whose: String,
    /// How far it is ahead, at least; negative if it is behind.
    pub by: SimDuration,
    /// The evidence.
    pub shown_by: String,
}

/// A start takes at least this long if clocks agree; smaller differences are ignored.
const NEAR: SimDuration = SimDuration::from_secs(2);

/// Clocks of a cluster are assumed not to differ by more than this.
const FARTHEST: SimDuration = SimDuration::from_secs(3_600);

/// Converts the times of a course to one clock, as far as they contradict one another.
pub(super) fn settle(course: &mut JobCourse) {
    if let Some(offset) = controllers(course) {
        let by = offset.by;
        course.conditions.iter_mut().for_each(|condition| condition.at = condition.at - by);
        course.started = course.started.map(|started| started - by);
        course.controllers_ahead = by;
        course.clocks.push(offset);
    }
    let offsets = nodes(course);
    for pod in &mut course.pods {
        let node = pod.seen.as_ref().map_or("", |seen| seen.node.as_str());
        let Some(offset) = offsets.get(node) else { continue };
        pod.started = pod.started.map(|started| started - offset.by);
        pod.ended = pod.ended.map(|ended| ended - offset.by);
    }
    let mut by_size: BTreeMap<SimDuration, (usize, ClockOffset)> = BTreeMap::new();
    for offset in offsets.into_values() {
        by_size.entry(offset.by).or_insert((0, offset)).0 += 1;
    }
    for (count, offset) in by_size.into_values() {
        let whose = if count == 1 { offset.whose.clone() } else { format!("{count} nodes, such as {}", offset.whose) };
        course.clocks.push(ClockOffset { whose, ..offset });
    }
}

/// The controller manager sets startTime in the sync that creates the first Pods.
fn controllers(course: &JobCourse) -> Option<ClockOffset> {
    let first = course.pods.first()?.created;
    let started = course.started?;
    let is_first =
        first - course.created <= NEAR && course.conditions.iter().all(|condition| condition.kind != "Suspended");
    let by = started - first;
    let apart = if by < SimDuration::ZERO { SimDuration::ZERO - by } else { by };
    (is_first && apart >= NEAR && apart <= FARTHEST).then(|| ClockOffset {
        whose: "the controller manager".to_owned(),
        by,
        shown_by: "startTime against the creation of the first Pods, which are of one sync".to_owned(),
    })
}

/// By node: its clock, if it must differ.
fn nodes(course: &JobCourse) -> BTreeMap<String, ClockOffset> {
    let mut starts: BTreeMap<&str, Vec<SimDuration>> = BTreeMap::new();
    for pod in &course.pods {
        let node = pod.seen.as_ref().map_or("", |seen| seen.node.as_str());
        starts.entry(node).or_default().extend(pod.started.zip(pod.bound).map(|(started, bound)| started - bound));
    }
    let mut offsets = BTreeMap::new();
    for (node, starts) in &starts {
        let Some(least) = starts.iter().min().filter(|least| **least <= SimDuration::ZERO - NEAR) else { continue };
        let shown_by = "containers ran before their Pod was bound".to_owned();
        offsets.insert((*node).to_owned(), ClockOffset { whose: format!("node {node}"), by: *least, shown_by });
    }
    // A Job is Complete after its last Pod has ended.
    let complete = course.finished().filter(|end| end.kind == "Complete").map(|end| end.at);
    let after = |at: SimTime| complete.map(|complete| at - complete).filter(|by| *by >= NEAR && *by <= FARTHEST);
    let latest = course.pods.iter().filter(|pod| pod.deleted.is_none()).filter_map(|pod| after(pod.ended?)).max();
    if let Some(by) = latest {
        // If nothing started faster on any node, all nodes are alike: synchronized with one another, but not with the
        // API server.
        let is_alike = |starts: &Vec<SimDuration>| starts.iter().all(|start| *start + RESOLUTION >= by);
        for (node, _) in starts.iter().filter(|(_, starts)| !starts.is_empty() && is_alike(starts)) {
            let shown_by = "the Job was Complete before its last Pod had ended".to_owned();
            offsets.insert((*node).to_owned(), ClockOffset { whose: format!("node {node}"), by, shown_by });
        }
    }
    offsets
}
