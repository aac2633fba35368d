//! Tests of critical paths: whose place a Pod takes, and that the causes add up.

use super::Covered;
use super::critical_path::CriticalPath;
use super::path_cause::PathCause;
use super::stages::{HeldSpans, StageAccumulator};
use crate::api::CompletionIndex;
use crate::time::{SimDuration, SimTime};

fn at(secs: i64) -> SimTime {
    SimTime::ZERO + SimDuration::from_secs(secs)
}

/// Hold-ups of creations in seconds, by the throttle, a back-off, a suspension and the controller.
fn held(secs: [i64; 4]) -> HeldSpans {
    secs.map(SimDuration::from_secs)
}

/// Three Pods at a time. One is lost at 100 s; its successor waits 50 s for a back-off, and runs to the end.
#[test]
fn the_path_goes_back_by_the_pods_that_were_replaced() {
    let mut path = CriticalPath::default();
    let mut stages = StageAccumulator::default();
    stages.job_written(at(0), false, false, &Covered::default());
    let pods = [0, 1, 2].map(|_| path.pod_begins(at(0), (None, false), 3, &stages));
    for pod in pods {
        path.pod_moves(at(10), pod, PathCause::Running, false);
    }
    path.pod_ends(at(40), pods[0], true, &held([0, 0, 0, 40]));
    path.pod_ends(at(100), pods[1], false, &held([0, 0, 0, 100]));
    stages.backs_off(at(100), at(150), &Covered::default());
    stages.job_written(at(150), false, false, &Covered::default());
    assert_eq!(*stages.held(), held([0, 50, 0, 100]));
    let retry = path.pod_begins(at(150), (None, true), 3, &stages);
    path.pod_moves(at(155), retry, PathCause::Running, false);
    path.pod_ends(at(160), pods[2], true, &held([0, 50, 0, 110]));
    path.pod_ends(at(200), retry, true, &held([0, 50, 0, 150]));
    path.close(at(201), true, &held([0, 50, 0, 151]));
    let secs = path.spans().map(|span| span.as_nanos() / 1_000_000_000);
    // Running 155..200, in vain 10..100, starting 0..10 and 150..155, back-off 100..150, controller 200..201.
    assert_eq!(secs, [45, 90, 15, 0, 0, 0, 50, 0, 1]);
    assert_eq!(secs.iter().sum::<i64>(), 201);
    // A Job that is over is written again, by its deletion at least. Empty lists would push the full ones out of use.
    assert_eq!([path.give_up_lists().is_some(), path.give_up_lists().is_some()], [true, false]);
}

/// Index 7 backs off for a long time. A new index takes its place meanwhile; the retry of index 7 still follows its own
/// last Pod.
#[test]
fn an_index_follows_its_own_last_pod() {
    let (mut path, mut stages) = (CriticalPath::default(), StageAccumulator::default());
    stages.job_written(at(0), false, false, &Covered::default());
    let first = path.pod_begins(at(0), (CompletionIndex::new(7), false), 1, &stages);
    path.pod_moves(at(0), first, PathCause::Running, false);
    path.pod_ends(at(20), first, false, &held([0, 0, 0, 20]));
    stages.job_written(at(20), false, false, &Covered::default());
    let other = path.pod_begins(at(20), (CompletionIndex::new(8), false), 1, &stages);
    path.pod_moves(at(20), other, PathCause::Running, false);
    path.pod_ends(at(30), other, true, &held([0, 0, 0, 30]));
    stages.backs_off(at(20), at(80), &Covered::default());
    stages.job_written(at(80), false, false, &Covered::default());
    let again = path.pod_begins(at(80), (CompletionIndex::new(7), true), 1, &stages);
    path.pod_moves(at(80), again, PathCause::Running, false);
    path.pod_ends(at(90), again, true, stages.held());
    path.close(at(90), true, stages.held());
    let secs = path.spans().map(|span| span.as_nanos() / 1_000_000_000);
    assert_eq!(secs, [10, 20, 0, 0, 0, 0, 60, 0, 0]);
}

/// A Pod that is being deleted is replaced before it has stopped: both paths go on.
#[test]
fn a_pod_that_stops_is_replaced_before_it_has_ended() {
    let (mut path, mut stages) = (CriticalPath::default(), StageAccumulator::default());
    stages.job_written(at(0), false, false, &Covered::default());
    let first = path.pod_begins(at(0), (None, false), 1, &stages);
    path.pod_moves(at(0), first, PathCause::Running, false);
    path.pod_leaves(first);
    stages.job_written(at(50), false, false, &Covered::default());
    let next = path.pod_begins(at(50), (None, true), 1, &stages);
    path.pod_moves(at(50), next, PathCause::Running, false);
    path.pod_ends(at(70), first, false, &held([0, 0, 0, 70]));
    path.close(at(90), false, &held([0, 0, 0, 90]));
    let secs = path.spans().map(|span| span.as_nanos() / 1_000_000_000);
    assert_eq!(secs, [40, 50, 0, 0, 0, 0, 0, 0, 0]);
}
