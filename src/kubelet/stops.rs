//! In which order the containers of a Pod are stopped, and how long that takes. Source: `pkg/kubelet/kuberuntime` of
//! v1.37, killContainersWithSyncResult and killContainer (kuberuntime_container.go), newTerminationOrdering and
//! waitForTurn (kuberuntime_termination_order.go): all at once, except that sidecars stop after the regular containers,
//! the last sidecar first, and all within the grace period of the Pod.

use super::{RuntimeState, init_places, is_sidecar};
use crate::api::PodTemplate;
use crate::time::SimDuration;
use smallvec::SmallVec;

/// The least time that a container gets between SIGTERM and SIGKILL. Source: `minimumGracePeriodInSeconds`.
const LEAST_GRACE: SimDuration = SimDuration::from_secs(2);

/// The end of a container that is being stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ContainerStop {
    /// Its position.
    pub place: usize,
    /// The time from the beginning of the stop to its end.
    pub after: SimDuration,
    /// Whether SIGKILL ended it because its time was up.
    pub is_killed: bool,
}

/// When each running container has ended. `takes` gives the time that the container at a position needs after SIGTERM.
pub fn stop_times(
    template: &PodTemplate,
    states: &[RuntimeState],
    takes: impl Fn(usize) -> SimDuration,
    grace: SimDuration,
) -> SmallVec<[ContainerStop; 4]> {
    let stop = |place: usize, turn: SimDuration| {
        // The time that it has waited, truncated to whole seconds.
        let waited = SimDuration::from_secs(turn.as_nanos() / 1_000_000_000);
        let left = (grace - waited).max(LEAST_GRACE);
        ContainerStop { place, after: turn + takes(place).min(left), is_killed: takes(place) > left }
    };
    let runs = |place: &usize| states[*place].is_running();
    let mut stops: SmallVec<[ContainerStop; 4]> = (0..states.len())
        .filter(runs)
        .filter(|&p| !is_sidecar(template, p))
        .map(|p| stop(p, SimDuration::ZERO))
        .collect();
    let of_regular = stops.iter().filter(|stop| stop.place < template.containers.len());
    let mut turn = of_regular.map(|stop| stop.after).max().unwrap_or(SimDuration::ZERO);
    for place in init_places(template).rev().filter(|&p| is_sidecar(template, p)).filter(runs) {
        let last = stop(place, turn.min(grace));
        turn = turn.max(last.after);
        stops.push(last);
    }
    stops
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::RestartPolicy::Never;
    use crate::kubelet::fixtures::template;

    /// End times in milliseconds, by position; negative if SIGKILL ended the container.
    fn stops(regular: usize, sidecars: &[bool], takes: &[i64], grace: i64) -> Vec<i64> {
        let states = vec![RuntimeState::Running { is_ready: true }; takes.len()];
        let takes = |place: usize| SimDuration::from_millis(takes[place]);
        let mut all = stop_times(&template(Never, regular, sidecars), &states, takes, SimDuration::from_secs(grace));
        all.sort_by_key(|stop| stop.place);
        all.iter().map(|s| s.after.as_nanos() / 1_000_000 * if s.is_killed { -1 } else { 1 }).collect()
    }

    #[test]
    fn regular_containers_at_once_then_sidecars_from_the_last_on() {
        assert_eq!(stops(2, &[], &[500, 3_000], 30), [500, 3_000]);
        assert_eq!(stops(1, &[true, true], &[1_000, 4_000, 2_000], 30), [1_000, 7_000, 3_000]);
        // The grace period is the Pod's: the time spent waiting is deducted, but each container keeps at least 2 s.
        assert_eq!(stops(1, &[true], &[60_000, 1_000], 30), [-30_000, 31_000]);
        assert_eq!(stops(1, &[true], &[60_000, 5_000], 30), [-30_000, -32_000]);
        assert_eq!(stops(1, &[true], &[7_500, 60_000], 10), [7_500, -10_500], "7 whole seconds were waited");
        assert_eq!(stops(1, &[], &[60_000], 1), [-2_000]);
        // One that needs the whole grace period has stopped of itself, and sidecars do not wait for init containers.
        assert_eq!(stops(1, &[], &[30_000], 30), [30_000]);
        assert_eq!(stops(1, &[true, false], &[1_000, 2_000, 9_000], 30), [1_000, 3_000, 9_000]);
    }
}
